package import Base

/// Bytes of a terminal to inputs. UTF-8, the sequences of xterm and its kin (ECMA-48 CSI and SS3), bracketed paste,
/// SGR mouse, and scans: a fast burst ended by a carriage return, or anything between STX and ETX or a return.
///
/// A scanner types like a person, only faster: what came out as keys before its return is named in `scan(typed:)`,
/// so that the reducer takes it back.
package struct KeyDecoder: Sendable, Equatable {
    /// Longest silence between two characters of a scanner that types.
    package static let burst = Duration.milliseconds(30)
    /// Shortest code that a scanner reads.
    package static let shortestScan = 6
    /// An escape byte alone for that long is the key.
    package static let escapeDelay = Duration.milliseconds(40)
    /// Longest paste that is kept.
    package static let longestPaste = 4096

    private var pending: [UInt8] = []
    private var pendingSince: Instant?
    private var run = ""
    private var runLast: Instant?
    /// Characters of the run that went out already, in earlier calls.
    private var typed = 0
    private var pasted: [UInt8]?
    private var prefixed: [UInt8]?

    package init() {}

    /// When `timeReached` wants to be called; nil while nothing waits.
    package var deadline: Instant? { pendingSince?.advanced(by: KeyDecoder.escapeDelay) }

    package mutating func timeReached(_ now: Instant) -> [Input] {
        guard let deadline, now >= deadline, !pending.isEmpty else { return [] }
        let first = pending[0]
        pending = []
        pendingSince = nil
        return first == 0x1B ? [.key(.escape)] : []
    }

    package mutating func received(_ bytes: [UInt8], at now: Instant) -> [Input] {
        var out = timeReached(now)
        let before = run.count
        if let last = runLast, last.duration(to: now) > KeyDecoder.burst { breakRun() }
        typed = run.isEmpty ? 0 : before
        pending += bytes
        pendingSince = nil
        var index = 0
        while index < pending.count {
            guard let length = step(pending[index...], at: now, &out) else { break }
            index += length
        }
        pending.removeFirst(index)
        if !pending.isEmpty { pendingSince = now }
        return out
    }

    private mutating func breakRun() {
        run = ""
        runLast = nil
        typed = 0
    }

    /// Bytes taken by one input from the front; nil when more are needed.
    private mutating func step(_ bytes: ArraySlice<UInt8>, at now: Instant, _ out: inout [Input]) -> Int? {
        guard let first = bytes.first else { return nil }
        if pasted != nil { return paste(bytes, &out) }
        if prefixed != nil {
            prefixedByte(first, &out)
            return 1
        }
        switch first {
        case 0x02:
            prefixed = []
            return 1
        case 0x1B: return escape(bytes, &out)
        case 0x0D, 0x0A:
            endOfLine(at: now, &out)
            return 1
        case 0x09: return take(.tab, &out)
        case 0x7F, 0x08: return take(.backspace, &out)
        case 0x00: return take(.control(" "), &out)
        case 0x01...0x1A: return take(.control(Character(Unicode.Scalar(first + 0x60))), &out)
        case 0x1C...0x1F: return 1
        case _: return character(bytes, at: now, &out)
        }
    }

    private mutating func take(_ key: Key, _ out: inout [Input], length: Int = 1) -> Int {
        breakRun()
        out.append(.key(key))
        return length
    }

    private mutating func prefixedByte(_ byte: UInt8, _ out: inout [Input]) {
        guard byte == 0x03 || byte == 0x0D || byte == 0x0A || (prefixed?.count ?? 0) > 200 else {
            prefixed?.append(byte)
            return
        }
        let code = String(decoding: prefixed ?? [], as: UTF8.self)
        prefixed = nil
        if !code.isEmpty { out.append(.scan(code, typed: 0)) }
    }

    private mutating func endOfLine(at now: Instant, _ out: inout [Input]) {
        let code = run
        // No tube is numbered with letters alone: a word typed at once is no scan.
        guard code.count >= KeyDecoder.shortestScan, code.contains(where: \.isNumber), let last = runLast,
            last.duration(to: now) <= KeyDecoder.burst
        else {
            _ = take(.enter, &out)
            return
        }
        // Those of this call have not left yet.
        out.removeLast(min(out.count, code.count - typed))
        out.append(.scan(code, typed: typed))
        breakRun()
    }

    private mutating func character(_ bytes: ArraySlice<UInt8>, at now: Instant, _ out: inout [Input]) -> Int? {
        let first = bytes[bytes.startIndex]
        let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0
        guard length > 0 else { return 1 }
        guard bytes.count >= length else { return nil }
        guard let text = String(validating: bytes.prefix(length), as: UTF8.self), let glyph = text.first else {
            return 1
        }
        if glyph.isASCII, glyph.isLetter || glyph.isNumber || glyph == "-" {
            run.append(glyph)
            runLast = now
        } else {
            breakRun()
        }
        out.append(.key(.character(glyph)))
        return length
    }

    private mutating func paste(_ bytes: ArraySlice<UInt8>, _ out: inout [Input]) -> Int? {
        let end: [UInt8] = [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E]
        if bytes.first == 0x1B {
            if bytes.count < end.count, end.starts(with: bytes) { return nil }
            if bytes.starts(with: end) {
                out.append(.paste(String(decoding: pasted ?? [], as: UTF8.self)))
                pasted = nil
                return end.count
            }
        }
        if let byte = bytes.first, (pasted?.count ?? 0) < KeyDecoder.longestPaste { pasted?.append(byte) }
        return 1
    }

    private mutating func escape(_ bytes: ArraySlice<UInt8>, _ out: inout [Input]) -> Int? {
        let start = bytes.startIndex
        guard bytes.count > 1 else { return nil }
        switch bytes[start + 1] {
        case 0x5B: return csi(bytes, &out)
        case 0x4F:
            guard bytes.count > 2 else { return nil }
            let key = KeyDecoder.finals[bytes[start + 2]] ?? KeyDecoder.functions[bytes[start + 2]]
            if let key { return take(key, &out, length: 3) }
            return 3
        case 0x1B: return take(.escape, &out)
        case 0x20...0x7E:
            return take(.alt(Character(Unicode.Scalar(bytes[start + 1]))), &out, length: 2)
        case _: return take(.escape, &out)
        }
    }

    /// `ESC [` parameters, final byte 0x40…0x7E (ECMA-48 section 5.4).
    private mutating func csi(_ bytes: ArraySlice<UInt8>, _ out: inout [Input]) -> Int? {
        let start = bytes.startIndex
        guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            // No sequence of a keyboard is that long.
            return bytes.count > 40 ? bytes.count : nil
        }
        let length = end - start + 1
        let parameters = String(decoding: bytes[start + 2..<end], as: UTF8.self)
        let final = bytes[end]
        if final == 0x7E {
            let number = Int(parameters.prefix { $0 != ";" }) ?? 0
            if number == 200 {
                pasted = []
                breakRun()
            } else if let key = KeyDecoder.numbered[number] {
                return take(key, &out, length: length)
            }
            return length
        }
        if parameters.first == "<", final == 0x4D {
            let parts = parameters.dropFirst().split(separator: ";").compactMap { Int($0) }
            if parts.count == 3, parts[0] & 0b11 == 0, parts[0] < 32 {
                out.append(.click(row: parts[2] - 1, column: parts[1] - 1))
            }
            return length
        }
        if let key = KeyDecoder.finals[final] { return take(key, &out, length: length) }
        return length
    }

    private static let finals: [UInt8: Key] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x48: .home, 0x46: .end, 0x5A: .backTab,
    ]
    private static let functions: [UInt8: Key] = [
        0x50: .function(1), 0x51: .function(2), 0x52: .function(3), 0x53: .function(4), 0x4D: .enter,
    ]
    private static let numbered: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .function(1),
        12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7),
        19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]
}

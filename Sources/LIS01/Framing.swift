/// The control characters of LIS01-A2 (section 6, restricted ones 6.6).
///
/// Sections are cited throughout this room as E1381-02 numbers them (6.2 establishment, 6.3 transfer, 6.4 termination,
/// 6.5 recovery, 6.6 restricted characters), from makers' manuals and public tables of contents; some prints of
/// LIS01-A2 number the same clauses 8.2 to 8.6.
package enum Control {
    package static let soh: UInt8 = 0x01, stx: UInt8 = 0x02, etx: UInt8 = 0x03, eot: UInt8 = 0x04, enq: UInt8 = 0x05
    package static let ack: UInt8 = 0x06, lf: UInt8 = 0x0A, cr: UInt8 = 0x0D, nak: UInt8 = 0x15, etb: UInt8 = 0x17

    /// What a byte is inside the text of a frame; the order lets one comparison find plain text.
    enum InText: UInt8 {
        case plain, lineFeed, restricted, start, end
    }
    static func inText(_ byte: UInt8) -> InText {
        switch byte {
        case lf: .lineFeed
        case stx: .start
        case etx, etb: .end
        // SOH EOT ENQ ACK, DLE DC1 DC2 DC3 DC4 NAK SYN.
        case 0x01, 0x04, 0x05, 0x06, 0x10...0x16: .restricted
        case _: .plain
        }
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        case _: nil
        }
    }
    static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}

/// How a sender lays records into frames. Written `recordPerFrame`, `recordPerIntermediateFrame`, `wholeMessage` or
/// `cut240` (any size) in settings.
package enum FramePolicy: Sendable, Hashable, CustomStringConvertible {
    /// One record a frame, each an end frame (ETX): the standard's way. A longer record goes on over ETB frames.
    case recordPerFrame
    /// One record a frame, all but the last of the message intermediate (ETB), as cobas c 111 sends.
    case recordPerIntermediateFrame
    /// The message in one frame, up to the limit of a frame.
    case wholeMessage
    /// The message cut every so many bytes of text, wherever that falls.
    case cut(Int)

    package init?(_ name: String) {
        switch name {
        case "recordPerFrame": self = .recordPerFrame
        case "recordPerIntermediateFrame": self = .recordPerIntermediateFrame
        case "wholeMessage": self = .wholeMessage
        case _:
            guard name.hasPrefix("cut"), let size = Int(name.dropFirst(3)), (1...Framing.textLimit).contains(size)
            else { return nil }
            self = .cut(size)
        }
    }
    package var description: String {
        switch self {
        case .recordPerFrame: "recordPerFrame"
        case .recordPerIntermediateFrame: "recordPerIntermediateFrame"
        case .wholeMessage: "wholeMessage"
        case .cut(let size): "cut\(size)"
        }
    }
}

/// Frames from messages: `STX FN text ETB|ETX C1 C2 CR LF` (LIS01-A2 section 6.3.1).
package enum Framing {
    /// The longest frame of LIS01-A2 section 6.3.1.2, overhead included.
    package static let frameLimit = 64_000
    /// STX, number, ETX or ETB, two checksum digits, CR, LF.
    package static let overhead = 7
    /// The longest text of LIS01-A2.
    package static let textLimit = frameLimit - overhead
    /// The longest text of the first edition (E1381-95), which every instrument accepts.
    package static let classicTextLimit = 240

    /// The modulo 256 sum from the frame number to ETX or ETB inclusive (section 6.3.3).
    package static func checksum(_ body: some Sequence<UInt8>) -> UInt8 { body.reduce(0, &+) }

    /// One frame. `number` is 0…7; `text` must hold no restricted character.
    package static func frame(
        number: Int, text: some Collection<UInt8>, isEnd: Bool, withChecksum: Bool = true
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + overhead)
        bytes.append(Control.stx)
        bytes.append(0x30 + UInt8(number & 7))
        bytes += text
        bytes.append(isEnd ? Control.etx : Control.etb)
        if withChecksum {
            let sum = checksum(bytes.dropFirst())
            bytes.append(Control.digit(sum >> 4))
            bytes.append(Control.digit(sum & 15))
        }
        bytes += [Control.cr, Control.lf]
        return bytes
    }

    /// The frames of one session that carries these messages one after the other; numbers begin at 1 and run on over
    /// messages (section 6.3.2). `limit` bounds the text of every frame.
    package static func frames(
        of messages: [[UInt8]], policy: FramePolicy, limit: Int = classicTextLimit, withChecksum: Bool = true
    ) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for message in messages {
            for part in parts(of: message, policy: policy, limit: limit) {
                frames.append(
                    frame(
                        number: (frames.count + 1) % 8, text: message[part.range], isEnd: part.isEnd,
                        withChecksum: withChecksum))
            }
        }
        return frames
    }
    package static func frames(
        of message: [UInt8], policy: FramePolicy, limit: Int = classicTextLimit, withChecksum: Bool = true
    ) -> [[UInt8]] {
        frames(of: [message], policy: policy, limit: limit, withChecksum: withChecksum)
    }

    /// A whole session as it stands on the line: ENQ, frames, EOT.
    package static func session(_ frames: [[UInt8]]) -> [UInt8] {
        [Control.enq] + frames.flatMap { $0 } + [Control.eot]
    }

    private static func parts(
        of message: [UInt8], policy: FramePolicy, limit: Int
    ) -> [(range: Range<Int>, isEnd: Bool)] {
        let limit = min(max(limit, 1), textLimit)
        switch policy {
        case .wholeMessage: return cut(0..<message.count, every: textLimit)
        case .cut(let size): return cut(0..<message.count, every: min(size, textLimit))
        case .recordPerFrame: return records(of: message).flatMap { cut($0, every: limit) }
        case .recordPerIntermediateFrame:
            var parts = records(of: message).flatMap { cut($0, every: limit) }
            for i in parts.indices.dropLast() { parts[i].isEnd = false }
            return parts
        }
    }

    private static func cut(_ range: Range<Int>, every size: Int) -> [(range: Range<Int>, isEnd: Bool)] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map {
            let end = min($0 + size, range.upperBound)
            return ($0..<end, end == range.upperBound)
        }
    }

    /// Records with their CR; what follows the last CR is a record too.
    private static func records(of message: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for i in message.indices where message[i] == Control.cr {
            ranges.append(start..<(i + 1))
            start = i + 1
        }
        if start < message.count { ranges.append(start..<message.count) }
        return ranges
    }
}

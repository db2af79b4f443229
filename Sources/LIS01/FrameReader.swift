import CScan

/// Finds frames in bytes, whatever the chunks they come in. Knows the shape of a frame, not the session: whether a
/// frame is the expected one is the receiver's business.
struct FrameReader: Sendable {
    /// Where the next byte belongs.
    enum Place: Sendable, Equatable {
        case outside, number, text
        /// Behind ETX or ETB: a checksum digit, or the tail when there is no checksum.
        case checksum
        case secondDigit
        case tail, lineFeed
    }
    enum Event: Equatable {
        /// A frame ended, well or not: see ``fault``.
        case frame
        /// A byte outside of any frame.
        case control(UInt8)
    }

    private(set) var place = Place.outside
    /// The frame from STX on.
    private(set) var frame: [UInt8] = []
    private(set) var number: Int?
    private(set) var textEnd = 0
    private(set) var isEnd = false
    /// The first reason to refuse the frame.
    private(set) var fault: Deviation?
    /// What was let pass in this frame.
    private(set) var tolerated: [Deviation] = []
    private var sum: UInt8 = 0
    private var firstDigit: UInt8?
    let settings: LinkSettings

    init(settings: LinkSettings) { self.settings = settings }

    /// Silence now would mean that the frame has ended, or that what looks like text is a control character.
    var isWaitingForTail: Bool {
        switch place {
        case .checksum, .secondDigit, .tail, .lineFeed: true
        case .outside, .number: false
        case .text:
            frame.last == Control.lf || frame.last == Control.eot || frame.last == Control.enq
        }
    }
    var isInFrame: Bool { place != .outside }

    /// Reads from `position` on until something happens or the bytes are used up.
    mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Event? {
        while position < bytes.count {
            if place == .text {
                takePlainText(bytes, &position)
                if position == bytes.count { return nil }
            }
            let byte = bytes[position]
            if place == .outside {
                position += 1
                guard byte == Control.stx else { return .control(byte) }
                begin()
                continue
            }
            switch step(byte) {
            case .taken: position += 1
            case .ended:
                position += 1
                return .frame
            case .endedBefore: return .frame
            }
        }
        return nil
    }

    /// The line fell silent: ends a frame whose tail is missing.
    mutating func fallSilent() -> Event? {
        switch place {
        case .outside, .number: return nil
        case .text:
            let last = frame.last ?? 0
            abandon()
            if last == Control.eot || last == Control.enq { return .control(last) }
            fault = .frameUnended
        case .checksum: endTail(.none, with: .tailMissing, checksumSeen: false)
        case .secondDigit: note(fault: .checksumWrong)
        case .tail: endTail(.none, with: .tailMissing, checksumSeen: true)
        case .lineFeed: endTail(.cr, with: .tailWithoutLineFeed, checksumSeen: true)
        }
        place = .outside
        return .frame
    }

    /// Forgets what is left of a frame.
    mutating func abandon() { place = .outside }

    private mutating func begin() {
        place = .number
        frame.removeAll(keepingCapacity: true)
        frame.append(Control.stx)
        number = nil
        textEnd = 1
        isEnd = false
        fault = nil
        tolerated.removeAll(keepingCapacity: true)
        sum = 0
        firstDigit = nil
    }

    /// Copies and sums up to the next character that is not plain.
    private mutating func takePlainText(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) {
        guard let base = bytes.baseAddress else { return }
        let start = position
        position += cscan_plain(base + start, bytes.count - start, &sum)
        if start < position { keep(UnsafeBufferPointer(rebasing: bytes[start..<position])) }
    }

    /// A frame that lies whole in the bytes at hand and departs from the standard in nothing.
    struct PlainFrame {
        /// From STX to LF.
        var place: Range<Int>
        /// Offset of ETX or ETB from STX.
        var textEnd: Int
        var number: Int
        var isEnd: Bool
    }

    /// The longest frame of these settings that ``plainFrame(_:at:limit:)`` may take: none without a checksum.
    static func plainLimit(_ settings: LinkSettings) -> Int { settings.checksum == .none ? 0 : settings.maximumFrame }

    /// The fast path, outside of a frame: nothing is copied. Nil, and nothing taken, for anything that wants a closer
    /// look. Static: a method would be handed a copy of the whole reader at each frame.
    static func plainFrame(
        _ bytes: UnsafeBufferPointer<UInt8>, at position: Int, limit: Int
    ) -> PlainFrame? {
        // STX, number, ETX, two digits, CR, LF.
        guard let base = bytes.baseAddress,
            position + Framing.overhead <= bytes.count, bytes[position] == Control.stx,
            case let digit = bytes[position + 1], (0x30...0x37).contains(digit)
        else { return nil }
        var sum = digit
        let end = position + 2 + cscan_plain(base + position + 2, bytes.count - position - 2, &sum)
        guard end + 4 < bytes.count, end - position + 5 <= limit,
            bytes[end] == Control.etx || bytes[end] == Control.etb
        else { return nil }
        sum &+= bytes[end]
        guard bytes[end + 1] == Control.digit(sum >> 4), bytes[end + 2] == Control.digit(sum & 15),
            bytes[end + 3] == Control.cr, bytes[end + 4] == Control.lf
        else { return nil }
        return PlainFrame(
            place: position..<(end + 5), textEnd: end - position, number: Int(digit - 0x30),
            isEnd: bytes[end] == Control.etx)
    }

    private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Beyond the limit only what fits is kept, so that an endless frame costs no memory.
        let room = settings.maximumFrame - Framing.overhead + 2 - frame.count
        if bytes.count > room { note(fault: .frameTooLong) }
        frame += bytes.prefix(max(0, room))
    }

    private enum Step { case taken, ended, endedBefore }

    private mutating func step(_ byte: UInt8) -> Step {
        switch place {
        case .outside: return .taken
        case .number: return stepNumber(byte)
        case .text: return stepText(byte)
        case .checksum: return stepChecksum(byte)
        case .secondDigit: return stepSecondDigit(byte)
        case .tail: return stepTail(byte)
        case .lineFeed:
            if isDamage(byte) { return takeDamage(byte, as: .tailUnusual, then: .outside) }
            place = .outside
            guard byte == Control.lf else {
                endTail(.cr, with: .tailWithoutLineFeed, checksumSeen: true)
                return .endedBefore
            }
            frame.append(byte)
            return .ended
        }
    }

    /// Behind the text nothing guards a byte, so there ENQ, EOT and STX are this frame's own bytes, damaged: a sender
    /// waits for the answer to its frame, and one that gave up waiting comes after the silence that ended the frame
    /// (``fallSilent()``). A digit or CR read as ENQ would be answered with an ACK that the sender takes for that of
    /// its frame.
    private func isDamage(_ byte: UInt8) -> Bool {
        guard settings.boundaryBehindText == .refused else { return false }
        switch byte {
        case Control.enq, Control.eot: return true
        // A frame without tail may stand before the next one: only where digits must be is STX no beginning.
        case Control.stx: return settings.checksum == .required && (place == .checksum || place == .secondDigit)
        case _: return false
        }
    }
    private mutating func takeDamage(_ byte: UInt8, as deviation: Deviation, then next: Place) -> Step {
        note(fault: deviation)
        frame.append(byte)
        place = next
        return next == .outside ? .ended : .taken
    }

    private mutating func stepNumber(_ byte: UInt8) -> Step {
        place = .text
        guard (0x30...0x37).contains(byte) else {
            // Not consumed: it may be the ETX of an empty frame, or a second STX.
            note(fault: .frameNumberMissing)
            return stepText(byte)
        }
        number = Int(byte - 0x30)
        frame.append(byte)
        sum &+= byte
        return .taken
    }

    private mutating func stepText(_ byte: UInt8) -> Step {
        switch Control.inText(byte) {
        case .plain: break
        case .lineFeed:
            if settings.lineFeedInText == .refused { note(fault: .lineFeedInText) } else { letPass(.lineFeedInText) }
        case .restricted:
            if settings.restrictedCharacters == .refused {
                note(fault: .restrictedCharacter)
            } else {
                letPass(.restrictedCharacter)
            }
        case .start:
            // The end of the frame before was lost; the sender is sending again.
            begin()
            letPass(.frameCutShort)
            return .taken
        case .end:
            textEnd = frame.count
            frame.append(byte)
            sum &+= byte
            isEnd = byte == Control.etx
            place = .checksum
            return .taken
        }
        sum &+= byte
        withUnsafeBytes(of: byte) { keep($0.assumingMemoryBound(to: UInt8.self)) }
        return .taken
    }

    private mutating func stepChecksum(_ byte: UInt8) -> Step {
        if isDamage(byte) { return takeDamage(byte, as: .checksumWrong, then: .secondDigit) }
        if let digit = Control.hexadecimal(byte) {
            firstDigit = digit
            frame.append(byte)
            place = .secondDigit
            return .taken
        }
        switch byte {
        case Control.cr:
            missChecksum()
            frame.append(byte)
            place = .lineFeed
            return .taken
        case Control.lf, Control.stx, Control.eot, Control.enq:
            endTail(.none, with: byte == Control.lf ? .tailUnusual : .tailMissing, checksumSeen: false)
            place = .outside
            if byte == Control.lf { frame.append(byte) }
            return byte == Control.lf ? .ended : .endedBefore
        case _:
            note(fault: .checksumWrong)
            frame.append(byte)
            place = .secondDigit
            return .taken
        }
    }

    private mutating func stepSecondDigit(_ byte: UInt8) -> Step {
        if isDamage(byte) { return takeDamage(byte, as: .checksumWrong, then: .tail) }
        if byte == Control.cr || byte == Control.stx || byte == Control.eot || byte == Control.enq {
            note(fault: .checksumWrong)
            place = byte == Control.cr ? .lineFeed : .outside
            if byte == Control.cr { frame.append(byte) }
            return byte == Control.cr ? .taken : .endedBefore
        }
        frame.append(byte)
        place = .tail
        guard settings.checksum != .none else { return .taken }
        guard let high = firstDigit, let low = Control.hexadecimal(byte), high << 4 | low == sum else {
            note(fault: .checksumWrong)
            return .taken
        }
        if frame.suffix(2).contains(where: { $0 >= 0x61 }) {
            if settings.checksumCase == .upper { note(fault: .checksumLowerCase) } else { letPass(.checksumLowerCase) }
        }
        return .taken
    }

    private mutating func stepTail(_ byte: UInt8) -> Step {
        if isDamage(byte) { return takeDamage(byte, as: .tailUnusual, then: .lineFeed) }
        switch byte {
        case Control.cr:
            frame.append(byte)
            place = .lineFeed
            return .taken
        case Control.lf:
            frame.append(byte)
            endTail(.cr, with: .tailUnusual, checksumSeen: true)
            place = .outside
            return .ended
        case _:
            endTail(.none, with: .tailMissing, checksumSeen: true)
            place = .outside
            return .endedBefore
        }
    }

    /// The tail ended at `least`; is that enough?
    private mutating func endTail(_ least: LinkSettings.Tail, with deviation: Deviation, checksumSeen: Bool) {
        if !checksumSeen { missChecksum() }
        let isEnough =
            switch settings.tail {
            case .crlf: false
            case .cr: least == .cr
            case .none: true
            }
        if isEnough { letPass(deviation) } else { note(fault: deviation) }
    }

    private mutating func missChecksum() {
        if settings.checksum == .required { note(fault: .checksumMissing) } else { letPass(.checksumMissing) }
    }

    private mutating func note(fault deviation: Deviation) { fault = fault ?? deviation }
    private mutating func letPass(_ deviation: Deviation) {
        if !tolerated.contains(deviation) { tolerated.append(deviation) }
    }
}

/// A frame received whole and found good.
package struct ReceivedFrame: Sendable, Equatable {
    /// Everything from STX to the last byte of the tail, as received.
    package var raw: [UInt8]
    /// Where its text lies in ``raw``.
    package var textRange: Range<Int>
    /// 0…7.
    package var number: Int
    /// ETX rather than ETB.
    package var isEnd: Bool

    package var text: ArraySlice<UInt8> { raw[textRange] }

    package init(raw: [UInt8], textRange: Range<Int>, number: Int, isEnd: Bool) {
        self.raw = raw
        self.textRange = textRange
        self.number = number
        self.isEnd = isEnd
    }
}

/// Why a session in which we received ended.
package enum SessionEnd: String, Sendable, Equatable, Codable {
    /// EOT.
    case ended
    /// The receiver's timer ran out.
    case timedOut
    /// ENQ came instead of EOT; a new session began.
    case restarted
    /// The line was lost or the recording ended.
    case lineLost
}

/// Why a message could not be handed over; it is the shell's to send again.
package enum SendFailure: String, Sendable, Equatable, Codable {
    /// No answer to ENQ or to a frame in time, as often as the settings allow.
    case noAnswer
    /// NAK to every ENQ.
    case busy
    /// One frame was refused as often as the settings allow.
    case refused
    /// The receiver interrupted every time.
    case interrupted
    /// Both ends kept enquiring at once.
    case contention
    /// The line was lost.
    case lineLost
}

/// What the shell does next, in this order.
package enum LinkAction: Sendable, Equatable {
    /// Write these bytes to the line.
    case reply([UInt8])
    /// Make this frame durable, then call `stored(at:)` (or `notStored(at:)`): only then is it acknowledged.
    case store(ReceivedFrame)
    /// A frame was refused with NAK, with the first reason found; its bytes are given for the journal of the line.
    case refused([UInt8], Deviation)
    case sessionBegan
    /// The records of H … L put together, all frames of it stored and acknowledged. `isComplete` is false when the
    /// session ended, or the next H came, before L. A sender that lays several messages in one frame makes them come
    /// together: `LISMessage.split` parts them.
    case message([UInt8], isComplete: Bool)
    case sessionEnded(SessionEnd)
    /// The message of this number was acknowledged to its last frame.
    case delivered(Int)
    case failed(Int, SendFailure)
    case deviation(Deviation)
}

/// Puts the texts of accepted frames together again: joined over ETB first, cut at CR never (LIS01-A2 section 6.3.1),
/// so that characters and records that a frame cut are whole again. The shell uses it too, to rebuild from the journal.
package struct MessageAssembler: Sendable {
    /// Bytes of a message beyond which it is given up as incomplete; bounds memory, far above any capture (44 kB).
    package static let sizeLimit = 32 << 20
    private var text: [UInt8] = []
    private var isAfterEnd = true

    package init() {}
    package var isEmpty: Bool { text.isEmpty }

    /// Adds a frame's text; gives the messages it completes.
    package mutating func add(
        _ part: ArraySlice<UInt8>, isEnd: Bool
    ) -> [(text: [UInt8], isComplete: Bool)] {
        var out: [(text: [UInt8], isComplete: Bool)] = []
        if isAfterEnd, !text.isEmpty, MessageAssembler.begins(part, with: 0x48) { out += flush() }
        text += part
        isAfterEnd = isEnd
        if isEnd {
            if let last = text.last, last != Control.cr, last != Control.lf { text.append(Control.cr) }
            if endsWithTerminator || text.count > MessageAssembler.sizeLimit { out += flush() }
        } else if text.count > MessageAssembler.sizeLimit {
            out += flush()
        }
        return out
    }

    /// What is left when a session ends.
    package mutating func flush() -> [(text: [UInt8], isComplete: Bool)] {
        guard !text.isEmpty else { return [] }
        defer {
            text = []
            isAfterEnd = true
        }
        // An L record cut by ETB is not read: its code may be T (sender aborted).
        return [(text, endsWithTerminator && (isAfterEnd || text.last == Control.cr))]
    }

    /// The last record is an L.
    private var endsWithTerminator: Bool {
        var end = text.count
        while end > 0, text[end - 1] == Control.cr || text[end - 1] == Control.lf { end -= 1 }
        var start = end
        while start > 0, text[start - 1] != Control.cr, text[start - 1] != Control.lf { start -= 1 }
        return MessageAssembler.begins(text[start..<end], with: 0x4C)
    }

    private static func begins(_ record: ArraySlice<UInt8>, with letter: UInt8) -> Bool {
        let rest = record.drop { $0 == 0x20 || $0 == 0x09 || $0 == Control.cr || $0 == Control.lf }
        guard rest.first == letter else { return false }
        guard let next = rest.dropFirst().first else { return true }
        switch next {
        case Control.cr, 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        case _: return false
        }
    }
}

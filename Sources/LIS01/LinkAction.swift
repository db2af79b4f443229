import CScan

/// A frame received whole and found good. It shares the bytes of the piece in which it came, so that many frames in
/// one piece cost one copy; ask for ``raw`` to keep it alone.
package struct ReceivedFrame: Sendable {
    private let storage: [UInt8]
    /// From STX to the last byte of the tail, in `storage`.
    private let place: Range<Int>
    /// Offset of ETX or ETB from STX.
    private let textEnd: Int
    /// 0…7.
    package let number: Int
    /// ETX rather than ETB.
    package let isEnd: Bool

    /// Everything from STX to the last byte of the tail, as received.
    package var raw: [UInt8] { place == 0..<storage.count ? storage : Array(storage[place]) }
    /// Where its text lies in ``raw``.
    package var textRange: Range<Int> { 2..<textEnd }
    package var text: ArraySlice<UInt8> { storage[(place.lowerBound + 2)..<(place.lowerBound + textEnd)] }
    func withText<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
        storage.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[(place.lowerBound + 2)..<(place.lowerBound + textEnd)]))
        }
    }
    var lastOfText: UInt8? { textEnd > 2 ? storage[place.lowerBound + textEnd - 1] : nil }
    /// From STX to ETX or ETB: what makes it the same frame as another.
    var body: ArraySlice<UInt8> { storage[place.lowerBound...(place.lowerBound + textEnd)] }

    package init(raw: [UInt8], textRange: Range<Int>, number: Int, isEnd: Bool) {
        self.init(
            storage: raw, place: 0..<raw.count, textEnd: textRange.upperBound, number: number, isEnd: isEnd)
    }
    init(storage: [UInt8], place: Range<Int>, textEnd: Int, number: Int, isEnd: Bool) {
        self.storage = storage
        self.place = place
        self.textEnd = textEnd
        self.number = number
        self.isEnd = isEnd
    }
}

extension ReceivedFrame: Equatable {
    package static func == (a: ReceivedFrame, b: ReceivedFrame) -> Bool {
        a.number == b.number && a.isEnd == b.isEnd && a.textEnd == b.textEnd
            && a.storage[a.place].elementsEqual(b.storage[b.place])
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
    /// Of the last message: the next one is likely as long.
    private var usualSize = 0
    private var isAfterEnd = true

    package init() {}
    package var isEmpty: Bool { text.isEmpty }

    /// Adds a frame's text; gives the messages it completes.
    package mutating func add(
        _ part: ArraySlice<UInt8>, isEnd: Bool
    ) -> [(text: [UInt8], isComplete: Bool)] {
        part.withUnsafeBufferPointer { add($0, isEnd: isEnd) }
    }
    mutating func add(_ part: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> [(text: [UInt8], isComplete: Bool)] {
        var out: [(text: [UInt8], isComplete: Bool)] = []
        if isAfterEnd, !text.isEmpty, MessageAssembler.begins(part, with: 0x48) { out += flush() }
        if text.isEmpty { text.reserveCapacity(usualSize) }
        text.append(contentsOf: part)
        let isRecord = isAfterEnd && MessageAssembler.isOneRecord(part)
        isAfterEnd = isEnd
        if isEnd {
            if let last = text.last, last != Control.cr, last != Control.lf { text.append(Control.cr) }
            let isOver = isRecord ? MessageAssembler.begins(part, with: 0x4C) : endsWithTerminator
            if isOver || text.count > MessageAssembler.sizeLimit { out += flush() }
        } else if text.count > MessageAssembler.sizeLimit {
            out += flush()
        }
        return out
    }

    /// As nearly every frame: a record and the CR that ends it, which saves looking for the last one in the text.
    private static func isOneRecord(_ part: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = part.baseAddress, part.count > 1, part[part.count - 1] == Control.cr else { return false }
        return cscan_after_last2(base, part.count - 1, Control.cr, Control.lf) == 0
    }

    /// Where it stands, to come back to when the frame added next could not be made durable.
    package struct Mark: Sendable {
        fileprivate var count: Int
        fileprivate var isAfterEnd: Bool
    }
    package var mark: Mark { Mark(count: text.count, isAfterEnd: isAfterEnd) }

    /// Takes back the one `add` since `mark`; `completed` is the first text that it gave. What stood here before is the
    /// beginning of that text, so that nothing need be copied for each frame in case it fails.
    package mutating func withdraw(to mark: Mark, completed: [UInt8]?) {
        if let completed {
            text = Array(completed.prefix(mark.count))
        } else {
            text.removeLast(text.count - mark.count)
        }
        isAfterEnd = mark.isAfterEnd
    }

    /// What is left when a session ends.
    package mutating func flush() -> [(text: [UInt8], isComplete: Bool)] {
        guard !text.isEmpty else { return [] }
        defer {
            usualSize = min(text.count + 256, 1 << 16)
            text = []
            isAfterEnd = true
        }
        // An L record cut by ETB is not read: its code may be T (sender aborted).
        return [(text, endsWithTerminator && (isAfterEnd || text.last == Control.cr))]
    }

    /// The last record is an L.
    private var endsWithTerminator: Bool {
        text.withUnsafeBufferPointer { text in
            var end = text.count
            while end > 0, text[end - 1] == Control.cr || text[end - 1] == Control.lf { end -= 1 }
            guard let base = text.baseAddress, end > 0 else { return false }
            let start = cscan_after_last2(base, end, Control.cr, Control.lf)
            return MessageAssembler.begins(UnsafeBufferPointer(rebasing: text[start..<end]), with: 0x4C)
        }
    }

    private static func begins(_ record: UnsafeBufferPointer<UInt8>, with letter: UInt8) -> Bool {
        var i = 0
        while i < record.count,
            record[i] == 0x20 || record[i] == 0x09 || record[i] == Control.cr || record[i] == Control.lf
        { i += 1 }
        guard i < record.count, record[i] == letter else { return false }
        guard i + 1 < record.count else { return true }
        switch record[i + 1] {
        case Control.cr, 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        case _: return false
        }
    }
}

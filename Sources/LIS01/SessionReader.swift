import Base

/// What a recording of a line holds, read by the same ``Receiver`` that listens to a live one.
package struct SessionReading: Sendable, Equatable {
    /// A message as it was put together, H … L.
    package struct Message: Sendable, Equatable {
        package var text: [UInt8]
        package var isComplete: Bool
        /// From 0, counting ENQ.
        package var session: Int
    }
    package struct Defect: Sendable, Equatable {
        package var deviation: Deviation
        /// Frames read before it.
        package var frame: Int
    }
    package var messages: [Message] = []
    package var defects: [Defect] = []
    package var sessions = 0
    /// Good frames, repeated ones not counted.
    package var frames = 0
    /// Frames a receiver would have refused. When no good one of the same number follows, their text is kept in the
    /// message, because nobody can be asked to send it again; when one does, they were replaced.
    package var refusedFrames = 0
    package var doubtfulFrames = 0
    /// The bytes had no frame at all: records as they are.
    package var isBare = false
    package var deviations: [Deviation: Int] = [:]
    /// Of the good frames, in order: the text, and whether it ended in ETX.
    package var frameTexts: [FrameText] = []

    package struct FrameText: Sendable, Equatable {
        package var text: ArraySlice<UInt8>
        package var isEnd: Bool
    }
}

package enum SessionReader {
    /// Reads the bytes of a recording: framed sessions with ENQ, ACK, EOT, or frames only, with or without checksum, or
    /// bare records.
    package static func read(_ bytes: [UInt8], settings: LinkSettings = .recording) -> SessionReading {
        var reading = SessionReading()
        guard bytes.contains(Control.stx) else {
            reading.isBare = true
            let text = bytes.drop { $0 == Control.enq }.prefix { $0 != Control.eot }
            if text.contains(where: { $0 > 0x20 }) {
                var assembler = MessageAssembler()
                let found = assembler.add(text, isEnd: true) + assembler.flush()
                // The bytes as they are: no CR is supplied at the end.
                reading.messages = found.prefix(1).map {
                    SessionReading.Message(text: Array(text), isComplete: $0.isComplete, session: 0)
                }
            }
            return reading
        }
        var walk = Walk(settings: settings)
        walk.feed(bytes)
        return walk.finish()
    }

    private struct Walk {
        var reading = SessionReading()
        var receiver: Receiver
        var assembler = MessageAssembler()
        /// A refused frame that may still be sent again.
        var doubtful: (text: ArraySlice<UInt8>, number: UInt8, isEnd: Bool)?
        let start = Instant(milliseconds: 0)

        init(settings: LinkSettings) { receiver = Receiver(settings: settings, acknowledgesAtOnce: true) }

        mutating func feed(_ bytes: [UInt8]) {
            var actions: [LinkAction] = []
            let firstFrame = bytes.firstIndex(of: Control.stx) ?? 0
            if !bytes[..<firstFrame].contains(Control.enq) {
                // A recording of frames only: establish the session it lacks.
                [Control.enq].withUnsafeBufferPointer { receiver.received($0, at: start, into: &actions) }
            }
            bytes.withUnsafeBufferPointer { receiver.received($0, at: start, into: &actions) }
            receiver.timeReached(at: receiver.deadline ?? start, into: &actions)
            receiver.lineLost(into: &actions)
            for action in actions { run(action) }
        }

        mutating func run(_ action: LinkAction) {
            switch action {
            case .sessionBegan: reading.sessions += 1
            case .store(let frame):
                settle(replacedBy: 0x30 + UInt8(frame.number))
                reading.frames += 1
                reading.frameTexts.append(SessionReading.FrameText(text: frame.text, isEnd: frame.isEnd))
                keep(assembler.add(frame.text, isEnd: frame.isEnd))
            case .refused(let raw, _):
                settle(replacedBy: raw.dropFirst().first ?? 0)
                reading.refusedFrames += 1
                if let end = raw.lastIndex(where: { $0 == Control.etx || $0 == Control.etb }), end >= 2 {
                    doubtful = (raw[2..<end], raw[1], raw[end] == Control.etx)
                }
            case .sessionEnded:
                settle(replacedBy: 0)
                keep(assembler.flush())
            case .deviation(let deviation):
                // The receiver's own idea of messages leaves the doubtful frames out; ours does not.
                if deviation != .messageIncomplete {
                    reading.defects.append(SessionReading.Defect(deviation: deviation, frame: reading.frames))
                }
            case .reply, .message, .delivered, .failed: break
            }
        }

        mutating func settle(replacedBy number: UInt8) {
            guard let frame = doubtful else { return }
            doubtful = nil
            guard frame.number != number else { return }
            reading.doubtfulFrames += 1
            keep(assembler.add(frame.text, isEnd: frame.isEnd))
        }

        mutating func keep(_ messages: [(text: [UInt8], isComplete: Bool)]) {
            for message in messages {
                reading.messages.append(
                    SessionReading.Message(
                        text: message.text, isComplete: message.isComplete, session: max(reading.sessions, 1) - 1))
            }
        }

        mutating func finish() -> SessionReading {
            reading.deviations = receiver.deviations
            return reading
        }
    }
}

/// Receives a whole stream in memory, every good frame acknowledged at once: an entry point for measurements.
package func receivedCounts(
    of bytes: [UInt8], chunk: Int = 65_536
) -> (frames: Int, messages: Int, messageBytes: Int, acknowledged: Int) {
    var link = Link(settings: LinkSettings(), acknowledgesAtOnce: true)
    var frames = 0, messages = 0, messageBytes = 0, acknowledged = 0
    let now = Instant(milliseconds: 0)
    bytes.withUnsafeBufferPointer { bytes in
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let part = UnsafeBufferPointer(rebasing: bytes[start..<min(start + chunk, bytes.count)])
            for action in link.received(part, at: now) {
                switch action {
                case .store: frames += 1
                case .message(let text, _):
                    messages += 1
                    messageBytes += text.count
                case .reply(let reply): acknowledged += reply == [Control.ack] ? 1 : 0
                case .refused, .sessionBegan, .sessionEnded, .delivered, .failed, .deviation: break
                }
            }
        }
    }
    return (frames, messages, messageBytes, acknowledged)
}

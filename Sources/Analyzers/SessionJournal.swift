import Base
import LIS01
import LIS2
import Laboratory
import Store

/// The journal of one connection: turns accepted frames into facts, so that a message stands in the transaction of its
/// last frame (HOUSE invariant 1). Pure but for the identifiers it is given.
struct SessionJournal {
    let analyzer: String
    let site: String
    let peer: String
    private var session: LinkSession?
    private var isStored = false
    private var frames = 0
    private var messages = 0
    private var assembler = MessageAssembler()
    /// How to take back the frame that is being made durable.
    private var undo: (mark: MessageAssembler.Mark, completed: [UInt8]?)?

    init(analyzer: String, site: String, peer: String) {
        self.analyzer = analyzer
        self.site = site
        self.peer = peer
    }

    mutating func begin(id: String, at: Instant) {
        session = LinkSession(id: id, site: site, analyzer: analyzer, peer: peer, openedAt: at)
        isStored = false
        frames = 0
        messages = 0
        assembler = MessageAssembler()
        undo = nil
    }

    /// Facts of one accepted frame, and the messages it completes. An empty session (ENQ EOT) leaves no fact.
    mutating func facts(of frame: ReceivedFrame, at: Instant, newID: () -> String) -> [Fact] {
        guard let session else { return [] }
        var facts: [Fact] = isStored ? [] : [.session(session)]
        facts.append(.frame(JournalFrame(sessionID: session.id, ordinal: frames, at: at, bytes: frame.raw)))
        let mark = assembler.mark
        let completed = assembler.add(frame.text, isEnd: frame.isEnd)
        undo = (mark, completed.first?.text)
        facts += completed.flatMap { message($0, at, newID) }
        return facts
    }

    /// The frame is not durable: as if it had not come.
    mutating func notStored() {
        guard let undo else { return }
        assembler.withdraw(to: undo.mark, completed: undo.completed)
        self.undo = nil
    }

    /// The frame is durable: count it.
    mutating func stored(messages count: Int) {
        undo = nil
        isStored = true
        frames += 1
        messages += count
    }

    /// What is left when a session ends: an incomplete message, and the end itself.
    mutating func end(reason: String, at: Instant, newID: () -> String) -> [Fact] {
        guard let session else { return [] }
        defer { self.session = nil }
        guard isStored else { return [] }
        var facts = [Fact]()
        for left in assembler.flush() { facts += message(left, at, newID) }
        facts.append(.sessionEnd(Store.SessionEnd(sessionID: session.id, at: at, reason: reason)))
        return facts
    }

    private mutating func message(
        _ assembled: (text: [UInt8], isComplete: Bool), _ at: Instant, _ newID: () -> String
    ) -> [Fact] {
        guard let session else { return [] }
        return SessionJournal.split(assembled).enumerated().map { index, part in
            .message(
                ReceivedMessage(
                    id: newID(), site: site, analyzer: analyzer, sessionID: session.id, ordinal: messages + index,
                    at: at, text: part.text, textHash: Digest.sha256Hex(part.text), complete: part.isComplete))
        }
    }

    /// A sender may lay several messages in one frame: each is a message of its own.
    private static func split(_ assembled: (text: [UInt8], isComplete: Bool)) -> [(text: [UInt8], isComplete: Bool)] {
        let ranges = LISMessage.split(assembled.text)
        guard ranges.count > 1 else { return [assembled] }
        return ranges.enumerated().map { index, range in
            (Array(assembled.text[range]), index < ranges.count - 1 || assembled.isComplete)
        }
    }

    /// Rebuilds a session that a crash left open from its frames in the journal: the facts that close it.
    static func recovery(
        of session: LinkSession, frames: [JournalFrame], storedMessages: Int, at: Instant,
        newID: () -> String
    ) -> [Fact] {
        var journal = SessionJournal(analyzer: session.analyzer, site: session.site, peer: session.peer)
        journal.session = session
        journal.isStored = true
        journal.messages = storedMessages
        for frame in frames {
            guard let (range, isEnd) = JournalFrame.text(of: frame.bytes) else { continue }
            // Messages completed before the crash are rows already: they came with the frame that completed them.
            _ = journal.assembler.add(frame.bytes[range], isEnd: isEnd)
        }
        return journal.end(reason: "restart", at: at, newID: newID)
    }
}

extension JournalFrame {
    /// Where the text of a stored frame lies: after STX and the frame number, up to ETX or ETB (LIS01-A2 section 6.3).
    static func text(of bytes: [UInt8]) -> (Range<Int>, isEnd: Bool)? {
        guard bytes.count >= 3, bytes[0] == Control.stx,
            let end = bytes.lastIndex(where: { $0 == Control.etx || $0 == Control.etb }), end >= 2
        else { return nil }
        return (2..<end, bytes[end] == Control.etx)
    }
}

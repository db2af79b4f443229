import Base
import HL7v2
import Lines

/// What came back for a message.
enum PeerAnswer: Sendable, Equatable {
    /// MSA-1 = AA.
    case accepted
    /// MSA-1 = AE or AR: permanent.
    case refused(RefusedMessage)
    /// Nothing, something else, or the line dropped: the peer may have taken it or not (ambiguous). The same message,
    /// with the same MSH-10, goes again.
    case silent(String)
    /// The message never left: no line (transient).
    case unreachable(String)

    /// The peer took responsibility or refused it.
    var isAnswer: Bool {
        switch self {
        case .accepted, .refused: true
        case .silent, .unreachable: false
        }
    }
}

/// Calls a peer over MLLP on one line kept open, one message at a time, each waiting for its ACK.
actor MLLPCaller {
    private let endpoint: PFISettings.Endpoint
    private let answerWithin: Duration
    private var line: Line?
    private var framer = MLLPFramer()

    init(_ endpoint: PFISettings.Endpoint, answerWithin: Duration) {
        self.endpoint = endpoint
        self.answerWithin = answerWithin
    }

    /// One message in its MLLP block, and the number that its acknowledgement will give back (MSA-2 = MSH-10).
    struct Outgoing: Sendable {
        var block: ArraySlice<UInt8>
        var controlID: String
    }

    /// Sends these in turn until one is not answered: as many answers as were sent, the last of them `.silent` or
    /// `.unreachable` when it is not for all. On the line's own thread: between an answer and the next message no
    /// other thread need wake.
    /// `pauses`: asked between two messages.
    func call(_ all: [Outgoing], pauses: @escaping @Sendable () -> Bool = { false }) async -> [PeerAnswer] {
        var answers = [PeerAnswer](), rest = all[...]
        while !rest.isEmpty {
            let line: Line
            do throws(Refusal) { line = try await connected() } catch { return answers + [.unreachable(error.cause)] }
            let now = rest
            let more = await line.onItsThread { await self.call(now, on: line, pauses) }
            answers += more
            rest = rest.dropFirst(more.count)
            if let last = more.last, !last.isAnswer || pauses() { break }
        }
        return answers
    }

    /// At least one; fewer than all when one is not answered, or when the peer closed its line behind an answer.
    private func call(
        _ all: ArraySlice<Outgoing>, on line: Line, _ pauses: @Sendable () -> Bool
    ) async -> [PeerAnswer] {
        var answers = [PeerAnswer]()
        for one in all {
            if !answers.isEmpty, line.end != nil || pauses() { break }
            let answer = await call(one, on: line)
            answers.append(answer)
            if !answer.isAnswer { break }
        }
        return answers
    }

    private func call(_ one: Outgoing, on line: Line) async -> PeerAnswer {
        do throws(LineEnd) { try await line.send(one.block) } catch {
            await drop()
            return .silent("envoi interrompu : \(error)")
        }
        return await answer(on: line, to: one.controlID)
    }

    private func answer(on line: Line, to controlID: String) async -> PeerAnswer {
        let end = ContinuousClock.now + answerWithin
        while true {
            switch await line.next(within: ContinuousClock.now.duration(to: end)) {
            case .bytes(let bytes):
                for event in framer.push(bytes) {
                    guard case .message(let block) = event, let answer = MLLPCaller.reading(block, controlID) else {
                        continue
                    }
                    return answer
                }
            case .timeReached:
                // The answer may still come: on this line it would be taken for the next message's.
                await drop()
                return .silent("pas d'acquittement en \(answerWithin)")
            case .woken: continue
            case .ended(let end):
                self.line = nil
                return .silent("ligne \(end)")
            }
        }
    }

    /// Nil for the acknowledgement of another message (a late one).
    static func reading(_ block: [UInt8], _ controlID: String) -> PeerAnswer? {
        let message: HL7v2.ReceivedMessage
        do throws(Refusal) { message = try HL7v2.ReceivedMessage(block) } catch {
            return .silent("acquittement illisible [\(error.code)]")
        }
        let answer: Acknowledgement
        do throws(Refusal) { answer = try Acknowledgement(parsing: message) } catch {
            return .silent("ce n'est pas un acquittement [\(error.code)]")
        }
        guard answer.messageID == controlID else { return nil }
        switch answer.code {
        case .accept: return .accepted
        case .error, .reject:
            return .refused(RefusedMessage(answer))
        }
    }

    private func connected() async throws(Refusal) -> Line {
        if let line, line.end == nil { return line }
        let fresh = try await Line.dial(host: endpoint.host, port: endpoint.port, armour: endpoint.armour)
        line = fresh
        framer = MLLPFramer()
        return fresh
    }

    func drop() async {
        await line?.close()
        line = nil
    }
}

package import Base
import Glibc
package import Lines
import Synchronization

/// A *plateforme d'intermédiation*: takes ORU and MDM over MLLP, acknowledges them, and later sends the business
/// acknowledgements ZAM to the SGL. CI-SIS volet "Transmission d'un document CDA en HL7 v2", version 2.1.
package final class PFISimulator: Sendable {
    package let port: Int
    private let listener: LineListener
    private let folder: PFIFolder
    private let policy: PFIPolicy
    private let zamPeer: (@Sendable () -> (host: String, port: Int)?)?
    private let zamArmour: (any LineArmour)?
    private let roadEnd: RoadEnd
    /// Unique from one run to the next: seconds of the start in base 36.
    private let mark: String
    private struct State {
        var tally = PFITally()
        var turn = 0
        var lastID = 0
        var due: [BusinessAcknowledgement] = []
    }
    private let state = Mutex(State())

    private init(
        _ listener: LineListener, _ folder: PFIFolder, _ policy: PFIPolicy,
        _ zamPeer: (@Sendable () -> (host: String, port: Int)?)?, _ zamArmour: (any LineArmour)?, _ roadEnd: RoadEnd
    ) {
        self.zamArmour = zamArmour
        self.roadEnd = roadEnd
        self.listener = listener
        self.folder = folder
        self.policy = policy
        self.zamPeer = zamPeer
        port = listener.port
        mark = String(PFISimulator.now().milliseconds / 1000, radix: 36, uppercase: true)
    }

    /// Listens; `run()` serves. `zam`: asked for the SGL's listening port before each ZAM (a
    /// restarted SGL may listen elsewhere; nil from it: not up yet, try later); nil for no ZAM at all.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, folder: String,
        zam: (@Sendable () -> (host: String, port: Int)?)? = nil,
        policy: PFIPolicy = PFIPolicy(), armour: (any LineArmour)? = nil, zamArmour: (any LineArmour)? = nil
    ) async throws(Refusal) -> PFISimulator {
        let memory = try PFIFolder(folder)
        let listener = try await LineListener.start(host: host, port: port, armour: armour)
        return PFISimulator(listener, memory, policy, zam, zamArmour, RoadEnd(path: folder + "/bout"))
    }

    package var tally: PFITally { state.withLock { $0.tally } }

    /// Serves until cancelled or stopped. `report` gets one line a message.
    package func run(report: @escaping @Sendable (String) -> Void = { _ in }) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sendBusinessAcknowledgements(report) }
            await withDiscardingTaskGroup { connections in
                for await line in listener.connections {
                    state.withLock { $0.tally.connections += 1 }
                    connections.addTask { await self.serve(line, report) }
                }
                connections.cancelAll()
            }
            group.cancelAll()
        }
    }

    package func stop() async { await listener.stop() }

    private func serve(_ line: Line, _ report: @Sendable (String) -> Void) async {
        var reader = MLLPReader()
        serving: while true {
            switch await line.next() {
            case .bytes(let bytes):
                guard let blocks = reader.read(bytes) else { break serving }
                for block in blocks where await !answer(block, on: line, report) { break serving }
            case .ended: break serving
            case .timeReached, .woken: continue
            }
        }
        await line.close()
    }

    /// False when the connection must be broken.
    private func answer(_ block: [UInt8], on line: Line, _ report: @Sendable (String) -> Void) async -> Bool {
        state.withLock { $0.tally.received += 1 }
        guard let message = NeighbourMessage(block) else {
            report("illisible : pas de segment MSH, connexion coupée")
            state.withLock { $0.tally.unanswered += 1 }
            return false
        }
        let decision = await decide(message)
        report("\(message.controlID) \(message.type)^\(message.event) → \(decision.word)")
        guard let code = decision.code else { return decision.keepsLine }
        let reply = MLLPReader.block(acknowledgement(of: message, code, decision.defect))
        do throws(LineEnd) {
            switch decision.manner {
            case .late: try? await Task.sleep(for: policy.lateBy)
            case .twice: try await line.send(reply)
            case .halfAnswer:
                try await line.send(Array(reply.prefix(reply.count / 2)))
                return false
            case .accept, .error, .reject, .silence, .lostAnswer, .hangUp: break
            }
            try await line.send(reply)
            return true
        } catch {
            return false
        }
    }

    private struct Decision {
        var word: String
        /// AA, AE, AR; nil for no answer.
        var code: String?
        var defect: PFIDefect?
        var keepsLine = true
        var manner = PFIAnswer.accept
    }

    private func decide(_ message: NeighbourMessage) async -> Decision {
        if let kept = await folder.stored(message.controlID) {
            guard kept == message.bytes else {
                let reuse = PFIDefect(
                    "AR", "MSH^1^10", "207", "Application error", "identifiant déjà reçu, autre contenu")
                return await refuse(message, reuse)
            }
            state.withLock { $0.tally.duplicates += 1 }
            return Decision(word: "AA (déjà reçu)", code: "AA")
        }
        if let defect = PFIDefect.first(in: message) { return await refuse(message, defect) }
        let turn = state.withLock { s in
            defer { s.turn += 1 }
            return s.turn
        }
        switch policy.answer(to: turn) {
        case .accept: return await keep(message, code: "AA", word: "AA")
        case .late, .twice, .halfAnswer:
            var decision = await keep(message, code: "AA", word: "AA (\(policy.answer(to: turn).rawValue))")
            decision.manner = policy.answer(to: turn)
            return decision
        case .lostAnswer: return await keep(message, code: nil, word: "gardé, réponse perdue")
        case .error:
            return await refuse(message, PFIDefect("AE", "PID^1^3", "207", "Application error", "refus du scénario"))
        case .reject:
            return await refuse(message, PFIDefect("AR", "MSH^1^9", "207", "Application error", "refus du scénario"))
        case .silence:
            state.withLock { $0.tally.unanswered += 1 }
            return Decision(word: "silence")
        case .hangUp:
            state.withLock { $0.tally.unanswered += 1 }
            return Decision(word: "connexion coupée", keepsLine: false)
        }
    }

    private func keep(_ message: NeighbourMessage, code: String?, word: String) async -> Decision {
        do throws(Refusal) {
            guard try await folder.store(message) else { return await decide(message) }
        } catch {
            // Not on disk, so no AA: the sender keeps it.
            state.withLock { $0.tally.unanswered += 1 }
            return Decision(word: error.description, keepsLine: false)
        }
        let problem = roadEnd.deliver(message, isDMPOpen: policy.outcome != .dmpClosed)
        let dueAt = ContinuousClock.now + policy.zamDelay
        state.withLock { s in
            s.tally.stored += 1
            if code == nil { s.tally.unanswered += 1 }
            guard zamPeer != nil else { return }
            let made = BusinessAcknowledgement.all(
                for: message, outcome: policy.outcome, dmpProblem: problem, at: dueAt, now: PFISimulator.now()
            ) {
                s.lastID += 1
                return "PFI-\(mark)-\(s.lastID)"
            }
            s.due += made
            s.tally.zamPending = s.due.count
        }
        return Decision(word: problem.map { "\(word), mais \($0)" } ?? word, code: code)
    }

    private func refuse(_ message: NeighbourMessage, _ defect: PFIDefect) async -> Decision {
        do throws(Refusal) {
            try await folder.setAside(message.bytes, controlID: message.controlID)
        } catch {
            state.withLock { $0.tally.unanswered += 1 }
            return Decision(word: error.description, keepsLine: false)
        }
        state.withLock { s in
            if defect.answer == "AE" { s.tally.answeredAE += 1 } else { s.tally.answeredAR += 1 }
        }
        return Decision(word: "\(defect.answer) \(defect.code) \(defect.text)", code: defect.answer, defect: defect)
    }

    /// MSH with sender and receiver exchanged, MSA, and ERR for AE and AR (PFI sheet, section 5).
    private func acknowledgement(of message: NeighbourMessage, _ code: String, _ defect: PFIDefect?) -> [UInt8] {
        let id = state.withLock { s in
            s.lastID += 1
            return s.lastID
        }
        func h(_ number: Int) -> String { message.header(number) }
        let time = PFISimulator.now().hl7(in: .europeParis)
        var text = "MSH|^~\\&|\(h(5))|\(h(6))|\(h(3))|\(h(4))|\(time)||ACK^\(message.event)^ACK|PFI-\(mark)-\(id)"
        text += "|\(h(11))|\(h(12))|||||FRA|UNICODE UTF-8\rMSA|\(code)|\(message.controlID)\r"
        if let defect {
            text += "ERR||\(defect.place)|\(defect.code)^\(defect.label)^messageErrorCondition|E||||\(defect.text)\r"
        }
        return Array(text.utf8)
    }

    // MARK: ZAM

    private func sendBusinessAcknowledgements(_ report: @Sendable (String) -> Void) async {
        guard let zamPeer else { return }
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let next = state.withLock { s in s.due.min { $0.due < $1.due } }
            guard let next, next.due <= now else {
                let wait = next.map { min($0.due - now, .milliseconds(50)) } ?? .milliseconds(50)
                try? await Task.sleep(for: wait)
                continue
            }
            let answer: String? = if let peer = zamPeer() { await send(next, to: peer) } else { nil }
            report("ZAM \(next.event) \(next.controlID) pour \(next.about) → \(answer ?? "sans réponse")")
            state.withLock { s in settle(next, answer, &s) }
        }
    }

    private func settle(_ sent: BusinessAcknowledgement, _ answer: String?, _ s: inout State) {
        guard let index = s.due.firstIndex(where: { $0.controlID == sent.controlID }) else { return }
        s.due[index].attempts += 1
        if answer == "AA" {
            s.tally.zamAccepted += 1
            s.due.remove(at: index)
        } else if answer != nil {
            s.tally.zamRefused += 1
            s.due.remove(at: index)
        } else {
            s.tally.zamUnanswered += 1
            if s.due[index].attempts >= policy.zamAttempts {
                s.tally.zamGivenUp += 1
                s.due.remove(at: index)
            } else {
                let wait = min(Duration.seconds(5), .milliseconds(100) * (1 << min(s.due[index].attempts, 6)))
                s.due[index].due = .now + wait
            }
        }
        s.tally.zamPending = s.due.count
    }

    /// MSA-1 of the SGL's answer; nil when none came.
    private func send(_ zam: BusinessAcknowledgement, to peer: (host: String, port: Int)) async -> String? {
        guard let line = try? await Line.dial(host: peer.host, port: peer.port, within: .seconds(5), armour: zamArmour)
        else { return nil }
        let answer = await exchange(zam, line)
        await line.close()
        return answer
    }

    private func exchange(_ zam: BusinessAcknowledgement, _ line: Line) async -> String? {
        guard (try? await line.send(MLLPReader.block(zam.bytes))) != nil else { return nil }
        var reader = MLLPReader()
        let deadline = ContinuousClock.now + policy.zamTimeOut
        while true {
            switch await line.next(within: deadline - .now) {
            case .bytes(let bytes):
                for block in reader.read(bytes) ?? [] {
                    guard let answer = NeighbourMessage(block), answer.first("MSA", 2) == zam.controlID else {
                        continue
                    }
                    return answer.first("MSA", 1)
                }
            case .woken: continue
            case .timeReached, .ended: return nil
            }
        }
    }

    private static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

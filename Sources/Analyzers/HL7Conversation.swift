import Laboratory
import LIS01
import Synchronization
import Base
import Drivers
import HL7v2
import Lines
import Store

/// A line on which an analyzer speaks HL7 v2 over MLLP (IHE LAW, or plain ORU^R01): each message is kept, then
/// acknowledged; what waits for the analyzer goes out one by one, each until its answer comes.
struct HL7Conversation {
    private let pump: AnalyzerPump
    private let line: Line
    /// Far above any message of an analyzer (histograms in base 64), far below what would harm.
    private var framer = MLLPFramer(limit: 8 << 20)
    /// What waits for its answer, and until when.
    private var asked: (message: Outgoing, due: Instant)?
    private var strayBefore = 0
    private var returnsBefore = 0

    init(_ pump: AnalyzerPump, _ line: Line) {
        self.pump = pump
        self.line = line
    }
    private var name: String { pump.configuration.name }
    private var driver: Driver { pump.configuration.driver }

    mutating func run() async {
        pump.lineCame(line)
        await flush()
        while true {
            let limit = asked.map { max(.zero, pump.now().duration(to: $0.due)) }
            switch await line.next(within: limit) {
            case .bytes(let bytes):
                for event in framer.push(bytes) { await take(event) }
                countDeviations()
                if framer.isOversize { return await end() }
            case .timeReached:
                if let due = asked?.due, due <= pump.now() { settle(.failed("sans réponse", isRefusal: false)) }
            case .woken: break
            case .ended:
                for event in framer.finish() { await take(event) }
                return await end()
            }
            await flush()
        }
    }

    private mutating func end() async {
        settle(.failed("ligne perdue", isRefusal: false))
        await pump.lineWent(line)
    }

    private mutating func countDeviations() {
        pump.count("strayBytes", framer.junk - strayBefore)
        pump.count("blockWithoutReturn", framer.missingReturns - returnsBefore)
        (strayBefore, returnsBefore) = (framer.junk, framer.missingReturns)
    }

    // Receiving

    private mutating func take(_ event: MLLPFramer.Event) async {
        switch event {
        case .message(let block):
            do throws(Refusal) { try await take(try HL7v2.ReceivedMessage(block)) } catch { await reject(block, error) }
        case .oversize(let count):
            pump.count("blockTooLong")
            pump.log("automate \(name) : bloc de plus de \(count) octets, non acquitté")
        case .halfMessage(let count):
            pump.count("blockCutShort")
            pump.log("automate \(name) : message coupé après \(count) octets, non acquitté")
        }
    }

    private mutating func take(_ message: HL7v2.ReceivedMessage) async throws(Refusal) {
        if message.usesLineFeeds { pump.count("segmentsEndWithLineFeed") }
        if message.first("MSA") != nil, !["OUL", "ORU", "QBP"].contains(message.kind.code) {
            return await answered(message)
        }
        let reading = driver.read(hl7: message, zone: pump.configuration.zone)
        let isQuestion = message.kind.code == "QBP"
        var problems = reading.problems
        if isQuestion, driver.description.orders?.isAnswering != true {
            problems = [
                Refusal(
                    "query.unanswered", at: "MSH-9", because: "le pilote \(driver.name) ne répond pas aux demandes",
                    remedy: "ne pas faire interroger le laboratoire par cet automate")
            ]
        }
        let hash = HL7Reply.hash(of: message)
        if isQuestion {
            pump.questions.withLock { peers in
                if peers.count >= AnalyzerPump.refusedBlocksKept { peers = [:] }
                peers[hash] = line.peer
            }
        }
        guard await keepOnce(message.bytes, hash, isRefused: !problems.isEmpty) else { return }
        let stamp = pump.now().hl7(in: pump.configuration.zone)
        for reply in try HL7Reply.acknowledgements(
            of: message, refusing: problems, isQuestion: isQuestion, at: stamp, newID: pump.newID)
        {
            await send(reply)
        }
        if !problems.isEmpty {
            pump.board.change(name) { $0.refusals += 1 }
            pump.log("automate \(name) : message refusé (\(problems.map(\.code).joined(separator: ", ")))")
        }
    }

    /// What is no message at all is kept, waits in triage, and is rejected.
    private func reject(_ block: [UInt8], _ refusal: Refusal) async {
        guard await keepOnce(block, Digest.sha256Hex(block), isRefused: true) else { return }
        pump.board.change(name) { $0.refusals += 1 }
        pump.log("automate \(name) : message illisible [\(refusal.code)] \(refusal.place)")
        do throws(Refusal) {
            await send(
                try HL7Reply.rejection(
                    of: block, because: refusal, at: pump.now().hl7(in: pump.configuration.zone),
                    controlID: pump.newID()))
        } catch { pump.log("automate \(name) : refus impossible à écrire [\(error.code)]") }
    }

    /// Durable before anything is answered. A message that we refuse, sent again and again, waits in triage once.
    private func keepOnce(_ text: [UInt8], _ hash: String, isRefused: Bool) async -> Bool {
        if isRefused, pump.refusedBlocks.withLock({ $0.contains(hash) }) {
            pump.count("messageRepeated")
            return true
        }
        guard await pump.keep(block: MLLP.frame(text), message: (text, hash), from: line.peer) else { return false }
        if isRefused {
            pump.refusedBlocks.withLock { hashes in
                hashes.append(hash)
                if hashes.count > AnalyzerPump.refusedBlocksKept { hashes.removeFirst() }
            }
        }
        return true
    }

    // Sending

    /// Answers go out at once; messages that wait for an answer, one after the other.
    private mutating func flush() async {
        while let message = next() {
            if message.controlID == nil {
                if await send(message.bytes) {
                    pump.delivered(message)
                } else {
                    message.done?(.failed("ligne perdue", isRefusal: false))
                }
                continue
            }
            asked = (message, pump.now().advanced(by: pump.configuration.link.timers.answer))
            pump.outbox.withLock { $0.sending[SendKey(line, 0)] = message }
            if !(await send(message.bytes)) { return settle(.failed("ligne perdue", isRefusal: false)) }
        }
    }

    private func next() -> Outgoing? {
        let isFree = asked == nil
        return pump.outbox.withLock { [line] box in
            let place = box.waiting.firstIndex { message in
                guard message.controlID == nil || isFree else { return false }
                // Its own line may be gone: then it goes by the newest.
                let own = message.peer.flatMap { peer in box.lines.first { $0.peer == peer } } ?? box.line
                return own === line
            }
            return place.map { box.waiting.remove(at: $0) }
        }
    }

    @discardableResult private func send(_ message: [UInt8]) async -> Bool {
        do throws(LineEnd) {
            try await line.send(MLLP.frame(message))
            return true
        } catch {
            pump.log("automate \(name) : ligne \(error)")
            return false
        }
    }

    /// The analyzer's answer to what we sent: ORL^O34 or ACK. It carries no result and makes no message, but its
    /// block is kept. Without the store its verdict counts all the same: an order is then sent once more.
    private mutating func answered(_ message: HL7v2.ReceivedMessage) async {
        _ = await pump.keep(block: MLLP.frame(message.bytes), message: nil, from: line.peer)
        if AcknowledgementMode(message).accept == .always {
            let stamp = pump.now().hl7(in: pump.configuration.zone)
            do throws(Refusal) {
                for reply in try HL7Reply.acknowledgements(
                    of: message, refusing: [], isQuestion: true, at: stamp, newID: pump.newID)
                { await send(reply) }
            } catch { pump.log("automate \(name) : acquittement impossible à écrire [\(error.code)]") }
        }
        guard let controlID = asked?.message.controlID, message.value("MSA", 2) == controlID else {
            pump.count("answerUnexpected")
            pump.log("automate \(name) : réponse à un message que rien n'attend")
            return
        }
        switch driver.verdict(of: message) {
        case .received?, nil: return
        case .taken?: settle(.delivered)
        case .refused(let why)?: settle(.refused(why))
        }
    }

    private mutating func settle(_ outcome: SendOutcome) {
        guard let message = asked?.message else { return }
        asked = nil
        pump.outbox.withLock { _ = $0.sending.removeValue(forKey: SendKey(line, 0)) }
        switch outcome {
        case .delivered: pump.delivered(message)
        case .failed(let why, _): pump.sendFailed(message, outcome, why)
        case .refused(let why): pump.sendFailed(message, outcome, why)
        }
    }
}

extension AnalyzerPump {
    static let refusedBlocksKept = 64

    /// A message that got no answer goes again a few times, or its outcome is told to who waits for it. One that the
    /// analyzer refuses does not go again by itself.
    func sendFailed(_ message: Outgoing, _ outcome: SendOutcome, _ why: String) {
        board.change(configuration.name) { $0.sendFailures += 1 }
        if let done = message.done { return done(outcome) }
        var message = message
        message.failures += 1
        if case .failed = outcome, message.failures < AnalyzerPump.sendLimit {
            outbox.withLock { [message] in $0.waiting.append(message) }
        } else {
            gaveUp(why)
        }
    }

    /// An answer that the analyzer does not get: it is said, and the analyzer asks again.
    func gaveUp(_ why: String) {
        log("automate \(configuration.name) : réponse à sa demande abandonnée (\(why))")
        board.change(configuration.name) { $0.problem = "réponse à sa demande abandonnée : \(why)" }
    }
}

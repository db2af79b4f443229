package import Base
import Drivers
import HL7v2
import LIS01

/// An analyser that speaks HL7 v2 in MLLP blocks, or a maker's own text between STX and ETX: no link below the message,
/// so what is not acknowledged is sent again whole. Driven like ``AnalyzerRun``.
package struct BlockRun: SimulatedAnalyzer {
    package struct Planned: Sendable {
        package var name: String
        /// HL7 v2 messages or texts, without framing.
        package var messages: [[UInt8]]
        /// After the session, wait at most this long for the answer to its query.
        package var awaitAnswer: Duration?
        package init(name: String, messages: [[UInt8]], awaitAnswer: Duration? = nil) {
            self.name = name
            self.messages = messages
            self.awaitAnswer = awaitAnswer
        }
    }
    private enum Phase: Sendable, Equatable {
        case resting(until: Instant)
        case awaitingReply(until: Instant)
        case awaitingAnswer(until: Instant)
        case lingering(until: Instant)
        case finished
    }

    package private(set) var report: AnalyzerReport
    /// What was measured because the host ordered it.
    package private(set) var drawn: [DrawnResult] = []
    private let instrument: Instrument
    private let scenario: AnalyzerScenario
    private let answerWithin: Duration
    private var random: PRNG
    private var sessions: [Planned]
    private var current = 0
    private var message = 0
    private var session: SessionReport
    private var framer = MLLPFramer()
    private var phase: Phase
    private var isUp = false
    private var begunAt: Instant?
    private var repliesToLose = 0

    /// Of `scenario`: name, sends, pause, linger, zone and rates. A sender waits `answerWithin` for a reply.
    package init(
        _ scenario: AnalyzerScenario, sessions: [Planned], instrument: Instrument, seed: UInt64 = 1,
        answerWithin: Duration = .seconds(15), at now: Instant
    ) {
        self.scenario = scenario
        self.sessions = sessions.filter { !$0.messages.isEmpty }
        self.instrument = instrument
        self.answerWithin = answerWithin
        random = PRNG(seed: seed)
        report = AnalyzerReport(scenario: scenario.name, seed: seed)
        session = SessionReport(name: "")
        phase = self.sessions.isEmpty ? .lingering(until: now.advanced(by: scenario.linger)) : .resting(until: now)
    }

    private var isHL7: Bool { instrument.driver.description.dialect == .hl7 }
    package var isFinished: Bool { phase == .finished }
    package var deadline: Instant? {
        guard isUp else { return nil }
        switch phase {
        case .resting(let until), .awaitingReply(let until), .awaitingAnswer(let until), .lingering(let until):
            return until
        case .finished: return nil
        }
    }

    // MARK: handlers

    package mutating func lineUp(at now: Instant) -> [AnalyzerAction] {
        isUp = true
        framer = MLLPFramer()
        return timeReached(at: now)
    }

    package mutating func lineDown(at now: Instant) -> [AnalyzerAction] {
        guard isUp else { return [] }
        isUp = false
        repliesToLose = 0
        report.linesLost += 1
        if case .awaitingReply = phase { phase = .resting(until: now.advanced(by: .milliseconds(100))) }
        return []
    }

    package mutating func timeReached(at now: Instant) -> [AnalyzerAction] {
        var actions: [AnalyzerAction] = []
        guard isUp, let deadline, deadline <= now else { return actions }
        switch phase {
        case .resting: send(at: now, &actions)
        case .awaitingReply: failed(.noAnswer, at: now, &actions)
        case .awaitingAnswer: settle(at: now, &actions)
        case .lingering:
            phase = .finished
            actions.append(.finished)
        case .finished: break
        }
        return actions
    }

    package mutating func received(_ bytes: [UInt8], at now: Instant) -> [AnalyzerAction] {
        var actions: [AnalyzerAction] = []
        guard isHL7 else {
            for byte in bytes {
                guard case .awaitingReply = phase else { continue }
                if repliesToLose > 0 {
                    repliesToLose -= 1
                } else if byte == Control.ack {
                    accepted(at: now, &actions)
                } else if byte == Control.nak {
                    failed(.refused, at: now, &actions)
                }
            }
            return actions
        }
        for case .message(let block) in framer.push(bytes) { heard(block, at: now, &actions) }
        return actions
    }

    // MARK: sending

    private mutating func send(at now: Instant, _ actions: inout [AnalyzerAction]) {
        let planned = sessions[current]
        if begunAt == nil {
            begunAt = now
            session = SessionReport(name: planned.name)
            session.messages = planned.messages.count
            session.frames = planned.messages.count
        }
        if message == 0 { session.sends += 1 }
        session.framesSent += 1
        let text = planned.messages[message]
        put(isHL7 ? MLLP.frame(text) : [Control.stx] + text + [Control.etx], &actions)
        phase = .awaitingReply(until: now.advanced(by: answerWithin))
    }

    private mutating func put(_ bytes: [UInt8], _ actions: inout [AnalyzerAction]) {
        // Neither a checksum nor a contention is known here: those faults are LIS01-A2's.
        let known: [WireFault] = [.duplicate, .loseReply, .noise, .vanish, .drop, .delay, .split]
        guard let fault = known.first(where: { isDrawn($0) }) else {
            actions.append(.send(bytes))
            return
        }
        session.faults[fault.rawValue, default: 0] += 1
        switch fault {
        case .duplicate:
            actions.append(.send(bytes + bytes))
            if !isHL7 { repliesToLose += 1 }
        case .loseReply:
            actions.append(.send(bytes))
            repliesToLose += 1
        case .noise: actions.append(.send([0x55, 0xAA] + bytes))
        case .vanish: actions += [.send(Array(bytes.prefix(bytes.count / 2))), .breakLine]
        case .delay: actions += [.wait(.milliseconds(Int.random(in: 50...2000, using: &random))), .send(bytes)]
        case .split:
            let cut = Int.random(in: 1..<bytes.count, using: &random)
            actions += [.send(Array(bytes[..<cut])), .wait(.milliseconds(50)), .send(Array(bytes[cut...]))]
        case .drop, .corrupt, .contention: break
        }
    }

    private mutating func isDrawn(_ fault: WireFault) -> Bool {
        guard let rate = scenario.rates[fault] else { return false }
        return Double(random.next() >> 11) / Double(1 << 53) < rate
    }

    // MARK: what comes back

    private mutating func heard(_ block: [UInt8], at now: Instant, _ actions: inout [AnalyzerAction]) {
        guard let received = try? ReceivedMessage(block) else { return }
        report.received.append(block)
        let kind = received.kind.code
        if kind == "ACK" || kind == "RSP" {
            guard case .awaitingReply = phase, received.value("MSA", 2) == controlID else { return }
            if repliesToLose > 0 {
                repliesToLose -= 1
                return
            }
            if ["AA", "CA"].contains(received.value("MSA", 1)) {
                accepted(at: now, &actions)
            } else {
                failed(.refused, at: now, &actions)
            }
            return
        }
        guard kind == "OML" else { return }
        if case .awaitingAnswer = phase { session.answers += 1 }
        actions.append(.send(MLLP.frame(acknowledgement(of: received, at: now))))
        measure(block, at: now)
        if case .awaitingAnswer = phase { settle(at: now, &actions) }
    }

    /// MSH-10 of the message that waits for its acknowledgement.
    private var controlID: String {
        let text = sessions[current].messages[message]
        return (try? ReceivedMessage(text))?.controlID ?? ""
    }

    /// ORL^O34, application accept (IHE LAW, LAB-28).
    private func acknowledgement(of order: ReceivedMessage, at now: Instant) -> [UInt8] {
        let text = [
            "MSH|^~\\&|\(instrument.driver.name)||\(order.value("MSH", 3))||\(now.hl7(in: scenario.zone))||"
                + "ORL^O34^ORL_O42|S\(order.controlID)|P|2.5.1||||||UNICODE UTF-8",
            "MSA|AA|\(order.controlID)",
        ]
        return text.flatMap { Array($0.utf8) + [0x0D] }
    }

    private mutating func measure(_ block: [UInt8], at now: Instant) {
        let work = instrument.work(in: block)
        for specimen in work.specimens {
            let made = instrument.results(
                of: [specimen], codes: work.codes[specimen], at: now, zone: scenario.zone, random: &random)
            guard !made.results.isEmpty else { continue }
            drawn += made.results
            sessions.append(Planned(name: specimen, messages: made.messages))
        }
        if case .lingering = phase, current < sessions.count { phase = .resting(until: now) }
    }

    private mutating func accepted(at now: Instant, _ actions: inout [AnalyzerAction]) {
        message += 1
        guard message >= sessions[current].messages.count else {
            send(at: now, &actions)
            return
        }
        session.acknowledged = true
        session.failure = nil
        guard let limit = sessions[current].awaitAnswer else { return settle(at: now, &actions) }
        phase = .awaitingAnswer(until: now.advanced(by: limit))
    }

    private mutating func failed(_ why: SendFailure, at now: Instant, _ actions: inout [AnalyzerAction]) {
        session.failure = why
        repliesToLose = 0
        session.refusals += 1
        guard session.framesSent < scenario.sends * max(1, session.messages) else { return settle(at: now, &actions) }
        phase = .resting(until: now.advanced(by: max(scenario.pause, .milliseconds(100))))
    }

    private mutating func settle(at now: Instant, _ actions: inout [AnalyzerAction]) {
        if let begunAt { session.milliseconds = now.milliseconds - begunAt.milliseconds }
        begunAt = nil
        report.sessions.append(session)
        actions.append(.settled(session))
        current += 1
        message = 0
        phase =
            current < sessions.count
            ? .resting(until: now.advanced(by: scenario.pause))
            : .lingering(until: now.advanced(by: scenario.linger))
        actions += timeReached(at: now)
    }
}

package import Base
package import LIS01

/// What became of one session of the scenario.
package struct SessionReport: Sendable, Equatable, Codable {
    package var name: String
    package var messages = 0
    package var frames = 0
    /// Every send of a frame, repeats included.
    package var framesSent = 0
    /// Frames sent again because they were refused.
    package var refusals = 0
    /// How often the session was begun with ENQ.
    package var enquiries = 0
    /// Sends of the whole session.
    package var sends = 0
    /// What went wrong on purpose, by name.
    package var faults: [String: Int] = [:]
    package var acknowledged = false
    /// Why not, when it was not.
    package var failure: SendFailure?
    /// Messages of the host received after this session and before the next.
    package var answers = 0
    package var milliseconds: Int64 = 0
}

package struct AnalyzerReport: Sendable, Equatable, Codable {
    package var scenario: String
    package var seed: UInt64
    package var sessions: [SessionReport] = []
    /// What the host sent, in order (bytes of the records).
    package var received: [[UInt8]] = []
    /// How often the line went down.
    package var linesLost = 0

    /// Everything was sent and acknowledged.
    package var isAcknowledged: Bool { !sessions.isEmpty && sessions.allSatisfy(\.acknowledged) }
}

package enum AnalyzerAction: Sendable, Equatable {
    case send([UInt8])
    /// Let this much time pass before the next action.
    case wait(Duration)
    /// Break the line as a crash would, then open another.
    case breakLine
    case settled(SessionReport)
    case finished
}

/// What a pump needs of an analyser, whatever language it speaks.
package protocol SimulatedAnalyzer: Sendable {
    var report: AnalyzerReport { get }
    var isFinished: Bool { get }
    var deadline: Instant? { get }
    mutating func lineUp(at now: Instant) -> [AnalyzerAction]
    mutating func lineDown(at now: Instant) -> [AnalyzerAction]
    mutating func received(_ bytes: [UInt8], at now: Instant) -> [AnalyzerAction]
    mutating func timeReached(at now: Instant) -> [AnalyzerAction]
}

/// An analyser at work. It is driven like the link inside it: give it events and the time, run the actions, call
/// `timeReached(at:)` at `deadline`. The sender is the real one of `LIS01`; faults are put on the wire around it.
package struct AnalyzerRun: SimulatedAnalyzer {
    private enum Phase: Sendable, Equatable {
        case resting(until: Instant)
        /// The link carries the session under this number.
        case transferring(Int)
        /// Acknowledged; waiting for the host's message.
        case awaitingAnswer(until: Instant)
        case lingering(until: Instant)
        case finished
    }
    private struct Planned: Sendable {
        var report: SessionReport
        var messages: [[UInt8]]
        var faults: [AnalyzerScenario.Fault]
        var pauseBefore: Duration
        var awaitAnswer: Duration?
    }

    package private(set) var report: AnalyzerReport
    private let scenario: AnalyzerScenario
    private var link: Link
    private var random: PRNG
    private var sessions: [Planned] = []
    /// The session that is sent, or the last one that was; −1 before any.
    private var current = 0
    private var phase: Phase
    private var isUp = false
    private var begunAt: Instant?
    /// What to do with the answers that are due, in order: a duplicated frame brings one too many, a lost reply is one
    /// that does not arrive.
    private enum Reply: Sendable { case heard, swallowed }
    private var repliesDue: [Reply] = []
    /// Measures what the host orders, when it is given.
    private let instrument: Instrument?
    /// What was measured because the host ordered it.
    package private(set) var drawn: [DrawnResult] = []

    /// `transcripts`: the bytes of the files that the scenario names. `specimens`: more substitutions, over those of
    /// the scenario. Refusals: `scenario.transcript`.
    package init(
        _ scenario: AnalyzerScenario, transcripts: [String: [UInt8]], specimens: [String: String] = [:],
        seed: UInt64 = 1, instrument: Instrument? = nil, at now: Instant
    ) throws(Refusal) {
        self.scenario = scenario
        self.instrument = instrument
        link = Link(settings: scenario.link)
        random = PRNG(seed: seed)
        report = AnalyzerReport(scenario: scenario.name, seed: seed)
        phase = .resting(until: now.advanced(by: scenario.sessions.first?.pauseBefore ?? .zero))
        for (index, session) in scenario.sessions.enumerated() {
            let name = session.name ?? session.transcript ?? "records \(index + 1)"
            guard session.messages.isEmpty else {
                plan(session, name, session.messages)
                continue
            }
            let bytes =
                session.transcript.map { transcripts[$0] ?? [] }
                ?? Array(session.records.joined(separator: "\r").utf8)
            let transcript = try Transcript(bytes, at: name)
            let rewriting = Rewriting(
                specimens: scenario.specimens.merging(session.specimens) { $1 }.merging(specimens) { $1 },
                texts: scenario.texts, fields: scenario.fields, timesAreNow: scenario.timesAreNow, now: now,
                zone: scenario.zone)
            plan(session, name, transcript.messages.map { rewriting.apply(to: $0) })
        }
        if sessions.isEmpty {
            // It only waits for what the host orders.
            current = -1
            phase = .lingering(until: now.advanced(by: scenario.linger))
        }
    }

    private mutating func plan(_ session: AnalyzerScenario.Session, _ name: String, _ messages: [[UInt8]]) {
        var made = SessionReport(name: name)
        made.messages = messages.count
        made.frames =
            Framing.frames(of: messages, policy: scenario.link.framing, limit: scenario.link.maximumText).count
        for _ in 0..<session.times {
            sessions.append(
                Planned(
                    report: made, messages: messages, faults: session.faults, pauseBefore: session.pauseBefore,
                    awaitAnswer: session.awaitAnswer))
        }
    }

    /// Measures what the host ordered: a session more, behind those that are planned.
    private mutating func measure(_ message: [UInt8], at now: Instant) {
        guard let instrument else { return }
        let work = instrument.work(in: message)
        for specimen in work.specimens {
            let made = instrument.results(
                of: [specimen], codes: work.codes[specimen], at: now, zone: scenario.zone, random: &random)
            guard !made.results.isEmpty else { continue }
            drawn += made.results
            plan(AnalyzerScenario.Session(name: specimen, messages: made.messages), specimen, made.messages)
        }
        if case .lingering = phase, current + 1 < sessions.count {
            current += 1
            phase = .resting(until: now.advanced(by: scenario.pause))
        }
    }

    package var isFinished: Bool { phase == .finished }

    /// What is sent, message by message, after substitutions.
    package var messages: [[UInt8]] { sessions.flatMap(\.messages) }

    package var deadline: Instant? {
        guard isUp else { return nil }
        let own: Instant? =
            switch phase {
            case .resting(let until), .awaitingAnswer(let until), .lingering(let until): until
            case .transferring, .finished: nil
            }
        guard let theirs = link.deadline else { return own }
        return own.map { min($0, theirs) } ?? theirs
    }

    // MARK: handlers

    package mutating func lineUp(at now: Instant) -> [AnalyzerAction] {
        isUp = true
        return timeReached(at: now)
    }

    package mutating func lineDown(at now: Instant) -> [AnalyzerAction] {
        guard isUp else { return [] }
        isUp = false
        repliesDue = []
        report.linesLost += 1
        var actions: [AnalyzerAction] = []
        run(link.lineLost(), at: now, &actions)
        return actions
    }

    package mutating func received(_ bytes: [UInt8], at now: Instant) -> [AnalyzerAction] {
        var actions: [AnalyzerAction] = []
        if bytes.contains(Control.enq), contends(at: now) { begin(at: now, &actions) }
        let heard = bytes.filter { hears($0) }
        if !heard.isEmpty { run(link.received(heard, at: now), at: now, &actions) }
        proceed(at: now, &actions)
        return actions
    }

    /// Whether an ENQ of the host finds us about to send one ourselves.
    private mutating func contends(at now: Instant) -> Bool {
        guard case .resting = phase, isUp, link.state == .neutral else { return false }
        for index in sessions[current].faults.indices
        where sessions[current].faults[index].fault == .contention && sessions[current].faults[index].times > 0 {
            sessions[current].faults[index].times -= 1
            sessions[current].report.faults[WireFault.contention.rawValue, default: 0] += 1
            return true
        }
        guard isDrawn(.contention) else { return false }
        sessions[current].report.faults[WireFault.contention.rawValue, default: 0] += 1
        return true
    }

    private mutating func hears(_ byte: UInt8) -> Bool {
        switch byte {
        case Control.ack, Control.nak, Control.eot: return repliesDue.isEmpty || repliesDue.removeFirst() == .heard
        case Control.enq:
            // The host begins a session: it owes no answer any more.
            if link.sender.state == .neutral { repliesDue = [] }
            return true
        case _: return true
        }
    }

    package mutating func timeReached(at now: Instant) -> [AnalyzerAction] {
        var actions: [AnalyzerAction] = []
        if let due = link.deadline, due <= now {
            // What was due has not come in time: it will not come.
            repliesDue = []
            run(link.timeReached(at: now), at: now, &actions)
        }
        proceed(at: now, &actions)
        return actions
    }

    // MARK: the scenario

    private mutating func proceed(at now: Instant, _ actions: inout [AnalyzerAction]) {
        guard isUp else { return }
        switch phase {
        case .resting(let until):
            guard until <= now else { return }
            begin(at: now, &actions)
        case .awaitingAnswer(let until):
            guard until <= now || sessions[current].report.answers > 0, link.state == .neutral else { return }
            settle(at: now, &actions)
        case .lingering(let until):
            guard until <= now, link.state == .neutral else { return }
            phase = .finished
            actions.append(.finished)
        case .transferring, .finished: return
        }
    }

    private mutating func begin(at now: Instant, _ actions: inout [AnalyzerAction]) {
        if begunAt == nil { begunAt = now }
        sessions[current].report.sends += 1
        let (number, toRun) = link.send(sessions[current].messages, at: now)
        phase = .transferring(number)
        run(toRun, at: now, &actions)
    }

    private mutating func delivered(at now: Instant, _ actions: inout [AnalyzerAction]) {
        sessions[current].report.acknowledged = true
        sessions[current].report.failure = nil
        guard let limit = sessions[current].awaitAnswer else { return settle(at: now, &actions) }
        phase = .awaitingAnswer(until: now.advanced(by: limit))
    }

    private mutating func failed(_ why: SendFailure, at now: Instant, _ actions: inout [AnalyzerAction]) {
        sessions[current].report.failure = why
        guard sessions[current].report.sends >= scenario.sends else {
            phase = .resting(until: now.advanced(by: max(scenario.pause, .milliseconds(100))))
            return
        }
        settle(at: now, &actions)
    }

    private mutating func settle(at now: Instant, _ actions: inout [AnalyzerAction]) {
        if let begunAt { sessions[current].report.milliseconds = now.milliseconds - begunAt.milliseconds }
        begunAt = nil
        report.sessions.append(sessions[current].report)
        actions.append(.settled(sessions[current].report))
        current += 1
        if current < sessions.count {
            phase = .resting(until: now.advanced(by: scenario.pause + sessions[current].pauseBefore))
        } else {
            current -= 1
            phase = .lingering(until: now.advanced(by: scenario.linger))
        }
        proceed(at: now, &actions)
    }

    // MARK: the link and its wire

    private mutating func run(_ linkActions: [LinkAction], at now: Instant, _ actions: inout [AnalyzerAction]) {
        for action in linkActions {
            switch action {
            case .reply(let bytes): put(bytes, on: &actions)
            case .store: run(link.stored(at: now), at: now, &actions)
            case .message(let text, _):
                report.received.append(text)
                if case .awaitingAnswer = phase { sessions[current].report.answers += 1 }
                measure(text, at: now)
            case .delivered(let number):
                if phase == .transferring(number) { delivered(at: now, &actions) }
            case .failed(let number, let why):
                if phase == .transferring(number) { failed(why, at: now, &actions) }
            case .refused, .sessionBegan, .sessionEnded, .deviation: break
            }
        }
    }

    private mutating func put(_ bytes: [UInt8], on actions: inout [AnalyzerAction]) {
        if bytes == [Control.enq] {
            sessions[current].report.enquiries += 1
            repliesDue.append(.heard)
        }
        guard case .sending(let frame, let attempt) = link.sender.state, bytes.first == Control.stx else {
            actions.append(.send(bytes))
            return
        }
        sessions[current].report.framesSent += 1
        if attempt > 1 { sessions[current].report.refusals += 1 }
        repliesDue.append(.heard)
        guard let fault = nextFault(frame: frame + 1) else {
            actions.append(.send(bytes))
            return
        }
        sessions[current].report.faults[fault.rawValue, default: 0] += 1
        switch fault {
        case .corrupt: actions.append(.send(AnalyzerRun.corrupted(bytes)))
        case .duplicate:
            actions.append(.send(bytes + bytes))
            repliesDue.append(.swallowed)
        case .loseReply:
            actions.append(.send(bytes))
            repliesDue[repliesDue.count - 1] = .swallowed
        case .noise: actions.append(.send([0x55, 0xAA, 0x00] + bytes))
        case .drop: repliesDue.removeLast()
        case .delay: actions += [.wait(.milliseconds(Int.random(in: 50...2000, using: &random))), .send(bytes)]
        case .split:
            let cut = Int.random(in: 1..<bytes.count, using: &random)
            let pause = Duration.milliseconds(Int.random(in: 5...200, using: &random))
            actions += [.send(Array(bytes[..<cut])), .wait(pause), .send(Array(bytes[cut...]))]
        case .contention: actions.append(.send(bytes))
        case .vanish:
            actions.append(.send(Array(bytes.prefix(bytes.count / 2))))
            actions.append(.breakLine)
        }
    }

    /// A planned fault (each as often as it says), else one drawn by the rates.
    private mutating func nextFault(frame: Int) -> WireFault? {
        for index in sessions[current].faults.indices
        where sessions[current].faults[index].frame == frame && sessions[current].faults[index].times > 0
            && sessions[current].faults[index].fault != .contention
        {
            sessions[current].faults[index].times -= 1
            return sessions[current].faults[index].fault
        }
        for fault in WireFault.allCases where fault != .contention && isDrawn(fault) { return fault }
        return nil
    }

    private mutating func isDrawn(_ fault: WireFault) -> Bool {
        guard let rate = scenario.rates[fault] else { return false }
        return Double(random.next() >> 11) / Double(1 << 53) < rate
    }

    /// One byte of the text replaced by a letter: the sum changes, no control character appears.
    private static func corrupted(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        let middle = max(2, frame.count / 2 - 2)
        guard middle < frame.count else { return frame }
        frame[middle] = frame[middle] == 0x58 ? 0x59 : 0x58
        return frame
    }
}

package import AnalyzerSimulator
package import Base
import Drivers
package import LIS01
package import Lines

/// One instrument on one line, from what the command line says.
package struct InstrumentLine: Sendable {
    package var instrument: Instrument
    package var specimens: [String] = []
    /// Asks for the work of each tube, and measures what it is told to; else it measures what it likes.
    package var asksForOrders = false
    package var rates: [WireFault: Double] = [:]
    package var sends = 3
    package var pause: Duration = .zero
    /// How long it goes on listening for orders when it has sent everything.
    package var linger: Duration = .zero
    package var seed: UInt64 = 1
    package var timeScale = 1.0
    /// How long it waits for the answer to a question.
    package var answerWithin: Duration = .seconds(30)
    /// Another framing than the driver's.
    package var framing: FramePolicy?

    package init(_ instrument: Instrument) { self.instrument = instrument }

    package struct Outcome: Sendable {
        package var report: AnalyzerReport
        /// What was drawn: before the session, or because the host ordered it.
        package var drawn: [DrawnResult]
        package init(report: AnalyzerReport, drawn: [DrawnResult]) {
            self.report = report
            self.drawn = drawn
        }
    }

    private func scenario() -> AnalyzerScenario {
        var scenario = AnalyzerScenario(name: instrument.driver.name, sessions: [])
        scenario.rates = rates
        scenario.sends = sends
        scenario.pause = pause
        scenario.linger = linger
        scenario.link = instrument.link
        if let framing { scenario.link.framing = framing }
        // The line's own timers stay what they are in our time: the host does not live faster.
        scenario.link.timers.answer = scenario.link.timers.answer * timeScale
        scenario.link.timers.frame = scenario.link.timers.frame * timeScale
        scenario.link.timers.busy = scenario.link.timers.busy * timeScale
        scenario.link.timers.tail = scenario.link.timers.tail * timeScale
        return scenario
    }

    /// Everything that is sent unasked, in sessions of one message.
    private func sessions(
        at now: Instant, _ random: inout PRNG
    ) throws(Refusal) -> (messages: [(name: String, bytes: [UInt8])], drawn: [DrawnResult]) {
        if asksForOrders {
            let queries = instrument.queries(for: specimens, at: now, random: &random)
            guard !queries.isEmpty else {
                throw Refusal(
                    "simulate.query", at: instrument.driver.name, because: "cet automate n'interroge pas",
                    remedy: "retirer --orders, ou donner des tubes")
            }
            return (zip(specimens, queries).map { ("demande \($0)", $1) }, [])
        }
        let made = instrument.results(of: specimens, at: now, random: &random)
        guard !made.messages.isEmpty || linger > .zero else {
            throw Refusal(
                "simulate.results", at: instrument.driver.name,
                because: "rien à envoyer : pas de tube donné, ou cet automate ne rend pas de résultats",
                remedy: "donner --specimens, ou --linger pour qu'il attende des demandes")
        }
        return (made.messages.enumerated().map { ("message \($0 + 1)", $1) }, made.results)
    }

    /// Runs until everything is sent and the time to linger is over, or `limit`.
    package func run(
        over source: LineSource, within limit: Duration? = nil, ears: AnalyzerPump.Ears = AnalyzerPump.Ears()
    ) async throws(Refusal) -> Outcome {
        let now = SteadyClock().now
        var random = PRNG(seed: seed)
        let (messages, drawn) = try sessions(at: now, &random)
        var scenario = scenario()
        let wait = asksForOrders ? answerWithin : nil
        if instrument.driver.description.dialect == .lis2 {
            scenario.sessions = messages.map {
                var session = AnalyzerScenario.Session(name: $0.name, messages: [$0.bytes])
                session.awaitAnswer = wait
                return session
            }
            let run = try AnalyzerRun(scenario, transcripts: [:], seed: seed, instrument: instrument, at: now)
            let done = await AnalyzerPump.run(run, over: source, within: limit, timeScale: timeScale, ears: ears)
            return Outcome(report: done.report, drawn: drawn + done.drawn)
        }
        let planned = messages.map { BlockRun.Planned(name: $0.name, messages: [$0.bytes], awaitAnswer: wait) }
        let run = BlockRun(
            scenario, sessions: planned, instrument: instrument, seed: seed, answerWithin: .seconds(15) * timeScale,
            at: now)
        let done = await AnalyzerPump.run(run, over: source, within: limit, timeScale: timeScale, ears: ears)
        return Outcome(report: done.report, drawn: drawn + done.drawn)
    }
}

package import AnalyzerSimulator
package import Base
package import Lines
import Synchronization

/// Many instruments at once against a running server.
package struct LoadRun: Sendable {
    package var instrument: Instrument
    /// Where each analyzer connects; as many analyzers as lines.
    package var lines: [LineDescription]
    /// Messages a second, all analyzers together; nil: as fast as they are acknowledged.
    package var rate: Double?
    /// Messages that each analyzer sends.
    package var messages = 10
    package var rates: [WireFault: Double] = [:]
    package var seed: UInt64 = 1
    package var limit: Duration?
    /// Tubes are named from this and the numbers of analyzer and message.
    package var prefix = "T"

    package init(_ instrument: Instrument, lines: [LineDescription]) {
        self.instrument = instrument
        self.lines = lines
    }

    package struct Outcome: Sendable, Equatable {
        package var analyzers = 0
        package var messages = 0
        package var acknowledged = 0
        /// Sessions given up, and those that the limit cut off.
        package var failed = 0
        package var framesSent = 0
        /// Frames sent again because they were refused, and sessions begun again.
        package var resentFrames = 0
        package var resentSessions = 0
        package var linesLost = 0
        package var faults: [String: Int] = [:]
        package var elapsed: Duration = .zero
        /// From a frame to the first byte that came back, sorted.
        package var latencies: [Duration] = []

        package var messagesPerSecond: Double {
            elapsed > .zero ? Double(acknowledged) / (elapsed / .seconds(1)) : 0
        }
        /// Of the latencies; zero without any. `share` from 0 to 1.
        package func latency(_ share: Double) -> Duration {
            guard !latencies.isEmpty else { return .zero }
            return latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]
        }
    }

    private final class Meter: Sendable {
        private let all = Mutex<[Duration]>([])
        func add(_ duration: Duration) { all.withLock { $0.append(duration) } }
        var sorted: [Duration] { all.withLock { $0.sorted() } }
    }

    /// The tube of a message: 26 characters at most.
    package func tube(_ analyzer: Int, _ message: Int) -> String { "\(prefix)\(analyzer)N\(message)" }

    package func run() async throws(Refusal) -> Outcome {
        let meter = Meter()
        var ears = AnalyzerPump.Ears()
        ears.answered = { meter.add($0) }
        let heard = ears
        let began = ContinuousClock.now
        let results = await withTaskGroup(of: Result<AnalyzerReport, Refusal>.self) { group in
            for analyzer in lines.indices {
                group.addTask { await one(analyzer, heard) }
            }
            var all: [Result<AnalyzerReport, Refusal>] = []
            for await result in group { all.append(result) }
            return all
        }
        var outcome = Outcome()
        outcome.elapsed = began.duration(to: .now)
        outcome.latencies = meter.sorted
        outcome.analyzers = lines.count
        outcome.messages = messages * lines.count
        for result in results {
            let report = try result.get()
            outcome.linesLost += report.linesLost
            for session in report.sessions {
                outcome.acknowledged += session.acknowledged ? session.messages : 0
                outcome.framesSent += session.framesSent
                outcome.resentFrames += session.refusals
                outcome.resentSessions += max(0, session.sends - 1)
                for (fault, count) in session.faults { outcome.faults[fault, default: 0] += count }
            }
        }
        outcome.failed = outcome.messages - outcome.acknowledged
        return outcome
    }

    private func one(_ analyzer: Int, _ ears: AnalyzerPump.Ears) async -> Result<AnalyzerReport, Refusal> {
        var line = InstrumentLine(instrument)
        line.specimens = (0..<messages).map { tube(analyzer, $0) }
        line.rates = rates
        line.sends = 1000
        line.seed = seed &+ UInt64(analyzer)
        if let rate, rate > 0 {
            let pause = Duration.seconds(1) * (Double(lines.count) / rate)
            line.pause = pause
            // Spread over the first period, or all would send at once.
            try? await Task.sleep(for: pause * (Double(analyzer) / Double(lines.count)))
        }
        do throws(Refusal) {
            let source = try await LineSource.start(
                lines[analyzer], backOff: BackOff(first: .milliseconds(50), limit: .seconds(1), seed: line.seed))
            let outcome = try await line.run(over: source, within: limit, ears: ears)
            await source.stop()
            return .success(outcome.report)
        } catch {
            return .failure(error)
        }
    }
}

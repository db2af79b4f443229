package import AnalyzerSimulator
package import Base
import Glibc
package import Lines

/// Runs a simulated analyser over real lines, reconnecting when they fall.
package enum AnalyzerPump {
    /// What the pump tells of its work while it goes on.
    package struct Ears: Sendable {
        /// Each session as it is settled.
        package var settled: @Sendable (SessionReport) -> Void = { _ in }
        /// From the send of a frame or block to the first byte that came after it.
        package var answered: @Sendable (Duration) -> Void = { _ in }
        package init() {}
    }

    /// Returns when the scenario is finished, the source has no more lines, `limit` has passed, or the task is
    /// cancelled. `report` gets each session as it is settled. In scaled time the analyser lives `timeScale` seconds
    /// in one of ours; `limit` is ours.
    package static func run<Analyzer: SimulatedAnalyzer>(
        _ analyzer: consuming Analyzer, over source: LineSource, within limit: Duration? = nil,
        timeScale: Double = 1, report: @escaping @Sendable (SessionReport) -> Void = { _ in }
    ) async -> AnalyzerReport {
        var ears = Ears()
        ears.settled = report
        return await run(analyzer, over: source, within: limit, timeScale: timeScale, ears: ears).report
    }

    /// The same, giving back the analyser itself.
    package static func run<Analyzer: SimulatedAnalyzer>(
        _ analyzer: consuming Analyzer, over source: LineSource, within limit: Duration? = nil,
        timeScale: Double = 1, ears: Ears
    ) async -> Analyzer {
        let clock = SteadyClock(scale: timeScale)
        let end = limit.map { clock.now.advanced(by: $0 * timeScale) }
        var analyzer = analyzer
        while !analyzer.isFinished, let line = await nextLine(source, clock, end) {
            await serve(&analyzer, line, clock, end, ears)
            if !analyzer.isFinished { _ = analyzer.lineDown(at: clock.now) }
            await line.close()
            if let end, end <= clock.now { break }
        }
        return analyzer
    }

    /// The next line, but not after `end`.
    private static func nextLine(_ source: LineSource, _ clock: SteadyClock, _ end: Instant?) async -> Line? {
        guard let end else { return await source.next() }
        return await withTaskGroup(of: Line?.self) { group in
            group.addTask { await source.next() }
            group.addTask {
                try? await Task.sleep(for: clock.real(clock.now.duration(to: end)))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func serve<Analyzer: SimulatedAnalyzer>(
        _ analyzer: inout Analyzer, _ line: Line, _ clock: SteadyClock, _ end: Instant?, _ ears: Ears
    ) async {
        var actions = analyzer.lineUp(at: clock.now)
        var sentAt: ContinuousClock.Instant?
        while await perform(actions, on: line, clock, ears, &sentAt), !analyzer.isFinished {
            let until = [analyzer.deadline, end].compactMap { $0 }.min()
            let wait = until.map { clock.real(clock.now.duration(to: $0)) }
            switch await line.next(within: wait) {
            case .bytes(let bytes):
                if let sent = sentAt {
                    ears.answered(sent.duration(to: .now))
                    sentAt = nil
                }
                actions = analyzer.received(bytes, at: clock.now)
            case .timeReached:
                if let end, end <= clock.now { return }
                actions = analyzer.timeReached(at: clock.now)
            case .woken: actions = []
            case .ended: return
            }
        }
    }

    /// False when the line is no more.
    private static func perform(
        _ actions: [AnalyzerAction], on line: Line, _ clock: SteadyClock, _ ears: Ears,
        _ sentAt: inout ContinuousClock.Instant?
    ) async -> Bool {
        for action in actions {
            switch action {
            case .send(let bytes):
                // STX or VT: an answer is due.
                sentAt = bytes.first == 0x02 || bytes.first == 0x0B ? .now : nil
                do throws(LineEnd) {
                    try await line.send(bytes)
                } catch {
                    return false
                }
            case .wait(let pause): try? await Task.sleep(for: clock.real(pause))
            case .breakLine:
                await line.abort()
                return false
            case .settled(let session): ears.settled(session)
            case .finished: break
            }
        }
        return true
    }
}

/// Instants that never jump: the wall clock once, then a monotonic one, which may run faster than ours.
package struct SteadyClock: Sendable {
    private let start: Instant
    private let origin = ContinuousClock.now
    private let scale: Double

    package init(scale: Double = 1) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        start = Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        self.scale = max(scale, 0.001)
    }

    package var now: Instant { start.advanced(by: origin.duration(to: .now) * scale) }

    /// How long a duration of this clock lasts in ours; not below zero.
    package func real(_ duration: Duration) -> Duration { max(.zero, duration / scale) }
}

package import AnalyzerSimulator
package import Base
import Glibc
package import Lines

/// Runs a simulated analyser over real lines, reconnecting when they fall.
package enum AnalyzerPump {
    /// Returns when the scenario is finished, the source has no more lines, `limit` has passed, or the task is
    /// cancelled. `report` gets each session as it is settled.
    package static func run(
        _ analyzer: consuming AnalyzerRun, over source: LineSource, within limit: Duration? = nil,
        report: @Sendable (SessionReport) -> Void = { _ in }
    ) async -> AnalyzerReport {
        let clock = SteadyClock()
        let end = limit.map { clock.now.advanced(by: $0) }
        while !analyzer.isFinished, let line = await nextLine(source, clock, end) {
            await serve(&analyzer, line, clock, end, report)
            if !analyzer.isFinished { _ = analyzer.lineDown(at: clock.now) }
            await line.close()
            if let end, end <= clock.now { break }
        }
        return analyzer.report
    }

    /// The next line, but not after `end`.
    private static func nextLine(_ source: LineSource, _ clock: SteadyClock, _ end: Instant?) async -> Line? {
        guard let end else { return await source.next() }
        return await withTaskGroup(of: Line?.self) { group in
            group.addTask { await source.next() }
            group.addTask {
                try? await Task.sleep(for: max(.zero, clock.now.duration(to: end)))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func serve(
        _ analyzer: inout AnalyzerRun, _ line: Line, _ clock: SteadyClock, _ end: Instant?,
        _ report: (SessionReport) -> Void
    ) async {
        var actions = analyzer.lineUp(at: clock.now)
        while await perform(actions, on: line, report), !analyzer.isFinished {
            let until = [analyzer.deadline, end].compactMap { $0 }.min()
            let wait = until.map { max(.zero, clock.now.duration(to: $0)) }
            switch await line.next(within: wait) {
            case .bytes(let bytes): actions = analyzer.received(bytes, at: clock.now)
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
        _ actions: [AnalyzerAction], on line: Line, _ report: (SessionReport) -> Void
    ) async -> Bool {
        for action in actions {
            switch action {
            case .send(let bytes):
                do throws(LineEnd) {
                    try await line.send(bytes)
                } catch {
                    return false
                }
            case .breakLine:
                await line.abort()
                return false
            case .settled(let session): report(session)
            case .finished: break
            }
        }
        return true
    }
}

/// Instants that never jump: the wall clock once, then a monotonic one.
package struct SteadyClock: Sendable {
    private let start: Instant
    private let origin = ContinuousClock.now

    package init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        start = Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package var now: Instant { start.advanced(by: origin.duration(to: .now)) }
}

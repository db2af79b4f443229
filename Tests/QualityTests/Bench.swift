import Base

@testable import Quality

/// What the tests write their runs with: target 100, SD 2, one run an hour.
enum Control {
    static let assay = ControlledAssay(analysis: "K", analyzer: "A2")

    static func at(_ hours: Int, minutes: Int = 0) -> Instant {
        Instant(seconds: 1_790_000_000 + Int64(hours) * 3600 + Int64(minutes) * 60)
    }

    static func point(
        _ run: String, _ at: Instant, level: String = "1", z: String, lot: String = "A", target: Exact? = Exact(100),
        sd: Exact? = Exact(2), isParallel: Bool = false, exclusion: SignedReason? = nil
    ) -> ControlPoint {
        let value = Exact(z).flatMap { $0.multiplied(by: Exact(2)) }.flatMap { $0.adding(Exact(100)) }
        return ControlPoint(
            id: "\(run)/\(level)", assay: assay, run: run, at: at, level: ControlLevel(level), material: "M",
            lot: lot, value: value.map { Measured($0) } ?? Measured(Exact(100)), target: target, sd: sd,
            isParallel: isParallel, exclusion: exclusion)
    }

    static func signed(_ at: Instant, by author: String = "mdupont", _ reason: String = "flacon vide") -> SignedReason {
        guard let signed = try? SignedReason(by: author, at: at, reason: reason) else { preconditionFailure() }
        return signed
    }

    /// Reads the notation of `WestgardCase`.
    static func points(_ runs: String) -> [ControlPoint] {
        var points: [ControlPoint] = []
        for (n, run) in runs.split(separator: " ").enumerated() {
            for cell in run.split(separator: ",") {
                let parts = cell.split(separator: ":")
                let level = parts[0].split(separator: "@")
                var z = parts[1]
                if z == "." { continue }
                let isExcluded = z.hasPrefix("x"), isParallel = z.hasPrefix("~"), isWithoutSD = z == "?"
                if isExcluded || isParallel { z = z.dropFirst() }
                points.append(
                    point(
                        "R\(n + 1)", at(n), level: String(level[0]), z: isWithoutSD ? "0" : String(z),
                        lot: level.count > 1 ? String(level[1]) : "A", sd: isWithoutSD ? nil : Exact(2),
                        isParallel: isParallel, exclusion: isExcluded ? signed(at(n)) : nil))
            }
        }
        return points
    }

    static func policy(_ rules: [WestgardRule: RuleAction] = ControlPolicy.twoLevelRules) -> ControlPolicy {
        ControlPolicy(rules: rules)
    }

    static func timeline(
        _ runs: String, policy: ControlPolicy = Control.policy(), events: [ControlEvent] = [],
        corrections: [ControlCorrection] = []
    ) -> ControlTimeline {
        ControlTimeline(
            assay: assay, policy: policy, points: points(runs), events: events, corrections: corrections)
    }
}

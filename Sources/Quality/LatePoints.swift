import Base

// What becomes known after a rejection shortens no suspect period and lifts no hold (RULES section 2.5): the last run
// that conformed before a rejection is the last one that was known when the rejection was.
extension ControlTimeline {
    /// What a person may be slow by: times are typed to the minute.
    private static let minute = Duration.seconds(60)

    /// Points with when each of them counts. One that became known out of its turn (a newer one was known already), or
    /// that a person dates back, counts from when it became known if a suspect period reached to its instant by then;
    /// else, as all others, from when it was measured.
    static func settled(
        _ points: [ControlPoint], _ policy: ControlPolicy, _ changes: [PolicyChange], _ events: [ControlEvent],
        _ corrections: [ControlCorrection]
    ) -> [ControlPoint] {
        var settled = points
        let order = points.indices.sorted { a, b in
            (points[a].knownAt, points[a].at, points[a].id, a) < (points[b].knownAt, points[b].at, points[b].id, b)
        }
        var known = 0
        var newest: Instant?
        while known < order.count {
            let now = points[order[known]].knownAt
            let together = order[known...].prefix { points[$0].knownAt == now }
            let late = together.filter { isOutOfTurn(points[$0], after: newest) }
            if !late.isEmpty, known > 0, let assay = points.first?.assay {
                let before = ControlTimeline(
                    assay: assay, policy: policy, changes: changes.filter { $0.at <= now },
                    settled: order[..<known].map { settled[$0] },
                    events: events.filter { $0.at <= now }, corrections: corrections.filter { $0.action.at <= now })
                for place in late where before.isInDoubt(points[place].at) {
                    settled[place].lateSince = max(now, points[place].at)
                }
            }
            known += together.count
            newest = together.map { points[$0].at }.reduce(newest) { max($0 ?? $1, $1) }
        }
        return settled
    }

    private static func isOutOfTurn(_ point: ControlPoint, after newest: Instant?) -> Bool {
        if point.isTyped, point.at.duration(to: point.knownAt) > minute { return true }
        return newest.map { point.at <= $0 } ?? false
    }

    /// Measured before a suspect period ended, or before the rejection that opened it.
    private func isInDoubt(_ measuredAt: Instant) -> Bool {
        suspectPeriods.contains { period in period.to.map { measuredAt < $0 } ?? true }
    }
}

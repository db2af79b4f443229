import Base
import Laboratory
import Synchronization

/// Reports that were seen to be makeable a moment ago: between the check before the code and the signature, what is
/// made again of the very same data would come out the same.
final class RehearsedReports: Sendable {
    /// Longer ago than this, it is made again (our decision): settings and fonts may be others.
    static let standing = Duration.seconds(600)
    /// More than the longest batch; what was rehearsed first goes first.
    private static let most = 2 * Desk.longestLot

    private struct Rehearsed {
        var report: SignedReport
        var at: Instant
    }
    private let known = Mutex<[String: Rehearsed]>([:])

    /// All but who it will be as a signature, and when: neither decides whether it can be made.
    private static func essence(_ report: SignedReport) -> SignedReport {
        var report = report
        report.signature.id = ""
        report.signature.at = Instant(milliseconds: 0)
        report.producedAt = Instant(milliseconds: 0)
        return report
    }

    func keep(_ report: SignedReport, at now: Instant) {
        let kept = Rehearsed(report: RehearsedReports.essence(report), at: now)
        known.withLock { known in
            known[report.signature.requestID] = kept
            guard known.count > RehearsedReports.most else { return }
            let oldest = known.min { $0.value.at < $1.value.at }
            if let oldest { known[oldest.key] = nil }
        }
    }

    /// Whether this very report was made, and is not needed any more: it is asked once.
    func take(_ report: SignedReport, at now: Instant) -> Bool {
        let essence = RehearsedReports.essence(report)
        let found = known.withLock { $0.removeValue(forKey: report.signature.requestID) }
        guard let found, found.report == essence else { return false }
        return now.milliseconds - found.at.milliseconds <= RehearsedReports.standing.components.seconds * 1000
    }
}

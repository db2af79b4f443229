package import Base
import LIS01
import Synchronization

/// What an operator sees of one analyzer, live. Counts since the start of the server; no patient's data.
package struct AnalyzerStatus: Sendable, Hashable, Codable {
    package var name: String
    package var site: String
    package var driver: String
    package var line: String
    /// Port listened to, when the analyzer connects to us.
    package var port: Int?
    /// `en attente`, `connecté`, `session en cours`, `en panne : …`
    package var state: String
    package var lastSeen: Instant?
    package var sessions = 0
    package var frames = 0
    package var messages = 0
    /// Frames answered by NAK.
    package var refusals = 0
    /// Departures from the standard that were met, by name.
    package var deviations: [String: Int] = [:]
    package var sent = 0
    package var sendFailures = 0
    /// Orders that the analyzer took, and that it refused.
    package var ordersTaken = 0
    package var ordersRefused = 0
    /// What keeps its orders from it, in French; nil when nothing does.
    package var problem: String?

    package init(name: String, site: String, driver: String, line: String, state: String) {
        self.name = name
        self.site = site
        self.driver = driver
        self.line = line
        self.state = state
    }
}

/// The analyzers' states, written by their pumps and read by the screens.
package final class AnalyzerBoard: Sendable {
    private let rows = Mutex<[String: AnalyzerStatus]>([:])
    package init() {}

    package func change(_ name: String, _ body: (inout AnalyzerStatus) -> Void) {
        rows.withLock { rows in
            guard var row = rows[name] else { return }
            body(&row)
            rows[name] = row
        }
    }
    func add(_ row: AnalyzerStatus) { rows.withLock { $0[row.name] = row } }
    func remove(_ name: String) { rows.withLock { _ = $0.removeValue(forKey: name) } }
    package var all: [AnalyzerStatus] { rows.withLock { $0.values.sorted { $0.name < $1.name } } }
}

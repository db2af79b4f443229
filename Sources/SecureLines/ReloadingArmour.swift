package import Base
package import Lines
package import NIOCore
import Synchronization

/// TLS whose certificates are read again while lines go on: the next line is under the new ones.
package final class ReloadingArmour: LineArmour {
    private struct State {
        var settings: TLSSettings
        var armour: TLSArmour
    }
    private let state: Mutex<State>
    private let listening: Bool
    private let place: String

    /// Refusals: `line.tls.*`.
    package init(_ settings: TLSSettings, listening: Bool, at place: String) throws(Refusal) {
        self.listening = listening
        self.place = place
        let armour = try TLSArmour(settings, listening: listening, at: place)
        state = Mutex(State(settings: settings, armour: armour))
    }

    /// True when the files changed. A wrong file is refused and the certificates in use stay.
    package func reload(_ settings: TLSSettings) throws(Refusal) -> Bool {
        guard state.withLock({ $0.settings != settings }) else { return false }
        let armour = try TLSArmour(settings, listening: listening, at: place)
        state.withLock { $0 = State(settings: settings, armour: armour) }
        return true
    }

    /// When the first of our certificates ends; nil when we show none.
    package var expiresAt: Instant? { state.withLock { $0.armour.expiresAt } }

    package func put(on channel: any Channel, dialled host: String?) throws -> EventLoopFuture<Void> {
        try state.withLock { $0.armour }.put(on: channel, dialled: host)
    }
}

/// When a certificate that ends must be told.
package struct CertificateAlarm: Sendable, Equatable {
    /// Before the end: time to ask for another at the IGC Santé.
    package static let warningDays: Int64 = 30

    /// What to say at `now`, in French; nil when there is time.
    package static func text(_ place: String, expiresAt: Instant?, now: Instant) -> String? {
        guard let expiresAt else { return nil }
        let left = expiresAt.milliseconds - now.milliseconds
        if left <= 0 { return "ALARME : le certificat de \(place) a expiré, plus rien ne part ni n'arrive par là" }
        let days = left / 86_400_000
        guard days < warningDays else { return nil }
        return "ALARME : le certificat de \(place) expire dans \(days) jour(s) ; en demander un autre"
    }
}

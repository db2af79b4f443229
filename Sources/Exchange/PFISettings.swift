package import Base
package import HL7v2
package import Lines
package import Report

/// Where reports go, and under which names (MSH-3 to MSH-6, MSH-11).
package struct PFISettings: Sendable {
    /// One way to a PFI.
    package struct Endpoint: Sendable {
        package var host: String
        package var port: Int
        /// TLS; without, only on this machine.
        package var armour: (any LineArmour)?
        package init(host: String, port: Int, armour: (any LineArmour)? = nil) {
            self.host = host
            self.port = port
            self.armour = armour
        }
    }
    package var primary: Endpoint
    /// Another PFI (or another way to it), for what surely never reached the first one.
    package var backup: Endpoint?
    /// How long the first one must be away before the other is used.
    package var backupAfter: Duration = .seconds(60)
    package var parties: Parties
    package var processing: Processing
    package var answerWithin: Duration
    /// Lines open side by side, of messages of different requests; not every PFI serves more than one.
    package var lines = 1
    package static let mostLines = 8
    /// Who is written to, by which messages.
    package var routing = RoutingSettings()

    package init(
        host: String, port: Int, parties: Parties, processing: Processing, answerWithin: Duration,
        armour: (any LineArmour)? = nil
    ) {
        primary = Endpoint(host: host, port: port, armour: armour)
        self.parties = parties
        self.processing = processing
        self.answerWithin = answerWithin
        routing.wantsReading = true
    }

    /// Health data goes in clear nowhere but on this machine. Refusals: `pfi.clear`.
    package static func check(host: String, isProtected: Bool, at place: String) throws(Refusal) {
        guard isProtected || isLoopback(host) else {
            throw Refusal(
                "pfi.clear", at: place, because: "des données de santé partiraient en clair vers une autre machine",
                remedy: "ajouter « tls » (certificate, key, authorities), ou passer par un relais sur 127.0.0.1")
        }
    }
    /// Beyond this machine both ends show who they are (PFI sheet section 7): who may feed a DMP, who may say that it
    /// was fed. Refusals: `pfi.mutual`.
    package static func checkMutual(host: String, isMutual: Bool, at place: String, remedy: String) throws(Refusal) {
        guard isMutual || isLoopback(host) else {
            throw Refusal(
                "pfi.mutual", at: place,
                because: "hors de cette machine, les deux côtés se présentent par un certificat (TLS mutuel)",
                remedy: remedy + ", ou passer par un relais sur 127.0.0.1")
        }
    }
    /// This machine and no name that a directory could answer otherwise: 127.0.0.0/8 in four numbers (RFC 1122 section
    /// 3.2.1.3), ::1, localhost.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { $0.utf8.count <= 3 && $0.allSatisfy(\.isNumber) && UInt8($0) != nil }
    }
}

package import Base
package import Catalog

/// A file of a catalogue on its way: tables and rules are UTF-8 texts.
package struct CatalogueFileBody: Codable, Sendable, Hashable {
    package var name: String
    package var text: String
    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
    package init(_ file: CatalogFile) {
        self.init(name: file.name, text: String(decoding: file.bytes, as: UTF8.self))
    }
    package var file: CatalogFile { CatalogFile(name: name, bytes: Array(text.utf8)) }
}

package struct PublishBody: Codable, Sendable, Hashable {
    package var files: [CatalogueFileBody]
    package var reason: String
    package init(files: [CatalogueFileBody], reason: String) {
        self.files = files
        self.reason = reason
    }
}

/// Which lines a biologist stands for, or no longer.
package struct ApproveBody: Codable, Sendable, Hashable {
    /// Codes of analyses; nil with `all`.
    package var analyses: [String]?
    /// Identifiers of rules; nil when none.
    package var rules: [String]?
    /// Assays whose published controls are meant (`K@auto`, `K@*`); nil when none.
    package var controls: [String]?
    /// Every line, rule and control not approved as it reads now; never an exemption.
    package var all: Bool?
    package var withdraw: Bool?
    package var reason: String
    /// End of the approval of rules (`AAAA-MM-JJ` or an instant); at most a year away.
    package var until: Moment?
    package init(
        analyses: [String]? = nil, rules: [String]? = nil, controls: [String]? = nil, all: Bool? = nil,
        withdraw: Bool? = nil, reason: String, until: Moment? = nil
    ) {
        self.analyses = analyses
        self.rules = rules
        self.controls = controls
        self.all = all
        self.withdraw = withdraw
        self.reason = reason
        self.until = until
    }
}

/// The laboratory has one biologist only, or no longer.
package struct SingleBiologistBody: Codable, Sendable, Hashable {
    package var withdraw: Bool?
    package var reason: String
    package init(withdraw: Bool? = nil, reason: String) {
        self.withdraw = withdraw
        self.reason = reason
    }
}

package struct CatalogueVersionView: Codable, Sendable, Hashable {
    package var number: Int
    package var version: String
    package var author: String
    package var at: Moment
    package var reason: String
    package var analyses: Int
    package var changes: Int
    /// Of a publication: how many codes of analyzers came with it (`annexes/rattachements.csv`), and were taken.
    package var mappings: Int?
    package var mappingsTaken: Int?
    package init(
        number: Int, version: String, author: String, at: Moment, reason: String, analyses: Int, changes: Int
    ) {
        self.number = number
        self.version = version
        self.author = author
        self.at = at
        self.reason = reason
        self.analyses = analyses
        self.changes = changes
    }
}

/// What `catalogue approve --all` leaves to be named, or to be given an end.
package struct ApprovalsLeft: Sendable, Hashable {
    package private(set) var rules = 0
    package private(set) var exemptions: [String] = []
    /// Results that would leave without a signature of the hour.
    package private(set) var hasStandingRelease = false

    /// Of everything that can be approved.
    package init(_ all: [ApprovalView]) {
        for one in all where one.state != "approuvé" {
            switch one.subject {
            case "regle:mode-B": hasStandingRelease = true
            case let name where name.hasPrefix("regle:"): rules += 1
            case let name where name.hasPrefix("dispense:"): exemptions.append(name)
            case _: break
            }
        }
    }

    package var words: [String] {
        (rules > 0 ? ["\(rules) règle(s) ne le sont pas"] : [])
            + (exemptions.isEmpty ? [] : ["\(exemptions.count) dispense(s) de contrôle ne le sont pas"])
            + (hasStandingRelease ? ["le mode B ne l'est pas"] : [])
    }
    package var remedies: [String] {
        (rules > 0 ? ["une règle s'approuve jusqu'à une date (--all --until AAAA-MM-JJTHH:MM)"] : [])
            + (exemptions.isEmpty
                ? [] : ["une dispense se nomme : " + exemptions.map { "--control \($0)" }.joined(separator: " ")])
            + (hasStandingRelease ? ["le mode B se nomme : --rule mode-B --until AAAA-MM-JJTHH:MM"] : [])
    }
}

package struct ApprovalView: Codable, Sendable, Hashable {
    /// `analyse:NA`, `regle:R1`, `controle:K@*`, `dispense:UREE@auto`.
    package var subject: String
    /// `brouillon`, `approuvé`, `modifié depuis`, `retiré`, `échu`.
    package var state: String
    package var author: String?
    package var at: Moment?
    package var until: Moment?
    /// Whole days left of an approval that ends within those the policy names.
    package var daysLeft: Int?
    /// Of one that is taken back: results judged under it that no signature holds.
    package var waiting: Int?
    package init(subject: String, state: String, author: String?, at: Moment?, until: Moment?) {
        self.subject = subject
        self.state = state
        self.author = author
        self.at = at
        self.until = until
    }
}

extension LaboratoryClient {
    package func catalogueVersions() async throws(Refusal) -> [CatalogueVersionView] {
        try await get("/v1/catalogue/versions")
    }
    /// The files of a version; of the one in force without number.
    package func catalogueFiles(_ number: Int? = nil) async throws(Refusal) -> [CatalogFile] {
        let bodies: [CatalogueFileBody] = try await get(
            "/v1/catalogue/files", [("version", number.map { String($0) })])
        return bodies.map(\.file)
    }
    /// Those of the version in force with what was set by command, who approved what, and the mapped codes.
    package func settledCatalogueFiles() async throws(Refusal) -> [CatalogFile] {
        let bodies: [CatalogueFileBody] = try await get("/v1/catalogue/files", [("settled", "true")])
        return bodies.map(\.file)
    }
    package func publishCatalogue(_ body: PublishBody) async throws(Refusal) -> CatalogueVersionView {
        try await send("POST", "/v1/catalogue/versions", body)
    }
    package func approvals() async throws(Refusal) -> [ApprovalView] { try await get("/v1/catalogue/approvals") }
    package func singleBiologist() async throws(Refusal) -> ApprovalView {
        try await get("/v1/catalogue/single-biologist")
    }
    package func declareSingleBiologist(_ body: SingleBiologistBody) async throws(Refusal) -> ApprovalView {
        try await send("POST", "/v1/catalogue/single-biologist", body)
    }
    package func approve(_ body: ApproveBody) async throws(Refusal) -> [ApprovalView] {
        try await send("POST", "/v1/catalogue/approvals", body)
    }
}

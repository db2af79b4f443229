package import Base
package import Catalog
package import Laboratory
package import Store

/// Who gives a command: an authenticated account, with what its role allows.
package struct Author: Sendable, Hashable {
    package var login: String
    package var role: Role
    package var site: String
    package var professional: Professional?
    package init(login: String, role: Role, site: String, professional: Professional? = nil) {
        self.login = login
        self.role = role
        self.site = site
        self.professional = professional
    }
    package init(_ account: Account) {
        self.init(login: account.login, role: account.role, site: account.site, professional: account.professional)
    }

    /// Whether this person reads and changes what is of a site: each the own, administrators all of them.
    package func reaches(_ site: String) -> Bool { role == .administrator || site == self.site }

    package func require(_ permission: Permission) throws(Refusal) {
        guard role.permissions.contains(permission) else {
            throw Refusal(
                "auth.permission", at: permission.french,
                because: "le rôle \(role.rawValue) ne permet pas cette action",
                remedy: "se connecter avec un compte qui en a le droit")
        }
    }
}

/// Why a command did not happen: the laboratory refuses, or the store could not.
package enum CommandFailure: Error, Sendable, Equatable {
    case refused(Refusal)
    case store(StoreFailure)
}

/// The commands of the laboratory: each reads the store, decides with the pure rules, and appends facts in one
/// transaction with its line of the audit chain. A conflict means that somebody else was first: the command reads again
/// and decides again, twice at most.
package struct Desk: Sendable {
    /// The author of what the house does by itself.
    static let house = "system"

    package let store: any LaboratoryStore
    /// What the controls say, kept at hand.
    package let quality = QualityBoard()
    /// The catalogue in force, and every one that was.
    package let shelf: CatalogueShelf
    /// Where the engine is switched off, kept at hand.
    let switches = SwitchBoard()
    /// Critical values that wait for a call, kept at hand.
    let calls = CallBoard()
    package let sites: [String: Site]
    package let now: @Sendable () -> Instant
    /// Signatures whose report could not be made, kept at hand.
    package let unmade = UnmadeBoard()
    let rehearsed = RehearsedReports()
    /// Makes the report of a signature to be, and keeps nothing of it: what it refuses is not signed.
    package var rehearsal: @Sendable (SignedReport) async throws(CommandFailure) -> Void = { _ in }
    /// Why a text cannot stand on a report as it is written; nil when it can.
    package var defect: @Sendable (String) -> Refusal? = { _ in nil }
    /// Why a PDF of another laboratory would not be opened by who gets it; nil when it would.
    package var attachmentDefect: @Sendable ([UInt8]) -> Refusal? = { _ in nil }
    /// Why a picture could not stand on a page; nil when it could.
    package var pictureDefect: @Sendable ([UInt8]) -> Refusal? = { _ in nil }
    /// Refuses what could not be mailed with any report (`report.size`): its parts so far, the request's number.
    package var attachmentsFit: @Sendable (ReportSupplements, String) throws(Refusal) -> Void = { _, _ in }
    /// Told when a signature is durable: what makes reports of signatures need not wait for its next look.
    package var afterSigning: @Sendable () -> Void = {}
    /// A patient's file was changed: their choices count for what has not left yet.
    package var afterPatientChange: @Sendable (String) -> Void = { _ in }
    /// Whom a message of ours is for: `DMP`, `patient`, MSSanté addresses in lower case.
    package var destinations: @Sendable (Delivery) -> Set<String> = { _ in [] }
    /// The copies of a signed request were changed: its identifier.
    package var afterReaddressing: @Sendable (String) -> Void = { _ in }
    /// The analyzers that are told their work unasked, at this moment.
    package var orderRoutes: @Sendable () -> [OrderRoute] = { [] }
    /// Told when an order to an analyzer is durable: it need not wait for its courier's next look.
    package var afterOrdering: @Sendable () -> Void = {}

    package init(
        store: any LaboratoryStore, catalogue: AnalysisCatalogue, sites: [Site], now: @escaping @Sendable () -> Instant
    ) {
        self.init(store: store, shelf: CatalogueShelf(catalogue), sites: sites, now: now)
    }
    package init(
        store: any LaboratoryStore, shelf: CatalogueShelf, sites: [Site], now: @escaping @Sendable () -> Instant
    ) {
        self.store = store
        self.shelf = shelf
        self.sites = Dictionary(sites.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
        self.now = now
    }

    package var catalogue: AnalysisCatalogue { shelf.current }

    func freshID() -> String {
        var random = SystemRandomNumberGenerator()
        return Identifier.make(at: now(), random: &random)
    }

    package func site(_ code: String) throws(CommandFailure) -> Site {
        guard let site = sites[code] else {
            throw .refused(
                Refusal(
                    "site.unknown", at: code, because: "le site « \(code) » n'est pas dans la configuration",
                    remedy: "l'ajouter sous « sites » et relancer le serveur"))
        }
        return site
    }

    /// Runs a store call, turning its failure into the command's.
    func ask<T: Sendable>(_ work: @Sendable () async throws(StoreFailure) -> T) async throws(CommandFailure) -> T {
        do throws(StoreFailure) { return try await work() } catch { throw .store(error) }
    }
    /// Runs a pure decision.
    func decide<T>(_ work: () throws(Refusal) -> T) throws(CommandFailure) -> T {
        do throws(Refusal) { return try work() } catch { throw .refused(error) }
    }
    func allow(_ author: Author, _ permission: Permission) throws(CommandFailure) {
        do throws(Refusal) { try author.require(permission) } catch { throw .refused(error) }
    }
    /// What is another site's is not there for this author, as when reading it.
    func within(
        _ site: String, _ author: Author, _ code: String, _ what: String, _ id: String
    ) throws(CommandFailure) {
        guard author.reaches(site) else { throw missing(code, what, id) }
    }
    func within(_ request: Request, _ author: Author) throws(CommandFailure) {
        try within(request.site, author, "request.unknown", "demande", request.number)
    }
    /// Decides and appends; on a conflict reads and decides again, so that two people never overwrite each other.
    func attempt<T: Sendable>(
        _ work: @Sendable () async throws(CommandFailure) -> T
    ) async throws(CommandFailure) -> T {
        for _ in 0..<2 {
            do throws(CommandFailure) { return try await work() } catch {
                guard case .store(.conflict) = error else { throw error }
            }
        }
        return try await work()
    }

    func note(_ author: Author, _ action: String, _ subject: String, _ at: Instant) -> AuditNote {
        AuditNote(site: author.site, author: author.login, action: action, subject: subject, at: at)
    }

    func missing(_ code: String, _ what: String, _ id: String) -> CommandFailure {
        .refused(
            Refusal(
                code, at: id, because: "\(what) introuvable : « \(id) »",
                remedy: "vérifier l'identifiant (la recherche accepte le début d'un nom ou d'un numéro)"))
    }
}

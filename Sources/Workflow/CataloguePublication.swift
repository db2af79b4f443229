package import Base
package import Catalog
import FoundationEssentials
package import Quality
package import Laboratory
package import Rules
package import Store

/// One published version of the catalogue: immutable, numbered, with who, when and why.
package struct CataloguePublication: Sendable, Hashable, Codable {
    /// 1, 2…
    package var number: Int
    /// SHA-256 over names and bytes of the files, hexadecimal.
    package var version: String
    package var author: String
    package var at: Instant
    package var reason: String
    package var analyses: Int
    /// What differs from the version before.
    package var changes: Int
}

/// Whether a biologist stands for a line of the catalogue, or for a rule, as it reads now.
package struct CatalogueApproval: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case draft = "brouillon"
        case approved = "approuvé"
        /// Approved once, changed since.
        case changed = "modifié depuis"
        case withdrawn = "retiré"
        case expired = "échu"
    }
    /// `analyse:NA`, `regle:COHERENCE.CCMH`, `controle:K@*`, `dispense:UREE@auto`.
    package var subject: String
    package var state: State
    package var author: String?
    package var at: Instant?
    /// A rule's approval ends; a line's does not.
    package var until: Instant?

    /// Whole days until it ends; nil: it is not in force, or has no end.
    package func daysLeft(at now: Instant) -> Int? {
        guard state == .approved, let until else { return nil }
        return Int((until.milliseconds - now.milliseconds) / 86_400_000)
    }
}

/// Body of an entry of the register `catalogue`.
struct PublicationBody: Codable {
    var version: String
    var reason: String
    var analyses: Int
    var changes: Int
}
/// Body of an entry of the register `approval`.
struct ApprovalBody: Codable {
    /// SHA-256 of what was approved.
    var hash: String
    /// False: withdrawn.
    var valid: Bool
    var reason: String
    var until: Instant?
}
struct PublishedFile: Codable {
    var name: String
    var text: String
}

/// The registers' JSON.
enum RegisterText {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Structs of texts, numbers and instants: nothing in them can fail to encode.
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }
    static func text(_ value: some Encodable) -> String { String(decoding: encode(value), as: UTF8.self) }
    static func decode<T: Decodable>(_ bytes: [UInt8], as type: T.Type) throws(CommandFailure) -> T {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw .refused(
                Refusal(
                    "register.unreadable", at: "\(type)", because: "une entrée de registre ne se lit pas",
                    remedy: "lancer paillasse audit verify, puis restaurer une sauvegarde si la chaîne est rompue"))
        }
    }
}

extension Register {
    /// Registers of the laboratory as a whole bear this instead of a site.
    package static let everySite = "*"
}

extension Desk {
    /// Subject of the register of versions.
    private static let subject = "catalogue"
    static let unlimited = 1_000_000

    package static func catalogueVersion(of files: [CatalogFile]) -> String {
        Digest.sha256Hex(files.sorted { $0.name < $1.name }.flatMap { Array($0.name.utf8) + [0] + $0.bytes + [0] })
    }

    /// At start: the last published version is in force, whatever the folder says; a base without any publishes the
    /// folder. Answers what an administrator should know.
    package func openCatalogue(folder files: [CatalogFile]) async throws(CommandFailure) -> [String] {
        let entries = try await publications()
        guard let last = entries.last else {
            let author = Author(login: "system", role: .administrator, site: Register.everySite)
            try await publish(files, reason: "première mise en service", by: author)
            return []
        }
        for entry in entries {
            let old = try publishable(
                try self.files(of: entry), version: try body(of: entry).version, wasPublished: true)
            shelf.keep(old.catalogue, pack: old.pack)
        }
        let current = try self.files(of: last)
        let standing = try publishable(current, version: try body(of: last).version, wasPublished: true)
        shelf.replace(standing.catalogue, files: current, pack: standing.pack)
        quality.forgetAll()
        try await refreshApprovals()
        guard Desk.catalogueVersion(of: files) != (try body(of: last).version),
            !RuleTable.compared(files).saysTheSame(as: RuleTable.compared(current))
        else { return [] }
        return [
            "le dossier du catalogue n'est pas la version publiée n° \(last.ordinal), qui reste en vigueur ; "
                + "paillasse catalogue diff la compare, paillasse catalogue publish la remplace"
        ]
    }

    /// A new version in force, for results judged from now on. Refused whole when the lint finds an error, or when the
    /// files are those in force. Files that say what is in force, only written otherwise (a spreadsheet saved them),
    /// are no new version: the one in force is answered, with no change.
    @discardableResult
    package func publish(
        _ given: [CatalogFile], reason: String, by author: Author
    ) async throws(CommandFailure) -> CataloguePublication {
        try allow(author, .publishCatalogue)
        try needReason(reason)
        let files = try await withoutOwnApprovals(given)
        let version = Desk.catalogueVersion(of: files)
        let (catalogue, pack) = try publishable(files, version: version)
        try checkControls(files)
        if let stranger = pack.policy.releasedAtSite.keys.sorted().first(where: { sites[$0] == nil }) {
            throw .refused(
                Refusal(
                    "site.unknown", at: "rules/policy.json5, modes.sites : \(stranger)",
                    because: "le laboratoire n'a pas ce site",
                    remedy: "employer : " + sites.keys.sorted().joined(separator: ", ")))
        }
        let (published, isNew) = try await attempt { () async throws(CommandFailure) -> (CataloguePublication, Bool) in
            let entries = try await publications()
            let before = try entries.last.map { (entry) throws(CommandFailure) in try self.files(of: entry) } ?? []
            if let last = entries.last {
                guard try body(of: last).version != version else {
                    throw .refused(
                        Refusal(
                            "catalogue.unchanged", at: "version \(last.ordinal)",
                            because: "ces fichiers sont déjà ceux de la version en vigueur",
                            remedy: "modifier le dossier, ou ne rien publier"))
                }
                if RuleTable.compared(files).saysTheSame(as: RuleTable.compared(before)) {
                    var standing = try publication(last)
                    standing.changes = 0
                    return (standing, false)
                }
            }
            let changes = RuleTable.compared(files).changes(since: RuleTable.compared(before)).count
            let new = PublicationBody(
                version: version, reason: reason, analyses: catalogue.analyses.count, changes: changes)
            let texts = files.sorted { $0.name < $1.name }
                .map { PublishedFile(name: $0.name, text: String(decoding: $0.bytes, as: UTF8.self)) }
            let entry = RegisterEntry(
                register: .catalogue, site: Register.everySite, subject: Desk.subject,
                ordinal: (entries.last?.ordinal ?? 0) + 1, author: author.login, at: now(),
                body: RegisterText.text(new), content: RegisterText.encode(texts))
            let note = self.note(author, "catalogue.publish", "version \(entry.ordinal)", entry.at)
            try await ask { () throws(StoreFailure) in try await store.append([.register(entry)], note: note) }
            return (try publication(entry), true)
        }
        guard isNew else { return published }
        shelf.replace(catalogue, files: files, pack: pack)
        quality.forgetAll()
        try await refreshApprovals()
        return published
    }

    /// Analyzers that lines of these files are for, each with where it stands; refused as their publication would be.
    package func analyzersNamed(in files: [CatalogFile]) throws(CommandFailure) -> [(name: String, place: String)] {
        let (catalogue, pack) = try publishable(files, version: Desk.catalogueVersion(of: files))
        return CatalogueShelf.analyzersNamed(catalogue, CatalogueTables(files), pack)
    }

    /// The catalogue that a report is set out with: that of its latest result, so that the report, made again years
    /// later, is the same bytes.
    package func catalogue(of signed: SignedReport) -> AnalysisCatalogue {
        let latest = signed.content.observations.max { ($0.recordedAt, $0.id) < ($1.recordedAt, $1.id) }
        return latest.flatMap { shelf[$0.catalogueVersion] } ?? shelf.current
    }

    /// Every version, oldest first.
    package func catalogueVersions() async throws(CommandFailure) -> [CataloguePublication] {
        var out = [CataloguePublication]()
        for entry in try await publications() { out.append(try publication(entry)) }
        return out
    }

    /// The files of a version, as published.
    package func catalogueFiles(number: Int?) async throws(CommandFailure) -> [CatalogFile] {
        let entries = try await publications()
        guard let entry = number == nil ? entries.last : entries.first(where: { $0.ordinal == number }) else {
            throw missing("catalogue.version.unknown", "version du catalogue", number.map { "\($0)" } ?? "en vigueur")
        }
        return try files(of: entry)
    }

    // Approval

    /// A biologist stands for these lines as they read now: their results are no longer held for being drafts.
    package func approve(
        _ subjects: [ApprovalSubject], reason: String, until: Instant? = nil, by author: Author
    ) async throws(CommandFailure) {
        try await decideApproval(subjects, valid: true, reason: reason, until: until, by: author)
    }
    /// The approval no longer holds: their results are held again.
    package func withdrawApproval(
        _ subjects: [ApprovalSubject], reason: String, by author: Author
    ) async throws(CommandFailure) {
        try await decideApproval(subjects, valid: false, reason: reason, until: nil, by: author)
    }

    private func decideApproval(
        _ subjects: [ApprovalSubject], valid: Bool, reason: String, until: Instant?, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        try needReason(reason)
        if valid {
            try checkEnd(of: subjects, until)
            try await checkSecondPerson(subjects, by: author)
        }
        try await attempt { () async throws(CommandFailure) in
            let known = try await latestApprovals()
            var facts = [Fact]()
            let at = now()
            if !valid, let stranger = subjects.first(where: { known[$0.name]?.body.valid != true }) {
                throw .refused(
                    Refusal(
                        "catalogue.approve.none", at: stranger.name, because: "rien n'est approuvé sous ce nom",
                        remedy: "voir ce qui l'est : paillasse catalogue approvals"))
            }
            for subject in subjects {
                let body = ApprovalBody(
                    hash: Digest.sha256Hex(subject.content), valid: valid, reason: reason,
                    until: subject.isRule ? until : nil)
                facts.append(
                    .register(
                        RegisterEntry(
                            register: .approval, site: Register.everySite, subject: subject.name,
                            ordinal: (known[subject.name]?.entry.ordinal ?? 0) + 1, author: author.login, at: at,
                            body: RegisterText.text(body))))
            }
            let action = valid ? "catalogue.approve" : "catalogue.withdraw"
            let names = subjects.map(\.name).joined(separator: " ")
            let note = self.note(author, action, names, at)
            try await ask { [facts] () throws(StoreFailure) in try await store.append(facts, note: note) }
        }
        try await refreshApprovals()
    }

    /// A rule is approved to a day, twelve months off at most (RULES 1.1): who wrote it looks at it again.
    private func checkEnd(of subjects: [ApprovalSubject], _ until: Instant?) throws(CommandFailure) {
        guard subjects.contains(where: \.isRule) else { return }
        let at = now()
        if let until, at < until, until <= at.advanced(by: RuleApproval.longest) { return }
        throw .refused(
            Refusal(
                "catalogue.approve.until", at: "until",
                because: until == nil
                    ? "une règle s'approuve jusqu'à une date" : "la fin de l'approbation n'est pas dans les douze mois",
                remedy: "donner la fin, un an au plus (--until AAAA-MM-JJTHH:MM)"))
    }

    /// What can be approved of an analysis in force; refused when the catalogue has no such line.
    package func approvalSubject(analysis code: String) throws(CommandFailure) -> ApprovalSubject {
        guard let subject = ApprovalSubject(analysis: code, in: shelf.tables) else {
            throw missing("catalogue.code.unknown", "analyse", code)
        }
        return subject
    }

    /// What can be approved of a rule in force, by its name in any form (`RuleReference.id(named:)`); refused when
    /// there is none.
    package func approvalSubject(rule name: String) throws(CommandFailure) -> ApprovalSubject {
        let id = RuleReference.id(named: name)
        guard let rule = shelf.pack.approvable.first(where: { $0.reference.id == id }) else {
            throw missing("catalogue.rule.unknown", "règle", name)
        }
        return ApprovalSubject(rule)
    }

    /// What can be approved of the controls of an assay, by its name (`K@auto`, `K@*`, `K`); refused when no line in
    /// force names it, unless it is to take back what somebody stands for.
    package func approvalSubject(
        control name: String, withdrawing: Bool = false
    ) async throws(CommandFailure) -> ApprovalSubject {
        let assay = ControlSubject.assay(named: name)
        let control = shelf.tables.controlSubject(of: assay)
        if withdrawing {
            let names = [true, false].map { ControlSubject.name(of: assay, isExemption: $0) }
            let known = try await latestApprovals()
            if let standing = names.first(where: { known[$0]?.body.valid ?? false }) {
                return ApprovalSubject(name: standing, content: control?.content ?? [])
            }
        }
        guard let control else { throw missing("catalogue.control.unknown", "contrôle publié", name) }
        return ApprovalSubject(control)
    }

    /// How each subject stands, in the order given.
    package func approvals(of subjects: [ApprovalSubject]) async throws(CommandFailure) -> [CatalogueApproval] {
        let known = try await latestApprovals()
        let at = now()
        return subjects.map { subject in
            guard let (entry, body) = known[subject.name] else {
                return CatalogueApproval(subject: subject.name, state: .draft)
            }
            let state: CatalogueApproval.State =
                if !body.valid { .withdrawn } else if !subject.isWhatWasApproved(body.hash) {
                    .changed
                } else if let until = body.until, until <= at { .expired } else { .approved }
            return CatalogueApproval(
                subject: subject.name, state: state, author: entry.author, at: entry.at, until: body.until)
        }
    }

    /// One line of warning when approvals of rules end within the days that the policy names, or have ended; nil: none.
    package func approvalAlarm(in zone: CivilZone) -> String? {
        let at = now()
        let days = shelf.pack.policy.warnDays
        let limit = at.advanced(by: .seconds(Int64(days) * 86_400))
        let ends = shelf.approvals.rules.filter { $0.value.until <= limit }
            .sorted { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
        guard let first = ends.first else { return nil }
        let ended = ends.count { $0.value.until <= at }
        let words =
            ended > 0
            ? "\(ended) approbation(s) de règle échue(s) : ce qu'elles regardent est retenu (REGLE_EXPIREE)"
            : "\(ends.count) approbation(s) de règle échoient d'ici \(days) jours, la première le "
                + first.value.until.french(in: zone) + " (\(first.key))"
        return words + " ; les voir et les renouveler : paillasse catalogue approvals"
    }

    private func refreshApprovals() async throws(CommandFailure) {
        let tables = shelf.tables
        let subjects = shelf.current.analyses.compactMap { ApprovalSubject(analysis: $0.code, in: tables) }
        let approved = try await approvals(of: subjects).filter { $0.state == .approved }
        let rules = shelf.pack.approvable
        var standing = RuleApprovals()
        for (rule, state) in zip(rules, try await approvals(of: rules.map { ApprovalSubject($0) })) {
            // One that ended is kept: the evaluation says so.
            guard state.state == .approved || state.state == .expired, let author = state.author, let at = state.at,
                let until = state.until
            else { continue }
            let approval = RuleApproval(by: author, at: at, until: until)
            standing.rules[rule.reference.description] = approval
            if rule.reference == RulePack.standingReference { standing.standing = approval }
        }
        var withdrawn = [String: String]()
        for (subject, last) in try await latestApprovals() where !last.body.valid {
            withdrawn[subject] =
                "approbation retirée par \(last.entry.author) (\(subject)) : \(last.body.reason)"
        }
        shelf.approve(
            Set(approved.map { String($0.subject.dropFirst("analyse:".count)) }), rules: standing,
            controls: try await controlStages(), withdrawn: withdrawn)
        quality.forgetAll()
    }

    private func latestApprovals() async throws(CommandFailure) -> [String: (entry: RegisterEntry, body: ApprovalBody)]
    {
        var latest = [String: (entry: RegisterEntry, body: ApprovalBody)]()
        let standing = try await latestEntries(.approval, site: Register.everySite, limit: Desk.unlimited)
        for (subject, entry) in standing {
            latest[subject] = (entry, try RegisterText.decode(Array(entry.body.utf8), as: ApprovalBody.self))
        }
        return latest
    }

    // Publications

    func publications() async throws(CommandFailure) -> [RegisterEntry] {
        try await ask { () throws(StoreFailure) in
            try await store.register(.catalogue, site: Register.everySite, subject: Desk.subject)
        }
    }
    func body(of entry: RegisterEntry) throws(CommandFailure) -> PublicationBody {
        try RegisterText.decode(Array(entry.body.utf8), as: PublicationBody.self)
    }
    private func publication(_ entry: RegisterEntry) throws(CommandFailure) -> CataloguePublication {
        let body = try body(of: entry)
        return CataloguePublication(
            number: entry.ordinal, version: body.version, author: entry.author, at: entry.at, reason: body.reason,
            analyses: body.analyses, changes: body.changes)
    }
    func files(of entry: RegisterEntry) throws(CommandFailure) -> [CatalogFile] {
        try RegisterText.decode(entry.content, as: [PublishedFile].self)
            .map { CatalogFile(name: $0.name, bytes: Array($0.text.utf8)) }
    }
    /// The catalogue and the rules of these files: one with a fault is refused whole. `wasPublished`: what a later lint
    /// asks for besides does not shut out a version that results and reports already stand on.
    func publishable(
        _ files: [CatalogFile], version: String, wasPublished: Bool = false
    ) throws(CommandFailure) -> (catalogue: AnalysisCatalogue, pack: RulePack) {
        let catalogue = try checked(files, version: version, wasPublished: wasPublished)
        let rules = RulePack.files(among: files)
        if rules.isEmpty { return (catalogue, .none) }
        let version = Desk.catalogueVersion(of: rules)
        func refused(_ findings: [Refusal]) -> CommandFailure {
            .refused(
                Refusal(
                    "catalogue.rules", at: findings.first?.place ?? "rules",
                    because: findings.first?.cause ?? "les règles ont des erreurs",
                    remedy: "lancer paillasse catalogue lint et rules bench, corriger, puis publier"))
        }
        let pack: RulePack
        do { pack = try RulePack.load(rules, catalogue: catalogue, version: version) } catch {
            throw refused(error.findings)
        }
        let disagreements = wasPublished ? [] : pack.disagreements(with: catalogue)
        guard disagreements.isEmpty else { throw refused(disagreements) }
        return (catalogue, pack)
    }
    private func checked(
        _ files: [CatalogFile], version: String, wasPublished: Bool
    ) throws(CommandFailure) -> AnalysisCatalogue {
        do {
            return try AnalysisCatalogue.load(files, version: CatalogVersion(version), wasPublished: wasPublished)
        } catch {
            let first = error.findings.first { $0.severity == .error }
            throw .refused(
                Refusal(
                    "catalogue.rejected", at: first.map { "\($0.file):\($0.line):\($0.column)" } ?? "catalogue",
                    because: first?.cause ?? "le catalogue a des erreurs",
                    remedy: "lancer paillasse catalogue lint, corriger, puis publier"))
        }
    }
}

/// A thing of the catalogue that a biologist may stand for, and its content in canonical bytes.
package struct ApprovalSubject: Sendable, Hashable {
    package var name: String
    package var content: [UInt8]
    /// The same as it was signed before the writing of a number was left alone; nil: there was no other.
    private var former: [UInt8]?
    package init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
    /// Nil when the catalogue has no such line.
    package init?(analysis code: String, in tables: CatalogueTables) {
        guard let content = tables.approvable(code) else { return nil }
        self.init(name: "analyse:\(code)", content: content)
        former = tables.formerlyApprovable(code)
    }
    /// By its SHA-256, hexadecimal.
    func isWhatWasApproved(_ hash: String) -> Bool {
        hash == Digest.sha256Hex(content) || former.map { hash == Digest.sha256Hex($0) } ?? false
    }
    package init(_ rule: ApprovableRule) {
        self.init(name: ApprovalSubject.name(of: rule.reference), content: rule.content)
    }
    package init(_ control: ControlSubject) {
        self.init(name: control.name, content: control.content)
    }
    /// No control at all for an analysis: approved by its name, never among others.
    package var isExemption: Bool { name.hasPrefix(ControlSubject.exemptionPrefix) }
    package static func name(of rule: RuleReference) -> String { "regle:\(rule.id)" }
    package var isRule: Bool { name.hasPrefix("regle:") }
}

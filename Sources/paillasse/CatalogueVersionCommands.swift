import ArgumentParser
import Base
import Catalog
import Client
import Drivers
import Rules
import Server

extension CatalogueCommand {
    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les versions publiées du catalogue.")
        @OptionGroup var listing: Listing

        func run() async throws {
            let versions = try await listing.client().catalogueVersions()
            if listing.json { return try Output.json(versions) }
            var table = Table("#VERSION", "PUBLIÉE", "PAR", "#ANALYSES", "#ÉCARTS", "*MOTIF", "EMPREINTE")
            for version in versions {
                table.add(
                    String(version.number), version.at.text, version.author, String(version.analyses),
                    String(version.changes), version.reason, String(version.version.prefix(12)))
            }
            Output.table(table, empty: "aucune version publiée")
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Comparer un dossier à la version en vigueur, ou deux versions entre elles.")
        @OptionGroup var listing: Listing
        @Argument(help: "Dossier à comparer à la version en vigueur.") var folder: String?
        @Option(help: "Ancienne version ; celle en vigueur par défaut.") var from: Int?
        @Option(help: "Nouvelle version, au lieu d'un dossier.") var to: Int?

        func validate() throws {
            guard (folder == nil) != (to == nil) else { throw ValidationError("Donner un dossier, ou --to VERSION.") }
        }

        func run() async throws {
            let client = try listing.client()
            // Annexes are kept with a version, and say nothing that judges.
            func judging(_ files: [CatalogFile]) -> [CatalogFile] { files.filter { !$0.name.hasPrefix("annexes/") } }
            let old = RuleTable.compared(judging(try await client.catalogueFiles(from)))
            let files =
                if let folder { try DataFiles.catalogue(folder) } else {
                    try await client.catalogueFiles(to)
                }
            let changes = RuleTable.compared(judging(files)).changes(since: old)
            if listing.json { return try Output.json(changes) }
            var table = Table("FICHIER", "ÉCART", "*LIGNE", "COLONNE", "*AVANT", "*APRÈS")
            for change in changes {
                table.add(change.file, change.kind.rawValue, change.key, change.column, change.before, change.after)
            }
            Output.table(table, empty: "aucun écart")
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish", abstract: "Publier un dossier : une version nouvelle, en vigueur aussitôt.",
            discussion: """
                Une version publiée ne change plus : chaque résultat garde celle qui l'a jugé.
                Les règles peuvent venir de regles.csv (« catalogue export --csv ») au lieu du dossier rules.
                """,
            aliases: ["import"])
        @OptionGroup var listing: Listing
        @Argument(help: "Dossier du catalogue.") var folder: String
        @Option(help: "Motif, gardé avec la version.") var reason: String

        func run() async throws {
            let files = try DataFiles.catalogue(folder)
            let body = PublishBody(files: files.map { CatalogueFileBody($0) }, reason: reason)
            let client = try listing.client()
            let before = try await client.catalogueVersions().last?.number
            let version = try await client.publishCatalogue(body)
            if listing.json { return try Output.json(version) }
            Output.prose(
                "version \(version.number) en vigueur : \(version.analyses) analyses, \(version.changes) écart(s)"
                    + (version.number == before ? " ; rien ne change, aucune version nouvelle" : ""))
            guard let taken = version.mappingsTaken, let count = version.mappings else { return }
            let left =
                taken < count
                ? " ; les autres y sont déjà, ou leur automate, leur analyse ou leur unité n'est pas d'ici" : ""
            Output.prose("\(taken) code(s) d'automates repris sur \(count)\(left)")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Écrire le catalogue en vigueur dans un dossier neuf, avec ce qui fut fixé par commande.",
            discussion: """
                Les cibles, politiques et moyennes de patients fixées par commande (qc target, policy, lot, patients) \
                rejoignent les tables de controls/ avec leur date ; les autres fichiers sont ceux de la version, octet \
                pour octet. « catalogue publish » reprend le dossier, ici ou dans un laboratoire neuf : tout y attend \
                alors l'approbation d'un biologiste.
                annexes/approbations.csv dit qui a approuvé quoi : repris et gardé comme un passé, jamais en vigueur. \
                annexes/rattachements.csv (triage map) est repris. annexes/transcodage.csv est à lire ailleurs.
                Avec --version, les fichiers de cette version, sans rien de plus.
                Avec --csv, les règles aussi sont une table (regles.csv, une valeur par ligne) : tout le dossier se \
                lit dans un tableur, et « catalogue import » le reprend.
                """)
        @OptionGroup var connection: Connection
        @OptionGroup var drivers: DriverOptions
        @Argument(help: "Dossier à créer.") var folder: String
        @Option(help: "Numéro de version ; celle en vigueur par défaut.") var version: Int?
        @Flag(help: "Les règles aussi en CSV, sans leurs commentaires.") var csv = false

        func run() async throws {
            let client = try connection.client()
            var files =
                version == nil ? try await client.settledCatalogueFiles() : try await client.catalogueFiles(version)
            if csv { files = try RuleTable.tabled(files) }
            let count = files.count
            let approvals = CatalogueTables(files)["annexes/approbations.csv"]?.rows.count ?? 0
            let transcoding = CatalogueTables.Table(
                name: "annexes/transcodage.csv",
                columns: ["pilote", "code_automate", "analyse", "loinc", "ucum"],
                lines: try Transcoding.lines(of: RuleTable.untabled(files), drivers: try drivers.folder))
            files.append(CatalogFile(name: transcoding.name, bytes: Array(transcoding.csv.utf8)))
            try DataFiles.write(files, to: folder)
            Output.prose(
                "\(count) fichiers, \(approvals) approbation(s) au passé, \(transcoding.rows.count) codes d'automates")
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approuver des lignes telles qu'elles se lisent aujourd'hui (biologiste).",
            discussion: """
                Une ligne modifiée redevient brouillon. --withdraw retire l'approbation, et retient aussitôt \
                les résultats non signés d'une ligne, d'un calcul ou de toute la politique. Qui a publié une ligne \
                ou une règle ne l'approuve pas (catalogue single-biologist). Un contrôle publié (controls/) ne compte \
                qu'approuvé : d'ici là ses résultats sont retenus (CQ_ABSENT) ; une dispense se nomme, --all ne \
                l'approuve pas.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Codes d'analyses.") var analyses: [String] = []
        @Option(name: .customLong("rule"), help: "Règle (politique, regle:EDTA, EDTA@1…) ; se répète.") var rules:
            [String] = []
        @Option(
            name: .customLong("control"),
            help:
                "Contrôle publié d'une analyse (K@auto, K@*) : politique, cibles, lots, ou dispense ; se répète."
        )
        var controls: [String] = []
        @Flag(help: "Toutes les lignes et contrôles qui ne le sont pas, hors dispenses ; les règles avec --until.")
        var all = false
        @Flag(help: "Retirer l'approbation.") var withdraw = false
        @Option(help: "Motif.") var reason: String
        @Option(help: "Fin de l'approbation des règles, un an au plus (AAAA-MM-JJTHH:MM).") var until: String?

        func run() async throws {
            let body = ApproveBody(
                analyses: analyses.isEmpty ? nil : analyses, rules: rules.isEmpty ? nil : rules,
                controls: controls.isEmpty ? nil : controls, all: all ? true : nil, withdraw: withdraw ? true : nil,
                reason: reason,
                until: until.map { Moment(text: $0) })
            let approvals = try await listing.client().approve(body)
            if listing.json { return try Output.json(approvals) }
            if !all {
                for one in approvals {
                    let end = one.until.map { ", jusqu'au \($0.french)" } ?? ""
                    let waiting = one.waiting.map { ", \($0) résultat(s) non signé(s) jugé(s) sous cette approbation" }
                    Output.prose("\(one.subject) : \(one.state)\(end)\(waiting ?? "")")
                }
            }
            Output.prose("\(approvals.count) approbation(s) \(withdraw ? "retirée(s)" : "enregistrée(s)")")
            guard all else { return }
            let left = ApprovalsLeft(try await listing.client().approvals())
            for (words, remedy) in zip(left.words, left.remedies) { Output.prose("\(words) : \(remedy)") }
        }
    }

    struct Approvals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Qui répond de chaque règle, et jusqu'à quand ; avec --lines, des lignes et des contrôles aussi.",
            discussion: """
                Une règle échue retient ce qu'elle regarde (REGLE_EXPIREE). « status » avertit avant la fin, de \
                autant de jours que policy.json5 le dit (approvals.warnDays).
                """)
        @OptionGroup var listing: Listing
        @Flag(help: "Les lignes du catalogue et les contrôles publiés aussi.") var lines = false

        func run() async throws {
            let all = try await listing.client().approvals()
            let shown = lines ? all : all.filter { $0.subject.hasPrefix("regle:") }
            if listing.json { return try Output.json(shown) }
            var table = Table("SUJET", "ÉTAT", "PAR", "LE", "JUSQU'AU")
            for one in shown {
                let left = one.daysLeft.map { " (\($0) jour(s))" } ?? ""
                table.add(
                    one.subject, one.state, one.author ?? "", one.at?.french ?? "", (one.until?.french ?? "") + left)
            }
            Output.table(table, empty: "aucune règle")
        }
    }

    struct SingleBiologist: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "single-biologist",
            abstract: "Déclarer que le laboratoire n'a qu'un biologiste : il approuve alors ce qu'il publie.",
            discussion: "Sans --reason, montre la déclaration. Elle ne vaut que tant qu'il n'y a qu'un compte.")
        @OptionGroup var listing: Listing
        @Flag(help: "Retirer la déclaration.") var withdraw = false
        @Option(help: "Motif.") var reason: String?

        func run() async throws {
            let client = try listing.client()
            let state: ApprovalView
            if let reason {
                state = try await client.declareSingleBiologist(
                    SingleBiologistBody(withdraw: withdraw ? true : nil, reason: reason))
            } else {
                state = try await client.singleBiologist()
            }
            if listing.json { return try Output.json(state) }
            let isValid = state.state == "approuvé"
            let who = state.author.map { " par \($0)" } ?? ""
            Output.prose(
                isValid
                    ? "un seul biologiste, déclaré\(who) : il approuve aussi ce qu'il publie"
                    : "pas de déclaration : qui publie n'approuve pas")
        }
    }

    struct Coverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ce qui manque à chaque analyse pour être proposée sans retenue, et ce qui ne s'y contrôle pas.",
            discussion: """
                NON CONTRÔLÉ : les contrôles du moteur qui ne peuvent jouer, faute de données. La fin dit de chacun \
                les colonnes à remplir, et ce qui passe inaperçu sans elles.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Dossier ; la version en vigueur par défaut.") var folder: String?
        @Option(help: "Niveau (1 : courant, 2 : à ouvrir).") var level: Int?

        func validate() throws {
            if let level, !(1...2).contains(level) { throw ValidationError("le niveau est 1 ou 2") }
        }

        func run() async throws {
            let files: [CatalogFile]
            var approved = Set<String>()
            if let folder {
                files = try DataFiles.catalogue(folder)
            } else {
                let client = try listing.client()
                files = try await client.catalogueFiles()
                approved = Set(
                    try await client.approvals()
                        .filter { $0.state == Approval.approved.rawValue && $0.subject.hasPrefix("analyse:") }
                        .map { String($0.subject.dropFirst("analyse:".count)) })
            }
            let catalogue = try LaboratoryServer.loadCatalogue(files).approving(approved)
            let rules = RulePack.files(among: files)
            let pack = rules.isEmpty ? RulePack.none : try Coverage.pack(rules, catalogue)
            let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
            let lines = catalogue.coverage(level: level).map { CoverageLine($0, engine.unfedChecks(of: $0.code)) }
            if listing.json { return try Output.json(lines) }
            var table = Table("CODE", "*ANALYSE", "#NIVEAU", "*MANQUE", "*NON CONTRÔLÉ")
            for line in lines where !line.missing.isEmpty || !line.unchecked.isEmpty {
                table.add(
                    line.code, line.name, String(line.level), line.missing.map(\.rawValue).joined(separator: ", "),
                    line.unchecked.map(\.name).joined(separator: ", "))
            }
            Output.table(table, empty: "rien ne manque")
            let whole = lines.count { $0.missing.isEmpty && $0.unchecked.isEmpty }
            Output.prose("\(whole) analyse(s) sur \(lines.count) complète(s)")
            Coverage.explain(lines.flatMap(\.unchecked))
        }

        private static func pack(_ files: [CatalogFile], _ catalogue: AnalysisCatalogue) throws -> RulePack {
            do { return try RulePack.load(files, catalogue: catalogue, version: "fichiers") } catch {
                throw error.findings.first
                    ?? Refusal(
                        "rules.rejected", because: "les règles ont des erreurs",
                        remedy: "lancer paillasse catalogue lint")
            }
        }

        /// Each check once: how many analyses it cannot run on, what it wants, why that matters.
        private static func explain(_ unchecked: [UnfedCheck]) {
            var table = Table("CONTRÔLE", "#ANALYSES", "*DONNÉES À REMPLIR", "*SANS ELLES")
            let counts = Dictionary(grouping: unchecked) { $0 }.mapValues(\.count)
            for (one, count) in counts.sorted(by: { ($0.key.step, $0.key.name) < ($1.key.step, $1.key.name) }) {
                table.add(one.name, String(count), one.data, one.matters)
            }
            guard !counts.isEmpty else { return }
            Output.line()
            Output.table(table, empty: "")
        }
    }
}

/// A line of `catalogue coverage --json`.
private struct CoverageLine: Encodable {
    var code: String
    var name: String
    var level: Int
    var missing: [AnalysisCoverage.Item]
    /// Checks that cannot run for lack of data.
    var unchecked: [UnfedCheck]
    init(_ line: AnalysisCoverage, _ unchecked: [UnfedCheck]) {
        code = line.code
        name = line.name
        level = line.level
        missing = line.missing
        self.unchecked = unchecked
    }
}

/// What each analyzer's codes mean, for readers outside.
private enum Transcoding {
    static func lines(of files: [CatalogFile], drivers folder: String) throws -> [[String]] {
        let catalogue = try LaboratoryServer.loadCatalogue(files)
        let library = try DriverLibrary.load(folders: try DataFiles.drivers(folder))
        return library.drivers.flatMap { driver in
            driver.description.codes.sorted { $0.key < $1.key }.map { code, meaning in
                let analysis = catalogue[meaning.analysis]
                return [driver.name, code, meaning.analysis, analysis?.loinc?.code ?? "", analysis?.unit ?? ""]
            }
        }
    }
}

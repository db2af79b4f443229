import ArgumentParser
import Base
import Client
import Foundation

/// Which control: an analysis on an analyzer.
struct Assay: ParsableArguments {
    @Argument(help: "Automate (son nom dans la configuration), ou saisie : méthode manuelle.") var analyzer: String
    @Argument(help: "Code de l'analyse.") var analysis: String
}

extension QCCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Où en est le contrôle de chaque analyse.")
        @OptionGroup var listing: Listing
        @Option(help: "Un automate seulement.") var analyzer: String?

        func run() async throws {
            let states = try await listing.client().qualityStates(analyzer: analyzer)
            if listing.json { return try Output.json(states) }
            var table = Table("AUTOMATE", "ANALYSE", "ÉTAT", "RETENUE", "DEPUIS", "JUSQU'À", "*MOTIF")
            for state in states {
                table.add(
                    state.analyzer, state.analysis, state.state, state.hold ?? "", state.since?.french ?? "",
                    state.expiresAt?.french ?? "", state.because)
            }
            Output.table(table, empty: "aucun contrôle : les résultats sont retenus (CQ_ABSENT)")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Les points, les séries et le graphique de Levey–Jennings d'une analyse.", aliases: ["chart"])
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Flag(help: "Graphique sans autre caractère que l'ASCII.") var ascii = false
        @Option(help: ArgumentHelp("Écrire le graphique en SVG.", valueName: "fichier")) var svg: String?
        @Option(help: ArgumentHelp("Écrire le graphique en PDF.", valueName: "fichier")) var pdf: String?

        func run() async throws {
            let client = try listing.client()
            for (format, path) in [("svg", svg), ("pdf", pdf)] {
                guard let path else { continue }
                let bytes = try await client.qualityChart(assay.analyzer, assay.analysis, format: format, width: 80)
                try Output.file(bytes, at: path)
            }
            let page = try await client.qualityPage(assay.analyzer, assay.analysis)
            if listing.json { return try Output.json(page) }
            Output.state(page.state)
            Output.prose("exigences : \(page.policy.words)")
            for target in page.targets where target.to == nil {
                let values =
                    target.mean.map { "\($0) ± \(target.sd ?? "?") \(target.unit)" } ?? target.expected.map {
                        "attendu \($0)"
                    } ?? "sans cible"
                let isClosed = target.mean == nil && target.expected == nil
                let place = target.parallel ? ", en parallèle" : (isClosed ? ", clos" : "")
                Output.prose(
                    "cible : \(target.material) niveau \(target.level) lot \(target.lot) : \(values) "
                        + "(\(target.origin), \(target.points) points, depuis \(target.from.french))\(place)")
            }
            var table = Table("SÉRIE", "NIVEAU", "LOT", "VALEUR", "CIBLE", "ET", "Z", "POINT", "*REMARQUE")
            for point in page.points {
                let remarks = [
                    point.lateSince.map { "connu après coup, le \($0.french)" },
                    point.isRejected.map { _ in "série rejetée" }, point.exclusion.map { "écarté par \($0)" },
                    point.isExpected.map { $0 ? "conforme" : "non conforme" }, point.defect,
                ]
                let remark = remarks.compactMap(\.self).joined(separator: " ; ")
                table.add(
                    point.run, point.level, point.lot, point.value, point.target ?? "", point.sd ?? "",
                    point.z ?? "", point.id, remark)
            }
            Output.table(table, empty: "aucun point")
            for run in page.runs where !run.rules.isEmpty {
                Output.prose("\(run.run) : \(run.rules.joined(separator: ", ")) → \(run.outcome)")
            }
            Output.line()
            let chart = try await client.qualityChart(
                assay.analyzer, assay.analysis, format: ascii ? "ascii" : "text", width: Terminal.width ?? 100)
            Output.bytes(chart)
        }
    }

    struct Statistics: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats", abstract: "Moyenne, écart-type, CV, biais, erreur totale, sigma, par lot.",
            discussion: """
                Avec --u-cal (incertitude de l'étalon, en %), U : incertitude élargie (k = 2) des CV, de l'étalon et \
                des biais des EEQ ; sans EEQ, pas de U.
                Biais par rapport à la cible, en % ; ET TOT. = |biais| + 1,65·CV ; TEa : erreur totale admise \
                (qc policy --allowable-error) ; sigma = (TEa − |biais|) / CV.
                Les points des séries rejetées sont écartés de N, de la moyenne, de l'ET et de ce qui en vient ; \
                N TOUS et ET TOUS les comptent. Un point écarté (qc exclude) n'est dans aucun.
                """)
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Flag(help: "Par mois.") var month = false
        @Option(help: "Incertitude de l'étalon, en %, pour l'incertitude de mesure.") var uCal: String?

        func run() async throws {
            let lines = try await listing.client().qualityStatistics(
                assay.analyzer, assay.analysis, byMonth: month, calibrationUncertainty: uCal)
            if listing.json { return try Output.json(lines) }
            var table = Table(
                "NIVEAU", "LOT", "MOIS", "#N", "#N TOUS", "#ET TOUS", "#CIBLE", "#MOYENNE", "#ET", "#CV %", "#BIAIS %",
                "#ET TOT. %", "#TEa %",
                "#SIGMA", "#U %")
            for line in lines {
                table.add(
                    line.level, line.lot, line.month ?? "", String(line.count),
                    String(line.all?.count ?? line.count), line.all?.sd ?? line.sd, line.target ?? "", line.mean,
                    line.sd,
                    line.cv ?? "", line.bias ?? "", line.totalError ?? "", line.allowableError ?? "", line.sigma ?? "",
                    line.uncertainty ?? "")
            }
            Output.table(table, empty: "moins de deux points")
        }
    }

    struct Target: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Fixer la cible d'un contrôle (biologiste).")
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Option(help: "Le contrôle, tel que l'automate le nomme.") var material: String
        @Option(help: "Niveau : N1, N2…") var level: String?
        @Option(help: "Lot.") var lot: String?
        @Option(help: "Moyenne.") var mean: String?
        @Option(help: "Écart-type.") var sd: String?
        @Option(
            help: ArgumentHelp(
                "Réponse attendue d'un contrôle qualitatif, à la place de la moyenne et de l'écart-type : POS, POS|IND, "
                    + "ou un titre, à une dilution près (1/160).", valueName: "réponse"))
        var expected: String?
        @Option(
            help: ArgumentHelp(
                "Cible glissante : moyenne et écart-type des derniers points qui comptent (20 au moins).",
                valueName: "nombre"))
        var rolling: Int?
        @Option(help: "Nombre de points derrière la cible.") var points: Int?
        @Flag(help: "Valeurs du fabricant, en attendant les siennes.") var maker = false
        @Flag(help: "Lot passé en parallèle : sur le graphique, jamais dans une règle.") var parallel = false
        @Option(help: "Début (AAAA-MM-JJTHH:MM) ; maintenant par défaut.") var from: String?
        @Option(help: "Motif.") var reason: String

        func validate() throws {
            let place = [level, lot].count { $0 != nil }, values = [mean, sd].count { $0 != nil }
            let isWhole = rolling == nil ? place == 2 && values == (expected == nil ? 2 : 0) : place + values == 0
            guard isWhole, rolling == nil || expected == nil else {
                throw ValidationError(
                    "Donner --level, --lot, --mean et --sd, ou --level, --lot et --expected, ou --rolling NOMBRE seul.")
            }
            if rolling != nil, maker || parallel || points != nil {
                throw ValidationError("--rolling ne se combine ni avec --maker, ni --parallel, ni --points.")
            }
        }

        func run() async throws {
            var body = ControlTargetBody(material: material, rolling: rolling ?? 0, reason: reason)
            body.rolling = rolling
            (body.level, body.lot, body.mean, body.sd, body.expected) = (level, lot, mean, sd, expected)
            body.maker = maker ? true : nil
            body.parallel = parallel ? true : nil
            body.points = points
            body.from = from.map { Moment(text: $0) }
            let state = try await listing.client().setControlTarget(assay.analyzer, assay.analysis, body)
            if listing.json { return try Output.json(state) }
            Output.state(state)
        }
    }

    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fixer ce qui est exigé des contrôles d'une analyse (biologiste).")
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Option(help: "Règles qui rejettent, séparées par des virgules.") var reject = "1-3s,2-2s,R-4s,4-1s,10-x"
        @Option(help: "Règles qui avertissent.") var warn = "1-2s"
        @Option(help: "Heures de validité d'une série conforme.") var hours: Int?
        @Option(help: "Échantillons de patients entre deux contrôles.") var samples: Int?
        @Option(help: "Niveaux exigés dans une série.") var levels: Int?
        @Option(help: "Erreur totale admise, en %.") var allowableError: String?
        @Flag(help: "Exiger un contrôle conforme des niveaux qui encadrent chaque valeur.") var bracketLevels = false
        @Flag(help: "Une série conforme vaut aussi pour les résultats qui la précèdent.") var later = false
        @Flag(help: "Dispenser cette analyse de contrôle, pour le motif donné.") var exempt = false
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            func words(_ list: String) -> [String] { list.split(separator: ",").map { String($0) } }
            var body = ControlPolicyBody(reject: words(reject), reason: reason)
            body.warn = words(warn)
            body.hours = hours
            body.patientSamples = samples
            body.minimumLevels = levels
            body.allowableError = allowableError
            body.acceptsLaterRun = later ? true : nil
            body.bracketsLevels = bracketLevels ? true : nil
            body.exempt = exempt ? true : nil
            let state = try await listing.client().setControlPolicy(assay.analyzer, assay.analysis, body)
            if listing.json { return try Output.json(state) }
            Output.state(state)
        }
    }

    struct Event: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Noter une calibration, un lot neuf de réactif, une maintenance : un contrôle est dû ensuite.")
        @OptionGroup var connection: Connection
        @Argument(help: "Automate.") var analyzer: String
        @Argument(help: "calibration, « nouveau lot » ou maintenance.") var kind: String
        @Option(help: "Une analyse seulement.") var analysis: String?
        @Option(help: "Instant (AAAA-MM-JJTHH:MM) ; maintenant par défaut.") var at: String?
        @Option(help: "Numéro de lot, nature de la maintenance…") var note: String
        @Option(help: "Fin de validité de la calibration ou du lot de réactif (AAAA-MM-JJTHH:MM).") var until: String?

        func run() async throws {
            var body = ControlEventBody(kind: kind, at: at.map { Moment(text: $0) }, note: note)
            body.until = until.map { Moment(text: $0) }
            _ = try await connection.client().recordControlEvent(analyzer, analysis, body)
            Output.prose("noté : un contrôle conforme est attendu")
        }
    }

    struct Exclude: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ôter un point des règles, avec un motif ; il reste sur le graphique.")
        @OptionGroup var assay: Assay
        @OptionGroup var connection: Connection
        @Argument(help: "Point (qc show).") var point: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = ControlExclusionBody(control: point, reason: reason)
            Output.state(try await connection.client().excludeControl(assay.analyzer, assay.analysis, body))
        }
    }

    struct Correct: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dire ce qui n'allait pas dans une série rejetée et ce qui a été fait.")
        @OptionGroup var assay: Assay
        @OptionGroup var connection: Connection
        @Argument(help: "Série rejetée (qc show).") var rejected: String
        @Option(help: "Cause.") var cause: String
        @Option(help: "Action.") var action: String

        func run() async throws {
            let body = ControlCorrectionBody(run: rejected, cause: cause, action: action)
            Output.state(try await connection.client().correctRejection(assay.analyzer, assay.analysis, body))
        }
    }

    struct Enter: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Saisir un contrôle qu'aucun automate n'envoie, chiffré ou qualitatif.")
        @OptionGroup var assay: Assay
        @OptionGroup var connection: Connection
        @Argument(help: "Valeur dans l'unité de l'analyse, code de réponse (POS) ou titre (1/160).")
        var value: String
        @Option(help: "Le contrôle.") var material: String
        @Option(help: "Instant (AAAA-MM-JJTHH:MM) ; maintenant par défaut.") var at: String?

        func run() async throws {
            let body = ControlValueBody(material: material, value: value, at: at.map { Moment(text: $0) })
            Output.state(try await connection.client().enterControl(assay.analyzer, assay.analysis, body))
        }
    }

    struct LookBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lookback",
            abstract: "Les résultats mesurés pendant une période suspecte, et ce qui en est décidé.",
            discussion: """
                Avec --result, --run et --decision, décide pour un résultat ; sinon montre la liste de ce qui est à \
                décider. Un résultat calculé suit celui dont il est calculé.
                """)
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Option(help: "Résultat sur lequel décider.") var result: String?
        @Option(name: .customLong("run"), help: "Série rejetée.") var rejected: String?
        @Option(help: "confirmer, repasser ou rectifier.") var decision: String?
        @Option(help: "Motif.") var reason: String?
        @Flag(help: "Aussi les périodes closes, où tout est décidé.") var all = false

        func validate() throws {
            let given = [result, rejected, decision, reason].count { $0 != nil }
            guard given == 0 || given == 4 else {
                throw ValidationError("Pour décider : --result, --run, --decision et --reason ensemble.")
            }
        }

        func run() async throws {
            let client = try listing.client()
            var periods: [LookBackView]
            if let result, let rejected, let decision, let reason {
                periods = try await client.decideLookBack(
                    assay.analyzer, assay.analysis,
                    LookBackBody(result: result, run: rejected, choice: decision, reason: reason))
            } else {
                periods = try await client.lookBacks(assay.analyzer, assay.analysis)
            }
            let closed = periods.filter(\.done)
            let shown = periods.filter { !$0.done } + (all ? closed : [])
            if listing.json { return try Output.json(shown) }
            var table = Table(
                "SÉRIE", "DEMANDE", "DOSSIER", "ANALYSE", "VALEUR", "MESURÉ", "RENDU", "ÉTAT", "DÉCISION", "PAR",
                "RÉSULTAT")
            for period in shown {
                for entry in period.entries {
                    table.add(
                        period.run, entry.requestNumber ?? "", entry.file ?? "", entry.analysis ?? "",
                        entry.value ?? "", entry.measuredAt.french, entry.releasedAt?.french ?? "", entry.status,
                        entry.decision ?? "", entry.by ?? "",
                        entry.source.map { "calculé de \($0)" } ?? entry.result)
                }
            }
            Output.table(table, empty: "aucun résultat en période suspecte")
            if !all, !closed.isEmpty { Output.prose("\(closed.count) période(s) close(s) : --all") }
        }
    }

    struct Assessment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "eeq", abstract: "Évaluations externes de la qualité.",
            discussion: "Sans argument, le registre ; « eeq add » y ajoute un résultat ou le retour de l'organisateur.",
            subcommands: [Rounds.self, Add.self], defaultSubcommand: Rounds.self)

        struct Rounds: AsyncParsableCommand {
            static let configuration = CommandConfiguration(commandName: "list", abstract: "Le registre.")
            @OptionGroup var listing: Listing

            func run() async throws {
                let results = try await listing.client().assessments()
                if listing.json { return try Output.json(results) }
                var table = Table(
                    "PROGRAMME", "CAMPAGNE", "ÉCH.", "AUTOMATE", "ANALYSE", "VALEUR", "CIBLE", "Z", "BIAIS %",
                    "CONCLUSION", "*REMARQUE")
                for result in results {
                    table.add(
                        result.programme, result.round, result.sample, result.analyzer, result.analysis,
                        result.value, result.target ?? "", result.z ?? "", result.bias ?? "", result.conclusion,
                        result.corrected ?? "")
                    guard result.corrected != nil else { continue }
                    for earlier in result.earlier ?? [] {
                        table.add(
                            "", "", "", "", "", earlier.value, earlier.target ?? "", "", "", earlier.conclusion,
                            "avant : \(earlier.by) le \(earlier.at.french)")
                    }
                }
                Output.table(table, empty: "registre vide")
            }
        }

        struct Add: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Ajouter un résultat ou son retour.")
            @OptionGroup var assay: Assay
            @OptionGroup var connection: Connection
            @Option(help: "Programme.") var programme: String
            @Option(help: "Campagne.") var round: String
            @Option(help: "Échantillon.") var sample: String
            @Option(help: "Valeur rendue.") var value: String
            @Option(help: "Mesuré le (AAAA-MM-JJTHH:MM).") var at: String
            @Option(help: "Cible du groupe.") var target: String?
            @Option(help: "Écart-type du groupe.") var sd: String?
            @Option(help: "Groupe de pairs.") var group: String?
            @Option(help: "Motif, quand ce qui est déjà inscrit change.") var reason: String?

            func run() async throws {
                var body = AssessmentBody(
                    programme: programme, round: round, sample: sample, analyzer: assay.analyzer,
                    analysis: assay.analysis, at: Moment(text: at), value: value)
                body.target = target
                body.sd = sd
                body.peerGroup = group
                body.reason = reason
                let results = try await connection.client().recordAssessment(body)
                let mine = results.first { $0.round == round && $0.sample == sample && $0.programme == programme }
                Output.prose("inscrit : \(mine?.conclusion ?? "")")
            }
        }
    }
}

extension Output {
    static func state(_ state: QualityStateView) {
        let hold = state.hold.map { " (résultats retenus : \($0))" } ?? ""
        prose("\(state.analysis) sur \(state.analyzer) : \(state.state)\(hold) – \(state.because)")
    }
}

import ArgumentParser
import Base
import Client
import Laboratory
import Rules
import Server

extension RulesCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Juger à nouveau ce qui a été jugé, avec les catalogues et les règles d'alors.",
            discussion: """
                Les dernières 24 heures, ou de --from à --to (AAAA-MM-JJTHH:MM). \
                Code de sortie : 0 si toutes les réponses sont les mêmes, 1 sinon.
                """)
        @OptionGroup var listing: Listing
        @Option(help: "Début.") var from: String?
        @Option(help: "Fin, non comprise.") var to: String?

        func run() async throws {
            let body = ReplayBody(from: from.map { Moment(text: $0) }, to: to.map { Moment(text: $0) })
            let report = try await listing.client().replayRules(body)
            if listing.json {
                try Output.json(report)
            } else {
                report.show(same: "mêmes réponses")
                if report.unknown > 0 {
                    Output.prose("\(report.unknown) jugement(s) d'un catalogue, de règles ou d'un moteur disparus")
                }
            }
            if !report.differences.isEmpty || report.unknown > 0 { throw Ended(outcome: .refused) }
        }
    }

    struct Monitor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ce que les règles ont proposé et retenu sur une période, et ce que les personnes en ont fait.",
            discussion: """
                JUGÉS : résultats jugés une première fois dans la période. PROPOSABLES : ceux que leur dernier \
                jugement de la période ne retient pas. RETENUS POUR : un résultat compte à chaque motif. LEVÉS : \
                retenus, et signés par un biologiste. REFUSÉS : proposables, et rejetés par une personne. REPRIS : \
                signés, puis rejetés ou absents de la version en vigueur.
                --of K montre chacun des résultats derrière les chiffres ; « why ID » dit tout de chacun.
                """)
        @OptionGroup var listing: Listing
        @Option(help: ArgumentHelp("Premier jour.", valueName: "2026-11-01")) var from: CivilDate
        @Option(help: ArgumentHelp("Dernier jour, compris.", valueName: "2026-11-30")) var to: CivilDate
        @Option(help: ArgumentHelp("Montrer les résultats d'une analyse.", valueName: "code")) var of: String?
        @Flag(help: "Écrire du CSV.") var csv = false

        func run() async throws {
            let monitoring = try await listing.client().monitorRules(from: from, to: to, analysis: of)
            if listing.json { return try Output.json(monitoring) }
            if csv { return Output.bytes(Array(monitoring.csv.utf8)) }
            if let cases = monitoring.cases { return show(cases) }
            var table = Table(
                "ANALYSE", "#JUGÉS", "#PROPOSABLES", "#%", "*RETENUS POUR", "#LEVÉS", "#REFUSÉS", "#REPRIS")
            for line in monitoring.lines + (monitoring.lines.count > 1 ? [monitoring.total] : []) {
                table.add(
                    line.analysis, String(line.results), String(line.proposable), line.share, line.told,
                    String(line.overridden), String(line.rejected), String(line.retracted))
            }
            Output.table(table, empty: "rien n'a été jugé dans cette période")
        }

        private func show(_ cases: [RuleMonitoring.Case]) {
            var table = Table("RÉSULTAT", "ISSUE", "*RETENU POUR", "*DEPUIS")
            for one in cases {
                let since = [
                    one.isOverridden ? "levé" : nil, one.isRejected ? "refusé" : nil, one.isRetracted ? "repris" : nil,
                ]
                table.add(
                    one.observationID, one.holds.isEmpty ? "PROPOSABLE" : "RETENU",
                    one.holds.map(\.rawValue).joined(separator: ", "),
                    since.compactMap { $0 }.joined(separator: ", "))
            }
            Output.table(table, empty: "rien n'a été jugé dans cette période")
        }
    }

    struct Evaluate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Juger à nouveau un dossier, avec le catalogue et les règles d'aujourd'hui.",
            discussion: "Chaque résultat non signé reçoit un jugement nouveau, l'ancien reste.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let judged = try await listing.client().judgeAgain(request, ReasonBody(reason: reason))
            if listing.json { return try Output.json(judged) }
            Output.prose("\(judged.judged) résultat(s) jugé(s) à nouveau dans \(request)")
        }
    }
}

extension CatalogueCommand {
    struct DryRun: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dry-run", abstract: "Ce qu'un dossier changerait aux jugements des derniers jours.",
            discussion: """
                Rien n'est publié. Les mêmes résultats sont jugés deux fois, avec ce qui est en vigueur et avec le \
                dossier, sous les approbations d'aujourd'hui. Une ligne ou une règle approuvée aujourd'hui compte \
                comme approuvée même si son contenu change : elle est nommée. --all-rules tient pour approuvées \
                toutes les règles du dossier, et montre donc aussi ce que leur approbation changerait.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Dossier du catalogue.") var folder: String
        @Option(help: ArgumentHelp("Nombre de jours.", valueName: "n")) var days = 7
        @Flag(help: "Toutes les règles du dossier comptent comme approuvées.") var allRules = false

        func run() async throws {
            let files = try DataFiles.catalogue(folder)
            let body = DryRunBody(
                files: files.map { CatalogueFileBody($0) }, days: days, allRules: allRules ? true : nil)
            let report = try await listing.client().dryRun(body)
            if listing.json { return try Output.json(report) }
            report.show(same: "inchangé(s)")
            if report.unknown > 0 { Output.prose("\(report.unknown) résultat(s) dont le jugement n'est pas entier") }
            if let assumed = report.assumed {
                Output.prose(
                    "tenu pour approuvé, à approuver à nouveau une fois publié : \(assumed.joined(separator: ", "))")
            }
        }
    }
}

extension RuleReplayView {
    fileprivate func show(same word: String) {
        var table = Table("LE", "ANALYSE", "#AVANT", "*RETENUES", "#APRÈS", "*RETENUES", "*CONTRÔLES", "ID")
        for one in differences {
            table.add(
                one.at.french, one.analysis, one.before.text, one.before.codes, one.after.text, one.after.codes,
                one.checks.joined(separator: ", "), one.observationID)
        }
        Output.table(table, empty: "aucune différence")
        Output.prose("\(results) résultat(s) jugé(s) à nouveau, \(same) \(word), \(differences.count) différent(s)")
    }
}

extension OutcomeView {
    fileprivate var text: String { ([value] + flags.filter { $0 != .normal }.map(\.rawValue)).joined(separator: " ") }
    fileprivate var codes: String { holds.isEmpty ? outcome : holds.map(\.rawValue).joined(separator: ", ") }
}

import ArgumentParser
import Base
import Client

extension QCCommand {
    struct Patients: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "patients", abstract: "Moyennes des résultats de patients : dérive entre deux contrôles.",
            discussion: """
                Une alarme demande un contrôle : les résultats sont retenus (CQ_ECHU) jusqu'au prochain contrôle \
                conforme, qui répond aussi pour ceux d'entre les deux. Elle ne rejette rien d'elle-même. Avec \
                --warning, elle avertit seulement.
                """,
            subcommands: [Averages.self, ShowAverage.self, SetAverage.self, EndAverage.self],
            defaultSubcommand: Averages.self)
    }

    struct Averages: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Où en est la moyenne de chaque analyse surveillée.")
        @OptionGroup var listing: Listing
        @Option(help: "Un automate seulement.") var analyzer: String?

        func run() async throws {
            let averages = try await listing.client().patientAverages(analyzer: analyzer)
            if listing.json { return try Output.json(averages) }
            var table = Table(
                "AUTOMATE", "ANALYSE", "ÉTAT", "#MOYENNE", "#CIBLE", "#ÉCART MAX", "UNITÉ", "#N", "#ÉCARTÉS", "DEPUIS",
                "*MÉTHODE")
            for average in averages {
                table.add(
                    average.analyzer, average.analysis, average.state, average.average ?? "", average.target,
                    average.limit, average.unit, String(average.entered), String(average.leftOut),
                    average.openAlarm?.text ?? "", average.method)
            }
            Output.table(table, empty: "aucune moyenne de patients surveillée")
        }
    }

    struct ShowAverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Réglages, alarmes et dernières moyennes d'une analyse.")
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing

        func run() async throws {
            let average = try await listing.client().patientAverage(assay.analyzer, assay.analysis)
            if listing.json { return try Output.json(average) }
            Output.average(average)
        }
    }

    struct SetAverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Surveiller la moyenne des patients d'une analyse (biologiste).")
        @OptionGroup var assay: Assay
        @OptionGroup var listing: Listing
        @Option(help: "bull, ewma ou mobile.") var method: String
        @Option(help: "Valeurs par lot (bull : 20) ou par fenêtre (mobile : 50).") var count: Int?
        @Option(help: "Poids de la dernière valeur (ewma), dans ]0 ; 1].") var lambda: String?
        @Option(help: "Cible de la moyenne, dans l'unité de l'analyse.") var target: String
        @Option(help: "Écart toléré ; 3 % de la cible par défaut pour bull.") var limit: String?
        @Option(help: "Troncature basse : en dessous, la valeur ne compte pas.") var low: String?
        @Option(help: "Troncature haute.") var high: String?
        @Option(help: "Venues écartées : AMB, IMP, EMER, séparées par des virgules.") var exclude: String?
        @Flag(help: "L'alarme avertit et ne retient rien.") var warning = false
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            var body = PatientAverageBody(method: method, target: target, reason: reason)
            body.count = count
            body.lambda = lambda
            body.limit = limit
            body.low = low
            body.high = high
            body.excluded = exclude?.split(separator: ",").map { String($0) }
            body.warningOnly = warning ? true : nil
            let average = try await listing.client().setPatientAverage(assay.analyzer, assay.analysis, body)
            if listing.json { return try Output.json(average) }
            Output.average(average)
        }
    }

    struct EndAverage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "off", abstract: "Ne plus surveiller cette moyenne (biologiste).")
        @OptionGroup var assay: Assay
        @OptionGroup var connection: Connection
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            _ = try await connection.client().endPatientAverage(assay.analyzer, assay.analysis, reason: reason)
            Output.prose("la moyenne des patients de \(assay.analysis) sur \(assay.analyzer) n'est plus surveillée")
        }
    }
}

extension Output {
    /// Averages shown, the newest ones.
    private static let shownAverages = 20

    fileprivate static func average(_ view: PatientAverageView) {
        let bounds = [view.low.map { "≥ \($0)" }, view.high.map { "≤ \($0)" }].compactMap(\.self)
        prose(
            "\(view.analysis) sur \(view.analyzer) : \(view.state) – \(view.method), cible \(view.target) ± "
                + "\(view.limit) \(view.unit), une alarme vaut \(view.consequence)")
        let excluded = view.excluded.isEmpty ? "" : ", sauf \(view.excluded.joined(separator: " "))"
        let truncated = bounds.isEmpty ? "" : " \(bounds.joined(separator: " et "))"
        prose("valeurs\(truncated)\(excluded) : \(view.entered) comptées, \(view.leftOut) écartées")
        for alarm in view.alarms {
            prose("\(alarm.at.text) \(alarm.holds ? "alarme" : "avertissement") : \(alarm.note)")
        }
        var table = Table("INSTANT", "#MOYENNE", "ALARME")
        for point in view.points.suffix(shownAverages) {
            table.add(point.at.text, point.average, point.alarm ? "oui" : "")
        }
        Output.table(table, empty: "pas encore assez de valeurs pour une moyenne")
    }
}

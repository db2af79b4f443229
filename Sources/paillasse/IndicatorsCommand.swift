import ArgumentParser
import Base
import Client
import Laboratory

struct IndicatorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "indicators",
        abstract: "Indicateurs SUN-ES (DMP, MSSanté) et délais, sur une période.",
        discussion: "Chaque chiffre se recompte dans la piste d'audit : --explain dit comment et avec quelles lignes.")
    @OptionGroup var listing: Listing
    @Option(help: ArgumentHelp("Premier jour.", valueName: "2026-11-01")) var from: CivilDate
    @Option(help: ArgumentHelp("Dernier jour, compris.", valueName: "2026-11-30")) var to: CivilDate
    @Flag(help: "Écrire du CSV.") var csv = false
    @Flag(help: "Dire comment chaque chiffre est compté, et les lignes de la piste d'audit.") var explain = false
    @Option(help: ArgumentHelp("Écrire le graphique, en SVG ou en PDF/A selon le nom.", valueName: "fichier.svg"))
    var chart: String?

    func validate() throws {
        guard let chart else { return }
        guard [".svg", ".pdf"].contains(where: { chart.lowercased().hasSuffix($0) }) else {
            throw ValidationError("--chart écrit un fichier .svg ou .pdf ; le tableau a déjà ses barres au terminal")
        }
    }

    func run() async throws {
        let client = try listing.client()
        let view = try await client.indicators(from: from, to: to)
        if let chart {
            let picture =
                if chart.lowercased().hasSuffix(".pdf") {
                    try await client.indicatorsPage(from: from, to: to)
                } else { Array(view.svg.utf8) }
            try Output.file(picture, at: chart)
            Output.prose("\(chart) écrit")
        }
        if listing.json { return try Output.json(view) }
        if csv { return Output.bytes(Array(view.csv.utf8)) }
        if explain { return tell(view) }
        let most = max(1, view.indicators.figures.map(\.value).max() ?? 1)
        var table = Table("*INDICATEUR", "#VALEUR", "#PART", "")
        for figure in view.indicators.figures {
            let share = view.indicators.share(of: figure).map { "\($0) %" } ?? ""
            let bar = String(repeating: "█", count: figure.value * 20 / most)
            table.add(figure.label, String(figure.value), share, bar)
        }
        Output.table(table, empty: "aucun indicateur")
        Output.line()
        var delays = Table("*DÉLAI", "#COMPTES RENDUS", "#MÉDIANE (min)", "#9 SUR 10 EN (min)")
        for delay in view.indicators.turnarounds {
            delays.add(
                delay.label, String(delay.count), String(delay.medianMinutes), String(delay.ninthDecileMinutes))
        }
        Output.table(delays, empty: "")
    }

    private func tell(_ view: IndicatorsView) {
        for figure in view.indicators.figures {
            Output.prose("\(figure.label) : \(figure.value)")
            Output.prose("  règle : \(figure.rule)")
            Output.prose("  lignes de la piste d'audit : \(IndicatorsCommand.spans(figure.entries))")
        }
        for delay in view.indicators.turnarounds {
            let plural = delay.count > 1 ? "s" : ""
            Output.prose(
                "Délai \(delay.label) : \(delay.count) compte\(plural) rendu\(plural), "
                    + "médiane \(delay.medianMinutes) min, 9 sur 10 en \(delay.ninthDecileMinutes) min")
            Output.prose("  règle : \(delay.rule)")
            Output.prose("  lignes de la piste d'audit : \(IndicatorsCommand.spans(delay.entries))")
        }
        Output.prose("Vérifier la piste : paillasse audit verify")
    }

    /// `3–5, 9`
    static func spans(_ numbers: [Int]) -> String {
        var spans = [(Int, Int)]()
        for number in numbers {
            if let last = spans.last, last.1 + 1 == number {
                spans[spans.count - 1].1 = number
            } else {
                spans.append((number, number))
            }
        }
        let words = spans.map { $0.0 == $0.1 ? "\($0.0)" : "\($0.0)–\($0.1)" }
        return words.isEmpty ? "aucune" : words.joined(separator: ", ")
    }
}

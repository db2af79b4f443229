import ArgumentParser
import Base
import Client

extension QCCommand {
    struct Lots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lot", abstract: "Changer le lot d'un contrôle, après un passage en parallèle.",
            discussion: """
                « open » passe le lot neuf à côté de celui en service : sur le graphique et dans ses statistiques, \
                jamais dans une règle. « show » compare les deux et propose une cible. « switch » met le lot neuf en \
                service avec sa propre cible et clôt l'ancien.
                """,
            subcommands: [ShowLots.self, OpenLot.self, SwitchLot.self], defaultSubcommand: ShowLots.self)
    }

    struct ShowLots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Les lots en parallèle d'un automate, et la cible que leurs points proposent.")
        @Argument(help: "Automate.") var analyzer: String
        @Argument(help: "Une analyse seulement.") var analysis: String?
        @OptionGroup var listing: Listing

        func run() async throws {
            let lots = try await listing.client().controlLots(analyzer, analysis: analysis)
            if listing.json { return try Output.json(lots) }
            Output.lots(lots)
        }
    }

    struct OpenLot: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Ouvrir un lot neuf en parallèle de celui en service.")
        @Argument(help: "Automate.") var analyzer: String
        @Option(help: "Le lot neuf, tel que l'automate le nomme.") var material: String
        @Option(help: "Numéro du lot neuf.") var lot: String
        @Option(help: "Le contrôle en service, tel que l'automate le nomme.") var beside: String
        @Option(help: "Analyses, séparées par des virgules ; toutes celles du contrôle en service par défaut.")
        var analyses: String?
        @Option(
            name: .customLong("value"),
            help: ArgumentHelp("Valeurs du fabricant, une analyse à la fois ; se répète.", valueName: "K=4.10/0.08"))
        var values: [String] = []
        @Option(help: "Motif.") var reason: String
        @OptionGroup var listing: Listing

        func validate() throws { _ = try makers() }

        private func makers() throws -> [LotOpeningBody.Value] {
            try values.map { text in
                let parts = text.split(separator: "=", maxSplits: 1)
                let numbers = parts.last?.split(separator: "/") ?? []
                guard parts.count == 2, numbers.count == 2 else {
                    throw ValidationError("« \(text) » : écrire ANALYSE=MOYENNE/ÉCART-TYPE, par exemple K=4.10/0.08")
                }
                return LotOpeningBody.Value(
                    analysis: String(parts[0]), mean: String(numbers[0]), sd: String(numbers[1]))
            }
        }

        func run() async throws {
            var body = LotOpeningBody(material: material, lot: lot, beside: beside, reason: reason)
            body.analyses = analyses?.split(separator: ",").map { String($0) }
            body.values = try makers()
            let lots = try await listing.client().openLot(analyzer, body)
            if listing.json { return try Output.json(lots) }
            Output.lots(lots)
        }
    }

    struct SwitchLot: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "switch", abstract: "Mettre en service le lot en parallèle et clore l'ancien (biologiste).")
        @Argument(help: "Automate.") var analyzer: String
        @Option(help: "Le lot neuf, tel que l'automate le nomme.") var material: String
        @Option(help: "Analyses, séparées par des virgules ; toutes par défaut.") var analyses: String?
        @Option(help: "Écart-type : parallèle (celui des points), ou ancien-cv (moyenne neuve, CV de l'ancien lot).")
        var spread: String?
        @Flag(help: "Passer outre aux réserves de « show » : le motif en répond.") var accept = false
        @Option(help: "Motif.") var reason: String
        @OptionGroup var listing: Listing

        func run() async throws {
            var body = LotSwitchBody(material: material, reason: reason)
            body.analyses = analyses?.split(separator: ",").map { String($0) }
            body.spread = spread
            body.acceptsDoubts = accept ? true : nil
            let states = try await listing.client().switchLot(analyzer, body)
            if listing.json { return try Output.json(states) }
            for state in states { Output.state(state) }
        }
    }
}

extension Output {
    fileprivate static func lots(_ lots: [LotComparisonView]) {
        var table = Table(
            "ANALYSE", "NIV.", "CONTRÔLE", "LOT", "#N", "#MOYENNE", "#ET", "#CV %", "#CIBLE", "#ET CIBLE", "*ÉTAT")
        for lot in lots {
            let enough = "\(lot.new.count) points sur \(lot.recommended)"
            let proposal = lot.proposedMean.map { mean in
                "proposé : \(mean) ± \(lot.proposedSD ?? "") \(lot.unit)"
                    + (lot.proposedSDFromFormerCV.map { " (ancien CV : ± \($0))" } ?? "")
            }
            let words = ["en parallèle, " + enough, proposal].compactMap(\.self) + lot.doubts.map { "réserve : \($0)" }
            for (side, state) in [(lot.former, "en service"), (lot.new, words.joined(separator: " ; "))] {
                guard let side else { continue }
                table.add(
                    lot.analysis, lot.level, side.material, side.lot, String(side.count), side.mean ?? "",
                    side.sd ?? "", side.cv ?? "", side.target ?? "", side.targetSD ?? "", state)
            }
        }
        Output.table(table, empty: "aucun lot en parallèle")
    }
}

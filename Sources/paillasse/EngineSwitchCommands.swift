import ArgumentParser
import Base
import Client

/// Where the engine is switched: exactly one of them.
struct SwitchPlace: ParsableArguments {
    @Option(help: "Une analyse.") var analysis: String?
    @Option(help: "Un automate.") var analyzer: String?
    @Flag(help: "Tout le site.") var site = false
    @Option(help: "Motif.") var reason: String

    func validate() throws {
        guard [analysis != nil, analyzer != nil, site].count(where: { $0 }) == 1 else {
            throw ValidationError("donner l'un de --analysis, --analyzer, --site")
        }
    }

    func body(off: Bool) -> EngineSwitchBody {
        EngineSwitchBody(off: off, analysis: analysis, analyzer: analyzer, reason: reason)
    }
}

extension RulesCommand {
    struct Off: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Couper le moteur : plus rien n'y est proposé, ni libéré en mode B.",
            discussion: "Vaut aussitôt pour tout ce qui n'est pas signé (AUTOVALID_COUPEE).")
        @OptionGroup var place: SwitchPlace
        @OptionGroup var listing: Listing

        func run() async throws {
            try RulesCommand.show(try await listing.client().switchEngine(place.body(off: true)), listing)
        }
    }

    struct On: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remettre le moteur en marche (biologiste).",
            discussion: """
                Ce qui arrive ensuite est jugé comme avant la coupure. Un résultat arrivé pendant qu'il était coupé \
                reste retenu, jusqu'à ce qu'on le juge à nouveau : « rules evaluate DEMANDE ».
                Dire où, comme pour couper : --analysis CODE, --analyzer NOM ou --site, et --reason. « rules \
                switches » montre où le moteur est coupé.
                """)
        @OptionGroup var place: SwitchPlace
        @OptionGroup var listing: Listing

        func run() async throws {
            try RulesCommand.show(try await listing.client().switchEngine(place.body(off: false)), listing)
        }
    }

    struct Switches: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Où le moteur est coupé, par qui, pourquoi.")
        @OptionGroup var listing: Listing

        func run() async throws { try RulesCommand.show(try await listing.client().engineSwitches(), listing) }
    }

    fileprivate static func show(_ off: [EngineSwitchView], _ listing: Listing) throws {
        if listing.json { return try Output.json(off) }
        var table = Table("OÙ", "PAR", "LE", "*MOTIF")
        for one in off { table.add(one.subject, one.author, one.at.french, one.reason) }
        Output.table(table, empty: "le moteur n'est coupé nulle part")
    }
}

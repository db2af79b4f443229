import ArgumentParser
import Base
import Client

/// What an analyzer is told of unasked.
struct OrdersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders", abstract: "Commandes envoyées à un automate, les plus récentes d'abord.",
        discussion: """
            Une commande part jusqu'à ce que l'automate l'acquitte, puis jamais plus, sauf demande (--resend). \
            Celle qu'il refuse attend en triage. Repasser un tube déjà mesuré veut un motif codé : AMR, DRAPEAU, \
            DELTA, CRITIQUE, CQ, DEMANDE, ou ceux du laboratoire (policy.json5, rerun.reasons).
            """)
    @OptionGroup var listing: Listing
    @OptionGroup var length: Length
    @Argument(help: "Nom de l'automate.") var name: String
    @Option(help: ArgumentHelp("Renvoyer ce qui reste à faire de ce tube.", valueName: "tube")) var resend: String?
    @Option(help: "Motif du renvoi, gardé dans la piste d'audit.") var reason: String?

    func validate() throws {
        if (resend == nil) != (reason == nil) { throw ValidationError("--resend et --reason vont ensemble") }
    }

    func run() async throws {
        let client = try listing.client()
        if let resend, let reason {
            let made = try await client.resendOrder(to: name, ResendBody(accession: resend, reason: reason))
            if listing.json { return try Output.json(made) }
            return Output.prose("\(name) : \(made.analyses.joined(separator: ", ")) du tube \(made.accession), en file")
        }
        let found = try await client.orders(of: name, limit: length.limit)
        if listing.json { return try Output.json(found) }
        var table = Table("TUBE", "COMMANDE", "*ANALYSES", "EN FILE LE", "ÉTAT", "LE", "#ÉCHECS", "*DÉTAIL")
        for order in found {
            table.add(
                order.accession, OrdersCommand.word(action: order.action), order.analyses.joined(separator: ", "),
                order.at.french, OrdersCommand.word(state: order.state), order.stateAt?.french ?? "",
                String(order.failures), order.detail ?? "")
        }
        Output.table(table, empty: "aucune commande à \(name)")
    }

    static func word(action: String) -> String {
        switch action {
        case "new": "nouvelle"
        case "add": "ajout"
        case "cancel": "annulation"
        case let other: other
        }
    }
    static func word(state: String?) -> String {
        switch state {
        case "acknowledged": "acquittée"
        case "failed": "à reprendre"
        case "refused": "refusée"
        case "withdrawn": "sans objet"
        case nil: "en attente"
        case let other?: other
        }
    }
}

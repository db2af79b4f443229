import ArgumentParser
import Base
import Client
import Laboratory

extension Audience: ExpressibleByArgument {}
extension Visibility.Confidentiality: ExpressibleByArgument {}

extension ReportCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Qui a le compte rendu d'une demande, qui l'a lu, qui n'a pu le recevoir.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Flag(help: "Chaque version de chaque destinataire, pas seulement ce qu'il a maintenant.") var all = false

        func run() async throws {
            let story = try await listing.client().reportStory(of: request)
            if listing.json { return try Output.json(story) }
            Release.say(story)
            if all { Output.table(DeliveriesCommand.table(story.deliveries), empty: "aucun envoi") }
            let people =
                all
                ? DeliveriesCommand.recipients(story.deliveries, story.withheld)
                : DeliveriesCommand.standings(StandingView.all(story.deliveries, story.withheld))
            if !people.rows.isEmpty {
                Output.line()
                Output.table(people, empty: "")
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tout ce qui est arrivé aux comptes rendus d'une demande, dans l'ordre.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String

        func run() async throws {
            let story = try await listing.client().reportStory(of: request)
            if listing.json { return try Output.json(story) }
            // Of one second: the cause, then what it made, then what became of that.
            var rows = [(at: String, rank: Int, cells: [String])]()
            for act in story.acts {
                let from = act.hiddenFrom.map(\.rawValue).joined(separator: ", ")
                let until = act.kind == .hide ? act.until.map { " jusqu'au \($0.french)" } ?? "" : ""
                rows.append(
                    (
                        act.at.text, 0,
                        [
                            act.destination ?? "exception", Release.word(act.kind), act.author,
                            "\(act.reason) \(from)\(until)",
                        ]
                    ))
            }
            for signature in story.signatures {
                let reason = signature.amendment.map { "rectifie : \($0.reason.frenchText)" } ?? ""
                rows.append(
                    (
                        signature.at.text, 1,
                        ["version \(signature.version)", "signée", signature.biologist.displayName, reason]
                    ))
            }
            for version in story.versions {
                let replaces = version.replacedOID.map { "remplace \($0)" } ?? "première version"
                let signed = story.signatures.first {
                    version.signatureID == $0.id || version.signatureID.hasPrefix($0.id + "/")
                }
                let source = signed.map { $0.version == version.version ? "" : "version \($0.version) signée, " } ?? ""
                rows.append(
                    (version.producedAt.text, 2, ["version \(version.version)", "éditée", "", source + replaces]))
            }
            for delivery in story.deliveries {
                let what = "version \(delivery.version), \(delivery.destination)"
                for (at, word, detail) in DeliveriesCommand.told(delivery.events) {
                    rows.append((at.text, 3, [what, word, "", detail]))
                }
            }
            var table = Table("LE", "*QUOI", "*FAIT", "PAR", "*DÉTAIL")
            // As they were read when nothing else tells them apart.
            let inOrder = rows.enumerated().sorted {
                ($0.element.at, $0.element.rank, $0.offset) < ($1.element.at, $1.element.rank, $1.offset)
            }
            for (at, _, cells) in inOrder.map(\.element) {
                table.add(Moment(text: at).french, cells[0], cells[1], cells[2], cells[3])
            }
            Output.table(table, empty: "aucun compte rendu")
            guard let changes = story.changes, !changes.isEmpty else { return }
            Output.line()
            Output.prose(
                "dit autrement depuis la signature, attend le biologiste (paillasse bio show \(story.requestNumber)) : "
                    + changes.map(\.frenchText).joined(separator: ", "))
        }
    }

    /// A decision with its reason.
    struct Decision: ParsableArguments {
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Option(help: "Motif, gardé dans la piste d'audit.") var reason: String

        func send(_ body: ReleaseBody) async throws {
            let client = try listing.client()
            let before = Set(try await client.reportStory(of: request).deliveries.map(\.id))
            let story = try await client.release(request, body)
            if listing.json { return try Output.json(story) }
            Release.say(story)
            for made in story.deliveries where !before.contains(made.id) {
                let people = made.recipients.map(\.address).joined(separator: ", ")
                let what = made.isDeletion ? "retrait de la version" : "version"
                Output.prose("\(what) \(made.version), vers \(people) : message \(made.controlID)")
            }
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Retenir : rien ne part avant « release ».")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(ReleaseBody(kind: .hold, reason: decision.reason)) }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Laisser partir ce qui était retenu.")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(ReleaseBody(kind: .release, reason: decision.reason)) }

        static func say(_ story: ReportStoryView) {
            var state = story.isWithdrawn ? ["retiré"] : []
            if story.isHeld { state.append("retenu") }
            if story.secretCare { state.append("soins secrets") }
            if story.confidentiality != .normal {
                state.append("confidentialité \(story.confidentiality.rawValue), jamais au DMP")
            }
            state += hidden(story.hidings)
            let versions = story.versions.map { String($0.version) }.joined(separator: ", ")
            Output.prose(
                "demande \(story.requestNumber) : " + (versions.isEmpty ? "aucun compte rendu" : "version \(versions)")
                    + (state.isEmpty ? "" : " – " + state.joined(separator: ", ")))
        }

        /// Those with the same end in one part: a date ends it, and a biologist may before.
        static func hidden(_ hidings: [HidingView]) -> [String] {
            var ends = [Moment?]()
            for one in hidings where !ends.contains(one.until) { ends.append(one.until) }
            return ends.map { end in
                let people = hidings.filter { $0.until == end }.map(\.from.rawValue).joined(separator: ", ")
                let until =
                    end.map { "jusqu'au \($0.french), ou avant si un biologiste le rend visible" }
                    ?? "jusqu'à ce qu'un biologiste le rende visible"
                return "masqué à \(people) \(until)"
            }
        }

        static func word(_ kind: ReleaseAct.Kind) -> String {
            switch kind {
            case .hold: "retenu"
            case .release: "libéré"
            case .hide: "masqué"
            case .unhide: "démasqué"
            case .withdraw: "retiré"
            case .resend: "renvoyé"
            case .retry: "repris"
            case .abandon: "abandonné"
            case .told: "prévenu autrement"
            case .absent: "n'en a rien"
            case .present: "l'a bien"
            case .hidingEnded: "masquage terminé"
            case .readdress: "copies changées"
            case .setAside: "laissé de côté"
            }
        }
    }

    struct Hide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Masquer, par exemple au patient jusqu'à la consultation d'annonce.",
            discussion: "Un compte rendu déjà parti est remplacé par une version masquée (MODIF_CONF_CODE).")
        @OptionGroup var decision: Decision
        @Option(help: "À qui : patient, professionnels, representants ; le patient par défaut.") var from: [Audience] =
            []
        @Option(help: ArgumentHelp("Fin du masquage ; sinon jusqu'à « unhide ».", valueName: "2026-11-30T08:00"))
        var until: String?
        @Flag(help: "Soins secrets d'un mineur : rien n'atteint ses représentants.") var secretCare = false
        @Option(help: "Confidentialité du document : N, R ou V ; R et V ne vont jamais au DMP.")
        var confidentiality: Visibility.Confidentiality?
        func run() async throws {
            var body = ReleaseBody(
                kind: .hide, reason: decision.reason, from: from.isEmpty ? nil : from,
                until: until.map { Moment(text: $0) })
            body.secretCare = secretCare ? true : nil
            body.confidentiality = confidentiality
            try await decision.send(body)
        }
    }

    struct Unhide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rendre visible ce qui était masqué.",
            discussion: "Soins secrets et confidentialité restent, tant qu'ils ne sont pas levés par leur nom.")
        @OptionGroup var decision: Decision
        @Flag(help: "Lever aussi les soins secrets.") var secretCare = false
        @Flag(help: "Rendre aussi au document sa confidentialité ordinaire (N).") var confidentiality = false
        func run() async throws {
            var body = ReleaseBody(kind: .unhide, reason: decision.reason)
            body.secretCare = secretCare ? false : nil
            body.confidentiality = confidentiality ? .normal : nil
            try await decision.send(body)
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retirer : supprimer là où il est allé (erreur de patient).")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(ReleaseBody(kind: .withdraw, reason: decision.reason)) }
    }

    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Envoyer de nouveau la version en vigueur aux mêmes destinataires.")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(ReleaseBody(kind: .resend, reason: decision.reason)) }
    }
}

struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Envois des comptes rendus : qui l'a, qui l'a lu, qui n'a pu le recevoir et pourquoi.",
        discussion: """
            À PRÉVENIR : ce destinataire a une version qui n'est plus juste, ou qui est retirée, et ne peut recevoir \
            la nouvelle, ou personne n'a reçu le compte rendu ; une personne le prévient, puis l'écrit : paillasse \
            deliveries told DEMANDE DESTINATAIRE --reason …
            À SIGNER : un masquage a pris fin et ne peut être levé, le dossier ayant changé depuis la signature ; un \
            biologiste le relit et le signe de nouveau.
            NON FAIT : le dossier est signé et son compte rendu ne peut être fait ; la cause écartée, il part de \
            lui-même ; sinon corriger et signer de nouveau (paillasse bio amend).
            """,
        subcommands: [List.self, Retry.self, Abandon.self, Told.self, Absent.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "La liste, les plus récents d'abord.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length
        @Option(help: ArgumentHelp("D'une seule demande.", valueName: "numéro")) var request: String?
        @Flag(help: "Seulement ceux qui attendent la décision d'une personne.") var dead = false
        @Flag(help: "Chaque version de chaque destinataire, pas seulement ce qu'il a maintenant.") var all = false

        func run() async throws {
            let client = try listing.client()
            let alarms = try await client.status().alarms
            let found: [DeliveryLineView], withheld: [WithheldView]
            var left = 0
            if dead {
                let all = try await client.deadLetters(request: request), most = length.limit ?? all.count
                (found, withheld) = (Array(all.deliveries.prefix(most)), Array(all.withheld.prefix(most)))
                left = all.count - found.count - withheld.count
            } else {
                found = try await client.deliveries(request: request, limit: length.limit)
                withheld = try await client.withheld(request: request, limit: length.limit)
            }
            let standings = StandingView.all(found, withheld)
            if listing.json {
                return try Output.json(
                    Reached(deliveries: found, withheld: withheld, standings: standings, alarms: alarms))
            }
            for alarm in alarms { Output.prose(alarm) }
            Output.table(DeliveriesCommand.table(found), empty: "aucun envoi")
            let people =
                all || dead
                ? DeliveriesCommand.recipients(found, withheld) : DeliveriesCommand.standings(standings)
            if !people.rows.isEmpty {
                Output.line()
                Output.table(people, empty: "")
            }
            if left > 0 { Output.prose("\(left) de plus attendent une décision : augmenter --limit") }
        }
    }

    /// Who was sent what, and who was not.
    struct Reached: Encodable {
        var deliveries: [DeliveryLineView]
        var withheld: [WithheldView]
        /// What each destination has now.
        var standings: [StandingView]
        var alarms: [String]
    }

    struct Told: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Noter que l'on a prévenu autrement qui ne pouvait recevoir la version en vigueur.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "DMP, patient ou l'adresse, comme dans la liste.") var destination: String
        @Option(help: "Comment, gardé dans la piste d'audit.") var reason: String

        func run() async throws {
            var body = ReleaseBody(kind: .told, reason: reason)
            body.destination = destination
            let story = try await listing.client().release(request, body)
            if listing.json { return try Output.json(story) }
            ReportCommand.Release.say(story)
        }
    }

    struct Absent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Noter qu'un DMP ou une boîte n'a rien de ce compte rendu.",
            discussion: """
                Pour un refus qui le dit dans d'autres mots que ceux que le logiciel connaît. Rien n'y est plus \
                remplacé ni supprimé ; la prochaine version, ou « report resend », y va comme la première. Un \
                acquittement positif reçu ensuite l'emporte ; --undo le reprend.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "DMP, patient ou l'adresse, comme dans la liste.") var destination: String
        @Option(help: "Comment on le sait, gardé dans la piste d'audit.") var reason: String
        @Flag(help: "Le destinataire l'a bien : reprendre ce qui a été noté.") var undo = false

        func run() async throws {
            var body = ReleaseBody(kind: undo ? .present : .absent, reason: reason)
            body.destination = destination
            let story = try await listing.client().release(request, body)
            if listing.json { return try Output.json(story) }
            ReportCommand.Release.say(story)
            Output.table(
                DeliveriesCommand.standings(StandingView.all(story.deliveries, story.withheld)), empty: "aucun envoi")
        }
    }

    /// A decision about one delivery.
    struct Decision: ParsableArguments {
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Identifiant du message (colonne MESSAGE).") var delivery: String
        @Option(help: "Motif, gardé dans la piste d'audit.") var reason: String

        func send(_ kind: ReleaseAct.Kind) async throws {
            let story = try await listing.client().release(
                request, ReleaseBody(kind: kind, reason: reason, delivery: delivery))
            if listing.json { return try Output.json(story) }
            ReportCommand.Release.say(story)
            if kind == .abandon { return Output.prose("message \(delivery) : abandonné") }
            guard let again = story.deliveries.last else { return }
            let people = again.recipients.map(\.address).joined(separator: ", ")
            Output.prose("message \(delivery) : repris sous le numéro \(again.controlID), vers \(people)")
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Envoyer de nouveau, sous un autre numéro, un message refusé ou resté sans réponse.",
            discussion: "Un retrait que le DMP ou une boîte a refusé ne leur est redemandé qu'à eux.")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(.retry) }
    }

    struct Abandon: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Renoncer à un envoi.")
        @OptionGroup var decision: Decision
        func run() async throws { try await decision.send(.abandon) }
    }

    static func table(_ found: [DeliveryLineView]) -> Table {
        var table = Table("DEMANDE", "#VERSION", "VERS", "*TRANSPORT", "DMP", "MSS", "*DERNIER ÉVÉNEMENT", "MESSAGE")
        for delivery in found {
            let last = delivery.events.last.map { "\($0.at.french) \($0.detail ?? "")" } ?? ""
            table.add(
                delivery.requestNumber ?? delivery.requestID, String(delivery.version), delivery.destination,
                delivery.transport + (delivery.road.map { " (\($0))" } ?? ""), delivery.dmp, delivery.mail, last,
                delivery.controlID)
        }
        return table
    }

    /// One line a destination: what it has now.
    static func standings(_ found: [StandingView]) -> Table {
        var table = Table("DEMANDE", "*DESTINATAIRE", "#A LA VERSION", "ÉTAT", "LE", "*POURQUOI")
        for one in found {
            let others = found.contains {
                $0.requestNumber == one.requestNumber && $0.destination == "DMP" && $0.matricule != one.matricule
            }
            let record = one.destination == "DMP" && others ? "DMP (INS \(one.matricule ?? "?"))" : one.destination
            table.add(
                one.requestNumber, record.isEmpty ? "prescripteur" : record, one.version.map(String.init) ?? "–",
                one.words, one.at?.french ?? "", one.problem ?? "")
        }
        return table
    }

    /// One line a destination and version: who has it, who read it, who could not, who was not sent it, and why.
    static func recipients(_ found: [DeliveryLineView], _ withheld: [WithheldView]) -> Table {
        var table = Table("DEMANDE", "#VERSION", "*DESTINATAIRE", "ÉTAT", "LE", "*POURQUOI")
        for delivery in found {
            for one in delivery.recipients {
                table.add(
                    delivery.requestNumber ?? delivery.requestID, String(delivery.version), one.address, one.state,
                    one.at?.french ?? "", one.problem ?? "")
            }
        }
        for one in withheld {
            table.add(
                one.requestNumber, String(one.version), one.destination.isEmpty ? "prescripteur" : one.destination,
                one.state, one.at.french, one.words + (one.told.map { " – prévenu \($0)" } ?? ""))
        }
        return table
    }

    /// What happened, one line for attempts in a row that reached nobody.
    static func told(_ events: [DeliveryEventView]) -> [(at: Moment, word: String, detail: String)] {
        var lines = [(at: Moment, word: String, detail: String)]()
        var unreached = 0
        for (place, event) in events.enumerated() {
            let next = place + 1 < events.count ? events[place + 1].kind : nil
            if event.kind == .attempted, next == .unreached { continue }
            guard event.kind == .unreached else {
                unreached = 0
                lines.append((event.at, word(event.kind), event.detail ?? ""))
                continue
            }
            unreached += 1
            if unreached > 1 { lines.removeLast() }
            let tries = unreached > 1 ? ", \(unreached) essais" : ""
            lines.append((event.at, word(event.kind) + tries, event.detail ?? ""))
        }
        return lines
    }

    static func word(_ kind: DeliveryEvent.Kind) -> String {
        switch kind {
        case .attempted: "envoyé"
        case .failed: "sans réponse"
        case .unreached: "PFI injoignable"
        case .accepted: "accepté par la PFI"
        case .refused: "refusé"
        case .abandoned: "abandonné"
        case .dmpAccepted: "au DMP"
        case .dmpRefused: "refusé par le DMP"
        case .mailDelivered: "remis"
        case .mailRefused: "non remis"
        case .mailRead: "lu"
        }
    }
}

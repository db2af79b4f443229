import ArgumentParser
import Base
import Client
import Console
import Laboratory

struct RequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Demandes d'analyses (dossiers).",
        subcommands: [Add.self, Change.self, Clinical.self, List.self, Show.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enregistrer une demande.")
        @OptionGroup var listing: Listing
        @Option(help: ArgumentHelp("Identifiant du patient.", valueName: "id")) var patient: String
        @Option(help: ArgumentHelp("Analyses et bilans, séparés par des virgules : NFS,CRP.", valueName: "codes"))
        var codes: String
        @OptionGroup var prescriber: PrescriberOptions
        @Option(help: ArgumentHelp("Date de prescription AAAA-MM-JJ ; aujourd'hui par défaut.", valueName: "date"))
        var prescribedOn: CivilDate?
        @Flag(help: "Demande urgente.") var urgent = false
        @Option(help: ArgumentHelp("Heure de prélèvement, AAAA-MM-JJTHH:MM.", valueName: "instant"))
        var collected: String?
        @Option(help: "Renseignements cliniques, en mots.") var note: String?
        @OptionGroup var addressees: AddresseeOptions
        @OptionGroup var clinical: ClinicalOptions

        func run() async throws {
            let codes = codes.split(separator: ",").map { code in String(code.filter { $0 != " " }) }
            var body = RequestBody(patientID: patient, codes: codes, prescriber: prescriber.body)
            body.prescribedOn = prescribedOn
            body.priority = urgent ? .urgent : nil
            body.collectedAt = collected.map { Moment(text: $0) }
            body.note = note
            let addressees = try addressees.body
            body.recipients = addressees?.recipients
            body.encounter = addressees?.encounter
            body.clinical = clinical.body
            let made = try await listing.client().addRequest(body)
            if listing.json { return try Output.json(made) }
            Output.prose("demande \(made.request.number) enregistrée : \(made.request.lines.count) analyses")
            RequestCommand.show(made.specimens)
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ajouter des analyses à une demande, en retirer qui n'ont pas de résultat, changer les copies.",
            discussion: """
                --copy donne toute la liste. Après la signature, une copie ajoutée reçoit d'elle-même la version en \
                vigueur, une copie retirée apprend que la sienne est annulée ; le type de venue vaut pour les comptes \
                rendus à venir.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro ou identifiant de la demande.") var request: String
        @Option(help: ArgumentHelp("Analyses et bilans à ajouter, séparés par des virgules.", valueName: "codes"))
        var add: String?
        @Option(help: ArgumentHelp("Analyses et bilans à retirer ; avec --reason.", valueName: "codes"))
        var cancel: String?
        @Option(help: "Motif du retrait.") var reason: String?
        @OptionGroup var addressees: AddresseeOptions
        @Flag(help: "Plus de copie à personne.") var noCopy = false

        func validate() throws {
            let says = addressees.isSaid || noCopy
            if [add != nil, cancel != nil, says].count(where: { $0 }) != 1 {
                throw ValidationError("donner --add, ou --cancel, ou les copies et la venue (--copy, --encounter)")
            }
            if noCopy, !addressees.copy.isEmpty { throw ValidationError("--copy ou --no-copy") }
            if (cancel == nil) != (reason == nil) { throw ValidationError("--cancel et --reason vont ensemble") }
        }

        func run() async throws {
            if var body = try addressees.body ?? (noCopy ? AddresseesBody() : nil) {
                if noCopy { body.recipients = [] }
                let changed = try await listing.client().setAddressees(request, body)
                if listing.json { return try Output.json(changed) }
                return Output.prose("demande \(changed.number)\n" + AddresseeOptions.words(changed))
            }
            let codes = (add ?? cancel ?? "").split(separator: ",").map { code in String(code.filter { $0 != " " }) }
            let client = try listing.client()
            let made =
                if let reason {
                    try await client.cancelLines(request, CancelLinesBody(codes: codes, reason: reason))
                } else { try await client.addLines(request, AddLinesBody(codes: codes)) }
            if listing.json { return try Output.json(made) }
            Output.prose("demande \(made.request.number) : \(made.request.lines.count) analyses")
            RequestCommand.show(made.specimens)
        }
    }

    struct Clinical: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dire ce qu'on sait du patient pour cette demande : ses résultats sont jugés de nouveau.",
            discussion: """
                Ce qui n'est pas donné ici est oublié : redonner le tout. Ce qui est signé est jugé de nouveau aussi : \
                le dossier revient au biologiste si un résultat en change.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro ou identifiant de la demande.") var request: String
        @OptionGroup var clinical: ClinicalOptions
        @Option(help: "Motif du changement.") var reason: String

        func run() async throws {
            var body = clinical.body ?? ClinicalBody()
            body.reason = reason
            let changed = try await listing.client().setClinical(request, body)
            if listing.json { return try Output.json(changed) }
            Output.prose(
                "demande \(changed.number) : " + (changed.clinical?.frenchText ?? "rien de connu sur le patient"))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister les demandes, les plus récentes d'abord.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length

        func run() async throws {
            let found = try await listing.client().requests(limit: length.limit)
            if listing.json { return try Output.json(found) }
            var table = Table("NUMÉRO", "ENREGISTRÉE", "*PATIENT", "*PRESCRIPTEUR", "#ANALYSES", "PRIORITÉ")
            for request in found {
                table.add(
                    request.number, request.registeredAt.french, request.patientName ?? request.patientID,
                    request.prescriber.displayName, String(request.lines.count), request.priority.word)
            }
            Output.table(table, empty: "aucune demande")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Montrer une demande, ses tubes et ses résultats.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro ou identifiant de la demande.") var request: String

        func run() async throws {
            let file = try await listing.client().request(request)
            if listing.json { return try Output.json(file) }
            Output.prose(
                "demande \(file.request.number) \(file.request.priority.word)\n"
                    + "patient \(file.patient.displayName), né(e) le \(file.patient.traits.birthDate.french), "
                    + "IPP \(file.patient.ipp)\nprescripteur \(file.request.prescriber.displayName), "
                    + "le \(file.request.prescribedOn.french)\n" + AddresseeOptions.words(file.request))
            if let clinical = file.request.clinical { Output.prose("contexte : \(clinical.frenchText)") }
            Output.line()
            RequestCommand.show(file.specimens)
            Output.line()
            var table = Table("ANALYSE", "#RÉSULTAT", "INTERVALLE", "*DRAPEAU", "*ÉTAT", "*RETENUES", "ID")
            for line in file.request.lines {
                let found = file.observations.filter { $0.analysis == line.analysis }
                if found.isEmpty { table.add(line.analysis, "", "", "", "à faire", "", "") }
                for observation in found {
                    table.add(
                        observation.analysis, observation.result, BioWords.bounds(observation),
                        observation.mark, observation.state?.rawValue ?? "", observation.holdCodes, observation.id)
                }
            }
            Output.table(table, empty: "aucune analyse")
            for signature in file.signatures {
                Output.line()
                Output.prose(
                    "version \(signature.version)\(signature.complete ? "" : " (partielle)") signée par "
                        + "\(signature.biologist.displayName) le \(signature.at.french)\n"
                        + "empreinte \(signature.contentHash)")
            }
            if let back = file.withdrawal {
                Output.prose(BioWords.say(.cliWithdrawn, back.at.french, back.by, back.reason))
            }
        }
    }

    static func show(_ specimens: [SpecimenView]) {
        var table = Table("TUBE N°", "NATURE", "TUBE", "*ANALYSES", "PRÉLEVÉ", "REÇU", "*NON-CONFORMITÉ")
        for specimen in specimens {
            table.add(
                specimen.accession, specimen.kind, specimen.tube, specimen.analyses.joined(separator: ", "),
                specimen.collectedAt?.french ?? "", specimen.receivedAt?.french ?? "", specimen.nonconformity ?? "")
        }
        Output.table(table, empty: "aucun tube")
    }
}

/// What intervals, deltas and calculations look at of the person.
struct ClinicalOptions: ParsableArguments {
    @Flag(help: "Patiente enceinte.") var pregnant = false
    @Option(help: ArgumentHelp("Semaines d'aménorrhée révolues.", valueName: "semaines")) var weeks: Int?
    @Option(help: ArgumentHelp("Jour où ces semaines sont comptées ; aujourd'hui par défaut.", valueName: "date"))
    var weeksOn: CivilDate?
    @Option(
        help: ArgumentHelp(
            "Contexte connu, autant de fois que besoin : "
                + ClinicalContext.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "contexte"))
    var context: [String] = []
    @Option(help: ArgumentHelp("Poids en kilogrammes.", valueName: "kg")) var weight: String?
    @Option(help: ArgumentHelp("Date de ce poids ; aujourd'hui par défaut.", valueName: "date"))
    var weighedOn: CivilDate?
    @Option(help: ArgumentHelp("Volume d'un recueil d'urines, en litres.", valueName: "L")) var urineVolume: String?
    @Option(help: ArgumentHelp("Durée de ce recueil, en heures.", valueName: "h")) var urineHours: String?

    /// Nil when nothing was said.
    var body: ClinicalBody? {
        var body = ClinicalBody()
        body.pregnant = pregnant ? true : nil
        body.weeks = weeks
        body.weeksOn = weeksOn
        body.contexts = context.isEmpty ? nil : context
        body.weight = weight
        body.weighedOn = weighedOn
        body.urineVolume = urineVolume
        body.urineHours = urineHours
        return body == ClinicalBody() ? nil : body
    }
}

/// Who gets copies, and how the patient came.
struct AddresseeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Copie à un autre professionnel, autant de fois que besoin ; l'adresse MSSanté peut manquer.",
            valueName: "RPPS : NOM : Prénom : adresse"))
    var copy: [String] = []
    @Option(help: "Venue : ambulatoire, hospitalisation, urgences ; ambulatoire par défaut.")
    var encounter: EncounterWord?

    var isSaid: Bool { encounter != nil || !copy.isEmpty }

    /// Nil when nothing was said.
    var body: AddresseesBody? {
        get throws {
            guard isSaid else { return nil }
            var body = AddresseesBody()
            if !copy.isEmpty { body.recipients = try copy.map { try AddresseeOptions.person($0) } }
            body.encounter = encounter?.encounter
            return body
        }
    }

    private static func person(_ text: String) throws(Refusal) -> ProfessionalBody {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard (3...4).contains(parts.count) else {
            throw Refusal.usage(
                "copie mal écrite",
                "écrire --copy '10009876543 : CHARLES : Pascal : pascal.charles@medecin.mssante.fr'")
        }
        var body = ProfessionalBody(nationalID: nationalID(parts[0]), family: parts[1], given: parts[2])
        if parts.count > 3, !parts[3].isEmpty { body.securedMail = parts[3] }
        return body
    }

    static func words(_ request: RequestView) -> String {
        let copies = request.recipients.map { who in
            who.displayName + " (" + (who.securedMail ?? "sans adresse MSSanté") + ")"
        }
        return "venue : \(EncounterWord(request.encounter).rawValue)\ncopies : "
            + (copies.isEmpty ? "aucune" : copies.joined(separator: ", "))
    }
}

/// The words of `--encounter`.
enum EncounterWord: String, ExpressibleByArgument, CaseIterable {
    case ambulatoire, hospitalisation, urgences
    var encounter: EncounterClass {
        switch self {
        case .ambulatoire: .ambulatory
        case .hospitalisation: .inpatient
        case .urgences: .emergency
        }
    }
    init(_ encounter: EncounterClass) {
        switch encounter {
        case .ambulatory: self = .ambulatoire
        case .inpatient: self = .hospitalisation
        case .emergency: self = .urgences
        }
    }
}

/// Who prescribed.
struct PrescriberOptions: ParsableArguments {
    @Option(help: "RPPS du prescripteur, 11 chiffres.") var prescriberRpps: String
    @Option(help: "Nom du prescripteur.") var prescriberName: String
    @Option(help: "Prénom du prescripteur.") var prescriberGiven: String
    @Option(help: "Civilité d'exercice : DR, PR…") var prescriberTitle: String = "DR"
    @Option(help: "Spécialité du prescripteur, code de JDV_J01, ex. G15_10/SM54 ; « Médecin » par défaut.")
    var prescriberSpeciality: String?
    @Option(help: "Libellé de cette spécialité.") var prescriberSpecialityLabel: String?
    @Option(help: "Adresse MSSanté du prescripteur.") var prescriberMail: String?
    @Option(help: "Téléphone du prescripteur.") var prescriberPhone: String?

    var body: ProfessionalBody {
        var body = ProfessionalBody(
            nationalID: nationalID(prescriberRpps), family: prescriberName, given: prescriberGiven)
        body.title = prescriberTitle
        body.speciality = prescriberSpeciality
        body.specialityLabel = prescriberSpecialityLabel
        body.securedMail = prescriberMail
        body.phone = prescriberPhone
        return body
    }
}

struct SpecimenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "specimen", abstract: "Tubes.", subcommands: [Receive.self])

    struct Receive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Recevoir un tube.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro du tube (code-barres).") var accession: String
        @Option(help: ArgumentHelp("Heure de prélèvement, AAAA-MM-JJTHH:MM[+01:00].", valueName: "instant"))
        var collected: String?
        @Option(help: "Ce qui ne va pas avec le tube.") var nonconformity: String?

        func run() async throws {
            let body = ReceiveBody(collectedAt: collected.map { Moment(text: $0) }, nonconformity: nonconformity)
            let specimen = try await listing.client().receive(accession, body)
            if listing.json { return try Output.json(specimen) }
            Output.prose(
                "tube \(specimen.accession) reçu le \(specimen.receivedAt?.french ?? "?"), prélevé le "
                    + (specimen.collectedAt?.french ?? "? (heure inconnue)"))
        }
    }
}

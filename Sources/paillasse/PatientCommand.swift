import ArgumentParser
import Base
import Client
import Laboratory

extension IdentityStatus: ExpressibleByArgument {}
extension IdentityAttribute: ExpressibleByArgument {}
extension AdministrativeSex: ExpressibleByArgument {}
extension CivilDate: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

struct PatientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patient", abstract: "Fichier des patients.",
        subcommands: [Add.self, Update.self, List.self, Show.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Créer un patient.")
        @OptionGroup var listing: Listing
        @OptionGroup var identity: IdentityOptions

        func run() async throws {
            let patient = try await listing.client().addPatient(try identity.body)
            if listing.json { return try Output.json(patient) }
            Output.prose("patient \(patient.id) créé, IPP \(patient.ipp), identité \(patient.status.rawValue)")
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Écrire une nouvelle version de l'identité (toutes les données sont redonnées).")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du patient.") var id: String
        @OptionGroup var identity: IdentityOptions

        func run() async throws {
            let patient = try await listing.client().updatePatient(id, try identity.body)
            if listing.json { return try Output.json(patient) }
            Output.prose("patient \(patient.id), version \(patient.version), identité \(patient.status.rawValue)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Chercher des patients.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length
        @Argument(help: "Début du nom ou de l'IPP, ou matricule INS entier.") var search: String?

        func run() async throws {
            let found = try await listing.client().patients(search: search, limit: length.limit)
            if listing.json { return try Output.json(found) }
            var table = Table("ID", "IPP", "*NOM DE NAISSANCE", "*PRÉNOM", "NÉ(E) LE", "SEXE", "IDENTITÉ")
            for patient in found {
                table.add(
                    patient.id, patient.ipp, patient.traits.birthName, patient.traits.firstGivenName,
                    patient.traits.birthDate.french, patient.traits.sex.rawValue, patient.status.rawValue)
            }
            Output.table(table, empty: "aucun patient")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Montrer un patient.")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du patient.") var id: String

        func run() async throws {
            let patient = try await listing.client().patient(id)
            if listing.json { return try Output.json(patient) }
            var table = Table("", "*")
            table.add("ID", "\(patient.id) (version \(patient.version))")
            table.add("IPP", patient.ipp)
            let attributes = patient.attributes.map(\.rawValue).joined(separator: ", ")
            table.add("Identité", patient.status.rawValue + (attributes.isEmpty ? "" : " (\(attributes))"))
            if let ins = patient.ins { table.add("INS", "\(ins.matricule) (\(ins.authority.label))") }
            table.add("Nom de naissance", patient.traits.birthName)
            table.add("Prénoms", patient.traits.givenNames)
            table.add("Né(e) le", patient.birthTime?.french ?? patient.traits.birthDate.french)
            table.add("Sexe", patient.traits.sex.rawValue)
            table.add("Lieu de naissance", patient.traits.birthplace ?? "inconnu")
            if let name = patient.usedName { table.add("Nom utilisé", name) }
            if let name = patient.usedGivenName { table.add("Prénom utilisé", name) }
            if let phone = patient.phone { table.add("Téléphone", phone) }
            if let place = patient.address {
                table.add("Adresse", "\(place.street), \(place.postalCode) \(place.city)")
            }
            if let name = patient.legalRepresentative { table.add("Représentant légal", name) }
            if patient.opposedToDMP { table.add("DMP", "opposé(e)") }
            if let file = patient.administrative { CircleOptions.add(file, to: &table) }
            Output.table(table, empty: "")
        }
    }
}

/// The words of `--ins-authority`.
enum AuthorityWord: String, ExpressibleByArgument, CaseIterable {
    case nir, nia, test, demo
    var authority: INSAuthority {
        switch self {
        case .nir: .nir
        case .nia: .nia
        case .test: .nirTest
        case .demo: .nirDemonstration
        }
    }
}

struct IdentityOptions: ParsableArguments {
    @Option(help: "IPP ; attribué par le laboratoire quand il manque.") var ipp: String?
    @Option(help: "Nom de naissance.") var name: String
    @Option(help: "Premier prénom de naissance.") var given: String
    @Option(help: "Tous les prénoms de naissance.") var givenNames: String?
    @Option(help: ArgumentHelp("Date de naissance AAAA-MM-JJ (00 : inconnu).", valueName: "date")) var birth: CivilDate
    @Option(help: ArgumentHelp("Heure de naissance d'un nouveau-né, AAAA-MM-JJTHH:MM.", valueName: "instant"))
    var birthTime: String?
    @Option(help: "Sexe : F, M, U.") var sex: AdministrativeSex
    @Option(help: "Lieu de naissance, code INSEE à 5 caractères.") var birthplace: String?
    @Option(help: "Matricule INS, 15 caractères.") var ins: String?
    @Option(help: "Autorité du matricule.") var insAuthority: AuthorityWord = .nir
    @Option(help: "Statut de l'identité.") var status: IdentityStatus = .provisional
    @Option(help: "Attribut d'une identité provisoire ; plusieurs fois possible.") var attribute: [IdentityAttribute] =
        []
    @Option(help: "Nom utilisé.") var usedName: String?
    @Option(help: "Prénom utilisé.") var usedGiven: String?
    @Option(help: "Téléphone.") var phone: String?
    @Option(help: "Adresse « rue | code postal | ville ».") var address: String?
    @Option(help: "Représentant légal d'un mineur : nom et prénom.") var guardian: String?
    @Flag(help: "Opposition à l'alimentation du DMP.") var opposedToDmp = false
    @OptionGroup var circle: CircleOptions

    var body: PatientBody {
        get throws {
            var traits = TraitsBody(birthName: name, firstGivenName: given, birthDate: birth, sex: sex)
            traits.givenNames = givenNames
            traits.birthplace = birthplace
            var body = PatientBody(status: status, traits: traits)
            body.ipp = ipp
            body.attributes = attribute.isEmpty ? nil : attribute
            if let ins { body.ins = try INS(ins, authority: insAuthority.authority) }
            body.usedName = usedName
            body.usedGivenName = usedGiven
            body.birthTime = birthTime.map { Moment(text: $0) }
            body.phone = phone
            body.address = try address.map { try IdentityOptions.address($0) }
            body.legalRepresentative = guardian
            body.opposedToDMP = opposedToDmp ? true : nil
            body.administrative = try circle.body
            return body
        }
    }

    static func address(_ text: String) throws(Refusal) -> AddressBody {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard parts.count == 3 else {
            throw Refusal.usage("adresse mal écrite", "écrire --address '1 rue des Lilas | 75011 | PARIS'")
        }
        return AddressBody(street: parts[0], postalCode: parts[1], city: parts[2])
    }
}

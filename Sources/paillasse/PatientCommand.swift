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
            abstract: "Écrire une nouvelle version du dossier ; ce qui n'est pas donné reste.",
            discussion: "Une donnée se retire par son nom (--remove), une opposition par le sien (--not-opposed).")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du patient.") var id: String
        @OptionGroup var changes: IdentityChangeOptions

        func run() async throws {
            let client = try listing.client()
            let before = try await client.patient(id)
            let patient = try await client.updatePatient(id, try changes.body)
            if listing.json { return try Output.json(patient) }
            Output.prose("patient \(patient.id), version \(patient.version), identité \(patient.status.rawValue)")
            let old = PatientCommand.rows(before), new = PatientCommand.rows(patient)
            var table = Table("CHANGÉ", "*AVANT", "*APRÈS")
            for (name, value) in old where name != "ID" && !new.contains(where: { $0 == (name, value) }) {
                let now = new.first { known in known.0 == name && !old.contains { $0 == known } }
                table.add(name, value, now?.1 ?? "retiré")
            }
            for (name, value) in new
            where name != "ID" && !old.contains(where: { $0 == (name, value) })
                && !table.rows.contains(where: { $0.first == name && $0.last == value })
            {
                table.add(name, "–", value)
            }
            Output.table(table, empty: "rien n'a changé")
            let was = before.administrative, now = patient.administrative
            guard was?.familyDoctor != now?.familyDoctor || was?.sendsToDoctor ?? false != now?.sendsToDoctor ?? false
            else { return }
            // What is right for one request is a person's to say: the doctor of then was the right one then.
            Output.prose(
                """
                médecin traitant : ce qui n'est pas encore parti et les prochains comptes rendus vont à celui \
                d'aujourd'hui.
                Ce qui est déjà parti n'est ni repris à qui l'a, ni envoyé au nouveau ; pour un dossier précis : \
                paillasse request change DEMANDE --copy …
                """)
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
            for (name, value) in PatientCommand.rows(patient) { table.add(name, value) }
            Output.table(table, empty: "")
        }
    }

    /// Name and value of each datum of a file.
    static func rows(_ patient: PatientView) -> [(String, String)] {
        let attributes = patient.attributes.map(\.frenchText).joined(separator: ", ")
        var rows = [
            ("ID", "\(patient.id) (version \(patient.version))"), ("IPP", patient.ipp),
            ("Identité", patient.status.rawValue + (attributes.isEmpty ? "" : " (\(attributes))")),
        ]
        if let ins = patient.ins { rows.append(("INS", "\(ins.matricule) (\(ins.authority.label))")) }
        rows += [
            ("Nom de naissance", patient.traits.birthName), ("Prénoms", patient.traits.givenNames),
            ("Né(e) le", patient.birthTime?.french ?? patient.traits.birthDate.french),
            ("Sexe", patient.traits.sex.rawValue), ("Lieu de naissance", patient.traits.birthplace ?? "inconnu"),
        ]
        if let name = patient.usedName { rows.append(("Nom utilisé", name)) }
        if let name = patient.usedGivenName { rows.append(("Prénom utilisé", name)) }
        if let phone = patient.phone { rows.append(("Téléphone", phone)) }
        if let place = patient.address {
            rows.append(("Adresse", "\(place.street), \(place.postalCode) \(place.city)"))
        }
        if let name = patient.legalRepresentative { rows.append(("Représentant légal", name)) }
        if patient.opposedToDMP { rows.append(("DMP", "opposé(e)")) }
        if let file = patient.administrative { rows += CircleOptions.rows(file) }
        return rows
    }
}

extension AdministrativeView {
    fileprivate var sendsToDoctor: Bool { familyDoctor != nil && familyDoctorGetsReports }
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

extension PatientPart: ExpressibleByArgument {}

/// What changes of a file; all of it may be left out.
struct IdentityChangeOptions: ParsableArguments {
    @Option(help: "Nom de naissance.") var name: String?
    @Option(help: "Premier prénom de naissance.") var given: String?
    @Option(help: "Tous les prénoms de naissance.") var givenNames: String?
    @Option(help: ArgumentHelp("Date de naissance AAAA-MM-JJ (00 : inconnu).", valueName: "date")) var birth: CivilDate?
    @Option(help: ArgumentHelp("Heure de naissance d'un nouveau-né, AAAA-MM-JJTHH:MM.", valueName: "instant"))
    var birthTime: String?
    @Option(help: "Sexe : F, M, U.") var sex: AdministrativeSex?
    @Option(help: "Lieu de naissance, code INSEE à 5 caractères.") var birthplace: String?
    @Option(help: "Matricule INS, 15 caractères.") var ins: String?
    @Option(help: "Autorité du matricule.") var insAuthority: AuthorityWord = .nir
    @Option(help: "Statut de l'identité.") var status: IdentityStatus?
    @Option(help: "Attribut d'une identité provisoire ; plusieurs fois possible.") var attribute: [IdentityAttribute] =
        []
    @Option(help: "Nom utilisé.") var usedName: String?
    @Option(help: "Prénom utilisé.") var usedGiven: String?
    @Option(help: "Téléphone.") var phone: String?
    @Option(help: "Adresse « rue | code postal | ville ».") var address: String?
    @Option(help: "Représentant légal d'un mineur : nom et prénom.") var guardian: String?
    @Flag(help: "Opposition à l'alimentation du DMP.") var opposedToDmp = false
    @OptionGroup var circle: CircleOptions
    @Flag(help: "Envoyer de nouveau les comptes rendus au médecin traitant.") var withDoctor = false
    @Option(help: "Donnée à retirer ; plusieurs fois possible.") var remove: [PatientPart] = []
    @Option(help: "Opposition levée : dmp, boite_patient ou correspondants ; plusieurs fois possible.")
    var notOpposed: [Opposition.Way] = []

    var body: PatientChangeBody {
        get throws {
            var traits = PatientChangeBody.TraitsChange()
            traits.birthName = name
            traits.firstGivenName = given
            traits.givenNames = givenNames
            traits.birthDate = birth
            traits.sex = sex
            traits.birthplace = birthplace
            var body = PatientChangeBody()
            body.traits = traits == PatientChangeBody.TraitsChange() ? nil : traits
            body.status = status
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
            if withDoctor {
                var circle = body.administrative ?? AdministrativeBody()
                circle.familyDoctorGetsReports = true
                body.administrative = circle
            }
            body.remove = remove.isEmpty ? nil : remove
            body.notOpposed = notOpposed.isEmpty ? nil : notOpposed
            guard body != PatientChangeBody() else {
                throw Refusal.usage("rien à changer", "donner ce qui change, ou --remove, ou --not-opposed")
            }
            return body
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

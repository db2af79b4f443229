import ArgumentParser
import Base
import Client
import Laboratory

extension LegalRepresentative.Kind: ExpressibleByArgument {}
extension Opposition.Way: ExpressibleByArgument {}

/// Who is around a patient, and what the patient refused: what the identity feed will bring.
struct CircleOptions: ParsableArguments {
    @Option(help: "Courriel du patient.") var mail: String?
    @Option(help: "Autre adresse « rue | code postal | ville » ; plusieurs fois possible.") var otherAddress: [String] =
        []
    @Option(help: "Représentant légal « parent|tuteur|curateur : NOM : Prénom » ; plusieurs fois possible.")
    var representative: [String] = []
    @Option(help: "Médecin traitant : RPPS.") var doctorRpps: String?
    @Option(help: "Médecin traitant : nom.") var doctorName: String?
    @Option(help: "Médecin traitant : prénom.") var doctorGiven: String?
    @Option(help: "Médecin traitant : adresse MSSanté.") var doctorMail: String?
    @Flag(help: "Ne pas envoyer les comptes rendus au médecin traitant.") var withoutDoctor = false
    @Option(help: "Opposition : dmp, boite_patient ou correspondants ; plusieurs fois possible.")
    var opposed: [Opposition.Way] = []
    @Option(help: "Motif de l'opposition.") var oppositionReason: String?

    static func rows(_ file: AdministrativeView) -> [(String, String)] {
        var rows = [(String, String)]()
        if let mail = file.mail { rows.append(("Courriel", mail)) }
        for place in file.otherAddresses {
            rows.append(("Autre adresse", "\(place.street), \(place.postalCode) \(place.city)"))
        }
        for person in file.representatives {
            rows.append(("Représentant légal", "\(person.family) \(person.given ?? "") (\(person.kind.rawValue))"))
        }
        if let doctor = file.familyDoctor {
            let copy = file.familyDoctorGetsReports ? "reçoit les comptes rendus" : "ne reçoit pas les comptes rendus"
            let mail = doctor.securedMail ?? "sans adresse MSSanté"
            rows.append(("Médecin traitant", "\(doctor.displayName), \(mail), \(copy)"))
        }
        for one in file.oppositions {
            rows.append(("Opposition", "\(one.way.rawValue), le \(one.at.french) par \(one.recordedBy), \(one.reason)"))
        }
        return rows
    }

    /// Nil when nothing was said.
    var body: AdministrativeBody? {
        get throws {
            var body = AdministrativeBody()
            body.mail = mail
            if !otherAddress.isEmpty { body.otherAddresses = try otherAddress.map { try IdentityOptions.address($0) } }
            if !representative.isEmpty {
                body.representatives = try representative.map { try CircleOptions.person($0) }
            }
            body.familyDoctor = try doctor
            body.familyDoctorGetsReports = withoutDoctor ? false : nil
            if !opposed.isEmpty {
                guard let oppositionReason else {
                    throw Refusal.usage("une opposition a un motif", "ajouter --opposition-reason")
                }
                body.oppositions = opposed.map { .init(way: $0, reason: oppositionReason) }
            }
            return body == AdministrativeBody() ? nil : body
        }
    }

    private var doctor: ProfessionalBody? {
        get throws {
            guard doctorRpps != nil || doctorName != nil || doctorGiven != nil || doctorMail != nil else { return nil }
            guard let doctorRpps, let doctorName, let doctorGiven else {
                throw Refusal.usage(
                    "le médecin traitant se donne en entier", "écrire --doctor-rpps, --doctor-name et --doctor-given")
            }
            var body = ProfessionalBody(
                nationalID: doctorRpps.utf8.count == 11 ? "8" + doctorRpps : doctorRpps, family: doctorName,
                given: doctorGiven)
            body.securedMail = doctorMail
            return body
        }
    }

    private static func person(_ text: String) throws(Refusal) -> AdministrativeBody.RepresentativeBody {
        let parts = text.split(separator: ":").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard parts.count >= 2, let kind = LegalRepresentative.Kind(rawValue: parts[0]) else {
            throw Refusal.usage(
                "représentant légal mal écrit", "écrire --representative 'parent : DURAND : Paul'")
        }
        return .init(kind: kind, family: parts[1], given: parts.count > 2 ? parts[2] : nil)
    }
}

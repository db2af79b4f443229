import Base
import Client
import Laboratory

/// What surrounds the results of a file: who, where, when, what is doubtful.
enum BioContext {
    static func lines(_ file: FileToSignView) -> [String] {
        let traits = file.patient.traits
        let request = file.request
        var lines = [
            "patient \(file.patient.displayName), né(e) le \(traits.birthDate.french), \(traits.sex.rawValue), "
                + "identité \(file.patient.status.rawValue)" + (file.patient.ins == nil ? "" : ", INS"),
            "prescripteur \(request.prescriber.displayName), \(place(request.encounter)), prescrit le "
                + request.prescribedOn.french,
        ]
        let none = "aucun (ni traitement, ni grossesse, ni jeûne déclarés)"
        lines.append("renseignements : " + (request.declared ?? none))
        let visits = file.previous.map(\.observedAt)
        lines.append(
            "dernière visite : " + (visits.max { $0.text < $1.text }.map { String($0.french.prefix(10)) } ?? "aucune"))
        for specimen in file.specimens {
            lines.append(
                "tube \(specimen.accession) \(specimen.tube), prélevé le \(specimen.collectedAt?.french ?? "?"), reçu "
                    + "le \(specimen.receivedAt?.french ?? "?")"
                    + (specimen.nonconformity.map { ", NON CONFORME : \($0)" } ?? ""))
        }
        return lines + [controls(file)]
    }

    private static func place(_ encounter: EncounterClass) -> String {
        switch encounter {
        case .ambulatory: "en ville"
        case .inpatient: "hospitalisé"
        case .emergency: "aux urgences"
        }
    }

    /// The state of the controls that these results stand on.
    private static func controls(_ file: FileToSignView) -> String {
        let doubts = HoldGroup.controls(of: file.observations.map { ($0.analysis, $0.holds) })
        return "contrôles : " + (doubts.isEmpty ? "conformes" : doubts.joined(separator: " ; "))
    }
}

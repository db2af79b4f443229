import Base
import Client
import Laboratory

/// What surrounds the results of a file: who, where, when, what is doubtful.
enum BioContext {
    static func lines(_ file: FileToSignView, quality: [QualityStateView]) -> [String] {
        let traits = file.patient.traits
        let request = file.request
        var lines = [
            "patient \(file.patient.displayName), né(e) le \(traits.birthDate.french), \(traits.sex.rawValue), "
                + "identité \(file.patient.status.rawValue)" + (file.patient.ins == nil ? "" : ", INS"),
            "prescripteur \(request.prescriber.displayName), \(place(request.encounter)), prescrit le "
                + request.prescribedOn.french,
        ]
        lines.append("renseignements : " + (request.note ?? "aucun (ni traitement, ni grossesse, ni jeûne déclarés)"))
        let visits = file.previous.map(\.observedAt)
        lines.append(
            "dernière visite : " + (visits.max { $0.text < $1.text }.map { String($0.french.prefix(10)) } ?? "aucune"))
        for specimen in file.specimens {
            lines.append(
                "tube \(specimen.accession) \(specimen.tube), prélevé le \(specimen.collectedAt?.french ?? "?"), reçu "
                    + "le \(specimen.receivedAt?.french ?? "?")"
                    + (specimen.nonconformity.map { ", NON CONFORME : \($0)" } ?? ""))
        }
        return lines + [controls(file, quality)]
    }

    private static func place(_ encounter: EncounterClass) -> String {
        switch encounter {
        case .ambulatory: "en ville"
        case .inpatient: "hospitalisé"
        case .emergency: "aux urgences"
        }
    }

    /// The state of the controls that these results stand on.
    private static func controls(_ file: FileToSignView, _ quality: [QualityStateView]) -> String {
        let used = Set(file.observations.compactMap { line in line.origin.analyzer.map { "\($0)/\(line.analysis)" } })
        let states = quality.filter { used.contains("\($0.analyzer)/\($0.analysis)") }
        let bad = states.filter { $0.hold != nil }
        let known = used.count - Set(states.map { "\($0.analyzer)/\($0.analysis)" }).count
        let doubts =
            bad.map { "\($0.analysis) sur \($0.analyzer) \($0.state) (\($0.because))" }
            + (known > 0 ? ["\(known) analyse(s) sans contrôle"] : [])
        return "contrôles : " + (doubts.isEmpty ? "conformes" : doubts.joined(separator: " ; "))
    }
}

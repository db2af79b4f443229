import Base
import Client
import Console
import Laboratory

/// What surrounds the results of a file: who, where, when, what is doubtful.
enum BioContext {
    static func lines(_ file: FileToSignView) -> [String] {
        let traits = file.patient.traits
        let request = file.request
        var lines = [
            BioWords.say(
                .cliPatient, file.patient.displayName, traits.birthDate.french, traits.sex.rawValue,
                file.patient.status.rawValue + (file.patient.ins == nil ? "" : ", INS")),
            BioWords.say(
                .cliPrescriber, request.prescriber.displayName, place(request.encounter), request.prescribedOn.french),
        ]
        if !file.patient.attributes.isEmpty {
            let why = file.patient.attributes.map(BioWords.language.words).joined(separator: ", ")
            lines.insert(
                BioWords.say(
                    .cliIdentityDoubt, why, "paillasse patient update \(file.patient.id) --remove attributes"), at: 1)
        }
        lines.append(request.declared.map { BioWords.say(.notes, $0) } ?? BioWords.say(.noNotes))
        let visits = file.previous.map(\.observedAt)
        lines.append(
            visits.max { $0.text < $1.text }.map { BioWords.say(.lastVisit, String($0.french.prefix(10))) }
                ?? BioWords.say(.noVisit))
        for specimen in file.specimens {
            lines.append(
                BioWords.say(
                    .cliTube, specimen.accession, specimen.tube, specimen.collectedAt?.french ?? "?",
                    specimen.receivedAt?.french ?? "?")
                    + (specimen.nonconformity.map { ", " + BioWords.say(.nonconform, $0) } ?? ""))
        }
        return lines + [controls(file)]
    }

    private static func place(_ encounter: EncounterClass) -> String {
        switch encounter {
        case .ambulatory: BioWords.say(.town)
        case .inpatient: BioWords.say(.ward)
        case .emergency: BioWords.say(.emergency)
        }
    }

    /// The state of the controls that these results stand on.
    private static func controls(_ file: FileToSignView) -> String {
        let doubts = HoldGroup.controls(file.observations.map { ($0.analysis, $0.holds) }).map {
            let reason = BioWords.language.reason($0.code, $0.reason)
            return "\($0.code.rawValue) (\($0.analyses.joined(separator: ", "))) : \(reason)"
        }
        if !doubts.isEmpty { return BioWords.say(.controls, doubts.joined(separator: " ; ")) }
        let isMeasured = file.observations.contains { $0.origin.analyzer != nil }
        return BioWords.say(.controls, BioWords.say(isMeasured ? .controlsFine : .controlsNone))
    }
}

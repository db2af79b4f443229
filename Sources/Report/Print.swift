import Base
import Catalog
import Laboratory

// A signed report → what the page shows.

extension Composition {
    package var printed: PrintedReport { printed(on: .plain) }

    package func printed(on letterhead: Letterhead) -> PrintedReport {
        var report = PrintedReport(
            issuer: issuer(letterhead), patient: person, requestNumber: request.number,
            prescriber: "\(request.prescriber.displayName), prescription du \(request.prescribedOn.spoken)",
            recipients: copies,
            dates: PrintedReport.Dates(
                collected: collected,
                received: content.specimens.compactMap(\.receivedAt).min()?.spoken(in: zone) ?? "",
                edited: signed.producedAt.spoken(in: zone), editedAt: signed.producedAt),
            version: PrintedReport.Version(number: version, replacementNotice: replacementNotice),
            completeness: signed.signature.complete ? .complete : .partial, chapters: chapters.map(chapter),
            comment: conclusions.map {
                let isUntitled = $0.title == ReportSupplements.Conclusion.untitled
                return PrintedReport.Remark(title: isUntitled ? "" : $0.title, text: $0.text)
            },
            signatures: signed.isPreview
                ? []
                : otherSignatures + [
                    PrintedReport.Signature(
                        name: signed.signature.biologist.displayName,
                        role: signed.signature.isStanding == true
                            ? "Biologiste médical, accord permanent" : "Biologiste médical",
                        signedAt: signed.signature.at.spoken(in: zone))
                ])
        report.pending = pending.isEmpty ? "" : Composition.saying(pending)
        report.attached = supplements.attachedReports.map { "\($0.title) (n° \($0.number))" }
        return report
    }

    /// When, and by whom when somebody said it: `22/11/2026 à 07:12, par Rose PIQUET`.
    private var collected: String {
        guard let at = content.specimens.compactMap(\.collectedAt).min() else { return "" }
        var seen = Set<String>()
        let people = supplements.samplers.map(\.professional).filter { seen.insert($0.nationalID).inserted }
        return at.spoken(in: zone)
            + (people.isEmpty ? "" : ", par " + people.map(\.displayName).joined(separator: ", "))
    }

    private var replacementNotice: String {
        guard signed.replacedOID != nil else { return "" }
        if let words = signed.voidedWords { return "Annule et remplace \(words)." }
        return replacedVersion.map { "Annule et remplace la version \($0)." }
            ?? "Annule et remplace la version précédente."
    }

    private func issuer(_ letterhead: Letterhead) -> PrintedReport.Issuer {
        let signer = signed.signature.biologist
        var biologists = ["Biologiste responsable : " + site.director.displayName]
        if signer.nationalID != site.director.nationalID {
            biologists.append("Biologiste médical : " + signer.displayName)
        }
        return PrintedReport.Issuer(
            name: site.name, address: [site.address.street, site.address.postalCode + " " + site.address.city],
            phone: Composition.spoken(phone: site.phone), finess: site.finess, biologists: biologists,
            legalMentions: (site.accreditation.map { ["Accréditation COFRAC n° \($0)"] } ?? []) + letterhead.mentions,
            logo: letterhead.logo)
    }

    private var person: PrintedReport.Person {
        let traits = patient.traits
        let ins = patient.publishableINS
        return PrintedReport.Person(
            birthName: traits.birthName, usedName: patient.usedName ?? "", givenNames: traits.givenNames,
            birthDate: traits.birthDate.spoken, sex: traits.sex.printed, age: age,
            birthPlace: patient.administrative?.birthplaceName ?? traits.birthplace.map { "code INSEE \($0)" } ?? "",
            ins: ins.map { Composition.grouped($0.matricule) } ?? "", insNature: ins?.authority.label ?? "",
            ipp: patient.ipp, identityNote: patient.status.note)
    }

    /// `47 ans`, `18 mois`, `12 jours`, `5 heures`, at collection.
    private var age: String {
        guard
            let age = PatientAge(
                born: patient.traits.birthDate, bornAt: patient.birthTime, collected: sampledAt, in: zone),
            patient.traits.birthDate.month > 0
        else { return "" }
        if age.months >= 24 { return "\(age.months / 12) ans" }
        if age.months >= 2 { return "\(age.months) mois" }
        guard patient.traits.birthDate.isComplete else { return "" }
        if age.minutes >= 2 * 1440 || patient.birthTime == nil { return "\(age.minutes / 1440) j" }
        return "\(age.minutes / 60) h"
    }

    /// `+33298000000` → `02 98 00 00 00`; what is not a French number stays as it is.
    static func spoken(phone: String) -> String {
        let bare = phone.filter { $0 != " " && $0 != "." }
        let national = bare.hasPrefix("+33") ? "0" + bare.dropFirst(3) : bare
        guard national.utf8.count == 10, national.hasPrefix("0"), national.utf8.allSatisfy({ (48...57).contains($0) })
        else { return phone }
        var rest = national[...]
        var pairs = [Substring]()
        while !rest.isEmpty {
            pairs.append(rest.prefix(2))
            rest = rest.dropFirst(2)
        }
        return pairs.joined(separator: " ")
    }

    /// `2 79 03 51 215 189 89`
    static func grouped(_ matricule: String) -> String {
        var rest = matricule[...]
        return [1, 2, 2, 2, 3, 3, 2].map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: " ")
    }

    private func chapter(_ laid: LaidChapter) -> PrintedReport.Chapter {
        PrintedReport.Chapter(
            title: laid.chapter.title,
            panels: laid.sections.flatMap { section in
                section.groups.filter { !$0.lines.isEmpty }.map { group in
                    panel(group, section: laid.sections.count > 1 ? section.section.nameFR : "")
                } + printedIsolates(of: section) + remarks(on: section)
            })
    }

    private func panel(_ group: LaidGroup, section: String) -> PrintedReport.Panel {
        let specimens = specimens(of: group.lines)
        return PrintedReport.Panel(
            title: group.panel?.nameFR ?? section, specimen: specimens.map(describe).joined(separator: " ; "),
            lines: group.lines.map { supplemented(line($0), by: $0) },
            comment: specimens.compactMap { specimen in
                specimen.nonconformity.map { "Échantillon \(specimen.accession) non conforme : \($0)" }
            } + (group.panel.map { panelComments($0.code) } ?? [])
                + (group.isPartial ? ["Résultats partiels. " + Composition.saying(group.pending)] : []),
            pictures: group.panel.map { pictures(of: $0.code) } ?? [])
    }

    private func describe(_ specimen: Specimen) -> String {
        let kind = catalogue.specimen(specimen.kind)?.nameFR ?? specimen.kind
        let when = specimen.collectedAt.map { "prélevé le " + $0.spoken(in: zone) } ?? "heure de prélèvement inconnue"
        return "\(kind) – \(specimen.accession) – \(when)"
    }

    private func line(_ laid: LaidLine) -> PrintedReport.Line {
        let observation = laid.observation
        var line = PrintedReport.Line(
            name: laid.analysis.nameFR, value: observation.value.printed(as: laid.analysis.nature),
            unit: observation.value.printedUnit, flag: observation.printedFlag,
            interval: observation.reference?.printed ?? "", comments: laid.remarks)
        if case .notPerformed(let reason) = observation.value {
            line.notPerformed = "Non réalisé : " + reason
            line.interval = ""
        }
        if let previous = laid.previous, !previous.value.printed.isEmpty {
            let unit = previous.value.printedUnit
            // Another unit than today's would mislead if it were left out.
            let value =
                previous.value.printed(as: laid.analysis.nature)
                + (unit == line.unit || unit.isEmpty ? "" : " " + unit)
            line.previous = PrintedReport.Previous(
                value: value, date: CivilTime(previous.takenAt, in: zone).date.french)
        }
        line.trend = trend(of: laid)
        return line
    }
}

extension Observation {
    fileprivate var printedFlag: PrintedReport.Flag {
        if flags.contains(.criticallyHigh) { return .criticalHigh }
        if flags.contains(.criticallyLow) { return .criticalLow }
        if flags.contains(.high) { return .high }
        if flags.contains(.low) { return .low }
        return flags.contains(.abnormal) ? .abnormal : .none
    }
}

extension CivilDate {
    /// Unknown parts left out: `03/1979`, `1979`.
    fileprivate var spoken: String {
        isComplete ? french : month > 0 ? "\(padded(month, 2))/\(padded(year, 4))" : padded(year, 4)
    }
}

extension AdministrativeSex {
    fileprivate var printed: String {
        switch self {
        case .female: "F"
        case .male: "M"
        case .unknown: "I"
        }
    }
}

extension IdentityStatus {
    fileprivate var note: String {
        switch self {
        case .qualified: ""
        case .validated: "Identité validée"
        case .retrieved: "Identité récupérée"
        case .provisional: "Identité provisoire"
        }
    }
}

import Base
import CDA
import Catalog
package import Laboratory

// What was signed beside the observations → its place in the document.

/// A result in the second unit of the catalogue, with its interval.
struct EquivalentResult {
    let value: Measured
    let unit: String
    let bounds: AppliedInterval
    /// As `Observation.reference`.
    var reference: AppliedInterval? { bounds.legend == nil ? bounds : nil }
}

extension Observation {
    /// Its interval where it is one of reference: a decision value or a therapeutic range is never printed, nor sent,
    /// as what is normal (RULES section 6).
    var reference: AppliedInterval? { interval.flatMap { $0.legend == nil ? $0 : nil } }
}

extension LaidLine {
    /// What stands under the value: the decision value or the therapeutic range, the convention of the second unit,
    /// then the comment of the result.
    var remarks: [String] { [limits, conversion, observation.comment].compactMap { $0 } }

    /// `Conversion en g/L : trioléine (885,4 g/mol)`, where several conventions are in use (RULES section 9).
    private var conversion: String? {
        guard let second = analysis.alternative, !second.convention.isEmpty, equivalent != nil else { return nil }
        return "Conversion en \(Catalog.Unit.french(second.unit)) : \(second.convention)"
    }

    /// `Valeur décisionnelle : ≥ 1,03 mmol/L (≥ 0,40 g/L)`
    private var limits: String? {
        guard let interval = observation.interval, let legend = interval.legend, !interval.frenchText.isEmpty,
            case .measured(_, let unit) = observation.value
        else { return nil }
        func told(_ bounds: AppliedInterval, _ unit: String) -> String {
            [bounds.printed, Catalog.Unit.french(unit)].filter { !$0.isEmpty }.joined(separator: " ")
        }
        let second = equivalent.map { " (\(told($0.bounds, $0.unit)))" } ?? ""
        return "\(legend) : \(told(interval, unit))\(second)"
    }
}

extension AlternativeUnit {
    /// Decimals that keep the precision of a number in this unit: as many fewer as the factor has powers of ten.
    fileprivate func decimals(of number: Exact) -> Int {
        let power = String(factor.coefficient).utf8.count - 1 - factor.scale
        return max(0, number.scale - power)
    }
}

extension LaidLine {
    /// Nil when the catalogue has no second unit, or the value is not in the first one.
    var equivalent: EquivalentResult? {
        guard let second = analysis.alternative, case .measured(let value, analysis.unit) = observation.value else {
            return nil
        }
        // As precise as what was measured, no digit more: 12,9 g/dL are 129 g/L.
        let places = second.decimals(of: value.number)
        func converted(_ bound: Exact?) -> Exact? {
            bound.flatMap { second.converted(Measured($0), places: max(places, second.decimals(of: $0)))?.number }
        }
        return second.converted(value, places: places).map {
            EquivalentResult(
                value: $0, unit: second.unit,
                bounds: AppliedInterval(
                    low: converted(observation.interval?.low), high: converted(observation.interval?.high),
                    kind: observation.interval?.kind ?? .reference))
        }
    }
}

extension Composition {
    /// Previous results given with each one.
    static let mostPrevious = 3

    /// Prescriber, copies, médecin traitant: each person once.
    var correspondents: [Laboratory.Professional] { request.correspondents(of: patient) }
    /// Those whom page and document name as recipients, by whatever way it comes to them: a mailbox or paper. Whom the
    /// patient's opposition keeps it from is not named.
    var addressees: [Laboratory.Professional] {
        let isOpposed = patient.isOpposed(to: .otherProfessionals)
        return correspondents.filter { !isOpposed || $0.nationalID == request.prescriber.nationalID }
    }
    /// Beside the prescriber, whom the page has in a line of his own.
    var copies: [String] {
        var seen: Set = [request.prescriber.nationalID]
        let doctor = patient.administrative?.familyDoctor?.nationalID
        return addressees.filter { seen.insert($0.nationalID).inserted }.map {
            $0.displayName + ($0.nationalID == doctor ? " (médecin traitant)" : "")
        }
    }

    /// What page and document conclude with: why this version came, then what was signed.
    var conclusions: [ReportSupplements.Conclusion] {
        (signed.editionNotice.map { [ReportSupplements.Conclusion(title: "Nouvelle édition", text: $0)] } ?? [])
            + supplements.conclusions
    }

    /// What is to come, by name.
    static func saying(_ pending: [String]) -> String {
        "En cours : \(pending.joined(separator: ", ")). La suite fera l'objet d'un nouveau compte rendu."
    }

    func supplement(_ document: inout CRBioDocument) {
        document.confidentiality = Confidentiality(rawValue: signed.visibility.confidentiality.rawValue) ?? .normal
        document.authenticators = authenticators
        document.samplers = supplements.samplers.map {
            CDA.Signature($0.professional.documented, at: stamp($0.at))
        }
        document.familyDoctor = patient.administrative?.familyDoctor?.documented
        document.informants = (patient.administrative?.relatives ?? []).map { .relative($0.documented) }
        document.conclusions = conclusions.map { CDA.Conclusion(title: $0.title, text: $0.text) }
        if !pending.isEmpty {
            document.conclusions.append(
                CDA.Conclusion(title: PrintedReport.pendingTitle, text: Composition.saying(pending)))
        }
        document.attachedReports = supplements.attachedReports.map {
            AttachedReport(title: $0.title, id: site.local(.files, $0.number), bytes: $0.pdf)
        }
    }

    /// Beside the signer, whose signature says it already: each biologist once, with the last validation.
    private func others(_ validations: [OtherValidation]) -> [OtherValidation] {
        var last = [String: OtherValidation]()
        for validation in validations
        where validation.biologist.nationalID != signed.signature.biologist.nationalID {
            let id = validation.biologist.nationalID
            guard let other = last[id] else {
                last[id] = validation
                continue
            }
            var both = other.at >= validation.at ? other : validation
            // Empty: everything.
            let isWhole = other.analyses.isEmpty || validation.analyses.isEmpty
            both.analyses = isWhole ? [] : other.analyses + validation.analyses
            last[id] = both
        }
        return last.values.sorted { ($0.at, $0.biologist.nationalID) < ($1.at, $1.biologist.nationalID) }
    }
    /// Of this report; not those of analyses that it does not give yet.
    var otherValidators: [OtherValidation] {
        let given = Set(content.observations.map(\.analysis))
        return others(
            supplements.validations.filter { $0.analyses.isEmpty || !given.isDisjoint(with: $0.analyses) })
    }
    /// Names of the analyses of this report that a biologist validated; empty: all of them.
    func scope(of validation: OtherValidation) -> [String] {
        let lines = chapters.flatMap(\.sections).flatMap(\.lines).map(\.analysis)
        let named = lines.filter { validation.analyses.contains($0.code) }
        return named.count == lines.count ? [] : named.map(\.nameFR)
    }
    private var authenticators: [CDA.Signature] {
        otherValidators.map { CDA.Signature(site.biologist($0.biologist), at: stamp($0.at)) }
    }

    func validation(_ who: Laboratory.Professional, at: Instant) -> Validation {
        Validation(at: stamp(at), id: .professional(who.nationalID), name: who.documentedName)
    }

    /// Those who validated the whole of a section, beside the signer.
    private func validators(ofWhole lines: [LaidLine]) -> [OtherValidation] {
        others(
            supplements.validations.filter { validation in
                validation.analyses.isEmpty || lines.allSatisfy { validation.analyses.contains($0.analysis.code) }
            })
    }
    func validations(of lines: [LaidLine]) -> [Validation] {
        validators(ofWhole: lines).map { validation($0.biologist, at: $0.at) }
    }
    /// Those who validated this line and not the whole of its section.
    func validations(ofLine line: LaidLine) -> [Validation] {
        if supplements.validations.isEmpty { return [] }
        let section = chapters.flatMap(\.sections).first { $0.section.code == line.analysis.section }?.lines ?? []
        let whole = Set(validators(ofWhole: section).map(\.biologist.nationalID))
        return others(supplements.validations.filter { $0.analyses.contains(line.analysis.code) })
            .filter { !whole.contains($0.biologist.nationalID) }.map { validation($0.biologist, at: $0.at) }
    }

    func subcontract(_ analysis: String) -> Subcontract? {
        supplements.subcontracts.first { $0.analyses.contains(analysis) }
    }
    /// The laboratory that made every one of these lines.
    func sharedSubcontract(_ lines: [LaidLine]) -> Subcontract? {
        guard let first = lines.first.flatMap({ subcontract($0.analysis.code) }) else { return nil }
        return lines.allSatisfy { subcontract($0.analysis.code) == first } ? first : nil
    }
    func performer(_ subcontract: Subcontract) -> Performer {
        let laboratory = subcontract.laboratory
        var director = laboratory.director.documented
        let telecoms = [Telecom.phone(laboratory.phone ?? "")].filter { _ in laboratory.phone != nil }
        director.organization = Organization(
            ids: [.structure("1" + laboratory.finess)], name: laboratory.name,
            telecoms: telecoms.isEmpty ? [.absent(.notAsked)] : telecoms, address: laboratory.address.documented,
            sector: laboratory.isHospital ? Organization.hospital : Organization.ambulatory)
        return Performer(at: stamp(subcontract.performedAt), director: director)
    }

    func method(_ analysis: String) -> AnalysisMethod? { supplements.methods.first { $0.analysis == analysis } }

    func describe(_ analysis: Analysis, into entry: inout ObservationEntry) {
        guard let method = method(analysis.code) else { return }
        if let technique = method.technique {
            entry.technique = method.techniqueCode.map { .ansm($0, technique) } ?? Technique(label: technique)
        }
        func coded(_ named: AnalysisMethod.Named?) -> [Coded] {
            named.map { [Coded($0.code, $0.name, system: OID.techniques)] } ?? []
        }
        entry.devices = coded(method.device)
        entry.reagents = coded(method.reagent)
    }

    func sectionComments(_ section: String) -> [String] {
        supplements.sectionComments.filter { $0.place == section }.map(\.text)
    }
    func panelComments(_ panel: String) -> [String] {
        supplements.panelComments.filter { $0.place == panel }.map(\.text)
    }
    func images(of place: String) -> [ImageEntry] {
        supplements.images.filter { $0.place == place }.map {
            ImageEntry(caption: $0.caption, format: $0.format == .png ? .png : .jpeg, bytes: $0.bytes)
        }
    }

    func isolates(of lines: [LaidLine]) -> [IsolateEntry] {
        let analyses = Set(lines.map(\.analysis.code))
        return supplements.isolates.filter { analyses.contains($0.analysis) }.map { isolate($0) }
    }

    /// An antibiotic that LOINC does not have stands under its waiting code, then the laboratory's own (CR-BIO sheet
    /// section 7.3.1).
    private func code(_ line: Susceptibility) -> AnalysisCode {
        AnalysisCode(
            label: line.antibiotic, loinc: line.loinc.map { .loinc($0, line.antibiotic) },
            translations: (line.waitingCode.map { [.waiting($0, line.antibiotic)] } ?? [])
                + (line.localCode.map { [Coded($0, line.antibiotic, system: site.arc(.antibiotics))] } ?? []))
    }

    private func isolate(_ isolate: Isolate) -> IsolateEntry {
        let at = stamp(isolate.observedAt)
        let count = isolate.count.map {
            ObservationEntry(
                code: AnalysisCode(
                    label: "Dénombrement", loinc: .loinc("51480-2", "Bactérie [Nombre/Volume] Urine ; Numérique")),
                outcome: .value(.measured($0, "/mL"), at: at))
        }
        let lines = isolate.susceptibilities.map { line in
            ObservationEntry(
                code: code(line),
                outcome: .value(
                    line.concentration.map { .measured($0, "ug/mL") }
                        ?? .qualitative(line.category.label, code: nil), at: at),
                interpretation: Interpretation(rawValue: line.category.rawValue))
        }
        var entry = IsolateEntry(
            isolate: site.local(.isolates, isolate.number), label: isolate.organism,
            snomed: isolate.snomed.map { .snomed($0, isolate.organism) },
            ncbi: isolate.ncbi.map { .ncbiTaxonomy($0, isolate.organism) }, at: at,
            findings: count.map { [$0] } ?? [],
            antibiogram: lines.isEmpty
                ? nil
                : PanelEntry(
                    code: AnalysisCode(label: "Antibiogramme", loinc: .loinc("18769-0", "Antibiogramme")),
                    observations: lines))
        entry.comments = isolate.comment.map { [$0] } ?? []
        return entry
    }
}

extension Susceptibility.Category {
    var label: String {
        switch self {
        case .susceptible: "Sensible"
        case .increasedExposure: "Sensible à forte posologie"
        case .resistant: "Résistant"
        case .doseDependent: "Sensible dose-dépendant"
        case .notSusceptible: "Non sensible"
        }
    }
}

extension Laboratory.Relative {
    fileprivate var documented: CDA.Relative {
        CDA.Relative(
            role: kind == .toWarn ? .toWarn : .ofTrust,
            relationship: relationship.map {
                Coded($0, relationshipLabel ?? $0, system: "2.16.840.1.113883.5.111")
            },
            name: PersonName(family: family, given: given), address: .absent(.notAsked),
            telecoms: phone.map { [.phone($0, use: "H")] } ?? [.absent(.notAsked)])
    }
}

extension Request {
    /// Whom the report is for: the prescriber first, the copies, the family doctor who gets reports; once each. Who is
    /// named with a mailbox in one place and without in another has the mailbox.
    package func correspondents(of patient: Laboratory.Patient) -> [Laboratory.Professional] {
        var all = [prescriber] + recipients
        if let file = patient.administrative, file.familyDoctorGetsReports, let doctor = file.familyDoctor {
            all.append(doctor)
        }
        for place in all.indices where all[place].securedMail == nil {
            let same = all.first { $0.nationalID == all[place].nationalID && $0.securedMail != nil }
            all[place].securedMail = same?.securedMail
        }
        var seen = Set<String>()
        return all.filter { seen.insert($0.nationalID + ($0.securedMail ?? "")).inserted }
    }
}

extension SignedReport {
    /// `les versions 1 et 2`; nil when the version that the document replaces is the only one.
    var voidedWords: String? {
        guard replacedOID != nil, voided.count > 1, let last = voided.last else { return nil }
        return "les versions \(voided.dropLast().map(String.init).joined(separator: ", ")) et \(last)"
    }
    /// The document names one version that it replaces; readers who have another are told so in its text.
    var editionNotice: String? {
        let parts = [notice, voidedWords.map { "Ce compte rendu annule et remplace \($0)." }].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }
}

package import Base
package import CDA
import Catalog
import Laboratory

// A signed report → CR-BIO document value.

/// Arcs under a site's OID root for the laboratory's own numbers. A request's documents stand under its number, which
/// has six digits first, so the two never meet.
enum LocalArc: Int {
    case patients = 1
    case requests = 2
    case encounters = 4
    case specimens = 5
    case files = 6
    case analyses = 7
    case panels = 8
    case isolates = 9
    case antibiotics = 10
}

extension Composition {
    /// The CR-BIO with its PDF copy, checked and written; when it is refused, the first reason and how many others.
    package func cda(pdf: [UInt8]) throws(Refusal) -> [UInt8] {
        do throws(DocumentRefused) { return try document(pdf: pdf).xml() } catch {
            throw Composition.first(of: error.refusals)
        }
    }

    static func first(of refusals: [Refusal]) -> Refusal {
        guard var refusal = refusals.first else {
            return Refusal("report.refused", because: "document refusé", remedy: "voir le dossier")
        }
        if refusals.count > 1 { refusal.cause += " (et \(refusals.count - 1) autre(s) raison(s))" }
        return refusal
    }

    package func document(pdf: [UInt8]) -> CRBioDocument {
        let producedAt = stamp(signed.producedAt)
        let laboratory = site.organization
        let biologist = site.biologist(signed.signature.biologist)
        let director = site.biologist(site.director)
        let signature = CDA.Signature(biologist, at: stamp(signed.signature.at))
        var document = CRBioDocument(
            id: signed.documentOID, setID: signed.setOID, version: version, replaces: signed.replacedOID,
            producedAt: producedAt, patient: patient.documented(at: site), authors: [.professional(signature)],
            custodian: laboratory, legalAuthenticator: signature,
            act: DocumentedAct(
                request: site.local(.requests, request.number), receivedAt: stamp(request.registeredAt),
                releasedAt: producedAt, performer: CDA.Signature(director, at: producedAt),
                isPartial: !signed.signature.complete),
            encounter: Encounter(
                id: site.local(.encounters, request.number), kind: request.encounter.kind, begin: stamp(sampledAt),
                responsible: director, facilityName: site.name, facilityAddress: site.address.documented),
            chapters: chapters.map(chapter),
            pdfCopy: PDFCopy(id: site.local(.files, "\(request.number).\(signed.signature.version)"), bytes: pdf))
        document.isPreview = signed.isPreview
        document.prescriber = CDA.Signature(request.prescriber.documented, at: Stamp(request.prescribedOn))
        document.recipients = addressees.map { IntendedRecipient($0.documented) }
        supplement(&document)
        return document
    }

    func stamp(_ instant: Instant) -> Stamp { Stamp(instant, in: zone) }

    private func chapter(_ laid: LaidChapter) -> CDA.Chapter {
        let code = Coded.loinc(laid.chapter.loinc, laid.chapter.title)
        // One section is the chapter itself; several are its sub-chapters, each with its entry.
        if laid.sections.count == 1, let section = laid.sections.first {
            return CDA.Chapter(code: code, title: laid.chapter.title, content: .block(block(section)))
        }
        return CDA.Chapter(
            code: code, title: laid.chapter.title,
            content: .subChapters(laid.sections.map { SubChapter(title: $0.section.nameFR, block: block($0)) }))
    }

    private func block(_ section: LaidSection) -> Block {
        let specimens = specimens(of: section.lines)
        let shared = sharedSubcontract(section.lines)
        var items: [Item] = specimens.map { .sampling(sampling($0)) }
        for group in section.groups where !group.lines.isEmpty {
            let made = shared == nil ? sharedSubcontract(group.lines) : nil
            var observations = [ObservationEntry]()
            observations.reserveCapacity(group.lines.count + 8)
            for line in group.lines {
                add(line, madeApart: shared == nil && (made == nil || group.panel == nil), to: &observations)
            }
            if let panel = group.panel {
                items.append(
                    .panel(
                        PanelEntry(
                            code: code(panel), status: group.isPartial ? .active : .completed,
                            observations: observations, comments: panelComments(panel.code),
                            performer: made.map(performer), images: images(of: panel.code))))
            } else {
                items += observations.map { .observation($0) }
            }
        }
        items += specimens.compactMap { specimen in
            specimen.nonconformity.map { .comment("Échantillon \(specimen.accession) non conforme : \($0)") }
        }
        items += isolates(of: section.lines).map { .isolate($0) }
        items += images(of: section.section.code).map { .image($0) }
        items += sectionComments(section.section.code).map { .comment($0) }
        if section.isPartial { items.append(.comment(Composition.saying(section.pending))) }
        return Block(
            status: section.isPartial ? .active : .completed, performer: shared.map(performer),
            validators: [validation(signed.signature.biologist, at: signed.signature.at)]
                + validations(of: section.lines),
            items: items)
    }

    private func sampling(_ specimen: Specimen) -> SamplingEntry {
        let kind = catalogue.specimen(specimen.kind)
        // USPEC, « échantillon à préciser », is in the value set for what the catalogue does not say.
        let hl7 = kind?.hl7 ?? catalogue.tube(specimen.tube)?.hl7 ?? "USPEC"
        return SamplingEntry(
            collectedAt: specimen.collectedAt.map(stamp), receivedAt: specimen.receivedAt.map(stamp),
            specimen: site.local(.specimens, specimen.accession),
            nature: SamplingEntry.nature(hl7, kind?.nameFR ?? "Échantillon à préciser"))
    }

    private func code(_ panel: Catalog.Panel) -> AnalysisCode {
        let local = Coded(panel.code, panel.nameFR, system: site.arc(.panels))
        return AnalysisCode(
            label: panel.nameFR, loinc: panel.loinc.map { .loinc($0.code, panel.nameFR) },
            translations: panel.loinc == nil ? [local] : [])
    }

    /// The French name stands as display name: the catalogue's official LOINC names are English, readers are not.
    private func code(_ analysis: Analysis) -> AnalysisCode {
        if let term = analysis.loinc {
            return AnalysisCode(label: analysis.nameFR, loinc: .loinc(term.code, analysis.nameFR), translations: [])
        }
        let local = Coded(analysis.code, analysis.nameFR, system: site.arc(.analyses))
        // What was said of this report stands before what the catalogue says of every one.
        let waiting = (method(analysis.code)?.waitingCode ?? analysis.waitingCode).map {
            Coded.waiting($0, analysis.nameFR)
        }
        return AnalysisCode(
            label: analysis.nameFR, loinc: nil, translations: (waiting.map { [$0] } ?? []) + [local])
    }

    /// The result, and the same in the second unit of the catalogue: two observations, two LOINC codes (CR-BIO sheet
    /// section 7.3.1); the second under the laboratory's own where the catalogue has none for it.
    private func add(_ line: LaidLine, madeApart: Bool, to entries: inout [ObservationEntry]) {
        var entry = observation(line)
        let analysis = line.analysis
        describe(analysis, into: &entry)
        if madeApart, let subcontract = subcontract(analysis.code) { entry.performer = performer(subcontract) }
        entry.validators = validations(ofLine: line)
        guard let second = line.equivalent else { return entries.append(entry) }
        let unit = CDA.Unit(catalogued: second.unit)
        var same = entry
        entries.append(entry)
        let term = analysis.alternative?.loinc
        same.code = AnalysisCode(
            label: "\(analysis.nameFR) (\(Catalog.Unit.french(second.unit)))",
            loinc: term.map { .loinc($0.code, analysis.nameFR) },
            translations: term != nil
                ? [] : [Coded(analysis.code + "-2", analysis.nameFR, system: site.arc(.analyses))])
        if case .value(_, let at) = entry.outcome { same.outcome = .value(.measured(second.value, unit), at: at) }
        same.reference = second.reference.flatMap { bounds in
            bounds.low == nil && bounds.high == nil
                ? nil : .numbers(low: bounds.low?.text, high: bounds.high?.text, unit: unit)
        }
        same.previous = []
        same.comments = []
        entries.append(same)
    }

    private func observation(_ line: LaidLine) -> ObservationEntry {
        let observation = line.observation
        var entry = ObservationEntry(
            code: code(line.analysis), outcome: .notPerformed(reason: ""), comments: line.remarks)
        if case .notPerformed(let reason) = observation.value {
            entry.outcome = .notPerformed(reason: "Non réalisé : " + reason)
            return entry
        }
        if let value = observation.value.documented(as: line.analysis.nature) {
            entry.outcome = .value(value, at: stamp(content.takenAt(of: observation)))
        }
        entry.interpretation = observation.interpretation
        if let interval = observation.reference, interval.low != nil || interval.high != nil {
            let unit: CDA.Unit? =
                if case .value(.number(_, _, let unit), _) = entry.outcome { unit } else {
                    observation.value.unit.flatMap { CDA.Unit(catalogued: $0) }
                }
            entry.reference = .numbers(low: interval.low?.text, high: interval.high?.text, unit: unit)
        }
        entry.previous = line.earlier.prefix(Composition.mostPrevious).compactMap { before in
            before.value.documented(as: line.analysis.nature).map {
                PreviousObservation(at: stamp(before.takenAt), value: $0)
            }
        }
        return entry
    }
}

extension CDA.Unit {
    /// Nil for a quantity without unit: `1`, nothing, or an annotation only such as `{INR}` (a unit of one in UCUM).
    init?(catalogued ucum: String) {
        let isBare = ucum == "1" || (ucum.first == "{" && ucum.firstIndex(of: "}") == ucum.indices.last)
        guard !ucum.isEmpty, !isBare else { return nil }
        self.init(ucum: CDA.Unit.judged(ucum), printed: Catalog.Unit.french(ucum))
    }

    /// The official rule takes `{annotations}` of lower-case letters away before it looks a unit up, and only those,
    /// so `mL/min/{1.73_m2}` fails. An annotation changes no unit (UCUM section 2.1, §12): the others are left out,
    /// and the LOINC code says what the value was related to.
    private static func judged(_ ucum: String) -> String {
        guard ucum.utf8.contains(0x7B), let open = ucum.firstIndex(of: "{"),
            let close = ucum[open...].firstIndex(of: "}")
        else { return ucum }
        let inside = ucum[ucum.index(after: open)..<close].dropFirst().dropLast()
        let rest = judged(String(ucum[ucum.index(after: close)...]))
        if inside.allSatisfy({ $0 >= "a" && $0 <= "z" }) { return ucum[...close] + rest }
        let head = ucum[..<open]
        return (head.hasSuffix("/") && !rest.hasPrefix("/") ? head.dropLast() : head) + rest
    }
}

extension ObservationValue {
    fileprivate func documented(as nature: Nature) -> ObservedValue? {
        switch self {
        case .measured(let value, let unit): .measured(value, CDA.Unit(catalogued: unit))
        case .coded(_, let display): .qualitative(display, code: nil)
        case .text(let text):
            (nature == .titre ? titre : nil).map {
                .titre(numerator: String($0.above), denominator: String($0.below))
            } ?? .text(text)
        case .notPerformed: nil
        }
    }
}

extension Observation {
    private static let gravest: [ResultFlag] = [
        .criticallyHigh, .criticallyLow, .high, .low, .abnormal, .positive, .negative, .detected, .notDetected, .normal,
    ]

    /// The gravest flag: the entry holds one.
    fileprivate var interpretation: Interpretation? {
        if flags.isEmpty { return nil }
        return Observation.gravest.first { flags.contains($0) }.flatMap { Interpretation(rawValue: $0.rawValue) }
    }
}

extension EncounterClass {
    fileprivate var kind: Encounter.Kind {
        switch self {
        case .ambulatory: .ambulatory
        case .inpatient: .hospitalStay
        case .emergency: .emergency
        }
    }
}

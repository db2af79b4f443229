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
        document.prescriber = CDA.Signature(request.prescriber.documented, at: Stamp(request.prescribedOn))
        document.recipients = ([request.prescriber] + request.recipients)
            .filter { $0.securedMail != nil }.map { IntendedRecipient($0.documented) }
        return document
    }

    private func stamp(_ instant: Instant) -> Stamp { Stamp(instant, in: zone) }

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
        var items: [Item] = specimens.map { .sampling(sampling($0)) }
        for group in section.groups where !group.lines.isEmpty {
            let observations = group.lines.map(observation)
            if let panel = group.panel {
                items.append(
                    .panel(
                        PanelEntry(
                            code: code(panel), status: group.isPartial ? .active : .completed,
                            observations: observations)))
            } else {
                items += observations.map { .observation($0) }
            }
        }
        items += specimens.compactMap { specimen in
            specimen.nonconformity.map { .comment("Échantillon \(specimen.accession) non conforme : \($0)") }
        }
        let biologist = signed.signature.biologist
        return Block(
            status: section.isPartial ? .active : .completed,
            validators: [
                Validation(
                    at: stamp(signed.signature.at), id: .professional(biologist.nationalID),
                    name: biologist.documentedName)
            ],
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
        let local = Coded(analysis.code, analysis.nameFR, system: site.arc(.analyses))
        return AnalysisCode(
            label: analysis.nameFR, loinc: analysis.loinc.map { .loinc($0.code, analysis.nameFR) },
            translations: analysis.loinc == nil ? [local] : [])
    }

    private func observation(_ line: LaidLine) -> ObservationEntry {
        let observation = line.observation
        var entry = ObservationEntry(
            code: code(line.analysis), outcome: .notPerformed(reason: ""),
            comments: observation.comment.map { [$0] } ?? [])
        if case .notPerformed(let reason) = observation.value {
            entry.outcome = .notPerformed(reason: "Non réalisé : " + reason)
            return entry
        }
        if let value = observation.value.documented {
            entry.outcome = .value(value, at: stamp(observation.observedAt))
        }
        entry.interpretation = observation.interpretation
        if let interval = observation.interval, interval.low != nil || interval.high != nil {
            entry.reference = .numbers(
                low: interval.low?.text, high: interval.high?.text,
                unit: observation.value.unit.flatMap { CDA.Unit(catalogued: $0) })
        }
        if let previous = line.previous, let value = previous.value.documented {
            entry.previous = [PreviousObservation(at: stamp(previous.observedAt), value: value)]
        }
        return entry
    }
}

extension CDA.Unit {
    /// Nil for a quantity without unit: `1`, nothing, or an annotation only such as `{INR}` (a unit of one in UCUM).
    fileprivate init?(catalogued ucum: String) {
        let isBare = ucum == "1" || (ucum.first == "{" && ucum.firstIndex(of: "}") == ucum.indices.last)
        guard !ucum.isEmpty, !isBare else { return nil }
        self.init(ucum: CDA.Unit.judged(ucum), printed: Catalog.Unit.french(ucum))
    }

    /// The official rule takes `{annotations}` of lower-case letters away before it looks a unit up, and only those,
    /// so `mL/min/{1.73_m2}` fails. An annotation changes no unit (UCUM section 2.1, §12): the others are left out,
    /// and the LOINC code says what the value was related to.
    private static func judged(_ ucum: String) -> String {
        guard let open = ucum.firstIndex(of: "{"), let close = ucum[open...].firstIndex(of: "}") else { return ucum }
        let inside = ucum[ucum.index(after: open)..<close].dropFirst().dropLast()
        let rest = judged(String(ucum[ucum.index(after: close)...]))
        if inside.allSatisfy({ $0 >= "a" && $0 <= "z" }) { return ucum[...close] + rest }
        let head = ucum[..<open]
        return (head.hasSuffix("/") && !rest.hasPrefix("/") ? head.dropLast() : head) + rest
    }
}

extension ObservationValue {
    fileprivate var documented: ObservedValue? {
        switch self {
        case .measured(let value, let unit): .measured(value, CDA.Unit(catalogued: unit))
        case .coded(_, let display): .qualitative(display, code: nil)
        case .text(let text): .text(text)
        case .notPerformed: nil
        }
    }
}

extension Observation {
    /// The gravest flag: the entry holds one.
    fileprivate var interpretation: Interpretation? {
        let gravest: [ResultFlag] = [
            .criticallyHigh, .criticallyLow, .high, .low, .abnormal, .positive, .negative, .detected, .notDetected,
            .normal,
        ]
        return gravest.first { flags.contains($0) }.flatMap { Interpretation(rawValue: $0.rawValue) }
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

extension Laboratory.Patient {
    fileprivate func documented(at site: Site) -> CDA.Patient {
        let minor = legalRepresentative.map {
            CDA.Patient.Guardian(
                name: PersonName(family: $0), address: address?.documented ?? .absent(.unknown),
                telecoms: phone.map { [Telecom.phone($0, use: "H")] } ?? [.absent(.unknown)])
        }
        return CDA.Patient(
            ins: publishableINS.map { .init(matricule: $0.matricule, root: $0.authority.rawValue) },
            localIDs: [site.local(.patients, ipp)], address: address?.documented ?? .absent(.unknown),
            telecoms: phone.map { [.phone($0, use: "H")] } ?? [.absent(.unknown)], birthFamily: traits.birthName,
            firstBirthGiven: traits.firstGivenName, allBirthGivens: traits.givenNames, usedFamily: usedName,
            usedGiven: usedGivenName, gender: traits.sex.documented, birthDate: Stamp(traits.birthDate),
            birthPlaceCode: traits.birthplace, guardians: minor.map { [$0] } ?? [])
    }
}

extension AdministrativeSex {
    fileprivate var documented: CDA.Patient.Gender {
        switch self {
        case .female: .female
        case .male: .male
        case .unknown: .undifferentiated
        }
    }
}

extension PostalAddress {
    fileprivate var documented: Address {
        let place = [postalCode, city].filter { !$0.isEmpty }.joined(separator: " ")
        return .lines([street, place, country == "FRA" ? "" : country].filter { !$0.isEmpty })
    }
}

extension Telecom {
    /// `tel:` takes no blank (RFC 3966).
    fileprivate static func phone(_ number: String, use: String = "WP") -> Telecom {
        .address("tel:" + number.filter { $0 != " " && $0 != "." }, use: use)
    }
}

extension Laboratory.Professional {
    fileprivate var documentedName: PersonName {
        PersonName(family: family, given: given.isEmpty ? nil : given, suffix: title.isEmpty ? nil : title)
    }
    fileprivate var documentedTelecoms: [Telecom] {
        (phone.map { [Telecom.phone($0)] } ?? [])
            + (securedMail.map { [Telecom.address("mailto:" + $0, use: "WP")] } ?? [])
    }
    fileprivate var documented: CDA.Professional {
        CDA.Professional(
            id: .professional(nationalID), profession: .profession(speciality, specialityLabel),
            address: address?.documented ?? .absent(.notAsked),
            telecoms: documentedTelecoms.isEmpty ? [.absent(.notAsked)] : documentedTelecoms, name: documentedName)
    }
}

extension Site {
    func arc(_ arc: LocalArc) -> String { "\(oidRoot).\(arc.rawValue)" }
    func local(_ arc: LocalArc, _ number: String) -> ObjectID { ObjectID(root: self.arc(arc), number: number) }
    /// FINESS with its prefix, as national directories write it.
    var structureNumber: String { "1" + finess }

    fileprivate var organization: Organization {
        Organization(
            ids: [.structure(structureNumber)] + (accreditation.map { [.accreditation($0)] } ?? []), name: name,
            telecoms: [.phone(phone)], address: address.documented,
            sector: sector == "ETABLISSEMENT" ? Organization.hospital : Organization.ambulatory)
    }

    /// A biologist of the house: reached at the site when nothing else is known.
    fileprivate func biologist(_ who: Laboratory.Professional) -> CDA.Professional {
        var documented = who.documented
        if who.address == nil { documented.address = address.documented }
        if who.documentedTelecoms.isEmpty { documented.telecoms = [.phone(phone)] }
        documented.organization = organization
        return documented
    }
}

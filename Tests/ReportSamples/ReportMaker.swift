package import Base
import Catalog
package import Laboratory

/// Signed reports of people who do not exist, from a seed. The two matricules are the ANS's test identity and a made-up
/// Corsican one, under the root of test identities.
package struct ReportMaker {
    private var random: PRNG
    package static let zone = CivilZone.europeParis
    package static let root = "1.2.250.1.999.1"

    package init(seed: UInt64) { random = PRNG(seed: seed) }

    package static func at(_ hour: Int, _ minute: Int = 0, daysAgo: Int = 0) -> Instant {
        zone.instant(CivilDate(year: 2026, month: 11, day: 20), hour: hour, minute: minute)
            .advanced(by: .seconds(-86_400 * daysAgo))
    }

    /// The rank makes every number in it its own.
    package mutating func report(_ plan: ReportPlan, rank: Int) throws -> SignedReport {
        var draft = Draft(rank: rank)
        try addObservations(plan, to: &draft)
        try addMicrobiology(plan, to: &draft)
        addPeople(plan, to: &draft)
        addTexts(plan, to: &draft)
        return try finish(plan, draft)
    }

    /// A report in the making.
    struct Draft {
        let rank: Int
        var observations: [Observation] = []
        var lines: [RequestLine] = []
        var previous: [PreviousResult] = []
        var supplements = ReportSupplements()
        var isPartial = false

        init(rank: Int) { self.rank = rank }

        func accession(of kind: String) -> String { "T\(rank)-\(kind)" }

        mutating func add(
            _ analysis: String, _ value: ObservationValue, panel: String? = nil, specimen: String = "SERPLAS",
            flags: [ResultFlag] = [], interval: AppliedInterval? = nil, comment: String? = nil
        ) {
            guard !observations.contains(where: { $0.analysis == analysis }) else { return }
            observations.append(
                Observation(
                    id: "o\(rank)-\(analysis)", site: "LIL", requestID: "r\(rank)", patientID: "p\(rank)",
                    accession: accession(of: specimen), analysis: analysis, catalogueVersion: "test", value: value,
                    rawText: "", interval: interval, flags: flags, origin: Origin(analyzer: "test"),
                    observedAt: at(10, rank % 50), recordedAt: at(10, rank % 50), comment: comment))
            lines.append(RequestLine(analysis: analysis, panel: panel))
        }
    }

    private mutating func measured(_ mark: String, _ low: Int, _ high: Int, _ unit: String) throws -> ObservationValue {
        let text = "\(mark)\(Int.random(in: low...high, using: &random)).\(Int.random(in: 0...9, using: &random))"
        return .measured(try required(Measured(text)), unit: unit)
    }

    private mutating func addObservations(_ plan: ReportPlan, to draft: inout Draft) throws {
        let has = plan.cases.contains
        let both = AppliedInterval(low: Exact("3.5"), high: Exact("145"))
        let one = AppliedInterval(low: nil, high: Exact("5.0"))
        let comment = has(.lineComment) ? "Appelé au prescripteur.\nContrôlé & confirmé <sur second tube>." : nil
        draft.add(
            "NA", try measured("", 120, 150, "mmol/L"), panel: has(.panel) ? "IONO" : nil,
            flags: has(.critical) ? [.high, .criticallyHigh] : [.normal],
            interval: has(.intervalBothSides) ? both : nil,
            comment: comment)
        if has(.panel) { draft.add("K", try measured("", 3, 7, "mmol/L"), panel: "IONO") }
        if has(.panelWithoutLOINC) {
            draft.add("ASAT", try measured("", 10, 90, "U/L"), panel: "HEPAT", flags: [.high])
            draft.add("ALAT", try measured("", 10, 90, "U/L"), panel: "HEPAT")
        }
        if has(.loneAnalysis) { draft.add("FERR", try measured("", 20, 300, "ug/L"), interval: both) }
        if has(.below) {
            draft.add("CRP", try measured("<", 1, 4, "mg/L"), interval: has(.intervalOneSide) ? one : nil)
        } else if has(.intervalOneSide) {
            draft.add("CRP", try measured("", 1, 40, "mg/L"), flags: [.high], interval: one)
        }
        if has(.above) { draft.add("TSH", try measured(">", 90, 99, "m[IU]/L"), flags: [.high]) }
        if has(.atMost) { draft.add("VITD", try measured(random.next() & 1 == 0 ? "≤" : "≥", 5, 90, "ug/L")) }
        if has(.withoutUnit) { draft.add("INR", try measured("", 1, 4, "{INR}"), specimen: "PLAS") }
        if has(.twoUnits) { draft.add("GLU", try measured("", 4, 9, "mmol/L"), interval: both) }
        if has(.coded) { draft.add("AGHBS", .coded("NEG", display: "Négatif"), flags: [.negative]) }
        if has(.freeText) {
            draft.add("PALU", .text("Absence de Plasmodium <sp.> & d'hématozoaires \"visibles\""), specimen: "BLD")
        }
        if has(.titre) { draft.add("AAN", .text("1/\([80, 160, 320].randomElement(using: &random) ?? 80)")) }
        if has(.notPerformed) { draft.add("UREE", .notPerformed(reason: "tube hémolysé")) }
        if has(.localCode) { draft.add("AXAHBPM", try measured("", 0, 1, "k[IU]/L"), specimen: "PLAS") }
        if has(.waitingCode) {
            draft.add("VHBADN", try measured("", 20, 900, "[IU]/mL"), specimen: "PLAS")
            draft.supplements.methods.append(AnalysisMethod(analysis: "VHBADN", waitingCode: "1443252"))
        }
        if has(.severalChapters) { draft.add("GB", try measured("", 4, 12, "10*9/L"), panel: "NFS", specimen: "BLD") }
        if has(.subChapters) { draft.add("CT", try measured("", 3, 8, "mmol/L"), panel: "EAL") }
        if has(.severalSpecimens) { draft.add("PROTU", try measured("", 0, 2, "g/L"), specimen: "UR") }
        try addEarlier(plan, to: &draft)
        // A partial report says which analyses are to come.
        if plan.stage == .partial { draft.lines.append(RequestLine(analysis: "CL", panel: has(.panel) ? "IONO" : nil)) }
    }

    private mutating func addEarlier(_ plan: ReportPlan, to draft: inout Draft) throws {
        guard plan.cases.contains(.previousResult) else { return }
        let count = plan.cases.contains(.severalPrevious) ? 3 : 1
        for observation in draft.observations {
            for rank in 1...count {
                let value: ObservationValue
                switch observation.value {
                case .measured(_, let unit):
                    value = try measured(["", "<", ">"].randomElement(using: &random) ?? "", 1, 90, unit)
                case .coded, .text: value = observation.value
                case .notPerformed: continue
                }
                draft.previous.append(
                    PreviousResult(
                        analysis: observation.analysis, value: value,
                        takenAt: ReportMaker.at(9, rank, daysAgo: 90 * rank)))
            }
        }
    }

    private mutating func addMicrobiology(_ plan: ReportPlan, to draft: inout Draft) throws {
        guard plan.cases.contains(.isolate) else { return }
        draft.add("ECBU", .text("Culture positive"), specimen: "UR")
        let at = ReportMaker.at(10, 30)
        var isolate = Isolate(
            number: "\(draft.rank).1", analysis: "ECBU", organism: "Escherichia coli", snomed: "112283007", ncbi: "562",
            observedAt: at, count: Measured("100000"), comment: "Souche à surveiller")
        if plan.cases.contains(.antibiogram) {
            isolate.susceptibilities = [
                Susceptibility(
                    antibiotic: "Ampicilline", loinc: "28-1", concentration: Measured(">8"), category: .resistant),
                Susceptibility(
                    antibiotic: "Gentamicine", loinc: "18928-2", concentration: Measured("<0.5"),
                    category: .susceptible),
                Susceptibility(antibiotic: "Amoxicilline et clavulanate", loinc: "20-8", category: .increasedExposure),
                Susceptibility(
                    antibiotic: "Céfépime et enmétazobactam", waitingCode: "1443253", localCode: "FEPENM",
                    concentration: Measured("0.5"), category: .susceptible),
                Susceptibility(antibiotic: "Témocilline (essai)", localCode: "TEMESS", category: .notSusceptible),
                Susceptibility(antibiotic: "Céfépime (essai)", localCode: "FEPESS", category: .doseDependent),
            ]
        }
        draft.supplements.isolates.append(isolate)
        if plan.cases.contains(.severalIsolates) {
            draft.supplements.isolates.append(
                Isolate(
                    number: "\(draft.rank).2", analysis: "ECBU", organism: "Streptococcus sp.", snomed: nil,
                    ncbi: "1301",
                    observedAt: at, count: Measured("1000")))
        }
    }

    private mutating func addPeople(_ plan: ReportPlan, to draft: inout Draft) {
        let has = plan.cases.contains
        if has(.otherValidator) {
            draft.supplements.validations.append(
                OtherValidation(biologist: People.director, at: ReportMaker.at(11, 10)))
        }
        if has(.validatorOfOneLine) {
            draft.supplements.validations.append(
                OtherValidation(biologist: People.thirdBiologist, at: ReportMaker.at(11, 12), analyses: ["NA"]))
        }
        if has(.sampler) {
            draft.supplements.samplers.append(Sampler(professional: People.nurse, at: ReportMaker.at(8, 12)))
        }
        if has(.subcontractedSection) {
            draft.supplements.subcontracts.append(
                Subcontract(analyses: ["GB"], laboratory: People.specialized, performedAt: ReportMaker.at(11)))
        }
        if has(.subcontractedLine) {
            draft.supplements.subcontracts.append(
                Subcontract(analyses: ["NA"], laboratory: People.hospital, performedAt: ReportMaker.at(11, 5)))
        }
    }

    private mutating func addTexts(_ plan: ReportPlan, to draft: inout Draft) {
        let has = plan.cases.contains
        var supplements = draft.supplements
        if has(.sectionComment) {
            supplements.sectionComments.append(.init(place: "biochimie", text: "Sérum légèrement lactescent."))
        }
        if has(.panelComment) { supplements.panelComments.append(.init(place: "IONO", text: "À contrôler à jeun.")) }
        if has(.conclusion) {
            supplements.conclusions.append(
                .init(
                    title: has(.titledConclusion) ? "Pour le patient" : "Commentaire",
                    text: "Bilan sans particularité.\nÀ contrôler dans 3 mois."))
        }
        if has(.image) {
            supplements.images.append(
                ReportImage(place: "biochimie", caption: "Tracé", format: .png, bytes: Files.png))
        }
        if has(.imageOfPanel) {
            supplements.images.append(
                ReportImage(place: "IONO", caption: "", format: .jpeg, bytes: Files.jpeg))
        }
        if has(.attachedPDF) {
            supplements.attachedReports.append(
                ForeignReport(title: "Laboratoire spécialisé", number: "EXT-\(draft.rank)", pdf: Files.pdf))
        }
        if has(.technique) || has(.device) || has(.reagent) {
            supplements.methods.append(
                AnalysisMethod(
                    analysis: "NA", technique: has(.technique) ? "Potentiométrie indirecte" : nil,
                    techniqueCode: has(.codedTechnique) ? "9AX" : nil,
                    device: has(.device) ? .init(code: "AUT01", name: "Analyseur de démonstration") : nil,
                    reagent: has(.reagent) ? .init(code: "REA01", name: "Réactif de démonstration") : nil))
        }
        draft.supplements = supplements
    }

    private mutating func finish(_ plan: ReportPlan, _ draft: Draft) throws -> SignedReport {
        let has = plan.cases.contains
        let rank = draft.rank
        let kinds = Set(draft.observations.map { String($0.accession.split(separator: "-")[1]) }).sorted()
        let specimens = kinds.enumerated().map { index, kind in
            Specimen(
                accession: draft.accession(of: kind), site: "LIL", requestID: "r\(rank)", kind: kind,
                tube: kind == "BLD" ? "VIOLET" : "VERT", analyses: [],
                collectedAt: has(.unknownCollection) && index == 0 ? nil : ReportMaker.at(8, 12),
                receivedAt: ReportMaker.at(8, 40),
                nonconformity: has(.nonconformSpecimen) && index == 0 ? "tube mal rempli" : nil)
        }
        let patient = try People.patient(plan, rank: rank)
        let request = Request(
            id: "r\(rank)", site: "LIL", number: "261120-\(padded(rank, 4))", patientID: patient.id,
            prescriber: People.doctor, recipients: has(.copies) ? [People.colleague, People.withoutMail] : [],
            prescribedOn: CivilDate(year: 2026, month: 11, day: 18), registeredAt: ReportMaker.at(8, 45),
            encounter: plan.visit == .ambulatory ? .ambulatory : plan.visit == .inpatient ? .inpatient : .emergency,
            lines: draft.lines)
        let set = "\(ReportMaker.root).261120.\(rank)"
        let version = plan.stage == .corrected || plan.stage == .completed ? 2 : 1
        return SignedReport(
            site: People.site,
            signature: Signature(
                id: "s\(rank)", site: "LIL", requestID: "r\(rank)", version: version, contentHash: "", meaning: "",
                account: "anne", biologist: People.signer, at: ReportMaker.at(11, 30),
                observationIDs: draft.observations.map(\.id), complete: plan.stage != .partial),
            content: SignedContent(
                patient: patient, request: request, specimens: specimens, observations: draft.observations,
                supplements: draft.supplements),
            previous: draft.previous, documentOID: "\(set).\(version)", setOID: set,
            replacedOID: version > 1 ? "\(set).\(version - 1)" : nil, producedAt: ReportMaker.at(11, 30),
            visibility: plan.visibility)
    }
}

func required<Value>(_ value: Value?) throws -> Value {
    guard let value else {
        throw Refusal("sample", because: "a literal of the generator is wrong", remedy: "correct it")
    }
    return value
}

extension ReportPlan {
    package var visibility: Visibility {
        var visibility = Visibility()
        switch sight {
        case .open: break
        case .hiddenFromPatient: visibility.patient = .hidden
        case .hiddenUntil: visibility.patient = .hiddenUntil(ReportMaker.at(12, daysAgo: -14))
        case .masked: visibility.hiddenFromProfessionals = true
        case .restricted: visibility.confidentiality = .restricted
        case .veryRestricted: visibility.confidentiality = .veryRestricted
        case .secretCare: visibility.secretCare = true
        case .hiddenFromRepresentatives: visibility.hiddenFromRepresentatives = true
        }
        return visibility
    }
    /// Secret care and hidden representatives are a minor's.
    var isMinor: Bool {
        switch sight {
        case .secretCare, .hiddenFromRepresentatives: true
        case .open, .hiddenFromPatient, .hiddenUntil, .masked, .restricted, .veryRestricted: identity == .newborn
        }
    }
}

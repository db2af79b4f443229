import Base
import CDA
import HL7v2
import Laboratory
import Printing
import Report
import ReportSamples
import Testing
import Judges

/// Reports from a seed: every case, every pair of cases, all of them judged.
struct CampaignTests {
    static let seed: UInt64 = 20_261_122
    static let parties = Parties(
        sendingApplication: "PAILLASSE", sendingFacility: "LABO LILAS", receivingApplication: "PFI",
        receivingFacility: "LABO LILAS")
    static let catalogue = Result { try Shared.catalogue() }
    static let pdf = Array("%PDF-1.4\n%%EOF\n".utf8)

    /// The report of nothing special, each case alone, then mixtures.
    static func plans() -> [ReportPlan] {
        var random = PRNG(seed: seed)
        return [ReportPlan(only: nil)] + ReportCase.allCases.map { ReportPlan(only: $0) }
            + (0..<470).map { _ in ReportPlan(using: &random) }
    }

    /// A generated report with what becomes of it.
    struct Made {
        let plan: ReportPlan
        let composition: Composition
        let pdf: [UInt8]
        let cda: [UInt8]
        let routing: Routing
        let settings: RoutingSettings
    }

    /// `withPage`: the page that would leave stands in the document, else a few bytes for it.
    static func make(
        _ plan: ReportPlan, rank: Int, maker: inout ReportMaker, withPage: Bool = false
    ) throws -> Made {
        let composition = try Composition(maker.report(plan, rank: rank), catalogue: catalogue.get())
        var settings = RoutingSettings()
        settings.carrier = plan.way == .mdm ? .mdm : .oru
        settings.rules = plan.way == .oruStrict ? .strict : .tolerant
        var request = composition.routingRequest(at: Sample.at(12))
        if plan.stage == .corrected || plan.stage == .completed || plan.stage == .withdrawn {
            // What the version before did, when nothing was hidden yet.
            var before = request
            before.visibility = .open
            before.complete = plan.stage != .completed
            request.holders = Set(Routing(before, settings: settings).errands.flatMap(\.destinations))
            request.earlierVisibility = .open
        }
        request.isWithdrawal = plan.stage == .withdrawn
        let pdf = withPage ? try ReportPrinter.pdf(composition.printed) : Self.pdf
        return Made(
            plan: plan, composition: composition, pdf: pdf, cda: try composition.cda(pdf: pdf),
            routing: Routing(request, settings: settings), settings: settings)
    }

    @Test func `five hundred reports of every case and every pair of cases pass every judge`() async throws {
        let plans = Self.plans()
        #expect(plans.count >= 500)
        var maker = ReportMaker(seed: Self.seed)
        var pairs = Set<String>()
        var documents: [String: [UInt8]] = [:]
        var pages: [String: [UInt8]] = [:]
        for (rank, plan) in plans.enumerated() {
            // Each case alone carries its own page; of the mixtures one in eight: the judges read them all.
            let isPrinted = rank <= ReportCase.allCases.count || rank % 8 == 0
            let made = try Self.make(plan, rank: rank + 1, maker: &maker, withPage: isPrinted)
            let name = "r\(padded(rank + 1, 4))"
            let document = made.composition.document(pdf: made.pdf)
            if isPrinted { pages[name] = made.pdf }
            for one in plan.cases { #expect(one.isShown(in: document), "\(name) \(one)") }
            pairs.formUnion(ReportPlan.pairs(of: plan.traits))
            documents[name] = made.cda
            if rank % 10 == 0 {
                let received = try ReceivedReport(reading: made.cda)
                #expect(received.oddities == [], "\(name)")
                #expect(try ReceivedReport(reading: received.document.xml()) == received, "\(name)")
            }
        }
        #expect(ReportPlan.everyPair.subtracting(pairs) == [])
        for (name, verdict) in try await Preflight.verdicts(pages, for: "pages of five hundred reports") ?? [:] {
            #expect(verdict.hasPrefix(Preflight.sound), "\(name): \(verdict)")
        }
        guard let shared = Judges.shared(for: "five hundred reports") else { return }
        let errors = try await Judges.cdaErrors(in: documents, shared: shared)
        #expect(errors == "")
    }

    @Test func `their messages, by each request and each carrier, pass the judge and carry what was decided`()
        async throws
    {
        var maker = ReportMaker(seed: Self.seed)
        var messages: [String: [UInt8]] = [:]
        var requests = Set<String>()
        for (rank, plan) in Self.plans().enumerated() {
            let made = try Self.make(plan, rank: rank + 1, maker: &maker)
            for (index, errand) in made.routing.errands.enumerated() {
                requests.insert("\(made.settings.carrier.rawValue) \(errand.request.rawValue)")
                let bytes = try made.composition.message(
                    errand, cda: made.cda, parties: Self.parties, processing: .training,
                    controlID: "PA-\(rank + 1)-\(index + 1)", sentAt: Sample.at(12), settings: made.settings)
                messages["r\(padded(rank + 1, 4))-\(index + 1)"] = bytes
                let read = try DocumentTransmission(parsing: ReceivedMessage(bytes))
                #expect(read.request == errand.request && read.toDMP == errand.toDMP)
                #expect(read.toPatient == errand.toPatient && read.toProfessionals == errand.toProfessionals)
                #expect(read.hiddenFromPatient == errand.flags.hiddenFromPatient)
                #expect(read.secretConnection == errand.flags.secretConnection)
                #expect(read.changesVisibility == errand.flags.changesVisibility)
                #expect(read.document == made.cda)
                // No matricule leaves of an identity that is not qualified, in the message or in its document.
                let isQualified = plan.identity == .qualified || plan.identity == .corsican
                if !isQualified {
                    #expect(read.patient.ins == nil && !read.toDMP && !read.toPatient)
                    #expect(!String(decoding: made.cda, as: UTF8.self).contains("1.2.250.1.213.1.4."))
                }
            }
        }
        #expect(requests.count == 6, "each request by each carrier: \(requests)")
        guard let shared = Judges.shared(for: "messages of five hundred reports") else { return }
        let errors = try await Judges.pfiErrors(in: messages, shared: shared)
        #expect(errors == "")
    }

    @Test func `the same seed makes the same bytes`() throws {
        func bytes() throws -> [[UInt8]] {
            var maker = ReportMaker(seed: Self.seed)
            return try Self.plans().prefix(60).enumerated().map {
                try Self.make($0.element, rank: $0.offset + 1, maker: &maker).cda
            }
        }
        #expect(try bytes() == bytes())
    }
}

extension CRBioDocument {
    fileprivate var blocks: [Block] {
        chapters.flatMap { chapter in
            switch chapter.content {
            case .block(let block): [block]
            case .subChapters(let subs): subs.map(\.block)
            }
        }
    }
    fileprivate var items: [Item] { blocks.flatMap(\.items) }
    fileprivate var panels: [PanelEntry] { items.compactMap { if case .panel(let panel) = $0 { panel } else { nil } } }
    fileprivate var isolates: [IsolateEntry] {
        items.compactMap { if case .isolate(let isolate) = $0 { isolate } else { nil } }
    }
    fileprivate var samplings: [SamplingEntry] {
        items.compactMap { if case .sampling(let sampling) = $0 { sampling } else { nil } }
    }
    fileprivate var comments: [String] {
        items.compactMap { if case .comment(let comment) = $0 { comment } else { nil } }
    }
    fileprivate var images: [ImageEntry] {
        items.compactMap { if case .image(let image) = $0 { image } else { nil } }
    }
    fileprivate var lines: [ObservationEntry] {
        items.compactMap { if case .observation(let line) = $0 { line } else { nil } } + panels.flatMap(\.observations)
    }
    fileprivate func values(_ test: (ObservedValue) -> Bool) -> Bool {
        lines.contains { if case .value(let value, _) = $0.outcome { test(value) } else { false } }
    }
    fileprivate func numbers(_ comparators: [Comparator], unit: Bool? = nil) -> Bool {
        values {
            guard case .number(let comparator, _, let its) = $0 else { return false }
            return comparators.contains(comparator) && (unit == nil || unit == (its != nil))
        }
    }
}

extension ReportCase {
    /// Looks for the case in the document itself, so that a case that the composition forgets is seen.
    fileprivate func isShown(in d: CRBioDocument) -> Bool {
        layoutShown(in: d) ?? valueShown(in: d) ?? besideShown(in: d) ?? peopleShown(in: d) ?? false
    }

    private func layoutShown(in d: CRBioDocument) -> Bool? {
        switch self {
        case .severalChapters: d.chapters.count > 1
        case .subChapters:
            d.chapters.contains { if case .subChapters(let subs) = $0.content { subs.count > 1 } else { false } }
        case .panel: d.panels.contains { $0.code.loinc?.code == "24326-1" }
        case .panelWithoutLOINC: d.panels.contains { $0.code.loinc == nil && !$0.code.translations.isEmpty }
        case .loneAnalysis: d.items.contains { if case .observation = $0 { true } else { false } }
        case .isolate: !d.isolates.isEmpty
        case .antibiogram: d.isolates.contains { ($0.antibiogram?.observations.count ?? 0) == 6 }
        case .severalIsolates: d.isolates.count == 2
        case .severalSpecimens: Set(d.samplings.map(\.specimen)).count > 1
        case .unknownCollection: d.samplings.contains { $0.collectedAt == nil }
        case .nonconformSpecimen: d.comments.contains { $0.contains("non conforme") }
        case _: nil
        }
    }

    private func valueShown(in d: CRBioDocument) -> Bool? {
        switch self {
        case .numeric: d.numbers([.equal], unit: true)
        case .below: d.numbers([.below])
        case .above: d.numbers([.above])
        case .atMost: d.numbers([.atMost, .atLeast])
        case .withoutUnit: d.numbers([.equal], unit: false)
        case .twoUnits:
            d.lines.contains {
                $0.code.label == "Glucose (g/L)" && $0.reference != nil && $0.code.loinc?.code == "2345-7"
            }
        case .coded: d.values { if case .qualitative = $0 { true } else { false } }
        case .freeText: d.values { if case .text = $0 { true } else { false } }
        case .titre: d.values { if case .titre = $0 { true } else { false } }
        case .notPerformed: d.lines.contains { if case .notPerformed = $0.outcome { true } else { false } }
        case .critical: d.lines.contains { $0.interpretation == .veryHigh }
        case .intervalBothSides: d.lines.contains { $0.reference?.sides == 2 }
        case .intervalOneSide: d.lines.contains { $0.reference?.sides == 1 }
        case .localCode: d.lines.contains { $0.code.loinc == nil && $0.code.translations.first?.code == "AXAHBPM" }
        case .waitingCode: d.lines.contains { $0.code.translations.first?.system == OID.waitingCodes }
        case _: nil
        }
    }

    private func besideShown(in d: CRBioDocument) -> Bool? {
        switch self {
        case .previousResult: d.lines.contains { !$0.previous.isEmpty }
        case .severalPrevious: d.lines.contains { $0.previous.count == 3 }
        case .lineComment: d.lines.contains { !$0.comments.isEmpty }
        case .technique: d.lines.contains { $0.technique != nil }
        case .codedTechnique: d.lines.contains { $0.technique?.code != nil }
        case .device: d.lines.contains { !$0.devices.isEmpty }
        case .reagent: d.lines.contains { !$0.reagents.isEmpty }
        case .sectionComment: d.comments.contains { $0.contains("lactescent") }
        case .panelComment: d.panels.contains { !$0.comments.isEmpty }
        case .conclusion: d.conclusions.contains { $0.text.contains("sans particularité") }
        case .titledConclusion: d.conclusions.contains { $0.title == "Pour le patient" }
        case .image: d.images.contains { $0.format == .png }
        case .imageOfPanel: d.panels.contains { $0.images.first?.format == .jpeg }
        case .attachedPDF: d.attachedReports.count == 1
        case _: nil
        }
    }

    private func peopleShown(in d: CRBioDocument) -> Bool? {
        switch self {
        case .subcontractedLine:
            d.lines.contains { $0.performer != nil } || d.panels.contains { $0.performer != nil }
                || d.blocks.contains { $0.performer?.director.organization?.name == "CHU de démonstration" }
        case .subcontractedSection:
            d.blocks.contains { $0.performer?.director.organization?.name == "Laboratoire spécialisé" }
        case .otherValidator:
            d.authenticators.contains { $0.professional.name.family == "CAMPARINI" }
                && d.blocks.allSatisfy { $0.validators.count >= 2 }
        case .validatorOfOneLine:
            d.lines.contains { $0.validators.first?.name.family == "BLANC" }
                || d.blocks.contains { $0.validators.contains { $0.name.family == "BLANC" } }
        case .sampler: d.samplers.count == 1
        case .copies: d.recipients.contains { $0.name?.family == "SANSBOÎTE" }
        case .usedName: d.patient.usedFamily == "D'USAGE"
        case .familyDoctor: d.familyDoctor != nil && d.recipients.contains { $0.name?.family == "TRAITANT" }
        case .representative: d.patient.guardians.first?.name.given == "Jeanne"
        case .relative: d.informants.count == 1
        case .foreignAddress:
            if case .lines(let lines, _) = d.patient.address {
                lines.contains("BEL") && lines.contains("Bâtiment B")
            } else {
                false
            }
        case .mailAndPhone: d.patient.telecoms.count == 2
        case _: nil
        }
    }
}

extension CDA.ReferenceInterval {
    fileprivate var sides: Int {
        switch bounds {
        case .numbers(let low, let high, _): (low == nil ? 0 : 1) + (high == nil ? 0 : 1)
        case .text: 0
        }
    }
}

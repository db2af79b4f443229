import Base
import CDA
import Testing
import Judges

/// One datum removed or falsified, by name. `code`: the refusal that must keep the document from leaving; nil for a
/// change that leaves a sendable document, which the judges must then accept as well.
struct Mutation: Sendable, CustomTestStringConvertible {
    let name: String
    let code: String?
    let change: @Sendable (inout CRBioDocument) -> Void
    init(_ name: String, _ code: String?, _ change: @escaping @Sendable (inout CRBioDocument) -> Void) {
        self.name = name
        self.code = code
        self.change = change
    }
    var testDescription: String { name }

    /// A document that has everything.
    static let whole: CRBioDocument = {
        var document = Sample.fullHeader
        document.confidentiality = .normal
        document.chapters = [Sample.values, Sample.panels, Sample.microbiology]
        return document
    }()
}

extension CRBioDocument {
    /// The blocks of the chapters of the whole document: values, panels, microbiology.
    fileprivate mutating func block(_ chapter: Int, _ change: (inout Block) -> Void) {
        guard case .block(var block) = chapters[chapter].content else { return }
        change(&block)
        chapters[chapter].content = .block(block)
    }
    /// Observation of the first chapter, by its line.
    fileprivate mutating func line(_ index: Int, _ change: (inout ObservationEntry) -> Void) {
        block(0) { block in
            guard case .observation(var line) = block.items[index] else { return }
            change(&line)
            block.items[index] = .observation(line)
        }
    }
    fileprivate mutating func sampling(_ change: (inout SamplingEntry) -> Void) {
        block(0) { block in
            guard case .sampling(var sampling) = block.items[0] else { return }
            change(&sampling)
            block.items[0] = .sampling(sampling)
        }
    }
    fileprivate mutating func panel(_ change: (inout PanelEntry) -> Void) {
        block(1) { block in
            guard case .panel(var panel) = block.items[1] else { return }
            change(&panel)
            block.items[1] = .panel(panel)
        }
    }
    fileprivate mutating func isolate(_ change: (inout IsolateEntry) -> Void) {
        block(2) { block in
            guard case .isolate(var isolate) = block.items[0] else { return }
            change(&isolate)
            block.items[0] = .isolate(isolate)
        }
    }
    fileprivate mutating func number(_ text: String, _ unit: CDA.Unit?) {
        line(1) { $0.outcome = .value(.number(text, unit), at: Sample.time) }
    }
}

extension Mutation {
    static let header: [Mutation] = [
        Mutation("document without id", "cda.oid") { $0.id = "" },
        Mutation("document id that is a UUID", "cda.oid") { $0.id = "41FEABE2-D1D7-4390-8CD5-F5BC78E07B7D" },
        Mutation("document id with a leading zero", "cda.oid") { $0.id = "1.2.03" },
        Mutation("no setId", "cda.oid") { $0.setID = "" },
        Mutation("version 0", "cda.version") { $0.version = 0 },
        Mutation("version 2 that replaces nothing", "cda.replacement") { $0.version = 2 },
        Mutation("version 1 that replaces", "cda.replacement") { $0.replaces = "1.2.3" },
        Mutation("a document that replaces itself", "cda.replacement") {
            $0.version = 2
            $0.replaces = $0.id
        },
        Mutation("production without its zone", "cda.time") { $0.producedAt = "20250310121000" },
        Mutation("production on a day that is none", "cda.time") { $0.producedAt = "20250231" },
        Mutation("no author", "cda.author") { $0.authors = [] },
        Mutation("device author without a model", "cda.missing") {
            guard case .device(var device) = $0.authors[1] else { return }
            device.model = ""
            $0.authors = [.device(device)]
        },
        Mutation("custodian without FINESS", "cda.structure") { $0.custodian.ids = [.structure("12")] },
        Mutation("custodian without id", "cda.missing") { $0.custodian.ids = [] },
        Mutation("custodian without name", "cda.missing") { $0.custodian.name = "" },
        Mutation("custodian without telecom", "cda.missing") { $0.custodian.telecoms = [] },
        Mutation("signer without RPPS", "cda.professional") {
            $0.legalAuthenticator.professional.id = .professional("80123")
        },
        Mutation("signer without name", "cda.missing") { $0.legalAuthenticator.professional.name.family = "" },
        Mutation("signer with an unknown speciality", "cda.valueset") {
            $0.legalAuthenticator.professional.profession = .profession("G15_10/SM99", "Inconnue")
        },
        Mutation("signer with a title that is none", "cda.name.suffix") {
            $0.legalAuthenticator.professional.name.suffix = "Dr"
        },
        Mutation("signature without its zone", "cda.time") { $0.legalAuthenticator.at = "202503101210" },
        Mutation("second biologist without telecom", "cda.missing") { $0.authenticators[0].professional.telecoms = [] },
        Mutation("prescriber whose telecom is no URL", "cda.telecom") {
            $0.prescriber?.professional.telecoms = [.address("0100000000")]
        },
        Mutation("prescription at a time without zone", "cda.time") { $0.prescriber?.at = "202503081010" },
        Mutation("prescription without number", "cda.missing") { $0.prescriptions = [ObjectID(root: "1.2.3")] },
        Mutation("recipient who is nobody", "cda.missing") { $0.recipients = [IntendedRecipient()] },
        Mutation("recipient with an address for an unknown use", "cda.address") {
            $0.recipients = [
                IntendedRecipient(address: .lines(["1 rue"], use: "MAISON"), telecoms: [.absent(.unknown)])
            ]
        },
        Mutation("relative with an unknown tie", "cda.valueset") {
            guard case .relative(var relative) = $0.informants[0] else { return }
            relative.relationship?.code = "COUSIN"
            $0.informants = [.relative(relative)]
        },
        Mutation("participant with an unknown function", "cda.valueset") {
            $0.otherParticipants[1].function?.code = "AUTRE"
        },
        Mutation("request without number", "cda.missing") { $0.act.request.number = "" },
        Mutation("reception without its zone", "cda.time") { $0.act.receivedAt = "202503100910" },
        Mutation("performing laboratory without sector", "cda.missing") {
            $0.act.performer.professional.organization?.sector = nil
        },
        Mutation("performing laboratory with an unknown sector", "cda.valueset") {
            $0.act.performer.professional.organization?.sector?.code = "PRIVE"
        },
        Mutation("performing laboratory without address", "cda.missing") {
            $0.act.performer.professional.organization?.address = .absent(.unknown)
        },
        Mutation("no performing laboratory", "cda.missing") { $0.act.performer.professional.organization = nil },
        Mutation("encounter without number", "cda.missing") { $0.encounter.id.number = nil },
        Mutation("encounter in an unknown place", "cda.valueset") { $0.encounter.facility.code = "SA99" },
        Mutation("responsible biologist without profession", "cda.missing") {
            $0.encounter.responsible.profession = nil
        },
    ]

    static let patient: [Mutation] = [
        Mutation("patient without birth name", "cda.missing") { $0.patient.birthFamily = " " },
        Mutation("patient without given name", "cda.missing") { $0.patient.firstBirthGiven = "" },
        Mutation("patient without any number", "cda.missing") {
            $0.patient.ins = nil
            $0.patient.localIDs = []
        },
        Mutation("matricule with a wrong key", "cda.patient.ins") { $0.patient.ins?.matricule = "279035121518988" },
        Mutation("matricule under a root that is not the INS's", "cda.patient.ins") {
            $0.patient.ins?.root = "1.2.250.1.213.1.4.2"
        },
        Mutation("matricule given as a local number", "cda.patient.ins") {
            $0.patient.localIDs = [ObjectID(root: "1.2.250.1.213.1.4.8", number: "279035121518989")]
        },
        Mutation("INS without the place of birth", "cda.patient.traits") { $0.patient.birthPlaceCode = nil },
        Mutation("INS without all the given names", "cda.patient.traits") { $0.patient.allBirthGivens = nil },
        Mutation("birth date that is none", "cda.time") { $0.patient.birthDate = "19791301" },
        Mutation("birth at a time", "cda.time") { $0.patient.birthDate = "197903281010+0100" },
        Mutation("patient address masked", "cda.patient.null") { $0.patient.address = .absent(.masked) },
        Mutation("patient without telecom", "cda.missing") { $0.patient.telecoms = [] },
        Mutation("representative without name", "cda.missing") {
            $0.patient.guardians = [
                .init(name: PersonName(family: ""), address: .absent(.unknown), telecoms: [.absent(.unknown)])
            ]
        },
    ]

    static let body: [Mutation] = [
        Mutation("no chapter", "cda.chapters") { $0.chapters = [] },
        Mutation("chapter with a wrong LOINC check digit", "cda.loinc") { $0.chapters[0].code.code = "18719-6" },
        Mutation("chapter without title", "cda.missing") { $0.chapters[0].title = "" },
        Mutation("chapter without result", "cda.missing") { $0.block(0) { $0.items = [] } },
        Mutation("analysis without code", "cda.analysis.code") { $0.line(1) { $0.code.loinc = nil } },
        Mutation("analysis with a wrong LOINC check digit", "cda.loinc") {
            $0.line(1) { $0.code.loinc?.code = "14749-7" }
        },
        Mutation("analysis without label", "cda.missing") { $0.line(1) { $0.code.label = "" } },
        Mutation("analysis whose code has a blank", "cda.code") {
            $0.line(1) { $0.code.translations = [Coded("A B", "A", system: "1.2.3")] }
        },
        Mutation("result without number", "cda.number") { $0.number("", "mmol/L") },
        Mutation("result with a comma", "cda.number") { $0.number("5,2", "mmol/L") },
        Mutation("result with an exponent", "cda.number") { $0.number("1E5", "mmol/L") },
        Mutation("result in a unit that is none", "cda.unit") { $0.number("5.2", "foo") },
        Mutation("result in a unit outside ASCII", "cda.unit") { $0.number("5.2", "µg/L") },
        Mutation("result in an empty unit", "cda.unit") { $0.number("5.2", "") },
        Mutation("interval in a unit that is none", "cda.unit") {
            $0.line(1) { $0.reference = .numbers(low: "1", high: nil, unit: "bar/foo") }
        },
        Mutation("interval without bounds", "cda.missing") {
            $0.line(1) { $0.reference = .numbers(low: nil, high: nil, unit: "g/L") }
        },
        Mutation("result on a day without its time", "cda.time") {
            $0.line(1) { $0.outcome = .value(.number("5.2", "mmol/L"), at: "20250310") }
        },
        Mutation("result without its zone", "cda.time") {
            $0.line(1) { $0.outcome = .value(.number("5.2", "mmol/L"), at: "20250310101500") }
        },
        Mutation("qualitative result without words", "cda.missing") {
            $0.line(1) { $0.outcome = .value(.qualitative(" ", code: nil), at: Sample.time) }
        },
        Mutation("titre that is no titre", "cda.number") {
            $0.line(1) { $0.outcome = .value(.titre(numerator: "1", denominator: "beaucoup"), at: Sample.time) }
        },
        Mutation("examination not performed without reason", "cda.missing") {
            $0.line(1) { $0.outcome = .notPerformed(reason: "") }
        },
        Mutation("previous result without its zone", "cda.time") {
            $0.line(1) { $0.previous = [PreviousObservation(at: "20240101101010", value: .text("x"))] }
        },
        Mutation("technique outside the table", "cda.valueset") { $0.line(1) { $0.technique = .ansm("ZZZ", "Autre") } },
        Mutation("empty comment", "cda.missing") { $0.line(1) { $0.comments = [""] } },
        Mutation("specimen without number", "cda.missing") { $0.sampling { $0.specimen.number = nil } },
        Mutation("specimen of an unknown nature", "cda.valueset") { $0.sampling { $0.nature.code = "ZZZ" } },
        Mutation("specimen collected at a time without zone", "cda.time") {
            $0.sampling { $0.collectedAt = "202503100905" }
        },
        Mutation("panel without result", "cda.missing") { $0.panel { $0.observations = [] } },
        Mutation("panel without code", "cda.analysis.code") {
            $0.panel {
                $0.code.loinc = nil
                $0.code.translations = []
            }
        },
        Mutation("panel made by a laboratory without name", "cda.missing") {
            $0.panel { $0.performer?.director.organization?.name = "" }
        },
        Mutation("panel made by no laboratory", "cda.missing") {
            $0.panel { $0.performer?.director.organization = nil }
        },
        Mutation("subcontractor without FINESS", "cda.structure") {
            $0.panel { $0.performer?.director.organization?.ids = [.structure("1")] }
        },
        Mutation("validator without RPPS", "cda.professional") {
            $0.block(1) { $0.validators[0].id = .professional("1") }
        },
        Mutation("isolate without code", "cda.isolate.code") {
            $0.isolate {
                $0.snomed = nil
                $0.ncbi = nil
            }
        },
        Mutation("isolate translated elsewhere than in NCBI", "cda.isolate.code") {
            $0.isolate { $0.ncbi = Coded("562", "E. coli", system: "1.2.3") }
        },
        Mutation("isolate without result", "cda.missing") {
            $0.isolate {
                $0.findings = []
                $0.antibiogram = nil
            }
        },
        Mutation("image that is none", "cda.image") {
            $0.block(0) { $0.items.append(.image(ImageEntry(caption: "", format: .png, bytes: [1, 2, 3]))) }
        },
        Mutation("copy that is no PDF", "cda.pdf") { $0.pdfCopy.bytes = Array("<html/>".utf8) },
        Mutation("attached report that is no PDF", "cda.pdf") { $0.attachedReports[0].bytes = [] },
        Mutation("attached report without title", "cda.missing") { $0.attachedReports[0].title = "" },
        Mutation("empty conclusion", "cda.missing") { $0.conclusions = [""] },
        Mutation("recommendation without code", "cda.missing") { $0.recommendation?.reason.code = "" },
        Mutation("vaccination without name", "cda.missing") { $0.vaccinations[0].label = "" },
        Mutation("a control character in a text", "cda.character") { $0.conclusions = ["a\u{1}b"] },
    ]

    /// What may be absent, and shapes at the edge of what is allowed.
    static let harmless: [Mutation] = [
        Mutation("nothing changed", nil) { _ in },
        Mutation("only what is required", nil) {
            $0.dataEnterer = nil
            $0.informants = []
            $0.recipients = []
            $0.authenticators = []
            $0.prescriber = nil
            $0.samplers = []
            $0.familyDoctor = nil
            $0.otherParticipants = []
            $0.prescriptions = []
            $0.consents = []
            $0.attachedReports = []
            $0.conclusions = []
            $0.recommendation = nil
            $0.vaccinations = []
        },
        Mutation("no INS, so no place of birth", nil) {
            $0.patient.ins = nil
            $0.patient.birthPlaceCode = nil
            $0.patient.birthPlaceName = nil
        },
        Mutation("birth date known to the year", nil) { $0.patient.birthDate = "1979" },
        Mutation("no telecom known of anybody", nil) {
            $0.patient.telecoms = [.absent(.unknown)]
            $0.prescriber?.professional.telecoms = [.absent(.notAsked)]
            $0.prescriber?.professional.address = .absent(.masked)
        },
        Mutation("panel without name nor code", nil) { $0.panel { $0.code = AnalysisCode(label: "", loinc: nil) } },
        Mutation("sub-chapter without title", nil) {
            $0.chapters = [Sample.subChapters]
            guard case .subChapters(var subs) = $0.chapters[0].content else { return }
            subs[0].title = ""
            $0.chapters[0].content = .subChapters(subs)
        },
        Mutation("aborted panel of aborted examinations", nil) {
            $0.panel {
                $0.status = .aborted
                $0.observations = [
                    ObservationEntry(code: Sample.glucose, outcome: .notPerformed(reason: "Tube absent"))
                ]
            }
        },
        Mutation("negative number, zeros and long decimals", nil) { $0.number("-0.000123450", "mmol/L") },
        Mutation("annotation that the rule takes away", nil) { $0.number("5", "{ratio}") },
        Mutation("texts full of markup", nil) {
            $0.conclusions = ["<a href=\"x\">&amp; ]]> <![CDATA[ ' \u{2028}\ttab"]
            $0.line(1) { $0.code.label = "<i>\"&'" }
        },
        Mutation("sampling by a nurse, from nobody knows when", nil) {
            $0.sampling {
                $0.collectedAt = nil
                $0.receivedAt = nil
                $0.sampler = Performer(at: "20250310", director: Sample.doctor)
            }
        },
        Mutation("image and device and reagent", nil) {
            $0.block(0) {
                $0.items.append(
                    .image(ImageEntry(caption: "Tracé", format: .jpeg, bytes: [0xFF, 0xD8, 0xFF, 0xE0])))
            }
            $0.line(1) {
                $0.devices = [Coded("A1", "Automate", system: OID.techniques)]
                $0.reagents = [Coded("R1", "Réactif", system: OID.techniques)]
            }
        },
    ]

    static let units: Mutation = Mutation("every unit that is known", nil) { document in
        let units =
            ["g", "mg", "ug", "ng", "pg", "mmol", "umol", "nmol", "pmol", "U", "[IU]", "m[IU]", "k[IU]"].flatMap {
                numerator in ["L", "mL", "dL", "(24.h)", "g", "kg", "mol", "mmol"].map { "\(numerator)/\($0)" }
            } + [
                "%", "s", "[pH]", "mm[Hg]", "mosm/kg", "10*9/L", "10*12/L", "10*6/L", "mm/h", "mL/min", "fL", "kat/L",
                "[arb'U]/mL", "{index}", "g/(24.h)",
            ]
        let lines = units.map { unit in
            Sample.observation(Sample.glucose, .number("1", Unit(ucum: unit)))
        }
        // Only those that our own check lets through are sent; the test then shows that the judges know them all.
        let sendable = lines.filter { line in
            var one = Mutation.whole
            one.chapters = [Sample.chapter([.observation(line)])]
            return one.check().isEmpty
        }
        document.chapters = [Sample.chapter(sendable.map { .observation($0) })]
    }
}

struct MutationTests {
    @Test(arguments: Mutation.header + Mutation.patient + Mutation.body)
    func `a required datum removed or falsified is refused before the wire with its reason`(mutation: Mutation) {
        var document = Mutation.whole
        mutation.change(&document)
        #expect(document != Mutation.whole, "the mutation changes something")
        do {
            _ = try document.xml()
            Issue.record("written")
        } catch {
            #expect(error.refusals.contains { $0.code == mutation.code }, "\(error)")
            #expect(error.refusals.allSatisfy { !$0.cause.isEmpty && !$0.remedy.isEmpty })
            #expect(!error.description.contains("DOMINIQUE") && !error.description.contains("27903512151898"))
        }
    }

    /// The other side: what our own check lets through, the judges let through.
    @Test func `nothing that the judges reject passes our own check`() async throws {
        guard let shared = Judges.shared(for: "mutations") else { return }
        var written: [String: [UInt8]] = [:]
        for mutation in Mutation.harmless + [Mutation.units] {
            var document = Mutation.whole
            mutation.change(&document)
            #expect(document.check() == [], "\(mutation.name)")
            written[mutation.name.replacing(" ", with: "-")] = try document.xml()
        }
        let errors = try await Judges.cdaErrors(in: written, shared: shared)
        #expect(errors == "")
    }

    @Test func `our lists of codes are not empty of what is used`() {
        for code in ["G15_10", "G15_10/SM03", "G15_21", "G15_60", "G15_10/SM95", "G15_10/CAPA16", "G15_10/DSM240"] {
            #expect(ValueSets.knowsProfession(code), "\(code)")
        }
        for code in ["", "G15_10/", "G15_10/SM96", "G15_10/SM3", "G15_11", "G16_11", "G15_10/SM03/X", "G15_10/DSM241"] {
            #expect(!ValueSets.knowsProfession(code), "\(code)")
        }
    }
}

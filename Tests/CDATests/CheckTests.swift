import Base
@testable import CDA
import Testing

/// One breach at a time: each must be refused by its own code before a byte is written.
struct CheckTests {
    private func codes(_ change: (inout CRBioDocument) -> Void) -> [String] {
        var document = Sample.document()
        change(&document)
        return document.check().map(\.code)
    }
    /// The only observation of the minimal document, changed.
    private func observing(_ change: (inout ObservationEntry) -> Void) -> [String] {
        var observation = Sample.observation(Sample.glucose, .number("5.2", "mmol/L"))
        change(&observation)
        return Sample.document(chapters: [Sample.chapter([.observation(observation)])]).check().map(\.code)
    }

    @Test func `every sample may be written`() {
        for (name, document) in Sample.every { #expect(document.check() == [], "\(name)") }
    }

    @Test func `identity and versions of the document`() {
        #expect(codes { $0.id = "abc" } == ["cda.oid"])
        #expect(codes { $0.id = "1.02.3" } == ["cda.oid"])
        #expect(codes { $0.setID = "" } == ["cda.oid"])
        #expect(codes { $0.version = 0 } == ["cda.version"])
        #expect(codes { $0.version = 2 } == ["cda.replacement"])
        #expect(codes { $0.replaces = "1.2.3" } == ["cda.replacement"])
        #expect(
            codes {
                $0.version = 2; $0.replaces = $0.id
            } == ["cda.replacement"])
    }

    @Test(arguments: [
        "202503101210", "20250310121000", "2025031012100", "20250310121000+01", "20250230", "20251301", "",
        "20250310256000+0100", "2025-03-10", "20250310121000Z",
    ])
    func `a time without its zone or that is no time`(text: String) {
        #expect(codes { $0.producedAt = Stamp(text) } == ["cda.time"])
    }

    @Test(arguments: ["2025", "202503", "20250310", "2025031012+0100", "202503101210+0100", "20240229121059-0400"])
    func `dates and times with a zone are written`(text: String) {
        #expect(codes { $0.producedAt = Stamp(text) } == [])
    }

    @Test func `people and organizations`() {
        #expect(codes { $0.authors = [] } == ["cda.author"])
        #expect(codes { $0.legalAuthenticator.professional.id = .professional("80123") } == ["cda.professional"])
        #expect(codes { $0.legalAuthenticator.professional.telecoms = [] } == ["cda.missing"])
        #expect(codes { $0.legalAuthenticator.professional.telecoms = [.address("0174589607")] } == ["cda.telecom"])
        #expect(
            codes { $0.legalAuthenticator.professional.telecoms = [.address("tel:1", use: "X")] } == ["cda.telecom"])
        #expect(codes { $0.legalAuthenticator.professional.name.family = " " } == ["cda.missing"])
        #expect(codes { $0.legalAuthenticator.professional.name.prefix = "Mme" } == ["cda.name.prefix"])
        #expect(codes { $0.legalAuthenticator.professional.name.suffix = "Dr" } == ["cda.name.suffix"])
        #expect(codes { $0.custodian.ids = [.structure("99")] } == ["cda.structure"])
        #expect(codes { $0.custodian.ids = [] } == ["cda.missing"])
        #expect(codes { $0.custodian.ids.swapAt(0, 1) } == ["cda.structure"])
        #expect(codes { $0.custodian.address = .lines([""]) } == ["cda.missing"])
        #expect(codes { $0.act.performer.professional.organization?.sector = nil } == ["cda.missing"])
        #expect(codes { $0.act.performer.professional.organization = nil } == ["cda.missing"])
        #expect(codes { $0.encounter.responsible.profession = nil } == ["cda.missing"])
    }

    @Test func `the patient and the five traits`() {
        #expect(codes { $0.patient.birthFamily = "" } == ["cda.missing"])
        #expect(codes { $0.patient.ins?.matricule = "279035121518988" } == ["cda.patient.ins"])
        #expect(codes { $0.patient.ins?.root = "1.2.250.1.213.1.1.4.8" } == ["cda.patient.ins"])
        #expect(codes { $0.patient.birthPlaceCode = nil } == ["cda.patient.traits"])
        #expect(codes { $0.patient.allBirthGivens = nil } == ["cda.patient.traits"])
        #expect(codes { $0.patient.birthDate = "" } == ["cda.time"])
        #expect(codes { $0.patient.birthDate = "19790328101500+0100" } == ["cda.time"])
        #expect(codes { $0.patient.address = .absent(.masked) } == ["cda.patient.null"])
        #expect(codes { $0.patient.telecoms = [.absent(.notAsked)] } == ["cda.patient.null"])
        #expect(codes { $0.patient.telecoms = [] } == ["cda.missing"])
        #expect(
            codes {
                $0.patient.ins = nil; $0.patient.localIDs = []
            } == ["cda.missing"])
        #expect(
            codes {
                $0.patient.ins = nil
                $0.patient.localIDs = [ObjectID(root: "1.2.250.1.213.1.4.8", number: "279035121518989")]
            } == ["cda.patient.ins"])
    }

    @Test func `a Corsican matricule has a key too`() {
        #expect(codes { $0.patient.ins?.matricule = "199032A00100135" } == [])
        #expect(codes { $0.patient.ins?.matricule = "199032A00100136" } == ["cda.patient.ins"])
    }

    @Test func `chapters and their codes`() {
        #expect(codes { $0.chapters = [] } == ["cda.chapters"])
        #expect(codes { $0.chapters[0].code.code = "18719-6" } == ["cda.loinc"])
        #expect(codes { $0.chapters[0].code.system = OID.snomed } == ["cda.loinc"])
        #expect(codes { $0.chapters[0].title = "" } == ["cda.missing"])
        #expect(codes { $0.chapters[0].content = .subChapters([]) } == ["cda.missing"])
        #expect(codes { $0.chapters[0].content = .block(Block(items: [])) } == ["cda.missing"])
    }

    @Test func `results`() {
        #expect(observing { _ in } == [])
        #expect(observing { $0.code.loinc = nil } == ["cda.analysis.code"])
        #expect(observing { $0.code.loinc?.code = "14749-7" } == ["cda.loinc"])
        #expect(observing { $0.code.label = "" } == ["cda.missing"])
        #expect(observing { $0.outcome = .value(.number("5.2", ""), at: Sample.time) } == ["cda.unit"])
        #expect(observing { $0.outcome = .value(.number("5.2", "µg/L"), at: Sample.time) } == ["cda.unit"])
        #expect(observing { $0.outcome = .value(.number("5.2", "mg / L"), at: Sample.time) } == ["cda.unit"])
        #expect(observing { $0.outcome = .value(.number("5,2", nil), at: Sample.time) } == ["cda.number"])
        #expect(observing { $0.outcome = .value(.number("<5", nil), at: Sample.time) } == ["cda.number"])
        #expect(observing { $0.outcome = .value(.number("1E5", nil), at: Sample.time) } == ["cda.number"])
        #expect(observing { $0.outcome = .value(.number("", nil), at: Sample.time) } == ["cda.number"])
        #expect(observing { $0.outcome = .value(.number("-1.50", nil), at: Sample.time) } == [])
        #expect(observing { $0.outcome = .value(.text(" "), at: Sample.time) } == ["cda.missing"])
        #expect(
            observing { $0.outcome = .value(.titre(numerator: "1", denominator: "x"), at: Sample.time) } == [
                "cda.number"
            ])
        #expect(observing { $0.outcome = .value(.text("a"), at: "20250310") } == ["cda.time"])
        #expect(observing { $0.outcome = .notPerformed(reason: "") } == ["cda.missing"])
        #expect(observing { $0.reference = .numbers(low: nil, high: nil, unit: "g/L") } == ["cda.missing"])
        #expect(observing { $0.reference = .numbers(low: "a", high: nil, unit: "g/L") } == ["cda.number"])
        #expect(observing { $0.previous = [.init(at: "20240101120000", value: .text("a"))] } == ["cda.time"])
        #expect(observing { $0.comments = [""] } == ["cda.missing"])
    }

    @Test func `specimens and attached files`() {
        var sampling = Sample.sampling
        sampling.specimen.number = nil
        #expect(codes { $0.chapters[0].content = .block(Block(items: [.sampling(sampling)])) } == ["cda.missing"])
        #expect(codes { $0.pdfCopy.bytes = Array("<html>".utf8) } == ["cda.pdf"])
        #expect(codes { $0.conclusions = [""] } == ["cda.missing"])
    }

    @Test func `nothing is written of a refused document, and no refusal names the patient`() {
        var document = Sample.document()
        document.patient.ins?.matricule = "1"
        document.patient.birthDate = "hier"
        document.patient.telecoms = [.address("PAT-TROIS")]
        do {
            _ = try document.xml()
            Issue.record("written")
        } catch {
            #expect(error.refusals.count == 3)
            #expect(!error.description.contains("PAT-TROIS") && !error.description.contains("DOMINIQUE"))
            #expect(error.refusals.allSatisfy { !$0.place.isEmpty && !$0.remedy.isEmpty })
        }
    }

    @Test func `a control character in a text is refused, not sent`() {
        var document = Sample.document()
        document.conclusions = ["a\u{0}b"]
        #expect(throws: DocumentRefused.self) { try document.xml() }
        document.conclusions = ["a\u{FFFF}b"]
        #expect(throws: DocumentRefused.self) { try document.xml() }
    }
}

struct FormTests {
    /// What `Exact` reads, but for exponents, commas and a plus.
    @Test func `a decimal of a document is one that Exact holds`() {
        var random = PRNG(seed: 10)
        let letters = Array("0123456789..--,E+ 00999")
        var fitting = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int(random.next() % 7)).map { _ in letters[Int(random.next() % UInt64(letters.count))] })
            let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
            let isPlain = unsigned.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
            #expect(DecimalForm.fits(text) == (Exact(unsigned) != nil && isPlain), "\(text)")
            fitting += DecimalForm.fits(text) ? 1 : 0
        }
        #expect(fitting > 1000)
        for length in 28...40 {
            let digits = String(repeating: "7", count: length)
            #expect(DecimalForm.fits(digits) == (Exact(digits) != nil))
            #expect(DecimalForm.fits("0." + digits) == (Exact("0." + digits) != nil))
        }
    }

    @Test(arguments: [
        ("20241104090530+0100", "04/11/2024 09:05"), ("2024110409+0100", "04/11/2024 09:00"),
        ("20241104", "04/11/2024"),
        ("202411", "11/2024"), ("2024", "2024"),
    ]) func `a stamp is read in French`(text: String, french: String) { #expect(Stamp(text).french == french) }
}

struct NarrativeTests {
    @Test func `the text says what the entries code, with a comma for a point`() throws {
        let text = String(decoding: try Sample.document(chapters: [Sample.values]).xml(), as: UTF8.self)
        #expect(text.contains("<value xsi:type=\"PQ\" value=\"7.80\" unit=\"mmol/L\"/>"))
        #expect(text.contains(">7,80</content> H</td><td>mmol/L</td><td>3,9 - 6,1</td>"))
        #expect(text.contains("<high value=\"4\" unit=\"mg/L\" inclusive=\"false\"/>"))
        #expect(text.contains(">&lt; 4</content>"))
        #expect(text.contains("<low value=\"500\" unit=\"mg/L\" inclusive=\"true\"/>"))
        #expect(text.contains("04/11/2024 09:00 : <content ID=\"c1.2-p1\">5,0 mmol/L</content>"))
        #expect(text.contains("<statusCode code=\"aborted\"/>"))
        #expect(text.contains("Échantillon hémolysé"))
    }

    @Test func `a measured value keeps its text`() throws {
        let value = try #require(Measured("<0.50"))
        let document = Sample.document(chapters: [
            Sample.chapter([.observation(Sample.observation(Sample.crp, .measured(value, "mg/L")))])
        ])
        let text = String(decoding: try document.xml(), as: UTF8.self)
        #expect(text.contains("value=\"0.50\""))
        #expect(text.contains("&lt; 0,50"))
    }

    @Test func `the same document gives the same bytes`() throws {
        #expect(try Sample.fullHeader.xml() == Sample.fullHeader.xml())
    }
}

import Base
import CDA
import Catalog
import HL7v2
import Judges
import Laboratory
import Printing
import Report
import Testing

private let parties = Parties(
    sendingApplication: "PAILLASSE", sendingFacility: "LABO LILAS", receivingApplication: "PFI",
    receivingFacility: "LABO LILAS")
private let anyPDF = Array("%PDF-1.4\n%%EOF\n".utf8)

private func compose(_ report: SignedReport) throws -> Composition {
    try Composition(report, catalogue: Shared.catalogue())
}
private func said(_ composition: Composition) throws -> String {
    String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
}

/// What a reader of the page, and of the document's text, must be told in so many words.
@Suite struct `What a report tells its reader` {
    private static let onPaper = Professional(nationalID: "810002422995", family: "SANSBOÎTE", given: "Luc")
    private static let doctor = Professional(
        nationalID: "810002423001", family: "TRAITANT", given: "Ida", title: "DR")

    /// A copy and a médecin traitant, neither with a mailbox.
    private func addressed() throws -> SignedReport {
        var patient = try Sample.patient()
        var file = AdministrativeFile()
        file.familyDoctor = Self.doctor
        patient.administrative = file
        var report = Sample.report(patient, [Sample.observation("NA", try Sample.measured("139", "mmol/L"))])
        report.content.request.recipients = [Self.onPaper]
        return report
    }

    @Test func `page and document name who gets it on paper, and no message goes to them`() async throws {
        let composition = try compose(addressed())
        #expect(composition.printed.recipients == ["Luc SANSBOÎTE", "Dr Ida TRAITANT (médecin traitant)"])
        let document = composition.document(pdf: anyPDF)
        #expect(document.recipients.map(\.name?.family) == ["CHARLES", "SANSBOÎTE", "TRAITANT"])
        let cda = try composition.cda(pdf: anyPDF)
        let message = try #require(
            try composition.message(
                cda: cda, parties: parties, processing: .training, controlID: "PA-1", sentAt: Sample.at(12)))
        let read = try DocumentTransmission(parsing: ReceivedMessage(message))
        #expect(read.recipients.filter { !$0.isPatient }.map(\.address) == [Sample.doctor.securedMail ?? ""])
        guard let shared = Judges.shared(for: "recipients without a mailbox") else { return }
        #expect(try await Judges.cdaErrors(in: ["paper": cda], shared: shared) == "")
        #expect(try await Judges.pfiErrors(in: ["paper": message], shared: shared) == "")
    }

    @Test func `whom an opposition keeps it from is named nowhere, the prescriber always`() throws {
        var report = try addressed()
        report.content.patient.administrative?.oppositions = [
            Opposition(.otherProfessionals, reason: "dit", at: Sample.at(8), recordedBy: "a")
        ]
        let composition = try compose(report)
        #expect(composition.printed.recipients == [])
        #expect(composition.document(pdf: anyPDF).recipients.map(\.name?.family) == ["CHARLES"])
    }

    @Test func `a prescriber whose mailbox the patient's file knows is written to there`() throws {
        var report = try addressed()
        var doctor = Sample.doctor
        report.content.request.prescriber.securedMail = nil
        doctor.title = ""
        report.content.patient.administrative?.familyDoctor = doctor
        let composition = try compose(report)
        #expect(composition.printed.recipients == ["Luc SANSBOÎTE"])
        #expect(composition.document(pdf: anyPDF).recipients.map(\.name?.family) == ["CHARLES", "SANSBOÎTE"])
        let routing = Routing(composition.routingRequest(at: Sample.at(12)), settings: RoutingSettings())
        #expect(routing.withheld == [])
        #expect(
            routing.errands.flatMap(\.destinations).contains(.professional(Sample.doctor.securedMail ?? "")))
    }

    @Test func `a coded result stands in words, of its own list first`() throws {
        let catalogue = try Shared.catalogue()
        let group = try #require(catalogue["GSABO"])
        let answer = try #require(group.answer("A+"))
        let cases: [(String, ObservationValue, String)] = [
            ("GSABO", .coded("A+", display: "a pos"), answer.nameFR),
            ("AGHBS", .coded("NEG", display: "NEG"), "Négatif"),
            ("VIH", .coded("R", display: ""), "Réactif"), ("VHC", .coded("ND", display: "Absent"), "Absent"),
            ("SYPH", .coded("IND", display: "IND"), "Indéterminé"),
        ]
        var report = Sample.report(try Sample.patient(), cases.map { Sample.observation($0.0, $0.1) })
        report.previous = [
            PreviousResult(analysis: "AGHBS", value: .coded("POS", display: "POS"), takenAt: Sample.at(-2000))
        ]
        let composition = try compose(report)
        let lines = composition.printed.chapters.flatMap(\.panels).flatMap(\.lines)
        let cda = try said(composition)
        for (code, _, words) in cases {
            let line = try #require(lines.first { $0.name == catalogue[code]?.nameFR })
            #expect(line.value == words)
            #expect(cda.contains(">\(words)</content>"), "\(words)")
        }
        #expect(lines.first { $0.value == "Négatif" }?.previous?.value == "Positif")
        #expect(
            !cda.contains(">NEG</content>") && !cda.contains(">POS</content>") && cda.contains(">Positif</content>"))
        // Every code that may be entered has its words.
        #expect(EnteredValue.codes.allSatisfy { EnteredValue.words[$0]?.first?.isUppercase == true })
    }

    @Test(arguments: [
        ("1000", "1000"), ("10000", "10\u{202F}000"), ("100000", "100\u{202F}000"),
        ("1234567.891234", "1\u{202F}234\u{202F}567,891234"),
        ("0.123456", "0,123456"), ("≤ 12500,5", "≤ 12\u{202F}500,5"), ("9999 – 150000", "9999 – 150\u{202F}000"),
        ("1/10240", "1/10\u{202F}240"), ("-45000", "-45\u{202F}000"), ("4.20", "4,20"), ("", ""),
        ("Négatif", "Négatif"),
    ])
    func `figures are set in groups of three from five digits on`(text: String, expected: String) {
        #expect(FrenchFigures.set(text) == expected)
        #expect(FrenchFigures.set(expected) == expected)
    }

    @Test func `a curve is broken where what it draws does not compare`() throws {
        func apart(_ earlier: [Comparability?], today components: String?) throws -> [Bool] {
            var today = Sample.observation("CRP", try Sample.measured("12", "mg/L"))
            today.origin.components = components
            var report = Sample.report(try Sample.patient(), [today])
            report.previous = try earlier.enumerated().map { rank, comparability in
                PreviousResult(
                    analysis: "CRP", value: try Sample.measured("1\(rank)", "mg/L"),
                    takenAt: Sample.at(-1000 * (earlier.count - rank)), comparability: comparability)
            }
            let lines = try compose(report).printed.chapters.flatMap(\.panels).flatMap(\.lines)
            return try #require(lines.first).trend.map(\.isApart)
        }
        let enzymatic = Comparability(family: "enzymatique"), jaffe = Comparability(family: "Jaffé")
        #expect(try apart([enzymatic, jaffe, jaffe], today: nil) == [false, true, false, false])
        // Of what nobody declared nobody says that it is another, and what was known before still counts.
        #expect(try apart([enzymatic, nil, enzymatic], today: nil) == [false, false, false, false])
        #expect(try apart([enzymatic, Comparability(), jaffe], today: nil) == [false, false, true, false])
        #expect(try apart([Comparability(group: "B"), Comparability()], today: nil) == [false, true, false])
        // Calculated of values of other methods.
        let made = Comparability(components: "CREA enzymatique")
        #expect(try apart([made, made], today: "CREA Jaffé") == [false, false, true])
        #expect(try apart([made, made], today: "CREA enzymatique") == [false, false, false])
    }

    @Test func `large figures have their blanks everywhere on the page, and none in the coded value`() throws {
        var report = Sample.report(
            try Sample.patient(),
            [
                Sample.observation(
                    "GB", try Sample.measured("123456", "10*9/L"),
                    interval: AppliedInterval(low: Exact("4000"), high: Exact("10000"))),
                Sample.observation("CRP", try Sample.measured(">20000.5", "mg/L")),
                Sample.observation("ECBU", .text("Culture positive")), Sample.observation("RPR", .text("1:10240")),
            ])
        let earlier = [("GB", "98765.4", "10*9/L", -2000), ("GB", "45000", "10*9/L", -4000)]
        report.previous = try earlier.map {
            PreviousResult(analysis: $0.0, value: try Sample.measured($0.1, $0.2), takenAt: Sample.at($0.3))
        }
        report.content.supplements.isolates = [
            Isolate(
                number: "1", analysis: "ECBU", organism: "Escherichia coli", snomed: "112283007",
                observedAt: Sample.at(10), count: Measured("100000"))
        ]
        let composition = try compose(report)
        let lines = composition.printed.chapters.flatMap(\.panels).flatMap(\.lines)
        let cells = try #require(lines.first { $0.unit == "G/L" })
        #expect(cells.value == "123\u{202F}456" && cells.interval == "4000 – 10\u{202F}000")
        #expect(cells.previous?.value == "98\u{202F}765,4")
        #expect(cells.trend.map(\.value) == ["45\u{202F}000", "98\u{202F}765,4", "123\u{202F}456"])
        #expect(lines.contains { $0.value == "> 20\u{202F}000,5" } && lines.contains { $0.value == "1/10\u{202F}240" })
        #expect(lines.first { $0.name == "Dénombrement" }?.value == "100\u{202F}000")
        let cda = try said(composition)
        for coded in [
            "value=\"123456\" unit=\"10*9/L\"", "value=\"100000\" unit=\"/mL\"", "<high value=\"10000\"",
            "<low value=\"20000.5\"", "value=\"10240\"", "value=\"98765.4\"",
        ] { #expect(cda.contains(coded), "\(coded)") }
        for text in [">123\u{202F}456<", ">100\u{202F}000<", "4000 - 10\u{202F}000<", ">1/10\u{202F}240<"] {
            #expect(cda.contains(text), "\(text)")
        }
        // The fonts have the blank.
        #expect(try ReportPrinter.pdf(composition.printed).starts(with: "%PDF-".utf8))
    }

    @Test func `a partial report names what is to come, of its panels and of what has no line yet`() async throws {
        let cda = try partialDocument()
        if let shared = Judges.shared(for: "what is to come") {
            #expect(try await Judges.cdaErrors(in: ["partial": cda], shared: shared) == "")
        }
    }
    // Apart from the test: in one async function, 6.3.1 crashes on it at -O.
    private func partialDocument() throws -> [UInt8] {
        var report = Sample.report(
            try Sample.patient(), [Sample.observation("NA", try Sample.measured("139", "mmol/L"))],
            lines: [
                RequestLine(analysis: "NA", panel: "IONO"), RequestLine(analysis: "K", panel: "IONO"),
                RequestLine(analysis: "TSH"),
            ], complete: false)
        let catalogue = try Shared.catalogue()
        let names = try ["K", "TSH"].map { try #require(catalogue[$0]).nameFR }
        let composition = try compose(report)
        let printed = composition.printed
        #expect(printed.pending.hasPrefix("En cours : \(names.joined(separator: ", "))."))
        let panel = try #require(printed.chapters.first?.panels.first)
        #expect(panel.comment.last?.contains("En cours : \(names[0]).") == true)
        let document = composition.document(pdf: anyPDF)
        #expect(document.conclusions.last == Conclusion(title: "Examens en cours", text: printed.pending))
        let cda = try composition.cda(pdf: try ReportPrinter.pdf(printed))
        #expect(String(decoding: cda, as: UTF8.self).contains("En cours : \(names[0])."))
        #expect(try ReceivedReport(reading: cda).oddities == [])
        // Nothing of it once the file is whole.
        report.content.request.lines = [RequestLine(analysis: "NA")]
        report.signature.complete = true
        let whole = try compose(report)
        #expect(whole.printed.pending == "" && whole.document(pdf: anyPDF).conclusions == [])
        return cda
    }

    @Test func `a biologist validates once, whoever signs in the end`() throws {
        let observations = [
            Sample.observation("NA", try Sample.measured("139", "mmol/L")),
            Sample.observation("K", try Sample.measured("4.1", "mmol/L")),
        ]
        var report = Sample.report(try Sample.patient(), observations)
        report.content.supplements.validations = [
            OtherValidation(biologist: Sample.biologist, at: Sample.at(11)),
            OtherValidation(biologist: Sample.biologist, at: Sample.at(11, 5), analyses: ["K"]),
            OtherValidation(biologist: Sample.director, at: Sample.at(11, 10)),
            OtherValidation(biologist: Sample.director, at: Sample.at(11, 20), analyses: ["NA"]),
        ]
        let composition = try compose(report)
        let document = composition.document(pdf: anyPDF)
        let whole = try #require(document.chapters.first?.block)
        #expect(whole.validators.map(\.name.family) == ["LENOIR", "CAMPARINI"])
        #expect(document.authenticators.map(\.professional.name.family) == ["CAMPARINI"])
        let cda = try said(composition)
        #expect(cda.components(of: "typeCode=\"AUTHEN\"") == 2)
        #expect(cda.components(of: "Validé par Dr Anne LENOIR") == 1)
        #expect(cda.components(of: "Validé par Dr Marcel CAMPARINI") == 1)
        #expect(composition.printed.signatures.map(\.name) == ["Dr Marcel CAMPARINI", "Dr Anne LENOIR"])
        #expect(composition.printed.signatures.map(\.role) == ["Biologiste médical", "Biologiste médical"])
    }

    @Test func `the page says of what part a biologist answers`() throws {
        let catalogue = try Shared.catalogue()
        let potassium = try #require(catalogue["K"]).nameFR
        let observations = [
            Sample.observation("NA", try Sample.measured("139", "mmol/L")),
            Sample.observation("K", try Sample.measured("4.1", "mmol/L")),
        ]
        var report = Sample.report(try Sample.patient(), observations)
        func roles(_ analyses: [String]) throws -> [String] {
            report.content.supplements.validations = [
                OtherValidation(biologist: Sample.director, at: Sample.at(11, 10), analyses: analyses)
            ]
            return try compose(report).printed.signatures.dropLast().map(\.role)
        }
        #expect(try roles(["K"]) == ["Biologiste médical, pour : \(potassium)"])
        #expect(try roles(["K", "NA"]) == ["Biologiste médical"] && roles([]) == ["Biologiste médical"])
        // What this report does not give yet was not validated in it.
        #expect(try roles(["TSH"]) == [] && compose(report).document(pdf: anyPDF).authenticators == [])
    }

    @Test func `the page gives conclusions their titles, and who took the specimen`() throws {
        var report = Sample.report(
            try Sample.patient(), [Sample.observation("NA", try Sample.measured("139", "mmol/L"))])
        report.content.supplements.conclusions = [
            .init(text: "Bilan sans particularité."), .init(title: "Pour le patient", text: "À contrôler."),
        ]
        let nurse = Professional(nationalID: "801234567893", family: "PIQUET", given: "Rose")
        report.content.supplements.samplers = [Sampler(professional: nurse, at: Sample.at(8, 12))]
        let printed = try compose(report).printed
        #expect(
            printed.comment == [
                "Bilan sans particularité.", PrintedReport.Remark(title: "Pour le patient", text: "À contrôler."),
            ])
        #expect(printed.dates.collected == "20/11/2026 à 08:12, par Rose PIQUET")
    }
}

extension String {
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
extension CDA.Chapter {
    fileprivate var block: Block? { if case .block(let block) = content { block } else { nil } }
}

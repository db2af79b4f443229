import Base
import CDA
import Catalog
import Foundation
import HL7v2
import Laboratory
import Printing
import Report
import Testing
import Judges

private let parties = Parties(
    sendingApplication: "PAILLASSE", sendingFacility: "LABO LILAS", receivingApplication: "PFI",
    receivingFacility: "LABO LILAS")

private func compose(_ report: SignedReport) throws -> Composition {
    try Composition(report, catalogue: Shared.catalogue())
}
/// Enough of a PDF for what does not look at the page.
private let anyPDF = Array("%PDF-1.4\n%%EOF\n".utf8)

struct ConformityTests {
    /// One report of every analysis that the shipped catalogue knows, so that each LOINC code, unit, specimen and
    /// chapter meets the official rules once.
    private func wholeCatalogue() throws -> SignedReport {
        let catalogue = try Shared.catalogue()
        let kinds = catalogue.specimens.map(\.code)
        let observations = try catalogue.analyses.map { analysis -> Laboratory.Observation in
            let value: ObservationValue =
                analysis.nature.isNumeric
                ? try Sample.measured("1.50", analysis.unit.isEmpty ? "1" : analysis.unit)
                : analysis.nature == .coded ? .coded("POS", display: "Positif") : .text("Résultat en clair")
            return Sample.observation(
                analysis.code, value, accession: analysis.specimen ?? kinds[0],
                interval: analysis.nature.isNumeric ? AppliedInterval(low: Exact("1"), high: Exact("2")) : nil)
        }
        let lines = catalogue.analyses.map { analysis in
            RequestLine(
                analysis: analysis.code, panel: catalogue.panels.first { $0.members.contains(analysis.code) }?.code)
        }
        let specimens = kinds.map {
            Specimen(
                accession: $0, site: "LIL", requestID: "r1", kind: $0, tube: "VERT", analyses: [],
                collectedAt: Sample.at(8), receivedAt: Sample.at(9))
        }
        return Sample.report(try Sample.patient(), observations, lines: lines, specimens: specimens)
    }

    private func reports() throws -> [String: SignedReport] {
        let qualified = try Sample.patient()
        var provisional = try Sample.patient(.provisional)
        provisional.attributes = [.homonym]
        provisional.usedName = nil
        var newborn = Laboratory.Patient(
            id: "p2", site: "LIL", ipp: "405661", status: .provisional,
            traits: Traits(
                birthName: "ESSAI", firstGivenName: "LÉO", birthDate: CivilDate(year: 2026, month: 11, day: 19),
                sex: .unknown), birthTime: Sample.at(-6), legalRepresentative: "ESSAI Jeanne")
        newborn.phone = "06 00 00 00 00"
        let one = [Sample.observation("NA", try Sample.measured("139", "mmol/L"))]
        return [
            "rich": try Sample.rich(qualified), "corrected": try Sample.rich(qualified, version: 2),
            "provisional": try Sample.rich(provisional), "newborn": try Sample.rich(newborn),
            "catalogue": try wholeCatalogue(), "decisions": Sample.report(qualified, try Sample.decisions()),
            "partial": Sample.report(
                qualified, one,
                lines: [RequestLine(analysis: "NA", panel: "IONO"), RequestLine(analysis: "K", panel: "IONO")],
                complete: false),
        ]
    }

    @Test func `signed reports become documents messages and pages that the judges accept`() async throws {
        var documents: [String: [UInt8]] = [:]
        var messages: [String: [UInt8]] = [:]
        for (name, report) in try reports() {
            let composition = try compose(report)
            let pdf = try ReportPrinter.pdf(composition.printed)
            #expect(pdf.starts(with: "%PDF-".utf8))
            let cda = try composition.cda(pdf: pdf)
            documents[name] = cda
            let message = try composition.message(
                cda: cda, parties: parties, processing: .training, controlID: "PA-" + name, sentAt: Sample.at(11, 31))
            #expect(message != nil)
            messages[name] = message
        }
        guard let shared = Judges.shared(for: "report conformity") else { return }
        let cdaErrors = try await Judges.cdaErrors(in: documents, shared: shared)
        #expect(cdaErrors == "")
        let pfiErrors = try await Judges.pfiErrors(in: messages, shared: shared)
        #expect(pfiErrors == "")
    }
}

struct CompositionTests {
    @Test(arguments: [("1/160", true), ("1:160", true), ("160", false), ("1/0", false)])
    func `a titre is a ratio however it is written`(text: String, isRatio: Bool) throws {
        let report = Sample.report(try Sample.patient(), [Sample.observation("RPR", .text(text))])
        let document = String(decoding: try compose(report).cda(pdf: anyPDF), as: UTF8.self)
        #expect(document.contains("xsi:type=\"RTO") == isRatio)
        #expect(document.contains("<denominator xsi:type=\"INT\" value=\"160\"/>") == isRatio)
    }

    @Test func `results stand under their chapter, section and panel, in the order of the page`() throws {
        let printed = try compose(Sample.rich(Sample.patient())).printed
        #expect(
            printed.chapters.map(\.title) == ["Hématologie", "Hémostase", "Biochimie", "Sérologie", "Microbiologie"])
        let chemistry = try #require(printed.chapters.first { $0.title == "Biochimie" })
        #expect(
            chemistry.panels.map(\.title) == ["Ionogramme sanguin", "Fonction rénale", "Biochimie", "Bilan lipidique"])
        #expect(chemistry.panels[0].lines.map(\.name) == ["Sodium", "Potassium"])
    }

    @Test func `a second unit has the precision of what was measured, and no digit more`() throws {
        let cases = [
            ("HB", "12.9", "g/dL", "12.0", "16.0", "129", "120 – 160"),
            ("CREA", "80", "umol/L", "45", "84", "9,0", "5,1 – 9,5"),
            ("GLUJ", "5.4", "mmol/L", "4", "5.50", "0,97", "0,72 – 0,991"),
        ]
        for (code, value, unit, low, high, expected, interval) in cases {
            let measured = Sample.observation(
                code, try Sample.measured(value, unit), interval: AppliedInterval(low: Exact(low), high: Exact(high)))
            let printed = try compose(Sample.report(Sample.patient(), [measured])).printed
            let line = try #require(printed.chapters.first?.panels.first?.lines.first)
            #expect(
                line.equivalents.map(\.value) == [expected] && line.equivalents.map(\.interval) == [interval], "\(line)"
            )
        }
    }

    /// CR-BIO sheet section 7.3: the biologically relevant time, which is that of the sampling.
    @Test func `a result is dated by its sampling; by its measurement, where nobody knows that`() throws {
        let composition = try compose(Sample.rich(Sample.patient()))
        let document = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        func dated(_ loinc: String) throws -> String {
            let code = try #require(document.range(of: "<code code=\"\(loinc)\""))
            let rest = document[code.upperBound...]
            let time = try #require(rest.range(of: "<effectiveTime value=\""))
            return String(rest[time.upperBound...].prefix { $0 != "\"" })
        }
        // Sodium of a tube taken at 08:12; leucocytes of one of which nobody knows the hour.
        let sodium = try dated("2951-2")
        #expect(sodium.hasPrefix("202611200812"), "\(sodium)")
        #expect(try !dated("6690-2").hasPrefix("202611200812"))
    }

    @Test func `of two conventions of conversion in use, page and document say which`() throws {
        let composition = try compose(
            Sample.report(Sample.patient(), [Sample.observation("TG", try Sample.measured("1.50", "mmol/L"))]))
        let line = try #require(composition.printed.chapters.first?.panels.first?.lines.first)
        #expect(line.equivalents.map(\.value) == ["1,328"])
        #expect(line.comments == ["Conversion en g/L : trioléine (885,4 g/mol)"])
        let document = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        #expect(document.contains("Conversion en g/L : trioléine (885,4 g/mol)"))
        // Creatinine has one molar mass, and says nothing.
        let other = try compose(
            Sample.report(Sample.patient(), [Sample.observation("CREA", try Sample.measured("80", "umol/L"))]))
        #expect(other.printed.chapters.first?.panels.first?.lines.first?.comments == [])
    }

    @Test func `a decision value is told as one, never as an interval, and where none applies there is none`() throws {
        let composition = try compose(Sample.report(Sample.patient(), Sample.decisions()))
        let lines = composition.printed.chapters.flatMap(\.panels).flatMap(\.lines)
        let told = Dictionary(lines.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        #expect(lines.count == 4 && lines.filter { !$0.interval.isEmpty }.map(\.name) == ["Sodium"])
        #expect(told["Cholestérol HDL"]?.comments == ["Valeur décisionnelle : ≥ 1,03 mmol/L (≥ 0,398 g/L)", "À jeun."])
        #expect(told["Cholestérol HDL"]?.equivalents.map(\.interval) == [""])
        #expect(told["Cholestérol total"]?.comments == [])
        #expect(told["Lithium"]?.comments == ["Zone thérapeutique : 0,6 – 1,2 mmol/L"])
        #expect(told["Sodium"]?.interval == "136 – 145" && told["Sodium"]?.comments == [])
        let document = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        // One interval of reference: sodium's; the others are words beside the value.
        #expect(document.ranges(of: "<referenceRange").count == 1)
        #expect(document.contains("Valeur décisionnelle : ≥ 1,03 mmol/L"))
        #expect(document.contains("Zone thérapeutique : 0,6 – 1,2 mmol/L"))
    }

    @Test func `the head of the page is in French: telephone, place of birth, day of the prescription`() throws {
        var report = try Sample.rich(Sample.patient())
        report.site.phone = "+33298000000"
        var printed = try compose(report).printed
        #expect(printed.issuer.phone == "02 98 00 00 00" && printed.patient.birthPlace == "code INSEE 51215")
        #expect(printed.prescriber == "Dr Pascal CHARLES, prescription du 18/11/2026")
        report.site.phone = "+32 2 555 12 12"
        var file = AdministrativeFile()
        file.birthplaceName = "Connantre"
        report.content.patient.administrative = file
        printed = try compose(report).printed
        #expect(printed.issuer.phone == "+32 2 555 12 12" && printed.patient.birthPlace == "Connantre")
    }

    @Test func `the page, the text and the code say the same value with the text that was measured`() throws {
        let composition = try compose(Sample.rich(Sample.patient()))
        let lines = composition.printed.chapters.flatMap(\.panels).flatMap(\.lines)
        let potassium = try #require(lines.first { $0.name == "Potassium" })
        #expect(potassium.value == "6,70" && potassium.unit == "mmol/L" && potassium.flag == .criticalHigh)
        #expect(potassium.interval == "3,5 – 4,9")
        #expect(potassium.previous?.value == "4,1")
        #expect(lines.first { $0.name.hasPrefix("CRP") || $0.name.contains("C réactive") }?.value == "< 0,60")
        let cda = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        #expect(cda.contains("<value xsi:type=\"PQ\" value=\"6.70\" unit=\"mmol/L\"/>"))
        #expect(cda.contains(">6,70</content> HH</td>"))
        #expect(cda.contains("<high value=\"0.60\" unit=\"mg/L\" inclusive=\"false\"/>"))
        #expect(cda.contains("<interpretationCode code=\"HH\""))
        #expect(cda.contains("<value xsi:type=\"REAL\" value=\"2.40\"/>"))
    }

    @Test func `what was not performed says why on the page and in the document`() throws {
        let composition = try compose(Sample.rich(Sample.patient()))
        let lines = composition.printed.chapters.flatMap(\.panels).flatMap(\.lines)
        #expect(lines.contains { $0.notPerformed == "Non réalisé : tube hémolysé" && $0.value.isEmpty })
        let cda = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        #expect(cda.contains("Non réalisé : tube hémolysé") && cda.contains("<statusCode code=\"aborted\"/>"))
        #expect(cda.contains("Échantillon A2 non conforme : tube mal rempli"))
    }

    @Test func `an analysis without LOINC code travels with the code of the laboratory`() throws {
        let cda = String(decoding: try compose(Sample.rich(Sample.patient())).cda(pdf: anyPDF), as: UTF8.self)
        #expect(cda.contains("<translation code=\"NHDL\""))
        #expect(cda.contains("codeSystem=\"1.2.250.1.999.1.7\""))
    }

    @Test func `a matricule leaves only with a qualified identity`() throws {
        for status in IdentityStatus.allCases {
            let report = try Sample.rich(Sample.patient(status))
            let composition = try compose(report)
            let cda = try composition.cda(pdf: anyPDF)
            let transmission = try #require(
                composition.transmission(cda: cda, parties: parties, controlID: "1", sentAt: Sample.at(12)))
            let isOut = status == .qualified
            #expect(String(decoding: cda, as: UTF8.self).contains("279035121518989") == isOut)
            #expect(
                String(decoding: try transmission.message().bytes(), as: UTF8.self).contains("279035121518989") == isOut
            )
            #expect(composition.printed.patient.ins.isEmpty != isOut)
            #expect(transmission.toDMP == isOut && transmission.toPatient == isOut && transmission.toProfessionals)
        }
    }

    @Test func `an opposed patient is not fed to the DMP, and nobody to send to makes no message`() throws {
        var patient = try Sample.patient()
        patient.opposedToDMP = true
        let opposed = try compose(Sample.rich(patient))
        let transmission = opposed.transmission(cda: anyPDF, parties: parties, controlID: "1", sentAt: Sample.at(12))
        #expect(transmission?.toDMP == false)
        #expect(transmission?.toPatient == true)
        #expect(
            opposed.transmission(
                cda: anyPDF, parties: parties, controlID: "1", sentAt: Sample.at(12),
                destinations: Destinations(dmp: true, professionals: false, patient: false)) == nil)
    }

    @Test func `a correction replaces by its number, and a version that never left replaces nothing`() throws {
        let second = try compose(Sample.rich(Sample.patient(), version: 2))
        #expect(second.printed.version.replacementNotice == "Annule et remplace la version 1.")
        #expect(second.document(pdf: anyPDF).replaces == "1.2.250.1.999.1.261120.7.1")
        #expect(
            second.transmission(cda: anyPDF, parties: parties, controlID: "1", sentAt: Sample.at(12))?.request
                == .replacement)
        var overtaken = try Sample.rich(Sample.patient(), version: 2)
        overtaken.replacedOID = nil
        let first = try compose(overtaken)
        #expect(first.version == 1 && first.printed.version == .init(number: 1))
        #expect(first.document(pdf: anyPDF).check() == [])
        #expect(
            first.transmission(cda: anyPDF, parties: parties, controlID: "1", sentAt: Sample.at(12))?.request
                == .initial)
    }

    @Test func `page and document conclude with the same words, and name one version replaced`() throws {
        var report = try Sample.rich(Sample.patient(), version: 4)
        report.notice = "Seules les règles d'accès changent."
        report.content.supplements.conclusions = [
            .init(title: Amendment.title, text: "Motif de la rectification : erreur d'identité.")
        ]
        let edited = try compose(report)
        let document = edited.document(pdf: anyPDF)
        #expect(edited.printed.comment.map(\.text) == document.conclusions.map(\.text))
        #expect(edited.printed.comment.map(\.title) == document.conclusions.map(\.title))
        #expect(edited.printed.comment.first?.text == "Seules les règles d'accès changent.")
        #expect(edited.printed.version.replacementNotice == "Annule et remplace la version 3.")
        #expect(document.replaces?.hasSuffix(".3") == true && document.version == 4)
        #expect(!edited.printed.comment.map(\.text).joined().contains("version"))
    }

    @Test func `a preview says that nobody signed it, and no message carries it`() throws {
        var report = try Sample.rich(Sample.patient())
        let signed = try compose(report)
        report.isPreview = true
        let preview = try compose(report)
        #expect(preview.printed.signatures.isEmpty && !signed.printed.signatures.isEmpty)
        let document = try preview.cda(pdf: anyPDF)
        #expect(!String(decoding: document, as: UTF8.self).contains("<signatureCode code=\"S\"/>"))
        let errand = try #require(
            Routing(signed.routingRequest(at: Sample.at(12)), settings: RoutingSettings()).errands.first)
        for (composition, code) in [(preview, "report.preview"), (signed, "report.document")] {
            let refusal = #expect(throws: Refusal.self) {
                _ = try composition.message(
                    errand, cda: document, parties: parties, controlID: "1", sentAt: Sample.at(12))
            }
            #expect(refusal?.code == code)
        }
    }

    @Test func `a partial report says so everywhere`() throws {
        let report = Sample.report(
            try Sample.patient(), [Sample.observation("NA", try Sample.measured("139", "mmol/L"))],
            lines: [RequestLine(analysis: "NA", panel: "IONO"), RequestLine(analysis: "K", panel: "IONO")],
            complete: false)
        let composition = try compose(report)
        #expect(composition.printed.completeness == .partial)
        let cda = String(decoding: try composition.cda(pdf: anyPDF), as: UTF8.self)
        #expect(cda.contains("<lab:statusCode code=\"active\"/>") && cda.contains("<statusCode code=\"active\"/>"))
    }

    @Test func `the same signature gives the same bytes whatever the order of its facts`() throws {
        let report = try Sample.rich(Sample.patient())
        var shuffled = report
        shuffled.content.observations.reverse()
        shuffled.content.specimens.reverse()
        shuffled.previous.reverse()
        #expect(try compose(report).cda(pdf: anyPDF) == compose(shuffled).cda(pdf: anyPDF))
        #expect(try compose(report).printed == compose(shuffled).printed)
    }

    @Test func `nothing to report and an analysis that left the catalogue are refused`() throws {
        #expect(throws: Refusal.self) { try compose(Sample.report(Sample.patient(), [])) }
        do {
            _ = try compose(Sample.report(Sample.patient(), [Sample.observation("XXXX", .text("a"))]))
            Issue.record("composed")
        } catch let refusal as Refusal { #expect(refusal.code == "report.analysis" && refusal.place == "XXXX") }
    }

    @Test func `a document that may not leave gives the first reason without naming the patient`() throws {
        var report = try Sample.rich(Sample.patient())
        report.site.finess = "12"
        report.site.oidRoot = "abc"
        do {
            _ = try compose(report).cda(pdf: [])
            Issue.record("written")
        } catch let refusal as Refusal {
            #expect(refusal.code.hasPrefix("cda."))
            #expect(refusal.cause.contains("autre(s) raison(s)"))
            #expect(!refusal.description.contains("PAT-TROIS"))
        }
    }
}

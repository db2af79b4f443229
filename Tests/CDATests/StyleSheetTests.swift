import Base
import CDA
import Testing
import Judges

struct StyleSheetTests {
    @Test func `the auto-presentable file carries the very document that is sent`() throws {
        for (name, document) in Sample.every {
            let inner = try document.xml().drop { $0 != 0x0A }.dropFirst()
            let outer = try document.selfDisplaying()
            let at = try #require(outer.firstRange(of: "<ClinicalDocument".utf8)?.lowerBound)
            #expect(outer[at...].starts(with: inner), "\(name)")
            #expect(try ReceivedReport(reading: outer).document.xml() == document.xml().replacingUnits, "\(name)")
        }
    }

    @Test func `a browser shows the patient, each value, the images and the files`() async throws {
        guard Judges.shared(for: "style sheet") != nil else { return }
        var document = Mutation.whole
        document.version = 2
        document.replaces = "1.2.250.1.999.1.1.20250310.77.0"
        document.act.isPartial = true
        document.chapters.append(
            Sample.chapter([
                .image(ImageEntry(caption: "Tracé", format: .png, bytes: [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]))
            ]))
        let page = try await Judges.shown(document.selfDisplaying())
        for expected in [
            "<html lang=\"fr\"", "PAT-TROIS", "279035121518989", "28/03/1979", "10/03/2025 à 12:10", "7,80", "mmol/L",
            "3,9 - 6,1", "Escherichia coli", "Ampicilline", "annule et remplace", "Résultats partiels",
            "data:image/png;base64,iVBORw0KGgo=", "data:application/pdf;base64,JVBERi0", "Bilan sans particularité",
            "Échantillon hémolysé", "Pascal CHARLES", "scope=\"col\"",
        ] {
            #expect(page.contains(expected), "\(expected)")
        }
        #expect(!page.contains("<script") && !page.contains("http:"), "nothing is fetched")
    }
}

extension [UInt8] {
    /// How a unit is printed is not read back.
    fileprivate var replacingUnits: [UInt8] {
        Array(String(decoding: self, as: UTF8.self).replacing(">G/L<", with: ">10*3/uL<").utf8)
    }
}

import Base
import Foundation
import Judges
import Printing
import Quality
import Report
import TestSupport
import Testing

@Suite struct `A PDF of ours` {
    private var samples: [String: [UInt8]] {
        get throws {
            var bare = Samples.usual
            bare.patient.identityNote = "Échappements <&> ]]> « »"
            bare.issuer.name = "Laboratoire <Martin & Fils>"
            return [
                "usual": try ReportPrinter.pdf(Samples.usual), "long": try ReportPrinter.pdf(Samples.long(lines: 150)),
                "wide": try ReportPrinter.pdf(Samples.wide), "proof": try ReportPrinter.pdf(Samples.proof),
                "followed": try ReportPrinter.pdf(Samples.followed), "escaped": try ReportPrinter.pdf(bare),
                "pictured": try ReportPrinter.pdf(Samples.pictured),
            ]
        }
    }

    /// A byte a character.
    private func latin(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    @Test func `is PDF/A-1b for PDFBox preflight, with logo, curves and many pages`() async throws {
        let verdicts = try await Preflight.verdicts(samples, for: "is PDF/A-1b for PDFBox preflight")
        for (name, verdict) in verdicts ?? [:] {
            #expect(verdict.hasPrefix(Preflight.sound), "\(name): \(verdict)")
        }
    }

    /// The judge judges: one thing taken away each time.
    @Test func `is refused by preflight when what makes it PDF/A is damaged`() async throws {
        let sound = latin(try ReportPrinter.pdf(Samples.usual))
        var damaged = [String: [UInt8]]()
        for (name, from, to) in [
            ("intent", "/OutputIntents", "/OutputIntentz"), ("identifier", "/ID [", "/IX ["),
            ("metadata", "/Metadata ", "/Metadatb "), ("set", "/CIDSet", "/CIDSeu"),
            ("part", "<pdfaid:part>1<", "<pdfaid:part>2<"),
        ] {
            #expect(sound.contains(from), "\(from)")
            damaged[name] = sound.replacing(from, with: to).unicodeScalars.map { UInt8($0.value) }
        }
        let verdicts = try await Preflight.verdicts(damaged, for: "is refused by preflight when damaged")
        for (name, verdict) in verdicts ?? [:] {
            #expect(verdict.hasPrefix("not a valid") || verdict.contains("error"), "\(name): \(verdict)")
        }
    }

    @Test func `tells its language, and has no transparency and no interpolation`() throws {
        for (name, pdf) in try samples {
            let text = latin(pdf)
            #expect(!text.contains("/Transparency") && !text.contains("/SMask"), "\(name)")
            #expect(!text.contains("/Interpolate true"), "\(name)")
            #expect(text.contains("/Lang (fr-FR)"), "\(name)")
        }
    }

    @Test func `says the same in its information dictionary and in its XMP`() throws {
        let pdf = try ReportPrinter.pdf(Samples.usual)
        let facts = try PDFReader.run("pdfinfo", ["-isodates", "{}"], on: pdf)
        let xmp = try PDFReader.run("pdfinfo", ["-meta", "{}"], on: pdf)
        for words in ["dossier 261122-0147", "Laboratoire de biologie médicale des Deux Rives", "LE GOFF Maëlle Anne"] {
            #expect(facts.contains(words) && xmp.contains(words), "\(words)")
        }
        #expect(xmp.contains("<xmp:CreateDate>2026-11-22T10:42:00Z") && facts.contains("2026-11-22T"))
        #expect(xmp.contains("<pdfaid:conformance>B<"))
    }
}

@Suite struct `The page of a report` {
    /// In the order of the content, which a screen reader follows: who, for whom, what, by whom, which page.
    @Test func `is read in the order of its meaning`() throws {
        let page = try #require(try PDFReader.pages(ReportPrinter.pdf(Samples.followed)).first)
        let order = [
            "Laboratoire de biologie médicale des Deux Rives", "FINESS 490000999", "Compte rendu d’examens",
            "LE GOFF Maëlle Anne", "Née le 14/02/1979", "Prescripteur Dr Yann KERVELLA", "Analyse Résultat Unité",
            "Hématologie", "Hémogramme", "Hématies 4,52 T/L", "Hémoglobine 10,2 B ↓ g/dL 11,5 – 14,9 11,8",
            "Biochimie", "Potassium 6,7 HH ↑", "Microbiologie", "Signes :", "Page 1/",
        ]
        var rest = page[...]
        for words in order {
            let found = try #require(rest.range(of: words), "« \(words) » after what stands before it")
            rest = rest[found.upperBound...]
        }
    }

    @Test func `draws a curve from three results on, its bound and its dates told`() throws {
        let text = try PDFReader.pages(ReportPrinter.pdf(Samples.followed)).joined(separator: " ")
        let curves = try #require(text.components(separatedBy: "Évolution des résultats").last)
        #expect(curves.contains("Hémoglobine (g/dL) 10,2 ") && curves.contains("Potassium (mmol/L) 6,7 "))
        #expect(curves.contains("CRP (mg/L) < 0,6 ") && !curves.contains("Leucocytes (G/L)"))
        #expect(curves.contains("22/11/2026"))
        #expect(!(try PDFReader.pages(ReportPrinter.pdf(Samples.usual)).joined()).contains("Évolution"))
    }

    @Test func `says under its curves that a method changed, where one did`() throws {
        func text(_ report: PrintedReport) throws -> String {
            try PDFReader.pages(ReportPrinter.pdf(report)).joined(separator: " ")
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let words = "changement de méthode"
        #expect(try text(Samples.followed).contains(words))
        var one = Samples.followed
        one.chapters[0].panels[0].lines[1].trend[2].isApart = false
        #expect(try !text(one).contains(words))
    }

    @Test func `is set as French is: unbreakable blanks, curved apostrophes, one ellipsis`() throws {
        let typed = "L'examen : « urgent » ; refait ? Oui ! 50 % au moins de 7,5 mmol/L... d'un tiers, 12 h/24, 5' "
        let set =
            "L’examen\u{A0}: «\u{202F}urgent\u{202F}»\u{202F}; refait\u{202F}? Oui\u{202F}! 50\u{202F}% au moins"
            + " de 7,5\u{A0}mmol/L… d’un tiers, 12 h/24, 5' "
        #expect(Typography.french(typed) == set)
        #expect(Typography.french("4,20") == "4,20" && Typography.french("") == "")
    }

    @Test func `shows the pictures of a section with their captions, and tells of the reports that come with it`()
        throws
    {
        let pdf = try ReportPrinter.pdf(Samples.pictured)
        let text = try PDFReader.pages(pdf).joined(separator: " ")
        #expect(text.contains("Frottis sanguin, MGG × 100"))
        #expect(text.contains("Résultats de seconde intention") && text.contains("Étude de l’hémoglobine (n° HB-12)"))
        let images = try PDFReader.run("pdfimages", ["-list", "{}"], on: pdf)
        #expect(images.contains("240") && images.contains("jpeg") && images.contains("rgb"), "\(images)")
    }

    @Test func `refuses a picture that is none, or in inks`() throws {
        var inks = Samples.trace
        let frame = try #require(inks.indices.first { inks[$0] == 0xFF && inks[$0 + 1] == 0xC0 })
        inks[frame + 9] = 4
        for bytes in [Array("GIF89a".utf8), inks, Array(Samples.trace.prefix(60))] {
            var report = Samples.usual
            report.chapters[0].panels[0].pictures = [.init(caption: "Tracé", bytes: bytes)]
            do throws(Refusal) {
                _ = try ReportPrinter.pdf(report)
                Issue.record("printed")
            } catch { #expect(error.code == "printing.picture" && error.place.contains("pictures[0]")) }
        }
    }

    @Test func `refuses a logo that is no picture or too large, and says so`() throws {
        for bytes in [Array("GIF89a".utf8), Array(Samples.logo.prefix(40)), Array(repeating: 0, count: 70_000)] {
            do throws(Refusal) {
                _ = try Picture.logo(bytes)
                Issue.record("taken")
            } catch { #expect(error.code == "printing.logo") }
        }
        var report = Samples.usual
        report.issuer.logo = Array("nothing".utf8)
        #expect(throws: Refusal.self) { try ReportPrinter.pdf(report) }
    }

    /// Against pictures kept in `Tests/Golden`; `PAILLASSE_GOLDEN=write` keeps new ones, to be looked at.
    @Test func `looks as its golden picture does`() throws {
        for (name, report, page) in [
            ("usual", Samples.usual, 1), ("followed", Samples.followed, 1), ("curves", Samples.followed, 2),
            ("proof", Samples.proof, 3),
        ] {
            let picture = try picture(of: report, page: page)
            let golden = Golden.folder.appendingPathComponent("report-\(name).png")
            if ProcessInfo.processInfo.environment["PAILLASSE_GOLDEN"] == "write" {
                try FileManager.default.createDirectory(at: Golden.folder, withIntermediateDirectories: true)
                try picture.write(to: golden)
            }
            let difference = try difference(picture, Data(contentsOf: golden))
            #expect(difference < Golden.tolerance, "\(name) differs from \(golden.lastPathComponent): \(difference) ‰")
        }
    }

    @Test func `no longer looks as its golden picture when a value, a flag or a curve is missing`() throws {
        let first = try Data(contentsOf: Golden.folder.appendingPathComponent("report-followed.png"))
        let second = try Data(contentsOf: Golden.folder.appendingPathComponent("report-curves.png"))
        var value = Samples.followed, flag = Samples.followed, logo = Samples.followed, curve = Samples.followed
        value.chapters[0].panels[0].lines[0].value = "4,5"
        flag.chapters[1].panels[0].lines[1].flag = .none
        logo.issuer.logo = []
        curve.chapters[1].panels[0].lines[2].trend = []
        var method = Samples.followed
        method.chapters[0].panels[0].lines[1].trend[2].isApart = false
        for (change, report, page, golden) in [
            ("value", value, 1, first), ("flag", flag, 1, first), ("logo", logo, 1, first), ("curve", curve, 2, second),
            ("method", method, 2, second),
        ] {
            let difference = try difference(picture(of: report, page: page), golden)
            #expect(difference > Golden.tolerance, "\(change): \(difference) ‰")
        }
    }

    private enum Golden {
        static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden")
        /// Per mille of the points: other releases of Pango, poppler or DejaVu move glyphs by less.
        static let tolerance = 0.03
    }

    private func picture(of report: PrintedReport, page: Int) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-png-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let root = folder.appendingPathComponent("page").path
        _ = try PDFReader.run(
            "pdftoppm", ["-png", "-gray", "-r", "60", "-f", "\(page)", "-singlefile", "{}", root],
            on: ReportPrinter.pdf(report))
        return try Data(contentsOf: URL(fileURLWithPath: root + ".png"))
    }

    private func difference(_ a: Data, _ b: Data) throws -> Double {
        let folder = FileManager.default.temporaryDirectory
        let pictures = try [a, b].map { data in
            let file = folder.appendingPathComponent("paillasse-\(UUID().uuidString).png")
            defer { try? FileManager.default.removeItem(at: file) }
            try data.write(to: file)
            return try #require(PNG.Greys(file: file.path))
        }
        return pictures[0].difference(from: pictures[1])
    }
}

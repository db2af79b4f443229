import Base
import Foundation
import Report
import Testing

import Judges
@testable import Printing

@Suite struct `The fonts of a document` {
    /// The usual report with a comment of these lines.
    private func report(_ comment: [String]) -> PrintedReport {
        var report = Samples.usual
        report.comment = comment.map { PrintedReport.Remark(text: $0) }
        return report
    }

    /// Without any blank: which one separates words is the reader's choice.
    private func read(_ pdf: [UInt8]) throws -> String {
        try PDFReader.pages(pdf).joined().filter { !$0.isWhitespace }
    }

    private func fonts(_ pdf: [UInt8]) throws -> [String] {
        let rows = try PDFReader.run("pdffonts", ["{}"], on: pdf).split(separator: "\n").dropFirst(2)
        return rows.compactMap { $0.split(separator: " ").first.map { String($0.drop { $0 != "+" }.dropFirst()) } }
            .sorted()
    }

    @Test func `give back every letter that they always hold, thin and bold`() throws {
        let letters = FontBook.letters.filter { !$0.properties.isWhitespace }
        #expect(letters.count > 250)
        // In tens between bars, so that none joins its neighbours.
        let rows = stride(from: 0, to: letters.count, by: 10).map { start in
            letters[start..<min(start + 10, letters.count)].map { String($0) }.joined(separator: "|")
        }
        var report = report(rows)
        report.signatures = rows.map { .init(name: $0, role: "r", signedAt: "s") }
        let text = try read(ReportPrinter.pdf(report))
        for row in rows {
            #expect(text.components(separatedBy: row.filter { !$0.isWhitespace }).count == 3, "\(row)")
        }
    }

    @Test func `hold what a text has beyond these letters, and give it back`() throws {
        let texts = [
            "Łukasz Żółć", "Nguyễn Thị Hạnh", "Ἀσκληπιός ὑγίεια", "Елена Щербакова", "Ştefan Țepeș", "Ж⁠Ӂ", "e\u{301}",
            "a\u{328}\u{301}", "⅓ ⅛ № ⚠ ☣", "U+03BC μ, U+00B5 µ",
        ]
        let pdf = try ReportPrinter.pdf(report(texts))
        let text = try PDFReader.pages(pdf).joined(separator: " ")
        for words in texts {
            let visible = words.replacing("\u{2060}", with: "")
            #expect(text.contains(visible), "\(words)")
        }
        #expect(try fonts(pdf) == ["DejaVuSans", "DejaVuSans-Bold"])
    }

    @Test func `of other names stand in for letters that they lack, each held, each read back`() throws {
        // ⤀ is in DejaVu Serif only, ⌶ in DejaVu Sans Mono only (fonts-dejavu-core).
        let pdf = try ReportPrinter.pdf(report(["Livre ⤀ et signe ⌶, puis du texte."]))
        #expect(try read(pdf).contains("Livre⤀etsigne⌶,puisdutexte."))
        let fonts = try fonts(pdf)
        #expect(fonts.count == 4 && Set(fonts).count == 4, "\(fonts)")
        #expect(fonts.contains("DejaVuSerif") && fonts.contains("DejaVuSansMono"), "\(fonts)")
    }

    @Test func `give back what is written from right to left`() throws {
        let pdf = try ReportPrinter.pdf(report(["Nom en hébreu : שלום, en arabe : محمد."]))
        let text = try PDFReader.run("pdftotext", ["-raw", "-enc", "UTF-8", "{}", "-"], on: pdf)
        #expect(text.contains("שלום") && text.contains("محمد"), "\(text)")
    }

    @Test func `are sound for preflight whatever they hold`() async throws {
        let files = [
            "other": try ReportPrinter.pdf(report(["Łukasz Елена Ἀσκληπιός e\u{301} μµ ⅓"])),
            "stand-in": try ReportPrinter.pdf(report(["Livre ⤀ et signe ⌶."])),
            "right": try ReportPrinter.pdf(report(["שלום محمد"])),
            "bars": try BarChart(
                title: "Indicateurs", author: "Laboratoire", bars: [.init(label: "Remis", value: 12, words: "12")]
            ).pdf(at: Samples.edited),
        ]
        let verdicts = try await Preflight.verdicts(files, for: "are sound for preflight whatever they hold")
        for (name, verdict) in verdicts ?? [:] {
            #expect(verdict.hasPrefix(Preflight.sound), "\(name): \(verdict)")
        }
    }

    @Test func `depend on nothing that was printed before`() throws {
        let plain = try ReportPrinter.pdf(Samples.usual)
        let other = try ReportPrinter.pdf(report(["Łukasz ⤀ Елена"]))
        let third = try ReportPrinter.pdf(report(["Елена ⌶ Łukasz ⤀"]))
        #expect(try ReportPrinter.pdf(Samples.usual) == plain)
        #expect(try ReportPrinter.pdf(report(["Елена ⌶ Łukasz ⤀"])) == third)
        #expect(try ReportPrinter.pdf(report(["Łukasz ⤀ Елена"])) == other)
        #expect(plain != other && other != third)
    }

    @Test func `come with an identifier that the content makes`() throws {
        func identifier(_ report: PrintedReport) throws -> Substring {
            let pdf = try ReportPrinter.pdf(report)
            let text = String(String.UnicodeScalarView(pdf.suffix(400).map { Unicode.Scalar($0) }))
            let match = try #require(text.firstMatch(of: /\/ID \[ <([0-9A-F]{32})> <([0-9A-F]{32})> \]/))
            #expect(match.1 == match.2)
            return match.1
        }
        var changed = Samples.usual
        changed.chapters[0].panels[0].lines[0].value = "4,53"
        #expect(try identifier(Samples.usual) == identifier(Samples.usual))
        #expect(try identifier(Samples.usual) != identifier(changed))
    }

    /// Every glyph where it was set, to a hundredth of a point: what stands at the right edge ends there.
    @Test func `do not drift along a line`() throws {
        let words = try PDFReader.words(ReportPrinter.pdf(Samples.usual)).filter { $0.page == 1 }
        let edge = Sheet.margin + Sheet.textWidth
        for word in ["d’examens", "médicale", "261122-0147", "complet", "1/1"] {
            let ends = words.filter { $0.word == word || $0.word.hasSuffix(word) }.map { abs($0.right - edge) }
            #expect(try #require(ends.min()) < 0.02, "\(word): \(ends)")
        }
    }

    @Test func `cost a report no more than 60 kB`() throws {
        let size = try ReportPrinter.pdf(Samples.usual).count
        #expect(size < 60_000, "\(size) bytes")
    }
}

@Suite struct `A text on one line` {
    /// The short way and Pango's own must say the same, to the last byte.
    @Test func `of plain letters is set as Pango sets it, whatever the letters`() throws {
        var random = PRNG(seed: 47)
        let letters = FontBook.letters.filter { !(0x370..<0x400).contains($0.value) }
        var texts = Samples.usual.chapters.flatMap {
            $0.panels.flatMap { $0.lines.flatMap { [$0.name, $0.value, $0.unit, $0.interval] } }
        }
        texts += [
            "1,10 (22/08/2026)", "AVATAR Toi, P.A.", "(12)", "– 3", "« flux affiné »", "10⁵/mL", "H\u{202F}↑", "≥ 4",
        ]
        texts = texts.filter { !$0.isEmpty }
        for _ in 0..<600 {
            let count = Int.random(in: 1...30, using: &random)
            let all = (0..<count).compactMap { _ in letters.randomElement(using: &random) }
            texts.append(String(String.UnicodeScalarView(all)))
        }
        var direct = 0
        _ = try Press.use { setter throws(Refusal) in
            for text in texts {
                for face in [Face.cell, .strongValue, .issuer] {
                    guard let short = setter.one(text, face, nil) else { continue }
                    direct += 1
                    let long = setter.laidOut(text, face, nil, at: "")
                    #expect(short.lineCount == 1 && long.lineCount == 1)
                    #expect(abs(short.widest - long.widest) < 0.001, "\(text)")
                    #expect(
                        short.lines[0].runs.flatMap(\.operators) == long.lines[0].runs.flatMap(\.operators), "\(text)")
                }
            }
            return []
        }
        #expect(direct > 1800)
    }
}

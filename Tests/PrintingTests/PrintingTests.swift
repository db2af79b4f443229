import Base
import Foundation
import Printing
import Report
import Testing

@Suite struct `A printed report` {
    @Test func `shows the laboratory, the patient, the request and every result`() throws {
        let pages = try PDFReader.pages(ReportPrinter.pdf(Samples.usual))
        let text = pages.joined(separator: " ")
        let expected = [
            "Laboratoire de biologie médicale des Deux Rives", "12 quai des Tanneurs", "FINESS 490000999",
            "LE GOFF Maëlle Anne Nom de naissance : DESMARETS", "Née le 14/02/1979 à Angers (49) (47 ans)", "Sexe : F",
            "INS : 2 79 02 49 007 000 00 (NIR)", "IPP : 0000471182", "Dossier n° 261122-0147", "Dr Yann KERVELLA",
            "22/11/2026 à 07:12", "Édité le 22/11/2026 à 11:42", "Compte rendu complet", "Hémogramme",
            "Hématies 4,52 T/L 3,92 – 5,08 4,48 (12/03/2026)",
            "Hémoglobine 10,2 B ↓ g/dL 11,5 – 14,9 11,8 (12/03/2026)",
            "Plaquettes 498 H ↑ G/L 150 – 400", "Potassium 6,7 HH ↑ mmol/L 3,5 – 5,1", "CRP < 0,6 mg/L < 5,0",
            "Ferritine 6 BB ↓ µg/L", "0,95 g/L 0,70 – 1,09", "Hexokinase – cobas c 503", "cytométrie en flux",
            "Nitrites Présence A Absence",
            "Culture A Nombreuses colonies",
            "Cholestérol total Non réalisé : échantillon hémolysé", "Sous-traité : Laboratoire Exemple, 69000 Lyon",
            "Résultat contrôlé, appelé au prescripteur", "Anémie microcytaire", "Signes : H ↑ au-dessus",
            "Validé biologiquement par Dr Hélène VASSEUR Biologiste médical le 22/11/2026 à 11:40",
            "Fin du compte rendu",
        ]
        for words in expected { #expect(text.contains(words), "missing: \(words)") }
    }

    @Test func `names the patient, the laboratory and the page on every page`() throws {
        let pages = try PDFReader.pages(ReportPrinter.pdf(Samples.long(lines: 150)))
        #expect(pages.count >= 3)
        for (n, page) in pages.enumerated() {
            for words in [
                "Page \(n + 1)/\(pages.count)", "LE GOFF Maëlle Anne", "aissance : DESMARETS", "14/02/1979", "NIR",
                "Laboratoire de biologie médicale des Deux Rives", "261122-0147", "SELAS DES DEUX RIVES",
            ] { #expect(page.contains(words), "page \(n + 1) lacks: \(words)") }
        }
    }

    @Test(arguments: [1, 11, 12, 13, 59, 60, 61, 150, 400])
    func `loses no result where pages break, and repeats the headings`(count: Int) throws {
        let pages = try PDFReader.pages(ReportPrinter.pdf(Samples.long(lines: count)))
        let text = pages.joined(separator: " ")
        for n in 1...count {
            #expect(text.contains("Analyse témoin n° \(n) \(n),50 "), "analysis \(n)")
            #expect(text.components(separatedBy: "Analyse témoin n° \(n) ").count == 2, "analysis \(n) printed once")
        }
        for page in pages where page.contains("Analyse témoin") {
            #expect(page.contains("Analyse Résultat Unité Intervalle de référence Antériorité (date)"))
            let body = try #require(page.components(separatedBy: "Antériorité (date)").last)
            #expect(body.contains("Groupe"), "the panel is named on the page")
        }
    }

    @Test func `keeps a panel heading with its first line, and the signature with something signed`() throws {
        for count in 30..<80 {
            for page in try PDFReader.pages(ReportPrinter.pdf(Samples.long(lines: count))) {
                let foot = try #require(page.components(separatedBy: "Dossier 261122-0147 – édité").first)
                #expect(!foot.hasSuffix("Plasma hépariné "), "\(count) lines: a heading ends a page")
                if page.contains("Validé biologiquement par") {
                    #expect(page.contains("Anémie microcytaire"), "\(count) lines: the signature stands alone")
                    #expect(page.contains("Fin du compte rendu"))
                }
            }
        }
    }

    @Test func `keeps long names, units, values and comments inside the margins`() throws {
        let pdf = try ReportPrinter.pdf(Samples.wide)
        let words = try PDFReader.words(pdf)
        #expect(words.count > 1500)
        for word in words {
            #expect(word.left >= 36 && word.right <= 560, "page \(word.page): « \(word.word) » leaves the margins")
            #expect(word.bottom <= 820, "page \(word.page): « \(word.word) » leaves the foot")
        }
        let text = try PDFReader.pages(pdf).joined(separator: " ")
        #expect(text.contains("Début du long commentaire.") && text.contains("Fin du long commentaire."))
        #expect(text.components(separatedBy: "phrase suivante").count == 261)
        #expect(text.filter { $0 == "W" }.count == 400)
        #expect(!text.contains("W-"), "no hyphen is added to a value that is cut")
    }

    @Test func `says partial, replaced and unsigned on every page`() throws {
        let pages = try PDFReader.pages(ReportPrinter.pdf(Samples.proof))
        #expect(pages.count > 1)
        for page in pages {
            for words in [
                "RÉSULTATS PARTIELS", "Annule et remplace la version 1 du 21/11/2026.", "ÉPREUVE NON VALIDÉE",
                "version 2",
            ] { #expect(page.contains(words)) }
        }
        let signed = try PDFReader.pages(ReportPrinter.pdf(Samples.usual)).joined()
        for words in ["PARTIEL", "remplace", "ÉPREUVE", "version"] { #expect(!signed.contains(words)) }
    }

    @Test func `shows no matricule when the identity is not qualified`() throws {
        var report = Samples.usual
        report.patient.ins = ""
        report.patient.identityNote = "Identité provisoire"
        let text = try PDFReader.pages(ReportPrinter.pdf(report)).joined()
        #expect(!text.contains("INS") && !text.contains("NIR"))
        #expect(text.contains("Identité provisoire"))
    }
}

@Suite struct `The file of a report` {
    @Test func `has the same bytes every time, from several tasks at once`() async throws {
        let first = try ReportPrinter.pdf(Samples.usual)
        let others = await withTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<8 { group.addTask { try? ReportPrinter.pdf(Samples.usual) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(others.count == 8 && others.allSatisfy { $0 == first })
    }

    @Test func `has the same bytes in another process`() async throws {
        let result = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let pdf = try ReportPrinter.pdf(Samples.wide)
            try FileHandle.standardOutput.write(contentsOf: Data("<<\(Data(pdf).base64EncodedString())>>".utf8))
        }
        let output = String(decoding: result.standardOutputContent, as: UTF8.self)
        let encoded = try #require(output.components(separatedBy: "<<").last?.components(separatedBy: ">>").first)
        let there = try #require(Data(base64Encoded: encoded), "\(encoded.utf8.count) bytes came back")
        let here = try ReportPrinter.pdf(Samples.wide)
        let place = zip(there, here).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let around = here[max(0, (place ?? 0) - 60)..<min(here.count, (place ?? 0) + 20)]
        let words = String(decoding: around, as: UTF8.self)
        #expect(there == Data(here), "\(there.count) and \(here.count) bytes, apart from \(place ?? -1): \(words)")
    }

    @Test func `is a PDF 1.4 of A4 pages with title, author and the report's own date`() throws {
        let pdf = try ReportPrinter.pdf(Samples.usual)
        #expect(pdf.starts(with: Array("%PDF-1.4".utf8)))
        let facts = try PDFReader.run("pdfinfo", ["-isodates", "{}"], on: pdf)
        for words in [
            "Compte rendu d'examens de biologie médicale – dossier 261122-0147",
            "Laboratoire de biologie médicale des Deux",
            "2026-11-22T", "A4",
        ] { #expect(facts.contains(words), "\(words) in \(facts)") }
        let pages = try PDFReader.pages(pdf).count
        #expect(facts.contains(/Pages: +(\d+)/.dotMatchesNewlines()) && facts.contains("\(pages)"))
    }

    /// `PAILLASSE_PDF_OUT=folder swift test --filter PrintingTests` leaves the samples there, to be looked at.
    @Test func `can be left somewhere for eyes`() throws {
        guard let folder = ProcessInfo.processInfo.environment["PAILLASSE_PDF_OUT"] else { return }
        for (name, report) in [
            ("usual", Samples.usual), ("long", Samples.long(lines: 60)), ("wide", Samples.wide),
            ("proof", Samples.proof),
        ] {
            let file = URL(fileURLWithPath: folder).appendingPathComponent(name + ".pdf")
            try Data(ReportPrinter.pdf(report)).write(to: file)
        }
    }

    @Test func `embeds its fonts`() throws {
        let fonts = try PDFReader.run("pdffonts", ["{}"], on: ReportPrinter.pdf(Samples.usual))
        let rows = fonts.split(separator: "\n").dropFirst(2)
        #expect(!rows.isEmpty)
        for row in rows { #expect(row.contains("DejaVuSans") && row.contains(/yes +yes +yes/), "\(row)") }
    }
}

@Suite struct `A refusal to print` {
    private func printed(_ report: PrintedReport) -> Refusal? {
        do throws(Refusal) {
            _ = try ReportPrinter.pdf(report)
            return nil
        } catch { return error }
    }

    @Test func `names the place of a control character and not the text`() throws {
        var report = Samples.usual
        report.chapters[1].panels[0].lines[2].comments = ["LE GOFF Maëlle\u{07} rappelée"]
        let refusal = try #require(printed(report))
        #expect(refusal.code == "printing.control")
        #expect(refusal.place == "chapters[1].panels[0].lines[2].comments[0]")
        #expect(refusal.cause.contains("U+0007"))
    }

    @Test func `comes rather than a box in the place of an unknown character`() throws {
        var report = Samples.usual
        report.patient.givenNames = "Maëlle \u{10FFFD}"
        let refusal = try #require(printed(report))
        #expect(refusal.code == "printing.glyph" && refusal.place == "patient")
        #expect(refusal.cause.contains("U+10FFFD") && !refusal.cause.contains("Maëlle"))
        let alone = ReportPrinter.defect(in: "Maëlle \u{10FFFD}")
        #expect(alone?.cause.hasPrefix("le caractère U+10FFFD, le 8e du texte, n'existe") == true)
    }

    @Test func `is known of a text by itself, whatever came before`() {
        #expect(ReportPrinter.defect(in: "Maëlle \u{10FFFD}")?.code == "printing.glyph")
        #expect(ReportPrinter.defect(in: "a\u{7}")?.code == "printing.control")
        #expect(ReportPrinter.defect(in: "ŁÓDŹ Ωμέγα ≥ 5 µg\nœ – « é »") == nil)
    }

    @Test func `does not come of an earlier result, shown as far as it can be`() throws {
        var report = Samples.usual
        report.chapters[0].panels[0].lines[0].previous = .init(value: "Absence \u{10FFFD}é", date: "12/03/2026")
        let text = try PDFReader.pages(ReportPrinter.pdf(report)).joined()
        #expect(text.contains("Absence \u{FFFD}é"))
        report.chapters[0].panels[0].lines[0].comments = ["\u{10FFFD}"]
        let refusal = try #require(printed(report))
        #expect(refusal.place == "chapters[0].panels[0].lines[0].comments[0]")
        #expect(report.named(refusal).place == report.chapters[0].panels[0].lines[0].name + ", commentaire")
    }

    @Test func `comes when an obligatory part is empty`() throws {
        let fields: [WritableKeyPath<PrintedReport, String>] = [
            \.issuer.name, \.patient.birthName, \.patient.birthDate, \.requestNumber, \.dates.edited,
        ]
        for field in fields {
            var report = Samples.usual
            report[keyPath: field] = " "
            #expect(try #require(printed(report)).code == "printing.empty")
        }
    }

    @Test func `comes when there is no analysis, or no room for one`() throws {
        var empty = Samples.usual
        empty.chapters = []
        #expect(try #require(printed(empty)).code == "printing.empty")
        var crowded = Samples.usual
        crowded.issuer.legalMentions = Array(repeating: "mention", count: 90)
        #expect(try #require(printed(crowded)).code == "printing.header")
    }

    @Test func `never holds a word of the patient's file`() throws {
        var reports = [PrintedReport]()
        for text in ["\u{01}", "\u{10FFFD}"] {
            var report = Samples.usual
            report.patient.birthName += text
            reports.append(report)
            report = Samples.usual
            report.chapters[0].panels[0].lines[0].value += text
            reports.append(report)
        }
        var crowded = Samples.usual
        crowded.recipients = Array(repeating: "Dr LE GOFF", count: 90)
        reports.append(crowded)
        for report in reports {
            let words = try #require(printed(report)).description
            for secret in ["DESMARETS", "LE GOFF", "Maëlle", "1979", "0000471182", "4,52", "KERVELLA", "261122"] {
                #expect(!words.contains(secret), "\(words)")
            }
        }
    }
}

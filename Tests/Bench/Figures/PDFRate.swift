import Base
import Printing
import Report

extension Figure {
    static var pdfRate: Figure {
        Figure(
            name: "pdf-rate", what: "a signed report of 40 lines to PDF", unit: "reports/s", reference: nil,
            goal: .value(200)
        ) { bench in
            let report = SampleReport.printed
            let expected = try ReportPrinter.pdf(report).count
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: 1, over: .milliseconds(600)) {
                        try Measure.demand(try ReportPrinter.pdf(report).count, is: expected, "bytes of the PDF")
                    }
                })
        }
    }
}

/// A report of forty analyses in four chapters, of invented people.
enum SampleReport {
    /// Name, value, unit, limits: the values that the printed and the structured report share.
    struct Line: Sendable {
        var name: String, value: String, unit: String, low: String, high: String, isHigh: Bool
    }
    static let chapters: [(title: String, loinc: String, lines: [Line])] = [
        ("Biochimie", "18719-5"), ("Hématologie", "18723-7"), ("Hormonologie", "18719-5"), ("Hémostase", "18720-3"),
    ].enumerated().map { index, chapter in
        (chapter.0, chapter.1, (1...10).map { line(index * 10 + $0) })
    }

    private static func line(_ number: Int) -> Line {
        Line(
            name: "Analyse de mesure n° \(number)", value: "\(number).\(number * 37 % 90 + 10)", unit: "mmol/L",
            low: "\(number - 1).5", high: "\(number).6", isHigh: number * 37 % 90 + 10 > 60)
    }

    static let printed = PrintedReport(
        issuer: .init(
            name: "Laboratoire de la Halle", address: ["4 place de la Halle", "35000 RENNES"], phone: "02 99 00 00 00",
            finess: "350000000", biologists: ["Biologiste-responsable : Dr Jeanne MOREL"],
            legalMentions: ["SELAS au capital de 10 000 €"]),
        patient: .init(
            birthName: "ESSAI", givenNames: "Camille", birthDate: "04/05/1970", sex: "F", age: "56 ans",
            birthPlace: "Brest (29)", ipp: "0000004711"),
        requestNumber: "261122-0040", prescriber: "Dr Paul KERAUDREN", recipients: ["Dr Paul KERAUDREN"],
        dates: .init(
            collected: "22/11/2026 à 07:12", received: "22/11/2026 à 08:03", edited: "22/11/2026 à 11:42",
            editedAt: Instant(milliseconds: 1_795_344_120_000)),
        chapters: chapters.map { chapter in
            PrintedReport.Chapter(
                title: chapter.title,
                panels: [
                    .init(
                        title: "Bilan", specimen: "Sang veineux, prélevé le 22/11/2026 à 07:12",
                        lines: chapter.lines.enumerated().map { index, line in
                            PrintedReport.Line(
                                name: line.name, value: line.value.replacing(".", with: ","), unit: line.unit,
                                flag: line.isHigh ? .high : .none,
                                interval: "\(line.low) – \(line.high)".replacing(".", with: ","),
                                previous: index % 3 == 0 ? .init(value: "4,10", date: "12/03/2026") : nil,
                                method: index == 0 ? "Potentiométrie indirecte" : "")
                        })
                ])
        },
        signatures: [.init(name: "Dr Jeanne MOREL", role: "Biologiste médical", signedAt: "22/11/2026 à 11:40")])
}

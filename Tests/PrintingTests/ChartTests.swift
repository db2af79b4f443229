import Base
import Foundation
import Printing
import Quality
import Testing

@Suite struct `A printed Levey–Jennings chart` {
    private func chart(_ title: String) -> LeveyJennings {
        let text = (1...20).map { n in
            "R\(n),2026-11-\(n < 10 ? "0" : "")\(n)T08:00:00Z,1,\(n == 12 ? "4.5" : "4.1\(n % 5)"),4.12,0.05"
        }
        let csv = "run,time,level,value,mean,sd\n" + text.joined(separator: "\n") + "\n"
        return LeveyJennings(ControlFile(Array(csv.utf8), name: "k.csv").timeline(), title: title)
    }
    private let at = Instant(seconds: 1_790_000_000)

    @Test func `says title, limits, rejections and dates, three charts a page`() throws {
        let charts = ["Potassium", "Sodium", "Chlore", "Urée"].map { chart($0) }
        let pdf = try ChartPrinter.pdf(charts, heading: "Laboratoire d'essai – novembre 2026", at: at)
        #expect(pdf.starts(with: Array("%PDF-1.4".utf8)))
        if let folder = ProcessInfo.processInfo.environment["PAILLASSE_PRINTED"] {
            try Data(pdf).write(to: URL(fileURLWithPath: folder + "/charts.pdf"))
        }
        let pages = try PDFReader.pages(pdf)
        #expect(pages.count == 2)
        for word in ["Potassium", "Sodium", "Chlore", "+3 ET", "−2 ET", "1-3s", "niveau 1", "20/11/2026"] {
            #expect(pages[0].contains(word), "\(word)")
        }
        #expect(pages[1].contains("Urée") && !pages[1].contains("Sodium") && pages[1].contains("page 2/2"))
    }

    @Test func `is the same bytes every time`() throws {
        let charts = [chart("Potassium")]
        #expect(
            try ChartPrinter.pdf(charts, heading: "H", at: at) == ChartPrinter.pdf(charts, heading: "H", at: at))
    }

    @Test func `refuses nothing to print, and control characters`() {
        func code(_ charts: [LeveyJennings], _ heading: String) -> String? {
            do throws(Refusal) {
                _ = try ChartPrinter.pdf(charts, heading: heading, at: at)
                return nil
            } catch { return error.code }
        }
        #expect(code([], "H") == "printing.empty")
        #expect(code([chart("K\u{7}")], "H") == "printing.control")
    }
}

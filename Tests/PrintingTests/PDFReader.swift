import Base
import Foundation
import Printing
import Report
import TestSupport
import Testing

/// Reads PDF files back with poppler's tools, which the Makefile installs.
enum PDFReader {
    struct ToolMissing: Error, CustomStringConvertible {
        var tool: String
        var description: String { "\(tool) manque → apt-get install poppler-utils (ou make setup)" }
    }

    /// Runs a poppler tool on a PDF; `arguments` use `{}` for the file.
    static func run(_ tool: String, _ arguments: [String], on pdf: [UInt8]) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        guard let path = folders.map({ "\($0)/\(tool)" }).first(where: FileManager.default.isExecutableFile) else {
            throw ToolMissing(tool: tool)
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-pdf-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("report.pdf")
        try Data(pdf).write(to: file)
        let ran = try Child.runHere(path, arguments.map { $0 == "{}" ? file.path : $0 })
        try #require(ran.code == 0, "\(tool): \(ran.complaintText)")
        #expect(ran.complaint.isEmpty, "\(tool): \(ran.complaintText)")
        return ran.text
    }

    /// The text of each page, in drawing order, every kind of space written as one blank.
    static func pages(_ pdf: [UInt8]) throws -> [String] {
        let text = try run("pdftotext", ["-raw", "-enc", "UTF-8", "{}", "-"], on: pdf)
        var pages = text.split(separator: "\u{0C}", omittingEmptySubsequences: false).map { plain(String($0)) }
        if pages.last?.isEmpty == true { pages.removeLast() }
        return pages
    }

    /// One blank between words, whatever it was.
    static func plain(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Every word with its place: page number from 1, and edges in points.
    static func words(_ pdf: [UInt8]) throws -> [(page: Int, word: String, left: Double, right: Double, bottom: Double)]
    {
        let html = try run("pdftotext", ["-bbox", "-enc", "UTF-8", "{}", "-"], on: pdf)
        var page = 0
        var words = [(page: Int, word: String, left: Double, right: Double, bottom: Double)]()
        for line in html.split(separator: "\n") {
            if line.contains("<page ") { page += 1 }
            guard
                let tag = line.firstMatch(
                    of: /xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)<\/word>/)
            else { continue }
            let (_, left, right, bottom, word) = tag.output
            words.append(
                (page, String(word), Double(left) ?? .nan, Double(right) ?? .nan, Double(bottom) ?? .nan))
        }
        return words
    }
}

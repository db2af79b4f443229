import Base
import Foundation
import TestSupport
import Testing

@testable import Printing

/// What another laboratory sends is opened before it is joined to a report.
@Suite struct `A PDF of another laboratory` {
    /// Objects as a table of the file says where they are; `trailer` beside `/Size` and `/Root`.
    private func plain(_ objects: [String], trailer: String = "") -> [UInt8] {
        var text = "%PDF-1.4\n", places = [Int]()
        for (n, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(n + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places {
            let digits = String(place)
            text += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        text += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R \(trailer)>>\nstartxref\n\(table)\n%%EOF\n"
        return Array(text.utf8)
    }
    private let catalogue = "<< /Type /Catalog /Pages 2 0 R >>"
    private let pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    private let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    private func refused(_ pdf: [UInt8]) -> String? { ReceivedPDF.defect(in: pdf)?.cause }

    /// All in streams (PDF 1.5): the objects in one, the table in another, with the predictor that writers use.
    private func packed(encrypted: Bool = false) -> [UInt8] {
        let bodies = [catalogue, pages, page]
        var heads = "", offset = 0
        for (n, body) in bodies.enumerated() {
            heads += "\(n + 1) \(offset) "
            offset += body.utf8.count + 1
        }
        let inside = Deflater.smallest(Array((heads + bodies.joined(separator: "\n")).utf8))
        var bytes = Array("%PDF-1.5\n".utf8)
        let objects = bytes.count
        let store = "4 0 obj << /Type /ObjStm /N 3 /First \(heads.utf8.count) /Filter /FlateDecode"
        bytes += Array("\(store) /Length \(inside.count) >>\nstream\n".utf8) + inside
        bytes += Array("\nendstream endobj\n".utf8)
        let table = bytes.count
        var rows: [[UInt8]] = [[0, 0, 0, 255]]
        for rank in 0..<3 { rows.append([2, 0, 4, UInt8(rank)]) }
        for place in [objects, table] { rows.append([1, UInt8(place >> 8), UInt8(place & 255), 0]) }
        var above: [UInt8] = [0, 0, 0, 0], predicted = [UInt8]()
        for row in rows {
            predicted += [2] + zip(row, above).map { $0 &- $1 }
            above = row
        }
        let data = Deflater.smallest(predicted)
        let lock = encrypted ? "/Encrypt 9 0 R " : ""
        let head = "5 0 obj << /Type /XRef /W [1 2 1] /Size 6 /Root 1 0 R \(lock)/Filter /FlateDecode"
        let how = "/DecodeParms << /Predictor 12 /Columns 4 >> /Length \(data.count) >>\nstream\n"
        bytes += Array("\(head) \(how)".utf8) + data
        bytes += Array("\nendstream endobj\nstartxref\n\(table)\n%%EOF\n".utf8)
        return bytes
    }

    @Test func `is taken when its pages are there, in plain or in packed objects`() {
        #expect(ReceivedPDF.defect(in: plain([catalogue, pages, page])) == nil)
        #expect(ReceivedPDF.defect(in: packed()) == nil)
    }

    /// A small file asks for work without end when each of its objects stands in another stream at the same place.
    @Test func `whose objects are all in one long stream under many numbers is not read for ever`() {
        let count = 40, length = 8 << 20
        var bytes = Array("%PDF-1.5\n".utf8), places = [Int]()
        let kids = (0..<count).map { "\(100 + $0) 0 R" }.joined(separator: " ")
        for object in ["1 0 obj \(catalogue)", "2 0 obj << /Type /Pages /Kids [\(kids)] /Count \(count) >>"] {
            places.append(bytes.count)
            bytes += Array("\(object)\nendobj\n".utf8)
        }
        let stream = bytes.count
        bytes += Array("10 0 obj << /Type /ObjStm /N 1 /First 4 /Length \(length) >>\nstream\n3 0 \(page)".utf8)
        bytes += [UInt8](repeating: 32, count: length)
        let table = bytes.count
        func row(_ kind: UInt8, _ place: Int) -> [UInt8] {
            [kind] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: place >> (8 * $0)) } + [0]
        }
        var rows = places.flatMap { row(1, $0) }
        for _ in 0..<count { rows += row(1, stream) }
        for n in 0..<count { rows += row(2, 10 + n) }
        let index = "/Index [1 2 10 \(count) 100 \(count)]"
        let head = "5 0 obj << /Type /XRef /W [1 4 1] \(index) /Size 200 /Root 1 0 R /Length \(rows.count) >>"
        bytes += Array("\(head)\nstream\n".utf8) + rows
        bytes += Array("\nendstream endobj\nstartxref\n\(table)\n%%EOF\n".utf8)
        #expect(refused(bytes)?.hasSuffix("sa lecture ne finit pas") == true, "\(refused(bytes) ?? "taken")")
    }

    @Test func `is taken as our own press and as another writer make it`() throws {
        let ours = try ReportPrinter.pdf(Samples.pictured)
        #expect(ReceivedPDF.defect(in: ours) == nil)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("recu-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (from, to) = (folder.appendingPathComponent("a.pdf"), folder.appendingPathComponent("b.pdf"))
        try Data(ours).write(to: from)
        let ran = try Child.runHere("/usr/bin/env", ["pdftocairo", "-pdf", from.path, to.path])
        try #require(ran.code == 0, "\(ran.complaintText)")
        #expect(ReceivedPDF.defect(in: Array(try Data(contentsOf: to))) == nil)
    }

    @Test func `is refused wherever it is cut`() throws {
        let whole = try ReportPrinter.pdf(Samples.usual)
        for pdf in [plain([catalogue, pages, page]), packed(), whole] {
            // The last bytes are the end of line, and what stands behind the mark of the end.
            let step = max(1, pdf.count / 300)
            for count in stride(from: 0, to: pdf.count - 2, by: step) {
                #expect(ReceivedPDF.defect(in: Array(pdf[..<count])) != nil, "\(count) of \(pdf.count)")
            }
            // Cut out of the middle: the table is somewhere else.
            let half = pdf.count / 2
            #expect(ReceivedPDF.defect(in: Array(pdf[..<(half - 40)] + pdf[half...])) != nil)
        }
    }

    @Test func `with numbers beyond any file is refused or taken, and ends nothing`() {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for pdf in [plain([catalogue, pages, page]), packed()] {
            var place = 0
            while place < pdf.count {
                guard digits.contains(pdf[place]) else {
                    place += 1
                    continue
                }
                let end = pdf[place...].firstIndex { !digits.contains($0) } ?? pdf.count
                for number in [Int.max, Int.max - 1, 1 << 41, 1 << 32] {
                    let hostile = Array(pdf[..<place] + String(number).utf8 + pdf[end...])
                    let found = ReceivedPDF.defect(in: hostile)
                    #expect(found?.code ?? "supplement.pdf" == "supplement.pdf")
                }
                place = end
            }
        }
    }

    @Test func `says what is wrong with it and what to do`() throws {
        let stub = Array("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n".utf8)
        let found = try #require(ReceivedPDF.defect(in: stub))
        #expect(found.code == "supplement.pdf" && found.cause == "ce PDF est abîmé ou coupé : sa fin manque")
        #expect(found.remedy.contains("redemander au laboratoire"))
        let secret = try #require(ReceivedPDF.defect(in: plain([catalogue, pages, page], trailer: "/Encrypt 9 0 R ")))
        #expect(secret.cause.contains("protégé") && secret.remedy.contains("sans mot de passe"))
        #expect(refused(packed(encrypted: true))?.contains("protégé") == true)
        #expect(refused(plain([catalogue, "<< /Type /Pages /Kids [] /Count 0 >>"])) == "ce PDF n'a aucune page")
        #expect(refused(plain([catalogue, pages]))?.hasSuffix("une page manque") == true)
        #expect(
            refused(plain([catalogue, "<< /Type /Pages /Kids [2 0 R] >>"]))?.hasSuffix("ses pages tournent en rond")
                == true)
        #expect(refused(plain(["<< /Type /Other >>"]))?.hasSuffix("son catalogue manque") == true)
        #expect(refused(Array("<html>".utf8)) == "ce fichier n'est pas un PDF")
    }

    @Test func `stops nobody by bytes that mean nothing`() throws {
        var random = PRNG(seed: 17)
        for whole in [plain([catalogue, pages, page]), packed()] {
            for _ in 0..<2_000 {
                var pdf = whole
                for _ in 0..<3 {
                    pdf[Int(random.next() % UInt64(pdf.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                // It may be taken or not; it is decided.
                _ = ReceivedPDF.defect(in: pdf)
            }
        }
    }
}

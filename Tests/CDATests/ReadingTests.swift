import Base
import CDA
import Foundation
import Testing
import Judges

/// Where two files part, each with what surrounds the place.
struct Difference: Equatable, CustomStringConvertible {
    let description: String
    init?(_ a: [UInt8], _ b: [UInt8]) {
        guard a != b else { return nil }
        let common = zip(a, b).prefix { $0 == $1 }.count
        func around(_ bytes: [UInt8]) -> String {
            String(decoding: bytes[max(0, common - 80)..<min(bytes.count, common + 80)], as: UTF8.self)
        }
        description = "«\(around(a))» «\(around(b))»"
    }
}

struct ReadingTests {
    /// The whole file again, but for what the values do not hold: how a unit is printed.
    @Test func `what is written is read back, without an oddity, and written again it is the same bytes`() throws {
        for (name, document) in Sample.every {
            let bytes = try document.xml()
            let received = try ReceivedReport(reading: bytes)
            #expect(received.oddities == [], "\(name)")
            let again = String(decoding: try received.document.xml(), as: UTF8.self)
            let first = String(decoding: bytes, as: UTF8.self).replacing(">G/L<", with: ">10*3/uL<")
            #expect(Difference(Array(first.utf8), Array(again.utf8)) == nil, "\(name)")
        }
    }

    @Test func `each official example is read, and the same content written again passes every judge`() async throws {
        guard let shared = Judges.shared(for: "official CDA examples") else { return }
        let examples = try Judges.files("examples-official/cda", in: shared, [".xml"])
        #expect(examples.count >= 7)
        var written: [String: [UInt8]] = [:]
        for (index, example) in examples.enumerated() {
            let received = try ReceivedReport(reading: example.1)
            let again = try received.document.xml()
            written["official-\(index + 1)"] = again
            let difference = Difference(try ReceivedReport(reading: again).document.xml(), again)
            #expect(difference == nil, "\(example.0)")
            #expect(received.oddities.allSatisfy { !$0.description.contains("PAT-") }, "\(example.0)")
        }
        let errors = try await Judges.cdaErrors(in: written, shared: shared)
        #expect(errors == "")
    }

    /// Figures counted in the examples themselves, so that a section or a line left unread is seen.
    @Test func `no result of an official example is lost`() throws {
        guard let shared = Judges.shared(for: "official CDA results") else { return }
        for (name, bytes) in try Judges.files("examples-official/cda", in: shared, [".xml"]) {
            let text = String(decoding: bytes, as: UTF8.self)
            let again = String(decoding: try ReceivedReport(reading: bytes).document.xml(), as: UTF8.self)
            for mark in [
                "1.2.250.1.213.1.1.3.80\"", "1.2.250.1.213.1.1.3.77\"", "1.2.250.1.213.1.1.3.79\"",
                "1.2.250.1.213.1.1.3.103\"", "typeCode=\"AUTHEN\"", "<referenceRange", "typeCode=\"CSM\"",
                "<substanceAdministration", "<guardian>", "<informant>", "<informationRecipient>", "<participant ",
            ] {
                func count(_ text: String) -> Int { text.components(separatedBy: mark).count - 1 }
                // A previous result bears the templates of a result in ours, not in all of theirs.
                let previous = mark.contains(".3.80") ? text.components(separatedBy: "\"REFR\"").count - 1 : 0
                #expect((count(text)...(count(text) + previous)).contains(count(again)), "\(name) \(mark)")
            }
        }
    }

    @Test func `an auto-presentable file is read as the document that it carries`() throws {
        let document = Sample.document()
        let inner = String(decoding: try document.xml(), as: UTF8.self).split(separator: "\n").dropFirst()
            .joined(separator: "\n")
        let outer =
            "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>\(inner)</xsl:stylesheet>"
        #expect(try ReceivedReport(reading: Array(outer.utf8)).document.xml() == document.xml())
    }

    @Test func `what departs from the volet is told and never invented`() throws {
        let text = String(decoding: try Sample.document(chapters: [Sample.values]).xml(), as: UTF8.self)
        func read(_ old: String, _ new: String) throws -> ReceivedReport {
            #expect(text.contains(old))
            return try ReceivedReport(reading: Array(text.replacing(old, with: new).utf8))
        }
        let zoneless = try read(
            "<effectiveTime value=\"20250310121000+0100\"/>", "<effectiveTime value=\"20250310121000\"/>")
        #expect(zoneless.document.producedAt == "20250310" && zoneless.oddities.map(\.code) == ["cda.read.time"])
        let dangling = try read("<reference value=\"#c1.2-t\"/>", "<reference value=\"#nowhere\"/>")
        #expect(dangling.oddities.map(\.code) == ["cda.read.reference"])
        #expect(dangling.document.check() == [], "the code of the technique has its own name")
    }

    @Test(arguments: [
        "", "texte", "<a>", "<a></b>", "<a b='1' b='2'/>", "<a>&x;</a>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<a/><b/>", "<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "<a b=\"<\"/>", "<a>\u{FFFD}</a", "<a b/>",
    ])
    func `what is no document is refused with its place`(text: String) {
        do {
            _ = try ReceivedReport(reading: Array(text.utf8))
            Issue.record("read")
        } catch { #expect(error.code.hasPrefix("cda.") && !error.remedy.isEmpty) }
    }

    @Test func `elements nested without end and bytes that are not UTF-8 are refused`() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: Refusal.self) { try ReceivedReport(reading: Array(deep.utf8)) }
        #expect(throws: Refusal.self) { try ReceivedReport(reading: Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
    }

    @Test func `a document cut anywhere or with a byte changed never brings the reader down`() throws {
        let bytes = try Sample.fullHeader.xml()
        for end in stride(from: 0, to: bytes.count - 1, by: 397) {
            #expect(throws: Refusal.self) { try ReceivedReport(reading: Array(bytes[..<end])) }
        }
        var random = PRNG(seed: 7)
        for _ in 0..<60 {
            var broken = bytes
            broken[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? ReceivedReport(reading: broken)
        }
    }
}

import Base
import CDA
import Foundation
import Testing
import Judges

struct WritingTests {
    @Test func `every documented case passes the official rules without an error`() async throws {
        guard let shared = Judges.shared(for: "CDA official rules") else { return }
        let documents = try Sample.every.mapValues { try $0.xml() }
        let errors = try await Judges.cdaErrors(in: documents, shared: shared)
        #expect(errors == "")
    }

    @Test func `the official rules do refuse a broken document, so the test above proves something`() async throws {
        guard let shared = Judges.shared(for: "CDA broken document") else { return }
        let text = String(decoding: try Sample.document().xml(), as: UTF8.self)
        let broken = text.replacing("unit=\"mmol/L\"", with: "unit=\"foo\"").replacing("#c1.2-n", with: "#nowhere")
        let errors = try await Judges.cdaErrors(in: ["broken": Array(broken.utf8)], shared: shared)
        #expect(errors.contains("is-code-ucum-exist"))
        #expect(errors.contains("plus/reference"))
    }
}

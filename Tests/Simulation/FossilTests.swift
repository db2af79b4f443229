import Base
import JSON5
import Testing

/// What fuzzing found, kept as the bytes that showed it.
@Suite("Fossils of fuzzing")
struct FossilTests {
    @Test("JSON5 that is not UTF-8 is refused, and does not end the program")
    func notUTF8() throws {
        for bytes: [UInt8] in [[0x7B, 0xC1, 0x3A, 0x31, 0x7D], [0x7B, 0x61, 0xE2], [0x7B, 0x20, 0xF0, 0x9F, 0x3A]] {
            let refusal = #expect(throws: Refusal.self) { try JSONNode(json5: bytes, at: "driver.json5") }
            #expect(refusal?.code == "json5.encoding")
        }
    }
}

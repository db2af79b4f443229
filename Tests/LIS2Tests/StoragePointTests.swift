import LIS2
import Testing

@Suite("Storage points")
struct StoragePointTests {
    private func message(_ records: String...) -> LISMessage {
        LISMessage(bytes: Array(records.map { $0 + "\r" }.joined().utf8))
    }
    private func stored(_ message: LISMessage) -> String? {
        message.stored.map { String(decoding: $0.bytes, as: UTF8.self).replacing("\r", with: "/") }
    }

    @Test("a step down in level is one: R to O, R to P, O to P, anything to L")
    func steps() {
        let h = #"H|\^&"#
        #expect(message(h, "P|1", "O|1", "R|1", "O|2").lastStoragePoint == 4)
        #expect(message(h, "P|1", "O|1", "R|1", "P|2", "O|1", "R|1").lastStoragePoint == 4)
        #expect(message(h, "P|1", "O|1", "P|2").lastStoragePoint == 3)
        #expect(message(h, "P|1", "O|1", "R|1", "L|1|N").lastStoragePoint == 4)
        #expect(message(h, "L|1|N").lastStoragePoint == 1)
    }

    @Test("the same level or a step up is none, and comments and maker's records count with what they follow")
    func none() {
        let h = #"H|\^&"#
        #expect(message(h, "P|1", "O|1", "R|1", "R|2").lastStoragePoint == nil)
        #expect(message(h, "C|1", "P|1", "C|1", "O|1", "M|1", "R|1", "C|1", "C|2", "R|2").lastStoragePoint == nil)
        #expect(message(h, "P|1", "O|1", "R|1", "C|1", "O|2", "C|1").lastStoragePoint == 5)
    }

    @Test("what stands before it is a message of its own, with the delimiters of its header")
    func prefix() {
        #expect(
            stored(message(#"H|\^&"#, "P|1", "O|1|A", "R|1|x", "O|2|B", "R|1|y")) == #"H|\^&/P|1/O|1|A/R|1|x/L|1/"#)
        #expect(stored(message(#"H@^\"#, "P@1", "O@1", "R@1", "P@2")) == #"H@^\/P@1/O@1/R@1/L@1/"#)
        #expect(stored(message(#"H|\^&"#, "P|1", "O|1|A", "R|1|x")) == nil)
        // The record that makes the step may itself be torn.
        let torn = LISMessage(bytes: Array("H|\\^&\rP|1\rO|1|A\rR|1|x\rO|".utf8))
        #expect(stored(torn) == #"H|\^&/P|1/O|1|A/R|1|x/L|1/"#)
    }
}

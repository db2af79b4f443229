import API
import Base
import Testing

@Suite struct `Bytes that once ended the process` {
    private struct Anything: Decodable {}

    /// FoundationEssentials of Swift 6.3.1 traps on an unquoted key of JSON5 that is not UTF-8.
    @Test(arguments: [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]])
    func `an unquoted key that is not UTF-8 is refused, in JSON5 as in JSON`(_ key: [UInt8]) throws {
        let bytes = Array("{".utf8) + key + Array(": 1}".utf8)
        for json5 in [true, false] {
            let refusal = #expect(throws: Refusal.self) {
                try StrictJSON.decode(Anything.self, from: bytes, json5: json5)
            }
            #expect(refusal?.code == "body.encoding")
        }
    }
}

import Base
import CScan
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `the vectors of the RFC`(plain: String, coded: String) {
        #expect(Base64.text(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded.utf8) == Array(plain.utf8))
    }

    /// Every length around the steps of the levels, every sextet, and nothing written beyond the end.
    @Test func `every level writes what the scalar one does`() {
        var random = PRNG(seed: 64)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let written = [CSCAN_SCALAR, CSCAN_SSE2, CSCAN_AVX2, CSCAN_NEON].map { level in
                var letters = [UInt8](repeating: 0x2A, count: (length + 2) / 3 * 4 + 40)
                cscan_base64_at(Int32(level.rawValue), bytes, length, &letters)
                return letters
            }
            #expect(Set(written).count == 1, "length \(length)")
            #expect(written[0].suffix(40).allSatisfy { $0 == 0x2A })
            #expect(Base64.decode(written[0].dropLast(40)) == bytes)
            #expect(Base64.encode(bytes) == Array(written[0].dropLast(40)))
        }
        let all = (UInt8(0)..<64).flatMap { sextet -> [UInt8] in [sextet << 2, 0, sextet] }
        #expect(Set(Base64.encode(all)).count == 64)
    }
}

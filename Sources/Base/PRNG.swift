/// SplitMix64 (Steele, Lea, Flood 2014): one seed makes a world. Not for secrets.
package struct PRNG: RandomNumberGenerator, Sendable {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes identifiers that sort by time: 10 characters of milliseconds, 10 of randomness, Crockford base 32.
package enum Identifier {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    package static func make(at instant: Instant, random: inout some RandomNumberGenerator) -> String {
        var time = UInt64(bitPattern: instant.milliseconds)
        var bytes = [UInt8](repeating: 0, count: 20)
        for i in stride(from: 9, through: 0, by: -1) {
            bytes[i] = alphabet[Int(time & 31)]
            time >>= 5
        }
        var noise = random.next()
        for i in 10..<20 {
            bytes[i] = alphabet[Int(noise & 31)]
            noise >>= 5
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

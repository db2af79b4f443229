import Crypto

/// SHA-256 (FIPS 180-4), the only digest of the house.
package enum Digest {
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }
    /// 64 lower-case hexadecimal digits.
    package static func sha256Hex(_ bytes: some Sequence<UInt8>) -> String { hex(sha256(Array(bytes))) }

    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

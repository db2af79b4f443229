/// Base 64 as RFC 4648 section 4 draws it: one line, padded.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// The two letters of every twelve bits: two look-ups a group of three bytes.
    private static let pairs = (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }

    package static func encode(_ data: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        append(data, to: &out)
        return out
    }

    package static func append(_ data: [UInt8], to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: (data.count + 2) / 3 * 4))
        out.withUnsafeMutableBufferPointer { write(data, to: UnsafeMutableBufferPointer(rebasing: $0[start...])) }
    }

    /// Into room of exactly the length that it takes: four letters for each three bytes begun.
    package static func write(_ data: [UInt8], to out: UnsafeMutableBufferPointer<UInt8>) {
        data.withUnsafeBufferPointer { bytes in
            pairs.withUnsafeBufferPointer { pairs in _ = write(bytes, pairs, into: out) }
        }
    }

    private static func write(
        _ bytes: UnsafeBufferPointer<UInt8>, _ pairs: UnsafeBufferPointer<UInt16>,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        let raw = UnsafeMutableRawBufferPointer(out)
        var i = 0, o = 0
        while i + 2 < bytes.count {
            let word = Int(bytes[i]) << 16 | Int(bytes[i + 1]) << 8 | Int(bytes[i + 2])
            let letters = UInt32(pairs[word >> 12]) | UInt32(pairs[word & 4095]) << 16
            raw.storeBytes(of: letters.littleEndian, toByteOffset: o, as: UInt32.self)
            i += 3
            o += 4
        }
        let left = bytes.count - i
        guard left > 0 else { return o }
        let word = Int(bytes[i]) << 16 | (left == 2 ? Int(bytes[i + 1]) << 8 : 0)
        out[o] = alphabet[word >> 18]
        out[o + 1] = alphabet[word >> 12 & 63]
        out[o + 2] = left == 2 ? alphabet[word >> 6 & 63] : 0x3D
        out[o + 3] = 0x3D
        return o + 4
    }

    /// As text.
    package static func text(_ data: [UInt8]) -> String { String(decoding: encode(data), as: UTF8.self) }

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    /// Nil when it is not base 64: a letter outside the alphabet, a wrong length, padding elsewhere than at the end.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let length = text.count
        guard length % 4 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(length / 4 * 3)
        var word = 0
        var letters = 0
        var padding = 0
        for byte in text {
            if byte == 0x3D {
                padding += 1
                word <<= 6
            } else {
                let value = values[Int(byte)]
                guard value != 0xFF, padding == 0 else { return nil }
                word = word << 6 | Int(value)
            }
            letters += 1
            guard letters % 4 == 0 else { continue }
            out.append(UInt8(word >> 16 & 0xFF))
            out.append(UInt8(word >> 8 & 0xFF))
            out.append(UInt8(word & 0xFF))
            word = 0
        }
        guard padding <= 2 else { return nil }
        out.removeLast(padding)
        return out
    }
}

/// Base 64 as RFC 4648 section 4 draws it: one line, padded.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    package static func encode(_ data: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((data.count + 2) / 3 * 4)
        alphabet.withUnsafeBufferPointer { letters in
            var i = 0
            while i + 2 < data.count {
                let word = Int(data[i]) << 16 | Int(data[i + 1]) << 8 | Int(data[i + 2])
                out.append(letters[word >> 18])
                out.append(letters[word >> 12 & 63])
                out.append(letters[word >> 6 & 63])
                out.append(letters[word & 63])
                i += 3
            }
            let left = data.count - i
            guard left > 0 else { return }
            let word = Int(data[i]) << 16 | (left == 2 ? Int(data[i + 1]) << 8 : 0)
            out.append(letters[word >> 18])
            out.append(letters[word >> 12 & 63])
            out.append(left == 2 ? letters[word >> 6 & 63] : 0x3D)
            out.append(0x3D)
        }
        return String(decoding: out, as: UTF8.self)
    }

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

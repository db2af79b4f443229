import CScan

/// Base 64 as RFC 4648 section 4 draws it: one line, padded.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

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
        guard let letters = out.baseAddress else { return }
        data.withUnsafeBufferPointer { bytes in
            if let start = bytes.baseAddress { cscan_base64(start, bytes.count, letters) }
        }
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

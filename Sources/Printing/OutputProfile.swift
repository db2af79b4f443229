import Glibc

/// The ICC profile that says what the colours of our pages are: red, green and blue of sRGB (IEC 61966-2-1), built here
/// from its published numbers so that no file comes with the program.
///
/// An ICC.1:2001-04 (version 2) display profile: three colorants adapted to D50, one curve for the three channels.
enum OutputProfile {
    static let deflated = Deflater.smallest(build())

    private static func build() -> [UInt8] {
        let curve = curve()
        let tags: [(String, [UInt8])] = [
            ("desc", description("sRGB (IEC 61966-2-1)")), ("cprt", text("No copyright, use freely")),
            ("wtpt", xyz(0.9642, 1.0, 0.8249)), ("rXYZ", xyz(0.4361, 0.2225, 0.0139)),
            ("gXYZ", xyz(0.3851, 0.7169, 0.0971)), ("bXYZ", xyz(0.1431, 0.0606, 0.7141)), ("rTRC", curve),
        ]
        // The three channels have one curve, stored once.
        let entries = tags.count + 2
        var table = big(UInt32(entries)), data = [UInt8]()
        let start = 128 + 4 + 12 * entries
        for (name, body) in tags {
            let place = big(UInt32(start + data.count)) + big(UInt32(body.count))
            let names = name == "rTRC" ? ["rTRC", "gTRC", "bTRC"] : [name]
            for name in names { table += Array(name.utf8) + place }
            data += body + Array(repeating: 0, count: (4 - body.count % 4) % 4)
        }
        return header(size: 128 + table.count + data.count) + table + data
    }

    /// ICC.1:2001-04 section 6.1.
    private static func header(size: Int) -> [UInt8] {
        var header = big(UInt32(size)) + [0, 0, 0, 0, 2, 0x10, 0, 0]
        header += Array("mntrRGB XYZ ".utf8)
        for part: UInt16 in [2026, 1, 1, 0, 0, 0] { header += big(part) }
        header += Array("acsp".utf8) + Array(repeating: 0, count: 28)
        // Rendering intent perceptual, illuminant D50.
        header += [0, 0, 0, 0] + fixed(0.9642) + fixed(1) + fixed(0.8249)
        return header + Array(repeating: 0, count: 128 - header.count)
    }

    private static func curve() -> [UInt8] {
        let steps = 256
        var tag = Array("curv".utf8) + [0, 0, 0, 0] + big(UInt32(steps))
        for step in 0..<steps {
            let code = Double(step) / Double(steps - 1)
            let light = code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4)
            tag += big(UInt16((light * 65535).rounded()))
        }
        return tag
    }

    private static func xyz(_ x: Double, _ y: Double, _ z: Double) -> [UInt8] {
        Array("XYZ ".utf8) + [0, 0, 0, 0] + fixed(x) + fixed(y) + fixed(z)
    }
    private static func text(_ words: String) -> [UInt8] {
        Array("text".utf8) + [0, 0, 0, 0] + Array(words.utf8) + [0]
    }
    /// ASCII only: the Unicode and ScriptCode parts stay empty.
    private static func description(_ words: String) -> [UInt8] {
        Array("desc".utf8) + [0, 0, 0, 0] + big(UInt32(words.utf8.count + 1)) + Array(words.utf8) + [0]
            + Array(repeating: 0, count: 4 + 4 + 2 + 1 + 67)
    }
    /// s15Fixed16Number.
    private static func fixed(_ value: Double) -> [UInt8] { big(UInt32(bitPattern: Int32((value * 65536).rounded()))) }
    private static func big(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

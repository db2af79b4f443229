/// Words of PDF (PDF Reference 1.4, section 3.2), straight to bytes.
extension [UInt8] {
    mutating func add(_ words: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: words.utf8Start, count: words.utf8CodeUnitCount))
    }

    mutating func add(text: String) { append(contentsOf: text.utf8) }

    mutating func add(_ number: Int) {
        if number < 0 { append(0x2D) }
        var rest = number.magnitude
        if rest < 10 { return append(0x30 &+ UInt8(truncatingIfNeeded: rest)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            while rest > 0 {
                place -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                digits[place] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            }
            append(contentsOf: digits[place..<20])
        }
    }

    /// A real of two decimals at most: `-12.3`.
    mutating func add(hundredths: Int) {
        if hundredths < 0 { append(0x2D) }
        let (whole, rest) = Int(hundredths.magnitude).quotientAndRemainder(dividingBy: 100)
        if whole > 0 || rest == 0 { add(whole) }
        guard rest > 0 else { return }
        append(0x2E)
        append(0x30 &+ UInt8(truncatingIfNeeded: rest / 10))
        if rest % 10 > 0 { append(0x30 &+ UInt8(truncatingIfNeeded: rest % 10)) }
    }

    mutating func add(_ number: Double) { add(hundredths: Swift.Array<UInt8>.hundredths(number)) }

    static func hundredths(_ number: Double) -> Int { Int((number * 100).rounded()) }

    /// A byte of a literal string, which `(` opened (section 3.2.3).
    mutating func add(inString byte: UInt8) {
        switch byte {
        case 0x28, 0x29, 0x5C:
            append(0x5C)
            append(byte)
        case 0x0D: add("\\r")
        default: append(byte)
        }
    }

    /// A text string (section 3.8.1): ASCII as it is, anything else as UTF-16 with its mark.
    mutating func add(textString text: some StringProtocol) {
        append(0x28)
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in text.utf8 { add(inString: byte) }
        } else {
            append(0xFE)
            append(0xFF)
            for unit in text.utf16 { add(glyph: unit) }
        }
        append(0x29)
    }

    /// Two bytes of a string, the higher first: a glyph in a composite font, or half a character.
    mutating func add(glyph: UInt16) {
        add(inString: UInt8(truncatingIfNeeded: glyph >> 8))
        add(inString: UInt8(truncatingIfNeeded: glyph))
    }

    mutating func add(hex number: some FixedWidthInteger & UnsignedInteger) {
        let signs: StaticString = "0123456789ABCDEF"
        var shift = number.bitWidth
        while shift > 0 {
            shift -= 4
            append(signs.utf8Start[Int(truncatingIfNeeded: (number >> shift) & 0xF)])
        }
    }

    /// A number in the order of bytes of fonts.
    mutating func add(big number: some FixedWidthInteger & UnsignedInteger) {
        var shift = number.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

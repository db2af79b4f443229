import Base
import Testing

@Suite struct ExactTests {
    @Test(arguments: [
        ("0", 0), ("-0.05", 2), ("0.050", 3), ("18446744073709551616", 0),
        ("-123456789012345678901234567890.123456", 6),
        ("0.000000000000000000000000000001", 30), ("999999999999999999999999999999999999", 0),
        ("18446744073709551615", 0),
    ]) func `a decimal keeps its text whatever its size`(text: String, scale: Int) throws {
        let value = try #require(Exact(text))
        #expect(value.text == text && value.scale == scale)
    }
    @Test func `the largest coefficients have their text`() {
        #expect(Exact(coefficient: .max).text == "170141183460469231731687303715884105727")
        #expect(
            Exact(coefficient: .min, scale: 30).text == "-170141183.460469231731687303715884105728")
    }

    @Test(arguments: [
        ("0", "0"), ("4.20", "4.20"), ("4,20", "4.20"), ("-0.050", "-0.050"), ("+7", "7"), ("007.10", "7.10"),
        ("1E3", "1000"),
        ("1.5e2", "150"), ("1.25E1", "12.5"), ("12e-3", "0.012"), ("0.0", "0.0"), ("-0", "0"),
        ("123456789012345678901234567890123456", "123456789012345678901234567890123456"),
    ]) func `a decimal keeps its digits`(_ text: String, _ expected: String) {
        #expect(Exact(text)?.text == expected)
    }

    @Test(arguments: [
        "", "-", "+", ".", ",", "1.", ".5", "1.2.3", "1,2.3", " 1", "1 ", "1 234", "1_000", "0x1F", "NaN", "inf", "1e",
        "1e+",
        "1e100", "1e1.5", "--1", "1-", "½", "٣", "1234567890123456789012345678901234567",
        "0.0000000000000000000000000000001",
    ]) func `what is no decimal is refused, never guessed`(_ text: String) {
        #expect(Exact(text) == nil)
    }

    @Test func `order is that of the numbers, whatever their scale`() throws {
        let sorted = [
            "-1e30", "-100", "-1.5", "-1.49", "-0.001", "0", "1e-30", "0.1", "0.10001", "1", "1.0000001", "99", "1e30",
        ]
        let values = try sorted.map { try #require(Exact($0)) }
        for (i, a) in values.enumerated() {
            for (j, b) in values.enumerated() {
                #expect(a.order(b) == (i < j ? -1 : (i == j ? 0 : 1)), "\(a) \(b)")
            }
        }
        #expect(Exact("4.20") == Exact("4.2"))
        #expect(Exact("4.20")?.hashValue == Exact("4.2")?.hashValue)
        #expect(Exact("0.00")?.hashValue == Exact("0")?.hashValue)
    }

    @Test func `order and hash hold for random pairs`() {
        var random = PRNG(seed: 1)
        for _ in 0..<20_000 {
            let scale = Int.random(in: 0...6, using: &random)
            let a = Exact(coefficient: Int128(Int.random(in: -5000...5000, using: &random)), scale: scale)
            let more = Int.random(in: 0...6, using: &random)
            let padded = Exact(coefficient: a.coefficient * Exact.pow10(more), scale: scale + more)
            #expect(a == padded && a.hashValue == padded.hashValue)
            let b = Exact(coefficient: Int128(Int.random(in: -5000...5000, using: &random)), scale: scale)
            #expect((a < b) == (a.coefficient < b.coefficient))
            #expect(a.order(b) == -b.order(a))
        }
    }

    @Test(arguments: [
        ("2.5", 0, "3"), ("-2.5", 0, "-3"), ("2.4999", 0, "2"), ("0.05", 1, "0.1"), ("-0.05", 1, "-0.1"),
        ("0.04", 1, "0.0"),
        ("4.2", 3, "4.200"), ("99.95", 1, "100.0"), ("1234", 2, "1234.00"), ("-0.004", 2, "0.00"),
        ("12.3456", 4, "12.3456"),
    ]) func `rounding is half away from zero, once, with its zeros`(_ text: String, _ places: Int, _ expected: String) {
        #expect(Exact(text)?.rounded(to: places).text == expected)
    }

    @Test func `sums and products are exact or refused`() throws {
        let a = try #require(Exact("0.1")), b = try #require(Exact("0.20"))
        #expect(a.adding(b)?.text == "0.30")
        #expect(a.subtracting(b)?.text == "-0.10")
        #expect(a.multiplied(by: b)?.text == "0.020")
        let huge = Exact(coefficient: Int128.max, scale: 0)
        #expect(huge.adding(Exact(1)) == nil)
        #expect(huge.multiplied(by: Exact(2)) == nil)
        #expect(Exact(coefficient: 1, scale: 30).multiplied(by: a) == nil)
        #expect(Exact(1).subtracting(Exact(coefficient: Int128.min, scale: 0)) == nil)
        #expect(huge > Exact("0.1")! && Exact(coefficient: Int128.min, scale: 0) < Exact("-0.1")!)
    }

    @Test func `rounding a number near the end of Int128 does not trap`() {
        let huge = Exact(coefficient: Int128.max, scale: 1)
        #expect(huge.rounded(to: 0).scale == 0)
        let small = Exact(coefficient: Int128.min, scale: 30)
        #expect(small.rounded(to: 2).isNegative)
    }
}

import Base
import Testing

@Suite struct DecimalTests {
    private func decimal(_ text: String) throws -> Decimal34 { try Decimal34(#require(Exact(text), "\(text)")) }

    /// Within one unit of the 28th significant digit.
    private func agree(_ value: Decimal34, _ expected: Decimal34) -> Bool {
        let difference = (value - expected).magnitude
        return (difference * Decimal34(coefficient: 1, exponent: Decimal34.promisedDigits - 1))
            <= expected.magnitude + Decimal34(coefficient: 1, exponent: -26)
    }

    // Reference values by another decimal library at 60 digits.
    @Test(arguments: [
        ("2", "0.693147180559945309417232121"), ("0.5", "-0.693147180559945309417232121"),
        ("1.0001", "0.000099995000333308335333167"), ("0.905", "-0.099820335282210930614127992"),
        ("3.16", "1.150572027598820744971426875"), ("3.17", "1.153731587889189246163779260"),
        ("123456.789", "11.723646487185880981139958984"), ("0.000000001", "-20.723265836946411156161923092"),
        ("0.993", "-0.007024614936964459874112288"), ("88.4", "4.481871969643597751119494848"),
        ("0.316", "-1.152013065395224939046564580"), ("1", "0"),
    ])
    func `the natural logarithm holds its promised digits`(_ pair: (String, String)) throws {
        let value = try #require(try decimal(pair.0).ln)
        #expect(value.rounded(to: 26)?.text == (try #require(Exact(pair.1))).rounded(to: 26).text)
    }

    @Test(arguments: [
        ("1", "2.718281828459045235360287471"), ("-1", "0.3678794411714423215955237702"),
        ("0.5", "1.648721270700128146848650788"), ("-0.5", "0.606530659712633423603799535"),
        ("10", "22026.46579480671651695790065"), ("-5", "0.006737946999085467096636048423"),
        ("1.1513", "3.162301230302173919305651166"), ("60", "114200738981568428366295718.3"),
        ("0.000001", "1.000001000000500000166666708"), ("0", "1"),
    ])
    func `the exponential holds its promised digits`(_ pair: (String, String)) throws {
        #expect(agree(try #require(try decimal(pair.0).exp), try decimal(pair.1)))
    }

    @Test(arguments: [
        ("0.905", "-0.329", "1.033386104415116818008995679"), ("0.993", "50", "0.7038213305632706126623783121"),
        ("1.1", "-1.209", "0.8911611466887350046416414964"), ("2", "0.5", "1.414213562373095048801688724"),
        ("7.35", "3.3", "722.3509012522917592989542525"), ("0.0001", "0.25", "0.1"),
        ("250", "-0.411", "0.1033824110536694747380727895"), ("-2", "3", "-8"), ("2", "-2", "0.25"), ("0", "1.5", "0"),
    ])
    func `powers hold their promised digits`(_ triple: (String, String, String)) throws {
        let value = try #require(try decimal(triple.0).pow(decimal(triple.1)))
        #expect(agree(value, try decimal(triple.2)), "\(value)")
    }

    @Test func `what is not defined gives nothing`() throws {
        #expect(Decimal34.zero.ln == nil && Decimal34(-1).ln == nil)
        #expect(try decimal("-2").pow(decimal("0.5")) == nil)
        #expect(try Decimal34.zero.pow(decimal("-1")) == nil)
        #expect(Decimal34.one.divided(by: .zero) == nil)
        #expect(Decimal34(1000).exp == nil && Decimal34(10).pow(Decimal34(200)) == nil)
    }

    @Test func `whole numbers add, multiply and divide back exactly`() throws {
        var random = PRNG(seed: 34)
        for _ in 0..<20_000 {
            let a = Int.random(in: -999_999_999...999_999_999, using: &random)
            let b = Int.random(in: 1...999_999_999, using: &random)
            let p = Int.random(in: 0...9, using: &random), q = Int.random(in: 0...9, using: &random)
            let x = Decimal34(coefficient: Int128(a), exponent: -p), y = Decimal34(coefficient: Int128(b), exponent: -q)
            let product = x * y
            guard product.exact == Exact(coefficient: Int128(a) * Int128(b), scale: p + q),
                product.divided(by: y) == x, (x + y) - y == x, (x - y).order(.zero) == x.order(y)
            else {
                Issue.record("\(a)E-\(p) and \(b)E-\(q)")
                return
            }
        }
    }

    @Test func `34 digits multiply to 34 digits`() throws {
        let third = try #require(Decimal34.one.divided(by: Decimal34(3)))
        let ninth = third * third
        #expect(ninth.rounded(to: 28)?.text == "0.1111111111111111111111111111")
        #expect((third * Decimal34(3)).rounded(to: 28)?.text == "1.0000000000000000000000000000")
        #expect(Decimal34(2).divided(by: third)?.rounded(to: 20)?.text == "6.00000000000000000000")
    }

    @Test func `rounding is half away from zero and happens once`() throws {
        #expect(try decimal("2.345").rounded(to: 2)?.text == "2.35")
        #expect(try decimal("-2.345").rounded(to: 2)?.text == "-2.35")
        #expect(try decimal("2.3449").rounded(to: 2)?.text == "2.34")
        #expect(try decimal("0.004").rounded(to: 2)?.text == "0.00")
        #expect(try decimal("9.995").rounded(to: 2)?.text == "10.00")
        #expect(Decimal34(7).rounded(to: 3)?.text == "7.000")
    }
}

/// Three answers, over ranges: what a censored value can be.
@Suite struct ValueRangeTests {
    private func range(_ text: String) throws -> ValueRange {
        ValueRange(try #require(Measured(text)), nonNegative: true)
    }

    @Test(arguments: [
        ("3", "4", Verdict.yes), ("4", "4", .no), ("<4", "4", .yes), ("≤4", "4", .unknown), (">4", "4", .no),
        ("<5", "4", .unknown), ("3", ">3", .yes), ("3", "≥3", .unknown), ("<3", ">3", .yes), ("<1", "<1", .unknown),
        (">5", "<5", .no), ("≥5", "≤5", .no),
    ])
    func `less than has three answers`(_ row: (String, String, Verdict)) throws {
        #expect(try range(row.0).isLess(than: range(row.1)) == row.2)
    }

    @Test func `a sum, a product and a quotient keep every possibility`() throws {
        let two = try range("<2"), three = try range("3"), five = try range(">5")
        let sum = two + three
        #expect(try sum.isLess(than: range("5")) == .yes && sum.isLess(than: range("3")) == .no)
        let ratio = try #require(try range(">800").divided(by: range("<20")))
        #expect(try range("10").isLess(than: ratio) == .yes && range("41").isLess(than: ratio) == .unknown)
        let product = try two * range("<3")
        #expect(try product.isLess(than: range("6")) == .yes && product.isLess(than: range("5")) == .unknown)
        #expect(try range("4").divided(by: range("0")) == nil)
        #expect(try (three - five).magnitude.isLess(than: range("2")) == .no)
    }

    @Test func `least and greatest pick bound by bound`() throws {
        let least = try ValueRange.least(range("<4"), range("3"))
        #expect(try least.isAtMost(range("3")) == .yes)
        let greatest = try ValueRange.greatest(range(">4"), range("3"))
        #expect(try range("4").isLess(than: greatest) == .yes)
        #expect(try ValueRange.hull(range("1"), range("3")).isLess(than: range("2")) == .unknown)
    }

    @Test func `three-valued logic lets a sure answer decide`() {
        #expect(Verdict.no.and(.unknown) == .no && Verdict.yes.and(.unknown) == .unknown)
        #expect(Verdict.yes.or(.unknown) == .yes && Verdict.no.or(.unknown) == .unknown)
        #expect(Verdict.unknown.inverted == .unknown)
    }
}

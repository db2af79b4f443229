import Base
import Catalog
import Testing

@Suite struct UnitTests {
    @Test(arguments: [
        ("g/dL", "g/L", "14.2", "142.0"), ("g/L", "g/dL", "142", "14.2"), ("mm[Hg]", "kPa", "40", "5.3"),
        ("kPa", "mm[Hg]", "5.333", "40.0"), ("U/L", "ukat/L", "60", "1.0"), ("ukat/L", "U/L", "1", "60.0"),
        ("mmol/L", "umol/L", "0.08", "80.0"), ("10*9/L", "10*6/mL", "4.5", "4.5"),
        ("10*12/L", "10*9/L", "4.52", "4520.0"),
        ("g/(24.h)", "mg/d", "0.15", "150.0"), ("ug/L", "ng/mL", "3.35", "3.4"), ("%", "1", "41", "0.4"),
        ("mg/g", "g/kg", "30", "30.0"), ("[IU]/mL", "k[IU]/L", "12", "12.0"), ("mmol/L", "mmol/L", "-2.25", "-2.3"),
        ("fL", "um3", "90", "90.0"), ("mm/h", "mm/h", "7", "7.0"), ("h", "min", "1.5", "90.0"),
    ]) func `units of one dimension convert exactly and round once`(
        _ from: String, _ to: String, _ value: String, _ expected: String
    ) throws {
        let a = try #require(Unit(from)), b = try #require(Unit(to)), number = try #require(Exact(value))
        #expect(a.convert(number, to: b, places: 1)?.text == expected)
    }

    @Test(arguments: [
        ("mmol/L", "g/L"), ("[IU]/L", "U/L"), ("[IU]/L", "ug/L"), ("[arb'U]/mL", "[IU]/mL"), ("%", "g/L"), ("s", "m"),
    ]) func `units of two dimensions do not convert`(_ from: String, _ to: String) throws {
        let a = try #require(Unit(from)), b = try #require(Unit(to))
        #expect(!a.converts(to: b))
        #expect(a.convert(Exact(1), to: b, places: 3) == nil)
    }

    @Test(arguments: [
        "", " ", "mmol / L", "µmol/L", "mmol/", "/", "mmol//L", "G/L", "T/L", "UI/L", "10*", "10*x/L", "(g/L", "g/L)",
        "{x",
        "[IU", "0/L", "g/L{", "xyz", "mmHg", "kh", "((((((((((g))))))))))", "g99", "10*99999999",
    ]) func `what is no unit is refused`(_ text: String) {
        #expect(Unit(text) == nil)
    }

    @Test func `annotations are kept and weigh nothing`() throws {
        let copies = try #require(Unit("{copies}/mL"))
        #expect(copies.annotation == "copies")
        #expect(copies.dimension == (try #require(Unit("10*3/L"))).dimension)
        #expect(try #require(Unit("mL/min/{1.73_m2}")).dimension == (try #require(Unit("L/s"))).dimension)
        #expect(try #require(Unit("{titer}")).dimension == UnitDimension())
    }

    @Test func `the second unit of an analysis is reached and left by its factor`() throws {
        let catalogue = try Shipped.catalogue()
        func alternative(_ code: String) throws -> AlternativeUnit { try #require(catalogue[code]?.alternative) }
        let urea = try alternative("UREE"), creatinine = try alternative("CREA"), glucose = try alternative("GLU")
        #expect(urea.converted(try #require(Measured("7.5")), places: 2)?.text == "0.45")
        #expect(creatinine.converted(try #require(Measured("<80")), places: 1)?.text == "<9.0")
        #expect(glucose.converted(try #require(Measured("5.5")), places: 2)?.text == "0.99")
        #expect(glucose.reported(try #require(Measured("≥1.26")), places: 1)?.text == "≥7.0")
        #expect(creatinine.reported(try #require(Measured("10")), places: 0)?.text == "88")
        let zero = AlternativeUnit(unit: "g/L", factor: Exact(0))
        #expect(zero.reported(try #require(Measured("1")), places: 0) == nil)
    }

    @Test func `conversion and back gives the value again`() throws {
        var random = PRNG(seed: 20_26)
        let pairs = [("g/dL", "g/L"), ("mmol/L", "umol/L"), ("U/L", "ukat/L"), ("mm[Hg]", "kPa"), ("ng/L", "ug/dL")]
        for _ in 0..<2000 {
            let pair = pairs[Int.random(in: 0..<pairs.count, using: &random)]
            let a = try #require(Unit(pair.0)), b = try #require(Unit(pair.1))
            let scale = Int.random(in: 0...4, using: &random)
            let value = Exact(coefficient: Int128(Int.random(in: -999_999...999_999, using: &random)), scale: scale)
            let there = try #require(a.convert(value, to: b, places: 12))
            #expect(b.convert(there, to: a, places: scale) == value)
        }
    }

    @Test func `a value too large to convert is refused, never wrong`() throws {
        let huge = Exact(coefficient: Int128.max, scale: 0)
        let a = try #require(Unit("g/L")), b = try #require(Unit("pg/L"))
        #expect(a.convert(huge, to: b, places: 0) == nil)
        #expect(a.convert(Exact(1), to: b, places: 31) == nil)
    }
}

import Base
import Testing

/// RULES section 0: a censored value is an interval, and a comparison has three answers.
struct Comparison: Sendable {
    let value: String
    let limit: String
    let below: Verdict
    let above: Verdict
    init(_ value: String, _ limit: String, below: Verdict, above: Verdict) {
        self.value = value
        self.limit = limit
        self.below = below
        self.above = above
    }
}

@Suite struct MeasuredTests {
    @Test func `100000 values go raw to text and back unchanged`() throws {
        var random = PRNG(seed: 20_260_101)
        let marks = ["", "", "", "<", ">", "≤", "≥"]
        for _ in 0..<100_000 {
            let whole = String(Int.random(in: 0...999_999, using: &random))
            let places = Int.random(in: 0...8, using: &random)
            let digits = (0..<places).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            let sign = Int.random(in: 0..<10, using: &random) == 0 && whole != "0" ? "-" : ""
            let mark = marks[Int.random(in: 0..<marks.count, using: &random)]
            let raw = mark + sign + whole + (places > 0 ? "." + digits : "")
            let measured = try #require(Measured(raw), "\(raw)")
            guard measured.text == raw else {
                Issue.record("\(raw) became \(measured.text)")
                return
            }
            #expect(Measured(measured.frenchText)?.text == raw)
        }
    }

    @Test(arguments: [
        ("  4.20 ", "4.20"), ("< 0.5", "<0.5"), ("<=3", "≤3"), ("=<3", "≤3"), (">=3", "≥3"), ("=>3", "≥3"),
        ("≥ 3,0", "≥3.0"),
        ("\t>400\t", ">400"), ("-2.5", "-2.5"), ("<-1", "<-1"), ("1.2E2", "120"),
    ]) func `what analyzers print is read`(_ raw: String, _ text: String) {
        #expect(Measured(raw)?.text == text)
    }

    @Test(arguments: [
        "", " ", "---.-", "NA", "1 234", "<", "<>3", "<<3", "3<", "4.2 mmol/L", "> >3", "=3", "*5.1", "5.1H", "-", "++",
        "1..2",
    ]) func `anything else is refused`(_ raw: String) {
        #expect(Measured(raw) == nil)
    }

    @Test(arguments: ["1e2", "4E0", "<1e-2", "1.2E2", "1e", "4,2e+1"]) func `what a person types has no exponent`(
        _ raw: String
    ) {
        #expect(Measured(typed: raw) == nil)
    }

    @Test(arguments: [("< 0.5", "<0.5"), ("-2,5", "-2.5"), ("≥3,0", "≥3.0"), ("142", "142"), ("+4", "4")])
    func `what a person types is digits, one comma or dot, a sign and a comparator`(_ raw: String, _ text: String) {
        #expect(Measured(typed: raw)?.text == text)
    }

    @Test func `4.20 and 4.2 are one number and two values`() {
        #expect(Measured("4.20") != Measured("4.2"))
        #expect(Measured("4.20")?.number == Measured("4.2")?.number)
        #expect(Measured("<0.5") != Measured("0.5"))
        #expect(Measured("<0.50")?.frenchText == "<0,50")
    }

    static let table: [Comparison] = [
        // The five lines of RULES section 0.
        Comparison("<0.5", "1.0", below: .yes, above: .no),
        Comparison("<0.5", "0.5", below: .yes, above: .no),
        Comparison("<1", "0.8", below: .unknown, above: .unknown),
        Comparison(">400", "300", below: .no, above: .yes),
        Comparison(">400", "500", below: .unknown, above: .unknown),
        // Every comparator below, on and above the limit.
        Comparison("4.9", "5", below: .yes, above: .no),
        Comparison("5.0", "5", below: .no, above: .no),
        Comparison("5.1", "5", below: .no, above: .yes),
        Comparison("<4.9", "5", below: .yes, above: .no),
        Comparison("<5", "5", below: .yes, above: .no),
        Comparison("<5.1", "5", below: .unknown, above: .unknown),
        Comparison("≤4.9", "5", below: .yes, above: .no),
        Comparison("≤5", "5", below: .unknown, above: .no),
        Comparison("≤5.1", "5", below: .unknown, above: .unknown),
        Comparison(">4.9", "5", below: .unknown, above: .unknown),
        Comparison(">5", "5", below: .no, above: .yes),
        Comparison(">5.1", "5", below: .no, above: .yes),
        Comparison("≥4.9", "5", below: .unknown, above: .unknown),
        Comparison("≥5", "5", below: .no, above: .unknown),
        Comparison("≥5.1", "5", below: .no, above: .yes),
    ]

    @Test(arguments: table) func `comparison with a limit is three-valued`(_ row: Comparison) throws {
        let value = try #require(Measured(row.value)), limit = try #require(Exact(row.limit))
        #expect(value.isBelow(limit) == row.below)
        #expect(value.isAbove(limit) == row.above)
    }

    @Test func `a verdict is what every value of the interval would say`() throws {
        // The interval of each comparator, sampled on a grid finer than the limits, decides what the verdict must be.
        for comparator in Comparator.allCases {
            for bound in 0...20 {
                for limit in 0...20 {
                    let members = (-40...80).filter { sample in
                        switch comparator {
                        case .equal: sample == bound * 2
                        case .below: sample < bound * 2
                        case .atMost: sample <= bound * 2
                        case .above: sample > bound * 2
                        case .atLeast: sample >= bound * 2
                        }
                    }
                    let measured = Measured(Exact(bound), comparator: comparator)
                    #expect(measured.isBelow(Exact(limit)) == verdict(members.map { $0 < limit * 2 }))
                    #expect(measured.isAbove(Exact(limit)) == verdict(members.map { $0 > limit * 2 }))
                }
            }
        }
    }
    private func verdict(_ answers: [Bool]) -> Verdict {
        answers.allSatisfy { $0 } ? .yes : (answers.contains(true) ? .unknown : .no)
    }
}

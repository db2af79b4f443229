import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `The delta check` {
    private func exceeds(
        _ kind: DeltaKind, _ limit: String?, _ x1: String, _ x2: String, days: Int64 = 1, absolute: String? = nil,
        nonNegative: Bool = true
    ) throws -> Verdict {
        DeltaMethod.exceeds(
            DeltaRule(
                kind: kind, limit: limit.flatMap { Exact($0) }, days: nil, source: "s",
                absoluteLimit: absolute.flatMap { Exact($0) }),
            previous: ValueRange(try #require(Measured(x1)), nonNegative: nonNegative),
            current: ValueRange(try #require(Measured(x2)), nonNegative: nonNegative),
            milliseconds: days * 86_400_000)
    }

    @Test func `the four methods, each on both sides of its limit`() throws {
        #expect(try exceeds(.absolute, "1.0", "4.0", "5.0") == .no && exceeds(.absolute, "1.0", "4.0", "5.1") == .yes)
        #expect(try exceeds(.absolute, "1.0", "4.0", "3.0") == .no && exceeds(.absolute, "1.0", "4.0", "2.9") == .yes)
        #expect(try exceeds(.percent, "50", "80", "120") == .no && exceeds(.percent, "50", "80", "121") == .yes)
        #expect(try exceeds(.percent, "50", "80", "40") == .no && exceeds(.percent, "50", "80", "39") == .yes)
        // 13 mmol/L in 3 days, and in 2.
        #expect(
            try exceeds(.rate, "5", "130", "143", days: 3) == .no && exceeds(.rate, "5", "130", "143", days: 2) == .yes)
        #expect(try exceeds(.rate, "5", "130", "145", days: 3) == .no, "on the limit")
        #expect(try exceeds(.percentRate, "20", "100", "160", days: 3) == .no)
        #expect(try exceeds(.percentRate, "20", "100", "161", days: 3) == .yes)
        #expect(try exceeds(.exact, nil, "4.0", "4.00") == .no && exceeds(.exact, nil, "4.0", "4.1") == .yes)
        #expect(try exceeds(.none, nil, "4.0", "400") == .no)
        for kind in [DeltaKind.absolute, .percent, .rate, .percentRate] {
            #expect(try exceeds(kind, nil, "4.0", "4.0") == .unknown, "no limit decides nothing")
        }
    }

    @Test func `censored values hold only when they may exceed`() throws {
        #expect(try exceeds(.absolute, "1.0", "<0.5", "0.8") == .no, "at most 0.8 of change")
        #expect(try exceeds(.absolute, "1.0", "<0.5", "1.2") == .unknown)
        #expect(try exceeds(.absolute, "1.0", "<0.5", "1.6") == .yes, "at least 1.1")
        #expect(try exceeds(.absolute, "1.0", "<0.5", "1.5") == .yes, "more than 1.0: 0.5 itself is not possible")
        #expect(try exceeds(.absolute, "1.0", "<0.5", "0.8", nonNegative: false) == .unknown)
        #expect(
            try exceeds(.absolute, "1.0", "5.0", ">5.5") == .unknown && exceeds(.absolute, "1.0", "5.0", ">6.0") == .yes
        )
        #expect(
            try exceeds(.percent, "50", "100", ">160") == .yes && exceeds(.percent, "50", "100", ">140") == .unknown)
        #expect(try exceeds(.percent, "50", ">100", "40") == .yes && exceeds(.percent, "50", ">100", "60") == .unknown)
        #expect(try exceeds(.percentRate, "20", "100", "<30", days: 3) == .yes)
    }

    @Test func `a percentage of nothing falls back to the absolute limit`() throws {
        #expect(try exceeds(.percent, "50", "0", "20", absolute: "20") == .no)
        #expect(try exceeds(.percent, "50", "0", "20.1", absolute: "20") == .yes)
        #expect(try exceeds(.percent, "50", "0", "0") == .no && exceeds(.percent, "50", "0", "1") == .unknown)
        #expect(try exceeds(.percent, "50", "<0.5", "<0.5", absolute: "1") == .no)
        #expect(try exceeds(.percentRate, "50", "0", "21", absolute: "20") == .yes)
        let found = try Engine.one("CREA", "30", unit: "umol/L", { $0.history = [Engine.prior("0", unit: "umol/L")] })
        #expect(found.record(.delta)?.note == .percentOfZero && found.record(.delta)?.code == .delta)
    }

    @Test func `the latest comparable, valid and recent result is the one compared with`() throws {
        func code(_ priors: PriorResult...) throws -> Hold.Code? {
            try Engine.one("K", "4.2", { $0.history = priors }).record(.delta)?.code
        }
        let far = Engine.prior("2.0", group: "g1")
        #expect(try code(far) == .delta && code() == nil)
        #expect(try code(Engine.prior("3.2", group: "g1")) == nil && code(Engine.prior("3.1", group: "g1")) == .delta)
        #expect(try code(far, Engine.prior("4.0", days: -1, group: "g1")) == nil, "a later one stands")
        var other = far
        other.cancelled = true
        #expect(try code(other) == nil)
        other = far
        other.technicallyValidated = false
        #expect(try code(other) == nil)
        other = far
        other.specimenKind = "UR"
        #expect(try code(other) == nil)
        #expect(try code(Engine.prior("2.0", group: "g2")) == nil, "another group of comparability")
        #expect(try code(Engine.prior("2.0", unit: "mg/L", group: "g1")) == nil, "a unit that does not convert")
        #expect(try code(Engine.prior("2.0", days: -30, group: "g1")) == .delta, "the end of the window is in it")
        other = Engine.prior("2.0", days: -30, group: "g1")
        other.at = other.at.advanced(by: .milliseconds(-1))
        #expect(try code(other) == nil)
        #expect(try code(Engine.prior("2.0", days: 0, group: "g1")) == nil, "not before this collection")
        #expect(
            try Engine.one("CREA", "200", unit: "umol/L", { $0.history = [Engine.prior("10", unit: "mg/L")] })
                .record(.delta)?.code == .delta, "the alternative unit converts")
    }

    @Test func `context suspends, policy holds a first result, and the words show the change`() throws {
        let history = [Engine.prior("2.0", group: "g1")]
        let found = try Engine.one("K", "4.2", { $0.history = history }, input: { $0.patient.contexts = [.dialysis] })
        #expect(found.holdCodes == [] && found.record(.delta)?.note == .suspended)
        #expect(
            try Engine.codes("K", "4.2", { $0.history = history }, input: { $0.patient.contexts = [.insulin] }) == [
                "DELTA"
            ])
        #expect(try Engine.one("PSA", "1.00", unit: "ug/L").record(.delta)?.code == .deltaImpossible)
        #expect(try Engine.one("NONE", "1.0").record(.delta)?.note == .noLimit)
        let words = try #require(Engine.one("K", "4.2", { $0.history = history }).record(.delta)).words(
            in: .europeParis)
        #expect(words.contains("antérieur 2,0") && words.contains("écart 2,2") && words.contains("limite 1,0"))
        #expect(try Engine.one("K", "<5", { $0.history = history }).record(.delta)?.code == .deltaImpossible)
    }

    @Test func `two stable analyses that jump together hold the whole tube`() throws {
        func run(_ crea: String, _ pal: String, others: [OtherResult] = []) throws -> Evaluation {
            var a = Engine.result("CREA", crea, unit: "umol/L"), b = Engine.result("PAL", pal, unit: "U/L")
            a.history = [Engine.prior("80", unit: "umol/L")]
            b.history = [Engine.prior("100", unit: "U/L")]
            var input = Engine.input(a, b, Engine.result("K", "4.2"))
            input.others = others
            return try Engine.engine().evaluate(input)
        }
        let wrong = try run("200", "20")
        #expect(wrong.collectionHolds.map(\.check) == [.wrongBlood])
        #expect(wrong.results[2].holdCodes == [.delta], "the potassium that did not move is held too")
        #expect(wrong.results[2].holds(in: .europeParis)[0].reason.contains("autre patient"))
        #expect(try run("200", "100").collectionHolds == [] && run("200", "100").results[2].holdCodes == [])
        let sodium = OtherResult(
            analysis: "NA", value: .measured(try #require(Measured("150")), unit: "mmol/L"), holds: [.delta])
        #expect(try run("200", "100", others: [sodium]).collectionHolds.count == 1)
        #expect(try run("80", "100", others: [sodium]).collectionHolds == [])
    }

    @Test func `one discordant blood group holds the whole tube`() throws {
        func run(_ now: String, _ before: String) throws -> Evaluation {
            var group = Engine.result("GSABO", now)
            group.value = .coded(now, display: now)
            group.history = [Engine.prior(before, days: -4000)]
            return try Engine.engine().evaluate(Engine.input(group, Engine.result("K", "4.2")))
        }
        #expect(try run("A", "B").collectionHolds.map(\.note) == [.bloodGroup])
        #expect(try run("A", "B").results[1].holdCodes == [.delta] && run("A", "A").collectionHolds == [])
    }

    @Test func `the reference change value of the vector`() throws {
        let change = try #require(ReferenceChange(analyticalCV: Exact(2), biologicalCV: Exact("4.5") ?? Exact(0)))
        #expect(change.symmetric.rounded(to: 2)?.text == "13.65")
        #expect(change.rise.rounded(to: 1)?.text == "14.6" && change.fall.rounded(to: 1)?.text == "-12.8")
        #expect(ReferenceChange(analyticalCV: Exact(0), biologicalCV: Exact(0)) == nil)
        #expect(ReferenceChange(analyticalCV: Exact(-1), biologicalCV: Exact(1)) == nil)
    }
}

import Base
import Testing

@testable import Quality

@Suite struct `The Westgard rules` {
    private func rules(_ set: WestgardCase.Rules) -> [WestgardRule: RuleAction] {
        switch set {
        case .two: ControlPolicy.twoLevelRules
        case .three: ControlPolicy.threeLevelRules
        case .all:
            Dictionary(uniqueKeysWithValues: WestgardRule.named.map { ($0, $0 == .oneTwoS ? .warn : .reject) })
        }
    }

    private func found(_ sample: WestgardCase) -> String {
        let timeline = Control.timeline(sample.runs, policy: Control.policy(rules(sample.rules)))
        return timeline.verdicts.map { verdict in
            verdict.violations.map(\.rule.rawValue).joined(separator: " ")
        }.joined(separator: "|")
    }

    @Test func `are worked out on at least sixty cases, no two alike`() {
        #expect(Westgard.all.count >= 60)
        #expect(Set(Westgard.all.map(\.name)).count == Westgard.all.count)
        #expect(Set(Westgard.all.map { "\($0.runs) \($0.rules)" }).count == Westgard.all.count)
        // Every rule fires in some case and stays quiet in another.
        for rule in WestgardRule.named {
            #expect(Westgard.all.contains { $0.expected.contains(rule.rawValue) }, "\(rule.rawValue) never fires")
        }
    }

    @Test(arguments: Westgard.all) func `say of each run what the table says`(sample: WestgardCase) {
        #expect(found(sample) == sample.expected, "\(sample.runs)")
    }

    @Test(arguments: Westgard.all) func `see the mirror image below the mean`(sample: WestgardCase) {
        var mirrored = ""
        var rest = sample.runs[...]
        while let character = rest.popFirst() {
            mirrored.append(character)
            guard character == ":" || character == "x" || character == "~" else { continue }
            guard let next = rest.first, next != "x", next != "~", next != ".", next != "?" else { continue }
            if next == "-" { rest.removeFirst() } else { mirrored.append("-") }
        }
        var mirror = sample
        mirror.runs = mirrored
        #expect(found(mirror) == sample.expected, "\(mirrored)")
    }

    @Test(arguments: Westgard.all) func `do not depend on the scale of target and SD`(sample: WestgardCase) {
        // 1 000 times smaller and shifted: the same z, hence the same rules.
        let points = Control.points(sample.runs).map { point in
            var scaled = point
            scaled.value = point.value.map {
                Measured(Exact(coefficient: $0.number.rounded(to: 6).coefficient, scale: 9))
            }
            scaled.target = Exact("0.100")
            scaled.sd = point.sd == nil ? nil : Exact("0.002")
            return scaled
        }
        let timeline = ControlTimeline(
            assay: Control.assay, policy: Control.policy(rules(sample.rules)), points: points)
        let found = timeline.verdicts.map { $0.violations.map(\.rule.rawValue).joined(separator: " ") }
        #expect(found.joined(separator: "|") == sample.expected)
    }

    @Test func `do not depend on the order in which points were given`() {
        var generator = PRNG(seed: 7)
        for sample in Westgard.all {
            var points = Control.points(sample.runs)
            // Repeats of one level in one run keep the order of their facts: nothing else tells them apart.
            guard Set(points.map(\.id)).count == points.count else { continue }
            points.shuffle(using: &generator)
            let timeline = ControlTimeline(
                assay: Control.assay, policy: Control.policy(rules(sample.rules)), points: points)
            let found = timeline.verdicts.map { $0.violations.map(\.rule.rawValue).joined(separator: " ") }
            #expect(found.joined(separator: "|") == sample.expected, "\(sample.name)")
        }
    }

    @Test func `name the levels, the side and the points that show a violation`() throws {
        let timeline = Control.timeline("1:2.1,2:0.1 1:2.2,2:-2.5")
        let verdict = try #require(timeline.verdicts.last)
        #expect(verdict.violations.map(\.rule) == [.oneTwoS, .twoTwoS, .rFourS])
        #expect(verdict.violations.map(\.action) == [.warn, .reject, .reject])
        let row = try #require(verdict.violations[1].evidence.first)
        #expect(row.scope == .withinLevel && row.side == .above)
        #expect(row.points.map(\.point) == ["R1/1", "R2/1"])
        #expect(verdict.violations[1].levels == ["1"])
        let range = try #require(verdict.violations[2].evidence.first)
        #expect(range.scope == .acrossLevels && range.side == nil)
        #expect(range.points.map(\.level) == ["1", "2"] && range.points.allSatisfy { $0.run == "R2" })
    }

    @Test func `tell a row within a level from one across levels`() throws {
        let across = Control.timeline("1:1.5,2:1.5 1:1.5,2:1.5").verdicts.last
        #expect(across?.violations.first?.evidence.map(\.scope) == [.acrossLevels])
        #expect(across?.violations.first?.levels == ["1", "2"])
        let within = Control.timeline(WestgardCase.times(4, "1:1.5,2:0")).verdicts.last
        #expect(within?.violations.first?.evidence.map(\.scope) == [.withinLevel])
        #expect(within?.violations.first?.levels == ["1"])
    }

    @Test func `do what the policy of the analysis says`() {
        let lenient = Control.policy([.oneThreeS: .reject, .fourOneS: .warn])
        let timeline = Control.timeline("1:2.5 1:2.5 1:2.5 1:2.5 1:-3.5", policy: lenient)
        #expect(timeline.verdicts.map { $0.violations.map(\.rule) } == [[], [], [], [.fourOneS], [.oneThreeS]])
        #expect(timeline.verdicts.map(\.outcome) == [.conforming, .conforming, .conforming, .conforming, .rejected])
        #expect(timeline.verdicts[3].warnings.count == 1 && timeline.verdicts[3].rejecting.isEmpty)
    }

    @Test func `let the exclusion of a point act only after its signature`() {
        var points = Control.points("1:2.3 1:2.3 1:0.5 1:2.4")
        points[1].exclusion = Control.signed(Control.at(2, minutes: 30))
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        // R2 was rejected when it was run; R4 looks back to R3, and the rejection of R2 stays on the chart.
        #expect(timeline.verdicts.map { $0.rejecting.map(\.rule) } == [[], [.twoTwoS], [], []])
        points[2].exclusion = Control.signed(Control.at(2, minutes: 30))
        let both = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        #expect(both.verdicts.last?.rejecting.map(\.rule) == [.twoTwoS])
        #expect(both.verdicts.last?.violations.last?.evidence.first?.points.map(\.run) == ["R1", "R4"])
    }

    @Test func `order levels by rank, not as text`() {
        #expect([ControlLevel("10"), ControlLevel("9"), ControlLevel("N2")].sorted().map(\.name) == ["N2", "9", "10"])
        #expect(ControlLevel("Niveau 3").rank == 3 && ControlLevel("bas").rank == 0)
        #expect(ControlLevel("12345678901234567890").rank == 0)
    }
}

@Suite struct `A z` {
    private func z(_ value: String, _ target: String, _ sd: String) -> ZScore? {
        guard let value = Exact(value), let target = Exact(target), let sd = Exact(sd) else { return nil }
        return ZScore(value: value, target: target, sd: sd)
    }

    @Test func `is compared without rounding`() throws {
        // 1/3 of an SD has no end in decimals: 4.10 + 2 × 0.03 is the limit to the last digit.
        let limit = try #require(z("4.16", "4.10", "0.03"))
        #expect(!limit.exceeds(2) && limit.text == "+2.00")
        let over = try #require(z("4.160000000000000001", "4.10", "0.03"))
        #expect(over.exceeds(2) && over.exceeds(2, on: .above) && !over.exceeds(2, on: .below))
        #expect(z("4.1600001", "4.10", "0.03")?.text == "+2.000003")
        #expect(z("4.20", "4.10", "0.03")?.text == "+3.33")
        #expect(z("4.00", "4.10", "0.03")?.text == "-3.33")
        #expect(z("4.10", "4.1", "0.03")?.text == "0.00" && z("4.10", "4.1", "0.03")?.side == nil)
    }

    @Test func `does not exist without a positive SD`() {
        #expect(z("4.1", "4.1", "0") == nil)
        #expect(z("4.1", "4.1", "-0.1") == nil)
        #expect(z("4.1", "4.1", "0.000") == nil)
    }

    @Test(arguments: [
        ("0.5", "?", ControlDefect.noTarget), ("0.5", "sd", .noSD), ("0.5", "zero", .sdNotPositive),
        ("0.5", "minus", .sdNotPositive), ("<0.5", "", .censored), (">0.5", "", .censored), ("≤0.5", "", .censored),
    ]) func `is absent for a reason that is told`(value: String, what: String, defect: ControlDefect) throws {
        var point = Control.point("R1", Control.at(0), z: "0")
        let read: Measured = try #require(Measured(value))
        point.value = read
        if what == "?" { point.target = nil }
        if what == "sd" { point.sd = nil }
        if what == "zero" { point.sd = Exact(0) }
        if what == "minus" { point.sd = Exact(-1) }
        #expect(point.score == .absent(defect))
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: [point])
        #expect(timeline.verdicts.map(\.outcome) == [.absent])
        #expect(timeline.verdicts[0].because.contains(defect.french))
        #expect(timeline.standing(at: Control.at(0)).hold == .absent)
    }

    @Test func `divides and takes roots to the last place`() {
        var generator = PRNG(seed: 11)
        for _ in 0..<20_000 {
            let a = Exact(
                coefficient: Int128(Int64.random(in: -1_000_000_000...1_000_000_000, using: &generator)), scale: 4)
            let b = Exact(coefficient: Int128(Int64.random(in: 1...1_000_000_000, using: &generator)), scale: 3)
            guard let q = a.divided(by: b, places: 6), let back = q.multiplied(by: b),
                let rest = a.subtracting(back), let twice = rest.absolute.multiplied(by: Exact(2_000_000))
            else { Issue.record("\(a) / \(b)"); return }
            // |a − q·b| ≤ b / (2·10⁶)
            #expect(twice <= b)
            guard let root = b.squareRoot(places: 8), let square = root.multiplied(by: root),
                let miss = square.subtracting(b)?.absolute, let width = root.multiplied(by: Exact(2))
            else { Issue.record("root of \(b)"); return }
            #expect(miss <= width.divided(by: Exact(100_000_000), places: 16) ?? .zero)
        }
        #expect(Exact("2.25")?.squareRoot(places: 4)?.text == "1.5000" && Exact(-1).squareRoot(places: 2) == nil)
        #expect(Exact(1).divided(by: Exact(0), places: 2) == nil)
        #expect(Exact("-0.005").flatMap { $0.divided(by: Exact(1), places: 2) }?.text == "-0.01")
        #expect(Exact("0.0049").flatMap { $0.divided(by: Exact(3), places: 2) }?.text == "0.00")
    }
}

import Base
import Testing

@testable import Quality

@Suite struct `Statistics of controls` {
    private func statistics(_ values: String...) -> ControlStatistics {
        ControlStatistics(values.compactMap { Exact($0) })
    }

    @Test func `give mean, SD and CV to the last digit`() {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, SD = √(32/7).
        let known = statistics("2", "4", "4", "4", "5", "5", "7", "9")
        #expect(known.mean(places: 4)?.text == "5.0000")
        #expect(known.sd(places: 6)?.text == "2.138090")
        #expect(known.cv()?.text == "42.76")
        #expect(statistics("4.1").sd() == nil && statistics("4.1").mean(places: 1)?.text == "4.1")
        #expect(statistics().mean() == nil)
    }

    @Test func `do not cancel where binary floating point does`() {
        // Three values that differ in the ninth digit: SD is exactly 1e-9.
        let near = statistics("100000000.000000001", "100000000.000000002", "100000000.000000003")
        #expect(near.sd(places: 12)?.text == "0.000000001000")
        #expect(near.mean(places: 9)?.text == "100000000.000000002")
    }

    @Test func `are the same in any order, and after taking a value out again`() {
        var generator = PRNG(seed: 1)
        var values = (0..<500).map { _ in
            Exact(coefficient: Int128(Int.random(in: 38_000...44_000, using: &generator)), scale: 4)
        }
        let one = ControlStatistics(values)
        values.shuffle(using: &generator)
        var other = ControlStatistics([Exact("3.3")].compactMap(\.self) + values)
        if let odd = Exact("3.3") { other.remove(odd) }
        #expect(one.mean() == other.mean() && one.sd() == other.sd() && one.count == other.count)
    }

    @Test func `agree with Welford's recurrence in exact decimals`() {
        var generator = PRNG(seed: 2)
        for _ in 0..<20 {
            var mean = Exact.zero, m2 = Exact.zero
            var ours = ControlStatistics()
            for n in 1...40 {
                let x = Exact(coefficient: Int128(Int.random(in: 1...99_999, using: &generator)), scale: 3)
                ours.add(x)
                guard let d = x.subtracting(mean), let step = d.divided(by: Exact(n), places: 12),
                    let next = mean.adding(step), let e = x.subtracting(next), let product = d.multiplied(by: e),
                    let sum = m2.adding(product)
                else { Issue.record("overflow"); return }
                (mean, m2) = (next.rounded(to: 12), sum.rounded(to: 12))
            }
            let sd = m2.divided(by: Exact(39), places: 12)?.squareRoot(places: 9)
            let miss = sd.flatMap { $0.subtracting(ours.sd(places: 9) ?? .zero) }?.absolute
            #expect(miss.map { $0 < Exact("0.0000001") ?? .zero } == true)
        }
    }

    @Test func `refuse to be wrong when numbers do not fit`() {
        var broken = ControlStatistics()
        broken.add(Exact(coefficient: 1, scale: 30))
        broken.add(Exact(coefficient: Exact.pow10(36), scale: 0))
        #expect(broken.mean() == nil && broken.sd() == nil && ControlSummary(broken) == nil)
    }

    @Test func `give total error and sigma from unrounded parts`() throws {
        // Mean 102, SD 1: CV 0.98039 %, bias 2 % of 100, TE = 2 + 1.65 · 0.98039 = 3.6176, sigma = (10 − 2) / 0.98039.
        let summary = try #require(
            ControlSummary(statistics("101", "102", "103"), target: Exact(100), allowableError: Exact(10)))
        #expect(summary.cv?.text == "0.98" && summary.bias?.text == "2.00")
        #expect(summary.totalError?.text == "3.62" && summary.sigma?.text == "8.16")
        let below = ControlSummary(statistics("97", "98", "99"), target: Exact(100))
        #expect(below?.bias?.text == "-2.00" && below?.totalError?.text == "3.68" && below?.sigma == nil)
        let still = ControlSummary(statistics("5", "5", "5"), target: Exact(5), allowableError: Exact(10))
        #expect(still?.sd.isZero == true && still?.sigma == nil)
        let zero = ControlSummary(statistics("-1", "0", "1"), target: Exact(0))
        #expect(zero?.cv == nil && zero?.bias == nil && zero?.totalError == nil)
    }

    @Test func `are kept by level, lot and month of the laboratory's zone`() {
        let lastMinute = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 11, day: 30), hour: 23, minute: 59)
        let points = [
            Control.point("a", lastMinute, z: "1"),
            Control.point("b", lastMinute.advanced(by: .seconds(60)), z: "1"),
            Control.point("c", lastMinute, level: "2", z: "1"), Control.point("d", lastMinute, z: "1", lot: "B"),
            Control.point("e", lastMinute, z: "1", exclusion: Control.signed(lastMinute)),
        ]
        let months = ControlStatistics.groups(points, byMonth: true, in: .europeParis)
        #expect(
            months.map {
                "\($0.group.level) \($0.group.lot) \($0.group.month?.description ?? "") \($0.statistics.count)"
            }
                == ["1 A 2026-11-01 1", "1 A 2026-12-01 1", "1 B 2026-11-01 1", "2 A 2026-11-01 1"])
        let lots = ControlStatistics.groups(points, byMonth: false, in: .europeParis)
        #expect(lots.map(\.statistics.count) == [2, 1, 1])
    }

    @Test func `leave out the points of rejected runs where they are named, those in parallel apart`() {
        let points = [
            Control.point("a", Control.at(0), z: "0"), Control.point("b", Control.at(1), z: "1"),
            Control.point("r", Control.at(2), z: "9"),
            Control.point("r", Control.at(2), z: "0", lot: "B", isParallel: true),
        ]
        let kept = ControlStatistics.groups(points, byMonth: false, in: .europeParis, rejected: ["r"])
        #expect(kept.map(\.statistics.count) == [2, 1] && kept.first?.statistics.mean()?.text.hasPrefix("101") == true)
        #expect(ControlStatistics.groups(points, byMonth: false, in: .europeParis).map(\.statistics.count) == [3, 1])
    }

    @Test func `give the expanded uncertainty`() throws {
        let parts = try ["2.0", "1.0", "2.0"].map { try #require(Exact($0)) }
        let u = MeasurementUncertainty(reproducibility: parts[0], calibration: parts[1], bias: parts[2])
        #expect(u.expanded()?.text == "6.00")
        let none = MeasurementUncertainty(reproducibility: .zero, calibration: .zero, bias: .zero)
        #expect(none.expanded()?.text == "0.00")
    }
}

@Suite struct `A change of lot` {
    private func target(_ lot: String, mean: Int?, sd: Int? = 2) -> ControlTarget {
        ControlTarget(
            assay: Control.assay, material: "M", level: ControlLevel("1"), lot: lot, mean: mean.map { Exact($0) },
            sd: sd.map { Exact($0) }, unit: "mmol/L", origin: .maker, from: Control.at(0))
    }
    private func points(_ count: Int, lot: String = "B", isParallel: Bool = true, wide: Bool = false) -> [ControlPoint]
    {
        (0..<count).map { n in
            Control.point(
                "R\(n)", Control.at(n), z: wide ? "\(n % 2 == 0 ? "-" : "")2.4" : "0.\(n % 5)", lot: lot,
                isParallel: isParallel)
        }
    }
    private func change(_ points: [ControlPoint], new: ControlTarget? = nil) -> LotChange {
        let verdicts = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points).verdicts
        return LotChange(
            from: target("A", mean: 100), to: new ?? target("B", mean: 100), points: points, verdicts: verdicts,
            inForceFrom: Control.at(99))
    }

    @Test func `proposes mean and SD after twenty points in parallel, without doubt`() throws {
        let change = change(points(20) + points(20, lot: "A", isParallel: false))
        #expect(change.doubts == [])
        let proposal = try #require(change.proposal)
        #expect(proposal.mean?.text == "100.4000" && proposal.count == 20 && proposal.origin == .laboratory)
        #expect(proposal.sd?.text == "0.2902" && proposal.from == Control.at(99) && !proposal.isParallel)
        #expect(change.sdFromFormerCV?.text == "0.2902")
    }

    @Test func `doubts under twenty points`() {
        let change = change(points(19) + points(19, lot: "A", isParallel: false))
        #expect(change.doubts == [.fewPoints(count: 19, recommended: 20)] && change.proposal != nil)
    }

    @Test func `doubts when the lot in service was not run beside it`() {
        #expect(change(points(20)).doubts == [.notParallel])
    }

    @Test func `doubts when the lot in service was rejected meanwhile`() {
        var old = points(20, lot: "A", isParallel: false)
        old[7] = Control.point("R7", Control.at(7), z: "3.5")
        #expect(change(points(20) + old).doubts == [.oldLotRejected(run: "R7")])
    }

    @Test func `doubts a mean far from the maker's and a spread wider than before`() {
        let old = points(20, lot: "A", isParallel: false)
        let far = change(points(20) + old, new: target("B", mean: 80))
        #expect(far.doubts.map(\.french) == ["moyenne 100.4000 hors des limites du fabricant"])
        let wide = change(points(20, wide: true) + old).doubts
        #expect(wide.count == 1 && wide[0].french.hasPrefix("CV de "))
    }

    @Test func `proposes nothing from points that are all alike`() {
        let same = (0..<20).map { Control.point("R\($0)", Control.at($0), z: "0.5", lot: "B", isParallel: true) }
        let change = change(same + points(20, lot: "A", isParallel: false))
        #expect(change.proposal == nil && change.doubts == [.noSpread])
    }

    @Test func `gives no false alarm: rules restart and the parallel lot was never judged`() {
        // The new lot in service stands at z = +1.5 from its first point on.
        let runs = WestgardCase.times(3, "1:1.5,1@B:~1.5") + " " + WestgardCase.times(3, "1@B:1.5")
        let timeline = Control.timeline(runs)
        #expect(timeline.verdicts.allSatisfy { $0.violations.isEmpty })
        #expect(Control.timeline(runs + " 1@B:1.5").verdicts.last?.rejecting.map(\.rule) == [.fourOneS])
    }

    @Test func `finds the target in force, and none when two are`() {
        var first = target("A", mean: 100), second = target("A", mean: 101)
        first.to = Control.at(10)
        second.from = Control.at(10)
        func mean(_ targets: [ControlTarget], _ hours: Int) -> String? {
            targets.target(
                for: Control.assay, material: "M", lot: "A", level: ControlLevel("1"), at: Control.at(hours))?.mean?
                .text
        }
        #expect(mean([first, second], 9) == "100" && mean([first, second], 10) == "101")
        #expect(mean([first, second], -1) == nil)
        first.to = nil
        #expect(mean([first, second], 10) == nil)
    }
}

@Suite struct `Control by patients` {
    private func value(_ text: String, ward: String = "", _ n: Int = 0) -> PatientValue {
        PatientValue(at: Control.at(n), value: Measured(text) ?? Measured(.zero), ward: ward)
    }
    private func exact(_ text: String) -> Exact { Exact(text) ?? .zero }

    @Test func `follows Bull's batches of twenty`() {
        // All at the target: the average stays. All one off: √1 = 1, moved by 1² = 1.
        var control = PatientControl(.bull(target: Exact(90)))
        for _ in 0..<40 { control.add(value("90")) }
        #expect(control.points.map(\.average) == [Exact(90), Exact(90)])
        for _ in 0..<20 { control.add(value("91")) }
        #expect(control.points.last?.average == Exact(91) && control.alarms.isEmpty)
        for _ in 0..<19 { control.add(value("95")) }
        #expect(control.points.count == 3)
        control.add(value("95"))
        #expect(control.points.last?.average == Exact(95) && control.points.last?.isAlarm == true)
    }

    @Test func `weighs far values little in Bull's mean`() {
        // 19 at the target and one 16 off: (√16 / 20)² = 0.04, where the plain mean moves by 0.8.
        var control = PatientControl(.bull(target: Exact(90)))
        for _ in 0..<19 { control.add(value("90")) }
        control.add(value("106"))
        #expect(control.points.last?.average == exact("90.04"))
        // Half above, half below: the roots cancel.
        var even = PatientControl(.bull(target: Exact(90)))
        for n in 0..<20 { even.add(value(n % 2 == 0 ? "94" : "86")) }
        #expect(even.points.last?.average == Exact(90))
    }

    @Test func `alarms beyond three percent, not at it`() {
        var at = PatientControl(.bull(target: Exact(100)))
        for _ in 0..<20 { at.add(value("103")) }
        #expect(at.points.last?.average == Exact(103) && at.alarms.isEmpty)
        var over = PatientControl(.bull(target: Exact(100)))
        for _ in 0..<20 { over.add(value("103.1")) }
        #expect(over.alarms.count == 1)
    }

    @Test func `smooths by EWMA within truncation limits and without some wards`() {
        let policy = PatientControlPolicy(
            method: .ewma(lambda: exact("0.2")), target: Exact(140), limit: Exact(2), low: Exact(130),
            high: Exact(150), excludedWards: ["dialyse"])
        var control = PatientControl(policy)
        for text in ["145", "129.9", "150.1", "<130", "150", "130"] { control.add(value(text)) }
        control.add(value("145", ward: "dialyse"))
        control.add(value("140", ward: "chirurgie"))
        // 141 → 142.8 → 140.24 → 140.192
        #expect(control.points.map(\.average) == [exact("141"), exact("142.8"), exact("140.24"), exact("140.192")])
        #expect(control.leftOut == 4)
        #expect(control.points.map(\.isAlarm) == [false, true, false, false])
    }

    @Test func `moves a plain average over its window, silent until it is full`() {
        let policy = PatientControlPolicy(method: .movingAverage(window: 3), target: Exact(5), limit: Exact(1))
        let control = PatientControl(policy, over: ["3", "6", "9", "6", "6.6"].map { value($0) })
        #expect(control.points.map(\.average.trimmed.text) == ["6", "7", "7.2"])
        #expect(control.points.map(\.isAlarm) == [false, true, true])
    }
}

@Suite struct `External assessment` {
    private func result(_ value: String, target: String? = "10", sd: String? = "1", round: String = "1")
        -> AssessmentResult
    {
        AssessmentResult(
            programme: "Biochimie", round: round, sample: "A", assay: Control.assay, measuredAt: Control.at(0),
            value: Measured(value) ?? Measured(.zero), unit: "mmol/L", target: target.flatMap { Exact($0) },
            sd: sd.flatMap { Exact($0) })
    }

    @Test(arguments: [
        ("10", "SATISFAISANT"), ("12", "SATISFAISANT"), ("8", "SATISFAISANT"), ("12.001", "DISCUTABLE"),
        ("12.999", "DISCUTABLE"), ("7.001", "DISCUTABLE"), ("13", "INSATISFAISANT"), ("7", "INSATISFAISANT"),
        ("99", "INSATISFAISANT"), ("<10", "NON_NOTE"),
    ]) func `concludes by the z`(value: String, conclusion: String) {
        #expect(result(value).conclusion.rawValue == conclusion)
    }

    @Test func `does not conclude without target or SD`() {
        #expect(result("10", target: nil).conclusion == .pending)
        #expect(result("10", sd: nil).conclusion == .notScored && result("10", sd: "0").conclusion == .notScored)
    }

    @Test func `keeps what needs an explanation, and the bias for the uncertainty`() {
        let register = AssessmentRegister([
            result("10.3", round: "1"), result("9.6", round: "2"), result("13.5", target: nil, round: "3"),
        ])
        #expect(register.results.map(\.round) == ["1", "2", "3"] && register.open.isEmpty)
        // √((3² + 4²) / 2) = 3.5355
        #expect(register.biasUncertainty(of: Control.assay)?.text == "3.54")
        #expect(result("10.3").bias()?.text == "3.00" && result("1", target: "0").bias() == nil)
        #expect(AssessmentRegister([result("12.5"), result("13.5"), result("10")]).open.count == 2)
    }
}

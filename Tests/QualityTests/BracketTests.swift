import Base
import Testing

@testable import Quality

@Suite struct `The levels on either side of a value` {
    private func target(_ level: String, _ mean: Int?, isParallel: Bool = false) -> ControlTarget {
        ControlTarget(
            assay: Control.assay, material: "M", level: ControlLevel(level), lot: "A", mean: mean.map { Exact($0) },
            sd: Exact(2), origin: .laboratory, from: Control.at(0), isParallel: isParallel)
    }
    private var bracket: LevelBracket {
        LevelBracket([
            target("3", 300), target("1", 100), target("2", 200), target("4", nil), target("5", 400, isParallel: true),
        ])
    }
    private var policy: ControlPolicy {
        var policy = Control.policy()
        policy.bracketsLevels = true
        return policy
    }
    private func hold(
        _ runs: String, _ needed: Set<String>, at hours: Int, _ policy: ControlPolicy,
        events: [ControlEvent] = []
    ) -> ControlStanding {
        Control.timeline(runs, policy: policy, events: events).standing(
            ofResultMeasuredAt: Control.at(hours, minutes: 30), knownAt: Control.at(99), needed: needed)
    }

    @Test(arguments: [
        ("150", ["1", "2"]), ("100", ["1"]), ("200", ["2"]), ("99.9", ["1"]), ("300.1", ["3"]), ("250", ["2", "3"]),
        ("<100", ["1"]), ("<150", ["1", "2"]), ("<1000", ["1", "2", "3"]), (">250", ["2", "3"]), (">300", ["3"]),
    ])
    func `are the nearest ones, the outermost alone beyond it, and all that a censored value can be between`(
        value: String, levels: [String]
    ) {
        #expect(Measured(value) != nil && bracket.needed(for: Measured(value)) == Set(levels))
    }

    @Test func `are all of them for a value in another unit, and none without a target`() {
        #expect(bracket.needed(for: nil) == ["1", "2", "3"] && bracket.levels == ["1", "2", "3"])
        #expect(LevelBracket([]).needed(for: Measured(Exact(5))) == [])
    }

    @Test func `hold a value that they do not bracket, and say which level is wanting`() {
        let held = hold("1:0.1,2:0.1", ["2", "3"], at: 0, policy)
        #expect(held.state == .notControlled && held.hold == .absent)
        #expect(
            held.because
                == "la valeur n'est pas encadrée : niveau 3 sans contrôle conforme (dernier contrôle conforme : R1)")
        #expect(hold("1:0.1,2:0.1", ["1", "2"], at: 0, policy).hold == nil)
        #expect(hold("1:0.1,2:0.1", ["2", "3"], at: 0, Control.policy()).hold == nil, "not asked for")
        #expect(hold("1:0.1,2:0.1", ["3"], at: 0, policy).because.contains("niveau 3"))
    }

    @Test func `may be measured in turn, while each is still good`() {
        var policy = policy
        #expect(hold("1:0.1 2:0.1", ["1", "2"], at: 1, policy).hold == nil)
        policy.validity = .seconds(3600)
        // The first run was 90 minutes ago: it is good no more.
        #expect(hold("1:0.1 2:0.1", ["1", "2"], at: 1, policy).hold == .absent)
        // What was measured after the result says nothing of it.
        #expect(hold("1:0.1 2:0.1", ["1", "2"], at: 0, self.policy).hold == .absent)
    }

    @Test func `begin anew after whatever ended the control, and after a rejection`() {
        let calibration = ControlEvent(.calibration, at: Control.at(0, minutes: 40))
        let standing = hold("1:0.1,2:0.1 1:0.1", ["1", "2"], at: 1, policy, events: [calibration])
        #expect(standing.hold == .absent && standing.because.contains("niveau 2"))
        #expect(hold("1:0.1,2:0.1 1:3.5", ["1"], at: 1, policy).hold == .rejected, "a rejection says so itself")
        #expect(hold("1:x0.1,2:0.1", ["1"], at: 0, policy).hold == .absent, "an excluded point proves nothing")
        var exempt = policy
        exempt.exemption = Control.signed(Control.at(0))
        #expect(hold("1:0.1", ["3"], at: 0, exempt).hold == nil)
    }

    @Test func `are asked for with two targets at least`() throws {
        try policy.checkBracket(2, at: "K")
        try Control.policy().checkBracket(0, at: "K")
        #expect(throws: Refusal.self) { try policy.checkBracket(1, at: "K") }
    }
}

@Suite struct `A rolling target` {
    private func made(_ runs: String, last: Int, material: String = "M") throws(Refusal) -> RollingTarget {
        let timeline = Control.timeline(runs)
        return try RollingTarget(
            of: material, last: last, points: Control.points(runs), verdicts: timeline.verdicts)
    }
    private func code(_ work: () throws(Refusal) -> RollingTarget) -> String {
        do throws(Refusal) { return "\(try work().count)" } catch { return error.cause }
    }
    private let twenty = (0..<20).map { ["1:0.5", "1:-0.5"][$0 % 2] }

    @Test func `is the mean and the spread of the last points that count`() throws {
        let target = try made(twenty.joined(separator: " "), last: 20)
        // 101 and 99 in turn: SD √(20/19).
        #expect(target.mean == Exact("100.0000") && target.sd == Exact("1.0260") && target.count == 20)
        #expect(target.level.name == "1" && target.lot == "A")
        // Older points, excluded ones, a rejected run and those of another lot are left out.
        let long = ["1:1.5", "1:x1.5", "1:3.5"] + twenty
        #expect(try made(long.joined(separator: " "), last: 20) == target)
        #expect(code { () throws(Refusal) in try made(long.joined(separator: " "), last: 22) }.contains("21 points"))
        let other = twenty.map { $0.replacing("1:", with: "1@B:") } + twenty.prefix(19)
        #expect(code { () throws(Refusal) in try made(other.joined(separator: " "), last: 20) }.contains("19 points"))
    }

    @Test func `wants twenty points, and some spread`() {
        #expect(code { () throws(Refusal) in try made("1:0.1", last: 19) }.contains("sur 19 points"))
        #expect(code { () throws(Refusal) in try made("1:0.1", last: 1001) }.contains("sur 1001 points"))
        #expect(code { () throws(Refusal) in try made("1:0.1", last: 20, material: "X") }.contains("aucun point"))
        let flat = [String](repeating: "1:0.1", count: 9) + [String](repeating: "1:x0.1", count: 1)
        #expect(
            code { () throws(Refusal) in
                try made((flat + ["1:-0.1"] + flat + ["1:0"]).joined(separator: " "), last: 20)
            } == "20", "alike but two")
    }
}

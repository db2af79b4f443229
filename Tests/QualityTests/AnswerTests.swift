import Base
import Testing

@testable import Quality

/// Controls that no number says (PAIN 19).
@Suite struct `A control without a number` {
    private func point(
        _ run: Int, _ answer: String?, number: String? = nil, level: String = "1", expected: String? = "POS",
        target: Exact? = nil, isParallel: Bool = false, exclusion: SignedReason? = nil
    ) -> ControlPoint {
        ControlPoint(
            id: "\(run)/\(level)", assay: Control.assay, run: "R\(run)", at: Control.at(run),
            level: ControlLevel(level),
            material: "M\(level)", lot: "A", value: number.flatMap { Measured($0) }, answer: answer, target: target,
            sd: nil, expected: expected.flatMap { ControlExpectation($0) }, isParallel: isParallel,
            exclusion: exclusion)
    }

    private func timeline(
        _ points: [ControlPoint], levels: Int = 1, corrections: [ControlCorrection] = []
    ) -> ControlTimeline {
        ControlTimeline(
            assay: Control.assay,
            policy: ControlPolicy(rules: ControlPolicy.twoLevelRules, minimumLevels: levels), points: points,
            corrections: corrections)
    }

    @Test(arguments: [
        ("POS", "POS", true), ("POS", "NEG", false), ("POS|IND", "IND", true), ("POS|IND", "NEG", false),
        ("POS", "pos", false), ("1/160", "1/160", true), ("1/160", "1/80", true), ("1/160", "1:320", true),
        ("1/160", "1/40", false), ("1/160", "1/640", false), ("1/160", "1/79", false), ("1/160", "1/321", false),
        ("1/160", "NEG", false), ("1/160", "", false),
        ("1/160", "1/9223372036854775807", false),
    ]) func `conforms when it answers what is expected, a titre within one dilution`(
        expected: String, answer: String, conforms: Bool
    ) {
        #expect(point(1, answer, expected: expected).score == .answer(isExpected: conforms))
        #expect(
            timeline([point(1, answer, expected: expected)]).standing(at: Control.at(1)).state
                == (conforms ? .conforming : .rejected))
    }

    @Test(arguments: [
        ("160", ControlPoint.Score.answer(isExpected: true)), ("80", .answer(isExpected: true)),
        ("320", .answer(isExpected: true)), ("79", .answer(isExpected: false)), ("321", .answer(isExpected: false)),
        ("<80", .answer(isExpected: false)), (">320", .answer(isExpected: false)), ("<160", .absent(.notComparable)),
        (">160", .absent(.notComparable)),
    ]) func `may send a titre as its denominator, censored or not`(number: String, score: ControlPoint.Score) {
        #expect(point(1, nil, number: number, expected: "1/160").score == score)
    }

    @Test func `proves nothing where nothing is expected, or where the two do not compare`() {
        let target = Exact(100)
        for (lone, defect) in [
            (point(1, "POS", expected: nil), ControlDefect.noTarget),
            (point(1, "POS", expected: nil, target: target), .notComparable),
            (point(1, nil, number: "4.2", expected: "POS"), .notComparable),
        ] {
            #expect(lone.score == .absent(defect))
            let standing = timeline([lone]).standing(at: Control.at(1))
            #expect(standing.state == .notControlled && standing.hold == .absent)
        }
        // Nor does one of another level beside it (RULES section 2.2).
        let mixed = timeline([point(1, "POS"), point(1, "NEG", level: "2", expected: nil)])
        #expect(mixed.standing(at: Control.at(1)).hold == .absent)
    }

    @Test func `rejects its run by a rule that no policy names, and a number beside it is judged by its own`() {
        var number = Control.point("R1", Control.at(1), level: "2", z: "0.5")
        let wrong = timeline([point(1, "NEG"), number])
        #expect(wrong.verdicts.map { $0.rejecting.map(\.rule) } == [[.expected]])
        #expect(wrong.verdicts[0].rejecting[0].levels == ["1"])
        #expect(timeline([point(1, "POS"), number]).standing(at: Control.at(1)).state == .conforming)
        number.value = Measured(Exact(110))
        #expect(timeline([point(1, "POS"), number]).verdicts.map { $0.rejecting.map(\.rule) } == [[.oneThreeS]])
        #expect(throws: Refusal.self) {
            try ControlPolicy(rules: [.expected: .warn, .oneThreeS: .reject]).check(at: "K")
        }
    }

    @Test func `goes through the same states as a numeric one`() {
        let both = timeline([point(1, "POS"), point(1, "NEG", level: "2", expected: "NEG")], levels: 2)
        #expect(both.standing(at: Control.at(1)).state == .conforming)
        #expect(both.standing(at: Control.at(25)).state == .expired)
        let one = timeline([point(1, "POS")], levels: 2)
        #expect(one.standing(at: Control.at(1)).hold == .absent)
        // Rejected, corrected, and conforming again at the level that failed only.
        let correction = ControlCorrection(
            run: "R2", cause: "lot de tests périmé", action: Control.signed(Control.at(2, minutes: 30)))
        let good = [point(1, "POS"), point(1, "NEG", level: "2", expected: "NEG")]
        let bad = [point(2, "POS"), point(2, "POS", level: "2", expected: "NEG")]
        let rejected = timeline(good + bad)
        #expect(rejected.standing(at: Control.at(2)).hold == .rejected)
        #expect(
            rejected.standing(ofResultMeasuredAt: Control.at(1, minutes: 30), knownAt: Control.at(3)).hold == .rejected)
        let half = timeline(good + bad + [point(3, "POS")], corrections: [correction])
        #expect(half.standing(at: Control.at(3)).state == .corrected)
        let whole = timeline(
            good + bad + [point(3, "POS"), point(3, "NEG", level: "2", expected: "NEG")], corrections: [correction])
        #expect(whole.standing(at: Control.at(3)).state == .conforming)
        // A wrong answer of a lot in parallel, or one that is excluded by a signature, rejects nothing.
        let parallel = timeline([point(1, "POS"), point(1, "NEG", level: "2", isParallel: true)])
        #expect(parallel.standing(at: Control.at(1)).state == .conforming)
        let excluded = timeline([
            point(1, "POS"), point(1, "NEG", level: "2", exclusion: Control.signed(Control.at(0))),
        ])
        #expect(excluded.standing(at: Control.at(1)).state == .conforming)
    }

    @Test func `is no point of statistics, of a rolling target nor of a chart`() {
        let points = [point(1, "POS"), point(2, "POS")]
        #expect(ControlStatistics.groups(points, byMonth: false, in: .europeParis).isEmpty)
        let drawing = LeveyJennings(timeline(points), title: "K")
        #expect(drawing.marks.isEmpty && drawing.columns.allSatisfy { !$0.hasDefect })
    }

    @Test func `expects codes or a titre, each code once`() {
        #expect(ControlExpectation("POS|IND")?.description == "POS|IND")
        #expect(ControlExpectation("1/160")?.description == "1/160")
        for text in ["", "POS|", "POS|POS", "|", "POS |IND"] { #expect(ControlExpectation(text) == nil, "\(text)") }
    }
}

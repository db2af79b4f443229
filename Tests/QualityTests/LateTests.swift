import Base
import Testing

@testable import Quality

/// What becomes known after a rejection (RULES section 2.5): it is kept, and it shortens no suspect period.
@Suite struct `A control that becomes known after the fact` {
    /// `known`: minutes, as `at`.
    private func point(
        _ run: String, _ minutes: Int, known: Int? = nil, z: String = "0.1", level: String = "1", isTyped: Bool = false
    ) -> ControlPoint {
        var point = Control.point(run, Control.at(0, minutes: minutes), level: level, z: z)
        point.recordedAt = Control.at(0, minutes: known ?? minutes)
        point.isTyped = isTyped
        return point
    }
    private func timeline(
        _ points: [ControlPoint], _ corrections: [ControlCorrection] = [], policy: ControlPolicy = Control.policy()
    ) -> ControlTimeline {
        ControlTimeline(assay: Control.assay, policy: policy, points: points, corrections: corrections)
    }
    private func correction(_ run: String, _ minutes: Int) -> ControlCorrection {
        ControlCorrection(run: run, cause: "bulle", action: Control.signed(Control.at(0, minutes: minutes)))
    }
    private func at(_ minutes: Int) -> Instant { Control.at(0, minutes: minutes) }

    @Test func `leaves the beginning of the suspect period where it was when the rejection was known`() {
        let facts = [point("A", 0), point("R", 20, z: "9")]
        let before = timeline(facts).suspectPeriods
        #expect(before.map(\.from) == [at(0)] && before.map(\.run) == ["R"])
        for isTyped in [true, false] {
            // Just before the rejection, in its very minute, and between the two.
            for minutes in [20, 19, 10] {
                let late = point("B", minutes, known: 25, isTyped: isTyped)
                let told = timeline(facts + [late])
                #expect(told.suspectPeriods == before, "\(minutes), \(isTyped)")
                #expect(told.standing(at: at(30)).state == .rejected)
                #expect(told.standing(ofResultMeasuredAt: at(15), knownAt: at(30)).hold == .rejected)
                // It is there, and says what it is.
                let verdict = told.verdicts.first { $0.run == "B" }
                #expect(verdict?.points.first?.lateSince == at(25) && verdict?.because.hasPrefix("connu après") == true)
                // Whatever the order in which it is told.
                #expect(timeline([late] + facts.reversed()).suspectPeriods == before)
            }
        }
        // Known in time, it does begin the period.
        #expect(timeline(facts + [point("B", 10)]).suspectPeriods.map(\.from) == [at(10)])
    }

    @Test func `does not undo a rejection by standing between the runs that it was found in`() {
        let policy = Control.policy([.twoTwoS: .reject])
        let facts = [point("A", 0), point("B", 60, z: "2.5"), point("R", 120, z: "2.5")]
        #expect(timeline(facts, policy: policy).standing(at: at(130)).state == .rejected)
        let told = timeline(facts + [point("C", 90, known: 130)], policy: policy)
        #expect(told.standing(at: at(140)).state == .rejected && told.suspectPeriods.map(\.run) == ["R"])
    }

    @Test func `answers a rejection from when it became known, when it was measured after it`() {
        let facts = [point("A", 0), point("R", 20, z: "9")]
        let typed = point("B", 25, known: 50, isTyped: true)
        let told = timeline(facts + [typed], [correction("R", 30)])
        #expect(told.standing(at: at(49)).state == .corrected && told.standing(at: at(51)).state == .conforming)
        // Results measured before anybody knew of it stay in doubt.
        #expect(told.suspectPeriods.map(\.to) == [at(50)])
        // An analyzer that was slow to send, in its order: its own clock counts.
        let slow = timeline(facts + [point("B", 25, known: 50)], [correction("R", 30)])
        #expect(slow.suspectPeriods.map(\.to) == [at(25)])
        // Out of its order, a run between the rejection and the one that answered it shortens nothing.
        let answered = facts + [point("C", 45)]
        let closed = timeline(answered, [correction("R", 30)])
        #expect(closed.suspectPeriods.map(\.to) == [at(45)])
        let late = timeline(answered + [point("B", 25, known: 60)], [correction("R", 30)])
        #expect(late.suspectPeriods == closed.suspectPeriods && late.standing(at: at(70)).state == .conforming)
    }

    @Test func `puts more in doubt when it rejects, and is asked about itself`() {
        let facts = [point("A", 0), point("B", 10), point("R", 20, z: "9")]
        // While the rejection is open it reaches back further.
        let open = timeline(facts + [point("L", 5, known: 25, z: "9")])
        #expect(open.suspectPeriods.map(\.from) == [at(0)] && open.standing(at: at(30)).run == "L")
        // After it was lifted, another period begins, and the one before stays as it was.
        let lifted = facts + [point("C", 40)]
        let again = timeline(lifted + [point("L", 15, known: 60, z: "9")], [correction("R", 30)])
        #expect(again.suspectPeriods.map(\.run) == ["R", "L"] && again.suspectPeriods.map(\.from) == [at(10), at(10)])
        #expect(again.suspectPeriods.map(\.to) == [at(40), nil] && again.standing(at: at(61)).state == .rejected)
    }

    @Test func `counts from when it was measured where no rejection reaches`() {
        let told = timeline([point("A", 0), point("C", 60), point("B", 30, known: 90)])
        #expect(told.conformed == [at(0), at(30), at(60)] && told.verdicts.allSatisfy(\.because.isEmpty))
        // Two levels of one run that arrive in the other order.
        let policy = ControlPolicy(rules: ControlPolicy.twoLevelRules, minimumLevels: 2)
        let run = [point("A", 2, known: 3), point("A", 1, known: 4, level: "2")]
        #expect(timeline(run, policy: policy).standing(at: at(5)).state == .conforming)
    }
}

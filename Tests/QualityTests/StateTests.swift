import Base
import Testing

@testable import Quality

@Suite struct `The state of a control` {
    private func signed(_ hours: Int, _ run: String) -> ControlCorrection {
        ControlCorrection(
            run: run, cause: "bulle", action: Control.signed(Control.at(hours), "aiguille purgée"))
    }
    private func standing(_ timeline: ControlTimeline, _ hours: Int, samples: Int? = nil) -> ControlState {
        timeline.standing(at: Control.at(hours), patientSamples: samples).state
    }

    // MARK: Fail closed

    @Test func `is NON_CONTROLE and holds before any run`() {
        let timeline = Control.timeline("")
        let standing = timeline.standing(at: Control.at(0))
        #expect(standing.state == .notControlled && standing.hold == .absent && standing.since == nil)
        #expect(standing.because == "aucun contrôle enregistré")
    }

    @Test func `is NON_CONTROLE without any rule, however good the run`() {
        let timeline = Control.timeline("1:0.1,2:0.1", policy: ControlPolicy(rules: [:]))
        #expect(timeline.verdicts.map(\.outcome) == [.absent])
        #expect(timeline.standing(at: Control.at(0)).hold == .absent)
    }

    @Test func `is NON_CONTROLE after a run with a point that has no z, even after a CONFORME`() {
        let timeline = Control.timeline("1:0.1,2:0.1 1:0.1,2:?")
        #expect(timeline.verdicts.map(\.state) == [.conforming, .notControlled])
        #expect(timeline.standing(at: Control.at(1)).because == "niveau 2 : sans écart-type")
    }

    @Test func `is not lifted from REJET by a run without z`() {
        let timeline = Control.timeline("1:3.5 1:?")
        #expect(timeline.verdicts.map(\.state) == [.rejected, .rejected])
    }

    @Test func `is not CONFORME by a run that lacks levels, and does not lose it either`() {
        var policy = Control.policy()
        policy.minimumLevels = 2
        let timeline = Control.timeline("1:0.1 1:0.1,2:0.1 2:0.1", policy: policy)
        #expect(timeline.verdicts.map(\.outcome) == [.incomplete, .conforming, .incomplete])
        #expect(timeline.verdicts.map(\.state) == [.notControlled, .conforming, .conforming])
        #expect(timeline.lastConforming(at: Control.at(9)) == Control.at(1))
    }

    @Test func `is not CONFORME by a run of which every point is excluded`() {
        #expect(Control.timeline("1:x0.1").verdicts.map(\.state) == [.notControlled])
        #expect(Control.timeline("1:3.5 1:x0.1").verdicts.map(\.state) == [.rejected, .rejected])
    }

    @Test func `warns and passes with 1-2s alone`() {
        let timeline = Control.timeline("1:2.5,2:0.1")
        #expect(timeline.verdicts.map(\.state) == [.conforming])
        #expect(timeline.standing(at: Control.at(0)).hold == nil)
    }

    // MARK: Expiry

    @Test func `expires at the end of its validity, to the millisecond`() {
        var policy = Control.policy()
        policy.validity = .seconds(8 * 3600)
        let timeline = Control.timeline("1:0.1", policy: policy)
        let end = Control.at(8)
        #expect(timeline.standing(at: Instant(milliseconds: end.milliseconds - 1)).state == .conforming)
        let standing = timeline.standing(at: end)
        #expect(standing.state == .expired && standing.hold == .expired && standing.since == end)
        #expect(timeline.standing(at: Control.at(1)).expiresAt == end)
        #expect(standing.lastConforming == Control.at(0))
    }

    @Test func `expires after the allowed number of patient samples, and when nobody counted`() {
        var policy = Control.policy()
        policy.patientSamples = 100
        let timeline = Control.timeline("1:0.1", policy: policy)
        #expect(standing(timeline, 1, samples: 99) == .conforming)
        #expect(standing(timeline, 1, samples: 100) == .expired)
        #expect(standing(timeline, 1) == .expired)
    }

    @Test(arguments: ControlEventKind.noted) func `expires by an event`(kind: ControlEventKind) {
        let event = ControlEvent(kind, at: Control.at(0, minutes: 30))
        let timeline = Control.timeline("1:0.1 1:0.1", events: [event])
        #expect(timeline.steps.map(\.state) == [.conforming, .expired, .conforming])
        #expect(timeline.standing(at: Control.at(0, minutes: 30)).because.contains(kind.rawValue))
        var without = Control.policy()
        without.endingEvents = []
        #expect(standing(Control.timeline("1:0.1", policy: without, events: [event]), 1) == .conforming)
    }

    @Test func `expires by an alarm of the patients, and the control that answers speaks for both sides of it`() {
        let alarm = ControlEvent(.patientAlarm, at: Control.at(0, minutes: 30))
        let timeline = Control.timeline("1:0.1 1:0.1", events: [alarm])
        #expect(timeline.steps.map(\.state) == [.conforming, .expired, .conforming])
        let between = Control.at(0, minutes: 45)
        let held = timeline.standing(ofResultMeasuredAt: between, knownAt: between)
        #expect(held.hold == .expired && held.because.contains("moyenne des patients"))
        #expect(timeline.standing(ofResultMeasuredAt: between, knownAt: Control.at(2)).hold == nil)
        // A rejected answer puts everything since the last conforming run in doubt.
        let rejected = Control.timeline("1:0.1 1:3.5", events: [alarm])
        #expect(rejected.standing(ofResultMeasuredAt: between, knownAt: Control.at(2)).hold == .rejected)
        // Too late an answer: what was measured under the alarm is no longer bracketed.
        var policy = Control.policy()
        policy.validity = .seconds(50 * 60)
        let late = Control.timeline("1:0.1 1:0.1", policy: policy, events: [alarm])
        #expect(late.standing(ofResultMeasuredAt: between, knownAt: Control.at(2)).hold == .expired)
        // Whatever the policy lets end it; a warning ends nothing.
        policy.endingEvents = []
        policy.validity = nil
        #expect(standing(Control.timeline("1:0.1", policy: policy, events: [alarm]), 1) == .expired)
        let warning = ControlEvent(.patientWarning, at: Control.at(0, minutes: 30))
        #expect(standing(Control.timeline("1:0.1", events: [warning]), 1) == .conforming)
    }

    @Test func `is not proven later by a lot in parallel in the same run`() {
        var points = Control.points("1:0.1 1:3.5")
        points.append(
            Control.point("R1", Control.at(0, minutes: 20), level: "1B", z: "0.1", lot: "B", isParallel: true))
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        #expect(timeline.verdicts.map(\.outcome) == [.conforming, .rejected])
        #expect(timeline.verdicts[0].points.count == 2, "it stands in the run all the same")
        #expect(timeline.conformed == [Control.at(0)])
        // A result between the two is in doubt.
        #expect(timeline.suspectPeriods.map(\.from) == [Control.at(0)])
        let between = Control.at(0, minutes: 10)
        #expect(timeline.standing(ofResultMeasuredAt: between, knownAt: Control.at(2)).hold == .rejected)
        var policy = Control.policy()
        policy.validity = .seconds(30 * 60)
        let short = ControlTimeline(assay: Control.assay, policy: policy, points: points)
        #expect(short.standing(at: Control.at(0, minutes: 30)).state == .expired)
    }

    @Test func `is made void by an event in the same millisecond as the run`() {
        let timeline = Control.timeline("1:0.1", events: [ControlEvent(.calibration, at: Control.at(0))])
        #expect(standing(timeline, 0) == .expired)
    }

    @Test func `returns from ECHU to CONFORME by a conforming run, without a signature`() {
        var policy = Control.policy()
        policy.validity = .seconds(1800)
        let timeline = Control.timeline("1:0.1 1:0.1", policy: policy)
        #expect(timeline.steps.map(\.state) == [.conforming, .expired, .conforming])
        #expect(timeline.suspectPeriods.isEmpty)
    }

    // MARK: Rejection and correction

    @Test func `needs a signed correction and a conforming run to come back from REJET, in either order`() {
        let signedFirst = Control.timeline("1:0.1 1:3.5 1:0.1", corrections: [signed(1, "R2")])
        #expect(signedFirst.steps.map(\.state) == [.conforming, .rejected, .corrected, .conforming])
        let runFirst = Control.timeline("1:0.1 1:3.5 1:0.1", corrections: [signed(3, "R2")])
        #expect(runFirst.steps.map(\.state) == [.conforming, .rejected, .corrected, .conforming])
        #expect(standing(runFirst, 2) == .corrected && standing(runFirst, 3) == .conforming)
        #expect(runFirst.standing(at: Control.at(2)).hold == .rejected)
    }

    @Test func `stays CORRIGE however many runs conform, until somebody signs`() {
        let timeline = Control.timeline("1:3.5 1:0.1 1:0.1 1:0.1")
        #expect(timeline.verdicts.map(\.state) == [.rejected, .corrected, .corrected, .corrected])
        #expect(standing(timeline, 9) == .corrected)
    }

    @Test func `comes back by runs alone where the policy asks for no signature: first CORRIGE, then CONFORME`() {
        var policy = Control.policy()
        policy.needsSignedCorrection = false
        let timeline = Control.timeline("1:3.5 1:0.1 1:0.1", policy: policy)
        #expect(timeline.verdicts.map(\.state) == [.rejected, .corrected, .conforming])
    }

    @Test func `is rejected again from CORRIGE, and then wants another signature`() {
        let timeline = Control.timeline(
            "1:0.1 1:3.5 1:3.6 1:0.1", corrections: [signed(1, "R2"), signed(9, "R2")])
        #expect(timeline.verdicts.map(\.state) == [.conforming, .rejected, .rejected, .corrected])
        #expect(standing(timeline, 9) == .corrected)
    }

    @Test func `is not moved by a correction that answers no rejection`() {
        let timeline = Control.timeline("1:0.1", corrections: [signed(1, "R1"), signed(2, "R9")])
        #expect(timeline.steps.map(\.state) == [.conforming])
    }

    @Test func `loses a conforming run that waits for its signature when that run expires`() {
        let late = Control.timeline("1:3.5 1:0.1", corrections: [signed(30, "R1")])
        #expect(late.steps.map(\.state) == [.rejected, .corrected, .rejected, .corrected])
        #expect(standing(late, 40) == .corrected)
        let calibrated = Control.timeline(
            "1:3.5 1:0.1", events: [ControlEvent(.calibration, at: Control.at(2))], corrections: [signed(3, "R1")])
        #expect(calibrated.steps.map(\.state) == [.rejected, .corrected, .rejected, .corrected])
    }

    @Test func `says which rules rejected`() {
        let standing = Control.timeline("1:0.1 1:3.5,2:-2.5").standing(at: Control.at(1))
        #expect(standing.rules == [.oneThreeS, .rFourS] && standing.run == "R2" && standing.hold == .rejected)
    }

    @Test func `walks every state and input of the table`() {
        let run = ControlPhase.conforming(run: "C", at: Control.at(0))
        let open = OpenRejection(run: "X", failed: ["1"]), both = OpenRejection(run: "X", failed: ["1", "2"])
        let judged = JudgedRun(name: "N", at: Control.at(1), levels: ["1"], failed: ["1"], because: "")
        let phases: [ControlPhase] = [
            .notControlled(because: ""), run, .expired(because: ""), .rejected(open), .signed(open),
            .rerun(open, run: "C", at: Control.at(0)), .alarmed(run: "C", at: Control.at(0)), .rejected(both),
            .signed(both),
        ]
        let inputs: [ControlInput] = [
            .run(judged, .conforming), .run(judged, .rejected), .run(judged, .absent), .run(judged, .incomplete),
            .time, .event(.calibration), .correction("X"),
            .correction("other"), .event(.patientAlarm), .event(.patientWarning),
        ]
        // Columns as `inputs`: N NON_CONTROLE, C CONFORME, E ECHU, R REJET, K CORRIGE.
        let table = [
            "CRNNNNNNNN", "CRNCEECCEC", "CREEEEEEEE", "KRRRRRKRRR", "CRKKKKKKKK", "KRRKRRCKRK", "CREEEEEEEE",
            "RRRRRRKRRR", "KRKKKKKKKK",
        ]
        let letters: [ControlState: Character] = [
            .notControlled: "N", .conforming: "C", .expired: "E", .rejected: "R", .corrected: "K",
        ]
        for (phase, row) in zip(phases, table) {
            let found = inputs.map { letters[phase.after($0, Control.policy()).state] ?? "?" }
            #expect(String(found) == row, "\(phase)")
        }
    }

    // MARK: What answers a rejection

    @Test func `is not lifted from REJET by runs of the other levels`() {
        var policy = Control.policy()
        policy.needsSignedCorrection = false
        let never = Control.timeline("1:3.5,2:0.1 2:0.1 2:0.1 2:0.1", policy: policy)
        #expect(never.verdicts.map(\.state) == [.rejected, .rejected, .rejected, .rejected])
        #expect(never.verdicts[1].because == "rejet R1 : à mesurer à nouveau, niveau 1")
        #expect(never.standing(at: Control.at(9)).hold == .rejected && never.conformed.isEmpty)
        let then = Control.timeline("1:3.5,2:0.1 2:0.1 1:0.1 2:0.1", policy: policy)
        #expect(then.verdicts.map(\.state) == [.rejected, .rejected, .corrected, .conforming])
        // Both levels took part: each is measured again, in one run or in two.
        let both = Control.timeline("1:2.5,2:-2.5 1:0.1 2:0.1 1:0.1", policy: policy)
        #expect(both.verdicts.map(\.state) == [.rejected, .rejected, .corrected, .conforming])
        #expect(both.steps[1].because == "contrôle R1 rejeté ; encore attendu : niveau 2")
    }

    @Test func `is not lifted by a signature while the rejected level was not measured again`() {
        let timeline = Control.timeline("1:3.5,2:0.1 2:0.1 1:0.1", corrections: [signed(0, "R1")])
        #expect(timeline.verdicts.map(\.state) == [.rejected, .corrected, .conforming])
        #expect(timeline.standing(at: Control.at(1)).hold == .rejected)
        // A second rejection does not forget what the first one still waits for.
        let twice = Control.timeline("1:3.5,2:0.1 2:3.5 2:0.1 1:0.1", corrections: [signed(1, "R2")])
        #expect(twice.verdicts.map(\.state) == [.rejected, .rejected, .corrected, .conforming])
    }

    @Test func `holds as CORRIGE what it held as REJET, and says what is still wanted`() {
        let signing = Control.timeline("1:3.5 1:0.1")
        #expect(signing.standing(at: Control.at(1)).state == .corrected)
        #expect(signing.standing(at: Control.at(1)).hold == .rejected)
        #expect(signing.verdicts[1].because == "après le rejet R1 : la correction est à signer")
        var policy = Control.policy()
        policy.needsSignedCorrection = false
        let unsigned = Control.timeline("1:3.5 1:0.1 1:0.1", policy: policy)
        #expect(unsigned.verdicts[1].because == "après le rejet R1 : une seconde série conforme est attendue")
        #expect(unsigned.standing(at: Control.at(2)).hold == nil)
    }

    @Test func `takes the points of one run for one answer, however far apart they come`() {
        var policy = Control.policy()
        policy.needsSignedCorrection = false
        let points = [
            Control.point("R1", Control.at(0), level: "1", z: "3.5"),
            Control.point("R2", Control.at(1), level: "1", z: "0.1"),
            Control.point("R2", Control.at(1, minutes: 5), level: "2", z: "0.1"),
        ]
        let timeline = ControlTimeline(assay: Control.assay, policy: policy, points: points)
        #expect(timeline.verdicts.map(\.state) == [.rejected, .corrected])
    }

    @Test func `sees a late point of an earlier run before the points of a run that overlaps it`() {
        let points = [
            Control.point("R1", Control.at(0), level: "1", z: "0.1"),
            Control.point("R1", Control.at(0, minutes: 20), level: "2", z: "2.5"),
            Control.point("R2", Control.at(0, minutes: 10), level: "1", z: "0.1"),
            Control.point("R2", Control.at(0, minutes: 12), level: "2", z: "2.5"),
        ]
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        #expect(timeline.verdicts.map { $0.rejecting.map(\.rule) } == [[], [.twoTwoS]])
        #expect(timeline.standing(at: Control.at(0, minutes: 15)).hold == nil, "not known yet")
        #expect(timeline.standing(at: Control.at(0, minutes: 20)).hold == .rejected)
    }

    // MARK: Points of one run that arrive one after the other

    @Test func `rejects at the first bad point and does not wait for the other levels`() {
        let points = [
            Control.point("R1", Control.at(0), level: "1", z: "0.1"),
            Control.point("R2", Control.at(1), level: "1", z: "3.5"),
            Control.point("R2", Control.at(1, minutes: 5), level: "2", z: "0.1"),
        ]
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        #expect(timeline.standing(at: Control.at(1)).state == .rejected)
        #expect(timeline.standing(at: Control.at(2)).state == .rejected)
        #expect(timeline.verdicts.map(\.run) == ["R1", "R2"] && timeline.verdicts[1].points.count == 2)
        #expect(timeline.suspectPeriods.map(\.from) == [Control.at(0)])
    }

    @Test func `reaches back over a run whose first level alone conformed`() {
        let points = [
            Control.point("R1", Control.at(0), level: "1", z: "0.1"),
            Control.point("R2", Control.at(1), level: "1", z: "0.1"),
            Control.point("R2", Control.at(1, minutes: 5), level: "2", z: "3.5"),
        ]
        let timeline = ControlTimeline(assay: Control.assay, policy: Control.policy(), points: points)
        #expect(timeline.suspectPeriods.map(\.from) == [Control.at(0)])
        #expect(timeline.lastConforming(at: Control.at(5)) == Control.at(0))
    }

    @Test func `knows at an instant only the facts until then`() {
        var generator = PRNG(seed: 3)
        for _ in 0..<60 {
            let facts = World(&generator)
            let whole = facts.timeline(until: nil)
            for hours in 0..<12 {
                let now = Control.at(hours, minutes: 30)
                let known = facts.timeline(until: now).standing(at: now)
                let told = whole.standing(at: now)
                #expect(told.state == known.state && told.because == known.because && told.hold == known.hold)
            }
        }
    }

    @Test func `is the same however the facts are shuffled`() {
        var generator = PRNG(seed: 5)
        for _ in 0..<60 {
            var facts = World(&generator)
            let steps = facts.timeline(until: nil).steps
            facts.points.shuffle(using: &generator)
            facts.events.shuffle(using: &generator)
            facts.corrections.shuffle(using: &generator)
            #expect(facts.timeline(until: nil).steps == steps)
        }
    }

    @Test func `never lets a result pass between a rejection and both halves of its correction`() {
        var generator = PRNG(seed: 9)
        var passes = 0
        for _ in 0..<200 {
            let facts = World(&generator)
            let timeline = facts.timeline(until: nil)
            for period in timeline.suspectPeriods {
                let end = period.to ?? Control.at(20)
                #expect(timeline.standing(at: period.rejectedAt).hold != nil)
                for measured in [period.from ?? Control.at(-5), period.rejectedAt] where measured < end {
                    let standing = timeline.standing(ofResultMeasuredAt: measured, knownAt: end)
                    #expect(standing.hold == .rejected)
                }
                if period.to != nil {
                    passes += 1
                    #expect(timeline.steps.contains { $0.state == .conforming && $0.at >= period.rejectedAt })
                    #expect(facts.corrections.contains { $0.action.at >= period.rejectedAt })
                }
            }
        }
        #expect(passes > 20)
    }

    /// Twelve runs, an hour each, with events and corrections at whole minutes between.
    private struct World {
        var points: [ControlPoint] = []
        var events: [ControlEvent] = []
        var corrections: [ControlCorrection] = []

        init(_ generator: inout PRNG) {
            for n in 0..<12 {
                for level in ["1", "2"] {
                    let roll = Int.random(in: 0..<12, using: &generator)
                    let z = roll == 0 ? "3.2" : (roll == 1 ? "-2.4" : "0.\(roll)")
                    let minute = level == "1" ? 0 : Int.random(in: 0..<10, using: &generator)
                    points.append(
                        Control.point(
                            "R\(n)", Control.at(n, minutes: minute), level: level, z: z,
                            sd: roll == 11 && level == "2" ? nil : Exact(2)))
                }
                if Int.random(in: 0..<6, using: &generator) == 0 {
                    events.append(ControlEvent(.maintenance, at: Control.at(n, minutes: 20)))
                }
                let run = "R\(max(0, n - Int.random(in: 0..<2, using: &generator)))"
                corrections.append(
                    ControlCorrection(
                        run: run, cause: "c", action: Control.signed(Control.at(n, minutes: 25 + 10 * (n % 2)))))
            }
        }

        func timeline(until now: Instant?) -> ControlTimeline {
            let isKnown = { (at: Instant) in now.map { at <= $0 } ?? true }
            return ControlTimeline(
                assay: Control.assay, policy: Control.policy(), points: points.filter { isKnown($0.at) },
                events: events.filter { isKnown($0.at) }, corrections: corrections.filter { isKnown($0.action.at) })
        }
    }
}

@Suite struct `A result` {
    private func hold(_ timeline: ControlTimeline, _ measured: Int, _ minutes: Int = 0, known: Int) -> ControlHold? {
        timeline.standing(
            ofResultMeasuredAt: Control.at(measured, minutes: minutes), knownAt: Control.at(known)
        ).hold
    }

    @Test func `passes when its control was CONFORME, and is caught by a rejection found later`() {
        let timeline = Control.timeline("1:0.1 1:0.2 1:3.5")
        #expect(hold(timeline, 1, 30, known: 1) == nil)
        #expect(hold(timeline, 1, 30, known: 2) == .rejected)
        // Before the last conforming run: not in doubt.
        #expect(hold(timeline, 0, 30, known: 2) == nil)
        // At the very instant of the last conforming run: in doubt.
        #expect(hold(timeline, 1, known: 2) == .rejected)
    }

    @Test func `is in doubt from the beginning when nothing ever conformed`() {
        let timeline = Control.timeline("1:3.5")
        #expect(timeline.suspectPeriods.map(\.from) == [nil])
        #expect(hold(timeline, -500, known: 1) == .rejected)
        #expect(hold(timeline, -500, known: -1) == .absent)
    }

    @Test func `measured after the return to CONFORME passes, those of the period stay in doubt`() {
        let correction = ControlCorrection(run: "R2", cause: "c", action: Control.signed(Control.at(3, minutes: 30)))
        let timeline = Control.timeline("1:0.1 1:3.5 1:0.1 1:0.1", corrections: [correction])
        #expect(timeline.suspectPeriods.map(\.to) == [Control.at(3)])
        #expect(hold(timeline, 0, 30, known: 9) == .rejected)
        #expect(hold(timeline, 1, 30, known: 9) == .rejected)
        #expect(hold(timeline, 3, 15, known: 9) == nil)
        // Measured after the conforming rerun and before the signature: held until the signature, then good.
        #expect(
            timeline.standing(ofResultMeasuredAt: Control.at(3, minutes: 15), knownAt: Control.at(3, minutes: 20)).hold
                == .rejected)
        #expect(hold(timeline, 4, known: 9) == nil)
    }

    @Test func `measured before the morning's control is held, unless the policy accepts a later run`() {
        var policy = Control.policy()
        let strict = Control.timeline("1:0.1", policy: policy)
        #expect(hold(strict, -1, known: 1) == .absent)
        policy.acceptsLaterRun = true
        let lenient = Control.timeline("1:0.1", policy: policy)
        #expect(hold(lenient, -1, known: 1) == nil)
        #expect(hold(lenient, -1, known: -1) == .absent)
        let rejected = Control.timeline("1:3.5 1:0.1", policy: policy)
        #expect(hold(rejected, -1, known: 5) == .rejected)
    }

    @Test func `passes without control only under a signed exemption, and from its date on`() {
        var policy = ControlPolicy(rules: [:])
        policy.exemption = Control.signed(Control.at(0), by: "Dr Martin", "bandelette à usage unique")
        let timeline = Control.timeline("", policy: policy)
        #expect(hold(timeline, 1, known: 2) == nil && hold(timeline, -1, known: 2) == .absent)
        #expect(timeline.standing(at: Control.at(1)).because.contains("Dr Martin"))
    }
}

@Suite struct `A look-back` {
    private func result(_ id: String, _ hours: Int, _ minutes: Int, released: Int? = nil) -> MeasuredResult {
        MeasuredResult(
            id: id, assay: Control.assay, measuredAt: Control.at(hours, minutes: minutes),
            releasedAt: released.map { Control.at($0) })
    }
    private func decision(_ id: String, _ choice: LookBackDecision.Choice, _ hours: Int = 4) -> LookBackDecision {
        LookBackDecision(result: id, run: "R2", choice: choice, signed: Control.signed(Control.at(hours)))
    }

    private var period: SuspectPeriod {
        get throws {
            let correction = ControlCorrection(run: "R2", cause: "c", action: Control.signed(Control.at(2)))
            return try #require(
                Control.timeline("1:0.1 1:3.5 1:0.1 1:0.1", corrections: [correction]).suspectPeriods.first)
        }
    }
    private var results: [MeasuredResult] {
        [
            result("late", 3, 0), result("released", 0, 30, released: 1), result("held", 0, 40),
            result("at the control", 0, 0), result("before", -1, 59), result("during", 1, 30),
            MeasuredResult(
                id: "other", assay: ControlledAssay(analysis: "NA", analyzer: "A2"),
                measuredAt: Control.at(0, minutes: 30)),
        ]
    }

    @Test func `lists what was measured since the last conforming run, released apart`() throws {
        let period = try period
        #expect(period.from == Control.at(0) && period.rejectedAt == Control.at(1) && period.to == Control.at(2))
        let list = LookBack(period, results: results, at: Control.at(5))
        #expect(list.entries.map(\.result.id) == ["at the control", "released", "held", "during"])
        #expect(list.toDecide.map(\.result.id) == ["released"])
        #expect(list.held.map(\.result.id) == ["at the control", "held", "during"])
        #expect(!list.isDone)
    }

    @Test func `is done when every result has its signed decision, the last one counting`() throws {
        let period = try period
        var decisions = ["at the control", "released", "held", "during"].map { decision($0, .confirm) }
        #expect(LookBack(period, results: results, decisions: decisions, at: Control.at(5)).isDone)
        #expect(!LookBack(period, results: results, decisions: decisions, at: Control.at(3)).isDone)
        decisions.append(decision("held", .rerun, 5))
        let list = LookBack(period, results: results, decisions: decisions, at: Control.at(6))
        #expect(list.entries.first { $0.result.id == "held" }?.decision?.choice == .rerun)
    }

    @Test func `leaves what was released to the biologist, and amends only that`() throws {
        let list = LookBack(try period, results: results, at: Control.at(5))
        try list.check(decision("released", .amend), isBiologist: true)
        try list.check(decision("held", .rerun), isBiologist: false)
        func code(_ decision: LookBackDecision, isBiologist: Bool) -> String? {
            do throws(Refusal) {
                try list.check(decision, isBiologist: isBiologist)
                return nil
            } catch { return error.code }
        }
        #expect(code(decision("released", .confirm), isBiologist: false) == "quality.lookback.biologist")
        #expect(code(decision("held", .amend), isBiologist: true) == "quality.lookback.amend")
        #expect(code(decision("before", .confirm), isBiologist: true) == "quality.lookback.unknown")
    }

    @Test func `lets a result pass once it is confirmed, and by no other decision`() {
        let correction = ControlCorrection(run: "R2", cause: "c", action: Control.signed(Control.at(2)))
        let timeline = Control.timeline("1:0.1 1:3.5 1:0.1 1:0.1", corrections: [correction])
        let held = results[2]
        func hold(_ decisions: [LookBackDecision], _ hours: Int = 5) -> ControlHold? {
            timeline.standing(of: held, decisions: decisions, knownAt: Control.at(hours)).hold
        }
        #expect(hold([]) == .rejected)
        #expect(hold([decision("held", .confirm)]) == nil && hold([decision("held", .confirm)], 3) == .rejected)
        #expect(hold([decision("held", .rerun)]) == .rejected && hold([decision("released", .confirm)]) == .rejected)
        #expect(hold([decision("held", .confirm), decision("held", .rerun, 5)], 6) == .rejected)
        let open = Control.timeline("1:0.1 1:3.5")
        #expect(
            open.standing(of: held, decisions: [decision("held", .confirm)], knownAt: Control.at(5)).hold == .rejected)
        let good = timeline.standing(of: results[0], decisions: [], knownAt: Control.at(5))
        #expect(good.hold == nil && good.state == .conforming)
    }

    @Test func `confirms nothing while the control is not CONFORME again`() throws {
        let open = try #require(Control.timeline("1:0.1 1:3.5").suspectPeriods.first)
        #expect(open.to == nil)
        let list = LookBack(open, results: results, at: Control.at(5))
        #expect(list.entries.map(\.result.id).last == "late")
        #expect(throws: Refusal.self) { try list.check(decision("held", .confirm), isBiologist: true) }
        try list.check(decision("held", .rerun), isBiologist: true)
    }

    @Test func `wants an author and a reason`() {
        #expect(throws: Refusal.self) { try SignedReason(by: " ", at: Control.at(0), reason: "série relue") }
        #expect(throws: Refusal.self) { try SignedReason(by: "x", at: Control.at(0), reason: "") }
    }
}

import Base
import Testing

@testable import Quality

@Suite struct `The watch over patients' averages` {
    private let policy = PatientControlPolicy(
        method: .movingAverage(window: 2), target: Exact(5), limit: Exact(1), low: Exact(1), high: Exact(9))
    private func settings(_ policy: PatientControlPolicy? = nil) -> PatientSettings {
        PatientSettings(policy: policy ?? self.policy, consequence: .control, unit: "mmol/L", from: Control.at(0))
    }
    private func values(_ texts: String..., from hour: Int = 0) -> [PatientValue] {
        texts.enumerated().map { index, text in
            PatientValue(at: Control.at(hour, minutes: index), value: Measured(text) ?? Measured(.zero))
        }
    }

    @Test func `alarms once, until a conforming control answers`() {
        var watch = PatientWatch(settings())
        #expect(
            watch.take(values("5", "5", "8", "8", "8"), conforming: [], now: Control.at(0, minutes: 9)).map(\.at)
                == [Control.at(0, minutes: 2)])
        #expect(watch.open == Control.at(0, minutes: 2))
        // A control from before the alarm, or not yet, answers nothing.
        let early = [Control.at(0, minutes: 1), Control.at(5)]
        #expect(watch.take(values("8", from: 1), conforming: early, now: Control.at(2)) == [] && watch.open != nil)
        // The answer begins the average anew: what still drifts alarms again.
        let answer = [Control.at(3)]
        let again = watch.take(values("8", "8", from: 3), conforming: answer, now: Control.at(4))
        #expect(again.map(\.at) == [Control.at(3, minutes: 1)] && again.map(\.average.trimmed.text) == ["8"])
        #expect(watch.control.entered == 2)
    }

    @Test func `goes on from an alarm noted before a restart`() {
        var watch = PatientWatch(settings(), open: Control.at(0, minutes: 2))
        #expect(watch.take(values("8", "8", from: 1), conforming: [], now: Control.at(2)) == [])
        #expect(watch.take([], conforming: [Control.at(2)], now: Control.at(2)) == [] && watch.open == nil)
    }

    @Test func `takes nothing from before its settings, and gives the same whole or in pieces`() {
        var late = settings()
        late.from = Control.at(1)
        var watch = PatientWatch(late)
        _ = watch.take(values("8", "8", "8"), conforming: [], now: Control.at(1))
        #expect(watch.control.entered == 0 && watch.open == nil)

        var generator = PRNG(seed: 11)
        let many = (0..<900).map { n in
            PatientValue(
                at: Control.at(0, minutes: n),
                value: Measured(Exact(coefficient: Int128(Int.random(in: 10...95, using: &generator)), scale: 1)))
        }
        let controls = stride(from: 50, to: 900, by: 50).map { Control.at(0, minutes: $0) }
        for method in [
            PatientControlPolicy.Method.bull(batch: 20), .ewma(lambda: Exact(coefficient: 2, scale: 1)),
            .movingAverage(window: 7),
        ] {
            var policy = policy
            policy.method = method
            policy.limit = Exact(coefficient: 3, scale: 1)
            var whole = PatientWatch(settings(policy)), pieces = PatientWatch(settings(policy))
            let now = Control.at(0, minutes: 900)
            let told = whole.take(many, conforming: controls, now: now)
            var parts: [PatientAlarm] = []
            var rest = many[...]
            while let last = rest.prefix(37).last {
                parts += pieces.take(rest.prefix(37), conforming: controls, now: last.at)
                rest = rest.dropFirst(37)
            }
            #expect(told == parts && !told.isEmpty, "\(method)")
            #expect(whole.control.points.last == pieces.control.points.last)
        }
    }

    @Test func `refuses settings that never alarm or always do`() throws {
        try settings().check()
        func refused(_ change: (inout PatientControlPolicy) -> Void) -> Bool {
            var policy = policy
            change(&policy)
            do throws(Refusal) { try settings(policy).check() } catch { return error.code == "quality.patients" }
            return false
        }
        #expect(refused { $0.method = .bull(batch: 1) } && refused { $0.method = .movingAverage(window: 1001) })
        #expect(refused { $0.method = .ewma(lambda: .zero) } && refused { $0.method = .ewma(lambda: Exact(2)) })
        #expect(refused { $0.limit = .zero } && refused { $0.low = Exact(5) } && refused { $0.high = Exact(4) })
        #expect(!refused { $0.method = .ewma(lambda: Exact(1)) } && !refused { $0.low = nil })
    }
}

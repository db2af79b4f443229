import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `Critical values` {
    @Test(arguments: [
        ("3.0", [], ["N"]), ("2.9", ["CRITIQUE_ALERTE"], ["L"]), ("6.0", [], []), ("6.1", ["CRITIQUE_ALERTE"], ["H"]),
        ("2.5", ["CRITIQUE_ALERTE"], ["L"]), ("2.4", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["LL"]),
        ("6.5", ["CRITIQUE_ALERTE"], ["H"]), ("6.6", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["HH"]),
        ("<2.5", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["LL"]),
        ("<3.0", ["CRITIQUE_ALERTE", "CENSURE_INDECIS"], ["L"]),
        (">6.5", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["HH"]),
        (">5.5", ["CENSURE_INDECIS", "CENSURE_INDECIS"], ["H"]),
        // Raw or rounded: 6.54 prints 6.5, 6.56 prints 6.6; 2.46 prints 2.5 and is below all the same.
        ("6.54", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["HH"]),
        ("2.46", ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"], ["LL"]),
        ("6.50", ["CRITIQUE_ALERTE"], ["H"]),
    ])
    func `two tiers, each with the raw and the rounded value`(_ row: (String, [String], [String])) throws {
        let found = try Engine.one("K", row.0)
        let codes = [Check.criticalAlert, .criticalCall].compactMap { found.record($0)?.code?.rawValue }
        #expect(codes == row.1)
        if row.0 != "6.0", row.0 != "3.0" { #expect(found.flags.map(\.rawValue) == row.2) }
    }

    @Test func `positive is critical where the policy says so`() throws {
        func codes(_ code: String) throws -> [String] {
            try Engine.codes("PALU", "", { $0.value = .coded(code, display: code) })
        }
        #expect(try codes("POS") == ["CRITIQUE_APPEL", "EXAMEN_EXCLU"] && codes("NEG") == ["EXAMEN_EXCLU"])
        #expect(try Engine.codes("AGHBS", "", { $0.value = .coded("NEG", display: "Négatif") }) == [])
    }

    @Test func `a known state is not called again for seven days unless worse by the step`() throws {
        func call(_ now: String, _ told: String, days: Int64 = -2) throws -> Hold.Code? {
            let value = try #require(Measured(told))
            return try Engine.one("K", now, { $0.lastCall = KnownCall(value: value, at: Engine.days(days)) })
                .record(.criticalCall)?.code
        }
        #expect(try call("6.8", "6.7") == .critical && call("7.1", "6.7") == .critical)
        #expect(try call("7.2", "6.7") == .criticalCall, "worse by the step of 0.5")
        #expect(try call("2.2", "2.4") == .critical && call("1.9", "2.4") == .criticalCall)
        #expect(try call("6.8", "2.2") == .criticalCall, "the other side")
        #expect(try call("6.8", "6.0") == .criticalCall, "what was told was not critical")
        #expect(try call("6.8", "6.7", days: -8) == .criticalCall)
        #expect(try call("6.8", ">6.7") == .criticalCall)
        // The call was on the 22nd at 07:00; the end of the seventh day is still silence.
        let known = KnownCall(value: try #require(Measured("6.7")), at: Engine.days(0))
        func isKnown(_ now: Instant, step: String? = nil, _ text: String = "6.7") throws -> Bool {
            CallSilence.isKnown(
                try #require(Measured(text)), known, low: nil, high: Exact("6.5"), step: step.flatMap { Exact($0) },
                days: 7, now: now)
        }
        #expect(try isKnown(Engine.days(7)) && !isKnown(Engine.days(7).advanced(by: .milliseconds(1))))
        #expect(try !isKnown(Engine.days(-1)) && !isKnown(Engine.days(1), "6.8") && isKnown(Engine.days(1), "6.6"))
    }

    private func task(_ tier: CriticalCall.Tier) throws -> CriticalCall {
        CriticalCall(
            observationID: "o1", analysis: "K", tier: tier,
            snapshot: .measured(try #require(Measured("6.8")), unit: "mmol/L"), openedAt: Engine.measured)
    }
    private func attempt(
        _ outcome: CriticalCall.Outcome, minutes: Int64 = 5, readBack: Bool? = nil, person: String = "Dr X",
        value: String = "6,8", number: String = "0100000000"
    ) -> CriticalCall.Attempt {
        CriticalCall.Attempt(
            at: Engine.hours(1, minutes), caller: "tech", number: number, person: person, role: "médecin",
            valueRead: value, wasReadBack: readBack ?? (outcome == .confirmed), outcome: outcome)
    }
    private func refusal(_ call: CriticalCall, _ attempt: CriticalCall.Attempt) -> String? {
        var call = call
        do {
            try call.record(attempt, isBiologist: false, minutes: 15)
            return nil
        } catch { return error.code }
    }

    @Test func `the timer runs fifteen minutes and then leads along the chain`() throws {
        var call = try task(.biologist)
        let chain = ["prescripteur", "garde"]
        #expect(call.contact(chain) == "prescripteur" && call.dueAt == Engine.hours(1, 15))
        #expect(!call.isOverdue(at: Engine.hours(1, 14)) && call.isOverdue(at: Engine.hours(1, 15)))
        #expect(
            !call.escalate(at: Engine.hours(1, 14), minutes: 15) && call.escalate(at: Engine.hours(1, 15), minutes: 15))
        #expect(call.contact(chain) == "garde" && call.dueAt == Engine.hours(1, 30) && call.level == 1)
        try call.record(attempt(.unreachable, minutes: 20), isBiologist: false, minutes: 15)
        #expect(call.state == .open && call.level == 2 && call.contact(chain) == "garde")
        #expect(call.dueAt == Engine.hours(1, 35) && call.contact([]) == nil)
        try call.record(attempt(.confirmed, minutes: 25), isBiologist: true, minutes: 15)
        #expect(call.state == .closed && call.closedBy == "tech" && call.attempts.count == 2)
        #expect(!call.isOverdue(at: Engine.hours(9)) && !call.escalate(at: Engine.hours(9), minutes: 15))
        #expect(refusal(call, attempt(.confirmed, minutes: 30)) == "critical.call.closed")
    }

    @Test func `a technician's task is the biologist's once its time ran out or somebody passed it on`() throws {
        var own = try task(.technician)
        try own.record(attempt(.unreachable), isBiologist: false, minutes: 15)
        #expect(own.tier == .technician && own.level == 1, "the next of the chain may still hear it from him")
        try own.record(attempt(.confirmed, minutes: 6), isBiologist: false, minutes: 15)
        #expect(own.state == .closed && own.closedBy == "tech")
        var late = try task(.technician)
        let isEarly = late.escalate(at: Engine.hours(1, 14), minutes: 15)
        #expect(!isEarly && late.tier == .technician)
        let isDue = late.escalate(at: Engine.hours(1, 15), minutes: 15)
        #expect(isDue && late.tier == .biologist)
        try late.record(attempt(.confirmed, minutes: 20), isBiologist: false, minutes: 15)
        #expect(late.state == .told, "the biologist closes it")
        var passed = try task(.technician)
        try passed.passOn(at: Engine.hours(1, 5), minutes: 15)
        #expect(passed.tier == .biologist)
        var raised = try task(.technician)
        let wasRaised = raised.raise(to: .biologist)
        #expect(wasRaised && raised.tier == .biologist)
        let isRaised = raised.raise(to: .technician)
        #expect(!isRaised && raised.tier == .biologist)
    }

    @Test func `two runs of an analysis are one call, with both values`() throws {
        let second = ObservationValue.measured(try #require(Measured("7.9")), unit: "mmol/L")
        func joined(_ call: CriticalCall) -> CriticalCall {
            var call = call
            call.join("o2", second, tier: .biologist, at: Engine.hours(1, 10), minutes: 15)
            return call
        }
        let open = joined(try task(.technician))
        #expect(open.tier == .biologist && open.frenchText == "6,8 ; 7,9" && open.concerns("o2"))
        #expect(open.dueAt == Engine.hours(1, 15), "the timer runs on")
        #expect(joined(open) == open, "once")
        #expect(refusal(open, attempt(.confirmed, minutes: 11, value: "7,8")) == "critical.call.other")
        // Who heard the first value has not heard the second.
        var told = try task(.biologist)
        try told.record(attempt(.confirmed), isBiologist: false, minutes: 15)
        #expect(told.state == .told && joined(told).state == .open && joined(told).dueAt == Engine.hours(1, 25))
        // The value that was told is rejected, the other one counts: somebody is called again.
        var other = open
        try other.record(attempt(.confirmed, minutes: 11), isBiologist: false, minutes: 15)
        #expect(other.told(of: "o1") != nil && other.told(of: "o2") == nil)
        let isTaken1 = other.cancel("o1", by: "tech", isBiologist: false, at: Engine.hours(2), minutes: 15)
        #expect(isTaken1)
        #expect(other.state == .open && other.frenchText == "7,9" && other.dueAt == Engine.hours(2, 15))
        #expect(refusal(other, attempt(.confirmed, minutes: 65)) == "critical.call.other")
        #expect(refusal(other, attempt(.confirmed, minutes: 65, value: "7,9")) == nil)
        let isTaken2 = other.reinstate("o1", at: Engine.hours(3), minutes: 15)
        #expect(isTaken2 && other.frenchText == "6,8 ; 7,9")
        // With both told, one may go.
        var both = open
        try both.record(attempt(.confirmed, minutes: 11, value: "6,8 puis 7,9"), isBiologist: false, minutes: 15)
        let isTaken3 = both.cancel("o1", by: "tech", isBiologist: false, at: Engine.hours(2), minutes: 15)
        #expect(isTaken3)
        #expect(both.state == .told && both.cancelledAt == nil)
        let isTaken4 = both.cancel("o2", by: "bio", isBiologist: true, at: Engine.hours(2), minutes: 15)
        #expect(isTaken4)
        #expect(both.cancelledAt == Engine.hours(2))
    }

    @Test func `a value that an interference takes away is not telephoned`() throws {
        let taken = try Engine.one("K", "7.5", { $0.indices.freeHemoglobin = Exact(12) })
        #expect(taken.isSuppressed && taken.callTier == nil)
        #expect(!taken.holdCodes.contains(.criticalCall) && !taken.holdCodes.contains(.critical))
        #expect(!taken.flags.contains(.criticallyHigh) && taken.record(.criticalCall)?.note == .withheld)
        let given = try Engine.one("K", "7.5", { $0.indices.freeHemoglobin = Exact(9) })
        #expect(!given.isSuppressed && given.callTier == .biologist && given.flags == [.criticallyHigh])
    }

    @Test func `the tier says who tells it`() throws {
        #expect(try Engine.one("K", "6.6").callTier == .biologist && Engine.one("K", "2.4").callTier == .biologist)
        #expect(try Engine.one("K", "6.1").callTier == .technician && Engine.one("K", "2.9").callTier == .technician)
        #expect(try Engine.one("K", "6.0").callTier == nil && Engine.one("K", ">5.5").callTier == nil)
        func known(_ now: String, _ told: String) throws -> CriticalCall.Tier? {
            let value = try #require(Measured(told))
            return try Engine.one("K", now, { $0.lastCall = KnownCall(value: value, at: Engine.days(-2)) }).callTier
        }
        #expect(try known("6.1", "6.2") == nil && known("6.6", "6.7") == nil)
        #expect(try known("6.6", "6.2") == .biologist, "what was told was not critical")
        #expect(try known("2.9", "6.2") == .technician, "the other side")
    }

    @Test func `a technician does not close a biologist's task alone`() throws {
        var call = try task(.biologist)
        try call.record(attempt(.confirmed), isBiologist: false, minutes: 15)
        #expect(call.state == .told && call.closedBy == nil)
        #expect(throws: Refusal.self) { try call.close(by: "tech", isBiologist: false, at: Engine.hours(2)) }
        #expect(call.state == .told)
        try call.close(by: "bio", isBiologist: true, at: Engine.hours(2))
        #expect(call.state == .closed && call.closedBy == "bio" && call.closedAt == Engine.hours(2))
        var own = try task(.biologist)
        #expect(throws: Refusal.self) { try own.close(by: "bio", isBiologist: true, at: Engine.hours(2)) }
        try own.record(attempt(.notReadBack), isBiologist: true, minutes: 15)
        #expect(own.state == .closed)
        var lost = try task(.technician)
        try lost.record(attempt(.unreachable), isBiologist: false, minutes: 15)
        #expect(throws: Refusal.self) { try lost.close(by: "tech", isBiologist: false, at: Engine.hours(2)) }
        try lost.close(by: "bio", isBiologist: true, at: Engine.hours(2))
        #expect(lost.state == .closed)
    }

    @Test func `a call is written down whole or refused`() throws {
        let call = try task(.technician)
        #expect(refusal(call, attempt(.confirmed, readBack: false)) == "critical.call.readback")
        #expect(refusal(call, attempt(.notReadBack, readBack: true)) == "critical.call.readback")
        #expect(refusal(call, attempt(.unreachable, readBack: true)) == "critical.call.readback")
        #expect(refusal(call, attempt(.confirmed, person: "")) == "critical.call.person")
        #expect(refusal(call, attempt(.confirmed, value: "")) == "critical.call.value")
        #expect(refusal(call, attempt(.confirmed, value: "7,9")) == "critical.call.other")
        #expect(refusal(call, attempt(.notReadBack, value: "68")) == "critical.call.other")
        #expect(refusal(call, attempt(.confirmed, value: "K 6.80 mmol/L")) == nil)
        #expect(refusal(call, attempt(.unreachable, number: "")) == "critical.call.number")
        #expect(refusal(call, attempt(.confirmed, minutes: -1)) == "critical.call.time")
        #expect(CriticalCall.Outcome.allCases.map(\.rawValue) == ["CONFIRME", "SANS_RELECTURE", "INJOIGNABLE"])
    }
}

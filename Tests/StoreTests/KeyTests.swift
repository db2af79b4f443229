import Base
import Laboratory
import Store
import Testing

/// Unique keys, atomicity, concurrency: what protects the facts when two people, or two lines, act at once.
@Suite struct KeyTests {
    /// For every key of the contract: a fact, and another that collides with it on this key alone.
    static let collisions: [(key: String, first: Fact, second: Fact)] = [
        ("account.version", .account(Make.account("bob")), .account(Make.account("bob", enabled: false))),
        (
            "token.hash", .token(AccessToken(hash: "a", login: "x", issuedAt: Make.at(0), expiresAt: Make.at(1))),
            .token(AccessToken(hash: "a", login: "y", issuedAt: Make.at(0), expiresAt: Make.at(1)))
        ),
        ("tokenRevoked.hash", .tokenRevoked(hash: "a", at: Make.at(0)), .tokenRevoked(hash: "a", at: Make.at(1))),
        ("patient.version", .patient(Make.patient("p1")), .patient(Make.patient("p1", ipp: "other"))),
        ("patient.ipp", .patient(Make.patient("p1", ipp: "1")), .patient(Make.patient("p2", ipp: "1"))),
        ("request.version", .request(Make.request("r1")), .request(Make.request("r1", number: "other"))),
        ("request.number", .request(Make.request("r1", number: "1")), .request(Make.request("r2", number: "1"))),
        ("specimen.version", .specimen(Make.specimen("t1")), .specimen(Make.specimen("t1", request: "r2"))),
        ("session.id", .session(Make.session("s1")), .session(Make.session("s1", site: "S2"))),
        (
            "sessionEnd.session", .sessionEnd(SessionEnd(sessionID: "s1", at: Make.at(0), reason: "eot")),
            .sessionEnd(SessionEnd(sessionID: "s1", at: Make.at(1), reason: "restart"))
        ),
        ("frame.ordinal", .frame(Make.frame("s1", 0)), .frame(Make.frame("s1", 0, "other"))),
        ("message.id", .message(Make.message("m1")), .message(Make.message("m1", ordinal: 1))),
        ("message.ordinal", .message(Make.message("m1")), .message(Make.message("m2"))),
        ("order.id", .order(Make.order("o1")), .order(Make.order("o1", ordinal: 2))),
        ("order.ordinal", .order(Make.order("o1")), .order(Make.order("o2"))),
        (
            "orderEvent.ordinal", .orderEvent(Make.event(ofOrder: "o1", 1, .failed)),
            .orderEvent(Make.event(ofOrder: "o1", 1, .acknowledged))
        ),
        ("outcome.message", .outcome(Make.outcome("m1")), .outcome(Make.outcome("m1", .triaged))),
        (
            "observation.id", .observation(Make.observation("o1")),
            .observation(Make.observation("o1", analysis: "NA"))
        ),
        (
            "observation.origin", .observation(Make.observation("o1", message: "m1", ordinal: 0)),
            .observation(Make.observation("o2", analysis: "NA", message: "m1", ordinal: 0))
        ),
        ("observation.run", .observation(Make.observation("o1")), .observation(Make.observation("o2"))),
        (
            "observationEvent.ordinal", .observationEvent(Make.event("o1")),
            .observationEvent(Make.event("o1", 1, .rejected))
        ),
        ("control.id", .control(Make.control("c1")), .control(Make.control("c1", ordinal: 1))),
        ("control.origin", .control(Make.control("c1")), .control(Make.control("c2"))),
        ("triage.id", .triage(Make.triage("t1")), .triage(Make.triage("t1", ordinal: 4))),
        ("triage.origin", .triage(Make.triage("t1")), .triage(Make.triage("t2"))),
        (
            "triageResolution.triage", .triageResolution(Make.resolution("t1")),
            .triageResolution(Make.resolution("t1"))
        ),
        ("signature.id", .signature(Make.signature("a")), .signature(Make.signature("a", version: 2))),
        ("signature.version", .signature(Make.signature("a")), .signature(Make.signature("b"))),
        (
            "report.id", .report(Make.report("a", signature: "s1")),
            .report(Make.report("a", signature: "s2", oid: "1.9"))
        ),
        ("report.signature", .report(Make.report("a", signature: "s1")), .report(Make.report("b", signature: "s1"))),
        (
            "report.document", .report(Make.report("a", signature: "s1", oid: "1.9")),
            .report(Make.report("b", signature: "s2", oid: "1.9"))
        ),
        (
            "delivery.id", .delivery(Make.delivery("a")),
            .delivery(Make.delivery("a", report: "rep2", control: "C2"))
        ),
        (
            "delivery.control", .delivery(Make.delivery("a", control: "C")),
            .delivery(Make.delivery("b", report: "rep2", control: "C"))
        ),
        ("delivery.recipient", .delivery(Make.delivery("a")), .delivery(Make.delivery("b"))),
        (
            "deliveryEvent.ordinal", .deliveryEvent(Make.event(of: "d1", 1, .attempted)),
            .deliveryEvent(Make.event(of: "d1", 1, .failed))
        ),
        ("inbound.control", .inbound(Make.inbound("Z1")), .inbound(Make.inbound("Z1"))),
        (
            "register.ordinal", .register(Make.entry("NA")), .register(Make.entry("NA", at: 9))
        ),
        (
            "evaluation.ordinal", .evaluation(Make.evaluation("o1")), .evaluation(Make.evaluation("o1", at: 9))
        ),
    ]

    @Test func `every key of the contract is in the list of collisions`() {
        var names = Set(Self.collisions.flatMap { $0.first.keys.map(\.name) })
        names.subtract(Self.collisions.map(\.key))
        #expect(names.isEmpty)
        #expect(Set(Self.collisions.map(\.first.kind)) == Set(Fact.Kind.allCases))
    }

    /// Collisions that can stand in one store: no key of one is a key of another.
    static var rounds: [[(key: String, first: Fact, second: Fact)]] {
        var rounds: [(cases: [(key: String, first: Fact, second: Fact)], keys: Set<FactKey>)] = []
        for collision in collisions {
            let keys = Set(collision.first.keys + collision.second.keys)
            if let free = rounds.firstIndex(where: { $0.keys.isDisjoint(with: keys) }) {
                rounds[free].cases.append(collision)
                rounds[free].keys.formUnion(keys)
            } else {
                rounds.append(([collision], keys))
            }
        }
        return rounds.map(\.cases)
    }

    @Test(arguments: Stored.allCases) func `a taken key is a conflict by its name and keeps nothing`(
        kind: Stored
    ) async throws {
        for round in Self.rounds {
            try await withStore(kind) { (store: any LaboratoryStore) async throws in
                for (index, collision) in round.enumerated() {
                    try await store.append([collision.first], note: Make.note())
                    let counts = try await store.counts(site: nil)
                    // Something harmless before, so that a half-kept append would show.
                    let failed = await failure(
                        of: store,
                        [.patient(Make.patient("bystander")), .inbound(Make.inbound("bystander")), collision.second])
                    #expect(failed == .conflict(key: collision.key))
                    #expect(try await store.patient("bystander") == nil)
                    #expect(try await store.inbound(source: "PFI", controlID: "bystander") == nil)
                    #expect(try await store.audit(after: 0, limit: 100).count == index + 1)
                    #expect(try await store.counts(site: nil) == counts)
                }
            }
        }
    }

    @Test(arguments: Stored.allCases) func `two facts of one append may not share a key`(kind: Stored) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            let facts: [Fact] = [.observation(Make.observation("o1")), .observation(Make.observation("o2"))]
            #expect(await failure(of: store, facts) == .conflict(key: "observation.run"))
            #expect(try await store.observation("o1") == nil)
            #expect(try await store.audit(after: 0, limit: 10).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `an origin that is not whole is no key`(kind: Stored) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            try await store.append(
                [
                    .observation(Make.observation("o1", message: "m1")),
                    .observation(Make.observation("o2", analysis: "NA", message: "m1")),
                    .observation(Make.observation("o3", analysis: "CL", ordinal: 1)),
                    .observation(Make.observation("o4", analysis: "CA", ordinal: 1)),
                ], note: Make.note())
            #expect(try await store.observations(requestID: "r1").count == 4)
        }
    }

    @Test(arguments: Stored.allCases) func `a fact that needs an audit entry is refused without a note`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            guard case .unavailable(let refusal) = await failure(of: store, [.patient(Make.patient("p1"))], note: nil)
            else {
                Issue.record("kept without an entry")
                return
            }
            #expect(refusal.code == "store.note")
            #expect(try await store.patient("p1") == nil)
        }
    }

    @Test(arguments: Stored.allCases) func `a hundred appends at once all succeed, and a conflict fails alone`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            let failures = await withTaskGroup(of: (Int, StoreFailure?).self) { group in
                for n in 0..<100 {
                    group.addTask {
                        // Ten of them want the key of their neighbour as well.
                        let wanted = n % 10 == 9 ? n - 1 : n
                        let facts: [Fact] = [
                            .patient(Make.patient("p\(n)")), .inbound(Make.inbound("Z\(wanted)")),
                        ]
                        return (n, await failure(of: store, facts))
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(failures.count == 10)
            #expect(failures.values.allSatisfy { $0 == .conflict(key: "inbound.control") })
            #expect(try await store.counts(site: nil).patients == 90)
            let trail = try await store.audit(after: 0, limit: 1000)
            #expect(trail.count == 90)
            #expect(AuditChain.verify(trail).isSound)
            for n in 0..<100 {
                let patient = try await store.patient("p\(n)")
                #expect((patient == nil) == (failures[n] != nil))
            }
        }
    }

    @Test(arguments: Stored.allCases) func `an entry can stand without facts`(kind: Stored) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            try await store.append([], note: Make.note("login.failed", subject: "bob"))
            #expect(try await store.audit(after: 0, limit: 10).map(\.action) == ["login.failed"])
            #expect(try await store.audit(after: 1, limit: 10).isEmpty)
        }
    }
}

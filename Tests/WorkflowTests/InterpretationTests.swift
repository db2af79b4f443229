import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Interpreting a message` {
    let bench: Bench
    init() throws { bench = try Bench() }

    @Test func `results find their tube, with interval, flags and origin`() async throws {
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        let outcome = try await bench.arrive(
            "m1", [Bench.result("NA", "151", of: tube), Bench.result("K", "4.2", of: tube, ordinal: 1)])
        #expect(outcome.kind == .interpreted && outcome.observations == 2 && outcome.triaged == 0)
        let sodium = try await bench.observation("NA", made)
        #expect(sodium.flags == [.criticallyHigh])
        #expect(sodium.origin == Origin(analyzer: "auto", messageID: "m1", ordinal: 0))
        #expect(sodium.requestID == made.request.id && sodium.run == 1 && sodium.catalogueVersion == "essai")
        #expect(try await bench.trail.last?.action == "message.interpreted")
        #expect(try await bench.trail.last?.author == "analyzer:auto")
    }

    @Test func `the same message interpreted again changes nothing`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        let message = try await bench.message("m1")
        let reading = Reading(observations: [Bench.result("K", "4.2", of: tube)])
        let first = try await bench.desk.interpret(message, reading: reading)
        let entries = try await bench.trail.count
        #expect(try await bench.desk.interpret(message, reading: reading) == first)
        #expect(try await bench.observations(made).count == 1)
        #expect(try await bench.trail.count == entries)
    }

    @Test func `the same text received again is a duplicate and adds no result`() async throws {
        let made = try await bench.received(["K"])
        let reading = Reading(observations: [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        _ = try await bench.desk.interpret(try await bench.message("m1", text: "same"), reading: reading)
        let again = try await bench.desk.interpret(try await bench.message("m2", text: "same"), reading: reading)
        #expect(again.kind == .duplicate && again.duplicateOf == "m1")
        #expect(try await bench.observations(made).count == 1)
        // Another text is a rerun, even of the same value.
        _ = try await bench.desk.interpret(try await bench.message("m3", text: "later"), reading: reading)
        #expect(try await bench.observations(made).map(\.run) == [1, 2])
    }

    @Test func `a query of the same text is a new query each time`() async throws {
        let reading = Reading(queries: [HostQuery(accessions: ["1"])])
        for id in ["q1", "q2"] {
            let message = try await bench.message(id, text: "same query")
            #expect(try await bench.desk.interpret(message, reading: reading).kind == .interpreted)
        }
    }

    @Test func `two runs of one analysis in one message are two runs`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("K", "4.2", of: tube), Bench.result("K", "4.4", of: tube, ordinal: 1)])
        #expect(try await bench.observations(made).map(\.run) == [1, 2])
    }

    @Test(arguments: [
        ("an incomplete message", false, [], TriageEntry.Reason.incompleteMessage),
        (
            "an unreadable message", true, [Refusal("message.noHeader", because: "sans H", remedy: "renvoyer")],
            .unreadableMessage
        ),
    ])
    func `a message that cannot be trusted waits in triage as a whole`(
        _ name: String, _ complete: Bool, _ problems: [Refusal], _ reason: TriageEntry.Reason
    ) async throws {
        let made = try await bench.received(["K"])
        let message = try await bench.message("m1", complete: complete)
        let reading = Reading(
            observations: [Bench.result("K", "4.2", of: made.specimens[0].accession)], problems: problems)
        let outcome = try await bench.desk.interpret(message, reading: reading)
        #expect(outcome.kind == .triaged && outcome.observations == 0)
        let entry = try #require(try await bench.store.triage(site: "nord", open: true, limit: 9).first)
        #expect(entry.reason == reason && entry.ordinal == -1 && entry.incoming == nil)
        #expect(try await bench.observations(made).isEmpty)
    }

    @Test func `what cannot be matched waits in triage while the rest is taken`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        let outcome = try await bench.arrive(
            "m1",
            [
                Bench.result("K", "4.2", of: tube), Bench.result(nil, "1", of: tube, ordinal: 1),
                Bench.result("K", "4.1", of: "INCONNU", ordinal: 2), Bench.result("K", "4.1", of: "", ordinal: 3),
                Bench.result("NA", "140", of: tube, ordinal: 4),
            ])
        #expect(outcome.observations == 1 && outcome.triaged == 4)
        let entries = try await bench.store.triage(site: "nord", open: true, limit: 9)
        #expect(
            Dictionary(uniqueKeysWithValues: entries.map { ($0.ordinal, $0.reason) }) == [
                1: .unmappedCode, 2: .unknownSpecimen, 3: .unknownSpecimen, 4: .unrequestedAnalysis,
            ])
    }

    @Test func `an analyzer's identity is compared and never written`() async throws {
        let made = try await bench.received(["K"])
        let patient = try await bench.store.patient(made.request.patientID)
        try await bench.arrive(
            "m1",
            [
                Bench.result(
                    "K", "4.2", of: made.specimens[0].accession, claimed: ClaimedIdentity(family: "AUTREMENT"))
            ])
        #expect(try await bench.observation("K", made).holds.contains { $0.code == .identity })
        #expect(try await bench.store.patient(made.request.patientID) == patient)
        let code = await refusal { () throws(CommandFailure) in
            let id = try await bench.store.firstObservation(made.request.id)
            _ = try await bench.desk.validate(
                [id], of: made.request.number, reason: "relu avec le technicien", by: Bench.technician)
        }
        #expect(code == "tech.held")
    }

    @Test func `control results are kept apart from patients'`() async throws {
        let message = try await bench.message("m1")
        let outcome = try await bench.desk.interpret(
            message, reading: Reading(controls: [Bench.result("K", "4.0", of: "QC-1")]))
        #expect(outcome.controls == 1)
        #expect(try await bench.store.controls(analyzer: "auto", limit: 9).map(\.material) == ["QC-1"])
        #expect(try await bench.store.counts(site: nil).observations == 0)
    }

    @Test func `a store that fails during interpretation leaves the message to be taken again, once`() async throws {
        for fault in MemoryStore.Fault.allCases {
            let bench = try Bench()
            let made = try await bench.received(["K"])
            let message = try await bench.message("m1")
            let reading = Reading(observations: [Bench.result("K", "4.2", of: made.specimens[0].accession)])
            await bench.store.fail(write: bench.store.writes + 1, fault: fault)
            let code = await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.interpret(message, reading: reading)
            }
            #expect(code == "store")
            await bench.store.heal()
            #expect(try await bench.desk.interpret(message, reading: reading).observations == 1)
            #expect(try await bench.observations(made).count == 1)
        }
    }
}

extension MemoryStore {
    func firstObservation(_ requestID: String) throws(CommandFailure) -> String {
        do throws(StoreFailure) { return try observations(requestID: requestID).first?.id ?? "" } catch {
            throw .store(error)
        }
    }
}

@Suite struct `Triage` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func waiting(_ results: [IncomingObservation]) async throws -> TriageEntry {
        try await bench.arrive("m-triage", results)
        return try #require(try await bench.store.triage(site: "nord", open: true, limit: 9).first)
    }

    @Test func `a result attached to the right tube becomes an observation, once, with author and reason`() async throws
    {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        let entry = try await waiting([Bench.result("K", "4.2", of: "ILLISIBLE")])
        let attached = try await bench.desk.attach(entry.id, to: tube, reason: "étiquette relue", by: Bench.technician)
        #expect(attached.accession == tube && attached.requestID == made.request.id)
        #expect(attached.origin == Origin(analyzer: "auto", messageID: "m-triage", ordinal: 0))
        let resolution = try #require(try await bench.store.triageResolution(entry.id))
        #expect(resolution.kind == .attached && resolution.author == "technicien")
        #expect(resolution.reason == "étiquette relue")
        let again = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.attach(entry.id, to: tube, reason: "encore", by: Bench.technician)
        }
        #expect(again == "triage.closed")
        #expect(try await bench.observations(made).count == 1)
        #expect(try await bench.trail.last?.action == "triage.attach")
    }

    @Test func `attaching asks for a reason, a tube that wants the analysis, and a result`() async throws {
        let made = try await bench.received(["NA"])
        let tube = made.specimens[0].accession
        let entry = try await waiting([Bench.result("K", "4.2", of: "X")])
        func attach(_ id: String, _ tube: String, _ reason: String) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.attach(id, to: tube, reason: reason, by: Bench.technician)
            }
        }
        #expect(await attach(entry.id, tube, " ") == "reason.missing")
        #expect(await attach(entry.id, tube, "relu") == "triage.nomatch")
        #expect(await attach(entry.id, "RIEN", "relu") == "triage.nomatch")
        #expect(await attach("absent", tube, "relu") == "triage.unknown")
        _ = try await bench.desk.interpret(
            try await bench.message("cut", complete: false), reading: Reading())
        let whole = try #require(
            try await bench.store.triage(site: "nord", open: true, limit: 9).first { $0.ordinal == -1 })
        #expect(await attach(whole.id, tube, "relu") == "triage.whole")
        #expect(try await bench.store.triage(site: "nord", open: true, limit: 9).count == 2)
    }

    @Test func `a dismissed entry leaves the list and stays in the record`() async throws {
        let entry = try await waiting([Bench.result(nil, "4.2", of: "X")])
        try await bench.desk.dismiss(entry.id, reason: "essai du fabricant", by: Bench.biologist)
        #expect(try await bench.store.triage(site: "nord", open: true, limit: 9).isEmpty)
        #expect(try await bench.store.triage(site: "nord", open: false, limit: 9).map(\.id) == [entry.id])
        let again = await refusal { () throws(CommandFailure) in
            try await bench.desk.dismiss(entry.id, reason: "encore", by: Bench.biologist)
        }
        #expect(again == "triage.closed")
    }
}

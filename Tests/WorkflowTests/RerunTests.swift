import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// Runs of one analysis on one tube (RULES section 8): potassium agrees within 2.77 × 3 % of the mean.
@Suite struct `Reruns` {
    private func bench() async throws -> (Bench, RegisteredRequest) {
        let bench = try await Bench.withRules(cells: ["K": ["cva": "3"]])
        try await bench.conformingControl("K")
        return (bench, try await bench.received(["K"]))
    }

    private func run(
        _ text: String, _ id: String, of made: RegisteredRequest, on bench: Bench, flags: [String] = []
    ) async throws -> Observation {
        bench.clock.advance(.seconds(60))
        var incoming = Bench.result("K", text, of: made.specimens[0].accession, flags: flags)
        incoming.observedAt = bench.clock.now
        try await bench.arrive(id, [incoming])
        return try #require(try await bench.observations(made).max { $0.run < $1.run })
    }

    private func standing(_ made: RegisteredRequest, on bench: Bench) async throws -> Observation? {
        Chosen.observations(
            try await bench.observations(made),
            events: try await bench.store.observationEvents(requestID: made.request.id))["K"]
    }

    @Test func `one that agrees leaves the first where it is, and is kept, judged and explained`() async throws {
        let (bench, made) = try await bench()
        let first = try await run("4.2", "m1", of: made, on: bench)
        let second = try await run("4.4", "m2", of: made, on: bench)
        #expect(second.run == 2 && second.holds.contains { $0.code == .rerun && $0.reason.contains("4,2") })
        #expect(try await standing(made, on: bench)?.id == first.id)
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        #expect(events.map(\.observationID) == [second.id] && events.map(\.kind) == [.rejected])
        #expect(events[0].author == "system" && events[0].reason?.contains("passage 1") ?? false)
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation.id) == [first.id])
        let explained = try await bench.desk.explain(second.id, by: Bench.technician)
        #expect(explained.last?.result.checks.contains { $0.check == .rerun && $0.outcome == .no } ?? false)
        // A third that agrees stands aside too; the first is what is compared with.
        let third = try await run("4.1", "m3", of: made, on: bench)
        #expect(try await standing(made, on: bench)?.id == first.id && third.run == 3)
        #expect(try await bench.desk.standing([first], at: bench.clock.now)[0].holds == [])
        let all = try await bench.desk.replayRules(
            from: Instant(seconds: 0), before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        #expect(all.isSound && all.results >= 3)
    }

    @Test func `two in one message agree as well, and the same one sent again is no third`() async throws {
        let (bench, made) = try await bench()
        let tube = made.specimens[0].accession
        var one = Bench.result("K", "4.2", of: tube), two = Bench.result("K", "4.3", of: tube, ordinal: 1)
        one.observedAt = bench.clock.now
        bench.clock.advance(.seconds(60))
        two.observedAt = bench.clock.now
        try await bench.arrive("m1", [one, two])
        #expect(try await standing(made, on: bench)?.run == 1)
        let again = try await bench.arrive("m2", [two])
        #expect(again.repeated == 1 && again.observations == 0)
        #expect(try await bench.observations(made).count == 2)
    }

    @Test func `two that do not agree wait both for a person, whichever message they came in`() async throws {
        func held(_ bench: Bench, _ made: RegisteredRequest) async throws -> [String: Bool] {
            let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
                .filter { $0.requestID == made.request.id }
            return Dictionary(
                uniqueKeysWithValues: lines.map { line in
                    (line.rawText, line.holds.contains { $0.code == .rerun })
                })
        }
        let (bench, made) = try await bench()
        let first = try await run("4.2", "m1", of: made, on: bench)
        #expect(try await held(bench, made) == ["4.2": false])
        _ = try await run("5.2", "m2", of: made, on: bench)
        #expect(try await held(bench, made) == ["4.2": true, "5.2": true])
        let again = try #require(try await bench.desk.explain(first.id, by: Bench.technician).last)
        #expect(again.result.outcome == .held && again.result.holdCodes == [.rerun])
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.validate(
                    [first.id], of: made.request.number, reason: "vu", by: Bench.technician)
            } == "tech.reason", "a nod does not choose between two values")
        let all = try await bench.desk.replayRules(
            from: Instant(seconds: 0), before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        #expect(all.isSound && all.results == 3)
        // One message; sodium has no tolerance as shipped, so that nobody knows.
        for (texts, expected) in [
            (["140", "141"], ["140": true, "141": true]), (["140", "140"], ["140": false]),
        ] {
            let bench = try await Bench.withRules()
            try await bench.conformingControl("NA", mean: 140)
            let made = try await bench.received(["NA"])
            let tube = made.specimens[0].accession
            var both = texts.enumerated().map { Bench.result("NA", $1, of: tube, ordinal: $0) }
            for place in both.indices {
                bench.clock.advance(.seconds(60))
                both[place].observedAt = bench.clock.now
            }
            try await bench.arrive("m1", both)
            #expect(try await held(bench, made) == expected, "\(texts)")
        }
    }

    @Test func `one that does not agree stands held, and a third does not decide by itself`() async throws {
        let (bench, made) = try await bench()
        _ = try await run("4.2", "m1", of: made, on: bench)
        let second = try await run("5.2", "m2", of: made, on: bench)
        #expect(try await standing(made, on: bench)?.id == second.id)
        #expect(second.holds.contains { $0.code == .rerun && $0.reason.contains("ne s'accordent pas") })
        let third = try await run("4.3", "m3", of: made, on: bench)
        #expect(try await standing(made, on: bench)?.id == third.id, "it agrees with the first, not with what stands")
        #expect(third.holds.contains { $0.code == .rerun })
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.validate(
                    [third.id], of: made.request.number, reason: nil, by: Bench.technician)
            } == "tech.reason")
    }

    @Test func `a first run with a fault of its own gives way to one without`() async throws {
        let (bench, made) = try await bench()
        _ = try await run("4.2", "m1", of: made, on: bench, flags: ["*"])
        let second = try await run("4.2", "m2", of: made, on: bench)
        #expect(try await standing(made, on: bench)?.id == second.id)
        let third = try await run("4.3", "m3", of: made, on: bench, flags: ["*"])
        #expect(try await standing(made, on: bench)?.id == second.id && third.run == 3)
    }

    @Test func `a rejected first run gives its place and its telephone call to the run beside it`() async throws {
        let (bench, made) = try await bench()
        let first = try await run("6.9", "m1", of: made, on: bench)
        let second = try await run("6.8", "m2", of: made, on: bench)
        #expect(try await bench.desk.openCalls(site: "nord").map(\.observationID) == [first.id])
        _ = try await bench.desk.reject(
            first.id, of: made.request.number, reason: "bulle dans l'aiguille", by: Bench.technician)
        #expect(try await standing(made, on: bench)?.id == second.id)
        #expect(try await bench.desk.openCalls(site: "nord").contains { $0.observationID == second.id })
        #expect(try await bench.soundTrail())
    }

    @Test func `a value to be telephoned is not set aside for one that is not`() async throws {
        let (bench, made) = try await bench()
        _ = try await run("5.9", "m1", of: made, on: bench)
        let second = try await run("6.1", "m2", of: made, on: bench)
        #expect(try await standing(made, on: bench)?.id == second.id)
        #expect(try await bench.desk.openCalls(site: "nord").map(\.observationID) == [second.id])
    }

    @Test func `who takes back his own act does not take back what somebody else did since`() async throws {
        let bench = try Bench()
        let made = try await bench.ready()
        let sodium = try await bench.observation("NA", made).id
        _ = try await bench.desk.withdraw([sodium], of: made.request.number, reason: nil, by: Bench.biologist)
        #expect(await refusal { () throws(CommandFailure) in _ = try await bench.undo([sodium], made) } == "tech.undo")
        _ = try await bench.desk.validate([sodium], of: made.request.number, reason: "relu", by: Bench.biologist)
        #expect(await refusal { () throws(CommandFailure) in _ = try await bench.undo([sodium], made) } == "tech.undo")
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        #expect(events.filter { $0.observationID == sodium }.last?.kind == .technicallyValidated)
        // His own is taken back.
        let potassium = try await bench.observation("K", made).id
        #expect(try await bench.undo([potassium], made).map(\.kind) == [.withdrawn])
    }

    @Test(arguments: [1, 2])
    func `who validates one of two runs chooses it, and the other waits no more`(chosen run: Int) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09"])
        for text in ["100", "130"] {
            bench.clock.advance(.seconds(60))
            var one = Bench.result("CREA", text, of: made.specimens[0].accession, unit: "umol/L")
            one.observedAt = bench.clock.now
            try await bench.arrive("m" + text, [one])
        }
        func waiting() async throws -> [String] {
            try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
                .map { "\($0.analysis) \($0.value.frenchText)" }.sorted()
        }
        #expect(try await waiting() == ["CREA 100", "CREA 130", "DFG09 42"])
        let runs = try await bench.observations(made).filter { $0.analysis == "CREA" }.sorted { $0.run < $1.run }
        let both = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                runs.map(\.id), of: made.request.number, reason: "contrôlé", by: Bench.technician)
        }
        #expect(both == "tech.runs")
        let why = "second dilué par erreur"
        _ = try await bench.desk.validate(
            [runs[run - 1].id], of: made.request.number, reason: why, by: Bench.technician)
        #expect(try await waiting() == [run == 1 ? "DFG09 58" : "DFG09 42"])
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        let other = try #require(Chosen.lastEvents(events)[runs[2 - run].id])
        #expect(other.kind == .rejected && other.author == "technicien")
        #expect(other.reason == "passage \(run) retenu : \(why)")
        // Taken back, the choice is open again.
        let id = runs[run - 1].id
        _ = try await bench.desk.withdraw([id], of: made.request.number, reason: nil, own: true, by: Bench.technician)
        #expect(try await waiting() == ["CREA 100", "CREA 130", "DFG09 42"])
        _ = try await bench.desk.validate([id], of: made.request.number, reason: why, by: Bench.technician)
        try await bench.validate(["DFG09"], of: made)
        let report = try await bench.desk.signedReport(of: try await bench.sign(made))
        let given = Set(report.content.observations.map { "\($0.analysis) \($0.value.frenchText)" })
        #expect(given == (run == 1 ? ["CREA 100", "DFG09 58"] : ["CREA 130", "DFG09 42"]))
        #expect(try await waiting().isEmpty)
        #expect(try await bench.soundTrail())
    }

    @Test(arguments: [true, false])
    func `a run after the signature that is not kept leaves the report as it was signed`(rejecting: Bool) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09"])
        func arrive(_ text: String) async throws -> Observation {
            bench.clock.advance(.seconds(60))
            var one = Bench.result("CREA", text, of: made.specimens[0].accession, unit: "umol/L")
            one.observedAt = bench.clock.now
            try await bench.arrive("m" + text, [one])
            return try #require(
                try await bench.observations(made).filter { $0.analysis == "CREA" }.max { $0.run < $1.run })
        }
        let first = try await arrive("100")
        try await bench.validate(["CREA", "DFG09"], of: made)
        try await bench.sign(made)
        let second = try await arrive("130")
        if rejecting {
            _ = try await bench.desk.reject(
                second.id, of: made.request.number, reason: "second mal pipeté", by: Bench.technician)
        } else {
            _ = try await bench.desk.validate(
                [first.id], of: made.request.number, reason: "le premier, signé, est bon", by: Bench.technician)
        }
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
        #expect(try await bench.desk.changedSinceSignature(made.request).isEmpty)
        #expect(try await bench.soundTrail())
    }

    /// Nobody is telephoned about the run that was set aside; about the one that is chosen after all somebody is.
    @Test func `a critical run that is chosen after it was set aside is called again`() async throws {
        let (bench, made) = try await bench()
        let critical = try await run("7.0", "m1", of: made, on: bench)
        let other = try await run("4.0", "m2", of: made, on: bench)
        func open() async throws -> [Bool] {
            try await bench.desk.openCalls(site: "nord").map {
                $0.call.values.contains { $0.observationID == critical.id } && $0.call.cancelledAt == nil
            }
        }
        #expect(try await open() == [true])
        for (id, isOpen) in [(other.id, false), (critical.id, true)] {
            _ = try await bench.desk.validate(
                [id], of: made.request.number, reason: "ce passage est retenu", by: Bench.technician)
            #expect(try await open().contains(true) == isOpen)
        }
        #expect(try await standing(made, on: bench)?.id == critical.id)
    }

    @Test func `a typed value that was corrected leaves no line behind`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        for text in ["4.2", "4.6", "5.1"] {
            bench.clock.advance(.seconds(60))
            _ = try await bench.desk.enter(
                .measured(try #require(Measured(text)), unit: "mmol/L"), analysis: "K", of: made.request.number,
                comment: nil, by: Bench.technician)
        }
        try await bench.validate(["K"], of: made, reason: "relu sur le ticket")
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
        #expect(try await bench.desk.fileToSign(made.request.number).observations.map(\.value.frenchText) == ["5,1"])
    }

    @Test func `a person may choose the run that was set aside`() async throws {
        let (bench, made) = try await bench()
        _ = try await run("4.2", "m1", of: made, on: bench)
        let second = try await run("4.4", "m2", of: made, on: bench)
        let events = try await bench.desk.withdraw(
            [second.id], of: made.request.number, reason: "retenu", by: Bench.technician)
        #expect(events.map(\.kind) == [.withdrawn] && events[0].author == "technicien")
        #expect(try await standing(made, on: bench)?.id == second.id)
    }
}

extension Bench {
    /// `z` of the technician.
    fileprivate func undo(
        _ ids: [String], _ made: RegisteredRequest
    ) async throws(CommandFailure) -> [ObservationEvent] {
        try await desk.withdraw(ids, of: made.request.number, reason: nil, own: true, by: Bench.technician)
    }
}

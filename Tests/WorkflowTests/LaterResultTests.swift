import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// Delta and wrong blood look at what is validated now, whichever of two results came or was validated first (RULES
/// section 3, steps 1 and 4).
@Suite struct LaterResultTests {
    private typealias Value = (code: String, text: String, unit: String)

    /// A request of a patient, collected so many seconds ago, with its results.
    private func arrived(
        _ values: [Value], for patient: String, ago: Int64, on bench: Bench
    ) async throws -> RegisteredRequest {
        var draft = RequestDraft(
            patientID: patient, codes: values.map(\.code),
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = bench.clock.now.advanced(by: .seconds(-ago))
        let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        for specimen in made.specimens {
            _ = try await bench.desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        try await bench.arrive(
            "m-" + made.request.number,
            values.enumerated().map { place, one in
                Bench.result(
                    one.code, one.text, of: made.specimens[0].accession, ordinal: place, unit: one.unit)
            })
        return made
    }

    private func holds(_ code: String, _ made: RegisteredRequest, on bench: Bench) async throws -> [Hold] {
        try await bench.desk.standing([try await bench.observation(code, made)], at: bench.clock.now)[0].holds
    }
    private func isJump(_ code: String, _ made: RegisteredRequest, on bench: Bench) async throws -> Bool {
        try await holds(code, made, on: bench).contains { $0.code == .delta }
    }
    private func lastEvent(
        _ code: String, _ made: RegisteredRequest, on bench: Bench
    ) async throws -> ObservationEvent? {
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        return Chosen.lastEvents(events)[try await bench.observation(code, made).id]
    }
    private func reject(_ code: String, of made: RegisteredRequest, on bench: Bench) async throws {
        _ = try await bench.desk.reject(
            try await bench.observation(code, made).id, of: made.request.number, reason: "tube d'un autre patient",
            by: Bench.technician)
    }
    private func judgements(_ code: String, _ made: RegisteredRequest, on bench: Bench) async throws -> Int {
        try await bench.store.evaluations(observationID: try await bench.observation(code, made).id).count
    }

    private static let night: [Value] = [("CREA", "60", "umol/L"), ("PAL", "60", "U/L")]
    private static let morning: [Value] = [("CREA", "200", "umol/L"), ("PAL", "300", "U/L"), ("UREE", "5", "mmol/L")]

    @Test func `what is validated after the arrival holds the tube of the morning, and takes its validation back`()
        async throws
    {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let night = try await arrived(Self.night, for: patient, ago: 20 * 3600, on: bench)
        let morning = try await arrived(Self.morning, for: patient, ago: 1800, on: bench)
        #expect(try await !isJump("CREA", morning, on: bench))
        try await bench.validate(["CREA", "PAL", "UREE"], of: morning)
        try await bench.validate(["CREA", "PAL"], of: night)
        for code in ["CREA", "PAL", "UREE"] {
            #expect(try await isJump(code, morning, on: bench), "\(code)")
            let event = try await lastEvent(code, morning, on: bench)
            #expect(event?.kind == .withdrawn && event?.author == "system", "\(code)")
        }
        #expect(try await holds("UREE", morning, on: bench).contains { $0.reason.contains("autre patient") })
        let id = try await bench.observation("CREA", morning).id
        let words = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [id], of: morning.request.number, reason: "relu",
                by: Bench.technician)
        }
        #expect(words == "validate.reason.delta")
        // As if the night had been validated first, and so it is made again.
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now.advanced(by: .seconds(1)),
            by: Bench.biologist)
        #expect(replay.isSound && replay.same == replay.results)
        #expect(try await bench.soundTrail())
    }

    @Test func `a result rejected after the arrival is no longer what the next one is compared with`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let oldest = try await arrived([("NA", "138", "mmol/L")], for: patient, ago: 40 * 3600, on: bench)
        try await bench.validate(["NA"], of: oldest)
        let wrong = try await arrived([("NA", "120", "mmol/L")], for: patient, ago: 20 * 3600, on: bench)
        try await bench.validate(["NA"], of: wrong, reason: "nouveau prélèvement")
        let same = try await arrived([("NA", "122", "mmol/L")], for: patient, ago: 3600, on: bench)
        let other = try await arrived([("NA", "140", "mmol/L")], for: patient, ago: 1800, on: bench)
        #expect(try await !isJump("NA", same, on: bench))
        #expect(try await isJump("NA", other, on: bench))
        try await bench.validate(["NA"], of: same)
        try await reject("NA", of: wrong, on: bench)
        // Compared with 138 both, and what hung on the one that was rejected says so.
        #expect(try await isJump("NA", same, on: bench))
        #expect(try await lastEvent("NA", same, on: bench)?.kind == .withdrawn)
        // 122 is not validated any more: 140 is compared with 138 too, in the same transaction.
        #expect(try await !isJump("NA", other, on: bench))
        let delta = try #require(
            try await bench.desk.explain(try await bench.observation("NA", other).id, by: Bench.technician).last?
                .result.checks.first { $0.check == .delta })
        #expect(delta.inputs.contains(CheckFact(.previous, try #require(Measured("138")))))
        // Taken back, it is the one before again.
        _ = try await bench.desk.withdraw(
            [try await bench.observation("NA", wrong).id], of: wrong.request.number, reason: "bon tube",
            by: Bench.technician)
        try await bench.validate(["NA"], of: wrong, reason: "nouveau prélèvement")
        #expect(try await isJump("NA", other, on: bench))
    }

    @Test func `an hour of collection that is corrected changes what came before what`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let first = try await arrived([("NA", "120", "mmol/L")], for: patient, ago: 600, on: bench)
        try await bench.validate(["NA"], of: first)
        let second = try await arrived([("NA", "140", "mmol/L")], for: patient, ago: 1800, on: bench)
        #expect(try await !isJump("NA", second, on: bench))
        _ = try await bench.desk.receive(
            first.specimens[0].accession, collectedAt: bench.clock.now.advanced(by: .seconds(-7200)),
            nonconformity: nil, by: Bench.technician)
        #expect(try await isJump("NA", second, on: bench))
    }

    @Test func `evaluated again, a file is compared with what is validated then`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let first = try await arrived([("NA", "120", "mmol/L")], for: patient, ago: 20 * 3600, on: bench)
        let second = try await arrived([("NA", "140", "mmol/L")], for: patient, ago: 1800, on: bench)
        // As a base is found that was written before this was looked at.
        let event = ObservationEvent(
            observationID: try await bench.observation("NA", first).id, ordinal: 1, kind: .technicallyValidated,
            author: "technicien", at: bench.clock.now)
        try await bench.store.append(
            [.observationEvent(event)],
            note: AuditNote(
                site: "nord", author: "technicien", action: "tech.validate", subject: first.request.number,
                at: bench.clock.now))
        #expect(try await !isJump("NA", second, on: bench))
        _ = try await bench.desk.judgeAgain(second.request.number, reason: "relecture", by: Bench.technician)
        #expect(try await isJump("NA", second, on: bench))
    }

    @Test func `where the past says the same nothing is judged again, and what is signed never`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let first = try await arrived([("NA", "120", "mmol/L")], for: patient, ago: 20 * 3600, on: bench)
        let signed = try await arrived([("NA", "140", "mmol/L")], for: patient, ago: 7200, on: bench)
        try await bench.validate(["NA"], of: signed)
        _ = try await bench.sign(signed)
        let other = try await arrived([("K", "4.2", "mmol/L")], for: patient, ago: 1800, on: bench)
        try await bench.validate(["NA"], of: first)
        #expect(try await judgements("NA", signed, on: bench) == 1)
        #expect(try await judgements("K", other, on: bench) == 1)
        // What was taken after it is not its past.
        let latest = try await arrived([("NA", "139", "mmol/L")], for: patient, ago: 60, on: bench)
        let open = try await arrived([("NA", "138", "mmol/L")], for: patient, ago: 3600, on: bench)
        try await bench.validate(["NA"], of: latest)
        #expect(try await judgements("NA", open, on: bench) == 1)
    }

    @Test func `another's blood ends with the result that told of it, for all of the collection`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let night = try await arrived(Self.night, for: patient, ago: 20 * 3600, on: bench)
        try await bench.validate(["CREA", "PAL"], of: night)
        let morning = try await arrived(Self.morning, for: patient, ago: 1800, on: bench)
        #expect(try await isJump("UREE", morning, on: bench))
        try await reject("PAL", of: morning, on: bench)
        #expect(try await !isJump("UREE", morning, on: bench))
        // One analysis jumps still: it is held alone.
        #expect(try await isJump("CREA", morning, on: bench))
        #expect(try await holds("CREA", morning, on: bench).allSatisfy { !$0.reason.contains("autre patient") })
        try await bench.arrive(
            "rerun", [Bench.result("PAL", "61", of: morning.specimens[0].accession, unit: "U/L")])
        #expect(try await !isJump("UREE", morning, on: bench))
    }

    @Test func `another's blood ends for the tubes that were only held with it`() async throws {
        let bench = try await Bench.withRules()
        let patient = try await bench.patient().id
        let night = try await arrived(Self.night, for: patient, ago: 20 * 3600, on: bench)
        try await bench.validate(["CREA", "PAL"], of: night)
        var draft = RequestDraft(
            patientID: patient, codes: ["CREA", "PAL", "VGM", "TCMH"],
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = bench.clock.now.advanced(by: .seconds(-1800))
        let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        for specimen in made.specimens {
            _ = try await bench.desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        func tube(_ code: String) throws -> String {
            try #require(made.specimens.first { $0.analyses.contains(code) }).accession
        }
        try #require(try tube("CREA") != (try tube("VGM")))
        let blood: [Value] = [("VGM", "90", "fL"), ("TCMH", "30", "pg")]
        try await bench.arrive(
            "blood",
            try blood.enumerated().map { place, one in
                Bench.result(one.code, one.text, of: try tube(one.code), ordinal: place, unit: one.unit)
            })
        try await bench.arrive(
            "serum",
            [
                Bench.result("CREA", "200", of: try tube("CREA"), unit: "umol/L"),
                Bench.result("PAL", "300", of: try tube("CREA"), ordinal: 1, unit: "U/L"),
            ])
        #expect(try await isJump("VGM", made, on: bench))
        try await reject("PAL", of: made, on: bench)
        #expect(try await !isJump("VGM", made, on: bench))
        #expect(try await !isJump("TCMH", made, on: bench))
    }
}

import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `What another site holds` {
    private static let stranger = Author(login: "sud", role: .technician, site: "sud")
    private static let strangeBiologist = Author(
        login: "sudbio", role: .biologist, site: "sud", professional: Bench.biologistIdentity)

    private func code(_ work: () async throws(CommandFailure) -> Void) async -> String? {
        do throws(CommandFailure) {
            try await work()
            return nil
        } catch {
            if case .refused(let refusal) = error { return refusal.code }
            return "store"
        }
    }

    @Test func `is not there for who would validate, reject, enter, sign, add, change or receive`() async throws {
        let bench = try Bench()
        let made = try await bench.ready()
        let desk = bench.desk
        let number = made.request.number
        let id = try await bench.observation("NA", made).id
        let tube = made.specimens[0].accession
        let before = try await bench.trail.count
        let hash = try await desk.fileToSign(number).contentHash
        let stranger = Self.stranger
        let answers = [
            await code { () throws(CommandFailure) in
                _ = try await desk.validate([id], of: number, reason: "motif d'essai", by: stranger)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.reject(id, of: number, reason: "motif d'essai", by: stranger)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.enter(
                    .text("x"), analysis: "NA", of: number, comment: nil, by: stranger)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.sign(number, contentHash: hash, allowPartial: false, by: Self.strangeBiologist)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.addAnalyses(["CL"], to: number, by: stranger)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.updatePatient(made.request.patientID, Bench.draft("AUTRE"), by: stranger)
            },
            await code { () throws(CommandFailure) in
                _ = try await desk.receive(tube, collectedAt: nil, nonconformity: nil, by: stranger)
            },
        ]
        #expect(
            answers == [
                "request.unknown", "request.unknown", "request.unknown", "request.unknown", "request.unknown",
                "patient.unknown", "specimen.unknown",
            ])
        #expect(try await bench.trail.count == before)
    }

    @Test func `is not there for who would attach, dismiss or replay`() async throws {
        let bench = try Bench()
        let made = try await bench.received(["NA"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("NA", "140", of: "inconnu")])
        let entry = try #require(try await bench.store.triage(site: nil, open: true, limit: 9).first)
        let desk = bench.desk
        let stranger = Self.stranger
        let answers = [
            await code { () throws(CommandFailure) in
                _ = try await desk.attach(entry.id, to: tube, reason: "motif d'essai", by: stranger)
            },
            await code { () throws(CommandFailure) in
                try await desk.dismiss(entry.id, reason: "motif d'essai", by: stranger)
            },
            await code { () throws(CommandFailure) in
                let reading = Reading(observations: [Bench.result("NA", "140", of: tube)])
                _ = try await desk.replay("m1", reading: reading, reason: "motif d'essai", by: stranger)
            },
        ]
        #expect(answers == ["triage.unknown", "triage.unknown", "message.unknown"])
        _ = try await desk.attach(entry.id, to: tube, reason: "étiquette", by: Bench.technician)
    }
}

@Suite struct `A message replayed as a whole` {
    @Test func `and sent again afterwards is no second run`() async throws {
        let bench = try Bench()
        let made = try await bench.received(["NA"])
        let tube = made.specimens[0].accession
        let reading = Reading(observations: [Bench.result("NA", "140", of: tube)])
        let problem = Refusal("driver.none", because: "sans pilote", remedy: "en donner un")
        let first = try await bench.message("m1", text: "le même texte")
        #expect(try await bench.desk.interpret(first, reading: Reading(problems: [problem])).kind == .triaged)
        let outcome = try await bench.desk.replay("m1", reading: reading, reason: "pilote", by: Bench.technician)
        #expect(outcome.observations == 1)
        let second = try await bench.message("m2", text: "le même texte")
        let again = try await bench.desk.interpret(second, reading: reading)
        #expect(again.kind == .duplicate && again.duplicateOf == "m1")
        #expect(try await bench.observations(made).map(\.run) == [1])
    }

    @Test func `but one that was dismissed and comes again is taken`() async throws {
        let bench = try Bench()
        let made = try await bench.received(["NA"])
        let reading = Reading(observations: [Bench.result("NA", "140", of: made.specimens[0].accession)])
        let problem = Refusal("driver.none", because: "sans pilote", remedy: "en donner un")
        _ = try await bench.desk.interpret(
            try await bench.message("m1", text: "le même texte"), reading: Reading(problems: [problem]))
        let entry = try #require(try await bench.store.triage(site: nil, open: true, limit: 9).first)
        try await bench.desk.dismiss(entry.id, reason: "à renvoyer", by: Bench.technician)
        let again = try await bench.desk.interpret(
            try await bench.message("m2", text: "le même texte"), reading: reading)
        #expect(again.kind == .interpreted && again.observations == 1)
    }
}

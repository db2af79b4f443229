import Base
import Catalog
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `What a laboratory must not let through` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func code(_ work: () async throws(CommandFailure) -> Void) async -> String? {
        do throws(CommandFailure) {
            try await work()
            return nil
        } catch {
            guard case .refused(let refusal) = error else { return "store" }
            return refusal.code
        }
    }

    @Test func `what a message holds beside its results waits in triage, the results are taken`() async throws {
        let made = try await bench.received(["K"])
        let stray = Refusal("record.stray", at: "enregistrement 4 (X)", because: "type inconnu", remedy: "lire")
        let outcome = try await bench.desk.interpret(
            try await bench.message("m1"),
            reading: Reading(
                observations: [Bench.result("K", "4.2", of: made.specimens[0].accession)], leftOver: [stray, stray]))
        #expect(outcome.observations == 1 && outcome.triaged == 2)
        let waiting = try await bench.store.triage(site: nil, open: true, limit: 10)
        #expect(waiting.map(\.ordinal).sorted() == [-3, -2])
        #expect(waiting.allSatisfy { $0.explanation.contains("enregistrement 4") })
    }

    @Test func `a rerun is said with the value before it, and needs a reason`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: tube)])
        #expect(try await bench.observation("K", made).holds.allSatisfy { $0.code != .rerun })
        try await bench.arrive("m2", [Bench.result("K", "5.0", of: tube)])
        let second = try await bench.observation("K", made)
        #expect(second.holds.contains { $0.code == .rerun && $0.reason.contains("4,2 mmol/L") })
        let mute = await code { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [second.id], of: made.request.number, reason: nil, by: Bench.technician)
        }
        #expect(mute == "tech.reason")
    }

    @Test func `a result of another tube, or of a tube never received, says so`() async throws {
        let made = try await bench.received(["K", "GLU"])
        try #require(made.specimens.count == 2)
        let other = try #require(made.specimens.first { !$0.analyses.contains("K") })
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: other.accession)])
        #expect(try await bench.observation("K", made).holds.contains { $0.code == .specimenType })
        var draft = RequestDraft(
            patientID: made.request.patientID, codes: ["K"],
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = bench.clock.now.advanced(by: .seconds(-600))
        let unseen = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        try await bench.arrive("m2", [Bench.result("K", "4.2", of: unseen.specimens[0].accession)])
        #expect(try await bench.observation("K", unseen).holds.contains { $0.code == .notReceived })
    }

    static let typed: [(ObservationValue, String?)] = [
        (.coded("POS", display: "Positif"), "enter.nature"), (.text("négatif"), "enter.nature"),
        (.measured(Measured(Exact(4)), unit: "g/L"), "enter.unit"),
        (.measured(Measured(Exact(4)), unit: "mmol/L"), nil), (.notPerformed(reason: "tube cassé"), nil),
        (.notPerformed(reason: " "), "reason.missing"),
    ]

    @Test(arguments: typed)
    func `what is typed has the nature of its analysis`(_ entry: (ObservationValue, String?)) async throws {
        let made = try await bench.received(["K"])
        let found = await code { () throws(CommandFailure) in
            _ = try await bench.desk.enter(
                entry.0, analysis: "K", of: made.request.number, comment: nil, by: Bench.technician)
        }
        #expect(found == entry.1)
    }

    @Test func `one matricule has one file, and a refused file uses up no number`() async throws {
        var draft = PatientDraft(
            status: .qualified,
            traits: Traits(
                birthName: "UN", firstGivenName: "Camille", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                sex: .female, birthplace: "51215"))
        draft.ins = try INS("279035121518989", authority: .nirTest)
        let first = try await bench.desk.registerPatient(draft, by: Bench.secretary)
        let twin = draft
        let refused = await code { () throws(CommandFailure) in
            _ = try await bench.desk.registerPatient(twin, by: Bench.secretary)
        }
        #expect(refused == "patient.ins.twin")
        draft.ins = nil
        draft.status = .provisional
        let next = try await bench.desk.registerPatient(draft, by: Bench.secretary)
        #expect(Int(next.ipp.dropFirst()) == Int(first.ipp.dropFirst()).map { $0 + 1 })
        #expect(try await bench.desk.patient(next.ipp).id == next.id, "an IPP finds its file")
    }

    @Test func `analyses are added on the tube that suits, or on a new one`() async throws {
        let made = try await bench.received(["K"])
        let number = made.request.number
        let wider = try await bench.desk.addAnalyses(["NA", "GLU"], to: number, by: Bench.secretary)
        #expect(wider.request.version == 2 && wider.request.lines.map(\.analysis) == ["K", "NA", "GLU"])
        #expect(wider.specimens.count == 2)
        #expect(wider.specimens[0].analyses == ["K", "NA"] && wider.specimens[1].analyses == ["GLU"])
        try await bench.arrive("m1", [Bench.result("NA", "140", of: wider.specimens[0].accession)])
        #expect(try await bench.observation("NA", made).holds.allSatisfy { $0.code != .specimenType })
        let again = await code { () throws(CommandFailure) in
            _ = try await bench.desk.addAnalyses(["K"], to: number, by: Bench.secretary)
        }
        #expect(again == "request.nothing")
    }

    @Test func `people read results in the order of the catalogue`() async throws {
        let made = try await bench.received(["GLU", "HB", "K", "GB"])
        var results = [IncomingObservation]()
        for (rank, code) in ["K", "GB", "GLU", "HB"].enumerated() {
            let tube = try #require(made.specimens.first { $0.analyses.contains(code) }).accession
            results.append(Bench.result(code, "5", of: tube, ordinal: rank))
        }
        try await bench.arrive("m1", results)
        let shown = try await bench.desk.worklist(site: nil, limit: 10).map(\.observation.analysis)
        let catalogue = bench.desk.catalogue
        let sections = shown.compactMap { code in catalogue[code].flatMap { catalogue.section(of: $0)?.rank } }
        #expect(sections.count == 4)
        #expect(sections == sections.sorted())
        #expect(shown.filter { ["GLU", "K"].contains($0) } == ["GLU", "K"])
        #expect(shown.filter { ["HB", "GB"].contains($0) } == ["HB", "GB"])
    }
}

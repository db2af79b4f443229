import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// What a request says of the person, and what intervals, deltas and calculations make of it.
@Suite struct `Clinical facts of a request` {
    private let day = CivilDate(year: 2026, month: 11, day: 22)

    private func request(
        _ codes: [String], _ clinical: ClinicalFacts?, on bench: Bench, sex: AdministrativeSex = .female
    ) async throws -> RegisteredRequest {
        var patient = Bench.draft()
        patient.traits.sex = sex
        let registered = try await bench.desk.registerPatient(patient, by: Bench.secretary)
        var draft = RequestDraft(
            patientID: registered.id, codes: codes,
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = bench.clock.now.advanced(by: .seconds(-1800))
        draft.clinical = clinical
        let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        for specimen in made.specimens {
            _ = try await bench.desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        return made
    }

    private func creatinine(_ made: RegisteredRequest, on bench: Bench) async throws {
        try await bench.arrive(
            "m1", [Bench.result("CREA", "100", of: made.specimens[0].accession, unit: "umol/L")])
    }

    @Test func `a dated weight makes the clearance, an old one or none does not`() async throws {
        func clearance(_ weight: ClinicalFacts.Weight?) async throws -> ObservationValue {
            let bench = try await Bench.withRules()
            let made = try await request(["CREA", "CLCG"], ClinicalFacts(weight: weight), on: bench)
            try await creatinine(made, on: bench)
            return try await bench.observation("CLCG", made).value
        }
        func weight(_ year: Int, _ month: Int, _ day: Int) -> ClinicalFacts.Weight {
            ClinicalFacts.Weight(kilograms: Exact(70), on: CivilDate(year: year, month: month, day: day))
        }
        guard case .measured = try await clearance(weight(2026, 11, 22)) else {
            Issue.record("a weight of today makes a clearance")
            return
        }
        guard case .measured = try await clearance(weight(2026, 8, 23)) else {
            Issue.record("a weight of a day less than three months makes a clearance")
            return
        }
        #expect(
            try await clearance(weight(2026, 8, 22))
                == .notPerformed(reason: "calcul non rendu : le poids connu est daté de plus de trois mois"))
        guard case .notPerformed(let reason) = try await clearance(nil) else {
            Issue.record("without a weight there is no clearance")
            return
        }
        #expect(reason.contains("POIDS"))
    }

    @Test func `a pregnancy refuses the filtration rate, and said later takes it away`() async throws {
        let bench = try await Bench.withRules()
        let made = try await request(["CREA", "DFG09"], nil, on: bench)
        try await creatinine(made, on: bench)
        guard case .measured = try await bench.observation("DFG09", made).value else {
            Issue.record("without a context the rate is given")
            return
        }
        let facts = ClinicalFacts(pregnancy: ClinicalFacts.Pregnancy(weeks: 20, on: day))
        let none = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.setClinical(facts, of: made.request.number, reason: " ", by: Bench.secretary)
        }
        #expect(none == "reason.missing")
        let changed = try await bench.desk.setClinical(
            facts, of: made.request.number, reason: "dit par la patiente", by: Bench.secretary)
        #expect(changed.judged >= 2 && changed.request.version == 2)
        #expect(
            try await bench.observation("DFG09", made).value
                == .notPerformed(reason: "calcul non rendu : formule non valable pendant la grossesse"))
        #expect(try await bench.soundTrail())
    }

    @Test func `a known context suspends the delta that it explains`() async throws {
        func codes(_ contexts: Set<ClinicalContext>) async throws -> Set<Hold.Code> {
            let bench = try await Bench.withRules()
            let first = try await request(["K"], nil, on: bench)
            try await bench.arrive("m1", [Bench.result("K", "5.9", of: first.specimens[0].accession)])
            try await bench.validate(["K"], of: first)
            bench.clock.advance(.seconds(86_400))
            var draft = RequestDraft(
                patientID: first.request.patientID, codes: ["K"], prescriber: first.request.prescriber)
            draft.collectedAt = bench.clock.now.advanced(by: .seconds(-1800))
            draft.clinical = ClinicalFacts(contexts: contexts)
            let again = try await bench.desk.registerRequest(draft, by: Bench.secretary)
            _ = try await bench.desk.receive(
                again.specimens[0].accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
            try await bench.arrive("m2", [Bench.result("K", "4.0", of: again.specimens[0].accession)])
            return Set(try await bench.observation("K", again).holds.map(\.code))
        }
        #expect(try await codes([]).contains(.delta))
        #expect(try await !codes([.dialysis]).contains(.delta))
        #expect(try await codes([.insulin, .transfusion]).contains(.delta) == false)
        #expect(try await codes([.transfusion]).contains(.delta))
    }

    @Test func `what cannot be is refused`() async throws {
        let bench = try await Bench.withRules()
        func code(_ facts: ClinicalFacts, _ sex: AdministrativeSex = .female) async -> String? {
            do {
                _ = try await request(["K"], facts, on: bench, sex: sex)
                return nil
            } catch {
                guard case .refused(let refusal)? = error as? CommandFailure else { return "autre" }
                return refusal.code
            }
        }
        let tomorrow = CivilDate(year: 2026, month: 11, day: 23)
        func pregnancy(_ weeks: Int?, _ on: CivilDate? = nil) -> ClinicalFacts {
            ClinicalFacts(pregnancy: ClinicalFacts.Pregnancy(weeks: weeks, on: on ?? day))
        }
        #expect(await code(pregnancy(20), .male) == "request.clinical")
        #expect(await code(pregnancy(45)) == "request.clinical")
        #expect(await code(pregnancy(44)) == nil)
        #expect(await code(pregnancy(20, tomorrow)) == "request.clinical")
        #expect(await code(pregnancy(nil)) == nil)
        func weight(_ text: String, _ on: CivilDate? = nil) -> ClinicalFacts {
            ClinicalFacts(weight: Exact(text).map { ClinicalFacts.Weight(kilograms: $0, on: on ?? day) })
        }
        #expect(await code(weight("0.2")) == "request.clinical")
        #expect(await code(weight("0.3")) == nil)
        #expect(await code(weight("70", tomorrow)) == "request.clinical")
    }
}

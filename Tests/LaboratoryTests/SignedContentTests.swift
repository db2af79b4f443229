import Base
import Catalog
import Laboratory
import Testing

@Suite struct `What a signature covers` {
    static func observation(_ id: String, _ analysis: String, _ text: String, run: Int = 1) throws -> Observation {
        Observation(
            id: id, site: "A", requestID: "r1", patientID: "p1", accession: "26031000011", analysis: analysis,
            catalogueVersion: "test", value: .measured(try #require(Measured(text)), unit: "mmol/L"), rawText: text,
            origin: Origin(author: "t"), observedAt: Samples.collected, recordedAt: Samples.collected, run: run)
    }
    static let prescriber = Professional(nationalID: "810002422979", family: "MODELE", given: "Dominique")
    static func request() -> Request {
        Request(
            id: "r1", site: "A", number: "260310-0001", patientID: "p1", prescriber: prescriber,
            prescribedOn: CivilDate(year: 2026, month: 3, day: 9), registeredAt: Samples.collected,
            lines: [RequestLine(analysis: "K"), RequestLine(analysis: "NA")])
    }
    func content() throws -> SignedContent {
        SignedContent(
            patient: Samples.patient(), request: Self.request(), specimens: [Samples.specimen()],
            observations: [try Self.observation("o1", "K", "4.2"), try Self.observation("o2", "NA", "140")])
    }

    @Test func `the order in which things came does not matter`() throws {
        let one = try content()
        var other = one
        other.observations.reverse()
        #expect(one.canonicalBytes == other.canonicalBytes)
    }

    @Test func `any change of any datum changes the bytes`() throws {
        let base = try content()
        var changed: [SignedContent] = []
        func change(_ body: (inout SignedContent) throws -> Void) rethrows {
            var copy = base
            try body(&copy)
            changed.append(copy)
        }
        change { $0.patient.traits.birthName = "ESSAIS" }
        change { $0.patient.traits.birthDate.day = 5 }
        change { $0.patient.traits.sex = .female }
        change { $0.patient.traits.birthplace = nil }
        change { $0.patient.status = .validated }
        change { $0.patient.usedName = "" }
        change { $0.request.number = "260310-0002" }
        change { $0.request.prescriber.nationalID = "810002422970" }
        change { $0.specimens[0].collectedAt = nil }
        change { $0.specimens[0].nonconformity = "hémolysé" }
        change { $0.specimens[0].kind = "SER" }
        try change { $0.observations[0].value = .measured(try #require(Measured("4.20")), unit: "mmol/L") }
        try change { $0.observations[0].value = .measured(try #require(Measured("4.2")), unit: "mol/L") }
        change { $0.observations[0].value = .text("4.2") }
        change { $0.observations[0].flags = [.high] }
        change { $0.observations[0].comment = "" }
        change { $0.observations[0].interval = AppliedInterval(low: Exact("3.5"), high: nil) }
        change {
            $0.observations[0].interval = AppliedInterval(low: Exact("3.5"), high: nil, kind: .decision)
        }
        change { $0.observations[0].observedAt.milliseconds += 1 }
        change { $0.observations[0].catalogueVersion = "other" }
        change { $0.observations.removeLast() }
        let all = Set(changed.map(\.canonicalBytes) + [base.canonicalBytes])
        #expect(all.count == changed.count + 1)
    }

    @Test func `values that hold the separators cannot be mistaken for others`() {
        var one = CanonicalText("t")
        one.add("a", "1:x\nb:1:y")
        var two = CanonicalText("t")
        two.add("a", "1:x")
        two.add("b", "y")
        #expect(one.bytes != two.bytes)
    }

    @Test func `a file offers the highest run that was not rejected, once validated`() throws {
        let first = try Self.observation("o1", "K", "4.2"), second = try Self.observation("o2", "K", "4.4", run: 2)
        func event(_ id: String, _ n: Int, _ kind: ObservationEvent.Kind) -> ObservationEvent {
            ObservationEvent(observationID: id, ordinal: n, kind: kind, author: "t", at: Samples.collected)
        }
        func file(_ events: [ObservationEvent], signatures: [Signature] = []) -> SignableFile {
            SignableFile(
                patient: Samples.patient(), request: Self.request(), specimens: [Samples.specimen()],
                observations: [first, second], events: events, signatures: signatures)
        }
        #expect(file([]).content.observations.isEmpty)
        #expect(file([event("o1", 1, .technicallyValidated)]).content.observations.isEmpty)
        #expect(file([event("o2", 1, .technicallyValidated)]).content.observations.map(\.id) == ["o2"])
        let rejected = file([event("o2", 1, .rejected), event("o1", 1, .technicallyValidated)])
        #expect(rejected.content.observations.map(\.id) == ["o1"])
        #expect(rejected.missing == ["NA"])
        let signature = Signature(
            id: "s1", site: "A", requestID: "r1", version: 1, contentHash: "", meaning: "", account: "b",
            biologist: Self.prescriber, at: Samples.collected, observationIDs: ["o1"], complete: false)
        let again = file(
            [event("o2", 1, .rejected), event("o1", 1, .technicallyValidated)], signatures: [signature])
        #expect(again.fresh.isEmpty)
        #expect(again.nextVersion == 2)
    }
}

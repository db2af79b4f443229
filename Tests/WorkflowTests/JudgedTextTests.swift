import Base
import Catalog
import FoundationEssentials
import Laboratory
import Rules
import Store
import Testing

@testable import Workflow

/// What is written by hand for speed says the same as the general encoder, member by member.
@Suite struct `Records written by hand` {
    private let instant = Instant(milliseconds: 1_763_791_200_123)

    private func values() throws -> [ObservationValue] {
        let number = try #require(Measured("<4.20"))
        return [
            .measured(number, unit: "mmol/L"), .coded("POS", display: "Positif \"fort\""),
            .text("deux\nlignes\tet un \\"), .notPerformed(reason: "hémolysé"),
        ]
    }

    private func general(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test func `an observation, full or bare, is the same and reads back`() throws {
        for (place, value) in try values().enumerated() {
            var observation = Observation(
                id: "o\(place)", site: "nord", requestID: "r", patientID: "p", accession: "T1", analysis: "K",
                catalogueVersion: "v", value: value, rawText: "<4.20", origin: Origin(), observedAt: instant,
                recordedAt: instant)
            for isFull in [false, true] {
                if isFull {
                    observation.instrumentFlags = ["H*", "é"]
                    observation.interval = AppliedInterval(low: Exact("3.5"), high: Exact("5.0"), kind: .decision)
                    observation.flags = [.high, .criticallyHigh]
                    observation.holds = [Hold(.delta, "delta : 4,2"), Hold(.rerun, "passage 2")]
                    observation.origin = Origin(
                        analyzer: "a", messageID: "m", ordinal: 3, author: "b", calculation: "c")
                    observation.run = 12
                    observation.comment = "à revoir"
                }
                let text = String(decoding: observation.json, as: UTF8.self)
                #expect(text == (try general(observation)))
                // An escape is for the general decoder; all else is read by hand.
                #expect(Observation(json: text) == (text.contains("\\") ? nil : observation))
                let record = try Fact.observation(observation).record()
                #expect(try FactRecord.decode(record.body, [], as: Observation.self) == observation)
            }
        }
        let event = ObservationEvent(
            observationID: "o", ordinal: 2, kind: .rejected, author: "t", at: instant, reason: "caillot")
        #expect(String(decoding: event.json, as: UTF8.self) == (try general(event)))
    }

    @Test func `a text that is not whole is left to the general decoder`() throws {
        let observation = Observation(
            id: "o", site: "nord", requestID: "r", patientID: "p", accession: "T1", analysis: "K",
            catalogueVersion: "v", value: try values()[0], rawText: "4", origin: Origin(), observedAt: instant,
            recordedAt: instant)
        let text = String(decoding: observation.json, as: UTF8.self)
        #expect(Observation(json: text) == observation)
        for place in text.indices { #expect(Observation(json: String(text[..<place])) == nil) }
        #expect(Observation(json: text + "x") == nil)
        #expect(Observation(json: text.replacing("\"run\":1,", with: "")) == nil)
        #expect(Observation(json: text.replacing("\"run\"", with: "\"ruse\"")) == nil)
        #expect(Observation(json: text.replacing("measured", with: "guessed")) == nil)
    }

    @Test func `a judgement with everything in it is the same, and so is one with nothing`() async throws {
        let values = try values()
        let value = try #require(Measured("6.90"))
        var full = ResultFacts(
            id: "o1", analysis: "K", value: values[0], rawText: "<4.20 \"", origin: .manual, flags: ["A"],
            unknownFlags: ["?"], status: "P", observedAt: instant, analyzer: "auto", method: "m",
            dilution: .made(factor: Exact(5), multiplied: true),
            indices: SerumIndices(
                hemolysis: Exact("1.5"), icterus: Exact(2), lipemia: Exact(3), freeHemoglobin: Exact(4),
                measured: true),
            control: ControlFacts(.rejected, "contrôle rejeté"), calibrationUntil: instant, reagentUntil: instant,
            mode: .release, lineApproved: true, requested: false, edited: true, hasFreeComment: true,
            history: values.map {
                PriorResult(
                    value: $0, at: instant, comparability: "g", family: "f", specimenKind: "SER",
                    technicallyValidated: false, cancelled: true)
            }, earlierRuns: values, lastCall: KnownCall(value: value, at: instant))
        var evaluation = try await evaluation(of: full)
        var result = try #require(evaluation.results.first)
        result.isSuppressed = true
        result.interval = AppliedInterval(low: Exact(1), high: nil)
        result.intervals = [AppliedInterval(low: nil, high: Exact(2)), AppliedInterval(low: nil, high: nil)]
        result.intervalKind = .therapeutic
        result.flags = [.low]
        result.checks.append(
            CheckRecord(.delta, .yes, code: .delta, inputs: [CheckFact(.words, "a|b;c\\")], note: .noPrior))
        result.proposedDilution = Exact(5)
        result.isReleasable = true
        evaluation.collectionHolds = [CheckRecord(.wrongBlood, .yes, code: .delta)]
        evaluation.catalogueVersion = CatalogVersion("c\"1")
        for dilution in [full.dilution, .none, .unknownFactor] {
            full.dilution = dilution
            try compare(
                full, result, evaluation, holds: [Hold(.delta, "x")], contradictions: [.name, .sex], called: true)
        }
        result.interval = nil
        result.intervalKind = nil
        result.proposedDilution = nil
        let bare = ResultFacts(id: "o2", analysis: "K", value: nil, rawText: "")
        try compare(bare, result, evaluation, holds: [], contradictions: [], called: nil)
    }

    private func compare(
        _ facts: ResultFacts, _ result: ResultEvaluation, _ evaluation: Evaluation, holds: [Hold],
        contradictions: [IdentityContradiction], called: Bool?
    ) throws {
        let key = JudgedRecord.Key(observation: "o1", ordinal: 2)
        var record = JudgedRecord(
            lead: key, evaluation: evaluation, facts: facts, contradictions: contradictions, result: result,
            holds: holds)
        record.isCalled = called
        if called == true {
            record.own = "vu \"deux\" fois"
            record.borrowed = [.hemolysis, .lipemia]
        }
        #expect(String(decoding: record.text, as: UTF8.self) == (try general(record)))
        let input = input(facts)
        for value in try values() {
            var observation = Observation(
                id: "o1", site: "nord", requestID: "r", patientID: "p", accession: "T1", analysis: "K",
                catalogueVersion: "v", value: value, rawText: "4", interval: result.interval, flags: result.flags,
                origin: Origin(), observedAt: instant, recordedAt: instant)
            observation.comment = called.map { _ in "à revoir" }
            record.shown = ShownResult(observation)
            #expect(String(decoding: record.text, as: UTF8.self) == (try general(record)))
        }
        record.scene = JudgedRecord.Scene(input, evaluation, members: [key])
        #expect(String(decoding: record.text, as: UTF8.self) == (try general(record)))
    }

    private func input(_ facts: ResultFacts) -> EvaluationInput {
        EvaluationInput(
            now: instant, patient: PatientFacts(sex: .any, born: CivilDate(year: 1960, month: 0, day: 0)),
            specimen: SpecimenFacts(kind: "SER", tube: "V", analyses: ["K"], collectedAt: instant, receivedAt: nil),
            results: [facts])
    }

    private func evaluation(of facts: ResultFacts) async throws -> Evaluation {
        try await Bench.withRules(approving: false).desk.shelf.engine.evaluate(input(facts))
    }
}

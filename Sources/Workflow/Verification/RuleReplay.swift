package import Base
import Catalog
package import Laboratory
package import Rules
import Store

/// What a judgement said of a result, in short.
package struct JudgedOutcome: Codable, Sendable, Hashable {
    package var value: String
    package var flags: [ResultFlag]
    package var outcome: EvaluationOutcome
    package var holds: [Hold.Code]

    init(_ result: ResultEvaluation) {
        value = result.value.frenchText
        flags = result.flags
        outcome = result.outcome
        holds = result.holdCodes
    }
}

/// A result that would be judged otherwise.
package struct ReplayDifference: Codable, Sendable, Hashable {
    package var observationID: String
    package var ordinal: Int
    package var analysis: String
    package var at: Instant
    package var before: JudgedOutcome
    package var after: JudgedOutcome
    /// Checks that found something else, in their order.
    package var checks: [String]
}

/// What came of judging again.
package struct ReplayReport: Codable, Sendable, Hashable {
    package var judgements = 0
    /// `same`, `differences` and `unknown` together.
    package var results = 0
    package var same = 0
    package var differences: [ReplayDifference] = []
    /// Judged with a catalogue, rules or an engine that are not at hand: nothing can be said of them.
    package var unknown = 0
    /// Rules and lines whose content a dry run counts as approved though it changed: `regle:EDTA`, `analyse:NA`.
    package var assumed: [String] = []
    package var isSound: Bool { differences.isEmpty && unknown == 0 }
}

// The journal holds what every judgement looked at: it can be made again, as it was (`rules replay`), or as another
// catalogue would make it (`catalogue dry-run`, `DryRun.swift`).
extension Desk {
    /// One judgement with its results, in the order in which they were judged.
    struct Judged {
        var scene: JudgedRecord.Scene
        var site: String
        var members: [(record: EvaluationRecord, judged: JudgedRecord)]

        var input: EvaluationInput { scene.input(members.map(\.judged.facts)) }
    }

    /// Judges again what was judged in [`from`, `before`), each with its own catalogue, rules and engine: the same
    /// answers, or the differences.
    package func replayRules(
        from: Instant, before: Instant, by author: Author
    ) async throws(CommandFailure) -> ReplayReport {
        try allow(author, .read)
        var report = ReplayReport()
        let torn = try await each(from, before, author, &report) { judged, report in
            guard let first = judged.members.first?.judged,
                let engine = shelf.engine(version: first.catalogueVersion.text),
                engine.pack.version == first.packVersion, first.engineVersion == RuleEngine.version
            else {
                report.unknown += judged.members.count
                return
            }
            let again = engine.inZone(zone(of: judged.site)).evaluate(judged.input)
            for (member, result) in zip(judged.members, again.results) {
                if member.judged.result == result {
                    report.same += 1
                } else {
                    report.differences.append(Desk.difference(member.record, member.judged, result))
                }
            }
        }
        report.unknown += torn.count
        report.results += torn.count
        return report
    }

    func zone(of site: String) -> CivilZone { sites[site]?.civilZone ?? .europeParis }

    /// `was`: what it is compared with; nil: what stands in the record.
    static func difference(
        _ record: EvaluationRecord, _ judged: JudgedRecord, _ result: ResultEvaluation, was: ResultEvaluation? = nil
    ) -> ReplayDifference {
        let was = was ?? judged.result
        let old = Set(was.checks), new = Set(result.checks)
        var names = [String]()
        for check in was.checks + result.checks where old.contains(check) != new.contains(check) {
            let name = check.rule.description
            if !names.contains(name) { names.append(name) }
        }
        return ReplayDifference(
            observationID: record.observationID, ordinal: record.ordinal, analysis: judged.facts.analysis,
            at: record.at,
            before: JudgedOutcome(was), after: JudgedOutcome(result), checks: names)
    }

    /// Records read at once.
    private static let page = 500

    /// Each judgement of the window, oldest first. The records of one judgement bear one instant. Answers the results
    /// of those that are not whole.
    func each(
        _ from: Instant, _ before: Instant, _ author: Author, _ report: inout ReplayReport,
        _ body: (Judged, inout ReplayReport) async throws(CommandFailure) -> Void
    ) async throws(CommandFailure) -> [String] {
        var last: EvaluationRecord?
        var open = [JudgedRecord.Key: [(record: EvaluationRecord, judged: JudgedRecord)]]()
        while true {
            let behind = last
            let records = try await ask { () throws(StoreFailure) in
                try await store.evaluations(from: from, before: before, behind: behind, limit: Desk.page)
            }
            for record in records where author.reaches(record.site) {
                let judged = try JudgedRecord(record)
                open[judged.lead, default: []].append((record, judged))
                guard let whole = Desk.whole(open[judged.lead] ?? []) else { continue }
                open[judged.lead] = nil
                report.judgements += 1
                report.results += whole.members.count
                try await body(whole, &report)
            }
            guard let next = records.last, records.count == Desk.page else { break }
            last = next
        }
        return open.values.flatMap { $0.map(\.record.observationID) }
    }

    private static func whole(_ found: [(record: EvaluationRecord, judged: JudgedRecord)]) -> Judged? {
        guard let scene = found.lazy.compactMap(\.judged.scene).first, scene.members.count == found.count,
            let site = found.first?.record.site
        else { return nil }
        let members = scene.members.compactMap { key in
            found.first { $0.record.observationID == key.observation && $0.record.ordinal == key.ordinal }
        }
        return members.count == found.count ? Judged(scene: scene, site: site, members: members) : nil
    }
}

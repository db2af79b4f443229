import Catalog
package import Laboratory
import Rules
import Store

extension Desk {
    /// Every judgement of a result, the first first: what each check looked at, and what it found.
    package func explain(
        _ observationID: String, by author: Author
    ) async throws(CommandFailure) -> [JudgedRecord] {
        let observation = try await result(observationID, author)
        let records = try await ask { () throws(StoreFailure) in
            try await store.evaluations(observationID: observation.id)
        }
        var judged = [JudgedRecord]()
        for record in records { judged.append(try JudgedRecord(record)) }
        return judged
    }

    /// The same, each check with all that it looked at: the values of its neighbours, conditions, ages
    /// (`RuleEngine.explained`). As kept where the judgement is not whole, or its catalogue is gone.
    package func explainWhole(
        _ observationID: String, by author: Author
    ) async throws(CommandFailure) -> [JudgedRecord] {
        let observation = try await result(observationID, author)
        var told = [JudgedRecord]()
        for judged in try await explain(observationID, by: author) {
            var judged = judged
            if let input = try await input(of: judged),
                let engine = shelf.engine(version: judged.catalogueVersion.text),
                engine.pack.version == judged.packVersion
            {
                judged.result.checks = engine.inZone(zone(of: observation.site))
                    .explained(judged.result.checks, of: judged.facts, in: input)
            }
            told.append(judged)
        }
        return told
    }

    /// What the judgement looked at, put together from the records of its members; nil when one is missing.
    private func input(of judged: JudgedRecord) async throws(CommandFailure) -> EvaluationInput? {
        func record(_ key: JudgedRecord.Key) async throws(CommandFailure) -> JudgedRecord? {
            let found = try await ask { () throws(StoreFailure) in
                try await store.evaluations(observationID: key.observation)
            }
            return try found.first { $0.ordinal == key.ordinal }.map { (one) throws(CommandFailure) in
                try JudgedRecord(one)
            }
        }
        guard let scene = try await record(judged.lead)?.scene else { return nil }
        var members = [ResultFacts]()
        for key in scene.members {
            guard let member = try await record(key) else { return nil }
            members.append(member.facts)
        }
        return scene.input(members)
    }

    /// A result of a site that this author reaches.
    package func result(_ id: String, _ author: Author) async throws(CommandFailure) -> Observation {
        try allow(author, .readFiles)
        let found = try await ask { () throws(StoreFailure) in try await store.observation(id) }
        guard let observation = found, author.reaches(observation.site) else {
            throw missing("observation.unknown", "résultat", id)
        }
        return try await shown([observation])[0]
    }
}

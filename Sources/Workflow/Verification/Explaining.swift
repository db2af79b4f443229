package import Laboratory
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

    /// A result of a site that this author reaches.
    package func result(_ id: String, _ author: Author) async throws(CommandFailure) -> Observation {
        try allow(author, .readFiles)
        let found = try await ask { () throws(StoreFailure) in try await store.observation(id) }
        guard let observation = found, author.reaches(observation.site) else {
            throw missing("observation.unknown", "résultat", id)
        }
        return observation
    }
}

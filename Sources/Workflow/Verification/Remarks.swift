import Base
import Catalog
package import Laboratory
import Store

/// A sentence of the laboratory that somebody put beside a result by its code. Its words are those of that day.
private struct Remark: Codable, Sendable, Hashable {
    var observation: String
    var code: String
    var text: String
}

extension Desk {
    /// Puts a coded comment (`comments.csv`) beside a result. The signature covers it like the result; after the
    /// signature it takes an amendment.
    package func comment(
        _ code: String, on observationID: String, of reference: String, by author: Author
    ) async throws(CommandFailure) -> Observation {
        try allow(author, .enterResult)
        return try await attempt { () async throws(CommandFailure) -> Observation in
            let (request, all, _) = try await file(of: reference)
            try within(request, author)
            guard var observation = all.first(where: { $0.id == observationID }) else {
                throw missing("observation.unknown", "résultat", observationID)
            }
            guard let sentence = catalogue.comment(code) else {
                throw .refused(
                    Refusal(
                        "comment.unknown", at: code, because: "le catalogue n'a pas de commentaire de ce code",
                        remedy: "choisir parmi : \(catalogue.comments.map(\.code).joined(separator: ", "))"))
            }
            let signatures = try await ask { () throws(StoreFailure) in
                try await store.signatures(requestID: request.id)
            }
            guard !signatures.contains(where: { $0.observationIDs.contains(observationID) }) else {
                throw .refused(
                    Refusal(
                        "comment.signed", at: request.number, because: "ce résultat est déjà signé",
                        remedy: "demander une rectification au biologiste"))
            }
            let entries = try await ask { () throws(StoreFailure) in
                try await store.register(.remark, site: request.site, subject: request.id)
            }
            let remark = Remark(observation: observationID, code: code, text: sentence.text)
            if try remarks(entries).contains(remark) { return observation }
            let at = now()
            let entry = RegisterEntry(
                register: .remark, site: request.site, subject: request.id, ordinal: entries.count + 1,
                author: author.login, at: at, body: RegisterText.text(remark))
            try await ask { () throws(StoreFailure) in
                try await store.append([.register(entry)], note: note(author, "result.comment", observationID, at))
            }
            observation.remark(sentence.text)
            return observation
        }
    }

    /// Results of a request, rows of the store, as they were judged last and with what people put beside them; with a
    /// signature, as it covers them.
    package func told(
        _ stored: [Observation], of request: Request, by signature: Signature? = nil
    ) async throws(CommandFailure) -> [Observation] {
        let until = signature?.at
        var observations = stored
        if let signature {
            observations = try await shown(stored, as: signature)
        } else {
            observations = try await shown(stored)
        }
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.remark, site: request.site, subject: request.id)
        }
        let known = try remarks(entries.filter { entry in until.map { entry.at <= $0 } ?? true })
        if known.isEmpty { return observations }
        return observations.map { observation in
            var observation = observation
            for remark in known where remark.observation == observation.id { observation.remark(remark.text) }
            return observation
        }
    }

    private func remarks(_ entries: [RegisterEntry]) throws(CommandFailure) -> [Remark] {
        var read = [Remark]()
        for entry in entries { read.append(try RegisterText.decode(Array(entry.body.utf8), as: Remark.self)) }
        return read
    }
}

extension Observation {
    fileprivate mutating func remark(_ text: String) {
        comment = [comment, text].compactMap { $0 }.joined(separator: " ; ")
    }
}

import Base
import Catalog
package import Laboratory
import Store

extension Desk {
    /// Adds analyses or panels to a request: a new version of it, on the tubes that suit, or on new ones. What is
    /// already asked stays as it is; asking only for that is refused.
    package func addAnalyses(
        _ codes: [String], to reference: String, by author: Author
    ) async throws(CommandFailure) -> RegisteredRequest {
        try allow(author, .register)
        return try await attempt { () async throws(CommandFailure) -> RegisteredRequest in
            let old = try await request(reference)
            try within(old, author)
            let asked = try decide { () throws(Refusal) in try catalogue.expand(codes: codes) }
            let known = Set(old.lines.map(\.analysis))
            let added = asked.filter { !known.contains($0.code) }
            guard !added.isEmpty else {
                throw .refused(
                    Refusal(
                        "request.nothing", at: old.number, because: "ces analyses sont déjà demandées",
                        remedy: "voir la demande (request show)"))
            }
            let at = now()
            let change = try await adding(
                added.map { RequestLine(analysis: $0.code, panel: $0.panel) }, to: old, at: at)
            try await ask { () throws(StoreFailure) in
                try await store.append(change.facts, note: note(author, "request.change", old.number, at))
            }
            if change.hasOrders { afterOrdering() }
            return change.made
        }
    }

    /// What is known of the person with a request, from now on: what stands is judged and calculated with it, and what
    /// is signed comes back to be amended where that says something else. Answers the request and how many results
    /// were judged.
    package func setClinical(
        _ clinical: ClinicalFacts, of reference: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> (request: Request, judged: Int) {
        try allow(author, .register)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> (request: Request, judged: Int) in
            let old = try await request(reference)
            try within(old, author)
            let at = now()
            let today = CivilTime(at, in: try site(old.site).civilZone).date
            var file = try await open(old)
            try decide { () throws(Refusal) in try clinical.check(sex: file.patient.traits.sex, today: today) }
            var changing = old
            changing.version += 1
            changing.clinical = clinical.isEmpty ? nil : clinical
            let request = changing
            file.request = request
            let judged = try await withLater(
                try await judge(
                    file, changed: file.measured, whole: true,
                    evenSigned: try await withdrawal(of: request) == nil),
                of: request, file.observations, after: file.events)
            let subject = "\(request.number) : \(reason.prefix(120))"
            try await ask { () throws(StoreFailure) in
                try await store.append(
                    [.request(request)] + judged, note: note(author, "request.clinical", subject, at))
            }
            return (request, judged.count { if case .evaluation = $0 { true } else { false } })
        }
    }

    /// Who gets copies, and the class of the encounter; nil leaves it as it is. What was signed stands: neither is part
    /// of what a biologist signs. After a signature the register says whom the version in force goes to, and from whom
    /// it is taken back.
    package func setAddressees(
        _ recipients: [Professional]?, encounter: EncounterClass?, of reference: String, by author: Author
    ) async throws(CommandFailure) -> Request {
        try allow(author, .register)
        return try await attempt { () async throws(CommandFailure) -> Request in
            let old = try await request(reference)
            try within(old, author)
            for one in recipients ?? [] { try checkShown(one.shownWords) }
            try checkMail(recipients ?? [])
            var changing = old
            changing.recipients = recipients ?? old.recipients
            changing.encounter = encounter ?? old.encounter
            guard changing != old else {
                throw .refused(
                    Refusal(
                        "request.nothing", at: old.number, because: "rien ne change à la demande",
                        remedy: "voir la demande (request show)"))
            }
            changing.version += 1
            let request = changing
            let note = note(author, "request.addressees", request.number, now())
            let readdressing = try await readdressing(from: old, to: request, by: author)
            let facts =
                [.request(request)] + readdressing.map { Fact.register($0) }
                + (request.encounter == old.encounter ? [] : try await judgeAgain(elsewhere: request))
            try await ask { () throws(StoreFailure) in try await store.append(facts, note: note) }
            if !readdressing.isEmpty { afterReaddressing(request.id) }
            return request
        }
    }

    /// The act that tells whom copies are sent to since; none before a signature, or when no address changes.
    private func readdressing(
        from old: Request, to new: Request, by author: Author
    ) async throws(CommandFailure) -> [RegisterEntry] {
        let signed = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: new.id) }
        guard !signed.isEmpty else { return [] }
        func addresses(_ request: Request) -> Set<String> {
            Set(request.recipients.compactMap { $0.securedMail?.lowercased() })
        }
        let before = addresses(old), after = addresses(new)
        guard before != after else { return [] }
        let added = after.subtracting(before).sorted(), removed = before.subtracting(after).sorted()
        let words = added.map { "ajouté : " + $0 } + removed.map { "retiré : " + $0 }
        var act = ReleaseAct(.readdress, reason: words.joined(separator: ", "))
        (act.added, act.removed) = (added, removed)
        return [try await releaseEntry(act, of: new, by: author.login)]
    }

    /// What adding or removing lines of a request changes: the request, its tubes, what analyzers are told.
    struct Addition: Sendable {
        var facts: [Fact]
        var made: RegisteredRequest
        var hasOrders: Bool
    }
    func adding(_ lines: [RequestLine], to old: Request, at: Instant) async throws(CommandFailure) -> Addition {
        var request = old
        request.version += 1
        request.lines += lines
        let id = request.id
        let before = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: id) }
        let (changed, all) = specimens(for: lines.map(\.analysis), of: request, among: before)
        let orders = try await orders(for: changed, at: at)
        return Addition(
            facts: [.request(request)] + changed.map(Fact.specimen) + orders.map(Fact.order),
            made: RegisteredRequest(request: request, specimens: all), hasOrders: !orders.isEmpty)
    }

    /// Takes analyses off a request: a new version of it, and of their tubes. One that has a result is not cancelled:
    /// its result is rejected first. An analyzer that was told of them is told that they are not wanted any more.
    package func cancelAnalyses(
        _ codes: [String], of reference: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> RegisteredRequest {
        try allow(author, .register)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> RegisteredRequest in
            let old = try await request(reference)
            let codes = Set(try decide { () throws(Refusal) in try catalogue.expand(codes: codes) }.map(\.code))
            guard old.lines.contains(where: { codes.contains($0.analysis) }) else {
                throw .refused(
                    Refusal(
                        "request.nothing", at: old.number, because: "ces analyses ne sont pas demandées",
                        remedy: "voir la demande (request show)"))
            }
            let done = try await standing(of: old.id)
            if let code = codes.sorted().first(where: { done[$0] != nil }) {
                throw .refused(
                    Refusal(
                        "request.done", at: code, because: "\(code) a déjà un résultat",
                        remedy: "rejeter d'abord ce résultat, avec un motif"))
            }
            let at = now()
            let removal = try await removing(codes, from: old, at: at)
            let subject = "\(old.number) : \(reason.prefix(120))"
            try await ask { () throws(StoreFailure) in
                try await store.append(removal.facts, note: note(author, "request.cancel", subject, at))
            }
            afterOrdering()
            return removal.made
        }
    }

    /// What taking analyses off a request changes.
    func removing(_ codes: Set<String>, from old: Request, at: Instant) async throws(CommandFailure) -> Addition {
        var changing = old
        changing.version += 1
        changing.lines.removeAll { codes.contains($0.analysis) }
        let request = changing
        var all = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        var changed: [Specimen] = []
        for index in all.indices where all[index].analyses.contains(where: { codes.contains($0) }) {
            all[index].analyses.removeAll { codes.contains($0) }
            all[index].version += 1
            changed.append(all[index])
        }
        let orders = try await orders(for: changed, at: at)
        return Addition(
            facts: [.request(request)] + changed.map(Fact.specimen) + orders.map(Fact.order),
            made: RegisteredRequest(request: request, specimens: all), hasOrders: !orders.isEmpty)
    }

    /// The specimens that change or are new, and all of them.
    private func specimens(
        for codes: [String], of request: Request, among before: [Specimen]
    ) -> (changed: [Specimen], all: [Specimen]) {
        var all = before
        var changed = Set<String>()
        for code in codes {
            guard let analysis = catalogue[code], let kind = analysis.specimen else { continue }
            let tube = analysis.tube ?? ""
            if let index = all.firstIndex(where: { $0.kind == kind && $0.tube == tube }) {
                all[index].analyses.append(code)
                if changed.insert(all[index].accession).inserted, index < before.count { all[index].version += 1 }
            } else {
                let accession = request.number.filter { $0 != "-" } + String(all.count + 1)
                all.append(
                    Specimen(
                        accession: accession, site: request.site, requestID: request.id, kind: kind, tube: tube,
                        analyses: [code]))
                changed.insert(accession)
            }
        }
        return (all.filter { changed.contains($0.accession) }, all)
    }
}

package import Base
package import Laboratory

// What a new version of a report changes, and who has the one before.

/// Somebody who has an earlier version, and what comes next.
package struct ReportHolder: Codable, Sendable, Hashable {
    package var who: String
    /// 0 for none.
    package var version: Int
    package var state: String
    package var next: String
    package init(who: String, version: Int, state: String, next: String) {
        self.who = who
        self.version = version
        self.state = state
        self.next = next
    }
}

/// A result that is not the same in two versions; nil: not there.
package struct ResultChange: Sendable, Hashable {
    package var analysis: String
    package var before: ObservationView?
    package var after: ObservationView?
}

extension RequestFileView {
    /// By code; results by their identifiers.
    package func changes(from before: [String], to after: [String]) -> [ResultChange] {
        func values(_ ids: [String]) -> [String: ObservationView] {
            Dictionary(
                observations.filter { ids.contains($0.id) }.map { ($0.analysis, $0) },
                uniquingKeysWith: { $0.run > $1.run ? $0 : $1 })
        }
        let old = values(before), new = values(after)
        return Set(old.keys).union(new.keys).sorted().compactMap { code in
            guard old[code]?.id != new[code]?.id else { return nil }
            return ResultChange(analysis: code, before: old[code], after: new[code])
        }
    }

    /// The two versions to put side by side: the last signed one beside what is to be signed, else the last two signed.
    package func sides(_ toSign: FileToSignView) -> (before: SignatureView?, after: SignatureView?, ids: [String]) {
        let isPending = toSign.standing == .toSign || toSign.standing == .toAmend
        let signed = signatures.sorted { $0.version < $1.version }
        guard !isPending, let last = signed.last else { return (signed.last, nil, toSign.observations.map(\.id)) }
        return (signed.dropLast().last, last, last.observationIDs)
    }

    package var lastSignature: SignatureView? { signatures.max { $0.version < $1.version } }
}

extension LaboratoryClient {
    /// Who has something of the reports of a request, and what each will get: `pending` when a version is to be signed
    /// now, by the decision that will send it; nobody gets anything more of one that is signed.
    package func holders(
        of request: RequestView, pending: Bool, partial: Bool = false, reason: Amendment.Reason? = nil
    ) async throws(Refusal) -> [ReportHolder] {
        try await get(
            "/v1/requests/\(LaboratoryClient.segment(request.id))/holders",
            [
                ("pending", String(pending)), ("partial", String(partial)), ("reason", reason?.rawValue),
            ])
    }
}

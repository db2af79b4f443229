import Base
import Catalog
import Laboratory
import Quality
import Rules
import Store

// Who published a line or a rule as it reads now does not approve it (PAIN 16: a code enters only with a second
// person's approval). A laboratory with one biologist cannot obey: it says so, with its reason in the audit chain, and
// as long as there is one only.
extension Desk {
    /// Subject of the register of approvals.
    private static let singleBiologist = "laboratoire:biologiste-unique"

    /// Refuses (`catalogue.approve.author`) when the author published one of these contents.
    func checkSecondPerson(_ subjects: [ApprovalSubject], by author: Author) async throws(CommandFailure) {
        let own = try await published(subjects, by: author)
        guard let first = own.first else { return }
        if try await isSingleBiologist(author) { return }
        let names = own.prefix(5).map { "« \($0.subject.name) » (version \($0.version))" }.joined(separator: ", ")
        throw .refused(
            Refusal(
                "catalogue.approve.author", at: first.subject.name,
                because: "vous avez publié \(names)"
                    + (own.count > 5 ? " et \(own.count - 5) autre(s)" : "") + " : qui publie n'approuve pas",
                remedy: "faire approuver par un autre biologiste ; un laboratoire qui n'en a qu'un le déclare "
                    + "(paillasse catalogue single-biologist --reason MOTIF)"))
    }

    /// Subjects whose content, as it reads now, this author published first, with the number of that version.
    private func published(
        _ subjects: [ApprovalSubject], by author: Author
    ) async throws(CommandFailure) -> [(subject: ApprovalSubject, version: Int)] {
        var first = [String: RegisterEntry]()
        var rest = subjects
        for entry in try await publications().reversed() {
            let tables = CatalogueTables(try files(of: entry))
            let rules = shelf.engine(version: try body(of: entry).version)?.pack.approvable ?? []
            let contents = Dictionary(
                rules.map { (ApprovalSubject.name(of: $0.reference), $0.content) }, uniquingKeysWith: { $1 })
            rest.removeAll { subject in
                let content =
                    subject.isRule
                    ? contents[subject.name]
                    : ControlSubject.isName(subject.name)
                        ? tables.controlSubject(of: ControlSubject.assay(named: subject.name))?.content
                        : tables.approvable(subject.name.after("analyse:"))
                return content != subject.content
            }
            if rest.isEmpty { break }
            for subject in rest { first[subject.name] = entry }
        }
        return subjects.compactMap { subject in
            guard let entry = first[subject.name], entry.author == author.login else { return nil }
            return (subject, entry.ordinal)
        }
    }

    private func isSingleBiologist(_ author: Author) async throws(CommandFailure) -> Bool {
        guard try await singleBiologistApproval().state == .approved else { return false }
        return try await biologists() == [author.login]
    }

    /// Accounts that may approve.
    private func biologists() async throws(CommandFailure) -> [String] {
        let accounts = try await ask { () throws(StoreFailure) in try await store.accounts() }
        return accounts.filter { $0.enabled && $0.role.permissions.contains(.sign) }.map(\.login)
    }

    /// Whether the laboratory said that it has one biologist only, who, when.
    package func singleBiologistApproval() async throws(CommandFailure) -> CatalogueApproval {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.approval, site: Register.everySite, subject: Desk.singleBiologist)
        }
        guard let last = entries.last else { return CatalogueApproval(subject: Desk.singleBiologist, state: .draft) }
        let body = try RegisterText.decode(Array(last.body.utf8), as: ApprovalBody.self)
        return CatalogueApproval(
            subject: Desk.singleBiologist, state: body.valid ? .approved : .withdrawn, author: last.author, at: last.at)
    }

    /// The laboratory has one biologist only, who may then approve what he published; or no longer. Refused
    /// (`catalogue.single.biologists`) while another account may approve.
    package func declareSingleBiologist(
        _ valid: Bool, reason: String, by author: Author
    ) async throws(CommandFailure) -> CatalogueApproval {
        try allow(author, .sign)
        try needReason(reason)
        let others = try await biologists().filter { $0 != author.login }
        guard !valid || others.isEmpty else {
            throw .refused(
                Refusal(
                    "catalogue.single.biologists", at: others[0],
                    because: "un autre compte de biologiste est ouvert : \(others.joined(separator: ", "))",
                    remedy: "lui faire approuver ce que vous publiez, ou fermer son compte s'il est parti"))
        }
        try await attempt { () async throws(CommandFailure) in
            let known = try await ask { () throws(StoreFailure) in
                try await store.register(.approval, site: Register.everySite, subject: Desk.singleBiologist)
            }
            let at = now()
            let entry = RegisterEntry(
                register: .approval, site: Register.everySite, subject: Desk.singleBiologist,
                ordinal: (known.last?.ordinal ?? 0) + 1, author: author.login, at: at,
                body: RegisterText.text(ApprovalBody(hash: "", valid: valid, reason: reason, until: nil)))
            let action = valid ? "catalogue.single" : "catalogue.single.withdraw"
            let note = self.note(author, action, "\(Desk.singleBiologist) : \(reason.prefix(120))", at)
            try await ask { () throws(StoreFailure) in try await store.append([.register(entry)], note: note) }
        }
        return try await singleBiologistApproval()
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> String { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self }
}

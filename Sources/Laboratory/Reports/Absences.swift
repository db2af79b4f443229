package import Base

/// Destinations of which a person said that they have nothing of a request's report, whatever words the other side
/// found for it (acts `absent` of the register `release`), and of which nobody said the contrary since (`present`).
package struct Absences: Sendable, Hashable {
    /// By destination, as the register names it: when it was said.
    private var said: [String: Instant] = [:]
    package init() {}
    /// In the order they were decided.
    package init(_ acts: [(act: ReleaseAct, at: Instant)]) {
        for (act, at) in acts {
            guard let place = act.destination else { continue }
            if act.kind == .absent { said[place] = at }
            if act.kind == .present { said[place] = nil }
        }
    }
    package var isEmpty: Bool { said.isEmpty }

    /// Whether what was sent there before it was said is not there: what its own server says later (a ZAM Y) counts
    /// more.
    package func covers(_ place: String, sent: Instant, confirmed: Instant?) -> Bool {
        guard let at = said[place] else { return false }
        return sent <= at && confirmed.map { $0 <= at } ?? true
    }

    /// A record in the DMP is that of its matricule; a mailbox has its address, in lower case.
    package static func place(ofDMP matricule: String?) -> String { "DMP \(matricule ?? "")" }
    package static func place(of address: String) -> String { address.lowercased() }
}

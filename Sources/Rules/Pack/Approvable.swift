import Base
import Catalog

/// A rule as a biologist approves it: its name, and everything that it does in canonical bytes. Its cases and the
/// source of its numbers may change without asking again.
package struct ApprovableRule: Sendable, Hashable {
    package let reference: RuleReference
    /// `cohérence`, `réflexe`, `calcul`, `politique`.
    package let kind: String
    package let content: [UInt8]
}

extension RulePack {
    /// The choices of `policy.json5` taken together.
    package static let policyReference = RuleReference(id: "politique", version: 1)
    /// The standing approval of mode B (RULES 1.1): which analyses, under which rules.
    package static let standingReference = RuleReference(id: "mode-B", version: 1)

    /// Everything that is not active before somebody stands for it, in the order of the files.
    package var approvable: [ApprovableRule] {
        var rules = formulas.map { ApprovableRule(reference: $0.reference, kind: "calcul", content: $0.content) }
        rules += coherence.map { ApprovableRule(reference: $0.reference, kind: "cohérence", content: $0.content) }
        rules += reflexes.map { ApprovableRule(reference: $0.reference, kind: "réflexe", content: $0.content) }
        if hasPolicy {
            rules.append(
                ApprovableRule(reference: RulePack.policyReference, kind: "politique", content: policyText))
        }
        if policy.hasReleases {
            let ofSites = policy.releasedAtSite.sorted { $0.key < $1.key }
                .map { "\n\($0.key):\($0.value.sorted().joined(separator: ","))" }
            let released = policy.releasedUnderApproval.sorted().joined(separator: ",") + ofSites.joined()
            rules.append(
                ApprovableRule(
                    reference: RulePack.standingReference, kind: "politique",
                    content: Array("\(released)\n\(version)".utf8)))
        }
        return rules
    }
}

extension Formula {
    fileprivate var content: [UInt8] {
        var lines = ["calcul:\(code)@\(version)", name, "\(unit.text) \(decimals)", value.text]
        lines += inputs.map { "\($0.name) \($0.unit.text) \($0.aliases.joined(separator: ","))" }.sorted()
        lines += (guards + comments).map { "\($0.id) \($0.when.text) \($0.because)" }
        return Array(lines.joined(separator: "\n").utf8)
    }
}

extension TubeRule {
    fileprivate var content: [UInt8] {
        let acts = (wholeTube ? ["*"] : []) + holds.sorted() + adds
        let lines =
            ["\(id)@\(version)", when.text, because, acts.joined(separator: ",")] + (forbids ? ["forbids"] : [])
        return Array(lines.joined(separator: "\n").utf8)
    }
}

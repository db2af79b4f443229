/// A titre as people write it: `1/160`, `1:160`.
package struct Titre: Sendable, Hashable, Codable, CustomStringConvertible {
    package let above: Int
    package let below: Int

    /// Nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == ":" }
        guard parts.count == 2, let above = Int(parts[0]), let below = Int(parts[1]), above > 0, below > 0 else {
            return nil
        }
        self.above = above
        self.below = below
    }

    package var description: String { "\(above)/\(below)" }
}

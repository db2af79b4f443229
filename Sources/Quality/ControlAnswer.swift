package import Base

// Controls that no number says: a test strip, an agglutination, a blood group (PAIN 19). They have no z; each answers as
// expected or it does not, and one that does not rejects its run, whatever the rules of the policy.

/// What a control without a z has to answer: one of some codes, or a titre within one twofold dilution.
package enum ControlExpectation: Sendable, Hashable, Codable, CustomStringConvertible {
    case answers([String])
    case titre(Titre)

    /// `POS`, `POS|IND`, `1/160`; nil: nothing is expected, or a code is empty or written twice.
    package init?(_ text: String) {
        if let titre = Titre(text) {
            self = .titre(titre)
            return
        }
        let codes = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let isSound = codes.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }
        guard isSound, Set(codes).count == codes.count else { return nil }
        self = .answers(codes)
    }

    package var description: String {
        switch self {
        case .answers(let codes): codes.joined(separator: "|")
        case .titre(let titre): titre.description
        }
    }

    /// As people read it: `POS ou IND`, `1/160 ± 1 dilution`.
    package var french: String {
        switch self {
        case .answers(let codes): codes.joined(separator: " ou ")
        case .titre(let titre): "\(titre) ± 1 dilution"
        }
    }

    /// Nil: the two do not compare, and the control proves nothing (RULES section 2.2, fail closed).
    func isMet(byAnswer answer: String) -> Bool? {
        switch self {
        case .answers(let codes): return codes.contains(answer)
        case .titre(let expected):
            // A code where a titre is expected (NEG) is not within one dilution of it; one with a comparator is nowhere.
            if let titre = Titre(answer) { return expected.isWithinOneDilution(of: titre) }
            return Measured(answer.prefix { $0 != "/" })?.comparator ?? .equal == .equal ? false : nil
        }
    }

    /// A titre sent as its denominator (`160`), censored or not.
    func isMet(byNumber value: Measured) -> Bool? {
        guard case .titre(let expected) = self else { return nil }
        guard expected.above == 1, let double = Exact(expected.below).multiplied(by: Exact(2)),
            let half = Exact(expected.below).multiplied(by: Exact(coefficient: 5, scale: 1))
        else { return nil }
        switch (value.isBelow(half), value.isAbove(double)) {
        case (.yes, _), (_, .yes): return false
        case (.no, .no): return true
        case (.unknown, _), (_, .unknown): return nil
        }
    }
}

extension Titre {
    /// Half to twice, both included: without a division.
    fileprivate func isWithinOneDilution(of other: Titre) -> Bool {
        let (x, overflows) = below.multipliedReportingOverflow(by: other.above)
        let (y, overflowsToo) = other.below.multipliedReportingOverflow(by: above)
        guard !overflows, !overflowsToo, max(x, y) <= Int.max / 2 else { return false }
        return x * 2 >= y && y * 2 >= x
    }
}

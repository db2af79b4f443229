/// What a file is to the biologist who reads it.
package enum SignStanding: Sendable, Hashable {
    /// Something of it waits for a signature.
    case toSign
    /// All of it is signed, and stands.
    case signed
    /// All of it is signed, and the control of these analyses was rejected since: nothing is signed under a rejected
    /// control, so that each of these results is to be decided on.
    case toReview([String])
    /// Signed, and said otherwise now: only an amendment is signed.
    case toAmend
    /// Signed, and all that it gave was rejected since: there is nothing to sign an amendment of; the report is to be
    /// taken back, or new results are to come.
    case emptied
    /// … and it was taken back.
    case withdrawn

    /// `isEmpty`: nothing is left to sign; `isWithdrawn`: what left was taken back. `isFresh`: something is in no
    /// signature; `rejected`: analyses whose control holds their result now.
    package init(
        isFresh: Bool, isAmendment: Bool, nextVersion: Int, rejected: [String], isEmpty: Bool, isWithdrawn: Bool
    ) {
        if isEmpty, nextVersion > 1 {
            self = isWithdrawn ? .withdrawn : .emptied
        } else if isAmendment {
            self = .toAmend
        } else if isFresh || nextVersion <= 1 {
            self = .toSign
        } else {
            self = rejected.isEmpty ? .signed : .toReview(rejected)
        }
    }
}

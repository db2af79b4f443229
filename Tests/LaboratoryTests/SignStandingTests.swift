import Laboratory
import Testing

@Suite struct SignStandingTests {
    private func standing(
        fresh: Bool = false, amends: Bool = true, next: Int = 2, rejected: [String] = [], empty: Bool = false,
        withdrawn: Bool = false
    ) -> SignStanding {
        SignStanding(
            isFresh: fresh, isAmendment: amends, nextVersion: next, rejected: rejected, isEmpty: empty,
            isWithdrawn: withdrawn)
    }

    @Test func `a signed file of which every value was rejected is not to be amended but taken back, once`() {
        #expect(standing() == .toAmend)
        #expect(standing(empty: true) == .emptied)
        #expect(standing(empty: true, withdrawn: true) == .withdrawn)
        // A value that came since is to be signed in its place.
        #expect(standing(fresh: true, withdrawn: true) == .toAmend)
        // Nothing was signed yet: it waits for its first signature.
        #expect(standing(amends: false, next: 1, empty: true) == .toSign)
        #expect(standing(amends: false, rejected: ["K"]) == .toReview(["K"]))
        #expect(standing(amends: false) == .signed)
    }
}

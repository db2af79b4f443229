import Base
import Laboratory
import Store
import Testing

/// HOUSE habit 7: fail the Nth write, once and for ever, for every N, and look at what is left.
@Suite struct FaultTests {
    /// A little history whose every write is retried once, as the shells do.
    private func history(on store: MemoryStore) async -> [Bool] {
        var kept: [Bool] = []
        for n in 0..<6 {
            let facts: [Fact] = [.patient(Make.patient("p\(n)")), .inbound(Make.inbound("Z\(n)"))]
            var done = false
            for _ in 0..<2 where !done {
                switch await failure(of: store, facts) {
                // Already there: the answer to the first try was lost, and that is success.
                case nil, .conflict: done = true
                case .unavailable: break
                }
            }
            kept.append(done)
        }
        return kept
    }

    @Test(arguments: MemoryStore.Fault.allCases, [false, true])
    func `no planned failure leaves half an append or a broken chain`(
        fault: MemoryStore.Fault, forEver: Bool
    ) async throws {
        for n in 1...8 {
            let store = MemoryStore()
            await store.fail(write: n, fault: fault, forEver: forEver)
            let kept = await history(on: store)
            await store.heal()
            for index in 0..<6 {
                let patient = try await store.patient("p\(index)")
                let inbound = try await store.inbound(source: "PFI", controlID: "Z\(index)")
                #expect((patient == nil) == (inbound == nil))
                if kept[index] { #expect(patient != nil) }
            }
            if !forEver { #expect(kept.allSatisfy { $0 }) }
            #expect(try await AuditChain.verify(store: store).isSound)
        }
    }
}

import Base
import Laboratory
import Store
import Testing

@Suite struct `Orders to analyzers in every store` {
    private func ids(_ orders: [AnalyzerOrder]) -> [String] { orders.map(\.id) }

    @Test(arguments: Stored.allCases) func `an order is due until it is acknowledged, refused or withdrawn`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            let orders = [
                Make.order("o1", at: 3), Make.order("o2", tube: "t2", at: 1), Make.order("o3", tube: "t3", at: 2),
                Make.order("o4", analyzer: "a2", at: 0),
            ]
            try await store.append(orders.map { .order($0) }, note: Make.note())
            #expect(ids(try await store.ordersDue(analyzer: nil, limit: 9)) == ["o4", "o2", "o3", "o1"])
            #expect(ids(try await store.ordersDue(analyzer: "a1", limit: 2)) == ["o2", "o3"])
            try await store.append([.orderEvent(Make.event(ofOrder: "o2", 1, .failed))], note: nil)
            #expect(ids(try await store.ordersDue(analyzer: "a1", limit: 1)) == ["o2"])
            try await store.append([.orderEvent(Make.event(ofOrder: "o2", 2, .acknowledged))], note: nil)
            try await store.append([.orderEvent(Make.event(ofOrder: "o3", 1, .refused))], note: nil)
            try await store.append([.orderEvent(Make.event(ofOrder: "o1", 1, .withdrawn))], note: nil)
            #expect(ids(try await store.ordersDue(analyzer: nil, limit: 9)) == ["o4"])
            #expect(try await store.orderEvents("o2").map(\.kind) == [.failed, .acknowledged])
            #expect(try await store.order("o3") == orders[2])
            #expect(try await store.order("o9") == nil)
            // Closed in the transaction that opens it: never due.
            try await store.append(
                [
                    .orderEvent(Make.event(ofOrder: "o5", 1, .acknowledged)),
                    .order(Make.order("o5", analyzer: "a3", at: 0)),
                ], note: Make.note())
            #expect(try await store.ordersDue(analyzer: "a3", limit: 9).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `orders are listed by tube and by analyzer`(kind: Stored) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .order(Make.order("o1", analyzer: "b", ordinal: 2, .add, at: 2)),
                    .order(Make.order("o2", analyzer: "b", at: 1)), .order(Make.order("o3", analyzer: "a", at: 9)),
                    .order(Make.order("o4", analyzer: "a", tube: "t2", at: 1)),
                ], note: Make.note())
            #expect(ids(try await store.orders(accession: "t1")) == ["o3", "o2", "o1"])
            #expect(ids(try await store.orders(analyzer: "b", limit: 9)) == ["o1", "o2"])
            #expect(ids(try await store.orders(analyzer: "a", limit: 1)) == ["o3"])
        }
    }

    @Test(arguments: Stored.allCases) func `specimens between two numbers are found, each in its latest version`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            let all = ["2611220001", "2611220002", "2611220010", "2611230001"]
            try await store.append(all.map { .specimen(Make.specimen($0)) }, note: Make.note())
            try await store.append([.specimen(Make.specimen(all[1], version: 2, received: 5))], note: Make.note())
            let found = try await store.specimens(from: "2611220002", through: "2611220999", limit: 9)
            #expect(found.map(\.accession) == [all[1], all[2]])
            #expect(found.first?.version == 2)
            #expect(try await store.specimens(from: all[0], through: all[3], limit: 2).count == 2)
            #expect(try await store.specimens(from: "3", through: "2", limit: 9).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `an order is not written without its line of the trail`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            guard case .unavailable(let refusal) = await failure(of: store, [.order(Make.order("o1"))], note: nil)
            else { return #expect(Bool(false), "kept") }
            #expect(refusal.code == "store.note")
        }
    }
}

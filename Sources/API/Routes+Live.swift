import Base
import Client
import Laboratory
import Store
import Workflow

/// What screens wait for: one look at the audit chain serves all that wait, and none is taken while nobody does.
/// Every append has a line in the chain (HOUSE invariant 10), so nothing that screens show changes without it.
actor ChangeFeed {
    /// Between two looks: a result is on the screens within a second, a look is one step of an index.
    static let pause = Duration.milliseconds(150)
    /// Longest wait of a question, in seconds: shorter than the idle time of the socket.
    static let longestWait = 30

    private let store: any LaboratoryStore
    private var last: Int?
    private var isClosed = false
    private var look: Task<Int, any Error>?

    init(store: any LaboratoryStore) { self.store = store }

    /// The sequence of the last entry, once it is beyond `after` or `wait` is over.
    func sequence(after: Int?, wait: Duration) async throws -> Int {
        var current = try await now()
        guard let after else { return current }
        let end = ContinuousClock.now + wait
        while current <= after, ContinuousClock.now < end, !isClosed {
            try await Task.sleep(for: ChangeFeed.pause)
            current = try await now()
        }
        return current
    }

    /// Nobody waits any more: the server is to stop.
    func close() { isClosed = true }

    /// Those who ask while a look is under way share it.
    private func now() async throws -> Int {
        if let look { return try await look.value }
        let begun = Task { try await advance() }
        look = begun
        defer { look = nil }
        return try await begun.value
    }

    private func advance() async throws -> Int {
        var reached = try await start()
        while let next = try await store.audit(after: reached, limit: 200).last { reached = next.sequence }
        last = reached
        return reached
    }

    /// The first look finds the end of a long chain by halving: entries follow without a gap.
    private func start() async throws -> Int {
        if let last { return last }
        var low = 0
        var step = 1
        while try await !store.audit(after: low + step, limit: 1).isEmpty {
            low += step
            step *= 2
        }
        while step > 1 {
            step /= 2
            if try await !store.audit(after: low + step, limit: 1).isEmpty { low += step }
        }
        return low
    }
}

extension LaboratoryAPI {
    var liveRoutes: [Route] {
        [
            Route("GET", "/v1/events", .needs(.read), query: ["after", "wait"]) { call in
                let after = try call.number("after", in: 0...Int.max)
                let wait = try call.number("wait", in: 0...ChangeFeed.longestWait) ?? 0
                return try .json(
                    ChangeView(sequence: try await feed.sequence(after: after, wait: .seconds(wait))))
            },
            Route("GET", "/v1/specimens/:accession", .needs(.readFiles)) { call in
                let accession = call.parameter("accession")
                guard let specimen = try await desk.store.specimen(accession), call.sees(specimen.site) else {
                    throw LaboratoryAPI.absent("specimen.unknown", "tube", accession)
                }
                return try .json(try await requestFile(specimen.requestID, call))
            },
        ] + historyRoutes
    }
}

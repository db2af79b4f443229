import Base
import HL7v2
import Laboratory
import Lines
import Store
import Workflow

/// Sends what is due, oldest first, until the PFI took responsibility or refused.
///
/// Three classes of failure: *transient* (no line: the message never left, and may leave by the other PFI), *ambiguous*
/// (no answer: the same message, same MSH-10, to the same PFI again, others not waiting for it), *permanent* (AE, AR: a
/// person decides). Of one request, one message at a time: version 2 waits for the answer to version 1.
actor Outbox {
    private let desk: Desk
    private let pfi: PFISettings
    private let log: @Sendable (String) -> Void
    private let primary: PFIRoad
    private let backup: PFIRoad?

    /// Deliveries that nobody answered, and until when each waits.
    private var waiting: [String: (until: ContinuousClock.Instant, backOff: BackOff)] = [:]
    private var silences = 0
    private var awaySince: ContinuousClock.Instant?
    private var lastProbe: ContinuousClock.Instant?
    /// The first PFI takes the line and answers nothing: what it may have goes to it again and shows when it is back,
    /// so that nothing else need be risked.
    private var isMute = false
    /// Since when the first PFI took nothing, and what was seen; nil while it answers.
    private(set) var trouble: (since: Instant, words: String)?
    /// One batch is on the wire, one is claimed, one is read; while there is something to send.
    private var memories: [ReadingMemory] = []
    private var turn = 0
    /// Rows claimed at a time: many while answers come, one after a failure.
    private var stride = 1

    private static let batch = 64
    /// And bytes of them, since three batches are in memory.
    private static let batchBytes = 32 << 20
    /// Bytes of an MLLP block beside its message.
    private static let frame = MLLP.blockStart.count + MLLP.blockEnd.count
    /// Rows read at a time while answers come.
    private static let ahead = 4096
    /// So many messages in a row without an answer: the PFI is away, not the message wrong.
    private static let silencesOfAway = 3
    private static let notSent = "pas encore envoyé"
    private static let probeEvery = Duration.seconds(30)
    /// Longer than any wait of what goes again.
    private static let muteProbeEvery = Duration.seconds(600)
    /// In the detail of an attempt: it went by the other PFI.
    static let byBackup = "PFI de secours"

    /// Somebody decided something about what waits: the rest of the queue is looked at again before it leaves.
    private let pauses: @Sendable () -> Bool

    init(
        desk: Desk, pfi: PFISettings, pauses: @escaping @Sendable () -> Bool = { false },
        log: @escaping @Sendable (String) -> Void
    ) {
        self.pauses = pauses
        self.desk = desk
        self.pfi = pfi
        self.log = log
        func road(_ endpoint: PFISettings.Endpoint) -> PFIRoad {
            PFIRoad(endpoint, lines: pfi.lines, answerWithin: pfi.answerWithin, log: log)
        }
        primary = road(pfi.primary)
        backup = pfi.backup.map(road)
    }

    enum Outcome: Sendable, Equatable {
        case drained
        /// Some message waits for its next try, the PFI answers others.
        case someWait
        /// There is more, and something to look at before.
        case paused
        /// The PFI cannot be reached, or answers nothing.
        case away
    }

    func drop() async {
        await primary.drop()
        await backup?.drop()
    }

    func sendDue() async throws(CommandFailure) -> Outcome {
        defer { memories = [] }
        while !Task.isCancelled {
            let due = try await eligible()
            if due.isEmpty { break }
            if try await !send(allOf: due) { return .away }
            if pauses() { return .paused }
        }
        return waiting.isEmpty ? .drained : .someWait
    }

    /// Messages of different requests, in order. While one batch is on the wire, the answers to the one before are
    /// written down, the next one is claimed and the one behind it read: wire and disk do not wait for each other, and
    /// a crash repeats two batches at most, each under its own number. False when there is no use in going on now.
    private func send(allOf due: [DeliveryHead]) async throws(CommandFailure) -> Bool {
        var rest = due[...], told = [Happened]()
        func batch() -> ArraySlice<DeliveryHead> {
            var bytes = 0
            let batch = rest.prefix(stride).prefix { delivery in
                defer { bytes += delivery.size }
                return bytes == 0 || bytes + delivery.size <= Outbox.batchBytes
            }
            rest = rest.dropFirst(batch.count)
            return batch
        }
        prepareMemories(for: due)
        var read = await read(batch()), claimed = [Claimed]()
        while !Task.isCancelled, !(claimed.isEmpty && read.due.isEmpty && rest.isEmpty) {
            if claimed.isEmpty {
                try await record(told)
                told = []
                claimed = try await claim(read.due.isEmpty ? self.read(batch()) : read)
                // Before anything was answered nothing is claimed ahead: it might not leave.
                read = await self.read(stride > 1 ? batch() : [])
            }
            let next = read, before = told, behind = stride > 1 ? batch() : []
            async let prepared = write(before, andClaim: next)
            async let readBehind = self.read(behind)
            let (happened, goesOn) = await send(claimed)
            told = happened
            read = await readBehind
            let ahead: [Claimed]
            switch await prepared {
            case .success(let found): ahead = found
            case .failure(let failure):
                try await record(told)
                throw failure
            }
            if !goesOn || stride == 1 || pauses() {
                // After a failure the table is asked again: what waits is passed over.
                try await record(told + unsent(ahead[...]))
                return goesOn
            }
            claimed = ahead
        }
        try await record(told + unsent(claimed[...]))
        return true
    }

    private func write(_ happened: [Happened], andClaim batch: Batch) async -> Result<[Claimed], CommandFailure> {
        do throws(CommandFailure) {
            if happened.isEmpty || batch.due.isEmpty {
                try await record(happened)
                return .success(try await claim(batch))
            }
            // One wait for the disk instead of two.
            let claimed: [Claimed]
            do throws(CommandFailure) { claimed = try await open(batch) } catch {
                try await record(happened)
                throw error
            }
            do throws(CommandFailure) {
                try await append(happened.map(\.told) + claimed.map(\.attempt), after: happened, claimed)
                return .success(claimed)
            } catch {
                guard case .store(.conflict) = error else { throw error }
            }
            try await record(happened)
            return .success(try await claim(batch))
        } catch { return .failure(error) }
    }

    private typealias Told = (delivery: DeliveryHead, kind: DeliveryEvent.Kind, detail: String?)

    private func append(
        _ told: [Told], after happened: [Happened], _ claimed: [Claimed]
    ) async throws(CommandFailure) {
        let known = happened.map { ($0.delivery.id, $0.after) } + claimed.map { ($0.delivery.id, $0.ordinal) }
        try await desk.recordDeliveries(
            told, author: "exchange", after: Dictionary(known) { first, _ in first }, retells: false)
    }

    private func record(_ happened: [Happened]) async throws(CommandFailure) {
        let known = Dictionary(happened.map { ($0.delivery.id, $0.after) }) { first, _ in first }
        try await desk.recordDeliveries(happened.map(\.told), author: "exchange", after: known)
    }

    private struct Happened {
        var delivery: DeliveryHead
        var kind: DeliveryEvent.Kind
        var detail: String?
        /// Ordinal of the attempt that it follows.
        var after: Int
        init(_ claimed: Claimed, _ kind: DeliveryEvent.Kind, _ detail: String?) {
            delivery = claimed.delivery
            self.kind = kind
            self.detail = detail
            after = claimed.ordinal + 1
        }
        var told: Told { (delivery, kind, detail) }
    }
    private struct Claimed {
        var delivery: DeliveryHead
        var block: ArraySlice<UInt8>
        var route: PFIRoad
        var routeName: String?
        /// It may be with this PFI already: no other may have it.
        var isBound = false
        /// Of its last event before this attempt.
        var ordinal = 0
        var attempt: Told { (delivery, .attempted, routeName) }
    }

    /// What may leave now: of each request its oldest, those that wait for a next try and what follows them left out.
    private func eligible() async throws(CommandFailure) -> [DeliveryHead] {
        let limit = (stride == 1 ? Outbox.batch : Outbox.ahead) + waiting.count
        let due: [DeliveryHead]
        do throws(StoreFailure) { due = try await desk.store.deliveriesDueHeads(limit: limit) } catch {
            throw .store(error)
        }
        if due.isEmpty { waiting = [:] }
        let now = ContinuousClock.now
        var requests = Set<String>()
        return Array(
            due.filter { delivery in
                guard requests.insert(delivery.requestID).inserted else { return false }
                return waiting[delivery.id].map { $0.until <= now } ?? true
            })
    }

    /// Durable before the wire: the attempt, by which way. What was closed meanwhile (held back, given up) is left.
    private func claim(_ batch: Batch) async throws(CommandFailure) -> [Claimed] {
        if batch.due.isEmpty { return [] }
        for _ in 0..<Outbox.claimTries {
            let claimed = try await open(batch)
            do throws(CommandFailure) {
                try await append(claimed.map(\.attempt), after: [], claimed)
                return claimed
            } catch {
                // Somebody decided about one of them meanwhile: read again.
                guard case .store(.conflict) = error else { throw error }
            }
        }
        return []
    }
    private static let claimTries = 5

    /// Deliveries and their messages in MLLP blocks, which never change; what happened to them may.
    private struct Batch {
        var due: ArraySlice<DeliveryHead>
        var blocks: Result<[String: ArraySlice<UInt8>], StoreFailure>
    }

    private func prepareMemories(for due: [DeliveryHead]) {
        if !memories.isEmpty { return }
        let room = min(due.prefix(Outbox.batch).reduce(0) { $0 + $1.size + Outbox.frame }, Outbox.batchBytes)
        memories = (0..<3).map { _ in ReadingMemory(room: room) }
    }

    private func read(_ due: ArraySlice<DeliveryHead>) async -> Batch {
        if due.isEmpty { return Batch(due: due, blocks: .success([:])) }
        turn = (turn + 1) % memories.count
        do throws(StoreFailure) {
            let blocks = try await desk.store.deliveryMessages(
                of: due.map(\.id), between: MLLP.blockStart, and: MLLP.blockEnd, in: memories[turn])
            return Batch(due: due, blocks: .success(blocks))
        } catch { return Batch(due: due, blocks: .failure(error)) }
    }

    private func open(_ batch: Batch) async throws(CommandFailure) -> [Claimed] {
        let happened: [String: [DeliveryEvent]], blocks: [String: ArraySlice<UInt8>]
        do throws(StoreFailure) {
            happened = try await desk.store.deliveryEvents(of: batch.due.map(\.id))
            blocks = try batch.blocks.get()
        } catch {
            throw .store(error)
        }
        var claimed = [Claimed]()
        for delivery in batch.due {
            let events = happened[delivery.id] ?? []
            if events.isClosed { continue }
            guard let block = blocks[delivery.id] else {
                throw .refused(
                    Refusal(
                        "exchange.message", at: delivery.controlID, because: "le message de cet envoi manque à la base",
                        remedy: "lancer paillasse audit verify, puis restaurer une sauvegarde"))
            }
            var one = route(delivery, block, events)
            one.ordinal = events.last?.ordinal ?? 0
            claimed.append(one)
        }
        return claimed
    }

    /// A message that may be with one PFI never goes to the other.
    private func route(_ delivery: DeliveryHead, _ block: ArraySlice<UInt8>, _ events: [DeliveryEvent]) -> Claimed {
        let first = Claimed(delivery: delivery, block: block, route: primary, routeName: nil)
        guard let backup else { return first }
        let second = Claimed(delivery: delivery, block: block, route: backup, routeName: Outbox.byBackup)
        var lastAmbiguous: DeliveryEvent?
        for (n, event) in events.enumerated() where event.kind == .attempted {
            let next = n + 1 < events.count ? events[n + 1].kind : nil
            if next != .unreached { lastAmbiguous = event }
        }
        if let lastAmbiguous {
            var bound = lastAmbiguous.detail == Outbox.byBackup ? second : first
            bound.isBound = true
            if bound.routeName == nil, awaySince != nil { lastProbe = ContinuousClock.now }
            return bound
        }
        let now = ContinuousClock.now
        guard let awaySince, awaySince.duration(to: now) >= pfi.backupAfter else { return first }
        let pause = isMute ? Outbox.muteProbeEvery : Outbox.probeEvery
        if lastProbe.map({ $0.duration(to: now) >= pause }) ?? false {
            lastProbe = now
            return first
        }
        if lastProbe == nil { lastProbe = now }
        return second
    }

    /// False when there is no use in going on now.
    private func send(_ claimed: [Claimed]) async -> (happened: [Happened], goesOn: Bool) {
        var happened = [Happened](), rest = claimed[...]
        while let first = rest.first {
            // Nearly always all: the other PFI is for bad days.
            let together = rest.prefix { $0.route === first.route }
            rest = rest.dropFirst(together.count)
            let began = ContinuousClock.now
            let answers = await first.route.call(
                together.map { .init(block: $0.block, controlID: $0.delivery.controlID) }, pauses: pauses)
            var isWhole = true, turns: Bool?
            for (one, answer) in zip(together, answers) {
                if answer?.isAnswer != true { isWhole = false }
                happened.append(take(answer, to: one, since: began))
                switch answer {
                case .unreachable: turns = one.routeName == nil && mayTurn
                case .silent: if one.routeName == nil, mayTurn { turns = true }
                case .accepted, .refused, nil: break
                }
            }
            if isWhole { continue }
            stride = 1
            // By the other way at once, when there is one and its time has come.
            return (happened + unsent(rest), turns ?? (silences < Outbox.silencesOfAway))
        }
        return (happened, true)
    }

    /// What an answer means for its delivery; nil when it was not sent.
    private func take(_ answer: PeerAnswer?, to one: Claimed, since began: ContinuousClock.Instant) -> Happened {
        switch answer {
        case .accepted:
            answered(one)
            return Happened(one, .accepted, one.routeName)
        case .refused(let problem):
            log("PFI : message \(one.delivery.controlID) refusé (\(problem.codes))")
            answered(one)
            return Happened(one, .refused, problem.words)
        case .silent(let reason):
            log("PFI : \(reason)")
            wait(one.delivery)
            silences += 1
            if one.routeName == nil {
                isMute = true
                trouble = (trouble?.since ?? desk.now(), reason)
                awaySince = awaySince ?? max(began, ContinuousClock.now - pfi.answerWithin)
            }
            return Happened(one, .failed, reason)
        case .unreachable(let reason):
            log("PFI : \(reason)")
            if one.routeName == nil {
                trouble = (trouble?.since ?? desk.now(), reason)
                awaySince = awaySince ?? ContinuousClock.now
            } else {
                // Neither answers, as far as is known: the first one is asked next, whichever comes back is used.
                lastProbe = ContinuousClock.now - Outbox.muteProbeEvery
            }
            if one.isBound { wait(one.delivery) }
            return Happened(one, .unreached, reason)
        case nil: return Happened(one, .unreached, Outbox.notSent)
        }
    }

    private var mayTurn: Bool {
        guard pfi.backup != nil, let awaySince else { return false }
        return awaySince.duration(to: ContinuousClock.now) >= pfi.backupAfter
    }

    private func unsent(_ claimed: ArraySlice<Claimed>) -> [Happened] {
        claimed.map { Happened($0, .unreached, Outbox.notSent) }
    }

    private func answered(_ claimed: Claimed) {
        waiting[claimed.delivery.id] = nil
        silences = 0
        stride = min(stride * 2, Outbox.batch)
        if claimed.routeName == nil {
            awaySince = nil
            trouble = nil
            isMute = false
            lastProbe = nil
        }
    }

    private func wait(_ delivery: DeliveryHead) {
        var backOff =
            waiting[delivery.id]?.backOff
            ?? BackOff(
                first: .seconds(2), limit: .seconds(300), seed: UInt64(bitPattern: delivery.createdAt.milliseconds))
        waiting[delivery.id] = (ContinuousClock.now + backOff.next(), backOff)
    }
}

import Synchronization
import Base
import Drivers
import Laboratory
import Lines
import Store
import Workflow

/// Carries the durable orders of one analyzer to it, oldest first, each until the analyzer has it: what was not
/// acknowledged when a line or the server went down goes again when it is back, what was acknowledged never does.
struct OrderCourier: Sendable {
    let pump: AnalyzerPump
    let desk: Desk
    private var analyzer: AnalyzerConfiguration { pump.configuration }
    private var name: String { pump.configuration.name }

    /// Tries of one order after which a person is told; it goes on being tried.
    static let patience = 3
    /// Refusals of an order's bytes by the link after which it is the order that is wrong.
    static let refusals = 3
    static let longestWait = Duration.seconds(300)

    init(pump: AnalyzerPump, desk: Desk) {
        self.pump = pump
        self.desk = desk
    }

    /// Until cancelled.
    func run() async {
        var seed = SystemRandomNumberGenerator()
        var round = Round(BackOff(first: analyzer.orderRetry, limit: OrderCourier.longestWait, seed: seed.next()))
        for await _ in pump.orderBell.rings {
            if Task.isCancelled { return }
            do throws(CommandFailure) { try await work(&round) } catch {
                pump.log("automate \(name) : commandes suspendues (\(error))")
            }
        }
    }

    /// What is remembered from one try to the next.
    struct Round {
        var wait: BackOff
        /// Not before this, unless another line comes up.
        var notBefore: ContinuousClock.Instant?
        var line = 0
        var failures = 0
        var refusals = 0
        init(_ wait: BackOff) { self.wait = wait }

        mutating func reset() {
            wait.reset()
            notBefore = nil
            failures = 0
            refusals = 0
        }
    }

    private func work(_ round: inout Round) async throws(CommandFailure) {
        try await settleAnswered()
        while !Task.isCancelled, pump.isUp {
            if round.line != pump.linesSoFar {
                round.line = pump.linesSoFar
                round.notBefore = nil
            }
            if let notBefore = round.notBefore, ContinuousClock.now < notBefore { return }
            let due: [AnalyzerOrder]
            do throws(StoreFailure) { due = try await desk.store.ordersDue(analyzer: name, limit: 1) } catch {
                throw .store(error)
            }
            guard let order = due.first else { return }
            guard try await carry(order, &round) else { return }
        }
    }

    /// False when this order has to go again later.
    private func carry(_ order: AnalyzerOrder, _ round: inout Round) async throws(CommandFailure) -> Bool {
        guard let work = try await desk.due(order) else {
            try await desk.record(.withdrawn, of: order, detail: "plus rien à faire de cette commande")
            return true
        }
        guard let message = try written(order, work) else {
            try await desk.record(.withdrawn, of: order, detail: "le pilote n'écrit pas cette commande")
            return true
        }
        switch await pump.deliver(message.bytes, controlID: message.controlID) {
        case .delivered:
            try await recordTaken(order)
            round.reset()
            pump.board.change(name) { $0.ordersTaken += 1 }
            return true
        case .refused(let why):
            try await refuse(order, why)
            return true
        case .failed(let why, let isRefusal):
            if Task.isCancelled { return false }
            round.failures += 1
            if isRefusal { round.refusals += 1 }
            if round.refusals >= OrderCourier.refusals {
                try await refuse(order, why)
                round.reset()
                return true
            }
            round.notBefore = ContinuousClock.now + round.wait.next()
            pump.log("automate \(name) : commande \(order.id) non prise (\(why)), sera reprise")
            if round.failures >= OrderCourier.patience {
                pump.board.change(name) { $0.problem = "commandes non prises : \(why)" }
            }
            try await desk.record(.failed, of: order, detail: why)
            return false
        }
    }

    /// It must be told before the next order goes out: an order whose acknowledgement is forgotten goes twice.
    private func recordTaken(_ order: AnalyzerOrder) async throws(CommandFailure) {
        for pause in [Duration.milliseconds(100), .milliseconds(500), .seconds(2)] {
            do throws(CommandFailure) { return try await desk.record(.acknowledged, of: order, detail: nil) } catch {
                pump.log("automate \(name) : commande \(order.id) prise, non enregistré (\(error))")
                try? await Task.sleep(for: pause)
            }
        }
        try await desk.record(.acknowledged, of: order, detail: nil)
    }

    private func refuse(_ order: AnalyzerOrder, _ why: String) async throws(CommandFailure) {
        try await desk.record(.refused, of: order, detail: why)
        pump.log("automate \(name) : commande \(order.id) refusée (\(why)), en triage")
        pump.board.change(name) { row in
            row.ordersRefused += 1
            row.problem = "commande refusée, voir le triage : \(why)"
        }
    }

    /// An answer to its question told the analyzer of these tubes: their orders need not be sent.
    private func settleAnswered() async throws(CommandFailure) {
        let tubes = pump.outbox.withLock { box in
            defer { box.answered = [] }
            return box.answered
        }
        for tube in Set(tubes).sorted() {
            let orders: [AnalyzerOrder]
            do throws(StoreFailure) { orders = try await desk.store.orders(accession: tube) } catch {
                throw .store(error)
            }
            for order in orders where order.analyzer == name && order.action != .cancel {
                try await desk.record(.acknowledged, of: order, detail: "dit en réponse à sa demande")
            }
        }
    }

    private func written(
        _ order: AnalyzerOrder, _ work: SpecimenOrder
    ) throws(CommandFailure) -> (bytes: [UInt8], controlID: String?)? {
        let action: Driver.OrderAction =
            switch order.action {
            case .new: .new
            case .add: .add
            case .cancel: .cancel
            }
        let driver = analyzer.driver
        if driver.description.dialect == .hl7 {
            do throws(Refusal) {
                let message = try driver.download(
                    work, action: action, controlID: order.id, at: desk.now(), zone: analyzer.zone)
                return message?.messages.first.map { ($0, order.id) }
            } catch { throw .refused(error) }
        }
        let message = driver.orders(
            for: [work], purpose: .download, action: action, at: desk.now(), zone: analyzer.zone)
        guard let message, !message.bytes.isEmpty else { return nil }
        return (message.bytes, nil)
    }
}

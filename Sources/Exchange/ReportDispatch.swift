import Base
import Laboratory
import Lines
package import Report
import Store
import Synchronization
package import Workflow

/// The way out: each signature becomes a report version and its delivery, each delivery is sent until the PFI took
/// responsibility or refused. Driven from tables, so that a restart resumes it.
package final class ReportDispatch: Sendable {
    let desk: Desk
    package let pfi: PFISettings?
    let letterheads: [String: Letterhead]
    let outbox: Outbox?
    private let look: Duration
    let log: @Sendable (String) -> Void
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// `look`: how often the tables are looked at when nobody rings. `letterheads`: by site.
    package init(
        desk: Desk, pfi: PFISettings?, letterheads: [String: Letterhead] = [:], look: Duration = .seconds(1),
        log: @escaping @Sendable (String) -> Void
    ) {
        self.look = look
        self.desk = desk
        self.pfi = pfi
        self.letterheads = letterheads
        self.log = log
        let news = News()
        self.news = news
        outbox = pfi.map { Outbox(desk: desk, pfi: $0, pauses: { news.isWaiting(at: .now) }, log: log) }
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// What a queue that drains is interrupted for: somebody changed or signed something, or an end of hiding may have
    /// come.
    final class News: Sendable {
        private struct State {
            var isRung = false, isSigned = false, looked = ContinuousClock.now
        }
        private let since = Mutex(State())
        /// Two hundred files signed one after the other do not keep the queue from draining.
        private static let signaturesEvery = Duration.seconds(2)

        /// Before the next message.
        func ring() { since.withLock { $0.isRung = true } }
        /// Soon: something was signed.
        func ringOfSignature() { since.withLock { $0.isSigned = true } }
        func looked(at now: ContinuousClock.Instant) { since.withLock { $0 = State(looked: now) } }
        func isWaiting(at now: ContinuousClock.Instant) -> Bool {
            since.withLock { state in
                if state.isRung { return true }
                return now - state.looked >= (state.isSigned ? News.signaturesEvery : ReportDispatch.hidingsEvery)
            }
        }
    }
    let news: News

    /// Patients whose files changed; nil: all are looked at, as at the start – a choice may have been written down just
    /// before the last end.
    private let changedPatients = Mutex<Set<String>?>(nil)

    /// Requests whose copies changed; nil: all of the register are looked at, as at the start.
    let readdressed = Mutex<Set<String>?>(nil)

    /// Those of them that could not be obeyed.
    let postponed = Mutex<Set<String>>([])

    /// Messages closed before they left for what a patient's file said, by their identifiers; nil: to be read from the
    /// register, as at the start.
    let leftAside = Mutex<Set<String>?>(nil)

    /// Hidings whose end failed, and why: told once.
    let stuckHidings = Mutex<Set<String>>([])

    /// A patient's file changed (nil: any): what waits is looked at again before it leaves.
    package func patientChanged(_ id: String? = nil) {
        changedPatients.withLock { known in
            if let id { known?.insert(id) } else { known = nil }
        }
        resumeAddressees()
        desk.unmade.lookAgain()
        news.ring()
        wake()
    }

    /// Something was signed: do not wait for the next look.
    package func wake() { ring.yield() }

    /// Runs until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.work() }
            group.addTask {
                while !Task.isCancelled {
                    self.ring.yield()
                    try? await Task.sleep(for: self.look)
                }
                self.ring.finish()
            }
        }
    }

    /// Rows taken at a time.
    private static let batch = 32

    /// Hidings end at a date: looked at this often.
    private static let hidingsEvery = Duration.seconds(15)

    private func work() async {
        var wait = BackOff(first: .milliseconds(500), limit: .seconds(60), seed: 1)
        var notBefore = ContinuousClock.now, hidingsAt = ContinuousClock.now
        for await _ in bell {
            if Task.isCancelled { break }
            news.looked(at: .now)
            do throws(CommandFailure) {
                if ContinuousClock.now >= hidingsAt {
                    hidingsAt = ContinuousClock.now + ReportDispatch.hidingsEvery
                    try await endHidings()
                }
                let changed = changedPatients.withLock { known in
                    defer { known = [] }
                    return known
                }
                if changed?.isEmpty != true {
                    do throws(CommandFailure) { try await obeyChoices(of: changed) } catch {
                        changedPatients.withLock { $0 = nil }
                        throw error
                    }
                }
                try await obeyAddressees()
                try await makeReports()
                guard let outbox, ContinuousClock.now >= notBefore else { continue }
                switch try await outbox.sendDue() {
                case .drained, .someWait: wait.reset()
                case .paused:
                    wait.reset()
                    wake()
                case .away: notBefore = ContinuousClock.now + wait.next()
                }
            } catch {
                log("envoi suspendu : \(error)")
            }
        }
        await outbox?.drop()
    }

    // Signature → report and delivery

    /// Makes a report of the oldest signatures that have none yet. Those whose report cannot be made are passed over
    /// until they are looked at again, so that they keep nobody back.
    package func makeReports() async throws(CommandFailure) {
        while true {
            let passed = desk.unmade.passed(at: desk.now()), limit = ReportDispatch.batch + passed.count
            let waiting: [Signature]
            do throws(StoreFailure) {
                waiting = try await desk.store.signaturesWithoutReport(limit: limit)
            } catch { throw .store(error) }
            let batch = waiting.filter { !passed.contains($0.id) }.prefix(ReportDispatch.batch)
            var made = 0
            for signature in batch {
                if try await isMade(signature) { made += 1 }
            }
            let isLast = batch.count < ReportDispatch.batch
            // What was made leaves first.
            if made > 0 || isLast {
                if !isLast { wake() }
                return
            }
        }
    }

    /// What people decide and what is made of a signature, one after the other: each looks at what the other left.
    let turns = Turns()

    /// False when its report cannot be made, which people are told, or is not to be made any more.
    private func isMade(_ signature: Signature) async throws(CommandFailure) -> Bool {
        do throws(CommandFailure) {
            let isToBeMade = try await turns.take { () async throws(CommandFailure) in
                guard try await isStanding(signature) else { return false }
                try await makeReport(of: signature)
                return true
            }
            guard isToBeMade else {
                desk.unmade.overtaken(signature)
                return false
            }
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            if desk.unmade.failed(signature, refusal, at: desk.now()) {
                let number = try await desk.request(signature.requestID).number
                log(
                    "demande \(number) signée (version \(signature.version)), compte rendu impossible : "
                        + refusal.description)
            }
            return false
        }
        desk.unmade.made(signature)
        return true
    }

    /// What a later signature replaced, whose report was made meanwhile, is never made: it would replace it in turn.
    /// Nor is what was signed before a withdrawal: it would bring back what was taken back.
    private func isStanding(_ signature: Signature) async throws(CommandFailure) -> Bool {
        let request = try await desk.request(signature.requestID)
        if try await state(of: request, since: signature.at).isWithdrawn { return false }
        do throws(StoreFailure) {
            let later = try await desk.store.signatures(requestID: signature.requestID)
                .filter { $0.version > signature.version }
            if later.isEmpty { return true }
            let made = try await desk.store.reports(requestID: signature.requestID)
            return !made.contains { report in later.contains(where: report.isOf) }
        } catch { throw .store(error) }
    }

    // Delivery → PFI

    /// Sends what is due, oldest first. False when something stays due: the PFI is away, or silent about a message.
    package func sendDue() async throws(CommandFailure) -> Bool {
        guard let outbox else { return true }
        var outcome = Outbox.Outcome.paused
        while outcome == .paused {
            news.looked(at: .now)
            outcome = try await outbox.sendDue()
        }
        await outbox.drop()
        return outcome == .drained
    }
}

import Base
import Laboratory
import Quality
import Store

/// A suspect period as the register keeps it: a page reads the controls of ninety days, and a rejection that nobody
/// corrected is no less one on the day after (RULES sections 2.2 and 2.5).
struct ControlDoubt: Codable, Sendable, Hashable {
    var run: String
    var from: Instant?
    var rejectedAt: Instant
    /// Nothing of it is left to decide.
    var isDone: Bool
}

extension Desk {
    /// As they stand, one a run.
    func doubts(of assay: ControlledAssay, site: String) async throws(CommandFailure) -> [ControlDoubt] {
        let name = Desk.doubtSubject(assay)
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlDoubt, site: site, subject: name)
        }
        var standing = [String: ControlDoubt]()
        for entry in entries {
            let doubt = try RegisterText.decode(Array(entry.body.utf8), as: ControlDoubt.self)
            standing[doubt.run] = doubt
        }
        return standing.values.sorted { ($0.rejectedAt, $0.run) < ($1.rejectedAt, $1.run) }
    }

    /// Writes down the periods that are not in the register yet.
    func keep(
        _ periods: [SuspectPeriod], known: [ControlDoubt], of assay: ControlledAssay, site: String, at: Instant
    ) async throws(CommandFailure) {
        let runs = Set(known.map(\.run))
        for period in periods where !runs.contains(period.run) {
            try await write(
                ControlDoubt(run: period.run, from: period.from, rejectedAt: period.rejectedAt, isDone: false),
                of: assay, site: site, at: at)
        }
    }

    /// What is closed and decided grows old as everything else.
    func settle(_ lookBacks: [LookBack], of assay: ControlledAssay, site: String) async throws(CommandFailure) {
        let open = try await doubts(of: assay, site: site).filter { !$0.isDone }
        for var doubt in open where lookBacks.contains(where: { $0.period.run == doubt.run && $0.isDone }) {
            doubt.isDone = true
            try await write(doubt, of: assay, site: site, at: now())
        }
    }

    private func write(
        _ doubt: ControlDoubt, of assay: ControlledAssay, site: String, at: Instant
    ) async throws(CommandFailure) {
        let name = Desk.doubtSubject(assay)
        let known = try await ask { () throws(StoreFailure) in
            try await store.register(.controlDoubt, site: site, subject: name)
        }
        let entry = RegisterEntry(
            register: .controlDoubt, site: site, subject: name, ordinal: (known.last?.ordinal ?? 0) + 1,
            author: Desk.house, at: at, body: RegisterText.text(doubt))
        let note = AuditNote(
            site: site, author: Desk.house, action: doubt.isDone ? "quality.doubt.end" : "quality.doubt",
            subject: "\(name) \(doubt.run)", at: at)
        do throws(StoreFailure) {
            try await store.append([.register(entry)], note: note)
        } catch {
            // Another look wrote it at the same time: the next one sees what is left to write.
            guard case .conflict = error else { throw .store(error) }
        }
    }

    private static func doubtSubject(_ assay: ControlledAssay) -> String { "\(assay.analyzer)|\(assay.analysis)" }
}

import Base
import Catalog
import FoundationEssentials
import Laboratory
import Quality
import Rules
import Store
import Synchronization
import Testing
import Workflow

/// A clock that tests move.
final class TestClock: Sendable {
    private let time = Mutex(Instant("2026-11-22T07:00:00+01:00", in: .utc) ?? Instant(seconds: 0))
    var now: Instant { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

/// A laboratory in memory with its shipped catalogue: what the commands of the desk are tried on.
struct Bench: Sendable {
    let store = MemoryStore()
    let clock = TestClock()
    var desk: Desk

    static let biologistIdentity = Professional(nationalID: "810001234567", family: "MARTIN", given: "Claire")
    static let secretary = Author(login: "secretaire", role: .secretary, site: "nord")
    static let technician = Author(login: "technicien", role: .technician, site: "nord")
    static let biologist = Author(
        login: "biologiste", role: .biologist, site: "nord", professional: biologistIdentity)
    static let administrator = Author(login: "admin", role: .administrator, site: "nord")

    /// `cells`: of `analyses.csv`, by code and column.
    static func files(cells: [String: [String: String]] = [:]) throws -> [CatalogFile] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try ["analyses", "intervals", "panels", "sections", "specimens", "tubes", "comments"].map { name in
            CatalogFile(
                name: "\(name).csv",
                bytes: name == "analyses"
                    ? changed(try Data(contentsOf: root.appending(path: "Catalog/\(name).csv")), cells)
                    : Array(try Data(contentsOf: root.appending(path: "Catalog/\(name).csv"))))
        }
    }

    private static func changed(_ data: Data, _ cells: [String: [String: String]]) -> [UInt8] {
        var lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let columns = lines[0].split(separator: ",").map(String.init)
        for place in lines.indices.dropFirst() {
            var row = lines[place].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let changes = row.first.flatMap({ cells[$0] }), row.count == columns.count else { continue }
            for (column, text) in changes {
                if let at = columns.firstIndex(of: column) { row[at] = text }
            }
            lines[place] = row.joined(separator: ",")
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    init() throws {
        let files = try Bench.files()
        let site = Site(
            code: "nord", name: "Laboratoire du Nord", finess: "590000000",
            address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
            oidRoot: "1.2.250.1.999.1", director: Bench.biologistIdentity)
        let clock = clock
        desk = Desk(
            store: store, catalogue: try AnalysisCatalogue.load(files, version: CatalogVersion("essai")),
            sites: [site], now: { clock.now })
    }

    /// The shipped catalogue with its rules in force, every line and every rule approved unless said otherwise.
    static func withRules(
        approving: Bool = true, cells: [String: [String: String]] = [:], policy change: (String) -> String = { $0 }
    ) async throws -> Bench {
        let bench = try Bench()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let rules = try ["calculated", "coherence", "reflex", "policy"].map { name in
            let bytes = try Data(contentsOf: root.appending(path: "Catalog/rules/\(name).json5"))
            let text = String(decoding: bytes, as: UTF8.self)
            return CatalogFile(
                name: "rules/\(name).json5", bytes: Array((name == "policy" ? change(text) : text).utf8))
        }
        try await bench.desk.publish(try files(cells: cells) + rules, reason: "essai", by: administrator)
        guard approving else { return bench }
        let lines = try bench.desk.catalogue.analyses.map { try bench.desk.approvalSubject(analysis: $0.code) }
        try await bench.desk.approve(lines, reason: "lues", by: biologist)
        try await bench.desk.approve(
            bench.desk.shelf.pack.approvable.map { ApprovalSubject($0) }, reason: "lues",
            until: bench.clock.now.advanced(by: .seconds(300 * 86_400)), by: biologist)
        return bench
    }

    /// A control of the analysis, in its target on the analyzer `auto`, a moment ago.
    func conformingControl(_ analysis: String, mean: Int = 4) async throws {
        let assay = ControlledAssay(analysis: analysis, analyzer: "auto")
        _ = try await desk.setControlTarget(
            ControlTarget(
                assay: assay, material: "QC1", level: ControlLevel("N1"), lot: "L1", mean: Exact(mean), sd: Exact(1),
                unit: "mmol/L", origin: .laboratory, count: 20, from: clock.now.advanced(by: .seconds(-3600))),
            reason: "notice", by: Bench.biologist)
        let control = IncomingObservation(
            ordinal: 0, accession: "QC1", instrumentCode: analysis, analysis: analysis,
            value: .measured(Measured(Exact(mean)), unit: "mmol/L"), rawText: "\(mean)", rawUnit: "mmol/L",
            observedAt: clock.now)
        _ = try await desk.interpret(try await message("qc-" + analysis), reading: Reading(controls: [control]))
    }

    static func draft(_ name: String = "ESSAI") -> PatientDraft {
        PatientDraft(
            status: .provisional,
            traits: Traits(
                birthName: name, firstGivenName: "Camille", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                sex: .female))
    }

    func patient(_ name: String = "ESSAI") async throws -> Patient {
        try await desk.registerPatient(Bench.draft(name), by: Bench.secretary)
    }

    /// A request of these codes for a new patient, its tubes received.
    func received(
        _ codes: [String], name: String = "ESSAI", priority: Laboratory.Priority = .routine
    ) async throws -> RegisteredRequest {
        var draft = RequestDraft(
            patientID: try await patient(name).id, codes: codes,
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.priority = priority
        draft.collectedAt = clock.now.advanced(by: .seconds(-1800))
        let made = try await desk.registerRequest(draft, by: Bench.secretary)
        for specimen in made.specimens {
            _ = try await desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        return made
    }

    /// Another request for the same patient, its tubes received.
    func registered(
        _ codes: [String], for patientID: String, received: Bool = true
    ) async throws -> RegisteredRequest {
        var draft = RequestDraft(
            patientID: patientID, codes: codes,
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = clock.now.advanced(by: .seconds(-1800))
        let made = try await desk.registerRequest(draft, by: Bench.secretary)
        for specimen in made.specimens where received {
            _ = try await desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        return made
    }

    /// A journalled message. The text only has to be the same for the same message.
    func message(_ id: String, text: String? = nil, complete: Bool = true) async throws -> ReceivedMessage {
        let bytes = Array((text ?? id).utf8)
        let message = ReceivedMessage(
            id: id, site: "nord", analyzer: "auto", sessionID: "s-" + id, ordinal: 0, at: clock.now, text: bytes,
            textHash: Digest.sha256Hex(bytes), complete: complete)
        try await store.append([.message(message)], note: nil)
        return message
    }

    static func result(
        _ analysis: String?, _ text: String, of accession: String, ordinal: Int = 0, unit: String = "mmol/L",
        flags: [String] = [], claimed: ClaimedIdentity = ClaimedIdentity()
    ) -> IncomingObservation {
        IncomingObservation(
            ordinal: ordinal, accession: accession, instrumentCode: analysis ?? "999", analysis: analysis,
            value: Measured(text).map { .measured($0, unit: unit) }, rawText: text, rawUnit: unit,
            instrumentFlags: flags, claimed: claimed)
    }

    /// One message with these results, interpreted.
    @discardableResult func arrive(
        _ id: String, _ results: [IncomingObservation]
    ) async throws -> MessageOutcome {
        try await desk.interpret(try await message(id), reading: Reading(observations: results))
    }

    func observations(_ made: RegisteredRequest) async throws -> [Observation] {
        try await store.observations(requestID: made.request.id)
    }
    func observation(_ analysis: String, _ made: RegisteredRequest) async throws -> Observation {
        try #require(try await observations(made).last { $0.analysis == analysis })
    }

    func validate(_ codes: [String], of made: RegisteredRequest, reason: String? = "relu") async throws {
        var ids = [String]()
        for code in codes { ids.append(try await observation(code, made).id) }
        _ = try await desk.validate(ids, of: made.request.number, reason: reason, by: Bench.technician)
    }

    @discardableResult func sign(_ made: RegisteredRequest, partial: Bool = false) async throws -> Signature {
        let number = made.request.number
        let draft = try await draft(of: number)
        let file = try await desk.fileToSign(number, draft: draft)
        return try await desk.sign(
            number, contentHash: file.contentHash, allowPartial: partial, draft: draft, by: Bench.biologist)
    }

    /// A reason where something signed changes, nothing else.
    func draft(of number: String) async throws -> SignDraft {
        try await desk.fileToSign(number).isAmendment ? SignDraft(amendment: Amendment(.result)) : SignDraft()
    }

    /// Potassium and sodium, arrived and technically validated.
    func ready(_ name: String = "ESSAI") async throws -> RegisteredRequest {
        let made = try await received(["NA", "K"], name: name)
        let tube = made.specimens[0].accession
        try await arrive(
            "m-" + tube, [Bench.result("NA", "140", of: tube), Bench.result("K", "4.2", of: tube, ordinal: 1)])
        try await validate(["NA", "K"], of: made)
        return made
    }

    var trail: [AuditEntry] { get async throws { try await store.audit(after: 0, limit: 10_000) } }
    func soundTrail() async throws -> Bool { try await AuditChain.verify(store: store).isSound }
}

/// Code of the refusal that `work` ends with; nil when it succeeds, `store` when the store failed.
func refusal(_ work: () async throws(CommandFailure) -> Void) async -> String? {
    do throws(CommandFailure) {
        try await work()
        return nil
    } catch {
        switch error {
        case .refused(let refusal): return refusal.code
        case .store(.conflict): return "conflict"
        case .store(.unavailable): return "store"
        }
    }
}

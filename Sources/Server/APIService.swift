import API
import Analyzers
package import Base
import Client
package import Exchange
import Foundation
package import Laboratory
import Lines
import Report
package import Workflow

/// The API's view of what only the running server knows, and its hand on the lines.
struct FleetStatus: LiveStatus, AnalyzerControl {
    let fleet: AnalyzerFleet
    let reloader: Reloader
    let armours: ExchangeArmours

    func alarms() async -> [String] { armours.alarms }
    func analyzers() async -> [AnalyzerState] {
        let backlogs = await fleet.backlogs()
        return fleet.board.all.map { row in
            let backlog = backlogs[row.name] ?? Backlog()
            return AnalyzerState(
                name: row.name, site: row.site, driver: row.driver,
                line: row.line + (row.port.map { " (port \($0))" } ?? ""),
                state: row.problem.map { "\(row.state) ; \($0)" } ?? row.state, lastSeen: row.lastSeen,
                messages: row.messages, refusals: row.refusals,
                deviations: row.deviations.merging(
                    // A peer that is not let in is shown beside the departures from the standard.
                    backlog.refusedPeers.map { ($0.key.french, $0.value) }, uniquingKeysWith: +),
                pending: backlog.messages,
                oldestPending: [backlog.oldest, backlog.oldestOrder].compactMap { $0 }.min(),
                orders: backlog.orders)
        }
    }
    func operate(
        _ operation: LineOperation, _ name: String, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try await fleet.operate(operation, name, reason: reason, by: author)
    }
    func replay(
        _ messageID: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> ReplayOutcome {
        try await fleet.replay(messageID, reason: reason, by: author)
    }
    func reload(reason: String, by author: Author) async throws(CommandFailure) -> ReloadView {
        let change = try await reloader.reload(reason: reason, by: author)
        return ReloadView(
            added: change.added, removed: change.removed, restarted: change.restarted, redriven: change.redriven,
            unchanged: change.unchanged, remarks: change.remarks)
    }
    func mappings() async -> [MappedCode] { fleet.mappedCodes }
    func take(_ mappings: [MappedCode], by author: Author) async throws(CommandFailure) -> Int {
        try await fleet.take(mappings, by: author)
    }
    func map(_ triageID: String, _ body: MapBody, by author: Author) async throws(CommandFailure) -> MappingView {
        let mapping = CodeMapping(analysis: body.analysis, unit: body.unit, factor: body.factor)
        let made = try await fleet.map(triageID, to: mapping, reason: body.reason, by: author)
        return MappingView(
            analyzer: made.analyzer, code: made.code, analysis: made.analysis, messages: made.messages,
            observations: made.observations, controls: made.controls, waiting: made.waiting,
            refused: made.refused.map(\.description))
    }
}

extension AnalyzerFleet {
    /// What people said of codes, as an export carries it.
    var mappedCodes: [MappedCode] {
        settings.analyzers.sorted { $0.key < $1.key }.flatMap { name, local in
            local.mappings.map { one in
                MappedCode(
                    analyzer: name, code: one.code, analysis: one.analysis, sentUnit: one.sentUnit ?? "",
                    unit: one.unit ?? "", factor: one.factor ?? "", author: one.author, at: one.at, reason: one.reason)
            }
        }
    }
    func take(_ mappings: [MappedCode], by author: Author) async throws(CommandFailure) -> Int {
        func given(_ text: String) -> String? { text.isEmpty ? nil : text }
        return try await take(
            mappings.map { one in
                (
                    one.analyzer,
                    LocalSettings.Mapping(
                        code: one.code, analysis: one.analysis, sentUnit: given(one.unit).map { _ in one.sentUnit },
                        unit: given(one.unit), factor: given(one.factor), author: one.author, reason: one.reason,
                        at: one.at)
                )
            }, by: author)
    }
}

/// Makes the first administrator when there is no account, then serves the API.
func runAPI(
    _ configuration: Configuration, _ desk: Desk, _ fleet: AnalyzerFleet, _ reloader: Reloader,
    _ dispatch: ReportDispatch, _ armours: ExchangeArmours, bound: @escaping @Sendable (Int) -> Void
) async throws {
    let accounts = AccountDesk(
        desk: desk, credentials: Credentials(), draftSecret: try draftSecret(in: configuration.data))
    let secretFile = configuration.data + "/bootstrap-secret"
    let made = try await accounts.createFirstAdministrator(site: configuration.sites[0].code) {
        secret throws(Refusal) in
        try keep(secret, in: secretFile)
    }
    if made != nil {
        Log.line("premier démarrage : compte « \(AccountDesk.firstLogin) »")
        Log.line("son secret est dans \(secretFile) : le changer, puis effacer ce fichier")
    }
    let status = FleetStatus(fleet: fleet, reloader: reloader, armours: armours)
    let api = LaboratoryAPI(
        desk: desk, live: status, accounts: accounts, control: status,
        reports: ReportDoor(dispatch: dispatch))
    try await api.run(host: configuration.host, port: configuration.port) { port in bound(port) }
}

/// Reports on their way out, as the API asks for them.
package struct ReportDoor: ReportControl {
    private let dispatch: ReportDispatch
    package init(dispatch: ReportDispatch) { self.dispatch = dispatch }

    package func perform(
        _ act: ReleaseAct, on reference: String, by author: Author
    ) async throws(CommandFailure) {
        try await dispatch.perform(act, on: reference, by: author)
    }
    package func indicators(
        from: Instant, before: Instant, site: String?
    ) async throws(CommandFailure) -> Indicators {
        try await dispatch.indicators(from: from, before: before, site: site)
    }
    package func preview(
        _ signed: SignedReport
    ) async throws(CommandFailure) -> (pdf: [UInt8], cda: [UInt8]) {
        try await dispatch.rehearse(signed)
    }
    package func selfDisplaying(_ cda: [UInt8]) -> [UInt8] { ReportDispatch.selfDisplaying(cda) }
    package func deadLetters(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [DeliveryView] {
        try await dispatch.deadLetters(site: site, request: reference)
    }
    package func leftAfterWithdrawal(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine] {
        try await dispatch.leftAfterWithdrawal(site: site, request: reference)
    }
    package func addresses(in message: [UInt8]) -> [String] { ReportDispatch.addresses(in: message) }
    package func matricule(in message: [UInt8]) -> String? { ReportDispatch.matricule(in: message) }
    package func outlook(
        of reference: String, complete: Bool, identityWasWrong: Bool
    ) async throws(CommandFailure) -> [ReportOutlook] {
        try await dispatch.outlook(of: reference, complete: complete, identityWasWrong: identityWasWrong)
    }
    package func correspondents(of request: Request, _ patient: Patient) -> [Professional] {
        request.correspondents(of: patient)
    }
    package func alarms() async -> [String] { await dispatch.alarms() }
}

/// What the keys of drafts come from: made at the first start, in a file of the data folder.
private func draftSecret(in folder: String) throws(Refusal) -> [UInt8] {
    let path = folder + "/drafts-secret"
    if let data = FileManager.default.contents(atPath: path) {
        guard data.count == AccountDesk.draftSecretLength else {
            throw Refusal(
                "server.drafts", at: path, because: "ce secret n'a pas \(AccountDesk.draftSecretLength) octets",
                remedy: "le remettre depuis une sauvegarde, ou l'effacer : les brouillons en cours seront perdus")
        }
        return Array(data)
    }
    var chance = SystemRandomNumberGenerator()
    let secret = (0..<AccountDesk.draftSecretLength).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
    try SecretFile.write(secret, to: path)
    return secret
}

/// Readable by the server's own user only.
private func keep(_ secret: String, in path: String) throws(Refusal) {
    let made = FileManager.default.createFile(
        atPath: path, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
    guard made else {
        throw Refusal(
            "server.bootstrap", at: path, because: "le secret du premier compte ne peut être écrit",
            remedy: "donner au serveur le droit d'écrire dans son dossier de données")
    }
}

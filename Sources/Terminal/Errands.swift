package import Base
package import Client
package import Console
import Laboratory

/// Runs the effects of the reducer against the server and gives their answers back as events. Screens never wait.
package actor Errands {
    private var client: LaboratoryClient
    private let tokens: TokenFile
    private let address: ServerAddress
    private let login: String
    /// Nil until the server gave the key.
    private var drafts: DraftFile?
    private let zone: CivilZone
    private let now: @Sendable () -> Instant
    private let tell: @Sendable (Event) -> Void
    private var flying: Set<Source> = []
    private var again: Set<Source> = []
    private var catalogue: [String: (name: String, unit: String)]?
    private var sections: [String: String] = [:]
    private var twice: Set<String> = []
    private var countedAt: Instant?
    private var limits: [String: FileSheet.Limits] = [:]
    private let pause: Duration
    private let habits: HabitFile

    /// Lines of a list, as many as the server gives at once.
    static let lines = Source.mostLines
    /// Pause between two loads of the same list, so that a burst of news asks once.
    package static let pause = Duration.milliseconds(200)
    /// Between two counts of a list that is cut.
    static let countPause = Duration.seconds(10)
    /// Longest wait for news, in seconds.
    static let newsWait = 20

    package init(
        client: LaboratoryClient, tokens: TokenFile, address: ServerAddress, login: String, zone: CivilZone,
        pause: Duration = Errands.pause, now: @escaping @Sendable () -> Instant,
        tell: @escaping @Sendable (Event) -> Void
    ) {
        self.client = client
        self.tokens = tokens
        self.address = address
        self.login = login
        self.zone = zone
        self.pause = pause
        habits = HabitFile(beside: tokens, server: address.text, login: login)
        self.now = now
        self.tell = tell
    }

    /// Who is here, what was left, then news until the task is cancelled.
    package func begin() async throws(Refusal) {
        let who = try await client.whoami()
        let drafts = try DraftFile(
            beside: tokens, server: address.text, login: login, key: try await client.draftKey().key)
        self.drafts = drafts
        tell(.who(person: who.name, login: who.login, site: who.site, Set(who.permissions)))
        tell(.habits(habits.read()))
        tell(.online)
        do throws(Refusal) {
            let left = try drafts.takeOver()
            if !left.isEmpty { tell(.drafts(left)) }
        } catch { tell(.failed(error)) }
    }

    package func watch() async {
        var sequence: Int?
        var pause = 1
        while !Task.isCancelled {
            do throws(Refusal) {
                let wait = sequence == nil ? 0 : Errands.newsWait
                let change = try await client.changes(after: sequence, wait: wait)
                tell(.online)
                if let sequence, change.sequence > sequence { tell(.changed) }
                sequence = change.sequence
                pause = 1
            } catch {
                if error.endsSession { tell(.locked) }
                if error.code == "client.unreachable" { tell(.offline) }
                try? await Task.sleep(for: .seconds(pause))
                pause = min(pause * 2, 8)
            }
        }
    }

    package func run(_ effect: Effect) async {
        switch effect {
        case .load(let source): await load(source)
        case .open(let number): await open(number)
        case .find(let text): await find(text)
        case .chart(let analyzer, let analysis, let columns, let ascii):
            await chart(analyzer, analysis, columns, ascii: ascii)
        case .send(let id, let deed):
            do throws(Refusal) {
                try await perform(deed)
                tell(.done(id))
            } catch { tell(.refused(id, error)) }
        case .keep(let all): keep(all)
        case .why(let id): await why(id)
        case .uncertainty(let analyzer, let analysis, let calibration):
            do throws(Refusal) {
                let levels = try await client.uncertainty(analyzer, analysis, calibration: calibration)
                tell(.uncertainty("\(analyzer)/\(analysis)", levels))
            } catch { complain(error) }
        case .habits(let counts): habits.keep(counts)
        case .bell, .quit, .practise: break
        }
    }

    private func load(_ source: Source) async {
        guard flying.insert(source).inserted else {
            again.insert(source)
            return
        }
        defer { flying.remove(source) }
        repeat {
            again.remove(source)
            do throws(Refusal) { tell(.loaded(try await answer(source))) } catch { complain(error) }
            let isRare = source == .requests || source == .reflexes
            if pause > .zero { try? await Task.sleep(for: isRare ? pause * 10 : pause) }
        } while again.contains(source)
    }

    private func complain(_ refusal: Refusal) {
        if refusal.code == "client.unreachable" {
            tell(.offline)
        } else if refusal.endsSession {
            tell(.locked)
        } else {
            tell(.failed(refusal))
        }
    }

    private func answer(_ source: Source) async throws(Refusal) -> Loaded {
        switch source {
        case .worklist:
            try await knowCatalogue()
            let at = now()
            let lines = try await client.worklist(limit: Source.mostLines).map { view in
                var line = Line(view, zone: zone, now: at)
                line.section = sections[line.analysis] ?? ""
                return line
            }
            if lines.count >= Source.mostLines { try await countWhole() }
            return .worklist(lines)
        case .status:
            let status = try await client.status()
            return .status(
                analyzers: status.analyzers.map { AnalyzerRow($0) }, triageOpen: status.counts.triageOpen,
                awaitingSignature: status.counts.awaitingSignature)
        case .quality: return .quality(try await client.qualityStates().map { QualityRow($0) })
        case .triage:
            return .triage(try await client.triage(limit: Source.mostLines).map { TriageRow($0, zone: zone) })
        case .requests:
            let rows = try await client.requests(limit: Source.mostRequests).map { RequestRow($0, zone: zone) }
            if rows.count >= Source.mostRequests {
                tell(.totals(Totals(requests: try await client.status().counts.requests)))
            }
            return .requests(rows)
        case .calls:
            return .calls(
                try await client.criticalCalls().filter { $0.state != .closed }.map {
                    CallRow(
                        id: $0.observationID, due: $0.dueAt.instant(in: zone) ?? Instant(seconds: 0),
                        isOverdue: $0.isOverdue, contact: $0.contact, request: $0.requestNumber ?? "",
                        patient: $0.patientName ?? "", told: "\($0.analysis) \($0.value)",
                        telling: CallRow.Telling($0, zone: zone), runs: $0.runs ?? [])
                })
        case .reflexes:
            return .reflexes(
                try await client.openReflexes().map {
                    ReflexRow(
                        request: $0.requestNumber ?? "", rule: $0.rule, adds: $0.adds, because: $0.reason,
                        at: $0.at.instant(in: zone) ?? Instant(seconds: 0))
                })
        case .comments:
            return .comments(try await client.comments().map { CodedText(code: $0.code, text: $0.text) })
        case .signature:
            return .signature(
                try await client.awaitingSignature(limit: 500).map {
                    SignRow(
                        number: $0.requestNumber, patient: $0.patientName, urgent: $0.priority == .urgent,
                        fresh: $0.fresh, missing: $0.missing, critical: $0.critical,
                        at: $0.registeredAt.instant(in: zone) ?? Instant(seconds: 0))
                })
        }
    }

    /// A list that came cut is counted whole; that reads all that waits, and is asked for now and then.
    private func countWhole() async throws(Refusal) {
        if let countedAt, countedAt.duration(to: now()) < Errands.countPause { return }
        let counts = try await client.worklistCounts()
        countedAt = now()
        tell(.totals(Totals(tubes: counts.tubes, urgent: counts.urgent, held: counts.held)))
    }

    private func knowCatalogue() async throws(Refusal) {
        guard catalogue == nil else { return }
        let lines = try await client.catalogue().analyses
        catalogue = Dictionary(lines.map { ($0.code, ($0.name, $0.unit)) }, uniquingKeysWith: { a, _ in a })
        sections = Dictionary(lines.map { ($0.code, $0.section) }, uniquingKeysWith: { a, _ in a })
        twice = Set(lines.filter { $0.twice == true }.map(\.code))
        limits = lines.reduce(into: [:]) { limits, line in
            guard line.decimals != nil || line.lowest != nil || line.highest != nil else { return }
            limits[line.code] = FileSheet.Limits(decimals: line.decimals, low: line.lowest, high: line.highest)
        }
    }

    private func sheet(_ view: RequestFileView) async throws(Refusal) -> FileSheet {
        try await knowCatalogue()
        var sheet = FileSheet(view, catalogue: catalogue ?? [:], zone: zone, now: now())
        sheet.twice = twice
        sheet.limits = limits
        return sheet
    }

    private func open(_ number: String) async {
        do throws(Refusal) {
            let view = try await client.request(number)
            var made = try await sheet(view)
            tell(.file(made))
            // What the file says first is shown first; earlier values follow.
            let history = try await client.history(number, limit: Trend.most)
            guard history.contains(where: { !$0.points.isEmpty }) else { return }
            made.take(history, view.observations, zone: zone)
            tell(.file(made))
        } catch { complain(error) }
    }

    private func why(_ id: String) async {
        do throws(Refusal) {
            if let sheet = WhySheet(try await client.why(id), zone: zone) { tell(.why(id, sheet)) }
        } catch { complain(error) }
    }

    private func find(_ text: String) async {
        do throws(Refusal) {
            tell(.found(try await sheet(try await client.file(ofTube: text)), accession: text, asked: text))
            return
        } catch { if error.code == "client.unreachable" { return complain(error) } }
        do throws(Refusal) {
            let view = try await client.request(text)
            tell(.found(try await sheet(view), accession: view.specimens.first?.accession ?? "", asked: text))
        } catch {
            if error.code.hasSuffix(".unknown") { return tell(.notFound(text)) }
            complain(error)
            tell(.soughtGone(text))
        }
    }

    private func chart(_ analyzer: String, _ analysis: String, _ columns: Int, ascii: Bool) async {
        do throws(Refusal) {
            let bytes = try await client.qualityChart(
                analyzer, analysis, format: ascii ? "ascii" : "text", width: columns)
            let text = String(decoding: bytes, as: UTF8.self)
            tell(.chart("\(analyzer)/\(analysis)", frenchScores(text).split(separator: "\n").map { String($0) }))
        } catch { complain(error) }
    }

    private func perform(_ deed: Deed) async throws(Refusal) {
        switch deed {
        case .validate(let request, let ids, let reason):
            _ = try await client.validate(request, ValidateBody(observations: ids, reason: reason))
        case .reject(let request, let id, let reason):
            _ = try await client.reject(request, RejectBody(observation: id, reason: reason))
        case .withdraw(let request, let ids):
            _ = try await client.withdraw(request, WithdrawBody(observations: ids, own: true))
        case .enter(let request, let analysis, let value, let seen):
            var body = ResultBody(analysis, value)
            body.seen = seen
            _ = try await client.enter(request, body)
        case .firstReading(let request, let analysis, let value):
            _ = try await client.readFirst(request, ResultBody(analysis, value))
        case .choose(let request, let keep, let isBack, let aside, let reason):
            if isBack { _ = try await client.withdraw(request, WithdrawBody(observations: [keep], reason: reason)) }
            for id in aside { _ = try await client.reject(request, RejectBody(observation: id, reason: reason)) }
        case .receive(let accession, let nonconformity):
            _ = try await client.receive(accession, ReceiveBody(nonconformity: nonconformity))
        case .rework(let request, let id, let diluted, let reason):
            _ = try await client.rework(request, ReworkBody(observation: id, diluted: diluted, reason: reason))
        case .rerun(_, _, let analyzer, let accession, let reason):
            _ = try await client.resendOrder(to: analyzer, ResendBody(accession: accession, reason: reason))
        case .attach(let triage, let accession, let reason):
            _ = try await client.attach(triage, AttachBody(accession: accession, reason: reason))
        case .dismiss(let triage, let reason): try await client.dismiss(triage, DismissBody(reason: reason))
        case .call(let id, let person, let role, let number, let value, let readBack, let reached):
            _ = try await client.recordCall(
                id,
                CallBody(
                    number: number, person: person, role: role, value: value, readBack: readBack, reached: reached))
        case .comment(let request, let id, let code):
            _ = try await client.comment(request, CommentBody(observation: id, code: code))
        case .reflex(let request, let rule, let accept, let reason):
            _ = try await client.decideReflex(request, ReflexBody(rule: rule, accept: accept, reason: reason))
        case .unlock(let secret):
            let session = try await client.with(token: nil).login(login, secret: secret)
            client = client.with(token: session.token)
            try tokens.keep(
                TokenFile.Entry(token: session.token, login: session.login, expiresAt: session.expiresAt),
                for: address)
        case .logout:
            try await client.logout()
            try tokens.forget(address)
        }
    }

    package func keep(_ all: [Draft]) {
        do throws(Refusal) { try drafts?.keep(all) } catch { tell(.failed(error)) }
    }
}

extension ResultBody {
    fileprivate init(_ analysis: String, _ typed: TypedValue) {
        self.init(analysis: analysis)
        switch typed {
        case .number(let text): value = text
        case .text(let words): text = words
        case .notPerformed(let reason): notPerformed = reason
        }
    }
}

package import Base
import Catalog
import Client
package import Console
package import Laboratory

/// Runs the effects of the biologist's screens against the server and gives their answers back as events.
actor SignErrands {
    private var client: LaboratoryClient
    private let settings: TerminalSession.Settings
    private let zone: CivilZone
    private let tell: @Sendable (SignEvent) -> Void
    /// The newest question about each file: an older answer that comes later is dropped.
    private var asked: [String: Int] = [:]
    private var drafts: DraftFile?
    /// The version of the catalogue that was told.
    private var known = ""
    private var isLoading = false
    private var isLoadWanted = false

    /// Earlier values of an analysis that a curve shows.
    private static let pastValues = 50

    init(_ settings: TerminalSession.Settings, tell: @escaping @Sendable (SignEvent) -> Void) {
        client = settings.client
        self.settings = settings
        zone = settings.manner.zone
        self.tell = tell
    }

    func begin() async throws(Refusal) {
        let who = try await client.whoami()
        tell(.who(person: who.name, login: who.login, site: who.site))
        let drafts = try DraftFile(
            beside: settings.tokens, server: settings.address.text, login: who.login,
            key: try await client.draftKey().key, kind: SignLeft.kind)
        self.drafts = drafts
        tell(.online)
        do throws(Refusal) { tell(.drafts(try drafts.takeOver(SignLeft.self))) } catch { tell(.failed(error)) }
    }

    func keep(_ left: [SignLeft]) {
        do throws(Refusal) { try drafts?.keep(left) } catch { tell(.failed(error)) }
    }

    func watch() async {
        var sequence: Int?
        var pause = 1
        while !Task.isCancelled {
            do throws(Refusal) {
                let change = try await client.changes(after: sequence, wait: sequence == nil ? 0 : Errands.newsWait)
                tell(.online)
                if let sequence, change.sequence > sequence { tell(.changed) }
                sequence = change.sequence
                pause = 1
            } catch {
                complain(error)
                try? await Task.sleep(for: .seconds(pause))
                pause = min(pause * 2, 8)
            }
        }
    }

    /// About a file with what this person wrote of it: what the server does not take of it is no obstacle to reading.
    private func complain(_ refusal: Refusal, of number: String, _ draft: SignDraft) {
        let isOfDraft = ["sign.", "amend."].contains { refusal.code.hasPrefix($0) } && draft != SignDraft()
        if isOfDraft { tell(.draftRefused(number, refusal)) } else { complain(refusal) }
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

    func run(_ effect: SignEffect) async {
        switch effect {
        case .load: await load()
        case .open(let number, let draft): await open(number, draft)
        case .find(let text): await find(text)
        case .why(let id): await why(id)
        case .versions(let number, let draft): await versions(number, draft)
        case .send(let id, let deed):
            do throws(Refusal) { tell(.done(id, try await perform(deed))) } catch { tell(.refused(id, error)) }
        case .check(let pick, let partial, let uncalled, let draft):
            await check(pick, SignBody(pick, pin: "", partial: partial, uncalled: uncalled, draft: draft))
        case .checkLot(let picks): await check(picks)
        case .bell, .quit: break
        }
    }

    private func check(_ picks: [SignPick]) async {
        do throws(Refusal) {
            let refused = try await client.checkLot(LotBody(picks, pin: ""))
            let found = refused.compactMap { one in one.refusal.map { (one.requestNumber, $0) } }
            let known = Set(found.map(\.0))
            let begun = try begunElsewhere(picks).filter { !known.contains($0.place) }
            tell(.lotChecked(picks, refused: found + begun.map { ($0.place, $0) }))
        } catch {
            if error.code == "client.unreachable" || error.endsSession {
                complain(error)
            } else {
                tell(.lotUnsignable(picks, error))
            }
        }
    }

    /// What this person began in another window is signed there, with what was written of it.
    private func begunElsewhere(_ picks: [SignPick]) throws(Refusal) -> [Refusal] {
        guard let drafts else { return [] }
        let begun = try drafts.elsewhere(SignLeft.self).filter { $0.draft != SignDraft() }.map(\.number)
        return picks.map(\.number).filter(begun.contains).map {
            Refusal(
                "sign.begun", at: $0, because: "un brouillon y est commencé dans une autre fenêtre",
                remedy: "le signer seul, là où il est commencé")
        }
    }

    /// A server that does not answer says so when the signature is sent.
    private func check(_ pick: SignPick, _ body: SignBody) async {
        do throws(Refusal) { try await client.checkSignature(pick.number, body) } catch {
            if error.code == "client.unreachable" || error.endsSession {
                complain(error)
            } else {
                tell(.unsignable(pick, error))
            }
        }
    }

    private func load() async {
        if isLoading {
            isLoadWanted = true
            return
        }
        isLoading = true
        defer { isLoading = false }
        repeat {
            isLoadWanted = false
            do throws(Refusal) {
                let files = try await client.awaitingSignature(limit: Errands.lines)
                tell(.queue(files.map { SignQueueRow($0, zone: zone) }))
                let status = try await client.status()
                // The server looks at no more files than that for one answer.
                let all = status.counts.awaitingSignature
                tell(.waiting(files.count > Errands.lines / 2 && all > Errands.lines ? all : nil))
                tell(.settings(try await client.signOffSettings()))
                // A batch is signed under the catalogue of its hour, not of the morning.
                if status.catalogueVersion != known {
                    known = status.catalogueVersion
                    tell(.rules(String(known.prefix(12))))
                    tell(.comments(try await client.comments().map { ($0.code, $0.text) }))
                }
                tell(.controls(ControlCounts(try await client.qualityStates().map { QualityRow($0) })))
            } catch { complain(error) }
            try? await Task.sleep(for: Errands.pause)
        } while isLoadWanted
    }

    private func sheet(_ number: String, _ draft: SignDraft) async throws(Refusal) -> SignSheet {
        let file = try await client.fileToSign(number, SignDraftBody(draft))
        let history = try await client.history(number, limit: SignErrands.pastValues)
        return SignSheet(file, history, draft, zone: zone, now: TerminalSession.now())
    }

    private func open(_ number: String, _ draft: SignDraft) async {
        let turn = (asked[number] ?? 0) + 1
        asked[number] = turn
        do throws(Refusal) {
            let made = try await sheet(number, draft)
            if asked[number] == turn { tell(.sheet(made)) }
        } catch { complain(error, of: number, draft) }
    }

    private func find(_ text: String) async {
        do throws(Refusal) {
            let number: String
            do throws(Refusal) { number = try await client.file(ofTube: text).request.number } catch {
                guard error.code.hasSuffix(".unknown") else { throw error }
                number = text
            }
            tell(.found(try await sheet(number, SignDraft()), asked: text))
        } catch {
            complain(error)
            tell(.soughtGone(text))
        }
    }

    private func why(_ id: String) async {
        do throws(Refusal) {
            let found = try await client.why(id)
            let shown = found.observation
            tell(
                .why(
                    title: "\(shown.analysis) \(shown.value.frenchText)", holds: shown.holds,
                    judged: WhySheet(found, zone: zone), of: id))
        } catch { complain(error) }
    }

    private func versions(_ number: String, _ draft: SignDraft) async {
        do throws(Refusal) {
            let whole = try await client.request(number)
            let file = try await client.fileToSign(number, SignDraftBody(draft))
            // An amendment that was begun is compared even when nothing of the results changed.
            var (last, after, ids) = whole.sides(file)
            if draft.amendment != nil || last == nil {
                (last, after, ids) = (whole.lastSignature, nil, file.observations.map(\.id))
            }
            let holders = try await client.holders(
                of: file.request, pending: draft.amendment != nil || after == nil, reason: draft.amendment?.reason)
            let held = Set(last?.observationIDs ?? [])
            var versions = SignVersions(
                number: number, signed: last?.version ?? 0, after: after?.version,
                changes: whole.changes(from: last?.observationIDs ?? [], to: ids).map {
                    SignVersions.Change(analysis: $0.analysis, before: $0.before?.shown, after: $0.after?.shown)
                },
                others: after.map { $0.changes ?? [] } ?? file.changes.filter { $0.part != .result },
                earlier: whole.observations.filter { held.contains($0.id) }.map { "\($0.analysis) \($0.shown)" },
                holders: holders.map {
                    SignVersions.Holder(who: $0.who, version: $0.version, state: $0.state, next: $0.next)
                })
            versions.why = after?.amendment
            tell(.versions(versions))
        } catch { complain(error, of: number, draft) }
    }

    private func perform(_ deed: SignDeed) async throws(Refusal) -> SignOutcome {
        switch deed {
        case .sign(let pick, let pin, let partial, let uncalled, let draft):
            let made = try await client.sign(
                pick.number, SignBody(pick, pin: pin, partial: partial, uncalled: uncalled, draft: draft))
            return .signed(version: made.version)
        case .lot(let picks, let pin):
            let made = try await client.signLot(LotBody(picks, pin: pin))
            return .lot(
                signed: made.filter { $0.signature != nil }.map(\.requestNumber),
                refused: made.filter { $0.signature == nil }.map(\.requestNumber))
        case .reject(let request, let id, let reason):
            _ = try await client.reject(request, RejectBody(observation: id, reason: reason))
        case .reflex(let request, let rule, let accept, let reason):
            _ = try await client.decideReflex(request, ReflexBody(rule: rule, accept: accept, reason: reason))
        case .call(_, let id, let person, let role, let number, let value, let readBack, let reached):
            _ = try await client.recordCall(
                id,
                CallBody(
                    number: number, person: person, role: role, value: value, readBack: readBack, reached: reached))
        case .unlock(let secret):
            let session = try await client.with(token: nil).login(settings.login, secret: secret)
            client = client.with(token: session.token)
            try settings.tokens.keep(
                TokenFile.Entry(token: session.token, login: session.login, expiresAt: session.expiresAt),
                for: settings.address)
        }
        return .kept
    }
}

// What the server shows, as the screens need it.

extension ObservationView {
    /// `4,20 mmol/L`
    fileprivate var shown: String {
        let unit = Unit.french(value.unit ?? "")
        return value.frenchText + (unit.isEmpty || unit == "1" ? "" : " " + unit)
    }
}

extension SignBody {
    fileprivate init(_ pick: SignPick, pin: String, partial: Bool, uncalled: String?, draft: SignDraft) {
        self.init(
            contentHash: pick.contentHash, pin: pin, partial: partial ? true : nil, uncalled: uncalled,
            draft: SignDraftBody(draft))
    }
}

extension LotBody {
    fileprivate init(_ picks: [SignPick], pin: String) {
        self.init(
            pin: pin, files: picks.map { File(request: $0.number, contentHash: $0.contentHash) }, frozen: true)
    }
}

extension SignDraftBody {
    init(_ draft: SignDraft) {
        self.init(
            except: draft.except.isEmpty ? nil : draft.except,
            comments: draft.comments.isEmpty ? nil : draft.comments, note: draft.note,
            reason: draft.amendment?.reason, words: draft.amendment?.words)
    }
}

extension SignQueueRow {
    init(_ view: SignableLineView, zone: CivilZone) {
        self.init(
            number: view.requestNumber, patient: view.patientName, urgent: view.priority == .urgent, lane: view.lane,
            obstacles: view.reasons, fresh: view.fresh, results: view.results + view.missing.count,
            at: view.registeredAt.instant(in: zone) ?? Instant(seconds: 0), contentHash: view.contentHash,
            sections: view.sections)
    }
}

extension SignSheet {
    init(
        _ view: FileToSignView, _ history: [HistoryView], _ draft: SignDraft, zone: CivilZone, now: Instant
    ) {
        func at(_ moment: Moment) -> Instant { moment.instant(in: zone) ?? Instant(seconds: 0) }
        let request = view.request
        let civil = civilWords(view.patient.traits.sex, view.patient.traits.birthDate, now, zone)
        let fresh = Set(view.fresh)
        let left = Set(view.left.map(\.id))
        // What is left out stays where it stood, to be taken back.
        func rank(_ one: ObservationView) -> Int { view.order.firstIndex(of: one.analysis) ?? view.order.count }
        let all = left.isEmpty ? view.observations : (view.observations + view.left).sorted { rank($0) < rank($1) }
        let lines = all.map { observation in
            let line = Line(
                observation, request: request.number, patient: view.patient.displayName, civil: civil,
                urgent: request.priority == .urgent, zone: zone)
            let past = history.first { $0.analysis == observation.analysis }?.points ?? []
            let known = history.first { $0.analysis == observation.analysis }
            var points = past.reversed().map { Trend.Point($0.value, at($0.observedAt), $0.measuredBy, $0.definition) }
            points.append(
                Trend.Point(
                    observation.value, line.observedAt, known?.method ?? observation.origin.analyzer,
                    known?.definition))
            var shown = SignLine(
                line: line, low: observation.interval?.low, high: observation.interval?.high,
                isFresh: fresh.contains(observation.id),
                prior: past.first.map { FileSheet.Prior(value: $0.value.frenchText, at: at($0.observedAt)) },
                points: points, isCallOpen: observation.call?.state == .open, isLeft: left.contains(observation.id),
                isCalculated: observation.origin.calculation != nil)
            shown.isCallMade = observation.call.map { $0.state != .open } ?? false
            shown.telling = observation.call.flatMap { CallRow.Telling(reached: $0, zone: zone) }
            return shown
        }
        self.init(
            number: request.number, version: view.nextVersion, lane: view.lane, isAmendment: view.isAmendment,
            contentHash: view.contentHash, patient: view.patient.displayName, civil: civil,
            identity: view.patient.status.rawValue, prescriber: request.prescriber.displayName,
            place: SignSheet.place(request.encounter), note: request.declared,
            lastVisit: view.previous.map { at($0.observedAt) }.max(),
            tubes: view.specimens.map {
                FileSheet.TubeState(
                    accession: $0.accession, tube: $0.tube, collected: $0.collectedAt.map(at),
                    received: $0.receivedAt.map(at), nonconformity: $0.nonconformity)
            }, lines: lines, missing: view.missing, comments: view.comments + view.supplements, changes: view.changes,
            standing: view.standing, obstacles: view.reasons, draft: draft, attributes: view.patient.attributes)
        let (patient, ins) = (view.patient, view.patient.ins)
        birth = patient.traits.birthDate.french
        traits = [
            patient.traits.givenNames, patient.traits.birthplace, patient.usedName, ins?.matricule,
            ins?.authority.rawValue,
        ].map { $0 ?? "" }
    }

    private static func place(_ encounter: EncounterClass) -> Place {
        switch encounter {
        case .ambulatory: .town
        case .inpatient: .ward
        case .emergency: .emergency
        }
    }
}

extension Trend.Point {
    package init(_ value: ObservationValue, _ at: Instant, _ analyzer: String?, _ definition: String?) {
        var measured: Measured?
        if case .measured(let number, _) = value { measured = number }
        self.init(
            at: at, value: measured, unit: value.unit ?? "", method: analyzer ?? "saisie",
            definition: definition ?? "")
    }
}

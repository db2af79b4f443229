import Base
import Laboratory

/// A laboratory made up in memory that answers the screens as the server does: nothing of the real one is read or
/// written. Names and values are drawn from a seed.
struct PracticeLaboratory: Sendable, Equatable {
    private(set) var lines: [Line] = []
    private(set) var files: [String: FileSheet] = [:]
    private(set) var calls: [CallRow] = []
    private(set) var triage: [TriageRow] = []
    /// What the learner did, in order.
    private(set) var deeds: [Deed] = []
    /// Tubes looked for, by scan or by command.
    private(set) var sought: [String] = []
    private let login: String
    private var made = 0

    static let analyzer = "simulé"
    /// The tube that is announced on paper: nothing waits on it yet.
    static let announced = "990000000099"

    init(at now: Instant, login: String) {
        self.login = login
        var random = PRNG(seed: 17)
        let names = ["LEÇON Alice", "LEÇON Bruno", "LEÇON Chloé", "LEÇON David", "LEÇON Emma", "LEÇON Farid"]
        for (number, name) in names.enumerated() {
            let tube = "99000000010" + String(number)
            var own: [Line] = []
            for (code, words, unit, interval, low, span) in PracticeLaboratory.analyses {
                let tenths = low + Int.random(in: 0..<span, using: &random)
                own.append(
                    line(tube, number, name, code, words, PracticeLaboratory.value(tenths), unit, interval, now))
            }
            if number == 1 {
                own[1].value = "6,8"
                own[1].flags = [.high, .criticallyHigh]
                own[1].holds = [Hold(.critical, "valeur critique : seuil d'alerte 6,0")]
                calls = [
                    CallRow(
                        id: own[1].id, due: now.advanced(by: .seconds(900)), isOverdue: false,
                        contact: "Dr LEÇON 00 00 00 00 00")
                ]
            }
            if number == 2 {
                own[0].value = "158"
                own[0].flags = [.high]
                own[0].holds = [Hold(.delta, "écart de +19 en 2 jours, limite 13")]
            }
            add(file(tube, number, name, own, now))
            lines += own
        }
        add(file(PracticeLaboratory.announced, 9, "LEÇON Inès", [], now))
        triage = [
            TriageRow(
                id: "leçon-1", analyzer: PracticeLaboratory.analyzer, reason: "tube_inconnu",
                explanation: "aucun tube de ce numéro : vérifier l'étiquette, puis rattacher ou écarter",
                accession: "990000000777", code: "K", value: "4,4", at: now)
        ]
    }

    /// Code, words, unit, interval, lowest value in tenths, how far up.
    private static let analyses: [(String, String, String, String, Int, Int)] = [
        ("NA", "Sodium", "mmol/L", "136 – 145", 1370, 60), ("K", "Potassium", "mmol/L", "3,5 – 4,9", 37, 10),
        ("CL", "Chlorures", "mmol/L", "98 – 107", 1000, 60),
    ]
    private static func value(_ tenths: Int) -> String {
        tenths >= 1000 ? String(tenths / 10) : "\(tenths / 10),\(tenths % 10)"
    }

    private mutating func line(
        _ tube: String, _ number: Int, _ name: String, _ code: String, _ words: String, _ value: String,
        _ unit: String, _ interval: String, _ now: Instant
    ) -> Line {
        made += 1
        return Line(
            id: "leçon-\(made)", request: "LEÇON\(number)", accession: tube, patient: name, civil: "F 40a",
            urgent: number == 1, analysis: code, name: words, value: value, unit: unit, interval: interval,
            analyzer: PracticeLaboratory.analyzer, observedAt: now.advanced(by: .seconds(-60 * (5 + 7 * number))))
    }

    private func file(_ tube: String, _ number: Int, _ name: String, _ own: [Line], _ now: Instant) -> FileSheet {
        FileSheet(
            number: "LEÇON\(number)", patient: name, civil: "F 40a", identity: "école", prescriber: "Dr LEÇON",
            urgent: number == 1, registered: now.advanced(by: .seconds(-3600)),
            asked: PracticeLaboratory.analyses.map { ($0.0, $0.1, $0.2) } + [("CO2", "CO2 total", "mmol/L")],
            lines: own,
            tubes: [
                .init(
                    accession: tube, tube: "VERT", collected: now.advanced(by: .seconds(-3000)),
                    received: now.advanced(by: .seconds(-2400)), nonconformity: nil)
            ],
            happenings: [
                .init(at: now.advanced(by: .seconds(-3600)), what: .registered("LEÇON\(number)")),
                .init(at: now.advanced(by: .seconds(-2400)), what: .received(tube, nonconformity: nil)),
            ])
    }

    private mutating func add(_ file: FileSheet) { files[file.number] = file }

    /// The events that the server would send back.
    mutating func answer(_ effect: Effect, at now: Instant) -> [Event] {
        switch effect {
        case .load(let source): return [.loaded(answer(source))]
        case .open(let number): return files[number].map { [.file($0)] } ?? []
        case .find(let text):
            sought.append(text)
            guard let file = files.values.first(where: { $0.number == text || $0.tubes.first?.accession == text })
            else { return [.notFound(text)] }
            return [.found(file, accession: file.tubes.first?.accession ?? "")]
        case .chart(let analyzer, let analysis, _, _): return [.chart("\(analyzer)/\(analysis)", [])]
        case .why(let id):
            let holds = lines.first { $0.id == id }?.holds ?? []
            return [
                .why(
                    id,
                    WhySheet(
                        at: now, engine: 1, catalogue: login, rules: login,
                        checks: holds.map {
                            .init(step: 8, rule: "leçon@1", outcome: .yes, code: $0.code.rawValue, seen: $0.reason)
                        }))
            ]
        case .send(let id, let deed):
            do throws(Refusal) {
                try apply(deed, at: now)
                deeds.append(deed)
                return [.done(id)]
            } catch { return [.refused(id, error)] }
        case .uncertainty(let analyzer, let analysis, _): return [.uncertainty("\(analyzer)/\(analysis)", [])]
        case .keep, .habits, .practise, .bell, .quit: return []
        }
    }

    private func answer(_ source: Source) -> Loaded {
        switch source {
        case .worklist: .worklist(lines.filter { $0.state == .waiting }.sorted { $0.urgent && !$1.urgent })
        case .status:
            .status(
                analyzers: [AnalyzerRow(name: PracticeLaboratory.analyzer, state: "connecté", isWell: true)],
                triageOpen: triage.count, awaitingSignature: 0)
        case .quality:
            .quality(
                PracticeLaboratory.analyses.map {
                    QualityRow(analyzer: PracticeLaboratory.analyzer, analysis: $0.0, state: "CONFORME")
                })
        case .triage: .triage(triage)
        case .requests:
            .requests(
                files.values.sorted { $0.number < $1.number }.map {
                    RequestRow(
                        number: $0.number, patient: $0.patient, urgent: $0.urgent, analyses: $0.asked.map(\.code),
                        at: $0.registered, awaited: $0.tubes.count { $0.received == nil })
                })
        case .signature: .signature([])
        case .calls: .calls(calls)
        case .reflexes: .reflexes([])
        case .comments:
            .comments([
                CodedText(code: "HEMO1", text: "Échantillon hémolysé : à interpréter avec prudence."),
                CodedText(code: "RECOL", text: "Nouveau prélèvement demandé."),
            ])
        }
    }

    private mutating func apply(_ deed: Deed, at now: Instant) throws(Refusal) {
        switch deed {
        case .validate(_, let ids, let reason):
            if reason == nil, let held = lines.first(where: { ids.contains($0.id) && !$0.asks.isEmpty }) {
                throw Refusal("tech.reason", at: held.analysis, because: held.asks[0].reason, remedy: "dire pourquoi")
            }
            set(ids, .validated)
        case .reject(_, let id, _): set([id], .rejected)
        case .withdraw(_, let ids): set(ids, .waiting)
        case .choose(_, let keep, _, let aside, _):
            set(aside, .rejected)
            set([keep], .waiting)
        case .enter(let request, let analysis, let value, _): enter(request, analysis, value.shown, now)
        case .receive(let tube, let nonconformity):
            guard let number = files.values.first(where: { $0.tubes.first?.accession == tube })?.number else { return }
            // Empty: taken back.
            let reason = nonconformity?.isEmpty == true ? nil : nonconformity
            files[number]?.tubes[0].nonconformity = reason
            for place in lines.indices where lines[place].accession == tube && nonconformity != nil {
                lines[place].holds.removeAll { $0.code == .specimenNonconform }
                if let reason { lines[place].holds.append(Hold(.specimenNonconform, reason)) }
            }
            refresh(number)
        case .rework: break
        case .rerun(_, _, _, let tube, _):
            guard let first = lines.first(where: { $0.accession == tube }) else { return }
            enter(first.request, first.analysis, first.value, now)
        case .attach(let id, let tube, _):
            guard files.values.contains(where: { $0.tubes.first?.accession == tube }) else {
                throw Refusal("specimen.unknown", at: tube, because: "tube introuvable", remedy: "vérifier le numéro")
            }
            triage.removeAll { $0.id == id }
        case .dismiss(let id, _): triage.removeAll { $0.id == id }
        case .call(let id, _, _, _, _, _, _): calls.removeAll { $0.id == id }
        case .comment(_, let id, let code):
            for place in lines.indices where lines[place].id == id { lines[place].comment = code }
        case .reflex, .firstReading, .unlock, .logout: break
        }
    }

    private mutating func set(_ ids: [String], _ state: LineState) {
        for place in lines.indices where ids.contains(lines[place].id) {
            lines[place].state = state
            refresh(lines[place].request)
        }
    }

    private mutating func enter(_ request: String, _ analysis: String, _ value: String, _ now: Instant) {
        guard let file = files[request], let asked = file.asked.first(where: { $0.code == analysis }) else { return }
        made += 1
        lines.append(
            Line(
                id: "leçon-\(made)", request: request, accession: file.tubes[0].accession, patient: file.patient,
                civil: file.civil, urgent: file.urgent, analysis: analysis, name: asked.name, value: value,
                unit: asked.unit, author: login, observedAt: now, run: (file.standing(analysis)?.run ?? 0) + 1))
        refresh(request)
    }

    private mutating func refresh(_ request: String) { files[request]?.lines = lines.filter { $0.request == request } }
}

package import Base
package import Client
package import Console
import Catalog
import Laboratory

// What the server shows, as the screens need it.

extension Line {
    package init(
        _ view: ObservationView, request: String, patient: String, civil: String, urgent: Bool, zone: CivilZone
    ) {
        let state: LineState =
            switch view.state {
            case .waiting, nil: .waiting
            case .validated: .validated
            case .signed: .signed
            case .rejected: .rejected
            }
        self.init(
            id: view.id, request: request, accession: view.accession, patient: patient, civil: civil, urgent: urgent,
            analysis: view.analysis, name: view.analysisName ?? "", value: view.value.frenchText,
            unit: Unit.french(view.value.unit ?? ""), interval: view.interval?.frenchText ?? "", flags: view.flags,
            holds: view.holds.map { Hold($0.code, spoken($0.reason, in: zone)) }, analyzer: view.origin.analyzer,
            author: view.origin.author,
            observedAt: view.observedAt.instant(in: zone) ?? Instant(seconds: 0), run: view.run, state: state,
            comment: view.comment)
        nature = view.interval?.nature ?? .reference
        if case .notPerformed = view.value { isWithheld = true }
    }

    package init(_ view: WorklistLineView, zone: CivilZone, now: Instant) {
        self.init(
            view.observation, request: view.requestNumber, patient: view.patientName,
            civil: civilWords(view.sex, view.birthDate, now, zone), urgent: view.priority == .urgent, zone: zone)
    }
}

/// A sentence of the engine as people read it: its units as they are printed (the engine keeps them in UCUM), its
/// instants at the time of the laboratory (the engine keeps UTC).
package func spoken(_ words: String, in zone: CivilZone) -> String {
    words.split(separator: " ", omittingEmptySubsequences: false).map { word in
        if word.contains("/"), word.hasPrefix("10*") || !word.contains(where: \.isNumber) {
            return Unit.french(String(word))
        }
        guard let at = Moment(text: String(word)).instant(in: .utc) else { return String(word) }
        return Moment(at, in: zone).french
    }.joined(separator: " ")
}

/// `F 34a`, `M 3j`: sex and age, in days up to a month, in months up to two years.
func civilWords(_ sex: AdministrativeSex?, _ birth: CivilDate?, _ now: Instant, _ zone: CivilZone) -> String {
    let letter =
        switch sex {
        case .female: "F"
        case .male: "M"
        case .unknown, nil: ""
        }
    guard let birth, birth.isComplete else { return letter }
    let today = CivilTime(now, in: zone).date
    let days = today.dayNumber - birth.dayNumber
    var months = (today.year - birth.year) * 12 + today.month - birth.month
    if today.day < birth.day { months -= 1 }
    let age = days < 31 ? "\(max(0, days))j" : months < 24 ? "\(months)m" : "\(months / 12)a"
    return letter.isEmpty ? age : letter + " " + age
}

extension AnalyzerRow {
    package init(_ view: AnalyzerView) {
        let well = ["connecté", "session", "en attente", "en écoute"].contains { view.state.hasPrefix($0) }
        self.init(
            name: view.name, state: view.state, isWell: well && !view.state.contains(" ; "), pending: view.pending,
            orders: view.orders, messages: view.messages, takesOrders: view.takesOrders ?? true)
    }
}

extension QualityRow {
    package init(_ view: QualityStateView) {
        // Not controlled, and let through: somebody signed that no control is wanted.
        let isExempt = view.hold == nil && view.state == "NON_CONTROLE"
        self.init(
            analyzer: view.analyzer, analysis: view.analysis, state: isExempt ? QualityRow.exempt : view.state,
            rules: view.rules, because: frenchScores(view.because))
    }
}

/// `z = +4,00` for `z = +4.00`.
func frenchScores(_ text: String) -> String {
    text.replacing(/z = ([^ .]*)\.([0-9]+)/) { "z = \($0.1),\($0.2)" }
}

extension CallRow.Telling {
    /// The last attempt that reached somebody; nil while the call is open, and once it is closed.
    init?(_ call: CriticalCallView, zone: CivilZone) {
        guard call.state == .told else { return nil }
        self.init(reached: call, zone: zone)
    }
    /// The last attempt that reached somebody.
    init?(reached call: CriticalCallView, zone: CivilZone) {
        guard let told = call.reached else { return nil }
        self.init(
            person: told.person, at: told.at.instant(in: zone) ?? Instant(seconds: 0), by: told.caller)
    }
}

extension TriageRow {
    package init(_ view: TriageView, zone: CivilZone) {
        self.init(
            id: view.id, analyzer: view.analyzer, reason: view.reason, explanation: view.explanation,
            accession: view.accession ?? "", code: view.analysis ?? view.instrumentCode ?? "",
            value: [view.rawText, view.rawUnit].compactMap { $0 }.joined(separator: " "),
            at: view.at.instant(in: zone) ?? Instant(seconds: 0))
    }
}

extension RequestRow {
    package init(_ view: RequestView, zone: CivilZone) {
        self.init(
            number: view.number, patient: view.patientName ?? "", urgent: view.priority == .urgent,
            analyses: view.lines.map(\.analysis), at: view.registeredAt.instant(in: zone) ?? Instant(seconds: 0),
            awaited: view.awaited?.count ?? 0)
    }
}

extension FileSheet {
    /// `catalogue`: words and unit of each code.
    package init(
        _ view: RequestFileView, catalogue: [String: (name: String, unit: String)], zone: CivilZone, now: Instant
    ) {
        let request = view.request
        let civil = civilWords(view.patient.traits.sex, view.patient.traits.birthDate, now, zone)
        let lines = view.observations.map {
            Line(
                $0, request: request.number, patient: view.patient.displayName, civil: civil,
                urgent: request.priority == .urgent, zone: zone)
        }
        func at(_ moment: Moment) -> Instant { moment.instant(in: zone) ?? Instant(seconds: 0) }
        self.init(
            number: request.number, patient: view.patient.displayName, civil: civil,
            identity: view.patient.status.rawValue, prescriber: request.prescriber.displayName,
            urgent: request.priority == .urgent, registered: at(request.registeredAt),
            asked: request.lines.map {
                ($0.analysis, catalogue[$0.analysis]?.name ?? "", Unit.french(catalogue[$0.analysis]?.unit ?? ""))
            },
            lines: lines,
            tubes: view.specimens.map {
                var tube = TubeState(
                    accession: $0.accession, tube: $0.tube, collected: $0.collectedAt.map(at),
                    received: $0.receivedAt.map(at), nonconformity: $0.nonconformity)
                tube.nonconformityBy = $0.nonconformityBy
                tube.nonconformityAt = $0.nonconformityAt.map(at)
                return tube
            },
            happenings: FileSheet.story(view, at))
        attributes = view.patient.attributes
    }

    /// What happened to a request, oldest first.
    private static func story(_ view: RequestFileView, _ at: (Moment) -> Instant) -> [Happening] {
        var story = [Happening(at: at(view.request.registeredAt), what: .registered(view.request.number))]
        for specimen in view.specimens {
            if let moment = specimen.collectedAt {
                story.append(Happening(at: at(moment), what: .collected(specimen.accession)))
            }
            if let moment = specimen.receivedAt {
                story.append(
                    Happening(
                        at: at(moment),
                        what: .received(
                            specimen.accession,
                            nonconformity: specimen.nonconformityAt == nil ? specimen.nonconformity : nil)))
            }
            if let reason = specimen.nonconformity, let moment = specimen.nonconformityAt {
                let by = specimen.nonconformityBy ?? "?"
                story.append(Happening(at: at(moment), what: .nonconform(specimen.accession, reason, by: by)))
            }
        }
        var names = [String: String]()
        for observation in view.observations {
            let what = [observation.analysis, observation.value.frenchText, Unit.french(observation.value.unit ?? "")]
                .filter { !$0.isEmpty && $0 != "1" }.joined(separator: " ")
            names[observation.id] = what
            story.append(
                Happening(
                    at: at(observation.recordedAt),
                    what: .measured(
                        what, from: observation.origin.analyzer ?? observation.origin.author ?? "",
                        run: observation.run, holds: Set(observation.holds.map(\.code.rawValue)).sorted())))
        }
        for event in view.events {
            let what = names[event.observationID] ?? event.observationID
            let told: Story =
                switch event.kind {
                case .technicallyValidated: .validated(what, by: event.author, reason: event.reason)
                case .rejected: .rejected(what, by: event.author, reason: event.reason)
                case .withdrawn: .withdrawn(what, by: event.author, reason: event.reason)
                }
            story.append(Happening(at: at(event.at), what: told))
        }
        for rework in view.reworks ?? [] {
            let what = names[rework.observation] ?? rework.observation
            story.append(
                Happening(
                    at: at(rework.at),
                    what: .rework(what, diluted: rework.diluted, by: rework.author, reason: rework.reason)))
        }
        for signature in view.signatures {
            story.append(
                Happening(
                    at: at(signature.at),
                    what: .signed(
                        version: signature.version, isWhole: signature.complete, by: signature.biologist.displayName)))
        }
        return story.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// Earlier values, from the oldest to the one that stands.
    mutating func take(_ history: [HistoryView], _ observations: [ObservationView], zone: CivilZone) {
        func at(_ moment: Moment) -> Instant { moment.instant(in: zone) ?? Instant(seconds: 0) }
        func point(_ value: ObservationValue, _ moment: Moment, _ method: String?) -> Trend.Point {
            var measured: Measured?
            if case .measured(let number, _) = value { measured = number }
            return Trend.Point(
                at: at(moment), value: measured, unit: value.unit ?? "", method: method ?? "")
        }
        for past in history {
            guard let last = past.points.first else { continue }
            priors[past.analysis] = Prior(value: last.value.frenchText, at: at(last.observedAt))
            let standing = standing(past.analysis).flatMap { line in observations.first { $0.id == line.id } }
            var points = past.points.reversed().map { point($0.value, $0.observedAt, $0.measuredBy) }
            if let standing {
                let method = past.method ?? standing.origin.analyzer
                points.append(point(standing.value, standing.observedAt, method))
            }
            pasts[past.analysis] = Past(
                points: points, low: standing?.interval?.low, high: standing?.interval?.high)
        }
    }
}

extension WhySheet {
    /// The judgement that stands; nil when there was none.
    package init?(_ view: WhyView, zone: CivilZone) {
        guard let last = view.judgements.last else { return nil }
        self.init(
            at: last.at.instant(in: zone) ?? Instant(seconds: 0), engine: last.engine,
            catalogue: String(last.catalogueVersion.prefix(12)), rules: String(last.rulesVersion.prefix(12)),
            checks: last.checks.map { check in
                // `3 control@1 : oui [CQ_ABSENT] – contrôle…`: what comes after the dash was looked at.
                let parts = check.line.split(separator: " – ", maxSplits: 1)
                return Check(
                    step: check.step, rule: check.rule, outcome: WhySheet.outcome(check.outcome),
                    code: check.code?.rawValue ?? "", seen: parts.count > 1 ? spoken(String(parts[1]), in: zone) : "")
            },
            dilution: last.proposedDilution)
    }

    /// What this screen does not know is shown as undecided.
    private static func outcome(_ word: String) -> Outcome {
        switch word {
        case "yes": .yes
        case "no": .no
        case "notApplicable": .notApplicable
        case _: .unknown
        }
    }
}

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
            holds: view.holds, analyzer: view.origin.analyzer, author: view.origin.author,
            observedAt: view.observedAt.instant(in: zone) ?? Instant(seconds: 0), run: view.run, state: state,
            comment: view.comment)
    }

    package init(_ view: WorklistLineView, zone: CivilZone, now: Instant) {
        self.init(
            view.observation, request: view.requestNumber, patient: view.patientName,
            civil: civilWords(view.sex, view.birthDate, now, zone), urgent: view.priority == .urgent, zone: zone)
    }
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
            orders: view.orders, messages: view.messages)
    }
}

extension QualityRow {
    package init(_ view: QualityStateView) {
        self.init(
            analyzer: view.analyzer, analysis: view.analysis, state: view.state, rules: view.rules,
            because: view.because)
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
            analyses: view.lines.map(\.analysis), at: view.registeredAt.instant(in: zone) ?? Instant(seconds: 0))
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
                TubeState(
                    accession: $0.accession, tube: $0.tube, collected: $0.collectedAt.map(at),
                    received: $0.receivedAt.map(at), nonconformity: $0.nonconformity)
            },
            happenings: FileSheet.story(view, at))
    }

    /// What happened to a request, oldest first.
    private static func story(_ view: RequestFileView, _ at: (Moment) -> Instant) -> [Happening] {
        var story = [Happening(at: at(view.request.registeredAt), what: "dossier \(view.request.number) enregistré")]
        for specimen in view.specimens {
            if let moment = specimen.collectedAt {
                story.append(Happening(at: at(moment), what: "\(specimen.accession) prélevé"))
            }
            if let moment = specimen.receivedAt {
                let wrong = specimen.nonconformity.map { ", non conforme : \($0)" } ?? ""
                story.append(Happening(at: at(moment), what: "\(specimen.accession) réceptionné" + wrong))
            }
        }
        var names = [String: String]()
        for observation in view.observations {
            let from = observation.origin.analyzer ?? observation.origin.author ?? ""
            let what = "\(observation.analysis) \(observation.value.frenchText) \(observation.value.unit ?? "")"
            names[observation.id] = what
            let held = Set(observation.holds.map(\.code.rawValue)).sorted().joined(separator: ", ")
            let run = observation.run > 1 ? ", passage \(observation.run)" : ""
            story.append(
                Happening(
                    at: at(observation.recordedAt),
                    what: "\(what) de \(from)\(run)" + (held.isEmpty ? "" : " ; retenu \(held)")))
        }
        for event in view.events {
            let verb =
                switch event.kind {
                case .technicallyValidated: "validé (technique)"
                case .rejected: "rejeté"
                case .withdrawn: "remis en attente"
                }
            let reason = event.reason.map { " : \($0)" } ?? ""
            let what = names[event.observationID] ?? event.observationID
            story.append(Happening(at: at(event.at), what: "\(what) \(verb) par \(event.author)" + reason))
        }
        for signature in view.signatures {
            let whole = signature.complete ? "" : " (partielle)"
            story.append(
                Happening(
                    at: at(signature.at),
                    what: "version \(signature.version)\(whole) signée par \(signature.biologist.displayName)"))
        }
        return story.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }
}

package import Base

/// How the patients' results of one analysis on one analyzer are watched, and what an alarm does.
package struct PatientSettings: Sendable, Hashable, Codable {
    package enum Consequence: String, Sendable, Codable, CaseIterable {
        /// A conforming control is due; results are held until then (RULES section 2.7: an alarm opens a control).
        case control = "contrôle"
        /// It is shown, and holds nothing.
        case warning = "avertissement"

        package var event: ControlEventKind {
            switch self {
            case .control: .patientAlarm
            case .warning: .patientWarning
            }
        }
    }
    package var policy: PatientControlPolicy
    package var consequence: Consequence
    /// UCUM: values in another unit are left out.
    package var unit: String
    /// The average begins here, at its target.
    package var from: Instant
    /// False: watched no more.
    package var isOn: Bool

    package init(
        policy: PatientControlPolicy, consequence: Consequence, unit: String, from: Instant, isOn: Bool = true
    ) {
        self.policy = policy
        self.consequence = consequence
        self.unit = unit
        self.from = from
        self.isOn = isOn
    }

    /// Most values that a batch or a window may hold.
    package static let mostValues = 1000

    /// Refuses settings that could never alarm, or always would (`quality.patients`).
    package func check() throws(Refusal) {
        func refuse(_ because: String, _ remedy: String) -> Refusal {
            Refusal("quality.patients", because: because, remedy: remedy)
        }
        switch policy.method {
        case .bull(let count), .movingAverage(let count):
            guard (2...PatientSettings.mostValues).contains(count) else {
                throw refuse("une moyenne de \(count) valeurs", "en prendre de 2 à \(PatientSettings.mostValues)")
            }
        case .ewma(let lambda):
            guard lambda.isPositive, lambda <= Exact(1), lambda.scale <= 4 else {
                throw refuse("lambda \(lambda.text)", "le prendre dans ]0 ; 1], quatre décimales au plus, 0.05 p. ex.")
            }
        }
        guard policy.limit.isPositive else {
            throw refuse("une limite de \(policy.limit.text)", "donner un écart positif, dans l'unité de l'analyse")
        }
        let above = policy.low.map { $0 < policy.target } ?? true,
            below = policy.high.map { policy.target < $0 } ?? true
        guard above, below else {
            throw refuse("la cible est hors des bornes de troncature", "encadrer la cible par les bornes")
        }
    }
}

/// The average left its limits.
package struct PatientAlarm: Sendable, Hashable, Codable {
    package var at: Instant
    package var average: Exact
    package init(at: Instant, average: Exact) {
        self.at = at
        self.average = average
    }
}

/// The average of an assay's patients as results come in. One alarm stands until a conforming control answers it; the
/// average then begins at its target again.
package struct PatientWatch: Sendable {
    package let settings: PatientSettings
    package private(set) var control: PatientControl
    /// The alarm that no control has answered yet.
    package private(set) var open: Instant?

    /// Points kept to be shown.
    package static let shown = 200

    /// `open`: an alarm noted before, still unanswered.
    package init(_ settings: PatientSettings, open: Instant? = nil) {
        self.settings = settings
        self.open = open
        control = PatientControl(settings.policy)
    }

    /// Takes values in the order in which they came; `conforming`: when controls conformed. Returns the new alarms.
    package mutating func take(
        _ values: some Sequence<PatientValue>, conforming: [Instant], now: Instant
    ) -> [PatientAlarm] {
        var alarms: [PatientAlarm] = []
        for value in values where value.at >= settings.from {
            answer(conforming, until: value.at)
            let before = control.points.count
            control.add(value)
            guard open == nil, control.points.count > before, let point = control.points.last, point.isAlarm else {
                continue
            }
            open = value.at
            alarms.append(PatientAlarm(at: value.at, average: point.average))
        }
        answer(conforming, until: now)
        if control.points.count > 2 * PatientWatch.shown { control.keep(last: PatientWatch.shown) }
        return alarms
    }

    private mutating func answer(_ conforming: [Instant], until now: Instant) {
        guard let alarm = open, conforming.contains(where: { alarm < $0 && $0 <= now }) else { return }
        open = nil
        control = PatientControl(settings.policy)
    }
}

/// How the control of an analysis on an analyzer stands.
package struct QualityStateView: Codable, Sendable, Hashable {
    package var analyzer: String
    package var analysis: String
    /// `NON_CONTROLE`, `CONFORME`, `ECHU`, `REJET`, `CORRIGE`.
    package var state: String
    /// `CQ_ABSENT`, `CQ_ECHU`, `CQ_REJET`; nil when results pass.
    package var hold: String?
    package var since: Moment?
    package var expiresAt: Moment?
    package var run: String?
    package var rules: [String]
    package var because: String
    package init(
        analyzer: String, analysis: String, state: String, hold: String?, since: Moment?, expiresAt: Moment?,
        run: String?, rules: [String], because: String
    ) {
        self.analyzer = analyzer
        self.analysis = analysis
        self.state = state
        self.hold = hold
        self.since = since
        self.expiresAt = expiresAt
        self.run = run
        self.rules = rules
        self.because = because
    }
}

package struct QualityPointView: Codable, Sendable, Hashable {
    package var id: String
    package var run: String
    package var at: Moment
    package var level: String
    package var lot: String
    package var material: String
    package var value: String
    package var target: String?
    package var sd: String?
    package var z: String?
    /// Of a control that no number says: does it answer what its target expects?
    package var isExpected: Bool?
    /// Why it proves nothing.
    package var defect: String?
    /// Why it does not count, and who said so.
    package var exclusion: String?
    /// It became known after a rejection, and counts from then only.
    package var lateSince: Moment?
    /// Its run was rejected.
    package var isRejected: Bool?
    package init(
        id: String, run: String, at: Moment, level: String, lot: String, material: String, value: String,
        target: String?, sd: String?, z: String?, defect: String?, exclusion: String?
    ) {
        self.id = id
        self.run = run
        self.at = at
        self.level = level
        self.lot = lot
        self.material = material
        self.value = value
        self.target = target
        self.sd = sd
        self.z = z
        self.defect = defect
        self.exclusion = exclusion
    }
}

package struct QualityRunView: Codable, Sendable, Hashable {
    package var run: String
    package var at: Moment
    package var outcome: String
    package var state: String
    package var rules: [String]
    package var because: String
    package init(run: String, at: Moment, outcome: String, state: String, rules: [String], because: String) {
        self.run = run
        self.at = at
        self.outcome = outcome
        self.state = state
        self.rules = rules
        self.because = because
    }
}

package struct QualityPageView: Codable, Sendable, Hashable {
    package var state: QualityStateView
    /// What is asked of the controls now.
    package var policy: QualityPolicyView
    /// Targets set by command, each with the time for which it is in force.
    package var targets: [QualityTargetView]
    package var points: [QualityPointView]
    package var runs: [QualityRunView]
    package init(
        state: QualityStateView, policy: QualityPolicyView, targets: [QualityTargetView], points: [QualityPointView],
        runs: [QualityRunView]
    ) {
        self.state = state
        self.policy = policy
        self.targets = targets
        self.points = points
        self.runs = runs
    }
}

package struct QualityPolicyView: Codable, Sendable, Hashable {
    package var reject: [String]
    package var warn: [String]
    /// How long a conforming run is good for, in words; nil: no limit in time.
    package var validity: String?
    package var patientSamples: Int?
    package var endingEvents: [String]
    package var minimumLevels: Int
    package var needsSignedCorrection: Bool
    package var acceptsLaterRun: Bool
    /// The levels on either side of a value must have been controlled.
    package var bracketsLevels: Bool?
    /// TEa, percent.
    package var allowableError: String?
    /// Who exempted the analysis from control, and why.
    package var exemption: String?
    package init(
        reject: [String], warn: [String], validity: String?, patientSamples: Int?, endingEvents: [String],
        minimumLevels: Int, needsSignedCorrection: Bool, acceptsLaterRun: Bool, allowableError: String?,
        exemption: String?
    ) {
        self.reject = reject
        self.warn = warn
        self.validity = validity
        self.patientSamples = patientSamples
        self.endingEvents = endingEvents
        self.minimumLevels = minimumLevels
        self.needsSignedCorrection = needsSignedCorrection
        self.acceptsLaterRun = acceptsLaterRun
        self.allowableError = allowableError
        self.exemption = exemption
    }

    /// One sentence.
    package var words: String {
        if let exemption { return "dispensé de contrôle par \(exemption)" }
        var parts = ["rejette \(reject.isEmpty ? "rien" : reject.joined(separator: " "))"]
        if !warn.isEmpty { parts.append("avertit \(warn.joined(separator: " "))") }
        if let validity { parts.append("valable \(validity)") }
        if let patientSamples { parts.append("\(patientSamples) échantillons au plus") }
        if !endingEvents.isEmpty { parts.append("échoit par " + endingEvents.joined(separator: ", ")) }
        if minimumLevels > 1 { parts.append("\(minimumLevels) niveaux") }
        if !needsSignedCorrection { parts.append("sans correction signée") }
        if bracketsLevels ?? false { parts.append("la valeur encadrée par deux niveaux contrôlés") }
        if acceptsLaterRun { parts.append("vaut pour les résultats qui précèdent") }
        if let allowableError { parts.append("TEa \(allowableError) %") }
        return parts.joined(separator: " ; ")
    }
}

package struct QualityTargetView: Codable, Sendable, Hashable {
    package var material: String
    package var level: String
    package var lot: String
    /// Nil: the lot is closed, or its target is not known yet.
    package var mean: String?
    package var sd: String?
    /// What its control has to answer where no number says it: `POS`, `POS|IND`, `1/160`.
    package var expected: String?
    package var unit: String
    /// `laboratoire` or `fabricant`.
    package var origin: String
    package var points: Int
    package var from: Moment
    package var to: Moment?
    package var parallel: Bool
    package init(
        material: String, level: String, lot: String, mean: String?, sd: String?, unit: String, origin: String,
        points: Int, from: Moment, to: Moment?, parallel: Bool
    ) {
        self.material = material
        self.level = level
        self.lot = lot
        self.mean = mean
        self.sd = sd
        self.unit = unit
        self.origin = origin
        self.points = points
        self.from = from
        self.to = to
        self.parallel = parallel
    }
}

/// Mean, spread and performance of a level and lot, of a month when one is given. Percentages with two decimals.
package struct QualityStatisticsView: Codable, Sendable, Hashable {
    package var level: String
    package var lot: String
    /// `2026-11`
    package var month: String?
    /// Points that mean and SD are of: those of rejected runs are left out, and are in `all`.
    package var count: Int
    package var mean: String
    package var sd: String
    /// The same with the points of rejected runs; nil: there are none.
    package var all: Figures?
    package struct Figures: Codable, Sendable, Hashable {
        package var count: Int
        package var mean: String
        package var sd: String
        package init(count: Int, mean: String, sd: String) {
            self.count = count
            self.mean = mean
            self.sd = sd
        }
    }
    /// In force at the last point of the group.
    package var target: String?
    package var cv: String?
    package var bias: String?
    package var totalError: String?
    /// TEa: the total error that the policy allows.
    package var allowableError: String?
    package var sigma: String?
    /// Expanded measurement uncertainty (k = 2), percent; nil without the calibrator's part, or without rounds of
    /// external assessment.
    package var uncertainty: String?
    package init(level: String, lot: String, month: String?, count: Int, mean: String, sd: String) {
        self.level = level
        self.lot = lot
        self.month = month
        self.count = count
        self.mean = mean
        self.sd = sd
    }
}

package struct LookBackView: Codable, Sendable, Hashable {
    package struct Entry: Codable, Sendable, Hashable {
        package var result: String
        package var measuredAt: Moment
        package var releasedAt: Moment?
        /// `RETENU`, `A_DECIDER`, `DECIDE`.
        package var status: String
        package var decision: String?
        package var by: String?
        package var analysis: String?
        /// The measured result that it is calculated from: what is decided of that one goes for it.
        package var source: String?
        // For who may read files.
        package var value: String?
        package var requestNumber: String?
        /// The patient's IPP.
        package var file: String?
        package init(
            result: String, measuredAt: Moment, releasedAt: Moment?, status: String, decision: String?, by: String?
        ) {
            self.result = result
            self.measuredAt = measuredAt
            self.releasedAt = releasedAt
            self.status = status
            self.decision = decision
            self.by = by
        }
    }
    /// The rejected run.
    package var run: String
    package var from: Moment?
    package var to: Moment?
    package var done: Bool
    package var entries: [Entry]
    package init(run: String, from: Moment?, to: Moment?, done: Bool, entries: [Entry]) {
        self.run = run
        self.from = from
        self.to = to
        self.done = done
        self.entries = entries
    }
}

package struct AssessmentView: Codable, Sendable, Hashable {
    package var programme: String
    package var round: String
    package var sample: String
    package var analyzer: String
    package var analysis: String
    package var at: Moment
    package var value: String
    package var unit: String
    package var target: String?
    package var sd: String?
    package var z: String?
    package var bias: String?
    package var conclusion: String
    /// Another value or another rating stood before: the last reason for it, who gave it and when.
    package var corrected: String?
    /// What stood before, the first first.
    package var earlier: [Earlier]?
    package struct Earlier: Codable, Sendable, Hashable {
        package var value: String
        package var target: String?
        package var sd: String?
        package var conclusion: String
        package var by: String
        package var at: Moment
        package init(value: String, target: String?, sd: String?, conclusion: String, by: String, at: Moment) {
            self.value = value
            self.target = target
            self.sd = sd
            self.conclusion = conclusion
            self.by = by
            self.at = at
        }
    }
    package init(
        programme: String, round: String, sample: String, analyzer: String, analysis: String, at: Moment,
        value: String, unit: String, target: String?, sd: String?, z: String?, bias: String?, conclusion: String
    ) {
        self.programme = programme
        self.round = round
        self.sample = sample
        self.analyzer = analyzer
        self.analysis = analysis
        self.at = at
        self.value = value
        self.unit = unit
        self.target = target
        self.sd = sd
        self.z = z
        self.bias = bias
        self.conclusion = conclusion
    }
}

// What is sent

package struct ControlTargetBody: Codable, Sendable, Hashable {
    /// The control as the analyzer names it.
    package var material: String
    /// These four, or `rolling`.
    package var level: String?
    package var lot: String?
    package var mean: String?
    package var sd: String?
    /// In the place of mean and SD, where no number says it: `POS`, `POS|IND`, `1/160`.
    package var expected: String?
    /// The mean and SD of so many of the last points that count, instead.
    package var rolling: Int?
    /// True: the maker's values; false: the laboratory's own.
    package var maker: Bool?
    package var points: Int?
    package var parallel: Bool?
    package var from: Moment?
    package var reason: String
    package init(material: String, rolling: Int, reason: String) {
        self.material = material
        self.rolling = rolling
        self.reason = reason
    }
    package init(material: String, level: String, lot: String, expected: String, reason: String) {
        self.material = material
        self.level = level
        self.lot = lot
        self.expected = expected
        self.reason = reason
    }
    package init(material: String, level: String, lot: String, mean: String, sd: String, reason: String) {
        self.material = material
        self.level = level
        self.lot = lot
        self.mean = mean
        self.sd = sd
        self.reason = reason
    }
}

package struct ControlPolicyBody: Codable, Sendable, Hashable {
    /// Rules that reject, that warn: `1-3s`, `R-4s`…
    package var reject: [String]
    package var warn: [String]?
    /// Hours for which a conforming run is good; nil: no limit in time.
    package var hours: Int?
    package var patientSamples: Int?
    package var minimumLevels: Int?
    package var acceptsLaterRun: Bool?
    package var bracketsLevels: Bool?
    /// Total error allowed, percent.
    package var allowableError: String?
    /// True: no control for this analysis, for the reason given.
    package var exempt: Bool?
    package var reason: String
    package init(reject: [String], reason: String) {
        self.reject = reject
        self.reason = reason
    }
}

package struct ControlEventBody: Codable, Sendable, Hashable {
    /// `calibration`, `nouveau lot`, `maintenance`.
    package var kind: String
    package var at: Moment?
    package var note: String
    /// Until when the calibration, or the lot of reagent, is good.
    package var until: Moment?
    package init(kind: String, at: Moment?, note: String) {
        self.kind = kind
        self.at = at
        self.note = note
    }
}

package struct ControlExclusionBody: Codable, Sendable, Hashable {
    package var control: String
    package var reason: String
    package init(control: String, reason: String) {
        self.control = control
        self.reason = reason
    }
}

package struct ControlCorrectionBody: Codable, Sendable, Hashable {
    package var run: String
    package var cause: String
    package var action: String
    package init(run: String, cause: String, action: String) {
        self.run = run
        self.cause = cause
        self.action = action
    }
}

package struct LookBackBody: Codable, Sendable, Hashable {
    package var result: String
    package var run: String
    /// `confirmer`, `repasser`, `rectifier`.
    package var choice: String
    package var reason: String
    package init(result: String, run: String, choice: String, reason: String) {
        self.result = result
        self.run = run
        self.choice = choice
        self.reason = reason
    }
}

package struct ControlValueBody: Codable, Sendable, Hashable {
    package var material: String
    package var value: String
    package var at: Moment?
    package init(material: String, value: String, at: Moment?) {
        self.material = material
        self.value = value
        self.at = at
    }
}

package struct AssessmentBody: Codable, Sendable, Hashable {
    package var programme: String
    package var round: String
    package var sample: String
    package var analyzer: String
    package var analysis: String
    package var at: Moment
    package var value: String
    package var peerGroup: String?
    package var target: String?
    package var sd: String?
    package var peers: Int?
    /// Why what is in the register already changes.
    package var reason: String?
    package init(
        programme: String, round: String, sample: String, analyzer: String, analysis: String, at: Moment, value: String
    ) {
        self.programme = programme
        self.round = round
        self.sample = sample
        self.analyzer = analyzer
        self.analysis = analysis
        self.at = at
        self.value = value
    }
}

package import Base

/// One result of an external quality assessment round (EEQ), with what the organiser answered.
package struct AssessmentResult: Sendable, Hashable, Codable {
    /// Organiser and programme, e.g. `Biochimie générale`.
    package var programme: String
    package var round: String
    package var sample: String
    package var assay: ControlledAssay
    package var measuredAt: Instant
    package var value: Measured
    /// UCUM.
    package var unit: String
    /// Group of methods that the target is of.
    package var peerGroup: String
    /// Nil until the organiser answered.
    package var target: Exact?
    package var sd: Exact?
    /// Laboratories in the group; nil when not told.
    package var peers: Int?

    package init(
        programme: String, round: String, sample: String, assay: ControlledAssay, measuredAt: Instant,
        value: Measured, unit: String, peerGroup: String = "", target: Exact? = nil, sd: Exact? = nil,
        peers: Int? = nil
    ) {
        self.programme = programme
        self.round = round
        self.sample = sample
        self.assay = assay
        self.measuredAt = measuredAt
        self.value = value
        self.unit = unit
        self.peerGroup = peerGroup
        self.target = target
        self.sd = sd
        self.peers = peers
    }

    /// What names it in the register: one sample of one round, measured by one assay.
    package var sampleName: String { [programme, round, sample, assay.description].joined(separator: "|") }

    /// ISO 13528:2022 section 9.4: |z| ≤ 2 acceptable, ≥ 3 unacceptable (action), between them a warning.
    package enum Conclusion: String, Sendable, Codable, CaseIterable {
        case satisfactory = "SATISFAISANT"
        case questionable = "DISCUTABLE"
        case unsatisfactory = "INSATISFAISANT"
        /// No target yet.
        case pending = "ATTENTE"
        /// Target without SD, or a censored value: there is no z.
        case notScored = "NON_NOTE"
    }

    /// It changes what an earlier entry of the same sample says, beyond adding what that one did not have yet.
    package func corrects(_ earlier: AssessmentResult) -> Bool {
        value != earlier.value || unit != earlier.unit
            || (earlier.target != nil && target != earlier.target) || (earlier.sd != nil && sd != earlier.sd)
            || (!earlier.peerGroup.isEmpty && peerGroup != earlier.peerGroup)
    }
    /// `4.2 mmol/L (cible 4.0 ± 0.1)`
    package var words: String {
        let rated = target.map { " (cible \($0.text)\(sd.map { " ± " + $0.text } ?? ""))" } ?? ""
        return "\(value.text) \(unit)\(rated)"
    }

    package var z: ZScore? {
        guard value.comparator == .equal, let target, let sd else { return nil }
        return ZScore(value: value.number, target: target, sd: sd)
    }

    package var conclusion: Conclusion {
        guard target != nil else { return .pending }
        guard let z else { return .notScored }
        if !z.exceeds(2) { return .satisfactory }
        let reachesThree = z.exceeds(3) || z.sd.multiplied(by: Exact(3)).map { $0 == z.deviation.absolute } ?? true
        return reachesThree ? .unsatisfactory : .questionable
    }

    /// 100 · (value − target) / |target|; nil without target or for a target of 0.
    package func bias(places: Int = 2) -> Exact? {
        guard value.comparator == .equal, let target else { return nil }
        return value.number.subtracting(target)?.multiplied(by: Exact(100))?.divided(
            by: target.absolute, places: places)
    }
}

/// What rounds of one assay say together.
package struct AssessmentRegister: Sendable, Hashable {
    /// In time.
    package let results: [AssessmentResult]

    package init(_ results: [AssessmentResult]) {
        self.results = results.sorted { ($0.measuredAt, $0.round, $0.sample) < ($1.measuredAt, $1.round, $1.sample) }
    }

    package func results(of assay: ControlledAssay) -> [AssessmentResult] { results.filter { $0.assay == assay } }
    /// What needs an explanation in writing.
    package var open: [AssessmentResult] {
        results.filter { $0.conclusion == .unsatisfactory || $0.conclusion == .questionable }
    }

    /// Root mean square of the biases in percent, the u_bias of the uncertainty (RULES section 10); nil without any.
    package func biasUncertainty(of assay: ControlledAssay, places: Int = 2) -> Exact? {
        let biases = results(of: assay).compactMap { $0.bias(places: 8) }
        guard !biases.isEmpty else { return nil }
        var sum = Exact.zero
        for bias in biases {
            guard let square = bias.multiplied(by: bias), let next = sum.adding(square) else { return nil }
            sum = next
        }
        return sum.divided(by: Exact(biases.count), places: 16)?.squareRoot(places: 8)?.rounded(to: places)
    }
}

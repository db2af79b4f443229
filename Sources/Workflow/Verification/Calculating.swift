import Base
import Catalog
import Laboratory
import Rules
import Store

// Calculated tests (RULES section 7): computed when what they need stands in one collection, again when it changes;
// refused in words, never zero, never typed over.
extension Judgement {
    /// Takes in the calculated results that the arrivals, or `changed`, make possible or change.
    mutating func calculate(changed: Set<String>, id: () -> String) {
        let pack = engine.pack
        let requested = Set(file.request.lines.map(\.analysis))
        let asked = pack.formulas.filter { requested.contains($0.code) }
        if asked.isEmpty { return }
        let preview = preview()
        let standing = previewStanding(needed: Set(asked.flatMap { $0.inputs.filter(\.isAnalysis).map(\.name) }))
        // What stands and may not be given any more takes what was made of it along (RULES sections 4 and 7).
        let gone = standing.filter { $0.value.isSuppressed && !(records[$0.key]?.judged.result.isSuppressed ?? false) }
        let touched = Set(file.arrivals.map(\.observation.analysis)).union(changed).union(gone.values.map(\.analysis))
        let dependents = pack.dependents(of: touched)
        // In the order of calculation, so that one of another finds it.
        for formula in asked where dependents.contains(formula.code) {
            // What the catalogue calls measured comes from its analyzer: its formula is for `calc` alone.
            guard approvals.stands(formula.reference, at: at), catalogue[formula.code]?.nature == .calculated else {
                continue
            }
            let needed = formula.inputs.filter(\.isAnalysis).map(\.name)
            var wanting: [Observation] = []
            let found = components(needed, preview, standing, &wanting)
            guard let tube = (wanting.first ?? found?.first?.observation)?.accession else { continue }
            var made: Made
            if !wanting.isEmpty {
                let reasons = wanting.map { lack($0, preview[$0.id] ?? standing[$0.id]) }
                made = Judgement.refused(formula, reasons.joined(separator: " ; "))
            } else if let found {
                made = telling(
                    found.map { ($0.observation, preview[$0.observation.id] ?? standing[$0.observation.id]) },
                    value(of: formula, found))
                made.components = catalogue.families(of: found.map(\.observation))
            } else {
                continue
            }
            if let standing = file.standing[formula.code], standing.value == made.value { continue }
            if restoreSigned(formula.code, made, tube) { continue }
            take(formula, made, tube, id())
        }
    }

    /// What was signed and set aside for other components stands again when those that it was made of do, and give the
    /// same: a report is not made again to say what it said.
    private mutating func restoreSigned(_ code: String, _ made: Made, _ tube: String) -> Bool {
        let last = Chosen.lastEvents(file.events)
        let found = file.observations.last {
            $0.analysis == code && $0.accession == tube && signed.contains($0.id) && $0.value == made.value
                && $0.origin.components == made.components && last[$0.id]?.kind == .rejected
                && last[$0.id]?.author == Desk.house
        }
        guard let found else { return false }
        setAsideOutdated(code)
        let event = ObservationEvent(
            observationID: found.id, ordinal: (last[found.id]?.ordinal ?? 0) + 1, kind: .technicallyValidated,
            author: Desk.house, at: at, reason: "recalculé : ce qui est signé vaut de nouveau")
        file.events.append(event)
        facts.append(.observationEvent(event))
        file.standing[code] = found
        return true
    }

    struct Component {
        var observation: Observation
        var value: ObservationValue
    }
    struct Made {
        var value: ObservationValue
        var raw: String
        var comment: String
        /// `Origin.components`
        var components: String?
    }

    /// What stands for each; nil while one is not there yet, or cannot be read. `wanting`: those that stand and give no
    /// value, not performed or not to be given.
    private func components(
        _ codes: [String], _ preview: [String: ResultEvaluation], _ standing: [String: ResultEvaluation],
        _ wanting: inout [Observation]
    ) -> [Component]? {
        var found: [Component] = []
        var isWhole = true
        for code in codes {
            guard let observation = file.standing[code] else {
                isWhole = false
                continue
            }
            let value = (preview[observation.id] ?? standing[observation.id])?.value ?? observation.value
            if isSuppressed(observation, preview, standing) || value.isNotPerformed {
                wanting.append(observation)
                continue
            }
            guard case .measured(let number, let unit) = value, unit == catalogue[code]?.unit else {
                isWhole = false
                continue
            }
            // Not rounded yet, where the unit is the catalogue's own and nothing was cut off at the end of a range.
            if let raw = file.arrivals.first(where: { $0.observation.id == observation.id })?.facts
                ?? records[observation.id]?.judged.facts, raw.dilution == .none,
                case .measured(let sent, unit) = raw.value, sent.comparator == number.comparator
            {
                found.append(Component(observation: observation, value: .measured(sent, unit: unit)))
            } else {
                found.append(Component(observation: observation, value: value))
            }
        }
        return isWhole ? found : nil
    }

    private func isSuppressed(
        _ observation: Observation, _ preview: [String: ResultEvaluation], _ standing: [String: ResultEvaluation]
    ) -> Bool {
        let known = preview[observation.id] ?? standing[observation.id] ?? records[observation.id]?.judged.result
        return known?.isSuppressed ?? false
    }

    /// Why a component has no value.
    private func lack(_ observation: Observation, _ judged: ResultEvaluation?) -> String {
        let name = catalogue[observation.analysis]?.nameFR ?? observation.analysis
        if case .notPerformed(let reason) = observation.value {
            return reason.hasPrefix(CheckRecord.withheld) ? "\(name) \(reason)" : "\(name) non réalisé : \(reason)"
        }
        let judged = judged ?? records[observation.id]?.judged.result
        let reasons = judged.map { CheckRecord.reasonsWithheld($0.comments(name: name)) } ?? []
        return "\(name) " + (reasons.isEmpty ? "non rendu" : reasons.joined(separator: " ; "))
    }

    private func value(of formula: Formula, _ components: [Component]) -> Made {
        var given: [String: GivenValue] = [:]
        for component in components {
            if case .measured(let number, let unit) = component.value {
                given[component.observation.analysis] = GivenValue(number, unit: unit)
            }
        }
        let tubes = components.map(\.observation.accession)
        guard tubes.allSatisfy({ file.areOneCollection($0, tubes[0]) }) else {
            return Judgement.refused(formula, "les composants ne viennent pas d'un même prélèvement")
        }
        let collected = file.facts(of: tubes[0], analyses: []).collectedAt
        return Judgement.value(
            of: formula, given, patient(collected: collected), file.request.clinical, collected: collected, engine)
    }

    /// What a formula makes of values, and of what a request tells beside them.
    static func value(
        of formula: Formula, _ values: [String: GivenValue], _ facts: PatientFacts, _ clinical: ClinicalFacts?,
        collected: Instant?, _ engine: RuleEngine
    ) -> Made {
        var given = values
        let day = collected.map { CivilTime($0, in: engine.zone).date }
        if clinical?.weight != nil, let day, clinical?.weight(on: day) == nil,
            formula.inputs.contains(where: { $0.name == Judgement.weight })
        {
            return refused(formula, "le poids connu est daté de plus de trois mois")
        }
        let measures = day.map { Judgement.measures(clinical, on: $0) }
        for one in measures ?? [:] where formula.inputs.contains(where: { $0.name == one.key }) {
            given[one.key] = one.value
        }
        let age = collected.flatMap {
            PatientAge(born: facts.born, bornAt: facts.bornAt, collected: $0, in: engine.zone)
        }
        do throws(Refusal) {
            let made = try engine.pack.evaluate(
                formula.code, inputs: given, sex: facts.sex, age: age.map { Age(Int($0.months), .month) },
                contexts: Set(facts.contexts))
            return Made(
                value: .measured(Measured(made.printed), unit: made.unit), raw: made.unrounded.description,
                comment: ([made.formula] + made.comments).joined(separator: " ; "))
        } catch {
            return refused(formula, error.cause)
        }
    }

    private static let weight = "POIDS", volume = "VOLUME", duration = "DUREE"
    fileprivate static let measureNames: Set<String> = [weight, volume, duration]

    /// What a request gives that is no analysis, by the names of the formulas.
    private static func measures(_ clinical: ClinicalFacts?, on day: CivilDate) -> [String: GivenValue] {
        var given: [String: GivenValue] = [:]
        given[weight] = clinical?.weight(on: day).map { GivenValue(Measured($0), unit: "kg") }
        given[volume] = (clinical?.urine?.litres).map { GivenValue(Measured($0), unit: "L") }
        given[duration] = (clinical?.urine?.hours).map { GivenValue(Measured($0), unit: "h") }
        return given
    }

    private static func refused(_ formula: Formula, _ reason: String) -> Made {
        Made(value: .notPerformed(reason: "calcul non rendu : \(reason)"), raw: "", comment: formula.name)
    }

    private mutating func take(_ formula: Formula, _ made: Made, _ tube: String, _ id: String) {
        let observation = Observation(
            id: id, site: file.request.site, requestID: file.request.id, patientID: file.patient.id, accession: tube,
            analysis: formula.code, catalogueVersion: engine.catalogue.version.text, value: made.value,
            rawText: made.raw,
            origin: Origin(calculation: formula.reference.description, components: made.components), observedAt: at,
            recordedAt: at, comment: made.comment)
        var facts = ResultFacts(
            id: id, analysis: formula.code, value: made.value, rawText: made.raw, origin: .calculated, observedAt: at,
            control: ControlFacts(.notNeeded), mode: mode(of: formula.code, analyzer: nil),
            lineApproved: catalogue[formula.code]?.approval == .approved)
        facts.method = catalogue.method(of: observation)?.name ?? ""
        facts.components = made.components
        facts.hasFreeComment = false
        setAsideOutdated(formula.code)
        file.take(Arrival(observation: observation, facts: facts))
    }
}

extension Judgement {
    /// Values that a formula made of components that stand no more: none of them waits, and none stands again when the
    /// one that takes their place is rejected.
    private mutating func setAsideOutdated(_ code: String) {
        let last = Chosen.lastEvents(file.events)
        for one in file.observations.outdated(code, last) {
            let event = ObservationEvent(
                observationID: one.id, ordinal: (last[one.id]?.ordinal ?? 0) + 1, kind: .rejected,
                author: Desk.house, at: at, reason: "recalculé : un de ses composants a changé")
            file.events.append(event)
            facts.append(.observationEvent(event))
            outdated.append(one)
        }
    }

    /// Nobody is called about a value that was calculated otherwise since.
    mutating func stopCallingOutdated() {
        for one in outdated { stopCalling(one.id, of: Place(one), "recalculé") }
    }
}

extension [Observation] {
    /// Calculated results of an analysis that nothing set aside.
    func outdated(_ code: String, _ last: [String: ObservationEvent]) -> [Observation] {
        filter { $0.analysis == code && $0.origin.calculation != nil && last[$0.id]?.kind != .rejected }
    }
}

extension Desk {
    /// A calculation in force gives this analysis: nobody types over it. One that needs what no request holds (the ISI
    /// of a lot) never gives a result here, and forbids none.
    func checkNotCalculated(_ code: String) throws(CommandFailure) {
        guard let formula = shelf.pack.formula(code), shelf.approvals.stands(formula.reference, at: now()),
            shelf.current[code]?.nature == .calculated,
            formula.inputs.allSatisfy({ $0.isAnalysis || Judgement.measureNames.contains($0.name) })
        else { return }
        throw .refused(
            Refusal(
                "enter.calculated", at: code,
                because: "cette analyse est calculée (\(formula.name)) : elle ne se saisit pas",
                remedy:
                    "corriger un de ses composants, ou retirer l'approbation du calcul (catalogue approve --withdraw)"
            ))
    }
}

extension ObservationValue {
    /// It says why there is no value.
    var isNotPerformed: Bool {
        if case .notPerformed = self { true } else { false }
    }
}

extension Judgement {
    /// What a known bias of a component says of its direction is said beside what is made of it (RULES section 4).
    fileprivate func telling(
        _ components: [(observation: Observation, result: ResultEvaluation?)], _ made: Made
    ) -> Made {
        var made = made
        for (observation, seen) in components {
            guard let result = seen ?? records[observation.id]?.judged.result else { continue }
            let said = result.comments(name: catalogue[observation.analysis]?.nameFR ?? observation.analysis)
                .filter { !$0.hasPrefix(CheckRecord.withheld) }
            made.comment = ([made.comment] + said).joined(separator: " ; ")
        }
        return made
    }
}

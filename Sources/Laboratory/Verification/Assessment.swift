package import Base
package import Catalog

extension Hold.Code {
    /// What a hold asks of the technician.
    package enum Severity: Sendable {
        /// Shown, nothing more asked.
        case shown
        /// Technical validation needs a reason in words.
        case needsReason
        /// Cannot be validated: reject it, correct the cause, rerun.
        case forbids
    }
    package var severity: Severity {
        switch self {
        case .identity, .unknownUnit, .unreadable, .interference: .forbids
        case .specimenNonconform, .analyzerFlag, .critical, .censoredUndecided, .manualEntry, .unrequested,
            .specimenType, .rerun, .statusNotFinal, .preanalyticalDelay, .qualityControlRejected,
            .calibrationExpired, .lotExpired, .outsideMeasuringRange, .dilutionMissing, .absurd, .delta,
            .deltaImpossible, .criticalCall, .incoherent, .firstPositive:
            .needsReason
        case .collectionTimeUnknown, .notReceived, .noInterval, .noQualityControl, .catalogueDraft, .engineOff,
            .ruleExpired, .qualityControlExpired, .interferenceBias, .outsideAutoverification,
            .calculationInputHeld, .excludedAnalysis, .dependentSetHeld:
            .shown
        }
    }
}

/// What the laboratory's rules make of one incoming result. Pure: the same input gives the same answer.
package struct Assessment: Sendable, Hashable {
    package var value: ObservationValue
    package var interval: AppliedInterval?
    package var flags: [ResultFlag]
    package var holds: [Hold]
}

/// The checks of a result, all of them run so that a person sees every reason at once (RULES 1.2).
package struct Assessor: Sendable {
    package var catalogue: AnalysisCatalogue
    package var zone: CivilZone

    package init(catalogue: AnalysisCatalogue, zone: CivilZone) {
        self.catalogue = catalogue
        self.zone = zone
    }

    /// `value` nil means unreadable: it becomes text and is held.
    package func assess(
        _ incoming: IncomingObservation, analysis: Analysis, patient: Patient, specimen: Specimen
    ) -> Assessment {
        var holds = identityHolds(incoming.claimed, patient) + specimenHolds(specimen, analysis)
        if !incoming.unknownFlags.isEmpty {
            holds.append(
                Hold(
                    .analyzerFlag,
                    "drapeau de l'automate inconnu du pilote : \(incoming.unknownFlags.joined(separator: ", "))"))
        } else if !incoming.instrumentFlags.isEmpty {
            holds.append(
                Hold(.analyzerFlag, "drapeau de l'automate : \(incoming.instrumentFlags.joined(separator: ", "))"))
        }
        if !Assessor.finalStatuses.contains(incoming.status) {
            holds.append(Hold(.statusNotFinal, "l'automate ne dit pas ce résultat définitif (« \(incoming.status) »)"))
        }
        var result: Assessment
        if let value = incoming.value {
            result = judge(value, analysis: analysis, patient: patient, collectedAt: specimen.collectedAt)
        } else {
            result = Assessment(value: .text(incoming.rawText), interval: nil, flags: [], holds: [])
            holds.append(Hold(.unreadable, "valeur illisible : « \(incoming.rawText) »"))
        }
        result.holds = holds + result.holds
        return result
    }

    /// R.9 of results that stand: F final, C correction of a transmitted one, V verified by an operator, R transmitted
    /// before, or nothing said (LIS2-A2 section 9.9). P preliminary, S partial, I pending, X cannot be done, and
    /// anything unknown hold (HOUSE invariant 7).
    package static let finalStatuses: Set<String> = ["F", "C", "V", "R", ""]

    /// Unit, interval, flags and limits of a value, whatever its origin.
    package func judge(
        _ value: ObservationValue, analysis: Analysis, patient: Patient, collectedAt: Instant?
    ) -> Assessment {
        var holds = [Hold]()
        if analysis.approval == .draft {
            holds.append(Hold(.catalogueDraft, "ligne du catalogue à l'état brouillon, non signée"))
        }
        guard case .measured(let raw, let unit) = value else {
            return Assessment(value: value, interval: nil, flags: qualitativeFlags(value), holds: holds)
        }
        guard let measured = converted(raw, unit: unit, analysis: analysis) else {
            holds.append(
                Hold(.unknownUnit, "unité « \(unit) » inconnue pour \(analysis.code) (attendue : \(analysis.unit))"))
            return Assessment(value: value, interval: nil, flags: [], holds: holds)
        }
        holds.append(Hold(.noQualityControl, "aucun contrôle de qualité enregistré pour \(analysis.code)"))
        let interval = appliedInterval(analysis, patient, collectedAt)
        if interval == nil { holds.append(Hold(.noInterval, "pas d'intervalle de référence pour ce patient")) }
        var flags = [ResultFlag]()
        if let interval { flags += intervalFlags(measured, interval, &holds) }
        flags = criticalFlags(measured, analysis, flags, &holds)
        return Assessment(
            value: .measured(measured, unit: analysis.unit), interval: interval, flags: flags, holds: holds)
    }

    /// What an analyzer's P record says against the patient file (RULES 1.2, step 1).
    package func identityHolds(_ claimed: ClaimedIdentity, _ patient: Patient) -> [Hold] {
        var holds = [Hold]()
        if let family = claimed.family.map(Assessor.folded), !family.isEmpty {
            let known = [patient.traits.birthName, patient.usedName ?? ""].map(Assessor.folded)
            if !known.contains(family) {
                holds.append(Hold(.identity, "le nom envoyé par l'automate n'est pas celui du dossier"))
            }
        }
        if let birth = claimed.birthDate, birth != patient.traits.birthDate {
            holds.append(Hold(.identity, "la date de naissance envoyée par l'automate n'est pas celle du dossier"))
        }
        if let sex = claimed.sex, sex != .unknown, patient.traits.sex != .unknown, sex != patient.traits.sex {
            holds.append(Hold(.identity, "le sexe envoyé par l'automate n'est pas celui du dossier"))
        }
        return holds
    }

    /// What the tube has against it (RULES 1.2, step 2).
    package func specimenHolds(_ specimen: Specimen, _ analysis: Analysis) -> [Hold] {
        var holds = [Hold]()
        if !specimen.analyses.contains(analysis.code) {
            holds.append(
                Hold(
                    .specimenType,
                    "\(analysis.code) est prévue sur un autre tube (\(analysis.tube ?? "?")) que \(specimen.tube)"))
        }
        if specimen.receivedAt == nil { holds.append(Hold(.notReceived, "tube jamais lu à la réception")) }
        if let nonconformity = specimen.nonconformity { holds.append(Hold(.specimenNonconform, nonconformity)) }
        if specimen.collectedAt == nil {
            holds.append(Hold(.collectionTimeUnknown, "heure de prélèvement non renseignée"))
        }
        return holds
    }

    /// Capitals without accents, hyphens or blanks, to compare names typed on an analyzer's keyboard.
    package static func folded(_ name: String) -> String {
        var out = ""
        for scalar in name.uppercased().unicodeScalars {
            let plain: Character? =
                switch scalar {
                case "À", "Â", "Ä", "Á", "Ã": "A"
                case "É", "È", "Ê", "Ë": "E"
                case "Î", "Ï", "Í": "I"
                case "Ô", "Ö", "Ó", "Õ": "O"
                case "Û", "Ü", "Ù", "Ú": "U"
                case "Ç": "C"
                case "Ñ": "N"
                case "A"..."Z": Character(scalar)
                case _: nil
                }
            if let plain { out.append(plain) }
        }
        return out
    }

    /// In the catalogue's unit and decimals; nil when the unit is neither the catalogue's nor its alternative.
    private func converted(_ value: Measured, unit: String, analysis: Analysis) -> Measured? {
        let places = analysis.decimals
        if unit == analysis.unit {
            if let places, value.number.scale > places { return value.with(value.number.rounded(to: places)) }
            return value
        }
        guard let alternative = analysis.alternative, unit == alternative.unit else { return nil }
        return alternative.reported(value, places: places ?? 2)
    }

    private func appliedInterval(_ analysis: Analysis, _ patient: Patient, _ collectedAt: Instant?) -> AppliedInterval?
    {
        guard let collectedAt else { return nil }
        let sex: IntervalSex =
            switch patient.traits.sex {
            case .female: .female
            case .male: .male
            case .unknown: .any
            }
        let found = catalogue.interval(
            for: analysis.code, sex: sex, born: patient.traits.birthDate, bornAt: patient.birthTime,
            collected: collectedAt, in: zone)
        guard let found, found.low != nil || found.high != nil else { return nil }
        return AppliedInterval(low: found.low, high: found.high)
    }

    private func intervalFlags(_ value: Measured, _ interval: AppliedInterval, _ holds: inout [Hold]) -> [ResultFlag] {
        let below = interval.low.map(value.isBelow) ?? .no
        let above = interval.high.map(value.isAbove) ?? .no
        if below == .yes { return [.low] }
        if above == .yes { return [.high] }
        if below == .unknown || above == .unknown {
            holds.append(Hold(.censoredUndecided, "valeur censurée : on ne sait pas si elle est dans l'intervalle"))
            return []
        }
        return [.normal]
    }

    private func criticalFlags(
        _ value: Measured, _ analysis: Analysis, _ flags: [ResultFlag], _ holds: inout [Hold]
    ) -> [ResultFlag] {
        guard let limits = analysis.critical else { return flags }
        let low = limits.low.map(value.isBelow) ?? .no
        let high = limits.high.map(value.isAbove) ?? .no
        if low == .yes || high == .yes {
            holds.append(Hold(.critical, "valeur critique : prévenir le prescripteur"))
            return [low == .yes ? .criticallyLow : .criticallyHigh]
        }
        if low == .unknown || high == .unknown {
            holds.append(Hold(.censoredUndecided, "valeur censurée : on ne sait pas si elle est critique"))
        }
        return flags
    }

    private func qualitativeFlags(_ value: ObservationValue) -> [ResultFlag] {
        guard case .coded(let code, _) = value, let flag = ResultFlag(rawValue: code) else { return [] }
        return [flag]
    }
}

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
        case .identity, .unknownUnit, .unreadable, .interference, .neverGiven: .forbids
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

extension Hold {
    /// What it asks on a value that is given, or on one that already says why it is not: what an interference
    /// suppressed is validated as not given, with a reason (RULES section 4); where the value still stands it may not
    /// leave.
    package func severity(isWithheld: Bool) -> Code.Severity {
        isWithheld && code == .interference ? .needsReason : code.severity
    }
}

/// R.9 of results that stand (LIS2-A2 section 9.9).
package enum ResultStatus {
    /// F final, C correction of a transmitted one, V verified by an operator, R transmitted before, or nothing said. P
    /// preliminary, S partial, I pending, X cannot be done, and anything unknown hold (HOUSE invariant 7).
    package static let final: Set<String> = ["F", "C", "V", "R", ""]
}

/// Names as they are compared with what was typed on an analyzer's keyboard.
package enum FoldedName {
    /// Capitals without accents, hyphens or blanks.
    package static func fold(_ name: String) -> String {
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
}

import Base

// Section 7.3.1: values, intervals and interpretations.

extension ObservedValue {
    /// Section 7.3.1.
    func write(shownAt id: String, into w: inout XMLWriter) {
        switch self {
        case .number(.equal, let text, let unit?):
            w.element("value", ("xsi:type", "PQ"), ("value", text), ("unit", unit.ucum))
        case .number(.equal, let text, nil): w.element("value", ("xsi:type", "REAL"), ("value", text))
        case .number(let comparator, let text, let unit):
            w.element("value", ("xsi:type", unit == nil ? "IVL_REAL" : "IVL_PQ")) { w in
                let isHigh = comparator == .below || comparator == .atMost
                let inclusive = comparator == .atMost || comparator == .atLeast
                w.element(
                    isHigh ? "high" : "low", ("value", text), ("unit", unit?.ucum),
                    ("inclusive", inclusive ? "true" : "false"))
            }
        case .range(let low, let high, let unit): w.interval(low: low, high: high, unit: unit)
        case .qualitative(_, let code):
            w.element(
                "value", ("xsi:type", "CD"), ("code", code?.code), ("displayName", code?.display),
                ("codeSystem", code?.system), ("codeSystemName", code?.systemName)
            ) { $0.originalText(id) }
        case .text(let text): w.element("value", ("xsi:type", "ST")) { $0.text(text) }
        case .titre(let numerator, let denominator):
            w.element("value", ("xsi:type", "RTO")) { w in
                w.element("numerator", ("xsi:type", "INT"), ("value", numerator))
                w.element("denominator", ("xsi:type", "INT"), ("value", denominator))
            }
        }
    }
}

extension ReferenceInterval {
    func write(into w: inout XMLWriter) {
        w.element("referenceRange", ("typeCode", "REFV")) { w in
            w.element("observationRange", ("classCode", "OBS"), ("moodCode", "EVN.CRT")) { w in
                switch bounds {
                case .text(let text): w.element("value", ("xsi:type", "ST")) { $0.text(text) }
                case .numbers(let low, let high, let unit): w.interval(low: low, high: high, unit: unit)
                }
                w.interpretation(.normal)
            }
        }
    }
}

extension XMLWriter {
    fileprivate mutating func interval(low: String?, high: String?, unit: Unit?) {
        element("value", ("xsi:type", unit == nil ? "IVL_REAL" : "IVL_PQ")) { w in
            if let low { w.element("low", ("value", low), ("unit", unit?.ucum)) }
            if let high { w.element("high", ("value", high), ("unit", unit?.ucum)) }
        }
    }
    mutating func interpretation(_ interpretation: Interpretation) {
        coded(
            "interpretationCode",
            Coded(interpretation.rawValue, interpretation.display, system: OID.interpretations))
    }
}

/// One thing that a report may hold: section 1 to 7 of the CR-BIO sheet, as the laboratory knows them.
package enum ReportCase: String, Sendable, Hashable, CaseIterable {
    // Layout
    case severalChapters, subChapters, panel, panelWithoutLOINC, loneAnalysis
    // Values
    case numeric, below, above, atMost, withoutUnit, twoUnits, coded, freeText, titre, notPerformed, critical
    case intervalBothSides, intervalOneSide
    // Codes
    case localCode, waitingCode
    // What stands beside a result
    case previousResult, severalPrevious, lineComment, technique, codedTechnique, device, reagent
    // Comments, images, files
    case sectionComment, panelComment, conclusion, titledConclusion, image, imageOfPanel, attachedPDF
    // Who did what
    case subcontractedLine, subcontractedSection, otherValidator, validatorOfOneLine, sampler, copies
    // Microbiology
    case isolate, antibiogram, severalIsolates
    // Specimens
    case nonconformSpecimen, unknownCollection, severalSpecimens
    // The patient's file
    case usedName, familyDoctor, representative, relative, foreignAddress, mailAndPhone
}

/// Choices of which a report has exactly one each.
package enum Identity: String, Sendable, CaseIterable {
    case qualified, corsican, validated, retrieved, provisional, newborn
}
package enum Stage: String, Sendable, CaseIterable { case partial, complete, corrected, completed, withdrawn }
package enum Sight: String, Sendable, CaseIterable {
    case open, hiddenFromPatient, hiddenUntil, masked, restricted, veryRestricted, secretCare, hiddenFromRepresentatives
}
package enum Way: String, Sendable, CaseIterable { case oru, mdm, oruStrict, noDMP }
package enum Visit: String, Sendable, CaseIterable { case ambulatory, inpatient, emergency }

/// What a generated report is meant to show.
package struct ReportPlan: Sendable {
    package var cases: Set<ReportCase>
    package var identity: Identity
    package var stage: Stage
    package var sight: Sight
    package var way: Way
    package var visit: Visit

    /// Names of everything in it, to count pairs.
    package var traits: [String] {
        cases.map(\.rawValue).sorted()
            + [
                "identity:" + identity.rawValue, "stage:" + stage.rawValue, "sight:" + sight.rawValue,
                "way:" + way.rawValue, "visit:" + visit.rawValue,
            ]
    }
    package static let choices: [[String]] = [
        Identity.allCases.map { "identity:" + $0.rawValue }, Stage.allCases.map { "stage:" + $0.rawValue },
        Sight.allCases.map { "sight:" + $0.rawValue }, Way.allCases.map { "way:" + $0.rawValue },
        Visit.allCases.map { "visit:" + $0.rawValue },
    ]
    /// Every pair that a campaign must show: two cases, a case and a choice, two choices of different kinds.
    package static var everyPair: Set<String> {
        let cases = ReportCase.allCases.map(\.rawValue)
        let groups = cases.map { [$0] } + choices
        var pairs = Set<String>()
        for (index, group) in groups.enumerated() {
            for other in groups[(index + 1)...] {
                for a in group { for b in other { pairs.insert(pair(a, b)) } }
            }
        }
        return pairs
    }
    package static func pair(_ a: String, _ b: String) -> String { a < b ? a + "+" + b : b + "+" + a }
    package static func pairs(of traits: [String]) -> [String] {
        traits.enumerated().flatMap { index, a in traits[(index + 1)...].map { pair(a, $0) } }
    }

    package init(using random: inout some RandomNumberGenerator) {
        // A fifth of the cases: enough for every pair in a few hundred reports, few enough for short documents.
        cases = Set(ReportCase.allCases.filter { _ in Int.random(in: 0..<5, using: &random) == 0 })
        identity = Identity.allCases.randomElement(using: &random) ?? .qualified
        stage = Stage.allCases.randomElement(using: &random) ?? .complete
        sight = Sight.allCases.randomElement(using: &random) ?? .open
        way = Way.allCases.randomElement(using: &random) ?? .oru
        visit = Visit.allCases.randomElement(using: &random) ?? .ambulatory
        complete()
    }
    package init(only one: ReportCase?) {
        cases = one.map { [$0] } ?? []
        identity = .qualified
        stage = .complete
        sight = .open
        way = .oru
        visit = .ambulatory
        complete()
    }

    /// Cases that bring another with them: stated, so that the count of pairs is of what is there.
    private mutating func complete() {
        let brings: [(ReportCase, [ReportCase])] = [
            (.antibiogram, [.isolate]), (.severalIsolates, [.isolate]), (.severalPrevious, [.previousResult]),
            (.codedTechnique, [.technique]), (.panelComment, [.panel]), (.imageOfPanel, [.panel]),
            (.subcontractedSection, [.severalChapters]), (.validatorOfOneLine, [.numeric]),
            (.titledConclusion, [.conclusion]),
        ]
        for (one, others) in brings where cases.contains(one) { cases.formUnion(others) }
        // A report of nothing is no report.
        cases.insert(.numeric)
    }
}

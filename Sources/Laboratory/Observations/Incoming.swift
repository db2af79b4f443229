package import Base

/// Identity as an analyzer's P record tells it. Compared, never stored into the patient file (HOUSE invariant 4).
package struct ClaimedIdentity: Codable, Sendable, Hashable {
    package var patientID: String?
    package var family: String?
    package var given: String?
    package var birthDate: CivilDate?
    package var sex: AdministrativeSex?
    package init(
        patientID: String? = nil, family: String? = nil, given: String? = nil, birthDate: CivilDate? = nil,
        sex: AdministrativeSex? = nil
    ) {
        self.patientID = patientID
        self.family = family
        self.given = given
        self.birthDate = birthDate
        self.sex = sex
    }
}

/// How an analyzer says that it diluted the specimen.
package struct SentDilution: Codable, Sendable, Hashable {
    /// As sent: `1/5`, `Dec`, `x2`.
    package var text: String
    /// Nil: what was sent is no factor that the driver knows.
    package var factor: Exact?
    /// The value that came is already that of the undiluted specimen.
    package var isMultiplied: Bool
    package init(text: String, factor: Exact?, isMultiplied: Bool) {
        self.text = text
        self.factor = factor
        self.isMultiplied = isMultiplied
    }
}

/// Indices of the serum as an analyzer sends them with the results of a tube; nil: it sent none.
package struct SentIndices: Codable, Sendable, Hashable {
    package var hemolysis: Exact?
    package var icterus: Exact?
    package var lipemia: Exact?
    /// Free hemoglobin, g/L.
    package var freeHemoglobin: Exact?
    package init(
        hemolysis: Exact? = nil, icterus: Exact? = nil, lipemia: Exact? = nil, freeHemoglobin: Exact? = nil
    ) {
        self.hemolysis = hemolysis
        self.icterus = icterus
        self.lipemia = lipemia
        self.freeHemoglobin = freeHemoglobin
    }
    package var isEmpty: Bool { self == SentIndices() }
    /// `H 250, Hb 12 g/L`
    package var words: String {
        [
            hemolysis.map { "H \($0)" }, icterus.map { "I \($0)" }, lipemia.map { "L \($0)" },
            freeHemoglobin.map { "Hb libre \($0) g/L" },
        ].compactMap(\.self).joined(separator: ", ").replacing(".", with: ",")
    }
}

/// One result as a driver understood it, before anything of the laboratory was looked at.
package struct IncomingObservation: Codable, Sendable, Hashable {
    /// Rank of the result record in its message, from 0.
    package var ordinal: Int
    /// Specimen identifier as sent (trimmed); empty when the analyzer gave none.
    package var accession: String
    /// The instrument's own code of the test.
    package var instrumentCode: String
    /// Analysis of the catalogue by the driver's code map; nil when the map does not know the code.
    package var analysis: String?
    /// Nil when the text could not be read as a value.
    package var value: ObservationValue?
    package var rawText: String
    package var rawUnit: String
    /// Flags as sent, those the driver's map calls harmless left out.
    package var instrumentFlags: [String]
    /// Flags that the driver's map does not know: they hold the result (fail closed).
    package var unknownFlags: [String]
    /// LIS2-A2 result status (F, P, C, X…).
    package var status: String
    package var observedAt: Instant?
    package var claimed: ClaimedIdentity
    /// Comment texts (C records) of the result, instrument's words.
    package var comments: [String]
    /// Nil: the analyzer says nothing of a dilution.
    package var dilution: SentDilution?
    /// Nil: the driver reads no indices of the serum.
    package var indices: SentIndices?
    /// No result: `indices` are all that the message brings of its tube. Nil: a result.
    package var bringsIndicesAlone: Bool?

    package init(
        ordinal: Int, accession: String, instrumentCode: String, analysis: String?, value: ObservationValue?,
        rawText: String, rawUnit: String = "", instrumentFlags: [String] = [], unknownFlags: [String] = [],
        status: String = "F", observedAt: Instant? = nil, claimed: ClaimedIdentity = ClaimedIdentity(),
        comments: [String] = [], dilution: SentDilution? = nil, indices: SentIndices? = nil,
        bringsIndicesAlone: Bool? = nil
    ) {
        self.bringsIndicesAlone = bringsIndicesAlone
        self.dilution = dilution
        self.indices = indices
        self.ordinal = ordinal
        self.accession = accession
        self.instrumentCode = instrumentCode
        self.analysis = analysis
        self.value = value
        self.rawText = rawText
        self.rawUnit = rawUnit
        self.instrumentFlags = instrumentFlags
        self.unknownFlags = unknownFlags
        self.status = status
        self.observedAt = observedAt
        self.claimed = claimed
        self.comments = comments
    }
}

/// A control result: never a patient's.
package struct ControlObservation: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var analyzer: String
    package var messageID: String
    package var ordinal: Int
    /// Control identifier as the analyzer sent it (material, lot, level as far as it says).
    package var material: String
    package var instrumentCode: String
    package var analysis: String?
    package var value: ObservationValue?
    package var rawText: String
    package var observedAt: Instant
    /// When it became known; nil in what was written before this was kept.
    package var recordedAt: Instant?
    package init(
        id: String, site: String, analyzer: String, messageID: String, ordinal: Int, material: String,
        instrumentCode: String, analysis: String?, value: ObservationValue?, rawText: String, observedAt: Instant,
        recordedAt: Instant? = nil
    ) {
        self.id = id
        self.site = site
        self.analyzer = analyzer
        self.messageID = messageID
        self.ordinal = ordinal
        self.material = material
        self.instrumentCode = instrumentCode
        self.analysis = analysis
        self.value = value
        self.rawText = rawText
        self.observedAt = observedAt
        self.recordedAt = recordedAt
    }

    private static let typed = "saisie-"
    /// What stands for the message of one that a person typed.
    package static func typedMessage(_ id: String) -> String { typed + id }
    /// Its instant is what a person says.
    package var isTyped: Bool { messageID.hasPrefix(ControlObservation.typed) }
}

/// Tubes from one number to another, both included, in the order of their texts.
package struct AccessionRange: Codable, Sendable, Hashable {
    package var first: String
    package var last: String
    package init(first: String, last: String) {
        self.first = first
        self.last = last
    }
    package func contains(_ accession: String) -> Bool {
        !accession.utf8.lexicographicallyPrecedes(first.utf8) && !last.utf8.lexicographicallyPrecedes(accession.utf8)
    }
}

/// A question of an analyzer: which analyses for these specimens (LIS2-A2 section 11)?
package struct HostQuery: Codable, Sendable, Hashable {
    package var accessions: [String]
    /// Starting and ending range identifiers (Q.3 and Q.4) that are not the same.
    package var ranges: [AccessionRange]
    /// The query asks for everything outstanding.
    package var all: Bool
    /// It takes the last query back (Q.13 is A).
    package var cancels: Bool
    package init(
        accessions: [String], ranges: [AccessionRange] = [], all: Bool = false, cancels: Bool = false
    ) {
        self.accessions = accessions
        self.ranges = ranges
        self.all = all
        self.cancels = cancels
    }
    /// The answer to it speaks of this tube.
    package func covers(_ accession: String) -> Bool {
        all || accessions.contains(accession) || ranges.contains { $0.contains(accession) }
    }
}

/// What a driver understood of one message.
package struct Reading: Codable, Sendable, Hashable {
    package var observations: [IncomingObservation]
    /// Controls: same fields as a result; `accession` is the control's identifier.
    package var controls: [IncomingObservation]
    package var queries: [HostQuery]
    /// What could not be read, in words; the message then waits in triage as a whole.
    package var problems: [Refusal]
    /// What stands in the message beside what could be read, each in words: it waits in triage, the rest is taken.
    package var leftOver: [Refusal]
    package init(
        observations: [IncomingObservation] = [], controls: [IncomingObservation] = [], queries: [HostQuery] = [],
        problems: [Refusal] = [], leftOver: [Refusal] = []
    ) {
        self.observations = observations
        self.controls = controls
        self.queries = queries
        self.problems = problems
        self.leftOver = leftOver
    }
}

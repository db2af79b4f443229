package import Base

/// Section 6. A chapter holds either one block of entries or sub-chapters, never both.
package struct Chapter: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case block(Block)
        case subChapters([SubChapter])
    }
    /// LOINC of the chapter (JDV « circuit de la biologie »), such as 18719-5 Biochimie.
    package var code: Coded
    package var title: String
    package var content: Content
    package init(code: Coded, title: String, content: Content) {
        self.code = code
        self.title = title
        self.content = content
    }
    var blocks: [Block] {
        switch content {
        case .block(let block): [block]
        case .subChapters(let subs): subs.map(\.block)
        }
    }
}

package struct SubChapter: Sendable, Equatable {
    package var code: Coded?
    /// May be empty.
    package var title: String
    package var block: Block
    package init(code: Coded? = nil, title: String, block: Block) {
        self.code = code
        self.title = title
        self.block = block
    }
}

/// Section 7.1: what one section shows and codes (FR-Resultats-examens-de-biologie-medicale).
package struct Block: Sendable, Equatable {
    /// LOINC; that of its section when nil.
    package var code: Coded?
    package var status: ActStatus
    package var performer: Performer?
    /// Biologists who validated these results (participant AUTHEN).
    package var validators: [Validation]
    package var items: [Item]
    package init(
        code: Coded? = nil, status: ActStatus = .completed, performer: Performer? = nil, validators: [Validation] = [],
        items: [Item]
    ) {
        self.code = code
        self.status = status
        self.performer = performer
        self.validators = validators
        self.items = items
    }
}

/// Boxed: an entry has tens of parts, and a document's items are passed over three times.
package indirect enum Item: Sendable, Equatable {
    case sampling(SamplingEntry)
    case observation(ObservationEntry)
    case panel(PanelEntry)
    case isolate(IsolateEntry)
    case image(ImageEntry)
    case comment(String)
}

/// Section 7.9, FR-Image-illustrative.
package struct ImageEntry: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable {
        case png = "image/png"
        case jpeg = "image/jpeg"
        case gif = "image/gif"

        /// First bytes of such a file.
        var signature: [UInt8] {
            switch self {
            case .png: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            case .jpeg: [0xFF, 0xD8, 0xFF]
            case .gif: Array("GIF8".utf8)
            }
        }
    }
    /// May be empty.
    package var caption: String
    package var format: Format
    package var bytes: [UInt8]
    package init(caption: String, format: Format, bytes: [UInt8]) {
        self.caption = caption
        self.format = format
        self.bytes = bytes
    }
}

package enum ActStatus: String, Sendable {
    case completed
    /// Partial: a complete version will come.
    case active
    case aborted
}

/// Section 7.6, AUTHEN.
package struct Validation: Sendable, Equatable {
    package var at: Stamp
    package var id: ObjectID
    package var name: PersonName
    package var address: Address
    package var telecoms: [Telecom]
    package init(
        at: Stamp, id: ObjectID, name: PersonName, address: Address = .absent(.masked),
        telecoms: [Telecom] = [.absent(.masked)]
    ) {
        self.at = at
        self.id = id
        self.name = name
        self.address = address
        self.telecoms = telecoms
    }
}

/// Section 7.7: the laboratory that did the work, when it is not the document's. The lowest level wins.
package struct Performer: Sendable, Equatable {
    package var at: Stamp
    package var director: Professional
    package init(at: Stamp, director: Professional) {
        self.at = at
        self.director = director
    }
}

/// Section 7.2, FR-Prelevement.
package struct SamplingEntry: Sendable, Equatable {
    /// NABM act, or by default LOINC 33882-2.
    package var act: Coded
    /// Nil, written UNK, when nobody knows it.
    package var collectedAt: Stamp?
    package var receivedAt: Stamp?
    package var specimen: ObjectID
    /// JDV_HL7_SpecimenType (BLD, UR, SER, PLAS…); its display is what the narrative shows.
    package var nature: Coded
    /// SNOMED CT site of the body.
    package var site: Coded?
    /// Who drew it, when it is not the sampler of the header.
    package var sampler: Performer?
    package init(
        act: Coded = SamplingEntry.anySampling, collectedAt: Stamp?, receivedAt: Stamp?, specimen: ObjectID,
        nature: Coded, site: Coded? = nil, sampler: Performer? = nil
    ) {
        self.sampler = sampler
        self.act = act
        self.collectedAt = collectedAt
        self.receivedAt = receivedAt
        self.specimen = specimen
        self.nature = nature
        self.site = site
    }
    package static let anySampling = Coded.loinc("33882-2", "Prélèvement")
    package static func nature(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.specimens)
    }
}

/// What was examined: a LOINC code, or for want of one at least a translation (section 7.3.2), and the name people
/// read.
package struct AnalysisCode: Sendable, Equatable {
    package var label: String
    package var loinc: Coded?
    package var translations: [Coded]
    package init(label: String, loinc: Coded?, translations: [Coded] = []) {
        self.label = label
        self.loinc = loinc
        self.translations = translations
    }
    var isUnnamed: Bool { label.isEmpty && loinc == nil && translations.isEmpty }
}

/// Section 7.3, FR-Resultat-examens-de-biologie-element-clinique-pertinent.
package struct ObservationEntry: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// With the biologically relevant time.
        case value(ObservedValue, at: Stamp)
        /// Section 7.3.3: not performed; why.
        case notPerformed(reason: String)
    }
    package var code: AnalysisCode
    package var outcome: Outcome
    package var interpretation: Interpretation?
    package var reference: ReferenceInterval?
    package var previous: [PreviousObservation]
    package var technique: Technique?
    package var comments: [String]
    package var performer: Performer?
    package var validators: [Validation]
    /// Analyzers (DEV) and reagents (CSM), coded and as people read them.
    package var devices: [Coded] = []
    package var reagents: [Coded] = []
    package init(
        code: AnalysisCode, outcome: Outcome, interpretation: Interpretation? = nil,
        reference: ReferenceInterval? = nil, previous: [PreviousObservation] = [], technique: Technique? = nil,
        comments: [String] = [], performer: Performer? = nil, validators: [Validation] = []
    ) {
        self.code = code
        self.outcome = outcome
        self.interpretation = interpretation
        self.reference = reference
        self.previous = previous
        self.technique = technique
        self.comments = comments
        self.performer = performer
        self.validators = validators
    }
}

/// Section 7.3.1. Numbers are the text that was measured, decimal point; the narrative shows them with a comma.
package enum ObservedValue: Sendable, Equatable {
    /// `PQ`, or `IVL_PQ` with `<`, `≤`, `>`, `≥`; `REAL` or `IVL_REAL` when there is no unit (INR).
    case number(comparator: Comparator, text: String, unit: Unit?)
    /// `IVL_PQ`, both bounds included (a count « de 2 à 5 »).
    case range(low: String, high: String, unit: Unit)
    /// `CD`, with a code or with the text only.
    case qualitative(String, code: Coded?)
    /// `ST`, free text.
    case text(String)
    /// `RTO`, a titre such as 1/160.
    case titre(numerator: String, denominator: String)

    package static func number(_ text: String, _ unit: Unit?) -> ObservedValue {
        .number(comparator: .equal, text: text, unit: unit)
    }
    package static func measured(_ value: Measured, _ unit: Unit?) -> ObservedValue {
        .number(comparator: value.comparator, text: value.number.text, unit: unit)
    }
}

/// A unit as UCUM writes it and as people read it (`10*9/L`, `G/L`); two that UCUM writes alike are the same unit.
package struct Unit: Sendable, Hashable, ExpressibleByStringLiteral {
    package var ucum: String
    package var printed: String
    package init(ucum: String, printed: String? = nil) {
        self.ucum = ucum
        self.printed = printed ?? ucum
    }
    package init(stringLiteral ucum: String) { self.init(ucum: ucum) }
    package static func == (a: Unit, b: Unit) -> Bool { a.ucum == b.ucum }
    package func hash(into hasher: inout Hasher) { hasher.combine(ucum) }
}

/// Reference interval, written `referenceRange`.
package struct ReferenceInterval: Sendable, Equatable {
    package enum Bounds: Sendable, Equatable {
        /// At least one bound; without unit it is written `IVL_REAL`.
        case numbers(low: String?, high: String?, unit: Unit?)
        case text(String)
    }
    package var bounds: Bounds
    package init(_ bounds: Bounds) { self.bounds = bounds }
    package static func numbers(low: String?, high: String?, unit: Unit?) -> ReferenceInterval {
        ReferenceInterval(.numbers(low: low, high: high, unit: unit))
    }
    package static func text(_ text: String) -> ReferenceInterval { ReferenceInterval(.text(text)) }
}

/// A previous result of the same analysis (« antériorité »), written `REFR`.
package struct PreviousObservation: Sendable, Equatable {
    package var at: Stamp
    package var value: ObservedValue
    package init(at: Stamp, value: ObservedValue) {
        self.at = at
        self.value = value
    }
}

package struct Technique: Sendable, Equatable {
    package var label: String
    /// JDV_TechniqueBiologie (ANSM), when known.
    package var code: Coded?
    package init(label: String, code: Coded? = nil) {
        self.label = label
        self.code = code
    }
    package static func ansm(_ code: String, _ label: String) -> Technique {
        Technique(label: label, code: Coded(code, label, system: OID.techniques))
    }
}

/// Section 7.4: a panel and its results; a group that has neither label nor code is written without one.
package struct PanelEntry: Sendable, Equatable {
    package var code: AnalysisCode
    package var status: ActStatus
    package var observations: [ObservationEntry]
    package var comments: [String]
    package var performer: Performer?
    package var validators: [Validation]
    package var images: [ImageEntry]
    package init(
        code: AnalysisCode, status: ActStatus = .completed, observations: [ObservationEntry], comments: [String] = [],
        performer: Performer? = nil, validators: [Validation] = [], images: [ImageEntry] = []
    ) {
        self.validators = validators
        self.images = images
        self.code = code
        self.status = status
        self.observations = observations
        self.comments = comments
        self.performer = performer
    }
}

/// Section 7.5: an organism that grew, how many, and what it resists.
package struct IsolateEntry: Sendable, Equatable {
    package var isolate: ObjectID
    package var label: String
    package var snomed: Coded?
    /// The only translation that the volet accepts.
    package var ncbi: Coded?
    package var status: ActStatus
    package var at: Stamp
    /// The count, and other findings on the isolate.
    package var findings: [ObservationEntry]
    package var antibiogram: PanelEntry?
    package var comments: [String] = []
    package var performer: Performer?
    package init(
        isolate: ObjectID, label: String, snomed: Coded?, ncbi: Coded? = nil, status: ActStatus = .completed,
        at: Stamp, findings: [ObservationEntry], antibiogram: PanelEntry? = nil
    ) {
        self.isolate = isolate
        self.label = label
        self.snomed = snomed
        self.ncbi = ncbi
        self.status = status
        self.at = at
        self.findings = findings
        self.antibiogram = antibiogram
    }
}

/// Section 7.8: the section « copie du document ».
package struct PDFCopy: Sendable, Equatable {
    package var id: ObjectID
    /// PDF/A-1 (MSSanté référentiel #2, ECO.2.1.5).
    package var bytes: [UInt8]
    package init(id: ObjectID, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

/// The PDF report of another laboratory, section « résultats de seconde intention ».
package struct AttachedReport: Sendable, Equatable {
    package var title: String
    package var id: ObjectID
    package var bytes: [UInt8]
    package init(title: String, id: ObjectID, bytes: [UInt8]) {
        self.title = title
        self.id = id
        self.bytes = bytes
    }
}

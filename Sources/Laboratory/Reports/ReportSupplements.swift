package import Base

/// What a report says beside its measured observations: signed with them, empty in most reports.
package struct ReportSupplements: Codable, Sendable, Hashable {
    /// General conclusions, each with its title.
    package var conclusions: [Conclusion] = []
    /// Comments on a section of the catalogue, and on a panel.
    package var sectionComments: [PlacedComment] = []
    package var panelComments: [PlacedComment] = []
    package var images: [ReportImage] = []
    /// PDF reports of other laboratories (*résultats de seconde intention*).
    package var attachedReports: [ForeignReport] = []
    /// Analyses made elsewhere whose results came back structured.
    package var subcontracts: [Subcontract] = []
    package var isolates: [Isolate] = []
    /// Biologists who validated beside the signer.
    package var validations: [OtherValidation] = []
    /// Who drew the specimens.
    package var samplers: [Sampler] = []
    package var methods: [AnalysisMethod] = []

    package init() {}

    package var isEmpty: Bool { self == ReportSupplements() }

    package struct Conclusion: Codable, Sendable, Hashable {
        package var title: String
        package var text: String
        /// The title of what has none of its own.
        package static let untitled = "Commentaire"
        package init(title: String = Conclusion.untitled, text: String) {
            self.title = title
            self.text = text
        }
    }

    package struct PlacedComment: Codable, Sendable, Hashable {
        /// Code of the section or of the panel.
        package var place: String
        package var text: String
        package init(place: String, text: String) {
            self.place = place
            self.text = text
        }
    }
}

/// A picture that belongs to a section: electrophoresis, blood film.
package struct ReportImage: Codable, Sendable, Hashable {
    package enum Format: String, Codable, Sendable, CaseIterable {
        case png, jpeg

        /// What the first bytes say (PNG third edition section 5.2; JPEG, ISO/IEC 10918-1 annex B); nil for neither.
        package init?(_ bytes: [UInt8]) {
            if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
                self = .png
            } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
                self = .jpeg
            } else {
                return nil
            }
        }
    }
    /// Code of the section, or of a panel of it.
    package var place: String
    package var caption: String
    package var format: Format
    @InBase64 package var bytes: [UInt8]
    package init(place: String, caption: String, format: Format, bytes: [UInt8]) {
        self.place = place
        self.caption = caption
        self.format = format
        self.bytes = bytes
    }
}

/// Another laboratory, as reports name it.
package struct ForeignLaboratory: Codable, Sendable, Hashable {
    package var name: String
    /// Geographic FINESS, 9 digits.
    package var finess: String
    package var phone: String?
    package var address: PostalAddress
    package var director: Professional
    package var isHospital: Bool
    package init(
        name: String, finess: String, phone: String? = nil, address: PostalAddress, director: Professional,
        isHospital: Bool = false
    ) {
        self.name = name
        self.finess = finess
        self.phone = phone
        self.address = address
        self.director = director
        self.isHospital = isHospital
    }
}

package struct ForeignReport: Codable, Sendable, Hashable {
    package var title: String
    /// Its number at the laboratory that attaches it.
    package var number: String
    @InBase64 package var pdf: [UInt8]
    package init(title: String, number: String, pdf: [UInt8]) {
        self.title = title
        self.number = number
        self.pdf = pdf
    }
}

package struct Subcontract: Codable, Sendable, Hashable {
    package var analyses: [String]
    package var laboratory: ForeignLaboratory
    package var performedAt: Instant
    package init(analyses: [String], laboratory: ForeignLaboratory, performedAt: Instant) {
        self.analyses = analyses
        self.laboratory = laboratory
        self.performedAt = performedAt
    }
}

package struct OtherValidation: Codable, Sendable, Hashable {
    package var biologist: Professional
    package var at: Instant
    /// Empty: everything.
    package var analyses: [String]
    package init(biologist: Professional, at: Instant, analyses: [String] = []) {
        self.biologist = biologist
        self.at = at
        self.analyses = analyses
    }
}

package struct Sampler: Codable, Sendable, Hashable {
    package var professional: Professional
    package var at: Instant
    package init(professional: Professional, at: Instant) {
        self.professional = professional
        self.at = at
    }
}

/// How an analysis was made, where the report says it.
package struct AnalysisMethod: Codable, Sendable, Hashable {
    package var analysis: String
    /// Technique in words, and its code of the ANSM table (JDV_TechniqueBiologie).
    package var technique: String?
    package var techniqueCode: String?
    /// Code and name of the analyzer and of the reagent in the same table.
    package var device: Named?
    package var reagent: Named?
    /// *Code d'attente* of an analysis that LOINC does not have yet.
    package var waitingCode: String?

    package struct Named: Codable, Sendable, Hashable {
        package var code: String
        package var name: String
        package init(code: String, name: String) {
            self.code = code
            self.name = name
        }
    }
    package init(
        analysis: String, technique: String? = nil, techniqueCode: String? = nil, device: Named? = nil,
        reagent: Named? = nil, waitingCode: String? = nil
    ) {
        self.analysis = analysis
        self.technique = technique
        self.techniqueCode = techniqueCode
        self.device = device
        self.reagent = reagent
        self.waitingCode = waitingCode
    }
}

/// An organism that grew: how many, and what it resists.
package struct Isolate: Codable, Sendable, Hashable {
    /// Number at the laboratory.
    package var number: String
    /// Culture that it grew in, an analysis of the request.
    package var analysis: String
    package var organism: String
    /// SNOMED CT and NCBI Taxonomy codes: one at least.
    package var snomed: String?
    package var ncbi: String?
    package var observedAt: Instant
    /// Colonies a millilitre, UCUM `/mL`.
    package var count: Measured?
    package var susceptibilities: [Susceptibility]
    package var comment: String?
    package init(
        number: String, analysis: String, organism: String, snomed: String?, ncbi: String? = nil,
        observedAt: Instant, count: Measured? = nil, susceptibilities: [Susceptibility] = [], comment: String? = nil
    ) {
        self.number = number
        self.analysis = analysis
        self.organism = organism
        self.snomed = snomed
        self.ncbi = ncbi
        self.observedAt = observedAt
        self.count = count
        self.susceptibilities = susceptibilities
        self.comment = comment
    }
}

/// One line of an antibiogram.
package struct Susceptibility: Codable, Sendable, Hashable {
    /// EUCAST categories: *sensible*, *sensible à forte posologie*, *résistant*; and those of CLSI that the value set
    /// of interpretations has (CR-BIO sheet sections 7.3 and 7.5): *sensible dose-dépendant*, *non sensible*.
    package enum Category: String, Codable, Sendable, CaseIterable {
        case susceptible = "S"
        case increasedExposure = "I"
        case resistant = "R"
        case doseDependent = "SDD"
        case notSusceptible = "NS"
    }
    package var antibiotic: String
    /// One of the three at least: LOINC, the *code d'attente* of what LOINC does not have yet, the laboratory's own.
    package var loinc: String?
    package var waitingCode: String?
    package var localCode: String?
    /// Minimum inhibitory concentration in `ug/mL`; nil when only the category is known.
    package var concentration: Measured?
    package var category: Category
    package init(
        antibiotic: String, loinc: String? = nil, waitingCode: String? = nil, localCode: String? = nil,
        concentration: Measured? = nil, category: Category
    ) {
        self.antibiotic = antibiotic
        self.loinc = loinc
        self.waitingCode = waitingCode
        self.localCode = localCode
        self.concentration = concentration
        self.category = category
    }
}

extension ReportSupplements {
    /// Every datum in a fixed order, so that a signature covers it.
    func write(into out: inout CanonicalText) {
        for conclusion in conclusions {
            out.add("conclusion", conclusion.title)
            out.add("text", conclusion.text)
        }
        for comment in sectionComments + panelComments {
            out.add("commentOn", comment.place)
            out.add("text", comment.text)
        }
        for image in images {
            out.add("image", image.place + "/" + image.format.rawValue)
            out.add("caption", image.caption)
            out.add("bytes", String(decoding: Base64.encode(image.bytes), as: UTF8.self))
        }
        for report in attachedReports {
            out.add("attached", report.number)
            out.add("title", report.title)
            out.add("bytes", String(decoding: Base64.encode(report.pdf), as: UTF8.self))
        }
        for subcontract in subcontracts {
            out.add("subcontract", subcontract.analyses.joined(separator: " "))
            out.add("laboratory", subcontract.laboratory.finess + "/" + subcontract.laboratory.director.nationalID)
            out.add("at", String(subcontract.performedAt.milliseconds))
        }
        for validation in validations {
            out.add("validated", validation.biologist.nationalID)
            out.add("analyses", validation.analyses.joined(separator: " "))
            out.add("at", String(validation.at.milliseconds))
        }
        for sampler in samplers {
            out.add("sampler", sampler.professional.nationalID)
            out.add("at", String(sampler.at.milliseconds))
        }
        for method in methods {
            out.add("method", method.analysis)
            out.add("technique", method.technique)
            out.add("techniqueCode", method.techniqueCode)
            out.add("device", method.device?.code)
            out.add("reagent", method.reagent?.code)
            out.add("waiting", method.waitingCode)
        }
        for isolate in isolates { isolate.write(into: &out) }
    }
}

extension Isolate {
    fileprivate func write(into out: inout CanonicalText) {
        out.add("isolate", number)
        out.add("analysis", analysis)
        out.add("organism", organism)
        out.add("snomed", snomed)
        out.add("ncbi", ncbi)
        out.add("observedAt", String(observedAt.milliseconds))
        out.add("count", count?.text)
        out.add("comment", comment)
        for line in susceptibilities {
            out.add("antibiotic", line.antibiotic + "/" + (line.loinc ?? ""))
            // Nothing is added when there is none: what was signed before they existed keeps its hash.
            if let code = line.waitingCode { out.add("waiting", code) }
            if let code = line.localCode { out.add("local", code) }
            out.add("concentration", line.concentration?.text)
            out.add("category", line.category.rawValue)
        }
    }
}

import Base
package import Laboratory

/// What a report says beside its results; any part may be absent. Bytes are base64 on one line.
package struct SupplementBody: Codable, Sendable, Hashable {
    package struct Conclusion: Codable, Sendable, Hashable {
        package var title: String?
        package var text: String
        package init(title: String? = nil, text: String) {
            self.title = title
            self.text = text
        }
    }
    package struct Image: Codable, Sendable, Hashable {
        /// Code of a section or of a panel of the request.
        package var place: String
        package var caption: String
        package var bytes: String
        package init(place: String, caption: String, bytes: [UInt8]) {
            self.place = place
            self.caption = caption
            self.bytes = Base64.text(bytes)
        }
    }
    package struct Attached: Codable, Sendable, Hashable {
        package var title: String
        package var number: String
        package var pdf: String
        package init(title: String, number: String, pdf: [UInt8]) {
            self.title = title
            self.number = number
            self.pdf = Base64.text(pdf)
        }
    }
    package struct LaboratoryBody: Codable, Sendable, Hashable {
        package var name: String
        package var finess: String
        package var phone: String?
        package var address: AddressBody
        package var director: ProfessionalBody
        package var isHospital: Bool?
    }
    package struct Subcontracted: Codable, Sendable, Hashable {
        package var analyses: [String]
        package var laboratory: LaboratoryBody
        package var performedAt: Moment
    }
    package struct IsolateBody: Codable, Sendable, Hashable {
        package struct Line: Codable, Sendable, Hashable {
            package var antibiotic: String
            /// One of the three at least.
            package var loinc: String?
            package var waitingCode: String?
            package var localCode: String?
            /// Minimum inhibitory concentration in mg/L (`ug/mL`), as read: `<=0.5`.
            package var concentration: String?
            package var category: Susceptibility.Category
        }
        package var number: String
        package var analysis: String
        package var organism: String
        package var snomed: String?
        package var ncbi: String?
        package var observedAt: Moment
        /// Colonies a millilitre.
        package var count: String?
        package var comment: String?
        package var antibiogram: [Line]?
    }
    package struct SamplerBody: Codable, Sendable, Hashable {
        package var professional: ProfessionalBody
        package var at: Moment
    }
    package var conclusions: [Conclusion]?
    /// Each with the code of its section, or of its panel.
    package var sectionComments: [ReportSupplements.PlacedComment]?
    package var panelComments: [ReportSupplements.PlacedComment]?
    package var images: [Image]?
    package var attachedReports: [Attached]?
    package var subcontracts: [Subcontracted]?
    package var isolates: [IsolateBody]?
    package var samplers: [SamplerBody]?
    package var methods: [AnalysisMethod]?
    /// The caller, a biologist, validates these analyses beside who signs; all of them when the list is empty.
    package var validates: [String]?
    package init() {}
}

package struct RemovalBody: Codable, Sendable, Hashable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// One thing put beside the results, or taken away.
package struct SupplementView: Codable, Sendable, Hashable {
    package var ordinal: Int
    package var what: String
    package var author: String
    package var at: Moment
    /// Entry that took it away.
    package var removedBy: Int?
    /// Of a removal: the entry taken away, and why.
    package var removes: Int?
    package var reason: String?
    package init(
        ordinal: Int, what: String, author: String, at: Moment, removedBy: Int?, removes: Int?, reason: String?
    ) {
        self.ordinal = ordinal
        self.what = what
        self.author = author
        self.at = at
        self.removedBy = removedBy
        self.removes = removes
        self.reason = reason
    }
}

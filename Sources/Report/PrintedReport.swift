package import Base

/// Everything that a printed "compte rendu d'examens de biologie médicale" shows, already worded in French by the
/// caller: decimal commas, dates, units and mentions are text here, and the printer neither computes nor rewords
/// anything.
///
/// An empty string or an empty list means "not shown". Contents follow CSP D6211-2 and D6211-3 (identity of the
/// laboratory, of the patient and of the prescriber, dates, results with reference intervals, interpretation, name of
/// the biologist).
package struct PrintedReport: Sendable, Equatable, Codable {
    package var issuer: Issuer
    package var patient: Person
    /// The laboratory's request (dossier) number.
    package var requestNumber: String
    package var prescriber: String
    /// Other recipients than the patient, one a line.
    package var recipients: [String]
    package var dates: Dates
    package var version: Version
    package var completeness: Completeness
    package var chapters: [Chapter]
    /// The biologist's general comments, one paragraph an entry.
    package var comment: [Remark]
    /// Of a partial report: what is to come.
    package var pending = ""
    package static let pendingTitle = "Examens en cours"
    /// Reports of other laboratories that travel with this one, one a line.
    package var attached: [String] = []
    /// Empty: the page says on every sheet that it is a proof and may not leave.
    package var signatures: [Signature]

    package init(
        issuer: Issuer, patient: Person, requestNumber: String, prescriber: String = "", recipients: [String] = [],
        dates: Dates, version: Version = Version(), completeness: Completeness = .complete, chapters: [Chapter],
        comment: [Remark] = [], signatures: [Signature] = []
    ) {
        self.issuer = issuer
        self.patient = patient
        self.requestNumber = requestNumber
        self.prescriber = prescriber
        self.recipients = recipients
        self.dates = dates
        self.version = version
        self.completeness = completeness
        self.chapters = chapters
        self.comment = comment
        self.signatures = signatures
    }

    /// A general comment under its own title; under « Commentaire du biologiste » when it has none.
    package struct Remark: Sendable, Equatable, Codable, ExpressibleByStringLiteral {
        package var title: String
        package var text: String

        package init(title: String = "", text: String) {
            self.title = title
            self.text = text
        }
        package init(stringLiteral text: String) { self.init(text: text) }
    }

    /// The laboratory that answers for the report.
    package struct Issuer: Sendable, Equatable, Codable {
        package var name: String
        /// Lines of the postal address of the site.
        package var address: [String]
        package var phone: String
        /// FINESS number of the site, 9 digits.
        package var finess: String
        /// "Biologiste-responsable : Dr …", then the other biologists, one a line.
        package var biologists: [String]
        /// Form of the company, accreditation, and so on: the foot of every page, one a line.
        package var legalMentions: [String]
        /// A PNG picture for the head of the first page; empty for none.
        package var logo: [UInt8]

        package init(
            name: String, address: [String] = [], phone: String = "", finess: String = "", biologists: [String] = [],
            legalMentions: [String] = [], logo: [UInt8] = []
        ) {
            self.name = name
            self.address = address
            self.phone = phone
            self.finess = finess
            self.biologists = biologists
            self.legalMentions = legalMentions
            self.logo = logo
        }
    }

    /// The patient, as the identity traits name him (RNIV: birth name and first birth given name always shown).
    package struct Person: Sendable, Equatable, Codable {
        package var birthName: String
        package var usedName: String
        /// First birth given name, or the list of birth given names.
        package var givenNames: String
        /// `28/03/1979`
        package var birthDate: String
        /// `F`, `M` or `I`, or the word.
        package var sex: String
        /// `47 ans`, at collection.
        package var age: String
        package var birthPlace: String
        /// Matricule INS, given only when the identity is qualified (RNIV EXI SI 08); else empty.
        package var ins: String
        /// `NIR` or `NIA`, shown beside the matricule.
        package var insNature: String
        /// The laboratory's own patient number.
        package var ipp: String
        /// `Identité provisoire`, and so on.
        package var identityNote: String

        package init(
            birthName: String, usedName: String = "", givenNames: String, birthDate: String, sex: String,
            age: String = "",
            birthPlace: String = "", ins: String = "", insNature: String = "", ipp: String = "",
            identityNote: String = ""
        ) {
            self.birthName = birthName
            self.usedName = usedName
            self.givenNames = givenNames
            self.birthDate = birthDate
            self.sex = sex
            self.age = age
            self.birthPlace = birthPlace
            self.ins = ins
            self.insNature = insNature
            self.ipp = ipp
            self.identityNote = identityNote
        }
    }

    /// Dates as they are read, and the instant of edition, which the file itself carries.
    package struct Dates: Sendable, Equatable, Codable {
        package var collected: String
        package var received: String
        package var edited: String
        /// Creation date of the file: the same report gives the same bytes, whatever the time of day.
        package var editedAt: Instant

        package init(collected: String = "", received: String = "", edited: String, editedAt: Instant) {
            self.collected = collected
            self.received = received
            self.edited = edited
            self.editedAt = editedAt
        }
    }

    package struct Version: Sendable, Equatable, Codable {
        /// 1 for the first.
        package var number: Int
        /// `Annule et remplace la version 1 du 20/11/2026.`; shown on every page.
        package var replacementNotice: String

        package init(number: Int = 1, replacementNotice: String = "") {
            self.number = number
            self.replacementNotice = replacementNotice
        }
    }

    package enum Completeness: String, Sendable, Codable { case partial, complete }

    /// `Hématologie`, `Biochimie`…
    package struct Chapter: Sendable, Equatable, Codable {
        package var title: String
        package var panels: [Panel]

        package init(title: String, panels: [Panel]) {
            self.title = title
            self.panels = panels
        }
    }

    /// `Hémogramme`, with the specimen that it was made on; an empty title for analyses that stand alone.
    package struct Panel: Sendable, Equatable, Codable {
        package var title: String
        /// `Sang veineux, prélevé le 22/11/2026 à 07:12`
        package var specimen: String
        package var lines: [Line]
        package var comment: [String]
        /// After the comments, each with its caption.
        package var pictures: [Picture]

        package init(
            title: String = "", specimen: String = "", lines: [Line], comment: [String] = [], pictures: [Picture] = []
        ) {
            self.title = title
            self.specimen = specimen
            self.lines = lines
            self.comment = comment
            self.pictures = pictures
        }
    }

    /// An electrophoresis, a blood film: a PNG or a JPEG.
    package struct Picture: Sendable, Equatable, Codable {
        package var caption: String
        package var bytes: [UInt8]
        package init(caption: String, bytes: [UInt8]) {
            self.caption = caption
            self.bytes = bytes
        }
    }

    /// One analysis.
    package struct Line: Sendable, Equatable, Codable {
        package var name: String
        /// `4,20`, `< 0,5`, `Positif`, or a text of any length.
        package var value: String
        package var unit: String
        package var flag: Flag
        /// `3,90 – 5,60`
        package var interval: String
        /// The same observation in other units, one a row.
        package var equivalents: [Equivalent]
        package var previous: Previous?
        /// Today's result and earlier ones in the same unit, oldest first: drawn as a curve from three on.
        package var trend: [TrendPoint]
        /// Technique and instrument.
        package var method: String
        package var comments: [String]
        /// `Non réalisé : tube coagulé`; printed where the value would stand.
        package var notPerformed: String
        /// `Sous-traité : laboratoire X, ville`
        package var subcontracted: String

        package init(
            name: String, value: String = "", unit: String = "", flag: Flag = .none, interval: String = "",
            equivalents: [Equivalent] = [], previous: Previous? = nil, trend: [TrendPoint] = [], method: String = "",
            comments: [String] = [],
            notPerformed: String = "", subcontracted: String = ""
        ) {
            self.name = name
            self.value = value
            self.unit = unit
            self.flag = flag
            self.interval = interval
            self.equivalents = equivalents
            self.previous = previous
            self.trend = trend
            self.method = method
            self.comments = comments
            self.notPerformed = notPerformed
            self.subcontracted = subcontracted
        }
    }

    package struct Equivalent: Sendable, Equatable, Codable {
        package var value: String
        package var unit: String
        package var interval: String

        package init(value: String, unit: String, interval: String = "") {
            self.value = value
            self.unit = unit
            self.interval = interval
        }
    }

    package struct Previous: Sendable, Equatable, Codable {
        package var value: String
        /// `12/03/2026`
        package var date: String

        package init(value: String, date: String) {
            self.value = value
            self.date = date
        }
    }

    /// One point of a curve.
    package struct TrendPoint: Sendable, Equatable, Codable {
        /// `4,48`, or `< 0,5`, whose point is drawn hollow at the bound.
        package var value: String
        /// `12/03/2026`
        package var date: String
        package var at: Instant
        /// It does not compare with the one before it: measured by another method.
        package var isApart: Bool

        package init(value: String, date: String, at: Instant, isApart: Bool = false) {
            self.isApart = isApart
            self.value = value
            self.date = date
            self.at = at
        }
    }

    /// What the letter beside a value says; the raw value is the letter itself. The value is also printed bold.
    package enum Flag: String, Sendable, Codable, CaseIterable {
        case none = ""
        case high = "H"
        case low = "B"
        case criticalHigh = "HH"
        case criticalLow = "BB"
        /// A qualitative value that is not the expected one.
        case abnormal = "A"
    }

    package struct Signature: Sendable, Equatable, Codable {
        /// `Dr Claire MARTIN`
        package var name: String
        /// `Biologiste médical`
        package var role: String
        /// `22/11/2026 à 11:42`
        package var signedAt: String

        package init(name: String, role: String = "", signedAt: String) {
            self.name = name
            self.role = role
            self.signedAt = signedAt
        }
    }
}

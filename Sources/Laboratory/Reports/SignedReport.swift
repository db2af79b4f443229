package import Base

/// A previous result of the same patient and analysis, signed.
package struct PreviousResult: Codable, Sendable, Hashable {
    package var analysis: String
    package var value: ObservationValue
    /// When the sample was taken; when it was measured, where nobody knows. Not the hour of the measurement: a culture,
    /// a frozen or a subcontracted sample is measured after younger ones (CR-BIO sheet section 7.3: biologically
    /// relevant time).
    package var takenAt: Instant
    /// Readers of this report may not all see the report that it comes from: a biologist reads it, no document has it.
    package var isKeptBack: Bool
    /// By the catalogue of its day; nil: nobody looked.
    package var comparability: Comparability?
    package init(
        analysis: String, value: ObservationValue, takenAt: Instant, isKeptBack: Bool = false,
        comparability: Comparability? = nil
    ) {
        self.comparability = comparability
        self.analysis = analysis
        self.value = value
        self.takenAt = takenAt
        self.isKeptBack = isKeptBack
    }
}

/// All that a report version is made of: what was signed, and what documents need around it. Pure input of room
/// `Report`.
package struct SignedReport: Sendable, Hashable {
    package var site: Site
    package var signature: Signature
    package var content: SignedContent
    /// Signed earlier results of each analysis, the latest of each earlier request.
    package var previous: [PreviousResult]
    /// OID of this version of the document (no extension), and of the set of its versions.
    package var documentOID: String
    package var setOID: String
    /// OID of the version replaced, from version 2 on.
    package var replacedOID: String?
    /// When the document was made: the signature's instant, so that making it again gives the same bytes.
    package var producedAt: Instant
    package var visibility: Visibility
    /// Why this version replaces another with the same results, as readers are told; nil for what was signed anew.
    package var notice: String?
    /// Versions that this one makes void, when some destinations have another than the one that it replaces in the
    /// chain of documents; empty when all have that one.
    package var voided: [Int] = []
    /// Nobody signed it yet: page and document say so, and no message carries them.
    package var isPreview = false
    package init(
        site: Site, signature: Signature, content: SignedContent, previous: [PreviousResult], documentOID: String,
        setOID: String, replacedOID: String? = nil, producedAt: Instant, visibility: Visibility = .open
    ) {
        self.visibility = visibility
        self.site = site
        self.signature = signature
        self.content = content
        self.previous = previous
        self.documentOID = documentOID
        self.setOID = setOID
        self.replacedOID = replacedOID
        self.producedAt = producedAt
    }
}

/// A report version as issued: its bytes are kept, never made again from changed data.
package struct ReportVersion: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var requestID: String
    package var version: Int
    package var signatureID: String
    package var documentOID: String
    package var setOID: String
    package var replacedOID: String?
    package var producedAt: Instant
    package var complete: Bool
    package var cda: [UInt8]
    package var pdf: [UInt8]
    package init(
        id: String, site: String, requestID: String, version: Int, signatureID: String, documentOID: String,
        setOID: String, replacedOID: String? = nil, producedAt: Instant, complete: Bool, cda: [UInt8], pdf: [UInt8]
    ) {
        self.id = id
        self.site = site
        self.requestID = requestID
        self.version = version
        self.signatureID = signatureID
        self.documentOID = documentOID
        self.setOID = setOID
        self.replacedOID = replacedOID
        self.producedAt = producedAt
        self.complete = complete
        self.cda = cda
        self.pdf = pdf
    }
}

/// One report version to hand to one destination, once (HOUSE invariant 6).
package struct Delivery: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var reportID: String
    package var requestID: String
    package var version: Int
    /// `PFI`, with what makes it another errand of the same report version: `PFI retrait`, `PFI renvoi 2`.
    package var destination: String
    /// MSH-10: unique for ever; a resend carries the same.
    package var controlID: String
    /// The HL7 message, byte for byte as every attempt sends it.
    package var message: [UInt8]
    package var createdAt: Instant
    /// Whether the report is due to the DMP: then a ZAM Z01 is awaited.
    package var toDMP: Bool
    package init(
        id: String, site: String, reportID: String, requestID: String, version: Int, destination: String,
        controlID: String, message: [UInt8], createdAt: Instant, toDMP: Bool
    ) {
        self.id = id
        self.site = site
        self.reportID = reportID
        self.requestID = requestID
        self.version = version
        self.destination = destination
        self.controlID = controlID
        self.message = message
        self.createdAt = createdAt
        self.toDMP = toDMP
    }
}

/// A delivery without its message, of which there may be hundreds of kilobytes.
package struct DeliveryHead: Sendable, Hashable {
    package var id: String
    package var site: String
    package var requestID: String
    /// MSH-10.
    package var controlID: String
    package var createdAt: Instant
    /// Bytes of the message.
    package var size: Int
    package init(id: String, site: String, requestID: String, controlID: String, createdAt: Instant, size: Int) {
        self.id = id
        self.site = site
        self.requestID = requestID
        self.controlID = controlID
        self.createdAt = createdAt
        self.size = size
    }
}

extension Delivery {
    package var head: DeliveryHead {
        DeliveryHead(
            id: id, site: site, requestID: requestID, controlID: controlID, createdAt: createdAt, size: message.count)
    }
}

/// What happened to a delivery. Two legs, never one column: ours (`attempted`, `failed`, `unreached`) and theirs
/// (`accepted`, `refused`, DMP and mailbox acknowledgements) – HOUSE invariant 8.
package struct DeliveryEvent: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Bytes given to the wire.
        case attempted
        /// No answer, or the line dropped: ambiguous, the same message goes again, to the same PFI.
        case failed
        /// No line to the PFI: the message never left (transient).
        case unreached
        /// MSA-1 = AA: the PFI took responsibility.
        case accepted
        /// MSA-1 = AE or AR: permanent, a person decides.
        case refused
        /// A person gave it up: it is due no more.
        case abandoned
        /// ZAM Z01 Y / N.
        case dmpAccepted, dmpRefused
        /// ZAM Z02 Y / N, Z03.
        case mailDelivered, mailRefused, mailRead
    }
    package var deliveryID: String
    package var ordinal: Int
    package var kind: Kind
    package var at: Instant
    /// Code or address; no health data.
    package var detail: String?
    package init(deliveryID: String, ordinal: Int, kind: Kind, at: Instant, detail: String? = nil) {
        self.deliveryID = deliveryID
        self.ordinal = ordinal
        self.kind = kind
        self.at = at
        self.detail = detail
    }

    /// A DMP says by its code alone that what is named to it is not there (`UnresolvedReferenceException`, IHE ITI TF-3
    /// table 4.2.4.1-2). Anything else, whatever its words (a busy repository, an unknown type of document, no word),
    /// leaves what it may have as it stands: a version offered again as new would stand beside it. `detail`: that of
    /// its refusal, which begins with the code.
    package static func deniesDocument(_ detail: String?) -> Bool {
        detail?.split(separator: " ").first == "UnresolvedReferenceException"
    }
}

extension Delivery {
    /// It does not bring the report: it takes it back.
    package var takesBack: Bool { Delivery.takesBack(destination) }
    package static func takesBack(_ destination: String) -> Bool { destination.contains("retrait") }
}

extension Sequence<DeliveryEvent.Kind> {
    /// What the DMP says of a message, whatever the order of its answers: what it said once that it has is there, for a
    /// refusal beside it is about a second try. Nil when it said nothing.
    package var dmpAnswer: DeliveryEvent.Kind? {
        var isRefused = false
        for kind in self {
            if kind == .dmpAccepted { return kind }
            isRefused = isRefused || kind == .dmpRefused
        }
        return isRefused ? .dmpRefused : nil
    }
}

extension [DeliveryEvent] {
    package var isRefusedByDMP: Bool { lazy.map(\.kind).dmpAnswer == .dmpRefused }
    package var deniesDocument: Bool {
        guard isRefusedByDMP, let answer = last(where: { $0.kind == .dmpRefused }) else { return false }
        return DeliveryEvent.deniesDocument(answer.detail)
    }
}

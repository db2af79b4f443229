package import Base
package import Laboratory

// What the server shows of itself: sessions, counts, messages, deliveries, trail. Never a secret, never a hash of one.

/// Answer to a login.
package struct SessionView: Codable, Sendable, Hashable {
    /// 64 hexadecimal digits; the server keeps only its SHA-256.
    package var token: String
    package var login: String
    package var role: Role
    package var name: String
    package var site: String
    package var expiresAt: Moment
    package init(token: String, login: String, role: Role, name: String, site: String, expiresAt: Moment) {
        self.token = token
        self.login = login
        self.role = role
        self.name = name
        self.site = site
        self.expiresAt = expiresAt
    }
}

/// The account behind a token.
package struct WhoView: Codable, Sendable, Hashable {
    package var login: String
    package var role: Role
    package var name: String
    package var site: String
    package var permissions: [Permission]
    /// Of the site: `Europe/Paris`, `+04:00`.
    package var zone: String?
    package init(
        login: String, role: Role, name: String, site: String, permissions: [Permission], zone: String? = nil
    ) {
        self.zone = zone
        self.login = login
        self.role = role
        self.name = name
        self.site = site
        self.permissions = permissions
    }
}

/// What seals the drafts of a person on a machine: for the memory only, it is never written there.
package struct DraftKeyView: Codable, Sendable, Hashable {
    /// 64 hexadecimal digits.
    package var key: String
    package init(key: String) { self.key = key }
}

/// A first typing, held for its second.
package struct FirstReadingView: Codable, Sendable, Hashable {
    package var analysis: String
    package var heldUntil: Moment
    package init(analysis: String, heldUntil: Moment) {
        self.analysis = analysis
        self.heldUntil = heldUntil
    }
}

package struct HealthView: Codable, Sendable, Hashable {
    /// `ok`, or `store` when the store does not answer.
    package var state: String
    package init(state: String) { self.state = state }
}

package struct AccountView: Codable, Sendable, Hashable {
    package var login: String
    package var version: Int
    package var site: String
    package var name: String
    package var role: Role
    package var professional: Professional?
    package var enabled: Bool
    package init(_ account: Account) {
        login = account.login
        version = account.version
        site = account.site
        name = account.name
        role = account.role
        professional = account.professional
        enabled = account.enabled
    }
}

/// The numbers that every screen shows.
package struct CountsView: Codable, Sendable, Hashable {
    package var patients = 0
    package var requests = 0
    package var messages = 0
    package var observations = 0
    package var controls = 0
    package var messagesPending = 0
    package var triageOpen = 0
    package var triageTotal = 0
    package var awaitingTechnical = 0
    package var awaitingSignature = 0
    /// Of these, signed before and said otherwise since; nil: an older server.
    package var signedOtherwise: Int?
    package var signatures = 0
    package var reports = 0
    package var deliveriesAccepted = 0
    package var deliveriesWaiting = 0
    package var deliveriesRefused = 0
    package var dmpAccepted = 0
    package init() {}
}

package struct AnalyzerView: Codable, Sendable, Hashable {
    package var name: String
    package var site: String
    package var driver: String
    /// Where its line goes, e.g. `tcp-server 0.0.0.0:4001`.
    package var line: String
    /// In French, for people: `connecté`, `en écoute`, `ligne perdue`…
    package var state: String
    package var lastSeen: Moment?
    package var messages: Int
    /// Frames refused (NAK).
    package var refusals: Int
    /// Named departures from the standard, counted.
    package var deviations: [String: Int]
    /// Messages journalled and not interpreted yet.
    package var pending: Int
    /// Answers and orders that the analyzer has not taken yet.
    package var orders: Int
    /// Seconds that the oldest pending message has waited; nil when none waits.
    package var lag: Int?
    /// Tubes are sent to it by themselves; nil: an older server, which does not say.
    package var takesOrders: Bool?
    package init(
        name: String, site: String, driver: String, line: String, state: String, lastSeen: Moment?, messages: Int,
        refusals: Int,
        deviations: [String: Int], pending: Int, orders: Int = 0, lag: Int? = nil
    ) {
        self.name = name
        self.site = site
        self.driver = driver
        self.line = line
        self.state = state
        self.lastSeen = lastSeen
        self.messages = messages
        self.refusals = refusals
        self.deviations = deviations
        self.pending = pending
        self.orders = orders
        self.lag = lag
    }
}

/// One session of an analyzer in the journal.
package struct LineSessionView: Codable, Sendable, Hashable {
    package var id: String
    package var analyzer: String
    /// Its first message, or its beginning while it lasts.
    package var at: Moment
    package var messages: Int
    package var bytes: Int
    /// Not ended yet.
    package var open: Bool
    package init(id: String, analyzer: String, at: Moment, messages: Int, bytes: Int, open: Bool) {
        self.id = id
        self.analyzer = analyzer
        self.at = at
        self.messages = messages
        self.bytes = bytes
        self.open = open
    }
}

/// A session frame by frame, as it was acknowledged, and what its frames made together.
package struct SessionLogView: Codable, Sendable, Hashable {
    package struct Frame: Codable, Sendable, Hashable {
        package var ordinal: Int
        package var at: Moment
        /// STX … LF as received, hexadecimal, two digits a byte.
        package var hex: String
        package init(ordinal: Int, at: Moment, hex: String) {
            self.ordinal = ordinal
            self.at = at
            self.hex = hex
        }
        /// Nil when `hex` is not hexadecimal.
        package var bytes: [UInt8]? { Hexadecimal.bytes(hex) }
    }
    package var id: String
    package var analyzer: String
    package var frames: [Frame]
    package var messages: [MessageView]
    package init(id: String, analyzer: String, frames: [Frame], messages: [MessageView]) {
        self.id = id
        self.analyzer = analyzer
        self.frames = frames
        self.messages = messages
    }
}

/// What a replay took out of triage.
package struct ReplayView: Codable, Sendable, Hashable {
    package var messageID: String
    package var observations: Int
    package var controls: Int
    /// Entries that still wait.
    package var waiting: Int
    package init(messageID: String, observations: Int, controls: Int, waiting: Int) {
        self.messageID = messageID
        self.observations = observations
        self.controls = controls
        self.waiting = waiting
    }
}

package struct StatusView: Codable, Sendable, Hashable {
    package var site: String
    package var catalogueVersion: String
    package var counts: CountsView
    package var analyzers: [AnalyzerView]
    /// Signed, and no report of them can be made: `deliveries --dead` says why.
    package var unmadeReports = 0
    /// What is wrong with the way of reports: certificates that end, a PFI that takes nothing.
    package var alarms: [String]
    package init(
        site: String, catalogueVersion: String, counts: CountsView, analyzers: [AnalyzerView], alarms: [String]
    ) {
        self.alarms = alarms
        self.site = site
        self.catalogueVersion = catalogueVersion
        self.counts = counts
        self.analyzers = analyzers
    }
}

/// Something that waits for a person.
package struct TriageView: Codable, Sendable, Hashable {
    package var id: String
    package var analyzer: String
    package var messageID: String
    package var ordinal: Int
    package var reason: String
    package var explanation: String
    package var at: Moment
    /// The result as understood, when one was.
    package var accession: String?
    package var instrumentCode: String?
    package var analysis: String?
    package var rawText: String?
    package var rawUnit: String?
    package var flags: [String]?
    package var observedAt: Moment?
    /// `ouvert`, `rattaché`, `écarté`; nil in lists of open entries.
    package var resolution: String?
    package var resolvedBy: String?
    package init(
        id: String, analyzer: String, messageID: String, ordinal: Int, reason: String, explanation: String, at: Moment
    ) {
        self.id = id
        self.analyzer = analyzer
        self.messageID = messageID
        self.ordinal = ordinal
        self.reason = reason
        self.explanation = explanation
        self.at = at
    }
}

package struct MessageView: Codable, Sendable, Hashable {
    package var id: String
    package var analyzer: String
    package var sessionID: String
    package var at: Moment
    package var bytes: Int
    package var textHash: String
    package var complete: Bool
    /// `interpreted`, `duplicate`, `triaged`; nil while it waits.
    package var outcome: String?
    package var observations: Int?
    package var controls: Int?
    package var triaged: Int?
    package var queries: Int?
    /// The records, one a line; only when one message is asked for. Bytes that are no UTF-8 are read as ISO 8859-1.
    package var text: String?
    /// The same bytes, two digits each; only when one message is asked for.
    package var hex: String?
    package init(
        id: String, analyzer: String, sessionID: String, at: Moment, bytes: Int, textHash: String, complete: Bool
    ) {
        self.id = id
        self.analyzer = analyzer
        self.sessionID = sessionID
        self.at = at
        self.bytes = bytes
        self.textHash = textHash
        self.complete = complete
    }
}

/// A report version, without its bytes.
package struct ReportView: Codable, Sendable, Hashable {
    package var id: String
    package var requestID: String
    package var version: Int
    package var signatureID: String
    package var documentOID: String
    package var setOID: String
    package var replacedOID: String?
    package var producedAt: Moment
    package var complete: Bool
    package var cdaBytes: Int
    package var pdfBytes: Int
    package init(_ report: ReportVersion, in zone: CivilZone) {
        id = report.id
        requestID = report.requestID
        version = report.version
        signatureID = report.signatureID
        documentOID = report.documentOID
        setOID = report.setOID
        replacedOID = report.replacedOID
        producedAt = Moment(report.producedAt, in: zone, milliseconds: true)
        complete = report.complete
        cdaBytes = report.cda.count
        pdfBytes = report.pdf.count
    }
}

package struct DeliveryEventView: Codable, Sendable, Hashable {
    package var ordinal: Int
    package var kind: DeliveryEvent.Kind
    package var at: Moment
    package var detail: String?
    package init(_ event: DeliveryEvent, in zone: CivilZone) {
        ordinal = event.ordinal
        kind = event.kind
        at = Moment(event.at, in: zone, milliseconds: true)
        detail = event.detail
    }
}

package struct DeliveryLineView: Codable, Sendable, Hashable {
    package var id: String
    package var requestID: String
    package var requestNumber: String?
    package var reportID: String
    package var version: Int
    package var destination: String
    package var controlID: String
    package var createdAt: Moment
    package var toDMP: Bool
    /// Mailboxes that the message names.
    package var addresses: [String]
    /// Under which it goes; nil without a qualified identity.
    package var matricule: String?
    package var events: [DeliveryEventView]
    /// Destinations (`DMP`, an address in lower case) that did not get it and that a person told otherwise: who, when
    /// and how.
    package var told: [String: String]?
    /// Destinations, named likewise, that have nothing by it, as a person said: who, when and why.
    package var absent: [String: String]?
    package init(
        _ delivery: Delivery, number: String?, events: [DeliveryEvent], addresses: [String] = [],
        matricule: String? = nil, in zone: CivilZone
    ) {
        self.matricule = matricule
        self.addresses = addresses
        id = delivery.id
        requestID = delivery.requestID
        requestNumber = number
        reportID = delivery.reportID
        version = delivery.version
        destination = delivery.destination
        controlID = delivery.controlID
        createdAt = Moment(delivery.createdAt, in: zone)
        toDMP = delivery.toDMP
        self.events = events.map { DeliveryEventView($0, in: zone) }
    }

    private func has(_ kind: DeliveryEvent.Kind) -> Bool { events.contains { $0.kind == kind } }
    /// The leg to the destination, in words.
    package var transport: String {
        if has(.accepted) { return "acceptée" }
        // As the way out says of a version that the next one overtook.
        if has(.abandoned) { return events.last?.detail == "remplacé avant envoi" ? "remplacée" : "abandonnée" }
        if has(.refused) { return events.contains { $0.kind == .attempted } ? "refusée" : "remplacée" }
        let tries = events.count { $0.kind == .attempted }
        return tries == 0 ? "à envoyer" : "en cours (\(tries) essai\(tries > 1 ? "s" : ""))"
    }
    /// The leg to the DMP, in words.
    package var dmp: String {
        switch dmpAnswer?.kind {
        case .dmpAccepted?: return isDeletion ? "supprimé" : "accepté"
        case .dmpRefused?: return isDeletion ? "suppression refusée" : "refusé"
        case _: return toDMP ? unanswered.state : "non prévu"
        }
    }
    /// What the DMP says, by the rule that decides what is sent there next.
    var dmpAnswer: DeliveryEventView? {
        events.lazy.map(\.kind).dmpAnswer.flatMap { answer in events.last { $0.kind == answer } }
    }
    /// It refused what it had taken, or after: told beside.
    var dmpDoubt: String? {
        guard dmpAnswer?.kind == .dmpAccepted, let refusal = events.last(where: { $0.kind == .dmpRefused }) else {
            return nil
        }
        return ["refus reçu aussi", refusal.detail].compactMap { $0 }.joined(separator: " : ")
    }
    /// The leg to the mailboxes, in words.
    package var mail: String {
        if has(.mailRead) { return isDeletion ? "suppression lue" : "lu" }
        if has(.mailDelivered) { return isDeletion ? "suppression remise" : "remis" }
        return has(.mailRefused) ? (isDeletion ? "suppression refusée" : "refusé") : ""
    }
    /// It does not bring the report: it takes it back.
    package var isDeletion: Bool { Delivery.takesBack(destination) }
    /// The road by which it was taken, when it is not the usual one (« PFI de secours »).
    package var road: String? { events.first { $0.kind == .accepted }?.detail }

    /// Of a destination that said nothing: where the message is, since when, and why.
    package var unanswered: (state: String, at: Moment?, problem: String?) {
        func last(_ kind: DeliveryEvent.Kind) -> DeliveryEventView? { events.last { $0.kind == kind } }
        // An attempt that was not told « no line » may have arrived.
        let hasLeft = events.indices.contains { place in
            events[place].kind == .attempted
                && (place + 1 == events.count || events[place + 1].kind != .unreached)
        }
        if let taken = last(.accepted) {
            return (isDeletion ? "suppression attendue" : "attendu", taken.at, "accepté par la PFI")
        }
        let refused = last(.refused)
        if let end = last(.abandoned) {
            let silence = hasLeft && refused == nil ? "la PFI n'a pas répondu" : nil
            let reasons = [refused?.detail, end.detail, silence].compactMap { $0 }
            // What the PFI refused is with nobody, given up or not.
            let state = !hasLeft ? "pas envoyé" : refused == nil ? "abandonné" : "refusé par la PFI"
            return (state, end.at, reasons.joined(separator: " – "))
        }
        if let refused { return (hasLeft ? "refusé par la PFI" : "pas envoyé", refused.at, refused.detail) }
        guard let latest = events.last else { return ("à envoyer", nil, nil) }
        return (hasLeft ? "en cours" : "à envoyer", latest.at, latest.kind == .attempted ? nil : latest.detail)
    }
}

package struct AuditEntryView: Codable, Sendable, Hashable {
    package var sequence: Int
    package var site: String
    package var author: String
    package var action: String
    package var subject: String
    package var at: Moment
    package var factsHash: String
    package var previousHash: String
    package var hash: String
    package init(
        sequence: Int, site: String, author: String, action: String, subject: String, at: Moment, factsHash: String,
        previousHash: String, hash: String
    ) {
        self.sequence = sequence
        self.site = site
        self.author = author
        self.action = action
        self.subject = subject
        self.at = at
        self.factsHash = factsHash
        self.previousHash = previousHash
        self.hash = hash
    }
}

package struct AuditVerdictView: Codable, Sendable, Hashable {
    package var sound: Bool
    package var entries: Int
    package var facts: Int
    /// Hash of the last sound entry: kept elsewhere, it proves later that nothing before was cut off.
    package var lastHash: String
    package var defect: String?
    /// In French.
    package var explanation: String?
    /// Entry concerned by the defect.
    package var sequence: Int?
    package init(sound: Bool, entries: Int, facts: Int, lastHash: String) {
        self.sound = sound
        self.entries = entries
        self.facts = facts
        self.lastHash = lastHash
    }
}

package struct CatalogueView: Codable, Sendable, Hashable {
    package struct Line: Codable, Sendable, Hashable {
        package var code: String
        package var name: String
        package var section: String
        package var unit: String
        package var loinc: String?
        package var specimen: String?
        package var tube: String?
        package var approval: String
        /// A hand types it twice: a code that the engine never proposes has no other check.
        package var twice: Bool?
        /// Of a number: decimals of the report, and what lies outside cannot be.
        package var decimals: Int?
        package var lowest: Exact?
        package var highest: Exact?
        package init(
            code: String, name: String, section: String, unit: String, loinc: String?, specimen: String?, tube: String?,
            approval: String
        ) {
            self.code = code
            self.name = name
            self.section = section
            self.unit = unit
            self.loinc = loinc
            self.specimen = specimen
            self.tube = tube
            self.approval = approval
        }
    }
    package struct PanelLine: Codable, Sendable, Hashable {
        package var code: String
        package var name: String
        package var members: [String]
        package init(code: String, name: String, members: [String]) {
            self.code = code
            self.name = name
            self.members = members
        }
    }
    package var version: String
    package var analyses: [Line]
    package var panels: [PanelLine]
    package init(version: String, analyses: [Line], panels: [PanelLine]) {
        self.version = version
        self.analyses = analyses
        self.panels = panels
    }
}

/// Body of every answer that is not a success.
package struct ErrorBody: Codable, Sendable, Hashable {
    package var error: Refusal
    package init(_ error: Refusal) { self.error = error }
}

/// An answer without content.
package struct Done: Codable, Sendable, Hashable {
    package var done: Bool
    package init() { done = true }
}

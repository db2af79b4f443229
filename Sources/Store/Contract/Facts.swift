package import Base
package import Laboratory

/// A line of an analyzer from ENQ to EOT (or to its loss), as journalled.
package struct LinkSession: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var analyzer: String
    package var peer: String
    package var openedAt: Instant
    package init(id: String, site: String, analyzer: String, peer: String, openedAt: Instant) {
        self.id = id
        self.site = site
        self.analyzer = analyzer
        self.peer = peer
        self.openedAt = openedAt
    }
}

/// How a session ended: `eot`, `timeout`, `linelost`, `restart`.
package struct SessionEnd: Codable, Sendable, Hashable {
    package var sessionID: String
    package var at: Instant
    package var reason: String
    package init(sessionID: String, at: Instant, reason: String) {
        self.sessionID = sessionID
        self.at = at
        self.reason = reason
    }
}

/// One accepted frame, bytes as received (STX…CR LF): durable before its ACK.
package struct JournalFrame: Codable, Sendable, Hashable {
    package var sessionID: String
    /// 0, 1… within the session.
    package var ordinal: Int
    package var at: Instant
    package var bytes: [UInt8]
    package init(sessionID: String, ordinal: Int, at: Instant, bytes: [UInt8]) {
        self.sessionID = sessionID
        self.ordinal = ordinal
        self.at = at
        self.bytes = bytes
    }
}

/// One message (H … L), reassembled, in the transaction of its last frame.
package struct ReceivedMessage: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var analyzer: String
    package var sessionID: String
    /// Rank in the session, from 0.
    package var ordinal: Int
    package var at: Instant
    /// Records, CR-ended.
    package var text: [UInt8]
    /// SHA-256 of `text`, hexadecimal: the same message sent again is told by it.
    package var textHash: String
    /// False when the session ended before L.
    package var complete: Bool
    package init(
        id: String, site: String, analyzer: String, sessionID: String, ordinal: Int, at: Instant, text: [UInt8],
        textHash: String, complete: Bool
    ) {
        self.id = id
        self.site = site
        self.analyzer = analyzer
        self.sessionID = sessionID
        self.ordinal = ordinal
        self.at = at
        self.text = text
        self.textHash = textHash
        self.complete = complete
    }
}

/// What became of a message: one row a message, so that it is interpreted once. Replays add nothing twice.
package struct MessageOutcome: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Its results were taken (some may wait in triage).
        case interpreted
        /// The same text came before: nothing taken.
        case duplicate
        /// Wholly in triage: unreadable or incomplete.
        case triaged
    }
    package var messageID: String
    package var kind: Kind
    package var at: Instant
    package var observations: Int
    package var controls: Int
    package var triaged: Int
    package var queries: Int
    package var duplicateOf: String?
    /// Results sent again that stood already.
    package var repeated: Int?
    /// Tubes of which indices of the serum came without a result.
    package var indices: Int?
    package init(
        messageID: String, kind: Kind, at: Instant, observations: Int = 0, controls: Int = 0, triaged: Int = 0,
        queries: Int = 0, duplicateOf: String? = nil
    ) {
        self.messageID = messageID
        self.kind = kind
        self.at = at
        self.observations = observations
        self.controls = controls
        self.triaged = triaged
        self.queries = queries
        self.duplicateOf = duplicateOf
    }
}

/// Something received that could not be read or matched: it waits here for a person (HOUSE invariant 2).
package struct TriageEntry: Codable, Sendable, Hashable {
    package enum Reason: String, Codable, Sendable, CaseIterable {
        case unknownSpecimen = "tube_inconnu"
        case unmappedCode = "code_inconnu"
        case unrequestedAnalysis = "analyse_non_demandee"
        case unreadableMessage = "message_illisible"
        case incompleteMessage = "message_incomplet"
        case identityMismatch = "identite_discordante"
        case refusedOrder = "commande_refusee"
        /// A control of a material that nobody declared: what it measured is kept, and proves nothing.
        case unknownControl = "controle_inconnu"
    }
    package var id: String
    package var site: String
    package var analyzer: String
    package var messageID: String
    /// Rank of the result in the message; −1 for the message as a whole, −2, −3… for what was left over beside results.
    package var ordinal: Int
    package var reason: Reason
    /// What is wrong and what now, in French, without patient data.
    package var explanation: String
    /// The result as understood, when one was.
    package var incoming: IncomingObservation?
    package var at: Instant
    package init(
        id: String, site: String, analyzer: String, messageID: String, ordinal: Int, reason: Reason,
        explanation: String, incoming: IncomingObservation? = nil, at: Instant
    ) {
        self.id = id
        self.site = site
        self.analyzer = analyzer
        self.messageID = messageID
        self.ordinal = ordinal
        self.reason = reason
        self.explanation = explanation
        self.incoming = incoming
        self.at = at
    }
}

/// How a triage entry was closed, by whom, why. One row an entry.
package struct TriageResolution: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable { case attached, dismissed }
    package var triageID: String
    package var kind: Kind
    package var author: String
    package var at: Instant
    package var reason: String
    package init(triageID: String, kind: Kind, author: String, at: Instant, reason: String) {
        self.triageID = triageID
        self.kind = kind
        self.author = author
        self.at = at
        self.reason = reason
    }
}

/// A message of a neighbour (ZAM) taken in: durable before its ACK, once for each (source, control id).
package struct InboundMessage: Codable, Sendable, Hashable {
    package var source: String
    package var controlID: String
    package var at: Instant
    package var bytes: [UInt8]
    package init(source: String, controlID: String, at: Instant, bytes: [UInt8]) {
        self.source = source
        self.controlID = controlID
        self.at = at
        self.bytes = bytes
    }
}

/// Everything the store is ever told. A fact is a row that is inserted and never changed; the key given in each comment
/// is unique, and a second row with it is a `conflict`.
package enum Fact: Sendable, Hashable {
    /// Key (login, version).
    case account(Account)
    /// Key hash.
    case token(AccessToken)
    /// Key hash.
    case tokenRevoked(hash: String, at: Instant)
    /// Keys (id, version) and (site, ipp, version).
    case patient(Patient)
    /// Keys (id, version) and (site, number, version).
    case request(Request)
    /// Key (accession, version).
    case specimen(Specimen)
    /// Key id.
    case session(LinkSession)
    /// Key sessionID.
    case sessionEnd(SessionEnd)
    /// Key (sessionID, ordinal).
    case frame(JournalFrame)
    /// Keys id and (sessionID, ordinal).
    case message(ReceivedMessage)
    /// Keys id and (accession, analyzer, ordinal).
    case order(AnalyzerOrder)
    /// Key (orderID, ordinal).
    case orderEvent(AnalyzerOrderEvent)
    /// Key messageID.
    case outcome(MessageOutcome)
    /// Keys id, (origin.messageID, origin.ordinal) when both are there, and (requestID, analysis, run).
    case observation(Observation)
    /// Key (observationID, ordinal).
    case observationEvent(ObservationEvent)
    /// Keys id and (messageID, ordinal).
    case control(ControlObservation)
    /// Keys id and (messageID, ordinal).
    case triage(TriageEntry)
    /// Key triageID.
    case triageResolution(TriageResolution)
    /// Keys id and (requestID, version).
    case signature(Signature)
    /// Keys id, signatureID, documentOID.
    case report(ReportVersion)
    /// Keys id, controlID, (reportID, destination).
    case delivery(Delivery)
    /// Key (deliveryID, ordinal).
    case deliveryEvent(DeliveryEvent)
    /// Key (source, controlID).
    case inbound(InboundMessage)
    /// Key (register, site, subject, ordinal).
    case register(RegisterEntry)
    /// Key (observationID, ordinal).
    case evaluation(EvaluationRecord)
}

/// The line that the audit chain gets with the facts it tells, in their transaction (HOUSE invariant 10).
package struct AuditNote: Sendable, Hashable {
    package var site: String
    /// Account, or `analyzer:NAME`, `exchange`, `system`.
    package var author: String
    /// Dotted verb: `patient.register`, `bio.sign`…
    package var action: String
    /// Identifiers only, never a name.
    package var subject: String
    package var at: Instant
    package init(site: String, author: String, action: String, subject: String, at: Instant) {
        self.site = site
        self.author = author
        self.action = action
        self.subject = subject
        self.at = at
    }
}

/// One link of the audit chain.
package struct AuditEntry: Codable, Sendable, Hashable {
    /// 1, 2… without a gap.
    package var sequence: Int
    package var site: String
    package var author: String
    package var action: String
    package var subject: String
    package var at: Instant
    /// SHA-256 of the facts of the transaction, hexadecimal (`AuditChain.digest(of:)`).
    package var factsHash: String
    /// Hash of the entry before; 64 zeros for the first.
    package var previousHash: String
    /// SHA-256 over all of the above.
    package var hash: String
    package init(
        sequence: Int, site: String, author: String, action: String, subject: String, at: Instant, factsHash: String,
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

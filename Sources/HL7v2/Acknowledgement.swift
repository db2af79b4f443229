package import Base

/// Who speaks to whom: MSH-3 to MSH-6.
package struct Parties: Sendable, Hashable {
    package var sendingApplication: String
    package var sendingFacility: String
    package var receivingApplication: String
    package var receivingFacility: String
    package init(
        sendingApplication: String, sendingFacility: String, receivingApplication: String, receivingFacility: String
    ) {
        self.sendingApplication = sendingApplication
        self.sendingFacility = sendingFacility
        self.receivingApplication = receivingApplication
        self.receivingFacility = receivingFacility
    }
    package init(of message: ReceivedMessage) {
        self.init(
            sendingApplication: message.value("MSH", 3), sendingFacility: message.value("MSH", 4),
            receivingApplication: message.value("MSH", 5), receivingFacility: message.value("MSH", 6))
    }
    /// The same, for an answer.
    package var exchanged: Parties {
        Parties(
            sendingApplication: receivingApplication, sendingFacility: receivingFacility,
            receivingApplication: sendingApplication, receivingFacility: sendingFacility)
    }
}

/// MSH-11.
package enum Processing: String, Sendable {
    case production = "P"
    case training = "T"
    case debugging = "D"
}

extension Segment {
    /// The header of the messages exchanged with a PFI (PFI sheet section 3).
    static func header(
        _ parties: Parties, at: String, type: Field, controlID: String, processing: Processing, version: String,
        charset: Charset, profile: Bool
    ) -> Segment {
        Segment(
            "MSH",
            [
                3: Field(parties.sendingApplication), 4: Field(parties.sendingFacility),
                5: Field(parties.receivingApplication), 6: Field(parties.receivingFacility), 7: Field(at), 9: type,
                10: Field(controlID), 11: Field(processing.rawValue), 12: Field(version), 17: "FRA",
                18: Field(charset.rawValue), 21: profile ? .components("2.1", "CISIS_CDA_HL7_V2") : .empty,
            ])
    }
}

/// The technical acknowledgement: MSA and ERR (HL7 v2.5 section 2.9; PFI sheet section 5).
package struct Acknowledgement: Sendable, Hashable {
    /// MSA-1. The enhanced-mode codes CA, CE, CR of other peers are read as their twins.
    package enum Code: String, Sendable {
        /// The peer took responsibility: stop.
        case accept = "AA"
        /// Understood and not taken: do not resend as such, show to a person.
        case error = "AE"
        /// Not even taken for processing.
        case reject = "AR"
    }
    /// One ERR segment.
    package struct Problem: Sendable, Hashable {
        /// ERR-2, such as `PID^1^3`; may be empty.
        package var place: [String]
        /// ERR-3, table 0357: 100 sequence, 101 missing, 102 type, 103 table, 198 cardinality, 199 other, 200 message
        /// type, 201 event, 202 processing, 203 version, 207 application.
        package var code: String
        package var label: String
        /// ERR-4: E, F, I, W.
        package var severity: String
        /// ERR-5, code and label of the application's own error.
        package var detail: [String]
        /// ERR-7, for who looks after the system, and ERR-8, for the user: words of the peer, which may name a patient.
        package var diagnostic = ""
        package var userMessage = ""
        package init(
            place: [String] = [], code: String, label: String, severity: String = "E", detail: [String] = []
        ) {
            self.place = place
            self.code = code
            self.label = label
            self.severity = severity
            self.detail = detail
        }
    }

    package var code: Code
    /// MSA-2: MSH-10 of the message that is acknowledged.
    package var messageID: String
    package var problems: [Problem]
    /// MSA-3, text.
    package var text: String

    package init(_ code: Code, messageID: String, problems: [Problem] = [], text: String = "") {
        self.code = code
        self.messageID = messageID
        self.problems = problems
        self.text = text
    }

    /// Reads an ACK; refused when it has no MSA or a code that is none of table 0008.
    package init(parsing message: ReceivedMessage) throws(Refusal) {
        guard let msa = message.first("MSA") else {
            throw Refusal(
                "hl7.ack", at: "MSA", because: "ce n'est pas un acquittement : segment MSA absent",
                remedy: "vérifier l'adresse du destinataire")
        }
        switch msa.value(1) {
        case "AA", "CA": code = .accept
        case "AE", "CE": code = .error
        case "AR", "CR": code = .reject
        case _:
            throw Refusal(
                "hl7.ack", at: "MSA-1", because: "code d'acquittement inconnu", remedy: "le signaler à l'éditeur")
        }
        messageID = msa.value(2)
        text = msa.value(3)
        problems = message.all("ERR").map { Problem(parsing: $0) }
    }

    /// The ACK of a message: parties exchanged, trigger event, processing id, version and charset of the original.
    package func message(answering original: ReceivedMessage, controlID: String, at: String) -> Message {
        let event = original.kind.event
        let version = original.value("MSH", 12)
        return message(
            to: Parties(of: original), event: event, controlID: controlID, at: at,
            processing: Processing(rawValue: original.value("MSH", 11)) ?? .production,
            version: version.isEmpty ? "2.5" : version, charset: original.charset)
    }

    /// The ACK of what could not be read as a message: AR, nobody named.
    package static func rejection(of refusal: Refusal, from parties: Parties, controlID: String, at: String) -> Message
    {
        Acknowledgement(
            .reject, messageID: "",
            problems: [Problem(code: "100", label: "Segment sequence error", detail: [refusal.code, refusal.cause])]
        ).message(
            to: parties.exchanged, event: "", controlID: controlID, at: at, processing: .production, version: "2.5",
            charset: .utf8)
    }

    private func message(
        to parties: Parties, event: String, controlID: String, at: String, processing: Processing, version: String,
        charset: Charset
    ) -> Message {
        var msa = Segment("MSA", [1: Field(code.rawValue), 2: Field(messageID)])
        msa[3] = Field(text)
        let type =
            event.isEmpty
            ? Field("ACK") : Field(repetitions: [[Component("ACK"), Component(event), Component("ACK")]])
        return Message(
            charset: charset,
            segments: [
                .header(
                    parties.exchanged, at: at, type: type, controlID: controlID, processing: processing,
                    version: version, charset: charset, profile: false),
                msa,
            ] + problems.map(\.segment))
    }
}

extension Acknowledgement.Problem {
    init(parsing err: ReceivedSegment) {
        // Segment, its rank, field, repetition, component, subcomponent (HL7 v2.5 section 2.A.28).
        let place = (1...6).map { err.value(2, component: $0) }
        self.init(
            place: Array(place.prefix { !$0.isEmpty }), code: err.value(3), label: err.value(3, component: 2),
            severity: err.value(4), detail: [err.value(5), err.value(5, component: 2)].filter { !$0.isEmpty })
        diagnostic = err.value(7)
        userMessage = err.value(8)
    }
    var segment: Segment {
        var err = Segment(
            "ERR",
            [
                3: .components(Component(code), Component(label), "messageErrorCondition"), 4: Field(severity),
            ])
        if !place.isEmpty { err[2] = Field(repetitions: [place.map { Component($0) }]) }
        if !detail.isEmpty { err[5] = Field(repetitions: [detail.map { Component($0) }]) }
        if !diagnostic.isEmpty { err[7] = Field(diagnostic) }
        if !userMessage.isEmpty { err[8] = Field(userMessage) }
        return err
    }
}

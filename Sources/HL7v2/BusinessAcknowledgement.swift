package import Base

/// The business acknowledgement of a PFI: ZAM^Z01, Z02, Z03 (CI-SIS volet « Transmission d'un document CDA-R2 en
/// HL7v2 » 2.1, figure 20; PFI sheet section 5). It comes later, on the laboratory's own listening port, and is itself
/// answered by an `Acknowledgement`.
package struct BusinessAcknowledgement: Sendable, Hashable {
    package enum Event: String, Sendable, CaseIterable {
        /// The DMP answered.
        case dmp = "Z01"
        /// A recipient's mail server took the mail, or refused it (DSN).
        case mailReceived = "Z02"
        /// A recipient read the mail, or could not process it (MDN).
        case mailRead = "Z03"

        var status: Component {
            switch self {
            case .dmp: "ACK_RECEPTION_DMP"
            case .mailReceived: "ACK_RECEPTION_MSS"
            case .mailRead: "ACK_LECTURE_MSS"
            }
        }
        var statusLabel: Component {
            switch self {
            case .dmp: "Accusé de réception DMP"
            case .mailReceived: "Accusé de réception MSSanté"
            case .mailRead: "Accusé de lecture"
            }
        }
        var person: (code: Component, label: Component)? {
            switch self {
            case .dmp: nil
            case .mailReceived: ("DESTINATAIRE_MSS", "Destinataire MSSanté")
            case .mailRead: ("LECTEUR_MSS", "Lecteur du courriel MSSanté")
            }
        }
        /// Coding system of ERR-5.
        var errorSystem: Component {
            switch self {
            case .dmp: "DMP_ERROR_CODE"
            case .mailReceived: "SMTPERRORCODE"
            case .mailRead: "applicationErrorCondition"
            }
        }
    }
    /// ERR-5: such as `DMPClosed`, `422`, `904`.
    package struct Problem: Sendable, Hashable {
        package var code: String
        package var label: String
        /// ERR-2, ERR-7 and ERR-8, as in a technical acknowledgement.
        package var place: [String] = []
        package var diagnostic = ""
        package var userMessage = ""
        package init(code: String, label: String) {
            self.code = code
            self.label = label
        }
    }

    package var event: Event
    /// MSH-10 of the ZAM itself, to acknowledge.
    package var controlID: String
    /// When, as the message writes it (MSH-7).
    package var at: String
    /// OBX-4: MSH-10 of the ORU or MDM that carried the document.
    package var originalControlID: String
    /// OBX-5: Y or N.
    package var accepted: Bool
    /// The mailbox (Z02, Z03).
    package var address: String?
    package var problems: [Problem]

    package init(
        event: Event, controlID: String, at: String, originalControlID: String, accepted: Bool,
        address: String? = nil, problems: [Problem] = []
    ) {
        self.event = event
        self.controlID = controlID
        self.at = at
        self.originalControlID = originalControlID
        self.accepted = accepted
        self.address = address
        self.problems = problems
    }

    /// Reads a ZAM. Tolerant of labels, names of coding systems and a trailing delimiter (PFI sheet section 9);
    /// refused only when the event, the original message or the answer cannot be known.
    package init(parsing message: ReceivedMessage) throws(Refusal) {
        guard message.kind.code == "ZAM", let event = Event(rawValue: message.kind.event) else {
            throw Refusal(
                "hl7.zam", at: "MSH-9", because: "ce n'est pas un accusé métier ZAM^Z01, Z02 ou Z03",
                remedy: "répondre AR, et signaler l'émetteur")
        }
        let observations = message.all("OBX")
        guard let status = observations.first(where: { $0.value(3).hasPrefix("ACK_") }) ?? observations.first,
            !status.value(4).isEmpty
        else {
            throw Refusal(
                "hl7.zam", at: "OBX-4", because: "l'accusé ne dit pas quel message il concerne",
                remedy: "répondre AE, et signaler la PFI")
        }
        switch status.value(5) {
        case "Y": accepted = true
        case "N": accepted = false
        case _:
            throw Refusal(
                "hl7.zam", at: "OBX-5", because: "l'accusé ne dit ni Y ni N", remedy: "répondre AE, et signaler la PFI")
        }
        self.event = event
        controlID = message.controlID
        at = message.value("MSH", 7)
        originalControlID = status.value(4)
        let box = observations.dropFirst().lazy.map { $0.value(5, component: 4) }.first { !$0.isEmpty }
        address = event == .dmp ? nil : box
        problems = message.all("ERR").map { err in
            var problem = Problem(code: err.value(5), label: err.value(5, component: 2))
            let said = Acknowledgement.Problem(parsing: err)
            (problem.place, problem.diagnostic, problem.userMessage) = (said.place, said.diagnostic, said.userMessage)
            return problem
        }
        if problems.isEmpty, !accepted { problems = [Problem(code: "207", label: "")] }
    }

    /// The ZAM as a PFI sends it.
    package func message(from parties: Parties, processing: Processing = .production) -> Message {
        let type = Field.components("ZAM", Component(event.rawValue), "ZAM_Z01")
        var segments = [
            Segment.header(
                parties, at: at, type: type, controlID: controlID, processing: processing, version: "2.6",
                charset: .utf8, profile: true),
            Segment("EVN", [2: Field(at)]),
            Segment(
                "OBX",
                [
                    1: "1", 2: "CWE", 3: .components(event.status, event.statusLabel, "AckMetierZAM"),
                    4: Field(originalControlID),
                    5: .components(accepted ? "Y" : "N", "", "expandedYes-NoIndicator"), 11: "F",
                ]),
        ]
        if let person = event.person, let address {
            segments.append(
                Segment(
                    "OBX",
                    [
                        1: "2", 2: "XTN", 3: .components(person.code, person.label, "AckMetierZAM"),
                        5: .components("", "", "X.400", Component(address)), 11: "F",
                    ]))
        }
        for problem in problems where !accepted {
            var err = problem.technical.segment
            err[5] = .components(Component(problem.code), Component(problem.label), event.errorSystem)
            segments.append(err)
        }
        return Message(segments: segments)
    }
}

extension BusinessAcknowledgement.Problem {
    /// Its ERR without ERR-5 (ERR-3 is 207 in each, PFI sheet section 5).
    package var technical: Acknowledgement.Problem {
        var technical = Acknowledgement.Problem(place: place, code: "207", label: "Application error")
        (technical.diagnostic, technical.userMessage) = (diagnostic, userMessage)
        return technical
    }
}

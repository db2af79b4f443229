import Base

/// What is wrong with a message, as the PFI says it in ERR (table 0357).
struct PFIDefect {
    /// AE or AR
    let answer: String
    /// ERR-2
    let place: String
    /// ERR-3.1 and ERR-3.2
    let code: String
    let label: String
    /// ERR-8, for people
    let text: String

    init(_ answer: String, _ place: String, _ code: String, _ label: String, _ text: String) {
        self.answer = answer
        self.place = place
        self.code = code
        self.label = label
        self.text = text
    }

    /// The ten metadata of the volet, all required.
    static let metadata = [
        "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE", "MODIF_CONF_CODE", "DESTDMP",
        "DESTMSSANTEPS", "DESTMSSANTEPAT", "ACK_RECEPTION", "ACK_LECTURE_MSS",
    ]

    static func first(in message: NeighbourMessage) -> PFIDefect? {
        let kinds = ["ORU^R01": "2.5", "MDM^T02": "2.6", "MDM^T04": "2.6", "MDM^T10": "2.6"]
        if message.controlID.isEmpty {
            return PFIDefect("AR", "MSH^1^10", "101", "Required field missing", "MSH-10 absent")
        }
        guard let version = kinds["\(message.type)^\(message.event)"] else {
            return PFIDefect("AR", "MSH^1^9", "200", "Unsupported message type", "type non traité")
        }
        if message.component(message.header(12), 1) != version {
            return PFIDefect("AR", "MSH^1^12", "203", "Unsupported version id", "version \(version) attendue")
        }
        if !["P", "T", "D"].contains(message.component(message.header(11), 1)) {
            return PFIDefect("AR", "MSH^1^11", "202", "Unsupported processing id", "P, T ou D attendu")
        }
        for name in ["PID", "ORC", "OBR"] where !message.has(name) {
            return PFIDefect("AE", "\(name)^1", "100", "Segment sequence error", "segment \(name) absent")
        }
        if message.first("PID", 3).isEmpty {
            return PFIDefect("AE", "PID^1^3", "101", "Required field missing", "PID-3 absent")
        }
        if !message.hasDocument {
            return PFIDefect("AE", "OBX^1^5", "101", "Required field missing", "document absent")
        }
        for code in metadata where !["Y", "N"].contains(message.metadata(code)) {
            return PFIDefect("AE", "OBX", "101", "Required field missing", "métadonnée \(code) absente")
        }
        return nil
    }
}

/// One ZAM on its way to the SGL.
struct BusinessAcknowledgement: Sendable {
    /// MSH-10 of the ZAM, the same at every send.
    let controlID: String
    /// Z01, Z02 or Z03
    let event: String
    /// MSH-10 of the message it tells about.
    let about: String
    let bytes: [UInt8]
    var due: ContinuousClock.Instant
    var attempts = 0

    /// Z01 when the document goes to the DMP, one Z02 for each MSSanté recipient, when ACK_RECEPTION asks for
    /// them; Z03 when
    /// ACK_LECTURE_MSS does.
    static func all(
        for message: NeighbourMessage, outcome: BusinessOutcome, dmpProblem: String? = nil,
        at due: ContinuousClock.Instant, now: Instant, nextID: () -> String
    ) -> [BusinessAcknowledgement] {
        guard outcome != .none, message.metadata("ACK_RECEPTION") == "Y" else { return [] }
        var all: [BusinessAcknowledgement] = []
        func add(_ event: String, _ segments: [String]) {
            let id = nextID()
            let time = now.hl7(in: .europeParis)
            let head =
                "MSH|^~\\&|\(message.header(5))|\(message.header(6))|\(message.header(3))|\(message.header(4))"
                + "|\(time)||ZAM^\(event)^ZAM_Z01|\(id)|\(message.header(11))|2.6|||||FRA|UNICODE UTF-8"
                + "|||2.1^CISIS_CDA_HL7_V2"
            let text = ([head, "EVN||\(time)"] + segments).joined(separator: "\r") + "\r"
            all.append(
                BusinessAcknowledgement(
                    controlID: id, event: event, about: message.controlID, bytes: Array(text.utf8), due: due))
        }
        func answer(_ good: Bool) -> String { good ? "Y^^expandedYes-NoIndicator" : "N^^expandedYes-NoIndicator" }
        if message.metadata("DESTDMP") == "Y" {
            let good = outcome != .dmpClosed && dmpProblem == nil
            let obx =
                "OBX|1|CWE|ACK_RECEPTION_DMP^Accusé de réception DMP^AckMetierZAM|\(message.controlID)"
                + "|\(answer(good))||||||F"
            let cause =
                dmpProblem.map {
                    // IHE ITI TF-3 table 4.2.4.1-2.
                    let isAbsent = $0.hasPrefix(RoadEnd.absent)
                    return "\(isAbsent ? "UnresolvedReferenceException" : "XDSRepositoryError")^\($0)"
                } ?? "DMPClosed^DMP fermé"
            let err = "ERR|||207^Application error^messageErrorCondition|E|\(cause)^DMP_ERROR_CODE"
            add("Z01", good ? [obx] : [obx, err])
        }
        if message.metadata("DESTMSSANTEPS") == "Y" || message.metadata("DESTMSSANTEPAT") == "Y" {
            for address in message.mailRecipients {
                let good = outcome != .mailboxFull
                let obx1 =
                    "OBX|1|CWE|ACK_RECEPTION_MSS^Accusé de réception MSSanté^AckMetierZAM|\(message.controlID)"
                    + "|\(answer(good))||||||F"
                let obx2 = "OBX|2|XTN|DESTINATAIRE_MSS^Destinataire MSSanté^AckMetierZAM||^^X.400^\(address)||||||F"
                let err =
                    "ERR|||207^Application error^messageErrorCondition|E"
                    + "|422^La boîte aux lettres du destinataire est pleine^SMTPERRORCODE"
                add("Z02", good ? [obx1, obx2] : [obx1, obx2, err])
            }
            if [.read, .unreadable].contains(outcome), message.metadata("ACK_LECTURE_MSS") == "Y" {
                for address in message.mailRecipients {
                    let good = outcome == .read
                    let obx1 =
                        "OBX|1|CWE|ACK_LECTURE_MSS^Accusé de lecture^AckMetierZAM|\(message.controlID)"
                        + "|\(answer(good))||||||F"
                    let obx2 =
                        "OBX|2|XTN|LECTEUR_MSS^Lecteur du courriel MSSanté^AckMetierZAM||^^X.400^\(address)||||||F"
                    let err =
                        "ERR|||207^Application error^messageErrorCondition|E"
                        + "|904^INS ou traits différents^applicationErrorCondition"
                    add("Z03", good ? [obx1, obx2] : [obx1, obx2, err])
                }
            }
        }
        return all
    }
}

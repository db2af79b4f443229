package import Base

extension DocumentTransmission {
    /// Reads an ORU or an MDM, as a PFI does (and our simulator of one). Refused when what is asked cannot be known.
    package init(parsing message: ReceivedMessage) throws(Refusal) {
        guard let carrier = Carrier(rawValue: message.kind.code) else {
            throw Refusal(
                "pfi.kind", at: "MSH-9", because: "ni ORU^R01 ni MDM", remedy: "répondre AR, code 200")
        }
        guard let request = Request(rawValue: message.value("ORC", 1)) else {
            throw Refusal(
                "pfi.request", at: "ORC-1", because: "ni NW, ni RO, ni CA", remedy: "répondre AE, code 103")
        }
        let observations = message.all("OBX")
        guard
            let document = observations.first(where: {
                $0.value(2) == "ED" && $0.value(3, component: 3) != "MetaDMPMSS"
            })
        else {
            throw Refusal("pfi.document", at: "OBX", because: "aucun document", remedy: "répondre AE, code 101")
        }
        guard document.value(11) == request.documentStatus,
            carrier == .oru || message.kind.event == request.mdmEvent
        else {
            throw Refusal(
                "pfi.request", at: "OBX-11", because: "MSH-9, ORC-1 et OBX-11 se contredisent",
                remedy: "répondre AE, code 207")
        }
        guard let bytes = Base64.decode(document.value(5, component: 5).utf8) else {
            throw Refusal("pfi.base64", at: "OBX-5.5", because: "base 64 illisible", remedy: "répondre AE, code 102")
        }
        guard let pid = message.first("PID") else {
            throw Refusal("pfi.patient", at: "PID", because: "segment PID absent", remedy: "répondre AE, code 100")
        }
        let participations = message.all("PRT")
        let replaced = message.value("TXA", 13)
        self.init(
            parties: Parties(of: message), sentAt: message.value("MSH", 7), controlID: message.controlID,
            request: request, patient: PatientIdentification(parsing: pid),
            visit: Visit(parsing: message.first("PV1")), document: bytes, documentID: message.value("TXA", 12),
            replacedID: replaced.isEmpty ? nil : replaced,
            sender: participations.first { $0.value(4) == "SB" }.map { Sender(parsing: $0) },
            recipients: participations.filter { $0.value(4) == "RCT" }.map { Recipient(parsing: $0) }, toDMP: false)
        self.carrier = carrier
        processing = Processing(rawValue: message.value("MSH", 11)) ?? .production
        documentCode = document.value(3)
        documentLabel = document.value(3, component: 2)
        replyTo = participations.first { $0.value(4) == "REPLY" }?.value(15, component: 4)
        readFlags(observations)
        patientMayNotReply = message.all("NTE").contains { $0.value(4) == "FIN" }
    }

    private mutating func readFlags(_ observations: [ReceivedSegment]) {
        func mail(_ code: String) -> String? {
            observations.first { $0.value(3) == code }
                .flatMap { Base64.decode($0.value(5, component: 5).utf8) }.map { String(decoding: $0, as: UTF8.self) }
        }
        func flag(_ flag: Flag) -> Bool {
            observations.contains { $0.value(3) == flag.rawValue && $0.value(5) == "Y" }
        }
        toDMP = flag(.DESTDMP)
        hiddenFromProfessionals = flag(.MASQUE_PS)
        hiddenFromPatient = flag(.INVISIBLE_PATIENT)
        hiddenFromGuardians = flag(.INVISIBLE_REP_LEGAUX)
        secretConnection = flag(.CONNEXION_SECRETE)
        changesVisibility = flag(.MODIF_CONF_CODE)
        wantsReception = flag(.ACK_RECEPTION)
        wantsReading = flag(.ACK_LECTURE_MSS)
        mailToProfessionals = mail("CORPSMAIL_PS")
        mailToPatient = mail("CORPSMAIL_PATIENT")
    }
}

extension PatientIdentification.Identifier {
    init?(parsing segment: ReceivedSegment, _ field: Int, repetition: Int = 1) {
        let number = segment.value(field, repetition: repetition)
        guard !number.isEmpty else { return nil }
        self.init(
            number: number,
            authority: (1...3).map { segment.value(field, repetition: repetition, component: 4, sub: $0) },
            type: segment.value(field, repetition: repetition, component: 5))
    }
}

extension PatientIdentification {
    init(parsing pid: ReceivedSegment) {
        func repetition(_ field: Int, component: Int, is wanted: String) -> Int? {
            (1...max(1, pid.repetitions(field))).first {
                pid.value(field, repetition: $0, component: component) == wanted
            }
        }
        let birth = repetition(5, component: 7, is: "L") ?? 1
        let used = repetition(5, component: 7, is: "D")
        let home = repetition(11, component: 7, is: "H")
        let birthPlace = repetition(11, component: 7, is: "BDL")
        func name(_ component: Int, _ repetition: Int) -> String {
            pid.value(5, repetition: repetition, component: component)
        }
        self.init(
            identifiers: stride(from: 1, through: pid.repetitions(3), by: 1).compactMap {
                Identifier(parsing: pid, 3, repetition: $0)
            },
            birthFamily: name(1, birth), firstBirthGiven: name(2, birth), allBirthGivens: name(3, birth),
            usedFamily: used.map { name(1, $0) }, usedGiven: used.map { name(2, $0) }, birthDate: pid.value(7),
            sex: pid.value(8),
            home: home.map { at in
                Home(
                    street: pid.value(11, repetition: at, component: 1),
                    complement: pid.value(11, repetition: at, component: 2),
                    city: pid.value(11, repetition: at, component: 3),
                    postalCode: pid.value(11, repetition: at, component: 5),
                    country: pid.value(11, repetition: at, component: 6))
            },
            birthPlaceCode: birthPlace.map { pid.value(11, repetition: $0, component: 9) },
            file: Identifier(parsing: pid, 18), reliability: pid.value(32))
        reliabilityAttributes = stride(from: 2, through: pid.repetitions(32), by: 1).map {
            pid.value(32, repetition: $0)
        }
    }
}

extension Visit {
    init(parsing pv1: ReceivedSegment?) {
        func date(_ field: Int) -> String? { pv1.map { $0.value(field) }.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            patientClass: Class(rawValue: pv1?.value(2) ?? "") ?? .notApplicable,
            number: pv1.flatMap { PatientIdentification.Identifier(parsing: $0, 19) }, admittedAt: date(44),
            dischargedAt: date(45))
    }
}

extension PersonReference {
    init(parsing prt: ReceivedSegment) {
        self.init(number: prt.value(5), family: prt.value(5, component: 2), given: prt.value(5, component: 3))
    }
}

extension OrganizationReference {
    init(parsing prt: ReceivedSegment) {
        self.init(
            name: prt.value(8), number: prt.value(8, component: 10),
            kind: Kind(rawValue: prt.value(8, component: 7)) ?? .structure)
    }
}

extension Sender {
    init(parsing prt: ReceivedSegment) {
        self.init(person: PersonReference(parsing: prt), organization: OrganizationReference(parsing: prt))
    }
}

extension Recipient {
    init(parsing prt: ReceivedSegment) {
        // Some messages put the mailbox in PRT-16 (PFI sheet section 3).
        let mailbox = prt.value(15, component: 4)
        let address = mailbox.isEmpty ? prt.value(16, component: 4) : mailbox
        if prt.value(5, component: 13) == "INS" {
            self = .patient(
                matricule: prt.value(5), root: prt.value(5, component: 9, sub: 2), family: prt.value(5, component: 2),
                given: prt.value(5, component: 3))
        } else if prt.value(5).isEmpty, !prt.raw(8).isEmpty {
            self = .organization(OrganizationReference(parsing: prt), address: address)
        } else if prt.value(5).isEmpty {
            self = .mailbox(address)
        } else {
            self = .professional(PersonReference(parsing: prt), address: address)
        }
    }
}

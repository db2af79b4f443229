import Base
import Foundation
import HL7v2
import Testing
import Judges

/// A fictitious sending, as PFI sheet section 8 draws it.
enum Sending {
    static let parties = Parties(
        sendingApplication: "SGL", sendingFacility: "LABO LILAS", receivingApplication: "PFI",
        receivingFacility: "LABO LILAS")
    static let root = "1.2.250.1.213.1.4.10"
    static let doctor = Recipient.professional(
        PersonReference(number: "810002422979", family: "CHARLES", given: "Pascal"),
        address: "pascal.charles@medecin.test.mssante.fr")
    static let patient = Recipient.patient(
        matricule: "279035121518989", root: root, family: "PAT-TROIS", given: "DOMINIQUE")
    static let practice = Recipient.organization(
        OrganizationReference(name: "Cabinet du Chêne", number: "1920000002"), address: "cabinet@test.mssante.fr")

    static func transmission(
        _ request: DocumentTransmission.Request = .initial, document: [UInt8] = Array("<ClinicalDocument/>".utf8)
    ) -> DocumentTransmission {
        var sending = DocumentTransmission(
            parties: parties, sentAt: "20250310121500+0100", controlID: "SGL-000101", request: request,
            patient: PatientIdentification(
                identifiers: [
                    .ins("279035121518989", root: root),
                    .local("405660", name: "LABO LILAS", finess: "1120459876"),
                ],
                birthFamily: "PAT-TROIS", firstBirthGiven: "DOMINIQUE", allBirthGivens: "DOMINIQUE MARIE-LOUISE",
                usedFamily: "PAT-TROIS", usedGiven: "DOMINIQUE", birthDate: "19790328", sex: "F",
                home: .init(street: "28 avenue de Breteuil", city: "PARIS", postalCode: "75007"),
                birthPlaceCode: "51215",
                file: .local("D-2025-001077", name: "LABO LILAS", finess: "1120459876", type: "AN"),
                reliability: "VALI"),
            visit: Visit(
                patientClass: .outpatient,
                number: .local("V-000897406", name: "LABO LILAS", finess: "1120459876", type: "VN")),
            document: document, documentID: "1.2.250.1.999.1.1.20250310.77.1",
            replacedID: request == .replacement ? "1.2.250.1.999.1.1.20250310.77.0" : nil,
            sender: Sender(
                person: PersonReference(number: "801234534765", family: "CAMPARINI", given: "Marcel"),
                organization: OrganizationReference(name: "Laboratoire des Lilas", number: "1120459876")),
            recipients: [doctor, patient], toDMP: true)
        sending.replyTo = "secretariat@labolilas.test.mssante.fr"
        sending.patientMayNotReply = true
        return sending
    }
}

struct TransmissionTests {
    @Test func `every request by every carrier passes the PFI checker without an error`() async throws {
        guard let shared = Judges.shared(for: "PFI checker") else { return }
        let documents = try Dictionary(
            uniqueKeysWithValues: Judges.files("examples", in: shared, ["v1.xml", "v2.xml"]))
        let v1 = try #require(documents["cda_v1.xml"]), v2 = try #require(documents["cda_v2.xml"])
        var messages: [String: [UInt8]] = [:]
        for carrier in [DocumentTransmission.Carrier.oru, .mdm] {
            for request in DocumentTransmission.Request.allCases {
                var sending = Sending.transmission(request, document: request == .initial ? v1 : v2)
                sending.carrier = carrier
                sending.documentID = "1.2.250.1.999.1.1.20250310.77." + (request == .initial ? "1" : "2")
                if request == .replacement { sending.replacedID = "1.2.250.1.999.1.1.20250310.77.1" }
                messages["\(carrier)-\(request)"] = try sending.message(.strict).bytes()
            }
        }
        var hidden = Sending.transmission(.replacement, document: v2)
        hidden.recipients = [Sending.doctor, Sending.practice]
        hidden.hiddenFromPatient = true
        hidden.changesVisibility = true
        hidden.mailToProfessionals = "Cher confrère, voici les résultats."
        hidden.wantsReading = true
        messages["hidden"] = try hidden.message(.strict).bytes()
        for event in BusinessAcknowledgement.Event.allCases {
            for accepted in [true, false] {
                let zam = BusinessAcknowledgement(
                    event: event, controlID: "PFI-1", at: "20250310121800+0100", originalControlID: "SGL-000101",
                    accepted: accepted, address: event == .dmp ? nil : "a@b.mssante.fr",
                    problems: accepted ? [] : [.init(code: "DMPClosed", label: "DMP fermé")])
                let bytes = try zam.message(from: Sending.parties.exchanged).bytes()
                messages["zam-\(event)-\(accepted)"] = bytes
                let ack = Acknowledgement(.accept, messageID: "PFI-1")
                messages["ack-\(event)-\(accepted)"] = try ack.message(
                    answering: ReceivedMessage(bytes), controlID: "SGL-2", at: "20250310121801+0100"
                ).bytes()
            }
        }
        let errors = try await Judges.pfiErrors(in: messages, shared: shared)
        #expect(errors == "")
    }

    @Test func `what a PFI reads is what was sent`() throws {
        for request in DocumentTransmission.Request.allCases {
            var sending = Sending.transmission(request)
            sending.carrier = .mdm
            sending.recipients = [Sending.doctor, Sending.practice, Sending.patient]
            sending.mailToPatient = "Vos résultats sont là.\nÀ bientôt."
            sending.hiddenFromGuardians = true
            let message = try ReceivedMessage(sending.message().bytes())
            #expect(try DocumentTransmission(parsing: message) == sending)
        }
    }

    @Test func `the ten metadata follow the document in the order of the volet`() throws {
        let message = try ReceivedMessage(Sending.transmission().message().bytes())
        #expect(
            message.all("OBX").dropFirst().map { $0.value(3) } == [
                "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE", "MODIF_CONF_CODE",
                "DESTDMP",
                "DESTMSSANTEPS", "DESTMSSANTEPAT", "ACK_RECEPTION", "ACK_LECTURE_MSS",
            ])
        #expect(message.all("OBX").map { $0.value(1) } == (1...11).map { String($0) })
        #expect(message.segments.map(\.name).firstIndex(of: "NTE") == 18)
    }

    @Test func `contradictory or unreadable requests are refused to the sender`() throws {
        let good = String(decoding: try Sending.transmission().message().bytes(), as: UTF8.self)
        for (old, new, code) in [
            ("ORC|NW", "ORC|RO", "pfi.request"), ("ORC|NW", "ORC|XX", "pfi.request"),
            ("ORU^R01^ORU_R01", "ADT^A28", "pfi.kind"), ("Base64^PEN", "Base64^*EN", "pfi.base64"),
            ("OBX|1|ED|", "OBX|1|TX|", "pfi.document"),
        ] {
            let bad = try ReceivedMessage(Array(good.replacing(old, with: new).utf8))
            do {
                _ = try DocumentTransmission(parsing: bad)
                Issue.record("accepted \(new)")
            } catch { #expect(error.code == code) }
        }
    }
}

struct RulesTests {
    private func codes(_ rules: CombinationRules = .tolerant, _ change: (inout DocumentTransmission) -> Void)
        -> [String]
    {
        var sending = Sending.transmission()
        change(&sending)
        return sending.check(rules).map(\.code)
    }

    @Test func `each breach has its own refusal`() {
        #expect(codes { _ in } == [])
        #expect(codes { $0.controlID = "" } == ["pfi.required"])
        #expect(codes { $0.document = [] } == ["pfi.document"])
        #expect(codes { $0.request = .replacement } == ["pfi.replacement"])
        #expect(codes { $0.changesVisibility = true } == ["pfi.modification"])
        #expect(codes { $0.patient.birthFamily = "" } == ["pfi.patient"])
        #expect(codes { $0.patient.birthPlaceCode = nil } == ["pfi.traits"])
        #expect(codes { $0.visit.number = nil } == ["pfi.visit"])
        #expect(
            codes {
                $0.toDMP = false; $0.recipients = []
            } == ["pfi.destination"])
        #expect(codes { $0.sender = nil } == ["pfi.dmp.sender"])
        #expect(codes { $0.hiddenFromPatient = true } == ["pfi.hidden"])
        #expect(
            codes {
                $0.recipients = [
                    .professional(
                        PersonReference(number: "810002422979", family: "CHARLES", given: "Pascal"), address: "personne"
                    )
                ]
            } == ["pfi.address"])
        #expect(
            codes {
                $0.recipients = [
                    .professional(
                        PersonReference(number: "810002422979", family: "CHARLES", given: "Pascal"),
                        address: "279035121518989@PATIENT.mssante.fr")
                ]
            } == ["pfi.patient.address"])
    }

    @Test func `an identity that is not qualified reaches neither the DMP nor the patient`() {
        #expect(codes { $0.patient.reliability = "PROV" } == ["pfi.ins", "pfi.dmp.ins", "pfi.patient.address"])
        #expect(
            codes {
                $0.patient.reliability = "PROV"
                $0.patient.identifiers.removeFirst()
                $0.toDMP = false
                $0.recipients = [Sending.doctor]
            } == [])
    }

    @Test func `the table of the volet is obeyed to the letter in strict mode`() {
        func allowed(_ change: (inout DocumentTransmission) -> Void) -> Bool { codes(.strict, change).isEmpty }
        #expect(allowed { _ in })
        #expect(allowed { $0.secretConnection = true })
        #expect(
            allowed {
                $0.hiddenFromPatient = true; $0.recipients = [Sending.doctor]
            })
        #expect(
            allowed {
                $0.toDMP = false; $0.recipients = [Sending.patient]; $0.hiddenFromProfessionals = true
            })
        #expect(allowed { $0.recipients = [] })
        #expect(!allowed { $0.recipients = [Sending.doctor] })
        #expect(!allowed { $0.recipients = [Sending.patient] })
        #expect(!allowed { $0.hiddenFromGuardians = true })
        #expect(!allowed { $0.hiddenFromProfessionals = true })
        #expect(
            !allowed {
                $0.toDMP = false; $0.secretConnection = true; $0.recipients = [Sending.patient]
            })
        #expect(codes { $0.recipients = [Sending.doctor] } == [])
    }
}

struct BusinessAcknowledgementTests {
    private func zam(_ event: String, _ rest: String) throws -> BusinessAcknowledgement {
        let head = "MSH|^~\\&|PFI|O|SGL|L|20250310||ZAM^\(event)^ZAM_Z01|P-1|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS\r"
        return try BusinessAcknowledgement(parsing: ReceivedMessage(Array((head + "EVN||2025\r" + rest).utf8)))
    }

    @Test func `what is written is read back`() throws {
        for event in BusinessAcknowledgement.Event.allCases {
            let sent = BusinessAcknowledgement(
                event: event, controlID: "PFI-9103", at: "20250310121900+0100", originalControlID: "SGL-000101",
                accepted: false, address: event == .dmp ? nil : "pascal.charles@medecin.test.mssante.fr",
                problems: [.init(code: "422", label: "La boîte aux lettres est pleine.")])
            let message = try ReceivedMessage(sent.message(from: Sending.parties).bytes())
            #expect(try BusinessAcknowledgement(parsing: message) == sent)
        }
    }

    @Test func `labels, other system names and a trailing delimiter do not make us refuse`() throws {
        let read = try zam(
            "Z01", "OBX|1|CWE|ACK_RECEPTION_DMP^autre^HL70136|015|N^^HL70136||||||F|\rERR|||207|E|X^Y^DMPERRORCODE|\r")
        #expect(read.originalControlID == "015")
        #expect(!read.accepted)
        #expect(read.problems == [.init(code: "X", label: "Y")])
    }

    @Test func `an error without ERR is still an error`() throws {
        #expect(try zam("Z02", "OBX|1|CWE|ACK_RECEPTION_MSS|7|N\r").problems == [.init(code: "207", label: "")])
    }

    @Test(arguments: [
        ("Z09", "OBX|1|CWE|ACK_RECEPTION_DMP|015|Y\r"), ("Z01", ""), ("Z01", "OBX|1|CWE|ACK_RECEPTION_DMP||Y\r"),
        ("Z01", "OBX|1|CWE|ACK_RECEPTION_DMP|015|\r"),
    ])
    func `what does not say which message or which answer is refused`(event: String, rest: String) {
        #expect(throws: Refusal.self) { try zam(event, rest) }
    }
}

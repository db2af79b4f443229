import Base
import HL7v2
import Testing
import Judges

/// One datum of a message removed or falsified, by name; `code` nil for a message that may leave all the same.
struct Mutation: Sendable, CustomTestStringConvertible {
    let name: String
    let code: String?
    let change: @Sendable (inout DocumentTransmission) -> Void
    init(_ name: String, _ code: String?, _ change: @escaping @Sendable (inout DocumentTransmission) -> Void) {
        self.name = name
        self.code = code
        self.change = change
    }
    var testDescription: String { name }

    static let refused: [Mutation] = [
        Mutation("no sending application", "pfi.required") { $0.parties.sendingApplication = "" },
        Mutation("no sending facility", "pfi.required") { $0.parties.sendingFacility = "" },
        Mutation("no receiving application", "pfi.required") { $0.parties.receivingApplication = "" },
        Mutation("no receiving facility", "pfi.required") { $0.parties.receivingFacility = "" },
        Mutation("no date", "pfi.required") { $0.sentAt = "" },
        Mutation("no control id", "pfi.required") { $0.controlID = "" },
        Mutation("no document", "pfi.document") { $0.document = [] },
        Mutation("replacement of nothing", "pfi.replacement") { $0.request = .replacement },
        Mutation("change of visibility in an initial sending", "pfi.modification") { $0.changesVisibility = true },
        Mutation("MDM without the id of its document", "pfi.required") {
            $0.carrier = .mdm
            $0.documentID = ""
        },
        Mutation("patient without identifier", "pfi.patient") { $0.patient.identifiers = [] },
        Mutation("patient without birth name", "pfi.patient") { $0.patient.birthFamily = "" },
        Mutation("patient without reliability", "pfi.patient") { $0.patient.reliability = "" },
        Mutation("INS with a provisional identity", "pfi.ins") { $0.patient.reliability = "PROV" },
        Mutation("INS without birth date", "pfi.traits") { $0.patient.birthDate = "" },
        Mutation("INS without sex", "pfi.traits") { $0.patient.sex = "" },
        Mutation("INS without given names", "pfi.traits") { $0.patient.allBirthGivens = "" },
        Mutation("INS without place of birth", "pfi.traits") { $0.patient.birthPlaceCode = nil },
        Mutation("INS with 14 characters", "pfi.matricule") { $0.patient.identifiers[0].number = "27903512151898" },
        Mutation("INS under an unknown root", "pfi.matricule") {
            $0.patient.identifiers[0].authority[1] = "1.2.250.1.213.1.4.2"
        },
        Mutation("outpatient without visit number", "pfi.visit") { $0.visit.number = nil },
        Mutation("no destination", "pfi.destination") {
            $0.toDMP = false
            $0.recipients = []
        },
        Mutation("DMP without sender", "pfi.dmp.sender") { $0.sender = nil },
        Mutation("DMP without FINESS", "pfi.dmp.sender") { $0.sender?.organization.number = "" },
        Mutation("DMP without the professional", "pfi.dmp.sender") { $0.sender?.person.number = "" },
        Mutation("DMP without qualified INS", "pfi.dmp.ins") { $0.patient.identifiers.removeFirst() },
        Mutation("restricted document to the DMP", "pfi.confidential") { $0.isRestricted = true },
        Mutation("mailbox that is none", "pfi.address") { $0.recipients[0] = .mailbox("personne") },
        Mutation("patient's mailbox under another matricule", "pfi.patient.address") {
            $0.recipients[1] = .patient(matricule: "199032A00100135", root: Sending.root, family: "A", given: "B")
        },
        Mutation("patient's mailbox given to a professional", "pfi.patient.address") {
            $0.recipients[0] = .mailbox("279035121518989@patient.mssante.fr")
        },
        Mutation("hidden from the patient and sent to the patient", "pfi.hidden") { $0.hiddenFromPatient = true },
        Mutation("reply address that is none", "pfi.address") { $0.replyTo = "secretariat" },
    ]

    static let sendable: [Mutation] = [
        Mutation("nothing changed", nil) { _ in },
        Mutation("professional alone", nil) { $0.recipients = [Sending.doctor] },
        Mutation("mailbox alone, without DMP", nil) {
            $0.toDMP = false
            $0.recipients = [.mailbox("boite@test.mssante.fr")]
        },
        Mutation("organization and its mailbox", nil) { $0.recipients.append(Sending.practice) },
        Mutation("masked from professionals", nil) { $0.hiddenFromProfessionals = true },
        Mutation("hidden from representatives, by a secret connection", nil) {
            $0.hiddenFromGuardians = true
            $0.secretConnection = true
            $0.recipients = [Sending.doctor]
        },
        Mutation("hidden from the patient", nil) {
            $0.hiddenFromPatient = true
            $0.recipients = [Sending.doctor]
        },
        Mutation("not qualified, to the prescriber", nil) {
            $0.patient.identifiers.removeFirst()
            $0.patient.reliability = "PROV"
            $0.patient.reliabilityAttributes = ["HOMA"]
            $0.toDMP = false
            $0.recipients = [Sending.doctor]
        },
        Mutation("specimen without its patient's visit", nil) {
            $0.visit.patientClass = .notApplicable
            $0.visit.number = nil
        },
        Mutation("inpatient with the dates of the stay", nil) {
            $0.visit.patientClass = .inpatient
            $0.visit.admittedAt = "20250308080000+0100"
        },
        Mutation("texts with separators and accents", nil) {
            $0.patient.birthFamily = "D|E^F&G~H\\I"
            $0.mailToPatient = "œ | ^ & ~ \\ \n fin"
            $0.wantsReading = true
        },
    ]
}

struct MutationTests {
    @Test(arguments: Mutation.refused)
    func `a datum of a message removed or falsified is refused before the wire with its reason`(mutation: Mutation) {
        var sending = Sending.transmission()
        mutation.change(&sending)
        do {
            _ = try sending.message(.tolerant)
            Issue.record("written")
        } catch {
            #expect(error.refusals.contains { $0.code == mutation.code }, "\(error)")
            #expect(error.refusals.allSatisfy { !$0.cause.isEmpty && !$0.remedy.isEmpty })
            #expect(!error.refusals.contains { $0.description.contains("PAT-TROIS") })
        }
    }

    @Test func `what our own check lets through, the judge lets through`() async throws {
        guard let shared = Judges.shared(for: "mutations of messages") else { return }
        let documents = try Dictionary(uniqueKeysWithValues: Judges.files("examples", in: shared, ["v1.xml"]))
        let document = try #require(documents["cda_v1.xml"])
        var messages: [String: [UInt8]] = [:]
        for mutation in Mutation.sendable {
            for carrier in [DocumentTransmission.Carrier.oru, .mdm] {
                var sending = Sending.transmission(document: document)
                sending.carrier = carrier
                mutation.change(&sending)
                let name = mutation.name.replacing(" ", with: "-") + "-" + carrier.rawValue
                messages[name] = try sending.message(.tolerant).bytes()
            }
        }
        let errors = try await Judges.pfiErrors(in: messages, shared: shared)
        #expect(errors == "")
    }
}

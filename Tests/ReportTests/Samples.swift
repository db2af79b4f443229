import Base
import Catalog
import Laboratory

/// Signed reports of people who do not exist (the qualified patient is the ANS's own test identity, INS root .10).
enum Sample {
    static let zone = CivilZone.europeParis
    static func at(_ hour: Int, _ minute: Int = 0) -> Instant {
        zone.instant(CivilDate(year: 2026, month: 11, day: 20), hour: hour, minute: minute)
    }

    static let director = Professional(
        nationalID: "801234534765", family: "CAMPARINI", given: "Marcel", title: "DR", speciality: "G15_10/SM03",
        specialityLabel: "Médecin - Biologie médicale (SM)")
    static let biologist = Professional(
        nationalID: "801234534773", family: "LENOIR", given: "Anne", title: "DR", speciality: "G15_10/SM03",
        specialityLabel: "Médecin - Biologie médicale (SM)", phone: "01 74 58 96 08")
    static let doctor = Professional(
        nationalID: "810002422979", family: "CHARLES", given: "Pascal", title: "DR",
        securedMail: "pascal.charles@medecin.test.mssante.fr")
    static let address = PostalAddress(street: "8 rue des Lilas", postalCode: "92100", city: "BOULOGNE-BILLANCOURT")
    static let site = Site(
        code: "LIL", name: "Laboratoire des Lilas", finess: "120459876", address: address, phone: "01 74 58 96 07",
        securedMail: "secretariat@labolilas.test.mssante.fr", oidRoot: "1.2.250.1.999.1", accreditation: "8-9999",
        director: director)

    static func patient(_ status: IdentityStatus = .qualified) throws -> Patient {
        Patient(
            id: "p1", site: "LIL", ipp: "405660", status: status,
            traits: Traits(
                birthName: "PAT-TROIS", firstGivenName: "DOMINIQUE", givenNames: "DOMINIQUE MARIE-LOUISE",
                birthDate: CivilDate(year: 1979, month: 3, day: 28), sex: .female, birthplace: "51215"),
            ins: try INS("279035121518989", authority: .nirTest), usedName: "PAT-TROIS",
            address: PostalAddress(street: "28 avenue de Breteuil", postalCode: "75007", city: "PARIS"))
    }

    static func observation(
        _ analysis: String, _ value: ObservationValue, accession: String = "A1", flags: [ResultFlag] = [],
        interval: AppliedInterval? = nil, comment: String? = nil
    ) -> Observation {
        Observation(
            id: "o-" + analysis, site: "LIL", requestID: "r1", patientID: "p1", accession: accession,
            analysis: analysis, catalogueVersion: "test", value: value, rawText: "", interval: interval, flags: flags,
            origin: Origin(analyzer: "test"), observedAt: at(10), recordedAt: at(10), comment: comment)
    }
    static func measured(_ text: String, _ unit: String) throws -> ObservationValue {
        guard let value = Measured(text) else { throw Refusal("test", because: text, remedy: "") }
        return .measured(value, unit: unit)
    }

    static let specimen = Specimen(
        accession: "A1", site: "LIL", requestID: "r1", kind: "SERPLAS", tube: "VERT", analyses: [],
        collectedAt: at(8, 12), receivedAt: at(8, 40))

    static func report(
        _ patient: Patient, _ observations: [Observation], lines: [RequestLine]? = nil,
        specimens: [Specimen] = [specimen], previous: [PreviousResult] = [], version: Int = 1, complete: Bool = true
    ) -> SignedReport {
        let request = Request(
            id: "r1", site: "LIL", number: "261120-0007", patientID: patient.id, prescriber: doctor,
            prescribedOn: CivilDate(year: 2026, month: 11, day: 18), registeredAt: at(8, 45),
            lines: lines ?? observations.map { RequestLine(analysis: $0.analysis) })
        let set = "1.2.250.1.999.1.261120.7"
        return SignedReport(
            site: site,
            signature: Signature(
                id: "s\(version)", site: "LIL", requestID: "r1", version: version, contentHash: "", meaning: "",
                account: "anne", biologist: biologist, at: at(11, 30), observationIDs: observations.map(\.id),
                complete: complete),
            content: SignedContent(
                patient: patient, request: request, specimens: specimens, observations: observations),
            previous: previous, documentOID: "\(set).\(version)", setOID: set,
            replacedOID: version > 1 ? "\(set).\(version - 1)" : nil, producedAt: at(11, 30))
    }

    /// Bounds of each kind: of reference, of decision, of a therapy, and none at all.
    static func decisions() throws -> [Observation] {
        [
            observation(
                "NA", try measured("139", "mmol/L"), flags: [.normal],
                interval: AppliedInterval(low: Exact("136"), high: Exact("145"))),
            observation(
                "HDL", try measured("1.30", "mmol/L"),
                interval: AppliedInterval(low: Exact("1.03"), high: nil, kind: .decision), comment: "À jeun."),
            observation("CT", try measured("5.20", "mmol/L")),
            observation(
                "LI", try measured("0.80", "mmol/L"), flags: [.normal],
                interval: AppliedInterval(low: Exact("0.6"), high: Exact("1.2"), kind: .therapeutic)),
        ]
    }

    /// Every shape of result in one report: several chapters, sub-chapters, panels with and without a LOINC code,
    /// previous results, comments, a non-conform specimen.
    static func rich(_ patient: Patient, version: Int = 1) throws -> SignedReport {
        let blood = Specimen(
            accession: "A2", site: "LIL", requestID: "r1", kind: "BLD", tube: "VIOLET", analyses: [],
            collectedAt: nil, receivedAt: at(8, 41), nonconformity: "tube mal rempli")
        let observations = [
            observation(
                "NA", try measured("139", "mmol/L"), flags: [.normal],
                interval: AppliedInterval(low: Exact("136"), high: Exact("145"))),
            observation(
                "K", try measured("6.70", "mmol/L"), flags: [.high, .criticallyHigh],
                interval: AppliedInterval(low: Exact("3.5"), high: Exact("4.9")),
                comment: "Appelé au prescripteur à 10:20.\nContrôlé."),
            observation("CRP", try measured("<0.60", "mg/L"), interval: AppliedInterval(low: nil, high: Exact("5.0"))),
            observation("UREE", .notPerformed(reason: "tube hémolysé")),
            observation("INR", try measured("2.40", "{INR}")),
            observation("NHDL", try measured("3.10", "mmol/L")),
            observation("GB", try measured("12.40", "10*9/L"), accession: "A2", flags: [.high]),
            observation("AGHBS", .coded("NEG", display: "Négatif"), flags: [.negative]),
            observation("ECBU", .text("Absence de germe <10^3 & de leucocytes")),
        ]
        let lines = [
            RequestLine(analysis: "NA", panel: "IONO"), RequestLine(analysis: "K", panel: "IONO"),
            RequestLine(analysis: "UREE", panel: "RENAL"), RequestLine(analysis: "CRP"), RequestLine(analysis: "INR"),
            RequestLine(analysis: "NHDL"), RequestLine(analysis: "GB", panel: "NFS"), RequestLine(analysis: "AGHBS"),
            RequestLine(analysis: "ECBU"),
        ]
        return report(
            patient, observations, lines: lines, specimens: [specimen, blood],
            previous: [
                PreviousResult(
                    analysis: "K", value: try measured("4.1", "mmol/L"),
                    takenAt: at(8).advanced(by: .seconds(-86_400 * 90))),
                PreviousResult(
                    analysis: "AGHBS", value: .coded("NEG", display: "Négatif"),
                    takenAt: at(8).advanced(by: .seconds(-86_400 * 400))),
                PreviousResult(analysis: "CRP", value: .notPerformed(reason: "x"), takenAt: at(8)),
            ], version: version)
    }
}

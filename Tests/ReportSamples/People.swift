import Base
import Laboratory

/// People, places and files of the generated reports: none exists.
enum People {
    static let home = PostalAddress(street: "28 avenue de Breteuil", postalCode: "75007", city: "PARIS")
    static let signer = Professional(
        nationalID: "801234534773", family: "LENOIR", given: "Anne", title: "DR", speciality: "G15_10/SM03",
        specialityLabel: "Médecin - Biologie médicale (SM)", phone: "01 74 58 96 08")
    static let director = Professional(
        nationalID: "801234534765", family: "CAMPARINI", given: "Marcel", title: "DR", speciality: "G15_10/SM03",
        specialityLabel: "Médecin - Biologie médicale (SM)")
    static let thirdBiologist = Professional(
        nationalID: "801234534781", family: "BLANC", given: "Ève", title: "PR", speciality: "G15_21",
        specialityLabel: "Pharmacien - Biologie médicale")
    static let doctor = Professional(
        nationalID: "810002422979", family: "CHARLES", given: "Pascal", title: "DR",
        securedMail: "pascal.charles@medecin.test.mssante.fr")
    static let colleague = Professional(
        nationalID: "810002422987", family: "DUPRÉ", given: "Zoé", title: "DR",
        securedMail: "zoe.dupre@medecin.test.mssante.fr",
        address: PostalAddress(street: "1 place du Puits", postalCode: "35000", city: "RENNES"))
    static let withoutMail = Professional(nationalID: "810002422995", family: "SANSBOÎTE", given: "Luc")
    static let familyDoctor = Professional(
        nationalID: "810002423001", family: "TRAITANT", given: "Ida", title: "DR",
        securedMail: "ida.traitant@medecin.test.mssante.fr")
    static let nurse = Professional(
        nationalID: "801234567893", family: "PIQUET", given: "Rose", speciality: "G15_60",
        specialityLabel: "Infirmier")
    static let site = Site(
        code: "LIL", name: "Laboratoire des Lilas & associés", finess: "120459876",
        address: PostalAddress(street: "8 rue des Lilas", postalCode: "92100", city: "BOULOGNE-BILLANCOURT"),
        phone: "01 74 58 96 07", securedMail: "secretariat@labolilas.test.mssante.fr", oidRoot: ReportMaker.root,
        accreditation: "8-9999", director: director)
    static let specialized = ForeignLaboratory(
        name: "Laboratoire spécialisé", finess: "750000001", phone: "01 00 00 00 00",
        address: PostalAddress(street: "2 rue du Test", postalCode: "75013", city: "PARIS"), director: thirdBiologist)
    static let hospital = ForeignLaboratory(
        name: "CHU de démonstration", finess: "350000002",
        address: PostalAddress(street: "3 allée du CHU", postalCode: "35000", city: "RENNES"), director: director,
        isHospital: true)

    static func patient(_ plan: ReportPlan, rank: Int) throws -> Patient {
        let has = plan.cases.contains
        var patient = Patient(
            id: "p\(rank)", site: "LIL", ipp: "40\(padded(rank, 4))", status: status(plan.identity),
            traits: Traits(
                birthName: "PAT-TROIS", firstGivenName: "DOMINIQUE", givenNames: "DOMINIQUE MARIE-LOUISE",
                birthDate: CivilDate(year: plan.isMinor ? 2011 : 1979, month: 3, day: 28), sex: .female,
                birthplace: "51215"),
            ins: try INS(
                plan.identity == .corsican ? "199032A00100135" : "279035121518989", authority: .nirTest),
            usedName: has(.usedName) ? "D'USAGE" : nil, usedGivenName: has(.usedName) ? "MARIE" : nil, address: home)
        if plan.identity == .provisional { patient.attributes = [.homonym, .doubtful] }
        if plan.identity == .newborn {
            patient.traits = Traits(
                birthName: "ESSAI", firstGivenName: "LÉO", birthDate: CivilDate(year: 2026, month: 11, day: 19),
                sex: .unknown)
            patient.ins = nil
        }
        if has(.foreignAddress) {
            patient.address = PostalAddress(
                street: "1 rue Haute", complement: "Bâtiment B", postalCode: "1000", city: "BRUXELLES", country: "BEL")
        }
        if has(.mailAndPhone) { patient.phone = "06 00 00 00 00" }
        patient.administrative = file(plan)
        return patient
    }

    private static func status(_ identity: Identity) -> IdentityStatus {
        switch identity {
        case .qualified, .corsican: .qualified
        case .validated: .validated
        case .retrieved: .retrieved
        case .provisional, .newborn: .provisional
        }
    }

    private static func file(_ plan: ReportPlan) -> AdministrativeFile? {
        let has = plan.cases.contains
        var file = AdministrativeFile()
        file.birthplaceName = plan.identity == .newborn ? nil : "DOMPREMY"
        if has(.mailAndPhone) { file.mail = "famille@example.org" }
        if has(.familyDoctor) { file.familyDoctor = familyDoctor }
        if has(.representative) {
            file.representatives = [
                LegalRepresentative(
                    kind: plan.isMinor ? .parent : .guardian, family: "ESSAI", given: "Jeanne",
                    phone: "02 00 00 00 00",
                    address: PostalAddress(street: "3 impasse du Test", postalCode: "35000", city: "RENNES"))
            ]
        }
        if has(.relative) {
            file.relatives = [
                Relative(
                    kind: .toWarn, relationship: "MTH", relationshipLabel: "Mère", family: "ESSAI", given: "Rose",
                    phone: "02 00 00 00 01")
            ]
        }
        if plan.way == .noDMP { file.feeding = .init(.refused, at: ReportMaker.at(8)) }
        return file
    }
}

enum Files {
    static let pdf = Array("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n".utf8)
    /// Pictures of 24 × 16 points, drawn for these tests: one in greys, one in colours.
    static let png = decoded(
        """
        iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAAAAAApT+BJAAABM0lEQVR42g3Loc6GIBQAUB7nj0ai0Wg0Ek3MQHCkm5iB4Eg3MQPBkW5i\
        BoIj3Wg0fo/ye/oR3HHPIyteGHjng4lvfvgn/ppsQ5va3Na2NWxnuxq3t4na1b6OVdWlQt3rUane9anfKLIMZSpzWctWsJzlKlzeIqij\
        nkZStBDQTgcR3fTQN7LMQ57ynNe8ZcxnvjLnN4vUpT6NSaUlQdrTkSjd6UnfiDIOcYpzXOMWMZ7xihzfKLDDHkdUuCDgjgcS3vjgN4IM\
        Q5jCHNawBQxnuAKHNwjf+d6PXvnFg9/94cnf/vHfcNINbnKzW93m0J3ucuxeJ6CDHkZQsADADgcQ3PDAN6y0g53sbFe7WbSnvSzb1wrT\
        md6MRpnFgNnNYcjc5jHf0FIPetKzXvWmUZ/60qxf/Q+ToNdBU349MQAAAABJRU5ErkJggg==
        """)
    static let jpeg = decoded(
        """
        /9j/4AAQSkZJRgABAQEASABIAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62r\
        Z4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk\
        pKT/wAARCAAQABgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQID\
        AAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlq\
        c3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3\
        +Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEI\
        FEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImK\
        kpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDp\
        qxPEn/Lv/wAC/pWVWx4f/wCXj/gP9amlWtNOxvVw9oN3MGiu2ors+s+Rx+z8z//Z
        """)
    private static func decoded(_ text: String) -> [UInt8] { Base64.decode(Array(text.utf8)) ?? [] }
}

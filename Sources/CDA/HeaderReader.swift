import Base

// Sections 2 to 5 of the sheet, read.

extension DocumentReader {
    mutating func document(_ root: XMLElement) throws(Refusal) -> CRBioDocument {
        let body = try required(root.first("component", "structuredBody"), "structuredBody")
        var chapters: [Chapter] = []
        var attached: [AttachedReport] = []
        var pdf: PDFCopy?
        var conclusions: [Conclusion] = []
        var recommendation: Recommendation?
        var vaccinations: [Vaccination] = []
        for (index, component) in body.all("component").enumerated() {
            let place = "section \(index + 1)"
            let section = try required(component.first("section"), place)
            switch Kind.of(section) {
            case .chapter: chapters.append(try chapter(section, place))
            case .attached: attached.append(try attachedReport(section, place))
            case .copy: pdf = try pdfCopy(section, place)
            case .conclusion: conclusions.append(conclusion(section))
            case .recommendation: recommendation = try self.recommendation(section, place)
            case .vaccinations: vaccinations = try self.vaccinations(section, place)
            case nil: odd("section", place, "section d'un modèle inconnu, non reprise")
            }
        }
        var document = CRBioDocument(
            id: try required(root.first("id")?["root"], "id"),
            setID: try required(root.first("setId")?["root"], "setId"),
            version: try required(Int(root.first("versionNumber")?["value"] ?? ""), "versionNumber"),
            replaces: root.all("relatedDocument").first { $0["typeCode"] == "RPLC" }?
                .first("parentDocument", "id")?["root"],
            producedAt: try required(instant(root.first("effectiveTime"), "effectiveTime"), "effectiveTime"),
            patient: try patient(root.first("recordTarget", "patientRole")), authors: try authors(root),
            custodian: try required(
                organization(
                    root.first("custodian", "assignedCustodian", "representedCustodianOrganization"), "custodian"),
                "custodian"),
            legalAuthenticator: try signature(root.first("legalAuthenticator"), "legalAuthenticator"),
            act: try act(root), encounter: try encounter(root), chapters: chapters,
            pdfCopy: try required(pdf, "copie PDF"))
        if root.first("id")?["extension"] != nil { odd("id", "id", "l'identifiant du document a une extension") }
        document.confidentiality =
            Confidentiality(rawValue: root.first("confidentialityCode")?["code"] ?? "") ?? .normal
        document.attachedReports = attached
        document.conclusions = conclusions
        document.recommendation = recommendation
        document.vaccinations = vaccinations
        try readPeople(root, into: &document)
        document.prescriptions = root.all("inFulfillmentOf").compactMap { id($0.first("order", "id")) }
        document.consents = root.all("authorization").compactMap { authorization in
            let consent = authorization.first("consent")
            return coded(consent?.first("code")).map { Consent(id: id(consent?.first("id")), code: $0) }
        }
        return document
    }

    private mutating func readPeople(_ root: XMLElement, into document: inout CRBioDocument) throws(Refusal) {
        if let enterer = root.first("dataEnterer") { document.dataEnterer = try signature(enterer, "dataEnterer") }
        for informant in root.all("informant") {
            if let entity = informant.first("assignedEntity") {
                document.informants.append(.professional(try professional(entity, "informant")))
            } else if let relative = try relative(informant.first("relatedEntity")) {
                document.informants.append(.relative(relative))
            }
        }
        for recipient in root.all("informationRecipient") {
            document.recipients.append(
                self.recipient(try required(recipient.first("intendedRecipient"), "informationRecipient")))
        }
        for authenticator in root.all("authenticator") {
            document.authenticators.append(try signature(authenticator, "authenticator"))
        }
        for participant in root.all("participant") { try read(participant, into: &document) }
    }

    private mutating func read(_ participant: XMLElement, into document: inout CRBioDocument) throws(Refusal) {
        let place = "participant " + (participant["typeCode"] ?? "")
        let who = try professional(
            participant.first("associatedEntity"), place, person: "associatedPerson",
            organization: "scopingOrganization")
        let function = coded(participant.first("functionCode"))
        let at = instant(participant.first("time"), place)
        switch (participant["typeCode"], function?.code, at) {
        case ("REF", _, let at?) where document.prescriber == nil: document.prescriber = Signature(who, at: at)
        case ("PRF", "PRELV", let at?): document.samplers.append(Signature(who, at: at))
        case ("INF", "PCP", nil) where document.familyDoctor == nil: document.familyDoctor = who
        case (let type, _, _):
            guard let kind = Participation.Kind(rawValue: type ?? "") else {
                return odd("participant", place, "un participant d'un genre inconnu, non repris")
            }
            document.otherParticipants.append(Participation(kind: kind, function: function, at: at, professional: who))
        }
    }

    private mutating func recipient(_ element: XMLElement) -> IntendedRecipient {
        IntendedRecipient(
            id: id(element.first("id")), address: address(element.first("addr"), "informationRecipient"),
            telecoms: telecoms(element), name: name(element.first("informationRecipient", "name")),
            organization: element.first("receivedOrganization").flatMap { received in
                received.first("name").map { ReceivedOrganization(name: $0.words, ids: ids(received)) }
            })
    }

    private mutating func relative(_ element: XMLElement?) throws(Refusal) -> Relative? {
        let element = try required(element, "informant")
        guard let role = Relative.Role(rawValue: element["classCode"] ?? "") else {
            odd("informant", "informant", "un informateur d'un genre inconnu, non repris")
            return nil
        }
        let telecoms = telecoms(element)
        return Relative(
            role: role, relationship: coded(element.first("code")),
            name: try required(name(element.first("relatedPerson", "name")), "informant, nom"),
            address: address(element.first("addr"), "informant") ?? .absent(.unknown),
            telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms)
    }

    private mutating func authors(_ root: XMLElement) throws(Refusal) -> [Author] {
        var authors: [Author] = []
        for author in root.all("author") {
            let assigned = try required(author.first("assignedAuthor"), "author")
            guard let device = assigned.first("assignedAuthoringDevice") else {
                authors.append(.professional(try signature(author, "author", entity: "assignedAuthor")))
                continue
            }
            let telecoms = telecoms(assigned)
            authors.append(
                .device(
                    AuthoringDevice(
                        at: try required(instant(author.first("time"), "author"), "author, date"),
                        id: try required(id(assigned.first("id")), "author, identifiant"),
                        model: device.first("manufacturerModelName")?.words ?? "",
                        software: device.first("softwareName")?.words ?? "",
                        address: address(assigned.first("addr"), "author") ?? .absent(.unknown),
                        telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms,
                        organization: try required(
                            organization(assigned.first("representedOrganization"), "author"), "author, organisation")))
            )
        }
        return authors
    }

    private mutating func patient(_ role: XMLElement?) throws(Refusal) -> Patient {
        let role = try required(role, "patient")
        let person = try required(role.first("patient"), "patient")
        let name = try required(person.first("name"), "patient, nom")
        func part(_ tag: String, _ qualifier: String?) -> String? {
            name.all(tag).first { $0["qualifier"] == qualifier }?.words
        }
        let all = ids(role)
        let ins = all.first { OID.ins.contains($0.root) }
        let code = person.first("administrativeGenderCode")?["code"] ?? ""
        if Patient.Gender(rawValue: code) == nil { odd("gender", "patient", "un sexe inconnu, lu comme indéterminé") }
        let birth = person.first("birthplace", "place", "addr")
        let telecoms = telecoms(role)
        var patient = Patient(
            ins: ins.map { .init(matricule: $0.number ?? "", root: $0.root) },
            localIDs: all.filter { !OID.ins.contains($0.root) },
            address: address(role.first("addr"), "patient") ?? .absent(.unknown),
            telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms,
            birthFamily: try required(part("family", "BR") ?? part("family", nil), "patient, nom de naissance"),
            firstBirthGiven: try required(part("given", "BR") ?? part("given", nil), "patient, prénom de naissance"),
            allBirthGivens: part("given", nil), usedFamily: part("family", "CL"), usedGiven: part("given", "CL"),
            gender: Patient.Gender(rawValue: code) ?? .undifferentiated,
            birthDate: try required(
                stamp(person.first("birthTime")?["value"], "patient, naissance"), "patient, naissance"),
            birthPlaceCode: birth?.first("county")?.words, birthPlaceName: birth?.first("city")?.words)
        for guardian in person.all("guardian") {
            let telecoms = self.telecoms(guardian)
            patient.guardians.append(
                Patient.Guardian(
                    name: try required(self.name(guardian.first("guardianPerson", "name")), "patient, représentant"),
                    address: address(guardian.first("addr"), "patient, représentant") ?? .absent(.unknown),
                    telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms))
        }
        return patient
    }

    private mutating func act(_ root: XMLElement) throws(Refusal) -> DocumentedAct {
        let place = "documentationOf"
        let event = try required(root.first("documentationOf", "serviceEvent"), place)
        let times = event.first("effectiveTime")
        let performer = try signature(event.first("performer"), place)
        return DocumentedAct(
            request: try required(id(event.first("id")), place + ", demande"),
            receivedAt: try required(stamp(times?.first("low")?["value"], place), place + ", réception"),
            releasedAt: try required(stamp(times?.first("high")?["value"], place), place + ", diffusion"),
            performer: performer, isPartial: event.first("statusCode")?["code"] == "active")
    }

    private mutating func encounter(_ root: XMLElement) throws(Refusal) -> Encounter {
        let place = "componentOf"
        let element = try required(root.first("componentOf", "encompassingEncounter"), place)
        let facility = try required(element.first("location", "healthCareFacility"), place + ", lieu")
        let kind = Encounter.Kind(rawValue: element.first("code")?["code"] ?? "")
        if kind == nil { odd("encounter", place, "un type de rencontre inconnu, lu comme ambulatoire") }
        let times = element.first("effectiveTime")
        return Encounter(
            id: try required(id(element.first("id")), place + ", identifiant"), kind: kind ?? .ambulatory,
            begin: try required(stamp(times?.first("low")?["value"] ?? times?["value"], place), place + ", début"),
            end: stamp(times?.first("high")?["value"], place),
            responsible: try professional(element.first("responsibleParty", "assignedEntity"), place),
            facility: coded(facility.first("code")) ?? Encounter.laboratory,
            facilityName: facility.first("location", "name")?.words ?? "",
            facilityAddress: address(facility.first("location", "addr"), place) ?? .absent(.unknown))
    }
}

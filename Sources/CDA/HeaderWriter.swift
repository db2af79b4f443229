// Section 2 of the CR-BIO sheet, in document order.

extension CRBioDocument {
    func writeHeader(into w: inout XMLWriter) {
        w.element("realmCode", ("code", "FR"))
        w.element("typeId", ("root", "2.16.840.1.113883.1.3"), ("extension", "POCD_HD000040"))
        w.template("2.16.840.1.113883.2.8.2.1")
        w.template("1.2.250.1.213.1.1.1.1")
        w.template("1.3.6.1.4.1.19376.1.3.3")
        w.element("templateId", ("root", "1.2.250.1.213.1.1.1.55"), ("extension", "2024.01"))
        w.element("id", ("root", id))
        w.coded("code", .loinc("11502-2", "CR d'examens biologiques"))
        w.element("title", text: "Compte rendu d'examens biologiques")
        w.time("effectiveTime", producedAt)
        w.coded(
            "confidentialityCode",
            Coded(confidentiality.rawValue, confidentiality.display, system: OID.confidentiality))
        w.element("languageCode", ("code", "fr-FR"))
        w.element("setId", ("root", setID))
        w.element("versionNumber", ("value", String(version)))
        patient.write(into: &w)
        for author in authors { author.write(into: &w) }
        if let dataEnterer {
            w.element("dataEnterer") { w in
                w.time("time", dataEnterer.at)
                w.professional("assignedEntity", dataEnterer.professional)
            }
        }
        for informant in informants { informant.write(into: &w) }
        w.element("custodian") { w in
            w.element("assignedCustodian") { $0.organization("representedCustodianOrganization", keeper) }
        }
        for recipient in recipients { writeRecipient(recipient, into: &w) }
        writeSignature("legalAuthenticator", legalAuthenticator, template: nil, into: &w)
        for authenticator in authenticators {
            writeSignature("authenticator", authenticator, template: "1.3.6.1.4.1.19376.1.3.3.1.5", into: &w)
        }
        writeParticipants(into: &w)
        for prescription in prescriptions {
            w.element("inFulfillmentOf") { w in w.element("order") { $0.id(prescription) } }
        }
        writeAct(into: &w)
        if let replaces {
            w.element("relatedDocument", ("typeCode", "RPLC")) { w in
                w.element("parentDocument") { $0.element("id", ("root", replaces)) }
            }
        }
        for consent in consents {
            w.element("authorization") { w in
                w.element("consent") { w in
                    if let id = consent.id { w.id(id) }
                    w.coded("code", consent.code)
                    w.element("statusCode", ("code", "completed"))
                }
            }
        }
        encounter.write(into: &w)
    }

    /// The custodian has one id, that of the structure, and no sector (CDA schema; structmin #622 and #630).
    private var keeper: Organization {
        var keeper = custodian
        keeper.ids = Array(custodian.ids.prefix(1))
        keeper.sector = nil
        return keeper
    }

    private func writeRecipient(_ recipient: IntendedRecipient, into w: inout XMLWriter) {
        w.element("informationRecipient") { w in
            w.element("intendedRecipient") { w in
                w.template("1.3.6.1.4.1.19376.1.3.3.1.4")
                if let id = recipient.id { w.id(id) }
                if let address = recipient.address { w.address(address) }
                w.telecoms(recipient.telecoms)
                if let name = recipient.name { w.element("informationRecipient") { $0.name(name) } }
                if let organization = recipient.organization {
                    w.element("receivedOrganization") { w in
                        for id in organization.ids { w.id(id) }
                        w.element("name", text: organization.name)
                    }
                }
            }
        }
    }

    private func writeSignature(
        _ tag: StaticString, _ signature: Signature, template: StaticString?, into w: inout XMLWriter
    ) {
        w.element(tag) { w in
            if let template { w.template(template) }
            w.time("time", signature.at)
            // I: intended, nobody signed yet (HL7 ParticipationSignature).
            w.element("signatureCode", ("code", isPreview ? "I" : "S"))
            w.professional("assignedEntity", signature.professional)
        }
    }

    private func writeParticipants(into w: inout XMLWriter) {
        if let prescriber {
            w.element("participant", ("typeCode", "REF")) { w in
                w.template("1.3.6.1.4.1.19376.1.3.3.1.6")
                w.period("time", high: prescriber.at, type: "IVL_TS")
                w.associated(prescriber.professional)
            }
        }
        for sampler in samplers {
            w.element("participant", ("typeCode", "PRF")) { w in
                w.coded("functionCode", Coded("PRELV", "Préleveur", system: "1.2.250.1.213.1.1.4.2.280"))
                w.period("time", high: sampler.at, type: "IVL_TS")
                w.associated(sampler.professional)
            }
        }
        if let familyDoctor {
            w.element("participant", ("typeCode", "INF")) { w in
                w.coded("functionCode", Coded("PCP", "Médecin traitant", system: "2.16.840.1.113883.5.88"))
                w.element("time", ("nullFlavor", "NA"))
                w.associated(familyDoctor)
            }
        }
        for other in otherParticipants {
            w.element("participant", ("typeCode", other.kind.rawValue)) { w in
                if let function = other.function { w.coded("functionCode", function) }
                if let at = other.at {
                    w.period("time", high: at, type: "IVL_TS")
                } else {
                    w.element("time", ("nullFlavor", "NA"))
                }
                w.associated(other.professional)
            }
        }
    }

    /// Section 4: the first occurrence is the main act, then one code for each further chapter.
    private func writeAct(into w: inout XMLWriter) {
        for (index, chapter) in chapters.enumerated() {
            w.element("documentationOf") { w in
                w.element("serviceEvent") { w in
                    if index == 0 { w.id(act.request) }
                    w.coded("code", chapter.code)
                    guard index == 0 else { return }
                    w.element("lab:statusCode", ("code", act.isPartial ? "active" : "completed"))
                    w.period("effectiveTime", low: act.receivedAt, high: act.releasedAt)
                    w.element("performer", ("typeCode", "PRF")) { w in
                        w.template("1.3.6.1.4.1.19376.1.3.3.1.7")
                        w.period("time", high: act.performer.at)
                        w.professional("assignedEntity", act.performer.professional)
                    }
                }
            }
        }
        if !attachedReports.isEmpty {
            w.element("documentationOf") { w in
                w.element("serviceEvent") { w in
                    w.coded("code", .waiting("1443252", "Résultats de laboratoire de biologie de seconde intention"))
                }
            }
        }
    }
}

extension XMLWriter {
    fileprivate mutating func associated(_ who: Professional) {
        professional(
            "associatedEntity", who, person: "associatedPerson", organization: "scopingOrganization",
            classCode: "PROV")
    }
}

extension Patient {
    fileprivate func write(into w: inout XMLWriter) {
        w.element("recordTarget") { w in
            w.element("patientRole") { w in
                if let ins { w.id(ObjectID(root: ins.root, number: ins.matricule)) }
                for id in localIDs { w.id(id) }
                w.address(address)
                w.telecoms(telecoms)
                w.element("patient", ("classCode", "PSN")) { w in
                    writeName(into: &w)
                    w.coded(
                        "administrativeGenderCode", Coded(gender.rawValue, gender.display, system: OID.genders))
                    w.time("birthTime", birthDate)
                    for guardian in guardians {
                        w.element("guardian") { w in
                            w.address(guardian.address)
                            w.telecoms(guardian.telecoms)
                            w.element("guardianPerson") { $0.name(guardian.name) }
                        }
                    }
                    writeBirthPlace(into: &w)
                }
            }
        }
    }

    private func writeName(into w: inout XMLWriter) {
        func part(_ tag: StaticString, _ qualifier: String?, _ text: String, _ w: inout XMLWriter) {
            w.element(tag, ("qualifier", qualifier)) { $0.text(text) }
        }
        w.element("name") { w in
            part("family", "BR", birthFamily, &w)
            part("given", nil, allBirthGivens ?? firstBirthGiven, &w)
            part("given", "BR", firstBirthGiven, &w)
            if let usedFamily { part("family", "CL", usedFamily, &w) }
            if let usedGiven { part("given", "CL", usedGiven, &w) }
        }
    }

    private func writeBirthPlace(into w: inout XMLWriter) {
        guard birthPlaceCode != nil || birthPlaceName != nil else { return }
        w.element("birthplace") { w in
            w.element("place") { w in
                w.element("addr") { w in
                    if let birthPlaceCode { w.element("county", text: birthPlaceCode) }
                    if let birthPlaceName { w.element("city", text: birthPlaceName) }
                }
            }
        }
    }
}

extension Author {
    fileprivate func write(into w: inout XMLWriter) {
        w.element("author") { w in
            switch self {
            case .professional(let signature):
                w.time("time", signature.at)
                w.professional("assignedAuthor", signature.professional)
            case .device(let device):
                w.time("time", device.at)
                w.element("assignedAuthor") { w in
                    w.id(device.id)
                    w.coded("code", Coded("DISPOSITIF", "Dispositif", system: OID.authoringDevices))
                    w.address(device.address)
                    w.telecoms(device.telecoms)
                    w.element("assignedAuthoringDevice") { w in
                        w.element("manufacturerModelName", text: device.model)
                        w.element("softwareName", text: device.software)
                    }
                    w.organization("representedOrganization", device.organization)
                }
            }
        }
    }
}

extension Informant {
    fileprivate func write(into w: inout XMLWriter) {
        w.element("informant") { w in
            switch self {
            case .professional(let professional): w.professional("assignedEntity", professional)
            case .relative(let relative):
                w.element("relatedEntity", ("classCode", relative.role.rawValue)) { w in
                    if let relationship = relative.relationship { w.coded("code", relationship) }
                    w.address(relative.address)
                    w.telecoms(relative.telecoms)
                    w.element("relatedPerson") { $0.name(relative.name) }
                }
            }
        }
    }
}

extension Encounter {
    /// Section 5.
    fileprivate func write(into w: inout XMLWriter) {
        w.element("componentOf") { w in
            w.element("encompassingEncounter") { w in
                w.id(id)
                w.coded("code", kind.coded)
                w.period("effectiveTime", low: begin, high: end)
                w.element("responsibleParty") { $0.professional("assignedEntity", responsible) }
                w.element("location") { w in
                    w.element("healthCareFacility") { w in
                        w.coded("code", facility)
                        w.element("location") { w in
                            w.element("name", text: facilityName)
                            w.address(facilityAddress)
                        }
                    }
                }
            }
        }
    }
}

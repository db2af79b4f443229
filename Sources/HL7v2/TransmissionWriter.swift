package import Base

/// Why a transmission was not made: every reason at once.
package struct TransmissionRefused: Error, Equatable, CustomStringConvertible {
    package let refusals: [Refusal]
    package var description: String { refusals.map(\.description).joined(separator: "\n") }
}

extension DocumentTransmission {
    /// The message, after `check`.
    package func message(_ rules: CombinationRules = .tolerant) throws(TransmissionRefused) -> Message {
        let refusals = check(rules)
        guard refusals.isEmpty else { throw TransmissionRefused(refusals: refusals) }
        let isMDM = carrier == .mdm
        let type: Field =
            isMDM
            ? .components("MDM", Component(request.mdmEvent), "MDM_T02") : .components("ORU", "R01", "ORU_R01")
        let code = Field.components(Component(documentCode), Component(documentLabel), "LN")
        var segments = [
            Segment.header(
                parties, at: sentAt, type: type, controlID: controlID, processing: processing,
                version: isMDM ? "2.6" : "2.5", charset: .utf8, profile: true)
        ]
        if isMDM { segments.append(Segment("EVN", [2: Field(sentAt)])) }
        segments += [
            patient.segment, visit.segment, Segment("ORC", [1: Field(request.rawValue)]),
            Segment("OBR", [1: "1", 4: code]),
        ]
        if isMDM {
            segments.append(
                Segment(
                    "TXA",
                    [
                        1: "1", 2: Field(documentCode), 3: "TEXT", 12: Field(documentID), 13: Field(replacedID ?? ""),
                        17: "AU",
                    ]))
        }
        segments.append(
            Segment(
                "OBX",
                [
                    1: "1", 2: "ED", 3: code,
                    // The case of TEXT differs between the two carriers (profils-messages).
                    5: .components("", isMDM ? "text" : "TEXT", "XML", "Base64", Component(inBase64: document)),
                    11: Field(request.documentStatus),
                ]))
        segments += participations
        segments += metadata(coded: isMDM ? "CWE" : "CE")
        return Message(segments: segments)
    }

    private var participations: [Segment] {
        var out: [Segment] = []
        if let sender {
            out.append(
                Segment(
                    "PRT",
                    [
                        2: "UC", 4: .components("SB", "Send by", "participation"), 5: sender.person.field,
                        8: sender.organization.field,
                    ]))
        }
        for recipient in recipients {
            var prt = Segment(
                "PRT",
                [
                    2: "UC", 4: .components("RCT", "Result Copies To", "participation"),
                    15: .components("", "", "X.400", Component(recipient.address)),
                ])
            switch recipient {
            case .professional(let person, _): prt[5] = person.field
            case .organization(let organization, _): prt[8] = organization.field
            case .mailbox: break
            case .patient(let matricule, let root, let family, let given):
                prt[5] = .components(
                    Component(matricule), Component(family), Component(given), "", "", "", "", "",
                    Component(["", root, "ISO"]), "L", "", "", "INS")
            }
            out.append(prt)
        }
        if let replyTo {
            out.append(
                Segment(
                    "PRT",
                    [
                        2: "UC", 4: .components("REPLY", "Reply To", "participation"),
                        15: .components("", "", "X.400", Component(replyTo)),
                    ]))
        }
        return out
    }

    private func metadata(coded: Field) -> [Segment] {
        var out: [Segment] = []
        var rank = 1
        for flag in Flag.allCases {
            rank += 1
            out.append(
                Segment(
                    "OBX",
                    [
                        1: Field(String(rank)), 2: coded,
                        3: .components(Component(flag.rawValue), Component(flag.label), "MetaDMPMSS"),
                        5: .components(value(of: flag) ? "Y" : "N", "", "expandedYes-NoIndicator"), 11: "F",
                    ]))
            if flag == .DESTMSSANTEPAT, patientMayNotReply, toPatient {
                out.append(Segment("NTE", [1: "1", 4: "FIN"]))
            }
        }
        let mails: [(Component, Component, String?)] = [
            ("CORPSMAIL_PS", "Corps du mail pour un PS", mailToProfessionals),
            ("CORPSMAIL_PATIENT", "Corps du mail pour le patient", mailToPatient),
        ]
        for (code, label, text) in mails {
            guard let text else { continue }
            rank += 1
            out.append(
                Segment(
                    "OBX",
                    [
                        1: Field(String(rank)), 2: "ED", 3: .components(code, label, "MetaDMPMSS"),
                        5: .components("", "TEXT", "", "Base64", Component(inBase64: Array(text.utf8))), 11: "F",
                    ]))
        }
        return out
    }
}

extension PersonReference {
    fileprivate var field: Field {
        .components(
            Component(number), Component(family), Component(given), "", "", "", "", "",
            .sub("ASIP-SANTE-PS", "1.2.250.1.71.4.2.1", "ISO"), "D", "", "", "IDNPS")
    }
}

extension OrganizationReference {
    fileprivate var field: Field {
        .components(
            Component(name), "", "", "", "", .sub("ASIP-SANTE-ST", "1.2.250.1.71.4.2.2", "ISO"),
            Component(kind.rawValue), "", "", Component(number))
    }
}

extension PatientIdentification {
    var segment: Segment {
        var names = [
            [
                Component(birthFamily), Component(firstBirthGiven), Component(allBirthGivens), "", "", "", "L",
            ]
        ]
        if usedFamily != nil || usedGiven != nil {
            names.append([
                Component(usedFamily ?? birthFamily), Component(usedGiven ?? firstBirthGiven), "", "", "", "", "D",
            ])
        }
        var addresses: [[Component]] = []
        if let home {
            addresses.append([
                Component(home.street), Component(home.complement), Component(home.city), "",
                Component(home.postalCode), Component(home.country), "H",
            ])
        }
        if let birthPlaceCode {
            addresses.append(["", "", "", "", "", "", "BDL", "", Component(birthPlaceCode)])
        }
        var pid = Segment(
            "PID",
            [
                1: "1", 3: Field(repetitions: identifiers.map(\.field)), 5: Field(repetitions: names),
                7: Field(birthDate), 8: Field(sex), 11: Field(repetitions: addresses),
                32: Field(repetitions: ([reliability] + reliabilityAttributes).map { [Component($0)] }),
            ])
        if let file { pid[18] = Field(repetitions: [file.field]) }
        return pid
    }
}

extension Visit {
    var segment: Segment {
        var pv1 = Segment(
            "PV1",
            [
                1: "1", 2: Field(patientClass.rawValue), 44: Field(admittedAt ?? ""), 45: Field(dischargedAt ?? ""),
            ])
        if let number { pv1[19] = Field(repetitions: [number.field]) }
        return pv1
    }
}

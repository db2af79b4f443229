package import Base

/// Which combinations of hiding and destinations are sent (PFI sheet section 4, table of regles-gestion-mssante).
package enum CombinationRules: Sendable {
    /// The volet's table to the letter: anything else « génère un message d'erreur ».
    case strict
    /// What the volet's own examples also send; refuses only what would betray a hiding or reach nobody.
    case tolerant
}

extension DocumentTransmission {
    /// Reasons not to send; empty when the message may leave.
    package func check(_ rules: CombinationRules = .tolerant) -> [Refusal] {
        var refusals: [Refusal] = []
        func refuse(_ code: String, _ place: String, _ cause: String, _ remedy: String) {
            refusals.append(Refusal(code, at: place, because: cause, remedy: remedy))
        }
        func require(_ text: String, _ place: String) {
            if text.isEmpty { refuse("pfi.required", place, "donnée obligatoire absente", "la compléter") }
        }
        require(parties.sendingApplication, "MSH-3")
        require(parties.sendingFacility, "MSH-4")
        require(parties.receivingApplication, "MSH-5")
        require(parties.receivingFacility, "MSH-6")
        require(sentAt, "MSH-7")
        require(controlID, "MSH-10")
        if document.isEmpty { refuse("pfi.document", "OBX-5", "aucun document", "joindre le CDA") }
        if request == .replacement, replacedID == nil {
            refuse(
                "pfi.replacement", "ORC-1", "un remplacement dit quel document il remplace",
                "donner l'identifiant de la version précédente")
        }
        if carrier == .mdm { require(documentID, "TXA-12") }
        if changesVisibility, request != .replacement {
            refuse(
                "pfi.modification", "MODIF_CONF_CODE", "seul un remplacement change le masquage",
                "émettre une nouvelle version du document")
        }
        checkPatient(refuse)
        checkDestinations(rules, refuse)
        return refusals
    }

    private typealias Refuse = (_ code: String, _ place: String, _ cause: String, _ remedy: String) -> Void

    private func checkPatient(_ refuse: Refuse) {
        if patient.identifiers.isEmpty || patient.birthFamily.isEmpty || patient.reliability.isEmpty {
            refuse(
                "pfi.patient", "PID", "identifiant, nom de naissance ou fiabilité (PID-32) absent",
                "compléter l'identité du patient")
        }
        for identifier in patient.identifiers where identifier.type == "INS" {
            let roots = (8...11).map { "1.2.250.1.213.1.4.\($0)" }
            let isKnown = identifier.authority.count > 1 && roots.contains(identifier.authority[1])
            if identifier.number.utf8.count != 15 || !isKnown {
                refuse(
                    "pfi.matricule", "PID-3", "ce n'est pas un matricule INS (15 caractères, racine d'OID)",
                    "reprendre le matricule rendu par INSi")
            }
        }
        if patient.identifiers.contains(where: { $0.type == "INS" }) {
            if patient.reliability != "VALI" {
                refuse(
                    "pfi.ins", "PID-32", "un matricule INS ne voyage qu'avec une identité qualifiée (VALI)",
                    "retirer l'INS, ou qualifier l'identité")
            }
            if patient.birthDate.isEmpty || patient.sex.isEmpty || patient.allBirthGivens.isEmpty
                || (patient.birthPlaceCode ?? "").isEmpty
            {
                refuse(
                    "pfi.traits", "PID", "le matricule INS va avec les cinq traits stricts",
                    "compléter prénoms, sexe, date et code du lieu de naissance")
            }
        }
        switch visit.patientClass {
        case .emergency, .inpatient, .outpatient, .recurring:
            if visit.number == nil {
                refuse("pfi.visit", "PV1-19", "numéro de venue obligatoire", "donner le numéro de la venue")
            }
        case .notApplicable, .virtual: break
        }
    }

    private func checkDestinations(_ rules: CombinationRules, _ refuse: Refuse) {
        if !toDMP, recipients.isEmpty {
            refuse(
                "pfi.destination", "PRT", "le document n'a aucun destinataire", "choisir le DMP ou une boîte MSSanté")
        }
        if toDMP {
            if patient.ins == nil {
                refuse(
                    "pfi.dmp.ins", "PID-3", "le DMP veut une identité qualifiée",
                    "qualifier l'identité, ou ne pas alimenter")
            }
            if sender == nil || sender?.person.number.isEmpty == true || sender?.organization.number.isEmpty == true {
                refuse(
                    "pfi.dmp.sender", "PRT SB", "le DMP veut l'émetteur : professionnel et FINESS géographique",
                    "configurer le biologiste responsable et le FINESS du site")
            }
        }
        for recipient in recipients {
            if case .patient(let matricule, _, _, _) = recipient, matricule != patient.ins {
                refuse(
                    "pfi.patient.address", "PRT-15",
                    "l'adresse du patient est celle de son INS qualifié, et de lui seul",
                    "qualifier l'identité, ou retirer le patient des destinataires")
            }
            // What was taken there once is taken back there, whatever is asked of addresses since.
            if request != .deletion, let defect = MailAddress.defectOfSecured(recipient.address) {
                refuse("pfi.address", "PRT-15", "ce n'est pas une adresse MSSanté : \(defect)", "corriger l'adresse")
            }
            if !recipient.isPatient, MailAddress.isPatients(recipient.address) {
                refuse(
                    "pfi.patient.address", "PRT-15", "adresse de patient donnée à un professionnel",
                    "désigner le patient comme destinataire")
            }
        }
        if request != .deletion, let replyTo, let defect = MailAddress.defectOfSecured(replyTo) {
            refuse(
                "pfi.address", "PRT REPLY", "ce n'est pas une adresse MSSanté : \(defect)",
                "corriger l'adresse de réponse")
        }
        if hiddenFromPatient, toPatient {
            refuse(
                "pfi.hidden", "INVISIBLE_PATIENT", "un document caché au patient ne lui est pas envoyé",
                "retirer le patient des destinataires, ou lever le masquage après la consultation d'annonce")
        }
        // What is there already may be deleted, whatever it became.
        if isRestricted, toDMP, request != .deletion {
            refuse(
                "pfi.confidential", "DESTDMP", "un document restreint (R ou V) ne va pas au DMP",
                "retirer le DMP des destinataires")
        }
        if rules == .strict, !isAllowed(by: rules) {
            refuse(
                "pfi.combination", "regles-gestion-mssante", "cette combinaison n'est pas dans le tableau du volet",
                "changer les destinataires ou le masquage, ou régler la PFI en mode tolérant")
        }
    }

    /// What is deleted is deleted wherever it went: a deletion that the table does not let pass whole goes apart, to
    /// the DMP, to the professionals, to the patient. Professionals alone stand in the table beside what the patient
    /// does not see, and a deletion shows nobody anything.
    package func deletions(_ rules: CombinationRules) -> [DocumentTransmission] {
        guard request == .deletion, !isAllowed(by: rules) else { return [self] }
        var toRecord = self, toDoctors = self, toPerson = self
        toRecord.recipients = []
        for part in [\DocumentTransmission.hiddenFromPatient, \.hiddenFromProfessionals, \.secretConnection] {
            (toDoctors[keyPath: part], toPerson[keyPath: part]) = (false, false)
        }
        toDoctors.toDMP = false
        toDoctors.recipients.removeAll(where: \.isPatient)
        toDoctors.hiddenFromPatient = true
        toDoctors.hiddenFromGuardians = false
        toPerson.toDMP = false
        toPerson.recipients.removeAll { !$0.isPatient }
        return [toRecord, toDoctors, toPerson].filter { $0.toDMP || !$0.recipients.isEmpty }
    }

    private func isAllowed(by rules: CombinationRules) -> Bool {
        CombinationRules.allows(
            rules, hiddenFromProfessionals: hiddenFromProfessionals, hiddenFromPatient: hiddenFromPatient,
            hiddenFromGuardians: hiddenFromGuardians, secretConnection: secretConnection, toDMP: toDMP,
            toProfessionals: toProfessionals, toPatient: toPatient)
    }
}

extension CombinationRules {
    /// May these flags and destinations stand in one message? The table speaks of MSSanté sendings only.
    package static func allows(
        _ rules: CombinationRules, hiddenFromProfessionals: Bool, hiddenFromPatient: Bool, hiddenFromGuardians: Bool,
        secretConnection: Bool, toDMP: Bool, toProfessionals: Bool, toPatient: Bool
    ) -> Bool {
        if hiddenFromPatient, toPatient { return false }
        guard rules == .strict, toProfessionals || toPatient else { return true }
        // The three rows.
        let everybody =
            !hiddenFromProfessionals && !hiddenFromPatient && !hiddenFromGuardians && toProfessionals && toPatient
        let professionals =
            !hiddenFromProfessionals && hiddenFromPatient && !hiddenFromGuardians && toProfessionals && !toPatient
        let patientAlone = !hiddenFromPatient && !secretConnection && !toDMP && !toProfessionals && toPatient
        return everybody || professionals || patientAlone
    }
}

package import Base
import Catalog
package import Laboratory
import Store

/// What a person types to open or change a patient file.
package struct PatientDraft: Codable, Sendable, Hashable {
    package var ipp: String?
    package var status: IdentityStatus
    package var attributes: [IdentityAttribute]?
    package var traits: Traits
    package var ins: INS?
    package var usedName: String?
    package var usedGivenName: String?
    package var birthTime: Instant?
    package var address: PostalAddress?
    package var phone: String?
    package var legalRepresentative: String?
    package var opposedToDMP: Bool?
    package var administrative: AdministrativeFile?
    package init(status: IdentityStatus, traits: Traits) {
        self.status = status
        self.traits = traits
    }
}

extension PatientDraft {
    /// With the oppositions that are known, each as it was first recorded; those of `lifted` are over.
    fileprivate func keepingOppositions(of old: Patient, except lifted: Set<Opposition.Way>) -> PatientDraft {
        var draft = self
        let known = old.administrative?.oppositions ?? []
        let told = (administrative?.oppositions ?? []).filter { one in !known.contains { $0.way == one.way } }
        let standing = (known + told).filter { !lifted.contains($0.way) }
        if !standing.isEmpty || administrative != nil {
            var file = administrative ?? AdministrativeFile()
            file.oppositions = standing
            if lifted.contains(.dmp), file.feeding?.answer == .refused { file.feeding = nil }
            draft.administrative = file
        }
        draft.opposedToDMP = !lifted.contains(.dmp) && (old.opposedToDMP || opposedToDMP == true)
        return draft
    }
}

/// What a person types to open a request.
package struct RequestDraft: Codable, Sendable, Hashable {
    package var patientID: String
    /// Analyses and panels of the catalogue.
    package var codes: [String]
    package var prescriber: Professional
    package var recipients: [Professional]?
    package var prescribedOn: CivilDate?
    package var priority: Priority?
    package var encounter: EncounterClass?
    package var note: String?
    package var clinical: ClinicalFacts?
    /// When already known at the desk.
    package var collectedAt: Instant?
    package init(patientID: String, codes: [String], prescriber: Professional) {
        self.patientID = patientID
        self.codes = codes
        self.prescriber = prescriber
    }
}

/// A request with the specimens that it needs.
package struct RegisteredRequest: Codable, Sendable, Hashable {
    package var request: Request
    package var specimens: [Specimen]
    package init(request: Request, specimens: [Specimen]) {
        self.request = request
        self.specimens = specimens
    }
}

extension Desk {
    package func registerPatient(_ draft: PatientDraft, by author: Author) async throws(CommandFailure) -> Patient {
        try allow(author, .register)
        let at = now()
        let zone = try site(author.site).civilZone
        var patient = try decide { () throws(Refusal) in
            try Desk.patient(draft, id: freshID(), version: 1, site: author.site, ipp: draft.ipp ?? "")
                .checked(in: zone, at: at)
        }
        try checkShown(patient.shownWords)
        try checkMail([patient.administrative?.familyDoctor].compactMap { $0 })
        try await refuseTwin(of: patient)
        // Numbered last: a refused file uses up no number.
        if draft.ipp == nil {
            let rank = try await ask { () throws(StoreFailure) in try await store.nextNumber(of: "ipp") }
            patient.ipp = "P" + padded(rank, 7)
        }
        let made = patient
        try await ask { () throws(StoreFailure) in
            try await store.append([.patient(made)], note: note(author, "patient.register", made.id, at))
        }
        return made
    }

    /// One matricule, one file: a second would split a patient's history in two (RNIV, doublon).
    private func refuseTwin(of patient: Patient) async throws(CommandFailure) {
        guard let matricule = patient.ins?.matricule else { return }
        let same = try await ask { () throws(StoreFailure) in
            try await store.patients(PatientSearch(text: matricule), limit: 2)
        }
        guard let other = same.first(where: { $0.id != patient.id && $0.ins == patient.ins }) else { return }
        throw .refused(
            Refusal(
                "patient.ins.twin", at: "ins", because: "le dossier \(other.ipp) porte déjà ce matricule INS",
                remedy: "ouvrir ce dossier, ou vérifier le matricule auprès d'INSi"))
    }

    /// A change is a new version; the one before stays. Sex and birth have results judged again that were judged by
    /// them. Oppositions are facts of law: they stay, as they were
    /// recorded, unless they are lifted by name.
    package func updatePatient(
        _ id: String, lifting lifted: Set<Opposition.Way> = [], by author: Author,
        _ change: @Sendable (Patient) throws(Refusal) -> PatientDraft
    ) async throws(CommandFailure) -> Patient {
        try allow(author, .register)
        return try await attempt { () async throws(CommandFailure) -> Patient in
            let old = try await patient(id)
            try within(old.site, author, "patient.unknown", "patient", id)
            let zone = try site(old.site).civilZone
            let changed = try decide { () throws(Refusal) in
                let draft = try change(old).keepingOppositions(of: old, except: lifted)
                return try Desk.patient(draft, id: id, version: old.version + 1, site: old.site, ipp: old.ipp).checked(
                    in: zone, at: now())
            }
            var same = changed
            same.version = old.version
            if same == old { return old }
            try checkShown(changed.shownWords)
            let doctor = changed.administrative?.familyDoctor
            // What stood there stays in nobody's way.
            if doctor?.securedMail != old.administrative?.familyDoctor?.securedMail {
                try checkMail([doctor].compactMap { $0 })
            }
            try await refuseTwin(of: changed)
            let judged = try await judgeAgain(as: changed, before: old)
            try await ask { () throws(StoreFailure) in
                try await store.append([.patient(changed)] + judged, note: note(author, "patient.update", id, now()))
            }
            afterPatientChange(changed.id)
            return changed
        }
    }

    /// The whole file again, but for its oppositions.
    package func updatePatient(
        _ id: String, _ draft: PatientDraft, by author: Author
    ) async throws(CommandFailure) -> Patient {
        try await updatePatient(id, by: author) { _ throws(Refusal) in draft }
    }

    /// A patient by identifier or by IPP.
    package func patient(_ reference: String) async throws(CommandFailure) -> Patient {
        if let found = try await ask({ () throws(StoreFailure) in try await store.patient(reference) }) { return found }
        let similar = try await ask { () throws(StoreFailure) in
            try await store.patients(PatientSearch(text: reference), limit: 10)
        }
        if let found = similar.first(where: { $0.ipp == reference }) { return found }
        throw missing("patient.unknown", "patient", reference)
    }

    private static func patient(
        _ draft: PatientDraft, id: String, version: Int, site: String, ipp: String
    ) -> Patient {
        Patient(
            id: id, version: version, site: site, ipp: ipp, status: draft.status, attributes: draft.attributes ?? [],
            traits: draft.traits, ins: draft.ins, usedName: draft.usedName, usedGivenName: draft.usedGivenName,
            birthTime: draft.birthTime, address: draft.address, phone: draft.phone,
            legalRepresentative: draft.legalRepresentative, opposedToDMP: draft.opposedToDMP ?? false,
            administrative: draft.administrative)
    }

    /// Opens a request: expands panels, makes one specimen a kind and tube, numbers both.
    package func registerRequest(
        _ draft: RequestDraft, by author: Author
    ) async throws(CommandFailure) -> RegisteredRequest {
        try allow(author, .register)
        let at = now()
        let zone = try site(author.site).civilZone
        let patient = try await patient(draft.patientID)
        try within(patient.site, author, "patient.unknown", "patient", draft.patientID)
        let asked = try decide { () throws(Refusal) in
            guard !draft.codes.isEmpty else {
                throw Refusal(
                    "request.codes", at: "codes", because: "une demande sans analyse", remedy: "donner au moins un code"
                )
            }
            if let prescribed = draft.prescribedOn, prescribed > CivilTime(at, in: zone).date {
                throw Refusal(
                    "request.prescribed", at: "prescribedOn", because: "la date de prescription est dans le futur",
                    remedy: "corriger la date")
            }
            try draft.clinical?.check(sex: patient.traits.sex, today: CivilTime(at, in: zone).date)
            return try catalogue.expand(codes: draft.codes)
        }
        for one in [draft.prescriber] + (draft.recipients ?? []) { try checkShown(one.shownWords) }
        try checkMail([draft.prescriber] + (draft.recipients ?? []))
        let day = CivilTime(at, in: zone).date
        let dayText = String(day.compact.dropFirst(2))
        let rank = try await ask { () throws(StoreFailure) in try await store.nextNumber(of: "request-\(dayText)") }
        let request = Request(
            id: freshID(), site: author.site, number: "\(dayText)-\(padded(rank, 4))", patientID: patient.id,
            prescriber: draft.prescriber, recipients: draft.recipients ?? [], prescribedOn: draft.prescribedOn ?? day,
            registeredAt: at, priority: draft.priority ?? .routine, encounter: draft.encounter ?? .ambulatory,
            lines: asked.map { RequestLine(analysis: $0.code, panel: $0.panel) }, note: draft.note,
            clinical: draft.clinical.flatMap { $0.isEmpty ? nil : $0 })
        let specimens = specimens(of: request, dayText: dayText, rank: rank, collectedAt: draft.collectedAt)
        try await ask { () throws(StoreFailure) in
            try await store.append(
                [.request(request)] + specimens.map(Fact.specimen),
                note: note(author, "request.register", request.number, at))
        }
        return RegisteredRequest(request: request, specimens: specimens)
    }

    /// Accession number: day, rank of the request, rank of the tube, digits only (any barcode symbology prints them).
    private func specimens(of request: Request, dayText: String, rank: Int, collectedAt: Instant?) -> [Specimen] {
        var groups: [(kind: String, tube: String, analyses: [String])] = []
        for line in request.lines {
            guard let analysis = catalogue[line.analysis], let kind = analysis.specimen else { continue }
            let tube = analysis.tube ?? ""
            if let index = groups.firstIndex(where: { $0.kind == kind && $0.tube == tube }) {
                groups[index].analyses.append(line.analysis)
            } else {
                groups.append((kind, tube, [line.analysis]))
            }
        }
        return groups.enumerated().map { index, group in
            Specimen(
                accession: dayText + padded(rank, 4) + String(index + 1), site: request.site, requestID: request.id,
                kind: group.kind, tube: group.tube, analyses: group.analyses, collectedAt: collectedAt)
        }
    }

    /// A request by its id or its number.
    package func request(_ reference: String) async throws(CommandFailure) -> Request {
        if let found = try await ask({ () throws(StoreFailure) in try await store.request(reference) }) { return found }
        if let found = try await ask({ () throws(StoreFailure) in try await store.request(number: reference) }) {
            return found
        }
        throw missing("request.unknown", "demande", reference)
    }

    /// The tube is there: from now on analyzers' results for it can be matched.
    package func receive(
        _ accession: String, collectedAt: Instant?, nonconformity: String?, by author: Author
    ) async throws(CommandFailure) -> Specimen {
        try allow(author, .receive)
        return try await attempt { () async throws(CommandFailure) -> Specimen in
            let found = try await ask { () throws(StoreFailure) in try await store.specimen(accession) }
            guard var specimen = found else { throw missing("specimen.unknown", "tube", accession) }
            try within(try await request(specimen.requestID).site, author, "specimen.unknown", "tube", accession)
            let at = now()
            if let collectedAt, collectedAt > at {
                throw .refused(
                    Refusal(
                        "specimen.collected", at: accession, because: "l'heure de prélèvement est dans le futur",
                        remedy: "corriger l'heure de prélèvement"))
            }
            try checkShown([(accession, nonconformity)])
            specimen.version += 1
            specimen.receivedAt = specimen.receivedAt ?? at
            specimen.collectedAt = collectedAt ?? specimen.collectedAt
            // An empty one takes it back: the versions of the tube keep both, with their authors.
            if let nonconformity {
                let isNone = nonconformity.isEmpty
                specimen.nonconformity = isNone ? nil : nonconformity
                specimen.nonconformityBy = isNone ? nil : author.login
                specimen.nonconformityAt = isNone ? nil : at
            }
            let changed = specimen
            let judged = try await judgeAgain(on: changed, before: found ?? changed)
            let orders = try await orders(for: [changed], at: at)
            try await ask { () throws(StoreFailure) in
                try await store.append(
                    [.specimen(changed)] + orders.map(Fact.order) + judged,
                    note: note(author, "specimen.receive", accession, at))
            }
            if !orders.isEmpty { afterOrdering() }
            return changed
        }
    }
}

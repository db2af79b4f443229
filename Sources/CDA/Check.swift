package import Base

/// Why a document was not written: every reason at once.
package struct DocumentRefused: Error, Equatable, CustomStringConvertible {
    package let refusals: [Refusal]
    package var description: String { refusals.map(\.description).joined(separator: "\n") }
}

extension CRBioDocument {
    /// The document in UTF-8, after `check()`.
    package func xml() throws(DocumentRefused) -> [UInt8] {
        let refusals = check()
        guard refusals.isEmpty else { throw DocumentRefused(refusals: refusals) }
        let pdfs = pdfCopy.bytes.count + attachedReports.reduce(0) { $0 + $1.bytes.count }
        // About so much for each result; too little would copy what is written once more.
        let entries = chapters.reduce(0) { $0 + $1.entryCount }
        var w = XMLWriter(reserving: pdfs * 4 / 3 + 32_768 + entries * 2048)
        w.markup("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        w.element(
            "ClinicalDocument", ("xmlns", "urn:hl7-org:v3"), ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xmlns:lab", "urn:oid:1.3.6.1.4.1.19376.1.3.2")
        ) { w in
            writeHeader(into: &w)
            writeBody(into: &w)
        }
        guard w.replacedCharacters == 0 else {
            throw DocumentRefused(refusals: [
                Refusal(
                    "cda.character",
                    because: "\(w.replacedCharacters) caractère(s) de commande interdits par XML dans les textes",
                    remedy: "retirer les caractères de commande des libellés et des commentaires")
            ])
        }
        return w.bytes
    }

    /// Every required datum that is missing or malformed; empty when the document may be written.
    package func check() -> [Refusal] {
        var checker = Checker()
        checkHeader(&checker)
        patient.check(&checker)
        if chapters.isEmpty {
            checker.refuse("cda.chapters", "chapitres", "le compte rendu n'a aucun chapitre", "y mettre un résultat")
        }
        for (index, chapter) in chapters.enumerated() {
            chapter.check({ "chapitre \(index + 1)" }, &checker)
        }
        checker.pdf(pdfCopy.bytes, pdfCopy.id, "copie PDF")
        for (index, report) in attachedReports.enumerated() {
            checker.pdf(report.bytes, report.id, "document attaché \(index + 1)")
            checker.text(report.title, "document attaché \(index + 1), titre")
        }
        checkSections(&checker)
        return checker.refusals
    }

    private func checkSections(_ c: inout Checker) {
        for conclusion in conclusions {
            c.text(conclusion.text, "commentaire général")
            c.text(conclusion.title, "commentaire général, titre")
        }
        if let recommendation {
            let place = "raison de la recommandation"
            c.text(recommendation.text, place)
            c.text(recommendation.title, place + ", titre")
            c.coded(recommendation.reason, place)
            if let problem = recommendation.problem { c.coded(problem, place) }
        }
        for vaccination in vaccinations {
            c.text(vaccination.label, "vaccination")
            c.coded(vaccination.vaccine, "vaccination")
            if let at = vaccination.at { c.time(at, "vaccination") }
        }
    }

    private func checkVersion(_ c: inout Checker) {
        c.oid(id, "id")
        c.oid(setID, "setId")
        if version < 1 {
            c.refuse("cda.version", "versionNumber", "la version n'est pas 1 ou plus", "numéroter à partir de 1")
        }
        if (version > 1) != (replaces != nil) {
            c.refuse(
                "cda.replacement", "relatedDocument",
                "une version 2 ou plus remplace un document, une version 1 n'en remplace aucun",
                "donner l'identifiant de la version remplacée, et seulement à partir de la version 2")
        }
        if let replaces {
            c.oid(replaces, "relatedDocument")
            if replaces == id {
                c.refuse(
                    "cda.replacement", "relatedDocument", "le document se remplace lui-même", "donner un nouvel id")
            }
        }
    }

    private func checkAuthors(_ c: inout Checker) {
        if authors.isEmpty { c.refuse("cda.author", "author", "aucun auteur", "nommer l'auteur du document") }
        for (index, author) in authors.enumerated() {
            let place = "author \(index + 1)"
            switch author {
            case .professional(let signature): c.signature(signature, place)
            case .device(let device):
                c.time(device.at, place)
                c.text(device.model, place + ", modèle")
                c.text(device.software, place + ", logiciel")
                c.address(device.address, place)
                c.telecoms(device.telecoms, place)
                c.organization(device.organization, place)
            }
        }
    }

    private func checkHeader(_ c: inout Checker) {
        checkVersion(&c)
        c.time(producedAt, "effectiveTime")
        checkAuthors(&c)
        if let dataEnterer { c.signature(dataEnterer, "dataEnterer") }
        for informant in informants {
            switch informant {
            case .professional(let professional): c.professional(professional, "informant")
            case .relative(let relative):
                c.name(relative.name, "informant")
                if let code = relative.relationship {
                    c.member(
                        code, of: ValueSets.relationships.contains(code.code),
                        "JDV_HL7_PersonalRelationshipRoleType", "informant")
                }
                c.address(relative.address, "informant")
                c.telecoms(relative.telecoms, "informant")
            }
        }
        c.organization(custodian, "custodian")
        if let first = custodian.ids.first, first.root != OID.structures {
            c.refuse(
                "cda.structure", "custodian", "le premier identifiant du conservateur n'est pas celui d'une structure",
                "donner d'abord le FINESS du laboratoire")
        }
        for (index, recipient) in recipients.enumerated() {
            c.recipient(recipient, "informationRecipient \(index + 1)")
        }
        c.signature(legalAuthenticator, "legalAuthenticator")
        for (index, authenticator) in authenticators.enumerated() {
            c.signature(authenticator, "authenticator \(index + 1)")
        }
        if let prescriber { c.signature(prescriber, "participant REF") }
        for sampler in samplers { c.signature(sampler, "participant PRF") }
        if let familyDoctor { c.professional(familyDoctor, "participant INF") }
        for other in otherParticipants {
            if let function = other.function {
                c.member(
                    function, of: ValueSets.functions.contains(function.code), "les fonctions d'un participant",
                    "participant " + other.kind.rawValue)
            }
            if let at = other.at { c.time(at, "participant " + other.kind.rawValue) }
            c.professional(other.professional, "participant " + other.kind.rawValue)
        }
        for prescription in prescriptions { c.number(prescription, "inFulfillmentOf") }
        for consent in consents { c.coded(consent.code, "authorization") }
        checkAct(&c)
        c.number(encounter.id, "componentOf")
        c.time(encounter.begin, "componentOf, début")
        if let end = encounter.end { c.time(end, "componentOf, fin") }
        c.professional(encounter.responsible, "componentOf, biologiste responsable")
        if encounter.responsible.profession == nil {
            c.missing("componentOf, biologiste responsable", "la profession")
        }
        let knowsPlace = encounter.facility.system == OID.facilities && ValueSets.knowsFacility(encounter.facility.code)
        c.member(encounter.facility, of: knowsPlace, "JDV_J02", "componentOf, lieu")
        c.text(encounter.facilityName, "componentOf, lieu")
        c.address(encounter.facilityAddress, "componentOf, lieu")
    }

    private func checkAct(_ c: inout Checker) {
        c.number(act.request, "documentationOf, demande")
        c.time(act.receivedAt, "documentationOf, réception")
        c.time(act.releasedAt, "documentationOf, diffusion")
        c.signature(act.performer, "documentationOf, laboratoire exécutant")
        let performer = act.performer.professional
        if performer.profession == nil {
            c.missing("documentationOf, laboratoire exécutant", "la profession du directeur")
        }
        c.performingLaboratory(performer.organization, "documentationOf, laboratoire exécutant")
    }
}

extension Patient {
    fileprivate func check(_ c: inout Checker) {
        let place = "patient"
        c.text(birthFamily, place + ", nom de naissance")
        c.text(firstBirthGiven, place + ", premier prénom de naissance")
        if ins == nil, localIDs.isEmpty { c.missing(place, "un identifiant") }
        for id in localIDs {
            c.number(id, place + ", IPP")
            if OID.ins.contains(id.root) {
                c.refuse(
                    "cda.patient.ins", place + ", IPP", "un matricule INS est donné comme IPP",
                    "le donner comme INS, et seulement pour une identité qualifiée")
            }
        }
        switch address {
        case .absent(.unknown): break
        case .absent: c.refuse("cda.patient.null", place, "l'adresse absente d'un patient s'écrit UNK", "écrire UNK")
        case .lines, .parts: c.address(address, place)
        }
        c.telecoms(telecoms, place)
        if telecoms.contains(where: { if case .absent(let why) = $0 { why != .unknown } else { false } }) {
            c.refuse("cda.patient.null", place, "le télécom absent d'un patient s'écrit UNK", "écrire UNK")
        }
        c.time(birthDate, place + ", date de naissance")
        if birthDate.text.count > 8 {
            c.refuse("cda.time", place, "une date de naissance n'a pas d'heure", "écrire aaaammjj")
        }
        for guardian in guardians {
            c.name(guardian.name, place + ", représentant")
            c.address(guardian.address, place + ", représentant")
            c.telecoms(guardian.telecoms, place + ", représentant")
        }
        guard let ins else { return }
        if !OID.ins.contains(ins.root) || !INSKey.fits(ins.matricule) {
            c.refuse(
                "cda.patient.ins", place + ", INS", "ce n'est pas un matricule INS (15 caractères, clé, OID)",
                "reprendre le matricule rendu par INSi")
        }
        if (birthPlaceCode ?? "").isEmpty || (allBirthGivens ?? "").isEmpty {
            c.refuse(
                "cda.patient.traits", place, "un matricule INS va avec les cinq traits stricts de l'identité",
                "compléter prénoms de naissance, sexe, date et code du lieu de naissance, ou ne pas envoyer l'INS")
        }
    }
}

extension Chapter {
    fileprivate var entryCount: Int {
        switch content {
        case .block(let block): block.entryCount
        case .subChapters(let subs): subs.reduce(0) { $0 + $1.block.entryCount }
        }
    }

    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        c.chapter(code, place())
        c.text(title, place() + ", titre")
        switch content {
        case .block(let block): block.check(place, code: code, &c)
        case .subChapters(let subs):
            if subs.isEmpty { c.missing(place(), "un résultat") }
            for (index, sub) in subs.enumerated() {
                func here() -> String { "\(place()).\(index + 1)" }
                if let code = sub.code { c.chapter(code, here()) }
                sub.block.check(here, code: sub.code ?? code, &c)
            }
        }
    }
}

extension Block {
    fileprivate var entryCount: Int {
        items.reduce(0) { sum, item in
            switch item {
            case .panel(let panel): sum + 1 + panel.observations.count
            case .observation, .sampling, .isolate, .image, .comment: sum + 1
            }
        }
    }

    /// `code`: that of its section, which stands for its own.
    fileprivate func check(_ place: () -> String, code: Coded, _ c: inout Checker) {
        if items.isEmpty { c.missing(place(), "un résultat") }
        if let own = self.code {
            c.loinc(own, place() + ", entrée")
        } else if code.system == OID.waitingCodes {
            c.missing(place() + ", entrée", "le code LOINC (celui de la section est un code d'attente)")
        }
        c.performer(performer, place())
        for validation in validators { c.validation(validation, place()) }
        for (index, item) in items.enumerated() {
            func here() -> String { "\(place()), ligne \(index + 1)" }
            switch item {
            case .comment(let text): c.text(text, here() + ", commentaire")
            case .observation(let observation): observation.check(here, &c)
            case .sampling(let sampling): sampling.check(here, &c)
            case .panel(let panel): panel.check(here, &c)
            case .isolate(let isolate): isolate.check(here, &c)
            case .image(let image): image.check(here, &c)
            }
        }
    }
}

extension SamplingEntry {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        c.coded(act, place() + ", prélèvement")
        c.member(
            nature, of: nature.system == OID.specimens && ValueSets.specimens.contains(nature.code),
            "JDV_HL7_SpecimenType", place() + ", nature de l'échantillon")
        if let site { c.coded(site, place() + ", site") }
        c.number(specimen, place() + ", échantillon")
        if let collectedAt { c.time(collectedAt, place() + ", prélevé le") }
        if let receivedAt { c.time(receivedAt, place() + ", reçu le") }
        c.sampler(sampler, place())
    }
}

extension PanelEntry {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        if !code.isUnnamed { c.analysis(code, place()) }
        c.performer(performer, place())
        for validation in validators { c.validation(validation, place()) }
        for image in images { image.check(place, &c) }
        if observations.isEmpty { c.missing(place(), "un résultat") }
        for index in observations.indices { observations[index].check({ "\(place()).\(index + 1)" }, &c) }
        for comment in comments { c.text(comment, place() + ", commentaire") }
    }
}

extension ImageEntry {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        guard !bytes.starts(with: format.signature) else { return }
        c.refuse(
            "cda.image", place(), "ce n'est pas une image \(format.rawValue)",
            "joindre une image PNG, JPEG ou GIF lisible")
    }
}

extension IsolateEntry {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        c.number(isolate, place() + ", isolat")
        if let snomed {
            c.coded(snomed, place())
            if snomed.system != OID.snomed {
                c.refuse(
                    "cda.isolate.code", place(), "le code du germe n'est pas SNOMED CT", "corriger le code du germe")
            }
        }
        if let ncbi {
            c.coded(ncbi, place())
            if ncbi.system != OID.ncbiTaxonomy {
                c.refuse(
                    "cda.isolate.code", place(), "la traduction du code du germe n'est pas NCBI Taxonomy",
                    "corriger la traduction")
            }
        }
        for comment in comments { c.text(comment, place() + ", commentaire") }
        c.performer(performer, place())
        if snomed == nil, ncbi == nil {
            c.refuse(
                "cda.isolate.code", place(), "l'isolat n'a ni code SNOMED CT ni code NCBI",
                "coder le germe au catalogue")
        }
        c.text(label, place() + ", germe")
        c.time(at, place())
        for (index, finding) in findings.enumerated() { finding.check({ "\(place()).\(index + 1)" }, &c) }
        antibiogram?.check({ place() + ", antibiogramme" }, &c)
        if findings.isEmpty, antibiogram == nil { c.missing(place(), "un résultat") }
    }
}

extension ObservationEntry {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        c.analysis(code, place())
        switch outcome {
        case .value(let value, let at):
            c.time(at, place() + ", date du résultat")
            if at.text.count <= 8 {
                c.refuse("cda.time", place(), "un résultat a une date et une heure", "donner l'heure, avec son fuseau")
            }
            value.check(place, &c)
        case .notPerformed(let reason): c.text(reason, place() + ", motif de non-réalisation")
        }
        if let reference { reference.check({ place() + ", intervalle de référence" }, &c) }
        for before in previous {
            c.time(before.at, place() + ", antériorité")
            before.value.check({ place() + ", antériorité" }, &c)
        }
        if let technique {
            c.text(technique.label, place() + ", technique")
            if let code = technique.code {
                c.member(
                    code, of: code.system == OID.techniques && ValueSets.techniques.contains(code.code),
                    "JDV_TechniqueBiologie", place() + ", technique")
            }
        }
        for comment in comments { c.text(comment, place() + ", commentaire") }
        c.performer(performer, place())
        for validation in validators { c.validation(validation, place()) }
        for material in devices + reagents { c.coded(material, place() + ", automate ou réactif") }
    }
}

extension ObservedValue {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        switch self {
        case .number(_, let text, let unit):
            c.decimal(text, place())
            if let unit { c.unit(unit, place()) }
        case .range(let low, let high, let unit):
            c.decimal(low, place())
            c.decimal(high, place())
            c.unit(unit, place())
        case .qualitative(let text, let code):
            c.text(text, place() + ", valeur")
            if let code { c.coded(code, place() + ", valeur") }
        case .text(let text): c.text(text, place() + ", valeur")
        case .titre(let numerator, let denominator):
            for part in [numerator, denominator] where Int(part) == nil {
                c.refuse("cda.number", place(), "« \(part) » n'est pas un entier", "écrire un titre tel que 1/160")
            }
        }
    }
}

extension ReferenceInterval {
    fileprivate func check(_ place: () -> String, _ c: inout Checker) {
        switch bounds {
        case .text(let text): c.text(text, place())
        case .numbers(let low, let high, let unit):
            if low == nil, high == nil { c.missing(place(), "une borne") }
            for bound in [low, high].compactMap({ $0 }) { c.decimal(bound, place()) }
            if let unit { c.unit(unit, place()) }
        }
    }
}

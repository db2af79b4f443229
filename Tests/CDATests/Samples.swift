import Base
import CDA

/// Fictitious documents: the patient of the ANS test set (INS root .10), people and places of our own.
enum Sample {
    static let root = "1.2.250.1.999.1"
    static func local(_ arc: Int, _ number: String) -> ObjectID { ObjectID(root: "\(root).\(arc)", number: number) }

    static let address = Address.parts(
        .init(houseNumber: "8", streetName: "Rue des Lilas", postalCode: "92100", city: "BOULOGNE-BILLANCOURT"))
    static let telecom = [Telecom.address("tel:0174589607", use: "WP")]
    static let laboratory = Organization(
        ids: [.structure("1120459876"), .accreditation("8-9999")], name: "Laboratoire des Lilas & associés",
        telecoms: telecom, address: address, sector: Organization.ambulatory)
    static let biologist = Professional(
        id: .professional("801234534765"), profession: .profession("G15_10/SM03", "Médecin - Biologie médicale (SM)"),
        address: address, telecoms: telecom,
        name: PersonName(family: "CAMPARINI", given: "Marcel", prefix: "M", suffix: "DR"), organization: laboratory)
    static let doctor = Professional(
        id: .professional("810002422979"),
        profession: .profession("G15_10/SM26", "Médecin - Qualifié en Médecine Générale (SM)"),
        address: .lines(["5 rue du Chêne", "92100 BOULOGNE-BILLANCOURT"]), telecoms: [.absent(.notAsked)],
        name: PersonName(family: "CHARLES", given: "Pascal", suffix: "DR"))

    static let glucose = AnalysisCode(
        label: "Glucose", loinc: .loinc("14749-6", "Glucose [Moles/Volume] Sérum/Plasma ; Numérique"))
    static let crp = AnalysisCode(
        label: "CRP", loinc: .loinc("1988-5", "Protéine C réactive [Masse/Volume] Sérum/Plasma ; Numérique"))
    static let potassium = AnalysisCode(
        label: "Potassium", loinc: .loinc("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique"))
    static let hbs = AnalysisCode(
        label: "Antigène HBs", loinc: .loinc("5195-3", "Virus de l'hépatite B antigène HBs [Présence] Sérum"))
    static let time: Stamp = "20250310101500+0100"

    static func observation(
        _ code: AnalysisCode, _ value: ObservedValue, _ interpretation: Interpretation? = nil,
        reference: ReferenceInterval? = nil, previous: [PreviousObservation] = [], technique: Technique? = nil,
        comments: [String] = []
    ) -> ObservationEntry {
        ObservationEntry(
            code: code, outcome: .value(value, at: time), interpretation: interpretation, reference: reference,
            previous: previous, technique: technique, comments: comments)
    }

    static let sampling = SamplingEntry(
        collectedAt: "20250310090500+0100", receivedAt: "20250310091000+0100", specimen: local(6, "T-2025-001077-1"),
        nature: SamplingEntry.nature("BLD", "Sang complet"))

    static func chapter(_ items: [Item]) -> Chapter {
        Chapter(
            code: .loinc("18719-5", "Biochimie"), title: "Biochimie",
            content: .block(Block(items: [.sampling(sampling)] + items)))
    }

    static let pdf = Array("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n".utf8)

    static func document(
        version: Int = 1, patient: Patient = qualified, chapters: [Chapter]? = nil
    ) -> CRBioDocument {
        CRBioDocument(
            id: "\(root).1.20250310.77.\(version)", setID: "\(root).1.20250310.77", version: version,
            replaces: version > 1 ? "\(root).1.20250310.77.\(version - 1)" : nil, producedAt: "20250310121000+0100",
            patient: patient, authors: [.professional(Signature(biologist, at: "20250310121000+0100"))],
            custodian: laboratory, legalAuthenticator: Signature(biologist, at: "20250310121000+0100"),
            act: DocumentedAct(
                request: local(4, "D-2025-001077"), receivedAt: "20250310091000+0100",
                releasedAt: "20250310121000+0100", performer: Signature(biologist, at: "20250310121000+0100")),
            encounter: Encounter(
                id: local(5, "V-000897406"), kind: .ambulatory, begin: "20250310090000+0100", responsible: biologist,
                facilityName: "Laboratoire des Lilas", facilityAddress: address),
            chapters: chapters ?? [
                chapter([
                    .observation(
                        observation(
                            glucose, .number("5.2", "mmol/L"), .normal,
                            reference: .numbers(low: "3.9", high: "6.1", unit: "mmol/L")))
                ])
            ],
            pdfCopy: PDFCopy(id: local(7, "D-2025-001077.\(version)"), bytes: pdf))
    }

    static let qualified = Patient(
        ins: .init(matricule: "279035121518989", root: "1.2.250.1.213.1.4.10"), localIDs: [local(2, "405660")],
        address: .lines(["28 avenue de Breteuil", "75007 PARIS"], use: "H"), birthFamily: "PAT-TROIS",
        firstBirthGiven: "DOMINIQUE", allBirthGivens: "DOMINIQUE MARIE-LOUISE", usedFamily: "PAT-TROIS",
        usedGiven: "DOMINIQUE", gender: .female, birthDate: "19790328", birthPlaceCode: "51215",
        birthPlaceName: "DOMPREMY")

    /// No INS, no sex known, a birth date known to the month, and a legal representative.
    static let minorWithoutINS = Patient(
        localIDs: [local(2, "405661")], telecoms: [.address("mailto:famille@example.org", use: "H")],
        birthFamily: "ESSAI", firstBirthGiven: "LÉO", gender: .undifferentiated, birthDate: "202501",
        guardians: [
            .init(
                name: PersonName(family: "ESSAI", given: "Jeanne", prefix: "MME"),
                address: .lines(["3 impasse du Test", "35000 RENNES"], use: "H"),
                telecoms: [.address("tel:0200000000", use: "H")])
        ])
}

extension Sample {
    /// Every shape of the sheet's sections 2 to 8, one document each, by name.
    static var every: [String: CRBioDocument] {
        var all: [String: CRBioDocument] = ["minimal": document(), "corrected": document(version: 2)]
        all["without-ins"] = document(patient: minorWithoutINS)
        all["values"] = document(chapters: [values])
        all["panels"] = document(chapters: [panels, subChapters])
        all["microbiology"] = document(chapters: [microbiology])
        all["full-header"] = fullHeader
        all["hostile-texts"] = document(chapters: [
            chapter([
                .observation(
                    observation(
                        AnalysisCode(label: "<b>&amp;\"'", loinc: glucose.loinc), .text("]]> < & > \" ' é µ ≤ 𝛼"),
                        comments: ["ligne 1\nligne 2 <script>", "&#0;"]))
            ])
        ])
        var partial = document()
        partial.act.isPartial = true
        partial.chapters = [
            Chapter(
                code: .loinc("18719-5", "Biochimie"), title: "Biochimie",
                content: .block(
                    Block(
                        status: .active,
                        items: [
                            .panel(
                                PanelEntry(
                                    code: glucose, status: .active,
                                    observations: [observation(potassium, .number("4.0", "mmol/L"))]))
                        ])))
        ]
        all["partial"] = partial
        return all
    }

    static var values: Chapter {
        let inr = AnalysisCode(label: "INR", loinc: .loinc("6301-6", "INR [Temps relatif] Plasma plaquettaire pauvre"))
        let local = AnalysisCode(
            label: "Dosage maison", loinc: nil, translations: [Coded("MAISON1", "Dosage maison", system: "\(root).9")])
        let waiting = AnalysisCode(
            label: "Analyse nouvelle", loinc: nil, translations: [.waiting("1443252", "Nouvelle")])
        return chapter([
            .observation(
                observation(
                    glucose, .number("7.80", "mmol/L"), .high,
                    reference: .numbers(low: "3.9", high: "6.1", unit: "mmol/L"),
                    previous: [
                        PreviousObservation(at: "20241104090000+0100", value: .number("5.0", "mmol/L")),
                        PreviousObservation(
                            at: "20231104090000+0100", value: .number(comparator: .below, text: "5", unit: "mmol/L")),
                    ],
                    technique: .ansm("9AX", "Amperométrie"), comments: ["Contrôlé sur un second tube."])),
            .observation(
                observation(
                    crp, .number(comparator: .below, text: "4", unit: "mg/L"), .belowDetection,
                    reference: .numbers(low: nil, high: "5", unit: "mg/L"), technique: Technique(label: "Turbidimétrie")
                )),
            .observation(observation(crp, .number(comparator: .atLeast, text: "500", unit: "mg/L"), .veryHigh)),
            .observation(
                observation(crp, .number(comparator: .above, text: "500", unit: Unit(ucum: "mg/L")), .aboveMeasuring)),
            .observation(observation(inr, .number("2.0", nil), reference: .numbers(low: nil, high: "1.2", unit: nil))),
            .observation(observation(inr, .number(comparator: .above, text: "8.0", unit: nil), .veryHigh)),
            .observation(observation(hbs, .qualitative("Négatif", code: nil), .negative, reference: .text("Négatif"))),
            .observation(
                observation(
                    hbs, .qualitative("Positif", code: .snomed("10828004", "Positif")), .positive)),
            .observation(observation(local, .text("Aspect lactescent, à recontrôler"))),
            .observation(
                observation(waiting, .range(low: "2", high: "5", unit: Unit(ucum: "10*3/uL", printed: "G/L")))),
            .observation(observation(hbs, .titre(numerator: "1", denominator: "160"), .positive)),
            .observation(
                ObservationEntry(
                    code: potassium, outcome: .notPerformed(reason: "Échantillon hémolysé"),
                    comments: ["Nouveau prélèvement demandé."])),
            .comment("Prélèvement difficile."),
        ])
    }

    static var panels: Chapter {
        let count = AnalysisCode(
            label: "Numération", loinc: .loinc("58410-2", "Numération globulaire [Panel] Sang ; Automate"),
            translations: [Coded("NUM", "Numération", system: "\(root).9")])
        let haemoglobin = AnalysisCode(
            label: "Hémoglobine", loinc: .loinc("718-7", "Hémoglobine [Masse/Volume] Sang ; Numérique"))
        let other = Performer(
            at: "20250310110000+0100",
            director: Professional(
                id: .professional("801234534773"), profession: .profession("G15_21", "Pharmacien - Biologie"),
                address: .absent(.notAsked), telecoms: telecom, name: PersonName(family: "SOUSTRAIT", given: "Anne"),
                organization: Organization(
                    ids: [.structure("1750000001")], name: "Laboratoire spécialisé", telecoms: telecom,
                    address: address,
                    sector: Organization.ambulatory)))
        let validation = Validation(
            at: "20250310113000+0100", id: .professional("801234534765"), name: biologist.name)
        var sub = observation(potassium, .number("4.1", "mmol/L"))
        sub.performer = other
        sub.validators = [validation]
        return Chapter(
            code: .loinc("18723-7", "Hématologie"), title: "Hématologie",
            content: .block(
                Block(
                    performer: other, validators: [validation],
                    items: [
                        .sampling(
                            SamplingEntry(
                                act: .nabm("9105", "Forfait sécurité"), collectedAt: nil, receivedAt: nil,
                                specimen: local(6, "T-2"), nature: SamplingEntry.nature("BLD", "Sang"),
                                site: .snomed("368208006", "Bras gauche"))),
                        .panel(
                            PanelEntry(
                                code: count,
                                observations: [
                                    observation(
                                        haemoglobin, .number("13.2", "g/dL"), .normal,
                                        reference: .numbers(low: "12.0", high: "16.0", unit: "g/dL"))
                                ],
                                comments: ["Contrôle à prévoir."], performer: other)),
                        .observation(sub),
                    ])))
    }

    static var subChapters: Chapter {
        Chapter(
            code: .loinc("18719-5", "Biochimie"), title: "Biochimie",
            content: .subChapters([
                SubChapter(
                    title: "Biochimie du sang",
                    block: Block(items: [
                        .sampling(sampling), .observation(observation(glucose, .number("5.0", "mmol/L"))),
                    ])),
                SubChapter(
                    code: .loinc("18719-5", "Biochimie"), title: "Protéines",
                    block: Block(items: [.observation(observation(crp, .number("2", "mg/L")))])),
            ]))
    }

    static var microbiology: Chapter {
        let germs = AnalysisCode(
            label: "Dénombrement",
            loinc: .loinc("51480-2", "Bactérie [Nombre/Volume] Urine ; Numérique ; Comptage automate"))
        let ampicillin = AnalysisCode(
            label: "Ampicilline", loinc: .loinc("28-1", "Ampicilline [Sensibilité] Isolat ; Alphanumérique ; CMI"))
        return Chapter(
            code: .loinc("18725-2", "Microbiologie"), title: "ECBU",
            content: .block(
                Block(items: [
                    .isolate(
                        IsolateEntry(
                            isolate: local(8, "ISO-1"), label: "Escherichia coli",
                            snomed: .snomed("112283007", "Escherichia coli"),
                            ncbi: .ncbiTaxonomy("562", "Escherichia coli"), at: time,
                            findings: [observation(germs, .number("100000", "/mL"))],
                            antibiogram: PanelEntry(
                                code: AnalysisCode(label: "Antibiogramme", loinc: .loinc("18769-0", "Antibiogramme")),
                                observations: [
                                    observation(
                                        ampicillin, .number(comparator: .atMost, text: "0.25", unit: "ug/mL"),
                                        .susceptible)
                                ]))),
                    .isolate(
                        IsolateEntry(
                            isolate: local(8, "ISO-2"), label: "Streptococcus sp.", snomed: nil,
                            ncbi: .ncbiTaxonomy("1301", "Streptococcus"), at: time,
                            findings: [observation(germs, .number("1000", "/mL"))])),
                ])))
    }

    static var fullHeader: CRBioDocument {
        var d = document()
        d.confidentiality = .restricted
        d.authors.append(
            .device(
                AuthoringDevice(
                    at: "20250310121000+0100", id: local(3, "PAILLASSE-1"), model: "Paillasse", software: "Paillasse",
                    address: address, telecoms: telecom, organization: laboratory)))
        d.dataEnterer = Signature(biologist, at: "20250310091500+0100")
        d.informants = [
            .relative(
                Relative(
                    role: .toWarn, relationship: Coded("MTH", "Mère", system: "2.16.840.1.113883.5.111"),
                    name: PersonName(family: "ESSAI", given: "Jeanne", prefix: "MME"), address: .absent(.notAsked),
                    telecoms: [.address("tel:0200000000", use: "H")])),
            .professional(doctor),
        ]
        var recipient = doctor
        recipient.telecoms = [.address("mailto:pascal.charles@medecin.test.mssante.fr", use: "WP")]
        recipient.organization = Organization(
            ids: [.structure("1920000002")], name: "Cabinet du Chêne", telecoms: telecom, address: address)
        d.recipients = [
            IntendedRecipient(recipient), IntendedRecipient(telecoms: [.address("mailto:boite@test.mssante.fr")]),
            IntendedRecipient(
                telecoms: [.address("mailto:crcdc@test.mssante.fr", use: "WP")],
                organization: ReceivedOrganization(name: "Centre de coordination")),
        ]
        d.otherParticipants = [
            Participation(kind: .consultant, at: "20250309", professional: doctor),
            Participation(
                kind: .informed,
                function: Coded("CORRE", "Correspondant", system: "1.2.250.1.213.1.1.4.2.280"), professional: doctor),
        ]
        d.authenticators = [Signature(biologist, at: "20250310115900+0100")]
        d.prescriber = Signature(doctor, at: "20250308")
        d.samplers = [
            Signature(
                Professional(
                    id: .professional("801234567893"), profession: .profession("G15_60", "Infirmier"), address: address,
                    telecoms: telecom, name: PersonName(family: "PIQUET", given: "Rose", prefix: "MME")),
                at: "20250310090500+0100")
        ]
        d.familyDoctor = doctor
        d.prescriptions = [local(3, "P-2025-000412"), local(3, "P-2025-000413")]
        d.consents = [
            Consent(
                id: local(3, "C-1"), code: Coded("CONSENT", "Examen génétique", system: "\(root).9"))
        ]
        d.encounter.kind = .outpatient
        d.encounter.end = "20250310093000+0100"
        d.recommendation = Recommendation(
            text: "Test de dépistage primaire",
            reason: Coded(
                "MED-1210", "Test HPV-HR de dépistage primaire réalisé sur prélèvement cervico-utérin",
                system: "1.2.250.1.213.1.1.4.322"),
            problem: Coded("B97.7", "Papillovirus", system: "2.16.840.1.113883.6.3", systemName: "CIM-10"))
        d.vaccinations = [
            Vaccination(
                label: "Vaccin contre le papillomavirus",
                vaccine: Coded("J07BM", "vaccins contre le papillomavirus", system: "2.16.840.1.113883.6.73"),
                isDone: false),
            Vaccination(
                label: "Vaccin contre l'hépatite B",
                vaccine: Coded("J07BC", "vaccins contre l'hépatite", system: "2.16.840.1.113883.6.73"), isDone: true,
                at: "20200105"),
        ]
        d.conclusions = [
            "Bilan sans particularité.\nÀ contrôler dans 3 mois.",
            Conclusion(title: "Pour le patient", text: "Parlez-en à votre médecin."),
        ]
        d.attachedReports = [AttachedReport(title: "Laboratoire spécialisé", id: local(7, "EXT-1"), bytes: pdf)]
        return d
    }
}

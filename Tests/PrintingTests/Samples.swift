import Base
import Report

/// Reports of people who do not exist.
enum Samples {
    static let edited = Instant(seconds: 1_795_344_120)

    static let issuer = PrintedReport.Issuer(
        name: "Laboratoire de biologie médicale des Deux Rives", address: ["12 quai des Tanneurs", "49000 Angers"],
        phone: "02 41 00 00 00", finess: "490000999",
        biologists: [
            "Biologiste-responsable : Dr Hélène VASSEUR", "Biologistes médicaux : Dr Marc OLIVIER, Dr Sophie N’GUESSAN",
        ],
        legalMentions: [
            "SELAS DES DEUX RIVES au capital de 100 000 € – RCS Angers 000 000 000 – FINESS EJ 490000998",
            "Seuls les examens de la portée d’accréditation sont couverts. La reproduction de ce compte rendu "
                + "n’est permise que dans son intégralité.",
        ])

    static let patient = PrintedReport.Person(
        birthName: "DESMARETS", usedName: "LE GOFF", givenNames: "Maëlle Anne", birthDate: "14/02/1979", sex: "F",
        age: "47 ans", birthPlace: "Angers (49)", ins: "2 79 02 49 007 000 00", insNature: "NIR", ipp: "0000471182")

    static let dates = PrintedReport.Dates(
        collected: "22/11/2026 à 07:12", received: "22/11/2026 à 08:03", edited: "22/11/2026 à 11:42", editedAt: edited)

    static let signature = PrintedReport.Signature(
        name: "Dr Hélène VASSEUR", role: "Biologiste médical", signedAt: "22/11/2026 à 11:40")

    static let usual = PrintedReport(
        issuer: issuer, patient: patient, requestNumber: "261122-0147",
        prescriber: "Dr Yann KERVELLA\n(RPPS 10100000000)",
        recipients: ["Dr Yann KERVELLA", "Centre hospitalier, service de médecine interne"], dates: dates,
        chapters: [haematology, chemistry, microbiology],
        comment: ["Anémie microcytaire : un bilan martial de contrôle est proposé après traitement."],
        signatures: [signature])

    /// A film and a trace among the results, a report of another laboratory beside them.
    static let pictured: PrintedReport = {
        var report = usual
        let film = PNG.picture(width: 240, height: 160) { x, y in
            ((x / 40 + y / 40) % 2 == 0 ? 200 : 120, 60, 90, y < 80 ? 255 : 120)
        }
        report.chapters[0].panels[0].pictures = [
            .init(caption: "Frottis sanguin, MGG × 100", bytes: film), .init(caption: "", bytes: trace),
        ]
        report.attached = ["Étude de l'hémoglobine (n° HB-12)"]
        return report
    }()
    /// A JPEG of 24 × 16 points.
    static let trace =
        Base64.decode(
            Array(
                """
                /9j/4AAQSkZJRgABAQEASABIAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j\
                q62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk\
                pKSkpKSkpKT/wAARCAAQABgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF\
                BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW\
                V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi\
                4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC\
                AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm\
                Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq\
                8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDpqxPEn/Lv/wAC/pWVWx4f/wCXj/gP9aAMGiu2ooA//9k=
                """.utf8)) ?? []

    static let haematology = PrintedReport.Chapter(
        title: "Hématologie",
        panels: [
            .init(
                title: "Hémogramme", specimen: "Sang total EDTA – prélevé le 22/11/2026 à 07:12",
                lines: [
                    .init(
                        name: "Hématies", value: "4,52", unit: "T/L", interval: "3,92 – 5,08",
                        previous: .init(value: "4,48", date: "12/03/2026"),
                        method: "Impédance et cytométrie en flux – Sysmex XN-1000"),
                    .init(
                        name: "Hémoglobine", value: "10,2", unit: "g/dL", flag: .low, interval: "11,5 – 14,9",
                        previous: .init(value: "11,8", date: "12/03/2026")),
                    .init(name: "Hématocrite", value: "33,1", unit: "%", flag: .low, interval: "34,0 – 43,5"),
                    .init(
                        name: "Volume globulaire moyen", value: "73,2", unit: "fL", flag: .low,
                        interval: "79,0 – 97,0"),
                    .init(
                        name: "Leucocytes", value: "8,90", unit: "G/L", interval: "3,90 – 10,20",
                        previous: .init(value: "7,41", date: "12/03/2026")),
                    .init(
                        name: "Plaquettes", value: "498", unit: "G/L", flag: .high, interval: "150 – 400",
                        comments: ["Absence d’amas plaquettaires au contrôle sur frottis."]),
                ], comment: ["Hypochromie et microcytose à confronter au bilan martial."])
        ])

    static let chemistry = PrintedReport.Chapter(
        title: "Biochimie",
        panels: [
            .init(
                lines: [
                    .init(
                        name: "Glucose à jeun", value: "5,27", unit: "mmol/L", interval: "3,89 – 6,05",
                        equivalents: [.init(value: "0,95", unit: "g/L", interval: "0,70 – 1,09")],
                        previous: .init(value: "5,16", date: "12/03/2026"), method: "Hexokinase – cobas c 503"),
                    .init(
                        name: "Potassium", value: "6,7", unit: "mmol/L", flag: .criticalHigh, interval: "3,5 – 5,1",
                        comments: ["Résultat contrôlé, appelé au prescripteur le 22/11/2026 à 09:55."]),
                    .init(name: "CRP", value: "< 0,6", unit: "mg/L", interval: "< 5,0"),
                    .init(name: "Ferritine", value: "6", unit: "µg/L", flag: .criticalLow, interval: "15 – 150"),
                ]),
            .init(
                title: "Bilan lipidique", specimen: "Sérum",
                lines: [
                    .init(
                        name: "Cholestérol total",
                        notPerformed: "Non réalisé : échantillon hémolysé, à prélever à nouveau"),
                    .init(
                        name: "Anticorps anti-récepteurs de l’acétylcholine (radio-immunologie)", value: "Négatif",
                        subcontracted: "Sous-traité : Laboratoire Exemple, 69000 Lyon"),
                ]),
        ])

    static let microbiology = PrintedReport.Chapter(
        title: "Microbiologie",
        panels: [
            .init(
                title: "Examen cytobactériologique des urines", specimen: "Urines du milieu de jet",
                lines: [
                    .init(name: "Leucocytes", value: "≥ 10⁵", unit: "/mL", flag: .high, interval: "< 10⁴"),
                    .init(
                        name: "Culture",
                        value:
                            "Nombreuses colonies d’Escherichia coli (≥ 10⁵ UFC/mL), résistance à l’amoxicilline, "
                            + "sensibilité conservée à la fosfomycine et aux céphalosporines de troisième génération",
                        flag: .abnormal),
                    .init(name: "Nitrites", value: "Présence", flag: .abnormal, interval: "Absence"),
                ])
        ])

    /// As many analyses as asked, in panels of twelve, numbered so that a lost one is noticed.
    static func long(lines count: Int) -> PrintedReport {
        var report = usual
        var panels = [PrintedReport.Panel]()
        for start in stride(from: 1, through: count, by: 12) {
            let lines = (start...min(start + 11, count)).map { n in
                PrintedReport.Line(
                    name: "Analyse témoin n° \(n)", value: "\(n),50", unit: "mmol/L", flag: n % 7 == 0 ? .high : .none,
                    interval: "0,10 – 99,90", previous: n % 3 == 0 ? .init(value: "\(n),10", date: "12/03/2026") : nil,
                    method: n % 5 == 0 ? "Spectrophotométrie d’absorption moléculaire" : "")
            }
            panels.append(.init(title: "Groupe \(start / 12 + 1)", specimen: "Plasma hépariné", lines: lines))
        }
        report.chapters = [.init(title: "Biochimie spécialisée", panels: panels)]
        return report
    }

    /// With a logo, and curves: a bound, a result out of its interval, too few points for one.
    static var followed: PrintedReport {
        var report = usual
        report.issuer.logo = logo
        let day: Int64 = 86_400
        func points(_ values: [String]) -> [PrintedReport.TrendPoint] {
            values.enumerated().map { n, value in
                let at = Instant(seconds: edited.milliseconds / 1000 - Int64(values.count - 1 - n) * 61 * day)
                return .init(value: value, date: CivilTime(at, in: .europeParis).date.french, at: at)
            }
        }
        report.chapters[0].panels[0].lines[1].trend = points(["12,4", "12,1", "11,8", "11,0", "10,2"])
        report.chapters[0].panels[0].lines[1].trend[2].isApart = true
        report.chapters[0].panels[0].lines[4].trend = points(["7,41", "8,90"])
        report.chapters[1].panels[0].lines[1].trend = points(["4,1", "4,3", "6,7"])
        report.chapters[1].panels[0].lines[2].trend = points(["12,0", "3,1", "< 0,6"])
        return report
    }

    /// Twelve by eight points, red on half a transparent ground: made by hand, of nobody.
    static let logo = PNG.picture(width: 12, height: 8) { x, y in
        (x + y) % 3 == 0 ? (170, 30, 40, 255) : (20, 90, 60, 128)
    }

    /// Partial, replaced, not signed.
    static var proof: PrintedReport {
        var report = long(lines: 100)
        report.completeness = .partial
        report.version = .init(number: 2, replacementNotice: "Annule et remplace la version 1 du 21/11/2026.")
        report.signatures = []
        return report
    }

    /// Every text longer than its place.
    static var wide: PrintedReport {
        var report = usual
        report.patient.birthName = "DE LA ROCHEFOUCAULD-MONTMORENCY-BOUTEVILLE"
        report.patient.usedName = "VON HOHENZOLLERN-SIGMARINGEN-LICHTENBERG"
        report.patient.givenNames = "Marie-Charlotte Élisabeth-Alexandrine Geneviève-Apolline"
        report.issuer.name = "Laboratoire de biologie médicale multisites des Deux Rives et du Val de la Petite Rivière"
        let long = Array(repeating: "Commentaire interprétatif détaillé, phrase suivante.", count: 260).joined(
            separator: " ")
        report.chapters[0].panels[0].lines[1].comments = [
            "Début du long commentaire. " + long + " Fin du long commentaire."
        ]
        report.chapters[0].panels[0].lines[2].name =
            "Recherche d’anticorps anti-cytoplasme des polynucléaires neutrophiles"
            + " de spécificité anti-protéinase 3 (immunofluorescence puis fluoro-immuno-enzymologie)"
        report.chapters[0].panels[0].lines[2].unit = "×10⁹ cellules par litre de liquide"
        report.chapters[0].panels[0].lines[3].value = String(repeating: "W", count: 400)
        return report
    }
}

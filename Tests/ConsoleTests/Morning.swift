import Base
import Console
import Laboratory

/// A laboratory at 14:32 as the screens see it, with one of everything that they must not hide.
enum Morning {
    /// 2026-11-22 14:32 in Paris.
    static let now = Instant("2026-11-22T14:32:00+01:00", in: .europeParis) ?? Instant(seconds: 0)
    static func ago(_ minutes: Int) -> Instant { now.advanced(by: .seconds(-60 * minutes)) }

    static let technician: Set<Permission> = Role.technician.permissions

    static func line(
        _ id: String, _ accession: String, _ patient: String, _ analysis: String, _ value: String,
        unit: String = "mmol/L",
        interval: String = "", flags: [ResultFlag] = [], holds: [Hold] = [], urgent: Bool = false,
        civil: String = "F 34a",
        minutes: Int = 10, analyzer: String? = "cobas", run: Int = 1
    ) -> Line {
        Line(
            id: id, request: "D" + accession.suffix(4), accession: accession, patient: patient, civil: civil,
            urgent: urgent, analysis: analysis, name: names[analysis] ?? analysis, value: value, unit: unit,
            interval: interval, flags: flags, holds: holds, analyzer: analyzer, observedAt: ago(minutes), run: run)
    }
    static let names = ["NA": "Sodium", "K": "Potassium", "CL": "Chlorures", "CREA": "Créatinine", "GLU": "Glucose"]

    static let lines: [Line] = [
        line("a1", "261122000412", "MARTIN Léa", "NA", "139", interval: "136 – 145", urgent: true, minutes: 42),
        line(
            "a2", "261122000412", "MARTIN Léa", "K", "6,4", interval: "3,5 – 4,9", flags: [.high, .criticallyHigh],
            holds: [
                Hold(.critical, "valeur critique : seuil d'alerte 6,0"),
                Hold(.analyzerFlag, "drapeau de l'automate : H"),
                Hold(.noQualityControl, "aucun contrôle de qualité enregistré pour K"),
            ], urgent: true, minutes: 42),
        line("a3", "261122000412", "MARTIN Léa", "CL", "104", interval: "98 – 107", urgent: true, minutes: 42),
        line(
            "b1", "261122000398", "DUPONT Jean-Baptiste", "CREA", "312", unit: "µmol/L", interval: "64 – 104",
            flags: [.high], holds: [Hold(.identity, "le nom envoyé par l'automate n'est pas celui du dossier")],
            civil: "M 71a", minutes: 72),
        line("c1", "261122000377", "PETIT Zoé", "GLU", "5,20", interval: "4,11 – 6,05", civil: "F 3j", minutes: 5),
        line("c2", "261122000377", "PETIT Zoé", "K", "4,2", interval: "3,5 – 4,9", civil: "F 3j", minutes: 5),
    ]

    static func file(of accession: String, lines: [Line]? = nil) -> FileSheet {
        let own = (lines ?? self.lines).filter { $0.accession == accession }
        let patient = own.first?.patient ?? ""
        var sheet = FileSheet(
            number: "D" + accession.suffix(4), patient: patient, civil: own.first?.civil ?? "", identity: "QUAL",
            prescriber: "TREGUER Yann", urgent: own.first?.urgent ?? false, registered: ago(120),
            asked: own.map { ($0.analysis, $0.name, $0.unit) } + [("CO2", "CO2 total", "mmol/L")], lines: own,
            tubes: [
                .init(
                    accession: accession, tube: "hépariné", collected: ago(90), received: ago(60), nonconformity: nil)
            ],
            happenings: [
                .init(at: ago(120), what: .registered("D" + accession.suffix(4))),
                .init(at: ago(60), what: .received(accession, nonconformity: nil)),
                .init(
                    at: ago(42),
                    what: .measured("K 6,4 mmol/L", from: "cobas", run: 1, holds: ["CRITIQUE_ALERTE"])),
            ])
        sheet.priors = ["K": .init(value: "4,2", at: ago(3 * 1440))]
        return sheet
    }

    /// Signed in, everything loaded, first file opened.
    static func bench(
        width: Int = 80, height: Int = 24, manner: Manner = Manner(), lines: [Line] = lines
    ) -> Workbench {
        var bench = Workbench(manner: manner, at: now)
        let events: [Event] = [
            .resized(width: width, height: height),
            .who(person: "Tanguy Morvan", login: "tanguy", site: "BREST", technician), .online,
            .loaded(
                .status(
                    analyzers: [
                        AnalyzerRow(name: "cobas", state: "connecté", isWell: true, messages: 12),
                        AnalyzerRow(name: "yumizen", state: "ligne perdue", isWell: false, messages: 3),
                    ], triageOpen: 3, awaitingSignature: 4)),
            .loaded(
                .quality([
                    QualityRow(
                        analyzer: "cobas", analysis: "K", state: "REJET", rules: ["1-3s"],
                        because: "niveau 2 : z = +3,4 à 13:05"),
                    QualityRow(analyzer: "cobas", analysis: "NA", state: "CONFORME"),
                    QualityRow(analyzer: "yumizen", analysis: "HGB", state: "ECHU", because: "contrôle de 05:10"),
                ])),
            .loaded(
                .requests([
                    RequestRow(
                        number: "D0412", patient: "MARTIN Léa", urgent: true, analyses: ["NA", "K"], at: ago(120)),
                    RequestRow(
                        number: "D0500", patient: "GUEN Yves", urgent: false, analyses: ["NFS"], at: ago(9),
                        awaited: 1),
                ])),
            .loaded(
                .reflexes([
                    ReflexRow(
                        request: "D0500", rule: "TSH-T4L@1", adds: ["T4L"],
                        because: "TSH hors de son intervalle : T4 libre ; volume restant et cotation à vérifier",
                        at: ago(8))
                ])),
            .loaded(.worklist(lines)), .file(file(of: "261122000412", lines: lines)),
        ]
        for event in events { _ = bench.receive(event, at: now) }
        return bench
    }
}

extension Workbench {
    /// As typed at human speed.
    @discardableResult
    mutating func type(_ keys: Key...) -> [Effect] {
        keys.reduce([]) { effects, key in effects + receive(.input(.key(key)), at: now.advanced(by: .milliseconds(120)))
        }
    }
    @discardableResult
    mutating func type(_ text: String) -> [Effect] {
        text.reduce([]) { $0 + receive(.input(.key(.character($1))), at: now.advanced(by: .milliseconds(120))) }
    }
    /// As long as who reads what the screen says.
    mutating func pause() { _ = receive(.tick, at: now.advanced(by: .seconds(1))) }
    var text: String { draw().text }
    func row(_ index: Int) -> String {
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
        return rows.indices.contains(index) ? String(rows[index]) : ""
    }
    var sentDeeds: [Deed] { sent.sorted { $0.key < $1.key }.map(\.value) }
}

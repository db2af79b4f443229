import Base
import Console
import Laboratory

/// The same morning as the biologist sees it: one file of each lane.
enum SignMorning {
    static let reflex = "TSH-T4L@1 : TSH hors de son intervalle : T4 libre ; volume restant et cotation à vérifier"
    /// Of a person who looks at what each key does.
    static let betweenKeys = Duration.milliseconds(600)

    static let rows: [SignQueueRow] = [
        row(
            "261122-0412", "MARTIN Léa", .critical, urgent: true,
            [SignObstacle(.critical, ["K"]), SignObstacle(.call)],
            minutes: 42
        ),
        row("261122-0398", "DUPONT Jean-Baptiste", .held, [SignObstacle(.hold, ["CREA"], code: .delta)], minutes: 72),
        row("261122-0377", "PETIT Zoé", .proposable, [], minutes: 5),
        row("261122-0375", "ROUX Anna", .proposable, [], minutes: 8),
        row("261122-0301", "LE GOFF Yann", .partial, [SignObstacle(.missing, ["TSH"])], minutes: 130),
    ]

    static func row(
        _ number: String, _ patient: String, _ lane: SignLane, urgent: Bool = false, _ obstacles: [SignObstacle],
        minutes: Int
    ) -> SignQueueRow {
        SignQueueRow(
            number: number, patient: patient, urgent: urgent, lane: lane, obstacles: obstacles, fresh: 3, results: 3,
            at: Morning.ago(minutes), contentHash: "hash-\(number)", sections: ["BIOCHIMIE"])
    }

    private static func exact(_ text: String) -> Exact { Exact(text) ?? Exact(0) }
    private static func points(_ values: [String], unit: String, method: String = "cobas") -> [Trend.Point] {
        values.enumerated().map { place, value in
            Trend.Point(
                at: Morning.ago((values.count - place) * 40_000), value: Measured(value), unit: unit, method: method)
        }
    }

    static func line(
        _ analysis: String, _ value: String, _ unit: String, _ interval: (String, String), flags: [ResultFlag] = [],
        holds: [Hold] = [], past: [String] = [], isCallOpen: Bool = false, number: String
    ) -> SignLine {
        let line = Line(
            id: number + analysis, request: number, accession: "261122000412", patient: "MARTIN Léa", civil: "F 34a",
            analysis: analysis, name: Morning.names[analysis] ?? analysis, value: value.replacing(".", with: ","),
            unit: unit, interval: "\(interval.0) – \(interval.1)".replacing(".", with: ","), flags: flags,
            holds: holds, analyzer: "cobas", observedAt: Morning.ago(42), state: .validated)
        return SignLine(
            line: line, low: exact(interval.0), high: exact(interval.1),
            prior: past.last.map {
                FileSheet.Prior(value: $0.replacing(".", with: ","), at: Morning.ago(4 * 1440))
            }, points: past.isEmpty ? [] : points(past + [value], unit: unit), isCallOpen: isCallOpen)
    }

    static func sheet(
        _ number: String = "261122-0412", draft: SignDraft = SignDraft(), version: Int = 1, isAmendment: Bool = false,
        isCritical: Bool = true, changes: [SignedChange] = []
    ) -> SignSheet {
        var lines = [
            line("NA", "139", "mmol/L", ("136", "145"), past: ["138", "140", "141"], number: number),
            line("CL", "104", "mmol/L", ("98", "107"), number: number),
        ]
        if isCritical {
            lines.insert(
                line(
                    "K", "6.4", "mmol/L", ("3.5", "4.9"), flags: [.high, .criticallyHigh],
                    holds: [
                        Hold(.criticalCall, "valeur à téléphoner : au-delà de 6,0"),
                        Hold(.interference, "H 2,1 au-delà de la limite de K"),
                        Hold(.qualityControlRejected, "contrôle rejeté : 1-3s, z = +3,4"),
                    ], past: ["4.1", "4.3", "4.2"], isCallOpen: true, number: number), at: 1)
        }
        for place in lines.indices where draft.except.contains(lines[place].line.analysis) {
            lines[place].isLeft = true
        }
        return SignSheet(
            number: number, version: version, lane: isCritical ? .critical : .proposable, isAmendment: isAmendment,
            contentHash: "3f9a27c1d04be85677aa91e3c2f4d5b6" + "0123456789abcdef0123456789abcdef", patient: "MARTIN Léa",
            civil: "F 34a", identity: "QUAL", prescriber: "Dr Yann TREGUER", place: .town,
            note: "AVK, non à jeun", lastVisit: Morning.ago(39 * 1440),
            tubes: [
                .init(
                    accession: "261122000412", tube: "VERT", collected: Morning.ago(90), received: Morning.ago(60),
                    nonconformity: nil)
            ], lines: lines, missing: draft.except,
            comments: draft.comments.map { "Commentaire : texte de \($0)" }, changes: changes, draft: draft)
    }

    static let versions = SignVersions(
        number: "261122-0412", signed: 1, changes: [.init(analysis: "K", before: "4,2 mmol/L", after: "6,4 mmol/L")],
        earlier: ["NA 139 mmol/L", "K 4,2 mmol/L"],
        holders: [
            .init(who: "DMP", version: 1, state: "accepté", next: "le remplacement"),
            .init(
                who: "Dr Yann TREGUER <y.treguer@medecin.mssante.fr>", version: 1, state: "lu",
                next: "le remplacement"),
            .init(who: "ancien@medecin.mssante.fr", version: 1, state: "remis", next: "le remplacement"),
        ])

    static func bench(
        width: Int = 80, height: Int = 24, manner: Manner = Manner(), sheet: SignSheet = sheet()
    ) -> SignBench {
        var bench = SignBench(manner: manner, at: Morning.now)
        let events: [SignEvent] = [
            .resized(width: width, height: height),
            .who(person: "Anne Kervella", login: "anne", site: "BREST"),
            .comments([("HEMO1", "Échantillon hémolysé"), ("AVK", "Traitement par antivitamine K")]), .online,
            .controls(ControlCounts(rejected: 1, conforming: 4)), .rules("3f9a27c1d04b"), .queue(rows), .sheet(sheet),
        ]
        for event in events { _ = bench.receive(event, at: Morning.now) }
        return bench
    }
}

extension SignBench {
    @discardableResult mutating func type(_ keys: Key...) -> [SignEffect] {
        keys.reduce([]) { $0 + receive(.input(.key($1)), at: now.advanced(by: SignMorning.betweenKeys)) }
    }
    @discardableResult mutating func type(
        _ text: String, every step: Duration = SignMorning.betweenKeys
    ) -> [SignEffect] {
        text.reduce([]) { $0 + receive(.input(.key(.character($1))), at: now.advanced(by: step)) }
    }
    var text: String { draw().text }
    /// The deeds among effects.
    static func deeds(_ effects: [SignEffect]) -> [SignDeed] {
        effects.compactMap { if case .send(_, let deed) = $0 { deed } else { nil } }
    }
}

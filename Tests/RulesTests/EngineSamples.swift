import Base
import Catalog
import Laboratory
import Rules
import Testing

/// A catalogue of the checks: a few analyses with every limit, and results that pass unless a test spoils them.
enum Engine {
    static let columns = [
        "code", "niveau", "nom_fr", "section", "nature", "loinc", "loinc_nom_source", "loinc_source", "loinc_confiance",
        "ucum", "unite_alt", "facteur_alt", "prelevement", "tube", "decimales", "ref_note", "critique_bas",
        "critique_haut", "critique_source", "nabm", "nabm_source", "delta_type", "delta_limite", "delta_jours",
        "delta_source", "etat", "note", "alerte_bas", "alerte_haut", "absurde_bas", "absurde_haut", "av_bas", "av_haut",
        "amr_bas", "amr_haut", "dilution_max", "cva", "repasse_abs", "groupe", "ensemble", "stabilite_h",
        "critique_pas", "delta_abs",
        "limites_source", "formule_brute", "ref_sexe",
    ]

    static func row(_ code: String, _ unit: String, _ decimals: String, _ cells: [String: String] = [:]) -> String {
        let base = [
            "code": code, "niveau": "1", "nom_fr": code, "section": "chimie", "nature": "mesure", "ucum": unit,
            "prelevement": "SER", "tube": "VERT", "decimales": decimals, "etat": "brouillon",
        ].merging(cells) { _, new in new }
        return columns.map { base[$0] ?? "" }.joined(separator: ",")
    }

    static let potassium = row(
        "K", "mmol/L", "1",
        [
            "critique_bas": "2.5", "critique_haut": "6.5", "alerte_bas": "3.0", "alerte_haut": "6.0",
            "absurde_bas": "1.0", "absurde_haut": "12.0", "av_bas": "2.8", "av_haut": "6.2", "amr_bas": "1.5",
            "amr_haut": "10.0", "dilution_max": "5", "cva": "2", "delta_type": "abs", "delta_limite": "1.0",
            "delta_jours": "30", "groupe": "g1", "stabilite_h": "6", "critique_pas": "0.5",
        ])
    static let others = [
        row(
            "NA", "mmol/L", "0",
            ["delta_type": "abs_j", "delta_limite": "5", "delta_jours": "30", "repasse_abs": "2"]),
        row(
            "CREA", "umol/L", "0",
            [
                "delta_type": "pct", "delta_limite": "50", "delta_jours": "3650", "delta_abs": "20",
                "unite_alt": "mg/L", "facteur_alt": "0.1131", "formule_brute": "C4H7N3O",
            ]
        ),
        row("PAL", "U/L", "0", ["delta_type": "pct_j", "delta_limite": "20", "delta_jours": "3650"]),
        row("CRP", "mg/L", "1", ["amr_bas": "0.5", "amr_haut": "300", "av_bas": "0", "av_haut": "100"]),
        row("CT", "mmol/L", "2", ["ensemble": "LIPIDES"]), row("HDL", "mmol/L", "2", ["ensemble": "LIPIDES"]),
        row("TG", "mmol/L", "2", ["ensemble": "LIPIDES"]),
        row("LDL", "mmol/L", "2", ["nature": "calcul", "prelevement": "", "tube": "", "ensemble": "LIPIDES"]),
        row("GSABO", "", "", ["nature": "code", "delta_type": "exact"]), row("AGHBS", "", "", ["nature": "code"]),
        row("PALU", "", "", ["nature": "code"]),
        row(
            "PSA", "ug/L", "2",
            ["delta_type": "pct", "delta_limite": "50", "delta_jours": "3650", "ref_sexe": "M"]),
        row("AGE", "mmol/L", "1"),
        row("HB", "g/dL", "1"), row("TXT", "", "", ["nature": "texte"]), row("NONE", "mmol/L", "1"),
        row("BE", "mmol/L", "1", ["av_bas": "-5", "av_haut": "5"]),
    ]

    static let intervals = """
        code,sexe,age_de,age_a,grossesse_de,grossesse_a,methode,bas,haut,ucum,nature,poids,source
        K,*,0,,,,,3.5,5.0,mmol/L,intervalle,général,s
        NA,*,0,,,,,136,145,mmol/L,intervalle,général,s
        CREA,*,0,,,,,50,100,umol/L,intervalle,général,s
        PAL,*,0,,,,,30,120,U/L,intervalle,général,s
        CRP,*,0,,,,,,5.0,mg/L,intervalle,général,s
        CT,*,0,,,,,,5.2,mmol/L,seuil,général,s
        HDL,*,0,,,,,1.0,,mmol/L,seuil,général,s
        TG,*,0,,,,,,1.7,mmol/L,seuil,général,s
        LDL,*,0,,,,,,3.0,mmol/L,seuil,général,s
        PSA,M,0,,,,,,4.00,ug/L,intervalle,général,s
        BE,*,0,,,,,-2.0,2.0,mmol/L,intervalle,général,s
        AGE,*,0,28 j,,,,1.0,1.9,mmol/L,intervalle,général,s
        AGE,*,28 j,1 mois,,,,2.0,2.9,mmol/L,intervalle,général,s
        AGE,*,1 mois,1 a,,,,3.0,3.9,mmol/L,intervalle,général,s
        AGE,*,1 a,15 a,,,,4.0,4.9,mmol/L,intervalle,général,s
        AGE,*,15 a,18 a,,,,5.0,5.9,mmol/L,intervalle,général,s
        AGE,*,18 a,,,,,6.0,6.9,mmol/L,intervalle,général,s
        HB,F,0,,,,,12.0,16.0,g/dL,intervalle,général,s
        HB,F,0,,13,27,,10.5,14.0,g/dL,intervalle,général,s
        HB,M,0,,,,,13.0,17.0,g/dL,intervalle,général,s

        """

    static let files: [CatalogFile] = [
        ("analyses.csv", ([columns.joined(separator: ","), potassium] + others).joined(separator: "\n") + "\n"),
        ("intervals.csv", intervals),
        (
            "sections.csv",
            "code,nom_fr,rang,chapitre_loinc,chapitre_fr,chapitre_lien,note\n"
                + "chimie,Chimie,10,18719-5,Biochimie,exact,\n"
        ),
        ("specimens.csv", "code,nom_fr,hl7,note\nSER,Sérum,SER,\n"),
        ("tubes.csv", "code,nom_fr,bouchon,additif,hl7,note\nVERT,Vert,vert,héparinate,PLAS,\n"),
        ("panels.csv", "code,nom_fr,loinc,loinc_nom_source,loinc_source,loinc_confiance,membres,note\n"),
    ].map { CatalogFile(name: $0.0, bytes: Array($0.1.utf8)) }

    static let rules: [CatalogFile] = [
        (
            "policy.json5",
            """
            { format: 1,
              critical: { callMinutes: 15, silenceDays: 7, escalation: ["prescripteur", "garde"], positive: ["PALU"] },
              delta: { stable: ["CREA", "PAL", "NA"], bloodGroups: ["GSABO"], holdsFirstResult: ["PSA"],
                       suspensions: { dialyse: ["K"] } },
              context: { excluded: ["PALU"], firstPositive: ["AGHBS", "CRP"], firstTime: ["HB"] },
              hil: { suppressAllFreeHemoglobin: "10", rules: [
                { analyses: ["K"], index: "H", bias: "sur", commentAbove: "50", suppressAbove: "200" },
                { analyses: ["K"], index: "H", analyzer: "B", bias: "sous", commentAbove: "5", suppressAbove: "20" },
                { analyses: ["CREA"], index: "I", analyzer: "B", bias: "sous", commentAbove: "5", suppressAbove: "20" },
                { analyses: ["NA"], index: "L", bias: "sous" } ] } }
            """
        ),
        (
            "coherence.json5",
            """
            { format: 1, rules: [
              { id: "EDTA", version: 1, when: "K > 6.0[mmol/L] and NA < 100[mmol/L]", because: "EDTA ?",
                source: "RULES 1.4", holds: ["*"] },
              { id: "HDLCT", version: 2, when: "HDL > CT", because: "HDL plus haut que le total",
                source: "RULES 1.4", holds: ["HDL"] } ] }
            """
        ),
        (
            "calculated.json5",
            """
            { format: 1, formulas: [ { code: "LDL", name: "Friedewald", version: 1, unit: "mmol/L", decimals: 2,
              inputs: { CT: "mmol/L", HDL: "mmol/L", TG: "mmol/L" }, value: "CT - HDL - TG / 2.2", source: "x" } ] }
            """
        ),
    ].map { CatalogFile(name: $0.0, bytes: Array($0.1.utf8)) }

    private static let made: Result<RuleEngine, any Error> = Result {
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c1"))
        return RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(rules, catalogue: catalogue, version: "p1"),
            zone: .europeParis)
    }
    static func engine() throws -> RuleEngine { try made.get() }

    static let collected = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 7)
    static let measured = hours(1)
    static func hours(_ count: Int64, _ minutes: Int64 = 0) -> Instant {
        collected.advanced(by: .seconds(count * 3600 + minutes * 60))
    }
    static func days(_ count: Int64) -> Instant { hours(count * 24) }

    static let approvals = RuleApprovals(
        standing: RuleApproval(by: "bio", at: days(-10), until: days(100)),
        rules: [
            "EDTA@1": RuleApproval(by: "bio", at: days(-10), until: days(100)),
            "HDLCT@2": RuleApproval(by: "bio", at: days(-10), until: days(100)),
            "politique@1": RuleApproval(by: "bio", at: days(-10), until: days(100)),
        ])

    static func result(_ code: String, _ text: String, unit: String = "mmol/L") -> ResultFacts {
        ResultFacts(
            id: "r-\(code)", analysis: code, value: Measured(text).map { .measured($0, unit: unit) }, rawText: text,
            observedAt: measured, analyzer: "A", control: ControlFacts(.conforming), lineApproved: true)
    }

    static func input(_ results: ResultFacts...) -> EvaluationInput { input(results) }
    static func input(_ results: [ResultFacts]) -> EvaluationInput {
        EvaluationInput(
            now: measured, patient: PatientFacts(sex: .female, born: CivilDate(year: 1960, month: 5, day: 3)),
            specimen: SpecimenFacts(
                kind: "SER", tube: "VERT", analyses: results.map(\.analysis), collectedAt: collected,
                receivedAt: hours(0, 30)),
            results: results, approvals: approvals)
    }

    /// One result of potassium that passes, changed by a test.
    static func codes(
        _ code: String = "K", _ text: String = "4.2", unit: String = "mmol/L",
        _ change: (inout ResultFacts) -> Void = { _ in }, input spoil: (inout EvaluationInput) -> Void = { _ in }
    ) throws -> [String] {
        try one(code, text, unit: unit, change, input: spoil).holdCodes.map(\.rawValue)
    }

    static func one(
        _ code: String = "K", _ text: String = "4.2", unit: String = "mmol/L",
        _ change: (inout ResultFacts) -> Void = { _ in }, input spoil: (inout EvaluationInput) -> Void = { _ in }
    ) throws -> ResultEvaluation {
        var facts = result(code, text, unit: unit)
        change(&facts)
        var input = input(facts)
        spoil(&input)
        return try #require(engine().evaluate(input).results.first)
    }

    static func codes(
        _ change: (inout ResultFacts) -> Void, input spoil: (inout EvaluationInput) -> Void = { _ in }
    ) throws -> [String] { try codes("K", "4.2", change, input: spoil) }

    static func one(
        _ change: (inout ResultFacts) -> Void, input spoil: (inout EvaluationInput) -> Void = { _ in }
    ) throws -> ResultEvaluation { try one("K", "4.2", change, input: spoil) }

    static func prior(_ text: String, unit: String = "mmol/L", days count: Int64 = -2, group: String = "")
        -> PriorResult
    {
        PriorResult(
            value: Measured(text).map { .measured($0, unit: unit) } ?? .coded(text, display: text), at: days(count),
            comparability: group, specimenKind: "SER")
    }
}

extension ResultEvaluation {
    func record(_ check: Check) -> CheckRecord? { checks.first { $0.check == check } }
}

import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// What is set by command leaves as CSV and comes back in another laboratory (reversibility).
@Suite struct ControlExportTests {
    private let potassium = ControlledAssay(analysis: "K", analyzer: "auto")
    private let hepatitis = ControlledAssay(analysis: "VHC", analyzer: AssayMethod.typed)
    private let exempted = ControlledAssay(analysis: "UREE", analyzer: "auto")

    /// The tables of a laboratory that published some controls, a semicolon and a comment in a cell among them.
    private static let tables = [
        "materials.csv":
            "code,nom_fr,fabricant,niveaux,note\nQC,\"Essai, deux niveaux\",E,N1 N2,à remplacer ; exemple\n",
        "lots.csv":
            "materiau,niveau,lot,identifiant,peremption,service_de,service_a\nQC,N1,L1,QC NA1,,2026-01-01,\n",
        "targets.csv":
            "materiau,niveau,lot,analyse,automate,moyenne,ecart_type,ucum,origine,points,de,a\n"
            + "QC,N1,L1,NA,*,128.0,1.2,mmol/L,fabricant,,2026-01-01,\n",
        "policies.csv":
            "analyse,automate,rejet,avertissement,validite,echantillons,evenements,niveaux,correction_signee,"
            + "serie_posterieure,erreur_toleree_pct,dispense_par,dispense_le,dispense_motif\n"
            + "NA,*,1-3s,,24 h,,,1,non,non,,,,\nK,*,1-3s,,24 h,,,1,non,non,,,,\n",
    ].map { CatalogFile(name: "controls/" + $0.key, bytes: Array($0.value.utf8)) }

    private func target(
        _ material: String, mean: String? = nil, expected: String? = nil, level: String = "N1",
        of assay: ControlledAssay,
        from: Instant
    ) -> ControlTarget {
        ControlTarget(
            assay: assay, material: material, level: ControlLevel(level), lot: "L-" + material,
            mean: mean.flatMap { Exact($0) }, sd: mean == nil ? nil : Exact("0.10"),
            unit: mean == nil ? "" : "mmol/L", origin: .laboratory, count: 20, from: from,
            expected: expected.flatMap { ControlExpectation($0) })
    }

    /// Each thing that a command sets.
    private func set(on bench: Bench) async throws {
        let desk = bench.desk, biologist = Bench.biologist
        func step() { bench.clock.advance(.milliseconds(61_001)) }
        _ = try await desk.setControlTarget(
            target("QC N1", mean: "4.00", of: potassium, from: bench.clock.now), reason: "notice", by: biologist)
        step()
        _ = try await desk.setControlTarget(
            target("QC N1", mean: "4.10", of: potassium, from: bench.clock.now), reason: "moyenne, propre",
            by: biologist)
        _ = try await desk.openLot(
            "L2", material: "QC N1 neuf", beside: "QC N1", analyzer: "auto", reason: "lot neuf", by: Bench.technician)
        for (material, code, level) in [("TEMPOS", "POS", "N1"), ("TEMNEG", "NEG|IND", "N2")] {
            _ = try await desk.setControlTarget(
                target(material, expected: code, level: level, of: hepatitis, from: bench.clock.now),
                reason: "notice « VHC »", by: biologist)
        }
        var policy = ControlPolicy(
            rules: ControlPolicy.threeLevelRules, validity: .seconds(90 * 60), patientSamples: 40,
            endingEvents: [.calibration], minimumLevels: 1, needsSignedCorrection: false, acceptsLaterRun: true,
            allowableError: Exact("4.5"))
        try await desk.setControlPolicy(policy, of: potassium, reason: "essai", by: biologist)
        step()
        policy.validity = .seconds(8 * 3600)
        policy.endingEvents = []
        try await desk.setControlPolicy(policy, of: potassium, reason: "revue", by: biologist)
        let signed = try SignedReason(by: "biologiste", at: bench.clock.now, reason: "aucun contrôle au commerce")
        try await desk.setControlPolicy(
            ControlPolicy(rules: ControlPolicy.twoLevelRules, exemption: signed), of: exempted, reason: "dispense",
            by: biologist)
        try await desk.setPatientControl(
            PatientSettings(
                policy: PatientControlPolicy(
                    method: .ewma(lambda: try #require(Exact("0.05"))), target: Exact(4),
                    limit: try #require(Exact("0.3")),
                    low: Exact(3), high: Exact(6), excludedWards: ["EMER", "IMP"]),
                consequence: .warning, unit: "mmol/L", from: bench.clock.now),
            of: potassium, reason: "dérive", by: biologist)
        step()
    }

    private func approve(_ names: [String], on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        var subjects = [ApprovalSubject]()
        for name in names { subjects.append(try await bench.desk.approvalSubject(control: name)) }
        try await bench.desk.approve(subjects, reason: "lus", by: Bench.biologist)
        bench.clock.advance(.seconds(60))
    }

    private func source() async throws -> (bench: Bench, files: [CatalogFile]) {
        let bench = try Bench()
        try await bench.desk.publish(
            try Bench.files() + Self.tables, reason: "contrôles", by: Bench.administrator)
        try await approve(["NA@*", "K@*"], on: bench)
        try await bench.desk.approve(
            [try bench.desk.approvalSubject(analysis: "K")], reason: "lue", by: Bench.biologist)
        try await set(on: bench)
        return (bench, try await bench.desk.exportedFiles())
    }

    private func text(_ files: [CatalogFile], _ name: String) -> String {
        files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    }

    @Test func `all that is set by command is in the tables, each from its date, and they pass the lint`() async throws
    {
        let (_, files) = try await source()
        let named = text(files, "controls/named.csv")
        for cell in ["QC N1,N1,1,L-QC N1,4.00,0.10", "4.10", "QC N1 neuf", "NEG|IND", "notice « VHC »", ",oui,QC N1,"] {
            #expect(named.contains(cell), "\(cell) : \(named)")
        }
        let policies = text(files, "controls/policies.csv")
        #expect(
            policies.contains("90 min") && policies.contains("8 h") && policies.contains("aucun contrôle au commerce"))
        #expect(text(files, "controls/patients.csv").contains("ewma,,0.05,4,0.3,mmol/L,3,6,EMER IMP,avertissement"))
        #expect(text(files, "annexes/approbations.csv").contains("controle:NA@*,approuvé,biologiste"))
        // What no command adds to is as it was published.
        #expect(text(files, "controls/materials.csv") == text(Self.tables, "controls/materials.csv"))
        let analyses = try AnalysisCatalogue.load(try Bench.files(), version: CatalogVersion("essai"))
        #expect(
            ControlCatalogue.lint(ControlCatalogue.files(among: files), analyses: analyses).map(\.description) == [])
    }

    @Test func `an empty laboratory exports the same bytes again, and nothing counts before its biologist approves`()
        async throws
    {
        let (old, files) = try await source()
        let new = try Bench()
        new.clock.advance(.seconds(3600))
        try await new.desk.publish(files, reason: "reprise", by: Bench.administrator)
        let again = try await new.desk.exportedFiles()
        #expect(again.map(\.name) == files.map(\.name))
        for (was, now) in zip(files, again) { #expect(was.bytes == now.bytes, "\(was.name)") }

        // Approvals of the other laboratory are told, and hold nothing up.
        let subjects = try ["K"].map { try new.desk.approvalSubject(analysis: $0) }
        #expect(try await new.desk.approvals(of: subjects).map(\.state) == [.draft])
        for assay in [potassium, hepatitis, exempted] {
            let standing = try await new.desk.controlStanding(of: assay, site: "nord")
            #expect(standing.hold == .absent && standing.because.contains("aucun biologiste"), "\(assay) \(standing)")
        }
        try await approve(["K@auto", "K@*", "NA@*", "VHC@saisie", "UREE@auto"], on: new)

        // Both judge the same controls alike from now on.
        let assays = [potassium, hepatitis, exempted, ControlledAssay(analysis: "NA", analyzer: "auto")]
        func judged(_ bench: Bench) async throws -> [String] {
            var said = [String]()
            for round in [["4.12", "POS", "IND", "128.5"], ["4.45", "POS", "POS", "131.7"]] {
                bench.clock.advance(.seconds(3600))
                let sent = zip(
                    [(potassium, "QC N1"), (hepatitis, "TEMPOS"), (hepatitis, "TEMNEG"), (assays[3], "QC NA1")], round)
                for ((assay, material), value) in sent {
                    _ = try await bench.desk.enterControl(
                        value, of: assay, material: material, at: bench.clock.now, by: Bench.technician)
                }
                for assay in assays {
                    let page = try await bench.desk.qualityPage(assay, site: "nord")
                    let standing = try await bench.desk.controlStanding(of: assay, site: "nord")
                    // Those of one instant stand in the order of their names.
                    let points = page.points.suffix(2).map { "\($0.level) \($0.text) \($0.z?.text ?? "–")" }
                    said.append(
                        "\(assay) \(standing.state.rawValue) \(standing.hold?.rawValue ?? "") \(standing.rules) "
                            + points.sorted().joined(separator: ", "))
                    let validity = standing.expiresAt.map { $0.milliseconds - (standing.since?.milliseconds ?? 0) }
                    said.append("\(validity ?? 0) \(page.patients?.policy == nil) \(page.timeline.policy.rules.count)")
                }
            }
            return said
        }
        let here = try await judged(old), there = try await judged(new)
        #expect(here == there)
        #expect(
            here.contains { $0.contains("K@auto REJET CQ_REJET") } && here.contains { $0.contains("VHC@saisie REJET") })
        #expect(
            try await new.desk.exportedFiles().first { $0.name == "controls/named.csv" }?.bytes
                == files.first { $0.name == "controls/named.csv" }?.bytes)
        // Who approved here is told beside who approved there.
        let told = text(try await new.desk.exportedFiles(), "annexes/approbations.csv")
        #expect(told.hasPrefix(text(files, "annexes/approbations.csv")) && told.contains("dispense:UREE@auto"))
    }

    /// Between commas `1,234` is refused and `22/11/2026` is no date.
    @Test func `a table of a French spreadsheet that a command adds to says what it said`() async throws {
        let french = [
            CatalogFile(
                name: "controls/targets.csv",
                bytes: Array(
                    ("materiau;niveau;lot;analyse;automate;moyenne;ecart_type;ucum;origine;points;de;a\r\n"
                        + "QC;N1;L1;NA;*;128,125;1,234;mmol/L;fabricant;;01/01/2026;\r\n").utf8)),
            CatalogFile(
                name: "controls/policies.csv",
                bytes: Array(
                    ("analyse;automate;rejet;avertissement;validite;echantillons;evenements;niveaux;"
                        + "correction_signee;serie_posterieure;erreur_toleree_pct;dispense_par;dispense_le;"
                        + "dispense_motif;de\r\n"
                        + "NA;*;1-3s;;24 h;;;1;non;non;2,125;;;;01/01/2026\r\nK;*;1-3s;;24 h;;;1;non;non;;;;;"
                        + "31/12/2099 07:30\r\n").utf8)),
        ]
        let tables = Self.tables.filter { table in !french.contains { $0.name == table.name } } + french
        let bench = try Bench()
        try await bench.desk.publish(try Bench.files() + tables, reason: "contrôles", by: Bench.administrator)
        try await approve(["NA@*", "K@*"], on: bench)
        let untouched = try await bench.desk.exportedFiles()
        for table in french { #expect(text(untouched, table.name) == text(french, table.name), "\(table.name)") }

        let policy = ControlPolicy(rules: ControlPolicy.twoLevelRules, validity: .seconds(8 * 3600))
        try await bench.desk.setControlPolicy(
            policy, of: ControlledAssay(analysis: "K", analyzer: "*"), reason: "revue", by: Bench.biologist)
        let files = try await bench.desk.exportedFiles()
        let analyses = try AnalysisCatalogue.load(try Bench.files(), version: CatalogVersion("essai"))
        #expect(
            ControlCatalogue.lint(ControlCatalogue.files(among: files), analyses: analyses).map(\.description) == [])
        let rewritten = text(files, "controls/policies.csv")
        #expect(rewritten != text(french, "controls/policies.csv") && rewritten.contains(",2.125,"), "\(rewritten)")
        #expect(rewritten.contains("2026-01-01") && !rewritten.contains("2099"), "superseded from now on")
        #expect(text(files, "controls/targets.csv") == text(french, "controls/targets.csv"), "no command adds to it")

        let new = try Bench()
        new.clock.advance(.seconds(3600))
        try await new.desk.publish(files, reason: "reprise", by: Bench.administrator)
        try await approve(["NA@*", "K@*"], on: new)
        let sodium = ControlledAssay(analysis: "NA", analyzer: "auto")
        let there = try await new.desk.qualityPage(sodium, site: "nord").timeline.policy
        let here = try await bench.desk.qualityPage(sodium, site: "nord").timeline.policy
        #expect(there == here && there.allowableError == Exact("2.125"))
    }

    @Test func `a laboratory that publishes its own export changes nothing of what commands set`() async throws {
        let (bench, files) = try await source()
        bench.clock.advance(.seconds(60))
        try await bench.desk.publish(files, reason: "retour", by: Bench.administrator)
        let again = try await bench.desk.exportedFiles()
        for name in ["controls/named.csv", "controls/policies.csv", "controls/patients.csv"] {
            #expect(text(again, name) == text(files, name), "\(name)")
        }
        #expect(text(again, "annexes/approbations.csv") == text(files, "annexes/approbations.csv"))
    }
}

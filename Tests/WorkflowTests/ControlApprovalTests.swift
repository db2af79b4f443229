import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// Controls that come by published tables count when a biologist stands for them (PAIN 19).
@Suite struct `Published controls` {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")

    private static let policyHeader =
        "analyse,automate,rejet,avertissement,validite,echantillons,evenements,niveaux,correction_signee,"
        + "serie_posterieure,erreur_toleree_pct,dispense_par,dispense_le,dispense_motif\n"
    private static let controlled = "K,*,1-3s,,24 h,,,1,non,non,,,,\n"
    private static let exempted = "K,*,,,,,,,,,,Dr Fantôme,2026-01-01,pas de contrôle disponible\n"
    private static let target = "QC,N1,L1,K,auto,4.0,0.1,mmol/L,laboratoire,30,2026-01-01,\n"

    private func publish(
        policies: String = "", targets: String = "", lots: String = "QC,N1,L1,QC N1,,2026-01-01,\n", on bench: Bench
    ) async throws {
        let tables = files(policies: policies, targets: targets, lots: lots)
        bench.clock.advance(.seconds(60))
        try await bench.desk.publish(try Bench.files() + tables, reason: "contrôles", by: Bench.administrator)
    }
    private func files(
        policies: String = "", targets: String = "", lots: String = "QC,N1,L1,QC N1,,2026-01-01,\n"
    ) -> [CatalogFile] {
        [
            "materials.csv": "code,nom_fr,fabricant,niveaux,note\nQC,Essai,E,N1,\n",
            "lots.csv": "materiau,niveau,lot,identifiant,peremption,service_de,service_a\n" + lots,
            "targets.csv":
                "materiau,niveau,lot,analyse,automate,moyenne,ecart_type,ucum,origine,points,de,a\n" + targets,
            "policies.csv": Self.policyHeader + policies,
        ].map { CatalogFile(name: "controls/" + $0.key, bytes: Array($0.value.utf8)) }
    }
    /// What a dry run of these tables says.
    private func dry(_ tables: [CatalogFile], on bench: Bench) async throws -> ReplayReport {
        bench.clock.advance(.seconds(1))
        return try await bench.desk.dryRun(
            try Bench.files() + tables, days: 2, allRules: false, by: Bench.biologist)
    }
    private func approve(_ names: String..., on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        var subjects = [ApprovalSubject]()
        for name in names { subjects.append(try await bench.desk.approvalSubject(control: name)) }
        try await bench.desk.approve(subjects, reason: "lus", by: Bench.biologist)
    }
    private func control(_ text: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.enterControl(
            text, of: assay, material: "QC N1", at: bench.clock.now, by: Bench.technician)
    }
    private func standing(_ bench: Bench) async throws -> ControlStanding {
        try await bench.desk.controlStanding(of: assay, site: "nord")
    }
    /// A patient's potassium now.
    private func result(on bench: Bench, _ number: String) async throws -> Observation {
        bench.clock.advance(.seconds(60))
        let made = try await bench.received(["K"], name: "ESSAI\(number)")
        var incoming = Bench.result("K", "4.1", of: made.specimens[0].accession)
        incoming.observedAt = bench.clock.now
        try await bench.arrive("m" + number, [incoming])
        return try await bench.observation("K", made)
    }
    private func hold(_ observation: Observation) -> Hold? {
        observation.holds.first { [.noQualityControl, .qualityControlRejected].contains($0.code) }
    }

    @Test func `an exemption that nobody approved exempts nobody, and the hold says what it waits for`() async throws {
        let bench = try await Bench.withRules()
        try await publish(policies: Self.exempted, on: bench)
        #expect(bench.desk.shelf.tables.controlSubjects.map(\.name) == ["dispense:K@*"])
        let before = try await result(on: bench, "1")
        #expect(hold(before)?.code == .noQualityControl)
        #expect(hold(before)?.reason.contains("dispense:K@* : publié, et aucun biologiste ne l'a approuvé") == true)
        // Who published does not approve, and what is approved counts from then on, under the name of who did.
        let administrator = await refusal { () throws(CommandFailure) in
            try await bench.desk.approve(
                [try await bench.desk.approvalSubject(control: "K")], reason: "lu", by: Bench.administrator)
        }
        #expect(administrator == "auth.permission")
        try await approve("K@*", on: bench)
        let after = try await result(on: bench, "2")
        #expect(hold(after) == nil)
        let told = try await standing(bench)
        #expect(told.hold == nil && told.because.contains("dispensé de contrôle par biologiste"), "\(told.because)")
        #expect(told.because.contains("demandé par Dr Fantôme"))
        // What was measured before the approval stays held, whatever date the table bears.
        let first = try await bench.desk.controlStanding(of: before, at: bench.clock.now)
        #expect(first.hold == .absent)
        // Taken back, it exempts no more.
        try await bench.desk.withdrawApproval(
            [try await bench.desk.approvalSubject(control: "K", withdrawing: true)], reason: "contrôle reçu",
            by: Bench.biologist)
        #expect(try await standing(bench).hold == .absent)
    }

    @Test func `policy, targets and lots count when approved, and no more when one of them changed`() async throws {
        let bench = try await Bench.withRules()
        try await publish(policies: Self.controlled, targets: Self.target, on: bench)
        try await control("4.02", on: bench)
        #expect(try await standing(bench).because.contains("controle:K@*"))
        try await approve("K@*", on: bench)
        let half = try await standing(bench)
        #expect(half.hold == .absent && half.because.contains("controle:K@auto"), "\(half.because)")
        try await approve("K@auto", on: bench)
        #expect(try await standing(bench).state == .conforming)
        // A longer validity, a wider deviation, a later end of a lot: each asks again.
        let rest = Self.target
        for (policies, targets, lots, waits) in [
            (Self.controlled.replacing("24 h", with: "72 h"), rest, "2027-01-01", "controle:K@*"),
            (Self.controlled, rest.replacing("0.1", with: "0.9"), "2027-01-01", "controle:K@auto"),
        ] {
            try await publish(
                policies: policies, targets: targets, lots: "QC,N1,L1,QC N1,\(lots),2026-01-01,\n", on: bench)
            let held = try await standing(bench)
            #expect(held.hold == .absent && held.because.contains(waits), "\(held.because)")
        }
        // As it was approved, it counts again.
        try await publish(policies: Self.controlled, targets: Self.target, on: bench)
        #expect(try await standing(bench).state == .conforming)
    }

    @Test func `what waits hides no rejection, and releases nobody`() async throws {
        let bench = try await Bench.withRules()
        try await publish(policies: Self.controlled, targets: Self.target, on: bench)
        try await approve("K@*", "K@auto", on: bench)
        try await control("4.02", on: bench)
        try await control("4.9", on: bench)
        #expect(try await standing(bench).hold == .rejected)
        try await publish(policies: Self.controlled.replacing("24 h", with: "72 h"), targets: Self.target, on: bench)
        #expect(try await standing(bench).hold == .rejected)
        #expect(hold(try await result(on: bench, "1"))?.code == .qualityControlRejected)
    }

    @Test func `a policy that somebody stood for is not replaced by its absence`() async throws {
        let bench = try await Bench.withRules()
        try await publish(policies: Self.controlled, targets: Self.target, on: bench)
        try await approve("K@*", "K@auto", on: bench)
        try await control("4.02", on: bench)
        #expect(try await standing(bench).state == .conforming)
        try await publish(targets: Self.target, on: bench)
        let held = try await standing(bench)
        #expect(held.hold == .absent && held.because.contains("controle:K@*"), "\(held.because)")
        let none = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.approvalSubject(control: "K@*")
        }
        #expect(none == "catalogue.control.unknown")
        // Taken back by a biologist, the standard rules judge.
        try await bench.desk.withdrawApproval(
            [try await bench.desk.approvalSubject(control: "K@*", withdrawing: true)], reason: "règles ordinaires",
            by: Bench.biologist)
        #expect(try await standing(bench).state == .conforming)
    }

    @Test func `a dry run tells what changed tables would hold, and writes nothing`() async throws {
        let bench = try await Bench.withRules()
        try await publish(policies: Self.exempted, on: bench)
        try await approve("K", on: bench)
        _ = try await result(on: bench, "1")
        let trail = try await bench.trail.count
        #expect(try await dry(files(policies: Self.exempted), on: bench).differences.isEmpty)
        let without = try await dry(files(), on: bench)
        let told = try #require(without.differences.first)
        #expect(without.differences.count == 1 && told.analysis == "K")
        #expect(!told.before.holds.contains(.noQualityControl) && told.after.holds.contains(.noQualityControl))
        // A control in the place of the exemption waits for its approval, whatever was approved before.
        let other = try await dry(files(policies: Self.controlled, targets: Self.target), on: bench)
        #expect(other.differences.map(\.after.holds).allSatisfy { $0.contains(.noQualityControl) })
        #expect(other.differences.count == 1 && other.assumed.isEmpty)
        // The exemption in other words counts as approved, and is named.
        let words = Self.exempted.replacing("pas de contrôle disponible", with: "aucun matériel commercialisé")
        let assumed = try await dry(files(policies: words), on: bench)
        #expect(assumed.differences.isEmpty && assumed.assumed == ["dispense:K@*"], "\(assumed)")
        #expect(try await bench.trail.count == trail)
        #expect(try await standing(bench).hold == nil)
    }

    @Test func `what a biologist set by command needs no table, and no table stands in its way`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        #expect(try await standing(bench).state == .conforming)
        // Targets of other lots that do not serve change nothing.
        try await publish(targets: Self.target, lots: "QC,N1,L1,QC N1,,,\n", on: bench)
        #expect(try await standing(bench).state == .conforming)
        try await publish(targets: Self.target, on: bench)
        #expect(try await standing(bench).hold == .absent)
        try await approve("K@auto", on: bench)
        let last = try await standing(bench)
        #expect(!last.because.contains("controle:"), "\(last.because)")
    }
}

/// From when published controls count.
@Suite struct `Published controls through time` {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")
    private static let header =
        "analyse,automate,rejet,avertissement,validite,echantillons,evenements,niveaux,correction_signee,"
        + "serie_posterieure,erreur_toleree_pct,dispense_par,dispense_le,dispense_motif,de\n"

    private func tables(policies: String, mean: String = "4.0", service: String = "2026-01-01") -> [CatalogFile] {
        [
            "materials.csv": "code,nom_fr,fabricant,niveaux,note\nQC,Essai,E,N1,\n",
            "lots.csv":
                "materiau,niveau,lot,identifiant,peremption,service_de,service_a\nQC,N1,L1,QC N1,,\(service),\n",
            "targets.csv":
                "materiau,niveau,lot,analyse,automate,moyenne,ecart_type,ucum,origine,points,de,a\n"
                + "QC,N1,L1,K,*,\(mean),0.1,mmol/L,laboratoire,30,\(service),\n",
            "policies.csv": Self.header + policies,
        ].map { CatalogFile(name: "controls/" + $0.key, bytes: Array($0.value.utf8)) }
    }
    private func publish(_ tables: [CatalogFile], on bench: Bench, approving: Bool = true) async throws {
        bench.clock.advance(.seconds(60))
        try await bench.desk.publish(try Bench.files() + tables, reason: "contrôles", by: Bench.administrator)
        bench.clock.advance(.seconds(60))
        guard approving else { return }
        let subject = try await bench.desk.approvalSubject(control: "K@*")
        try await bench.desk.approve([subject], reason: "lus", by: Bench.biologist)
    }
    private func control(_ text: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.enterControl(
            text, of: assay, material: "QC N1", at: bench.clock.now, by: Bench.technician)
    }
    private func outcomes(_ bench: Bench) async throws -> [RunOutcome] {
        try await bench.desk.qualityPage(assay, site: "nord").timeline.verdicts.map(\.outcome)
    }

    @Test func `a target and a policy approved today judge nothing of the past`() async throws {
        let bench = try Bench()
        try await publish(tables(policies: "K,*,1-3s,,24 h,,,1,non,non,,,,,\n"), on: bench)
        try await control("4.25", on: bench)
        bench.clock.advance(.seconds(3600))
        #expect(try await outcomes(bench) == [.conforming])
        // Stricter: 4.25 would be beyond 2 SD, and beyond 3 SD of the new mean.
        try await publish(tables(policies: "K,*,1-2s,,24 h,,,1,non,non,,,,,\n", mean: "3.9"), on: bench)
        #expect(try await outcomes(bench) == [.conforming])
        #expect(try await bench.desk.controlStanding(of: assay, site: "nord").state == .conforming)
        bench.clock.advance(.seconds(3600))
        try await control("4.15", on: bench)
        #expect(try await outcomes(bench) == [.conforming, .rejected])
        let points = try await bench.desk.qualityPage(assay, site: "nord").points
        #expect(points.map { $0.target?.text } == ["4.0", "3.9"])
    }

    @Test func `a line counts from its own date, and the one before it until then`() async throws {
        let bench = try Bench()
        let change = bench.clock.now.advanced(by: .seconds(7200)).iso8601(in: .europeParis)
        try await publish(
            tables(policies: "K,*,1-3s,,24 h,,,1,non,non,,,,,\nK,*,1-2s,,24 h,,,1,non,non,,,,,\(change)\n"), on: bench)
        try await control("4.25", on: bench)
        #expect(try await outcomes(bench) == [.conforming])
        bench.clock.advance(.seconds(7200))
        #expect(try await outcomes(bench) == [.conforming])
        try await control("4.25", on: bench)
        #expect(try await outcomes(bench) == [.conforming, .rejected])
        // Two lines of one date are one too many.
        let refused = ControlCatalogue.lint(
            ControlCatalogue.files(
                among: tables(policies: "K,*,1-3s,,24 h,,,1,non,non,,,,,\nK,*,1-2s,,24 h,,,1,non,non,,,,,\n")))
        #expect(refused.map(\.code) == ["quality.file.duplicate"])
    }

    @Test func `a site reads the dates of the tables in its own zone`() async throws {
        var bench = try Bench()
        let north = try #require(bench.desk.sites["nord"])
        var south = north
        (south.code, south.zone) = ("sud", "+04:00")
        let clock = bench.clock
        bench.desk = Desk(
            store: bench.store, catalogue: bench.desk.catalogue, sites: [north, south], now: { clock.now })
        try await publish(tables(policies: "K,*,1-3s,,24 h,,,1,non,non,,,,,\n", service: "2026-11-23"), on: bench)
        // 2026-11-22 21:00 in Paris is the 23rd in La Réunion.
        bench.clock.advance(.seconds(14 * 3600))
        for (site, isParallel) in [("nord", true), ("sud", false)] {
            let author = Author(login: "technicien", role: .technician, site: site)
            _ = try await bench.desk.enterControl(
                "4.0", of: assay, material: "QC N1", at: bench.clock.now, by: author)
            let points = try await bench.desk.qualityPage(assay, site: site).points
            #expect(points.map(\.isParallel) == [isParallel], "\(site)")
        }
    }

    @Test func `a site, an analyzer or a word that nobody bears is told at publication`() async throws {
        let bench = try Bench()
        let strange = tables(policies: "K,cobsa,1-3s,,24 h,,,1,non,non,,,,,\n")
        let files = try Bench.files() + strange
        #expect(
            try bench.desk.analyzersNamed(in: files).map { "\($0.name) \($0.place)" } == [
                "cobsa controls/policies.csv"
            ])
        let calculated = ControlCatalogue.lint(
            ControlCatalogue.files(among: tables(policies: "K,calcul,1-3s,,24 h,,,1,non,non,,,,,\n")))
        #expect(calculated.map(\.code) == ["quality.file.analyzer"])
        let named = CatalogFile(
            name: "controls/patients.csv",
            bytes: Array(
                ("analyse,automate,methode,nombre,lambda,cible,limite,ucum,bas,haut,sauf,consequence,de,site\n"
                    + "K,auto,bull,20,,4,1,mmol/L,,,,,2026-01-01,est\n").utf8))
        let refused = await refusal { () throws(CommandFailure) in
            try await bench.desk.publish(files + [named], reason: "contrôles", by: Bench.administrator)
        }
        #expect(refused == "quality.site")
    }
}

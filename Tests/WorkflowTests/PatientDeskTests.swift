import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// The patients' averages over live results, and the count of samples between two controls.
@Suite struct PatientDeskTests {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")

    private func settings(
        _ bench: Bench, _ consequence: PatientSettings.Consequence = .control, wards: Set<String> = []
    ) -> PatientSettings {
        PatientSettings(
            policy: PatientControlPolicy(
                method: .movingAverage(window: 3), target: Exact(coefficient: 42, scale: 1),
                limit: Exact(coefficient: 3, scale: 1), low: Exact(2), high: Exact(8), excludedWards: wards),
            consequence: consequence, unit: "mmol/L", from: bench.clock.now)
    }

    /// A bench whose control of potassium conforms.
    private func controlled(_ policy: ControlPolicy? = nil) async throws -> Bench {
        let bench = try Bench()
        let target = ControlTarget(
            assay: assay, material: "QC N1", level: ControlLevel("N1"), lot: "L1", mean: Exact(4),
            sd: Exact(coefficient: 1, scale: 1), unit: "mmol/L", origin: .laboratory, from: bench.clock.now)
        _ = try await bench.desk.setControlTarget(target, reason: "cible du lot", by: Bench.biologist)
        if let policy {
            try await bench.desk.setControlPolicy(policy, of: assay, reason: "politique", by: Bench.biologist)
        }
        try await control("4.02", on: bench)
        return bench
    }

    private func control(_ text: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.enterControl(
            text, of: assay, material: "QC N1", at: bench.clock.now, by: Bench.technician)
    }

    /// A patient's potassium, a minute after what came before.
    @discardableResult private func result(_ text: String, on bench: Bench) async throws -> Observation {
        bench.clock.advance(.seconds(60))
        let made = try await bench.received(["K"])
        var incoming = Bench.result("K", text, of: made.specimens[0].accession)
        incoming.observedAt = bench.clock.now
        try await bench.arrive("m" + made.request.number, [incoming])
        return try await bench.observation("K", made)
    }
    private func hold(_ observation: Observation, on bench: Bench) async throws -> ControlHold? {
        try await bench.desk.controlStanding(of: observation, at: bench.clock.now).hold
    }
    private func average(_ bench: Bench) async throws -> PatientAverage? {
        try await bench.desk.patientAverage(assay, site: "nord")
    }

    @Test func `an alarm of the patients holds results until a control conforms, and is noted once`() async throws {
        let bench = try await controlled()
        try await bench.desk.setPatientControl(
            settings(bench), of: assay, reason: "dérive", by: Bench.biologist)
        var calm = [Observation]()
        for text in ["4.2", "4.1", "9.5", "4.3", "<2"] { calm.append(try await result(text, on: bench)) }
        #expect(try await hold(calm[4], on: bench) == nil)
        let before = try #require(try await average(bench))
        #expect(before.watch.control.entered == 3 && before.watch.control.leftOut == 2 && before.alarms.isEmpty)

        for text in ["4.9", "4.9"] { try await result(text, on: bench) }
        let drifting = try await result("4.9", on: bench)
        // The result that brought the alarm is held by it too, and so is what follows.
        #expect(try await hold(drifting, on: bench) == .expired)
        let next = try await result("4.0", on: bench)
        #expect(next.holds.contains { $0.code == .qualityControlExpired && $0.reason.contains("moyenne des patients") })
        #expect(try await hold(calm[4], on: bench) == nil)
        let alarms = try #require(try await average(bench)).alarms
        #expect(alarms.map(\.kind) == [.patientAlarm])
        #expect(alarms.first?.note == "moyenne 4.70, cible 4.2 ± 0.3 (moyenne mobile de 3)", "\(alarms)")
        #expect(try await bench.desk.controlStanding(of: assay, site: "nord").state == .expired)

        // A fresh desk over the same base tells the same and notes nothing again.
        let restarted = Desk(
            store: bench.store, catalogue: bench.desk.catalogue, sites: Array(bench.desk.sites.values),
            now: { [clock = bench.clock] in clock.now })
        let after = try #require(try await restarted.patientAverage(assay, site: "nord"))
        #expect(after.alarms == alarms && after.watch.open == alarms.first?.at)

        try await control("4.01", on: bench)
        bench.clock.advance(.seconds(1))
        #expect(try await hold(drifting, on: bench) == nil)
        #expect(try await hold(next, on: bench) == nil)
        #expect(try await average(bench)?.watch.open == nil)
        let events = try await bench.store.register(.controlEvent, site: "nord", limit: 9)
        #expect(events.count == 1 && events.first?.author == "moyennes")
        #expect(try await bench.soundTrail())
    }

    @Test func `a rejected answer to the alarm puts the results since the last control in doubt`() async throws {
        let bench = try await controlled()
        try await bench.desk.setPatientControl(settings(bench), of: assay, reason: "dérive", by: Bench.biologist)
        let first = try await result("4.9", on: bench)
        for text in ["4.9", "4.9"] { try await result(text, on: bench) }
        #expect(try await hold(first, on: bench) == nil)
        try await control("4.5", on: bench)
        bench.clock.advance(.seconds(1))
        #expect(try await hold(first, on: bench) == .rejected)
        #expect(try await bench.desk.lookBacks(assay, site: "nord").map(\.entries.count) == [3])
    }

    @Test func `a warning is noted and holds nothing, and only a biologist sets or ends the watch`() async throws {
        let bench = try await controlled()
        func set(_ author: Author, _ settings: PatientSettings) async -> String? {
            await refusal { () throws(CommandFailure) in
                try await bench.desk.setPatientControl(settings, of: assay, reason: "dérive", by: author)
            }
        }
        #expect(await set(Bench.technician, settings(bench)) == "auth.permission")
        var wrong = settings(bench)
        wrong.policy.limit = Exact(0)
        #expect(await set(Bench.biologist, wrong) == "quality.patients")
        #expect(await set(Bench.biologist, settings(bench, .warning)) == nil)
        for text in ["4.9", "4.9", "4.9"] { try await result(text, on: bench) }
        let last = try await result("4.9", on: bench)
        #expect(try await hold(last, on: bench) == nil)
        #expect(try await bench.desk.patientAverages(site: "nord").map { $0.alarms.map(\.kind) } == [[.patientWarning]])
        try await bench.desk.endPatientControl(of: assay, reason: "population changée", by: Bench.biologist)
        #expect(try await bench.desk.patientAverages(site: "nord").isEmpty)
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.recordControlEvent(
                    ControlEvent(.patientAlarm, at: bench.clock.now), analyzer: "auto", analysis: "K",
                    by: Bench.technician)
            } == "quality.event.kind")
    }

    @Test func `patients of a class of encounter are left out, and those of another analyzer never counted`()
        async throws
    {
        let bench = try await controlled()
        try await bench.desk.setPatientControl(
            settings(bench, wards: ["AMB"]), of: assay, reason: "dérive", by: Bench.biologist)
        for text in ["4.9", "4.9", "4.9"] { try await result(text, on: bench) }
        let left = try #require(try await average(bench))
        #expect(left.watch.control.entered == 0 && left.watch.control.leftOut == 3 && left.watch.open == nil)
        let other = ControlledAssay(analysis: "K", analyzer: "autre")
        try await bench.desk.setPatientControl(settings(bench), of: other, reason: "dérive", by: Bench.biologist)
        #expect(try await bench.desk.patientAverage(other, site: "nord")?.watch.control.leftOut == 0)
    }

    @Test func `a control is good for as many samples as the policy says, not one more`() async throws {
        var policy = ControlPolicy(rules: ControlPolicy.twoLevelRules, validity: nil, patientSamples: 3)
        policy.needsSignedCorrection = false
        let bench = try await controlled(policy)
        var results = [Observation]()
        for _ in 0..<4 { results.append(try await result("4.2", on: bench)) }
        var holds = [ControlHold?]()
        for observation in results { holds.append(try await hold(observation, on: bench)) }
        #expect(holds == [nil, nil, nil, .expired])
        #expect(results[3].holds.contains { $0.reason.contains("3 échantillons") }, "\(results[3].holds)")
        #expect(try await bench.desk.controlStanding(of: assay, site: "nord").hold == .expired)
        try await control("4.0", on: bench)
        #expect(try await hold(try await result("4.2", on: bench), on: bench) == nil)
        #expect(try await hold(results[3], on: bench) == .expired)
        #expect(try await hold(results[2], on: bench) == nil)
    }

    @Test func `the average runs with what arrives, and nobody has to ask for its alarm`() async throws {
        let bench = try await controlled()
        try await bench.desk.setPatientControl(settings(bench), of: assay, reason: "dérive", by: Bench.biologist)
        for text in ["4.9", "4.9"] { try await result(text, on: bench) }
        #expect(try await bench.store.register(.controlEvent, site: "nord", limit: 9).isEmpty)
        try await result("4.9", on: bench)
        // Noted in the transaction after the result: `qc` and the state of the control show it at once.
        #expect(try await bench.store.register(.controlEvent, site: "nord", limit: 9).map(\.author) == ["moyennes"])
        let standing = try await bench.desk.controlStanding(of: assay, site: "nord")
        #expect(standing.state == .expired && standing.because.contains("moyenne des patients"))
    }

    @Test func `a line of the catalogue begins a watch, and a command ends it`() async throws {
        let bench = try await Bench.withRules()
        let tables = [
            "materials.csv": "code,nom_fr,fabricant,niveaux,note\nQC,Essai,E,N1,\n",
            "lots.csv":
                "materiau,niveau,lot,identifiant,peremption,service_de,service_a\nQC,N1,L1,QC N1,,2026-01-01,\n",
            "targets.csv":
                "materiau,niveau,lot,analyse,automate,moyenne,ecart_type,ucum,origine,points,de,a\n"
                + "QC,N1,L1,K,auto,4.0,0.1,mmol/L,laboratoire,30,2026-01-01,\n",
            "policies.csv":
                "analyse,automate,rejet,avertissement,validite,echantillons,evenements,niveaux,correction_signee,"
                + "serie_posterieure,erreur_toleree_pct,dispense_par,dispense_le,dispense_motif\n"
                + "K,*,1-3s,,24 h,,,1,non,non,,,,\n",
            "patients.csv":
                "analyse,automate,methode,nombre,lambda,cible,limite,ucum,bas,haut,sauf,consequence,de\n"
                + "K,*,mobile,3,,4.2,0.3,mmol/L,2,8,,contrôle,2026-01-01\n",
        ]
        let controls = tables.map { CatalogFile(name: "controls/" + $0.key, bytes: Array($0.value.utf8)) }
        try await bench.desk.publish(try Bench.files() + controls, reason: "suivi", by: Bench.administrator)
        try await bench.desk.approve(
            bench.desk.shelf.tables.controlSubjects.map { ApprovalSubject($0) }, reason: "lus", by: Bench.biologist)
        try await control("4.02", on: bench)
        for text in ["4.9", "4.9", "4.9"] { try await result(text, on: bench) }
        #expect(try await bench.desk.controlStanding(of: assay, site: "nord").state == .expired)
        #expect(try await bench.desk.patientAverages(site: "nord").map(\.assay) == [assay])
        try await bench.desk.endPatientControl(of: assay, reason: "population changée", by: Bench.biologist)
        #expect(try await bench.desk.patientAverages(site: "nord").isEmpty)
    }
}

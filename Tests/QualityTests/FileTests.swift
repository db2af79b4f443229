import Base
import Catalog
import Testing

@testable import Quality

@Suite struct `A file of controls` {
    private static let header = "run,time,level,value,mean,sd\n"
    private func file(_ text: String) -> ControlFile { ControlFile(Array(text.utf8), name: "k.csv") }
    private func file(lines: String...) -> ControlFile { file(Self.header + lines.joined(separator: "\n") + "\n") }

    @Test func `is judged run by run, in time`() {
        let file = file(
            lines: "R2,2026-11-02T08:00:00,1,4.55,4.10,0.20", "R1,2026-11-01T08:00:00,1,4.20,4.10,0.20",
            "R1,2026-11-01T08:00:00,2,6.10,6.00,0.10", "R2,2026-11-02T08:00:00,2,5.75,6.00,0.10",
            "R3,2026-11-03T08:00:00,1,4.10,4.10,0.20", "R3,2026-11-03T08:00:00,2,6.00,6.00,0.10",
            "R4,2026-11-04T08:00:00,1,4.05,4.10,0.20")
        #expect(file.refusals.isEmpty && file.levelCount == 2)
        let timeline = file.timeline()
        #expect(timeline.verdicts.map(\.run) == ["R1", "R2", "R3", "R4"])
        #expect(timeline.verdicts.map { $0.violations.map(\.rule.rawValue) } == [[], ["1-2s", "R-4s"], [], []])
        #expect(timeline.verdicts.map(\.state) == [.conforming, .rejected, .corrected, .conforming])
    }

    @Test func `does not see blanks around cells`() {
        let file = file(lines: "R1, 2026-11-01 ,1, 104.2 ,100,2 ", "R1 ,2026-11-01, 2,104.2,100, 2")
        #expect(file.refusals.isEmpty && file.levelCount == 2)
        #expect(file.timeline().verdicts.map { $0.rejecting.map(\.rule) } == [[.twoTwoS]])
    }

    @Test func `takes the rules of three levels when it has three`() {
        let three = file(
            lines: "R1,2026-11-01,1,106,100,2", "R1,2026-11-01,2,104.2,100,2", "R1,2026-11-01,3,104.1,100,2")
        #expect(three.timeline().verdicts.first?.rejecting.map(\.rule) == [.twoOfThreeTwoS, .threeOneS])
        #expect(three.timeline(rules: [.oneThreeS: .reject]).verdicts.first?.violations.isEmpty == true)
    }

    @Test func `holds without mean or SD, and does not refuse`() {
        for line in [
            "R1,2026-11-01,1,4.1,,0.2", "R1,2026-11-01,1,4.1,4.1,", "R1,2026-11-01,1,4.1,4.1,0",
            "R1,2026-11-01,1,<4.1,4.1,0.1", "R1,2026-11-01,1,4.1,4.1,-0.1",
        ] {
            let file = file(lines: line)
            #expect(file.refusals.isEmpty, "\(line)")
            #expect(file.timeline().verdicts.map(\.state) == [.notControlled])
            #expect(file.json(file.timeline()).contains("\"hold\": \"CQ_ABSENT\""))
        }
    }

    @Test(arguments: [
        ("run,time,level,value,mean\nR1,2026-11-01,1,4,4\n", "k.csv:1:1", "quality.file.column"),
        ("run,time,level,value,mean,sd,color\n", "k.csv:1:30", "quality.file.column"),
        ("run,time,level,value,mean,sd,sd\n", "k.csv:1:30", "quality.file.column"),
        ("run;time;level;value;mean;sd\n", "k.csv:1:1", "quality.file.empty"),
        ("run;time;level;value;mean\nR1;01/11/2026;1;4;4\n", "k.csv:1:1", "quality.file.column"),
        ("run;time;level;value;mean;sd\nR1;31/02/2026;1;4;4;1\n", "k.csv:2:4", "quality.file.time"),
        ("", "k.csv:1:1", "quality.file.empty"), ("run,time,level,value,mean,sd\n", "k.csv:1:1", "quality.file.empty"),
        (header + "R1,2026-11-01,1,4,1,4,1,0,2\n", "k.csv:2:23", "quality.file.cells"),
        (header + "R1,2026-11-01,1,4.1\n", "k.csv:2:17", "quality.file.cells"),
        (header + "R1,hier,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        (header + "R1,2026-02-30,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        (header + ",2026-11-01,1,4.1,4,1\n", "k.csv:2:1", "quality.file.missing"),
        (header + "R1,,1,4.1,4,1\n", "k.csv:2:4", "quality.file.missing"),
        (header + "R1,2026-11-01,,4.1,4,1\n", "k.csv:2:15", "quality.file.missing"),
        (header + "R1,2026-11-01,1,,4,1\n", "k.csv:2:17", "quality.file.missing"),
        (header + "R1,2026-11-01,1,quatre,4,1\n", "k.csv:2:17", "quality.file.number"),
        (header + "R1,2026-11-01,1,4.1,quatre,1\n", "k.csv:2:21", "quality.file.number"),
        (header + "R1,2026-11-01,1,4.1,4,1 mmol\n", "k.csv:2:23", "quality.file.number"),
        (header + "R1,2026-11-01,1,4.1,4,1\nR1,2026-11-02,1,4.1,4,1\n", "k.csv:3:1", "quality.file.run"),
        (header + "R1,2026-11-01,1,\"4.1,4,1\n", "k.csv:2:17", "quality.file.csv"),
        (header + "R1,22/11/2026 07:30,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        (header + "R1,11/22/2026,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        (header + "R1,2026-11-22 7h30,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        (header + "R1,1711121200,1,4.1,4,1\n", "k.csv:2:4", "quality.file.time"),
        ("run;time;level;value;mean;sd\nR1;22/11/26 07:30;1;4;4;1\n", "k.csv:2:4", "quality.file.time"),
        ("run;time;level;value;mean;sd\nR1;11/22/2026;1;4;4;1\n", "k.csv:2:4", "quality.file.time"),
        // A decimal comma that makes a cell more, though nothing stands behind it.
        (header + "R1,2026-11-01,1,4,20,,\n", "k.csv:2:23", "quality.file.cells"),
        // 1.234 or 1234?
        (header + "R1,2026-11-01,1,\"1,234\",4,1\n", "k.csv:2:17", "quality.file.number"),
        (header + "R1,2026-11-01,1,4.1,\"1,234\",1\n", "k.csv:2:21", "quality.file.number"),
    ]) func `is refused with line and column`(text: String, place: String, code: String) {
        let refusals = file(text).refusals
        #expect(refusals.map(\.place) == [place])
        #expect(refusals.map(\.code) == [code])
        #expect(refusals.allSatisfy { !$0.cause.isEmpty && !$0.remedy.isEmpty })
    }

    @Test func `judges the other runs when one has an SD below zero, and names it`() {
        let file = file(lines: "R1,2026-11-01,1,4.1,4,-1", "R2,2026-11-02,1,4.1,4,1")
        let timeline = file.timeline()
        #expect(file.refusals.isEmpty && timeline.verdicts.map(\.state) == [.notControlled, .conforming])
        #expect(timeline.verdicts[0].because == "niveau 1 : écart-type nul ou négatif")
    }

    @Test func `counts a line that is there twice once, and says so`() {
        let line = "R1,2026-11-01T08:00:00,1,4.55,4.10,0.20"
        let file = file(lines: line, line, "R2,2026-11-02,1,4.1,4.1,0.2", "R2 ,2026-11-02,1,4.1,4.1,0.2")
        #expect(file.points.count == 2)
        #expect(
            file.notices == [
                "k.csv:3 : répète la ligne 2, compté une seule fois",
                "k.csv:5 : répète la ligne 4, compté une seule fois",
            ])
        #expect(file.timeline().verdicts.map { $0.violations.map(\.rule) } == [[.oneTwoS], []])
        // A repeat with a value or an instant of its own is another measurement.
        let repeats = self.file(lines: line, "R1,2026-11-01T08:00:00,1,4.56,4.10,0.20")
        #expect(repeats.points.count == 2 && repeats.notices.isEmpty)
    }

    @Test(arguments: ["Run,Time,Level,Value,Mean,SD", "RUN, TIME ,LEVEL,VALUE,MEAN,Sd"])
    func `does not see the case of its header`(_ header: String) {
        let file = file(header + "\nR1,2026-11-01,1,4.1,4,1\n")
        #expect(file.refusals.isEmpty && file.points.count == 1)
    }

    @Test func `may come from a French spreadsheet`() {
        let file = file(
            "Run;Time;Level;Value;Mean;SD\r\nR1;22/11/2026 07:30;1;4,55;4,10;0,20\r\n"
                + "R2;1/12/2026;1;4.20;4,1;0,2\r\n")
        #expect(file.refusals.isEmpty)
        #expect(file.points.map(\.z?.text) == ["+2.25", "+0.50"])
        #expect(
            file.points.map(\.at) == [
                Instant("2026-11-22T07:30:00", in: .europeParis),
                Instant("2026-12-01", in: .europeParis),
            ])
        // Nobody parts thousands so: it is a decimal comma, between commas too when it is quoted.
        #expect(self.file(lines: "R1,2026-11-01,1,\"4,55\",\"4,1\",\"0,125\"").points.first?.z?.text == "+3.60")
        #expect(
            self.file("run;time;level;value;mean;sd;\nR1;01/11/2026;1;1,234;1;0,1;\n;;;;;;\n").points.map(\.text)
                == ["1.234"])
        // Between commas a decimal comma is one cell too many, and is told.
        #expect(
            self.file(Self.header + "R1,2026-11-01,1,4,55,4.1,0.2\n").refusals.map(\.code) == ["quality.file.cells"])
    }

    @Test func `lists every fault, not the first alone`() {
        #expect(file(lines: "R1,x,1,y,z,w", "R1,2026-11-01,1,4,4,1", "R2,2026-11-01,1,").refusals.count == 5)
    }

    @Test func `gives JSON with the written time, text as given and z as a number`() {
        let file = file(lines: "\"R\"\"1\",2026-11-01T08:00:00+01:00,1,104.20,100,2.0")
        let expected = """
            [
              {"run": "R\\"1", "time": "2026-11-01T08:00:00+01:00", "state": "CONFORME", "hold": null, \
            "outcome": "CONFORME", "because": "", "violations": [{"rule": "1-2s", "action": "avertissement", \
            "levels": ["1"], "evidence": [{"scope": "point", "side": "+", \
            "points": [{"run": "R\\"1", "level": "1"}]}]}], "points": [{"level": "1", "value": "104.20", \
            "mean": "100", "sd": "2.0", "z": 2.1000, "excluded": false, "defect": null}]}
            ]
            """
        #expect(file.json(file.timeline()) == expected)
    }

    @Test func `knows lots and exclusions when it has the columns`() {
        let header = "run,time,level,value,mean,sd,lot,exclusion\n"
        let text =
            header + "R1,2026-11-01,1,104.2,100,2,A,\nR2,2026-11-02,1,104.2,100,2,B,\n"
            + "R3,2026-11-03,1,107,100,2,B,flacon vide\n"
        let timeline = file(text).timeline()
        #expect(timeline.verdicts.map { $0.rejecting.count } == [0, 0, 0])
        #expect(timeline.verdicts.map(\.outcome) == [.conforming, .conforming, .incomplete])
    }

    @Test func `survives any bytes`() {
        var generator = PRNG(seed: 21)
        let sound = Array((Self.header + "R1,2026-11-01,1,4.1,4,1\nR2,2026-11-02,1,4.1,4,1\n").utf8)
        for _ in 0..<2000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let file = ControlFile(bytes, name: "k.csv")
            if file.refusals.isEmpty { #expect(!file.timeline().verdicts.isEmpty) }
        }
    }
}

@Suite struct `The tables of controls` {
    private static let materials = "code,nom_fr,fabricant,niveaux,note\nCHIM,Chimie,,1 2,\n"
    private static let lots =
        "materiau,niveau,lot,identifiant,peremption,service_de,service_a\n"
        + "CHIM,1,A,QC1,2026-12-31,2026-11-01,\nCHIM,2,A,QC2,,2026-11-01,2026-12-01\nCHIM,2,B,QC2B,,,\n"
    private static let targets =
        "materiau,niveau,lot,analyse,automate,moyenne,ecart_type,ucum,origine,points,de,a\n"
        + "CHIM,1,A,K,*,3.10,0.05,mmol/L,laboratoire,31,2026-11-01,\n"
        + "CHIM,1,A,K,A9,3.20,0.06,mmol/L,fabricant,,2026-11-01,\n"
    private static let policyHeader =
        "analyse,automate,rejet,avertissement,validite,echantillons,evenements,niveaux,correction_signee,"
        + "serie_posterieure,erreur_toleree_pct,dispense_par,dispense_le,dispense_motif\n"
    private static func bracketing(_ line: String) -> String {
        policyHeader.replacing("\n", with: ",encadrement\n") + line + "\n"
    }
    private static let policies =
        policyHeader + "K,*,1-3s 2-2s R-4s,1-2s,12 h,400,calibration|nouveau lot,2,non,oui,5.0,,,\n"
        + "K,A9,1-3s,,90 min,,aucun,,,,,,,\nPH,*,,,,,,,,,,Dr Martin,2026-11-01,bandelette\n"

    private func files(
        materials: String = materials, lots: String = lots, targets: String = targets, policies: String = policies
    ) -> [CatalogFile] {
        zip(ControlReader.names, [materials, lots, targets, policies]).map {
            CatalogFile(name: $0, bytes: Array($1.utf8))
        }
    }
    private func instant(_ text: String) -> Instant { Instant(text, in: .europeParis) ?? Instant(seconds: 0) }

    @Test func `are read into materials, lots, targets and policies`() throws {
        let catalogue = try ControlCatalogue.load(files())
        #expect(catalogue.materials.map { $0.levels.map(\.rank) } == [[1, 2]])
        let policy = try #require(catalogue.policy(for: ControlledAssay(analysis: "K", analyzer: "A2")))
        #expect(policy.rules == [.oneTwoS: .warn, .oneThreeS: .reject, .twoTwoS: .reject, .rFourS: .reject])
        #expect(policy.validity == .seconds(12 * 3600) && policy.patientSamples == 400 && policy.minimumLevels == 2)
        #expect(policy.endingEvents == [.calibration, .newReagentLot] && policy.acceptsLaterRun)
        #expect(!policy.needsSignedCorrection && policy.allowableError?.text == "5.0")
        let own = try #require(catalogue.policy(for: ControlledAssay(analysis: "K", analyzer: "A9")))
        #expect(own.validity == .seconds(5400) && own.endingEvents.isEmpty && own.needsSignedCorrection)
        let exempt = catalogue.policy(for: ControlledAssay(analysis: "PH", analyzer: "A1"))
        #expect(exempt?.exemption?.by == "Dr Martin")
        #expect(catalogue.policy(for: ControlledAssay(analysis: "NA", analyzer: "A2")) == nil)
    }

    @Test func `turn what an analyzer sent into a point`() throws {
        let catalogue = try ControlCatalogue.load(files())
        func point(_ identifier: String, _ time: String, _ analyzer: String = "A2") throws -> ControlPoint {
            try catalogue.point(
                id: "1", assay: ControlledAssay(analysis: "K", analyzer: analyzer), run: "R", at: instant(time),
                identifier: identifier, value: Measured(Exact(coefficient: 315, scale: 2)))
        }
        let usual = try point("QC1", "2026-11-05T08:00:00")
        #expect(usual.z?.text == "+1.00" && usual.lot == "A" && usual.level.name == "1" && !usual.isParallel)
        #expect(try point("QC1", "2026-11-05T08:00:00", "A9").z?.text == "-0.83")
        #expect(try point("QC2", "2026-11-05").score == .absent(.noTarget))
        #expect(try point("QC2B", "2026-11-05").isParallel)
        #expect(try point("QC2", "2026-11-30T23:59:59").isParallel == false)
        #expect(try point("QC2", "2026-12-01").isParallel)
        #expect(try point("QC1", "2026-12-31T23:00:00").lot == "A")
        #expect(throws: Refusal.self) { try point("QC1", "2027-01-01T00:00:00") }
        #expect(throws: Refusal.self) { try point("QC9", "2026-11-05") }
        #expect(throws: Refusal.self) {
            try catalogue.point(
                id: "1", assay: ControlledAssay(analysis: "K", analyzer: "A2"), run: "R", at: instant("2026-11-05"),
                identifier: "QC1", value: Measured(Exact(3)), unit: "mg/L")
        }
    }

    @Test(arguments: [
        ("materials.csv", "code,nom_fr,fabricant,niveaux,note\nCHIM,,,1 2,\n", "materials.csv:2:6"),
        ("materials.csv", materials + "CHIM,Autre,,1,\n", "materials.csv:3:1"),
        ("materials.csv", "code,nom_fr,fabricant,niveaux,note\nCHIM,Chimie,,1 2 2,\n", "materials.csv:2:14"),
        ("lots.csv", lots + "AUTRE,1,A,X,,,\n", "lots.csv:5:1"), ("lots.csv", lots + "CHIM,3,A,X,,,\n", "lots.csv:5:6"),
        ("lots.csv", lots + "CHIM,1,C,QC1,,,\n", "lots.csv:5:10"),
        ("lots.csv", lots + "CHIM,1,A,QC9,,,\n", "lots.csv:5:8"),
        ("lots.csv", lots + "CHIM,1,C,QC9,2026-13-01,,\n", "lots.csv:5:14"),
        ("lots.csv", lots + "CHIM,1,C,QC9,,2026-11-02,2026-11-01\n", "lots.csv:5:26"),
        ("targets.csv", targets + "CHIM,1,Z,K,A1,3,1,mmol/L,fabricant,,2026-11-01,\n", "targets.csv:4:8"),
        ("targets.csv", targets + "CHIM,1,A,K,A1,3,0,mmol/L,fabricant,,2026-11-01,\n", "targets.csv:4:17"),
        ("targets.csv", targets + "CHIM,1,A,K,A1,3,1,mmol/L,moi,,2026-11-01,\n", "targets.csv:4:26"),
        ("targets.csv", targets + "CHIM,1,A,K,A1,3,1,mmol/L,,,2026-11-01,\n", "targets.csv:4:26"),
        ("targets.csv", targets + "CHIM,1,A,K,*,3,1,mmol/L,fabricant,,2026-12-01,\n", "targets.csv:4:36"),
        ("policies.csv", policyHeader + "K,*,,1-2s,12 h,,,,,,,,,\n", "policies.csv:2:5"),
        ("policies.csv", policyHeader + "K,*,1-4s,,12 h,,,,,,,,,\n", "policies.csv:2:5"),
        ("policies.csv", policyHeader + "K,*,1-3s,1-3s,12 h,,,,,,,,,\n", "policies.csv:2:5"),
        ("policies.csv", policyHeader + "K,*,1-3s,,,,,,,,,,,\n", "policies.csv:2:11"),
        ("policies.csv", policyHeader + "K,*,1-3s,,midi,,,,,,,,,\n", "policies.csv:2:11"),
        ("policies.csv", policyHeader + "K,*,1-3s,,12 h,,,,peut-être,,,,,\n", "policies.csv:2:19"),
        ("policies.csv", policyHeader + "K,*,1-3s,,12 h,,,,,,,Dr Martin,,\n", "policies.csv:2:22"),
        ("policies.csv", policies + "K,*,1-3s,,12 h,,,,,,,,,\n", "policies.csv:5:1"),
        ("policies.csv", bracketing("K,*,1-3s,,12 h,,,,,,,,,,peut-être"), "policies.csv:2:25"),
        ("policies.csv", bracketing("K,A1,1-3s,,12 h,,,,,,,,,,oui"), "policies.csv:2:26"),
    ]) func `are refused with line and column`(name: String, text: String, place: String) {
        let files = files().map { $0.name == name ? CatalogFile(name: name, bytes: Array(text.utf8)) : $0 }
        let refusals = ControlCatalogue.lint(files).filter { $0.place.hasPrefix(name) }
        #expect(refusals.map(\.place) == [place])
        #expect(throws: Refusal.self) { try ControlCatalogue.load(files) }
    }

    @Test func `are all four wanted, and nothing else`() {
        #expect(ControlCatalogue.lint(Array(files().dropLast())).map(\.code) == ["quality.file.missing"])
        let other = CatalogFile(name: "autre.csv", bytes: [])
        #expect(ControlCatalogue.lint(files() + [other]).map(\.code) == ["quality.file.unknown"])
        #expect(ControlCatalogue.lint(files()) == [])
    }

    @Test func `that are shipped hold, against the shipped catalogue`() throws {
        let analyses = try AnalysisCatalogue.load(Shipped.files("Catalog"), version: CatalogVersion("test"))
        let files = try Shipped.files("Catalog/controls")
        #expect(ControlCatalogue.lint(files, analyses: analyses) == [])
        let catalogue = try ControlCatalogue.load(files, analyses: analyses)
        let haemoglobin = ControlledAssay(analysis: "HB", analyzer: "sysmex")
        #expect(catalogue.policy(for: haemoglobin)?.rules == ControlPolicy.threeLevelRules)
        let point = try catalogue.point(
            id: "1", assay: haemoglobin, run: "R", at: instant("2026-11-20"), identifier: "HEMA-H-2610",
            value: Measured(Exact(coefficient: 1722, scale: 2)))
        #expect(point.z?.text == "+1.00" && point.level.rank == 3)
    }

    @Test func `put levels measured together into one run, and a repeated level into a new one`() {
        var runs = ControlRuns(zone: .europeParis)
        func name(_ level: String, _ minutes: Int, _ material: String = "A", isParallel: Bool = false) -> String {
            runs.name(
                of: "\(level)\(minutes)", level: ControlLevel(level), material: material + level,
                isParallel: isParallel, at: Control.at(0, minutes: minutes))
        }
        let first = name("1", 0)
        #expect(name("2", 5) == first)
        // The lot under parallel run stands beside the one in service, once.
        #expect(name("1", 6, "B", isParallel: true) == first && name("2", 7, "B", isParallel: true) == first)
        let repeated = name("1", 10)
        #expect(repeated != first && name("2", 12) == repeated)
        let again = name("1", 10, "B", isParallel: true)
        #expect(again == repeated && name("1", 11, "B", isParallel: true) != again)
        // A pause of half an hour is still the run, a minute more is not.
        #expect(name("3", 41) != name("3", 72))
        let late = name("1", 200)
        #expect(name("2", 230) == late && name("3", 261) != late)
    }

    @Test func `call a run by the first of its points that became known, whatever becomes known later`() {
        var runs = ControlRuns(zone: .europeParis)
        func name(_ id: String, _ minutes: Int, level: String = "1", isNumbered: Bool = false) -> String {
            runs.name(
                of: id, level: ControlLevel(level), material: "M", isParallel: false,
                at: Control.at(0, minutes: minutes), isNumbered: isNumbered)
        }
        let rejected = name("01kcontrolaaaa", 20)
        #expect(rejected.hasSuffix("-aaaa"))
        // Of the same minute, and of one before: neither takes the name away.
        let late = name("01kcontrolbbbb", 20), before = name("01kcontrolcccc", 19)
        #expect(Set([rejected, late, before]).count == 3)
        // Two identifiers that end alike; a level that comes late joins a run and names none.
        #expect(Set([rejected, late, before]).contains(name("01kcontroldddd", 21, level: "2")))
        #expect(!Set([rejected, late, before]).contains(name("01kcontrolaaaa", 20)))
        // As they were called before, each minute by number.
        let plain = name("x", 400, isNumbered: true)
        #expect(!plain.hasSuffix("-x") && name("y", 400, isNumbered: true) == plain + "-2")
    }
}

@Suite struct `The table of patients' averages` {
    private static let header =
        "analyse,automate,methode,nombre,lambda,cible,limite,ucum,bas,haut,sauf,consequence,de\n"

    private func catalogue(_ rows: String) throws -> ControlCatalogue {
        try ControlCatalogue.load(try files(rows))
    }
    private func files(_ rows: String) throws -> [CatalogFile] {
        try Shipped.files("Catalog/controls").filter { $0.name != "patients.csv" } + [
            CatalogFile(name: "patients.csv", bytes: Array((Self.header + rows).utf8))
        ]
    }

    @Test func `gives each analysis its way, its limits and its beginning`() throws {
        let found = try catalogue(
            "VGM,*,bull,,,90,2.7,fL,70,110,IMP EMER,,2026-01-01\n"
                + "VGM,xn,ewma,,0.05,91,2,fL,,,,avertissement,2026-01-01\n"
                + "K,*,mobile,30,,4.2,0.2,mmol/L,,,,contrôle,2026-01-01\n")
        let all = try #require(found.patientSettings(for: ControlledAssay(analysis: "VGM", analyzer: "autre")))
        #expect(all.policy.method == .bull(batch: 20) && all.policy.excludedWards == ["IMP", "EMER"])
        #expect(all.policy.low == Exact(70) && all.consequence == .control && all.unit == "fL" && all.isOn)
        let own = try #require(found.patientSettings(for: ControlledAssay(analysis: "VGM", analyzer: "xn")))
        #expect(own.policy.method == .ewma(lambda: Exact(coefficient: 5, scale: 2)) && own.consequence == .warning)
        let potassium = found.patientSettings(for: ControlledAssay(analysis: "K", analyzer: "xn"))
        #expect(potassium?.policy.method == .movingAverage(window: 30))
        #expect(found.patientSettings(for: ControlledAssay(analysis: "NA", analyzer: "xn")) == nil)
    }

    @Test(arguments: [
        ("VGM,*,somme,,,90,2.7,fL,,,,,2026-01-01", "quality.file.word"),
        ("VGM,*,ewma,,,90,2.7,fL,,,,,2026-01-01", "quality.file.missing"),
        ("VGM,*,ewma,,1.5,90,2.7,fL,,,,,2026-01-01", "quality.file.patients"),
        ("VGM,*,bull,,,90,0,fL,,,,,2026-01-01", "quality.file.patients"),
        ("VGM,*,bull,,,90,2.7,fL,95,,,,2026-01-01", "quality.file.patients"),
        ("VGM,*,bull,,,90,2.7,,,,,,2026-01-01", "quality.file.missing"),
        ("VGM,*,bull,,,90,2.7,fL,,,,,", "quality.file.missing"),
        ("VGM,*,bull,,,90,2.7,fL,,,,,2026-01-01\nVGM,*,bull,,,90,2.7,fL,,,,,2026-01-01", "quality.file.duplicate"),
    ])
    func `refuses what it cannot read`(_ row: (String, String)) throws {
        #expect(ControlCatalogue.lint(try files(row.0 + "\n")).first?.code == row.1)
    }

    @Test func `is shipped without a line, and may be left out`() throws {
        #expect(try ControlCatalogue.load(try Shipped.files("Catalog/controls")).patients.isEmpty)
        let without = try Shipped.files("Catalog/controls").filter { $0.name != "patients.csv" }
        #expect(try ControlCatalogue.load(without).patients.isEmpty)
    }
}

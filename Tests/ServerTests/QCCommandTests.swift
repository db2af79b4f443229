import API
import Base
import Client
import Foundation
import Laboratory
import Testing

/// `paillasse qc …` against a real server, as people type it.
@Suite(.serialized) struct `The control of quality on the command line` {
    private func open(
        _ body: @Sendable (APILaboratory, CommandLineTool, LaboratoryClient) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                #expect(login.code == 0, "\(login)")
                try await body(laboratory, tool, try await laboratory.signedIn(.technician))
            }
        }
    }
    private func target(_ tool: CommandLineTool, _ material: String = "QC1", _ lot: String = "A") async throws {
        let set = try await tool.run(
            "qc", "target", "xn", "K", "--material", material, "--level", "N1", "--lot", lot, "--mean", "4.0",
            "--sd", "0.1", "--points", "20", "--reason", "cible du lot")
        #expect(set.code == 0 && set.output.contains("NON_CONTROLE"), "\(set)")
    }
    private func enter(
        _ value: String, _ material: String = "QC1", _ laboratory: APILaboratory, _ client: LaboratoryClient
    ) async throws -> String {
        laboratory.clock.advance(.seconds(60))
        return try await client.enterControl("xn", "K", ControlValueBody(material: material, value: value, at: nil))
            .state
    }
    private func decoded<T: Decodable>(_ type: T.Type, _ ran: CommandLineTool.Ran) throws -> T {
        try JSONDecoder().decode(type, from: Data(ran.output.utf8))
    }

    @Test func `gives statistics with TEa and sigma, and the chart on screen, in SVG and in PDF`() async throws {
        try await open { laboratory, tool, technician in
            try await target(tool)
            let policy = try await tool.run(
                "qc", "policy", "xn", "K", "--hours", "24", "--allowable-error", "10", "--reason", "ricos")
            #expect(policy.code == 0, "\(policy)")
            for value in ["4.05", "4.15", "4.10"] {
                laboratory.clock.advance(.seconds(3600))
                #expect(try await enter(value, "QC1", laboratory, technician) == "CONFORME")
            }
            let stats = try await tool.run("qc", "stats", "xn", "K", "--json")
            let line = try #require(try decoded([QualityStatisticsView].self, stats).first)
            // Mean 4.10, SD 0.05: CV 1.22 %, bias 2.5 %, TE 2.5 + 1.65 · 1.2195 = 4.51, sigma (10 − 2.5) / 1.2195.
            #expect(line.count == 3 && line.mean == "4.1000" && line.sd == "0.0500" && line.cv == "1.22")
            #expect(line.target == "4.0" && line.bias == "2.50" && line.totalError == "4.51")
            #expect(line.allowableError == "10" && line.sigma == "6.15", "\(line)")
            let table = try await tool.run("qc", "stats", "xn", "K", "--month")
            #expect(table.output.contains("TEa %") && table.output.contains("2026-11"), "\(table)")

            let round = try await tool.run(
                "qc", "eeq", "add", "xn", "K", "--programme", "Ionogramme", "--round", "2026-3", "--sample", "A",
                "--value", "4.1", "--at", "2026-11-20T09:00", "--target", "4.0", "--sd", "0.1")
            #expect(round.code == 0 && round.output.contains("SATISFAISANT"), "\(round)")
            let sure = try await tool.run("qc", "stats", "xn", "K", "--u-cal", "0.5", "--json")
            // 2 · √(1.2195² + 0.5² + 2.5²)
            #expect(try decoded([QualityStatisticsView].self, sure).map(\.uncertainty) == ["5.65"])
            #expect(line.uncertainty == nil)

            #expect(try await enter("4.50", "QC1", laboratory, technician) == "REJET")
            let svg = tool.home + "/lj.svg", pdf = tool.home + "/lj.pdf"
            let shown = try await tool.run("qc", "show", "xn", "K", "--ascii", "--svg", svg, "--pdf", pdf)
            #expect(shown.code == 0 && shown.output.contains("1-3s"), "\(shown)")
            #expect(shown.output.contains("exigences : rejette 1-3s 2-2s R-4s 4-1s 10-x ; avertit 1-2s ; valable 24 h"))
            #expect(shown.output.contains("cible : QC1 niveau N1 lot A : 4.0 ± 0.1 mmol/L (laboratoire, 20 points"))
            #expect(shown.output.contains("+3") && shown.output.contains("^ v au-dela de 4 ET"), "\(shown)")
            let drawing = String(decoding: try Data(contentsOf: URL(fileURLWithPath: svg)), as: UTF8.self)
            #expect(drawing.hasPrefix("<?xml") && drawing.contains("1-3s") && drawing.hasSuffix("</svg>\n"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: pdf)).starts(with: Array("%PDF-".utf8)))

            let list = try await tool.run("qc", "list", "--json")
            #expect(try decoded([QualityStateView].self, list).map(\.hold) == ["CQ_REJET"])
            let run = try #require(try decoded([QualityStateView].self, list).first?.run)
            let corrected = try await tool.run(
                "qc", "correct", "xn", "K", run, "--cause", "bulle", "--action", "aiguille purgée")
            #expect(corrected.code == 0 && corrected.output.contains("CORRIGE"), "\(corrected)")
            #expect(try await enter("4.02", "QC1", laboratory, technician) == "CONFORME")
            // A period that is closed is not to be decided: the same list for people and for programs.
            func periods(_ more: String...) async throws -> [LookBackView] {
                let ran = try await tool.run(words: ["qc", "lookback", "xn", "K", "--json"] + more)
                return try decoded([LookBackView].self, ran)
            }
            #expect(try await periods().isEmpty)
            #expect(try await periods("--all").map(\.run) == [run])
            #expect(try await periods("--all").map(\.done) == [true])
            let event = try await tool.run(
                "qc", "event", "xn", "nouveau lot", "--note", "R12", "--until", "2027-01-31T23:59")
            #expect(event.code == 0, "\(event)")
            #expect(try await tool.run("qc", "list").output.contains("ECHU"))
        }
    }

    @Test func `refuses a name that no analyzer bears, whatever the route`() async throws {
        try await open { laboratory, tool, _ in
            let named = laboratory.api.routes.filter { $0.path.contains(":analyzer") || $0.query.contains("analyzer") }
            #expect(named.count >= 17, "\(named.count)")
            let session = try await laboratory.stranger.login("biologiste", secret: APILaboratory.secret)
            for route in named {
                let path = route.path.map { $0 == ":analyzer" ? "cobass" : $0 == ":analysis" ? "K" : $0 }
                let query = route.query.contains("analyzer") ? "?analyzer=cobass" : ""
                let target = "/" + path.joined(separator: "/") + query
                let answer = await laboratory.api.respond(
                    to: .init(
                        method: route.method, target: target, authorization: "Bearer \(session.token)", peer: "essai",
                        body: Array("{}".utf8)))
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 404 && text.contains("analyzer.unknown"), "\(route.method) \(target) \(text)")
                #expect(text.contains("employer : xn"), "\(text)")
            }
            for words in [
                [
                    "qc", "eeq", "add", "cobass", "K", "--programme", "P", "--round", "R", "--sample", "S", "--value",
                    "4",
                    "--at", "2026-11-20T09:00",
                ],
                ["rules", "off", "--analyzer", "cobass", "--reason", "essai"],
                ["qc", "event", "cobass", "calibration", "--note", "R1"],
            ] {
                let ran = try await tool.run(words: words)
                #expect(ran.code == 1 && ran.complaint.contains("[analyzer.unknown]"), "\(ran)")
            }
        }
    }

    @Test func `takes a target from the last points, and brackets values by levels`() async throws {
        try await open { laboratory, tool, technician in
            try await target(tool)
            for index in 0..<20 {
                laboratory.clock.advance(.seconds(600))
                _ = try await enter(["4.05", "3.95"][index % 2], "QC1", laboratory, technician)
            }
            let few = try await tool.run(
                "qc", "target", "xn", "K", "--material", "QC1", "--rolling", "21", "--reason", "cible glissante")
            #expect(few.code == 1 && few.complaint.contains("[quality.target.rolling]"), "\(few)")
            let both = try await tool.run(
                "qc", "target", "xn", "K", "--material", "QC1", "--rolling", "20", "--mean", "4", "--reason",
                "motif d'essai")
            #expect(both.code == 2, "\(both)")
            let set = try await tool.run(
                "qc", "target", "xn", "K", "--material", "QC1", "--rolling", "20", "--reason", "cible glissante")
            #expect(set.code == 0, "\(set)")
            #expect(
                try await tool.run("qc", "show", "xn", "K").output
                    .contains("cible : QC1 niveau N1 lot A : 4.0000 ± 0.0513 mmol/L (laboratoire, 20 points"))
            let alone = try await tool.run("qc", "policy", "xn", "K", "--bracket-levels", "--reason", "encadrer")
            #expect(alone.code == 1 && alone.complaint.contains("[quality.policy.bracket]"), "\(alone)")
            let second = try await tool.run(
                "qc", "target", "xn", "K", "--material", "QC9", "--level", "N2", "--lot", "A", "--mean", "6.0", "--sd",
                "0.1", "--reason", "second niveau")
            #expect(second.code == 0, "\(second)")
            #expect(try await tool.run("qc", "policy", "xn", "K", "--bracket-levels", "--reason", "encadrer").code == 0)
            #expect(try await tool.run("qc", "show", "xn", "K").output.contains("encadrée par deux niveaux"))
        }
    }

    @Test func `refuses instants that cannot be, and names that say nothing`() async throws {
        try await open { _, tool, _ in
            try await target(tool)
            func refused(_ words: [String]) async throws -> String {
                let ran = try await tool.run(words: words)
                #expect(ran.code != 0 && ran.output.isEmpty, "\(ran)")
                return ran.complaint
            }
            for at in ["2027-01-01T00:00", "1999-01-01T00:00"] {
                #expect(
                    try await refused(["qc", "enter", "xn", "K", "4.0", "--material", "QC1", "--at", at])
                        .contains("[quality.moment]"))
                #expect(
                    try await refused([
                        "qc", "eeq", "add", "xn", "K", "--programme", "P", "--round", "R", "--sample", "S", "--value",
                        "4", "--at", at,
                    ]).contains("[quality.moment]"))
            }
            #expect(
                try await refused(["qc", "event", "xn", "maintenance", "--note", " "]).contains("[reason.missing]"))
            #expect(
                try await refused([
                    "qc", "eeq", "add", "xn", "K", "--programme", "", "--round", "R", "--sample", "S", "--value", "4",
                    "--at", "2026-11-20T09:00",
                ]).contains("[quality.assessment]"))
            // Noted later, it would be over before it was known.
            #expect(
                try await refused([
                    "qc", "event", "xn", "calibration", "--note", "R1", "--at", "2026-11-20T09:00", "--until",
                    "2026-11-21T09:00",
                ]).contains("[quality.event.until]"))
        }
    }

    @Test func `shows what a rejected run leaves out, what was replaced, and whose results are in doubt`() async throws
    {
        try await open { laboratory, tool, technician in
            try await target(tool)
            for value in ["4.05", "4.15"] {
                laboratory.clock.advance(.seconds(3600))
                #expect(try await enter(value, "QC1", laboratory, technician) == "CONFORME")
            }
            laboratory.clock.advance(.seconds(600))
            let made = try await laboratory.proposable("DUPONT")
            // The exemption of that helper is over.
            let policy = try await tool.run("qc", "policy", "xn", "K", "--reason", "fin de la dispense")
            #expect(policy.code == 0, "\(policy)")
            laboratory.clock.advance(.seconds(600))
            #expect(try await enter("9", "QC1", laboratory, technician) == "REJET")

            let line = try #require(
                try decoded([QualityStatisticsView].self, try await tool.run("qc", "stats", "xn", "K", "--json")).first)
            #expect(line.count == 2 && line.mean == "4.1000" && line.all?.count == 3, "\(line)")
            #expect(try await tool.run("qc", "stats", "xn", "K").output.contains("N TOUS"))

            let file = try await technician.request(made.request.number)
            let doubt = try await tool.run("qc", "lookback", "xn", "K")
            #expect(doubt.output.contains(made.request.number) && doubt.output.contains("4,20"), "\(doubt)")
            #expect(doubt.output.contains(file.patient.ipp) && doubt.output.contains("RETENU"), "\(doubt)")
            #expect(!doubt.output.contains("DUPONT") && !doubt.output.contains("T0"), "\(doubt)")

            func round(_ value: String, _ more: String...) async throws -> CommandLineTool.Ran {
                try await tool.run(
                    words: [
                        "qc", "eeq", "add", "xn", "K", "--programme", "P", "--round", "1", "--sample", "A", "--value",
                        value, "--at", "2026-11-20T09:00", "--target", "4.0",
                    ] + more)
            }
            #expect(try await round("4.1", "--sd", "0").complaint.contains("[quality.assessment.sd]"))
            #expect(try await round("4.1", "--sd", "0.1").code == 0)
            #expect(try await round("9", "--sd", "0.1").complaint.contains("[quality.assessment.reason]"))
            #expect(try await round("4.2", "--sd", "0.1", "--reason", "faute de frappe").code == 0)
            let register = try await tool.run("qc", "eeq")
            #expect(register.output.contains("corrigé par biologiste") && register.output.contains("avant : "))
            let view = try #require(
                try decoded([AssessmentView].self, try await tool.run("qc", "eeq", "--json")).first)
            #expect(view.earlier?.map(\.value) == ["4.1"] && view.corrected?.contains("frappe") == true, "\(view)")
        }
    }

    @Test func `a signed file whose control is rejected afterwards is to be reviewed, then to be amended`()
        async throws
    {
        try await open { laboratory, tool, technician in
            try await target(tool)
            for value in ["4.05", "4.15"] {
                laboratory.clock.advance(.seconds(3600))
                #expect(try await enter(value, "QC1", laboratory, technician) == "CONFORME")
            }
            laboratory.clock.advance(.seconds(600))
            let made = try await laboratory.proposable("DUPONT")
            let number = made.request.number
            #expect(try await tool.run("qc", "policy", "xn", "K", "--reason", "fin de la dispense").code == 0)
            let biologist = try await laboratory.signedIn(.biologist)
            let hash = try await biologist.fileToSign(number).contentHash
            _ = try await biologist.sign(number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            func head() async throws -> String {
                let shown = try await tool.run("bio", "show", number)
                #expect(shown.code == 0 && !shown.output.contains("proposable"), "\(shown)")
                return shown.output.split(separator: "\n").prefix(2).joined(separator: "\n")
            }
            #expect(try await head().contains("version 1 signée, rien de neuf à signer"))
            // The uncertainty of what measured it, on request; where something is missing for it, that is said.
            let unsure = try await tool.run("bio", "show", number, "--mu", "0,5")
            #expect(unsure.output.contains("MU de NA · xn : il manque des contrôles"), "\(unsure)")
            let round = try await tool.run(
                "qc", "eeq", "add", "xn", "K", "--programme", "Ionogramme", "--round", "2026-3", "--sample", "A",
                "--value", "4.1", "--at", "2026-11-20T09:00", "--target", "4.0", "--sd", "0.1")
            #expect(round.code == 0, "\(round)")
            let sure = try await tool.run("bio", "show", number, "--mu", "0,5")
            #expect(sure.output.contains(/MU \(k = 2\) de K · xn : N1 [0-9]+,[0-9]+ %/), "\(sure)")
            laboratory.clock.advance(.seconds(600))
            #expect(try await enter("9", "QC1", laboratory, technician) == "REJET")
            let review = try await head()
            #expect(review.contains("version 1 signée, À REVOIR : contrôle rejeté depuis pour K"), "\(review)")
            #expect(review.contains("décider de K 4,2 mmol/L : paillasse qc lookback xn K"), "\(review)")
            try await TmuxScreen.open(tool, width: 80, height: 24, arguments: "bio") { screen in
                #expect(try await screen.shows("rien à signer"))
                try await screen.press("o")
                #expect(try await screen.shows("numéro du dossier ou du tube"))
                try await screen.answer(number)
                #expect(try await screen.shows("version 1 signée, À REVOIR : contrôle rejeté depuis pour K"))
                try await screen.press("s")
                #expect(try await !screen.text.contains("code de signature"))
            }
            let entry = try #require(try await biologist.lookBacks("xn", "K").first)
            let result = try #require(entry.entries.first?.result)
            _ = try await biologist.decideLookBack(
                "xn", "K", LookBackBody(result: result, run: entry.run, choice: "rectifier", reason: "biais de 10 %"))
            let amend = try await head()
            #expect(amend.contains("version 1 signée, À RECTIFIER : ") && amend.contains("biais de 10 %"), "\(amend)")
        }
    }

    @Test func `refuses a policy that rejects nothing, or that is good for no time`() async throws {
        try await open { _, tool, _ in
            try await target(tool)
            func set(_ words: String...) async throws -> String {
                let ran = try await tool.run(words: ["qc", "policy", "xn", "K", "--reason", "essai"] + words)
                #expect(ran.code != 0 && ran.output.isEmpty, "\(ran)")
                return ran.complaint
            }
            #expect(try await set("--reject", "", "--hours", "24").contains("[quality.policy.rules]"))
            #expect(
                try await set("--reject", "", "--warn", "1-3s", "--hours", "24").contains("aucune règle ne rejette"))
            for hours in ["0", "-1", "745", "9999999999999999"] {
                #expect(try await set("--hours=\(hours)").contains("[quality.policy.validity]"), "\(hours)")
            }
            #expect(try await set("--samples", "0").contains("[quality.policy.samples]"))
            #expect(try await set("--levels", "0").contains("[quality.policy.levels]"))
            // What nobody ended is good for as long as the standard one.
            let plain = try await tool.run("qc", "policy", "xn", "K", "--reason", "essai")
            #expect(plain.code == 0, "\(plain)")
            #expect(try await tool.run("qc", "show", "xn", "K").output.contains("valable 24 h"))
        }
    }

    @Test func `changes the lot of a control after a parallel run`() async throws {
        try await open { laboratory, tool, technician in
            try await target(tool)
            let opened = try await tool.run(
                "qc", "lot", "open", "xn", "--material", "QC2", "--lot", "B", "--beside", "QC1", "--value",
                "K=5.0/0.1", "--reason", "fin du lot A")
            #expect(opened.code == 0 && opened.output.contains("0 points sur 20"), "\(opened)")
            for index in 0..<20 {
                laboratory.clock.advance(.seconds(31 * 60))
                let shift = ["3.95", "4.05", "4.00", "4.10", "3.90"][index % 5]
                #expect(try await enter(shift, "QC1", laboratory, technician) == "CONFORME")
                #expect(
                    try await enter("5" + shift.dropFirst(), "QC2", laboratory, technician) == "CONFORME")
            }
            let lots = try decoded(
                [LotComparisonView].self, try await tool.run("qc", "lot", "show", "xn", "K", "--json"))
            let lot = try #require(lots.first)
            #expect(lot.new.count == 20 && lot.former?.lot == "A" && lot.former?.count == 20, "\(lot)")
            #expect(lot.proposedMean != nil && lot.proposedSD != nil)
            let refused = try await tool.run(
                "qc", "lot", "switch", "xn", "--material", "QC9", "--reason", "lot B validé")
            #expect(refused.code == 1 && refused.complaint.contains("[quality.lot.parallel]"), "\(refused)")
            let doubts = lot.doubts.isEmpty ? [] : ["--accept"]
            let switched = try await tool.run(
                words: ["qc", "lot", "switch", "xn", "--material", "QC2", "--reason", "lot B validé"] + doubts)
            #expect(switched.code == 0 && switched.output.contains("ECHU"), "\(switched)")
            #expect(switched.output.contains("nouveau lot de contrôle"), "\(switched)")
            #expect(try await enter("5.02", "QC2", laboratory, technician) == "CONFORME")
            // A lot that was closed keeps its statistics, measured once more or not.
            _ = try await enter("4.00", "QC1", laboratory, technician)
            let stats = try decoded(
                [QualityStatisticsView].self, try await tool.run("qc", "stats", "xn", "K", "--json"))
            let closed = try #require(stats.first { $0.lot == "A" })
            #expect(closed.target == "4.0" && closed.bias == "0.00" && closed.totalError != nil, "\(closed)")
            #expect(try await tool.run("qc", "lot", "show", "xn").output == "aucun lot en parallèle\n")
            let wrong = try await tool.run(
                "qc", "lot", "open", "xn", "--material", "Q", "--lot", "C", "--beside", "QC2", "--value", "K=5",
                "--reason", "motif d'essai")
            #expect(wrong.code == 2, "\(wrong)")
        }
    }

    @Test func `watches the patients' average of an analysis`() async throws {
        try await open { laboratory, tool, technician in
            let set = try await tool.run(
                "qc", "patients", "set", "xn", "K", "--method", "ewma", "--lambda", "0.1", "--target", "4.2",
                "--limit", "0.2", "--low", "3", "--high", "6", "--exclude", "IMP,EMER", "--reason", "dérive lente")
            #expect(set.code == 0 && set.output.contains("ATTENTE – EWMA, λ 0.1, cible 4.2 ± 0.2 mmol/L"), "\(set)")
            let list = try await tool.run("qc", "patients", "list", "--json")
            let view = try #require(try decoded([PatientAverageView].self, list).first)
            #expect(view.excluded == ["EMER", "IMP"] && view.consequence == "contrôle" && view.points.isEmpty)
            #expect(try await tool.run("qc", "patients").output.contains("EWMA"))
            #expect(try await tool.run("qc", "patients", "show", "xn", "K").output.contains("pas encore assez"))
            let wrong = try await tool.run(
                "qc", "patients", "set", "xn", "K", "--method", "ewma", "--lambda", "2", "--target", "4.2", "--limit",
                "0.2", "--reason", "motif d'essai")
            #expect(wrong.code == 1 && wrong.complaint.contains("[quality.patients]"), "\(wrong)")
            #expect(try await tool.run("qc", "patients", "off", "xn", "K", "--reason", "fini").code == 0)
            let off = try await tool.run("qc", "patients", "show", "xn", "K")
            #expect(off.code == 1 && off.complaint.contains("[quality.patients.off]"), "\(off)")
        }
    }
}

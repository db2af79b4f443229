import AnalyzerSimulator
import Base
import Client
import Foundation
import Glibc
import Laboratory
import Lines
import Neighbours
import Testing

/// The whole road with the real program, as a laboratory walks it.
@Suite(.serialized) struct `A laboratory that operates its analyzers` {
    /// An instrument that no driver knows sends sodium and potassium of a tube under its own codes.
    private func send(_ tube: String, to port: Int) async throws {
        var session = AnalyzerScenario.Session()
        session.records = [
            #"H|\^&|||ACME^ZX9^1.0|||||||P|LIS2-A2|20261122060000"#, "P|1", #"O|1|\#(tube)||^^^SOD\^^^POT|R||||||N"#,
            "R|1|^^^SOD|141|mmol/L||N||F||||20261122060000", "R|2|^^^POT|4.2|mmol/L||N||F||||20261122060000", "L|1|N",
        ]
        var scenario = AnalyzerScenario(name: "inconnu", sessions: [session])
        scenario.sends = 1000
        let run = try AnalyzerRun(scenario, transcripts: [:], specimens: [:], seed: 1, at: SteadyClock().now)
        let source = try await LineSource.start(
            .tcpClient(host: "127.0.0.1", port: port),
            backOff: BackOff(first: .milliseconds(20), limit: .milliseconds(200), seed: 1))
        let report = await AnalyzerPump.run(run, over: source, within: .seconds(120))
        await source.stop()
        try #require(report.isAcknowledged, "\(report)")
    }

    private func entry(_ name: String, _ driver: String, _ port: Int) -> String {
        "{ name: \"\(name)\", site: \"A\", driver: \"\(driver)\", line: \"listen:127.0.0.1:\(port)\" }"
    }

    @Test func `adds one that nobody knew, from a captured session to results in the worklist`() async throws {
        let here = try await CrashWorld.freePort(), there = try await CrashWorld.freePort()
        try await RunningLaboratory.open { _ in
            [entry("ancien", "generic-lis2a2", here)]
        } _: { laboratory in
            let tool = laboratory.tool, file = laboratory.folder.appending(path: "session.astm").path
            let (_, tube) = try await laboratory.tube("NA,K")
            // Capture: the program answers as a laboratory and keeps the bytes.
            async let capture = tool.run(
                "analyzer", "capture", "--line", "listen:127.0.0.1:\(there)", "--sessions", "1", file)
            try await send("1234", to: there)
            let captured = try await capture
            #expect(captured.code == 0 && captured.output.contains("1 session(s)"), "\(captured)")

            // A draft, tried as it is: nothing is understood yet, and it says what is missing.
            let options = ["--drivers", laboratory.drivers]
            let new = try await tool.run(
                words: ["driver", "new", "--maker", "Acme", "--model", "ZX9", "acme-zx9", file] + options)
            #expect(new.code == 0 && new.output.contains("2 code(s) à rattacher"), "\(new)")
            let trying = ["driver", "try", "--driver", "acme-zx9", file] + options
            let empty = try await tool.run(words: trying)
            #expect(empty.output.contains("2 résultat(s) dont 0 compris"), "\(empty)")
            #expect(empty.output.contains("codes.SOD : code sans analyse"))

            // A person edits the code map.
            let path = "\(laboratory.drivers)/acme-zx9/driver.json5"
            let draft = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            let edited = draft.replacing("// \"SOD\": { analysis: \"\" }", with: "\"SOD\": { analysis: \"NA\" }")
                .replacing("// \"POT\": { analysis: \"\" }", with: "\"POT\": { analysis: \"K\" }")
            try #require(edited != draft, "\(draft)")
            try Data(edited.utf8).write(to: URL(filePath: path))
            // What the draft expected of its session is not what it says now; the finding names the file.
            let stale = try await tool.run(words: ["driver", "check", "acme-zx9"] + options)
            #expect(stale.code == 1 && stale.complaint.hasPrefix("acme-zx9/transcripts/session.expected.json: "))
            let full = try await tool.run(words: trying + ["--keep", "session"])
            #expect(full.code == 0 && full.output.contains("2 résultat(s) dont 2 compris"), "\(full)")
            let check = try await tool.run(words: ["driver", "check", "acme-zx9"] + options)
            #expect(check.code == 0 && check.output.contains("1 pilote(s) vérifié(s), 0 défaut(s)"), "\(check)")
            let list = try await tool.run(words: ["driver", "list", "--json"] + options)
            let drivers = try #require(
                try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
            let mine = try #require(drivers.first { $0["name"] as? String == "acme-zx9" })
            #expect(
                mine["maker"] as? String == "Acme" && mine["codes"] as? Int == 2 && mine["transcripts"] as? Int == 1)
            #expect(drivers.contains { $0["name"] as? String == "generic-lis2a2" })

            // Into the configuration, and read again without a restart.
            try laboratory.configure([entry("ancien", "generic-lis2a2", here), entry("zx9", "acme-zx9", there)])
            let reload = try await tool.run("analyzer", "reload", "--reason", "nouvel automate")
            #expect(reload.code == 0 && reload.output.contains("zx9 : ajouté"), "\(reload)")
            #expect(reload.output.contains("1 automate(s) inchangé(s)"))
            try await send(tube, to: there)
            #expect(
                try await eventually { try await tool.run("worklist").output.contains("141") }, "\(laboratory.log)")
            let worklist = try await tool.run("worklist")
            #expect(worklist.output.contains("NA") && worklist.output.contains("4,2"), "\(worklist)")
            #expect(try await tool.run("triage", "list").output == "rien en triage\n")
            #expect(try await laboratory.analyzer("zx9")?.messages == 1)
        }
    }

    @Test func `reads its configuration again at SIGHUP, and keeps the old one whole when the new is faulty`()
        async throws
    {
        let here = try await CrashWorld.freePort(), there = try await CrashWorld.freePort()
        let first = entry("un", "generic-lis2a2", here)
        try await RunningLaboratory.open { _ in
            [first]
        } _: { laboratory in
            let talking = try await RawInstrument(port: here)
            #expect(try await talking.say([0x05]) == 0x06)
            // Two faults beside a good change: nothing of it is taken.
            let faulty = [
                first, entry("deux", "generic-lis2a2", there).replacing("site: \"A\"", with: "site: \"Z\""),
                entry("trois", "generic-lis2a2", there),
            ]
            try laboratory.configure(faulty)
            laboratory.signal(SIGHUP)
            #expect(await eventually { laboratory.log.contains("relecture refusée") })
            let line = try #require(laboratory.log.split(separator: "\n").last { $0.contains("relecture refusée") })
            #expect(line.contains("[config.site]") && line.contains("[config.port]"), "\(line)")
            #expect(line.contains("la configuration d'avant reste entière en service"))
            #expect(try await laboratory.analyzer("deux") == nil)
            #expect(try await laboratory.analyzer("trois") == nil)
            // By the command: the same refusal, shown to who asked.
            let refused = try await laboratory.tool.run("analyzer", "reload", "--reason", "essai")
            #expect(refused.code == 1 && refused.complaint.contains("[reload.refused]"), "\(refused)")
            #expect(refused.complaint.contains("« deux » et « trois » écoutent au même port"))
            // A certificate that is not there is a fault as well.
            try laboratory.configure([
                first,
                entry("deux", "generic-lis2a2", there)
                    .replacing(" }", with: ", tls: { certificate: \"absent.pem\", key: \"absent.key\" } }"),
            ])
            let missing = try await laboratory.tool.run("analyzer", "reload", "--reason", "essai")
            #expect(missing.code == 1 && missing.complaint.contains("absent.pem"), "\(missing)")
            // The good one is taken, and the line that talks never fell.
            try laboratory.configure([first, entry("deux", "generic-lis2a2", there)])
            laboratory.signal(SIGHUP)
            #expect(
                await eventually { laboratory.log.contains("configuration relue : 1 ajouté(s) (deux), 1 inchangé(s)") })
            #expect(try await laboratory.analyzer("deux") != nil)
            let state = try await laboratory.analyzer("un")?.state
            #expect(talking.line.end == nil && state == "session en cours")
            await talking.line.close()
        }
    }
}

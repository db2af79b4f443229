import AnalyzerSimulator
import Base
import FoundationEssentials
import LIS01
import Neighbours
import Testing

func scenario(_ json5: String) throws -> AnalyzerScenario { try .read(Array(json5.utf8), at: "essai.json5") }

let oneMessage = [
    #"H|\^&|||SIM|||||||P|LIS2-A2|20250101080000"#, "P|1", "O|1|S1^RACK^3||^^^GLU|R",
    "R|1|^^^GLU|5.20|mmol/L||N||F||||20250101075900", "L|1|N",
]
let start = Instant(seconds: 1_795_330_800)  // 2026-11-22T07:00:00Z

@Suite struct `Analyser scenarios` {
    @Test(arguments: [
        (#"{name: "a", sesions: []}"#, "sesions", ""),
        (#"{name: "a", sessions: [{records: ["H"], wait: 1}]}"#, "wait", "sessions.[0]"),
        (
            #"{name: "a", sessions: [{records: ["H"], faults: [{frame: 1, do: "noise", tims: 2}]}]}"#, "tims",
            "sessions.[0].faults.[0]"
        ),
        (#"{name: "a", rates: {corupt: 0.1}, sessions: [{records: ["H"]}]}"#, "corupt", "rates"),
        (#"{name: "a", link: {framming: "cut240"}, sessions: [{records: ["H"]}]}"#, "framming", "link"),
        (
            #"{name: "a", fields: [{recrd: "H", field: 3, to: ""}], sessions: [{records: ["H"]}]}"#,
            "recrd", "fields.[0]"
        ),
    ])
    func `an unknown key is refused by its name and place`(json: String, key: String, place: String) throws {
        let refusal = #expect(throws: Refusal.self) { try scenario(json) }
        #expect(refusal?.cause.contains("« \(key) »") == true)
        #expect(refusal?.place.hasPrefix("essai.json5") == true && refusal?.place.hasSuffix(place) == true)
    }

    @Test(arguments: [
        #"{name: "a"}"#, #"{name: "a", sessions: []}"#, #"{name: 3, sessions: [{records: ["H"]}]}"#, "{", "",
        #"{name: "a", sessions: [{}]}"#, #"{name: "a", sessions: [{records: ["H"], transcript: "x"}]}"#,
        #"{name: "a", sessions: [{records: ["H"], faults: [{frame: 0, do: "corrupt"}]}]}"#,
        #"{name: "a", sessions: [{records: ["H"], faults: [{frame: 1, do: "explode"}]}]}"#,
        #"{name: "a", pause: -1, sessions: [{records: ["H"]}]}"#,
        #"{name: "a", times: "later", sessions: [{records: ["H"]}]}"#,
        #"{name: "a", rates: {corrupt: 2}, sessions: [{records: ["H"]}]}"#,
        #"{name: "a", zone: "Mars", sessions: [{records: ["H"]}]}"#,
    ])
    func `nonsense is refused with the file's name`(json: String) throws {
        let refusal = #expect(throws: Refusal.self) { try scenario(json) }
        #expect(refusal?.place.hasPrefix("essai.json5") == true)
    }

    @Test func `bare records and the bytes of a line read as the same messages`() throws {
        let text = oneMessage.joined(separator: "\r") + "\r"
        let wire = Framing.session(Framing.frames(of: [Array(text.utf8), Array(text.utf8)], policy: .cut(20)))
        let bare = try Transcript(Array((text + text).utf8), at: "x")
        #expect(try Transcript(wire, at: "x") == bare)
        #expect(try Transcript(Array((text + text).replacing("\r", with: "\r\n").utf8), at: "x") == bare)
        #expect(bare.messages == [Array(text.utf8), Array(text.utf8)])
        let refusal = #expect(throws: Refusal.self) { try Transcript(Array("bonjour\r".utf8), at: "x.astm") }
        #expect(refusal?.place == "x.astm")
    }

    private func sent(_ scenario: AnalyzerScenario, specimens: [String: String] = [:]) throws -> [String] {
        let run = try AnalyzerRun(scenario, transcripts: [:], specimens: specimens, at: start)
        return run.messages.flatMap { message in
            String(decoding: message, as: UTF8.self).split(separator: "\r").map { String($0) }
        }
    }

    @Test func `specimen ids are replaced where they stand, whatever the delimiters, and nowhere else`() throws {
        var scenario = try scenario(
            #"{name: "a", specimens: {S1: "26112200017", "9": "no"}, sessions: [{records: ["H"]}]}"#)
        scenario.sessions[0].records = [
            "H!@~?!!!S1", "P!1!!S1", "O!1!S1~R@  S1!  S1~S1x!~~~S1", "R!1!~~~S1!9", "Q!1!~S1!!ALL", "L!1!N",
        ]
        #expect(
            try sent(scenario) == [
                "H!@~?!!!S1", "P!1!!26112200017", "O!1!26112200017~R@26112200017!26112200017~S1x!~~~S1", "R!1!~~~S1!9",
                "Q!1!~26112200017!!ALL", "L!1!N",
            ])
        #expect(try sent(scenario, specimens: ["S1": "Z"])[1] == "P!1!!Z")
    }

    @Test func `times become now in the zone of the scenario, fields and texts become what is asked`() throws {
        var scenario = try scenario(
            #"""
            {name: "a", times: "now", zone: "Europe/Paris", texts: [{from: "GLU", to: "GLUC"}],
             fields: [{record: "O", field: 8, to: "@now-90"}, {record: "R", field: 3, component: 5, to: "x"}],
             sessions: [{records: ["H"]}]}
            """#)
        scenario.sessions[0].records = oneMessage
        let lines = try sent(scenario)
        #expect(lines[0] == #"H|\^&|||SIM|||||||P|LIS2-A2|20261122080000"#)
        #expect(lines[2] == "O|1|S1^RACK^3||^^^GLUC|R||20261122063000")
        #expect(lines[3] == "R|1|^^^GLUC^x|5.20|mmol/L||N||F||||20261122080000")
    }

    @Test func `the scenarios of the house can be read and run`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Simulators/Scenarios")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json5") }
        #expect(names.count >= 3)
        for name in names where name.hasPrefix("pfi-") {
            _ = try PFIPolicy(json5: [UInt8](Data(contentsOf: folder.appending(path: name))), at: name)
        }
        for name in names where !name.hasPrefix("pfi-") {
            let scenario = try AnalyzerScenario.read([UInt8](Data(contentsOf: folder.appending(path: name))), at: name)
            var transcripts: [String: [UInt8]] = [:]
            for file in scenario.transcripts {
                transcripts[file] = try [UInt8](Data(contentsOf: folder.appending(path: file)))
            }
            var world = World(try AnalyzerRun(scenario, transcripts: transcripts, seed: 7, at: start))
            world.hostAnswersQueries = true
            world.run()
            #expect(world.analyzer.report.isAcknowledged, "\(name): \(world.analyzer.report)")
            #expect(world.received == world.analyzer.messages, "\(name)")
        }
    }
}

import Foundation
import Testing

/// `catalogue lint`, `calc` and `qc evaluate`, as people and scripts call them: no server.
@Suite struct OfflineCommandTests {
    private static let catalogue = APILaboratory.root.appendingPathComponent("Catalog").path

    /// Which file is spoilt, what stands there, what is written instead, and the code that the lint must name.
    static let spoilt: [(file: String, old: String, new: String, code: String)] = [
        ("analyses.csv", "umol/L,mg/L,0.1131,", "umol/L,mg/L,0.2,", "catalogue.factor"),
        ("analyses.csv", "umol/L,mg/L,0.1131,", "umol/L,mg/L,0.1132,", "catalogue.factor"),
        ("analyses.csv", ",C4H7N3O,", ",C4H9N3O2,", "catalogue.factor"),
        ("analyses.csv", ",C4H7N3O,", ",,", "catalogue.factor.base"),
        ("intervals.csv", "CREA,F,18 a,,", "CREA,F,50 a,,", "catalogue.interval.gap"),
        ("intervals.csv", "CREA,F,18 a,,", "CREA,F,18 a,80 a,", "catalogue.interval.gap"),
        ("intervals.csv", "CREA,F,18 a,,", "CREA,M,18 a,,", "catalogue.interval.overlap"),
        ("analyses.csv", "2951-2,Sodium [Moles", "2951-2,Chlore [Moles", "catalogue.loinc.name"),
        ("analyses.csv", "2951-2,Sodium [Moles", "2951-2,Potassium [Moles", "catalogue.loinc.name"),
        ("analyses.csv", "abs,13,3,", "abs,13,,", "catalogue.delta.window"),
        ("analyses.csv", "(exemple),brouillon,", "(exemple),approuvé,", "catalogue.approval.typed"),
        ("rules/calculated.json5", "code: \"NHDL\"", "code: \"NHDX\"", "rules.formula.missing"),
        ("rules/calculated.json5", "code: \"NHDL\"", "code: \"NHDX\"", "rules.formula.line"),
        ("rules/calculated.json5", "value: \"25[umol/g]", "value: \"25[mmol/g]", "rules.case"),
    ]

    @Test func `a spoilt catalogue is refused with the code of its fault`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            for (index, one) in OfflineCommandTests.spoilt.enumerated() {
                let folder = tool.home + "/\(index)"
                try FileManager.default.copyItem(atPath: OfflineCommandTests.catalogue, toPath: folder)
                let file = URL(fileURLWithPath: "\(folder)/\(one.file)")
                let text = try String(contentsOf: file, encoding: .utf8)
                let place = try #require(text.range(of: one.old), "\(one)")
                try text.replacingCharacters(in: place, with: one.new).write(
                    to: file, atomically: true, encoding: .utf8)
                let found = try await tool.run("catalogue", "lint", folder)
                #expect(found.code == 1 && found.output.contains("[\(one.code)]"), "\(one): \(found)")
            }
        }
    }

    @Test func `calc says a value in French units, or why there is none`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            func calc(_ words: String...) async throws -> (code: Int32, text: String) {
                let run = try await tool.run(
                    words: ["calc"] + words + ["--catalogue", OfflineCommandTests.catalogue])
                return (Int32(run.code), run.output + run.complaint)
            }
            let filtration = try await calc("DFG09", "CREA=80", "--sex", "F", "--age", "50y")
            #expect(filtration.code == 0 && filtration.text.hasPrefix("DFG09 = 74 mL/min/1,73 m²\n"), "\(filtration)")
            let ifcc = try await calc("HBA1CI", "HBA1C=53 mmol/mol")
            #expect(ifcc.code == 1 && ifcc.text.contains("[calc.input.unit]"), "\(ifcc)")
            let twice = try await calc("DFG09", "CREA=80", "CR=90", "--sex", "F", "--age", "50y")
            #expect(twice.code == 1 && twice.text.contains("CREA et CR"), "\(twice)")
        }
    }

    @Test func `rules bench takes a folder as lint does, a table of rules too, and no rule is no proof`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            let shipped = try await tool.run("rules", "bench", OfflineCommandTests.catalogue)
            #expect(shipped.code == 0 && shipped.output.contains(" 0 échec(s), 0 cas manquant(s)"), "\(shipped)")
            let twice = try await tool.run(
                "rules", "bench", OfflineCommandTests.catalogue, "--catalogue", OfflineCommandTests.catalogue)
            #expect(twice.code == 2, "\(twice)")
            let folder = tool.home + "/sans"
            try FileManager.default.copyItem(atPath: OfflineCommandTests.catalogue, toPath: folder)
            for name in ["calculated", "coherence", "reflex", "policy"] {
                try FileManager.default.removeItem(atPath: "\(folder)/rules/\(name).json5")
            }
            let none = try await tool.run("rules", "bench", folder)
            #expect(none.code == 1 && none.complaint.contains("[rules.none]"), "\(none)")
            // Files without a rule in them show nothing either.
            try "{ format: 1, rules: [] }".write(
                toFile: folder + "/rules/coherence.json5", atomically: true, encoding: .utf8)
            let empty = try await tool.run("rules", "bench", folder)
            #expect(empty.code == 1 && empty.output.contains("aucune règle"), "\(empty)")
            #expect(try await tool.run("rules", "list", folder).output == "aucune règle\n")
            let level = try await tool.run("catalogue", "coverage", folder, "--level", "3")
            #expect(level.code == 2, "\(level)")
        }
    }

    @Test func `qc evaluate reads the file of a French spreadsheet, and says what it counts once`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            let line = "R1;22/11/2026 07:30;1;4,55;4,10;0,20\r\n"
            let file = tool.home + "/k.csv"
            try ("Run;Time;Level;Value;Mean;SD\r\n" + line + line).write(
                toFile: file, atomically: true, encoding: .utf8)
            let judged = try await tool.run("qc", "evaluate", file, "--json")
            #expect(judged.code == 0 && judged.complaint.contains("k.csv:3 : répète la ligne 2"), "\(judged)")
            let runs = try JSONSerialization.jsonObject(with: Data(judged.output.utf8)) as? [[String: Any]]
            #expect(runs?.count == 1 && runs?.first?["state"] as? String == "CONFORME")
            #expect((runs?.first?["points"] as? [Any])?.count == 1)
            let chart = try await tool.run("qc", "evaluate", file, "--chart", "--ascii")
            #expect(chart.output.contains("Levey-Jennings - k.csv") && !chart.output.contains("Levey?"), "\(chart)")
        }
    }
}

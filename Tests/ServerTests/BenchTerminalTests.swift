import Client
import Foundation
import Glibc
import TestSupport
import Testing

/// `Simulators/bench-terminal`, the script of the acceptance: a demonstration laboratory and the worklist on it.
@Suite(.timeLimit(.minutes(10))) struct `The script that opens a terminal on a laboratory` {
    @Test func `brings the worklist up, takes no key that was typed before it, and leaves no process behind`()
        async throws
    {
        let programs = URL(fileURLWithPath: try #require(CommandLineTool.path)).deletingLastPathComponent().path
        let folder = FileManager.default.temporaryDirectory.appending(path: "paillasse-script-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = APILaboratory.root.appendingPathComponent("Simulators/bench-terminal").path
        try await TmuxScreen.open(
            "'\(script)'", in: folder, width: 120, height: 36, environment: ["BIN": programs, "TMPDIR": folder]
        ) { screen in
            #expect(try await screen.shows("le laboratoire de démonstration s’ouvre"))
            // Somebody in a hurry: each of these would do something in the list.
            for key in ["V", "v", "1", "Enter", "e", "q"] { try await screen.press(key) }
            #expect(try await !screen.text.contains("Vv1"))
            #expect(try await screen.shows("À valider", "RÉSEAU ok", "TRI", within: .seconds(240)))
            #expect(try await screen.shows("LE-FICTIF", within: .seconds(20)))
            try await nothingWasDone(folder)
            #expect(try await !screen.text.contains("motif :"))
            let pid = try #require(try await screen.pid)
            try await screen.press("q")
            #expect(await TmuxScreen.ended(pid))
        }
        // The server, the PFI and their folder end with the screen.
        let isQuiet = await eventually(within: .seconds(30)) { processes(of: folder).isEmpty }
        #expect(isQuiet, "\(processes(of: folder))")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    /// Asked of the laboratory: all that arrived waits for a technician, as it came.
    private func nothingWasDone(_ folder: String) async throws {
        let made = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("paillasse-terminal") })
        let ports = try String(contentsOfFile: "\(folder)/\(made)/data/ports.json", encoding: .utf8)
        let port = try #require(ports.firstMatch(of: /"api"\s*:\s*([0-9]+)/)).1
        let tool = CommandLineTool(
            server: "http://127.0.0.1:\(port)", home: [folder, made, "home", "tanguy"].joined(separator: "/"))
        let status = try await tool.run("status", "--json")
        func count(_ name: String) throws -> String {
            String(try #require(status.output.firstMatch(of: try Regex("\"\(name)\"\\s*:\\s*([0-9]+)"))?[1].substring))
        }
        #expect(try count("awaitingTechnical") == count("observations"), "\(status)")
        #expect(try count("observations") != "0")
    }

    /// Processes whose command line names this folder.
    private func processes(of folder: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.filter { Int($0) != nil && Int32($0) != getpid() }.compactMap { pid in
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return nil }
            let line = String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
            return line.contains(folder) ? "\(pid) \(line)" : nil
        }
    }
}

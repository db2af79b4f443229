import Base
import Client
import Foundation
import LIS01
import Laboratory
import Store
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The tables of the command line` {
    @Test func `say what each hold means once, under the table`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                let shown = try await tool.run("bio", "show", made.request.number)
                #expect(shown.code == 0, "\(shown)")
                // Both lines hold the codes; the words stand once, and what answers them once.
                let lines = shown.output.split(separator: "\n")
                #expect(lines.count { $0.contains("MODIF_MANUELLE") } == 4)
                #expect(lines.count { $0.contains("saisie manuelle") } == 1)
                #expect(lines.count { $0 == "CQ_ABSENT : aucun contrôle de qualité enregistré" } == 1)
                let json = try await tool.run("bio", "show", made.request.number, "--json")
                #expect(json.output.contains("aucun contrôle de qualité enregistré pour NA"))
                let worklist = try await tool.run("worklist")
                #expect(worklist.output == "rien à valider\n")
            }
        }
    }

    @Test func `show a session in words and in bytes`() async throws {
        try await APILaboratory.open { laboratory in
            let now = laboratory.clock.now
            let message = Array("H|\\^&|é\rL|1\r".utf8)
            let frames = Framing.frames(of: message, policy: .recordPerFrame)
            var facts: [Fact] = [
                .session(LinkSession(id: "s1", site: "nord", analyzer: "xn", peer: "p", openedAt: now)),
                .message(
                    ReceivedMessage(
                        id: "m1", site: "nord", analyzer: "xn", sessionID: "s1", ordinal: 0, at: now, text: message,
                        textHash: "h", complete: true)),
                .sessionEnd(SessionEnd(sessionID: "s1", at: now, reason: "ended")),
            ]
            facts += frames.enumerated().map { n, frame in
                .frame(JournalFrame(sessionID: "s1", ordinal: n, at: now, bytes: frame))
            }
            try await laboratory.store.append(facts, note: nil)
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run(
                    "login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                let list = try await tool.run("analyzer", "log", "xn")
                #expect(list.code == 0 && list.output.contains("s1") && list.output.contains("close"), "\(list)")
                let shown = try await tool.run("analyzer", "log", "xn", "last", "--hex")
                #expect(shown.code == 0, "\(shown)")
                #expect(shown.output.contains("<STX>1H|\\^&|é<CR><ETX>"))
                #expect(shown.output.contains("0000  02 31 48 7C 5C 5E 26 7C C3 A9 0D 03"))
                #expect(shown.output.contains("message m1 : à interpréter"))
                // Decoded: field by field, as the standard numbers them.
                #expect(shown.output.contains("  H  (en-tête)\n    H.2  \\^&\n    H.3  é\n"), "\(shown.output)")
                #expect(shown.output.contains("  L  (fin)\n    L.2  1"))
                let words = try await tool.run("analyzer", "log", "xn", "last")
                #expect(words.output.contains("<STX>1H|") && !words.output.contains("0000  02"))
                let file = tool.home + "/session.astm"
                #expect(try await tool.run("analyzer", "log", "xn", "s1", "--raw", file).code == 0)
                let raw = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
                var expected = [Control.enq]
                for frame in frames { expected += frame }
                expected.append(Control.eot)
                #expect(raw == expected)
                let block = [0x0B] + Array("MSH|^~\\&|\r".utf8) + [0x1C, 0x0D]
                try await laboratory.store.append(
                    [
                        .session(LinkSession(id: "s2", site: "nord", analyzer: "xn", peer: "p", openedAt: now)),
                        .frame(JournalFrame(sessionID: "s2", ordinal: 0, at: now, bytes: block)),
                    ], note: nil)
                #expect(try await tool.run("analyzer", "log", "xn", "s2", "--raw", file).code == 0)
                #expect(Array(try Data(contentsOf: URL(fileURLWithPath: file))) == block)
                let mute = try await tool.run("analyzer", "pause", "xn")
                #expect(mute.code == 2 && mute.complaint.contains("--reason"))
                let none = try await tool.run("analyzer", "pause", "xn", "--reason", "essai")
                #expect(none.code == 1 && none.complaint.contains("[analyzer.none]"))
            }
        }
    }

    @Test func `show a waiting result with its message, in words and in bytes`() async throws {
        try await APILaboratory.open { laboratory in
            let now = laboratory.clock.now
            let text = Array("H|\\^&\rO|1|4711||^^^XYZ\rR|1|^^^XYZ|1.5|g/L\rL|1\r".utf8)
            let note = AuditNote(
                site: "nord", author: "analyzer:xn", action: "message.triaged", subject: "m1", at: now)
            try await laboratory.store.append(
                [
                    .message(
                        ReceivedMessage(
                            id: "m1", site: "nord", analyzer: "xn", sessionID: "s1", ordinal: 0, at: now, text: text,
                            textHash: "h", complete: true)),
                    .triage(
                        TriageEntry(
                            id: "t1", site: "nord", analyzer: "xn", messageID: "m1", ordinal: 0,
                            reason: .unmappedCode, explanation: "code « XYZ » sans analyse", at: now)),
                ], note: note)
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run("login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                let words = try await tool.run("triage", "show", "t1")
                #expect(words.code == 0 && words.output.contains("code « XYZ » sans analyse"), "\(words)")
                #expect(words.output.contains("R  (résultat)\n  R.2  1\n  R.3.4  XYZ\n  R.4  1.5\n  R.5  g/L"))
                #expect(words.output.contains("s1 (paillasse analyzer log xn s1)"))
                #expect(!words.output.contains("48 7C"))
                let bytes = try await tool.run("triage", "show", "t1", "--hex")
                #expect(
                    bytes.output.contains("0000  48 7C 5C 5E 26 0D 4F 7C 31 7C 34 37 31 31 7C 7C  H|\\^&.O|1|4711||"))
                #expect(bytes.output.contains("R.3.4  XYZ"))
                let none = try await tool.run("triage", "show", "t2", "--hex")
                #expect(none.code == 1 && none.complaint.contains("[triage.unknown]"), "\(none)")
            }
        }
    }

    @Test func `show the analyzers again and again, and outlive a server that is away`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run("login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                let twice = try await tool.run("analyzers", "--watch", "--every", "1", "--times", "2")
                #expect(twice.code == 0, "\(twice)")
                let lines = twice.output.split(separator: "\n")
                #expect(lines.count { $0.hasPrefix("AUTOMATE") } == 2 && lines.count { $0.hasPrefix("xn") } == 2)
                // A file is no screen: nothing is cleared in it.
                #expect(!twice.output.contains("\u{1B}"))
                let json = try await tool.run("analyzers", "--watch", "--every", "1", "--times", "2", "--json")
                #expect(json.output.components(separatedBy: "\"sysmex-xn\"").count == 3, "\(json)")
                let zero = try await tool.run("analyzers", "--watch", "--times", "0")
                #expect(zero.code == 2)
                let away = try await tool.run(
                    "analyzers", "--watch", "--every", "1", "--times", "2", "--server", "http://127.0.0.1:9")
                #expect(away.code == 0, "\(away)")
                #expect(away.output.components(separatedBy: "serveur injoignable, nouvel essai dans 1 s").count == 3)
            }
        }
    }
}

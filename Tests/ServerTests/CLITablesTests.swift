import Base
import Client
import Foundation
import LIS01
import Laboratory
import Store
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The tables of the command line` {
    @Test func `say what each hold means once, under the table`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                let shown = try await tool.run("bio", "show", made.request.number)
                #expect(shown.code == 0, "\(shown)")
                // Both lines hold the codes; the words stand once.
                let lines = shown.output.split(separator: "\n")
                #expect(lines.count { $0.contains("MODIF_MANUELLE") } == 3)
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
                let file = tool.home + "/session.astm"
                #expect(try await tool.run("analyzer", "log", "xn", "s1", "--raw", file).code == 0)
                let raw = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
                var expected = [Control.enq]
                for frame in frames { expected += frame }
                expected.append(Control.eot)
                #expect(raw == expected)
                let mute = try await tool.run("analyzer", "pause", "xn")
                #expect(mute.code == 2 && mute.complaint.contains("--reason"))
                let none = try await tool.run("analyzer", "pause", "xn", "--reason", "essai")
                #expect(none.code == 1 && none.complaint.contains("[analyzer.none]"))
            }
        }
    }
}

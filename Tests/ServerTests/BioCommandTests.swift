import Base
import Client
import Foundation
import Laboratory
import Testing

@Suite(.serialized) struct `The biologist's commands` {
    private func signedIn(
        _ body: @Sendable (APILaboratory, CommandLineTool) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                try #require(login.code == 0, "\(login)")
                try await body(laboratory, tool)
            }
        }
    }

    @Test func `a signature needs the secret of the person, whatever token the machine has`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let without = try await tool.run("bio", "sign", number)
            #expect(without.code == 1 && without.complaint.contains("un secret se tape au clavier"), "\(without)")
            let wrong = try await tool.run("bio", "sign", number, "--secret-stdin", input: "autre chose\n")
            #expect(wrong.code == 1 && wrong.complaint.contains("[auth.login]"), "\(wrong)")
            #expect(try await laboratory.signedIn(.biologist).awaitingSignature().count == 1)
            let right = try await tool.run(
                "bio", "sign", number, "--secret-stdin", input: APILaboratory.secret + "\n")
            #expect(right.code == 0 && right.output.contains("version 1 signée par"), "\(right)")
        }
    }

    @Test func `a lot is summed up, sampled, and signed only at its very number`() async throws {
        try await signedIn { laboratory, tool in
            for name in ["UN", "DEUX", "TROIS"] { _ = try await laboratory.readyToSign(name) }
            let file = try await tool.run("bio", "file")
            #expect(file.output.contains("critiques 0   proposables 3   partiels 0   plus ancien"), "\(file)")
            let secret = APILaboratory.secret + "\n"
            let grown = try await tool.run(
                "bio", "sign", "--proposables", "--confirm", "2", "--secret-stdin", input: secret)
            #expect(grown.code == 1 && grown.complaint.contains("--confirm 3"), "\(grown)")
            let strange = try await tool.run("bio", "sign", "--proposables", "--section", "xyz", "--confirm", "3")
            #expect(strange.code == 1 && strange.complaint.contains("[bio.section]"), "\(strange)")
            let signed = try await tool.run(
                "bio", "sign", "--proposables", "--confirm", "3", "--secret-stdin", input: secret)
            #expect(signed.code == 0 && signed.output.contains("tiré au sort, 1 sur 3"), "\(signed)")
            #expect(signed.output.contains("3 dossier(s) signé(s) en lot"))
            #expect(try await laboratory.signedIn(.biologist).awaitingSignature().isEmpty)
        }
    }

    @Test func `earlier values are listed, drawn and shown beside the file`() async throws {
        try await signedIn { laboratory, tool in
            let first = try await laboratory.readyToSign().request
            let technician = try await laboratory.signedIn(.technician)
            laboratory.clock.advance(.seconds(3600))
            var number = ""
            for value in ["4.60", "5.80"] {
                laboratory.clock.advance(.seconds(3600))
                let made = try await technician.addRequest(APILaboratory.request(first.patientID, ["K"]))
                number = made.request.number
                for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
                var body = ResultBody(analysis: "K")
                body.value = value
                _ = try await technician.enter(number, body)
                _ = try await technician.validate(number, ValidateBody(all: true, reason: "relu"))
            }
            let next = try await tool.run("bio", "show", number)
            #expect(next.code == 0 && next.output.contains("TENDANCE") && next.output.contains("█"), "\(next)")
            let hist = try await tool.run("bio", "hist", number, "K", "--since", "2y", "--plot")
            #expect(hist.code == 0 && hist.output.contains("4,2 ") && hist.output.contains("4,6 "), "\(hist)")
            #expect(hist.output.contains("●") && hist.output.contains("│"))
            let strange = try await tool.run("bio", "hist", number, "NA")
            #expect(strange.code == 1 && strange.complaint.contains("[history.unrequested]"), "\(strange)")
            let misused = try await tool.run("bio", "hist", number, "K", "--since", "deux ans")
            #expect(misused.code == 2)
        }
    }

    @Test func `what changed since the signature is shown side by side, and a rejection goes back`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let unsigned = try await tool.run("bio", "diff", number)
            #expect(unsigned.code == 1 && unsigned.complaint.contains("[bio.unsigned]"))
            let biologist = try await laboratory.signedIn(.biologist)
            let hash = try await biologist.fileToSign(number).contentHash
            _ = try await biologist.sign(number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            var body = ResultBody(analysis: "K")
            body.value = "4.90"
            let typed = try await laboratory.signedIn(.technician).enter(number, body)
            _ = try await laboratory.signedIn(.technician).validate(
                number, ValidateBody(observations: [typed.id], reason: "repassé"))
            let diff = try await tool.run("bio", "diff", number)
            #expect(diff.code == 0 && diff.output.contains("VERSION 1") && diff.output.contains("À SIGNER"), "\(diff)")
            #expect(diff.output.contains("4,2 mmol/L") && diff.output.contains("4,9 mmol/L"))
            #expect(!diff.output.contains("NA "))
            let rejected = try await tool.run("bio", "reject", number, "K", "--reason", "RECOLLECT")
            #expect(rejected.code == 0 && rejected.output.contains("K 4,9 mmol/L rejeté"), "\(rejected)")
            let next = try await tool.run("bio", "next")
            #expect(next.code == 0 && next.output.contains("rien à signer"), "\(next)")
        }
    }
}

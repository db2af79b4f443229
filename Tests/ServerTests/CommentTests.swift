import Base
import Client
import Foundation
import Laboratory
import Server
import Store
import Testing
import Workflow

@Suite struct `Coded comments beside a result` {
    @Test func `are of the catalogue, covered by the signature, and closed by it`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let number = made.request.number
            let technician = try await laboratory.signedIn(.technician)
            let file = try await technician.request(number)
            let sodium = try #require(file.observations.first { $0.analysis == "NA" })
            let text = "Nouveau prélèvement demandé."
            let body = CommentBody(observation: sodium.id, code: "RECOL")
            let biologist = try await laboratory.signedIn(.biologist)
            let before = try await biologist.fileToSign(number)
            #expect(try await technician.comment(number, body).comment == text)
            // Twice is once.
            _ = try await technician.comment(number, body)
            #expect(try await technician.request(number).observations.first { $0.id == sodium.id }?.comment == text)
            let after = try await biologist.fileToSign(number)
            #expect(after.contentHash != before.contentHash)
            #expect(after.observations.first { $0.id == sodium.id }?.comment == text)
            let stale = await refusal {
                _ = try await biologist.sign(
                    number, SignBody(contentHash: before.contentHash, pin: APILaboratory.pin))
            }
            #expect(stale?.code == "sign.changed")
            let unknown = await refusal {
                _ = try await technician.comment(number, CommentBody(observation: sodium.id, code: "RIEN"))
            }
            #expect(unknown?.code == "comment.unknown")
            _ = try await biologist.sign(number, SignBody(contentHash: after.contentHash, pin: APILaboratory.pin))
            let late = await refusal {
                _ = try await technician.comment(number, CommentBody(observation: sodium.id, code: "CTRL"))
            }
            #expect(late?.code == "comment.signed")
            let signature = try #require(
                try await laboratory.store.signatures(requestID: made.request.id).first)
            let report = try await laboratory.desk.signedReport(of: signature)
            #expect(report.content.observations.first { $0.id == sodium.id }?.comment == text)
        }
    }
}

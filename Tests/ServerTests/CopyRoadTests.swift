import Client
import Exchange
import Foundation
import Laboratory
import Neighbours
import Testing
import Workflow

/// Copies added and taken off after the signature, and a correction, to the end of the road: what the commands say and
/// what the mailboxes hold.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `Who has a report after its signature` {
    private static let prescriber = "pascal.charles@medecin.mssante.fr"
    private static let copy = "jeanne.leroy@medecin.mssante.fr"

    private func obey(_ road: Road, _ number: String) async throws {
        let id = try await road.laboratory.desk.request(number).id
        road.laboratory.dispatch.addresseesChanged(of: id)
        try await road.laboratory.dispatch.obeyAddressees()
        try await road.send()
    }

    @Test func `a copy asked after the signature gets it by itself, and its end too`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            try await road.done("request", "change", number, "--copy", "10009876543 : LEROY : Jeanne : \(Self.copy)")
            try await obey(road, number)
            #expect(road.mails(Self.copy) == 1 && road.mails(Self.prescriber) == 1)
            let story = try await road.tool.run("report", "history", number)
            #expect(
                story.output.contains("copies changées") && story.output.contains("ajouté : \(Self.copy)"), "\(story)")
            let has = try await road.tool.run("bio", "diff", number)
            #expect(has.output.contains(Self.copy), "\(has)")
            try await road.done("request", "change", number, "--no-copy")
            try await obey(road, number)
            let last = try #require(try road.sent.last)
            #expect(last.first("ORC", 1) == "CA" && last.mailRecipients == [Self.copy])
            #expect(try road.sent.count == 3)
            let gone = try await road.tool.run("bio", "diff", number)
            let line = gone.output.split(separator: "\n").first { $0.contains(Self.copy) }
            #expect(line?.contains("suppression attendue") == true && line?.hasSuffix("rien") == true, "\(gone)")
        }
    }

    @Test func `a correction shows who has the first version before it is signed, and reaches them all`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            let technician = try await road.laboratory.signedIn(.technician)
            var body = ResultBody(analysis: "K")
            body.value = "4.40"
            let typed = try await technician.enter(number, body)
            _ = try await technician.validate(number, ValidateBody(observations: [typed.id], reason: "repassé"))
            road.laboratory.clock.advance(.seconds(60))
            let amended = try await road.tool.atTerminal("bio amend \(number) --reason ERREUR_RESULTAT")
            let table = try #require(amended.range(of: "QUI A REÇU")).lowerBound
            let asked = try #require(amended.range(of: "Signer la rectification")).lowerBound
            let shown = String(amended[table..<asked])
            for words in ["DMP", Self.prescriber, "@patient.mssante.fr", "le remplacement"] {
                #expect(shown.contains(words), "\(words)\n\(amended)")
            }
            #expect(!shown.contains("à prévenir"), "\(shown)")
            try await road.laboratory.dispatch.makeReports()
            try await road.send()
            let message = try #require(try road.sent.last)
            #expect(message.first("ORC", 1) == "RO" && road.mails(Self.prescriber) == 2)
            let sides = try await road.laboratory.signedIn(.biologist).request(number)
                .sides(try await road.laboratory.signedIn(.biologist).fileToSign(number))
            #expect(sides.before?.version == 1 && sides.after?.version == 2)
        }
    }
}

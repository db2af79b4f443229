import Base
import Client
import Foundation
import Laboratory
import Store
import Testing

/// What stands after `CQ` on the technician's screen, on the biologist's, and above a batch: one count, at the server.
@Suite(.serialized) struct `The controls of the house` {
    private func measured(
        _ code: String, _ value: String, validated: Bool, in laboratory: APILaboratory
    ) async throws {
        let technician = try await laboratory.signedIn(.technician)
        let patient = try await technician.addPatient(APILaboratory.patient("MESURE"))
        let made = try await technician.addRequest(APILaboratory.request(patient.id, [code]))
        for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
        let number = try #require(Measured(value))
        let observation = Observation(
            id: "o-\(code)", site: "nord", requestID: made.request.id, patientID: patient.id,
            accession: made.specimens.first?.accession ?? "", analysis: code, catalogueVersion: "essai",
            value: .measured(number, unit: "mmol/L"), rawText: value, origin: Origin(analyzer: "xn"),
            observedAt: laboratory.clock.now, recordedAt: laboratory.clock.now)
        try await laboratory.store.append(
            [.observation(observation)],
            note: AuditNote(
                site: "nord", author: "analyzer:xn", action: "result.take", subject: observation.id,
                at: laboratory.clock.now))
        if validated { _ = try await technician.validate(made.request.number, ValidateBody(all: true)) }
    }
    private func controlled(_ code: String, _ value: String, in laboratory: APILaboratory) async throws -> String {
        let biologist = try await laboratory.signedIn(.biologist)
        var target = ControlTargetBody(
            material: "QC1", level: "N1", lot: "A", mean: "4.0", sd: "0.1", reason: "cible du lot")
        target.points = 20
        _ = try await biologist.setControlTarget("xn", code, target)
        laboratory.clock.advance(.seconds(60))
        return try await laboratory.signedIn(.technician).enterControl(
            "xn", code, ControlValueBody(material: "QC1", value: value, at: nil)
        ).state
    }

    /// The same laboratory on the three of them.
    private func headers(of tool: CommandLineTool, worklist: String, bio: String) async throws {
        try await tool.signIn("biologiste")
        for width in [80, 200] {
            try await TmuxScreen.open(tool, width: width, height: 24, arguments: "bio") { screen in
                let isShown = try await screen.shows("CQ \(bio)  CRIT", "PROP 1")
                #expect(isShown)
            }
        }
        let lot = try await tool.run("bio", "sign", "--proposables")
        #expect(lot.output.split(separator: "\n").contains("CQ \(bio)"), "\(lot)")
        try await tool.signIn("technicien")
        for width in [80, 200] {
            try await TmuxScreen.open(tool, width: width, height: 24) { screen in
                let isShown = try await screen.shows("CQ \(worklist)  TRI")
                #expect(isShown)
            }
        }
    }

    @Test func `are counted alike for everybody, and what is exempt or uncontrolled conforms with nothing`()
        async throws
    {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await laboratory.proposable("DISPENSE")
                try await headers(of: tool, worklist: "dispensé", bio: "dispensé")
                // Of one the value waits for the technician, of the other for the biologist.
                try await measured("CL", "104", validated: false, in: laboratory)
                try await measured("CA", "2.40", validated: true, in: laboratory)
                try await headers(of: tool, worklist: "2?", bio: "2 absent")
                #expect(try await controlled("MG", "4.05", in: laboratory) == "CONFORME")
                #expect(try await controlled("PHOS", "9", in: laboratory) == "REJET")
                try await headers(of: tool, worklist: "1✖ 2?", bio: "1✖ 2 absent")
                let states = try await laboratory.signedIn(.biologist).qualityStates()
                #expect(states.filter { $0.hold == "CQ_ABSENT" }.map(\.analysis) == ["CA", "CL"])
            }
        }
    }
}

import API
import Base
import Client
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Orders through the API` {
    @Test func `are listed with what became of them, sent once more, and taken back with the analysis`() async throws {
        let route = OrderRoute(analyzer: "xn", site: "nord", analyses: ["NA", "K"])
        try await APILaboratory.open(routes: [route]) { laboratory in
            let technician = try await laboratory.signedIn(.technician)
            let patient = try await technician.addPatient(APILaboratory.patient())
            let made = try await technician.addRequest(APILaboratory.request(patient.id, ["NA", "K"]))
            let tube = made.specimens[0].accession
            _ = try await technician.receive(tube, ReceiveBody())
            let waiting = try #require(try await technician.orders(of: "xn").first)
            #expect(waiting.action == "new" && waiting.analyses == ["NA", "K"] && waiting.state == nil)
            let order = try #require(try await laboratory.store.order(waiting.id))
            try await laboratory.desk.record(.failed, of: order, detail: "sans réponse")
            try await laboratory.desk.record(.acknowledged, of: order, detail: nil)
            let taken = try #require(try await technician.orders(of: "xn").first)
            #expect(taken.state == "acknowledged" && taken.failures == 1)
            let again = try await technician.resendOrder(to: "xn", ResendBody(accession: tube, reason: "panne"))
            #expect(again.state == nil && again.askedBy == "technicien")
            let body = CancelLinesBody(codes: ["K"], reason: "erreur de saisie")
            let changed = try await technician.cancelLines(made.request.number, body)
            #expect(changed.request.lines.map(\.analysis) == ["NA"])
            #expect(try await technician.orders(of: "xn").map(\.action).sorted() == ["cancel", "new", "new"])
            #expect(try await technician.orders(of: "autre").isEmpty)
            let none = await refusal {
                _ = try await technician.resendOrder(to: "autre", ResendBody(accession: tube, reason: "motif d'essai"))
            }
            #expect(none?.code == "order.route")
            let mute = await refusal {
                _ = try await technician.cancelLines(
                    made.request.number, CancelLinesBody(codes: ["NA"], reason: " "))
            }
            #expect(mute?.code == "reason.missing")
        }
    }
}

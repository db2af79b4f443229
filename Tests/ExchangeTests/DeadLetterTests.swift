import Base
import Exchange
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// What waits for a person stands there until each of its destinations was served, told or given up, and no longer.
@Suite(.timeLimit(.minutes(2))) struct `What waits for a person` {
    private static func doctor(_ name: String) -> Professional {
        var doctor = Professional(nationalID: "81000987654\(name.count)", family: name.uppercased(), given: "Jeanne")
        doctor.securedMail = "jeanne.\(name)@medecin.mssante.fr"
        return doctor
    }
    private func copies(
        _ names: [String], of request: Request, _ bench: Bench, _ dispatch: ReportDispatch? = nil
    ) async throws {
        _ = try await bench.desk.setAddressees(
            names.map(Self.doctor), encounter: nil, of: request.number, by: Bench.biologist)
        guard let dispatch else { return }
        dispatch.addresseesChanged(of: request.id)
        try await dispatch.obeyAddressees()
        _ = try await dispatch.sendDue()
    }
    private func act(_ kind: ReleaseAct.Kind, of id: String? = nil, told: String? = nil) -> ReleaseAct {
        ReleaseAct(kind, reason: "essai", deliveryID: id, destination: told)
    }
    private func perform(_ act: ReleaseAct, _ request: Request, _ dispatch: ReportDispatch) async throws {
        try await dispatch.perform(act, on: request.number, by: Bench.biologist)
        _ = try await dispatch.sendDue()
    }
    private func waiting(_ dispatch: ReportDispatch) async throws -> [String] {
        try await dispatch.deadLetters(site: "nord", request: nil).map(\.delivery.id)
    }
    private func full(_ bench: Bench, _ delivery: Delivery, _ address: String) async throws {
        try await bench.desk.recordDelivery(
            .mailRefused, delivery, detail: "\(address) 422 pleine", author: "exchange")
    }
    private func sent(
        _ answers: [PFIAnswer], _ names: [String] = [],
        _ body: (Bench, Request, ReportDispatch, Delivery) async throws -> Void
    ) async throws {
        let bench = try Bench()
        let request = try await bench.request()
        if !names.isEmpty { try await copies(names, of: request, bench) }
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: answers)) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await body(bench, request, dispatch, try #require(try await bench.deliveries(request).first?.delivery))
        }
    }

    @Test func `who has nothing still waits when another one's copy is taken back`() async throws {
        try await sent([.accept], ["leroy"]) { bench, request, dispatch, first in
            #expect(try await waiting(dispatch).isEmpty)
            for address in [Bench.prescriberMail, "jeanne.leroy@medecin.mssante.fr"] {
                try await full(bench, first, address)
            }
            try await copies([], of: request, bench, dispatch)
            #expect(try await bench.deliveries(request).contains { $0.delivery.destination.contains("retrait") })
            #expect(try await waiting(dispatch) == [first.id])
            try await perform(act(.told, told: Bench.prescriberMail), request, dispatch)
            #expect(try await waiting(dispatch).isEmpty, "told, and taken back")
        }
    }

    @Test func `two refused copies are two, and one sent again leaves the other`() async throws {
        try await sent([.accept, .error, .error, .accept]) { bench, request, dispatch, _ in
            try await copies(["leroy"], of: request, bench, dispatch)
            try await copies(["leroy", "morvan"], of: request, bench, dispatch)
            let dead = try await waiting(dispatch)
            try #require(dead.count == 2)
            try await perform(act(.retry, of: dead[0]), request, dispatch)
            #expect(try await waiting(dispatch) == [dead[1]])
            try await perform(act(.abandon, of: dead[1]), request, dispatch)
            #expect(try await waiting(dispatch).isEmpty)
        }
    }

    @Test func `a mailbox that took it after all, and a version after it, end it`() async throws {
        try await sent([.accept]) { bench, request, dispatch, first in
            try await full(bench, first, Bench.prescriberMail)
            try await bench.desk.recordDelivery(.dmpRefused, first, detail: "DMPClosed", author: "exchange")
            try await bench.desk.recordDelivery(
                .mailDelivered, first, detail: Bench.prescriberMail, author: "exchange")
            #expect(try await waiting(dispatch) == [first.id], "the DMP")
            try await bench.desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            #expect(try await waiting(dispatch).isEmpty)
            try await full(bench, first, Bench.prescriberMail)
            #expect(try await waiting(dispatch) == [first.id])
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            #expect(try await waiting(dispatch).isEmpty)
            let second = try #require(try await bench.deliveries(request).last?.delivery)
            try await full(bench, second, Bench.prescriberMail)
            #expect(try await waiting(dispatch) == [second.id])
            #expect(try await dispatch.deadLetters(site: "sud", request: nil).isEmpty)
            #expect(try await dispatch.deadLetters(site: "nord", request: request.number).count == 1)
        }
    }

    @Test func `a refused withdrawal waits whatever came after, until it went`() async throws {
        try await sent([.accept, .error, .accept], ["leroy"]) { bench, request, dispatch, _ in
            try await copies([], of: request, bench, dispatch)
            let dead = try await waiting(dispatch)
            try #require(dead.count == 1)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            #expect(try await waiting(dispatch) == dead)
            try await perform(act(.retry, of: dead[0]), request, dispatch)
            #expect(try await waiting(dispatch).isEmpty)
        }
    }

    @Test func `what waits is found however many came after it`() async throws {
        let bench = try Bench()
        let refused = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.error, .accept])) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let dead = try #require(try await bench.deliveries(refused).first?.delivery.id)
            for _ in 0..<3 { _ = try await bench.signed() }
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            #expect(
                try await bench.desk.deliveries(site: "nord", request: nil, limit: 3).allSatisfy {
                    $0.delivery.id != dead
                })
            #expect(try await waiting(dispatch) == [dead])
        }
    }
}

import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Technical validation` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func validate(_ made: RegisteredRequest, _ ids: [String], _ reason: String? = nil) async -> String? {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(ids, of: made.request.number, reason: reason, by: Bench.technician)
        }
    }

    @Test func `a plain result is validated once, its hold only shown`() async throws {
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        let id = try await bench.observation("K", made).id
        #expect(try await bench.observation("K", made).holds.contains { $0.code.severity == .shown })
        #expect(await validate(made, [id]) == nil)
        #expect(await validate(made, [id]) == nil)
        #expect(try await bench.store.observationEvents(requestID: made.request.id).map(\.ordinal) == [1])
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
    }

    @Test(arguments: [
        ("critical", "6.8", "mmol/L", [], "tech.reason"),
        ("flagged by the analyzer", "4.2", "mmol/L", ["<A"], "tech.reason"),
        ("in another unit", "4.2", "mg/dL", [], "tech.held"), ("unreadable", "4..2", "mmol/L", [], "tech.held"),
    ])
    func `a held result asks for a reason, or refuses whatever the reason`(
        _ name: String, _ text: String, _ unit: String, _ flags: [String], _ expected: String
    ) async throws {
        let made = try await bench.received(["K"])
        try await bench.arrive(
            "m1", [Bench.result("K", text, of: made.specimens[0].accession, unit: unit, flags: flags)])
        let id = try await bench.observation("K", made).id
        #expect(await validate(made, [id]) == expected)
        #expect(await validate(made, [id], "  ") == expected)
        #expect(await validate(made, [id], "vérifié sur le tube") == (expected == "tech.held" ? "tech.held" : nil))
        let last = try await bench.store.observationEvents(requestID: made.request.id).last
        #expect(last?.reason == (expected == "tech.held" ? nil : "vérifié sur le tube"))
    }

    @Test func `one held result keeps all the others of the command back`() async throws {
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("NA", "140", of: tube), Bench.result("K", "4.2", of: tube, ordinal: 1, unit: "?")])
        let ids = try await bench.observations(made).map(\.id)
        #expect(await validate(made, ids, "relu") == "tech.held")
        #expect(try await bench.store.observationEvents(requestID: made.request.id).isEmpty)
    }

    @Test func `a rejected run gives way to the next one`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("K", "9.9", of: tube)])
        let first = try await bench.observation("K", made).id
        let number = made.request.number
        let mute = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.reject(first, of: number, reason: "", by: Bench.technician)
        }
        #expect(mute == "reason.missing")
        _ = try await bench.desk.reject(first, of: number, reason: "tube hémolysé", by: Bench.technician)
        #expect(try await bench.desk.fileToSign(number).missing == ["K"])
        try await bench.arrive("m2", [Bench.result("K", "4.4", of: tube)])
        let second = try await bench.observation("K", made)
        #expect(second.run == 2 && second.id != first)
        try await bench.validate(["K"], of: made)
        #expect(try await bench.desk.fileToSign(number).observations.map(\.id) == [second.id])
    }

    @Test func `a later run takes the place of a validated one, and waits itself`() async throws {
        let made = try await bench.ready()
        try await bench.arrive("m2", [Bench.result("K", "4.9", of: made.specimens[0].accession)])
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.missing == ["K"])
        #expect(file.observations.map(\.analysis) == ["NA"])
    }

    @Test func `a typed result keeps its text, bears its author and is held as typed`() async throws {
        let made = try await bench.received(["K"])
        let value = try #require(Measured("4.20"))
        let typed = try await bench.desk.enter(
            .measured(value, unit: "mmol/L"), analysis: "K", of: made.request.number, comment: nil,
            by: Bench.technician)
        #expect(typed.origin == Origin(author: "technicien"))
        #expect(typed.holds.contains { $0.code == .manualEntry })
        let absent = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.enter(
                .text("x"), analysis: "NA", of: made.request.number, comment: nil, by: Bench.technician)
        }
        #expect(absent == "enter.unrequested")
        let mute = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.enter(
                .notPerformed(reason: " "), analysis: "K", of: made.request.number, comment: nil,
                by: Bench.technician)
        }
        #expect(mute == "reason.missing")
    }

    @Test func `the worklist begins with what is urgent`() async throws {
        let routine = try await bench.received(["K"], name: "CALME")
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: routine.specimens[0].accession)])
        bench.clock.advance(.seconds(60))
        let urgent = try await bench.received(["K"], name: "PRESSE", priority: .urgent)
        try await bench.arrive("m2", [Bench.result("K", "4.2", of: urgent.specimens[0].accession)])
        let lines = try await bench.desk.worklist(site: "nord", limit: 9)
        #expect(lines.map(\.requestNumber) == [urgent.request.number, routine.request.number])
        #expect(lines.first?.patientName == "PRESSE Camille")
        #expect(try await bench.desk.worklist(site: "sud", limit: 9).isEmpty)
    }

    @Test func `outstanding orders are the analyses without a result`() async throws {
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        #expect(try await bench.desk.outstandingOrders([tube], site: "nord").map(\.analyses) == [["NA", "K"]])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: tube)])
        #expect(try await bench.desk.outstandingOrders([tube, "RIEN"], site: "nord").map(\.analyses) == [["NA"]])
        #expect(try await bench.desk.outstandingOrders(nil, site: "nord").map(\.accession) == [tube])
        try await bench.arrive("m2", [Bench.result("NA", "140", of: tube)])
        #expect(try await bench.desk.outstandingOrders([tube], site: "nord").isEmpty)
    }
}

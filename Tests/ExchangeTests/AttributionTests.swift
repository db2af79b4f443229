import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// DSR-SGL section 7, point 10: what a business acknowledgement says is of the message that it quotes, of those whom
/// that message was for.
@Suite(.timeLimit(.minutes(2))) struct `Whom a business acknowledgement is about` {
    private static let box = "279035121518989@patient.mssante.fr"

    private func told(
        qualified: Bool = true, _ event: BusinessAcknowledgement.Event, accepted: Bool, _ address: String?
    ) async throws -> (answer: String, events: [String], waits: Bool) {
        let bench = try Bench()
        let request = try await bench.signed(qualified: qualified)
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let delivery = try #require(try await bench.deliveries(request).first?.delivery)
        let listener = try await AcknowledgementListener.start(
            host: "127.0.0.1", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        let running = Task { await listener.run() }
        var zam = BusinessAcknowledgement(
            event: event, controlID: "Z1", at: "20261122080000+0100", originalControlID: delivery.controlID,
            accepted: accepted)
        zam.address = address
        if !accepted { zam.problems = [BusinessAcknowledgement.Problem(code: "551", label: "inconnu")] }
        let bytes = try zam.message(from: Bench.parties).bytes()
        let reply = await listener.answer(to: bytes).flatMap { NeighbourMessage($0) }
        running.cancel()
        await running.value
        let events = try await bench.store.deliveryEvents(delivery.id).map { "\($0.kind) \($0.detail ?? "")" }
        let waiting = try await dispatch.deadLetters(site: nil, request: nil)
        return (reply?.first("MSA", 1) ?? "", events, !waiting.isEmpty)
    }

    @Test func `a failure of nobody's mailbox waits for a person, for each`() async throws {
        let (answer, events, waits) = try await told(.mailReceived, accepted: false, "absent@y.fr")
        #expect(answer == "AA" && waits)
        #expect(
            events.sorted() == [
                "mailRefused \(Self.box) 551 inconnu (dit de absent@y.fr)",
                "mailRefused \(Bench.prescriberMail) 551 inconnu (dit de absent@y.fr)",
            ])
    }

    @Test(arguments: [
        "pascal.charles@medecin.mssante.fr", "mailto:pascal.charles@medecin.mssante.fr",
        "<Pascal.Charles@medecin.mssante.fr>",
    ]) func `an address is known however it is written`(_ address: String) async throws {
        let failed = try await told(.mailReceived, accepted: false, address)
        #expect(failed.answer == "AA" && failed.waits)
        #expect(failed.events == ["mailRefused \(Bench.prescriberMail) 551 inconnu"])
        let read = try await told(.mailRead, accepted: true, address)
        #expect(read.answer == "AA" && read.events == ["mailRead \(Bench.prescriberMail)"])
    }

    @Test func `what the PFI says of a failure is told whole: where, and its words for people`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let delivery = try #require(try await bench.deliveries(request).first?.delivery)
        let listener = try await AcknowledgementListener.start(
            host: "127.0.0.1", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        let running = Task { await listener.run() }
        var problem = BusinessAcknowledgement.Problem(code: "DMPClosed", label: "DMP fermé")
        problem.place = ["PID", "1", "3", "2"]
        (problem.diagnostic, problem.userMessage) = ("DMP fermé", "Le patient a clos son dossier.")
        let zam = BusinessAcknowledgement(
            event: .dmp, controlID: "Z1", at: "20261122080000+0100", originalControlID: delivery.controlID,
            accepted: false, problems: [problem])
        let reply = await listener.answer(to: try zam.message(from: Bench.parties).bytes())
        running.cancel()
        await running.value
        #expect(reply.flatMap { NeighbourMessage($0) }?.first("MSA", 1) == "AA")
        #expect(
            try await bench.store.deliveryEvents(delivery.id).last?.detail
                == "DMPClosed DMP fermé ; en PID-3(2) ; Le patient a clos son dossier.")
    }

    @Test func `what somebody read for another is kept, with who read it`() async throws {
        let reader = "secretariat@cabinet.mssante.fr"
        let several = try await told(.mailRead, accepted: true, reader)
        #expect(several.answer == "AA" && !several.waits)
        #expect(several.events == ["mailRead \(reader) (n'est pas un destinataire : lit pour l'un d'eux)"])
        let alone = try await told(qualified: false, .mailRead, accepted: true, reader)
        #expect(alone.answer == "AA" && alone.events == ["mailRead \(Bench.prescriberMail) (lu par \(reader))"])
    }

    @Test(arguments: [false, true])
    func `a DMP that said once that it has it has it, whatever it says beside`(_ isRefusedFirst: Bool) async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let delivery = try #require(try await bench.deliveries(request).first?.delivery)
        let answers: [DeliveryEvent.Kind] = [.dmpAccepted, .dmpRefused]
        for kind in [.attempted, .accepted] + (isRefusedFirst ? answers.reversed() : answers) {
            try await bench.desk.recordDelivery(
                kind, delivery, detail: kind == .dmpRefused ? "DMPClosed" : nil, author: "exchange")
        }
        let events = try await bench.store.deliveryEvents(delivery.id)
        #expect(!events.isRefusedByDMP)
        #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
        await #expect(throws: CommandFailure.self, "nobody is to be told") {
            try await dispatch.perform(
                ReleaseAct(.told, reason: "appel", destination: "DMP"), on: request.number, by: Bench.biologist)
        }
    }

    @Test func `what came to nobody that the message names is not believed`() async throws {
        let strange = try await told(.mailReceived, accepted: true, "absent@y.fr")
        #expect(strange.answer == "AE" && strange.events.isEmpty)
        let alone = try await told(qualified: false, .mailReceived, accepted: true, "absent@y.fr")
        #expect(alone.answer == "AE" && alone.events.isEmpty)
    }

    @Test func `what the DMP says of a message that was not for it is not believed`() async throws {
        for accepted in [true, false] {
            let (answer, events, _) = try await told(qualified: false, .dmp, accepted: accepted, nil)
            #expect(answer == "AE" && events.isEmpty)
        }
        let fed = try await told(.dmp, accepted: true, nil)
        #expect(fed.answer == "AA" && fed.events == ["dmpAccepted "])
    }
}

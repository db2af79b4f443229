import Base
import Catalog
import Exchange
import Foundation
import HL7v2
import Laboratory
import Lines
import Neighbours
import Server
import Store
import Testing
import Workflow

/// A laboratory that signs, and a PFI that answers as told.
private struct ExchangeBench: Sendable {
    let store = MemoryStore()
    let clock = TestClock()
    let desk: Desk
    static let biologist = Author(
        login: "biologiste", role: .biologist, site: "nord", professional: APILaboratory.biologist)
    static let parties = Parties(
        sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
        receivingFacility: "LABO")

    init() throws {
        let catalogue = try AnalysisCatalogue.load(
            DataFiles.catalogue(APILaboratory.root.path + "/Catalog"), version: CatalogVersion("essai"))
        let clock = clock
        desk = Desk(store: store, catalogue: catalogue, sites: [APILaboratory.site], now: { clock.now })
    }

    /// A request with its potassium typed, validated and signed.
    func signed() async throws -> Request {
        let patient = try await desk.registerPatient(
            PatientDraft(
                status: .provisional,
                traits: Traits(
                    birthName: "ESSAI", firstGivenName: "Camille", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                    sex: .female)),
            by: ExchangeBench.biologist)
        var prescriber = Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal")
        prescriber.securedMail = "pascal.charles@medecin.mssante.fr"
        var draft = RequestDraft(patientID: patient.id, codes: ["K"], prescriber: prescriber)
        draft.collectedAt = clock.now
        let made = try await desk.registerRequest(draft, by: ExchangeBench.biologist)
        _ = try await desk.receive(
            made.specimens[0].accession, collectedAt: nil, nonconformity: nil, by: ExchangeBench.biologist)
        try await sign(made.request, "4.2")
        return made.request
    }

    func sign(_ request: Request, _ value: String) async throws {
        let measured = try #require(Measured(value))
        let typed = try await desk.enter(
            .measured(measured, unit: "mmol/L"), analysis: "K", of: request.number, comment: nil,
            by: ExchangeBench.biologist)
        _ = try await desk.validate([typed.id], of: request.number, reason: "relu", by: ExchangeBench.biologist)
        let isAmendment = try await desk.fileToSign(request.number).isAmendment
        let draft = isAmendment ? SignDraft(amendment: Amendment(.result)) : SignDraft()
        let file = try await desk.fileToSign(request.number, draft: draft)
        _ = try await desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, draft: draft,
            by: ExchangeBench.biologist)
    }

    func dispatch(
        to port: Int, waiting: Duration = .seconds(20), look: Duration = .seconds(1)
    ) -> ReportDispatch {
        ReportDispatch(
            desk: desk,
            pfi: PFISettings(
                host: "127.0.0.1", port: port, parties: ExchangeBench.parties, processing: .training,
                answerWithin: waiting),
            look: look, log: { _ in })
    }

    func kinds(_ version: Int = 1) async throws -> [DeliveryEvent.Kind] {
        let all = try await store.deliveries(site: nil, requestID: nil, limit: 9)
        guard let delivery = all.first(where: { $0.version == version }) else { return [] }
        return try await store.deliveryEvents(delivery.id).map(\.kind)
    }
}

/// Runs a PFI that answers as `policy` says, its folder removed at the end.
private func withPFI(_ policy: PFIPolicy, _ body: (PFISimulator, String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "exchange-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pfi = try await PFISimulator.start(folder: folder, policy: policy)
    let running = Task { await pfi.run() }
    do { try await body(pfi, folder) } catch {
        running.cancel()
        throw error
    }
    await pfi.stop()
    running.cancel()
    await running.value
}

private func keptFiles(_ folder: String) throws -> [[UInt8]] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".hl7") }.sorted().map {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Reports on their way out` {
    @Test func `a signature becomes one report and one delivery, however often it is looked at`() async throws {
        let bench = try ExchangeBench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        for _ in 0..<3 { try await dispatch.makeReports() }
        let reports = try await bench.store.reports(requestID: request.id)
        #expect(reports.map(\.version) == [1])
        #expect(reports[0].pdf.starts(with: Array("%PDF".utf8)) && !reports[0].cda.isEmpty)
        #expect(try await bench.store.deliveries(site: nil, requestID: request.id, limit: 9).count == 1)
    }

    @Test func `an accepted message is never sent again`() async throws {
        let bench = try ExchangeBench()
        _ = try await bench.signed()
        try await withPFI(PFIPolicy()) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.received == 1 && pfi.tally.stored == 1)
            #expect(try await bench.kinds() == [.attempted, .accepted])
            let delivery = try #require(try await bench.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            #expect(try keptFiles(folder) == [delivery.message])
        }
    }

    @Test(arguments: [PFIAnswer.error, .reject])
    func `a refusal is permanent: a person decides`(_ answer: PFIAnswer) async throws {
        let bench = try ExchangeBench()
        _ = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [answer])) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.received == 1)
            #expect(try await bench.kinds() == [.attempted, .refused])
            let delivery = try #require(try await bench.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            let detail = try await bench.store.deliveryEvents(delivery.id).last?.detail
            #expect(detail?.hasPrefix(answer.rawValue) == true, "\(detail ?? "")")
        }
    }

    @Test(arguments: [PFIAnswer.silence, .lostAnswer, .hangUp])
    func `without an answer the same message goes again, and is kept once`(_ answer: PFIAnswer) async throws {
        let bench = try ExchangeBench()
        _ = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [answer, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(300))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            #expect(try await bench.kinds() == [.attempted, .failed])
            #expect(try await bench.dispatch(to: pfi.port).sendDue())
            #expect(try await bench.kinds() == [.attempted, .failed, .attempted, .accepted])
            #expect(pfi.tally.received == 2 && pfi.tally.stored == 1)
            #expect(pfi.tally.duplicates == (answer == .lostAnswer ? 1 : 0))
            #expect(try keptFiles(folder).count == 1)
        }
    }

    @Test func `a PFI that is away keeps the report due`() async throws {
        let bench = try ExchangeBench()
        _ = try await bench.signed()
        let dispatch = bench.dispatch(to: try await freePort())
        try await dispatch.makeReports()
        #expect(try await !dispatch.sendDue())
        #expect(try await bench.store.deliveriesDue(limit: 9).count == 1)
    }

    @Test func `a version overtaken before it left is never sent, and the next one replaces nothing`() async throws {
        let bench = try ExchangeBench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy()) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await bench.kinds(1) == [.abandoned])
            #expect(try await dispatch.sendDue())
            #expect(try await bench.kinds(2) == [.attempted, .accepted])
            #expect(try keptFiles(folder).count == 1)
            let reports = try await bench.store.reports(requestID: request.id)
            #expect(reports.map(\.replacedOID) == [nil, nil])
        }
    }

    @Test(arguments: [PFIAnswer.accept, .silence])
    func `a version that left, or may have left, is replaced by name`(_ answer: PFIAnswer) async throws {
        let bench = try ExchangeBench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [answer, .accept])) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            let waiting: Duration = answer == .silence ? .milliseconds(300) : .seconds(20)
            _ = try await bench.dispatch(to: pfi.port, waiting: waiting).sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            let reports = try await bench.store.reports(requestID: request.id)
            #expect(reports.map(\.replacedOID) == [nil, reports[0].documentOID])
            #expect(try await dispatch.sendDue())
            #expect(try await bench.kinds(2).last == .accepted)
        }
    }

    @Test func `a file changed after its signature makes no report, and keeps no other back`() async throws {
        let bench = try ExchangeBench()
        let first = try await bench.signed()
        let second = try await bench.signed()
        _ = try await bench.desk.updatePatient(
            first.patientID,
            PatientDraft(
                status: .provisional,
                traits: Traits(
                    birthName: "AUTRE", firstGivenName: "Camille", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                    sex: .female)),
            by: ExchangeBench.biologist)
        try await bench.dispatch(to: 1).makeReports()
        #expect(try await bench.store.reports(requestID: first.id).isEmpty)
        #expect(try await bench.store.reports(requestID: second.id).count == 1)
    }

    @Test func `a store that fails at any write still sends each version once`() async throws {
        for failing in 1...4 {
            let bench = try ExchangeBench()
            _ = try await bench.signed()
            try await withPFI(PFIPolicy()) { pfi, folder in
                let dispatch = bench.dispatch(to: pfi.port)
                await bench.store.fail(write: bench.store.writes + failing, fault: .nothingKept)
                for _ in 0..<3 {
                    try? await dispatch.makeReports()
                    _ = try? await dispatch.sendDue()
                }
                let files = try keptFiles(folder)
                #expect(files.count == 1, "write \(failing)")
                #expect(try await bench.kinds().last == .accepted, "write \(failing)")
                #expect(try await AuditChain.verify(store: bench.store).isSound)
            }
        }
    }

    @Test func `what is signed leaves by itself`() async throws {
        let bench = try ExchangeBench()
        try await withPFI(PFIPolicy()) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            let running = Task { await dispatch.run() }
            _ = try await bench.signed()
            dispatch.wake()
            #expect(await eventually(within: .seconds(30)) { pfi.tally.stored == 1 })
            running.cancel()
            await running.value
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Business acknowledgements` {
    private func zam(
        _ event: BusinessAcknowledgement.Event, _ id: String, about: String, accepted: Bool = true
    ) throws -> [UInt8] {
        var zam = BusinessAcknowledgement(
            event: event, controlID: id, at: "20261122080000+0100", originalControlID: about, accepted: accepted)
        zam.address = event == .dmp ? nil : "pascal.charles@medecin.mssante.fr"
        if !accepted { zam.problems = [BusinessAcknowledgement.Problem(code: "DMPAbsent", label: "DMP fermé")] }
        return try zam.message(from: ExchangeBench.parties).bytes()
    }

    /// A delivery that left, and the port where its acknowledgements are awaited.
    private func listening(
        _ body: (ExchangeBench, Delivery, AcknowledgementListener) async throws -> Void
    ) async throws {
        let bench = try ExchangeBench()
        _ = try await bench.signed()
        try await bench.dispatch(to: 1).makeReports()
        let delivery = try #require(try await bench.store.deliveries(site: nil, requestID: nil, limit: 1).first)
        let listener = try await AcknowledgementListener.start(
            host: "127.0.0.1", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        let running = Task { await listener.run() }
        do { try await body(bench, delivery, listener) } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        await running.value
    }

    private func answer(_ line: Line, within limit: Duration = .seconds(5)) async -> NeighbourMessage? {
        var reader = MLLPReader()
        let end = ContinuousClock.now + limit
        while true {
            switch await line.next(within: ContinuousClock.now.duration(to: end)) {
            case .bytes(let bytes): if let block = reader.read(bytes)?.first { return NeighbourMessage(block) }
            case .woken: continue
            case .timeReached, .ended: return nil
            }
        }
    }

    private static let kinds: [(BusinessAcknowledgement.Event, Bool, DeliveryEvent.Kind)] = [
        (.dmp, true, .dmpAccepted), (.dmp, false, .dmpRefused), (.mailReceived, true, .mailDelivered),
        (.mailReceived, false, .mailRefused), (.mailRead, true, .mailRead),
    ]

    @Test func `each kind is kept, answered AA, and counts once`() async throws {
        try await listening { bench, delivery, listener in
            let line = try await Line.dial(host: "127.0.0.1", port: listener.port)
            for (n, (event, accepted, kind)) in Self.kinds.enumerated() {
                let message = try zam(event, "Z\(n)", about: delivery.controlID, accepted: accepted)
                for _ in 0..<2 {
                    try await line.send(MLLPReader.block(message))
                    let reply = try #require(await answer(line))
                    #expect(reply.first("MSA", 1) == "AA" && reply.first("MSA", 2) == "Z\(n)", "\(kind)")
                }
                #expect(try await bench.kinds().last == kind)
                #expect(try await bench.kinds().count == n + 1)
            }
            await line.close()
        }
    }

    @Test func `another one of the same number is kept too, on paper and in what the delivery says`() async throws {
        try await listening { bench, delivery, listener in
            for (event, accepted) in [(BusinessAcknowledgement.Event.mailReceived, true), (.mailReceived, false)] {
                for _ in 0..<2 {
                    let message = try zam(event, "COUNT-1", about: delivery.controlID, accepted: accepted)
                    let reply = try #require(await listener.answer(to: message).flatMap { NeighbourMessage($0) })
                    #expect(reply.first("MSA", 1) == "AA")
                }
            }
            #expect(try await bench.kinds() == [.mailDelivered, .mailRefused])
            let first = try #require(try await bench.store.inbound(source: "PFI", controlID: "COUNT-1"))
            #expect(String(decoding: first.bytes, as: UTF8.self).contains("|Y^"))
            let rows = try await bench.store.audit(after: 0, limit: 999).map(\.sequence)
            let kept = try await bench.store.attestedFacts(1...(rows.last ?? 1)).compactMap { row -> [UInt8]? in
                if case .inbound(let zam) = try Fact(row.record) { zam.bytes } else { nil }
            }
            #expect(kept.count == 2 && kept.contains { String(decoding: $0, as: UTF8.self).contains("|N^") })
        }
    }

    @Test func `one about a message that never left is refused, and changes nothing`() async throws {
        try await listening { bench, _, listener in
            let block = try #require(await listener.answer(to: try zam(.dmp, "Z1", about: "JAMAIS")))
            let reply = try #require(NeighbourMessage(block))
            #expect(reply.first("MSA", 1) == "AE")
            #expect(try await bench.kinds().isEmpty)
        }
    }

    @Test func `a message that is no acknowledgement is refused`() async throws {
        try await listening { bench, delivery, listener in
            let text = String(decoding: try zam(.dmp, "Z1", about: delivery.controlID), as: UTF8.self)
            let other = Array(text.replacing("ZAM^Z01", with: "ADT^A01").utf8)
            let block = try #require(await listener.answer(to: other))
            let reply = try #require(NeighbourMessage(block))
            #expect(reply.first("MSA", 1) != "AA")
            #expect(try await bench.kinds().isEmpty)
        }
    }

    @Test func `half a message is not answered, and the whole one after it is`() async throws {
        try await listening { bench, delivery, listener in
            let message = MLLPReader.block(try zam(.dmp, "Z1", about: delivery.controlID))
            let cut = try await Line.dial(host: "127.0.0.1", port: listener.port)
            try await cut.send(Array(message.prefix(message.count / 2)))
            #expect(await answer(cut, within: .milliseconds(200)) == nil)
            await cut.abort()
            #expect(try await bench.kinds().isEmpty)
            let line = try await Line.dial(host: "127.0.0.1", port: listener.port)
            // Half of one, then a whole one on the same line, in small pieces.
            let both = Array(message.prefix(40)) + message
            for start in stride(from: 0, to: both.count, by: 7) {
                try await line.send(Array(both[start..<min(start + 7, both.count)]))
            }
            #expect(await answer(line)?.first("MSA", 1) == "AA")
            #expect(try await bench.kinds() == [.dmpAccepted])
            await line.close()
        }
    }

    @Test func `when the store is away nothing is answered, so that it comes again`() async throws {
        try await listening { bench, delivery, listener in
            let message = try zam(.dmp, "Z1", about: delivery.controlID)
            await bench.store.fail(write: bench.store.writes + 1)
            #expect(await listener.answer(to: message) == nil)
            await bench.store.heal()
            #expect(await listener.answer(to: message) != nil)
            #expect(try await bench.kinds() == [.dmpAccepted])
        }
    }
}

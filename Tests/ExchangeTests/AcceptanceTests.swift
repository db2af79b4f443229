import Base
import Exchange
import HL7v2
import Judges
import Laboratory
import Neighbours
import Report
import Store
import Testing
import Workflow

/// The acceptance list of the SGL (DSR-SGL section 7), points 1, 2 and 10 to 12, from the desk to a PFI and back;
/// points 3 to 6 and 13 stand with the way out (`ReleaseTests`).
@Suite(.timeLimit(.minutes(10))) struct `DSR-SGL section 7` {
    /// A request of many kinds of result, signed: a number, one below, one in two units, a coded one, one without LOINC
    /// code, one not performed; an isolate with its antibiogram.
    private func mixed(_ bench: Bench) async throws -> Request {
        let plain = try await bench.request()
        let prescriber = plain.prescriber
        var draft = RequestDraft(
            patientID: plain.patientID, codes: ["K", "CRP", "UREE", "AGHBS", "AXAHBPM", "NA"], prescriber: prescriber)
        draft.collectedAt = bench.clock.now
        let made = try await bench.desk.registerRequest(draft, by: Bench.biologist)
        for specimen in made.specimens {
            _ = try await bench.desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.biologist)
        }
        bench.clock.advance(.seconds(60))
        func number(_ text: String, _ unit: String) throws -> ObservationValue {
            .measured(try #require(Measured(text)), unit: unit)
        }
        let values: [(String, ObservationValue)] = [
            ("K", try number("4.20", "mmol/L")), ("CRP", try number("<0.6", "mg/L")),
            ("UREE", try number("7.5", "mmol/L")), ("AGHBS", .coded("NEG", display: "Négatif")),
            ("AXAHBPM", try number("0.62", "k[IU]/L")), ("NA", .notPerformed(reason: "tube mal rempli")),
        ]
        var ids = [String]()
        for (code, value) in values {
            ids.append(
                try await bench.desk.enter(
                    value, analysis: code, of: made.request.number, comment: nil, by: Bench.biologist
                ).id)
        }
        _ = try await bench.desk.validate(ids, of: made.request.number, reason: "relu", by: Bench.biologist)
        var part = ReportSupplements()
        part.isolates = [
            Isolate(
                number: "1", analysis: "K", organism: "Escherichia coli", snomed: "112283007",
                observedAt: bench.clock.now, count: Measured("100000"),
                susceptibilities: [
                    Susceptibility(
                        antibiotic: "Amoxicilline", loinc: "18861-5", concentration: Measured("<=2"),
                        category: .susceptible)
                ])
        ]
        part.attachedReports = [SupplementTests.foreign]
        part.images = [SupplementTests.picture]
        _ = try await bench.desk.attachSupplement(part, to: made.request.number, by: Bench.biologist)
        let file = try await bench.desk.fileToSign(made.request.number)
        _ = try await bench.desk.sign(
            made.request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
        return made.request
    }

    @Test func `points 1 and 2: what leaves passes both judges, level 3 with the PDF inside`() async throws {
        let bench = try Bench()
        let request = try await mixed(bench)
        let other = try await bench.signed(qualified: false)
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            var documents: [String: [UInt8]] = [:], messages: [String: [UInt8]] = [:]
            for (name, one) in [("rich", request), ("provisional", other)] {
                let report = try #require(try await bench.store.reports(requestID: one.id).first)
                #expect(report.pdf.starts(with: Array("%PDF-1.4".utf8)))
                let text = String(decoding: report.cda, as: UTF8.self)
                #expect(text.contains("<structuredBody>") && text.contains(Base64.text(report.pdf)))
                documents[name] = report.cda
            }
            for (n, message) in try keptFiles(folder).enumerated() { messages["m\(n)"] = message }
            #expect(messages.count == 2)
            guard let shared = Judges.shared(for: "DSR-SGL points 1 and 2") else { return }
            let cdaErrors = try await Judges.cdaErrors(in: documents, shared: shared)
            #expect(cdaErrors == "")
            let pfiErrors = try await Judges.pfiErrors(in: messages, shared: shared)
            #expect(pfiErrors == "")
        }
    }

    /// A report sent, its business acknowledgements come back by the listener.
    private func acknowledged(
        _ outcome: BusinessOutcome, _ body: (Bench, Request, PFISimulator) async throws -> Void
    ) async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let listener = try await AcknowledgementListener.start(
            host: "127.0.0.1", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        let listening = Task { await listener.run() }
        defer { listening.cancel() }
        var policy = PFIPolicy()
        policy.outcome = outcome
        policy.zamDelay = .milliseconds(10)
        let port = listener.port
        try await withPFI(policy, zam: { ("127.0.0.1", port) }) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            try await body(bench, request, pfi)
        }
    }

    private func events(_ bench: Bench, _ request: Request, until count: Int) async throws -> [DeliveryEvent] {
        let delivery = try #require(try await bench.deliveries(request).first?.delivery)
        _ = try await eventually { try await bench.store.deliveryEvents(delivery.id).count >= count }
        return try await bench.store.deliveryEvents(delivery.id)
    }

    @Test(arguments: [
        (BusinessOutcome.ok, [DeliveryEvent.Kind.dmpAccepted, .mailDelivered, .mailDelivered]),
        (.dmpClosed, [.dmpRefused, .mailDelivered, .mailDelivered]),
        (.mailboxFull, [.dmpAccepted, .mailRefused, .mailRefused]),
        (.read, [.dmpAccepted, .mailDelivered, .mailDelivered, .mailRead, .mailRead]),
        (.unreadable, [.dmpAccepted, .mailDelivered, .mailDelivered, .mailRefused, .mailRefused]),
    ])
    func `point 10: each ZAM is acknowledged, and what says N is there for a person with its reason`(
        _ outcome: BusinessOutcome, _ kinds: [DeliveryEvent.Kind]
    ) async throws {
        try await acknowledged(outcome) { bench, request, pfi in
            let events = try await events(bench, request, until: 2 + kinds.count)
            #expect(events.dropFirst(2).map(\.kind.rawValue).sorted() == kinds.map(\.rawValue).sorted())
            for event in events where [.dmpRefused, .mailRefused].contains(event.kind) {
                #expect(event.detail?.isEmpty == false, "the reason is kept")
            }
            _ = try await eventually { pfi.tally.zamAccepted >= kinds.count }
            #expect(pfi.tally.zamAccepted == kinds.count && pfi.tally.zamRefused == 0)
        }
    }

    @Test(arguments: PFIAnswer.allCases)
    func `point 11: AE, AR, silence, late, twice, cut: the right state and no double sending`(
        _ answer: PFIAnswer
    ) async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        var policy = PFIPolicy(answers: [answer, .accept])
        policy.lateBy = .seconds(4)
        try await withPFI(policy) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .milliseconds(2500))
            try await dispatch.makeReports()
            // A message that nobody answered waits two seconds and goes again, the same.
            _ = try await eventually { try await dispatch.sendDue() }
            let one = try await bench.deliveries(request)
            #expect(one.count == 1)
            let kinds = try #require(one.first?.kinds)
            switch answer {
            case .accept, .twice: #expect(kinds == [.attempted, .accepted])
            case .error, .reject:
                #expect(kinds == [.attempted, .refused])
                #expect(pfi.tally.stored == 0)
                let last = try await bench.store.deliveryEvents(one[0].delivery.id).last?.detail ?? ""
                #expect(last.hasPrefix(answer == .error ? "AE ; 207 erreur de l'application" : "AR ; "), "\(last)")
            case .silence, .lostAnswer, .hangUp, .late, .halfAnswer:
                #expect(kinds == [.attempted, .failed, .attempted, .accepted], "\(kinds)")
            }
            let isRefused = answer == .error || answer == .reject
            #expect(try keptFiles(folder).count == (isRefused ? 0 : 1), "kept once")
            #expect(try await dispatch.sendDue(), "nothing is due any more")
            let tally = pfi.tally
            #expect(try await dispatch.sendDue() && tally.received == pfi.tally.received)
        }
    }

    @Test func `point 12: non-LOINC, aborted, qualitative, less than, two units, isolate and antibiogram`() async throws
    {
        let bench = try Bench()
        let request = try await mixed(bench)
        try await bench.dispatch(to: 1).makeReports()
        let report = try #require(try await bench.store.reports(requestID: request.id).first)
        let cda = String(decoding: report.cda, as: UTF8.self)
        for mark in [
            "code=\"AXAHBPM\"", "<statusCode code=\"aborted\"/>", "tube mal rempli", "xsi:type=\"CD\"",
            "inclusive=\"false\"", "unit=\"g/L\"", "unit=\"mmol/L\"", "classCode=\"MIC\"", "code=\"18769-0\"",
        ] { #expect(cda.contains(mark), "\(mark)") }
    }
}

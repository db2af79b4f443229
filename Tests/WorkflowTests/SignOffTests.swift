import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Biological sign-off` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func attempt(
        _ number: String, _ hash: String, partial: Bool = false, by author: Author = Bench.biologist
    ) async -> String? {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(number, contentHash: hash, allowPartial: partial, by: author)
        }
    }

    @Test func `a complete file is signed over the hash of what was shown`() async throws {
        let made = try await bench.ready()
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.missing.isEmpty && file.fresh.count == 2 && file.nextVersion == 1)
        let signature = try await bench.sign(made)
        #expect(signature.complete && signature.version == 1 && signature.contentHash == file.contentHash)
        #expect(signature.biologist == Bench.biologistIdentity)
        #expect(Set(signature.observationIDs) == Set(file.observations.map(\.id)))
        #expect(try await bench.trail.last?.action == "bio.sign")
        #expect(try await bench.desk.awaitingSignature(site: "nord", limit: 9).isEmpty)
        #expect(await attempt(made.request.number, file.contentHash) == "sign.nothing")
    }

    @Test func `a partial file is signed only when asked so, and completed as version two`() async throws {
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("NA", "140", of: tube)])
        try await bench.validate(["NA"], of: made)
        let hash = try await bench.desk.fileToSign(made.request.number).contentHash
        #expect(await attempt(made.request.number, hash) == "sign.partial")
        let first = try await bench.sign(made, partial: true)
        #expect(!first.complete && first.version == 1)
        try await bench.arrive("m2", [Bench.result("K", "4.2", of: tube)])
        try await bench.validate(["K"], of: made)
        let second = try await bench.sign(made)
        #expect(second.complete && second.version == 2 && second.observationIDs.count == 2)
    }

    @Test func `a partial report whose rest is cancelled is signed as complete`() async throws {
        let made = try await bench.received(["NA", "K"])
        let number = made.request.number
        try await bench.arrive("m1", [Bench.result("NA", "140", of: made.specimens[0].accession)])
        try await bench.validate(["NA"], of: made)
        try await bench.sign(made, partial: true)
        #expect(try await bench.desk.awaitingSignature(site: "nord", limit: 9).isEmpty)
        _ = try await bench.desk.cancelAnalyses(["K"], of: number, reason: "tube insuffisant", by: Bench.secretary)
        let waiting = try #require(try await bench.desk.awaitingSignature(site: "nord", limit: 9).first)
        #expect(waiting.request.number == number && waiting.lane == .held && !waiting.isAmendment)
        #expect(waiting.changes == [SignedChange(.pending)])
        let second = try await bench.sign(made)
        #expect(second.complete && second.version == 2)
        #expect(try await bench.desk.awaitingSignature(site: "nord", limit: 9).isEmpty)
        #expect(try await bench.desk.fileToSign(number).changes == [])
    }

    @Test func `any change after the file was shown refuses the signature`() async throws {
        let changes: [(String, @Sendable (Bench, RegisteredRequest) async throws -> Void)] = [
            (
                "a name",
                { bench, made in
                    _ = try await bench.desk.updatePatient(
                        made.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
                }
            ),
            (
                "a rerun",
                { bench, made in
                    try await bench.arrive("late", [Bench.result("K", "5.0", of: made.specimens[0].accession)])
                    try await bench.validate(["K"], of: made)
                }
            ),
            (
                "the tube",
                { bench, made in
                    _ = try await bench.desk.receive(
                        made.specimens[0].accession, collectedAt: nil, nonconformity: "hémolysé",
                        by: Bench.technician)
                }
            ),
            (
                "a rejection",
                { bench, made in
                    let id = try await bench.observation("K", made).id
                    _ = try await bench.desk.reject(
                        id, of: made.request.number, reason: "doute", by: Bench.technician)
                }
            ),
        ]
        for (name, change) in changes {
            let bench = try Bench()
            let made = try await bench.ready()
            let hash = try await bench.desk.fileToSign(made.request.number).contentHash
            try await change(bench, made)
            let code = await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.sign(
                    made.request.number, contentHash: hash, allowPartial: true, by: Bench.biologist)
            }
            // A tube that is not as it should be takes the technical validation back: nothing waits for a signature.
            #expect(code == (name == "the tube" ? "sign.nothing" : "sign.changed"), "\(name)")
            #expect(try await bench.store.signatures(requestID: made.request.id).isEmpty)
        }
    }

    @Test func `a biologist without a professional identity signs nothing`() async throws {
        let made = try await bench.ready()
        let nobody = Author(login: "x", role: .biologist, site: "nord")
        #expect(await attempt(made.request.number, "", by: nobody) == "sign.professional")
    }

    @Test func `two biologists who sign at once make one signature`() async throws {
        let made = try await bench.ready()
        let desk = bench.desk
        let number = made.request.number
        let hash = try await desk.fileToSign(number).contentHash
        let outcomes = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await refusal { () throws(CommandFailure) in
                        _ = try await desk.sign(number, contentHash: hash, allowPartial: false, by: Bench.biologist)
                    }
                }
            }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.compactMap { $0 }.allSatisfy { $0 == "conflict" || $0 == "sign.nothing" })
        #expect(try await bench.store.signatures(requestID: made.request.id).count == 1)
    }

    @Test func `version two names the document that it replaces`() async throws {
        let made = try await bench.ready()
        let first = try await bench.sign(made)
        let one = try await bench.desk.signedReport(of: first)
        #expect(one.documentOID == "1.2.250.1.999.1.261122.1.1")
        #expect(one.setOID == "1.2.250.1.999.1.261122.1" && one.replacedOID == nil)
        try await bench.arrive("m2", [Bench.result("K", "4.9", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        let second = try await bench.sign(made)
        let two = try await bench.desk.signedReport(of: second)
        #expect(two.documentOID == "1.2.250.1.999.1.261122.1.2" && two.setOID == one.setOID)
        #expect(two.replacedOID == one.documentOID)
        #expect(two.content.observations.contains { $0.analysis == "K" && $0.run == 2 })
    }

    @Test func `a report is refused when the file changed after the signature`() async throws {
        let made = try await bench.ready()
        let signature = try await bench.sign(made)
        _ = try await bench.desk.updatePatient(
            made.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.signedReport(of: signature)
        }
        #expect(code == "report.changed")
    }

    @Test func `the previous result of the same patient is shown, another's never`() async throws {
        let patient = try await bench.patient()
        func visit(_ value: String, of patient: Patient) async throws -> RegisteredRequest {
            var draft = RequestDraft(patientID: patient.id, codes: ["K"], prescriber: Bench.biologistIdentity)
            draft.collectedAt = bench.clock.now.advanced(by: .seconds(-600))
            let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
            let tube = made.specimens[0].accession
            _ = try await bench.desk.receive(tube, collectedAt: nil, nonconformity: nil, by: Bench.technician)
            try await bench.arrive("m-" + tube, [Bench.result("K", value, of: tube)])
            try await bench.validate(["K"], of: made)
            return made
        }
        try await bench.sign(try await visit("4.0", of: patient))
        bench.clock.advance(.seconds(3600))
        try await bench.sign(try await visit("5.5", of: try await bench.patient("AUTRE")))
        bench.clock.advance(.seconds(3600))
        let last = try await visit("4.1", of: patient)
        let previous = try await bench.desk.fileToSign(last.request.number).previous
        #expect(previous.map(\.value.frenchText) == ["4,0"])
    }
}

@Suite struct `Deliveries` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func delivery() async throws -> Delivery {
        let made = try await bench.ready()
        let signature = try await bench.sign(made)
        let delivery = Delivery(
            id: "d1", site: "nord", reportID: "r1", requestID: made.request.id, version: signature.version,
            destination: "PFI", controlID: "C1", message: [1, 2, 3], createdAt: bench.clock.now, toDMP: true)
        try await bench.store.append(
            [.delivery(delivery)],
            note: AuditNote(site: "nord", author: "exchange", action: "x", subject: "x", at: bench.clock.now))
        return delivery
    }

    @Test func `attempts are counted without the trail, what the other side says is in it`() async throws {
        let delivery = try await delivery()
        let entries = try await bench.trail.count
        for kind in [DeliveryEvent.Kind.attempted, .failed, .attempted] {
            try await bench.desk.recordDelivery(kind, delivery, detail: nil, author: "exchange")
        }
        #expect(try await bench.trail.count == entries)
        #expect(try await bench.store.deliveriesDue(limit: 9).map(\.id) == ["d1"])
        try await bench.desk.recordDelivery(.accepted, delivery, detail: nil, author: "exchange")
        #expect(try await bench.trail.last?.action == "delivery.accepted")
        #expect(try await bench.store.deliveriesDue(limit: 9).isEmpty)
        #expect(try await bench.store.deliveryEvents("d1").map(\.ordinal) == [1, 2, 3, 4])
    }

    @Test func `a business acknowledgement counts once`() async throws {
        let delivery = try await delivery()
        let zam = InboundMessage(source: "PFI", controlID: "Z1", at: bench.clock.now, bytes: [0x41])
        let desk = bench.desk
        #expect(try await desk.recordAcknowledgement(zam, .dmpAccepted, of: delivery, details: [nil]))
        #expect(try await !desk.recordAcknowledgement(zam, .dmpAccepted, of: delivery, details: [nil]))
        #expect(try await bench.store.deliveryEvents("d1").map(\.kind) == [.dmpAccepted])
    }

    @Test func `a business acknowledgement of a number that was seen is kept when it says something else`() async throws
    {
        let delivery = try await delivery()
        let desk = bench.desk, at = bench.clock.now
        func take(_ text: String, _ kind: DeliveryEvent.Kind, _ detail: String?) async throws -> Bool {
            let zam = InboundMessage(source: "PFI", controlID: "015", at: at, bytes: Array(text.utf8))
            return try await desk.recordAcknowledgement(zam, kind, of: delivery, details: [detail])
        }
        #expect(try await take("a", .mailDelivered, "a@mssante.fr"))
        #expect(try await take("b", .mailDelivered, "b@mssante.fr"))
        #expect(try await take("c", .mailRefused, "b@mssante.fr 550"))
        #expect(try await take("d", .dmpRefused, nil))
        // The same again, and the same news with another date.
        for (text, kind, detail) in [
            ("a", DeliveryEvent.Kind.mailDelivered, "a@mssante.fr"), ("b", .mailDelivered, "b@mssante.fr"),
            ("later", .mailDelivered, "a@mssante.fr"), ("later still", .mailRefused, "b@mssante.fr 550"),
        ] { #expect(try await !take(text, kind, detail), "\(text)") }
        // It changed its mind.
        #expect(try await take("e", .dmpAccepted, nil))
        #expect(try await take("f", .dmpRefused, nil))
        #expect(
            try await bench.store.deliveryEvents("d1").map(\.kind)
                == [.mailDelivered, .mailDelivered, .mailRefused, .dmpRefused, .dmpAccepted, .dmpRefused])
        let kept = try #require(try await bench.store.inbound(source: "PFI", controlID: "015"))
        #expect(kept.bytes == Array("a".utf8))
    }

    @Test func `a delivery is listed with its request and its events`() async throws {
        let delivery = try await delivery()
        try await bench.desk.recordDelivery(.attempted, delivery, detail: nil, author: "exchange")
        let views = try await bench.desk.deliveries(site: "nord", request: "261122-0001", limit: 9)
        #expect(views.map(\.requestNumber) == ["261122-0001"])
        #expect(views.first?.events.map(\.kind) == [.attempted])
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.deliveries(site: "nord", request: "absent", limit: 9)
        }
        #expect(code == "request.unknown")
    }
}

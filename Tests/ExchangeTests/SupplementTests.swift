import Base
import Exchange
import Foundation
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// Pieces to put beside results.
enum SupplementTests {
    static let picture = ReportImage(
        place: "biochimie", caption: "Tracé du jour", format: .png,
        bytes: Base64.decode(
            Array(
                """
                iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAAAAAApT+BJAAABM0lEQVR42g3Loc6GIBQAUB7nj0ai0Wg0Ek3MQHCkm5iB4Eg3MQPB\
                kW5iBoIj3Wg0fo/ye/oR3HHPIyteGHjng4lvfvgn/ppsQ5va3Na2NWxnuxq3t4na1b6OVdWlQt3rUane9anfKLIMZSpzWctWsJzl\
                KlzeIqijnkZStBDQTgcR3fTQN7LMQ57ynNe8ZcxnvjLnN4vUpT6NSaUlQdrTkSjd6UnfiDIOcYpzXOMWMZ7xihzfKLDDHkdUuCDg\
                jgcS3vjgN4IMQ5jCHNawBQxnuAKHNwjf+d6PXvnFg9/94cnf/vHfcNINbnKzW93m0J3ucuxeJ6CDHkZQsADADgcQ3PDAN6y0g53s\
                bFe7WbSnvSzb1wrTmd6MRpnFgNnNYcjc5jHf0FIPetKzXvWmUZ/60qxf/Q+ToNdBU349MQAAAABJRU5ErkJggg==
                """.utf8)) ?? [])
    static let foreign = ForeignReport(
        title: "Électrophorèse", number: "EXT-7", pdf: pdf(of: 0))

    /// One empty page, and as many bytes beside it as asked.
    static func pdf(of weight: Int) -> [UInt8] {
        let objects = [
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R>>",
        ]
        var text = "%PDF-1.4\n%" + String(repeating: "x", count: weight) + "\n", table = ""
        for (n, object) in objects.enumerated() {
            table += String(format: "%010d 00000 n \n", text.utf8.count)
            text += "\(n + 1) 0 obj\(object)endobj\n"
        }
        let place = text.utf8.count
        text += "xref\n0 4\n0000000000 65535 f \n\(table)trailer<</Size 4/Root 1 0 R>>\nstartxref\n\(place)\n%%EOF\n"
        return Array(text.utf8)
    }
}

/// What a report says beside its results: signed with them, sent with them.
@Suite(.timeLimit(.minutes(10))) struct `What is put beside the results` {
    private var part: ReportSupplements {
        var part = ReportSupplements()
        part.images = [SupplementTests.picture]
        part.attachedReports = [SupplementTests.foreign]
        part.conclusions = [.init(title: "Conclusion", text: "Kaliémie à contrôler.")]
        part.isolates = [
            Isolate(
                number: "1", analysis: "K", organism: "Escherichia coli", snomed: "112283007",
                observedAt: Instant(seconds: 1_795_344_120), count: Measured("100000"),
                susceptibilities: [
                    Susceptibility(
                        antibiotic: "Amoxicilline", loinc: "18861-5", concentration: Measured("<=2"),
                        category: .susceptible)
                ])
        ]
        return part
    }

    private func ready(_ bench: Bench) async throws -> Request {
        let request = try await bench.request()
        let typed = try await bench.desk.enter(
            .measured(try #require(Measured("4.2")), unit: "mmol/L"), analysis: "K", of: request.number, comment: nil,
            by: Bench.biologist)
        _ = try await bench.desk.validate([typed.id], of: request.number, reason: "relu", by: Bench.biologist)
        return request
    }
    private func sign(_ bench: Bench, _ request: Request) async throws {
        bench.clock.advance(.seconds(60))
        let file = try await bench.desk.fileToSign(request.number)
        _ = try await bench.desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
    }

    @Test func `is in the document, on the page and on the wire of the signed report`() async throws {
        let bench = try Bench()
        let request = try await ready(bench)
        let before = try await bench.desk.fileToSign(request.number).contentHash
        _ = try await bench.desk.attachSupplement(part, to: request.number, by: Bench.technician)
        let file = try await bench.desk.fileToSign(request.number)
        #expect(file.contentHash != before, "the signature covers it")
        #expect(file.supplements.count == 4)
        try await sign(bench, request)
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let report = try #require(try await bench.store.reports(requestID: request.id).first)
            let cda = String(decoding: report.cda, as: UTF8.self)
            for words in [
                "Tracé du jour", "image/png", "101792-0", Base64.text(SupplementTests.foreign.pdf), "112283007",
                "18861-5",
                "Kaliémie à contrôler.",
            ] { #expect(cda.contains(words), "\(words)") }
            let sent = try #require(try keptFiles(folder).first.flatMap { NeighbourMessage($0) })
            #expect(sent.document == Base64.text(report.cda))
        }
    }

    @Test func `makes a signed file unsigned again, and each version keeps what it was signed with`() async throws {
        let bench = try Bench()
        let request = try await ready(bench)
        try await sign(bench, request)
        #expect(try await !bench.desk.fileToSign(request.number).hasFreshSupplements)
        let entry = try await bench.desk.attachSupplement(part, to: request.number, by: Bench.technician)
        #expect(try await bench.desk.fileToSign(request.number).hasFreshSupplements)
        try await sign(bench, request)
        _ = try await bench.desk.removeSupplement(
            entry.ordinal, of: request.number, reason: "mauvais patient", by: Bench.technician)
        await #expect(throws: CommandFailure.self, "taken away once") {
            try await bench.desk.removeSupplement(
                entry.ordinal, of: request.number, reason: "encore", by: Bench.technician)
        }
        try await sign(bench, request)
        let signatures = try await bench.store.signatures(requestID: request.id)
        #expect(signatures.map(\.supplementsThrough) == [nil, 1, 2])
        var images = [Int]()
        for signature in signatures {
            images.append(try await bench.desk.signedReport(of: signature).content.supplements.images.count)
        }
        #expect(images == [0, 1, 0])
        await #expect(throws: CommandFailure.self, "nothing changed since") { try await self.sign(bench, request) }
    }

    @Test func `is refused by name when the document could not say it`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        var served = bench.desk
        bench.dispatch(to: 1).serve(&served)
        let desk = served
        func code(_ change: (inout ReportSupplements) -> Void) async throws -> String? {
            var part = ReportSupplements()
            change(&part)
            do throws(CommandFailure) {
                _ = try await desk.attachSupplement(part, to: request.number, by: Bench.technician)
                return nil
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                return refusal.code
            }
        }
        #expect(try await code { _ in } == "supplement.empty")
        #expect(try await code { $0.images = [SupplementTests.picture] } == nil)
        #expect(
            try await code {
                $0.images = [
                    ReportImage(place: "NFS", caption: "x", format: .png, bytes: SupplementTests.picture.bytes)
                ]
            } == "supplement.place")
        #expect(
            try await code {
                $0.images = [ReportImage(place: "biochimie", caption: "x", format: .png, bytes: [1, 2])]
            } == "supplement.image")
        #expect(
            try await code {
                let cut = Array(SupplementTests.picture.bytes.prefix(60))
                $0.images = [ReportImage(place: "biochimie", caption: "x", format: .png, bytes: cut)]
            } == "printing.picture")
        #expect(
            try await code { $0.attachedReports = [ForeignReport(title: "x", number: "1", pdf: [1])] }
                == "supplement.pdf")
        #expect(
            try await code {
                let cut = SupplementTests.pdf(of: 0).dropLast(60)
                $0.attachedReports = [ForeignReport(title: "x", number: "1", pdf: Array(cut))]
            } == "supplement.pdf")
        #expect(
            try await code { $0.attachedReports = [SupplementTests.foreign, SupplementTests.foreign] }
                == "supplement.number")
        #expect(try await code { $0.conclusions = [.init(text: " ")] } == "supplement.text")
        #expect(try await code { $0.conclusions = [.init(text: "a\u{7}b")] } == "supplement.control")
        #expect(try await code { $0.methods = [AnalysisMethod(analysis: "NA")] } == "supplement.analyses")
        #expect(
            try await code {
                $0.validations = [OtherValidation(biologist: Bench.director, at: bench.clock.now)]
            } == "auth.permission", "a technician validates for nobody")
    }
}

/// Who was not written to, and what a person does about it.
@Suite(.timeLimit(.minutes(10))) struct `Who was not sent a report` {
    @Test func `is told with the reason, each version its own`() async throws {
        let bench = try Bench()
        let request = try await bench.signed(qualified: false)
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let lines = try await bench.desk.withheld(site: "nord", request: nil, limit: 10)
        #expect(Set(lines.map(\.note.destination)) == ["DMP", "patient"])
        #expect(lines.allSatisfy { $0.note.reason == "INS_NON_QUALIFIEE" && !$0.needsPerson && $0.version == 1 })
        #expect(try await bench.desk.withheld(site: nil, request: request.number, limit: 10).count == 2)
    }

    @Test func `waits for a person when it has a version that is no longer right, until somebody told it`() async throws
    {
        try await withSent { bench, request, dispatch, _ in
            // The patient has version 1, then it is hidden from the patient, then corrected: that may not go there.
            let hide = ReleaseAct(.hide, reason: "à annoncer d'abord", hiddenFrom: [.patient])
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let left = try #require(
                try await bench.desk.withheld(site: "nord", request: request.number, limit: 10).first {
                    $0.note.destination == "patient"
                })
            #expect(left.needsPerson && left.note.reason == "CACHE_AU_PATIENT" && left.version == 3)
            let told = ReleaseAct(.told, reason: "appelé par le biologiste", destination: "patient")
            try await dispatch.perform(told, on: request.number, by: Bench.biologist)
            let after = try #require(
                try await bench.desk.withheld(site: "nord", request: request.number, limit: 10).first {
                    $0.note.destination == "patient"
                })
            #expect(!after.needsPerson && after.told?.author == "biologiste")
            await #expect(throws: CommandFailure.self, "told once") {
                try await dispatch.perform(told, on: request.number, by: Bench.biologist)
            }
        }
    }

    @Test func `is everybody while a report is held`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.perform(
            ReleaseAct(.hold, reason: "avis demandé"), on: request.number, by: Bench.biologist)
        try await bench.sign(request, "4.2")
        try await dispatch.makeReports()
        let lines = try await bench.desk.withheld(site: "nord", request: request.number, limit: 10)
        #expect(Set(lines.map(\.note.destination)) == ["DMP", "patient", Bench.prescriberMail])
        #expect(lines.allSatisfy { $0.note.reason == "RETENU" })
    }
}

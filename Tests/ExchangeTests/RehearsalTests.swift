import Base
import Exchange
import Laboratory
import Neighbours
import Store
import Synchronization
import Testing
import Workflow

/// The composition of a report comes before the signature; what cannot be made all the same is told, and keeps nobody
/// back.
@Suite(.timeLimit(.minutes(10))) struct RehearsalTests {
    /// In no font: a private character of plane 16.
    static let unknown = "\u{10FFFD}"
    private let said = Said()
    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
    }

    private func dispatch(_ bench: Bench) -> ReportDispatch {
        let said = said
        return ReportDispatch(desk: bench.desk, pfi: bench.settings(1)) { line in
            said.lines.withLock { $0.append(line) }
        }
    }
    private func served(_ bench: Bench) -> Desk {
        var desk = bench.desk
        dispatch(bench).serve(&desk)
        return desk
    }
    private func refusal(_ body: () async throws -> Void) async -> Refusal? {
        do { try await body() } catch CommandFailure.refused(let refusal) { return refusal } catch {}
        return nil
    }

    /// Validated, with words beside the result that came in unseen.
    private func ready(_ bench: Bench, comment: String? = unknown, _ value: String = "4.2") async throws -> Request {
        let request = try await bench.request()
        try await enter(bench, request, comment, value)
        return request
    }
    private func enter(_ bench: Bench, _ request: Request, _ comment: String?, _ value: String) async throws {
        bench.clock.advance(.seconds(60))
        let measured = try #require(Measured(value))
        let typed = try await bench.desk.enter(
            .measured(measured, unit: "mmol/L"), analysis: "K", of: request.number, comment: comment,
            by: Bench.biologist)
        _ = try await bench.desk.validate([typed.id], of: request.number, reason: "relu", by: Bench.biologist)
    }
    private func sign(_ desk: Desk, _ request: Request, _ draft: SignDraft = SignDraft()) async throws {
        let file = try await desk.fileToSign(request.number, draft: draft)
        _ = try await desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, draft: draft, by: Bench.biologist)
    }

    @Test func `is refused when its mail is more than a mailbox takes, where a part is joined and before it is signed`()
        async throws
    {
        let bench = try Bench()
        let desk = served(bench)
        let request = try await ready(bench, comment: nil)
        func join(_ number: Int, _ desk: Desk) async throws {
            var part = ReportSupplements()
            part.attachedReports = [
                ForeignReport(
                    title: "Électrophorèse", number: "EXT-\(number)", pdf: SupplementTests.pdf(of: 1_900_000))
            ]
            _ = try await desk.attachSupplement(part, to: request.number, by: Bench.technician)
        }
        try await join(1, desk)
        try await join(2, desk)
        let refused = try #require(await refusal { try await join(3, desk) })
        #expect(refused.code == "report.size" && refused.place == request.number)
        #expect(refused.cause.contains("une boîte MSSanté en prend 10\u{A0}Mo"), "\(refused.cause)")
        #expect(refused.cause.contains("le plus lourd : compte rendu joint EXT-"), "\(refused.cause)")
        // What came in another way is seen before the signature, in the preview too.
        try await join(3, bench.desk)
        let preview = try await desk.preview(request.number, SignDraft(), by: Bench.biologist)
        #expect(await refusal { _ = try await dispatch(bench).rehearse(preview) }?.code == "report.size")
        let unsigned = try #require(await refusal { try await sign(desk, request) })
        #expect(unsigned.code == "report.size" && unsigned.cause.contains("rien n'est signé"))
        #expect(try await bench.store.signatures(requestID: request.id).isEmpty)
        let entries = try await bench.desk.supplementEntries(of: request)
        _ = try await desk.removeSupplement(
            try #require(entries.last).ordinal, of: request.number, reason: "trop lourd", by: Bench.technician)
        try await sign(desk, request)
        #expect(try await bench.store.signatures(requestID: request.id).count == 1)
    }

    @Test func `is refused before the signature, one by one, by lot and as an amendment`() async throws {
        let bench = try Bench()
        let desk = served(bench)
        let one = try await ready(bench)
        let refused = try #require(await refusal { try await sign(desk, one) })
        #expect(refused.code == "printing.glyph" && refused.place == "\(one.number), Potassium, commentaire")
        #expect(refused.cause.contains("rien n'est signé") && !refused.remedy.isEmpty)
        let hash = try await desk.fileToSign(one.number).contentHash
        let lot = await refusal {
            for outcome in try await desk.signLot(
                [LotFile(number: one.number, contentHash: hash)], section: nil, by: Bench.biologist)
            {
                if let refusal = outcome.refusal { throw CommandFailure.refused(refusal) }
            }
        }
        #expect(lot != nil)
        #expect(try await bench.store.signatures(requestID: one.id).isEmpty)
        // The document refuses too, not the page only.
        let two = try await ready(bench, comment: nil)
        var part = ReportSupplements()
        part.isolates = [
            Isolate(
                number: "1", analysis: "K", organism: "Escherichia coli", snomed: "112 283",
                observedAt: bench.clock.now,
                count: Measured("100000"))
        ]
        _ = try await desk.attachSupplement(part, to: two.number, by: Bench.technician)
        #expect(try #require(await refusal { try await sign(desk, two) }).code == "cda.code")
        // What is right is signed, what amends it wrongly is not.
        let three = try await ready(bench, comment: nil)
        try await sign(desk, three)
        try await enter(bench, three, RehearsalTests.unknown, "4.9")
        let amended = SignDraft(amendment: Amendment(.result))
        #expect(try #require(await refusal { try await sign(desk, three, amended) }).code == "printing.glyph")
        #expect(try await bench.store.signatures(requestID: three.id).count == 1)
    }

    @Test func `is refused where it is typed`() async throws {
        let bench = try Bench()
        let desk = served(bench)
        let request = try await bench.request()
        let words = RehearsalTests.unknown
        let typed = await refusal {
            _ = try await desk.enter(
                .notPerformed(reason: words), analysis: "K", of: request.number, comment: nil, by: Bench.biologist)
        }
        #expect(typed?.code == "printing.glyph" && typed?.place == "K")
        var part = ReportSupplements()
        part.conclusions = [.init(title: "Conclusion", text: words)]
        let joined = await refusal {
            _ = try await desk.attachSupplement(part, to: request.number, by: Bench.technician)
        }
        #expect(joined?.code == "printing.glyph" && joined?.place == "conclusions.text")
        var patient = PatientDraft(
            status: .provisional,
            traits: Traits(
                birthName: "PAT" + words, firstGivenName: "DOMINIQUE",
                birthDate: CivilDate(year: 1979, month: 3, day: 28), sex: .female))
        #expect(await refusal { _ = try await desk.registerPatient(patient, by: Bench.biologist) } != nil)
        patient.traits.birthName = "ŁÓDŹ-Ωμέγα"
        patient.address = PostalAddress(street: "1 rue" + words, postalCode: "59000", city: "LILLE")
        let street = await refusal { _ = try await desk.registerPatient(patient, by: Bench.biologist) }
        #expect(street?.place == "address.street" && street?.cause.contains("U+") == true)
        patient.address = nil
        #expect(await refusal { _ = try await desk.registerPatient(patient, by: Bench.biologist) } == nil)
    }

    @Test func `after a signature all the same is told once, and counted until it is made`() async throws {
        let bench = try Bench()
        let request = try await ready(bench)
        let dispatch = dispatch(bench)
        // Nobody looked before the signature: a font was taken away since, say.
        try await sign(bench.desk, request)
        for _ in 0..<3 {
            try await dispatch.makeReports()
            bench.clock.advance(.seconds(600))
        }
        let lines = said.lines.withLock { $0 }
        #expect(lines.count == 1, "\(lines)")
        let line = try #require(lines.first)
        for words in [request.number, "police", "→", "[printing.glyph]"] { #expect(line.contains(words), "\(line)") }
        #expect(!line.contains("PAT-TROIS"))
        let unmade = try await bench.desk.unmadeReports(site: "nord", request: nil)
        #expect(unmade.map(\.requestNumber) == [request.number] && unmade.allSatisfy(\.needsPerson))
        #expect(unmade.first?.note.words.contains("Potassium, commentaire") == true)
        #expect(try await bench.desk.unmadeReports(site: "sud", request: nil).isEmpty)
        #expect(bench.desk.unmadeCount(site: "nord") == 1)
        // Corrected, and signed again: the first version that leaves replaces nothing, and nobody reads of another.
        try await enter(bench, request, nil, "4.9")
        let amended = SignDraft(amendment: Amendment(.result, words: "signe illisible"))
        try await sign(bench.desk, request, amended)
        try await dispatch.makeReports()
        let report = try #require(try await bench.store.reports(requestID: request.id).first)
        #expect(report.replacedOID == nil)
        let document = String(decoding: report.cda, as: UTF8.self)
        #expect(!document.contains("rectification") && !document.contains("relatedDocument"))
        #expect(document.contains("<versionNumber value=\"1\"/>"))
        #expect(bench.desk.unmadeCount(site: nil) == 0)
        // What it took the place of is never made, also after a restart.
        for one in [dispatch, self.dispatch(try Bench(of: bench))] {
            bench.clock.advance(.seconds(7200))
            one.patientChanged()
            try await one.makeReports()
        }
        #expect(try await bench.store.reports(requestID: request.id).count == 1)
        #expect(said.lines.withLock { $0 }.count == 1)
    }

    @Test func `keeps no other report back, were there more than are looked at together`() async throws {
        let bench = try Bench()
        for _ in 0..<70 { try await sign(bench.desk, try await ready(bench)) }
        let sound = try await ready(bench, comment: nil)
        try await sign(bench.desk, sound)
        let dispatch = dispatch(bench)
        try await dispatch.makeReports()
        #expect(try await bench.store.reports(requestID: sound.id).count == 1)
        #expect(bench.desk.unmadeCount(site: nil) == 70 && said.lines.withLock { $0 }.count == 70)
    }

    @Test func `is shown before as it will be: the preview has the bytes of what is sent, but for the signature`()
        async throws
    {
        let bench = try Bench()
        let dispatch = dispatch(bench)
        let request = try await ready(bench, comment: "Hémolyse légère.")
        let shown = try await bench.desk.preview(request.number, SignDraft(), by: Bench.technician)
        let preview = try await dispatch.rehearse(shown)
        #expect(try await bench.store.signatures(requestID: request.id).isEmpty)
        let document = String(decoding: preview.cda, as: UTF8.self)
        #expect(document.contains("<signatureCode code=\"I\"/>") && !document.contains("<signatureCode code=\"S\"/>"))
        #expect(document.contains(Base64.text(preview.pdf)))
        try await sign(bench.desk, request)
        let signature = try #require(try await bench.store.signatures(requestID: request.id).first)
        var signed = try await bench.desk.signedReport(of: signature)
        #expect(signed.content == shown.content && signed.previous == shown.previous)
        // At the instant of the preview: signed, and as if nobody had.
        signed.signature.at = shown.signature.at
        signed.producedAt = shown.producedAt
        let sent = try await dispatch.rehearse(signed)
        signed.isPreview = true
        let unsigned = try await dispatch.rehearse(signed)
        #expect(unsigned.pdf == preview.pdf && unsigned.cda == preview.cda)
        let told = String(decoding: sent.cda, as: UTF8.self)
        #expect(
            told.replacing(Base64.text(sent.pdf), with: "")
                == document.replacing("<signatureCode code=\"I\"/>", with: "<signatureCode code=\"S\"/>")
                .replacing(Base64.text(preview.pdf), with: ""))
        // What is sent is made so.
        let real = try await dispatch.rehearse(try await bench.desk.signedReport(of: signature))
        try await dispatch.makeReports()
        let report = try #require(try await bench.store.reports(requestID: request.id).first)
        #expect(report.pdf == real.pdf && report.cda == real.cda)
        #expect(
            await refusal { _ = try await bench.desk.preview(request.number, SignDraft(), by: Bench.biologist) } != nil)
    }

    @Test func `an earlier result that no font has does not stop a new report`() async throws {
        let bench = try Bench()
        let desk = served(bench)
        let before = try await bench.request()
        let typed = try await bench.desk.enter(
            .notPerformed(reason: "motif d'essai"), analysis: "K", of: before.number, comment: nil, by: Bench.biologist)
        _ = try await bench.desk.validate([typed.id], of: before.number, reason: "relu", by: Bench.biologist)
        try await sign(desk, before)
        let request = try await ready(bench, comment: nil)
        let file = try await bench.desk.fileToSign(request.number)
        let signature = try await desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
        var signed = try await bench.desk.signedReport(of: signature)
        signed.previous = [
            PreviousResult(
                analysis: "K", value: .text("Absence \u{7}" + RehearsalTests.unknown), takenAt: before.registeredAt)
        ]
        let made = try await dispatch(bench).rehearse(signed)
        #expect(String(decoding: made.cda, as: UTF8.self).contains("Absence \u{FFFD}"))
    }

    @Test func `a hiding needs no signature of an identity that changed since`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let patient = try await bench.desk.patient(request.patientID)
            var draft = PatientDraft(status: patient.status, traits: patient.traits)
            draft.ins = patient.ins
            draft.usedName = "AUTRE"
            _ = try await bench.desk.updatePatient(patient.id, draft, by: Bench.biologist)
            try await dispatch.perform(
                ReleaseAct(.hide, reason: "annonce", hiddenFrom: [.patient]), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            let report = try #require(try await bench.store.reports(requestID: request.id).last)
            let document = String(decoding: report.cda, as: UTF8.self)
            #expect(report.version == 2 && !document.contains("AUTRE"), "as it was signed")
            // The reader of the version before learns why there is another, and not from whom it is hidden.
            #expect(document.contains("Seules les règles d") && !document.contains("annonce"))
            #expect(try keptFiles(folder).count == 2)
        }
    }
}

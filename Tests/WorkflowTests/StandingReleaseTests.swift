import Base
import Catalog
import Foundation
import Judges
import Laboratory
import Printing
import Report
import Rules
import Store
import TestSupport
import Testing
import Workflow

/// Mode B (RULES 1.1): release under the standing approval of a biologist, off unless somebody turned it on.
@Suite struct `Release under a standing approval` {
    private func account(_ enabled: Bool = true, professional: Professional? = Bench.biologistIdentity) -> Account {
        Account(
            login: "biologiste", version: enabled ? 1 : 2, site: "nord", name: "MARTIN", role: .biologist,
            professional: professional, secretHash: "x", enabled: enabled)
    }

    private func keep(_ account: Account, in bench: Bench) async throws {
        let note = AuditNote(
            site: "nord", author: "admin", action: "account.add", subject: account.login, at: bench.clock.now)
        try await bench.store.append([.account(account)], note: note)
    }

    /// Mode B for these; all approved, a control that conforms, the biologist's account.
    private func bench(_ codes: String, sites: String = "", approving: Bool = true) async throws -> Bench {
        let bench = try await Bench.withRules(approving: approving) {
            $0.replacing("B: []", with: "B: [\(codes)]" + (sites.isEmpty ? "" : ", sites: { \(sites) }"))
        }
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        try await keep(account(), in: bench)
        return bench
    }

    private func arrive(
        _ results: [(String, String)], on bench: Bench, asking codes: [String]? = nil
    ) async throws -> RegisteredRequest {
        let made = try await bench.received(codes ?? results.map(\.0))
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m-" + made.request.number,
            results.enumerated().map { Bench.result($1.0, $1.1, of: tube, ordinal: $0) })
        return made
    }
    private func signatures(_ made: RegisteredRequest, _ bench: Bench) async throws -> [Signature] {
        try await bench.store.signatures(requestID: made.request.id)
    }

    @Test func `it is off in the catalogue that is shipped`() async throws {
        let bench = try await Bench.withRules()
        #expect(bench.desk.shelf.pack.policy.releasedUnderApproval.isEmpty)
        try await bench.conformingControl("K")
        try await keep(account(), in: bench)
        let made = try await arrive([("K", "4.2")], on: bench)
        #expect(try await bench.observation("K", made).holds == [])
        #expect(try await signatures(made, bench).isEmpty)
    }

    /// RULES 1.1: two modes per analyte and site.
    @Test func `a site that has a list of its own releases by that one`() async throws {
        let bench = try await bench("'K', 'NA'", sites: "nord: ['NA']")
        #expect(bench.desk.shelf.pack.policy.released(at: "sud") == ["K", "NA"])
        #expect(try await signatures(arrive([("K", "4.2")], on: bench), bench).isEmpty)
        #expect(try await signatures(arrive([("NA", "140")], on: bench), bench).count == 1)
        let nowhere = try await self.bench("", sites: "nord: []")
        #expect(!nowhere.desk.shelf.pack.policy.hasReleases)
        await #expect {
            _ = try await self.bench("'K'", sites: "ouest: ['K']")
        } throws: { error in
            guard case CommandFailure.refused(let refusal) = error else { return false }
            return refusal.code == "site.unknown" && refusal.place.contains("ouest")
        }
    }

    @Test func `a whole request that nothing holds goes out under the name of who stands for it`() async throws {
        let bench = try await bench("'K', 'NA'")
        let made = try await arrive([("K", "4.2"), ("NA", "140")], on: bench)
        let signature = try #require(try await signatures(made, bench).first)
        #expect(signature.biologist == Bench.biologistIdentity && signature.account == "biologiste")
        #expect(signature.complete && signature.observationIDs.count == 2 && signature.meaning.contains("mode B"))
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        #expect(events.map(\.kind) == [.technicallyValidated, .technicallyValidated])
        #expect(events.allSatisfy { $0.author == "system" && $0.reason?.contains("biologiste") ?? false })
        // The report is read back from what was signed, as any other, and says how it was released.
        let report = try await bench.desk.signedReport(of: signature)
        #expect(report.content.observations.count == 2 && signature.isStanding == true)
        let told = try #require(report.content.supplements.conclusions.first)
        #expect(told.title == Signature.standingTitle && told.text.contains(Bench.biologistIdentity.displayName))
        #expect(told.text.contains("sans relecture individuelle"))
        #expect(try await bench.trail.contains { $0.action == "bio.release" && $0.author == "system" })
        #expect(try await bench.soundTrail())
    }

    @Test func `nothing goes out while a result taken before it waits for its validation, nor on a past of before`()
        async throws
    {
        let bench = try await bench("'NA'")
        // Not whole: it waits for its technician.
        let first = try await arrive([("NA", "122")], on: bench, asking: ["NA", "K"])
        bench.clock.advance(.seconds(3600))
        func next(_ message: String, _ value: String) async throws -> RegisteredRequest {
            let made = try await bench.registered(["NA"], for: first.request.patientID)
            try await bench.arrive(message, [Bench.result("NA", value, of: made.specimens[0].accession)])
            return made
        }
        let second = try await next("later", "140")
        #expect(try await signatures(second, bench).isEmpty)
        try await bench.validate(["NA"], of: first)
        let held = try await bench.desk.standing([try await bench.observation("NA", second)], at: bench.clock.now)
        #expect(held[0].holds.contains { $0.code == .delta })
        try await bench.validate(["NA"], of: second, reason: "nouveau prélèvement")
        // All that came before is validated now: what agrees with it goes out.
        bench.clock.advance(.seconds(3600))
        let third = try await next("last", "141")
        #expect(try await signatures(third, bench).count == 1)
    }

    /// What poppler reads in the bytes of a page, one blank between words.
    private func text(of page: [UInt8]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "mode-B-\(UUID().uuidString).pdf")
        try Data(page).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let ran = try Child.runHere("/usr/bin/env", ["pdftotext", "-raw", "-enc", "UTF-8", file.path, "-"])
        try #require(ran.code == 0, "\(ran.complaintText)")
        return ran.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func `page and document say who stands for it and how, and the judges accept them`() async throws {
        let bench = try await bench("'K', 'NA'")
        let made = try await arrive([("K", "4.2"), ("NA", "140")], on: bench)
        let signature = try #require(try await signatures(made, bench).first)
        let report = try await bench.desk.signedReport(of: signature)
        let composition = try Composition(report, catalogue: bench.desk.catalogue)
        let name = Bench.biologistIdentity.displayName
        let printed = composition.printed
        #expect(printed.signatures.map(\.name) == [name])
        #expect(printed.signatures.map(\.role) == ["Biologiste médical, accord permanent"])
        let approval = try #require(bench.desk.shelf.approvals.standing)
        func day(_ instant: Instant) -> String { String(instant.french(in: .europeParis).prefix(10)) }
        let told =
            "Résultats libérés automatiquement, sans relecture individuelle, sous l'accord permanent donné par \(name) "
            + "le \(day(approval.at)), valable jusqu'au \(day(approval.until))."
        #expect(printed.comment.map(\.text) == [told] && printed.comment.map(\.title) == [Signature.standingTitle])
        let page = try ReportPrinter.pdf(printed)
        let cda = try composition.cda(pdf: page)
        let document = String(decoding: cda, as: UTF8.self)
        #expect(document.contains(told), "the words that stand on the page")
        let signer = try #require(document.firstMatch(of: /<legalAuthenticator>(?s:.*?)<\/legalAuthenticator>/))
        #expect(signer.0.contains(Bench.biologistIdentity.nationalID))
        #expect(signer.0.contains(Bench.biologistIdentity.family))
        // The bytes of the page, not only what was to be set on it.
        if let shared = Judges.shared(for: "mode B") {
            #expect(try await Judges.cdaErrors(in: ["mode-B": cda], shared: shared) == "")
        }
        let shown = try text(of: page)
        // The page sets the apostrophe of the printers.
        #expect(shown.contains(told.replacing("'", with: "’")), "\(shown)")
        #expect(shown.contains("Biologiste médical, accord permanent"), "\(shown)")
        // What a biologist signs says nothing of it.
        let usual = try await self.bench("'CL'")
        let other = try await arrive([("K", "4.2")], on: usual)
        let ids = try await usual.store.observations(requestID: other.request.id).map(\.id)
        _ = try await usual.desk.validate(ids, of: other.request.number, reason: "valeur relue", by: Bench.biologist)
        let hash = try await usual.desk.fileToSign(other.request.number).contentHash
        let signed = try await usual.desk.sign(
            other.request.number, contentHash: hash, allowPartial: false, by: Bench.biologist)
        let plain = try Composition(
            try await usual.desk.signedReport(of: signed), catalogue: usual.desk.catalogue)
        #expect(plain.printed.signatures.map(\.role) == ["Biologiste médical"] && plain.printed.comment == [])
        #expect(!String(decoding: try plain.cda(pdf: page), as: UTF8.self).contains("accord permanent"))
    }

    @Test func `a report that could not be made is left to the biologist, who is told why`() async throws {
        var bench = try await bench("'K', 'NA'")
        bench.desk.rehearsal = { _ async throws(CommandFailure) in
            throw .refused(Refusal("printing.glyph", at: "patient", because: "un caractère manque", remedy: "corriger"))
        }
        let made = try await arrive([("K", "4.2"), ("NA", "140")], on: bench)
        #expect(try await signatures(made, bench).isEmpty)
        #expect(try await bench.store.observations(requestID: made.request.id).count == 2)
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        _ = try await bench.desk.validate(
            try await bench.store.observations(requestID: made.request.id).map(\.id), of: made.request.number,
            reason: "relu", by: Bench.biologist)
        #expect(events.isEmpty, "nothing was validated in its name")
        let hash = try await bench.desk.fileToSign(made.request.number).contentHash
        let refused = await #expect(throws: CommandFailure.self) {
            try await bench.desk.sign(
                made.request.number, contentHash: hash, allowPartial: false, by: Bench.biologist)
        }
        guard case .refused(let refusal) = refused else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == "printing.glyph" && refusal.place == "\(made.request.number), patient")
        let lot = try await bench.desk.signLot(
            [LotFile(number: made.request.number, contentHash: hash)], section: nil, by: Bench.biologist)
        #expect(lot.map { $0.refusal?.code } == ["printing.glyph"])
        #expect(try await signatures(made, bench).isEmpty)
    }

    @Test func `what is held, not named, or not there yet waits for the biologist`() async throws {
        let bench = try await bench("'K'")
        // Not named.
        #expect(try await signatures(try await arrive([("K", "4.2"), ("NA", "140")], on: bench), bench).isEmpty)
        // Held: critical.
        #expect(try await signatures(try await arrive([("K", "6.9")], on: bench), bench).isEmpty)
        // Not there yet, then there.
        let both = try await self.bench("'K', 'NA'")
        let made = try await arrive([("K", "4.2")], on: both, asking: ["K", "NA"])
        #expect(try await signatures(made, both).isEmpty)
        try await both.arrive("last", [Bench.result("NA", "140", of: made.specimens[0].accession, ordinal: 7)])
        #expect(try await signatures(made, both).count == 1)
    }

    @Test func `nothing goes out of a person whose identity is in doubt`() async throws {
        for attribute in IdentityAttribute.allCases {
            let bench = try await bench("'K'")
            let made = try await bench.received(["K"])
            var doubt = Bench.draft()
            doubt.attributes = [attribute]
            _ = try await bench.desk.updatePatient(made.request.patientID, doubt, by: Bench.secretary)
            try await bench.arrive("doubt", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
            #expect(try await signatures(made, bench).isEmpty, "\(attribute)")
        }
    }

    @Test func `without the approval, after its end, or when its biologist is gone, nothing goes out`() async throws {
        // Nobody approved.
        let bare = try await bench("'K'", approving: false)
        #expect(try await signatures(try await arrive([("K", "4.2")], on: bare), bare).isEmpty)
        // The account is closed.
        let closed = try await bench("'K'")
        try await keep(account(false), in: closed)
        #expect(try await signatures(try await arrive([("K", "4.2")], on: closed), closed).isEmpty)
        // The approval of mode B ends before the others.
        let ending = try await bench("'K'")
        let subject = try ending.desk.approvalSubject(rule: "mode-B")
        try await ending.desk.approve(
            [subject], reason: "essai d'une heure", until: ending.clock.now.advanced(by: .seconds(3600)),
            by: Bench.biologist)
        #expect(try await signatures(try await arrive([("K", "4.2")], on: ending), ending).count == 1)
        ending.clock.advance(.seconds(3600))
        let late = try await arrive([("K", "4.2")], on: ending)
        #expect(try await signatures(late, ending).isEmpty)
        #expect(try await ending.observation("K", late).holds.contains { $0.code == .ruleExpired })
    }
}

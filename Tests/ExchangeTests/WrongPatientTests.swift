import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// DSR-SGL section 7, point 5, to the end of the road: what the DMP and the mailboxes of both people hold.
@Suite(.timeLimit(.minutes(10))) struct `A report of the wrong patient` {
    static let first = "279035121518989"
    /// 13 characters and their key, 97 minus the rest.
    static let second: String = {
        let digits = "2790351215777"
        let key = 97 - (Int64(digits) ?? 0) % 97
        return digits + (key < 10 ? "0" : "") + String(key)
    }()
    private func mailbox(_ matricule: String) -> String { "\(matricule)@patient.mssante.fr" }
    private func act(_ kind: ReleaseAct.Kind, of id: String? = nil, _ destination: String? = nil) -> ReleaseAct {
        ReleaseAct(kind, reason: "essai", deliveryID: id, destination: destination)
    }
    /// `id action` of each mail of a mailbox, in order.
    private func mails(_ folder: String, _ address: String) -> [String] {
        text("\(folder)/bout/mss/\(address)/courriels.tsv").split(separator: "\n").map {
            $0.split(separator: "\t").dropFirst().joined(separator: " ")
        }
    }
    private func register(_ folder: String, _ matricule: String) -> [String] {
        text("\(folder)/bout/dmp/\(matricule)/registre.tsv").split(separator: "\n").map {
            $0.split(separator: "\t").prefix(2).joined(separator: " ")
        }
    }
    /// The file under another matricule, or none.
    private func identify(_ bench: Bench, _ request: Request, _ matricule: String?) async throws {
        let patient = try await bench.desk.patient(request.patientID)
        var draft = PatientDraft(status: matricule == nil ? .provisional : .qualified, traits: patient.traits)
        if let matricule { draft.ins = try INS(matricule) }
        _ = try await bench.desk.updatePatient(patient.id, draft, by: Bench.biologist)
    }
    private func amend(_ bench: Bench, _ request: Request, _ reason: Amendment.Reason) async throws {
        let draft = SignDraft(amendment: Amendment(reason))
        let file = try await bench.desk.fileToSign(request.number, draft: draft)
        _ = try await bench.desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, draft: draft, by: Bench.biologist)
    }
    private func documents(_ bench: Bench, _ request: Request) async throws -> [String] {
        try await bench.store.reports(requestID: request.id).sorted { $0.version < $1.version }.map(\.documentOID)
    }
    private func toTell(_ bench: Bench, _ request: Request) async throws -> [String] {
        try await bench.desk.withheld(site: nil, request: request.id, limit: 99).filter(\.needsPerson)
            .map(\.note.destination)
    }
    /// Signed for one, sent, then signed for the other: the messages, in the order in which the PFI took them.
    private func corrected(
        _ answers: [PFIAnswer], to matricule: String?, _ reason: Amendment.Reason,
        _ body: (Bench, Request, ReportDispatch, _ folder: String) async throws -> Void
    ) async throws {
        try await withSent(PFIPolicy(answers: answers)) { bench, request, dispatch, folder in
            try await identify(bench, request, matricule)
            try await amend(bench, request, reason)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            try await body(bench, request, dispatch, folder)
        }
    }
    private func sent(_ folder: String) throws -> [String] {
        try keptFiles(folder).compactMap { NeighbourMessage($0) }.map {
            "\($0.first("ORC", 1)) \($0.matricule ?? "-") \($0.metadata("DESTDMP"))"
        }
    }

    @Test func `who has another version than the one that is replaced reads that his is void too`() async throws {
        try await withSent { bench, request, dispatch, folder in
            // Not qualified for a while: the second version is the prescriber's only.
            for (matricule, value) in [(nil, "4.4"), (Self.first, "4.6")] {
                try await identify(bench, request, matricule)
                try await bench.sign(request, value)
                try await dispatch.makeReports()
                _ = try await dispatch.sendDue()
            }
            let reports = try await bench.store.reports(requestID: request.id).sorted { $0.version < $1.version }
            let made = reports.map(\.documentOID)
            #expect(register(folder, Self.first).suffix(2) == ["\(made[0]) Deprecated", "\(made[2]) Approved"])
            #expect(mails(folder, Bench.prescriberMail) == ["\(made[0]) NW", "\(made[1]) RO", "\(made[2]) RO"])
            #expect(reports[2].replacedOID == made[0])
            let texts = reports.map { String(decoding: $0.cda, as: UTF8.self) }
            #expect(texts.map { $0.contains("annule et remplace les versions 1 et 2.") } == [false, false, true])
        }
    }

    @Test func `nothing is published once more for somebody else: a hiding waits for the correction`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await identify(bench, request, Self.second)
            func hide() async throws {
                try await dispatch.perform(
                    ReleaseAct(.hide, reason: "annonce", hiddenFrom: [.patient]), on: request.number,
                    by: Bench.biologist)
                #expect(try await dispatch.sendDue())
            }
            await #expect { try await hide() } throws: { error in
                guard case .refused(let refusal) = error as? CommandFailure else { return false }
                return refusal.code == "release.subject" && refusal.remedy.contains("ERREUR_IDENTITE")
            }
            #expect(try sent(folder) == ["NW \(Self.first) Y"])
            #expect(try await bench.store.reports(requestID: request.id).count == 1)
            try await identify(bench, request, Self.first)
            try await hide()
            #expect(try sent(folder).count == 2 && register(folder, Self.first).count >= 2)
        }
    }

    @Test func `an identity that is put back before anything left keeps the report from nobody`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await identify(bench, request, Self.second)
            try await dispatch.obeyChoices()
            #expect(try await dispatch.sendDue())
            #expect(try sent(folder).isEmpty)
            try await identify(bench, request, Self.first)
            try await dispatch.obeyChoices()
            try await dispatch.obeyChoices()
            #expect(try await dispatch.sendDue())
            #expect(try sent(folder) == ["NW \(Self.first) Y"])
        }
    }

    @Test func `point 5: under another INS, CA and D to all who had it, then NW to those of the right one`()
        async throws
    {
        let (first, second) = (Self.first, Self.second)
        try await corrected([.accept], to: second, .identity) { bench, request, dispatch, folder in
            #expect(try sent(folder) == ["NW \(first) Y", "CA \(first) Y", "NW \(second) Y"])
            let made = try await documents(bench, request)
            #expect(register(folder, first) == ["\(made[0]) Approved", "\(made[0]) Deleted"])
            #expect(register(folder, second) == ["\(made[1]) Approved"])
            #expect(mails(folder, mailbox(first)) == ["\(made[0]) NW", "\(made[0]) CA"])
            #expect(mails(folder, mailbox(second)) == ["\(made[1]) NW"])
            #expect(
                mails(folder, Bench.prescriberMail) == ["\(made[0]) NW", "\(made[0]) CA", "\(made[1]) NW"])
            // Nothing of the first person in the second's document.
            let reports = try await bench.store.reports(requestID: request.id).sorted { $0.version < $1.version }
            let text = String(decoding: reports[1].cda, as: UTF8.self)
            #expect(reports[0].setOID != reports[1].setOID && reports[1].replacedOID == nil)
            #expect(text.contains(second) && !text.contains(first) && !text.contains("RPLC"))
            // A mail that was taken is fetched back by nobody: a person is told, whatever version follows.
            #expect(try await toTell(bench, request) == [mailbox(first)])
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await toTell(bench, request) == [mailbox(first)])
            try await dispatch.perform(
                act(.told, mailbox(first)), on: request.number, by: Bench.biologist)
            #expect(try await toTell(bench, request).isEmpty)
            // Taken back altogether: nobody of the first's is asked twice.
            try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            #expect(try sent(folder).suffix(2) == ["RO \(second) Y", "CA \(second) Y"])
            #expect(try await register(folder, second).last == "\(documents(bench, request)[2]) Deleted")
            #expect(mails(folder, mailbox(first)).count == 2)
        }
    }

    @Test func `a deletion that the PFI refuses waits for a person, who sends it again`() async throws {
        try await corrected([.accept, .error, .accept], to: Self.second, .identity) {
            bench, request, dispatch, folder in
            let made = try await documents(bench, request)
            #expect(register(folder, Self.first) == ["\(made[0]) Approved"])
            #expect(register(folder, Self.second) == ["\(made[1]) Approved"])
            let dead = try #require(try await bench.deliveries(request).first { $0.kinds.last == .refused })
            #expect(try bench.transmission(dead.delivery).request == .deletion)
            try await dispatch.perform(act(.retry, of: dead.delivery.id), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            #expect(register(folder, Self.first).last == "\(made[0]) Deleted")
        }
    }

    @Test func `an identity that was wrong and is no longer qualified is deleted too, and no INS leaves`()
        async throws
    {
        try await corrected([.accept], to: nil, .identity) { bench, request, _, folder in
            #expect(try sent(folder) == ["NW \(Self.first) Y", "CA \(Self.first) Y", "NW - N"])
            let made = try await documents(bench, request)
            #expect(register(folder, Self.first).last == "\(made[0]) Deleted")
            #expect(try await toTell(bench, request) == [mailbox(Self.first)])
        }
    }

    @Test func `an identity that is only less sure keeps what it has, and a person is told`() async throws {
        try await corrected([.accept], to: nil, .result) { bench, request, _, folder in
            #expect(try sent(folder) == ["NW \(Self.first) Y", "RO - N"])
            let made = try await documents(bench, request)
            #expect(register(folder, Self.first) == ["\(made[0]) Approved"])
            #expect(try await toTell(bench, request).sorted() == ["DMP", "patient"])
        }
    }

    @Test func `a hold keeps the correction, not the deletion at the wrong patient's`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await dispatch.perform(act(.hold), on: request.number, by: Bench.biologist)
            try await identify(bench, request, Self.second)
            let told = try await dispatch.outlook(of: request.id, complete: true, identityWasWrong: true)
            #expect(Set(told.map(\.next)) == [.nothing, .deletion])
            try await amend(bench, request, .identity)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try sent(folder) == ["NW \(Self.first) Y", "CA \(Self.first) Y"])
            try await dispatch.perform(act(.release), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            #expect(try sent(folder).dropFirst(2) == ["NW \(Self.second) Y"])
        }
    }

    @Test func `what names the wrong patient and has not left does not leave, by any door`() async throws {
        let bench = try Bench()
        let waits = try await bench.signed(), dead = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port), away = bench.dispatch(to: 1)
            try await away.makeReports()
            // Only one of them goes, and is refused.
            let id = try #require(try await bench.deliveries(dead).first?.delivery.id)
            try await away.perform(act(.hold), on: waits.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            try await away.perform(act(.release), on: waits.number, by: Bench.biologist)
            try await identify(bench, waits, Self.second)
            try await dispatch.obeyChoices()
            #expect(try await dispatch.sendDue())
            let code = await refusal {
                try await dispatch.perform(act(.retry, of: id), on: dead.number, by: Bench.biologist)
            }
            #expect(code == "release.nobody")
            #expect(try keptFiles(folder).isEmpty)
        }
    }
}

/// What is hidden after it came to the patient.
@Suite(.timeLimit(.minutes(2))) struct `A hiding that comes too late` {
    @Test func `asks nobody to break the announcement, until what the patient has is wrong`() async throws {
        try await withSent { bench, request, dispatch, _ in
            try await dispatch.perform(
                ReleaseAct(.hide, reason: "annonce", hiddenFrom: [.patient]), on: request.number,
                by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            func note() async throws -> WithheldLine? {
                try await bench.desk.withheld(site: nil, request: request.id, limit: 99).first {
                    $0.note.destination == "patient"
                }
            }
            let hidden = try #require(try await note())
            #expect(!hidden.needsPerson && hidden.note.reason == WithheldNote.alreadyThere)
            #expect(hidden.note.words.contains("l'a déjà reçu le 22/11/2026") && hidden.note.words.contains("repris"))
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let wrong = try #require(try await note())
            #expect(wrong.needsPerson && wrong.note.words.contains("à rectifier à la consultation"))
        }
    }
}

/// The code of what a command is refused for.
func refusal(_ body: () async throws -> Void) async -> String? {
    do { try await body() } catch CommandFailure.refused(let refusal) { return refusal.code } catch {}
    return nil
}

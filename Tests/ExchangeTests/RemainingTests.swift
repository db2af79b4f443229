import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// A withdrawn report is gone where it is known to be gone, and nowhere else.
@Suite(.timeLimit(.minutes(2))) struct `Who still has a withdrawn report` {
    private func left(_ dispatch: ReportDispatch, needing: Bool = true) async throws -> [String] {
        try await dispatch.leftAfterWithdrawal(site: "nord", request: nil).filter { $0.needsPerson == needing }.map {
            "\($0.note.destination) \($0.version)"
        }
    }
    private func dead(_ dispatch: ReportDispatch) async throws -> [String] {
        try await dispatch.deadLetters(site: "nord", request: nil).map(\.delivery.id)
    }

    @Test func `waits for a person until they were told or its deletion is done`() async throws {
        let answers = PFIPolicy(answers: [.accept, .error, .accept])
        try await withSent(answers) { bench, request, dispatch, folder in
            #expect(try await left(dispatch).isEmpty, "nothing is withdrawn")
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await left(dispatch).isEmpty, "its deletion is on its way")
            _ = try await dispatch.sendDue()
            let refused = try #require(try await dead(dispatch).first)
            #expect(try await left(dispatch).isEmpty, "the refused message waits by itself")
            try await bench.decide(.abandon, request, dispatch, of: refused)
            #expect(try await dead(dispatch).isEmpty)
            let all = ["\(Bench.patientMail) 1", "DMP 1", "\(Bench.prescriberMail) 1"]
            #expect(try await Set(left(dispatch)) == Set(all))
            try await bench.decide(.told, request, dispatch, at: Bench.prescriberMail)
            let restarted = try Bench(of: bench)
            let again = ReportDispatch(desk: restarted.desk, pfi: dispatch.pfi, log: { _ in })
            #expect(try await Set(left(again)) == Set(all.prefix(2)))
            #expect(try await left(again, needing: false) == [all[2]], "told, and shown")
            await #expect(throws: CommandFailure.self) {
                try await bench.decide(.told, request, dispatch, at: Bench.prescriberMail)
            }
            // Who has it can always be asked to delete it.
            try await bench.decide(.withdraw, request, again)
            #expect(try await again.sendDue())
            #expect(try await left(again).isEmpty)
            #expect(try await dead(again).isEmpty)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[0]) Deleted"])
            let code = await refusal {
                try await again.perform(
                    ReleaseAct(.withdraw, reason: "essai"), on: request.number, by: Bench.biologist)
            }
            #expect(code == "release.withdrawn")
        }
    }

    /// Nothing is asked of a copy that is taken off a withdrawn report; the correction goes to the others alone.
    @Test func `waits for a person who was taken off before the report was signed again`() async throws {
        try await withSent { bench, request, dispatch, _ in
            var zoe = Professional(nationalID: "810009876540", family: "ZIEGLER", given: "Zoe")
            zoe.securedMail = "zoe.ziegler@medecin.mssante.fr"
            _ = try await bench.desk.setAddressees([zoe], encounter: nil, of: request.number, by: Bench.biologist)
            dispatch.addresseesChanged(of: request.id)
            try await dispatch.obeyAddressees()
            #expect(try await dispatch.sendDue())
            try await withPFI(PFIPolicy(answers: [.error])) { pfi, _ in
                let refusing = bench.dispatch(to: pfi.port)
                try await bench.decide(.withdraw, request, refusing)
                _ = try await refusing.sendDue()
                for id in try await dead(refusing) { try await bench.decide(.abandon, request, refusing, of: id) }
            }
            #expect(try await left(dispatch).contains("zoe.ziegler@medecin.mssante.fr 1"))
            _ = try await bench.desk.setAddressees([], encounter: nil, of: request.number, by: Bench.biologist)
            try await bench.amend(request, "4.4", dispatch)
            #expect(try await left(dispatch) == ["zoe.ziegler@medecin.mssante.fr 1"])
            try await bench.decide(.told, request, dispatch, at: "zoe.ziegler@medecin.mssante.fr")
            #expect(try await left(dispatch).isEmpty)
        }
    }

    /// The PFI took the deletion, and neither the DMP nor a mailbox ever said a word of it.
    @Test func `waits for a person when a day went by without a word of its deletion`() async throws {
        try await withSent { bench, request, dispatch, _ in
            var silent = PFIPolicy()
            silent.outcome = .none
            try await withPFI(silent) { pfi, _ in
                let quiet = bench.dispatch(to: pfi.port)
                try await bench.decide(.withdraw, request, quiet)
                #expect(try await quiet.sendDue())
            }
            bench.clock.advance(.seconds(86_000))
            #expect(try await left(dispatch).isEmpty, "they have a day")
            bench.clock.advance(.seconds(1000))
            #expect(
                try await Set(left(dispatch)) == ["\(Bench.patientMail) 1", "DMP 1", "\(Bench.prescriberMail) 1"])
            try await bench.decide(.told, request, dispatch, at: Bench.prescriberMail)
            #expect(try await Set(left(dispatch)) == ["\(Bench.patientMail) 1", "DMP 1"])
            try await bench.say(.dmpAccepted, version: 1, of: request)
            #expect(try await left(dispatch) == ["\(Bench.patientMail) 1"])
        }
    }

    /// The first version is in the DMP, the second one was taken without a word and never came there; it is withdrawn,
    /// and the DMP has nothing of the second one to delete.
    @Test(arguments: [true, false]) func `has the version before the one that the DMP denies`(_ late: Bool)
        async throws
    {
        try await withSent { bench, request, dispatch, folder in
            if !late { try await bench.say(.dmpAccepted, version: 1, of: request) }
            var closed = PFIPolicy()
            closed.outcome = .dmpClosed
            try await withPFI(closed) { pfi, _ in
                try await bench.amend(request, "4.4", bench.dispatch(to: pfi.port))
            }
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            try await bench.say(
                .dmpRefused, "UnresolvedReferenceException document inconnu", version: 2, of: request)
            // The word of the DMP about the first one may come after everything else.
            if late { try await bench.say(.dmpAccepted, version: 1, of: request) }
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved"])
            #expect(try await dead(dispatch).isEmpty)
            #expect(try await left(dispatch) == ["DMP 1"])
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            #expect(dmpRegister(folder).last == "\(made[0]) Deleted")
            #expect(try await left(dispatch).isEmpty)
        }
    }

    private static func withdrawing(_ number: String, _ dispatch: ReportDispatch) async -> String? {
        await refusal {
            try await dispatch.perform(ReleaseAct(.withdraw, reason: "essai"), on: number, by: Bench.biologist)
        }
    }

    /// Refused as busy, the first version is given up for the second, a new one to the DMP; which says then that it has
    /// the first one too.
    @Test(arguments: [true, false]) func `in the DMP beside the version in force gives it back`(_ withdraws: Bool)
        async throws
    {
        try await withSent { bench, request, dispatch, folder in
            try await bench.say(.dmpRefused, "XDSRepositoryBusy", version: 1, of: request)
            try await bench.amend(request, "4.4", dispatch)
            try await bench.say(.dmpAccepted, version: 2, of: request)
            try await bench.say(.dmpAccepted, version: 1, of: request)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[1]) Approved"])
            if withdraws {
                try await bench.decide(.withdraw, request, dispatch)
                #expect(try await dispatch.sendDue())
                #expect(Set(dmpRegister(folder).suffix(2)) == ["\(made[0]) Deleted", "\(made[1]) Deleted"])
                #expect(try await left(dispatch).isEmpty)
                return
            }
            for value in ["4.6", "4.8"] { try await bench.amend(request, value, dispatch) }
            let standing = Dictionary(
                dmpRegister(folder).map { ($0.split(separator: " ")[0], $0.split(separator: " ")[1]) }
            ) { _, last in last }
            let all = try await bench.documents(request)
            #expect(all.map { standing[$0[...]] } == ["Deleted", "Deprecated", "Deprecated", "Approved"])
        }
    }

    @Test func `is asked once by two who withdraw it at the same instant`() async throws {
        try await withSent { bench, request, dispatch, _ in
            let number = request.number
            async let one = Self.withdrawing(number, dispatch)
            async let other = Self.withdrawing(number, dispatch)
            let refused = await [one, other].compactMap(\.self)
            #expect(refused == ["release.withdrawn"])
            let deletions = try await bench.deliveries(request).filter(\.delivery.takesBack)
            #expect(deletions.count == 1)
        }
    }
}

/// What a person knows of a destination counts, whatever words its server found.
@Suite(.timeLimit(.minutes(2))) struct `A destination that has nothing, as a person says` {
    private static let words = "XDSDocumentUniqueIdError The document is not available"

    /// The first version was given up without an answer and never came, the second one replaces it and the DMP refuses
    /// in words of its own.
    private func denied(
        _ body: (Bench, Request, ReportDispatch, _ folder: String) async throws -> Void
    ) async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            let dispatch = bench.dispatch(to: pfi.port)
            let early = await refusal {
                try await dispatch.perform(
                    ReleaseAct(.absent, reason: "essai", destination: "DMP"), on: request.number, by: Bench.biologist)
            }
            #expect(early == "release.due", "it may arrive yet")
            try await bench.decide(.abandon, request, dispatch, of: first.id)
            try await bench.amend(request, "4.4", dispatch)
            try await bench.say(.dmpRefused, Self.words, version: 2, of: request)
            #expect(dmpRegister(folder).isEmpty)
            try await body(bench, request, dispatch, folder)
        }
    }
    private func last(_ folder: String) throws -> NeighbourMessage? {
        try keptFiles(folder).compactMap { NeighbourMessage($0) }.last
    }

    @Test func `gets the version in force anew by a resending, also after a restart`() async throws {
        try await denied { bench, request, dispatch, folder in
            try await bench.decide(.absent, request, dispatch, at: "DMP")
            let again = ReportDispatch(desk: try Bench(of: bench).desk, pfi: dispatch.pfi, log: { _ in })
            try await bench.decide(.resend, request, again)
            #expect(try await again.sendDue())
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[1]) Approved"])
            try await bench.say(.dmpAccepted, version: 2, of: request)
            try await bench.amend(request, "4.6", again)
            let third = try await bench.documents(request)[2]
            #expect(dmpRegister(folder).suffix(2) == ["\(made[1]) Deprecated", "\(third) Approved"])
        }
    }

    @Test func `gets the next version as a document of its own`() async throws {
        try await denied { bench, request, dispatch, folder in
            try await bench.decide(.absent, request, dispatch, at: "DMP")
            try await bench.amend(request, "4.6", dispatch)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[2]) Approved"])
        }
    }

    @Test func `is asked to delete nothing, unless its own word or another person's says that it has it`()
        async throws
    {
        try await denied { bench, request, dispatch, folder in
            let unknown = await refusal {
                try await dispatch.perform(
                    ReleaseAct(.present, reason: "essai", destination: "DMP"), on: request.number, by: Bench.biologist)
            }
            #expect(unknown == "release.present")
            try await bench.decide(.absent, request, dispatch, at: "DMP")
            #expect(
                await refusal {
                    try await dispatch.perform(
                        ReleaseAct(.absent, reason: "essai", destination: "DMP"), on: request.number,
                        by: Bench.biologist)
                } == "release.absent", "once")
            try await bench.decide(.present, request, dispatch, at: "DMP")
            try await bench.decide(.absent, request, dispatch, at: "DMP")
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            let asked = try #require(try last(folder))
            #expect(asked.first("ORC", 1) == "CA" && asked.metadata("DESTDMP") == "N")
            #expect(try await dispatch.leftAfterWithdrawal(site: nil, request: nil).isEmpty)
            // A late word of the DMP: the first version had come, by a road of its own.
            try await bench.say(.dmpAccepted, version: 1, of: request)
            let left = try await dispatch.leftAfterWithdrawal(site: nil, request: nil)
            #expect(left.map(\.note.destination) == ["DMP"] && left.allSatisfy(\.needsPerson))
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            #expect(try last(folder)?.metadata("DESTDMP") == "Y")
        }
    }

    @Test func `waits for nobody's decision about a deletion that it refused in words of its own`() async throws {
        try await withSent { bench, request, dispatch, _ in
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            try await bench.say(.dmpRefused, Self.words, version: 1, of: request)
            #expect(try await dispatch.deadLetters(site: nil, request: nil).count == 1)
            try await bench.decide(.absent, request, dispatch, at: "DMP")
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
            #expect(try await dispatch.leftAfterWithdrawal(site: nil, request: nil).isEmpty)
        }
    }

    @Test func `is a mailbox that gets the version in force, and the next one, as its first`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let unknown = await refusal {
                try await dispatch.perform(
                    ReleaseAct(.absent, reason: "essai", destination: "zoe@medecin.mssante.fr"), on: request.number,
                    by: Bench.biologist)
            }
            #expect(unknown == "release.absent", "nobody sent it anything")
            try await bench.decide(.absent, request, dispatch, at: Bench.prescriberMail.uppercased())
            try await bench.amend(request, "4.4", dispatch)
            let made = try await bench.documents(request)
            #expect(mails(folder, Bench.prescriberMail) == ["\(made[0]) NW", "\(made[1]) NW"])
            #expect(mails(folder, Bench.patientMail) == ["\(made[0]) NW", "\(made[1]) RO"])
            try await bench.decide(.absent, request, dispatch, at: Bench.prescriberMail)
            try await bench.decide(.resend, request, dispatch)
            #expect(try await dispatch.sendDue())
            #expect(mails(folder, Bench.prescriberMail).last == "\(made[1]) NW")
            #expect(mails(folder, Bench.prescriberMail).count == 3)
            #expect(mails(folder, Bench.patientMail).last == "\(made[1]) RO")
        }
    }
}

/// PFI sheet section 6, point 3.
@Suite(.timeLimit(.minutes(2))) struct `A correction hidden while its report waits` {
    @Test func `is edited once, under its hiding`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await bench.sign(request, "4.4")
            var hide = ReleaseAct(.hide, reason: "annonce à venir")
            hide.hiddenFrom = [.patient]
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let versions = try await bench.store.reports(requestID: request.id)
            #expect(versions.map(\.version).sorted() == [1, 2])
            let second = try #require(versions.max { $0.version < $1.version })
            let signed = try await bench.store.signatures(requestID: request.id)
            #expect(signed.contains { $0.id == second.signatureID && $0.version == 2 })
            #expect(!String(decoding: second.cda, as: UTF8.self).contains("Seules les règles d'accès"))
            let last = try #require(try keptFiles(folder).compactMap { NeighbourMessage($0) }.last)
            #expect(last.metadata("INVISIBLE_PATIENT") == "Y" && last.metadata("MODIF_CONF_CODE") == "Y")
            #expect(try keptFiles(folder).count == 2)
        }
    }
}

/// PFI sheet section 3: CONNEXION_SECRETE says how the DMP is reached, not what is hidden.
@Suite(.timeLimit(.minutes(2))) struct `What was fed by a secret connection` {
    @Test func `is deleted by one, and hides nothing more`() async throws {
        let bench = try Bench()
        let request = try await bench.request(birthYear: 2014)
        try await bench.sign(request, "4.2")
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            var hide = ReleaseAct(.hide, reason: "soins secrets demandés")
            hide.secretCare = true
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            let asked = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            let feed = try #require(asked.first { $0.metadata("DESTDMP") == "Y" && $0.first("ORC", 1) == "NW" })
            #expect(feed.metadata("CONNEXION_SECRETE") == "Y" && feed.metadata("INVISIBLE_REP_LEGAUX") == "Y")
            let gone = try #require(asked.first { $0.metadata("DESTDMP") == "Y" && $0.first("ORC", 1) == "CA" })
            #expect(gone.metadata("CONNEXION_SECRETE") == "Y" && gone.metadata("INVISIBLE_REP_LEGAUX") == "N")
        }
    }
}

/// PFI sheet section 3, PRT-15: MSSanté is a closed space.
@Suite(.timeLimit(.minutes(2))) struct `An address outside MSSanté` {
    private static let outside = "zoe@gmail.com"
    private func doctor(_ mail: String?) -> Professional {
        var doctor = Professional(nationalID: "810009876541", family: "LEROY", given: "Jeanne")
        doctor.securedMail = mail
        return doctor
    }

    @Test func `is refused at every door where it is typed`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        #expect(
            await refusal {
                _ = try await bench.desk.setAddressees(
                    [doctor(Self.outside)], encounter: nil, of: request.number, by: Bench.biologist)
            } == "mail.address")
        for isPrescriber in [true, false] {
            var draft = RequestDraft(
                patientID: request.patientID, codes: ["K"], prescriber: doctor(isPrescriber ? Self.outside : nil))
            if !isPrescriber { draft.recipients = [doctor(Self.outside)] }
            let wanted = draft
            #expect(
                await refusal { _ = try await bench.desk.registerRequest(wanted, by: Bench.biologist) }
                    == "mail.address")
        }
        let patient = try await bench.desk.patient(request.patientID)
        var draft = PatientDraft(status: patient.status, traits: patient.traits)
        draft.ins = patient.ins
        var file = AdministrativeFile()
        file.familyDoctor = doctor(Self.outside)
        draft.administrative = file
        let wanted = draft
        #expect(
            await refusal { _ = try await bench.desk.updatePatient(patient.id, wanted, by: Bench.biologist) }
                == "mail.address")
    }

    @Test func `that is known from before gets nothing, and what came there is taken back`() async throws {
        try await withSent { bench, request, _, _ in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            var sent = try bench.transmission(first)
            sent.recipients = [.mailbox(Self.outside)]
            #expect(sent.check().map(\.code) == ["pfi.address"])
            sent.request = .deletion
            #expect(sent.check().isEmpty)
        }
    }
}

import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// Whatever was refused, lost or given up, the version in force comes to the DMP, once, and it is the only one that
/// stands there.
@Suite(.timeLimit(.minutes(2))) struct `A DMP that has not what is to be replaced` {
    private func resend(_ bench: Bench, _ request: Request, _ dispatch: ReportDispatch) async throws {
        try await bench.decide(.resend, request, dispatch)
        #expect(try await dispatch.sendDue())
    }

    /// A first version that the PFI forgot without a word and that was given up; the second one replaces it, and the
    /// DMP, which has nothing to replace, says so by its own acknowledgement.
    private func forgotten(
        _ body: (Bench, Request, ReportDispatch, _ folder: String, _ answered: () async throws -> Void) async throws
            -> Void
    ) async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let listener = try await AcknowledgementListener.start(
            host: "127.0.0.1", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        let listening = Task { await listener.run() }
        defer { listening.cancel() }
        var policy = PFIPolicy(answers: [.silence, .accept])
        policy.zamDelay = .milliseconds(10)
        let port = listener.port
        try await withPFI(policy, zam: { ("127.0.0.1", port) }) { pfi, folder in
            func answered() async throws {
                #expect(try await eventually { pfi.tally.zamPending == 0 } && pfi.tally.zamRefused == 0)
            }
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.decide(.abandon, request, impatient, of: first.id)
            let dispatch = bench.dispatch(to: pfi.port)
            try await bench.amend(request, "4.4", dispatch)
            try await answered()
            let replacing = try #require(try await bench.deliveries(request).last)
            #expect(try bench.transmission(replacing.delivery).request == .replacement, "it may have arrived")
            #expect(replacing.kinds.contains(.dmpRefused) && dmpRegister(folder).isEmpty)
            try await body(bench, request, dispatch, folder, answered)
        }
    }

    @Test func `gets the next version as a document of its own`() async throws {
        try await forgotten { bench, request, dispatch, folder, answered in
            try await bench.amend(request, "4.6", dispatch)
            try await answered()
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[2]) Approved"])
            #expect(mails(folder, Bench.prescriberMail) == ["\(made[1]) RO", "\(made[2]) RO"])
            try await bench.amend(request, "4.8", dispatch)
            let last = try await bench.documents(request)[3]
            #expect(dmpRegister(folder).suffix(2) == ["\(made[2]) Deprecated", "\(last) Approved"])
        }
    }

    @Test func `gets the version in force by a resending, once`() async throws {
        try await forgotten { bench, request, dispatch, folder, answered in
            try await resend(bench, request, dispatch)
            try await answered()
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[1]) Approved"])
            #expect(
                mails(folder, Bench.prescriberMail) == ["\(made[1]) RO", "\(made[1]) RO"],
                "each mailbox once more, as was asked")
            try await resend(bench, request, dispatch)
            #expect(dmpRegister(folder) == ["\(made[1]) Approved"], "what it has is not offered again")
        }
    }

    @Test func `is asked to delete nothing by a withdrawal, and gets what is signed after it`() async throws {
        try await forgotten { bench, request, dispatch, folder, _ in
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            let taken = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(taken.last?.first("ORC", 1) == "CA" && taken.last?.metadata("DESTDMP") == "N")
            try await bench.amend(request, "4.6", dispatch)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[2]) Approved"])
        }
    }

    @Test func `because it was closed, gets the second version of two by a resending`() async throws {
        var closed = PFIPolicy()
        closed.outcome = .dmpClosed
        try await withSent(closed) { bench, request, away, _ in
            try await bench.amend(request, "4.4", away)
            for version in [1, 2] {
                try await bench.say(.dmpRefused, "DMPClosed DMP fermé", version: version, of: request)
            }
            try await withPFI { pfi, folder in
                try await resend(bench, request, bench.dispatch(to: pfi.port))
                let made = try await bench.documents(request)
                #expect(dmpRegister(folder) == ["\(made[1]) Approved"])
                #expect(mails(folder, Bench.prescriberMail) == ["\(made[1]) RO"])
            }
        }
    }

    @Test func `since it has the version before, gets the replacement that it refused while closed`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            var closed = PFIPolicy()
            closed.outcome = .dmpClosed
            try await withPFI(closed) { pfi, _ in
                let away = bench.dispatch(to: pfi.port)
                try await bench.amend(request, "4.4", away)
                try await bench.say(.dmpRefused, "DMPClosed DMP fermé", version: 2, of: request)
            }
            try await resend(bench, request, dispatch)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[0]) Deprecated", "\(made[1]) Approved"])
        }
    }

    @Test func `and has another one than the version in force replaces, gets a new edition that replaces it`()
        async throws
    {
        try await withSent { bench, request, dispatch, folder in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            var closed = PFIPolicy()
            closed.outcome = .dmpClosed
            try await withPFI(closed) { pfi, _ in
                let away = bench.dispatch(to: pfi.port)
                for value in ["4.4", "4.6"] { try await bench.amend(request, value, away) }
                for version in [2, 3] {
                    try await bench.say(.dmpRefused, "DMPClosed DMP fermé", version: version, of: request)
                }
            }
            try await resend(bench, request, dispatch)
            let made = try await bench.documents(request)
            #expect(made.count == 4)
            #expect(dmpRegister(folder).suffix(2) == ["\(made[0]) Deprecated", "\(made[3]) Approved"])
            let last = try #require(try await bench.store.reports(requestID: request.id).last)
            #expect(String(decoding: last.cda, as: UTF8.self).contains("annule et remplace les versions 1 et 3."))
        }
    }

    @Test func `only because it is closed, keeps what may have come there without an answer`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.lostAnswer, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.decide(.abandon, request, impatient, of: first.id)
            var closed = PFIPolicy()
            closed.outcome = .dmpClosed
            try await withPFI(closed) { pfi, _ in
                try await bench.amend(request, "4.4", bench.dispatch(to: pfi.port))
                try await bench.say(.dmpRefused, "DMPClosed DMP fermé", version: 2, of: request)
            }
            try await resend(bench, request, bench.dispatch(to: pfi.port))
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[0]) Deprecated", "\(made[1]) Approved"])
        }
    }

    /// The first version, confirmed or taken without a word, the second one taken without a word, and resent as a
    /// replacement of the first: the DMP, which has replaced it, denies it.
    private func denied(
        confirmed: Bool,
        _ body: (Bench, Request, ReportDispatch, _ folder: String, _ made: [String]) async throws -> Void
    ) async throws {
        try await withSent { bench, request, dispatch, folder in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            if confirmed {
                try await bench.desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            }
            try await bench.amend(request, "4.4", dispatch)
            try await resend(bench, request, dispatch)
            try await bench.say(.dmpRefused, "UnresolvedReferenceException document inconnu", version: 2, of: request)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[0]) Deprecated", "\(made[1]) Approved"])
            try await body(bench, request, dispatch, folder, made)
        }
    }

    @Test(arguments: [true, false])
    func `what it denies because it replaced it, it has: a withdrawal takes back the version that stands`(
        _ confirmed: Bool
    ) async throws {
        try await denied(confirmed: confirmed) { bench, request, dispatch, folder, made in
            try await bench.decide(.withdraw, request, dispatch)
            #expect(try await dispatch.sendDue())
            #expect(dmpRegister(folder).last == "\(made[1]) Deleted")
            // Of a deletion that had nothing to delete nobody need decide.
            let deletions = try await bench.deliveries(request).map(\.delivery).filter {
                $0.destination.contains("retrait")
            }
            let last = try #require(deletions.last)
            let words = "UnresolvedReferenceException document inconnu"
            try await bench.desk.recordDelivery(.dmpRefused, last, detail: words, author: "exchange")
            #expect(try await dispatch.deadLetters(site: nil, request: request.number).isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func `what it denies because it replaced it, it has: the next version replaces the one that stands`(
        _ confirmed: Bool
    ) async throws {
        try await denied(confirmed: confirmed) { bench, request, dispatch, folder, made in
            try await bench.amend(request, "4.6", dispatch)
            let last = try await bench.documents(request)[2]
            #expect(dmpRegister(folder).suffix(2) == ["\(made[1]) Deprecated", "\(last) Approved"])
        }
    }

    @Test(arguments: ["XDSRegistryMetadataError Le type de document est inconnu", "XDSError document introuvable"])
    func `words about a document are no word of what it has`(_ words: String) async throws {
        try await withSent { bench, request, dispatch, folder in
            try await bench.amend(request, "4.4", dispatch)
            try await bench.say(.dmpRefused, words, version: 2, of: request)
            try await resend(bench, request, dispatch)
            let made = try await bench.documents(request)
            #expect(dmpRegister(folder) == ["\(made[0]) Approved", "\(made[0]) Deprecated", "\(made[1]) Approved"])
            let last = try keptFiles(folder).compactMap { NeighbourMessage($0) }.last
            #expect(last?.first("ORC", 1) == "RO", "nothing is offered as new beside what may be there")
        }
    }

    @Test func `is never sent again a version that another one replaced`() async throws {
        try await withSent(PFIPolicy(answers: [.accept, .error])) { bench, request, dispatch, folder in
            try await bench.amend(request, "4.4", dispatch)
            let code = await refusal {
                try await bench.decide(.resend, request, dispatch)
            }
            #expect(code == "release.overtaken")
            #expect(try keptFiles(folder).count == 1)
        }
    }
}

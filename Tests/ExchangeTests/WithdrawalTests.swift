import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// DSR-SGL section 7, point 5: what is with the wrong patient is taken back until it is gone.
@Suite(.timeLimit(.minutes(2))) struct `A withdrawal that somebody refused` {
    private func act(_ kind: ReleaseAct.Kind, of id: String? = nil) -> ReleaseAct {
        ReleaseAct(kind, reason: "essai", deliveryID: id)
    }
    private func withdrawn(_ bench: Bench, _ request: Request, _ dispatch: ReportDispatch) async throws -> Delivery {
        try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
        _ = try await dispatch.sendDue()
        return try #require(try await bench.deliveries(request).last?.delivery)
    }
    private func code(_ body: () async throws(CommandFailure) -> Void) async throws -> String? {
        do throws(CommandFailure) {
            try await body()
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return refusal.code
        }
    }
    @Test func `by the PFI goes again when a person says so, the versions do not`() async throws {
        try await withSent(PFIPolicy(answers: [.accept, .error, .accept])) { bench, request, dispatch, folder in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            let refused = try await withdrawn(bench, request, dispatch)
            let made = try await bench.store.reports(requestID: request.id)[0].documentOID
            #expect(dmpRegister(folder).last == "\(made) Approved")
            #expect(
                try await code { () async throws(CommandFailure) in
                    try await dispatch.perform(act(.resend), on: request.number, by: Bench.biologist)
                } == "release.withdrawn")
            let again = act(.retry, of: first.id)
            #expect(
                try await code { () async throws(CommandFailure) in
                    try await dispatch.perform(again, on: request.number, by: Bench.biologist)
                } != nil, "the version itself goes to nobody any more")
            try await dispatch.perform(act(.retry, of: refused.id), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            #expect(dmpRegister(folder).last == "\(made) Deleted")
            #expect(mails(folder, Bench.prescriberMail) == ["\(made) NW", "\(made) CA"])
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
        }
    }

    @Test func `by the DMP or a mailbox is asked of those again, and of nobody else`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let taken = try await withdrawn(bench, request, dispatch)
            #expect(
                try await code { () async throws(CommandFailure) in
                    try await dispatch.perform(act(.retry, of: taken.id), on: request.number, by: Bench.biologist)
                } == "release.taken", "nobody refused it")
            try await bench.desk.recordDelivery(.dmpRefused, taken, detail: "XDSRepositoryBusy", author: "exchange")
            try await bench.desk.recordDelivery(
                .mailRefused, taken, detail: "\(Bench.patientMail) 422 pleine", author: "exchange")
            #expect(try await dispatch.deadLetters(site: nil, request: nil).map(\.delivery.id) == [taken.id])
            try await dispatch.perform(act(.retry, of: taken.id), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let last = try #require(try await bench.deliveries(request).last)
            let sent = try bench.transmission(last.delivery)
            #expect(sent.request == .deletion && sent.toDMP && sent.recipients.map(\.address) == [Bench.patientMail])
            #expect(mails(folder, Bench.prescriberMail).count == 2, "who took it back is not asked again")
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
            // Once: the message that took it up is the one to look at.
            #expect(
                try await code { () async throws(CommandFailure) in
                    try await dispatch.perform(act(.retry, of: taken.id), on: request.number, by: Bench.biologist)
                } == "release.again")
        }
    }

    @Test func `takes back what was there before a correction that nobody answered for`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.accept, .silence, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await !dispatch.sendDue())
            try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            let patient = bench.dispatch(to: pfi.port)
            #expect(try await eventually { try await patient.sendDue() })
            let made = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            #expect(text("\(folder)/bout/dmp/279035121518989/registre.tsv").contains("\(made[0])\tDeleted"))
            for address in [Bench.prescriberMail, Bench.patientMail] {
                #expect(mails(folder, address).contains("\(made[0]) CA"), "\(address)")
            }
        }
    }

    @Test func `takes from a copy what it had before a correction that nobody answered for`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        var copy = Professional(nationalID: "810009876541", family: "LEROY", given: "Jeanne")
        copy.securedMail = "jeanne.leroy@medecin.mssante.fr"
        _ = try await bench.desk.setAddressees([copy], encounter: nil, of: request.number, by: Bench.biologist)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.accept, .silence, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await !dispatch.sendDue())
            _ = try await bench.desk.setAddressees([], encounter: nil, of: request.number, by: Bench.biologist)
            let patient = bench.dispatch(to: pfi.port)
            for _ in 0..<2 {
                try await patient.obeyAddressees()
                #expect(try await eventually { try await patient.sendDue() })
            }
            let made = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            let told = mails(folder, "jeanne.leroy@medecin.mssante.fr")
            #expect(told.first == "\(made[0]) NW" && told.count { $0 == "\(made[0]) CA" } == 1, "\(told)")
        }
    }
}

/// A queue that drains is no time of its own.
@Suite(.timeLimit(.minutes(2))) struct `While a queue drains` {
    @Test func `an opposition is obeyed for what has not left`() async throws {
        let bench = try Bench()
        var requests = [Request]()
        for _ in 0..<6 { requests.append(try await bench.signed()) }
        var policy = PFIPolicy(answers: [.late])
        policy.lateBy = .milliseconds(1200)
        try await withPFI(policy) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .seconds(60))
            var served = bench.desk
            dispatch.serve(&served)
            let desk = served
            try await dispatch.makeReports()
            let running = Task { await dispatch.run() }
            #expect(try await eventually { pfi.tally.received >= 1 })
            let patient = try await desk.patient(requests[0].patientID)
            var draft = PatientDraft(status: patient.status, traits: patient.traits)
            draft.ins = patient.ins
            draft.opposedToDMP = true
            _ = try await desk.updatePatient(patient.id, draft, by: Bench.biologist)
            #expect(
                try await eventually {
                    for request in requests {
                        let sent = try await bench.deliveries(request)
                        if !sent.contains(where: { $0.kinds.contains(.accepted) }) { return false }
                    }
                    return true
                })
            running.cancel()
            await running.value
            let feeds = try keptFiles(folder).compactMap { NeighbourMessage($0) }.map { $0.metadata("DESTDMP") == "Y" }
            #expect(feeds.count == 6 && feeds.first == true && feeds.last == false, "\(feeds)")
        }
    }
}

import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Synchronization
import Testing
import Workflow

/// What each destination has, from the first version to the last: the register of the simulated DMP accepts only what
/// stands in it, so a wrong parent or a wrong deletion shows there.
@Suite(.timeLimit(.minutes(2))) struct `The chain of documents` {
    private func act(_ kind: ReleaseAct.Kind, of id: String? = nil) -> ReleaseAct {
        ReleaseAct(kind, reason: "essai", deliveryID: id)
    }
    private func restricted(_ confidentiality: Visibility.Confidentiality) -> ReleaseAct {
        var act = ReleaseAct(confidentiality == .normal ? .unhide : .hide, reason: "essai")
        act.confidentiality = confidentiality
        return act
    }
    /// The last word of the register on each document.
    private func register(_ folder: String) -> [String: String] {
        var states = [String: String]()
        for line in text("\(folder)/bout/dmp/279035121518989/registre.tsv").split(separator: "\n") {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            if cells.count > 1 { states[cells[0]] = cells[1] }
        }
        return states
    }
    private func documents(_ bench: Bench, _ request: Request) async throws -> [String] {
        try await bench.store.reports(requestID: request.id).sorted { $0.version < $1.version }.map(\.documentOID)
    }

    @Test func `a version that another replaced does not leave by a retry`() async throws {
        try await withSent(PFIPolicy(answers: [.error, .accept])) { bench, request, dispatch, folder in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let code = await refusal {
                try await dispatch.perform(act(.retry, of: first.id), on: request.number, by: Bench.biologist)
            }
            #expect(code == "release.overtaken")
            #expect(try keptFiles(folder).count == 1)
            try await dispatch.perform(act(.abandon, of: first.id), on: request.number, by: Bench.biologist)
        }
    }

    @Test func `each destination deletes or replaces the version that it has`() async throws {
        let bench = try Bench()
        let withdrawn = try await bench.signed(), shown = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            // The second version goes to the mailboxes; what is in the DMP goes.
            for request in [withdrawn, shown] {
                try await dispatch.perform(restricted(.restricted), on: request.number, by: Bench.biologist)
            }
            #expect(try await dispatch.sendDue())
            try await dispatch.perform(act(.withdraw), on: withdrawn.number, by: Bench.biologist)
            try await dispatch.perform(restricted(.normal), on: shown.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            let gone = try await documents(bench, withdrawn), kept = try await documents(bench, shown)
            let states = register(folder)
            #expect(states[gone[0]] == "Deleted" && states[gone[1]] == nil, "\(states)")
            #expect(kept.count == 3 && states[kept[0]] == "Deleted" && states[kept[2]] == "Approved", "\(states)")
            let told = try await bench.desk.withheld(site: nil, request: shown.id, limit: 99)
            #expect(!told.contains { $0.needsPerson }, "nothing open is left in the DMP")
            let sent = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            let deletions = sent.filter { $0.first("ORC", 1) == "CA" }.map { $0.metadata("DESTDMP") == "Y" }
            #expect(deletions.count { $0 } == 2 && deletions.count == 3, "each DMP, and the mailboxes of one")
        }
    }

    @Test func `what was given up without an answer may have arrived, and is replaced`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.lostAnswer, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await impatient.perform(act(.abandon, of: first.id), on: request.number, by: Bench.biologist)
            try await bench.sign(request, "4.4")
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let made = try await documents(bench, request)
            #expect(register(folder) == [made[0]: "Deprecated", made[1]: "Approved"])
        }
    }

    @Test func `signed again after a withdrawal, a document begins a chain of its own`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            for value in ["4.4", "4.5"] {
                try await bench.sign(request, value)
                try await dispatch.makeReports()
                #expect(try await dispatch.sendDue())
            }
            let reports = try await bench.store.reports(requestID: request.id).sorted { $0.version < $1.version }
            #expect(reports[0].setOID != reports[1].setOID && reports[1].setOID == reports[2].setOID)
            #expect(Set(reports.map(\.documentOID)).count == 3 && reports[1].replacedOID == nil)
            let numbers = reports.map { report in
                [1, 2, 3].filter {
                    String(decoding: report.cda, as: UTF8.self).contains("<versionNumber value=\"\($0)\"/>")
                }
            }
            #expect(numbers == [[1], [1], [3]], "a number stands once in a chain")
            #expect(register(folder)[reports[2].documentOID] == "Approved")
        }
    }

    @Test func `a hiding that cannot end is told to people until somebody signs again, and logged once`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, _ in
            let said = Mutex<[String]>([])
            let dispatch = ReportDispatch(desk: bench.desk, pfi: bench.settings(pfi.port)) { line in
                said.withLock { $0.append(line) }
            }
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let end = bench.clock.now.advanced(by: .seconds(3600))
            let hide = ReleaseAct(.hide, reason: "annonce", hiddenFrom: [.patient], until: end)
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            let patient = try await bench.desk.patient(request.patientID)
            var draft = PatientDraft(status: patient.status, traits: patient.traits)
            draft.ins = patient.ins
            draft.usedName = "AUTRE"
            _ = try await bench.desk.updatePatient(patient.id, draft, by: Bench.biologist)
            #expect(try await bench.desk.stuckHidings(site: nil, request: nil).isEmpty, "its date has not come")
            bench.clock.advance(.seconds(7200))
            for _ in 0..<3 { try await dispatch.endHidings() }
            #expect(said.withLock { $0.filter { $0.contains("[report.changed]") }.count } == 1)
            let stuck = try await bench.desk.stuckHidings(site: "nord", request: nil)
            #expect(stuck.map(\.requestNumber) == [request.number] && stuck.allSatisfy(\.needsPerson))
            #expect(stuck.first?.note.destination == "patient" && stuck.first?.at == end)
            #expect(try await bench.desk.stuckHidings(site: "sud", request: nil).isEmpty)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            try await dispatch.endHidings()
            #expect(try await bench.desk.stuckHidings(site: nil, request: request.number).isEmpty)
        }
    }

    @Test func `what is held does not leave by another door`() async throws {
        let bench = try Bench()
        let sent = try await bench.signed(), refused = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.accept, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let dead = try #require(try await bench.deliveries(refused).first?.delivery)
            for request in [sent, refused] {
                try await dispatch.perform(act(.hold), on: request.number, by: Bench.biologist)
            }
            let again = await refusal {
                try await dispatch.perform(act(.resend), on: sent.number, by: Bench.biologist)
            }
            let retried = await refusal {
                try await dispatch.perform(act(.retry, of: dead.id), on: refused.number, by: Bench.biologist)
            }
            #expect(again == "release.held" && retried == "release.held")
            #expect(try await dispatch.sendDue())
            #expect(try keptFiles(folder).count == 1)
        }
    }
}

/// DSR-SGL section 2: an opposition counts from when it is told, for all that has not left.
@Suite(.timeLimit(.minutes(2))) struct `An opposition told before a report leaves` {
    private func act(_ kind: ReleaseAct.Kind) -> ReleaseAct { ReleaseAct(kind, reason: "essai") }

    private func oppose(_ bench: Bench, _ request: Request, _ opposed: Bool = true) async throws {
        let patient = try await bench.desk.patient(request.patientID)
        var draft = PatientDraft(status: patient.status, traits: patient.traits)
        draft.ins = patient.ins
        draft.opposedToDMP = opposed
        let changed = draft
        _ = try await bench.desk.updatePatient(patient.id, lifting: opposed ? [] : [.dmp], by: Bench.biologist) { _ in
            changed
        }
    }
    private func isFeedingDMP(_ folder: String) throws -> [Bool] {
        try keptFiles(folder).compactMap { NeighbourMessage($0) }.map { $0.metadata("DESTDMP") == "Y" }
    }

    @Test func `is obeyed when the PFI was away meanwhile`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let away = bench.dispatch(to: 1)
        try await away.makeReports()
        #expect(try await !away.sendDue())
        try await oppose(bench, request)
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.obeyChoices()
            try await dispatch.obeyChoices()
            #expect(try await dispatch.sendDue())
            #expect(try isFeedingDMP(folder) == [false])
            let last = try #require(try await bench.deliveries(request).last)
            #expect(try bench.transmission(last.delivery).toPatient && last.kinds.last == .accepted)
            let trail = try await bench.store.audit(after: 0, limit: 1000).map(\.action)
            #expect(trail.count { $0 == "release.choices" } == 1)
        }
    }

    @Test func `and lifted before it leaves keeps it from nobody`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await oppose(bench, request)
            try await dispatch.obeyChoices()
            try await oppose(bench, request, false)
            try await dispatch.obeyChoices()
            try await dispatch.obeyChoices()
            #expect(try await dispatch.sendDue())
            #expect(try isFeedingDMP(folder) == [false, true], "once to the mailboxes, once to the DMP")
            let sent = try await bench.deliveries(request).filter { $0.kinds.last == .accepted }
            let mailed = try sent.filter { try bench.transmission($0.delivery).toPatient }
            #expect(sent.count == 2 && mailed.count == 1)
        }
    }

    @Test func `and lifted after a restart keeps it from nobody either`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await oppose(bench, request)
            try await dispatch.obeyChoices()
            let acts = try await bench.desk.releaseActs(of: request).map(\.act)
            #expect(acts.map(\.kind) == [.setAside] && acts.first?.deliveryID != nil)
            let restarted = try Bench(of: bench)
            try await oppose(restarted, request, false)
            for _ in 0..<2 { try await restarted.dispatch(to: pfi.port).obeyChoices() }
            #expect(try await restarted.dispatch(to: pfi.port).sendDue())
            #expect(try isFeedingDMP(folder) == [false, true], "once to the mailboxes, once to the DMP")
            try await Bench(of: restarted).dispatch(to: pfi.port).obeyChoices()
            #expect(try await restarted.dispatch(to: pfi.port).sendDue())
            #expect(try keptFiles(folder).count == 2, "what is settled stays so")
        }
    }

    @Test func `and lifted after the version in force was made lets it go where it was kept from, once`() async throws {
        for isCorrected in [false, true] {
            let bench = try Bench()
            let request = isCorrected ? try await bench.signed() : try await bench.request()
            try await withPFI { pfi, folder in
                let dispatch = bench.dispatch(to: pfi.port)
                try await dispatch.makeReports()
                _ = try await dispatch.sendDue()
                try await oppose(bench, request)
                try await bench.sign(request, "4.4")
                try await dispatch.makeReports()
                _ = try await dispatch.sendDue()
                let before = try keptFiles(folder).count
                for _ in 0..<2 { try await dispatch.obeyChoices() }
                let owed = try await bench.desk.withheld(site: nil, request: request.id, limit: 9)
                #expect(owed.first { $0.note.destination == "DMP" }?.needsPerson == isCorrected)
                #expect(try await dispatch.sendDue())
                #expect(try keptFiles(folder).count == before, "it is still opposed")
                try await oppose(bench, request, false)
                for _ in 0..<2 { try await dispatch.obeyChoices() }
                #expect(try await dispatch.sendDue())
                // A restart looks again, and finds it done.
                let restarted = try Bench(of: bench).dispatch(to: pfi.port)
                try await restarted.obeyChoices()
                #expect(try await restarted.sendDue())
                let new = try keptFiles(folder).dropFirst(before).compactMap { NeighbourMessage($0) }
                #expect(new.map { $0.metadata("DESTDMP") } == ["Y"] && new.first?.mailRecipients == [])
                #expect(new.first?.first("ORC", 1) == (isCorrected ? "RO" : "NW"))
                let standing = try #require(try await bench.store.reports(requestID: request.id).last)
                let last = try #require(try await bench.deliveries(request).last)
                #expect(last.delivery.reportID == standing.id && last.kinds.last == .accepted)
                #expect(
                    try await bench.desk.withheld(site: nil, request: request.id, limit: 9).allSatisfy {
                        !$0.needsPerson
                    })
            }
        }
    }

    @Test func `is obeyed by a release and by a resending`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await dispatch.perform(act(.hold), on: request.number, by: Bench.biologist)
            try await oppose(bench, request)
            try await dispatch.perform(act(.release), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            try await dispatch.perform(act(.resend), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            #expect(try isFeedingDMP(folder) == [false, false])
        }
    }
}

struct ReleaseStateTests {
    private func hide(
        _ from: [Audience] = [], until: Instant? = nil, _ confidentiality: Visibility.Confidentiality? = nil
    ) -> ReleaseAct {
        var act = ReleaseAct(.hide, reason: "essai", hiddenFrom: from, until: until)
        act.confidentiality = confidentiality
        return act
    }
    private let end = Instant(milliseconds: 1_800_000_000_000)

    @Test(arguments: [ReleaseAct.Kind.hold, .hide, .withdraw, .resend, .retry, .abandon, .told, .absent])
    func `a decision has a reason that says something`(_ kind: ReleaseAct.Kind) {
        func code(_ reason: String) -> String? {
            var act = ReleaseAct(kind, reason: reason, hiddenFrom: [.patient], deliveryID: "d", destination: "DMP")
            act.until = kind == .hide ? end : nil
            let now = end.advanced(by: .seconds(-60))
            return ReleaseState([]).refusal(of: act, sent: true, at: "1", now: now)?.code
        }
        for empty in [" ", ".", "x", "ok", "--- ---", "motif"] { #expect(code(empty) == "release.reason", "\(empty)") }
        #expect(code("erreur de patient") == nil)
    }

    @Test func `one hiding does not lift another`() {
        let state = ReleaseState([
            hide([.professionals]), hide([], until: nil, .restricted), hide([.patient], until: end),
        ])
        #expect(state.hiddenFrom == [.professionals, .patient] && state.confidentiality == .restricted)
        #expect(state.visibility.patient == .hiddenUntil(end))
        let after = ReleaseState([
            hide([.professionals]), hide([.patient], until: end), ReleaseAct(.hidingEnded, reason: "fin"),
        ])
        #expect(after.hiddenFrom == [.professionals], "only what had an end ends")
    }

    @Test func `each hiding has its own end, and what ends is what had that end`() {
        let later = end.advanced(by: .seconds(86_400))
        var state = ReleaseState([hide([.patient], until: later), hide([.professionals], until: end)])
        #expect(state.visibility.patient == .hiddenUntil(later), "another's end is not the patient's")
        #expect(state.hiddenUntil == end && state.endsFor == [.professionals])
        #expect(state.hidingIsOver(at: end) && state.ends == [.patient: later, .professionals: end])
        let ended = ReleaseAct(.hidingEnded, reason: "fin", until: end)
        state = ReleaseState([hide([.patient], until: later), hide([.professionals], until: end), ended])
        #expect(state.hiddenFrom == [.patient] && state.hiddenUntil == later)
        state = ReleaseState([hide([.patient], until: end), hide([.patient])])
        #expect(state.hiddenUntil == nil && state.visibility.patient == .hidden, "the date was taken back")
    }

    @Test func `showing again lifts neither confidentiality nor secret care unless it names them`() {
        var secret = hide([.patient], until: nil, .restricted)
        secret.secretCare = true
        let shown = ReleaseState([secret, ReleaseAct(.unhide, reason: "consultation faite")])
        #expect(shown.hiddenFrom.isEmpty && shown.secretCare && shown.confidentiality == .restricted)
        var lifting = ReleaseAct(.unhide, reason: "levé")
        #expect(shown.refusal(of: lifting, sent: true, at: "1", now: end)?.code == "release.visible")
        lifting.secretCare = false
        lifting.confidentiality = .normal
        #expect(shown.refusal(of: lifting, sent: true, at: "1", now: end) == nil)
        #expect(ReleaseState([secret, lifting]).visibility == .open)
    }
}

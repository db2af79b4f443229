import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Report
import Store
import Testing
import Workflow

/// DSR-SGL section 7, point 5, with a PFI that takes nothing but the rows of the volet's table.
@Suite(.timeLimit(.minutes(2))) struct `A PFI that keeps to the table` {
    private func strict(_ bench: Bench, _ port: Int) -> ReportDispatch {
        var settings = bench.settings(port)
        settings.routing.rules = .strict
        return ReportDispatch(desk: bench.desk, pfi: settings, log: { _ in })
    }
    private static func doctor(_ name: String) -> Professional {
        var doctor = Professional(nationalID: "81000987654\(name.count)", family: name.uppercased(), given: "Jeanne")
        doctor.securedMail = "jeanne.\(name)@medecin.mssante.fr"
        return doctor
    }

    @Test func `point 5: a wrong patient is deleted everywhere, each by a message of the table`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = strict(bench, pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let hide = ReleaseAct(.hide, reason: "essai", hiddenFrom: [.professionals])
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let made = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            try await dispatch.perform(
                ReleaseAct(.withdraw, reason: "essai"), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            #expect(dmpRegister(folder).last == "\(made[1]) Deleted")
            #expect(mails(folder, Bench.prescriberMail) == ["\(made[0]) NW", "\(made[0]) CA"])
            #expect(mails(folder, Bench.patientMail) == ["\(made[0]) NW", "\(made[1]) RO", "\(made[1]) CA"])
            for message in try keptFiles(folder) {
                let sent = try DocumentTransmission(parsing: HL7v2.ReceivedMessage(message))
                #expect(!sent.check(.strict).contains { $0.code == "pfi.combination" }, "\(sent.recipients)")
            }
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
        }
    }

    @Test func `who could not be told of a version and had it withdrawn since waits for nobody`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = strict(bench, pfi.port)
            var desk = bench.desk
            dispatch.serve(&desk)
            func waiting() async throws -> [String] {
                try await desk.owed(site: nil, request: nil).map(\.note.destination).sorted()
            }
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let hide = ReleaseAct(.hide, reason: "essai", hiddenFrom: [.professionals])
            try await dispatch.perform(hide, on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            #expect(try await waiting().isEmpty, "what they have is what was signed: nobody is called for a hiding")
            try await bench.amend(request, "4.4", dispatch)
            #expect(try await waiting() == [Bench.prescriberMail])
            try await dispatch.perform(
                ReleaseAct(.withdraw, reason: "essai"), on: request.number, by: Bench.biologist)
            #expect(try await waiting() == [Bench.prescriberMail], "until it is taken back there")
            _ = try await dispatch.sendDue()
            #expect(mails(folder, Bench.prescriberMail).last?.hasSuffix("CA") == true)
            #expect(try await waiting().isEmpty)
            let line = try await desk.withheld(site: nil, request: request.id, limit: 9).first {
                $0.note.destination == Bench.prescriberMail
            }
            #expect(line?.needsPerson == false)
        }
    }

    @Test func `a signed report that the table lets nobody have waits for a person`() async throws {
        let bench = try Bench()
        let request = try await bench.signed(qualified: false)
        try await withPFI { pfi, folder in
            let dispatch = strict(bench, pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try keptFiles(folder).isEmpty)
            let owed = try await bench.desk.owed(site: nil, request: nil)
            #expect(owed.map(\.note.destination) == [Bench.prescriberMail])
            #expect(owed.first?.note.words.contains("à remettre autrement") == true)
            try await bench.decide(.told, request, dispatch, at: Bench.prescriberMail)
            #expect(try await bench.desk.owed(site: nil, request: nil).isEmpty)
        }
    }

    @Test func `a copy taken off is told, and one that the table keeps from somebody is shown`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        func copies(_ names: [String]) async throws {
            _ = try await bench.desk.setAddressees(
                names.map(Self.doctor), encounter: nil, of: request.number, by: Bench.biologist)
        }
        try await copies(["leroy"])
        try await bench.sign(request, "4.2")
        try await withPFI { pfi, folder in
            let dispatch = strict(bench, pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies(["morvan"])
            dispatch.addresseesChanged(of: request.id)
            try await dispatch.obeyAddressees()
            _ = try await dispatch.sendDue()
            #expect(mails(folder, "jeanne.leroy@medecin.mssante.fr").map { $0.suffix(2) } == ["NW", "CA"])
            #expect(mails(folder, Bench.prescriberMail).count == 1)
            let told = try await bench.desk.withheld(site: nil, request: request.id, limit: 9)
            #expect(told.map(\.note.destination) == ["jeanne.morvan@medecin.mssante.fr"], "\(told)")
            #expect(told.first?.note.words == WithheldReason.combination.french)
        }
    }
}

import Base
import Exchange
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(2))) struct `The indicators` {
    @Test func `count what the chain tells, each figure with its entries`() async throws {
        let bench = try Bench()
        let qualified = try await bench.signed(), other = try await bench.signed(qualified: false)
        let start = bench.clock.now.advanced(by: .seconds(-86_400))
        try await withPFI { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            bench.clock.advance(.seconds(600))
            #expect(try await dispatch.sendDue())
            let first = try #require(try await bench.deliveries(qualified).first?.delivery)
            let second = try #require(try await bench.deliveries(other).first?.delivery)
            let desk = bench.desk
            try await desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            let patient = "279035121518989@patient.mssante.fr"
            try await desk.recordDelivery(.mailDelivered, first, detail: patient, author: "exchange")
            try await desk.recordDelivery(.mailRead, first, detail: Bench.prescriberMail, author: "exchange")
            try await desk.recordDelivery(
                .mailRefused, second, detail: "\(Bench.prescriberMail) 422 pleine", author: "exchange")
            let end = bench.clock.now.advanced(by: .seconds(60))
            let found = try await dispatch.indicators(from: start, before: end, site: "nord")
            let values = Dictionary(uniqueKeysWithValues: found.figures.map { ($0.key, $0.value) })
            #expect(
                values == [
                    "reports": 2, "versions": 0, "qualified": 1, "dmpSent": 1, "dmpAccepted": 1, "dmpRefused": 0,
                    "professionalsSent": 2, "professionalsDelivered": 0, "patientsSent": 1, "patientsDelivered": 1,
                    "mailRefused": 1, "mailRead": 1,
                ], "\(values)")
            let trail = try await bench.store.audit(after: 0, limit: 1000)
            for figure in found.figures {
                #expect(figure.entries.isEmpty == (figure.value == 0))
                for entry in figure.entries { #expect(trail.contains { $0.sequence == entry }) }
            }
            let accepted = try #require(found.figures.first { $0.key == "dmpAccepted" })
            #expect(accepted.entries == trail.filter { $0.action == "delivery.dmpAccepted" }.map(\.sequence))
            #expect(found.share(of: accepted) == 100)
            let toPFI = try #require(found.turnarounds.first { $0.phase == .signatureToPFI })
            #expect(toPFI.count == 2 && toPFI.medianMinutes >= 10)
            let nothing = try await dispatch.indicators(from: end, before: end.advanced(by: .seconds(9)), site: nil)
            #expect(nothing.figures.allSatisfy { $0.value == 0 })
        }
    }

    @Test func `count a report once, whatever its versions and mails`() {
        let events: [IndicatorEvent.What] = [
            .report(set: "1.2", version: 1, qualifiedINS: true), .report(set: "1.2", version: 2, qualifiedINS: true),
            .report(set: "1.3", version: 1, qualifiedINS: false),
            .accepted(report: "1.2", toDMP: true, toProfessionals: true, toPatient: false),
            .accepted(report: "1.2", toDMP: true, toProfessionals: true, toPatient: false),
            .mail(report: "1.2", isPatient: false, outcome: .delivered),
            .mail(report: "1.2", isPatient: false, outcome: .delivered),
            .phase(.signatureToPFI, report: "1.2", minutes: 1), .phase(.signatureToPFI, report: "1.3", minutes: 3),
            .phase(.signatureToPFI, report: "1.2", minutes: 900), .phase(.signatureToPFI, report: "1.4", minutes: 90),
        ]
        let found = Indicators(events.enumerated().map { IndicatorEvent(sequence: $0 + 1, what: $1) })
        let values = Dictionary(uniqueKeysWithValues: found.figures.map { ($0.key, $0.value) })
        #expect(values["reports"] == 2 && values["versions"] == 1 && values["qualified"] == 1)
        #expect(values["dmpSent"] == 1 && values["professionalsDelivered"] == 1)
        #expect(found.figures[0].entries == [1, 2, 3])
        let phase = found.turnarounds.first { $0.phase == .signatureToPFI }
        #expect(phase?.medianMinutes == 3 && phase?.ninthDecileMinutes == 90)
        #expect(phase?.count == 3 && phase?.entries == [8, 9, 11], "a report counts once, when it was first taken")
        #expect(found.figures.allSatisfy { found.share(of: $0) ?? 0 <= 100 })
    }

    @Test func `count the delay of a report once, whatever was sent again, with its entry of the chain`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let start = bench.clock.now.advanced(by: .seconds(-86_400))
        try await withPFI { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            func delays() async throws -> [Indicators.Turnaround] {
                let end = bench.clock.now.advanced(by: .seconds(60))
                return try await dispatch.indicators(from: start, before: end, site: "nord").turnarounds
            }
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let first = try await delays()
            let taken = try await bench.store.audit(after: 0, limit: 1000).filter { $0.action == "delivery.accepted" }
            #expect(first.allSatisfy { $0.count == 1 && $0.entries == taken.map(\.sequence) }, "\(first)")
            bench.clock.advance(.seconds(7200))
            let again = ReleaseAct(.resend, reason: "essai")
            try await dispatch.perform(again, on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await delays() == first)
            // Nor does what was sent again after the period of the first sending.
            let later = try await dispatch.indicators(
                from: bench.clock.now.advanced(by: .seconds(-3600)),
                before: bench.clock.now.advanced(by: .seconds(60)), site: "nord")
            #expect(later.turnarounds.allSatisfy { $0.count == 0 && $0.entries.isEmpty }, "\(later.turnarounds)")
            #expect(later.figures.first?.value == 1)
        }
    }

    @Test func `count a demonstration matricule as qualified when its identity is`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        let patient = try await bench.desk.patient(request.patientID)
        var draft = PatientDraft(status: .qualified, traits: patient.traits)
        draft.ins = try INS("279035121518989", authority: .nirDemonstration)
        _ = try await bench.desk.updatePatient(patient.id, draft, by: Bench.biologist)
        try await bench.sign(request, "4.2")
        let start = bench.clock.now.advanced(by: .seconds(-86_400))
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let found = try await dispatch.indicators(
            from: start, before: bench.clock.now.advanced(by: .seconds(60)), site: "nord")
        #expect(found.figures.first { $0.key == "qualified" }?.value == 1)
    }
}

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
            .phase(.signatureToPFI, minutes: 1), .phase(.signatureToPFI, minutes: 3),
            .phase(.signatureToPFI, minutes: 90),
        ]
        let found = Indicators(events.enumerated().map { IndicatorEvent(sequence: $0 + 1, what: $1) })
        let values = Dictionary(uniqueKeysWithValues: found.figures.map { ($0.key, $0.value) })
        #expect(values["reports"] == 2 && values["versions"] == 1 && values["qualified"] == 1)
        #expect(values["dmpSent"] == 1 && values["professionalsDelivered"] == 1)
        #expect(found.figures[0].entries == [1, 2, 3])
        let phase = found.turnarounds.first { $0.phase == .signatureToPFI }
        #expect(phase?.medianMinutes == 3 && phase?.ninthDecileMinutes == 90)
    }
}

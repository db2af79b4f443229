import Base
import Client
import Foundation
import Laboratory
import Testing

@Suite(.serialized) struct `What screens ask of the server` {
    @Test func `news come within a second, and a wait without news ends at its time`() async throws {
        try await APILaboratory.open { laboratory in
            let technician = try await laboratory.signedIn(.technician)
            let first = try await technician.changes(after: nil, wait: 0).sequence
            #expect(first > 0)
            let clock = ContinuousClock()
            let asked = clock.now
            #expect(try await technician.changes(after: first, wait: 1).sequence == first)
            #expect(clock.now - asked >= .seconds(1))
            async let waited = technician.changes(after: first, wait: 20)
            try await Task.sleep(for: .milliseconds(300))
            let begun = clock.now
            _ = try await laboratory.signedIn("technicien2").addPatient(APILaboratory.patient())
            #expect(try await waited.sequence > first)
            #expect(clock.now - begun < .seconds(10))
            // The end of a long chain is found the same.
            #expect(try await technician.changes(after: nil, wait: 0).sequence > first)
            let strange = await refusal { _ = try await technician.changes(after: 1, wait: 31) }
            #expect(strange?.code == "query.number")
        }
    }

    @Test func `a tube gives its request, and an unknown one is refused`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let technician = try await laboratory.signedIn(.technician)
            let tube = try #require(made.specimens.first?.accession)
            #expect(try await technician.file(ofTube: tube).request.number == made.request.number)
            #expect(await refusal { _ = try await technician.file(ofTube: "000") }?.code == "specimen.unknown")
        }
    }

    @Test func `the list is counted whole; a rerun by hand and a nonconformity are told with author and hour`()
        async throws
    {
        try await APILaboratory.open { laboratory in
            let technician = try await laboratory.signedIn(.technician)
            #expect(try await technician.worklistCounts() == WorklistCountsView(tubes: 0, urgent: 0, held: 0))
            let patient = try await technician.addPatient(APILaboratory.patient())
            var body = APILaboratory.request(patient.id, ["NA", "K"])
            body.priority = .urgent
            let made = try await technician.addRequest(body)
            let number = made.request.number
            let tube = try #require(made.specimens.first?.accession)
            _ = try await technician.receive(tube, ReceiveBody())
            var value = ResultBody(analysis: "K")
            value.value = "4.20"
            let entered = try await technician.enter(number, value)
            // Typed by a person: that is held.
            #expect(try await technician.worklistCounts() == WorklistCountsView(tubes: 1, urgent: 1, held: 1))
            laboratory.clock.advance(.seconds(600))
            let wish = ReworkBody(observation: entered.id, diluted: true, reason: "hors domaine de mesure")
            let noted = try await technician.rework(number, wish)
            #expect(noted.author == "technicien" && noted.diluted)
            let secretary = try await laboratory.signedIn(.secretary)
            #expect(await refusal { _ = try await secretary.rework(number, wish) }?.code == "auth.permission")
            let empty = ReworkBody(observation: entered.id, diluted: false, reason: " ")
            #expect(await refusal { _ = try await technician.rework(number, empty) }?.code == "reason.missing")
            laboratory.clock.advance(.seconds(600))
            let reason = ReceiveBody(nonconformity: "hémolyse")
            _ = try await laboratory.signedIn("technicien2").receive(tube, reason)
            let file = try await technician.request(number)
            #expect(file.reworks == [noted] && noted.at.french.hasSuffix("07:10"))
            let specimen = try #require(file.specimens.first { $0.accession == tube })
            #expect(specimen.nonconformityBy == "technicien2" && specimen.nonconformityAt?.french.suffix(5) == "07:20")
            #expect(specimen.receivedAt?.french.suffix(5) == "07:00")
            // Scanned again it stays; taken back, nobody says it any more.
            _ = try await technician.receive(tube, ReceiveBody())
            #expect(try await technician.request(number).specimens.first?.nonconformityBy == "technicien2")
            let lifted = try await technician.receive(tube, ReceiveBody(nonconformity: ""))
            #expect(lifted.nonconformityBy == nil && lifted.nonconformityAt == nil)
            // No analyzer of this laboratory takes orders.
            #expect(try await technician.status().analyzers.map(\.takesOrders) == [false])
        }
    }

    @Test func `a validation is taken back before the signature and not after`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let number = made.request.number
            let technician = try await laboratory.signedIn(.technician)
            let biologist = try await laboratory.signedIn(.biologist)
            #expect(try await technician.worklist().isEmpty)
            let file = try await technician.request(number)
            let sodium = try #require(file.observations.first { $0.analysis == "NA" }?.id)
            let events = try await technician.withdraw(number, WithdrawBody(observations: [sodium]))
            #expect(events.map(\.kind) == [.withdrawn])
            #expect(try await technician.worklist().map(\.observation.id) == [sodium])
            #expect(try await biologist.fileToSign(number).missing == ["NA"])
            // Twice is once.
            #expect(try await technician.withdraw(number, WithdrawBody(observations: [sodium])).isEmpty)
            _ = try await technician.validate(number, ValidateBody(all: true, reason: "relu"))
            #expect(try await technician.worklist().isEmpty)
            let hash = try await biologist.fileToSign(number).contentHash
            _ = try await biologist.sign(number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            let late = await refusal {
                _ = try await technician.withdraw(number, WithdrawBody(observations: [sodium]))
            }
            #expect(late?.code == "tech.signed")
        }
    }

    @Test func `a value typed over another than the one seen is refused and names both`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let number = made.request.number
            let technician = try await laboratory.signedIn(.technician)
            let seen = try #require(try await technician.request(number).observations.first { $0.analysis == "K" }?.id)
            var body = ResultBody(analysis: "K")
            body.value = "4.4"
            body.seen = seen
            _ = try await laboratory.signedIn("technicien2").enter(number, body)
            body.value = "4.3"
            let clash = await refusal { _ = try await technician.enter(number, body) }
            #expect(clash?.code == "enter.changed" && clash?.cause.contains("4,4 (technicien2)") == true)
            body.seen = ""
            #expect(await refusal { _ = try await technician.enter(number, body) }?.code == "enter.changed")
            body.seen = nil
            _ = try await technician.enter(number, body)
        }
    }
}

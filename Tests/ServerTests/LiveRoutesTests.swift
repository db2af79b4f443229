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

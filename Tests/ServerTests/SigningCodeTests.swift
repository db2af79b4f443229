import API
import Base
import Client
import Laboratory
import Store
import Testing

@Suite struct `The code of signature` {
    private func sign(
        _ laboratory: APILaboratory, _ client: LaboratoryClient, _ number: String, _ pin: String
    ) async throws -> String? {
        let hash = try await client.fileToSign(number).contentHash
        return await refusal { _ = try await client.sign(number, SignBody(contentHash: hash, pin: pin)) }?.code
    }

    @Test func `is asked at each signature beside the connection, and nobody else's will do`() async throws {
        try await APILaboratory.open { laboratory in
            let number = try await laboratory.readyToSign().request.number
            let biologist = try await laboratory.signedIn(.biologist)
            #expect(try await sign(laboratory, biologist, number, "111222") == "sign.pin")
            #expect(try await sign(laboratory, biologist, number, APILaboratory.secret) == "sign.pin")
            // A body without one is no signature.
            let hash = try await biologist.fileToSign(number).contentHash
            let bare = try await biologist.raw(
                "POST", "/v1/bio/\(number)/sign", body: Array(#"{"contentHash":"\#(hash)"}"#.utf8))
            #expect(bare.status == 400)
            #expect(try await biologist.awaitingSignature().count == 1)
            #expect(try await sign(laboratory, biologist, number, APILaboratory.pin) == nil)
            let kept = try #require(try await laboratory.store.account("biologiste"))
            #expect(kept.pinHash?.hasPrefix("scrypt$") == true && kept.pinHash != kept.secretHash)
        }
    }

    @Test func `is locked after five errors, even for the right one, and opens with the secret`() async throws {
        try await APILaboratory.open { laboratory in
            let number = try await laboratory.readyToSign().request.number
            let biologist = try await laboratory.signedIn(.biologist)
            var codes = [String?]()
            for _ in 0..<6 { codes.append(try await sign(laboratory, biologist, number, "999111")) }
            #expect(
                codes.prefix(4).allSatisfy { $0 == "sign.pin" }
                    && codes.suffix(2).allSatisfy { $0 == "sign.pin.locked" })
            #expect(try await sign(laboratory, biologist, number, APILaboratory.pin) == "sign.pin.locked")
            #expect(try await laboratory.store.account("biologiste")?.pinLocked == true)
            let trail = try await laboratory.store.audit(after: 0, limit: 1000).map(\.action)
            #expect(trail.count { $0 == "auth.pin.refused" } == 4 && trail.contains("account.pin.locked"))
            let wrong = await refusal { try await biologist.choosePIN(PINBody(secret: "autre", pin: "508142")) }
            #expect(wrong?.code == "account.current")
            try await biologist.choosePIN(PINBody(secret: APILaboratory.secret, pin: "508142"))
            #expect(try await sign(laboratory, biologist, number, "508142") == nil)
        }
    }

    @Test func `errors are forgotten once the right one came`() async throws {
        try await APILaboratory.open { laboratory in
            let biologist = try await laboratory.signedIn(.biologist)
            for name in ["UN", "DEUX", "TROIS"] {
                let number = try await laboratory.readyToSign(name).request.number
                for _ in 0..<3 { #expect(try await sign(laboratory, biologist, number, "999111") == "sign.pin") }
                #expect(try await sign(laboratory, biologist, number, APILaboratory.pin) == nil)
            }
        }
    }

    @Test func `is chosen by those who sign only, hard to guess, and dies with a secret that an administrator gives`()
        async throws
    {
        try await APILaboratory.open { laboratory in
            let biologist = try await laboratory.signedIn(.biologist)
            for (pin, code) in [
                ("12345", "account.pin.form"), ("1234567890123", "account.pin.form"), ("12a456", "account.pin.form"),
                ("111111", "account.pin.easy"), ("123456", "account.pin.easy"), ("987654", "account.pin.easy"),
            ] {
                let found = await refusal {
                    try await biologist.choosePIN(PINBody(secret: APILaboratory.secret, pin: pin))
                }
                #expect(found?.code == code, "\(pin)")
            }
            let technician = try await laboratory.signedIn(.technician)
            let other = await refusal {
                try await technician.choosePIN(PINBody(secret: APILaboratory.secret, pin: "508142"))
            }
            #expect(other?.code == "auth.permission")
            var change = AccountChange()
            change.secret = "une tout autre phrase de passe"
            _ = try await laboratory.signedIn(.administrator).changeAccount("biologiste", change)
            let again = try await laboratory.signedIn("biologiste", secret: "une tout autre phrase de passe")
            let number = try await laboratory.readyToSign().request.number
            #expect(try await sign(laboratory, again, number, APILaboratory.pin) == "sign.pin.none")
        }
    }

    @Test func `a program's token signs nothing, whatever code it has`() async throws {
        try await APILaboratory.open { laboratory in
            let number = try await laboratory.readyToSign().request.number
            let program = try await laboratory.signedIn(.program)
            // It reads…
            let file = try await program.fileToSign(number)
            // …and that is all: neither a signature, nor a lot, nor a code of its own.
            let body = SignBody(contentHash: file.contentHash, pin: APILaboratory.pin)
            #expect(await refusal { _ = try await program.sign(number, body) }?.code == "auth.permission")
            let lot = LotBody(pin: APILaboratory.pin, files: [])
            #expect(await refusal { _ = try await program.signLot(lot) }?.code == "auth.permission")
            let chosen = await refusal {
                try await program.choosePIN(PINBody(secret: APILaboratory.secret, pin: "508142"))
            }
            #expect(chosen?.code == "auth.permission")
            #expect(try await laboratory.store.signatures(requestID: file.request.id).isEmpty)
        }
    }

    @Test func `a lot asks for it once, and signs what stands`() async throws {
        try await APILaboratory.open { laboratory in
            var numbers = [String]()
            for name in ["UN", "DEUX"] { numbers.append(try await laboratory.proposable(name).request.number) }
            _ = try await laboratory.readyToSign("TROIS")
            let biologist = try await laboratory.signedIn(.biologist)
            let lines = try await biologist.awaitingSignature()
            #expect(lines.filter { $0.lane == .proposable }.map(\.requestNumber).sorted() == numbers.sorted())
            let held = try #require(lines.first { $0.lane == .held })
            #expect(held.obstacles.contains { $0.hasPrefix("MODIF_MANUELLE") })
            let files = lines.filter { $0.lane == .proposable }.map {
                LotBody.File(request: $0.requestNumber, contentHash: $0.contentHash)
            }
            #expect(
                await refusal { _ = try await biologist.signLot(LotBody(pin: "000111", files: files)) }?.code
                    == "sign.pin")
            let made = try await biologist.signLot(LotBody(pin: APILaboratory.pin, files: files))
            #expect(made.allSatisfy { $0.signature?.inLot == true } && made.count == 2)
            #expect(try await biologist.awaitingSignature().map(\.lane) == [.held])
            let day = CivilDate(year: 2026, month: 11, day: 22)
            let figures = try await biologist.signOffFigures(from: day, to: day, all: false)
            #expect(figures.signed == 2 && figures.inLot == 2)
        }
    }
}

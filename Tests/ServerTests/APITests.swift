import API
import Base
import Client
import Foundation
import Laboratory
import Store
import Testing

@Suite struct `The API` {
    @Test func `walks a request from the desk to the signature`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            #expect(made.request.lines.map(\.analysis) == ["NA", "K"])
            #expect(made.specimens.allSatisfy { $0.collectedAt?.text == "2026-11-22T06:30:00+01:00" })
            let biologist = try await laboratory.signedIn(.biologist)
            let waiting = try await biologist.awaitingSignature()
            #expect(waiting.map(\.requestNumber) == [made.request.number])
            #expect(waiting.first?.fresh == 2 && waiting.first?.missing == [])
            let file = try await biologist.fileToSign(made.request.number)
            #expect(file.contentHash == waiting.first?.contentHash)
            let potassium = file.observations.first { $0.analysis == "K" }
            #expect(potassium?.value.unit == "mmol/L" && potassium?.rawText == "4,20")
            let signature = try await biologist.sign(
                made.request.number, SignBody(contentHash: file.contentHash, pin: APILaboratory.pin))
            #expect(signature.complete && signature.version == 1 && signature.biologist.family == "MARTIN")
            #expect(try await biologist.awaitingSignature().isEmpty)
            let whole = try await biologist.request(made.request.number)
            #expect(whole.observations.allSatisfy { $0.state == .signed })
            let status = try await biologist.status()
            #expect(status.counts.signatures == 1 && status.counts.patients == 1)
            #expect(status.analyzers.map(\.name) == ["xn"])
            let verdict = try await biologist.verifyAudit()
            #expect(verdict.sound && verdict.entries > 10)
            let trail = try await biologist.audit()
            #expect(trail.last?.action == "bio.sign" && trail.last?.subject == made.request.number)
        }
    }

    @Test func `refuses a signature over a file that changed`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let biologist = try await laboratory.signedIn(.biologist)
            let file = try await biologist.fileToSign(made.request.number)
            var later = ResultBody(analysis: "K")
            later.value = "5.9"
            let technician = try await laboratory.signedIn(.technician)
            let rerun = try await technician.enter(made.request.number, later)
            _ = try await technician.validate(
                made.request.number, ValidateBody(observations: [rerun.id], reason: "contrôle"))
            let body = #"{"contentHash":"\#(file.contentHash)","pin":"\#(APILaboratory.pin)"}"#
            let answer = try await biologist.raw("POST", "/v1/bio/\(made.request.number)/sign", body: Array(body.utf8))
            #expect(answer.status == 409)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("sign.changed"))
        }
    }

    @Test func `lets one of two technicians close a triage entry`() async throws {
        try await APILaboratory.open { laboratory in
            let entry = TriageEntry(
                id: "t1", site: "nord", analyzer: "xn", messageID: "m1", ordinal: -1, reason: .unreadableMessage,
                explanation: "sans en-tête", at: laboratory.clock.now)
            let note = AuditNote(
                site: "nord", author: "analyzer:xn", action: "message.triaged", subject: "m1", at: laboratory.clock.now)
            try await laboratory.store.append([.triage(entry)], note: note)
            let one = try await laboratory.signedIn("technicien")
            let two = try await laboratory.signedIn("technicien2")
            #expect(try await one.triage().map(\.id) == ["t1"])
            async let first = refusal { try await one.dismiss("t1", DismissBody(reason: "essai de ligne")) }
            async let second = refusal { try await two.dismiss("t1", DismissBody(reason: "essai de ligne")) }
            let refused = await [first, second].compactMap { $0 }
            #expect(refused.count == 1)
            #expect(["triage.closed", "conflict"].contains(refused.first?.code))
            let again = Array(#"{"reason":"essai de ligne"}"#.utf8)
            let late = try await two.raw("POST", "/v1/triage/t1/dismiss", body: again)
            #expect(late.status == 409)
            #expect(try await one.triage().isEmpty)
            #expect(try await one.triage(all: true).first?.resolution == "écarté")
        }
    }

    @Test func `lets one of two technicians have an IPP`() async throws {
        try await APILaboratory.open { laboratory in
            let one = try await laboratory.signedIn("technicien")
            let two = try await laboratory.signedIn("technicien2")
            async let first = refusal { _ = try await one.addPatient(APILaboratory.patient("A", ipp: "42")) }
            async let second = refusal { _ = try await two.addPatient(APILaboratory.patient("B", ipp: "42")) }
            let refused = await [first, second].compactMap { $0 }
            #expect(refused.map(\.code) == ["conflict"])
            let body = Array(try JSONEncoder().encode(APILaboratory.patient("C", ipp: "42")))
            #expect(try await two.raw("POST", "/v1/patients", body: body).status == 409)
            #expect(try await one.patients(search: nil).count == 1)
        }
    }

    /// What each body is, and where it must be said to be wrong.
    static let wrongBodies: [(body: String, code: String, place: String)] = [
        ("", "body.empty", ""),
        ("{", "body.json", ""),
        ("\u{0}", "body.json", ""),
        ("[]", "body.type", ""),
        ("null", "body.type", ""),
        (#"{"status":"PROV"}"#, "body.missing", "traits"),
        (#"{"status":"PROV","traits":{},"couleur":1}"#, "body.key", "couleur"),
        (#"{"status":"VRAI","traits":{}}"#, "body.value", "status"),
        (#"{"status":"PROV","traits":[]}"#, "body.type", "traits"),
        (#"{"status":"PROV","traits":{"birthName":3}}"#, "body.type", "traits.birthName"),
        (#"{"status":"PROV","traits":{"birthName":"A","nom":"B"}}"#, "body.key", "traits.nom"),
        (
            #"{"status":"PROV","traits":{"birthName":"A","firstGivenName":"B","birthDate":"1979-02-30","sex":"F"}}"#,
            "base.date", "traits.birthDate"
        ),
        (
            #"{"status":"PROV","attributes":["beau"],"traits":{"birthName":"A","firstGivenName":"B","#
                + #""birthDate":"1979-02-03","sex":"F"}}"#,
            "body.value", "attributes[0]"
        ),
        (
            #"{"status":"QUAL","ins":{"matricule":"279035121518972"},"traits":{"birthName":"A","firstGivenName":"B","#
                + #""birthDate":"1979-02-03","sex":"F"}}"#,
            "ins.key", "ins"
        ),
        (
            #"{"status":"PROV","birthTime":"hier","traits":{"birthName":"A","firstGivenName":"B","#
                + #""birthDate":"1979-02-03","sex":"F"}}"#,
            "body.instant", "birthTime"
        ),
    ]

    @Test func `says what is wrong with a body and where`() async throws {
        try await APILaboratory.open { laboratory in
            let secretary = try await laboratory.signedIn(.secretary)
            for (body, code, place) in `The API`.wrongBodies {
                let answer = try await secretary.raw("POST", "/v1/patients", body: Array(body.utf8))
                let error = try JSONDecoder().decode(ErrorBody.self, from: Data(answer.body)).error
                #expect(error.code == code && error.place == place, "\(body) → \(error)")
                #expect(answer.status == (code.hasPrefix("body.") ? 400 : 422), "\(body) → \(answer.status)")
                #expect(!error.remedy.isEmpty)
            }
            // Still there, still right.
            #expect(try await secretary.patients(search: nil).isEmpty)
            #expect(try await secretary.health().state == "ok")
        }
    }

    @Test func `answers strange requests with a refusal and stays up`() async throws {
        try await APILaboratory.open { laboratory in
            let biologist = try await laboratory.signedIn(.biologist)
            let deep = Array(repeating: UInt8(ascii: "["), count: 100_000)
            let large = Array(repeating: UInt8(ascii: " "), count: LaboratoryAPI.largestBody + 1)
            let strange: [(String, String, [UInt8]?, Int)] = [
                ("GET", "/", nil, 404), ("GET", "/v1", nil, 404), ("GET", "/v2/patients", nil, 404),
                ("GET", "/v1/patients/absent", nil, 404), ("GET", "/v1/requests/absent", nil, 404),
                ("GET", "/v1/messages/absent", nil, 404), ("GET", "/v1/triage/absent", nil, 404),
                ("GET", "/v1/reports/absent/pdf", nil, 404), ("DELETE", "/v1/patients", nil, 405),
                ("GET", "/v1/login", nil, 405), ("GET", "/v1/patients?couleur=bleu", nil, 400),
                ("GET", "/v1/patients?limit=beaucoup", nil, 400), ("GET", "/v1/patients?limit=0", nil, 400),
                ("GET", "/v1/patients?limit=1&limit=2", nil, 400), ("GET", "/v1/reports", nil, 400),
                ("GET", "/v1/patients/%FF", nil, 400), ("POST", "/v1/patients", deep, 400),
                ("POST", "/v1/patients", large, 413),
                ("POST", "/v1/specimens/absent/receive", Array("{}".utf8), 404),
            ]
            for (method, path, body, status) in strange {
                let answer = try await biologist.raw(method, path, body: body)
                #expect(answer.status == status, "\(method) \(path) → \(answer.status)")
                #expect(
                    (try? JSONDecoder().decode(ErrorBody.self, from: Data(answer.body))) != nil, "\(method) \(path)")
            }
            #expect(try await biologist.health().state == "ok")
        }
    }

    @Test func `says 503 when the store is away and comes back with it`() async throws {
        try await APILaboratory.open { laboratory in
            let technician = try await laboratory.signedIn(.technician)
            let next = await laboratory.store.writes + 1
            await laboratory.store.fail(write: next, forEver: true)
            let body = Array(try JSONEncoder().encode(APILaboratory.patient()))
            #expect(try await technician.raw("POST", "/v1/patients", body: body).status == 503)
            await laboratory.store.heal()
            #expect(try await technician.raw("POST", "/v1/patients", body: body).status == 201)
        }
    }

    @Test func `takes exactly one kind of result, numbers as text`() async throws {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let technician = try await laboratory.signedIn(.technician)
            let path = "/v1/requests/\(made.request.number)/results"
            for (body, code) in [
                (#"{"analysis":"K"}"#, "body.choice"),
                (#"{"analysis":"K","value":"4","text":"quatre"}"#, "body.choice"),
                (#"{"analysis":"K","value":4.20}"#, "body.type"),
                (#"{"analysis":"K","value":"quatre"}"#, "result.value"),
                (#"{"analysis":"CRP","value":"4"}"#, "enter.unrequested"),
                (#"{"analysis":"RIEN","value":"4"}"#, "catalogue.code.unknown"),
                (#"{"analysis":"K","notPerformed":" "}"#, "reason.missing"),
            ] {
                let answer = try await technician.raw("POST", path, body: Array(body.utf8))
                let error = try JSONDecoder().decode(ErrorBody.self, from: Data(answer.body)).error
                #expect(error.code == code, "\(body) → \(error)")
            }
        }
    }
}

@Suite struct `The socket of the API` {
    @Test func `refuses an address that is taken, in words`() async throws {
        try await APILaboratory.open { laboratory in
            let port = try #require(Int(laboratory.server.text.split(separator: ":").last ?? ""))
            let refused = await refusal { try await laboratory.api.run(host: "127.0.0.1", port: port) { _ in } }
            #expect(refused?.code == "server.bind" && refused?.place == "127.0.0.1:\(port)")
            #expect(try await laboratory.stranger.health().state == "ok")
        }
    }
}

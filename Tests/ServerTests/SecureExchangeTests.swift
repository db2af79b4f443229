import Base
import Client
import Exchange
import Foundation
import HL7v2
import Laboratory
import Lines
import Neighbours
import SecureLines
import Server
import Store
import TestSupport
import Testing
import Workflow

/// Reports and their acknowledgements under TLS, each end showing a certificate.
@Suite(.serialized, .timeLimit(.minutes(3))) struct `The exchange with the PFI under TLS` {
    private func withCertificates(_ body: (TestCertificates) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(TestCertificates(in: folder))
    }

    @Test func `a report leaves with our certificate, and not without it`() async throws {
        try await withCertificates { made in
            let folder = made.folder.appending(path: "pfi").path
            let guarded = try made.host(asks: true)
            let pfi = try await PFISimulator.start(folder: folder, armour: guarded)
            let running = Task { await pfi.run() }
            defer { running.cancel() }
            let parties = Parties(
                sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
                receivingFacility: "LABO")
            func way(_ name: String?) throws -> PFISettings {
                PFISettings(
                    host: "127.0.0.1", port: pfi.port, parties: parties, processing: .training,
                    answerWithin: .seconds(5),
                    armour: try ReloadingArmour(made.settings(name), listening: false, at: "essai"))
            }
            let refused = try way(nil), welcome = try way("instrument")
            try await APILaboratory.open(pfi: welcome) { laboratory in
                let made = try await laboratory.readyToSign()
                let biologist = try await laboratory.signedIn(.biologist)
                let file = try await biologist.fileToSign(made.request.number)
                _ = try await laboratory.desk.sign(
                    made.request.number, contentHash: file.contentHash, allowPartial: false,
                    by: .init(
                        login: "biologiste", role: .biologist, site: "nord", professional: APILaboratory.biologist))
                try await laboratory.dispatch.makeReports()
                let stranger = ReportDispatch(desk: laboratory.desk, pfi: refused, log: { _ in })
                #expect(try await !stranger.sendDue())
                #expect(pfi.tally.received == 0)
                #expect(try await laboratory.dispatch.sendDue())
                #expect(pfi.tally.stored == 1)
            }
            await pfi.stop()
        }
    }

    /// `simulate pfi` as people start it, and what the DMP and a mailbox would hold, as files.
    @Test func `the simulated PFI asks for a certificate of its authorities, and shows the end of the road`()
        async throws
    {
        try await withCertificates { made in
            let files = made.folder.path
            let folder = files + "/simulated", portFile = files + "/port"
            let program = try CrashWorld.builtProgram().deletingLastPathComponent().appending(path: "simulate")
            let process = try Child(
                program.path,
                [
                    "pfi", "--folder", folder, "--port-file", portFile, "--certificate", files + "/host.pem", "--key",
                    files + "/host.key", "--authorities", files + "/authority.pem", "--policy", "late,twice,AA",
                ], log: files + "/pfi.log")
            defer { process.end(SIGTERM) }
            let isUp = await eventually { (try? String(contentsOfFile: portFile, encoding: .utf8)) != nil }
            try #require(isUp)
            let text = try String(contentsOfFile: portFile, encoding: .utf8)
            let port = try #require(Int(text.trimmingCharacters(in: .newlines)))
            let parties = Parties(
                sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
                receivingFacility: "LABO")
            func way(_ name: String) throws -> PFISettings {
                PFISettings(
                    host: "127.0.0.1", port: port, parties: parties, processing: .training, answerWithin: .seconds(10),
                    armour: try ReloadingArmour(made.settings(name), listening: false, at: "essai"))
            }
            let stranger = try way("stranger"), welcome = try way("instrument")
            try await APILaboratory.open(pfi: welcome) { laboratory in
                let request = try await laboratory.readyToSign()
                let file = try await laboratory.signedIn(.biologist).fileToSign(request.request.number)
                _ = try await laboratory.desk.sign(
                    request.request.number, contentHash: file.contentHash, allowPartial: false,
                    by: .init(
                        login: "biologiste", role: .biologist, site: "nord", professional: APILaboratory.biologist))
                try await laboratory.dispatch.makeReports()
                let refused = ReportDispatch(desk: laboratory.desk, pfi: stranger, log: { _ in })
                #expect(try await !refused.sendDue())
                #expect(await eventually(within: .seconds(60)) { (try? await laboratory.dispatch.sendDue()) == true })
                let mail = folder + "/bout/mss/pascal.charles@medecin.mssante.fr/courriels.tsv"
                let mails = (try? String(contentsOfFile: mail, encoding: .utf8)) ?? ""
                #expect(mails.split(separator: "\n").count == 1, "\(mails)")
                #expect(!FileManager.default.fileExists(atPath: folder + "/bout/dmp"), "no INS, no DMP")
            }
        }
    }

    @Test func `certificates are read again, a wrong one is refused and the old one stays`() async throws {
        try await withCertificates { made in
            let armour = try ReloadingArmour(made.settings("instrument"), listening: false, at: "pfi.tls")
            #expect(try !armour.reload(made.settings("instrument")))
            #expect(try armour.reload(made.settings("host")))
            var wrong = try made.settings("host")
            wrong.key = Array("nothing".utf8)
            var refusal: Refusal?
            do throws(Refusal) { _ = try armour.reload(wrong) } catch { refusal = error }
            #expect(refusal?.code == "line.tls.key")
            #expect(armour.expiresAt != nil)
        }
    }

    @Test func `a certificate that ends stands in status and before the deliveries, not in the log only`()
        async throws
    {
        try await RunningLaboratory.open(more: { laboratory in
            // Made for two days.
            _ = try TestCertificates(in: laboratory.folder.appending(path: "tls"))
            return """
                pfi: { address: "127.0.0.1:1", sendingFacility: "L", receivingFacility: "P", processing: "T",
                  tls: { certificate: "tls/instrument.pem", key: "tls/instrument.key",
                    authorities: "tls/authority.pem" } },
                """
        }) { _ in
            []
        } _: { laboratory in
            let alarm = "ALARME : le certificat de pfi.tls expire dans 1 jour(s)"
            for words in [["status"], ["deliveries"], ["status", "--json"]] {
                let ran = try await laboratory.tool.run(words: words)
                #expect(ran.code == 0 && ran.output.contains(alarm), "\(words) \(ran)")
            }
        }
    }

    @Test func `a certificate that ends is told in time`() throws {
        let now = Instant(seconds: 1_795_344_120)
        func words(_ days: Int64) -> String? {
            CertificateAlarm.text("pfi.tls", expiresAt: now.advanced(by: .seconds(days * 86_400)), now: now)
        }
        #expect(words(31) == nil && words(30) == nil)
        #expect(words(29)?.contains("29 jour(s)") == true)
        #expect(words(-1)?.contains("a expiré") == true)
        #expect(CertificateAlarm.text("pfi.tls", expiresAt: nil, now: now) == nil)
    }
}

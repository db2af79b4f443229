import Analyzers
import Base
import Client
import Drivers
import Foundation
import LIS01
import Laboratory
import Lines
import Server
import Store
import Synchronization
import Testing
import Workflow

@testable import API

/// Remembers what it was told.
private final class ToldControl: AnalyzerControl {
    private let told = Mutex<[String]>([])
    var all: [String] { told.withLock { $0 } }
    func operate(
        _ operation: LineOperation, _ name: String, reason: String, by author: Author
    ) async throws(CommandFailure) {
        told.withLock { $0.append("\(operation.rawValue) \(name) \(reason) \(author.login)") }
    }
    func replay(
        _ messageID: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> ReplayOutcome {
        told.withLock { $0.append("replay \(messageID) \(reason) \(author.login)") }
        throw .refused(Refusal("replay.nothing", because: "rien", remedy: "rien"))
    }
    func reload(reason: String, by author: Author) async throws(CommandFailure) -> ReloadView {
        told.withLock { $0.append("reload \(reason) \(author.login)") }
        return ReloadView(added: [], removed: [], restarted: [], redriven: [], unchanged: ["xn"], remarks: [])
    }
    func map(_ triageID: String, _ body: MapBody, by author: Author) async throws(CommandFailure) -> MappingView {
        told.withLock { $0.append("map \(triageID) \(body.analysis) \(body.reason) \(author.login)") }
        return MappingView(
            analyzer: "xn", code: "c", analysis: body.analysis, messages: 0, observations: 0, controls: 0, waiting: 0,
            refused: [])
    }
}

@Suite struct `Sessions and accounts` {
    @Test func `a changed secret closes the earlier connections of the account, and no other`() async throws {
        try await APILaboratory.open { laboratory in
            let before = try await laboratory.signedIn(.technician)
            let other = try await laboratory.signedIn(.biologist)
            laboratory.clock.advance(.seconds(1))
            try await before.changeSecret(current: APILaboratory.secret, replacement: "une autre longue phrase")
            #expect(await refusal { _ = try await before.whoami() }?.code == "auth.token")
            _ = try await other.whoami()
            let after = try await laboratory.signedIn("technicien", secret: "une autre longue phrase")
            _ = try await after.whoami()
            // The administrator's replacement does the same.
            laboratory.clock.advance(.seconds(1))
            var change = AccountChange()
            change.secret = "celle de l'administrateur"
            _ = try await laboratory.signedIn(.administrator).changeAccount("technicien", change)
            #expect(await refusal { _ = try await after.whoami() }?.code == "auth.token")
            // Another change of the account closes nothing.
            let again = try await laboratory.signedIn("technicien", secret: "celle de l'administrateur")
            laboratory.clock.advance(.seconds(1))
            change = AccountChange()
            change.name = "Autre nom"
            _ = try await laboratory.signedIn(.administrator).changeAccount("technicien", change)
            _ = try await again.whoami()
        }
    }

    @Test func `what another site holds is not there, and administrators see lines, not patients' files`() async throws
    {
        try await APILaboratory.open { laboratory in
            let made = try await laboratory.readyToSign()
            let entry = TriageEntry(
                id: "t1", site: "nord", analyzer: "xn", messageID: "m1", ordinal: 0, reason: .unmappedCode,
                explanation: "x", at: laboratory.clock.now)
            let message = ReceivedMessage(
                id: "m1", site: "nord", analyzer: "xn", sessionID: "s1", ordinal: 0, at: laboratory.clock.now,
                text: [0x48], textHash: "h", complete: true)
            try await laboratory.store.append(
                [.triage(entry), .message(message)],
                note: AuditNote(site: "nord", author: "x", action: "x", subject: "x", at: laboratory.clock.now))
            let hash = try #require(try await laboratory.store.account("technicien")).secretHash
            let note = AuditNote(
                site: "sud", author: "x", action: "account.add", subject: "x", at: laboratory.clock.now)
            for (login, role) in [("sud", Role.technician), ("sudadmin", .administrator)] {
                try await laboratory.store.append(
                    [.account(Account(login: login, site: "sud", name: login, role: role, secretHash: hash))],
                    note: note)
            }
            let patient = try await laboratory.desk.request(made.request.number).patientID
            let paths = [
                "/v1/patients/\(patient)", "/v1/requests/\(made.request.number)", "/v1/bio/\(made.request.number)",
                "/v1/reports?request=\(made.request.number)", "/v1/reports/story?request=\(made.request.number)",
                "/v1/triage/t1",
            ]
            let house = ["/v1/messages/m1", "/v1/sessions/s1"]
            for (login, ofFiles, ofHouse) in [("technicien", 200, 200), ("sud", 404, 404), ("sudadmin", 403, 200)] {
                let client = try await laboratory.signedIn(login)
                for path in paths + house {
                    let expected = house.contains(path) ? ofHouse : ofFiles
                    #expect(try await client.raw("GET", path, body: nil).status == expected, "\(login) \(path)")
                }
            }
            #expect(try await laboratory.signedIn("sud").messages().isEmpty)
            #expect(try await laboratory.signedIn("technicien").messages().map(\.id) == ["m1"])
        }
    }
}

@Suite struct `Analyzers through the API` {
    @Test func `an operation reaches the analyzer with its reason and author`() async throws {
        try await APILaboratory.open { laboratory in
            let control = ToldControl()
            let api = LaboratoryAPI(
                desk: laboratory.desk, live: NoAnalyzers(), accounts: laboratory.api.accounts, control: control)
            let token = try await laboratory.stranger.login("technicien", secret: APILaboratory.secret).token
            func post(_ path: String, _ body: String) async -> Int {
                await api.respond(
                    to: LaboratoryAPI.Incoming(
                        method: "POST", target: path, authorization: "Bearer \(token)", peer: "p",
                        body: Array(body.utf8))
                ).status
            }
            for operation in LineOperation.allCases {
                #expect(await post("/v1/analyzers/xn/\(operation.rawValue)", #"{"reason":"essai"}"#) == 200)
            }
            #expect(await post("/v1/messages/m1/replay", #"{"reason":"pilote"}"#) == 422)
            #expect(await post("/v1/analyzers/reload", #"{"reason":"nouveau pilote"}"#) == 200)
            #expect(await post("/v1/triage/t1/map", #"{"analysis":"NA","reason":"notice"}"#) == 200)
            #expect(await post("/v1/analyzers/xn/explode", #"{"reason":"essai"}"#) == 404)
            #expect(await post("/v1/analyzers/xn/pause", "{}") == 400)
            #expect(
                control.all == [
                    "pause xn essai technicien", "resume xn essai technicien", "reconnect xn essai technicien",
                    "replay m1 pilote technicien", "reload nouveau pilote technicien",
                    "map t1 NA notice technicien",
                ])
        }
    }

    @Test func `the journal of a session is shown frame by frame`() async throws {
        try await APILaboratory.open { laboratory in
            let now = laboratory.clock.now
            let message = Array("H|\\^&\rL|1\r".utf8)
            let frames = Framing.frames(of: message, policy: .recordPerFrame)
            var facts: [Fact] = [
                .session(LinkSession(id: "s1", site: "nord", analyzer: "xn", peer: "p", openedAt: now))
            ]
            facts += frames.enumerated().map { n, frame in
                .frame(JournalFrame(sessionID: "s1", ordinal: n, at: now, bytes: frame))
            }
            try await laboratory.store.append(facts, note: nil)
            let client = try await laboratory.signedIn(.technician)
            let open = try await client.sessions(of: "xn")
            #expect(open.map(\.id) == ["s1"] && open[0].open && open[0].messages == 0)
            let received = ReceivedMessage(
                id: "m1", site: "nord", analyzer: "xn", sessionID: "s1", ordinal: 0, at: now, text: message,
                textHash: "h", complete: true)
            try await laboratory.store.append(
                [.message(received), .sessionEnd(SessionEnd(sessionID: "s1", at: now, reason: "ended"))], note: nil)
            let closed = try await client.sessions(of: "xn")
            #expect(closed.map(\.id) == ["s1"] && !closed[0].open && closed[0].bytes == message.count)
            let log = try await client.session("s1")
            #expect(log.frames.map(\.bytes) == frames)
            #expect(log.messages.map(\.text) == ["H|\\^&\nL|1\n"])
            #expect(await refusal { _ = try await client.session("s2") }?.code == "session.unknown")
            #expect(await refusal { _ = try await client.sessions(of: "zz") }?.code == "analyzer.unknown")
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Capturing a line` {
    @Test func `keeps every byte, answers as a laboratory, and is read by the driver of its sender`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "capture-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let start = ContinuousClock.now
        let capture = Task {
            try await LineCapture.run(
                line: "listen:127.0.0.1:0", to: path, sessions: 2,
                now: { Instant(seconds: 0).advanced(by: start.duration(to: .now)) }, listening: { bound.yield($0) },
                report: { _ in })
        }
        var port = 0
        for await value in ports {
            port = value
            break
        }
        let message = AnalyzerBench.results(of: "12345")
        let frames = Framing.frames(of: message, policy: .recordPerFrame)
        // The first session is cut by the end of its line; the second connection goes on in the same file.
        let first = try await RawInstrument(port: port)
        #expect(try await first.say([Control.enq]) == Control.ack)
        #expect(try await first.say(frames[0]) == Control.ack)
        await first.line.close()
        let second = try await RawInstrument(port: port)
        #expect(try await second.session(message).allSatisfy { $0 == Control.ack })
        let tally = try await capture.value
        #expect(tally.sessions == 2 && tally.refusals == 0)
        let kept = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let expected = [Control.enq] + frames[0] + [Control.enq] + frames.flatMap { $0 } + [Control.eot]
        #expect(kept == expected)
        #expect(tally.bytes == kept.count)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let library = try DriverLibrary.load(folders: DataFiles.drivers(AnalyzerBench.root + "/Drivers"))
        #expect(library.driver(recognising: kept)?.name == "roche-cobas-c311")
        // A capture is never written over.
        let again = await refusal {
            _ = try await LineCapture.run(
                line: "listen:127.0.0.1:0", to: path, now: { Instant(seconds: 0) }, report: { _ in })
        }
        #expect(again?.code == "capture.exists")
    }
}

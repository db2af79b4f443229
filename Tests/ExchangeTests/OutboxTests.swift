import Base
import Exchange
import HL7v2
import Laboratory
import Lines
import Neighbours
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(2))) struct `The outbox` {
    @Test func `passes over a message that nobody answers, and sends the others`() async throws {
        let bench = try Bench()
        let first = try await bench.signed(), second = try await bench.signed(), third = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await dispatch.makeReports()
            // On a machine that is slow enough it was looked at again, and sent after the others.
            let isDrained = try await dispatch.sendDue()
            let sent = try await [first, second, third].asyncMap { try await bench.deliveries($0)[0] }
            let kinds = sent.map(\.kinds)
            #expect(kinds[0].starts(with: [.attempted, .failed]) && isDrained == kinds[0].contains(.accepted))
            #expect(kinds[1].last == .accepted && kinds[2].last == .accepted, "\(kinds)")
            let kept = try keptFiles(folder).compactMap { NeighbourMessage($0)?.controlID }
            #expect(kept.count == pfi.tally.stored)
            #expect(Array(kept.prefix(2)) == [sent[1].delivery.controlID, sent[2].delivery.controlID])
        }
    }

    @Test func `keeps version 2 until version 1 was answered`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            try await bench.sign(request, "4.4")
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue(), "version 1 waits, version 2 behind it")
            #expect(pfi.tally.stored == 0)
            #expect(try await bench.dispatch(to: pfi.port).sendDue())
            let kept = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(kept.map { $0.first("ORC", 1) } == ["NW", "RO"])
            #expect(text("\(folder)/bout/dmp/279035121518989/registre.tsv").contains("Deprecated"))
        }
    }

    @Test(arguments: [PFIAnswer.late, .twice, .halfAnswer])
    func `an answer late, double or cut leaves one message with the PFI`(_ answer: PFIAnswer) async throws {
        let bench = try Bench()
        _ = try await bench.signed()
        let second = try await bench.signed()
        var policy = PFIPolicy(answers: [answer, .accept])
        policy.lateBy = .milliseconds(2500)
        try await withPFI(policy) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let patient = bench.dispatch(to: pfi.port)
            #expect(try await eventually { try await patient.sendDue() })
            #expect(pfi.tally.stored == 2)
            #expect(try keptFiles(folder).count == 2)
            #expect(try await bench.deliveries(second)[0].kinds.last == .accepted)
        }
    }

    @Test func `takes the other PFI for what surely never left, and for nothing else`() async throws {
        let bench = try Bench()
        let doubtful = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence])) { mute, _ in
            let impatient = bench.dispatch(to: mute.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            _ = try await impatient.sendDue()
        }
        let clear = try await bench.signed()
        try await withPFI { backup, _ in
            var settings = bench.settings(try await closedPort())
            settings.backup = PFISettings.Endpoint(host: "127.0.0.1", port: backup.port)
            settings.backupAfter = .zero
            let dispatch = ReportDispatch(desk: bench.desk, pfi: settings, log: { _ in })
            try await dispatch.makeReports()
            for _ in 0..<3 { _ = try await dispatch.sendDue() }
            #expect(backup.tally.stored == 1)
            #expect(try await bench.deliveries(clear)[0].kinds.last == .accepted)
            let kinds = try await bench.deliveries(doubtful)[0].kinds
            #expect(kinds.contains(.failed) && !kinds.contains(.accepted), "\(kinds)")
        }
    }

    @Test func `a PFI that takes the line and answers nothing is away: what never left goes by the other`()
        async throws
    {
        let bench = try Bench()
        let bound = try await bench.signed(), free = try await bench.signed(), later = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence])) { mute, _ in
            try await withPFI { backup, _ in
                var settings = bench.settings(mute.port, waiting: .milliseconds(1500))
                settings.backup = PFISettings.Endpoint(host: "127.0.0.1", port: backup.port)
                settings.backupAfter = .milliseconds(300)
                let dispatch = ReportDispatch(desk: bench.desk, pfi: settings, log: { _ in })
                try await dispatch.makeReports()
                _ = try await dispatch.sendDue()
                // Two seconds later the one that may have arrived goes again, to the same one only.
                _ = try await eventually {
                    _ = try await dispatch.sendDue()
                    return try await bench.deliveries(bound)[0].kinds.count >= 4
                }
                let kinds = try await [bound, free, later].asyncMap { try await bench.deliveries($0)[0].kinds }
                #expect(kinds[0] == [.attempted, .failed, .attempted, .failed], "\(kinds[0])")
                #expect(kinds[1].last == .accepted && kinds[2].last == .accepted, "\(kinds)")
                #expect(!kinds[1].contains(.failed) && !kinds[2].contains(.failed))
                #expect(backup.tally.stored == 2 && mute.tally.received == 2)
            }
        }
    }

    @Test func `of two PFIs that are away the one that comes back is used, whichever it is`() async throws {
        let bench = try Bench()
        let given = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.silence] + Array(repeating: .accept, count: 9))) { pfi, _ in
            var settings = bench.settings(pfi.port, waiting: .milliseconds(1500))
            // Nobody listens there.
            settings.backup = PFISettings.Endpoint(host: "127.0.0.1", port: 1)
            settings.backupAfter = .milliseconds(300)
            let dispatch = ReportDispatch(desk: bench.desk, pfi: settings, log: { _ in })
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            // What might have been a probe is given up.
            try await dispatch.perform(
                ReleaseAct(.abandon, reason: "essai", deliveryID: try await bench.deliveries(given)[0].delivery.id),
                on: given.number, by: Bench.biologist)
            let next = try await bench.signed()
            try await dispatch.makeReports()
            _ = try await eventually { try await dispatch.sendDue() }
            let kinds = try await bench.deliveries(next)[0].kinds
            #expect(kinds.last == .accepted && kinds.contains(.unreached), "\(kinds)")
        }
    }

    @Test func `a crash at each write still gives the PFI each version once`() async throws {
        for failing in 1...5 {
            let bench = try Bench()
            let request = try await bench.signed()
            try await withPFI { pfi, folder in
                await bench.store.fail(write: bench.store.writes + failing, fault: .nothingKept)
                for _ in 0..<3 {
                    // A new one each time: what was in memory is gone.
                    let dispatch = bench.dispatch(to: pfi.port)
                    try? await dispatch.makeReports()
                    _ = try? await dispatch.sendDue()
                }
                let files = try keptFiles(folder)
                #expect(files.count == 1, "write \(failing)")
                #expect(try await bench.deliveries(request)[0].kinds.last == .accepted, "write \(failing)")
                #expect(try await AuditChain.verify(store: bench.store).isSound)
            }
        }
    }

    @Test func `many reports leave in their order, each once`() async throws {
        let bench = try Bench()
        for _ in 0..<40 { _ = try await bench.signed() }
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            for _ in 0..<3 { try await dispatch.makeReports() }
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.received == 40 && pfi.tally.stored == 40)
            let sent = try keptFiles(folder).compactMap { NeighbourMessage($0)?.controlID }
            let made = try await bench.store.deliveries(site: nil, requestID: nil, limit: 99)
            #expect(sent == made.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }.map(\.controlID))
            #expect(try await AuditChain.verify(store: bench.store).isSound)
        }
    }

    @Test func `over several lines each report leaves once`() async throws {
        let bench = try Bench()
        var requests = [Request]()
        for _ in 0..<20 { requests.append(try await bench.signed()) }
        try await withPFI { pfi, _ in
            var settings = bench.settings(pfi.port, waiting: .seconds(20))
            settings.lines = 4
            let dispatch = ReportDispatch(desk: bench.desk, pfi: settings, log: { _ in })
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.received == 20 && pfi.tally.stored == 20)
            for request in requests {
                #expect(try await bench.deliveries(request).map(\.kinds) == [[.attempted, .accepted]])
            }
            #expect(try await AuditChain.verify(store: bench.store).isSound)
        }
    }

    /// A peer whose second line is accepted by the system and read by nobody.
    @Test func `a PFI that serves one line at a time gets all of it by one line`() async throws {
        let bench = try Bench()
        for _ in 0..<12 { _ = try await bench.signed() }
        try await withPFI { pfi, _ in
            let gate = try await OneAtATime.start(before: pfi.port)
            var settings = bench.settings(gate.port, waiting: .milliseconds(1500))
            settings.lines = 2
            let said = Said()
            let dispatch = ReportDispatch(desk: bench.desk, pfi: settings, log: { said.add($0) })
            try await dispatch.makeReports()
            // What was left without an answer waits two seconds.
            _ = try await eventually { try await dispatch.sendDue() }
            #expect(pfi.tally.stored == 12)
            #expect(said.lines.filter { $0.contains("une seule ligne") }.count == 1)
            await gate.stop()
        }
    }

    @Test func `the alarm ends when nothing waits any more, whoever decided that`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let away = bench.dispatch(to: 1)
        try await away.makeReports()
        #expect(try await !away.sendDue())
        #expect(await away.alarms().count == 1)
        // What a later version overtakes is no refusal.
        try await bench.sign(request, "4.4")
        try await away.makeReports()
        #expect(try await bench.store.counts(site: nil).deliveriesRefused == 0)
        #expect(try await bench.deliveries(request).map(\.kinds.last) == [.abandoned, nil])
        #expect(await away.alarms().count == 1)
        try await away.perform(ReleaseAct(.hold, reason: "essai"), on: request.number, by: Bench.biologist)
        #expect(await away.alarms().isEmpty)
    }

    @Test func `a refusal says where and why to who may read it, and codes alone to the log`() throws {
        let ack = "MSH|^~\\&|PFI|L|SGL|L|20250310121501+0100||ACK^R01^ACK|P1|P|2.5|||||FRA|UNICODE UTF-8\r"
        func told(_ rest: String) throws -> RefusedMessage {
            RefusedMessage(try Acknowledgement(parsing: HL7v2.ReceivedMessage(Array((ack + rest).utf8))))
        }
        let full = try told(
            "MSA|AE|M1\rERR||PID^1^3^2^1|101^Required field missing^HL70357|E|DMPClosed^DMP fermé||trace 7|"
                + "INS de PAT-TROIS DOMINIQUE absent\rERR||OBX^4^5|207^x|E\r")
        #expect(
            full.words == "AE ; 101 champ obligatoire absent (Required field missing), en PID-3(2).1 ; "
                + "DMPClosed DMP fermé ; INS de PAT-TROIS DOMINIQUE absent ; trace 7 ; "
                + "207 erreur de l'application (x), en OBX[4]-5")
        #expect(full.codes == "AE 101 PID-3(2).1 DMPClosed 207 OBX[4]-5")
        // Words where a code should be stay out of the log.
        let odd = try told("MSA|AR|M1|PAT-TROIS inconnu\rERR||PAT-TROIS|DOMINIQUE PAT-TROIS^x|E|279035121518989\r")
        #expect(!odd.codes.contains("PAT") && !odd.codes.contains("2790") && odd.words.contains("DOMINIQUE"))
        #expect(try told("MSA|AR|M1|hors service\r").words == "AR ; hors service")
    }

    @Test func `nothing goes in clear beyond this machine`() async throws {
        func refused(_ host: String, _ isProtected: Bool) -> String? {
            do throws(Refusal) {
                try PFISettings.check(host: host, isProtected: isProtected, at: "pfi")
                return nil
            } catch { return error.code }
        }
        for host in [
            "192.168.1.10", "pfi.example.fr", "0.0.0.0", "127.pfi.example.org", "127.0.0.1.example.org",
            "127.0.0.256", "127.0.0", "127.0.0.", "128.0.0.1", "127.0.0.٣",
        ] {
            #expect(refused(host, false) == "pfi.clear" && refused(host, true) == nil)
        }
        for host in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] { #expect(refused(host, false) == nil) }
        let bench = try Bench()
        await #expect(throws: Refusal.self) {
            _ = try await AcknowledgementListener.start(
                host: "0.0.0.0", port: 0, desk: bench.desk, zone: .europeParis, log: { _ in })
        }
    }
}

/// A port of this machine where nobody listens.
func closedPort() async throws -> Int {
    let listener = try await LineListener.start()
    let port = listener.port
    await listener.stop()
    return port
}

extension Array where Element: Sendable {
    func asyncMap<T>(_ work: (Element) async throws -> T) async rethrows -> [T] {
        var out = [T]()
        for element in self { out.append(try await work(element)) }
        return out
    }
}

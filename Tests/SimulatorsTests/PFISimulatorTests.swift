import Base
import Foundation
import Lines
import Neighbours
import Synchronization
import Testing

/// A folder of its own, removed at the end.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simulators-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

func eventually(_ what: () async -> Bool) async -> Bool {
    for _ in 0..<6_000 {
        if await what() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await what()
}

/// A message of our own, with the parts that the PFI looks at.
func oru(
    _ id: String, dmp: Bool = true, recipients: [String] = [], without: String = "", comment: String = ""
) -> [UInt8] {
    var lines = [
        #"MSH|^~\&|SGL|LABO DES TILLEULS|PFI|LABO DES TILLEULS|20261122070000+0100||ORU^R01^ORU_R01|\#(id)|P|2.5"#
            + "|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2",
        "PID|1||4711^^^LABO DES TILLEULS^PI||ESSAI^UNE^^^^^L||19700101|F\(comment)",
        "PV1|1|N", "ORC|NW", "OBR|1|||11502-2^CR d'examens biologiques^LN",
        "OBX|1|ED|11502-2^CR d'examens biologiques^LN||^TEXT^XML^Base64^PGE+PC9hPg==||||||F",
    ]
    lines += recipients.map { "PRT||UC||RCT^Result Copies To^participation|||||||||||^^X.400^\($0)" }
    let yes = ["DESTDMP": dmp, "DESTMSSANTEPS": !recipients.isEmpty, "ACK_RECEPTION": true]
    for (index, code) in [
        "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE", "MODIF_CONF_CODE", "DESTDMP",
        "DESTMSSANTEPS", "DESTMSSANTEPAT", "ACK_RECEPTION", "ACK_LECTURE_MSS",
    ].enumerated() {
        let answer = yes[code] == true ? "Y" : "N"
        lines.append("OBX|\(index + 2)|CE|\(code)^x^MetaDMPMSS||\(answer)^^expandedYes-NoIndicator||||||F")
    }
    return Array(lines.filter { without.isEmpty || !$0.contains(without) }.map { $0 + "\r" }.joined().utf8)
}

/// The SGL's side of one exchange: MSA-1 and the whole answer; nil when none came within `limit`.
func exchange(
    _ line: Line, _ message: [UInt8], within limit: Duration = .seconds(10)
) async throws -> NeighbourMessage? {
    try await line.send(MLLPReader.block(message))
    return await nextMessage(line, within: limit)
}

/// MSA-1 of the answer; nil when there was none.
func code(_ line: Line, _ message: [UInt8], within limit: Duration = .seconds(10)) async -> String? {
    try? await exchange(line, message, within: limit)?.first("MSA", 1)
}

func nextMessage(_ line: Line, within limit: Duration = .seconds(10)) async -> NeighbourMessage? {
    var reader = MLLPReader()
    let deadline = ContinuousClock.now + limit
    while true {
        switch await line.next(within: deadline - .now) {
        case .bytes(let bytes):
            if let block = reader.read(bytes)?.first { return NeighbourMessage(block) }
        case .woken: continue
        case .timeReached, .ended: return nil
        }
    }
}

/// Which ZAM came, and how often the first one did.
private final class ZAMs: Sendable {
    private let seen = Mutex<(first: String?, ids: Set<String>, abouts: Set<String>, again: Int)>((nil, [], [], 0))
    /// True the very first time.
    func isFirst(_ id: String, _ about: String) -> Bool {
        seen.withLock { seen in
            let isFirst = seen.first == nil
            if seen.first == id { seen.again += 1 }
            seen.first = seen.first ?? id
            seen.ids.insert(id)
            seen.abouts.insert(about)
            return isFirst
        }
    }
    var all: (Set<String>, Set<String>, again: Int) { seen.withLock { ($0.ids, $0.abouts, $0.again) } }
}

func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".hl7") }.sorted()
}

@Suite(.timeLimit(.minutes(10))) struct `The PFI simulator` {
    /// Runs a PFI around the body.
    func withPFI(
        _ folder: String, zam: Int? = nil, _ policy: PFIPolicy = PFIPolicy(),
        _ body: (PFISimulator, Line) async throws -> Void
    ) async throws {
        var peer: (@Sendable () -> (host: String, port: Int)?)?
        if let zam { peer = { ("127.0.0.1", zam) } }
        let pfi = try await PFISimulator.start(
            folder: folder, zam: peer, policy: policy)
        let running = Task { await pfi.run() }
        let line = try await Line.dial(host: "127.0.0.1", port: pfi.port)
        try await body(pfi, line)
        await line.close()
        await pfi.stop()
        running.cancel()
        await running.value
    }

    @Test func `a message is stored as received, one a file, then answered AA`() async throws {
        try await withFolder { folder in
            try await withPFI(folder) { pfi, line in
                for n in 1...3 {
                    let sent = oru("SGL-00010\(n)")
                    let answer = try #require(try await exchange(line, sent))
                    #expect(answer.first("MSA", 1) == "AA")
                    #expect(answer.first("MSA", 2) == "SGL-00010\(n)")
                    #expect(answer.header(9) == "ACK^R01^ACK")
                    #expect(answer.header(3) == "PFI" && answer.header(5) == "SGL" && answer.header(12) == "2.5")
                    let stored = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/000\(n)-SGL-00010\(n).hl7"))
                    #expect(Array(stored) == sent)
                }
                #expect(pfi.tally.stored == 3)
            }
        }
    }

    @Test func `the same message again is answered AA and not stored twice, even after a restart`() async throws {
        try await withFolder { folder in
            try await withPFI(folder) { pfi, line in
                _ = try await exchange(line, oru("A1"))
                #expect(await code(line, oru("A1")) == "AA")
                #expect(pfi.tally.duplicates == 1)
            }
            try await withPFI(folder) { pfi, line in
                #expect(await code(line, oru("A1")) == "AA")
                #expect(pfi.tally.duplicates == 1 && pfi.tally.stored == 0)
                #expect(await code(line, oru("A2")) == "AA")
            }
            #expect(try files(folder) == ["0001-A1.hl7", "0002-A2.hl7"])
        }
    }

    @Test func `a control id used for another content is rejected`() async throws {
        try await withFolder { folder in
            try await withPFI(folder) { pfi, line in
                _ = try await exchange(line, oru("A1"))
                let answer = try await exchange(line, oru("A1", comment: "|other"))
                #expect(answer?.first("MSA", 1) == "AR")
                #expect(answer?.first("ERR", 2) == "MSH^1^10")
                #expect(pfi.tally.answeredAR == 1)
            }
            #expect(try files(folder) == ["0001-A1.hl7"])
            #expect(try files(folder + "/refused") == ["0001-A1.hl7"])
        }
    }

    @Test(arguments: [
        ("PID|", "AE", "100"), ("DESTDMP", "AE", "101"), ("OBX|1|", "AE", "101"),
    ])
    func `a message that lacks something is answered with its place and code`(
        without: String, code: String, table0357: String
    ) async throws {
        try await withFolder { folder in
            try await withPFI(folder) { _, line in
                let answer = try await exchange(line, oru("A1", without: without))
                #expect(answer?.first("MSA", 1) == code)
                #expect(answer?.first("ERR", 3).hasPrefix(table0357 + "^") == true)
                #expect(answer?.first("ERR", 4) == "E")
            }
            #expect(try files(folder) == [])
        }
    }

    @Test func `the policy is followed message by message, and a lost answer still stores`() async throws {
        try await withFolder { folder in
            let policy = try PFIPolicy("silence,lostAnswer,AE,AR,AA")
            try await withPFI(folder, policy) { pfi, line in
                // An answer to one of these would be taken for that of the next, and the last one would lack.
                for unanswered in 1...2 {
                    try await line.send(MLLPReader.block(oru("A1")))
                    #expect(await eventually { pfi.tally.unanswered == unanswered })
                }
                let stored = try files(folder)
                #expect(stored == ["0001-A1.hl7"])
                #expect(await code(line, oru("A1")) == "AA")
                #expect(await code(line, oru("A2")) == "AE")
                #expect(await code(line, oru("A2")) == "AR")
                #expect(await code(line, oru("A2")) == "AA")
                #expect(pfi.tally.received == 6 && pfi.tally.unanswered == 2 && pfi.tally.duplicates == 1)
            }
        }
        #expect(throws: Refusal.self) { _ = try PFIPolicy("AA,maybe") }
    }

    @Test func `bytes that are no HL7 break the connection, and the next one is served`() async throws {
        try await withFolder { folder in
            try await withPFI(folder) { pfi, line in
                #expect(await code(line, Array("bonjour".utf8)) == nil)
                let next = try await Line.dial(host: "127.0.0.1", port: pfi.port)
                #expect(await code(next, oru("A1")) == "AA")
                await next.close()
            }
        }
    }

    @Test func `ZAM Z01 and one Z02 a recipient come after AA, again until acknowledged`() async throws {
        try await withFolder { folder in
            let sgl = try await LineListener.start()
            var policy = PFIPolicy()
            policy.zamDelay = .milliseconds(10)
            policy.zamTimeOut = .milliseconds(200)
            try await withPFI(folder, zam: sgl.port, policy) { pfi, line in
                let told = ZAMs()
                let serving = Task {
                    for await zamLine in sgl.connections {
                        guard let zam = await nextMessage(zamLine) else { continue }
                        // The first gets no answer: it must come again, the same.
                        if told.isFirst(zam.controlID, "\(zam.event) \(zam.first("OBX", 4))") { continue }
                        let ack =
                            "MSH|^~\\&|SGL|L|PFI|L|20261122070000+0100||ACK^\(zam.event)^ACK|S1|P|2.6\r"
                            + "MSA|AA|\(zam.controlID)\r"
                        // A line that it gave up meanwhile: it comes again.
                        try? await zamLine.send(MLLPReader.block(Array(ack.utf8)))
                    }
                }
                _ = try await exchange(line, oru("A1", recipients: ["a@test.mssante.fr", "b@test.mssante.fr"]))
                #expect(await eventually { pfi.tally.zamAccepted == 3 && pfi.tally.zamPending == 0 })
                #expect(pfi.tally.zamUnanswered >= 1)
                serving.cancel()
                await sgl.stop()
                await serving.value
                let (ids, abouts, again) = told.all
                #expect(ids.count == 3 && again >= 1)
                #expect(abouts == ["Z01 A1", "Z02 A1"])
            }
        }
    }

    @Test func `no ZAM is sent when nobody asked for it`() async throws {
        try await withFolder { folder in
            var policy = PFIPolicy()
            policy.zamDelay = .zero
            try await withPFI(folder, zam: 9, policy) { pfi, line in
                _ = try await exchange(line, oru("A1", dmp: false))
                #expect(pfi.tally.zamPending == 0 && pfi.tally.stored == 1)
            }
        }
    }
}

@Suite struct `The MLLP reader of the neighbours` {
    @Test func `gives the same blocks byte by byte as whole`() {
        let stream =
            Array("noise".utf8) + MLLPReader.block([1, 2]) + [0x0D] + MLLPReader.block([])
            + MLLPReader.block([0x1C, 3])
        var whole = MLLPReader(), single = MLLPReader()
        let expected: [[UInt8]] = [[1, 2], [], [0x1C, 3]]
        #expect(whole.read(stream) == expected)
        #expect(stream.flatMap { single.read([$0]) ?? [] } == expected)
        #expect(whole.noise == 5 && single.noise == 5)
    }
}

@Suite struct `A PFI's scenario` {
    @Test func `says its answers, and an unknown key is refused by name`() throws {
        let text = #"{ name: "x", answers: ["silence", "AE", "AA"], outcome: "dmpClosed", zamDelayMilliseconds: 5 }"#
        let policy = try PFIPolicy(json5: Array(text.utf8), at: "x.json5")
        #expect(policy.answers == [.silence, .error, .accept])
        #expect(policy.outcome == .dmpClosed)
        #expect(policy.zamDelay == .milliseconds(5))
        let wrong = Array(text.replacing("outcome", with: "outcmoe").utf8)
        let refusal = #expect(throws: Refusal.self) { try PFIPolicy(json5: wrong, at: "x.json5") }
        #expect(refusal?.code == "scenario.key" && refusal?.place.contains("outcmoe") == true)
    }
}

import Base
import Client
import Foundation
import LIS01
import Lines
import SecureLines
import Synchronization
import Testing

@Suite(.serialized) struct `Lines over TLS` {
    private func withCertificates(_ body: (TestCertificates) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(try TestCertificates(in: folder))
    }

    private func read(_ line: Line, _ count: Int) async -> [UInt8] {
        var all = [UInt8]()
        while all.count < count, case .bytes(let bytes) = await line.next(within: .seconds(20)) { all += bytes }
        return all
    }

    @Test func `bytes cross both ways, and are not to be read on the way`() async throws {
        try await withCertificates { made in
            let listener = try await LineListener.start(armour: try made.host())
            let client = try await Line.dial(host: "127.0.0.1", port: listener.port, armour: try made.caller())
            var connections = listener.connections.makeAsyncIterator()
            let server = try #require(await connections.next())
            let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            async let sent: Void = client.send(block)
            #expect(await read(server, block.count) == block)
            try await sent
            try await server.send([6, 6, 6])
            #expect(await read(client, 3) == [6, 6, 6])
            await client.close()
            #expect(await server.next(within: .seconds(20)) == .ended(.closedByPeer))
            #expect(listener.refused.isEmpty)
            await server.close()
            await listener.stop()
        }
    }

    @Test func `the laboratory that dials refuses a certificate that its authorities did not sign`() async throws {
        try await withCertificates { made in
            let listener = try await LineListener.start(armour: try made.host("stranger"))
            let armour = try made.caller()
            let refused = await refusal {
                _ = try await Line.dial(host: "127.0.0.1", port: listener.port, armour: armour)
            }
            #expect(refused?.code == "line.tls.handshake" && refused?.place == "127.0.0.1", "\(refused as Any)")
            #expect(refused?.cause.contains("certificat que nos autorités ne reconnaissent pas") == true)
            #expect(await eventually { listener.refused == [.notSecure: 1] })
            await listener.stop()
        }
    }

    @Test func `a certificate for another name is refused, and taken when that name is the expected one`() async throws
    {
        try await withCertificates { made in
            let listener = try await LineListener.start(armour: try made.host("named"))
            func dial(_ name: String) async -> Refusal? {
                await refusal {
                    var settings = try made.settings(nil)
                    settings.serverName = name
                    let armour = try TLSArmour(settings, listening: false, at: "essai")
                    await (try await Line.dial(host: "127.0.0.1", port: listener.port, armour: armour)).close()
                }
            }
            let other = await dial("ailleurs.example")
            #expect(other?.cause == "pas d'accord TLS : le certificat porte un autre nom", "\(other as Any)")
            #expect(await dial("127.0.0.1")?.code == "line.tls.handshake")
            #expect(await dial("automate.laboratoire.example") == nil)
            await listener.stop()
        }
    }

    @Test func `the laboratory that listens asks for a certificate and says whom it refused and why`() async throws {
        try await withCertificates { made in
            let told = Mutex<[String]>([])
            let listener = try await LineListener.start(armour: try made.host(asks: true)) { refusal in
                told.withLock { $0.append(refusal.cause) }
            }
            // With TLS 1.3 the caller learns of it only when it reads.
            for (name, expected) in [(String?.none, 1), ("stranger", 2)] {
                let line = try? await Line.dial(
                    host: "127.0.0.1", port: listener.port, armour: try made.caller(name))
                if let line, case .bytes = await line.next(within: .seconds(20)) { Issue.record("\(name ?? "nobody")") }
                #expect(await eventually { listener.refused == [.notSecure: expected] })
            }
            #expect(
                told.withLock { $0 } == [
                    "pas d'accord TLS : aucun certificat présenté",
                    "pas d'accord TLS : certificat que nos autorités ne reconnaissent pas",
                ])
            let known = try await Line.dial(
                host: "127.0.0.1", port: listener.port, armour: try made.caller("instrument"))
            var connections = listener.connections.makeAsyncIterator()
            let server = try #require(await connections.next())
            try await server.send([6])
            #expect(await read(known, 1) == [6])
            #expect(listener.refused == [.notSecure: 2])
            await known.close()
            await server.close()
            await listener.stop()
        }
    }

    @Test func `an instrument in clear is refused at its first byte, whoever dialled`() async throws {
        try await withCertificates { made in
            let told = Mutex<[String]>([])
            let listener = try await LineListener.start(armour: try made.host()) { refusal in
                told.withLock { $0.append("\(refusal)") }
            }
            let plain = try await Line.dial(host: "127.0.0.1", port: listener.port)
            try await plain.send([Control.enq])
            // An alert may come first; never an acknowledgement.
            #expect(await read(plain, 1).first != Control.ack)
            #expect(await eventually { listener.refused == [.notSecure: 1] && listener.up == 0 })
            #expect(told.withLock { $0 }.first?.contains("le correspondant parle en clair") == true)
            await listener.stop()

            let clear = try await LineListener.start()
            let talking = Task {
                var connections = clear.connections.makeAsyncIterator()
                guard let line = await connections.next() else { return }
                try? await line.send([Control.enq])
                _ = await line.next(within: .seconds(20))
            }
            let armour = try made.caller()
            let refused = await refusal {
                _ = try await Line.dial(host: "127.0.0.1", port: clear.port, armour: armour)
            }
            #expect(refused?.cause == "pas d'accord TLS : le correspondant parle en clair", "\(refused as Any)")
            await talking.value
            await clear.stop()
        }
    }

    @Test func `files that do not go together are refused before anything listens`() async throws {
        try await withCertificates { made in
            func code(_ change: (inout TLSSettings) throws -> Void) async -> String? {
                await refusal {
                    var settings = try made.settings("host")
                    try change(&settings)
                    _ = try TLSArmour(settings, listening: true, at: "essai")
                }?.code
            }
            #expect(await code { _ in } == nil)
            #expect(await code { $0.key = try made.bytes("stranger.key") } == "line.tls.pair")
            #expect(await code { $0.key = nil } == "line.tls.pair")
            #expect(await code { $0.key = Array("rien".utf8) } == "line.tls.key")
            #expect(await code { $0.certificates = Array("rien".utf8) } == "line.tls.certificate")
            #expect(await code { $0.authorities = [] } == "line.tls.authorities")
            #expect(
                await code { settings in
                    settings.authorities = nil
                    settings.requiresClientCertificate = true
                } == "line.tls.authorities")
        }
    }

    @Test func `an analyzer sends over TLS, called by the laboratory and calling it`() async throws {
        let listening = try await CrashWorld.freePort()
        let called = try await CrashWorld.freePort()
        func files(_ more: String) -> String {
            "tls: { certificate: \"tls/host.pem\", key: \"tls/host.key\", authorities: \"tls/authority.pem\"\(more) }"
        }
        try await RunningLaboratory.open { laboratory in
            _ = try TestCertificates(in: laboratory.folder.appending(path: "tls"))
            return [
                "{ name: \"ecoute\", site: \"A\", driver: \"generic-lis2a2\", line: \"listen:127.0.0.1:\(listening)\", "
                    + "keepAlive: { idle: 20, interval: 5, count: 2 }, "
                    + files(", requireClientCertificate: true") + " }",
                "{ name: \"appelle\", site: \"A\", driver: \"generic-lis2a2\", line: \"tcp:127.0.0.1:\(called)\", "
                    + "backOff: { first: 20, longest: 200 }, \(files("")) }",
            ]
        } _: { laboratory in
            let made = try TestCertificates(in: laboratory.folder.appending(path: "instrument"))
            let message = AnalyzerBench.results(of: "12345")
            let stranger = try made.caller("instrument")
            let refused = await refusal {
                _ = try await Line.dial(host: "127.0.0.1", port: listening, armour: stranger)
            }
            #expect(refused?.code == "line.tls.handshake")
            #expect(
                try await eventually { try await laboratory.analyzer("ecoute")?.deviations == ["TLS refusé": 1] })
            #expect(laboratory.log.contains("automate ecoute : "))
            let known = try TLSArmour(try laboratory.tls("instrument"), listening: false, at: "instrument")
            let calling = RawInstrument(try await Line.dial(host: "127.0.0.1", port: listening, armour: known))
            #expect(try await calling.session(message).allSatisfy { $0 == Control.ack })
            #expect(try await eventually { try await laboratory.analyzer("ecoute")?.messages == 1 })

            let wrong = try await LineListener.start(port: called, armour: try made.host())
            #expect(
                try await eventually {
                    try await laboratory.analyzer("appelle")?.state.contains("nos autorités ne reconnaissent pas")
                        == true
                })
            await wrong.stop()
            let right = try await LineListener.start(
                port: called, armour: try TLSArmour(try laboratory.tls("instrument"), listening: true, at: "instrument")
            )
            var connections = right.connections.makeAsyncIterator()
            let answering = RawInstrument(try #require(await connections.next()))
            #expect(try await answering.session(message).allSatisfy { $0 == Control.ack })
            #expect(try await eventually { try await laboratory.analyzer("appelle")?.messages == 1 })
            await calling.line.close()
            await answering.line.close()
            await right.stop()
        }
    }
}

extension RunningLaboratory {
    /// A certificate of the laboratory's own authority.
    fileprivate func tls(_ name: String) throws -> TLSSettings {
        func bytes(_ file: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: "tls/" + file)))
        }
        var settings = TLSSettings()
        settings.certificates = try bytes(name + ".pem")
        settings.key = try bytes(name + ".key")
        settings.authorities = try bytes("authority.pem")
        return settings
    }
}

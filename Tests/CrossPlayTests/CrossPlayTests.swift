import Base
import Foundation
import LIS01
import Lines
import Testing

/// Ours against an implementation that is not ours, over TCP, both directions: the Python package astm-2025.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct `Cross-play with the Python package astm` {
    /// Messages as records of fields.
    static func messages(_ count: Int) -> [[[String]]] {
        (1...count).map { n in
            let results = (1...12).map { ["R", "\($0)", "T\($0)", "\(n * 10 + $0).5", "mmol/L", "", "N"] }
            return [["H", "x", "", "", "PEER\(n)"], ["P", "1", "PAT\(n)"], ["O", "1", "S\(n)", "", "GLU"]] + results
                + [["L", "1", "N"]]
        }
    }

    /// Without the header, whose delimiters are the writer's affair.
    private func records(_ text: [UInt8]) -> [[String]] {
        String(decoding: text, as: UTF8.self).split(separator: "\r").dropFirst()
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).map { String($0) } }
    }

    @Test(arguments: ["records", "bulk", "chunks"])
    func `its client sends, our link receives each message once`(_ mode: String) async throws {
        guard Peer.isThere("its client, \(mode)") else { return }
        let sent = Self.messages(5)
        let listener = try await LineListener.start()
        // H of that package: fields are written as given, so the delimiters stand as a field of their own.
        let given = sent.map { message in message.map { $0[0] == "H" ? ["H", "\\^&"] + $0.dropFirst(2) : $0 } }
        let text = String(decoding: try JSONEncoder().encode(given), as: UTF8.self)
        let peer = try Peer(["client", "\(listener.port)", mode], input: text)
        var connections = listener.connections.makeAsyncIterator()
        let line = try #require(await connections.next())
        var ours = Conversation(LinkSettings())
        try? await ours.run(over: line) { _ in false }
        #expect(ours.messages.map { records($0) } == sent.map { Array($0.dropFirst()) })
        #expect(ours.refused.isEmpty)
        #expect(ours.incomplete == 0)
        #expect(ours.stored >= 5)
        await line.close()
        await listener.stop()
        peer.stop()
    }

    @Test(arguments: ["recordPerFrame", "cut60", "wholeMessage"])
    func `our link sends, its server receives each message once`(_ framing: String) async throws {
        guard Peer.isThere("its server, \(framing)") else { return }
        let sent = Self.messages(5)
        let peer = try Peer(["server"])
        let port = try #require(await peer.line().flatMap { Int($0) })
        let line = try await Line.dial(host: "127.0.0.1", port: port)
        var settings = LinkSettings()
        settings.framing = try #require(FramePolicy(framing))
        var ours = Conversation(settings)
        for message in sent {
            let records = message.map { $0[0] == "H" ? "H|\\^&|||" + $0[4] : $0.joined(separator: "|") }
            let actions = ours.link.send(Array((records.joined(separator: "\r") + "\r").utf8), at: ours.now).actions
            try await ours.perform(actions, over: line)
        }
        try await ours.run(over: line) { $0.delivered.count + $0.failed.count == 5 }
        #expect(ours.delivered == [1, 2, 3, 4, 5])
        #expect(ours.failed.isEmpty)
        for message in sent {
            let printed = try #require(await peer.line())
            let got = try #require(try JSONSerialization.jsonObject(with: Data(printed.utf8)) as? [[Any]])
            let texts = got.dropFirst().map { $0.map { $0 as? String ?? "" } }
            #expect(Array(texts) == Array(message.dropFirst()))
        }
        await line.close()
        peer.stop()
    }
}

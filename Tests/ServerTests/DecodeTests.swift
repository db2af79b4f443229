import Foundation
import LIS01
import Testing

@Suite struct `Decoding what is damaged` {
    /// `decode --json` of these bytes, without a server.
    func decode(_ bytes: [UInt8]) async throws -> CommandLineTool.Ran {
        var ran: CommandLineTool.Ran?
        try await CommandLineTool.withHome(server: "http://127.0.0.1:1") { tool in
            let file = tool.home + "/session.astm"
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let drivers = APILaboratory.root.appendingPathComponent("Drivers").path
            ran = try await tool.run("decode", "--drivers", drivers, "--json", file)
        }
        return try #require(ran)
    }

    static let message = Array((#"H|\^&"# + "\rP|1\rO|1|T1||^^^K\rR|1|^^^K|4.2|mmol/L||N||F\rL|1|N\r").utf8)

    @Test func `a good session is read without a word`() async throws {
        let ran = try await decode(Framing.session(Framing.frames(of: Self.message, policy: .recordPerFrame)))
        #expect(ran.code == 0 && ran.complaint.isEmpty && ran.output.contains("\"4.2\""))
    }

    @Test func `a flipped bit is said on standard error, what was understood stands on standard output`() async throws {
        var frames = Framing.frames(of: Self.message, policy: .recordPerFrame)
        frames[3][10] ^= 1
        let ran = try await decode(Framing.session(frames))
        #expect(ran.code == 0 && ran.complaint.contains("checksumWrong"))
        #expect(ran.output.contains("\"messages\""))
    }

    @Test(arguments: [[UInt8](), Array("bonjour".utf8), [UInt8](repeating: 0xA5, count: 300)])
    func `what holds no message is refused with what to do`(_ bytes: [UInt8]) async throws {
        let ran = try await decode(bytes)
        #expect(ran.code == 1 && ran.complaint.contains("[decode.nothing]") && ran.complaint.contains("→"))
    }
}

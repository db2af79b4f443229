import Base
import Client
import Foundation
import Glibc
import Laboratory
import Synchronization
import TestSupport
import Testing

/// `paillasse serve` as a process of its own, with its configuration and drivers in a folder that the test may change,
/// and the command line that people use, signed in.
final class RunningLaboratory: Sendable {
    let folder: URL
    let drivers: String
    let apiPort: Int
    let tool: CommandLineTool
    private let program: URL
    private let server = Mutex<Child?>(nil)

    private init(_ shipped: [String]) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "paillasse-running-\(UUID().uuidString)")
        drivers = folder.appending(path: "drivers").path
        try FileManager.default.createDirectory(atPath: drivers, withIntermediateDirectories: true)
        let home = folder.appending(path: "home").path
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        program = try CrashWorld.builtProgram()
        apiPort = try await CrashWorld.freePort()
        tool = CommandLineTool(server: "http://127.0.0.1:\(apiPort)", home: home)
        for driver in shipped {
            try FileManager.default.createSymbolicLink(
                atPath: "\(drivers)/\(driver)", withDestinationPath: "\(CrashServer.root)/Drivers/\(driver)")
        }
    }

    /// Runs `body` with the server up and the command line signed in as a technician; `analyzers` gives the entries of
    /// that key once the folder is there, `more` other keys.
    static func open(
        drivers: [String] = ["generic-lis2a2"], more: (RunningLaboratory) throws -> String = { _ in "" },
        analyzers: (RunningLaboratory) throws -> [String],
        _ body: (RunningLaboratory) async throws -> Void
    ) async throws {
        let laboratory = try await RunningLaboratory(drivers)
        defer { laboratory.end() }
        try laboratory.configure(try analyzers(laboratory), more: try more(laboratory))
        let log = laboratory.folder.appending(path: "server.log").path
        let process = try Child(laboratory.program.path, ["serve", "--config", laboratory.file], log: log)
        laboratory.server.withLock { $0 = process }
        try await laboratory.signIn()
        try await body(laboratory)
    }

    /// Its configuration file.
    var file: String { folder.appending(path: "paillasse.json5").path }
    func configure(_ analyzers: [String], more: String = "") throws {
        let text = """
            { data: "data", listen: "127.0.0.1:\(apiPort)", catalogue: "\(CrashServer.root)/Catalog",
              drivers: "drivers",
              sites: [{ code: "A", name: "Laboratoire d'essai", finess: "290012345", phone: "+33298000000",
                address: { street: "1 quai", postalCode: "29200", city: "BREST" }, oidRoot: "1.2.250.1.999.1.29",
                director: { nationalID: "810100000014", family: "ESSAI", given: "Anne" } }],
              \(more) analyzers: [\(analyzers.joined(separator: ",\n"))] }
            """
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    private func signIn() async throws {
        let client = LaboratoryClient(server: try ServerAddress(tool.server))
        let isUp = await eventually {
            (try? await client.health()) != nil || !server.withLock { $0?.isRunning ?? false }
        }
        try #require(isUp && server.withLock { $0?.isRunning ?? false }, "\(log)")
        let secret = try String(contentsOf: folder.appending(path: "data/bootstrap-secret"), encoding: .utf8)
        let token = try await client.login("admin", secret: secret.trimmingCharacters(in: .newlines)).token
        _ = try await client.with(token: token).addAccount(
            AccountBody(login: "tech", name: "Tech", role: .technician, secret: APILaboratory.secret))
        let login = try await tool.run("login", "tech", "--secret-stdin", input: APILaboratory.secret + "\n")
        try #require(login.code == 0, "\(login)")
    }

    var log: String { (try? String(contentsOf: folder.appending(path: "server.log"), encoding: .utf8)) ?? "" }
    func signal(_ number: CInt) {
        if let pid = server.withLock({ $0?.pid }) { kill(pid, number) }
    }

    /// The state of one analyzer, as `analyzers --json` prints it.
    func analyzer(_ name: String) async throws -> AnalyzerView? {
        let ran = try await tool.run("analyzers", "--json")
        try #require(ran.code == 0, "\(ran)")
        return try JSONDecoder().decode([AnalyzerView].self, from: Data(ran.output.utf8)).first { $0.name == name }
    }

    /// A request of these analyses, received: its number and its tube.
    func tube(_ codes: String) async throws -> (request: String, accession: String) {
        let patient = try await tool.run(
            "patient", "add", "--name", "ESSAI", "--given", "Lucie", "--birth", "1979-03-28", "--sex", "F",
            "--birthplace", "75111")
        try #require(patient.code == 0, "\(patient)")
        let id = try word(after: "patient ", in: patient.output)
        let added = try await tool.run(
            "request", "add", "--patient", id, "--codes", codes, "--prescriber-rpps", "10009876543",
            "--prescriber-name", "CHARLES", "--prescriber-given", "Pascal")
        try #require(added.code == 0, "\(added)")
        let number = try word(after: "demande ", in: added.output)
        let shown = try await tool.run("request", "show", number, "--json")
        let accession = try #require(shown.output.firstMatch(of: /"accession"\s*:\s*"([^"]+)"/)).1
        let received = try await tool.run("specimen", "receive", String(accession))
        try #require(received.code == 0, "\(received)")
        return (number, String(accession))
    }
    private func word(after mark: String, in text: String) throws -> String {
        let tail = try #require(text.range(of: mark)).upperBound
        return String(text[tail...].prefix { !" ,\n".contains($0) })
    }

    private func end() {
        server.withLock { process in
            process?.end(SIGTERM)
            process = nil
        }
        try? FileManager.default.removeItem(at: folder)
    }
}

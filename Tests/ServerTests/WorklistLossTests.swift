import Base
import Client
import Foundation
import Glibc
import Laboratory
import Testing

/// UX section 6, disconnect in mid-entry, with real programs: the server is killed with its pid under the hand that
/// types, comes back, and what was typed goes to it with the version that it was typed over.
@Suite(.timeLimit(.minutes(10))) struct `The worklist that loses its server` {
    @Test func `keeps what is typed, refuses what must be written, and asks when somebody else wrote meanwhile`()
        async throws
    {
        let world = try await CrashWorld()
        do { try await work(in: world) } catch {
            await world.end()
            throw error
        }
        await world.end()
    }

    private func work(in world: CrashWorld) async throws {
        try world.startServer()
        try await world.waitUntilUp()
        let lea = try await people(of: world)
        let number = try await request(by: lea)
        try await CommandLineTool.withHome(server: "http://127.0.0.1:\(world.apiPort)") { tool in
            try await tool.signIn("tanguy")
            try await TmuxScreen.open(tool, width: 120, height: 36) { screen in
                try await type(on: screen, world, lea, number)
            }
        }
        let file = try await lea.request(number)
        func values(_ code: String) -> Set<String> {
            Set(file.observations.filter { $0.analysis == code }.map(\.value.frenchText))
        }
        #expect(values("K") == ["4,4", "4,3"] && values("CL") == ["98"])
        #expect(file.observations.count == 4)
    }

    private func type(
        on screen: TmuxScreen, _ world: CrashWorld, _ lea: LaboratoryClient, _ number: String
    ) async throws {
        #expect(try await screen.shows("CL", "140", "VERT"))
        try await screen.press("Tab", "Down", "4", ",", "3")
        #expect(try await screen.shows("4,3"))
        world.killServer()
        #expect(try await screen.shows("HORS LIGNE depuis", "lecture seule, 0 saisie(s) en attente"))
        try await screen.press("Enter")
        #expect(try await screen.shows("lecture seule, 1 saisie(s) en attente", "gardé, partira"))
        try await screen.press("9", "8", "Escape")
        #expect(try await screen.shows("98 …"))
        // What must be written at once is refused, and no form opens.
        try await screen.press("e")
        #expect(try await screen.shows("la liaison avec le serveur est coupée", "lecture seule"))
        #expect(try await !screen.text.contains("motif :"))
        // The screen sleeps while the server comes back and another person types the same cell.
        let pid = try #require(try await screen.pid)
        #expect(kill(pid, SIGSTOP) == 0)
        try world.startServer()
        try await world.waitUntilUp()
        var body = ResultBody(analysis: "K")
        body.value = "4.4"
        _ = try await lea.enter(number, body)
        #expect(kill(pid, SIGCONT) == 0)
        #expect(try await screen.shows("[CONF-01] Ligne modifiée par lea", "la mienne : 4,3", "au dossier : 4,4"))
        // Keys that follow a refusal at once are not taken.
        try await Task.sleep(for: .seconds(1))
        try await screen.press("m")
        #expect(try await screen.shows("K = 4,3 enregistré", "98 …"))
        try await screen.press("i", "Enter")
        #expect(try await screen.shows("CL = 98 enregistré"))
    }

    private func people(of world: CrashWorld) async throws -> LaboratoryClient {
        let first = try String(
            contentsOf: world.folder.appending(path: "data/bootstrap-secret"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let open = try world.client()
        let admin = open.with(token: try await open.login("admin", secret: first).token)
        for login in ["tanguy", "lea"] {
            _ = try await admin.addAccount(
                AccountBody(login: login, name: login, role: .technician, secret: APILaboratory.secret))
        }
        return open.with(token: try await open.login("lea", secret: APILaboratory.secret).token)
    }

    /// Three analyses of one tube, sodium typed.
    private func request(by lea: LaboratoryClient) async throws -> String {
        let patient = try await lea.addPatient(APILaboratory.patient())
        let made = try await lea.addRequest(APILaboratory.request(patient.id, ["NA", "K", "CL"]))
        for specimen in made.specimens { _ = try await lea.receive(specimen.accession, ReceiveBody()) }
        var body = ResultBody(analysis: "NA")
        body.value = "140"
        _ = try await lea.enter(made.request.number, body)
        return made.request.number
    }
}

import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `Reflex tests` {
    private func thyroid(_ bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["TSH"])
        try await bench.arrive(
            "m-" + made.request.number,
            [Bench.result("TSH", "12.50", of: made.specimens[0].accession, unit: "m[IU]/L")])
        return made
    }

    @Test func `are proposed once the result is technically valid, and added by a person`() async throws {
        let bench = try await Bench.withRules()
        let made = try await thyroid(bench)
        #expect(try await bench.desk.reflexes(of: made.request.number, by: Bench.technician).isEmpty)
        try await bench.validate(["TSH"], of: made)
        let proposed = try await bench.desk.reflexes(of: made.request.number, by: Bench.technician)
        #expect(proposed.map(\.state) == [.proposed] && proposed[0].finding.adds == ["T4L"])
        #expect(proposed[0].author == "system" && !proposed[0].reason.isEmpty)
        let lines = try await bench.store.request(made.request.id)?.lines.map(\.analysis)
        #expect(lines == ["TSH"])
        _ = try await bench.desk.decideReflex(
            "TSH-T4L", of: made.request.number, accept: true, reason: "d'accord", by: Bench.technician)
        let request = try #require(try await bench.store.request(made.request.id))
        #expect(request.lines.last == RequestLine(analysis: "T4L", origin: "reflexe:TSH-T4L@1"))
        let twice = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.decideReflex(
                "TSH-T4L", of: made.request.number, accept: false, reason: "refusé par le patient", by: Bench.technician
            )
        }
        #expect(twice == "reflex.closed")
    }

    @Test func `that wait for a decision are told to the biologist, and not signed by lot`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("TSH")
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        func told() async throws -> [SignObstacle] {
            try await bench.desk.fileToSign(made.request.number).obstacles.filter { $0.kind == .reflex }
        }
        let words =
            "examen réflexe à décider : T4L (TSH-T4L@1 : TSH hors de son intervalle : T4 libre ; volume restant et "
            + "cotation à vérifier)"
        #expect(try await told().map(\.frenchText) == [words])
        #expect(try await told().map(\.rule) == ["TSH-T4L@1"])
        let queue = try await bench.desk.awaitingSignature(site: "nord", limit: 9)
        #expect(queue.map(\.lane) != [.proposable])
        _ = try await bench.desk.decideReflex(
            "TSH-T4L", of: made.request.number, accept: false, reason: "T4L d'hier", by: Bench.biologist)
        #expect(try await told().isEmpty)
    }

    @Test func `that nobody decided on before the signature keep the file in the queue`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("TSH")
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        func open() async throws -> [String] {
            try await bench.desk.openReflexes(by: Bench.technician).flatMap { request, entries in
                entries.map { "\(request.number) \($0.finding.rule.id)" }
            }
        }
        #expect(try await open() == ["\(made.request.number) TSH-T4L"])
        try await bench.sign(made)
        #expect(try await open() == ["\(made.request.number) TSH-T4L"])
        let queue = try await bench.desk.awaitingSignature(site: "nord", limit: 9)
        #expect(queue.map(\.request.number) == [made.request.number])
        #expect(queue.first?.obstacles.map(\.kind) == [.reflex])
        let again = await refusal { () throws(CommandFailure) in
            let file = try await bench.desk.fileToSign(made.request.number)
            _ = try await bench.desk.sign(
                made.request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
        }
        #expect(again == "sign.reflex")
        _ = try await bench.desk.decideReflex(
            "TSH-T4L", of: made.request.number, accept: false, reason: "T4L d'hier", by: Bench.technician)
        #expect(try await open().isEmpty)
        #expect(try await bench.desk.awaitingSignature(site: "nord", limit: 9).isEmpty)
    }

    @Test func `that were refused are not proposed again`() async throws {
        let bench = try await Bench.withRules()
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        _ = try await bench.desk.decideReflex(
            "TSH-T4L", of: made.request.number, accept: false, reason: "T4L d'hier", by: Bench.biologist)
        try await bench.arrive(
            "again", [Bench.result("TSH", "13.00", of: made.specimens[0].accession, unit: "m[IU]/L")])
        try await bench.validate(["TSH"], of: made)
        let entries = try await bench.desk.reflexes(of: made.request.number, by: Bench.technician)
        #expect(entries.map(\.state) == [.proposed, .refused])
    }

    @Test func `do nothing before a biologist stands for the rule`() async throws {
        let bench = try await Bench.withRules(approving: false)
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        #expect(try await bench.desk.reflexes(of: made.request.number, by: Bench.technician).isEmpty)
    }

    @Test func `are added by themselves where the policy says so`() async throws {
        let bench = try await Bench.withRules(policy: { $0.replacing("\"proposer\" }", with: "\"ajouter\" }") })
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        let request = try #require(try await bench.store.request(made.request.id))
        #expect(request.lines.last?.origin == "reflexe:TSH-T4L@1")
        let specimens = try await bench.store.specimens(requestID: request.id)
        #expect(specimens.contains { $0.analyses.contains("T4L") })
        #expect(
            try await bench.desk.reflexes(of: made.request.number, by: Bench.technician).map(\.state) == [.added])
        // Once per request: what meets the condition again asks for nothing more.
        try await bench.arrive(
            "again", [Bench.result("TSH", "13.00", of: made.specimens[0].accession, unit: "m[IU]/L")])
        try await bench.validate(["TSH"], of: made)
        #expect(
            try await bench.desk.reflexes(of: made.request.number, by: Bench.technician).map(\.state) == [.added])
        let lines = try #require(try await bench.store.request(made.request.id)).lines.map(\.analysis)
        #expect(lines.count { $0 == "T4L" } == 1)
    }

    private func send(_ value: String, to made: RegisteredRequest, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        try await bench.arrive(
            "m-\(value)-" + made.request.number,
            [Bench.result("TSH", value, of: made.specimens[0].accession, unit: "m[IU]/L")])
        try await bench.validate(["TSH"], of: made)
    }
    private func reject(_ made: RegisteredRequest, on bench: Bench) async throws {
        let all = try await bench.store.observations(requestID: made.request.id)
        let standing = try #require(all.filter { $0.analysis == "TSH" }.max { $0.run < $1.run })
        _ = try await bench.desk.reject(
            standing.id, of: made.request.number, reason: "erreur de pipetage", by: Bench.technician)
    }

    @Test func `whose result counts no more are proposed no more, and again with a result that asks for them`()
        async throws
    {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("TSH")
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        func open() async throws -> [ReflexEntry.State] {
            try await bench.desk.openReflexes(by: Bench.technician).flatMap(\.entries).map(\.state)
        }
        func told() async throws -> [ReflexEntry.State] {
            try await bench.desk.reflexes(of: made.request.number, by: Bench.technician).map(\.state)
        }
        func obstacles() async throws -> [SignObstacle.Kind] {
            try await bench.desk.fileToSign(made.request.number).obstacles.map(\.kind)
        }
        #expect(try await open() == [.proposed])
        try await reject(made, on: bench)
        #expect(try await told() == [.lapsed])
        try await send("2.00", to: made, on: bench)
        #expect(try await open().isEmpty)
        #expect(try await told() == [.lapsed])
        #expect(try await !obstacles().contains(.reflex))
        let refused = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.decideReflex(
                "TSH-T4L", of: made.request.number, accept: true, reason: "d'accord", by: Bench.biologist)
        }
        #expect(refused == "reflex.lapsed")
        #expect(try await bench.store.request(made.request.id)?.lines.map(\.analysis) == ["TSH"])
        try await reject(made, on: bench)
        try await send("12.00", to: made, on: bench)
        #expect(try await open() == [.proposed])
        #expect(try await obstacles().contains(.reflex))
    }

    @Test(arguments: [true, false]) func `that were added for a result that counts no more are kept, or taken off`(
        isKept: Bool
    ) async throws {
        let bench = try await Bench.withRules(policy: { $0.replacing("\"proposer\" }", with: "\"ajouter\" }") })
        try await bench.conformingControl("TSH")
        let made = try await thyroid(bench)
        try await bench.validate(["TSH"], of: made)
        func asked() async throws -> [String] {
            try #require(try await bench.store.request(made.request.id)).lines.map(\.analysis)
        }
        #expect(try await asked() == ["TSH", "T4L"])
        #expect(try await bench.desk.openReflexes(by: Bench.technician).isEmpty)
        try await reject(made, on: bench)
        try await send("2.00", to: made, on: bench)
        let open = try await bench.desk.openReflexes(by: Bench.technician).flatMap(\.entries)
        #expect(open.map(\.state) == [.added] && open.allSatisfy(\.isOrphan))
        let obstacle = try await bench.desk.fileToSign(made.request.number).obstacles.first { $0.kind == .reflex }
        #expect(obstacle?.frenchText.contains("plus aucun résultat validé ne le demande") == true)
        let entries = try await bench.desk.decideReflex(
            "TSH-T4L", of: made.request.number, accept: isKept, reason: "voulu par le clinicien", by: Bench.biologist)
        #expect(entries.map(\.state) == [.added, isKept ? .kept : .refused])
        #expect(try await asked() == (isKept ? ["TSH", "T4L"] : ["TSH"]))
        let tubes = try await bench.store.specimens(requestID: made.request.id)
        #expect(tubes.contains { $0.analyses.contains("T4L") } == isKept)
        #expect(try await bench.desk.openReflexes(by: Bench.technician).isEmpty)
    }

    @Test(arguments: [(30, ReflexEntry.State.added), (31, .proposed)])
    func `that the specimen is too old for are left to a person`(minutes: Int, state: ReflexEntry.State) async throws {
        let bench = try await Bench.withRules(
            cells: ["T4L": ["stabilite_h": "1"]],
            policy: { $0.replacing("\"proposer\" }", with: "\"ajouter\" }") })
        let made = try await thyroid(bench)
        // Collected half an hour before the reception.
        bench.clock.advance(.seconds(60 * minutes))
        try await bench.validate(["TSH"], of: made)
        let entries = try await bench.desk.reflexes(of: made.request.number, by: Bench.technician)
        #expect(entries.map(\.state) == [state])
        #expect(entries[0].reason.contains("T4L : stable 1 h, prélevé il y a 1 h") == (state == .proposed))
        #expect(entries[0].reason.contains("volume restant et cotation à vérifier"))
    }
}

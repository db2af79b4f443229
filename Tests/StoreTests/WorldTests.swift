import Base
import Laboratory
import Store
import Testing

/// The SQL stores against the model: the same random history told to both, every question asked of both.
@Suite struct WorldTests {
    @Test(arguments: [Stored.sqlite, .postgresql], [1, 2, 3] as [UInt64])
    func `a random history gets the same answers as the model`(kind: Stored, seed: UInt64) async throws {
        try await withStore(kind) { store in
            let model = MemoryStore()
            var world = World(seed: seed)
            for step in 0..<250 {
                let facts = world.append()
                let needsNote = facts.contains { $0.kind.alwaysAttested } || step % 3 == 0
                let note = needsNote ? Make.note("step.\(step)") : nil
                let expected = await failure(of: model, facts, note: note)
                let found = await failure(of: store, facts, note: note)
                // When several keys are taken at once, which is named first is each engine's own business.
                #expect((expected == nil) == (found == nil), "seed \(seed) step \(step): \(facts)")
            }
            try await compare(store, model, seed)
        }
    }

    private func compare(_ store: any LaboratoryStore, _ model: MemoryStore, _ seed: UInt64) async throws {
        func same<T: Equatable & Sendable>(
            _ name: String, _ ask: (any LaboratoryStore) async throws -> T
        ) async throws {
            let (found, expected) = (try await ask(store), try await ask(model))
            #expect(found == expected, "seed \(seed): \(name)")
        }
        for site in [nil, "S1", "S2", "S3"] as [String?] {
            try await same("counts \(site ?? "all")") { try await $0.counts(site: site) }
            try await same("technical") {
                try await $0.observationsAwaitingTechnicalValidation(site: site, limit: 20)
            }
            try await same("signature") { try await $0.requestsAwaitingSignature(site: site, limit: 20) }
            try await same("requests") { try await $0.requests(site: site, limit: 7) }
            try await same("open triage") { try await $0.triage(site: site, open: true, limit: 50) }
            try await same("all triage") { try await $0.triage(site: site, open: false, limit: 50) }
            try await same("deliveries") { try await $0.deliveries(site: site, requestID: nil, limit: 50) }
            for text in [nil, "d", "dU", "IPP-p1", "été", "z"] as [String?] {
                try await same("patients \(text ?? "-")") {
                    try await $0.patients(PatientSearch(site: site, text: text), limit: 5)
                }
            }
        }
        for n in 0..<World.size {
            try await same("patient") { try await $0.patientVersions("p\(n)") }
            try await same("request") { try await $0.request("r\(n)") }
            try await same("request number") { try await $0.request(number: "N-r\(n)") }
            try await same("specimens") { try await $0.specimens(requestID: "r\(n)") }
            try await same("observations") { try await $0.observations(requestID: "r\(n)") }
            try await same("events") { try await $0.observationEvents(requestID: "r\(n)") }
            try await same("signatures") { try await $0.signatures(requestID: "r\(n)") }
            try await same("reports") { try await $0.reports(requestID: "r\(n)") }
            try await same("deliveries of") { try await $0.deliveries(site: nil, requestID: "r\(n)", limit: 9) }
            try await same("delivery events") { try await $0.deliveryEvents("d\(n)") }
            try await same("frames") { try await $0.frames(sessionID: "s\(n)") }
            try await same("messages") { try await $0.messages(sessionID: "s\(n)") }
            try await same("previous") {
                try await $0.previousSigned(
                    patientID: "p\(n)", analyses: ["NA", "K"], before: Make.at(30), excludingRequest: "r1",
                    depth: 3)
            }
        }
        try await compareRegisters(store, model, seed)
        try await same("sessions") { try await $0.openSessions() }
        try await same("pending") { try await $0.messagesAwaitingInterpretation(limit: 10) }
        try await same("due") { try await $0.deliveriesDue(limit: 10) }
        try await same("without report") { try await $0.signaturesWithoutReport(limit: 10) }
        try await same("controls") { try await $0.controls(analyzer: nil, limit: 10) }
        try await same("newest messages") { try await $0.messages(analyzer: "a1", limit: 10) }
        try await same("trail") { try await $0.audit(after: 0, limit: 1000) }
        try await same("verdict") { try await AuditChain.verify(store: $0) }
        try await same("rows") { try await Set($0.attestedFacts(1...1000)) }
        #expect(try await AuditChain.verify(store: store).isSound)
    }
}

extension WorldTests {
    private func compareRegisters(_ store: any LaboratoryStore, _ model: MemoryStore, _ seed: UInt64) async throws {
        func same<T: Equatable & Sendable>(
            _ name: String, _ ask: (any LaboratoryStore) async throws -> T
        ) async throws {
            let (found, expected) = (try await ask(store), try await ask(model))
            #expect(found == expected, "seed \(seed): \(name)")
        }
        try await same("controlled assays") {
            try await $0.controlledAssays(site: "S1").map { "\($0.analyzer) \($0.analysis)" }
        }
        for site in ["S1", "S2"] {
            try await same("waiting assays") {
                try await $0.waitingAssays(site: site).map { "\($0.analyzer) \($0.analysis)" }
            }
        }
        for register in [Register.approval, .controlEvent, .catalogue] {
            for site in ["S1", "S2"] {
                try await same("register") { try await $0.register(register, site: site, limit: 7) }
                for n in 0..<World.size {
                    try await same("subject") { try await $0.register(register, site: site, subject: "x\(n)") }
                }
            }
        }
        for n in 0..<World.size {
            try await same("evaluations") { try await $0.evaluations(observationID: "o\(n)") }
            try await same("history") {
                try await $0.history(
                    patientID: "p\(n)", analysis: "K", from: Make.at(5), before: Make.at(40), limit: 3)
            }
            try await same("observations of an analyzer") {
                try await $0.observations(
                    analyzer: n == 0 ? "a1" : "x\(n)", analysis: "K", from: Make.at(5), through: Make.at(45))
            }
            try await same("controls") {
                try await $0.controls(
                    analyzer: "a\(n)", analysis: "K", from: Make.at(5), before: Make.at(45), limit: 3)
            }
        }
        var last: EvaluationRecord?
        repeat {
            let behind = last
            try await same("evaluations behind") {
                try await $0.evaluations(from: Make.at(3), before: Make.at(48), behind: behind, limit: 4)
            }
            last = try await model.evaluations(from: Make.at(3), before: Make.at(48), behind: behind, limit: 4).last
        } while last != nil
    }
}

/// Random facts over few identifiers, so that keys collide, versions come out of order and lists fill and empty.
private struct World {
    static let size = 8
    var random: PRNG
    init(seed: UInt64) { random = PRNG(seed: seed) }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    private mutating func id(_ prefix: String) -> String { "\(prefix)\(pick(World.size))" }
    private mutating func site() -> String { "S\(pick(2) + 1)" }
    private mutating func time() -> Int64 { Int64(pick(50)) }

    mutating func append() -> [Fact] { (0..<(pick(3) + 1)).map { _ in fact() } }

    private mutating func fact() -> Fact {
        switch pick(22) {
        case 0:
            let names = ["DUPONT", "Durand", "ÉTÉ", "D'Arc", "Zola"]
            return .patient(
                Make.patient(id("p"), version: pick(4) + 1, site: site(), name: names[pick(5)], used: names[pick(5)]))
        case 1:
            return .request(
                Make.request(
                    id("r"), version: pick(3) + 1, site: site(), patient: id("p"), at: time(),
                    priority: pick(2) == 0 ? .urgent : .routine))
        case 2: return .specimen(Make.specimen(id("t"), version: pick(3) + 1, request: id("r")))
        case 3: return .session(Make.session(id("s"), site: site(), at: time()))
        case 4: return .sessionEnd(SessionEnd(sessionID: id("s"), at: Make.at(time()), reason: "eot"))
        case 5: return .frame(Make.frame(id("s"), pick(6)))
        case 6:
            return .message(
                Make.message(id("m"), site: site(), session: id("s"), ordinal: pick(4), at: time()))
        case 7: return .outcome(Make.outcome(id("m")))
        case 8, 9:
            return .observation(
                Make.observation(
                    id("o"), site: site(), request: id("r"), patient: id("p"), analysis: pick(2) == 0 ? "K" : "NA",
                    run: pick(3) + 1, message: pick(2) == 0 ? id("m") : nil, ordinal: pick(3), observed: time(),
                    recorded: time()))
        case 10, 11:
            return .observationEvent(Make.event(id("o"), pick(3) + 1, pick(4) == 0 ? .rejected : .technicallyValidated))
        case 12: return .triage(Make.triage(id("t"), site: site(), message: id("m"), ordinal: pick(4), at: time()))
        case 13: return .triageResolution(Make.resolution(id("t")))
        case 14:
            return .signature(
                Make.signature(
                    id("sig"), site: site(), request: id("r"), version: pick(3) + 1, of: [id("o"), id("o")],
                    at: time()))
        case 15: return .report(Make.report(id("rep"), request: id("r"), signature: id("sig")))
        case 16:
            return .delivery(Make.delivery(id("d"), site: site(), report: id("rep"), request: id("r"), at: time()))
        case 17:
            return .register(
                Make.entry(
                    id("x"), pick(4) + 1, register: pick(2) == 0 ? .approval : .controlEvent, site: site(), at: time(),
                    content: id("c")))
        case 18: return .evaluation(Make.evaluation(id("o"), pick(3) + 1, at: time()))
        case 20:
            return .register(
                Make.entry(id("r"), pick(4) + 1, register: pick(2) == 0 ? .supplement : .remark, at: time()))
        case 19:
            return .control(
                Make.control(id("c"), analyzer: id("a"), message: id("m"), ordinal: pick(4), at: time()))
        case _:
            let kinds: [DeliveryEvent.Kind] = [.attempted, .accepted, .refused, .dmpAccepted, .mailRead]
            return .deliveryEvent(Make.event(of: id("d"), pick(5), kinds[pick(5)]))
        }
    }
}

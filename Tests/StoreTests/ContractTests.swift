import Base
import Laboratory
import Store
import Testing

/// One suite for every store: what the contract says of each question.
@Suite struct ContractTests {
    @Test(arguments: Stored.allCases) func `accounts are known by their latest version`(kind: Stored) async throws {
        try await withStore(kind) { store in
            try await store.append([.account(Make.account("bob")), .account(Make.account("alice"))], note: Make.note())
            try await store.append([.account(Make.account("bob", version: 2, enabled: false))], note: Make.note())
            #expect(try await store.account("bob") == Make.account("bob", version: 2, enabled: false))
            #expect(try await store.account("carol") == nil)
            #expect(try await store.accounts().map(\.login) == ["alice", "bob"])
            #expect(try await store.accounts().map(\.version) == [1, 2])
        }
    }

    @Test(arguments: Stored.allCases) func `a token is good until it is revoked`(kind: Stored) async throws {
        try await withStore(kind) { store in
            let token = AccessToken(hash: "aa", login: "bob", issuedAt: Make.at(0), expiresAt: Make.at(60))
            try await store.append([.account(Make.account("bob")), .token(token)], note: Make.note())
            #expect(try await store.token("aa") == token)
            #expect(try await store.token("bb") == nil)
            try await store.append([.tokenRevoked(hash: "aa", at: Make.at(5))], note: Make.note())
            #expect(try await store.token("aa") == nil)
        }
    }

    @Test(arguments: Stored.allCases) func `patients are found by name, used name, IPP and matricule`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            let ins = try INS("279036322015834")
            let patients = [
                Make.patient("p1", ipp: "1001", name: "LEFÈVRE", given: "ZOÉ"),
                Make.patient("p2", ipp: "1002", name: "Lefevre", given: "Anne"),
                Make.patient("p3", site: "S2", ipp: "2001", name: "D'ARC", used: "LE FLOCH"),
                Make.patient("p4", ipp: "1003", name: "MARTIN-PÊCHEUR", ins: ins),
            ]
            for patient in patients { try await store.append([.patient(patient)], note: Make.note()) }
            try await store.append(
                [
                    .patient(
                        Make.patient("p4", version: 2, ipp: "1003", name: "MARTIN-PÊCHEUR", used: "LEGRAND", ins: ins))
                ],
                note: Make.note())
            func find(_ text: String?, site: String? = nil, limit: Int = 10) async throws -> [String] {
                try await store.patients(PatientSearch(site: site, text: text), limit: limit).map(\.id)
            }
            #expect(try await find(nil) == ["p3", "p2", "p1", "p4"])
            #expect(try await find("lefe") == ["p2", "p1"])
            #expect(try await find("le") == ["p3", "p2", "p1", "p4"])
            #expect(try await find("le", limit: 1) == ["p3"])
            #expect(try await find("le", site: "S1") == ["p2", "p1", "p4"])
            #expect(try await find("d arc") == ["p3"])
            #expect(try await find("martin p") == ["p4"])
            #expect(try await find("100") == ["p2", "p1", "p4"])
            #expect(try await find("2 79 03 63 220 158 34") == ["p4"])
            #expect(try await find("2790363220158") == [])
            #expect(try await find("ARC") == [])
            #expect(try await find(nil, site: "S2") == ["p3"])
            #expect(try await store.patient("p4")?.usedName == "LEGRAND")
            #expect(try await store.patientVersions("p4").map(\.version) == [1, 2])
            #expect(try await store.patient("p9") == nil)
        }
    }

    @Test(arguments: Stored.allCases) func `requests and specimens are known by their latest version`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .request(Make.request("r1", number: "A", at: 10)),
                    .request(Make.request("r2", number: "B", at: 30)),
                    .request(Make.request("r3", site: "S2", number: "C", at: 20)),
                    .specimen(Make.specimen("t2")), .specimen(Make.specimen("t1")),
                    .specimen(Make.specimen("t3", request: "r2")),
                ], note: Make.note())
            let changed = Make.request("r1", version: 2, number: "A", at: 10, priority: .urgent)
            try await store.append(
                [.request(changed), .specimen(Make.specimen("t1", version: 2, received: 99))], note: Make.note())
            #expect(try await store.request("r1") == changed)
            #expect(try await store.request(number: "A") == changed)
            #expect(try await store.request(number: "Z") == nil)
            #expect(try await store.requests(site: nil, limit: 10).map(\.id) == ["r2", "r3", "r1"])
            #expect(try await store.requests(site: "S1", limit: 10).map(\.id) == ["r2", "r1"])
            #expect(try await store.requests(site: nil, limit: 1).map(\.id) == ["r2"])
            #expect(try await store.requests(ids: ["r3", "nope", "r1"]).map(\.id) == ["r3", "r1"])
            #expect(try await store.requests(ids: []).isEmpty)
            #expect(try await store.specimen("t1")?.version == 2)
            #expect(try await store.specimens(requestID: "r1").map(\.accession) == ["t1", "t2"])
            #expect(try await store.specimens(requestID: "r1").map(\.version) == [2, 1])
        }
    }

    @Test(arguments: Stored.allCases) func `what is critical comes first, then what is urgent, where a list is cut`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .request(Make.request("r1", at: 1)), .request(Make.request("r2", at: 2, priority: .urgent)),
                    .request(Make.request("r3", number: "C", at: 3)), .request(Make.request("r4", number: "D", at: 4)),
                ], note: Make.note())
            var alert = Make.observation("o3", request: "r3", recorded: 9)
            alert.holds = [Hold(.critical, "seuil d'alerte 6,0")]
            let beside = Make.observation("o4", request: "r3", analysis: "NA", recorded: 10)
            let called = Make.observation("o5", request: "r4", recorded: 11)
            let call = RegisterEntry(
                register: .criticalCall, site: "S1", subject: "o5", ordinal: 1, author: "maison", at: Make.at(12),
                body: "{}")
            try await store.append(
                [
                    .observation(Make.observation("o1", recorded: 1)),
                    .observation(Make.observation("o2", request: "r2", recorded: 2)),
                    .observation(alert), .observation(beside), .observation(called), .register(call),
                ], note: Make.note())
            func waiting(_ limit: Int, _ site: String? = nil) async throws -> [String] {
                try await store.observationsAwaitingTechnicalValidation(site: site, limit: limit).map(\.id)
            }
            // What stands beside a critical value comes with it.
            #expect(try await waiting(9) == ["o3", "o4", "o5", "o2", "o1"])
            #expect(try await waiting(3, "S1") == ["o3", "o4", "o5"])
            let all = ["o1", "o2", "o3", "o4", "o5"]
            try await store.append(all.map { .observationEvent(Make.event($0)) }, note: Make.note())
            #expect(try await store.requestsAwaitingSignature(site: "S1", limit: 9) == ["r3", "r4", "r2", "r1"])
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 2) == ["r3", "r4"])
        }
    }

    @Test(arguments: Stored.allCases) func `observations wait for the technician, then for the biologist`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [.request(Make.request("r1", at: 1)), .request(Make.request("r2", at: 2, priority: .urgent))],
                note: Make.note())
            let k = Make.observation("o1", message: "m1", ordinal: 0, recorded: 2)
            let na = Make.observation("o2", analysis: "NA", message: "m1", ordinal: 1, recorded: 1)
            let other = Make.observation("o3", site: "S2", request: "r2", recorded: 3, value: "<0.50")
            try await store.append([.observation(k), .observation(na), .observation(other)], note: Make.note())
            #expect(try await store.observation("o3") == other)
            #expect(try await store.observations(requestID: "r1").map(\.id) == ["o1", "o2"])
            func waiting(_ site: String? = nil) async throws -> [String] {
                try await store.observationsAwaitingTechnicalValidation(site: site, limit: 10).map(\.id)
            }
            // The urgent first: a list that is cut must not cut them off.
            #expect(try await waiting() == ["o3", "o2", "o1"])
            let first = try await store.observationsAwaitingTechnicalValidation(site: nil, limit: 1)
            #expect(first.map(\.id) == ["o3"])
            #expect(try await waiting("S2") == ["o3"])
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 10).isEmpty)
            try await store.append(
                ["o1", "o2", "o3"].map { .observationEvent(Make.event($0)) }, note: Make.note())
            #expect(try await waiting().isEmpty)
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 10) == ["r2", "r1"])
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 1) == ["r2"])
            try await store.append([.observationEvent(Make.event("o1", 2, .rejected))], note: Make.note())
            try await store.append(
                [.signature(Make.signature("sig1", request: "r2", of: ["o3"]))], note: Make.note())
            #expect(try await store.requestsAwaitingSignature(site: "S1", limit: 10) == ["r1"])
            try await store.append([.signature(Make.signature("sig2", of: ["o2"]))], note: Make.note())
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 10).isEmpty)
            let events = try await store.observationEvents(requestID: "r1")
            #expect(
                events.map { "\($0.observationID) \($0.ordinal) \($0.kind)" } == [
                    "o1 1 technicallyValidated", "o1 2 rejected", "o2 1 technicallyValidated",
                ])
        }
    }

    @Test(arguments: Stored.allCases) func `what waits for a signature comes in the order of its gravity`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            // The newest is the gravest: its age alone would cut it.
            let files: [(id: String, holds: [Hold.Code], comment: String?, analysis: String)] = [
                ("calm", [], nil, "NA"), ("bias", [.interferenceBias], nil, "NA"), ("doubted", [], nil, "CREA"),
                ("shown", [.noQualityControl], nil, "NA"), ("worded", [], "vu au microscope", "NA"),
                ("reason", [.noQualityControl, .delta], nil, "NA"), ("forbids", [.delta, .interference], nil, "NA"),
                ("unsure", [], nil, "NA"), ("critical", [.critical], nil, "NA"),
            ]
            var doubtful = Make.patient("p-unsure")
            doubtful.attributes = [.homonym]
            var facts: [Fact] = [.patient(doubtful)]
            for (place, file) in files.enumerated() {
                facts.append(
                    .request(
                        Make.request(
                            file.id, number: file.id, patient: "p-" + file.id, at: Int64(place))))
                var result = Make.observation(
                    "o-" + file.id, request: file.id, patient: "p-" + file.id, analysis: file.analysis)
                result.holds = file.holds.map { Hold($0, "essai") }
                result.comment = file.comment
                facts += [.observation(result), .observationEvent(Make.event(result.id))]
            }
            facts.append(.request(Make.request("urgent", number: "urgent", at: 90, priority: .urgent)))
            var late = Make.observation("o-urgent", request: "urgent", analysis: "NA")
            late.holds = [Hold(.noQualityControl, "essai")]
            facts += [.observation(late), .observationEvent(Make.event(late.id))]
            try await store.append(facts, note: Make.note())
            func order(_ limit: Int, _ doubted: Set<String> = []) async throws -> [String] {
                try await store.requestsAwaitingSignature(site: "S1", limit: limit, doubted: doubted)
            }
            let grave = ["critical", "urgent", "forbids", "unsure", "reason"]
            #expect(try await order(99) == grave + ["shown", "worded", "calm", "bias", "doubted"])
            // A control that was rejected since holds what was calm.
            #expect(
                try await order(99, ["CREA", "X"])
                    == [
                        "critical", "urgent", "forbids", "unsure", "doubted", "reason", "shown", "worded", "calm",
                        "bias",
                    ])
            #expect(try await order(5) == grave)
            #expect(try await store.requestsAwaitingSignature(site: nil, limit: 3) == Array(grave.prefix(3)))
        }
    }

    @Test(arguments: Stored.allCases) func `a signed file comes back when what its signature covers changed`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .patient(Make.patient("p1")), .request(Make.request("r1")), .specimen(Make.specimen("acc")),
                    .observation(Make.observation("o1")), .observationEvent(Make.event("o1")),
                    // Another file of the same patient, which nobody signed.
                    .request(Make.request("r2")), .observation(Make.observation("o2", request: "r2")),
                    .signature(Make.signature("s1", of: ["o1"])),
                ], note: Make.note())
            func waiting() async throws -> [String] { try await store.requestsAwaitingSignature(site: nil, limit: 9) }
            #expect(try await waiting().isEmpty)
            var moved = Make.patient("p1", version: 3, name: "AUTRE")
            moved.phone = "+33200000000"
            var doubted = moved
            (doubted.version, doubted.attributes) = (4, [.doubtful])
            var sure = moved
            sure.version = 5
            var prescribed = Make.request("r1", version: 2)
            prescribed.prescriber.nationalID = "810000000002"
            var hurried = prescribed
            (hurried.version, hurried.priority) = (3, .urgent)
            var clotted = Make.specimen("acc", version: 3, received: 9)
            clotted.nonconformity = "coagulé"
            let changes: [(name: String, fact: Fact, comesBack: Bool)] = [
                ("a name", .patient(Make.patient("p1", version: 2, name: "AUTRE")), true),
                ("a telephone number", .patient(moved), false), ("a doubt", .patient(doubted), true),
                ("its end", .patient(sure), true),
                ("a reception", .specimen(Make.specimen("acc", version: 2, received: 9)), false),
                ("a clot", .specimen(clotted), true), ("a prescriber", .request(prescribed), true),
                ("a priority", .request(hurried), false),
                ("a supplement", .register(Make.entry("r1", 1, register: .supplement)), true),
                ("a remark", .register(Make.entry("r1", 1, register: .remark)), true),
                ("a hold of the report", .register(Make.entry("r1", 1, register: .release)), false),
                ("a rejection", .observationEvent(Make.event("o1", 2, .rejected)), true),
            ]
            for (place, change) in changes.enumerated() {
                try await store.append([change.fact], note: Make.note())
                #expect(try await waiting() == (change.comesBack ? ["r1"] : []), "\(change.name)")
                #expect(try await store.counts(site: nil).awaitingSignature == (change.comesBack ? 1 : 0))
                #expect(try await store.requestsUnderReview(site: nil, limit: 9) == waiting())
                try await store.append(
                    [.signature(Make.signature("s\(place + 2)", version: place + 2, of: ["o1"]))], note: Make.note())
                #expect(try await waiting().isEmpty, "\(change.name), signed again")
            }
        }
    }

    @Test(arguments: Stored.allCases) func `the previous result is the last signed one of another request`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .observation(Make.observation("old", request: "r1", observed: 10)),
                    .observation(Make.observation("newer", request: "r2", observed: 20)),
                    .observation(Make.observation("unsigned", request: "r3", observed: 30)),
                    .observation(Make.observation("mine", request: "r4", observed: 35)),
                    .observation(Make.observation("late", request: "r5", observed: 50)),
                    .observation(Make.observation("na", request: "r1", analysis: "NA", observed: 10)),
                    .observation(Make.observation("his", request: "r6", patient: "p2", observed: 30)),
                    .signature(Make.signature("s1", request: "r1", of: ["old", "na"])),
                    .signature(Make.signature("s2", request: "r2", of: ["newer"])),
                    .signature(Make.signature("s4", request: "r4", of: ["mine"])),
                    .signature(Make.signature("s5", request: "r5", of: ["late"])),
                    .signature(Make.signature("s6", request: "r6", of: ["his"])),
                ], note: Make.note())
            let found = try await store.previousSigned(
                patientID: "p1", analyses: ["NA", "K", "CL"], before: Make.at(40), excludingRequest: "r4",
                depth: 1)
            #expect(found.map(\.id) == ["na", "newer"])
            let more = try await store.previousSigned(
                patientID: "p1", analyses: ["K", "NA"], before: Make.at(60), excludingRequest: "r4", depth: 2)
            #expect(more.map(\.id) == ["late", "newer", "na"])
        }
    }

    @Test(arguments: Stored.allCases) func `the journal gives back bytes and what is left to interpret`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            let first = Make.message("m1", at: 2)
            let second = Make.message("m2", analyzer: "a2", ordinal: 1, at: 1, text: "H|é\u{0}\r")
            try await store.append(
                [
                    .session(Make.session("s1", at: 5)), .session(Make.session("s2", at: 1)),
                    .frame(Make.frame("s1", 1)),
                ],
                note: nil)
            try await store.append([.frame(Make.frame("s1", 0, "")), .message(first)], note: nil)
            try await store.append([.message(second)], note: nil)
            #expect(try await store.openSessions().map(\.id) == ["s2", "s1"])
            try await store.append(
                [.sessionEnd(SessionEnd(sessionID: "s1", at: Make.at(9), reason: "eot"))], note: nil)
            #expect(try await store.openSessions() == [Make.session("s2", at: 1)])
            #expect(try await store.frames(sessionID: "s1") == [Make.frame("s1", 0, ""), Make.frame("s1", 1)])
            #expect(try await store.messages(sessionID: "s1") == [first, second])
            #expect(try await store.message("m2") == second)
            #expect(try await store.messagesAwaitingInterpretation(limit: 10) == [second, first])
            #expect(try await store.messagesAwaitingInterpretation(limit: 1) == [second])
            try await store.append([.outcome(Make.outcome("m1"))], note: Make.note())
            #expect(try await store.messagesAwaitingInterpretation(limit: 10) == [second])
            #expect(try await store.outcome(messageID: "m1") == Make.outcome("m1"))
            #expect(try await store.outcome(messageID: "m2") == nil)
            #expect(try await store.messages(analyzer: nil, limit: 10).map(\.id) == ["m1", "m2"])
            #expect(try await store.messages(analyzer: "a2", limit: 10).map(\.id) == ["m2"])
        }
    }

    @Test(arguments: Stored.allCases) func `a message sent again is told by its text`(kind: Stored) async throws {
        try await withStore(kind) { store in
            let hash = Make.message("x").textHash
            try await store.append(
                [
                    .message(Make.message("m1", ordinal: 0, at: 3)), .message(Make.message("m2", ordinal: 1, at: 2)),
                    .message(Make.message("m3", ordinal: 2, at: 1, complete: false)),
                    .message(Make.message("m4", analyzer: "a2", ordinal: 3)), .message(Make.message("m5", ordinal: 4)),
                    .outcome(Make.outcome("m1")), .outcome(Make.outcome("m2")), .outcome(Make.outcome("m3")),
                    .outcome(Make.outcome("m4")), .outcome(Make.outcome("m5", .duplicate)),
                ], note: Make.note())
            func find(_ excluding: String, _ analyzer: String = "a1") async throws -> String? {
                try await store.interpretedMessage(analyzer: analyzer, textHash: hash, excluding: excluding)
            }
            #expect(try await find("m9") == "m2")
            #expect(try await find("m2") == "m1")
            #expect(try await find("m4", "a2") == nil)
            #expect(try await store.interpretedMessage(analyzer: "a1", textHash: "ff", excluding: "") == nil)
            // One in triage as a whole counts once a replay has closed its entry, not when a person dismissed it.
            try await store.append(
                [
                    .message(Make.message("m6", analyzer: "a3", session: "s6")), .outcome(Make.outcome("m6", .triaged)),
                    .triage(Make.triage("t6", message: "m6")),
                    .message(Make.message("m7", analyzer: "a4", session: "s7")), .outcome(Make.outcome("m7", .triaged)),
                    .triage(Make.triage("t7", message: "m7")), .triageResolution(Make.resolution("t7")),
                ], note: Make.note())
            #expect(try await find("", "a3") == nil)
            #expect(try await find("", "a4") == nil)
            var replayed = Make.resolution("t6")
            replayed.kind = .attached
            try await store.append([.triageResolution(replayed)], note: Make.note())
            #expect(try await find("", "a3") == "m6")
        }
    }

    @Test(arguments: Stored.allCases) func `triage keeps what was closed and lists what is open`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .triage(Make.triage("t1", at: 2)), .triage(Make.triage("t2", ordinal: 0, at: 1)),
                    .triage(Make.triage("t3", site: "S2", ordinal: 1)),
                    .control(Make.control("c1", at: 1)),
                    .control(Make.control("c2", analyzer: "a2", ordinal: 1, at: 2)),
                ], note: Make.note())
            try await store.append([.triageResolution(Make.resolution("t2"))], note: Make.note())
            #expect(try await store.triage(site: nil, open: true, limit: 10).map(\.id) == ["t3", "t1"])
            #expect(try await store.triage(site: "S1", open: true, limit: 10).map(\.id) == ["t1"])
            #expect(try await store.triage(site: nil, open: false, limit: 10).map(\.id) == ["t3", "t2", "t1"])
            #expect(try await store.triage(site: "S1", open: false, limit: 10).map(\.id) == ["t2", "t1"])
            #expect(try await store.triageEntry("t1") == Make.triage("t1", at: 2))
            #expect(try await store.triageResolution("t2") == Make.resolution("t2"))
            #expect(try await store.triageResolution("t1") == nil)
            #expect(try await store.controls(analyzer: nil, limit: 10).map(\.id) == ["c2", "c1"])
            #expect(try await store.controls(analyzer: "a1", limit: 10).map(\.id) == ["c1"])
        }
    }

    @Test(arguments: Stored.allCases) func `signatures become reports, reports become deliveries`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append(
                [
                    .signature(Make.signature("b", version: 2, at: 2)),
                    .signature(Make.signature("a", version: 1, at: 1)),
                ],
                note: Make.note())
            #expect(try await store.signatures(requestID: "r1").map(\.id) == ["a", "b"])
            #expect(try await store.signaturesWithoutReport(limit: 10).map(\.id) == ["a", "b"])
            let report = Make.report("rep1", signature: "a")
            let delivery = Make.delivery("d1", at: 1)
            try await store.append([.report(report), .delivery(delivery)], note: Make.note())
            try await store.append(
                [.delivery(Make.delivery("d2", site: "S2", report: "rep2", request: "r2", at: 2))], note: Make.note())
            #expect(try await store.signaturesWithoutReport(limit: 10).map(\.id) == ["b"])
            #expect(try await store.report("rep1") == report)
            #expect(try await store.reports(requestID: "r1") == [report])
            #expect(try await store.delivery("d1") == delivery)
            #expect(try await store.delivery(controlID: "C-d1") == delivery)
            func list(_ site: String?, _ request: String?) async throws -> [String] {
                try await store.deliveries(site: site, requestID: request, limit: 10).map(\.id)
            }
            #expect(try await list(nil, nil) == ["d2", "d1"])
            #expect(try await list("S1", nil) == ["d1"])
            #expect(try await list(nil, "r2") == ["d2"])
            #expect(try await list("S1", "r2") == [])
            #expect(try await store.deliveriesDue(limit: 10).map(\.id) == ["d1", "d2"])
            let due = try await store.deliveriesDue(limit: 10)
            #expect(try await store.deliveriesDueHeads(limit: 10) == due.map(\.head))
            let memory = ReadingMemory()
            func messages(of ids: [String]) async throws -> [String: ArraySlice<UInt8>] {
                try await store.deliveryMessages(of: ids, between: [0x0B], and: [0x1C, 0x0D], in: memory)
            }
            let found = try await messages(of: ["d2", "d9", "d1"])
            func framed(_ message: [UInt8]) -> ArraySlice<UInt8> { [0x0B] + message + [0x1C, 0x0D] }
            let expected = ["d1": framed(delivery.message), "d2": framed(due[1].message)]
            #expect(found == expected)
            // The same memory again: what is still held stays whole.
            #expect(try await messages(of: ["d2"]) == ["d2": framed(due[1].message)])
            #expect(found == expected)
            try await store.append([.deliveryEvent(Make.event(of: "d1", 1, .attempted))], note: nil)
            try await store.append([.deliveryEvent(Make.event(of: "d1", 2, .failed))], note: nil)
            #expect(try await store.deliveriesDue(limit: 10).map(\.id) == ["d1", "d2"])
            try await store.append([.deliveryEvent(Make.event(of: "d1", 3, .accepted))], note: nil)
            try await store.append([.deliveryEvent(Make.event(of: "d2", 1, .refused))], note: nil)
            #expect(try await store.deliveriesDue(limit: 10).isEmpty)
            #expect(try await store.deliveryEvents("d1").map(\.kind) == [.attempted, .failed, .accepted])
            let both = try await store.deliveryEvents(of: ["d2", "d1", "d9"])
            #expect(both["d1"]?.map(\.ordinal) == [1, 2, 3] && both["d2"]?.count == 1 && both.count == 2)
            try await store.append([.inbound(Make.inbound("Z1"))], note: nil)
            #expect(try await store.inbound(source: "PFI", controlID: "Z1") == Make.inbound("Z1"))
            #expect(try await store.inbound(source: "RI", controlID: "Z1") == nil)
        }
    }

    @Test(arguments: Stored.allCases) func `what was refused on its way out is known by its request`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            try await store.append([.delivery(Make.delivery("d1", at: 1))], note: Make.note())
            try await store.append(
                [.delivery(Make.delivery("d2", site: "S2", report: "rep2", request: "r2", at: 2))], note: Make.note())
            for (n, kind) in [DeliveryEvent.Kind.attempted, .failed, .accepted].enumerated() {
                try await store.append([.deliveryEvent(Make.event(of: "d1", n + 1, kind))], note: nil)
            }
            #expect(try await store.requestsRefused(site: nil).isEmpty)
            try await store.append([.deliveryEvent(Make.event(of: "d2", 1, .refused))], note: nil)
            #expect(try await store.requestsRefused(site: nil) == ["r2"])
            #expect(try await store.requestsRefused(site: "S1").isEmpty)
            try await store.append([.deliveryEvent(Make.event(of: "d1", 4, .mailRefused))], note: Make.note())
            #expect(try await store.requestsRefused(site: nil) == ["r1", "r2"])
            // Given up; overtaken by the next version, but for what takes a report back.
            try await store.append([.deliveryEvent(Make.event(of: "d2", 2, .abandoned))], note: nil)
            try await store.append(
                [
                    .delivery(Make.delivery("d3", destination: "PFI retrait 1", at: 3)),
                    .delivery(Make.delivery("d4", report: "rep3", at: 4)),
                ], note: Make.note())
            #expect(try await store.requestsRefused(site: nil).isEmpty)
            try await store.append([.deliveryEvent(Make.event(of: "d3", 1, .dmpRefused))], note: Make.note())
            #expect(try await store.requestsRefused(site: "S1") == ["r1"])
            for (subject, isOwed) in [("r1", false), ("r2", true)] {
                var row = Make.entry(subject, register: .withheld)
                row.body = "[{\"destination\":\"DMP\",\"hasEarlier\":\(isOwed),\"reason\":\"x\",\"words\":\"y\"}]"
                try await store.append([.register(row)], note: Make.note())
            }
            #expect(try await store.requestsOwed(site: "S1") == ["r2"])
            #expect(try await store.requestsOwed(site: "S2").isEmpty)
            #expect(try await store.requestsKept(site: "S1").isEmpty)
            for (subject, register, body) in [
                ("r3", Register.withheld, "[{\"destination\":\"DMP\",\"reason\":\"OPPOSITION\"}]"),
                ("r4", .release, "{\"kind\":\"setAside\"}"), ("r5", .release, "{\"kind\":\"hold\"}"),
                ("r7", .release, "{\"kind\":\"withdraw\",\"reason\":\"x\"}"),
                ("r6", .supplement, "{\"summary\":\"OPPOSITION setAside\"}"),
            ] {
                var row = Make.entry(subject, register: register)
                row.body = body
                try await store.append([.register(row)], note: Make.note())
            }
            #expect(try await store.requestsKept(site: "S1") == ["r3", "r4"])
            #expect(try await store.requestsKept(site: "S2").isEmpty)
            #expect(try await store.requests(site: "S1", decided: .withdraw) == ["r7"])
            #expect(try await store.requests(site: "S2", decided: .withdraw).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `registers keep who decided what, in order, with its bytes`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            let first = Make.entry("analyse:NA", at: 10, content: "é")
            let second = Make.entry("analyse:NA", 2, at: 20)
            let other = Make.entry("analyse:K", at: 15)
            for entry in [first, second, other, Make.entry("analyse:NA", site: "S2")] {
                try await store.append([.register(entry)], note: Make.note())
            }
            #expect(try await store.register(.approval, site: "S1", subject: "analyse:NA") == [first, second])
            #expect(try await store.register(.approval, site: "S1", limit: 2) == [second, other])
            #expect(try await store.register(.catalogue, site: "S1", limit: 2).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `the history of a patient is what stands validated in the window`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            for (n, observed) in [(1, 10), (2, 20), (3, 30), (4, 40)] as [(Int, Int64)] {
                try await store.append(
                    [.observation(Make.observation("o\(n)", request: "r\(n)", observed: observed))],
                    note: Make.note())
            }
            for id in ["o1", "o2", "o3"] {
                try await store.append([.observationEvent(Make.event(id))], note: Make.note())
            }
            try await store.append([.observationEvent(Make.event("o3", 2, .rejected))], note: Make.note())
            func history(from: Int64, before: Int64, limit: Int = 9) async throws -> [String] {
                try await store.history(
                    patientID: "p1", analysis: "K", from: Make.at(from), before: Make.at(before), limit: limit
                ).map(\.id)
            }
            #expect(try await history(from: 0, before: 99) == ["o2", "o1"])
            #expect(try await history(from: 0, before: 99, limit: 1) == ["o2"])
            #expect(try await history(from: 10, before: 20) == ["o1"])
            #expect(try await history(from: 11, before: 20) == [])
        }
    }

    @Test(arguments: Stored.allCases) func `numbers of a series are never given twice`(kind: Stored) async throws {
        try await withStore(kind) { store in
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await store.nextNumber(of: "dossier") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.sorted() == Array(1...40))
            #expect(try await store.nextNumber(of: "autre") == 1)
        }
    }

    @Test(arguments: Stored.allCases) func `a closed store is unavailable`(kind: Stored) async throws {
        try await withStore(kind) { store in
            await store.close()
            await #expect(throws: StoreFailure.self) { try await store.accounts() }
            guard case .unavailable = await failure(of: store, [.inbound(Make.inbound("1"))], note: nil) else {
                Issue.record("an append on a closed store must be unavailable")
                return
            }
        }
    }
}

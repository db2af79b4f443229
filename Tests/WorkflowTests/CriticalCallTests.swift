import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `A critical value` {
    let bench: Bench
    let made: RegisteredRequest
    init() async throws {
        bench = try await Bench.withRules()
        made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "7.5", of: made.specimens[0].accession)])
    }

    private func attempt(_ outcome: CriticalCall.Outcome, _ person: String = "Mme Roy") -> CriticalCall.Attempt {
        CriticalCall.Attempt(
            at: bench.clock.now, caller: "", number: "0320000001", person: outcome == .unreachable ? "" : person,
            role: outcome == .unreachable ? "" : "infirmière", valueRead: outcome == .unreachable ? "" : "7,5",
            wasReadBack: outcome == .confirmed, outcome: outcome)
    }

    @Test func `opens a call with its timer, in the transaction that judged it`() async throws {
        let potassium = try await bench.observation("K", made)
        #expect(potassium.holds.contains { $0.code == .criticalCall })
        let open = try await bench.desk.openCalls(site: "nord")
        #expect(open.map(\.call.observationID) == [potassium.id])
        #expect(open[0].call.tier == .biologist && open[0].call.snapshot == potassium.value)
        #expect(open[0].call.dueAt == bench.clock.now.advanced(by: .seconds(900)))
        #expect(try await bench.soundTrail())
    }

    @Test func `told by a technician waits for the biologist, who closes it`() async throws {
        let id = try await bench.observation("K", made).id
        let told = try await bench.desk.recordCall(attempt(.confirmed), for: id, by: Bench.technician)
        #expect(told.call.state == .told && told.call.attempts.map(\.caller) == ["technicien"])
        let alone = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.closeCall(id, reason: "appel noté ailleurs", by: Bench.technician)
        }
        #expect(alone == "critical.call.tier")
        for nod in ["vu", "ok", "OK.", "ras", "…", "", "xxx"] {
            let silent = await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.closeCall(id, reason: nod, by: Bench.biologist)
            }
            #expect(silent == "reason.missing", "\(nod)")
        }
        let closed = try await bench.desk.closeCall(id, reason: "relu avec le technicien", by: Bench.biologist)
        #expect(closed.call.state == .closed && closed.call.closedBy == "biologiste")
        #expect(try await bench.desk.openCalls(site: "nord").isEmpty)
        #expect(try await bench.store.register(.criticalCall, site: "nord", subject: id).map(\.ordinal) == [1, 2, 3])
    }

    @Test func `read back with another value is not told`() async throws {
        let id = try await bench.observation("K", made).id
        var other = attempt(.confirmed)
        other.valueRead = "5,7"
        let wrong = other
        let said = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.recordCall(wrong, for: id, by: Bench.technician)
        }
        #expect(said == "critical.call.other")
        #expect(try await bench.desk.openCalls(site: "nord").map(\.call.state) == [.open])
        other.valueRead = "7,50 mmol/L"
        #expect(try await bench.desk.recordCall(other, for: id, by: Bench.technician).call.state == .told)
    }

    @Test func `goes to the next of the chain when nobody answers, and when time runs out`() async throws {
        let id = try await bench.observation("K", made).id
        let first = try await bench.desk.recordCall(attempt(.unreachable), for: id, by: Bench.technician)
        #expect(first.call.state == .open && first.call.level == 1)
        #expect(try await bench.desk.escalateOverdueCalls().isEmpty)
        bench.clock.advance(.seconds(900))
        #expect(try await bench.desk.escalateOverdueCalls().map(\.call.level) == [2])
        #expect(try await bench.desk.escalateOverdueCalls().isEmpty)
        let passed = try await bench.desk.escalateCall(id, reason: "service fermé", by: Bench.technician)
        #expect(passed.call.level == 3)
        let chain = bench.desk.shelf.pack.policy.escalation
        #expect(passed.call.contact(chain) == chain.last)
        let entries = try await bench.store.register(.criticalCall, site: "nord", subject: id)
        #expect(entries.map(\.author) == ["system", "technicien", "system", "technicien"])
    }

    @Test func `is not signed before somebody was told, unless the biologist says why`() async throws {
        try await bench.validate(["K"], of: made)
        let file = try await bench.desk.fileToSign(made.request.number)
        func sign(_ uncalled: String?) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.sign(
                    made.request.number, contentHash: file.contentHash, allowPartial: false, uncalled: uncalled,
                    by: Bench.biologist)
            }
        }
        #expect(await sign(nil) == "sign.critical")
        #expect(await sign(" ") == "reason.missing")
        #expect(await sign("patient décédé, service prévenu") == nil)
        // The word stands in the register, and the call stays to be made.
        let open = try await bench.desk.openCalls(site: "nord")
        #expect(open.map(\.reason) == ["signé avant l'appel : patient décédé, service prévenu"])
    }

    @Test func `told is signed without a word more`() async throws {
        try await bench.validate(["K"], of: made)
        let id = try await bench.observation("K", made).id
        _ = try await bench.desk.recordCall(attempt(.notReadBack), for: id, by: Bench.technician)
        let signature = try await bench.sign(made)
        // The report says so, and says the same whatever is noted later.
        let report = try await bench.desk.signedReport(of: signature)
        let comment = report.content.observations.first?.comment
        #expect(comment == "valeur critique téléphonée le 22/11/2026 à 07:00 : Mme Roy, infirmière")
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.recordCall(attempt(.confirmed, "Dr Bas"), for: id, by: Bench.biologist)
        #expect(try await bench.desk.signedReport(of: signature) == report)
    }

    @Test func `that was told is not called again within the week unless it is worse`() async throws {
        try await bench.validate(["K"], of: made)
        let id = try await bench.observation("K", made).id
        _ = try await bench.desk.recordCall(attempt(.confirmed), for: id, by: Bench.biologist)
        bench.clock.advance(.seconds(86_400))
        let again = try await bench.registered(["K"], for: made.request.patientID)
        try await bench.arrive("m2", [Bench.result("K", "7.5", of: again.specimens[0].accession)])
        let known = try await bench.observation("K", again)
        #expect(known.flags == [.criticallyHigh] && known.holds.contains { $0.code == .critical })
        #expect(!known.holds.contains { $0.code == .criticalCall })
        #expect(try await bench.desk.openCalls(site: "nord").isEmpty)
        let worse = try await bench.registered(["K"], for: made.request.patientID)
        try await bench.arrive("m3", [Bench.result("K", "9.5", of: worse.specimens[0].accession)])
        #expect(try await bench.observation("K", worse).holds.contains { $0.code == .criticalCall })
    }

    private func reject(_ id: String, by author: Author = Bench.technician) async throws {
        _ = try await bench.desk.reject(id, of: made.request.number, reason: "tube d'un autre patient", by: author)
    }

    @Test func `of a tube that was rejected silences no other one`() async throws {
        let id = try await bench.observation("K", made).id
        _ = try await bench.desk.recordCall(attempt(.confirmed), for: id, by: Bench.biologist)
        try await reject(id)
        bench.clock.advance(.seconds(600))
        try await bench.arrive("m2", [Bench.result("K", "7.4", of: made.specimens[0].accession)])
        let right = try await bench.observation("K", made)
        #expect(right.holds.contains { $0.code == .criticalCall })
        #expect(try await bench.desk.openCalls(site: "nord").map(\.call.observationID) == [right.id])
    }

    @Test func `rejected by a technician rings no more, and the biologist closes it without a call`() async throws {
        let id = try await bench.observation("K", made).id
        try await reject(id)
        bench.clock.advance(.seconds(3600))
        #expect(try await bench.desk.escalateOverdueCalls().isEmpty)
        let waiting = try await bench.desk.openCalls(site: "nord")
        #expect(waiting.map(\.reason) == ["résultat rejeté : tube d'un autre patient"])
        let alone = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.closeCall(id, reason: "valeur rejetée", by: Bench.technician)
        }
        #expect(alone == "critical.call.tier")
        let closed = try await bench.desk.closeCall(id, reason: "valeur rejetée", by: Bench.biologist)
        #expect(closed.call.state == .closed && closed.call.attempts.isEmpty)
    }

    @Test func `rejected by the biologist is closed, and open again when the rejection is taken back`() async throws {
        let id = try await bench.observation("K", made).id
        try await reject(id, by: Bench.biologist)
        #expect(try await bench.desk.openCalls(site: "nord").isEmpty)
        bench.clock.advance(.seconds(3600))
        _ = try await bench.desk.withdraw([id], of: made.request.number, reason: "erreur", by: Bench.technician)
        let again = try await bench.desk.openCalls(site: "nord")
        #expect(again.map(\.call.state) == [.open])
        #expect(again[0].call.dueAt == bench.clock.now.advanced(by: .seconds(900)))
        bench.clock.advance(.seconds(900))
        #expect(try await bench.desk.escalateOverdueCalls().map(\.call.level) == [1])
    }

    @Test func `measured again and not the same is one call with both values`() async throws {
        let first = try await bench.observation("K", made)
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [Bench.result("K", "9.1", of: made.specimens[0].accession)])
        let all = try await bench.observations(made).filter { $0.analysis == "K" }
        let second = try #require(all.first { $0.id != first.id })
        let open = try await bench.desk.openCalls(site: "nord")
        #expect(open.map(\.observationID) == [first.id] && open[0].call.frenchText == "7,5 ; 9,1")
        // Asked from either run, it is the same one.
        #expect(try await bench.desk.criticalCall(of: second) == open[0])
        var said = attempt(.confirmed)
        said.valueRead = "9,1"
        let told = try await bench.desk.recordCall(said, for: second.id, by: Bench.technician)
        #expect(told.observationID == first.id && told.call.state == .told)
        #expect(try await bench.desk.openCalls(site: "nord").count == 1)
        // The told run goes: the other value is to be told.
        try await reject(second.id)
        let again = try await bench.desk.openCalls(site: "nord")
        #expect(again.map(\.call.state) == [.open] && again[0].call.frenchText == "7,5")
        #expect(try await bench.soundTrail())
    }

    @Test func `of the first tier is the technician's, until its time runs out`() async throws {
        let bench = try await Bench.withRules(cells: ["K": ["alerte_bas": "3.5", "alerte_haut": "5.5"]])
        let alert = try await bench.received(["K"], name: "ALERTE")
        try await bench.arrive("m2", [Bench.result("K", "5.8", of: alert.specimens[0].accession)])
        let potassium = try await bench.observation("K", alert)
        #expect(!potassium.isCriticalFlagged && potassium.holds.contains { $0.code == .critical })
        let call = try #require(try await bench.desk.criticalCall(of: potassium))
        #expect(call.call.tier == .technician && call.call.state == .open)
        // Not signed before somebody was told.
        try await bench.validate(["K"], of: alert)
        let unheard = await refusal { () throws(CommandFailure) in
            let file = try await bench.desk.fileToSign(alert.request.number)
            _ = try await bench.desk.sign(
                alert.request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
        }
        #expect(unheard == "sign.critical")
        bench.clock.advance(.seconds(900))
        _ = try await bench.desk.escalateOverdueCalls()
        let late = try #require(try await bench.desk.criticalCall(of: potassium))
        #expect(late.call.tier == .biologist && late.call.level == 1)
        var said = attempt(.confirmed)
        said.valueRead = "5,8"
        #expect(try await bench.desk.recordCall(said, for: potassium.id, by: Bench.technician).call.state == .told)
        let signature = try await bench.sign(alert)
        let report = try await bench.desk.signedReport(of: signature)
        #expect(report.content.observations.first?.comment?.hasPrefix("valeur d'alerte téléphonée le") == true)
    }

    @Test func `of the first tier told in time is closed by the technician`() async throws {
        let bench = try await Bench.withRules(cells: ["K": ["alerte_bas": "3.5", "alerte_haut": "5.5"]])
        let alert = try await bench.received(["K"], name: "ALERTE")
        try await bench.arrive("m2", [Bench.result("K", "5.8", of: alert.specimens[0].accession)])
        let id = try await bench.observation("K", alert).id
        var said = attempt(.confirmed)
        said.valueRead = "5,8"
        let closed = try await bench.desk.recordCall(said, for: id, by: Bench.technician)
        #expect(closed.call.state == .closed && closed.call.closedBy == "technicien")
    }

    @Test func `that was told is no known state after a value in between that was not critical`() async throws {
        try await bench.validate(["K"], of: made)
        let id = try await bench.observation("K", made).id
        _ = try await bench.desk.recordCall(attempt(.confirmed), for: id, by: Bench.biologist)
        for (message, value, isCalled) in [("m2", "4.2", false), ("m3", "7.5", true)] {
            bench.clock.advance(.seconds(3600))
            let next = try await bench.registered(["K"], for: made.request.patientID)
            try await bench.arrive(message, [Bench.result("K", value, of: next.specimens[0].accession)])
            #expect(
                try await bench.observation("K", next).holds.contains { $0.code == .criticalCall } == isCalled,
                "\(value)")
            try await bench.validate(["K"], of: next, reason: "contexte clinique")
        }
    }

    @Test func `that an interference takes away since is told to nobody`() async throws {
        let other = try await bench.received(["K", "NA"], name: "HEMOLYSE")
        let tube = other.specimens[0].accession
        try await bench.arrive("m2", [Bench.result("K", "7.5", of: tube)])
        let potassium = try await bench.observation("K", other)
        #expect(try await bench.desk.criticalCall(of: potassium)?.call.state == .open)
        bench.clock.advance(.seconds(60))
        var sodium = Bench.result("NA", "140", of: tube)
        sodium.indices = SentIndices(freeHemoglobin: Exact(12))
        try await bench.arrive("m3", [sodium])
        let call = try #require(try await bench.desk.criticalCall(of: potassium))
        #expect(call.call.cancelledAt == bench.clock.now && call.reason == "valeur non rendue")
        #expect(call.call.isSuppressed == true)
        #expect(!call.call.isOverdue(at: bench.clock.now.advanced(by: .seconds(3600))))
    }

    @Test func `told and rejected since waits for the biologist's word`() async throws {
        let id = try await bench.observation("K", made).id
        _ = try await bench.desk.recordCall(attempt(.confirmed), for: id, by: Bench.technician)
        try await reject(id, by: Bench.biologist)
        let waiting = try await bench.desk.openCalls(site: "nord")
        #expect(waiting.map(\.call.state) == [.told] && waiting[0].call.cancelledAt == bench.clock.now)
        let closed = try await bench.desk.closeCall(id, reason: "Mme Roy rappelée", by: Bench.biologist)
        #expect(closed.call.state == .closed)
    }
}

extension Observation {
    fileprivate var isCriticalFlagged: Bool { flags.contains(.criticallyHigh) || flags.contains(.criticallyLow) }
}

@Suite struct `Judging again` {
    private func day(_ bench: Bench) async throws {
        for (n, value) in ["4.2", "7.5", "<3.0", "2.1", "5.6"].enumerated() {
            let made = try await bench.received(["K", "NA", "CT", "HDL", "TG", "LDLC"], name: "ESSAI\(n)")
            let tube = made.specimens[0].accession
            try await bench.arrive(
                "m\(n)",
                [
                    Bench.result("K", value, of: tube), Bench.result("CT", "5.20", of: tube, ordinal: 1),
                    Bench.result("HDL", "1.30", of: tube, ordinal: 2),
                ])
            bench.clock.advance(.seconds(60))
            try await bench.arrive(
                "n\(n)",
                [Bench.result("TG", "1.\(n)0", of: tube), Bench.result("NA", "14\(n)", of: tube, ordinal: 1)])
            bench.clock.advance(.seconds(60))
        }
    }

    @Test func `gives the same answers, also after the catalogue and the rules changed`() async throws {
        let bench = try await Bench.withRules()
        try await day(bench)
        func replay() async throws -> ReplayReport {
            try await bench.desk.replayRules(
                from: Instant(milliseconds: 0), before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        }
        let first = try await replay()
        #expect(first.isSound && first.results >= 30 && first.same == first.results)
        let files = try Bench.files().map { file in
            CatalogFile(
                name: file.name,
                bytes: file.name == "intervals.csv"
                    ? Array(String(decoding: file.bytes, as: UTF8.self).replacing("K,*,", with: "K,*,").utf8)
                    : file.bytes)
        }
        // Without the rules: another catalogue and another pack.
        try await bench.desk.publish(files, reason: "sans règles", by: Bench.administrator)
        #expect(try await replay() == first)
    }

    @Test func `a record that was changed shows as a difference`() async throws {
        let bench = try await Bench.withRules()
        try await day(bench)
        let kept = try #require(
            try await bench.store.evaluations(
                from: Instant(milliseconds: 0), before: Instant(milliseconds: .max), behind: nil, limit: 1
            ).first)
        let text = String(decoding: kept.content, as: UTF8.self)
        var forged = kept
        forged.observationID = "forged"
        forged.content = Array(
            text.replacing(kept.observationID, with: "forged").replacing("\"RETENU\"", with: "\"PROPOSABLE\"").utf8)
        try await bench.store.append([.evaluation(forged)], note: nil)
        let report = try await bench.desk.replayRules(
            from: Instant(milliseconds: 0), before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        #expect(!report.isSound)
    }

    @Test func `with another catalogue lists what would change, and publishes nothing`() async throws {
        let bench = try await Bench.withRules()
        try await day(bench)
        let files = try await bench.desk.catalogueFiles(number: nil)
        let same = try await bench.desk.dryRun(files, days: 2, allRules: false, by: Bench.biologist)
        #expect(same.differences.isEmpty && same.results > 0)
        let tables = CatalogueTables(files)
        let analyses = try #require(tables["analyses.csv"])
        let place = try #require(analyses.columns.firstIndex(of: "critique_haut"))
        let rows = analyses.rows.map { row in
            guard analyses.cell(row, "code") == "K" else { return row }
            var changed = row
            changed[place] = "5.5"
            return changed
        }
        let changed = CatalogueTables.Table(name: "analyses.csv", columns: analyses.columns, lines: rows)
        let tried = files.map {
            $0.name == "analyses.csv" ? CatalogFile(name: $0.name, bytes: Array(changed.csv.utf8)) : $0
        }
        let versions = try await bench.desk.catalogueVersions().count
        let report = try await bench.desk.dryRun(tried, days: 2, allRules: false, by: Bench.biologist)
        #expect(report.differences.map(\.analysis) == ["K"])
        #expect(report.differences[0].before.value == "5,6")
        #expect(report.differences[0].after.holds.contains(.criticalCall))
        #expect(!report.differences[0].before.holds.contains(.criticalCall))
        #expect(try await bench.desk.catalogueVersions().count == versions)
    }
}

import Analyzers
import Base
import Catalog
import Drivers
import Foundation
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

@testable import API
@testable import Server

/// Two analyzers on one fleet, whose drivers and lines tests change while they talk.
private struct TwoLines {
    let bench: AnalyzerBench
    let fleet: AnalyzerFleet
    let folder: URL
    var first: AnalyzerConfiguration
    var second: AnalyzerConfiguration

    init() throws {
        bench = try AnalyzerBench()
        folder = FileManager.default.temporaryDirectory.appending(path: "fleet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        first = bench.configuration
        first.name = "un"
        second = bench.configuration
        second.name = "deux"
        second.driver = try TwoLines.driver("generic-lis2a2")
        fleet = AnalyzerFleet(
            [first, second], desk: bench.desk, notes: try LocalNotes(path: folder.path + "/analyzers.json"),
            log: { _ in })
    }

    static func driver(_ name: String) throws -> Driver {
        let folder = try DataFiles.driver("\(AnalyzerBench.root)/Drivers/\(name)", name: name)
        return try DriverLibrary.load(folders: [folder]).driver(named: name)
    }

    func row(_ name: String) -> AnalyzerStatus? { fleet.board.all.first { $0.name == name } }
    func port(_ name: String) async -> Int {
        _ = await eventually { row(name)?.port != nil }
        return row(name)?.port ?? 0
    }
    func run(_ body: () async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let serving = Task { try await fleet.run() }
        do { try await body() } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        try await serving.value
    }
    func restarted() throws -> AnalyzerFleet {
        AnalyzerFleet(
            [first, second], desk: bench.desk, notes: try LocalNotes(path: folder.path + "/analyzers.json"),
            log: { _ in })
    }
    func waiting() async throws -> [TriageEntry] { try await bench.store.triage(site: nil, open: true, limit: 99) }
}

@Suite(.timeLimit(.minutes(10))) struct `Changing the fleet while it runs` {
    private func code(_ work: () async throws(CommandFailure) -> Void) async -> String? {
        do throws(CommandFailure) {
            try await work()
            return nil
        } catch {
            if case .refused(let refusal) = error { return refusal.code }
            return "store"
        }
    }

    @Test func `a session in progress survives a change of another analyzer's driver and of its line`() async throws {
        let house = try TwoLines()
        let (request, tube) = try await house.bench.tube()
        try await house.run {
            let frames = Framing.frames(of: AnalyzerBench.results(of: tube), policy: .recordPerFrame)
            let talking = try await RawInstrument(port: await house.port("un"))
            let idle = try await RawInstrument(port: await house.port("deux"))
            #expect(await eventually { house.row("deux")?.state == "connecté" })
            #expect(try await talking.say([Control.enq]) == Control.ack)
            for frame in frames[..<3] { #expect(try await talking.say(frame) == Control.ack) }
            // Another driver only: even that analyzer's own line stays up.
            var changed = house.second
            changed.driver = house.first.driver
            let first = await house.fleet.reload([house.first, changed])
            #expect(first.redriven == ["deux"] && first.unchanged == ["un"])
            #expect(house.row("deux")?.driver == "roche-cobas-c311")
            #expect(try await idle.say([Control.enq]) == Control.ack)
            // Another line: closed and opened anew, with one analyzer more.
            changed.line = .tcpServer(host: "127.0.0.1", port: try await freePort(), allowedPeers: [])
            var third = house.second
            third.name = "trois"
            let second = await house.fleet.reload([house.first, changed, third])
            #expect(second.restarted == ["deux"] && second.added == ["trois"] && second.unchanged == ["un"])
            #expect(await idle.next() == nil)
            #expect(await house.port("trois") > 0)
            let moved = try await RawInstrument(port: await house.port("deux"))
            #expect(try await moved.say([Control.enq]) == Control.ack)
            await moved.line.close()
            // Removed: its port is closed when the reload returns.
            let gone = await house.port("trois")
            #expect(await house.fleet.reload([house.first, changed]).removed == ["trois"])
            await #expect(throws: Refusal.self) { _ = try await RawInstrument(port: gone) }
            #expect(house.row("trois") == nil)
            // The first went on talking all the while.
            for frame in frames[3...] { #expect(try await talking.say(frame) == Control.ack) }
            try await talking.send([Control.eot])
            #expect(try await eventually { try await house.bench.runs(request)?.count == 2 })
            #expect(house.row("un")?.sessions == 1 && house.row("un")?.refusals == 0)
            await talking.line.close()
        }
    }

    @Test func `what waited for a driver is replayed after a reload, without a restart`() async throws {
        let house = try TwoLines()
        let (request, tube) = try await house.bench.tube()
        try await house.run {
            let instrument = try await RawInstrument(port: await house.port("deux"))
            _ = try await instrument.session(AnalyzerBench.results(of: tube))
            #expect(try await eventually { try await house.waiting().count == 2 })
            var changed = house.second
            changed.driver = house.first.driver
            _ = await house.fleet.reload([house.first, changed])
            let message = try #require(try await house.waiting().first).messageID
            let outcome = try await house.fleet.replay(message, reason: "pilote", by: AnalyzerBench.technician)
            #expect(outcome.observations == 2 && outcome.waiting == 0)
            #expect(try await house.bench.runs(request) == [1, 1])
            await instrument.line.close()
        }
    }

    @Test func `a pause outlives the server`() async throws {
        let house = try TwoLines()
        try await house.run {
            try await house.fleet.operate(.pause, "deux", reason: "panne", by: AnalyzerBench.technician)
            let again = try house.restarted()
            let serving = Task { try await again.run() }
            func state(_ name: String) -> AnalyzerStatus? { again.board.all.first { $0.name == name } }
            #expect(await eventually { state("un")?.port != nil })
            #expect(state("deux")?.state == "en pause" && state("deux")?.port == nil)
            try await again.operate(.resume, "deux", reason: "réparé", by: AnalyzerBench.technician)
            #expect(await eventually { state("deux")?.port != nil })
            serving.cancel()
            try await serving.value
            #expect(try house.restarted().board.all.allSatisfy { $0.state == "en attente" })
        }
    }

    @Test func `a mapped code takes each waiting result once, and outlives the server and its driver`() async throws {
        let house = try TwoLines()
        let (request, tube) = try await house.bench.tube()
        let (other, second) = try await house.bench.tube()
        try await house.run {
            let instrument = try await RawInstrument(port: await house.port("deux"))
            for tube in [tube, second] { _ = try await instrument.session(AnalyzerBench.results(of: tube)) }
            #expect(try await eventually { try await house.waiting().count == 4 })
            let entry = try #require(try await house.waiting().first { $0.incoming?.instrumentCode == "989/" })
            let mapping = CodeMapping(analysis: "NA", unit: "mmol/L")
            let made = try await house.fleet.map(entry.id, to: mapping, reason: "notice", by: AnalyzerBench.technician)
            #expect(made.messages == 2 && made.observations == 2 && made.waiting == 2 && made.refused.isEmpty)
            for request in [request, other] {
                let found = try await house.bench.store.observations(requestID: request.id)
                #expect(found.map(\.analysis) == ["NA"] && found[0].value.frenchText == "141")
                #expect(!found[0].holds.contains { $0.code == .unknownUnit })
            }
            #expect(try await house.waiting().allSatisfy { $0.incoming?.instrumentCode == "990/" })
            let trail = try await house.bench.store.audit(after: 0, limit: 99).filter { $0.action == "triage.map" }
            #expect(trail.map(\.author) == ["technicien"])
            #expect(trail[0].subject.contains("989/") && trail[0].subject.hasSuffix(": notice"))
            // Again: the entry is closed.
            let again = await code { () throws(CommandFailure) in
                _ = try await house.fleet.map(entry.id, to: mapping, reason: "encore", by: AnalyzerBench.technician)
            }
            #expect(again == "triage.closed")
            await instrument.line.close()
            // After a restart, with a driver that somebody updated meanwhile.
            let later = try house.restarted()
            let text = AnalyzerBench.results(of: tube, sodium: "139")
            try await house.bench.store.append(
                [
                    .message(
                        ReceivedMessage(
                            id: "later", site: "nord", analyzer: "deux", sessionID: "s", ordinal: 0,
                            at: house.bench.clock.now, text: text, textHash: Digest.sha256Hex(text), complete: true))
                ], note: nil)
            var updated = house.second
            updated.driver = try TwoLines.driver("horiba-yumizen-h500").adding(
                code: "989/", analysis: "CA", sentUnit: "mmol/l", unit: "mmol/L", factor: nil)
            let change = later.change(to: [house.first, updated])
            #expect(change.redriven == ["deux"] && change.remarks.contains { $0.contains("989/") }, "\(change)")
            try await later.interpretPending()
            #expect(try await house.bench.store.observations(requestID: request.id).map(\.run) == [1, 2])
        }
    }

    /// `annexes/rattachements.csv`: out of one laboratory, into another, whose administrator publishes it.
    @Test func `mapped codes leave with the catalogue and come back in another laboratory, once`() async throws {
        let house = try TwoLines()
        let (_, tube) = try await house.bench.tube()
        var annex = [CatalogFile]()
        try await house.run {
            let instrument = try await RawInstrument(port: await house.port("deux"))
            _ = try await instrument.session(AnalyzerBench.results(of: tube))
            #expect(try await eventually { try await house.waiting().count == 2 })
            await instrument.line.close()
            for (code, analysis, unit) in [("989/", "NA", "mmol/L"), ("990/", "K", nil)] {
                let entry = try #require(try await house.waiting().first { $0.incoming?.instrumentCode == code })
                _ = try await house.fleet.map(
                    entry.id, to: CodeMapping(analysis: analysis, unit: unit), reason: "notice, p. 3 ; « \(analysis) »",
                    by: AnalyzerBench.technician)
            }
            annex = MappedCode.add(house.fleet.mappedCodes, to: [])
        }
        #expect(annex.map(\.name) == ["annexes/rattachements.csv"])
        let read = MappedCode.read(annex)
        #expect(read == house.fleet.mappedCodes && read.map(\.code) == ["989/", "990/"])
        #expect(read.map(\.unit) == ["mmol/L", ""] && read[1].reason == "notice, p. 3 ; « K »")

        let other = try TwoLines()
        let (request, second) = try await other.bench.tube()
        let administrator = Author(login: "administrateur", role: .administrator, site: "nord")
        let secretary = Author(login: "s", role: .secretary, site: "nord")
        #expect(try await other.fleet.take(read, by: secretary) == 0)
        var strange = read
        strange[1].analyzer = "zz"
        strange[0].unit = "g/L"
        #expect(try await other.fleet.take(strange, by: administrator) == 0, "neither the line nor the unit is known")
        try await other.run {
            #expect(try await other.fleet.take(read, by: administrator) == 2)
            #expect(try await other.fleet.take(read, by: administrator) == 0, "each once")
            #expect(other.fleet.mappedCodes == read && MappedCode.add(other.fleet.mappedCodes, to: annex) == annex)
            let trail = try await other.bench.store.audit(after: 0, limit: 99).filter { $0.action == "triage.map" }
            #expect(trail.map(\.author) == ["administrateur", "administrateur"])
            #expect(trail[0].subject.contains("repris de technicien"))
            let instrument = try await RawInstrument(port: await other.port("deux"))
            _ = try await instrument.session(AnalyzerBench.results(of: second))
            #expect(
                try await eventually { try await other.bench.store.observations(requestID: request.id).count == 2 })
            #expect(try await other.waiting().isEmpty)
            await instrument.line.close()
        }
    }

    @Test func `a mapping is refused without an analysis, a fitting unit, a factor, a right or a reason`() async throws
    {
        let house = try TwoLines()
        let (_, tube) = try await house.bench.tube()
        try await house.run {
            let instrument = try await RawInstrument(port: await house.port("deux"))
            _ = try await instrument.session(AnalyzerBench.results(of: tube))
            #expect(try await eventually { try await house.waiting().count == 2 })
            await instrument.line.close()
            let id = try #require(try await house.waiting().first).id
            func map(
                _ mapping: CodeMapping, reason: String = "motif d'essai", by author: Author = AnalyzerBench.technician
            ) async -> String? {
                await code { () throws(CommandFailure) in
                    _ = try await house.fleet.map(id, to: mapping, reason: reason, by: author)
                }
            }
            #expect(await map(CodeMapping(analysis: "SODIUM")) == "map.analysis")
            #expect(await map(CodeMapping(analysis: "NA", unit: "g/L")) == "map.unit")
            #expect(await map(CodeMapping(analysis: "NA", unit: "mmol/L", factor: "un")) == "map.factor")
            #expect(await map(CodeMapping(analysis: "NA", factor: "2")) == "map.factor")
            #expect(await map(CodeMapping(analysis: "NA"), reason: " ") == "reason.missing")
            let secretary = Author(login: "s", role: .secretary, site: "nord")
            #expect(await map(CodeMapping(analysis: "NA"), by: secretary) == "auth.permission")
            let stranger = Author(login: "t", role: .technician, site: "sud")
            #expect(await map(CodeMapping(analysis: "NA"), by: stranger) == "triage.unknown")
            #expect(try await house.waiting().count == 2)
            #expect(!FileManager.default.fileExists(atPath: house.folder.path + "/analyzers.json"))
        }
    }

    @Test func `an unreadable file of local settings is refused by its path`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "local-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{".utf8).write(to: URL(filePath: path))
        let refusal = #expect(throws: Refusal.self) { _ = try LocalNotes(path: path) }
        #expect(refusal?.code == "local.file" && refusal?.place == path)
    }
}

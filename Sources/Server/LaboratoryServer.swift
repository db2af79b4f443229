import API
import Analyzers
import Base
package import Catalog
import Dispatch
import Drivers
import Exchange
import Foundation
import HL7v2
import Laboratory
import Lines
import PostgreSQLEngine
import Report
import SQLiteEngine
import Store
import Workflow

/// The composition root: opens what the configuration names, starts every service, stops them in order.
package enum LaboratoryServer {
    /// Runs until SIGTERM or SIGINT; SIGHUP has the configuration read again.
    package static func run(configurationAt path: String) async throws {
        let (hangups, hungUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let service = Task { try await serve(configurationAt: path, hangups) }
        signal(SIGHUP, SIG_IGN)
        let hangup = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        hangup.setEventHandler { hungUp.yield() }
        hangup.resume()
        defer { hangup.cancel() }
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Log.line("arrêt demandé (signal \(number))")
                service.cancel()
            }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        do { try await service.value } catch is CancellationError {}
        Log.line("arrêté")
    }

    private static func serve(configurationAt path: String, _ hangups: AsyncStream<Void>) async throws {
        let plan = try FleetPlan(configurationAt: path)
        let configuration = plan.configuration
        try FileManager.default.createDirectory(
            atPath: configuration.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let armours = try ExchangeArmours(configuration.pfi)
        let store = try await openStore(configuration)
        let now: @Sendable () -> Instant = { Clocks.now() }
        let files = try DataFiles.catalogue(configuration.catalogue)
        // The folder's own faults are told before anything is opened with it.
        let shelf = CatalogueShelf(try loadCatalogue(files), files: files)
        var desk = Desk(store: store, shelf: shelf, sites: configuration.sites, now: now)
        do throws(CommandFailure) {
            for line in try await desk.openCatalogue(folder: files) { Log.line("attention : \(line)") }
        } catch {
            await store.close()
            throw error
        }
        let catalogue = desk.catalogue
        warnOfStrangers(shelf, plan)
        let dispatch = ReportDispatch(
            desk: desk, pfi: pfiSettings(configuration.pfi, armours), letterheads: configuration.letterheads,
            log: { Log.line($0) })
        dispatch.serve(&desk)
        let fleet = AnalyzerFleet(
            plan.analyzers, desk: desk, notes: try LocalNotes(path: configuration.data + "/analyzers.json"),
            log: { Log.line($0) })
        desk.orderRoutes = { fleet.orderRoutes }
        desk.afterOrdering = { fleet.wakeCouriers() }
        let reloader = Reloader(configurationAt: path, started: configuration, fleet: fleet, desk: desk)
        let zam = try await acknowledgements(configuration, desk, armours)
        Log.line(
            "catalogue \(catalogue.version.text.prefix(12)) : \(catalogue.analyses.count) analyses ; "
                + "\(plan.library.drivers.count) pilotes ; \(configuration.analyzers.count) automates")
        let ports = PortsFile(
            path: configuration.data + "/ports.json", board: fleet.board, zam: zam?.port,
            listening: configuration.analyzers.count(where: \.line.isListening))
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fleet.run() }
                group.addTask { await dispatch.run() }
                group.addTask { await armours.watch { Log.line($0) } }
                group.addTask { [desk] in try await watchCalls(desk) }
                if let zam { group.addTask { await zam.run() } }
                group.addTask {
                    for await _ in hangups {
                        do throws(CommandFailure) {
                            _ = try await reloader.reload(reason: "SIGHUP", by: nil)
                        } catch {
                            Log.line("relecture refusée : \(error)")
                        }
                    }
                }
                group.addTask { [desk] in
                    try await runAPI(configuration, desk, fleet, reloader, dispatch, armours) { ports.bound($0) }
                }
                // The first to end ends the server: a service that stops by itself is a fault.
                try await group.next()
                group.cancelAll()
                while !group.isEmpty { try? await group.next() }
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// Names in the catalogue in force that no analyzer of the configuration bears.
    private static func warnOfStrangers(_ shelf: CatalogueShelf, _ plan: FleetPlan) {
        let known = Set(plan.analyzers.map(\.name))
        for (name, place) in shelf.analyzersNamed where !known.contains(name) {
            Log.line(
                "attention : [analyzer.unknown] \(place) : aucun automate ne porte le nom « \(name) » ; "
                    + "corriger et publier, ou ajouter l'automate à la configuration")
        }
    }

    private static func acknowledgements(
        _ configuration: Configuration, _ desk: Desk, _ armours: ExchangeArmours
    ) async throws -> AcknowledgementListener? {
        guard let pfi = configuration.pfi else { return nil }
        return try await AcknowledgementListener.start(
            host: pfi.zamHost, port: pfi.zamPort, desk: desk,
            zone: configuration.sites.first?.civilZone ?? .europeParis, armour: armours["pfi.zamTLS"],
            log: { Log.line($0) })
    }

    /// A critical value that nobody was told of in time goes to the next of the chain (RULES section 5).
    private static func watchCalls(_ desk: Desk) async throws {
        while true {
            try await Task.sleep(for: .seconds(20))
            do throws(CommandFailure) {
                for entry in try await desk.escalateOverdueCalls() {
                    Log.line(
                        "appel critique en retard : résultat \(entry.observationID), rang \(entry.level)")
                }
            } catch {
                Log.line("appels critiques : \(error)")
            }
        }
    }

    package static func loadCatalogue(_ files: [CatalogFile]) throws -> AnalysisCatalogue {
        try AnalysisCatalogue.load(files, version: CatalogVersion(Desk.catalogueVersion(of: files)))
    }

    private static func openStore(_ configuration: Configuration) async throws -> any LaboratoryStore {
        switch configuration.database {
        case .sqlite(let path): try await SQLiteStore.open(path: path)
        case .postgresql(let connection, let schema):
            try await PostgreSQLStore.open(connection: connection, schema: schema)
        }
    }

    private static func pfiSettings(_ pfi: Configuration.PFI?, _ armours: ExchangeArmours) -> PFISettings? {
        pfi.map { pfi in
            var settings = PFISettings(
                host: pfi.host, port: pfi.port,
                parties: Parties(
                    sendingApplication: pfi.sendingApplication, sendingFacility: pfi.sendingFacility,
                    receivingApplication: pfi.receivingApplication, receivingFacility: pfi.receivingFacility),
                processing: Processing(rawValue: pfi.processing) ?? .production,
                answerWithin: pfi.answerWithin, armour: armours["pfi.tls"])
            if let backup = pfi.backup {
                settings.backup = PFISettings.Endpoint(
                    host: backup.host, port: backup.port, armour: armours["pfi.backup.tls"])
                settings.backupAfter = backup.after
            }
            settings.lines = pfi.lines
            settings.routing.carrier = pfi.carrier
            settings.routing.rules = pfi.isStrict ? .strict : .tolerant
            settings.routing.wantsReading = pfi.wantsReading
            settings.routing.partialToDMP = pfi.partialToDMP
            return settings
        }
    }
}

/// The wall clock of the shell: the only place where the server asks what time it is.
enum Clocks {
    static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// One line a fact on standard error, time first. Identifiers only: personal data never goes to logs.
enum Log {
    static func line(_ text: String) {
        let line = "\(Clocks.now()) \(text.replacing("\n", with: " ⏎ "))\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}

/// Which ports were bound, for those who start the server with port 0: `{"api":…,"zam":…,"analyzers":{…}}`.
struct PortsFile: Sendable {
    let path: String
    let board: AnalyzerBoard
    let zam: Int?
    let listening: Int

    func bound(_ api: Int) {
        Task {
            // The pumps bind at once or report why not; five seconds cover a slow machine.
            for _ in 0..<100 where board.all.count(where: { $0.port != nil }) < listening {
                try? await Task.sleep(for: .milliseconds(50))
            }
            write(api)
        }
    }

    private struct Ports: Encodable {
        var api: Int
        var zam: Int?
        var analyzers: [String: Int]
    }

    private func write(_ api: Int) {
        let analyzers = Dictionary(
            board.all.compactMap { row in row.port.map { (row.name, $0) } }, uniquingKeysWith: { first, _ in first })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            let data = try encoder.encode(Ports(api: api, zam: zam, analyzers: analyzers))
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
            Log.line("à l'écoute : API \(api), ZAM \(zam ?? 0), automates \(analyzers)")
        } catch {
            Log.line("ports.json : \(error)")
        }
    }
}

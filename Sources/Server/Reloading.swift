import Analyzers
import Base
import Drivers
import Foundation
import Laboratory
import Lines
import SecureLines
import Store
import Synchronization
import Workflow

/// Reads the configuration and the drivers, and makes the analyzers of them: at the start, and again at each reload.
struct FleetPlan {
    let configuration: Configuration
    let library: DriverLibrary
    let analyzers: [AnalyzerConfiguration]

    init(configurationAt path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        configuration = try Configuration(
            json5: DataFiles.bytes(path), name: (path as NSString).lastPathComponent,
            folder: folder.isEmpty ? "." : folder)
        library = try DriverLibrary.load(folders: DataFiles.drivers(configuration.drivers))
        var made = [AnalyzerConfiguration]()
        for entry in configuration.analyzers {
            let driver = try library.driver(named: entry.driver)
            let zone = configuration.sites.first { $0.code == entry.site }?.civilZone ?? .europeParis
            var analyzer = AnalyzerConfiguration(
                name: entry.name, site: entry.site, driver: driver,
                line: entry.line(driverSerial: driver.description.serial), link: driver.description.link,
                zone: zone, orders: entry.orders, options: entry.options)
            if let files = entry.tls {
                let settings = try files.read()
                analyzer.options.tls = settings
                analyzer.armour = try TLSArmour(
                    settings, listening: entry.line.isListening, at: "\(entry.name): tls")
            }
            made.append(analyzer)
        }
        analyzers = made
    }
}

/// Takes a changed configuration while the server runs: analyzers and drivers only, and only when all of it is good.
final class Reloader: Sendable {
    private let path: String
    private let started: Configuration
    private let fleet: AnalyzerFleet
    private let desk: Desk
    private let isBusy = Mutex(false)

    init(configurationAt path: String, started: Configuration, fleet: AnalyzerFleet, desk: Desk) {
        self.path = path
        self.started = started
        self.fleet = fleet
        self.desk = desk
    }

    /// `author` nil: the operator of the machine, by a signal.
    func reload(reason: String, by author: Author?) async throws(CommandFailure) -> FleetChange {
        let isMine = isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard isMine else {
            throw .refused(
                Refusal("reload.busy", because: "une relecture est déjà en cours", remedy: "attendre sa fin"))
        }
        defer { isBusy.withLock { $0 = false } }
        if let author {
            do throws(Refusal) { try author.require(.operateAnalyzers) } catch { throw .refused(error) }
        }
        let plan: FleetPlan
        do { plan = try FleetPlan(configurationAt: path) } catch { throw .refused(Reloader.refusal(error)) }
        if let stranger = plan.analyzers.first(where: { desk.sites[$0.site] == nil }) {
            throw .refused(
                Reloader.refusal(
                    Refusal(
                        "config.site", at: stranger.name, because: "le site « \(stranger.site) » est nouveau",
                        remedy: "relancer le serveur pour prendre un nouveau site")))
        }
        let words = fleet.change(to: plan.analyzers).french
        if let author {
            try await desk.attestReload(words, reason: reason, by: author)
        } else {
            try await desk.attestReload(words)
        }
        var change = await fleet.reload(plan.analyzers)
        change.remarks += remarks(plan.configuration)
        Log.line("configuration relue : \(words)")
        for remark in change.remarks { Log.line("configuration relue : \(remark)") }
        return change
    }

    /// Everything that is wrong, in one refusal: nothing of the file is taken.
    static func refusal(_ error: any Error) -> Refusal {
        let findings: [Refusal] =
            switch error {
            case let found as ConfigurationFindings: found.findings
            case let found as DriverFindings: found.findings
            case let found as Refusal: [found]
            case _: [Refusal("reload.read", because: "\(error)", remedy: "vérifier le fichier et les droits")]
            }
        return Refusal(
            "reload.refused", at: findings.first?.place ?? "",
            because: findings.map(\.description).joined(separator: " ; "),
            remedy: "corriger, puis relire ; la configuration d'avant reste entière en service")
    }

    private func remarks(_ new: Configuration) -> [String] {
        let later = [
            ("database", started.database != new.database), ("data", started.data != new.data),
            ("listen", started.host != new.host || started.port != new.port), ("sites", started.sites != new.sites),
            ("catalogue", started.catalogue != new.catalogue), ("pfi", started.pfi != new.pfi),
        ].filter(\.1).map { "« \($0.0) »" }
        return later.isEmpty ? [] : ["\(later.joined(separator: ", ")) : pris au prochain démarrage du serveur"]
    }
}

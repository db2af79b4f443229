package import Base
package import Drivers
import Foundation
import Synchronization

/// What this laboratory added to the drivers it was given, and which lines it keeps closed.
package struct LocalSettings: Codable, Sendable, Hashable {
    /// A code of an instrument that its driver did not know: what it means here, said by whom and why.
    package struct Mapping: Codable, Sendable, Hashable {
        package var code: String
        package var analysis: String
        /// Unit as the instrument sends it; empty when it sends none.
        package var sentUnit: String?
        /// UCUM unit of the value times `factor`; nil leaves units to the driver.
        package var unit: String?
        package var factor: String?
        package var author: String
        package var reason: String
        /// ISO 8601, for who reads the file.
        package var at: String
        package init(
            code: String, analysis: String, sentUnit: String? = nil, unit: String? = nil, factor: String? = nil,
            author: String, reason: String, at: String
        ) {
            self.code = code
            self.analysis = analysis
            self.sentUnit = sentUnit
            self.unit = unit
            self.factor = factor
            self.author = author
            self.reason = reason
            self.at = at
        }
    }
    package struct Analyzer: Codable, Sendable, Hashable {
        package var paused = false
        package var mappings: [Mapping] = []
        package init() {}
    }
    package var analyzers: [String: Analyzer] = [:]
    package init() {}

    /// The driver with what was mapped here; a local mapping wins over one that an update of the driver brings later:
    /// somebody decided it, with a reason, and takes it back the same way.
    package func completed(_ driver: Driver, of analyzer: String) -> Driver {
        guard let mappings = analyzers[analyzer]?.mappings, !mappings.isEmpty else { return driver }
        return mappings.reduce(driver) { driver, mapping in
            driver.adding(
                code: mapping.code, analysis: mapping.analysis, sentUnit: mapping.sentUnit ?? "", unit: mapping.unit,
                factor: mapping.factor.flatMap { Exact($0) })
        }
    }

    /// Codes mapped here that the driver maps by itself.
    package func doubled(_ driver: Driver, of analyzer: String) -> [String] {
        (analyzers[analyzer]?.mappings ?? []).map(\.code).filter { driver.description.codes[$0] != nil }
    }
}

/// Keeps the local settings in a file of the server's folder, whole or not at all. A file and not facts: it is
/// configuration of this server, as the driver is; an operator reads it, carries it into the driver's folder, restores
/// it with the configuration, and it stands above whatever update of the driver comes. Who changed what and why is in
/// the audit trail all the same.
package final class LocalNotes: Sendable {
    private let path: String?
    private let kept: Mutex<LocalSettings>

    /// Nothing is kept beyond the process: for tests of a fleet alone.
    package init() {
        path = nil
        kept = Mutex(LocalSettings())
    }

    /// Refused, code `local.file`, when the file is there and cannot be read: starting without it would open paused
    /// lines and forget mappings.
    package init(path: String) throws(Refusal) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            kept = Mutex(LocalSettings())
            return
        }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            kept = Mutex(try JSONDecoder().decode(LocalSettings.self, from: data))
        } catch {
            throw Refusal(
                "local.file", at: path, because: "réglages locaux des automates illisibles (\(type(of: error)))",
                remedy: "rétablir ce fichier depuis une sauvegarde, ou l'écarter et refaire pauses et rattachements")
        }
    }

    package var settings: LocalSettings { kept.withLock { $0 } }

    /// On disk first, then in force.
    package func change(_ analyzer: String, _ body: (inout LocalSettings.Analyzer) -> Void) throws(Refusal) {
        try kept.withLock { settings throws(Refusal) in
            var changed = settings
            body(&changed.analyzers[analyzer, default: LocalSettings.Analyzer()])
            try write(changed)
            settings = changed
        }
    }

    private func write(_ settings: LocalSettings) throws(Refusal) {
        guard let path else { return }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let next = path + ".new"
            guard FileManager.default.createFile(atPath: next, contents: nil, attributes: [.posixPermissions: 0o600]),
                let file = FileHandle(forWritingAtPath: next)
            else { throw CocoaError(.fileWriteUnknown) }
            try file.write(contentsOf: try encoder.encode(settings) + Data("\n".utf8))
            try file.synchronize()
            try file.close()
            guard rename(next, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
            // The name is durable once its folder is.
            let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY)
            if folder >= 0 {
                fsync(folder)
                close(folder)
            }
        } catch {
            throw Refusal(
                "local.write", at: path, because: "les réglages locaux ne peuvent être écrits",
                remedy: "vérifier les droits et la place du dossier de données ; rien n'est changé")
        }
    }
}

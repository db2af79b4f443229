import Base
import Drivers
import Laboratory
import Store
import Synchronization

/// What a new configuration changes of the fleet, by names of analyzers.
package struct FleetChange: Sendable, Hashable {
    package var added: [String] = []
    package var removed: [String] = []
    /// The line, its settings or the site changed: closed, and opened anew.
    package var restarted: [String] = []
    /// Only the driver changed: the line stays up, the next message is read by the new one.
    package var redriven: [String] = []
    package var unchanged: [String] = []
    /// In French, for who reloads.
    package var remarks: [String] = []
    package init() {}

    /// `2 ajouté(s) (a, b), 1 au pilote changé (c), 7 inchangé(s)`
    package var french: String {
        let parts = [
            (added, "ajouté(s)"), (removed, "retiré(s)"), (restarted, "relancé(s)"),
            (redriven, "au pilote changé"),
        ]
        let changes = parts.filter { !$0.0.isEmpty }.map { "\($0.0.count) \($0.1) (\($0.0.joined(separator: ", ")))" }
        return (changes + ["\(unchanged.count) inchangé(s)"]).joined(separator: ", ")
    }
}

extension AnalyzerFleet {
    /// What ``reload(_:)`` would do.
    package func change(to configurations: [AnalyzerConfiguration]) -> FleetChange {
        let members = members.withLock { $0 }
        var change = FleetChange()
        let names = Set(configurations.map(\.name))
        change.removed = members.keys.filter { !names.contains($0) }.sorted()
        for new in configurations.sorted(by: { $0.name < $1.name }) {
            guard let old = members[new.name]?.given else {
                change.added.append(new.name)
                continue
            }
            if !old.hasSameLine(as: new) {
                change.restarted.append(new.name)
            } else if old.driver != new.driver {
                change.redriven.append(new.name)
            } else {
                change.unchanged.append(new.name)
            }
            let doubled = notes.settings.doubled(new.driver, of: new.name)
            if !doubled.isEmpty {
                change.remarks.append(
                    "\(new.name) : le pilote connaît maintenant \(doubled.joined(separator: ", ")), "
                        + "le rattachement local garde la main")
            }
        }
        return change
    }

    /// Takes a checked configuration: what is removed or changed is closed first, so that its port is free again;
    /// what is not touched goes on in the middle of its session.
    package func reload(_ configurations: [AnalyzerConfiguration]) async -> FleetChange {
        let change = change(to: configurations)
        for name in change.removed + change.restarted {
            let member = members.withLock { $0.removeValue(forKey: name) }
            await member?.pump.stop()
            board.remove(name)
        }
        for given in configurations {
            if change.redriven.contains(given.name) {
                let pump = members.withLock { members in
                    members[given.name]?.given = given
                    return members[given.name]?.pump
                }
                pump?.use(notes.settings.completed(given.driver, of: given.name))
            } else if change.added.contains(given.name) || change.restarted.contains(given.name) {
                start(given)
            }
        }
        return change
    }
}

extension AnalyzerConfiguration {
    /// Nothing differs but the driver's reading of messages.
    func hasSameLine(as other: AnalyzerConfiguration) -> Bool {
        site == other.site && line == other.line && link == other.link && zone == other.zone
            && options == other.options
            && driver.description.dialect.isHL7 == other.driver.description.dialect.isHL7
    }
}

extension Dialect {
    fileprivate var isHL7: Bool { self == .hl7 }
}

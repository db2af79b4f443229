package import Base
import Catalog
import Laboratory
import Store
import Synchronization

/// Where the engine proposes nothing until somebody switches it on again (RULES 1.2, step 0).
package struct EngineSwitch: Codable, Sendable, Hashable {
    /// `site`, `analyzer:xn`, `analyse:K`.
    package var subject: String
    package var isOff: Bool
    package var author: String
    package var at: Instant
    package var reason: String

    package static let site = "site"
    package static func analyzer(_ name: String) -> String { "analyzer:" + name }
    package static func analysis(_ code: String) -> String { "analyse:" + code }

    func concerns(_ code: String, analyzer: String?) -> Bool {
        subject == EngineSwitch.site || subject == EngineSwitch.analysis(code)
            || analyzer.map { subject == EngineSwitch.analyzer($0) } ?? false
    }
    var french: String { "moteur coupé par \(author) (\(subject)) : \(reason)" }
}

/// What is off, by site: one process owns the base, and the command that changes it tears it out.
final class SwitchBoard: Sendable {
    private let state = Mutex<[String: [EngineSwitch]]>([:])
    func off(_ site: String) -> [EngineSwitch]? { state.withLock { $0[site] } }
    func keep(_ off: [EngineSwitch], for site: String) { state.withLock { $0[site] = off } }
    func forget(_ site: String) { state.withLock { $0[site] = nil } }
}

extension Desk {
    /// Everything that is off on a site, oldest first.
    package func enginesOff(site: String) async throws(CommandFailure) -> [EngineSwitch] {
        if let known = switches.off(site) { return known }
        var off = [EngineSwitch]()
        for entry in try await latestEntries(.engineSwitch, site: site).values {
            let one = try RegisterText.decode(Array(entry.body.utf8), as: EngineSwitch.self)
            if one.isOff { off.append(one) }
        }
        off.sort { ($0.at, $0.subject) < ($1.at, $1.subject) }
        switches.keep(off, for: site)
        return off
    }

    /// Off: whoever validates technically may stop it, at once for all that is not signed. On again: the biologist.
    package func switchEngine(
        off: Bool, _ subject: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> [EngineSwitch] {
        try allow(author, off ? .validateTechnically : .sign)
        try needReason(reason)
        let prefix = EngineSwitch.analysis("")
        if subject.hasPrefix(prefix) { try checkAnalysis(String(subject.dropFirst(prefix.count))) }
        let known = try await enginesOff(site: author.site)
        guard known.contains(where: { $0.subject == subject }) != off else {
            throw .refused(
                Refusal(
                    "rules.switch", at: subject,
                    because: off ? "le moteur y est déjà coupé" : "le moteur n'y est pas coupé",
                    remedy: "voir ce qui est coupé : paillasse rules switches"))
        }
        let entry = EngineSwitch(
            subject: subject, isOff: off, author: author.login, at: now(), reason: reason)
        try await enter(.engineSwitch, subject, entry, off ? "rules.off" : "rules.on", author)
        switches.forget(author.site)
        return try await enginesOff(site: author.site)
    }

    /// The observation held where the engine is off now, whenever it was judged.
    func withSwitches(_ observation: Observation) async throws(CommandFailure) -> Observation {
        guard !observation.holds.contains(where: { $0.code == .engineOff }) else { return observation }
        let off = try await enginesOff(site: observation.site)
        guard let first = off.first(where: { $0.concerns(observation.analysis, analyzer: observation.origin.analyzer) })
        else { return observation }
        var out = observation
        out.holds.insert(Hold(.engineOff, first.french), at: 0)
        return out
    }
}

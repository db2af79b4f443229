package import Base
package import Catalog
package import Quality
package import Rules
import Synchronization

/// The catalogue and the rules in force, and the versions that were: a result keeps the version it was judged with, and
/// a report is set out with that one for ever.
package final class CatalogueShelf: Sendable {
    private struct State {
        var current: AnalysisCatalogue
        var tables: CatalogueTables
        /// As they stood since each publication and approval, read in each zone; the last one is in force.
        var stages: [CivilZone: [ControlStage]]
        var engine: RuleEngine
        var approvals = RuleApprovals()
        var withdrawn: [String: String] = [:]
        /// By version.
        var earlier: [String: AnalysisCatalogue] = [:]
        var earlierEngines: [String: RuleEngine] = [:]
    }
    private let state: Mutex<State>

    /// `files` are what the catalogue was read from; empty where nobody will compare or approve.
    package init(
        _ catalogue: AnalysisCatalogue, files: [CatalogFile] = [], controls stages: [CivilZone: [ControlStage]] = [:],
        pack: RulePack = .none
    ) {
        state = Mutex(
            State(
                current: catalogue, tables: CatalogueTables(files), stages: stages,
                engine: RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)))
    }

    package var current: AnalysisCatalogue { state.withLock { $0.current } }
    package var tables: CatalogueTables { state.withLock { $0.tables } }

    /// The published tables of controls as they stood, with their dates read in a zone.
    /// Only what a biologist stands for counts (`ControlApproval.swift`).
    package func controls(in zone: CivilZone) -> [ControlStage] { state.withLock { $0.stages[zone] ?? [] } }
    /// Materials, lots, targets and policies of the version in force, where no date matters; nil when it has none.
    package var controls: ControlCatalogue? { state.withLock { $0.stages.first?.value.current } }
    /// Who stands for the published controls of which assays.
    var controlSignatures: [ControlledAssay: ControlSignature] { controls?.signatures ?? [:] }
    /// The checks of the version in force.
    package var engine: RuleEngine { state.withLock { $0.engine } }
    package var pack: RulePack { state.withLock { $0.engine.pack } }
    /// The rules that a biologist stands for, those whose approval ended among them.
    package var approvals: RuleApprovals { state.withLock { $0.approvals } }

    /// Approvals that somebody took back and nobody gave again, by subject, in words.
    var withdrawn: [String: String] { state.withLock { $0.withdrawn } }

    package subscript(version: String) -> AnalysisCatalogue? {
        state.withLock { $0.current.version.text == version ? $0.current : $0.earlier[version] }
    }
    /// The checks of a version, to judge again what it judged.
    package func engine(version: String) -> RuleEngine? {
        state.withLock { $0.current.version.text == version ? $0.engine : $0.earlierEngines[version] }
    }

    /// A new version is in force; the one before stays at hand.
    package func replace(
        _ catalogue: AnalysisCatalogue, files: [CatalogFile], pack: RulePack
    ) {
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        state.withLock { state in
            let last = state.current.version.text
            state.earlier[last] = state.current
            state.earlierEngines[last] = state.engine
            state.earlier[catalogue.version.text] = nil
            state.earlierEngines[catalogue.version.text] = nil
            state.current = catalogue
            state.engine = engine
            state.tables = CatalogueTables(files)
        }
    }
    /// Analyzers that the version in force names.
    package var analyzersNamed: [(name: String, place: String)] {
        CatalogueShelf.analyzersNamed(current, tables, pack)
    }
    static func analyzersNamed(
        _ catalogue: AnalysisCatalogue, _ tables: CatalogueTables, _ pack: RulePack
    ) -> [(name: String, place: String)] {
        let methods = Set(catalogue.methods.map(\.source)).subtracting(AssayMethod.words)
        let interference = Set(pack.policy.interference.values.joined().compactMap(\.analyzer))
        var named = methods.sorted().map { ($0, "methods.csv") }
        for name in ["controls/targets.csv", "controls/named.csv", "controls/policies.csv", "controls/patients.csv"] {
            guard let table = tables[name] else { continue }
            let analyzers = Set(table.rows.map { table.cell($0, "automate") }).subtracting(AssayMethod.words)
            named += analyzers.sorted().filter { !$0.isEmpty }.map { ($0, name) }
        }
        return named + interference.sorted().map { ($0, "policy.json5, hil") }
    }
    /// A version that was in force before.
    package func keep(_ catalogue: AnalysisCatalogue, pack: RulePack) {
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        state.withLock { state in
            // The one that stands may have been opened without its rules.
            guard state.current.version != catalogue.version else {
                state.current = catalogue
                state.engine = engine
                return
            }
            state.earlier[catalogue.version.text] = catalogue
            state.earlierEngines[catalogue.version.text] = engine
        }
    }
    /// Which lines of the version in force a biologist stands for, which rules, and the tables of controls in time.
    /// `withdrawn`: approvals that somebody took back, by subject, in words.
    package func approve(
        _ codes: Set<String>, rules: RuleApprovals, controls stages: [CivilZone: [ControlStage]],
        withdrawn: [String: String] = [:]
    ) {
        state.withLock {
            $0.withdrawn = withdrawn
            $0.current = $0.current.approving(codes)
            $0.approvals = rules
            $0.stages = stages
        }
    }
}

package import Catalog
package import Quality
import Synchronization

/// The catalogue in force and the versions that were: a result keeps the version it was judged with, and a report is
/// set out with that one for ever.
package final class CatalogueShelf: Sendable {
    private struct State {
        var current: AnalysisCatalogue
        var tables: CatalogueTables
        var controls: ControlCatalogue?
        /// By version.
        var earlier: [String: AnalysisCatalogue] = [:]
    }
    private let state: Mutex<State>

    /// `files` are what the catalogue was read from; empty where nobody will compare or approve.
    package init(_ catalogue: AnalysisCatalogue, files: [CatalogFile] = [], controls: ControlCatalogue? = nil) {
        state = Mutex(State(current: catalogue, tables: CatalogueTables(files), controls: controls))
    }

    package var current: AnalysisCatalogue { state.withLock { $0.current } }
    package var tables: CatalogueTables { state.withLock { $0.tables } }

    /// Materials, lots, targets and policies of the version in force; nil when it has none.
    package var controls: ControlCatalogue? { state.withLock { $0.controls } }

    package subscript(version: String) -> AnalysisCatalogue? {
        state.withLock { $0.current.version.text == version ? $0.current : $0.earlier[version] }
    }

    /// A new version is in force; the one before stays at hand.
    package func replace(_ catalogue: AnalysisCatalogue, files: [CatalogFile], controls: ControlCatalogue?) {
        state.withLock { state in
            state.earlier[state.current.version.text] = state.current
            state.earlier[catalogue.version.text] = nil
            state.current = catalogue
            state.tables = CatalogueTables(files)
            state.controls = controls
        }
    }
    /// A version that was in force before.
    package func keep(_ catalogue: AnalysisCatalogue) {
        state.withLock { state in
            guard state.current.version != catalogue.version else { return }
            state.earlier[catalogue.version.text] = catalogue
        }
    }
    /// Which lines of the version in force a biologist stands for.
    package func approve(_ codes: Set<String>) {
        state.withLock { $0.current = $0.current.approving(codes) }
    }
}

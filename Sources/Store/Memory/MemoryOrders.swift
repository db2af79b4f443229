package import Laboratory

/// Answers of the in-memory model: orders to analyzers.
extension MemoryStore {
    private var allOrders: [AnalyzerOrder] { all { if case .order(let f) = $0 { f } else { nil } } }
    private var allOrderEvents: [AnalyzerOrderEvent] { all { if case .orderEvent(let f) = $0 { f } else { nil } } }

    package func order(_ id: String) throws(StoreFailure) -> AnalyzerOrder? {
        try checkOpen()
        return allOrders.first { $0.id == id }
    }
    package func orders(accession: String) throws(StoreFailure) -> [AnalyzerOrder] {
        try checkOpen()
        return allOrders.filter { $0.accession == accession }.sorted {
            $0.analyzer == $1.analyzer ? $0.ordinal < $1.ordinal : Bytes($0.analyzer) < Bytes($1.analyzer)
        }
    }
    package func orders(analyzer: String, limit: Int) throws(StoreFailure) -> [AnalyzerOrder] {
        try checkOpen()
        let found = allOrders.filter { $0.analyzer == analyzer }
        return Array(found.sorted { newer(($0.at, $0.id), ($1.at, $1.id)) }.prefix(limit))
    }
    package func ordersDue(analyzer: String?, limit: Int) throws(StoreFailure) -> [AnalyzerOrder] {
        try checkOpen()
        let closed = Set(allOrderEvents.filter(\.kind.isLast).map(\.orderID))
        let found = allOrders.filter { !closed.contains($0.id) && (analyzer == nil || $0.analyzer == analyzer) }
        return Array(found.sorted { older(($0.at, $0.id), ($1.at, $1.id)) }.prefix(limit))
    }
    package func orderEvents(_ orderID: String) throws(StoreFailure) -> [AnalyzerOrderEvent] {
        try checkOpen()
        return allOrderEvents.filter { $0.orderID == orderID }.sorted { $0.ordinal < $1.ordinal }
    }
    package func specimens(from first: String, through last: String, limit: Int) throws(StoreFailure) -> [Specimen] {
        try checkOpen()
        let all = all { if case .specimen(let f) = $0 { f } else { nil } }
        let latest = Dictionary(grouping: all, by: \.accession).values.compactMap { $0.max { $0.version < $1.version } }
        let found = latest.filter { Bytes($0.accession) >= Bytes(first) && Bytes($0.accession) <= Bytes(last) }
        return Array(found.sorted { Bytes($0.accession) < Bytes($1.accession) }.prefix(limit))
    }
}

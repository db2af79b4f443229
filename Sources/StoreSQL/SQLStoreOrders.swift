package import Laboratory
package import Store

/// Orders to analyzers.
extension SQLStore {
    package func order(_ id: String) async throws(StoreFailure) -> AnalyzerOrder? {
        try await first(AnalyzerOrder.self, SQL.order, [.text(id)])
    }
    package func orders(accession: String) async throws(StoreFailure) -> [AnalyzerOrder] {
        try await list(AnalyzerOrder.self, SQL.ordersOfTube, [.text(accession)])
    }
    package func orders(analyzer: String, limit: Int) async throws(StoreFailure) -> [AnalyzerOrder] {
        try await list(AnalyzerOrder.self, SQL.ordersOfAnalyzer, [.text(analyzer), SQLValue(limit)])
    }
    package func ordersDue(analyzer: String?, limit: Int) async throws(StoreFailure) -> [AnalyzerOrder] {
        let filter = analyzer.map { [SQLValue($0)] } ?? []
        return try await list(
            AnalyzerOrder.self, SQL.ordersDue(byAnalyzer: analyzer != nil), filter + [SQLValue(limit)])
    }
    package func orderEvents(_ orderID: String) async throws(StoreFailure) -> [AnalyzerOrderEvent] {
        try await list(AnalyzerOrderEvent.self, SQL.orderEvents, [.text(orderID)])
    }
    package func specimens(
        from first: String, through last: String, limit: Int
    ) async throws(StoreFailure) -> [Specimen] {
        try await list(Specimen.self, SQL.specimenRange, [.text(first), .text(last), SQLValue(limit)])
    }
}

extension SQL {
    static let order = "SELECT body FROM analyzer_order WHERE id = ?"
    static let ordersOfTube = "SELECT body FROM analyzer_order WHERE accession = ? ORDER BY analyzer, ordinal"
    static let ordersOfAnalyzer = "SELECT body FROM analyzer_order WHERE analyzer = ? ORDER BY at DESC, id DESC LIMIT ?"
    static func ordersDue(byAnalyzer: Bool) -> String {
        """
        SELECT o.body FROM due_order p CROSS JOIN analyzer_order o WHERE o.id = p.order_id\
        \(byAnalyzer ? " AND p.analyzer = ?" : "") ORDER BY p.at, p.order_id LIMIT ?
        """
    }
    static let orderEvents = "SELECT body FROM order_event WHERE order_id = ? ORDER BY ordinal"
    static let specimenRange = """
        SELECT s.body FROM specimen s WHERE s.accession >= ? AND s.accession <= ?
        AND NOT EXISTS (SELECT 1 FROM specimen n WHERE n.accession = s.accession AND n.version > s.version)
        ORDER BY s.accession LIMIT ?
        """

    /// Those of this file, for the test of plans.
    static var orderQuestions: [(name: String, sql: String)] {
        [
            ("order", order), ("orders of a tube", ordersOfTube), ("orders of an analyzer", ordersOfAnalyzer),
            ("orders due", ordersDue(byAnalyzer: false)), ("orders due of an analyzer", ordersDue(byAnalyzer: true)),
            ("order events", orderEvents), ("specimen range", specimenRange),
        ]
    }
}

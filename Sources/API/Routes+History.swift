import Base
import Client
import Laboratory
import Store
import Workflow

/// Earlier values, for the trend beside a result.
extension LaboratoryAPI {
    /// As far back as a file looks, in days, when nothing else is asked.
    static let historyDays: Int64 = 3650

    var historyRoutes: [Route] {
        [
            Route("GET", "/v1/bio/:ref/history", .needs(.readFiles), query: ["analysis", "since", "limit"]) { call in
                let request = try await request(call.parameter("ref"), call)
                let limit = try call.number("limit", in: 1...500) ?? 8
                let since =
                    try call.instant(call.query["since"].map { Moment(text: $0) }, at: "since")
                    ?? desk.now().advanced(by: .seconds(-LaboratoryAPI.historyDays * 86_400))
                let codes = request.lines.map(\.analysis).filter {
                    call.query["analysis"].map { [$0] }?.contains($0) ?? true
                }
                guard !codes.isEmpty else {
                    throw Refusal(
                        "history.unrequested", at: call.query["analysis"] ?? "",
                        because: "l'analyse n'est pas demandée dans ce dossier", remedy: "vérifier son code")
                }
                let own = Set(try await desk.store.observations(requestID: request.id).map(\.id))
                var views = [HistoryView]()
                for code in codes {
                    let found = try await desk.store.history(
                        patientID: request.patientID, analysis: code, from: since,
                        before: desk.now().advanced(by: .seconds(60)), limit: limit + own.count)
                    let earlier = found.filter { !own.contains($0.id) }.prefix(limit)
                    views.append(
                        HistoryView(
                            analysis: code,
                            points: earlier.map {
                                HistoryView.Point(
                                    value: $0.value, observedAt: call.moment($0.observedAt),
                                    analyzer: $0.origin.analyzer)
                            }))
                }
                return try .json(views)
            }
        ]
    }
}

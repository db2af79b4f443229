import Base
import Catalog
import Client
import Laboratory
import Store
import Workflow

/// Earlier values, for the trend beside a result.
extension LaboratoryAPI {
    /// As far back as a file looks, in days, when nothing else is asked.
    static let historyDays: Int64 = 3650
    /// Results measured since that are read beside those asked for, and left out.
    private static let youngerResults = 32

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
                let mine = try await desk.store.observations(requestID: request.id)
                let own = Set(mine.map(\.id))
                func definition(_ code: String, _ version: String?) -> String? {
                    let catalogue = version.map { desk.shelf[$0] } ?? desk.catalogue
                    return catalogue?[code]?.loinc?.code
                }
                func method(_ one: Observation) -> String? {
                    desk.shelf[one.catalogueVersion]?.method(of: one)?.name
                }
                let tubes = try await desk.store.specimens(requestID: request.id)
                var found = [String: [Observation]]()
                for code in codes {
                    let stored = try await desk.store.history(
                        patientID: request.patientID, analysis: code, from: since,
                        before: desk.now().advanced(by: .seconds(60)),
                        limit: limit + own.count + LaboratoryAPI.youngerResults)
                    found[code] = try await desk.shown(stored.filter { !own.contains($0.id) })
                }
                // Asked once for all: the analyses of a patient come from the same requests.
                let stands = try await desk.unwithdrawn(requests: Set(found.values.joined().map(\.requestID)))
                var views = [HistoryView]()
                for code in codes {
                    let last = mine.filter { $0.analysis == code }.max { $0.run < $1.run }
                    // What was taken before, whenever it was measured.
                    let taken = last?.takenAt(among: tubes) ?? tubes.compactMap(\.collectedAt).min() ?? desk.now()
                    let earlier = try await desk.taken((found[code] ?? []).filter { stands.contains($0.requestID) })
                        .filter { $0.at < taken || ($0.at == taken && $0.one.observedAt < last?.observedAt ?? taken) }
                        .prefix(limit)
                    views.append(
                        HistoryView(
                            analysis: code,
                            points: earlier.map { at, one in
                                HistoryView.Point(
                                    value: one.value, observedAt: call.moment(at), analyzer: one.origin.analyzer,
                                    method: method(one), definition: definition(code, one.catalogueVersion))
                            },
                            definition: definition(code, last?.catalogueVersion), method: last.flatMap(method)))
                }
                return try .json(views)
            }
        ]
    }
}

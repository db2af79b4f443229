import Base
import Client
import Laboratory
import Store
import Workflow

/// Orders to analyzers, and what takes them back.
extension LaboratoryAPI {
    var orderRoutes: [Route] {
        [
            Route("GET", "/v1/analyzers/:name/orders", .needs(.read), query: ["limit"]) { call in
                let found = try await desk.store.orders(analyzer: call.parameter("name"), limit: try call.limit())
                var views = [AnalyzerOrderView]()
                for order in found where call.sees(order.site) { views.append(try await view(order, call)) }
                return try .json(views)
            },
            Route("POST", "/v1/analyzers/:name/orders/resend", .needs(.operateAnalyzers)) { call in
                let body = try call.decoded(ResendBody.self)
                let made = try await desk.resendOrders(
                    of: body.accession, to: call.parameter("name"), reason: body.reason, by: call.author)
                return try .json(try await view(made, call), status: 201)
            },
            Route("POST", "/v1/requests/:ref/lines/cancel", .needs(.register)) { call in
                let body = try call.decoded(CancelLinesBody.self)
                let made = try await desk.cancelAnalyses(
                    body.codes, of: call.parameter("ref"), reason: body.reason, by: call.author)
                return try await registered(made, call)
            },
        ]
    }

    private func view(_ order: AnalyzerOrder, _ call: Call) async throws -> AnalyzerOrderView {
        let events = try await desk.store.orderEvents(order.id)
        return AnalyzerOrderView(
            id: order.id, analyzer: order.analyzer, accession: order.accession, action: order.action.rawValue,
            analyses: order.analyses, at: call.moment(order.at), askedBy: order.askedBy,
            state: events.last?.kind.rawValue, stateAt: events.last.map { call.moment($0.at) },
            detail: events.last?.detail, failures: events.count { $0.kind == .failed })
    }
}

import Base
package import Laboratory
import Rules
package import Store

/// An analyzer that is told its work unasked: what it can be ordered, by the catalogue's codes.
package struct OrderRoute: Sendable, Hashable {
    package var analyzer: String
    package var site: String
    package var analyses: Set<String>
    package init(analyzer: String, site: String, analyses: Set<String>) {
        self.analyzer = analyzer
        self.site = site
        self.analyses = analyses
    }
}

/// What one analyzer was told of one tube, and what it should know now.
struct TubeOrders {
    /// Orders of this tube to this analyzer, each with its last event.
    var earlier: [(order: AnalyzerOrder, last: AnalyzerOrderEvent.Kind?)]

    func standing(_ counts: (AnalyzerOrderEvent.Kind?) -> Bool) -> [String] {
        var standing: [String] = []
        for (order, last) in earlier where counts(last) {
            switch order.action {
            case .new, .add: standing += order.analyses.filter { !standing.contains($0) }
            case .cancel: standing.removeAll { order.analyses.contains($0) }
            }
        }
        return standing
    }

    /// Orders go out by their instants: those of one tube have one each, in the order of their ranks.
    func next(after now: Instant) -> Instant {
        guard let last = earlier.last?.order.at, last >= now else { return now }
        return last.advanced(by: .milliseconds(1))
    }

    /// The orders to queue so that the analyzer knows `wanted` and nothing else. What it refused is not told again by
    /// itself, and nothing is taken back that never reached it.
    func changes(to wanted: [String]) -> [(action: AnalyzerOrder.Action, analyses: [String])] {
        let told = standing { _ in true }
        let known = standing { $0 != .refused && $0 != .withdrawn }
        var changes: [(action: AnalyzerOrder.Action, analyses: [String])] = []
        let cancelled = known.filter { !wanted.contains($0) }
        if !cancelled.isEmpty { changes.append((.cancel, cancelled)) }
        let added = wanted.filter { !told.contains($0) }
        if !added.isEmpty { changes.append((earlier.isEmpty ? .new : .add, added)) }
        return changes
    }
}

extension Desk {
    /// Orders that follow from these specimens as they stand now: to append in the transaction that makes them so.
    /// A tube that was not received yet is ordered nowhere.
    func orders(for specimens: [Specimen], at: Instant) async throws(CommandFailure) -> [AnalyzerOrder] {
        let routes = orderRoutes()
        var orders: [AnalyzerOrder] = []
        for specimen in specimens where specimen.receivedAt != nil {
            for route in routes where route.site == specimen.site {
                let tube = try await tubeOrders(specimen.accession, route.analyzer)
                let wanted = specimen.analyses.filter { route.analyses.contains($0) }
                for (rank, change) in tube.changes(to: wanted).enumerated() {
                    orders.append(
                        AnalyzerOrder(
                            id: freshID(), site: specimen.site, analyzer: route.analyzer,
                            accession: specimen.accession, ordinal: tube.earlier.count + rank + 1,
                            action: change.action, analyses: change.analyses,
                            at: tube.next(after: at).advanced(by: .milliseconds(rank))))
                }
            }
        }
        return orders
    }

    private func tubeOrders(_ accession: String, _ analyzer: String) async throws(CommandFailure) -> TubeOrders {
        let all = try await ask { () throws(StoreFailure) in try await store.orders(accession: accession) }
        var earlier: [(order: AnalyzerOrder, last: AnalyzerOrderEvent.Kind?)] = []
        for order in all where order.analyzer == analyzer {
            let events = try await ask { () throws(StoreFailure) in try await store.orderEvents(order.id) }
            earlier.append((order, events.last?.kind))
        }
        return TubeOrders(earlier: earlier)
    }

    /// Queues once more everything that is still to be measured on a tube, because a person says that the analyzer
    /// lost it.
    package func resendOrders(
        of accession: String, to analyzer: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> AnalyzerOrder {
        try allow(author, .operateAnalyzers)
        try needReason(reason)
        guard let route = orderRoutes().first(where: { $0.analyzer == analyzer }) else {
            throw .refused(
                Refusal(
                    "order.route", at: analyzer, because: "cet automate ne reçoit pas de demandes de lui-même",
                    remedy: "choisir un automate dont le pilote et la configuration le prévoient"))
        }
        return try await attempt { () async throws(CommandFailure) -> AnalyzerOrder in
            guard let left = try await outstandingOrders([accession], site: route.site).first
            else { throw missing("specimen.unknown", "tube avec analyses à faire", accession) }
            let analyses = left.analyses.filter { route.analyses.contains($0) }
            guard !analyses.isEmpty else {
                throw .refused(
                    Refusal(
                        "order.nothing", at: accession, because: "cet automate n'a rien à faire sur ce tube",
                        remedy: "voir la demande (request show)"))
            }
            let reason = try await rerunReason(reason, of: analyses, accession)
            let tube = try await tubeOrders(accession, analyzer)
            let at = now()
            let order = AnalyzerOrder(
                id: freshID(), site: route.site, analyzer: analyzer, accession: accession,
                ordinal: tube.earlier.count + 1, action: .new, analyses: analyses, at: tube.next(after: at),
                askedBy: author.login)
            let subject = "\(analyzer) \(accession) : \(reason.prefix(120))"
            try await ask { () throws(StoreFailure) in
                try await store.append([.order(order)], note: note(author, "order.resend", subject, at))
            }
            afterOrdering()
            return order
        }
    }

    /// What was measured before and set aside is measured again for a reason that can be counted (RULES section 8): one
    /// of the codes of the policy. An order that merely goes out again needs none.
    private func rerunReason(
        _ reason: String, of analyses: [String], _ accession: String
    ) async throws(CommandFailure) -> String {
        guard let specimen = try await ask({ () throws(StoreFailure) in try await store.specimen(accession) }) else {
            return reason
        }
        let (_, all, _) = try await file(of: specimen.requestID)
        guard all.contains(where: { $0.accession == accession && analyses.contains($0.analysis) }) else {
            return reason
        }
        let policy = shelf.pack.policy
        guard let coded = policy.rerunReason(reason) else {
            throw .refused(
                Refusal(
                    "rerun.reason", at: accession, because: "une repasse veut un motif codé",
                    remedy: "commencer le motif par : \(policy.rerunChoices)"))
        }
        return coded
    }

    /// What of an order is still to be said when its turn comes; nil when nothing is.
    package func due(_ order: AnalyzerOrder) async throws(CommandFailure) -> SpecimenOrder? {
        guard let specimen = try await ask({ () throws(StoreFailure) in try await store.specimen(order.accession) })
        else { return nil }
        let request = try await request(specimen.requestID)
        let patient = try await patient(request.patientID)
        let left: [String]
        switch order.action {
        case .cancel: left = order.analyses.filter { !specimen.analyses.contains($0) }
        case .new, .add:
            let done = try await standing(of: request.id)
            // What was taken off and put back before its turn came is known already.
            let known = order.askedBy == nil ? try await known(before: order) : []
            left = order.analyses.filter {
                specimen.analyses.contains($0) && done[$0] == nil && !known.contains($0)
            }
        }
        guard !left.isEmpty else { return nil }
        return SpecimenOrder(
            accession: specimen.accession, analyses: left, priority: request.priority, patient: patient,
            requestedAt: request.registeredAt, collectedAt: specimen.collectedAt)
    }

    /// Analyses that the analyzer acknowledged before this order was queued, and that were not taken back since.
    private func known(before order: AnalyzerOrder) async throws(CommandFailure) -> [String] {
        var tube = try await tubeOrders(order.accession, order.analyzer)
        tube.earlier.removeAll { $0.order.ordinal >= order.ordinal }
        return tube.standing { $0 == .acknowledged }
    }

    /// What became of an order; what the analyzer refuses waits in triage for a person.
    package func record(
        _ kind: AnalyzerOrderEvent.Kind, of order: AnalyzerOrder, detail: String?
    ) async throws(CommandFailure) {
        try await attempt { () async throws(CommandFailure) -> Void in
            let events = try await ask { () throws(StoreFailure) in try await store.orderEvents(order.id) }
            if events.last?.kind.isLast == true { return }
            let at = now()
            var facts: [Fact] = [
                .orderEvent(
                    AnalyzerOrderEvent(
                        orderID: order.id, ordinal: events.count + 1, kind: kind, at: at, detail: detail))
            ]
            if kind == .refused {
                facts.append(
                    .triage(
                        TriageEntry(
                            id: freshID(), site: order.site, analyzer: order.analyzer, messageID: order.id, ordinal: -1,
                            reason: .refusedOrder,
                            explanation: """
                                \(order.analyzer) refuse la commande du tube \(order.accession) : \
                                \(detail ?? "sans motif") → voir l'automate, puis la renvoyer (analyzer orders \
                                \(order.analyzer) --resend \(order.accession)) ou écarter avec un motif
                                """, at: at)))
            }
            let new = facts
            // A try that failed is its own trace, as one of a delivery is.
            let note: AuditNote? =
                kind == .failed
                ? nil
                : AuditNote(
                    site: order.site, author: "analyzer:\(order.analyzer)", action: "order.\(kind.rawValue)",
                    subject: order.id, at: at)
            try await ask { () throws(StoreFailure) in try await store.append(new, note: note) }
        }
    }

    /// What stands for each analysis of a request now, rejected results left out.
    func standing(of requestID: String) async throws(CommandFailure) -> [String: Observation] {
        let all = try await ask { () throws(StoreFailure) in try await store.observations(requestID: requestID) }
        let events = try await ask { () throws(StoreFailure) in
            try await store.observationEvents(requestID: requestID)
        }
        return Chosen.observations(all, events: events)
    }
}

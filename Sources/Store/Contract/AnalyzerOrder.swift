package import Base

/// Work that one analyzer is told of unasked: queued in the transaction of what made it, sent until it is acknowledged.
package struct AnalyzerOrder: Codable, Sendable, Hashable {
    package enum Action: String, Codable, Sendable, CaseIterable {
        /// First order for this tube on this analyzer, or all of it again because a person asked.
        case new
        /// More analyses for a tube that the analyzer knows.
        case add
        /// Analyses that are not wanted any more.
        case cancel
    }
    package var id: String
    package var site: String
    package var analyzer: String
    package var accession: String
    /// 1, 2… within (analyzer, accession): two people who change a request at once conflict here.
    package var ordinal: Int
    package var action: Action
    /// Codes of the catalogue.
    package var analyses: [String]
    package var at: Instant
    /// Account that asked for it once more; nil for what the house queues by itself.
    package var askedBy: String?
    package init(
        id: String, site: String, analyzer: String, accession: String, ordinal: Int, action: Action,
        analyses: [String], at: Instant, askedBy: String? = nil
    ) {
        self.id = id
        self.site = site
        self.analyzer = analyzer
        self.accession = accession
        self.ordinal = ordinal
        self.action = action
        self.analyses = analyses
        self.at = at
        self.askedBy = askedBy
    }
}

/// What became of an order.
package struct AnalyzerOrderEvent: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// The analyzer took it.
        case acknowledged
        /// It did not get through, this time; it goes again.
        case failed
        /// The analyzer refuses it: it waits in triage for a person.
        case refused
        /// Nothing of it was left to say when its turn came.
        case withdrawn

        /// It is not sent any more.
        package var isLast: Bool {
            switch self {
            case .acknowledged, .refused, .withdrawn: true
            case .failed: false
            }
        }
    }
    package var orderID: String
    /// 1, 2… within the order.
    package var ordinal: Int
    package var kind: Kind
    package var at: Instant
    /// Why, without patient data.
    package var detail: String?
    package init(orderID: String, ordinal: Int, kind: Kind, at: Instant, detail: String? = nil) {
        self.orderID = orderID
        self.ordinal = ordinal
        self.kind = kind
        self.at = at
        self.detail = detail
    }
}

extension AnalyzerOrder: StoredFact {}
extension AnalyzerOrderEvent: StoredFact {}

import Base
import Client
import Laboratory
import Quality
import Workflow

/// Changes of the lot of a control.
extension LaboratoryAPI {
    var lotRoutes: [Route] {
        [
            Route("GET", "/v1/control-lots/:analyzer", .needs(.read), query: ["analysis"]) { call in
                try .json(try await lots(call))
            },
            Route("POST", "/v1/control-lots/:analyzer", .needs(.validateTechnically)) { call in
                let body = try call.decoded(LotOpeningBody.self)
                var values = [String: (mean: Exact, sd: Exact)]()
                for value in body.values ?? [] {
                    values[value.analysis] = (try number(value.mean, "mean"), try number(value.sd, "sd"))
                }
                let opened = try await desk.openLot(
                    body.lot, material: body.material, beside: body.beside, analyzer: call.parameter("analyzer"),
                    analyses: body.analyses ?? [], values: values, reason: body.reason, by: call.author)
                return try .json(opened.map { LotComparisonView($0) })
            },
            Route("POST", "/v1/control-lots/:analyzer/switch", .needs(.sign)) { call in
                let body = try call.decoded(LotSwitchBody.self)
                guard let spread = LotSpread(rawValue: body.spread ?? LotSpread.parallel.rawValue) else {
                    throw choice("spread", LotSpread.allCases.map(\.rawValue))
                }
                let analyzer = call.parameter("analyzer")
                let targets = try await desk.switchLot(
                    to: body.material, analyzer: analyzer, analyses: body.analyses ?? [], spread: spread,
                    acceptsDoubts: body.acceptsDoubts ?? false, reason: body.reason, by: call.author)
                var states = [QualityStateView]()
                for target in targets { states.append(try await state(target.assay, call)) }
                return try .json(states)
            },
        ]
    }

    private func lots(_ call: Call) async throws -> [LotComparisonView] {
        try await desk.lotComparisons(
            analyzer: call.parameter("analyzer"), analysis: call.query["analysis"], site: call.author.site
        ).map { LotComparisonView($0) }
    }
}

extension LotComparisonView {
    init(_ comparison: LotComparison) {
        let change = comparison.change
        self.init(
            analyzer: comparison.new.assay.analyzer, analysis: comparison.new.assay.analysis,
            level: comparison.new.level.name, unit: comparison.new.unit,
            new: Side(comparison.new, change.statistics),
            former: comparison.former.map { Side($0, change.former) }, recommended: LotChange.recommendedPoints,
            doubts: change.doubts.map(\.french))
        proposedMean = change.proposal?.mean?.text
        proposedSD = change.proposal?.sd?.text
        proposedSDFromFormerCV = change.proposal == nil ? nil : change.sdFromFormerCV?.text
    }
}

extension LotComparisonView.Side {
    fileprivate init(_ target: ControlTarget, _ statistics: ControlStatistics) {
        self.init(material: target.material, lot: target.lot, count: statistics.count)
        let summary = ControlSummary(statistics)
        mean = summary?.mean.text
        sd = summary?.sd.text
        cv = summary?.cv?.text
        self.target = target.mean?.text
        targetSD = target.sd?.text
    }
}

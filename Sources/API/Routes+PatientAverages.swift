import Base
import Catalog
import Client
import Laboratory
import Quality
import Workflow

/// Control of quality by the patients' own results.
extension LaboratoryAPI {
    var patientAverageRoutes: [Route] {
        [
            Route("GET", "/v1/patient-averages", .needs(.read), query: ["analyzer"]) { call in
                let averages = try await desk.patientAverages(site: call.author.site)
                    .filter { average in call.query["analyzer"].map { $0 == average.assay.analyzer } ?? true }
                return try .json(averages.map { PatientAverageView($0, call, withPoints: false) })
            },
            Route("GET", "/v1/patient-averages/:analyzer/:analysis", .needs(.read)) { call in
                try .json(try await average(call))
            },
            Route("POST", "/v1/patient-averages/:analyzer/:analysis", .needs(.sign)) { call in
                let body = try call.decoded(PatientAverageBody.self)
                try await desk.setPatientControl(
                    try settings(body, call), of: assay(call), reason: body.reason, by: call.author)
                return try .json(try await average(call))
            },
            Route("POST", "/v1/patient-averages/:analyzer/:analysis/end", .needs(.sign)) { call in
                let body = try call.decoded(PatientAverageEndBody.self)
                try await desk.endPatientControl(of: assay(call), reason: body.reason, by: call.author)
                return try .json(Done())
            },
        ]
    }

    private func assay(_ call: Call) -> ControlledAssay {
        ControlledAssay(analysis: call.parameter("analysis"), analyzer: call.parameter("analyzer"))
    }

    private func average(_ call: Call) async throws -> PatientAverageView {
        let assay = assay(call)
        _ = try desk.catalogue.required(assay.analysis)
        guard let average = try await desk.patientAverage(assay, site: call.author.site) else {
            throw Refusal(
                "quality.patients.off", at: assay.description,
                because: "la moyenne des patients n'est pas surveillée ici",
                remedy: "la régler : paillasse qc patients set")
        }
        return PatientAverageView(average, call, withPoints: true)
    }

    private func settings(_ body: PatientAverageBody, _ call: Call) throws -> PatientSettings {
        let analysis = try desk.catalogue.required(call.parameter("analysis"))
        let target = try number(body.target, "target")
        let method: PatientControlPolicy.Method
        switch body.method {
        case "bull": method = .bull(batch: body.count ?? 20)
        case "ewma": method = .ewma(lambda: try number(body.lambda ?? "", "lambda"))
        case "mobile": method = .movingAverage(window: body.count ?? 50)
        case _: throw choice("method", ["bull", "ewma", "mobile"])
        }
        var limit = PatientControlPolicy.bull(target: target).limit
        if let text = body.limit {
            limit = try number(text, "limit")
        } else if body.method != "bull" {
            throw Refusal(
                "body.number", at: "limit", because: "l'écart toléré manque", remedy: "donner limit, dans l'unité")
        }
        let classes = EncounterClass.allCases.map(\.rawValue)
        guard (body.excluded ?? []).allSatisfy({ classes.contains($0) }) else { throw choice("excluded", classes) }
        return PatientSettings(
            policy: PatientControlPolicy(
                method: method, target: target, limit: limit, low: try body.low.map { try number($0, "low") },
                high: try body.high.map { try number($0, "high") }, excludedWards: Set(body.excluded ?? [])),
            consequence: body.warningOnly == true ? .warning : .control, unit: analysis.unit, from: desk.now())
    }
}

extension PatientAverageView {
    init(_ average: PatientAverage, _ call: Call, withPoints: Bool) {
        let settings = average.watch.settings, control = average.watch.control
        let places = max(settings.policy.target.scale, settings.policy.limit.scale) + 1
        func text(_ point: PatientControlPoint) -> String { point.average.rounded(to: places).text }
        let last = control.points.last
        let state = average.watch.open != nil ? "ALARME" : (last == nil ? "ATTENTE" : "STABLE")
        self.init(
            analyzer: average.assay.analyzer, analysis: average.assay.analysis, state: state,
            method: settings.policy.method.french, target: settings.policy.target.text,
            limit: settings.policy.limit.text, unit: settings.unit, excluded: settings.policy.excludedWards.sorted(),
            consequence: settings.consequence.rawValue, since: call.moment(settings.from), entered: control.entered,
            leftOut: control.leftOut,
            alarms: average.alarms.map {
                Alarm(at: call.moment($0.at), holds: $0.kind == .patientAlarm, note: $0.note)
            },
            points: withPoints
                ? control.points.map { Point(at: call.moment($0.at), average: text($0), alarm: $0.isAlarm) } : [])
        low = settings.policy.low?.text
        high = settings.policy.high?.text
        self.average = last.map(text)
        at = last.map { call.moment($0.at) }
        openAlarm = average.watch.open.map { call.moment($0) }
    }
}

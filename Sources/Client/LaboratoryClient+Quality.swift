package import Base

/// The routes of the control of quality.
extension LaboratoryClient {
    private func path(_ analyzer: String, _ analysis: String, _ rest: String = "") -> String {
        "/v1/quality/\(LaboratoryClient.segment(analyzer))/\(LaboratoryClient.segment(analysis))\(rest)"
    }

    package func qualityStates(analyzer: String? = nil) async throws(Refusal) -> [QualityStateView] {
        try await get("/v1/quality", [("analyzer", analyzer)])
    }
    package func qualityPage(_ analyzer: String, _ analysis: String) async throws(Refusal) -> QualityPageView {
        try await get(path(analyzer, analysis))
    }
    /// `format`: `text`, `ascii`, `svg` or `pdf`.
    package func qualityChart(
        _ analyzer: String, _ analysis: String, format: String, width: Int
    ) async throws(Refusal) -> [UInt8] {
        try await bytes(path(analyzer, analysis, "/chart?format=\(format)&width=\(width)"))
    }
    package func qualityStatistics(
        _ analyzer: String, _ analysis: String, byMonth: Bool, calibrationUncertainty: String? = nil
    ) async throws(Refusal) -> [QualityStatisticsView] {
        try await get(
            path(analyzer, analysis, "/statistics"),
            [("month", byMonth ? "1" : nil), ("ucal", calibrationUncertainty)])
    }
    /// Expanded measurement uncertainty (k = 2) of each level, of its last lot that has one: `N1 4,2 %`. `calibration`:
    /// that of the calibrator, in percent. Empty: controls or rounds of external assessment are missing.
    package func uncertainty(
        _ analyzer: String, _ analysis: String, calibration: String
    ) async throws(Refusal) -> [String] {
        let lines = try await qualityStatistics(
            analyzer, analysis, byMonth: false, calibrationUncertainty: calibration)
        var levels: [(level: String, percent: String)] = []
        for line in lines {
            guard let percent = line.uncertainty else { continue }
            levels.removeAll { $0.level == line.level }
            levels.append((line.level, percent))
        }
        return levels.map { "\($0.level) \($0.percent.replacing(".", with: ",")) %" }
    }
    package func lookBacks(_ analyzer: String, _ analysis: String) async throws(Refusal) -> [LookBackView] {
        try await get(path(analyzer, analysis, "/lookback"))
    }
    package func decideLookBack(
        _ analyzer: String, _ analysis: String, _ body: LookBackBody
    ) async throws(Refusal) -> [LookBackView] {
        try await send("POST", path(analyzer, analysis, "/lookback"), body)
    }
    package func setControlTarget(
        _ analyzer: String, _ analysis: String, _ body: ControlTargetBody
    ) async throws(Refusal) -> QualityStateView {
        try await send("POST", path(analyzer, analysis, "/targets"), body)
    }
    package func setControlPolicy(
        _ analyzer: String, _ analysis: String, _ body: ControlPolicyBody
    ) async throws(Refusal) -> QualityStateView {
        try await send("POST", path(analyzer, analysis, "/policy"), body)
    }
    /// Of one analysis, or of the whole analyzer.
    package func recordControlEvent(
        _ analyzer: String, _ analysis: String?, _ body: ControlEventBody
    ) async throws(Refusal) -> Done {
        try await send("POST", path(analyzer, analysis ?? "*", "/events"), body)
    }
    package func excludeControl(
        _ analyzer: String, _ analysis: String, _ body: ControlExclusionBody
    ) async throws(Refusal) -> QualityStateView {
        try await send("POST", path(analyzer, analysis, "/exclusions"), body)
    }
    package func correctRejection(
        _ analyzer: String, _ analysis: String, _ body: ControlCorrectionBody
    ) async throws(Refusal) -> QualityStateView {
        try await send("POST", path(analyzer, analysis, "/corrections"), body)
    }
    package func enterControl(
        _ analyzer: String, _ analysis: String, _ body: ControlValueBody
    ) async throws(Refusal) -> QualityStateView {
        try await send("POST", path(analyzer, analysis, "/controls"), body)
    }
    package func controlLots(
        _ analyzer: String, analysis: String? = nil
    ) async throws(Refusal) -> [LotComparisonView] {
        try await get(lotPath(analyzer), [("analysis", analysis)])
    }
    private func lotPath(_ analyzer: String, _ rest: String = "") -> String {
        "/v1/control-lots/\(LaboratoryClient.segment(analyzer))\(rest)"
    }
    package func openLot(
        _ analyzer: String, _ body: LotOpeningBody
    ) async throws(Refusal) -> [LotComparisonView] {
        try await send("POST", lotPath(analyzer), body)
    }
    package func switchLot(_ analyzer: String, _ body: LotSwitchBody) async throws(Refusal) -> [QualityStateView] {
        try await send("POST", lotPath(analyzer, "/switch"), body)
    }
    package func patientAverages(analyzer: String? = nil) async throws(Refusal) -> [PatientAverageView] {
        try await get("/v1/patient-averages", [("analyzer", analyzer)])
    }
    private func averagePath(_ analyzer: String, _ analysis: String) -> String {
        "/v1/patient-averages/\(LaboratoryClient.segment(analyzer))/\(LaboratoryClient.segment(analysis))"
    }
    package func patientAverage(_ analyzer: String, _ analysis: String) async throws(Refusal) -> PatientAverageView {
        try await get(averagePath(analyzer, analysis))
    }
    package func setPatientAverage(
        _ analyzer: String, _ analysis: String, _ body: PatientAverageBody
    ) async throws(Refusal) -> PatientAverageView {
        try await send("POST", averagePath(analyzer, analysis), body)
    }
    package func endPatientAverage(
        _ analyzer: String, _ analysis: String, reason: String
    ) async throws(Refusal) -> Done {
        try await send("POST", averagePath(analyzer, analysis) + "/end", PatientAverageEndBody(reason: reason))
    }
    package func assessments() async throws(Refusal) -> [AssessmentView] { try await get("/v1/assessments") }
    package func recordAssessment(_ body: AssessmentBody) async throws(Refusal) -> [AssessmentView] {
        try await send("POST", "/v1/assessments", body)
    }
}

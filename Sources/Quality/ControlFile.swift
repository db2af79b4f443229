package import Base

/// A file of control points without a laboratory around it: columns `run,time,level,value,mean,sd`, and if wanted
/// `lot` and `exclusion` (a reason: the point is on the chart, not in the rules).
///
/// An empty `mean` or `sd`, an `sd` of zero or less is a fact (the point has no z, the run is `CQ_ABSENT`: RULES
/// section 2.2, fail closed); an empty value, a text that is no number or no instant is a fault of the file: everything
/// wrong is listed with line and column, nothing is judged. A line that says again what another said is one measurement
/// exported twice: it counts once, and is told. The table of a French spreadsheet (semicolons, decimal commas,
/// `22/11/2026 07:30`) is read as well.
package struct ControlFile: Sendable {
    package static let columns = ["run", "time", "level", "value", "mean", "sd"]
    package static let optionalColumns = ["lot", "exclusion"]
    /// Points of one run lie closer together than this; a run name that comes back another day is a fault of the file.
    package static let longestRun = Duration.seconds(24 * 3600)

    /// In the order of the file.
    package let points: [ControlPoint]
    /// As written, by run (its first point).
    package let times: [String: String]
    package let refusals: [Refusal]
    /// What was read otherwise than it stands, one sentence each.
    package let notices: [String]

    /// `zone`: of times written without one.
    package init(_ bytes: [UInt8], name: String, zone: CivilZone = .europeParis) {
        var sheet = Sheet(
            bytes, file: name, required: ControlFile.columns, optional: ControlFile.optionalColumns)
        var points: [ControlPoint] = [], notices: [String] = []
        var lineOf: [ControlPoint: Int] = [:]
        var written: [String: (at: Instant, text: String)] = [:]
        for line in sheet.lines {
            guard let point = ControlFile.point(line, &sheet, zone) else { continue }
            var same = point
            same.id = ""
            if let first = lineOf[same] {
                notices.append("\(name):\(line.number) : répète la ligne \(first), compté une seule fois")
                continue
            }
            lineOf[same] = line.number
            if let first = written[point.run] {
                let (early, late) = first.at < point.at ? (first.at, point.at) : (point.at, first.at)
                if early.duration(to: late) >= ControlFile.longestRun {
                    sheet.refuse(
                        "run", line, "run", "la série « \(point.run) » s'étend sur plus de 24 h",
                        "donner à chaque série son nom")
                }
            }
            if written[point.run].map({ point.at < $0.at }) ?? true {
                written[point.run] = (point.at, line.text("time"))
            }
            points.append(point)
        }
        if sheet.lines.isEmpty, sheet.refusals.isEmpty {
            sheet.refuse("empty", 1, 1, "le fichier n'a aucun point", "ajouter une ligne par contrôle mesuré")
        }
        self.points = points
        times = written.mapValues(\.text)
        refusals = sheet.refusals
        self.notices = notices
    }

    private static func point(_ line: Sheet.Line, _ sheet: inout Sheet, _ zone: CivilZone) -> ControlPoint? {
        let run = sheet.required(line, "run"), level = sheet.required(line, "level")
        let time = sheet.required(line, "time").flatMap { _ in sheet.instant(line, "time", in: zone) }
        let mean = sheet.number(line, "mean"), sd = sheet.number(line, "sd")
        guard let text = sheet.required(line, "value"), !sheet.isAmbiguous(line, "value") else { return nil }
        guard let value = Measured(text) else {
            sheet.refuse(
                "number", line, "value", "« \(text) » n'est pas une valeur mesurée",
                "écrire par exemple 4.20 : ni unité, ni texte")
            return nil
        }
        guard let run, let level, let time else { return nil }
        var exclusion: SignedReason?
        if !line.isEmpty("exclusion") {
            exclusion = try? SignedReason(by: "fichier", at: time, reason: line.text("exclusion"))
        }
        return ControlPoint(
            id: "\(line.number)", assay: ControlFile.assay, run: run, at: time, level: ControlLevel(level),
            lot: line.text("lot"), value: value, target: mean, sd: sd, exclusion: exclusion)
    }

    /// A file is about one analysis on one analyzer.
    package static let assay = ControlledAssay(analysis: "", analyzer: "")

    /// Distinct levels of the file: three or more call for the rules of three levels.
    package var levelCount: Int { Set(points.map(\.level)).count }

    /// Nobody signs corrections in a file, and no time passes after its last run: a conforming run after a rejection is
    /// CORRIGE, the next one CONFORME.
    package func timeline(rules: [WestgardRule: RuleAction]? = nil) -> ControlTimeline {
        let policy = ControlPolicy(
            rules: rules ?? ControlPolicy.standardRules(levels: levelCount), validity: nil, endingEvents: [],
            needsSignedCorrection: false)
        return ControlTimeline(assay: ControlFile.assay, policy: policy, points: points)
    }

    /// The verdicts as JSON: an array of runs in time. `z` is a number rounded to four decimals or null, what the file
    /// gave stays as it was written.
    package func json(_ timeline: ControlTimeline) -> String {
        "[\n" + timeline.verdicts.map { "  " + json($0) }.joined(separator: ",\n") + "\n]"
    }

    private func json(_ verdict: RunVerdict) -> String {
        let violations = verdict.violations.map { violation in
            let evidence = violation.evidence.map { evidence in
                JSON.object([
                    ("scope", JSON.text(evidence.scope.rawValue)), ("side", JSON.text(evidence.side?.rawValue)),
                    (
                        "points",
                        JSON.array(
                            evidence.points.map {
                                JSON.object([("run", JSON.text($0.run)), ("level", JSON.text($0.level))])
                            })
                    ),
                ])
            }
            return JSON.object([
                ("rule", JSON.text(violation.rule.rawValue)), ("action", JSON.text(violation.action.rawValue)),
                ("levels", JSON.array(violation.levels.map(JSON.text))), ("evidence", JSON.array(evidence)),
            ])
        }
        let points = verdict.points.map { point in
            JSON.object([
                ("level", JSON.text(point.level.name)), ("value", JSON.text(point.text)),
                ("mean", JSON.text(point.target?.text)), ("sd", JSON.text(point.sd?.text)),
                ("z", point.z?.rounded(to: 4)?.text ?? "null"),
                ("excluded", point.exclusion == nil ? "false" : "true"),
                ("defect", JSON.text(defect(of: point)?.rawValue)),
            ])
        }
        return JSON.object([
            ("run", JSON.text(verdict.run)), ("time", JSON.text(times[verdict.run])),
            ("state", JSON.text(verdict.state.rawValue)), ("hold", JSON.text(verdict.state.hold?.rawValue)),
            ("outcome", JSON.text(verdict.outcome.rawValue)), ("because", JSON.text(verdict.because)),
            ("violations", JSON.array(violations)), ("points", JSON.array(points)),
        ])
    }

    private func defect(of point: ControlPoint) -> ControlDefect? {
        switch point.score {
        case .z, .answer: nil
        case .absent(let defect): defect
        }
    }
}

/// Just enough to write values as JSON (RFC 8259).
enum JSON {
    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { text($0.0) + ": " + $0.1 }.joined(separator: ", ") + "}"
    }
    static func array(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }
    static func text(_ value: String?) -> String { value.map(JSONString.quoted) ?? "null" }
}

/// How the average of the patients of an analysis on an analyzer stands.
package struct PatientAverageView: Codable, Sendable, Hashable {
    package struct Point: Codable, Sendable, Hashable {
        package var at: Moment
        package var average: String
        package var alarm: Bool
        package init(at: Moment, average: String, alarm: Bool) {
            self.at = at
            self.average = average
            self.alarm = alarm
        }
    }
    package struct Alarm: Codable, Sendable, Hashable {
        package var at: Moment
        /// False: an `avertissement`.
        package var holds: Bool
        package var note: String
        package init(at: Moment, holds: Bool, note: String) {
            self.at = at
            self.holds = holds
            self.note = note
        }
    }
    package var analyzer: String
    package var analysis: String
    /// `STABLE`, `ALARME`, or `ATTENTE` while too few values came in for an average.
    package var state: String
    /// In words: `EWMA, λ 0.05`.
    package var method: String
    package var target: String
    package var limit: String
    package var unit: String
    /// Truncation limits.
    package var low: String?
    package var high: String?
    /// Classes of encounter whose patients are left out.
    package var excluded: [String]
    /// `contrôle` or `avertissement`: what an alarm does.
    package var consequence: String
    package var since: Moment
    /// Values in the average since it last began at its target, and left out of it.
    package var entered: Int
    package var leftOut: Int
    /// The average now; nil while too few values came in.
    package var average: String?
    package var at: Moment?
    /// The alarm that no control has answered.
    package var openAlarm: Moment?
    /// Every alarm noted, in time.
    package var alarms: [Alarm]
    /// The newest averages, in time; empty in a list.
    package var points: [Point]

    package init(
        analyzer: String, analysis: String, state: String, method: String, target: String, limit: String,
        unit: String, excluded: [String], consequence: String, since: Moment, entered: Int, leftOut: Int,
        alarms: [Alarm], points: [Point]
    ) {
        self.analyzer = analyzer
        self.analysis = analysis
        self.state = state
        self.method = method
        self.target = target
        self.limit = limit
        self.unit = unit
        self.excluded = excluded
        self.consequence = consequence
        self.since = since
        self.entered = entered
        self.leftOut = leftOut
        self.alarms = alarms
        self.points = points
    }
}

package struct PatientAverageBody: Codable, Sendable, Hashable {
    /// `bull`, `ewma` or `mobile`.
    package var method: String
    /// Values of a batch (bull, 20 when nil) or of a window (mobile).
    package var count: Int?
    /// For `ewma`, in ]0, 1].
    package var lambda: String?
    package var target: String
    /// How far from the target is too far; nil: 3 % of the target for `bull`.
    package var limit: String?
    package var low: String?
    package var high: String?
    /// `AMB`, `IMP`, `EMER`.
    package var excluded: [String]?
    /// True: an alarm is shown and holds nothing.
    package var warningOnly: Bool?
    package var reason: String
    package init(method: String, target: String, reason: String) {
        self.method = method
        self.target = target
        self.reason = reason
    }
}

package struct PatientAverageEndBody: Codable, Sendable, Hashable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

package import Base
package import Laboratory

/// What the server last said, as the screens need it.
package struct House: Sendable, Equatable {
    package var site = ""
    package var person = ""
    package var login = ""
    package var permissions: Set<Permission> = []
    package private(set) var lines: [Line] = []
    private var placeOfLine: [LinePlace] = []
    /// The same as tubes, in order, and where each is: kept, since every screen asks for them.
    package private(set) var tubes: [Tube] = []
    private var tubeAt: [String: Int] = [:]
    private var tubesOfRequest: [String: [Int]] = [:]
    /// Requests in which somebody was told.
    private var toldOf: Set<String> = []
    package private(set) var urgentTubes = 0
    package private(set) var heldTubes = 0
    package private(set) var criticalTubes = 0
    package var triageOpen = 0
    package var awaitingSignature = 0
    package var analyzers: [AnalyzerRow] = []
    package var quality: [QualityRow] = []
    package var triage: [TriageRow] = []
    package var requests: [RequestRow] = []
    package var totals = Totals()
    package var toSign: [SignRow] = []
    /// Reflex tests that nobody decided.
    package var reflexes: [ReflexRow] = []
    /// Critical values that somebody must be told of.
    package private(set) var calls: [CallRow] = []
    /// Critical values that somebody was told of, by observation.
    package private(set) var tellings: [String: CallRow.Telling] = [:]
    /// Tubes whose critical values were all told.
    package private(set) var toldTubes: Set<String> = []
    /// Requests that were opened, by number.
    package var files: [String: FileSheet] = [:]
    /// Charts of controls, by `analyzer/analysis`.
    package var charts: [String: [String]] = [:]
    /// Sentences of the laboratory, by code.
    package var comments: [CodedText] = []
    /// What the engine looked at, by observation.
    package var whys: [String: WhySheet] = [:]
    /// Measurement uncertainty that was asked for, by `analyzer/analysis`.
    package var uncertainties: [String: [String]] = [:]
    package var link = Link.connecting
    /// What was not loaded yet, so that an empty list is not taken for a list that is empty.
    package var loaded: Set<Source> = []
    package init() {}

    private struct LinePlace: Sendable, Equatable {
        var tube: Int
        /// Among the lines of the tube.
        var at: Int
    }

    /// Takes the list of the server; answers the ids of what is new in it or says something else. While fifty results a
    /// second come, most lists differ from the last one in a few values: only their tubes are made again.
    package mutating func take(_ list: [Line]) -> [String] {
        if let places = places(changedIn: list) {
            for place in places { replace(place, list[place]) }
            if !places.isEmpty { markTold() }
            return places.map { list[$0].id }
        }
        let before = Dictionary(lines.indices.map { (lines[$0].id, $0) }, uniquingKeysWith: { a, _ in a })
        let told = list.compactMap { line in
            before[line.id].map { lines[$0] == line } ?? false ? nil : line.id
        }
        lines = list
        index()
        markTold()
        return told
    }

    /// Calls that are to be made, and those that were.
    package mutating func take(_ rows: [CallRow]) {
        calls = rows.filter { $0.telling == nil }
        tellings = [:]
        for row in rows {
            guard let telling = row.telling else { continue }
            for id in [row.id] + row.runs { tellings[id] = telling }
        }
        toldOf = Set(rows.compactMap { $0.telling == nil ? nil : $0.request })
        markTold()
    }
    private mutating func markTold() {
        let places = toldOf.flatMap { tubesOfRequest[$0] ?? [] }
        toldTubes = Set(
            places.map { tubes[$0] }.filter { tube in
                tube.isCritical && tube.lines.allSatisfy { !$0.isCritical || tellings[$0.id] != nil }
            }.map(\.key))
    }

    /// Nil when the lists differ in more than what some lines say.
    private func places(changedIn list: [Line]) -> [Int]? {
        guard list.count == lines.count else { return nil }
        var places = [Int]()
        for place in list.indices where list[place] != lines[place] {
            let (line, old) = (list[place], lines[place])
            guard line.id == old.id, line.tubeKey == old.tubeKey, line.request == old.request else { return nil }
            places.append(place)
        }
        return places
    }

    private mutating func replace(_ place: Int, _ line: Line) {
        let spot = placeOfLine[place]
        lines[place] = line
        count(tubes[spot.tube], -1)
        var all = tubes[spot.tube].lines
        all[spot.at] = line
        tubes[spot.tube] = Tube.tubes(of: all)[0]
        count(tubes[spot.tube], 1)
    }

    private mutating func index() {
        tubes = Tube.tubes(of: lines)
        tubeAt = [:]
        tubesOfRequest = [:]
        (urgentTubes, heldTubes, criticalTubes) = (0, 0, 0)
        for (place, tube) in tubes.enumerated() {
            tubeAt[tube.key] = place
            tubesOfRequest[tube.request, default: []].append(place)
            count(tube, 1)
        }
        var met = [Int](repeating: 0, count: tubes.count)
        placeOfLine = lines.map { line in
            let tube = tubeAt[line.tubeKey] ?? 0
            defer { met[tube] += 1 }
            return LinePlace(tube: tube, at: met[tube])
        }
    }
    private mutating func count(_ tube: Tube, _ one: Int) {
        if tube.urgent { urgentTubes += one }
        if tube.held > 0 { heldTubes += one }
        if tube.isCritical { criticalTubes += one }
    }
    package func tube(_ key: String) -> Tube? { tubeAt[key].map { tubes[$0] } }
    /// What waits in a request.
    package func waiting(in request: String) -> [Line] {
        (tubesOfRequest[request] ?? []).flatMap { tubes[$0].lines }
    }

    /// Calls that are open for what waits on no tube as critical (signed, amended, judged anew), by the key of their
    /// row: a tube, or the request.
    package var callsElsewhere: [(key: String, call: CallRow)] {
        var met = Set<String>()
        return calls.sorted { $0.due < $1.due }.compactMap { call in
            guard !call.request.isEmpty else { return nil }
            let places = tubesOfRequest[call.request] ?? []
            let own = places.first { place in tubes[place].lines.contains { call.concerns($0.id) } }.map { tubes[$0] }
            let key = own?.key ?? call.request
            guard tube(key)?.isCritical != true, met.insert(key).inserted else { return nil }
            return (key, call)
        }
    }
    package func callElsewhere(_ key: String) -> CallRow? { callsElsewhere.first { $0.key == key }?.call }

    /// Of what was ever controlled, and of what waits.
    package var controlCounts: ControlCounts { ControlCounts(quality) }
    /// Disciplines of what waits.
    package var sections: [String] { Set(lines.map(\.section)).subtracting([""]).sorted() }
    package var deadAnalyzers: [AnalyzerRow] { analyzers.filter { !$0.isWell } }
}

package enum Link: Sendable, Hashable {
    case connecting
    case online
    /// Nothing can be written since then.
    case offline(since: Instant)
    /// The session ended: the secret is asked again, drafts stay.
    case locked
}

/// What can be asked of the server as a whole.
package enum Source: Sendable, Hashable, CaseIterable {
    case worklist, status, quality, triage, requests, signature, calls, comments, reflexes

    /// Requests that the server is asked for at once, the newest.
    package static let mostRequests = 500
    /// Results that the server gives at once, those that wait longest.
    package static let mostLines = 2000
}

/// How much there is of lists that came cut; nil: not told.
package struct Totals: Sendable, Hashable {
    package var tubes: Int?
    package var urgent: Int?
    package var held: Int?
    package var requests: Int?
    package init(tubes: Int? = nil, urgent: Int? = nil, held: Int? = nil, requests: Int? = nil) {
        self.tubes = tubes
        self.urgent = urgent
        self.held = held
        self.requests = requests
    }
    /// What is told anew stands.
    mutating func take(_ other: Totals) {
        tubes = other.tubes ?? tubes
        urgent = other.urgent ?? urgent
        held = other.held ?? held
        requests = other.requests ?? requests
    }
}

/// A sentence that stands for its code.
package struct CodedText: Sendable, Hashable {
    package var code: String
    package var text: String
    package init(code: String, text: String) {
        self.code = code
        self.text = text
    }
}

/// A value in a cell: what it is, how it stands, who gave it.
package struct Line: Sendable, Hashable {
    package var id: String
    package var request: String
    package var accession: String
    package var patient: String
    /// `F 34a`, `M 3j`: empty when unknown.
    package var civil: String
    package var urgent: Bool
    package var analysis: String
    package var name: String
    /// As read in France, comma for decimals.
    package var value: String
    package var unit: String
    package var interval: String
    package var flags: [ResultFlag]
    package var holds: [Hold]
    package var analyzer: String?
    package var author: String?
    package var observedAt: Instant
    package var run: Int
    package var state: LineState
    package var comment: String?
    /// Discipline of its analysis; empty: not known.
    package var section = ""
    /// Its value says why there is none.
    package var isWithheld = false
    /// What its interval is: no decision value stands there as what is normal.
    package var nature = AppliedInterval.Nature.reference
    package init(
        id: String, request: String, accession: String, patient: String, civil: String = "", urgent: Bool = false,
        analysis: String, name: String = "", value: String, unit: String = "", interval: String = "",
        flags: [ResultFlag] = [], holds: [Hold] = [], analyzer: String? = nil, author: String? = nil,
        observedAt: Instant, run: Int = 1, state: LineState = .waiting, comment: String? = nil
    ) {
        self.id = id
        self.request = request
        self.accession = accession
        self.patient = patient
        self.civil = civil
        self.urgent = urgent
        self.analysis = analysis
        self.name = name
        self.value = value
        self.unit = unit
        self.interval = interval
        self.flags = flags
        self.holds = holds
        self.analyzer = analyzer
        self.author = author
        self.observedAt = observedAt
        self.run = run
        self.state = state
        self.comment = comment
    }

    package var isCritical: Bool {
        flags.contains(.criticallyHigh) || flags.contains(.criticallyLow)
            || holds.contains { $0.code == .critical || $0.code == .criticalCall }
    }
    /// What keeps it from being proposed, as it keeps it from the biologist's batch (`Hold.Code.stopsLot`).
    package var stops: [Hold] { holds.filter(\.code.stopsLot) }
    /// Reasons that stop a validation without words.
    package var asks: [Hold] { holds.filter { severity(of: $0) != .shown } }
    package var isForbidden: Bool { holds.contains { severity(of: $0) == .forbids } }
    package func severity(of hold: Hold) -> Hold.Code.Severity { hold.severity(isWithheld: isWithheld) }
    /// The tube that it is of; the request while no tube has a number.
    var tubeKey: String { accession.isEmpty ? request : accession }
    /// Typed before something is taken away.
    package var lastDigits: String { String(tubeKey.suffix(3)) }
    package var valueAndUnit: String { unit.isEmpty || unit == "1" ? value : value + " " + unit }
}

package enum LineState: Sendable, Hashable { case waiting, validated, signed, rejected }

/// A tube with what waits on it: one row of the list.
package struct Tube: Sendable, Hashable {
    package var accession: String
    package var request: String
    package var patient: String
    package var civil: String
    package var urgent: Bool
    package var since: Instant
    package var lines: [Line]
    package var key: String { accession.isEmpty ? request : accession }
    package var held: Int { lines.count { !$0.stops.isEmpty } }
    package var isCritical: Bool { lines.contains { $0.isCritical } }

    /// In the order of the lines.
    package static func tubes(of lines: [Line]) -> [Tube] {
        var places = [String: Int]()
        var tubes = [Tube]()
        for line in lines {
            let key = line.tubeKey
            if let place = places[key] {
                tubes[place].lines.append(line)
                tubes[place].since = min(tubes[place].since, line.observedAt)
            } else {
                places[key] = tubes.count
                tubes.append(
                    Tube(
                        accession: line.accession, request: line.request, patient: line.patient, civil: line.civil,
                        urgent: line.urgent, since: line.observedAt, lines: [line]))
            }
        }
        return tubes
    }
}

package struct AnalyzerRow: Sendable, Hashable {
    package var name: String
    package var state: String
    package var isWell: Bool
    package var pending: Int
    package var orders: Int
    package var messages: Int
    /// Tubes are sent to it by themselves.
    package var takesOrders: Bool
    package init(
        name: String, state: String, isWell: Bool, pending: Int = 0, orders: Int = 0, messages: Int = 0,
        takesOrders: Bool = false
    ) {
        self.takesOrders = takesOrders
        self.name = name
        self.state = state
        self.isWell = isWell
        self.pending = pending
        self.orders = orders
        self.messages = messages
    }
}

package struct QualityRow: Sendable, Hashable {
    package var analyzer: String
    package var analysis: String
    /// `NON_CONTROLE`, `CONFORME`, `ECHU`, `REJET`, `CORRIGE`, or `DISPENSE` (`exempt`)
    package var state: String
    package var rules: [String]
    package var because: String
    package init(analyzer: String, analysis: String, state: String, rules: [String] = [], because: String = "") {
        self.analyzer = analyzer
        self.analysis = analysis
        self.state = state
        self.rules = rules
        self.because = because
    }
    package var key: String { analyzer + "/" + analysis }
    /// No control is wanted of it: signed by somebody.
    package static let exempt = "DISPENSE"
}

package struct TriageRow: Sendable, Hashable {
    package var id: String
    package var analyzer: String
    package var reason: String
    package var explanation: String
    package var accession: String
    package var code: String
    package var value: String
    package var at: Instant
    package init(
        id: String, analyzer: String, reason: String, explanation: String, accession: String = "", code: String = "",
        value: String = "", at: Instant
    ) {
        self.id = id
        self.analyzer = analyzer
        self.reason = reason
        self.explanation = explanation
        self.accession = accession
        self.code = code
        self.value = value
        self.at = at
    }
}

package struct RequestRow: Sendable, Hashable {
    package var number: String
    package var patient: String
    package var urgent: Bool
    package var analyses: [String]
    package var at: Instant
    /// Tubes that reception has not seen yet.
    package var awaited: Int
    package init(
        number: String, patient: String, urgent: Bool, analyses: [String], at: Instant, awaited: Int = 0
    ) {
        self.number = number
        self.patient = patient
        self.urgent = urgent
        self.analyses = analyses
        self.at = at
        self.awaited = awaited
    }
}

package struct SignRow: Sendable, Hashable {
    package var number: String
    package var patient: String
    package var urgent: Bool
    package var fresh: Int
    package var missing: [String]
    package var critical: [String]
    package var at: Instant
    package init(
        number: String, patient: String, urgent: Bool, fresh: Int, missing: [String], critical: [String], at: Instant
    ) {
        self.number = number
        self.patient = patient
        self.urgent = urgent
        self.fresh = fresh
        self.missing = missing
        self.critical = critical
        self.at = at
    }
}

/// An opened request: every analysis asked for, with the value that stands, if any; the tubes; what happened.
package struct FileSheet: Sendable, Hashable {
    package struct TubeState: Sendable, Hashable {
        package var accession: String
        package var tube: String
        package var collected: Instant?
        package var received: Instant?
        package var nonconformity: String?
        /// Who said so and when; nil where it was not kept.
        package var nonconformityBy: String?
        package var nonconformityAt: Instant?
        package init(
            accession: String, tube: String, collected: Instant?, received: Instant?, nonconformity: String?
        ) {
            self.accession = accession
            self.tube = tube
            self.collected = collected
            self.received = received
            self.nonconformity = nonconformity
        }
    }
    package struct Happening: Sendable, Hashable {
        package var at: Instant
        package var what: Story
        package init(at: Instant, what: Story) {
            self.at = at
            self.what = what
        }
    }
    /// Values of an analysis, the one that stands last, and the interval that it is held against.
    package struct Past: Sendable, Hashable {
        package var points: [Trend.Point]
        package var low: Exact?
        package var high: Exact?
        package init(points: [Trend.Point], low: Exact?, high: Exact?) {
            self.points = points
            self.low = low
            self.high = high
        }
    }
    /// What can be: decimals of the report, and values outside of which nobody lives or no method measures.
    package struct Limits: Sendable, Hashable {
        package var decimals: Int?
        package var low: Exact?
        package var high: Exact?
        package init(decimals: Int?, low: Exact?, high: Exact?) {
            self.decimals = decimals
            self.low = low
            self.high = high
        }
    }
    package struct Prior: Sendable, Hashable {
        package var value: String
        package var at: Instant
        package init(value: String, at: Instant) {
            self.value = value
            self.at = at
        }
    }
    package var number: String
    package var patient: String
    package var civil: String
    package var identity: String
    package var prescriber: String
    package var urgent: Bool
    package var registered: Instant
    /// Code, words and unit of each analysis asked for.
    package var asked: [(code: String, name: String, unit: String)]
    /// Every observation, rejected ones too, in order.
    package var lines: [Line]
    package var tubes: [TubeState]
    package var happenings: [Happening]
    package var priors: [String: Prior] = [:]
    package var pasts: [String: Past] = [:]
    /// What a cell takes, by analysis.
    package var limits: [String: Limits] = [:]
    /// Analyses that a hand types twice: nothing else checks them.
    package var twice: Set<String> = []
    /// Why nobody is sure of the identity.
    package var attributes: [IdentityAttribute] = []

    package init(
        number: String, patient: String, civil: String, identity: String, prescriber: String, urgent: Bool,
        registered: Instant, asked: [(code: String, name: String, unit: String)], lines: [Line], tubes: [TubeState],
        happenings: [Happening]
    ) {
        self.number = number
        self.patient = patient
        self.civil = civil
        self.identity = identity
        self.prescriber = prescriber
        self.urgent = urgent
        self.registered = registered
        self.asked = asked
        self.lines = lines
        self.tubes = tubes
        self.happenings = happenings
    }

    /// The value that stands for an analysis: the highest run that is not rejected.
    package func standing(_ code: String) -> Line? {
        lines.filter { $0.analysis == code && $0.state != .rejected }.max { $0.run < $1.run }
    }

    package static func == (a: FileSheet, b: FileSheet) -> Bool {
        a.number == b.number && a.patient == b.patient && a.lines == b.lines && a.tubes == b.tubes
            && a.happenings == b.happenings && a.priors == b.priors && a.pasts == b.pasts && a.twice == b.twice
            && a.limits == b.limits && a.identity == b.identity && a.attributes == b.attributes
            && a.asked.map(\.code) == b.asked.map(\.code)
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// A critical value that waits for its call.
package struct CallRow: Sendable, Hashable {
    /// Of the observation.
    package var id: String
    package var due: Instant
    package var isOverdue: Bool
    /// Whom to call now.
    package var contact: String?
    /// Of whom and what: a file that is signed is in no other list.
    package var request: String
    package var patient: String
    package var told: String
    /// Who was told, once somebody was.
    package struct Telling: Sendable, Hashable {
        package var person: String
        package var at: Instant
        package var by: String
        package init(person: String, at: Instant, by: String) {
            self.person = person
            self.at = at
            self.by = by
        }
    }
    package var telling: Telling?
    /// Other runs that the same call tells of.
    package var runs: [String]
    package init(
        id: String, due: Instant, isOverdue: Bool, contact: String?, request: String = "", patient: String = "",
        told: String = "", telling: Telling? = nil, runs: [String] = []
    ) {
        self.runs = runs
        self.telling = telling
        self.request = request
        self.patient = patient
        self.told = told
        self.id = id
        self.due = due
        self.isOverdue = isOverdue
        self.contact = contact
    }
    package func concerns(_ line: String) -> Bool { id == line || runs.contains(line) }
}

package import Base
import Laboratory

/// How the screens look and speak: chosen at the start, changed by `:theme` and the like.
package struct Manner: Sendable, Equatable {
    package var language = Language.french
    package var theme = Theme.dark
    package var signs = Signs()
    package var keymap = Keymap()
    package var zone = CivilZone.europeParis
    package init() {}

    /// The first key of an action, as help writes it.
    package func name(_ action: Action) -> String { keymap.keys[action]?.first?.name(in: language) ?? "" }
    package func names(_ action: Action) -> [String] { (keymap.keys[action] ?? []).map { $0.name(in: language) } }
}

/// The whole terminal as a value: (state, event, instant) gives (state, effects). No clock, no socket, no terminal.
package struct Workbench: Sendable, Equatable {
    package var house = House()
    package var face = Face()
    package var manner: Manner
    package var now: Instant
    /// Tubes that arrived since the rows were laid out.
    package var arrivals = 0
    /// Cells that changed under the eyes of the person, and when.
    package var changed: [String: Instant] = [:]
    package var drafts: [Draft] = []
    package var sent: [Int: Deed] = [:]
    /// What this person did, the last act last.
    package var done: [Done] = []
    /// Deeds that take something back, with its name.
    var undoing: [Int: String] = [:]
    var batches: [Batch] = []
    /// Tubes that were nonconforming before this person said so.
    var nonconformBefore: Set<String> = []
    /// Forms that were left, and those that the server has.
    var forms: [Question.Purpose: Question] = [:]
    var asked: [Int: Question] = [:]
    /// The last key, and the refusal whose keys typed ahead are not taken.
    var lastKey: Instant?
    var refusedAt: Instant?
    package var nextDeed = 1
    /// How often this person used each action; nil: nobody asked for hints.
    package var habits: [String: Int]?
    /// Faces before the last keys, newest last: a scan takes back what it typed.
    var faces: [Face] = []
    var draftsBefore: [[Draft]] = []
    /// A tube asked for by a scan or a command, on its way.
    var sought: String?
    /// What is typed before that tube is on the screen: it is meant for it, and for no other patient's.
    var ahead: [Input] = []
    /// A tube that was asked for and did not come: nothing is written into the one that stayed on the screen before
    /// the person says that it is meant.
    var unanswered: String?
    /// Values that somebody else wrote over, to be asked when nobody types.
    var clashes: [Conflict] = []

    /// A change shows for that long.
    package static let changeShown = Duration.seconds(1)
    static let remembered = 32
    /// Who reads a refusal stops for longer than that between two keys.
    package static let typedAhead = Duration.milliseconds(700)

    package init(manner: Manner = Manner(), at now: Instant) {
        self.manner = manner
        self.now = now
    }

    package var words: Texts { Texts(manner.language) }
    package func say(_ word: Word, _ parts: String...) -> String { words.say(word, parts) }

    // Rows

    /// The worklist as tubes.
    package var tubes: [Tube] { house.tubes }

    /// Keys of the rows that a list has now.
    func keys(of list: ListKind) -> [String] {
        switch list {
        case .waiting: tubes.map(\.key)
        case .urgent: tubes.filter(\.urgent).map(\.key)
        case .held: tubes.filter { $0.held > 0 }.map(\.key)
        case .calls:
            house.callsElsewhere.map(\.key)
                + tubes.filter { $0.isCritical && !house.toldTubes.contains($0.key) }.map(\.key)
        case .quality:
            house.quality.sorted { Workbench.rank($0) < Workbench.rank($1) }.map(\.key)
        case .triage: house.triage.map(\.id)
        case .reflexes: house.reflexes.map(\.key)
        case .reception: house.requests.filter { $0.awaited > 0 }.map(\.number)
        case .requests: house.requests.map(\.number)
        case .analyzers: house.analyzers.map(\.name)
        }
    }
    private static func rank(_ row: QualityRow) -> (Int, String) {
        let order = ["REJET", "ECHU", "NON_CONTROLE", "CORRIGE", "CONFORME", QualityRow.exempt]
        return (order.firstIndex(of: row.state) ?? 0, row.key)
    }

    package func count(of list: ListKind) -> Int {
        switch list {
        case .quality: house.controlCounts.rejected + house.controlCounts.expired + house.controlCounts.absent
        case .triage: max(house.triageOpen, house.triage.count)
        case .analyzers: house.deadAnalyzers.count
        case .waiting: house.tubes.count
        case .urgent: house.urgentTubes
        case .held: house.heldTubes
        case .calls: house.criticalTubes - house.toldTubes.count + house.callsElsewhere.count
        case .reflexes: house.reflexes.count
        case .reception: house.requests.count { $0.awaited > 0 }
        case .requests: house.requests.count
        }
    }
    /// As the lists show it: `…` before it was told.
    package func counted(_ list: ListKind) -> String {
        let source: Source =
            switch list {
            case .reception, .requests: .requests
            case .urgent, .waiting, .held, .calls: .worklist
            case .quality: .quality
            case .reflexes: .reflexes
            case .triage, .analyzers: .status
            }
        guard house.loaded.contains(source) else { return "…" }
        return isCut(list) ? whole(list).map { String($0) } ?? "…" : String(count(of: list))
    }
    /// The server has more of it than it gave.
    package func isCut(_ list: ListKind) -> Bool {
        switch list {
        case .reception, .requests: house.requests.count >= Source.mostRequests
        case .urgent, .waiting, .held, .calls: house.lines.count >= Source.mostLines
        case .quality, .triage, .reflexes, .analyzers: false
        }
    }
    /// How many rows it has at the server; nil: not told yet.
    private func whole(_ list: ListKind) -> Int? {
        switch list {
        case .waiting: house.totals.tubes
        case .urgent: house.totals.urgent
        case .held: house.totals.held
        case .requests: house.totals.requests
        // What is critical comes first: all of it is here. Tubes that reception awaits are looked for in what is here.
        case .calls, .reception: count(of: list)
        case .quality, .triage, .reflexes, .analyzers: count(of: list)
        }
    }
    /// That not all of the list is here, in words.
    package var cutWords: String? {
        guard isCut(face.list), house.loaded.contains(face.list.source), face.list != .calls else { return nil }
        if face.list == .reception { return say(.cutNewest, String(house.requests.count)) }
        return say(.cutOf, String(count(of: face.list)), counted(face.list))
    }

    /// The rows of this list were never told.
    var isLoading: Bool { !house.loaded.contains(face.list.source) }
    /// What stands where a list has no row: one that was not told is not empty.
    var emptyWords: String {
        guard isLoading else { return words[.noRows] }
        return switch house.link {
        case .connecting, .online: words[.loading]
        case .offline, .locked: words[.notTold]
        }
    }

    /// Those that the person wants to see, in the order of one column; where that says nothing, as before.
    func wantedKeys(of list: ListKind) -> [String] {
        var keys = keys(of: list)
        guard list.isOfTubes else { return keys }
        if let section = face.section {
            keys = keys.filter { key in tube(key).map { $0.lines.contains { $0.section == section } } ?? true }
        }
        func sorted<Value: Comparable>(_ value: (Tube) -> Value) -> [String] {
            keys.enumerated().map { place, key in (tube(key).map(value), place, key) }.sorted { a, b in
                guard let first = a.0, let second = b.0, first != second else {
                    // What is on no tube stays in front.
                    return (a.0 == nil) == (b.0 == nil) ? a.1 < b.1 : a.0 == nil
                }
                return first < second
            }.map(\.2)
        }
        return switch face.order {
        case .usual: keys
        case .patient: sorted { $0.patient }
        case .tube: sorted { $0.key }
        case .oldest: sorted { $0.since }
        case .held: sorted { -$0.held }
        }
    }

    /// Lays the rows out anew. The line of the cursor stays where it is on the screen when it is still there.
    mutating func layRows() {
        let row = face.cursor - face.top
        let key = face.key
        var keys = wantedKeys(of: face.list)
        if !face.filter.isEmpty { keys = keys.filter { matches($0, face.filter) } }
        face.rows = keys
        arrivals = 0
        face.cursor = key.flatMap { keys.firstIndex(of: $0) } ?? min(face.cursor, max(0, keys.count - 1))
        face.top = max(0, face.cursor - row)
        keepInSight()
    }

    /// News of the server: what is shown stays in place, what is new is counted.
    mutating func takeNews() {
        if face.rows.isEmpty {
            layRows()
            return
        }
        let shown = Set(face.rows)
        arrivals = wantedKeys(of: face.list).count {
            !shown.contains($0) && (face.filter.isEmpty || matches($0, face.filter))
        }
    }

    func matches(_ key: String, _ filter: String) -> Bool {
        let text = rowText(key).lowercased()
        return filter.lowercased().split(separator: " ").allSatisfy { text.contains($0) }
    }

    /// What search looks at.
    func rowText(_ key: String) -> String {
        switch face.list {
        case .waiting, .urgent, .held, .calls:
            guard let tube = tube(key) else {
                return house.callElsewhere(key).map { "\(key) \($0.patient) \($0.told)" } ?? key
            }
            return ([tube.accession, tube.request, tube.patient] + tube.lines.map(\.analysis)).joined(separator: " ")
        case .quality: return key
        case .triage:
            guard let row = house.triage.first(where: { $0.id == key }) else { return key }
            return [row.accession, row.code, row.analyzer, row.reason].joined(separator: " ")
        case .reception, .requests:
            guard let row = house.requests.first(where: { $0.number == key }) else { return key }
            return ([row.number, row.patient] + row.analyses).joined(separator: " ")
        case .reflexes:
            guard let row = house.reflexes.first(where: { $0.key == key }) else { return key }
            return "\(key) \(row.adds.joined(separator: " ")) \(row.because)"
        case .analyzers: return key
        }
    }

    package func tube(_ key: String) -> Tube? { house.tube(key) }
    package var currentTube: Tube? { face.list.isOfTubes ? face.key.flatMap { tube($0) } : nil }

    /// The number of the request that the cursor is on.
    package var currentRequest: String? {
        guard let key = face.key else { return nil }
        switch face.list {
        case .waiting, .urgent, .held, .calls:
            return tube(key)?.request ?? house.files.values.first { $0.tubes.contains { $0.accession == key } }?.number
                ?? house.callElsewhere(key)?.request
        case .reception, .requests: return key
        case .reflexes: return key.split(separator: " ").first.map { String($0) }
        case .quality, .triage, .analyzers: return nil
        }
    }
    package var currentFile: FileSheet? { currentRequest.flatMap { house.files[$0] } }

    /// One row of the results pane: an analysis, with the value that waits or stands.
    package struct ResultRow: Sendable, Hashable {
        package var analysis: String
        package var name: String
        package var unit: String
        package var line: Line?
        package var runs: Int
        /// `K Potassium`; what has no name of its own, or its code for a name, is said once.
        package var title: String { name.isEmpty || name == analysis ? analysis : analysis + " " + name }
    }

    /// Of the opened file every analysis asked for, else what waits of the tube.
    package var results: [ResultRow] {
        if let file = currentFile {
            let accession = currentTube?.accession
            let here = house.waiting(in: file.number).filter { line in
                accession == nil || line.accession == accession || line.accession.isEmpty
            }
            return file.asked.map { asked in
                // The list is fresher than the file.
                let waiting = here.last { $0.analysis == asked.code }
                let standing = file.standing(asked.code)
                let line = [waiting, standing].compactMap { $0 }.max { ($0.run, rank($0)) < ($1.run, rank($1)) }
                return ResultRow(
                    analysis: asked.code, name: asked.name, unit: asked.unit, line: line,
                    runs: file.lines.count { $0.analysis == asked.code })
            }
        }
        return (currentTube?.lines ?? []).map {
            ResultRow(analysis: $0.analysis, name: $0.name, unit: $0.unit, line: $0, runs: $0.run)
        }
    }
    private func rank(_ line: Line) -> Int { line.state == .waiting ? 0 : 1 }

    package var currentResult: ResultRow? {
        let results = results
        return results.indices.contains(face.result) ? results[face.result] : results.first
    }

    // Layout

    /// Rows of the upper and of the lower pane of the middle, inside their frames.
    package var listRows: Int {
        let inside = max(2, face.height - 5)
        return max(2, (inside - 1) * 11 / 20)
    }
    private var lowerRows: Int { max(1, face.height - 5 - 1 - listRows) }
    package var resultRows: Int { lowerRows - whyRows }
    /// Where no pane on the right says why a result is held, the lower pane does, under the results.
    var whyRows: Int {
        guard face.width < Workbench.rightPaneFrom, hasResults else { return 0 }
        return lowerRows >= 7 ? 3 : lowerRows >= 5 ? 2 : 0
    }
    /// The rows of this list have results under them.
    var hasResults: Bool { face.list.isOfTubes || [.reception, .requests, .reflexes].contains(face.list) }
    /// Digits are typed into the cell of the cursor; else they name a pane.
    var takesDigits: Bool {
        face.pane == 3 && hasResults && currentRequest != nil && currentResult != nil && isAllowed(.enter)
    }

    mutating func keepInSight() {
        let shown = listRows
        face.cursor = max(0, min(face.cursor, face.rows.count - 1))
        if face.cursor < face.top { face.top = face.cursor }
        if face.cursor >= face.top + shown { face.top = face.cursor - shown + 1 }
        // A taller screen shows what was above, not blanks below.
        face.top = max(0, min(face.top, face.rows.count - shown))
        let count = results.count
        face.result = max(0, min(face.result, count - 1))
        if face.result < face.resultTop { face.resultTop = face.result }
        if face.result >= face.resultTop + resultRows { face.resultTop = face.result - resultRows + 1 }
    }

    package var isReadOnly: Bool {
        switch house.link {
        case .online: false
        case .connecting, .offline, .locked: true
        }
    }
}

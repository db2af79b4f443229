import Base
import Laboratory

/// Lines typed after `:`.
extension Workbench {
    /// What `:` takes, by its name in each language: both are understood, that of the screen is offered.
    package enum Command: String, Sendable, Hashable, CaseIterable {
        case tube, list, quality, triage, search, section, sort, uncertainty, theme, language, refresh, lock, help,
            lesson, quit

        package func name(in language: Language) -> String {
            switch language {
            case .french: Command.french[self] ?? rawValue
            case .english: Command.english[self] ?? rawValue
            }
        }
        package var word: Word {
            switch self {
            case .tube: .commandTube
            case .list: .commandList
            case .quality: .commandQuality
            case .triage: .commandTriage
            case .search: .commandSearch
            case .section: .commandSection
            case .sort: .commandSort
            case .uncertainty: .commandUncertainty
            case .theme: .commandTheme
            case .language: .commandLanguage
            case .refresh: .commandRefresh
            case .lock: .commandLock
            case .help: .commandHelp
            case .lesson: .commandLesson
            case .quit: .commandQuit
            }
        }
        /// In any language; `dossier` and `quitter` are what people type too.
        package init?(named name: String) {
            switch name {
            case "dossier", "request": self = .tube
            case "quitter", "quit": self = .quit
            case _:
                let found = Command.allCases.first { command in
                    Language.allCases.contains { command.name(in: $0) == name }
                }
                guard let found else { return nil }
                self = found
            }
        }

        private static let french: [Command: String] = [
            .list: "liste", .quality: "cq", .triage: "tri", .search: "chercher", .section: "discipline",
            .sort: "trier", .uncertainty: "mu", .language: "langue", .refresh: "actualiser", .lock: "verrouiller",
            .help: "aide",
            .lesson: "tutoriel", .quit: "q",
        ]
        private static let english: [Command: String] = [
            .quality: "qc", .uncertainty: "mu", .lesson: "tutorial", .quit: "q",
        ]
    }

    mutating func commandKey(_ key: Key, _ field: Field) -> [Effect] {
        var field = field
        switch key {
        case .escape:
            face.mode = .browse
            return []
        case .enter:
            face.mode = .browse
            return run(field.text)
        case .tab:
            if let only = completions(field.text).first { field = Field(only.name(in: manner.language) + " ") }
        case .character, .control, .alt, .function, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
            .home, .end, .pageUp, .pageDown:
            if key == .backspace, field.text.isEmpty {
                face.mode = .browse
                return []
            }
            var key = key
            if case .character(let c) = key, field.text.hasPrefix(Command.tube.name(in: manner.language) + " ") {
                key = .character(manner.keymap.digit(c))
            }
            guard field.take(key) else { return [] }
        }
        face.mode = .command(field)
        return []
    }

    func completions(_ text: String) -> [Command] {
        let name = text.prefix { $0 != " " }
        return Command.allCases.filter { $0.name(in: manner.language).hasPrefix(name) }
    }

    mutating func run(_ text: String) -> [Effect] {
        let parts = text.split(separator: " ").map { String($0) }
        guard let name = parts.first else { return [] }
        let rest = parts.dropFirst().joined(separator: " ")
        guard let command = Command(named: name) else {
            let known = Command.allCases.map { ":" + $0.name(in: manner.language) }.joined(separator: " ")
            face.notice = Notice(say(.noSuchCommand, name, known), .critical)
            return [.bell]
        }
        switch command {
        case .tube:
            guard !rest.isEmpty else { return refuseHere(.commandTube) }
            sought = rest
            return [.find(rest)]
        case .list:
            guard let list = ListKind.allCases.first(where: { named(list: $0, rest) }) else {
                face.notice = Notice(
                    say(.lists, ListKind.allCases.map { words[$0.word] }.joined(separator: ", ")), .plain)
                return [.bell]
            }
            let effects = choose(list)
            tellList()
            return effects
        case .quality: return goTo(.quality, parts.dropFirst().joined(separator: "/")) + chartWanted()
        case .triage: return goTo(.triage, rest)
        case .search:
            face.filter = rest
            layRows()
            tellList()
            return openCurrent()
        case .section: return narrow(named: rest)
        case .sort: return order(named: rest)
        case .uncertainty: return askUncertainty(calibration: rest)
        case .theme:
            guard let theme = Theme(named: rest) else {
                let known = Theme.allCases.map { $0.name(in: manner.language) }
                face.notice = Notice(say(.themes, known.joined(separator: ", ")), .plain)
                return [.bell]
            }
            manner.theme = theme
            face.notice = Notice(say(.themeTaken, rest), .good)
            return []
        case .language:
            guard let language = Language(rawValue: rest) else { return refuseHere(.commandLanguage) }
            manner.language = language
            face.notice = Notice(say(.languageTaken), .good)
            return []
        case .refresh: return perform(.refresh)
        case .lock: return perform(.lock)
        case .help: return perform(.help)
        case .lesson: return [.practise]
        case .quit: return perform(.quit)
        }
    }

    private func folded(_ text: String) -> String { Signs(ascii: true).text(text).lowercased() }

    private mutating func narrow(named rest: String) -> [Effect] {
        guard !rest.isEmpty else { return narrow(to: nil) }
        let wanted = folded(rest)
        guard let section = house.sections.first(where: { folded($0).hasPrefix(wanted) }) else {
            face.notice = Notice(say(.sections, house.sections.joined(separator: ", ")), .plain)
            return [.bell]
        }
        return narrow(to: section)
    }
    private mutating func order(named rest: String) -> [Effect] {
        let orders = RowOrder.allCases
        guard let found = orders.first(where: { !rest.isEmpty && folded(words[$0.word]).hasPrefix(folded(rest)) })
        else {
            face.notice = Notice(say(.columns, orders.map { words[$0.word] }.joined(separator: ", ")), .plain)
            return [.bell]
        }
        return order(by: found)
    }
    /// `calibration`: of the calibrator, in percent.
    private mutating func askUncertainty(calibration rest: String) -> [Effect] {
        guard let line = currentResult?.line, let analyzer = line.analyzer,
            let calibration = Measured(typed: rest.replacing(",", with: ".")), calibration.comparator == .equal
        else { return refuseHere(.commandUncertainty) }
        return [.uncertainty(analyzer: analyzer, analysis: line.analysis, calibration: calibration.number.text)]
    }

    /// Tubes of one discipline, or of all again.
    mutating func narrow(to section: String?) -> [Effect] {
        face.section = section
        layRows()
        face.notice = Notice(
            section.map { say(.sectionKept, $0, String(face.rows.count), manner.name(.section)) }
                ?? words[.sectionAll], .plain)
        return openCurrent()
    }
    mutating func order(by order: RowOrder) -> [Effect] {
        face.order = order
        layRows()
        face.notice = Notice(say(.orderTaken, words[order.word]), .plain)
        return openCurrent()
    }

    /// A list, and in it the row that begins so; a list that is on its way is looked through when it is here.
    private mutating func goTo(_ list: ListKind, _ wanted: String) -> [Effect] {
        let effects = choose(list)
        tellList()
        guard !wanted.isEmpty else { return effects }
        if effects.contains(.load(list.source)), row(beginning: wanted) == nil, !isReadOnly {
            face.wanted = wanted
            return effects
        }
        return effects + goTo(wanted)
    }

    /// In the list of the screen.
    mutating func goTo(_ wanted: String) -> [Effect] {
        guard let row = row(beginning: wanted) else {
            face.notice = Notice(say(.noSuchRow, wanted, words[face.list.word]), .critical)
            return [.bell]
        }
        face.cursor = row
        keepInSight()
        return openCurrent()
    }

    /// By its key, or the tube that waits for triage.
    private func row(beginning wanted: String) -> Int? {
        let wanted = wanted.lowercased()
        return face.rows.firstIndex { key in
            key.lowercased().hasPrefix(wanted)
                || face.list == .triage && house.triage.contains { $0.id == key && $0.accession == wanted }
        }
    }

    /// Where the person is now, and how much is there.
    mutating func tellList() {
        var text = "\(words[face.list.word]) : \(counted(face.list))"
        if !face.filter.isEmpty { text += say(.filtered, face.filter, String(face.rows.count)) }
        if let cut = cutWords { text += " ; " + cut }
        face.notice = Notice(text, .plain)
    }

    private func named(list: ListKind, _ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        let wanted = folded(text)
        let names = [list.rawValue, Texts(.french)[list.word], Texts(.english)[list.word]]
        // By the beginning of its name or of a word of it: `valider` is « À valider ».
        return names.contains { name in
            let name = folded(name)
            return name.hasPrefix(wanted) || name.split(separator: " ").contains { $0.hasPrefix(wanted) }
        }
    }

    /// A tube that was asked for comes on the screen, whatever list was there.
    mutating func show(_ sheet: FileSheet, _ accession: String) -> [Effect] {
        house.files[sheet.number] = sheet
        sought = nil
        unanswered = nil
        face.mode = .browse
        face.filter = ""
        let waits = tubes.contains { $0.key == accession }
        if waits, !face.list.isOfTubes || !keys(of: face.list).contains(accession) { face.list = .waiting }
        if !waits {
            face.list = .requests
            if !house.requests.contains(where: { $0.number == sheet.number }) {
                house.requests.insert(
                    RequestRow(
                        number: sheet.number, patient: sheet.patient, urgent: sheet.urgent,
                        analyses: sheet.asked.map(\.code), at: sheet.registered), at: 0)
            }
        }
        if waits, !wantedKeys(of: face.list).contains(accession) { face.section = nil }
        layRows()
        face.cursor = face.rows.firstIndex(of: waits ? accession : sheet.number) ?? 0
        face.label = accession
        face.result = results.firstIndex { $0.line?.accession == accession } ?? 0
        face.resultTop = 0
        face.pane = 3
        let shown = accession.isEmpty ? sheet.number : accession
        // That something was given up for it stays said.
        let given = face.notice.flatMap { $0.tint == .held ? $0.text + " · " : nil } ?? ""
        face.notice = Notice(given + say(.opened, shown, sheet.patient), given.isEmpty ? .good : .held)
        keepInSight()
        // Earlier values follow what the label shows at once.
        return [.open(sheet.number)]
    }
}

import Base
import Laboratory

/// Lines typed after `:`.
extension Workbench {
    package static let commands: [(name: String, word: Word)] = [
        ("tube", .commandTube), ("liste", .commandList), ("cq", .commandQuality), ("tri", .commandTriage),
        ("chercher", .commandSearch), ("theme", .commandTheme), ("langue", .commandLanguage),
        ("actualiser", .commandRefresh), ("verrouiller", .commandLock), ("aide", .commandHelp),
        ("tutoriel", .commandLesson), ("q", .commandQuit),
    ]

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
            if let only = completions(field.text).first {
                field = Field(only.name + " ")
            }
        case .character, .control, .alt, .function, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right,
            .home, .end, .pageUp, .pageDown:
            if key == .backspace, field.text.isEmpty {
                face.mode = .browse
                return []
            }
            guard field.take(key) else { return [] }
        }
        face.mode = .command(field)
        return []
    }

    func completions(_ text: String) -> [(name: String, word: Word)] {
        let name = text.prefix { $0 != " " }
        return Workbench.commands.filter { $0.name.hasPrefix(name) }
    }

    mutating func run(_ text: String) -> [Effect] {
        let parts = text.split(separator: " ").map { String($0) }
        guard let name = parts.first else { return [] }
        let rest = parts.dropFirst().joined(separator: " ")
        switch name {
        case "tube", "dossier":
            guard !rest.isEmpty else { return refuseHere(.commandTube) }
            sought = rest
            return [.find(rest)]
        case "liste", "list":
            guard let list = ListKind.allCases.first(where: { named(list: $0, rest) }) else {
                face.notice = Notice(
                    say(.lists, ListKind.allCases.map { words[$0.word] }.joined(separator: ", ")), .plain)
                return [.bell]
            }
            return choose(list)
        case "cq", "qc":
            let effects = choose(.quality)
            let wanted = parts.dropFirst().joined(separator: "/")
            if let row = face.rows.firstIndex(where: { $0.lowercased().hasPrefix(wanted.lowercased()) }) {
                face.cursor = row
                keepInSight()
            }
            return effects + chartWanted()
        case "tri", "triage":
            let effects = choose(.triage)
            if let row = face.rows.firstIndex(where: { !rest.isEmpty && $0.hasPrefix(rest) }) { face.cursor = row }
            keepInSight()
            return effects
        case "chercher", "search":
            face.filter = rest
            layRows()
            return openCurrent()
        case "theme":
            guard let theme = Theme(rawValue: rest) else {
                face.notice = Notice(say(.themes, Theme.allCases.map(\.rawValue).joined(separator: ", ")), .plain)
                return []
            }
            manner.theme = theme
            return []
        case "langue", "language":
            guard let language = Language(rawValue: rest) else { return refuseHere(.commandLanguage) }
            manner.language = language
            return []
        case "actualiser", "refresh": return perform(.refresh)
        case "verrouiller", "lock": return perform(.lock)
        case "aide", "help": return perform(.help)
        case "tutoriel", "tutorial": return [.practise]
        case "q", "quitter", "quit": return perform(.quit)
        case _:
            face.notice = Notice(
                say(.noSuchCommand, name, Workbench.commands.map { ":" + $0.name }.joined(separator: " ")), .critical)
            return [.bell]
        }
    }

    private func named(list: ListKind, _ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        let folded = Signs(ascii: true).text(text).lowercased()
        let names = [list.rawValue, Texts(.french)[list.word], Texts(.english)[list.word]]
        return names.contains { Signs(ascii: true).text($0).lowercased().hasPrefix(folded) }
    }

    /// A tube that was asked for comes on the screen, whatever list was there.
    mutating func show(_ sheet: FileSheet, _ accession: String) -> [Effect] {
        house.files[sheet.number] = sheet
        sought = nil
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
        layRows()
        face.cursor = face.rows.firstIndex(of: waits ? accession : sheet.number) ?? 0
        face.result = 0
        face.resultTop = 0
        face.pane = 3
        keepInSight()
        return []
    }
}

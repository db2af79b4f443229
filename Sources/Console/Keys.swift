import Base
import Laboratory

extension Workbench {
    mutating func take(_ input: Input) -> [Effect] {
        if sought != nil, house.link != .locked { return hold(input) }
        switch input {
        case .key(let key):
            if isTypedAhead(key) || isOfUnanswered(key) { return [.bell] }
            lastKey = now
            faces.append(face)
            draftsBefore.append(drafts)
            if faces.count > Workbench.remembered {
                faces.removeFirst()
                draftsBefore.removeFirst()
            }
            return press(key)
        case .scan(let code, let typed):
            // What the scanner typed as if it were a person is taken back.
            if typed > 0, typed <= faces.count {
                // The terminal may have another size since.
                let (width, height) = (face.width, face.height)
                face = faces[faces.count - typed]
                (face.width, face.height) = (width, height)
                keepInSight()
                drafts = draftsBefore[draftsBefore.count - typed]
            }
            faces = []
            draftsBefore = []
            unanswered = nil
            if case .locked = house.link { return [] }
            return open(label: code)
        case .paste(let text): return paste(text)
        case .click(let row, let column):
            unanswered = nil
            return click(row, column)
        }
    }

    /// Until the tube that was asked for is there, nothing goes to the one before it.
    private mutating func hold(_ input: Input) -> [Effect] {
        if case .key(let key) = input {
            if case .control = key, [.lock, .quit].contains(manner.keymap[key]) { return press(key) }
            if key == .escape {
                sought = nil
                ahead = []
                face.notice = nil
                return []
            }
        }
        return ahead.keep(input) ? [] : [.bell]
    }
    /// The tube does not come: what was typed for it is nobody's, and is said to be gone.
    mutating func giveUp() {
        if let sought {
            tellUnanswered(sought, dropped: ahead.count)
            unanswered = sought
        }
        sought = nil
        ahead = []
    }
    private mutating func tellUnanswered(_ label: String, dropped: Int = 0) {
        let file = currentRequest.map { number in
            [house.files[number]?.patient, face.key ?? number].compactMap { $0 }.joined(separator: " ")
        }
        face.notice = words.unanswered(
            label, dropped: dropped, stays: file, back: manner.name(.back), after: unanswered == nil ? face.notice : nil
        )
    }
    /// Says it again; false when what was asked for last is here.
    mutating func tellUnanswered() -> Bool {
        guard let unanswered else { return false }
        tellUnanswered(unanswered)
        return true
    }
    /// A key that would write into the tube that stayed; any other says that it is meant.
    private mutating func isOfUnanswered(_ key: Key) -> Bool {
        guard let label = unanswered, case .browse = face.mode else { return false }
        switch key {
        case .character, .enter, .backspace, .delete, .function:
            tellUnanswered(label)
            return true
        case .control, .alt, .tab, .backTab, .escape, .insert, .up, .down, .left, .right, .home, .end, .pageUp,
            .pageDown:
            unanswered = nil
            return false
        }
    }
    /// What was typed for the tube that is on the screen now.
    mutating func replayAhead() -> [Effect] {
        let inputs = ahead
        ahead = []
        return inputs.flatMap { take($0) }
    }

    /// Letters that follow a refusal without a pause were meant for what was refused: they are no commands.
    private mutating func isTypedAhead(_ key: Key) -> Bool {
        guard let at = refusedAt else { return false }
        refusedAt = nil
        switch key {
        case .character, .enter, .tab, .backspace: break
        case .control, .alt, .function, .backTab, .escape, .delete, .insert, .up, .down, .left, .right, .home, .end,
            .pageUp, .pageDown:
            return false
        }
        switch face.mode {
        case .browse, .question, .conflict: break
        case .entry, .command, .search, .menu, .help, .why, .timeline: return false
        }
        guard at.duration(to: now) < Workbench.typedAhead else { return false }
        refusedAt = now
        return true
    }

    /// A label opens its tube, wherever the person is; only a field that asks for a tube takes it.
    private mutating func open(label scanned: String) -> [Effect] {
        // What it typed before as slowly as a person is its beginning.
        let code = Workbench.joined(beganWith, scanned) ?? scanned
        face.digits = ""
        if case .question(var question) = face.mode, question.parts[question.at].word == .tube {
            question.parts[question.at].field = Field(code)
            face.mode = .question(question)
            return questionKey(.enter, question)
        }
        keepEntryAsDraft()
        if case .question(let question) = face.mode {
            keepForm(question)
            face.notice = Notice(say(.scannedLeaving, code, question.title), .held)
        } else if case .conflict(let conflict) = face.mode {
            face.notice = Notice(say(.scanned, code) + " · " + putAside(conflict), .held)
        } else {
            face.notice = Notice(say(.scanned, code), .good)
        }
        face.mode = .browse
        sought = code
        return [.keep(drafts), .find(code)]
    }

    /// Digits that began a label: one alone, or those in the command that opens a tube.
    private var beganWith: String {
        guard case .command(let field) = face.mode else { return face.digits }
        let words = field.text.split(separator: " ")
        guard words.count == 2, words[0] == Command.tube.name(in: manner.language) else { return "" }
        return String(words[1])
    }
    /// One label in two parts; nil where the second is one by itself, or both together are none.
    static func joined(_ first: String, _ second: String) -> String? {
        !first.isEmpty && !looksLikeLabel(second) && looksLikeLabel(first + second) ? first + second : nil
    }

    private mutating func paste(_ text: String) -> [Effect] {
        // Never several cells at once, and never keys.
        let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }.filter { CellWidth.of($0) > 0 }
        switch face.mode {
        case .entry(var entry):
            if entry.isSelected { entry.field = Field() }
            entry.isSelected = false
            entry.field.insert(String(line))
            face.mode = .entry(check(entry))
        case .command(var field):
            field.insert(String(line))
            face.mode = .command(field)
        case .search(var field):
            field.insert(String(line))
            face.mode = .search(field)
        case .question(var question):
            question.parts[question.at].field.insert(String(line))
            face.mode = .question(question)
        case .browse, .menu, .help, .why, .timeline, .conflict: break
        }
        return []
    }

    mutating func press(_ key: Key) -> [Effect] {
        // Who has to leave the screen leaves it, whatever is being typed.
        if case .control = key, manner.keymap[key] == .lock { return lock() }
        // The key given to going back leaves a field too, unless it is a letter that is typed there.
        var typed = key
        if manner.keymap[key] == .back {
            if case .character = key {} else { typed = .escape }
        }
        switch face.mode {
        case .entry(let entry): return entryKey(typed, entry)
        case .command(let field): return commandKey(typed, field)
        case .search(let field): return searchKey(typed, field)
        case .menu(let menu): return menuKey(key, menu)
        case .question(let question): return questionKey(typed, question)
        case .conflict(let conflict): return conflictKey(typed, conflict)
        case .help(let top): return pageKey(key, top) { .help(top: $0) }
        case .timeline(let top): return pageKey(key, top) { .timeline(top: $0) }
        case .why(let top): return pageKey(key, top) { .why(top: $0) }
        case .browse: return browseKey(key)
        }
    }

    private mutating func pageKey(_ key: Key, _ top: Int, _ mode: (Int) -> Mode) -> [Effect] {
        switch manner.keymap[key] {
        case .down: face.mode = mode(top + 1)
        case .up: face.mode = mode(max(0, top - 1))
        case .pageDown: face.mode = mode(top + 10)
        case .pageUp: face.mode = mode(max(0, top - 10))
        case .back, .open, .quit, .help, .why, .timeline: face.mode = .browse
        // A label that a slow scanner types here must not lose its first digit and go on into a cell.
        case _: return [.bell]
        }
        return []
    }

    private mutating func browseKey(_ key: Key) -> [Effect] {
        if case .character(let raw) = key, manner.keymap[key].map({ !$0.isForLine }) ?? true {
            let c = manner.keymap.digit(raw)
            let isDigit = c.isASCII && c.isNumber
            if isDigit, !face.digits.isEmpty || !takesDigits { return digit(c) }
            if takesDigits, startsEntry(c) { return learn(.enter) + beginEntry(with: c) }
        }
        face.digits = ""
        guard let action = manner.keymap[key] else {
            face.notice = Notice(say(.noSuchKey, key.name(in: manner.language), manner.name(.help)), .dim)
            return []
        }
        face.notice = nil
        return perform(action)
    }

    /// A digit that begins outside the cells names a pane. More of them are the label of a tube, typed by a hand or a
    /// slow scanner: they go into the command that opens it, and never into a cell.
    private mutating func digit(_ c: Character) -> [Effect] {
        let typed = face.digits + String(c)
        if typed.count < 3, let pane = c.wholeNumberValue, (1...4).contains(pane) {
            face.digits = typed
            return focus(pane)
        }
        guard typed.count > 1 else {
            face.digits = typed
            face.notice = Notice(say(.noSuchKey, typed, manner.name(.help)), .dim)
            return []
        }
        face.digits = ""
        face.mode = .command(Field(Command.tube.name(in: manner.language) + " " + typed))
        return []
    }

    private func startsEntry(_ c: Character) -> Bool {
        c.isASCII && c.isNumber || c == "<" || c == ">" || c == "," || c == "."
    }

    /// One place for keys, menu and clicks.
    package mutating func perform(_ action: Action) -> [Effect] { learn(action) + carryOut(action) }

    private mutating func carryOut(_ action: Action) -> [Effect] {
        switch action {
        case .up: return step(-1)
        case .down: return step(1)
        case .pageUp: return step(-listRows)
        case .pageDown: return step(listRows)
        case .top: return step(-1_000_000)
        case .bottom: return step(1_000_000)
        case .left: return focus(panes.last { $0 < face.pane } ?? face.pane)
        case .right: return focus(panes.first { $0 > face.pane } ?? face.pane)
        case .nextPane: return focus(panes.first { $0 > face.pane } ?? panes[0])
        case .previousPane: return focus(panes.last { $0 < face.pane } ?? panes[panes.count - 1])
        case .pane1: return focus(1)
        case .pane2: return focus(2)
        case .pane3: return focus(3)
        case .pane4: return focus(4)
        case .open:
            if face.pane == 1 { return focus(2) }
            if face.pane == 3 { return beginEntry(with: nil) }
            return focus(3)
        case .search: face.mode = .search(Field(face.filter))
        case .section:
            let all: [String?] = [nil] + house.sections
            return narrow(to: all[((all.firstIndex(of: face.section) ?? 0) + 1) % all.count])
        case .sort:
            let all = RowOrder.allCases
            return order(by: all[((all.firstIndex(of: face.order) ?? 0) + 1) % all.count])
        case .command: face.mode = .command(Field())
        case .menu: face.mode = .menu(ActionMenu(actions: possible))
        case .help: face.mode = .help(top: 0)
        case .next: return step(1)
        case .previous: return step(-1)
        case .refresh:
            layRows()
            tellList()
            return refreshAll()
        case .back: return back()
        case .quit: return [.keep(drafts), .quit]
        case .lock: return lock()
        case .select:
            if let key = face.key { face.selected.formSymmetricDifference([key]) }
            return step(1)
        case .selectAlike: selectAlike()
        case .undo: return undo()
        case .validate, .validateTube, .enter, .why, .timeline, .rerun, .dilute, .chooseRun, .reject,
            .nonconformity, .comment, .call, .reflex, .receive, .attach, .dismiss:
            return perform(onLine: action)
        }
        return []
    }

    /// Those that this width shows.
    private var panes: [Int] {
        (face.width >= Workbench.leftPaneFrom ? [1] : []) + [2, 3] + (hasRightPane ? [4] : [])
    }

    private mutating func focus(_ pane: Int) -> [Effect] {
        guard panes.contains(pane) else {
            face.notice = Notice(say(.paneHidden, String(pane)), .dim)
            return []
        }
        face.pane = pane
        keepInSight()
        return []
    }

    private mutating func back() -> [Effect] {
        if !face.filter.isEmpty {
            face.filter = ""
            layRows()
        } else if !face.selected.isEmpty {
            face.selected = []
        } else {
            face.pane = 2
        }
        return []
    }

    private mutating func step(_ by: Int) -> [Effect] {
        face.label = nil
        switch face.pane {
        case 1:
            let all = ListKind.allCases
            let place = all.firstIndex(of: face.list) ?? 0
            return choose(all[max(0, min(place + by, all.count - 1))])
        case 3 where face.list == .quality:
            face.chartTop = max(0, min(face.chartTop + by, chartPane.count - resultRows))
            return []
        case 3, 4:
            face.result = max(0, min(face.result + by, results.count - 1))
            keepInSight()
            return []
        case _:
            let before = face.key
            face.cursor = max(0, min(face.cursor + by, face.rows.count - 1))
            guard face.key != before else { return [] }
            face.result = 0
            face.resultTop = 0
            face.chartTop = 0
            keepInSight()
            return openCurrent()
        }
    }

    /// The file behind the row of the cursor, if it is not here yet.
    mutating func openCurrent() -> [Effect] {
        if face.list == .quality { return chartWanted() }
        guard let request = currentRequest, house.files[request] == nil else { return [] }
        return [.open(request)]
    }

    func chartWanted() -> [Effect] {
        guard face.list == .quality, let key = face.key, house.quality.contains(where: { $0.key == key }) else {
            return []
        }
        let parts = key.split(separator: "/").map { String($0) }
        guard parts.count == 2 else { return [] }
        let columns = max(40, face.width - (face.width >= 100 ? 20 : 2))
        return [.chart(analyzer: parts[0], analysis: parts[1], columns: columns, ascii: manner.signs.isASCII)]
    }

    mutating func choose(_ list: ListKind) -> [Effect] {
        guard list != face.list else { return [] }
        face.label = nil
        face.list = list
        if !panes.contains(face.pane) { face.pane = 2 }
        face.cursor = 0
        face.top = 0
        face.result = 0
        face.resultTop = 0
        face.filter = ""
        face.wanted = nil
        face.selected = []
        // A list begins with what is most urgent in it, not with the row that another one was on.
        face.rows = []
        layRows()
        var effects: [Effect] = []
        switch list {
        case .triage: effects.append(.load(.triage))
        case .quality: effects.append(.load(.quality))
        case .reception, .requests: effects.append(.load(.requests))
        case .analyzers: effects.append(.load(.status))
        case .reflexes: effects += loadReflexes
        case .urgent, .waiting, .held, .calls: break
        }
        return effects + openCurrent()
    }

    private mutating func selectAlike() {
        guard let tube = currentTube else { return }
        // Alike: held for the same reasons, or not at all.
        let codes = Set(tube.lines.flatMap { $0.stops.map(\.code) })
        for key in face.rows {
            guard let other = self.tube(key) else { continue }
            if Set(other.lines.flatMap { $0.stops.map(\.code) }) == codes { face.selected.insert(key) }
        }
        face.notice = Notice(say(.selectedCount, String(face.selected.count)), .plain)
    }

    private mutating func searchKey(_ key: Key, _ field: Field) -> [Effect] {
        var field = field
        switch key {
        case .enter: face.mode = .browse
        case .escape:
            face.filter = ""
            face.mode = .browse
            layRows()
        case .character, .control, .alt, .function, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left,
            .right, .home, .end, .pageUp, .pageDown:
            guard field.take(key) else { return [] }
            face.mode = .search(field)
            face.filter = field.text
            layRows()
        }
        return openCurrent()
    }

    private mutating func menuKey(_ key: Key, _ menu: ActionMenu) -> [Effect] {
        var menu = menu
        switch key {
        case _ where manner.keymap[key] == .up: menu.cursor = max(0, menu.cursor - 1)
        case _ where manner.keymap[key] == .down: menu.cursor = min(menu.actions.count - 1, menu.cursor + 1)
        case .escape:
            face.mode = .browse
            return []
        case .enter:
            face.mode = .browse
            guard menu.actions.indices.contains(menu.cursor) else { return [] }
            return perform(menu.actions[menu.cursor])
        case .character, .control, .alt, .function, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left,
            .right, .home, .end, .pageUp, .pageDown:
            let action = manner.keymap[key]
            if action == .back || action == .menu {
                face.mode = .browse
                return []
            }
            // A label that a slow scanner types here must not close it and go on into a cell.
            guard let action, menu.actions.contains(action) else { return [.bell] }
            face.mode = .browse
            return perform(action)
        }
        face.mode = .menu(menu)
        return []
    }

    private mutating func click(_ row: Int, _ column: Int) -> [Effect] {
        guard case .browse = face.mode else { return [] }
        let left = face.width >= Workbench.leftPaneFrom ? Workbench.leftPane : 0
        if column < left {
            let lists = ListKind.allCases
            guard lists.indices.contains(row - 2) else { return [] }
            face.pane = 1
            return choose(lists[row - 2])
        }
        guard row >= 2, row < 2 + listRows, face.rows.indices.contains(face.top + row - 2) else { return [] }
        face.pane = 2
        return step(face.top + row - 2 - face.cursor)
    }
}

extension [Input] {
    /// Keys kept for what is on its way, as many as somebody types ahead; what a scanner typed as if it were a person
    /// is taken back. Answers whether it was kept: a click means the screen that is seen.
    mutating func keep(_ input: Input) -> Bool {
        switch input {
        case .click: return false
        case .scan(let code, let typed):
            removeLast(Swift.min(typed, count))
            append(.scan(code, typed: 0))
        case .key, .paste:
            guard count < 64 else { return false }
            append(input)
        }
        return true
    }
}

extension Texts {
    /// A label that opened nothing: what was typed for it, as a number of keys (a code may be among them), and what
    /// stays on the screen. `after`: what was said a moment ago, whose cause stays in sight.
    func unanswered(_ label: String, dropped: Int, stays file: String?, back: String, after: Notice?) -> Notice {
        let cause = after.flatMap { $0.tint == .critical ? $0.text : nil }
        let lost = dropped > 0 ? say(.keysDropped, [label, String(dropped)]) : nil
        let stays = say(.notOpened, [label, file ?? self[.noValue], back])
        return Notice([cause, lost, stays].compactMap { $0 }.joined(separator: " · "), .critical)
    }
}

package import Base
import Laboratory

/// The same workbench read line by line (`--plain`): nothing is drawn anew, each event is a line, each question a
/// prompt. For screen readers, braille displays and pipes; what the full screen can do is done here by its name, its
/// key or its number.
package struct Plain: Sendable {
    package struct Answer: Sendable, Hashable {
        package var lines: [String] = []
        package var effects: [Effect] = []
    }
    package private(set) var bench: Workbench
    /// What a line typed now would answer, of the menu that was read last.
    private var offered: [Action] = []
    /// What the list of the cursor is made of, while it is on its way: it is read when it is here.
    private var awaited: Source?
    /// What the line typed last did.
    private(set) var last: Action?
    /// How often something was refused outside a question: lines typed ahead of that were meant for what it refused.
    package private(set) var refusals = 0

    package init(manner: Manner, at now: Instant) {
        bench = Workbench(manner: manner, at: now)
        bench.face.pane = 3
    }

    // In

    package mutating func typed(_ line: String, at now: Instant) -> Answer {
        bench.face.notice = nil
        last = nil
        let before = bench
        bench.now = now
        let text = line.trimmed
        var answer = Answer()
        if isAsking, Plain.leaves.contains(text) {
            answer.effects = leave()
        } else if isAsking, text.first == ":" {
            // A command is never an answer: what was asked is given up, and said so.
            let left = asking
            let effects = leave()
            bench.face.notice = nil
            answer = browse(text)
            answer.effects = effects + answer.effects
            if let left { answer.lines.insert(left, at: 0) }
        } else if text == ":q", case .locked = bench.house.link {
            answer.effects = [.keep(bench.drafts), .quit]
        } else {
            switch bench.face.mode {
            case .question(var question):
                question.parts[question.at].field = Field(text)
                question.complaint = nil
                bench.face.mode = .question(question)
                answer.effects = bench.press(.enter)
            case .entry(let entry): answer.effects = fill(entry, text)
            case .conflict: answer.effects = text.count == 1 ? bench.press(.character(Character(text))) : [.bell]
            case .browse, .command, .search, .menu, .help, .why, .timeline:
                answer = browse(text)
                // Another tube is another matter than the one that stayed.
                if bench.face.key != before.face.key { bench.unanswered = nil }
            }
        }
        // A command that rings, or an act that is not possible: what was typed behind it was meant for something else.
        let isRefused = bench.refusedAt != before.refusedAt || text.first == ":" && answer.effects.contains(.bell)
        if isRefused, !isAnswered { refusals += 1 }
        return told(since: before, answer)
    }

    private mutating func leave() -> [Effect] {
        let effects = bench.press(.escape)
        if bench.face.notice == nil { bench.face.notice = Notice(bench.words[.questionGivenUp], .plain) }
        return effects
    }

    /// That what is asked was given up, in words; nil while nothing is asked.
    private var asking: String? {
        switch bench.face.mode {
        case .question(let question): bench.say(.questionLeft, question.title)
        case .entry(let entry): bench.say(.questionLeft, entry.analysis)
        case .conflict(let conflict): bench.say(.questionLeft, conflict.analysis)
        case .browse, .command, .search, .menu, .help, .why, .timeline: nil
        }
    }

    package mutating func receive(_ event: Event, at now: Instant) -> Answer {
        let before = bench
        let effects = bench.receive(event, at: now)
        var isHere = false
        switch event {
        case .loaded(let loaded) where loaded.source == awaited:
            bench.layRows()
            isHere = true
        case .failed, .offline, .locked: isHere = awaited != nil
        case .loaded, .totals, .uncertainty, .input, .resized, .tick, .who, .file, .found, .notFound, .soughtGone,
            .chart, .why, .habits, .changed, .done, .refused, .online, .drafts:
            break
        }
        if isHere { awaited = nil }
        switch event {
        case .refused, .notFound, .failed, .offline, .locked: if !isAnswered { refusals += 1 }
        case .loaded, .totals, .uncertainty, .input, .resized, .tick, .who, .file, .found, .soughtGone, .chart, .why,
            .habits,
            .changed, .done, .online, .drafts:
            break
        }
        return told(since: before, Answer(effects: effects), isHere: isHere)
    }

    /// A question, a cell or a conflict waits for an answer.
    private var isAsking: Bool {
        switch bench.face.mode {
        case .question(let question): question.purpose != .unlock
        case .entry, .conflict: true
        case .browse, .command, .search, .menu, .help, .why, .timeline: false
        }
    }
    /// A question, a cell or a conflict is open: what rings then is said in it, and is answered again.
    private var isAnswered: Bool {
        switch bench.face.mode {
        case .question, .entry, .conflict: true
        case .browse, .command, .search, .menu, .help, .why, .timeline: false
        }
    }
    /// That a line typed ahead of a refusal is not done.
    package func dropped(_ line: String) -> String { bench.mark(bench.say(.lineDropped, line)) }

    /// Lines that give up a question.
    static let leaves: Set<String> = [".", "échap", "esc"]

    private mutating func fill(_ entry: CellEntry, _ text: String) -> [Effect] {
        var entry = entry
        if text.isEmpty { return bench.press(.escape) }
        entry.field = Field(text)
        bench.face.mode = .entry(bench.check(entry))
        return bench.press(.enter)
    }

    private mutating func browse(_ text: String) -> Answer {
        let words = bench.words
        if text.isEmpty { return Answer(lines: reading) }
        if bench.unanswered != nil, Plain.leaves.contains(text) { return perform(.back) }
        if text.first == ":", let name = text.dropFirst().split(separator: " ").first.map(String.init),
            Workbench.Command(named: name) == .help
        {
            return perform(.help)
        }
        if text.first == ":" { return Answer(effects: bench.run(String(text.dropFirst()))) }
        if text.first == "/" {
            bench.face.filter = text.dropFirst().description.trimmed
            bench.layRows()
            bench.tellList()
            return Answer(lines: rows(), effects: bench.openCurrent())
        }
        if text.first == "=" {
            if let refused = refusedForUnanswered(.enter) { return refused }
            let effects = bench.perform(.enter)
            guard case .entry(let entry) = bench.face.mode else { return Answer(effects: effects) }
            return Answer(effects: effects + fill(entry, text.dropFirst().description.trimmed))
        }
        if let number = Int(text), text.count < KeyDecoder.shortestScan { return numbered(number) }
        if let action = Action(named: Signs(ascii: true).text(text).lowercased()) { return perform(action) }
        if text.count >= KeyDecoder.shortestScan, text.contains(where: \.isNumber) {
            return Answer(effects: bench.take(.scan(text, typed: 0)))
        }
        let folded = Signs(ascii: true).text(text).lowercased()
        if folded == Signs(ascii: true).text(words[.plainLists]) { return Answer(lines: lists()) }
        if folded == Signs(ascii: true).text(words[.plainRows]) { return Answer(lines: rows()) }
        if folded == Signs(ascii: true).text(words[.plainTube]) { return Answer(lines: tube()) }
        if folded == Signs(ascii: true).text(words[.plainDetail]) { return Answer(lines: detail()) }
        // A key is told from a name by its case: `V` is not `v`.
        guard let action = Key(name: text).flatMap({ bench.manner.keymap[$0] }) else {
            bench.face.notice = Notice(
                bench.say(.noSuchKey, text, bench.manner.name(.help)), .dim)
            refusals += 1
            return Answer()
        }
        return perform(action)
    }

    /// An action of the menu just read, else a row of the list.
    private mutating func numbered(_ number: Int) -> Answer {
        if !offered.isEmpty {
            guard offered.indices.contains(number - 1) else {
                return Answer(lines: [bench.words[.oneOfThese]])
            }
            return perform(offered[number - 1])
        }
        guard bench.face.rows.indices.contains(number - 1) else { return Answer(lines: [bench.words[.oneOfThese]]) }
        // Who names a row means it.
        bench.unanswered = nil
        return move { $0.face.cursor = number - 1 }
    }

    /// What is done with a tube is not done with the one that stayed when another was asked for and did not come,
    /// before the person says that it is meant.
    private mutating func refusedForUnanswered(_ action: Action) -> Answer? {
        guard action.isForLine, ![.open, .refresh].contains(action), bench.tellUnanswered() else { return nil }
        refusals += 1
        return Answer(effects: [.bell])
    }

    private mutating func perform(_ action: Action) -> Answer {
        offered = []
        if let refused = refusedForUnanswered(action) { return refused }
        last = action
        switch action {
        case .back where bench.unanswered != nil:
            bench.unanswered = nil
            return Answer(lines: reading)
        case .menu:
            offered = bench.possible
            return Answer(lines: menu(), effects: bench.learn(.menu))
        case .help: return Answer(lines: help(), effects: bench.learn(.help))
        case .pane1: return Answer(lines: lists())
        case .pane2: return Answer(lines: rows())
        case .pane3: return Answer(lines: tube())
        case .pane4: return Answer(lines: detail())
        case .open: return Answer(lines: tube(), effects: bench.learn(.open))
        case .next: return step(1)
        case .previous: return step(-1)
        case .left, .right, .nextPane, .previousPane: return Answer(lines: reading)
        case .up, .down, .top, .bottom, .pageUp, .pageDown:
            bench.face.pane = 2
            let effects = bench.perform(action)
            bench.face.pane = 3
            return Answer(effects: effects)
        case .search, .command:
            return Answer(lines: [bench.words[action == .search ? .plainSearch : .plainCommand]])
        case .why:
            let effects = bench.perform(action)
            guard case .why = bench.face.mode else { return Answer(effects: effects) }
            return Answer(lines: bench.whyLines(Plain.columns).map(\.0), effects: effects)
        case .timeline:
            let effects = bench.perform(action)
            guard case .timeline = bench.face.mode else { return Answer(effects: effects) }
            return Answer(lines: bench.timelineLines(Plain.columns).map(\.0), effects: effects)
        case .validate, .validateTube, .enter, .rerun, .dilute, .chooseRun, .reject, .nonconformity, .comment, .call,
            .reflex, .receive, .attach, .dismiss, .undo, .refresh, .select, .selectAlike, .section, .sort, .back, .lock,
            .quit:
            return Answer(effects: bench.perform(action))
        }
    }

    /// No line is folded here: the reader of the person does that.
    private static let columns = 10_000

    /// The next result, of the next tube after the last one.
    private mutating func step(_ by: Int) -> Answer {
        let next = bench.face.result + by
        if bench.results.indices.contains(next) {
            bench.face.result = next
            return Answer()
        }
        return move { bench in
            bench.face.cursor = max(0, min(bench.face.cursor + by, bench.face.rows.count - 1))
        }
    }

    private mutating func move(_ change: (inout Workbench) -> Void) -> Answer {
        let before = bench.face.key
        change(&bench)
        guard bench.face.key != before else { return Answer(lines: reading) }
        bench.face.result = 0
        bench.face.resultTop = 0
        bench.keepInSight()
        return Answer(effects: bench.openCurrent())
    }

    // Out

    /// What changed, in the order in which a person needs it.
    private mutating func told(since before: Workbench, _ answer: Answer, isHere: Bool = false) -> Answer {
        var out = answer
        // Pages were said already.
        switch bench.face.mode {
        case .why, .timeline, .help, .menu, .command, .search: bench.face.mode = .browse
        case .browse, .entry, .question, .conflict: break
        }
        bench.face.pane = 3
        if let notice = bench.face.notice, notice != before.face.notice { out.lines.append(notice.text) }
        out.lines += announcements(before)
        let moved =
            (bench.face.key, bench.face.result) != (before.face.key, before.face.result)
            || bench.face.list != before.face.list
        if moved { offered = [] }
        let source = bench.face.list.source
        if bench.face.list != before.face.list, bench.house.link == .online, out.effects.contains(.load(source)) {
            awaited = source
        }
        // A file that is on its way is read when it is here, with earlier values and what waits.
        let opens = out.effects.contains { if case .open = $0 { true } else { false } }
        let waits = (opens && bench.currentFile == nil || awaited != nil) && bench.house.link == .online
        let arrived = bench.currentFile != nil && before.currentFile == nil
        let changed = moved || arrived || isHere || current != Plain.current(of: before)
        if case .browse = bench.face.mode, answer.lines.isEmpty, changed, !waits { out.lines += reading }
        if let id = current?.id, bench.house.whys[id] != before.house.whys[id] { out.lines += bench.judgement(of: id) }
        out.lines += asked(before)
        if out.effects.contains(.bell), out.lines.isEmpty { out.lines.append(bench.words[.notUnderstood]) }
        out.lines = out.lines.map { bench.mark($0) }
        return out
    }

    private func announcements(_ before: Workbench) -> [String] {
        var lines: [String] = []
        let words = bench.words
        if bench.house.link != before.house.link {
            switch bench.house.link {
            case .connecting: break
            case .online: lines.append("\(words[.network]) \(words[.networkOK])")
            case .offline(let since):
                let waiting = bench.drafts.count { $0.isAccepted }
                lines.append(bench.say(.offlineBanner, bench.clock(since), String(waiting)))
            case .locked: lines.append("\(words[.network]) \(words[.networkLocked])")
            }
        }
        let told = before.house.loaded
        let rejected = bench.house.controlCounts.rejected
        if told.contains(.quality), rejected > before.house.controlCounts.rejected {
            lines.append("\(words[.qualityCount]) : \(rejected) \(words[.stateRejected])")
        }
        if told.contains(.status), bench.house.triageOpen > before.house.triageOpen {
            lines.append("\(words[.triageCount]) : \(bench.house.triageOpen)")
        }
        if told.contains(.calls), bench.house.calls.count > before.house.calls.count {
            lines.append("\(words[.listCalls]) : \(bench.house.calls.count)")
        }
        if told.contains(.reflexes), bench.house.reflexes.count > before.house.reflexes.count {
            lines.append("\(words[.listReflexes]) : \(bench.house.reflexes.count)")
        }
        // Said once, not with each tube that arrives.
        if bench.arrivals > 0, before.arrivals == 0 {
            lines.append(bench.say(.arrivals, String(bench.arrivals), bench.manner.name(.refresh)))
        }
        return lines
    }

    /// A question that was not there before, or its next part.
    private func asked(_ before: Workbench) -> [String] {
        switch bench.face.mode {
        case .question(let question):
            var old: Question?
            if case .question(let asked) = before.face.mode { old = asked }
            var lines: [String] = []
            if old?.title != question.title || old?.purpose != question.purpose {
                lines.append(bench.title(of: question))
            }
            if lines.isEmpty == false || old?.at != question.at {
                lines += question.parts[question.at].choices.enumerated().map { "\($0.offset + 1) \($0.element)" }
            }
            return lines + [question.complaint].compactMap { $0 }
        case .entry(let entry):
            if let complaint = entry.complaint { return [complaint] }
            return entry.first == nil ? [] : [bench.words[.twiceAgain]]
        case .conflict(let conflict):
            if case .conflict(conflict) = before.face.mode, current == Plain.current(of: before) { return [] }
            let theirs = bench.theirs(conflict)
            let author = theirs?.author ?? theirs?.analyzer ?? ""
            return [
                bench.say(.conflictTitle, bench.place(of: conflict)), bench.sentence(conflict),
                "\(bench.words[.conflictMine]) : \(conflict.mine)",
                "\(bench.words[.conflictTheirs]) : \(theirs?.value ?? "") (\(author))",
                bench.words[.conflictKeys],
            ]
        case .browse, .command, .search, .menu, .help, .why, .timeline: return []
        }
    }

    /// Stands before what is typed; ends with a blank.
    package var prompt: String {
        let text: String =
            switch bench.face.mode {
            case .question(let question): bench.words[question.parts[question.at].word] + " : "
            case .entry(let entry):
                [entry.analysis, bench.currentResult?.unit ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
                    + (entry.seenValue.isEmpty ? "" : " (\(entry.seenValue))") + " : "
            case .conflict: "g / m / \(Key.escape.name(in: bench.manner.language)) : "
            case .browse, .command, .search, .menu, .help, .why, .timeline: "> "
            }
        return bench.mark(text)
    }

    /// What is typed must not be seen.
    package var wantsSecret: Bool {
        guard case .question(let question) = bench.face.mode else { return false }
        return question.parts[question.at].secret
    }
}

extension StringProtocol {
    /// Without the blanks at its ends.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

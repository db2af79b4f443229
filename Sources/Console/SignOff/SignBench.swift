package import Base
package import Laboratory

/// A question in words, field after field, before something is done.
package struct SignQuestion: Sendable, Hashable {
    package enum Purpose: Sendable, Hashable {
        case sign(SignPick, partial: Bool, draft: SignDraft)
        case lot([SignPick])
        case amend(String)
        case reject(request: String, id: String)
        /// What is proposed, in the order of the choices.
        case reflex(request: String, [SignObstacle])
        case call(request: String, id: String)
        case comment(String)
        case note(String)
        case find
        case unlock
    }
    package struct Part: Sendable, Hashable {
        package var word: SignWord
        package var field = Field()
        /// What must be typed.
        package var expected: String?
        package var isSecret = false
        package var isOptional = false
        /// Words offered, chosen by their number.
        package var choices: [String] = []
    }
    package var purpose: Purpose
    package var title: [String]
    package var parts: [Part]
    package var at = 0
    package var complaint: String?
    /// Sent, and not answered yet: keys do nothing until it is, and are said not to.
    package var isSent = false
    package var isPressed = false
}

package enum SignMode: Sendable, Hashable {
    case browse
    case search(Field)
    /// What was possible when it was opened.
    case menu([SignAction], Int)
    case page(title: String, lines: [String], top: Int)
    case question(SignQuestion)
    /// A batch being read: its files, those drawn at random, and the one before the eyes (−1: the summary).
    case lot([SignPick], drawn: [String], at: Int)
    /// An amendment before its signature.
    case amendment(String, top: Int)
}

/// How this person signed since the screen was opened.
package struct SignSession: Sendable, Hashable {
    package var alone = 0
    package var inLot = 0
    /// Milliseconds between files signed one after the other, and how many such pauses.
    package var reading: Int64 = 0
    package var pauses = 0
    package var last: Instant?
    package var seconds: Int? { pauses > 0 ? Int(reading / Int64(pauses) / 1000) : nil }
    /// A longer pause is no reading.
    static let longestReading: Int64 = 900_000

    mutating func signed(at now: Instant) {
        alone += 1
        if let last {
            let pause = now.milliseconds - last.milliseconds
            if pause <= SignSession.longestReading {
                reading += pause
                pauses += 1
            }
        }
        last = now
    }
}

/// The biologist's terminal as a value: (state, event, instant) gives (state, effects).
package struct SignBench: Sendable, Equatable {
    package var manner: Manner
    package var now: Instant
    package var width = 80
    package var height = 24

    // What the server last said
    package var site = ""
    package var person = ""
    package var login = ""
    package var queue: [SignQueueRow] = []
    package var isLoaded = false
    /// Files that wait at the server, where it gave the gravest of them only; nil: all are here.
    package var waiting: Int?
    package var controls = ControlCounts()
    package var rules = ""
    package var settings = SignOffSettings()
    package var sheets: [String: SignSheet] = [:]
    /// Files as this person last read them, against which news are told.
    var read: [String: SignSheet] = [:]
    /// Files that this person's own deed changes: their next answer is no news.
    var own: Set<String> = []
    package var comments: [Comment] = []
    package var versions: SignVersions?
    package var link = Link.connecting

    // Where the person is
    package var lane: SignLane?
    package var filter = ""
    /// Numbers in the order shown: changed by the person or by a signature, not by news.
    package var rows: [String] = []
    package var cursor = 0
    package var top = 0
    /// A file that was asked for by its number.
    package var guest: String?
    /// 1: the queue; 2: the file.
    package var pane = 1
    package var result = 0
    /// The file in which the person chose a line.
    var placed: String?
    package var fileTop = 0
    package var mode = SignMode.browse
    package var notice: Notice?
    package var drafts: [String: SignDraft] = [:]
    package var session = SignSession()
    package var sent: [Int: Sent] = [:]
    package var nextDeed = 1
    /// What forms that were left, or refused, held.
    package var kept: [SignQuestion.Purpose: [String]] = [:]
    /// What was open when the screen was locked.
    package var interrupted: SignMode?
    /// When a key was refused last, or a key after it.
    package var refusedAt: Instant?
    var lastKey: Instant?
    /// What that refusal told to press instead.
    package var offered: SignAction?
    /// The batch that is being read, or signed.
    var lotCheck: LotCheck?
    /// A signature that waits for its file.
    var awaited: Awaited?
    /// Screens before the last keys, newest last: a scan takes back what it typed.
    var befores: [SignBefore] = []
    /// A digit that began nothing: more of them are a label.
    var digits = ""
    /// A key that asked for a page was taken back.
    var isPageUnwanted = false
    /// A file asked for by a scan or its number, on its way; what is typed meanwhile is meant for it.
    var sought: String?
    var ahead: [Input] = []
    /// A file that was asked for and did not come: nothing is done to the one that stayed before the person says so.
    var unanswered: String?

    /// The signature that is asked for, and since when its question is there.
    var asked: Asked?

    struct Asked: Hashable {
        var purpose: SignQuestion.Purpose
        var at: Instant
    }
    struct Awaited: Hashable {
        var number: String
        var typed: [Character] = []
    }

    package struct Comment: Sendable, Hashable {
        package var code: String
        package var text: String
    }
    /// What waits for its answer; never with a code.
    package enum Sent: Sendable, Hashable {
        case sign(String)
        case lot
        /// Its file, and the form that it was written in.
        case other(String, SignQuestion.Purpose?)
        case unlock
    }

    package init(manner: Manner = Manner(), at now: Instant) {
        self.manner = manner
        self.now = now
    }

    package func say(_ word: SignWord, _ parts: String...) -> String { manner.language.say(word, parts) }
    package var isWide: Bool { width >= 120 }

    // What is shown

    /// By their rank, the oldest first among equals.
    package var ordered: [SignQueueRow] {
        filtered.filter { lane == nil || $0.lane == lane }
            .map { (row: $0, rank: SignBench.rank($0)) }.sorted { $0.rank < $1.rank }.map(\.row)
    }
    /// What is looked for: in numbers, names and disciplines.
    var filtered: [SignQueueRow] {
        let words = filter.lowercased().split(separator: " ")
        return queue.filter { row in
            let text = ([row.number, row.patient] + row.sections).joined(separator: " ").lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }
    private static func rank(_ row: SignQueueRow) -> (SignRank, Instant, String) {
        (SignRank(row.lane, isUrgent: row.urgent, reasons: row.obstacles), row.at, row.number)
    }
    package func count(_ lane: SignLane) -> Int { queue.count { $0.lane == lane } }
    package func row(_ number: String) -> SignQueueRow? { queue.first { $0.number == number } }

    package var current: String? { guest ?? (rows.indices.contains(cursor) ? rows[cursor] : nil) }
    package var sheet: SignSheet? { current.flatMap { sheets[$0] } }
    package var draft: SignDraft { current.flatMap { drafts[$0] } ?? SignDraft() }
    package var currentLine: SignLine? {
        guard let lines = sheet?.lines, !lines.isEmpty else { return nil }
        return lines.indices.contains(result) ? lines[result] : lines.first
    }
    package var isReadOnly: Bool { link != .online }

    // The only way in

    package mutating func receive(_ event: SignEvent, at instant: Instant) -> [SignEffect] {
        now = instant
        defer { keepAsked() }
        switch event {
        case .input(let input): return take(input)
        case .resized(let width, let height):
            self.width = max(width, 40)
            self.height = max(height, 10)
            keepInSight()
            return []
        case .tick: return []
        case .who(let person, let login, let site):
            self.person = person
            self.login = login
            self.site = site
            return []
        case .queue(let rows): return take(queue: rows)
        case .waiting(let count):
            waiting = count
            return []
        case .drafts(let left):
            for one in left where drafts[one.number] == nil { drafts[one.number] = one.draft }
            tellLeft()
            return reopen()
        case .controls(let counts):
            controls = counts
            return []
        case .rules(let version):
            rules = version
            return []
        case .settings(let chosen):
            settings = chosen
            return []
        case .comments(let found):
            comments = found.map { Comment(code: $0.code, text: $0.text) }
            return []
        case .sheet(let sheet): return take(sheet)
        case .found(let sheet, let asked): return take(found: sheet, asked)
        case .soughtGone(let text):
            if text == sought { giveUp() }
            return []
        case .versions(let found): return take(found)
        case .why(let title, let holds, let judged, let id): return take(why: title, holds, judged, of: id)
        case .changed: return [.load] + reopen()
        case .done(let id, let outcome): return settle(id, outcome)
        case .refused(let id, let refusal): return refuse(id, refusal)
        case .unsignable(let pick, let refusal): return refuse(pick, refusal)
        case .lotChecked(let picks, let refused): return take(checked: picks, refused)
        case .lotUnsignable(let picks, let refusal): return take(unsignable: picks, refusal)
        case .failed(let refusal):
            awaited = nil
            isPageUnwanted = false
            notice = Notice(sentence(refusal), .critical)
            return []
        case .offline:
            awaited = nil
            giveUp()
            if case .online = link { link = .offline(since: now) }
            if case .connecting = link { link = .offline(since: now) }
            return []
        case .online:
            if link == .online || link == .locked { return [] }
            link = .online
            return [.load] + reopen()
        case .draftRefused(let number, let refusal): return takeBack(number, refusal)
        case .locked: return ended()
        }
    }

    private mutating func take(
        why title: String, _ holds: [Hold], _ judged: WhySheet?, of id: String?
    ) -> [SignEffect] {
        // Whoever went on meanwhile, or locked the screen, is not taken away from there.
        let isHere = id.map { id in sheet?.lines.contains { $0.line.id == id } ?? false } ?? true
        guard !isUnwanted(), isHere, mode == .browse, sought == nil else { return [] }
        let whose = [sheet?.number, sheet?.patient].compactMap { $0 }.joined(separator: " ")
        mode = .page(
            title: whose.isEmpty ? title : title + " · " + whose, lines: whyLines(holds, judged), top: 0)
        return []
    }

    private mutating func take(found sheet: SignSheet, _ asked: String?) -> [SignEffect] {
        // Nobody waits for it any more.
        if asked != nil, asked != sought { return take(sheet) }
        let isSought = sought != nil
        sought = nil
        if isSought { notice = nil }
        let effects = take(sheet)
        // Whoever went on meanwhile is not taken away from there.
        guard mode == .browse else {
            // What was typed for it is for no other file.
            ahead = []
            return effects
        }
        // It was looked for without what this person wrote of it.
        return effects + show(sheet.number) + (isWhole(sheet) ? [] : reopen()) + (isSought ? replayAhead() : [])
    }

    /// The session ended under the hand that types: the keys on their way are no secret.
    private mutating func ended() -> [SignEffect] {
        let isTyping = lastKey.map { now.milliseconds - $0.milliseconds <= SignBench.typingPause } ?? false
        let isNew = link != .locked
        let effects = lock()
        if isTyping, isNew { refusedAt = now }
        return effects
    }

    /// What is to be kept of what was written: an amendment is begun anew.
    package var left: [String: SignDraft] {
        drafts.mapValues { draft in
            var draft = draft
            draft.amendment = nil
            return draft
        }.filter { $0.value != SignDraft() }
    }

    /// What was found again, and of which of these files nothing waits for a signature any more.
    private mutating func tellLeft() {
        let written = drafts.keys.filter(isBegun).sorted()
        guard isLoaded, !written.isEmpty else { return }
        let gone = waiting == nil ? written.filter { row($0) == nil } : []
        var words = [String]()
        let here = written.filter { !gone.contains($0) }
        if !here.isEmpty { words.append(say(.draftsBack, here.joined(separator: ", "))) }
        if !gone.isEmpty { words.append(say(.draftsGone, gone.joined(separator: ", "), key(.find))) }
        notice = Notice(words.joined(separator: " ; "), .held)
    }

    func reopen() -> [SignEffect] { current.map { [.open($0, drafts[$0] ?? SignDraft())] } ?? [] }

    private mutating func take(queue rows: [SignQueueRow]) -> [SignEffect] {
        let first = !isLoaded
        isLoaded = true
        queue = rows
        if first { tellLeft() }
        // Files that come meanwhile wait for the next batch; one of this batch that changed ends it.
        if case .lot(let picks, _, _) = mode, !Set(picks).isSubset(of: releasable(rows)) {
            mode = .browse
            notice = Notice(say(.lotChanged), .critical)
        }
        // What is shown stays in place: new files come behind until the person asks (`r`) or signs.
        if self.rows.isEmpty || first { layRows() } else { self.rows += ordered.map(\.number).filter { new($0) } }
        // The file under the cursor is read as soon as there is one.
        return first || sheet == nil ? reopen() : []
    }
    private func new(_ number: String) -> Bool { !rows.contains(number) }
    func releasable(_ rows: [SignQueueRow]) -> [SignPick] {
        rows.filter { $0.lane == .proposable && !isBegun($0.number) }
            .map { SignPick(number: $0.number, contentHash: $0.contentHash) }.sorted { $0.number < $1.number }
    }
    /// A file of which something is written, or left for later, is signed alone, with it.
    func isBegun(_ number: String) -> Bool { drafts[number].map { $0 != SignDraft() } ?? false }
    var begun: [String] { queue.filter { $0.lane == .proposable && isBegun($0.number) }.map(\.number).sorted() }

    mutating func layRows() {
        let kept = rows.indices.contains(cursor) ? rows[cursor] : nil
        rows = ordered.map(\.number)
        cursor = kept.flatMap { rows.firstIndex(of: $0) } ?? min(cursor, max(0, rows.count - 1))
        keepInSight()
    }

    /// A long sentence is read whole: the frames above give it their room, and no more than half of the screen.
    var noticeLines: [String] {
        if case .search = mode { return [] }
        var lines = [String]()
        if case .offline(let since) = link { lines.append(say(.offline, clock(since))) }
        if let notice { lines.append(notice.text) }
        return lines.flatMap { CellWidth.fold(manner.signs.text($0), width - 2) }
    }
    var noticeRows: Int { max(0, min(noticeLines.count, height / 2) - 1) }

    var queueRows: Int { max(1, height - 5 - noticeRows) }
    /// The cursor stays in sight even above a long sentence.
    var shownTop: Int { max(top, cursor - queueRows + 1) }
    mutating func keepInSight() {
        cursor = max(0, min(cursor, rows.count - 1))
        if cursor < top { top = cursor }
        if cursor >= top + queueRows { top = cursor - queueRows + 1 }
        top = max(0, min(top, rows.count - queueRows))
    }

    mutating func show(_ number: String) -> [SignEffect] {
        // Already before the eyes: whoever moved in it meanwhile stays there.
        if current == number, pane == 2, mode == .browse { return [] }
        if let place = rows.firstIndex(of: number) {
            guest = nil
            cursor = place
            keepInSight()
        } else {
            guest = number
        }
        placed = nil
        pane = 2
        result = 0
        fileTop = 0
        mode = .browse
        return []
    }

    private mutating func take(_ found: SignVersions) -> [SignEffect] {
        versions = found
        if let draft = drafts[found.number] {
            // What this person adds is said beside what changed by itself.
            let words = draft.comments.map { code in comments.first { $0.code == code }?.text ?? code }
            versions?.others += (words + [draft.note].compactMap { $0 }).map {
                SignedChange(.comment, before: nil, after: $0)
            }
        }
        // Before an amendment it is read on its own page; else it is a page like another.
        if isUnwanted() { return [] }
        if case .browse = mode, found.number != current { return [] }
        if mode != .browse || sought != nil { return [] }
        mode = .page(title: say(.versionsTitle, found.number), lines: versionLines(found), top: 0)
        return []
    }

    // Deeds

    mutating func send(_ deed: SignDeed, as what: Sent) -> [SignEffect] {
        if isReadOnly, what != .unlock {
            notice = Notice(say(.readOnly), .critical)
            return [.bell]
        }
        let id = nextDeed
        nextDeed += 1
        sent[id] = what
        return [.send(id, deed)]
    }

    private mutating func settle(_ id: Int, _ outcome: SignOutcome) -> [SignEffect] {
        guard let what = sent.removeValue(forKey: id) else { return [] }
        switch (what, outcome) {
        case (.sign(let number), .signed(let version)):
            closeQuestion()
            kept[.amend(number)] = nil
            session.signed(at: now)
            drafts[number] = nil
            notice = Notice(say(.signedDone, number, String(version)), .good)
            pace(1)
            return leave([number]) + [.load]
        case (_, .lot(let signed, let refused)):
            closeQuestion()
            session.inLot += signed.count
            notice =
                refused.isEmpty
                ? Notice(say(.lotDone, String(signed.count)), .good)
                : Notice(
                    say(.lotRefused, String(signed.count), String(refused.count), refused.joined(separator: ", ")),
                    .critical)
            pace(signed.count)
            return leave(signed) + [.load]
        case (.unlock, _):
            link = .online
            mode = interrupted ?? .browse
            interrupted = nil
            return [.load] + reopen()
        case (.other(let number, let form), _):
            if let form { kept[form] = nil }
            own.insert(number)
            notice = Notice(say(.kept), .good)
            return [.load, .open(number, drafts[number] ?? SignDraft())]
        case (.sign, _), (.lot, _):
            closeQuestion()
            return [.load]
        }
    }

    /// What was asked is done or refused for good.
    private mutating func closeQuestion() {
        if case .question(let question) = mode, question.isSent, question.purpose != .unlock { mode = .browse }
    }

    /// Signed files leave the list; the next one is opened.
    private mutating func leave(_ numbers: [String]) -> [SignEffect] {
        for number in numbers {
            sheets[number] = nil
            read[number] = nil
            own.remove(number)
        }
        if let guest, numbers.contains(guest) { self.guest = nil }
        let before = rows.prefix(cursor).count { numbers.contains($0) }
        rows.removeAll { numbers.contains($0) }
        queue.removeAll { numbers.contains($0.number) }
        cursor -= before
        result = 0
        fileTop = 0
        keepInSight()
        return reopen()
    }

    /// Said beside what was done, once each hundred of files: a batch counts too.
    private mutating func pace(_ done: Int) {
        let all = session.alone + session.inLot
        let advice = SignPace.advice(after: done, all: all, alone: session.alone, seconds: session.seconds)
        let words: String? =
            switch advice {
            case .pause: say(.pause, String(all))
            case .slower: say(.slower, String(session.seconds ?? 0))
            case nil: nil
            }
        if let words { notice = Notice((notice.map { $0.text + " · " } ?? "") + words, .expired) }
    }

    private mutating func refuse(_ id: Int, _ refusal: Refusal) -> [SignEffect] {
        let what = sent.removeValue(forKey: id)
        awaited = nil
        if refusal.code == "client.unreachable" {
            if case .question(let question) = mode, question.isSent { askAgain(question, sentence(refusal)) }
            notice = Notice(sentence(refusal), .critical)
            return receive(.offline, at: now) + [.bell]
        }
        if what != .unlock, refusal.endsSession { return lock() }
        // A wrong code is typed again where it was asked: its digits are nothing else.
        let isOfCode = refusal.code == "sign.pin" || refusal.code.hasPrefix("sign.pin.")
        if case .question(let question) = mode, question.isSent, what == .unlock || isOfCode {
            askAgain(question, sentence(refusal))
            return [.bell]
        }
        closeQuestion()
        notice = Notice(sentence(refusal), .critical)
        return [.bell, .load] + reopen()
    }

    /// Said before the code is typed; a signature that is already sent has its own answer.
    private mutating func refuse(_ pick: SignPick, _ refusal: Refusal) -> [SignEffect] {
        guard case .question(var question) = mode, case .sign(pick, _, let draft) = question.purpose, !question.isSent
        else { return [] }
        if refusal.code == "reason.missing", let place = question.parts.firstIndex(where: { $0.word == .uncalled }) {
            question.at = place
            question.complaint = sentence(refusal)
            mode = .question(question)
            return [.bell]
        }
        if draft.amendment != nil { drafts[pick.number]?.amendment = nil }
        mode = .browse
        notice = Notice(sentence(refusal), .critical)
        // Digits of the code that are still under way are no keys.
        refusedAt = now
        return [.bell, .load] + reopen()
    }

    private mutating func askAgain(_ asked: SignQuestion, _ complaint: String) {
        var question = asked
        question.isSent = false
        question.complaint = complaint
        question.at = question.parts.count - 1
        question.parts[question.at].field = Field()
        mode = .question(question)
    }

    /// What is open, as it may be shown again after a lock: without a code, and nothing that is under way.
    private var resumable: SignMode? {
        switch mode {
        case .browse, .search, .menu: return nil
        case .page, .lot, .amendment: return mode
        case .question(var question):
            if question.isSent { return nil }
            for place in question.parts.indices where question.parts[place].isSecret {
                question.parts[place].field = Field()
            }
            question.at = 0
            return .question(question)
        }
    }

    mutating func lock() -> [SignEffect] {
        if case .locked = link { return [] }
        link = .locked
        notice = nil
        awaited = nil
        sought = nil
        ahead = []
        befores = []
        digits = ""
        unanswered = nil
        interrupted = resumable
        mode = .question(
            SignQuestion(
                purpose: .unlock, title: [say(.lockedTitle, login)], parts: [.init(word: .secret, isSecret: true)]))
        return []
    }
}

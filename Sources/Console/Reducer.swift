package import Base
import Laboratory

extension Workbench {
    /// The only way in.
    package mutating func receive(_ event: Event, at instant: Instant) -> [Effect] {
        now = instant
        switch event {
        case .input(let input): return take(input)
        case .resized(let width, let height):
            face.width = max(width, 20)
            face.height = max(height, 8)
            keepInSight()
            return chartWanted()
        case .tick:
            changed = changed.filter { $0.value.duration(to: now) < Workbench.changeShown }
            return nextClash()
        case .who(let person, let login, let site, let permissions):
            house.person = person
            house.login = login
            house.site = site
            house.permissions = permissions
            return []
        case .loaded(let loaded): return take(loaded)
        case .totals(let totals):
            house.totals.take(totals)
            return []
        case .file(let sheet):
            let current = currentResult?.analysis
            house.files[sheet.number] = sheet
            stay(on: current)
            return []
        case .found(let sheet, let accession, let asked):
            return house.link == .locked || isGivenUp(asked) ? [] : show(sheet, accession) + replayAhead()
        case .notFound(let text):
            if isGivenUp(text) { return [] }
            face.notice = Notice(say(.notFound, text), .critical)
            giveUp()
            return [.bell]
        case .soughtGone(let text):
            if !isGivenUp(text) { giveUp() }
            return []
        case .chart(let key, let lines):
            house.charts[key] = lines
            return []
        case .why(let id, let sheet):
            house.whys[id] = sheet
            return []
        case .uncertainty(let key, let levels):
            house.uncertainties[key] = levels
            face.notice = Notice(uncertainty(key) ?? "", levels.isEmpty ? .held : .good)
            return []
        case .habits(let kept):
            habits = kept
            return []
        case .changed: return refreshAll()
        case .done(let id): return settle(id)
        case .refused(let id, let refusal): return refuse(id, refusal)
        case .failed(let refusal):
            face.wanted = nil
            face.notice = Notice(sentence(refusal), .critical)
            return []
        case .offline: return lost()
        case .online: return regained()
        case .locked: return ended()
        case .drafts(let kept):
            for draft in kept where !drafts.contains(where: { $0.place == draft.place }) { drafts.append(draft) }
            if !kept.isEmpty { face.notice = Notice(say(.draftsBack, String(kept.count)), .held) }
            return isReadOnly ? [] : replay()
        }
    }

    /// The answer about a tube that nobody waits for any more.
    private func isGivenUp(_ asked: String?) -> Bool { asked != nil && asked != sought }

    private mutating func lost() -> [Effect] {
        face.wanted = nil
        giveUp()
        switch house.link {
        case .offline, .locked: return []
        case .connecting, .online: house.link = .offline(since: now)
        }
        return [.bell]
    }
    private mutating func regained() -> [Effect] {
        // A locked screen opens with the secret, not with the line.
        if house.link == .online || house.link == .locked { return [] }
        house.link = .online
        return refreshAll() + replay()
    }

    func refreshAll() -> [Effect] {
        var effects: [Effect] = [.load(.worklist), .load(.status), .load(.quality), .load(.calls), .load(.requests)]
        effects += loadReflexes
        if face.list == .triage { effects.append(.load(.triage)) }
        if !house.loaded.contains(.comments) { effects.append(.load(.comments)) }
        if let request = currentRequest, house.files[request] != nil { effects.append(.open(request)) }
        return effects
    }

    /// An analysis added above it does not move the line of the cursor.
    private mutating func stay(on analysis: String?) {
        if let analysis, let place = results.firstIndex(where: { $0.analysis == analysis }) { face.result = place }
        keepInSight()
    }

    private mutating func take(_ loaded: Loaded) -> [Effect] {
        let first = house.loaded.insert(loaded.source).inserted
        switch loaded {
        case .worklist(let lines):
            let told = house.take(lines)
            if !first { for id in told { changed[id] = now } }
        case .status(let analyzers, let triageOpen, let awaiting):
            house.analyzers = analyzers
            house.triageOpen = triageOpen
            house.awaitingSignature = awaiting
        case .quality(let rows): house.quality = rows
        case .triage(let rows): house.triage = rows
        case .requests(let rows): house.requests = rows
        case .signature(let rows): house.toSign = rows
        case .calls(let rows): house.take(rows)
        case .comments(let texts): house.comments = texts
        case .reflexes(let rows): house.reflexes = rows
        }
        takeNews()
        if let wanted = face.wanted, loaded.source == face.list.source {
            face.wanted = nil
            layRows()
            return goTo(wanted)
        }
        return first && face.list.isOfTubes ? openCurrent() : []
    }

    // Deeds

    mutating func send(_ deed: Deed) -> [Effect] {
        guard !isReadOnly else {
            face.notice = Notice(say(.readOnly), .critical)
            return [.bell]
        }
        let id = nextDeed
        nextDeed += 1
        sent[id] = deed
        return [.send(id, deed)]
    }

    private mutating func settle(_ id: Int) -> [Effect] {
        guard let deed = sent.removeValue(forKey: id) else { return [] }
        if let question = asked.removeValue(forKey: id) { forms[question.purpose] = nil }
        var effects: [Effect] = []
        if let name = undoing.removeValue(forKey: id) {
            face.notice = Notice(say(.undone, name), .good)
            return after(deed, [])
        }
        if Workbench.isAct(deed), !isInBatch(id) { remember(.deeds([deed])) }
        switch deed {
        case .validate(_, let ids, _): validated(id, deed, ids.count, isDone: true)
        case .reject(_, let id, _):
            let what = house.lines.first { $0.id == id }.map { "\($0.analysis) \($0.valueAndUnit)" }
            face.notice = Notice(say(.rejectedDone, what ?? "", manner.name(.undo)), .good)
        case .choose:
            face.notice = Notice(say(.runChosen, manner.name(.undo)), .good)
        // Its cell asks for the second typing already.
        case .firstReading: return []
        case .enter(let request, let analysis, let value, _):
            drafts.removeAll { $0.place == request + "/" + analysis }
            // Written into a tube that is not on the screen: whose it is, is said.
            let what = request == currentRequest ? analysis : place(of: analysis, in: request)
            face.notice = Notice(say(.entered, what, value.shown, manner.name(.undo)), .good)
            effects.append(.keep(drafts))
        case .withdraw: break
        case .receive(let accession, let nonconformity):
            face.notice = Notice(say(nonconformity == nil ? .received : .nonconformKept, accession), .good)
            effects.append(.load(.requests))
            if let request = currentRequest { effects.append(.open(request)) }
        case .rerun(_, _, _, let accession, _): face.notice = Notice(say(.rerunAsked, accession), .good)
        case .rework: face.notice = Notice(words[.reworkNoted], .good)
        case .attach, .dismiss:
            face.notice = Notice(say(.triageDone), .good)
            effects.append(.load(.triage))
        case .comment: face.notice = Notice(say(.commentKept), .good)
        case .reflex(_, let rule, let accept, _):
            let adds = house.reflexes.first { $0.rule == rule }?.adds.joined(separator: ", ") ?? rule
            face.notice = Notice(say(accept ? .reflexAdded : .reflexRefused, adds), .good)
            effects += loadReflexes
        case .call:
            face.notice = Notice(say(.callKept), .good)
            effects.append(.load(.calls))
        case .unlock:
            house.link = .online
            face.mode = .browse
            effects += refreshAll() + replay()
        case .logout: return [.quit]
        }
        return after(deed, effects)
    }

    /// What was written is read anew.
    private func after(_ deed: Deed, _ effects: [Effect]) -> [Effect] {
        var effects = effects
        if let request = deed.request {
            effects.append(.open(request))
        } else if case .receive = deed, let request = currentRequest, !effects.contains(.open(request)) {
            effects.append(.open(request))
        }
        return effects + [.load(.worklist), .load(.status)]
    }

    private func isInBatch(_ id: Int) -> Bool { batches.contains { $0.waiting.contains(id) } }

    /// All that one key validated is told at once, and taken back at once.
    private mutating func validated(_ id: Int, _ deed: Deed, _ results: Int, isDone: Bool) {
        var (count, held) = (results, 0)
        if let place = batches.firstIndex(where: { $0.waiting.contains(id) }) {
            batches[place].waiting.remove(id)
            if isDone { batches[place].done.append(deed) } else { batches[place].held += results }
            guard batches[place].waiting.isEmpty else { return }
            let batch = batches.remove(at: place)
            guard !batch.done.isEmpty else { return }
            remember(.deeds(batch.done))
            count = 0
            for case .validate(_, let ids, _) in batch.done { count += ids.count }
            held = batch.held
        } else if !isDone {
            return
        }
        let left = held > 0 ? " ; " + say(.someHeld, String(held), manner.name(.why)) : ""
        face.notice = Notice(
            say(.validatedCount, String(count), manner.name(.undo)) + left, left.isEmpty ? .good : .held)
    }

    private mutating func refuse(_ id: Int, _ refusal: Refusal) -> [Effect] {
        guard let deed = sent.removeValue(forKey: id) else { return [] }
        undoing[id] = nil
        if let question = asked.removeValue(forKey: id) { keepForm(question) }
        if house.link == .locked { return refuseLocked(deed, refusal) }
        unread(deed, refusal)
        if refusal.code == "client.unreachable" {
            // What was typed waits here; the rest was not done, and is said so.
            face.notice = Notice(sentence(refusal), .critical)
            return receive(.offline, at: now)
        }
        if refusal.endsSession { return ended() }
        face.notice = Notice(sentence(refusal), .critical)
        if case .validate(_, let ids, _) = deed { validated(id, deed, ids.count, isDone: false) }
        // No analyzer does it by itself: a person does, and it is noted.
        if case .rerun(let request, let id, _, _, let reason) = deed,
            ["order.route", "order.nothing"].contains(refusal.code)
        {
            return send(.rework(request: request, id: id, diluted: false, reason: reason))
        }
        // Who types meanwhile is not asked anything: the next key would answer.
        var isFree = false
        if case .browse = face.mode { isFree = true }
        if isFree, let lastKey, lastKey.duration(to: now) < Workbench.typedAhead { refusedAt = now }
        switch deed {
        case .validate(let request, let ids, nil) where refusal.code == "tech.reason" && isFree:
            ask(
                Question(
                    purpose: .validate(request: request, ids: ids), title: sentence(refusal),
                    parts: [.init(.reason, choices: words.reasons)]))
        case .enter(let request, let analysis, let value, let seen) where refusal.code == "enter.changed":
            complain(of: request + "/" + analysis, refusal)
            clash(request, analysis, mine: value.shown, seen, refusal)
            return [.keep(drafts), .open(request), .load(.worklist), .bell] + (isFree ? openClash() : [])
        case .enter(let request, let analysis, _, _):
            complain(of: request + "/" + analysis, refusal)
            return [.keep(drafts), .bell]
        case .firstReading: return [.bell]
        case .validate, .reject, .choose, .withdraw, .receive, .rerun, .rework, .attach, .dismiss, .comment, .call,
            .reflex, .unlock, .logout:
            break
        }
        return [.bell, .load(.worklist)]
    }

    /// The server does not hold what was typed first: its cell has it again, with the words of the refusal.
    private mutating func unread(_ deed: Deed, _ refusal: Refusal) {
        guard case .firstReading(let request, let analysis, _) = deed, case .entry(var entry) = face.mode,
            entry.request == request, entry.analysis == analysis, let first = entry.first
        else { return }
        entry.field = Field(first)
        entry.first = nil
        entry.complaint = sentence(refusal)
        face.mode = .entry(entry)
    }

    /// Refused for what it is: it stays in its cell with the words of the refusal, nothing is lost.
    private mutating func complain(of place: String, _ refusal: Refusal) {
        for index in drafts.indices where drafts[index].place == place {
            drafts[index].isAccepted = false
            drafts[index].complaint = sentence(refusal)
        }
    }

    /// Behind a locked screen nothing is asked: the secret stays the only question.
    private mutating func refuseLocked(_ deed: Deed, _ refusal: Refusal) -> [Effect] {
        if case .unlock = deed, case .question(var question) = face.mode {
            question.complaint = sentence(refusal)
            question.parts[0].field = Field()
            face.mode = .question(question)
        }
        // What the server did not look at goes to it again after the secret.
        let isForLater = refusal.endsSession || ["enter.changed", "client.unreachable"].contains(refusal.code)
        if let place = deed.place, !isForLater { complain(of: place, refusal) }
        return [.keep(drafts), .bell]
    }

    /// Somebody else wrote the cell since it was read: both values stay, the person says which one counts.
    private mutating func clash(
        _ request: String, _ analysis: String, mine: String, _ seen: String, _ refusal: Refusal
    ) {
        let before = house.files[request]?.lines.first { $0.id == seen } ?? house.lines.first { $0.id == seen }
        clashes.append(
            Conflict(
                request: request, analysis: analysis, mine: mine, words: sentence(refusal),
                before: before?.value ?? ""))
    }

    /// The next one is asked when nobody types.
    mutating func nextClash() -> [Effect] {
        if let lastKey, lastKey.duration(to: now) < Workbench.typedAhead { return [] }
        return openClash()
    }
    /// One after the other; one whose value is no longer typed is settled.
    mutating func openClash() -> [Effect] {
        guard case .browse = face.mode, sought == nil, house.link == .online else { return [] }
        while !clashes.isEmpty {
            let clash = clashes.removeFirst()
            guard drafts.contains(where: { $0.place == clash.request + "/" + clash.analysis }) else { continue }
            face.mode = .conflict(clash)
            return [.open(clash.request)]
        }
        return []
    }

    /// What waits in the drafts goes to the server, one by one, each with the version that it was typed over.
    mutating func replay() -> [Effect] {
        let flying = Set(sent.values.compactMap(\.place))
        var effects: [Effect] = []
        for draft in drafts where draft.isAccepted && !flying.contains(draft.place) { effects += commit(draft) }
        return effects
    }

    /// The session ended under the hand that types: the keys on their way are no secret.
    private mutating func ended() -> [Effect] {
        let isTyping = lastKey.map { $0.duration(to: now) < Workbench.typedAhead } ?? false
        let effects = lock()
        if isTyping, !effects.isEmpty { refusedAt = now }
        return effects
    }

    mutating func lock() -> [Effect] {
        if case .locked = house.link { return [] }
        house.link = .locked
        sought = nil
        ahead = []
        unanswered = nil
        keepEntryAsDraft()
        if case .question(let question) = face.mode { keepForm(question) }
        face.mode = .question(
            Question(
                purpose: .unlock, title: say(.lockedTitle, house.login), parts: [.init(.secret, secret: true)]))
        return [.keep(drafts)]
    }

    /// The cell being typed becomes a draft, so that nothing that happens to the screen loses it.
    mutating func keepEntryAsDraft() {
        guard case .entry(let entry) = face.mode, !entry.field.text.isEmpty || entry.first != nil else { return }
        keep(entry, accepted: false)
    }

    mutating func keep(_ entry: CellEntry, accepted: Bool) {
        let place = entry.request + "/" + entry.analysis
        // Between the two times that a value is typed, the first one is kept.
        let text = entry.field.text.isEmpty ? entry.first ?? "" : entry.field.text
        // What stands there already is no draft.
        guard !text.isEmpty, text != entry.seenValue else {
            drafts.removeAll { $0.place == place }
            return
        }
        keep(
            Draft(
                request: entry.request, analysis: entry.analysis, text: text, seen: entry.seen, at: now,
                isAccepted: accepted))
    }

    mutating func keep(_ draft: Draft) {
        drafts.removeAll { $0.place == draft.place }
        drafts.append(draft)
    }

    mutating func ask(_ question: Question) {
        let (question, said) = found(question)
        face.mode = .question(question)
        if !said.isEmpty { face.notice = Notice(say(.formFound, said.joined(separator: ", ")), .held) }
    }
}

extension Deed {
    package var request: String? {
        switch self {
        case .validate(let request, _, _), .reject(let request, _, _), .withdraw(let request, _),
            .choose(let request, _, _, _, _), .comment(let request, _, _), .reflex(let request, _, _, _),
            .enter(let request, _, _, _),
            .firstReading(let request, _, _), .rework(let request, _, _, _), .rerun(let request, _, _, _, _):
            request
        case .receive, .attach, .dismiss, .call, .unlock, .logout: nil
        }
    }
    var place: String? {
        switch self {
        case .enter(let request, let analysis, _, _): request + "/" + analysis
        case .validate, .reject, .choose, .withdraw, .receive, .rerun, .rework, .attach, .dismiss, .comment, .call,
            .reflex, .firstReading, .unlock, .logout:
            nil
        }
    }
}

extension Refusal {
    /// The server does not know the session any more: the secret is asked again.
    package var endsSession: Bool { code == "auth.token" || code == "auth.expired" }
}

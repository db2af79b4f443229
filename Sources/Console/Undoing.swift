import Base
import Laboratory

/// What a person did here, so that `z` takes back the last of it, and nothing else.
package enum Done: Sendable, Hashable {
    /// Sent together: one key, one act.
    case deeds([Deed])
    /// A draft that was left in its cell.
    case draft(place: String)
}

/// Deeds of one key, while the server answers.
struct Batch: Sendable, Equatable {
    var waiting: Set<Int>
    var done: [Deed] = []
    /// Results that were left, since something holds them.
    var held: Int
}

extension Workbench {
    static let actsRemembered = 50

    mutating func remember(_ act: Done) {
        if case .draft = act { done.removeAll { $0 == act } }
        done.append(act)
        if done.count > Workbench.actsRemembered { done.removeFirst() }
    }

    /// The last thing done here, that no signature holds yet. What cannot be taken back is said, and what would come
    /// next is named: nothing is undone that the person does not read.
    mutating func undo() -> [Effect] {
        guard let last = done.last else { return refuseHere(.nothingToUndo) }
        switch last {
        case .draft(let place):
            done.removeLast()
            guard let draft = drafts.first(where: { $0.place == place && !$0.isAccepted }) else { return undo() }
            drafts.removeAll { $0.place == place }
            face.notice = Notice(
                say(.draftDropped, "\(draft.analysis) \(draft.text), \(patient(of: draft.request))"), .plain)
            return [.keep(drafts)]
        case .deeds(let deeds):
            guard !isReadOnly else { return refuseHere(.readOnly) }
            done.removeLast()
            let name = deeds.count == 1 ? self.name(of: deeds[0]) : say(.actSeveral, String(deeds.count))
            let reverse = deeds.map { self.reverse(of: $0) }
            guard reverse.allSatisfy({ $0 != nil }) else {
                var text = say(.cannotUndo, name)
                if case .enter = deeds[0] { text += " ; " + words[.tooLateToUndo] }
                if case .deeds(let before)? = done.last, let next = before.first {
                    text += " ; " + say(.undoNext, manner.name(.undo), self.name(of: next))
                }
                face.notice = Notice(text, .held)
                return [.bell]
            }
            var effects: [Effect] = []
            for deed in reverse.compactMap(\.self).joined() {
                effects += send(deed)
                undoing[nextDeed - 1] = name
            }
            return effects
        }
    }

    /// What takes a deed back; nil when nothing does.
    private func reverse(of deed: Deed) -> [Deed]? {
        switch deed {
        case .validate(let request, let ids, _): return [.withdraw(request: request, ids: ids)]
        case .reject(let request, let id, _): return [.withdraw(request: request, ids: [id])]
        case .choose(let request, let keep, let isBack, let aside, _):
            return (aside.isEmpty ? [] : [.withdraw(request: request, ids: aside)])
                + (isBack ? [.reject(request: request, id: keep, reason: say(.undoReason))] : [])
        case .enter(let request, let analysis, _, _):
            guard let line = house.files[request]?.standing(analysis), line.state == .waiting,
                line.author == house.login
            else { return nil }
            return [.reject(request: request, id: line.id, reason: say(.undoReason))]
        case .receive(let tube, .some):
            return nonconformBefore.contains(tube) ? nil : [.receive(accession: tube, nonconformity: "")]
        case .receive, .withdraw, .rerun, .rework, .attach, .dismiss, .comment, .call, .reflex, .firstReading,
            .unlock, .logout:
            return nil
        }
    }

    private func patient(of request: String) -> String {
        let name = house.files[request]?.patient ?? house.waiting(in: request).first?.patient ?? ""
        return name.isEmpty ? request : name
    }
    private func result(_ id: String, of request: String) -> String {
        let line = house.files[request]?.lines.first { $0.id == id } ?? house.waiting(in: request).first { $0.id == id }
        return [line?.analysis ?? "", patient(of: request)].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// `validation de K, MARTIN Léa`
    func name(of deed: Deed) -> String {
        switch deed {
        case .validate(let request, let ids, _):
            ids.count == 1
                ? say(.actValidate, result(ids[0], of: request))
                : say(.actValidate, "\(ids.count), \(patient(of: request))")
        case .reject(let request, let id, _): say(.actReject, result(id, of: request))
        case .choose(let request, let keep, _, _, _): say(.actChoose, result(keep, of: request))
        case .enter(let request, let analysis, let value, _):
            say(.actEnter, "\(analysis) \(value.shown), \(patient(of: request))")
        case .firstReading(let request, let analysis, _): say(.actEnter, "\(analysis), \(patient(of: request))")
        case .withdraw(let request, let ids): say(.actValidate, result(ids.first ?? "", of: request))
        case .receive(let tube, let reason): say(reason == nil ? .actReceive : .actNonconform, tube)
        case .rerun(_, _, _, let tube, _): say(.actRerun, tube)
        case .rework(let request, let id, _, _): say(.actRework, result(id, of: request))
        case .attach(_, let tube, _): say(.actAttach, tube)
        case .dismiss: words[.actDismiss]
        case .comment(let request, let id, let code): say(.actComment, code, result(id, of: request))
        case .call(let id, let person, _, _, _, _, _):
            say(.actCall, house.lines.first { $0.id == id }?.analysis ?? "", person)
        case .reflex(let request, let rule, _, _): say(.actReflex, rule, patient(of: request))
        case .unlock, .logout: ""
        }
    }

    /// Whether it stays in the memory of ``undo()``.
    static func isAct(_ deed: Deed) -> Bool {
        switch deed {
        case .validate, .reject, .choose, .enter, .receive, .rerun, .rework, .attach, .dismiss, .comment, .call,
            .reflex:
            true
        case .withdraw, .firstReading, .unlock, .logout: false
        }
    }
}

/// Forms that were left: what was typed into them is there again when the same one is opened.
extension Workbench {
    static func isKept(_ purpose: Question.Purpose) -> Bool {
        switch purpose {
        case .call, .reflex, .attach, .dismiss: true
        case .validate, .replace, .reject, .chooseRun, .nonconform, .rerun, .comment, .unlock: false
        }
    }

    mutating func keepForm(_ question: Question) {
        guard Workbench.isKept(question.purpose),
            question.parts.contains(where: { $0.expected == nil && !$0.field.text.isEmpty })
        else { return }
        forms[question.purpose] = question
    }

    /// The form with what it held; digits of the tube are typed anew.
    func found(_ asked: Question) -> (question: Question, said: [String]) {
        guard let kept = forms[asked.purpose], kept.parts.count == asked.parts.count else { return (asked, []) }
        var question = asked
        var said: [String] = []
        for place in question.parts.indices where question.parts[place].expected == nil {
            let text = kept.parts[place].field.text
            guard !text.isEmpty else { continue }
            question.parts[place].field = Field(text)
            said.append(text)
        }
        question.at = question.parts.firstIndex { $0.field.text.isEmpty } ?? question.parts.count - 1
        return (question, said)
    }
}

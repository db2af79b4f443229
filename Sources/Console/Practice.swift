package import Base
import Laboratory

/// The lesson (`:tutoriel`): the real screens on a laboratory in memory, with a coach under them that waits until each
/// thing was done. Nothing typed here reaches the server or a draft.
package struct Practice: Sendable, Equatable {
    package private(set) var bench: Workbench
    private(set) var laboratory: PracticeLaboratory
    /// Place in ``Practice/steps``.
    package private(set) var step = 0
    package private(set) var isOver = false
    package private(set) var mistakes = 0
    private let began: Instant
    private var deedsBefore = 0
    private var soughtBefore = 0

    static let coachRows = 3
    static let login = "école"

    /// What the coach asks for, in order; the last one only says goodbye.
    package static let steps: [Word] = [
        .lessonMove, .lessonOpen, .lessonValidate, .lessonUndo, .lessonWhy, .lessonReason, .lessonCall, .lessonEnter,
        .lessonTube, .lessonNonconform, .lessonScan, .lessonMenu, .lessonHelp, .lessonEnd,
    ]

    package init(_ manner: Manner, width: Int, height: Int, at now: Instant) {
        bench = Workbench(manner: manner, at: now)
        laboratory = PracticeLaboratory(at: now, login: Practice.login)
        began = now
        _ = receive(.resized(width: width, height: height), at: now)
        _ = receive(
            .who(
                person: bench.words[.lesson], login: Practice.login, site: bench.words[.lessonSite],
                Role.technician.permissions), at: now)
        _ = receive(.online, at: now)
    }

    /// True: the bell rings.
    @discardableResult
    package mutating func receive(_ event: Event, at now: Instant) -> Bool {
        switch event {
        case .resized(let width, let height):
            return work([.resized(width: width, height: max(8, height - Practice.coachRows))], at: now)
        case .input(.key(.control("n"))) where step < Practice.steps.count - 1:
            advance()
            return false
        case .input, .tick, .who, .loaded, .file, .found, .notFound, .chart, .why, .habits, .changed, .done, .refused,
            .failed, .offline, .online, .locked, .drafts:
            return work([event], at: now)
        }
    }

    private mutating func work(_ first: [Event], at now: Instant) -> Bool {
        var events = first
        var rings = false
        while !events.isEmpty {
            for effect in bench.receive(events.removeFirst(), at: now) {
                switch effect {
                case .bell: rings = true
                case .quit: isOver = true
                case .practise: self = Practice(bench.manner, width: width, height: height, at: now)
                case .load, .open, .find, .chart, .send, .keep, .why, .habits:
                    events += laboratory.answer(effect, at: now)
                }
            }
        }
        if rings { mistakes += 1 }
        while step < Practice.steps.count - 1, isDone(Practice.steps[step]) { advance() }
        return rings
    }

    private var width: Int { bench.face.width }
    private var height: Int { bench.face.height + Practice.coachRows }

    private mutating func advance() {
        step += 1
        deedsBefore = laboratory.deeds.count
        soughtBefore = laboratory.sought.count
    }

    private func isDone(_ step: Word) -> Bool {
        let deeds = laboratory.deeds.dropFirst(deedsBefore)
        let mode = bench.face.mode
        return switch step {
        case .lessonMove: bench.face.cursor > 0
        case .lessonOpen: bench.face.pane == 3
        case .lessonValidate, .lessonTube:
            deeds.contains { if case .validate = $0 { true } else { false } }
        case .lessonUndo:
            deeds.contains {
                switch $0 {
                case .withdraw, .reject: true
                case .validate, .choose, .enter, .receive, .rerun, .attach, .dismiss, .comment, .call, .unlock, .logout:
                    false
                }
            }
        case .lessonWhy: if case .why = mode { true } else { false }
        case .lessonReason:
            deeds.contains { if case .validate(_, _, .some) = $0 { true } else { false } }
        case .lessonCall: deeds.contains { if case .call = $0 { true } else { false } }
        case .lessonEnter: deeds.contains { if case .enter = $0 { true } else { false } }
        case .lessonNonconform:
            deeds.contains { if case .receive(_, nonconformity: .some) = $0 { true } else { false } }
        case .lessonScan: laboratory.sought.dropFirst(soughtBefore).contains(PracticeLaboratory.announced)
        case .lessonMenu: if case .menu = mode { true } else { false }
        case .lessonHelp: if case .help = mode { true } else { false }
        case _: false
        }
    }

    /// The screen with the coach under it.
    package func draw() -> Screen {
        var screen = Screen(width: width, height: height)
        screen.lay(bench.draw())
        let top = bench.face.height
        let texts = bench.words
        let count = Practice.steps.count - 1
        let title = " " + texts.say(.lessonStep, [String(min(step + 1, count)), String(count)])
        screen.put(bench.fit(title, width), top, 0, Style(.title, bold: true, reverse: true))
        for (offset, line) in CellWidth.fold(bench.mark(coach), width - 2).prefix(Practice.coachRows - 1).enumerated() {
            screen.put(line, top + 1 + offset, 1, Style(.plain, bold: true))
        }
        return screen
    }

    /// What to do now, with the keys of this person's keymap.
    package var coach: String {
        let word = Practice.steps[step]
        let manner = bench.manner
        let texts = bench.words
        switch word {
        case .lessonEnd:
            let seconds = Int(began.milliseconds.distance(to: bench.now.milliseconds) / 1000)
            return texts.say(word, [String(seconds / 60), String(seconds % 60), String(mistakes)])
        case .lessonScan: return texts.say(word, [PracticeLaboratory.announced])
        case _:
            return Practice.keys[word].map { texts.say(word, [manner.name($0)]) } ?? texts[word]
        }
    }

    private static let keys: [Word: Action] = [
        .lessonMove: .down, .lessonOpen: .open, .lessonValidate: .validate, .lessonUndo: .undo, .lessonWhy: .why,
        .lessonReason: .validate, .lessonCall: .call, .lessonEnter: .enter, .lessonTube: .validateTube,
        .lessonNonconform: .nonconformity, .lessonMenu: .menu, .lessonHelp: .help,
    ]
}

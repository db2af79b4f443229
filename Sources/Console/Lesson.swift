import Base
import Laboratory

/// How far a lesson is: a laboratory in memory, what is asked for, what was refused. A front (the screen, the lines)
/// shows it.
struct Lesson: Sendable, Equatable {
    var laboratory: PracticeLaboratory
    /// Place in ``Lesson/steps``.
    private(set) var step = 0
    var mistakes = 0
    private let began: Instant
    private var deedsBefore = 0
    private var soughtBefore = 0

    static let login = "école"

    /// What the coach asks for, in order; the last one only says goodbye.
    static let steps: [Word] = [
        .lessonMove, .lessonOpen, .lessonValidate, .lessonUndo, .lessonWhy, .lessonReason, .lessonCall, .lessonEnter,
        .lessonTube, .lessonNonconform, .lessonScan, .lessonMenu, .lessonHelp, .lessonEnd,
    ]

    init(at now: Instant) {
        laboratory = PracticeLaboratory(at: now, login: Lesson.login)
        began = now
    }

    var word: Word { Lesson.steps[step] }
    var isAtEnd: Bool { step == Lesson.steps.count - 1 }
    /// `1`…, and of how many.
    var place: [String] { [String(min(step + 1, Lesson.steps.count - 1)), String(Lesson.steps.count - 1)] }

    /// Who is here, before anything was loaded.
    static func arrival(_ words: Texts) -> [Event] {
        [
            .who(
                person: words[.lesson], login: login, site: words[.lessonSite], Role.technician.permissions), .online,
        ]
    }

    mutating func advance() {
        step += 1
        deedsBefore = laboratory.deeds.count
        soughtBefore = laboratory.sought.count
    }

    /// Goes on as long as what is asked for was done; `seen` says it of what changes nothing in the laboratory.
    mutating func goOn(_ seen: (Word) -> Bool) { while !isAtEnd, isDone(seen) { advance() } }

    private func isDone(_ seen: (Word) -> Bool) -> Bool {
        let deeds = laboratory.deeds.dropFirst(deedsBefore)
        return switch word {
        case .lessonValidate, .lessonTube:
            deeds.contains { if case .validate = $0 { true } else { false } }
        case .lessonUndo:
            deeds.contains {
                switch $0 {
                case .withdraw, .reject: true
                case .validate, .choose, .enter, .receive, .rerun, .rework, .attach, .dismiss, .comment, .call,
                    .reflex, .firstReading, .unlock, .logout:
                    false
                }
            }
        case .lessonReason:
            deeds.contains { if case .validate(_, _, .some) = $0 { true } else { false } }
        case .lessonCall: deeds.contains { if case .call = $0 { true } else { false } }
        case .lessonEnter: deeds.contains { if case .enter = $0 { true } else { false } }
        case .lessonNonconform:
            deeds.contains { if case .receive(_, nonconformity: .some) = $0 { true } else { false } }
        case .lessonScan: laboratory.sought.dropFirst(soughtBefore).contains(PracticeLaboratory.announced)
        case _: seen(word)
        }
    }

    /// The sentence of a step, with the names of keys (or their stand-ins).
    func coach(_ words: Texts, _ word: Word, at now: Instant, _ name: (Action) -> String) -> String {
        switch self.word {
        case .lessonEnd:
            let seconds = Int(began.milliseconds.distance(to: now.milliseconds) / 1000)
            return words.say(word, [String(seconds / 60), String(seconds % 60), String(mistakes)])
        case .lessonScan: return words.say(word, [PracticeLaboratory.announced])
        case _:
            return Lesson.keys[self.word].map { words.say(word, [name($0), name(.next)]) } ?? words[word]
        }
    }

    private static let keys: [Word: Action] = [
        .lessonMove: .down, .lessonOpen: .open, .lessonValidate: .validate, .lessonUndo: .undo, .lessonWhy: .why,
        .lessonReason: .validate, .lessonCall: .call, .lessonEnter: .enter, .lessonTube: .validateTube,
        .lessonNonconform: .nonconformity, .lessonMenu: .menu, .lessonHelp: .help,
    ]
}

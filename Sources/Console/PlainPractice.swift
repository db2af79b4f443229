package import Base
import Laboratory

/// The lesson line by line (`:tutoriel` in `--plain`): the same laboratory in memory, and a coach that says what to
/// type next. Nothing of it reaches the server or a draft.
package struct PlainPractice: Sendable {
    private var plain: Plain
    private var lesson: Lesson
    package private(set) var isOver = false

    package init(_ manner: Manner, at now: Instant) {
        plain = Plain(manner: manner, at: now)
        lesson = Lesson(at: now)
        for event in Lesson.arrival(plain.bench.words) { _ = work(plain.receive(event, at: now), at: now) }
    }

    private var words: Texts { plain.bench.words }
    package var prompt: String { plain.prompt }
    package var wantsSecret: Bool { plain.wantsSecret }
    /// What is said first.
    package var greeting: [String] {
        plain.greeting + [mark(words.say(.plainLessonBegin, [words[.plainLessonSkip]])), coach]
    }
    private func mark(_ text: String) -> String { plain.bench.mark(text) }

    /// What is said to a line; the bell rings for what was refused.
    package mutating func typed(_ line: String, at now: Instant) -> (lines: [String], rings: Bool) {
        let before = lesson.step
        if line.trimmed == words[.plainLessonSkip] {
            if !lesson.isAtEnd { lesson.advance() }
            return ([coach], false)
        }
        let answer = plain.typed(line, at: now)
        var (lines, rings) = work(answer, at: now)
        if rings { lesson.mistakes += 1 }
        let (last, cursor) = (plain.last, plain.bench.face.cursor)
        lesson.goOn { word in
            switch word {
            case .lessonMove: cursor > 0
            case .lessonOpen: last == .open
            case .lessonWhy: last == .why
            case .lessonMenu: last == .menu
            case .lessonHelp: last == .help
            case _: false
            }
        }
        // An empty line reads all again, and what is asked for.
        if !isOver, lesson.step != before || line.trimmed.isEmpty { lines.append(coach) }
        return (lines, rings)
    }

    private mutating func work(_ first: Plain.Answer, at now: Instant) -> (lines: [String], rings: Bool) {
        var lines = first.lines
        var effects = first.effects
        var rings = false
        while !effects.isEmpty {
            let effect = effects.removeFirst()
            switch effect {
            case .bell: rings = true
            case .quit: isOver = true
            case .practise:
                self = PlainPractice(plain.bench.manner, at: now)
                return (greeting, rings)
            case .load, .open, .find, .chart, .send, .keep, .why, .uncertainty, .habits:
                for event in lesson.laboratory.answer(effect, at: now) {
                    let next = plain.receive(event, at: now)
                    lines += next.lines
                    effects += next.effects
                }
            }
        }
        return (lines, rings)
    }

    /// `LEÇON 2/13 : …`, with what is typed: a key of one letter, else the name of its action.
    package var coach: String {
        let manner = plain.bench.manner
        let said = lesson.coach(words, PlainPractice.words[lesson.word] ?? lesson.word, at: plain.bench.now) { action in
            switch action {
            case .down: words[.plainRows]
            case _: manner.names(action).first { $0.count == 1 } ?? action.name(in: manner.language)
            }
        }
        return mark(words.say(.plainLessonStep, lesson.place + [said]))
    }

    private static let words: [Word: Word] = [
        .lessonMove: .plainLessonMove, .lessonOpen: .plainLessonOpen, .lessonValidate: .plainLessonValidate,
        .lessonWhy: .plainLessonWhy, .lessonReason: .plainLessonReason, .lessonCall: .plainLessonCall,
        .lessonEnter: .plainLessonEnter, .lessonTube: .plainLessonTube, .lessonHelp: .plainLessonHelp,
        .lessonEnd: .plainLessonEnd,
    ]
}

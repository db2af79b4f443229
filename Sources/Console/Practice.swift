package import Base
import Laboratory

/// The lesson (`:tutoriel`): the real screens on a laboratory in memory, with a coach under them that waits until each
/// thing was done. Nothing typed here reaches the server or a draft.
package struct Practice: Sendable, Equatable {
    package private(set) var bench: Workbench
    private var lesson: Lesson
    package private(set) var isOver = false

    static let coachRows = 3
    package static var steps: [Word] { Lesson.steps }
    package var step: Int { lesson.step }
    package var mistakes: Int { lesson.mistakes }

    package init(_ manner: Manner, width: Int, height: Int, at now: Instant) {
        bench = Workbench(manner: manner, at: now)
        lesson = Lesson(at: now)
        _ = receive(.resized(width: width, height: height), at: now)
        for event in Lesson.arrival(bench.words) { receive(event, at: now) }
    }

    /// True: the bell rings.
    @discardableResult
    package mutating func receive(_ event: Event, at now: Instant) -> Bool {
        switch event {
        case .resized(let width, let height):
            return work([.resized(width: width, height: max(8, height - Practice.coachRows))], at: now)
        case .input(.key(.control("n"))) where !lesson.isAtEnd:
            lesson.advance()
            return false
        case .input, .tick, .who, .loaded, .totals, .uncertainty, .file, .found, .notFound, .soughtGone, .chart,
            .why, .habits,
            .changed, .done,
            .refused,
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
                case .load, .open, .find, .chart, .send, .keep, .why, .uncertainty, .habits:
                    events += lesson.laboratory.answer(effect, at: now)
                }
            }
        }
        if rings { lesson.mistakes += 1 }
        let face = bench.face
        lesson.goOn { word in
            switch word {
            case .lessonMove: face.cursor > 0
            case .lessonOpen: face.pane == 3
            case .lessonWhy: if case .why = face.mode { true } else { false }
            case .lessonMenu: if case .menu = face.mode { true } else { false }
            case .lessonHelp: if case .help = face.mode { true } else { false }
            case _: false
            }
        }
        return rings
    }

    private var width: Int { bench.face.width }
    private var height: Int { bench.face.height + Practice.coachRows }

    /// The screen with the coach under it.
    package func draw() -> Screen {
        var screen = Screen(width: width, height: height)
        screen.lay(bench.draw())
        let top = bench.face.height
        let title = " " + bench.words.say(.lessonStep, lesson.place)
        screen.put(bench.fit(title, width), top, 0, Style(.title, bold: true, reverse: true))
        for (offset, line) in CellWidth.fold(bench.mark(coach), width - 2).prefix(Practice.coachRows - 1).enumerated() {
            screen.put(line, top + 1 + offset, 1, Style(.plain, bold: true))
        }
        return screen
    }

    /// What to do now, with the keys of this person's keymap.
    package var coach: String {
        lesson.coach(bench.words, lesson.word, at: bench.now) { bench.manner.name($0) }
    }
}

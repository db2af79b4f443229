package import Base
import Console
import Foundation
import Glibc

/// `--plain`: a line in, lines out. The next line is read when the answers of the server to the last one are there, so
/// that a script and a person hear the same; what happens by itself is said when it happens.
package enum PlainSession {
    private enum Sign: Sendable {
        /// With the instant at which it was read.
        case line(String, ContinuousClock.Instant)
        case news
        case end
    }

    package static func run(_ settings: TerminalSession.Settings) async throws(Refusal) {
        let (stream, out) = AsyncStream.makeStream(of: Sign.self)
        let mailbox = Mailbox<Event>(wake: { out.yield(.news) })
        let errands = Errands(
            client: settings.client, tokens: settings.tokens, address: settings.address, login: settings.login,
            zone: settings.manner.zone, pause: .zero, now: TerminalSession.now, tell: { mailbox.put($0) })
        try await errands.begin()
        var desk = PlainDesk(plain: Plain(manner: settings.manner, at: TerminalSession.now()), errands: errands)
        // What was loaded is said in order, not as it came.
        _ = await desk.settle([], mailbox, isSilent: true)
        desk.say(desk.plain.greeting)
        desk.ask()
        let reader = Thread {
            while let line = readLine(strippingNewline: true) { out.yield(.line(line, .now)) }
            out.yield(.end)
        }
        reader.name = "lines"
        reader.start()
        let watching = Task { await errands.watch() }
        defer {
            watching.cancel()
            Echo.isOn(true)
        }
        for await sign in stream {
            switch sign {
            case .line(let text, _) where desk.isLearning:
                desk.study(text)
                desk.ask()
            case .line(let text, let at) where desk.isAhead(at): desk.say([desk.plain.dropped(text)])
            case .line(let text, _):
                let answer = desk.plain.typed(text, at: TerminalSession.now())
                desk.say(answer.lines)
                if await desk.settle(answer.effects, mailbox) { return await errands.keep(desk.plain.bench.drafts) }
                desk.ask()
            case .news:
                let said = desk.said
                if await desk.settle([], mailbox, isSilent: desk.isLearning) {
                    return await errands.keep(desk.plain.bench.drafts)
                }
                if desk.said > said { desk.ask() }
            case .end: return await errands.keep(desk.plain.bench.drafts)
            }
        }
    }
}

/// What was said, and what is asked of the server for it.
private struct PlainDesk {
    var plain: Plain
    let errands: Errands
    private(set) var said = 0
    private var lesson: PlainPractice?
    var isLearning: Bool { lesson != nil }
    /// When something was refused last: lines read before that, and those of a pipe that follow at once, were meant
    /// for what it refused.
    private var refusedAt: ContinuousClock.Instant?
    private var refusals = 0
    /// Somebody types line by line: what was read later was typed after the words of the refusal.
    private let slack: Duration = isatty(STDIN_FILENO) == 1 ? .zero : Workbench.typedAhead

    init(plain: Plain, errands: Errands) {
        self.plain = plain
        self.errands = errands
    }

    /// A line that was typed ahead of a refusal is not done.
    mutating func isAhead(_ at: ContinuousClock.Instant) -> Bool {
        guard let refusedAt, at <= refusedAt + slack else { return false }
        if slack > .zero { self.refusedAt = max(refusedAt, at) }
        return true
    }

    /// Runs these effects and all that follow from them. True: the person leaves.
    mutating func settle(
        _ first: [Effect], _ mailbox: Mailbox<Event>, isSilent: Bool = false
    ) async -> Bool {
        var effects = first
        while true {
            for effect in effects {
                switch effect {
                case .quit: return true
                case .bell: ring()
                case .practise:
                    let begun = PlainPractice(plain.bench.manner, at: TerminalSession.now())
                    lesson = begun
                    say(begun.greeting)
                case .load, .open, .find, .chart, .send, .keep, .why, .uncertainty, .habits:
                    await errands.run(effect)
                }
            }
            effects = []
            let events = mailbox.take()
            if events.isEmpty { return false }
            for event in events {
                let answer = plain.receive(event, at: TerminalSession.now())
                if !isSilent { say(answer.lines) }
                effects += answer.effects
            }
        }
    }

    /// A line of the lesson: it stays there, and the laboratory goes on behind it.
    mutating func study(_ line: String) {
        guard var lesson else { return }
        let answer = lesson.typed(line, at: TerminalSession.now())
        if answer.rings { ring() }
        say(answer.lines)
        self.lesson = lesson.isOver ? nil : lesson
        if lesson.isOver { say(plain.greeting) }
    }

    private func ring() { PlainDesk.write(isatty(STDOUT_FILENO) == 1 ? "\u{7}" : "") }

    mutating func say(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        said += lines.count
        PlainDesk.write(lines.joined(separator: "\n") + "\n")
        if plain.refusals > refusals {
            refusals = plain.refusals
            refusedAt = .now
        }
    }

    func ask() {
        Echo.isOn(!(lesson?.wantsSecret ?? plain.wantsSecret))
        PlainDesk.write(lesson?.prompt ?? plain.prompt)
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Whether what is typed is seen.
private enum Echo {
    static func isOn(_ on: Bool) {
        guard isatty(STDIN_FILENO) == 1 else { return }
        var now = termios()
        guard tcgetattr(STDIN_FILENO, &now) == 0 else { return }
        if on { now.c_lflag |= tcflag_t(ECHO) } else { now.c_lflag &= ~tcflag_t(ECHO) }
        tcsetattr(STDIN_FILENO, TCSANOW, &now)
    }
}

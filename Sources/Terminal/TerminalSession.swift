package import Base
package import Client
package import Console
import Foundation

/// The one place where keys, news and time meet the reducer, and its screens the terminal.
package enum TerminalSession {
    package struct Settings: Sendable {
        package var client: LaboratoryClient
        package var address: ServerAddress
        package var tokens: TokenFile
        package var login: String
        package var manner: Manner
        package var mouse: Bool
        package init(
            client: LaboratoryClient, address: ServerAddress, tokens: TokenFile, login: String, manner: Manner,
            mouse: Bool = false
        ) {
            self.client = client
            self.address = address
            self.tokens = tokens
            self.login = login
            self.manner = manner
            self.mouse = mouse
        }
    }

    @Sendable static func now() -> Instant {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// Until the person leaves. Refuses when the server does not know the session, before the screen is taken.
    package static func run(_ settings: Settings) async throws(Refusal) {
        let (stream, out) = AsyncStream.makeStream(of: Keyboard.Sign?.self)
        let mailbox = Mailbox<Event>(wake: { out.yield(nil) })
        let errands = Errands(
            client: settings.client, tokens: settings.tokens, address: settings.address, login: settings.login,
            zone: settings.manner.zone, now: now, tell: { mailbox.put($0) })
        try await errands.begin()
        var display = try Display.taken(mouse: settings.mouse, otherwise: "travailler ligne par ligne : --plain")
        var bench = Workbench(manner: settings.manner, at: now())
        if let size = Display.size { _ = bench.receive(.resized(width: size.width, height: size.height), at: now()) }
        Keyboard.read(now: now) { out.yield($0) }
        let watching = Task { await errands.watch() }
        // Drafts are kept in the order of the keys, the newest only.
        let (toKeep, keep) = AsyncStream.makeStream(of: [Draft].self, bufferingPolicy: .bufferingNewest(1))
        let keeping = Task { for await drafts in toKeep { await errands.keep(drafts) } }
        defer { watching.cancel() }
        var lesson: Practice?
        var isLearning = false
        display.show(bench.draw(), bench.manner.theme)
        for await sign in stream {
            var events = mailbox.take()
            var own: Event?
            switch sign {
            case .input(let input): own = .input(input)
            case .resized(let width, let height): own = .resized(width: width, height: height)
            case .tick: own = .tick
            case .end:
                keep.finish()
                await keeping.value
                return await errands.keep(bench.drafts)
            case nil: if events.isEmpty { continue }
            }
            if let own {
                // What is typed in the lesson stays there; the laboratory goes on behind it.
                if lesson?.receive(own, at: now()) == true { display.bell() }
                if lesson?.isOver == true { lesson = nil }
                switch own {
                case .input where isLearning: break
                case _: events.append(own)
                }
                isLearning = lesson != nil
            }
            for event in events {
                for effect in bench.receive(event, at: now()) {
                    switch effect {
                    case .quit:
                        keep.finish()
                        await keeping.value
                        return await errands.keep(bench.drafts)
                    case .bell: display.bell()
                    case .keep(let drafts): keep.yield(drafts)
                    case .practise:
                        lesson = Practice(bench.manner, width: bench.face.width, height: bench.face.height, at: now())
                        isLearning = true
                    case .load, .open, .find, .chart, .send, .why, .uncertainty, .habits:
                        Task { await errands.run(effect) }
                    }
                }
            }
            let screen = lesson?.draw() ?? bench.draw()
            display.show(screen, lesson?.bench.manner.theme ?? bench.manner.theme)
        }
    }
}

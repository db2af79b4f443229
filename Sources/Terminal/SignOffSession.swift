package import Base
import Console
import Laboratory

extension TerminalSession {
    /// The biologist's screens, until the person leaves. Refuses when the server does not know the session, before the
    /// screen is taken.
    package static func runSignOff(_ settings: Settings) async throws(Refusal) {
        let (stream, out) = AsyncStream.makeStream(of: Keyboard.Sign?.self)
        let mailbox = Mailbox<SignEvent>(wake: { out.yield(nil) })
        let errands = SignErrands(settings, tell: { mailbox.put($0) })
        try await errands.begin()
        var display = try Display.taken(
            mouse: settings.mouse, code: "terminal.unknown.bio",
            otherwise: "employer les commandes, ligne par ligne : paillasse bio file, show, sign")
        var bench = SignBench(manner: settings.manner, at: now())
        if let size = Display.size { _ = bench.receive(.resized(width: size.width, height: size.height), at: now()) }
        Keyboard.read(now: now) { out.yield($0) }
        let watching = Task { await errands.watch() }
        // In the order of the keys, the newest only.
        let (toKeep, keep) = AsyncStream.makeStream(of: [SignLeft].self, bufferingPolicy: .bufferingNewest(1))
        let keeping = Task { for await left in toKeep { await errands.keep(left) } }
        var kept: [String: SignDraft]?
        defer { watching.cancel() }
        display.show(bench.draw(), bench.manner.theme)
        for await sign in stream {
            var events = mailbox.take()
            switch sign {
            case .input(let input): events.append(.input(input))
            case .resized(let width, let height): events.append(.resized(width: width, height: height))
            case .tick: events.append(.tick)
            case .end:
                keep.finish()
                return await keeping.value
            case nil: if events.isEmpty { continue }
            }
            for event in events {
                for effect in bench.receive(event, at: now()) {
                    switch effect {
                    case .quit:
                        keep.finish()
                        return await keeping.value
                    case .bell: display.bell()
                    case .load, .open, .find, .why, .versions, .send, .check, .checkLot:
                        Task { await errands.run(effect) }
                    }
                }
            }
            if bench.left != kept ?? [:] {
                kept = bench.left
                keep.yield(bench.left.map { SignLeft(number: $0.key, draft: $0.value, at: now()) })
            }
            display.show(bench.draw(), bench.manner.theme)
        }
    }
}

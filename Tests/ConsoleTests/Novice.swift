import Base
import Console
import Laboratory

/// Twelve tubes and what a server does with them.
struct SmallServer {
    var lines: [Line]
    var validated: Set<String> = []
    var nonconforming: [String: String] = [:]
    var called: [(person: String, value: String)] = []
    var sent: [Deed] = []

    /// One of them critical, one clotted although nothing holds it yet.
    init() {
        lines = (0..<12).map { number in
            let critical = number == 7
            return Morning.line(
                "l\(number)", Self.tube(number), "PATIENT Numéro \(number)", "K", critical ? "6,8" : "4,\(number % 10)",
                interval: "3,5 – 4,9", flags: critical ? [.high, .criticallyHigh] : [],
                holds: critical ? [Hold(.critical, "valeur critique : seuil d'alerte 6,0")] : [])
        }
    }
    static func tube(_ number: Int) -> String { "26112200\(4000 + number * 111)" }

    private func file(_ number: String) -> FileSheet? {
        guard let line = lines.first(where: { $0.request == number }) else { return nil }
        return Morning.file(of: line.accession, lines: lines)
    }

    mutating func answer(_ effect: Effect) -> [Event] {
        switch effect {
        case .load(.worklist): return [.loaded(.worklist(lines.filter { !validated.contains($0.accession) }))]
        case .load(.calls):
            let open = lines.filter { $0.isCritical && called.isEmpty }
            return [
                .loaded(
                    .calls(
                        open.map {
                            CallRow(
                                id: $0.id, due: Morning.now.advanced(by: .seconds(900)), isOverdue: false, contact: "Dr"
                            )
                        }))
            ]
        case .load(.comments):
            return [.loaded(.comments([CodedText(code: "RECOL", text: "Nouveau prélèvement demandé.")]))]
        case .load, .chart, .why, .uncertainty, .keep, .habits, .practise, .bell, .quit: return []
        case .open(let number): return file(number).map { [.file($0)] } ?? []
        case .find(let text):
            guard let line = lines.first(where: { $0.accession == text }), let sheet = file(line.request) else {
                return [.notFound(text)]
            }
            return [.found(sheet, accession: text)]
        case .send(let id, let deed):
            sent.append(deed)
            switch deed {
            case .validate(_, let ids, _):
                validated.formUnion(lines.filter { ids.contains($0.id) }.map(\.accession))
            case .receive(let tube, .some(let reason)):
                nonconforming[tube] = reason
                for place in lines.indices where lines[place].accession == tube {
                    lines[place].holds = [Hold(.specimenNonconform, reason)]
                }
            case .call(_, let person, _, _, let value, _, _): called.append((person, value))
            case .receive, .reject, .withdraw, .choose, .enter, .firstReading, .rerun, .rework, .attach, .dismiss,
                .comment, .reflex, .unlock, .logout:
                break
            }
            return [.done(id)]
        }
    }
}

extension Workbench {
    /// Gives this event, and every answer of the server to what follows from it.
    mutating func live(_ event: Event, _ server: inout SmallServer) {
        var events = [event]
        while !events.isEmpty {
            for effect in receive(events.removeFirst(), at: now.advanced(by: .milliseconds(120))) {
                events += server.answer(effect)
            }
        }
    }
}

/// Somebody who was told of `?` and `x`, of the arrows and of Enter, and else reads what stands on the screen.
struct Novice {
    var server = SmallServer()
    var bench: Workbench
    var steps = 0
    /// Known from the paper on the rack.
    static let clotted = SmallServer.tube(3)

    init() {
        bench = Workbench(at: Morning.now)
        for event: Event in [
            .resized(width: 120, height: 36),
            .who(person: "Nouvelle", login: "nouvelle", site: "BREST", Morning.technician), .online,
        ] {
            bench.live(event, &server)
        }
    }

    func sees(_ words: String) -> Bool { bench.text.contains(words) }

    mutating func press(_ key: Key) {
        steps += 1
        bench.live(.input(.key(key)), &server)
    }
    mutating func type(_ text: String) { for glyph in text { press(.character(glyph)) } }

    /// Rows written in reverse, as text.
    private var reversed: [String] {
        let screen = bench.draw()
        return (0..<screen.height).map { row in
            (0..<screen.width).compactMap { screen[row, $0].style.reverse ? screen[row, $0].glyph : nil }
                .reduce(into: "") { $0.append($1) }
        }
    }
    /// The row of the list that the cursor is on.
    var currentRow: String { reversed.first { $0.contains("2611220") } ?? "" }

    /// Opens the menu, goes down to the words, and takes them.
    mutating func choose(_ words: String) {
        press(.character("x"))
        guard sees("Actions sur cette ligne") else { return }
        var left = 40
        while !reversed.contains(where: { $0.contains(words) }), left > 0 {
            press(.down)
            left -= 1
        }
        press(.enter)
    }

    /// Answers every field that asks: the first choice where there is one, else what its label wants.
    mutating func fillIn() {
        var left = 8
        while case .question(let question) = bench.face.mode, left > 0 {
            left -= 1
            guard let cursor = bench.draw().cursor else { return }
            let label = bench.row(cursor.row)
            if label.contains("valeur lue") {
                // Read in the title of the form.
                let title = question.title.split(separator: " ")
                type(title.first { $0.contains(",") }.map { String($0) } ?? "")
            } else if bench.text.contains("1 "),
                ["taper le numéro d'un motif", "par son numéro"].contains(where: { bench.text.contains($0) })
            {
                type("1")
            } else {
                type("Mme Kerbrat")
            }
            press(.enter)
        }
    }
}

import Foundation

/// `bench [--only NAME]… [--rounds N] [--out FILE] [--list]`: measures, prints a table, writes `.build/bench.tsv`.
/// A slow figure is no failure; the exit code is 1 only when a measurement broke.
@main
enum Entry {
    static let figures: [Figure] = [
        .lis2Index, .lis2Peer, .lis2Split, .receiveTyped, .receiveMemory, .receiveTree, .receiveLink, .loopbackLink,
        .loopbackPair, .durableIngest, .durableFrames, .durableP99, .diskSync, .idleMemory, .idleProcessor,
        .cdaRate, .pdfRate, .drain, .drainLines, .verification, .arrivalVisible, .scanTube, .enterValidated,
        .decadeFile, .catalogue5000,
        .screenKey, .screenScroll, .screenEvents, .signLot,
    ]

    static func main() async {
        // A peer that goes away is an error of its figure, not our end.
        signal(SIGPIPE, SIG_IGN)
        do {
            let wish = try Wish(Array(CommandLine.arguments.dropFirst()), known: figures.map(\.name))
            if wish.isList {
                for figure in figures { print("\(figure.name)\t\(figure.what)") }
                return
            }
            if try await measure(wish) == false { exit(1) }
        } catch {
            say("bench : \(error)")
            exit(1)
        }
    }

    /// False when a figure could not be measured although what it needs is there.
    private static func measure(_ wish: Wish) async throws -> Bool {
        let bench = try Bench(rounds: wish.rounds)
        defer { bench.sweep() }
        var rows: [Row] = [], isWhole = true
        for figure in figures where wish.only.isEmpty || wish.only.contains(figure.name) {
            say("… \(figure.name): \(figure.what)")
            do {
                rows.append(Row(figure, try await figure.measure(bench)))
            } catch let absence as Absence {
                say("LEFT OUT \(figure.name): \(absence.why)")
            } catch {
                say("BROKEN \(figure.name): \(error)")
                isWhole = false
            }
        }
        print(Table.text(rows))
        for row in rows where row.isReached == false { print(Table.miss(row)) }
        if let out = wish.out(bench) {
            try Table.tsv(rows).write(toFile: out, atomically: true, encoding: .utf8)
            say("written: \(out)")
        }
        return isWhole
    }

    /// Progress and complaints, kept off the table.
    static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// The command line.
private struct Wish {
    var only: [String] = []
    var rounds = 5
    var isList = false
    private var file: String?

    init(_ words: [String], known: [String]) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--list": isList = true
            case "--only":
                guard let name = rest.popFirst(), known.contains(name) else {
                    throw Fault("--only wants one of: \(known.joined(separator: " "))")
                }
                only.append(name)
            case "--rounds":
                guard let rounds = rest.popFirst().flatMap({ Int($0) }), rounds > 0 else {
                    throw Fault("--rounds wants a number from 1")
                }
                self.rounds = rounds
            case "--out":
                guard let file = rest.popFirst() else { throw Fault("--out wants a file") }
                self.file = file
            case _: throw Fault("unknown: \(word); known: --only NAME, --rounds N, --out FILE, --list")
            }
        }
    }

    /// A run of a few figures leaves the table of all of them alone.
    func out(_ bench: Bench) -> String? {
        if let file { return file }
        return only.isEmpty ? bench.root + "/.build/bench.tsv" : nil
    }
}

import Base
import Console
import Laboratory
import Testing

/// A scanner that types like a person, byte after byte: what it types before it is known to be one does nothing.
@Suite struct `A label that comes byte by byte` {
    private static let label = "26112300031"
    /// Milliseconds between two bytes; the last is before the return. Up to 30 it is a scanner's pace.
    static let paces: [[Int64]] = [
        [0], [1], [8], [16], [29], [30], [45, 8], [60, 45, 8], [31], [60], [120], [8, 8, 8, 45, 8], [90, 8],
    ]

    private func gaps(_ pace: [Int64]) -> [Int64] {
        (0..<Self.label.count + 1).map { $0 < pace.count ? pace[$0] : pace[pace.count - 1] }
    }

    /// Effects of each byte of `text` and a return, at a pace.
    private func type<Effect>(
        _ text: String, _ pace: [Int64], from start: Instant, _ take: (Input, Instant) -> [Effect]
    ) -> [Effect] {
        var decoder = KeyDecoder()
        var now = start
        var effects = [Effect]()
        for (place, byte) in (Array(text.utf8) + [0x0D]).enumerated() {
            now = now.advanced(by: .milliseconds(place < pace.count ? pace[place] : pace[pace.count - 1]))
            for input in decoder.received([byte], at: now) { effects += take(input, now) }
        }
        return effects
    }

    @Test(arguments: paces) func `opens its file on the biologist's screen, and nothing else happens`(
        pace: [Int64]
    ) {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        let before = (bench.drafts, bench.rows, bench.cursor)
        let effects = type(Self.label, gaps(pace), from: bench.now.advanced(by: .seconds(5))) {
            bench.receive(.input($0), at: $1)
        }
        #expect(effects == [.find(Self.label)], "\(pace) \(effects)")
        #expect(bench.mode == .browse && bench.sent.isEmpty, "\(bench.text)")
        #expect(before == (bench.drafts, bench.rows, bench.cursor))
        #expect(!bench.text.contains("ne fait rien ici"), "\(bench.text)")
    }

    @Test(arguments: paces) func `opens its tube on the technician's screen, and writes into none`(pace: [Int64]) {
        var bench = Morning.bench()
        let effects = type(Self.label, gaps(pace), from: bench.now.advanced(by: .seconds(5))) {
            bench.receive(.input($0), at: $1)
        }
        let found = effects.filter { if case .find = $0 { true } else { false } }
        #expect(found == [.find(Self.label)], "\(pace) \(effects)")
        #expect(bench.drafts.isEmpty && bench.sent.isEmpty, "\(bench.text)")
        #expect(!bench.text.contains("ne fait rien ici"), "\(bench.text)")
    }

    /// Each letter that is a key of the screen, before the digits of a label.
    @Test func `a label that begins with the letter of a key leaves no trace of that key`() {
        let letters = SignAction.allCases.filter { $0 != .quit }
            .flatMap { Manner().keymap.sign.keys[$0] ?? [] }
            .compactMap { key in if case .character(let c) = key, c.isASCII, c.isLetter { c } else { nil } }
        #expect(letters.count > 10 && letters.contains("e") && letters.contains("s") && letters.contains("S"))
        for letter in letters {
            var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
            bench.type(.enter)
            let before = (bench.drafts, bench.pane, bench.result, bench.lane, bench.filter, bench.rows)
            let label = String(letter) + Self.label
            let effects = type(label, [8], from: bench.now.advanced(by: .seconds(5))) {
                bench.receive(.input($0), at: $1)
            }
            #expect(effects.contains(.find(label)), "\(label) \(effects)")
            #expect(bench.mode == .browse && bench.sent.isEmpty, "\(label)\n\(bench.text)")
            #expect(
                before == (bench.drafts, bench.pane, bench.result, bench.lane, bench.filter, bench.rows), "\(label)")
            // A page that its letter asked for comes no more.
            _ = bench.receive(.found(SignMorning.sheet("261122-0377", isCritical: false), asked: label), at: bench.now)
            if effects.contains(where: { if case .why = $0 { true } else { false } }) {
                _ = bench.receive(.why(title: "NA 139", holds: [], judged: nil), at: bench.now)
                #expect(bench.mode == .browse, "\(label)\n\(bench.text)")
            }
            if effects.contains(where: { if case .versions = $0 { true } else { false } }) {
                _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
                #expect(bench.mode == .browse, "\(label)\n\(bench.text)")
            }
        }
    }

    @Test func `a code typed too late, at any pace, is neither shown nor looked for`() {
        for pace in [Int64(8), 29, 45, 120, 400] {
            var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
            var shown = ""
            let effects = type("824671", [pace], from: bench.now.advanced(by: .seconds(5))) { input, now in
                let effects = bench.receive(.input(input), at: now)
                shown += bench.text
                return effects
            }
            #expect(!effects.contains { if case .find = $0 { true } else { false } }, "\(pace) \(effects)")
            #expect(!shown.contains("8246") && !shown.contains("4671"), "\(pace)\n\(bench.text)")
            #expect(bench.text.contains("que rien ne demande"), "\(pace)\n\(bench.text)")
        }
    }

    @Test func `a number typed by hand, without the key that asks for one, opens its file`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type("26")
        #expect(bench.text.contains("chiffres non montrés"), "\(bench.text)")
        bench.type("1122-0377")
        #expect(bench.type(.enter) == [.find("261122-0377")])
    }
}

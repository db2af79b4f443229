import Base
import Console
import Laboratory
import Testing

@Suite struct `What the screens look like` {
    @Test(arguments: Language.allCases) func `every text exists in every language, with the same blanks to fill`(
        language: Language
    ) {
        #expect(Texts.missing(language) == [])
        for word in Word.allCases {
            let text = Texts(language)[word]
            for blank in ["{1}", "{2}", "{3}"] {
                #expect(text.contains(blank) == Texts(.french)[word].contains(blank), "\(language) \(word) \(blank)")
            }
        }
    }

    @Test func `the language is that of LANG, French without one`() {
        #expect(Language(environment: "en_GB.UTF-8") == .english)
        #expect(Language(environment: "fr_FR.UTF-8") == .french)
        #expect(Language(environment: "C.UTF-8") == .french && Language(environment: nil) == .french)
    }

    /// WCAG 2.2 relative luminance and contrast ratio.
    private func luminance(_ colour: Int) -> Double {
        let (r, g, b) = Theme.components(colour)
        func linear(_ value: Int) -> Double {
            let v = Double(value) / 255
            return v <= 0.04045 ? v / 12.92 : power((v + 0.055) / 1.055)
        }
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }
    /// x^2.4 by square roots and a product: 2.4 = 2 + 0.4, and 0.4 by Newton.
    private func power(_ x: Double) -> Double {
        var root = x
        // y = x^0.4 is the positive root of y^5 = x^2.
        for _ in 0..<60 { root -= (root * root * root * root * root - x * x) / (5 * root * root * root * root) }
        return x * x * root
    }

    @Test(arguments: Theme.allCases.filter { $0 != .mono }) func `every colour has a contrast of 4.5 or more`(
        theme: Theme
    ) throws {
        let back = luminance(try #require(theme.background))
        for tint in Tint.allCases {
            let front = luminance(try #require(theme.foreground(tint)))
            let ratio = (max(front, back) + 0.05) / (min(front, back) + 0.05)
            #expect(ratio >= 4.5, "\(theme) \(tint) \(ratio)")
        }
    }

    @Test func `without colours no ink has any`() {
        for tint in Tint.allCases {
            let ink = Theme.mono.ink(Style(tint))
            #expect(ink.foreground == nil && ink.background == nil)
        }
    }

    @Test func `the widths of glyphs are those of terminals`() {
        #expect(CellWidth.of("é") == 1 && CellWidth.of("e\u{301}") == 1 && CellWidth.of("漢") == 2)
        #expect(CellWidth.of("▣✖⧗⟲‼▲") == 6 && CellWidth.of("\u{1B}") == 0 && CellWidth.of("😀") == 2)
        #expect(CellWidth.fit("漢字漢字", 5) == "漢字…")
        var screen = Screen(width: 5, height: 1)
        #expect(screen.put("a漢\u{1B}[b字", 0, 0) == 5)
        #expect(screen.text == "a漢[b")
    }

    @Test func `only what changed is written again`() {
        var bench = Morning.bench(width: 200, height: 60)
        let before = bench.draw()
        #expect(before.changes(since: before) == [])
        bench.type(.down)
        let changes = bench.draw().changes(since: before)
        #expect(!changes.isEmpty && changes.reduce(0) { $0 + $1.columns.count } < before.cells.count / 2)
        #expect(before.changes(since: nil).count == 60)
    }

    @Test func `keys are given anew by a file, and a file that takes the menu away is refused`() throws {
        let map = try Keymap(text: "# mes touches\nvalider = f9 w\n\nprofil = azerty\n")
        #expect(map[.function(9)] == .validate && map[.character("w")] == .validate && map[.character("v")] == nil)
        #expect(map.azerty)
        #expect(throws: Refusal.self) { try Keymap(text: "valider = x f2\n") }
        let refusal = #expect(throws: Refusal.self) { try Keymap(text: "\nvalidr = w\n") }
        #expect(refusal?.place == "touches:2" && refusal?.code == "keys.line")
        #expect(throws: Refusal.self) { try Keymap(text: "valider = truc\n") }
    }

    @Test func `no key does two things`() {
        let map = Keymap()
        var seen: [Key: Action] = [:]
        for action in Action.allCases {
            #expect(!(map.keys[action] ?? []).isEmpty, "\(action)")
            for key in map.keys[action] ?? [] {
                #expect(seen[key] == nil, "\(key)")
                seen[key] = action
                #expect(Key(name: key.name) == key)
            }
        }
    }
}

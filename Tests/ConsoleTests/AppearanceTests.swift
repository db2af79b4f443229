import Base
import Console
import Foundation
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

    @Test func `keys, actions, commands and themes have a name in each language, no two the same`() {
        for language in Language.allCases {
            let commands = Workbench.Command.allCases.map { $0.name(in: language) }
            #expect(Set(commands).count == commands.count)
            let actions = Action.allCases.map { $0.name(in: language) }
            #expect(Set(actions).count == actions.count)
            for command in Workbench.Command.allCases {
                #expect(Workbench.Command(named: command.name(in: language)) == command)
                #expect(Texts(language)[command.word].hasPrefix(":" + command.name(in: language)), "\(command)")
            }
            for action in Action.allCases { #expect(Action(named: action.name(in: language)) == action, "\(action)") }
            for theme in Theme.allCases { #expect(Theme(named: theme.name(in: language)) == theme) }
            for key in Keymap().keys.values.joined() { #expect(Key(name: key.name(in: language)) == key, "\(key)") }
        }
    }

    /// Words that no English sentence of the screen has.
    private static let french = [
        "échap", "entrée", "espace", "retenu", "tube inconnu", "valeur critique", "aucun", "vérifier", "automate ",
        "haut", " le ", " la ", " du ", " des ", "identité", "qualifiée", "connecté", "motif", "34a", "71a", "saisi",
    ]

    @Test func `an English screen has no French in it, in any mode`() {
        var manner = Manner()
        manner.language = .english
        var bench = Morning.bench(width: 200, height: 60, manner: manner)
        bench.habits = [:]
        bench.type(.tab, .down)
        var screens: [String] = []
        for keys in ["", "x", "?", "p", "t", ":", "v", "X", "e", "c", "4x", "!"] {
            bench.type(keys)
            screens.append(bench.text)
            bench.type(.escape)
        }
        bench.type(":")
        bench.type("triage")
        bench.type(.enter)
        for reason in ["tube_inconnu", "code_inconnu", "identite_discordante"] {
            let row = TriageRow(
                id: "t1", analyzer: "cobas", reason: reason, explanation: "aucun tube : vérifier", accession: "000",
                code: "GLU", value: "5.2", at: Morning.ago(7))
            _ = bench.receive(.loaded(.triage([row])), at: bench.now)
            screens.append(bench.text)
        }
        for list in ["analyzers", "qc", "requests", "reception"] {
            bench.type(":")
            bench.type("list " + list)
            bench.type(.enter)
            screens.append(bench.text)
        }
        let refusal = Refusal("tech.signed", at: "D0412", because: "ce résultat est déjà signé", remedy: "demander")
        _ = bench.receive(.failed(refusal), at: bench.now)
        screens.append(bench.text)
        #expect(bench.text.contains("[tech.signed] D0412: this result is signed already. ask the biologist"))
        for screen in screens {
            for word in Self.french { #expect(!screen.lowercased().contains(word), "\(word)\n\(screen)") }
        }
    }

    @Test func `every refusal of the technician's road has its English words`() throws {
        let root = `Golden screens`.folder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let road = [
            "Workflow/Validation.swift", "Workflow/Desk.swift", "Workflow/Interpretation.swift",
            "Workflow/OrderRouting.swift", "Workflow/Verification/Calculating.swift",
            "Workflow/Verification/CriticalCalls.swift", "Workflow/Verification/Remarks.swift",
            "Laboratory/Observations/EnteredValue.swift", "Rules/Checks/CriticalCall.swift",
            "API/Routes+Results.swift", "Client/LaboratoryClient.swift", "Terminal/DraftFile.swift",
        ]
        // Asked for by other programs, never by a key of the worklist.
        let elsewhere: Set<String> = ["body.missing", "body.choice", "message.unknown"]
        var seen = 0
        for file in road {
            let text = try String(contentsOf: root.appendingPathComponent("Sources/" + file), encoding: .utf8)
            let codes = text.matches(of: /(?:Refusal|missing|absent)\(\s*"([a-z]+\.[a-zA-Z.]+)"/).map { String($0.1) }
            let calls = text.matches(of: /throw refusal\(\s*"([a-z]+)"/).map { "critical.call." + $0.1 }
            for code in codes + calls where !elsewhere.contains(code) {
                seen += 1
                #expect(EnglishServer.refusals[code] != nil, "\(code) of \(file)")
            }
        }
        #expect(seen > 30, "\(seen)")
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

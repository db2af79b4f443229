import Base
import Console
import Laboratory
import Testing

@Suite struct `The lesson` {
    private func begun(width: Int = 80, height: Int = 24) -> Practice {
        Practice(Manner(), width: width, height: height, at: Morning.now)
    }
    private func press(_ lesson: inout Practice, _ keys: Key...) {
        for key in keys { lesson.receive(.input(.key(key)), at: Morning.now.advanced(by: .seconds(9))) }
    }
    private func type(_ lesson: inout Practice, _ text: String) {
        for glyph in text { press(&lesson, .character(glyph)) }
    }

    @Test func `is asked for by :tutoriel and touches nothing of the laboratory`() {
        var bench = Morning.bench()
        bench.type(":")
        bench.type("tutoriel")
        let before = bench.house
        #expect(bench.type(.enter) == [.practise])
        #expect(bench.house == before && bench.drafts.isEmpty)
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `is the real screen with a coach under it`(width: Int, height: Int) {
        var lesson = begun(width: width, height: height)
        let text = lesson.draw().text
        #expect(lesson.draw().width == width && lesson.draw().height == height)
        #expect(text.contains("ÉCOLE") && text.contains("LEÇON 1/13") && text.contains("rien n'est enregistré"))
        #expect(text.contains("LEÇON Bruno") && text.contains("CQ ✓") && text.contains("? aide"))
        #expect(lesson.coach.hasSuffix("Descendre d'une ligne : touche bas."))
        #expect(text.contains("Chaque ligne de la liste est un tube."))
        lesson.receive(.resized(width: 100, height: 30), at: Morning.now)
        #expect(lesson.draw().width == 100 && lesson.draw().height == 30)
    }

    @Test func `goes on when each thing was done, up to the end`() {
        var lesson = begun()
        func at(_ word: Word) { #expect(Practice.steps[lesson.step] == word, "\(lesson.coach)\n\(lesson.draw().text)") }
        at(.lessonMove)
        press(&lesson, .down)
        at(.lessonOpen)
        press(&lesson, .enter)
        at(.lessonValidate)
        type(&lesson, "v")
        at(.lessonUndo)
        type(&lesson, "z")
        at(.lessonWhy)
        // The held potassium of the urgent tube above.
        press(&lesson, .escape, .up, .enter, .down)
        type(&lesson, "p")
        #expect(lesson.draw().text.contains("CRITIQUE_ALERTE"))
        at(.lessonReason)
        press(&lesson, .escape)
        type(&lesson, "v1")
        press(&lesson, .enter)
        at(.lessonCall)
        type(&lesson, "a")
        for answer in ["Mme Kerbrat", "infirmière", "0298111111", "6,8", "1"] {
            type(&lesson, answer)
            press(&lesson, .enter)
        }
        at(.lessonEnter)
        press(&lesson, .down, .down)
        type(&lesson, "24")
        press(&lesson, .enter)
        at(.lessonTube)
        press(&lesson, .escape, .down)
        type(&lesson, "V")
        at(.lessonNonconform)
        press(&lesson, .down)
        type(&lesson, "e2")
        press(&lesson, .enter)
        at(.lessonScan)
        type(&lesson, ":tube 990000000099")
        press(&lesson, .enter)
        at(.lessonMenu)
        type(&lesson, "x")
        at(.lessonHelp)
        press(&lesson, .escape)
        type(&lesson, "?")
        at(.lessonEnd)
        #expect(lesson.draw().text.contains("Fini en 0 min 9 s"))
        press(&lesson, .escape)
        type(&lesson, ":q")
        press(&lesson, .enter)
        #expect(lesson.isOver)
    }

    @Test func `skips a step on demand and takes a real label for what it is`() {
        var lesson = begun()
        press(&lesson, .control("n"), .control("n"))
        #expect(lesson.step == 2)
        let rings = lesson.receive(.input(.scan("261122000412", typed: 0)), at: Morning.now)
        #expect(rings)
        #expect(lesson.draw().text.contains("n'est ni un tube ni un dossier connu"))
        #expect(lesson.mistakes == 1)
    }

    @Test(arguments: Language.allCases) func `has all its words in two rows of 80 columns`(language: Language) {
        var manner = Manner()
        manner.language = language
        var lesson = Practice(manner, width: 80, height: 24, at: Morning.now)
        for step in 0..<Practice.steps.count {
            #expect(lesson.step == step)
            #expect(CellWidth.fold(lesson.coach, 78).count <= 2, "\(lesson.coach)")
            #expect(!lesson.coach.contains("{"), "\(lesson.coach)")
            press(&lesson, .control("n"))
        }
    }
}

@Suite struct `The lesson line by line` {
    private func said(_ lesson: inout PlainPractice, _ lines: String...) -> String {
        lines.map { lesson.typed($0, at: Morning.now.advanced(by: .seconds(9))).lines.joined(separator: "\n") }
            .joined(separator: "\n")
    }

    @Test func `is asked for by :tutoriel, and goes on when each thing was done by what it says`() {
        var plain = Plain(manner: Manner(), at: Morning.now)
        #expect(plain.typed(":tutoriel", at: Morning.now).effects == [.practise])
        var lesson = PlainPractice(Manner(), at: Morning.now)
        #expect(lesson.greeting.contains { $0.contains("tout est inventé") && $0.contains(":passer") })
        #expect(lesson.coach.hasPrefix("LEÇON 1/13 : ") && lesson.coach.hasSuffix("taper 2."))
        let way: [(step: Int, lines: [String])] = [
            (2, ["liste", "2"]), (3, ["ouvrir"]), (4, ["v"]), (5, ["z"]), (6, ["1", "n", "p"]), (7, ["v", "1"]),
            (8, ["a", "Mme Kerbrat", "infirmière", "0298111111", "6,8", "1"]), (9, ["n", "n", "= 24"]),
            (10, ["4", "V"]), (11, ["5", "e", "2"]), (12, [":tube 990000000099"]), (13, ["x"]),
        ]
        for (step, lines) in way {
            var all = ""
            for line in lines { all += said(&lesson, line) + "\n" }
            #expect(all.contains("LEÇON \(step)/13 : "), "\(step)\n\(all)")
            guard lesson.coach.hasPrefix("LEÇON \(step)/13") else { return }
        }
        #expect(said(&lesson, "?").contains("Fini en 0 min 9 s"))
        _ = said(&lesson, ":q")
        #expect(lesson.isOver)
    }

    @Test(arguments: Language.allCases)
    func `says each step without a gap, skips one on demand, repeats it on an empty line`(
        language: Language
    ) {
        var manner = Manner()
        manner.language = language
        var lesson = PlainPractice(manner, at: Morning.now)
        let skip = Texts(language)[.plainLessonSkip]
        for _ in Practice.steps.dropLast() {
            #expect(!lesson.coach.contains("{") && !lesson.coach.contains("écran"), "\(lesson.coach)")
            #expect(said(&lesson, "").hasSuffix(lesson.coach))
            #expect(said(&lesson, skip) == lesson.coach)
        }
        #expect(said(&lesson, skip) == lesson.coach && !lesson.isOver)
    }

    @Test func `rings for what it refuses, and counts it`() {
        var lesson = PlainPractice(Manner(), at: Morning.now)
        let refused = lesson.typed("261122000412", at: Morning.now)
        #expect(refused.rings && refused.lines.contains { $0.contains("n'est ni un tube ni un dossier connu") })
        for _ in Practice.steps { _ = lesson.typed(":passer", at: Morning.now) }
        #expect(lesson.coach.contains(", 1 refus."))
    }
}

@Suite struct `Hints for those who begin` {
    @Test func `disappear once their action was used three times, in this session or an earlier one`() {
        var bench = Morning.bench()
        #expect(bench.hint == nil)
        _ = bench.receive(.habits(["ouvrir": 2]), at: bench.now)
        #expect(bench.row(22).contains("astuce : entrée ouvrir"))
        let effects = bench.type(.enter)
        #expect(effects.contains(.habits(["ouvrir": 3])))
        bench.type(.escape)
        #expect(bench.row(22).contains("astuce : x actions possibles"))
        // A notice goes before a hint.
        bench.type("V")
        #expect(bench.row(22).contains("retenu(s) laissé(s)"))
        // What is known is not counted any more.
        #expect(bench.type(.enter).contains { if case .habits = $0 { true } else { false } } == false)
    }

    @Test func `say first what a held result wants`() {
        var bench = Morning.bench()
        _ = bench.receive(.habits([:]), at: bench.now)
        bench.type(.tab, .down)
        #expect(bench.row(22).contains("astuce : p pourquoi"))
    }
}

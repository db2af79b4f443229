import Testing

/// Checks that cannot fail prove nothing: each one is shown something untidy.
@Suite struct `The checks of the house` {
    private func banned(_ text: String, at path: String = "Sources/Base/X.swift", pure: Bool = true) -> [String] {
        Check.bans(path, isPure: pure, SwiftText(text), bans: House.bans).map(\.what)
    }

    @Test func `see code and not comments, texts or backticks`() {
        let text = SwiftText(
            #"""
            let a = "try! \(f("x", try! g())) }" // try!
            /* { /* { */ } */ let b = #"\(" { "# ; func `one { two`() {}
            let c = """
                print( " {
                """ + d
            """#)
        #expect(text.lines.count == text.code.count)
        #expect(text.code[0].filter { !$0.isWhitespace } == #"leta="\(f("",try!g()))""#)
        #expect(text.code[1].filter { $0 == "{" }.count == 1 && text.code[1].hasSuffix("{}"))
        #expect(!text.code[3].contains("print"))
        #expect(text.code[4].hasSuffix("+ d"))
    }

    @Test func `find a long line by its characters, not its bytes`() {
        let fits = String(repeating: "é", count: 120)
        #expect(Check.lineLengths("A.swift", SwiftText(fits)).isEmpty)
        let findings = Check.lineLengths("A.swift", SwiftText("a\n" + fits + "é"))
        #expect(findings.map(\.line) == [2])
        #expect(findings.first?.description == "A.swift:2: 121 characters in a line → break the line at 120")
    }

    @Test func `find a long function and not its neighbours`() {
        func function(_ head: String, lines: Int) -> String {
            head + " {\n" + String(repeating: "    if a { b() } // }\n", count: lines - 2) + "}\n"
        }
        let text =
            "protocol P {\n    func f(_ a: Int)\n    var x: Int { get }\n}\n"
            + function("func fits(a: () -> Void = {})", lines: 70)
            + function("    package init?(x: Int) throws", lines: 71)
            + function("func long(\n    a: Int\n) -> [Int]", lines: 90)
        let findings = Check.functionLengths("A.swift", SwiftText(text))
        #expect(findings.map(\.line) == [75, 146])
        #expect(findings.map(\.what) == ["71 lines in a function (limit 70)", "92 lines in a function (limit 70)"])
    }

    @Test func `find a long file unless it is listed`() {
        let text = SwiftText(String(repeating: "a\n", count: 601))
        #expect(Check.fileLength("A.swift", text).count == 1)
        #expect(Check.fileLength("A.swift", text, listed: ["A.swift": 700]).isEmpty)
        #expect(Check.fileLength("A.swift", SwiftText(String(repeating: "a\n", count: 600))).isEmpty)
    }

    @Test(arguments: [
        ("let now = Date()", "Date() in a pure room"), ("let t = ContinuousClock.now", "Date() in a pure room"),
        ("let a = try! f()", "try!"), ("    print(a)", "print( outside an executable"),
        ("    default: break", "default: in a pure room"), ("// TO" + "DO later", "a note of work to come"),
        ("var a: InlineArray<3, Int>", "InlineArray (its writes can vanish at -O with Swift 6.3.1)"),
        ("var a: [3 of Int]", "InlineArray (its writes can vanish at -O with Swift 6.3.1)"),
        ("let p = \"/wor" + "k/x\"", "a path of one machine"),
    ]) func `find what is banned`(line: String, name: String) {
        #expect(banned(line) == [name])
    }

    @Test func `keep each ban to its place`() {
        #expect(banned("let now = Date()", pure: false) == [])
        #expect(banned("default: break", pure: false) == [])
        #expect(banned("let x: Double") == [])
        #expect(
            banned("let x: Double", at: "Sources/Laboratory/A/B.swift") == [
                "a binary floating-point number in Laboratory"
            ])
        #expect(banned("print(a)", at: "Sources/paillasse/Entry.swift", pure: false) == [])
        #expect(banned("logger.print(a)") == [])
        #expect(banned("counts[a, default: 0] += 1; @unknown default: return") == [])
        #expect(banned("// try! print( default: Date()") == [])
        #expect(House.bans.allSatisfy { !$0.remedy.isEmpty })
    }

    @Test func `read the manifest`() {
        let manifest = Manifest(
            """
            func room(_ name: String) -> Target { .target(name: name, path: "x") }
            room("A"), c("B", cSettings: [.unsafeFlags(["-O3"])]),
            room("Sim", at: "Simulators/Sim", imports: ["A"]),
            shell(
                "S",
                imports: [
                    "A", "B", product,
                ]),
            .systemLibrary(name: "L", path: "Sources/L", pkgConfig: "l"), tests("STests", imports: ["S"]),
            """)
        let expected: [Manifest.Room] = [
            .init(kind: .room, name: "A", path: "Sources/A", imports: []),
            .init(kind: .c, name: "B", path: "Sources/B", imports: []),
            .init(kind: .room, name: "Sim", path: "Simulators/Sim", imports: ["A"]),
            .init(kind: .shell, name: "S", path: "Sources/S", imports: ["A", "B"]),
            .init(kind: .systemLibrary, name: "L", path: "Sources/L", imports: []),
            .init(kind: .tests, name: "STests", path: "Tests/STests", imports: ["S"]),
        ]
        #expect(manifest.rooms == expected)
        #expect(manifest.room(of: "Simulators/Sim/X.swift")?.name == "Sim")
        #expect(manifest.room(of: "Sources/AB/X.swift") == nil)
    }

    @Test func `find an import that the manifest does not allow`() {
        let room = Manifest.Room(kind: .room, name: "A", path: "Sources/A", imports: ["Base"])
        let text = SwiftText(
            """
            package import Base
            import Foundation
            @preconcurrency internal import NIO
            import struct FoundationEssentials.Date
            // import Nothing
            """)
        let lines = { (decodes: Bool) in Check.imports("A.swift", room: room, text, decodes: decodes).map(\.line) }
        #expect(lines(false) == [2, 3, 4])
        #expect(lines(true) == [2, 3])
    }

    @Test func `find a link that leads nowhere or out of the repository`() {
        let text =
            "[a](b.md) [c](../d.md#part) [e](https://x.y/z) [f](#here)\n[g](../../shared/h.md) [i](gone.md)\n"
            + "```\n[j](sample.md)\n```\n"
        let there = ["Sources/b.md", "d.md"]
        let findings = Check.links("Sources/README.md", text, exists: there.contains)
        #expect(findings.map(\.line) == [2, 2])
        #expect(findings.map(\.what).joined().contains("../../shared/h.md"))
    }
}

import Base
import Console
import Foundation
import Laboratory
import Testing

/// The biologist's screens as text. `PAILLASSE_GOLDEN=write` writes them anew, to be read before they are committed.
@Suite struct `Golden screens of the sign-off` {
    private func check(_ name: String, _ bench: SignBench, _ location: SourceLocation = #_sourceLocation) throws {
        let url = `Golden screens`.folder.appendingPathComponent(name + ".txt")
        let text = bench.text + "\n"
        if ProcessInfo.processInfo.environment["PAILLASSE_GOLDEN"] == "write" {
            try Data(text.utf8).write(to: url)
        }
        let kept = try String(contentsOf: url, encoding: .utf8)
        #expect(text == kept, "\(name)", sourceLocation: location)
    }

    @Test(arguments: [(80, 24), (120, 36), (200, 60)]) func `of the queue and of a file`(width: Int, height: Int) throws
    {
        var bench = SignMorning.bench(width: width, height: height)
        try check("sign-queue-\(width)x\(height)", bench)
        bench.type(.enter, .down)
        try check("sign-file-\(width)x\(height)", bench)
        var history = bench
        history.type("h")
        try check("sign-history-\(width)x\(height)", history)
        bench.type("s")
        try check("sign-code-\(width)x\(height)", bench)
    }

    @Test(arguments: [(80, 24), (120, 36), (200, 60)]) func `of a file with a reflex test that waits`(
        width: Int, height: Int
    ) throws {
        var sheet = SignMorning.sheet(isCritical: false)
        sheet.obstacles = [SignObstacle(.reflex, ["T4L"], words: SignMorning.reflex)]
        var bench = SignMorning.bench(width: width, height: height, sheet: sheet)
        bench.type(.enter)
        try check("sign-reflex-\(width)x\(height)", bench)
        bench.type("F")
        try check("sign-reflex-question-\(width)x\(height)", bench)
    }

    @Test(arguments: [(80, 24), (120, 36), (200, 60)]) func `of a batch and of an amendment`(width: Int, height: Int)
        throws
    {
        var bench = SignMorning.bench(width: width, height: height)
        bench.type("S")
        try check("sign-lot-\(width)x\(height)", bench)
        var sheet = SignMorning.sheet(version: 2, isAmendment: true, isCritical: false)
        bench = SignMorning.bench(width: width, height: height, sheet: sheet)
        bench.type("R")
        try check("sign-reason-\(width)x\(height)", bench)
        bench.type("1")
        bench.type(.enter, .enter)
        sheet.draft = SignDraft(amendment: Amendment(.identity))
        _ = bench.receive(.sheet(sheet), at: bench.now)
        _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
        try check("sign-amend-\(width)x\(height)", bench)
    }

    @Test(arguments: [(80, 24), (120, 36), (200, 60)]) func `of a file that somebody changed meanwhile`(
        width: Int, height: Int
    ) throws {
        var bench = SignMorning.bench(width: width, height: height, sheet: SignMorning.sheet(isCritical: false))
        bench.type(.enter)
        bench.type("s")
        bench.type("241703")
        bench.type(.enter)
        let changed = Refusal(
            "sign.changed", at: "261122-0412", because: "le dossier a changé depuis son affichage",
            remedy: "le relire et signer de nouveau")
        _ = bench.receive(.refused(1, changed), at: bench.now)
        // The frame stands whole above the sentence, and the sentence is whole.
        let lines = bench.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let bottom = try #require(lines.lastIndex { $0.contains("└") && $0.hasSuffix("┘") })
        let said = lines[(bottom + 1)...].joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(said.contains("[sign.changed]") && said.contains("relire, et signer de nouveau"), "\(bench.text)")
        #expect(lines[2..<bottom].allSatisfy { $0.hasSuffix("│") }, "\(bench.text)")
        try check("sign-changed-\(width)x\(height)", bench)
    }

    @Test func `in plain ASCII, in English, and of the help`() throws {
        var manner = Manner()
        manner.signs = Signs(ascii: true)
        var bench = SignMorning.bench(manner: manner)
        bench.type(.enter)
        #expect(bench.text.utf8.allSatisfy { $0 < 0x80 })
        try check("sign-ascii-80x24", bench)
        manner = Manner()
        manner.language = .english
        bench = SignMorning.bench(manner: manner)
        bench.type(.enter)
        try check("sign-english-80x24", bench)
        bench = SignMorning.bench(height: 44)
        bench.type("?")
        try check("sign-help-80x44", bench)
    }
}

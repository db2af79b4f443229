import Base
import Console
import Foundation
import Laboratory
import Testing

/// Whole screens as text. `PAILLASSE_GOLDEN=write` writes them anew, to be read before they are committed.
@Suite struct `Golden screens` {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    private func check(_ name: String, _ bench: Workbench, _ location: SourceLocation = #_sourceLocation) throws {
        let url = Self.folder.appendingPathComponent(name + ".txt")
        let text = bench.text + "\n"
        if ProcessInfo.processInfo.environment["PAILLASSE_GOLDEN"] == "write" {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        let kept = try String(contentsOf: url, encoding: .utf8)
        #expect(text == kept, "\(name)", sourceLocation: location)
    }

    static let sizes = [(80, 24), (120, 36), (200, 60)]

    @Test(arguments: sizes) func `of the worklist`(width: Int, height: Int) throws {
        try check("worklist-\(width)x\(height)", Morning.bench(width: width, height: height))
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `of the action menu, help and why`(width: Int, height: Int) throws {
        var bench = Morning.bench(width: width, height: height)
        bench.type(.tab, .down)
        var menu = bench
        menu.type("x")
        try check("menu-\(width)x\(height)", menu)
        var help = bench
        help.type("?")
        try check("help-\(width)x\(height)", help)
        bench.type("p")
        try check("why-\(width)x\(height)", bench)
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `of an entry, a refusal in its cell and a rejection`(
        width: Int, height: Int
    ) throws {
        var bench = Morning.bench(width: width, height: height)
        bench.type(.tab)
        bench.type("4,3x")
        try check("entry-\(width)x\(height)", bench)
        bench.type(.escape)
        bench.type("X")
        try check("reject-\(width)x\(height)", bench)
    }

    @Test(arguments: sizes) func `of reflex tests and the question about one`(width: Int, height: Int) throws {
        var bench = Morning.bench(width: width, height: height)
        bench.type(":")
        bench.type("liste réflexes")
        bench.type(.enter)
        var line = Morning.line("e1", "261122000500", "GUEN Yves", "TSH", "8,50", unit: "mUI/L", civil: "M 61a")
        line.state = .validated
        _ = bench.receive(.file(Morning.file(of: "261122000500", lines: [line])), at: bench.now)
        try check("reflexes-\(width)x\(height)", bench)
        bench.type("F")
        try check("reflex-\(width)x\(height)", bench)
    }

    @Test func `of the other lists`() throws {
        var bench = Morning.bench()
        bench.type(":")
        bench.type("cq cobas K")
        _ = bench.type(.enter)
        _ = bench.receive(.chart("cobas/K", ["+3s ┈┈┈┈┈┈┈2", "+2s", " m  ·1··1··", "-2s"]), at: bench.now)
        try check("quality-80x24", bench)
        bench.type(":")
        bench.type("tri")
        bench.type(.enter)
        _ = bench.receive(
            .loaded(
                .triage([
                    TriageRow(
                        id: "t1", analyzer: "cobas", reason: "tube_inconnu",
                        explanation: "aucun tube de ce numéro : vérifier l'étiquette, puis rattacher ou écarter",
                        accession: "00000000000", code: "GLU", value: "5.2", at: Morning.ago(7))
                ])), at: bench.now)
        try check("triage-80x24", bench)
    }

    @Test(arguments: [(80, 24), (100, 30), (120, 36)]) func `of triage and analyzers, tell each row from the others`(
        width: Int, height: Int
    ) throws {
        var bench = Morning.bench(width: width, height: height)
        bench.type(":")
        bench.type("tri")
        bench.type(.enter)
        let tubes = ["00000000000", "26112300131", "26112300132"]
        let rows = zip(tubes, [("GLU", "5.2"), ("CREA", "312"), ("HBA1C", "48.5")]).map { tube, what in
            TriageRow(
                id: tube, analyzer: "cobas-pro", reason: "identite_discordante",
                explanation: "l'automate annonce une autre personne que le dossier : vérifier le tube",
                accession: tube, code: what.0, value: what.1, at: Morning.ago(7 + 1440))
        }
        _ = bench.receive(.loaded(.triage(rows)), at: bench.now)
        for (tube, what) in zip(tubes, ["GLU 5.2", "CREA 312", "HBA1C 48.5"]) {
            let row = bench.text.split(separator: "\n").first { $0.contains(tube) && $0.contains("obas") }
            #expect(row != nil, "\(tube)\n\(bench.text)")
            if width >= 100 { #expect(row?.contains(what) == true, "\(bench.text)") }
        }
        try check("triage-rows-\(width)x\(height)", bench)
        bench.type(":")
        bench.type("liste automates")
        bench.type(.enter)
        let cause = "en panne : port inutilisable (/dev/ttyUSB0 : le fichier n'existe pas)"
        let analyzers = [
            AnalyzerRow(name: "cobas", state: cause, isWell: false, messages: 3),
            AnalyzerRow(name: "yumizen-h500", state: "en écoute", isWell: true, messages: 12),
        ]
        _ = bench.receive(
            .loaded(.status(analyzers: analyzers, triageOpen: 3, awaitingSignature: 4)), at: bench.now)
        bench.type("R")
        for words in ["en panne : port", "en écoute", "(/dev/ttyUSB0", "n'existe pas)"] {
            #expect(bench.text.contains(words), "\(words)\n\(bench.text)")
        }
        try check("analyzers-rows-\(width)x\(height)", bench)
    }

    @Test func `in plain ASCII, and in English`() throws {
        var manner = Manner()
        manner.signs = Signs(ascii: true)
        let bench = Morning.bench(manner: manner)
        #expect(bench.text.utf8.allSatisfy { $0 < 0x80 })
        try check("ascii-80x24", bench)
        manner = Manner()
        manner.language = .english
        try check("english-80x24", Morning.bench(manner: manner))
    }
}

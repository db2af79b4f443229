import Base
import Console
import Foundation
import Laboratory
import Testing

/// `LANG=en`: what the engine says, and what the commands say before they ask the server.
@Suite struct `The screens and commands in English` {
    private static let sources = `The technician's page`.url.deletingLastPathComponent()
    private func source(_ path: String) throws -> String {
        try String(contentsOf: Self.sources.appendingPathComponent(path), encoding: .utf8)
    }
    /// Texts of a piece of Swift.
    private func texts(_ code: some StringProtocol) -> [String] {
        String(code).matches(of: /"((?:[^"\\]|\\.)*)"/).map { String($0.1) }.filter { !$0.isEmpty }
    }
    /// What stands between the beginning of a declaration and the end of its block.
    private func block(_ code: String, from start: String) throws -> Substring {
        let begin = try #require(code.range(of: start))
        let end = try #require(code.range(of: "\n}", range: begin.upperBound..<code.endIndex))
        return code[begin.lowerBound..<end.lowerBound]
    }

    @Test func `every word of the engine has its English`() throws {
        let words = try source("Rules/Checks/CheckWords.swift")
        func missing(_ start: String, in table: [String: String]) throws -> [String] {
            let french = try texts(block(words, from: start))
            #expect(french.count > 15, "\(start)")
            return french.filter { table[$0] == nil }
        }
        #expect(try missing("extension Check {", in: EnglishChecks.names) == [])
        #expect(try missing("extension CheckNote {", in: EnglishChecks.notes) == [])
        #expect(try missing("extension CheckFact.Name {", in: EnglishChecks.labels) == [])
        let pairs = try block(words, from: "private static let words = [").matches(of: /"[^"]*": "([^"]*)"/)
        #expect(pairs.count > 15)
        for pair in pairs { #expect(EnglishChecks.states[String(pair.1)] != nil, "\(pair.1)") }
    }

    @Test func `why gives each figure its name, in English`() throws {
        #expect(
            EnglishChecks.words(
                "delta : valeur 4,2 ; antérieur 2,0 ; antérieur du 20/11/2026 07:00 ; écart 2,2 ; limite 1,0")
                == "delta: value 4,2; prior 2,0; prior of 20/11/2026 07:00; difference 2,2; limit 1,0")
        #expect(
            EnglishChecks.words("valeur critique à téléphoner – état connu, déjà téléphoné : connu 6,6 ; pas 0,5")
                == "critical value to be telephoned – known state, telephoned already: known 6,6; step 0,5")
        #expect(
            EnglishChecks.words("analyse prévue sur un autre tube : VERT ; VERT")
                == "analysis meant for another tube: VERT; VERT")
        #expect(
            EnglishChecks.words("cohérence entre analyses : valeur PSA = 5,00 ; le PSA libre dépasse le PSA total")
                == "consistency between analyses: value PSA = 5,00; \"le PSA libre dépasse le PSA total\"")
        // Words of a person stay hers.
        #expect(EnglishChecks.words("tube non conforme : caillot") == "nonconforming tube: \"caillot\"")
        #expect(EnglishChecks.words("contrôle de qualité") == "quality control")
        // Every sentence that the engine is known to say: nothing French outside of quotes, no figure lost.
        let golden = try source("../Tests/Golden/explanations.txt")
        let lines = golden.split(separator: "\n").filter { $0.first?.isNumber == true }
        #expect(lines.count > 60)
        let french = try Regex(
            #"[éèêàâùûîôç«»]|\b(valeur|borne|limite|antérieur|écart|indice|analyse|contrôle|aucun)\b"#)
        for line in lines {
            guard let dash = line.range(of: " – ") else { continue }
            let said = String(line[dash.upperBound...])
            let told = EnglishChecks.words(said)
            let bare = told.replacing(/"[^"]*"/, with: "")
            // The words of a rejected control are its own.
            if !line.contains("[CQ_REJET]") { #expect(!told.isEmpty && bare.firstMatch(of: french) == nil, "\(told)") }
            for figure in said.split(whereSeparator: { " ;:()".contains($0) }) where figure.first?.isNumber == true {
                #expect(told.contains(figure), "\(figure): \(told)")
            }
        }
    }

    /// `"rejet \(open.run) corrigé"`: a value for each hole.
    private func filled(_ literal: some StringProtocol) -> String {
        var out = "", rest = Substring(literal)
        while let hole = rest.range(of: "\\(") {
            out += rest[..<hole.lowerBound]
            rest = rest[hole.upperBound...]
            var depth = 1
            let end = rest.firstIndex { c in
                depth += c == "(" ? 1 : c == ")" ? -1 : 0
                return depth == 0
            }
            guard let end else { return out }
            let inside = rest[..<end]
            // A piece that may be empty stands close to what is before it.
            let isPiece = inside == "run" && out.last != " "
            out += isPiece ? "" : inside.contains("list(") ? "niveaux 1 et 2" : inside.contains("count") ? "12" : "X7"
            rest = rest[rest.index(after: end)...]
        }
        return out + rest
    }

    @Test func `every reason of the control of quality has its English, with all that it names`() throws {
        // Where the state of an analysis gets its words.
        let places = [
            ("Quality/ControlState.swift", "func after(_ input: ControlInput"),
            ("Quality/ControlState.swift", "private func after(_ kind: ControlEventKind"),
            ("Quality/ControlState.swift", "private func afterNewLot"),
            ("Quality/ControlTimeline.swift", "private static let nothing ="),
            ("Quality/ControlTimeline.swift", "private func state(at now"),
            ("Quality/ControlTimeline.swift", "private func standing(\n"),
            ("Quality/ControlTimeline.swift", "private func exempted"),
            ("Quality/ControlTimeline.swift", "    var because: String {"),
            ("Quality/LevelBracket.swift", "func bracketed"), ("Quality/ControlApproval.swift", "func whileAwaiting"),
        ]
        var sentences = Set<String>()
        for (path, start) in places {
            let code = try source(path)
            let begin = try #require(code.range(of: start), "\(path): \(start)")
            let end = code.range(of: "\n    }", range: begin.upperBound..<code.endIndex)?.lowerBound ?? code.endIndex
            let line = start.contains("static let") ? code[begin.upperBound...].prefix { $0 != "\n" } : nil
            let found = texts(line ?? code[begin.upperBound..<end]).filter { $0.contains(" ") }
            #expect(!found.isEmpty, "\(path): \(start)")
            sentences.formUnion(found.map(filled))
        }
        #expect(sentences.count >= 15, "\(sentences)")
        let french = try Regex(#"[éèêàâùûîôç]|\b(depuis|contrôle|rejet|attendu|niveau|niveaux|dernier|aucun|par)\b"#)
        for sentence in sentences {
            // Pieces that go behind another sentence.
            let pieces = [" ; ", " ("]
            let whole =
                pieces.contains { sentence.hasPrefix($0) }
                ? (sentence.hasPrefix(" (n")
                    ? "rejet X1 corrigé : un contrôle conforme est attendu" : "contrôle X1 rejeté")
                    + sentence : sentence
            let said =
                sentence.hasPrefix(" (dernier")
                ? "la valeur n'est pas encadrée : niveau 1 sans contrôle conforme" + sentence
                : whole
            let told = EnglishControls.words(said)
            #expect(told != nil && told?.firstMatch(of: french) == nil, "\(said): \(told ?? "–")")
            for name in ["X7", "12", "X1"] where said.contains(name) {
                #expect(told?.contains(name) == true, "\(said)")
            }
        }
        #expect(
            EnglishControls.words("contrôle C1 rejeté ; encore attendu : niveaux 1 et 2")
                == "control C1 rejected; still awaited: levels 1 and 2")
        #expect(
            EnglishControls.words("nouveau lot de contrôle depuis le dernier contrôle ; attendu : niveau 2")
                == "new lot of control since the last control; awaited: level 2")
        #expect(EnglishControls.words("confirmé par anne : revu avec N1") == "confirmed by anne: \"revu avec N1\"")
        // What a person wrote stays.
        #expect(
            EnglishControls.words("dispensé de contrôle par anne : panne du niveau 1 ; reprise lundi")
                == "exempted from control by anne: \"panne du niveau 1 ; reprise lundi\"")
        #expect(
            Language.english.reason(.qualityControlRejected, "contrôle C1 rejeté")
                == "the control is rejected: control C1 rejected")
        var manner = Manner()
        manner.language = .english
        let row = QualityRow(
            analyzer: "cobas", analysis: "K", state: "REJET",
            because: "rejet C1 corrigé : un contrôle conforme est attendu")
        #expect(
            Morning.bench(manner: manner).because(of: row) == "rejection C1 corrected: a conforming control is awaited")
    }

    @Test func `an unknown key is named in English too`() {
        let refusal = #expect(throws: Refusal.self) { try Keymap(text: "valider = hyperspace") }
        #expect(
            refusal.map { Language.english.sentence($0) }?.contains("there is no key \"hyperspace\"") == true,
            "\(String(describing: refusal))")
    }

    @Test func `a hold in English keeps the figures that it was found with`() {
        let delta = "delta : valeur 4,2 ; antérieur 2,0 ; écart 2,2 ; écart absolu ; limite 1,0"
        #expect(
            Language.english.reason(.delta, delta)
                == "changed more than expected since the earlier value: "
                + "value 4,2; prior 2,0; difference 2,2; absolute difference; limit 1,0")
        #expect(Language.french.reason(.delta, delta) == delta)
        var manner = Manner()
        manner.language = .english
        let call = Hold(.criticalCall, "valeur critique à téléphoner : valeur 6,6 ; borne basse 2,5 ; borne haute 6,5")
        let reason = Morning.bench(manner: manner).reason(of: call)
        #expect(reason.hasSuffix(": value 6,6; low limit 2,5; high limit 6,5"), "\(reason)")
        var bench = SignMorning.bench(manner: manner)
        _ = bench.receive(
            .why(
                title: "K 6,6", holds: [call],
                judged: WhySheet(
                    at: bench.now, engine: 1, catalogue: "c", rules: "r",
                    checks: [
                        WhySheet.Check(
                            step: 11, rule: "criticalCall@1", outcome: .yes, code: "CRITIQUE_APPEL", seen: call.reason)
                    ])), at: bench.now)
        let shown = bench.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(shown.contains("value 6,6;") && shown.contains("high limit 6,5"), "\(bench.text)")
    }

    @Test func `what the commands refuse, offer and title is in the files of the languages`() throws {
        let folder = Self.sources.appendingPathComponent("paillasse")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("Bio") || $0 == "ScreenOptions.swift" }
        #expect(names.count > 7)
        var codes = Set<String>()
        let spoken =
            /(?:ValidationError\(|Refusal\.usage\(|ArgumentHelp\(|(?:help|abstract|discussion|empty): |Table\()\s*"[^"]/
        for name in names {
            let code = try source("paillasse/" + name)
            #expect(code.firstMatch(of: spoken) == nil, "\(name): \(code.firstMatch(of: spoken)?.0 ?? "")")
            for match in code.matches(of: /Refusal\(\s*"([a-z.]+)"/) { codes.insert(String(match.1)) }
        }
        for path in ["Console/Keymap.swift", "Console/SignOff/SignKeymap.swift", "Console/KeyNames.swift"] {
            for match in try source(path).matches(of: /Refusal\(\s*"([a-z.]+)"/) { codes.insert(String(match.1)) }
        }
        #expect(codes.isSuperset(of: ["cli.theme", "cli.keys", "keys.line", "keys.key", "bio.unsigned"]))
        for code in codes { #expect(EnglishTold.refusals[code] != nil, "\(code)") }
        // Nor what stands for a value in a usage line: figures and codes are of no language.
        let place = /valueName:\s*"([^"]*)"/
        for name in names + ["Connection.swift"] {
            for match in try source("paillasse/" + name).matches(of: place) {
                #expect(["n", "code", "url", "123", "2y", "1,5"].contains(String(match.1)), "\(name): \(match.1)")
            }
        }
        let theme = Refusal(
            "cli.theme", at: "zz", because: "ce thème n'existe pas", remedy: "choisir parmi : sombre, clair")
        #expect(
            Language.english.sentence(theme) == "[cli.theme] zz: there is no such theme. choose one of: sombre, clair.")
    }
}

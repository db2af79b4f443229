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
        let theme = Refusal(
            "cli.theme", at: "zz", because: "ce thème n'existe pas", remedy: "choisir parmi : sombre, clair")
        #expect(
            Language.english.sentence(theme) == "[cli.theme] zz: there is no such theme. choose one of: sombre, clair.")
    }
}

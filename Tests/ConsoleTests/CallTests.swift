import Base
import Console
import Laboratory
import Testing

/// Critical values: who must be told, how it is found, and what is taken for a call.
@Suite struct `A critical call` {
    private static let due = Morning.ago(-18)
    private static func bench(width: Int = 120, height: Int = 36) -> Workbench {
        var bench = Morning.bench(width: width, height: height)
        let call = CallRow(
            id: "a2", due: due, isOverdue: false, contact: "Dr TREGUER", request: "D0412", patient: "MARTIN Léa",
            told: "K 6,4 mmol/L")
        _ = bench.receive(.loaded(.calls([call])), at: bench.now)
        return bench
    }

    @Test(arguments: ["pas de reponse", "injoignable", "6,8", "4", "n"])
    func `is noted only with an answer of those offered`(said: String) {
        var bench = Self.bench()
        bench.type(.tab, .down)
        bench.type("a")
        for text in ["Mme Kerbrat", "infirmière", "0298111111", "6,4", said == "n" ? "peut-être" : said] {
            bench.type(text)
            bench.type(.enter)
        }
        #expect(bench.sentDeeds.isEmpty && bench.text.contains("choisir dans la liste"), "\(bench.text)")
        bench.type(.control("u"))
        bench.type(said == "n" ? "pers" : "3")
        bench.type(.enter)
        bench.type(.enter)
        #expect(
            bench.sentDeeds == [
                .call(
                    id: "a2", person: "Mme Kerbrat", role: "infirmière", number: "0298111111", value: "6,4",
                    readBack: false, reached: false)
            ])
    }

    @Test(arguments: [("pas de reponse", false), ("6,8", false), ("", false), ("non", true), ("2", true)])
    func `of the biologist is read back or not, nothing else`(said: String, isTaken: Bool) {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        bench.type("a")
        for text in ["Dr TREGUER", "prescripteur", "0298000000", "6,4"] {
            bench.type(text)
            bench.type(.enter)
        }
        bench.type(said)
        let deeds = SignBench.deeds(bench.type(.enter))
        guard isTaken else {
            #expect(deeds.isEmpty && bench.text.contains("répondre oui ou non"), "\(bench.text)")
            return
        }
        #expect(
            deeds == [
                .call(
                    request: "261122-0412", id: "261122-0412K", person: "Dr TREGUER", role: "prescripteur",
                    number: "0298000000", value: "6,4", readBack: false, reached: true)
            ])
    }

    @Test func `that a signed file waits for is in the list, with its time, and is made from there`() {
        var bench = Self.bench()
        let before = bench.count(of: .calls)
        let late = CallRow(
            id: "z9", due: Morning.ago(-5), isOverdue: false, contact: nil, request: "D0900", patient: "GUEN Yves",
            told: "K 6,9 mmol/L")
        _ = bench.receive(.loaded(.calls(bench.house.calls + [late])), at: bench.now)
        #expect(bench.count(of: .calls) == before + 1)
        bench.type(":")
        bench.type("liste critiques")
        #expect(bench.type(.enter).contains(.open("D0900")), "the most urgent is first")
        #expect(bench.text.contains("GUEN Yves") && bench.text.contains("avant 14:37"), "\(bench.text)")
        var line = Morning.line("z9", "261122000900", "GUEN Yves", "K", "6,9", flags: [.high, .criticallyHigh])
        line.request = "D0900"
        line.state = .signed
        var file = Morning.file(of: "261122000900", lines: [line])
        file.number = "D0900"
        _ = bench.receive(.file(file), at: bench.now)
        bench.type("a")
        #expect(bench.text.contains("Appel : K 6,9 mmol/L de GUEN Yves"), "\(bench.text)")
    }

    @Test func `is found from the row of its tube, whatever result the cursor is on`() {
        var bench = Self.bench()
        #expect(bench.currentResult?.analysis == "NA" && bench.possible.contains(.call))
        bench.type("a")
        #expect(bench.text.contains("Appel : K 6,4 mmol/L de MARTIN Léa") && bench.currentResult?.analysis == "K")
    }

    @Test func `is said with the line of its tube where it is read aloud`() throws {
        var plain = Plain(manner: Manner(), at: Morning.now)
        let call = CallRow(id: "a2", due: Self.due, isOverdue: false, contact: nil)
        let events: [Event] = [
            .who(person: "T", login: "t", site: "BREST", Morning.technician), .online,
            .loaded(.worklist(Morning.lines)), .loaded(.calls([call])), .file(Morning.file(of: "261122000412")),
        ]
        for event in events { _ = plain.receive(event, at: Morning.now) }
        let heard = plain.typed(":liste critiques", at: Morning.now).lines
        let row = try #require(heard.last { $0.contains("MARTIN Léa") }, "\(heard)")
        #expect(
            row.contains("NA Sodium") && row.contains("CRIT : K 6,4 mmol/L") && row.contains("à dire avant"), "\(row)")
    }

    @Test func `counts what the list of controls shows, absent ones too`() {
        var bench = Morning.bench()
        let rows = ["REJET", "ECHU", "NON_CONTROLE", "CONFORME"].enumerated().map {
            QualityRow(analyzer: "x", analysis: "A\($0.offset)", state: $0.element)
        }
        _ = bench.receive(.loaded(.quality(rows)), at: bench.now)
        #expect(bench.count(of: .quality) == 3 && bench.house.controlCounts.absent == 1)
    }

    @Test func `versions are the last two signed when nothing is to be signed`() {
        var bench = SignMorning.bench()
        var found = SignMorning.versions
        found.after = 2
        bench.type("d")
        _ = bench.receive(.versions(found), at: bench.now)
        #expect(bench.text.contains("VERSION 1") && bench.text.contains("VERSION 2"), "\(bench.text)")
        #expect(!bench.text.contains("À SIGNER"))
    }

    @Test func `an empty LC_ALL is not set`() {
        #expect(Language(variables: ["LC_ALL": "", "LANG": "en_US.UTF-8"]) == .english)
        #expect(Language(variables: ["LC_ALL": "fr_FR.UTF-8", "LANG": "en_US.UTF-8"]) == .french)
        #expect(Language(variables: [:]) == .french)
    }

    @Test func `a code typed where the number of a batch is asked is not shown`() {
        var bench = SignMorning.bench()
        bench.type("S")
        for _ in 0..<20 {
            if case .question = bench.mode { break }
            for case .open(let number, let draft) in bench.type(.enter) {
                _ = bench.receive(.sheet(SignMorning.sheet(number, draft: draft)), at: bench.now)
            }
        }
        bench.type("3")
        #expect(bench.type(.enter) == [.bell])
        #expect(bench.text.contains("ce n'est pas le nombre de dossiers"), "\(bench.text)")
        bench.type("241703")
        #expect(!bench.text.contains("24") && !bench.text.contains("17"), "\(bench.text)")
        #expect(bench.type(.enter) == [.bell])
    }
}

import Base
import Console
import Laboratory
import Testing

@Suite struct `A batch before its code` {
    private let glyph = Refusal(
        "printing.glyph", at: "patient", because: "un caractère ne peut être montré", remedy: "l'écrire autrement")
    private let numbers = ["261122-0375", "261122-0377"]
    private var picks: [SignPick] { numbers.map { SignPick(number: $0, contentHash: "hash-" + $0) } }
    private func refused(_ numbers: [String]) -> [(number: String, refusal: Refusal)] {
        numbers.map { ($0, glyph) }
    }

    /// A batch of which everything was read, at the form that asks for its number and the code.
    private func atCode() -> SignBench {
        var bench = SignMorning.bench(width: 100, height: 36)
        bench.type("S")
        for effect in bench.type(.enter) {
            if case .open(let number, _) = effect {
                _ = bench.receive(.sheet(SignMorning.sheet(number, isCritical: false)), at: bench.now)
            }
        }
        bench.type(.enter)
        return bench
    }

    @Test func `is looked at while it is read, and says that it is`() {
        var bench = SignMorning.bench(width: 100, height: 36)
        #expect(bench.type("S") == [.checkLot(picks)])
        #expect(bench.text.contains("vérification que chacun peut être signé…"), "\(bench.text)")
        #expect(bench.receive(.lotChecked(picks, refused: []), at: bench.now).isEmpty)
        #expect(bench.text.contains("vérifié : chacun peut être signé"), "\(bench.text)")
    }

    @Test func `what cannot be signed leaves it with its cause, and the number to confirm is of the rest`() {
        var bench = SignMorning.bench(width: 100, height: 36)
        bench.type("S")
        #expect(bench.receive(.lotChecked(picks, refused: refused(["261122-0377"])), at: bench.now) == [.bell])
        for words in [
            "1 dossiers que rien n'arrête", "1 dossier(s) ne peuvent être signés", "261122-0377",
            "un caractère ne peut être montré",
        ] { #expect(bench.text.contains(words), "\(words)\n\(bench.text)") }
        // An answer about another batch is none about this one.
        #expect(bench.receive(.lotChecked([picks[0]], refused: refused(numbers)), at: bench.now).isEmpty)
        guard case .lot(let left, _, _) = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(left.map(\.number) == ["261122-0375"])
    }

    @Test func `an answer that comes at the form asks for the new number, and takes no code typed for the old one`() {
        var bench = atCode()
        bench.type("2")
        bench.type(.enter)
        bench.type("2417")
        #expect(bench.receive(.lotChecked(picks, refused: refused(["261122-0375"])), at: bench.now) == [.bell])
        guard case .question(let question) = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(question.at == 0 && question.parts[0].expected == "1")
        #expect(question.parts.allSatisfy { $0.field.text.isEmpty })
        #expect(bench.text.contains("1 dossier(s) ne peuvent être signés"), "\(bench.text)")
        bench.type("1")
        bench.type(.enter)
        bench.type("241703")
        guard case .lot(let signed, _) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(signed.map(\.number) == ["261122-0377"])
    }

    @Test func `nothing that is being typed is lost when all can be signed`() {
        var bench = atCode()
        bench.type("2")
        bench.type(.enter)
        bench.type("2417")
        _ = bench.receive(.lotChecked(picks, refused: []), at: bench.now)
        bench.type("03")
        guard case .lot(let signed, let pin) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(signed == picks && pin == "241703")
    }

    @Test func `no code is asked for when none of it can be signed, or the list is another`() {
        for event in [
            SignEvent.lotChecked(picks, refused: refused(numbers)),
            .lotUnsignable(picks, Refusal("sign.confirm", because: "1 dossiers seraient signés", remedy: "relire")),
        ] {
            for before in [SignMorning.bench(width: 100, height: 36), atCode()] {
                var bench = before
                if bench.mode == .browse { bench.type("S") }
                let effects = bench.receive(event, at: bench.now)
                #expect(bench.mode == .browse && effects.first == .bell, "\(bench.text)")
                #expect(bench.text.contains("[printing.glyph]") || bench.text.contains("[sign.confirm]"))
                // Digits of the code that are on their way are nothing else.
                bench.type("2417", every: .milliseconds(100))
                #expect(bench.mode == .browse && !bench.text.contains("2417"), "\(bench.text)")
            }
        }
    }
}

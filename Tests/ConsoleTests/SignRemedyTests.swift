import Base
import Console
import Laboratory
import Testing

/// A reason to hold stands with its one-key remedy (UX section 4): the key acts on the analysis that it stands beside,
/// not on the line where the cursor happens to be.
@Suite struct `The remedy of a reason` {
    private static let number = "261122-0412"
    /// Read as it opens: the cursor is on NA, the reasons are of K.
    private func bench() -> SignBench {
        var bench = SignMorning.bench(width: 200, height: 60)
        bench.type(.enter)
        return bench
    }
    private func asked(_ bench: SignBench) -> SignQuestion.Purpose? {
        if case .question(let question) = bench.mode { question.purpose } else { nil }
    }

    @Test func `is of its analysis in a file that has just opened`() {
        var bench = bench()
        #expect(bench.currentLine?.line.analysis == "NA")
        #expect(bench.text.contains("(K) [a appeler]") && bench.text.contains("(K) [X rejeter]"), "\(bench.text)")
        bench.type("a")
        #expect(asked(bench) == .call(request: Self.number, id: Self.number + "K"), "\(bench.text)")
        bench = self.bench()
        bench.type("X")
        #expect(asked(bench) == .reject(request: Self.number, id: Self.number + "K"), "\(bench.text)")
        // The line is seen, and the menu does the same.
        bench.type(.escape)
        #expect(bench.currentLine?.line.analysis == "K")
        bench = self.bench()
        #expect(bench.possible.contains(.call))
        bench.type("x")
        bench.type("a")
        #expect(asked(bench) == .call(request: Self.number, id: Self.number + "K"))
    }

    @Test func `says its line once the person chose another one, whose keys are its own`() {
        var bench = bench()
        bench.type(.down, .down)
        #expect(bench.currentLine?.line.analysis == "CL")
        #expect(bench.text.contains("(K) [sur K : X rejeter]"), "\(bench.text)")
        bench.type("X")
        #expect(asked(bench) == .reject(request: Self.number, id: Self.number + "CL"), "\(bench.text)")
        bench.type(.escape)
        #expect(bench.type("p") == [.why(Self.number + "CL")])
        // Nothing else can be meant by a call.
        #expect(bench.text.contains("(K) [a appeler]"))
        bench.type("a")
        #expect(asked(bench) == .call(request: Self.number, id: Self.number + "K"))
        // Back on its line, the key is there again.
        bench.type(.escape)
        #expect(bench.currentLine?.line.analysis == "K" && bench.text.contains("(K) [X rejeter]"), "\(bench.text)")
    }

    @Test func `of another file begins with what stands beside its reasons again`() {
        var bench = bench()
        bench.type(.down, .down)
        bench.type(.escape)
        bench.type(.down)
        bench.type(.up)
        bench.type(.enter)
        bench.type("X")
        #expect(asked(bench) == .reject(request: Self.number, id: Self.number + "K"), "\(bench.text)")
    }

    @Test func `of a call is that of the line, where several are to be made`() {
        var sheet = SignMorning.sheet(Self.number)
        sheet.lines.append(
            SignMorning.line(
                "CA", "3.6", "mmol/L", ("2.2", "2.6"), flags: [.high, .criticallyHigh],
                holds: [Hold(.criticalCall, "valeur à téléphoner : au-delà de 3,5")], isCallOpen: true,
                number: Self.number))
        var bench = SignMorning.bench(width: 200, height: 60, sheet: sheet)
        bench.type(.enter)
        bench.type("a")
        #expect(asked(bench) == .call(request: Self.number, id: Self.number + "K"))
        bench.type(.escape)
        bench.type(.down, .down)
        bench.type("a")
        #expect(asked(bench) == .call(request: Self.number, id: Self.number + "CA"))
    }
}

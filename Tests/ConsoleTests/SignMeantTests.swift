import Base
import Console
import Laboratory
import Testing

@Suite struct `What a key of the biologist means` {
    private func scan(_ bench: inout SignBench, _ code: String, typed: Int = 0) -> [SignEffect] {
        bench.receive(.input(.scan(code, typed: typed)), at: bench.now.advanced(by: .seconds(2)))
    }

    @Test func `the page of a reason is of the file before the eyes, and names it`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type(.enter)
        guard case .why(let id) = bench.type("p").first else {
            Testing.Issue.record("nothing was asked")
            return
        }
        var there = bench
        _ = there.receive(.why(title: "NA 139", holds: [], judged: nil, of: id), at: there.now)
        #expect(there.text.contains("NA 139 · 261122-0412 MARTIN Léa"), "\(there.text)")
        // Gone on to the next file before the answer.
        bench.type("n")
        _ = bench.receive(.sheet(SignMorning.sheet("261122-0398", isCritical: false)), at: bench.now)
        _ = bench.receive(.why(title: "NA 139", holds: [], judged: nil, of: id), at: bench.now)
        #expect(bench.mode == .browse, "\(bench.text)")
    }

    @Test func `a file that is looked for is said to be, and how many keys wait for it`() {
        var bench = SignMorning.bench()
        _ = scan(&bench, "26112300121")
        #expect(bench.text.contains("lu : 26112300121"), "\(bench.text)")
        bench.type("j")
        bench.type("j")
        #expect(bench.text.contains("2 touche(s) en attente"), "\(bench.text)")
    }

    @Test func `digits that opened nothing keep the file that stayed from being signed by the next keys`() {
        for whole in [true, false] {
            var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
            if whole {
                _ = scan(&bench, "471147")
            } else {
                bench.type("471147")
                bench.type(.enter)
            }
            #expect(bench.text.contains("que rien ne demande"), "\(bench.text)")
            #expect(bench.type("s") == [.bell] && bench.mode == .browse, "\(bench.text)")
            #expect(bench.text.contains("ce numéro n'est pas ouvert"), "\(bench.text)")
            bench.type(.escape)
            bench.type("s")
            #expect(bench.text.contains("Signer 261122-0412"), "\(bench.text)")
        }
    }
}

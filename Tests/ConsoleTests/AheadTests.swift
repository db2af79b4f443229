import Base
import Console
import Laboratory
import Testing

/// What is typed after a label is meant for the tube of the label, however slow the answer (UX section 2: keys typed
/// ahead are kept; section 3: a scan opens its tube).
@Suite struct `Keys typed between a label and its tube` {
    static let other = "261122000377"
    private func deeds(_ effects: [Effect]) -> [Deed] {
        effects.compactMap { if case .send(_, let deed) = $0 { deed } else { nil } }
    }
    private func scan(_ bench: inout Workbench, _ code: String, typed: Int = 0) -> [Effect] {
        bench.receive(.input(.scan(code, typed: typed)), at: bench.now.advanced(by: .milliseconds(40)))
    }
    private func found(_ bench: inout Workbench, _ accession: String) -> [Effect] {
        bench.receive(.found(Morning.file(of: accession), accession: accession, asked: accession), at: bench.now)
    }

    @Test func `a value typed before the tube is there goes into that tube, whole`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        #expect(scan(&bench, Self.other).contains(.find(Self.other)))
        let early = bench.type("4,4") + bench.type(.enter)
        #expect(early.isEmpty && bench.sent.isEmpty && bench.drafts.isEmpty, "nothing goes to the tube before")
        let effects = found(&bench, Self.other)
        #expect(deeds(effects).allSatisfy { if case .enter("D0377", _, _, _) = $0 { true } else { false } })
        #expect(bench.drafts.allSatisfy { $0.request == "D0377" })
        #expect(bench.text.contains("D0377 PETIT Zoé") && bench.text.contains("4,4"), "\(bench.text)")
        // Cut in two by the answer: one value, in the second tube.
        var cut = Morning.bench()
        cut.type(.tab, .down, .down, .down)
        _ = scan(&cut, Self.other)
        cut.type("1")
        _ = found(&cut, Self.other)
        cut.type("4,2")
        guard case .entry(let entry) = cut.face.mode else {
            Testing.Issue.record("\(cut.text)")
            return
        }
        #expect(entry.field.text == "14,2" && entry.request == "D0377")
        #expect(cut.drafts.allSatisfy { $0.request == "D0377" })
    }

    @Test func `no key validates, rejects or calls for the tube before`() {
        for key in ["v", "V", "X", "a", "e", "z"] {
            var bench = Morning.bench()
            bench.type(.tab)
            _ = scan(&bench, Self.other)
            #expect(bench.type(key).isEmpty && bench.sent.isEmpty, "\(key)")
            for deed in deeds(found(&bench, Self.other)) {
                if case .validate(let request, _, _) = deed { #expect(request == "D0377", "\(key)") }
            }
            #expect(!bench.text.contains("MARTIN Léa 261122000412 :"), "\(key)")
        }
        // A command that looks for a tube is the same.
        var bench = Morning.bench()
        bench.type(":")
        bench.type("tube 261122000377")
        #expect(bench.type(.enter) == [.find(Self.other)])
        #expect(bench.type("V").isEmpty && bench.sent.isEmpty)
    }

    @Test func `tubes read one after the other, each with its value, keep their order`() {
        var bench = Morning.bench()
        _ = scan(&bench, Self.other)
        bench.type("5,1")
        bench.type(.enter)
        // The second label came out as keys first.
        for digit in "26112" { bench.type(String(digit)) }
        #expect(scan(&bench, "261122000412", typed: 5).isEmpty, "not before the first is there")
        bench.type("v")
        let first = found(&bench, Self.other)
        #expect(first.contains(.find("261122000412")), "\(first)")
        #expect(deeds(first).allSatisfy { if case .enter("D0377", _, _, _) = $0 { true } else { false } })
        for deed in deeds(found(&bench, "261122000412")) {
            if case .validate(let request, _, _) = deed { #expect(request == "D0412") }
        }
        #expect(bench.text.contains("D0412 MARTIN Léa"), "\(bench.text)")
    }

    @Test func `what was typed for a tube that does not come is said to be gone, and written nowhere`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        _ = scan(&bench, "269999000001")
        bench.type("4,4")
        _ = bench.receive(.notFound("269999000001"), at: bench.now)
        #expect(bench.text.contains("n'est pas pris (3 touches)"), "\(bench.text)")
        #expect(bench.drafts.isEmpty && bench.sent.isEmpty && bench.face.mode == .browse)
        // The hand that goes on typing writes nothing into the tube before either.
        bench.type("4,2")
        #expect(bench.type(.enter) == [.bell] && bench.drafts.isEmpty && bench.sent.isEmpty, "\(bench.text)")
        bench.pause()
        #expect(bench.type("v") == [.bell] && bench.sent.isEmpty && bench.face.mode == .browse)
        #expect(bench.text.contains("l'écran reste sur MARTIN Léa 261122000412"), "\(bench.text)")
        // Whoever means it says so.
        bench.type(.up)
        bench.type("7")
        guard case .entry = bench.face.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        bench.type(.escape)
        // Escape gives up; the answer that comes late changes nothing.
        _ = scan(&bench, Self.other)
        bench.type(.escape)
        let before = bench.face.key
        #expect(found(&bench, Self.other).isEmpty && bench.face.key == before)
        // The line goes: nothing is kept for a tube that nobody saw.
        _ = scan(&bench, Self.other)
        bench.type("4")
        _ = bench.receive(.offline, at: bench.now)
        _ = bench.receive(.online, at: bench.now)
        #expect(bench.drafts.allSatisfy { $0.text == "7" } && bench.sent.isEmpty && bench.face.mode == .browse)
        // Offline a label opens nothing, and says so, with no key typed at all.
        _ = bench.receive(.offline, at: bench.now)
        _ = scan(&bench, Self.other)
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.text.contains("261122000377 n'est pas ouvert"), "\(bench.text)")
        bench.pause()
        #expect(bench.type("4") == [.bell] && bench.face.mode == .browse)
        _ = bench.receive(.online, at: bench.now)
        bench.type(.escape)
        bench.type("x")
        guard case .menu = bench.face.mode else {
            Testing.Issue.record("keys are still held\n\(bench.text)")
            return
        }
    }

    @Test func `the screen is locked at once, whatever is on its way`() {
        var bench = Morning.bench()
        _ = scan(&bench, Self.other)
        bench.type(.control("l"))
        #expect(bench.house.link == .locked)
        bench.type("secret")
        #expect(deeds(bench.type(.enter)) == [.unlock(secret: "secret")])
    }

    @Test func `the biologist's keys wait for the file that was asked for`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type(.enter)
        _ = bench.receive(.input(.scan("26112200377", typed: 0)), at: bench.now)
        bench.type("s")
        bench.type("241703")
        #expect(bench.mode == .browse && SignBench.deeds(bench.type(.enter)).isEmpty)
        let effects = bench.receive(.found(SignMorning.sheet("261122-0377", isCritical: false)), at: bench.now)
        #expect(bench.current == "261122-0377")
        for deed in SignBench.deeds(effects) {
            guard case .sign(let pick, _, _, _, _) = deed else { continue }
            #expect(pick.number == "261122-0377")
        }
        #expect(SignBench.deeds(effects).isEmpty, "nothing is signed before its question was on the screen")
        #expect(bench.text.contains("Signer 261122-0377") && bench.text.contains("******"), "\(bench.text)")
        #expect(SignBench.deeds(bench.type(.enter)).count == 1)
        // An answer about the file before opens no page over the one that was asked for.
        var page = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        page.type(.enter)
        page.type("p")
        _ = page.receive(.input(.scan("26112200377", typed: 0)), at: page.now)
        page.type("s")
        _ = page.receive(.why(title: "NA 139", holds: [], judged: nil), at: page.now)
        _ = page.receive(.versions(SignMorning.versions), at: page.now)
        #expect(page.mode == .browse)
        let wanted = SignMorning.sheet("261122-0377", isCritical: false)
        _ = page.receive(.found(wanted, asked: "26112200377"), at: page.now)
        #expect(page.text.contains("Signer 261122-0377"), "\(page.text)")
        // Not found: the code is neither shown nor used.
        var lost = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        lost.type("o")
        lost.type("261101-0007")
        #expect(lost.type(.enter) == [.find("261101-0007")])
        lost.type("s")
        lost.type("241703")
        let refusal = Refusal("request.unknown", at: "261101-0007", because: "demande introuvable", remedy: "")
        _ = lost.receive(.failed(refusal), at: lost.now)
        _ = lost.receive(.soughtGone("261101-0007"), at: lost.now)
        #expect(lost.text.contains("n'est pas pris (7 touches)") && !lost.text.contains("241703"), "\(lost.text)")
        #expect(lost.mode == .browse)
        // Given up, not found, and looked for another: the screen lives.
        var alive = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        _ = alive.receive(.input(.scan("26112399991", typed: 0)), at: alive.now)
        alive.type(.escape)
        _ = alive.receive(.failed(refusal), at: alive.now)
        _ = alive.receive(.soughtGone("26112399991"), at: alive.now)
        _ = alive.receive(.input(.scan("26112200377", typed: 0)), at: alive.now)
        let late = SignMorning.sheet("261122-0398", isCritical: false)
        _ = alive.receive(.found(late, asked: "26112399991"), at: alive.now)
        #expect(alive.current != "261122-0398", "nobody waits for it any more")
        let other = SignMorning.sheet("261122-0377", isCritical: false)
        _ = alive.receive(.found(other, asked: "26112200377"), at: alive.now)
        #expect(alive.current == "261122-0377" && alive.pane == 2)
        alive.type("x")
        guard case .menu = alive.mode else {
            Testing.Issue.record("the keys are dead\n\(alive.text)")
            return
        }
    }
}

@Suite struct `Values that two people wrote` {
    private func clash(_ bench: inout Workbench, _ id: Int, _ theirs: String) -> [Effect] {
        bench.receive(
            .refused(
                id,
                Refusal(
                    "enter.changed", at: "K", because: "quelqu'un d'autre a écrit ici entre-temps : \(theirs)",
                    remedy: "comparer les deux valeurs, puis choisir")), at: bench.now)
    }

    @Test func `each is asked, one after the other, with whose it is`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        let drafts = ["NA", "K"].map {
            Draft(request: "D0377", analysis: $0, text: "139", seen: "", at: bench.now, isAccepted: true)
        }
        _ = bench.receive(.offline, at: bench.now)
        _ = bench.receive(.drafts(drafts), at: bench.now)
        let back = bench.receive(.online, at: bench.now.advanced(by: .seconds(2)))
        let ids = back.compactMap { if case .send(let id, .enter) = $0 { id } else { nil } }.sorted()
        try #require(ids.count == 2)
        // Another tube stands under the cursor.
        #expect(bench.face.key == "261122000412")
        _ = clash(&bench, ids[0], "131 (lucie)")
        _ = clash(&bench, ids[1], "5,2 (lucie)")
        #expect(bench.text.contains("PETIT Zoé 261122000377 NA : deux valeurs"), "\(bench.text)")
        bench.pause()
        bench.type("g")
        #expect(bench.text.contains("PETIT Zoé 261122000377 K : deux valeurs"), "\(bench.text)")
        bench.pause()
        bench.type(.escape)
        #expect(bench.face.mode == .browse && bench.text.contains("PETIT Zoé 261122000377 K"), "\(bench.text)")
        #expect(bench.drafts.map(\.place) == ["D0377/K"] && bench.drafts[0].complaint != nil)
    }

    @Test func `who types is not interrupted, and asked when the hand rests`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down)
        bench.type("4,3")
        bench.type(.enter)
        bench.type("412")
        bench.type(.enter)
        let id = try #require(bench.sent.keys.first)
        bench.type(.down)
        bench.type("10")
        _ = clash(&bench, id, "4,4 (l.roux)")
        guard case .entry(let entry) = bench.face.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(entry.field.text == "10")
        bench.type(.escape)
        bench.pause()
        #expect(bench.text.contains("MARTIN Léa 261122000412 K : deux valeurs"), "\(bench.text)")
    }
}

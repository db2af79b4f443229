import Base
import Laboratory
import Rules
import Store
import Synchronization
import Testing
import Workflow

@Suite struct `What a biologist adds to a signature` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func sign(_ number: String, _ draft: SignDraft, partial: Bool = false) async throws -> Signature {
        let file = try await bench.desk.fileToSign(number, draft: draft)
        return try await bench.desk.sign(
            number, contentHash: file.contentHash, allowPartial: partial, draft: draft, by: Bench.biologist)
    }
    private func refusalOf(_ number: String, _ draft: SignDraft) async -> String? {
        await refusal { () throws(CommandFailure) in _ = try await bench.desk.fileToSign(number, draft: draft) }
    }

    @Test func `an analysis left out waits with the rest signed, and comes with the next version`() async throws {
        let made = try await bench.ready()
        let number = made.request.number
        let draft = SignDraft(except: ["K"])
        let file = try await bench.desk.fileToSign(number, draft: draft)
        #expect(file.observations.map(\.analysis) == ["NA"] && file.missing == ["K"])
        let refused = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(
                number, contentHash: file.contentHash, allowPartial: false, draft: draft, by: Bench.biologist)
        }
        #expect(refused == "sign.partial")
        let first = try await sign(number, draft, partial: true)
        #expect(!first.complete && first.observationIDs.count == 1)
        let waiting = try await bench.desk.awaitingSignature(site: "nord", limit: 9)
        #expect(waiting.map(\.fresh.count) == [1] && waiting.first?.isAmendment == false)
        let second = try await bench.sign(made)
        #expect(second.complete && second.version == 2 && second.amendment == nil)
        #expect(await refusalOf(number, SignDraft(except: ["GLU"])) == "sign.except.unknown")
        #expect(await refusalOf(number, draft) == "sign.except.signed")
    }

    @Test func `what is calculated from an analysis left out waits with it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CT", "TG", "HDL", "LDLC"])
        let tube = made.specimens[0].accession
        let values = [("CT", "5.00"), ("TG", "1.00"), ("HDL", "1.50")]
        try await bench.arrive(
            "m1", values.enumerated().map { Bench.result($1.0, $1.1, of: tube, ordinal: $0) })
        let codes = try await bench.observations(made).map(\.analysis)
        try #require(codes.contains("LDLC"), "\(codes)")
        try await bench.validate(codes, of: made)
        let file = try await bench.desk.fileToSign(made.request.number, draft: SignDraft(except: ["TG"]))
        #expect(!file.observations.contains { $0.analysis == "TG" || $0.analysis == "LDLC" })
        #expect(file.observations.contains { $0.analysis == "CT" })
    }

    @Test func `a coded comment and words are signed with the results, at their place, and stay with version two`()
        async throws
    {
        let made = try await bench.ready()
        let number = made.request.number
        let bare = try await bench.desk.fileToSign(number)
        let draft = SignDraft(except: ["K"], comments: ["HEMO1"], note: "Vu avec le clinicien.")
        let file = try await bench.desk.fileToSign(number, draft: draft)
        #expect(file.contentHash != bare.contentHash)
        #expect(file.words.conclusions.map(\.title) == ["Commentaire", "Commentaire"])
        let first = try await sign(number, draft, partial: true)
        let report = try await bench.desk.signedReport(of: first)
        #expect(report.content.supplements.conclusions.first?.text.hasPrefix("Échantillon hémolysé") == true)
        #expect(report.content.supplements.conclusions.last?.text == "Vu avec le clinicien.")
        let second = try await bench.sign(made)
        #expect(second.words?.conclusions.count == 2)
        #expect(await refusalOf(number, SignDraft(comments: ["ABSENT"])) == "sign.comment.unknown")
        // A comment of a section that the report does not have would be lost.
        #expect(await refusalOf(number, SignDraft(comments: ["AVK"])) == "sign.comment.place")
    }

    @Test func `a changed result is replaced only with a reason, which the report says`() async throws {
        let made = try await bench.ready()
        let number = made.request.number
        try await bench.sign(made)
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.sign(
                    number, contentHash: "", allowPartial: false,
                    draft: SignDraft(amendment: Amendment(.result)), by: Bench.biologist)
            } == "amend.nothing")
        try await bench.arrive("m2", [Bench.result("K", "4.9", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        let file = try await bench.desk.fileToSign(number)
        #expect(file.isAmendment && file.lane != .proposable)
        let plain = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(
                number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
        }
        #expect(plain == "sign.amendment")
        #expect(await refusalOf(number, SignDraft(amendment: Amendment(.other))) == "amend.words")
        let made2 = try await sign(number, SignDraft(amendment: Amendment(.specimen, words: "tube échangé")))
        #expect(made2.version == 2 && made2.amendment?.reason == .specimen)
        #expect(try await bench.trail.last?.action == "bio.amend")
        let report = try await bench.desk.signedReport(of: made2)
        let told = try #require(report.content.supplements.conclusions.first)
        #expect(told.title == "Rectification")
        #expect(told.text == "Motif de la rectification : erreur de prélèvement : tube échangé.")
    }

    @Test func `an identity corrected after the signature is amended, though no result changes`() async throws {
        let made = try await bench.ready()
        let number = made.request.number
        let first = try await bench.sign(made)
        _ = try await bench.desk.updatePatient(made.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        let stale = await refusal { () throws(CommandFailure) in _ = try await bench.desk.signedReport(of: first) }
        #expect(stale == "report.changed")
        #expect(try await bench.desk.fileToSign(number).isAmendment)
        let second = try await sign(number, SignDraft(amendment: Amendment(.identity)))
        let report = try await bench.desk.signedReport(of: second)
        #expect(report.content.patient.traits.birthName == "AUTRE" && report.replacedOID != nil)
    }

    private func waiting() async throws -> [FileToSign] {
        try await bench.desk.awaitingSignature(site: "nord", limit: 9)
    }

    @Test func `a signed file comes back with what changed in words, and leaves when signed again`() async throws {
        let made = try await bench.ready()
        let tube = made.specimens[0].accession
        let other = try await bench.ready("VOISIN")
        for one in [made, other] { try await bench.sign(one) }
        #expect(try await waiting().isEmpty)
        _ = try await bench.desk.updatePatient(made.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        let back = try #require(try await waiting().first)
        #expect(try await waiting().count == 1 && back.request.id == made.request.id)
        #expect(back.isAmendment && back.lane == .held && back.fresh.isEmpty)
        #expect(back.changes.map(\.frenchText) == ["nom de naissance : ESSAI → AUTRE"], "\(back.changes)")
        #expect(
            back.obstacles.map(\.frenchText).prefix(2) == ["rectifie la version 1", "nom de naissance : ESSAI → AUTRE"])
        // Put right again, it says what was signed.
        _ = try await bench.desk.updatePatient(made.request.patientID, Bench.draft("ESSAI"), by: Bench.secretary)
        #expect(try await waiting().isEmpty)
        _ = try await bench.desk.receive(tube, collectedAt: nil, nonconformity: "hémolysé", by: Bench.technician)
        let spoilt = try #require(try await waiting().first)
        #expect(spoilt.changes == [SignedChange(.nonconformity, at: tube, after: "hémolysé")], "\(spoilt.changes)")
        _ = try await sign(made.request.number, SignDraft(amendment: Amendment(.specimen)))
        #expect(try await waiting().isEmpty)
        let sodium = try await bench.observation("NA", made)
        _ = try await bench.desk.reject(
            sodium.id, of: made.request.number, reason: "doute", by: Bench.technician)
        #expect(try await waiting().first?.changes == [SignedChange(.result, at: "NA", before: "140")])
    }

    @Test func `something attached after the signature brings the file back, alone and never by lot`() async throws {
        let made = try await bench.ready()
        try await bench.sign(made)
        var part = ReportSupplements()
        part.conclusions = [ReportSupplements.Conclusion(text: "Avis du réanimateur.")]
        let entry = try await bench.desk.attachSupplement(part, to: made.request.number, by: Bench.technician)
        let back = try #require(try await waiting().first)
        #expect(back.lane == .held && !back.isAmendment && back.hasFreshSupplements)
        #expect(back.obstacles.map(\.frenchText) == ["joint : conclusion « Commentaire »"])
        let second = try await bench.sign(made)
        #expect(try await waiting().isEmpty && second.version == 2)
        _ = try await bench.desk.removeSupplement(
            entry.ordinal, of: made.request.number, reason: "autre patient", by: Bench.technician)
        #expect(
            try await waiting().first?.obstacles.map(\.frenchText)
                == ["pièce retirée : conclusion « Commentaire »"])
    }

    @Test func `what is left out stays in the file, to be taken back`() async throws {
        let made = try await bench.ready()
        let file = try await bench.desk.fileToSign(made.request.number, draft: SignDraft(except: ["K"]))
        #expect(file.left.map(\.analysis) == ["K"] && file.observations.map(\.analysis) == ["NA"])
        let nothing = try await bench.desk.fileToSign(made.request.number, draft: SignDraft(except: ["K", "NA"]))
        #expect(nothing.observations.isEmpty && Set(nothing.left.map(\.analysis)) == ["K", "NA"])
    }

    @Test func `a correction that crosses a limit is telephoned, one that does not is not`() async throws {
        let bench = try await Bench.withRules()
        for (later, name, calls) in [("4.4", "DEDANS", 0), ("3.3", "DEHORS", 1)] {
            let made = try await bench.ready(name)
            try await bench.sign(made)
            try await bench.arrive("c" + later, [Bench.result("K", later, of: made.specimens[0].accession)])
            try await bench.validate(["K"], of: made)
            let before = try await bench.desk.openCalls(site: "nord").count
            let file = try await bench.desk.fileToSign(
                made.request.number, draft: SignDraft(amendment: Amendment(.result)))
            let signature = try await bench.desk.sign(
                made.request.number, contentHash: file.contentHash, allowPartial: false, uncalled: "rappel en cours",
                draft: SignDraft(amendment: Amendment(.result)), by: Bench.biologist)
            let open = try await bench.desk.openCalls(site: "nord")
            #expect(open.count - before == calls, "\(later)")
            #expect(open.filter { signature.observationIDs.contains($0.observationID) }.count == calls)
        }
    }
}

@Suite struct `Signing by lot` {
    /// Two files that nothing stops.
    private func proposable() async throws -> (Bench, [RegisteredRequest]) {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        var made = [RegisteredRequest]()
        for name in ["UN", "DEUX"] { made.append(try await bench.ready(name)) }
        return (bench, made)
    }
    private func lot(_ bench: Bench) async throws -> [LotFile] {
        try await bench.desk.awaitingSignature(site: "nord", limit: 99).filter { $0.lane == .proposable }
            .map { LotFile(number: $0.request.number, contentHash: $0.contentHash) }
    }
    private func code(_ bench: Bench, _ files: [LotFile]) async -> String? {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.signLot(files, section: nil, by: Bench.biologist)
        }
    }

    @Test func `an identity in doubt, a namesake, a fictitious one are never in it, and may be signed alone`()
        async throws
    {
        for (attribute, words) in [
            (IdentityAttribute.doubtful, "identité douteuse"), (.homonym, "homonyme"),
            (.fictitious, "identité fictive"),
        ] {
            let (bench, made) = try await proposable()
            let files = try await lot(bench)
            try #require(files.count == 2)
            var doubt = Bench.draft("UN")
            doubt.attributes = [attribute]
            _ = try await bench.desk.updatePatient(made[0].request.patientID, doubt, by: Bench.secretary)
            // What was shown before the doubt came is not signed with it.
            #expect(await code(bench, files) == "sign.confirm")
            #expect(try await lot(bench).map(\.number) == [made[1].request.number])
            let shown = try await bench.desk.fileToSign(made[0].request.number)
            #expect(shown.lane == .held && shown.obstacles.map(\.frenchText) == [words])
            #expect(try await bench.sign(made[0]).version == 1)
        }
    }

    /// Reports that cannot be made, by the names of their patients, and how many were tried.
    private final class Press: Sendable {
        let jammed = Mutex<Set<String>>([])
        let tries = Mutex(0)
        func make(_ report: SignedReport) throws(CommandFailure) {
            tries.withLock { $0 += 1 }
            guard jammed.withLock({ $0.contains(report.content.patient.traits.birthName) }) else { return }
            throw .refused(
                Refusal("printing.glyph", at: "patient", because: "un caractère manque", remedy: "corriger"))
        }
    }

    @Test func `says before the code what of it could not be signed, and makes no report twice`() async throws {
        var (bench, made) = try await proposable()
        let press = Press()
        bench.desk.rehearsal = { report async throws(CommandFailure) in try press.make(report) }
        let files = try await lot(bench)
        press.jammed.withLock { $0 = ["DEUX"] }
        let refused = try await bench.desk.checkLot(files, section: nil, by: Bench.biologist)
        #expect(refused.map(\.number) == [made[1].request.number])
        #expect(refused.first?.refusal?.code == "printing.glyph" && refused.first?.signature == nil)
        #expect(press.tries.withLock { $0 } == 2)
        for one in made { #expect(try await bench.store.signatures(requestID: one.request.id).isEmpty) }
        // What is kept out on purpose is no list that shrank; all else is.
        let left = files.filter { $0.number != made[1].request.number }
        #expect(await code(bench, left) == "sign.confirm")
        let outcomes = try await bench.desk.signLot(
            left, section: nil, left: [made[1].request.number], by: Bench.biologist)
        #expect(outcomes.map { $0.signature?.version } == [1])
        #expect(press.tries.withLock { $0 } == 2, "the report was seen to be makeable a moment ago")
        // The other one, after its cause is gone: what was refused is tried again.
        press.jammed.withLock { $0 = [] }
        let rest = try await lot(bench)
        #expect(try await bench.desk.checkLot(rest, section: nil, by: Bench.biologist).isEmpty)
        bench.clock.advance(.seconds(3600))
        let later = try await bench.desk.signLot(rest, section: nil, by: Bench.biologist)
        #expect(later.map { $0.signature?.version } == [1])
        #expect(press.tries.withLock { $0 } == 4, "an hour later it is made again")
    }

    @Test func `a report that says something else than the one that was tried is tried again`() async throws {
        var (bench, made) = try await proposable()
        let press = Press()
        bench.desk.rehearsal = { report async throws(CommandFailure) in try press.make(report) }
        let number = made[0].request.number
        func hash(_ draft: SignDraft) async throws -> String {
            try await bench.desk.fileToSign(number, draft: draft).contentHash
        }
        func check(_ draft: SignDraft) async throws {
            try await bench.desk.checkSignature(
                number, contentHash: try await hash(draft), allowPartial: false, draft: draft, by: Bench.biologist)
        }
        try await check(SignDraft())
        let worded = SignDraft(note: "à suivre")
        _ = try await bench.desk.sign(
            number, contentHash: try await hash(worded), allowPartial: false, draft: worded, by: Bench.biologist)
        #expect(press.tries.withLock { $0 } == 2)
    }

    @Test func `signs the very files that stand, one transaction each, and says so in the trail`() async throws {
        let (bench, made) = try await proposable()
        let files = try await lot(bench)
        try #require(Set(files.map(\.number)) == Set(made.map(\.request.number)))
        #expect(await code(bench, Array(files.dropLast())) == "sign.confirm")
        #expect(await code(bench, files + files) == "sign.confirm")
        var changed = files
        changed[0].contentHash = "0"
        #expect(await code(bench, changed) == "sign.confirm")
        #expect(try await bench.store.signatures(requestID: made[0].request.id).isEmpty)
        let outcomes = try await bench.desk.signLot(files, section: nil, by: Bench.biologist)
        #expect(outcomes.map(\.number) == files.map(\.number) && outcomes.allSatisfy { $0.signature?.inLot == true })
        #expect(try await bench.trail.suffix(2).map(\.action) == ["bio.sign.lot", "bio.sign.lot"])
        #expect(try await bench.soundTrail())
        let day = bench.clock.now
        let figures = try await bench.desk.signOffFigures(
            from: day.advanced(by: .seconds(-3600)), before: day.advanced(by: .seconds(1)), login: nil,
            by: Bench.biologist)
        #expect(figures.signed == 2 && figures.inLot == 2 && figures.amendments == 0)
    }

    @Test func `never takes what is held, critical, incomplete or a correction`() async throws {
        let (bench, made) = try await proposable()
        func lane(_ made: RegisteredRequest) async throws -> SignLane {
            try await bench.desk.fileToSign(made.request.number).lane
        }
        #expect(try await lane(made[0]) == .proposable)
        // Free words wait for somebody to read them.
        let typed = try await bench.desk.enter(
            .measured(try #require(Measured("141")), unit: "mmol/L"), analysis: "NA", of: made[1].request.number,
            comment: "vu au microscope", by: Bench.technician)
        _ = try await bench.desk.validate(
            [typed.id], of: made[1].request.number, reason: "relu", by: Bench.technician)
        #expect(try await lane(made[1]) == .held)
        let obstacles = try await bench.desk.fileToSign(made[1].request.number).obstacles
            .map(\.frenchText)
        #expect(obstacles.contains("commentaire libre NA") && obstacles.contains { $0.hasPrefix("MODIF_MANUELLE") })
        let half = try await bench.received(["NA", "K"], name: "MOITIE")
        try await bench.arrive("half", [Bench.result("NA", "140", of: half.specimens[0].accession)])
        try await bench.validate(["NA"], of: half)
        #expect(try await lane(half) == .partial)
        let grave = try await bench.received(["NA", "K"], name: "GRAVE")
        let tube = grave.specimens[0].accession
        try await bench.arrive(
            "grave", [Bench.result("NA", "140", of: tube), Bench.result("K", "7.8", of: tube, ordinal: 1)])
        try await bench.validate(["NA", "K"], of: grave)
        #expect(try await lane(grave) == .critical)
        #expect(try await lot(bench).map(\.number) == [made[0].request.number])
        let hash = try await bench.desk.fileToSign(grave.request.number).contentHash
        let forced = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(
                grave.request.number, contentHash: hash, allowPartial: false, uncalled: "non", inLot: true,
                by: Bench.biologist)
        }
        #expect(forced == "sign.lot")
    }

    @Test func `counts the holds that were signed over, and those that had to be taken back`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.ready()
        try await bench.sign(made)
        try await bench.arrive("m2", [Bench.result("K", "4.9", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        try await bench.sign(made)
        let figures = try await bench.desk.signOffFigures(
            from: bench.clock.now.advanced(by: .seconds(-3600)), before: bench.clock.now.advanced(by: .seconds(1)),
            login: Bench.biologist.login, by: Bench.biologist)
        #expect(figures.signed == 2 && figures.amendments == 1)
        let control = try #require(figures.holds.first { $0.code == "CQ_ABSENT" })
        #expect(control.overridden == 3 && control.retracted == 1)
        let other = try await bench.desk.signOffFigures(
            from: bench.clock.now, before: bench.clock.now.advanced(by: .seconds(1)), login: "personne",
            by: Bench.biologist)
        #expect(other.signed == 0)
    }
}

import Base
import Client
import Exchange
import Foundation
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// What each destination holds now, and what the next version brings it, as people read it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `What each destination has` {
    static let doctor = "pascal.charles@medecin.mssante.fr"

    /// The line of a table that begins by these words, its cells joined by one space.
    private func line(_ words: String, in text: String) -> String? {
        squeezed(text).first { $0.contains(words) }
    }
    private func squeezed(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    }
    private func identify(_ road: Road, _ number: String, _ words: String...) async throws {
        let id = try await road.laboratory.desk.request(number).patientID
        let ran = try await road.tool.run(words: ["patient", "update", id] + words)
        try #require(ran.code == 0, "\(ran)")
    }
    private func amend(_ road: Road, _ number: String, _ reason: String) async throws -> String {
        road.laboratory.clock.advance(.seconds(60))
        let said = try await road.tool.atTerminal("bio amend \(number) --reason \(reason)")
        try #require(said.contains("signée par"), "\(said)")
        try await road.laboratory.dispatch.makeReports()
        try await road.send()
        return said
    }

    @Test func `one line a destination, whatever came before; --all shows the rest`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            try await road.done("report", "attach", number, "--conclusion", "À contrôler.", "--title", "Conclusion")
            try await road.sign(number)
            let shown = try await road.tool.run("report", "show", number).output
            #expect(shown.components(separatedBy: "\n").count { $0.contains(" DMP ") } == 1, "\(shown)")
            #expect(line(" DMP ", in: shown)?.hasPrefix("\(number) DMP 2 attendu") == true, "\(shown)")
            let all = try await road.tool.run("report", "show", number, "--all").output
            #expect(
                all.components(separatedBy: "\n").count { $0.contains(number) && $0.contains(" DMP ") } == 2, "\(all)")
            try await road.done("report", "withdraw", number, "--reason", "essai")
            try await road.send()
            let gone = try await road.tool.run("deliveries", "--request", number).output
            #expect(gone.contains("suppression attendue"), "\(gone)")
            #expect(
                line("\(number) DMP", in: gone)?.hasPrefix("\(number) DMP – suppression attendue") == true, "\(gone)")
        }
    }

    @Test func `after a change of INS the amendment says who loses what and who gets it, and that happens`()
        async throws
    {
        try await Road.open { road in
            let number = try await road.ready()
            let (first, second) = (Road.matricule(1979), "279035121519088")
            try await road.sign(number)
            let digits = Int64(second.prefix(13)) ?? 0
            let right = String(second.prefix(13)) + (97 - digits % 97 < 10 ? "0" : "") + String(97 - digits % 97)
            try await identify(road, number, "--ins", right)
            let said = try await amend(road, number, "ERREUR_IDENTITE")
            #expect(line("DMP (INS \(first))", in: said)?.contains("la suppression") == true, "\(said)")
            #expect(line("\(first)@patient", in: said)?.contains("la suppression") == true, "\(said)")
            #expect(!said.contains("le remplacement"), "\(said)")
            // The prescriber has the wrong report, and has not the right one yet.
            let toDoctor = squeezed(said).filter { $0.contains(Self.doctor) }
            let had = toDoctor.first { $0.contains("la suppression") }
            let gets = toDoctor.first { $0.contains("le compte rendu") }
            #expect(had?.contains("> 1 sans réponse") == true && gets?.contains("> – –") == true, "\(toDoctor)")
            let history = squeezed(try await road.tool.run("report", "history", number).output)
            func place(_ words: String) -> Int { history.firstIndex { $0.contains(words) } ?? -1 }
            let made = place("version 1 éditée"), signed = place("version 2 signée")
            #expect(made >= 0 && made < signed && signed < place("version 2 éditée"), "\(history)")
            let orders = try road.sent.map { "\($0.first("ORC", 1)) \($0.matricule ?? "")" }
            #expect(orders == ["NW \(first)", "CA \(first)", "NW \(right)"])
            let shown = try await road.tool.run("report", "show", number).output
            #expect(line("DMP (INS \(first))", in: shown)?.contains("– suppression attendue") == true, "\(shown)")
            #expect(line("DMP (INS \(right))", in: shown)?.contains(" 2 attendu") == true, "\(shown)")
            #expect(line("\(first)@patient", in: shown)?.contains("À PRÉVENIR") == true, "\(shown)")
            #expect(try await road.tool.run("deliveries", "--dead").output.contains("\(first)@patient.mssante.fr"))
        }
    }

    @Test func `what is refused for who it is, or withdrawn, is announced as it will be sent`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            let sent = try #require(
                try await road.laboratory.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            try await road.laboratory.desk.recordDelivery(
                .dmpRefused, sent, detail: "DMPClosed", author: "exchange")
            try await road.laboratory.desk.recordDelivery(
                .mailRefused, sent, detail: "\(Self.doctor) 422 boîte pleine", author: "exchange")
            // Who could not be reached is telephoned, which is kept and takes the line off what waits for a person.
            #expect(try await road.tool.run("deliveries", "--dead").output.contains(Self.doctor))
            try await road.done("deliveries", "told", number, Self.doctor, "--reason", "lu au téléphone")
            let called = try await road.tool.run("deliveries", "--request", number).output
            #expect(called.contains("prévenu autrement"), "\(called)")
            #expect(called.contains("422 boîte pleine – prévenu par"), "\(called)")
            let none = try await road.tool.run("deliveries", "told", number, "DMP2", "--reason", "essai")
            #expect(none.code != 0 && none.complaint.contains("n'attend d'être prévenu"), "\(none)")
            try await road.done("report", "attach", number, "--conclusion", "À contrôler.", "--title", "Conclusion")
            let pending = try await road.tool.run("bio", "diff", number).output
            #expect(line("DMP", in: pending)?.hasPrefix("DMP – refusé le compte rendu") == true, "\(pending)")
            #expect(line(Self.doctor, in: pending)?.contains("– prévenu autrement") == true, "\(pending)")
            try await road.sign(number)
            #expect(
                Set(try road.sent.dropFirst().map { "\($0.first("ORC", 1)) \($0.metadata("DESTDMP"))" })
                    == ["NW Y", "RO N"])
            // Withdrawn, and no longer qualified: nobody has anything, the DMP gets nothing.
            try await road.done("report", "withdraw", number, "--reason", "essai")
            try await road.send()
            try await identify(road, number, "--status", "PROV")
            let after = try await road.tool.run("bio", "diff", number).output
            #expect(!after.contains("le remplacement") && !after.contains("DMP – supprimé le"), "\(after)")
            #expect(line(Self.doctor, in: after)?.contains("le compte rendu") == true, "\(after)")
            #expect(line("DMP", in: after)?.contains("rien : identité non qualifiée") == true, "\(after)")
        }
    }

    /// A message to the DMP, `after` seconds.
    private func sent(
        _ version: Int, _ after: Int64, deletes: Bool = false, _ kinds: [(DeliveryEvent.Kind, String?)],
        absent: String? = nil
    ) -> DeliveryLineView {
        let id = "m\(version)\(deletes)", at = Instant(seconds: 1_795_417_200 + after)
        let delivery = Delivery(
            id: id, site: "nord", reportID: "r\(version)", requestID: "q", version: version,
            destination: deletes ? "PFI retrait 1" : "PFI", controlID: id, message: [], createdAt: at, toDMP: true)
        let events = kinds.enumerated().map {
            DeliveryEvent(deliveryID: id, ordinal: $0 + 1, kind: $1.0, at: at, detail: $1.1)
        }
        var line = DeliveryLineView(delivery, number: "1", events: events, in: .europeParis)
        line.absent = absent.map { ["DMP": $0] }
        return line
    }
    private func withheld(_ version: Int, _ after: Int64, needsPerson: Bool = false) -> WithheldView {
        WithheldView(
            requestNumber: "1", version: version, destination: "DMP", reason: WithheldNote.opposed,
            words: WithheldNote.opposedWords,
            at: Moment(Instant(seconds: 1_795_417_200 + after), in: .europeParis), needsPerson: needsPerson, told: nil)
    }
    private static let taken: [(DeliveryEvent.Kind, String?)] = [(.attempted, nil), (.accepted, nil)]

    @Test func `the last word of the wire stands, about the version that they have`() throws {
        let first = sent(1, 0, Self.taken + [(.dmpAccepted, nil)])
        let second = sent(2, 100, Self.taken + [(.dmpRefused, "DMPClosed DMP fermé")])
        let refused = sent(1, 200, deletes: true, Self.taken + [(.dmpRefused, "DMPClosed DMP fermé")])
        let line = try #require(StandingView.all([second, refused, first], []).first)
        #expect(line.version == 1 && line.words == "suppression refusée")
        let kept = try #require(StandingView.all([refused, first], [withheld(2, 100)]).first)
        #expect(kept.version == 1 && kept.words == "suppression refusée")
        let gone = sent(1, 200, deletes: true, Self.taken + [(.dmpAccepted, nil)])
        let deleted = try #require(StandingView.all([gone, first], [withheld(2, 100, needsPerson: true)]).first)
        #expect(deleted.version == nil && deleted.words == "supprimé")
        let owed = try #require(StandingView.all([first], [withheld(2, 100, needsPerson: true)]).first)
        #expect(owed.version == 1 && owed.state == "À PRÉVENIR")
    }

    @Test func `a DMP that denies a version which it never confirmed has the one that it confirmed`() throws {
        let first = sent(1, 0, Self.taken + [(.dmpAccepted, nil)]), second = sent(2, 100, Self.taken)
        let denied = sent(2, 200, deletes: true, Self.taken + [(.dmpRefused, "UnresolvedReferenceException inconnu")])
        #expect(StandingView.all([first, second, denied], []).first?.version == 1)
        #expect(StandingView.all([first, second], []).first?.version == 2)
    }

    @Test func `what a person knows to be absent is nobody's version, until its server says otherwise`() throws {
        let words = "dit par bio1 : rien au DMP"
        let first = sent(1, 0, Self.taken, absent: words)
        let second = sent(2, 100, Self.taken + [(.dmpRefused, "XDSError rien")], absent: words)
        let line = try #require(StandingView.all([first, second], []).first)
        #expect(line.version == nil && line.state == "n'en a rien" && line.problem?.contains(words) == true)
        let seen = sent(1, 0, Self.taken + [(.dmpAccepted, nil)])
        #expect(StandingView.all([seen, second], []).first?.version == 1)
    }

    @Test func `a DMP that has nothing to replace has no version of what nobody answered for`() throws {
        func shown(_ refusal: String, confirmed: Bool) throws -> StandingView {
            func sent(_ version: Int, _ kinds: [(DeliveryEvent.Kind, String?)]) -> DeliveryLineView {
                let id = "m\(version)", at = Instant(seconds: 1_795_417_200 + Int64(version))
                let delivery = Delivery(
                    id: id, site: "nord", reportID: "r\(version)", requestID: "q", version: version,
                    destination: "PFI", controlID: id, message: [], createdAt: at, toDMP: true)
                let events = kinds.enumerated().map {
                    DeliveryEvent(deliveryID: id, ordinal: $0 + 1, kind: $1.0, at: at, detail: $1.1)
                }
                return DeliveryLineView(delivery, number: "1", events: events, in: .europeParis)
            }
            let first = sent(
                1,
                [(.attempted, nil), (.failed, "rien"), (.abandoned, "essai")] + (confirmed ? [(.dmpAccepted, nil)] : [])
            )
            let second = sent(2, [(.attempted, nil), (.accepted, nil), (.dmpRefused, refusal)])
            let lines = StandingView.all([second, first], [])
            #expect(lines.count == 1 && lines.first?.words.hasPrefix("refusé") == true, "\(lines)")
            return try #require(lines.first)
        }
        #expect(try shown("UnresolvedReferenceException", confirmed: false).version == nil)
        #expect(try shown("UnresolvedReferenceException document 1 inconnu", confirmed: false).version == nil)
        // A DMP that is busy, or says nothing, says nothing of what it has; nor do words about something else.
        for words in [
            "XDSRepositoryBusy Too much activity", "XDSRepositoryMetadataError",
            "XDSRegistryMetadataError Le type de document est inconnu",
        ] {
            #expect(try shown(words, confirmed: false).version == 1, "\(words)")
        }
        #expect(try shown("UnresolvedReferenceException document 1 inconnu", confirmed: true).version == 1)
        #expect(try shown("DMPClosed DMP fermé", confirmed: false).version == 1)
    }

    @Test func `an opposition obeyed by a retry is what the DMP's line says`() async throws {
        try await Road.open(PFIPolicy(answers: [.error, .accept])) { road in
            let number = try await road.ready()
            try await road.sign(number)
            let dead = try #require(
                try await road.laboratory.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            try await identify(road, number, "--opposed", "dmp", "--opposition-reason", "demande écrite")
            let again = try await road.tool.run(
                "deliveries", "retry", number, dead.id, "--reason", "PFI réparée")
            #expect(again.output.contains("repris sous le numéro") && again.output.contains(Self.doctor), "\(again)")
            try await road.send()
            let shown = try await road.tool.run("report", "show", number).output
            #expect(line(" DMP ", in: shown)?.contains("– pas envoyé") == true, "\(shown)")
            #expect(line(" DMP ", in: shown)?.contains("laissé de côté au renvoi") == true, "\(shown)")
            #expect(line(Self.doctor, in: shown)?.contains("\(Self.doctor) 1 sans réponse") == true, "\(shown)")
        }
    }

    @Test func `the history has who signed, causes before what they made, and one line a run of refusals`()
        async throws
    {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            try await road.done("report", "hide", number, "--reason", "à annoncer")
            let parties = Parties(
                sendingApplication: "P", sendingFacility: "L", receivingApplication: "P", receivingFacility: "L")
            let nowhere = ReportDispatch(
                desk: road.laboratory.desk,
                pfi: PFISettings(
                    host: "127.0.0.1", port: 1, parties: parties, processing: .training, answerWithin: .seconds(1)),
                log: { _ in })
            for _ in 0..<3 { _ = try await nowhere.sendDue() }
            try await road.send()
            let history = try await road.tool.run("report", "history", number).output
            let lines = history.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(lines.contains { $0.contains("version 1 signée Claire MARTIN") }, "\(history)")
            let hidden = try #require(lines.firstIndex { $0.contains("masqué") })
            let made = try #require(lines.firstIndex { $0.contains("version 2 éditée") })
            #expect(hidden < made, "\(history)")
            #expect(lines.count { $0.contains("PFI injoignable") } == 1, "\(history)")
            #expect(history.contains("PFI injoignable, 3 essais"), "\(history)")
        }
    }

    @Test func `a PFI that is away stands in status and before the deliveries, until it answers`() async throws {
        try await Road.open(PFIPolicy(answers: [.hangUp, .accept])) { road in
            let number = try await road.ready()
            try await road.sign(number)
            for words in [["status"], ["deliveries"]] {
                let ran = try await road.tool.run(words: words)
                #expect(ran.output.contains("ALARME : la PFI n'a rien pris depuis le 22/11/2026"), "\(ran)")
            }
            var isTaken = false
            for _ in 0..<100 where !isTaken {
                isTaken = try await road.laboratory.dispatch.sendDue()
                if !isTaken { try await Task.sleep(for: .milliseconds(100)) }
            }
            #expect(isTaken)
            #expect(try await !road.tool.run("status").output.contains("ALARME"))
        }
    }
}

@Suite struct `What a DMP that answers twice has` {
    @Test(arguments: [false, true])
    func `is what it said once that it has, told with its refusal beside`(_ isRefusedFirst: Bool) {
        let delivery = Delivery(
            id: "d1", site: "nord", reportID: "r1", requestID: "q1", version: 1, destination: "PFI", controlID: "C1",
            message: [], createdAt: Instant(seconds: 1), toDMP: true)
        let answers: [DeliveryEvent.Kind] = isRefusedFirst ? [.dmpRefused, .dmpAccepted] : [.dmpAccepted, .dmpRefused]
        let events = ([.attempted, .accepted] + answers).enumerated().map { n, kind in
            DeliveryEvent(
                deliveryID: "d1", ordinal: n + 1, kind: kind, at: Instant(seconds: Int64(n + 2)),
                detail: kind == .dmpRefused ? "DMPClosed" : nil)
        }
        let line = DeliveryLineView(delivery, number: "1", events: events, in: .europeParis)
        #expect(line.dmp == "accepté" && !line.failedBeyond)
        #expect(line.recipients.map(\.problem) == ["refus reçu aussi : DMPClosed"])
        #expect(StandingView.all([line], []).map(\.version) == [1])
    }
}

@Suite struct `A change of a patient's file` {
    @Test func `keeps what is not given, lifts an opposition by its name only, and tells what changed`() async throws {
        try await Road.open { road in
            let made = try await road.tool.run(
                "patient", "add", "--name", "DURAND", "--given", "Lucie", "--given-names", "Lucie Anne", "--birth",
                "1979-03-28", "--sex", "F", "--birthplace", "51215", "--status", "VALI", "--phone", "0600000000",
                "--address", "1 rue des Lilas | 75011 | PARIS", "--opposed", "boite_patient", "--opposition-reason",
                "demande écrite", "--opposed-to-dmp", "--doctor-rpps", "10009876543", "--doctor-name", "CHARLES",
                "--doctor-given", "Pascal")
            #expect(made.code == 0, "\(made)")
            let id = String(made.output.split(separator: " ")[1])
            func update(_ words: String...) async throws -> String {
                let ran = try await road.tool.run(words: ["patient", "update", id] + words)
                #expect(ran.code == 0, "\(words) \(ran)")
                return ran.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
                    .joined(separator: "\n")
            }
            let before = try await road.laboratory.desk.patient(id)
            let moved = try await update("--phone", "0611111111")
            #expect(moved.contains("Téléphone 0600000000 0611111111") && !moved.contains("Adresse"), "\(moved)")
            var expected = before
            expected.phone = "0611111111"
            expected.version = 2
            #expect(try await road.laboratory.desk.patient(id) == expected, "the rest is as it was")

            let gone = try await update("--remove", "address", "--given", "Lucette")
            #expect(gone.contains("Adresse 1 rue des Lilas, 75011 PARIS retiré"), "\(gone)")
            #expect(gone.contains("Prénoms Lucie Anne Lucette"), "the names of before are not this one's: \(gone)")
            #expect(try await road.laboratory.desk.patient(id).isOpposed(to: .patientMailbox))

            // Told once more, it stays as it was first recorded.
            _ = try await update("--opposed", "boite_patient", "--opposition-reason", "redit")
            let kept = try await road.laboratory.desk.patient(id)
            #expect(kept.administrative?.oppositions.map(\.reason) == ["demande écrite"])
            #expect(kept.opposedToDMP && kept.administrative?.familyDoctor?.family == "CHARLES")
            let lifted = try await update("--not-opposed", "boite_patient")
            #expect(lifted.contains("Opposition boite_patient") && lifted.contains("retiré"), "\(lifted)")
            let after = try await road.laboratory.desk.patient(id)
            #expect(!after.isOpposed(to: .patientMailbox) && after.isOpposed(to: .dmp))
            _ = try await update("--not-opposed", "dmp")
            #expect(try await !road.laboratory.desk.patient(id).isOpposed(to: .dmp))

            let mailed = try await update(
                "--doctor-rpps", "10009876543", "--doctor-name", "CHARLES", "--doctor-given", "Pascal", "--doctor-mail",
                "p.charles@medecin.mssante.fr")
            #expect(mailed.contains("p.charles@medecin.mssante.fr") && !mailed.contains("rien n'a changé"), "\(mailed)")
            #expect(mailed.contains("médecin traitant : ce qui n'est pas encore parti"), "\(mailed)")
            #expect(!lifted.contains("médecin traitant :"), "\(lifted)")

            let nothing = try await road.tool.run("patient", "update", id)
            #expect(nothing.code != 0 && nothing.complaint.contains("rien à changer"), "\(nothing)")
            let both = try await road.tool.run("patient", "update", id, "--phone", "06", "--remove", "phone")
            #expect(both.complaint.contains("[patient.remove]"), "\(both)")
        }
    }
}

import Base
import Client
import Exchange
import Foundation
import HL7v2
import Laboratory
import Neighbours
import Server
import Store
import Testing
import Workflow

/// What people see and decide of reports on their way out, with the program itself.
@Suite(.serialized, .timeLimit(.minutes(3))) struct `The commands of reports` {
    private func withLaboratory(
        _ policy: PFIPolicy = PFIPolicy(),
        _ body: @Sendable (APILaboratory, CommandLineTool, String, PFISimulator) async throws -> Void
    ) async throws {
        try await Road.open(policy) { road in
            let (laboratory, tool) = (road.laboratory, road.tool)
            let made = try await laboratory.readyToSign()
            let signed = try await tool.atTerminal("bio sign \(made.request.number)")
            try #require(signed.contains("version 1 signée par"), "\(signed)")
            try await laboratory.dispatch.makeReports()
            try await body(laboratory, tool, made.request.number, road.pfi)
        }
    }

    @Test func `tell who has a report, who read it, who could not and why`() async throws {
        try await withLaboratory { laboratory, tool, number, _ in
            #expect(try await laboratory.dispatch.sendDue())
            let delivery = try #require(
                try await laboratory.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            let mail = "pascal.charles@medecin.mssante.fr"
            let desk = laboratory.desk
            try await desk.recordDelivery(
                .mailRefused, delivery, detail: "\(mail) 422 boîte pleine", author: "exchange")
            let refused = try await tool.run("deliveries", "--request", number)
            #expect(refused.code == 0 && refused.output.contains("acceptée"), "\(refused)")
            #expect(refused.output.contains(mail) && refused.output.contains("422 boîte pleine"), "\(refused)")
            try await desk.recordDelivery(.mailRead, delivery, detail: mail, author: "exchange")
            let read = try await tool.run("report", "show", number)
            #expect(read.code == 0 && read.output.contains("version 1") && read.output.contains("lu"), "\(read)")
            let history = try await tool.run("report", "history", number)
            for words in ["première version", "accepté par la PFI", "non remis", "lu"] {
                #expect(history.output.contains(words), "\(words): \(history)")
            }
        }
    }

    @Test func `show beforehand what a signature would send, in a file whose name says that it is not signed`()
        async throws
    {
        try await Road.open { road in
            let number = try await road.laboratory.readyToSign().request.number
            let none = try await road.tool.run("report", "pdf", number)
            #expect(none.code != 0 && none.complaint.contains("--preview"), "\(none)")
            let folder = FileManager.default.temporaryDirectory.appending(path: "apercu-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            for (form, head) in [("pdf", "%PDF-1.4"), ("cda", "<?xml")] {
                let made = try await road.tool.run(
                    "report", form, number, "--preview", "-o", folder.appending(path: "essai.\(form)").path)
                #expect(made.code == 0 && made.output.contains("aperçu non signé"), "\(made)")
                let bytes = try Data(contentsOf: folder.appending(path: "essai.apercu.\(form)"))
                #expect(bytes.starts(with: Data(head.utf8)))
            }
            #expect(try await road.laboratory.store.signatures(requestID: number).isEmpty)
            let signed = try await road.tool.atTerminal("bio sign \(number)")
            #expect(signed.contains("version 1 signée par"), "\(signed)")
            let again = try await road.tool.run("report", "pdf", number, "--preview")
            #expect(again.code != 0 && again.complaint.contains("rien n'est à signer"), "\(again)")
        }
    }

    @Test func `tell on every list of a report that is signed and cannot be made`() async throws {
        try await Road.open { road in
            let (laboratory, tool) = (road.laboratory, road.tool)
            let number = try await laboratory.readyToSign().request.number
            let character = "\u{10FFFD}"
            // Without anybody's look at it before.
            var desk = laboratory.desk
            desk.rehearsal = { _ async throws(CommandFailure) in }
            desk.defect = { _ in nil }
            var part = ReportSupplements()
            part.conclusions = [.init(text: character)]
            let biologist = Author(
                login: "biologiste", role: .biologist, site: "nord", professional: APILaboratory.biologist)
            _ = try await desk.attachSupplement(part, to: number, by: biologist)
            let refused = try await tool.atTerminal("bio sign \(number)", asksCode: false)
            #expect(refused.contains("rien n'est signé") && refused.contains("commentaire"), "\(refused)")
            let hash = try await desk.fileToSign(number).contentHash
            _ = try await desk.sign(number, contentHash: hash, allowPartial: false, by: biologist)
            try await laboratory.dispatch.makeReports()
            for words in [
                ["deliveries", "--dead"], ["bio", "file"], ["report", "show", number],
                ["deliveries", "--request", number],
            ] {
                let shown = try await tool.run(words: words)
                #expect(shown.code == 0 && shown.output.contains("NON FAIT"), "\(words) \(shown)")
                #expect(shown.output.contains(number) && shown.output.contains("police"), "\(words) \(shown)")
            }
            let status = try await tool.run("status")
            #expect(status.output.contains("comptes rendus NON FAITS"), "\(status)")
            #expect(try await laboratory.signedIn(.technician).status().unmadeReports == 1)
        }
    }

    @Test func `name the key of a file that is not as it should be`() async throws {
        try await Road.open { road in
            let number = try await road.laboratory.readyToSign().request.number
            let file = FileManager.default.temporaryDirectory.appending(path: "joint-\(UUID().uuidString).json")
            defer { try? FileManager.default.removeItem(at: file) }
            for (json, told) in [
                (#"{"isolates":[{"number":"1","organism":"E"}]}"#, "isolates[0].analysis : cette clé manque"),
                (#"{"conclusions":[{"text":3}]}"#, "conclusions[0].text : la valeur"), ("{", "ce n'est pas du JSON"),
                (#"{"conclusions":[{"text":"a","titre":"b"}]}"#, "conclusions[0].titre : cette clé n'est pas connue"),
                (#"{"conclusion":[]}"#, "conclusion : cette clé n'est pas connue"),
            ] {
                try Data(json.utf8).write(to: file)
                let ran = try await road.tool.run("report", "attach", number, "--file", file.path)
                #expect(ran.code != 0 && ran.complaint.contains(told), "\(ran)")
            }
        }
    }

    @Test func `hide, show, withdraw: each is a message more, and a line of the history`() async throws {
        try await withLaboratory { laboratory, tool, number, pfi in
            #expect(try await laboratory.dispatch.sendDue())
            let none = try await tool.run("report", "hide", number)
            #expect(none.code == 2, "a reason is asked for")
            let before = try await tool.run("report", "show", number)
            #expect(!before.output.contains("confidentialité") && !before.output.contains("retiré"), "\(before)")
            let hidden = try await tool.run(
                "report", "hide", number, "--reason", "consultation d'annonce", "--until", "2026-11-30T08:00")
            #expect(
                hidden.code == 0
                    && hidden.output.contains(
                        "masqué à patient jusqu'au 30/11/2026 08:00, ou avant si un biologiste le rend visible"),
                "\(hidden)")
            let masked = try await tool.run(
                "report", "hide", number, "--reason", "à sa demande", "--from", "professionnels")
            for words in [
                "masqué à patient jusqu'au 30/11/2026 08:00, ou avant",
                "masqué à professionnels jusqu'à ce qu'un biologiste le rende visible",
            ] { #expect(masked.output.contains(words), "\(masked)") }
            _ = try await laboratory.dispatch.sendDue()
            let shown = try await tool.run("report", "unhide", number, "--reason", "annoncé")
            #expect(shown.code == 0 && !shown.output.contains("masqué"), "\(shown)")
            _ = try await laboratory.dispatch.sendDue()
            let resent = try await tool.run("report", "resend", number, "--reason", "demande du médecin")
            let box = "vers pascal.charles@medecin.mssante.fr : message "
            #expect(resent.code == 0 && resent.output.contains("\nversion 4, \(box)"), "\(resent)")
            _ = try await laboratory.dispatch.sendDue()
            let withdrawn = try await tool.run("report", "withdraw", number, "--reason", "erreur de patient")
            #expect(withdrawn.code == 0 && withdrawn.output.contains("retiré"), "\(withdrawn)")
            #expect(withdrawn.output.contains("retrait de la version 4, \(box)"), "\(withdrawn)")
            _ = try await laboratory.dispatch.sendDue()
            #expect(pfi.tally.stored == 5)
            for words in [["request", "show", number], ["bio", "show", number]] {
                let told = try await tool.run(words: words)
                #expect(told.output.contains("RETIRÉ le 22/11/2026"), "\(words): \(told)")
                #expect(told.output.contains("par biologiste : erreur de patient"), "\(words): \(told)")
            }
            let gone = try await tool.run("report", "show", number)
            #expect(gone.output.contains("retiré") && gone.output.contains("suppression attendue"), "\(gone)")
            let again = try await tool.run("report", "resend", number, "--reason", "demande du médecin")
            #expect(again.code == 1 && again.complaint.contains("[release.withdrawn]"), "\(again)")
            let history = try await tool.run("report", "history", number)
            let act = history.output.split(separator: "\n").first { $0.contains("erreur de patient") }
            #expect(act?.contains("retiré") == true && act?.contains("biologiste") == true, "\(history)")
            #expect(act?.contains("22/11/2026") == true, "\(history)")
            for words in ["consultation d'annonce", "annoncé", "erreur de patient", "version 3", "retiré"] {
                #expect(history.output.contains(words), "\(words): \(history)")
            }
            #expect(try await tool.run("audit", "verify").output.contains("chaîne intacte"))
        }
    }

    @Test func `a hiding that cannot end waits for a signature, where people look`() async throws {
        try await withLaboratory { laboratory, tool, number, _ in
            #expect(try await laboratory.dispatch.sendDue())
            let hidden = try await tool.run(
                "report", "hide", number, "--reason", "annonce", "--until", "2026-11-30T08:00")
            #expect(hidden.code == 0, "\(hidden)")
            let patient = try await laboratory.desk.patient(laboratory.desk.request(number).patientID)
            var draft = PatientDraft(status: patient.status, traits: patient.traits)
            draft.usedName = "AUTRE"
            let secretary = Author(login: "secretaire", role: .secretary, site: "nord")
            _ = try await laboratory.desk.updatePatient(patient.id, draft, by: secretary)
            let early = try await tool.run("deliveries", "--dead")
            #expect(!early.output.contains("À SIGNER"), "\(early)")
            laboratory.clock.advance(.seconds(9 * 86_400))
            try await laboratory.dispatch.endHidings()
            try await tool.signIn("biologiste")
            for words in [["deliveries", "--dead"], ["report", "show", number]] {
                let told = try await tool.run(words: words)
                #expect(told.output.contains("À SIGNER") && told.output.contains(number), "\(told)")
            }
            let file = try await tool.run("bio", "file")
            #expect(file.output.contains(number), "\(file)")
        }
    }

    @Test func `a dead letter is retried or given up by a person`() async throws {
        try await withLaboratory(PFIPolicy(answers: [.error, .accept])) { laboratory, tool, number, pfi in
            #expect(try await laboratory.dispatch.sendDue())
            let dead = try await tool.run("deliveries", "--dead")
            #expect(dead.output.contains("refusée") && dead.output.contains(number), "\(dead)")
            let status = try await tool.run("status")
            let row = status.output.split(separator: "\n").first { $0.contains("envois À DÉCIDER") }
            #expect(row?.hasSuffix(" 1") == true, "\(status)")
            let delivery = try #require(
                try await laboratory.store.deliveries(site: nil, requestID: nil, limit: 1).first)
            let told = try await laboratory.store.deliveryEvents(delivery.id).last { $0.kind == .refused }
            let words = try #require(told?.detail?.split(separator: " ").first)
            let people = dead.output.components(separatedBy: "DESTINATAIRE").last ?? ""
            #expect(people.contains("refusé par la PFI") && people.contains(words), "who could not, and why: \(dead)")
            let retried = try await tool.run(
                "deliveries", "retry", number, delivery.id, "--reason", "PFI réparée")
            #expect(retried.code == 0, "\(retried)")
            #expect(try await laboratory.dispatch.sendDue())
            #expect(pfi.tally.stored == 1)
        }
    }

    @Test func `indicators come as a table, CSV, JSON, a picture and an explanation`() async throws {
        try await withLaboratory { laboratory, tool, _, _ in
            #expect(try await laboratory.dispatch.sendDue())
            let period = ["indicators", "--from", "2026-11-01", "--to", "2026-11-30"]
            let table = try await tool.run(words: period)
            #expect(table.code == 0 && table.output.contains("Comptes rendus édités"), "\(table)")
            #expect(table.output.contains("█"))
            let csv = try await tool.run(words: period + ["--csv"])
            #expect(csv.output.contains("reports;Comptes rendus édités;1;;1"), "\(csv)")
            #expect(csv.output.contains("professionalsSent;envoyés par MSSanté à des professionnels;1;100;1"))
            let json = try await tool.run(words: period + ["--json"])
            #expect((try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil)
            let told = try await tool.run(words: period + ["--explain"])
            #expect(told.output.contains("règle : ") && told.output.contains("lignes de la piste d'audit"), "\(told)")
            let delay = told.output.components(separatedBy: "Délai de la signature à la PFI : 1 compte rendu,").last
            let entry = delay?.components(separatedBy: "lignes de la piste d'audit : ").dropFirst().first
            #expect(entry?.first?.isNumber == true, "a delay has its entries: \(told)")
            let chart = tool.home + "/graphique.svg"
            #expect(try await tool.run(words: period + ["--chart", chart]).code == 0)
            #expect(try String(contentsOfFile: chart, encoding: .utf8).contains("<rect"))
            let page = tool.home + "/graphique.pdf"
            let written = try await tool.run(words: period + ["--chart", page])
            #expect(written.code == 0, "\(written)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: page))
            #expect(bytes.starts(with: Array("%PDF-1.4".utf8)))
            #expect(String(decoding: bytes, as: UTF8.self).contains("<pdfaid:conformance>B<"))
            let other = try await tool.run(words: period + ["--chart", tool.home + "/graphique.gif"])
            #expect(other.code == 2, "\(other)")
        }
    }
}

@Suite struct `Where a message is, for those who were to get the report` {
    private static let mail = "pascal.charles@medecin.mssante.fr"
    private func line(
        _ happened: [(DeliveryEvent.Kind, String?)], to destination: String = "PFI"
    ) -> DeliveryLineView {
        let start = Instant(milliseconds: 1_800_000_000_000)
        let delivery = Delivery(
            id: "1", site: "nord", reportID: "r", requestID: "q", version: 1, destination: destination,
            controlID: "1", message: [], createdAt: start, toDMP: true)
        let events = happened.enumerated().map { n, event in
            DeliveryEvent(deliveryID: "1", ordinal: n + 1, kind: event.0, at: start, detail: event.1)
        }
        return DeliveryLineView(delivery, number: "7", events: events, addresses: [Self.mail], in: .europeParis)
    }
    private func told(_ happened: [(DeliveryEvent.Kind, String?)], to destination: String = "PFI") -> [String] {
        line(happened, to: destination).recipients.map { "\($0.state), \($0.problem ?? "")" }
    }

    @Test func `nobody is waited for when nothing left, and why is told with its date`() {
        let refused: [(DeliveryEvent.Kind, String?)] = [(.attempted, nil), (.refused, "AE 207 PID-3 inconnu")]
        #expect(told(refused) == Array(repeating: "refusé par la PFI, AE 207 PID-3 inconnu", count: 2))
        #expect(line(refused).recipients.allSatisfy { $0.at != nil } && line(refused).needsPerson)
        for reason in ["retenu", "choix du patient"] {
            #expect(told([(.abandoned, reason)]) == Array(repeating: "pas envoyé, \(reason)", count: 2))
        }
        #expect(
            told([(.refused, "remplacé avant envoi")]) == Array(repeating: "pas envoyé, remplacé avant envoi", count: 2)
        )
        let dead = told([(.attempted, nil), (.refused, "AR"), (.abandoned, "plus utile")])
        #expect(dead == Array(repeating: "refusé par la PFI, AR – plus utile", count: 2))
        let silent = told([(.attempted, nil), (.failed, "20 s"), (.abandoned, "plus utile")])
        #expect(silent == Array(repeating: "abandonné, plus utile – la PFI n'a pas répondu", count: 2))
        #expect(told([]) == ["à envoyer, ", "à envoyer, "])
        let away = told([(.attempted, nil), (.unreached, "connexion refusée")])
        #expect(away == Array(repeating: "à envoyer, connexion refusée", count: 2))
        #expect(
            told([(.attempted, nil), (.accepted, nil)]) == [
                "attendu, accepté par la PFI", "sans réponse, accepté par la PFI",
            ])
    }

    @Test func `a withdrawal is a deletion, whoever answers it`() {
        let answered: [(DeliveryEvent.Kind, String?)] = [
            (.attempted, nil), (.accepted, nil), (.dmpAccepted, nil), (.mailDelivered, Self.mail),
        ]
        #expect(told(answered, to: "PFI retrait 1") == ["supprimé, ", "suppression remise, "])
        let failed = line(Array(answered.prefix(2)) + [(.dmpRefused, "absent")], to: "PFI retrait 1")
        #expect(failed.failedBeyond && failed.dmp == "suppression refusée")
        #expect(told(answered) == ["accepté, ", "remis, "])
    }

    @Test func `which PFI took it is told when it is not the usual one`() {
        #expect(line([(.attempted, "PFI de secours"), (.accepted, "PFI de secours")]).road == "PFI de secours")
        #expect(line([(.attempted, nil), (.accepted, nil)]).road == nil)
    }
}

@Suite struct `Copies and encounter of a request` {
    @Test func `are set on the command line and shown`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                try await tool.signIn("secretaire")
                let secretary = try await laboratory.signedIn(.secretary)
                let patient = try await secretary.addPatient(APILaboratory.patient())
                let copy = "10009876543 : LEROY : Jeanne : jeanne.leroy@medecin.mssante.fr"
                let added = try await tool.run(
                    "request", "add", "--patient", patient.id, "--codes", "K", "--prescriber-rpps", "10002422979",
                    "--prescriber-name", "TREGUER", "--prescriber-given", "Yann", "--copy", copy, "--encounter",
                    "urgences")
                #expect(added.code == 0, "\(added)")
                let number = String(added.output.split(separator: " ")[1])
                let shown = try await tool.run("request", "show", number)
                #expect(shown.output.contains("venue : urgences"), "\(shown)")
                #expect(shown.output.contains("Jeanne LEROY (jeanne.leroy@medecin.mssante.fr)"), "\(shown)")
                let kept = try await laboratory.desk.request(number)
                #expect(kept.encounter == .emergency && kept.recipients.map(\.nationalID) == ["810009876543"])
                let changed = try await tool.run(
                    "request", "change", number, "--copy", "10009876543 : LEROY : Jeanne", "--encounter",
                    "hospitalisation")
                #expect(changed.code == 0 && changed.output.contains("sans adresse MSSanté"), "\(changed)")
                let none = try await tool.run("request", "change", number, "--no-copy")
                #expect(none.code == 0 && none.output.contains("copies : aucune"), "\(none)")
                let last = try await laboratory.desk.request(number)
                #expect(last.encounter == .inpatient && last.recipients.isEmpty && last.version == 3)
                let same = try await tool.run("request", "change", number, "--no-copy")
                #expect(same.complaint.contains("[request.nothing]"), "\(same)")
                for wrong in ["LEROY : Jeanne", "12 : LEROY : Jeanne"] {
                    #expect(try await tool.run("request", "change", number, "--copy", wrong).code == 1)
                }
            }
        }
    }
}

@Suite struct `The circle of a patient` {
    @Test func `is set on the command line and shown, with who recorded an opposition`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run("login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                let words = [
                    "patient", "add", "--name", "DURAND", "--given", "Lucie", "--birth", "2015-03-28", "--sex", "F",
                    "--birthplace", "75111", "--representative", "parent : DURAND : Paul", "--doctor-rpps",
                    "10009876543", "--doctor-name", "CHARLES", "--doctor-given", "Pascal", "--doctor-mail",
                    "pascal.charles@medecin.mssante.fr", "--other-address", "2 rue Neuve | 59000 | LILLE", "--opposed",
                    "correspondants",
                ]
                let unsaid = try await tool.run(words: words)
                #expect(unsaid.code == 1 && unsaid.complaint.contains("--opposition-reason"), "\(unsaid)")
                let made = try await tool.run(words: words + ["--opposition-reason", "demande de la mère"])
                #expect(made.code == 0, "\(made)")
                let id = String(made.output.split(separator: " ")[1])
                let shown = try await tool.run("patient", "show", id)
                for expected in [
                    "DURAND Paul (parent)", "CHARLES", "59000 LILLE", "demande de la mère", "par biologiste",
                ] {
                    #expect(shown.output.contains(expected), "\(expected): \(shown)")
                }
                let kept = try #require(try await laboratory.store.patient(id)?.administrative)
                #expect(kept.oppositions.map(\.recordedBy) == ["biologiste"] && kept.familyDoctorGetsReports)
            }
        }
    }
}

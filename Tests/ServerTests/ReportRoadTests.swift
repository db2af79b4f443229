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

/// A laboratory whose people use the program, and a PFI: from the patient's file to what the DMP and the mailboxes
/// hold.
struct Road: Sendable {
    let laboratory: APILaboratory
    let tool: CommandLineTool
    let pfi: PFISimulator
    let folder: String

    static func open(
        _ policy: PFIPolicy = PFIPolicy(), _ body: @Sendable (Road) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "route-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pfi = try await PFISimulator.start(folder: folder, policy: policy)
        let running = Task { await pfi.run() }
        defer { running.cancel() }
        let parties = Parties(
            sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
            receivingFacility: "LABO")
        let settings = PFISettings(
            host: "127.0.0.1", port: pfi.port, parties: parties, processing: .training, answerWithin: .seconds(20))
        try await APILaboratory.open(pfi: settings) { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                try await tool.signIn("biologiste")
                try await body(Road(laboratory: laboratory, tool: tool, pfi: pfi, folder: folder))
            }
        }
        await pfi.stop()
    }

    /// Its key right (97 minus the rest), for somebody born in March of that year in 51215.
    static func matricule(_ year: Int) -> String {
        let digits = "2\(String(year).suffix(2))0351215189"
        let key = 97 - (Int64(digits) ?? 0) % 97
        return digits + (key < 10 ? "0" : "") + String(key)
    }

    /// A request with its results technically validated, of a patient with a qualified identity.
    func ready(born year: Int = 1979, _ more: String...) async throws -> String {
        let made = try await tool.run(
            words: [
                "patient", "add", "--name", "DURAND", "--given", "Lucie", "--given-names", "Lucie Anne", "--birth",
                "\(year)-03-28", "--sex", "F", "--birthplace", "51215", "--status", "QUAL", "--ins",
                Road.matricule(year),
            ] + more)
        try #require(made.code == 0, "\(made)")
        let technician = try await laboratory.signedIn(.technician)
        let id = String(made.output.split(separator: " ")[1])
        let request = try await technician.addRequest(APILaboratory.request(id, ["NA", "K"]))
        for specimen in request.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
        for (code, value) in [("NA", "140"), ("K", "4.20")] {
            var body = ResultBody(analysis: code)
            body.value = value
            _ = try await technician.enter(request.request.number, body)
        }
        _ = try await technician.validate(request.request.number, ValidateBody(all: true, reason: "relu"))
        return request.request.number
    }

    func sign(_ number: String) async throws {
        laboratory.clock.advance(.seconds(60))
        let left = try await tool.atTerminal("bio sign \(number)")
        try #require(left.contains("signée par"), "\(left)")
        try await laboratory.dispatch.makeReports()
        _ = try await laboratory.dispatch.sendDue()
    }
    func done(_ words: String...) async throws {
        let input = words.contains("--secret-stdin") ? APILaboratory.secret + "\n" : ""
        let ran = try await tool.run(words: words, input: input)
        try #require(ran.code == 0, "\(words) \(ran)")
    }
    func send() async throws { _ = try await laboratory.dispatch.sendDue() }

    /// What the PFI kept, in order.
    var sent: [NeighbourMessage] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".hl7") }.sorted()
                .compactMap { NeighbourMessage(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))) }
        }
    }
    func text(_ path: String) -> String {
        (try? String(contentsOfFile: "\(folder)/bout/\(path)", encoding: .utf8)) ?? ""
    }
    func mails(_ address: String) -> Int { text("mss/\(address)/courriels.tsv").split(separator: "\n").count }
}

/// What patients and biologists decide about who sees a report, through the running server to the PFI.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `Who may see a report, to the end of the road` {
    @Test func `a minor's secret care reaches neither the parents nor the mailbox that they read`() async throws {
        try await Road.open { road in
            let number = try await road.ready(born: 2012, "--representative", "parent : DURAND : Paul")
            try await road.done("report", "hide", number, "--secret-care", "--reason", "soins secrets, L. 1111-5")
            try await road.sign(number)
            let message = try #require(try road.sent.first)
            #expect(message.metadata("CONNEXION_SECRETE") == "Y" && message.metadata("INVISIBLE_REP_LEGAUX") == "Y")
            #expect(message.metadata("DESTMSSANTEPAT") == "N" && message.metadata("DESTDMP") == "Y")
            let matricule = Road.matricule(2012)
            #expect(road.text("dmp/\(matricule)/registre.tsv").contains("INVISIBLE_REP_LEGAUX"))
            #expect(road.mails("\(matricule)@patient.mssante.fr") == 0)
            let shown = try await road.tool.run("deliveries", "--request", number)
            #expect(shown.output.contains("les représentants légaux le verraient"), "\(shown)")
        }
    }

    @Test func `a minor without a secret is written to as anybody`() async throws {
        try await Road.open { road in
            let number = try await road.ready(born: 2012)
            try await road.sign(number)
            let message = try #require(try road.sent.first)
            #expect(message.metadata("CONNEXION_SECRETE") == "N" && message.metadata("INVISIBLE_REP_LEGAUX") == "N")
            #expect(road.mails("\(Road.matricule(2012))@patient.mssante.fr") == 1)
        }
    }

    @Test func `an opposition keeps the report from the DMP, from the patient's mailbox, from correspondents`()
        async throws
    {
        try await Road.open { road in
            let number = try await road.ready(
                born: 1979, "--opposed", "dmp", "--opposed", "boite_patient", "--opposition-reason", "demande écrite")
            try await road.sign(number)
            let message = try #require(try road.sent.first)
            #expect(message.metadata("DESTDMP") == "N" && message.metadata("DESTMSSANTEPAT") == "N")
            #expect(message.metadata("DESTMSSANTEPS") == "Y")
            #expect(road.text("dmp/\(Road.matricule(1979))/registre.tsv").isEmpty)
            #expect(road.mails("pascal.charles@medecin.mssante.fr") == 1)
            let shown = try await road.tool.run("deliveries", "--request", number)
            #expect(shown.output.components(separatedBy: "le patient s'y est opposé").count == 3, "\(shown)")
        }
    }

    @Test func `hidden from the patient until a date, it is shown by itself when the date has come`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.done(
                "report", "hide", number, "--until", "2026-11-25T08:00", "--reason", "consultation d'annonce")
            try await road.sign(number)
            let mailbox = "\(Road.matricule(1979))@patient.mssante.fr"
            #expect(try road.sent.map { $0.metadata("INVISIBLE_PATIENT") } == ["Y"] && road.mails(mailbox) == 0)
            try await road.laboratory.dispatch.endHidings()
            try await road.send()
            #expect(try road.sent.count == 1, "its date has not come")
            road.laboratory.clock.advance(.seconds(3 * 86_400 + 7200))
            try await road.laboratory.dispatch.endHidings()
            try await road.send()
            let last = try #require(try road.sent.last { $0.metadata("MODIF_CONF_CODE") == "Y" })
            #expect(last.first("ORC", 1) == "RO" && last.metadata("INVISIBLE_PATIENT") == "N")
            #expect(road.mails(mailbox) == 1)
            let register = road.text("dmp/\(Road.matricule(1979))/registre.tsv")
            #expect(register.contains("Deprecated") && register.contains("INVISIBLE_PATIENT"), "\(register)")
        }
    }

    @Test func `hidden from the patient until the biologist releases it, no date shows it`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.done("report", "hide", number, "--reason", "annonce à faire")
            try await road.sign(number)
            road.laboratory.clock.advance(.seconds(60 * 86_400))
            try await road.laboratory.dispatch.endHidings()
            try await road.send()
            let mailbox = "\(Road.matricule(1979))@patient.mssante.fr"
            #expect(try road.sent.count == 1 && road.mails(mailbox) == 0)
            try await road.done("login", "biologiste", "--secret-stdin")
            try await road.done("report", "unhide", number, "--reason", "annoncé ce jour")
            try await road.send()
            #expect(try road.sent.contains { $0.metadata("MODIF_CONF_CODE") == "Y" })
            #expect(road.mails(mailbox) == 1)
        }
    }
}

/// What is put beside the results, and who could not be told, with the program.
@Suite(.serialized, .timeLimit(.minutes(10))) struct `Beside the results, by the program` {
    private static let described = """
        { "isolates": [{ "number": "1", "analysis": "K", "organism": "Escherichia coli", "snomed": "112283007",
            "observedAt": "2026-11-22T09:00", "count": "100000",
            "antibiogram": [{ "antibiotic": "Amoxicilline", "loinc": "18861-5", "concentration": "<=2",
              "category": "S" }] }],
          "subcontracts": [{ "analyses": ["NA"], "performedAt": "2026-11-21T15:00",
            "laboratory": { "name": "Laboratoire du Sud", "finess": "130000001",
              "address": { "street": "1 quai", "postalCode": "13002", "city": "MARSEILLE" },
              "director": { "nationalID": "810000000014", "family": "SUD", "given": "Anne" } } }],
          "methods": [{ "analysis": "K", "technique": "Potentiométrie indirecte" }] }
        """

    @Test func `an image, a PDF, isolates and a subcontract are signed, printed and sent`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            let home = road.tool.home
            try Data(SamplePictures.png).write(to: URL(fileURLWithPath: home + "/trace.png"))
            try await road.done("report", "pdf", number, "--preview", "-o", home + "/autre.pdf")
            try Data(Self.described.utf8).write(to: URL(fileURLWithPath: home + "/suite.json"))
            try await road.done(
                "report", "attach", number, "--image", home + "/trace.png", "--place", "biochimie", "--caption",
                "Tracé du jour", "--pdf", home + "/autre.apercu.pdf", "--title", "Électrophorèse", "--number", "EXT-7")
            try await road.done("report", "attach", number, "--file", home + "/suite.json", "--validate", "tout")
            let wrong = try await road.tool.run(
                "report", "attach", number, "--image", home + "/suite.json", "--place", "biochimie")
            #expect(wrong.code == 1 && wrong.complaint.contains("[supplement.image]"), "\(wrong)")
            let shown = try await road.tool.run("bio", "show", number)
            #expect(shown.output.contains("joint : image (biochimie) : Tracé du jour"), "\(shown)")
            try await road.sign(number)
            try await road.done("report", "cda", number, "--output", home + "/cr.xml")
            let cda = try String(contentsOfFile: home + "/cr.xml", encoding: .utf8)
            for words in ["Tracé du jour", "101792-0", "112283007", "18861-5", "Laboratoire du Sud", "Potentiométrie"] {
                #expect(cda.contains(words), "\(words)")
            }
            try await road.done("report", "cda", number, "--auto-presentable", "--output", home + "/cr-vu.xml")
            let displayed = try String(contentsOfFile: home + "/cr-vu.xml", encoding: .utf8)
            #expect(displayed.contains("<xsl:stylesheet") && displayed.contains(cda.split(separator: "\n")[1]))
            try await road.done("report", "pdf", number, "--output", home + "/cr.pdf")
            #expect(try road.sent.count == 1)
            let list = try await road.tool.run("report", "attachments", number)
            #expect(list.output.contains("Électrophorèse") && list.output.contains("Escherichia coli"), "\(list)")
        }
    }

    @Test func `a piece taken away is told with its reason, and the file is to be signed again`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.done("report", "attach", number, "--conclusion", "À contrôler.", "--title", "Conclusion")
            try await road.sign(number)
            try await road.done("report", "detach", number, "1", "--reason", "erreur de dossier")
            let list = try await road.tool.run("report", "attachments", number)
            #expect(list.output.contains("erreur de dossier"), "\(list)")
            try await road.sign(number)
            #expect(try road.sent.map { $0.first("ORC", 1) } == ["NW", "RO"])
            let again = try await road.tool.run(
                "report", "detach", number, "1", "--reason", "encore")
            #expect(again.code == 1 && again.complaint.contains("[supplement.removed]"), "\(again)")
        }
    }

    @Test func `a list tells who has a report, who was not sent it and whom a person must tell`() async throws {
        try await Road.open { road in
            let number = try await road.ready()
            try await road.sign(number)
            let first = try await road.tool.run("deliveries")
            #expect(first.output.contains("DMP") && first.output.contains("pascal.charles@medecin.mssante.fr"))
            // The patient has it already.
            try await road.done("report", "hide", number, "--reason", "à annoncer d'abord")
            try await road.send()
            let hidden = try await road.tool.run("deliveries", "--dead")
            #expect(!hidden.output.contains("À PRÉVENIR"), "the announcement is not broken: \(hidden)")
            #expect(try await road.tool.run("deliveries").output.contains("l'a déjà reçu le"))
            // What it has is no longer right.
            try await road.done("report", "attach", number, "--conclusion", "À contrôler.", "--title", "Conclusion")
            try await road.sign(number)
            let dead = try await road.tool.run("deliveries", "--dead")
            #expect(dead.output.contains("À PRÉVENIR"), "\(dead)")
            #expect(dead.output.contains("caché au patient"), "\(dead)")
            try await road.done("deliveries", "told", number, "patient", "--reason", "appelé par le biologiste")
            let after = try await road.tool.run("deliveries", "--dead")
            #expect(!after.output.contains("À PRÉVENIR"), "\(after)")
            let all = try await road.tool.run("deliveries", "--request", number)
            #expect(all.output.contains("appelé par le biologiste"), "\(all)")
            #expect(try await road.tool.run("report", "history", number).output.contains("prévenu autrement"))
        }
    }
}

/// Small pictures drawn for these tests.
enum SamplePictures {
    /// 24 × 16 points in greys.
    static let png =
        Base64.decode(
            Array(
                """
                iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAAAAAApT+BJAAABM0lEQVR42g3Loc6GIBQAUB7nj0ai0Wg0Ek3MQHCkm5iB4Eg3MQPB\
                kW5iBoIj3Wg0fo/ye/oR3HHPIyteGHjng4lvfvgn/ppsQ5va3Na2NWxnuxq3t4na1b6OVdWlQt3rUane9anfKLIMZSpzWctWsJzl\
                KlzeIqijnkZStBDQTgcR3fTQN7LMQ57ynNe8ZcxnvjLnN4vUpT6NSaUlQdrTkSjd6UnfiDIOcYpzXOMWMZ7xihzfKLDDHkdUuCDg\
                jgcS3vjgN4IMQ5jCHNawBQxnuAKHNwjf+d6PXvnFg9/94cnf/vHfcNINbnKzW93m0J3ucuxeJ6CDHkZQsADADgcQ3PDAN6y0g53s\
                bFe7WbSnvSzb1wrTmd6MRpnFgNnNYcjc5jHf0FIPetKzXvWmUZ/60qxf/Q+ToNdBU349MQAAAABJRU5ErkJggg==
                """.utf8)) ?? []
}

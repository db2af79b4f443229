import Base
import Catalog
import Client
import Foundation
import Laboratory
import Server
import Store
import Testing
import Workflow

@Suite struct `The rules through the API` {
    private static let until = Moment(text: "2027-06-30T00:00")

    /// Rules published and signed by the biologist, and one message of a potassium of 7.5 and a sodium of 140.
    private func judged(_ laboratory: APILaboratory) async throws -> (request: RegisteredView, potassium: String) {
        let files = try DataFiles.catalogue(APILaboratory.root.appendingPathComponent("Catalog").path)
        try await laboratory.desk.publish(
            files, reason: "essai", by: Author(login: "admin", role: .administrator, site: "nord"))
        let biologist = try await laboratory.signedIn(.biologist)
        let approved = try await biologist.approve(
            ApproveBody(all: true, reason: "lues", until: Self.until))
        #expect(approved.contains { $0.subject == "regle:EDTA" && $0.state == "approuvé" && $0.until != nil })
        let technician = try await laboratory.signedIn(.technician)
        let patient = try await technician.addPatient(APILaboratory.patient())
        let made = try await technician.addRequest(APILaboratory.request(patient.id, ["NA", "K"]))
        let tube = made.specimens[0].accession
        _ = try await technician.receive(tube, ReceiveBody())
        let text = Array("m1".utf8)
        let message = ReceivedMessage(
            id: "m1", site: "nord", analyzer: "xn", sessionID: "s1", ordinal: 0, at: laboratory.clock.now, text: text,
            textHash: Digest.sha256Hex(text), complete: true)
        try await laboratory.store.append([.message(message)], note: nil)
        let results = [("K", "7.5"), ("NA", "140")].enumerated().map { ordinal, result in
            IncomingObservation(
                ordinal: ordinal, accession: tube, instrumentCode: result.0, analysis: result.0,
                value: Measured(result.1).map { .measured($0, unit: "mmol/L") }, rawText: result.1, rawUnit: "mmol/L")
        }
        _ = try await laboratory.desk.interpret(message, reading: Reading(observations: results))
        let line = try #require(
            try await technician.worklist().first { $0.observation.analysis == "K" })
        return (made, line.observation.id)
    }

    @Test func `a held result says why, each check with what it looked at`() async throws {
        try await APILaboratory.open { laboratory in
            let (request, potassium) = try await judged(laboratory)
            let technician = try await laboratory.signedIn(.technician)
            let why = try await technician.why(potassium)
            #expect(why.requestNumber == request.request.number && why.observation.outcome == "RETENU")
            let judgement = try #require(why.judgements.last)
            #expect(judgement.catalogueVersion == laboratory.desk.catalogue.version.text)
            #expect(judgement.checks.map(\.step) == judgement.checks.map(\.step).sorted())
            let call = try #require(judgement.checks.first { $0.code == .criticalCall })
            #expect(call.inputs.contains(FactView(name: "value", value: "7,5")))
            #expect(call.thresholds.contains { $0.name == "high" } && call.rule == "criticalCall@1")
            let stranger = await refused { _ = try await technician.why("nothing") }
            #expect(stranger == "observation.unknown")
        }
    }

    @Test func `a critical value is called through the API, and its state stands on the lists`() async throws {
        try await APILaboratory.open { laboratory in
            let (request, potassium) = try await judged(laboratory)
            let technician = try await laboratory.signedIn(.technician)
            let open = try await technician.criticalCalls()
            #expect(open.map(\.observationID) == [potassium] && open[0].state == .open && !open[0].isOverdue)
            #expect(open[0].requestNumber == request.request.number && open[0].contact == "prescripteur")
            #expect(
                try await technician.worklist().first { $0.observation.id == potassium }?.observation.call?.state
                    == .open)
            let told = try await technician.recordCall(
                potassium,
                CallBody(
                    number: "0320000001", person: "Dr Charles", role: "prescripteur", value: "7,5", readBack: true,
                    reached: true))
            #expect(told.state == .told && told.attempts.map(\.outcome) == ["CONFIRME"])
            _ = try await technician.validate(
                request.request.number, ValidateBody(all: true, reason: "relu"))
            let biologist = try await laboratory.signedIn(.biologist)
            let file = try await biologist.fileToSign(request.request.number)
            #expect(file.observations.first { $0.analysis == "K" }?.call?.state == .told)
            _ = try await biologist.closeCall(potassium, ReasonBody(reason: "relu avec le technicien"))
            #expect(try await technician.criticalCalls().isEmpty)
            _ = try await biologist.sign(
                request.request.number, SignBody(contentHash: file.contentHash, pin: APILaboratory.pin))
        }
    }

    @Test func `replay finds the same answers, and a dry run what a changed limit would change`() async throws {
        try await APILaboratory.open { laboratory in
            let (_, potassium) = try await judged(laboratory)
            let biologist = try await laboratory.signedIn(.biologist)
            let replay = try await biologist.replayRules(ReplayBody())
            #expect(replay.results >= 2 && replay.same == replay.results && replay.unknown == 0)
            let files = try await biologist.catalogueFiles()
            laboratory.clock.advance(.seconds(60))
            let same = try await biologist.dryRun(DryRunBody(files: files.map { CatalogueFileBody($0) }, days: 1))
            #expect(same.differences.isEmpty && same.same == same.results && same.results >= 2)
            let raised = files.map { file in
                file.name == "analyses.csv"
                    ? CatalogFile(
                        name: file.name,
                        bytes: Array(
                            String(decoding: file.bytes, as: UTF8.self).replacing(",3.0,6.0,", with: ",3.0,8.0,").utf8))
                    : file
            }
            let dry = try await biologist.dryRun(
                DryRunBody(files: raised.map { CatalogueFileBody($0) }, days: 1))
            #expect(dry.differences.map(\.observationID) == [potassium] && dry.same + 1 == dry.results)
            #expect(dry.differences.first?.before.holds.contains(.criticalCall) ?? false)
            #expect(!(dry.differences.first?.after.holds.contains(.criticalCall) ?? true))
        }
    }

    @Test func `a file judged again with the rules of today keeps the judgement before`() async throws {
        try await APILaboratory.open { laboratory in
            let (request, potassium) = try await judged(laboratory)
            let technician = try await laboratory.signedIn(.technician)
            let judged = try await technician.judgeAgain(request.request.number, ReasonBody(reason: "essai"))
            #expect(judged.judged == 2)
            #expect(try await technician.why(potassium).judgements.map(\.ordinal) == [1, 2])
            #expect(try await technician.reflexes(request.request.number).isEmpty)
        }
    }

    @Test func `the commands print it, and replay ends with 0 when all answers are the same`() async throws {
        try await APILaboratory.open { laboratory in
            let (request, potassium) = try await judged(laboratory)
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run("login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                let why = try await tool.run("why", potassium)
                #expect(why.code == 0, "\(why)")
                #expect(why.output.contains("criticalCall@1") && why.output.contains("CRITIQUE_APPEL"), "\(why)")
                #expect(why.output.contains("RETENU") && why.output.contains("valeur 7,5"), "\(why)")
                #expect(try await tool.run("why", potassium, "--json").output.contains("\"rulesVersion\""))
                #expect(try await tool.run("why", "nothing").code == 1)
                let list = try await tool.run("critical", "list")
                #expect(list.output.contains(request.request.number) && list.output.contains("à appeler"), "\(list)")
                let worklist = try await tool.run("worklist")
                #expect(worklist.output.contains("appel K : à appeler avant"), "\(worklist)")
                let call = try await tool.run(
                    "critical", "call", potassium, "--number", "0320000001", "--person", "Dr Charles", "--role",
                    "prescripteur", "--value", "7,5", "--read-back")
                #expect(call.code == 0 && call.output.contains("CONFIRME"), "\(call)")
                let replay = try await tool.run(
                    "rules", "replay", "--from", "2026-11-21T00:00", "--to", "2026-11-23T00:00")
                #expect(replay.code == 0 && replay.output.contains("0 différent(s)"), "\(replay)")
                let monitor = try await tool.run("rules", "monitor", "--from", "2026-11-21", "--to", "2026-11-23")
                #expect(monitor.code == 0 && monitor.output.contains("PROPOSABLES"), "\(monitor)")
                #expect(monitor.output.contains("CRITIQUE_APPEL 1"), "\(monitor)")
                let behind = try await tool.run(
                    "rules", "monitor", "--from", "2026-11-21", "--to", "2026-11-23", "--of", "K")
                #expect(behind.output.contains(potassium) && behind.output.contains("RETENU"), "\(behind)")
                let folder = APILaboratory.root.appendingPathComponent("Catalog").path
                let dry = try await tool.run("catalogue", "dry-run", folder, "--days", "2")
                #expect(dry.code == 0 && dry.output.contains("aucune différence"), "\(dry)")
                let reflex = try await tool.run("reflex", "list", request.request.number)
                #expect(reflex.output == "aucun examen réflexe\n", "\(reflex)")
            }
        }
    }

    @Test func `what is known of the person comes with the request or later, by the API and by command`() async throws {
        try await APILaboratory.open { laboratory in
            _ = try await judged(laboratory)
            let technician = try await laboratory.signedIn(.technician)
            let patient = try await technician.addPatient(APILaboratory.patient("DURAND"))
            var body = APILaboratory.request(patient.id, ["CREA", "CLCG", "DFG09"])
            body.clinical = ClinicalBody()
            body.clinical?.weight = "soixante"
            #expect(await refused { _ = try await technician.addRequest(body) } == "request.clinical")
            body.clinical?.weight = "60.5"
            let made = try await technician.addRequest(body)
            #expect(made.request.clinical?.weight?.on == CivilDate(year: 2026, month: 11, day: 22))
            _ = try await technician.receive(made.specimens[0].accession, ReceiveBody())
            var typed = ResultBody(analysis: "CREA")
            typed.value = "80"
            _ = try await technician.enter(made.request.number, typed)
            func value(_ code: String) async throws -> ObservationValue? {
                try await technician.request(made.request.number).observations.last { $0.analysis == code }?.value
            }
            guard case .measured = try await value("CLCG"), case .measured = try await value("DFG09") else {
                Issue.record("with a weight and without a pregnancy both are given")
                return
            }
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                _ = try await tool.run("login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                let said = try await tool.run(
                    "request", "clinical", made.request.number, "--pregnant", "--weeks", "22", "--context", "dialyse",
                    "--reason", "dit par la patiente")
                #expect(said.code == 0 && said.output.contains("enceinte, 22 SA"), "\(said)")
                let shown = try await tool.run("request", "show", made.request.number)
                #expect(shown.output.contains("contexte : enceinte, 22 SA le 22/11/2026 ; dialyse"), "\(shown)")
                let wrong = try await tool.run(
                    "request", "clinical", made.request.number, "--context", "voyage", "--reason", "essai")
                #expect(wrong.code == 1, "\(wrong)")
            }
            guard case .notPerformed = try await value("DFG09"), case .notPerformed = try await value("CLCG") else {
                Issue.record("a pregnancy refuses the rate, and the weight was not said again")
                return
            }
        }
    }

    private func refused(_ work: () async throws -> Void) async -> String? {
        do {
            try await work()
            return nil
        } catch { return (error as? Refusal)?.code }
    }
}

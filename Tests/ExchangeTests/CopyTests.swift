import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(2))) struct `Copies that change after the signature` {
    private static func doctor(_ name: String) -> Professional {
        var doctor = Professional(nationalID: "81000987654\(name.count)", family: name.uppercased(), given: "Jeanne")
        doctor.securedMail = "Jeanne.\(name)@medecin.mssante.fr"
        return doctor
    }
    private func copies(_ names: [String], of request: Request, _ bench: Bench) async throws {
        _ = try await bench.desk.setAddressees(
            names.map(Self.doctor), encounter: nil, of: request.number, by: Bench.biologist)
    }
    private func mail(_ name: String) -> String { "jeanne.\(name)@medecin.mssante.fr" }
    private func sent(_ folder: String, after count: Int) throws -> [NeighbourMessage] {
        try keptFiles(folder).dropFirst(count).compactMap { NeighbourMessage($0) }
    }
    private func obey(_ dispatch: ReportDispatch, _ request: Request) async throws {
        dispatch.addresseesChanged(of: request.id)
        try await dispatch.obeyAddressees()
        _ = try await dispatch.sendDue()
    }

    @Test func `an added copy gets the version in force by itself, once, and nobody else gets it again`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let before = try keptFiles(folder).count
            try await copies(["leroy"], of: request, bench)
            for _ in 0..<2 { try await obey(dispatch, request) }
            // After a restart everything of the register is looked at, and nothing goes twice.
            let restarted = bench.dispatch(to: pfi.port)
            try await restarted.obeyAddressees()
            _ = try await restarted.sendDue()
            let new = try sent(folder, after: before)
            #expect(new.count == 1 && new.first?.first("ORC", 1) == "NW")
            #expect(new.first?.mailRecipients.map { $0.lowercased() } == [mail("leroy")])
            #expect(new.first?.metadata("DESTDMP") == "N" && new.first?.metadata("DESTMSSANTEPAT") == "N")
            let standing = try #require(try await bench.store.reports(requestID: request.id).last)
            let last = try #require(try await bench.deliveries(request).last)
            #expect(last.delivery.reportID == standing.id && standing.version == 2)
            #expect(try bench.transmission(last.delivery).document == standing.cda)
            let acts = try await bench.desk.releaseActs(of: request)
            #expect(acts.map(\.act.kind) == [.readdress] && acts.first?.author == "biologiste")
            #expect(acts.first?.act.reason.contains(mail("leroy")) == true)
            // The next version replaces it there, as everywhere.
            try await bench.sign(request, "4.6")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let third = try sent(folder, after: before + 1)
            #expect(third.map { $0.first("ORC", 1) } == ["RO"])
            #expect(third.flatMap(\.mailRecipients).map { $0.lowercased() }.contains(mail("leroy")))
        }
    }

    @Test func `a copy taken off is told that its version is withdrawn, and the others are not`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy", "morvan"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies(["morvan"], of: request, bench)
            for _ in 0..<2 { try await obey(dispatch, request) }
            let taken = try sent(folder, after: 1)
            #expect(taken.map { $0.first("ORC", 1) } == ["CA"])
            #expect(taken.first?.mailRecipients.map { $0.lowercased() } == [mail("leroy")])
            #expect(taken.first?.metadata("DESTDMP") == "N")
            #expect(!text("\(folder)/bout/dmp/279035121518989/registre.tsv").contains("Deleted"))
            // The next version goes to the others only; named again, it gets it.
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let next = try sent(folder, after: 2)
            let told = next.flatMap(\.mailRecipients).map { $0.lowercased() }
            #expect(told.contains(mail("morvan")) && !told.contains(mail("leroy")))
            try await copies(["leroy", "morvan"], of: request, bench)
            try await obey(dispatch, request)
            let again = try sent(folder, after: 2 + next.count)
            #expect(again.map { $0.first("ORC", 1) } == ["NW"])
            #expect(again.first?.mailRecipients.map { $0.lowercased() } == [mail("leroy")])
        }
    }

    @Test func `what has not left yet is written again for whom it is now`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await copies(["morvan"], of: request, bench)
            try await obey(dispatch, request)
            let all = try sent(folder, after: 0)
            let told = all.flatMap(\.mailRecipients).map { $0.lowercased() }
            #expect(
                told.contains(Bench.prescriberMail) && told.contains(mail("morvan")) && !told.contains(mail("leroy")))
            #expect(all.allSatisfy { $0.first("ORC", 1) == "NW" })
            #expect(all.count { $0.metadata("DESTDMP") == "Y" } == 1)
        }
    }

    @Test func `a held report tells nobody until it is released, a withdrawn one never`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await dispatch.perform(
                ReleaseAct(.hold, reason: "essai"), on: request.number, by: Bench.biologist)
            try await copies(["leroy"], of: request, bench)
            try await obey(dispatch, request)
            #expect(try keptFiles(folder).count == 1)
            try await dispatch.perform(
                ReleaseAct(.release, reason: "essai"), on: request.number, by: Bench.biologist)
            try await dispatch.obeyAddressees()
            _ = try await dispatch.sendDue()
            #expect(try sent(folder, after: 1).flatMap(\.mailRecipients).map { $0.lowercased() } == [mail("leroy")])
            // Sent again, it goes to all who have it.
            try await dispatch.perform(
                ReleaseAct(.resend, reason: "essai"), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let again = try sent(folder, after: 2).flatMap(\.mailRecipients).map { $0.lowercased() }
            #expect(again.contains(Bench.prescriberMail) && again.contains(mail("leroy")))
            try await dispatch.perform(
                ReleaseAct(.withdraw, reason: "essai"), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let count = try keptFiles(folder).count
            try await copies(["leroy", "morvan"], of: request, bench)
            try await obey(dispatch, request)
            #expect(try keptFiles(folder).count == count)
        }
    }

    @Test func `a copy that the patient's opposition keeps from somebody stands with its reason, once`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await oppose(true, request, bench)
            try await copies(["leroy"], of: request, bench)
            try await obey(dispatch, request)
            try await bench.dispatch(to: pfi.port).obeyAddressees()
            #expect(try keptFiles(folder).count == 1)
            for number in [request.id, nil] {
                let told = try await bench.desk.withheld(site: "nord", request: number, limit: 99).filter {
                    $0.note.destination == mail("leroy")
                }
                #expect(told.map(\.note.words) == ["le patient s'y est opposé"] && told.first?.version == 1, "\(told)")
            }
        }
    }

    @Test func `a copy for somebody without a mailbox is told: paper is owed`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        let onPaper = Professional(nationalID: "810000000030", family: "PAPIER", given: "Anne")
        _ = try await bench.desk.setAddressees(
            [onPaper], encounter: nil, of: request.number, by: Bench.biologist)
        try await bench.sign(request, "4.2")
        try await bench.dispatch(to: 1).makeReports()
        let told = try await bench.desk.withheld(site: nil, request: request.id, limit: 9)
        #expect(told.map(\.note.destination) == [onPaper.displayName] && told.allSatisfy { !$0.needsPerson })
        #expect(told.first?.note.words == "pas d'adresse MSSanté : à remettre sur papier")
    }

    @Test func `a refused message goes again to who is named today, and to no copy taken off since`()
        async throws
    {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy", "morvan"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            let dead = try #require(try await bench.deliveries(request).first?.delivery)
            try await copies(["morvan"], of: request, bench)
            try await obey(dispatch, request)
            let retry = ReleaseAct(.retry, reason: "essai", deliveryID: dead.id)
            try await dispatch.perform(retry, on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            // After a restart too: nobody has anything to be taken back.
            try await bench.dispatch(to: pfi.port).obeyAddressees()
            #expect(try await dispatch.sendDue())
            let box = "\(folder)/bout/mss"
            #expect(text("\(box)/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").isEmpty)
            for one in ["Jeanne.morvan@medecin.mssante.fr", Bench.prescriberMail, "279035121518989@patient.mssante.fr"]
            {
                #expect(text("\(box)/\(one)/courriels.tsv").split(separator: "\n").count == 1, "\(one)")
            }
            let standing = try #require(try await bench.store.reports(requestID: request.id).first?.documentOID)
            #expect(text("\(folder)/bout/dmp/279035121518989/registre.tsv").contains("\(standing)\tApproved"))
        }
    }

    @Test func `a copy taken off whose withdrawal the PFI refused gets nothing more`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.accept, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies([], of: request, bench)
            try await obey(dispatch, request)
            try await dispatch.perform(
                ReleaseAct(.resend, reason: "essai"), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await bench.dispatch(to: pfi.port).obeyAddressees()
            let mails = text("\(folder)/bout/mss/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").split(separator: "\n")
            #expect(mails.count == 1 && mails.first?.hasSuffix("NW") == true, "\(mails)")
            #expect(try keptFiles(folder).count == 3, "the first, its resending, the second version")
            let refused = try #require(
                try await bench.deliveries(request).first { $0.delivery.destination.contains("retrait") }?.delivery)
            let retry = ReleaseAct(.retry, reason: "essai", deliveryID: refused.id)
            try await dispatch.perform(retry, on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            #expect(
                text("\(folder)/bout/mss/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").hasSuffix("CA\n"),
                "a person sends the withdrawal again")
        }
    }

    @Test func `a copy named again keeps what a refused withdrawal would have taken, whatever is retried`()
        async throws
    {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.accept, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies([], of: request, bench)
            try await obey(dispatch, request)
            let refused = try #require(try await bench.deliveries(request).last?.delivery)
            let retry = ReleaseAct(.retry, reason: "essai", deliveryID: refused.id)
            #expect(try await dispatch.deadLetters(site: nil, request: nil).map(\.delivery.id) == [refused.id])
            try await copies(["leroy"], of: request, bench)
            try await obey(dispatch, request)
            try await bench.dispatch(to: pfi.port).obeyAddressees()
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
            do throws(CommandFailure) {
                try await dispatch.perform(retry, on: request.number, by: Bench.biologist)
                Issue.record("it is a copy again")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.code == "release.named" && !refusal.remedy.isEmpty)
            }
            _ = try await dispatch.sendDue()
            func mails() -> [Substring] {
                text("\(folder)/bout/mss/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").split(separator: "\n")
            }
            #expect(mails().map { $0.suffix(2) } == ["NW"], "it was never taken back, nor sent twice")
            // Taken off once more: the withdrawal waits for a person again, and may go.
            try await copies([], of: request, bench)
            try await obey(dispatch, request)
            #expect(try await dispatch.deadLetters(site: nil, request: nil).map(\.delivery.id) == [refused.id])
            try await dispatch.perform(retry, on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            #expect(mails().map { $0.suffix(2) } == ["NW", "CA"])
        }
    }

    @Test func `a copy named again after a correction gets the correction of what it still has`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.accept, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies([], of: request, bench)
            try await obey(dispatch, request)
            let refused = try #require(try await bench.deliveries(request).last?.delivery)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies(["leroy"], of: request, bench)
            try await obey(dispatch, request)
            let mails = text("\(folder)/bout/mss/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").split(separator: "\n")
            let made = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            #expect(
                mails.map { $0.split(separator: "\t").dropFirst().joined(separator: " ") }
                    == ["\(made[0]) NW", "\(made[1]) RO"])
            #expect(try await dispatch.deadLetters(site: nil, request: nil).isEmpty)
            let retry = ReleaseAct(.retry, reason: "essai", deliveryID: refused.id)
            await #expect(throws: CommandFailure.self) {
                try await dispatch.perform(retry, on: request.number, by: Bench.biologist)
            }
        }
    }

    @Test func `a copy that an opposition kept goes when it is lifted, without a restart and once`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            for isOpposed in [true, false] {
                try await oppose(isOpposed, request, bench)
                if isOpposed {
                    try await copies(["leroy"], of: request, bench)
                    try await obey(dispatch, request)
                }
                for _ in 0..<2 { try await dispatch.obeyChoices(of: [request.patientID]) }
                _ = try await dispatch.sendDue()
                #expect(try keptFiles(folder).count == (isOpposed ? 1 : 2))
                let told = try await bench.desk.withheld(site: nil, request: request.id, limit: 9).map(\.note.words)
                #expect(
                    told == [
                        isOpposed ? "le patient s'y est opposé" : "le patient s'y était opposé, l'opposition est levée"
                    ])
            }
            #expect(try sent(folder, after: 1).flatMap(\.mailRecipients).map { $0.lowercased() } == [mail("leroy")])
            // Another patient's file tells nothing of this one.
            try await dispatch.obeyChoices(of: ["autre"])
            try await bench.dispatch(to: pfi.port).obeyChoices()
            _ = try await dispatch.sendDue()
            #expect(try keptFiles(folder).count == 2)
        }
    }

    private func oppose(_ isOpposed: Bool, _ request: Request, _ bench: Bench) async throws {
        let patient = try await bench.desk.patient(request.patientID)
        var draft = PatientDraft(status: patient.status, traits: patient.traits)
        draft.ins = patient.ins
        var file = patient.administrative ?? AdministrativeFile()
        file.oppositions =
            isOpposed
            ? [Opposition(.otherProfessionals, reason: "dit", at: bench.clock.now, recordedBy: "biologiste")] : []
        draft.administrative = file
        let changed = draft
        _ = try await bench.desk.updatePatient(
            patient.id, lifting: isOpposed ? [] : [.otherProfessionals], by: Bench.biologist
        ) { _ in changed }
    }

    @Test func `a médecin traitant who changes before a report leaves gets it, later only the next`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        func choose(_ name: String) async throws {
            let patient = try await bench.desk.patient(request.patientID)
            var draft = PatientDraft(status: patient.status, traits: patient.traits)
            draft.ins = patient.ins
            var file = AdministrativeFile()
            file.familyDoctor = Self.doctor(name)
            file.familyDoctorGetsReports = true
            draft.administrative = file
            let changed = draft
            _ = try await bench.desk.updatePatient(patient.id, by: Bench.biologist) { _ in changed }
        }
        func mails(_ folder: String, _ name: String) -> [Substring] {
            // Who is named nowhere any more is written to in lower case.
            ["Jeanne", "jeanne"].flatMap {
                text("\(folder)/bout/mss/\($0).\(name)@medecin.mssante.fr/courriels.tsv").split(separator: "\n")
            }.map { $0.suffix(2) }
        }
        try await choose("leroy")
        try await bench.sign(request, "4.2")
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            try await choose("morvan")
            for _ in 0..<2 { try await dispatch.obeyChoices(of: [request.patientID]) }
            _ = try await dispatch.sendDue()
            #expect(mails(folder, "leroy").isEmpty && mails(folder, "morvan") == ["NW"])
            // What is out is taken back from nobody, and sent to nobody by this change.
            try await choose("dupont")
            for _ in 0..<2 { try await dispatch.obeyChoices(of: [request.patientID]) }
            _ = try await dispatch.sendDue()
            #expect(mails(folder, "morvan") == ["NW"] && mails(folder, "dupont").isEmpty)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            #expect(mails(folder, "morvan") == ["NW", "RO"], "who has a version is told what became of it")
            #expect(mails(folder, "dupont") == ["NW"])
        }
    }

    @Test func `a copy taken off whose correction was refused is told that what it has is withdrawn`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        try await bench.sign(request, "4.2")
        try await withPFI(PFIPolicy(answers: [.accept, .error, .accept])) { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            try await copies([], of: request, bench)
            for _ in 0..<2 { try await obey(dispatch, request) }
            let documents = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            let mails = text("\(folder)/bout/mss/Jeanne.leroy@medecin.mssante.fr/courriels.tsv").split(separator: "\n")
            #expect(
                mails.map { $0.split(separator: "\t").dropFirst().joined(separator: " ") }
                    == ["\(documents[0]) NW", "\(documents[0]) CA"])
        }
    }

    @Test func `an address that does not change, or a file without a signature, writes no act`() async throws {
        let bench = try Bench()
        let request = try await bench.request()
        try await copies(["leroy"], of: request, bench)
        #expect(try await bench.desk.releaseActs(of: request).isEmpty)
        try await bench.sign(request, "4.2")
        _ = try await bench.desk.setAddressees(nil, encounter: .inpatient, of: request.number, by: Bench.biologist)
        #expect(try await bench.desk.releaseActs(of: request).isEmpty)
        #expect(try await bench.desk.readdressed().isEmpty)
        try await copies([], of: request, bench)
        #expect(try await bench.desk.readdressed() == [request.id])
    }
}

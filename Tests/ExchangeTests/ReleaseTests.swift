import Base
import Exchange
import HL7v2
import Laboratory
import Neighbours
import Printing
import Report
import Store
import Testing
import Workflow

/// Points of the acceptance list (DSR-SGL section 7) that are about the way out.
@Suite(.timeLimit(.minutes(2))) struct `A report's way out` {
    private func act(_ kind: ReleaseAct.Kind, from: [Audience] = [], until: Instant? = nil, of id: String? = nil)
        -> ReleaseAct
    {
        ReleaseAct(kind, reason: "essai", hiddenFrom: from, until: until, deliveryID: id)
    }

    @Test func `point 3: a corrected report makes version 2 with RPLC, RO and C`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let reports = try await bench.store.reports(requestID: request.id)
            #expect(reports.map(\.version) == [1, 2] && reports[0].setOID == reports[1].setOID)
            #expect(String(decoding: reports[1].cda, as: UTF8.self).contains("typeCode=\"RPLC\""))
            let last = try #require(try keptFiles(folder).last.flatMap { NeighbourMessage($0) })
            #expect(last.first("ORC", 1) == "RO" && last.metadata("MODIF_CONF_CODE") == "N")
            let register = text("\(folder)/bout/dmp/279035121518989/registre.tsv")
            #expect(register.contains("\(reports[0].documentOID)\tDeprecated"))
            #expect(register.contains("\(reports[1].documentOID)\tApproved"))
        }
    }

    @Test func `nothing is hidden from the representatives of an adult, who has none`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let code = await refusal {
            try await dispatch.perform(
                act(.hide, from: [.patient, .guardians]), on: request.number, by: Bench.biologist)
        }
        #expect(code == "release.adult.representatives")
        #expect(try await bench.store.reports(requestID: request.id).count == 1)
    }

    @Test func `point 4: hiding is a new version with MODIF_CONF_CODE Y, and ends at its date`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let end = bench.clock.now.advanced(by: .seconds(86_400))
            try await dispatch.perform(
                act(.hide, from: [.patient], until: end), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            var sent = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(sent.count == 2 && sent[1].first("ORC", 1) == "RO")
            #expect(sent[1].metadata("INVISIBLE_PATIENT") == "Y" && sent[1].metadata("MODIF_CONF_CODE") == "Y")
            #expect(sent[1].metadata("DESTMSSANTEPAT") == "N", "a hidden report does not go to the patient")
            try await dispatch.endHidings()
            #expect(try await bench.store.reports(requestID: request.id).count == 2, "its date has not come")
            bench.clock.advance(.seconds(86_400))
            try await dispatch.endHidings()
            try await dispatch.endHidings()
            _ = try await dispatch.sendDue()
            sent = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(sent.count == 3 && sent[2].metadata("INVISIBLE_PATIENT") == "N")
            #expect(sent[2].metadata("MODIF_CONF_CODE") == "Y" && sent[2].metadata("DESTMSSANTEPAT") == "Y")
            let reports = try await bench.store.reports(requestID: request.id)
            #expect(Set(reports.map(\.documentOID)).count == 3 && Set(reports.map(\.setOID)).count == 1)
            #expect(reports[2].replacedOID == reports[1].documentOID)
        }
    }

    @Test func `point 5: a wrong patient is deleted where the report went, with CA and D`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let sent = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(sent.count == 2 && sent[1].first("ORC", 1) == "CA")
            #expect(sent[0].document == sent[1].document && sent[0].mailRecipients == sent[1].mailRecipients)
            #expect(text("\(folder)/bout/dmp/279035121518989/registre.tsv").contains("Deleted"))
            await #expect(throws: CommandFailure.self, "withdrawn once") {
                try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            }
            // Signed again for the right patient: a first version, not a replacement.
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let last = try #require(try keptFiles(folder).last.flatMap { NeighbourMessage($0) })
            #expect(last.first("ORC", 1) == "NW")
        }
    }

    @Test func `point 5: what was signed before a withdrawal, and not made yet, brings nothing back`() async throws {
        try await withSent { bench, request, dispatch, folder in
            try await bench.sign(request, "4.4")
            try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let sent = try keptFiles(folder).compactMap { NeighbourMessage($0) }
            #expect(sent.map { $0.first("ORC", 1) } == ["NW", "CA"])
            #expect(try await bench.store.reports(requestID: request.id).map(\.version) == [1])
            try await bench.sign(request, "4.6")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let last = try #require(try keptFiles(folder).last.flatMap { NeighbourMessage($0) })
            #expect(last.first("ORC", 1) == "NW", "the right file, signed anew")
        }
    }

    @Test func `point 5: a withdrawal deletes the version that came before one that nobody answered, and that one`()
        async throws
    {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.accept, .silence, .accept])) { pfi, folder in
            let impatient = bench.dispatch(to: pfi.port, waiting: .milliseconds(1500))
            try await impatient.makeReports()
            #expect(try await impatient.sendDue())
            try await bench.sign(request, "4.4")
            try await impatient.makeReports()
            #expect(try await !impatient.sendDue())
            let second = try #require(try await bench.deliveries(request).last?.delivery)
            try await impatient.perform(act(.abandon, of: second.id), on: request.number, by: Bench.biologist)
            try await impatient.perform(act(.withdraw), on: request.number, by: Bench.biologist)
            #expect(try await impatient.sendDue())
            let made = try await bench.store.reports(requestID: request.id).map(\.documentOID)
            #expect(made.count == 2)
            let register = text("\(folder)/bout/dmp/279035121518989/registre.tsv")
            #expect(register.split(separator: "\n").last?.hasPrefix("\(made[0])\tDeleted") == true, "\(register)")
            let mails = text("\(folder)/bout/mss/\(Bench.prescriberMail)/courriels.tsv")
            for document in made { #expect(mails.contains("\t\(document)\tCA"), "\(mails)") }
        }
    }

    @Test func `point 5: a withdrawal while a correction is made, again and again, leaves nothing standing`()
        async throws
    {
        for _ in 0..<8 {
            try await withSent { bench, request, dispatch, folder in
                try await bench.sign(request, "4.4")
                async let made: Void = dispatch.makeReports()
                try await dispatch.perform(act(.withdraw), on: request.number, by: Bench.biologist)
                try await made
                _ = try await dispatch.sendDue()
                let register = text("\(folder)/bout/dmp/279035121518989/registre.tsv")
                let last = register.split(separator: "\n").last { !$0.isEmpty }
                #expect(last?.contains("Deleted") == true, "\(register)")
                #expect(!register.contains(".2\tApproved"), "\(register)")
            }
        }
    }

    @Test func `point 6: without a qualified identity, no INS, no DMP, no patient's mailbox`() async throws {
        let bench = try Bench()
        let request = try await bench.signed(qualified: false)
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let delivery = try #require(try await bench.deliveries(request).first?.delivery)
        let text = String(decoding: delivery.message, as: UTF8.self)
        #expect(!text.contains("279035121518989") && !text.contains("1.2.250.1.213.1.4.8"))
        let sent = try bench.transmission(delivery)
        #expect(!sent.toDMP && !sent.toPatient && sent.toProfessionals && !delivery.toDMP)
    }

    @Test func `point 11: a refused message waits for a person, who sends it again or gives it up`() async throws {
        try await withSent(PFIPolicy(answers: [.error, .reject, .accept])) { bench, request, dispatch, _ in
            let dead = try #require(try await bench.deliveries(request).first?.delivery)
            try await dispatch.perform(act(.retry, of: dead.id), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            var all = try await bench.deliveries(request)
            #expect(all.map(\.kinds) == [[.attempted, .refused], [.attempted, .refused]])
            #expect(Set(all.map(\.delivery.controlID)).count == 2, "a refused message never goes again as such")
            try await dispatch.perform(
                act(.retry, of: all[1].delivery.id), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            all = try await bench.deliveries(request)
            #expect(all.last?.kinds == [.attempted, .accepted])
            await #expect(throws: CommandFailure.self, "what was accepted is not retried") {
                try await dispatch.perform(
                    act(.retry, of: all.last?.delivery.id), on: request.number, by: Bench.biologist)
            }
        }
    }

    @Test func `point 11: what a person sends again goes once, however often it is asked`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        try await withPFI(PFIPolicy(answers: [.error, .error, .accept])) { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            func retry(_ delivery: Delivery) async -> String? {
                await refusal {
                    try await dispatch.perform(
                        act(.retry, of: delivery.id), on: request.number, by: Bench.biologist)
                }
            }
            try await dispatch.makeReports()
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            #expect(await retry(first) == "release.due", "it has not been sent yet")
            #expect(try await dispatch.sendDue())
            #expect(await retry(first) == nil)
            #expect(await retry(first) == "release.due", "it went again and waits")
            #expect(try await dispatch.sendDue())
            #expect(await retry(first) == "release.again", "the second one was refused: that one goes")
            let second = try #require(try await bench.deliveries(request).last?.delivery)
            #expect(await retry(second) == nil)
            #expect(await retry(second) == "release.due")
            #expect(try await dispatch.sendDue())
            #expect(await retry(first) == "release.again")
            #expect(await retry(second) == "release.again")
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.stored == 1)
        }
    }

    @Test func `point 13: minor, announcement visit, secret care, restricted: the right flags`() async throws {
        let bench = try Bench()
        func sent(_ hide: (inout ReleaseAct) -> Void, born year: Int) async throws -> DocumentTransmission {
            let request = try await bench.request(birthYear: year)
            var chosen = act(.hide)
            hide(&chosen)
            let dispatch = bench.dispatch(to: 1)
            try await dispatch.perform(chosen, on: request.number, by: Bench.biologist)
            try await bench.sign(request, "4.2")
            try await dispatch.makeReports()
            return try bench.transmission(try #require(try await bench.deliveries(request).last?.delivery))
        }
        let announced = try await sent({ $0.hiddenFrom = [.patient] }, born: 1979)
        #expect(announced.hiddenFromPatient && announced.toDMP && !announced.toPatient && announced.toProfessionals)
        #expect(announced.request == .initial && !announced.changesVisibility)
        let secret = try await sent({ $0.secretCare = true }, born: 2012)
        #expect(secret.secretConnection && secret.hiddenFromGuardians && !secret.toPatient && !secret.hiddenFromPatient)
        await #expect(throws: CommandFailure.self, "secret care is a minor's") {
            _ = try await sent({ $0.secretCare = true }, born: 1979)
        }
        let restricted = try await sent({ $0.confidentiality = .restricted }, born: 1979)
        #expect(!restricted.toDMP && restricted.toProfessionals)
        #expect(String(decoding: restricted.document, as: UTF8.self).contains("<confidentialityCode code=\"R\""))
    }

    @Test func `showing what something else still hides sends nothing, and names what does`() async throws {
        let bench = try Bench()
        let request = try await bench.request(birthYear: 2012)
        var secret = act(.hide, from: [.guardians])
        secret.secretCare = true
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.perform(secret, on: request.number, by: Bench.biologist)
            try await bench.sign(request, "4.2")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            let code = await refusal {
                try await dispatch.perform(act(.unhide), on: request.number, by: Bench.biologist)
            }
            #expect(code == "release.same")
            #expect(try await bench.store.reports(requestID: request.id).count == 1)
            var lifting = act(.unhide)
            lifting.secretCare = false
            try await dispatch.perform(lifting, on: request.number, by: Bench.biologist)
            _ = try await dispatch.sendDue()
            let last = try #require(try keptFiles(folder).compactMap { NeighbourMessage($0) }.last)
            #expect(last.metadata("INVISIBLE_REP_LEGAUX") == "N" && last.metadata("MODIF_CONF_CODE") == "Y")
        }
    }

    @Test func `an opposition keeps the report from the DMP and nothing else`() async throws {
        let bench = try Bench()
        let request = try await bench.request(opposed: true)
        try await bench.sign(request, "4.2")
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let sent = try bench.transmission(try #require(try await bench.deliveries(request).last?.delivery))
        #expect(!sent.toDMP && sent.toPatient && sent.toProfessionals)
    }

    @Test func `a hold keeps everything here, a release lets it go, both with their reason`() async throws {
        let bench = try Bench()
        let early = try await bench.request()
        let late = try await bench.signed()
        try await withPFI { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            // Before the signature, and between the report and its sending.
            try await dispatch.perform(act(.hold), on: early.number, by: Bench.biologist)
            try await bench.sign(early, "4.2")
            try await dispatch.makeReports()
            try await dispatch.perform(act(.hold), on: late.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.received == 0)
            for request in [early, late] {
                try await dispatch.perform(act(.release), on: request.number, by: Bench.biologist)
            }
            #expect(try await dispatch.sendDue())
            #expect(pfi.tally.stored == 2)
            for request in [early, late] { #expect(try await bench.deliveries(request).last?.kinds.last == .accepted) }
            let trail = try await bench.store.audit(after: 0, limit: 1000).map(\.action)
            #expect(trail.count { $0 == "release.hold" } == 2 && trail.count { $0 == "release.release" } == 2)
        }
    }

    @Test func `a release lets go every message of the version that was held`() async throws {
        try await withSent { bench, request, dispatch, folder in
            var other = request.prescriber
            other.securedMail = "autre.medecin@medecin.mssante.fr"
            try await bench.changePrescriber(of: request, to: other)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            // Held, let go, held, let go: each destination is still sent it once.
            for kind in [ReleaseAct.Kind.hold, .release, .hold, .release] {
                try await dispatch.perform(act(kind), on: request.number, by: Bench.biologist)
            }
            #expect(try await dispatch.sendDue())
            let sent = try keptFiles(folder).dropFirst().compactMap { NeighbourMessage($0) }
            #expect(Set(sent.map { $0.first("ORC", 1) }) == ["NW", "RO"] && sent.count == 2)
            #expect(
                Set(sent.flatMap(\.mailRecipients)).isSuperset(of: [Bench.prescriberMail, other.securedMail ?? ""]))
        }
    }

    @Test func `a report is hidden at once although tube and prescriber changed since its signature`() async throws {
        try await withSent { bench, request, dispatch, folder in
            var other = request.prescriber
            other.securedMail = "autre.medecin@medecin.mssante.fr"
            try await bench.changePrescriber(of: request, to: other)
            let tube = try #require(try await bench.store.specimens(requestID: request.id).first?.accession)
            _ = try await bench.desk.receive(tube, collectedAt: nil, nonconformity: "coagulé", by: Bench.biologist)
            try await dispatch.perform(
                ReleaseAct(.hide, reason: "annonce", hiddenFrom: [.patient]), on: request.number,
                by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            let sent = try #require(try keptFiles(folder).compactMap { NeighbourMessage($0) }.last)
            #expect(sent.first("ORC", 1) == "RO" && sent.metadata("INVISIBLE_PATIENT") == "Y")
            #expect(sent.mailRecipients == [Bench.prescriberMail], "who has it, not who asks since")
            let last = try #require(try await bench.store.reports(requestID: request.id).last)
            #expect(last.version == 2 && !String(decoding: last.cda, as: UTF8.self).contains("coagulé"))
        }
    }

    @Test func `a correction tells each who received the version before`() async throws {
        try await withSent { bench, request, dispatch, folder in
            let first = try keptFiles(folder).count
            var other = request.prescriber
            other.securedMail = "autre.medecin@medecin.mssante.fr"
            try await bench.changePrescriber(of: request, to: other)
            try await bench.sign(request, "4.4")
            try await dispatch.makeReports()
            _ = try await dispatch.sendDue()
            // A replacement to those who have version one, the document itself to those who have none.
            let correction = try keptFiles(folder).dropFirst(first).compactMap { NeighbourMessage($0) }
            #expect(
                Set(correction.flatMap(\.mailRecipients)).isSuperset(
                    of: [Bench.prescriberMail, "autre.medecin@medecin.mssante.fr"]))
        }
    }

    @Test func `resending is a new message, without a DMP that has the document`() async throws {
        try await withSent { bench, request, dispatch, _ in
            let first = try #require(try await bench.deliveries(request).first?.delivery)
            try await bench.desk.recordDelivery(.dmpAccepted, first, detail: nil, author: "exchange")
            try await dispatch.perform(act(.resend), on: request.number, by: Bench.biologist)
            #expect(try await dispatch.sendDue())
            let again = try #require(try await bench.deliveries(request).last?.delivery)
            let (old, new) = (try bench.transmission(first), try bench.transmission(again))
            #expect(new.controlID != old.controlID && new.document == old.document)
            #expect(old.toDMP && !new.toDMP && new.recipients == old.recipients)
        }
    }

    @Test func `rendered again, a report has the bytes that were sent`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.makeReports()
        let sent = try #require(try await bench.store.reports(requestID: request.id).first)
        let signature = try #require(try await bench.store.signatures(requestID: request.id).first)
        let composition = try Composition(
            try await bench.desk.signedReport(of: signature), catalogue: bench.desk.catalogue)
        let page = try ReportPrinter.pdf(composition.printed)
        #expect(page == sent.pdf)
        #expect(try composition.cda(pdf: page) == sent.cda)
        let message = try bench.transmission(try #require(try await bench.deliveries(request).first?.delivery))
        #expect(message.document == sent.cda)
    }

    @Test func `only who signs decides, and always with a reason`() async throws {
        let bench = try Bench()
        let request = try await bench.signed()
        let dispatch = bench.dispatch(to: 1)
        await #expect(throws: CommandFailure.self) {
            try await dispatch.perform(act(.hold), on: request.number, by: Bench.technician)
        }
        await #expect(throws: CommandFailure.self) {
            try await dispatch.perform(ReleaseAct(.hold, reason: " "), on: request.number, by: Bench.biologist)
        }
        #expect(try await bench.desk.releaseActs(of: request).isEmpty)
    }
}

import Base
import CDA
import Catalog
import HL7v2
import Laboratory
import Report
import ReportSamples
import Testing
import Judges

private let parties = CampaignTests.parties
private let pdf = CampaignTests.pdf

/// The acceptance list of the SGL (DSR sheet section 7): what of it is documents and messages. Sending, answers and
/// people's screens are the shells'.
struct RequirementTests {
    private func compose(_ report: SignedReport) throws -> Composition {
        try Composition(report, catalogue: Shared.catalogue())
    }
    private func rich(_ status: IdentityStatus = .qualified, version: Int = 1) throws -> Composition {
        try compose(Sample.rich(Sample.patient(status), version: version))
    }
    private func sent(
        _ composition: Composition, holders: Set<Destination> = [], withdrawal: Bool = false,
        earlier: Visibility? = nil, carrier: DocumentTransmission.Carrier = .oru
    ) throws -> [ReceivedMessage] {
        var request = composition.routingRequest(at: Sample.at(12))
        request.holders = holders
        request.isWithdrawal = withdrawal
        request.earlierVisibility = earlier
        var settings = RoutingSettings()
        settings.carrier = carrier
        let cda = try composition.cda(pdf: pdf)
        return try Routing(request, settings: settings).errands.enumerated().map { index, errand in
            try ReceivedMessage(
                composition.message(
                    errand, cda: cda, parties: parties, controlID: "M-\(index)", sentAt: Sample.at(12),
                    settings: settings))
        }
    }
    private let everyone: Set<Destination> = [
        .dmp, .patient, .professional("pascal.charles@medecin.test.mssante.fr"),
    ]
    private func flag(_ code: String, of message: ReceivedMessage) -> String? {
        message.all("OBX").first { $0.value(3) == code }?.value(5)
    }

    @Test func `1 and 2: each report and each message passes its judge, the PDF inside`() async throws {
        let composition = try rich()
        let cda = try composition.cda(pdf: pdf)
        #expect(try ReceivedReport(reading: cda).document.pdfCopy.bytes == pdf)
        guard let shared = Judges.shared(for: "DSR 1 and 2") else { return }
        let messages = try sent(composition).map(\.bytes)
        #expect(messages.count == 1)
        let cdaErrors = try await Judges.cdaErrors(in: ["report": cda], shared: shared)
        #expect(cdaErrors == "")
        let pfiErrors = try await Judges.pfiErrors(in: ["message": messages[0]], shared: shared)
        #expect(pfiErrors == "")
    }

    @Test func `3: a corrected report makes v2 with RPLC, ORU RO and C`() throws {
        let second = try rich(version: 2)
        let document = second.document(pdf: pdf)
        #expect(document.version == 2 && document.replaces == "1.2.250.1.999.1.261120.7.1")
        #expect(document.setID == (try rich().document(pdf: pdf).setID) && document.id != document.replaces)
        for (carrier, kind) in [(DocumentTransmission.Carrier.oru, "R01"), (.mdm, "T10")] {
            let message = try #require(sent(second, holders: everyone, carrier: carrier).first)
            #expect(message.value("ORC", 1) == "RO" && message.all("OBX")[0].value(11) == "C")
            #expect(message.kind.event == kind)
        }
    }

    @Test func `4: hiding and un-hiding are new versions with MODIF_CONF_CODE Y`() throws {
        var report = try Sample.rich(Sample.patient(), version: 2)
        report.visibility.patient = .hidden
        let hidden = try #require(sent(compose(report), holders: [.dmp], earlier: .open).last)
        #expect(hidden.value("ORC", 1) == "RO")
        #expect(flag("MODIF_CONF_CODE", of: hidden) == "Y" && flag("INVISIBLE_PATIENT", of: hidden) == "Y")
        #expect(flag("DESTMSSANTEPAT", of: hidden) == "N")
        let earlier = report.visibility
        report.visibility = .open
        let shown = try #require(sent(compose(report), holders: [.dmp], earlier: earlier).last)
        #expect(flag("MODIF_CONF_CODE", of: shown) == "Y" && flag("INVISIBLE_PATIENT", of: shown) == "N")
        let same = try #require(sent(compose(report), holders: [.dmp], earlier: .open).last)
        #expect(flag("MODIF_CONF_CODE", of: same) == "N")
    }

    @Test func `5: wrong patient, CA and D, to all who have the document`() throws {
        for (carrier, kind) in [(DocumentTransmission.Carrier.oru, "R01"), (.mdm, "T04")] {
            let messages = try sent(rich(), holders: everyone, withdrawal: true, carrier: carrier)
            #expect(messages.count == 1)
            #expect(messages[0].value("ORC", 1) == "CA" && messages[0].all("OBX")[0].value(11) == "D")
            #expect(messages[0].kind.event == kind)
            #expect(flag("DESTDMP", of: messages[0]) == "Y" && flag("DESTMSSANTEPAT", of: messages[0]) == "Y")
        }
    }

    @Test(arguments: [IdentityStatus.provisional, .validated, .retrieved])
    func `6 and 9: no INS anywhere unless qualified, DESTDMP N, no patient mailbox`(status: IdentityStatus) throws {
        let composition = try rich(status)
        let messages = try sent(composition)
        #expect(messages.count == 1)
        #expect(flag("DESTDMP", of: messages[0]) == "N" && flag("DESTMSSANTEPAT", of: messages[0]) == "N")
        #expect(flag("DESTMSSANTEPS", of: messages[0]) == "Y")
        let text = String(decoding: messages[0].bytes, as: UTF8.self)
        let cda = String(decoding: try composition.cda(pdf: pdf), as: UTF8.self)
        for matricule in ["279035121518989", "1.2.250.1.213.1.4."] {
            #expect(!text.contains(matricule) && !cda.contains(matricule))
        }
    }

    @Test func `10: a ZAM that says N is read with its reason`() throws {
        let head =
            "MSH|^~\\&|PFI|O|SGL|L|20250310||ZAM^Z01^ZAM_Z01|P-1|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS\rEVN||2025\r"
        let obx = "OBX|1|CWE|ACK_RECEPTION_DMP^x^AckMetierZAM|M-0|N^^expandedYes-NoIndicator||||||F\r"
        let err = "ERR|||207^x^y|E|DMPClosed^DMP fermé^DMP_ERROR_CODE\r"
        let zam = try BusinessAcknowledgement(parsing: ReceivedMessage(Array((head + obx + err).utf8)))
        #expect(!zam.accepted && zam.originalControlID == "M-0")
        #expect(zam.problems.map(\.code) == ["DMPClosed"])
    }

    @Test func `11: the same report asked twice is the same message, byte for byte`() throws {
        let first = try sent(rich()).map(\.bytes), second = try sent(rich()).map(\.bytes)
        #expect(first == second)
    }

    @Test
    func `12: non-LOINC, aborted, qualitative, less than, two units, isolate and antibiogram have their structures`()
        throws
    {
        var maker = ReportMaker(seed: 12)
        var plan = ReportPlan(only: .antibiogram)
        plan.cases.formUnion([.localCode, .waitingCode, .notPerformed, .coded, .below, .twoUnits, .isolate])
        let cda = String(decoding: try compose(maker.report(plan, rank: 1)).cda(pdf: pdf), as: UTF8.self)
        for mark in [
            "codeSystem=\"1.2.250.1.213.1.1.5.130\"", "code=\"AXAHBPM\"", "<statusCode code=\"aborted\"/>",
            "xsi:type=\"CD\"", "inclusive=\"false\"", "unit=\"g/L\"", "unit=\"mmol/L\"", "classCode=\"MIC\"",
            "code=\"18769-0\"", "code=\"2.16.840.1.113883.5.83\"".replacing("code=", with: "codeSystem="),
        ] { #expect(cda.contains(mark), "\(mark)") }
    }

    @Test func `12: a waiting code of the catalogue stands before the laboratory's own, without a word of this report`()
        throws
    {
        var maker = ReportMaker(seed: 12)
        let report = try maker.report(ReportPlan(only: .localCode), rank: 1)
        func document(_ catalogue: AnalysisCatalogue) throws -> String {
            String(decoding: try Composition(report, catalogue: catalogue).cda(pdf: pdf), as: UTF8.self)
        }
        let coded = try document(Shared.catalogue(waiting: ["AXAHBPM": "1443259"]))
        let place = try #require(coded.firstRange(of: "1.2.250.1.213.1.1.5.130"))
        let own = try #require(coded.firstRange(of: "code=\"AXAHBPM\""))
        #expect(coded.contains("code=\"1443259\"") && place.lowerBound < own.lowerBound)
        #expect(try !document(Shared.catalogue()).contains("1.2.250.1.213.1.1.5.130"))
    }

    @Test func `13: minor, announcement visit and secret care give their flags`() throws {
        var patient = try Sample.patient()
        patient.traits.birthDate = CivilDate(year: 2011, month: 3, day: 28)
        var report = try Sample.rich(patient)
        report.visibility.secretCare = true
        let secret = try #require(sent(compose(report)).first)
        #expect(flag("CONNEXION_SECRETE", of: secret) == "Y" && flag("INVISIBLE_REP_LEGAUX", of: secret) == "Y")
        #expect(flag("DESTMSSANTEPAT", of: secret) == "N")
        report.visibility = .open
        report.visibility.patient = .hiddenUntil(Sample.at(13))
        let hidden = try #require(sent(compose(report)).first)
        #expect(flag("INVISIBLE_PATIENT", of: hidden) == "Y" && flag("DESTDMP", of: hidden) == "Y")
    }
}

/// The composition itself: what it lacks is refused before there is a message.
struct CompositionMutationTests {
    private func refusal(_ change: (inout SignedReport) -> Void) throws -> String? {
        var report = try Sample.rich(Sample.patient(), version: 2)
        change(&report)
        do {
            let composition = try Composition(report, catalogue: Shared.catalogue())
            let cda = try composition.cda(pdf: pdf)
            var request = composition.routingRequest(at: Sample.at(12))
            request.holders = [.dmp]
            for errand in Routing(request).errands {
                _ = try composition.message(errand, cda: cda, parties: parties, controlID: "1", sentAt: Sample.at(12))
            }
            return nil
        } catch let refusal as Refusal {
            #expect(!refusal.description.contains("PAT-TROIS"))
            return refusal.code
        }
    }

    @Test func `each datum that a composition lacks stops it with its reason`() throws {
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.content.observations = [] } == "report.empty")
        #expect(try refusal { $0.content.observations[0].analysis = "XXXX" } == "report.analysis")
        #expect(try refusal { $0.content.patient.traits.birthName = "" } == "cda.missing")
        #expect(try refusal { $0.content.patient.traits.birthplace = nil } == "cda.patient.traits")
        #expect(try refusal { $0.content.patient.ipp = "" } == "cda.missing")
        #expect(try refusal { $0.site.finess = "12" } == "cda.structure")
        #expect(try refusal { $0.site.oidRoot = "abc" } == "cda.oid")
        #expect(try refusal { $0.site.name = " " } == "cda.missing")
        #expect(try refusal { $0.documentOID = "" } == "cda.oid")
        #expect(try refusal { $0.setOID = "x" } == "cda.oid")
        #expect(try refusal { $0.replacedOID = $0.documentOID } == "cda.replacement")
        #expect(try refusal { $0.signature.biologist.nationalID = "8" } == "cda.professional")
        #expect(try refusal { $0.signature.biologist.family = "" } == "cda.missing")
        #expect(try refusal { $0.site.director.speciality = "" } == "cda.missing")
        #expect(try refusal { $0.content.request.prescriber.nationalID = "8123" } == "cda.professional")
        #expect(try refusal { $0.content.request.prescriber.securedMail = "pas une adresse" } == "pfi.address")
        #expect(try refusal { $0.content.observations[0].value = .text("") } == "cda.missing")
        #expect(
            try refusal { $0.content.observations[0].value = .measured(Measured(Exact(1)), unit: "zorglub") }
                == "cda.unit")
        #expect(try refusal { $0.content.supplements.conclusions = [.init(text: "")] } == "cda.missing")
        #expect(
            try refusal {
                $0.content.supplements.images = [ReportImage(place: "biochimie", caption: "", format: .png, bytes: [1])]
            } == "cda.image")
        #expect(
            try refusal {
                $0.content.supplements.attachedReports = [ForeignReport(title: "a", number: "1", pdf: [])]
            } == "cda.pdf")
    }

    @Test func `a message never carries another document than its own`() throws {
        func composition(_ version: Int) throws -> Composition {
            try Composition(Sample.rich(Sample.patient(), version: version), catalogue: Shared.catalogue())
        }
        let first = try composition(1), second = try composition(2)
        let errand = try #require(Routing(first.routingRequest(at: Sample.at(12))).errands.first)
        #expect(throws: Refusal.self) {
            try first.message(
                errand, cda: second.cda(pdf: pdf), parties: parties, controlID: "1", sentAt: Sample.at(12))
        }
        var other = try Sample.patient()
        other.ins = try INS("199032A00100135", authority: .nirTest)
        let theirs = try Composition(Sample.rich(other), catalogue: Shared.catalogue())
        #expect(throws: Refusal.self) {
            try first.message(
                errand, cda: theirs.cda(pdf: pdf), parties: parties, controlID: "1", sentAt: Sample.at(12))
        }
    }
}

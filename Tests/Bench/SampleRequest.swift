import Base
import Catalog
import HL7v2
import Laboratory
import Printing
import Report

/// A signed request of forty analyses of the shipped catalogue, of invented people, and its way to the wire. `turn`:
/// another one has other values.
struct SampleRequest: Sendable {
    let catalogue: AnalysisCatalogue
    let signed: SignedReport

    private static let codes = [
        "NA", "K", "CL", "CO2T", "PROT", "ALB", "UREE", "CREA", "CA", "ASAT", "ALAT", "GGT", "PAL", "BILT", "LDH", "CK",
        "LIP", "CRP", "FERR", "TRF", "TG",
    ]
    private static let count = [
        "GB", "GR", "HB", "HT", "VGM", "TCMH", "CCMH", "IDR", "PLQ", "VPM", "PNN", "PNNP", "LYM", "LYMP", "MONO",
        "MONOP",
        "PNE", "PNEP", "PNB",
    ]
    private static let at = Instant(milliseconds: 1_795_344_120_000)
    private static let biologist = Professional(
        nationalID: "810000000040", family: "MOREL", given: "Jeanne", title: "DR", speciality: "G15_10/SM03",
        specialityLabel: "Médecin - Biologie médicale (SM)")
    private static let parties = Parties(
        sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
        receivingFacility: "LABO")

    init(_ bench: Bench, turn: Int = 0) throws {
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        catalogue = try AnalysisCatalogue.load(
            names.map { CatalogFile(name: $0, bytes: try bench.bytes("Catalog/\($0)")) },
            version: CatalogVersion("banc"))
        var observations = [Observation](), previous = [PreviousResult](), lines = [RequestLine]()
        for (rank, code) in (SampleRequest.codes + SampleRequest.count).enumerated() {
            let unit = try catalogue.required(code).unit
            let isCount = SampleRequest.count.contains(code)
            guard let value = Measured("\(rank + 1).\((rank + turn * 7) % 90 + 10)"), let low = Exact("\(rank).5"),
                let high = Exact("\(rank + 1).6"), let before = Measured("\(rank + 1).10")
            else { throw Fault("a literal of the sample is wrong") }
            lines.append(RequestLine(analysis: code, panel: isCount ? "NFS" : nil))
            observations.append(
                Observation(
                    id: "o\(padded(rank, 2))", site: "BANC", requestID: "r", patientID: "p",
                    accession: isCount ? "26112200402" : "26112200401", analysis: code, catalogueVersion: "banc",
                    value: .measured(value, unit: unit), rawText: "", interval: AppliedInterval(low: low, high: high),
                    flags: rank % 7 == 0 ? [.high] : [], origin: Origin(analyzer: "banc"), observedAt: SampleRequest.at,
                    recordedAt: SampleRequest.at))
            if rank % 3 == 0 {
                previous.append(
                    PreviousResult(
                        analysis: code, value: .measured(before, unit: unit),
                        takenAt: SampleRequest.at.advanced(by: .seconds(-8_000_000))))
            }
        }
        signed = try SampleRequest.signed(observations, previous, lines)
    }

    private static func signed(
        _ observations: [Observation], _ previous: [PreviousResult], _ lines: [RequestLine]
    ) throws -> SignedReport {
        let address = PostalAddress(street: "4 place de la Halle", postalCode: "35000", city: "RENNES")
        let site = Site(
            code: "BANC", name: "Laboratoire de la Halle", finess: "350000000", address: address, phone: "0299000000",
            oidRoot: "1.2.250.1.999.40", director: biologist)
        let patient = Patient(
            id: "p", site: "BANC", ipp: "0000004711", status: .qualified,
            traits: Traits(
                birthName: "PAT-TROIS", firstGivenName: "DOMINIQUE", givenNames: "DOMINIQUE MARIE-LOUISE",
                birthDate: CivilDate(year: 1979, month: 3, day: 28), sex: .female, birthplace: "51215"),
            ins: try INS("279035121518989", authority: .nirTest), address: address)
        var prescriber = Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal", title: "DR")
        prescriber.securedMail = "pascal.charles@medecin.mssante.fr"
        let request = Request(
            id: "r", site: "BANC", number: "261122-0040", patientID: "p", prescriber: prescriber,
            prescribedOn: CivilDate(year: 2026, month: 11, day: 20), registeredAt: at, lines: lines)
        let specimens = [("26112200401", "SERPLAS", "VERT"), ("26112200402", "BLD", "VIOLET")].map {
            Specimen(
                accession: $0.0, site: "BANC", requestID: "r", kind: $0.1, tube: $0.2, analyses: [], collectedAt: at,
                receivedAt: at)
        }
        return SignedReport(
            site: site,
            signature: Signature(
                id: "s", site: "BANC", requestID: "r", version: 1, contentHash: "", meaning: "", account: "jeanne",
                biologist: biologist, at: at, observationIDs: observations.map(\.id), complete: true),
            content: SignedContent(
                patient: patient, request: request, specimens: specimens, observations: observations),
            previous: previous, documentOID: "1.2.250.1.999.40.261122.40.1", setOID: "1.2.250.1.999.40.261122.40",
            producedAt: at)
    }

    func pdf() throws -> [UInt8] { try ReportPrinter.pdf(Composition(signed, catalogue: catalogue).printed) }

    /// As the exchange makes them: the document that carries `pdf`, and the message that carries the document.
    func wire(pdf: [UInt8]) throws -> (cda: [UInt8], message: [UInt8]) {
        let composition = try Composition(signed, catalogue: catalogue)
        let cda = try composition.cda(pdf: pdf)
        let routing = Routing(composition.routingRequest(at: SampleRequest.at))
        guard let errand = routing.errands.first else { throw Fault("nobody to send the sample to") }
        return (
            cda,
            try composition.message(
                errand, cda: cda, parties: SampleRequest.parties, processing: .training, controlID: "BANC-1",
                sentAt: SampleRequest.at)
        )
    }
}

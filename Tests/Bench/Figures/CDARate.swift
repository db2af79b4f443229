import CDA
import Printing

extension Figure {
    /// The document for the shared medical record, its PDF within, from values to bytes.
    static var cdaRate: Figure {
        Figure(
            name: "cda-rate", what: "a CR-BIO of 40 results with its PDF copy, checked and written",
            unit: "reports/s", reference: "bare base64 + memcpy", goal: .value(1500)
        ) { bench in
            let pdf = try ReportPrinter.pdf(SampleReport.printed)
            let document = SampleDocument.document(pdf: pdf)
            let xml = try document.xml()
            let bare = BareDocument(pdf: pdf, xml: xml)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: 1) {
                        try Measure.demand(try document.xml().count, is: xml.count, "bytes of the document")
                    }
                },
                reference: {
                    try Measure.rate(of: 1) {
                        try Measure.demand(bare.run().count, is: xml.count, "bytes copied")
                    }
                })
        }
    }
}

/// As many bytes as the document has, without thinking: the PDF in base64, the rest copied.
private struct BareDocument {
    private let pdf: [UInt8]
    private let rest: [UInt8]
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    init(pdf: [UInt8], xml: [UInt8]) {
        self.pdf = pdf
        rest = Array(xml.dropLast((pdf.count + 2) / 3 * 4))
    }

    func run() -> [UInt8] {
        let size = rest.count + (pdf.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: size) { out, count in
            guard let start = out.baseAddress else { return }
            rest.withUnsafeBufferPointer { rest in
                if let base = rest.baseAddress { start.update(from: base, count: rest.count) }
            }
            pdf.withUnsafeBufferPointer { pdf in
                BareDocument.digits.withUnsafeBufferPointer { digits in
                    BareDocument.encode(pdf, digits, into: start + rest.count)
                }
            }
            count = size
        }
    }

    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ digits: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>
    ) {
        var out = out
        for i in stride(from: 0, to: bytes.count, by: 3) {
            let b = i + 1 < bytes.count ? Int(bytes[i + 1]) : 0, c = i + 2 < bytes.count ? Int(bytes[i + 2]) : 0
            let group = Int(bytes[i]) << 16 | b << 8 | c
            out[0] = digits[group >> 18]
            out[1] = digits[group >> 12 & 63]
            out[2] = i + 1 < bytes.count ? digits[group >> 6 & 63] : 0x3D
            out[3] = i + 2 < bytes.count ? digits[group & 63] : 0x3D
            out += 4
        }
    }
}

/// The forty results of ``SampleReport`` as document values.
private enum SampleDocument {
    private static let root = "1.2.250.1.999.40"
    private static func local(_ arc: Int, _ number: String) -> ObjectID {
        ObjectID(root: "\(root).\(arc)", number: number)
    }
    private static let time: Stamp = "20261122114200+0100"
    private static let collected: Stamp = "20261122071200+0100"

    static func document(pdf: [UInt8]) -> CRBioDocument {
        let address = Address.lines(["4 place de la Halle", "35000 RENNES"])
        let telecom = [Telecom.address("tel:0299000000", use: "WP")]
        let laboratory = Organization(
            ids: [.structure("1350000000")], name: "Laboratoire de la Halle", telecoms: telecom, address: address,
            sector: Organization.ambulatory)
        let biologist = Professional(
            id: .professional("810000000040"),
            profession: .profession("G15_10/SM03", "Médecin - Biologie médicale (SM)"), address: address,
            telecoms: telecom, name: PersonName(family: "MOREL", given: "Jeanne", suffix: "DR"),
            organization: laboratory)
        let signature = Signature(biologist, at: time)
        return CRBioDocument(
            id: "\(root).1.1", setID: "\(root).1", producedAt: time,
            patient: Patient(
                localIDs: [local(2, "4711")], address: .lines(["2 rue du Port", "29200 BREST"], use: "H"),
                birthFamily: "ESSAI", firstBirthGiven: "CAMILLE", gender: .female, birthDate: "19700504",
                birthPlaceCode: "29019"),
            authors: [.professional(signature)], custodian: laboratory, legalAuthenticator: signature,
            act: DocumentedAct(
                request: local(4, "261122-0040"), receivedAt: "20261122080300+0100", releasedAt: time,
                performer: signature),
            encounter: Encounter(
                id: local(5, "V-40"), kind: .ambulatory, begin: collected, responsible: biologist,
                facilityName: "Laboratoire de la Halle", facilityAddress: address),
            chapters: SampleReport.chapters.map(chapter), pdfCopy: PDFCopy(id: local(7, "40"), bytes: pdf))
    }

    private static func chapter(_ chapter: (title: String, loinc: String, lines: [SampleReport.Line])) -> Chapter {
        let sampling = SamplingEntry(
            collectedAt: collected, receivedAt: "20261122080300+0100", specimen: local(6, "26112200401"),
            nature: SamplingEntry.nature("BLD", "Sang complet"))
        let results = chapter.lines.enumerated().map { index, line in
            Item.observation(
                ObservationEntry(
                    code: AnalysisCode(
                        label: line.name, loinc: .loinc("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique")),
                    outcome: .value(.number(line.value, "mmol/L"), at: collected),
                    interpretation: line.isHigh ? .high : .normal,
                    reference: .numbers(low: line.low, high: line.high, unit: "mmol/L"),
                    previous: index % 3 == 0
                        ? [PreviousObservation(at: "20260312090000+0100", value: .number("4.10", "mmol/L"))] : [],
                    technique: index == 0 ? Technique(label: "Potentiométrie indirecte") : nil))
        }
        return Chapter(
            code: .loinc(chapter.loinc, chapter.title), title: chapter.title,
            content: .block(Block(items: [.sampling(sampling)] + results)))
    }
}

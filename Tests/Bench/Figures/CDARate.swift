import Base

extension Figure {
    /// The document for the shared medical record, its PDF within, and the message that carries it, from a signed
    /// request to bytes; the PDF is there.
    static var cdaRate: Figure {
        Figure(
            name: "cda-rate", what: "a signed request of 40 results to its CR-BIO and HL7 message, PDF at hand",
            unit: "reports/s", reference: "bare base64 + memcpy", goal: .value(1500)
        ) { bench in
            let sample = try SampleRequest(bench)
            let pdf = try sample.pdf()
            let wire = try sample.wire(pdf: pdf)
            let bare = BareDocument(pdf: pdf, cda: wire.cda, message: wire.message)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: 1) {
                        let made = try sample.wire(pdf: pdf)
                        try Measure.demand(made.message.count, is: wire.message.count, "bytes of the message")
                    }
                },
                reference: {
                    try Measure.rate(of: 1) {
                        try Measure.demand(bare.run().count, is: wire.message.count, "bytes copied")
                    }
                })
        }
    }
}

/// As many bytes as document and message have, without thinking: the PDF in base64, the rest copied, twice.
private struct BareDocument {
    private let pdf: [UInt8]
    private let rest: [UInt8]
    private let head: [UInt8]
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    init(pdf: [UInt8], cda: [UInt8], message: [UInt8]) {
        self.pdf = pdf
        rest = Array(cda.dropLast(BareDocument.length(pdf.count)))
        head = Array(message.dropLast(BareDocument.length(cda.count)))
    }

    func run() -> [UInt8] { BareDocument.joined(head, BareDocument.joined(rest, pdf)) }

    private static func length(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    private static func joined(_ rest: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let size = rest.count + length(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: size) { out, count in
            guard let start = out.baseAddress else { return }
            rest.withUnsafeBufferPointer { rest in
                if let base = rest.baseAddress { start.update(from: base, count: rest.count) }
            }
            bytes.withUnsafeBufferPointer { bytes in
                digits.withUnsafeBufferPointer { digits in encode(bytes, digits, into: start + rest.count) }
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

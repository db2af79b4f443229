import HL7v2
import LIS2

/// One HL7 v2 message as a driver extracts it, before any meaning.
package struct DecodedHL7: Sendable, Hashable {
    /// MSH-10, MSH-9, MSH-3, MSH-12 and MSH-18, with their delimiters.
    package var controlID: String
    package var type: String
    package var sender: String
    package var version: String
    package var charset: String
    /// PID-3; nil when there is no PID.
    package var patientID: String?
    /// The QPD segment; nil when there is none.
    package var query: String?
    package var samples: [DecodedSample]
}

package struct DecodedSample: Sendable, Hashable {
    package var specimen: String
    /// OBR-4 where each OBR is a sample of its own; nil where SPM tells them apart.
    package var order: String?
    /// Rows of six texts: see ``DecodedSession/hl7Columns``.
    package var results: [[String]]
}

/// One text of a maker's own form.
package struct DecodedText: Sendable, Hashable {
    package var specimen: String
    package var rack: String?
    /// Rows of six texts: see ``DecodedSession/resultColumns``.
    package var results: [[String]]
}

extension SessionDecoder {
    static func decode(_ message: ReceivedMessage, _ driver: Driver) -> DecodedHL7 {
        let context = RecordContext(message)
        func header(_ field: Int) -> String { message.first("MSH").map { context.joined($0, field) } ?? "" }
        let query = message.first("QPD").map { segment in
            let fields = (1...max(segment.fieldCount, 1)).map { context.joined(segment, $0) }
            return (["QPD"] + fields).joined(separator: context.mark(message.delimiters.field))
        }
        let grouping = HL7Grouping(message)
        let samples = grouping.groups.map { group in
            let inner = context.with(group)
            let order = grouping.isByOrder ? group.segments["OBR"].map { context.joined($0, 4) } : nil
            return DecodedSample(
                specimen: driver.description.paths.specimen.text(inner), order: order,
                results: group.results.map { row(inner.with($0), driver) })
        }
        return DecodedHL7(
            controlID: header(10), type: header(9), sender: header(3), version: header(12), charset: header(18),
            patientID: message.first("PID").map { context.joined($0, 3) }, query: query, samples: samples)
    }

    private static func row(_ context: RecordContext, _ driver: Driver) -> [String] {
        let paths = driver.description.paths
        return [
            paths.code.text(context), paths.subIdentifier.text(context), paths.value.text(context),
            paths.unit.text(context), driver.flagTexts(context).joined(separator: context.repeatMark),
            paths.status.text(context),
        ]
    }

    static func decode(text message: LISMessage, _ reading: TextReading, _ driver: Driver) -> DecodedText {
        let decoded = decode(message, driver)
        var context = RecordContext(message, charset: driver.charset(for: message))
        context.order = message.records(.order).first
        let orders = decoded.patients.flatMap(\.orders)
        return DecodedText(
            specimen: orders.first?.specimen ?? "", rack: reading.rack?.text(context),
            results: orders.flatMap(\.results))
    }
}

extension DecodedHL7 {
    func write(to json: inout JSONText) {
        json.member("control_id", controlID)
        json.member("type", type)
        json.list("samples") { json in
            for sample in samples {
                json.object { json in
                    json.member("sample_id", sample.specimen)
                    if let order = sample.order { json.member("order", order) }
                    json.list("results") { json in for row in sample.results { json.row(row) } }
                }
            }
        }
        json.member("sender", sender)
        json.member("version", version)
        json.member("charset", charset)
        if let patientID { json.member("patient_id", patientID) }
        if let query { json.member("query", query) }
    }
}

extension DecodedText {
    func write(to json: inout JSONText) {
        json.member("kind", "result")
        json.member("sample_id", specimen)
        if let rack { json.member("rack", rack) }
        json.list("results") { json in for row in results { json.row(row) } }
    }
}

extension JSONText {
    mutating func row(_ cells: [String]) {
        list { json in for text in cells { json.value(text) } }
    }
}

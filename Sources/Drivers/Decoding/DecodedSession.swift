package import Base
package import HL7v2
import LIS01
package import LIS2
package import Laboratory

/// A session as a driver extracts it, before any meaning: the shape of the reference expectations, one JSON object with
/// `file`, `instrument`, `result_columns` and `messages`.
package struct DecodedSession: Sendable, Hashable {
    package var file: String?
    /// Maker and model of the driver.
    package var instrument: String
    /// Messages of LIS2-A2; empty for the other dialects.
    package var messages: [DecodedMessage]
    /// Messages of HL7 v2.
    package var hl7: [DecodedHL7] = []
    /// Texts of a maker's own form.
    package var texts: [DecodedText] = []
    /// What could not be read at all.
    package var problems: [Refusal] = []

    package static let resultColumns = ["code", "value", "unit", "flag", "status", "completed"]
    package static let hl7Columns = ["code", "sub_id", "value", "unit", "flag", "status"]

    /// One result, whatever the dialect; for tables.
    package struct Row: Sendable, Hashable {
        /// From 1.
        package var message: Int
        package var specimen: String
        package var code: String
        /// OBX-4; empty in other dialects.
        package var subIdentifier: String
        package var value: String
        package var unit: String
        package var flag: String
        package var status: String
        /// Empty in HL7 v2.
        package var completed: String
    }

    package var messageCount: Int { messages.count + hl7.count + texts.count }

    /// Something of the session was understood: a sender, a patient, an order, a query, a terminator.
    package var isMeaningful: Bool {
        if !hl7.isEmpty || !texts.isEmpty { return true }
        return messages.contains {
            !$0.sender.isEmpty || !$0.patients.isEmpty || !$0.queries.isEmpty || $0.terminator?.isEmpty == false
        }
    }

    package var rows: [Row] {
        func row(_ message: Int, _ specimen: String, _ cells: [String]) -> Row {
            Row(
                message: message, specimen: specimen, code: cells[0], subIdentifier: "", value: cells[1],
                unit: cells[2], flag: cells[3], status: cells[4], completed: cells[5])
        }
        var rows: [Row] = []
        for (number, message) in messages.enumerated() {
            for order in message.patients.flatMap(\.orders) {
                rows += order.results.map { row(number + 1, order.specimen, $0) }
            }
        }
        for (number, text) in texts.enumerated() { rows += text.results.map { row(number + 1, text.specimen, $0) } }
        for (number, message) in hl7.enumerated() {
            for sample in message.samples {
                rows += sample.results.map {
                    Row(
                        message: number + 1, specimen: sample.specimen, code: $0[0], subIdentifier: $0[1],
                        value: $0[2], unit: $0[3], flag: $0[4], status: $0[5], completed: "")
                }
            }
        }
        return rows
    }
}

package struct DecodedMessage: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case result, order, query }
    /// H.5, as sent.
    package var sender: String
    /// H.13, as sent.
    package var version: String
    /// Field, repeat, component and escape delimiter.
    package var delimiters: String
    package var patients: [DecodedPatient] = []
    package var queries: [DecodedQuery] = []
    /// L.3; empty when L has no code, nil when there is no L.
    package var terminator: String?
    package var kind: Kind
}

package struct DecodedPatient: Sendable, Hashable {
    /// P.3, P.4 and P.5, as sent.
    package var practiceID: String
    package var laboratoryID: String
    package var id3: String
    package var orders: [DecodedOrder]
}

package struct DecodedOrder: Sendable, Hashable {
    /// By the driver's rule, decoded and trimmed.
    package var specimen: String
    /// O.3 and O.4, as sent.
    package var o3: String
    package var o4: String
    /// The repeats of O.5, as sent.
    package var tests: [String]
    /// O.12 and O.26.
    package var action: String
    package var report: String
    /// Rows of six texts: see ``DecodedSession/resultColumns``.
    package var results: [[String]]
}

/// Fields of a Q record, as sent.
package struct DecodedQuery: Sendable, Hashable {
    /// Q.3, Q.4, Q.5 and Q.13.
    package var start: String
    package var end: String
    package var test: String
    package var status: String
}

/// Bytes of a session to what a driver extracts from them.
package enum SessionDecoder {
    /// `bytes` are either what stood on the line (ENQ, frames, EOT) or bare records. Nothing is refused: frames with a
    /// wrong checksum are decoded like the others, since this looks at what was sent, not at what may be stored.
    package static func decode(bytes: [UInt8], driver: Driver, file: String? = nil) -> DecodedSession {
        var session = DecodedSession(
            file: file, instrument: "\(driver.description.maker) \(driver.description.model)", messages: [])
        switch driver.description.dialect {
        case .lis2: session.messages = messages(in: bytes).map { decode($0, driver) }
        case .hl7:
            let found = hl7Messages(in: bytes)
            session.hl7 = found.messages.map { decode($0, driver) }
            session.problems = found.problems
        case .text(let reading):
            session.texts = reading.messages(in: bytes).map { decode(text: $0, reading, driver) }
        }
        return session
    }

    /// The messages of a session, whatever stands around them.
    package static func messages(in bytes: [UInt8]) -> [LISMessage] {
        SessionBytes.messageTexts(in: bytes).flatMap { LISMessage.messages(in: $0) }
    }

    /// The departures of a recording from LIS2-A2, each once, in the order of their names.
    package static func deviations(in bytes: [UInt8], driver: Driver) -> [MessageDeviation] {
        guard driver.description.dialect == .lis2 else { return [] }
        let reading = SessionReader.read(bytes)
        var met: Set<MessageDeviation> = []
        for frame in reading.frameTexts { met.formUnion(MessageDeviation.of(frame: frame.text, isEnd: frame.isEnd)) }
        var rank = 0, session = -1
        for found in reading.messages {
            rank = found.session == session ? rank + 1 : 0
            session = found.session
            for message in LISMessage.messages(in: found.text) {
                met.formUnion(driver.deviations(of: message, rank: rank).keys)
            }
        }
        return met.sorted { $0.rawValue < $1.rawValue }
    }

    /// HL7 v2 messages: those of MLLP blocks, or one without a block.
    package static func hl7Messages(in bytes: [UInt8]) -> (messages: [ReceivedMessage], problems: [Refusal]) {
        var blocks: [[UInt8]] = []
        if bytes.contains(MLLP.startBlock) {
            var framer = MLLPFramer()
            for case .message(let block) in framer.push(bytes) { blocks.append(block) }
        } else if !bytes.isEmpty {
            blocks = [bytes]
        }
        var messages: [ReceivedMessage] = [], problems: [Refusal] = []
        for block in blocks {
            do { messages.append(try ReceivedMessage(block)) } catch { problems.append(error) }
        }
        return (messages, problems)
    }

    /// What the driver reads in each message of a session, in its own dialect. `zone` is the laboratory's.
    package static func readings(in bytes: [UInt8], driver: Driver, zone: CivilZone = .europeParis) -> [Reading] {
        switch driver.description.dialect {
        case .lis2: return messages(in: bytes).map { driver.read($0, zone: zone) }
        case .hl7:
            let found = hl7Messages(in: bytes)
            return found.messages.map { driver.read(hl7: $0, zone: zone) }
                + found.problems.map { Reading(problems: [$0]) }
        case .text(let reading): return reading.messages(in: bytes).map { driver.read($0, zone: zone) }
        }
    }

    package static func decode(_ message: LISMessage, _ driver: Driver) -> DecodedMessage {
        var context = RecordContext(message, charset: driver.charset(for: message))
        func sent(_ record: LISRecord?, _ field: Int) -> String {
            record.map { context.charset.decoded($0.field(field).raw) } ?? ""
        }
        let tree = message.tree
        var decoded = DecodedMessage(
            sender: sent(message.header, 5), version: sent(message.header, 13),
            delimiters: message.delimiters.description, terminator: terminator(message, context.charset), kind: .order)
        for patient in tree.patients {
            context.patient = patient.record.map { message.record($0) }
            var out = DecodedPatient(
                practiceID: sent(context.patient, 3), laboratoryID: sent(context.patient, 4),
                id3: sent(context.patient, 5), orders: [])
            for order in patient.orders {
                context.order = order.record.map { message.record($0) }
                context.observed = nil
                var row = DecodedOrder(
                    specimen: driver.description.paths.specimen.text(context), o3: sent(context.order, 3),
                    o4: sent(context.order, 4),
                    tests: context.order?.field(5).repeats.map { context.charset.decoded($0.raw) } ?? [],
                    action: sent(context.order, 12), report: sent(context.order, 26), results: [])
                for observed in order.results {
                    context.observed = message.record(observed.record)
                    row.results.append(columns(driver.description.paths, context))
                }
                if !row.results.isEmpty { decoded.kind = .result }
                out.orders.append(row)
            }
            decoded.patients.append(out)
        }
        decoded.queries = tree.queries.map { number in
            let record = message.record(number)
            return DecodedQuery(
                start: sent(record, 3), end: sent(record, 4), test: sent(record, 5), status: sent(record, 13))
        }
        if !decoded.queries.isEmpty { decoded.kind = .query }
        return decoded
    }

    /// Text behind L that is no record (what a careless logger leaves: `<ETX>6D`) belongs to L.
    private static func terminator(_ message: LISMessage, _ charset: LISCharset) -> String? {
        guard let terminator = message.terminator else { return nil }
        var text = charset.decoded(terminator.field(3).raw)
        for record in message.records.dropFirst(terminator.number + 1) {
            switch record.kind {
            case .unknown: text += charset.decoded(record.raw)
            case .header, .patient, .order, .result, .comment, .query, .scientific, .manufacturer, .terminator:
                return text
            }
        }
        return text
    }

    static func columns(_ paths: ResultPaths, _ context: RecordContext) -> [String] {
        [paths.code, paths.value, paths.unit, paths.flags, paths.status, paths.completed].map { $0.text(context) }
    }
}

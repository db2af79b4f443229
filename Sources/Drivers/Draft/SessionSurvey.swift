import HL7v2
import LIS01
import LIS2

/// What stands in a recorded session, as far as it decides how a driver must read it.
struct SessionSurvey {
    enum Language { case lis2, hl7 }
    let language: Language
    var messages = 0
    /// Result contexts, by order (O record, or specimen of HL7).
    var orders: [[RecordContext]] = []
    /// Contexts of orders without results, and of queries.
    var bareOrders: [RecordContext] = []
    var queries: [RecordContext] = []
    /// Sender names, each once.
    var senders: [String] = []
    var hasMessageWithoutEnd = false
    var charset = LISCharset.utf8
    var isBare = false
    var framing: String?
    var lacksChecksums = false
    /// Framing defects of the recording, in words.
    var deviations: [String] = []

    var results: [RecordContext] { orders.flatMap { $0 } }

    /// Nil when the bytes are neither LIS2-A2 nor HL7 v2.
    init?(_ bytes: [UInt8]) {
        if bytes.contains(MLLP.startBlock) || bytes.starts(with: "MSH".utf8) {
            let found = SessionDecoder.hl7Messages(in: bytes).messages
            guard !found.isEmpty else { return nil }
            language = .hl7
            for message in found { survey(message) }
            return
        }
        let found = SessionDecoder.messages(in: bytes).filter { $0.header != nil }
        guard !found.isEmpty else { return nil }
        language = .lis2
        charset = LISCharset.sniff(bytes)
        for message in found { survey(message) }
        surveyLink(bytes)
    }

    private mutating func note(sender: String) {
        let sender = trimmed(sender)
        if !sender.isEmpty, !senders.contains(sender) { senders.append(sender) }
    }

    private mutating func survey(_ message: LISMessage) {
        messages += 1
        if let header = message.header { note(sender: charset.decoded(header.field(5).raw)) }
        var context = RecordContext(message, charset: charset)
        let tree = message.tree
        if message.terminator == nil { hasMessageWithoutEnd = true }
        for patient in tree.patients {
            context.patient = patient.record.map { message.record($0) }
            for order in patient.orders {
                context.order = order.record.map { message.record($0) }
                context.observed = nil
                if order.results.isEmpty { bareOrders.append(context) }
                let results = order.results.map { observed in
                    var inner = context
                    inner.observed = message.record(observed.record)
                    return inner
                }
                if !results.isEmpty { orders.append(results) }
            }
        }
        for number in tree.queries {
            var context = RecordContext(message, charset: charset)
            context.query = message.record(number)
            queries.append(context)
        }
    }

    private mutating func survey(_ message: ReceivedMessage) {
        messages += 1
        var context = RecordContext(message)
        note(sender: message.first("MSH").map { context.joined($0, 3) } ?? "")
        for group in HL7Grouping(message).groups {
            let inner = context.with(group)
            let results = group.results.map { inner.with($0) }
            if results.isEmpty { bareOrders.append(inner) } else { orders.append(results) }
        }
        if let query = message.first("QPD") {
            context.segments["QPD"] = query
            queries.append(context)
        }
    }

    /// How the instrument lays records into frames (LIS01-A2 section 6.3), as `link.framing` names it.
    private mutating func surveyLink(_ bytes: [UInt8]) {
        let reading = SessionReader.read(bytes)
        isBare = reading.isBare
        lacksChecksums = reading.deviations[.checksumMissing] != nil
        deviations = reading.deviations.keys.map { "\($0)" }.sorted()
        var texts: [(text: ArraySlice<UInt8>, isEnd: Bool)] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(of: 0x02) {
            rest = rest[(start + 1)...]
            guard let end = rest.firstIndex(where: { $0 == 0x03 || $0 == 0x17 }) else { break }
            texts.append((rest[..<end].dropFirst(), rest[end] == 0x03))
            rest = rest[(end + 1)...]
        }
        guard !texts.isEmpty else { return }
        let areRecords = texts.allSatisfy { $0.text.last == 0x0D && $0.text.dropLast().firstIndex(of: 0x0D) == nil }
        let records = SessionDecoder.messages(in: bytes).reduce(0) { $0 + $1.records.count }
        if texts.count == messages, records > messages {
            framing = "wholeMessage"
        } else if areRecords, texts.contains(where: { !$0.isEnd }) {
            framing = "recordPerIntermediateFrame"
        } else if texts.contains(where: { !$0.isEnd && $0.text.count >= 200 && $0.text.last != 0x0D }), !areRecords {
            framing = texts.count < records ? "cut240" : nil
        }
    }

    /// The first of `candidates` that gives a text in every one of `contexts`.
    func choose(_ candidates: [String], in contexts: [RecordContext]) -> String? {
        best(of: candidates, in: contexts) { _ in 0 }
    }

    /// Of the candidates that give a text in every one of `contexts`, the one with the highest score; of equals, the
    /// first.
    func best(of candidates: [String], in contexts: [RecordContext], score: (FieldChoice) -> Int) -> String? {
        guard !contexts.isEmpty else { return nil }
        var found: (path: String, score: Int)?
        for path in candidates {
            let choice = SessionSurvey.choice(path)
            guard contexts.allSatisfy({ !choice.text($0).isEmpty }) else { continue }
            let score = score(choice)
            if found.map({ score > $0.score }) ?? true { found = (path, score) }
        }
        return found?.path
    }

    /// `R.3.4+R.3.5` as a driver reads it.
    static func choice(_ text: String) -> FieldChoice {
        FieldChoice([FieldExpression(text.split(separator: "+").compactMap { FieldPath($0) })])
    }

    /// How many codes a path tells apart, each order for itself.
    func distinctCodes(_ choice: FieldChoice) -> Int {
        orders.reduce(0) { sum, order in sum + Set(order.map { choice.text($0) }).count }
    }
}

import HL7v2
import Lines
import Testing

/// The instrument's end of an MLLP line.
final class MLLPInstrument {
    let line: Line
    private var framer = MLLPFramer()
    private var blocks: [[UInt8]] = []

    init(port: Int) async throws { line = try await Line.dial(host: "127.0.0.1", port: port) }
    init(_ line: Line) { self.line = line }

    func send(_ segments: [String]) async throws { try await line.send(MLLP.frame(MLLPInstrument.bytes(segments))) }
    static func bytes(_ segments: [String]) -> [UInt8] { Array(segments.map { $0 + "\r" }.joined().utf8) }

    /// Segments of the next message from the laboratory; nil when none came, or when the line ended.
    func next(within limit: Duration = .seconds(30)) async -> [String]? {
        let end = ContinuousClock.now + limit
        while blocks.isEmpty {
            switch await line.next(within: ContinuousClock.now.duration(to: end)) {
            case .bytes(let bytes):
                for case .message(let block) in framer.push(bytes) { blocks.append(block) }
            case .woken: continue
            case .timeReached, .ended: return nil
            }
        }
        return String(decoding: blocks.removeFirst(), as: UTF8.self).split(separator: "\r").map(String.init)
    }
    func say(_ segments: [String]) async throws -> [String]? {
        try await send(segments)
        return await next()
    }

    /// OUL^R22 of one tube: potassium and sodium.
    static func results(
        of tube: String, id: String = "R1", modes: String = "NE|AL", potassium: String = "4.20",
        sent: String = "20261122070000+0100", at: String = "20261122065500"
    ) -> [String] {
        func result(_ rank: Int, _ code: String, _ value: String) -> [String] {
            [
                "OBR|\(rank)|\"\"||\(code)^^99ROC",
                "OBX|1|NM|\(code)^\(code)^99ROC^^^IHELAW|1|\(value)|mmol/L^^99ROC||N^^HL70078|||F|||||OP||"
                    + "c503^ROCHE|\(at)||||||||||RSLT",
            ]
        }
        return [
            "MSH|^~\\&|cobas pro||Host||\(sent)||OUL^R22^OUL_R22|\(id)|P|2.5.1|||\(modes)||UNICODE UTF-8|||LAB-29^IHE",
            "PID|||||^^^^^^U|||U", "SPM|1|\(tube)&BARCODE||SERPLAS^^99ROC|||||||P^^HL70369", "SAC|||\(tube)^BARCODE",
        ] + result(1, "20417", potassium) + result(2, "20418", "141")
    }
    static func query(_ tube: String, id: String = "Q1", modes: String = "NE|AL") -> [String] {
        [
            "MSH|^~\\&|cobas pro||host||20261122070000+0100||QBP^Q11^QBP_Q11|\(id)|P|2.5.1|||\(modes)||UNICODE UTF-8|||"
                + "LAB-27R^ROCHE",
            "QPD|INISEQ^^99ROC|query1|\(tube)|50001|1|||||SERPLAS^^99ROC|SC^^99ROC|R", "RCP|I|1|R^^HL70394",
        ]
    }
    /// ORL^O34 to an OML^O33; `orders` is ORC-1 of each of its orders.
    static func response(to order: [String], _ code: String = "AA", orders: String = "OK") -> [String] {
        let id = field(order, "MSH", 10)
        return [
            "MSH|^~\\&|cobas pro||host||20261122070001+0100||ORL^O34^ORL_O34|A\(id)|P|2.5.1|||NE|NE||UNICODE UTF-8|||"
                + "LAB-28^IHE",
            "MSA|\(code)|\(id)",
        ]
            + order.filter { $0.hasPrefix("ORC|") }.map { "ORC|\(orders)|" + $0.split(separator: "|")[2] }
    }
    /// Field of the first segment of a name, in MSH counted from its delimiter.
    static func field(_ message: [String], _ segment: String, _ number: Int) -> String {
        guard let found = message.first(where: { $0.hasPrefix(segment + "|") }) else { return "" }
        let fields = found.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let place = segment == "MSH" ? number - 1 : number
        return place < fields.count ? fields[place] : ""
    }
}

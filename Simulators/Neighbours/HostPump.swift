package import AnalyzerSimulator
import Base
import Drivers
import Laboratory
package import Lines
import Synchronization

/// Runs a simulated laboratory over real lines, and writes down what passes.
package enum HostPump {
    /// Until the source has no more lines or the task is cancelled. `commands` are orders to download, by tube, an
    /// empty list for all of them; they wait for a line. `tell` gets lines of text, `bytes` what passes.
    package static func run(
        _ host: HostRun, over source: LineSource, commands: AsyncStream<[String]>, logsBytes: Bool = true,
        tell: @escaping @Sendable (String) -> Void
    ) async {
        let clock = SteadyClock()
        var host = host
        let desk = Commands()
        let reading = Task {
            for await command in commands { desk.add(command) }
        }
        defer { reading.cancel() }
        while let line = await source.next() {
            tell("liaison ouverte : \(line.peer)")
            desk.line = line
            await serve(&host, line, clock, desk, logsBytes, tell)
            desk.line = nil
            _ = await perform(host.lineLost(at: clock.now), line, host, logsBytes, tell)
            await line.close()
            tell("liaison fermée : \(line.peer)")
        }
    }

    private static func serve(
        _ host: inout HostRun, _ line: Line, _ clock: SteadyClock, _ desk: Commands, _ logsBytes: Bool,
        _ tell: @escaping @Sendable (String) -> Void
    ) async {
        while true {
            for command in desk.take() {
                guard await perform(host.download(command, at: clock.now), line, host, logsBytes, tell) else { return }
            }
            let wait = host.deadline.map { max(.zero, clock.now.duration(to: $0)) }
            let actions: [HostAction]
            switch await line.next(within: wait) {
            case .bytes(let bytes):
                if logsBytes { tell("← " + HexDump.line(bytes)) }
                actions = host.received(bytes, at: clock.now)
            case .timeReached: actions = host.timeReached(at: clock.now)
            case .woken: actions = []
            case .ended: return
            }
            guard await perform(actions, line, host, logsBytes, tell) else { return }
        }
    }

    /// False when the line is no more.
    private static func perform(
        _ actions: [HostAction], _ line: Line, _ host: HostRun, _ logsBytes: Bool, _ tell: (String) -> Void
    ) async -> Bool {
        for action in actions {
            switch action {
            case .send(let bytes):
                if logsBytes { tell("→ " + HexDump.line(bytes)) }
                do throws(LineEnd) { try await line.send(bytes) } catch { return false }
            case .message(let bytes, let isComplete):
                for text in HostPump.decoded(bytes, isComplete, host.driver) { tell(text) }
            case .asked(let tubes, let answered):
                let what = tubes.isEmpty ? "tout" : tubes.joined(separator: ", ")
                tell("demande : \(what) ; \(answered) tube(s) avec du travail")
            case .downloaded(let isTaken): tell(isTaken ? "demandes acceptées" : "demandes NON acceptées")
            case .remark(let text): tell(text)
            }
        }
        return true
    }

    /// `26112200017  NA  139 mmol/l  F`
    static func decoded(_ bytes: [UInt8], _ isComplete: Bool, _ driver: Driver) -> [String] {
        var lines = [isComplete ? "message : \(bytes.count) octets" : "message INCOMPLET : \(bytes.count) octets"]
        for reading in SessionDecoder.readings(in: bytes, driver: driver) {
            lines += reading.problems.map { "  problème : \($0)" }
            lines += (reading.observations + reading.controls.map { $0 }).map { result in
                let analysis = result.analysis.map { " (\($0))" } ?? ""
                let flags = (result.instrumentFlags + result.unknownFlags).joined(separator: " ")
                let words = [
                    "  " + result.accession, result.instrumentCode + analysis,
                    result.rawText + (result.rawUnit.isEmpty ? "" : " " + result.rawUnit), result.status, flags,
                ]
                return words.filter { !$0.isEmpty }.joined(separator: "  ")
            }
            lines += reading.leftOver.map { "  reste : \($0)" }
        }
        return lines
    }
}

/// Commands that wait for a line, which is woken when one comes.
private final class Commands: Sendable {
    private struct State {
        var waiting: [[String]] = []
        var line: Line?
    }
    private let state = Mutex(State())

    var line: Line? {
        get { state.withLock { $0.line } }
        set { state.withLock { $0.line = newValue } }
    }
    func add(_ command: [String]) {
        let line = state.withLock { state in
            state.waiting.append(command)
            return state.line
        }
        line?.wake()
    }
    func take() -> [[String]] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}

/// Bytes as people read them on a line: `05  ENQ`, printable characters, the rest by name or in hexadecimal.
package enum HexDump {
    private static let names: [UInt8: String] = [
        0x02: "STX", 0x03: "ETX", 0x04: "EOT", 0x05: "ENQ", 0x06: "ACK", 0x0A: "LF", 0x0B: "VT", 0x0D: "CR",
        0x15: "NAK", 0x17: "ETB", 0x1C: "FS",
    ]

    /// `02 31 48  <STX>1H`
    package static func line(_ bytes: [UInt8]) -> String {
        let hex = bytes.map {
            String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true)
        }
        let text = bytes.map { byte in
            if let name = names[byte] { return "<\(name)>" }
            return (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "·"
        }
        return hex.joined(separator: " ") + "  " + text.joined()
    }
}

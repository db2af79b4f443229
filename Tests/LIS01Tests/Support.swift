import Base
import FoundationEssentials
import LIS01
import Testing

/// A link under test with a clock that only moves when told, and a store that answers at once.
struct Bench {
    var link: Link
    var now = Instant(milliseconds: 1_000_000)
    var frames: [ReceivedFrame] = []
    var messages: [[UInt8]] = []
    var incomplete: [[UInt8]] = []
    var ends: [SessionEnd] = []
    var delivered: [Int] = []
    var failed: [SendFailure] = []
    var refused: [Deviation] = []
    /// What the link wrote since last asked.
    var written: [UInt8] = []

    init(_ settings: LinkSettings = LinkSettings()) { link = Link(settings: settings) }

    mutating func run(_ actions: [LinkAction]) {
        for action in actions {
            switch action {
            case .reply(let bytes): written += bytes
            case .store(let frame):
                frames.append(frame)
                run(link.stored(at: now))
            case .message(let text, let isComplete):
                if isComplete { messages.append(text) } else { incomplete.append(text) }
            case .sessionEnded(let end): ends.append(end)
            case .delivered(let number): delivered.append(number)
            case .failed(_, let reason): failed.append(reason)
            case .refused(_, let reason): refused.append(reason)
            case .sessionBegan, .deviation: break
            }
        }
    }

    mutating func hear(_ bytes: [UInt8]) { run(link.received(bytes, at: now)) }
    mutating func drip(_ bytes: [UInt8]) {
        for byte in bytes {
            hear([byte])
            now = now.advanced(by: .milliseconds(1))
        }
    }
    /// Lets time pass, stopping at every deadline.
    mutating func pass(_ duration: Duration) {
        let until = now.advanced(by: duration)
        while let due = link.deadline, due <= until {
            now = max(now, due)
            run(link.timeReached(at: now))
        }
        now = until
    }
    /// Takes what was written, as letters: A ACK, N NAK, E EOT, Q ENQ, F a frame.
    mutating func said() -> String {
        defer { written = [] }
        var text = ""
        var isInFrame = false
        for byte in written {
            if isInFrame {
                isInFrame = byte != Control.lf
                continue
            }
            switch byte {
            case Control.ack: text += "A"
            case Control.nak: text += "N"
            case Control.eot: text += "E"
            case Control.enq: text += "Q"
            case Control.stx:
                text += "F"
                isInFrame = true
            case _: text += "?"
            }
        }
        return text
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func frame(_ number: Int, _ text: String, etb: Bool = false) -> [UInt8] {
    Framing.frame(number: number, text: bytes(text), isEnd: !etb)
}
let ENQ = [Control.enq], EOT = [Control.eot], ACK = [Control.ack], NAK = [Control.nak]
let smallMessage = bytes("H|\\^&|||TEST\rP|1\rO|1|S1||^^^GLU\rR|1|^^^GLU|5.4|mmol/L\rL|1|N\r")

/// The shared corpus, or nil with a loud line when it is not there.
struct Corpus {
    struct Line {
        var file: String
        var records: Int
        var frames: Int
        var messages: Int
    }
    var folder: String
    var lines: [Line]

    static func find(_ test: String) -> Corpus? {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let shared = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"] ?? "/" + root + "/../shared"
        let folder = shared + "/analyzers/corpus"
        guard let data = FileManager.default.contents(atPath: folder + "/MANIFEST.tsv") else {
            print("SKIPPED (no ../shared): \(test)")
            return nil
        }
        let rows = String(decoding: data, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) } }
        let lines = rows.dropFirst().map {
            Line(file: $0[0], records: Int($0[8]) ?? 0, frames: Int($0[9]) ?? 0, messages: Int($0[13]) ?? 0)
        }
        return Corpus(folder: folder, lines: lines)
    }
    func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try #require(FileManager.default.contents(atPath: folder + "/" + file)))
    }
    var wires: [Line] { lines.filter { $0.file.hasSuffix(".wire") } }
}

import Base
import Drivers
import LIS01
import Lines
import Store

/// A line on which an analyzer sends texts of its maker's own, each between STX and ETX: kept, then acknowledged if the
/// driver says that the model waits for it. Nothing else is ever said to it.
struct TextConversation {
    private let pump: AnalyzerPump
    private let line: Line
    private let reading: TextReading
    private var framer: TextFramer

    init(_ pump: AnalyzerPump, _ line: Line, _ reading: TextReading) {
        self.pump = pump
        self.line = line
        self.reading = reading
        framer = TextFramer(check: reading.check)
    }

    mutating func run() async {
        pump.lineCame(line)
        while true {
            switch await line.next(within: framer.isInside ? pump.configuration.link.timers.frame : nil) {
            case .bytes(let bytes): for event in framer.push(bytes) { await take(event) }
            case .timeReached: for event in framer.finish() { await take(event) }
            case .woken: continue
            case .ended:
                for event in framer.finish() { await take(event) }
                return await pump.lineWent(line)
            }
        }
    }

    private func take(_ event: TextFramer.Event) async {
        switch event {
        case .text(let block, let text, let isSound):
            guard isSound else {
                pump.board.change(pump.configuration.name) { $0.refusals += 1 }
                pump.count(Deviation.checksumWrong.rawValue)
                return await answer(Control.nak)
            }
            let message = reading.carriesResults(text) ? (text, Digest.sha256Hex(text)) : nil
            // Not kept: the model, unanswered or refused, sends it again.
            await answer(await pump.keep(block: block, message: message, from: line.peer) ? Control.ack : Control.nak)
        case .cut(let count):
            pump.count(Deviation.frameUnended.rawValue)
            pump.log("automate \(pump.configuration.name) : texte coupé après \(count) octets, non acquitté")
        case .stray(let count): pump.count(Deviation.strayBytes.rawValue, count)
        }
    }

    private func answer(_ byte: UInt8) async {
        guard reading.isAcknowledged else { return }
        do throws(LineEnd) { try await line.send([byte]) } catch {
            pump.log("automate \(pump.configuration.name) : ligne \(error)")
        }
    }
}

/// Cuts a stream of bytes into texts between STX and ETX, each with its check where there is one.
struct TextFramer {
    enum Event: Equatable {
        /// The bytes from STX on, the text alone, and whether its check is right.
        case text(block: [UInt8], text: [UInt8], isSound: Bool)
        /// A text without its end: so many bytes.
        case cut(Int)
        /// Bytes between texts that mean nothing; line ends and enquiries are none.
        case stray(Int)
    }
    /// No text of a maker's form comes near it.
    static let limit = 64_000

    let check: TextReading.Check
    private var block: [UInt8] = []
    /// Bytes of the check still to come, once ETX is there.
    private var owed: Int?

    init(check: TextReading.Check) { self.check = check }

    var isInside: Bool { !block.isEmpty }

    mutating func push(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var stray = 0
        for byte in bytes {
            if let left = owed {
                block.append(byte)
                owed = left - 1
                if left == 1 { events.append(finished()) }
            } else if byte == Control.stx {
                if !block.isEmpty { events.append(.cut(block.count)) }
                block = [byte]
            } else if block.isEmpty {
                if ![Control.cr, Control.lf, Control.enq, Control.eot, 0].contains(byte) { stray += 1 }
            } else {
                block.append(byte)
                if byte == Control.etx {
                    owed = checkLength
                    if checkLength == 0 { events.append(finished()) }
                } else if block.count > TextFramer.limit {
                    events.append(.cut(block.count))
                    block = []
                }
            }
        }
        if stray > 0 { events.append(.stray(stray)) }
        return events
    }

    /// The line fell silent or ended.
    mutating func finish() -> [Event] {
        guard !block.isEmpty else { return [] }
        defer {
            block = []
            owed = nil
        }
        return [.cut(block.count)]
    }

    private var checkLength: Int {
        switch check {
        case .none: 0
        case .xor: 1
        case .sum: 2
        }
    }

    private mutating func finished() -> Event {
        defer {
            block = []
            owed = nil
        }
        let end = block.count - checkLength
        let covered = block[1..<end]
        let sent = Array(block[end...])
        let isSound: Bool
        switch check {
        case .none: isSound = true
        case .xor: isSound = sent == [covered.reduce(0, ^)]
        case .sum:
            let digits = String(covered.reduce(UInt8(0), &+), radix: 16, uppercase: true)
            let wanted = Array((digits.utf8.count < 2 ? "0" + digits : digits).utf8)
            isSound = sent.map { $0 >= 0x61 ? $0 - 0x20 : $0 } == wanted
        }
        return .text(block: block, text: Array(block[1..<(end - 1)]), isSound: isSound)
    }
}

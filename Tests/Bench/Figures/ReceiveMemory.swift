import Base
import CScan
import Drivers
import LIS01
import LIS2
import Laboratory

// What the receiving of bytes costs when no line, no disk and no other task is in the way, at three depths.

extension Figure {
    /// The whole way of a result up to the laboratory's door.
    static var receiveMemory: Figure {
        receiving(
            "receive-memory", "frames, checksums, messages, index, and every result read by the generic driver",
            goal: .none
        ) { bench, set in
            let driver = try genericDriver(bench)
            return { message, tally in
                let reading = driver.read(LISMessage(bytes: message))
                tally.results += reading.observations.count
                for observation in reading.observations { tally.valueBytes += observation.rawText.utf8.count }
            }
        }
    }

    /// Up to the typed values of each result, read in place.
    static var receiveTyped: Figure {
        receiving(
            "receive-typed",
            "frames, checksums, messages, index, and specimen, code, decimal, unit, flag of each result",
            goal: .value(500)
        ) { _, _ in
            { message, tally in readTyped(LISMessage(bytes: message), &tally) }
        }
    }

    /// The same without a driver: the four fields of each result that every analyzer sends.
    static var receiveTree: Figure {
        receiving(
            "receive-tree", "frames, checksums, messages, index, tree, and code, decimal, unit, flag of each result",
            goal: .none
        ) { _, _ in
            { message, tally in readTree(LISMessage(bytes: message), &tally) }
        }
    }

    /// The link alone.
    static var receiveLink: Figure {
        receiving("receive-link", "frames, checksums and messages put together, nothing read in them", goal: .none) {
            _, _ in
            { message, tally in tally.messageBytes += message.count }
        }
    }

    /// What was read of the messages of one pass.
    struct Tally {
        var frames = 0
        var messages = 0
        var results = 0
        var valueBytes = 0
        var messageBytes = 0
    }
    private typealias Reader = (_ message: [UInt8], _ tally: inout Tally) -> Void

    private static func receiving(
        _ name: String, _ what: String, goal: Goal,
        reader: @escaping @Sendable (Bench, LISSet) throws -> Reader
    ) -> Figure {
        Figure(name: name, what: what, unit: "MB/s", reference: "byte sum + memcpy", goal: goal) { bench in
            let set = LISSet()
            let wire = set.sessions()
            let read = try reader(bench, set)
            let isRead = name != "receive-link"
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: wire.count) {
                        let tally = receive(wire, read)
                        try Measure.demand(tally.frames, is: set.records, "frames accepted")
                        try Measure.demand(tally.messages, is: set.messages.count, "messages put together")
                        guard isRead else {
                            return try Measure.demand(tally.messageBytes, is: set.byteCount, "bytes of messages")
                        }
                        try Measure.demand(tally.results, is: set.results, "results read")
                        try Measure.demand(tally.valueBytes, is: set.valueBytes, "bytes of values read")
                    } / 1e6
                },
                reference: { try sumAndCopy(wire) / 1e6 })
        }
    }

    /// As a line would bring them, in pieces of 64 KiB; each good frame is acknowledged at once.
    private static func receive(_ wire: [UInt8], _ read: Reader) -> Tally {
        var link = Link(settings: LinkSettings(), acknowledgesAtOnce: true)
        var tally = Tally()
        let now = Instant(milliseconds: 0)
        wire.withUnsafeBufferPointer { wire in
            for start in stride(from: 0, to: wire.count, by: 65_536) {
                let piece = UnsafeBufferPointer(rebasing: wire[start..<min(start + 65_536, wire.count)])
                for action in link.received(piece, at: now) {
                    switch action {
                    case .store: tally.frames += 1
                    case .message(let text, _):
                        tally.messages += 1
                        read(text, &tally)
                    case .reply, .refused, .sessionBegan, .sessionEnded, .delivered, .failed, .deviation: break
                    }
                }
            }
        }
        return tally
    }

    private static func readTyped(_ message: LISMessage, _ tally: inout Tally) {
        for result in message.results {
            guard message.measured(result.value) != nil, !result.specimen.isEmpty, !result.code.isEmpty,
                !result.unit.isEmpty,
                !result.flag.isEmpty
            else { continue }
            tally.results += 1
            tally.valueBytes += result.value.count
        }
    }

    private static func readTree(_ message: LISMessage, _ tally: inout Tally) {
        for patient in message.tree.patients {
            for order in patient.orders {
                for observed in order.results {
                    let record = message.record(observed.record)
                    let code = record.text(3, 4), value = record.text(4), unit = record.text(5), flag = record.text(7)
                    guard Measured(value) != nil, !code.isEmpty, !unit.isEmpty, !flag.isEmpty else { continue }
                    tally.results += 1
                    tally.valueBytes += value.utf8.count
                }
            }
        }
    }

    /// A checksum reads every byte and keeping them copies them: nothing that receives can be faster.
    private static func sumAndCopy(_ wire: [UInt8]) throws -> Double {
        let sum = wire.withUnsafeBufferPointer { $0.baseAddress.map { cscan_sum_at(0, $0, wire.count) } ?? 0 }
        var copy = [UInt8](repeating: 0, count: wire.count)
        return try Measure.rate(of: wire.count) {
            wire.withUnsafeBytes { source in copy.withUnsafeMutableBytes { $0.copyMemory(from: source) } }
            let found = copy.withUnsafeBufferPointer { $0.baseAddress.map { cscan_sum($0, wire.count) } ?? 0 }
            guard found == sum else { throw Fault("byte sum: \(found), expected \(sum)") }
        }
    }

    private static func genericDriver(_ bench: Bench) throws -> Driver {
        let name = DriverLibrary.genericName
        let (description, findings) = DriverDescription.read(
            try bench.bytes("Drivers/\(name)/driver.json5"), name: name)
        guard let description else { throw Fault("\(findings)") }
        return Driver(description)
    }
}

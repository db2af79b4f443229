import Base
import LIS01
import Testing

/// Two links over a line that drops, doubles and corrupts, in virtual time, from one seed.
///
/// What the protocol cannot see is left out of the faults: an answer byte turned into another valid answer (a NAK read
/// as ACK loses a frame, LIS01-A2 has no check on answers), and more than one fault in one frame (two may cancel in a
/// sum modulo 256).
private struct World {
    struct Flight {
        var arrival: Instant
        var order: Int
        var toInstrument: Bool
        var bytes: [UInt8]
    }
    var random: PRNG
    let faultsInThousand: UInt64
    var now = Instant(milliseconds: 0)
    var instrument: Link
    var computer: Link
    var flights: [Flight] = []
    var order = 0
    /// Complete messages as each end's journal would hold them: a message that comes again is recognised by its bytes,
    /// because a lost acknowledgement makes the sender repeat a message that was received (LIS2-A2 section 7).
    var atComputer: [[UInt8]] = []
    var atInstrument: [[UInt8]] = []
    var deliveredByInstrument: Set<Int> = []
    var failedByInstrument: Set<Int> = []
    var deliveredByComputer: Set<Int> = []
    var failedByComputer: Set<Int> = []
    var pieces = 0

    init(seed: UInt64, faultsInThousand: UInt64) {
        random = PRNG(seed: seed)
        self.faultsInThousand = faultsInThousand
        instrument = Link(settings: LinkSettings(station: .instrument))
        computer = Link(settings: LinkSettings(station: .computer))
    }

    mutating func run(_ actions: [LinkAction], ofInstrument: Bool) {
        for action in actions {
            switch action {
            case .reply(let bytes): launch(bytes, toInstrument: !ofInstrument)
            case .store:
                // A store that fails now and then.
                let fails = random.next() % 1000 < faultsInThousand
                if ofInstrument {
                    run(fails ? instrument.notStored(at: now) : instrument.stored(at: now), ofInstrument: true)
                } else {
                    run(fails ? computer.notStored(at: now) : computer.stored(at: now), ofInstrument: false)
                }
            case .message(let text, let isComplete):
                guard isComplete else { break }
                if ofInstrument {
                    if !atInstrument.contains(text) { atInstrument.append(text) }
                } else if !atComputer.contains(text) {
                    atComputer.append(text)
                }
            case .delivered(let number):
                if ofInstrument { deliveredByInstrument.insert(number) } else { deliveredByComputer.insert(number) }
            case .failed(let number, _):
                if ofInstrument { failedByInstrument.insert(number) } else { failedByComputer.insert(number) }
            case .refused, .sessionBegan, .sessionEnded, .deviation: break
            }
        }
    }

    private mutating func launch(_ original: [UInt8], toInstrument: Bool) {
        var bytes = original
        let isAnswer = bytes.count == 1
        if random.next() % 1000 < faultsInThousand {
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 3 {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(bytes[place], at: place)
            case _: bytes[place] = isAnswer ? 0x7F : bytes[place] ^ UInt8(1 << (random.next() % 8))
            }
        }
        var arrival = now.advanced(by: .milliseconds(Int64(1 + random.next() % 20)))
        // A line keeps order.
        if let last = flights.last(where: { $0.toInstrument == toInstrument }) { arrival = max(arrival, last.arrival) }
        while !bytes.isEmpty {
            let size = isAnswer ? bytes.count : Int(1 + random.next() % UInt64(bytes.count))
            order += 1
            flights.append(
                Flight(arrival: arrival, order: order, toInstrument: toInstrument, bytes: Array(bytes.prefix(size))))
            bytes.removeFirst(size)
            arrival = arrival.advanced(by: .milliseconds(Int64(random.next() % 5)))
        }
    }

    /// Runs until nothing can happen any more.
    mutating func settle() {
        for _ in 0..<200_000 {
            let flight = flights.indices.min {
                (flights[$0].arrival, flights[$0].order) < (flights[$1].arrival, flights[$1].order)
            }
            let due = [flight.map { flights[$0].arrival }, instrument.deadline, computer.deadline].compactMap { $0 }
            guard let next = due.min() else { return }
            now = max(now, next)
            if let flight, flights[flight].arrival <= now {
                let piece = flights.remove(at: flight)
                pieces += 1
                if piece.toInstrument {
                    run(instrument.received(piece.bytes, at: now), ofInstrument: true)
                } else {
                    run(computer.received(piece.bytes, at: now), ofInstrument: false)
                }
            } else {
                run(instrument.timeReached(at: now), ofInstrument: true)
                run(computer.timeReached(at: now), ofInstrument: false)
            }
        }
        Issue.record("the world does not settle")
    }

    mutating func message(_ name: String) -> [UInt8] {
        var text = "H|\\^&|||\(name)\rP|1\rO|1|S\(random.next() % 1000)||^^^GLU\r"
        for i in 0..<(1 + random.next() % 4) { text += "R|\(i + 1)|^^^T\(i)|\(random.next() % 100_000)|mmol/L\r" }
        return bytes(text + "L|1|N\r")
    }
}

@Suite("Two links over a lossy line")
struct LossyLineTests {
    /// 8 × 250 sessions, each with a message from either end, enquiring at about the same time.
    @Test("each message arrives once or is reported failed", arguments: 0..<8)
    func worlds(_ batch: Int) {
        var delivered = 0, failed = 0
        for seed in UInt64(batch) * 250..<UInt64(batch + 1) * 250 {
            let faults: UInt64 = [0, 5, 20, 60][Int(seed % 4)]
            var world = World(seed: seed, faultsInThousand: faults)
            let up = (0..<2).map { world.message("UP\(seed)-\($0)") }
            let down = world.message("DOWN\(seed)")
            world.run(world.instrument.send(up[0], at: world.now).actions, ofInstrument: true)
            if seed % 3 == 0 { world.now = world.now.advanced(by: .milliseconds(Int64(seed % 40))) }
            world.run(world.computer.send(down, at: world.now).actions, ofInstrument: false)
            world.run(world.instrument.send(up[1], at: world.now).actions, ofInstrument: true)
            world.settle()
            for (i, text) in up.enumerated() {
                let isThere = world.atComputer.contains(text)
                let isDelivered = world.deliveredByInstrument.contains(i + 1)
                #expect(isDelivered != world.failedByInstrument.contains(i + 1), "seed \(seed): one end, not both")
                if isDelivered { #expect(isThere, "seed \(seed): delivered but not there") }
            }
            if world.deliveredByComputer.contains(1) {
                #expect(world.atInstrument == [down], "seed \(seed): delivered but not there")
            } else {
                #expect(world.failedByComputer.contains(1), "seed \(seed): neither delivered nor failed")
            }
            // Nothing was invented.
            #expect(world.atComputer.allSatisfy { up.contains($0) }, "seed \(seed)")
            if faults == 0 {
                #expect(world.atComputer == up && world.atInstrument == [down], "seed \(seed): a clean line")
            }
            #expect(world.instrument.state == .neutral && world.computer.state == .neutral, "seed \(seed)")
            delivered += world.deliveredByInstrument.count + world.deliveredByComputer.count
            failed += world.failedByInstrument.count + world.failedByComputer.count
        }
        #expect(delivered + failed == 750)
        #expect(delivered > 700, "a lossy line still carries nearly all: \(delivered) of 750")
    }
}

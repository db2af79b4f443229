import Base
import LIS01

/// What the line does to bytes. Each rate is in thousandths, of a write unless said.
struct Faults {
    /// One bit of one byte flipped. An answer becomes a byte that is no answer, see ``hostile``.
    var corrupt: UInt64 = 0
    /// One byte left out; an answer or an enquiry is lost whole.
    var drop: UInt64 = 0
    /// One byte doubled.
    var duplicate: UInt64 = 0
    /// Late by up to 5 s: a round trip stays below the 15 s of the sender.
    var delay: UInt64 = 0
    /// Of a store: the frame could not be made durable.
    var store: UInt64 = 0
    /// One direction carries nothing for up to 60 s.
    var vanish: UInt64 = 0
    /// The line drops, and is re-opened up to 3 s later.
    var lineLost: UInt64 = 0
    /// The receiver asks for the line (section 6.3.5), or is busy for up to 40 s (section 6.2.6).
    var interrupt: UInt64 = 0
    var busy: UInt64 = 0
    /// Faults that LIS01-A2 cannot see, because an answer has neither number nor checksum: an answer turned into
    /// another valid one, an answer that comes twice, an answer later than the timer.
    var hostile: UInt64 = 0

    static let none = Faults()
    static func all(_ rate: UInt64) -> Faults {
        Faults(
            corrupt: rate, drop: rate, duplicate: rate, delay: rate, store: rate, vanish: rate / 4,
            lineLost: rate / 4, interrupt: rate / 4, busy: rate / 4)
    }
}

/// One direction of the line: pieces of bytes in order, each with its arrival.
struct Wire {
    struct Piece {
        var arrival: Instant
        var bytes: [UInt8]
    }
    private var pieces: [Piece] = []
    private var first = 0
    var silentUntil = Instant(milliseconds: .min)

    var arrival: Instant? { first < pieces.count ? pieces[first].arrival : nil }
    mutating func next() -> [UInt8] {
        defer { first += 1 }
        return pieces[first].bytes
    }
    mutating func cut() {
        pieces.removeAll(keepingCapacity: true)
        first = 0
    }

    mutating func carry(_ original: [UInt8], _ faults: Faults, at now: Instant, _ random: inout PRNG) {
        func happens(_ rate: UInt64) -> Bool { rate > 0 && random.next() % 1000 < rate }
        if happens(faults.vanish) {
            silentUntil = now.advanced(by: .milliseconds(Int64(random.next() % 60_000)))
        }
        guard silentUntil <= now else { return }
        var bytes = original
        let isControl = bytes.count == 1
        let place = Int(random.next() % UInt64(bytes.count))
        // One fault a write: two may cancel in a sum modulo 256.
        if happens(faults.corrupt) {
            bytes[place] = isControl ? 0x7F : bytes[place] ^ UInt8(1 << (random.next() % 8))
        } else if happens(faults.drop) {
            bytes.remove(at: place)
        } else if happens(faults.duplicate) {
            bytes.insert(bytes[place], at: place)
        }
        var wait = Int64(1 + random.next() % 20)
        if happens(faults.delay) { wait += Int64(random.next() % 5000) }
        var copies = 1
        if happens(faults.hostile), isControl {
            switch random.next() % 3 {
            case 0: bytes = [[Control.ack, Control.nak, Control.eot, Control.enq][Int(random.next() % 4)]]
            case 1: copies = 2
            case _: wait += 15_000 + Int64(random.next() % 20_000)
            }
        }
        var arrival = now.advanced(by: .milliseconds(wait))
        // A line keeps order.
        if let last = pieces.last, first < pieces.count { arrival = max(arrival, last.arrival) }
        for _ in 0..<copies {
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = isControl ? rest.count : Int(1 + random.next() % UInt64(rest.count))
                if first == pieces.count { cut() }
                pieces.append(Piece(arrival: arrival, bytes: Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
                arrival = arrival.advanced(by: .milliseconds(Int64(random.next() % 5)))
            }
        }
    }
}

import CScan
import LIS2

extension Figure {
    /// The index of a message against the scan that it is made from.
    static var lis2Index: Figure {
        Figure(
            name: "lis2-index", what: "LISMessage over 1,000 messages of 46 records, against the bare SIMD scan",
            unit: "MB/s", reference: "bare separator scan", goal: .ratio(0.5)
        ) { bench in
            let set = LISSet()
            let scan = BareScan(set)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: set.byteCount) {
                        try Measure.demand(indexedRecords(set), is: set.records, "records indexed")
                    } / 1e6
                },
                reference: {
                    try Measure.rate(of: set.byteCount) {
                        try Measure.demand(scan.run(), is: scan.separators, "separators found")
                    } / 1e6
                })
        }
    }

    static func indexedRecords(_ set: LISSet) -> Int {
        var records = 0
        for bytes in set.messages { records += LISMessage(bytes: bytes).records.count }
        return records
    }
}

/// The scan alone, message by message into one buffer that is there already: what the index cannot beat.
struct BareScan: Sendable {
    private let messages: [[UInt8]]
    /// How many the scalar twin finds.
    let separators: Int
    private let capacity: Int
    /// `|\^&`, CR, LF.
    private static let needles: [UInt8] = [0x7C, 0x5C, 0x5E, 0x26, 0x0D, 0x0A]

    init(_ set: LISSet) {
        messages = set.messages
        capacity = (set.messages.map(\.count).max() ?? 0) + Int(CSCAN_SLACK)
        separators = set.messages.reduce(0) { $0 + $1.count { BareScan.needles.contains($0) } }
    }

    func run() -> Int {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: capacity) { offsets in
            guard let out = offsets.baseAddress else { return 0 }
            var found = 0
            for bytes in messages {
                found += bytes.withUnsafeBufferPointer { bytes in
                    guard let base = bytes.baseAddress else { return 0 }
                    return cscan_structure(base, bytes.count, BareScan.needles, out, capacity)
                }
            }
            return found
        }
    }
}

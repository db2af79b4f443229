import Base
import LIS01
import LIS2
import MallocCount
import Testing

/// What the receive path asks of the allocator, counted: from the bytes of the line to the specimen, code, decimal,
/// unit and flag of every result. Without optimisation every array literal is a block, so only release is judged.
@Suite("Allocations of the receive path")
struct AllocationTests {
    private static func message(results: Int, components: Int) -> [UInt8] {
        var text = "H|\\^&|||ANALYSEUR\rP|1\rO|1|2611220001^01||^^^ALL\r"
        let more = String(repeating: "^x", count: components)
        for i in 0..<results { text += "R|\(i + 1)|^^^GLU\(more)|5.\(i % 10)|mmol/L||N||F\r" }
        return Array((text + "L|1|N\r").utf8)
    }

    /// One session with this message, a record a frame, in pieces of 64 KiB; every result read.
    private static func blocks(results: Int, components: Int = 0, policy: FramePolicy = .recordPerFrame) -> Int {
        let message = message(results: results, components: components)
        let wire =
            [Control.enq] + Framing.frames(of: message, policy: policy, limit: 240).joined() + [Control.eot]
        var found = 0
        let before = malloc_count()
        wire.withUnsafeBufferPointer { wire in
            var link = Link(settings: LinkSettings(), acknowledgesAtOnce: true)
            let now = Instant(milliseconds: 0)
            for start in stride(from: 0, to: wire.count, by: 65_536) {
                let piece = UnsafeBufferPointer(rebasing: wire[start..<min(start + 65_536, wire.count)])
                for action in link.received(piece, at: now) {
                    guard case .message(let text, _) = action else { continue }
                    let message = LISMessage(bytes: text)
                    for result in message.results
                    where message.measured(result.value) != nil && !result.specimen.isEmpty && !result.code.isEmpty
                        && !result.unit.isEmpty && !result.flag.isEmpty
                    {
                        found += 1
                    }
                }
            }
        }
        let blocks = Int(malloc_count() - before)
        #expect(found == results)
        return blocks
    }

    @Test("the counter counts")
    func counter() {
        let before = malloc_count()
        let arrays = (0..<100).map { [UInt8](repeating: UInt8($0), count: 100 + $0) }
        #expect(malloc_count() - before >= 100)
        #expect(arrays.count == 100)
    }

    @Test("a record or frame more costs no block", arguments: [FramePolicy.recordPerFrame, .cut(240)])
    func records(_ policy: FramePolicy) {
        let few = AllocationTests.blocks(results: 20, policy: policy)
        let many = AllocationTests.blocks(results: 1_000, policy: policy)
        print("allocations: \(few) blocks for 20 results, \(many) for 1,000 (\(policy))")
        #if !DEBUG
            // 980 records more: arrays that double, and a piece of the line copied once.
            #expect(many - few <= 40)
        #endif
    }

    @Test("a field or component more costs no block")
    func fields() {
        let few = AllocationTests.blocks(results: 200)
        let many = AllocationTests.blocks(results: 200, components: 60)
        print("allocations: \(few) blocks for 200 results, \(many) with 12,000 components more")
        #if !DEBUG
            #expect(many - few <= 20)
        #endif
    }
}

import Base
import CScan
import LIS2
import Testing

@Suite("Results read in place")
struct ResultTests {
    @Test("a result has the specimen of its order and its own five values")
    func values() {
        let read = message(
            "H|\\^&\rP|1\rO|1|S1^02||^^^TSH\\^^^FT4\rR|1|^^^TSH^1|1.210|uIU/mL|a^b|N^x\rC|1|I|x\r"
                + "R|2|^^^FT4\\^^^T3^9|<-0,5|pmol/L\rO|2|S2\\S3\rR|1|a^b|x.5\rP|2\rR|1|^^^K^|>=4.0|mmol/L|||H|\rL|1\r")
        let results = Array(read.results)
        #expect(results.map { read.text($0.specimen) } == ["S1", "S1", "S2", ""])
        #expect(results.map { read.text($0.code) } == ["TSH", "FT4", "", "K"])
        #expect(results.map { read.text($0.value) } == ["1.210", "<-0,5", "x.5", ">=4.0"])
        #expect(results.map { read.text($0.unit) } == ["uIU/mL", "pmol/L", "", "mmol/L"])
        #expect(results.map { read.text($0.flag) } == ["N^x", "", "", ""])
        #expect(results.map { read.measured($0.value)?.text } == ["1.210", "<-0.5", nil, "≥4.0"])
        #expect(results.map(\.order) == [2, 2, 6, nil])
        #expect(results.map(\.record) == [3, 5, 7, 9])
    }

    @Test("the values are those that the records give, whatever the message")
    func sameAsRecords() {
        var random = PRNG(seed: 7)
        let alphabet = Array("|||^^\\&R1.5 -<a\rRO".utf8)
        for _ in 0..<4000 {
            var text = bytes("H|\\^&\rO|1|S1\rR|1|")
            for _ in 0..<Int(random.next() % 200) { text.append(alphabet[Int(random.next() % UInt64(alphabet.count))]) }
            let read = LISMessage(bytes: text)
            var found = read.results.makeIterator()
            for record in read.records(.result) {
                guard let result = found.next() else {
                    Issue.record("a result is missing")
                    return
                }
                #expect(result.record == record.number)
                #expect(result.value.range == record.field(4).byteRange || record.field(4).isEmpty)
                #expect(read.text(result.code) == latin1(record.field(3).component(4)))
                #expect(read.text(result.value) == latin1(record.field(4)))
                #expect(read.text(result.unit) == latin1(record.field(5)))
                #expect(read.text(result.flag) == latin1(record.field(7)))
                let order = result.order.map { read.record($0) }
                #expect(read.text(result.specimen) == (order.map { latin1($0.field(3).component(1)) } ?? ""))
                #expect(read.measured(result.value) == Measured(latin1(record.field(4))))
            }
            #expect(found.next() == nil)
        }
    }

    private func latin1(_ field: LISField) -> String { String(decoding: field.raw, as: UTF8.self) }
}

@Suite("The pass that makes the index")
struct IndexPassTests {
    @Test("every level gives the same hits, field bits and record ends")
    func levels() {
        var random = PRNG(seed: 3)
        let needles: [UInt8] = [0x7C, 0x5C, 0x5E, 0x26, 0x0D, 0x0A]
        for round in 0..<800 {
            let length = Int(random.next() % 700)
            let density = UInt64(round % 9) * 32
            let bytes = (0..<length).map { _ in
                random.next() % 256 < density
                    ? needles[Int(random.next() % 6)] : UInt8(truncatingIfNeeded: random.next())
            }
            let hits = bytes.indices.filter { needles.contains(bytes[$0]) }
            for level in ScanTests.levels {
                let found = index(level, bytes, needles)
                #expect(found.hits == hits.map { UInt32($0) })
                #expect(found.fields == hits.map { bytes[$0] == 0x7C })
                #expect(found.ends == hits.indices.filter { bytes[hits[$0]] < 0x20 }.map { UInt32($0) })
            }
        }
    }

    private func index(
        _ level: cscan_level, _ bytes: [UInt8], _ needles: [UInt8]
    ) -> (hits: [UInt32], fields: [Bool], ends: [UInt32]) {
        let capacity = bytes.count + Int(CSCAN_SLACK)
        var hits = [UInt32](repeating: 0, count: capacity), ends = hits
        var bits = [UInt64](repeating: ~0, count: capacity / 64 + 2)
        var endCount = 0
        let count = cscan_index_at(
            Int32(level.rawValue), bytes, bytes.count, needles, &hits, capacity, &bits, &ends, &endCount)
        return (
            Array(hits[..<count]), (0..<count).map { bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 },
            Array(ends[..<endCount])
        )
    }

    @Test("plain text ends where a character means something, and is summed up to there")
    func plain() {
        var random = PRNG(seed: 5)
        for _ in 0..<3000 {
            let bytes = (0..<Int(random.next() % 90)).map { _ in
                random.next() % 40 == 0 ? UInt8(random.next() % 0x20) : 0x0D + UInt8(random.next() % 240)
            }
            let special: Set<UInt8> = [1, 2, 3, 4, 5, 6, 0x0A, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]
            let end = bytes.firstIndex { special.contains($0) } ?? bytes.count
            var sum: UInt8 = 7
            #expect(cscan_plain(bytes, bytes.count, &sum) == end)
            #expect(sum == bytes[..<end].reduce(7, &+))
            let after = (bytes.lastIndex { $0 == 0x0D || $0 == 0x0A } ?? -1) + 1
            #expect(cscan_after_last2(bytes, bytes.count, 0x0D, 0x0A) == after)
        }
    }
}

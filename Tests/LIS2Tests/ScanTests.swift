import Base
import CScan
import FoundationEssentials
import LIS2
import Testing

@Suite("The structural scan")
struct ScanTests {
    static let levels = [CSCAN_SCALAR, CSCAN_SSE2, CSCAN_AVX2, CSCAN_NEON]

    private func scan(_ level: cscan_level, _ bytes: [UInt8], _ needles: [UInt8], capacity: Int? = nil) -> [UInt32]? {
        let capacity = capacity ?? bytes.count + Int(CSCAN_SLACK)
        var isWhole = true
        let found = [UInt32](unsafeUninitializedCapacity: capacity) { out, count in
            let n = bytes.withUnsafeBufferPointer { bytes in
                cscan_structure_at(
                    Int32(level.rawValue), bytes.baseAddress, bytes.count, needles, out.baseAddress, capacity)
            }
            isWhole = n >= 0
            count = max(0, n)
        }
        return isWhole ? found : nil
    }

    @Test("every level finds what plain Swift finds, and the same sum")
    func levels() {
        var random = PRNG(seed: 1)
        let needles: [UInt8] = [0x7C, 0x5C, 0x5E, 0x26, 0x0D, 0x0A]
        for round in 0..<800 {
            let length = Int(random.next() % 300)
            // From none to every byte a delimiter.
            let density = UInt64(round % 9) * 32
            let bytes = (0..<length).map { _ in
                random.next() % 256 < density
                    ? needles[Int(random.next() % 6)] : UInt8(truncatingIfNeeded: random.next())
            }
            let wanted = bytes.indices.filter { needles.contains(bytes[$0]) }.map { UInt32($0) }
            let sum = bytes.reduce(UInt64(0)) { $0 + UInt64($1) }
            for level in ScanTests.levels {
                #expect(scan(level, bytes, needles) == wanted, "level \(level.rawValue), length \(length)")
                #expect(cscan_sum_at(Int32(level.rawValue), bytes, bytes.count) == sum)
            }
            #expect(cscan_sum(bytes, bytes.count) == sum)
            let from = length == 0 ? 0 : Int(random.next() % UInt64(length))
            let first = bytes.indices.first { $0 >= from && (bytes[$0] == 0x0D || bytes[$0] == 0x0A) } ?? length
            #expect(cscan_find2(bytes, bytes.count, from, 0x0D, 0x0A) == first)
        }
    }

    @Test("too short an array is said, not overrun")
    func capacity() {
        let bytes = [UInt8](repeating: 0x7C, count: 500)
        for level in ScanTests.levels {
            for capacity in [72, 100, 300, 500] {
                #expect(scan(level, bytes, [0x7C, 0, 1, 2, 3, 4], capacity: capacity) == nil)
            }
            #expect(scan(level, bytes, [0x7C, 0, 1, 2, 3, 4])?.count == 500)
        }
    }

    @Test("a message of delimiters only is indexed")
    func dense() {
        let read = LISMessage(bytes: bytes("H|\\^&") + [UInt8](repeating: 0x7C, count: 5000) + bytes("x\rL|1\r"))
        #expect(read.record(0).fieldCount == 5002)
        #expect(read.record(0).text(5002) == "x")
    }
}

@Suite("The shared corpus")
struct CorpusTests {
    @Test("every file of bare records has the records and messages its manifest says")
    func counts() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let shared = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"] ?? "/" + root + "/../shared"
        let folder = shared + "/analyzers/corpus/"
        guard let manifest = FileManager.default.contents(atPath: folder + "MANIFEST.tsv") else {
            print("SKIPPED (no ../shared): every file of bare records")
            return
        }
        var files = 0
        for row in String(decoding: manifest, as: UTF8.self).split(separator: "\n") {
            let columns = row.split(separator: "\t", omittingEmptySubsequences: false)
            guard columns[0].hasSuffix(".rec") else { continue }
            files += 1
            let bytes = [UInt8](try #require(FileManager.default.contents(atPath: folder + columns[0])))
            let messages = LISMessage.messages(in: bytes)
            #expect(messages.count == Int(columns[13]), "\(columns[0])")
            // One log ends with `<ETX>6D` spelled out: lines that are no records.
            let records = messages.flatMap(\.records).filter { if case .unknown = $0.kind { false } else { true } }
            #expect(records.count == Int(columns[8]), "\(columns[0])")
            #expect(messages.flatMap(\.bytes) == bytes, "\(columns[0])")
            for message in messages { #expect(message.header != nil, "\(columns[0])") }
        }
        #expect(files >= 15)
    }
}

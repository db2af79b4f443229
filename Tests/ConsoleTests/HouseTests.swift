import Base
import Console
import Laboratory
import Testing

@Suite struct `The list as tubes` {
    private static func line(_ number: Int, _ tube: Int, _ random: inout PRNG) -> Line {
        let holds = random.next() % 3 == 0 ? [Hold(.analyzerFlag, "drapeau")] : []
        let critical = random.next() % 9 == 0 ? [Hold(.critical, "critique")] : []
        return Line(
            id: "o\(number)", request: "R\(tube / 2)", accession: tube % 5 == 0 ? "" : "T\(tube)",
            patient: "P\(tube / 2)",
            civil: "F 34a", urgent: random.next() % 4 == 0, analysis: "A\(number % 4)", value: "\(random.next() % 9)",
            unit: "mmol/L", holds: holds + critical, observedAt: Instant(seconds: Int64(random.next() % 1000)))
    }

    @Test(arguments: 1...20)
    func `is the same however it came, and tells what is new in it`(seed: UInt64) {
        var random = PRNG(seed: seed)
        var list = (0..<40).map { Self.line($0, $0 / 4, &random) }
        var house = House(), next = 40
        _ = house.take(list)
        for _ in 0..<60 {
            let before = list
            switch random.next() % 4 {
            case 0: list.remove(at: Int(random.next() % UInt64(list.count)))
            case 1:
                list.insert(Self.line(next, next / 4, &random), at: Int(random.next() % UInt64(list.count + 1)))
                next += 1
            case _:
                for _ in 0..<3 {
                    let place = Int(random.next() % UInt64(list.count))
                    let old = list[place]
                    var line = Self.line(0, 0, &random)
                    (line.id, line.request, line.accession) = (old.id, old.request, old.accession)
                    list[place] = line
                }
            }
            let told = house.take(list)
            #expect(told == list.filter { line in !before.contains(line) }.map(\.id))
            var fresh = House()
            _ = fresh.take(list)
            #expect(house == fresh && house.tubes == Tube.tubes(of: list))
            #expect(house.urgentTubes == fresh.urgentTubes && house.heldTubes == fresh.heldTubes)
            #expect(house.criticalTubes == fresh.criticalTubes)
        }
    }
}

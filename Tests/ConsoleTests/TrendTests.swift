import Base
import Console
import Testing

@Suite struct `A trend` {
    private func points(_ values: [String?], unit: String = "mmol/L", method: [String] = []) -> [Trend.Point] {
        values.enumerated().map { index, text in
            Trend.Point(
                at: Instant(seconds: Int64(index) * 86_400), value: text.flatMap { Measured($0) }, unit: unit,
                method: index < method.count ? method[index] : "cobas")
        }
    }
    private let low = Exact("3.5"), high = Exact("4.9")

    @Test func `draws the last eight values between the ends of interval and values`() {
        let spark = Trend.spark(
            points(["9.9", "4.2", "4.2", "4.3", "3.5", "4.0", "4.1", "4.2", "6.4"]), low: low, high: high,
            signs: Signs())
        #expect(spark.count == 8 && spark.last == "█" && spark.dropFirst(3).first == "▁")
        #expect(Trend.spark([], low: low, high: high, signs: Signs()) == "")
    }

    @Test func `says what is missing, censored, of another unit or of another method`() {
        var mixed = points(["4.2", nil, "<0.5", ">9", "4.4"], method: ["a", "a", "a", "a", "b"])
        #expect(Trend.spark(mixed, low: low, high: high, signs: Signs()).dropFirst() == "·▽△|▄")
        mixed[0].unit = "mg/L"
        #expect(Trend.spark(mixed, low: low, high: high, signs: Signs()).first == "·")
        #expect(
            Trend.spark(mixed, low: low, high: high, signs: Signs(ascii: true)).utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `plots first and last day, both ends of the scale and the interval`() {
        let lines = Trend.plot(
            points(["4.2", "4.4", "6.4"]), low: low, high: high, width: 40, height: 8, zone: .utc, signs: Signs())
        #expect(lines.count == 9 && lines.allSatisfy { $0.count <= 40 })
        #expect(lines[0].hasPrefix("   6,4 │") && lines[0].hasSuffix("●"))
        #expect(lines[7].hasPrefix("   3,5 │┈"))
        #expect(lines[8].contains("01/01/1970") && lines[8].hasSuffix("03/01/1970"))
    }

    @Test func `says where values stop being compared, and how many are not on it`() {
        var mixed = points(["0.42", "4.2", "4.3", "4.4", "4.5"], method: ["a", "a", "a", "b", "b"])
        mixed[0].unit = "g/L"
        for place in mixed.indices { mixed[place].definition = place < 4 ? "2823-3" : "6298-4" }
        let told = Language.french.breaks(mixed, zone: .utc)
        #expect(
            told == [
                "| 02/01/1970 : autre unité, g/L puis mmol/L", "| 04/01/1970 : autre méthode, a puis b",
                "| 05/01/1970 : autre définition au catalogue, 2823-3 puis 6298-4",
                "· 1 valeur(s) d'une autre unité, ou sans nombre, hors de la courbe",
            ])
        let plot = Trend.plot(mixed, low: nil, high: nil, width: 60, height: 6, zone: .utc, signs: Signs())
        let bars = Set(plot[0].enumerated().filter { $0.element == "|" }.map(\.offset))
        #expect(
            bars.count == 3
                && plot.dropLast().allSatisfy { line in
                    line.enumerated().filter { $0.element == "|" }.count + line.count { $0 == "●" } >= 3
                }, "\(plot)")
        #expect(Trend.spark(mixed, low: nil, high: nil, signs: Signs()).count { $0 == "|" } == 2)
        // One method, one unit, one definition: nothing is broken.
        #expect(Language.french.breaks(points(["4", "5"]), zone: .utc).isEmpty)
        #expect(Language.english.breaks(mixed, zone: .utc).allSatisfy { !$0.contains { "éèàç".contains($0) } })
    }

    @Test func `is flat in the middle when all values are the same`() {
        #expect(Trend.spark(points(["4", "4", "4"]), low: nil, high: nil, signs: Signs()) == "▅▅▅")
    }
}

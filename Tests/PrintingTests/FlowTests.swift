import Base
import Printing
import Testing

@Suite struct `Page breaks` {
    private func height(_ strips: [Flow.Strip], _ range: Range<Int>) -> Double {
        range.reduce(0) { sum, n in
            sum + strips[n].height + (n == range.lowerBound ? strips[n].continuation : strips[n].gap)
        }
    }

    @Test func `come where the page is full`() {
        let strips = Array(repeating: Flow.Strip(height: 10), count: 7)
        #expect(Flow.pages(strips, first: 30, next: 20) == [0..<3, 3..<5, 5..<7])
    }

    @Test func `come before a heading that would be last`() {
        var strips = Array(repeating: Flow.Strip(height: 10), count: 5)
        strips[2].keepsWithNext = true
        #expect(Flow.pages(strips, first: 30, next: 30) == [0..<2, 2..<5])
    }

    @Test func `cut a group that is higher than a page`() {
        let strips = Array(repeating: Flow.Strip(height: 10, keepsWithNext: true), count: 8)
        #expect(Flow.pages(strips, first: 25, next: 30) == [0..<2, 2..<5, 5..<8])
    }

    @Test func `leave room for the headings that are repeated, and drop the white at the top`() {
        let strips = Array(repeating: Flow.Strip(height: 10, gap: 5, continuation: 8), count: 4)
        #expect(Flow.pages(strips, first: 33, next: 33) == [0..<2, 2..<4])
        #expect(Flow.pages(strips, first: 32, next: 32) == [0..<1, 1..<2, 2..<3, 3..<4])
    }

    @Test func `make one page of nothing`() { #expect(Flow.pages([], first: 10, next: 10) == [0..<0]) }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `lose nothing, overflow nothing and end, whatever the strips`(seed: UInt64) {
        var random = PRNG(seed: seed)
        let strips = (0..<Int.random(in: 1...80, using: &random)).map { _ in
            Flow.Strip(
                height: Double.random(in: 1...40, using: &random), gap: Double.random(in: 0...10, using: &random),
                keepsWithNext: Int.random(in: 0..<3, using: &random) == 0,
                continuation: Bool.random(using: &random) ? 12 : 0)
        }
        let first = Double.random(in: 60...200, using: &random), next = Double.random(in: 60...200, using: &random)
        let pages = Flow.pages(strips, first: first, next: next)
        #expect(pages.flatMap { Array($0) } == Array(strips.indices), "seed \(seed)")
        for (n, page) in pages.enumerated() {
            #expect(!page.isEmpty)
            #expect(height(strips, page) <= (n == 0 ? first : next) + 0.001, "seed \(seed), page \(n)")
        }
    }
}

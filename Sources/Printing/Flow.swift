/// Where pages break: heights in, ranges out. Knows nothing of fonts or of reports.
package enum Flow {
    /// One line of text, or one rule: the smallest thing that is never cut.
    package struct Strip: Equatable {
        package var height: Double
        /// White above it, dropped at the top of a page.
        package var gap: Double
        /// Stays on the page of the strip that follows.
        package var keepsWithNext: Bool
        /// Height of the headings to repeat above it when it opens a page.
        package var continuation: Double

        package init(height: Double, gap: Double = 0, keepsWithNext: Bool = false, continuation: Double = 0) {
            self.height = height
            self.gap = gap
            self.keepsWithNext = keepsWithNext
            self.continuation = continuation
        }
    }

    /// Fills pages in order. A group held together by `keepsWithNext` is cut only when it is higher than a whole page.
    ///
    /// - Parameters:
    ///   - first, next: height of the body of the first page and of the others; both must hold the highest strip.
    /// - Returns: one range of strips a page; at least one page, the ranges following each other without a hole.
    package static func pages(_ strips: [Strip], first: Double, next: Double) -> [Range<Int>] {
        var pages = [Range<Int>]()
        var start = 0
        var used = 0.0
        var index = 0
        while index < strips.count {
            let capacity = pages.isEmpty ? first : next
            let isFresh = index == start
            if isFresh { used = strips[index].continuation }
            let end = endOfGroup(strips, from: index)
            let height = (index..<end).reduce(0.0) { $0 + strips[$1].height + ($1 == start ? 0 : strips[$1].gap) }
            if used + height <= capacity {
                used += height
                index = end
            } else if !isFresh {
                pages.append(start..<index)
                start = index
            } else {
                // The group alone is higher than a page: cut it where the page ends, after one strip at least.
                var cut = index
                repeat {
                    used += strips[cut].height + (cut == start ? 0 : strips[cut].gap)
                    cut += 1
                } while cut < end && used + strips[cut].gap + strips[cut].height <= capacity
                pages.append(start..<cut)
                start = cut
                index = cut
            }
        }
        if start < strips.count || pages.isEmpty { pages.append(start..<strips.count) }
        return pages
    }

    private static func endOfGroup(_ strips: [Strip], from index: Int) -> Int {
        var end = index
        while end < strips.count - 1 && strips[end].keepsWithNext { end += 1 }
        return end + 1
    }
}

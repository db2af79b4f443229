import CPango

/// Glyphs of a line in one font, as a page's content has them (PDF Reference 1.4, section 5.3.2): the same in every
/// document, placed from the beginning of the line.
struct GlyphRun {
    let program: FontProgram
    let size: Double
    /// From the beginning of the line, in points.
    let x: Double
    /// `[(..) 12 (..)] TJ`, with what the glyphs stand for where their numbers do not tell.
    let operators: [UInt8]
    /// Glyphs that documents do not hold anyway.
    let others: [UInt16]
}

/// A glyph at its place from the beginning of its run: points, y downwards.
struct PlacedGlyph {
    var glyph: UInt16
    var x: Double
    var y = 0.0
}

/// Writes the operators of a run.
struct RunWriter {
    private let program: FontProgram
    private let size: Double
    private var bytes = [UInt8]()
    private var others = [UInt16]()
    /// Where the reader stands: rounded adjustments are made up for at the next one.
    private var pen = 0.0
    private var rise = 0.0
    private var isArrayOpen = false
    private var isStringOpen = false

    init(_ program: FontProgram, size: Double, glyphs: Int) {
        self.program = program
        self.size = size
        bytes.reserveCapacity(2 * glyphs + 24)
    }

    /// `y`: downwards.
    mutating func show(_ placed: PlacedGlyph) {
        if placed.y != rise {
            close()
            bytes.add(-placed.y)
            bytes.add(" Ts\n")
            rise = placed.y
        }
        if !isArrayOpen {
            bytes.add("[")
            isArrayOpen = true
        }
        // In thousandths of the size: at 12 points half a one is 0.006 points.
        let adjustment = Int(((pen - placed.x) / size * 1000).rounded())
        if adjustment != 0 {
            if isStringOpen { bytes.add(")") }
            isStringOpen = false
            bytes.add(adjustment)
            pen -= Double(adjustment) * size / 1000
        }
        if !isStringOpen {
            bytes.add("(")
            isStringOpen = true
        }
        bytes.add(glyph: placed.glyph)
        pen += Double(program.width(placed.glyph)) * size / 100_000
        if !program.isBase(placed.glyph) { others.append(placed.glyph) }
    }

    /// Glyphs that stand together for a text that their numbers do not tell (PDF Reference 1.4, section 9.8.3).
    mutating func show(_ glyphs: some Sequence<PlacedGlyph>, for text: String) {
        close()
        bytes.add("/Span<</ActualText ")
        bytes.add(textString: text)
        bytes.add(">>BDC\n")
        for glyph in glyphs { show(glyph) }
        close()
        bytes.add("EMC\n")
    }

    private mutating func close() {
        if isStringOpen { bytes.add(")") }
        if isArrayOpen { bytes.add("]TJ\n") }
        isStringOpen = false
        isArrayOpen = false
    }

    mutating func finished(at x: Double) -> GlyphRun {
        close()
        if rise != 0 { bytes.add("0 Ts\n") }
        return GlyphRun(program: program, size: size, x: x, operators: bytes, others: others)
    }
}

/// What Pango laid out, read run by run.
struct LineReader {
    let fonts: FontBook
    let text: UnsafePointer<CChar>

    /// Nil for a font that cannot be embedded.
    func line(_ line: UnsafeMutablePointer<PangoLayoutLine>) -> SetLine? {
        var runs = [GlyphRun]()
        var x = 0
        var node = line.pointee.runs
        while let here = node {
            node = here.pointee.next
            guard let item = here.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self) else { continue }
            guard let run = run(item.pointee, from: &x) else { return nil }
            runs.append(run)
        }
        return SetLine(width: Double(x) / Double(PANGO_SCALE), runs: runs)
    }

    /// Glyphs of one cluster, in the order of the page.
    private struct Cluster {
        var start: Int
        var text = ""
        var glyphs: [PlacedGlyph] = []
    }

    private static let nothing = UInt32(0x0FFF_FFFF)

    private func run(_ item: PangoGlyphItem, from x: inout Int) -> GlyphRun? {
        guard let part = item.item?.pointee, let set = item.glyphs?.pointee, let font = part.analysis.font,
            let (program, size) = fonts.program(of: font)
        else { return nil }
        let scale = Double(PANGO_SCALE)
        let start = x
        var clusters = [Cluster]()
        for n in 0..<Int(set.num_glyphs) {
            let glyph = set.glyphs[n], place = Int(set.log_clusters[n])
            if clusters.last?.start != place { clusters.append(Cluster(start: place)) }
            if glyph.glyph != LineReader.nothing {
                let y = Double(glyph.geometry.y_offset - item.y_offset) / scale
                clusters[clusters.count - 1].glyphs.append(
                    PlacedGlyph(
                        glyph: UInt16(truncatingIfNeeded: glyph.glyph),
                        x: Double(x - start + Int(glyph.geometry.x_offset)) / scale, y: y))
            }
            x += Int(glyph.geometry.width)
        }
        var writer = RunWriter(program, size: size, glyphs: Int(set.num_glyphs))
        let offset = Int(part.offset), length = Int(part.length)
        // From right to left, the text of a cluster ends where the one on its left begins.
        let isForward = part.analysis.level % 2 == 0
        for n in clusters.indices {
            let next = isForward ? n + 1 : n - 1
            let end = clusters.indices.contains(next) ? clusters[next].start : length
            clusters[n].text = words(offset + clusters[n].start, offset + end)
        }
        write(clusters, program, isForward: isForward, &writer)
        return writer.finished(at: Double(start) / scale)
    }

    private func words(_ start: Int, _ end: Int) -> String {
        let bytes = UnsafeBufferPointer(start: text + start, count: max(0, end - start))
        return String(decoding: bytes.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Clusters that their numbers do not tell stand in one span with their neighbours of the same sort; from right to
    /// left each in its own, for readers turn what they find around.
    private func write(_ clusters: [Cluster], _ program: FontProgram, isForward: Bool, _ writer: inout RunWriter) {
        var untold = [PlacedGlyph](), words = ""
        func tell() {
            if !untold.isEmpty { writer.show(untold, for: words) }
            untold = []
            words = ""
        }
        for cluster in clusters where !cluster.glyphs.isEmpty {
            if cluster.glyphs.count == 1, program.tells(cluster.glyphs[0].glyph, cluster.text) {
                tell()
                writer.show(cluster.glyphs[0])
            } else {
                untold += cluster.glyphs
                words += cluster.text
                if !isForward { tell() }
            }
        }
        tell()
    }
}

extension FontProgram {
    /// That the number of the glyph says this text; a blank is a blank.
    func tells(_ glyph: UInt16, _ text: String) -> Bool {
        var scalars = text.unicodeScalars.makeIterator()
        guard let first = scalars.next(), scalars.next() == nil else { return false }
        return tells(glyph, first)
    }

    func tells(_ glyph: UInt16, _ scalar: Unicode.Scalar) -> Bool {
        let meaning = meaning(glyph)
        if meaning == scalar.value { return true }
        return (scalar == "\u{A0}" || scalar == "\u{202F}") && meaning == 0x20
    }
}

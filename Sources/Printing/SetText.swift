/// One line of a text: how wide it is in points, and its glyphs.
struct SetLine {
    var width: Double
    var runs: [GlyphRun]
}

/// A text broken into lines for one width.
final class SetText {
    let face: Face
    let lines: [SetLine]
    var lineCount: Int { lines.count }

    init(_ lines: [SetLine], _ face: Face) {
        self.lines = lines
        self.face = face
    }

    /// Width of one line in points.
    func width(ofLine line: Int) -> Double { lines.indices.contains(line) ? lines[line].width : 0 }

    var widest: Double { lines.lazy.map(\.width).max() ?? 0 }
}

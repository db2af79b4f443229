/// Inks piled from top to bottom in a column of the sheet: headers, footers, boxes.
struct Stack {
    let x: Double
    let width: Double
    /// Height used so far; inks are placed from 0 down.
    var height = 0.0
    var inks = [Ink]()

    init(x: Double, width: Double) {
        self.x = x
        self.width = width
    }

    mutating func add(_ text: SetText, _ tone: Tone = .ink, align: Align = .left, indent: Double = 0) {
        for line in 0..<text.lineCount {
            let left: Double =
                switch align {
                case .left: x + indent
                case .right: x + width - text.width(ofLine: line)
                case .centre: x + (width - text.width(ofLine: line)) / 2
                }
            inks.append(.line(text, line, x: left, baseline: height + text.face.ascent, tone))
            height += text.face.leading
        }
    }

    mutating func space(_ points: Double) { height += points }

    mutating func rule(_ thickness: Double, _ tone: Tone) {
        inks.append(.rule(x: x, y: height, width: width, thickness: thickness, tone))
        height += thickness
    }

    /// Puts other columns beside each other under what is already here.
    mutating func place(_ columns: [Stack]) {
        for column in columns { inks += column.inks.map { $0.moved(down: height) } }
        height += columns.map(\.height).max() ?? 0
    }

    /// Draws a frame around everything added since `top`, with a margin inside.
    mutating func frame(from top: Double, fill: Tone? = nil, at position: Int) {
        if let fill {
            inks.insert(.box(x: x, y: top, width: width, height: height - top, fill), at: position)
        }
        inks.insert(
            .frame(x: x, y: top, width: width, height: height - top, .accent), at: position + (fill == nil ? 0 : 1))
    }
}

/// The operators of one page (PDF Reference 1.4, chapters 4 and 5). Places come as points from the top left corner and
/// are written from the bottom left one, in hundredths.
struct PageContent {
    private var bytes = [UInt8]()
    private var isText = false
    /// Of the text object: where its last line began, in hundredths.
    private var lineX = 0
    private var lineY = 0
    private var font = -1
    private var size = 0.0
    private var fillTone: Tone?
    private var strokeTone: Tone?
    private var lineWidth = -1.0

    /// A page of another content; the memory stays.
    mutating func begin() {
        var kept = [UInt8]()
        swap(&kept, &bytes)
        kept.removeAll(keepingCapacity: true)
        self = PageContent()
        bytes = kept
    }

    mutating func finished() -> [UInt8] {
        endText()
        return bytes
    }

    private static let top = [UInt8].hundredths(Sheet.height)

    // MARK: text

    mutating func show(_ run: GlyphRun, font: Int, size: Double, x: Double, y: Double, _ tone: Tone) {
        if !isText {
            bytes.add("BT\n")
            isText = true
            lineX = 0
            lineY = 0
        }
        if fillTone != tone {
            add(tone, "rg\n")
            fillTone = tone
        }
        if self.font != font || self.size != size {
            bytes.add("/F")
            bytes.add(font)
            bytes.add(" ")
            bytes.add(size)
            bytes.add(" Tf\n")
            self.font = font
            self.size = size
        }
        let placeX = [UInt8].hundredths(x), placeY = PageContent.top - [UInt8].hundredths(y)
        bytes.add(hundredths: placeX - lineX)
        bytes.add(" ")
        bytes.add(hundredths: placeY - lineY)
        bytes.add(" Td\n")
        lineX = placeX
        lineY = placeY
        bytes += run.operators
    }

    private mutating func endText() {
        if isText { bytes.add("ET\n") }
        isText = false
    }

    // MARK: shapes

    mutating func fill(x: Double, y: Double, width: Double, height: Double, _ tone: Tone) {
        useForShapes(fill: tone)
        add(x: x, y: y, width: width, height: height)
        bytes.add(" f\n")
    }

    mutating func frame(x: Double, y: Double, width: Double, height: Double, line: Double, _ tone: Tone) {
        useForShapes(stroke: tone, line)
        add(x: x, y: y, width: width, height: height)
        bytes.add(" S\n")
    }

    /// `width`: of a line through the points; nil for the area that they enclose.
    mutating func path(_ points: [(x: Double, y: Double)], down: Double, width: Double?, _ tone: Tone) {
        if let width { useForShapes(stroke: tone, width) } else { useForShapes(fill: tone) }
        for (n, point) in points.enumerated() {
            bytes.add(point.x)
            bytes.add(" ")
            bytes.add(hundredths: PageContent.top - [UInt8].hundredths(point.y + down))
            if n == 0 { bytes.add(" m ") } else { bytes.add(" l ") }
        }
        if width == nil { bytes.add("f\n") } else { bytes.add("S\n") }
    }

    mutating func show(picture: Int, x: Double, y: Double, width: Double, height: Double) {
        endText()
        bytes.add("q ")
        bytes.add(width)
        bytes.add(" 0 0 ")
        bytes.add(height)
        bytes.add(" ")
        bytes.add(x)
        bytes.add(" ")
        bytes.add(hundredths: PageContent.top - [UInt8].hundredths(y + height))
        bytes.add(" cm /X")
        bytes.add(picture)
        bytes.add(" Do Q\n")
    }

    private mutating func add(x: Double, y: Double, width: Double, height: Double) {
        let below = [UInt8].hundredths(y + height)
        bytes.add(x)
        bytes.add(" ")
        bytes.add(hundredths: PageContent.top - below)
        bytes.add(" ")
        bytes.add(width)
        bytes.add(" ")
        bytes.add(height)
        bytes.add(" re")
    }

    private mutating func useForShapes(fill tone: Tone) {
        endText()
        if fillTone == tone { return }
        add(tone, "rg\n")
        fillTone = tone
    }

    private mutating func useForShapes(stroke tone: Tone, _ width: Double) {
        endText()
        if strokeTone != tone {
            add(tone, "RG\n")
            strokeTone = tone
        }
        if lineWidth != width {
            bytes.add(width)
            bytes.add(" w\n")
            lineWidth = width
        }
    }

    private mutating func add(_ tone: Tone, _ operation: StaticString) {
        let (red, green, blue) = tone.rgb
        for part in [red, green, blue] {
            // Three decimals: 0.925.
            let thousandths = Int((part * 1000).rounded())
            bytes.add(thousandths / 1000)
            bytes.append(0x2E)
            for divisor in [100, 10, 1] { bytes.append(0x30 &+ UInt8(truncatingIfNeeded: thousandths / divisor % 10)) }
            bytes.add(" ")
        }
        bytes.add(operation)
    }
}

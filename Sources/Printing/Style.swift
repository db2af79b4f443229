/// Measures of the sheet, in PDF points (1/72 inch).
enum Sheet {
    /// ISO 216 A4: 210 × 297 mm.
    static let width = 595.276
    static let height = 841.89
    /// 13 mm: what office printers leave unprinted is 4 to 6 mm, the rest is for the hole punch and the eye.
    static let margin = 37.0
    static let top = 34.0
    static let bottom = 30.0
    static let textWidth = width - 2 * margin
    /// Under this height of body a page holds too little to be read: identity or mentions are unreasonably long.
    static let smallestBody = 240.0
    /// A report of more pages than this is a mistake of the caller; the largest real ones have about thirty.
    static let maximumPages = 500
}

/// Columns of the table of results: left edge and width.
enum Column {
    static let name = (x: Sheet.margin, width: 168.0)
    static let value = (x: name.x + name.width + 4, width: 74.0)
    static let flag = (x: value.x + value.width + 5, width: 25.0)
    static let unit = (x: flag.x + flag.width + 3, width: 62.0)
    static let interval = (x: unit.x + unit.width + 4, width: 86.0)
    static let previous = (x: interval.x + interval.width + 6, width: Sheet.margin + Sheet.textWidth - previousX)
    private static let previousX = interval.x + interval.width + 6
    /// From the value to the right margin: where a wordy value runs.
    static let wordy = (x: value.x, width: Sheet.margin + Sheet.textWidth - value.x)
}

/// One cut of the font at one size. Only the two cuts of Debian's fonts-dejavu-core are used, so that every machine
/// sets the same lines: the condensed and oblique ones are in another package, and would be faked where it is missing.
/// DejaVu Sans is free and has ≥ ≤ µ ↑ ↓ and the narrow no-break space.
struct Face: Hashable {
    static let family = "DejaVu Sans"
    var size: Double
    var bold = false

    /// From one baseline to the next; DejaVu's own ascent plus descent is 1.164 em.
    var leading: Double { size * 1.26 }
    /// From the top of a line to its baseline.
    var ascent: Double { size * 0.97 }

    static let name = Face(size: 7.8)
    static let value = Face(size: 7.8)
    static let strongValue = Face(size: 7.8, bold: true)
    static let cell = Face(size: 7.2)
    static let note = Face(size: 6.3)
    static let remark = Face(size: 7)
    static let columnHeading = Face(size: 6.4, bold: true)
    static let chapter = Face(size: 9.6, bold: true)
    static let panel = Face(size: 8, bold: true)
    static let small = Face(size: 6.8)
    static let smallBold = Face(size: 6.8, bold: true)
    static let body = Face(size: 7.6)
    static let bodyBold = Face(size: 7.6, bold: true)
    static let issuer = Face(size: 11.8, bold: true)
    static let title = Face(size: 11, bold: true)
    static let patient = Face(size: 10, bold: true)
    static let notice = Face(size: 8, bold: true)
    static let legal = Face(size: 5.8)
}

/// Greys and one dark blue that stays dark on a fax: colour is never what tells something.
enum Tone {
    case ink, accent, soft, hairline, wash

    var rgb: (red: Double, green: Double, blue: Double) {
        switch self {
        case .ink: (0, 0, 0)
        case .accent: (0.07, 0.22, 0.36)
        case .soft: (0.30, 0.32, 0.34)
        case .hairline: (0.78, 0.80, 0.82)
        case .wash: (0.925, 0.94, 0.955)
        }
    }
}

enum Align { case left, right, centre }

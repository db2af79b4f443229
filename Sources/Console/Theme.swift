/// Colours of the 256-colour palette whose values are fixed (16…255), so that contrast is known and not hoped for.
package struct Ink: Sendable, Hashable {
    /// Nil: the terminal's own.
    package var foreground: Int?
    package var background: Int?
    package var bold: Bool
    package var reverse: Bool
    package var underline: Bool
}

package enum Theme: String, Sendable, CaseIterable {
    case dark = "sombre"
    case light = "clair"
    case contrast = "contraste"
    case deuteranopia = "deuteranopie"
    /// `NO_COLOR`, or a terminal without colours: signs, bold, reverse and underline say everything.
    case mono

    /// In either language.
    package init?(named name: String) {
        guard let found = Theme.allCases.first(where: { $0.rawValue == name || $0.english == name }) else { return nil }
        self = found
    }
    package func name(in language: Language) -> String { language == .french ? rawValue : english }
    private var english: String {
        switch self {
        case .dark: "dark"
        case .light: "light"
        case .contrast: "contrast"
        case .deuteranopia: "deuteranopia"
        case .mono: "mono"
        }
    }

    package func ink(_ style: Style) -> Ink {
        Ink(
            foreground: foreground(style.tint), background: background, bold: style.bold || style.tint == .urgent,
            reverse: style.reverse, underline: style.underline || (self == .mono && style.tint == .changed))
    }

    package var background: Int? {
        switch self {
        case .dark, .contrast, .deuteranopia: 16
        case .light: 231
        case .mono: nil
        }
    }

    package func foreground(_ tint: Tint) -> Int? {
        switch self {
        case .mono: nil
        case .dark: Theme.darkInks[tint]
        case .light: Theme.lightInks[tint]
        case .contrast: Theme.contrastInks[tint]
        case .deuteranopia: Theme.deuteranopiaInks[tint]
        }
    }

    private static let darkInks: [Tint: Int] = [
        .plain: 252, .dim: 246, .title: 117, .range: 221, .critical: 210, .held: 213, .good: 114, .quality: 210,
        .expired: 221, .interference: 80, .urgent: 231, .changed: 159,
    ]
    private static let lightInks: [Tint: Int] = [
        .plain: 16, .dim: 240, .title: 24, .range: 94, .critical: 124, .held: 90, .good: 22, .quality: 124,
        .expired: 94, .interference: 23, .urgent: 16, .changed: 18,
    ]
    private static let contrastInks: [Tint: Int] = [
        .plain: 231, .dim: 252, .title: 231, .range: 226, .critical: 231, .held: 219, .good: 157, .quality: 226,
        .expired: 226, .interference: 159, .urgent: 231, .changed: 231,
    ]
    /// Blue and orange instead of green and red.
    private static let deuteranopiaInks: [Tint: Int] = [
        .plain: 252, .dim: 246, .title: 117, .range: 220, .critical: 208, .held: 183, .good: 75, .quality: 208,
        .expired: 220, .interference: 153, .urgent: 231, .changed: 159,
    ]

    /// Red, green, blue of a colour of the fixed part of the palette: the cube of 6³, then 24 greys.
    package static func components(_ colour: Int) -> (Int, Int, Int) {
        if colour >= 232 {
            let grey = 8 + (colour - 232) * 10
            return (grey, grey, grey)
        }
        let levels = [0, 95, 135, 175, 215, 255]
        let cube = max(0, colour - 16)
        return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }
}

/// The marks of the screen, with what replaces them where only ASCII is shown.
package struct Signs: Sendable, Hashable {
    package var isASCII: Bool
    package init(ascii: Bool = false) { isASCII = ascii }

    package var urgent: String { "!!" }
    package var above: String { isASCII ? "^" : "▲" }
    package var below: String { isASCII ? "v" : "▼" }
    package var critical: String { isASCII ? "#" : "‼" }
    package var held: String { isASCII ? "[x]" : "▣" }
    package var proposable: String { isASCII ? "ok" : "✓" }
    package var rejected: String { isASCII ? "X" : "✖" }
    package var expired: String { isASCII ? "~" : "⧗" }
    package var corrected: String { isASCII ? "@" : "⟲" }
    package var waiting: String { isASCII ? ">" : "⇡" }
    package var selected: String { isASCII ? "*" : "●" }
    package var bullet: String { isASCII ? "*" : "•" }
    package var path: String { isASCII ? ">" : "▸" }
    package var cut: Character { isASCII ? "~" : "…" }
    package var horizontal: Character { isASCII ? "-" : "─" }
    package var vertical: Character { isASCII ? "|" : "│" }
    /// Corners and crossings: top left, top right, bottom left, bottom right, left tee, right tee, top tee, bottom tee.
    package var corners: [Character] { isASCII ? Array("++++++++") : Array("┌┐└┘├┤┬┴") }
    package var sparks: [Character] { isASCII ? Array("_.-=+*#@") : Array("▁▂▃▄▅▆▇█") }

    /// What ASCII cannot show is shown without its accents, or as `?`.
    package func text(_ text: String) -> String {
        guard isASCII, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        var out = ""
        for glyph in text { out += Signs.plain[glyph] ?? (glyph.isASCII ? String(glyph) : "?") }
        return out
    }

    private static let plain: [Character: String] = [
        "à": "a", "â": "a", "ä": "a", "ç": "c", "é": "e", "è": "e", "ê": "e", "ë": "e", "î": "i", "ï": "i", "ô": "o",
        "ö": "o", "ù": "u", "û": "u", "ü": "u", "œ": "oe", "æ": "ae", "À": "A", "Â": "A", "Ç": "C", "É": "E",
        "È": "E", "Ê": "E", "Ë": "E", "Î": "I", "Ï": "I", "Ô": "O", "Ö": "O", "Ù": "U", "Û": "U", "Ü": "U",
        "Œ": "OE", "’": "'", "«": "\"", "»": "\"", "–": "-", "—": "-", "…": "...", "µ": "u", "≤": "<=", "≥": ">=",
        "·": ".", "→": "->", "←": "<-", "↑": "^", "↓": "v", "⏎": "Entree", "\u{A0}": " ", "\u{202F}": " ", "°": "o",
        "▲": "^", "▼": "v", "‼": "#", "▣": "[x]", "✓": "ok", "✖": "X", "⧗": "~", "⟲": "@", "•": "*", "▸": ">",
        "±": "+/-", "Δ": "d", "−": "-", "×": "x", "²": "2", "³": "3", "─": "-", "│": "|", "┤": "|", "├": "|", "▁": "_",
        "▂": ".",
        "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#", "█": "@", "▽": "v", "△": "^", "●": "*", "○": "o",
    ]
}

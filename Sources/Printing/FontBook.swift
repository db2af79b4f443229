import CPango

/// The fonts that texts were set with so far, each read once.
final class FontBook {
    /// By `hb_face_t`, which each keeps.
    private var programs: [OpaquePointer: FontProgram] = [:]
    /// Pango asks for the same font at the same size again and again; each is kept.
    private var known: [UnsafeMutablePointer<PangoFont>: (program: FontProgram, size: Double)] = [:]

    deinit {
        for font in known.keys { g_object_unref(UnsafeMutableRawPointer(font)) }
    }

    /// What reports are written with, embedded whether a report has it or not: letters and signs of French, of units
    /// and of the signs in front of values.
    static let letters: [Unicode.Scalar] =
        (0x20...0x7E).compactMap { Unicode.Scalar($0) }
        + (0xA0...0xFF).filter { $0 != 0xAD }.compactMap { Unicode.Scalar($0) }
        + Array(
            ("ŒœŸ‐‑–—‘’‚“”„†‡•…‰′″‹›€™←↑→↓≤≥≠≈−√∞∆⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉"
                + "αβγδεκλπσΔΩ\u{2009}\u{202F}").unicodeScalars)

    /// Program and size of a font of Pango's; nil when it cannot be embedded.
    func program(of font: UnsafeMutablePointer<PangoFont>, isHouse: Bool = false) -> (FontProgram, Double)? {
        if let known = known[font] { return known }
        guard let shaped = pango_font_get_hb_font(font), let face = hb_font_get_face(shaped) else { return nil }
        var x: Int32 = 0, y: Int32 = 0
        hb_font_get_scale(shaped, &x, &y)
        let letters = isHouse ? FontBook.letters : []
        guard let program = programs[face] ?? FontProgram(shaped, base: letters) else { return nil }
        programs[face] = program
        let found = (program: program, size: Double(x) / Double(PANGO_SCALE))
        g_object_ref(UnsafeMutableRawPointer(font))
        known[font] = found
        return found
    }
}

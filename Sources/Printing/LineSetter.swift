import CPango

/// Sets a text of plain letters on one line at one face: what Pango comes to for such a text (one font, one script,
/// from left to right), without its search for fonts, scripts and breaks. A tenth of the work.
final class LineSetter {
    private let font: UnsafeMutablePointer<PangoFont>?
    private let shaped: OpaquePointer?
    private let program: FontProgram?
    private let size: Double
    private let buffer: OpaquePointer?
    private let language = hb_language_from_string("fr", -1)

    /// Characters that the font of the house has and that change no neighbour's script, font or direction.
    private struct Plain {
        /// By scalar; all are below U+2300.
        var known = [Bool](repeating: false, count: 0x2300)
        var isLatin = [Bool](repeating: false, count: 0x2300)

        init() {
            for scalar in FontBook.letters {
                // Greek would be a script of its own.
                if (0x370..<0x400).contains(scalar.value) { continue }
                known[Int(scalar.value)] = true
                let isSign = scalar == "µ" || !scalar.properties.isAlphabetic
                isLatin[Int(scalar.value)] = !isSign
            }
        }
    }
    private static let plain = Plain()

    init(_ context: OpaquePointer, _ description: OpaquePointer?, _ fonts: FontBook) {
        font = pango_context_load_font(context, description)
        shaped = font.flatMap { pango_font_get_hb_font($0) }
        let found = font.flatMap { fonts.program(of: $0, isHouse: true) }
        program = found?.0
        size = found?.1 ?? 0
        buffer = hb_buffer_create()
    }

    deinit {
        hb_buffer_destroy(buffer)
        if let font { g_object_unref(UnsafeMutableRawPointer(font)) }
    }

    /// Nil for a text that Pango must look at.
    func line(_ text: String) -> SetLine? {
        guard let program, let shaped, !text.isEmpty else { return nil }
        let plain = LineSetter.plain
        var isLatin = false
        for scalar in text.unicodeScalars {
            let value = Int(scalar.value)
            guard value < 0x2300, plain.known[value] else { return nil }
            if plain.isLatin[value] { isLatin = true }
        }
        shape(text, shaped, isLatin ? HB_SCRIPT_LATIN : HB_SCRIPT_COMMON)
        return line(text, program)
    }

    private func shape(_ text: String, _ shaped: OpaquePointer, _ script: hb_script_t) {
        hb_buffer_clear_contents(buffer)
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                hb_buffer_add_utf8(buffer, $0.baseAddress, Int32($0.count), 0, Int32($0.count))
            }
        }
        hb_buffer_set_direction(buffer, HB_DIRECTION_LTR)
        hb_buffer_set_script(buffer, script)
        hb_buffer_set_language(buffer, language)
        LineSetter.features.withUnsafeBufferPointer {
            hb_shape(shaped, buffer, $0.baseAddress, UInt32($0.count))
        }
    }

    private static let features: [hb_feature_t] = ["liga=0", "clig=0"].map { words in
        var feature = hb_feature_t()
        hb_feature_from_string(words, -1, &feature)
        return feature
    }

    private func line(_ text: String, _ program: FontProgram) -> SetLine? {
        var count: UInt32 = 0, sameCount: UInt32 = 0
        guard let glyphs = hb_buffer_get_glyph_infos(buffer, &count),
            let places = hb_buffer_get_glyph_positions(buffer, &sameCount), count == sameCount
        else { return nil }
        let scale = Double(PANGO_SCALE)
        var writer = RunWriter(program, size: size, glyphs: Int(count))
        var x: Int32 = 0, n = 0
        for scalar in text.unicodeScalars {
            guard n < count, glyphs[n].codepoint != 0 else { return nil }
            let glyph = PlacedGlyph(
                glyph: UInt16(truncatingIfNeeded: glyphs[n].codepoint), x: Double(x + places[n].x_offset) / scale,
                y: -Double(places[n].y_offset) / scale)
            if program.tells(glyph.glyph, scalar) {
                writer.show(glyph)
            } else {
                writer.show(CollectionOfOne(glyph), for: String(scalar))
            }
            x += places[n].x_advance
            n += 1
        }
        guard n == count else { return nil }
        return SetLine(width: Double(x) / scale, runs: [writer.finished(at: 0)])
    }
}

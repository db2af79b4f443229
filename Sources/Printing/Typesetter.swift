import Base
import CPango

/// Breaks texts into lines and remembers the first one that cannot be printed as it was written. Serves one report
/// after the other; what every report of a laboratory says (names of analyses, units, intervals, headings) is set once.
final class Typesetter {
    private let context: OpaquePointer
    private var descriptions: [Face: OpaquePointer] = [:]
    private var lineSetters: [Face: LineSetter] = [:]
    private let fonts = FontBook()
    /// Of the contents of pages.
    let deflater = Deflater(level: 6)
    /// No hyphen where a word is cut (it would read as part of a value), no ligature (searching « flux » must find it).
    private let attributes: OpaquePointer?
    /// What the first unprintable text was, with its place and without its words.
    private(set) var defect: Refusal?
    private struct Common: Hashable {
        var text: String
        var face: Face
        var width: Double?
    }
    private var common: [Common: SetText] = [:]
    /// Texts kept at most; a catalogue has some hundreds of analyses, each with a few texts.
    private static let commonLimit = 4096
    /// Values as they come back from one patient to the next: `4,2`, `< 0,5`, `Négatif`; apart, so that they drive out
    /// nothing else.
    private var values: [Common: SetText] = [:]
    private static let valueLimit = 4096
    /// Longer texts are one patient's.
    private static let longestValue = 16

    init(_ fontMap: UnsafeMutablePointer<PangoFontMap>) throws(Refusal) {
        guard let context = pango_font_map_create_context(fontMap) else {
            throw Refusal("printing.pango", because: "Pango ne répond pas", remedy: "réinstaller libpango-1.0-0")
        }
        self.context = context
        attributes = pango_attr_list_new()
        pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(0))
        pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0, clig=0"))
        // No hinting and no rounding: glyphs stand where the outline says, whatever the machine's screen settings.
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
        pango_context_set_round_glyph_positions(context, 0)
        pango_context_set_language(context, pango_language_from_string("fr"))
        pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
        try requireFont()
        // Both fonts of the house before any that stands in for them: what a document holds of a font does not depend
        // on the documents before.
        for face in [Face.name, Face.strongValue] { _ = lineSetter(face) }
    }

    deinit {
        pango_attr_list_unref(attributes)
        for description in descriptions.values { pango_font_description_free(description) }
        g_object_unref(UnsafeMutableRawPointer(context))
    }

    /// Forgets the report before.
    func begin() { defect = nil }

    /// A picture among results; nil, and the defect, when it cannot be shown.
    func picture(_ bytes: [UInt8], at place: String) -> Picture? {
        do throws(Refusal) { return try Picture.read(bytes, at: place) } catch {
            defect = defect ?? error
            return nil
        }
    }

    private var logo: (bytes: [UInt8], picture: Picture)?
    /// A laboratory has one: read once.
    func logo(_ bytes: [UInt8]) throws(Refusal) -> Picture {
        if let logo, logo.bytes == bytes { return logo.picture }
        let picture = try Picture.logo(bytes)
        logo = (bytes, picture)
        return picture
    }

    /// As `set`, for a text that is not about one patient: the next report finds it set.
    func setCommon(_ text: String, _ face: Face, width: Double? = nil, at place: String = "") -> SetText {
        let key = Common(text: text, face: face, width: width)
        if let known = common[key] { return known }
        let isSound = defect == nil
        let set = set(text, face, width: width, at: place)
        if isSound, defect == nil {
            if common.count >= Typesetter.commonLimit { common.removeAll() }
            common[key] = set
        }
        return set
    }

    /// As `set`, for a short value in its cell.
    func setValue(_ text: String, _ face: Face, width: Double? = nil, at place: String = "") -> SetText {
        guard text.utf8.count <= Typesetter.longestValue else { return set(text, face, width: width, at: place) }
        let key = Common(text: text, face: face, width: width)
        if let known = values[key] { return known }
        let isSound = defect == nil
        let set = set(text, face, width: width, at: place)
        if isSound, defect == nil {
            if values.count >= Typesetter.valueLimit { values.removeAll(keepingCapacity: true) }
            values[key] = set
        }
        return set
    }

    /// Sets a text for a width in points; nil for one line a paragraph. `place` names it in a refusal.
    func set(_ text: String, _ face: Face, width: Double? = nil, at place: String = "") -> SetText {
        check(text, at: place)
        let text = Typography.french(text)
        return one(text, face, width) ?? laidOut(text, face, width, at: place)
    }

    /// Sets a text on one line, cut with an ellipsis at the width: only for what is told in full elsewhere.
    func setShort(_ text: String, _ face: Face, width: Double) -> SetText {
        check(text, at: "")
        let text = Typography.french(text.replacing("\n", with: " "))
        return one(text, face, width) ?? laidOut(text, face, width, at: "", isShort: true)
    }

    /// Letters that the font of the house has.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) || (0xA0...0xFF).contains($0.value) }
    }

    /// Why a text cannot be printed as it is written; what was found of the report before stays.
    func defect(in text: String) -> Refusal? {
        if Typesetter.isPlain(text) { return nil }
        let before = defect
        defer { defect = before }
        defect = nil
        _ = set(text, .body, width: Sheet.textWidth)
        return defect
    }

    /// A text that must not stop the report, such as an earlier result: what cannot be printed of it stands as U+FFFD.
    func shown(_ text: String) -> String {
        if defect(in: text) == nil { return text }
        return String(text.map { defect(in: String($0)) == nil ? $0 : "\u{FFFD}" })
    }

    /// Most texts: plain letters on one line. Nil for all others.
    func one(_ text: String, _ face: Face, _ width: Double?) -> SetText? {
        guard let line = lineSetter(face).line(text),
            // In Pango's units, as it decides itself.
            width.map({ line.width * Double(PANGO_SCALE) <= Double(Int32($0 * Double(PANGO_SCALE))) }) ?? true
        else { return nil }
        return SetText([line], face)
    }

    private func lineSetter(_ face: Face) -> LineSetter {
        if let known = lineSetters[face] { return known }
        let made = LineSetter(context, description(of: face), fonts)
        lineSetters[face] = made
        return made
    }

    /// What Pango makes of it: several lines or paragraphs, any script, fonts that stand in.
    func laidOut(
        _ text: String, _ face: Face, _ width: Double?, at place: String, isShort: Bool = false
    ) -> SetText {
        guard let layout = pango_layout_new(context) else { fatalError("pango_layout_new returned nothing") }
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        pango_layout_set_font_description(layout, description(of: face))
        pango_layout_set_attributes(layout, attributes)
        pango_layout_set_auto_dir(layout, 0)
        if let width {
            pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
            pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        }
        if isShort { pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END) }
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                pango_layout_set_text(layout, $0.baseAddress, Int32($0.count))
            }
        }
        let lines = lines(of: layout, at: place)
        if defect == nil, pango_layout_get_unknown_glyphs_count(layout) > 0 {
            defect = Refusal(
                "printing.glyph", at: place, because: named(unknownIn: text, layout),
                remedy: "corriger ce texte, ou installer une police qui contient ce caractère")
        }
        return SetText(lines, face)
    }

    /// `le caractère U+1F9A0 (MICROBE), le 4e du texte, n'existe dans aucune police installée`; its lines were read.
    private func named(unknownIn text: String, _ layout: OpaquePointer) -> String {
        for (place, character) in text.enumerated() {
            for scalar in character.unicodeScalars where scalar.value > 0x7F {
                let alone = String(scalar)
                pango_layout_set_text(layout, alone, Int32(alone.utf8.count))
                guard pango_layout_get_unknown_glyphs_count(layout) > 0 else { continue }
                let name = scalar.properties.name.map { " (\($0))" } ?? ""
                return
                    "le caractère \(Typesetter.code(scalar))\(name), le \(place + 1)e du texte, n'existe dans aucune "
                    + "police installée"
            }
        }
        return "une suite de caractères n'existe dans aucune police installée"
    }

    /// `U+00A0`
    private static func code(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private func lines(of layout: OpaquePointer, at place: String) -> [SetLine] {
        guard let text = pango_layout_get_text(layout) else { return [] }
        let reader = LineReader(fonts: fonts, text: text)
        return (0..<pango_layout_get_line_count(layout)).map { number in
            if let line = pango_layout_get_line_readonly(layout, number).flatMap({ reader.line($0) }) { return line }
            if defect == nil, pango_layout_get_unknown_glyphs_count(layout) == 0 {
                defect = Refusal(
                    "printing.font", at: place,
                    because: "une police de cette machine n'a pas de contours TrueType et ne peut être incorporée",
                    remedy: "corriger ce texte, ou installer une police TrueType qui contient ses caractères")
            }
            return SetLine(width: 0, runs: [])
        }
    }

    /// Control characters have no printed form; showing a box or nothing at all would change what was written.
    private func check(_ text: String, at place: String) {
        guard defect == nil else { return }
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            guard isControl && scalar != "\n" else { continue }
            defect = Refusal(
                "printing.control", at: place,
                because: "le texte contient le caractère de commande \(Typesetter.code(scalar))",
                remedy: "retirer ce caractère à la source")
            return
        }
    }

    private func description(of face: Face) -> OpaquePointer? {
        if let known = descriptions[face] { return known }
        let description = pango_font_description_new()
        pango_font_description_set_family_static(description, "DejaVu Sans")
        pango_font_description_set_absolute_size(description, face.size * Double(PANGO_SCALE))
        pango_font_description_set_weight(description, face.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        descriptions[face] = description
        return description
    }

    /// Another font would change every width and might lack ≥ or µ: refuse rather than print something else.
    private func requireFont() throws(Refusal) {
        let font = pango_context_load_font(context, description(of: .name))
        defer { if let font { g_object_unref(UnsafeMutableRawPointer(font)) } }
        let described = font.flatMap { pango_font_describe($0) }
        defer { pango_font_description_free(described) }
        let family = described.flatMap { pango_font_description_get_family($0) }.map { String(cString: $0) } ?? ""
        guard family.hasPrefix(Face.family) else {
            throw Refusal(
                "printing.font", because: "la police \(Face.family) manque sur cette machine",
                remedy: "apt-get install fonts-dejavu-core")
        }
    }
}

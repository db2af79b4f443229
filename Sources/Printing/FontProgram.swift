import Base
import CPango

/// A TrueType font of the machine: what its glyphs are called, how wide they are, which text each stands for, and the
/// parts of a document that carry it.
///
/// A glyph has the same number in every document, its own in the font (`/CIDToGIDMap` says where the subset has it): a
/// line of text is written once for all documents.
final class FontProgram {
    let outlines: FontOutlines
    private let face: OpaquePointer
    private let name: String
    /// In hundredths of a thousandth of the font's size: what `/W` says, two decimals.
    private let widths: [Int32]
    /// The text that each glyph stands for where nothing else is said; 0 for none.
    private let meanings: [UInt32]
    /// Glyphs embedded in every document that uses this font, in order; only for the two fonts of the house.
    private let base: [UInt16]
    private let isBase: [Bool]

    /// `font`: an `hb_font_t`. `base`: what reports are written with. Nil for a font without TrueType outlines.
    init?(_ font: OpaquePointer, base letters: some Sequence<Unicode.Scalar>) {
        guard let face = hb_face_reference(hb_font_get_face(font)) else { return nil }
        self.face = face
        let outlines = FontOutlines(face)
        self.outlines = outlines
        name = FontProgram.name(of: face)
        let count = outlines.glyphCount
        let scale = 100_000 / Double(max(1, outlines.unitsPerEm))
        widths = (0..<max(count, 1)).map { Int32((Double(outlines.advance($0)) * scale).rounded()) }
        var meanings = [UInt32](repeating: 0, count: count)
        var base: Set<UInt16> = []
        for scalar in letters {
            var glyph: hb_codepoint_t = 0
            guard hb_font_get_nominal_glyph(font, scalar.value, &glyph) != 0, glyph < count else { continue }
            base.insert(UInt16(truncatingIfNeeded: glyph))
            if meanings[Int(glyph)] == 0 { meanings[Int(glyph)] = scalar.value }
        }
        FontProgram.addOthers(of: face, font, to: &meanings)
        self.meanings = meanings
        var isBase = [Bool](repeating: false, count: count)
        self.base = base.isEmpty ? [] : outlines.closure(base)
        for glyph in self.base { isBase[Int(glyph)] = true }
        self.isBase = isBase
        guard count > 0, outlines.isTrueType else { return nil }
    }

    deinit { hb_face_destroy(face) }

    /// Every other character of the font: the smallest that a glyph stands for.
    private static func addOthers(of face: OpaquePointer, _ font: OpaquePointer, to meanings: inout [UInt32]) {
        let all = hb_set_create()
        defer { hb_set_destroy(all) }
        hb_face_collect_unicodes(face, all)
        var character = hb_codepoint_t.max
        while hb_set_next(all, &character) != 0 {
            var glyph: hb_codepoint_t = 0
            guard hb_font_get_nominal_glyph(font, character, &glyph) != 0, glyph < meanings.count else { continue }
            if meanings[Int(glyph)] == 0 { meanings[Int(glyph)] = character }
        }
    }

    /// PostScript name, of the characters that a PDF name has without escapes.
    private static func name(of face: OpaquePointer) -> String {
        var length: UInt32 = 64
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            hb_ot_name_get_utf8(face, hb_ot_name_id_t(HB_OT_NAME_ID_POSTSCRIPT_NAME), nil, &length, text.baseAddress)
            return String(decoding: text.prefix(Int(min(length, 63))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let plain = name.unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || "-0123456789".unicodeScalars.contains($0))
        }
        return plain.isEmpty ? "Font" : String(String.UnicodeScalarView(plain))
    }

    func width(_ glyph: UInt16) -> Int { Int(Int(glyph) < widths.count ? widths[Int(glyph)] : 0) }
    func meaning(_ glyph: UInt16) -> UInt32 { Int(glyph) < meanings.count ? meanings[Int(glyph)] : 0 }
    func isBase(_ glyph: UInt16) -> Bool { Int(glyph) < isBase.count && isBase[Int(glyph)] }

    // MARK: in a document

    private lazy var baseParts = FontParts(self, base)

    /// For a document that uses these glyphs besides the base ones.
    func parts(with others: Set<UInt16>) -> FontParts {
        if others.isEmpty, !base.isEmpty { return baseParts }
        return FontParts(self, outlines.closure(others.union(base)))
    }

    fileprivate var postScriptName: String { name }
}

/// What a document holds of a font: a subset of its outlines, and what readers must know of them. Deflated, ready to be
/// written.
struct FontParts {
    private let name: String
    private let program: [UInt8]
    private let programLength: Int
    /// From the number of a glyph in the text to its place in the subset.
    private let map: [UInt8]
    /// A bit a glyph, the most significant first (ISO 19005-1 section 6.3.5).
    private let set: [UInt8]
    private let unicode: [UInt8]
    private let widths: [UInt8]
    private let descriptor: [UInt8]

    /// `glyphs`: in order, closed over the parts of composite ones.
    fileprivate init(_ font: FontProgram, _ glyphs: [UInt16]) {
        let subset = font.outlines.subset(glyphs)
        name = Digest(of: subset).letters + "+" + font.postScriptName
        programLength = subset.count
        program = Deflater.smallest(subset)
        let most = Int(glyphs.last ?? 0)
        var map = [UInt8](repeating: 0, count: 2 * (most + 1)), set = [UInt8](repeating: 0, count: most / 8 + 1)
        for (place, glyph) in glyphs.enumerated() {
            map[2 * Int(glyph)] = UInt8(truncatingIfNeeded: place >> 8)
            map[2 * Int(glyph) + 1] = UInt8(truncatingIfNeeded: place)
            set[Int(glyph) / 8] |= 0x80 >> (glyph % 8)
        }
        self.map = Deflater.smallest(map)
        self.set = Deflater.smallest(set)
        unicode = Deflater.smallest(FontParts.unicode(font, glyphs))
        widths = FontParts.widths(font, glyphs)
        descriptor = font.outlines.descriptor
    }

    private static func widths(_ font: FontProgram, _ glyphs: [UInt16]) -> [UInt8] {
        var bytes = [UInt8]()
        var last = -2
        for glyph in glyphs {
            if Int(glyph) == last + 1 {
                bytes.add(" ")
            } else {
                if last >= 0 { bytes.add("]\n") }
                bytes.add(Int(glyph))
                bytes.add(" [")
            }
            bytes.add(hundredths: font.width(glyph))
            last = Int(glyph)
        }
        if last >= 0 { bytes.add("]") }
        return bytes
    }

    /// The `ToUnicode` map (PDF Reference 1.4, section 5.9.2).
    private static func unicode(_ font: FontProgram, _ glyphs: [UInt16]) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.add(
            """
            /CIDInit /ProcSet findresource begin
            12 dict begin
            begincmap
            /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
            /CMapName /Adobe-Identity-UCS def
            /CMapType 2 def
            1 begincodespacerange
            <0000> <FFFF>
            endcodespacerange

            """)
        let known = glyphs.filter { font.meaning($0) != 0 }
        for start in stride(from: 0, to: known.count, by: 100) {
            let some = known[start..<min(start + 100, known.count)]
            bytes.add(some.count)
            bytes.add(" beginbfchar\n")
            for glyph in some {
                bytes.add("<")
                bytes.add(hex: glyph)
                bytes.add("> <")
                for unit in Unicode.Scalar(font.meaning(glyph)).map({ String($0).utf16 }) ?? "".utf16 {
                    bytes.add(hex: unit)
                }
                bytes.add(">\n")
            }
            bytes.add("endbfchar\n")
        }
        bytes.add("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
        return bytes
    }

    func write(_ object: PDFFile.Object, to file: inout PDFFile) {
        let program = file.stream("/Filter /FlateDecode /Length1 ", self.program, more: String(programLength))
        let map = file.stream("/Filter /FlateDecode", self.map)
        let set = file.stream("/Filter /FlateDecode", self.set)
        let unicode = file.stream("/Filter /FlateDecode", self.unicode)
        let descriptor = file.write { bytes in
            bytes.add("<< /Type /FontDescriptor /FontName /")
            bytes.add(text: name)
            bytes += self.descriptor
            bytes.add(" /FontFile2 ")
            bytes.add(reference: program)
            bytes.add(" /CIDSet ")
            bytes.add(reference: set)
            bytes.add(" >>")
        }
        let descendant = file.write { bytes in
            bytes.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /")
            bytes.add(text: name)
            bytes.add("\n/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor ")
            bytes.add(reference: descriptor)
            bytes.add(" /CIDToGIDMap ")
            bytes.add(reference: map)
            bytes.add("\n/DW 1000 /W [ ")
            bytes += widths
            bytes.add(" ] >>")
        }
        file.write(object) { bytes in
            bytes.add("<< /Type /Font /Subtype /Type0 /BaseFont /")
            bytes.add(text: name)
            bytes.add(" /Encoding /Identity-H /DescendantFonts [ ")
            bytes.add(reference: descendant)
            bytes.add(" ] /ToUnicode ")
            bytes.add(reference: unicode)
            bytes.add(" >>")
        }
    }
}

import CPango

/// The outlines of a TrueType font (ISO/IEC 14496-22), and subsets of them that a PDF embeds.
struct FontOutlines {
    private let head, horizontal, metrics, profile, places, glyphs, style, scripted: FontTable
    let glyphCount: Int

    /// `face`: an `hb_face_t`.
    init(_ face: OpaquePointer) {
        head = FontTable("head", of: face)
        horizontal = FontTable("hhea", of: face)
        metrics = FontTable("hmtx", of: face)
        profile = FontTable("maxp", of: face)
        places = FontTable("loca", of: face)
        glyphs = FontTable("glyf", of: face)
        style = FontTable("OS/2", of: face)
        scripted = FontTable("post", of: face)
        glyphCount = min(profile.number(4), 65535)
    }

    var isTrueType: Bool { !glyphs.isEmpty && !places.isEmpty && !metrics.isEmpty && unitsPerEm > 0 }
    var unitsPerEm: Int { head.number(18) }

    func advance(_ glyph: Int) -> Int {
        metrics.number(4 * min(glyph, max(horizontal.number(34) - 1, 0)))
    }

    private func sideBearing(_ glyph: Int) -> Int {
        let long = horizontal.number(34)
        return glyph < long ? metrics.number(4 * glyph + 2) : metrics.number(4 * long + 2 * (glyph - long))
    }

    private func range(of glyph: Int) -> Range<Int> {
        let isLong = head.number(50) != 0
        let start = isLong ? places.long(4 * glyph) : 2 * places.number(2 * glyph)
        let end = isLong ? places.long(4 * glyph + 4) : 2 * places.number(2 * glyph + 2)
        return start..<max(start, min(end, glyphs.bytes.count))
    }

    /// Entries of a font descriptor that do not depend on the subset (PDF Reference 1.4, section 5.7).
    var descriptor: [UInt8] {
        func thousandths(_ units: Int) -> Int { units * 1000 / max(1, unitsPerEm) }
        let ascent = thousandths(horizontal.signed(4))
        let capitals = style.number(0) >= 2 ? thousandths(style.signed(88)) : ascent
        var bytes = [UInt8]()
        bytes.add(" /Flags 4 /FontBBox [ ")
        for place in [36, 38, 40, 42] {
            bytes.add(thousandths(head.signed(place)))
            bytes.add(" ")
        }
        bytes.add("] /ItalicAngle ")
        bytes.add(scripted.signed(4))
        bytes.add(" /Ascent ")
        bytes.add(ascent)
        bytes.add(" /Descent ")
        bytes.add(thousandths(horizontal.signed(6)))
        bytes.add(" /CapHeight ")
        bytes.add(capitals)
        bytes.add(" /StemV 80")
        return bytes
    }

    // MARK: subsets

    private enum Part {
        static let hasWords = 0x0001, hasScale = 0x0008, hasMore = 0x0020, hasTwoScales = 0x0040, hasMatrix = 0x0080
        static let hasInstructions = 0x0100
    }

    /// Glyphs that a composite one is made of, with the place of each number in its bytes; the end of the last.
    private func parts(of range: Range<Int>) -> (parts: [(place: Int, glyph: Int)], end: Int) {
        guard range.count > 10, glyphs.signed(range.lowerBound) < 0 else { return ([], range.upperBound) }
        var place = range.lowerBound + 10
        var parts = [(place: Int, glyph: Int)]()
        while place + 4 <= range.upperBound {
            let flags = glyphs.number(place)
            parts.append((place, glyphs.number(place + 2)))
            place += flags & Part.hasWords != 0 ? 8 : 6
            if flags & Part.hasScale != 0 { place += 2 }
            if flags & Part.hasTwoScales != 0 { place += 4 }
            if flags & Part.hasMatrix != 0 { place += 8 }
            if flags & Part.hasMore == 0 { break }
        }
        return (parts, min(place, range.upperBound))
    }

    /// These, the glyph of nothing, and all that composite ones are made of, in order.
    func closure(_ wanted: Set<UInt16>) -> [UInt16] {
        var all: Set<UInt16> = [], waiting = [0] + Array(wanted)
        while let glyph = waiting.popLast() {
            guard Int(glyph) < glyphCount, all.insert(glyph).inserted else { continue }
            for part in parts(of: range(of: Int(glyph))).parts where !all.contains(UInt16(part.glyph)) {
                waiting.append(UInt16(part.glyph))
            }
        }
        return all.sorted()
    }

    /// A font of these glyphs in this order, without instructions: pages are set without hinting (`glyphs` closed).
    func subset(_ kept: [UInt16]) -> [UInt8] {
        var new = [Int: Int]()
        for (place, glyph) in kept.enumerated() { new[Int(glyph)] = place }
        var glyf = [UInt8](), loca = [UInt8](), hmtx = [UInt8]()
        for glyph in kept {
            loca.add(big: UInt32(glyf.count))
            add(glyph: range(of: Int(glyph)), new, to: &glyf)
            while glyf.count % 4 != 0 { glyf.append(0) }
            hmtx.add(big: UInt16(advance(Int(glyph))))
            hmtx.add(big: UInt16(sideBearing(Int(glyph))))
        }
        loca.add(big: UInt32(glyf.count))
        var head = Array(self.head.slice(0, 54)), hhea = Array(horizontal.slice(0, 36))
        var maxp = Array(profile.slice(0, 32))
        FontOutlines.put(0, at: 8, &head)
        FontOutlines.put(0, at: 10, &head)
        FontOutlines.put(1, at: 50, &head)
        FontOutlines.put(UInt16(kept.count), at: 34, &hhea)
        FontOutlines.put(UInt16(kept.count), at: 4, &maxp)
        // maxZones 1, and nothing for instructions, which are left out.
        FontOutlines.put(1, at: 14, &maxp)
        for place in stride(from: 16, through: 26, by: 2) { FontOutlines.put(0, at: place, &maxp) }
        return FontOutlines.file([
            ("glyf", glyf), ("head", head), ("hhea", hhea), ("hmtx", hmtx), ("loca", loca), ("maxp", maxp),
        ])
    }

    private func add(glyph range: Range<Int>, _ new: [Int: Int], to bytes: inout [UInt8]) {
        guard range.count > 10 else { return }
        let contours = glyphs.signed(range.lowerBound)
        if contours >= 0 {
            let ends = range.lowerBound + 10 + 2 * contours
            bytes += glyphs.slice(range.lowerBound, ends)
            bytes.add(big: UInt16(0))
            bytes += glyphs.slice(ends + 2 + glyphs.number(ends), range.upperBound)
            return
        }
        let (parts, end) = parts(of: range)
        let start = bytes.count
        bytes += glyphs.slice(range.lowerBound, end)
        for part in parts {
            let place = start + part.place - range.lowerBound
            FontOutlines.put(UInt16(glyphs.number(part.place) & ~Part.hasInstructions), at: place, &bytes)
            FontOutlines.put(UInt16(new[part.glyph] ?? 0), at: place + 2, &bytes)
        }
    }

    private static func put(_ number: UInt16, at place: Int, _ bytes: inout [UInt8]) {
        guard place + 1 < bytes.count else { return }
        bytes[place] = UInt8(truncatingIfNeeded: number >> 8)
        bytes[place + 1] = UInt8(truncatingIfNeeded: number)
    }

    private static func sum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0
        for (place, byte) in bytes.enumerated() { sum &+= UInt32(byte) << UInt32(24 - 8 * (place % 4)) }
        return sum
    }

    /// A table directory and its tables, with sums (ISO/IEC 14496-22 section 4.5).
    private static func file(_ tables: [(tag: StaticString, bytes: [UInt8])]) -> [UInt8] {
        var directory = [UInt8](), data = [UInt8]()
        var headAt = 0
        let start = 12 + 16 * tables.count
        // Six tables: the largest power of two below is four.
        for number: UInt16 in [1, 0, UInt16(tables.count), 64, 2, UInt16(16 * tables.count - 64)] {
            directory.add(big: number)
        }
        for (tag, bytes) in tables {
            if tag.description == "head" { headAt = start + data.count }
            directory.add(tag)
            directory.add(big: sum(bytes))
            directory.add(big: UInt32(start + data.count))
            directory.add(big: UInt32(bytes.count))
            data += bytes
            while data.count % 4 != 0 { data.append(0) }
        }
        var all = directory + data
        let adjustment = 0xB1B0_AFBA &- sum(all)
        put(UInt16(truncatingIfNeeded: adjustment >> 16), at: headAt + 8, &all)
        put(UInt16(truncatingIfNeeded: adjustment), at: headAt + 10, &all)
        return all
    }
}

import CPango

/// Glyphs of a line in one font, with the text that they stand for: what `cairo_show_text_glyphs` takes, placed from
/// the beginning of the line.
struct GlyphRun {
    /// A `cairo_scaled_font_t` of the layout's.
    var font: OpaquePointer
    var glyphs: [cairo_glyph_t] = []
    var clusters: [cairo_text_cluster_t] = []
    var text: [CChar] = []

    private static let nothing = UInt(0x0FFF_FFFF)

    /// Nil when a run is not from left to right.
    static func all(
        of line: UnsafeMutablePointer<PangoLayoutLine>, _ text: UnsafePointer<CChar>
    ) -> [GlyphRun]? {
        var all = [GlyphRun]()
        var x = 0
        var node = line.pointee.runs
        while let here = node {
            node = here.pointee.next
            guard let item = here.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self),
                let run = GlyphRun(item.pointee, text, from: &x)
            else { return nil }
            all.append(run)
        }
        return all
    }

    private init?(_ item: PangoGlyphItem, _ text: UnsafePointer<CChar>, from x: inout Int) {
        guard let part = item.item?.pointee, let set = item.glyphs?.pointee, let pangoFont = part.analysis.font,
            part.analysis.level % 2 == 0, item.y_offset == 0, item.start_x_offset == 0,
            let scaled = GlyphRun.scaled(pangoFont)
        else { return nil }
        font = scaled
        let count = Int(set.num_glyphs), scale = Double(PANGO_SCALE)
        let start = text + Int(part.offset)
        self.text = Array(UnsafeBufferPointer(start: start, count: Int(part.length)))
        for n in 0..<count {
            let glyph = set.glyphs[n]
            let isFirst = n == 0 || set.log_clusters[n] != set.log_clusters[n - 1]
            if isFirst {
                var next = n + 1
                while next < count, set.log_clusters[next] == set.log_clusters[n] { next += 1 }
                let end = next < count ? set.log_clusters[next] : part.length
                clusters.append(cairo_text_cluster_t(num_bytes: end - set.log_clusters[n], num_glyphs: 0))
            }
            if UInt(glyph.glyph) != GlyphRun.nothing {
                clusters[clusters.count - 1].num_glyphs += 1
                glyphs.append(
                    cairo_glyph_t(
                        index: UInt(glyph.glyph), x: Double(x + Int(glyph.geometry.x_offset)) / scale,
                        y: Double(glyph.geometry.y_offset) / scale))
            }
            x += Int(glyph.geometry.width)
        }
    }

    private static func scaled(_ font: UnsafeMutablePointer<PangoFont>) -> OpaquePointer? {
        pango_cairo_font_get_scaled_font(OpaquePointer(font))
    }
}

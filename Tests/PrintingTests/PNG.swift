import CPango

/// Pictures written and read with cairo.
enum PNG {
    /// A PNG with transparency; the closure gives red, green, blue and alpha.
    static func picture(width: Int, height: Int, _ colour: (Int, Int) -> (UInt8, UInt8, UInt8, UInt8)) -> [UInt8] {
        let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(width), Int32(height))
        defer { cairo_surface_destroy(surface) }
        let cairo = cairo_create(surface)
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue, alpha) = colour(x, y)
                cairo_set_source_rgba(
                    cairo, Double(red) / 255, Double(green) / 255, Double(blue) / 255, Double(alpha) / 255)
                cairo_rectangle(cairo, Double(x), Double(y), 1, 1)
                cairo_fill(cairo)
            }
        }
        cairo_destroy(cairo)
        var bytes = [UInt8]()
        _ = withUnsafeMutablePointer(to: &bytes) { out in
            cairo_surface_write_to_png_stream(
                surface,
                { closure, data, length in
                    guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
                    let out = closure.assumingMemoryBound(to: [UInt8].self)
                    out.pointee.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
                    return CAIRO_STATUS_SUCCESS
                }, out)
        }
        return bytes
    }

    /// Greys of a picture, row after row: what the eye sees of it.
    struct Greys {
        var width: Int
        var height: Int
        var values: [UInt8]

        init?(file: String) {
            let read = cairo_image_surface_create_from_png(file)
            defer { cairo_surface_destroy(read) }
            guard cairo_surface_status(read) == CAIRO_STATUS_SUCCESS else { return nil }
            width = Int(cairo_image_surface_get_width(read))
            height = Int(cairo_image_surface_get_height(read))
            let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
            defer { cairo_surface_destroy(surface) }
            let cairo = cairo_create(surface)
            cairo_set_source_surface(cairo, read, 0, 0)
            cairo_paint(cairo)
            cairo_destroy(cairo)
            cairo_surface_flush(surface)
            guard let data = cairo_image_surface_get_data(surface) else { return nil }
            let stride = Int(cairo_image_surface_get_stride(surface))
            values = []
            for y in 0..<height {
                for x in 0..<width {
                    let point = data + y * stride + 4 * x
                    values.append(UInt8((Int(point[0]) + 2 * Int(point[1]) + Int(point[2])) / 4))
                }
            }
        }

        /// Each point with its eight neighbours: a glyph moved by a fraction of a point stays the same glyph.
        var blurred: [Int] {
            var out = [Int](repeating: 255, count: values.count)
            for y in 1..<height - 1 {
                for x in 1..<width - 1 {
                    var sum = 0
                    for dy in -1...1 { for dx in -1...1 { sum += Int(values[(y + dy) * width + x + dx]) } }
                    out[y * width + x] = sum / 9
                }
            }
            return out
        }

        /// Per mille of points whose blurred greys differ by more than a tenth.
        func difference(from other: Greys) -> Double {
            guard width == other.width, height == other.height else { return 1000 }
            let far = zip(blurred, other.blurred).count { abs($0 - $1) > 25 }
            return 1000 * Double(far) / Double(values.count)
        }
    }
}

package import Base
import CPango

/// A laboratory's logo, made opaque on white: PDF/A-1 has no transparency (ISO 19005-1 section 6.4).
package final class Logo: @unchecked Sendable {
    let surface: OpaquePointer?
    let width: Int
    let height: Int
    /// A picture of more bytes or points would weigh on every report that leaves.
    package static let maximumBytes = 64 * 1024
    package static let maximumSide = 600

    /// Reads a PNG. Refusals: `printing.logo`.
    package init(png bytes: [UInt8]) throws(Refusal) {
        guard bytes.count <= Logo.maximumBytes else {
            throw Logo.refusal("le logo pèse \(bytes.count) octets", "\(Logo.maximumBytes) octets au plus")
        }
        guard let read = Logo.decode(bytes) else {
            throw Logo.refusal("le logo n'est pas une image PNG lisible", "l'enregistrer en PNG")
        }
        defer { cairo_surface_destroy(read) }
        width = Int(cairo_image_surface_get_width(read))
        height = Int(cairo_image_surface_get_height(read))
        guard (1...Logo.maximumSide).contains(width), (1...Logo.maximumSide).contains(height) else {
            throw Logo.refusal(
                "le logo fait \(width) × \(height) points", "\(Logo.maximumSide) points de côté au plus")
        }
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        let cairo = cairo_create(surface)
        cairo_set_source_rgb(cairo, 1, 1, 1)
        cairo_paint(cairo)
        cairo_set_source_surface(cairo, read, 0, 0)
        cairo_paint(cairo)
        cairo_destroy(cairo)
        cairo_surface_flush(surface)
    }

    deinit { cairo_surface_destroy(surface) }

    private struct Reader {
        var bytes: UnsafeBufferPointer<UInt8>
        var place = 0
    }

    private static func decode(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { buffer in
            var reader = Reader(bytes: buffer)
            let surface = cairo_image_surface_create_from_png_stream(
                { closure, out, length in
                    guard let closure, let out else { return CAIRO_STATUS_READ_ERROR }
                    let reader = closure.assumingMemoryBound(to: Reader.self)
                    let start = reader.pointee.place, end = start + Int(length)
                    guard end <= reader.pointee.bytes.count else { return CAIRO_STATUS_READ_ERROR }
                    for place in start..<end { out[place - start] = reader.pointee.bytes[place] }
                    reader.pointee.place = end
                    return CAIRO_STATUS_SUCCESS
                }, &reader)
            if cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS { return surface }
            cairo_surface_destroy(surface)
            return nil
        }
    }

    private static func refusal(_ cause: String, _ remedy: String) -> Refusal {
        Refusal("printing.logo", at: "logo", because: cause, remedy: remedy)
    }
}

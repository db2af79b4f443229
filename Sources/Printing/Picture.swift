package import Base
import CPango
import Glibc

/// A picture on the page. A PNG is made opaque on white: PDF/A-1 has no transparency (ISO 19005-1 section 6.4). A JPEG
/// stands in the file as it came.
package final class Picture: @unchecked Sendable {
    let surface: OpaquePointer?
    let width: Int
    let height: Int
    /// A logo of more bytes or points would weigh on every report that leaves.
    package static let largestLogo = 64 * 1024
    package static let widestLogo = 600
    /// Points of a side of a picture among results.
    package static let widest = 4000

    /// A laboratory's logo, a PNG. Refusals: `printing.logo`.
    package static func logo(_ bytes: [UInt8]) throws(Refusal) -> Picture {
        guard bytes.count <= largestLogo else {
            throw refusal("logo", "le logo pèse \(bytes.count) octets", "\(largestLogo) octets au plus")
        }
        guard let picture = Picture(png: bytes) else {
            throw refusal("logo", "le logo n'est pas une image PNG lisible", "l'enregistrer en PNG")
        }
        return try picture.within(widestLogo, "logo")
    }

    /// A picture among results, PNG or JPEG. Refusals: `printing.picture`.
    package static func read(_ bytes: [UInt8], at place: String) throws(Refusal) -> Picture {
        let read: Picture?
        if let frame = JPEGFrame(bytes) {
            // Four channels would be inks, and the page is in sRGB (ISO 19005-1 section 6.2.3.3).
            read = [1, 3].contains(frame.channels) && frame.isWithin(widest) ? Picture(jpeg: bytes, frame) : nil
        } else {
            read = Picture(png: bytes)
        }
        guard let read else {
            throw refusal(
                "picture", "cette image n'est ni un PNG ni un JPEG en gris ou en couleurs lisible",
                "l'enregistrer en PNG ou en JPEG (sRGB)", at: place)
        }
        return try read.within(widest, "picture", at: place)
    }

    private func within(_ most: Int, _ code: String, at place: String? = nil) throws(Refusal) -> Picture {
        guard (1...most).contains(width), (1...most).contains(height) else {
            throw Picture.refusal(
                code, "l'image fait \(width) × \(height) points", "\(most) points de côté au plus", at: place)
        }
        return self
    }

    private init?(png bytes: [UInt8]) {
        guard let read = Picture.decode(bytes) else { return nil }
        defer { cairo_surface_destroy(read) }
        width = Int(cairo_image_surface_get_width(read))
        height = Int(cairo_image_surface_get_height(read))
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        let cairo = cairo_create(surface)
        cairo_set_source_rgb(cairo, 1, 1, 1)
        cairo_paint(cairo)
        cairo_set_source_surface(cairo, read, 0, 0)
        cairo_paint(cairo)
        cairo_destroy(cairo)
        cairo_surface_flush(surface)
    }

    /// Cairo puts the bytes into the file (`CAIRO_MIME_TYPE_JPEG`); the points of the surface are never looked at.
    private init?(jpeg bytes: [UInt8], _ frame: JPEGFrame) {
        width = frame.width
        height = frame.height
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        guard let copy = malloc(bytes.count)?.assumingMemoryBound(to: UInt8.self) else { return nil }
        bytes.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { copy.update(from: base, count: buffer.count) }
        }
        let status = cairo_surface_set_mime_data(
            surface, "image/jpeg", copy, UInt(bytes.count), { free($0) }, copy)
        guard status == CAIRO_STATUS_SUCCESS else { return nil }
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

    private static func refusal(
        _ code: String, _ cause: String, _ remedy: String, at place: String? = nil
    ) -> Refusal {
        Refusal("printing.\(code)", at: place ?? code, because: cause, remedy: remedy)
    }
}

/// What the frame header of a JPEG says (ISO/IEC 10918-1 section B.2.2).
struct JPEGFrame {
    let width: Int
    let height: Int
    let channels: Int

    /// Nil when the bytes are no JPEG, or its frame is not found.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        var place = 2
        while place + 9 < bytes.count {
            guard bytes[place] == 0xFF else { return nil }
            let marker = bytes[place + 1]
            if marker == 0xFF {
                place += 1
                continue
            }
            let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
            // SOF0 to SOF15, without DHT, JPG and DAC that stand among them.
            if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
                height = Int(bytes[place + 5]) << 8 | Int(bytes[place + 6])
                width = Int(bytes[place + 7]) << 8 | Int(bytes[place + 8])
                channels = Int(bytes[place + 9])
                return
            }
            place += 2 + length
        }
        return nil
    }

    func isWithin(_ most: Int) -> Bool { (1...most).contains(width) && (1...most).contains(height) }
}

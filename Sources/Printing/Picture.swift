package import Base
import CPango

/// A picture on the page. A PNG is made opaque on white: PDF/A-1 has no transparency (ISO 19005-1 section 6.4). A JPEG
/// stands in the file as it came.
package final class Picture: Sendable {
    let width: Int
    let height: Int
    /// Its bytes in the file, and what the dictionary of the image says of them.
    let stream: [UInt8]
    let entries: String
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
        stream = Deflater(level: 6).deflated(Picture.opaque(read, width, height))
        entries = "/ColorSpace /DeviceRGB /Filter /FlateDecode"
    }

    /// Red, green and blue of each point, on white.
    private static func opaque(_ read: OpaquePointer, _ width: Int, _ height: Int) -> [UInt8] {
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        defer { cairo_surface_destroy(surface) }
        let cairo = cairo_create(surface)
        cairo_set_source_rgb(cairo, 1, 1, 1)
        cairo_paint(cairo)
        cairo_set_source_surface(cairo, read, 0, 0)
        cairo_paint(cairo)
        cairo_destroy(cairo)
        cairo_surface_flush(surface)
        guard let data = cairo_image_surface_get_data(surface) else { return [] }
        let stride = Int(cairo_image_surface_get_stride(surface))
        return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { bytes, count in
            for y in 0..<height {
                // A point is a 32-bit number in the machine's order: 0x00RRGGBB.
                let row = UnsafeRawPointer(data + y * stride).assumingMemoryBound(to: UInt32.self)
                for x in 0..<width {
                    for shift: UInt32 in [16, 8, 0] {
                        bytes.initializeElement(at: count, to: UInt8(truncatingIfNeeded: row[x] >> shift))
                        count += 1
                    }
                }
            }
        }
    }

    private init(jpeg bytes: [UInt8], _ frame: JPEGFrame) {
        width = frame.width
        height = frame.height
        stream = bytes
        entries = "/ColorSpace \(frame.channels == 1 ? "/DeviceGray" : "/DeviceRGB") /Filter /DCTDecode"
    }

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

import CPango

/// One table of a font file, kept as long as it is needed. What is read beyond its end is zero.
final class FontTable {
    private let blob: OpaquePointer?
    let bytes: UnsafeBufferPointer<UInt8>

    /// `face`: an `hb_face_t`.
    init(_ tag: StaticString, of face: OpaquePointer) {
        var name: UInt32 = 0
        for n in 0..<4 { name = name << 8 | UInt32(tag.utf8Start[n]) }
        blob = hb_face_reference_table(face, name)
        var length: UInt32 = 0
        let data = hb_blob_get_data(blob, &length)
        bytes =
            data.map {
                UnsafeBufferPointer(
                    start: UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self), count: Int(length))
            } ?? UnsafeBufferPointer(start: nil, count: 0)
    }

    deinit { hb_blob_destroy(blob) }

    var isEmpty: Bool { bytes.isEmpty }

    func byte(_ at: Int) -> UInt8 { bytes.indices.contains(at) ? bytes[at] : 0 }
    func number(_ at: Int) -> Int { Int(byte(at)) << 8 | Int(byte(at + 1)) }
    func signed(_ at: Int) -> Int { Int(Int16(truncatingIfNeeded: number(at))) }
    func long(_ at: Int) -> Int { number(at) << 16 | number(at + 2) }
    func slice(_ from: Int, _ to: Int) -> UnsafeBufferPointer<UInt8>.SubSequence {
        let start = min(max(from, 0), bytes.count)
        return bytes[start..<min(max(to, start), bytes.count)]
    }
}

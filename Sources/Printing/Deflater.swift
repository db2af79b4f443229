import CZlib

/// Streams for the filter FlateDecode, one after the other with the same memory.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// `level` as zlib has it: 1 is the fastest, 9 the smallest.
    init(level: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = paillasse_deflate_init(stream, level)
        // It fails only without memory for its 260 kB.
        precondition(code == Z_OK, "zlib: \(code)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func deflated(_ bytes: [UInt8]) -> [UInt8] {
        deflateReset(stream)
        let most = Int(deflateBound(stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: most) { out, count in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = out.baseAddress
                stream.pointee.avail_out = UInt32(most)
                let code = deflate(stream, Z_FINISH)
                // All of the input always fits in the bound.
                precondition(code == Z_STREAM_END, "zlib: \(code)")
                count = most - Int(stream.pointee.avail_out)
            }
        }
    }

    /// For what is deflated once.
    static func smallest(_ bytes: [UInt8]) -> [UInt8] { Deflater(level: 9).deflated(bytes) }
}

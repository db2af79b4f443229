import Synchronization

/// Memory that one reading after the other fills: fresh memory for each message of 150 kB costs more, page by page,
/// than reading the message does.
///
/// What was read is handed out as slices. Who still holds one keeps it whole: the next reading then takes other memory.
package final class ReadingMemory: Sendable {
    private let sheet: Mutex<Sheet>

    /// `room`: bytes that a reading is expected to take.
    package init(room: Int = 0) { sheet = Mutex(Sheet(bytes: [UInt8](repeating: 0, count: room))) }

    /// What one reading writes on, from the beginning.
    package struct Sheet {
        /// Longer than what is written: what an earlier reading left stands behind it.
        fileprivate var bytes: [UInt8]
        package fileprivate(set) var count = 0

        package mutating func write(_ some: [UInt8]) {
            some.withUnsafeBytes { some in write(some.count) { $0.copyMemory(from: some) } }
        }

        /// `body` writes all of `length` bytes.
        package mutating func write(_ length: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
            let start = count, end = start + length
            if end > bytes.count { bytes += repeatElement(0, count: max(end - bytes.count, bytes.count)) }
            bytes.withUnsafeMutableBytes { body(UnsafeMutableRawBufferPointer(rebasing: $0[start..<end])) }
            count = end
        }
    }

    package func fill<T, Failure: Error>(_ body: (inout Sheet) throws(Failure) -> sending T) throws(Failure) -> T {
        try sheet.withLock { (sheet: inout Sheet) throws(Failure) -> T in
            sheet.count = 0
            return try body(&sheet)
        }
    }

    /// What the last reading wrote.
    package var filled: ArraySlice<UInt8> { sheet.withLock { $0.bytes[..<$0.count] } }
}

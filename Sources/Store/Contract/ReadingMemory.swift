import Synchronization

/// Memory that one reading after the other fills: fresh memory for each message of 150 kB costs more, page by page,
/// than reading the message does.
///
/// What was read is handed out as slices. Who still holds one keeps it whole: the next reading then takes fresh memory.
package final class ReadingMemory: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    package init() {}

    /// Begins a reading: `body` appends to bytes that are empty and have the room of the reading before.
    package func fill<T, Failure: Error>(_ body: (inout [UInt8]) throws(Failure) -> sending T) throws(Failure) -> T {
        try bytes.withLock { (bytes: inout [UInt8]) throws(Failure) -> T in
            bytes.removeAll(keepingCapacity: true)
            return try body(&bytes)
        }
    }

    /// What the last reading left.
    package var filled: [UInt8] { bytes.withLock { $0 } }
}

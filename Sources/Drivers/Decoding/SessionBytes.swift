import LIS01

/// What stands between the control characters of a session.
enum SessionBytes {
    /// Texts of the messages, in order; bare records are one text. A recording is read with the tolerance of
    /// ``LinkSettings/recording``: nobody can be asked to send again.
    static func messageTexts(in bytes: [UInt8]) -> [[UInt8]] {
        SessionReader.read(bytes).messages.map(\.text)
    }
}

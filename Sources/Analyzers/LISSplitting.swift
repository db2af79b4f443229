import LIS2

/// Where each message H … L lies in a text.
enum LISSplitting {
    static func ranges(_ bytes: [UInt8]) -> [Range<Int>] { LISMessage.split(bytes) }
}

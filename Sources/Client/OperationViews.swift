/// What a reload changed, by names of analyzers.
package struct ReloadView: Codable, Sendable, Hashable {
    package var added: [String]
    package var removed: [String]
    package var restarted: [String]
    /// Only the driver changed; the line stayed up.
    package var redriven: [String]
    package var unchanged: [String]
    /// In French.
    package var remarks: [String]
    package init(
        added: [String], removed: [String], restarted: [String], redriven: [String], unchanged: [String],
        remarks: [String]
    ) {
        self.added = added
        self.removed = removed
        self.restarted = restarted
        self.redriven = redriven
        self.unchanged = unchanged
        self.remarks = remarks
    }
}

/// What the code of a triage entry means: an analysis of the catalogue; `unit` (UCUM) is that of the value as sent
/// times `factor`, without both the driver's units count.
package struct MapBody: Codable, Sendable, Hashable {
    package var analysis: String
    package var unit: String?
    /// Decimal number.
    package var factor: String?
    package var reason: String
    package init(analysis: String, unit: String? = nil, factor: String? = nil, reason: String) {
        self.analysis = analysis
        self.unit = unit
        self.factor = factor
        self.reason = reason
    }
}

/// A mapping that is kept, and the messages that it took out of triage.
package struct MappingView: Codable, Sendable, Hashable {
    package var analyzer: String
    package var code: String
    package var analysis: String
    package var messages: Int
    package var observations: Int
    package var controls: Int
    /// Entries of these messages that wait on, for another reason.
    package var waiting: Int
    /// Why messages could not be read again.
    package var refused: [String]
    package init(
        analyzer: String, code: String, analysis: String, messages: Int, observations: Int, controls: Int,
        waiting: Int, refused: [String]
    ) {
        self.analyzer = analyzer
        self.code = code
        self.analysis = analysis
        self.messages = messages
        self.observations = observations
        self.controls = controls
        self.waiting = waiting
        self.refused = refused
    }
}

package enum Hexadecimal {
    /// Two digits a byte; nil when it is not that.
    package static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}

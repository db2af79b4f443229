import LIS01
package import LIS2

/// How an analyzer departs from LIS2-A2 in what it writes, and in how it lays its records into frames; how it departs
/// on the link itself is `LIS01.Deviation`. Counted when met and shown; a driver names those that its model is known
/// for (`deviations`), the others are news.
package enum MessageDeviation: String, Sendable, Hashable, Codable, CaseIterable {
    /// Other delimiters than `|\^&` (GeneXpert, Erba XL, DxH, IMMULITE). Legal; everything is read by those of H.
    case delimitersUnusual
    /// No escape delimiter in H.2 (IMMULITE).
    case escapeMissing
    /// Several messages in one session (m2000, AMPLILINK, Selectra ProM).
    case severalMessagesInSession
    /// No L (EUROIMMUN, some m2000).
    case terminatorMissing
    /// L without a code (ARCHITECT, Alinity, Atellica, m2000).
    case terminatorWithoutCode
    /// Characters beyond ASCII (Sofia, French GeneXpert).
    case eightBitText
    /// H.13 names no edition of the standard, or another text than `LIS2-A2`, `LIS2-A` or `1394-97`.
    case versionUnusual
    /// R.9 is none of C P F X I S M R N Q V W, or is empty (XP-100, CS-2500).
    case statusUnusual
    /// R.9 says V or W, or several statuses at once (VITROS, Pentra, Panther).
    case statusUncommon
    /// Results came under an O without report type (AMPLILINK).
    case reportMissing
    /// O came back without results, as a failed run does (m2000).
    case orderWithoutResult
    /// The specimen is not in O.3 (Sysmex, c 111, DCA, Urisys, Afinion, EUROIMMUN).
    case specimenElsewhere
    /// The test code is not in R.3.4.
    case codeElsewhere
    /// Several components where one value belongs (`-1^0.325`, `NOT DETECTED^`).
    case valueInComponents
    /// Q.3 does not name the specimen in its second component.
    case questionUnusual
    /// A record longer than a frame of the first edition could ever hold in 64 pieces: histograms, images.
    case recordHuge
    /// A value with a decimal comma.
    case decimalComma
    /// H.12 says Q: a message of controls by its header.
    case controlByHeader
    /// A frame holds more than one record, or pieces of several (Afinion, GeneXpert, XN-550, c 311): LIS01-A2 section
    /// 6.3.1 begins each record in a frame of its own.
    case severalRecordsInFrame
    /// A record that is whole ends in ETB, which says that it goes on (cobas c 111; LIS01-A2 section 6.3.1).
    case recordEndsIntermediate
}

extension MessageDeviation {
    /// The departures of one frame; `text` stands between the frame number and ETX or ETB.
    package static func of(frame text: ArraySlice<UInt8>, isEnd: Bool) -> [MessageDeviation] {
        let bare = text[
            ..<((text.lastIndex { $0 != Control.cr && $0 != Control.lf }).map { $0 + 1 } ?? text.startIndex)]
        guard !bare.isEmpty else { return [] }
        var found: [MessageDeviation] = []
        if bare.contains(Control.cr) { found.append(.severalRecordsInFrame) }
        if !isEnd, text.last == Control.cr { found.append(.recordEndsIntermediate) }
        return found
    }
}

extension Driver {
    /// The departures of one message, each with how often it is met in it. `rank` is that of the message in its
    /// session, from 0.
    package func deviations(of message: LISMessage, rank: Int = 0) -> [MessageDeviation: Int] {
        var counts: [MessageDeviation: Int] = [:]
        func note(_ deviation: MessageDeviation) { counts[deviation, default: 0] += 1 }
        if rank > 0 { note(.severalMessagesInSession) }
        guard let header = message.header else { return counts }
        let marks = message.delimiters.description
        if marks != "|\\^&" { note(marks.utf8.count < 4 ? .escapeMissing : .delimitersUnusual) }
        if message.bytes.contains(where: { $0 >= 0x80 }) { note(.eightBitText) }
        let version = trimmed(header.text(13)).replacing(" ", with: "")
        if !Driver.versions.contains(version) { note(.versionUnusual) }
        if trimmed(header.text(12)) == "Q" { note(.controlByHeader) }
        if let terminator = message.terminator {
            if trimmed(terminator.text(3)).isEmpty { note(.terminatorWithoutCode) }
        } else {
            note(.terminatorMissing)
        }
        for record in message.records where record.raw.count > Driver.hugeRecord { note(.recordHuge) }
        let tree = message.tree
        for order in tree.patients.flatMap(\.orders) { orderDeviations(order, message, note) }
        for query in tree.queries where trimmed(message.record(query).field(3).component(2).text(.latin1)).isEmpty {
            note(.questionUnusual)
        }
        return counts
    }

    private static let versions: Set<String> = ["LIS2-A2", "LIS2-A", "LIS02-A2", "1394-97", "E1394-97"]
    private static let statuses: Set<String> = ["C", "P", "F", "X", "I", "S", "M", "R", "N", "Q"]
    /// 64 frames of 240 bytes.
    private static let hugeRecord = 64 * 240

    private func orderDeviations(_ order: LISTree.Order, _ message: LISMessage, _ note: (MessageDeviation) -> Void) {
        guard let number = order.record else { return }
        let record = message.record(number)
        if order.results.isEmpty { note(.orderWithoutResult) }
        if trimmed(record.field(3).text(.latin1)).isEmpty { note(.specimenElsewhere) }
        if !order.results.isEmpty, trimmed(record.text(26)).isEmpty { note(.reportMissing) }
        for observed in order.results {
            let result = message.record(observed.record)
            if trimmed(result.field(3).component(4).text(.latin1)).isEmpty { note(.codeElsewhere) }
            let value = result.field(4)
            let text = trimmed(value.text(.latin1))
            if value.componentCount > 1 { note(.valueInComponents) }
            if text.contains(","), text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2C }) {
                note(.decimalComma)
            }
            let status = trimmed(result.field(9).text(.latin1))
            if ["V", "W"].contains(status) || status.utf8.count == 3 {
                note(.statusUncommon)
            } else if !Driver.statuses.contains(status) {
                note(.statusUnusual)
            }
        }
    }
}

/// What a message has that the standard does not foresee. Reported, never a reason to drop bytes.
package struct LISDefect: Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable, CaseIterable {
        /// Nothing but record ends and blanks.
        case empty
        /// The first record is no H: standard delimiters are assumed.
        case noHeader
        /// A second H inside one message.
        case repeatedHeader
        /// The delimiters that H declares cannot be used, or are not four.
        case delimiters
        /// No L: the message may have been cut short.
        case noTerminator
        /// Records after L.
        case afterTerminator
        /// A record letter that LIS2-A2 sections 6 to 14 do not define, or text where a record should begin.
        case unknownRecord
        /// An O before any P, an R before any O, a C or M that follows nothing.
        case orphan
        /// Field 2 does not count 1, 2, 3 … within its parent.
        case sequence
        /// Records ended by LF or CR LF instead of CR.
        case lineFeed
        /// Blanks before the record letter.
        case indented
        /// The last record has no record end.
        case unendedRecord
        /// Longer than ``LISMessage/sizeLimit``: the rest is kept but not indexed.
        case tooLong
    }
    package var code: Code
    /// The record, from 0; nil when it concerns the whole message.
    package var record: Int?
    /// The field by the standard's number, when it concerns one.
    package var field: Int?
    /// For people; never a patient's data.
    package var what: String

    package init(_ code: Code, record: Int? = nil, field: Int? = nil, _ what: String) {
        self.code = code
        self.record = record
        self.field = field
        self.what = what
    }
    package var description: String {
        let place = record.map { "record \($0 + 1)" + (field.map { ", field \($0)" } ?? "") + ": " } ?? ""
        return place + what + " [\(code.rawValue)]"
    }
}

extension LISMessage {
    /// Everything wrong with the message, in record order, the whole message's first. Computed on each call.
    package var defects: [LISDefect] {
        var walk = LISDefectWalk()
        let odd = index.oddities
        if odd.tooLong { walk.add(.tooLong, "longer than \(LISMessage.sizeLimit) bytes: the rest is not indexed") }
        if records.isEmpty { walk.add(.empty, "no record at all") }
        if let fault = odd.delimiterFault { walk.add(.delimiters, at: (0, 2), fault) }
        if odd.lineFeeds > 0 { walk.add(.lineFeed, "\(odd.lineFeeds) record end(s) with a line feed") }
        if odd.indented > 0 { walk.add(.indented, "\(odd.indented) record(s) with blanks before the letter") }
        if odd.lastRecordUnended {
            walk.add(.unendedRecord, at: (records.count - 1, nil), "no CR after the last record")
        }
        if !records.isEmpty, header == nil { walk.add(.noHeader, "no H: delimiters \(delimiters) assumed") }
        for record in records { walk.visit(record) }
        if !records.isEmpty, terminator == nil { walk.add(.noTerminator, "no L: the message may be incomplete") }
        return walk.defects
    }
}

/// Levels and sequence numbers (LIS2-A2 section 5.1 and field 2 of each record).
private struct LISDefectWalk {
    var defects: [LISDefect] = []
    private var patients = 0, orders = 0, results = 0, comments = 0, manufacturers = 0, scientifics = 0, queries = 0
    private var isTerminated = false

    mutating func add(_ code: LISDefect.Code, at place: (Int, Int?)? = nil, _ what: String) {
        defects.append(LISDefect(code, record: place?.0, field: place?.1, what))
    }

    mutating func visit(_ record: LISRecord) {
        let here = (record.number, Int?.none)
        if isTerminated { add(.afterTerminator, at: here, "a record after L") }
        let kind = record.kind
        switch kind {
        case .header:
            if record.number > 0 { add(.repeatedHeader, at: here, "an H inside the message") }
            (patients, orders, results, queries) = (0, 0, 0, 0)
        case .patient:
            (orders, results) = (0, 0)
            count(\.patients, record)
        case .order:
            if patients == 0 { add(.orphan, at: here, "an O before any P") }
            results = 0
            count(\.orders, record)
        case .result:
            if orders == 0 { add(.orphan, at: here, "an R before any O") }
            count(\.results, record)
        case .query: count(\.queries, record)
        case .terminator:
            isTerminated = true
        case .comment: count(\.comments, record)
        case .manufacturer: count(\.manufacturers, record)
        case .scientific: count(\.scientifics, record)
        case .unknown: add(.unknownRecord, at: here, "« \(kind) » is no record letter of the standard")
        }
        switch kind {
        case .comment, .manufacturer, .scientific:
            if record.number == 0 { add(.orphan, at: here, "« \(kind) » follows no record") }
        case .header, .patient, .order, .result, .query, .terminator, .unknown:
            (comments, manufacturers, scientifics) = (0, 0, 0)
        }
    }

    private mutating func count(_ counter: WritableKeyPath<LISDefectWalk, Int>, _ record: LISRecord) {
        self[keyPath: counter] += 1
        guard record.sequence != self[keyPath: counter] else { return }
        add(
            .sequence, at: (record.number, 2),
            "sequence number \(record.sequence.map(String.init) ?? "missing"), expected \(self[keyPath: counter])")
        // Follow the instrument from there, so that one gap is one defect.
        self[keyPath: counter] = record.sequence ?? self[keyPath: counter]
    }
}

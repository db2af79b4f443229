// Storage points (LIS2-A2 section 5, hierarchy of records): a step down in level, R to O or P, anything to L, tells the
// receiver that all before it must be stored now. A sender that failed may go on at the first record behind the last
// one, with the records above it repeated, or begin again with H.

extension LISRecordKind {
    /// H 0, P Q S L 1, O 2, R 3. Nil for C and M, which belong to the record before them, and for what is unknown.
    package var level: Int? {
        switch self {
        case .header: 0
        case .patient, .query, .scientific, .terminator: 1
        case .order: 2
        case .result: 3
        case .comment, .manufacturer, .unknown: nil
        }
    }
}

extension LISMessage {
    /// The first record behind the last storage point, which its sender may take for not stored; nil without such a
    /// point.
    package var lastStoragePoint: Int? {
        var found: Int?, level = 0
        for (number, record) in records.enumerated() {
            guard let next = record.kind.level else { continue }
            if next < level || record.kind == .terminator { found = number }
            level = next
        }
        return found
    }

    /// What stands before the last storage point of a message that was cut short, ended like a whole one; nil when
    /// nothing does.
    package var stored: LISMessage? {
        guard let point = lastStoragePoint else { return nil }
        let end = Array("L".utf8) + [delimiters.field] + Array("1\r".utf8)
        return LISMessage(bytes: bytes[..<record(point).byteRange.lowerBound] + end)
    }
}

import LIS2

/// LIS2-A2 record text: every accessor over every record, field, repeat and component.
///
/// Checked: ranges lie in the bytes and in order, splitting covers every byte once, and the tree names only records
/// that there are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecords(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let ranges = LISMessage.split(bytes)
    if let first = ranges.first, let last = ranges.last {
        precondition(first.lowerBound == 0 && last.upperBound == bytes.count, "bytes left out")
    }
    for (a, b) in zip(ranges, ranges.dropFirst()) { precondition(a.upperBound == b.lowerBound, "a gap") }
    _ = indexedCounts(of: bytes)
    for message in LISMessage.messages(in: bytes) { walk(message) }
    return 0
}

private func walk(_ message: LISMessage) {
    precondition(!message.isComplete || message.header != nil, "complete without a header")
    for record in message.records {
        precondition(message.bytes.indices.contains(record.byteRange), "record outside")
        _ = record.sequence
        for n in 0...min(record.fieldCount + 1, 64) {
            let field = record.field(n)
            precondition(field.raw.count == field.byteRange.count, "field outside")
            for charset in LISCharset.allCases { _ = field.text(charset) }
            _ = (field.unescaped, field.isDeletion, field.isBlank)
            precondition(field.isEmpty || field.repeats.count == field.repeatCount, "repeats")
            for part in field.repeats.prefix(16) {
                for piece in part.components.prefix(16) {
                    precondition(piece.byteRange.isEmpty || field.byteRange.contains(piece.byteRange), "component")
                }
            }
        }
    }
    let tree = message.tree
    let named =
        tree.queries + tree.attachedElsewhere + tree.stray
        + tree.patients.flatMap { patient in
            [patient.record].compactMap { $0 } + patient.attached
                + patient.orders.flatMap { order in
                    [order.record].compactMap { $0 } + order.attached
                        + order.results.flatMap { [$0.record] + $0.attached }
                }
        }
    precondition(Set(named).count == named.count, "a record in two places of the tree")
    precondition(named.allSatisfy { message.records.indices.contains($0) }, "a record that is not there")
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}

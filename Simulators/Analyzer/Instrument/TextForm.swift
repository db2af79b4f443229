import Base
import Drivers
import LIS2
import Laboratory

/// A maker's text taken from a transcript: columns stay where they are, so what is written has the width of what it
/// replaces.
struct TextForm: Sendable {
    let bytes: [UInt8]
    let rows: [ResultRow]
    let specimen: String

    /// The texts of a session that carry results: between control characters, as TextReading has them.
    static func forms(in session: [UInt8], _ driver: Driver) -> [TextForm] {
        session.split { $0 < 0x20 && $0 != 0x09 }.compactMap { text in
            let readings = SessionDecoder.readings(in: Array(text), driver: driver)
            guard readings.count == 1, let first = readings[0].observations.first, !first.accession.isEmpty else {
                return nil
            }
            let rows = readings[0].observations.map { observation in
                ResultRow(observation, line: 0, text: observation.rawText)
            }
            return TextForm(bytes: Array(text), rows: rows, specimen: first.accession)
        }
    }

    func drawn(
        _ specimen: String, _ instrument: Instrument, _ random: inout PRNG, into results: inout [DrawnResult]
    ) -> [UInt8] {
        var bytes = self.bytes
        var cursor = bytes.count
        if let at = Sheet.first(Array(self.specimen.utf8), in: bytes) {
            (bytes, cursor) = TextForm.rename(bytes, at..<(at + self.specimen.utf8.count), Array(specimen.utf8))
        }
        for row in rows {
            let old = Array(row.text.utf8)
            guard !old.isEmpty, let code = Sheet.first(Array(row.code.utf8), in: bytes, from: cursor),
                let at = Sheet.first(old, in: bytes, from: code + row.code.utf8.count)
            else { continue }
            let value = TextForm.isNumber(row) ? Plausible.number(like: row.text, &random) : row.text
            bytes.replaceSubrange(at..<(at + old.count), with: Array(value.utf8))
            cursor = at + old.count
            results.append(DrawnResult(specimen: specimen, code: row.code, value: value, unit: row.unit))
        }
        return append(bytes, specimen, instrument, &random, into: &results)
    }

    /// Codes that no transcript shows, behind the last item: only where items are cut at a delimiter.
    private func append(
        _ bytes: [UInt8], _ specimen: String, _ instrument: Instrument, _ random: inout PRNG,
        into results: inout [DrawnResult]
    ) -> [UInt8] {
        guard case .text(let reading) = instrument.driver.description.dialect,
            case .delimiter(let mark, let head, let count) = reading.cut,
            let row = rows.first(where: { TextForm.isNumber($0) && !$0.isFlagged })
        else { return bytes }
        let end = bytes.suffix(reading.end.utf8.count).elementsEqual(reading.end.utf8) ? reading.end.utf8.count : 0
        var parts = bytes.dropLast(end).split(separator: mark, omittingEmptySubsequences: false).map { Array($0) }
        let code = Array(row.code.utf8)
        guard let at = parts.indices.dropFirst(head).first(where: { Sheet.first(code, in: parts[$0]) == 0 }),
            at + count <= parts.count
        else { return bytes }
        // The item as it was recorded: its value is not yet drawn anew.
        let model = self.bytes.split(separator: mark, omittingEmptySubsequences: false).map { Array($0) }[
            at..<(at + count)]
        for (code, addition) in instrument.additions.sorted(by: { $0.key < $1.key }) where addition.words.isEmpty {
            let value = instrument.value(of: addition, like: row.text, &random)
            let pairs = [(row.code, code), (row.text, value), (row.unit, addition.unit)]
            parts += model.map { part in
                pairs.reduce(part) { TextForm.written($0, over: $1.0, $1.1) }
            }
            results.append(DrawnResult(specimen: specimen, code: code, value: value, unit: addition.unit))
        }
        return Array(parts.joined(separator: [mark])) + bytes.suffix(end)
    }

    /// `new` over `old` where a word of the part is it; blanks make up for a shorter one.
    private static func written(_ part: [UInt8], over old: String, _ new: String) -> [UInt8] {
        guard let at = Sheet.first(Array(old.utf8), in: part), at == 0 || part[at - 1] == 0x20 else { return part }
        let text = Array(new.utf8), room = part[(at + old.utf8.count)...].prefix { $0 == 0x20 }.count
        let blanks = max(0, min(old.utf8.count - text.count, room + old.utf8.count))
        return Array(part[..<at]) + text + [UInt8](repeating: 0x20, count: blanks)
            + part[(at + old.utf8.count)...].dropFirst(max(0, min(room - 1, text.count - old.utf8.count)))
    }

    private static func isNumber(_ row: ResultRow) -> Bool { Measured(row.text) != nil }

    /// A longer identifier takes the blanks beside the old one, a shorter one leaves some. Where the identifier ends
    /// comes back as well.
    private static func rename(_ bytes: [UInt8], _ old: Range<Int>, _ new: [UInt8]) -> ([UInt8], Int) {
        var start = old.lowerBound, end = old.upperBound
        let before = bytes[..<start].reversed().prefix { $0 == 0x20 }.count
        let isRightAligned = before > bytes[end...].prefix { $0 == 0x20 }.count
        if isRightAligned {
            while start > 0, bytes[start - 1] == 0x20, end - start < new.count { start -= 1 }
        } else {
            while end < bytes.count, bytes[end] == 0x20, end - start < new.count { end += 1 }
            while start > 0, bytes[start - 1] == 0x20, end - start < new.count { start -= 1 }
        }
        let text = Array(new.prefix(end - start))
        let blanks = [UInt8](repeating: 0x20, count: end - start - text.count)
        var bytes = bytes
        bytes.replaceSubrange(start..<end, with: isRightAligned ? blanks + text : text + blanks)
        return (bytes, end)
    }
}

package import Base
import LIS01

/// The messages of a transcript, each its records ended by CR.
package struct Transcript: Sendable, Equatable {
    package let messages: [[UInt8]]

    /// Reads the bytes of a line (ENQ, frames, EOT) or bare records, ended by CR, LF or CR LF. Refusal:
    /// `scenario.transcript` when no H record is there.
    package init(_ bytes: [UInt8], at place: String) throws(Refusal) {
        let texts = bytes.contains(Control.stx) ? SessionReader.read(bytes).messages.map(\.text) : [bytes]
        var messages: [[UInt8]] = []
        for record in texts.flatMap(Transcript.records) {
            if Transcript.isHeader(record) { messages.append([]) }
            guard !messages.isEmpty else { continue }
            messages[messages.count - 1] += record + [Control.cr]
        }
        guard !messages.isEmpty else {
            throw Refusal(
                "scenario.transcript", at: place, because: "aucun enregistrement H",
                remedy: "donner des enregistrements LIS2-A2 ou les octets d'une ligne")
        }
        self.messages = messages
    }

    static func records(_ text: [UInt8]) -> [[UInt8]] {
        text.split { $0 == Control.cr || $0 == Control.lf }
            .map { Array($0.drop { $0 == 0x20 || $0 == 0x09 }) }
            .filter { !$0.isEmpty && $0[0] != Control.enq && $0[0] != Control.eot }
    }

    /// H and four delimiters that are neither letters nor digits (LIS2-A2 section 6.2).
    static func isHeader(_ record: [UInt8]) -> Bool {
        guard record.count > 2, record[0] == 0x48 else { return false }
        return !(0x30...0x39).contains(record[1]) && !(0x41...0x5A).contains(record[1])
            && !(0x61...0x7A).contains(record[1]) && record[1] > 0x20
    }
}

/// The changes that a scenario makes to a message before it is sent.
struct Rewriting: Sendable {
    var specimens: [String: String]
    var texts: [AnalyzerScenario.TextRewrite]
    var fields: [AnalyzerScenario.FieldRewrite]
    var timesAreNow: Bool
    var now: Instant
    var zone: CivilZone

    func apply(to message: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var field: UInt8 = 0x7C, repeats: UInt8 = 0x5C, component: UInt8 = 0x5E
        for record in Transcript.records(message) {
            if Transcript.isHeader(record) {
                field = record[1]
                // Fewer than four delimiters leave the usual ones (IMMULITE has no escape).
                if record.count > 2, record[2] != field { repeats = record[2] }
                if record.count > 3, record[3] != field { component = record[3] }
            }
            var parts = record.split(separator: field, omittingEmptySubsequences: false).map { Array($0) }
            rewriteSpecimens(&parts, [repeats, component])
            rewriteTimes(&parts)
            rewriteFields(&parts, component)
            var line = Array(parts.joined(separator: [field]))
            for text in texts { line = Rewriting.replace(line, Array(text.from.utf8), Array(text.to.utf8)) }
            out += line + [Control.cr]
        }
        return out
    }

    /// Where specimen ids stand: P-3 to P-5, O-3 and O-4, Q-3 and Q-4, in any component or repeat.
    private static let specimenFields: [UInt8: ClosedRange<Int>] = [0x50: 3...5, 0x4F: 3...4, 0x51: 3...4]

    private func rewriteSpecimens(_ parts: inout [[UInt8]], _ inner: [UInt8]) {
        guard !specimens.isEmpty, let letter = parts[0].first, let range = Rewriting.specimenFields[letter] else {
            return
        }
        for number in range where number <= parts.count {
            var made: [UInt8] = []
            var word: [UInt8] = []
            func flush() {
                let old = String(decoding: word, as: UTF8.self)
                let bare = old.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
                // A padded id (Sysmex) stays padded on the left to its width.
                if let new = specimens[String(bare)] {
                    let padding = old.hasPrefix(" ") ? max(0, word.count - new.utf8.count) : 0
                    made += [UInt8](repeating: 0x20, count: padding)
                    made += Array(new.utf8)
                } else {
                    made += word
                }
                word = []
            }
            for byte in parts[number - 1] {
                if inner.contains(byte) {
                    flush()
                    made.append(byte)
                } else {
                    word.append(byte)
                }
            }
            flush()
            parts[number - 1] = made
        }
    }

    private func rewriteTimes(_ parts: inout [[UInt8]]) {
        guard timesAreNow, let letter = parts[0].first else { return }
        let numbers = letter == 0x48 ? [14] : letter == 0x52 ? [12, 13] : []
        for number in numbers where number <= parts.count {
            let old = parts[number - 1]
            guard old.count >= 12, old.prefix(12).allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
            parts[number - 1] = Array(stamp(now).utf8)
        }
    }

    private func rewriteFields(_ parts: inout [[UInt8]], _ separator: UInt8) {
        for rewrite in fields where rewrite.record.utf8.first == parts[0].first {
            while parts.count < rewrite.field { parts.append([]) }
            let value = Array(text(of: rewrite.to).utf8)
            guard let component = rewrite.component else {
                parts[rewrite.field - 1] = value
                continue
            }
            var pieces = parts[rewrite.field - 1].split(separator: separator, omittingEmptySubsequences: false)
                .map { Array($0) }
            while pieces.count < component { pieces.append([]) }
            pieces[component - 1] = value
            parts[rewrite.field - 1] = Array(pieces.joined(separator: [separator]))
        }
    }

    private func text(of value: String) -> String {
        guard value.hasPrefix("@now") else { return value }
        return stamp(now.advanced(by: .seconds(60 * (Int(value.dropFirst(4)) ?? 0))))
    }

    /// AAAAMMJJHHMMSS in the scenario's zone (LIS2-A2 section 5.6.2).
    private func stamp(_ instant: Instant) -> String { String(instant.hl7(in: zone).prefix(14)) }

    private static func replace(_ line: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> [UInt8] {
        guard !from.isEmpty, line.count >= from.count else { return line }
        var out: [UInt8] = []
        var i = 0
        while i < line.count {
            if i + from.count <= line.count, line[i..<(i + from.count)].elementsEqual(from) {
                out += to
                i += from.count
            } else {
                out.append(line[i])
                i += 1
            }
        }
        return out
    }
}

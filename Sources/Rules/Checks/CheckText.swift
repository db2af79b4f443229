import Base
import Laboratory

// A day of a laboratory writes a hundred thousand checks: each is stored as one text, not as an object of ten keys.
//
//     delta|yes|DELTA|delta@1||value=m6.1;previous=m4.2;previousAt=i1763791200000|state=tabs;limit=n1.0
//
// check | outcome | code | rule@version | note | inputs | thresholds. A backslash stands before what would cut.

extension CheckRecord {
    package var stored: String {
        var out = check.rawValue
        out += "|"
        out += outcome.rawValue
        out += "|"
        if let code { out += code.rawValue }
        out += "|"
        // Its own name and version go without saying.
        if rule.id != check.rawValue || rule.version != Check.version {
            CheckText.append(rule.id, to: &out)
            out += "@\(rule.version)"
        }
        out += "|"
        if let note { out += note.rawValue }
        out += "|"
        CheckText.append(inputs, to: &out)
        out += "|"
        CheckText.append(thresholds, to: &out)
        return out
    }

    package init?(stored text: String) {
        let parts = CheckText.split(Array(text.utf8)[...], at: UInt8(ascii: "|"))
        guard parts.count == 7, let check = Check(rawValue: CheckText.plain(parts[0])),
            let outcome = CheckOutcome(rawValue: CheckText.plain(parts[1])),
            let inputs = CheckText.facts(parts[5]), let thresholds = CheckText.facts(parts[6])
        else { return nil }
        let code = CheckText.plain(parts[2]), note = CheckText.plain(parts[4])
        var rule: RuleReference?
        if !parts[3].isEmpty {
            guard let at = parts[3].lastIndex(of: UInt8(ascii: "@")),
                let version = Int(CheckText.plain(parts[3][parts[3].index(after: at)...]))
            else { return nil }
            rule = RuleReference(id: CheckText.plain(parts[3][..<at]), version: version)
        }
        self.init(
            check, outcome, code: Hold.Code(rawValue: code), rule: rule, inputs: inputs, thresholds: thresholds,
            note: CheckNote(rawValue: note))
        guard (self.code == nil) == code.isEmpty, (self.note == nil) == note.isEmpty else { return nil }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let read = CheckRecord(stored: text) else {
            throw Refusal(
                "rules.record", because: "un contrôle conservé ne se lit pas",
                remedy: "le relire avec la version du programme qui l'a écrit")
        }
        self = read
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(stored)
    }
}

enum CheckText {
    static func append(_ facts: [CheckFact], to out: inout String) {
        var isFirst = true
        for fact in facts {
            if !isFirst { out += ";" }
            isFirst = false
            out += fact.name.rawValue
            switch fact.value {
            case .measured(let value):
                out += "=m"
                out += value.text
            case .number(let number):
                out += "=n"
                out += number.text
            case .instant(let instant): out += "=i\(instant.milliseconds)"
            case .count(let count): out += "=c\(count)"
            case .text(let text):
                out += "=t"
                append(text, to: &out)
            }
        }
    }

    static func append(_ text: String, to out: inout String) {
        guard text.utf8.contains(where: isMark) else {
            out += text
            return
        }
        for character in text.unicodeScalars {
            if character.isASCII, isMark(UInt8(truncatingIfNeeded: character.value)) { out += "\\" }
            out.unicodeScalars.append(character)
        }
    }

    private static func isMark(_ byte: UInt8) -> Bool { byte == 0x7C || byte == 0x3B || byte == 0x5C }

    /// Parts between the marks that no backslash takes away; backslashes stay.
    static func split(_ bytes: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex, place = start
        while place < bytes.endIndex {
            if bytes[place] == 0x5C {
                place += 2
                continue
            }
            if bytes[place] == mark {
                parts.append(bytes[start..<place])
                start = place + 1
            }
            place += 1
        }
        parts.append(bytes[start..<bytes.endIndex])
        return parts
    }

    static func plain(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0x5C) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        var isTaken = false
        for byte in bytes {
            if byte == 0x5C, !isTaken {
                isTaken = true
                continue
            }
            isTaken = false
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func facts(_ bytes: ArraySlice<UInt8>) -> [CheckFact]? {
        if bytes.isEmpty { return [] }
        var facts: [CheckFact] = []
        for part in split(bytes, at: 0x3B) {
            guard let sign = part.firstIndex(of: UInt8(ascii: "=")), sign + 1 < part.endIndex,
                let name = CheckFact.Name(rawValue: plain(part[..<sign])),
                let value = value(part[sign + 1], plain(part[(sign + 2)...]))
            else { return nil }
            facts.append(CheckFact(name, value))
        }
        return facts
    }

    private static func value(_ kind: UInt8, _ text: String) -> CheckFact.Value? {
        switch kind {
        case UInt8(ascii: "m"): Measured(text).map { .measured($0) }
        case UInt8(ascii: "n"): Exact(text).map { .number($0) }
        case UInt8(ascii: "i"): Int64(text).map { .instant(Instant(milliseconds: $0)) }
        case UInt8(ascii: "c"): Int(text).map { .count($0) }
        case UInt8(ascii: "t"): .text(text)
        case _: nil
        }
    }
}

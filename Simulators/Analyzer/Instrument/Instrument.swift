package import Base
package import Drivers
import HL7v2
package import LIS01
import LIS2
import Laboratory

/// One result that the simulator chose, as it stands in the message.
package struct DrawnResult: Sendable, Hashable {
    package var specimen: String
    /// The instrument's code.
    package var code: String
    /// The number or the word, without what else stands in the field.
    package var value: String
    package var unit: String
}

/// What an instrument sends at one go: messages, and the results in them.
package struct InstrumentSession: Sendable, Hashable {
    /// Records of LIS2-A2, HL7 v2 messages, or a maker's texts, each without framing.
    package var messages: [[UInt8]] = []
    package var results: [DrawnResult] = []
}

/// An instrument as its driver folder describes it: the form of its messages is that of the folder's transcripts, its
/// codes, units and words are those of `driver.json5`, its values are drawn.
package struct Instrument: Sendable {
    package let driver: Driver
    /// How it lays its messages into frames, seen from its own end of the line.
    package let link: LinkSettings
    let forms: [MessageForm]
    let texts: [TextForm]
    let queryForms: [Sheet]
    /// Codes of the driver that cannot be simulated: no transcript shows them, and neither unit nor words are known.
    package let unknownCodes: [String]
    /// Instrument's code → where the results of other codes are copied from, and what they may be.
    let additions: [String: Addition]

    /// A result that no transcript shows, made like one that they do show.
    struct Addition: Sendable, Hashable {
        var unit: String
        var factor: Exact?
        var norm: String
        /// Words to choose from; empty for a number.
        var words: [String]
    }
    private let plausible: Plausible

    /// Refusal: `simulate.driver`, when the description cannot be read.
    package init(_ folder: DriverFolder, plausible: Plausible = Plausible()) throws(Refusal) {
        let read = DriverDescription.read(folder.files["driver.json5"] ?? [], name: folder.name)
        guard let description = read.description else {
            throw Refusal(
                "simulate.driver", at: folder.name,
                because: "ce pilote ne se lit pas : " + read.findings.map(\.description).joined(separator: " ; "),
                remedy: "le corriger, voir paillasse driver check")
        }
        driver = Driver(description)
        self.plausible = plausible
        var link = description.link
        link.station = .instrument
        self.link = link
        let sessions = folder.files.filter {
            $0.key.hasPrefix("transcripts/") && !$0.key.hasSuffix(".json")
        }.sorted { $0.key < $1.key }.map(\.value)
        switch description.dialect {
        case .lis2:
            let messages = sessions.flatMap { SessionDecoder.messages(in: $0) }
            forms = messages.compactMap { MessageForm($0, Driver(description)) }
            queryForms = messages.filter { !Driver(description).read($0).queries.isEmpty }
                .map { Sheet($0.bytes, isHL7: false) }
            texts = []
        case .hl7:
            let messages = sessions.flatMap { SessionDecoder.hl7Messages(in: $0).messages }
            forms = messages.compactMap { MessageForm($0, Driver(description)) }
            queryForms = messages.filter { $0.kind.code == "QBP" }.map { Sheet($0.bytes, isHL7: true) }
            texts = []
        case .text:
            forms = []
            queryForms = []
            texts = sessions.flatMap { TextForm.forms(in: $0, Driver(description)) }
        }
        let shown = Set(forms.flatMap(\.rows).map(\.code) + texts.flatMap(\.rows).map(\.code))
        var additions: [String: Addition] = [:], unknown: [String] = []
        for (code, meaning) in description.codes where !shown.contains(code) {
            if let addition = Instrument.addition(meaning, description, plausible), !(forms.isEmpty && texts.isEmpty) {
                additions[code] = addition
            } else {
                unknown.append(code)
            }
        }
        self.additions = additions
        unknownCodes = unknown.sorted()
    }

    /// Sends results at all; a sorter or a server of orders does not.
    package var hasResults: Bool { !forms.isEmpty || !texts.isEmpty }
    package var asks: Bool { !queryForms.isEmpty || (driver.description.orders?.isAnswering ?? false) && hasResults }
    /// Codes that a session may hold.
    package var codes: [String] {
        Set(forms.flatMap(\.rows).map(\.code) + texts.flatMap(\.rows).map(\.code) + additions.keys).sorted()
    }

    private static func addition(
        _ meaning: CodeMeaning, _ description: DriverDescription, _ plausible: Plausible
    ) -> Addition? {
        if let norm = plausible.norm(meaning.analysis) {
            let units = meaning.units.sorted { $0.key < $1.key } + description.values.units.sorted { $0.key < $1.key }
            if let unit = units.first(where: { $0.value.unit == norm.unit }) {
                return Addition(unit: unit.key, factor: unit.value.factor, norm: meaning.analysis, words: [])
            }
            if meaning.assumedUnit != nil {
                return Addition(unit: "", factor: nil, norm: meaning.analysis, words: [])
            }
        }
        let words = meaning.qualitative.isEmpty ? description.values.qualitative : meaning.qualitative
        guard !words.isEmpty else { return nil }
        return Addition(unit: "", factor: nil, norm: meaning.analysis, words: words.keys.sorted())
    }

    // MARK: sessions

    /// Results of these specimens; of `codes` only, when given. A message for each specimen, or one for several where
    /// the instrument sends batches. Nothing when the instrument measures nothing.
    package func results(
        of specimens: [String], codes: Set<String>? = nil, at now: Instant, zone: CivilZone = .europeParis,
        random: inout PRNG
    ) -> InstrumentSession {
        var session = InstrumentSession()
        guard hasResults else { return session }
        if let codes, texts.isEmpty {
            for specimen in specimens { measure(codes, specimen, at: now, zone, &random, into: &session) }
            return session
        }
        var left = specimens[...]
        var round = Int.random(in: 0..<max(forms.count + texts.count, 1), using: &random)
        while !left.isEmpty {
            if texts.isEmpty {
                let form = forms[round % forms.count]
                let taken = Array(left.prefix(form.specimens.count))
                left = left.dropFirst(taken.count)
                session.messages.append(
                    message(form, taken, nil, at: now, zone, &random, into: &session.results))
            } else {
                let text = texts[round % texts.count].drawn(left.removeFirst(), self, &random, into: &session.results)
                session.messages.append(text)
            }
            round += 1
        }
        return session
    }

    /// Messages of one specimen until every code asked for is in one, as far as there are forms for them.
    private func measure(
        _ codes: Set<String>, _ specimen: String, at now: Instant, _ zone: CivilZone, _ random: inout PRNG,
        into session: inout InstrumentSession
    ) {
        var left = codes.intersection(self.codes)
        while !left.isEmpty {
            func known(_ form: MessageForm) -> Int { left.intersection(form.rows.map(\.code)).count }
            guard let form = forms.max(by: { known($0) < known($1) }) else { return }
            var results: [DrawnResult] = []
            let bytes = message(form, [specimen], left, at: now, zone, &random, into: &results)
            guard !results.isEmpty else { return }
            session.messages.append(bytes)
            session.results += results
            left.subtract(results.map(\.code))
        }
    }

    private func message(
        _ form: MessageForm, _ specimens: [String], _ codes: Set<String>?, at now: Instant, _ zone: CivilZone,
        _ random: inout PRNG, into results: inout [DrawnResult]
    ) -> [UInt8] {
        var sheet = form.sheet
        sheet.lines = form.drawn(specimens, codes, self, &random, into: &results, sheet: &sheet)
        stamp(&sheet, at: now, zone, &random)
        return sheet.bytes
    }

    /// A result for a code that no transcript shows, at random.
    func value(of addition: Addition, like old: String, _ random: inout PRNG) -> String {
        if let word = addition.words.randomElement(using: &random) { return Instrument.dressed(word, like: old) }
        guard let norm = plausible.norm(addition.norm) else { return Plausible.number(like: old, &random) }
        return Plausible.number(norm, factor: addition.factor, &random)
    }

    /// Another value of the kind that stands there.
    func value(for row: ResultRow, _ random: inout PRNG) -> String {
        switch row.value {
        case .measured: return Plausible.number(like: row.text, &random)
        case .coded:
            let meaning = driver.description.codes[row.code]
            var words = Set(driver.description.values.qualitative.keys)
            if let own = meaning?.qualitative, own[row.text.lowercased()] != nil { words = Set(own.keys) }
            guard words.contains(row.text.lowercased()) else { return row.text }
            return (words.sorted().randomElement(using: &random)).map { Instrument.dressed($0, like: row.text) }
                ?? row.text
        case .text, .notPerformed, nil: return row.text
        }
    }

    /// The driver's words are in lower case: give them the capitals of the instrument.
    static func dressed(_ word: String, like old: String) -> String {
        if old.contains(where: \.isLowercase) || old.isEmpty {
            return old.first?.isUppercase == true ? word.prefix(1).uppercased() + word.dropFirst() : word
        }
        return old.contains(where: \.isUppercase) ? word.uppercased() : word
    }

    /// Times become now; HL7 v2 messages get a control identifier of their own.
    func stamp(_ sheet: inout Sheet, at now: Instant, _ zone: CivilZone, _ random: inout PRNG) {
        let text = now.hl7(in: zone)
        for line in sheet.lines.indices {
            let numbers: [Int] =
                switch sheet.name(line) {
                case "H": [14]
                case "R": [12, 13]
                case "MSH": [7]
                case "OBX": [14, 19]
                case _: []
                }
            for number in numbers {
                let old = sheet[line, number], digits = old.prefix { (0x30...0x39).contains($0) }.count
                guard digits == 12 || digits == 14 else { continue }
                sheet[line, number] = Array((digits < old.count ? text : String(text.prefix(digits))).utf8)
            }
            if sheet.name(line) == "MSH" {
                sheet[line, 10] = Array(String(random.next() % 1_000_000_000_000).utf8)
            }
        }
    }
}

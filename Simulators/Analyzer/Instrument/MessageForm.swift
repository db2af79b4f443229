import Base
import Drivers
import HL7v2
import LIS2
import Laboratory

/// A result of a transcript: the place for another one.
struct ResultRow: Sendable, Hashable {
    /// Its line in the sheet.
    var line: Int
    var specimen: String
    var code: String
    /// The text that is the value, as the driver finds it.
    var text: String
    var unit: String
    var value: ObservationValue?
    var isFlagged: Bool

    init(_ observation: IncomingObservation, line: Int, text: String) {
        self.line = line
        specimen = observation.accession
        code = observation.instrumentCode
        self.text = text
        unit = observation.rawUnit
        value = observation.value
        isFlagged = !observation.instrumentFlags.isEmpty || !observation.unknownFlags.isEmpty
    }
}

/// A message of results taken from a transcript, with the places that change from one specimen to the next.
struct MessageForm: Sendable {
    let sheet: Sheet
    let charset: LISCharset
    let rows: [ResultRow]
    /// Those of patients, in the order of the message.
    let specimens: [String]

    /// Nil when the message holds no result of a patient.
    init?(_ message: LISMessage, _ driver: Driver) {
        let charset = driver.charset(for: message)
        let records = message.records(.result)
        self.init(
            Sheet(message.bytes, isHL7: false), charset, driver.read(message), "R", driver
        ) { ordinal in
            guard records.indices.contains(ordinal) else { return nil }
            var context = RecordContext(message, charset: charset)
            context.observed = records[ordinal]
            return context
        }
    }

    init?(_ message: ReceivedMessage, _ driver: Driver) {
        let segments = message.all("OBX")
        self.init(
            Sheet(message.bytes, isHL7: true), .utf8, driver.read(hl7: message), "OBX", driver
        ) { ordinal in
            guard segments.indices.contains(ordinal) else { return nil }
            var context = RecordContext(message)
            context.segments["OBX"] = segments[ordinal]
            return context
        }
    }

    private init?(
        _ sheet: Sheet, _ charset: LISCharset, _ reading: Reading, _ name: String, _ driver: Driver,
        context: (Int) -> RecordContext?
    ) {
        self.sheet = sheet
        self.charset = charset
        let lines = sheet.lines.indices.filter { sheet.name($0) == name }
        var rows: [ResultRow] = [], specimens: [String] = []
        for observation in reading.observations {
            guard lines.indices.contains(observation.ordinal), let context = context(observation.ordinal) else {
                continue
            }
            let text = driver.description.paths.measured?.text(context) ?? observation.rawText
            rows.append(ResultRow(observation, line: lines[observation.ordinal], text: text))
            if !specimens.contains(observation.accession) { specimens.append(observation.accession) }
        }
        guard !rows.isEmpty, reading.problems.isEmpty else { return nil }
        self.rows = rows
        self.specimens = specimens
    }

    // MARK: drawing

    /// The lines of a message for `taken`, the first specimens of the form; what belongs to others is left out.
    func drawn(
        _ taken: [String], _ codes: Set<String>?, _ instrument: Instrument, _ random: inout PRNG,
        into results: inout [DrawnResult], sheet: inout Sheet
    ) -> [[[UInt8]]] {
        let names = Dictionary(zip(specimens, taken), uniquingKeysWith: { first, _ in first })
        let skipped = linesOfOthers(names)
        var dropped = skipped, drawnAt: [Int: DrawnResult] = [:]
        for row in rows where !skipped.contains(row.line) {
            if let codes, !codes.contains(row.code) {
                dropped.formUnion(row.line...lastAttached(to: row.line))
                continue
            }
            let value = instrument.value(for: row, &random)
            let isPlaced = write(value, over: row.text, instrument.valuePaths, &sheet, row.line)
            drawnAt[row.line] = DrawnResult(
                specimen: names[row.specimen] ?? row.specimen, code: row.code, value: isPlaced ? value : row.text,
                unit: row.unit)
        }
        sheet.rename(names)
        var lines: [[[UInt8]]] = []
        for line in sheet.lines.indices where !dropped.contains(line) || isEndOfSpecimen(line, skipped) {
            if !dropped.contains(line) { lines.append(sheet.lines[line]) }
            if let result = drawnAt[line] { results.append(result) }
            guard isEndOfSpecimen(line, skipped), let old = specimen(at: line) else { continue }
            let made = additions(names[old] ?? old, codes, instrument, &random)
            results += made.results
            lines += made.lines
        }
        return Sheet.numbered(lines, of: sheet)
    }

    /// Results of codes that no transcript shows, behind the last of a specimen.
    private func additions(
        _ specimen: String, _ codes: Set<String>?, _ instrument: Instrument, _ random: inout PRNG
    ) -> (lines: [[[UInt8]]], results: [DrawnResult]) {
        var lines: [[[UInt8]]] = [], results: [DrawnResult] = []
        for (code, addition) in instrument.additions.sorted(by: { $0.key < $1.key }) {
            if let codes, !codes.contains(code) { continue }
            guard let model = model(for: addition) else { continue }
            var sheet = self.sheet
            let value = instrument.value(of: addition, like: model.text, &random)
            let paths = instrument.driver.description.paths
            guard write(code, over: model.code, paths.code, &sheet, model.line),
                write(value, over: model.text, instrument.valuePaths, &sheet, model.line),
                addition.unit == model.unit || write(addition.unit, over: model.unit, paths.unit, &sheet, model.line)
            else { continue }
            // The interval of the model is not that of this analysis: R.6, OBX-7.
            sheet[model.line, sheet.isHL7 ? 7 : 6] = []
            lines.append(sheet.lines[model.line])
            results.append(DrawnResult(specimen: specimen, code: code, value: value, unit: addition.unit))
        }
        return (lines, results)
    }

    /// A row without flags and of the same kind.
    private func model(for addition: Instrument.Addition) -> ResultRow? {
        func isNumber(_ row: ResultRow) -> Bool {
            switch row.value {
            case .measured: true
            case .coded, .text, .notPerformed, nil: false
            }
        }
        let fitting = rows.filter { isNumber($0) == addition.words.isEmpty && $0.value != nil }
        return fitting.first { !$0.isFlagged } ?? fitting.first
    }

    private func write(
        _ new: String, over old: String, _ choice: FieldChoice, _ sheet: inout Sheet, _ line: Int
    ) -> Bool {
        if new == old { return true }
        for path in choice.alternatives.flatMap(\.paths) where path.isOf(sheet.name(line)) {
            if sheet.replace(line, path.field, charset.bytes(of: old), charset.bytes(of: new)) { return true }
        }
        return false
    }

    // MARK: lines of a specimen

    /// Comments and the like below a result.
    private func lastAttached(to line: Int) -> Int {
        var last = line
        while last + 1 < sheet.lines.count, ["C", "M", "NTE", "TCD", "INV"].contains(sheet.name(last + 1)) { last += 1 }
        return last
    }

    private func specimen(at line: Int) -> String? {
        rows.last { $0.line <= line && lastAttached(to: $0.line) == line }?.specimen
    }

    /// The last line of the last result of a specimen that is sent.
    private func isEndOfSpecimen(_ line: Int, _ skipped: Set<Int>) -> Bool {
        guard !skipped.contains(line), let specimen = specimen(at: line) else { return false }
        return rows.last { $0.specimen == specimen }.map { lastAttached(to: $0.line) } == line
    }

    /// Everything from the first line of a specimen that nobody asked for to the next specimen or the end.
    private func linesOfOthers(_ names: [String: String]) -> Set<Int> {
        guard names.count < specimens.count else { return [] }
        let leaders: Set<String> = sheet.isHL7 ? ["SPM", "OBR", "PID"] : ["P", "O"]
        var skipped: Set<Int> = [], group: [Int] = []
        func settle() {
            let owners = rows.filter { group.contains($0.line) }.map(\.specimen)
            if let owner = owners.first, names[owner] == nil { skipped.formUnion(group) }
            group = []
        }
        for line in sheet.lines.indices {
            let name = sheet.name(line)
            if name == "L" {
                settle()
            } else {
                let hasResult = rows.contains { group.contains($0.line) }
                if leaders.contains(name), hasResult { settle() }
                if name != "H", name != "MSH" { group.append(line) }
            }
        }
        settle()
        return skipped
    }
}

extension Sheet {
    /// Result records numbered anew below each order: R.2, OBX-1 where they bear a number.
    static func numbered(_ lines: [[[UInt8]]], of sheet: Sheet) -> [[[UInt8]]] {
        var lines = lines, rank = 0
        for line in lines.indices {
            switch String(decoding: lines[line][0], as: UTF8.self) {
            case "O", "OBR", "SPM": rank = 0
            case "R", "OBX":
                rank += 1
                guard lines[line].count > 1, !lines[line][1].isEmpty,
                    lines[line][1].allSatisfy({ (0x30...0x39).contains($0) })
                else { continue }
                lines[line][1] = Array(String(rank).utf8)
            case _: break
            }
        }
        return lines
    }
}

extension FieldPath {
    /// The path leads into a line of this name.
    func isOf(_ name: String) -> Bool {
        switch place {
        case .segment(let segment): segment == name
        case .record(let kind): name.utf8.count == 1 && name.utf8.first == kind.letter
        }
    }
}

extension Instrument {
    /// Where the text that is the value is looked for: the part first, then the whole.
    var valuePaths: FieldChoice {
        FieldChoice(
            (driver.description.paths.measured?.alternatives ?? []) + driver.description.paths.value.alternatives)
    }
}

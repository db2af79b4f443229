package import Base
import Drivers
import HL7v2
import LIS2
import Laboratory

/// What an instrument is told to measure: by specimen, its own codes.
package struct HostWork: Sendable, Hashable {
    /// In the order told.
    package var specimens: [String] = []
    package var codes: [String: Set<String>] = [:]
    package init() {}

    mutating func add(_ specimen: String, _ more: [String]) {
        guard !specimen.isEmpty, !more.isEmpty else { return }
        if codes[specimen] == nil { specimens.append(specimen) }
        codes[specimen, default: []].formUnion(more)
    }
}

extension Instrument {
    /// Asks for the work of each specimen, a message each. Empty when the instrument does not ask.
    package func queries(for specimens: [String], at now: Instant, random: inout PRNG) -> [[UInt8]] {
        guard asks else { return [] }
        return specimens.compactMap { specimen in
            guard var sheet = queryForms.first.map({ filled($0, specimen) }) ?? newQuery(specimen, &random) else {
                return nil
            }
            stamp(&sheet, at: now, .europeParis, &random)
            return sheet.bytes
        }
    }

    /// The recorded query, about this specimen alone.
    private func filled(_ form: Sheet, _ specimen: String) -> Sheet {
        var sheet = form
        let asked = readQuery(form)
        if sheet.isHL7 {
            sheet.rename(Dictionary(asked.prefix(1).map { ($0, specimen) }, uniquingKeysWith: { first, _ in first }))
            return sheet
        }
        let questions = sheet.lines.indices.filter { sheet.name($0) == "Q" }
        for line in questions.dropFirst().reversed() { sheet.lines.remove(at: line) }
        guard let line = questions.first, let old = asked.first else { return sheet }
        // The first of several identifiers only.
        sheet[line, 3] = Array(sheet[line, 3].prefix { $0 != sheet.repetition })
        sheet.rename([old: specimen])
        return sheet
    }

    private func readQuery(_ form: Sheet) -> [String] {
        let readings = SessionDecoder.readings(in: form.bytes, driver: driver)
        return readings.flatMap(\.queries).flatMap(\.accessions)
    }

    /// A query of the standard's form, with the header of the instrument's results.
    private func newQuery(_ specimen: String, _ random: inout PRNG) -> Sheet? {
        guard let form = forms.first, var sheet = Optional(form.sheet) else { return nil }
        let header = sheet.lines[0]
        if sheet.isHL7 {
            sheet.lines = [header]
            sheet[0, 9] = Array("QBP^Q11^QBP_Q11".utf8)
            let bar: (String) -> [[UInt8]] = {
                $0.split(separator: "|", omittingEmptySubsequences: false).map { Array($0.utf8) }
            }
            sheet.lines.append(bar("QPD|WOS^Work Order Step^IHELAW|Q\(random.next() % 100_000)|\(specimen)"))
            sheet.lines.append(bar("RCP|I||R^Real Time^HL70394"))
            return sheet
        }
        let before = max(0, (driver.description.query.components.first ?? 2) - 1)
        let asked = [UInt8](repeating: sheet.component, count: before) + Array(specimen.utf8)
        let empty: [UInt8] = []
        sheet.lines = [
            header,
            [Array("Q".utf8), Array("1".utf8), asked, empty, Array("ALL".utf8)] + [[UInt8]](repeating: empty, count: 7)
                + [Array("O".utf8)],
            [Array("L".utf8), Array("1".utf8), Array("N".utf8)],
        ]
        return sheet
    }

    /// The work in a message of the host; none when it says that there is none, or is no message of orders.
    package func work(in message: [UInt8]) -> HostWork {
        var work = HostWork()
        switch driver.description.dialect {
        case .lis2:
            for message in LISMessage.messages(in: message) {
                for record in message.records(.order) {
                    var context = RecordContext(message, charset: driver.charset(for: message))
                    context.order = record
                    let tests = record.field(5).repeats.map { code(in: $0.components.map { $0.text(context.charset) }) }
                    work.add(driver.description.paths.specimen.text(context), codes(orderedBy: tests))
                }
            }
        case .hl7:
            guard let message = try? ReceivedMessage(message), message.kind.code == "OML" else { return work }
            var specimen = ""
            for segment in message.every {
                switch segment.name {
                case "SPM": specimen = segment.value(2)
                case "SAC": if specimen.isEmpty { specimen = segment.value(3) }
                case "OBR":
                    let parts = (1...6).map { segment.value(4, component: $0) }
                    work.add(specimen, codes(orderedBy: [code(in: parts)]))
                case _: break
                }
            }
        case .text: break
        }
        return work
    }

    /// The component that the driver's template of a test (`^^^{code}`) puts the code into.
    private func code(in components: [String]) -> String {
        let template = (driver.description.orders?.test ?? "^^^{code}").split(
            separator: "^", omittingEmptySubsequences: false)
        guard let at = template.firstIndex(where: { $0.contains("{code}") }), components.indices.contains(at) else {
            return ""
        }
        let around = template[at].split(separator: "{code}", omittingEmptySubsequences: false)
        var text = components[at][...]
        if let before = around.first, text.hasPrefix(before) { text = text.dropFirst(before.count) }
        if let after = around.last, text.hasSuffix(after) { text = text.dropLast(after.count) }
        return String(text)
    }

    /// A test may be ordered by another code than that of its results.
    private func codes(orderedBy tests: [String]) -> [String] {
        tests.filter { !$0.isEmpty }.flatMap { test in
            let others = driver.description.codes.filter { $0.value.orderedAs == test }.map(\.key)
            return others.isEmpty ? [test] : others.sorted()
        }
    }
}

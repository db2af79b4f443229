import Base
import JSON5

extension ObjectReader {
    /// `protocol: "lis2"` (left out), `"hl7"`, or `"text"` with the key `text`.
    func dialect() -> Dialect {
        let name = text("protocol") ?? "lis2"
        guard let reader = object("text") else {
            switch name {
            case "lis2": return .lis2
            case "hl7": return .hl7
            case "text":
                log.add(
                    "missing", at: key("text"), "la clé manque",
                    "dire comment le texte est découpé : text: { head: [ … ], item: [ … ] }")
            case _:
                log.add("value", at: key("protocol"), "valeur inconnue « \(name) »", "choisir parmi : lis2, hl7, text")
            }
            return .lis2
        }
        if name != "text" {
            log.add("value", at: key("text"), "clé sans objet ici", "écrire protocol: \"text\" ou la retirer")
        }
        defer { reader.finish() }
        return .text(reader.textReading())
    }

    private func textReading() -> TextReading {
        let begins = texts("begins") ?? []
        let rack = path("rack"), end = text("end") ?? ""
        let isAcknowledged = flag("acknowledged") ?? false
        let check = choice("check", as: TextReading.Check.self) ?? .none
        if let delimiter = text("delimiter") {
            let head = whole("head") ?? 0, item = whole("item") ?? 0
            let byte = delimiter.utf8.first ?? 0
            if delimiter.utf8.count != 1 || head < 1 || item < 2 {
                log.add(
                    "value", at: key("delimiter"), "découpage incomplet",
                    "donner un séparateur d'un caractère, et en nombres de parties head (1 ou plus) et item (2 ou plus)"
                )
            }
            return TextReading(
                cut: .delimiter(byte, head: max(head, 1), item: max(item, 2)), begins: begins, end: end, rack: rack,
                isAcknowledged: isAcknowledged, check: check)
        }
        let head = widths("head"), item = widths("item")
        return TextReading(
            cut: .columns(head: head, item: item), begins: begins, end: end, rack: rack,
            isAcknowledged: isAcknowledged, check: check)
    }

    private func widths(_ name: String) -> [Int] {
        var widths: [Int] = []
        if case .list(let list) = node(name) {
            for case .whole(let width) in list where (1...200).contains(width) { widths.append(width) }
            if widths.count == list.count, !widths.isEmpty { return widths }
        }
        log.add(
            "value", at: key(name), "largeurs de colonnes illisibles",
            "écrire une liste de nombres de 1 à 200, par exemple [3, 9, 8]")
        return [1]
    }

    /// Places of HL7 v2.5.1 chapters 7 and 13, and of IHE LAW (LAB-29).
    func hl7Paths() -> ResultPaths {
        ResultPaths(
            specimen: path("specimen") ?? FieldChoice("SPM.2.1", "SAC.3.1", "OBR.3.1"),
            code: path("code") ?? FieldChoice("OBX.3.1"), value: path("value") ?? FieldChoice("OBX.5"),
            measured: path("measure"), subIdentifier: path("sub") ?? FieldChoice("OBX.4"),
            unit: path("unit") ?? FieldChoice("OBX.6.1", "OBX.6"), flags: path("flagsAt") ?? FieldChoice("OBX.8.1"),
            status: path("status") ?? FieldChoice("OBX.11"),
            completed: path("completed") ?? FieldChoice("OBX.19", "OBX.14", "OBR.7"),
            started: path("started") ?? FieldChoice("OBX.14", "OBR.7"),
            comment: path("comment") ?? FieldChoice("NTE.3"),
            dilution: path("dilution") ?? .none)
    }

    /// A specimen's role (SPM-11, HL7 table 0369): Q control, E electronic control, C calibrator.
    func controls(_ dialect: Dialect) -> [FieldCondition] {
        let written = conditions("controls")
        guard dialect == .hl7, written.isEmpty else { return written }
        return [FieldCondition(FieldChoice("SPM.11.1"), equals: ["Q", "E", "C"])]
    }
}

extension FieldCondition {
    init(_ path: FieldChoice, equals: [String]) {
        self.init(path: path, equals: equals, prefixes: [], suffixes: [], contains: [], unless: [], also: [])
    }
}

extension IdentityPaths {
    /// LIS2-A2 section 7.
    static let lis2 = IdentityPaths(
        patientID: FieldChoice("P.3.1", "P.4.1"), family: FieldChoice("P.6.1"), given: FieldChoice("P.6.2"),
        birthDate: FieldChoice("P.8"), sex: FieldChoice("P.9"))
    /// HL7 v2.5 section 3.4.2.
    static let hl7 = IdentityPaths(
        patientID: FieldChoice("PID.3.1"), family: FieldChoice("PID.5.1"), given: FieldChoice("PID.5.2"),
        birthDate: FieldChoice("PID.7.1"), sex: FieldChoice("PID.8.1"))
}

extension QueryReading {
    /// LIS2-A2 section 11; IHE LAW (LAB-27): QPD-3 is the container, QPD-1 `WOS_ALL` asks for everything.
    static let standard = QueryReading(
        components: [2, 1], all: ["ALL", "*"], specimen: FieldChoice("QPD.3.1"))
}

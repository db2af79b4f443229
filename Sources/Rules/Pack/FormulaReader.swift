import Base
import Catalog
import JSON5
import Laboratory

/// Reads `calculated.json5`. Every fault is kept with its place; nothing half read is used.
struct FormulaReader {
    let catalogue: AnalysisCatalogue
    let log: FindingLog

    func read(_ node: JSONNode, file: String) -> [Formula] {
        let top = ObjectReader(node, at: file, log: log)
        RulePack.checkFormat(top)
        let formulas = top.objects("formulas").compactMap(formula)
        top.finish()
        return formulas
    }

    private func formula(_ reader: ObjectReader) -> Formula? {
        let code = reader.required("code"), name = reader.required("name")
        let version = reader.whole("version") ?? 0
        let decimals = reader.whole("decimals") ?? -1
        let unitText = reader.required("unit")
        if version < 1 { log.add("version", at: reader.place, "la version manque", "écrire version: 1") }
        if !(0...Analysis.maximumDecimals).contains(decimals) {
            log.add("decimals", at: reader.place, "le nombre de décimales manque", "écrire decimals: 0 à 6")
        }
        let inputs = inputs(reader)
        let valueText = reader.required("value")
        let guardReaders = reader.objects("guards"), commentReaders = reader.objects("comments")
        let source = reader.required("source"), aside = reader.text("aside") ?? ""
        guard let unit = Unit(unitText) else {
            log.add("unit", at: reader.key("unit"), "« \(unitText) » n'est pas une unité UCUM", "corriger l'unité")
            return nil
        }
        checkAgainstCatalogue(code, unit, decimals, reader)
        let kind: (String) -> SymbolKind? = { name in
            if name == "sex" { return .word }
            if name == "age" { return RulePack.year.map { .quantity($0) } }
            if name == "result" { return .quantity(unit) }
            if name.hasPrefix("contexte.") {
                return ClinicalContext(rawValue: String(name.dropFirst(9))).map { _ in .truth }
            }
            return inputs.first { $0.name == name }.map { .quantity($0.unit) }
        }
        let guards = guardReaders.compactMap { clause($0, kind) }
        let comments = commentReaders.compactMap { clause($0, kind) }
        let cases = reader.objects("cases").map(formulaCase)
        reader.finish()
        do {
            let value = try Expression(valueText, at: reader.key("value"), kind: kind)
            guard value.yields(unit) else {
                log.add(
                    "dimension", at: reader.key("value"), "la formule ne donne pas une valeur en \(unitText)",
                    "corriger l'unité, ou porter un facteur avec son unité")
                return nil
            }
            return Formula(
                code: code, name: name, version: version, unit: unit, decimals: max(0, decimals), inputs: inputs,
                value: value, guards: guards, comments: comments, source: source, aside: aside, cases: cases)
        } catch {
            log.add(error)
            return nil
        }
    }

    private func checkAgainstCatalogue(_ code: String, _ unit: Unit, _ decimals: Int, _ reader: ObjectReader) {
        guard let analysis = catalogue[code] else { return }
        if analysis.unit != unit.text {
            log.add(
                "catalogue", at: reader.key("unit"), "le catalogue rend \(code) en \(analysis.unit)",
                "employer la même unité, ou un autre code")
        }
        if let wanted = analysis.decimals, wanted != decimals {
            log.add(
                "catalogue", at: reader.key("decimals"), "le catalogue rend \(code) avec \(wanted) décimale(s)",
                "employer le même nombre")
        }
    }

    /// `inputs: { CREA: "umol/L", POIDS: "kg" }`, `aliases: { POIDS: ["KG"] }`
    private func inputs(_ reader: ObjectReader) -> [Formula.Input] {
        guard let object = reader.object("inputs") else { return [] }
        let aliases = reader.object("aliases")
        let inputs = object.keys.compactMap { name -> Formula.Input? in
            let text = object.text(name) ?? ""
            let others = aliases?.texts(name) ?? []
            guard let unit = Unit(text) else {
                log.add("unit", at: object.key(name), "« \(text) » n'est pas une unité UCUM", "corriger l'unité")
                return nil
            }
            let analysis = catalogue[name]
            if let analysis, let own = Unit(analysis.unit), !own.converts(to: unit) {
                log.add(
                    "dimension", at: object.key(name), "\(name) est rendu en \(analysis.unit)",
                    "employer une unité de la même grandeur")
            }
            return Formula.Input(
                name: name, unit: unit, aliases: others, isAnalysis: analysis != nil,
                alternative: analysis?.unit == text ? analysis?.alternative : nil, molarMass: analysis?.molarMass,
                absurd: analysis.flatMap { FormulaReader.absurd(of: $0, in: unit) })
        }
        aliases?.finish()
        return inputs
    }

    /// The absurd limits of an analysis in the unit in which a formula takes it.
    private static func absurd(of analysis: Analysis, in unit: Unit) -> LimitPair? {
        guard let limits = analysis.verification.absurd, let own = Unit(analysis.unit) else { return nil }
        if own.text == unit.text { return limits }
        func limit(_ value: Exact?) -> Exact? { value.flatMap { own.convert($0, to: unit, places: 12) } }
        return LimitPair(low: limit(limits.low), high: limit(limits.high))
    }

    private func clause(_ reader: ObjectReader, _ kind: @escaping (String) -> SymbolKind?) -> GuardClause? {
        let id = reader.required("id"), text = reader.required("when"), because = reader.required("because")
        reader.finish()
        do {
            let when = try Expression(text, at: reader.key("when"), kind: kind)
            guard when.isTruth else {
                log.add("condition", at: reader.key("when"), "une condition est attendue", "écrire une comparaison")
                return nil
            }
            return GuardClause(
                id: id, when: when, because: because, looksAtResult: when.symbols.contains("result"))
        } catch {
            log.add(error)
            return nil
        }
    }

    private func formulaCase(_ reader: ObjectReader) -> Formula.Case {
        let age = reader.text("age")
        if let age, Age(age) == nil {
            log.add("age", at: reader.key("age"), "« \(age) » n'est pas un âge", "écrire par exemple 50 a")
        }
        let given = reader.dictionary("given") ?? [:], contexts = reader.texts("contexts") ?? []
        for (name, text) in given.sorted(by: { $0.key < $1.key }) where Measured(text) == nil {
            log.add(
                "case", at: reader.key("given"), "\(name) : « \(text) » n'est pas un nombre", "écrire par exemple 4.2")
        }
        for word in contexts where ClinicalContext(rawValue: word) == nil {
            log.add(
                "case", at: reader.key("contexts"), "le contexte « \(word) » est inconnu",
                "choisir parmi : \(ClinicalContext.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let one = Formula.Case(
            given: given, sex: reader.choice("sex", as: IntervalSex.self),
            age: age.flatMap { Age($0) },
            contexts: Set(contexts.compactMap { ClinicalContext(rawValue: $0) }),
            expected: reader.text("expect"), unrounded: reader.text("unrounded"), refused: reader.text("refuse"),
            comments: Set(reader.texts("comment") ?? []), place: reader.place)
        reader.finish()
        return one
    }
}

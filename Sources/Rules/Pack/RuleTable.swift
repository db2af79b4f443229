package import Base
package import Catalog
import JSON5

/// The rules as one table, so that they leave and come back like everything else of the catalogue: a line holds one
/// value of one file, with the path to it. Comments of JSON5 are no data and stay behind.
///
/// A path goes down from the whole file: `/calculated/#3/code` is the key `code` of the fourth of the list
/// `calculated`. In a key `~` is written `~0`, `/` is `~1`, a `#` at its beginning `~2`.
package enum RuleTable {
    /// Stands in the folder of a catalogue in place of its folder `rules`.
    package static let name = "regles.csv"
    static let columns = ["fichier", "chemin", "genre", "valeur"]
    private static let folder = "rules/"

    private enum Kind: String, CaseIterable {
        case text = "texte"
        case whole = "entier"
        case flag = "booléen"
        case null = "nul"
        case emptyList = "liste vide"
        case emptyObject = "objet vide"
    }
    private enum Step: Hashable {
        case key(String)
        case place(Int)
    }
    private struct Line {
        var path: ArraySlice<Step>
        var value: JSONNode
        /// As an editor counts it.
        var number: Int
    }

    // MARK: Out

    /// The files of a catalogue with their rules (`rules/NAME.json5`) as one table; all others as they are.
    package static func tabled(_ files: [CatalogFile]) throws(Refusal) -> [CatalogFile] {
        var rows = [[String]]()
        for file in files where isRule(file) {
            let node = try JSONNode(json5: file.bytes, at: file.name)
            try add(node, "", of: String(file.name.dropFirst(folder.count)), to: &rows)
        }
        let table = CatalogueTables.Table(name: name, columns: columns, lines: rows)
        return files.filter { !isRule($0) } + [CatalogFile(name: name, bytes: Array(table.csv.utf8))]
    }

    /// The files as two versions of a catalogue are compared: rules value by value, and those of a list by their code
    /// or name, so that a comment or a new neighbour is no difference. Rules that do not read stay files.
    package static func compared(_ files: [CatalogFile]) -> CatalogueTables {
        var rows = [[String]](), others = files.filter { !isRule($0) }
        for file in files where isRule(file) {
            var own = [[String]]()
            do {
                let node = try JSONNode(json5: file.bytes, at: file.name)
                try add(node, "", of: String(file.name.dropFirst(folder.count)), to: &own, isNamed: true)
                rows += own
            } catch { others.append(file) }
        }
        if !rows.isEmpty {
            let table = CatalogueTables.Table(name: name, columns: columns, lines: rows)
            others.append(CatalogFile(name: name, bytes: Array(table.csv.utf8)))
        }
        return CatalogueTables(others)
    }

    /// What a file of rules says, whatever its comments and its layout.
    static func canonical(_ node: JSONNode) -> [UInt8] { Array((text(node, "") + "\n").utf8) }

    private static func isRule(_ file: CatalogFile) -> Bool {
        file.name.hasPrefix(folder) && file.name.hasSuffix(".json5")
    }

    private static func add(
        _ node: JSONNode, _ path: String, of file: String, to rows: inout [[String]], isNamed: Bool = false
    ) throws(Refusal) {
        func leaf(_ kind: Kind, _ value: String) { rows.append([file, path, kind.rawValue, value]) }
        switch node {
        case .null: leaf(.null, "")
        case .flag(let flag): leaf(.flag, flag ? "oui" : "non")
        case .whole(let number): leaf(.whole, String(number))
        case .text(let text): leaf(.text, text)
        case .fraction:
            throw Refusal(
                "rules.table.fraction", at: file + path, because: "un nombre à virgule n'est pas une donnée de règle",
                remedy: "l'écrire entre guillemets")
        case .list(let items):
            if items.isEmpty { leaf(.emptyList, "") }
            let names = isNamed ? items.map(ownName) : []
            let areNames = !names.contains(nil) && Set(names).count == items.count
            for (index, item) in items.enumerated() {
                let step = areNames && isNamed ? names[index].map(written) ?? "" : "#\(index)"
                try add(item, "\(path)/\(step)", of: file, to: &rows, isNamed: isNamed)
            }
        case .object(let members):
            if members.isEmpty { leaf(.emptyObject, "") }
            for key in members.keys.sorted() {
                guard let member = members[key] else { continue }
                try add(member, path + "/" + written(key), of: file, to: &rows, isNamed: isNamed)
            }
        }
    }

    private static func ownName(_ item: JSONNode) -> String? {
        guard case .object(let members) = item else { return nil }
        for key in ["code", "id"] {
            if case .text(let name)? = members[key] { return name }
        }
        return nil
    }

    private static func written(_ key: String) -> String {
        let plain = key.replacing("~", with: "~0").replacing("/", with: "~1")
        return plain.hasPrefix("#") ? "~2" + plain.dropFirst() : plain
    }

    // MARK: Back

    /// The files of a catalogue with the rules of its table as files again; without a table, the files as they are.
    /// Refuses a table beside files of rules: which of the two counts would be a guess.
    package static func untabled(_ files: [CatalogFile]) throws(Refusal) -> [CatalogFile] {
        guard let table = files.first(where: { $0.name == name }) else { return files }
        guard !files.contains(where: isRule) else {
            throw Refusal(
                "rules.table.twice", at: name, because: "les règles y sont, et dans le dossier rules aussi",
                remedy: "garder l'un des deux")
        }
        var byFile = [String: [Line]](), order = [String]()
        for (file, line) in try lines(of: table) {
            if byFile[file] == nil { order.append(file) }
            byFile[file, default: []].append(line)
        }
        var out = files.filter { $0.name != name }
        for file in order {
            let node = try node(byFile[file] ?? [], at: file)
            out.append(CatalogFile(name: folder + file, bytes: Array((text(node, "") + "\n").utf8)))
        }
        return out
    }

    private static func lines(of file: CatalogFile) throws(Refusal) -> [(file: String, line: Line)] {
        let table = CSVTable(spreadsheet: file.bytes)
        if let defect = table.defect {
            throw Refusal(
                "rules.table.csv", at: "\(name):\(defect.line):\(defect.column)", because: defect.kind.cause,
                remedy: defect.kind.remedy)
        }
        guard let header = table.rows.first, header.map(\.text) == columns else {
            throw Refusal(
                "rules.table.columns", at: "\(name):1", because: "les colonnes ne sont pas celles des règles",
                remedy: "colonnes, dans cet ordre : " + columns.joined(separator: ", "))
        }
        var out: [(file: String, line: Line)] = []
        for cells in table.rows.dropFirst() {
            let number = cells[0].line
            guard cells.count == columns.count, cells[0].text.hasSuffix(".json5"),
                let kind = Kind(rawValue: cells[2].text), let value = value(kind, cells[3].text),
                let path = steps(cells[1].text)
            else {
                throw Refusal(
                    "rules.table.line", at: "\(name):\(number)", because: "cette ligne n'est pas une valeur de règle",
                    remedy: "fichier.json5, chemin, genre ("
                        + Kind.allCases.map(\.rawValue).joined(separator: ", ") + "), valeur")
            }
            out.append((cells[0].text, Line(path: path[...], value: value, number: number)))
        }
        return out
    }

    private static func value(_ kind: Kind, _ text: String) -> JSONNode? {
        switch kind {
        case .text: .text(text)
        case .whole: Int(text).map { .whole($0) }
        case .flag: text == "oui" ? .flag(true) : text == "non" ? .flag(false) : nil
        case .null: text.isEmpty ? .null : nil
        case .emptyList: text.isEmpty ? .list([]) : nil
        case .emptyObject: text.isEmpty ? .object([:]) : nil
        }
    }

    private static func steps(_ path: String) -> [Step]? {
        if path.isEmpty { return [] }
        guard path.hasPrefix("/") else { return nil }
        var steps = [Step]()
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if part.hasPrefix("#") {
                guard let place = Int(part.dropFirst()), place >= 0 else { return nil }
                steps.append(.place(place))
            } else {
                let plain = part.hasPrefix("~2") ? "#" + part.dropFirst(2) : String(part)
                steps.append(.key(plain.replacing("~1", with: "/").replacing("~0", with: "~")))
            }
        }
        return steps
    }

    /// The value that these lines make together.
    private static func node(_ lines: [Line], at place: String) throws(Refusal) -> JSONNode {
        func refuse(_ line: Line?, _ because: String) -> Refusal {
            Refusal(
                "rules.table.path", at: "\(name):\(line?.number ?? 1)", because: "\(place) : \(because)",
                remedy: "donner à chaque valeur un chemin à elle, et à chaque liste les rangs #0, #1, #2…")
        }
        if let whole = lines.first(where: { $0.path.isEmpty }) {
            guard lines.count == 1 else { throw refuse(whole, "une valeur et d'autres en dessous") }
            return whole.value
        }
        var groups = [Step: [Line]](), order = [Step]()
        for var line in lines {
            guard let step = line.path.popFirst() else { continue }
            if groups[step] == nil { order.append(step) }
            groups[step, default: []].append(line)
        }
        var members = [String: JSONNode](), items = [Int: JSONNode]()
        for step in order {
            let inner = groups[step] ?? []
            switch step {
            case .key(let key): members[key] = try node(inner, at: place + "/" + key)
            case .place(let index): items[index] = try node(inner, at: "\(place)/#\(index)")
            }
        }
        guard members.isEmpty || items.isEmpty else { throw refuse(lines.first, "une liste avec des clés") }
        if items.isEmpty { return .object(members) }
        let list = (0..<items.count).compactMap { items[$0] }
        guard list.count == items.count else { throw refuse(lines.first, "un rang manque dans la liste") }
        return .list(list)
    }

    /// JSON with sorted keys, two blanks a level: one table always gives the same bytes.
    private static func text(_ node: JSONNode, _ indent: String) -> String {
        let inner = indent + "  "
        func nested(_ open: String, _ parts: [String], _ close: String) -> String {
            parts.isEmpty
                ? open + close
                : open + "\n" + parts.map { inner + $0 }.joined(separator: ",\n") + "\n" + indent + close
        }
        switch node {
        case .null, .fraction: return "null"
        case .flag(let flag): return flag ? "true" : "false"
        case .whole(let number): return String(number)
        case .text(let value): return JSONString.quoted(value)
        case .list(let items): return nested("[", items.map { text($0, inner) }, "]")
        case .object(let members):
            return nested(
                "{",
                members.sorted { $0.key < $1.key }.map { JSONString.quoted($0.key) + ": " + text($0.value, inner) },
                "}")
        }
    }
}

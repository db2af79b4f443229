import Base

/// Collects what is wrong with a description: a driver is refused with all its faults at once, not with the first.
final class FindingLog {
    private(set) var findings: [Refusal] = []
    func add(_ code: String, at place: String, _ cause: String, _ remedy: String) {
        findings.append(Refusal(code, at: place, because: cause, remedy: remedy))
    }
    func add(_ refusal: Refusal) { findings.append(refusal) }
}

/// Reads the keys of one object, remembers which were asked for, and at the end refuses those that nobody asked for.
final class ObjectReader {
    let place: String
    let log: FindingLog
    private let members: [String: JSONNode]
    private var asked: Set<String> = []

    init(_ node: JSONNode, at place: String, log: FindingLog) {
        self.place = place
        self.log = log
        if case .object(let members) = node {
            self.members = members
        } else {
            members = [:]
            log.add(
                "driver.type", at: place, "un objet est attendu, \(node.kind) est écrit", "écrire { clé: valeur }")
        }
    }

    func key(_ name: String) -> String { place.hasSuffix(":") ? "\(place) \(name)" : "\(place).\(name)" }
    var keys: [String] { members.keys.sorted() }

    func node(_ name: String) -> JSONNode? {
        asked.insert(name)
        return members[name]
    }

    private func wrong(_ name: String, _ node: JSONNode, _ wanted: String) {
        log.add(
            "driver.type", at: key(name), "\(wanted) est attendu, \(node.kind) est écrit",
            "écrire \(wanted) à cet endroit")
    }

    func text(_ name: String) -> String? {
        guard let node = node(name) else { return nil }
        if case .text(let text) = node { return text }
        wrong(name, node, "un texte")
        return nil
    }

    func required(_ name: String) -> String {
        if let text = text(name), !text.isEmpty { return text }
        if members[name] == nil || members[name] == .text("") {
            log.add("driver.missing", at: key(name), "la clé manque ou est vide", "ajouter « \(name) »")
        }
        return ""
    }

    func whole(_ name: String) -> Int? {
        guard let node = node(name) else { return nil }
        if case .whole(let number) = node { return number }
        wrong(name, node, "un nombre entier")
        return nil
    }

    func flag(_ name: String) -> Bool? {
        guard let node = node(name) else { return nil }
        if case .flag(let flag) = node { return flag }
        wrong(name, node, "true ou false")
        return nil
    }

    func texts(_ name: String) -> [String]? {
        guard let node = node(name) else { return nil }
        if case .text(let text) = node { return [text] }
        guard case .list(let list) = node else {
            wrong(name, node, "une liste de textes")
            return nil
        }
        return list.enumerated().compactMap { i, node in
            if case .text(let text) = node { return text }
            wrong("\(name)[\(i)]", node, "un texte")
            return nil
        }
    }

    func choice<T: RawRepresentable & CaseIterable>(_ name: String, as type: T.Type) -> T? where T.RawValue == String {
        guard let text = text(name) else { return nil }
        if let value = T(rawValue: text) { return value }
        let known = T.allCases.map(\.rawValue).joined(separator: ", ")
        log.add("driver.value", at: key(name), "valeur inconnue « \(text) »", "choisir parmi : \(known)")
        return nil
    }

    func object(_ name: String) -> ObjectReader? {
        node(name).map { ObjectReader($0, at: key(name), log: log) }
    }

    func objects(_ name: String) -> [ObjectReader] {
        guard let node = node(name) else { return [] }
        guard case .list(let list) = node else {
            wrong(name, node, "une liste d'objets")
            return []
        }
        return list.enumerated().map { ObjectReader($1, at: key("\(name)[\($0)]"), log: log) }
    }

    /// `{ "N": "F", … }`
    func dictionary(_ name: String) -> [String: String]? {
        guard let reader = object(name) else { return nil }
        var out: [String: String] = [:]
        for key in reader.keys { out[key] = reader.text(key) }
        return out
    }

    /// Refuses the keys that nothing asked for.
    func finish() {
        for name in keys where !asked.contains(name) {
            log.add(
                "driver.key", at: key(name), "clé inconnue « \(name) »",
                "corriger le nom ou retirer la clé ; ici sont connues : \(asked.sorted().joined(separator: ", "))")
        }
    }
}

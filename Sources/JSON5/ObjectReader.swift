package import Base

/// Collects what is wrong with a file: it is refused with all its faults at once, not with the first.
package final class FindingLog {
    package private(set) var findings: [Refusal] = []
    /// First part of the refusals' codes: `driver`, `config`, `scenario`.
    package let subject: String
    package init(_ subject: String) { self.subject = subject }
    package func add(_ code: String, at place: String, _ cause: String, _ remedy: String) {
        findings.append(Refusal("\(subject).\(code)", at: place, because: cause, remedy: remedy))
    }
    package func add(_ refusal: Refusal) { findings.append(refusal) }
}

/// Reads the keys of one object, remembers which were asked for, and at the end refuses those that nobody asked for.
package final class ObjectReader {
    package let place: String
    package let log: FindingLog
    private let members: [String: JSONNode]
    private var asked: Set<String> = []

    package init(_ node: JSONNode, at place: String, log: FindingLog) {
        self.place = place
        self.log = log
        if case .object(let members) = node {
            self.members = members
        } else {
            members = [:]
            log.add("type", at: place, "un objet est attendu, \(node.kind) est écrit", "écrire { clé: valeur }")
        }
    }

    package func key(_ name: String) -> String { place.hasSuffix(":") ? "\(place) \(name)" : "\(place).\(name)" }
    package var keys: [String] { members.keys.sorted() }

    package func node(_ name: String) -> JSONNode? {
        asked.insert(name)
        return members[name]
    }

    private func wrong(_ name: String, _ node: JSONNode, _ wanted: String) {
        log.add(
            "type", at: key(name), "\(wanted) est attendu, \(node.kind) est écrit",
            "écrire \(wanted) à cet endroit")
    }

    package func text(_ name: String) -> String? {
        guard let node = node(name) else { return nil }
        if case .text(let text) = node { return text }
        wrong(name, node, "un texte")
        return nil
    }

    package func required(_ name: String) -> String {
        if let text = text(name), !text.isEmpty { return text }
        if members[name] == nil || members[name] == .text("") {
            log.add("missing", at: key(name), "la clé manque ou est vide", "ajouter « \(name) »")
        }
        return ""
    }

    package func whole(_ name: String) -> Int? {
        guard let node = node(name) else { return nil }
        if case .whole(let number) = node { return number }
        wrong(name, node, "un nombre entier")
        return nil
    }

    package func flag(_ name: String) -> Bool? {
        guard let node = node(name) else { return nil }
        if case .flag(let flag) = node { return flag }
        wrong(name, node, "true ou false")
        return nil
    }

    package func texts(_ name: String) -> [String]? {
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

    package func choice<T: RawRepresentable & CaseIterable>(_ name: String, as type: T.Type) -> T?
    where T.RawValue == String {
        guard let text = text(name) else { return nil }
        if let value = T(rawValue: text) { return value }
        let known = T.allCases.map(\.rawValue).joined(separator: ", ")
        log.add("value", at: key(name), "valeur inconnue « \(text) »", "choisir parmi : \(known)")
        return nil
    }

    package func object(_ name: String) -> ObjectReader? {
        node(name).map { ObjectReader($0, at: key(name), log: log) }
    }

    package func objects(_ name: String) -> [ObjectReader] {
        guard let node = node(name) else { return [] }
        guard case .list(let list) = node else {
            wrong(name, node, "une liste d'objets")
            return []
        }
        return list.enumerated().map { ObjectReader($1, at: key("\(name)[\($0)]"), log: log) }
    }

    /// `{ "N": "F", … }`
    package func dictionary(_ name: String) -> [String: String]? {
        guard let reader = object(name) else { return nil }
        var out: [String: String] = [:]
        for key in reader.keys { out[key] = reader.text(key) }
        return out
    }

    /// Refuses the keys that nothing asked for.
    package func finish() {
        for name in keys where !asked.contains(name) {
            log.add(
                "key", at: key(name), "clé inconnue « \(name) »",
                "corriger le nom ou retirer la clé ; ici sont connues : \(asked.sorted().joined(separator: ", "))")
        }
    }
}

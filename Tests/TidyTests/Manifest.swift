/// What Package.swift says of the rooms, read from its text.
struct Manifest {
    enum Kind: String { case room, shell, program, tests, c, systemLibrary }

    struct Room: Equatable {
        var kind: Kind
        var name: String
        /// Folder, from the root.
        var path: String
        /// Names in quotes: products of other packages are left out, no pure room has any.
        var imports: Set<String>
    }

    var rooms: [Room]

    init(_ text: String) {
        // A helper's name, the target's name, and the rest up to the closing bracket, two pairs of brackets deep.
        let declaration =
            #/
            \b(room|shell|program|tests|c|systemLibrary)\(\s*(?:name:\s*)?"(\w+)"
            ((?:[^()]|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))*)\)
            /#
        rooms = text.matches(of: declaration).compactMap { match in
            guard let kind = Kind(rawValue: String(match.1)) else { return nil }
            let name = String(match.2), rest = match.3
            let given = rest.firstMatch(of: /(?:at|path):\s*"([^"]+)"/).map { String($0.1) }
            let list = rest.firstMatch(of: /(?s)imports:\s*\[(.*?)\]/)?.1 ?? ""
            let usual = kind == .tests ? "Tests/\(name)" : "Sources/\(name)"
            return Room(
                kind: kind, name: name, path: given ?? usual,
                imports: Set(list.matches(of: /"(\w+)"/).map { String($0.1) }))
        }
    }

    /// The room that holds a file.
    func room(of path: String) -> Room? { rooms.first { path.hasPrefix($0.path + "/") } }
}

/// Something untidy: where, what, and what to do instead.
struct Finding: Equatable, CustomStringConvertible {
    var path: String
    var line: Int
    var what: String
    var remedy: String
    var description: String { "\(path):\(line): \(what) → \(remedy)" }
}

/// A pattern that we do not write, and what replaces it.
struct Ban {
    var name: String
    /// One of these words stands in every line that the pattern finds: most lines are never shown to the slow pattern.
    var words: [String]
    var pattern: @Sendable (String) -> Bool
    /// Which files it concerns, by path from the root and by whether they belong to a pure room.
    var concerns: @Sendable (_ path: String, _ isPure: Bool) -> Bool
    /// Looks at comments and texts too.
    var readsEverything = false
    var remedy: String
}

/// The rules of the house, each a function from text to findings (HOUSE section 6.11).
enum Check {
    static let lineLimit = 120
    static let functionLimit = 70
    static let fileLimit = 600

    static func lineLengths(_ path: String, _ text: SwiftText) -> [Finding] {
        text.lines.enumerated().filter { $0.element.count > lineLimit }.map { n, line in
            Finding(
                path: path, line: n + 1, what: "\(line.count) characters in a line",
                remedy: "break the line at \(lineLimit)")
        }
    }

    static func fileLength(_ path: String, _ text: SwiftText, listed: [String: Int] = [:]) -> [Finding] {
        let count = text.lines.last == "" ? text.lines.count - 1 : text.lines.count
        let limit = listed[path] ?? fileLimit
        guard count > limit else { return [] }
        return [
            Finding(
                path: path, line: count, what: "\(count) lines in a file (limit \(limit))",
                remedy: "split it by concept, or list it in House.longFiles with the reason")
        ]
    }

    /// Functions, initialisers and deinitialisers, from their keyword to their closing brace.
    static func functionLengths(_ path: String, _ text: SwiftText) -> [Finding] {
        let keyword = /\b(func|init|deinit|subscript)\b/
        var findings = [Finding]()
        for (n, line) in text.code.enumerated() {
            guard let match = line.firstMatch(of: keyword), !line[..<match.range.lowerBound].hasSuffix(".") else {
                continue
            }
            let start = line.distance(from: line.startIndex, to: match.range.upperBound)
            guard let end = endOfBody(text.code, line: n, column: start) else { continue }
            let count = end - n + 1
            guard count > functionLimit else { continue }
            findings.append(
                Finding(
                    path: path, line: n + 1, what: "\(count) lines in a function (limit \(functionLimit))",
                    remedy: "give a name to a part of it"))
        }
        return findings
    }

    private static var nextDeclaration: Regex<Substring> {
        /^\s*(?:@?\w+(?:\([^)]*\))?\s+)*(?:func|var|let|init|case)\b|^\s*\}/
    }

    /// The line of the brace that closes the body of the declaration; nil when it has none (a requirement, a call).
    private static func endOfBody(_ code: [String], line: Int, column: Int) -> Int? {
        var brackets = 0
        var braces = 0
        for n in line..<code.count {
            let text = n == line ? code[n].dropFirst(column) : code[n][...]
            // A declaration without a body ends where another one begins.
            if n > line, braces == 0, brackets == 0, text.contains(nextDeclaration) {
                return nil
            }
            for character in text {
                switch character {
                case "(", "[": brackets += 1
                case ")", "]": brackets -= 1
                case "{" where brackets == 0 || braces > 0: braces += 1
                case "}" where braces > 0:
                    braces -= 1
                    if braces == 0 { return n }
                case "}" where brackets == 0: return nil
                case _: break
                }
                if braces == 0 && brackets < 0 { return nil }
            }
        }
        return nil
    }

    static func bans(_ path: String, isPure: Bool, _ text: SwiftText, bans: [Ban]) -> [Finding] {
        var findings = [Finding]()
        for ban in bans where ban.concerns(path, isPure) {
            let words = ban.words.filter { text.whole.contains($0) }
            if words.isEmpty { continue }
            for (n, line) in (ban.readsEverything ? text.lines : text.code).enumerated() {
                guard words.contains(where: { line.contains($0) }), ban.pattern(line) else { continue }
                findings.append(Finding(path: path, line: n + 1, what: ban.name, remedy: ban.remedy))
            }
        }
        return findings
    }

    /// Imports of a pure room: what the manifest says, and FoundationEssentials where it is listed.
    static func imports(_ path: String, room: Manifest.Room, _ text: SwiftText, decodes: Bool) -> [Finding] {
        let pattern =
            /^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|func|var|let|protocol|typealias)\s+)?(\w+)/
        var findings = [Finding]()
        for (n, line) in text.code.enumerated() {
            guard let name = line.firstMatch(of: pattern).map({ String($0.1) }) else { continue }
            if room.imports.contains(name) || (name == "FoundationEssentials" && decodes) { continue }
            let remedy =
                switch name {
                case "FoundationEssentials": "decode in a listed room, or list this one in House.decodingRooms"
                case "Foundation", "Glibc", "Dispatch", "Synchronization":
                    "a pure room holds no clock, file, thread or lock: take the value as an argument"
                case _: "declare it in Package.swift if the picture of the house allows it"
                }
            findings.append(
                Finding(path: path, line: n + 1, what: "room \(room.name) imports \(name)", remedy: remedy))
        }
        return findings
    }

    /// Relative links of a Markdown text. `exists` answers for a path from the root; `..` above the root never exists.
    static func links(_ path: String, _ text: String, exists: (String) -> Bool) -> [Finding] {
        var findings = [Finding]()
        var isCode = false
        for (n, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            for match in line.matches(of: /\]\(([^)\s#]+)(?:#[^)]*)?\)/) {
                let target = String(match.1)
                if target.contains("://") || target.hasPrefix("mailto:") { continue }
                if let resolved = resolve(target, from: path), exists(resolved) { continue }
                findings.append(
                    Finding(
                        path: path, line: n + 1, what: "link to \(target), which is not there",
                        remedy: "link to a file of this repository, relative to this one"))
            }
        }
        return findings
    }

    static func resolve(_ target: String, from path: String) -> String? {
        var parts = path.split(separator: "/").dropLast().map { String($0) }
        for part in target.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

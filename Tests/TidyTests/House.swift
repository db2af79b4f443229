import Foundation
import TestSupport

/// This repository as the tidy tests see it, and the exceptions that we allow, each with its reason.
enum House {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let topLevel: Set<String> = [
        ".ci", ".editorconfig", ".gitattributes", ".gitignore", ".swift-format", "Catalog", "Drivers", "LICENSE",
        "Makefile", "Package.swift", "README.md", "Simulators", "Sources", "Tests",
    ]

    /// Files longer than `Check.fileLimit`, with the limit of each.
    static let longFiles: [String: Int] = [:]

    /// Pure rooms that decode JSON5 and so may import FoundationEssentials.
    static let decodingRooms: Set<String> = ["AnalyzerSimulator", "Drivers", "JSON5"]

    static let bans: [Ban] = [
        Ban(
            name: "Date() in a pure room", words: ["Date", "Clock"],
            pattern: { $0.contains(/\b(Date|\w*Clock)(\(\)|\.now\b)/) },
            concerns: { $1 }, remedy: "take the Instant as an argument"),
        Ban(
            name: "a binary floating-point number in Laboratory", words: ["Double", "Float"],
            pattern: { $0.contains(/\b(Double|Float)\b/) },
            concerns: { path, _ in path.hasPrefix("Sources/Laboratory/") }, remedy: "use Base.Exact or Base.Measured"),
        Ban(
            name: "try!", words: ["try!"], pattern: { $0.contains(/\btry!/) }, concerns: { _, _ in true },
            remedy: "throw a Refusal, or use try? with a guard that says why"),
        Ban(
            name: "print( outside an executable", words: ["print("], pattern: { $0.contains(/(^|[^.\w])print\(/) },
            concerns: { path, _ in
                let speaks = ["Sources/paillasse/", "Simulators/simulate/", "Tests/"]
                return !speaks.contains { path.hasPrefix($0) }
            }, remedy: "return the text to the command that shows it, or write to the log"),
        Ban(
            name: "default: in a pure room", words: ["default"], pattern: { $0.contains(/^\s*default\s*:/) },
            concerns: { $1 }, remedy: "name the cases of our own enums; over numbers and texts write case _:"),
        Ban(
            name: "Foundation's Process in a test (why: Tests/Support/Children/Child.swift)",
            words: ["Process("], pattern: { $0.contains(/\bProcess\(\)/) },
            concerns: { path, _ in path.hasPrefix("Tests/") && !path.hasPrefix("Tests/Bench/") },
            remedy: "start a TestSupport.Child"),
        Ban(
            name: "a note of work to come", words: ["TO" + "DO", "FIX" + "ME", "XX" + "X"],
            pattern: { $0.contains(/\b(T[O]DO|FIX[M]E|X[X]X)\b/) },
            concerns: { _, _ in true }, readsEverything: true, remedy: "open an issue, or do it now"),
        Ban(
            name: "InlineArray (its writes can vanish at -O with Swift 6.3.1)",
            words: ["InlineArray", " of "], pattern: { $0.contains(/\bInlineArray\b|\[\s*\w+ of \w/) },
            concerns: { _, _ in true }, remedy: "use named properties, a tuple or an Array"),
        Ban(
            name: "a path of one machine", words: ["/wor" + "k/", "/far" + "m/", "/roo" + "t/", "/hom" + "e/"],
            pattern: { $0.contains(/(^|[^\w.])\/(wor[k]|far[m]|roo[t]|hom[e])\//) },
            concerns: { _, _ in true }, readsEverything: true,
            remedy: "find the root with #filePath, or take the path from the configuration"),
    ]

    /// Files of the repository that git does not ignore, from the root; everything under the known folders without git.
    static let files: [String] = {
        // A clone may belong to another user than the one who tests it.
        let words = [
            "git", "-c", "safe.directory=*", "-C", root.path, "ls-files", "-z", "--cached", "--others",
            "--exclude-standard",
        ]
        guard let ran = try? Child.runHere("/usr/bin/env", words), ran.code == 0, !ran.output.isEmpty else {
            return walk()
        }
        let listed = ran.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return Set(listed).sorted().filter { FileManager.default.fileExists(atPath: root.path + "/" + $0) }
    }()

    private static func walk() -> [String] {
        topLevel.sorted().flatMap { name -> [String] in
            let folder = root.appendingPathComponent(name)
            guard let inside = FileManager.default.enumerator(atPath: folder.path) else { return [] }
            let paths = inside.compactMap { $0 as? String }
            return paths.isEmpty ? [name] : paths.map { name + "/" + $0 }.filter { !isFolder($0) }
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var answer: ObjCBool = false
        return FileManager.default.fileExists(atPath: root.path + "/" + path, isDirectory: &answer) && answer.boolValue
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.path + "/" + path) }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Our own Swift sources, painted.
    static let sources: [(path: String, text: SwiftText)] = files.filter { $0.hasSuffix(".swift") }.compactMap { path in
        (try? text(path)).map { (path, SwiftText($0)) }
    }

    static func manifest() throws -> Manifest { Manifest(try text("Package.swift")) }
}

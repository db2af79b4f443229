package import Foundation
import TestSupport

/// The official judges of `../shared/cisis/validator` and the files beside the tests, for every test that needs them.
///
/// No call blocks the tasks' threads.
package enum Judges {
    /// The checkout.
    package static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// `PAILLASSE_SHARED`, or `shared` beside the checkout; nil, said loudly, when there is none.
    package static func shared(for test: String) -> URL? {
        let named = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("cisis").path) { return folder }
        print("SKIPPED (no ../shared): \(test)")
        return nil
    }

    /// Files under a folder of `cisis` whose names end so, by name, in order.
    package static func files(_ path: String, in shared: URL, _ suffixes: [String]) throws -> [(String, [UInt8])] {
        let folder = shared.appendingPathComponent("cisis").appendingPathComponent(path)
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            .filter { name in suffixes.contains { name.hasSuffix($0) } }
            .map { ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0)))) }
    }

    /// What `validate_cda.py --plus` finds in the documents, one line an error; empty when nothing.
    package static func cdaErrors(in documents: [String: [UInt8]], shared: URL) async throws -> String {
        try await errors("validate_cda.py", ["--plus"], in: documents, suffix: ".xml", shared: shared)
    }

    /// What `check_pfi.py` finds in the messages, one line an error; empty when nothing.
    package static func pfiErrors(in messages: [String: [UInt8]], shared: URL) async throws -> String {
        try await errors("check_pfi.py", [], in: messages, suffix: ".hl7", shared: shared)
    }

    /// What a browser would show of an XML file that is its own style sheet.
    package static func shown(_ file: [UInt8]) async throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("shown-\(UUID().uuidString).xml")
        try Data(file).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let program = """
            import sys
            from lxml import etree
            huge = etree.XMLParser(huge_tree=True)
            file = etree.parse(sys.argv[1], huge)
            sys.stdout.buffer.write(etree.tostring(etree.XSLT(file)(file), method="html", encoding="utf-8"))
            """
        let result = try await run(try await python.value, ["-c", program, path.path])
        guard result.status == 0 else { throw CocoaError(.fileReadCorruptFile, userInfo: ["xslt": result.output]) }
        return result.output
    }

    /// From how many files on two processes share the work: each takes three seconds to start.
    private static let lot = 40

    private static func errors(
        _ script: String, _ options: [String], in files: [String: [UInt8]], suffix: String, shared: URL
    ) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let file = folder.appendingPathComponent(name + suffix)
            try Data(bytes).write(to: file)
            paths.append(file.path)
        }
        let judge = shared.appendingPathComponent("cisis/validator/\(script)").path
        let half = paths.count > lot ? paths.count / 2 : paths.count
        let (first, second) = (Array(paths[..<half]), Array(paths[half...]))
        async let one = judged(judge, options, first)
        async let two = judged(judge, options, second)
        return try await [one, two].filter { !$0.isEmpty }.joined(separator: "\n")
            .replacingOccurrences(of: folder.path + "/", with: "")
    }

    private static func judged(_ judge: String, _ options: [String], _ paths: [String]) async throws -> String {
        guard !paths.isEmpty else { return "" }
        let result = try await run(try await python.value, [judge] + options + paths)
        let isClean =
            result.status == 0 && result.output.hasSuffix(", 0 errors\n")
            && result.output.split(separator: "\n").last?.hasPrefix("\(paths.count) ") == true
        return isClean ? "" : result.output
    }

    /// A Python that has lxml and saxonche: `PAILLASSE_PYTHON`, or a virtual environment made once in `.build/venv`.
    private static let python = Task { () async throws -> String in
        if let named = ProcessInfo.processInfo.environment["PAILLASSE_PYTHON"] { return named }
        let folder = root.appendingPathComponent(".build/venv")
        let python = folder.appendingPathComponent("bin/python").path
        if try await run(python, ["-c", "import lxml, saxonche"]).status != 0 {
            _ = try await run("/usr/bin/env", ["python3", "-m", "venv", folder.path])
            let made = try await run(python, ["-m", "pip", "install", "--quiet", "lxml", "saxonche"])
            guard made.status == 0 else { throw CocoaError(.executableLoad, userInfo: ["pip": made.output]) }
        }
        return python
    }

    /// Runs a program to its end; what it wrote, then what it complained of.
    private static func run(_ tool: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        guard FileManager.default.isExecutableFile(atPath: tool) else { return (127, "no \(tool)") }
        let ran = try await Child.run(tool, arguments)
        return (ran.code, ran.complaintText + ran.text)
    }
}

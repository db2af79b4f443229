import Foundation
import TestSupport

/// `../shared` beside the checkout (or `PAILLASSE_SHARED`): official examples and the PFI checker, read in place.
enum Shared {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    static func folder(for test: String) -> URL? {
        let named = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("cisis").path) { return folder }
        print("SKIPPED (no ../shared): \(test)")
        return nil
    }

    /// Files under a folder of `cisis`, by name.
    static func files(_ path: String, in shared: URL, _ suffixes: [String]) throws -> [(String, [UInt8])] {
        let folder = shared.appendingPathComponent("cisis").appendingPathComponent(path)
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            .filter { name in suffixes.contains { name.hasSuffix($0) } }
            .map { ($0, Array(try Data(contentsOf: folder.appendingPathComponent($0)))) }
    }

    /// A Python that has lxml: `PAILLASSE_PYTHON`, or a virtual environment made once in `.build/venv`.
    static func python() throws -> String {
        if let named = ProcessInfo.processInfo.environment["PAILLASSE_PYTHON"] { return named }
        let folder = root.appendingPathComponent(".build/venv")
        let python = folder.appendingPathComponent("bin/python").path
        if try run(python, ["-c", "import lxml"]).status != 0 {
            _ = try run("/usr/bin/env", ["python3", "-m", "venv", folder.path])
            let made = try run(python, ["-m", "pip", "install", "--quiet", "lxml", "saxonche"])
            guard made.status == 0 else { throw CocoaError(.executableLoad, userInfo: ["pip": made.output]) }
        }
        return python
    }

    static func run(_ tool: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        guard FileManager.default.isExecutableFile(atPath: tool) else { return (127, "no \(tool)") }
        let ran = try Child.runHere(tool, arguments)
        return (ran.code, ran.text + ran.complaintText)
    }

    /// What `check_pfi.py` finds in the messages; empty when nothing.
    static func pfiErrors(in messages: [String: [UInt8]], shared: URL) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-pfi-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var files: [String] = []
        for (name, bytes) in messages.sorted(by: { $0.key < $1.key }) {
            let file = folder.appendingPathComponent(name + ".hl7")
            try Data(bytes).write(to: file)
            files.append(file.path)
        }
        let script = shared.appendingPathComponent("cisis/validator/check_pfi.py").path
        let result = try run(try python(), [script] + files)
        return result.output.contains("\(files.count) messages, 0 errors") && result.status == 0 ? "" : result.output
    }
}

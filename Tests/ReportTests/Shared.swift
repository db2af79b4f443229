import Catalog
import Foundation
import TestSupport

/// Files beside the tests: the catalogue that the project ships, and the judges of `../shared` when they are there.
enum Shared {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    static func catalogue() throws -> AnalysisCatalogue {
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        let folder = root.appendingPathComponent("Catalog")
        let files = try names.map {
            CatalogFile(name: $0, bytes: Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
        return try AnalysisCatalogue.load(files, version: CatalogVersion("test"))
    }

    static func folder(for test: String) -> URL? {
        let named = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"].map { URL(fileURLWithPath: $0) }
        let folder = named ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("cisis").path) { return folder }
        print("SKIPPED (no ../shared): \(test)")
        return nil
    }

    /// A Python that has lxml and saxonche: `PAILLASSE_PYTHON`, or a virtual environment made once in `.build/venv`.
    static func python() throws -> String {
        if let named = ProcessInfo.processInfo.environment["PAILLASSE_PYTHON"] { return named }
        let folder = root.appendingPathComponent(".build/venv")
        let python = folder.appendingPathComponent("bin/python").path
        if try run(python, ["-c", "import lxml, saxonche"]).status != 0 {
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

    /// What a judge of `cisis/validator` finds in the files; empty when nothing.
    static func errors(
        _ script: String, _ options: [String] = [], in files: [String: [UInt8]], shared: URL
    ) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "paillasse-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let file = folder.appendingPathComponent(name)
            try Data(bytes).write(to: file)
            paths.append(file.path)
        }
        let judge = shared.appendingPathComponent("cisis/validator/\(script)").path
        let result = try run(try python(), [judge] + options + paths)
        return result.status == 0 && result.output.contains(", 0 errors") ? "" : result.output
    }
}

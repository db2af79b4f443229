import Foundation
import TestSupport

/// The official CR-BIO rules (XSD and schematrons), run by `../shared/cisis/validator`, when it is there.
enum OfficialValidator {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// `PAILLASSE_SHARED`, or `shared` beside the checkout; nil, said loudly, when there is none.
    static func shared(for test: String) -> URL? {
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

    /// Writes the documents in a folder of their own and gives them all to one run; the errors, one a line.
    static func errors(in documents: [String: [UInt8]], shared: URL) throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("paillasse-cda-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var files: [String] = []
        for (name, bytes) in documents.sorted(by: { $0.key < $1.key }) {
            let file = folder.appendingPathComponent(name + ".xml")
            try Data(bytes).write(to: file)
            files.append(file.path)
        }
        let script = shared.appendingPathComponent("cisis/validator/validate_cda.py").path
        let result = try run(try python(), [script, "--plus"] + files)
        if result.status == 0 {
            try FileManager.default.removeItem(at: folder)
            return result.output.contains("\(files.count) documents, 0 errors") ? "" : result.output
        }
        return result.output
    }
}

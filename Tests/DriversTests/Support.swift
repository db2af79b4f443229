import FoundationEssentials
import Testing

@testable import Drivers

/// Files of the repository, and of the shared material beside it.
enum Place {
    static let root: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// The folder of shared material; nil, with a loud line, where it is not there.
    static func shared(for test: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PAILLASSE_SHARED"] ?? root + "/../shared"
        if FileManager.default.fileExists(atPath: path) { return path }
        print("SKIPPED (no ../shared): \(test)")
        return nil
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    static func folder(_ name: String) throws -> DriverFolder {
        var folder = DriverFolder(name: name, files: [:])
        let path = root + "/Drivers/" + name
        for file in try names(in: path) where file.contains(".") { folder.files[file] = try bytes("\(path)/\(file)") }
        for file in (try? names(in: path + "/transcripts")) ?? [] {
            folder.files["transcripts/\(file)"] = try bytes("\(path)/transcripts/\(file)")
        }
        return folder
    }

    static func folders() throws -> [DriverFolder] {
        try names(in: root + "/Drivers").filter { !$0.contains(".") }.map { try folder($0) }
    }

    /// The driver of a folder, its transcripts unchecked.
    static func driver(_ name: String) throws -> Driver {
        let folder = try folder(name)
        let (description, findings) = DriverDescription.read(folder.files["driver.json5"] ?? [], name: name)
        return Driver(try #require(description, "\(findings)"))
    }
}

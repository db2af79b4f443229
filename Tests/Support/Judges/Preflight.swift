import Foundation
import TestSupport

/// Apache PDFBox preflight, which judges PDF/A-1b (Debian: libpdfbox2-java and what it needs).
package enum Preflight {
    private static let jars = [
        "preflight", "pdfbox2", "xmpbox", "fontbox2", "commons-logging", "jaxb-api", "javax.activation",
    ].map { "/usr/share/java/\($0).jar" }

    /// What it says of a file that is as it should be begins so.
    package static let sound = "a valid PDF/A-1b file"

    /// What it says of each file, by name; nil, loudly, where there is no Java or no preflight.
    package static func verdicts(
        _ files: [String: [UInt8]], for test: String
    ) async throws -> [String: String]? {
        let java = "/usr/bin/java"
        let missing = ([java] + jars).filter { !FileManager.default.fileExists(atPath: $0) }
        guard missing.isEmpty else {
            print("SKIPPED (no \(missing.joined(separator: ", "))): \(test)")
            return nil
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "paillasse-pdfa-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name + ".pdf")) }
        let ran = try await Child.run(
            java,
            ["-cp", jars.joined(separator: ":"), "org.apache.pdfbox.preflight.Validator_A1b", "batch", folder.path])
        let text = ran.text + ran.complaintText
        // One line of verdict a file, then its errors, up to the next file.
        let told = Dictionary(
            text.split(separator: "The file ").compactMap { part -> (String, String)? in
                guard let name = part.firstRange(of: ".pdf is ") else { return nil }
                return (String(part[..<name.lowerBound]), String(part[name.upperBound...].prefix(400)))
            }, uniquingKeysWith: { first, _ in first })
        return files.keys.reduce(into: [:]) { $0[$1] = told[$1] ?? "no verdict: \(text.prefix(400))" }
    }
}

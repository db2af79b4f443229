package import Base
package import Catalog
package import Drivers
import Foundation
import Rules

/// Reads what pure rooms take as values: the catalogue's files, the drivers' folders.
package enum DataFiles {
    package static func bytes(_ path: String) throws(Refusal) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Refusal(
                "file.unreadable", at: path, because: "ce fichier n'existe pas ou n'est pas lisible",
                remedy: "vérifier le chemin et les droits")
        }
        return Array(data)
    }

    private static func names(_ folder: String) throws(Refusal) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw Refusal(
                "folder.unreadable", at: folder, because: "ce dossier n'existe pas ou n'est pas lisible",
                remedy: "vérifier le chemin et les droits")
        }
    }

    /// The tables of a catalogue folder, its controls (`controls/NAME.csv`) and its rules (`rules/NAME.json5`, or the
    /// table `regles.csv` in their place, as an export writes it).
    package static func catalogue(_ folder: String) throws(Refusal) -> [CatalogFile] {
        var files = [CatalogFile]()
        for name in try names(folder) where name.hasSuffix(".csv") {
            files.append(CatalogFile(name: name, bytes: try bytes(folder + "/" + name)))
        }
        for (inner, suffix) in [("controls", ".csv"), ("rules", ".json5")] where isFolder("\(folder)/\(inner)") {
            for name in try names("\(folder)/\(inner)") where name.hasSuffix(suffix) {
                files.append(
                    CatalogFile(name: "\(inner)/\(name)", bytes: try bytes("\(folder)/\(inner)/\(name)")))
            }
        }
        for name in ["annexes/approbations.csv", "annexes/rattachements.csv"]
        where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            files.append(CatalogFile(name: name, bytes: try bytes("\(folder)/\(name)")))
        }
        return try RuleTable.untabled(files)
    }

    /// Writes files under a folder that is empty or not there yet, so that nothing of a person's is overwritten.
    package static func write(_ files: [CatalogFile], to folder: String) throws(Refusal) {
        if let found = try? FileManager.default.contentsOfDirectory(atPath: folder), !found.isEmpty {
            throw Refusal(
                "folder.used", at: folder, because: "ce dossier n'est pas vide",
                remedy: "donner un dossier neuf : l'exportation n'écrase rien")
        }
        for file in files {
            let path = folder + "/" + file.name
            do {
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data(file.bytes).write(to: URL(fileURLWithPath: path))
            } catch {
                throw Refusal(
                    "file.write", at: path, because: "ce fichier ne peut être écrit",
                    remedy: "vérifier le dossier, les droits et la place")
            }
        }
    }

    /// Each sub-folder of a drivers folder, with its files two levels deep.
    package static func drivers(_ folder: String) throws(Refusal) -> [DriverFolder] {
        var folders = [DriverFolder]()
        for name in try names(folder) where isFolder(folder + "/" + name) {
            folders.append(try driver(folder + "/" + name, name: name))
        }
        return folders
    }

    package static func driver(_ path: String, name: String) throws(Refusal) -> DriverFolder {
        var files = [String: [UInt8]]()
        for entry in try names(path) {
            if isFolder(path + "/" + entry) {
                for inner in try names(path + "/" + entry) where !isFolder("\(path)/\(entry)/\(inner)") {
                    files["\(entry)/\(inner)"] = try bytes("\(path)/\(entry)/\(inner)")
                }
            } else {
                files[entry] = try bytes(path + "/" + entry)
            }
        }
        return DriverFolder(name: name, files: files)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}

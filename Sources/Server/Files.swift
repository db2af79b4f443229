package import Base
package import Catalog
package import Drivers
import Foundation

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

    /// The CSV files of a catalogue folder.
    package static func catalogue(_ folder: String) throws(Refusal) -> [CatalogFile] {
        var files = [CatalogFile]()
        for name in try names(folder) where name.hasSuffix(".csv") {
            files.append(CatalogFile(name: name, bytes: try bytes(folder + "/" + name)))
        }
        return files
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

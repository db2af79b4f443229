package import Base
import Foundation
import Glibc

/// The tokens of the person at this machine, one a server: `$PAILLASSE_HOME/token.json`, else
/// `~/.config/paillasse/token.json`. Readable by its owner only (0600 in a 0700 folder); a laxer file is refused.
package struct TokenFile: Sendable {
    package struct Entry: Codable, Sendable, Hashable {
        package var token: String
        package var login: String
        package var expiresAt: Moment
        package init(token: String, login: String, expiresAt: Moment) {
            self.token = token
            self.login = login
            self.expiresAt = expiresAt
        }
    }

    package let path: String

    package init(path: String) { self.path = path }

    package static func standard(environment: [String: String]) throws(Refusal) -> TokenFile {
        if let home = environment["PAILLASSE_HOME"], !home.isEmpty { return TokenFile(path: home + "/token.json") }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw Refusal(
                "client.home", because: "ni HOME ni PAILLASSE_HOME dans l'environnement",
                remedy: "donner PAILLASSE_HOME=dossier")
        }
        return TokenFile(path: home + "/.config/paillasse/token.json")
    }

    package func entry(for server: ServerAddress) throws(Refusal) -> Entry? { try read()[server.text] }

    package func keep(_ entry: Entry, for server: ServerAddress) throws(Refusal) {
        var entries = try read()
        entries[server.text] = entry
        try write(entries)
    }

    package func forget(_ server: ServerAddress) throws(Refusal) {
        var entries = try read()
        guard entries.removeValue(forKey: server.text) != nil else { return }
        try write(entries)
    }

    private func read() throws(Refusal) -> [String: Entry] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return [:] }
        guard facts.st_mode & 0o077 == 0 else {
            throw Refusal(
                "client.token.mode", at: path, because: "d'autres comptes de la machine peuvent lire ce fichier",
                remedy: "chmod 600 \(path), puis paillasse login")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Refusal("client.token.read", at: path, because: "fichier illisible", remedy: "vérifier ses droits")
        }
        do { return try JSONDecoder().decode([String: Entry].self, from: data) } catch {
            throw Refusal(
                "client.token.form", at: path, because: "ce fichier n'est pas celui des jetons",
                remedy: "l'effacer, puis paillasse login")
        }
    }

    /// Whole or not at all: a new file beside, then renamed.
    private func write(_ entries: [String: Entry]) throws(Refusal) {
        let failure = Refusal(
            "client.token.write", at: path, because: "écriture impossible", remedy: "vérifier les droits du dossier")
        let folder = (path as NSString).deletingLastPathComponent
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try SecretFile.write(Array(encoder.encode(entries)), to: path)
        } catch let refusal as Refusal { throw refusal } catch { throw failure }
    }
}

/// Files that hold a secret: mode 0600 from their first byte on.
package enum SecretFile {
    package static func write(_ bytes: [UInt8], to path: String) throws(Refusal) {
        let beside = path + ".\(getpid()).new"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else {
                close(descriptor)
                unlink(beside)
                throw failure(path)
            }
            rest = rest.dropFirst(written)
        }
        let synced = fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        close(descriptor)
        guard synced, rename(beside, path) == 0 else {
            unlink(beside)
            throw failure(path)
        }
    }

    private static func failure(_ path: String) -> Refusal {
        Refusal(
            "file.write", at: path, because: "écriture impossible : \(String(cString: strerror(errno)))",
            remedy: "vérifier le dossier, ses droits et la place libre")
    }
}

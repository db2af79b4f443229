package import Base
package import Client
package import Console
import Crypto
import Foundation

/// Drafts of one person at one server, sealed with AES-256-GCM. The key is a file of this account only (0600) beside
/// the tokens: a copy of the drafts, in a backup or on a share, says nothing without it.
package struct DraftFile: Sendable {
    package let path: String
    private let keyPath: String
    private let bound: [UInt8]

    /// `tokens`: where the tokens of this machine are.
    package init(beside tokens: TokenFile, server: String, login: String) {
        bound = DraftFile.bound(server, login)
        path = DraftFile.path(beside: tokens, server: server, login: login, "drafts", "sealed")
        keyPath = DraftFile.folder(tokens) + "/drafts.key"
    }

    private static func folder(_ tokens: TokenFile) -> String {
        (tokens.path as NSString).deletingLastPathComponent
    }
    private static func bound(_ server: String, _ login: String) -> [UInt8] { Array((server + "\u{1F}" + login).utf8) }

    /// A file of one person at one server, whose name says neither.
    static func path(
        beside tokens: TokenFile, server: String, login: String, _ name: String, _ ending: String
    ) -> String {
        let mark = SHA256.hash(data: Data(bound(server, login))).prefix(8).map { padded($0) }.joined()
        return folder(tokens) + "/\(name)-\(mark).\(ending)"
    }

    package func keep(_ drafts: [Draft]) throws(Refusal) {
        if drafts.isEmpty {
            unlink(path)
            return
        }
        let sealed: Data?
        do {
            let key = try key()
            sealed = try AES.GCM.seal(JSONEncoder().encode(drafts), using: key, authenticating: Data(bound)).combined
        } catch let refusal as Refusal { throw refusal } catch { throw failure }
        guard let sealed else { throw failure }
        try SecretFile.write(Array(sealed), to: path)
    }

    /// What was left; nothing when there is no file. A file that was altered, or another's, is refused and stays.
    package func read() throws(Refusal) -> [Draft] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        do {
            let opened = try AES.GCM.open(
                AES.GCM.SealedBox(combined: data), using: try key(), authenticating: Data(bound))
            return try JSONDecoder().decode([Draft].self, from: opened)
        } catch let refusal as Refusal { throw refusal } catch {
            throw Refusal(
                "drafts.open", at: path, because: "les brouillons ne s'ouvrent pas avec la clé de ce compte",
                remedy: "remettre drafts.key, ou effacer ce fichier")
        }
    }

    private var failure: Refusal {
        Refusal(
            "drafts.seal", at: path, because: "les brouillons ne peuvent être scellés", remedy: "vérifier le dossier")
    }

    private func key() throws(Refusal) -> SymmetricKey {
        if let data = FileManager.default.contents(atPath: keyPath) {
            guard data.count == 32 else {
                throw Refusal(
                    "drafts.key", at: keyPath, because: "cette clé n'a pas 32 octets",
                    remedy: "la remettre depuis une sauvegarde, ou l'effacer avec les brouillons")
            }
            return SymmetricKey(data: data)
        }
        let key = SymmetricKey(size: .bits256)
        try SecretFile.write(key.withUnsafeBytes { Array($0) }, to: keyPath)
        return key
    }
}

private func padded(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

package import Base
package import Client
package import Console
import Crypto
import Foundation

/// Drafts of one person at one server, sealed with AES-256-GCM. The server holds the key and gives it to the person who
/// is signed in; here it is in memory only. Who copies this folder has drafts that say nothing: to ask for the key takes
/// a session that lives, and whoever has that one reads the files themselves. The key is that of the account, not of the
/// session, so that drafts outlive a kill, a lock, a cut line, the end of a session and a new secret.
package struct DraftFile: Sendable {
    package let path: String
    private let key: SymmetricKey
    private let bound: [UInt8]

    /// `tokens`: where the tokens of this machine are; `key`: that of the server, 64 hexadecimal digits.
    package init(beside tokens: TokenFile, server: String, login: String, key: String) throws(Refusal) {
        bound = DraftFile.bound(server, login)
        path = DraftFile.path(beside: tokens, server: server, login: login, "drafts", "sealed")
        let digits = Array(key)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        guard bytes.count == 32, digits.count == 64 else {
            throw Refusal(
                "drafts.key", at: server, because: "le serveur n'a pas donné de clé pour les brouillons de ce compte",
                remedy: "le dire à l'administrateur")
        }
        self.key = SymmetricKey(data: bytes)
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
            sealed = try AES.GCM.seal(JSONEncoder().encode(drafts), using: key, authenticating: Data(bound)).combined
        } catch { throw failure }
        guard let sealed else { throw failure }
        try SecretFile.write(Array(sealed), to: path)
    }

    /// What was left; nothing when there is no file. A file that was altered, or another's, is refused and stays.
    package func read() throws(Refusal) -> [Draft] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        do {
            let opened = try AES.GCM.open(
                AES.GCM.SealedBox(combined: data), using: key, authenticating: Data(bound))
            return try JSONDecoder().decode([Draft].self, from: opened)
        } catch {
            throw Refusal(
                "drafts.open", at: path,
                because: "les brouillons ne s'ouvrent pas avec la clé que le serveur tient pour ce compte",
                remedy: "ressaisir ce qui manque, puis effacer ce fichier")
        }
    }

    private var failure: Refusal {
        Refusal(
            "drafts.seal", at: path, because: "les brouillons ne peuvent être scellés", remedy: "vérifier le dossier")
    }
}

private func padded(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

package import Base
package import Client
package import Console
import Crypto
import Foundation
import Laboratory

/// Drafts of one person at one server, sealed with AES-256-GCM. The server holds the key and gives it to the person
/// who is signed in; here it is in memory only. Who copies this folder has drafts that say nothing: to ask for the
/// key takes a session that lives, and whoever has that one reads the files themselves. The key is that of the
/// account, not of the session, so that drafts outlive a kill, a lock, a cut line, the end of a session and a new
/// secret.
package struct DraftFile: Sendable {
    package let path: String
    private let key: SymmetricKey
    private let bound: [UInt8]
    /// Beginning of the names of all windows of this person.
    private let stem: String
    /// Two windows of a person have a file each: the one that writes last must not end the drafts of the other.
    private let window: Window

    /// A lock that ends with its holder, killed or not.
    private final class Window: Sendable {
        private let descriptor: Int32
        init?(_ path: String) {
            let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard opened >= 0 else { return nil }
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
                close(opened)
                return nil
            }
            descriptor = opened
        }
        /// A child that was forked a moment ago holds a copy of the descriptor until it runs its program: closed alone,
        /// the lock would outlive its holder.
        deinit {
            flock(descriptor, LOCK_UN)
            close(descriptor)
        }
    }
    /// Windows that one person has open at once, at most.
    private static let windows = 1...32

    /// `tokens`: where the tokens of this machine are; `key`: that of the server, 64 hexadecimal digits; `kind`: of
    /// which screens they are.
    package init(
        beside tokens: TokenFile, server: String, login: String, key: String, kind: String = "drafts"
    ) throws(Refusal) {
        bound = DraftFile.bound(server, login)
        let stem = DraftFile.path(beside: tokens, server: server, login: login, kind, "")
        self.stem = stem
        self.key = try DraftFile.symmetric(key, server)
        for number in DraftFile.windows {
            guard let free = Window(stem + "\(number).lock") else { continue }
            window = free
            path = stem + "\(number).sealed"
            return
        }
        throw Refusal(
            "drafts.seal", at: stem, because: "aucun fichier de brouillons n'est libre",
            remedy: "vérifier le dossier et ses droits, fermer des fenêtres")
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

    package func keep<Kept: KeptDraft>(_ drafts: [Kept]) throws(Refusal) {
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

    package func takeOver() throws(Refusal) -> [Draft] { try takeOver(Draft.self) }

    /// What was left, by this window and by those that ended, which it takes over; the newest first, one of a place.
    package func takeOver<Kept: KeptDraft>(_ kind: Kept.Type) throws(Refusal) -> [Kept] {
        var found = try DraftFile.read(kind, path, key, bound)
        var ended: [(path: String, window: Window)] = []
        for number in DraftFile.windows {
            let other = stem + "\(number).sealed"
            guard other != path, access(other, F_OK) == 0, let free = Window(stem + "\(number).lock") else { continue }
            found += try DraftFile.read(kind, other, key, bound)
            ended.append((other, free))
        }
        var places = Set<String>()
        let all = found.sorted { $0.at > $1.at }.filter { places.insert($0.place).inserted }
        guard !ended.isEmpty else { return all }
        try keep(all)
        for other in ended { unlink(other.path) }
        return all
    }

    /// What all windows of a person hold now, open or ended; each keeps its own. Parameters as for a file.
    package static func written<Kept: KeptDraft>(
        _ kind: Kept.Type, beside tokens: TokenFile, server: String, login: String, key: String, _ name: String
    ) throws(Refusal) -> [Kept] {
        let stem = path(beside: tokens, server: server, login: login, name, "")
        var found = [Kept]()
        for number in windows {
            let one = stem + "\(number).sealed"
            guard access(one, F_OK) == 0 else { continue }
            found += try read(kind, one, try symmetric(key, server), bound(server, login))
        }
        return found
    }

    /// What the other windows of this person hold now, open or ended; each keeps its own.
    package func elsewhere<Kept: KeptDraft>(_ kind: Kept.Type) throws(Refusal) -> [Kept] {
        var found = [Kept]()
        for number in DraftFile.windows {
            let other = stem + "\(number).sealed"
            guard other != path, access(other, F_OK) == 0 else { continue }
            found += try DraftFile.read(kind, other, key, bound)
        }
        return found
    }

    /// 64 hexadecimal digits.
    private static func symmetric(_ key: String, _ server: String) throws(Refusal) -> SymmetricKey {
        let digits = Array(key)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        guard bytes.count == 32, digits.count == 64 else {
            throw Refusal(
                "drafts.key", at: server, because: "le serveur n'a pas donné de clé pour les brouillons de ce compte",
                remedy: "le dire à l'administrateur")
        }
        return SymmetricKey(data: bytes)
    }

    /// Nothing when there is no file. A file that was altered, or another's, is refused and stays.
    private static func read<Kept: KeptDraft>(
        _ kind: Kept.Type, _ path: String, _ key: SymmetricKey, _ bound: [UInt8]
    ) throws(Refusal) -> [Kept] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        do {
            let opened = try AES.GCM.open(
                AES.GCM.SealedBox(combined: data), using: key, authenticating: Data(bound))
            return try JSONDecoder().decode([Kept].self, from: opened)
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

/// Something written that is not with the server yet, of one place.
package protocol KeptDraft: Codable {
    var place: String { get }
    var at: Instant { get }
}
extension Draft: KeptDraft {}
extension SignLeft: KeptDraft {
    package var place: String { number }
}

private func padded(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

extension SignLeft {
    /// Name of the biologist's files of drafts.
    package static let kind = "sign"

    /// Numbers of the files that this person began in the full screen of this machine, and did not sign.
    package static func begun(
        _ client: LaboratoryClient, _ tokens: TokenFile, server: String
    ) async throws(Refusal) -> Set<String> {
        let login = try await client.whoami().login
        let written = try DraftFile.written(
            SignLeft.self, beside: tokens, server: server, login: login, key: try await client.draftKey().key, kind)
        return Set(written.filter { $0.draft != SignDraft() }.map(\.number))
    }
}

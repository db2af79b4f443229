import Base
import Glibc
import Synchronization

/// One server a file: an exclusive `flock` on a file beside the database. The kernel lets go of it when the process
/// ends, however it ends. Not on the database itself: closing any descriptor of it would drop SQLite's own POSIX locks.
package final class FileLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(path: String) throws(Refusal) {
        let opened = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw Refusal(
                "store.path", at: path,
                because: "le verrou de la base ne s'ouvre pas (\(String(cString: strerror(errno))))",
                remedy: "vérifier que le service peut écrire dans ce dossier")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(opened)
            throw Refusal(
                "store.busy", at: path, because: "un autre serveur travaille sur cette base",
                remedy: "l'arrêter d'abord ; un laboratoire n'a qu'un serveur")
        }
        descriptor = Mutex(opened)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { held in
            if held >= 0 { Glibc.close(held) }
            held = -1
        }
    }
}

import Base
import Foundation
import Glibc
import Synchronization

/// A child process with nothing of ours but its three standard descriptors. Foundation's `Process` learns of an end
/// from a socket that other children inherit, and waits for one child at a time: too little for a test that kills
/// hundreds of them beside others that live long.
final class CrashProcess: Sendable {
    let pid: pid_t
    private let isReaped = Mutex(false)

    /// Output goes to the end of `log`, which is made when it is not there.
    init(_ program: String, _ arguments: [String], log: String = "/dev/null") throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Swift does not see posix_spawn_file_actions_addclosefrom_np: a shell closes the rest, then is the program.
        let command = ["/bin/bash", "-c", Process.closing, program] + arguments
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/bash", &actions, nil, &words, environ)
        guard code == 0 else {
            throw Refusal("test.spawn", at: program, because: String(cString: strerror(code)), remedy: "build it first")
        }
        pid = child
    }

    var isRunning: Bool {
        isReaped.withLock { reaped in
            if !reaped, waitpid(pid, nil, WNOHANG) == pid { reaped = true }
            return !reaped
        }
    }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32) {
        isReaped.withLock { reaped in
            guard !reaped else { return }
            kill(pid, signal)
            waitpid(pid, nil, 0)
            reaped = true
        }
    }

    /// Waits for it to end by itself; its exit code.
    func wait() -> Int32 {
        isReaped.withLock { reaped in
            guard !reaped else { return -1 }
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            reaped = true
            return (status >> 8) & 0xFF
        }
    }
}

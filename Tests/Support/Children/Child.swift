package import Base
import Dispatch
import Foundation
package import Glibc
import Synchronization

/// A child process with nothing of ours but three descriptors, which leaves nothing behind when it ends.
///
/// Foundation's `Process` learns of an end from a socket that every child started meanwhile inherits, and waits for one
/// child at a time: a test beside a child that lives long (a server, a database) can then wait for ever. And a child
/// that ended and that nobody waited for hides the end of every exit test of Swift Testing, which asks for any child.
package final class Child: Sendable {
    package let pid: pid_t
    private let code = Mutex<Int32?>(nil)
    private let running = DispatchGroup()

    /// Descriptors stay the caller's; where none is given it is `/dev/null`. Refusals: `test.spawn`.
    package init(
        _ program: String, _ arguments: [String], input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil,
        environment: [String: String]? = nil
    ) throws(Refusal) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (place, descriptor) in [input, output, errors].enumerated() {
            let place = Int32(place)
            if let descriptor {
                posix_spawn_file_actions_adddup2(&actions, descriptor, place)
            } else {
                posix_spawn_file_actions_addopen(&actions, place, "/dev/null", place == 0 ? O_RDONLY : O_WRONLY, 0)
            }
        }
        Child.closeOthers(&actions)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        // Threads of a pool block signals, and a child would begin with them blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let failure = posix_spawn(&child, program, &actions, &attributes, &words, &settings)
        guard failure == 0 else {
            throw Refusal(
                "test.spawn", at: program, because: String(cString: strerror(failure)), remedy: "build it first")
        }
        pid = child
        running.enter()
        Thread.detachNewThread { self.reap() }
    }

    /// Output and complaints go to the end of `log`, which is made when it is not there.
    package convenience init(_ program: String, _ arguments: [String], log: String) throws(Refusal) {
        let end = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(end) }
        try self.init(program, arguments, output: end, errors: end)
    }

    /// glibc 2.34 has it, but its module does not show it to Swift.
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
    }

    package var isRunning: Bool { code.withLock { $0 == nil } }

    /// Sends a signal and waits for the end.
    package func end(_ signal: Int32 = SIGKILL) {
        // Not to a number that may be another's by now.
        code.withLock { code in if code == nil { kill(pid, signal) } }
        _ = wait()
    }

    /// Waits for it to end by itself, on this thread: for children that need nobody to end. The exit code; 128 and the
    /// signal for one that was killed, as a shell says it.
    package func wait() -> Int32 {
        running.wait()
        return code.withLock { $0 } ?? -1
    }

    /// The same without holding a thread of the pool, of which there are as many as processors.
    package func ended() async -> Int32 {
        await withCheckedContinuation { done in
            running.notify(queue: .global()) { done.resume() }
        }
        return wait()
    }

    private func reap() {
        // First only looked at: its number stays its own until the code is known.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        code.withLock { code in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        }
        running.leave()
    }
}

extension Child {
    package struct Ran: Sendable {
        package var code: Int32
        package var output: [UInt8]
        package var complaint: [UInt8]
        package var text: String { String(decoding: output, as: UTF8.self) }
        package var complaintText: String { String(decoding: complaint, as: UTF8.self) }
    }

    /// Runs a program to its end. What it reads and writes goes through files: a full pipe can then stop nobody.
    package static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String]? = nil
    ) async throws -> Ran {
        let streams = try Streams(input)
        defer { streams.remove() }
        let code = try await streams.start(program, arguments, environment).ended()
        return try streams.read(code)
    }

    /// The same, holding this thread: where a test cannot wait otherwise.
    package static func runHere(
        _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String]? = nil
    ) throws -> Ran {
        let streams = try Streams(input)
        defer { streams.remove() }
        return try streams.read(try streams.start(program, arguments, environment).wait())
    }

    private struct Streams {
        let folder = FileManager.default.temporaryDirectory.appending(path: "child-\(UUID().uuidString)")

        init(_ input: [UInt8]) throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(input).write(to: folder.appending(path: "in"))
        }

        func start(_ program: String, _ arguments: [String], _ environment: [String: String]?) throws -> Child {
            func opened(_ name: String, _ flags: Int32) -> Int32 {
                open(folder.appending(path: name).path, flags | O_CLOEXEC, 0o600)
            }
            let input = opened("in", O_RDONLY)
            let output = opened("out", O_WRONLY | O_CREAT), errors = opened("err", O_WRONLY | O_CREAT)
            defer { for descriptor in [input, output, errors] { close(descriptor) } }
            return try Child(
                program, arguments, input: input, output: output, errors: errors, environment: environment)
        }

        func read(_ code: Int32) throws -> Ran {
            func bytes(_ name: String) throws -> [UInt8] {
                Array(try Data(contentsOf: folder.appending(path: name)))
            }
            return Ran(code: code, output: try bytes("out"), complaint: try bytes("err"))
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }
}

import Base
import Foundation
import Glibc
import TestSupport

/// A PostgreSQL server of a test, which can be killed like the server that uses it. A shell beside it starts it again
/// each time, and ends it by its pid when the test says so or is no more. It runs without fsync: what a killed process
/// wrote stays in the kernel, and a recovery that synchronises its whole folder would take most of the test's time.
final class CrashPostgreSQL: Sendable {
    let folder: String
    private let bin: String

    /// libpq's connection string.
    var connection: String { "host=\(folder) dbname=postgres user=postgres" }

    init() async throws {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        bin = versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin" } ?? ""
        folder = "/tmp/paillasse-loop-pg-\(getpid())"
        guard FileManager.default.isExecutableFile(atPath: bin + "/initdb") else {
            throw Refusal("test.postgresql", because: "initdb is not installed", remedy: "make setup-tests")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var asUser: [String] = []
        if getuid() == 0 {
            // The server refuses to run as root.
            guard let user = getpwnam("postgres") else {
                throw Refusal("test.postgresql", because: "no user postgres", remedy: "make setup-tests")
            }
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
            asUser = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        }
        let command = asUser + ["/bin/sh", "-c", script]
        _ = try Child(command[0], Array(command.dropFirst()))
        try await waitUntilReady()
    }

    private var script: String {
        """
        cd '\(folder)' || exit 1
        '\(bin)/initdb' -D data -A trust -U postgres -E UTF8 --locale=C --no-sync >log 2>&1 || exit 1
        while [ -d /proc/\(getpid()) ] && [ ! -e stop ]; do
            '\(bin)/postgres' -D data -k '\(folder)' -c listen_addresses= -c fsync=off >>log 2>&1 &
            server=$!
            while [ -d /proc/\(getpid()) ] && [ ! -e stop ] && kill -0 $server 2>/dev/null; do sleep 0.1; done
        done
        kill -INT $server 2>/dev/null; wait $server
        cd /; rm -rf '\(folder)'
        """
    }

    func waitUntilReady() async throws {
        for _ in 0..<600 {
            if try Child(bin + "/pg_isready", ["-q", "-h", folder]).wait() == 0 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Refusal("test.postgresql", at: folder, because: "it does not answer", remedy: "read its log")
    }

    /// SIGKILL to the postmaster, whose pid is the first line of `postmaster.pid`; its children end by themselves.
    func kill() {
        let text = (try? String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8)) ?? ""
        guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }), pid > 1 else { return }
        Glibc.kill(pid, SIGKILL)
    }

    func end() { _ = FileManager.default.createFile(atPath: folder + "/stop", contents: nil) }
}

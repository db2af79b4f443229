import Foundation
import Glibc
import TestSupport

/// A PostgreSQL server for the tests alone: own folder, Unix socket only, started at the first need. A shell beside it
/// watches this process and stops the server by its pid when the tests end, even when they crash.
actor TemporaryPostgreSQL {
    static let shared = TemporaryPostgreSQL()
    private var starting: Task<String?, Never>?
    private var schemas = 0
    private(set) var folder = ""

    /// libpq's connection string; nil when PostgreSQL is not installed.
    func server() async -> String? {
        if let starting { return await starting.value }
        let folder = "/tmp/paillasse-pg-\(getpid())"
        self.folder = folder
        let task = Task { await TemporaryPostgreSQL.start(in: folder) }
        starting = task
        return await task.value
    }

    func freshSchema() -> String {
        schemas += 1
        return "t\(schemas)"
    }

    /// Cuts every connection to a schema: what a restart of the server looks like to its store.
    func cutConnections(connection: String, schema: String) throws {
        try TemporaryPostgreSQL.run(
            TemporaryPostgreSQL.binaries() + "/psql",
            [
                "-q", "-d", connection, "-c",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    + "WHERE application_name = 'paillasse \(schema)'",
            ])
    }

    private static func binaries() -> String {
        let root = "/usr/lib/postgresql"
        let versions: [String]
        do { versions = try FileManager.default.contentsOfDirectory(atPath: root) } catch { return "" }
        let newest = versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin" } ?? ""
        return FileManager.default.isExecutableFile(atPath: newest + "/initdb") ? newest : ""
    }

    private static func start(in folder: String) async -> String? {
        let bin = binaries()
        guard !bin.isEmpty else { return nil }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var asUser: [String] = []
            if getuid() == 0 {
                // The server refuses to run as root.
                guard let user = getpwnam("postgres") else { return nil }
                chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
                asUser = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            }
            let script = """
                cd '\(folder)' || exit 1
                '\(bin)/initdb' -D data -A trust -U postgres -E UTF8 --locale=C --no-sync >log 2>&1 || exit 1
                '\(bin)/postgres' -D data -k '\(folder)' -c listen_addresses= -c max_connections=200 >>log 2>&1 &
                server=$!
                while [ -d /proc/\(getpid()) ] && kill -0 $server; do sleep 1; done
                kill -INT $server; wait $server
                cd /; rm -rf '\(folder)'
                """
            let command = asUser.isEmpty ? ["/bin/sh", "-c", script] : asUser + ["/bin/sh", "-c", script]
            _ = try Child(command[0], Array(command.dropFirst()))
            for _ in 0..<300 {
                try await Task.sleep(for: .milliseconds(100))
                if try run(bin + "/pg_isready", ["-q", "-h", folder]) == 0 {
                    return "host=\(folder) dbname=postgres user=postgres"
                }
            }
        } catch {
            print("PostgreSQL of the tests did not start: \(error)")
        }
        return nil
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        try Child.runHere(program, arguments).code
    }
}

import Client
import Foundation
import TestSupport
import Testing

/// The real program in a real terminal: tmux keeps its screen, types keys and reads what stands there. One server of
/// tmux a test, of its own name.
struct TmuxScreen: Sendable {
    let name: String
    let folder: String

    /// Nil, with a word, where tmux is not installed.
    static let program: String? = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// The worklist of `tool`'s person, in a terminal of that size.
    static func open(
        _ tool: CommandLineTool, width: Int, height: Int, environment: [String: String] = [:],
        arguments: String = "worklist", _ body: (TmuxScreen) async throws -> Void
    ) async throws {
        let paillasse = try #require(CommandLineTool.path, "paillasse is not built")
        var settings = environment
        settings["PAILLASSE_SERVER"] = tool.server
        settings["PAILLASSE_HOME"] = tool.home
        try await open(
            "'\(paillasse)' \(arguments)", in: tool.home, width: width, height: height, environment: settings, body)
    }

    /// Any program, in a terminal of that size.
    static func open(
        _ command: String, in folder: String, width: Int, height: Int, environment: [String: String],
        _ body: (TmuxScreen) async throws -> Void
    ) async throws {
        _ = try #require(program, "tmux is not installed → make setup-tests")
        let screen = TmuxScreen(name: "paillasse-\(UUID().uuidString.prefix(8))", folder: folder)
        do {
            try await screen.start(command, width: width, height: height, environment: environment)
            try await body(screen)
        } catch {
            _ = try? await screen.tmux("kill-server")
            throw error
        }
        _ = try? await screen.tmux("kill-server")
    }

    func start(_ command: String, width: Int, height: Int, environment: [String: String]) async throws {
        var settings = environment
        settings["LANG"] = settings["LANG"] ?? "C.UTF-8"
        let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        try await tmux(
            "new-session", "-d", "-x", String(width), "-y", String(height), "exec env \(words) \(command)")
        // The screen stays after the program, to be read.
        try await tmux("set-option", "-g", "remain-on-exit", "on")
    }

    @discardableResult
    func tmux(_ words: String...) async throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["TERM"] = "xterm-256color"
        environment["TMUX"] = nil
        let ran = try await Child.run(
            TmuxScreen.program ?? "", ["-L", name, "-f", "/dev/null", "-u"] + words, environment: environment)
        guard ran.code == 0 else { throw Failed(words: words, code: ran.code) }
        return ran.text
    }
    struct Failed: Error { var words: [String], code: Int32 }

    /// Keys by tmux's names: `Enter`, `Down`, `Escape`, or characters.
    func press(_ keys: String...) async throws {
        for key in keys { try await tmux("send-keys", key) }
    }
    /// Text as it stands, all at once as a scanner sends it.
    func type(_ text: String) async throws { try await tmux("send-keys", "-l", "--", text) }
    var text: String { get async throws { try await tmux("capture-pane", "-p") } }

    /// Waits until the screen holds this; the screen, for the message of a failure.
    func shows(_ words: String..., within limit: Duration = .seconds(30)) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let now = try await text
            if words.allSatisfy({ now.contains($0) }) { return true }
            try? await Task.sleep(for: .milliseconds(40))
        }
        Testing.Issue.record("not shown: \(words)\n\(try await text)")
        return false
    }

    /// Waits until the screen no longer holds this.
    func hides(_ words: String, within limit: Duration = .seconds(30)) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await !text.contains(words) { return true }
            try? await Task.sleep(for: .milliseconds(40))
        }
        return false
    }

    /// Waits until the program has ended, whether tmux took note of it or not: it sometimes leaves "Pane is dead" out.
    static func ended(_ pid: Int32, within limit: Duration = .seconds(30)) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?
                .split(separator: ")").last?.first { $0 != " " }
            if state == nil || state == "Z" { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// Process id of the program.
    var pid: Int32? {
        get async throws {
            Int32(
                try await tmux("display-message", "-p", "#{pane_pid}").trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}

extension TmuxScreen {
    /// Files of drafts in the folder of the tool's person.
    static func drafts(of tool: CommandLineTool) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: tool.home).filter { $0.hasSuffix(".sealed") }
    }

    /// Kills the program once its drafts are on the disk, where these words cannot be read.
    func killWithDrafts(of tool: CommandLineTool, hiding words: [String]) async throws {
        // The first key makes the file: the last one is written a moment after it shows.
        #expect(try await eventually(within: .seconds(10)) { try !TmuxScreen.drafts(of: tool).isEmpty })
        try await Task.sleep(for: .seconds(1))
        let pid = try #require(try await pid)
        #expect(kill(pid, SIGKILL) == 0)
        #expect(await TmuxScreen.ended(pid))
        let sealed = try #require(try TmuxScreen.drafts(of: tool).first)
        let bytes = try #require(FileManager.default.contents(atPath: tool.home + "/" + sealed))
        for word in words { #expect(bytes.range(of: Data(word.utf8)) == nil) }
    }
}

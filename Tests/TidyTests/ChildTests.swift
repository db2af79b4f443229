import Foundation
import TestSupport
import Testing

@Suite struct `Children of the tests` {
    /// Such a child hid the ends of exit tests, whose monitor asks for any child that ended: once, all tests hung.
    @Test func `leave nothing behind when nobody waits for them`() async throws {
        let child = try Child("/bin/true", [])
        let trace = "/proc/\(child.pid)"
        for _ in 0..<1_000 where FileManager.default.fileExists(atPath: trace) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!FileManager.default.fileExists(atPath: trace))
        #expect(!child.isRunning)
        #expect(child.wait() == 0)
    }

    @Test func `say how they ended, and what they wrote`() async throws {
        let ran = try await Child.run("/bin/sh", ["-c", "cat; echo fault >&2; exit 3"], input: Array("text".utf8))
        #expect(ran.code == 3 && ran.text == "text" && ran.complaintText == "fault\n")
        let killed = try Child("/bin/sleep", ["600"])
        #expect(killed.isRunning)
        killed.end()
        #expect(killed.wait() == 128 + SIGKILL && !killed.isRunning)
    }

    @Test func `have none of our descriptors`() async throws {
        let ours = open("/dev/null", O_RDONLY)
        defer { close(ours) }
        // `ls` opens the folder that it lists as 3.
        let ran = try await Child.run("/bin/ls", ["/proc/self/fd"])
        #expect(ran.text.split(separator: "\n").sorted() == ["0", "1", "2", "3"])
    }

    @Test func `begin with no signal blocked, whatever thread starts them`() async throws {
        let ran = try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread {
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                done.resume(with: Result { try Child.runHere("/bin/grep", ["SigBlk", "/proc/self/status"]) })
            }
        }
        #expect(ran.text == "SigBlk:\t0000000000000000\n")
    }
}

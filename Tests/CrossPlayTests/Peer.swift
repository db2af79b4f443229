import Foundation

/// The Python at the other end: `peer.py` in the virtual environment that `make setup-tests` makes.
final class Peer {
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static var python: String {
        ProcessInfo.processInfo.environment["PAILLASSE_CROSSPLAY_PYTHON"]
            ?? root.appending(path: ".build/venv-crossplay/bin/python").path
    }

    /// Whether the peer can play; a loud line when not.
    static func isThere(_ test: String) -> Bool {
        guard FileManager.default.isExecutableFile(atPath: python) else {
            print("SKIPPED (no Python with astm, see make venv-crossplay): \(test)")
            return false
        }
        return true
    }

    init(_ arguments: [String], input text: String = "") throws {
        process.executableURL = URL(filePath: Peer.python)
        process.arguments = [Peer.root.appending(path: "Tests/CrossPlay/peer.py").path] + arguments
        process.standardOutput = output
        process.standardInput = input
        // A peer that outlives the test must not hold the output of the test.
        process.standardError = FileHandle.nullDevice
        try process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try input.fileHandleForWriting.close()
    }

    /// The next line it printed, nil at the end; blocks a thread of its own.
    func line() async -> String? {
        let handle = output.fileHandleForReading
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = Data()
                while true {
                    let byte = handle.readData(ofLength: 1)
                    if byte.isEmpty || byte[byte.startIndex] == 0x0A {
                        let text = byte.isEmpty && bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
                        continuation.resume(returning: text)
                        return
                    }
                    bytes += byte
                }
            }
        }
    }

    /// Does not wait: that would hold a thread of the pool, of which there are as many as processors.
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}

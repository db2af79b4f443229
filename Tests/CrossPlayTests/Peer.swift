import Foundation
import Glibc
import TestSupport

/// The Python at the other end: `peer.py` in the virtual environment that `make setup-tests` makes.
final class Peer {
    private let child: Child
    private let output = Pipe()

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
        let input = Pipe()
        // A peer that outlives the test must not hold the output of the test.
        child = try Child(
            Peer.python, [Peer.root.appending(path: "Tests/CrossPlay/peer.py").path] + arguments,
            input: input.fileHandleForReading.fileDescriptor, output: output.fileHandleForWriting.fileDescriptor)
        try output.fileHandleForWriting.close()
        try input.fileHandleForReading.close()
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

    func stop() { child.end() }
}

package import Base
import Foundation
import LIS01
import Lines

/// Records what an analyzer says on a line, byte for byte, before any driver exists for it. It answers as a laboratory
/// does – each frame on disk, then acknowledged – so that the analyzer goes on talking; its own answers are not in the
/// file. `decode`, `driver check` and the tests of a driver read the file as it is.
package enum LineCapture {
    /// What has been recorded so far.
    package struct Tally: Sendable, Equatable {
        package var bytes = 0
        package var frames = 0
        package var refusals = 0
        package var sessions = 0
    }

    /// Runs until cancelled, or after `sessions` sessions. `listening` is told the port, when there is one; `report`
    /// the tally after each session and at each end of a line.
    package static func run(
        line text: String, to path: String, sessions limit: Int? = nil, now: @escaping @Sendable () -> Instant,
        listening: @Sendable (Int) -> Void = { _ in }, report: @Sendable (Tally) -> Void
    ) async throws(Refusal) -> Tally {
        let description = try LineDescription(text)
        let file = try open(path)
        defer { try? file.close() }
        var seed = SystemRandomNumberGenerator()
        let source = try await LineSource.start(description, backOff: BackOff(seed: seed.next()))
        if let port = source.port { listening(port) }
        var tally = Tally()
        while !isOver(tally, limit), let line = await source.next() {
            try await record(line, file, path, &tally, limit, now, report)
            await line.close()
            report(tally)
        }
        await source.stop()
        return tally
    }

    private static func isOver(_ tally: Tally, _ limit: Int?) -> Bool { limit.map { tally.sessions >= $0 } ?? false }

    /// A capture is evidence: it is never written over.
    private static func open(_ path: String) throws(Refusal) -> FileHandle {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: path) else {
            throw Refusal(
                "capture.exists", at: path, because: "ce fichier existe déjà", remedy: "choisir un autre nom")
        }
        // Patients' data: for its owner only.
        guard manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: path)
        else { throw unwritable(path) }
        return file
    }

    private static func unwritable(_ path: String) -> Refusal {
        Refusal(
            "capture.write", at: path, because: "ce fichier ne peut être écrit",
            remedy: "vérifier le dossier, les droits et la place sur le disque")
    }

    private static func record(
        _ line: Line, _ file: FileHandle, _ path: String, _ tally: inout Tally, _ limit: Int?,
        _ now: @Sendable () -> Instant, _ report: @Sendable (Tally) -> Void
    ) async throws(Refusal) {
        var link = Link(settings: LinkSettings())
        var isUp = true
        while isUp, !isOver(tally, limit) {
            let wait = link.deadline.map { max(.zero, now().duration(to: $0)) }
            let actions: [LinkAction]
            switch await line.next(within: wait) {
            case .bytes(let bytes):
                do {
                    try file.write(contentsOf: bytes)
                    try file.synchronize()
                } catch { throw unwritable(path) }
                tally.bytes += bytes.count
                actions = link.received(bytes, at: now())
            case .timeReached: actions = link.timeReached(at: now())
            case .woken: continue
            case .ended:
                actions = link.lineLost()
                isUp = false
            }
            var queue = actions[...]
            while let action = queue.popFirst() {
                switch action {
                case .reply(let bytes): try? await line.send(bytes)
                case .store:
                    tally.frames += 1
                    queue = (link.stored(at: now()) + Array(queue))[...]
                case .refused: tally.refusals += 1
                case .sessionEnded:
                    tally.sessions += 1
                    report(tally)
                case .sessionBegan, .message, .delivered, .failed, .deviation: continue
                }
            }
        }
    }
}

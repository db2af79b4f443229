import Lines
import Synchronization

/// Hands one line at a time on to a PFI, as a peer that serves nobody else meanwhile.
struct OneAtATime {
    let port: Int
    private let listener: LineListener
    private let serving: Task<Void, Never>

    static func start(before pfi: Int) async throws -> OneAtATime {
        let listener = try await LineListener.start()
        let serving = Task {
            for await line in listener.connections {
                guard let onward = try? await Line.dial(host: "127.0.0.1", port: pfi) else { return await line.close() }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await pass(from: line, to: onward) }
                    group.addTask { await pass(from: onward, to: line) }
                    await group.next()
                    await line.close()
                    await onward.close()
                }
            }
        }
        return OneAtATime(port: listener.port, listener: listener, serving: serving)
    }

    private static func pass(from one: Line, to other: Line) async {
        while case .bytes(let bytes) = await one.next(within: nil) {
            do { try await other.send(bytes) } catch { return }
        }
    }

    func stop() async {
        await listener.stop()
        serving.cancel()
        await serving.value
    }
}

/// What a shell says in its log.
final class Said: Sendable {
    private let all = Mutex<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func add(_ line: String) { all.withLock { $0.append(line) } }
}

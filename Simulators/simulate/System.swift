import Dispatch
import Glibc

func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    Glibc.write(descriptor, bytes.baseAddress, bytes.count)
}

/// Watches SIGTERM and SIGINT from its making on.
struct Termination {
    private let requests: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        requests = stream
        sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }

    /// Suspends until one of them comes.
    func requested() async {
        for await _ in requests { break }
        for source in sources { source.cancel() }
    }
}

/// Runs what blocks outside the pool of tasks.
func inAThread(_ body: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "simulate.blocking").async(execute: body)
}

import Glibc

func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    Glibc.write(descriptor, bytes.baseAddress, bytes.count)
}

/// Suspends until SIGTERM or SIGINT. Signals stay blocked in every thread, so that one thread can wait for them.
func terminationRequested() async {
    await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
        var thread = pthread_t()
        let box = Unmanaged.passRetained(WaiterBox(waiter))
        let rc = pthread_create(&thread, nil, { argument in
            var set = terminationSignals()
            var signal: Int32 = 0
            sigwait(&set, &signal)
            if let argument { Unmanaged<WaiterBox>.fromOpaque(argument).takeRetainedValue().waiter.resume() }
            return nil
        }, box.toOpaque())
        if rc == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            waiter.resume()
        }
    }
}

/// Call first thing in the process, before any thread is made: threads inherit the mask.
func holdTerminationSignals() {
    var set = terminationSignals()
    pthread_sigmask(SIG_BLOCK, &set, nil)
}

private final class WaiterBox: Sendable {
    let waiter: CheckedContinuation<Void, Never>
    init(_ waiter: CheckedContinuation<Void, Never>) { self.waiter = waiter }
}

private func terminationSignals() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    return set
}

import Foundation
import Glibc

/// Keeps the whole process on one processor for the time of a measurement. Lockstep over loopback wakes the other end
/// at each frame, and waking it on another processor of a virtual machine costs many times what the exchange does, now
/// and then, so that figures would have two humps.
enum OneProcessor {
    /// `sched_setaffinity` stands behind a macro that Swift's Glibc does not set.
    private typealias SetAffinity = @convention(c) (pid_t, Int, UnsafePointer<UInt64>) -> CInt
    private typealias GetAffinity = @convention(c) (pid_t, Int, UnsafeMutablePointer<UInt64>) -> CInt
    /// 1,024 processors.
    private static let words = 16

    static func run<T>(_ body: () async throws -> T) async rethrows -> T {
        guard let allowed = allowed() else {
            Entry.say("not kept on one processor: expect an uneven figure")
            return try await body()
        }
        var one = [UInt64](repeating: 0, count: words)
        if let word = allowed.firstIndex(where: { $0 != 0 }) {
            one[word] = 1 << UInt64(allowed[word].trailingZeroBitCount)
        }
        keep(on: one)
        defer { keep(on: allowed) }
        return try await body()
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(dlopen(nil, RTLD_NOW), name) }

    private static func allowed() -> [UInt64]? {
        guard let symbol = symbol("sched_getaffinity") else { return nil }
        var mask = [UInt64](repeating: 0, count: words)
        return unsafeBitCast(symbol, to: GetAffinity.self)(0, words * 8, &mask) >= 0 ? mask : nil
    }

    /// Every thread that is there; those that they start inherit it.
    private static func keep(on mask: [UInt64]) {
        guard let symbol = symbol("sched_setaffinity") else { return }
        let set = unsafeBitCast(symbol, to: SetAffinity.self)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
            guard let thread = pid_t(name) else { continue }
            // A thread that ended meanwhile refuses, and needs nothing.
            _ = set(thread, words * 8, mask)
        }
    }
}

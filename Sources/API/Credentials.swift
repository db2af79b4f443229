package import Base
import CryptoExtras
import Dispatch
import Foundation
import Store
import Synchronization

/// Secrets by their scrypt hash (RFC 7914), made and compared off the event loops, one at a time: a derivation takes
/// 32 MiB, and a crowd of logins must not take the machine's memory.
package final class Credentials: Sendable {
    /// The three parameters of scrypt.
    package struct Cost: Sendable, Hashable {
        package var n: Int
        package var r: Int
        package var p: Int
        package init(n: Int, r: Int, p: Int) {
            self.n = n
            self.r = r
            self.p = p
        }
        /// OWASP Password Storage Cheat Sheet, scrypt: N = 2^15, r = 8, p = 3 is one of its equivalent minimums (32
        /// MiB).
        package static let standard = Cost(n: 1 << 15, r: 8, p: 3)
        /// What a stored hash may ask of this machine at most.
        var isBearable: Bool { (2...(1 << 20)).contains(n) && (1...32).contains(r) && (1...16).contains(p) }
    }

    /// Salt and hash lengths in bytes (RFC 7914 section 12 uses 64-byte outputs; 32 are enough for a comparison).
    static let saltLength = 16
    static let hashLength = 32
    /// Shortest secret accepted, in characters (ANSSI, authentication guide of 2021: 12 is the least for "medium").
    package static let shortest = 12
    /// Longest secret accepted, in bytes: nobody types more, and a derivation starts by hashing all of it.
    static let longest = 1024
    /// Derivations that may wait; one more is refused with `auth.busy`.
    static let waiting = 64

    private let cost: Cost
    private let queue = DispatchQueue(label: "paillasse.credentials")
    private let queued = Atomic<Int>(0)

    package init(cost: Cost = .standard) { self.cost = cost }

    package static func check(_ secret: String) throws(Refusal) {
        guard secret.count >= shortest, secret.utf8.count <= longest else {
            throw Refusal(
                "account.secret", at: "secret", because: "un secret a au moins \(shortest) caractères",
                remedy: "choisir une phrase de passe")
        }
    }

    /// `scrypt$N$r$p$salt$hash`, hexadecimal.
    package func hash(_ secret: String) async throws(Refusal) -> String {
        let salt = Credentials.randomBytes(Credentials.saltLength)
        let cost = cost
        let hash = try await derive(Array(secret.utf8), salt: salt, cost: cost)
        return "scrypt$\(cost.n)$\(cost.r)$\(cost.p)$\(Digest.hex(salt))$\(Digest.hex(hash))"
    }

    /// Does the secret have this hash? With `stored` nil (no such account) the same work is done and the answer is no,
    /// so that the time tells nothing.
    package func verify(_ secret: String, against stored: String?) async throws(Refusal) -> Bool {
        guard secret.utf8.count <= Credentials.longest else { return false }
        let fields = (stored ?? "").split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "scrypt", let n = Int(fields[1]), let r = Int(fields[2]),
            let p = Int(fields[3]), let salt = Credentials.bytes(fields[4]), let kept = Credentials.bytes(fields[5]),
            Cost(n: n, r: r, p: p).isBearable, n & (n - 1) == 0, kept.count == Credentials.hashLength
        else {
            _ = try await derive(
                Array(secret.utf8), salt: [UInt8](repeating: 0, count: Credentials.saltLength), cost: cost)
            return false
        }
        let found = try await derive(Array(secret.utf8), salt: salt, cost: Cost(n: n, r: r, p: p))
        return Credentials.same(found, kept)
    }

    private func derive(_ secret: [UInt8], salt: [UInt8], cost: Cost) async throws(Refusal) -> [UInt8] {
        guard queued.add(1, ordering: .relaxed).newValue <= Credentials.waiting else {
            queued.subtract(1, ordering: .relaxed)
            throw Refusal(
                "auth.busy", because: "trop de connexions à la fois", remedy: "réessayer dans quelques secondes")
        }
        let made = await withCheckedContinuation { (continuation: CheckedContinuation<[UInt8]?, Never>) in
            queue.async {
                let key = try? KDF.Scrypt.deriveKey(
                    from: secret, salt: salt, outputByteCount: Credentials.hashLength, rounds: cost.n,
                    blockSize: cost.r, parallelism: cost.p)
                continuation.resume(returning: key.map { $0.withUnsafeBytes { Array($0) } })
            }
        }
        queued.subtract(1, ordering: .relaxed)
        guard let made else {
            throw Refusal(
                "auth.scrypt", because: "le calcul de l'empreinte du secret a échoué",
                remedy: "vérifier la mémoire libre")
        }
        return made
    }

    /// Takes the same time wherever the two differ.
    static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for i in a.indices { difference |= a[i] ^ b[i] }
        return difference == 0
    }

    /// From the system's generator (getrandom(2)).
    static func randomBytes(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    static func bytes(_ hex: some StringProtocol) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var out = [UInt8]()
        for i in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[i...(i + 1)], as: UTF8.self), radix: 16) else { return nil }
            out.append(byte)
        }
        return out
    }
}

package import Base
package import Client
import Laboratory
import Store
import Synchronization
package import Workflow

/// The code that a signature asks for beside the connection of the person. Short, since it is typed at each batch; the
/// server counts wrong ones, and after some of them the code is dead until its owner chooses another with the secret.
package final class SigningCodes: Sendable {
    /// Digits of a code.
    package static let lengths = 6...12
    /// Wrong codes in a row before it is locked: of a million codes a thief tries five.
    package static let tries = 5

    private let wrong = Mutex<[String: Int]>([:])

    /// Counts a try before it is judged, so that tries at the same moment count too. Answers how many stand now.
    func begin(_ login: String) -> Int {
        wrong.withLock { wrong in
            wrong[login, default: 0] += 1
            return wrong[login] ?? 1
        }
    }
    func forget(_ login: String) { wrong.withLock { $0[login] = nil } }

    /// Digits, and not those that everybody tries first.
    package static func check(_ code: String) throws(Refusal) {
        let digits = code.utf8.map { Int($0) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }), lengths.contains(digits.count) else {
            throw Refusal(
                "account.pin.form", at: "pin",
                because: "un code de signature a \(lengths.lowerBound) à \(lengths.upperBound) chiffres",
                remedy: "en choisir un que rien ne laisse deviner")
        }
        let steps = Set(zip(digits, digits.dropFirst()).map { $1 - $0 })
        guard steps.count > 1 else {
            throw Refusal(
                "account.pin.easy", at: "pin", because: "un même chiffre répété ou une suite se devine",
                remedy: "en choisir un que rien ne laisse deviner")
        }
    }
}

extension AccountDesk {
    /// A person who signs chooses the own code, proving the secret. It also opens a locked one.
    package func choosePIN(_ body: PINBody, from peer: String, by author: Author) async throws(CommandFailure) {
        do throws(Refusal) {
            try author.require(.sign)
            try SigningCodes.check(body.pin)
            try throttle.admit(author.login, from: peer, at: now())
        } catch { throw .refused(error) }
        var account = try await known(author.login)
        do throws(Refusal) {
            guard try await credentials.verify(body.secret, against: account.secretHash) else {
                throw Refusal(
                    "account.current", at: "secret", because: "le secret de ce compte n'est pas celui-ci",
                    remedy: "le ressaisir")
            }
        } catch { throw .refused(error) }
        throttle.succeeded(author.login, from: peer)
        account.pinHash = try await hash(body.pin)
        account.pinLocked = nil
        account.version += 1
        try await keep(account, "account.pin", by: author)
        codes.forget(author.login)
    }

    /// Is this the code of the person? Refusals: `sign.pin`, `sign.pin.none`, `sign.pin.locked`; a program has none.
    package func prove(_ code: String, by author: Author) async throws(CommandFailure) {
        do throws(Refusal) { try author.require(.sign) } catch { throw .refused(error) }
        let account = try await known(author.login)
        guard let kept = account.pinHash else {
            throw .refused(
                Refusal(
                    "sign.pin.none", at: author.login, because: "ce compte n'a pas encore de code de signature",
                    remedy: "le choisir : paillasse account pin"))
        }
        guard account.pinLocked != true else { throw AccountDesk.locked(author.login) }
        let tries = codes.begin(author.login)
        guard tries <= SigningCodes.tries else { throw AccountDesk.locked(author.login) }
        let right: Bool
        do throws(Refusal) { right = try await credentials.verify(code, against: kept) } catch {
            throw .refused(error)
        }
        if right { return codes.forget(author.login) }
        guard tries < SigningCodes.tries else {
            var closed = account
            closed.pinLocked = true
            closed.version += 1
            try await keep(closed, "account.pin.locked", by: author)
            throw AccountDesk.locked(author.login)
        }
        let note = AuditNote(
            site: author.site, author: author.login, action: "auth.pin.refused", subject: author.login, at: now())
        try await ask { () throws(StoreFailure) in try await store.append([], note: note) }
        throw .refused(
            Refusal(
                "sign.pin", at: author.login, because: "ce n'est pas le code de signature de ce compte",
                remedy: "le retaper (essais qui restent : \(SigningCodes.tries - tries))"))
    }

    private static func locked(_ login: String) -> CommandFailure {
        .refused(
            Refusal(
                "sign.pin.locked", at: login, because: "le code de signature est bloqué après trop d'essais",
                remedy: "en choisir un autre : paillasse account pin"))
    }
}

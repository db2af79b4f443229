package import Base
package import Client
import Crypto
package import Laboratory
import Store
package import Workflow

/// Accounts and sessions: who may come in, for how long.
package struct AccountDesk: Sendable {
    let store: any LaboratoryStore
    let sites: Set<String>
    let now: @Sendable () -> Instant
    let credentials: Credentials
    let throttle = LoginThrottle()
    let codes = SigningCodes()
    private let draftSecret: [UInt8]

    /// A token's life: a working day with its overrun. There is no renewal; a person logs in again.
    package static let tokenLife = Duration.seconds(12 * 3600)
    /// Bytes of a token and of the first administrator's secret.
    static let tokenLength = 32
    static let firstSecretLength = 16
    /// Name of the first account.
    package static let firstLogin = "admin"

    /// Bytes of ``draftSecret``.
    package static let draftSecretLength = 32

    /// `draftSecret`: what the keys of drafts come from, the same after a restart; nil: by chance, for this run only.
    package init(desk: Desk, credentials: Credentials, draftSecret: [UInt8]? = nil) {
        self.draftSecret = draftSecret ?? Credentials.randomBytes(AccountDesk.draftSecretLength)
        store = desk.store
        sites = Set(desk.sites.keys)
        now = desk.now
        self.credentials = credentials
    }

    // The first account

    /// On a store without any account, makes the administrator `admin` with a secret of chance, given to `keep` before
    /// the account exists (a crash between the two leaves no account that nobody can open). Nil when there are
    /// accounts.
    package func createFirstAdministrator(
        site: String, keep: @Sendable (String) throws(Refusal) -> Void
    ) async throws(CommandFailure) -> String? {
        guard try await ask({ () throws(StoreFailure) in try await store.accounts() }).isEmpty else { return nil }
        let secret = Digest.hex(Credentials.randomBytes(AccountDesk.firstSecretLength))
        let hash = try await hash(secret)
        do throws(Refusal) { try keep(secret) } catch { throw .refused(error) }
        let account = Account(
            login: AccountDesk.firstLogin, site: site, name: "Administrateur", role: .administrator, secretHash: hash)
        let note = AuditNote(
            site: site, author: "system", action: "account.add", subject: account.login, at: now())
        try await ask { () throws(StoreFailure) in try await store.append([.account(account)], note: note) }
        return secret
    }

    // Sessions

    /// The token (given once, kept nowhere) and the account, or `auth.login`, `auth.throttled`, `auth.busy`.
    package func login(
        _ login: String, secret: String, from peer: String
    ) async throws(CommandFailure) -> (token: String, expiresAt: Instant, account: Account) {
        let wrong = CommandFailure.refused(
            Refusal(
                "auth.login", because: "identifiant ou secret inconnu",
                remedy: "vérifier les deux ; l'administrateur peut donner un nouveau secret"))
        guard login.utf8.count <= 64, !login.isEmpty else { throw wrong }
        do throws(Refusal) { try throttle.admit(login, from: peer, at: now()) } catch { throw .refused(error) }
        let account = try await ask { () throws(StoreFailure) in try await store.account(login) }
        let right: Bool
        do throws(Refusal) {
            right = try await credentials.verify(secret, against: account?.secretHash)
        } catch { throw .refused(error) }
        guard right, let account, account.enabled else {
            // What was typed as a login may be a secret typed in the wrong place: only known logins are written down.
            let note = AuditNote(
                site: account?.site ?? "-", author: "system", action: "auth.refused",
                subject: account?.login ?? "inconnu",
                at: now())
            try await ask { () throws(StoreFailure) in try await store.append([], note: note) }
            throw wrong
        }
        throttle.succeeded(login, from: peer)
        let token = Digest.hex(Credentials.randomBytes(AccountDesk.tokenLength))
        let at = now()
        let kept = AccessToken(
            hash: Digest.sha256Hex(token.utf8), login: login, issuedAt: at,
            expiresAt: at.advanced(by: AccountDesk.tokenLife))
        let note = AuditNote(site: account.site, author: login, action: "auth.login", subject: login, at: at)
        try await ask { () throws(StoreFailure) in try await store.append([.token(kept)], note: note) }
        return (token, kept.expiresAt, account)
    }

    /// The account behind a bearer token, or `auth.token`, `auth.expired`.
    package func account(bearing token: String?) async throws(CommandFailure) -> (account: Account, hash: String) {
        func refusal(_ code: String, _ cause: String) -> CommandFailure {
            .refused(Refusal(code, because: cause, remedy: "paillasse login"))
        }
        guard let token, token.utf8.count == AccountDesk.tokenLength * 2 else {
            throw refusal("auth.token", "il faut être connecté")
        }
        let hash = Digest.sha256Hex(token.utf8)
        guard let kept = try await ask({ () throws(StoreFailure) in try await store.token(hash) }) else {
            throw refusal("auth.token", "cette connexion n'existe pas ou a été fermée")
        }
        guard kept.expiresAt > now() else { throw refusal("auth.expired", "cette connexion a expiré") }
        guard let account = try await ask({ () throws(StoreFailure) in try await store.account(kept.login) }),
            account.enabled
        else { throw refusal("auth.token", "ce compte est fermé") }
        // Whoever had the old secret, or a token got with it, has to prove the new one.
        if let since = account.secretSince, kept.issuedAt < since {
            throw refusal("auth.token", "le secret de ce compte a changé depuis cette connexion")
        }
        return (account, hash)
    }

    package func logout(_ hash: String, by author: Author) async throws(CommandFailure) {
        let at = now()
        let note = AuditNote(
            site: author.site, author: author.login, action: "auth.logout", subject: author.login, at: at)
        try await ask { () throws(StoreFailure) in
            try await store.append([.tokenRevoked(hash: hash, at: at)], note: note)
        }
    }

    /// What seals the drafts of a person on a machine: held here, given to who is signed in, written beside no draft.
    /// HMAC-SHA256 (RFC 2104) of the login, so that one secret serves everybody and no key tells another.
    func draftKey(of login: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("paillasse-drafts-1\n\(login)".utf8), using: SymmetricKey(data: draftSecret))
        return Digest.hex(Array(code))
    }

    // Accounts

    package func add(_ body: AccountBody, by author: Author) async throws(CommandFailure) -> Account {
        try require(author, .administer)
        let professional: Professional?
        do throws(Refusal) {
            try AccountDesk.check(login: body.login, name: body.name)
            try Credentials.check(body.secret)
            let usual = body.role == .biologist ? Professional.biology : nil
            professional = try body.professional?.professional(otherwise: usual)
            try AccountDesk.check(body.role, professional)
            if let site = body.site, !sites.contains(site) { throw AccountDesk.unknownSite(site) }
        } catch { throw .refused(error) }
        if try await ask({ () throws(StoreFailure) in try await store.account(body.login) }) != nil {
            throw .refused(
                Refusal(
                    "account.exists", at: body.login, because: "ce compte existe déjà", remedy: "choisir un autre login"
                ))
        }
        let account = Account(
            login: body.login, site: body.site ?? author.site, name: body.name, role: body.role,
            professional: professional, secretHash: try await hash(body.secret))
        try await keep(account, "account.add", by: author)
        return account
    }

    /// A new version of an account: what is not given stays.
    package func change(
        _ login: String, _ body: AccountChange, by author: Author
    ) async throws(CommandFailure) -> Account {
        try require(author, .administer)
        var account = try await known(login)
        do throws(Refusal) {
            account.role = body.role ?? account.role
            let usual = account.role == .biologist ? Professional.biology : nil
            account.professional = try body.professional?.professional(otherwise: usual) ?? account.professional
            account.name = body.name ?? account.name
            account.enabled = body.enabled ?? account.enabled
            try AccountDesk.check(login: login, name: account.name)
            try AccountDesk.check(account.role, account.professional)
            if let secret = body.secret { try Credentials.check(secret) }
            if login == author.login, !account.enabled || !account.role.permissions.contains(.administer) {
                throw Refusal(
                    "account.self", at: login, because: "un administrateur ne se retire pas ses propres droits",
                    remedy: "le demander à un autre administrateur")
            }
        } catch { throw .refused(error) }
        if let secret = body.secret {
            account.secretHash = try await hash(secret)
            account.secretSince = now()
            // Whoever gave the new secret could else sign with the old code beside it.
            account.pinHash = nil
        }
        account.version += 1
        try await keep(account, "account.change", by: author)
        return account
    }

    /// A person changes the own secret, proving the current one.
    package func changeSecret(_ body: SecretBody, from peer: String, by author: Author) async throws(CommandFailure) {
        do throws(Refusal) {
            try Credentials.check(body.replacement)
            try throttle.admit(author.login, from: peer, at: now())
        } catch { throw .refused(error) }
        var account = try await known(author.login)
        do throws(Refusal) {
            guard try await credentials.verify(body.current, against: account.secretHash) else {
                throw Refusal(
                    "account.current", at: "current", because: "le secret actuel n'est pas celui-ci",
                    remedy: "le ressaisir")
            }
        } catch { throw .refused(error) }
        throttle.succeeded(author.login, from: peer)
        account.secretHash = try await hash(body.replacement)
        account.secretSince = now()
        account.version += 1
        try await keep(account, "account.secret", by: author)
    }

    package func accounts(by author: Author) async throws(CommandFailure) -> [Account] {
        try require(author, .administer)
        return try await ask { () throws(StoreFailure) in try await store.accounts() }
    }

    // Checks and steps

    private static func check(login: String, name: String) throws(Refusal) {
        let letters = login.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x2D || byte == 0x5F
        }
        guard letters, (2...32).contains(login.utf8.count) else {
            throw Refusal(
                "account.login", at: "login", because: "un login a 2 à 32 caractères parmi a-z 0-9 . - _",
                remedy: "par exemple prénom.nom")
        }
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw Refusal("account.name", at: "name", because: "un compte est nominatif", remedy: "donner le nom")
        }
    }

    private static func check(_ role: Role, _ professional: Professional?) throws(Refusal) {
        guard role != .biologist || professional != nil else {
            throw Refusal(
                "account.professional", at: "professional",
                because: "les comptes rendus portent l'identité professionnelle du biologiste",
                remedy: "donner RPPS, nom et prénom")
        }
        if let refusal = professional?.mailRefusal { throw refusal }
    }

    private static func unknownSite(_ site: String) -> Refusal {
        Refusal(
            "account.site", at: "site", because: "le site « \(site) » n'est pas dans la configuration",
            remedy: "choisir un site configuré")
    }

    func known(_ login: String) async throws(CommandFailure) -> Account {
        guard let account = try await ask({ () throws(StoreFailure) in try await store.account(login) }) else {
            throw .refused(
                Refusal(
                    "account.unknown", at: login, because: "aucun compte de ce nom", remedy: "paillasse account list"))
        }
        return account
    }
    func keep(_ account: Account, _ action: String, by author: Author) async throws(CommandFailure) {
        let note = AuditNote(
            site: author.site, author: author.login, action: action, subject: account.login, at: now())
        try await ask { () throws(StoreFailure) in try await store.append([.account(account)], note: note) }
    }
    func hash(_ secret: String) async throws(CommandFailure) -> String {
        do throws(Refusal) { return try await credentials.hash(secret) } catch { throw .refused(error) }
    }
    private func require(_ author: Author, _ permission: Permission) throws(CommandFailure) {
        do throws(Refusal) { try author.require(permission) } catch { throw .refused(error) }
    }
    func ask<T: Sendable>(_ work: @Sendable () async throws(StoreFailure) -> T) async throws(CommandFailure)
        -> T
    {
        do throws(StoreFailure) { return try await work() } catch { throw .store(error) }
    }
}

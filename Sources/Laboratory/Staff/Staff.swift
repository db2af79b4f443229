package import Base

/// What an account may do. The law's words: *technicien*, *biologiste*, *secrétaire*, *administrateur*.
package enum Role: String, Codable, Sendable, CaseIterable {
    case technician = "technicien"
    case biologist = "biologiste"
    case secretary = "secretaire"
    case administrator = "administrateur"
    /// No person: a program that reads. It never signs.
    case program = "programme"
}

/// What a command needs; one table says which role has it.
package enum Permission: String, Codable, Sendable, CaseIterable {
    case read, register, receive, enterResult, validateTechnically, sign, resolveTriage, administer, audit
    /// Pause, resume and reconnect lines.
    case operateAnalyzers
    /// Publish a catalogue and its rules; approving their lines is the biologist's (`sign`).
    case publishCatalogue
    /// Patients' files: identity, requests, results, reports. `read` alone is the house: catalogue, analyzers,
    /// controls, indicators. Administration is apart from care (DSR-SGL section 5).
    case readFiles
}

extension Permission {
    /// What it lets do, as users are told.
    package var french: String {
        switch self {
        case .read: "lire les données de la maison"
        case .readFiles: "lire les dossiers des patients"
        case .register: "enregistrer patients et demandes"
        case .receive: "réceptionner les tubes"
        case .enterResult: "saisir des résultats"
        case .validateTechnically: "valider techniquement"
        case .sign: "signer (biologiste)"
        case .resolveTriage: "résoudre le triage"
        case .administer: "administrer les comptes"
        case .audit: "lire la piste d'audit"
        case .operateAnalyzers: "conduire les automates"
        case .publishCatalogue: "publier le catalogue"
        }
    }
}

extension Role {
    package var permissions: Set<Permission> {
        switch self {
        case .secretary: [.read, .readFiles, .register, .receive]
        case .technician:
            [
                .read, .readFiles, .register, .receive, .enterResult, .validateTechnically, .resolveTriage,
                .operateAnalyzers,
            ]
        case .biologist:
            [
                .read, .readFiles, .register, .receive, .enterResult, .validateTechnically, .sign, .resolveTriage,
                .audit, .operateAnalyzers, .publishCatalogue,
            ]
        case .administrator: [.read, .administer, .audit, .operateAnalyzers, .publishCatalogue]
        case .program: [.read, .readFiles]
        }
    }
}

/// A named account, one version of it. The secret is only known by its scrypt hash (RFC 7914).
package struct Account: Codable, Sendable, Hashable {
    package var login: String
    package var version: Int
    package var site: String
    package var name: String
    package var role: Role
    /// The professional behind it; required for a biologist, since reports bear it.
    package var professional: Professional?
    /// `scrypt$N$r$p$salt$hash`, hexadecimal.
    package var secretHash: String
    package var enabled: Bool
    /// When the secret was last replaced: tokens issued before are no longer good. Nil for the first secret.
    package var secretSince: Instant?
    /// Hash of the code that a signature asks for, in the form of `secretHash`; nil: none chosen yet.
    package var pinHash: String?
    /// True after too many wrong codes: a new one must be chosen.
    package var pinLocked: Bool?

    package init(
        login: String, version: Int = 1, site: String, name: String, role: Role, professional: Professional? = nil,
        secretHash: String, enabled: Bool = true, secretSince: Instant? = nil
    ) {
        self.login = login
        self.version = version
        self.site = site
        self.name = name
        self.role = role
        self.professional = professional
        self.secretHash = secretHash
        self.enabled = enabled
        self.secretSince = secretSince
    }
}

/// A bearer token as it is kept: only its SHA-256, in hexadecimal.
package struct AccessToken: Codable, Sendable, Hashable {
    package var hash: String
    package var login: String
    package var issuedAt: Instant
    package var expiresAt: Instant
    package init(hash: String, login: String, issuedAt: Instant, expiresAt: Instant) {
        self.hash = hash
        self.login = login
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

/// A health professional as documents and messages name them.
package struct Professional: Codable, Sendable, Hashable {
    /// National identifier with its prefix: `8` + RPPS (12 digits) or `0` + ADELI.
    package var nationalID: String
    package var family: String
    package var given: String
    /// `DR`, `PR`… (JDV_J246); empty when none.
    package var title: String
    /// Profession and speciality, e.g. `G15_10/SM03` of 1.2.250.1.213.1.1.4.5 (JDV_J01), with its French label; the
    /// profession alone (`G15_10`, *Médecin*) when nobody said more.
    package var speciality: String
    package var specialityLabel: String
    package var phone: String?
    /// MSSanté address; a recipient without one only gets paper.
    package var securedMail: String?
    package var address: PostalAddress?

    package init(
        nationalID: String, family: String, given: String, title: String = "", speciality: String = "G15_10",
        specialityLabel: String = "Médecin", phone: String? = nil,
        securedMail: String? = nil, address: PostalAddress? = nil
    ) {
        self.nationalID = nationalID
        self.family = family
        self.given = given
        self.title = title
        self.speciality = speciality
        self.specialityLabel = specialityLabel
        self.phone = phone
        self.securedMail = securedMail
        self.address = address
    }

    /// Medical biologist: what a biologist's account is when nobody said otherwise.
    package static let biology = (speciality: "G15_10/SM03", label: "Médecin - Biologie médicale (SM)")

    /// `Dr Pascal CHARLES`
    package var displayName: String {
        (title == "DR" ? "Dr " : title == "PR" ? "Pr " : "") + given + " " + family
    }
}

/// One site of the laboratory, as its documents name it.
package struct Site: Codable, Sendable, Hashable {
    /// Short code that every row of the site carries.
    package var code: String
    package var name: String
    /// Geographic FINESS, 9 digits.
    package var finess: String
    package var address: PostalAddress
    package var phone: String
    package var securedMail: String?
    /// Root OID of the documents that this site issues.
    package var oidRoot: String
    /// COFRAC accreditation number, e.g. `8-1234`; printed only when there.
    package var accreditation: String?
    /// Time zone name: `Europe/Paris` or a fixed offset.
    package var zone: String
    /// The biologist responsible (director), named on every report.
    package var director: Professional
    /// The performing laboratory in JDV_J04: `AMBULATOIRE` or `ETABLISSEMENT`.
    package var sector: String

    package init(
        code: String, name: String, finess: String, address: PostalAddress, phone: String, securedMail: String? = nil,
        oidRoot: String, accreditation: String? = nil, zone: String = "Europe/Paris", director: Professional,
        sector: String = "AMBULATOIRE"
    ) {
        self.code = code
        self.name = name
        self.finess = finess
        self.address = address
        self.phone = phone
        self.securedMail = securedMail
        self.oidRoot = oidRoot
        self.accreditation = accreditation
        self.zone = zone
        self.director = director
        self.sector = sector
    }

    package var civilZone: CivilZone { CivilZone(zone) ?? .europeParis }
}

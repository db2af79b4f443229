import ArgumentParser
import Base
import Client
import Console
import Laboratory

extension Role: ExpressibleByArgument {}

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Comptes nominatifs.",
        subcommands: [Add.self, List.self, Change.self, Secret.self, PIN.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ouvrir un compte (administrateur).")
        @OptionGroup var listing: Listing
        @Argument(help: "Login : a-z 0-9 . - _") var login: String
        @Option(help: "Rôle.") var role: Role
        @Option(help: "Nom affiché ; par défaut prénom et nom.") var name: String?
        @OptionGroup var identity: ProfessionalOptions
        @Option(help: "Site du compte ; par défaut celui de l'administrateur.") var site: String?
        @Flag(help: "Lire le secret sur l'entrée standard.") var secretStdin = false

        func run() async throws {
            let professional = try identity.professional
            let shown = name ?? professional.map { $0.given + " " + $0.family }
            guard let shown else {
                throw Refusal.usage("un compte est nominatif", "ajouter --name, ou --rpps --family --given")
            }
            let secret = try Terminal.secret("Secret du compte \(login) : ", fromInput: secretStdin)
            var body = AccountBody(login: login, name: shown, role: role, secret: secret)
            body.professional = professional
            body.site = site
            let account = try await listing.client().addAccount(body)
            if listing.json { return try Output.json(account) }
            Output.prose(
                "compte \(account.login) ouvert : \(account.name), \(account.role.rawValue), site \(account.site)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister les comptes (administrateur).")
        @OptionGroup var listing: Listing

        func run() async throws {
            let accounts = try await listing.client().accounts()
            if listing.json { return try Output.json(accounts) }
            var table = Table("LOGIN", "RÔLE", "*NOM", "SITE", "RPPS", "OUVERT")
            for account in accounts {
                table.add(
                    account.login, account.role.rawValue, account.name, account.site,
                    account.professional?.nationalID ?? "", yes(account.enabled))
            }
            Output.table(table, empty: "aucun compte")
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changer un compte (administrateur) : ce qui n'est pas donné reste.")
        @OptionGroup var listing: Listing
        @Argument(help: "Login.") var login: String
        @Option(help: "Rôle.") var role: Role?
        @Option(help: "Nom affiché.") var name: String?
        @OptionGroup var identity: ProfessionalOptions
        @Flag(help: "Donner un nouveau secret.") var secret = false
        @Flag(help: "Lire le nouveau secret sur l'entrée standard.") var secretStdin = false
        @Flag(inversion: .prefixedNo, help: "Ouvrir ou fermer le compte.") var enabled: Bool?

        func run() async throws {
            var body = AccountChange()
            body.role = role
            body.name = name
            body.professional = try identity.professional
            body.enabled = enabled
            if secret || secretStdin {
                body.secret = try Terminal.secret("Nouveau secret de \(login) : ", fromInput: secretStdin)
            }
            let account = try await listing.client().changeAccount(login, body)
            if listing.json { return try Output.json(account) }
            Output.prose("compte \(account.login), version \(account.version)")
        }
    }

    struct Secret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Changer son propre secret.")
        @OptionGroup var connection: Connection
        @Flag(help: "Lire l'ancien puis le nouveau sur l'entrée standard, une ligne chacun.") var secretStdin = false

        func run() async throws {
            let current = try Terminal.secret("Secret actuel : ", fromInput: secretStdin)
            let replacement = try Terminal.secret("Nouveau secret : ", fromInput: secretStdin)
            try await connection.client().changeSecret(current: current, replacement: replacement)
            Output.prose("secret changé ; les connexions de ce compte sont fermées : paillasse login")
        }
    }
}

extension AccountCommand {
    struct PIN: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin", abstract: "Choisir le code qui signe, ou en remplacer un bloqué (biologiste).",
            discussion: "6 à 12 chiffres, demandés à chaque signature ou lot ; cinq erreurs de suite le bloquent.")
        @OptionGroup var connection: Connection
        @Flag(help: "Lire le secret puis le code sur l'entrée standard, une ligne chacun.") var secretStdin = false

        func run() async throws {
            let secret = try Terminal.secret(BioWords.say(.cliSecret), fromInput: secretStdin)
            let pin = try Terminal.secret(BioWords.say(.cliPin), fromInput: secretStdin)
            if !secretStdin {
                guard try Terminal.secret(BioWords.say(.cliPinAgain), fromInput: false) == pin else {
                    throw Refusal(
                        "account.pin.differs", because: "les deux codes diffèrent",
                        remedy: "recommencer : rien n'a changé")
                }
            }
            try await connection.client().choosePIN(PINBody(secret: secret, pin: pin))
            Output.prose(BioWords.say(.cliPinChosen))
        }
    }
}

/// A professional behind an account.
struct ProfessionalOptions: ParsableArguments {
    @Option(help: "RPPS, 11 chiffres.") var rpps: String?
    @Option(help: "Nom d'exercice.") var family: String?
    @Option(help: "Prénom d'exercice.") var given: String?
    @Option(help: "Civilité d'exercice : DR, PR…") var title: String?
    @Option(help: "Spécialité, code de la TRE_G15/R38, ex. G15_21/SM54.") var speciality: String?
    @Option(help: "Libellé de la spécialité.") var specialityLabel: String?
    @Option(help: "Adresse MSSanté.") var mail: String?

    var professional: ProfessionalBody? {
        get throws {
            guard rpps != nil || family != nil || given != nil else { return nil }
            guard let rpps, let family, let given else {
                throw Refusal.usage(
                    "un professionnel a un RPPS, un nom et un prénom", "donner --rpps, --family, --given")
            }
            var body = ProfessionalBody(nationalID: nationalID(rpps), family: family, given: given)
            body.title = title
            body.speciality = speciality
            body.specialityLabel = specialityLabel
            body.securedMail = mail
            return body
        }
    }
}

/// 11 digits are a RPPS: `8` goes before (ANS, type of national identifier). Anything else is taken as written.
func nationalID(_ text: String) -> String { text.utf8.count == 11 ? "8" + text : text }

import ArgumentParser
import Base
import Glibc

/// The commands of Paillasse, one file each. Every one speaks to the server through its API, except those that only
/// read files (`decode`, `calc`, `rules`, `catalogue lint`, `driver`, `qc evaluate`).
struct Paillasse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paillasse",
        abstract: "Système de gestion de laboratoire de biologie médicale.",
        discussion: """
            Le serveur est pris dans --server, sinon dans PAILLASSE_SERVER, sinon http://127.0.0.1:8642.
            Code de sortie : 0 fait, 1 refusé, 2 commande mal écrite, 3 serveur injoignable.
            """,
        subcommands: [
            ServeCommand.self, LoginCommand.self, LogoutCommand.self, WhoamiCommand.self, AccountCommand.self,
            PatientCommand.self, RequestCommand.self, SpecimenCommand.self, WorklistCommand.self,
            ValidateCommand.self, RejectCommand.self, EnterCommand.self, WhyCommand.self, CriticalCommand.self,
            ReflexCommand.self, BioCommand.self, TriageCommand.self,
            ReportCommand.self, DeliveriesCommand.self, IndicatorsCommand.self, AnalyzersCommand.self,
            AnalyzerCommand.self,
            MessagesCommand.self,
            AuditCommand.self, CatalogueCommand.self, DriverCommand.self, DecodeCommand.self, QCCommand.self,
            CalcCommand.self, RulesCommand.self, StatusCommand.self,
        ])
}

/// What the shell is told.
enum Outcome: Int32 {
    case done = 0
    case refused = 1
    case misused = 2
    case unreachable = 3
}

@main
enum Entry {
    static func main() async {
        // A proxy of the environment is not for a server of this machine. Set before any thread exists.
        let around = getenv("no_proxy").map { String(cString: $0) + "," } ?? ""
        setenv("no_proxy", around + "127.0.0.1,localhost,::1", 1)
        // A reader that went away (`| head`) ends the command without a word.
        signal(SIGPIPE, SIG_DFL)
        do {
            var command = try Paillasse.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(end(error).rawValue)
        }
    }

    private static func end(_ error: any Error) -> Outcome {
        switch error {
        case let refusal as Refusal:
            Output.complain(BioWords.told(refusal))
            if refusal.code == Refusal.unknownCommand { return .misused }
            return refusal.code == "client.unreachable" ? .unreachable : .refused
        case let outcome as Ended:
            return outcome.outcome
        case _ where Paillasse.exitCode(for: error) == .success:
            Output.line(French.help(Paillasse.fullMessage(for: error)))
            return .done
        case _ where Paillasse.exitCode(for: error) == .validationFailure:
            Output.complain(French.help(Paillasse.fullMessage(for: error)))
            return .misused
        case _:
            Output.complain(String(describing: error))
            return .refused
        }
    }
}

/// Ends a command that has already said why.
struct Ended: Error {
    var outcome: Outcome
}

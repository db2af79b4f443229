import ArgumentParser
import Base
import Client
import Console
import Laboratory

// Why a result of a file is held, and the telephone call about it.

extension BioCommand {
    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpWhy))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @Argument(help: .said(.helpCode)) var code: String
        @Flag(help: .said(.helpAllChecks)) var all = false
        @Flag(help: .said(.helpAllJudgements)) var history = false

        func run() async throws {
            let client = try listing.client()
            let why = try await client.why(try await BioCommand.observation(code, of: request, client).id)
            if listing.json { return try Output.json(why) }
            WhyCommand.show(why, all: all, history: history)
        }
    }

    struct Call: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpCall),
            discussion: BioWords.say(.helpCallMore))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @Argument(help: .said(.helpCode)) var code: String
        @OptionGroup var telephone: CallOptions
        @Flag(help: .said(.helpShowOnly)) var show = false

        func run() async throws {
            let client = try listing.client()
            let observation = try await BioCommand.observation(code, of: request, client)
            let call = try await found(observation, client)
            // One that was made is read; another is written down with its words.
            let isRead = call.state != .open && telephone.person == nil && !telephone.unreachable
            if show || isRead { return try CriticalCommand.show(call, listing) }
            if !listing.json { try CriticalCommand.show(call, listing) }
            var said = telephone
            if !said.unreachable { try said.askForTheRest(observation.result) }
            try CriticalCommand.show(try await client.recordCall(observation.id, said.body), listing)
        }

        private func found(
            _ observation: ObservationView, _ client: LaboratoryClient
        ) async throws(Refusal) -> CriticalCallView {
            do throws(Refusal) { return try await client.criticalCall(observation.id) } catch {
                guard error.code == "critical.unknown" else { throw error }
                throw Refusal(
                    "bio.call", at: "\(request) \(code)", because: "cette valeur n'a pas d'appel à passer",
                    remedy: "les appels ouverts : paillasse critical list")
            }
        }
    }

    /// The result of an analysis that the biologist has before the eyes.
    static func observation(
        _ code: String, of request: String, _ client: LaboratoryClient
    ) async throws(Refusal) -> ObservationView {
        let file = try await client.fileToSign(request)
        if let found = file.observations.first(where: { $0.analysis == code }) { return found }
        let whole = try await client.request(request)
        let standing = whole.observations.filter { $0.analysis == code && $0.state != .rejected }
        guard let found = standing.max(by: { $0.run < $1.run }) else {
            throw Refusal(
                "bio.analysis", at: code, because: "aucun résultat de cette analyse dans ce dossier",
                remedy: "voir paillasse bio show \(request)")
        }
        return found
    }
}

/// What is written down of a call.
struct CallOptions: ParsableArguments {
    @Option(help: .said(.helpNumber)) var number: String?
    @Option(help: .said(.helpPerson)) var person: String?
    @Option(help: .said(.helpRole)) var role: String?
    @Option(help: .said(.helpValue)) var value: String?
    @Flag(help: .said(.helpReadBack)) var readBack = false
    @Flag(help: .said(.helpUnreachable)) var unreachable = false

    var body: CallBody {
        CallBody(number: number, person: person, role: role, value: value, readBack: readBack, reached: !unreachable)
    }

    /// At a keyboard, one question after the other; nothing is asked of a program.
    mutating func askForTheRest(_ result: String) throws {
        guard Terminal.isKeyboard, person == nil else { return }
        func answer(_ question: String) throws(Refusal) -> String {
            Output.line(question)
            return try Terminal.lineOfInput()
        }
        person = try answer(BioWords.say(.cliAskPerson))
        if person == "-" {
            person = nil
            unreachable = true
            // Which number did not answer is written down too.
            if number == nil { number = try answer(BioWords.say(.cliAskNumber)) }
            return
        }
        if role == nil { role = try answer(BioWords.say(.cliAskRole)) }
        if number == nil { number = try answer(BioWords.say(.cliAskNumber)) }
        if value == nil { value = try answer(BioWords.say(.cliAskValue, result)) }
        let (yes, no) = (BioWords.say(.yes), BioWords.say(.no))
        while !readBack {
            let said = try answer(BioWords.say(.cliAskReadBack)).lowercased()
            if !said.isEmpty, no.hasPrefix(said) { break }
            readBack = !said.isEmpty && yes.hasPrefix(said)
        }
    }
}

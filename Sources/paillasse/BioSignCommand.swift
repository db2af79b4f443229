import ArgumentParser
import Base
import Client
import Console
import Foundation
import Laboratory
import Terminal

/// What a signature holds beside the results as they stand.
struct DraftOptions: ParsableArguments {
    @Option(
        name: .customLong("except"),
        help: ArgumentHelp(BioWords.say(.helpExcept), valueName: "code"))
    var except: [String] = []
    @Option(help: ArgumentHelp(BioWords.say(.helpComment), valueName: "code"))
    var comment: [String] = []
    @Option(help: ArgumentHelp(BioWords.say(.helpNote), valueName: BioWords.say(.placeText))) var note: String?

    var body: SignDraftBody {
        SignDraftBody(
            except: except.isEmpty ? nil : except, comments: comment.isEmpty ? nil : comment, note: note)
    }
}

extension BioCommand {
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpSign),
            discussion: BioWords.say(.helpSignMore))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String?
        @OptionGroup var draft: DraftOptions
        @Flag(help: .said(.helpPartial)) var partial = false
        @Flag(name: [.customLong("proposables"), .long], help: .said(.helpProposables)) var all = false
        @Option(help: ArgumentHelp(BioWords.say(.helpOneSection), valueName: BioWords.say(.placeName))) var section:
            String?
        @Option(help: ArgumentHelp(BioWords.say(.helpConfirm), valueName: "n")) var confirm: Int?
        @Option(
            help: ArgumentHelp(
                BioWords.say(.helpSample),
                valueName: "n"))
        var sample: Int?
        @Option(help: .said(.helpUncalled))
        var uncalled: String?

        func validate() throws {
            guard all == (request == nil) else { throw ValidationError(BioWords.say(.usageOneOrAll)) }
            guard !(all && partial) else { throw ValidationError(BioWords.say(.usageWhole)) }
            guard !all || draft.body == SignDraftBody() else {
                throw ValidationError(BioWords.say(.usageDraft))
            }
            guard !all || uncalled == nil else { throw ValidationError(BioWords.say(.usageUncalled)) }
            guard all || section == nil else { throw ValidationError(BioWords.say(.usageSection)) }
            guard sample.map({ (SignOffSettings.leastSample...100).contains($0) }) ?? true else {
                throw ValidationError(BioWords.say(.usageSample, String(SignOffSettings.leastSample)))
            }
        }

        func run() async throws {
            if let request { try await sign(request) } else { try await signAll() }
        }

        private func sign(_ request: String) async throws {
            let client = try listing.client()
            let file = try await client.fileToSign(request, draft.body)
            try await BioCommand.beforeSigning(listing) { try await BioCommand.showWithTrend(file, client) }
            guard !file.isAmendment else {
                throw Refusal(
                    "sign.amendment", at: request, because: "ce dossier rectifie la version \(file.nextVersion - 1)",
                    remedy: "dire pourquoi : paillasse bio amend \(request) --reason MOTIF")
            }
            let isPartial = partial || !draft.except.isEmpty
            let asked = BioWords.say(
                .cliAskOne, String(file.observations.count), request, String(file.contentHash.prefix(16)))
            let signature = try await BioCommand.sign(
                request, file,
                SignBody(
                    contentHash: file.contentHash, pin: "", partial: isPartial ? true : nil, uncalled: uncalled,
                    draft: draft.body), asking: asked, client)
            if listing.json { return try Output.json(signature) }
            Output.line()
            BioCommand.show(signature, request)
            try await BioCommand.sayPace(client, after: 1)
        }

        private func signAll() async throws {
            let client = try listing.client()
            let waiting = try await client.awaitingSignature(limit: BioCommand.mostFiles, section: section)
            // What was begun in the full screen is signed alone, with what was written of it.
            let begun = try await SignLeft.begun(
                client, listing.connection.tokens, server: listing.connection.address.text)
            let proposable = waiting.filter { $0.lane == .proposable }
            let files = proposable.filter { !begun.contains($0.requestNumber) }
            let left = proposable.map(\.requestNumber).filter { begun.contains($0) }
            try await BioCommand.beforeSigning(listing) {
                try await summarize(files, of: waiting, client)
                if !left.isEmpty { Output.prose(BioWords.say(.cliLotBegun, left.joined(separator: ", "))) }
            }
            guard !files.isEmpty else {
                guard (confirm ?? 0) == 0 else {
                    throw Refusal(
                        "sign.confirm.none", because: "aucun dossier ne peut être signé en lot",
                        remedy: "paillasse bio file dit ce qui arrête chacun")
                }
                return Output.prose(BioWords.say(.cliNothing))
            }
            guard confirm == files.count else {
                let found = files.count == 1 ? "1 dossier serait signé" : "\(files.count) dossiers seraient signés"
                throw Refusal(
                    "sign.confirm", because: found,
                    remedy: "relire (paillasse bio file), puis relancer avec --confirm \(files.count)")
            }
            var lot = LotBody(
                pin: "", files: files.map { LotBody.File(request: $0.requestNumber, contentHash: $0.contentHash) },
                section: section, left: left)
            let ahead = try await refusedAhead(&lot, client)
            let asked = BioWords.say(.cliAskLot, String(lot.files.count))
            let (made, seconds) = try await BioCommand.withPIN(asked, nil, client) {
                [lot] (pin) async throws(Refusal) in
                var signed = lot
                signed.pin = pin
                let begun = Date()
                let made = try await client.signLot(signed)
                return (made, Date().timeIntervalSince(begun))
            }
            let refused = made.filter { $0.signature == nil }
            if listing.json {
                try Output.json(made + ahead)
            } else {
                for outcome in made { if let one = outcome.signature { BioCommand.show(one, outcome.requestNumber) } }
                for outcome in refused { Output.prose(told(.cliNotSigned, outcome)) }
                Output.prose(
                    BioWords.say(
                        .cliLotDone, String(made.count - refused.count), String(Int((seconds * 1000).rounded()))))
                try await BioCommand.sayPace(client, after: made.count - refused.count)
            }
            if !refused.isEmpty || !ahead.isEmpty { throw Ended(outcome: .refused) }
        }

        /// What of the lot could not be signed, told before the code is asked for; it stays out of the lot.
        private func refusedAhead(
            _ lot: inout LotBody, _ client: LaboratoryClient
        ) async throws -> [LotOutcomeView] {
            guard Terminal.isKeyboard else { return [] }
            let refused = try await client.checkLot(lot)
            for outcome in refused { Output.complain(told(.cliLotRefused, outcome)) }
            let numbers = Set(refused.map(\.requestNumber))
            lot.files.removeAll { numbers.contains($0.request) }
            lot.left = (lot.left ?? []) + numbers.sorted()
            guard !lot.files.isEmpty else { throw Ended(outcome: .refused) }
            return refused
        }

        private func told(_ word: SignWord, _ outcome: LotOutcomeView) -> String {
            BioWords.say(word, outcome.requestNumber, outcome.refusal.map { BioWords.language.sentence($0) } ?? "")
        }

        /// What the lot is: counts, age, and some files in full, drawn at random.
        private func summarize(
            _ files: [SignableLineView], of waiting: [SignableLineView], _ client: LaboratoryClient
        ) async throws {
            Output.prose(
                BioWords.say(
                    .cliLot, String(files.count), String(files.reduce(0) { $0 + $1.fresh }),
                    String(waiting.count - files.count), BioCommand.summary(waiting)))
            var bySection = [String: Int]()
            for file in files { for name in file.sections { bySection[name, default: 0] += 1 } }
            if !bySection.isEmpty {
                Output.prose(
                    bySection.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
            }
            if let oldest = files.map(\.registeredAt.text).min() {
                Output.prose(BioWords.say(.cliLotOldest, Moment(text: oldest).french))
            }
            let states = try await client.qualityStates()
            let counts = ControlCounts(states.map { QualityRow($0) })
            Output.prose(
                BioWords.say(.quality)
                    + counts.text(
                        Signs(), absentWord: BioWords.say(.controlsAbsent), exemptWord: BioWords.say(.controlsExempt)))
            for state in states where state.hold == Hold.Code.qualityControlRejected.rawValue {
                Output.prose(BioWords.say(.cliLotRejected, state.analysis, state.analyzer, state.because))
            }
            let catalogue = try await client.catalogue()
            Output.prose(BioWords.say(.cliLotRules, String(catalogue.version.prefix(12))))
            guard confirm != nil, !files.isEmpty else { return }
            var settings = try await client.signOffSettings()
            settings.sample = max(settings.sample, sample ?? 0)
            let count = settings.drawn(of: files.count)
            for file in files.shuffled().prefix(count) {
                Output.line()
                Output.prose(BioWords.say(.cliDrawn, String(count), String(files.count)))
                try await BioCommand.showWithTrend(try await client.fileToSign(file.requestNumber), client)
            }
            Output.line()
        }
    }

    struct Comments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: BioWords.say(.helpComments))
        @OptionGroup var listing: Listing

        func run() async throws {
            let found = try await listing.client().comments()
            if listing.json { return try Output.json(found) }
            var table = Table(BioWords.titles(.cliCommentTitles))
            for comment in found { table.add(comment.code, comment.section ?? "", comment.text) }
            Output.table(table, empty: BioWords.say(.cliNoComments))
        }
    }

    struct Figures: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpFigures),
            discussion: BioWords.say(.helpFiguresMore))
        @OptionGroup var listing: Listing
        @Option(help: ArgumentHelp(BioWords.say(.helpFrom), valueName: BioWords.say(.placeDay))) var from: String?
        @Option(help: ArgumentHelp(BioWords.say(.helpTo), valueName: BioWords.say(.placeDay))) var to: String?
        @Flag(help: .said(.helpEverybody)) var all = false

        func run() async throws {
            func day(_ text: String?) throws(Refusal) -> CivilDate? {
                guard let text else { return nil }
                guard let date = CivilDate(text), date.isComplete else {
                    throw Refusal.usage(BioWords.say(.usageDay, text), BioWords.say(.usageDayHow))
                }
                return date
            }
            let client = try listing.client()
            let figures = try await client.signOffFigures(from: try day(from), to: try day(to), all: all)
            if listing.json { return try Output.json(figures) }
            Output.prose(BioCommand.words(of: figures))
            Output.prose(BioCommand.words(of: figures.typing))
            Output.prose(BioCommand.words(of: try await client.signOffSettings().baseline))
            var table = Table(BioWords.titles(.cliHoldTitles))
            for hold in figures.holds { table.add(hold.code, String(hold.overridden), String(hold.retracted)) }
            Output.table(table, empty: BioWords.say(.cliNoHolds))
        }
    }

    // Parts

    /// What a person reads before the code is asked for, whatever a program is to read of the command. Where nobody
    /// sits at a keyboard nothing is signed, and JSON stays alone.
    static func beforeSigning(_ listing: Listing, _ show: () async throws -> Void) async throws {
        guard !listing.json || Terminal.isKeyboard else { return }
        try await Output.$isAside.withValue(listing.json) { try await show() }
    }

    /// One file, alone. What the signature would be refused for (nothing changes, a character that no page can show) is
    /// told before the code is asked for.
    static func sign(
        _ request: String, _ file: FileToSignView, _ body: SignBody, asking what: String, _ client: LaboratoryClient
    ) async throws(Refusal) -> SignatureView {
        if Terminal.isKeyboard { try await client.checkSignature(request, body) }
        return try await withPIN(what, file, client) { (pin) async throws(Refusal) in
            var signed = body
            signed.pin = pin
            return try await client.sign(request, signed)
        }
    }

    /// Signs with the code, which is asked for again while it is a wrong one: the command does not end between, and
    /// what was read is not read anew.
    private static func withPIN<Made>(
        _ what: String, _ file: FileToSignView?, _ client: LaboratoryClient,
        _ sign: (String) async throws(Refusal) -> Made
    ) async throws(Refusal) -> Made {
        var pin = try await pin(what, file, client)
        while true {
            do throws(Refusal) { return try await sign(pin) } catch {
                guard error.code == "sign.pin" else { throw error }
                Output.complain(BioWords.language.sentence(error))
                pin = try Terminal.secret(BioWords.say(.cliPin), fromInput: false)
            }
        }
    }

    /// The code of a person, at the keyboard of a terminal only: a program that has a token signs nothing.
    private static func pin(
        _ what: String, _ file: FileToSignView?, _ client: LaboratoryClient
    ) async throws(Refusal) -> String {
        guard Terminal.isKeyboard else {
            throw Refusal(
                "sign.terminal", because: "une signature se donne par une personne, au clavier d'un terminal",
                remedy: "la donner dans un terminal : ni tube, ni fichier, ni programme")
        }
        let who = try await client.whoami()
        // Beside what a program reads of the command.
        Output.complain(what)
        if let file {
            let fresh = Set(file.fresh)
            let groups = HoldGroup.groups(
                of: file.observations.filter { fresh.contains($0.id) }.map { ($0.analysis, $0.holds) },
                told: file.told
            ).filter(\.isOverridden)
            let over =
                file.patient.attributes.map(BioWords.language.words)
                + groups.map { $0.analyses.count > 1 ? $0.title : "\($0.title) (\($0.analyses[0]))" }
            if !over.isEmpty {
                Output.complain(BioWords.say(.overridden, over.joined(separator: ", ")))
            }
        }
        Output.complain(BioWords.signedBy(who.name, .europeParis))
        Output.complain(BioWords.say(.meaning))
        return try Terminal.secret(BioWords.say(.cliPin), fromInput: false)
    }

    static func words(of figures: SignOffFiguresView) -> String {
        let share = figures.signed > 0 ? figures.inLot * 100 / figures.signed : 0
        return BioWords.say(
            .cliFigures, String(figures.signed), String(figures.inLot), String(share), String(figures.amendments))
            + (figures.seconds.map { ", " + BioWords.say(.cliPace, String($0)) } ?? "")
    }

    /// How many today, how fast, and whether to stop for a while: `done` files were just signed.
    static func sayPace(_ client: LaboratoryClient, after done: Int) async throws {
        let figures = try await client.signOffFigures(from: nil, to: nil, all: false)
        Output.prose(BioWords.say(.cliToday, words(of: figures)))
        let alone = figures.signed - figures.inLot
        switch SignPace.advice(after: done, all: figures.signed, alone: alone, seconds: figures.seconds) {
        case .pause: Output.prose(BioWords.say(.cliPause))
        case .slower: Output.prose(BioWords.say(.cliSlower, String(SignPace.hasty)))
        case nil: break
        }
    }

    /// `01:12 (22/11/2026 10:33)`: how long, and since when.
    private static func waited(_ since: Moment) -> String {
        let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
        let minutes = max(0, Int((since.instant(in: .europeParis) ?? now).minutes(to: now)))
        let long = padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
        return (minutes >= 48 * 60 ? "\(minutes / 1440) j" : long) + " (\(since.french))"
    }

    static func summary(_ files: [SignableLineView]) -> String {
        func count(_ lane: SignLane) -> Int { files.count { $0.lane == lane } }
        let oldest = files.map(\.registeredAt.text).min().map { waited(Moment(text: $0)) } ?? "–"
        return BioWords.say(
            .cliSummary, String(count(.critical)), String(count(.held)), String(count(.proposable)),
            String(count(.partial)), oldest)
    }
}

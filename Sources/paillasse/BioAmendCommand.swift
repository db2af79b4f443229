import ArgumentParser
import Base
import Client
import Console
import Laboratory

extension Amendment.Reason: ExpressibleByArgument {}

extension BioCommand {
    struct Amend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpAmend),
            discussion: BioWords.say(.helpAmendMore))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @Option(help: ArgumentHelp(BioWords.say(.helpAmendReason), valueName: BioWords.say(.placeReason))) var reason:
            Amendment.Reason?
        @Option(help: .said(.helpAmendWords)) var words: String?
        @OptionGroup var draft: DraftOptions
        @Flag(help: .said(.helpPartial)) var partial = false
        @Option(help: .said(.helpUncalled))
        var uncalled: String?

        func run() async throws {
            let client = try listing.client()
            var body = draft.body
            body.reason = try reason ?? Output.$isAside.withValue(listing.json) { try Amend.ask() }
            body.words = words
            let file = try await client.fileToSign(request, body)
            let whole = try await client.request(request)
            guard let before = whole.lastSignature else {
                throw Refusal(
                    "amend.unsigned", at: request, because: "ce dossier n'a pas de version signée",
                    remedy: "le signer : paillasse bio sign \(request)")
            }
            try await BioCommand.beforeSigning(listing) {
                try await BioCommand.showWithTrend(file, client)
                Output.line()
                BioCommand.compare(whole, before, file)
                for change in file.changes where change.part != .result {
                    Output.prose(BioCommand.since(before.version, change))
                }
                Output.line()
                BioCommand.show(
                    try await client.holders(
                        of: file.request, pending: true, partial: partial || !draft.except.isEmpty,
                        reason: body.reason))
                Output.line()
            }
            let isPartial = partial || !draft.except.isEmpty
            let asked = BioWords.say(
                .cliAskAmend, request, String(file.observations.count), String(file.contentHash.prefix(16)))
            let signature = try await BioCommand.sign(
                request, file,
                SignBody(
                    contentHash: file.contentHash, pin: "", partial: isPartial ? true : nil, uncalled: uncalled,
                    draft: body), asking: asked, client)
            if listing.json { return try Output.json(signature) }
            BioCommand.show(signature, request)
            for call in try await client.criticalCalls() where call.requestNumber == request && call.state == .open {
                Output.prose(BioWords.say(.cliRecall, call.analysis, call.value, call.words))
            }
        }

        private static func ask() throws -> Amendment.Reason {
            guard Terminal.isKeyboard else {
                throw Refusal.usage(
                    BioWords.say(.usageAmend),
                    BioWords.say(
                        .usageAmendHow, Amendment.Reason.allCases.map(\.rawValue).joined(separator: ", ")))
            }
            let all = Amendment.Reason.allCases
            for (number, reason) in all.enumerated() {
                Output.line("\(number + 1) \(reason.rawValue) \(BioWords.language.words(reason))")
            }
            Output.line(BioWords.say(.cliReasonNumber))
            let typed = try Terminal.lineOfInput()
            guard let number = Int(typed), all.indices.contains(number - 1) else {
                throw Refusal.usage(BioWords.say(.usageNumber, typed), BioWords.say(.usageAgain))
            }
            return all[number - 1]
        }
    }

    /// What the prescriber had, beside what is to be signed.
    static func compare(_ whole: RequestFileView, _ before: SignatureView, _ file: FileToSignView) {
        var table = Table(
            BioWords.say(.cliChangeTitle), "#" + BioWords.say(.cliVersion, String(before.version)),
            "#" + BioWords.say(.cliVersion, String(file.nextVersion)))
        for change in whole.changes(from: before.observationIDs, to: file.observations.map(\.id)) {
            table.add(change.analysis, change.before?.result ?? "–", change.after?.result ?? BioWords.say(.cliRemoved))
        }
        Output.table(table, empty: BioWords.say(.sameResults))
    }

    static func show(_ holders: [ReportHolder]) {
        var table = Table(BioWords.titles(.cliHolderTitles))
        let language = BioWords.language
        for holder in holders {
            let version = holder.version == 0 ? "–" : String(holder.version)
            table.add(holder.who, version, language.told(holder.state), language.told(holder.next))
        }
        Output.table(table, empty: BioWords.say(.cliNobody))
    }
}

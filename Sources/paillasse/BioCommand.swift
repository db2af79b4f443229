import ArgumentParser
import Base
import Catalog
import Client
import Console
import Foundation
import Laboratory

struct BioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bio", abstract: BioWords.say(.helpBio),
        discussion: BioWords.say(.helpBioMore),
        subcommands: [
            FullScreen.self, File.self, Next.self, Show.self, Why.self, Hist.self, Diff.self, Reject.self, Call.self,
            Sign.self, Amend.self, Comments.self, Figures.self, Settings.self,
        ], defaultSubcommand: FullScreen.self)

    struct FullScreen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "screen", abstract: BioWords.say(.helpScreen))
        @OptionGroup var listing: Listing
        @OptionGroup var screen: ScreenOptions
        @Argument(help: .hidden) var strange: [String] = []

        func run() async throws {
            if let word = strange.first { throw BioCommand.unknown(word) }
            if screen.card {
                for line in KeyCard.signPage(try screen.manner(ProcessInfo.processInfo.environment)) {
                    Output.line(line)
                }
                return
            }
            if Terminal.isScreen, Terminal.isKeyboard, !screen.plain, !listing.json {
                return try await screen.openSignOff(listing.connection)
            }
            try await BioCommand.list(listing, limit: nil)
        }
    }

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "file", abstract: BioWords.say(.helpFile))
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length

        func run() async throws { try await BioCommand.list(listing, limit: length.limit) }
    }

    /// A word that is no command of `bio`.
    static func unknown(_ word: String) -> Refusal {
        let known = "file, next, show, why, hist, diff, reject, call, sign, amend, comments, figures, settings"
        let isNumber = word.contains(where: \.isNumber)
        return Refusal(
            Refusal.unknownCommand, because: BioWords.say(.usageWord, word),
            remedy: BioWords.say(.usageWordHow, isNumber ? BioWords.say(.usageWordShow, word) : "", known))
    }

    /// Files that the server looks at for one answer.
    static let mostFiles = 2000

    static func list(_ listing: Listing, limit: Int?) async throws {
        let client = try listing.client()
        // Counted whole, the gravest first, whatever is shown of it.
        let all = bySeverity(try await client.awaitingSignature(limit: mostFiles))
        let files = limit.map { Array(all.prefix($0)) } ?? all
        if listing.json { return try Output.json(files) }
        if !files.isEmpty {
            Output.prose(summary(all))
            if files.count < all.count { Output.prose(BioWords.say(.cliCut, String(files.count), String(all.count))) }
            if all.count >= mostFiles {
                let waiting = try await client.status().counts.awaitingSignature
                if waiting > all.count { Output.prose(BioWords.say(.cliCut, String(all.count), String(waiting))) }
            }
            Output.line()
        }
        var table = Table(BioWords.titles(.cliQueueTitles))
        for file in files {
            table.add(
                file.requestNumber, file.priority == .urgent ? BioWords.say(.yes) : "", file.patientName,
                file.registeredAt.french, String(file.fresh), String(file.results + file.missing.count),
                BioWords.lane(file.lane),
                obstacles(file.reasons))
        }
        Output.table(table, empty: BioWords.say(.cliNothing))
        // Signed, and on nobody's list any more.
        let unmade = try await listing.client().withheld().filter { $0.reason == WithheldNote.unmade }
        if unmade.isEmpty { return }
        Output.line()
        Output.table(DeliveriesCommand.recipients([], unmade), empty: "")
    }

    /// The first of them; `bio show` says all.
    private static func obstacles(_ all: [SignObstacle]) -> String {
        all.prefix(3).map(BioWords.language.words).joined(separator: ", ") + (all.count > 3 ? "… (\(all.count))" : "")
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: BioWords.say(.helpShow))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @OptionGroup var draft: DraftOptions
        @Option(help: ArgumentHelp(BioWords.say(.helpUncertainty), valueName: "1,5")) var mu: String?

        func run() async throws {
            let client = try listing.client()
            let file = try await client.fileToSign(request, draft.body)
            if listing.json { return try Output.json(file) }
            try await BioCommand.showWithTrend(file, client)
            guard let mu else { return }
            Output.line()
            for observation in file.observations {
                guard let analyzer = observation.origin.analyzer else { continue }
                let levels = try await client.uncertainty(
                    analyzer, observation.analysis, calibration: mu.replacing(",", with: "."))
                let name = "\(observation.analysis) · \(analyzer)"
                Output.prose(
                    levels.isEmpty
                        ? BioWords.say(.cliNoUncertainty, name)
                        : BioWords.say(.cliUncertainty, name, levels.joined(separator: " ; ")))
            }
        }
    }

    static func show(_ signature: SignatureView, _ request: String) {
        Output.prose(
            BioWords.say(
                .cliSigned, request, String(signature.version), signature.complete ? "" : BioWords.say(.cliPartly),
                signature.biologist.displayName, signature.at.french, signature.contentHash))
    }

    static func show(_ file: FileToSignView, context: [String] = [], trends: [String: String] = [:]) {
        Output.prose(header(of: file).replacing(" ,", with: ","))
        if case .toReview = file.standing {
            for result in file.rejected {
                let command = "paillasse qc lookback \(result.origin.analyzer ?? AssayMethod.typed) \(result.analysis)"
                Output.prose(BioWords.say(.cliDecide, "\(result.analysis) \(result.result)", command))
            }
        }
        if let back = file.withdrawal {
            Output.prose(BioWords.say(.cliWithdrawn, back.at.french, back.by, back.reason))
        }
        for line in context { Output.prose(line) }
        for change in file.changes { Output.prose(since(file.nextVersion - 1, change)) }
        Output.line()
        let previous = Dictionary(file.previous.map { ($0.analysis, $0) }, uniquingKeysWith: { first, _ in first })
        var table = Table(BioWords.titles(.cliFileTitles))
        for observation in file.observations {
            let before = previous[observation.analysis].map {
                "\($0.value.frenchText) (\($0.observedAt.french.prefix(10)))" + ($0.keptBack == true ? " *" : "")
            }
            table.add(
                observation.analysis, observation.analysisName ?? "", observation.result,
                BioWords.bounds(observation), BioWords.mark(observation.flags), before ?? "",
                trends[observation.analysis] ?? "", held(observation),
                file.fresh.contains(observation.id) ? BioWords.say(.yes) : "")
        }
        Output.table(table, empty: BioWords.say(file.left.isEmpty ? .cliNoResult : .cliAllLeft))
        BioWords.legend(file.observations)
        BioWords.comments(file.observations)
        let aside = file.reasons.filter { [.reflex, .freeWords, .ruleWords].contains($0.kind) }
        for one in aside { Output.prose(BioWords.language.words(one)) }
        if file.previous.contains(where: { $0.keptBack == true }) { Output.prose(BioWords.say(.cliKeptBack)) }
        let groups = HoldGroup.groups(of: file.observations.map { ($0.analysis, $0.holds) }, told: file.told)
        if !groups.isEmpty { Output.line() }
        for group in groups { Output.prose("\(group.title) : \(group.remedyWords(file.request.number))") }
        if !file.missing.isEmpty { Output.prose(BioWords.say(.cliMissing, file.missing.joined(separator: ", "))) }
        for comment in file.comments + file.supplements.map({ BioWords.say(.cliAttached, $0) }) {
            Output.prose(comment)
        }
        Output.prose(BioWords.say(.cliHash, String(file.observations.count), file.contentHash))
    }

    /// What the file is: to be signed as its lane says, or signed, and what became of it since.
    private static func header(of file: FileToSignView) -> String {
        let number = file.request.number
        let urgent = file.request.priority == .urgent ? BioWords.say(.cliUrgent) : ""
        let signed = String(file.nextVersion - 1)
        let state: String
        switch file.standing {
        case .toSign:
            return BioWords.say(.cliHeader, number, urgent, String(file.nextVersion), BioWords.lane(file.lane))
        case .signed: state = BioWords.say(.signedAll, signed)
        case .toReview(let codes): state = BioWords.say(.signedReview, signed, codes.joined(separator: ", "))
        case .toAmend: state = BioWords.say(.signedAmend, signed, obstacles(file.reasons))
        case .emptied: state = BioWords.say(.signedEmptied, signed)
        case .withdrawn: state = BioWords.say(.signedWithdrawn, signed)
        }
        return BioWords.say(.cliHeaderSigned, number, urgent, state)
    }

    /// The codes that hold it, or that it was calculated.
    private static func held(_ observation: ObservationView) -> String {
        let codes = observation.holdCodes
        return codes.isEmpty && observation.origin.calculation != nil ? BioWords.say(.calculated) : codes
    }

    /// What changed since that version, in words.
    static func since(_ version: Int, _ change: SignedChange) -> String {
        BioWords.say(.changedSince, String(version), BioWords.language.words(change))
    }
}

extension HoldGroup {
    /// The command that answers it.
    func remedyWords(_ request: String) -> String {
        let first = analyses.first ?? ""
        return switch remedy {
        case .call: BioWords.say(.cliCall, "paillasse bio call \(request) \(first)")
        case .reject: BioWords.say(.cliReject, "paillasse bio reject \(request) \(first) --reason MOTIF")
        case .read: BioWords.say(.cliRead, "paillasse bio why \(request) \(first)")
        }
    }
}

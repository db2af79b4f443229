import ArgumentParser
import Base
import Catalog
import Client
import Console
import Foundation
import Laboratory
import Terminal

// What a biologist reads before signing.

extension BioCommand {
    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpNext))
        @OptionGroup var listing: Listing
        @Option(help: ArgumentHelp(BioWords.say(.helpSection), valueName: BioWords.say(.placeName))) var section:
            String?

        func run() async throws {
            let client = try listing.client()
            let waiting = try await client.awaitingSignature(limit: BioCommand.mostFiles, section: section)
            guard let first = BioCommand.bySeverity(waiting).first else {
                if listing.json { return try Output.json([FileToSignView]()) }
                return Output.prose(BioWords.say(.cliNothing))
            }
            let shown = try await client.fileToSign(first.requestNumber)
            if listing.json { return try Output.json(shown) }
            try await BioCommand.showWithTrend(shown, client)
        }
    }

    struct Hist: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hist", abstract: BioWords.say(.helpHist))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @Argument(help: .said(.helpCode)) var code: String
        @Option(help: ArgumentHelp(BioWords.say(.helpSince), valueName: "2y")) var since = "2y"
        @Flag(help: .said(.helpPlot)) var plot = false
        @Flag(help: .said(.helpASCII)) var ascii = false

        func validate() throws {
            guard BioCommand.days(since) != nil else { throw ValidationError(BioWords.say(.usageSince)) }
        }

        func run() async throws {
            let client = try listing.client()
            let days = BioCommand.days(since) ?? 0
            let from = Instant(seconds: Int64(Date().timeIntervalSince1970) - Int64(days) * 86_400)
            let found = try await client.history(
                request, analysis: code, since: Moment(from, in: .europeParis), limit: 500)
            if listing.json { return try Output.json(found) }
            let file = try await client.fileToSign(request)
            let now = file.observations.first { $0.analysis == code }
            var table = Table(BioWords.titles(.cliHistTitles))
            if let now {
                table.add(
                    now.observedAt.french, now.value.frenchText, Unit.french(now.value.unit ?? ""),
                    BioWords.say(.cliThisFile, now.origin.analyzer ?? BioWords.say(.cliTyped)))
            }
            for point in found.first?.points ?? [] {
                table.add(
                    point.observedAt.french, point.value.frenchText, Unit.french(point.value.unit ?? ""),
                    point.analyzer ?? BioWords.say(.cliTyped))
            }
            Output.table(table, empty: BioWords.say(.cliNoHistory, since))
            guard plot else { return }
            let points = BioCommand.points(found.first, now)
            let lines = Trend.plot(
                points, low: now?.interval?.low, high: now?.interval?.high, width: min(Terminal.width ?? 80, 100),
                height: 12, zone: .europeParis, signs: Signs(ascii: ascii))
            Output.line()
            if lines.isEmpty || points.count < 2 { return Output.prose(BioWords.say(.cliNoCurve)) }
            for line in lines { Output.line(line) }
            for line in BioWords.language.breaks(points, zone: .europeParis) { Output.prose(line) }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpDiff))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String

        struct Change: Encodable {
            var analysis: String
            var before: String?
            var after: String?
            /// `result`, or what else changed: identity, tube, prescriber, what is joined.
            var part = SignedChange.Part.result
        }

        func run() async throws {
            let client = try listing.client()
            let file = try await client.request(request)
            guard let last = file.lastSignature else {
                throw Refusal(
                    "bio.unsigned", at: request, because: "ce dossier n'a pas de version signée",
                    remedy: "le lire : paillasse bio show \(request)")
            }
            let toSign = try await client.fileToSign(request)
            let (before, signedAfter, after) = file.sides(toSign)
            let isPending = signedAfter == nil
            let changes = file.changes(from: before?.observationIDs ?? [], to: after).map {
                Change(analysis: $0.analysis, before: $0.before?.result, after: $0.after?.result)
            }
            let others = isPending ? toSign.changes.filter { $0.part != .result } : signedAfter?.changes ?? []
            if listing.json {
                return try Output.json(
                    changes
                        + others.map {
                            Change(analysis: $0.place ?? "", before: $0.before, after: $0.after, part: $0.part)
                        })
            }
            let names = (
                before.map { BioWords.say(.cliVersion, String($0.version)) } ?? BioWords.say(.cliVersionNone),
                isPending ? BioWords.say(.cliToSign) : BioWords.say(.cliVersion, String(last.version))
            )
            var table = Table(BioWords.say(.cliChangeTitle), "#" + names.0, "#" + names.1)
            for change in changes {
                table.add(change.analysis, change.before ?? "–", change.after ?? BioWords.say(.cliRemoved))
            }
            Output.table(table, empty: BioWords.say(.cliSame, names.0, names.1))
            for change in others { Output.prose(BioCommand.since(before?.version ?? last.version, change)) }
            if let why = signedAfter?.amendment {
                Output.prose(
                    BioWords.say(.amendedFor, String(last.version), BioWords.language.words(why)))
            }
            BioCommand.show(try await client.holders(of: file.request, pending: isPending))
        }
    }

    struct Reject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpReject), discussion: BioWords.say(.helpRejectMore))
        @OptionGroup var listing: Listing
        @Argument(help: .said(.helpRequest)) var request: String
        @Argument(help: .said(.helpCode)) var code: String
        @Option(help: .said(.helpReason)) var reason: String
        @Option(help: ArgumentHelp(BioWords.say(.helpLastDigits), valueName: "123")) var tube: String?

        func run() async throws {
            // As the screens do: a slip says nothing.
            guard Workbench.isReason(reason) else {
                throw Refusal.usage(BioWords.say(.usageReason, reason), BioWords.say(.reasonInWords))
            }
            let client = try listing.client()
            let file = try await client.fileToSign(request)
            guard let observation = file.observations.first(where: { $0.analysis == code }) else {
                throw Refusal(
                    "bio.analysis", at: code, because: "aucun résultat validé de cette analyse dans ce dossier",
                    remedy: "voir paillasse bio show \(request)")
            }
            try confirm(observation)
            let event = try await client.reject(request, RejectBody(observation: observation.id, reason: reason))
            if listing.json { return try Output.json(event) }
            Output.prose(BioWords.say(.cliRejected, code, observation.result, reason))
        }

        /// Whoever rejects has the tube before the eyes: its last digits, as the screens ask for them.
        private func confirm(_ observation: ObservationView) throws {
            let key = observation.accession.isEmpty ? request : observation.accession
            guard tube != nil || Terminal.isKeyboard else {
                throw Refusal(
                    "reject.tube.missing", at: code,
                    because: "un rejet se confirme par les 3 derniers chiffres du tube, et ils ne sont pas donnés",
                    remedy: "les lire sur le tube et les donner : --tube 123")
            }
            if tube == nil {
                Output.complain(BioWords.say(.rejectTitle, code, observation.result))
                Output.complain(BioWords.say(.lastDigits) + " :")
            }
            let typed = try tube ?? Terminal.lineOfInput()
            guard typed == String(key.suffix(3)) else {
                throw Refusal(
                    "reject.tube", at: code, because: "« \(typed) » ne finit pas le numéro du tube de ce résultat",
                    remedy: "rien n'est rejeté : relire le tube, puis recommencer")
            }
        }
    }

    // Parts

    static func bySeverity(_ files: [SignableLineView]) -> [SignableLineView] {
        func rank(_ file: SignableLineView) -> (SignRank, String) {
            (
                SignRank(file.lane, isUrgent: file.priority == .urgent, reasons: file.reasons),
                file.registeredAt.text
            )
        }
        return files.sorted { rank($0) < rank($1) }
    }

    /// `90d`, `6m`, `2y` in days.
    static func days(_ text: String) -> Int? {
        guard let number = Int(text.dropLast()), number > 0, number < 10_000 else { return nil }
        switch text.last {
        case "d", "j": return number
        case "m": return number * 31
        case "y", "a": return number * 366
        case _: return nil
        }
    }

    static func points(_ history: HistoryView?, _ now: ObservationView?) -> [Trend.Point] {
        func at(_ moment: Moment) -> Instant { moment.instant(in: .europeParis) ?? Instant(seconds: 0) }
        let earlier = (history?.points ?? []).reversed()
        return earlier.map { Trend.Point($0.value, at($0.observedAt), $0.measuredBy, $0.definition) }
            + (now.map {
                [
                    Trend.Point(
                        $0.value, at($0.observedAt), history?.method ?? $0.origin.analyzer, history?.definition)
                ]
            } ?? [])
    }

    /// The file, with the trend of each value.
    static func showWithTrend(_ file: FileToSignView, _ client: LaboratoryClient, ascii: Bool = false) async throws {
        let history = try await client.history(file.request.number)
        let context = BioContext.lines(file)
        show(file, context: context, trends: trends(file, history, Signs(ascii: ascii)))
    }

    static func trends(_ file: FileToSignView, _ history: [HistoryView], _ signs: Signs) -> [String: String] {
        var trends = [String: String]()
        for observation in file.observations {
            let earlier = history.first { $0.analysis == observation.analysis }
            guard earlier?.points.isEmpty == false else { continue }
            trends[observation.analysis] = Trend.spark(
                points(earlier, observation), low: observation.interval?.low, high: observation.interval?.high,
                signs: signs)
        }
        return trends
    }
}

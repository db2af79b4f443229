import ArgumentParser
import Base
import Client
import Console
import Laboratory

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Pourquoi un résultat est retenu ou proposable : chaque contrôle.",
        discussion: """
            Montre le dernier jugement : contrôles dans leur ordre, données, seuils, règle et version, issue. \
            L'identifiant d'un résultat est dans « paillasse worklist » et « paillasse request show ».
            """)
    @OptionGroup var listing: Listing
    @Argument(help: "Identifiant du résultat.") var result: String
    @Flag(help: "Aussi les contrôles sans objet.") var all = false
    @Flag(help: "Tous les jugements, du plus ancien au dernier.") var history = false

    func run() async throws {
        let why = try await listing.client().why(result)
        if listing.json { return try Output.json(why) }
        WhyCommand.show(why, all: all, history: history)
    }

    static func show(_ why: WhyView, all: Bool, history: Bool) {
        let observation = why.observation
        Output.prose(
            BioWords.say(
                .cliWhyHead, observation.analysis, observation.result, why.requestNumber, String(observation.run)))
        guard let last = why.judgements.last else { return Output.prose(BioWords.say(.cliWhyNever)) }
        for judgement in history ? why.judgements : [last] { show(judgement, all: all) }
        Output.line()
        Output.prose(
            observation.holds.isEmpty
                ? BioWords.say(.cliWhyFree)
                : BioWords.say(
                    .cliWhyHeld,
                    observation.holds.map(\.code.rawValue).reduce(into: [String]()) { codes, code in
                        if !codes.contains(code) { codes.append(code) }
                    }.joined(separator: ", ")))
        // What changed since the judgement: a control, or another run.
        for hold in observation.holds where !last.holds.contains(hold) {
            Output.prose(
                BioWords.say(.cliWhySince, hold.code.rawValue, BioWords.language.reason(hold.code, hold.reason)))
        }
    }

    private static func show(_ judgement: JudgementView, all: Bool) {
        Output.line()
        Output.prose(
            BioWords.say(
                .cliWhyJudged, String(judgement.ordinal), judgement.at.french, BioWords.outcome(judgement.outcome),
                String(judgement.engine), String(judgement.catalogueVersion.prefix(12)),
                String(judgement.rulesVersion.prefix(12))))
        var table = Table(BioWords.titles(.cliWhyTitles))
        for check in judgement.checks where all || check.outcome != "notApplicable" {
            // `3 control@1 : oui [CQ_ABSENT] – contrôle…`
            let parts = check.line.split(separator: " – ", maxSplits: 1)
            table.add(
                String(check.step), check.rule,
                WhyCommand.words[check.outcome].map { BioWords.say($0) } ?? check.outcome,
                check.code?.rawValue ?? "", parts.count > 1 ? BioWords.language.seen(String(parts[1])) : "")
        }
        Output.table(table, empty: BioWords.say(.cliWhyNone))
        if let dilution = judgement.proposedDilution { Output.prose(BioWords.say(.cliWhyDilution, dilution)) }
    }

    private static let words: [String: SignWord] = [
        "yes": .yes, "no": .no, "unknown": .cliUndecided, "notApplicable": .cliNotApplicable,
    ]
}

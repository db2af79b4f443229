import ArgumentParser
import Base
import Client
import Console
import Laboratory

extension BioCommand {
    struct Settings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: BioWords.say(.helpSettings),
            discussion: BioWords.say(.helpSettingsMore))
        @OptionGroup var listing: Listing
        @Option(help: ArgumentHelp(BioWords.say(.helpSetSample), valueName: "n")) var sample: Int?
        @Option(help: ArgumentHelp(BioWords.say(.helpSetBaseline), valueName: BioWords.say(.placeManner)))
        var baseline: String?
        @Option(help: ArgumentHelp(BioWords.say(.helpSetMinutes), valueName: "n")) var minutes: Int?
        @Option(help: ArgumentHelp(BioWords.say(.helpSetErrors), valueName: "n")) var errors: Int?
        @Option(help: .said(.helpSetReason)) var reason: String?

        func validate() throws {
            let parts = [baseline != nil, minutes != nil, errors != nil]
            guard parts.allSatisfy({ $0 == parts[0] }) else {
                throw ValidationError(BioWords.say(.usageBaseline))
            }
            guard (sample != nil || baseline != nil) == (reason != nil) else {
                throw ValidationError(BioWords.say(.usageSettings))
            }
        }

        func run() async throws {
            let client = try listing.client()
            var settings = try await client.signOffSettings()
            if let reason {
                settings.sample = sample ?? settings.sample
                if let baseline, let minutes, let errors {
                    settings.baseline = SignOffSettings.Baseline(how: baseline, minutes: minutes, errors: errors)
                }
                settings = try await client.setSignOff(SignOffSettingsBody(settings, reason: reason))
            }
            if listing.json { return try Output.json(settings) }
            Output.prose(BioWords.say(.cliSample, String(settings.sample)))
            Output.prose(BioCommand.words(of: settings.baseline))
        }
    }

    /// `100 résultats saisis en 12 min, 2 retapés`
    static func words(of typing: TypingMeasure) -> String {
        guard let seconds = typing.seconds, let errors = typing.errors else {
            return BioWords.say(.cliTypingFew, String(typing.typed), String(SignOffSettings.measured))
        }
        return BioWords.say(
            .cliTyping, String(SignOffSettings.measured), "\(seconds / 60):" + padded(seconds % 60, 2), String(errors))
    }
    static func words(of baseline: SignOffSettings.Baseline?) -> String {
        guard let baseline else { return BioWords.say(.cliNoBaseline) }
        return BioWords.say(
            .cliBaseline, baseline.how, String(SignOffSettings.measured), String(baseline.minutes),
            String(baseline.errors))
    }
}

import ArgumentParser
import Base
import Client
import Console
import Foundation
import Laboratory

/// The commands `bio` in the language of the environment.
enum BioWords {
    static let language = Language(variables: ProcessInfo.processInfo.environment)

    static func say(_ word: SignWord, _ parts: String...) -> String { language.say(word, parts) }
    static func titles(_ word: SignWord) -> [String] { language[word].split(separator: "|").map(String.init) }
    /// French is the server's own words, as every command says them.
    static func told(_ refusal: Refusal) -> String {
        switch language {
        case .french: refusal.description
        case .english: language.sentence(refusal)
        }
    }
    /// What the checks came to.
    static func outcome(_ code: String) -> String {
        switch (language, code) {
        case (.english, "RETENU"): "HELD"
        case (.english, _), (.french, _): code
        }
    }
    static func lane(_ lane: SignLane) -> String {
        switch language {
        case .french: lane.rawValue
        case .english:
            switch lane {
            case .critical: say(.laneCritical)
            case .held: say(.laneHeld)
            case .partial: say(.lanePartial)
            case .proposable: say(.laneProposable)
            }
        }
    }

    /// Arrows for people, as reports print them; codes where there is no arrow.
    static func mark(_ flags: [ResultFlag]) -> String {
        flags.compactMap { flag -> String? in
            switch flag {
            case .normal, .negative, .notDetected: nil
            case .low: say(.cliFlagLow)
            case .high: say(.cliFlagHigh)
            case .criticallyLow: say(.cliFlagCriticalLow)
            case .criticallyHigh: say(.cliFlagCriticalHigh)
            case .abnormal: say(.cliFlagAbnormal)
            case .positive: say(.cliFlagPositive)
            case .detected: say(.cliFlagDetected)
            }
        }.joined(separator: ", ")
    }

    /// The interval beside a value, said otherwise where it is a decision value or a therapeutic range.
    static func bounds(_ observation: ObservationView) -> String {
        observation.interval.map { language.bounds($0.frenchText, $0.nature) } ?? ""
    }

    /// What stands under the results on the report: a signature covers it (RULES sections 4 and 6).
    static func comments(_ observations: [ObservationView]) {
        let told = observations.compactMap { one in one.comment.map { "\(one.analysis) : \($0)" } }
        if !told.isEmpty { Output.line() }
        for words in told { Output.prose(words) }
    }

    /// What the hold codes of a file mean, once each, and the calls of its critical values.
    static func legend(_ observations: [ObservationView]) {
        switch language {
        case .french: Output.legend(of: observations)
        case .english:
            let codes = Set(observations.flatMap(\.holds).map(\.code))
            if codes.isEmpty { return }
            Output.line()
            for code in Hold.Code.allCases where codes.contains(code) {
                Output.prose("\(code.rawValue): \(language.reason(code, ""))")
            }
            for observation in observations {
                if let call = observation.call { Output.prose(say(.cliCallOf, observation.analysis, call.words)) }
            }
        }
    }

    /// Who signs, and when.
    static func signedBy(_ person: String, _ zone: CivilZone) -> String {
        let now = CivilTime(Instant(seconds: Int64(Date().timeIntervalSince1970)), in: zone)
        return say(.signedBy, person, now.date.french, padded(now.hour, 2) + ":" + padded(now.minute, 2))
    }
}

extension ArgumentHelp {
    static func said(_ word: SignWord) -> ArgumentHelp { ArgumentHelp(stringLiteral: BioWords.say(word)) }
}

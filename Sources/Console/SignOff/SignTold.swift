package import Base
package import Laboratory

// What the server says in French, in the language of the screen. French is the server's own words.

extension Language {
    /// Why a file is signed alone.
    package func words(_ obstacle: SignObstacle) -> String {
        switch self {
        case .french: obstacle.frenchText
        case .english:
            Language.filled(
                EnglishTold.obstacles[obstacle.kind] ?? obstacle.frenchText,
                [
                    obstacle.kind == .hold ? obstacle.held : obstacle.analyses.joined(separator: ", "),
                    String(obstacle.version ?? 1), obstacle.change.map(words) ?? "", obstacle.words ?? "",
                    obstacle.attribute.map(words) ?? "",
                ])
        }
    }

    /// What makes an identity doubtful, as it is told beside the name.
    package func words(_ attribute: IdentityAttribute) -> String {
        switch self {
        case .french: attribute.frenchText
        case .english: EnglishTold.attributes[attribute] ?? attribute.frenchText
        }
    }

    /// `birth name: DUPONT → AUTRE`
    package func words(_ change: SignedChange) -> String {
        switch self {
        case .french: return change.frenchText
        case .english:
            let name = (EnglishTold.parts[change.part] ?? change.part.rawValue) + (change.place.map { " " + $0 } ?? "")
            if change.before == nil, change.after == nil { return name }
            return "\(name): \(told(change.before, of: change.part) ?? "–") → "
                + (told(change.after, of: change.part) ?? "removed")
        }
    }

    /// A value of a change: attributes have words, all else is what people wrote or a code.
    private func told(_ value: String?, of part: SignedChange.Part) -> String? {
        guard part == .attributes else { return value }
        return value?.split(separator: ", ").map { word in
            IdentityAttribute.allCases.first { $0.frenchText == word }.map(words) ?? String(word)
        }.joined(separator: ", ")
    }

    /// What a hold means: the engine's own words in French; what its code says in English, with what was looked at.
    package func reason(_ code: Hold.Code, _ words: String) -> String {
        switch self {
        case .french: words
        case .english: EnglishTold.holds[code].map { $0 + EnglishChecks.tail(words) } ?? words
        }
    }

    /// What a check looked at, in the engine's own words.
    package func seen(_ words: String) -> String {
        switch self {
        case .french: words
        case .english: EnglishChecks.words(words)
        }
    }

    package func words(_ reason: Amendment.Reason) -> String {
        switch self {
        case .french: reason.frenchText
        case .english: EnglishTold.reasons[reason] ?? reason.frenchText
        }
    }

    /// `erreur d'identité : nom de naissance`: the reason, then the biologist's own words.
    package func words(_ amendment: Amendment) -> String {
        [words(amendment.reason), amendment.words ?? ""].filter { !$0.isEmpty }.joined(separator: " : ")
    }

    /// Where a curve is broken and by what, then how many values are not on it.
    package func breaks(_ points: [Trend.Point], zone: CivilZone) -> [String] {
        var lines = Trend.breaks(points).map { one in
            let word: SignWord =
                switch one.what {
                case .method: .breakMethod
                case .unit: .breakUnit
                case .definition: .breakCatalogue
                }
            return "| " + say(word, [CivilTime(one.at, in: zone).date.french, one.before, one.after])
        }
        let hidden = Trend.hidden(points)
        if hidden > 0 { lines.append("· " + say(.breakHidden, [String(hidden)])) }
        return lines
    }

    /// States of deliveries and what comes next.
    package func told(_ words: String) -> String {
        switch self {
        case .french: words
        case .english: EnglishTold.states[words] ?? words
        }
    }

    /// `[code] what. why. what now.` `instead`: what now on this screen.
    package func sentence(_ refusal: Refusal, instead: String? = nil) -> String {
        let place = refusal.place.isEmpty ? "" : refusal.place + (self == .french ? " : " : ": ")
        var (cause, remedy) = (refusal.cause, refusal.remedy)
        if self == .english, let known = EnglishTold.refusals[refusal.code] {
            // What may be chosen follows the last colon.
            let offered = remedy.split(separator: " : ").last.map(String.init) ?? ""
            // Its numbers (tries that are left, files of a batch) are those of the French words.
            let numbers = (cause + " " + remedy).split { !$0.isNumber }.map(String.init)
            cause = Language.filled(known.cause, numbers)
            remedy = Language.filled(known.remedy.replacing("{…}", with: offered), numbers)
            // What was written and is not known.
            let quoted = refusal.cause.split(separator: "« ").dropFirst().first?.split(separator: " »").first ?? ""
            cause = cause.replacing("{«}", with: String(quoted))
        }
        remedy = instead ?? remedy
        return "[\(refusal.code)] " + place + cause + (remedy.isEmpty ? "" : ". " + remedy + ".")
    }

    private static func filled(_ text: String, _ parts: [String]) -> String {
        var text = text
        for (number, part) in parts.enumerated() { text = text.replacing("{\(number + 1)}", with: part) }
        return text
    }
}

extension SignBench {
    func words(_ obstacle: SignObstacle) -> String { manner.language.words(obstacle) }
    func words(_ change: SignedChange) -> String { manner.language.words(change) }
    func reason(_ code: Hold.Code, _ words: String) -> String { manner.language.reason(code, words).withoutCommand }
    func told(_ words: String) -> String { manner.language.told(words) }
    package func sentence(_ refusal: Refusal) -> String { manner.language.sentence(refusal, instead: here(refusal)) }

    /// What to do about it on this screen: the server names commands.
    private func here(_ refusal: Refusal) -> String? {
        switch refusal.code {
        case "sign.critical": say(.hereCall, key(.call))
        case "sign.changed", "sign.partial": say(.hereReread, key(.refresh))
        case "sign.amendment": say(.hereAmend, key(.amend))
        case "sign.reflex": say(.hereReflex, key(.reflex))
        case "sign.except.signed": say(.hereReject, key(.reject), key(.amend))
        case "sign.except.unknown": say(.hereExcept, key(.except))
        case "sign.confirm": say(.hereLot, key(.lot))
        case "amend.words": say(.hereWords, key(.amend))
        case "amend.nothing": say(.hereSign, key(.sign))
        case _: nil
        }
    }

    /// Holds in words, then what the engine looked at, the checks that hold first.
    func whyLines(_ holds: [Hold], _ judged: WhySheet?) -> [String] {
        var lines = holds.map { "\($0.code.rawValue) : \(reason($0.code, $0.reason))" }
        if lines.isEmpty { lines.append(say(.none)) }
        guard let judged else { return lines }
        let words = Texts(manner.language)
        lines += [
            "",
            words.say(
                .whyJudged, [day(judged.at), String(judged.engine), judged.catalogue, judged.rules]),
        ]
        let outcomes: [(WhySheet.Outcome, Word)] = [(.yes, .whyHolds), (.unknown, .whyUnknown), (.no, .whyClear)]
        for (outcome, word) in outcomes {
            for check in judged.checks where check.outcome == outcome {
                lines.append(
                    "\(check.step) \(check.rule) : \(words[word])" + (check.code.isEmpty ? "" : " [\(check.code)]")
                        + (check.seen.isEmpty ? "" : " – \(manner.language.seen(check.seen))"))
            }
        }
        return lines
    }
}

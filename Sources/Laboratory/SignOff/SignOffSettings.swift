package import Base

/// How a laboratory chose to sign (UX sections 3 and 4): a biologist's decision, traced in the register `signOff`.
package struct SignOffSettings: Codable, Sendable, Hashable {
    /// What typing a hundred results took before this house, to be compared with.
    package struct Baseline: Codable, Sendable, Hashable {
        /// `papier`, another system…
        package var how: String
        package var minutes: Int
        /// Of the hundred, those that had to be typed again.
        package var errors: Int
        package init(how: String, minutes: Int, errors: Int) {
            self.how = how
            self.minutes = minutes
            self.errors = errors
        }
    }
    /// Of a hundred files of a batch, those read in full before it is signed.
    package var sample = SignOffSettings.leastSample
    package var baseline: Baseline?
    package init(sample: Int = SignOffSettings.leastSample, baseline: Baseline? = nil) {
        self.sample = sample
        self.baseline = baseline
    }

    package static let leastSample = 5
    /// Results typed that a baseline is measured over.
    package static let measured = 100

    /// Files of a batch to be read: one at least.
    package func drawn(of count: Int) -> Int { max(1, count * sample / 100) }

    package func check() throws(Refusal) {
        guard (SignOffSettings.leastSample...100).contains(sample) else {
            throw Refusal(
                "settings.sample", at: String(sample), because: "hors de \(SignOffSettings.leastSample) à 100",
                remedy: "donner le nombre de dossiers lus en entier sur cent")
        }
        guard let baseline else { return }
        guard baseline.minutes > 0, (0...100).contains(baseline.errors), !baseline.how.allSatisfy(\.isWhitespace) else {
            throw Refusal(
                "settings.baseline",
                because: "une référence dit comment, en combien de minutes et avec combien d'erreurs",
                remedy: "donner les trois, pour 100 résultats")
        }
    }
}

/// The first hundred results that somebody typed in a period, and how they went.
package struct TypingMeasure: Codable, Sendable, Hashable {
    /// Results typed in the period.
    package var typed: Int
    /// Time at work over the first hundred, pauses left out; nil while there are fewer.
    package var seconds: Int?
    /// Of that hundred, those that were rejected, or typed again since.
    package var errors: Int?
    package init(typed: Int, seconds: Int? = nil, errors: Int? = nil) {
        self.typed = typed
        self.seconds = seconds
        self.errors = errors
    }
}

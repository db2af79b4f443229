package import Base
package import Laboratory

/// Is a critical state one that was told already? (RULES section 5, point 6)
package enum CallSilence {
    /// Within `days` of the call (the end included), on the same side, and not worse by `step`; without a step, not
    /// worse at all.
    package static func isKnown(
        _ value: Measured, _ call: KnownCall, low: Exact?, high: Exact?, step: Exact?, days: Int, now: Instant
    ) -> Bool {
        let age = now.milliseconds - call.at.milliseconds
        guard age >= 0, age <= Int64(days) * 86_400_000 else { return false }
        if let low, value.isBelow(low) == .yes {
            guard call.value.isBelow(low) == .yes else { return false }
            return isWithin(step, from: value, to: call.value)
        }
        if let high, value.isAbove(high) == .yes {
            guard call.value.isAbove(high) == .yes else { return false }
            return isWithin(step, from: call.value, to: value)
        }
        return false
    }

    /// `higher − lower < step`; a censored value may be worse by any step.
    private static func isWithin(_ step: Exact?, from lower: Measured, to higher: Measured) -> Bool {
        guard lower.comparator == .equal, higher.comparator == .equal,
            let gap = higher.number.subtracting(lower.number)
        else { return false }
        guard let step else { return gap.coefficient <= 0 }
        return gap < step
    }
}

/// One critical value that must be told: a task with a timer, its calls, and who may close it (RULES section 5).
package struct CriticalCall: Codable, Sendable, Hashable {
    package enum Tier: String, Codable, Sendable, CaseIterable {
        case technician, biologist
    }
    package enum Outcome: String, Codable, Sendable, CaseIterable {
        /// The value was read back.
        case confirmed = "CONFIRME"
        case notReadBack = "SANS_RELECTURE"
        case unreachable = "INJOIGNABLE"
    }
    package enum State: String, Codable, Sendable, CaseIterable {
        case open
        /// Told; a biologist's task waits for the biologist's word.
        case told
        case closed
    }
    /// One call, as it was made.
    package struct Attempt: Codable, Sendable, Hashable {
        package var at: Instant
        package var caller: String
        package var number: String
        package var person: String
        package var role: String
        /// As it was read on the telephone.
        package var valueRead: String
        package var wasReadBack: Bool
        package var outcome: Outcome
        package init(
            at: Instant, caller: String, number: String, person: String, role: String, valueRead: String,
            wasReadBack: Bool, outcome: Outcome
        ) {
            self.at = at
            self.caller = caller
            self.number = number
            self.person = person
            self.role = role
            self.valueRead = valueRead
            self.wasReadBack = wasReadBack
            self.outcome = outcome
        }
    }

    package let observationID: String
    package let analysis: String
    package let tier: Tier
    /// The value as it stood when the task was opened, whatever becomes of the result.
    package let snapshot: ObservationValue
    package let openedAt: Instant
    package private(set) var state = State.open
    /// By when the next call must have been made.
    package private(set) var dueAt: Instant
    /// Place in the chain of escalation: 0 is the prescriber.
    package private(set) var level = 0
    package private(set) var attempts: [Attempt] = []
    package private(set) var closedBy: String?
    package private(set) var closedAt: Instant?
    /// The result was rejected then: there is nothing to tell of it any more.
    package private(set) var cancelledAt: Instant?

    package init(
        observationID: String, analysis: String, tier: Tier, snapshot: ObservationValue, openedAt: Instant,
        minutes: Int = 15
    ) {
        self.observationID = observationID
        self.analysis = analysis
        self.tier = tier
        self.snapshot = snapshot
        self.openedAt = openedAt
        dueAt = openedAt.advanced(by: .seconds(Int64(minutes) * 60))
    }

    /// When somebody was first told; nil: nobody yet.
    package var toldAt: Instant? { attempts.first { $0.outcome != .unreachable }?.at }

    package func isOverdue(at now: Instant) -> Bool {
        state == .open && cancelledAt == nil && now >= dueAt
    }

    /// Whom to call at this level; the last of the chain for ever after (SAMU, patient, per local procedure).
    package func contact(_ chain: [String]) -> String? { chain.isEmpty ? nil : chain[min(level, chain.count - 1)] }

    /// Time went by: the next of the chain, with a timer of its own. False when nothing was due.
    package mutating func escalate(at now: Instant, minutes: Int) -> Bool {
        guard isOverdue(at: now) else { return false }
        advance(at: now, minutes: minutes)
        return true
    }

    /// A person goes on to the next of the chain before the time.
    package mutating func passOn(at now: Instant, minutes: Int) throws(Refusal) {
        guard state == .open else {
            throw refusal("told", "quelqu'un a déjà été prévenu, ou l'appel est clos", "rien à faire")
        }
        guard cancelledAt == nil else {
            throw refusal("cancelled", "le résultat est rejeté", "le biologiste clôt l'appel")
        }
        advance(at: now, minutes: minutes)
    }

    private mutating func advance(at now: Instant, minutes: Int) {
        level += 1
        dueAt = now.advanced(by: .seconds(Int64(minutes) * 60))
    }

    /// Is this the value of the result, in one of the ways that a report prints it? Words around the number (a unit, a
    /// comparator) are let be; a result that is no number cannot be compared.
    private func isSaid(_ words: String, _ printed: [Measured]) -> Bool {
        guard case .measured(let value, _) = snapshot else { return true }
        let numbers = words.split { !($0.isASCII && $0.isNumber) && $0 != "," && $0 != "." && $0 != "-" }
            .compactMap { Exact($0.replacing(",", with: ".")) }
        return ([value] + printed).contains { numbers.contains($0.number) }
    }

    /// Writes a call down. Who could not be reached leads to the next of the chain; who was closes the task of the
    /// technician, and leaves the biologist's to a biologist. `printed`: the value as reports print it, rounded, and
    /// in its other unit.
    package mutating func record(
        _ attempt: Attempt, isBiologist: Bool, minutes: Int, printed: [Measured] = []
    ) throws(Refusal) {
        guard state != .closed else { throw refusal("closed", "cet appel est déjà clos", "rien à faire") }
        guard attempt.at >= openedAt, attempts.last.map({ $0.at <= attempt.at }) ?? true else {
            throw refusal("time", "l'heure de l'appel précède ce qui est déjà noté", "corriger l'heure")
        }
        switch attempt.outcome {
        case .confirmed, .notReadBack:
            guard !attempt.person.isEmpty, !attempt.role.isEmpty else {
                throw refusal("person", "on ne sait pas qui a reçu l'appel", "donner la personne et sa fonction")
            }
            guard !attempt.valueRead.isEmpty else {
                throw refusal("value", "la valeur lue au téléphone n'est pas notée", "donner la valeur lue")
            }
            guard isSaid(attempt.valueRead, printed) else {
                throw refusal(
                    "other",
                    "la valeur lue, \(attempt.valueRead), n'est pas celle du résultat, \(snapshot.frenchText)",
                    "rappeler si une autre valeur a été dite, et noter \(snapshot.frenchText) une fois relue")
            }
            guard attempt.wasReadBack == (attempt.outcome == .confirmed) else {
                throw refusal(
                    "readback", "l'issue et la relecture se contredisent",
                    "CONFIRME avec relecture, SANS_RELECTURE sans elle")
            }
        case .unreachable:
            guard !attempt.number.isEmpty else {
                throw refusal("number", "on ne sait pas quel numéro a été appelé", "donner le numéro")
            }
            guard !attempt.wasReadBack else {
                throw refusal("readback", "personne n'a pu relire la valeur", "retirer la relecture")
            }
        }
        attempts.append(attempt)
        if attempt.outcome == .unreachable {
            if state == .open { advance(at: attempt.at, minutes: minutes) }
        } else if tier == .technician || isBiologist {
            close(attempt.caller, attempt.at)
        } else {
            state = .told
        }
    }

    /// The biologist's word on a value that was told, or that nobody could be told (with the reason in an attempt).
    package mutating func close(by author: String, isBiologist: Bool, at now: Instant) throws(Refusal) {
        guard state != .closed else { throw refusal("closed", "cet appel est déjà clos", "rien à faire") }
        guard tier == .technician || isBiologist else {
            throw refusal(
                "tier", "un technicien ne clôt pas seul un appel qui revient au biologiste", "demander au biologiste")
        }
        guard !attempts.isEmpty || cancelledAt != nil else {
            throw refusal("none", "aucun appel n'a été passé", "appeler, puis noter l'appel")
        }
        guard state == .told || isBiologist else {
            throw refusal("unreached", "personne n'a été joint", "poursuivre la chaîne d'appel, ou voir le biologiste")
        }
        close(author, now)
    }

    /// The result is rejected: nobody is called any more. A biologist ends the task with that; a technician leaves it
    /// to the biologist, and so does everybody when somebody was told already, and must hear that the value does not
    /// count. False when nothing changes.
    package mutating func cancel(by author: String, isBiologist: Bool, at now: Instant) -> Bool {
        guard state != .closed, cancelledAt == nil else { return false }
        cancelledAt = now
        if state == .open, tier == .technician || isBiologist { close(author, now) }
        return true
    }

    /// The rejection is taken back: the task stands as it stood, with a timer of its own. False when nothing changes.
    package mutating func reinstate(at now: Instant, minutes: Int) -> Bool {
        guard cancelledAt != nil else { return false }
        cancelledAt = nil
        closedBy = nil
        closedAt = nil
        state = toldAt == nil ? .open : .told
        dueAt = now.advanced(by: .seconds(Int64(minutes) * 60))
        return true
    }

    private mutating func close(_ author: String, _ at: Instant) {
        state = .closed
        closedBy = author
        closedAt = at
    }

    private func refusal(_ code: String, _ cause: String, _ remedy: String) -> Refusal {
        Refusal("critical.call.\(code)", at: analysis, because: cause, remedy: remedy)
    }
}

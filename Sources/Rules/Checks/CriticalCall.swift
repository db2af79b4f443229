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
        /// Results whose value was read; nil before calls had several, and for what is no number: all of them.
        package fileprivate(set) var told: [String]?
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

    /// Another run of the same analysis on the same specimen, told by the same call.
    package struct Run: Codable, Sendable, Hashable {
        package let observationID: String
        /// The value as it stood then.
        package let snapshot: ObservationValue
        package let at: Instant
    }

    package let observationID: String
    package let analysis: String
    /// Whose task it is: the technician's becomes the biologist's when its time runs out, when somebody passes it on,
    /// and when another run asks for the biologist.
    package private(set) var tier: Tier
    /// The value as it stood when the task was opened, whatever becomes of the result.
    package let snapshot: ObservationValue
    package let openedAt: Instant
    /// Runs that came while the task was not closed: whoever calls has all the values before the eyes.
    package private(set) var runs: [Run]?
    /// Results of it that were rejected.
    package private(set) var rejected: [String]?
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
    /// … or an interference took the value away: it is not given. Nil: rejected by a person.
    package private(set) var isSuppressed: Bool?

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

    /// What it is about, oldest first.
    package var values: [(observationID: String, value: ObservationValue)] {
        [(observationID, snapshot)] + (runs ?? []).map { ($0.observationID, $0.snapshot) }
    }
    /// … that still counts; all of it once everything is rejected, so that somebody reads what it was.
    package var standing: [(observationID: String, value: ObservationValue)] {
        let left = values.filter { rejected?.contains($0.observationID) != true }
        return left.isEmpty ? values : left
    }
    package func concerns(_ id: String) -> Bool { values.contains { $0.observationID == id } }
    /// The last call that somebody received about this result.
    package func told(of id: String) -> Attempt? {
        attempts.last { $0.outcome != .unreachable && $0.told?.contains(id) != false }
    }
    /// `7,5`, `7,5 ; 5,1` where two runs do not agree.
    package var frenchText: String {
        var texts = [String]()
        for (_, value) in standing where !texts.contains(value.frenchText) { texts.append(value.frenchText) }
        return texts.joined(separator: " ; ")
    }

    /// Another run of the analysis on the specimen asks for a call too: there is one record, with both values. Who was
    /// told already has not heard this one. The timer of an open task runs on.
    package mutating func join(
        _ id: String, _ value: ObservationValue, tier other: Tier, at now: Instant, minutes: Int
    ) {
        if other == .biologist { tier = .biologist }
        if concerns(id) { return }
        runs = (runs ?? []) + [Run(observationID: id, snapshot: value, at: now)]
        if state == .open, cancelledAt == nil { return }
        reopen(at: now, minutes: minutes)
    }

    /// The same result asks for more than it did.
    package mutating func raise(to other: Tier) -> Bool {
        guard state != .closed, other == .biologist, tier == .technician else { return false }
        tier = .biologist
        return true
    }

    private mutating func reopen(at now: Instant, minutes: Int) {
        cancelledAt = nil
        isSuppressed = nil
        closedBy = nil
        closedAt = nil
        state = .open
        dueAt = now.advanced(by: .seconds(Int64(minutes) * 60))
    }

    package func isOverdue(at now: Instant) -> Bool {
        state == .open && cancelledAt == nil && now >= dueAt
    }

    /// Whom to call at this level; the last of the chain for ever after (SAMU, patient, per local procedure).
    package func contact(_ chain: [String]) -> String? { chain.isEmpty ? nil : chain[min(level, chain.count - 1)] }

    /// Time went by: the next of the chain, with a timer of its own. False when nothing was due.
    package mutating func escalate(at now: Instant, minutes: Int) -> Bool {
        guard isOverdue(at: now) else { return false }
        tier = .biologist
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
        tier = .biologist
        advance(at: now, minutes: minutes)
    }

    private mutating func advance(at now: Instant, minutes: Int) {
        level += 1
        dueAt = now.advanced(by: .seconds(Int64(minutes) * 60))
    }

    /// Results whose value these words say, in one of the ways that a report prints it. Words around the number (a
    /// unit, a comparator) are let be; a result that is no number cannot be compared.
    private func said(in words: String, _ printed: (ObservationValue) -> [Measured]) -> [String] {
        let numbers = words.split { !($0.isASCII && $0.isNumber) && $0 != "," && $0 != "." && $0 != "-" }
            .compactMap { Exact($0.replacing(",", with: ".")) }
        return standing.compactMap { id, value in
            guard case .measured(let number, _) = value else { return id }
            return ([number] + printed(value)).contains { numbers.contains($0.number) } ? id : nil
        }
    }

    /// Writes a call down. Who could not be reached leads to the next of the chain; who was closes the task of the
    /// technician, and leaves the biologist's to a biologist. `printed`: a value as reports print it, rounded, and in
    /// its other unit.
    package mutating func record(
        _ attempt: Attempt, isBiologist: Bool, minutes: Int, printed: (ObservationValue) -> [Measured] = { _ in [] }
    ) throws(Refusal) {
        var attempt = attempt
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
            let told = said(in: attempt.valueRead, printed)
            guard !told.isEmpty else {
                throw refusal(
                    "other", "la valeur lue, \(attempt.valueRead), n'est pas celle du résultat, \(frenchText)",
                    "rappeler si une autre valeur a été dite, et noter \(frenchText) une fois relue")
            }
            attempt.told = told
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

    /// A result of it is rejected. While another run counts, that one is told: who heard the value that is gone is
    /// called again. When none is left, nobody is called any more: a biologist ends the task with that; a technician
    /// leaves it to the biologist, and so does everybody when somebody was told already, and must hear that the value
    /// does not count. False when nothing changes.
    package mutating func cancel(
        _ id: String, by author: String, isBiologist: Bool, at now: Instant, minutes: Int, isSuppressed: Bool = false
    ) -> Bool {
        guard cancelledAt == nil, concerns(id), rejected?.contains(id) != true else { return false }
        let left = values.filter { $0.observationID != id && rejected?.contains($0.observationID) != true }
        guard left.isEmpty else {
            rejected = (rejected ?? []) + [id]
            if state != .open, !left.contains(where: { told(of: $0.observationID) != nil }) {
                reopen(at: now, minutes: minutes)
            }
            return true
        }
        guard state != .closed else { return false }
        rejected = (rejected ?? []) + [id]
        cancelledAt = now
        self.isSuppressed = isSuppressed ? true : nil
        if state == .open, tier == .technician || isBiologist { close(author, now) }
        return true
    }

    /// The rejection is taken back: the task stands as it stood, with a timer of its own. False when nothing changes.
    package mutating func reinstate(_ id: String, at now: Instant, minutes: Int) -> Bool {
        let wasRejected = rejected?.contains(id) == true
        rejected?.removeAll { $0 == id }
        guard cancelledAt != nil else { return wasRejected && state != .closed }
        cancelledAt = nil
        isSuppressed = nil
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

import Base
package import Laboratory
import Store

/// A decision of the register `signOff`.
private struct SettingsBody: Codable {
    var settings: SignOffSettings
    var reason: String
}

extension Desk {
    private static let practice = "lecture"

    /// As the last decision left them; the usual ones before any.
    package func signOffSettings(site: String) async throws(CommandFailure) -> SignOffSettings {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.signOff, site: site, subject: Desk.practice)
        }
        guard let last = entries.last else { return SignOffSettings() }
        return try RegisterText.decode(Array(last.body.utf8), as: SettingsBody.self).settings
    }

    /// How many files of a batch are read in full, and what typing is compared with. Refusals: `settings.*`,
    /// `auth.permission`, `reason.missing`.
    package func setSignOff(
        _ settings: SignOffSettings, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        try needReason(reason)
        try decide { () throws(Refusal) in try settings.check() }
        try await attempt { () async throws(CommandFailure) -> Void in
            let known = try await ask { () throws(StoreFailure) in
                try await store.register(.signOff, site: author.site, subject: Desk.practice)
            }
            let at = now()
            let entry = RegisterEntry(
                register: .signOff, site: author.site, subject: Desk.practice, ordinal: (known.last?.ordinal ?? 0) + 1,
                author: author.login, at: at, body: RegisterText.text(SettingsBody(settings: settings, reason: reason)))
            let subject = "\(settings.sample) sur cent : \(reason.prefix(120))"
            try await ask { () throws(StoreFailure) in
                try await store.append([.register(entry)], note: note(author, "bio.settings", subject, at))
            }
        }
    }

    /// Entries of results by hand, in order: the time over the first hundred and what became of them.
    func measured(_ entries: [(id: String, author: String, at: Instant)]) async throws(CommandFailure) -> TypingMeasure
    {
        var measure = TypingMeasure(typed: entries.count)
        guard entries.count >= SignOffSettings.measured else { return measure }
        let first = entries.prefix(SignOffSettings.measured)
        var last = [String: Instant](), milliseconds: Int64 = 0
        for entry in first {
            if let before = last[entry.author],
                entry.at.milliseconds - before.milliseconds <= Desk.longestReading * 1000
            {
                milliseconds += entry.at.milliseconds - before.milliseconds
            }
            last[entry.author] = entry.at
        }
        measure.seconds = Int(milliseconds / 1000)
        var errors = 0
        for entry in first where try await isTakenBack(entry.id) { errors += 1 }
        measure.errors = errors
        return measure
    }

    /// It was rejected, or another value of its analysis was typed after it.
    private func isTakenBack(_ id: String) async throws(CommandFailure) -> Bool {
        guard let typed = try await ask({ () throws(StoreFailure) in try await store.observation(id) }) else {
            return false
        }
        let all = try await ask { () throws(StoreFailure) in try await store.observations(requestID: typed.requestID) }
        let events = try await ask { () throws(StoreFailure) in
            try await store.observationEvents(requestID: typed.requestID)
        }
        return Chosen.observations(all, events: events)[typed.analysis]?.id != id
    }
}

import Laboratory

/// What one destination of a request's reports holds now, and the last that is known of it.
package struct StandingView: Encodable, Sendable, Hashable {
    package var requestNumber: String
    /// `DMP` or an address; empty for a prescriber without one.
    package var destination: String
    /// Whose record it is in the DMP.
    package var matricule: String?
    /// The version that it has, or may have; nil for none.
    package var version: Int?
    package var state: String
    package var at: Moment?
    package var problem: String?
    /// The version that `state` is about.
    var told: Int
    /// Of the message that told it.
    var recipients: Set<String> = []
    /// When the message was made that told it.
    var since: Moment
    /// The DMP said once that it has a version, which no deletion took since.
    var isConfirmed = false
    /// That version, when a later one is not confirmed.
    var before: Int?

    private enum CodingKeys: String, CodingKey {
        case requestNumber, destination, matricule, version, state, at, problem
    }

    /// `accepté`, or `refusé (version 2)` when it has another.
    package var words: String {
        version == nil || version == told ? state : "\(state) (version \(told))"
    }
    /// `DMP`, or with whose record when there are two.
    var key: String { StandingView.key(destination, matricule) }
    static func key(_ destination: String, _ matricule: String?) -> String {
        destination == "DMP" ? "DMP \(matricule ?? "")" : destination.lowercased()
    }

    /// A message brought or took nothing there.
    private static let never: Set<String> = [
        "prévenu autrement", "refusé", "refusé par la PFI", "pas envoyé", "à envoyer",
    ]
    private static let notDeleted: Set<String> = [
        "prévenu autrement", "suppression refusée", "refusé par la PFI", "pas envoyé", "à envoyer", "en cours",
        "abandonné",
    ]

    private static let leftAside =
        "laissé de côté au renvoi : choix du patient, identité, masquage ou copies changées"

    /// One line a destination of each request, in the order of the requests given; `deliveries` and `withheld` of whole
    /// requests, in any order.
    package static func all(_ deliveries: [DeliveryLineView], _ withheld: [WithheldView]) -> [StandingView] {
        var numbers = [String]()
        for number in deliveries.map(\.number) + withheld.map(\.requestNumber) where !numbers.contains(number) {
            numbers.append(number)
        }
        let sent = Dictionary(grouping: deliveries, by: \.number)
        let kept = Dictionary(grouping: withheld, by: \.requestNumber)
        return numbers.flatMap { StandingView.lines($0, sent[$0] ?? [], kept[$0] ?? []) }
    }

    private static func lines(
        _ number: String, _ deliveries: [DeliveryLineView], _ withheld: [WithheldView]
    ) -> [StandingView] {
        var lines = [StandingView]()
        for delivery in deliveries.sorted(by: {
            ($0.version, $0.createdAt.text, $0.rank, $0.id) < ($1.version, $1.createdAt.text, $1.rank, $1.id)
        }) {
            let recipients = Set(delivery.recipients.map { key($0.address, delivery.matricule) })
            for one in delivery.recipients {
                var line = StandingView(
                    requestNumber: number, destination: one.address,
                    matricule: one.address == "DMP" ? delivery.matricule : nil, version: nil, state: one.state,
                    at: one.at, problem: one.problem, told: delivery.version, recipients: recipients,
                    since: delivery.createdAt)
                let place = lines.firstIndex { $0.key == line.key }
                line.version = place.flatMap { lines[$0].version }
                line.isConfirmed = place.map { lines[$0].isConfirmed } ?? false
                line.before = place.flatMap { lines[$0].before }
                let answer = one.address == "DMP" ? delivery.dmpAnswer : nil
                if delivery.isDeletion {
                    if !notDeleted.contains(one.state) { line.nothing() }
                } else if one.state == DeliveryLineView.nothingThere {
                    // What its own server says later of an earlier one counts more.
                    if place.map({ lines[$0].state == DeliveryLineView.nothingThere }) ?? true { line.nothing() }
                } else if !never.contains(one.state) {
                    if answer?.kind == .dmpAccepted {
                        line.isConfirmed = true
                        line.before = nil
                    } else if line.isConfirmed, line.version != delivery.version {
                        line.before = line.before ?? line.version
                    }
                    line.version = delivery.version
                }
                if answer?.kind == .dmpRefused, DeliveryEvent.deniesDocument(answer?.detail) {
                    line.deny(delivery.version, isDeletion: delivery.isDeletion)
                }
                // The deletion of an earlier version is the last word, when it came later.
                if let place, lines[place].since.text > line.since.text { line.say(lines[place]) }
                if let place { lines[place] = line } else { lines.append(line) }
            }
            guard delivery.destination.contains("renvoi") else { continue }
            // Sent again without those who may not have it any more.
            for place in lines.indices
            where lines[place].told == delivery.version && lines[place].version != delivery.version
                && !recipients.contains(lines[place].key) && lines[place].recipients.isSuperset(of: recipients)
            {
                lines[place].state = "pas envoyé"
                lines[place].at = delivery.createdAt
                lines[place].problem = StandingView.leftAside
            }
        }
        // What waits for a person stands, whatever a later version was not sent for.
        func rank(_ note: WithheldView) -> (Int, Int, String) {
            (note.needsPerson ? 1 : 0, note.version, note.at.text)
        }
        for note in withheld.sorted(by: { rank($0) < rank($1) }) { note.put(into: &lines) }
        return lines
    }
}

extension StandingView {
    fileprivate mutating func nothing() {
        version = nil
        isConfirmed = false
        before = nil
    }

    /// It has nothing to replace or to delete: what nobody answered for never came. Not the same version, sent before:
    /// that one has taken the place of what is denied. As the way out decides (`EarlierVersions`).
    fileprivate mutating func deny(_ told: Int, isDeletion: Bool) {
        if isDeletion, version == told {
            guard let earlier = before else { return nothing() }
            (version, before) = (earlier, nil)
        } else if !isDeletion, version == told {
            before = nil
        } else if !isConfirmed {
            version = nil
        }
    }

    /// The last that is known of it.
    fileprivate mutating func say(_ other: StandingView) {
        (state, at, problem) = (other.state, other.at, other.problem)
        (told, recipients, since) = (other.told, other.recipients, other.since)
    }
}

extension DeliveryLineView {
    fileprivate var number: String { requestNumber ?? requestID }
    /// Of two of the same second.
    fileprivate var rank: Int { isDeletion ? 2 : destination.contains("renvoi") ? 1 : 0 }
}

extension WithheldView {
    /// Over what is known of the same destination, unless something was sent there since.
    fileprivate func put(into lines: inout [StandingView]) {
        let parts = destination.split(separator: " ", maxSplits: 1).map(String.init)
        let place = lines.lastIndex { line in
            if destination == "patient" {
                return line.destination == destination || line.destination.contains("@patient.")
            }
            if parts.count == 2, parts[0] == "DMP" { return line.key == destination }
            return line.destination.lowercased() == destination.lowercased()
        }
        let words = self.words + (told.map { " – prévenu \($0)" } ?? "")
        guard let place else {
            lines.append(
                StandingView(
                    requestNumber: requestNumber, destination: destination, version: nil, state: state, at: at,
                    problem: words, told: version, since: at))
            return
        }
        // The wire has the last word, but for what a person must tell whatever was asked of messages.
        let isOfPerson = [WithheldNote.withdrawn, WithheldNote.wrongPatient].contains(reason)
        if !isOfPerson, lines[place].since.text > at.text { return }
        // What was deleted elsewhere, or said by a later version, is not undone by this.
        let isOver = lines[place].told > version || (lines[place].told == version && !needsPerson && told == nil)
        guard needsPerson || !isOver else { return }
        lines[place].state = state
        lines[place].at = at
        lines[place].problem = words
        lines[place].told = version
    }
}

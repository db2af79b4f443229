package import Base
package import Laboratory

// What the biologist's screens show, and what they ask for.

/// A file of the queue.
package struct SignQueueRow: Sendable, Hashable {
    package var number: String
    package var patient: String
    package var urgent: Bool
    package var lane: SignLane
    /// Why it is signed alone.
    package var obstacles: [SignObstacle]
    /// Sections of the catalogue that its results are of.
    package var sections: [String]
    package var fresh: Int
    package var results: Int
    package var at: Instant
    package var contentHash: String
    package init(
        number: String, patient: String, urgent: Bool, lane: SignLane, obstacles: [SignObstacle], fresh: Int,
        results: Int, at: Instant, contentHash: String, sections: [String] = []
    ) {
        self.sections = sections
        self.number = number
        self.patient = patient
        self.urgent = urgent
        self.lane = lane
        self.obstacles = obstacles
        self.fresh = fresh
        self.results = results
        self.at = at
        self.contentHash = contentHash
    }
}

/// A result as the biologist reads it.
package struct SignLine: Sendable, Hashable {
    package var line: Line
    package var low: Exact?
    package var high: Exact?
    /// No signature holds it yet.
    package var isFresh: Bool
    package var prior: FileSheet.Prior?
    /// Earlier values with this one, oldest first.
    package var points: [Trend.Point]
    /// Nobody was told of this critical value yet.
    package var isCallOpen: Bool
    /// The call about it was made, or closed.
    package var isCallMade = false
    /// … and whom it reached.
    package var telling: CallRow.Telling?
    /// It waits for another signature.
    package var isLeft: Bool
    package var isCalculated: Bool
    package init(
        line: Line, low: Exact? = nil, high: Exact? = nil, isFresh: Bool = true, prior: FileSheet.Prior? = nil,
        points: [Trend.Point] = [], isCallOpen: Bool = false, isLeft: Bool = false,
        isCalculated: Bool = false
    ) {
        self.isLeft = isLeft
        self.isCalculated = isCalculated
        self.line = line
        self.low = low
        self.high = high
        self.isFresh = isFresh
        self.prior = prior
        self.points = points
        self.isCallOpen = isCallOpen
    }

    /// A call is written down about it.
    package var hasCall: Bool { isCallOpen || line.isCritical }
}

/// A file with all that surrounds it, as `draft` would sign it.
package struct SignSheet: Sendable, Hashable {
    package enum Place: Sendable, Hashable { case town, ward, emergency }
    package var number: String
    package var version: Int
    package var lane: SignLane
    package var isAmendment: Bool
    package var contentHash: String
    package var patient: String
    package var civil: String
    package var identity: String
    /// Day of birth, and what else the signature covers of the identity (names, place of birth, number).
    package var birth = ""
    package var traits: [String] = []
    /// Why nobody is sure of it.
    package var attributes: [IdentityAttribute]
    package var prescriber: String
    package var place: Place
    /// Treatments, pregnancy, fasting… as they were declared.
    package var note: String?
    package var lastVisit: Instant?
    package var tubes: [FileSheet.TubeState]
    /// What the signature would hold, and what it leaves.
    package var lines: [SignLine]
    package var missing: [String]
    package var comments: [String]
    /// What the last signature covers and that is said otherwise now.
    package var changes: [SignedChange]
    package var standing: SignStanding
    /// Why it is signed alone.
    package var obstacles: [SignObstacle]
    package var draft: SignDraft
    package init(
        number: String, version: Int, lane: SignLane, isAmendment: Bool, contentHash: String, patient: String,
        civil: String, identity: String, prescriber: String, place: Place, note: String?, lastVisit: Instant?,
        tubes: [FileSheet.TubeState], lines: [SignLine], missing: [String], comments: [String],
        changes: [SignedChange] = [], standing: SignStanding = .toSign, obstacles: [SignObstacle] = [],
        draft: SignDraft, attributes: [IdentityAttribute] = []
    ) {
        self.standing = standing
        self.obstacles = obstacles
        self.attributes = attributes
        self.number = number
        self.version = version
        self.lane = lane
        self.isAmendment = isAmendment
        self.contentHash = contentHash
        self.patient = patient
        self.civil = civil
        self.identity = identity
        self.prescriber = prescriber
        self.place = place
        self.note = note
        self.lastVisit = lastVisit
        self.tubes = tubes
        self.lines = lines
        self.missing = missing
        self.comments = comments
        self.changes = changes
        self.draft = draft
    }

    /// Analyses whose critical value somebody was told of.
    package var told: Set<String> { Set(lines.filter(\.isCallMade).map(\.line.analysis)) }
    /// Nothing of it waits for a signature.
    var isSigned: Bool { standing != .toSign && standing != .toAmend }
    /// What a signature would hold.
    package var signed: [SignLine] { lines.filter { !$0.isLeft } }
    /// Its results that no signature holds yet, with what is held against them.
    package var holds: [HoldGroup] {
        HoldGroup.groups(of: signed.filter(\.isFresh).map { ($0.line.analysis, $0.line.holds) }, told: told)
            .filter(\.isOverridden)
    }
}

/// What a new version changes, and who has the one before.
package struct SignVersions: Sendable, Hashable {
    package struct Change: Sendable, Hashable {
        package var analysis: String
        package var before: String?
        package var after: String?
        package init(analysis: String, before: String?, after: String?) {
            self.analysis = analysis
            self.before = before
            self.after = after
        }
    }
    package struct Holder: Sendable, Hashable {
        package var who: String
        package var version: Int
        package var state: String
        package var next: String
        package init(who: String, version: Int, state: String, next: String) {
            self.who = who
            self.version = version
            self.state = state
            self.next = next
        }
    }
    package var number: String
    /// 0: nothing is signed yet.
    package var signed: Int
    /// The signed version that stands beside it; nil: what is to be signed.
    package var after: Int?
    package var changes: [Change]
    /// What else is said otherwise: identity, tube, prescriber, what is joined.
    package var others: [SignedChange]
    /// Why the signed version that stands there came.
    package var why: Amendment?
    /// All that the last version holds.
    package var earlier: [String]
    package var holders: [Holder]
    package init(
        number: String, signed: Int, after: Int? = nil, changes: [Change], others: [SignedChange] = [],
        earlier: [String], holders: [Holder]
    ) {
        self.after = after
        self.others = others
        self.number = number
        self.signed = signed
        self.changes = changes
        self.earlier = earlier
        self.holders = holders
    }
}

package struct SignPick: Sendable, Hashable {
    package var number: String
    package var contentHash: String
    package init(number: String, contentHash: String) {
        self.number = number
        self.contentHash = contentHash
    }
}

/// What the biologist wrote of a file that is not signed yet, kept sealed on this machine.
package struct SignLeft: Sendable, Hashable, Codable {
    package var number: String
    package var draft: SignDraft
    package var at: Instant
    package init(number: String, draft: SignDraft, at: Instant) {
        self.number = number
        self.draft = draft
        self.at = at
    }
}

/// What changes something at the server.
package enum SignDeed: Sendable, Hashable {
    case sign(SignPick, pin: String, partial: Bool, uncalled: String?, draft: SignDraft)
    case lot([SignPick], pin: String)
    case reject(request: String, id: String, reason: String)
    /// A reflex test that a rule proposes: added, or refused.
    case reflex(request: String, rule: String, accept: Bool, reason: String)
    case call(
        request: String, id: String, person: String, role: String, number: String, value: String, readBack: Bool,
        reached: Bool)
    case unlock(String)
}

package enum SignEffect: Sendable, Hashable {
    /// The queue, the controls and the comments.
    case load
    case open(String, SignDraft)
    /// A file by its number, or by the number of a tube.
    case find(String)
    case why(String)
    case versions(String, SignDraft)
    case send(Int, SignDeed)
    /// Would this be refused? Answered by nothing, or by `unsignable`.
    case check(SignPick, partial: Bool, uncalled: String?, draft: SignDraft)
    /// Which of a batch would be refused? Answered by `lotChecked`, or by `lotUnsignable`.
    case checkLot([SignPick])
    case bell
    case quit
}

/// What became of a deed.
package enum SignOutcome: Sendable, Hashable {
    case signed(version: Int)
    case lot(signed: [String], refused: [String])
    case kept
}

package enum SignEvent: Sendable {
    case input(Input)
    case resized(width: Int, height: Int)
    case tick
    case who(person: String, login: String, site: String)
    case queue([SignQueueRow])
    /// How many files wait, when not all were given; nil: all were.
    case waiting(Int?)
    /// What was written before this screen was opened, and not signed.
    case drafts([SignLeft])
    case controls(ControlCounts)
    /// Of the catalogue and its rules.
    case rules(String)
    /// What the laboratory decided of batches.
    case settings(SignOffSettings)
    case comments([(code: String, text: String)])
    case sheet(SignSheet)
    /// `asked`: what was looked for; nil when nothing else can be meant.
    case found(SignSheet, asked: String? = nil)
    /// What was looked for does not come, for a reason told by itself.
    case soughtGone(String)
    case versions(SignVersions)
    /// `of`: the result that was asked about; nil when nothing else can be meant.
    case why(title: String, holds: [Hold], judged: WhySheet?, of: String? = nil)
    case changed
    case done(Int, SignOutcome)
    case refused(Int, Refusal)
    /// A signature that is being asked for would be refused.
    case unsignable(SignPick, Refusal)
    /// Files of a batch whose signature would be refused, before its code is asked for.
    case lotChecked([SignPick], refused: [(number: String, refusal: Refusal)])
    /// The batch as a whole would be.
    case lotUnsignable([SignPick], Refusal)
    case failed(Refusal)
    /// The server does not take a file with what this person wrote of it.
    case draftRefused(String, Refusal)
    case offline, online, locked
}

package import Base

/// What was typed and is not with the server yet. Kept encrypted on this machine through lock, loss and death.
package struct Draft: Sendable, Hashable, Codable {
    package var request: String
    package var analysis: String
    package var text: String
    /// Id of the observation that stood when it was typed; nil when there was none.
    package var seen: String?
    package var at: Instant
    /// Accepted with Enter: it is sent when the server is back. Else the cell was still being typed.
    package var isAccepted: Bool
    /// Why the server would not have it, in words: it stays in its cell until it is typed anew.
    package var complaint: String?
    package init(request: String, analysis: String, text: String, seen: String?, at: Instant, isAccepted: Bool) {
        self.request = request
        self.analysis = analysis
        self.text = text
        self.seen = seen
        self.at = at
        self.isAccepted = isAccepted
    }
    package var place: String { request + "/" + analysis }
}

/// What the server is asked to do.
package enum Deed: Sendable, Hashable {
    case validate(request: String, ids: [String], reason: String?)
    case reject(request: String, id: String, reason: String)
    case withdraw(request: String, ids: [String])
    /// What is typed twice, as it was typed first: the server holds it, and compares the second typing with it.
    case firstReading(request: String, analysis: String, value: TypedValue)
    /// `seen`: the observation that the value replaces; empty when there was none.
    case enter(request: String, analysis: String, value: TypedValue, seen: String)
    case receive(accession: String, nonconformity: String?)
    case rerun(request: String, id: String, analyzer: String, accession: String, reason: String)
    /// A rerun or a dilution that a person makes.
    case rework(request: String, id: String, diluted: Bool, reason: String)
    case attach(triage: String, accession: String, reason: String)
    case dismiss(triage: String, reason: String)
    /// A sentence of the laboratory, by its code, beside a result.
    case comment(request: String, id: String, code: String)
    /// A reflex test that a rule proposes: added, or refused.
    case reflex(request: String, rule: String, accept: Bool, reason: String)
    /// Of several runs of an analysis one counts: those after it are set aside, and itself comes back if it was.
    case choose(request: String, keep: String, isBack: Bool, aside: [String], reason: String)
    /// A critical value told, or tried, by telephone.
    case call(
        id: String, person: String, role: String, number: String, value: String, readBack: Bool, reached: Bool)
    case unlock(secret: String)
    case logout
}

package enum TypedValue: Sendable, Hashable {
    case number(String)
    case text(String)
    case notPerformed(String)
}

/// What the reducer asks of the world.
package enum Effect: Sendable, Hashable {
    case load(Source)
    case open(String)
    /// A tube, a request or a beginning of a name.
    case find(String)
    case chart(analyzer: String, analysis: String, columns: Int, ascii: Bool)
    case send(Int, Deed)
    case keep([Draft])
    /// What the engine looked at, of an observation.
    case why(String)
    /// Measurement uncertainty, with that of the calibrator in percent.
    case uncertainty(analyzer: String, analysis: String, calibration: String)
    /// How often actions were used, for the hints.
    case habits([String: Int])
    /// The lesson on a laboratory in memory.
    case practise
    case bell
    case quit
}

/// What comes to the reducer.
package enum Event: Sendable {
    case input(Input)
    case resized(width: Int, height: Int)
    case tick
    case who(person: String, login: String, site: String, Loaded.Permissions)
    case loaded(Loaded)
    /// How much there is of lists that came cut.
    case totals(Totals)
    case file(FileSheet)
    /// `asked`: what was looked for; nil when nothing else can be meant.
    case found(FileSheet, accession: String, asked: String? = nil)
    case notFound(String)
    /// What was looked for does not come, for a reason told by itself.
    case soughtGone(String)
    case chart(String, [String])
    case why(String, WhySheet)
    /// Of an analysis on an analyzer (`analyzer/analysis`): expanded uncertainty of each level; empty: not known.
    case uncertainty(String, [String])
    /// How often actions were used before today.
    case habits([String: Int])
    /// Something changed at the server; who did it, when somebody did.
    case changed
    case done(Int)
    case refused(Int, Refusal)
    case failed(Refusal)
    case offline
    case online
    case locked
    case drafts([Draft])
}

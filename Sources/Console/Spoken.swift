package import Base
package import Laboratory

/// What the server says, in the language of the screen. It speaks French; in English its codes are put into words here
/// (`EnglishServer`), with the figures and codes that it gave.
extension Workbench {
    /// `[code] what. why. what now.`
    package func sentence(_ refusal: Refusal) -> String {
        let place = refusal.place.isEmpty ? "" : refusal.place + " : "
        let head = "[\(refusal.code)] " + (manner.language == .french ? place : place.replacing(" : ", with: ": "))
        switch manner.language {
        case .french:
            let remedy = here(refusal) ?? refusal.remedy
            return head + refusal.cause + (remedy.isEmpty ? "" : ". " + remedy + ".")
        case .english:
            guard let known = EnglishServer.refusals[refusal.code] else {
                return head + words[.refusedInFrench] + " " + refusal.cause + ". " + refusal.remedy + "."
            }
            let remedy = here(refusal) ?? known.remedy
            return head + known.cause + EnglishServer.figures(refusal.cause) + ". " + remedy + "."
        }
    }

    /// What to do about it on this screen: the server names commands of the command line.
    private func here(_ refusal: Refusal) -> String? {
        let (word, action): (Word, Action)
        switch refusal.code {
        case "tech.reason": (word, action) = (.hereReason, .validate)
        case "tech.nothing": (word, action) = (.hereNext, .next)
        case "enter.unrequested": (word, action) = (.hereAskFor, .refresh)
        case "enter.context": (word, action) = (.hereContext, .enter)
        case "enter.calculated": (word, action) = (.hereCalculated, .enter)
        case "enter.once", "enter.twice": (word, action) = (.hereTwice, .enter)
        case "triage.control": (word, action) = (.hereControl, .dismiss)
        case "triage.whole": (word, action) = (.hereWhole, .dismiss)
        case "order.nothing", "order.route": (word, action) = (.hereByHand, .rerun)
        case "client.unreachable": (word, action) = (.hereOffline, .refresh)
        case _: return nil
        }
        return say(word, manner.name(action))
    }

    package func reason(of hold: Hold) -> String {
        switch manner.language {
        case .french: hold.reason.withoutCommand
        case .english: EnglishServer.words(of: hold.code) + EnglishChecks.tail(hold.reason).withoutCommand
        }
    }

    /// `tube inconnu`
    package func reason(of row: TriageRow) -> String {
        switch manner.language {
        case .french: TriageRow.words(of: row.reason)
        case .english: EnglishServer.triage[row.reason]?.reason ?? TriageRow.words(of: row.reason)
        }
    }
    package func explanation(of row: TriageRow) -> String {
        guard manner.language == .english, let known = EnglishServer.triage[row.reason] else { return row.explanation }
        return known.explanation
    }

    /// How an analyzer is, by the beginning of what the server says.
    package func state(of row: AnalyzerRow) -> String {
        guard manner.language == .english,
            let known = EnglishServer.states.first(where: { row.state.hasPrefix($0.french) })
        else { return row.state }
        return known.english + row.state.dropFirst(known.french.count)
    }

    /// What the server says of a control, in English.
    package func because(of row: QualityRow) -> String {
        switch manner.language {
        case .french: row.because
        case .english: EnglishControls.words(row.because) ?? EnglishServer.figures(row.because).trimmed
        }
    }

    /// `F 34a`, `M 3j` of the server; `F 34y`, `M 3d` in English.
    func civil(_ text: String) -> String {
        guard manner.language == .english, let last = text.last, text.dropLast().last?.isNumber == true else {
            return text
        }
        return text.dropLast() + (last == "a" ? "y" : last == "j" ? "d" : String(last))
    }

    /// The chart of the control of the cursor, in the language of the screen.
    var chart: [String] {
        let lines = face.key.flatMap { house.charts[$0] } ?? []
        return manner.language == .french ? lines : lines.map { EnglishServer.chart($0) }
    }

    /// `▣ identité douteuse`; nil: nobody doubts whose it is.
    func doubt(of file: FileSheet) -> String? {
        if file.attributes.isEmpty { return nil }
        return manner.signs.held + " " + file.attributes.map(manner.language.words).joined(separator: ", ")
    }

    func identity(_ code: String) -> String {
        switch IdentityStatus(rawValue: code) {
        case .provisional: words[.identityProvisional]
        case .validated: words[.identityValidated]
        case .retrieved: words[.identityRetrieved]
        case .qualified: words[.identityQualified]
        case nil: code
        }
    }
}

extension TriageRow {
    /// `analyse non demandée` for `analyse_non_demandee`: codes have neither accents nor blanks.
    package static func words(of code: String) -> String {
        let accents = [
            ("demandee", "demandée"), ("refusee", "refusée"), ("identite", "identité"), ("controle", "contrôle"),
        ]
        return accents.reduce(code.replacing("_", with: " ")) { $0.replacing($1.0, with: $1.1) }
    }
}

/// What the server says in French, in English. A test reads the codes of the technician's road in the sources.
package enum EnglishServer {
    /// Figures and codes of a French sentence: `(6,0)`, `(CRITIQUE_ALERTE, 6,4)`; empty when it has none.
    static func figures(_ french: String) -> String {
        let words = french.split { " ()«»".contains($0) }.map { word in
            var word = word
            while let last = word.last, ",;:.".contains(last) { word.removeLast() }
            return word
        }
        let kept = words.filter { word in
            word.contains(where: \.isNumber) || word.count > 3 && word.allSatisfy { $0.isUppercase || $0 == "_" }
        }
        return kept.isEmpty ? "" : " (" + kept.joined(separator: ", ") + ")"
    }

    package static func words(of code: Hold.Code) -> String {
        switch code {
        case .identity: "what the analyzer says of the person is not what the file says"
        case .specimenNonconform: "the tube is nonconforming"
        case .collectionTimeUnknown: "nobody said when the specimen was collected"
        case .analyzerFlag: "flag of the analyzer"
        case .unknownUnit: "unit that the catalogue does not know"
        case .unreadable: "cannot be read as a value"
        case .critical: "critical value, to be told"
        case .censoredUndecided: "beyond a limit, and not decidable"
        case .noInterval: "no reference interval for this person"
        case .noQualityControl: "no quality control was recorded"
        case .manualEntry: "typed by a person"
        case .catalogueDraft: "nobody approved the line of the catalogue"
        case .unrequested: "not requested in this file"
        case .notReceived: "the tube was never received"
        case .specimenType: "measured on another tube than its own"
        case .rerun: "another value stands in the file"
        case .statusNotFinal: "the analyzer does not call it final"
        case .engineOff: "autoverification is off"
        case .ruleExpired: "a rule has expired"
        case .preanalyticalDelay: "too long between collection and measurement"
        case .qualityControlExpired: "the quality control is too old"
        case .qualityControlRejected: "the quality control is rejected"
        case .calibrationExpired: "the calibration is too old"
        case .lotExpired: "the reagent lot has expired"
        case .outsideMeasuringRange: "outside the measuring range"
        case .dilutionMissing: "a dilution is needed"
        case .interferenceBias: "interference that biases, said beside the value"
        case .interference: "interference: the value is not given"
        case .absurd: "outside of what can be"
        case .outsideAutoverification: "outside the range of autoverification"
        case .delta: "differs too much from the previous value"
        case .deltaImpossible: "cannot follow the previous value"
        case .criticalCall: "critical value that the biologist tells"
        case .incoherent: "does not agree with the other results"
        case .neverGiven: "a value that is never given: reject it, collect again"
        case .calculationInputHeld: "a value that it is calculated from is held"
        case .firstPositive: "first positive of this person"
        case .excludedAnalysis: "a test that a person always looks at"
        case .dependentSetHeld: "another result of its set is held"
        }
    }

    /// Words of a chart of Levey and Jennings.
    static func chart(_ line: String) -> String {
        let words = [
            ("au-delà de 4 ET", "beyond 4 SD"), ("au-dela de 4 ET", "beyond 4 SD"), ("point sans z", "point without z"),
            ("après la dernière série", "after the last run"), ("apres la derniere serie", "after the last run"),
            ("niveau ", "level "), ("exclu", "excluded"), ("avant ", "before "),
        ]
        var text = words.reduce(line) { $0.replacing($1.0, with: $1.1) }
        if text.hasPrefix("      du ") {
            text = text.replacing("      du ", with: "      ").replacing(" au ", with: " – ")
        }
        return text
    }

    static let triage: [String: (reason: String, explanation: String)] = [
        "tube_inconnu": ("unknown tube", "no tube has this number: attach it to the right one, or dismiss it"),
        "code_inconnu": ("unknown code", "the driver does not know this code: add it to the driver, then replay"),
        "analyse_non_demandee": (
            "not requested", "this test is not requested for the tube: add it and replay, or dismiss it"
        ),
        "message_illisible": ("unreadable message", "what the analyzer sent cannot be read: look at the session"),
        "message_incomplet": ("incomplete message", "the analyzer stopped in the middle: have it sent again"),
        "identite_discordante": (
            "identity mismatch", "the analyzer names another person than the file: look at the tube and its label"
        ),
        "commande_refusee": ("refused order", "the analyzer refused the order: look at it, then send it again"),
        "controle_inconnu": (
            "unknown control", "nobody declared this control material: declare it, or dismiss what it measured"
        ),
    ]

    static let states: [(french: String, english: String)] = [
        ("connecté", "connected"), ("session en cours", "in session"), ("en attente", "waiting"),
        ("en écoute", "listening"), ("en panne", "failed"), ("en pause", "paused"), ("ligne perdue", "line lost"),
    ]

    /// By code; nothing of a patient stands in them.
    package static let refusals: [String: (cause: String, remedy: String)] = [
        "observation.unknown": ("this result is not in the file any more", "refresh (R) and look again"),
        "tech.held": ("it is held and may not be validated", "reject it, correct the cause, run it again"),
        "tech.reason": ("it is held", "validate it with a reason"),
        "validate.reason.delta": (
            "it jumps from the result before",
            "begin the reason with what was done: patient identified again "
                + "(ré-identification faite), nouveau prélèvement, contexte clinique, rerun concordant"
        ),
        "tech.signed": ("this result is signed already", "ask the biologist for an amendment"),
        "tech.undo": ("somebody else acted on this result since: nothing is taken back", "read it again, then decide"),
        "tech.runs": (
            "two runs of one test do not count together", "validate one of them, with the reason of the choice"
        ),
        "tech.recalculated": (
            "this value was calculated from others that changed since",
            "take the value that it is made of back: the calculation follows"
        ),
        "tech.nothing": ("nothing to validate in this file", "go to the next one"),
        "enter.changed": ("somebody else wrote here meanwhile", "compare both values, then choose"),
        "enter.unrequested": ("the test is not requested in this file", "add it to the request first"),
        "enter.unit": ("this unit is not that of the catalogue", "type the value in the unit of the catalogue"),
        "enter.code": ("the test does not know this code", "choose one of its codes"),
        "enter.nature": ("the test takes no result of this kind", "type a number, a code or words, as it wants"),
        "enter.twice": (
            "this result is typed twice, and the server holds no first typing of it (any more)",
            "type it twice, looking at the source"
        ),
        "enter.once": ("this result is typed once only", "enter it"),
        "enter.twice.differs": ("the two differ", "type both again, looking at the source"),
        "enter.context": (
            "this test is given in one context only, which the request does not tell",
            "declare it with the request (paillasse request clinical), or enter that it is not given"
        ),
        "enter.calculated": ("this test is calculated from others", "correct the values that it is made of"),
        "result.value": ("this is no measured number", "write 4.20 or <0.5"),
        "reason.missing": ("a reason is needed", "say why, in words"),
        "auth.permission": ("this account may not do that", "ask somebody who may"),
        "auth.login": ("unknown login or secret", "check both; the administrator can give a new secret"),
        "auth.token": ("the session is not known any more", "sign in again"),
        "auth.expired": ("the session has ended", "sign in again"),
        "auth.throttled": ("too many wrong secrets", "wait a moment, then try again"),
        "auth.busy": ("the server is busy", "try again in a moment"),
        "site.unknown": ("this site is not known", "ask the administrator"),
        "request.unknown": ("no request has this number", "check the number"),
        "specimen.unknown": ("no tube has this number", "check the label"),
        "specimen.collected": ("collected in the future", "correct the time of collection"),
        "triage.whole": ("this is no single result", "dismiss it with a reason, or have it sent again"),
        "triage.control": ("this is a control, of no file", "declare it (paillasse qc target), or dismiss it"),
        "triage.indices": (
            "these are indices of a serum without a result, of the tube that they name alone",
            "replay the message once this tube exists, or have them measured again and dismiss this"
        ),
        "triage.nomatch": ("the tube does not ask for this test", "add it to the request, or take another tube"),
        "triage.unknown": ("this entry is not in triage any more", "refresh (R)"),
        "triage.closed": ("somebody closed this entry already", "refresh (R)"),
        "critical.unknown": ("no call is open for this result", "refresh (R)"),
        "critical.call.cancelled": ("the result is rejected", "the biologist closes the call"),
        "critical.call.told": ("somebody was told already, or the call is closed", "nothing to do"),
        "critical.call.closed": ("this call is closed already", "nothing to do"),
        "critical.call.time": ("the call is earlier than what is noted", "correct the time"),
        "critical.call.person": ("nobody knows who took the call", "give the person and the role"),
        "critical.call.value": ("the value read on the telephone is missing", "give the value that was read"),
        "critical.call.other": (
            "the value read is not that of the result", "call again if another value was said; note the right one"
        ),
        "critical.call.number": ("nobody knows which number was called", "give the number"),
        "critical.call.readback": ("read back and outcome do not agree", "say whether it was read back"),
        "critical.call.tier": ("this call is the biologist's to close", "ask the biologist"),
        "critical.call.none": ("no call was made", "call, then note the call"),
        "critical.call.unreached": ("nobody was reached", "go on with the chain of calls, or see the biologist"),
        "rework.signed": ("this result is signed already", "ask the biologist for an amendment"),
        "order.route": ("no analyzer does this", "see the routes of orders"),
        "rerun.reason": (
            "a tube is measured again for a coded reason",
            "begin the reason with AMR, DRAPEAU, DELTA, CRITIQUE, CQ or DEMANDE"
        ),
        "order.nothing": ("nothing to order for this tube", "look at what the request asks for"),
        "analyzer.none": ("no analyzer is configured", "ask the administrator"),
        "analyzer.unknown": ("no analyzer has this name", "look at the list of analyzers"),
        "comment.unknown": ("no sentence has this code", "choose one of the list"),
        "comment.signed": ("this result is signed already", "ask the biologist for an amendment"),
        "client.unreachable": ("the server does not answer", "check the network; what is typed is kept"),
        "client.answer": ("the answer of the server cannot be read", "server and terminal may differ in version"),
        "client.body": ("the question cannot be written", "tell the administrator"),
        "client.path": ("this name cannot be asked for", "check what was typed"),
        "store.unavailable": ("the store does not answer", "try again; if it lasts, tell the administrator"),
        "server.defect": ("a defect of the server", "try again; if it lasts, tell the administrator"),
        "drafts.open": (
            "the drafts do not open with the key that the server holds for this account",
            "type anew what is missing, then delete this file"
        ),
        "drafts.seal": ("the drafts cannot be sealed", "look at the folder"),
        "drafts.key": (
            "the server gave no key for the drafts of this account",
            "finish what is being typed before leaving; tell the administrator"
        ),
    ]
}

extension String {
    /// Without the command that the server names in brackets: a screen has none.
    var withoutCommand: String {
        guard let start = firstRange(of: " (paillasse "), let end = self[start.upperBound...].firstIndex(of: ")") else {
            return self
        }
        return String(self[..<start.lowerBound] + self[index(after: end)...])
    }
}

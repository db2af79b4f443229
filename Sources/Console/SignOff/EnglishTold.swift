package import Laboratory

/// What the server says in French, in English; a test looks that none is left out.
package enum EnglishTold {
    package static let holds: [Hold.Code: String] = [
        .identity: "the analyzer and the file do not name the same person",
        .specimenNonconform: "the specimen is nonconforming",
        .collectionTimeUnknown: "nobody said when it was collected",
        .analyzerFlag: "the analyzer flagged the result", .unknownUnit: "unknown unit",
        .unreadable: "the result cannot be read", .critical: "critical value",
        .censoredUndecided: "a censored value that the limits do not decide", .noInterval: "no reference interval",
        .noQualityControl: "no control of this analysis is recorded", .manualEntry: "typed or changed by hand",
        .catalogueDraft: "its line of the catalogue is a draft", .unrequested: "nobody asked for it",
        .notReceived: "the tube was never received", .specimenType: "made on another specimen than the one meant",
        .rerun: "another value of this analysis stands in the file",
        .statusNotFinal: "the analyzer does not call it final", .engineOff: "autoverification is off",
        .ruleExpired: "the approval of a rule has expired",
        .preanalyticalDelay: "too long between collection and analysis",
        .qualityControlExpired: "the control is out of date", .qualityControlRejected: "the control is rejected",
        .calibrationExpired: "the calibration is out of date", .lotExpired: "the reagent lot is out of date",
        .outsideMeasuringRange: "outside the measuring range", .dilutionMissing: "a dilution is missing",
        .interferenceBias: "known bias by an interference", .interference: "an interference forbids the value",
        .absurd: "impossible value", .outsideAutoverification: "outside the limits of autoverification",
        .delta: "changed more than expected since the earlier value",
        .deltaImpossible: "cannot be compared with the earlier value",
        .criticalCall: "critical value to be telephoned", .incoherent: "does not agree with the other results",
        .neverGiven: "a value that is never given",
        .calculationInputHeld: "calculated from a result that is held",
        .firstPositive: "first positive of this patient",
        .excludedAnalysis: "analysis that a person always reads",
        .dependentSetHeld: "another result of its set is held",
    ]

    /// `{1}` analyses, `{2}` version, `{3}` the change, `{4}` what is joined.
    package static let obstacles: [SignObstacle.Kind: String] = [
        .critical: "critical value: {1}", .call: "call to make", .amends: "amends version {2}", .changed: "{3}",
        .amendmentTask: "to be amended: {1} ({4})", .hold: "{1}", .freeWords: "free comment {1}",
        .ruleWords: "comment of a rule {1}",
        .supplement: "attached: {4}", .missing: "missing {1}", .reflex: "reflex test to decide: {1} ({4})",
        .identity: "{5}", .others: "and {2} older file(s) of this patient",
    ]

    package static let attributes: [IdentityAttribute: String] = [
        .homonym: "namesake", .doubtful: "doubtful identity", .fictitious: "fictitious identity",
    ]

    package static let parts: [SignedChange.Part: String] = [
        .birthName: "birth name", .givenNames: "given names", .birthDate: "birth date", .sex: "sex",
        .birthplace: "birthplace", .usedName: "used name", .status: "identity status",
        .attributes: "identity attribute", .ins: "INS number",
        .prescriber: "prescriber", .tube: "tube", .kind: "kind of specimen", .collectedAt: "collected",
        .nonconformity: "nonconformity", .comment: "comment", .result: "result", .supplement: "attachment",
        .pending: "no analysis is to come any more: the partial report becomes complete",
        .other: "identity, tube, prescriber or comment",
    ]

    package static let reasons: [Amendment.Reason: String] = [
        .identity: "wrong identity", .result: "wrong result", .specimen: "wrong specimen", .entry: "typing error",
        .interpretation: "corrected interpretation", .other: "another reason (say it in words)",
    ]

    package static let states: [String: String] = [
        "CONFIRME": "CONFIRMED", "SANS_RELECTURE": "NOT_READ_BACK", "INJOIGNABLE": "UNREACHABLE",
        "prévenu, attend le biologiste": "told, waits for the biologist",
        "acceptée": "accepted", "abandonnée": "given up", "refusée": "refused", "remplacée": "replaced",
        "à envoyer": "to be sent", "accepté": "accepted", "refusé": "refused", "attendu": "expected",
        "non prévu": "not planned", "lu": "read", "remis": "delivered", "sans réponse": "no answer", "papier": "paper",
        "le remplacement": "the replacement", "le compte rendu": "the report", "rien": "nothing",
        "la suppression : il était à un autre patient": "the deletion: it was another patient's",
        "rien : c'est la version en vigueur": "nothing: it is the version in force",
        "rien par voie électronique : à prévenir": "nothing electronically: to be told",
    ]

    /// `{1}`, `{2}`: the numbers of the French words, in their order.
    package static let refusals: [String: (cause: String, remedy: String)] = [
        "sign.professional": ("this account has no professional identity (RPPS)", "have the administrator enter it"),
        "sign.reflex": (
            "a reflex test waits for a decision", "add it or refuse it: paillasse reflex accept or reflex refuse"
        ),
        "sign.nothing": ("nothing of this file waits for a signature (any more)", "go on to the next file"),
        "sign.changed": ("the file changed since it was shown", "read it again, and sign again"),
        "sign.amendment": ("this file amends version {1}", "say why: amend it"),
        "sign.empty": (
            "no result is left to sign", "to take a report back without replacing it: paillasse report withdraw"
        ),
        "sign.partial": ("results are missing", "wait, or sign a partial report (--partial)"),
        "sign.lot": ("this file is not signed in a batch", "read it and sign it alone"),
        "sign.critical": (
            "critical value that nobody was told of", "call and write it down (bio call), or say why not (--uncalled)"
        ),
        "sign.quality": ("its control is rejected", "correct, control again, then decide (paillasse qc lookback)"),
        "sign.interference": ("an interference suppresses the value", "reject it (bio reject), ask for a new specimen"),
        "printing.glyph": (
            "no font has a character of the report: it could not be shown", "write that text without it"
        ),
        "printing.control": ("a text of the report has a control character", "take it away"),
        "sign.confirm": ("the batch has {1} files", "read the queue again (bio file), then confirm that number"),
        "sign.except.unknown": ("this analysis is not asked for in this file", "look at its code (bio show)"),
        "sign.except.signed": ("the version before holds this result", "reject it (bio reject), then amend"),
        "sign.comment.unknown": ("this code is not in comments.csv", "choose one of bio comments"),
        "sign.comment.place": (
            "the report has no section for this comment",
            "choose a general one, or sign an analysis of that section too"
        ),
        "sign.pin": ("this is not the signing code of this account", "type it again (tries left: {1})"),
        "sign.pin.none": ("this account has no signing code yet", "choose it: paillasse account pin"),
        "sign.pin.locked": ("the signing code is locked after too many tries", "choose another: paillasse account pin"),
        "sign.terminal": ("a person signs, at the keyboard of a terminal", "do it in a terminal: no pipe, no program"),
        "amend.nothing": ("nothing of what is signed changes", "correct the result, identity or comment first"),
        "sign.begun": ("a draft of it was begun in another window", "sign it alone, where it was begun"),
        "amend.words": ("this reason wants words", "give them (--words)"),
        "amend.unsigned": ("this file has no signed version", "sign it (bio sign)"),
        "bio.unsigned": ("this file has no signed version", "read it (bio show)"),
        "bio.analysis": ("no result of this analysis in this file", "see bio show"),
        "reject.tube.missing": (
            "a rejection is confirmed by the last 3 digits of the tube, and they are not given",
            "read them on the tube and give them: --tube 123"
        ),
        "reject.tube": (
            "this is not how the number of the tube of this result ends", "nothing is rejected: read the tube again"
        ),
        "terminal.unknown": (
            "ncurses does not know this terminal",
            "give TERM (xterm-256color, screen…), or work line by line: --plain"
        ),
        "terminal.unknown.bio": (
            "ncurses does not know this terminal",
            "give TERM (xterm-256color, screen…), or use the commands, line by line: paillasse bio file, show, sign"
        ),
        "bio.call": ("this value has no call to make", "the open ones: paillasse critical list"),
        "bio.section": ("the catalogue has no such section", "see the sections of the catalogue"),
        "account.current": ("this is not the secret of this account", "type it again"),
        "account.pin.easy": ("a repeated digit or a series is guessed", "choose one that nothing lets guess"),
        "account.pin.differs": ("the two codes differ", "begin again: nothing changed"),
        "settings.sample": ("out of 5 to 100", "give the files read in full, of a hundred"),
        "settings.baseline": ("a baseline says how, in how many minutes and with how many errors", "give all three"),
        "sign.confirm.none": ("no file can be signed in a batch", "bio file says what stops each of them"),
        "account.pin.form": ("a signing code has {1} to {2} digits", "choose one that nothing lets guess"),
        "auth.permission": ("this role may not do that", "ask somebody whose role it is"),
        "auth.login": ("unknown name or wrong secret", "type both again"),
        "auth.token": ("nobody is signed in to this server", "sign in: paillasse login NAME"),
        "client.unreachable": ("the server does not answer", "start it, or give its address (--server)"),
        "request.unknown": ("no such file", "look for it by its number or by a tube"),
        "tech.reason": ("a reason is needed", "give it"),
        "cli.theme": ("there is no such theme", "choose one of: {…}"),
        "cli.keys": ("this file cannot be read", "check its path"),
        "keys.line": ("this line is not: action = key key", "known actions: {…}"),
        "keys.menu": ("the menu of actions, or the way back, would have no key", "leave a key to each"),
        "keys.digit": (
            "a digit is no key of this screen",
            "choose another: a signing code that is typed too late would become commands"
        ),
        "keys.key": ("there is no key \"{«}\"", "write a letter, f2, ctrl-r, enter, up…"),
    ]
}

// What the commands `paillasse bio` and `paillasse worklist` refuse and offer before they ask the server.
extension SignWord {
    static let englishUsage: [SignWord: String] = [
        .usageOneOrAll: "give a request, or --proposables",
        .usageWhole: "--proposables signs complete files only",
        .usageDraft: "--except, --comment and --note go with a request",
        .usageUncalled: "--uncalled goes with a request",
        .usageSection: "--section goes with --proposables",
        .usageSample: "--sample goes from {1} to 100",
        .usageSince: "write the time as 90d, 6m or 2y",
        .usageBaseline: "--baseline, --minutes and --errors go together",
        .usageSettings: "a change and its reason (--reason) go together",
        .usageDay: "\"{1}\" is no day",
        .usageDayHow: "write it YYYY-MM-DD",
        .usageReason: "\"{1}\" does not say why",
        .usageAmend: "an amendment has a reason",
        .usageAmendHow: "give --reason: {1}",
        .usageNumber: "\"{1}\" is none of these numbers",
        .usageAgain: "begin again",
        .usageWord: "\"{1}\" is no command of bio",
        .usageWordShow: "to read this file: paillasse bio show {1}; ",
        .usageWordHow: "{1}choose one of: {2}",
        .helpPlain: "Line by line, without screen or colour (screen reader, braille, pipe).",
        .helpCard: "Write the card of the keys, to be printed.",
        .helpSigns: "Without drawings: ASCII letters and signs.",
        .helpAzerty: "Top row of an AZERTY keyboard: digits without Shift.",
        .helpMouse: "Clicks of the mouse.",
        .helpTheme: "sombre (dark), clair (light), contraste, deuteranopie or mono.",
        .helpKeys: "File of keys: action = key key.",
        .helpWorklist: "Results to validate technically, urgent ones first.",
        .helpWorklistMore: """
        In a terminal, the screen of work: ? shows its keys, x the actions of the line. With --plain, the same \
        work line by line, from a pipe too. Elsewhere, or with --json or --limit, the list.
        """,
        .cliWorkTitles: "REQUEST|URG|*PATIENT|ANALYSIS|#RESULT|INTERVAL|*FLAG|*HELD|ID",
        .cliWorkNothing: "nothing to validate",
        .placeName: "name", .placeText: "text", .placeReason: "reason", .placeFile: "file",
        .placeManner: "how", .placeDay: "YYYY-MM-DD",
    ]
}

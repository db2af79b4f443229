/// What `paillasse bio … --help` says, in English.
extension SignWord {
    static let englishHelp: [SignWord: String] = [
        .helpRequest: "Number of the request.",
        .helpCode: "Code of the analysis.",
        .helpReason: "Reason.",
        .helpAmend: "Amend a signed report: the new version replaces it.",
        .helpAmendReason: "Reason; asked for when it is not given.",
        .helpAmendWords: "The reason in words, told to the reader.",
        .helpPartial: "Sign a partial report.",
        .helpUncalled: "Why a critical value is signed before anybody was told of it by telephone.",
        .helpWhy: "Why a result is held or proposable: rule, data, limits, version.",
        .helpAllChecks: "The checks that do not apply too.",
        .helpAllJudgements: "Every judgement, from the oldest to the last.",
        .helpCall: "The call about a critical value: show it, and write it down.",
        .helpCallMore: "In a terminal what is not given is asked for. --show writes nothing down.",
        .helpShowOnly: "Only show it.",
        .helpNumber: "Number called.",
        .helpPerson: "Who took the call.",
        .helpRole: "In what role.",
        .helpValue: "The value as it was read.",
        .helpReadBack: "The other read the value back.",
        .helpUnreachable: "Nobody answered.",
        .helpBio: "Biological validation and signature.",
        .helpScreen: "The biologist's screen: `bio` alone opens it.",
        .helpFile: "The files to be signed, the gravest and the urgent first.",
        .helpUncertainty: "Tell the measurement uncertainty (k = 2), with that of the calibrator, in %.",
        .cliUncertainty: "MU (k = 2) of {1}: {2}",
        .cliNoUncertainty: "MU of {1}: controls or rounds of external assessment are missing",
        .helpShow: "The file as it would be signed.",
        .helpNext: "The next file: critical, held, partial, proposable; urgent first.",
        .helpSection: "Section of the catalogue.",
        .helpHist: "Earlier values of an analysis of the patient.",
        .helpSince: "Since: 90d, 6m, 2y.",
        .helpPlot: "Draw the curve.",
        .helpASCII: "ASCII signs.",
        .helpDiff: "What changes between two signed versions, or the last one and what would be signed.",
        .helpReject: "Send a result back to the bench: another run takes its place.",
        .helpRejectMore: """
        Confirmed by the last 3 digits of the tube of the result: asked for in a terminal, given by --tube elsewhere.
        """,
        .helpLastDigits: "The last 3 digits of the tube, to confirm.",
        .helpSettings: "What the laboratory chose: files of a batch read in full, baseline of typing.",
        .helpSetSample: "Files read in full, of a hundred.",
        .helpSetBaseline: "How 100 results were typed before.",
        .helpSetMinutes: "… in how many minutes.",
        .helpSetErrors: "… and how many were typed again.",
        .helpSetReason: "Reason of the change.",
        .helpExcept: "Analysis left for later (may be repeated).",
        .helpComment: "Coded comment: `bio comments` lists them (may be repeated).",
        .helpNote: "Comment in words.",
        .helpSign: "Sign a file, or by exception all that nothing stops.",
        .helpProposables: "All files that nothing stops.",
        .helpOneSection: "This section of the catalogue only.",
        .helpConfirm: "Number of files that --proposables must find.",
        .helpSample: """
        Files of the batch shown in full, of a hundred; at least what the laboratory chose (bio \
        settings).
        """,
        .helpComments: "The coded comments of the laboratory.",
        .helpFigures: "How files are signed: batches, pace, holds signed over and taken back.",
        .helpFrom: "First day; today when it is not given.",
        .helpTo: "Last day; today when it is not given.",
        .helpEverybody: "Of everybody, not of oneself alone.",
        .helpServer: "Address of the server.",
        .helpJSON: "Write JSON instead of a table.",
        .helpLength: "Lines at most.",
        .helpSignMore: """
        The signature covers the hash that is shown: if the file changes meanwhile, nothing is signed. \
        It asks for the person's signing code, typed in a terminal. --except leaves an analysis (and \
        what is calculated from it) for later: the report is partial. --proposables sums the batch up, \
        shows files drawn at random and signs only with --confirm and the number of files. What is \
        critical, held, amended or incomplete is signed one by one. Exit status: 0 all is signed, 1 \
        refused (in a batch: one file at least), 2 wrong command, 3 server out of reach.
        """,
        .helpFiguresMore: """
        OVERRIDDEN: results signed over a hold; RETRACTED: those that a version replaced. Typing: the \
        time of the first 100 results typed in the period, without pauses of more than a quarter of an \
        hour, and those of them that had to be rejected or typed again, beside the laboratory's \
        baseline (bio settings).
        """,
        .helpSettingsMore: """
        Without options, shows them. A biologist changes them, with a reason; each choice is traced. \
        --sample: files of a batch read in full before it is signed, of a hundred (5 at least). \
        --baseline, --minutes and --errors: how 100 results were typed before (paper, other software), \
        in how many minutes, and how many had to be typed again.
        """,
        .helpBioMore: """
        Alone, in a terminal: the biologist's screen (? shows its keys, x the actions); elsewhere, the \
        queue. Signing and amending ask for the signing code (account pin), at the keyboard: a token is \
        not enough.
        """,
        .helpAmendMore: """
        First correct (result run again or typed, identity, tube), then amend: the two versions stand \
        side by side, with who received the first and what each will get. A value that crosses a limit \
        opens a call. Asks for the signing code.
        """,
    ]
}

/// Every text of the biologist's screens; `SignFrench.swift` and `SignEnglish.swift` give them all.
package enum SignWord: String, Sendable, Hashable, CaseIterable {
    case screen, queue, file, versionsTitle, historyTitle, whyTitle, helpTitle, menuTitle, lotTitle, sampleTitle
    case laneCritical, laneHeld, lanePartial, laneProposable, laneAll
    case shortCritical, shortHeld, shortPartial, shortProposable, quality
    case network, networkOK, networkConnecting, networkOff, networkLocked
    case signedToday, pause, slower, nothing, loading, pageHint, questionHint, choicesHint
    case identity, prescriber, town, ward, emergency, notes, noNotes, lastVisit, noVisit, collected, received
    case notReceived, nonconform, controls, controlsFine, missing, left, fresh, prior, comment, hash, covers
    case remedyCall, remedyReject, remedyRead, remedyOn, remedyReflex, none
    case signTitle, signCovers, signPartial, meaning, pin, secret, uncalled, needed, differs
    case lotCount, lotSummary, lotLeft, lotOldest, lotSample, lotContinue, lotChanged, lotNone, lotDone, lotRefused
    case rejectTitle, reason, lastDigits, callTitle, callPerson, callRole, callNumber, callValue, callReadBack, yes
    case no, yesOrNo, lotCountDiffers
    case amendTitle, amendReason, amendWords, amendContinue, notSigned, isAmendment, nothingToSign
    case reflexTitle, reflexWanted, reflexDecision, reflexAdd, reflexRefuse, reflexClinical, reflexKnown,
        reflexVolume, noReflex, hereReflex, actionReflex
    case commentTitle, commentCode, commentUnknown, noteTitle, noteWords, findTitle, findNumber, exceptOn, exceptOff
    case before, after, removed, sameResults, nobody, holderState, holderNext, earlierVersion, noCurve
    case signedDone, kept, notFound, noSuchKey, lockedTitle, offline, readOnly, criticalShort, high, low
    case recollect, doubt, wrongTube, identityDoubt
    case signedBy, overridden, sending, allLeft, leftMark, exceptFollows, changedSince, notANumber
    case controlsAbsent, controlsExempt, controlsNone, lotRules, more, wordsNotCode, readFirst, gone, calculated
    case labelNoAnswer, reasonInWords, noCall, breakMethod, breakUnit, breakCatalogue, breakHidden
    case hereCall, hereReread, hereAmend, hereReject, hereExcept, hereLot, hereWords, hereSign
    case stillSending, draftsBack, draftsGone, cut
    case cardTitle, digitsHidden, thisNumber, keysWaiting, holderNone, digitsAlone, overtaken, unlocking,
        callValueDiffers
    case lotBegun, changedMeanwhile, readAgain
    case newsPatient, newsPrescriber, newsNotes, newsTubes, newsComments, newsMissing, newsSigned
    case signedAll, signedReview, signedAmend, signedEmptied, signedWithdrawn, callTold, callClosed, amendedFor,
        cliCallOf, cliCallTold
    case lotFiltered, lotChecking, lotFine, lotUnsignable
    // Of the commands `paillasse bio`; `|` between the titles of a table, marked as `Table` takes them.
    case cliSecret, cliPinAgain, cliPinChosen, cliMissing, cliSummary, cliQueueTitles, cliFileTitles, cliNothing,
        cliHeader, cliHeaderSigned, cliDecide, cliUrgent, cliPatient,
        cliPrescriber, cliIdentityDoubt
    case cliTube, cliNoResult, cliAllLeft, cliKeptBack, cliWithdrawn, cliCall, cliReject, cliRead, cliAttached, cliHash,
        cliSigned, cliPartly
    case cliAskOne, cliAskLot, cliAskAmend, cliPin, cliLot, cliLotOldest, cliLotRejected, cliLotRules, cliDrawn
    case cliLotDone, cliNotSigned, cliLotRefused, cliLotBegun, cliFigures, cliPace, cliToday, cliPause, cliSlower,
        cliVersion, cliToSign
    case cliVersionNone, cliChangeTitle, cliRemoved, cliSame, cliHolderTitles, cliNobody, cliHistTitles, cliThisFile
    case cliTyped, cliNoHistory, cliNoCurve, cliRejected, cliRecall, cliReasonNumber, cliHoldTitles, cliNoHolds
    case cliCommentTitles, cliNoComments, cliFlagLow, cliFlagHigh, cliFlagCriticalLow, cliFlagCriticalHigh
    case cliFlagAbnormal, cliFlagPositive, cliFlagDetected
    case cliCut, cliSample, cliBaseline, cliNoBaseline, cliTyping, cliTypingFew
    case cliWhyHead, cliWhyNever, cliWhyFree, cliWhyHeld, cliWhySince, cliWhyJudged, cliWhyTitles, cliWhyNone
    case cliWhyDilution, cliUndecided, cliNotApplicable
    case cliAskPerson, cliAskRole, cliAskNumber, cliAskValue, cliAskReadBack, cliCallTitles, cliNoCall, cliCallBefore
    case cliCallLate, cliCallClosed, cliCallBy, cliCallAt
    // Of `paillasse bio … --help`.
    case helpRequest, helpCode, helpReason, helpAmend, helpAmendReason, helpAmendWords, helpPartial
    case helpUncalled, helpWhy, helpAllChecks, helpAllJudgements, helpCall, helpCallMore, helpShowOnly
    case helpNumber, helpPerson, helpRole, helpValue, helpReadBack, helpUnreachable, helpBio, helpScreen
    case cliUncertainty, cliNoUncertainty, helpUncertainty
    case helpFile, helpShow, helpNext, helpSection, helpHist, helpSince, helpPlot, helpASCII, helpDiff
    case helpRejectMore, helpLastDigits
    case helpReject, helpSettings, helpSetSample, helpSetBaseline, helpSetMinutes, helpSetErrors, helpSetReason
    case helpExcept, helpComment, helpNote, helpSign, helpProposables, helpOneSection, helpConfirm, helpSample
    case helpComments, helpFigures, helpFrom, helpTo, helpEverybody, helpServer, helpJSON, helpLength
    case helpSignMore, helpFiguresMore, helpSettingsMore, helpBioMore, helpAmendMore
    // Of their options.
    case usageOneOrAll, usageWhole, usageDraft, usageUncalled, usageSection, usageSample, usageSince
    case usageBaseline, usageSettings, usageDay, usageDayHow, usageReason, usageAmend, usageAmendHow
    case usageNumber, usageAgain, usageWord, usageWordShow, usageWordHow, helpPlain, helpCard, helpSigns
    case helpAzerty, helpMouse, helpTheme, helpKeys, helpWorklist, helpWorklistMore, cliWorkTitles
    case cliWorkNothing
    case placeName, placeText, placeReason, placeFile, placeManner, placeDay
    case actionOpen, actionSign, actionLot, actionExcept, actionComment, actionNote, actionWhy, actionHistory
    case actionCall, actionReject, actionAmend, actionVersions, actionFind, actionNext, actionLane, actionSearch
    case actionRefresh, actionMenu, actionHelp, actionUp, actionDown, actionTop, actionBottom, actionPageUp
    case actionPageDown, actionPane, actionBack, actionLock, actionQuit
}

extension SignWord {
    fileprivate static let french = frenchTexts.merging(frenchCommands) { first, _ in first }
        .merging(frenchHelp) { first, _ in first }
        .merging(frenchUsage) { first, _ in first }
    fileprivate static let english = englishTexts.merging(englishCommands) { first, _ in first }
        .merging(englishHelp) { first, _ in first }
        .merging(englishUsage) { first, _ in first }
}

extension Language {
    private var signTexts: [SignWord: String] {
        switch self {
        case .french: SignWord.french
        case .english: SignWord.english
        }
    }
    package subscript(word: SignWord) -> String { signTexts[word] ?? word.rawValue }
    /// What a language leaves out.
    package var missingSignWords: [SignWord] { SignWord.allCases.filter { signTexts[$0]?.isEmpty ?? true } }
    /// `{1}`, `{2}`… replaced.
    package func say(_ word: SignWord, _ parts: [String]) -> String {
        var text = self[word]
        for (number, part) in parts.enumerated() { text = text.replacing("{\(number + 1)}", with: part) }
        return text
    }
}

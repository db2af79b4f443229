package import Laboratory

/// Every text of the screens. One file a language gives them all: `French.swift`, `English.swift`.
package enum Word: String, Sendable, Hashable, CaseIterable {
    case listUrgent, listWaiting, listHeld, listQuality, listTriage, listCalls, listReflexes, listReception
    case listRequests
    case listAnalyzers, lists
    case paneLists, paneTubes, paneResults, paneDetail, paneChart
    case network, networkOK, networkConnecting, networkLocked, offlineBanner, analyzersCount, qualityCount
    case triageCount, arrivals, readOnly, entryWaits, noRows, loading, notTold, daysShort
    case decisionValue, therapeuticRange, decisionShort, therapeuticShort
    case held, urgent, range, prior, run, measured, typedBy, heldFor, nothingHolds, comment, tubeNumber, collected
    case received, notReceived, nonconform, identity, prescriber, requested, registered, noValue, signed, validated
    case rejected, proposable, waitsHere, typing, criticalShort, control, high, low
    case keyOpen, keyValidate, keyRerun, keyReject, keyWhy, keyTimeline, keySearch, keyCommand, keyHelp, keyMenu
    case keyEnter, keyAttach, keyDismiss, keyUndo, keyRefresh
    case reason, lastDigits, tube, secret, needed, digitsDiffer, choicesHint, questionHint
    case whyValidate, forbidden, rejectTitle, rerunTitle, diluteTitle, diluted, nonconformTitle, attachTitle
    case dismissTitle, lockedTitle, conflictTitle, conflictMine, conflictTheirs, conflictKeys
    case validatedCount, entered, undone, nonconformKept, rerunAsked, triageDone, someHeld, allHeld, selectedCount
    case undoReason, nothingToUndo, tooLateToUndo, draftKept, draftDropped, draftsBack, alreadySigned, mayNotEnter
    case notANumber, codeNormal, codeElsewhere, codeAgain, scanned, notFound, noSuchKey, noSuchCommand, notHere
    case helpTitle, helpEntry, helpScan, helpSigns, helpPages, menuTitle, whyTitle, timelineTitle, themes
    case commandTube, commandList, commandQuality, commandTriage, commandSearch, commandTheme, commandLanguage
    case commandRefresh, commandLock, commandHelp, commandQuit
    case actionOpen, actionValidate, actionValidateTube, actionEnter, actionWhy, actionTimeline, actionRerun
    case actionDilute, actionChooseRun, actionReject, actionNonconformity, actionReceive, actionAttach, actionDismiss
    case actionUndo, actionRefresh, actionSelect, actionSelectAlike, actionSearch, actionNext, actionPrevious
    case actionCommand, actionMenu, actionHelp, actionUp, actionDown, actionLeft, actionRight, actionTop, actionBottom
    case actionPageUp, actionPageDown, actionNextPane, actionPreviousPane, actionPane1, actionPane2, actionPane3
    case actionPane4, actionBack, actionLock, actionQuit
    case reasonSeen, reasonFlags, reasonRerunSame, reasonClinical, rerunDoubt, rerunFlag, rerunDelta
    case rejectHemolysis, rejectClot, rejectTube, rejectInstrument, ncHemolysis, ncClot, ncVolume, ncLabel, ncDelay
    case ncContainer
    case severityForbids, severityReason, severityShown, remedyForbids, remedyReason, remedyShown
    case actionCall, callTitle, callDue, callOverdue, callContact, callPerson, callRole, callNumber, callValue
    case callBefore, callReadBack, callKept, yes, no, unreachable
    case actionReflex, keyReflex, reflexTitle, reflexDecision, reflexAdd, reflexRefuse, reflexKnown, reflexVolume
    case reflexAdded, reflexRefused, actReflex
    case stateOK, stateExpired, stateRejected, stateNone, stateCorrected, messages, pending, orders
    case storyRegistered, storyCollected, storyReceived, storyNonconform, storyMeasured, storyHeld, storyValidated
    case storyRejected, storyWithdrawn, storySigned, storySignedPartly
    case whyJudged, whyHolds, whyUnknown, whyClear, whyDilution, trend
    case chooseRunTitle, runWanted, runStands, runAlready, runChosen, runBetter, runDiluted, runSpecimen, oneOfThese
    case actionComment, commentTitle, commentCode, commentKept, twiceAgain, twiceDiffers, twiceOffline, twiceWaits, hint
    case commandLesson, lesson, lessonSite, lessonStep, lessonMove, lessonOpen, lessonValidate, lessonUndo, lessonWhy
    case lessonReason, lessonCall, lessonEnter, lessonTube, lessonNonconform, lessonScan, lessonMenu, lessonHelp
    case lessonEnd, plainLessonStep, plainLessonSkip, plainLessonBegin, plainLessonMove, plainLessonOpen
    case plainLessonValidate, plainLessonWhy, plainLessonReason, plainLessonCall, plainLessonEnter, plainLessonTube
    case plainLessonHelp, plainLessonEnd
    case plainLists, plainRows, plainTube, plainDetail, plainSearch, plainCommand, plainWaiting
    case plainBegin, plainCriticalHigh, plainCriticalLow, plainHigh, plainLow, plainAbnormal, plainPositive
    case plainDetected, plainHelpMove, plainHelpRead, plainHelpEnter, plainHelpAsk, plainHelpFind
    case actSeveral, actValidate, actReject, actChoose, actEnter, actNonconform, actReceive, actRerun
    case actAttach, actDismiss, actComment, actCall, cannotUndo, undoNext, formFound, paneHidden, stateExempt,
        remedyControl, callTold
    case actionSection, actionSort, commandSection, commandSort, orderUsual, orderPatient, orderTube, orderOldest
    case orderHeld, orderTaken, columns, sections, sectionKept, sectionAll, cutOf, cutNewest, byHand, reworkNoted
    case actRework, storyNonconformBy, storyRework, storyDilute, remedyControlTo, noCommentYet, commentWantsValue
    case commandUncertainty, uncertainty, uncertaintyUnknown, notThisNumber, lineDropped, hereReason, hereNext,
        hereAskFor, hereContext, hereCalculated, hereTwice,
        hereControl, hereWhole
    case hereByHand, hereOffline
    case cardTitle, cardCodes, tooManyDecimals, absurdTyped
    case replaceTitle, replacing, draftLeft, commandInField, scannedLeaving, questionLeft, questionGivenUp
    case keysDropped, notOpened
    case conflictSentence, conflictKept, rejectedDone, notUnderstood, noControls, noSuchRow, filtered, opened
    case themeTaken, languageTaken, refusedInFrench, identityProvisional, identityValidated, identityRetrieved
    case identityQualified, reasonInWords, footEnter, footEdit, footDraft, footClear, footDo, footLeave, footNext,
        unlockHint,
        callValueDiffers
}

package enum Language: String, Sendable, Hashable, CaseIterable {
    case french = "fr"
    case english = "en"

    /// From `LANG` (`en_GB.UTF-8`); French for everything else.
    package init(environment: String?) {
        self = environment?.lowercased().hasPrefix("en") == true ? .english : .french
    }
    /// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set; empty is not set (POSIX XBD 8.2).
    package init(variables: [String: String]) {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"]
        self.init(environment: names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty })
    }
}

extension Language {
    /// `≤ 5,0`, `seuil ≤ 1,03`, `cible 2,0 – 3,0`: bounds that are no interval of reference say so where they stand
    /// (RULES section 6).
    package func bounds(_ figures: String, _ nature: AppliedInterval.Nature) -> String {
        if figures.isEmpty { return figures }
        return switch nature {
        case .reference: figures
        case .decision: Texts(self)[.decisionShort] + " " + figures
        case .therapeutic: Texts(self)[.therapeuticShort] + " " + figures
        }
    }
}

extension Word {
    /// In full words.
    init(_ nature: AppliedInterval.Nature) {
        self =
            switch nature {
            case .reference: .range
            case .decision: .decisionValue
            case .therapeutic: .therapeuticRange
            }
    }
}

package struct Texts: Sendable, Hashable {
    package let language: Language
    package init(_ language: Language) { self.language = language }

    package subscript(word: Word) -> String {
        switch language {
        case .french: French.texts[word] ?? word.rawValue
        case .english: English.texts[word] ?? word.rawValue
        }
    }
    /// What a language leaves out.
    package static func missing(_ language: Language) -> [Word] {
        let texts =
            switch language {
            case .french: French.texts
            case .english: English.texts
            }
        return Word.allCases.filter { texts[$0]?.isEmpty ?? true }
    }
    /// `{1}`, `{2}`… replaced.
    package func say(_ word: Word, _ parts: [String]) -> String {
        var text = self[word]
        for (number, part) in parts.enumerated() { text = text.replacing("{\(number + 1)}", with: part) }
        return text
    }

    package var reasons: [String] { [.reasonSeen, .reasonFlags, .reasonRerunSame, .reasonClinical].map { self[$0] } }
    package var rerunReasons: [String] { [.rerunDoubt, .rerunFlag, .rerunDelta].map { self[$0] } }
    package var runReasons: [String] {
        [.runBetter, .runDiluted, .runSpecimen, .rerunFlag].map { self[$0] }
    }
    package var rejectReasons: [String] {
        [.rejectHemolysis, .rejectClot, .rejectTube, .rejectInstrument].map { self[$0] }
    }
    package var nonconformities: [String] {
        [.ncHemolysis, .ncClot, .ncVolume, .ncLabel, .ncDelay, .ncContainer].map { self[$0] }
    }
}

extension Workbench {
    package static func word(of action: Action) -> Word {
        switch action {
        case .open: .actionOpen
        case .validate: .actionValidate
        case .validateTube: .actionValidateTube
        case .enter: .actionEnter
        case .why: .actionWhy
        case .timeline: .actionTimeline
        case .rerun: .actionRerun
        case .dilute: .actionDilute
        case .chooseRun: .actionChooseRun
        case .reject: .actionReject
        case .nonconformity: .actionNonconformity
        case .comment: .actionComment
        case .call: .actionCall
        case .reflex: .actionReflex
        case .receive: .actionReceive
        case .attach: .actionAttach
        case .dismiss: .actionDismiss
        case .undo: .actionUndo
        case .refresh: .actionRefresh
        case .select: .actionSelect
        case .selectAlike: .actionSelectAlike
        case .search: .actionSearch
        case .section: .actionSection
        case .sort: .actionSort
        case .next: .actionNext
        case .previous: .actionPrevious
        case .command: .actionCommand
        case .menu: .actionMenu
        case .help: .actionHelp
        case .up: .actionUp
        case .down: .actionDown
        case .left: .actionLeft
        case .right: .actionRight
        case .top: .actionTop
        case .bottom: .actionBottom
        case .pageUp: .actionPageUp
        case .pageDown: .actionPageDown
        case .nextPane: .actionNextPane
        case .previousPane: .actionPreviousPane
        case .pane1: .actionPane1
        case .pane2: .actionPane2
        case .pane3: .actionPane3
        case .pane4: .actionPane4
        case .back: .actionBack
        case .lock: .actionLock
        case .quit: .actionQuit
        }
    }
}

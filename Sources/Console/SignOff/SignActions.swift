/// Everything that the biologist can ask for, each with its keys and its words.
package enum SignAction: String, Sendable, Hashable, CaseIterable {
    // As the file of keys names them, after `bio.`.
    case open = "lire"
    case sign = "signer"
    case lot = "signer-lot"
    case except = "laisser"
    case comment = "commenter"
    case note = "ecrire"
    case why = "pourquoi"
    case history = "courbe"
    case call = "appel"
    case reject = "rejeter"
    case reflex = "reflexe"
    case amend = "rectifier"
    case versions = "versions"
    case find = "ouvrir"
    case next = "suivant"
    case lane = "file"
    case search = "chercher"
    case refresh = "actualiser"
    case menu = "actions"
    case help = "aide"
    case up = "haut"
    case down = "bas"
    case top = "premier"
    case bottom = "dernier"
    case pageUp = "page-haut"
    case pageDown = "page-bas"
    case pane = "volet"
    case back = "retour"
    case lock = "verrouiller"
    case quit = "quitter"

    /// Unless the person's file of keys says otherwise.
    package var usualKeys: [Key] {
        switch self {
        case .open: [.enter]
        case .sign: [.character("s")]
        case .lot: [.character("S")]
        case .except: [.character("e")]
        case .comment: [.character("c")]
        case .note: [.character("C")]
        case .why: [.character("p")]
        case .history: [.character("h")]
        case .call: [.character("a")]
        case .reject: [.character("X")]
        case .reflex: [.character("F")]
        case .amend: [.character("R")]
        case .versions: [.character("d")]
        case .find: [.character("o"), .character(":")]
        case .next: [.character("n")]
        case .lane: [.character("l")]
        case .search: [.character("/")]
        case .refresh: [.character("r"), .function(5)]
        case .menu: [.character("x"), .function(2)]
        case .help: [.character("?"), .function(1)]
        case .up: [.up, .character("k")]
        case .down: [.down, .character("j")]
        case .top: [.home, .character("g")]
        case .bottom: [.end, .character("G")]
        case .pageUp: [.pageUp]
        case .pageDown: [.pageDown]
        case .pane: [.tab]
        case .back: [.escape]
        case .lock: [.control("l")]
        case .quit: [.character("q"), .control("c")]
        }
    }

    /// Things to do with a file; moves are not listed among them.
    package static let ofFile: [SignAction] = [
        .open, .sign, .lot, .except, .comment, .note, .why, .history, .call, .reject, .reflex, .amend, .versions, .find,
        .next, .lane, .refresh,
    ]

    package var word: SignWord {
        switch self {
        case .open: .actionOpen
        case .sign: .actionSign
        case .lot: .actionLot
        case .except: .actionExcept
        case .comment: .actionComment
        case .note: .actionNote
        case .why: .actionWhy
        case .history: .actionHistory
        case .call: .actionCall
        case .reject: .actionReject
        case .reflex: .actionReflex
        case .amend: .actionAmend
        case .versions: .actionVersions
        case .find: .actionFind
        case .next: .actionNext
        case .lane: .actionLane
        case .search: .actionSearch
        case .refresh: .actionRefresh
        case .menu: .actionMenu
        case .help: .actionHelp
        case .up: .actionUp
        case .down: .actionDown
        case .top: .actionTop
        case .bottom: .actionBottom
        case .pageUp: .actionPageUp
        case .pageDown: .actionPageDown
        case .pane: .actionPane
        case .back: .actionBack
        case .lock: .actionLock
        case .quit: .actionQuit
        }
    }
}

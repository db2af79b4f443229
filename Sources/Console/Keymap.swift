package import Base

/// Everything that a person can ask for: each has its key, its words, and its place in the action menu.
package enum Action: String, Sendable, Hashable, CaseIterable {
    case open = "ouvrir"
    case validate = "valider"
    case validateTube = "valider-tube"
    case enter = "saisir"
    case why = "pourquoi"
    case timeline = "histoire"
    case rerun = "repasser"
    case dilute = "diluer"
    case chooseRun = "choisir-passage"
    case reject = "rejeter"
    case nonconformity = "ecart"
    case comment = "commenter"
    case call = "appel"
    case reflex = "reflexe"
    case receive = "receptionner"
    case attach = "rattacher"
    case dismiss = "ecarter"
    case undo = "annuler"
    case refresh = "actualiser"
    case select = "choisir"
    case selectAlike = "choisir-semblables"
    case search = "chercher"
    case section = "discipline"
    case sort = "trier"
    case next = "suivant"
    case previous = "precedent"
    case command = "commande"
    case menu = "actions"
    case help = "aide"
    case up = "haut"
    case down = "bas"
    case left = "gauche"
    case right = "droite"
    case top = "premier"
    case bottom = "dernier"
    case pageUp = "page-haut"
    case pageDown = "page-bas"
    case nextPane = "volet-suivant"
    case previousPane = "volet-precedent"
    case pane1 = "volet-1"
    case pane2 = "volet-2"
    case pane3 = "volet-3"
    case pane4 = "volet-4"
    case back = "retour"
    case lock = "verrouiller"
    case quit = "quitter"

    /// The name that the plain mode, its menu and a file of keys take in English.
    package var english: String {
        switch self {
        case .open: "open"
        case .validate: "validate"
        case .validateTube: "validate-tube"
        case .enter: "enter"
        case .why: "why"
        case .timeline: "history"
        case .rerun: "rerun"
        case .dilute: "dilute"
        case .chooseRun: "choose-run"
        case .reject: "reject"
        case .nonconformity: "nonconformity"
        case .comment: "comment"
        case .call: "call"
        case .reflex: "reflex"
        case .receive: "receive"
        case .attach: "attach"
        case .dismiss: "dismiss"
        case .undo: "undo"
        case .refresh: "refresh"
        case .select: "select"
        case .selectAlike: "select-alike"
        case .search: "search"
        case .section: "section"
        case .sort: "sort"
        case .next: "next"
        case .previous: "previous"
        case .command: "command"
        case .menu: "menu"
        case .help: "help"
        case .up: "up"
        case .down: "down"
        case .left: "left"
        case .right: "right"
        case .top: "first"
        case .bottom: "last"
        case .pageUp: "page-up"
        case .pageDown: "page-down"
        case .nextPane: "next-pane"
        case .previousPane: "previous-pane"
        case .pane1: "pane-1"
        case .pane2: "pane-2"
        case .pane3: "pane-3"
        case .pane4: "pane-4"
        case .back: "back"
        case .lock: "lock"
        case .quit: "quit"
        }
    }
    package func name(in language: Language) -> String { language == .french ? rawValue : english }

    /// In either language.
    package init?(named text: String) {
        guard let found = Action(rawValue: text) ?? Action.allCases.first(where: { $0.english == text }) else {
            return nil
        }
        self = found
    }

    /// Moves and frame keys are not listed among the things to do with a line.
    package var isForLine: Bool {
        switch self {
        case .open, .validate, .validateTube, .enter, .why, .timeline, .rerun, .dilute, .chooseRun, .reject,
            .nonconformity, .comment, .call, .reflex, .receive, .attach, .dismiss, .undo, .refresh, .select,
            .selectAlike:
            true
        case .search, .section, .sort, .next, .previous, .command, .menu, .help, .up, .down, .left, .right, .top,
            .bottom, .pageUp, .pageDown, .nextPane, .previousPane, .pane1, .pane2, .pane3, .pane4, .back, .lock, .quit:
            false
        }
    }
}

/// Which key asks for what. A file of lines `action = key key`; what it does not name keeps its usual keys.
package struct Keymap: Sendable, Equatable {
    package private(set) var keys: [Action: [Key]]
    private var actions: [Key: Action] = [:]
    /// The top row of a French keyboard gives digits without Shift.
    package var azerty: Bool
    /// Keys of the biologist's screens.
    package private(set) var sign = SignKeymap()

    package init(azerty: Bool = false) {
        self.azerty = azerty
        keys = Keymap.usual
        index()
    }

    package init(text: String, azerty: Bool = false) throws(Refusal) {
        self.init(azerty: azerty)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(separator: " ").map { String($0) }
            if words.isEmpty { continue }
            let place = "touches:\(number + 1)"
            if words == ["profil", "=", "azerty"] {
                self.azerty = true
                continue
            }
            if words[0].hasPrefix(SignKeymap.prefix) {
                try sign.take(words, at: place)
                continue
            }
            guard words.count >= 3, words[1] == "=", let action = Action(named: words[0]) else {
                throw Refusal(
                    "keys.line", at: place, because: "cette ligne n'est pas « action = touche touche »",
                    remedy: "actions connues : " + Action.allCases.map(\.rawValue).joined(separator: ", "))
            }
            var given = [Key]()
            for name in words.dropFirst(2) { given.append(try Key(named: name, at: place)) }
            // Another action loses a key that is given away.
            for other in Action.allCases where other != action { keys[other]?.removeAll { given.contains($0) } }
            keys[action] = given
        }
        index()
        guard let menu = keys[.menu], !menu.isEmpty, let back = keys[.back], !back.isEmpty else {
            throw Refusal(
                "keys.menu", because: "le menu des actions ou le retour n'a plus de touche",
                remedy: "garder une touche pour « actions » et pour « retour »")
        }
    }

    private mutating func index() {
        actions = [:]
        for action in Action.allCases { for key in keys[action] ?? [] { actions[key] = action } }
    }

    package subscript(key: Key) -> Action? {
        if azerty, case .character(let c) = key, let digit = Keymap.azertyDigits[c] {
            return actions[.character(digit)]
        }
        return actions[key]
    }

    /// In a number, the top row of AZERTY without Shift gives its digits.
    package func digit(_ c: Character) -> Character { azerty ? Keymap.azertyDigits[c] ?? c : c }

    package static let azertyDigits: [Character: Character] = [
        "&": "1", "é": "2", "\"": "3", "'": "4", "(": "5", "-": "6", "è": "7", "_": "8", "ç": "9", "à": "0",
    ]

    private static let usual: [Action: [Key]] = [
        .open: [.enter], .validate: [.character("v")], .validateTube: [.character("V")],
        .enter: [.character("i"), .function(4)], .why: [.character("p")], .timeline: [.character("t")],
        .rerun: [.character("r")], .dilute: [.character("d")], .chooseRun: [.character("u")],
        .reject: [.character("X")], .nonconformity: [.character("e")], .call: [.character("a")],
        .comment: [.character("c")], .reflex: [.character("F")],
        .receive: [.character("b")],
        .attach: [.character("f")],
        .dismiss: [.character("E")], .undo: [.character("z")], .refresh: [.character("R"), .function(5)],
        .select: [.character(" ")], .selectAlike: [.character("*")], .search: [.character("/")],
        .section: [.character("s")], .sort: [.character("o")],
        .next: [.character("n")], .previous: [.character("N")], .command: [.character(":")],
        .menu: [.character("x"), .function(2)], .help: [.character("?"), .function(1)],
        .up: [.up, .character("k")], .down: [.down, .character("j")], .left: [.left, .character("h")],
        .right: [.right, .character("l")], .top: [.home, .character("g")], .bottom: [.end, .character("G")],
        .pageUp: [.pageUp], .pageDown: [.pageDown], .nextPane: [.tab], .previousPane: [.backTab],
        .pane1: [.alt("1")], .pane2: [.alt("2")], .pane3: [.alt("3")], .pane4: [.alt("4")],
        .back: [.escape], .lock: [.control("l")], .quit: [.character("q"), .control("c")],
    ]
}

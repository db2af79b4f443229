/// The lists of the left pane.
package enum ListKind: String, Sendable, Hashable, CaseIterable {
    case urgent, waiting, held, quality, triage, calls, reflexes, reception, requests, analyzers
    package var word: Word {
        switch self {
        case .urgent: .listUrgent
        case .waiting: .listWaiting
        case .held: .listHeld
        case .quality: .listQuality
        case .triage: .listTriage
        case .calls: .listCalls
        case .reflexes: .listReflexes
        case .reception: .listReception
        case .requests: .listRequests
        case .analyzers: .listAnalyzers
        }
    }
    /// What its rows are made of.
    package var source: Source {
        switch self {
        case .urgent, .waiting, .held, .calls: .worklist
        case .quality: .quality
        case .triage: .triage
        case .reflexes: .reflexes
        case .reception, .requests: .requests
        case .analyzers: .status
        }
    }
    /// Rows are tubes with results that wait.
    package var isOfTubes: Bool {
        switch self {
        case .urgent, .waiting, .held, .calls: true
        case .quality, .triage, .reflexes, .reception, .requests, .analyzers: false
        }
    }
}

/// What the tubes of a list are put in the order of.
package enum RowOrder: String, Sendable, Hashable, CaseIterable {
    /// As the server gives them: critical first, then urgent.
    case usual
    case patient, tube, oldest, held
    package var word: Word {
        switch self {
        case .usual: .orderUsual
        case .patient: .orderPatient
        case .tube: .orderTube
        case .oldest: .orderOldest
        case .held: .orderHeld
        }
    }
}

/// A line of text being typed.
package struct Field: Sendable, Hashable {
    package var text: String
    /// In characters.
    package var caret: Int
    package init(_ text: String = "") {
        self.text = text
        caret = text.count
    }

    /// False when the key is not for a text.
    package mutating func take(_ key: Key) -> Bool {
        switch key {
        case .character(let c): insert(String(c))
        case .backspace:
            guard caret > 0 else { return true }
            text.remove(at: text.index(text.startIndex, offsetBy: caret - 1))
            caret -= 1
        case .delete:
            guard caret < text.count else { return true }
            text.remove(at: text.index(text.startIndex, offsetBy: caret))
        case .left: caret = max(0, caret - 1)
        case .right: caret = min(text.count, caret + 1)
        case .home: caret = 0
        case .end: caret = text.count
        case .control("u"): self = Field()
        case .control, .alt, .function, .enter, .tab, .backTab, .escape, .insert, .up, .down, .pageUp, .pageDown:
            return false
        }
        return true
    }
    package mutating func insert(_ added: String) {
        text.insert(contentsOf: added, at: text.index(text.startIndex, offsetBy: caret))
        caret += added.count
    }
}

/// A cell of the grid being typed into.
package struct CellEntry: Sendable, Hashable {
    package var request: String
    package var analysis: String
    package var field: Field
    /// What stands there is selected: what is typed takes its place, F2 and the arrows go into it.
    package var isSelected = false
    /// The observation that stood when typing began: another one since then is a conflict.
    package var seen: String?
    package var seenValue: String
    /// An analyzer or another person gave that value, or it is validated: it is not replaced without a word.
    package var replaces: String?
    /// Typed once already, where it is typed twice: the server holds it.
    package var first: String?
    /// Refused in the cell, in words.
    package var complaint: String?
    package var codes: [String] = []
}

/// Questions in words, one field after the other, before something is done.
package struct Question: Sendable, Hashable {
    package enum Purpose: Sendable, Hashable {
        case validate(request: String, ids: [String])
        /// A typed value in the place of a measured one.
        case replace(Draft)
        case reject(request: String, id: String)
        /// Observations in the order of the choices.
        case chooseRun(request: String, ids: [String])
        case nonconform(accession: String)
        /// `to`: an analyzer that takes orders; nil: a person makes it.
        case rerun(request: String, id: String, to: String?, accession: String, diluted: Bool)
        case attach(triage: String)
        case dismiss(triage: String)
        case comment(request: String, id: String)
        case reflex(request: String, rule: String)
        case call(id: String)
        case unlock
    }
    package struct Part: Sendable, Hashable {
        package var word: Word
        package var field = Field()
        /// What must be typed, such as the last digits of a tube.
        package var expected: String?
        package var secret = false
        /// Words offered, chosen by their number.
        package var choices: [String] = []
        /// Nothing but one of the choices will do.
        package var isClosed = false
        package init(
            _ word: Word, expected: String? = nil, secret: Bool = false, choices: [String] = [], isClosed: Bool = false
        ) {
            self.word = word
            self.expected = expected
            self.secret = secret
            self.choices = choices
            self.isClosed = isClosed
        }

        /// Choices that begin with what is typed: all of them while nothing is, or a number.
        package var matching: [String] {
            let text = field.text.lowercased()
            guard isClosed, !text.isEmpty, Int(text) == nil else { return choices }
            return choices.filter { $0.lowercased().hasPrefix(text) }
        }
    }
    package var purpose: Purpose
    package var title: String
    package var parts: [Part]
    package var at = 0
    package var complaint: String?
}

package struct ActionMenu: Sendable, Hashable {
    package var actions: [Action]
    package var cursor = 0
}

package enum Mode: Sendable, Hashable {
    case browse
    case entry(CellEntry)
    case command(Field)
    case search(Field)
    case menu(ActionMenu)
    case question(Question)
    case help(top: Int)
    case why(top: Int)
    case timeline(top: Int)
    case conflict(Conflict)
}

/// Two values for one cell: what this person typed, and what stands now (read in the file, always the latest).
package struct Conflict: Sendable, Hashable {
    package var request: String
    package var analysis: String
    package var mine: String
    package var words: String
    /// The value that stood when mine was typed.
    package var before: String
}

/// A sentence under the lists.
package struct Notice: Sendable, Hashable {
    package var text: String
    package var tint: Tint
    package init(_ text: String, _ tint: Tint = .plain) {
        self.text = text
        self.tint = tint
    }
}

/// Where the person is: nothing of it comes from the server, so that live news never moves it.
package struct Face: Sendable, Equatable {
    package var width = 80
    package var height = 24
    package var list = ListKind.waiting
    /// Keys of the rows shown, in their order: it changes when the person asks, not when the server tells.
    package var rows: [String] = []
    package var cursor = 0
    package var top = 0
    /// Row of the results pane.
    package var result = 0
    package var resultTop = 0
    package var pane = 2
    package var mode = Mode.browse
    package var selected: Set<String> = []
    /// The tube whose label was read last: what is done with a tube is done with this one, until the cursor moves.
    package var label: String?
    package var filter = ""
    /// Tubes of this discipline only; nil: of all.
    package var section: String?
    package var order = RowOrder.usual
    /// Digits typed one after the other outside the cells.
    package var digits = ""
    /// First line shown of the chart of a control.
    package var chartTop = 0
    /// The row that a command asked for, while its list is on the way.
    package var wanted: String?
    package var notice: Notice?
    package init() {}

    package var key: String? { rows.indices.contains(cursor) ? rows[cursor] : nil }
}

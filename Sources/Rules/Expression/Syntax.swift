import Base
import Catalog

/// A formula as written, before its names and units are known. Every node keeps its place (1-based column).
indirect enum Syntax {
    case number(Exact, unit: Unit?, at: Int)
    case word(String, at: Int)
    case name(String, at: Int)
    case negated(Syntax, at: Int)
    case not(Syntax, at: Int)
    case operation(Operator, Syntax, Syntax, at: Int)
    case call(String, [Syntax], at: Int)
    /// `x in [mg/dL]`: the bare number that x is in that unit.
    case measured(Syntax, in: Unit, at: Int)

    enum Operator: String {
        case add = "+"
        case subtract = "−"
        case multiply = "×"
        case divide = "÷"
        case less = "<"
        case atMost = "≤"
        case greater = ">"
        case atLeast = "≥"
        case equal = "="
        case unequal = "≠"
        case and
        case or
    }

    var column: Int {
        switch self {
        case .number(_, _, let at), .word(_, let at), .name(_, let at), .negated(_, let at), .not(_, let at),
            .operation(_, _, _, let at), .call(_, _, let at), .measured(_, _, let at):
            at
        }
    }
}

/// The words of the language. Units stand in brackets after a number (`88.4[umol/L]`), words between apostrophes.
enum Token: Equatable {
    case number(Exact)
    case unit(Unit)
    case word(String)
    case name(String)
    case sign(String)
    case end
}

/// Cuts a formula into tokens. `×` may be written `*`, `÷` `/`, `−` `-`, `≤` `<=`, `≥` `>=`, `≠` `!=`.
struct Lexer {
    private let text: [Character]
    private var at = 0
    /// Column of the token that `next` gave last.
    private(set) var column = 1

    init(_ text: String) { self.text = Array(text) }

    static let longest = 2000

    mutating func next() throws(ExpressionFault) -> Token {
        while at < text.count, text[at].isWhitespace { at += 1 }
        column = at + 1
        guard at < text.count else { return .end }
        let first = text[at]
        if first.isASCII, first.isNumber { return try number() }
        if first.isASCII, first.isLetter { return name() }
        at += 1
        let following: Character? = at < text.count ? text[at] : nil
        switch (first, following) {
        case ("<", "="), (">", "="), ("!", "="):
            at += 1
            return .sign(first == "<" ? "≤" : first == ">" ? "≥" : "≠")
        case ("*", _): return .sign("×")
        case ("/", _): return .sign("÷")
        case ("-", _): return .sign("−")
        case ("[", _): return try unit()
        case ("'", _): return try word()
        case _ where "+×÷−<>≤≥=≠(),".contains(first): return .sign(String(first))
        case _: throw ExpressionFault(column, "« \(first) » n'a pas de sens ici", "ôter ce caractère")
        }
    }

    private mutating func number() throws(ExpressionFault) -> Token {
        let start = at
        while at < text.count, text[at].isASCII, text[at].isNumber || text[at] == "." { at += 1 }
        let written = String(text[start..<at])
        guard let value = Exact(written) else {
            throw ExpressionFault(column, "« \(written) » n'est pas un nombre", "écrire par exemple 0.993")
        }
        return .number(value)
    }

    /// Letters and digits; a point followed by a letter goes on (`ASAT.haut`).
    private mutating func name() -> Token {
        let start = at
        while at < text.count {
            let isPart = text[at].isASCII && (text[at].isLetter || text[at].isNumber || text[at] == "_")
            let isPoint = text[at] == "." && at + 1 < text.count && text[at + 1].isASCII && text[at + 1].isLetter
            guard isPart || isPoint else { break }
            at += 1
        }
        return .name(String(text[start..<at]))
    }

    private mutating func unit() throws(ExpressionFault) -> Token {
        let start = at
        var depth = 1
        while at < text.count {
            if text[at] == "[" { depth += 1 }
            if text[at] == "]" { depth -= 1 }
            at += 1
            if depth == 0 { break }
        }
        let written = String(text[start..<max(start, at - 1)])
        guard depth == 0, let unit = Unit(written) else {
            throw ExpressionFault(
                column, "« \(written) » n'est pas une unité UCUM connue", "écrire par exemple [umol/L]")
        }
        return .unit(unit)
    }

    private mutating func word() throws(ExpressionFault) -> Token {
        let start = at
        while at < text.count, text[at] != "'" { at += 1 }
        guard at < text.count else {
            throw ExpressionFault(column, "le mot ouvert ici n'est pas fermé", "ajouter l'apostrophe finale")
        }
        at += 1
        return .word(String(text[start..<(at - 1)]))
    }
}

/// What is wrong in a formula, and where (1-based column).
struct ExpressionFault: Error, Equatable {
    let column: Int
    let cause: String
    let remedy: String

    init(_ column: Int, _ cause: String, _ remedy: String) {
        self.column = column
        self.cause = cause
        self.remedy = remedy
    }

    func refusal(at place: String) -> Refusal {
        Refusal("rules.expression", at: "\(place):\(column)", because: cause, remedy: remedy)
    }
}

/// Recursive descent. From weak to strong: `or`, `and`, `not`, one comparison, `+ −`, `× ÷`, sign, `in [unit]`.
struct ExpressionParser {
    private var lexer: Lexer
    private var token = Token.end
    private var column = 1
    private var depth = 0

    static let deepest = 40

    static func parse(_ text: String) throws(ExpressionFault) -> Syntax {
        guard text.count <= Lexer.longest else {
            throw ExpressionFault(Lexer.longest, "la formule est trop longue", "la couper en plusieurs calculs")
        }
        var parser = ExpressionParser(lexer: Lexer(text))
        try parser.advance()
        let syntax = try parser.either()
        guard parser.token == .end else { throw parser.unexpected("la fin de la formule") }
        return syntax
    }

    private init(lexer: Lexer) { self.lexer = lexer }

    private mutating func advance() throws(ExpressionFault) {
        token = try lexer.next()
        column = lexer.column
    }

    private func unexpected(_ wanted: String) -> ExpressionFault {
        let found: String =
            switch token {
            case .number(let value): value.text
            case .unit(let unit): "[\(unit.text)]"
            case .word(let word): "'\(word)'"
            case .name(let name): name
            case .sign(let sign): sign
            case .end: "la fin"
            }
        return ExpressionFault(column, "ici est attendu \(wanted), et non « \(found) »", "corriger la formule")
    }

    private mutating func take(_ sign: String) throws(ExpressionFault) -> Bool {
        guard token == .sign(sign) else { return false }
        try advance()
        return true
    }
    private mutating func take(name: String) throws(ExpressionFault) -> Bool {
        guard token == .name(name) else { return false }
        try advance()
        return true
    }

    private mutating func either() throws(ExpressionFault) -> Syntax {
        depth += 1
        guard depth <= ExpressionParser.deepest else {
            throw ExpressionFault(column, "la formule est trop imbriquée", "la couper en plusieurs calculs")
        }
        var left = try both()
        var at = column
        while try take(name: "or") {
            left = .operation(.or, left, try both(), at: at)
            at = column
        }
        depth -= 1
        return left
    }

    private mutating func both() throws(ExpressionFault) -> Syntax {
        var left = try inverted()
        var at = column
        while try take(name: "and") {
            left = .operation(.and, left, try inverted(), at: at)
            at = column
        }
        return left
    }

    private mutating func inverted() throws(ExpressionFault) -> Syntax {
        let at = column
        if try take(name: "not") { return .not(try comparison(), at: at) }
        return try comparison()
    }

    private mutating func comparison() throws(ExpressionFault) -> Syntax {
        let left = try sum()
        guard case .sign(let sign) = token, let operation = Syntax.Operator(rawValue: sign),
            ["<", "≤", ">", "≥", "=", "≠"].contains(sign)
        else { return left }
        let at = column
        try advance()
        return .operation(operation, left, try sum(), at: at)
    }

    private mutating func sum() throws(ExpressionFault) -> Syntax {
        var left = try product()
        while case .sign(let sign) = token, sign == "+" || sign == "−" {
            let at = column
            try advance()
            left = .operation(sign == "+" ? .add : .subtract, left, try product(), at: at)
        }
        return left
    }

    private mutating func product() throws(ExpressionFault) -> Syntax {
        var left = try signed()
        while case .sign(let sign) = token, sign == "×" || sign == "÷" {
            let at = column
            try advance()
            left = .operation(sign == "×" ? .multiply : .divide, left, try signed(), at: at)
        }
        return left
    }

    private mutating func signed() throws(ExpressionFault) -> Syntax {
        let at = column
        if try take("−") { return .negated(try postfix(), at: at) }
        return try postfix()
    }

    private mutating func postfix() throws(ExpressionFault) -> Syntax {
        let inner = try primary()
        let at = column
        guard try take(name: "in") else { return inner }
        guard case .unit(let unit) = token else { throw unexpected("une unité entre crochets") }
        try advance()
        return .measured(inner, in: unit, at: at)
    }

    private mutating func primary() throws(ExpressionFault) -> Syntax {
        let at = column
        switch token {
        case .number(let value):
            try advance()
            guard case .unit(let unit) = token else { return .number(value, unit: nil, at: at) }
            try advance()
            return .number(value, unit: unit, at: at)
        case .word(let word):
            try advance()
            return .word(word, at: at)
        case .name(let name):
            guard !["and", "or", "not", "in"].contains(name) else { throw unexpected("une valeur") }
            try advance()
            guard try take("(") else { return .name(name, at: at) }
            var arguments = [try either()]
            while try take(",") { arguments.append(try either()) }
            guard try take(")") else { throw unexpected("« , » ou « ) »") }
            return .call(name, arguments, at: at)
        case .sign("("):
            try advance()
            let inner = try either()
            guard try take(")") else { throw unexpected("« ) »") }
            return inner
        case .sign, .unit, .end: throw unexpected("une valeur")
        }
    }
}

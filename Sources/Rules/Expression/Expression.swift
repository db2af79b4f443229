package import Base
package import Catalog

/// What a name of a formula stands for.
package enum SymbolKind: Sendable, Hashable {
    /// A number in a unit.
    case quantity(Unit)
    /// One of a list of words: a sex, a coded result.
    case word
    /// Yes, no or unknown: an analyzer flag, a context.
    case truth
}

/// What a name is worth for one tube.
package enum SymbolValue: Sendable, Hashable {
    case range(ValueRange)
    case word(String)
    case truth(Verdict)
}

/// A formula whose names, types and dimensions were checked at load: no loop, no side effect, decimals all through.
///
/// Numbers stay in the unit they were written or measured in; a factor is applied only where two units of one dimension
/// meet, so that what is exact by hand is exact here.
package struct Expression: Sendable {
    package let text: String
    /// Names it needs, each once, in the order of first use; the index is the slot of `evaluate`.
    package let symbols: [String]
    /// Comparisons in it, by column: the boundaries that a bench must reach.
    package let comparisons: [Int]
    let root: Node
    let type: NodeType

    /// Checks a formula. `kind` tells what a name is, nil when it is unknown.
    package init(
        _ text: String, at place: String, kind: @escaping (String) -> SymbolKind?
    ) throws(Refusal) {
        self.text = text
        do {
            let syntax = try ExpressionParser.parse(text)
            var checker = ExpressionChecker(kind: kind)
            let node = try checker.check(syntax)
            root = node.node
            type = node.type
            symbols = checker.symbols
            comparisons = Set(checker.comparisons).sorted()
        } catch {
            throw error.refusal(at: place)
        }
    }

    package var isTruth: Bool { if case .truth = type { true } else { false } }

    /// Is the answer a number that can be given in this unit?
    package func yields(_ unit: Unit) -> Bool {
        if case .number(let scale) = type { return scale.isAlike(UnitScale(unit)) }
        return false
    }

    /// A condition: yes, no or unknown; nil when a division by zero or a function outside its domain was met.
    package func verdict(_ slots: [SymbolValue]) -> Verdict? {
        var run = ExpressionRun(slots: slots)
        return run.truth(root)
    }

    /// A condition, and the comparisons that stood exactly on their boundary.
    package func traced(_ slots: [SymbolValue]) -> (verdict: Verdict?, boundaries: Set<Int>) {
        var run = ExpressionRun(slots: slots, traces: true)
        let verdict = run.truth(root)
        return (verdict, run.boundaries)
    }

    /// A number in `unit`; nil when a division by zero or a function outside its domain was met.
    package func value(_ slots: [SymbolValue], in unit: Unit) -> ValueRange? {
        guard case .number(let scale) = type else { return nil }
        var run = ExpressionRun(slots: slots)
        guard let raw = run.number(root) else { return nil }
        return Factor(from: scale, to: UnitScale(unit)).apply(raw)
    }
}

/// Dimension and size of what a node gives.
struct UnitScale: Sendable, Hashable {
    var dimension: UnitDimension
    var numerator: Int128
    var denominator: Int128
    var power: Int
    /// Of a unit without dimension: what it is a ratio of (`mmol/mol` is no `%`). Nil for a plain number, and for what
    /// the formula itself divided: its author says what that is.
    var ratio: UnitKinds?

    static let bare = UnitScale(dimension: .none, numerator: 1, denominator: 1, power: 0)

    init(dimension: UnitDimension, numerator: Int128, denominator: Int128, power: Int, ratio: UnitKinds? = nil) {
        self.dimension = dimension
        self.numerator = numerator
        self.denominator = denominator
        self.power = power
        self.ratio = ratio
    }
    init(_ unit: Unit) {
        self.init(
            dimension: unit.dimension, numerator: unit.numerator, denominator: unit.denominator, power: unit.power,
            ratio: unit.dimension == .none ? unit.kinds : nil)
    }

    /// May numbers of the two meet in a sum or a comparison?
    func isAlike(_ other: UnitScale) -> Bool {
        guard dimension == other.dimension else { return false }
        guard let ratio, let second = other.ratio else { return true }
        return ratio.isSameRatio(as: second)
    }

    /// Nil when the factors of the units grow beyond any real unit.
    func combined(with other: UnitScale, power sign: Int) -> UnitScale? {
        let (up, down) = sign > 0 ? (other.numerator, other.denominator) : (other.denominator, other.numerator)
        let (n, o1) = numerator.multipliedReportingOverflow(by: up)
        let (d, o2) = denominator.multipliedReportingOverflow(by: down)
        guard !o1, !o2 else { return nil }
        var (x, y) = (n, d)
        while y != 0 { (x, y) = (y, x % y) }
        return UnitScale(
            dimension: dimension.combined(with: other.dimension, power: sign), numerator: n / x, denominator: d / x,
            power: power + other.power * sign, ratio: other == .bare ? ratio : self == .bare ? other.ratio : nil)
    }
    /// Without dimension, whatever its size (`%`).
    var isRatio: Bool { dimension == .none }
}

/// Multiplies by what one unit is worth in another; whether it may is the checker's affair, and `Unit.converts(to:)`'s.
struct Factor: Sendable, Hashable {
    private let up: Decimal34
    private let down: Decimal34
    private let isOne: Bool

    init(from: UnitScale, to: UnitScale) {
        let power = from.power - to.power
        up =
            Decimal34(coefficient: from.numerator, exponent: power)
            * Decimal34(coefficient: to.denominator, exponent: 0)
        down =
            Decimal34(coefficient: from.denominator, exponent: 0) * Decimal34(coefficient: to.numerator, exponent: 0)
        isOne = up == down
    }
    static let one = Factor(from: .bare, to: .bare)

    func apply(_ range: ValueRange) -> ValueRange? {
        if isOne { return range }
        return (range * ValueRange(up)).divided(by: ValueRange(down))
    }
}

enum NodeType: Sendable {
    case number(UnitScale)
    case word
    case truth
}

/// A checked formula: units are gone but for the factors.
indirect enum Node: Sendable {
    case constant(ValueRange)
    case literal(String)
    case slot(Int)
    case negate(Node)
    case add(Node, Node, Factor)
    case subtract(Node, Node, Factor)
    case multiply(Node, Node)
    case divide(Node, Node)
    case scale(Node, Factor)
    case pow(Node, Node)
    case ln(Node)
    case exp(Node)
    case magnitude(Node)
    case least([Node])
    case greatest([Node])
    case choose(Node, Node, Node)
    case less(Node, Node, Factor, column: Int, orEqual: Bool)
    case equal(Node, Node, Factor, column: Int)
    case same(Node, Node)
    case not(Node)
    case and(Node, Node)
    case or(Node, Node)
}

/// One evaluation over the values of the names.
struct ExpressionRun {
    let slots: [SymbolValue]
    let traces: Bool
    var boundaries: Set<Int> = []

    init(slots: [SymbolValue], traces: Bool = false) {
        self.slots = slots
        self.traces = traces
    }

    mutating func number(_ node: Node) -> ValueRange? {
        switch node {
        case .constant(let value): return value
        case .slot(let index):
            if case .range(let value) = slots[index] { return value }
            return nil
        case .negate(let a): return number(a).map { -$0 }
        case .add(let a, let b, let factor):
            guard let x = number(a), let y = number(b), let z = factor.apply(y) else { return nil }
            return x + z
        case .subtract(let a, let b, let factor):
            guard let x = number(a), let y = number(b), let z = factor.apply(y) else { return nil }
            return x - z
        case .multiply(let a, let b):
            guard let x = number(a), let y = number(b) else { return nil }
            return x * y
        case .divide(let a, let b):
            guard let x = number(a), let y = number(b) else { return nil }
            return x.divided(by: y)
        case .scale(let a, let factor): return number(a).flatMap(factor.apply)
        case .pow(let a, let b):
            guard let x = number(a), let y = number(b) else { return nil }
            guard let base = x.point, let power = y.point else { return .all }
            return base.pow(power).map { ValueRange($0) }
        case .ln(let a): return number(a)?.mapped { $0.ln }
        case .exp(let a): return number(a)?.mapped { $0.exp }
        case .magnitude(let a): return number(a)?.magnitude
        case .least(let list): return fold(list, ValueRange.least)
        case .greatest(let list): return fold(list, ValueRange.greatest)
        case .choose(let condition, let a, let b):
            switch truth(condition) {
            case .yes: return number(a)
            case .no: return number(b)
            case .unknown:
                guard let x = number(a), let y = number(b) else { return nil }
                return .hull(x, y)
            case nil: return nil
            }
        case .literal, .less, .equal, .same, .not, .and, .or: return nil
        }
    }

    private mutating func fold(_ list: [Node], _ pick: (ValueRange, ValueRange) -> ValueRange) -> ValueRange? {
        var result: ValueRange?
        for node in list {
            guard let value = number(node) else { return nil }
            result = result.map { pick($0, value) } ?? value
        }
        return result
    }

    mutating func truth(_ node: Node) -> Verdict? {
        switch node {
        case .slot(let index):
            if case .truth(let verdict) = slots[index] { return verdict }
            return nil
        case .less(let a, let b, let factor, let column, let orEqual):
            guard let x = number(a), let y = number(b).flatMap(factor.apply) else { return nil }
            if traces, let p = x.point, p == y.point { boundaries.insert(column) }
            return orEqual ? x.isAtMost(y) : x.isLess(than: y)
        case .equal(let a, let b, let factor, let column):
            guard let x = number(a), let y = number(b).flatMap(factor.apply) else { return nil }
            if traces, let p = x.point, p == y.point { boundaries.insert(column) }
            return x.equals(y)
        case .same(let a, let b):
            guard let x = word(a), let y = word(b) else { return nil }
            return Verdict(x == y)
        case .not(let a): return truth(a)?.inverted
        // Both sides always, so that a trace sees every comparison.
        case .and(let a, let b): return both(a, b) { $0.and($1) }
        case .or(let a, let b): return both(a, b) { $0.or($1) }
        case .choose(let condition, let a, let b):
            guard let which = truth(condition) else { return nil }
            if which == .yes { return truth(a) }
            if which == .no { return truth(b) }
            guard let x = truth(a), let y = truth(b) else { return nil }
            return x == y ? x : .unknown
        case .constant, .literal, .negate, .add, .subtract, .multiply, .divide, .scale, .pow, .ln, .exp, .magnitude,
            .least, .greatest:
            return nil
        }
    }

    private mutating func both(_ a: Node, _ b: Node, _ join: (Verdict, Verdict) -> Verdict) -> Verdict? {
        let x = truth(a), y = truth(b)
        guard let x, let y else { return nil }
        return join(x, y)
    }

    private func word(_ node: Node) -> String? {
        if case .literal(let word) = node { return word }
        if case .slot(let index) = node, case .word(let word) = slots[index] { return word }
        return nil
    }
}

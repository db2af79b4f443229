import Base
import Catalog

/// Gives every node its type: dimensions must agree where numbers meet, a condition stands where one is wanted.
struct ExpressionChecker {
    private let kind: (String) -> SymbolKind?
    private(set) var symbols: [String] = []
    private(set) var comparisons: [Int] = []

    struct Checked {
        var node: Node
        var type: NodeType
    }

    init(kind: @escaping (String) -> SymbolKind?) { self.kind = kind }

    mutating func check(_ syntax: Syntax) throws(ExpressionFault) -> Checked {
        switch syntax {
        case .number(let value, let unit, _):
            let scale = unit.map { UnitScale($0) } ?? .bare
            return Checked(node: .constant(ValueRange(value)), type: .number(scale))
        case .word(let word, _): return Checked(node: .literal(word), type: .word)
        case .name(let name, let at): return try symbol(name, at)
        case .negated(let inner, _):
            let (node, scale) = try number(inner)
            return Checked(node: .negate(node), type: .number(scale))
        case .not(let inner, _): return Checked(node: .not(try truth(inner)), type: .truth)
        case .measured(let inner, let unit, let at):
            let (node, scale) = try number(inner)
            try same(scale, UnitScale(unit), at)
            return Checked(
                node: scaled(node, from: scale, to: UnitScale(unit)), type: .number(.bare))
        case .operation(let sign, let a, let b, let at): return try operation(sign, a, b, at)
        case .call(let name, let arguments, let at): return try call(name, arguments, at)
        }
    }

    private func scaled(_ node: Node, from: UnitScale, to: UnitScale) -> Node {
        let factor = Factor(from: from, to: to)
        return factor == .one ? node : .scale(node, factor)
    }

    private mutating func symbol(_ name: String, _ at: Int) throws(ExpressionFault) -> Checked {
        guard let kind = kind(name) else {
            throw ExpressionFault(
                at, "« \(name) » n'est ni une analyse du catalogue ni une donnée déclarée",
                "corriger le nom, ou le déclarer dans « inputs »")
        }
        let slot: Int
        if let known = symbols.firstIndex(of: name) {
            slot = known
        } else {
            slot = symbols.count
            symbols.append(name)
        }
        switch kind {
        case .quantity(let unit): return Checked(node: .slot(slot), type: .number(UnitScale(unit)))
        case .word: return Checked(node: .slot(slot), type: .word)
        case .truth: return Checked(node: .slot(slot), type: .truth)
        }
    }

    private mutating func number(_ syntax: Syntax) throws(ExpressionFault) -> (Node, UnitScale) {
        let checked = try check(syntax)
        guard case .number(let scale) = checked.type else {
            throw ExpressionFault(syntax.column, "un nombre est attendu ici", "corriger la formule")
        }
        return (checked.node, scale)
    }

    /// A number without dimension, brought to the bare unit.
    private mutating func ratio(_ syntax: Syntax, _ what: String) throws(ExpressionFault) -> Node {
        let (node, scale) = try number(syntax)
        guard scale.isRatio else {
            throw ExpressionFault(
                syntax.column, "\(what) doit être un nombre sans unité",
                "diviser par une quantité de la même unité, ou écrire « in [unité] »")
        }
        return scaled(node, from: scale, to: .bare)
    }

    private mutating func truth(_ syntax: Syntax) throws(ExpressionFault) -> Node {
        let checked = try check(syntax)
        guard case .truth = checked.type else {
            throw ExpressionFault(
                syntax.column, "une condition est attendue ici", "écrire une comparaison, par exemple K > 6.0[mmol/L]")
        }
        return checked.node
    }

    private func same(_ a: UnitScale, _ b: UnitScale, _ at: Int) throws(ExpressionFault) {
        guard a.isAlike(b) else {
            throw ExpressionFault(
                at, "les deux côtés n'ont pas la même grandeur", "convertir par un facteur qui porte son unité")
        }
    }

    private mutating func operation(
        _ sign: Syntax.Operator, _ a: Syntax, _ b: Syntax, _ at: Int
    ) throws(ExpressionFault) -> Checked {
        switch sign {
        case .and: return Checked(node: .and(try truth(a), try truth(b)), type: .truth)
        case .or: return Checked(node: .or(try truth(a), try truth(b)), type: .truth)
        case .equal, .unequal: return try equality(a, b, at, inverted: sign == .unequal)
        case .add, .subtract:
            let (x, left) = try number(a), (y, right) = try number(b)
            try same(left, right, at)
            let factor = Factor(from: right, to: left)
            return Checked(
                node: sign == .add ? .add(x, y, factor) : .subtract(x, y, factor), type: .number(left))
        case .multiply, .divide:
            let (x, left) = try number(a), (y, right) = try number(b)
            guard let scale = left.combined(with: right, power: sign == .multiply ? 1 : -1) else {
                throw ExpressionFault(at, "les unités de ce produit dépassent tout", "vérifier les unités")
            }
            return Checked(node: sign == .multiply ? .multiply(x, y) : .divide(x, y), type: .number(scale))
        case .less, .atMost, .greater, .atLeast:
            let (x, left) = try number(a), (y, right) = try number(b)
            try same(left, right, at)
            comparisons.append(at)
            let factor = Factor(from: right, to: left)
            switch sign {
            case .less: return Checked(node: .less(x, y, factor, column: at, orEqual: false), type: .truth)
            case .atMost: return Checked(node: .less(x, y, factor, column: at, orEqual: true), type: .truth)
            // x > y is not (x ≤ y), in three values too.
            case .greater: return Checked(node: .not(.less(x, y, factor, column: at, orEqual: true)), type: .truth)
            case _: return Checked(node: .not(.less(x, y, factor, column: at, orEqual: false)), type: .truth)
            }
        }
    }

    private mutating func equality(
        _ a: Syntax, _ b: Syntax, _ at: Int, inverted: Bool
    ) throws(ExpressionFault) -> Checked {
        let x = try check(a), y = try check(b)
        let node: Node
        switch (x.type, y.type) {
        case (.word, .word): node = .same(x.node, y.node)
        case (.number(let left), .number(let right)):
            try same(left, right, at)
            comparisons.append(at)
            node = .equal(x.node, y.node, Factor(from: right, to: left), column: at)
        case (.word, _), (.number, _), (.truth, _):
            throw ExpressionFault(at, "on ne compare que deux nombres ou deux mots", "corriger la formule")
        }
        return Checked(node: inverted ? .not(node) : node, type: .truth)
    }

    private mutating func call(
        _ name: String, _ arguments: [Syntax], _ at: Int
    ) throws(ExpressionFault) -> Checked {
        func need(_ count: Int) throws(ExpressionFault) {
            guard arguments.count == count else {
                throw ExpressionFault(at, "\(name) prend \(count) valeur(s)", "corriger la formule")
            }
        }
        switch name {
        case "pow":
            try need(2)
            return Checked(
                node: .pow(try ratio(arguments[0], "la base"), try ratio(arguments[1], "l'exposant")),
                type: .number(.bare))
        case "ln", "exp":
            try need(1)
            let inner = try ratio(arguments[0], "l'argument de \(name)")
            return Checked(node: name == "ln" ? .ln(inner) : .exp(inner), type: .number(.bare))
        case "abs":
            try need(1)
            let (node, scale) = try number(arguments[0])
            return Checked(node: .magnitude(node), type: .number(scale))
        case "min", "max":
            let (nodes, scale) = try alike(arguments, at)
            return Checked(node: name == "min" ? .least(nodes) : .greatest(nodes), type: .number(scale))
        case "if":
            try need(3)
            let condition = try truth(arguments[0])
            if case .truth = try check(arguments[1]).type {
                return Checked(
                    node: .choose(condition, try truth(arguments[1]), try truth(arguments[2])), type: .truth)
            }
            let (nodes, scale) = try alike(Array(arguments.dropFirst()), at)
            return Checked(node: .choose(condition, nodes[0], nodes[1]), type: .number(scale))
        case _:
            throw ExpressionFault(
                at, "la fonction « \(name) » n'existe pas", "fonctions : pow, ln, exp, abs, min, max, if")
        }
    }

    /// Numbers of one dimension, brought to the unit of the first.
    private mutating func alike(_ list: [Syntax], _ at: Int) throws(ExpressionFault) -> ([Node], UnitScale) {
        guard let head = list.first, list.count >= 2 else {
            throw ExpressionFault(at, "deux valeurs au moins sont attendues", "corriger la formule")
        }
        let (first, scale) = try number(head)
        var nodes = [first]
        for other in list.dropFirst() {
            let (node, own) = try number(other)
            try same(scale, own, other.column)
            nodes.append(scaled(node, from: own, to: scale))
        }
        return (nodes, scale)
    }
}

import Base
import Catalog
import FoundationEssentials
import Rules
import Testing

/// Every constant and every comparison of the shipped rules is shown by a case: one changed alone makes the bench fail.
@Suite struct `A changed constant of the shipped rules` {
    private struct Change: CustomStringConvertible {
        let file: String
        let range: Range<Int>
        let old: String
        let new: String
        let line: String
        var description: String { "\(file) : « \(old) » → « \(new) » dans \(line)" }
    }

    /// Changes that change nothing, each with its reason.
    private static let equivalent = [
        // Zero is met exactly by no value with a finite number of decimals: 23.5 ÷ 10.93, or Sampson's quotients.
        "result < 0[mmol/mol]", "le LDL calculé serait négatif",
    ]

    private static let keys = [
        "when", "value", "commentAbove", "suppressAbove", "suppressAllFreeHemoglobin",
    ]

    /// Numbers (two percent more) and comparisons (with or without the limit) of the conditions and formulas.
    private func changes(_ file: String, _ text: [Character]) -> [Change] {
        var found: [Change] = []
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: "\n") ?? text.count
            for key in Self.keys {
                for body in bodies(of: key, text, start..<end) {
                    for (range, new) in tokens(text, body) {
                        let line = String(text[start..<end]).drop { $0 == " " }
                        found.append(
                            Change(file: file, range: range, old: String(text[range]), new: new, line: String(line)))
                    }
                }
            }
            start = end + 1
        }
        return found
    }

    /// What stands between the quotes after each `key: "`.
    private func bodies(of key: String, _ text: [Character], _ line: Range<Int>) -> [Range<Int>] {
        let mark = Array(key + ": \"")
        var found: [Range<Int>] = []
        for at in line where at + mark.count < line.upperBound && text[at..<at + mark.count].elementsEqual(mark) {
            if at > line.lowerBound, text[at - 1].isLetter { continue }
            let from = at + mark.count
            found.append(from..<(text[from...].firstIndex(of: "\"") ?? line.upperBound))
        }
        return found
    }

    private func tokens(_ text: [Character], _ body: Range<Int>) -> [(Range<Int>, String)] {
        var found: [(Range<Int>, String)] = []
        var at = body.lowerBound, depth = 0
        while at < body.upperBound {
            let character = text[at]
            if character == "[" { depth += 1 } else if character == "]" { depth -= 1 }
            var end = at + 1
            if depth == 0, character.isASCII, character.isNumber {
                while end < body.upperBound, text[end].isNumber || text[end] == "." { end += 1 }
                // The number of a name (CO2T) is not a constant.
                let isName = at > body.lowerBound && (text[at - 1].isLetter || text[at - 1] == "*")
                let isEnd = end >= body.upperBound || !text[end].isLetter
                if !isName, isEnd, let number = Exact(String(text[at..<end])) {
                    let more =
                        number.coefficient == 0
                        ? Exact("0.5") : number.multiplied(by: Exact(coefficient: 102, scale: 2))
                    if let more { found.append((at..<end, more.text)) }
                }
            } else if depth == 0, character == "<" || character == ">" {
                let isWide = end < body.upperBound && text[end] == "="
                if isWide { end += 1 }
                found.append((at..<end, String(character) + (isWide ? "" : "=")))
            }
            at = end
        }
        return found
    }

    /// All of them where the compiler optimizes, one in twenty-four elsewhere.
    @Test func `makes a case fail`() throws {
        var survivors: [String] = [], tried = 0
        #if DEBUG
            let step = 24
        #else
            let step = 1
        #endif
        for file in RulePack.fileNames {
            let text = Array(
                String(decoding: try Samples.file("Catalog/rules/\(file)", as: file).bytes, as: UTF8.self))
            let changes = changes(file, text)
            for place in stride(from: 0, to: changes.count, by: step) {
                let change = changes[place]
                var spoiled = text
                spoiled.replaceSubrange(change.range, with: Array(change.new))
                tried += 1
                // Refused at the load is as good as a case that fails.
                let passes = (try? Samples.shipped(changing: file) { _ in String(spoiled) }.bench().passes) ?? false
                if passes, !Self.equivalent.contains(where: change.line.contains) {
                    survivors.append(change.description)
                }
            }
        }
        #expect(survivors == [], "\(survivors.joined(separator: "\n"))")
        #expect(tried * step > 300)
    }
}

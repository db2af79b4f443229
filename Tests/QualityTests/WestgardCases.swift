/// A worked case: what each run holds, and what the rules must say of it.
///
/// Runs are separated by blanks, levels of a run by commas: `1:+2.1,2:-2.3` is level 1 at z = +2.1 and level 2 at −2.3;
/// `1:.` is a missing level, `1:x3.4` an excluded point, `1@B:0.5` a point of lot B, `1:~2.5` a lot under parallel run,
/// `1:?` a point without SD. Values stand around a target of 100 with an SD of 2.
struct WestgardCase: Sendable, CustomStringConvertible {
    var name: String
    var runs: String
    /// Rules of each run, separated by `|`; rules of one run by blanks, in the order of the enumeration.
    var expected: String
    var rules = Rules.two
    enum Rules: Sendable { case two, three, all }
    var description: String { name }

    init(_ name: String, _ runs: String, _ expected: String, _ rules: Rules = .two) {
        (self.name, self.runs, self.expected, self.rules) = (name, runs, expected, rules)
    }

    /// `n` times the same run.
    static func times(_ n: Int, _ run: String) -> String { Array(repeating: run, count: n).joined(separator: " ") }
    /// `n` runs without violation, then what is given.
    static func quiet(_ n: Int, then expected: String) -> String { String(repeating: "|", count: n) + expected }
}

/// RULES section 2.3, one sequence a line.
enum Westgard {
    static let one: [WestgardCase] = [
        .init("one point inside 2 SD is nothing", "1:1.9", ""),
        .init("z of exactly 2 does not exceed 2", "1:2", ""),
        .init("z of exactly -2 does not exceed 2", "1:-2", ""),
        .init("one thousandth over 2 exceeds", "1:2.001", "1-2s"),
        .init("one thousandth under -2 exceeds", "1:-2.001", "1-2s"),
        .init("z of exactly 3 is a warning only", "1:3", "1-2s"),
        .init("z of exactly -3 is a warning only", "1:-3", "1-2s"),
        .init("one thousandth over 3 rejects", "1:3.001", "1-2s 1-3s"),
        .init("one thousandth under -3 rejects", "1:-3.001", "1-2s 1-3s"),
        .init("the other level alone can reject", "1:0.1,2:-3.4", "1-2s 1-3s"),
        .init("z of zero is nothing", "1:0,2:0", ""),
    ]

    static let two: [WestgardCase] = [
        .init("2-2s within a level over two runs", "1:2.1 1:2.2", "1-2s|1-2s 2-2s"),
        .init("2-2s within a level below the mean", "1:-2.1 1:-2.2", "1-2s|1-2s 2-2s"),
        .init("2-2s needs the same side", "1:2.1 1:-2.2", "1-2s|1-2s"),
        .init("2-2s needs two consecutive", "1:2.1 1:1.0 1:2.2", "1-2s||1-2s"),
        .init("2-2s is strict at its limit", "1:2.1 1:2.0", "1-2s|"),
        .init("2-2s across two levels of one run", "1:2.1,2:2.2", "1-2s 2-2s"),
        .init("2-2s across two levels below the mean", "1:-2.1,2:-2.2", "1-2s 2-2s"),
        .init("2-2s across levels is strict at its limit", "1:2.1,2:2", "1-2s"),
        .init("2-2s is not one level after another level over two runs", "1:0.1,2:2.3 1:2.3,2:0.1", "1-2s|1-2s"),
        .init("2-2s over two runs of one level, the other quiet", "1:2.3,2:0.1 1:2.4,2:0.2", "1-2s|1-2s 2-2s"),
        .init(
            "2-2s goes on over a run without the level", "1:2.3,2:0.1 2:0.1 1:2.3,2:0.1", "1-2s||1-2s 2-2s"),
        .init("2-2s skips an excluded point", "1:2.3 1:x0.1 1:2.3", "1-2s||1-2s 2-2s"),
        .init("2-2s does not count an excluded point", "1:2.3 1:x2.3 1:0.1", "1-2s||"),
        .init("2-2s fires again as long as it lasts", "1:2.3 1:2.3 1:2.3", "1-2s|1-2s 2-2s|1-2s 2-2s"),
        .init("2-2s with 3 SD is both", "1:2.3 1:3.3", "1-2s|1-2s 1-3s 2-2s"),
    ]

    static let range: [WestgardCase] = [
        .init("R-4s across two levels of one run", "1:2.1,2:-2.1", "1-2s R-4s"),
        .init("R-4s the other way round", "1:-2.1,2:2.1", "1-2s R-4s"),
        .init("R-4s between successive runs of one level does not exist", "1:2.5 1:-2.5", "1-2s|1-2s"),
        .init("R-4s between successive runs, the other way round", "1:-2.9 1:2.9", "1-2s|1-2s"),
        .init("R-4s between levels of successive runs does not exist", "1:2.5,2:0.1 1:0.1,2:-2.5", "1-2s|1-2s"),
        .init("R-4s is not a range of 4 SD inside 2 and -2", "1:2,2:-2", ""),
        .init("R-4s needs both beyond 2: 3 and -1.5 is no R-4s", "1:3,2:-1.5", "1-2s"),
        .init("R-4s needs both beyond 2: 2.9 and -2 is no R-4s", "1:2.9,2:-2", "1-2s"),
        .init("R-4s with 3 SD is both", "1:3.2,2:-2.1", "1-2s 1-3s R-4s"),
        .init("R-4s does not count an excluded point", "1:2.5,2:x-2.5", "1-2s"),
        .init("R-4s needs another level, not a repeat of the same", "1:2.5,1:-2.5", "1-2s"),
    ]

    static let four: [WestgardCase] = [
        .init("4-1s within a level over four runs", "1:1.1 1:1.2 1:1.3 1:1.4", "|||4-1s"),
        .init("4-1s below the mean", "1:-1.1 1:-1.2 1:-1.3 1:-1.4", "|||4-1s"),
        .init("4-1s is strict at its limit", "1:1.1 1:1.2 1:1 1:1.4", "|||"),
        .init("4-1s needs one side", "1:1.1 1:1.2 1:-1.3 1:1.4", "|||"),
        .init("4-1s across two levels and two runs", "1:1.1,2:1.2 1:1.3,2:1.4", "|4-1s"),
        .init("4-1s across levels may end in the first level of the run", "1:0,2:1.2 1:1.3,2:1.4 1:1.5,2:0", "||4-1s"),
        .init("4-1s across levels broken by one inside 1 SD", "1:1.1,2:1.2 1:0.9,2:1.4 1:1.2,2:1.2", "||"),
        .init("4-1s within level while the other level is quiet", times("1:1.5,2:0.2", 4), "|||4-1s"),
        .init("4-1s within level skips an excluded point", "1:1.1 1:1.2 1:x0.1 1:1.3 1:1.4", "||||4-1s"),
        .init("4-1s with a missing level", "1:1.1,2:1.2 2:1.3 1:1.4", "||4-1s"),
        .init("4-1s with three points is not yet", "1:1.1 1:1.2 1:1.3", "||"),
        .init("4-1s and 2-2s together", "1:1.1,2:1.2 1:2.3,2:2.4", "|1-2s 2-2s 4-1s"),
    ]

    static let ten: [WestgardCase] = [
        .init("10-x within a level over ten runs", times("1:0.3", 10), .quiet(9, "10-x")),
        .init("10-x below the mean", times("1:-0.3", 10), .quiet(9, "10-x")),
        .init("nine on one side are not ten", times("1:0.3", 9), .quiet(8, "")),
        .init("10-x is broken by a z of zero", times("1:0.3", 5) + " 1:0 " + times("1:0.3", 5), .quiet(10, "")),
        .init("z of zero is not below the mean", times("1:-0.3", 9) + " 1:0", .quiet(9, "")),
        .init("z of zero is not above the mean", times("1:0.3", 9) + " 1:0", .quiet(9, "")),
        .init("10-x is broken by the other side", times("1:0.3", 9) + " 1:-0.1 1:0.3", .quiet(10, "")),
        .init("10-x across two levels and five runs", times("1:0.3,2:0.4", 5), .quiet(4, "10-x")),
        .init("10-x across levels broken by one level", times("1:0.3,2:-0.4", 9), .quiet(8, "")),
        .init("10-x within one of two levels", times("1:0.3,2:-0.4", 10), .quiet(9, "10-x")),
        .init("10-x fires as long as it lasts", times("1:0.3", 11), .quiet(9, "10-x|10-x")),
        .init("10-x restarts with a new lot", times("1:0.3", 9) + " 1@B:0.3", .quiet(9, "")),
        .init(
            "10-x of the new lot counts from its first point",
            times("1:0.3", 9) + " " + times("1@B:0.3", 10), .quiet(18, "10-x")),
    ]

    static let lots: [WestgardCase] = [
        .init("2-2s does not cross a change of lot", "1:2.3 1@B:2.3", "1-2s|1-2s"),
        .init("a lot that comes back restarts too", "1:2.3 1@B:0.1 1:2.3", "1-2s||1-2s"),
        .init(
            "a new lot of one level leaves the other level's row", "1:1.5,2:1.5 1@B:0,2:1.5 2:1.5 2:1.5",
            "|||4-1s"),
        .init("the old lot's points leave the row across levels", "1:1.5,2:0.5 1@B:1.5,2:1.5 1@B:1.5,2:0", "||"),
        .init("a lot under parallel run is not judged", "1:~3.5 1:~3.5", "|"),
        .init("a lot under parallel run does not enter rows", "1:2.3 1:~2.3 1:0.5", "1-2s||"),
        .init("a lot under parallel run does not break rows", "1:2.3 1:~0.3 1:2.4", "1-2s||1-2s 2-2s"),
        .init("a point without SD is skipped by rows", "1:2.3 1:? 1:2.4", "1-2s||1-2s 2-2s"),
        .init("a level that rejects does so beside a point without SD", "1:3.5,2:?", "1-2s 1-3s"),
        .init("an excluded 3 SD is nothing", "1:x3.5", ""),
    ]

    static let three: [WestgardCase] = [
        .init("2of3-2s: two of three levels of a run", "1:2.1,2:0.1,3:2.2", "1-2s 2of3-2s", .three),
        .init("2of3-2s: below the mean", "1:-2.1,2:-2.5,3:0.2", "1-2s 2of3-2s", .three),
        .init("2of3-2s needs one side", "1:2.1,2:0.1,3:-2.2", "1-2s R-4s", .three),
        .init("2of3-2s is strict at its limit", "1:2.1,2:2,3:0.1", "1-2s", .three),
        .init("2of3-2s within a level over three runs", "1:2.1 1:0.1 1:2.1", "1-2s||1-2s 2of3-2s", .three),
        .init("2of3-2s within a level over two runs", "1:2.1 1:2.1", "1-2s|1-2s 2of3-2s", .three),
        .init("2of3-2s does not reject the quiet run that follows", "1:2.1 1:2.1 1:0.1", "1-2s|1-2s 2of3-2s|", .three),
        .init("2of3-2s does not reach back four runs", "1:2.1 1:0.1 1:0.1 1:2.1", "1-2s|||1-2s", .three),
        .init("2of3-2s is not two levels of two runs", "1:2.1,2:0,3:0 1:0,2:2.1,3:0", "1-2s|1-2s", .three),
        .init("3-1s across the three levels of a run", "1:1.1,2:1.2,3:1.3", "3-1s", .three),
        .init("3-1s within a level over three runs", "1:1.1,2:0,3:0 1:1.1,2:0,3:0 1:1.1,2:0,3:0", "||3-1s", .three),
        .init("3-1s is strict at its limit", "1:1.1,2:1,3:1.3", "", .three),
        .init("3-1s across levels and two runs", "1:0,2:1.2,3:1.3 1:1.4,2:0,3:0", "|3-1s", .three),
        .init("6-x across three levels and two runs", "1:0.1,2:0.1,3:0.1 1:0.1,2:0.1,3:0.1", "|6-x", .three),
        .init("6-x broken by z of zero", "1:0.1,2:0.1,3:0.1 1:0.1,2:0,3:0.1", "|", .three),
        .init("6-x within a level over six runs", times("1:0.1,2:-0.1,3:0", 6), .quiet(5, "6-x"), .three),
        .init("R-4s across levels 1 and 3", "1:2.5,2:0,3:-2.5", "1-2s R-4s", .three),
        .init(
            "R-4s of three levels between successive runs does not exist", "1:2.5,2:0,3:0 1:0,2:0,3:-2.5",
            "1-2s|1-2s", .three),
    ]

    static let variants: [WestgardCase] = [
        .init("8-x fires at eight, 6-x at six", times("1:0.3", 8), "|||||6-x|6-x|6-x 8-x", .all),
        .init(
            "12-x fires at twelve", times("1:-0.3", 12),
            "|||||6-x|6-x|6-x 8-x|6-x 8-x|6-x 8-x 10-x|6-x 8-x 10-x|6-x 8-x 10-x 12-x", .all),
        .init("all rules at once", "1:2.1,2:2.2,3:2.3", "1-2s 2-2s 2of3-2s 3-1s", .all),
        .init("2-2s of three levels wants neighbours in the run", "1:2.1,2:0,3:2.3", "1-2s 2of3-2s", .all),
        .init("2-2s: a missing level between is no neighbour", "1:2.1,2:.,3:2.3", "1-2s 2-2s 2of3-2s", .all),
    ]

    static let all = one + two + range + four + ten + lots + three + variants

    private static func times(_ run: String, _ n: Int) -> String { WestgardCase.times(n, run) }
}

extension String {
    fileprivate static func quiet(_ n: Int, _ then: String) -> String { WestgardCase.quiet(n, then: then) }
}

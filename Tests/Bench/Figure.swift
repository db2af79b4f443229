import Foundation

/// One line of the table: something we do, and the limit or the peer that it is held against.
struct Figure: Sendable {
    /// What must be reached; text in the table, never a failure.
    enum Goal: Sendable {
        /// At least this much of the reference.
        case ratio(Double)
        /// At least this many units.
        case value(Double)
        /// At most this many units.
        case most(Double)
        case none
    }
    var name: String
    /// What is measured, in one line.
    var what: String
    var unit: String
    /// The limit or peer measured in the same run; nil when there is none.
    var reference: String?
    var goal: Goal
    var measure: @Sendable (Bench) async throws -> Reading
}

/// What was measured, medians of the rounds.
struct Reading: Sendable {
    var value: Double
    /// Largest value of the rounds over the smallest: 1.0 on a quiet machine.
    var spread: Double
    var reference: Double?
    var ratio: Double? { reference.map { value / $0 } }
}

/// A figure and what came out.
struct Row: Sendable {
    var figure: Figure
    var reading: Reading
    init(_ figure: Figure, _ reading: Reading) {
        self.figure = figure
        self.reading = reading
    }

    /// Nil when there is no goal.
    var isReached: Bool? {
        switch figure.goal {
        case .ratio(let least): reading.ratio.map { $0 >= least }
        case .value(let least): reading.value >= least
        case .most(let most): reading.value <= most
        case .none: nil
        }
    }
    var goal: String {
        switch figure.goal {
        case .ratio(let least): "≥ \(Table.number(least))"
        case .value(let least): "≥ \(Table.number(least)) \(figure.unit)"
        case .most(let most): "≤ \(Table.number(most)) \(figure.unit)"
        case .none: "-"
        }
    }
}

/// A measurement that went wrong: the work did not give what it must give.
struct Fault: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A figure that this machine cannot measure; said aloud, no failure.
struct Absence: Error {
    var why: String
}

/// Where a run happens.
struct Bench: Sendable {
    let rounds: Int
    /// The checkout.
    let root: String
    /// A folder of this run on the disk of the checkout, gone at the end: a temporary folder in memory would make
    /// durability cost nothing.
    let scratch: String

    init(rounds: Int) throws {
        self.rounds = rounds
        root =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path(percentEncoded: false).trimmingSlash
        scratch = root + "/.build/bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    }

    func sweep() {
        do { try FileManager.default.removeItem(atPath: scratch) } catch { Entry.say("left behind: \(scratch)") }
    }

    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: root + "/" + path))) }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

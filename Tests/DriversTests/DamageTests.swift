import Base
import Laboratory
import Testing

@testable import Drivers

/// Whatever a line delivers, a driver answers with a reading: it never stops the house.
@Suite("Damaged sessions")
struct DamageTests {
    /// SplitMix64.
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
    static let marks: [UInt8] = Array("|^\\&~\r\n\u{2}\u{3}\u{5}\u{B}\u{1C}\u{17},HPORLMS.0".utf8) + [0x00, 0x80, 0xFF]

    static func damaged(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &dice) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &dice)
            let end = min(bytes.count, at + Int.random(in: 1...40, using: &dice))
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: bytes[at] = marks.randomElement(using: &dice) ?? 0
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 3: bytes.removeSubrange(end...)
            case _: bytes.insert(marks.randomElement(using: &dice) ?? 0, at: at)
            }
        }
        return bytes
    }

    @Test("Every driver reads damaged copies of its own transcripts and of its neighbour's, and says what it sees")
    func damage() throws {
        let folders = try Place.folders()
        var dice = Dice(state: 417)
        var sessions = 0, drafts = 0
        for (number, folder) in folders.enumerated() {
            let driver = try Place.driver(folder.name)
            let neighbour = folders[(number + 1) % folders.count]
            let sources = [folder, neighbour].flatMap { folder in
                DriverLint.transcripts(of: folder).compactMap { folder.files[$0] }.filter { $0.count < 4000 }.prefix(2)
            }
            for source in sources {
                for _ in 0..<8 {
                    let bytes = Self.damaged(source, &dice)
                    let trial = DriverTrial(bytes, driver: driver)
                    #expect(trial.readings.count == trial.session.messageCount + trial.session.problems.count)
                    for reading in trial.readings where !reading.problems.isEmpty {
                        #expect(reading.observations.isEmpty, "a message that cannot be trusted gives no result")
                    }
                    sessions += 1
                }
                if let draft = try? DriverDraft.propose(from: Self.damaged(source, &dice), name: "essai") {
                    #expect(DriverLint.check(draft.folder) == [])
                    drafts += 1
                }
            }
        }
        print("damaged sessions read: \(sessions), drafts made of damaged sessions: \(drafts)")
        #expect(sessions > 500 && drafts > 20)
    }
}

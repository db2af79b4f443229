import LIS01
import Testing

@Suite struct `Messages from frames` {
    private static let sessions: [[(text: String, isEnd: Bool)]] = [
        [("H|\\^&\r", true), ("P|1\r", true), ("L|1\r", true)],
        [("H|\\^&\rP|1\rO|1", false), ("|42\rL|1\r", true), ("H|\\^&\r", true), ("L|1\r", true)],
        // No L before the next H; an end frame without CR; L cut by ETB.
        [("H|\\^&\r", true), ("P|1", true), ("H|\\^&\r", true), ("L|1", false), ("|N\r", true)],
        [("H|\\^&\rP|1\r", true), ("H|\\^&\rL|1\r", true)],
    ]

    @Test func `a frame that is taken back and comes again changes nothing`() {
        for session in Self.sessions {
            var plain = MessageAssembler(), doubting = MessageAssembler()
            for frame in session {
                let text = Array(frame.text.utf8)[...]
                let mark = doubting.mark
                let completed = doubting.add(text, isEnd: frame.isEnd)
                doubting.withdraw(to: mark, completed: completed.first?.text)
                let wanted = plain.add(text, isEnd: frame.isEnd)
                let given = doubting.add(text, isEnd: frame.isEnd)
                #expect(given.map(\.text) == wanted.map(\.text), "\(frame.text)")
                #expect(given.map(\.isComplete) == wanted.map(\.isComplete), "\(frame.text)")
            }
            #expect(doubting.flush().map(\.text) == plain.flush().map(\.text))
        }
    }
}

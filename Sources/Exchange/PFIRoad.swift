/// The way to one PFI: a line, or several side by side. On each one message at a time waits for its acknowledgement,
/// as MLLP wants, so several lines hide the time that a PFI takes to answer.
actor PFIRoad {
    private let callers: [MLLPCaller]
    /// Lines in use: one, once another was left without any answer while the first had some.
    private var width: Int
    private let log: @Sendable (String) -> Void

    init(
        _ endpoint: PFISettings.Endpoint, lines: Int, answerWithin: Duration, log: @escaping @Sendable (String) -> Void
    ) {
        callers = (0..<max(lines, 1)).map { _ in MLLPCaller(endpoint, answerWithin: answerWithin) }
        width = callers.count
        self.log = log
    }

    /// What came back for each of these messages, which may go in any order; nil for one that was not sent, because a
    /// message before it on its line was not answered.
    /// `pauses`: asked between two messages of a line; each line sends one at least.
    func call(
        _ all: [MLLPCaller.Outgoing], pauses: @escaping @Sendable () -> Bool = { false }
    ) async -> [PeerAnswer?] {
        let width = min(width, all.count)
        var answers = [PeerAnswer?](repeating: nil, count: all.count)
        var isAnswered = [Bool](repeating: false, count: width)
        await withTaskGroup(of: (Int, [PeerAnswer]).self) { group in
            for (number, caller) in callers.prefix(width).enumerated() {
                let mine = stride(from: number, to: all.count, by: width).map { all[$0] }
                group.addTask { (number, await caller.call(mine, pauses: pauses)) }
            }
            for await (number, given) in group {
                isAnswered[number] = given.contains(where: \.isAnswer)
                for (n, answer) in given.enumerated() { answers[number + n * width] = answer }
            }
        }
        if isAnswered.first == true, isAnswered.contains(false) {
            self.width = 1
            log("PFI : une seule ligne est servie à la fois, les autres ne serviront plus")
        }
        return answers
    }

    func drop() async {
        for caller in callers { await caller.drop() }
    }
}

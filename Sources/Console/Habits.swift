import Laboratory

/// Hints for those who begin: each disappears once its action was used three times.
extension Workbench {
    package static let hintsUntil = 3

    /// Counts an action, while somebody counts.
    mutating func learn(_ action: Action) -> [Effect] {
        guard var habits, habits[action.rawValue, default: 0] < Workbench.hintsUntil else { return [] }
        habits[action.rawValue, default: 0] += 1
        self.habits = habits
        return [.habits(habits)]
    }

    /// The first thing possible here that this person has not used enough to know it.
    package var hint: String? {
        guard let habits, case .browse = face.mode, case .online = house.link else { return nil }
        let wanted: [Action]
        switch face.list {
        case .triage: wanted = [.attach, .dismiss, .menu, .help]
        case .quality, .analyzers, .reception, .requests: wanted = [.open, .menu, .help]
        case .reflexes: wanted = [.reflex, .open, .menu, .help]
        case .urgent, .waiting, .held, .calls:
            let isHeld = currentResult?.line?.stops.isEmpty == false
            wanted =
                face.pane == 3
                ? (isHeld ? [.why] : []) + [.call, .validate, .enter, .undo, .menu, .timeline]
                : [.open, .menu, .help, .validateTube, .search, .select]
        }
        let action = wanted.first { habits[$0.rawValue, default: 0] < Workbench.hintsUntil && isPossible($0) }
        return action.map { say(.hint, manner.name($0), words[Workbench.word(of: $0)]) }
    }
}

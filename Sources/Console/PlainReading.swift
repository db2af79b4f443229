import Base
import Laboratory

/// What `--plain` reads aloud. The order of a result: identity, test, value, unit, flag, prior, action.
extension Plain {
    static func current(of bench: Workbench) -> Line? { bench.currentResult?.line }
    var current: Line? { Plain.current(of: bench) }

    /// Who is here and what waits, once, at the beginning.
    package var greeting: [String] {
        let words = bench.words
        let house = bench.house
        let well = house.analyzers.count - house.deadAnalyzers.count
        let lines = [
            [house.site, house.person].filter { !$0.isEmpty }.joined(separator: ", "),
            "\(words[.analyzersCount]) \(well)/\(house.analyzers.count) ; \(words[.qualityCount]) \(controlWords) ; "
                + "\(words[.triageCount]) \(house.triageOpen)",
            bench.say(
                .plainWaiting, String(house.tubes.count), String(house.urgentTubes), String(house.heldTubes),
                String(bench.count(of: .calls))),
            bench.say(.plainBegin, bench.manner.name(.help), bench.manner.name(.menu)),
        ]
        return (lines + reading).map { bench.mark($0) }
    }

    /// `1 rejeté, 0 échu, 2 jamais contrôlé`
    private var controlWords: String {
        let (words, controls) = (bench.words, bench.house.controlCounts)
        var told = [
            "\(controls.rejected) \(words[.stateRejected])", "\(controls.expired) \(words[.stateExpired])",
            controls == ControlCounts() ? words[.noControls] : "\(controls.absent) \(words[.stateNone])",
        ]
        if controls.exempt > 0 { told.append("\(controls.exempt) \(words[.stateExempt])") }
        return told.joined(separator: ", ")
    }

    /// The line of the cursor, in one line.
    var reading: [String] {
        guard let key = bench.face.key else { return [bench.emptyWords] }
        let house = bench.house
        switch bench.face.list {
        case .reflexes:
            guard let row = bench.house.reflexes.first(where: { $0.key == key }) else { return [rowText(key)] }
            return [
                [identity(row.request), row.adds.joined(separator: ", "), "\(row.because) (\(row.rule))"]
                    .joined(separator: " ; ") + " ; " + actions([.reflex])
            ]
        case .urgent, .waiting, .held, .calls, .reception, .requests:
            guard let result = bench.currentResult else { return [rowText(key)] }
            return [([identity(key)] + [criticalElsewhere].compactMap { $0 } + [say(result)]).joined(separator: " ; ")]
        case .quality, .analyzers: return [rowText(key)]
        case .triage:
            guard let row = house.triage.first(where: { $0.id == key }) else { return [] }
            let where_ = [row.accession, row.code, row.value, row.analyzer].filter { !$0.isEmpty }
            return [
                where_.joined(separator: " ") + " ; \(bench.explanation(of: row)) ; " + actions([.attach, .dismiss])
            ]
        }
    }

    /// A critical value of this row that the result before the reader is not.
    private var criticalElsewhere: String? {
        let others = bench.results.compactMap(\.line).filter { line in
            let isOpen = bench.house.calls.contains { $0.concerns(line.id) }
            return (line.isCritical && line.state == .waiting || isOpen) && line.id != current?.id
        }
        guard !others.isEmpty else { return nil }
        let told = others.map { line in
            let call = bench.house.calls.first { $0.concerns(line.id) }
            return ["\(line.analysis) \(line.valueAndUnit)", call.map { bench.timer(of: $0) } ?? ""]
                .filter { !$0.isEmpty }.joined(separator: " ")
        }
        return "\(bench.words[.criticalShort]) : " + told.joined(separator: ", ")
    }

    private func identity(_ key: String) -> String {
        let tube = bench.currentTube
        let file = bench.currentFile
        return [
            tube?.patient ?? file?.patient ?? "", bench.civil(tube?.civil ?? file?.civil ?? ""),
            "\(bench.words[.tubeNumber]) \(bench.currentAccession ?? key)",
            (tube?.urgent ?? file?.urgent) == true ? bench.words[.urgent] : "",
            (file?.attributes ?? []).map(bench.manner.language.words).joined(separator: ", "),
        ].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private func say(_ result: Workbench.ResultRow) -> String {
        let words = bench.words
        var parts = [result.title]
        let draft = bench.drafts.first { $0.place == "\(bench.currentRequest ?? "")/\(result.analysis)" }
            .map { "\(words[$0.isAccepted ? .entryWaits : .typing]) \($0.text)" }
        guard let line = result.line else {
            return (parts + [draft, words[.waitsHere]].compactMap { $0 }).joined(separator: " ; ")
        }
        parts.append(line.valueAndUnit)
        parts.append(flag(line))
        if let prior = bench.currentFile?.priors[result.analysis] {
            parts.append("\(words[.prior]) \(prior.value) (\(bench.day(prior.at)))")
        }
        if let draft { parts.append(draft) }
        if let telling = bench.house.tellings[line.id] { parts.append(bench.said(telling)) }
        switch line.state {
        case .waiting:
            parts.append(
                line.stops.isEmpty
                    ? words[.nothingHolds]
                    : "\(words[.heldFor]) \(line.stops.map(\.code.rawValue).joined(separator: ", "))"
            )
            parts.append(actions([.call, .validate, .why, .rerun]))
        case .validated: parts.append(words[.validated])
        case .signed: parts.append(words[.signed])
        case .rejected: parts.append(words[.rejected])
        }
        return parts.filter { !$0.isEmpty }.joined(separator: " ; ")
    }

    private func actions(_ wanted: [Action]) -> String {
        wanted.filter { bench.isPossible($0) && ($0 != .why || current?.stops.isEmpty == false) }
            .map { "\(bench.manner.name($0)) \(bench.words[Workbench.word(of: $0)])" }.joined(separator: ", ")
    }

    /// A flag in words: signs are not read well.
    private func flag(_ line: Line) -> String {
        let words = bench.words
        let order: [(ResultFlag, Word)] = [
            (.criticallyHigh, .plainCriticalHigh), (.criticallyLow, .plainCriticalLow), (.high, .plainHigh),
            (.low, .plainLow), (.abnormal, .plainAbnormal), (.positive, .plainPositive), (.detected, .plainDetected),
        ]
        if let word = order.first(where: { line.flags.contains($0.0) })?.1 { return words[word] }
        return line.isCritical ? words[.criticalShort] : ""
    }

    func lists() -> [String] {
        ListKind.allCases.map {
            "\(bench.words[$0.word]) \(bench.counted($0)) (:\(Workbench.Command.list.name(in: bench.manner.language)) "
                + "\(bench.words[$0.word].lowercased()))"
        }
    }

    func rows() -> [String] {
        guard !bench.face.rows.isEmpty else { return [bench.emptyWords] }
        return bench.face.rows.enumerated().map { "\($0.offset + 1) \(rowText($0.element))" }
            + [bench.cutWords].compactMap(\.self)
    }

    private func rowText(_ key: String) -> String {
        let words = bench.words
        guard bench.face.list.isOfTubes, let tube = bench.tube(key) else {
            if let row = bench.house.analyzers.first(where: { $0.name == key }), bench.face.list == .analyzers {
                return
                    [
                        row.name, bench.state(of: row), "\(words[.messages]) \(row.messages)",
                        "\(words[.orders]) \(row.orders)",
                    ].joined(separator: " ; ")
            }
            if bench.face.list == .quality, let row = bench.house.quality.first(where: { $0.key == key }) {
                return [
                    "\(row.analyzer) \(row.analysis)", bench.qualityWords(row.state).text,
                    (row.rules + [bench.because(of: row)]).filter { !$0.isEmpty }.joined(separator: ", "),
                ].filter { !$0.isEmpty }.joined(separator: " ; ")
            }
            return bench.rowText(key)
        }
        let state = tube.held > 0 ? "\(words[.held]) \(tube.held)" : words[.nothingHolds]
        return [
            "\(tube.key) \(tube.patient)", tube.urgent ? words[.urgent] : "",
            tube.isCritical ? words[.criticalShort] : "", tube.lines.map(\.analysis).joined(separator: " "), state,
        ].filter { !$0.isEmpty }.joined(separator: " ; ")
    }

    func tube() -> [String] {
        let results = bench.results
        if bench.face.list == .quality { return reading + bench.chart }
        guard !results.isEmpty else { return reading }
        return results.map { say($0) }
    }

    func detail() -> [String] { bench.detail(10_000).map(\.0).filter { !$0.isEmpty } }

    func menu() -> [String] {
        [bench.words[.menuTitle]]
            + bench.possible.enumerated().map {
                "\($0.offset + 1) \(bench.words[Workbench.word(of: $0.element)]) "
                    + "(\(bench.manner.name($0.element)), \($0.element.name(in: bench.manner.language)))"
            }
    }

    /// How to go on, then each action as `v : valider ce résultat (valider)`, then the commands.
    func help() -> [String] {
        let words = bench.words
        let ways: [Word] = [.plainHelpMove, .plainHelpRead, .plainHelpEnter, .plainHelpAsk, .plainHelpFind]
        let actions = Action.allCases.filter { $0.isForLine || [.menu, .help, .lock, .quit].contains($0) }
        return ways.map { words[$0] }
            + actions.map { action in
                let name = action.name(in: bench.manner.language)
                let key = bench.manner.names(action).first { $0.count == 1 } ?? name
                return "\(key) : \(words[Workbench.word(of: action)])" + (key == name ? "" : " (\(name))")
            }
            + Workbench.Command.allCases.map { words[$0.word] }
    }
}

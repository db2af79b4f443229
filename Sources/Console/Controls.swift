import Base
import Laboratory

/// The control of an analysis on an analyzer, in words, with what to do about it.
extension Workbench {
    /// Of the cursor of the list of controls.
    var currentControl: QualityRow? {
        guard face.list == .quality else { return nil }
        return face.key.flatMap { key in house.quality.first { $0.key == key } }
    }

    /// State, rules and reason, remedy.
    func controlLines(_ row: QualityRow, _ columns: Int) -> [(String, Style)] {
        let state = qualityWords(row.state)
        let because = (row.rules + [because(of: row)]).filter { !$0.isEmpty }.joined(separator: ", ")
        var told: [(String, Style)] = [("\(row.analyzer) \(row.analysis) : \(state.text)", state.style)]
        if !because.isEmpty { told.append((because, .plain)) }
        if ["REJET", "ECHU", "NON_CONTROLE"].contains(row.state) {
            told.append((remedy(analyzer: row.analyzer, analysis: row.analysis), .dim))
        }
        return told.flatMap { text, style in CellWidth.fold(mark(text), columns).map { ($0, style) } }
    }

    /// `Relancer le CQ (:cq cobas K) ou router vers yumizen`
    private func remedy(analyzer: String, analysis: String) -> String {
        let others = house.quality.filter {
            $0.analysis == analysis && $0.analyzer != analyzer && $0.state == "CONFORME"
        }.map(\.analyzer)
        let command = ":\(Command.quality.name(in: manner.language)) \(analyzer) \(analysis)"
        return others.isEmpty
            ? say(.remedyControl, command) : say(.remedyControlTo, command, others.joined(separator: ", "))
    }

    /// The remedy of a hold that a control asks for.
    func controlRemedy(of hold: Hold, _ line: Line) -> String? {
        let codes: [Hold.Code] = [.noQualityControl, .qualityControlExpired, .qualityControlRejected]
        guard codes.contains(hold.code), let analyzer = line.analyzer else { return nil }
        return remedy(analyzer: analyzer, analysis: line.analysis)
    }

    /// `MU (k = 2) de K sur cobas : N1 4,2 %`; nil as long as nobody asked.
    func uncertainty(_ key: String) -> String? {
        house.uncertainties[key].map { levels in
            let name = key.split(separator: "/").reversed().joined(separator: " · ")
            return levels.isEmpty
                ? say(.uncertaintyUnknown, name) : say(.uncertainty, name, levels.joined(separator: " ; "))
        }
    }

    /// What stands under the list of controls: where no pane on the right says why, it is said above the chart.
    var chartPane: [String] {
        guard face.width < Workbench.rightPaneFrom, let row = currentControl else { return chart }
        let left = face.width >= Workbench.leftPaneFrom ? Workbench.leftPane : 0
        return controlLines(row, face.width - left - 2).map(\.0) + chart
    }
}

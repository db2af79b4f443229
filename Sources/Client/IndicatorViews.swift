package import Base
package import Laboratory

/// The indicators of a period, as the API gives them.
package struct IndicatorsView: Codable, Sendable, Hashable {
    /// Both included, in the zone of the site.
    package var from: CivilDate
    package var to: CivilDate
    /// Nil: all sites.
    package var site: String?
    package var indicators: Indicators
    package init(from: CivilDate, to: CivilDate, site: String?, indicators: Indicators) {
        self.from = from
        self.to = to
        self.site = site
        self.indicators = indicators
    }

    /// `indicateur;valeur;part` for a spreadsheet (RFC 4180 with the semicolon that French ones expect).
    package var csv: String {
        var lines = ["cle;indicateur;valeur;part_pour_cent;entrees_audit"]
        for figure in indicators.figures {
            let share = indicators.share(of: figure).map(String.init) ?? ""
            lines.append("\(figure.key);\(figure.label);\(figure.value);\(share);\(figure.entries.count)")
        }
        lines.append("cle;delai;nombre;mediane_minutes;neuvieme_decile_minutes;entrees_audit")
        for delay in indicators.turnarounds {
            lines.append(
                "\(delay.phase.rawValue);\(delay.label);\(delay.count);\(delay.medianMinutes);"
                    + "\(delay.ninthDecileMinutes);\(delay.entries.count)")
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Bars, one a figure, as a picture for a report (SVG 1.1).
    package var svg: String {
        let row = 22, left = 300, width = 760
        let most = max(1, indicators.figures.map(\.value).max() ?? 1)
        let height = 50 + row * indicators.figures.count
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
                + "font-family=\"DejaVu Sans, sans-serif\" font-size=\"12\">",
            "<title>Indicateurs du \(from.french) au \(to.french)</title>",
            "<text x=\"10\" y=\"24\" font-size=\"15\">Comptes rendus du \(from.french) au \(to.french)</text>",
        ]
        for (n, figure) in indicators.figures.enumerated() {
            let y = 44 + n * row
            let length = figure.value * (width - left - 120) / most
            let share = indicators.share(of: figure).map { " (\($0) %)" } ?? ""
            parts.append("<text x=\"\(left - 8)\" y=\"\(y + 13)\" text-anchor=\"end\">\(figure.label)</text>")
            parts.append("<rect x=\"\(left)\" y=\"\(y)\" width=\"\(length)\" height=\"16\" fill=\"#12385c\"/>")
            parts.append("<text x=\"\(left + length + 6)\" y=\"\(y + 13)\">\(figure.value)\(share)</text>")
        }
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }
}

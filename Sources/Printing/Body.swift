import Report

/// The body of the report as a list of strips, before anybody knows where pages break.
struct Body {
    /// A strip of `Flow` with what it shows; inks are placed from the top of the strip.
    struct Strip {
        var height: Double
        var inks: [Ink]
        var gap = 0.0
        var keepsWithNext = false
        /// Index in `headings` of what a page that opens with this strip must repeat; nil for headings themselves.
        var heading: Int?
        /// Results want the column headings above them.
        var isTabular = false
    }

    private(set) var strips = [Strip]()
    /// `Hématologie – Hémogramme`, already set on one line; the page adds « (suite) ».
    private(set) var headings = [SetText]()
    private let setter: Typesetter
    private var heading: Int?

    init(_ report: PrintedReport, setter: Typesetter) {
        self.setter = setter
        for (n, chapter) in report.chapters.enumerated() { add(chapter, at: "chapters[\(n)]") }
        heading = nil
        addLegend(report)
        addTrends(report)
        if !report.pending.isEmpty {
            addTitle(PrintedReport.pendingTitle, .panel, gap: 9, at: "pending")
            add(setter.set(report.pending, .body, width: Sheet.textWidth, at: "pending"), x: Sheet.margin, gap: 2)
        }
        var title = ""
        for (n, remark) in report.comment.enumerated() {
            let own = remark.title.isEmpty ? "Commentaire du biologiste" : remark.title
            if own != title { addTitle(own, .panel, gap: 9, at: "comment[\(n)]") }
            title = own
            add(setter.set(remark.text, .body, width: Sheet.textWidth, at: "comment[\(n)]"), x: Sheet.margin, gap: 2)
        }
        if !report.attached.isEmpty {
            addTitle("Résultats de seconde intention", .panel, gap: 9, at: "attached")
            for (n, words) in report.attached.enumerated() {
                let text = "Compte rendu d'un autre laboratoire, joint au document électronique : " + words
                add(setter.set(text, .body, width: Sheet.textWidth, at: "attached[\(n)]"), x: Sheet.margin, gap: 2)
            }
        }
        addSignatures(report.signatures)
        addEnd(report.completeness)
    }

    static let continuationHeight = Face.smallBold.leading + 5

    // MARK: chapters

    private mutating func add(_ chapter: PrintedReport.Chapter, at place: String) {
        heading = nil
        addChapterTitle(chapter.title, at: place + ".title")
        for (n, panel) in chapter.panels.enumerated() {
            let path = "\(place).panels[\(n)]"
            let titles = [chapter.title, panel.title].filter { !$0.isEmpty }.joined(separator: " – ")
            headings.append(setter.setShort(titles, .smallBold, width: Sheet.textWidth - 40))
            let mine = headings.count - 1
            heading = nil
            if !panel.title.isEmpty { addTitle(panel.title, .panel, gap: n == 0 ? 2 : 7, at: path + ".title") }
            if !panel.specimen.isEmpty {
                let text = setter.set(panel.specimen, .note, width: Sheet.textWidth, at: path + ".specimen")
                add(text, x: Sheet.margin, .soft, holdsNext: true)
            }
            heading = mine
            for (m, line) in panel.lines.enumerated() { add(line, at: "\(path).lines[\(m)]") }
            for (m, comment) in panel.comment.enumerated() {
                addRemark(comment, indent: 0, at: "\(path).comment[\(m)]")
            }
            for (m, picture) in panel.pictures.enumerated() { add(picture, at: "\(path).pictures[\(m)]") }
        }
    }

    /// At most 130 mm wide and 65 mm high, 96 points an inch or finer, its caption below.
    private mutating func add(_ picture: PrintedReport.Picture, at place: String) {
        guard let read = setter.picture(picture.bytes, at: place) else { return }
        let scale = min(370 / Double(read.width), 184 / Double(read.height), 0.75)
        let width = Double(read.width) * scale, height = Double(read.height) * scale
        strips.append(
            Strip(
                height: height + 3, inks: [.picture(read, x: Sheet.margin + 8, y: 2, width: width, height: height)],
                gap: 3, keepsWithNext: !picture.caption.isEmpty, heading: heading))
        if picture.caption.isEmpty { return }
        add(setter.set(picture.caption, .note, width: Sheet.textWidth - 8, at: place), x: Sheet.margin + 8, .soft)
    }

    private mutating func addChapterTitle(_ title: String, at place: String) {
        guard !title.isEmpty else { return }
        let text = setter.setCommon(title, .chapter, width: Sheet.textWidth - 12, at: place)
        let height = Double(text.lineCount) * text.face.leading + 5
        var inks: [Ink] = [
            .box(x: Sheet.margin, y: 0, width: Sheet.textWidth, height: height, .wash),
            .rule(x: Sheet.margin, y: 0, width: 3, thickness: height, .accent),
            .bookmark(title, y: 0),
        ]
        for line in 0..<text.lineCount {
            let baseline = 2.5 + text.face.ascent + Double(line) * text.face.leading
            inks.append(.line(text, line, x: Sheet.margin + 9, baseline: baseline, .accent))
        }
        strips.append(Strip(height: height + 2, inks: inks, gap: 9, keepsWithNext: true))
    }

    private mutating func addTitle(_ title: String, _ face: Face, gap: Double, at place: String) {
        let text = setter.setCommon(title, face, width: Sheet.textWidth, at: place)
        add(text, x: Sheet.margin, .accent, gap: gap, holdsNext: true)
    }

    // MARK: one analysis

    private mutating func add(_ line: PrintedReport.Line, at place: String) {
        addRow(cells(of: line, at: place), isFirst: true)
        for (n, equivalent) in line.equivalents.enumerated() {
            let path = "\(place).equivalents[\(n)]"
            addRow(
                [
                    cell(equivalent.value, .cell, Column.value, .right, path + ".value"),
                    cell(equivalent.unit, .cell, Column.unit, .left, path + ".unit"),
                    cell(equivalent.interval, .cell, Column.interval, .left, path + ".interval"),
                ], isFirst: false)
        }
        let notes = [(line.method, ".method"), (line.subcontracted, ".subcontracted")]
        for (note, name) in notes where !note.isEmpty {
            hold()
            let text = setter.setCommon(note, .note, width: Sheet.textWidth - 8, at: place + name)
            add(text, x: Sheet.margin + 8, .soft)
        }
        for (n, comment) in line.comments.enumerated() {
            if n == 0 { hold() }
            addRemark(comment, indent: 8, at: "\(place).comments[\(n)]")
        }
        if !strips.isEmpty { strips[strips.count - 1].height += 1.3 }
    }

    private typealias Cell = (text: SetText, x: Double, width: Double, align: Align, tone: Tone)

    private func cell(
        _ text: String, _ face: Face, _ column: (x: Double, width: Double), _ align: Align, _ place: String,
        _ tone: Tone = .ink, common: Bool = false
    ) -> Cell {
        let set =
            common
            ? setter.setCommon(text, face, width: column.width, at: place)
            : setter.setValue(text, face, width: column.width, at: place)
        return (set, column.x, column.width, align, tone)
    }

    private func cells(of line: PrintedReport.Line, at place: String) -> [Cell] {
        var cells = [cell(line.name, .name, Column.name, .left, place + ".name", common: true)]
        let face = line.flag == .none ? Face.value : Face.strongValue
        if !line.notPerformed.isEmpty {
            cells.append(cell(line.notPerformed, .value, Column.wordy, .left, place + ".notPerformed"))
            return cells
        }
        let alone = setter.setValue(line.value, face, at: place + ".value")
        let fits = alone.lineCount == 1 && alone.widest <= Column.value.width
        let mark = Body.mark(line.flag)
        if fits {
            cells.append((alone, Column.value.x, Column.value.width, Body.isNumeric(line.value) ? .right : .left, .ink))
            if !mark.isEmpty { cells.append(cell(mark, .strongValue, Column.flag, .left, place, common: true)) }
        } else {
            // A wordy value runs as far as the columns after it are empty, its flag before it.
            let end = Body.endOfWordyValue(line)
            var x = Column.value.x
            if !mark.isEmpty {
                cells.append(cell(mark, .strongValue, (x, Column.flag.width), .left, place))
                x += Column.flag.width + 2
            }
            cells.append(cell(line.value, .value, (x, end - x), .left, place + ".value"))
        }
        if !line.unit.isEmpty {
            cells.append(cell(line.unit, .cell, Column.unit, .left, place + ".unit", common: true))
        }
        if !line.interval.isEmpty {
            cells.append(cell(line.interval, .cell, Column.interval, .left, place + ".interval", common: true))
        }
        if let previous = line.previous {
            let value = setter.shown(previous.value)
            let text = previous.date.isEmpty ? value : value + " (" + previous.date + ")"
            cells.append(cell(text, .cell, Column.previous, .left, place + ".previous", .soft))
        }
        return cells
    }

    private static func endOfWordyValue(_ line: PrintedReport.Line) -> Double {
        if !line.unit.isEmpty { return Column.unit.x - 4 }
        if !line.interval.isEmpty { return Column.interval.x - 4 }
        return line.previous == nil ? Column.wordy.x + Column.wordy.width : Column.previous.x - 6
    }

    /// One strip a line of text, so that a row of any height can be cut; short rows are kept whole.
    private mutating func addRow(_ cells: [Cell], isFirst: Bool) {
        let cells = cells.filter { $0.text.lineCount > 0 }
        let count = cells.map { $0.text.lineCount }.max() ?? 0
        let ascent = cells.map { $0.text.face.ascent }.max() ?? 0
        let leading = cells.map { $0.text.face.leading }.max() ?? 0
        if !isFirst { hold() }
        for n in 0..<count {
            var inks = [Ink]()
            let lead = isFirst && n == 0 ? 2.0 : 0
            if isFirst && n == 0 {
                inks.append(.rule(x: Sheet.margin, y: 0, width: Sheet.textWidth, thickness: 0.4, .hairline))
            }
            for cell in cells where n < cell.text.lineCount {
                let free = cell.width - cell.text.width(ofLine: n)
                let x = cell.x + (cell.align == .right ? free : cell.align == .centre ? free / 2 : 0)
                inks.append(.line(cell.text, n, x: x, baseline: lead + ascent, cell.tone))
            }
            let keeps = n < count - 1 && Body.isHeld(n, of: count)
            strips.append(
                Strip(height: lead + leading, inks: inks, keepsWithNext: keeps, heading: heading, isTabular: true))
        }
    }

    /// Eight lines or fewer stay together; of a longer text the first two and the last two do.
    private static func isHeld(_ line: Int, of count: Int) -> Bool {
        count <= 8 || line == 0 || line == count - 2
    }

    // MARK: texts

    private mutating func addRemark(_ comment: String, indent: Double, at place: String) {
        let x = Sheet.margin + indent
        let text = setter.set(comment, .remark, width: Sheet.textWidth - indent - 8, at: place)
        let first = strips.count
        add(text, x: x + 7, gap: 1.5)
        for n in first..<strips.count {
            strips[n].inks.append(.rule(x: x, y: 0, width: 1.4, thickness: strips[n].height, .hairline))
        }
    }

    private mutating func add(
        _ text: SetText, x: Double, _ tone: Tone = .ink, gap: Double = 0, holdsNext: Bool = false
    ) {
        for n in 0..<text.lineCount {
            strips.append(
                Strip(
                    height: text.face.leading, inks: [.line(text, n, x: x, baseline: text.face.ascent, tone)],
                    gap: n == 0 ? gap : 0,
                    keepsWithNext: holdsNext || (n < text.lineCount - 1 && Body.isHeld(n, of: text.lineCount)),
                    heading: heading))
        }
    }

    /// Ties the last strip to the one that comes.
    private mutating func hold() {
        if !strips.isEmpty { strips[strips.count - 1].keepsWithNext = true }
    }

    // MARK: end of the report

    private mutating func addLegend(_ report: PrintedReport) {
        var flags = Set<PrintedReport.Flag>()
        for chapter in report.chapters {
            for panel in chapter.panels { flags.formUnion(panel.lines.map(\.flag)) }
        }
        let meanings = PrintedReport.Flag.allCases.filter { flags.contains($0) }.compactMap { Body.meaning($0) }
        guard !meanings.isEmpty else { return }
        let words = "Signes\u{00A0}: " + meanings.joined(separator: "\u{202F}; ") + "."
        add(setter.setCommon(words, .note, width: Sheet.textWidth), x: Sheet.margin, .soft, gap: 8)
    }

    private mutating func addTrends(_ report: PrintedReport) {
        let curves = TrendCurves(report, setter: setter)
        guard !curves.isEmpty else { return }
        addTitle("Évolution des résultats", .panel, gap: 9, at: "trend")
        let breaks =
            " Trait vertical\u{00A0}: changement de méthode\u{202F}; "
            + "les résultats de part et d’autre ne se comparent pas."
        let words =
            "Fond gris\u{00A0}: intervalle de référence d’aujourd’hui. Valeur du jour à droite."
            + (curves.hasBreaks ? breaks : "")
        add(setter.setCommon(words, .note, width: Sheet.textWidth), x: Sheet.margin, .soft, holdsNext: true)
        for row in curves.rows() { strips.append(Strip(height: row.height, inks: row.inks, gap: 4)) }
    }

    /// The signature never stands on a page without something that it signs.
    private mutating func addSignatures(_ signatures: [PrintedReport.Signature]) {
        for (n, signature) in signatures.enumerated() {
            hold()
            let place = "signatures[\(n)]"
            let width = Sheet.textWidth * 0.46
            var stack = Stack(x: Sheet.margin + Sheet.textWidth - width, width: width)
            var inside = Stack(x: stack.x + 8, width: width - 16)
            inside.add(setter.setCommon("Validé biologiquement par", .small, width: inside.width), .soft)
            inside.add(setter.set(signature.name, .bodyBold, width: inside.width, at: place + ".name"))
            if !signature.role.isEmpty {
                inside.add(setter.set(signature.role, .body, width: inside.width, at: place + ".role"))
            }
            inside.add(setter.set("le " + signature.signedAt, .body, width: inside.width, at: place + ".signedAt"))
            stack.space(4)
            stack.place([inside])
            stack.space(5)
            stack.frame(from: 0, at: 0)
            strips.append(Strip(height: stack.height, inks: stack.inks, gap: n == 0 ? 9 : 5))
        }
    }

    private mutating func addEnd(_ completeness: PrintedReport.Completeness) {
        hold()
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        let words = completeness == .partial ? "Fin du compte rendu partiel" : "Fin du compte rendu"
        stack.add(setter.setCommon(words, .note), .soft, align: .centre)
        strips.append(Strip(height: stack.height, inks: stack.inks, gap: 5))
    }

    // MARK: wording

    /// Letter and arrow: the flag is read without colour and without the bold.
    static func mark(_ flag: PrintedReport.Flag) -> String {
        switch flag {
        case .none: ""
        case .high: "H\u{202F}↑"
        case .low: "B\u{202F}↓"
        case .criticalHigh: "HH\u{202F}↑"
        case .criticalLow: "BB\u{202F}↓"
        case .abnormal: "A"
        }
    }

    private static func meaning(_ flag: PrintedReport.Flag) -> String? {
        switch flag {
        case .none: nil
        case .high: "H\u{202F}↑ au-dessus de l’intervalle"
        case .low: "B\u{202F}↓ au-dessous de l’intervalle"
        case .criticalHigh: "HH\u{202F}↑ valeur critique haute"
        case .criticalLow: "BB\u{202F}↓ valeur critique basse"
        case .abnormal: "A résultat anormal"
        }
    }

    /// Numbers stand right-aligned under each other, words left-aligned.
    private static func isNumeric(_ value: String) -> Bool {
        guard let first = value.first else { return false }
        return first.isNumber || "<>≤≥+-−".contains(first)
    }
}

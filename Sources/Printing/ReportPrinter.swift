package import Base
package import Report

/// The report on paper: a PDF/A-1b of A4 pages whose text can be selected and searched.
///
/// Same report, same fonts, same bytes: the creation date is the report's own edition instant, and nothing else varies.
package enum ReportPrinter {
    /// Renders one report.
    ///
    /// Refusals, none with a word of the report in it: `printing.empty` (an obligatory part is missing),
    /// `printing.control`, `printing.glyph` (a text cannot be printed as written), `printing.header`, `printing.logo`,
    /// `printing.length` (unreasonable), `printing.font`, `printing.pango` (the machine).
    package static func pdf(_ report: PrintedReport) throws(Refusal) -> [UInt8] {
        try requireContent(report)
        return try Press.use { setter throws(Refusal) in try render(report, with: setter) }
    }

    /// Why a text cannot be printed as it is written (`printing.control`, `printing.glyph`, `printing.font`); nil
    /// when it can, and when this machine cannot print at all, which is no fault of the text.
    package static func defect(in text: String) -> Refusal? {
        if Typesetter.isPlain(text) { return nil }
        do throws(Refusal) { return try Press.defect(in: text) } catch { return nil }
    }

    private static func requireContent(_ report: PrintedReport) throws(Refusal) {
        let obligatory = [
            ("issuer.name", report.issuer.name), ("patient.birthName", report.patient.birthName),
            ("patient.birthDate", report.patient.birthDate), ("requestNumber", report.requestNumber),
            ("dates.edited", report.dates.edited),
        ]
        for (place, text) in obligatory where text.allSatisfy(\.isWhitespace) {
            throw Refusal(
                "printing.empty", at: place, because: "ce champ obligatoire du compte rendu est vide",
                remedy: "compléter le dossier avant l'édition")
        }
        let lineCount = report.chapters.reduce(0) { $0 + $1.panels.reduce(0) { $0 + $1.lines.count } }
        guard lineCount > 0 else {
            throw Refusal(
                "printing.empty", at: "chapters", because: "le compte rendu n'a aucun examen",
                remedy: "n'éditer qu'un dossier qui a au moins un examen, même non réalisé")
        }
    }

    private static func render(_ report: PrintedReport, with setter: Typesetter) throws(Refusal) -> [UInt8] {
        let document = try Document(report, setter: setter)
        let paper = Paper(setter.deflater)
        paper.description = FileDescription(
            title: "Compte rendu d'examens de biologie médicale – dossier \(report.requestNumber)",
            author: report.issuer.name, subject: PageFrame.fullName(report.patient), made: report.dates.editedAt)
        for page in 0..<document.pages.count {
            document.draw(page: page, on: paper)
            paper.endPage()
        }
        return paper.finish()
    }

}

/// A report set and cut into pages: first pass everything but the page count, second pass the inks.
struct Document {
    let pages: [Range<Int>]
    private let body: Body
    private let frame: PageFrame
    private let firstHeader: Stack
    private let nextHeader: Stack
    private let footerTop: Double
    private let columns: Stack

    init(_ report: PrintedReport, setter: Typesetter) throws(Refusal) {
        let logo: Picture? = report.issuer.logo.isEmpty ? nil : try setter.logo(report.issuer.logo)
        frame = PageFrame(report: report, setter: setter, logo: logo)
        body = Body(report, setter: setter)
        firstHeader = frame.firstHeader()
        nextHeader = frame.nextHeader()
        columns = Document.columnHeadings(setter)
        footerTop = Sheet.height - Sheet.bottom - frame.footer(page: 888, of: 888).height
        if let defect = setter.defect { throw defect }
        let room = footerTop - 8 - Sheet.top - columns.height
        let first = room - firstHeader.height, next = room - nextHeader.height
        guard min(first, next) >= Sheet.smallestBody else {
            throw Refusal(
                "printing.header", at: "issuer, patient",
                because: "l'en-tête et le pied ne laissent pas de place aux résultats",
                remedy: "raccourcir l'adresse, la liste des biologistes, les destinataires ou les mentions légales")
        }
        pages = Flow.pages(
            body.strips.map {
                Flow.Strip(
                    height: $0.height, gap: $0.gap, keepsWithNext: $0.keepsWithNext,
                    continuation: $0.heading == nil ? 0 : Body.continuationHeight)
            }, first: first, next: next)
        guard pages.count <= Sheet.maximumPages else {
            throw Refusal(
                "printing.length", because: "le compte rendu compte plus de \(Sheet.maximumPages) pages",
                remedy: "vérifier le dossier, ou l'éditer en plusieurs comptes rendus")
        }
    }

    /// Everything on one page, in reading order.
    func draw(page: Int, on paper: Paper) {
        let header = page == 0 ? firstHeader : nextHeader
        paper.draw(header.inks, down: Sheet.top)
        var y = Sheet.top + header.height
        let range = pages[page]
        if body.strips[range].contains(where: \.isTabular) {
            paper.draw(columns.inks, down: y)
            y += columns.height
        }
        // A first strip of a group opens its chapter on the first page: nothing to repeat there.
        if page > 0, let heading = body.strips[range].first?.heading {
            var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
            stack.space(3)
            let words = body.headings[heading]
            let end = frame.setter.setCommon(" (suite)", .smallBold)
            let baseline = stack.height + words.face.ascent
            let x = Sheet.margin + words.width(ofLine: 0)
            stack.inks.append(.line(words, 0, x: Sheet.margin, baseline: baseline, .accent))
            stack.inks.append(.line(end, 0, x: x, baseline: baseline, .accent))
            paper.draw(stack.inks, down: y)
            y += Body.continuationHeight
        }
        for index in range {
            if index != range.lowerBound { y += body.strips[index].gap }
            paper.draw(body.strips[index].inks, down: y)
            y += body.strips[index].height
        }
        paper.draw(frame.footer(page: page + 1, of: pages.count).inks, down: footerTop)
    }

    private static func columnHeadings(_ setter: Typesetter) -> Stack {
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        let headings: [(String, (x: Double, width: Double), Align)] = [
            ("Analyse", Column.name, .left), ("Résultat", Column.value, .right), ("Unité", Column.unit, .left),
            ("Intervalle de référence", (Column.interval.x, Column.interval.width + 4), .left),
            ("Antériorité (date)", Column.previous, .left),
        ]
        stack.place(
            headings.map { words, column, align in
                var cell = Stack(x: column.x, width: column.width)
                cell.add(setter.setCommon(words, .columnHeading), .soft, align: align)
                return cell
            })
        stack.space(2)
        stack.rule(0.7, .accent)
        stack.space(3)
        return stack
    }
}

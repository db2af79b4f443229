import Base

/// What stands on a page. Places are points from the top left corner.
enum Ink {
    case line(SetText, Int, x: Double, baseline: Double, Tone)
    case rule(x: Double, y: Double, width: Double, thickness: Double, Tone)
    case box(x: Double, y: Double, width: Double, height: Double, Tone)
    case frame(x: Double, y: Double, width: Double, height: Double, Tone)
    /// A line through points, or the area they enclose.
    case path([(x: Double, y: Double)], width: Double, isFilled: Bool, Tone)
    case picture(Picture, x: Double, y: Double, width: Double, height: Double)
    /// An entry of the document's outline, at this height.
    case bookmark(String, y: Double)

    func moved(down dy: Double) -> Ink {
        switch self {
        case .line(let text, let n, let x, let baseline, let tone):
            .line(text, n, x: x, baseline: baseline + dy, tone)
        case .rule(let x, let y, let width, let thickness, let tone):
            .rule(x: x, y: y + dy, width: width, thickness: thickness, tone)
        case .box(let x, let y, let width, let height, let tone):
            .box(x: x, y: y + dy, width: width, height: height, tone)
        case .frame(let x, let y, let width, let height, let tone):
            .frame(x: x, y: y + dy, width: width, height: height, tone)
        case .path(let points, let width, let isFilled, let tone):
            .path(points.map { ($0.x, $0.y + dy) }, width: width, isFilled: isFilled, tone)
        case .picture(let logo, let x, let y, let width, let height):
            .picture(logo, x: x, y: y + dy, width: width, height: height)
        case .bookmark(let title, let y): .bookmark(title, y: y + dy)
        }
    }
}

/// A PDF/A-1b document in memory (ISO 19005-1, level B).
final class Paper {
    /// What the file says of itself; nothing in it depends on the clock.
    var description = FileDescription()
    private let deflater: Deflater
    private var file = PDFFile(capacity: 160 * 1024)
    private var page = PageContent()
    private let root, tree, resources: PDFFile.Object
    private var pages: [PDFFile.Object] = []
    private var fonts: [DocumentFont] = []
    private var pictures: [(picture: Picture, object: PDFFile.Object)] = []
    private var outline: [(title: String, page: PDFFile.Object, y: Double)] = []
    /// The page whose content is being written.
    private var current: PDFFile.Object?

    private struct DocumentFont {
        let program: FontProgram
        let object: PDFFile.Object
        var others: Set<UInt16> = []
    }

    init(_ deflater: Deflater) {
        self.deflater = deflater
        root = file.promise()
        tree = file.promise()
        resources = file.promise()
    }

    /// `down`: how far below their own places.
    func draw(_ inks: [Ink], down: Double = 0) {
        for ink in inks { draw(ink, down) }
    }

    private func draw(_ ink: Ink, _ down: Double) {
        switch ink {
        case .line(let text, let number, let x, let baseline, let tone):
            guard text.lines.indices.contains(number) else { return }
            for run in text.lines[number].runs {
                let font = font(run)
                page.show(run, font: font, size: run.size, x: x + run.x, y: baseline + down, tone)
            }
        case .rule(let x, let y, let width, let height, let tone), .box(let x, let y, let width, let height, let tone):
            page.fill(x: x, y: y + down, width: width, height: height, tone)
        case .frame(let x, let y, let width, let height, let tone):
            page.frame(x: x, y: y + down, width: width, height: height, line: 0.7, tone)
        case .path(let points, let width, let isFilled, let tone):
            page.path(points, down: down, width: isFilled ? nil : width, tone)
        case .picture(let picture, let x, let y, let width, let height):
            page.show(picture: index(of: picture), x: x, y: y + down, width: width, height: height)
        case .bookmark(let title, let y): outline.append((title, openPage(), y + down))
        }
    }

    private func font(_ run: GlyphRun) -> Int {
        let index: Int
        if let known = fonts.firstIndex(where: { $0.program === run.program }) {
            index = known
        } else {
            index = fonts.count
            fonts.append(DocumentFont(program: run.program, object: file.promise()))
        }
        if !run.others.isEmpty { fonts[index].others.formUnion(run.others) }
        return index
    }

    private func index(of picture: Picture) -> Int {
        if let known = pictures.firstIndex(where: { $0.picture === picture }) { return known }
        let object = file.stream(
            "/Type /XObject /Subtype /Image /BitsPerComponent 8", picture.stream,
            more: " /Width \(picture.width) /Height \(picture.height) \(picture.entries)")
        pictures.append((picture, object))
        return pictures.count - 1
    }

    private func openPage() -> PDFFile.Object {
        let opened = current ?? file.promise()
        current = opened
        return opened
    }

    func endPage() {
        let ended = openPage()
        let content = file.stream("/Filter /FlateDecode", deflater.deflated(page.finished()))
        file.write(ended) { bytes in
            bytes.add("<< /Type /Page /Parent ")
            bytes.add(reference: tree)
            bytes.add(" /MediaBox [ 0 0 595.276 841.89 ] /Resources ")
            bytes.add(reference: resources)
            bytes.add(" /Contents ")
            bytes.add(reference: content)
            bytes.add(" >>")
        }
        pages.append(ended)
        page.begin()
        current = nil
    }

    // MARK: the end of the file

    func finish() -> [UInt8] {
        for font in fonts { font.program.parts(with: font.others).write(font.object, to: &file) }
        file.write(resources) { bytes in
            bytes.add("<< /Font <<")
            for (n, font) in fonts.enumerated() {
                bytes.add(" /F")
                bytes.add(n)
                bytes.add(" ")
                bytes.add(reference: font.object)
            }
            bytes.add(" >>")
            if !pictures.isEmpty { bytes.add(" /XObject <<") }
            for (n, picture) in pictures.enumerated() {
                bytes.add(" /X")
                bytes.add(n)
                bytes.add(" ")
                bytes.add(reference: picture.object)
            }
            bytes.add(pictures.isEmpty ? " >>" : " >> >>")
        }
        file.write(tree) { bytes in
            bytes.add("<< /Type /Pages /Count ")
            bytes.add(pages.count)
            bytes.add(" /Kids [")
            for page in pages {
                bytes.add(" ")
                bytes.add(reference: page)
            }
            bytes.add(" ] >>")
        }
        writeRoot()
        let information = file.write { bytes in
            bytes.add("<<")
            for (key, text) in Metadata.entries(description) {
                bytes.add(" ")
                bytes.add(text: key)
                bytes.add(" ")
                bytes.add(textString: text)
            }
            bytes.add(" >>")
        }
        return file.finished(root: root, information: information)
    }

    private func writeRoot() {
        // Not deflated, so that it is found without reading PDF (ISO 19005-1 section 6.7.2).
        let metadata = file.stream("/Type /Metadata /Subtype /XML", Metadata.packet(description))
        let profile = file.stream("/N 3 /Filter /FlateDecode", OutputProfile.deflated)
        let outlines = writeOutline()
        file.write(root) { bytes in
            bytes.add("<< /Type /Catalog /Pages ")
            bytes.add(reference: tree)
            bytes.add(" /Lang (fr-FR) /ViewerPreferences << /DisplayDocTitle true >> /Metadata ")
            bytes.add(reference: metadata)
            if let outlines {
                bytes.add(" /PageMode /UseOutlines /Outlines ")
                bytes.add(reference: outlines)
            }
            bytes.add("\n/OutputIntents [ << /Type /OutputIntent /S /GTS_PDFA1 ")
            bytes.add("/OutputConditionIdentifier (sRGB IEC61966-2.1) /RegistryName (http://www.color.org) ")
            bytes.add("/Info (sRGB IEC61966-2.1) /DestOutputProfile ")
            bytes.add(reference: profile)
            bytes.add(" >> ] >>")
        }
    }

    /// One level of entries (PDF Reference 1.4, section 8.2.2); nil without any.
    private func writeOutline() -> PDFFile.Object? {
        guard !outline.isEmpty else { return nil }
        let top = file.promise()
        let entries = outline.map { _ in file.promise() }
        for (n, entry) in outline.enumerated() {
            file.write(entries[n]) { bytes in
                bytes.add("<< /Title ")
                bytes.add(textString: entry.title)
                bytes.add(" /Parent ")
                bytes.add(reference: top)
                if n > 0 {
                    bytes.add(" /Prev ")
                    bytes.add(reference: entries[n - 1])
                }
                if n + 1 < entries.count {
                    bytes.add(" /Next ")
                    bytes.add(reference: entries[n + 1])
                }
                bytes.add(" /Dest [ ")
                bytes.add(reference: entry.page)
                bytes.add(" /XYZ ")
                bytes.add(Sheet.margin)
                bytes.add(" ")
                bytes.add(Sheet.height - entry.y)
                bytes.add(" 0 ] >>")
            }
        }
        file.write(top) { bytes in
            bytes.add("<< /Type /Outlines /Count ")
            bytes.add(entries.count)
            bytes.add(" /First ")
            bytes.add(reference: entries[0])
            bytes.add(" /Last ")
            bytes.add(reference: entries[entries.count - 1])
            bytes.add(" >>")
        }
        return top
    }
}

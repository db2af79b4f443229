import Base
import CPango

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

/// Bytes that cairo hands over while it writes.
private final class Sink { var bytes = [UInt8]() }

/// A PDF/A-1b document in memory.
final class Paper {
    private let sink = Sink()
    private let surface: OpaquePointer?
    private let cairo: OpaquePointer?
    private var page = 1

    init() {
        let write: cairo_write_func_t = { closure, data, length in
            guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
            let sink = Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue()
            sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
            return CAIRO_STATUS_SUCCESS
        }
        let closure = Unmanaged.passUnretained(sink).toOpaque()
        surface = cairo_pdf_surface_create_for_stream(write, closure, Sheet.width, Sheet.height)
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4)
        cairo = cairo_create(surface)
    }

    deinit {
        cairo_destroy(cairo)
        // Without this, a surface destroyed after a refusal would still write into the sink.
        cairo_surface_finish(surface)
        cairo_surface_destroy(surface)
    }

    /// What the file says of itself; nothing in it depends on the clock.
    var description = FileDescription()

    /// `down`: how far below their own places.
    func draw(_ inks: [Ink], down: Double = 0) {
        for ink in inks {
            if case .line(let text, let number, let x, let baseline, let tone) = ink,
                let runs = text.glyphs(ofLine: number)
            {
                for run in runs { gather(run, x: x, baseline: baseline + down, tone) }
            } else {
                show()
                draw(down == 0 ? ink : ink.moved(down: down))
            }
        }
    }

    /// Text of one font and tone not yet given to cairo: every call costs it as much as some tens of glyphs.
    private var gathered: (run: GlyphRun, tone: Tone)?

    private func gather(_ run: GlyphRun, x: Double, baseline: Double, _ tone: Tone) {
        if let before = gathered, before.run.font != run.font || before.tone != tone { show() }
        let first = gathered?.run.glyphs.count ?? 0
        if gathered == nil {
            gathered = (run, tone)
        } else {
            gathered?.run.glyphs += run.glyphs
            gathered?.run.clusters += run.clusters
            gathered?.run.text += run.text
        }
        for n in first..<(first + run.glyphs.count) {
            gathered?.run.glyphs[n].x += x
            gathered?.run.glyphs[n].y += baseline
        }
    }

    private func show() {
        guard let (run, tone) = gathered else { return }
        gathered = nil
        use(tone)
        cairo_set_scaled_font(cairo, run.font)
        cairo_show_text_glyphs(
            cairo, run.text, Int32(run.text.count), run.glyphs, Int32(run.glyphs.count), run.clusters,
            Int32(run.clusters.count), cairo_text_cluster_flags_t(rawValue: 0))
    }

    private func draw(_ ink: Ink) {
        switch ink {
        case .line(let text, let number, let x, let baseline, let tone):
            use(tone)
            cairo_move_to(cairo, x, baseline)
            if let line = pango_layout_get_line_readonly(text.layout, Int32(number)) {
                pango_cairo_show_layout_line(cairo, line)
            }
        case .rule(let x, let y, let width, let thickness, let tone):
            use(tone)
            cairo_rectangle(cairo, x, y, width, thickness)
            cairo_fill(cairo)
        case .box(let x, let y, let width, let height, let tone):
            use(tone)
            cairo_rectangle(cairo, x, y, width, height)
            cairo_fill(cairo)
        case .frame(let x, let y, let width, let height, let tone):
            use(tone)
            cairo_set_line_width(cairo, 0.7)
            cairo_rectangle(cairo, x, y, width, height)
            cairo_stroke(cairo)
        case .path(let points, let width, let isFilled, let tone):
            use(tone)
            for (index, point) in points.enumerated() {
                if index == 0 { cairo_move_to(cairo, point.x, point.y) } else { cairo_line_to(cairo, point.x, point.y) }
            }
            if isFilled {
                cairo_close_path(cairo)
                cairo_fill(cairo)
            } else {
                cairo_set_line_width(cairo, width)
                cairo_stroke(cairo)
            }
        case .picture(let logo, let x, let y, let width, let height):
            cairo_save(cairo)
            cairo_translate(cairo, x, y)
            cairo_scale(cairo, width / Double(logo.width), height / Double(logo.height))
            cairo_set_source_surface(cairo, logo.surface, 0, 0)
            // Any other filter writes /Interpolate true, which PDF/A-1 forbids.
            cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST)
            cairo_paint(cairo)
            cairo_restore(cairo)
        case .bookmark(let title, let y):
            cairo_pdf_surface_add_outline(
                surface, CAIRO_PDF_OUTLINE_ROOT, title, "page=\(page) pos=[\(Int(Sheet.margin)) \(Int(y))]",
                CAIRO_PDF_OUTLINE_FLAG_OPEN)
        }
    }

    private func use(_ tone: Tone) {
        let (red, green, blue) = tone.rgb
        cairo_set_source_rgb(cairo, red, green, blue)
    }

    func endPage() {
        show()
        cairo_show_page(cairo)
        page += 1
    }

    func finish() throws(Refusal) -> [UInt8] {
        cairo_surface_finish(surface)
        var status = cairo_status(cairo)
        if status == CAIRO_STATUS_SUCCESS { status = cairo_surface_status(surface) }
        guard status == CAIRO_STATUS_SUCCESS else {
            throw Refusal(
                "printing.cairo",
                because: "Cairo n'a pas pu écrire le PDF : \(String(cString: cairo_status_to_string(status)))",
                remedy: "vérifier la mémoire disponible, puis éditer à nouveau")
        }
        return try Archive.pdfA1b(sink.bytes, description)
    }
}

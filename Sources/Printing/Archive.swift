import Base
import CQPDF

/// What a document says of itself, in its information dictionary and in its XMP packet alike.
struct FileDescription {
    var title = ""
    var author = ""
    var subject = ""
    /// Made by the report, not by the clock: the same report has the same bytes.
    var made = Instant(milliseconds: 0)
}

/// Cairo's pages as PDF/A-1b (ISO 19005-1, level B): what cairo leaves out is added with qpdf, in memory.
///
/// Added: file identifier (6.1.3), output intent (6.2.2), CIDToGIDMap (6.3.3.2) and CIDSet (6.3.5) of composite fonts,
/// XMP metadata (6.7). Removed: transparency groups (6.4), which cairo writes though nothing here is transparent.
struct Archive: ~Copyable {
    private var file: qpdf_data?
    private var fonts = Set<Int32>()

    static func pdfA1b(_ pages: [UInt8], _ description: FileDescription) throws(Refusal) -> [UInt8] {
        var archive = Archive()
        try archive.read(pages)
        try archive.complete(description)
        return try archive.written()
    }

    private init() {
        file = qpdf_init()
        qpdf_silence_errors(file)
        qpdf_set_suppress_warnings(file, 1)
    }
    deinit {
        var file = file
        qpdf_cleanup(&file)
    }

    private func read(_ bytes: [UInt8]) throws(Refusal) {
        let code = bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: CChar.self) {
                qpdf_read_memory(file, "report", $0.baseAddress, UInt64($0.count), nil)
            }
        }
        try check(code)
    }

    private func check(_ code: QPDF_ERROR_CODE) throws(Refusal) {
        // Bit 0 warning, bit 1 error (qpdf-c.h); what cairo wrote deserves no warning either.
        guard code == 0, qpdf_has_error(file) == 0, qpdf_more_warnings(file) == 0 else {
            throw Refusal(
                "printing.qpdf", because: "la mise en forme PDF/A a échoué (qpdf, code \(code))",
                remedy: "vérifier la mémoire disponible et les versions de cairo et de qpdf")
        }
    }

    // MARK: what is completed

    private mutating func complete(_ description: FileDescription) throws(Refusal) {
        let root = qpdf_get_root(file)
        let count = qpdf_get_num_pages(file)
        for page in 0..<max(count, 0) { try complete(page: qpdf_get_page_n(file, Int(page))) }
        qpdf_oh_replace_key(file, root, "/Lang", qpdf_oh_new_string(file, "fr-FR"))
        set(root, "/ViewerPreferences", "<< /DisplayDocTitle true >>")
        addOutputIntent(to: root)
        let xmp = Metadata.packet(description)
        qpdf_oh_replace_key(file, root, "/Metadata", stream(xmp, "<< /Type /Metadata /Subtype /XML >>"))
        let trailer = qpdf_get_trailer(file)
        let information = qpdf_oh_new_dictionary(file)
        for (key, text) in Metadata.entries(description) {
            qpdf_oh_replace_key(file, information, key, qpdf_oh_new_unicode_string(file, text))
        }
        qpdf_oh_replace_key(file, trailer, "/Info", qpdf_make_indirect_object(file, information))
    }

    private mutating func complete(page: qpdf_oh) throws(Refusal) {
        qpdf_oh_remove_key(file, page, "/Group")
        let resources = qpdf_oh_get_key(file, page, "/Resources")
        let fonts = qpdf_oh_get_key_if_dict(file, resources, "/Font")
        guard qpdf_oh_is_dictionary(file, fonts) != 0 else { return }
        var names = [String]()
        qpdf_oh_begin_dict_key_iter(file, fonts)
        while qpdf_oh_dict_more_keys(file) != 0 {
            if let name = qpdf_oh_dict_next_key(file) { names.append(String(cString: name)) }
        }
        for name in names {
            let font = qpdf_oh_get_key(file, fonts, name)
            guard self.fonts.insert(qpdf_oh_get_object_id(file, font)).inserted else { continue }
            let isComposite = qpdf_oh_is_name_and_equals(file, qpdf_oh_get_key(file, font, "/Subtype"), "/Type0") != 0
            if isComposite { try complete(font: font) }
        }
    }

    private func complete(font: qpdf_oh) throws(Refusal) {
        let descendant = qpdf_oh_get_array_item(file, qpdf_oh_get_key(file, font, "/DescendantFonts"), 0)
        set(descendant, "/CIDToGIDMap", "/Identity")
        let descriptor = qpdf_oh_get_key(file, descendant, "/FontDescriptor")
        let program = qpdf_oh_get_key(file, descriptor, "/FontFile2")
        var buffer: UnsafeMutablePointer<UInt8>?
        var length = 0
        try check(qpdf_oh_get_stream_data(file, program, qpdf_dl_generalized, nil, &buffer, &length))
        defer { free(buffer) }
        guard let count = TrueTypeProgram.glyphCount(UnsafeBufferPointer(start: buffer, count: length)) else {
            throw Refusal(
                "printing.font", because: "une police incorporée n'a pas de table maxp",
                remedy: "installer fonts-dejavu-core")
        }
        // A bit a glyph, the most significant first: the subset has every glyph from 0 on.
        var set = [UInt8](repeating: 0xFF, count: (count + 7) / 8)
        if count % 8 != 0 { set[set.count - 1] = UInt8(truncatingIfNeeded: 0xFF00 >> (count % 8)) }
        qpdf_oh_replace_key(file, descriptor, "/CIDSet", stream(set, "<< >>"))
    }

    private func addOutputIntent(to root: qpdf_oh) {
        let intent = qpdf_oh_parse(
            file,
            """
            << /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2.1)
            /RegistryName (http://www.color.org) /Info (sRGB IEC61966-2.1) >>
            """)
        qpdf_oh_replace_key(file, intent, "/DestOutputProfile", stream(OutputProfile.bytes, "<< /N 3 >>"))
        let intents = qpdf_oh_new_array(file)
        qpdf_oh_append_item(file, intents, intent)
        qpdf_oh_replace_key(file, root, "/OutputIntents", intents)
    }

    private func set(_ dictionary: qpdf_oh, _ key: String, _ value: String) {
        qpdf_oh_replace_key(file, dictionary, key, qpdf_oh_parse(file, value))
    }

    private func stream(_ bytes: [UInt8], _ dictionary: String) -> qpdf_oh {
        let stream = qpdf_oh_new_stream(file)
        let none = qpdf_oh_new_null(file)
        bytes.withUnsafeBufferPointer {
            qpdf_oh_replace_stream_data(file, stream, $0.baseAddress, $0.count, none, none)
        }
        let wanted = qpdf_oh_parse(file, dictionary), own = qpdf_oh_get_dict(file, stream)
        for key in ["/Type", "/Subtype", "/N"] where qpdf_oh_has_key(file, wanted, key) != 0 {
            qpdf_oh_replace_key(file, own, key, qpdf_oh_get_key(file, wanted, key))
        }
        return stream
    }

    // MARK: the file

    private func written() throws(Refusal) -> [UInt8] {
        try check(qpdf_init_write_memory(file))
        qpdf_set_object_stream_mode(file, qpdf_o_disable)
        qpdf_set_stream_data_mode(file, qpdf_s_preserve)
        qpdf_set_newline_before_endstream(file, 1)
        qpdf_set_deterministic_ID(file, 1)
        qpdf_force_pdf_version(file, "1.4")
        try check(qpdf_write(file))
        return Array(UnsafeBufferPointer(start: qpdf_get_buffer(file), count: qpdf_get_buffer_length(file)))
    }
}

enum TrueTypeProgram {
    /// `numGlyphs` of the maxp table (ISO/IEC 14496-22 section 5.2.6).
    static func glyphCount(_ font: UnsafeBufferPointer<UInt8>) -> Int? {
        func number(_ at: Int, _ size: Int) -> Int? {
            guard at >= 0, at + size <= font.count else { return nil }
            return font[at..<at + size].reduce(0) { $0 << 8 | Int($1) }
        }
        guard let tables = number(4, 2) else { return nil }
        for table in 0..<tables where number(12 + 16 * table, 4) == 0x6D61_7870 {
            return number(12 + 16 * table + 8, 4).flatMap { number($0 + 4, 2) }
        }
        return nil
    }
}

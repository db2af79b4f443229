import Base

/// What a document says of itself, in its information dictionary and in its XMP packet alike.
struct FileDescription {
    var title = ""
    var author = ""
    var subject = ""
    /// Made by the report, not by the clock: the same report has the same bytes.
    var made = Instant(milliseconds: 0)
}

/// What the file says of itself, twice: readers use either, and ISO 19005-1 section 6.7.3 wants them to agree.
enum Metadata {
    private static let creator = "Paillasse"
    private static let producer = "Paillasse (Pango)"

    /// Entries of the information dictionary (PDF 1.4 section 9.2.1).
    static func entries(_ description: FileDescription) -> [(key: String, text: String)] {
        let date = "D:" + description.made.iso8601(in: .utc).filter { $0.isNumber } + "Z"
        return [
            ("/Title", description.title), ("/Author", description.author), ("/Subject", description.subject),
            ("/Creator", creator), ("/Producer", producer), ("/CreationDate", date), ("/ModDate", date),
        ].filter { !$0.1.isEmpty }
    }

    /// The XMP packet, whose `pdfaid` part says PDF/A-1, level B.
    static func packet(_ description: FileDescription) -> [UInt8] {
        let date = description.made.iso8601(in: .utc)
        func alternative(_ name: String, _ text: String) -> String {
            if text.isEmpty { return "" }
            let words = XMLText.escaped(text)
            return "<\(name)><rdf:Alt><rdf:li xml:lang=\"x-default\">\(words)</rdf:li></rdf:Alt></\(name)>\n"
        }
        let author =
            description.author.isEmpty
            ? ""
            : "<dc:creator><rdf:Seq><rdf:li>\(XMLText.escaped(description.author))</rdf:li></rdf:Seq></dc:creator>\n"
        let text = """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/">
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
            <pdfaid:part>1</pdfaid:part>
            <pdfaid:conformance>B</pdfaid:conformance>
            </rdf:Description>
            <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
            <dc:format>application/pdf</dc:format>
            \(alternative("dc:title", description.title))\(author)\
            \(alternative("dc:description", description.subject))</rdf:Description>
            <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
            <xmp:CreatorTool>\(creator)</xmp:CreatorTool>
            <xmp:CreateDate>\(date)</xmp:CreateDate>
            <xmp:ModifyDate>\(date)</xmp:ModifyDate>
            </rdf:Description>
            <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
            <pdf:Producer>\(producer)</pdf:Producer>
            </rdf:Description>
            </rdf:RDF>
            </x:xmpmeta>
            <?xpacket end="w"?>
            """
        return Array(text.utf8)
    }
}

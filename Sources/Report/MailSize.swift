package import Base
package import Laboratory

/// What a report weighs once it is mailed, and the most that it may: what is over would be signed, accepted by the PFI,
/// and refused by the mailboxes, one by one.
package enum MailSize {
    /// An MSSanté mailbox of a professional takes 10 MB, Mon espace santé 25 (PFI sheet section 7). A copy may be added
    /// after the signature, so the least counts for every report.
    package static let most = 10_000_000
    /// Around the document: headers, the PFI's own text, METADATA.XML and the pages of IHE_XDM.ZIP.
    static let around = 100_000

    /// Of a mail that carries this document: base64 in lines of 76 characters. The PFI may pack it, or not.
    package static func mail(carrying document: Int) -> Int {
        let text = (document + 2) / 3 * 4
        return text + (text + 75) / 76 * 2 + around
    }

    /// Bytes joined to a report – pictures, PDFs of other laboratories – that no report could carry: they stand in the
    /// document as base64, and the document in the mail as base64 again.
    package static func joined(_ parts: ReportSupplements) -> Int {
        mail(carrying: (parts.attachedReports.map(\.pdf.count) + parts.images.map(\.bytes.count)).reduce(0, +) / 3 * 4)
    }

    /// Refusals: `report.size`, which names the heaviest part.
    package static func check(_ mail: Int, _ parts: ReportSupplements, at place: String) throws(Refusal) {
        guard mail > most else { return }
        let joined =
            parts.attachedReports.map { ("compte rendu joint \($0.number)", $0.pdf.count) }
            + parts.images.map { ("image (\($0.place))", $0.bytes.count) }
        let heaviest = joined.max { $0.1 < $1.1 }
        let which = heaviest.map { ", le plus lourd : \($0.0), \(megabytes($0.1))" } ?? ""
        throw Refusal(
            "report.size", at: place,
            because: "le courriel du compte rendu ferait \(megabytes(mail)), une boîte MSSanté en prend "
                + megabytes(most) + which,
            remedy: joined.isEmpty
                ? "répartir les analyses en deux demandes"
                : "retirer une pièce jointe ou la remplacer par une plus légère "
                    + "(moins de pages, définition plus faible)")
    }

    /// `12,3 Mo`, rounded up: what is over is never said to be as much as may be.
    static func megabytes(_ bytes: Int) -> String {
        let tenths = (bytes + 99_999) / 100_000
        return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ",\(tenths % 10)") + "\u{A0}Mo"
    }
}

import Base
import Catalog
import HL7v2
import Laboratory
import Printing
import Report

/// The three forms of a report version, made together so that they agree: PDF, CDA that carries it, messages that carry
/// the CDA.
///
/// One document for all of its destinations, those too that never had the version before: its identifier names one
/// content (CR-BIO 2024.01 section 8), which is what was signed and is kept, so there is none without `RPLC` for them.
/// The message says what is asked (ORC-1: NW to them, RO to the others), and only a replacement takes the identifier
/// to replace from the document.
struct IssuedDocuments {
    /// One errand of the routing, ready for the outbox.
    struct Ready {
        var destinations: [Destination]
        var controlID: String
        var request: DocumentTransmission.Request
        var bytes: [UInt8]
        var toDMP: Bool
    }
    /// What the routing must know beside the report.
    struct Circumstances {
        /// Who has an earlier version.
        var holders: Set<Destination> = []
        var earlierVisibility: Visibility?
        var now: Instant
    }
    let pdf: [UInt8]
    let cda: [UInt8]
    /// Empty when the report has no electronic destination: it leaves on paper.
    private(set) var messages: [Ready] = []
    /// Who is not sent this version, and why; those who have an earlier one and cannot be told among them.
    private(set) var withheld: [WithheldNote] = []

    /// `pfi` nil: the laboratory has no PFI yet, only the documents are made.
    init(
        _ signed: SignedReport, catalogue: AnalysisCatalogue, letterhead: Letterhead, pfi: PFISettings?,
        _ circumstances: Circumstances, controlIDs: () -> String
    ) throws(Refusal) {
        let composition = try Composition(signed, catalogue: catalogue)
        let page = composition.printed(on: letterhead)
        do throws(Refusal) { pdf = try ReportPrinter.pdf(page) } catch { throw page.named(error) }
        cda = try composition.cda(pdf: pdf)
        try MailSize.check(
            MailSize.mail(carrying: cda.count), signed.content.supplements, at: signed.content.request.number)
        guard let pfi, !signed.isPreview else { return }
        var asked = composition.routingRequest(at: circumstances.now)
        asked.holders = circumstances.holders
        asked.earlierVisibility = circumstances.earlierVisibility
        let routing = Routing(asked, settings: pfi.routing)
        withheld = routing.notes
        for errand in routing.errands {
            let id = controlIDs()
            let message = try composition.message(
                errand, cda: cda, parties: pfi.parties, processing: pfi.processing, controlID: id,
                sentAt: signed.producedAt, settings: pfi.routing)
            messages.append(
                Ready(
                    destinations: errand.destinations,
                    controlID: id, request: errand.request, bytes: message,
                    toDMP: errand.toDMP))
        }
    }
}

import Base
import Catalog
import HL7v2
import Laboratory
import Printing
import Report

/// The three forms of a report version, made together so that they agree: PDF, CDA that carries it, message that
/// carries the CDA.
struct IssuedDocuments {
    let pdf: [UInt8]
    let cda: [UInt8]
    /// Nil when the report has no electronic destination: it leaves on paper.
    let message: ReadyMessage?

    /// `pfi` nil: the laboratory has no PFI yet, only the documents are made. `sentAt` is when the version was made, so
    /// that making it again gives the same bytes.
    init(
        _ signed: SignedReport, catalogue: AnalysisCatalogue, letterhead: Letterhead, pfi: PFISettings?,
        terms: TransmissionTerms, controlID: String
    ) throws(Refusal) {
        let composition = try Composition(signed, catalogue: catalogue)
        let page = try ReportPrinter.pdf(composition.printed(on: letterhead))
        let document = try composition.cda(pdf: page)
        var ready: ReadyMessage?
        if let pfi {
            ready = try composition.message(
                cda: document, parties: pfi.parties, processing: pfi.processing, controlID: controlID,
                sentAt: signed.producedAt, terms: terms)
        }
        pdf = page
        cda = document
        message = ready
    }
}

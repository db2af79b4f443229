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
    let message: [UInt8]?
    let toDMP: Bool

    /// `pfi` nil: the laboratory has no PFI yet, only the documents are made.
    init(
        _ signed: SignedReport, catalogue: AnalysisCatalogue, pfi: PFISettings?, controlID: String
    ) throws(Refusal) {
        let composition = try Composition(signed, catalogue: catalogue)
        pdf = try ReportPrinter.pdf(composition.printed)
        cda = try composition.cda(pdf: pdf)
        guard let pfi else {
            message = nil
            toDMP = false
            return
        }
        message = try composition.message(
            cda: cda, parties: pfi.parties, processing: pfi.processing, controlID: controlID,
            sentAt: signed.producedAt)
        let patient = signed.content.patient
        toDMP = message != nil && patient.publishableINS != nil && !patient.opposedToDMP
    }
}

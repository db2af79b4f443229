import Base
import Catalog
import Laboratory

// What was signed beside the observations → its place on the page.

extension Composition {
    /// Biologists who validated beside the signer, each once.
    var otherSignatures: [PrintedReport.Signature] {
        otherValidators.map {
            let scope = scope(of: $0)
            return PrintedReport.Signature(
                name: $0.biologist.displayName,
                role: "Biologiste médical" + (scope.isEmpty ? "" : ", pour : " + scope.joined(separator: ", ")),
                signedAt: $0.at.spoken(in: zone))
        }
    }

    /// Second unit, technique, laboratory that made it.
    func supplemented(_ line: PrintedReport.Line, by laid: LaidLine) -> PrintedReport.Line {
        var line = line
        if let second = laid.equivalent {
            line.equivalents.append(
                PrintedReport.Equivalent(
                    value: ObservationValue.measured(second.value, unit: second.unit).printed,
                    unit: Catalog.Unit.french(second.unit),
                    interval: second.reference?.printed ?? ""))
        }
        if let method = method(laid.analysis.code) {
            line.method = [method.technique, method.device?.name, method.reagent?.name].compactMap { $0 }
                .joined(separator: " – ")
        }
        if let made = subcontract(laid.analysis.code) {
            line.subcontracted = "Sous-traité : \(made.laboratory.name), \(made.laboratory.address.city)"
        }
        return line
    }

    func printedIsolates(of section: LaidSection) -> [PrintedReport.Panel] {
        let analyses = Set(section.lines.map(\.analysis.code))
        return supplements.isolates.filter { analyses.contains($0.analysis) }.map { isolate in
            let count = isolate.count.map {
                PrintedReport.Line(
                    name: "Dénombrement", value: ObservationValue.measured($0, unit: "/mL").printed, unit: "/mL")
            }
            let lines = isolate.susceptibilities.map { line in
                PrintedReport.Line(
                    name: line.antibiotic,
                    value: [
                        line.concentration.map { ObservationValue.measured($0, unit: "ug/mL").printed + " µg/mL" },
                        line.category.label,
                    ].compactMap { $0 }.joined(separator: " – "))
            }
            return PrintedReport.Panel(
                title: "Isolat : " + isolate.organism, lines: (count.map { [$0] } ?? []) + lines,
                comment: isolate.comment.map { [$0] } ?? [])
        }
    }

    /// Comments on a section and its pictures.
    func remarks(on section: LaidSection) -> [PrintedReport.Panel] {
        let comments = sectionComments(section.section.code), pictures = pictures(of: section.section.code)
        return comments.isEmpty && pictures.isEmpty
            ? [] : [PrintedReport.Panel(lines: [], comment: comments, pictures: pictures)]
    }

    func pictures(of place: String) -> [PrintedReport.Picture] {
        supplements.images.filter { $0.place == place }.map {
            PrintedReport.Picture(caption: $0.caption, bytes: $0.bytes)
        }
    }
}

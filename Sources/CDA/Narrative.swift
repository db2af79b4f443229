import Base

// The text of a section, made from the same values as its entries, so that the two agree. Every coded item points
// into it by an ID; an ID is the path of the item (`c1.2.3` chapter, sub-chapter, item…), so the narrative and the
// entries find the same one without sharing a state.

/// Where an item stands in the document, as XML ID.
struct Path {
    let text: String
    init(_ text: String) { self.text = text }
    func child(_ index: Int) -> Path { Path("\(text).\(index + 1)") }
    /// The name of the analysis, panel, sampling or isolate.
    var label: String { text + "-n" }
    var value: String { text + "-v" }
    var nature: String { text + "-s" }
    var technique: String { text + "-t" }
    var media: String { text + "-m" }
    func image(_ index: Int) -> Path { Path("\(text).i\(index + 1)") }
    func device(_ index: Int) -> String { "\(text)-d\(index + 1)" }
    func reagent(_ index: Int) -> String { "\(text)-r\(index + 1)" }
    func previous(_ index: Int) -> String { "\(text)-p\(index + 1)" }
    func comment(_ index: Int) -> String { "\(text)-c\(index + 1)" }
}

extension Block {
    func writeNarrative(at path: Path, into w: inout XMLWriter) {
        w.element("text") { w in
            writeSamplings(at: path, into: &w)
            if items.contains(where: \.isTabular) { writeResults(at: path, into: &w) }
            for (index, item) in items.enumerated() {
                switch item {
                case .comment(let comment):
                    w.element("paragraph") { $0.content(path.child(index).comment(0), comment) }
                case .image(let image): image.show(at: path.child(index), into: &w)
                case .sampling, .observation, .panel, .isolate: break
                }
            }
            if let performer {
                w.element("paragraph", text: "Examens réalisés par : \(performer.director.organization?.name ?? "")")
            }
            for validation in validators {
                w.element("paragraph", text: "Validé par \(validation.name.spoken) le \(validation.at.french)")
            }
            if status == .active { w.element("paragraph", text: "Résultats partiels") }
        }
    }

    private func writeSamplings(at path: Path, into w: inout XMLWriter) {
        let samplings = items.enumerated().filter { if case .sampling = $0.element { true } else { false } }
        guard !samplings.isEmpty else { return }
        w.element("table", ("border", "0")) { w in
            w.heads("Prélèvement", "Nature", "Échantillon", "Prélevé le", "Reçu le")
            w.element("tbody") { w in
                for (index, item) in samplings {
                    guard case .sampling(let sampling) = item else { continue }
                    let here = path.child(index)
                    w.element("tr") { w in
                        w.element("td") { $0.content(here.label, sampling.act.display) }
                        w.element("td") { $0.content(here.nature, sampling.nature.display) }
                        w.element("td", text: sampling.specimen.number ?? "")
                        w.element("td", text: sampling.collectedAt?.french ?? "heure inconnue")
                        w.element("td", text: sampling.receivedAt?.french ?? "")
                    }
                }
            }
        }
    }

    private func writeResults(at path: Path, into w: inout XMLWriter) {
        w.element("table", ("border", "0")) { w in
            w.heads("Examen", "Résultat", "Unité", "Intervalle de référence", "Antériorité")
            w.element("tbody") { w in
                for (index, item) in items.enumerated() {
                    let here = path.child(index)
                    switch item {
                    case .sampling, .comment, .image: break
                    case .observation(let observation): observation.writeRows(at: here, into: &w)
                    case .panel(let panel): panel.writeRows(at: here, into: &w)
                    case .isolate(let isolate): isolate.writeRows(at: here, into: &w)
                    }
                }
            }
        }
    }
}

extension Item {
    fileprivate var isTabular: Bool {
        switch self {
        case .observation, .panel, .isolate: true
        case .sampling, .comment, .image: false
        }
    }
}

extension ImageEntry {
    fileprivate func show(at path: Path, into w: inout XMLWriter) {
        w.element("paragraph") { w in
            if !caption.isEmpty {
                w.content(path.label, caption)
                w.element("br")
            }
            w.element("renderMultiMedia", ("referencedObject", path.media))
        }
    }
}

extension PanelEntry {
    fileprivate func writeRows(at path: Path, into w: inout XMLWriter) {
        if !code.isUnnamed { w.wideRow { w in w.content(path.label, code.label, style: "Bold") } }
        for index in observations.indices { observations[index].writeRows(at: path.child(index), into: &w) }
        for (index, comment) in comments.enumerated() {
            w.wideRow { w in w.content(path.comment(index), comment, style: "Italics") }
        }
        w.made(by: performer, validators)
        for (index, image) in images.enumerated() {
            w.wideRow { image.show(at: path.image(index), into: &$0) }
        }
    }
}

extension IsolateEntry {
    fileprivate func writeRows(at path: Path, into w: inout XMLWriter) {
        w.wideRow { w in
            w.text("Isolat : ")
            w.content(path.label, label, style: "Bold")
        }
        for (index, finding) in findings.enumerated() { finding.writeRows(at: path.child(index), into: &w) }
        antibiogram?.writeRows(at: path.child(findings.count), into: &w)
        for (index, comment) in comments.enumerated() {
            w.wideRow { w in w.content(path.comment(index), comment, style: "Italics") }
        }
        w.made(by: performer, [])
    }
}

extension ObservationEntry {
    fileprivate func writeRows(at path: Path, into w: inout XMLWriter) {
        w.element("tr") { w in
            w.element("td") { w in
                w.content(path.label, code.label)
                if let technique {
                    w.element("br")
                    w.content(path.technique, technique.label, style: "Italics")
                }
                for (index, device) in devices.enumerated() {
                    w.element("br")
                    w.content(path.device(index), device.display, style: "Italics")
                }
                for (index, reagent) in reagents.enumerated() {
                    w.element("br")
                    w.content(path.reagent(index), reagent.display, style: "Italics")
                }
            }
            w.element("td") { w in
                switch outcome {
                case .value(let value, _):
                    let mark = interpretation?.mark ?? ""
                    w.content(path.value, value.printedNumber, style: mark.isEmpty ? nil : "Bold")
                    if !mark.isEmpty { w.text(" " + mark) }
                case .notPerformed: w.text("Non rendu")
                }
            }
            w.element("td", text: outcome.unit ?? "")
            w.element("td") { reference?.show(into: &$0) }
            w.element("td") { w in
                for (index, before) in previous.enumerated() {
                    if index > 0 { w.element("br") }
                    w.text(before.at.french + " : ")
                    w.content(path.previous(index), before.value.printed)
                }
            }
        }
        for (index, comment) in remarks.enumerated() {
            w.wideRow { w in w.content(path.comment(index), comment, style: "Italics") }
        }
        w.made(by: performer, validators)
    }

    /// The comments; first the reason when the examination was not performed.
    var remarks: [String] {
        switch outcome {
        case .value: comments
        case .notPerformed(let reason): [reason] + comments
        }
    }
}

extension ObservationEntry.Outcome {
    fileprivate var unit: String? {
        switch self {
        case .value(let value, _): value.printedUnit
        case .notPerformed: nil
        }
    }
}

extension ObservedValue {
    fileprivate var printedNumber: String {
        switch self {
        case .number(let comparator, let text, _):
            (comparator == .equal ? "" : comparator.rawValue + " ") + FrenchFigures.set(text)
        case .range(let low, let high, _): "\(FrenchFigures.set(low)) - \(FrenchFigures.set(high))"
        case .qualitative(let text, _): text
        case .text(let text): text
        case .titre(let numerator, let denominator): FrenchFigures.set("\(numerator)/\(denominator)")
        }
    }
    fileprivate var printedUnit: String? {
        switch self {
        case .number(_, _, let unit): unit?.printed
        case .range(_, _, let unit): unit.printed
        case .qualitative, .text, .titre: nil
        }
    }
    fileprivate var printed: String { printedNumber + (printedUnit.map { " " + $0 } ?? "") }
}

extension ReferenceInterval {
    fileprivate func show(into w: inout XMLWriter) {
        switch bounds {
        case .text(let text): w.text(text)
        case .numbers(let low?, let high?, _):
            w.number(low)
            w.text(" - ")
            w.number(high)
        case .numbers(let low?, nil, _):
            w.text("≥ ")
            w.number(low)
        case .numbers(nil, let high?, _):
            w.text("≤ ")
            w.number(high)
        case .numbers(nil, nil, _): break
        }
    }
}

extension PersonName {
    var spoken: String {
        [prefix == "MME" ? "Mme" : prefix == "M" ? "M." : nil, suffix == "DR" ? "Dr" : suffix == "PR" ? "Pr" : nil]
            .compactMap { $0 }.suffix(1).map { $0 + " " }.joined() + (given.map { $0 + " " } ?? "") + family
    }
}

extension XMLWriter {
    /// `<content ID="…">text</content>`; line feeds become `br`.
    mutating func content(_ id: String, _ text: String, style: String? = nil) {
        element("content", ("ID", id), ("styleCode", style)) { w in
            guard text.utf8.contains(0x0A) else { return w.text(text) }
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                if index > 0 { w.element("br") }
                w.text(String(line))
            }
        }
    }
    /// Who made a line and who validated it, when it is not said for the whole section.
    fileprivate mutating func made(by performer: Performer?, _ validators: [Validation]) {
        if let performer {
            wideRow {
                $0.text("Réalisé par : " + (performer.director.organization?.name ?? performer.director.name.spoken))
            }
        }
        for validation in validators {
            wideRow { $0.text("Validé par \(validation.name.spoken) le \(validation.at.french)") }
        }
    }
    mutating func heads(_ names: String...) {
        element("thead") { w in
            w.element("tr") { w in for name in names { w.element("th", text: name) } }
        }
    }
    fileprivate mutating func wideRow(body: (inout XMLWriter) -> Void) {
        element("tr") { w in w.element("td", ("colspan", "5"), body: body) }
    }
}

package import Base
package import Catalog
package import Laboratory

/// A signed report set out for its readers: the observations under their chapters, sections and panels, in the order of
/// the page. The three forms of the report (`printed`, `document`, `transmission`) are made from it, so they agree.
///
/// The same signed report gives the same composition, hence the same bytes: nothing here asks what time it is.
package struct Composition: Sendable {
    package let signed: SignedReport
    package let catalogue: AnalysisCatalogue
    let chapters: [LaidChapter]
    // Parts of `signed` at hand, so that looking at one copies nothing.
    let content: SignedContent
    let patient: Laboratory.Patient
    let request: Request
    let supplements: ReportSupplements
    let site: Site
    let zone: CivilZone

    /// Refused when an observation's analysis is not in the catalogue, or when there is nothing to report.
    package init(_ signed: SignedReport, catalogue: AnalysisCatalogue) throws(Refusal) {
        self.signed = signed
        self.catalogue = catalogue
        content = signed.content
        patient = signed.content.patient
        request = signed.content.request
        supplements = signed.content.supplements
        site = signed.site
        zone = signed.site.civilZone
        chapters = try Composition.lay(signed, catalogue)
        guard !chapters.isEmpty else {
            throw Refusal(
                "report.empty", at: signed.content.request.number, because: "la signature ne couvre aucun résultat",
                remedy: "signer au moins un résultat")
        }
    }

    /// Version that readers see: 1 for the first that leaves, whatever was signed and overtaken before (a version 2 or
    /// more replaces another, CR-BIO sheet section 8).
    package var version: Int { signed.replacedOID == nil ? 1 : max(2, signed.signature.version) }
    /// Number of the version replaced, when its OID ends as the site's own do.
    var replacedVersion: Int? {
        signed.replacedOID.flatMap { $0.split(separator: ".").last }.flatMap { Int($0) }
    }

    /// Names of the analyses that a partial report does not give yet, in the order of the request.
    var pending: [String] {
        guard !signed.signature.complete else { return [] }
        var given = Set(content.observations.map(\.analysis))
        return request.lines.map(\.analysis).filter { given.insert($0).inserted }.map { catalogue[$0]?.nameFR ?? $0 }
    }

    func specimens(of lines: [LaidLine]) -> [Specimen] {
        let accessions = Set(lines.map(\.observation.accession))
        return content.specimens.filter { accessions.contains($0.accession) }.sorted { $0.accession < $1.accession }
    }

    /// When the patient was sampled: the first collection, or the registration when nobody said.
    var sampledAt: Instant { content.specimens.compactMap(\.collectedAt).min() ?? request.registeredAt }
}

/// A chapter of the CR-BIO and its sections.
struct LaidChapter {
    let chapter: Catalog.Chapter
    var sections: [LaidSection]
}

struct LaidSection {
    let section: Section
    var groups: [LaidGroup]
    /// Names of the analyses of this section that are still to come.
    var pending: [String] { groups.flatMap(\.pending) }
    var isPartial: Bool { !pending.isEmpty }
    var lines: [LaidLine] { groups.flatMap(\.lines) }
}

/// A panel's lines, or the analyses that stand alone.
struct LaidGroup {
    let panel: Catalog.Panel?
    var lines: [LaidLine]
    /// Names of the analyses that are still to come.
    var pending: [String]
    var isPartial: Bool { !pending.isEmpty }
}

/// A class, since a line is looked at from many sides and its parts are large.
final class LaidLine: Sendable {
    let analysis: Analysis
    let observation: Observation
    /// Earlier results, the latest first.
    let earlier: [PreviousResult]
    var previous: PreviousResult? { earlier.first }

    init(analysis: Analysis, observation: Observation, earlier: [PreviousResult]) {
        self.analysis = analysis
        var observation = observation
        observation.value = observation.value.worded(for: analysis)
        self.observation = observation
        self.earlier = earlier.map {
            var before = $0
            before.value = before.value.worded(for: analysis)
            return before
        }
    }
}

extension Composition {
    private static func lay(
        _ signed: SignedReport, _ catalogue: AnalysisCatalogue
    ) throws(Refusal) -> [LaidChapter] {
        let content = signed.content
        var observations = [String: Int](minimumCapacity: content.observations.count)
        for (place, observation) in content.observations.enumerated() { observations[observation.analysis] = place }
        let previous = Dictionary(grouping: signed.previous, by: \.analysis)
            .mapValues { $0.sorted { $0.takenAt > $1.takenAt } }
        // The order of the request; what was signed beyond it comes last, in a stable order.
        var order = content.request.lines
        let asked = Set(order.map(\.analysis))
        order += observations.keys.filter { !asked.contains($0) }.sorted().map { RequestLine(analysis: $0) }

        var sections = [String: LaidSection]()
        var done = Set<String>()
        for line in order where done.insert(line.analysis).inserted {
            let place = observations[line.analysis]
            guard let analysis = catalogue[line.analysis], let section = catalogue.section(of: analysis) else {
                // What is still to come and left the catalogue meanwhile has nothing to show.
                guard place != nil else { continue }
                throw Refusal(
                    "report.analysis", at: line.analysis, because: "l'analyse n'est plus au catalogue",
                    remedy: "la remettre au catalogue : un résultat signé doit pouvoir être émis")
            }
            let laid = place.map {
                LaidLine(
                    analysis: analysis, observation: content.observations[$0],
                    earlier: (previous[line.analysis] ?? []).map(\.legible))
            }
            sections[section.code, default: LaidSection(section: section, groups: [])]
                .add(laid, of: analysis, panel: line.panel.flatMap { catalogue.panel($0) })
        }
        return gather(
            sections.values.filter { !$0.lines.isEmpty }.sorted {
                ($0.section.rank, $0.section.code) < ($1.section.rank, $1.section.code)
            })
    }

    private static func gather(_ sections: [LaidSection]) -> [LaidChapter] {
        var chapters = [LaidChapter]()
        for section in sections {
            if let known = chapters.firstIndex(where: { $0.chapter.loinc == section.section.chapter.loinc }) {
                chapters[known].sections.append(section)
            } else {
                chapters.append(LaidChapter(chapter: section.section.chapter, sections: [section]))
            }
        }
        return chapters
    }
}

extension LaidSection {
    /// A line under its panel; nil for an analysis still to come.
    fileprivate mutating func add(_ line: LaidLine?, of analysis: Analysis, panel: Catalog.Panel?) {
        let known = groups.firstIndex { $0.panel?.code == panel?.code }
        if known == nil { groups.append(LaidGroup(panel: panel, lines: [], pending: [])) }
        let place = known ?? groups.count - 1
        if let line { groups[place].lines.append(line) } else { groups[place].pending.append(analysis.nameFR) }
    }
}

extension PreviousResult {
    /// An earlier result must not stop today's report: control characters, which neither page nor XML can hold, stand
    /// as U+FFFD.
    fileprivate var legible: PreviousResult {
        func cleaned(_ text: String) -> String {
            var out = String.UnicodeScalarView()
            for scalar in text.unicodeScalars {
                let isControl = scalar.value < 0x20 && scalar != "\n" || (0x7F...0x9F).contains(scalar.value)
                out.append(isControl ? "\u{FFFD}" : scalar)
            }
            return String(out)
        }
        var before = self
        switch value {
        case .text(let text): before.value = .text(cleaned(text))
        case .coded(let code, let display): before.value = .coded(code, display: cleaned(display))
        case .measured, .notPerformed: break
        }
        return before
    }
}

extension ObservationValue {
    /// `< 0,50`, `100 000`, `Négatif`: as printed, without the unit.
    var printed: String {
        switch self {
        case .measured(let value, _):
            (value.comparator == .equal ? "" : value.comparator.rawValue + " ") + FrenchFigures.set(value.number.text)
        case .coded(_, let display): display
        case .text(let text): text
        case .notPerformed: ""
        }
    }
    /// A titre as the document says it, `1/160` however it was typed.
    func printed(as nature: Nature) -> String {
        guard nature == .titre, let titre else { return printed }
        return FrenchFigures.set(titre.description)
    }
    var printedUnit: String {
        switch self {
        case .measured(_, let unit): Catalog.Unit.french(unit)
        case .coded, .text, .notPerformed: ""
        }
    }
}

extension AppliedInterval {
    /// `136 – 145`, `≤ 100 000`
    var printed: String { FrenchFigures.set(frenchText) }
}

extension Instant {
    /// `22/11/2026 à 07:12`
    func spoken(in zone: CivilZone) -> String { french(in: zone).replacing(" ", with: " à ") }
}

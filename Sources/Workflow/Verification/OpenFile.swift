import Base
import Catalog
import Laboratory
import Rules
import Store

/// A result on its way into a file: what is known of it before it is judged.
struct Arrival: Sendable {
    /// Its value as it came; interval, flags and holds are for the judgement to give.
    var observation: Observation
    var facts: ResultFacts
    var contradictions: [IdentityContradiction] = []
    /// The run that stood before it.
    var before: Observation?
}

/// One request while results arrive in it: read once, judged once, written in one transaction.
struct OpenFile: Sendable {
    var request: Request
    var patient: Patient
    var specimens: [Specimen]
    var observations: [Observation]
    var events: [ObservationEvent]
    /// Highest run of each analysis, arrivals included.
    var runs: [String: Int]
    /// What stands for each analysis (`Chosen`), arrivals included.
    var standing: [String: Observation]
    var arrivals: [Arrival] = []
    /// Indices of the serum that came without a result of their tube, and those of them that come now.
    private(set) var serum: [ToldIndices]
    private(set) var freshSerum: [ToldIndices] = []
    private let serumBefore: Int

    /// `serum`: what the register of that name keeps.
    init(
        request: Request, patient: Patient, specimens: [Specimen], observations: [Observation],
        events: [ObservationEvent], serum: [ToldIndices]
    ) {
        self.serum = serum
        serumBefore = serum.count
        self.request = request
        self.patient = patient
        self.specimens = specimens
        self.observations = observations
        self.events = events
        runs = Dictionary(observations.map { ($0.analysis, $0.run) }, uniquingKeysWith: max)
        standing = Chosen.observations(observations, events: events)
    }

    /// Analyses whose standing result nobody calculated.
    var measured: Set<String> { Set(standing.values.filter { $0.origin.calculation == nil }.map(\.analysis)) }

    /// Takes indices in, once.
    mutating func tell(_ told: ToldIndices) {
        guard !serum.contains(where: { $0.saysTheSame(as: told) }) else { return }
        serum.append(told)
        freshSerum.append(told)
    }
    /// What is to be kept of them.
    func serumFacts(at: Instant) -> [Fact] {
        freshSerum.enumerated().map { rank, told in
            .register(
                RegisterEntry(
                    register: .serum, site: request.site, subject: request.id, ordinal: serumBefore + rank + 1,
                    author: "analyzer:\(told.analyzer)", at: at, body: RegisterText.text(told)))
        }
    }

    func specimen(_ accession: String) -> Specimen? { specimens.first { $0.accession == accession } }

    /// Takes a result in: the next run of its analysis.
    mutating func take(_ arrival: Arrival) {
        var arrival = arrival
        let code = arrival.observation.analysis
        arrival.observation.run = (runs[code] ?? 0) + 1
        // A formula has no runs of its own: its former value is that of other components, and no other measurement.
        let isRemade = arrival.facts.origin == .calculated && standing[code]?.origin.calculation != nil
        if !isRemade {
            arrival.before = standing[code]
            arrival.facts.earlierRuns = earlierRuns(code, on: arrival.observation.accession)
        }
        runs[code] = arrival.observation.run
        standing[code] = arrival.observation
        arrivals.append(arrival)
    }

    /// Values of the runs of an analysis on one tube that nobody set aside, the first first.
    private func earlierRuns(_ code: String, on accession: String) -> [ObservationValue] {
        let last = Chosen.lastEvents(events)
        let all = observations + arrivals.map(\.observation)
        return all.filter { $0.analysis == code && $0.accession == accession && last[$0.id]?.kind != .rejected }
            .sorted { $0.run < $1.run }.map(\.value)
    }

    /// Taken in one puncture, as far as one knows: the same tube, or tubes of the same minute.
    func areOneCollection(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        guard let first = specimen(a)?.collectedAt, let second = specimen(b)?.collectedAt else { return false }
        return first == second
    }

    /// What the checks look at of a tube. A result without one (weight, calculation) has the hours that all tubes of
    /// the request share.
    func facts(of accession: String, analyses: [String]) -> SpecimenFacts {
        if let specimen = specimen(accession) { return SpecimenFacts(specimen) }
        let collected = Set(specimens.map(\.collectedAt)), received = specimens.compactMap(\.receivedAt).min()
        return SpecimenFacts(
            kind: "", tube: "", analyses: analyses, collectedAt: collected.count == 1 ? collected.first ?? nil : nil,
            receivedAt: received)
    }
}

/// The files that one message, one replay or one person's entry touches, in the order in which they were touched.
struct OpenFiles: Sendable {
    private(set) var order: [String] = []
    private var files: [String: OpenFile] = [:]
    /// Nil: no tube has this number.
    private var requests: [String: String?] = [:]

    var all: [OpenFile] { order.compactMap { files[$0] } }

    func request(of accession: String) -> String?? { requests[accession] }
    mutating func note(_ accession: String, _ request: String?) { requests[accession] = .some(request) }
    subscript(request: String) -> OpenFile? {
        get { files[request] }
        set {
            if files[request] == nil, newValue != nil { order.append(request) }
            files[request] = newValue
        }
    }
}

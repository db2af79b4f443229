package import Base
import FoundationEssentials
package import LIS01

/// What goes wrong with a frame on its way.
package enum WireFault: String, Sendable, Codable, CaseIterable {
    /// One byte of the text is changed: the checksum no longer fits, a NAK is due.
    case corrupt
    /// The frame is sent twice in a row; the second answer is swallowed.
    case duplicate
    /// The answer to the frame gets lost: the sender's timer runs out and it sends everything again.
    case loseReply
    /// A few bytes of noise come before the frame.
    case noise
    /// Half of the frame, then the line breaks.
    case vanish
    /// The frame never leaves: the sender's timer runs out.
    case drop
    /// The frame leaves late, by up to two seconds.
    case delay
    /// The frame leaves in two pieces with a pause between them.
    case split
    /// The analyser answers an ENQ of the host with its own. Its rate counts each ENQ of the host that comes while
    /// there is something to send.
    case contention
}

/// A morning of one analyser: JSON5, every key but `name` and `sessions` may be left out, an unknown key is refused.
///
///     { name: "coagulation", link: {framing: "cut240"}, sends: 3, pause: 0.5, linger: 2, zone: "Europe/Paris",
///       specimens: {"S1": "26112200017"},               // in P, O and Q records
///       texts: [{from: "DUPONT", to: "ESSAI"}],         // anywhere
///       fields: [{record: "O", field: 7, to: "@now-90"}],  // minutes before now
///       times: "now",                                   // H-14, R-12, R-13
///       rates: {corrupt: 0.01},
///       sessions: [{transcript: "x.astm", repeat: 2, pauseBefore: 1, awaitAnswer: 10,
///                   specimens: {}, faults: [{frame: 3, do: "corrupt", times: 1}]},
///                  {records: ["H|\\^&|||X", "L|1|N"]}] }
package struct AnalyzerScenario: Sendable, Equatable {
    package struct Fault: Sendable, Equatable {
        /// From 1, in the session.
        package var frame: Int
        package var fault: WireFault
        /// On how many sends of the frame.
        package var times = 1
        package init(frame: Int, fault: WireFault, times: Int = 1) {
            self.frame = frame
            self.fault = fault
            self.times = times
        }
    }
    package struct FieldRewrite: Sendable, Equatable {
        /// `O`
        package var record: String
        /// As the standard counts: 1 is the record's letter.
        package var field: Int
        /// From 1; nil for the whole field.
        package var component: Int?
        /// `@now`, `@now-90` (minutes) or the text itself.
        package var to: String
    }
    package struct TextRewrite: Sendable, Equatable {
        package var from: String
        package var to: String
    }
    package struct Session: Sendable, Equatable {
        /// A file beside the scenario (bare records or bytes of a line); nil when `records` are given.
        package var transcript: String?
        package var records: [String] = []
        /// What is sent, byte for byte, where neither is given: sessions made of an ``Instrument``. Not in JSON5.
        package var messages: [[UInt8]] = []
        /// Name in the report; not in JSON5.
        package var name: String?
        package var times = 1
        package var pauseBefore: Duration = .zero
        /// After the session, wait at most this long for a message of the host (the answer to a query).
        package var awaitAnswer: Duration?
        package var specimens: [String: String] = [:]
        package var faults: [Fault] = []
        package init() {}
        package init(name: String, messages: [[UInt8]]) {
            self.name = name
            self.messages = messages
        }
    }

    package var name: String
    package var link = LinkSettings(station: .instrument)
    /// Sends of one session before it is given up.
    package var sends = 3
    package var pause: Duration = .zero
    /// After the last session, how long to go on answering the host.
    package var linger: Duration = .zero
    package var zone = CivilZone.europeParis
    package var specimens: [String: String] = [:]
    package var texts: [TextRewrite] = []
    package var fields: [FieldRewrite] = []
    package var timesAreNow = false
    /// Probability of each fault at each send of a frame.
    package var rates: [WireFault: Double] = [:]
    package var sessions: [Session]

    package init(name: String, sessions: [Session]) {
        self.name = name
        self.sessions = sessions
    }

    /// Reads JSON5. Refusals: `scenario.key` (unknown key, named), `scenario.value`, `scenario.json`.
    package static func read(_ bytes: [UInt8], at place: String) throws(Refusal) -> AnalyzerScenario {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            return try decoder.decode(AnalyzerScenario.self, from: Data(bytes))
        } catch var refusal as Refusal {
            refusal.place = refusal.place.isEmpty ? place : place + " : " + refusal.place
            throw refusal
        } catch let error as DecodingError {
            throw AnalyzerScenario.refusal(error, place)
        } catch {
            throw Refusal("scenario.json", at: place, because: "\(error)", remedy: "corriger le fichier")
        }
    }

    /// The files that `sessions` name, each once.
    package var transcripts: [String] {
        var names: [String] = []
        for name in sessions.compactMap(\.transcript) where !names.contains(name) { names.append(name) }
        return names
    }

    private static func refusal(_ error: DecodingError, _ place: String) -> Refusal {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return place + (keys.isEmpty ? "" : " : " + keys.joined(separator: "."))
        }
        switch error {
        case .keyNotFound(let key, let context):
            return Refusal(
                "scenario.value", at: path(context), because: "clé « \(key.stringValue) » absente", remedy: "l'ajouter")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return Refusal(
                "scenario.value", at: path(context), because: "valeur d'une autre sorte que celle attendue",
                remedy: "voir le modèle dans Simulators/Scenarios")
        case .dataCorrupted(let context):
            return Refusal(
                "scenario.json", at: path(context), because: "JSON5 illisible ou valeur non admise",
                remedy: "corriger le fichier")
        @unknown default:
            return Refusal("scenario.json", at: place, because: "scénario illisible", remedy: "corriger le fichier")
        }
    }
}

// MARK: reading

private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// An object whose keys are all known.
private struct Box {
    let container: KeyedDecodingContainer<Key>
    let place: String

    init(_ decoder: any Decoder, _ known: String...) throws {
        container = try decoder.container(keyedBy: Key.self)
        place = decoder.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        let odd = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.min()
        if let odd {
            throw Refusal(
                "scenario.key", at: place, because: "clé inconnue « \(odd) »",
                remedy: "clés admises : " + known.joined(separator: ", "))
        }
    }
    func need<T: Decodable>(_ key: String, _ type: T.Type = T.self) throws -> T {
        try container.decode(T.self, forKey: Key(stringValue: key))
    }
    func read<T: Decodable>(_ key: String, _ type: T.Type = T.self) throws -> T? {
        try container.decodeIfPresent(T.self, forKey: Key(stringValue: key))
    }
    /// Seconds, 0 to one hour.
    func seconds(_ key: String) throws -> Duration? {
        guard let value: Double = try read(key) else { return nil }
        try check(key, (0...3600).contains(value), "donner des secondes, de 0 à 3600")
        return .milliseconds(Int64((value * 1000).rounded()))
    }
    func count(_ key: String) throws -> Int? {
        guard let value: Int = try read(key) else { return nil }
        try check(key, (1...1_000_000).contains(value), "donner un entier positif")
        return value
    }
    func check(_ key: String, _ isGood: Bool, _ remedy: String) throws {
        guard !isGood else { return }
        throw Refusal(
            "scenario.value", at: place, because: "valeur de « \(key) » hors de ce qui est admis", remedy: remedy)
    }
}

extension AnalyzerScenario: Decodable {
    package init(from decoder: any Decoder) throws {
        let box = try Box(
            decoder, "name", "link", "sends", "pause", "linger", "zone", "specimens", "texts", "fields", "times",
            "rates", "sessions")
        self.init(name: try box.need("name"), sessions: try box.need("sessions"))
        try box.check("sessions", !sessions.isEmpty, "donner au moins une session")
        if let link: LinkSettings = try box.read("link") { self.link = link }
        link.station = .instrument
        if let sends = try box.count("sends") { self.sends = sends }
        if let pause = try box.seconds("pause") { self.pause = pause }
        if let linger = try box.seconds("linger") { self.linger = linger }
        if let name: String = try box.read("zone") {
            let zone = CivilZone(name)
            try box.check("zone", zone != nil, "écrire Europe/Paris, UTC ou +04:00")
            self.zone = zone ?? .europeParis
        }
        specimens = try box.read("specimens") ?? [:]
        texts = try box.read("texts") ?? []
        fields = try box.read("fields") ?? []
        if let times: String = try box.read("times") {
            try box.check("times", times == "now" || times == "asRecorded", "écrire now ou asRecorded")
            timesAreNow = times == "now"
        }
        for (name, rate) in try box.read("rates", [String: Double].self) ?? [:] {
            guard let fault = WireFault(rawValue: name) else {
                throw Refusal(
                    "scenario.key", at: "rates", because: "clé inconnue « \(name) »",
                    remedy: "clés admises : " + WireFault.allCases.map(\.rawValue).joined(separator: ", "))
            }
            try box.check("rates", (0...1).contains(rate), "donner une probabilité, de 0 à 1")
            rates[fault] = rate
        }
    }
}

extension AnalyzerScenario.Session: Decodable {
    package init(from decoder: any Decoder) throws {
        let box = try Box(
            decoder, "transcript", "records", "repeat", "pauseBefore", "awaitAnswer", "specimens", "faults")
        self.init()
        transcript = try box.read("transcript")
        records = try box.read("records") ?? []
        try box.check(
            "transcript", (transcript == nil) != records.isEmpty, "donner soit « transcript », soit « records »")
        if let times = try box.count("repeat") { self.times = times }
        if let pause = try box.seconds("pauseBefore") { pauseBefore = pause }
        awaitAnswer = try box.seconds("awaitAnswer")
        specimens = try box.read("specimens") ?? [:]
        faults = try box.read("faults") ?? []
    }
}

extension AnalyzerScenario.Fault: Decodable {
    package init(from decoder: any Decoder) throws {
        let box = try Box(decoder, "frame", "do", "times")
        let fault = WireFault(rawValue: try box.need("do"))
        try box.check(
            "do", fault != nil, "fautes : " + WireFault.allCases.map(\.rawValue).joined(separator: ", "))
        self.init(
            frame: try box.count("frame") ?? 1, fault: fault ?? .corrupt, times: try box.count("times") ?? 1)
    }
}

extension AnalyzerScenario.FieldRewrite: Decodable {
    package init(from decoder: any Decoder) throws {
        let box = try Box(decoder, "record", "field", "component", "to")
        self.init(
            record: try box.need("record"), field: try box.count("field") ?? 1,
            component: try box.count("component"), to: try box.need("to"))
        try box.check("record", record.utf8.count == 1, "donner la lettre de l'enregistrement")
        try box.check("field", field > 2 || (field == 2 && record != "H"), "donner un champ après la lettre")
    }
}

extension AnalyzerScenario.TextRewrite: Decodable {
    package init(from decoder: any Decoder) throws {
        let box = try Box(decoder, "from", "to")
        self.init(from: try box.need("from"), to: try box.need("to"))
        try box.check("from", !from.isEmpty, "donner le texte à remplacer")
    }
}

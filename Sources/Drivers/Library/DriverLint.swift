package import Base
import FoundationEssentials
import JSON5
import LIS2
import Laboratory

/// Checks a driver folder as the library does when it loads: description, transcripts, expectations.
package enum DriverLint {
    /// Findings in French, each with its file and its key; empty when the folder may load.
    package static func check(_ folder: DriverFolder) -> [Refusal] { examine(folder).findings }

    static func examine(_ folder: DriverFolder) -> (driver: Driver?, findings: [Refusal]) {
        let log = FindingLog("driver")
        checkName(folder.name, log)
        checkFiles(folder, log)
        guard let bytes = folder.files["driver.json5"] else {
            log.add(
                "file", at: "\(folder.name)/driver.json5", "le fichier manque",
                "écrire la description du modèle dans driver.json5")
            return (nil, log.findings)
        }
        let (description, findings) = DriverDescription.read(bytes, name: folder.name)
        for finding in findings { log.add(finding) }
        guard let description else { return (nil, log.findings) }
        checkSense(description, log)
        let driver = Driver(description)
        checkTranscripts(folder, driver, log)
        return (driver, log.findings)
    }

    private static func checkName(_ name: String, _ log: FindingLog) {
        let isPlain = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        if name.isEmpty || !isPlain {
            log.add(
                "name", at: name, "le nom du dossier n'est pas de la forme fabricant-modele",
                "n'employer que des minuscules sans accent, des chiffres et des tirets")
        }
    }

    /// A driver says where each of its lines comes from, and brings the proof that it reads its model.
    private static func checkFiles(_ folder: DriverFolder, _ log: FindingLog) {
        if folder.files["README.md", default: []].isEmpty {
            log.add(
                "file", at: "\(folder.name)/README.md", "le fichier manque ou est vide",
                "écrire d'où vient chaque ligne du pilote")
        }
        if transcripts(of: folder).isEmpty {
            log.add(
                "transcript", at: "\(folder.name)/transcripts", "aucune transcription (*.astm, *.hl7 ou *.raw)",
                "ajouter une session de l'automate et son résultat attendu")
        }
        for path in folder.files.keys.sorted() where path.hasPrefix("transcripts/") {
            let isKnown = ends.contains { path.hasSuffix($0) } || path.hasSuffix(".expected.json")
            if !isKnown {
                log.add(
                    "file", at: "\(folder.name)/\(path)", "fichier inattendu",
                    "ne garder ici que *.astm, *.hl7, *.raw et *.expected.json")
            }
            if path.hasSuffix(".expected.json"), !ends.contains(where: { folder.files[stem(path) + $0] != nil }) {
                log.add(
                    "transcript", at: "\(folder.name)/\(path)", "la transcription \(stem(path)) manque",
                    "l'ajouter ou retirer ce fichier")
            }
        }
    }

    /// Ends of the names of transcripts: LIS2-A2 (framed or bare), MLLP blocks, a maker's own text.
    static let ends = [".astm", ".hl7", ".raw"]

    package static func transcripts(of folder: DriverFolder) -> [String] {
        folder.files.keys.filter { path in path.hasPrefix("transcripts/") && ends.contains { path.hasSuffix($0) } }
            .sorted()
    }
    static func stem(_ path: String) -> String {
        for end in [".expected.json"] + ends where path.hasSuffix(end) { return String(path.dropLast(end.count)) }
        return path
    }

    private static func checkSense(_ description: DriverDescription, _ log: FindingLog) {
        let place = "\(description.name)/driver.json5: "
        if description.transports.isEmpty {
            log.add(
                "missing", at: place + "transports", "aucun mode de liaison",
                "ajouter serial, tcp-server ou tcp-client")
        }
        if description.transports.contains(.serial), description.serial == nil {
            log.add(
                "missing", at: place + "serial", "liaison série annoncée sans ses réglages",
                "ajouter serial: { baud: 9600, … }")
        }
        var ordered: [String: String] = [:]
        for (code, meaning) in description.codes.sorted(by: { $0.key < $1.key }) where meaning.isOrdered {
            if let other = ordered[meaning.analysis] {
                log.add(
                    "code", at: place + "codes.\(code)",
                    "l'analyse \(meaning.analysis) se commanderait aussi par « \(other) »",
                    "écrire ordered: false sur l'un des deux codes")
            }
            ordered[meaning.analysis] = code
        }
        checkLanguage(description, place, log)
        for flag in description.flags.harmless.sorted() where description.flags.known[flag] != nil {
            log.add(
                "flag", at: place + "flags.known.\(flag)", "drapeau à la fois anodin et significatif",
                "le garder dans l'une des deux listes")
        }
    }

    /// A path of the other language would silently give nothing.
    private static func checkLanguage(_ description: DriverDescription, _ place: String, _ log: FindingLog) {
        let isHL7 = description.dialect == .hl7
        for (key, choice) in description.choices {
            for path in choice.alternatives.flatMap(\.paths) {
                let isSegment = if case .segment = path.place { true } else { false }
                guard isSegment != isHL7 else { continue }
                log.add(
                    "path", at: place + key, "ce chemin n'est pas du protocole \(isHL7 ? "hl7" : "lis2")",
                    isHL7 ? "écrire un chemin tel que OBX.3.1" : "écrire un chemin tel que R.3.4")
            }
        }
    }

    private static func checkTranscripts(_ folder: DriverFolder, _ driver: Driver, _ log: FindingLog) {
        for path in transcripts(of: folder) {
            let expectedPath = stem(path) + ".expected.json"
            let place = "\(folder.name)/\(expectedPath)"
            guard let expectedBytes = folder.files[expectedPath], let bytes = folder.files[path] else {
                log.add(
                    "transcript", at: place, "le résultat attendu de la transcription manque",
                    "l'écrire, par exemple avec paillasse decode --driver \(folder.name) --json, après l'avoir relu")
                continue
            }
            do {
                let expected = try JSONNode(json5: expectedBytes, at: place)
                let expectation = TranscriptExpectation(driver, bytes)
                if SessionDecoder.readings(in: bytes, driver: driver).isEmpty {
                    log.add(
                        "transcript", at: "\(folder.name)/\(path)", "aucun message n'y est lu",
                        "vérifier protocol et le contenu du fichier")
                }
                for difference in try expectation.differences(from: expected) {
                    log.add(
                        "expected", at: "\(place): \(difference.place)", difference.cause,
                        "corriger le pilote, ou le résultat attendu s'il est faux")
                }
            } catch let refusal as Refusal {
                log.add(refusal)
            } catch {
                log.add("expected", at: place, "\(error)", "corriger le fichier")
            }
        }
    }
}

/// What a driver makes of one of its transcripts: the decoded session, and under `reading` the laboratory values.
package struct TranscriptExpectation {
    let driver: Driver
    let bytes: [UInt8]
    package init(_ driver: Driver, _ bytes: [UInt8]) {
        self.driver = driver
        self.bytes = bytes
    }

    /// The text of an `*.expected.json`: the decoded session with a `reading` for each message. UTC, so that the file
    /// does not depend on where it is made.
    package func json() -> String {
        let session = SessionDecoder.decode(bytes: bytes, driver: driver)
        let readings = SessionDecoder.readings(in: bytes, driver: driver, zone: .utc)
        var json = JSONText()
        json.object { json in
            session.write(messagesTo: &json)
            json.list("readings") { json in
                for reading in readings { json.object { reading.write(to: &$0) } }
            }
        }
        return json.text + "\n"
    }

    struct Difference {
        var place: String
        var cause: String
    }

    func differences(from expected: JSONNode) throws -> [Difference] {
        comparison(expected, try JSONNode(json5: Array(json().utf8), at: ""))
    }

    func comparison(_ expected: JSONNode, _ actual: JSONNode) -> [Difference] {
        var found: [Difference] = []
        compare(expected, actual, at: "", &found)
        return found
    }

    private func compare(_ expected: JSONNode, _ actual: JSONNode, at place: String, _ found: inout [Difference]) {
        switch (expected, actual) {
        case (.object(let a), .object(let b)):
            for key in Set(a.keys).union(b.keys).sorted() {
                compare(a[key] ?? .null, b[key] ?? .null, at: place.isEmpty ? key : "\(place).\(key)", &found)
            }
        case (.list(let a), .list(let b)) where a.count == b.count:
            for i in a.indices { compare(a[i], b[i], at: "\(place)[\(i)]", &found) }
        case (.list(let a), .list(let b)):
            found.append(Difference(place: place, cause: "\(a.count) éléments attendus, \(b.count) trouvés"))
        case _ where expected == actual: break
        case _: found.append(Difference(place: place, cause: "\(words(expected)) attendu, \(words(actual)) trouvé"))
        }
    }

    private func words(_ node: JSONNode) -> String {
        switch node {
        case .text(let text): "« \(text) »"
        case .whole(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .null, .fraction, .list, .object: node.kind
        }
    }
}

extension Reading {
    /// Only what a driver decides, as texts: what a person can check by reading.
    func write(to json: inout JSONText) {
        json.list("observations") { json in for item in observations { json.object { item.write(to: &$0) } } }
        json.list("controls") { json in for item in controls { json.object { item.write(to: &$0) } } }
        json.list("queries") { json in
            for query in queries {
                json.object { json in
                    json.strings("accessions", query.accessions)
                    if !query.ranges.isEmpty {
                        json.strings("ranges", query.ranges.map { "\($0.first)…\($0.last)" })
                    }
                    if query.all { json.member("all", "true") }
                    if query.cancels { json.member("cancels", "true") }
                }
            }
        }
        json.strings("problems", problems.map(\.code))
    }
}

extension IncomingObservation {
    func write(to json: inout JSONText) {
        json.member("accession", accession)
        json.member("code", instrumentCode)
        json.member("analysis", analysis ?? "")
        switch value {
        case .measured(let number, let unit)?:
            json.member("value", number.text)
            json.member("unit", unit)
        case .coded(let code, let display)?:
            json.member("coded", code)
            json.member("display", display)
        case .text(let text)?: json.member("text", text)
        case .notPerformed(let reason)?: json.member("notPerformed", reason)
        case nil: json.member("unread", rawText)
        }
        json.member("status", status)
        let patient = [
            claimed.patientID, claimed.family, claimed.given, claimed.birthDate?.description, claimed.sex?.rawValue,
        ].compactMap { $0 }
        if !patient.isEmpty { json.strings("claimed", patient) }
        json.member("at", observedAt?.iso8601(in: .utc) ?? "")
        if !instrumentFlags.isEmpty { json.strings("flags", instrumentFlags) }
        if !unknownFlags.isEmpty { json.strings("unknownFlags", unknownFlags) }
        if !comments.isEmpty { json.strings("comments", comments) }
    }
}

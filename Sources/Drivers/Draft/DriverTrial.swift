package import Base
package import Laboratory

/// What a driver makes of one session, and what is missing for its results to reach their requests.
package struct DriverTrial: Sendable {
    package let session: DecodedSession
    /// One for each message.
    package let readings: [Reading]
    /// In French, each with the key of `driver.json5` it is about; codes `driver.missing.…`. None keeps the driver from
    /// loading: what is not mapped waits in triage, what is not understood is held.
    package let remarks: [Refusal]

    /// `zone` is the laboratory's.
    package init(_ bytes: [UInt8], driver: Driver, zone: CivilZone = .europeParis) {
        session = SessionDecoder.decode(bytes: bytes, driver: driver)
        readings = SessionDecoder.readings(in: bytes, driver: driver, zone: zone)
        remarks = Missing(driver.description, readings, session).remarks
    }
}

extension DriverLint {
    /// What is missing in a driver that loads, judged by its own transcripts; in French.
    package static func missing(in folder: DriverFolder) -> [Refusal] {
        let read = DriverDescription.read(folder.files["driver.json5"] ?? [], name: folder.name)
        guard let description = read.description else { return read.findings }
        let driver = Driver(description)
        let sessions = transcripts(of: folder).compactMap { folder.files[$0] }
        let readings = sessions.flatMap { SessionDecoder.readings(in: $0, driver: driver, zone: .utc) }
        var missing = Missing(description, readings, nil)
        missing.lookAtControls()
        return missing.remarks
    }
}

/// Looks for gaps.
private struct Missing {
    private(set) var remarks: [Refusal] = []
    let description: DriverDescription
    let readings: [Reading]

    private var results: [IncomingObservation] {
        readings.flatMap { $0.observations + $0.controls }.filter { $0.bringsIndicesAlone != true }
    }

    init(_ description: DriverDescription, _ readings: [Reading], _ session: DecodedSession?) {
        self.description = description
        self.readings = readings
        for reading in readings { remarks += reading.problems }
        if let session, session.messageCount == 0, session.problems.isEmpty {
            add("message", "protocol", "aucun message lu dans ces octets", "vérifier le protocole et la mise en trames")
        }
        lookAtDescription()
        lookAtResults()
    }

    private mutating func add(_ code: String, _ key: String, _ cause: String, _ remedy: String) {
        remarks.append(
            Refusal(
                "driver.missing.\(code)", at: "\(description.name)/driver.json5: \(key)", because: cause, remedy: remedy
            ))
    }

    private mutating func lookAtDescription() {
        if description.senders.isEmpty {
            add("sender", "senders", "l'automate n'est reconnu à aucun nom", "le choisir à la main, ou écrire senders")
        }
        if description.controls.isEmpty {
            add(
                "controls", "controls", "aucune règle : un contrôle passerait pour un tube de patient inconnu",
                "enregistrer une série de contrôles et dire à quoi ils se reconnaissent")
        }
        let asks = readings.contains { !$0.queries.isEmpty }
        if asks, description.orders?.isAnswering != true {
            add(
                "answer", "orders", "l'automate demande ses analyses et n'aurait pas de réponse",
                "écrire orders: { answers: true, … }")
        }
    }

    private mutating func lookAtResults() {
        let results = self.results
        if readings.allSatisfy({ $0.observations.isEmpty && $0.controls.isEmpty && $0.queries.isEmpty }) {
            add(
                "results", "value", "aucun résultat ni demande dans la session",
                "enregistrer une session avec résultats")
        }
        Missing.count(results.filter { $0.analysis == nil }.map(\.instrumentCode)) { code, number in
            add(
                "code", "codes.\(code)", "code sans analyse, \(number) résultat(s) : en instance",
                "ajouter \"\(code)\": { analysis: … } à codes, ou une condition à ignored")
        }
        Missing.count(results.compactMap { unknownUnit($0) }) { unit, number in
            let words = unit.isEmpty ? "aucune unité envoyée" : "unité « \(unit) » non décrite"
            add(
                "unit", "units", "\(words), \(number) résultat(s) retenus",
                unit.isEmpty ? "écrire assumedUnit au code" : "ajouter \"\(unit)\" à units")
        }
        Missing.count(results.flatMap(\.unknownFlags)) { flag, number in
            add(
                "flag", "flags", "drapeau « \(flag) » inconnu, \(number) résultat(s) retenus",
                "l'ajouter à flags.known avec sa signification, ou à flags.harmless s'il ne dit rien")
        }
        let unread = results.filter { item in
            item.value == nil && !item.rawText.isEmpty
                && !description.values.noResult.contains(item.rawText.lowercased())
        }
        Missing.count(unread.map(\.rawText)) { text, number in
            add(
                "value", "qualitative", "« \(text) » n'est pas une valeur, \(number) résultat(s) retenus",
                "l'ajouter à qualitative, ou à noResult")
        }
        Missing.count(results.map(\.status).filter { !["F", "C"].contains($0) }) { status, number in
            add(
                "status", "statuses", "statut « \(status) », \(number) résultat(s) : non définitifs",
                "le traduire dans statuses s'il veut dire définitif")
        }
        let homeless = results.filter(\.accession.isEmpty).count
        if homeless > 0 {
            add(
                "specimen", "specimen", "\(homeless) résultat(s) sans numéro de tube",
                "indiquer où il se trouve, par exemple specimen: \"O.4.1\"")
        }
        let timeless = results.filter { $0.observedAt == nil }.count
        if timeless > 0 {
            add(
                "time", "completed", "\(timeless) résultat(s) sans heure de mesure",
                "indiquer completed ; sinon l'heure est celle de la réception")
        }
    }

    mutating func lookAtControls() {
        if !description.controls.isEmpty, readings.allSatisfy(\.controls.isEmpty), !results.isEmpty {
            add(
                "controlTranscript", "controls",
                "aucune transcription ne montre un contrôle : la règle n'est pas prouvée",
                "ajouter une session de contrôle à transcripts")
        }
    }

    private func unknownUnit(_ item: IncomingObservation) -> String? {
        guard item.analysis != nil, case .measured(_, let unit)? = item.value,
            unit == Driver.unknownUnit(item.rawUnit)
        else { return nil }
        return item.rawUnit
    }

    /// Each text once, in the order met, with how often it came.
    private static func count(_ texts: [String], _ tell: (String, Int) -> Void) {
        var counts: [String: Int] = [:], order: [String] = []
        for text in texts {
            if counts[text] == nil { order.append(text) }
            counts[text, default: 0] += 1
        }
        for text in order { tell(text, counts[text] ?? 0) }
    }
}

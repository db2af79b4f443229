import Base
import Catalog
package import Laboratory
import Rules
package import Store

extension Desk {
    /// Takes one journalled message, as its driver read it: matched results become observations, the rest waits in
    /// triage, all in one transaction with the outcome of the message. Calling it again changes nothing: the outcome's
    /// key is the message. Of a message that was cut short nothing is taken, it waits as a whole; with `saved`,
    /// `reading` holds what stands before its last storage point (LIS2-A2): that is taken, and the message waits all
    /// the same.
    package func interpret(
        _ message: ReceivedMessage, reading: Reading, saved: Bool = false
    ) async throws(CommandFailure) -> MessageOutcome {
        try await attempt { () async throws(CommandFailure) -> MessageOutcome in
            if let done = try await ask({ () throws(StoreFailure) in try await store.outcome(messageID: message.id) }) {
                return done
            }
            if message.complete {
                let earlier = try await ask { () throws(StoreFailure) in
                    try await store.interpretedMessage(
                        analyzer: message.analyzer, textHash: message.textHash, excluding: message.id)
                }
                if let earlier, reading.queries.isEmpty {
                    return try await settle(
                        MessageOutcome(messageID: message.id, kind: .duplicate, at: now(), duplicateOf: earlier),
                        message, [])
                }
            }
            return try await take(message, reading, saved: saved)
        }
    }

    private func take(
        _ message: ReceivedMessage, _ reading: Reading, saved: Bool
    ) async throws(CommandFailure) -> MessageOutcome {
        var facts = [Fact]()
        var outcome = MessageOutcome(
            messageID: message.id, kind: .interpreted, at: now(), queries: reading.queries.count)
        if !message.complete || !reading.problems.isEmpty {
            facts.append(.triage(wholeMessage(message, reading)))
            outcome.kind = .triaged
            outcome.triaged = 1
            guard saved else { return try await settle(outcome, message, facts) }
        }
        var files = OpenFiles()
        for incoming in reading.observations {
            switch try await match(incoming, message, &files) {
            case .taken: outcome.observations += 1
            case .triage(let entry):
                facts.append(.triage(entry))
                outcome.triaged += 1
            case .repeated: outcome.repeated = (outcome.repeated ?? 0) + 1
            case .told: outcome.indices = (outcome.indices ?? 0) + 1
            }
        }
        try await tellIndices(ofNothingTaken: reading.observations, in: message, &files)
        facts += try await judge(files)
        for (rank, what) in reading.leftOver.enumerated() {
            facts.append(.triage(leftOver(what, rank, message)))
            outcome.triaged += 1
        }
        for control in reading.controls {
            facts.append(.control(self.control(control, message, at: outcome.at)))
            outcome.controls += 1
        }
        for entry in try await unknownControls(reading.controls, message) {
            facts.append(.triage(entry))
            outcome.triaged += 1
        }
        return try await settle(outcome, message, facts)
    }

    private func settle(
        _ outcome: MessageOutcome, _ message: ReceivedMessage, _ facts: [Fact]
    ) async throws(CommandFailure) -> MessageOutcome {
        let note = AuditNote(
            site: message.site, author: "analyzer:\(message.analyzer)", action: "message.\(outcome.kind.rawValue)",
            subject: message.id, at: outcome.at)
        try await ask { () throws(StoreFailure) in try await store.append(facts + [.outcome(outcome)], note: note) }
        for case .control(let control) in facts {
            quality.forget(site: control.site, analyzer: control.analyzer, analysis: control.analysis)
        }
        await afterArrival(facts)
        return outcome
    }

    /// What follows of results once they are durable.
    func afterArrival(_ facts: [Fact]) async {
        await followPatients(facts)
        await releaseUnderApproval(facts)
    }

    private func wholeMessage(_ message: ReceivedMessage, _ reading: Reading) -> TriageEntry {
        TriageEntry(
            id: freshID(), site: message.site, analyzer: message.analyzer, messageID: message.id, ordinal: -1,
            reason: message.complete ? .unreadableMessage : .incompleteMessage,
            explanation: message.complete
                ? reading.problems.map(\.description).joined(separator: " ; ")
                : "la session s'est arrêtée avant la fin du message → l'automate le renverra ; sinon relancer l'envoi",
            at: now())
    }

    /// Ordinals below −1 are those of what was left over, so that each waits once.
    private func leftOver(_ what: Refusal, _ rank: Int, _ message: ReceivedMessage) -> TriageEntry {
        TriageEntry(
            id: freshID(), site: message.site, analyzer: message.analyzer, messageID: message.id, ordinal: -2 - rank,
            reason: .unreadableMessage, explanation: what.description, at: now())
    }

    enum Match {
        /// It waits in its file to be judged with what comes beside it.
        case taken
        case triage(TriageEntry)
        /// The analyzer sends a result again that stands already: nothing new.
        case repeated
        /// Indices of the serum without a result: its tube is judged with them.
        case told
    }

    func match(
        _ incoming: IncomingObservation, _ message: ReceivedMessage, _ files: inout OpenFiles
    ) async throws(CommandFailure) -> Match {
        func wait(_ reason: TriageEntry.Reason, _ explanation: String) -> Match {
            .triage(
                TriageEntry(
                    id: freshID(), site: message.site, analyzer: message.analyzer, messageID: message.id,
                    ordinal: incoming.ordinal, reason: reason, explanation: explanation, incoming: incoming, at: now()))
        }
        if incoming.bringsIndicesAlone == true {
            if files.request(of: incoming.accession) == nil { try await open(incoming.accession, &files) }
            guard let request = files.request(of: incoming.accession) ?? nil, let file = files[request] else {
                return wait(
                    .unknownSpecimen,
                    "indices du sérum (\(incoming.rawText)) d'un tube inconnu → rejouer quand il existe, ou écarter")
            }
            guard incoming.claimed.contradictions(with: file.patient).isEmpty else {
                return wait(
                    .identityMismatch,
                    "indices du sérum (\(incoming.rawText)) d'un tube dont l'automate contredit l'identité → "
                        + "vérifier le tube, faire mesurer de nouveau, puis écarter avec un motif")
            }
            files.tell(incoming, in: message)
            return .told
        }
        guard let code = incoming.analysis, catalogue[code] != nil else {
            return wait(
                .unmappedCode,
                "code « \(incoming.instrumentCode) » sans analyse du catalogue → l'ajouter au pilote, puis rejouer")
        }
        if files.request(of: incoming.accession) == nil { try await open(incoming.accession, &files) }
        guard let request = files.request(of: incoming.accession) ?? nil, var file = files[request] else {
            return wait(.unknownSpecimen, "aucun tube de ce numéro → rattacher au bon tube, ou écarter avec un motif")
        }
        guard file.request.lines.contains(where: { $0.analysis == code }) else {
            return wait(
                .unrequestedAnalysis,
                "\(code) n'est pas demandée pour ce tube → l'ajouter (request change --add) et rejouer, ou écarter")
        }
        if file.known(code).contains(where: { $0.isSame(as: incoming, in: message) }) { return .repeated }
        file.take(arrival(incoming, message, code, file))
        files[request] = file
        return .taken
    }

    /// A result as it came, not judged yet.
    private func arrival(
        _ incoming: IncomingObservation, _ message: ReceivedMessage, _ code: String, _ file: OpenFile
    ) -> Arrival {
        let observation = Observation(
            id: freshID(), site: file.request.site, requestID: file.request.id, patientID: file.patient.id,
            accession: incoming.accession, analysis: code, catalogueVersion: catalogue.version.text,
            value: incoming.value ?? .text(incoming.rawText), rawText: incoming.rawText,
            instrumentFlags: incoming.instrumentFlags + incoming.unknownFlags,
            origin: Origin(analyzer: message.analyzer, messageID: message.id, ordinal: incoming.ordinal),
            observedAt: incoming.observedAt ?? message.at, recordedAt: now())
        var facts = ResultFacts(
            id: observation.id, analysis: code, value: incoming.value, rawText: incoming.rawText,
            flags: incoming.instrumentFlags.filter { !incoming.unknownFlags.contains($0) },
            unknownFlags: incoming.unknownFlags, status: incoming.status, observedAt: observation.observedAt,
            analyzer: message.analyzer)
        if let dilution = incoming.dilution {
            facts.dilution =
                dilution.factor.map { .made(factor: $0, multiplied: dilution.isMultiplied) } ?? .unknownFactor
        }
        if let sent = incoming.indices { facts.indices = SerumIndices(sent) }
        return Arrival(
            observation: observation, facts: facts, contradictions: incoming.claimed.contradictions(with: file.patient))
    }

    /// The file of a tube, once.
    private func open(_ accession: String, _ files: inout OpenFiles) async throws(CommandFailure) {
        guard !accession.isEmpty,
            let specimen = try await ask({ () throws(StoreFailure) in try await store.specimen(accession) })
        else { return files.note(accession, nil) }
        if files[specimen.requestID] == nil {
            let request = try await ask { () throws(StoreFailure) in try await store.request(specimen.requestID) }
            guard let request else { return files.note(accession, nil) }
            files[specimen.requestID] = try await open(request)
        }
        files.note(accession, specimen.requestID)
    }

    func control(
        _ incoming: IncomingObservation, _ message: ReceivedMessage, at recordedAt: Instant
    ) -> ControlObservation {
        ControlObservation(
            id: freshID(), site: message.site, analyzer: message.analyzer, messageID: message.id,
            ordinal: incoming.ordinal, material: incoming.accession, instrumentCode: incoming.instrumentCode,
            analysis: incoming.analysis, value: incoming.value, rawText: incoming.rawText,
            observedAt: incoming.observedAt ?? message.at, recordedAt: recordedAt)
    }

    // Triage

    /// Attaches a result in triage to a tube: an observation like any other, and the entry is closed.
    package func attach(
        _ triageID: String, to accession: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> Observation {
        try allow(author, .resolveTriage)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> Observation in
            let entry = try await openTriage(triageID, author)
            guard entry.reason != .unknownControl else {
                throw .refused(
                    Refusal(
                        "triage.control", at: triageID, because: "c'est un contrôle : il ne va dans aucun dossier",
                        remedy: "le déclarer (paillasse qc target) puis rejouer, ou l'écarter avec un motif"))
            }
            guard entry.incoming?.bringsIndicesAlone != true else {
                throw .refused(
                    Refusal(
                        "triage.indices", at: triageID,
                        because: "ce sont des indices du sérum sans résultat : ils ne sont que du tube qu'ils nomment",
                        remedy: "rejouer le message quand ce tube existe, ou les faire mesurer de nouveau et l'écarter")
                )
            }
            guard var incoming = entry.incoming else {
                throw .refused(
                    Refusal(
                        "triage.whole", at: triageID, because: "ce n'est pas un résultat qui puisse être rattaché",
                        remedy: "l'écarter avec un motif et faire renvoyer l'automate"))
            }
            let found = try await ask { () throws(StoreFailure) in try await store.message(entry.messageID) }
            guard let message = found else { throw missing("message.unknown", "message", entry.messageID) }
            incoming.accession = accession
            var files = OpenFiles()
            guard case .taken = try await match(incoming, message, &files),
                let observation = files.all.first?.arrivals.first?.observation, author.reaches(observation.site)
            else {
                throw .refused(
                    Refusal(
                        "triage.nomatch", at: accession,
                        because: "ce tube n'existe pas, ou l'analyse n'y est pas demandée",
                        remedy: "ajouter l'analyse à la demande ou choisir un autre tube"))
            }
            let at = now()
            let resolution = TriageResolution(
                triageID: triageID, kind: .attached, author: author.login, at: at, reason: reason)
            let facts = try await judge(files)
            try await ask { () throws(StoreFailure) in
                try await store.append(
                    facts + [.triageResolution(resolution)], note: note(author, "triage.attach", triageID, at))
            }
            await afterArrival(facts)
            return facts.observation(observation.id) ?? observation
        }
    }

    /// Closes a triage entry without a result.
    package func dismiss(_ triageID: String, reason: String, by author: Author) async throws(CommandFailure) {
        try allow(author, .resolveTriage)
        try needReason(reason)
        _ = try await openTriage(triageID, author)
        let at = now()
        let resolution = TriageResolution(
            triageID: triageID, kind: .dismissed, author: author.login, at: at, reason: reason)
        try await ask { () throws(StoreFailure) in
            try await store.append([.triageResolution(resolution)], note: note(author, "triage.dismiss", triageID, at))
        }
    }

    /// An open entry that this author may close.
    package func openTriage(_ id: String, _ author: Author) async throws(CommandFailure) -> TriageEntry {
        let found = try await ask { () throws(StoreFailure) in try await store.triageEntry(id) }
        guard let entry = found, author.reaches(entry.site) else {
            throw missing("triage.unknown", "entrée de triage", id)
        }
        if let done = try await ask({ () throws(StoreFailure) in try await store.triageResolution(id) }) {
            throw .refused(
                Refusal(
                    "triage.closed", at: id, because: "déjà close par \(done.author)", remedy: "rafraîchir la liste"))
        }
        return entry
    }

    package func needReason(_ reason: String) throws(CommandFailure) {
        guard reason.saysSomething else {
            throw .refused(
                Refusal(
                    "reason.missing", at: "reason",
                    because: reason.allSatisfy(\.isWhitespace)
                        ? "un motif est obligatoire" : "ce motif ne dit rien à qui le lira",
                    remedy: "dire pourquoi, en quelques mots : ce qui s'est passé, ce qui fut vérifié"))
        }
    }
}

extension OpenFiles {
    mutating func tell(_ incoming: IncomingObservation, in message: ReceivedMessage) {
        guard let indices = incoming.indices, !indices.isEmpty,
            let request = request(of: incoming.accession) ?? nil, var file = self[request]
        else { return }
        file.tell(
            ToldIndices(
                accession: incoming.accession, analyzer: message.analyzer, messageID: message.id,
                ordinal: incoming.ordinal, indices: indices, at: incoming.observedAt ?? message.at))
        self[request] = file
    }
}

extension Desk {
    /// Indices that came with results of which none was taken, since they stand already or wait in triage, are of
    /// their tube all the same.
    private func tellIndices(
        ofNothingTaken all: [IncomingObservation], in message: ReceivedMessage, _ files: inout OpenFiles
    ) async throws(CommandFailure) {
        let taken = Set(files.all.flatMap(\.arrivals).map(\.observation.accession))
        for one in all where one.bringsIndicesAlone != true && !taken.contains(one.accession) {
            guard let indices = one.indices, !indices.isEmpty else { continue }
            if files.request(of: one.accession) == nil { try await open(one.accession, &files) }
            guard let request = files.request(of: one.accession) ?? nil, let file = files[request],
                one.claimed.contradictions(with: file.patient).isEmpty
            else { continue }
            files.tell(one, in: message)
        }
    }
}

extension [Fact] {
    /// The observation of this identifier among them.
    func observation(_ id: String) -> Observation? {
        for case .observation(let observation) in self where observation.id == id { return observation }
        return nil
    }
}

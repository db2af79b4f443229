package import Base
package import LIS2
package import Laboratory

/// A description put to work: what it makes of a LIS2-A2 message.
package struct Driver: Sendable, Hashable {
    package let description: DriverDescription
    package var name: String { description.name }

    package init(_ description: DriverDescription) { self.description = description }

    package func charset(for message: LISMessage) -> LISCharset {
        description.charset ?? LISCharset.sniff(message.bytes)
    }

    /// The sender name (H.5) is one this driver names.
    package func recognises(_ message: LISMessage) -> Bool { recognition(message) > 0 }

    /// How much of the sender name the driver names: the length of the longest text of `senders` that it begins with
    /// or, for one that begins with a component delimiter (`^GeneXpert^`), that it holds; 0 for none.
    func recognition(_ message: LISMessage) -> Int {
        guard description.dialect != .hl7, let header = message.header else { return 0 }
        let sender = trimmed(charset(for: message).decoded(header.field(5).raw))
        return recognition(sender: sender)
    }

    func recognition(sender: String) -> Int {
        description.senders.filter { $0.hasPrefix("^") ? sender.contains($0) : sender.hasPrefix($0) }
            .map(\.utf8.count).max() ?? 0
    }

    /// What the message says. `zone` is the laboratory's: analyzers send wall-clock times.
    /// A message that cannot be trusted as a whole (no H, cut short) has `problems`, and nothing else.
    package func read(_ message: LISMessage, zone: CivilZone = .europeParis) -> Reading {
        let problems = self.problems(message)
        guard problems.isEmpty else { return Reading(problems: problems) }
        var reading = Reading()
        var context = RecordContext(message, charset: charset(for: message))
        let tree = message.tree
        var ordinal = 0
        var results = message.results.makeIterator()
        let notResults = description.ignored + description.orderFlags
        for patient in tree.patients {
            context.patient = patient.record.map { message.record($0) }
            let claimed = self.claimed(context)
            for order in patient.orders {
                context.order = order.record.map { message.record($0) }
                context.observed = nil
                context.typed = nil
                let flags = orderFlags(order, message, context)
                for observed in order.results {
                    context.observed = message.record(observed.record)
                    context.typed = typed(observed.record, message, &results)
                    let rank = ordinal
                    ordinal += 1
                    if notResults.contains(where: { $0.holds(context) }) { continue }
                    let isControl = description.controls.contains { $0.holds(context) }
                    let comments = observed.attached.map { message.record($0) }.filter { $0.kind == .comment }
                        .map { context.with(comment: $0) }
                    var observation = observation(context, comments: comments, ordinal: rank, zone: zone)
                    sort(flags, into: &observation)
                    if isControl {
                        reading.controls.append(observation)
                    } else {
                        observation.claimed = claimed
                        reading.observations.append(observation)
                    }
                }
            }
        }
        reading.queries = tree.queries.map { query(message.record($0), context.charset) }
        reading.leftOver = leftOver(message, tree, results: ordinal)
        return tellingIndices(reading)
    }

    /// The tree and the walk go through the records in the same order; the walk also stops at results without an order.
    private func typed(
        _ record: Int, _ message: LISMessage, _ results: inout LISResults.Iterator
    ) -> (message: LISMessage, result: LISResult)? {
        while let result = results.next(), result.record <= record {
            if result.record == record { return (message, result) }
        }
        return nil
    }

    /// Records of no known type or without their parent, and orders that came back without any result: nothing that was
    /// received goes unseen.
    private func leftOver(_ message: LISMessage, _ tree: LISTree, results: Int) -> [Refusal] {
        var out = tree.stray.map { number in
            Refusal(
                "record.stray", at: "enregistrement \(number + 1) (\(message.record(number).kind))",
                because: "enregistrement de type inconnu, ou sans celui dont il dépend",
                remedy: "lire le message, puis corriger le pilote ou faire renvoyer l'automate")
        }
        if results == 0, tree.queries.isEmpty, tree.patients.contains(where: { !$0.orders.isEmpty }) {
            out.append(
                Refusal(
                    "message.noResult", because: "l'automate rend des demandes sans aucun résultat",
                    remedy: "voir l'automate : analyse impossible ou non faite"))
        }
        return out
    }

    /// What the order's own comments and its suspect messages say of all its results.
    private func orderFlags(_ order: LISTree.Order, _ message: LISMessage, _ start: RecordContext) -> [String] {
        var context = start, flags: [String] = []
        if let comments = description.flags.comments {
            for number in order.attached {
                context.comment = message.record(number)
                guard context.comment?.kind == .comment else { continue }
                if comments.conditions.allSatisfy({ $0.holds(context) }) {
                    flags += split(comments.path.text(context), comments.separator)
                }
            }
            context.comment = nil
        }
        guard !description.orderFlags.isEmpty else { return flags }
        for observed in order.results {
            context.observed = message.record(observed.record)
            if description.orderFlags.contains(where: { $0.holds(context) }) {
                flags.append(description.paths.code.text(context))
            }
        }
        return flags
    }

    private func problems(_ message: LISMessage) -> [Refusal] {
        guard description.dialect != .hl7 else {
            return [
                Refusal(
                    "message.dialect", because: "le pilote \(name) lit du HL7 v2, le message est du LIS2-A2",
                    remedy: "changer le pilote de cet automate, ou le mode de sa liaison")
            ]
        }
        guard message.header != nil else {
            return [
                Refusal(
                    "message.noHeader", because: "le message ne commence pas par un enregistrement H",
                    remedy: "vérifier la liaison, puis demander à l'automate de renvoyer le message")
            ]
        }
        guard let terminator = message.terminator else {
            return description.isTerminatorOptional
                ? []
                : [
                    Refusal(
                        "message.incomplete", because: "le message n'a pas d'enregistrement L : il a pu être coupé",
                        remedy: "demander à l'automate de renvoyer le message")
                ]
        }
        // L.3: T sender aborted, R receiver requested abort, E unknown error (LIS2-A2 section 12).
        let code = trimmed(terminator.text(3))
        guard ["T", "R", "E"].contains(code), message.records(.query).isEmpty else { return [] }
        return [
            Refusal(
                "message.aborted", at: "L.3", because: "l'automate dit avoir interrompu le message (« \(code) »)",
                remedy: "demander à l'automate de renvoyer le message")
        ]
    }

    func claimed(_ context: RecordContext) -> ClaimedIdentity {
        func text(_ choice: FieldChoice) -> String? {
            let text = choice.text(context)
            return text.isEmpty ? nil : text
        }
        let paths = description.identity
        return ClaimedIdentity(
            patientID: text(paths.patientID), family: text(paths.family), given: text(paths.given),
            birthDate: text(paths.birthDate).flatMap { CivilDate($0) },
            sex: text(paths.sex).flatMap { sex($0) })
    }

    /// Letters of LIS2-A2 section 7.9 and HL7 table 0001; Mindray writes the word.
    private func sex(_ text: String) -> AdministrativeSex? {
        let text = text.uppercased()
        return AdministrativeSex(rawValue: text == "FEMALE" ? "F" : text == "MALE" ? "M" : text)
    }

    private func query(_ record: LISRecord, _ charset: LISCharset) -> HostQuery {
        var query = HostQuery(accessions: [], cancels: trimmed(record.text(13)) == "A")
        let starts = record.field(3).repeats.map { specimen(asked: $0, charset) }
        let ends = record.field(4).repeats.map { specimen(asked: $0, charset) }
        for (rank, start) in starts.enumerated() {
            let end = rank < ends.count ? ends[rank] : ""
            if description.query.all.contains(start) {
                query.all = true
            } else if !start.isEmpty, !end.isEmpty, end != start {
                query.ranges.append(AccessionRange(first: start, last: end))
            } else if !start.isEmpty {
                query.accessions.append(start)
            }
        }
        if query.accessions.isEmpty, query.ranges.isEmpty, !query.cancels { query.all = true }
        return query
    }

    /// The specimen that one repeat of Q.3 or Q.4 names; empty when it names none.
    private func specimen(asked: LISField, _ charset: LISCharset) -> String {
        description.query.components
            .lazy.map { trimmed(($0 == 0 ? asked : asked.component($0)).text(charset)) }
            .first { !$0.isEmpty } ?? ""
    }
}

extension LISCharset {
    /// The characters of raw bytes, escapes left as they are.
    func decoded(_ bytes: ArraySlice<UInt8>) -> String { bytes.withUnsafeBufferPointer { decode($0) } }
}

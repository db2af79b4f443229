package import Base
package import HL7v2
package import Laboratory

/// What goes back to an HL7 v2 analyzer: messages in the order in which they are sent, each in its own MLLP block.
package struct HL7Orders: Sendable, Hashable {
    package var messages: [[UInt8]]
    /// The tube whose work each of them holds; nil for a response, and for one that says that there is none.
    package var tubes: [String?]
    /// Analyses for which the driver has no code: `accession` → codes of the catalogue.
    package var unknown: [String: [String]]
}

/// The analyzer manager's side of IHE LAW (LAB-27 query, LAB-28 broadcast of work), in HL7 v2.5.1.
extension Driver {
    /// Answers QBP^Q11: RSP^K11, then one OML^O33 with the work of each specimen asked for; for a specimen without
    /// work, OML^O33 with ORC-1 = DC (IHE LAW assertions LAB27-002 to -004). Nil when the driver takes no answers.
    /// `controlID` is new for each call; the messages number on from it.
    package func answer(
        _ orders: [SpecimenOrder], toHL7 query: ReceivedMessage, controlID: String, at now: Instant,
        zone: CivilZone = .europeParis
    ) throws(Refusal) -> HL7Orders? {
        guard description.orders?.isAnswering == true, query.kind.code == "QBP" else { return nil }
        let asked = read(hl7: query, zone: zone).queries.first ?? HostQuery(accessions: [])
        let wanted = asked.all ? orders : orders.filter { asked.accessions.contains($0.accession) }
        var out = HL7Orders(messages: [], tubes: [nil], unknown: [:])
        let response = Message(
            segments: [
                header("RSP", "K11", "RSP_K11", "LAB-27", controlID, now, zone),
                Segment("MSA", [1: "AA", 2: Field(query.controlID)]),
                Segment("QAK", [1: Field(query.value("QPD", 2)), 2: "OK", 3: query.first("QPD")?.field(1) ?? .empty]),
            ] + query.message.segments.filter { $0.name == "QPD" })
        out.messages.append(try response.bytes())
        var found: Set<String> = []
        for order in wanted {
            let id = "\(controlID).\(out.messages.count)"
            guard let bytes = try broadcast(order, .new, id, now, zone, &out.unknown) else { continue }
            found.insert(order.accession)
            out.messages.append(bytes)
            out.tubes.append(order.accession)
        }
        for accession in asked.accessions where !found.contains(accession) {
            let id = "\(controlID).\(out.messages.count)"
            let none = Message(
                segments: [
                    header("OML", "O33", "OML_O33", "LAB-28", id, now, zone), specimen(accession), container(accession),
                    Segment("ORC", [1: "DC", 9: Field(time(now, zone))]),
                ])
            out.messages.append(try none.bytes())
            out.tubes.append(nil)
        }
        return out
    }

    /// The same for the bytes of a query.
    package func answer(
        _ orders: [SpecimenOrder], toHL7 query: [UInt8], controlID: String, at now: Instant, zone: CivilZone
    ) throws(Refusal) -> HL7Orders? {
        try answer(orders, toHL7: try ReceivedMessage(query), controlID: controlID, at: now, zone: zone)
    }

    /// Work that the analyzer did not ask for: one OML^O33 for each specimen. Nil when the driver takes none.
    package func download(
        _ orders: [SpecimenOrder], controlID: String, at now: Instant, zone: CivilZone = .europeParis
    ) throws(Refusal) -> HL7Orders? {
        guard description.dialect == .hl7, description.orders?.isDownloading == true else { return nil }
        var out = HL7Orders(messages: [], tubes: [], unknown: [:])
        for order in orders {
            let id = "\(controlID).\(out.messages.count + 1)"
            guard let bytes = try broadcast(order, .new, id, now, zone, &out.unknown) else { continue }
            out.messages.append(bytes)
            out.tubes.append(order.accession)
        }
        return out
    }

    /// One order that the analyzer did not ask for, under this MSH-10. Nil when the driver takes none of this kind;
    /// without messages when it knows no code.
    package func download(
        _ order: SpecimenOrder, action: OrderAction, controlID: String, at now: Instant,
        zone: CivilZone = .europeParis
    ) throws(Refusal) -> HL7Orders? {
        guard description.dialect == .hl7, takes(action) else { return nil }
        var out = HL7Orders(messages: [], tubes: [], unknown: [:])
        if let bytes = try broadcast(order, action, controlID, now, zone, &out.unknown) {
            out.messages.append(bytes)
            out.tubes.append(order.accession)
        }
        return out
    }

    /// SPM, SAC, then ORC, TQ1 and OBR for each test (HL7 v2.5.1 section 4.4.8; IHE LAW, LAB-28). Nil when the driver
    /// knows no code for any of them.
    private func broadcast(
        _ order: SpecimenOrder, _ action: OrderAction, _ controlID: String, _ now: Instant, _ zone: CivilZone,
        _ unknown: inout [String: [String]]
    ) throws(Refusal) -> [UInt8]? {
        var codes: [String] = []
        for analysis in order.analyses {
            guard let code = orderCode(for: analysis) else {
                unknown[order.accession, default: []].append(analysis)
                continue
            }
            if !codes.contains(code) { codes.append(code) }
        }
        guard let writing = description.orders, !codes.isEmpty else { return nil }
        var segments = [header("OML", "O33", "OML_O33", "LAB-28", controlID, now, zone)]
        if writing.sendsIdentity { segments.append(patient(order)) }
        segments += [specimen(order.accession), container(order.accession)]
        for code in codes {
            let work = "\(order.accession)-\(code)"
            segments += [
                Segment(
                    "ORC",
                    [1: Field(control(action, writing)), 2: Field(work), 9: Field(time(order.requestedAt, zone))]),
                Segment("TQ1", [9: Field(order.priority.rawValue)]),
                Segment("OBR", [2: Field(work), 4: field(writing.test.replacing("{code}", with: code))]),
            ]
        }
        return try Message(segments: segments).bytes()
    }

    /// ORC-1 (HL7 table 0119): NW for new work, on a known specimen as well; CA to take it back.
    private func control(_ action: OrderAction, _ writing: OrderWriting) -> String {
        if let code = writing.actions[action.rawValue] { return code }
        switch action {
        case .new, .add: return "NW"
        case .cancel: return "CA"
        }
    }

    private func header(
        _ code: String, _ event: String, _ structure: String, _ transaction: String, _ controlID: String,
        _ now: Instant, _ zone: CivilZone
    ) -> Segment {
        Segment(
            "MSH",
            [
                3: "Paillasse", 5: Field(description.orders?.receiver ?? ""), 7: Field(time(now, zone)),
                9: Field(repetitions: [[Component(code), Component(event), Component(structure)]]),
                10: Field(controlID), 11: "P", 12: "2.5.1", 15: "NE", 16: "AL", 18: "UNICODE UTF-8",
                21: .components(Component(transaction), "IHE"),
            ])
    }
    private func specimen(_ accession: String) -> Segment { Segment("SPM", [1: "1", 2: Field(accession), 11: "P"]) }
    private func container(_ accession: String) -> Segment { Segment("SAC", [3: Field(accession)]) }

    private func patient(_ order: SpecimenOrder) -> Segment {
        let traits = order.patient.traits
        return Segment(
            "PID",
            [
                3: Field(order.patient.ipp),
                5: Field(repetitions: [[Component(traits.birthName), Component(traits.firstGivenName)]]),
                7: Field(traits.birthDate.compact), 8: Field(traits.sex.rawValue),
            ])
    }
    private func time(_ instant: Instant, _ zone: CivilZone) -> String { instant.hl7(in: zone) }

    /// A template's `^` are component delimiters.
    private func field(_ text: String) -> Field {
        Field(
            repetitions: [
                text.split(separator: "^", omittingEmptySubsequences: false).map { Component(String($0)) }
            ])
    }
}

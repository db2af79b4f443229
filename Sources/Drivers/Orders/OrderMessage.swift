package import Base
import LIS2
package import Laboratory

/// A message to the analyzer, and what of the orders it could not say.
package struct OrderMessage: Sendable, Hashable {
    package var bytes: [UInt8]
    /// Analyses for which the driver has no code: `accession` → codes of the catalogue.
    package var unknown: [String: [String]]
}

extension Driver {
    /// Why the message is written; it decides the report type (O.26) and what an empty one says.
    package enum OrderPurpose: Sendable, Hashable {
        /// The analyzer asked (LIS2-A2 section 11).
        case answer
        /// Unasked, for a model that takes a worklist.
        case download
    }

    /// What an order asks of the analyzer; it decides the action code (O.12, section 8.12) and ORC-1.
    package enum OrderAction: String, Sendable, Hashable, CaseIterable {
        /// Work on a specimen that the analyzer does not know yet.
        case new
        /// More work on one that it knows.
        case add
        /// Work that is not wanted any more.
        case cancel
    }

    /// The model can be told this without asking for it.
    package func takes(_ action: OrderAction) -> Bool {
        description.orders.map { $0.isDownloading && $0.actions[action.rawValue] != "" } ?? false
    }

    /// Analyses of the catalogue that this model can be ordered.
    package var orderedAnalyses: Set<String> {
        Set(description.codes.values.filter(\.isOrdered).map(\.analysis))
    }

    /// The instrument's code by which an analysis is ordered; nil when the driver knows none.
    package func orderCode(for analysis: String) -> String? {
        let found = description.codes.first { $0.value.analysis == analysis && $0.value.isOrdered }
        return found.map { $0.value.orderedAs ?? $0.key }
    }

    /// The messages that answer a query, none when the model takes no answer: what is left to do on the specimens it
    /// asked for, or "no information".
    package func answer(
        _ orders: [SpecimenOrder], to query: HostQuery, at now: Instant, zone: CivilZone = .europeParis
    ) -> [[UInt8]] {
        let asked = orders.filter { query.covers($0.accession) }
        return self.orders(for: asked, purpose: .answer, at: now, zone: zone).map { [$0.bytes] } ?? []
    }

    /// The message for these specimens: H, P and O for each, L. Nil when the driver does not write orders for this
    /// purpose. An answer without anything to measure is H and `L|1|I` (no information, LIS2-A2 section 12).
    package func orders(
        for orders: [SpecimenOrder], purpose: OrderPurpose, action: OrderAction = .new, at now: Instant,
        zone: CivilZone = .europeParis
    ) -> OrderMessage? {
        guard description.dialect == .lis2, let writing = description.orders else { return nil }
        switch purpose {
        case .answer: if !writing.isAnswering { return nil }
        case .download: if !takes(action) { return nil }
        }
        var message = OrderMessage(bytes: [], unknown: [:])
        var writer = LISWriter(charset: description.charset ?? .latin1)
        writer.header(headerFields(writing, time(now, zone)))
        var patients = 0
        for order in orders {
            let codes = order.analyses.map { ($0, orderCode(for: $0)) }
            let unknown = codes.filter { $0.1 == nil }.map(\.0)
            if !unknown.isEmpty { message.unknown[order.accession, default: []] += unknown }
            // One assay may give several analyses: it is ordered once.
            var known: [String] = []
            for case let code? in codes.map(\.1) where !known.contains(code) { known.append(code) }
            guard !known.isEmpty else { continue }
            patients += 1
            writer.record(.patient, patientFields(patients, order, writing))
            let groups = writing.isOneTestPerOrder ? known.map { [$0] } : [known]
            for (i, group) in groups.enumerated() {
                let report = purpose == .answer ? writing.reportOfAnswer : writing.reportOfDownload
                writer.record(
                    .order, orderFields(i + 1, order, group, writing, action, report: report, zone))
            }
        }
        if patients == 0, purpose == .download { return OrderMessage(bytes: [], unknown: message.unknown) }
        writer.terminator(patients == 0 ? "I" : writing.terminator)
        message.bytes = writer.bytes
        return message
    }

    private func time(_ instant: Instant, _ zone: CivilZone) -> String { String(instant.hl7(in: zone).prefix(14)) }

    /// Fields 3 … 14 of H (section 6): receiver in 10, P in 12, version in 13, time in 14.
    private func headerFields(_ writing: OrderWriting, _ now: String) -> [LISValue] {
        var fields: [Int: LISValue] = [
            5: .text("Paillasse"), 10: .text(writing.receiver), 12: "P", 13: "LIS2-A2", 14: .text(now),
        ]
        for (number, text) in writing.header { fields[number] = .raw(Array(text.utf8)) }
        return Driver.list(fields, from: 3)
    }

    /// Section 7: laboratory's patient number, name, birth date, sex.
    private func patientFields(_ rank: Int, _ order: SpecimenOrder, _ writing: OrderWriting) -> [LISValue] {
        var fields: [Int: LISValue] = [2: LISValue(rank)]
        if writing.sendsIdentity {
            let traits = order.patient.traits
            fields[4] = .text(order.patient.ipp)
            fields[6] = .components([traits.birthName, traits.firstGivenName])
            fields[8] = .text(traits.birthDate.compact)
            fields[9] = .text(traits.sex.rawValue)
        }
        return Driver.list(fields, from: 2)
    }

    /// Section 8: specimen in 3, tests in 5, priority in 6, requested in 7, collected in 8, action in 12, report type
    /// in 26; the driver's own fields over these.
    private func orderFields(
        _ rank: Int, _ order: SpecimenOrder, _ codes: [String], _ writing: OrderWriting, _ action: OrderAction,
        report: String, _ zone: CivilZone
    ) -> [LISValue] {
        let requested = time(order.requestedAt, zone)
        let collected = order.collectedAt.map { time($0, zone) } ?? ""
        var fields: [Int: LISValue] = [
            2: LISValue(rank), 3: .text(order.accession), 6: .text(order.priority.rawValue), 7: .text(requested),
            8: .text(collected), 12: "A", 26: .raw(Array(report.utf8)),
        ]
        fields[5] = .raw(tests(codes, writing))
        for (number, text) in writing.order {
            let filled = text.replacing("{specimen}", with: order.accession)
                .replacing("{priority}", with: order.priority.rawValue).replacing("{requested}", with: requested)
                .replacing("{collected}", with: collected)
            fields[number] = .raw(Array(filled.utf8))
        }
        // How a new order is written is the model's own business; an add-on and a cancel have a code of the standard.
        switch action {
        case .new: if let code = writing.actions["new"] { fields[12] = .text(code) }
        case .add: fields[12] = .text(writing.actions["add"] ?? "A")
        case .cancel: fields[12] = .text(writing.actions["cancel"] ?? "C")
        }
        return Driver.list(fields, from: 2)
    }

    /// `^^^{code}` for each test, joined by the repeat delimiter; delimiters of the template stand for themselves.
    private func tests(_ codes: [String], _ writing: OrderWriting) -> [UInt8] {
        Array(codes.map { writing.test.replacing("{code}", with: $0) }.joined(separator: "\\").utf8)
    }

    /// Fields by number as the writer wants them: in order, gaps empty, none behind the last.
    private static func list(_ fields: [Int: LISValue], from first: Int) -> [LISValue] {
        let last = fields.keys.max() ?? first
        guard first <= last else { return [] }
        return (first...last).map { fields[$0] ?? .empty }
    }
}

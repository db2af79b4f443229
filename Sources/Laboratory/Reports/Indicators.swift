/// Something of the audit trail that an indicator counts.
package struct IndicatorEvent: Sendable, Hashable {
    package enum What: Sendable, Hashable {
        /// A report version was made.
        case report(set: String, version: Int, qualifiedINS: Bool)
        /// A message was handed to the PFI, which took it.
        case accepted(report: String, toDMP: Bool, toProfessionals: Bool, toPatient: Bool)
        case dmpAccepted(report: String)
        case dmpRefused(report: String)
        /// A mailbox took the mail, or refused it, or its reader read it.
        case mail(report: String, isPatient: Bool, outcome: MailOutcome)
        /// Minutes of a phase of the work behind a report, when the PFI first took it.
        case phase(Phase, report: String, minutes: Int)
    }
    package enum MailOutcome: String, Sendable, Hashable { case delivered, refused, read }
    package enum Phase: String, Codable, Sendable, Hashable, CaseIterable {
        case collectionToReception, receptionToSignature, signatureToPFI, collectionToPFI
    }
    /// The entry of the audit chain that tells it.
    package var sequence: Int
    package var what: What
    package init(sequence: Int, what: What) {
        self.sequence = sequence
        self.what = what
    }
}

/// The indicators that the programme SUN-ES asks a laboratory system for (volet 1: DMP, volet 2: MSSanté), over a
/// period, each with the entries of the audit chain that make it.
package struct Indicators: Codable, Sendable, Hashable {
    package struct Figure: Codable, Sendable, Hashable {
        package var key: String
        /// French, as the table says it.
        package var label: String
        /// How it is counted, in French.
        package var rule: String
        package var value: Int
        /// Entries of the audit chain counted.
        package var entries: [Int]
        /// Key of the figure that it is a share of; nil for none.
        package var ofKey: String?
    }
    package struct Turnaround: Codable, Sendable, Hashable {
        package var phase: IndicatorEvent.Phase
        package var label: String
        /// How it is counted, in French.
        package var rule: String
        /// Reports counted.
        package var count: Int
        package var medianMinutes: Int
        /// Nine of ten are faster.
        package var ninthDecileMinutes: Int
        /// Entries of the audit chain counted.
        package var entries: [Int]
    }
    package var figures: [Figure]
    package var turnarounds: [Turnaround]

    /// Per cent of the figure it is a share of, rounded; nil without one, or when that is 0.
    package func share(of figure: Figure) -> Int? {
        guard let key = figure.ofKey, let whole = figures.first(where: { $0.key == key }), whole.value > 0 else {
            return nil
        }
        return (100 * figure.value + whole.value / 2) / whole.value
    }

    private struct Definition: Sendable {
        var key: String
        var label: String
        var rule: String
        var ofKey: String?
        /// What is counted once: nil for an event that does not count.
        var subject: @Sendable (IndicatorEvent.What) -> String?
    }

    private static let definitions: [Definition] = [
        Definition(
            key: "reports", label: "Comptes rendus édités", rule: "chaînes de versions dont une version a été éditée"
        ) { if case .report(let set, _, _) = $0 { set } else { nil } },
        Definition(
            key: "versions", label: "dont avec une version de remplacement",
            rule: "chaînes de versions dont une version 2 ou suivante a été éditée", ofKey: "reports"
        ) { if case .report(let set, let version, _) = $0, version > 1 { set } else { nil } },
        Definition(
            key: "qualified", label: "avec INS qualifiée", rule: "comptes rendus dont le document porte l'INS",
            ofKey: "reports"
        ) { if case .report(let set, _, true) = $0 { set } else { nil } },
        Definition(
            key: "dmpSent", label: "envoyés au DMP", rule: "comptes rendus acceptés par la PFI avec DESTDMP=Y",
            ofKey: "reports"
        ) { if case .accepted(let set, true, _, _) = $0 { set } else { nil } },
        Definition(
            key: "dmpAccepted", label: "intégrés au DMP", rule: "comptes rendus avec un ZAM Z01 positif",
            ofKey: "dmpSent"
        ) { if case .dmpAccepted(let set) = $0 { set } else { nil } },
        Definition(
            key: "dmpRefused", label: "refusés par le DMP", rule: "comptes rendus avec un ZAM Z01 négatif",
            ofKey: "dmpSent"
        ) { if case .dmpRefused(let set) = $0 { set } else { nil } },
        Definition(
            key: "professionalsSent", label: "envoyés par MSSanté à des professionnels",
            rule: "comptes rendus acceptés par la PFI avec DESTMSSANTEPS=Y", ofKey: "reports"
        ) { if case .accepted(let set, _, true, _) = $0 { set } else { nil } },
        Definition(
            key: "professionalsDelivered", label: "remis à au moins un professionnel",
            rule: "comptes rendus avec un ZAM Z02 positif d'une boîte de professionnel", ofKey: "professionalsSent"
        ) { if case .mail(let set, false, .delivered) = $0 { set } else { nil } },
        Definition(
            key: "patientsSent", label: "envoyés par MSSanté au patient",
            rule: "comptes rendus acceptés par la PFI avec DESTMSSANTEPAT=Y", ofKey: "reports"
        ) { if case .accepted(let set, _, _, true) = $0 { set } else { nil } },
        Definition(
            key: "patientsDelivered", label: "remis au patient",
            rule: "comptes rendus avec un ZAM Z02 positif de la boîte du patient", ofKey: "patientsSent"
        ) { if case .mail(let set, true, .delivered) = $0 { set } else { nil } },
        Definition(
            key: "mailRefused", label: "non remis à une boîte au moins",
            rule: "comptes rendus avec un ZAM Z02 ou Z03 négatif", ofKey: "reports"
        ) { if case .mail(let set, _, .refused) = $0 { set } else { nil } },
        Definition(
            key: "mailRead", label: "lus par un destinataire au moins", rule: "comptes rendus avec un ZAM Z03 positif",
            ofKey: "reports"
        ) { if case .mail(let set, _, .read) = $0 { set } else { nil } },
    ]

    /// Counts; the order of events does not matter.
    package init(_ events: [IndicatorEvent]) {
        figures = Indicators.definitions.map { definition in
            var subjects = Set<String>(), entries = Set<Int>()
            for event in events {
                guard let subject = definition.subject(event.what) else { continue }
                subjects.insert(subject)
                entries.insert(event.sequence)
            }
            return Figure(
                key: definition.key, label: definition.label, rule: definition.rule, value: subjects.count,
                entries: entries.sorted(), ofKey: definition.ofKey)
        }
        turnarounds = IndicatorEvent.Phase.allCases.map { phase in
            var first = [String: (sequence: Int, minutes: Int)]()
            for event in events {
                guard case .phase(phase, let report, let minutes) = event.what,
                    event.sequence < first[report]?.sequence ?? Int.max
                else { continue }
                first[report] = (event.sequence, minutes)
            }
            let minutes = first.values.map(\.minutes).sorted()
            return Turnaround(
                phase: phase, label: phase.label, rule: phase.rule, count: minutes.count,
                medianMinutes: Indicators.rank(minutes, 50), ninthDecileMinutes: Indicators.rank(minutes, 90),
                entries: Set(first.values.map(\.sequence)).sorted())
        }
    }

    /// Nearest-rank percentile; 0 of nothing.
    private static func rank(_ sorted: [Int], _ percent: Int) -> Int {
        sorted.isEmpty ? 0 : sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}

extension IndicatorEvent.Phase {
    package var label: String {
        switch self {
        case .collectionToReception: "du prélèvement à la réception"
        case .receptionToSignature: "de la réception à la signature"
        case .signatureToPFI: "de la signature à la PFI"
        case .collectionToPFI: "du prélèvement à la PFI"
        }
    }

    fileprivate var rule: String {
        let from =
            switch self {
            case .collectionToReception, .collectionToPFI: "du premier prélèvement de la demande"
            case .receptionToSignature: "de la dernière réception de la demande"
            case .signatureToPFI: "de la signature"
            }
        let to =
            switch self {
            case .collectionToReception: "à la dernière réception"
            case .receptionToSignature: "à la signature"
            case .signatureToPFI, .collectionToPFI: "à l'acceptation par la PFI"
            }
        return "minutes \(from) \(to), une fois par compte rendu, à la première acceptation d'un de ses messages ; "
            + "médiane et neuvième décile au rang le plus proche"
    }
}

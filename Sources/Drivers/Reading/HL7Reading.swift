package import Base
package import HL7v2
package import Laboratory

extension Driver {
    /// What an HL7 v2 message says: results of OUL^R22 and ORU^R01, queries of QBP^Q11. Any other message has a
    /// problem, `message.kind`. `zone` is the laboratory's, for times without an offset.
    package func read(hl7 message: ReceivedMessage, zone: CivilZone = .europeParis) -> Reading {
        guard description.dialect == .hl7 else {
            return Reading(problems: [
                Refusal(
                    "message.dialect", because: "le pilote \(name) ne lit pas le HL7 v2",
                    remedy: "changer le pilote de cet automate, ou le mode de sa liaison")
            ])
        }
        switch message.kind.code {
        case "OUL", "ORU": return results(message, zone)
        case "QBP": return Reading(queries: [query(message)])
        case let other:
            return Reading(problems: [
                Refusal(
                    "message.kind", at: "MSH-9", because: "message « \(other) » : ni résultats ni demande d'analyses",
                    remedy: "faire envoyer OUL^R22, ORU^R01 ou QBP^Q11 par l'automate")
            ])
        }
    }

    /// The sending application (MSH-3) is one this driver names.
    package func recognises(hl7 message: ReceivedMessage) -> Bool { recognition(hl7: message) > 0 }

    func recognition(hl7 message: ReceivedMessage) -> Int {
        description.dialect == .hl7 ? recognition(sender: trimmed(message.value("MSH", 3))) : 0
    }

    private func results(_ message: ReceivedMessage, _ zone: CivilZone) -> Reading {
        var reading = Reading()
        let start = RecordContext(message)
        let notResults = description.ignored + description.orderFlags
        var ordinal = 0
        for group in HL7Grouping(message).groups {
            let context = start.with(group)
            let claimed = self.claimed(context)
            let flags = orderFlags(group, context)
            for observed in group.results {
                let context = context.with(observed)
                let rank = ordinal
                ordinal += 1
                if notResults.contains(where: { $0.holds(context) }) { continue }
                let comments = observed.attached.filter { $0.name == "NTE" }.map { context.with(note: $0) }
                var observation = observation(context, comments: comments, ordinal: rank, zone: zone)
                sort(flags, into: &observation)
                if description.controls.contains(where: { $0.holds(context) }) {
                    reading.controls.append(observation)
                } else {
                    observation.claimed = claimed
                    reading.observations.append(observation)
                }
            }
        }
        return tellingIndices(reading)
    }

    private func orderFlags(_ group: HL7Grouping.Group, _ context: RecordContext) -> [String] {
        var flags: [String] = []
        if let comments = description.flags.comments {
            for note in group.notes.map({ context.with(note: $0) })
            where comments.conditions.allSatisfy({ $0.holds(note) }) {
                flags += split(comments.path.text(note), comments.separator)
            }
        }
        guard !description.orderFlags.isEmpty else { return flags }
        for observed in group.results.map({ context.with($0) })
        where description.orderFlags.contains(where: { $0.holds(observed) }) {
            flags.append(description.paths.code.text(observed))
        }
        return flags
    }

    private func query(_ message: ReceivedMessage) -> HostQuery {
        var context = RecordContext(message)
        context.segments["QPD"] = message.first("QPD")
        let name = message.value("QPD", 1)
        let specimen = description.query.specimen.text(context)
        if name == "WOS_ALL" || description.query.all.contains(specimen) { return HostQuery(accessions: [], all: true) }
        return HostQuery(accessions: specimen.isEmpty ? [] : [specimen])
    }
}

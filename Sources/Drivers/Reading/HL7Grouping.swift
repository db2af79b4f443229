import HL7v2

/// The results of an HL7 v2 message by specimen: each SPM of OUL^R22 begins one (v2.5.1 section 7.3.7), each OBR of
/// ORU^R01 or of a message without SPM (section 7.3.1, where SPM follows the results it is of).
struct HL7Grouping {
    struct Observed {
        var order: ReceivedSegment?
        var segment: ReceivedSegment
        /// NTE, TCD and INV below it.
        var attached: [ReceivedSegment] = []
    }
    struct Group {
        /// PID, SPM, SAC and, where it began the group, OBR.
        var segments: [String: ReceivedSegment]
        var results: [Observed] = []
        /// NTE below OBR, before any result.
        var notes: [ReceivedSegment] = []
    }
    var groups: [Group] = []
    /// The groups are those of OBR, not of SPM.
    let isByOrder: Bool

    init(_ message: ReceivedMessage) {
        let names = Set(message.segments.map(\.name))
        isByOrder = message.kind.code == "ORU" || !names.contains("SPM")
        var patient: ReceivedSegment?, order: ReceivedSegment?
        for segment in message.every {
            switch segment.name {
            case "PID":
                patient = segment
                order = nil
            case "SPM" where !isByOrder:
                order = nil
                begin(patient, with: segment)
            case "SPM" where !groups.isEmpty, "SAC" where !groups.isEmpty:
                groups[groups.count - 1].segments[segment.name] = segment
            case "OBR":
                order = segment
                if isByOrder || groups.isEmpty {
                    begin(patient, with: segment)
                } else if groups[groups.count - 1].segments["OBR"] == nil {
                    groups[groups.count - 1].segments["OBR"] = segment
                }
            case "OBX":
                if groups.isEmpty { begin(patient, with: nil) }
                groups[groups.count - 1].results.append(Observed(order: order, segment: segment))
            case "NTE", "TCD", "INV": attach(segment)
            case _: break
            }
        }
    }

    private mutating func begin(_ patient: ReceivedSegment?, with segment: ReceivedSegment?) {
        var segments: [String: ReceivedSegment] = [:]
        if let patient { segments["PID"] = patient }
        if let segment { segments[segment.name] = segment }
        groups.append(Group(segments: segments))
    }

    private mutating func attach(_ segment: ReceivedSegment) {
        guard let group = groups.indices.last else { return }
        if let result = groups[group].results.indices.last {
            groups[group].results[result].attached.append(segment)
        } else if segment.name == "NTE" {
            groups[group].notes.append(segment)
        }
    }
}

extension RecordContext {
    func with(_ group: HL7Grouping.Group) -> RecordContext {
        var context = self
        context.segments.merge(group.segments) { _, new in new }
        return context
    }
    func with(_ observed: HL7Grouping.Observed) -> RecordContext {
        var context = self
        if let order = observed.order { context.segments["OBR"] = order }
        context.segments["OBX"] = observed.segment
        for segment in observed.attached where context.segments[segment.name] == nil {
            context.segments[segment.name] = segment
        }
        return context
    }
    func with(note: ReceivedSegment) -> RecordContext {
        var context = self
        context.segments["NTE"] = note
        return context
    }
}

import HL7v2

/// The results of an HL7 v2 message by specimen. Where SPM (or, without it, SAC) comes before the first OBR, each
/// begins a specimen: OUL^R22 and R23. Else each OBR begins one, and an SPM behind its results is theirs: ORU^R01 and
/// OUL^R24
/// (v2.5.1 sections 7.3.1 and 7.3.7 to 7.3.9). What stands first decides, not the name of the message: attaching a
/// result to its neighbour's tube is the one fault that must not happen.
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
        let names = message.segments.map(\.name)
        let leader = names.contains("SPM") ? "SPM" : "SAC"
        let firstOrder = names.firstIndex(of: "OBR") ?? names.endIndex
        isByOrder = (names.firstIndex(of: leader) ?? names.endIndex) >= firstOrder
        var patient: ReceivedSegment?, order: ReceivedSegment?
        for segment in message.every {
            switch segment.name {
            case "PID":
                patient = segment
                order = nil
            case leader where !isByOrder:
                order = nil
                begin(patient, with: segment)
            case "SPM" where !groups.isEmpty, "SAC" where !groups.isEmpty:
                // The first container of a specimen names it; others are its aliquots.
                if groups[groups.count - 1].segments[segment.name] == nil {
                    groups[groups.count - 1].segments[segment.name] = segment
                }
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

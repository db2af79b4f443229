package import Laboratory

/// An answer of the server.
package enum Loaded: Sendable {
    package typealias Permissions = Set<Permission>
    case worklist([Line])
    case status(analyzers: [AnalyzerRow], triageOpen: Int, awaitingSignature: Int)
    case quality([QualityRow])
    case triage([TriageRow])
    case requests([RequestRow])
    case signature([SignRow])
    case calls([CallRow])
    case comments([CodedText])
    case reflexes([ReflexRow])

    package var source: Source {
        switch self {
        case .worklist: .worklist
        case .status: .status
        case .quality: .quality
        case .triage: .triage
        case .requests: .requests
        case .signature: .signature
        case .calls: .calls
        case .comments: .comments
        case .reflexes: .reflexes
        }
    }
}

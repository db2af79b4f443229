package import Base

/// Why a line carries no more bytes. What a peer did is a value kept with the session, not a throw of ours.
package enum LineEnd: Error, Sendable, Hashable, CustomStringConvertible {
    /// The peer said that it sends no more (TCP FIN, or the tty was hung up).
    case closedByPeer
    /// The peer, or a box between, broke the connection (TCP RST, keep-alive without answer).
    case reset
    /// We closed it.
    case closedHere
    /// The task that waited was cancelled; the line itself is still up.
    case cancelled
    /// The peer did not take our bytes in time; the line was closed, since part of them may have gone.
    case sendTimedOut
    /// Anything else the system reported, in its words.
    case failed(String)

    package var description: String {
        switch self {
        case .closedByPeer: "fermée par le correspondant"
        case .reset: "coupée"
        case .closedHere: "fermée ici"
        case .cancelled: "attente abandonnée"
        case .sendTimedOut: "le correspondant ne prend plus les octets"
        case .failed(let text): text
        }
    }

    /// Stable word for logs and counters.
    package var code: String {
        switch self {
        case .closedByPeer: "closed-by-peer"
        case .reset: "reset"
        case .closedHere: "closed-here"
        case .cancelled: "cancelled"
        case .sendTimedOut: "send-timed-out"
        case .failed: "failed"
        }
    }

    package func refusal(at place: String) -> Refusal {
        Refusal(
            "line.\(code)", at: place, because: "ligne perdue : \(description)",
            remedy: "vérifier le câble, puis l'appareil")
    }
}

/// What a wait on a line brought.
package enum Arrival: Sendable, Hashable {
    /// One byte or more, all that had arrived, in order.
    case bytes([UInt8])
    /// The time given to the wait has passed.
    case timeReached
    /// Somebody called `wake()`: there is something to do on this line besides reading.
    case woken
    /// No byte will come any more (or, for `.cancelled`, this task must stop).
    case ended(LineEnd)
}

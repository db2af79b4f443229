package import HL7v2

/// What an HL7 v2 analyzer says to a message of ours: ORL^O34, or a bare ACK.
package enum OrderVerdict: Sendable, Hashable {
    /// The message was received; the verdict on its orders follows (enhanced mode, CA).
    case received
    case taken
    /// Why not, as codes of tables 0119 and 0357: no patient data.
    case refused(String)
}

extension Driver {
    /// Reads the answer to an OML^O33. Each order has its own ORC-1: OK (taken), CR (cancelled as requested), UA
    /// (unable to accept), UC (unable to cancel) and the like (HL7 v2.5.1 table 0119; IHE LAW, LAB-28). Nil when the
    /// message is no answer.
    package func verdict(of message: ReceivedMessage) -> OrderVerdict? {
        guard let msa = message.first("MSA") else { return nil }
        let errors = message.all("ERR").map { err in
            [err.value(3), err.value(3, component: 2)].filter { !$0.isEmpty }.joined(separator: " ")
        }.filter { !$0.isEmpty }
        let code = msa.value(1)
        switch code {
        case "CA": return .received
        case "AA":
            let refused = message.all("ORC").filter {
                ["UA", "UC", "UM", "UR", "UX", "UH", "UD"].contains($0.value(1))
            }
            guard !refused.isEmpty else { return .taken }
            let orders = refused.map { "\($0.value(1)) \($0.value(2))" }
            return .refused((["ORC \(orders.joined(separator: ", "))"] + errors).joined(separator: " ; "))
        case _: return .refused(([code] + errors).joined(separator: " ; "))
        }
    }
}

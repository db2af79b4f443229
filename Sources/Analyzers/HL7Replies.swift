import Base
import Drivers
import HL7v2
import Store

/// Which acknowledgements a message asks for (HL7 v2.5.1 section 2.9.2: MSH-15 and MSH-16).
struct AcknowledgementMode: Equatable {
    enum Wish: String {
        case always = "AL"
        case never = "NE"
        case onError = "ER"
        case onSuccess = "SU"
    }
    /// MSH-15: the message was received and kept (CA, CE, CR). Original mode has none.
    let accept: Wish
    /// MSH-16: it was understood (AA, AE, AR).
    let application: Wish

    init(_ message: HL7v2.ReceivedMessage) {
        let (first, second) = (message.value("MSH", 15), message.value("MSH", 16))
        // Both empty: original mode, one acknowledgement that says both.
        let isOriginal = first.isEmpty && second.isEmpty
        accept = Wish(rawValue: first) ?? .never
        application = isOriginal ? .always : Wish(rawValue: second) ?? .never
    }

    static func wants(_ wish: Wish, success: Bool) -> Bool {
        switch wish {
        case .always: true
        case .never: false
        case .onError: !success
        case .onSuccess: success
        }
    }
}

/// What the laboratory answers to a message at once; pure.
enum HL7Reply {
    /// The acknowledgements of a message that was kept, in the order in which they go out. A question's application
    /// answer is its RSP^K11, which is not made here.
    static func acknowledgements(
        of message: HL7v2.ReceivedMessage, refusing problems: [Refusal], isQuestion: Bool, at stamp: String,
        newID: () -> String
    ) throws(Refusal) -> [[UInt8]] {
        let mode = AcknowledgementMode(message)
        let isGood = problems.isEmpty
        let errors = problems.map { problem in
            Acknowledgement.Problem(
                code: problem.code == "message.kind" ? "200" : "207",
                label: problem.code == "message.kind" ? "Unsupported message type" : "Application internal error",
                detail: [problem.code, problem.cause])
        }
        // Not understood as a kind of message: rejected; understood, and wrong: an error (table 0008).
        let code: Acknowledgement.Code =
            isGood ? .accept : problems.contains { $0.code == "message.kind" } ? .reject : .error
        let acknowledgement = Acknowledgement(code, messageID: message.controlID, problems: errors)
        var out: [[UInt8]] = []
        if AcknowledgementMode.wants(mode.accept, success: isGood) {
            var commit = acknowledgement.message(answering: message, controlID: newID(), at: stamp)
            for index in commit.segments.indices where commit.segments[index].name == "MSA" {
                commit.segments[index][1] = Field("C" + code.rawValue.suffix(1))
            }
            out.append(try commit.bytes())
        }
        if AcknowledgementMode.wants(mode.application, success: isGood), !isQuestion || !isGood {
            out.append(try acknowledgement.message(answering: message, controlID: newID(), at: stamp).bytes())
        }
        return out
    }

    /// The answer to a block that is no message: AR, to its header where that can be read.
    static func rejection(
        of block: [UInt8], because refusal: Refusal, at stamp: String, controlID: String
    ) throws(Refusal) -> [UInt8] {
        let header = Array(block.prefix { $0 != 0x0D && $0 != 0x0A })
        var answered: HL7v2.ReceivedMessage?
        do throws(Refusal) { answered = try HL7v2.ReceivedMessage(header) } catch {}
        guard let answered else {
            let parties = Parties(
                sendingApplication: "Paillasse", sendingFacility: "", receivingApplication: "", receivingFacility: "")
            return try Acknowledgement.rejection(of: refusal, from: parties, controlID: controlID, at: stamp).bytes()
        }
        let problem = Acknowledgement.Problem(
            code: "100", label: "Segment sequence error", detail: [refusal.code, refusal.cause])
        return try Acknowledgement(.reject, messageID: answered.controlID, problems: [problem])
            .message(answering: answered, controlID: controlID, at: stamp).bytes()
    }

    /// What tells the same message sent again after a lost acknowledgement: everything but the time of its sending
    /// (MSH-7), which some models renew.
    static func hash(of message: HL7v2.ReceivedMessage) -> String {
        guard let sent = message.first("MSH")?.raw(7), !sent.isEmpty else { return Digest.sha256Hex(message.bytes) }
        return Digest.sha256Hex(Array(message.bytes[..<sent.startIndex]) + Array(message.bytes[sent.endIndex...]))
    }
}

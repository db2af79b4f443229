import Base
import HL7v2

/// HL7 v2: MLLP framing, the message as received, every accessor, what is read from it and what is written back.
///
/// Checked: framing does not depend on how the bytes were cut; a message written and read again says the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHL7(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var whole = MLLPFramer(limit: 4096), dripped = MLLPFramer(limit: 4096)
    let atOnce = whole.push(bytes) + whole.finish()
    var piecewise: [MLLPFramer.Event] = []
    for byte in bytes { piecewise += dripped.push([byte]) }
    piecewise += dripped.finish()
    precondition(summary(atOnce) == summary(piecewise), "framing depends on the pieces")
    for case .message(let message) in atOnce { read(message) }
    read(bytes)
    return 0
}

private func summary(_ events: [MLLPFramer.Event]) -> [MLLPFramer.Event] {
    events.map { if case .oversize = $0 { .oversize(0) } else { $0 } }
}

private func read(_ bytes: [UInt8]) {
    guard let received = try? ReceivedMessage(bytes) else { return }
    for segment in received.every {
        for field in 0...min(segment.fieldCount + 1, 64) {
            _ = segment.raw(field)
            _ = segment.field(field)
            for repetition in 1...min(max(segment.repetitions(field), 1), 8) {
                _ = segment.value(field, repetition: repetition, component: 2, sub: 2)
            }
        }
    }
    _ = Parties(of: received).exchanged
    _ = try? Acknowledgement(parsing: received)
    _ = try? BusinessAcknowledgement(parsing: received)
    _ = try? DocumentTransmission(parsing: received)
    _ = try? Acknowledgement(.accept, messageID: received.controlID)
        .message(answering: received, controlID: "1", at: "20261122").bytes()
    guard let written = try? received.message.bytes() else { return }
    guard let again = try? ReceivedMessage(written) else { preconditionFailure("what we wrote cannot be read") }
    precondition(again.every.map(\.name) == received.every.map(\.name), "segments changed in writing")
}

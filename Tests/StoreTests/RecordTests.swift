import Base
import Laboratory
import Store
import Testing

/// The journal's facts are written without the encoder; what stands in the database must not depend on it.
@Suite struct RecordTests {
    @Test(arguments: ["AU-480", "", "a\"b", "a\\b", "tab\there", "Béta", "a/b", "\u{7F}"])
    func `a fact of the journal reads the same by hand and by the encoder`(name: String) throws {
        let at = Instant(milliseconds: -1_795_000_000_123)
        let session = LinkSession(id: "s1", site: "A", analyzer: name, peer: "192.0.2.7:5000", openedAt: at)
        #expect(try Fact.session(session).record() == FactRecord(.session, session))
        let end = Store.SessionEnd(sessionID: "s1", at: at, reason: name)
        #expect(try Fact.sessionEnd(end).record() == FactRecord(.sessionEnd, end))
        let frame = JournalFrame(sessionID: name, ordinal: 7, at: at, bytes: [2, 0x31, 3])
        #expect(try Fact.frame(frame).record() == FactRecord(.frame, frame))
        for complete in [true, false] {
            let message = ReceivedMessage(
                id: "m1", site: "A", analyzer: name, sessionID: "s1", ordinal: 3, at: at, text: Array("H|\\^&\r".utf8),
                textHash: "0123456789abcdef", complete: complete)
            #expect(try Fact.message(message).record() == FactRecord(.message, message))
        }
        for detail in [nil, name] {
            let event = DeliveryEvent(deliveryID: "D1", ordinal: 2, kind: .accepted, at: at, detail: detail)
            #expect(try Fact.deliveryEvent(event).record() == FactRecord(.deliveryEvent, event))
            let named = DeliveryEvent(deliveryID: name, ordinal: 1, kind: .mailRead, at: at, detail: detail)
            #expect(try Fact.deliveryEvent(named).record() == FactRecord(.deliveryEvent, named))
        }
        // And comes back as it went.
        #expect(try Fact(Fact.session(session).record()) == .session(session))
    }
}

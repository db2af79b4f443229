import Base
import Foundation
import HL7v2
import Testing
import Judges

private func received(_ text: String) throws -> ReceivedMessage { try ReceivedMessage(Array(text.utf8)) }

struct ParsingTests {
    let adt = """
        MSH|^~\\&|RI|CLINIQUE|SGL|LABO|20250310||ADT^A28^ADT_A05|77|P|2.5|||||FRA|UNICODE UTF-8\r\
        PID|1||405660^^^LABO&1120459876&N^PI~279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||\
        D\\T\\ARC^JEAN\\S\\NE\\R\\\\F\\\\E\\^^^^^L||19790328|F\r\
        NTE|1||premi\\XC3A8\\re\\.br\\deuxième\\Zz\\ \\H\\gras\\N\\\r
        """

    @Test func `fields repetitions components and sub-components are counted from one`() throws {
        let message = try received(adt)
        #expect(message.kind == ("ADT", "A28"))
        #expect(message.controlID == "77")
        #expect(message.value("PID", 3) == "405660")
        #expect(message.value("PID", 3, repetition: 2) == "279035121518989")
        #expect(message.value("PID", 3, repetition: 2, component: 4, sub: 2) == "1.2.250.1.213.1.4.10")
        #expect(message.first("PID")?.repetitions(3) == 2)
        #expect(message.value("PID", 3, repetition: 3) == "")
        #expect(message.value("PID", 99) == "")
        #expect(message.value("ZZZ", 1) == "")
    }

    @Test func `escapes are undone and unknown ones stay as they came`() throws {
        let message = try received(adt)
        #expect(message.value("PID", 5) == "D&ARC")
        #expect(message.value("PID", 5, component: 2) == "JEAN^NE~|\\")
        #expect(message.value("NTE", 3) == "première\ndeuxième\\Zz\\ gras")
    }

    @Test func `delimiters are those that MSH announces`() throws {
        let message = try received("MSH#*~\\$#A#B#C#D#2025##ORU*R01#1#P#2.5\rOBX#1#ST#a*b$c*|&^\r")
        #expect(message.value("OBX", 3, component: 2, sub: 2) == "c")
        #expect(message.value("OBX", 3, component: 3) == "|&^")
        #expect(message.kind == ("ORU", "R01"))
    }

    @Test func `segments may end with CR with LF or with both, and a line feed in a CR message is data`() throws {
        for end in ["\r", "\n", "\r\n"] {
            let message = try received("MSH|^~\\&|A\(end)EVN||2025\(end)\(end)OBX|1|\(end)")
            #expect(message.segments.map(\.name) == ["MSH", "EVN", "OBX"])
            #expect(message.value("EVN", 2) == "2025")
            #expect(message.usesLineFeeds == (end == "\n"))
        }
        let mixed = try received("MSH|^~\\&|A\rNTE|1||un\ndeux\r")
        #expect(mixed.value("NTE", 3) == "un\ndeux")
    }

    @Test func `text is read in the charset of MSH-18`() throws {
        func message(_ charset: String, _ name: [UInt8]) throws -> ReceivedMessage {
            let head = "MSH|^~\\&|A|B|C|D|2025||ADT^A28|1|P|2.5|||||FRA|\(charset)\rPID|1||||"
            return try ReceivedMessage(Array(head.utf8) + name + [0x0D])
        }
        #expect(try message("8859/15", [0x43, 0x9C, 0xBD, 0x55, 0x52]).value("PID", 5) == "C\u{9C}œUR")
        #expect(try message("8859/1", [0xC9, 0xBD]).value("PID", 5) == "É½")
        #expect(try message("UNICODE UTF-8", Array("CŒUR".utf8)).value("PID", 5) == "CŒUR")
        #expect(try message("", [0xC9, 0x4C]).value("PID", 5) == "ÉL")
        #expect(try message("", Array("ÉL".utf8)).value("PID", 5) == "ÉL")
        #expect(throws: Refusal.self) { try message("KLINGON", []) }
    }

    @Test(arguments: [
        "", "MSH", "MSH|", "PID|1", "\u{0B}MSH|^~\\&|", "MSH|||||", "MSH|^^^^|", "MSHA^~\\&A",
        "MSH|^~\\&|A\rX|1\r", "MSH|^~\\&|A\rbase64qui|continue\r",
    ])
    func `what is not ER7 is refused with a place and a remedy`(text: String) {
        do {
            _ = try received(text)
            Issue.record("accepted: \(text)")
        } catch let refusal as Refusal {
            #expect(refusal.code.hasPrefix("hl7."))
            #expect(!refusal.remedy.isEmpty)
        } catch {
            Issue.record(error)
        }
    }

    @Test func `cut anywhere, a message is read or refused and never traps`() throws {
        let bytes = Array(adt.utf8)
        for end in bytes.indices {
            if let message = try? ReceivedMessage(Array(bytes[..<end])) { _ = message.message }
        }
    }

    @Test func `what is written is read back, hostile characters included`() throws {
        let hostile = "a|b^c~d\\e&f\r\ng\u{1}é€𝛼"
        let message = Message(segments: [
            Segment("MSH", [3: "SGL", 9: .components("ADT", "A28", "ADT_A05"), 10: "42", 18: "UNICODE UTF-8"]),
            Segment(
                "PID",
                [
                    3: Field(repetitions: [["1", "", .sub("x", hostile)], ["2"]]), 5: Field(hostile), 8: "\"\"",
                ]),
            Segment("NTE"),
        ])
        let again = try ReceivedMessage(try message.bytes())
        #expect(again.message == message)
        #expect(again.value("PID", 5) == hostile)
    }

    @Test func `a charset whose name holds a delimiter is read again as it was written`() throws {
        let text = "MSH|^~-&|PFI|A|B|C|20250310121501||ACK^R01^ACK|1|P|2.5|||||FRA|UNICODE UTF-8\rMSA|AA|SGL-1\r"
        let received = try ReceivedMessage(Array(text.utf8))
        #expect(received.charset == .utf8)
        let written = try received.message.bytes()
        #expect(String(decoding: written, as: UTF8.self).contains("UNICODE UTF-E-8"))
        let again = try ReceivedMessage(written)
        #expect(again.charset == .utf8 && again.value("MSA", 2) == "SGL-1")
    }

    @Test func `a character outside the charset is refused, not replaced`() throws {
        func note(_ text: String, _ charset: Charset) -> Message {
            Message(
                charset: charset,
                segments: [Segment("MSH", [18: Field(charset.rawValue)]), Segment("NTE", [3: Field(text)])])
        }
        #expect(try ReceivedMessage(note("5 € œuf", .latin9).bytes()).value("NTE", 3) == "5 € œuf")
        #expect(throws: Refusal.self) { try note("5 €", .latin1).bytes() }
        #expect(throws: Refusal.self) { try note("≤ 5", .latin9).bytes() }
    }

    @Test func `the official examples are read in place and written back to the same fields`() throws {
        guard let shared = Judges.shared(for: "HL7 official examples") else { return }
        let files =
            try Judges.files("examples-official/hl7", in: shared, [".hl7", ".er7"])
            + Judges.files("examples", in: shared, [".hl7"])
        #expect(files.count >= 22)
        for (name, bytes) in files {
            let message = try ReceivedMessage(bytes)
            #expect(try ReceivedMessage(try message.message.bytes()).message == message.message, "\(name)")
            if ["ORU", "MDM"].contains(message.kind.code), !name.contains("N1_N3") {
                let transmission = try DocumentTransmission(parsing: message)
                #expect(transmission.patient.ins == "279035121518989", "\(name)")
                #expect(transmission.document.count > 20 && transmission.sender != nil, "\(name)")
            }
            if message.kind.code == "ZAM" {
                #expect(try !BusinessAcknowledgement(parsing: message).originalControlID.isEmpty, "\(name)")
            }
            if message.kind.code == "ACK" { #expect(try !Acknowledgement(parsing: message).messageID.isEmpty) }
        }
    }
}

struct FramingTests {
    let one = Array("MSH|^~\\&|un\r".utf8)
    let two = Array("MSH|^~\\&|deux\r".utf8)

    @Test(arguments: 1...12)
    func `blocks come out whole however the bytes come in`(step: Int) {
        let stream =
            Array("bruit\r\n".utf8) + MLLP.frame(one) + [0x0D, 0x0A] + MLLP.frame(two) + [0x78] + MLLP.frame([])
        var framer = MLLPFramer()
        var events: [MLLPFramer.Event] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            events += framer.push(stream[start..<min(start + step, stream.count)])
        }
        #expect(events == [.message(one), .message(two), .message([])])
        #expect(framer.junk == 6)
        #expect(framer.missingReturns == 0)
        #expect(framer.finish() == [])
    }

    @Test func `a block without its carriage return is delivered at once and counted`() {
        var framer = MLLPFramer()
        #expect(framer.push(MLLP.frame(one).dropLast()) == [.message(one)])
        #expect(framer.push(MLLP.frame(two)) == [.message(two)])
        #expect(framer.missingReturns == 1)
        #expect(framer.junk == 0)
    }

    @Test func `a half message is told when another begins and when the line closes`() {
        var framer = MLLPFramer()
        #expect(framer.push([0x0B] + one) == [])
        #expect(framer.isInsideBlock)
        #expect(framer.push(MLLP.frame(two)) == [.halfMessage(one.count), .message(two)])
        #expect(framer.push([0x0B, 0x41]) == [])
        #expect(framer.finish() == [.halfMessage(1)])
        #expect(framer.push(MLLP.frame(one)) == [.message(one)])
    }

    @Test(arguments: [1, 3, 100])
    func `a block over the limit is skipped and the next one read`(step: Int) {
        let stream = MLLP.frame([UInt8](repeating: 0x41, count: 50)) + MLLP.frame(one)
        var framer = MLLPFramer(limit: 20)
        var events: [MLLPFramer.Event] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            events += framer.push(stream[start..<min(start + step, stream.count)])
        }
        #expect(events == [.oversize(50), .message(one)])
    }
}

struct AcknowledgementTests {
    let original = """
        MSH|^~\\&|SGL|LABO LILAS|PFI|LABO LILAS|20250310121500+0100||ORU^R01^ORU_R01|SGL-000101|T|2.5|\
        ||||FRA|UNICODE UTF-8\r
        """

    @Test func `an acknowledgement answers the sender in its version, event and processing`() throws {
        let ack = Acknowledgement(.accept, messageID: "SGL-000101")
        let bytes = try ack.message(answering: received(original), controlID: "PFI-1", at: "20250310121501+0100")
            .bytes()
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                MSH|^~\\&|PFI|LABO LILAS|SGL|LABO LILAS|20250310121501+0100||ACK^R01^ACK|PFI-1|T|2.5|\
                ||||FRA|UNICODE UTF-8\r\
                MSA|AA|SGL-000101\r
                """)
        #expect(try Acknowledgement(parsing: ReceivedMessage(bytes)) == ack)
    }

    @Test func `errors travel with their place code and detail`() throws {
        let ack = Acknowledgement(
            .error, messageID: "SGL-000101",
            problems: [
                .init(place: ["PID", "1", "3"], code: "101", label: "Required field missing", detail: ["x", "y|z"])
            ],
            text: "à voir")
        let message = try ack.message(answering: received(original), controlID: "1", at: "2025")
        #expect(try Acknowledgement(parsing: ReceivedMessage(message.bytes())) == ack)
    }

    @Test func `enhanced mode codes are read as their twins and unknown ones refused`() throws {
        func read(_ code: String) throws -> Acknowledgement.Code {
            try Acknowledgement(parsing: received(original + "MSA|\(code)|1\r")).code
        }
        #expect(try read("CA") == .accept)
        #expect(try read("CE") == .error)
        #expect(try read("CR") == .reject)
        #expect(throws: Refusal.self) { try read("OK") }
        #expect(throws: Refusal.self) { try Acknowledgement(parsing: received(original)) }
    }

    @Test func `what cannot be read as a message is still answered`() throws {
        let refusal = Refusal("hl7.header", because: "le message ne commence pas par MSH", remedy: "")
        let parties = Parties(
            sendingApplication: "SGL", sendingFacility: "LABO", receivingApplication: "?", receivingFacility: "?")
        let ack = Acknowledgement.rejection(of: refusal, from: parties, controlID: "1", at: "2025")
        let again = try Acknowledgement(parsing: ReceivedMessage(ack.bytes()))
        #expect(again.code == .reject && again.messageID == "")
        #expect(try ReceivedMessage(ack.bytes()).value("MSH", 3) == "SGL")
    }
}

struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `the vectors of RFC 4648 section 10 hold`(plain: String, coded: String) {
        #expect(Base64.text(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded.utf8) == Array(plain.utf8))
    }
    @Test func `every byte comes back`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
    @Test(arguments: ["Z", "Zg=", "Zg=a", "====", "Zg==Zg==", "Z m9", "Zm9\n"])
    func `what is not base 64 is refused`(text: String) { #expect(Base64.decode(text.utf8) == nil) }
}

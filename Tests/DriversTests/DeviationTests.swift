import Base
import LIS01
import LIS2
import Testing

@testable import Drivers

@Suite("Departures from LIS2-A2")
struct DeviationTests {
    private func message(_ records: [String]) -> LISMessage {
        LISMessage(bytes: Array(records.map { $0 + "\r" }.joined().utf8))
    }

    @Test("Every departure that a transcript shows is named by its driver")
    func declared() throws {
        for folder in try Place.folders() {
            let driver = try Place.driver(folder.name)
            guard driver.description.dialect == .lis2 else { continue }
            let met = DriverLint.transcripts(of: folder).flatMap {
                SessionDecoder.deviations(in: folder.files[$0] ?? [], driver: driver)
            }
            let missing = Set(met).subtracting(driver.description.deviations).map(\.rawValue).sorted()
            #expect(missing.isEmpty, "MISSING \(folder.name) \(missing.joined(separator: " "))")
        }
    }

    @Test("Each departure is told from what is right, and counted as often as it is met")
    func counted() throws {
        let driver = try Place.driver("generic-lis2a2")
        let right = [
            #"H|\^&|||x|||||||P|LIS2-A2"#, "P|1", "O|1|42||^^^K|R||||||||||||||||||||F", "R|1|^^^K|4.2|mmol/L||N||F",
            "L|1|N",
        ]
        #expect(driver.deviations(of: message(right)) == [:])
        #expect(driver.deviations(of: message(right), rank: 2) == [.severalMessagesInSession: 1])
        func with(_ place: Int, _ record: String) -> [String] {
            var records = right
            records[place] = record
            return records
        }
        let huge = "R|1|^^^K|4.2|mmol/L||N||F|||||" + String(repeating: "x", count: 16_000)
        let table: [(MessageDeviation, [String])] = [
            (.delimitersUnusual, ["H|^~&|||x|||||||P|LIS2-A2", "L|1|N"]),
            (.escapeMissing, [#"H|\^|||x|||||||P|LIS2-A2"#, "L|1|N"]),
            (.terminatorMissing, right.dropLast()), (.terminatorWithoutCode, with(4, "L|1")),
            (.eightBitText, with(1, "P|1|||É")), (.versionUnusual, with(0, #"H|\^&|||x|||||||P|1"#)),
            (.controlByHeader, with(0, #"H|\^&|||x|||||||Q|LIS2-A2"#)),
            (.statusUnusual, with(3, "R|1|^^^K|4.2|mmol/L||N||Z")), (.statusUnusual, with(3, "R|1|^^^K|4.2")),
            (.statusUncommon, with(3, "R|1|^^^K|4.2|mmol/L||N||V")),
            (.statusUncommon, with(3, #"R|1|^^^K|4.2|mmol/L||N||F\R"#)),
            (.reportMissing, with(2, "O|1|42||^^^K|R")),
            (.specimenElsewhere, with(2, "O|1||42|^^^K|R||||||||||||||||||||F")),
            (.codeElsewhere, with(3, "R|1|K|4.2|mmol/L||N||F")),
            (.valueInComponents, with(3, "R|1|^^^K|-1^4.2|mmol/L||N||F")),
            (.decimalComma, with(3, "R|1|^^^K|4,2|mmol/L||N||F")), (.recordHuge, with(3, huge)),
            (.orderWithoutResult, [right[0], right[1], right[2], right[4]]),
            (.questionUnusual, [right[0], "Q|1|42||ALL||||||||O", right[4]]),
            (.severalMessagesInSession, right),
        ]
        for (deviation, records) in table {
            let rank = deviation == .severalMessagesInSession ? 1 : 0
            let found = driver.deviations(of: message(Array(records)), rank: rank)
            #expect(found == [deviation: 1], "\(deviation): \(found)")
        }
        #expect(
            Set(table.map(\.0)).union([.severalRecordsInFrame, .recordEndsIntermediate])
                == Set(MessageDeviation.allCases), "each departure has its line above")
        let twice = right.prefix(4) + ["R|2|K|4,2|mmol/L||N||F", "R|3|K|4,3|mmol/L||N||F", "L|1|N"]
        #expect(driver.deviations(of: message(Array(twice))) == [.codeElsewhere: 2, .decimalComma: 2])
    }

    @Test("How records lie in frames is told from one record a frame")
    func frames() {
        func met(_ text: String, isEnd: Bool = true) -> [MessageDeviation] {
            MessageDeviation.of(frame: Array(text.utf8)[...], isEnd: isEnd)
        }
        #expect(met("R|1|^^^K|4.2\r") == [])
        #expect(met("R|1|^^^K|4.2\r\n") == [])
        #expect(met("") == [] && met("\r") == [] && met("\r", isEnd: false) == [])
        #expect(met("R|1|^^^K|4", isEnd: false) == [])
        #expect(met("H|\\^&\rP|1\rL|1\r") == [.severalRecordsInFrame])
        #expect(met("1|K\rR|2|^^^N", isEnd: false) == [.severalRecordsInFrame])
        #expect(met("R|1|^^^K|4.2\r", isEnd: false) == [.recordEndsIntermediate])
        #expect(met("P|1\rO|1\r", isEnd: false) == [.severalRecordsInFrame, .recordEndsIntermediate])
    }

    @Test("A draft names the departures that its session shows")
    func draft() throws {
        let records = [
            "H|\\^&|||Neuf^1|||||||P|LIS2-A2", "P|1", "O|1|42||^^^K|R||||||||||||||||||||F",
            "R|1|^^^K|4.2|mmol/L||N||F", "L|1|N",
        ]
        let text = records.map { $0 + "\r" }.joined()
        let bytes = [Control.enq] + Framing.frame(number: 1, text: text.utf8, isEnd: true) + [Control.eot]
        let draft = try DriverDraft.propose(from: bytes, name: "maker-model")
        let source = String(decoding: draft.folder.files["driver.json5"] ?? [], as: UTF8.self)
        #expect(source.contains("deviations: [\"severalRecordsInFrame\"]"))
        #expect(DriverLint.check(draft.folder).isEmpty)
    }
}

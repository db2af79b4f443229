import Base
import Drivers
import LIS2
import Laboratory
import Testing

@Suite struct `What stands beside the results` {
    @Test(arguments: ["X|1|^^^K|4.2", "r|1|^^^K|4.2", "garbage"])
    func `a record of no known type is said, the rest is read`(_ stray: String) throws {
        let text = [#"H|\^&"#, "P|1", "O|1|T1||^^^K", "R|1|^^^K|4.2|mmol/L", stray, "L|1|N"]
        let message = LISMessage(bytes: Array((text.joined(separator: "\r") + "\r").utf8))
        let reading = try Place.driver("generic-lis2a2").read(message)
        #expect(reading.observations.count == 1)
        #expect(reading.leftOver.map(\.code) == ["record.stray"])
        #expect(reading.leftOver.first?.place.contains("5") == true)
    }

    @Test func `orders that come back without any result are said`() throws {
        let text = #"H|\^&"# + "\rP|1\rO|1|T1||^^^K\rL|1|N\r"
        #expect(
            try Place.driver("generic-lis2a2").read(LISMessage(bytes: Array(text.utf8))).leftOver.map(\.code) == [
                "message.noResult"
            ])
    }

    @Test(arguments: ["roche-cobas-c311", "beckman-access2", "generic-lis2a2"])
    func `a name that an operator typed is told, to be compared with the file`(_ driver: String) throws {
        let text = #"H|\^&"# + "\rP|1||||DUPONT^JEAN||19700504|M\rO|1|T1||^^^1\rR|1|^^^1/|4.2|mmol/l||N||F\rL|1|N\r"
        let reading = try Place.driver(driver).read(LISMessage(bytes: Array(text.utf8)))
        #expect(reading.observations.first?.claimed.family == "DUPONT")
        #expect(reading.observations.first?.claimed.birthDate == CivilDate("1970-05-04"))
    }
}

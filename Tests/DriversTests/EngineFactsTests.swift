import Base
import LIS2
import Laboratory
import Testing

@testable import Drivers

/// What the checks of the laboratory need beside the value: dilution, indices of the serum, flags as rules name them.
@Suite("What a driver tells the rules")
struct EngineFactsTests {
    private func driver(_ more: String) throws -> Driver {
        let text = """
            { maker: "Essai", model: "E1", summary: "essai", transports: ["tcp-server"], charset: "latin1",
              dilution: { path: "R.3.4", after: "/" }, code: { path: "R.3.4", upTo: "/" },
              units: { "mmol/L": "mmol/L" }, codes: { "K": { analysis: "K" }, "CRP": { analysis: "CRP" } }, \(more) }
            """
        let (description, findings) = DriverDescription.read(Array(text.utf8), name: "essai")
        return Driver(try #require(description, "\(findings)"))
    }
    private func read(_ results: [String], with driver: Driver) throws -> [IncomingObservation] {
        let records = ["H|\\^&", "P|1", "O|1|T1||^^^K"] + results + ["L|1|N"]
        let bytes = Array(records.map { $0 + "\r" }.joined().utf8)
        return driver.read(LISMessage(bytes: bytes)).observations
    }

    @Test(
        "A dilution names its factor, or says that nobody knows it",
        arguments: [("5", "5"), ("1:10", "10"), ("x2", "2"), ("dec", nil), ("0.5", nil), ("1:2:3", nil)])
    func dilution(_ text: String, _ factor: String?) throws {
        let sent = try read(["R|1|^^^K/\(text)|4.2|mmol/L"], with: driver(""))[0].dilution
        #expect(sent == SentDilution(text: text, factor: factor.flatMap { Exact($0) }, isMultiplied: true))
        let own = try read(["R|1|^^^K/\(text)|4.2|mmol/L"], with: driver("dilutionApplied: false"))[0].dilution
        #expect(own?.isMultiplied == false)
        #expect(try read(["R|1|^^^K|4.2|mmol/L"], with: driver(""))[0].dilution == nil)
    }

    @Test("An index is no result: it is told to every result of its tube, also when it is missing")
    func indices() throws {
        let driver = try driver("indices: { \"SIH\": \"H\", \"SIL\": \"L\" }")
        let found = try read(
            ["R|1|^^^K|4.2|mmol/L", "R|2|^^^SIH|120", "R|3|^^^CRP|5|mg/L", "R|4|^^^SIL|7"], with: driver)
        #expect(found.map(\.analysis) == ["K", "CRP"])
        #expect(Set(found.map(\.indices)) == [SentIndices(hemolysis: Exact(120), lipemia: Exact(7))])
        #expect(try read(["R|1|^^^K|4.2|mmol/L"], with: driver)[0].indices == SentIndices())
        let free = try read(
            ["R|1|^^^K|4.2|mmol/L", "R|2|^^^FHB|10.5|g/L"], with: self.driver("indices: { \"FHB\": \"Hb\" }"))
        #expect(free.map(\.indices) == [SentIndices(freeHemoglobin: Exact("10.5"))])
        // What cannot be read as an index stays a result, and waits as one.
        #expect(try read(["R|1|^^^SIH|---"], with: driver).map(\.instrumentCode) == ["SIH"])
        #expect(try read(["R|1|^^^K|4.2|mmol/L"], with: self.driver(""))[0].indices == nil)
    }

    @Test("Indices without a result of their tube are told by themselves")
    func indicesAlone() throws {
        let driver = try driver("indices: { \"SIH\": \"H\", \"SIL\": \"L\" }")
        let found = try read(["R|1|^^^SIH|120", "R|2|^^^SIL|7.5"], with: driver)
        #expect(found.count == 1)
        let one = try #require(found.first)
        #expect(one.bringsIndicesAlone == true && one.accession == "T1" && one.analysis == nil && one.value == nil)
        #expect(one.indices == SentIndices(hemolysis: Exact(120), lipemia: Exact("7.5")))
        #expect(one.rawText == "H 120, L 7,5")
        let beside = try read(["R|1|^^^SIH|120", "R|2|^^^K|4.2|mmol/L"], with: driver)
        #expect(beside.map(\.analysis) == ["K"] && beside[0].bringsIndicesAlone == nil)
    }

    @Test("An index that is none is a fault of the description")
    func wrongIndex() {
        let (description, findings) = DriverDescription.read(
            Array("{ maker: 'a', model: 'b', summary: 'c', transports: ['serial'], indices: { X: 'Q' } }".utf8),
            name: "essai")
        #expect(description == nil && findings.contains { $0.place.contains("indices") })
    }

    @Test("A flag gets the name that rules know it by, and holds all the same")
    func flags() throws {
        let driver = try driver("flags: { harmless: ['N'], rules: { 'PLT_Clumps?': 'AGREGATS' } }")
        let found = try read(["R|1|^^^K|4.2|mmol/L||PLT_Clumps?"], with: driver)[0]
        #expect(found.instrumentFlags.contains("AGREGATS") && found.unknownFlags == ["PLT_Clumps?"])
        #expect(try Place.driver("sysmex-xn").description.flags.rules["PLT_Clumps?"] == "AGREGATS")
    }
}

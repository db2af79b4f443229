import AnalyzerSimulator
import Base
import Drivers
import HL7v2
import LIS01
import LIS2
import Laboratory
import Testing

/// A laboratory that reads and answers with the driver of the instrument itself, in virtual time.
struct Laboratory {
    let driver: Driver
    let orders: [SpecimenOrder]
    var observations: [IncomingObservation] = []
    var asked: [String] = []
    private var link = Link(settings: LinkSettings())
    private var framer = MLLPFramer()

    init(_ driver: Driver, orders: [SpecimenOrder]) {
        self.driver = driver
        self.orders = orders
    }

    static func order(_ accession: String, _ analyses: [String]) -> SpecimenOrder {
        let traits = Traits(
            birthName: "ESSAI", firstGivenName: "Camille", birthDate: CivilDate(year: 1970, month: 5, day: 4),
            sex: .female)
        let patient = Patient(id: "p1", site: "A", ipp: "IPP1", status: .provisional, traits: traits)
        return SpecimenOrder(
            accession: accession, analyses: analyses, priority: .routine, patient: patient, requestedAt: start)
    }

    /// What goes back over the wire for these bytes.
    mutating func heard(_ bytes: [UInt8], at now: Instant) -> [[UInt8]] {
        guard driver.description.dialect == .hl7 else { return run(link.received(bytes, at: now), at: now) }
        var out: [[UInt8]] = []
        for case .message(let block) in framer.push(bytes) {
            guard let message = try? ReceivedMessage(block) else { continue }
            if message.kind.code == "QBP" {
                asked += driver.read(hl7: message).queries.flatMap(\.accessions)
                let answer = try? driver.answer(orders, toHL7: message, controlID: "L\(asked.count)", at: now)
                out += (answer?.messages ?? []).map { MLLP.frame($0) }
            } else if message.kind.code != "ORL" {
                observations += driver.read(hl7: message).observations
                let text = "MSH|^~\\&|L||||20261122||ACK|A1|P|2.5.1\rMSA|AA|\(message.controlID)\r"
                out.append(MLLP.frame(Array(text.utf8)))
            }
        }
        return out
    }

    mutating func timeReached(at now: Instant) -> [[UInt8]] { run(link.timeReached(at: now), at: now) }
    var deadline: Instant? { link.deadline }

    private mutating func run(_ actions: [LinkAction], at now: Instant) -> [[UInt8]] {
        var out: [[UInt8]] = []
        for action in actions {
            switch action {
            case .reply(let bytes): out.append(bytes)
            case .store: out += run(link.stored(at: now), at: now)
            case .message(let text, let isComplete):
                guard isComplete else { continue }
                let reading = driver.read(LISMessage(bytes: text))
                observations += reading.observations
                for query in reading.queries {
                    asked += query.accessions
                    for answer in driver.answer(orders, to: query, at: now) {
                        out += run(link.send(answer, at: now).actions, at: now)
                    }
                }
            case .refused, .sessionBegan, .sessionEnded, .delivered, .failed, .deviation: break
            }
        }
        return out
    }

    /// Plays until the analyser is finished or a day has passed.
    mutating func play(_ analyzer: inout some SimulatedAnalyzer) {
        var now = start
        var actions = analyzer.lineUp(at: now)
        let end = now.advanced(by: .seconds(86_400))
        while now < end {
            while !actions.isEmpty {
                var next: [AnalyzerAction] = []
                for action in actions {
                    switch action {
                    case .send(let bytes):
                        for back in heard(bytes, at: now) { next += analyzer.received(back, at: now) }
                    case .wait(let pause): now = now.advanced(by: pause)
                    case .breakLine:
                        next += analyzer.lineDown(at: now)
                        for back in run(link.lineLost(), at: now) { next += analyzer.received(back, at: now) }
                        framer = MLLPFramer()
                        next += analyzer.lineUp(at: now)
                    case .settled, .finished: break
                    }
                }
                actions = next
            }
            guard !analyzer.isFinished else { return }
            guard let next = [analyzer.deadline, deadline].compactMap({ $0 }).min() else { return }
            now = max(now, next)
            if let due = deadline, due <= now {
                for back in timeReached(at: now) { actions += analyzer.received(back, at: now) }
            }
            if let due = analyzer.deadline, due <= now { actions += analyzer.timeReached(at: now) }
        }
    }
}

@Suite struct `An instrument that asks` {
    static let tubes = ["26112200017", "26112200018"]
    static let asking: [String] = Place.drivers.filter { name in
        guard let instrument = try? Place.instrument(name) else { return false }
        return instrument.asks && instrument.hasResults && instrument.driver.description.orders?.isAnswering == true
            && !instrument.codes.isEmpty
    }

    private func scenario(_ rates: [WireFault: Double] = [:]) -> AnalyzerScenario {
        var scenario = AnalyzerScenario(name: "demande", sessions: [])
        scenario.rates = rates
        scenario.sends = 60
        scenario.linger = .seconds(60)
        return scenario
    }

    /// The laboratory after the instrument has asked for both tubes and measured what was ordered.
    private func play(
        _ name: String, orders: [SpecimenOrder], rates: [WireFault: Double] = [:], seed: UInt64 = 1
    ) throws -> (laboratory: Laboratory, drawn: [DrawnResult], report: AnalyzerReport) {
        try play(try Place.instrument(name), orders: orders, rates: rates, seed: seed)
    }

    private func play(
        _ instrument: Instrument, orders: [SpecimenOrder], rates: [WireFault: Double] = [:], seed: UInt64 = 1
    ) throws -> (laboratory: Laboratory, drawn: [DrawnResult], report: AnalyzerReport) {
        var random = PRNG(seed: seed)
        let queries = instrument.queries(for: Self.tubes, at: start, random: &random)
        var laboratory = Laboratory(instrument.driver, orders: orders)
        var scenario = self.scenario(rates)
        if instrument.driver.description.dialect == .hl7 {
            let planned = queries.map { BlockRun.Planned(name: "q", messages: [$0], awaitAnswer: .seconds(30)) }
            var run = BlockRun(scenario, sessions: planned, instrument: instrument, seed: seed, at: start)
            laboratory.play(&run)
            return (laboratory, run.drawn, run.report)
        }
        scenario.link = instrument.link
        scenario.sessions = queries.map {
            var session = AnalyzerScenario.Session(name: "q", messages: [$0])
            session.awaitAnswer = .seconds(30)
            return session
        }
        var run = try AnalyzerRun(scenario, transcripts: [:], seed: seed, instrument: instrument, at: start)
        laboratory.play(&run)
        return (laboratory, run.drawn, run.report)
    }

    /// Three analyses that the driver can order.
    private func analyses(_ name: String) throws -> [String] {
        let driver = try Place.instrument(name).driver
        let all = Set(driver.description.codes.values.map(\.analysis)).sorted()
        return Array(all.filter { driver.orderCode(for: $0) != nil }.prefix(3))
    }

    @Test(arguments: asking)
    func `obeys the orders it gets: results of those analyses, on that tube, and no other`(_ name: String) throws {
        let wanted = try analyses(name)
        let played = try play(name, orders: [Laboratory.order(Self.tubes[0], wanted)])
        #expect(played.laboratory.asked == Self.tubes)
        #expect(played.report.isAcknowledged)
        let got = played.laboratory.observations
        guard !wanted.isEmpty else {
            #expect(got.isEmpty)
            return
        }
        #expect(Set(got.map(\.accession)) == [Self.tubes[0]])
        #expect(Set(got.compactMap(\.analysis)).isSuperset(of: wanted), "\(got.map(\.instrumentCode))")
        #expect(got.map(\.instrumentCode) == played.drawn.map(\.code))
        for (found, drawn) in zip(got, played.drawn) { #expect(found.rawText.contains(drawn.value)) }
    }

    @Test(arguments: [[:], [.drop: 0.1, .split: 0.2, .duplicate: 0.1, .vanish: 0.05]] as [[WireFault: Double]])
    func `HL7 v2: QBP^Q11, then OML^O33, then the results of that work`(_ rates: [WireFault: Double]) throws {
        var folder = try Place.folder("generic-hl7")
        // No driver of IHE LAW that ships knows its codes yet: the generic one is taught two.
        let text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
            .replacing(
                "    code: \"OBX.3.1\",",
                with: """
                    code: "OBX.3.1", units: { "mmol/L": "mmol/L" },
                    codes: { "GLU": { analysis: "GLU" }, "K": { analysis: "K" }, "N": { analysis: "NA" } },
                    orders: { answers: true, downloads: true, test: "{code}^^L" },
                    """)
        folder.files["driver.json5"] = Array(text.utf8)
        let instrument = try Instrument(folder, plausible: Place.plausible)
        #expect(instrument.unknownCodes == [])
        for seed in 1...10 {
            let played = try play(
                instrument, orders: [Laboratory.order(Self.tubes[1], ["K", "NA"])], rates: rates, seed: UInt64(seed))
            #expect(Set(played.laboratory.asked) == Set(Self.tubes), "seed \(seed)")
            #expect(
                Set(played.drawn.map { "\($0.specimen) \($0.code)" }) == ["\(Self.tubes[1]) K", "\(Self.tubes[1]) N"])
            let got = Set(played.laboratory.observations.map { "\($0.accession) \($0.instrumentCode) \($0.rawText)" })
            #expect(got == Set(played.drawn.map { "\($0.specimen) \($0.code) \($0.value)" }), "seed \(seed)")
        }
    }

    @Test(arguments: asking)
    func `told that there is nothing to do, it measures nothing`(_ name: String) throws {
        let played = try play(name, orders: [])
        #expect(played.laboratory.asked == Self.tubes)
        #expect(played.laboratory.observations.isEmpty && played.drawn.isEmpty)
    }

    @Test(arguments: 1...25)
    func `over a bad line the answer and the results get through, whatever the fault`(_ seed: Int) throws {
        let rates: [WireFault: Double] = [
            .corrupt: 0.05, .drop: 0.03, .delay: 0.05, .duplicate: 0.05, .split: 0.1, .vanish: 0.03, .noise: 0.03,
            .contention: 0.3,
        ]
        let orders = Self.tubes.map { Laboratory.order($0, ["NA", "K", "GLU"]) }
        let played = try play("roche-cobas-c311", orders: orders, rates: rates, seed: UInt64(seed))
        #expect(played.report.isAcknowledged, "seed \(seed)")
        let got = Set(played.laboratory.observations.map { "\($0.accession) \($0.instrumentCode) \($0.rawText)" })
        #expect(got.isSuperset(of: played.drawn.map { "\($0.specimen) \($0.code) \($0.value)" }), "seed \(seed)")
    }

    @Test(arguments: 1...25)
    func `HL7 v2 over a bad line: every message gets through`(_ seed: Int) throws {
        let rates: [WireFault: Double] = [
            .drop: 0.1, .delay: 0.1, .duplicate: 0.1, .split: 0.2, .vanish: 0.1, .loseReply: 0.1, .noise: 0.1,
        ]
        let instrument = try Place.instrument("mindray-bc5380")
        var random = PRNG(seed: UInt64(seed))
        let session = instrument.results(of: Self.tubes, at: start, random: &random)
        var laboratory = Laboratory(instrument.driver, orders: [])
        var run = BlockRun(
            scenario(rates), sessions: session.messages.map { BlockRun.Planned(name: "r", messages: [$0]) },
            instrument: instrument, seed: UInt64(seed), at: start)
        laboratory.play(&run)
        #expect(run.report.isAcknowledged, "seed \(seed)")
        let got = Set(laboratory.observations.map { "\($0.accession) \($0.instrumentCode) \($0.rawText)" })
        #expect(got == Set(session.results.map { "\($0.specimen) \($0.code) \($0.value)" }), "seed \(seed)")
    }
}

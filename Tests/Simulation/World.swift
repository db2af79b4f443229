import Base
import LIS01

/// Two links over a bad line in virtual time: one seed makes all of it.
struct World {
    let seed: UInt64
    let faults: Faults
    private(set) var random: PRNG
    var now = Instant(milliseconds: 0)
    /// The instrument and the computer.
    var stations: [Station]
    /// To the instrument, to the computer.
    private var wires = [Wire(), Wire()]
    private var isUp = true
    private var reopens: Instant?
    /// Drops the line once when so many bytes have been written to it.
    var dropAtByte: Int?
    private(set) var written = 0
    private var faultsUntil: Instant
    var trace: [String]?
    var sent: [[[UInt8]]] = [[], []]

    init(seed: UInt64, faults: Faults) {
        self.seed = seed
        self.faults = faults
        random = PRNG(seed: seed)
        // Safety first, then heal: after ten minutes the line is clean, and what is left must arrive.
        faultsUntil = Instant(seconds: 600)
        stations = []
        for station in [LinkSettings.Station.instrument, .computer] {
            var settings = LinkSettings(station: station)
            switch random.next() % 4 {
            case 0: settings.framing = .recordPerFrame
            case 1: settings.framing = .recordPerIntermediateFrame
            case 2: settings.framing = .wholeMessage
            case _: settings.framing = .cut(Int(10 + random.next() % 60))
            }
            settings.maximumText = Int(12 + random.next() % 100)
            stations.append(Station(settings))
        }
    }

    private var currentFaults: Faults { now < faultsUntil ? faults : .none }

    mutating func send(_ name: String, from station: Int) {
        var text = "H|\\^&|||\(name)\rP|1\rO|1|S\(random.next() % 1000)||^^^GLU\r"
        for i in 0..<(random.next() % 4) { text += "R|\(i + 1)|^^^T\(i)|\(random.next() % 100_000)|mmol/L\r" }
        let message = Array((text + "L|1|N\r").utf8)
        sent[station].append(message)
        stations[station].waiting.append(Station.Outgoing(text: message))
    }
    mutating func pass(_ milliseconds: Int64) { now = now.advanced(by: .milliseconds(milliseconds)) }
    mutating func draw(_ below: UInt64) -> UInt64 { random.next() % below }

    private mutating func happens(_ rate: UInt64) -> Bool { rate > 0 && random.next() % 1000 < rate }

    // MARK: running

    private mutating func run(_ actions: [LinkAction], of station: Int) {
        for action in actions {
            trace?.append("\(now.milliseconds) ms \(station == 0 ? "instrument" : "computer"): \(action)")
            stations[station].note(action)
            switch action {
            case .reply(let bytes):
                guard isUp else { break }
                written += bytes.count
                wires[1 - station].carry(bytes, currentFaults, at: now, &random)
            case .store:
                let due = now.advanced(by: .milliseconds(Int64(random.next() % 40)))
                stations[station].storing?.due = due
                let fails = happens(currentFaults.store)
                stations[station].storing?.fails = fails
            case .sessionBegan:
                if happens(currentFaults.interrupt) { stations[station].link.interrupt() }
            case .refused, .message, .sessionEnded, .delivered, .failed, .deviation: break
            }
        }
        if isUp { offer(station) }
    }

    /// Gives the link what waits, as the shell does after every event.
    private mutating func offer(_ station: Int) {
        let waiting = stations[station].waiting
        stations[station].waiting = []
        for message in waiting {
            let actions = stations[station].send(message, at: now)
            run(actions, of: station)
        }
    }

    private mutating func dropLine() {
        trace?.append("\(now.milliseconds) ms the line drops after \(written) bytes")
        isUp = false
        dropAtByte = nil
        for station in 0..<2 {
            wires[station].cut()
            let actions = stations[station].lineLost()
            run(actions, of: station)
        }
        reopens = now.advanced(by: .milliseconds(Int64(random.next() % 3000)))
    }

    private mutating func misfortune() {
        let faults = currentFaults
        // Per event, of which a session has about thirty.
        if isUp, faults.lineLost > 0, random.next() % 20_000 < faults.lineLost { dropLine() }
        if faults.busy > 0, random.next() % 20_000 < faults.busy {
            let station = Int(random.next() % 2)
            stations[station].link.isBusy = true
            stations[station].busyUntil = now.advanced(by: .milliseconds(Int64(random.next() % 40_000)))
        }
    }

    /// Runs until nothing can happen any more; false when it never ends.
    mutating func settle(events: Int = 50_000) -> Bool {
        for station in 0..<2 where isUp { offer(station) }
        for _ in 0..<events {
            if let place = dropAtByte, written >= place { dropLine() }
            misfortune()
            var next = reopens
            func consider(_ other: Instant?) {
                if let other, next.map({ other < $0 }) ?? true { next = other }
            }
            for station in 0..<2 {
                consider(wires[station].arrival)
                consider(stations[station].storing?.due)
                consider(stations[station].link.deadline)
                consider(stations[station].busyUntil)
            }
            guard let next else { return true }
            now = max(now, next)
            step()
            if stations.contains(where: { $0.broken != nil }) { return true }
        }
        return false
    }

    /// What is due now: one thing.
    private mutating func step() {
        if let due = reopens, due <= now {
            reopens = nil
            isUp = true
            for station in 0..<2 { offer(station) }
            return
        }
        for station in 0..<2 {
            if let due = stations[station].busyUntil, due <= now {
                stations[station].busyUntil = nil
                stations[station].link.isBusy = false
                return
            }
            if let due = stations[station].storing?.due, due <= now {
                let actions = stations[station].storeAnswers(at: now)
                return run(actions, of: station)
            }
            if let arrival = wires[station].arrival, arrival <= now {
                let bytes = wires[station].next()
                trace?.append("\(now.milliseconds) ms to \(station == 0 ? "instrument" : "computer"): \(bytes)")
                let actions = stations[station].link.received(bytes, at: now)
                return run(actions, of: station)
            }
            if let due = stations[station].link.deadline, due <= now {
                let actions = stations[station].link.timeReached(at: now)
                return run(actions, of: station)
            }
        }
    }

    // MARK: judging

    var sessions: Int { stations[0].sessions + stations[1].sessions }

    /// What is wrong in the end, nil when all is well.
    func verdict(settled: Bool, hostile: Bool = false) -> String? {
        for (name, station) in zip(["instrument", "computer"], stations) {
            if let broken = station.broken { return "\(name): \(broken)" }
        }
        guard settled else { return "the world does not settle" }
        for sender in 0..<2 {
            let from = stations[sender], to = stations[1 - sender]
            guard from.link.state == .neutral, from.link.waiting == 0 else { return "an end is stuck" }
            for message in sent[sender] {
                let delivered = from.delivered.count { $0 == message }, failed = from.failed.count { $0 == message }
                guard delivered + failed == 1 else { return "neither delivered nor failed, or both" }
                if delivered == 1, to.received[message] == nil, !hostile { return "delivered but not there" }
            }
            // In a hostile world a message may lack frames, but nothing else is taken for one.
            if !hostile, !to.received.keys.allSatisfy({ sent[sender].contains($0) }) { return "a message was invented" }
        }
        return nil
    }
}

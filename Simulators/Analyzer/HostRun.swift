package import Base
package import Drivers
import HL7v2
import LIS01
import LIS2
package import Laboratory

/// What the simulated laboratory does wrong on purpose, to see what an analyzer makes of it. Frames (blocks, texts)
/// count from 1 since the line is up.
package struct HostMischief: Sendable, Equatable {
    /// Refused: NAK, or AE in HL7 v2.
    package var refused: Set<Int> = []
    /// From this one on, no answer at all.
    package var silentFrom: Int?
    /// Answers come this late.
    package var delay: Duration = .zero
    /// Answered with EOT: a receiver interrupt (LIS01-A2 section 6.3.5).
    package var interrupted: Set<Int> = []
    package init() {}
}

package enum HostAction: Sendable, Equatable {
    case send([UInt8])
    /// A message of the analyzer, without its framing.
    case message([UInt8], isComplete: Bool)
    /// It asked about these tubes (none: everything), and so many were answered with work.
    case asked([String], answered: Int)
    /// A download was taken, or was not.
    case downloaded(Bool)
    /// Something for people: a deviation, a refusal, a mischief done.
    case remark(String)
}

/// The laboratory's end of a line, as a test bench for a real analyzer: it acknowledges, answers questions from a list
/// of orders, sends orders on demand, and misbehaves when told to. Pure: give it events and the time, run the actions,
/// call `timeReached(at:)` at `deadline`.
package struct HostRun: Sendable {
    package let driver: Driver
    private let orders: [SpecimenOrder]
    private let mischief: HostMischief
    private let zone: CivilZone
    private var link: Link
    private var framer = MLLPFramer()
    private var text: [UInt8]?
    private var frames = 0
    private var messages = 0
    /// What is due later, in order.
    private var late: [(at: Instant, what: Late)] = []
    /// What was sent over HL7 v2 and waits for its acknowledgement.
    private var downloads: Set<String> = []
    private enum Late: Sendable {
        case store
        case send([UInt8])
    }

    package init(
        _ driver: Driver, orders: [SpecimenOrder] = [], mischief: HostMischief = HostMischief(),
        zone: CivilZone = .europeParis
    ) {
        self.driver = driver
        self.orders = orders
        self.mischief = mischief
        self.zone = zone
        var settings = driver.description.link
        settings.station = .computer
        link = Link(settings: settings)
    }

    package var deadline: Instant? { [link.deadline, late.first?.at].compactMap { $0 }.min() }

    // MARK: events

    package mutating func received(_ bytes: [UInt8], at now: Instant) -> [HostAction] {
        var actions: [HostAction] = []
        switch driver.description.dialect {
        case .lis2: run(link.received(bytes, at: now), at: now, &actions)
        case .hl7:
            for event in framer.push(bytes) {
                if case .message(let block) = event { heard(block, at: now, &actions) }
            }
        case .text: for byte in bytes { heard(byte, at: now, &actions) }
        }
        return actions
    }

    package mutating func timeReached(at now: Instant) -> [HostAction] {
        var actions: [HostAction] = []
        while let first = late.first, first.at <= now {
            late.removeFirst()
            switch first.what {
            case .store: run(link.stored(at: now), at: now, &actions)
            case .send(let bytes): actions.append(.send(bytes))
            }
        }
        if let due = link.deadline, due <= now { run(link.timeReached(at: now), at: now, &actions) }
        return actions
    }

    package mutating func lineLost(at now: Instant) -> [HostAction] {
        var actions: [HostAction] = []
        run(link.lineLost(), at: now, &actions)
        late = []
        framer = MLLPFramer()
        text = nil
        frames = 0
        return actions
    }

    /// Sends the orders of these tubes, or all of them.
    package mutating func download(_ accessions: [String] = [], at now: Instant) -> [HostAction] {
        var actions: [HostAction] = []
        let wanted = orders.filter { accessions.isEmpty || accessions.contains($0.accession) }
        switch driver.description.dialect {
        case .lis2:
            let message =
                driver.orders(for: wanted, purpose: .download, at: now, zone: zone)
                ?? driver.orders(for: wanted, purpose: .answer, at: now, zone: zone)
            guard let message, !message.bytes.isEmpty else { break }
            run(link.send(message.bytes, at: now).actions, at: now, &actions)
            return actions
        case .hl7:
            messages += 1
            guard let sent = try? driver.download(wanted, controlID: "D\(messages)", at: now, zone: zone),
                !sent.messages.isEmpty
            else { break }
            for message in sent.messages {
                if let id = (try? ReceivedMessage(message))?.controlID { downloads.insert(id) }
                actions.append(.send(MLLP.frame(message)))
            }
            return actions
        case .text: break
        }
        actions.append(.remark("rien à envoyer : pas de demande connue du pilote, ou il n'en écrit pas"))
        return actions
    }

    // MARK: LIS2-A2

    private mutating func run(_ linkActions: [LinkAction], at now: Instant, _ actions: inout [HostAction]) {
        for action in linkActions {
            switch action {
            case .reply(let bytes): actions.append(.send(bytes))
            case .store: store(at: now, &actions)
            case .message(let text, let isComplete):
                actions.append(.message(text, isComplete: isComplete))
                if isComplete { answer(LISMessage(bytes: text), at: now, &actions) }
            case .delivered: actions.append(.downloaded(true))
            case .failed(_, let why):
                actions.append(.remark("envoi abandonné : \(why.rawValue)"))
                actions.append(.downloaded(false))
            case .refused(_, let why): actions.append(.remark("trame refusée (NAK) : \(why.rawValue)"))
            case .deviation(let deviation): actions.append(.remark("écart à la norme : \(deviation.rawValue)"))
            case .sessionBegan, .sessionEnded: break
            }
        }
    }

    private mutating func store(at now: Instant, _ actions: inout [HostAction]) {
        frames += 1
        if let from = mischief.silentFrom, frames >= from {
            actions.append(.remark("trame \(frames) : silence, exprès"))
        } else if mischief.refused.contains(frames) {
            actions.append(.remark("trame \(frames) : NAK, exprès"))
            run(link.notStored(at: now), at: now, &actions)
        } else {
            if mischief.interrupted.contains(frames) {
                actions.append(.remark("trame \(frames) : EOT, exprès"))
                link.interrupt()
            }
            if mischief.delay > .zero {
                late.append((now.advanced(by: mischief.delay), .store))
            } else {
                run(link.stored(at: now), at: now, &actions)
            }
        }
    }

    private mutating func answer(_ message: LISMessage, at now: Instant, _ actions: inout [HostAction]) {
        for query in driver.read(message, zone: zone).queries where !query.cancels {
            let known = orders.filter { query.all || query.accessions.contains($0.accession) }
            actions.append(.asked(query.accessions, answered: known.count))
            for answer in driver.answer(orders, to: query, at: now, zone: zone) {
                run(link.send(answer, at: now).actions, at: now, &actions)
            }
        }
    }

    // MARK: HL7 v2

    private mutating func heard(_ block: [UInt8], at now: Instant, _ actions: inout [HostAction]) {
        frames += 1
        actions.append(.message(block, isComplete: true))
        guard let message = try? ReceivedMessage(block) else {
            actions.append(.remark("bloc \(frames) : HL7 illisible"))
            return
        }
        if ["ACK", "ORL"].contains(message.kind.code) {
            if downloads.remove(message.value("MSA", 2)) != nil {
                actions.append(.downloaded(["AA", "CA"].contains(message.value("MSA", 1))))
            }
            return
        }
        if let from = mischief.silentFrom, frames >= from {
            actions.append(.remark("bloc \(frames) : silence, exprès"))
            return
        }
        let isRefused = mischief.refused.contains(frames)
        if isRefused { actions.append(.remark("bloc \(frames) : AE, exprès")) }
        messages += 1
        if message.kind.code == "QBP", !isRefused {
            let asked = driver.read(hl7: message, zone: zone).queries.first ?? HostQuery(accessions: [])
            let known = orders.filter { asked.all || asked.accessions.contains($0.accession) }
            actions.append(.asked(asked.accessions, answered: known.count))
            if let answer = try? driver.answer(orders, toHL7: message, controlID: "A\(messages)", at: now, zone: zone) {
                for message in answer.messages { reply(MLLP.frame(message), at: now, &actions) }
                return
            }
        }
        let lines = [
            "MSH|^~\\&|Paillasse||\(message.value("MSH", 3))||\(now.hl7(in: zone))||ACK^\(message.kind.event)|"
                + "A\(messages)|P|\(message.value("MSH", 12))",
            "MSA|\(isRefused ? "AE" : "AA")|\(message.controlID)",
        ]
        reply(MLLP.frame(lines.flatMap { Array($0.utf8) + [0x0D] }), at: now, &actions)
    }

    private mutating func reply(_ bytes: [UInt8], at now: Instant, _ actions: inout [HostAction]) {
        if mischief.delay > .zero {
            late.append((now.advanced(by: mischief.delay), .send(bytes)))
        } else {
            actions.append(.send(bytes))
        }
    }

    // MARK: a maker's text

    private mutating func heard(_ byte: UInt8, at now: Instant, _ actions: inout [HostAction]) {
        switch byte {
        case Control.stx: text = []
        case Control.etx:
            guard let whole = text else { return }
            text = nil
            frames += 1
            actions.append(.message(whole, isComplete: true))
            if let from = mischief.silentFrom, frames >= from {
                actions.append(.remark("texte \(frames) : silence, exprès"))
            } else {
                let isRefused = mischief.refused.contains(frames)
                if isRefused { actions.append(.remark("texte \(frames) : NAK, exprès")) }
                reply([isRefused ? Control.nak : Control.ack], at: now, &actions)
            }
        case _: text?.append(byte)
        }
    }
}

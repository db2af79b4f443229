import Base
import Catalog
import Exchange
import Foundation
import Glibc
import HL7v2
import Laboratory
import SQLiteEngine
import Store
import StoreSQL
import Synchronization
import Workflow

extension Figure {
    /// The outbox after an hour without a PFI: every message read from the store, its attempt and its answer durable,
    /// against a socket that sends the same bytes from memory and waits for the same answers.
    static var drain: Figure { drain("drain", lines: 1, "over one line") }
    /// The same over as many lines as processors, where the PFI serves them.
    static var drainLines: Figure { drain("drain-lines", lines: 2, "over two lines") }

    private static func drain(_ name: String, lines: Int, _ way: String) -> Figure {
        Figure(
            name: name, what: "reports of 150 kB queued in SQLite sent to a PFI on this machine \(way), acknowledged",
            unit: "reports/s", reference: "bare MLLP sender, from memory", goal: .ratio(0.7)
        ) { bench in
            let count = ProcessInfo.processInfo.environment["PAILLASSE_DRAIN"].flatMap { Int($0) } ?? 10_000
            let queue = try await Queue(bench, count: count)
            defer { queue.remove() }
            let pfi = try BarePFI()
            defer { pfi.stop() }
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    let before = pfi.taken
                    let rate = try await queue.drain(to: pfi.port, lines: lines)
                    try Measure.demand(pfi.taken - before, is: count, "messages taken")
                    return rate
                },
                reference: {
                    let before = pfi.taken
                    let rate = try BareSender.rate(queue.messages, to: pfi.port)
                    try Measure.demand(pfi.taken - before, is: count, "messages taken")
                    return rate
                })
        }
    }
}

/// Messages that differ by their number, and the store that they wait in.
private struct Queue: Sendable {
    let messages: [[UInt8]]
    private let catalogue: AnalysisCatalogue
    private let folder: String
    private static let start = Instant(milliseconds: 1_795_344_120_000)
    private static let site = Site(
        code: "banc", name: "Laboratoire du banc", finess: "590000000",
        address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
        oidRoot: "1.2.250.1.999.1", director: Professional(nationalID: "810001234567", family: "BANC", given: "Claire"))

    init(_ bench: Bench, count: Int) async throws {
        folder = bench.scratch
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        catalogue = try AnalysisCatalogue.load(
            names.map { CatalogFile(name: $0, bytes: try bench.bytes("Catalog/\($0)")) },
            version: CatalogVersion("banc"))
        let document = String(repeating: "QUJDREVGR0hJSktMTU5PUA", count: 150_000 / 22)
        messages = (0..<count).map { n in
            Array(
                ("MSH|^~\\&|SGL|LABO|PFI|LABO|20261122121500+0100||ORU^R01^ORU_R01|\(Queue.number(n))|P|2.5\r"
                    + "OBX|1|ED|11502-2^CR^LN||^TEXT^XML^Base64^\(document)||||||F\r").utf8)
        }
        try await fill()
    }

    /// The store of a laboratory whose PFI was away, from which each round starts.
    private func fill() async throws {
        let filled = folder + "/queue.sqlite"
        let store = try await SQLiteStore.open(path: filled)
        for start in stride(from: 0, to: messages.count, by: 100) {
            let facts = (start..<min(start + 100, messages.count)).map { n in
                Fact.delivery(
                    Delivery(
                        id: Queue.number(n), site: "banc", reportID: "R\(n)", requestID: "D\(n)", version: 1,
                        destination: "PFI", controlID: Queue.number(n), message: messages[n],
                        createdAt: Queue.start.advanced(by: .milliseconds(n)), toDMP: true))
            }
            let note = AuditNote(
                site: "banc", author: "banc", action: "report.issue", subject: "\(start)", at: Queue.start)
            try await store.append(facts, note: note)
        }
        // They have waited: what was written is in the database, no longer in its log.
        await store.close()
    }

    private static func number(_ n: Int) -> String { "BANC-" + String(1_000_000 + n) }

    func remove() { for end in ["", "-wal", "-shm", ".lock"] { unlink(folder + "/queue.sqlite" + end) } }

    /// Reports a second, from the first look at the table to the last answer written down.
    func drain(to port: Int, lines: Int) async throws -> Double {
        let file = folder + "/drain.sqlite"
        defer { for end in ["", "-wal", "-shm", ".lock"] { unlink(file + end) } }
        try FileManager.default.copyItem(atPath: folder + "/queue.sqlite", toPath: file)
        // What the copy leaves to be written is no part of the drain.
        let copy = open(file, O_RDWR)
        guard copy >= 0, fsync(copy) == 0 else { throw Fault("the queue was not copied") }
        close(copy)
        let store = try await SQLiteStore.open(path: file)
        let desk = Desk(store: store, catalogue: catalogue, sites: [Queue.site], now: { Queue.start })
        let parties = Parties(
            sendingApplication: "SGL", sendingFacility: "LABO", receivingApplication: "PFI", receivingFacility: "LABO")
        var pfi = PFISettings(
            host: "127.0.0.1", port: port, parties: parties, processing: .training, answerWithin: .seconds(30))
        pfi.lines = lines
        let dispatch = ReportDispatch(desk: desk, pfi: pfi, log: { _ in })
        let begin = ContinuousClock.now
        guard try await dispatch.sendDue() else { throw Fault("the queue did not drain") }
        let spent = Measure.seconds(begin.duration(to: .now))
        let left = try await store.deliveriesDue(limit: 1).count
        await store.close()
        try Measure.demand(left, is: 0, "messages left")
        return Double(messages.count) / spent
    }
}

/// Takes MLLP blocks on threads of its own and answers AA to each; looks only for the end and for MSH-10.
private final class BarePFI: Sendable {
    let port: Int
    private let listening: CInt
    private let count = Mutex(0)
    var taken: Int { count.withLock { $0 } }

    init() throws {
        let (descriptor, port) = try BareSocket.listen()
        listening = descriptor
        self.port = port
        Thread.detachNewThread { [self] in
            while true {
                let line = accept(listening, nil, nil)
                guard line >= 0 else { return }
                Thread.detachNewThread { [self] in serve(line) }
            }
        }
    }

    func stop() {
        shutdown(listening, CInt(SHUT_RDWR))
        close(listening)
    }

    private func serve(_ line: CInt) {
        var held: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let n = read(line, &buffer, buffer.count)
            guard n > 0 else { break }
            held += buffer[..<n]
            // One message at a time: what was read ends with it or goes on.
            guard held.count > 2, held[held.count - 2] == 0x1C, held[held.count - 1] == 0x0D else { continue }
            let fields = held.prefix(200).split(separator: 0x7C, maxSplits: 10, omittingEmptySubsequences: false)
            let id = String(decoding: fields[9], as: UTF8.self)
            held.removeAll(keepingCapacity: true)
            let answer =
                "\u{0B}MSH|^~\\&|PFI|LABO|SGL|LABO|20261122121501+0100||ACK^R01^ACK|A\(id)|T|2.5|||||FRA|"
                + "UNICODE UTF-8\rMSA|AA|\(id)\r\u{1C}\r"
            // Counted first: who has the answer may look at once.
            count.withLock { $0 += 1 }
            guard BareSocket.send(Array(answer.utf8), line) else { break }
        }
        close(line)
    }
}

private enum BareSender {
    static func rate(_ messages: [[UInt8]], to port: Int) throws -> Double {
        let line = try BareSocket.connect(port)
        defer { close(line) }
        let begin = ContinuousClock.now
        var buffer = [UInt8](repeating: 0, count: 4096)
        for message in messages {
            guard BareSocket.send([0x0B] + message + [0x1C, 0x0D], line) else { throw Fault("the PFI went away") }
            var last: UInt8 = 0
            repeat {
                let n = read(line, &buffer, buffer.count)
                guard n > 0 else { throw Fault("the PFI went away") }
                last = n > 1 ? buffer[n - 2] : last
            } while last != 0x1C
        }
        return Double(messages.count) / Measure.seconds(begin.duration(to: .now))
    }
}

/// Blocking sockets of this machine.
private enum BareSocket {
    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
    private static func with<T>(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
    private static func make() throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Fault("no socket") }
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        return descriptor
    }
    static func listen() throws -> (CInt, Int) {
        let descriptor = try make()
        guard with(address(0), { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 8) == 0 else {
            throw Fault("no listening socket")
        }
        var found = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &found) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return (descriptor, Int(UInt16(bigEndian: found.sin_port)))
    }
    static func connect(_ port: Int) throws -> CInt {
        let descriptor = try make()
        guard with(address(UInt16(port)), { Glibc.connect(descriptor, $0, $1) }) == 0 else { throw Fault("no PFI") }
        return descriptor
    }
    static func send(_ bytes: [UInt8], _ line: CInt) -> Bool {
        var done = 0
        while done < bytes.count {
            let n = bytes[done...].withUnsafeBytes { write(line, $0.baseAddress, $0.count) }
            guard n > 0 else { return false }
            done += n
        }
        return true
    }
}

import Base
import Foundation
import Lines
import Testing

/// Reads until `count` bytes came, the line ended, or ten seconds passed.
func read(_ line: Line, _ count: Int) async -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count {
        switch await line.next(within: .seconds(10)) {
        case .bytes(let bytes): all += bytes
        case .woken: continue
        case .timeReached, .ended: return all
        }
    }
    return all
}

func first(_ listener: LineListener) async -> Line? {
    var iterator = listener.connections.makeAsyncIterator()
    return await iterator.next()
}

func pair() async throws -> (LineListener, server: Line, client: Line) {
    let listener = try await LineListener.start()
    let client = try await Line.dial(host: "127.0.0.1", port: listener.port)
    let server = try #require(await first(listener))
    return (listener, server, client)
}

let everyByte = (0...255).map { UInt8($0) }

/// Waits for something that another thread is about to make true.
func eventually(_ what: () -> Bool) async -> Bool {
    for _ in 0..<6_000 {
        if what() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return what()
}

@Suite(.timeLimit(.minutes(10))) struct `TCP lines` {
    @Test func `bytes cross both ways, all 256 of them`() async throws {
        let (listener, server, client) = try await pair()
        try await client.send(everyByte)
        #expect(await read(server, 256) == everyByte)
        try await server.send(everyByte.reversed())
        #expect(await read(client, 256) == everyByte.reversed())
        await client.close()
        #expect(await server.next(within: .seconds(10)) == .ended(.closedByPeer))
        await server.close()
        await listener.stop()
    }

    @Test func `1000 small writes stay in order`() async throws {
        let (listener, server, client) = try await pair()
        let sent = (0..<1000).map { Array("\($0) ".utf8) }
        async let received = read(server, sent.joined().count)
        for bytes in sent { try await client.send(bytes) }
        #expect(await received == Array(sent.joined()))
        await client.close()
        await listener.stop()
    }

    @Test func `a half-closed line still carries the answer`() async throws {
        let (listener, server, client) = try await pair()
        try await client.send([1, 2, 3])
        await client.finishSending()
        #expect(await read(server, 3) == [1, 2, 3])
        #expect(await server.next(within: .seconds(10)) == .ended(.closedByPeer))
        try await server.send([4, 5])
        #expect(await read(client, 2) == [4, 5])
        await server.close()
        #expect(await client.next(within: .seconds(10)) == .ended(.closedByPeer))
        await client.close()
        await listener.stop()
    }

    @Test func `a peer that breaks the connection is told as a reset`() async throws {
        let (listener, server, client) = try await pair()
        await client.abort()
        #expect(await server.next(within: .seconds(10)) == .ended(.reset))
        await #expect(throws: LineEnd.reset) { try await server.send([1]) }
        await listener.stop()
    }

    @Test func `bytes that came before the end are given before it`() async throws {
        let (listener, server, client) = try await pair()
        try await client.send([9, 8])
        await client.close()
        #expect(await eventually { server.end != nil })
        #expect(await server.next() == .bytes([9, 8]))
        #expect(await server.next() == .ended(.closedByPeer))
        await listener.stop()
    }

    @Test func `a wait ends at its time, at a wake and at a cancellation, and loses nothing`() async throws {
        let (listener, server, client) = try await pair()
        let start = ContinuousClock.now
        #expect(await server.next(within: .milliseconds(50)) == .timeReached)
        #expect(start.duration(to: .now) >= .milliseconds(45))
        #expect(await server.next(within: .zero) == .timeReached)
        server.wake()
        #expect(await server.next() == .woken)
        let waiting = Task { await server.next() }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        #expect(await waiting.value == .ended(.cancelled))
        try await client.send([7])
        #expect(await server.next(within: .seconds(10)) == .bytes([7]))
        await server.close()
        #expect(await server.next() == .ended(.closedHere))
        await listener.stop()
    }

    @Test func `a reader that does not read holds the sender back, then gets every byte`() async throws {
        let (listener, server, client) = try await pair()
        let block = [UInt8](repeating: 0x55, count: 1 << 20)
        let sending = Task { for _ in 0..<32 { try await client.send(block) } }
        try await Task.sleep(for: .milliseconds(200))
        guard case .bytes(let held) = await server.next(within: .seconds(10)) else {
            Issue.record("nothing arrived")
            return
        }
        // What we hold is bounded by the high-water mark plus one read, whatever the peer wants to push.
        #expect(held.count < 2 << 20)
        let rest = await read(server, (32 << 20) - held.count)
        #expect(rest.count + held.count == 32 << 20)
        try await sending.value
        await client.close()
        await listener.stop()
    }

    @Test func `a peer that takes no bytes is given up in time`() async throws {
        let (listener, server, client) = try await pair()
        let huge = [UInt8](repeating: 1, count: 64 << 20)
        await #expect(throws: LineEnd.sendTimedOut) { try await client.send(huge, within: .milliseconds(200)) }
        await server.close()
        await listener.stop()
    }

    @Test func `a peer that is not in the allow-list is refused and counted`() async throws {
        let listener = try await LineListener.start(allowedPeers: ["10.9.0.0/16", "::1"])
        let client = try await Line.dial(host: "127.0.0.1", port: listener.port)
        guard case .ended = await client.next(within: .seconds(10)) else {
            Issue.record("let in")
            return
        }
        #expect(await eventually { listener.refused == [.notAllowed: 1] })
        #expect(listener.up == 0)
        await listener.stop()
        let open = try await LineListener.start(allowedPeers: ["127.0.0.0/8"])
        let friend = try await Line.dial(host: "127.0.0.1", port: open.port)
        #expect(await first(open) != nil)
        await friend.close()
        await open.stop()
    }

    @Test func `more lines than permitted are refused and counted, and a place freed is given again`() async throws {
        let listener = try await LineListener.start(limit: 1)
        let one = try await Line.dial(host: "127.0.0.1", port: listener.port)
        let held = try #require(await first(listener))
        let two = try await Line.dial(host: "127.0.0.1", port: listener.port)
        guard case .ended = await two.next(within: .seconds(10)) else {
            Issue.record("let in")
            return
        }
        #expect(listener.refused == [.tooMany: 1])
        await one.close()
        _ = await held.next(within: .seconds(10))
        await held.close()
        #expect(await eventually { listener.up == 0 })
        let three = try await Line.dial(host: "127.0.0.1", port: listener.port)
        #expect(await first(listener) != nil)
        await three.close()
        await listener.stop()
    }

    @Test func `a listener that stops ends its stream, frees its port and leaves no task`() async throws {
        let listener = try await LineListener.start()
        let reader = Task {
            var count = 0
            for await line in listener.connections {
                count += 1
                await line.close()
            }
            return count
        }
        let client = try await Line.dial(host: "127.0.0.1", port: listener.port)
        _ = await client.next(within: .seconds(10))
        await listener.stop()
        #expect(await reader.value == 1)
        // The port is free again; another test that runs now may be given it at once, so one try in ten has to succeed.
        var wasFree = false
        for _ in 0..<10 where !wasFree {
            let other = try await LineListener.start()
            await other.stop()
            if let again = try? await LineListener.start(port: other.port) {
                wasFree = true
                await again.stop()
            }
        }
        #expect(wasFree)
    }

    @Test func `a port already taken is refused with its place`() async throws {
        let listener = try await LineListener.start()
        let refusal = await #expect(throws: Refusal.self) { _ = try await LineListener.start(port: listener.port) }
        #expect(refusal?.code == "line.listen")
        #expect(refusal?.place == "127.0.0.1:\(listener.port)")
        await listener.stop()
    }

    @Test func `a rule that is no address is refused`() async throws {
        for text in ["10.0.0.0/33", "labo", "", "1.2.3.4/x"] {
            let refusal = await #expect(throws: Refusal.self) { _ = try await LineListener.start(allowedPeers: [text]) }
            #expect(refusal?.code == "line.peer")
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Serial lines` {
    @Test func `all 256 bytes cross a pty both ways`() async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path)
        try await pty.line.send(everyByte)
        #expect(await read(port, 256) == everyByte)
        try await port.send(everyByte)
        #expect(await read(pty.line, 256) == everyByte)
        await port.close()
        await pty.line.close()
    }

    @Test func `1000 small writes on a pty stay in order`() async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path)
        let sent = (0..<1000).map { Array("\($0),".utf8) }
        async let received = read(port, sent.joined().count)
        for bytes in sent { try await pty.line.send(bytes) }
        #expect(await received == Array(sent.joined()))
        await port.close()
        await pty.line.close()
    }

    @Test func `64 000 bytes, more than the tty holds, cross a pty`() async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path)
        let frame = (0..<64_000).map { UInt8(truncatingIfNeeded: $0) }
        async let received = read(pty.line, frame.count)
        try await port.send(frame)
        #expect(await received == frame)
        await port.close()
        await pty.line.close()
    }

    @Test(arguments: [
        SerialSettings(baud: 19200), SerialSettings(baud: 2400, stopBits: 2),
        SerialSettings(baud: 115_200, flow: .rtscts),
        SerialSettings(baud: 9600, flow: .xonxoff),
    ])
    func `the settings reach the device`(wanted: SerialSettings) async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path, wanted)
        #expect(try SerialPort.settings(path: pty.path) == wanted)
        await port.close()
        await pty.line.close()
    }

    @Test func `a port held by another line is refused as busy, and free after it`() async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path)
        let refusal = await #expect(throws: Refusal.self) { _ = try await SerialPort.open(path: pty.path) }
        #expect(refusal?.code == "line.serial.busy")
        await port.close()
        let again = try await SerialPort.open(path: pty.path)
        try await again.send([0x05])
        #expect(await pty.line.next(within: .seconds(10)) == .bytes([0x05]))
        await again.close()
        await pty.line.close()
    }

    @Test func `a pty whose other end goes away ends the port, not the program`() async throws {
        let pty = try await Pty.open()
        let port = try await SerialPort.open(path: pty.path)
        await pty.line.close()
        guard case .ended(let end) = await port.next(within: .seconds(10)) else {
            Issue.record("the port did not end")
            return
        }
        #expect(end == .closedByPeer || end == .reset, "\(end)")
        await port.close()
    }

    @Test func `refusals name the port and the remedy`() async throws {
        let absent = await #expect(throws: Refusal.self) { _ = try await SerialPort.open(path: "/dev/no-such-port") }
        #expect(absent?.code == "line.serial.absent")
        #expect(absent?.place == "/dev/no-such-port")
        let file = await #expect(throws: Refusal.self) { _ = try await SerialPort.open(path: "/dev/null") }
        #expect(file?.code == "line.serial.open")
        let odd = await #expect(throws: Refusal.self) {
            _ = try await SerialPort.open(path: "/dev/null", SerialSettings(baud: 9600, dataBits: 9))
        }
        #expect(odd?.code == "line.serial.settings")
        let pty = try await Pty.open()
        let speed = await #expect(throws: Refusal.self) {
            _ = try await SerialPort.open(path: pty.path, SerialSettings(baud: 9601))
        }
        #expect(speed?.code == "line.serial.settings")
        await pty.line.close()
    }

    @Test func `a pty has its link while it is up`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lines-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let link = folder.appendingPathComponent("port").path
        let pty = try await Pty.open(linkPath: link)
        let port = try await SerialPort.open(path: link)
        try await port.send([1])
        #expect(await pty.line.next(within: .seconds(10)) == .bytes([1]))
        await port.close()
        await pty.line.close()
        #expect(!FileManager.default.fileExists(atPath: link))
        try Data("keep".utf8).write(to: URL(fileURLWithPath: link))
        let refusal = await #expect(throws: Refusal.self) { _ = try await Pty.open(linkPath: link) }
        #expect(refusal?.code == "line.pty.link")
        #expect(try String(contentsOfFile: link, encoding: .utf8) == "keep")
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Sources of lines` {
    @Test func `a client comes back after its peer fell, and waits longer each time nobody answers`() async throws {
        let listener = try await LineListener.start()
        let source = try await LineSource.start(
            .tcpClient(host: "127.0.0.1", port: listener.port),
            backOff: BackOff(first: .milliseconds(20), limit: .milliseconds(100), seed: 1))
        let one = try #require(await source.next())
        let served = try #require(await first(listener))
        await served.abort()
        guard case .ended = await one.next(within: .seconds(10)) else {
            Issue.record("still up")
            return
        }
        let two = try #require(await source.next())
        await two.close()
        await listener.stop()
        let waiting = Task { await source.next() }
        #expect(await eventually { source.lastFailure?.code == "line.dial" })
        waiting.cancel()
        #expect(await waiting.value == nil)
    }

    @Test func `a server gives each connection, then nil once stopped`() async throws {
        let source = try await LineSource.start(
            .tcpServer(host: "127.0.0.1", port: 0, allowedPeers: []), backOff: BackOff(seed: 1))
        for _ in 0..<2 {
            let client = try await Line.dial(host: "127.0.0.1", port: try #require(source.port))
            let line = try #require(await source.next())
            try await client.send([3])
            #expect(await line.next(within: .seconds(10)) == .bytes([3]))
            await client.close()
        }
        await source.stop()
        #expect(await source.next() == nil)
    }

    @Test func `waits double, stay between half and whole, stop at the limit and come from the seed`() {
        var one = BackOff(first: .seconds(1), limit: .seconds(8), seed: 42)
        var same = BackOff(first: .seconds(1), limit: .seconds(8), seed: 42)
        for whole in [1, 2, 4, 8, 8, 8] {
            let wait = one.next()
            #expect(wait == same.next())
            #expect(wait >= .seconds(whole) / 2 && wait <= .seconds(whole))
        }
        one.reset()
        #expect(one.next() <= .seconds(1))
    }
}

@Suite struct `Descriptions of lines` {
    @Test(arguments: [
        LineDescription.tcpServer(host: "127.0.0.1", port: 5001, allowedPeers: []), .tcpClient(host: "::1", port: 9),
        .serial(path: "/dev/ttyS0", SerialSettings(baud: 300, dataBits: 7, parity: .odd, stopBits: 2, flow: .xonxoff)),
        .serial(path: "/dev/ttyUSB0", SerialSettings()), .pty(linkPath: "/run/x"),
    ])
    func `what is written is read back, as text and as JSON`(line: LineDescription) throws {
        #expect(try LineDescription(line.description) == line)
        #expect(try JSONDecoder().decode(LineDescription.self, from: JSONEncoder().encode(line)) == line)
    }

    @Test(arguments: ["", "tcp", "tcp:host", "tcp:host:70000", "serial:x", "serial:/dev/x,9600,8X1", "usb:/x", "pty:"])
    func `nonsense is refused`(text: String) {
        #expect(throws: Refusal.self) { _ = try LineDescription(text) }
    }

    @Test func `an unknown key is refused by its name`() throws {
        let json = Data(#"{"kind": "tcpClient", "host": "a", "port": 1, "prot": 2}"#.utf8)
        let refusal = #expect(throws: Refusal.self) { _ = try JSONDecoder().decode(LineDescription.self, from: json) }
        #expect(refusal?.code == "line.key")
        #expect(refusal?.cause.contains("prot") == true)
    }
}

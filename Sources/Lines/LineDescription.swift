package import Base

/// How to reach the other end of a line.
package enum LineDescription: Sendable, Hashable, CustomStringConvertible {
    /// We listen, the analyser connects. An empty `allowedPeers` lets every address in.
    case tcpServer(host: String, port: Int, allowedPeers: [String])
    case tcpClient(host: String, port: Int)
    case serial(path: String, SerialSettings)
    /// We make a pseudo-terminal and, at `linkPath`, a symbolic link to the end that the other program opens.
    case pty(linkPath: String)

    /// The analyser connects to us, so there is a port to know.
    package var isListening: Bool {
        switch self {
        case .tcpServer: true
        case .tcpClient, .serial, .pty: false
        }
    }

    /// `listen:127.0.0.1:5001`, `tcp:10.0.0.5:5001`, `serial:/dev/ttyUSB0,9600,8N1`, `pty:/run/paillasse/au480`
    package var description: String {
        switch self {
        case .tcpServer(let host, let port, _): "listen:\(host):\(port)"
        case .tcpClient(let host, let port): "tcp:\(host):\(port)"
        case .serial(let path, let settings): "serial:\(path),\(settings.text)"
        case .pty(let link): "pty:\(link)"
        }
    }

    /// Reads what `description` writes.
    package init(_ text: String) throws(Refusal) {
        let refusal = Refusal(
            "line.description", because: "« \(text) » ne décrit pas une ligne",
            remedy: "écrire listen:HOTE:PORT, tcp:HOTE:PORT, serial:CHEMIN,9600,8N1 ou pty:CHEMIN")
        guard let colon = text.firstIndex(of: ":") else { throw refusal }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon] {
        case "listen", "tcp":
            guard let (host, port) = LineDescription.hostAndPort(rest) else { throw refusal }
            self =
                text.hasPrefix("tcp")
                ? .tcpClient(host: host, port: port)
                : .tcpServer(host: host, port: port, allowedPeers: [])
        case "serial":
            guard rest.hasPrefix("/") else { throw refusal }
            let path = rest.prefix { $0 != "," }
            let tail = rest.dropFirst(path.count + 1)
            guard let settings = tail.isEmpty ? SerialSettings() : SerialSettings(tail) else { throw refusal }
            try settings.check(at: String(path))
            self = .serial(path: String(path), settings)
        case "pty":
            guard !rest.isEmpty else { throw refusal }
            self = .pty(linkPath: String(rest))
        case _:
            throw refusal
        }
    }

    /// Reads `HOST:PORT` (an IPv6 address may stand in brackets); port 0…65535.
    package static func hostAndPort(_ text: some StringProtocol) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : (host, port)
    }
}

/// JSON: `{kind: "tcpServer", host, port, allowedPeers}`, `{kind: "tcpClient", host, port}`,
/// `{kind: "serial", path, baud, dataBits, parity, stopBits, flow}`, `{kind: "pty", link}`. An unknown key is refused.
extension LineDescription: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: Key.self)
        let place = decoder.codingPath.map(\.stringValue).joined(separator: ".")
        func allow(_ names: [String]) throws {
            if let odd = box.allKeys.map(\.stringValue).sorted().first(where: { $0 != "kind" && !names.contains($0) }) {
                throw Refusal(
                    "line.key", at: place, because: "clé inconnue « \(odd) »",
                    remedy: "clés permises : kind, \(names.joined(separator: ", "))")
            }
        }
        let kind = try box.decode(String.self, forKey: Key("kind"))
        switch kind {
        case "tcpServer":
            try allow(["host", "port", "allowedPeers"])
            self = .tcpServer(
                host: try box.decodeIfPresent(String.self, forKey: Key("host")) ?? "127.0.0.1",
                port: try box.decode(Int.self, forKey: Key("port")),
                allowedPeers: try box.decodeIfPresent([String].self, forKey: Key("allowedPeers")) ?? [])
        case "tcpClient":
            try allow(["host", "port"])
            self = .tcpClient(
                host: try box.decode(String.self, forKey: Key("host")),
                port: try box.decode(Int.self, forKey: Key("port")))
        case "serial":
            try allow(["path", "baud", "dataBits", "parity", "stopBits", "flow"])
            let settings = SerialSettings(
                baud: try box.decodeIfPresent(Int.self, forKey: Key("baud")) ?? 9600,
                dataBits: try box.decodeIfPresent(Int.self, forKey: Key("dataBits")) ?? 8,
                parity: try box.decodeIfPresent(SerialSettings.Parity.self, forKey: Key("parity")) ?? .none,
                stopBits: try box.decodeIfPresent(Int.self, forKey: Key("stopBits")) ?? 1,
                flow: try box.decodeIfPresent(SerialSettings.Flow.self, forKey: Key("flow")) ?? .none)
            try settings.check(at: place)
            self = .serial(path: try box.decode(String.self, forKey: Key("path")), settings)
        case "pty":
            try allow(["link"])
            self = .pty(linkPath: try box.decode(String.self, forKey: Key("link")))
        case _:
            throw Refusal(
                "line.kind", at: place, because: "« \(kind) » n'est pas une sorte de ligne",
                remedy: "écrire tcpServer, tcpClient, serial ou pty")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: Key.self)
        switch self {
        case .tcpServer(let host, let port, let allowedPeers):
            try box.encode("tcpServer", forKey: Key("kind"))
            try box.encode(host, forKey: Key("host"))
            try box.encode(port, forKey: Key("port"))
            try box.encode(allowedPeers, forKey: Key("allowedPeers"))
        case .tcpClient(let host, let port):
            try box.encode("tcpClient", forKey: Key("kind"))
            try box.encode(host, forKey: Key("host"))
            try box.encode(port, forKey: Key("port"))
        case .serial(let path, let settings):
            try box.encode("serial", forKey: Key("kind"))
            try box.encode(path, forKey: Key("path"))
            try box.encode(settings.baud, forKey: Key("baud"))
            try box.encode(settings.dataBits, forKey: Key("dataBits"))
            try box.encode(settings.parity, forKey: Key("parity"))
            try box.encode(settings.stopBits, forKey: Key("stopBits"))
            try box.encode(settings.flow, forKey: Key("flow"))
        case .pty(let link):
            try box.encode("pty", forKey: Key("kind"))
            try box.encode(link, forKey: Key("link"))
        }
    }
}

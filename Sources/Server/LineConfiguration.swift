import Base
import JSON5
import Lines

/// Where the certificates of a line are.
package struct TLSFiles: Sendable, Hashable {
    package var certificate: String?
    package var key: String?
    package var authorities: String?
    package var requiresClientCertificate: Bool
    package var serverName: String?

    /// `{ certificate, key, authorities, requireClientCertificate, serverName }`; paths relative to `folder`.
    init(_ r: ObjectReader, folder: String) {
        func path(_ key: String) -> String? {
            r.text(key).map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
        }
        certificate = path("certificate")
        key = path("key")
        authorities = path("authorities")
        requiresClientCertificate = r.flag("requireClientCertificate") ?? false
        serverName = r.text("serverName")
        r.finish()
    }

    func read() throws(Refusal) -> TLSSettings {
        var settings = TLSSettings()
        if let certificate { settings.certificates = try DataFiles.bytes(certificate) }
        if let key { settings.key = try DataFiles.bytes(key) }
        if let authorities { settings.authorities = try DataFiles.bytes(authorities) }
        settings.requiresClientCertificate = requiresClientCertificate
        settings.serverName = serverName
        return settings
    }
}

extension LineOptions {
    /// `keepAlive: { idle, interval, count }` in seconds, `backOff: { first, longest }` in milliseconds.
    init(_ r: ObjectReader, _ log: FindingLog) {
        self.init()
        func number(_ r: ObjectReader, _ key: String, _ range: ClosedRange<Int>, _ usual: Int) -> Int {
            guard let value = r.whole(key) else { return usual }
            if range.contains(value) { return value }
            log.add(
                "value", at: r.key(key), "\(value) est hors de \(range.lowerBound)…\(range.upperBound)",
                "par défaut : \(usual)")
            return usual
        }
        if let alive = r.object("keepAlive") {
            keepAlive.idle = number(alive, "idle", 1...7200, keepAlive.idle)
            keepAlive.interval = number(alive, "interval", 1...600, keepAlive.interval)
            keepAlive.count = number(alive, "count", 1...100, keepAlive.count)
            alive.finish()
        }
        if let waits = r.object("backOff") {
            firstWait = .milliseconds(number(waits, "first", 10...60_000, 250))
            longestWait = .milliseconds(number(waits, "longest", 10...600_000, 5000))
            waits.finish()
        }
    }
}

extension LineDescription {
    var isTCP: Bool {
        switch self {
        case .tcpServer, .tcpClient: true
        case .serial, .pty: false
        }
    }

    /// Two analyzers at one port could not be told from each other. Port 0 is any free one.
    func takesPort(of other: LineDescription) -> Bool {
        guard case .tcpServer(let host, let port, _) = self, case .tcpServer(let second, let same, _) = other,
            port == same, port > 0
        else { return false }
        return host == second || [host, second].contains { ["0.0.0.0", "::"].contains($0) }
    }
}

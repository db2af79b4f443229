import Base
import Laboratory
import Lines
import Server
import Testing

@Suite struct `The configuration file` {
    static let good = """
        { data: "data", listen: "127.0.0.1:0", catalogue: "Catalog", drivers: "Drivers",
          sites: [{ code: "A", name: "Essai", finess: "290012345", phone: "+33298000000", oidRoot: "1.2.250.1.999",
            address: { street: "1 quai", postalCode: "29200", city: "BREST" },
            director: { nationalID: "810100000014", family: "ESSAI", given: "Anne" } }],
          analyzers: [{ name: "un", site: "A", driver: "generic-lis2a2", line: "listen:127.0.0.1:0" },
                      { name: "deux", site: "A", driver: "roche-cobas-c311", line: "serial:/dev/ttyS0" }],
          pfi: { address: "127.0.0.1:2575", sendingFacility: "L", receivingFacility: "P", processing: "T" } }
        """

    func read(_ text: String) throws(ConfigurationFindings) -> Configuration {
        try Configuration(json5: Array(text.utf8), name: "paillasse.json5", folder: "/etc/paillasse")
    }

    func findings(_ text: String) -> [Refusal] {
        do throws(ConfigurationFindings) {
            _ = try read(text)
            return []
        } catch { return error.findings }
    }

    @Test func `a good one is read, relative paths from its folder`() throws {
        let configuration = try read(Self.good)
        #expect(configuration.data == "/etc/paillasse/data")
        #expect(configuration.catalogue == "/etc/paillasse/Catalog")
        #expect(configuration.database == .sqlite(path: "/etc/paillasse/data/paillasse.sqlite"))
        #expect(configuration.sites.map(\.code) == ["A"])
        #expect(configuration.analyzers.map(\.name) == ["un", "deux"])
        #expect(configuration.pfi?.port == 2575)
        let postgresql = Self.good.replacing("data: \"data\",", with: "database: \"postgresql:host=/run user=p\",")
        #expect(try read(postgresql).database == .postgresql(connection: "host=/run user=p", schema: "paillasse"))
    }

    @Test(arguments: [
        ("listen: ", "listne: ", "config.key", "listne"),
        ("finess: ", "fines: ", "config.key", "fines"),
        ("sendingFacility: ", "sendingfacility: ", "config.missing", "sendingFacility"),
        ("\"290012345\"", "\"29001234\"", "config.finess", "A"),
        ("\"1.2.250.1.999\"", "\"laboratoire\"", "config.oid", "A"),
        ("\"127.0.0.1:0\", catalogue", "\"ici\", catalogue", "config.value", "listen"),
        ("\"listen:127.0.0.1:0\"", "\"usb:3\"", "line.description", "line"),
        ("site: \"A\", driver: \"generic", "site: \"B\", driver: \"generic", "config.site", "analyzers"),
        ("name: \"deux\"", "name: \"un\"", "config.twice", "analyzers"),
        ("processing: \"T\"", "processing: \"X\"", "config.value", "processing"),
        ("data: \"data\"", "data: 3", "config.type", "data"),
        ("pfi: {", "database: \"mysql:x\", pfi: {", "config.value", "database"),
        ("name: \"Essai\"", "zone: \"Mars\", name: \"Essai\"", "config.zone", "A"),
        ("\"serial:/dev/ttyS0\"", "\"serial:/dev/ttyS0\", tls: { serverName: \"x\" }", "config.line", "line"),
        ("\"serial:/dev/ttyS0\"", "\"tcp:10.0.0.5:1\", allowedPeers: [\"10.0.0.5\"]", "config.line", "line"),
        ("127.0.0.1:0\" },", "127.0.0.1:0\", allowedPeers: [\"voisin\"] },", "line.peer", "line"),
        ("127.0.0.1:0\" },", "127.0.0.1:0\", tls: { cert: \"c.pem\" } },", "config.key", "cert"),
        ("127.0.0.1:0\" },", "127.0.0.1:0\", keepAlive: { idle: 0 } },", "config.value", "idle"),
        ("127.0.0.1:0\" },", "127.0.0.1:0\", backOff: { longest: 5 } },", "config.value", "longest"),
        ("listen: \"127.0.0.1:0\"", "listen: \"0.0.0.0:8642\"", "config.clear", "listen"),
        ("listen: \"127.0.0.1:0\"", "listen: \"labo.example.org:8642\"", "config.clear", "listen"),
    ])
    func `each fault is named with its place and what to do`(_ fault: (String, String, String, String)) throws {
        let (old, new, code, place) = fault
        try #require(Self.good.contains(old))
        let found = findings(Self.good.replacing(old, with: new, maxReplacements: 1))
        let one = try #require(found.first { $0.code == code }, "\(found)")
        #expect(one.place.contains(place) && !one.cause.isEmpty && !one.remedy.isEmpty)
    }

    @Test func `all faults are given at once, and what is no JSON5 is said so`() {
        let two = Self.good.replacing("finess: ", with: "fines: ").replacing("listen: ", with: "listne: ")
        #expect(findings(two).count { $0.code == "config.key" } == 2)
        let syntax = findings("{ data: \"data\",\n  listen \"127.0.0.1:0\" }")
        #expect(syntax.map(\.code) == ["json5.syntax"])
        #expect(syntax.first?.place == "paillasse.json5:2:10")
        #expect(findings("{ data: ").first?.place == "paillasse.json5:1:9")
    }

    @Test func `two analyzers on one port are refused by their names`() throws {
        func both(_ first: String, _ second: String) -> [Refusal] {
            findings(
                Self.good.replacing("\"listen:127.0.0.1:0\"", with: "\"\(first)\"")
                    .replacing("\"serial:/dev/ttyS0\"", with: "\"\(second)\""))
        }
        for second in ["listen:127.0.0.1:5001", "listen:0.0.0.0:5001"] {
            let found = both("listen:127.0.0.1:5001", second)
            #expect(found.map(\.code) == ["config.port"])
            #expect(found.first?.cause.contains("« un » et « deux »") == true)
        }
        #expect(both("listen:127.0.0.1:5001", "listen:127.0.0.1:5002").isEmpty)
        #expect(both("listen:127.0.0.1:5001", "listen:10.0.0.1:5001").isEmpty)
        #expect(both("listen:127.0.0.1:5001", "tcp:127.0.0.1:5001").isEmpty)
        #expect(both("listen:127.0.0.1:0", "listen:127.0.0.1:0").isEmpty)
    }

    @Test func `a line is kept, dialled and protected as its keys say`() throws {
        let keys = """
            keepAlive: { idle: 5, interval: 2, count: 4 }, backOff: { first: 100, longest: 900 },
            tls: { certificate: "tls/c.pem", key: "/run/c.key", authorities: "tls/a.pem",
                   requireClientCertificate: true }
            """
        let configuration = try read(Self.good.replacing("127.0.0.1:0\" },", with: "127.0.0.1:0\", \(keys) },"))
        let entry = try #require(configuration.analyzers.first)
        #expect(entry.options.keepAlive == .init(idle: 5, interval: 2, count: 4))
        #expect(entry.options.firstWait == .milliseconds(100) && entry.options.longestWait == .milliseconds(900))
        let tls = try #require(entry.tls)
        #expect(tls.certificate == "/etc/paillasse/tls/c.pem" && tls.key == "/run/c.key")
        #expect(tls.authorities == "/etc/paillasse/tls/a.pem" && tls.requiresClientCertificate)
        #expect(configuration.analyzers.last?.options == LineOptions() && configuration.analyzers.last?.tls == nil)
    }

    @Test func `beyond this machine nothing is exchanged with a PFI but under the certificates of both`() throws {
        func codes(_ keys: String, address: String = "127.0.0.1:2575") -> [String] {
            findings(
                Self.good.replacing("address: \"127.0.0.1:2575\"", with: "address: \"\(address)\", \(keys)")
            ).map(\.code)
        }
        let own = "certificate: \"c.pem\", key: \"k.pem\"", far = "pfi.example.org:2575"
        #expect(codes("lines: 1") == [])
        #expect(codes("lines: 1", address: far) == ["pfi.clear"])
        #expect(codes("lines: 1", address: "127.pfi.example.org:2575") == ["pfi.clear"])
        #expect(codes("tls: {}", address: far) == ["pfi.mutual"])
        #expect(codes("tls: { \(own) }", address: far) == [])
        #expect(codes("backup: { address: \"\(far)\", tls: {} }") == ["pfi.mutual"])
        #expect(codes("zam: \"0.0.0.0:0\", zamTLS: { \(own) }") == ["pfi.mutual"])
        #expect(
            codes("zam: \"0.0.0.0:0\", zamTLS: { \(own), authorities: \"a.pem\", requireClientCertificate: true }")
                == [])
        #expect(codes("answerSeconds: -5") == ["config.value"])
        #expect(codes("backup: { address: \"127.0.0.1:1\", afterSeconds: -3 }") == ["config.value"])
    }

    @Test func `a serial line without settings takes those of its driver`() throws {
        let configuration = try read(Self.good)
        let settings = SerialSettings(baud: 19200, dataBits: 7, parity: .even, stopBits: 2, flow: .xonxoff)
        let entry = try #require(configuration.analyzers.last)
        #expect(entry.line(driverSerial: settings) == .serial(path: "/dev/ttyS0", settings))
        let explicit = try read(Self.good.replacing("serial:/dev/ttyS0", with: "serial:/dev/ttyS0,4800,8N1"))
        #expect(
            explicit.analyzers.last?.line(driverSerial: settings)
                == .serial(path: "/dev/ttyS0", SerialSettings(baud: 4800)))
    }
}

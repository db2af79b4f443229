package import Analyzers
package import Base
import Catalog
import Exchange
import JSON5
package import Laboratory
package import Lines
package import Report

/// What `serve` is told in its JSON5 file. An unknown key is an error, all faults are listed at once.
package struct Configuration: Sendable {
    package enum Database: Sendable, Hashable {
        case sqlite(path: String)
        case postgresql(connection: String, schema: String)
    }
    package struct AnalyzerEntry: Sendable {
        package var name: String
        package var site: String
        package var driver: String
        package var line: LineDescription
        /// How it learns its work.
        package var orders: OrderMode
        /// A serial line was given without its settings: they are the driver's.
        package var takesDriverSerial: Bool
        package var options = LineOptions()
        package var tls: TLSFiles?

        package func line(driverSerial: SerialSettings?) -> LineDescription {
            guard takesDriverSerial, let driverSerial, case .serial(let path, _) = line else { return line }
            return .serial(path: path, driverSerial)
        }
    }
    package var database: Database
    package var data: String
    package var host: String
    package var port: Int
    package var catalogue: String
    package var drivers: String
    package var sites: [Site]
    package var analyzers: [AnalyzerEntry]
    package var pfi: PFI?
    /// Logo and legal mentions of each site's reports.
    package var letterheads: [String: Letterhead]

    /// Reads a configuration; relative paths are relative to `folder`.
    package init(json5 bytes: [UInt8], name: String, folder: String) throws(ConfigurationFindings) {
        let log = FindingLog("config")
        let root: JSONNode
        do throws(Refusal) { root = try JSONNode(json5: bytes, at: name) } catch {
            throw ConfigurationFindings(findings: [error])
        }
        let reader = ObjectReader(root, at: name + ":", log: log)
        func path(_ text: String) -> String { text.hasPrefix("/") ? text : folder + "/" + text }

        data = path(reader.text("data") ?? "data")
        let listen = reader.text("listen") ?? "127.0.0.1:8642"
        if let (host, port) = LineDescription.hostAndPort(listen) {
            (self.host, self.port) = (host, port)
            if !PFISettings.isLoopback(host) {
                log.add(
                    "clear", at: reader.key("listen"),
                    "des données de santé passeraient en clair vers une autre machine",
                    "écouter sur 127.0.0.1, et mettre un relais TLS sur cette machine")
            }
        } else {
            (host, port) = ("127.0.0.1", 0)
            log.add("value", at: reader.key("listen"), "« \(listen) » n'est pas HÔTE:PORT", "écrire 127.0.0.1:8642")
        }
        let databaseText = reader.text("database") ?? "sqlite:paillasse.sqlite"
        let schema = reader.text("schema") ?? "paillasse"
        if databaseText.hasPrefix("sqlite:") {
            let file = String(databaseText.dropFirst(7))
            database = .sqlite(path: file.hasPrefix("/") ? file : data + "/" + file)
        } else if databaseText.hasPrefix("postgresql:") {
            database = .postgresql(connection: String(databaseText.dropFirst(11)), schema: schema)
        } else {
            database = .sqlite(path: "")
            log.add(
                "value", at: reader.key("database"), "« \(databaseText) » n'est pas une base connue",
                "écrire sqlite:FICHIER ou postgresql:CHAÎNE DE CONNEXION")
        }
        catalogue = path(reader.required("catalogue"))
        drivers = path(reader.required("drivers"))
        var letterheads = [String: Letterhead]()
        sites = reader.objects("sites").compactMap { site in
            let paper = Configuration.letterhead(site, folder: folder, log)
            let made = Configuration.site(site)
            letterheads[made.code] = paper
            return made
        }
        self.letterheads = letterheads
        analyzers = reader.objects("analyzers").compactMap { Configuration.analyzer($0, folder: folder, log) }
        pfi = reader.object("pfi").map { PFI($0, folder: folder, log) }
        reader.finish()
        Configuration.crossCheck(sites, analyzers, reader, log)
        guard log.findings.isEmpty else { throw ConfigurationFindings(findings: log.findings) }
    }

    private static func crossCheck(
        _ sites: [Site], _ analyzers: [AnalyzerEntry], _ reader: ObjectReader, _ log: FindingLog
    ) {
        if sites.isEmpty { log.add("sites", at: reader.key("sites"), "aucun site", "décrire au moins un site") }
        var names = Set<String>()
        for analyzer in analyzers {
            if !names.insert(analyzer.name).inserted {
                log.add("twice", at: reader.key("analyzers"), "deux automates « \(analyzer.name) »", "en renommer un")
            }
            if AssayMethod.words.contains(analyzer.name) {
                log.add(
                    "name", at: reader.key("analyzers"),
                    "« \(analyzer.name) » n'est pas un nom d'automate : le catalogue s'en sert autrement",
                    "renommer l'automate")
            }
            if !sites.contains(where: { $0.code == analyzer.site }) {
                log.add(
                    "site", at: reader.key("analyzers"), "site inconnu « \(analyzer.site) »",
                    "choisir parmi : \(sites.map(\.code).joined(separator: ", "))")
            }
        }
        for (rank, one) in analyzers.enumerated() {
            if let other = analyzers[..<rank].first(where: { $0.line.takesPort(of: one.line) }) {
                log.add(
                    "port", at: reader.key("analyzers"),
                    "« \(other.name) » et « \(one.name) » écoutent au même port (\(one.line))",
                    "donner un port à chacun")
            }
        }
        for site in sites {
            if CivilZone(site.zone) == nil {
                log.add("zone", at: site.code, "fuseau inconnu « \(site.zone) »", "Europe/Paris, UTC ou +04:00")
            }
            if site.finess.utf8.count != 9 || Int(site.finess) == nil {
                log.add("finess", at: site.code, "le FINESS géographique a 9 chiffres", "corriger « finess »")
            }
            let digits = site.director.nationalID.utf8.allSatisfy { (0x30...0x39).contains($0) }
            if site.director.nationalID.utf8.count != 12 || !site.director.nationalID.hasPrefix("8") || !digits {
                log.add(
                    "director", at: site.code, "l'identifiant du directeur n'est pas 8 et 11 chiffres de RPPS",
                    "corriger « nationalID »")
            }
            for (who, mail) in [("site", site.securedMail), ("directeur", site.director.securedMail)] {
                guard let mail, let defect = MailAddress.defectOfSecured(mail) else { continue }
                log.add(
                    "mail", at: site.code, "« securedMail » du \(who) : \(defect)",
                    "écrire une adresse MSSanté, ou l'ôter")
            }
            if !site.oidRoot.allSatisfy({ $0.isNumber || $0 == "." }) || site.oidRoot.isEmpty {
                log.add("oid", at: site.code, "« \(site.oidRoot) » n'est pas un OID", "écrire 1.2.250.1.…")
            }
        }
    }

    private static func site(_ r: ObjectReader) -> Site {
        let site = Site(
            code: r.required("code"), name: r.required("name"), finess: r.required("finess"),
            address: address(r.object("address")), phone: r.required("phone"), securedMail: r.text("securedMail"),
            oidRoot: r.required("oidRoot"), accreditation: r.text("accreditation"),
            zone: r.text("zone") ?? "Europe/Paris", director: professional(r.object("director")),
            sector: r.text("sector") ?? "AMBULATOIRE")
        r.finish()
        return site
    }

    private static func address(_ r: ObjectReader?) -> PostalAddress {
        guard let r else { return PostalAddress(street: "", postalCode: "", city: "") }
        let address = PostalAddress(
            street: r.required("street"), postalCode: r.required("postalCode"), city: r.required("city"),
            country: r.text("country") ?? "FRA")
        r.finish()
        return address
    }

    private static func professional(_ r: ObjectReader?) -> Professional {
        guard let r else { return Professional(nationalID: "", family: "", given: "") }
        let person = Professional(
            nationalID: r.required("nationalID"), family: r.required("family"), given: r.required("given"),
            title: r.text("title") ?? "", speciality: r.text("speciality") ?? Professional.biology.speciality,
            specialityLabel: r.text("specialityLabel") ?? Professional.biology.label, phone: r.text("phone"),
            securedMail: r.text("securedMail"))
        r.finish()
        return person
    }

    private static func analyzer(_ r: ObjectReader, folder: String, _ log: FindingLog) -> AnalyzerEntry? {
        let name = r.required("name"), site = r.required("site"), driver = r.required("driver")
        let line = r.required("line")
        let allowed = r.texts("allowedPeers") ?? []
        let orders = r.choice("orders", as: OrderMode.self) ?? .automatic
        let options = LineOptions(r, log)
        let tls = r.object("tls").map { TLSFiles($0, folder: folder) }
        r.finish()
        do throws(Refusal) {
            var description = try LineDescription(line)
            if case .tcpServer(let host, let port, _) = description {
                description = .tcpServer(host: host, port: port, allowedPeers: allowed)
            }
            if !allowed.isEmpty { try LineListener.check(allowedPeers: allowed) }
            if tls != nil, !description.isTCP {
                throw Refusal(
                    "config.line", because: "« tls » ne vaut que pour TCP", remedy: "le retirer de cette ligne")
            }
            if !allowed.isEmpty, !description.isListening {
                throw Refusal(
                    "config.line", because: "« allowedPeers » ne vaut que pour une ligne listen:…",
                    remedy: "le retirer de cette ligne")
            }
            return AnalyzerEntry(
                name: name, site: site, driver: driver, line: description, orders: orders,
                takesDriverSerial: line.hasPrefix("serial:") && !line.contains(","), options: options, tls: tls)
        } catch {
            log.add(Refusal(error.code, at: r.key("line"), because: error.cause, remedy: error.remedy))
            return nil
        }
    }
}

/// Everything that keeps a configuration from being used.
package struct ConfigurationFindings: Error, Sendable, Equatable, CustomStringConvertible {
    package var findings: [Refusal]
    package var description: String { findings.map(\.description).joined(separator: "\n") }
}

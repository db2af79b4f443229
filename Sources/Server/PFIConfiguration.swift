import Base
import Exchange
package import HL7v2
import JSON5
import Lines
import Printing
import Report
import SecureLines
import Synchronization
import Workflow

extension Configuration {
    /// How to reach the PFI, and under which names (MSH-3 to MSH-6).
    package struct PFI: Sendable, Hashable {
        package var host: String
        package var port: Int
        package var tls: TLSFiles?
        /// Another PFI, for what surely never reached the first.
        package var backup: Backup?
        package var sendingApplication: String
        package var sendingFacility: String
        package var receivingApplication: String
        package var receivingFacility: String
        /// MSH-11: P, T or D.
        package var processing: String
        /// ORU or MDM.
        package var carrier: DocumentTransmission.Carrier
        /// The volet's table of combinations to the letter.
        package var isStrict: Bool
        /// The DMP gets complete reports only, unless this (REC_GEN-1070).
        package var partialToDMP: Bool
        /// Whether reading by the recipients is asked for (Z03).
        package var wantsReading: Bool
        /// Where its business acknowledgements (ZAM) are listened to.
        package var zamHost: String
        package var zamPort: Int
        package var zamTLS: TLSFiles?
        /// How long an ACK is awaited.
        package var answerWithin: Duration
        /// Lines open to it side by side.
        package var lines: Int

        package struct Backup: Sendable, Hashable {
            package var host: String
            package var port: Int
            package var tls: TLSFiles?
            package var after: Duration
        }
    }

    static func letterhead(_ r: ObjectReader, folder: String, _ log: FindingLog) -> Letterhead {
        var letterhead = Letterhead(mentions: r.texts("legalMentions") ?? [])
        guard let name = r.text("logo") else { return letterhead }
        do throws(Refusal) {
            letterhead.logo = try DataFiles.bytes(name.hasPrefix("/") ? name : folder + "/" + name)
            _ = try Picture.logo(letterhead.logo)
        } catch {
            log.add(Refusal(error.code, at: r.key("logo"), because: error.cause, remedy: error.remedy))
            letterhead.logo = []
        }
        return letterhead
    }
}

extension Configuration.PFI {
    init(_ r: ObjectReader, folder: String, _ log: FindingLog) {
        func endpoint(_ r: ObjectReader, _ key: String, _ fallback: String) -> (String, Int) {
            let text = r.text(key) ?? fallback
            if let found = LineDescription.hostAndPort(text) { return found }
            log.add("value", at: r.key(key), "« \(text) » n'est pas HÔTE:PORT", "écrire par exemple 127.0.0.1:2575")
            return ("127.0.0.1", 0)
        }
        func check(_ host: String, _ tls: TLSFiles?, _ place: String, listening: Bool = false) {
            do throws(Refusal) {
                try PFISettings.check(host: host, isProtected: tls != nil, at: place)
                try PFISettings.checkMutual(
                    host: host, isMutual: listening ? tls?.requiresClientCertificate == true : tls?.certificate != nil,
                    at: place,
                    remedy: listening
                        ? "donner à zamTLS requireClientCertificate: true et authorities"
                        : "donner à tls le certificat du laboratoire (certificate, key)")
            } catch { log.add(error) }
        }
        func seconds(_ r: ObjectReader, _ key: String, _ usual: Int, _ range: ClosedRange<Int>) -> Duration {
            let value = r.whole(key) ?? usual
            if !range.contains(value) {
                log.add(
                    "value", at: r.key(key), "\(value) secondes",
                    "écrire de \(range.lowerBound) à \(range.upperBound) ; par défaut : \(usual)")
            }
            return .seconds(value)
        }
        (host, port) = endpoint(r, "address", "")
        tls = r.object("tls").map { TLSFiles($0, folder: folder) }
        (zamHost, zamPort) = endpoint(r, "zam", "127.0.0.1:0")
        zamTLS = r.object("zamTLS").map { TLSFiles($0, folder: folder) }
        processing = r.text("processing") ?? "P"
        if !["P", "T", "D"].contains(processing) {
            log.add("value", at: r.key("processing"), "« \(processing) » n'est pas un mode HL7", "écrire P, T ou D")
        }
        sendingApplication = r.text("sendingApplication") ?? "PAILLASSE"
        sendingFacility = r.required("sendingFacility")
        receivingApplication = r.text("receivingApplication") ?? "PFI"
        receivingFacility = r.required("receivingFacility")
        let word = r.text("carrier") ?? "ORU"
        carrier = DocumentTransmission.Carrier(rawValue: word) ?? .oru
        if carrier.rawValue != word {
            log.add("value", at: r.key("carrier"), "« \(word) » n'est pas un message de la PFI", "écrire ORU ou MDM")
        }
        isStrict = r.flag("strictCombinations") ?? false
        wantsReading = r.flag("readingAcknowledgements") ?? true
        partialToDMP = r.flag("partialToDMP") ?? false
        answerWithin = seconds(r, "answerSeconds", 30, 1...3600)
        lines = r.whole("lines") ?? 1
        if !(1...PFISettings.mostLines).contains(lines) {
            log.add(
                "value", at: r.key("lines"), "\(lines) lignes vers la PFI",
                "en ouvrir de 1 à \(PFISettings.mostLines), autant que la PFI en sert à la fois")
        }
        backup = r.object("backup").map { b in
            let (host, port) = endpoint(b, "address", "")
            let tls = b.object("tls").map { TLSFiles($0, folder: folder) }
            let backup = Backup(host: host, port: port, tls: tls, after: seconds(b, "afterSeconds", 60, 0...86_400))
            b.finish()
            return backup
        }
        check(host, tls, r.key("address"))
        check(zamHost, zamTLS, r.key("zam"), listening: true)
        if let backup { check(backup.host, backup.tls, r.key("backup")) }
        r.finish()
    }
}

/// The certificates of the exchanges: read at the start, read again when their files change, watched until they end.
final class ExchangeArmours: Sendable {
    private let entries: [(name: String, files: TLSFiles, armour: ReloadingArmour)]
    private let byFiles: [String: ReloadingArmour]
    private let standing = Mutex<[String]>([])

    /// Refusals: `line.tls.*`, `file.unreadable`.
    init(_ pfi: Configuration.PFI?) throws(Refusal) {
        var entries: [(name: String, files: TLSFiles, armour: ReloadingArmour)] = []
        let wanted = [
            ("pfi.tls", pfi?.tls, false), ("pfi.backup.tls", pfi?.backup?.tls, false),
            ("pfi.zamTLS", pfi?.zamTLS, true),
        ]
        for (name, files, listening) in wanted {
            guard let files else { continue }
            entries.append((name, files, try ReloadingArmour(try files.read(), listening: listening, at: name)))
        }
        self.entries = entries
        byFiles = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.armour) })
    }

    subscript(name: String) -> ReloadingArmour? { byFiles[name] }

    /// What was wrong at the last look.
    var alarms: [String] { standing.withLock { $0 } }

    /// What to tell people now: what was read again, what is wrong, what ends soon.
    func look(now: Instant) -> [String] {
        var words: [String] = []
        for entry in entries {
            do throws(Refusal) {
                if try entry.armour.reload(try entry.files.read()) { words.append("\(entry.name) : certificat relu") }
            } catch {
                words.append("ALARME : \(entry.name) : \(error.cause), l'ancien certificat reste en usage")
            }
            if let alarm = CertificateAlarm.text(entry.name, expiresAt: entry.armour.expiresAt, now: now) {
                words.append(alarm)
            }
        }
        standing.withLock { $0 = words.filter { $0.hasPrefix("ALARME") } }
        return words
    }

    /// Looks at once, then every hour, and after each `nudge`; the same words are told once a day.
    func watch(log: @escaping @Sendable (String) -> Void) async {
        var told: [String: Instant] = [:]
        while !Task.isCancelled {
            let now = Clocks.now()
            for words in look(now: now) where told[words].map({ $0.advanced(by: .seconds(86_400)) <= now }) ?? true {
                told[words] = now
                log(words)
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }
}

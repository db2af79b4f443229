package import Base
package import HL7v2
package import LIS2

/// The contents of one folder of `Drivers/`, read by a shell.
package struct DriverFolder: Sendable, Hashable {
    /// `roche-cobas-c311`
    package var name: String
    /// Path within the folder, `/` between parts, to bytes: `driver.json5`, `README.md`, `transcripts/results.astm` …
    package var files: [String: [UInt8]]
    package init(name: String, files: [String: [UInt8]]) {
        self.name = name
        self.files = files
    }
}

/// All drivers of an installation, each checked against its own transcripts before it is used.
package struct DriverLibrary: Sendable {
    package let drivers: [Driver]

    /// Name of the driver that knows no instrument's codes: what it reads waits in triage.
    package static let genericName = "generic-lis2a2"
    /// The same for HL7 v2.
    package static let genericHL7Name = "generic-hl7"

    /// Throws all findings of all folders (``DriverFindings``): a laboratory does not start with half of its drivers.
    package static func load(folders: [DriverFolder]) throws(DriverFindings) -> DriverLibrary {
        var drivers: [Driver] = [], findings: [Refusal] = [], names: Set<String> = []
        for folder in folders.sorted(by: { $0.name < $1.name }) {
            if !names.insert(folder.name).inserted {
                findings.append(
                    Refusal(
                        "driver.twice", at: folder.name, because: "deux pilotes portent ce nom",
                        remedy: "renommer l'un des dossiers"))
            }
            let (driver, found) = DriverLint.examine(folder)
            findings += found
            if let driver, found.isEmpty { drivers.append(driver) }
        }
        guard findings.isEmpty else { throw DriverFindings(findings: findings) }
        return DriverLibrary(drivers: drivers)
    }

    package func driver(named name: String) throws(Refusal) -> Driver {
        if let driver = drivers.first(where: { $0.name == name }) { return driver }
        throw Refusal(
            "driver.unknown", at: name, because: "aucun pilote ne porte ce nom",
            remedy: "choisir parmi : " + drivers.map(\.name).joined(separator: ", "))
    }

    /// The driver that names most of the message's sender, else the generic one, else nil.
    package func driver(recognising message: LISMessage) -> Driver? {
        drivers.filter { $0.recognises(message) }.max { $0.recognition(message) < $1.recognition(message) }
            ?? drivers.first { $0.name == DriverLibrary.genericName }
    }

    /// The driver that names most of the sending application of an HL7 v2 message; nil when none does.
    package func driver(recognising message: ReceivedMessage) -> Driver? {
        drivers.filter { $0.recognises(hl7: message) }
            .max { $0.recognition(hl7: message) < $1.recognition(hl7: message) }
    }

    /// The driver for a recorded session: that of its first message that any driver recognises, else the generic one.
    package func driver(recognising bytes: [UInt8]) -> Driver? {
        if bytes.contains(MLLP.startBlock) || bytes.starts(with: "MSH".utf8) {
            let senders = SessionDecoder.hl7Messages(in: bytes).messages
            let known = senders.lazy.compactMap { driver(recognising: $0) }.first
            return known ?? drivers.first { $0.name == DriverLibrary.genericHL7Name }
        }
        let messages = SessionDecoder.messages(in: bytes)
        let known = messages.first { message in drivers.contains { $0.recognises(message) } }
        return (known ?? messages.first).flatMap { driver(recognising: $0) }
            ?? drivers.first { $0.name == DriverLibrary.genericName }
    }
}

/// Everything that keeps a library from loading.
package struct DriverFindings: Error, Sendable, Equatable, CustomStringConvertible {
    package var findings: [Refusal]
    package var description: String { findings.map(\.description).joined(separator: "\n") }
}

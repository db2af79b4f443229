import Base
import Foundation
import Lines
import SecureLines
import TestSupport
import Testing

/// Certificates made by openssl for one test: an authority, what it signed, and what a stranger signed.
struct TestCertificates {
    let folder: URL

    private static let settings = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = Essai
        [authority]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign
        subjectKeyIdentifier = hash
        [leaf]
        basicConstraints = critical,CA:FALSE
        subjectAltName = IP:127.0.0.1
        [named]
        basicConstraints = critical,CA:FALSE
        subjectAltName = DNS:automate.laboratoire.example
        """

    /// `authority.pem`; `host.pem` and `instrument.pem` signed by it for 127.0.0.1, `named.pem` for a name only;
    /// `stranger.pem` signed by `other.pem`; each with its `.key`.
    init(in folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(TestCertificates.settings.utf8).write(to: folder.appending(path: "settings"))
        for authority in ["authority", "other"] {
            try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(authority) "
                    + "-extensions authority -keyout \(authority).key -out \(authority).pem -config settings")
        }
        for (name, authority, kind) in [
            ("host", "authority", "leaf"), ("instrument", "authority", "leaf"), ("named", "authority", "named"),
            ("stranger", "other", "leaf"),
        ] {
            try openssl(
                "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(name) "
                    + "-keyout \(name).key -out \(name).csr -config settings")
            try openssl(
                "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
                    + "-extfile settings -extensions \(kind) -out \(name).pem")
        }
    }

    private func openssl(_ words: String) throws {
        let log = folder.appending(path: "openssl.log").path
        let command = "cd \"$1\" && exec openssl \(words)"
        let process = try Child("/bin/bash", ["-c", command, "bash", folder.path], log: log)
        let code = process.wait()
        try #require(
            code == 0, "openssl \(words)\n\((try? String(contentsOf: URL(filePath: log), encoding: .utf8)) ?? "")")
    }

    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: file))) }

    /// What one end is given: its certificate, whom it trusts.
    func settings(_ name: String?, trusting authority: String? = "authority", asks: Bool = false) throws -> TLSSettings
    {
        var settings = TLSSettings()
        if let name {
            settings.certificates = try bytes(name + ".pem")
            settings.key = try bytes(name + ".key")
        }
        settings.authorities = try authority.map { try bytes($0 + ".pem") }
        settings.requiresClientCertificate = asks
        return settings
    }
    func host(_ name: String = "host", asks: Bool = false) throws -> TLSArmour {
        try TLSArmour(try settings(name, asks: asks), listening: true, at: "essai")
    }
    func caller(_ name: String? = nil, trusting authority: String = "authority") throws -> TLSArmour {
        try TLSArmour(try settings(name, trusting: authority), listening: false, at: "essai")
    }
}

import ArgumentParser
import Base
import Lines
import SecureLines

/// Certificates of a simulated neighbour.
struct TLSOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Certificat présenté (PEM) : tout passe alors sous TLS.", valueName: "fichier"))
    var certificate: String?
    @Option(help: ArgumentHelp("Sa clé (PEM).", valueName: "fichier")) var key: String?
    @Option(
        help: ArgumentHelp(
            "Autorités reconnues (PEM) : qui n'a pas de certificat d'elles est refusé.", valueName: "fichier"))
    var authorities: String?
    @Flag(help: "Les ZAM sous TLS aussi, avec le même certificat.") var zamTls = false

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate et --key vont ensemble")
        }
        guard certificate != nil || (authorities == nil && !zamTls) else {
            throw ValidationError("--authorities et --zam-tls vont avec --certificate et --key")
        }
    }

    /// Nil without a certificate. With authorities each end shows its own (mutual TLS).
    func armour(listening: Bool) throws(Refusal) -> (any LineArmour)? {
        guard let certificate, let key else { return nil }
        var settings = TLSSettings()
        settings.certificates = try read(certificate)
        settings.key = try read(key)
        if let authorities { settings.authorities = try read(authorities) }
        settings.requiresClientCertificate = listening && authorities != nil
        return try TLSArmour(settings, listening: listening, at: "--certificate")
    }
}

package import Base
import Foundation

/// Where the server is: scheme, host and port, without a path.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// The port of the house (no registered service of IANA's list).
    package static let standard = "http://127.0.0.1:8642"
    /// Environment variable that names another server.
    package static let variable = "PAILLASSE_SERVER"

    package init(_ text: String) throws(Refusal) {
        var clean = text
        while clean.hasSuffix("/") { clean.removeLast() }
        guard let url = URL(string: clean), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty, url.path.isEmpty, url.query == nil, url.user == nil
        else {
            throw Refusal(
                "client.server", at: "--server", because: "« \(text) » n'est pas l'adresse d'un serveur",
                remedy: "écrire par exemple \(ServerAddress.standard)")
        }
        self.text = clean
    }

    /// `--server`, else the environment, else the standard address.
    package static func chosen(
        option: String?, environment: [String: String]
    ) throws(Refusal) -> ServerAddress {
        try ServerAddress(option ?? environment[variable] ?? standard)
    }
}

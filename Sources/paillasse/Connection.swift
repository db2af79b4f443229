import ArgumentParser
import Base
import Client
import Console
import Foundation

/// Options of every command that speaks to the server.
struct Connection: ParsableArguments {
    @Option(help: ArgumentHelp(BioWords.say(.helpServer), valueName: "url"))
    var server: String?

    var address: ServerAddress {
        get throws {
            try ServerAddress.chosen(option: server, environment: ProcessInfo.processInfo.environment)
        }
    }
    var tokens: TokenFile {
        get throws { try TokenFile.standard(environment: ProcessInfo.processInfo.environment) }
    }
    /// A client with the token that `paillasse login` kept, if any.
    func client() throws -> LaboratoryClient {
        let address = try address
        return LaboratoryClient(server: address, token: try tokens.entry(for: address)?.token)
    }
}

/// The same, for listings.
struct Listing: ParsableArguments {
    @OptionGroup var connection: Connection
    @Flag(help: .said(.helpJSON))
    var json = false

    func client() throws -> LaboratoryClient { try connection.client() }
}

/// A list with a length.
struct Length: ParsableArguments {
    @Option(help: ArgumentHelp(BioWords.say(.helpLength), valueName: "n"))
    var limit: Int?
}

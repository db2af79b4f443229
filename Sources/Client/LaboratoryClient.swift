package import Base
import Foundation
import FoundationNetworking

/// The API from the side of a program: one method a route of `/v1`. Whatever goes wrong is a `Refusal`: the server's
/// own, or `client.unreachable` when there is no answer, or `client.answer` when it cannot be read.
package struct LaboratoryClient: Sendable {
    /// `http://127.0.0.1:8642`
    package let server: String
    package let token: String?
    let transport: URLSession

    /// Longest wait for an answer, in seconds: a signature of many files or a verification of the trail take time.
    package static let answerTimeout = 120.0

    package init(server: ServerAddress, token: String? = nil) {
        self.server = server.text
        self.token = token
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = LaboratoryClient.answerTimeout
        transport = URLSession(configuration: configuration)
    }

    init(server: String, token: String?, transport: URLSession) {
        self.server = server
        self.token = token
        self.transport = transport
    }

    /// The same client with another token.
    package func with(token: String?) -> LaboratoryClient {
        LaboratoryClient(server: server, token: token, transport: transport)
    }

    // The four ways of asking

    func get<T: Decodable>(_ path: String, _ query: [(String, String?)] = []) async throws(Refusal) -> T {
        try read(await exchange("GET", path + LaboratoryClient.query(query), body: nil))
    }
    func bytes(_ path: String) async throws(Refusal) -> [UInt8] {
        Array(try await exchange("GET", path, body: nil))
    }
    func post<T: Decodable>(_ path: String) async throws(Refusal) -> T {
        try read(await exchange("POST", path, body: nil))
    }
    func send<T: Decodable>(_ method: String, _ path: String, _ body: some Encodable) async throws(Refusal) -> T {
        let encoded: Data
        do { encoded = try JSONEncoder().encode(body) } catch {
            throw Refusal("client.body", because: "la demande ne s'écrit pas en JSON", remedy: "signaler ce défaut")
        }
        return try read(await exchange(method, path, body: encoded))
    }

    /// One exchange as it is: any method, path and body. Status and body of the answer, whatever the status.
    package func raw(
        _ method: String, _ path: String, body: [UInt8]?
    ) async throws(Refusal) -> (status: Int, body: [UInt8]) {
        let (status, data) = try await perform(method, path, body: body.map { Data($0) })
        return (status, Array(data))
    }

    private func exchange(_ method: String, _ path: String, body: Data?) async throws(Refusal) -> Data {
        let (status, data) = try await perform(method, path, body: body)
        guard (200..<300).contains(status) else {
            if let answer = try? JSONDecoder().decode(ErrorBody.self, from: data) { throw answer.error }
            throw Refusal(
                "client.answer", at: path, because: "le serveur a répondu \(status) sans explication",
                remedy: "vérifier que l'adresse est celle d'un serveur Paillasse")
        }
        return data
    }

    private func perform(_ method: String, _ path: String, body: Data?) async throws(Refusal) -> (Int, Data) {
        guard let url = URL(string: server + path) else {
            throw Refusal("client.path", because: "chemin impossible", remedy: "vérifier l'identifiant")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        do {
            let (data, response) = try await transport.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, data)
        } catch {
            throw Refusal(
                "client.unreachable", at: server, because: "le serveur ne répond pas",
                remedy: "le démarrer (paillasse serve --config FICHIER) ou donner son adresse (--server)")
        }
    }

    private func read<T: Decodable>(_ data: Data) throws(Refusal) -> T {
        do { return try JSONDecoder().decode(T.self, from: data) } catch {
            throw Refusal(
                "client.answer", at: server, because: "la réponse du serveur n'a pas la forme attendue",
                remedy: "mettre le client et le serveur à la même version")
        }
    }

    // Paths

    /// One segment of a path, whatever the identifier holds (RFC 3986 section 2.3: unreserved characters stay).
    static func segment(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                out.unicodeScalars.append(Unicode.Scalar(byte))
            case _:
                let digits = Array("0123456789ABCDEF".unicodeScalars)
                out.unicodeScalars.append("%")
                out.unicodeScalars.append(digits[Int(byte >> 4)])
                out.unicodeScalars.append(digits[Int(byte & 15)])
            }
        }
        return out
    }

    static func query(_ pairs: [(String, String?)]) -> String {
        let parts = pairs.compactMap { name, value in value.map { "\(name)=\(segment($0))" } }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }
}

import Base
import Client
import Foundation

/// How often this person used each action, for hints that disappear. No secret and no patient: a plain file, and one
/// that cannot be read or written only brings the hints back.
struct HabitFile: Sendable {
    private let path: String

    init(beside tokens: TokenFile, server: String, login: String) {
        path = DraftFile.path(beside: tokens, server: server, login: login, "habits", "json")
    }

    func read() -> [String: Int] {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode([String: Int].self, from: $0) }
            ?? [:]
    }
    func keep(_ counts: [String: Int]) {
        guard let data = try? JSONEncoder().encode(counts) else { return }
        try? SecretFile.write(Array(data), to: path)
    }
}

import Foundation
import Testing

extension TmuxScreen {
    /// Typed as a person does, key by key, at a hand's pace: within 30 ms it would be a scanner's.
    func answer(_ text: String) async throws {
        let pace = Duration.milliseconds(80)
        for character in text {
            try await Task.sleep(for: pace)
            try await tmux("send-keys", "-l", "--", String(character))
        }
        try await Task.sleep(for: pace)
        try await press("Enter")
        guard text.count >= 6, text.allSatisfy(\.isNumber) else { return }
        // The code of a signature: a question that came a moment ago is read first, and the enter given again.
        for _ in 0..<200 {
            let shown = try await self.text
            if shown.contains("[sign.pin]") || !shown.contains("code de signature") { return }
            if shown.contains("rien n'est signé : cette question") { try await press("Enter") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension CommandLineTool {
    /// A command that asks for the code of signature, in a real terminal with a person at it; what it leaves on the
    /// screen. `asked`: what is answered before the code, each question with its answer.
    func atTerminal(
        _ arguments: String, pin: String = APILaboratory.pin, asked: [(question: String, answer: String)] = [],
        asksCode: Bool = true
    ) async throws -> String {
        let left = Left()
        try await TmuxScreen.open(self, width: 180, height: 100, arguments: arguments) { screen in
            let pid = try #require(try await screen.pid)
            for (question, answer) in asked + (asksCode ? [("Code de signature :", pin)] : []) {
                guard try await screen.shows(question) else { return }
                try await screen.type(answer + "\r")
            }
            #expect(await TmuxScreen.ended(pid))
            // The last bytes of the program reach the screen a moment after its end.
            try await Task.sleep(for: .milliseconds(300))
            left.text = try await screen.text
        }
        return left.text
    }

    /// A command that asks, in a real terminal; what it leaves on the screen.
    func conversation(_ arguments: String, _ asked: [(question: String, answer: String)]) async throws -> String {
        let left = Left()
        try await TmuxScreen.open(self, width: 180, height: 100, arguments: arguments) { screen in
            let pid = try #require(try await screen.pid)
            for (question, answer) in asked {
                guard try await screen.shows(question) else { break }
                try await screen.type(answer + "\r")
                // A question may be asked again: the screen is looked at when the answer was taken.
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(await TmuxScreen.ended(pid))
            try await Task.sleep(for: .milliseconds(300))
            left.text = try await screen.text
        }
        return left.text
    }

    private final class Left { var text = "" }

    /// Signed in on this machine with the usual secret.
    func signIn(_ login: String) async throws {
        let ran = try await run("login", login, "--secret-stdin", input: APILaboratory.secret + "\n")
        try #require(ran.code == 0, "\(ran)")
    }
}

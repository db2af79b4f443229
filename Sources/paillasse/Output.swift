import Base
import Client
import Console
import Foundation

/// What a command prints: lines and JSON on standard output, complaints on standard error.
enum Output {
    /// Lines go beside what a program reads: a person has to see them before signing.
    @TaskLocal static var isAside = false

    static func line(_ text: String = "") {
        write(Array((text + "\n").utf8), to: isAside ? FileHandle.standardError : FileHandle.standardOutput)
    }
    static func complain(_ text: String) { write(Array((text + "\n").utf8), to: FileHandle.standardError) }
    /// Sentences, folded between words in a terminal.
    static func prose(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let width = Terminal.width, part.count > width else { line(String(part)); continue }
            for folded in Table.fold(String(part), width) { line(folded) }
        }
    }
    static func bytes(_ bytes: [UInt8]) { write(bytes, to: FileHandle.standardOutput) }

    private static func write(_ bytes: [UInt8], to handle: FileHandle) { try? handle.write(contentsOf: Data(bytes)) }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// A table, or one sentence when there is nothing.
    static func table(_ table: Table, empty: String) {
        if table.rows.isEmpty { prose(empty) } else { line(table.text(width: Terminal.width)) }
    }

    /// What the hold codes of a table mean, once each.
    static func legend(of observations: [ObservationView]) {
        let legend = ObservationView.legend(of: observations)
        if legend.isEmpty { return }
        line()
        for words in legend { prose(words) }
        for observation in observations {
            if let call = observation.call { prose(BioWords.say(.cliCallOf, observation.analysis, call.words)) }
        }
    }

    static func file(_ bytes: [UInt8], at path: String) throws(Refusal) {
        // Whole or not at all; but a device (`/dev/null`) or a pipe is written to, never replaced by a file.
        let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
        let isReplaced = kind == nil || kind == .typeRegular
        do {
            if isReplaced {
                try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            } else {
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.write(contentsOf: Data(bytes))
                try handle.close()
            }
        } catch {
            throw Refusal(
                "file.write", at: path, because: "ce fichier ne peut être écrit",
                remedy: "vérifier le dossier et les droits")
        }
    }
}

enum Terminal {
    static var isScreen: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isKeyboard: Bool { isatty(STDIN_FILENO) == 1 }

    /// Columns of the terminal; nil when the output is a file or a pipe, whose lines are not folded.
    static var width: Int? {
        if let asked = getenv("COLUMNS").flatMap({ Int(String(cString: $0)) }), asked > 0 { return asked }
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// One line of standard input, without its end.
    static func lineOfInput() throws(Refusal) -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw Refusal(
                "cli.input", because: "rien sur l'entrée standard", remedy: "y écrire le secret, suivi d'Entrée")
        }
        return line
    }

    /// A secret: from standard input when asked so, else typed at the terminal without echo.
    static func secret(_ prompt: String, fromInput: Bool) throws(Refusal) -> String {
        if fromInput { return try lineOfInput() }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Refusal(
                "cli.terminal", because: "un secret se tape au clavier",
                remedy: "ou ajouter --secret-stdin et l'envoyer")
        }
        var usual = termios()
        tcgetattr(STDIN_FILENO, &usual)
        var silent = usual
        silent.c_lflag &= ~tcflag_t(ECHO)
        FileHandle.standardError.write(Data(prompt.utf8))
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return try lineOfInput()
    }
}

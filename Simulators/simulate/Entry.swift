import AnalyzerSimulator
import ArgumentParser
import Base
import FoundationEssentials
import Lines
import Neighbours

@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Joue les voisins du laboratoire : automates, laboratoire et plateforme d'intermédiation.",
        subcommands: [SimulateAnalyzer.self, SimulateLoad.self, SimulateHost.self, SimulatePFI.self])
}

/// Says a refusal on the error output and ends with a code of failure.
func fail(_ refusal: Refusal) -> ExitCode {
    try? FileHandleOutput.error.write(refusal.description + "\n")
    return ExitCode(2)
}

/// Lines of text to a standard descriptor, at once (a pipe would hold back what `print` buffers).
enum FileHandleOutput: Int32 {
    case output = 1, error = 2
    func write(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let n = bytes.withUnsafeBytes { writeBytes(rawValue, $0) }
            guard n > 0 else { return }
            bytes = bytes.dropFirst(n)
        }
    }
}

func say(_ text: String) { try? FileHandleOutput.output.write(text + "\n") }

func read(_ path: String) throws(Refusal) -> [UInt8] {
    do {
        return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
        throw Refusal(
            "simulate.file", at: path, because: "fichier illisible", remedy: "vérifier le chemin et les droits")
    }
}

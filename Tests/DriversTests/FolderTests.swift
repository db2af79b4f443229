import Base
import FoundationEssentials
import Testing

@testable import Drivers

@Suite("Driver folders of this installation")
struct FolderTests {
    @Test("Every folder passes its own check: description, transcripts, expectations")
    func folders() throws {
        let folders = try Place.folders()
        #expect(folders.count >= 10)
        for folder in folders {
            rewriteExpectations(of: folder)
            let findings = DriverLint.check(try Place.folder(folder.name))
            #expect(findings.isEmpty, "\(folder.name):\n\(findings.map(\.description).joined(separator: "\n"))")
        }
    }

    @Test("The whole library loads and finds drivers by name and by sender")
    func library() throws {
        let library = try DriverLibrary.load(folders: try Place.folders())
        #expect(try library.driver(named: "roche-cobas-c311").description.model == "cobas c 311")
        #expect(throws: (any Error).self) { try library.driver(named: "nobody") }
        for driver in library.drivers where !driver.description.senders.isEmpty {
            let folder = try Place.folder(driver.name)
            for path in DriverLint.transcripts(of: folder) {
                let bytes = folder.files[path] ?? []
                #expect(library.driver(recognising: bytes)?.name == driver.name, "\(path)")
                guard driver.description.dialect == .lis2 else { continue }
                for message in SessionDecoder.messages(in: bytes) {
                    #expect(library.driver(recognising: message)?.name == driver.name, "\(path)")
                }
            }
        }
    }

    /// With PAILLASSE_REWRITE_EXPECTED=1: writes what the drivers now make of their transcripts, to be read over before
    /// it is committed.
    private func rewriteExpectations(of folder: DriverFolder) {
        guard ProcessInfo.processInfo.environment["PAILLASSE_REWRITE_EXPECTED"] == "1",
            let description = DriverDescription.read(folder.files["driver.json5"] ?? [], name: folder.name).description
        else { return }
        for path in DriverLint.transcripts(of: folder) {
            let text = TranscriptExpectation(Driver(description), folder.files[path] ?? []).json()
            let file = "\(Place.root)/Drivers/\(folder.name)/\(DriverLint.stem(path)).expected.json"
            try? Data(text.utf8).write(to: URL(filePath: file))
        }
    }
}

import Base
import Drivers
import LIS2

/// A driver folder from outside: `driver.json5`, and behind a NUL byte a transcript that it then reads.
///
/// Checked: nothing but findings comes of a bad description; one that loads reads anything without a trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDriver(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    let end = input.firstIndex(of: 0) ?? count
    let description = Array(input[..<end]), transcript = Array(input[min(end + 1, count)...])
    let folder = DriverFolder(
        name: "maker-model",
        files: ["driver.json5": description, "README.md": [0x2E], "transcripts/a.astm": transcript])
    for finding in DriverLint.check(folder) { precondition(!finding.code.isEmpty, "a finding without code") }
    let (read, _) = DriverDescription.read(description, name: "maker-model")
    guard let read else { return 0 }
    let driver = Driver(read)
    _ = SessionDecoder.decode(bytes: transcript, driver: driver).json()
    for message in LISMessage.messages(in: transcript) {
        _ = driver.recognises(message)
        _ = driver.read(message)
    }
    _ = TranscriptExpectation(driver, transcript).json()
    return 0
}

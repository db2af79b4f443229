package import Base
import Glibc

/// The PFI's memory: one file a message, `0001-SGL-000101.hl7`, exactly the bytes received. A message is on disk
/// (file and folder synchronised) before its AA leaves.
package actor PFIFolder {
    package let path: String
    private var kept: [String: [UInt8]] = [:]
    private var number = 0
    private var refusedNumber = 0

    /// Makes the folder if needed; reads what an earlier run left, so that a restart recognises a message.
    package init(_ path: String) throws(Refusal) {
        self.path = path
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw PFIFolder.refusal(path, errno) }
        for name in try PFIFolder.names(path) where name.hasSuffix(".hl7") {
            guard let bytes = PFIFolder.read("\(path)/\(name)"), let message = NeighbourMessage(bytes) else { continue }
            kept[message.controlID] = bytes
            number = max(number, Int(name.prefix { $0 != "-" }) ?? 0)
        }
    }

    /// The bytes stored under this control id.
    package func stored(_ controlID: String) -> [UInt8]? { kept[controlID] }
    package var count: Int { kept.count }

    /// False when another connection stored the same control id meanwhile.
    package func store(_ message: NeighbourMessage) throws(Refusal) -> Bool {
        guard kept[message.controlID] == nil else { return false }
        number += 1
        try write(message.bytes, in: path, PFIFolder.name(number, message.controlID))
        kept[message.controlID] = message.bytes
        return true
    }

    /// Keeps a message that was answered AE or AR, for people to look at.
    package func setAside(_ bytes: [UInt8], controlID: String) throws(Refusal) {
        let folder = path + "/refused"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw PFIFolder.refusal(folder, errno) }
        if refusedNumber == 0 { refusedNumber = try PFIFolder.names(folder).count }
        refusedNumber += 1
        try write(bytes, in: folder, PFIFolder.name(refusedNumber, controlID))
    }

    private func write(_ bytes: [UInt8], in folder: String, _ name: String) throws(Refusal) {
        let draft = "\(folder)/.\(name).part", final = "\(folder)/\(name)"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw PFIFolder.refusal(draft, errno) }
        var done = 0
        while done < bytes.count {
            let n = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else {
                let code = errno
                close(file)
                throw PFIFolder.refusal(draft, code)
            }
            done += n
        }
        let synced = fsync(file) == 0
        let code = errno
        close(file)
        guard synced else { throw PFIFolder.refusal(draft, code) }
        guard rename(draft, final) == 0 else { throw PFIFolder.refusal(final, errno) }
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw PFIFolder.refusal(folder, errno) }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw PFIFolder.refusal(folder, errno) }
    }

    /// `0007-SGL-000101.hl7`; what a file name may not hold becomes `_`.
    private static func name(_ number: Int, _ controlID: String) -> String {
        let safe = controlID.prefix(80).map { c in
            c.isASCII && (c.isLetter || c.isNumber || "-_.".contains(c)) ? c : "_"
        }
        return padded(number, 4) + "-" + String(safe) + ".hl7"
    }

    private static func names(_ folder: String) throws(Refusal) -> [String] {
        guard let handle = opendir(folder) else { throw refusal(folder, errno) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") && name != "refused" { names.append(name) }
        }
        return names.sorted()
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let n = Glibc.read(file, &buffer, buffer.count)
            if n < 0 && errno == EINTR { continue }
            guard n >= 0 else { return nil }
            if n == 0 { return all }
            all += buffer[..<n]
        }
    }

    private static func refusal(_ place: String, _ code: CInt) -> Refusal {
        Refusal(
            "pfi.folder", at: place, because: "écriture ou lecture impossible (\(String(cString: strerror(code))))",
            remedy: "donner un dossier où ce compte peut écrire")
    }
}

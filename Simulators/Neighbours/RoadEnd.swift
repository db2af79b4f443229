import Base
import Glibc

/// The end of the road: what the DMP and the mailboxes would hold of the messages that the PFI took. Folders
/// `dmp/<matricule>` (one file a document, and `registre.tsv`: document, status, hiding) and `mss/<address>`.
struct RoadEnd: Sendable {
    let path: String

    /// A record that has nothing to replace or to delete.
    static let absent = "le DMP n'a pas le document"

    /// Puts a stored message where it goes; nil, or what kept it from going there. `isDMPOpen` false: the record
    /// refuses what it is sent, mailboxes have their mail.
    func deliver(_ message: NeighbourMessage, isDMPOpen: Bool = true) -> String? {
        guard let document = message.document.flatMap({ RoadEnd.decoded($0) }) else { return "document illisible" }
        let xml = String(decoding: document, as: UTF8.self)
        guard let id = RoadEnd.root(after: "<id ", in: xml[...]) else { return "document sans identifiant" }
        let replaced = xml.firstRange(of: "typeCode=\"RPLC\"").flatMap {
            RoadEnd.root(after: "<id ", in: xml[$0.upperBound...])
        }
        let action = message.first("ORC", 1)
        var problem: String?
        if message.metadata("DESTDMP") == "Y", isDMPOpen {
            guard let matricule = message.matricule else { return "alimentation du DMP sans INS" }
            let folder = "\(path)/dmp/\(matricule)"
            var rows: [String] = []
            // A record deletes and replaces only what stands in it.
            let standing = standing(in: "\(folder)/registre.tsv")
            if action == "CA", !standing.contains(id) {
                problem = "\(RoadEnd.absent) \(id) à supprimer"
            } else if let replaced, action == "RO", !standing.contains(replaced) {
                problem = "\(RoadEnd.absent) \(replaced) à remplacer"
            } else if action == "CA" {
                rows.append("\(id)\tDeleted")
            } else {
                write(document, "\(folder)/\(id).xml")
                if let replaced, action == "RO" { rows.append("\(replaced)\tDeprecated") }
                let hidden = ["MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX"].filter {
                    message.metadata($0) == "Y"
                }
                rows.append("\(id)\tApproved\t\(hidden.joined(separator: " "))")
            }
            if !rows.isEmpty { append(rows.joined(separator: "\n") + "\n", "\(folder)/registre.tsv") }
        }
        let mails = message.metadata("DESTMSSANTEPS") == "Y" || message.metadata("DESTMSSANTEPAT") == "Y"
        for address in mails ? message.mailRecipients : [] {
            let folder = "\(path)/mss/\(RoadEnd.safe(address))"
            append("\(message.controlID)\t\(id)\t\(action)\n", "\(folder)/courriels.tsv")
            write(document, "\(folder)/\(RoadEnd.safe(message.controlID)).xml")
        }
        return problem
    }

    /// Documents of a register whose last line says `Approved`.
    private func standing(in register: String) -> Set<String> {
        guard let file = fopen(register, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](), piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        var standing = Set<String>()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count >= 2 else { continue }
            if cells[1] == "Approved" { standing.insert(String(cells[0])) } else { standing.remove(String(cells[0])) }
        }
        return standing
    }

    private func makeFolder(of file: String) {
        var made = ""
        for part in file.split(separator: "/").dropLast() {
            made += (made.isEmpty && !file.hasPrefix("/") ? "" : "/") + part
            mkdir(made, 0o755)
        }
    }
    private func write(_ bytes: [UInt8], _ file: String) { put(bytes, file, O_TRUNC) }
    private func append(_ text: String, _ file: String) { put(Array(text.utf8), file, O_APPEND) }
    private func put(_ bytes: [UInt8], _ file: String, _ how: CInt) {
        makeFolder(of: file)
        let handle = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0o644)
        guard handle >= 0 else { return }
        var done = 0
        while done < bytes.count {
            let n = bytes[done...].withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
            guard n > 0 else { break }
            done += n
        }
        close(handle)
    }

    private static func safe(_ name: String) -> String {
        String(name.prefix(80).map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.@".contains($0)) ? $0 : "_" })
    }

    /// The `root` of the next element that begins with `tag`.
    private static func root(after tag: String, in xml: Substring) -> String? {
        guard let start = xml.firstRange(of: tag)?.upperBound, let end = xml[start...].firstIndex(of: ">") else {
            return nil
        }
        let element = xml[start..<end]
        guard let open = element.firstRange(of: "root=\"")?.upperBound,
            let close = element[open...].firstIndex(of: "\"")
        else { return nil }
        return String(element[open..<close])
    }

    /// Base64 without line ends (RFC 4648 section 4); nil when it is none.
    static func decoded(_ text: String) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        var out: [UInt8] = [], bits = 0, count = 0, padding = 0
        out.reserveCapacity(text.utf8.count / 4 * 3)
        for byte in text.utf8 {
            let value: Int
            switch byte {
            case 0x41...0x5A: value = Int(byte) - 0x41
            case 0x61...0x7A: value = Int(byte) - 0x61 + 26
            case 0x30...0x39: value = Int(byte) - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D:
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | value
            count += 1
            if count == 4 {
                out += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                (bits, count) = (0, 0)
            }
        }
        if count == 3 { out += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)] }
        if count == 2 { out.append(UInt8(bits >> 4 & 255)) }
        return padding <= 2 && count != 1 ? out : nil
    }
}

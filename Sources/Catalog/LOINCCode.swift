/// The check digit of a LOINC code (LOINC Users' Guide, "Check digit"): mod 10, alternate digits doubled from the
/// right.
package enum LOINCCode {
    package enum Defect: String, Sendable, Codable {
        /// Not `digits-digit`.
        case form
        case checkDigit
    }

    /// Nil when the code is well-formed and its check digit is right.
    package static func defect(of code: some StringProtocol) -> Defect? {
        let bytes = Array(code.utf8)
        guard bytes.count >= 3, bytes.count <= 9, bytes[bytes.count - 2] == 0x2D else { return .form }
        let body = bytes[..<(bytes.count - 2)]
        guard let check = bytes.last, isDigit(check), body.allSatisfy(isDigit), body.first != 0x30 else { return .form }
        return Int(check - 0x30) == checkDigit(of: body) ? nil : .checkDigit
    }

    /// The digit that makes `body` a code: `2951` → 2.
    package static func checkDigit(forBody body: String) -> Int? {
        let bytes = Array(body.utf8)
        guard !bytes.isEmpty, bytes.allSatisfy(isDigit) else { return nil }
        return checkDigit(of: bytes[...])
    }

    private static func checkDigit(of body: ArraySlice<UInt8>) -> Int {
        var sum = 0
        for (position, byte) in body.reversed().enumerated() {
            let digit = Int(byte - 0x30) * (position % 2 == 0 ? 2 : 1)
            sum += digit / 10 + digit % 10
        }
        return (10 - sum % 10) % 10
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

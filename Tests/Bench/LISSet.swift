import Base
import LIS01

/// Messages to measure with: one seed makes them, so every machine measures the same bytes. Each message holds H, P,
/// three orders of ten results, a comment behind every third result, and L: 46 records of about 80 bytes.
struct LISSet: Sendable {
    /// H … L, Latin-1, records ended by CR.
    var messages: [[UInt8]] = []
    var records = 0
    var results = 0
    /// Bytes of all result values (R.4): a reader that lost or cut one is found out.
    var valueBytes = 0
    var byteCount: Int { messages.reduce(0) { $0 + $1.count } }
    /// The messages back to back.
    var bytes: [UInt8] { messages.flatMap { $0 } }

    init(messages count: Int = 1000, seed: UInt64 = 46_000) {
        var random = PRNG(seed: seed)
        for number in 0..<count { append(number, &random) }
    }

    /// Every message in a session of its own, one record a frame, as the standard lays them out.
    func sessions() -> [UInt8] {
        messages.flatMap { Framing.session(Framing.frames(of: $0, policy: .recordPerFrame)) }
    }

    private mutating func append(_ number: Int, _ random: inout PRNG) {
        let people = LISSet.people
        let day = LISSet.padded(1 + number % 28, 2), minute = LISSet.padded(number * 7 % 60, 2)
        let time = "202611\(day)\(LISSet.padded(6 + number % 12, 2))\(minute)\(LISSet.padded(number % 60, 2))"
        let person = people[number % people.count]
        var lines = [
            "H|\\^&|\(number + 1)||BANC-800^Essai^SN\(LISSet.padded(number % 9, 5))^2.4.0||||LABO|SGL||P"
                + "|LIS2-A2|\(time)"
        ]
        let born = "19\(LISSet.padded(35 + number % 60, 2))\(LISSet.padded(1 + number % 12, 2))\(day)"
        lines.append(
            "P|1|IPP\(LISSet.padded(number, 7))|DOS\(LISSet.padded(number * 3, 7))||\(person)||\(born)"
                + "|\(["M", "F", "U"][number % 3])|||||^Dr Martin|||||||||||SERV\(LISSet.padded(number % 20, 2))")
        var rank = 0
        for (order, panel) in LISSet.panels.enumerated() {
            let accession = "26-\(LISSet.padded(number, 6))-\(order + 1)"
            let codes = panel.map { "^^^" + $0.code }.joined(separator: "\\")
            lines.append(
                "O|\(order + 1)|\(accession)^\(LISSet.padded(1 + number % 99, 2))^\(1 + number % 10)"
                    + "|A\(LISSet.padded(number * 3 + order, 8))"
                    + "|\(codes)|\(["S", "R"][number % 2])|\(time)|\(time)||||N||||SERUM||||||||||F")
            for (i, analysis) in panel.enumerated() {
                let (value, flag) = LISSet.value(analysis, &random)
                valueBytes += value.utf8.count
                lines.append(
                    "R|\(i + 1)|^^^\(analysis.code)^\(1 + number % 3)|\(value)|\(analysis.unit)"
                        + "|\(analysis.low)^\(analysis.high)^REF|\(flag)|N|F||tech0\(number % 9)^rev0\(number % 5)"
                        + "|\(time)|\(time)|BANC-800-\(order + 1)")
                rank += 1
                results += 1
                if rank % 3 == 0 { lines.append("C|1|I|\(LISSet.comments[(number + rank) % LISSet.comments.count])|G") }
            }
        }
        lines.append("L|1|N")
        records += lines.count
        messages.append(lines.flatMap { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } + [0x0D] })
    }

    private struct Test {
        var code: String, unit: String, low: Int, high: Int
        init(_ code: String, _ unit: String, _ low: Int, _ high: Int) {
            self.code = code
            self.unit = unit
            self.low = low
            self.high = high
        }
    }

    /// A value between half the lower and twice the upper limit, now and then beyond the measuring range.
    private static func value(_ test: Test, _ random: inout PRNG) -> (String, String) {
        if Int.random(in: 0..<50, using: &random) == 0 { return (">\(test.high * 5)", ">") }
        let hundredths = Int.random(in: test.low * 50...test.high * 200, using: &random)
        let flag = hundredths < test.low * 100 ? "L" : hundredths > test.high * 100 ? "H" : "N"
        return ("\(hundredths / 100).\(padded(hundredths % 100, 2))", flag)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static let people = [
        "LEFÈVRE^Chloé^M", "DURAND^Paul", "N'DIAYE^Awa^F", "GARNIER^Zoé^L", "ROUSSEL^Éric", "PETIT-JEAN^Anne^S",
        "KELLER^Marc^H", "ODIN^Line", "VASSEUR^Noël^B", "TANGUY^Maël",
    ]
    private static let comments = [
        "Indice d'hémolyse 2+", "Dilution 1:10&F&relance", "Caillot recherché", "Écart avec l'antériorité", "Ictérique",
        "Lot changé^niveau 2",
    ]
    private static let panels: [[Test]] = [
        [
            Test("GLU", "mmol/L", 3, 6), Test("UREE", "mmol/L", 2, 8), Test("CREA", "umol/L", 45, 104),
            Test("NA", "mmol/L", 136, 145), Test("K", "mmol/L", 3, 5), Test("CL", "mmol/L", 98, 107),
            Test("ASAT", "U/L", 5, 40), Test("ALAT", "U/L", 5, 41), Test("BILT", "umol/L", 3, 21),
            Test("ALB", "g/L", 35, 52),
        ],
        [
            Test("GB", "10*9/L", 4, 10), Test("GR", "10*12/L", 4, 6), Test("HB", "g/dL", 12, 17),
            Test("HT", "%", 36, 52),
            Test("VGM", "fL", 80, 100), Test("TCMH", "pg", 27, 33), Test("CCMH", "g/dL", 32, 36),
            Test("PLAQ", "10*9/L", 150, 400), Test("IDR-CV", "%", 11, 15), Test("VPM", "fL", 7, 12),
        ],
        [
            Test("TSH", "mU/L", 1, 4), Test("T4L", "pmol/L", 12, 22), Test("T3L", "pmol/L", 3, 7),
            Test("FERR", "ug/L", 15, 150), Test("B12", "pmol/L", 145, 569), Test("FOL", "nmol/L", 8, 45),
            Test("PSA", "ug/L", 1, 4), Test("TNT-HS", "ng/L", 1, 14), Test("PCT", "ug/L", 1, 2),
            Test("CORT", "nmol/L", 166, 507),
        ],
    ]
}

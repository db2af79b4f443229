import Foundation

extension Figure {
    /// The same index against what a script would do.
    static var lis2Peer: Figure {
        Figure(
            name: "lis2-peer", what: "LISMessage over the same messages, against bytes.split of python3",
            unit: "records/s", reference: "python split", goal: .ratio(100)
        ) { bench in
            let set = LISSet()
            let python = try PythonSplit(set, in: bench.scratch)
            defer { python.stop() }
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: set.records) {
                        try Measure.demand(indexedRecords(set), is: set.records, "records indexed")
                    }
                },
                reference: { try python.round() })
        }
    }
}

/// python3 in a process of its own, which does one round each time it is asked.
private struct PythonSplit {
    private let process = Process()
    private let asking = Pipe()
    private let answers = Pipe()
    private let records: Int

    /// Records, fields and components into lists, nothing unescaped, nothing kept.
    private static let script = """
        import sys, time
        data = open(sys.argv[1], "rb").read()
        messages = [m + b"L|1|N" for m in data.split(b"L|1|N\\r")[:-1]]
        for line in sys.stdin:
            count = passes = 0
            start = time.perf_counter()
            while time.perf_counter() - start < 0.3:
                passes += 1
                for message in messages:
                    for record in message.split(b"\\r"):
                        count += 1
                        [field.split(b"^") for field in record.split(b"|")]
            spent = time.perf_counter() - start
            print(count // passes, count / spent, flush=True)
        """

    init(_ set: LISSet, in folder: String) throws {
        guard PythonSplit.isThere else { throw Absence(why: "no python3 on PATH") }
        records = set.records
        let file = folder + "/set.astm"
        try Data(set.bytes).write(to: URL(filePath: file))
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", PythonSplit.script, file]
        process.standardInput = asking
        process.standardOutput = answers
        try process.run()
    }

    private static var isThere: Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: $0 + "/python3") }
    }

    func round() throws -> Double {
        try asking.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        var line: [UInt8] = []
        while line.last != 0x0A {
            guard let byte = try answers.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
                throw Fault("python3 gave up")
            }
            line += byte
        }
        let words = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ")
        guard words.count == 2, let count = Int(words[0]), let rate = Double(words[1]) else {
            throw Fault("python3 answered « \(String(decoding: line, as: UTF8.self)) »")
        }
        try Measure.demand(count, is: records, "records split by python3")
        return rate
    }

    func stop() {
        try? asking.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

import Foundation

extension Figure {
    /// The same index against a library of those who write in Python: the codec of PyPI `astm-2025`, the one of
    /// `astm`'s line that installs with a Python of today.
    static var lis2Peer: Figure {
        peer(
            "lis2-peer", "LISMessage over the same messages, against decode_frame of PyPI astm-2025",
            reference: "python astm codec", goal: .ratio(100),
            decode: """
                from astm.codec import decode_frame
                def decode(message):
                    return len(decode_frame(b"1" + message, "latin-1")[1])
                """
        ) { try PythonPeer.interpreter(with: "astm-2025==1.0.0", importing: "astm.codec", in: $0) }
    }

    /// The same index against what a script would do.
    static var lis2Split: Figure {
        peer(
            "lis2-split", "LISMessage over the same messages, against bytes.split of python3",
            reference: "python split", goal: .none,
            decode: """
                def decode(message):
                    records = message.split(b"\\r")
                    for record in records:
                        [field.split(b"^") for field in record.split(b"|")]
                    return len(records) - 1
                """
        ) { _ in try PythonPeer.system() }
    }

    private static func peer(
        _ name: String, _ what: String, reference: String, goal: Goal, decode: String,
        python: @escaping @Sendable (Bench) throws -> String
    ) -> Figure {
        Figure(name: name, what: what, unit: "records/s", reference: reference, goal: goal) { bench in
            let set = LISSet()
            let peer = try PythonPeer(set, decode: decode, python: try python(bench), in: bench.scratch)
            defer { peer.stop() }
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: set.records) {
                        try Measure.demand(indexedRecords(set), is: set.records, "records indexed")
                    }
                },
                reference: { try peer.round() })
        }
    }
}

/// python3 in a process of its own, which does one round each time it is asked.
private struct PythonPeer {
    private let process = Process()
    private let asking = Pipe()
    private let answers = Pipe()
    private let records: Int

    /// `decode` makes lists of one message and says how many records it found.
    private static let script = """
        import sys, time
        data = open(sys.argv[1], "rb").read()
        messages = [m + b"L|1|N\\r" for m in data.split(b"L|1|N\\r")[:-1]]
        for line in sys.stdin:
            count = passes = 0
            start = time.perf_counter()
            while time.perf_counter() - start < 0.3:
                passes += 1
                for message in messages:
                    count += decode(message)
            spent = time.perf_counter() - start
            print(count // passes, count / spent, flush=True)
        """

    init(_ set: LISSet, decode: String, python: String, in folder: String) throws {
        records = set.records
        let file = folder + "/set.astm"
        try Data(set.bytes).write(to: URL(filePath: file))
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", decode + "\n" + PythonPeer.script, file]
        process.standardInput = asking
        process.standardOutput = answers
        try process.run()
    }

    static func system() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let places = path.split(separator: ":").map { String($0) + "/python3" }
        guard let python = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Absence(why: "no python3 on PATH")
        }
        return python
    }

    /// An interpreter of the checkout's own that has the package; fetched the first time.
    static func interpreter(with package: String, importing module: String, in bench: Bench) throws -> String {
        let folder = bench.root + "/.build/peer"
        let python = folder + "/bin/python"
        if try run(python, ["-c", "import \(module)"]) { return python }
        Entry.say("fetching \(package) into .build/peer")
        guard try run(try system(), ["-m", "venv", folder]),
            try run(
                python, ["-m", "pip", "install", "--quiet", "--timeout", "10", "--retries", "1", "--no-deps", package]),
            try run(python, ["-c", "import \(module)"])
        else { throw Absence(why: "\(package) cannot be installed here") }
        return python
    }

    /// True when it could be run and went well.
    private static func run(_ program: String, _ arguments: [String]) throws -> Bool {
        guard FileManager.default.isExecutableFile(atPath: program) else { return false }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
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

/// Parameters of an asynchronous serial line, as a driver names them and as a line takes them. 9600 8N1 is what
/// most analysers leave the factory with.
package struct SerialSettings: Sendable, Hashable {
    package enum Parity: String, Sendable, Codable, CaseIterable { case none, even, odd }
    package enum Flow: String, Sendable, Codable, CaseIterable { case none, rtscts, xonxoff }

    /// Bits per second, one of the speeds of termios (50 … 4 000 000).
    package var baud = 9600
    /// 5…8
    package var dataBits = 8
    package var parity = Parity.none
    /// 1 or 2
    package var stopBits = 1
    package var flow = Flow.none

    package init() {}
    package init(baud: Int, dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1, flow: Flow = .none) {
        self.baud = baud
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits
        self.flow = flow
    }

    /// `9600,8N1` or `19200,7E2,rtscts`
    package var text: String {
        let letter =
            switch parity {
            case .none: "N"
            case .even: "E"
            case .odd: "O"
            }
        return "\(baud),\(dataBits)\(letter)\(stopBits)" + (flow == .none ? "" : ",\(flow.rawValue)")
    }

    /// Reads `9600`, `9600,8N1`, `9600,8N1,xonxoff`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let baud = Int(parts[0]) else { return nil }
        self.baud = baud
        if parts.count > 1 {
            let shape = Array(parts[1])
            guard shape.count == 3, let data = shape[0].wholeNumberValue, let stop = shape[2].wholeNumberValue else {
                return nil
            }
            dataBits = data
            stopBits = stop
            switch shape[1] {
            case "N", "n": parity = .none
            case "E", "e": parity = .even
            case "O", "o": parity = .odd
            case _: return nil
            }
        }
        if parts.count > 2 {
            guard let flow = Flow(rawValue: String(parts[2])) else { return nil }
            self.flow = flow
        }
    }

    package func check(at place: String) throws(Refusal) {
        guard (5...8).contains(dataBits), (1...2).contains(stopBits), (50...4_000_000).contains(baud) else {
            throw Refusal(
                "line.serial.settings", at: place, because: "« \(text) » n'est pas un réglage de liaison série",
                remedy: "écrire par exemple 9600,8N1 ou 19200,7E1,xonxoff")
        }
    }
}

import Base

/// What one connection keeps of LIS01-A2 and what it lets pass. The defaults let pass what captures show to be harmless
/// and refuse what could lose or falsify data; ``strict`` is the standard to the letter. Keys are those of driver
/// files.
package struct LinkSettings: Sendable, Hashable, Codable {
    /// Who we are: it decides only how long to wait after a contention (LIS01-A2 section 6.2.7.1).
    package enum Station: String, Sendable, Codable { case instrument, computer }
    /// `required`: a frame without is refused. `optional`: checked when sent. `none`: never looked at, nor sent.
    package enum Checksum: String, Sendable, Codable { case required, optional, none }
    package enum ChecksumCase: String, Sendable, Codable { case upper, any }
    /// The least that must follow the checksum: `CR LF`, `CR`, or nothing.
    package enum Tail: String, Sendable, Codable { case crlf, cr, none }
    /// `strict`: only the next. `repeatOk`: also the last accepted, as section 6.3.2.1 says. `ignore`: any.
    package enum FrameNumber: String, Sendable, Codable { case strict, repeatOk, ignore }
    package enum Policy: String, Sendable, Codable { case refused, tolerated }
    /// What ENQ in the middle of a session does: begin anew, or be refused with NAK.
    package enum EnquiryDuringTransfer: String, Sendable, Codable { case restart, refused }
    /// What our sender does when the receiver interrupts (section 6.3.5 leaves the choice).
    package enum ReceiverInterrupt: String, Sendable, Codable { case yield, ignored }

    package var station: Station = .computer
    package var checksum: Checksum = .required
    package var checksumCase: ChecksumCase = .any
    package var tail: Tail = .none
    package var frameNumber: FrameNumber = .repeatOk
    package var lineFeedInText: Policy = .tolerated
    package var restrictedCharacters: Policy = .refused
    /// ENQ or EOT where checksum, CR or LF should be: a damaged frame, or (in a recording, where nobody waits for an
    /// answer) the next session behind a frame without tail.
    package var boundaryBehindText: Policy = .refused
    package var enquiryDuringTransfer: EnquiryDuringTransfer = .restart
    package var receiverInterrupt: ReceiverInterrupt = .yield
    /// The longest frame accepted, overhead included (section 6.3.1.2: 64,000; first edition: 247).
    package var maximumFrame = Framing.frameLimit
    /// How our messages are laid into frames, and the longest text of one (first edition: 240).
    package var framing: FramePolicy = .recordPerFrame
    package var maximumText = Framing.classicTextLimit
    /// Refusals of one frame after which the sender gives up (section 6.5.1.2).
    package var refusals = 6
    /// Enquiries for one message after which the sender reports failure (cobas e 411 manual p. 21: six).
    package var enquiries = 6
    package var timers = Timers()

    /// Every duration of the link. Written in seconds in driver files.
    package struct Timers: Sendable, Hashable, Codable {
        /// Sender: for the answer to ENQ and to each frame (section 6.5.2.3: 15 s).
        package var answer: Duration = .seconds(15)
        /// Receiver: for the next frame or EOT (section 6.5.2.4: 30 s).
        package var frame: Duration = .seconds(30)
        /// After NAK to ENQ (section 6.2.6: 10 s).
        package var busy: Duration = .seconds(10)
        /// After a contention: an instrument waits at least 1 s, a computer at least 20 s (section 6.2.7.1).
        package var contentionOfInstrument: Duration = .seconds(1)
        package var contentionOfComputer: Duration = .seconds(20)
        /// After yielding to a receiver interrupt (section 6.3.5.2: at least 15 s).
        package var interrupt: Duration = .seconds(15)
        /// Silence after which a frame that lacks its tail is taken as ended. Ours: no standard foresees it; two bytes
        /// take 17 ms at 1200 baud, USB converters hold bytes back 16 ms.
        package var tail: Duration = .milliseconds(250)
        package init() {}
    }

    package init() {}
    package init(station: Station) { self.station = station }

    /// LIS01-A2 to the letter.
    package static var strict: LinkSettings {
        var settings = LinkSettings()
        settings.checksumCase = .upper
        settings.tail = .crlf
        settings.lineFeedInText = .refused
        settings.enquiryDuringTransfer = .refused
        return settings
    }

    /// For reading a recording, where nobody can be asked to send again.
    package static var recording: LinkSettings {
        var settings = LinkSettings()
        settings.checksum = .optional
        settings.boundaryBehindText = .tolerated
        settings.frameNumber = .ignore
        return settings
    }

    var contentionWait: Duration {
        switch station {
        case .instrument: timers.contentionOfInstrument
        case .computer: timers.contentionOfComputer
        }
    }
}

/// Reads an object of which every key may be left out, and refuses the keys it does not know.
private struct SettingsKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static func container(
        _ decoder: any Decoder, _ known: [String]
    ) throws -> KeyedDecodingContainer<SettingsKey> {
        let container = try decoder.container(keyedBy: SettingsKey.self)
        let path = decoder.codingPath.map(\.stringValue).joined(separator: ".")
        for key in container.allKeys where !known.contains(key.stringValue) {
            throw Refusal(
                "lis01.settings.key", at: path, because: "clé inconnue « \(key.stringValue) »",
                remedy: "clés admises : " + known.sorted().joined(separator: ", "))
        }
        return container
    }
}

extension KeyedDecodingContainer<SettingsKey> {
    fileprivate func read<T: Decodable>(_ key: String, into value: inout T) throws {
        if let found = try decodeIfPresent(T.self, forKey: SettingsKey(stringValue: key)) { value = found }
    }
    fileprivate func read(_ key: String, into value: inout Int, _ range: ClosedRange<Int>) throws {
        try read(key, into: &value)
        guard range.contains(value) else {
            throw Refusal(
                "lis01.settings.range", at: key, because: "\(value) est hors limites",
                remedy: "donner un nombre de \(range.lowerBound) à \(range.upperBound)")
        }
    }
    fileprivate func read(_ key: String, into value: inout Duration) throws {
        guard let seconds = try decodeIfPresent(Double.self, forKey: SettingsKey(stringValue: key)) else { return }
        guard (0...3600).contains(seconds) else {
            throw Refusal(
                "lis01.settings.duration", at: key, because: "\(seconds) s est hors limites",
                remedy: "donner une durée en secondes, de 0 à 3600")
        }
        value = .milliseconds(Int64((seconds * 1000).rounded()))
    }
}

extension LinkSettings {
    package init(from decoder: any Decoder) throws {
        let keys = [
            "station", "checksum", "checksumCase", "tail", "frameNumber", "lineFeedInText", "restrictedCharacters",
            "boundaryBehindText", "enquiryDuringTransfer", "receiverInterrupt", "maximumFrame", "framing",
            "maximumText", "refusals",
            "enquiries", "timers",
        ]
        let container = try SettingsKey.container(decoder, keys)
        try container.read("station", into: &station)
        try container.read("checksum", into: &checksum)
        try container.read("checksumCase", into: &checksumCase)
        try container.read("tail", into: &tail)
        try container.read("frameNumber", into: &frameNumber)
        try container.read("lineFeedInText", into: &lineFeedInText)
        try container.read("restrictedCharacters", into: &restrictedCharacters)
        try container.read("boundaryBehindText", into: &boundaryBehindText)
        try container.read("enquiryDuringTransfer", into: &enquiryDuringTransfer)
        try container.read("receiverInterrupt", into: &receiverInterrupt)
        try container.read("maximumFrame", into: &maximumFrame, 8...Framing.frameLimit)
        try container.read("framing", into: &framing)
        try container.read("maximumText", into: &maximumText, 1...Framing.textLimit)
        try container.read("refusals", into: &refusals, 1...100)
        try container.read("enquiries", into: &enquiries, 1...100)
        try container.read("timers", into: &timers)
    }
}

extension LinkSettings.Timers {
    package init(from decoder: any Decoder) throws {
        let keys = [
            "answer", "frame", "busy", "contentionOfInstrument", "contentionOfComputer", "interrupt", "tail",
        ]
        let container = try SettingsKey.container(decoder, keys)
        try container.read("answer", into: &answer)
        try container.read("frame", into: &frame)
        try container.read("busy", into: &busy)
        try container.read("contentionOfInstrument", into: &contentionOfInstrument)
        try container.read("contentionOfComputer", into: &contentionOfComputer)
        try container.read("interrupt", into: &interrupt)
        try container.read("tail", into: &tail)
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: SettingsKey.self)
        func write(_ key: String, _ duration: Duration) throws {
            let (seconds, attoseconds) = duration.components
            try container.encode(
                Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000,
                forKey: SettingsKey(stringValue: key))
        }
        try write("answer", answer)
        try write("frame", frame)
        try write("busy", busy)
        try write("contentionOfInstrument", contentionOfInstrument)
        try write("contentionOfComputer", contentionOfComputer)
        try write("interrupt", interrupt)
        try write("tail", tail)
    }
}

extension FramePolicy: Codable {
    package init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let policy = FramePolicy(name) else {
            throw Refusal(
                "lis01.settings.framing", at: decoder.codingPath.map(\.stringValue).joined(separator: "."),
                because: "« \(name) » n'est pas une mise en trames",
                remedy: "recordPerFrame, recordPerIntermediateFrame, wholeMessage ou cut240")
        }
        self = policy
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

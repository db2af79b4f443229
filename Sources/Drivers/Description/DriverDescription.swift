package import Base
package import LIS01
package import LIS2

/// What `driver.json5` says of one model: the whole difference between two analyzers. `Drivers/README.md` lists the
/// keys.
package struct DriverDescription: Sendable, Hashable {
    /// Name of the folder: `roche-cobas-c311`.
    package var name: String
    package var maker: String
    package var model: String
    /// What people see when they choose a driver (French).
    package var summary: String
    /// Beginnings of the sender name (H.5, blanks before it cut) by which the model is recognised; one that begins with
    /// `^` may stand anywhere in it.
    package var senders: [String]
    /// What the model speaks.
    package var dialect: Dialect
    package var transports: [Transport]
    package var serial: SerialSettings?
    /// How the model keeps LIS01-A2; keys are those of ``LinkSettings``.
    package var link: LinkSettings
    /// Nil: UTF-8 when the message is valid UTF-8 beyond ASCII, else Latin-1.
    package var charset: LISCharset?
    /// The model ends its messages without L: a missing one is no sign of a broken message.
    package var isTerminatorOptional: Bool
    package var paths: ResultPaths
    package var identity: IdentityPaths
    package var values: ValueReading
    package var flags: FlagReading
    /// Result statuses to translate (`V` → `F`); a status that is not here is kept.
    package var statuses: [String: String]
    /// One that holds makes the results of the order control results.
    package var controls: [FieldCondition]
    /// One that holds makes a result record no result (histogram, image name, suspect message).
    package var ignored: [FieldCondition]
    /// One that holds makes a result record a flag on all results of its order (Sysmex suspect messages): its code is
    /// the flag.
    package var orderFlags: [FieldCondition]
    /// One that holds makes the text at its path an unknown flag of the result: it is held.
    package var suspects: [FieldCondition]
    package var codes: [String: CodeMeaning]
    /// Instrument's code → index of the serum (`H`, `I`, `L`): its value is one of the tube, no result.
    package var indices: [String: String] = [:]
    package var query: QueryReading
    package var orders: OrderWriting?
    /// Departures from LIS2-A2 that the model is known for.
    package var deviations: Set<MessageDeviation> = []
}

/// The language of a model; all paths of its description are those of this language.
package enum Dialect: Sendable, Hashable {
    /// LIS2-A2 records, in LIS01-A2 frames.
    case lis2
    /// HL7 v2 segments, in MLLP blocks: OUL^R22, ORU^R01, QBP^Q11.
    case hl7
    /// A maker's own text; it is read as LIS2-A2 records, see ``TextReading``.
    case text(TextReading)
}

/// A text with a head and a number of items, each cut either at fixed columns or at a delimiter. The head becomes the
/// O record, its parts O.3, O.4 …; each item becomes an R record, its parts R.3, R.4 …
package struct TextReading: Sendable, Hashable {
    package enum Cut: Sendable, Hashable {
        /// Widths, in bytes, of the parts of the head and of one item.
        case columns(head: [Int], item: [Int])
        /// Numbers of parts of the head and of one item, and the delimiter between parts.
        case delimiter(UInt8, head: Int, item: Int)
    }
    package var cut: Cut
    /// Beginnings of texts that carry results; all other texts (`DB`, `DE` of an AU) carry none. Empty: all do.
    package var begins: [String]
    /// The mark that closes a text, left out (`}` of a DRI-CHEM). Empty: none.
    package var end: String
    /// The part of the head that holds the rack, as a path; shown when decoding.
    package var rack: FieldChoice?
    /// Each text is answered by ACK (NAK when its check is wrong or it cannot be kept); else nothing is ever said.
    package var isAcknowledged = false
    /// What stands behind ETX.
    package var check = Check.none

    package enum Check: String, Sendable, Hashable, CaseIterable {
        case none
        /// One byte: exclusive or of the text and ETX.
        case xor
        /// Two hexadecimal digits: sum modulo 256 of the text and ETX, as in LIS01-A2.
        case sum
    }
}

package enum Transport: String, Sendable, Hashable, CaseIterable {
    case serial
    /// The analyzer connects to us.
    case tcpServer = "tcp-server"
    /// We connect to the analyzer.
    case tcpClient = "tcp-client"
}

/// Where the data of a result stand.
package struct ResultPaths: Sendable, Hashable {
    package var specimen: FieldChoice
    package var code: FieldChoice
    package var value: FieldChoice
    /// Which part of it is the value, where it is not the whole (`36.51^^37.15`, `2.52E+3 (3.40)`). Nil: all of it.
    package var measured: FieldChoice?
    /// OBX.4: which of several values of one code this is. HL7 v2 only.
    package var subIdentifier: FieldChoice
    package var unit: FieldChoice
    package var flags: FieldChoice
    package var status: FieldChoice
    package var completed: FieldChoice
    package var started: FieldChoice
    /// Text of a C record under the result.
    package var comment: FieldChoice
    /// How the sample was diluted or its volume changed, kept as a comment too.
    package var dilution: FieldChoice
    /// The value of a diluted specimen comes multiplied already.
    package var isMultiplied = true
}

/// Who the analyzer believes the patient is: compared with the request, never stored.
package struct IdentityPaths: Sendable, Hashable {
    package var patientID: FieldChoice
    package var family: FieldChoice
    package var given: FieldChoice
    package var birthDate: FieldChoice
    package var sex: FieldChoice
}

/// Turns an instrument's unit into ours, with a factor when the quantity itself changes.
package struct UnitMeaning: Sendable, Hashable {
    /// UCUM.
    package var unit: String
    /// Value in `unit` = value as sent × factor; nil for 1.
    package var factor: Exact?
    /// Decimals to which the value is rounded; nil: as sent, or as converted.
    package var places: Int?
}

package struct CodedMeaning: Sendable, Hashable {
    package var code: String
    /// French, printed on the report.
    package var display: String
}

/// How value texts become values.
package struct ValueReading: Sendable, Hashable {
    package var units: [String: UnitMeaning]
    /// Keys in lower case.
    package var qualitative: [String: CodedMeaning]
    /// Texts that say that there is no result (`---.-`, `NA`), in lower case.
    package var noResult: Set<String>
    /// The mark between thousands (`161,152`), left out before a number is read. Nil: there is none.
    package var thousands: String?
}

/// Which flags hold a result.
package struct FlagReading: Sendable, Hashable {
    /// Left out: they say nothing (`N`) or what we judge ourselves (`H`, `L`).
    package var harmless: Set<String>
    /// Known: kept as they are, with the meaning (French) as a comment.
    package var known: [String: String]
    /// Flags that are the result where there is no value (`ND` beside `ValueNotSet`).
    package var values: [String: CodedMeaning] = [:]
    /// Comment records that carry flags (cobas data alarms in `C.4` of type I).
    package var comments: CommentFlags?
    /// Flag as sent → the name by which the laboratory's rules know it (`drapeau.AGREGATS`); it holds all the same.
    package var rules: [String: String] = [:]
}

package struct CommentFlags: Sendable, Hashable {
    package var path: FieldChoice
    /// Only comments for which all of these hold carry flags.
    package var conditions: [FieldCondition]
    /// Several flags in one text stand apart by this mark.
    package var separator: String?
}

/// What an instrument's code means.
package struct CodeMeaning: Sendable, Hashable {
    /// Analysis of the catalogue.
    package var analysis: String
    package var units: [String: UnitMeaning]
    /// UCUM unit when the instrument sends none.
    package var assumedUnit: String?
    package var qualitative: [String: CodedMeaning]
    /// The value is words.
    package var isText: Bool
    /// This code is the one to order the analysis by (false for second codes of one analysis).
    package var isOrdered: Bool
    /// The code to order by when it is not the code of the result (`VitD` for `VitD/DOSE`).
    package var orderedAs: String?
}

/// A comparison of a text of the message: true when any of the lists holds.
package struct FieldCondition: Sendable, Hashable {
    package var path: FieldChoice
    package var equals: [String]
    package var prefixes: [String]
    package var suffixes: [String]
    package var contains: [String]
    /// All the other texts, once the path gives one (`R.3.9` is not `F`).
    package var unless: [String]
    /// All of these must hold as well.
    package var also: [FieldCondition]

    package func holds(_ context: RecordContext) -> Bool {
        matches(path.text(context)) && also.allSatisfy { $0.holds(context) }
    }

    private func matches(_ text: String) -> Bool {
        if equals.contains(text) { return true }
        guard !text.isEmpty else { return false }
        return prefixes.contains { text.hasPrefix($0) } || suffixes.contains { text.hasSuffix($0) }
            || contains.contains { text.contains($0) } || (!unless.isEmpty && !unless.contains(text))
    }
}

/// How a Q record is read.
package struct QueryReading: Sendable, Hashable {
    /// Components of Q.3 that may hold the specimen, the first that is not empty wins; 0 is the whole repeat.
    package var components: [Int]
    /// Texts of Q.3 that ask for everything.
    package var all: Set<String>
    /// Where QBP^Q11 names the specimen (HL7 v2); unused in LIS2-A2.
    package var specimen: FieldChoice
}

/// How orders are written for the model (LIS2-A2 sections 6 to 8).
package struct OrderWriting: Sendable, Hashable {
    /// Answers its queries.
    package var isAnswering: Bool
    /// Takes orders that it did not ask for.
    package var isDownloading: Bool
    package var receiver: String
    /// More fields of H, by number, as text with `{specimen}` and so on left alone.
    package var header: [Int: String]
    /// Fields of O, by number; `{specimen}`, `{code}`, `{priority}`, `{requested}`, `{collected}`.
    package var order: [Int: String]
    /// Universal test identifier of one test: `^^^{code}`.
    package var test: String
    /// One O record for each test instead of one for the specimen.
    package var isOneTestPerOrder: Bool
    /// Name, birth date and sex are sent in P.
    package var sendsIdentity: Bool
    /// Report type (O.26) of an order on its own, and of the answer to a query.
    package var reportOfDownload: String
    package var reportOfAnswer: String
    /// L.3 of an answer that holds orders.
    package var terminator: String
    /// Action codes (O.12; ORC-1 in HL7 v2) of `new`, `add` and `cancel` where they are not the standard's; an empty
    /// one: the model takes no such order.
    package var actions: [String: String] = [:]
}

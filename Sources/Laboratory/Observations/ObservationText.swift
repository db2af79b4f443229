package import Base
import Catalog

// How observations stand in the base: as the general encoder would write them, and read back, many times as fast.

extension ObservationValue {
    package func write(to json: inout JSONBytes) {
        json.object { json in
            switch self {
            case .measured(let value, let unit):
                json.member("kind", "measured")
                json.member("unit", unit)
                json.member("value", value.text)
            case .coded(let code, let display):
                json.member("code", code)
                json.member("display", display)
                json.member("kind", "coded")
            case .text(let text):
                json.member("kind", "text")
                json.member("value", text)
            case .notPerformed(let reason):
                json.member("kind", "notPerformed")
                json.member("reason", reason)
            }
        }
    }

    init?(_ json: inout PlainJSON) {
        var texts: [String: String] = [:]
        let isRead = json.members { json, name in
            texts[name] = json.string()
            return texts[name] != nil
        }
        guard isRead else { return nil }
        switch (texts["kind"], texts["value"], texts["unit"]) {
        case ("measured", let value?, let unit?):
            guard let value = Measured(value) else { return nil }
            self = .measured(value, unit: unit)
        case ("text", let value?, nil): self = .text(value)
        case ("coded", nil, nil):
            guard let code = texts["code"], let display = texts["display"] else { return nil }
            self = .coded(code, display: display)
        case ("notPerformed", nil, nil):
            guard let reason = texts["reason"] else { return nil }
            self = .notPerformed(reason: reason)
        case _: return nil
        }
    }
}

extension AppliedInterval {
    package func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("high", high?.text)
            json.member("kind", kind?.rawValue)
            json.member("low", low?.text)
        }
    }

    init?(_ json: inout PlainJSON) {
        var low: Exact?, high: Exact?, kind: IntervalKind?
        let isRead = json.members { json, name in
            guard let text = json.string() else { return false }
            switch name {
            case "low": low = Exact(text)
            case "high": high = Exact(text)
            case "kind": kind = IntervalKind(rawValue: text)
            case _: return false
            }
            return name == "low" ? low != nil : name == "high" ? high != nil : kind != nil
        }
        guard isRead else { return nil }
        self.init(low: low, high: high, kind: kind ?? .reference)
    }
}

extension Hold {
    package func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("code", code.rawValue)
            json.member("reason", reason)
        }
    }

    init?(_ json: inout PlainJSON) {
        var code: Code?, reason: String?
        let isRead = json.members { json, name in
            guard let text = json.string() else { return false }
            switch name {
            case "code":
                code = Code(rawValue: text)
                return code != nil
            case "reason": reason = text
            case _: return false
            }
            return true
        }
        guard isRead, let code, let reason else { return nil }
        self.init(code, reason)
    }
}

extension Origin {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("analyzer", analyzer)
            json.member("author", author)
            json.member("calculation", calculation)
            json.member("components", components)
            json.member("messageID", messageID)
            if let ordinal { json.member("ordinal", ordinal) }
        }
    }

    fileprivate init?(_ json: inout PlainJSON) {
        self.init()
        var read = Origin()
        let isRead = json.members { json, name in
            if name == "ordinal" {
                read.ordinal = json.integer().map { Int($0) }
                return read.ordinal != nil
            }
            guard let text = json.string() else { return false }
            switch name {
            case "analyzer": read.analyzer = text
            case "author": read.author = text
            case "calculation": read.calculation = text
            case "components": read.components = text
            case "messageID": read.messageID = text
            case _: return false
            }
            return true
        }
        guard isRead else { return nil }
        self = read
    }
}

extension Observation {
    /// The fact as JSON, its members in the order of their names.
    package var json: [UInt8] {
        var json = JSONBytes(capacity: 1024)
        json.object { json in
            json.member("accession", accession)
            json.member("analysis", analysis)
            json.member("catalogueVersion", catalogueVersion)
            json.member("comment", comment)
            json.name("flags")
            json.array(flags) { $0.text($1.rawValue) }
            json.name("holds")
            json.array(holds) { $1.write(to: &$0) }
            json.member("id", id)
            json.name("instrumentFlags")
            json.texts(instrumentFlags)
            if let interval {
                json.name("interval")
                interval.write(to: &json)
            }
            json.member("observedAt", observedAt)
            json.name("origin")
            origin.write(to: &json)
            json.member("patientID", patientID)
            json.member("rawText", rawText)
            json.member("recordedAt", recordedAt)
            json.member("requestID", requestID)
            json.member("run", run)
            json.member("site", site)
            json.name("value")
            value.write(to: &json)
        }
        return json.bytes
    }

    /// Reads what `json` wrote; nil for any other text, which a general decoder may still read.
    package init?(json text: String) {
        var json = PlainJSON(text)
        var read = Observation(
            id: "", site: "", requestID: "", patientID: "", accession: "", analysis: "", catalogueVersion: "",
            value: .text(""), rawText: "", origin: Origin(), observedAt: Instant(milliseconds: 0),
            recordedAt: Instant(milliseconds: 0))
        var count = 0
        let isRead = json.members { json, name in
            if name != "comment", name != "interval" { count += 1 }
            return read.take(name, from: &json)
        }
        guard isRead, json.isAtEnd, count == Observation.members else { return nil }
        self = read
    }
    /// Members that every observation has.
    private static let members = 16

    private mutating func take(_ name: String, from json: inout PlainJSON) -> Bool {
        func text(_ json: inout PlainJSON, _ into: WritableKeyPath<Observation, String>) -> Bool {
            guard let text = json.string() else { return false }
            self[keyPath: into] = text
            return true
        }
        func instant(_ json: inout PlainJSON, _ into: WritableKeyPath<Observation, Instant>) -> Bool {
            guard let number = json.integer() else { return false }
            self[keyPath: into] = Instant(milliseconds: number)
            return true
        }
        switch name {
        case "accession": return text(&json, \.accession)
        case "analysis": return text(&json, \.analysis)
        case "catalogueVersion": return text(&json, \.catalogueVersion)
        case "id": return text(&json, \.id)
        case "patientID": return text(&json, \.patientID)
        case "rawText": return text(&json, \.rawText)
        case "requestID": return text(&json, \.requestID)
        case "site": return text(&json, \.site)
        case "observedAt": return instant(&json, \.observedAt)
        case "recordedAt": return instant(&json, \.recordedAt)
        case "comment":
            comment = json.string()
            return comment != nil
        case "run":
            guard let number = json.integer() else { return false }
            run = Int(number)
            return true
        case _: return takeParts(name, from: &json)
        }
    }

    private mutating func takeParts(_ name: String, from json: inout PlainJSON) -> Bool {
        switch name {
        case "flags":
            return json.elements { json in
                guard let flag = json.string().flatMap({ ResultFlag(rawValue: $0) }) else { return false }
                flags.append(flag)
                return true
            }
        case "holds":
            return json.elements { json in
                guard let hold = Hold(&json) else { return false }
                holds.append(hold)
                return true
            }
        case "instrumentFlags":
            return json.elements { json in
                guard let flag = json.string() else { return false }
                instrumentFlags.append(flag)
                return true
            }
        case "interval":
            interval = AppliedInterval(&json)
            return interval != nil
        case "origin":
            guard let found = Origin(&json) else { return false }
            origin = found
            return true
        case "value":
            guard let found = ObservationValue(&json) else { return false }
            value = found
            return true
        case _: return false
        }
    }
}

extension ObservationEvent {
    package var json: [UInt8] {
        var json = JSONBytes(capacity: 256)
        json.object { json in
            json.member("at", at)
            json.member("author", author)
            json.member("kind", kind.rawValue)
            json.member("observationID", observationID)
            json.member("ordinal", ordinal)
            json.member("reason", reason)
        }
        return json.bytes
    }
}

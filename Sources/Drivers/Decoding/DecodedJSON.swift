import Base

/// JSON text with the keys in the order they are written here, indented by one blank a level.
struct JSONText {
    private(set) var text = ""
    private var level = 0
    private var isFirst = true

    private mutating func begin() {
        if !isFirst { text += "," }
        if level > 0 { newLine() }
        isFirst = false
    }
    private mutating func newLine() { text += "\n" + String(repeating: " ", count: level) }

    private mutating func nest(_ open: String, _ close: String, _ body: (inout JSONText) -> Void) {
        text += open
        level += 1
        isFirst = true
        body(&self)
        let isEmpty = isFirst
        level -= 1
        isFirst = false
        if !isEmpty { newLine() }
        text += close
    }

    mutating func object(_ body: (inout JSONText) -> Void) {
        begin()
        nest("{", "}", body)
    }
    mutating func object(_ key: String, _ body: (inout JSONText) -> Void) {
        begin()
        text += JSONString.quoted(key) + ": "
        nest("{", "}", body)
    }
    mutating func list(_ key: String, _ body: (inout JSONText) -> Void) {
        begin()
        text += JSONString.quoted(key) + ": "
        nest("[", "]", body)
    }
    mutating func list(_ body: (inout JSONText) -> Void) {
        begin()
        nest("[", "]", body)
    }
    mutating func value(_ value: String) {
        begin()
        text += JSONString.quoted(value)
    }
    mutating func member(_ key: String, _ value: String) {
        begin()
        text += JSONString.quoted(key) + ": " + JSONString.quoted(value)
    }
    mutating func null(_ key: String) {
        begin()
        text += JSONString.quoted(key) + ": null"
    }
    mutating func strings(_ key: String, _ values: [String]) {
        list(key) { json in for value in values { json.value(value) } }
    }
}

extension DecodedSession {
    /// One JSON object, UTF-8, keys in a fixed order, ended by a line feed.
    package func json() -> String {
        var json = JSONText()
        json.object { json in
            if let file { json.member("file", file) }
            json.member("instrument", instrument)
            json.strings("result_columns", hl7.isEmpty ? DecodedSession.resultColumns : DecodedSession.hl7Columns)
            write(messagesTo: &json)
            if !problems.isEmpty { json.strings("problems", problems.map(\.description)) }
        }
        return json.text + "\n"
    }

    func write(messagesTo json: inout JSONText) {
        json.list("messages") { json in
            for message in messages { json.object { message.write(to: &$0) } }
            for message in hl7 { json.object { message.write(to: &$0) } }
            for text in texts { json.object { text.write(to: &$0) } }
        }
    }
}

extension DecodedMessage {
    func write(to json: inout JSONText) {
        json.member("sender", sender)
        json.member("version", version)
        json.member("delimiters", delimiters)
        json.list("patients") { json in
            for patient in patients {
                json.object { json in
                    json.member("practice_id", patient.practiceID)
                    json.member("lab_id", patient.laboratoryID)
                    json.member("id3", patient.id3)
                    json.list("orders") { json in
                        for order in patient.orders { json.object { order.write(to: &$0) } }
                    }
                }
            }
        }
        json.list("queries") { json in
            for query in queries {
                json.object { json in
                    json.member("start", query.start)
                    json.member("end", query.end)
                    json.member("test", query.test)
                    json.member("status", query.status)
                }
            }
        }
        if let terminator { json.member("terminator", terminator) } else { json.null("terminator") }
        json.member("kind", kind.rawValue)
    }
}

extension DecodedOrder {
    func write(to json: inout JSONText) {
        json.member("sample_id", specimen)
        json.member("o3", o3)
        json.member("o4", o4)
        json.strings("tests", tests)
        json.member("action", action)
        json.member("report", report)
        json.list("results") { json in
            for row in results { json.list { json in for text in row { json.value(text) } } }
        }
    }
}

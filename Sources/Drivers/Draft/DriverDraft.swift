package import Base
import HL7v2
import LIS2

/// A first driver folder made from one recorded session of an unknown analyzer: it reads the session, and says in
/// comments what a person must still decide. It maps no code: that is medical knowledge, not a matter of bytes.
package struct DriverDraft: Sendable {
    /// `driver.json5`, `README.md`, the session as a transcript and what the draft makes of it. It passes
    /// ``DriverLint/check(_:)`` as it is.
    package let folder: DriverFolder
    /// What a person must look at, in French.
    package let remarks: [String]

    /// `name` is that of the folder (`maker-model`). Refused, code `driver.draft`, when the bytes are neither LIS2-A2
    /// nor HL7 v2.
    package static func propose(
        from bytes: [UInt8], name: String, maker: String = "", model: String = ""
    ) throws(Refusal) -> DriverDraft {
        guard let survey = SessionSurvey(bytes) else {
            throw Refusal(
                "driver.draft", because: "la session n'est ni du LIS2-A2 ni du HL7 v2",
                remedy: "pour un protocole propre au fabricant, écrire le pilote à la main avec protocol: \"text\"")
        }
        var writer = DraftWriter(survey: survey, name: name, maker: maker, model: model)
        // What it departs in is known once the rest can be read.
        let (first, _) = DriverDescription.read(Array(writer.description().utf8), name: name)
        let text = writer.description(
            naming: first.map { SessionDecoder.deviations(in: bytes, driver: Driver($0)) } ?? [])
        let (description, findings) = DriverDescription.read(Array(text.utf8), name: name)
        guard let description else {
            throw findings.first
                ?? Refusal("driver.draft", because: "ébauche illisible", remedy: "écrire le pilote à la main")
        }
        let file = "transcripts/session" + (survey.language == .hl7 ? ".hl7" : ".astm")
        let expected = TranscriptExpectation(Driver(description), bytes).json()
        let folder = DriverFolder(
            name: name,
            files: [
                "driver.json5": Array(text.utf8), "README.md": Array(writer.readme().utf8), file: bytes,
                "transcripts/session.expected.json": Array(expected.utf8),
            ])
        return DriverDraft(folder: folder, remarks: writer.remarks)
    }
}

/// Writes the files of a draft.
struct DraftWriter {
    let survey: SessionSurvey
    let name: String
    let maker: String
    let model: String
    private(set) var remarks: [String] = []
    private var lines: [String] = []

    init(survey: SessionSurvey, name: String, maker: String, model: String) {
        self.survey = survey
        self.name = name
        self.maker = maker
        self.model = model
    }

    private var isHL7: Bool { survey.language == .hl7 }
    private func quoted(_ text: String) -> String { JSONString.quoted(text) }
    private mutating func key(_ name: String, _ value: String) { lines.append("    \(name): \(value),") }
    private mutating func comment(_ text: String) { lines.append("    // " + DraftWriter.oneLine(text)) }

    /// Comments end with their line, whatever the instrument sent.
    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 0x20 } ? " " : $0 })
    }

    mutating func description(naming deviations: [MessageDeviation] = []) -> String {
        lines = ["// Ébauche tirée d'une session enregistrée : à relire ligne par ligne.", "{"]
        remarks = ["la session peut porter des noms de patients : les remplacer avant de partager ce dossier"]
        key("maker", quoted(maker.isEmpty ? "à compléter" : maker))
        key("model", quoted(model.isEmpty ? name : model))
        key("summary", quoted("Ébauche pour \(model.isEmpty ? name : model)"))
        sender()
        link()
        if !deviations.isEmpty {
            comment("Écarts à la norme vus dans la session : les garder si le modèle fait toujours ainsi.")
            key("deviations", "[" + deviations.map { quoted($0.rawValue) }.joined(separator: ", ") + "]")
        }
        let code = results()
        if !survey.queries.isEmpty { query() }
        if let code { codes(code) }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func sender() {
        guard let first = survey.senders.first else {
            remarks.append("l'automate ne dit pas son nom (\(isHL7 ? "MSH-3" : "H.5")) : pilote à choisir à la main")
            return
        }
        let marks: [Character] = ["^", "!", "`", "@", "\\"]
        let head = first.prefix { !marks.contains($0) }
        let sender = head.count < 2 ? first : head.count < first.count && !isHL7 ? head + "^" : String(head)
        // Blanks at the ends and delimiters other than ^ would not be found again.
        key("senders", "[\(quoted(first.hasPrefix(sender) ? sender : first))]")
    }

    private mutating func link() {
        if isHL7 {
            key("protocol", "\"hl7\"")
            key("transports", "[\"tcp-server\", \"tcp-client\"]")
            return
        }
        key("transports", "[\"serial\", \"tcp-server\", \"tcp-client\"]")
        comment("Réglages de série supposés : les lire sur l'automate.")
        key("serial", "{ baud: 9600, dataBits: 8, parity: \"none\", stopBits: 1, flow: \"none\" }")
        var settings: [String] = []
        if let framing = survey.framing { settings.append("framing: \"\(framing)\"") }
        if survey.lacksChecksums { settings.append("checksum: \"optional\"") }
        if !settings.isEmpty { key("link", "{ " + settings.joined(separator: ", ") + " }") }
        if survey.isBare { remarks.append("enregistrements sans trames : la mise en trames n'a pas pu être observée") }
        if !survey.deviations.isEmpty {
            remarks.append("écarts de liaison rencontrés : " + survey.deviations.joined(separator: ", "))
        }
        if survey.hasMessageWithoutEnd {
            key("terminatorOptional", "true")
            remarks.append("des messages finissent sans L : vérifier que la session n'était pas coupée")
        }
    }

    private mutating func results() -> FieldChoice? {
        let contexts = survey.results
        guard let first = contexts.first else {
            remarks.append("aucun résultat dans la session : les chemins des résultats sont ceux de la norme")
            return nil
        }
        specimen(contexts)
        let code = codePath(contexts)
        value(contexts)
        time(first)
        flags(contexts)
        return code
    }

    private mutating func specimen(_ contexts: [RecordContext]) {
        let candidates =
            isHL7
            ? ["SPM.2.1", "SAC.3.1", "OBR.3.1", "OBR.2.1"]
            : ["O.3.1", "O.3.2", "O.3.3", "O.4.1", "O.4.3", "O.3.first", "O.4.first"]
        // Ranks, racks and positions are shorter than what stands on a label; keys of a database are longer.
        let found = survey.best(of: candidates, in: contexts) { choice in
            isHL7 ? 0 : contexts.map { choice.text($0).count }.reduce(0) { $0 + ($1 > 30 ? 0 : $1) }
        }
        guard let path = found else {
            remarks.append("aucun identifiant de tube trouvé : les résultats attendront en instance")
            return
        }
        key("specimen", quoted(path))
        let seen = distinct(contexts.map { SessionSurvey.choice(path).text($0) })
        remarks.append(
            "tubes lus en \(path) (\(seen.count) différents) : vérifier que ce sont les numéros des étiquettes")
    }

    private mutating func codePath(_ contexts: [RecordContext]) -> FieldChoice {
        let candidates =
            isHL7
            ? ["OBX.3.1"]
            : [
                "R.3.4", "R.3.4+R.3.5", "R.3.4+R.3.8", "R.3.2+R.3.4", "R.3.2+R.3.4+R.3.7+R.3.8", "R.3.5", "R.3.word",
                "R.3",
            ]
        let parts = ["R.3.4", "R.3.5", "R.3.word"]
        let hasFourth = contexts.contains { !FieldChoice("R.3.4").text($0).isEmpty }
        let hasParts = survey.choose(parts, in: contexts) != nil
        let choices = candidates.filter { ($0 != "R.3" || !hasParts) && (!$0.hasPrefix("R.3.4+") || hasFourth) }
        let best = survey.best(of: choices, in: contexts) { survey.distinctCodes($0) }
        guard let path = best else {
            remarks.append("code d'analyse introuvable : indiquer code:")
            return isHL7 ? FieldChoice("OBX.3.1") : FieldChoice("R.3.4", "R.3.word")
        }
        if survey.distinctCodes(SessionSurvey.choice(path)) < contexts.count, !isHL7 {
            remarks.append("un même code (\(path)) revient dans une demande : chercher ce qui distingue ses résultats")
        }
        var choice = SessionSurvey.choice(path)
        if !path.contains("+"), contexts.allSatisfy({ choice.text($0).contains("/") }) {
            key("code", "{ path: \(quoted(path)), upTo: \"/\" }")
            key("dilution", "{ path: \(quoted(path)), after: \"/\" }")
            choice.alternatives[0].paths[0].upTo = "/"
        } else {
            key("code", quoted(path))
        }
        return choice
    }

    private mutating func value(_ contexts: [RecordContext]) {
        let whole = isHL7 ? "OBX.5" : "R.4"
        let texts = contexts.map { SessionSurvey.choice(whole).text($0) }
        if texts.allSatisfy(\.isEmpty) {
            remarks.append("\(whole) est vide partout : chercher la valeur ailleurs et indiquer value:")
            return
        }
        if texts.contains(where: { $0.hasPrefix("^") || $0.hasSuffix("^") }) {
            key(isHL7 ? "measure" : "value", quoted(whole + ".first"))
            remarks.append("des valeurs ont plusieurs composants : vérifier où est la valeur")
        }
        if texts.contains(where: { DraftWriter.hasThousands($0) }) {
            comment("Virgule décimale ou séparateur de milliers ? Écrire thousands: \",\" dans le second cas.")
            remarks.append("des nombres ont la forme 161,152 : décimale ou milliers ? Vérifier sur un compte rendu")
        }
        let words = distinct(texts.filter { !$0.isEmpty && Measured($0) == nil && !DraftWriter.hasThousands($0) })
        if !words.isEmpty {
            comment("Textes rencontrés à la place d'un nombre ; à ranger dans qualitative ou noResult :")
            for word in words.prefix(20) { comment("    " + quoted(word)) }
        }
    }

    private mutating func time(_ first: RecordContext) {
        guard !isHL7 else { return }
        let ended = survey.results.contains { !FieldChoice("R.13").text($0).isEmpty }
        if !ended { remarks.append("R.13 (fin de mesure) est vide : l'heure est celle de R.12, sinon de la réception") }
    }

    private mutating func flags(_ contexts: [RecordContext]) {
        units(contexts)
        let path = FieldPath(isHL7 ? "OBX.8.1" : "R.7")
        let seen = distinct(contexts.flatMap { path?.texts($0) ?? [] }).filter { $0 != "\"\"" }
        let harmless = ["N", "H", "L"].filter { $0 == "N" || seen.contains($0) }
        key("flags", "{ harmless: [" + harmless.map { quoted($0) }.joined(separator: ", ") + "] }")
        let open = seen.filter { !harmless.contains($0) }
        if !open.isEmpty {
            comment("Drapeaux rencontrés, retenus tant qu'ils ne sont pas décrits : " + open.joined(separator: " "))
        }
        let status = FieldChoice(isHL7 ? "OBX.11" : "R.9")
        let statuses = distinct(contexts.map { status.text($0) }).filter { !$0.isEmpty && $0 != "F" }
        if !statuses.isEmpty { comment("Statuts rencontrés autres que F : " + statuses.joined(separator: " ")) }
        comment("Écrire controls : rien ne dit encore comment les contrôles se reconnaissent.")
    }

    private mutating func units(_ contexts: [RecordContext]) {
        let path = isHL7 ? FieldChoice("OBX.6.1", "OBX.6") : FieldChoice("R.5")
        let seen = distinct(contexts.map { path.text($0) }).filter { !$0.isEmpty }
        let known = seen.compactMap { unit in
            DraftWriter.plainUnits[unit].map { "\(quoted(unit)): \(quoted($0))" }
        }
        if !known.isEmpty { key("units", "{ " + known.joined(separator: ", ") + " }") }
        let open = seen.filter { DraftWriter.plainUnits[$0] == nil }
        if !open.isEmpty {
            comment("Unités à décrire dans units (en UCUM) : " + open.map { quoted($0) }.joined(separator: " "))
        }
    }

    private mutating func query() {
        guard !isHL7 else { return }
        let candidates = ["Q.3.2", "Q.3.1", "Q.3.3"]
        let path = candidates.first { text in survey.queries.contains { !SessionSurvey.choice(text).text($0).isEmpty } }
        if let component = path?.split(separator: ".").last, component != "2" {
            key("query", "{ components: [\(component), 2, 1] }")
        }
        comment("L'automate demande ses analyses : décrire orders (answers: true) pour lui répondre.")
    }

    private mutating func codes(_ path: FieldChoice) {
        let value = FieldChoice(isHL7 ? "OBX.5" : "R.4"), unit = FieldChoice(isHL7 ? "OBX.6.1" : "R.5")
        var examples: [String: String] = [:]
        let codes = survey.results.map { context in
            let code = path.text(context)
            if examples[code] == nil { examples[code] = trimmed(value.text(context) + " " + unit.text(context)) }
            return code
        }
        lines.append("    codes: {")
        for code in distinct(codes).filter({ !$0.isEmpty }) {
            lines.append(
                "        // \(DraftWriter.oneLine(quoted(code))): { analysis: \"\" },  // "
                    + DraftWriter.oneLine(examples[code] ?? ""))
        }
        lines.append("    },")
        remarks.append("\(Set(codes).count) code(s) à rattacher à une analyse du catalogue, ou à ranger dans ignored")
    }

    private func distinct(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }

    /// `161,152` or `1,234,567.5`: groups of three behind a comma, and more than a decimal comma could mean.
    static func hasThousands(_ text: String) -> Bool {
        let number = text.drop { "<>= ".contains($0) }
        let groups = number.prefix { $0 != "." }.split(separator: ",", omittingEmptySubsequences: false)
        guard groups.count > 1, let first = groups.first, (1...3).contains(first.count), first != "0" else {
            return false
        }
        return groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isNumber } }
            && groups.dropFirst().allSatisfy { $0.count == 3 }
    }

    /// Units whose spelling leaves no doubt, in UCUM.
    static let plainUnits: [String: String] = [
        "%": "%", "fL": "fL", "pg": "pg", "g/L": "g/L", "g/l": "g/L", "g/dL": "g/dL", "g/dl": "g/dL", "mg/L": "mg/L",
        "mg/l": "mg/L", "mg/dL": "mg/dL", "mg/dl": "mg/dL", "mmol/L": "mmol/L", "mmol/l": "mmol/L", "umol/L": "umol/L",
        "umol/l": "umol/L", "U/L": "U/L", "U/l": "U/L", "10*3/uL": "10*9/L", "10*6/uL": "10*12/L", "10*9/L": "10*9/L",
        "10*12/L": "10*12/L", "10E3/uL": "10*9/L", "10E6/uL": "10*12/L", "um3": "fL", "ng/mL": "ug/L", "ng/L": "ng/L",
        "pg/mL": "ng/L", "uIU/mL": "m[IU]/L", "mIU/L": "m[IU]/L", "mm/h": "mm/h",
    ]

    func readme() -> String {
        """
        # \(name)
        Ébauche tirée d'une session enregistrée, \(survey.messages) message(s). Rien n'y est prouvé : chaque ligne du
        pilote attend sa source (manuel du fabricant, page ; ou comparaison avec un compte rendu imprimé de l'automate).

        À regarder :

        \(remarks.map { "- " + $0 }.joined(separator: "\n"))

        """
    }
}

package import Base
import FoundationEssentials
import JSON5
import LIS01
import LIS2

extension DriverDescription {
    /// Reads `driver.json5`. All faults at once; an unknown key is one of them.
    package static func read(_ bytes: [UInt8], name: String) -> (description: DriverDescription?, findings: [Refusal]) {
        let place = "\(name)/driver.json5"
        let node: JSONNode
        do {
            node = try JSONNode(json5: bytes, at: place)
        } catch {
            return (nil, [error])
        }
        let log = FindingLog("driver")
        let reader = ObjectReader(node, at: place + ":", log: log)
        let link = LinkHolder.read(bytes, at: place + ":", log: log)
        _ = reader.node("link")  // read above, by its own rules
        let description = reader.driver(named: name, link: link)
        return (log.findings.isEmpty ? description : nil, log.findings)
    }
}

extension ObjectReader {
    fileprivate func driver(named name: String, link: LinkSettings) -> DriverDescription {
        let dialect = dialect()
        var description = DriverDescription(
            name: name, maker: required("maker"), model: required("model"), summary: required("summary"),
            senders: texts("senders") ?? [], dialect: dialect, transports: transports(),
            serial: object("serial").map { $0.serial() }, link: link, charset: charset(),
            isTerminatorOptional: flag("terminatorOptional") ?? false,
            paths: dialect == .hl7 ? hl7Paths() : paths(),
            identity: identity(otherwise: dialect == .hl7 ? .hl7 : .lis2),
            values: ValueReading(
                units: units("units"), qualitative: qualitative("qualitative"),
                noResult: Set((texts("noResult") ?? []).map { $0.lowercased() }), thousands: text("thousands")),
            flags: object("flags").map { $0.flagReading() }
                ?? FlagReading(harmless: ["N"], known: [:], comments: nil),
            statuses: dictionary("statuses") ?? [:], controls: controls(dialect),
            ignored: conditions("ignored"), orderFlags: conditions("orderFlags"),
            suspects: conditions("suspects"), codes: codes(), indices: indices(),
            query: object("query")?.queryReading() ?? .standard,
            orders: object("orders").map { $0.orderWriting(dialect) }, deviations: deviations())
        if let applied = flag("dilutionApplied") { description.paths.isMultiplied = applied }
        finish()
        return description
    }

    private func indices() -> [String: String] {
        let indices = dictionary("indices") ?? [:]
        for (code, index) in indices.sorted(by: { $0.key < $1.key }) where !["H", "I", "L", "Hb"].contains(index) {
            log.add("value", at: key("indices"), "\(code) : indice inconnu « \(index) »", "écrire H, I, L ou Hb")
        }
        return indices
    }

    private func transports() -> [Transport] {
        (texts("transports") ?? []).compactMap { text in
            if let transport = Transport(rawValue: text) { return transport }
            log.add(
                "value", at: key("transports"), "valeur inconnue « \(text) »",
                "choisir parmi : " + Transport.allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
    }

    private func deviations() -> Set<MessageDeviation> {
        Set(
            (texts("deviations") ?? []).compactMap { text in
                if let deviation = MessageDeviation(rawValue: text) { return deviation }
                log.add(
                    "value", at: key("deviations"), "valeur inconnue « \(text) »",
                    "choisir parmi : " + MessageDeviation.allCases.map(\.rawValue).joined(separator: ", "))
                return nil
            })
    }

    private func serial() -> SerialSettings {
        defer { finish() }
        return SerialSettings(
            baud: whole("baud") ?? 9600, dataBits: whole("dataBits") ?? 8,
            parity: choice("parity", as: SerialSettings.Parity.self) ?? .none, stopBits: whole("stopBits") ?? 1,
            flow: choice("flow", as: SerialSettings.Flow.self) ?? .none)
    }

    private func charset() -> LISCharset? {
        guard let text = text("charset"), text != "auto" else { return nil }
        if let charset = LISCharset(rawValue: text) { return charset }
        let known = ["auto"] + LISCharset.allCases.map(\.rawValue)
        log.add(
            "value", at: key("charset"), "valeur inconnue « \(text) »",
            "choisir parmi : \(known.joined(separator: ", "))")
        return nil
    }

    private func paths() -> ResultPaths {
        ResultPaths(
            specimen: path("specimen") ?? FieldChoice("O.3.1", "O.3.first", "O.4.first"),
            code: path("code") ?? FieldChoice("R.3.4", "R.3.word"), value: path("value") ?? FieldChoice("R.4"),
            measured: path("measure"), subIdentifier: .none, unit: path("unit") ?? FieldChoice("R.5"),
            flags: path("flagsAt") ?? FieldChoice("R.7"),
            status: path("status") ?? FieldChoice("R.9"), completed: path("completed") ?? FieldChoice("R.13"),
            started: path("started") ?? FieldChoice("R.12"), comment: path("comment") ?? FieldChoice("C.4"),
            dilution: path("dilution") ?? .none)
    }

    private func identity(otherwise standard: IdentityPaths) -> IdentityPaths {
        guard let reader = object("identity") else { return standard }
        defer { reader.finish() }
        return IdentityPaths(
            patientID: reader.path("patientID") ?? .none, family: reader.path("family") ?? .none,
            given: reader.path("given") ?? .none, birthDate: reader.path("birthDate") ?? .none,
            sex: reader.path("sex") ?? .none)
    }

    private func flagReading() -> FlagReading {
        defer { finish() }
        let comments = object("comments").map { reader in
            defer { reader.finish() }
            return CommentFlags(
                path: reader.path("at") ?? FieldChoice("C.4"), conditions: reader.conditions("where"),
                separator: reader.text("separator"))
        }
        var values: [String: CodedMeaning] = [:]
        if let reader = object("values") {
            for flag in reader.keys {
                guard let object = reader.object(flag) else { continue }
                values[flag] = CodedMeaning(code: object.required("code"), display: object.required("display"))
                object.finish()
            }
        }
        return FlagReading(
            harmless: Set(texts("harmless") ?? []), known: dictionary("known") ?? [:], values: values,
            comments: comments, rules: dictionary("rules") ?? [:])
    }

    private func queryReading() -> QueryReading {
        defer { finish() }
        var components: [Int] = []
        if case .list(let list) = node("components") {
            for case .whole(let number) in list { components.append(number) }
        }
        return QueryReading(
            components: components.isEmpty ? QueryReading.standard.components : components,
            all: texts("all").map { Set($0) } ?? QueryReading.standard.all,
            specimen: path("at") ?? QueryReading.standard.specimen)
    }

    private func orderWriting(_ dialect: Dialect) -> OrderWriting {
        defer { finish() }
        return OrderWriting(
            isAnswering: flag("answers") ?? false, isDownloading: flag("downloads") ?? false,
            receiver: text("receiver") ?? "", header: numbered("header"), order: numbered("order"),
            test: text("test") ?? (dialect == .hl7 ? "{code}" : "^^^{code}"),
            isOneTestPerOrder: flag("oneTestPerOrder") ?? false,
            sendsIdentity: flag("sendsIdentity") ?? true, reportOfDownload: text("reportOfDownload") ?? "O",
            reportOfAnswer: text("reportOfAnswer") ?? "Q", terminator: text("terminator") ?? "N",
            actions: actions())
    }

    private func actions() -> [String: String] {
        guard let reader = object("actions") else { return [:] }
        defer { reader.finish() }
        var out: [String: String] = [:]
        for action in Driver.OrderAction.allCases { out[action.rawValue] = reader.text(action.rawValue) }
        return out
    }

    private func numbered(_ name: String) -> [Int: String] {
        guard let reader = object(name) else { return [:] }
        var out: [Int: String] = [:]
        for key in reader.keys {
            if let number = Int(key), (3...50).contains(number) {
                out[number] = reader.text(key)
            } else {
                log.add(
                    "field", at: reader.key(key), "« \(key) » n'est pas un numéro de champ",
                    "écrire un numéro de champ de LIS2-A2, de 3 à 50, entre guillemets")
            }
        }
        return out
    }

    private func codes() -> [String: CodeMeaning] {
        guard let reader = object("codes") else { return [:] }
        var out: [String: CodeMeaning] = [:]
        for code in reader.keys {
            guard let node = reader.node(code) else { continue }
            let object = ObjectReader(node, at: reader.key(code), log: log)
            out[code] = CodeMeaning(
                analysis: object.required("analysis"), units: object.units("units"),
                assumedUnit: object.text("assumedUnit"), qualitative: object.qualitative("qualitative"),
                isText: object.flag("text") ?? false, isOrdered: object.flag("ordered") ?? true,
                orderedAs: object.text("orderedAs"))
            object.finish()
        }
        return out
    }

    func units(_ name: String) -> [String: UnitMeaning] {
        guard let reader = object(name) else { return [:] }
        var out: [String: UnitMeaning] = [:]
        for unit in reader.keys {
            if case .text(let ucum) = reader.node(unit) {
                out[unit] = UnitMeaning(unit: ucum, factor: nil, places: nil)
                continue
            }
            guard let object = reader.object(unit) else { continue }
            var factor: Exact?
            if let text = object.text("factor") {
                factor = Exact(text)
                if factor == nil || factor == Exact(0) {
                    log.add(
                        "factor", at: object.key("factor"), "« \(text) » n'est pas un facteur",
                        "écrire un nombre décimal non nul entre guillemets, par exemple \"0.0555\"")
                }
            }
            let places = object.whole("places")
            out[unit] = UnitMeaning(unit: object.required("unit"), factor: factor, places: places)
            if let places, !(0...10).contains(places) {
                log.add(
                    "value", at: object.key("places"), "\(places) décimales", "écrire un nombre de 0 à 10")
            }
            object.finish()
        }
        return out
    }

    func qualitative(_ name: String) -> [String: CodedMeaning] {
        guard let reader = object(name) else { return [:] }
        var out: [String: CodedMeaning] = [:]
        for text in reader.keys {
            guard let object = reader.object(text) else { continue }
            out[trimmed(text).lowercased()] = CodedMeaning(
                code: object.required("code"), display: object.required("display"))
            object.finish()
        }
        return out
    }

    func conditions(_ name: String) -> [FieldCondition] {
        objects(name).map { reader in
            let condition = FieldCondition(
                path: reader.path("at") ?? .none, equals: reader.texts("equals") ?? [],
                prefixes: reader.texts("prefix") ?? [], suffixes: reader.texts("suffix") ?? [],
                contains: reader.texts("contains") ?? [], unless: reader.texts("unless") ?? [],
                also: reader.conditions("also"))
            if condition.path == .none {
                log.add("missing", at: reader.key("at"), "la clé manque", "dire où lire, par exemple \"H.12\"")
            }
            reader.finish()
            return condition
        }
    }

    /// `"R.3.4"`, `"R.3.2+R.3.4"`, `{ path: "R.3.4", upTo: "/" }`, or a list of these: the first with a text wins.
    func path(_ name: String) -> FieldChoice? {
        guard let node = node(name) else { return nil }
        let nodes: [JSONNode] = if case .list(let list) = node { list } else { [node] }
        return FieldChoice(nodes.compactMap { expression($0, name) })
    }

    private func expression(_ node: JSONNode, _ name: String) -> FieldExpression? {
        if case .text(let text) = node { return expression(text, at: key(name)) }
        let reader = ObjectReader(node, at: key(name), log: log)
        defer { reader.finish() }
        guard var expression = expression(reader.required("path"), at: reader.key("path")) else { return nil }
        for i in expression.paths.indices {
            expression.paths[i].upTo = reader.text("upTo")
            expression.paths[i].after = reader.text("after")
        }
        return expression
    }

    private func expression(_ text: String, at place: String) -> FieldExpression? {
        let paths = text.split(separator: "+", omittingEmptySubsequences: false).map { FieldPath($0) }
        let known = paths.compactMap { $0 }
        if known.count == paths.count { return FieldExpression(known) }
        log.add(
            "path", at: place, "« \(text) » n'est pas un chemin",
            "écrire par exemple \"R.3.4\" : lettre de l'enregistrement, champ, composant (un nombre, first ou word)")
        return nil
    }
}

/// Words of a decoding error, without its type's noise.
private enum DescriptionSchema {
    static func words(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            context.debugDescription
        @unknown default: "\(error)"
        }
    }
}

/// The link settings read themselves: their keys are those of ``LinkSettings``.
private struct LinkHolder: Decodable {
    var link: LinkSettings?

    static func read(_ bytes: [UInt8], at place: String, log: FindingLog) -> LinkSettings {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            return try decoder.decode(LinkHolder.self, from: Data(bytes)).link ?? LinkSettings()
        } catch let refusal as Refusal {
            var refusal = refusal
            let isWhole = refusal.place.hasPrefix("link")
            refusal.place = place + (isWhole ? " " : " link.") + refusal.place
            log.add(refusal)
        } catch let error as DecodingError {
            let words = DescriptionSchema.words(error)
            log.add("link", at: place + " link", "réglage illisible : \(words)", "corriger la valeur")
        } catch {
            log.add("link", at: place + " link", "réglage illisible : \(error)", "corriger la valeur")
        }
        return LinkSettings()
    }
}

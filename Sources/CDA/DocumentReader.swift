package import Base

/// A CR-BIO that came from somewhere, read into values: ours or another laboratory's.
package struct ReceivedReport: Sendable, Equatable {
    package let document: CRBioDocument
    /// What the file said otherwise than the volet, and what could not be kept; never a patient's data. What is read is
    /// never invented: a time without its zone is kept as its date, a dangling reference gives no words.
    package let oddities: [Refusal]

    /// Refused when the bytes are not XML, not a CDA with a structured body, or without what no value can stand for.
    package init(reading bytes: [UInt8]) throws(Refusal) {
        let root = try XMLReader.root(of: bytes)
        // « Auto-présentable »: a style sheet that carries the document (section 1).
        guard let clinical = root.name == "ClinicalDocument" ? root : root.first("ClinicalDocument") else {
            throw Refusal(
                "cda.read.root", at: root.name, because: "ce n'est pas un document CDA",
                remedy: "demander à l'émetteur un compte rendu CDA R2")
        }
        var reader = DocumentReader(clinical)
        document = try reader.document(clinical)
        oddities = reader.oddities
    }
}

/// What every reading function shares: the words that the narrative gives an ID, and what was odd.
struct DocumentReader {
    private(set) var oddities: [Refusal] = []
    /// Elements of the narratives by their ID.
    private var shown: [String: XMLElement] = [:]

    init(_ root: XMLElement) { index(root, inText: false) }

    private mutating func index(_ element: XMLElement, inText: Bool) {
        let inText = inText || element.name == "text"
        if inText, let id = element["ID"] { shown[id] = element }
        for child in element.elements { index(child, inText: inText) }
    }

    mutating func odd(_ code: String, _ place: String, _ cause: String) {
        oddities.append(Refusal("cda.read." + code, at: place, because: cause, remedy: "le signaler à l'émetteur"))
    }

    func required<Value>(_ value: Value?, _ place: String) throws(Refusal) -> Value {
        guard let value else {
            throw Refusal(
                "cda.read.missing", at: place, because: "donnée obligatoire absente du document",
                remedy: "demander à l'émetteur un document conforme")
        }
        return value
    }

    // Words

    /// What a reference points to; nil when it points nowhere.
    mutating func words(at reference: String?, _ place: String) -> String? {
        guard let reference else { return nil }
        let id = reference.hasPrefix("#") ? String(reference.dropFirst()) : reference
        if !reference.hasPrefix("#") { odd("reference", place, "une référence sans dièse") }
        guard let element = shown[id] else {
            odd("reference", place, "une référence ne mène nulle part dans le texte")
            return nil
        }
        let words = element.words
        if words.isEmpty { odd("reference", place, "une référence mène à un texte vide") }
        return words.isEmpty ? nil : words
    }
    mutating func originalText(of element: XMLElement, _ place: String) -> String? {
        guard let original = element.first("originalText") else { return nil }
        if let reference = original.first("reference") { return words(at: reference["value"], place) }
        let words = original.words
        return words.isEmpty ? nil : words
    }
    /// The words beside a multimedia object.
    func caption(of media: String, in element: XMLElement) -> String? {
        for child in element.elements {
            if child.name == "renderMultiMedia", child["referencedObject"] == media { return element.words }
            if let found = caption(of: media, in: child) { return found }
        }
        return nil
    }

    // Data types

    mutating func stamp(_ text: String?, _ place: String) -> Stamp? {
        guard let text else { return nil }
        let stamp = Stamp(text)
        if stamp.isWellFormed { return stamp }
        let date = Stamp(String(text.prefix(8)))
        guard text.utf8.count > 8, date.isWellFormed else {
            odd("time", place, "ni date ni heure")
            return nil
        }
        odd("time", place, "une heure sans fuseau, lue comme une date")
        return date
    }
    mutating func instant(_ element: XMLElement?, _ place: String) -> Stamp? {
        guard let element else { return nil }
        return stamp(element["value"] ?? element.first("high")?["value"] ?? element.first("low")?["value"], place)
    }

    func id(_ element: XMLElement?) -> ObjectID? {
        guard let element, let root = element["root"] else { return nil }
        return ObjectID(root: root, number: element["extension"], authority: element["assigningAuthorityName"])
    }
    func ids(_ element: XMLElement) -> [ObjectID] { element.all("id").compactMap { id($0) } }

    func coded(_ element: XMLElement?) -> Coded? {
        guard let element, let code = element["code"] else { return nil }
        return Coded(
            code, element["displayName"] ?? code, system: element["codeSystem"] ?? "",
            systemName: element["codeSystemName"])
    }

    mutating func address(_ element: XMLElement?, _ place: String) -> Address? {
        guard let element else { return nil }
        if let flavor = element["nullFlavor"] { return .absent(NullFlavor(rawValue: flavor) ?? .unknown) }
        let use = element["use"]
        let names = Set(element.elements.map(\.name))
        let parts: Set = ["houseNumber", "streetName", "unitID", "postalCode", "city", "country"]
        guard !names.isEmpty, names.isSubset(of: parts), element.elements.count == names.count else {
            let lines = element.elements.isEmpty ? [element.words] : element.elements.map(\.words)
            return .lines(lines.filter { !$0.isEmpty }, use: use)
        }
        func part(_ name: String) -> String? { element.first(name)?.words }
        return .parts(
            .init(
                houseNumber: part("houseNumber"), streetName: part("streetName"), unit: part("unitID"),
                postalCode: part("postalCode"), city: part("city"), country: part("country")), use: use)
    }

    func telecoms(_ element: XMLElement) -> [Telecom] {
        element.all("telecom").compactMap { telecom in
            if let flavor = telecom["nullFlavor"] { return .absent(NullFlavor(rawValue: flavor) ?? .unknown) }
            return telecom["value"].map { .address($0, use: telecom["use"]) }
        }
    }

    func name(_ element: XMLElement?) -> PersonName? {
        guard let element, let family = element.first("family")?.words else { return nil }
        return PersonName(
            family: family, given: element.first("given")?.words, prefix: element.first("prefix")?.words,
            suffix: element.first("suffix")?.words)
    }

    mutating func organization(_ element: XMLElement?, _ place: String) -> Organization? {
        guard let element, let name = element.first("name")?.words else { return nil }
        if element.first("asOrganizationPartOf") != nil {
            odd("unkept", place, "le rattachement de l'organisation n'est pas repris")
        }
        let telecoms = telecoms(element)
        return Organization(
            ids: ids(element), name: name, telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms,
            address: address(element.first("addr"), place) ?? .absent(.unknown),
            sector: coded(element.first("standardIndustryClassCode")))
    }

    mutating func professional(
        _ element: XMLElement?, _ place: String, person: String = "assignedPerson",
        organization: String = "representedOrganization"
    ) throws(Refusal) -> Professional {
        let element = try required(element, place)
        let telecoms = telecoms(element)
        return Professional(
            id: try required(id(element.first("id")), place + ", identifiant"),
            profession: coded(element.first("code")),
            address: address(element.first("addr"), place) ?? .absent(.unknown),
            telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms,
            name: try required(name(element.first(person, "name")), place + ", nom"),
            organization: self.organization(element.first(organization), place))
    }

    mutating func signature(
        _ element: XMLElement?, _ place: String, entity: String = "assignedEntity"
    ) throws(Refusal) -> Signature {
        let element = try required(element, place)
        return Signature(
            try professional(element.first(entity), place),
            at: try required(instant(element.first("time"), place), place + ", date"))
    }

    mutating func performer(_ element: XMLElement?, _ place: String, otherwise at: Stamp?) throws(Refusal) -> Performer?
    {
        guard let element else { return nil }
        let time = instant(element.first("time"), place)
        if time == nil { odd("time", place, "un exécutant sans date") }
        return Performer(
            at: try required(time ?? at, place + ", date"),
            director: try professional(element.first("assignedEntity"), place))
    }

    mutating func validation(_ element: XMLElement, _ place: String) throws(Refusal) -> Validation {
        let role = try required(element.first("participantRole"), place)
        let telecoms = telecoms(role)
        return Validation(
            at: try required(instant(element.first("time"), place), place + ", date"),
            id: try required(id(role.first("id")), place + ", identifiant"),
            name: try required(name(role.first("playingEntity", "name")), place + ", nom"),
            address: address(role.first("addr"), place) ?? .absent(.masked),
            telecoms: telecoms.isEmpty ? [.absent(.masked)] : telecoms)
    }

    /// Bytes in base 64, whatever the blanks in it.
    mutating func media(_ element: XMLElement?, _ place: String) throws(Refusal) -> [UInt8] {
        let element = try required(element, place)
        let letters = element.children.flatMap { node -> [UInt8] in
            if case .text(let text) = node { text.utf8.filter { $0 > 0x20 } } else { [] }
        }
        return try required(Base64.decode(letters), place)
    }
}

import Base

// Sections 6 and 7 of the sheet, read.

extension DocumentReader {
    /// What a section of level 1 is, by its template.
    enum Kind {
        case chapter, attached, copy, conclusion, recommendation, vaccinations

        static func of(_ section: XMLElement) -> Kind? {
            let kinds: [(String, Kind)] = [
                ("1.3.6.1.4.1.19376.1.3.3.2.1", .chapter), ("1.2.250.1.213.1.1.2.60", .attached),
                ("1.2.250.1.213.1.1.2.243", .copy), ("1.2.250.1.213.1.1.2.73", .conclusion),
                ("1.2.250.1.213.1.1.2.128", .recommendation), ("1.2.250.1.213.1.1.2.147", .vaccinations),
            ]
            return kinds.first { section.has(template: $0.0) }?.1
        }
    }

    mutating func chapter(_ section: XMLElement, _ place: String) throws(Refusal) -> Chapter {
        let code = try required(coded(section.first("code")), place + ", code")
        let title = section.first("title")?.words ?? code.display
        let subs = section.all("component")
        if subs.isEmpty {
            return Chapter(code: code, title: title, content: .block(try block(section, place)))
        }
        var chapters: [SubChapter] = []
        for (index, component) in subs.enumerated() {
            let place = "\(place).\(index + 1)"
            let sub = try required(component.first("section"), place)
            chapters.append(
                SubChapter(
                    code: coded(sub.first("code")), title: sub.first("title")?.words ?? "", block: try block(sub, place)
                ))
        }
        return Chapter(code: code, title: title, content: .subChapters(chapters))
    }

    private mutating func block(_ section: XMLElement, _ place: String) throws(Refusal) -> Block {
        let act = try required(section.first("entry", "act"), place + ", entrée")
        let code = coded(act.first("code"))
        var block = Block(
            code: code == coded(section.first("code")) ? nil : code,
            status: ActStatus(rawValue: act.first("statusCode")?["code"] ?? "") ?? .completed,
            performer: try performer(act.first("performer"), place, otherwise: nil), items: [])
        for participant in act.all("participant") {
            guard participant["typeCode"] == "AUTHEN" else {
                odd("participant", place, "un participant d'une entrée, non repris")
                continue
            }
            block.validators.append(try validation(participant, place))
        }
        for relationship in act.all("entryRelationship") {
            guard let child = relationship.elements.first(where: { $0.name != "templateId" }) else { continue }
            if let item = try item(child, section, "\(place), ligne \(block.items.count + 1)") {
                block.items.append(item)
            }
        }
        return block
    }

    private mutating func item(_ element: XMLElement, _ section: XMLElement, _ place: String) throws(Refusal) -> Item? {
        switch (element.name, element["classCode"]) {
        case ("procedure", _): return .sampling(try sampling(element, place))
        case ("observation", _): return .observation(try observation(element, place))
        case ("organizer", "BATTERY"): return .panel(try panel(element, section, place))
        case ("organizer", _): return .isolate(try isolate(element, section, place))
        case ("observationMedia", _): return try image(element, section, place).map { .image($0) }
        case ("act", _): return comment(element, place).map { .comment($0) }
        case _:
            odd("entry", place, "une entrée d'un genre inconnu, non reprise")
            return nil
        }
    }

    private mutating func comment(_ act: XMLElement, _ place: String) -> String? {
        words(at: act.first("text", "reference")?["value"], place + ", commentaire")
    }

    private mutating func image(
        _ element: XMLElement, _ section: XMLElement, _ place: String
    ) throws(Refusal) -> ImageEntry? {
        let value = element.first("value")
        guard let format = ImageEntry.Format(rawValue: value?["mediaType"] ?? "") else {
            odd("media", place, "un objet multimédia d'un format inconnu, non repris")
            return nil
        }
        return ImageEntry(
            caption: section.first("text").flatMap { caption(of: element["ID"] ?? "", in: $0) } ?? "", format: format,
            bytes: try media(value, place))
    }

    private mutating func sampling(_ element: XMLElement, _ place: String) throws(Refusal) -> SamplingEntry {
        let role = try required(element.first("participant", "participantRole"), place + ", échantillon")
        let collectedAt = instant(element.first("effectiveTime"), place + ", prélevé le")
        let received = element.all("entryRelationship").compactMap { $0.first("act") }
            .first { $0.first("code")?["code"] == "SPRECEIVE" }
        return SamplingEntry(
            act: coded(element.first("code")) ?? SamplingEntry.anySampling, collectedAt: collectedAt,
            receivedAt: instant(received?.first("effectiveTime"), place + ", reçu le"),
            specimen: try required(id(role.first("id")), place + ", échantillon"),
            nature: try required(coded(role.first("playingEntity", "code")), place + ", nature de l'échantillon"),
            site: coded(element.first("targetSiteCode")),
            sampler: try performer(element.first("performer"), place, otherwise: collectedAt))
    }

    /// The name that the narrative shows, the LOINC code, the others as translations.
    private mutating func analysis(_ element: XMLElement?, _ place: String) -> AnalysisCode {
        guard let element else { return AnalysisCode(label: "", loinc: nil) }
        let own = coded(element)
        var translations = element.all("translation").compactMap { coded($0) }
        if let own, own.system != OID.loinc { translations.insert(own, at: 0) }
        let label = originalText(of: element, place) ?? own?.display ?? translations.first?.display ?? ""
        return AnalysisCode(label: label, loinc: own?.system == OID.loinc ? own : nil, translations: translations)
    }

    private mutating func panel(
        _ element: XMLElement, _ section: XMLElement, _ place: String
    ) throws(Refusal) -> PanelEntry {
        var panel = PanelEntry(
            code: analysis(element.first("code"), place),
            status: ActStatus(rawValue: element.first("statusCode")?["code"] ?? "") ?? .completed, observations: [],
            performer: try performer(element.first("performer"), place, otherwise: nil))
        for participant in element.all("participant") where participant["typeCode"] == "AUTHEN" {
            panel.validators.append(try validation(participant, place))
        }
        for component in element.all("component") {
            if let observation = component.first("observation") {
                panel.observations.append(
                    try self.observation(observation, "\(place).\(panel.observations.count + 1)"))
            } else if let act = component.first("act") {
                if let comment = comment(act, place) { panel.comments.append(comment) }
            } else if let media = component.first("observationMedia") {
                if let image = try image(media, section, place) { panel.images.append(image) }
            } else {
                odd("entry", place, "une ligne d'un genre inconnu, non reprise")
            }
        }
        return panel
    }

    private mutating func isolate(
        _ element: XMLElement, _ section: XMLElement, _ place: String
    ) throws(Refusal) -> IsolateEntry {
        let role = try required(element.first("specimen", "specimenRole"), place + ", isolat")
        let code = try required(role.first("specimenPlayingEntity", "code"), place + ", germe")
        let ncbi = code.all("translation").compactMap { coded($0) }.first
        var isolate = IsolateEntry(
            isolate: try required(id(role.first("id")), place + ", isolat"),
            label: originalText(of: code, place) ?? coded(code)?.display ?? ncbi?.display ?? "", snomed: coded(code),
            ncbi: ncbi, status: ActStatus(rawValue: element.first("statusCode")?["code"] ?? "") ?? .completed,
            at: try required(instant(element.first("effectiveTime"), place), place + ", date"), findings: [])
        isolate.performer = try performer(element.first("performer"), place, otherwise: isolate.at)
        for component in element.all("component") {
            if let observation = component.first("observation") {
                isolate.findings.append(
                    try self.observation(observation, "\(place).\(isolate.findings.count + 1)"))
            } else if let organizer = component.first("organizer"), isolate.antibiogram == nil {
                isolate.antibiogram = try panel(organizer, section, place + ", antibiogramme")
            } else if let act = component.first("act") {
                if let comment = comment(act, place) { isolate.comments.append(comment) }
            } else {
                odd("entry", place, "une ligne d'un genre inconnu, non reprise")
            }
        }
        return isolate
    }

    private mutating func observation(_ element: XMLElement, _ place: String) throws(Refusal) -> ObservationEntry {
        var comments: [String] = []
        var previous: [PreviousObservation] = []
        for relationship in element.all("entryRelationship") {
            if let act = relationship.first("act") {
                if let comment = comment(act, place) { comments.append(comment) }
            } else if relationship["typeCode"] == "REFR", let before = relationship.first("observation") {
                if let at = instant(before.first("effectiveTime"), place + ", antériorité"),
                    let value = value(before.first("value"), place + ", antériorité")
                {
                    previous.append(PreviousObservation(at: at, value: value))
                } else {
                    odd("previous", place, "une antériorité sans date ou sans valeur, non reprise")
                }
            }
        }
        var entry = ObservationEntry(code: analysis(element.first("code"), place), outcome: .notPerformed(reason: ""))
        if element.first("statusCode")?["code"] == "aborted" {
            entry.outcome = .notPerformed(reason: comments.isEmpty ? "" : comments.removeFirst())
        } else {
            entry.outcome = .value(
                try required(value(element.first("value"), place), place + ", valeur"),
                at: try required(instant(element.first("effectiveTime"), place), place + ", date"))
        }
        entry.comments = comments
        entry.previous = previous
        if let code = element.first("interpretationCode")?["code"] {
            entry.interpretation = Interpretation(rawValue: code)
            if entry.interpretation == nil { odd("interpretation", place, "une interprétation inconnue") }
        }
        entry.technique = technique(element.first("methodCode"), place)
        entry.performer = try performer(element.first("performer"), place, otherwise: nil)
        entry.reference = reference(element.first("referenceRange", "observationRange", "value"), place)
        try readParticipants(element, place, into: &entry)
        return entry
    }

    private mutating func readParticipants(
        _ element: XMLElement, _ place: String, into entry: inout ObservationEntry
    ) throws(Refusal) {
        for participant in element.all("participant") {
            let role = participant.first("participantRole")
            let device = role?.first("playingDevice") ?? role?.first("playingEntity")
            switch (participant["typeCode"], coded(device?.first("code"))) {
            case ("AUTHEN", _): entry.validators.append(try validation(participant, place))
            case ("DEV", let code?): entry.devices.append(code)
            case ("CSM", let code?): entry.reagents.append(code)
            case _: odd("participant", place, "un participant d'une ligne, non repris")
            }
        }
    }

    private mutating func technique(_ element: XMLElement?, _ place: String) -> Technique? {
        guard let element else { return nil }
        let code = coded(element)
        guard let label = originalText(of: element, place + ", technique") ?? code?.display else { return nil }
        return Technique(label: label, code: code)
    }

    /// Section 7.3.1.
    private mutating func value(_ element: XMLElement?, _ place: String) -> ObservedValue? {
        guard let element, element["nullFlavor"] == nil else { return nil }
        switch element["type"] {
        case "PQ", "REAL", "INT": return element["value"].map { .number($0, unit(element)) }
        case "IVL_PQ", "IVL_REAL", "IVL_INT": return interval(element)
        case "CD", "CE", "CV", "CO":
            let code = coded(element)
            return (originalText(of: element, place) ?? code?.display).map { .qualitative($0, code: code) }
        case "ST", "ED": return .text(element.words)
        case "RTO", "RTO_PQ_PQ":
            guard let above = element.first("numerator")?["value"], let below = element.first("denominator")?["value"]
            else { return nil }
            return .titre(numerator: above, denominator: below)
        case let type:
            odd("value", place, "une valeur d'un type inconnu (\(type ?? "aucun"))")
            return nil
        }
    }

    private func unit(_ element: XMLElement) -> Unit? {
        guard let unit = element["unit"], unit != "1" else { return nil }
        return Unit(ucum: unit)
    }

    private func interval(_ element: XMLElement) -> ObservedValue? {
        let low = element.first("low"), high = element.first("high")
        if let from = low?["value"], let to = high?["value"] {
            return unit(low ?? element).map { .range(low: from, high: to, unit: $0) }
        }
        // IVXB: a bound that does not say otherwise belongs to the interval.
        if let high, let text = high["value"] {
            return .number(comparator: high["inclusive"] == "false" ? .below : .atMost, text: text, unit: unit(high))
        }
        guard let low, let text = low["value"] else { return nil }
        return .number(comparator: low["inclusive"] == "false" ? .above : .atLeast, text: text, unit: unit(low))
    }

    private mutating func reference(_ element: XMLElement?, _ place: String) -> ReferenceInterval? {
        guard let element else { return nil }
        switch element["type"] {
        case "IVL_PQ", "IVL_REAL", "IVL_INT":
            let low = element.first("low"), high = element.first("high")
            return .numbers(low: low?["value"], high: high?["value"], unit: unit(low ?? high ?? element))
        case "ST", "ED": return .text(element.words)
        case _:
            odd("reference-range", place, "un intervalle de référence d'un type inconnu, non repris")
            return nil
        }
    }
}

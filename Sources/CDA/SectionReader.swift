import Base

// The sections that hold no result, read.

extension DocumentReader {
    func conclusion(_ section: XMLElement) -> Conclusion {
        Conclusion(title: section.first("title")?.words ?? "Commentaire", text: section.first("text")?.words ?? "")
    }

    mutating func attachedReport(_ section: XMLElement, _ place: String) throws(Refusal) -> AttachedReport {
        let (id, bytes) = try attachedDocument(section, place)
        return AttachedReport(title: section.first("title")?.words ?? "", id: id, bytes: bytes)
    }

    mutating func pdfCopy(_ section: XMLElement, _ place: String) throws(Refusal) -> PDFCopy {
        let (id, bytes) = try attachedDocument(section, place)
        return PDFCopy(id: id, bytes: bytes)
    }

    private mutating func attachedDocument(
        _ section: XMLElement, _ place: String
    ) throws(Refusal) -> (ObjectID, [UInt8]) {
        let organizer = try required(section.first("entry", "organizer"), place + ", document attaché")
        let media = organizer.all("component").compactMap { $0.first("observationMedia", "value") }.first
        return (
            try required(id(organizer.first("id")), place + ", identifiant"),
            try self.media(media, place + ", document attaché")
        )
    }

    mutating func recommendation(_ section: XMLElement, _ place: String) throws(Refusal) -> Recommendation {
        let codes = section.all("entry").compactMap { coded($0.first("observation", "value")) }
        return Recommendation(
            title: section.first("title")?.words ?? "", text: section.first("text")?.words ?? "",
            reason: try required(codes.first, place + ", raison"), problem: codes.dropFirst().first)
    }

    mutating func vaccinations(_ section: XMLElement, _ place: String) throws(Refusal) -> [Vaccination] {
        var vaccinations: [Vaccination] = []
        for entry in section.all("entry") {
            let act = try required(entry.first("substanceAdministration"), place)
            let material = act.first("consumable", "manufacturedProduct", "manufacturedMaterial")
            let code = material?.first("code")
            let vaccine = try required(coded(code) ?? coded(code?.all("translation").first), place + ", vaccin")
            vaccinations.append(
                Vaccination(
                    label: material?.first("name")?.words ?? vaccine.display, vaccine: vaccine,
                    isDone: act["negationInd"] != "true", at: instant(act.first("effectiveTime"), place)))
        }
        return vaccinations
    }
}

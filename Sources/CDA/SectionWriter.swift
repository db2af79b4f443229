// The sections of level 1 that hold no result (section 6 of the sheet).

extension ObjectID {
    /// Id of what this holds: a number of its own under the same root; a UUID has none to give.
    var part: ObjectID {
        guard let number else { return ObjectID(root: root, number: "1") }
        return ObjectID(root: root, number: number + ".1")
    }
}

extension Conclusion {
    func write(shownAt id: String, into w: inout XMLWriter) {
        w.template("2.16.840.1.113883.10.12.201")
        w.template("1.3.6.1.4.1.19376.1.4.1.2.16")
        w.template("1.2.250.1.213.1.1.2.73")
        w.coded("code", .loinc("55112-7", "Commentaire"))
        w.element("title", text: title)
        w.element("text") { w in w.element("paragraph") { $0.content(id, text) } }
    }
}

extension AttachedReport {
    /// « Résultats de seconde intention ».
    func write(anchor: String, into w: inout XMLWriter) {
        w.template("1.2.250.1.213.1.1.2.60")
        w.coded("code", .loinc("101792-0", "Résultats de laboratoire de biologie de seconde intention"))
        w.element("title", text: title)
        w.attachedDocument(id, bytes, anchor: anchor, kind: .otherLaboratory)
    }
}

extension Recommendation {
    /// `number`: OID of the document, under which the entries are numbered.
    func write(number: String, into w: inout XMLWriter) {
        let shown = "recommendation"
        w.template("1.3.6.1.4.1.19376.1.5.3.1.3.1")
        w.template("1.3.6.1.4.1.19376.1.5.3.1.3.2")
        w.template("1.2.250.1.213.1.1.2.128")
        w.id(ObjectID(root: number, number: "R"))
        w.coded("code", .loinc("42349-1", "Raison de la recommandation"))
        w.element("title", text: title)
        w.element("text") { w in w.element("paragraph") { $0.content(shown, text) } }
        w.element("entry") { w in
            w.element("observation", ("classCode", "OBS"), ("moodCode", "EVN")) { w in
                w.template("1.3.6.1.4.1.19376.1.5.3.1.4.13")
                w.template("1.2.250.1.213.1.1.3.48")
                w.id(ObjectID(root: number, number: "R.1"))
                w.coded("code", .loinc("42349-1", "Raison de la recommandation"))
                w.element("text") { $0.element("reference", ("value", "#" + shown)) }
                w.element("statusCode", ("code", "completed"))
                w.element("effectiveTime", ("nullFlavor", "NI"))
                w.value(reason)
            }
        }
        guard let problem else { return }
        w.element("entry") { w in
            w.element("observation", ("classCode", "OBS"), ("moodCode", "EVN")) { w in
                w.template("2.16.840.1.113883.10.20.1.28")
                w.template("1.3.6.1.4.1.19376.1.5.3.1.4.5")
                w.template("1.2.250.1.213.1.1.3.37")
                w.id(ObjectID(root: number, number: "R.2"))
                w.coded("code", .snomed("55607006", "Problème"))
                w.element("text") { $0.element("reference", ("value", "#" + shown)) }
                w.element("statusCode", ("code", "completed"))
                w.element("effectiveTime") { $0.element("low", ("nullFlavor", "UNK")) }
                w.value(problem, shownAt: shown)
            }
        }
    }
}

extension CRBioDocument {
    func writeVaccinations(into w: inout XMLWriter) {
        w.template("2.16.840.1.113883.10.20.1.6")
        w.template("1.3.6.1.4.1.19376.1.5.3.1.3.23")
        w.template("1.2.250.1.213.1.1.2.147")
        w.id(ObjectID(root: id, number: "V"))
        w.coded("code", .loinc("11369-6", "Historique des vaccinations"))
        w.element("title", text: "Historique des vaccinations")
        w.element("text") { w in
            w.element("table", ("border", "0")) { w in
                w.heads("Vaccin", "Réalisé", "Date")
                w.element("tbody") { w in
                    for (index, vaccination) in vaccinations.enumerated() {
                        w.element("tr") { w in
                            w.element("td") { $0.content("vac\(index + 1)", vaccination.label) }
                            w.element("td", text: vaccination.isDone ? "Oui" : "Non")
                            w.element("td", text: vaccination.at?.french ?? "")
                        }
                    }
                }
            }
        }
        for (index, vaccination) in vaccinations.enumerated() {
            w.element("entry") { vaccination.write(number: "\(index + 1)", in: id, into: &$0) }
        }
    }
}

extension Vaccination {
    fileprivate func write(number: String, in document: String, into w: inout XMLWriter) {
        let shown = "vac" + number
        w.element(
            "substanceAdministration", ("classCode", "SBADM"), ("moodCode", "EVN"),
            ("negationInd", isDone ? "false" : "true")
        ) { w in
            w.template("2.16.840.1.113883.10.20.1.24")
            w.template("1.3.6.1.4.1.19376.1.5.3.1.4.12")
            w.template("1.2.250.1.213.1.1.3.45")
            w.id(ObjectID(root: document, number: "V." + number))
            w.coded("code", Coded("IMMUNIZ", "Vaccination sans autre précision", system: OID.actCodes))
            w.element("text") { $0.element("reference", ("value", "#" + shown)) }
            w.element("statusCode", ("code", "completed"))
            if let at {
                w.time("effectiveTime", at)
            } else {
                w.element("effectiveTime", ("nullFlavor", isDone ? "UNK" : "NA"))
            }
            w.element("consumable", ("typeCode", "CSM")) { w in
                w.element("manufacturedProduct") { w in
                    w.template("2.16.840.1.113883.10.20.1.53")
                    w.template("1.3.6.1.4.1.19376.1.5.3.1.4.7.2")
                    w.template("1.2.250.1.213.1.1.3.43")
                    w.element("manufacturedMaterial") { w in
                        w.coded("code", nil, shownAt: shown, translations: [vaccine])
                        w.element("name", text: label)
                    }
                }
            }
        }
    }
}

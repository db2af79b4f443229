import Base

// Sections 6 and 7 of the CR-BIO sheet.

extension CRBioDocument {
    func writeBody(into w: inout XMLWriter) {
        w.element("component") { w in
            w.element("structuredBody") { w in
                if let recommendation { w.section { recommendation.write(number: id, into: &$0) } }
                for (index, chapter) in chapters.enumerated() {
                    w.component { chapter.write(at: Path("c\(index + 1)"), into: &$0) }
                }
                for (index, report) in attachedReports.enumerated() {
                    w.section { report.write(anchor: "att\(index + 1)", into: &$0) }
                }
                if !vaccinations.isEmpty { w.section { writeVaccinations(into: &$0) } }
                for (index, conclusion) in conclusions.enumerated() {
                    w.section { conclusion.write(shownAt: "conclusion\(index + 1)", into: &$0) }
                }
                w.section { w in
                    w.template("1.2.250.1.213.1.1.2.243")
                    w.coded("code", .loinc("55108-5", "Copie du document"))
                    w.element("title", text: "Copie du document")
                    w.attachedDocument(pdfCopy.id, pdfCopy.bytes, anchor: "pdf", kind: .copy)
                }
            }
        }
    }
}

extension XMLWriter {
    fileprivate mutating func component(body: (inout XMLWriter) -> Void) {
        markup("\n")
        element("component", body: body)
    }
    fileprivate mutating func section(body: (inout XMLWriter) -> Void) {
        component { $0.element("section", body: body) }
    }
}

enum AttachedKind {
    case copy, otherLaboratory

    var coded: Coded {
        switch self {
        case .copy: .loinc("55108-5", "Copie du document")
        case .otherLaboratory: .loinc("11502-2", "CR d'examens biologiques")
        }
    }
}

extension XMLWriter {
    /// Section 7.8, FR-Document-attache, with the narrative that shows it.
    mutating func attachedDocument(
        _ id: ObjectID, _ bytes: [UInt8], anchor: String, kind: AttachedKind
    ) {
        element("text") { $0.element("renderMultiMedia", ("referencedObject", anchor)) }
        element("entry") { w in
            w.element("organizer", ("classCode", "CLUSTER"), ("moodCode", "EVN")) { w in
                w.template("1.2.250.1.213.1.1.3.18")
                w.id(id)
                w.coded("code", .loinc("55107-7", "Document attaché"))
                w.element("statusCode", ("code", "completed"))
                w.element("component") { w in
                    w.element("observation", ("classCode", "OBS"), ("moodCode", "EVN")) { w in
                        w.template("1.3.6.1.4.1.19376.1.5.3.1.4.13")
                        w.template("1.2.250.1.213.1.1.3.48")
                        w.template("1.2.250.1.213.1.1.3.48.18")
                        w.id(id.part)
                        w.coded("code", .loinc("69764-9", "Type de document"))
                        w.element("text") { $0.element("reference", ("value", "#" + anchor)) }
                        w.element("statusCode", ("code", "completed"))
                        w.element("effectiveTime", ("nullFlavor", "NA"))
                        w.value(kind.coded)
                    }
                }
                w.element("component") { w in
                    w.element("observationMedia", ("classCode", "OBS"), ("moodCode", "EVN"), ("ID", anchor)) { w in
                        w.element("value", ("mediaType", "application/pdf"), ("representation", "B64")) { w in
                            w.base64(bytes)
                        }
                    }
                }
            }
        }
    }

    mutating func value(_ code: Coded, shownAt id: String? = nil) {
        element(
            "value", ("xsi:type", "CD"), ("code", code.code), ("displayName", code.display),
            ("codeSystem", code.system), ("codeSystemName", code.systemName)
        ) { w in
            if let id { w.originalText(id) }
        }
    }
}

extension Chapter {
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("section") { w in
            w.template("1.3.6.1.4.1.19376.1.3.3.2.1")
            w.template("1.2.250.1.213.1.1.2.70")
            w.coded("code", code)
            w.element("title", text: title)
            switch content {
            case .block(let block): block.write(code: code, at: path, into: &w)
            case .subChapters(let subs):
                for (index, sub) in subs.enumerated() {
                    w.element("component") { w in
                        w.element("section") { w in
                            w.template("1.3.6.1.4.1.19376.1.3.3.2.2")
                            w.template("1.2.250.1.213.1.1.2.71")
                            if let code = sub.code { w.coded("code", code) }
                            if !sub.title.isEmpty { w.element("title", text: sub.title) }
                            sub.block.write(code: sub.code ?? code, at: path.child(index), into: &w)
                        }
                    }
                }
            }
        }
    }
}

extension Block {
    fileprivate func write(code: Coded, at path: Path, into w: inout XMLWriter) {
        writeNarrative(at: path, into: &w)
        w.element("entry", ("typeCode", "DRIV")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.1")
            w.template("1.2.250.1.213.1.1.3.21")
            w.element("act", ("classCode", "ACT"), ("moodCode", "EVN")) { w in
                w.coded("code", self.code ?? code)
                w.element("statusCode", ("code", status.rawValue))
                if let performer { w.performer(performer) }
                for validation in validators { w.validation(validation) }
                for (index, item) in items.enumerated() {
                    w.markup("\n")
                    w.element("entryRelationship", ("typeCode", "COMP")) {
                        item.write(at: path.child(index), into: &$0)
                    }
                }
            }
        }
    }
}

extension Item {
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        switch self {
        case .sampling(let sampling): sampling.write(at: path, into: &w)
        case .observation(let observation): observation.write(at: path, into: &w)
        case .panel(let panel): panel.write(at: path, into: &w)
        case .isolate(let isolate): isolate.write(at: path, into: &w)
        case .image(let image): image.write(at: path, into: &w)
        case .comment: w.comment(path.comment(0))
        }
    }
}

extension XMLWriter {
    /// Section 7.7, FR-Laboratoire-executant.
    fileprivate mutating func performer(_ performer: Performer) {
        element("performer", ("typeCode", "PRF")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.3.1.7")
            w.template("1.2.250.1.213.1.1.3.23")
            w.period("time", high: performer.at)
            w.professional("assignedEntity", performer.director)
        }
    }

    /// Section 7.6, AUTHEN.
    fileprivate mutating func validation(_ validation: Validation) {
        element("participant", ("typeCode", "AUTHEN")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.3.1.5")
            w.template("1.2.250.1.213.1.1.3.109")
            w.period("time", high: validation.at)
            w.element("participantRole") { w in
                w.id(validation.id)
                w.address(validation.address)
                w.telecoms(validation.telecoms)
                w.element("playingEntity") { $0.name(validation.name) }
            }
        }
    }

    /// Section 7.6, DEV and CSM.
    fileprivate mutating func material(_ type: String, _ role: String, _ code: Coded, shownAt id: String) {
        element("participant", ("typeCode", type)) { w in
            w.element("participantRole", ("classCode", role)) { w in
                w.element("playingDevice") { $0.coded("code", code, shownAt: id) }
            }
        }
    }

    /// Section 7.10, FR-Commentaire-ER; `id` is where the narrative shows it.
    fileprivate mutating func comment(_ id: String) {
        element("act", ("classCode", "ACT"), ("moodCode", "EVN")) { w in
            w.template("2.16.840.1.113883.10.20.1.40")
            w.template("1.3.6.1.4.1.19376.1.5.3.1.4.2")
            w.template("1.2.250.1.213.1.1.3.32")
            w.coded("code", .loinc("48767-8", "Commentaire"))
            w.element("text") { $0.element("reference", ("value", "#" + id)) }
            w.element("statusCode", ("code", "completed"))
        }
    }
}

extension SamplingEntry {
    /// Section 7.2.
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("procedure", ("classCode", "PROC"), ("moodCode", "EVN")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.1.2")
            w.template("1.2.250.1.213.1.1.3.77")
            w.coded("code", act, shownAt: path.label)
            if let collectedAt {
                w.period("effectiveTime", high: collectedAt)
            } else {
                w.element("effectiveTime", ("nullFlavor", "UNK"))
            }
            if let site { w.coded("targetSiteCode", site) }
            if let sampler {
                w.element("performer", ("typeCode", "PRF")) { w in
                    w.period("time", high: sampler.at)
                    w.professional("assignedEntity", sampler.director)
                }
            }
            w.element("participant", ("typeCode", "PRD")) { w in
                w.element("participantRole", ("classCode", "SPEC")) { w in
                    w.id(specimen)
                    w.element("playingEntity") { $0.coded("code", nature, shownAt: path.nature) }
                }
            }
            guard let receivedAt else { return }
            w.element("entryRelationship", ("typeCode", "COMP")) { w in
                w.element("act", ("classCode", "ACT"), ("moodCode", "EVN")) { w in
                    w.template("1.3.6.1.4.1.19376.1.3.1.3")
                    w.template("1.2.250.1.213.1.1.3.107")
                    // The volet writes this OID with 1.3.5 where IHE has 1.3.6: its rule wants 1.3.5.
                    w.coded(
                        "code",
                        Coded("SPRECEIVE", "Échantillon reçu", system: "1.3.5.1.4.1.19376.1.5.3.2"))
                    w.time("effectiveTime", receivedAt)
                }
            }
        }
    }
}

extension PanelEntry {
    /// Section 7.4.
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("organizer", ("classCode", "BATTERY"), ("moodCode", "EVN")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.1.4")
            w.template("1.2.250.1.213.1.1.3.78")
            if !code.isUnnamed {
                w.coded("code", code.loinc, shownAt: path.label, translations: code.translations)
            }
            w.element("statusCode", ("code", status.rawValue))
            if let performer { w.performer(performer) }
            for validation in validators { w.validation(validation) }
            for index in observations.indices {
                w.element("component") { observations[index].write(at: path.child(index), into: &$0) }
            }
            for index in comments.indices { w.element("component") { $0.comment(path.comment(index)) } }
            for (index, image) in images.enumerated() {
                w.element("component") { image.write(at: path.image(index), into: &$0) }
            }
        }
    }
}

extension ImageEntry {
    /// Section 7.9.
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("observationMedia", ("classCode", "OBS"), ("moodCode", "EVN"), ("ID", path.media)) { w in
            w.template("2.16.840.1.113883.10.12.304")
            w.template("1.2.250.1.213.1.1.3.103")
            w.element("value", ("mediaType", format.rawValue), ("representation", "B64")) { $0.base64(bytes) }
        }
    }
}

extension IsolateEntry {
    /// Section 7.5.
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("organizer", ("classCode", "CLUSTER"), ("moodCode", "EVN")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.1.5")
            w.template("1.2.250.1.213.1.1.3.79")
            w.element("statusCode", ("code", status.rawValue))
            w.time("effectiveTime", at)
            w.element("specimen", ("typeCode", "SPC")) { w in
                w.element("specimenRole", ("classCode", "SPEC")) { w in
                    w.id(isolate)
                    w.element("specimenPlayingEntity", ("classCode", "MIC")) { w in
                        w.coded("code", snomed, shownAt: path.label, translations: ncbi.map { [$0] } ?? [])
                    }
                }
            }
            if let performer { w.performer(performer) }
            for (index, finding) in findings.enumerated() {
                w.element("component") { finding.write(at: path.child(index), into: &$0) }
            }
            if let antibiogram {
                w.element("component") { antibiogram.write(at: path.child(findings.count), into: &$0) }
            }
            for index in comments.indices { w.element("component") { $0.comment(path.comment(index)) } }
        }
    }
}

extension ObservationEntry {
    /// Section 7.3; the order of the children is that of the CDA schema.
    fileprivate func write(at path: Path, into w: inout XMLWriter) {
        w.element("observation", ("classCode", "OBS"), ("moodCode", "EVN")) { w in
            w.template("1.3.6.1.4.1.19376.1.3.1.6")
            w.template("1.2.250.1.213.1.1.3.80")
            w.coded("code", code.loinc, shownAt: path.label, translations: code.translations)
            switch outcome {
            case .value(let value, let at):
                w.element("statusCode", ("code", "completed"))
                w.time("effectiveTime", at)
                value.write(shownAt: path.value, into: &w)
            case .notPerformed: w.element("statusCode", ("code", "aborted"))
            }
            if let interpretation { w.interpretation(interpretation) }
            if let technique {
                w.coded("methodCode", technique.code, shownAt: path.technique)
            }
            if let performer { w.performer(performer) }
            for validation in validators { w.validation(validation) }
            for (index, device) in devices.enumerated() {
                w.material("DEV", "MANU", device, shownAt: path.device(index))
            }
            for (index, reagent) in reagents.enumerated() {
                w.material("CSM", "ADTV", reagent, shownAt: path.reagent(index))
            }
            for (index, before) in previous.enumerated() {
                writePrevious(before, shownAt: path.previous(index), label: path.label, into: &w)
            }
            for index in remarks.indices {
                w.element("entryRelationship", ("typeCode", "SUBJ"), ("inversionInd", "true")) { w in
                    w.comment(path.comment(index))
                }
            }
            reference?.write(into: &w)
        }
    }

    private func writePrevious(
        _ before: PreviousObservation, shownAt id: String, label: String, into w: inout XMLWriter
    ) {
        w.element("entryRelationship", ("typeCode", "REFR")) { w in
            w.element("observation", ("classCode", "OBS"), ("moodCode", "EVN")) { w in
                w.template("1.3.6.1.4.1.19376.1.3.1.6")
                w.template("1.2.250.1.213.1.1.3.80")
                w.coded("code", code.loinc, shownAt: label, translations: code.translations)
                w.element("statusCode", ("code", "completed"))
                w.time("effectiveTime", before.at)
                before.value.write(shownAt: id, into: &w)
            }
        }
    }
}

import Report

/// What stands around the body of a page: who made the report, for whom, which version, which page.
struct PageFrame {
    let report: PrintedReport
    let setter: Typesetter
    var logo: Picture?

    /// Top of the first page: laboratory, title, patient, request.
    func firstHeader() -> Stack {
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        stack.place([issuerBlock(), titleBlock()])
        stack.space(7)
        stack.rule(1.2, .accent)
        stack.space(7)
        let top = stack.height
        let position = stack.inks.count
        stack.space(6)
        stack.place([patientBlock(), requestBlock()])
        stack.space(6)
        stack.frame(from: top, fill: .wash, at: position)
        addNotices(to: &stack)
        stack.space(8)
        return stack
    }

    /// Top of the other pages: the same facts, shortened to what identifies (RNIV: traits on every sheet).
    func nextHeader() -> Stack {
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        var left = Stack(x: Sheet.margin, width: Sheet.textWidth * 0.62)
        left.add(set(PageFrame.fullName(report.patient), .bodyBold, left.width, "patient"))
        left.add(set(PageFrame.traits(report.patient), .small, left.width, "patient"))
        var right = Stack(x: left.x + left.width + 10, width: Sheet.textWidth - left.width - 10)
        right.add(
            setter.setCommon(report.issuer.name, .smallBold, width: right.width, at: "issuer.name"), .accent,
            align: .right)
        right.add(
            set("Dossier " + report.requestNumber + version(" – version "), .small, right.width, "requestNumber"),
            align: .right)
        stack.place([left, right])
        stack.space(4)
        stack.rule(0.8, .accent)
        addNotices(to: &stack)
        stack.space(6)
        return stack
    }

    /// Foot of a page. Its height is the same whatever the two numbers.
    func footer(page: Int, of count: Int) -> Stack {
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        stack.rule(0.5, .hairline)
        stack.space(3)
        var left = Stack(x: Sheet.margin, width: Sheet.textWidth - 90)
        left.add(
            set(
                "Dossier " + report.requestNumber + version(" – version ") + " – édité le " + report.dates.edited,
                .small,
                left.width, "dates.edited"))
        var right = Stack(x: left.x + left.width, width: 90)
        right.add(setter.setCommon("Page \(page)/\(count)", .smallBold), align: .right)
        stack.place([left, right])
        stack.space(2)
        for (n, mention) in report.issuer.legalMentions.enumerated() {
            stack.add(
                setter.setCommon(mention, .legal, width: stack.width, at: "issuer.legalMentions[\(n)]"), .soft,
                align: .centre)
        }
        return stack
    }

    // MARK: parts of the header

    private func issuerBlock() -> Stack {
        let issuer = report.issuer
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth * 0.62)
        if let logo {
            let (width, height) = PageFrame.size(of: logo)
            stack.inks.append(.picture(logo, x: stack.x, y: 0, width: width, height: height))
            stack.height += height
            stack.space(4)
        }
        stack.add(setter.setCommon(issuer.name, .issuer, width: stack.width, at: "issuer.name"), .accent)
        stack.space(2)
        for (n, line) in issuer.address.enumerated() {
            stack.add(setter.setCommon(line, .small, width: stack.width, at: "issuer.address[\(n)]"))
        }
        let contact = [
            issuer.phone.isEmpty ? "" : "Tél. " + issuer.phone, issuer.finess.isEmpty ? "" : "FINESS " + issuer.finess,
        ]
        let line = contact.filter { !$0.isEmpty }.joined(separator: " – ")
        if !line.isEmpty { stack.add(setter.setCommon(line, .small, width: stack.width, at: "issuer")) }
        for (n, line) in issuer.biologists.enumerated() {
            stack.add(setter.setCommon(line, .small, width: stack.width, at: "issuer.biologists[\(n)]"), .soft)
        }
        return stack
    }

    /// At most 42 mm wide and 15 mm high, its shape kept.
    private static func size(of logo: Picture) -> (width: Double, height: Double) {
        let scale = min(119 / Double(logo.width), 42.5 / Double(logo.height))
        return (Double(logo.width) * scale, Double(logo.height) * scale)
    }

    private func titleBlock() -> Stack {
        var stack = Stack(x: Sheet.margin + Sheet.textWidth * 0.64, width: Sheet.textWidth * 0.36)
        stack.add(
            setter.setCommon("Compte rendu d’examens\nde biologie médicale", .title, width: stack.width), align: .right)
        stack.space(3)
        stack.add(
            set("Dossier n°\u{00A0}" + report.requestNumber, .bodyBold, stack.width, "requestNumber"), align: .right)
        stack.add(set("Édité le " + report.dates.edited, .small, stack.width, "dates.edited"), align: .right)
        let state = report.completeness == .partial ? "Compte rendu partiel" : "Compte rendu complet"
        stack.add(setter.set(state + version(" – version "), .small), align: .right)
        return stack
    }

    private func patientBlock() -> Stack {
        let patient = report.patient
        var stack = Stack(x: Sheet.margin + 8, width: Sheet.textWidth * 0.53 - 8)
        if PageFrame.usesAnotherName(patient) {
            stack.add(set(patient.usedName + " " + patient.givenNames, .patient, stack.width, "patient"))
            let birthName = "Nom de naissance\u{00A0}: " + patient.birthName
            stack.add(set(birthName, .bodyBold, stack.width, "patient.birthName"))
        } else {
            stack.add(set(PageFrame.fullName(patient), .patient, stack.width, "patient"))
        }
        stack.space(2)
        let place = patient.birthPlace.isEmpty ? "" : " à " + patient.birthPlace
        let age = patient.age.isEmpty ? "" : " (" + patient.age + ")"
        stack.add(set(PageFrame.born(patient) + place + age, .body, stack.width, "patient.birthDate"))
        stack.add(set("Sexe\u{00A0}: " + patient.sex, .body, stack.width, "patient.sex"))
        let matricule = PageFrame.matricule(patient)
        if !matricule.isEmpty { stack.add(set(matricule, .body, stack.width, "patient.ins")) }
        if !patient.ipp.isEmpty { stack.add(set("IPP\u{00A0}: " + patient.ipp, .body, stack.width, "patient.ipp")) }
        if !patient.identityNote.isEmpty {
            stack.add(set(patient.identityNote, .bodyBold, stack.width, "patient.identityNote"))
        }
        return stack
    }

    private func requestBlock() -> Stack {
        let x = Sheet.margin + Sheet.textWidth * 0.55
        var stack = Stack(x: x, width: Sheet.margin + Sheet.textWidth - x - 8)
        let facts = [
            ("Prescripteur", report.prescriber, "prescriber"),
            ("Prélevé le", report.dates.collected, "dates.collected"),
            ("Reçu le", report.dates.received, "dates.received"),
            ("Destinataires", report.recipients.joined(separator: "\n"), "recipients"),
        ]
        let label = 62.0
        for (name, value, place) in facts where !value.isEmpty {
            var left = Stack(x: x, width: label)
            left.add(setter.setCommon(name, .small, width: label), .soft)
            var right = Stack(x: x + label + 4, width: stack.width - label - 4)
            right.add(set(value, .body, right.width, place))
            stack.place([left, right])
            stack.space(1)
        }
        return stack
    }

    /// What must be read before any value, on every page.
    private func addNotices(to stack: inout Stack) {
        var notices = [(String, String)]()
        if report.signatures.isEmpty {
            notices.append(("ÉPREUVE NON VALIDÉE – ne pas transmettre", "signatures"))
        }
        if !report.version.replacementNotice.isEmpty {
            notices.append((report.version.replacementNotice, "version.replacementNotice"))
        }
        if report.completeness == .partial {
            notices.append(("RÉSULTATS PARTIELS – d’autres examens de ce dossier sont en cours", "completeness"))
        }
        for (notice, place) in notices {
            stack.space(5)
            let top = stack.height
            let position = stack.inks.count
            stack.space(3)
            stack.add(set(notice, .notice, stack.width - 12, place), align: .centre)
            stack.space(3)
            stack.frame(from: top, at: position)
        }
    }

    private func set(_ text: String, _ face: Face, _ width: Double, _ place: String) -> SetText {
        setter.set(text, face, width: width, at: place)
    }

    private func version(_ lead: String) -> String {
        report.version.number > 1 ? lead + String(report.version.number) : ""
    }

    // MARK: wording

    static func usesAnotherName(_ patient: PrintedReport.Person) -> Bool {
        !patient.usedName.isEmpty && patient.usedName != patient.birthName
    }

    /// `MARTIN Claire Anne (nom de naissance : DURAND)`: the name in use first, the birth name always.
    static func fullName(_ patient: PrintedReport.Person) -> String {
        guard usesAnotherName(patient) else { return patient.birthName + " " + patient.givenNames }
        return patient.usedName + " " + patient.givenNames + " (nom de naissance\u{00A0}: " + patient.birthName + ")"
    }

    static func born(_ patient: PrintedReport.Person) -> String {
        let isFemale = patient.sex.hasPrefix("F")
        let isMale = patient.sex.hasPrefix("M") || patient.sex.hasPrefix("H")
        return (isFemale ? "Née le " : isMale ? "Né le " : "Né(e) le ") + patient.birthDate
    }

    static func matricule(_ patient: PrintedReport.Person) -> String {
        guard !patient.ins.isEmpty else { return "" }
        return "INS\u{00A0}: " + patient.ins + (patient.insNature.isEmpty ? "" : " (" + patient.insNature + ")")
    }

    static func traits(_ patient: PrintedReport.Person) -> String {
        var parts = [born(patient), "Sexe\u{00A0}: " + patient.sex]
        if !patient.ins.isEmpty { parts.append(matricule(patient)) }
        if !patient.ipp.isEmpty { parts.append("IPP\u{00A0}: " + patient.ipp) }
        if !patient.identityNote.isEmpty { parts.append(patient.identityNote) }
        return parts.joined(separator: " – ")
    }
}

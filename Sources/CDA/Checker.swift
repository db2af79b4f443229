import Base

/// Gathers refusals; each method is one kind of datum. No text of the document ends in a refusal except codes, units
/// and numbers: never a name.
struct Checker {
    private(set) var refusals: [Refusal] = []

    private static let schemes = ["tel:", "fax:", "mailto:", "http:", "ftp:", "mllp:"].map { Array($0.utf8) }
    private static let telecomUses = ["WP", "H", "HP", "HV", "DIR", "PUB", "EC", "MC", "PG"]

    mutating func refuse(_ code: String, _ place: String, _ cause: String, _ remedy: String) {
        refusals.append(Refusal(code, at: place, because: cause, remedy: remedy))
    }
    mutating func missing(_ place: String, _ what: String) {
        refuse("cda.missing", place, "il manque \(what)", "le compléter avant d'émettre le compte rendu")
    }

    mutating func text(_ text: String, _ place: @autoclosure () -> String) {
        // Nearly every text begins with a letter.
        if let first = text.utf8.first, (0x21...0x7E).contains(first) { return }
        if text.allSatisfy(\.isWhitespace) { missing(place(), "le texte") }
    }

    mutating func time(_ stamp: Stamp, _ place: @autoclosure () -> String) {
        guard !stamp.isWellFormed else { return }
        refuse(
            "cda.time", place(), "« \(stamp.text) » n'est pas une date, ni une heure avec son fuseau",
            "écrire aaaammjj, ou aaaammjjhhmm±zzzz")
    }

    mutating func oid(_ text: String, _ place: @autoclosure () -> String) {
        guard !OIDForm.fits(text) else { return }
        refuse("cda.oid", place(), "« \(text) » n'est pas un OID", "configurer la racine d'OID du laboratoire")
    }

    mutating func recipient(_ recipient: IntendedRecipient, _ place: @autoclosure () -> String) {
        if let id = recipient.id { professionalNumber(id, place()) }
        if let name = recipient.name { self.name(name, place()) }
        if let address = recipient.address { self.address(address, place()) }
        if !recipient.telecoms.isEmpty { telecoms(recipient.telecoms, place()) }
        if let organization = recipient.organization {
            text(organization.name, place() + ", organisation")
            for id in organization.ids { structure(id, place() + ", organisation") }
        }
        if recipient.name == nil, recipient.organization == nil, recipient.telecoms.isEmpty {
            missing(place(), "le destinataire")
        }
    }

    /// An id of ours: an OID and a number in it, or a UUID.
    mutating func number(_ id: ObjectID, _ place: @autoclosure () -> String) {
        if UUIDForm.fits(id.root) { return }
        oid(id.root, place())
        if (id.number ?? "").isEmpty { missing(place(), "le numéro") }
    }

    mutating func coded(_ code: Coded, _ place: @autoclosure () -> String) {
        oid(code.system, place())
        if code.code.isEmpty || code.display.isEmpty { missing(place(), "le code ou son libellé") }
        // CDA's cs: no blank.
        if code.code.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x80 }), code.code.contains(where: \.isWhitespace) {
            refuse("cda.code", place(), "un code contient un blanc", "corriger le code")
        }
        if code.system == OID.loinc, !LOINCForm.fits(code.code) {
            refuse(
                "cda.loinc", place(), "« \(code.code) » n'est pas un code LOINC (forme ou clé)",
                "corriger le code au catalogue")
        }
    }
    mutating func loinc(_ code: Coded, _ place: @autoclosure () -> String) {
        if code.system != OID.loinc {
            refuse("cda.loinc", place(), "le code d'une analyse est un code LOINC", "corriger le code au catalogue")
        }
        coded(code, place())
    }
    /// A chapter has its LOINC code, or a waiting code while it has none.
    mutating func chapter(_ code: Coded, _ place: @autoclosure () -> String) {
        if code.system != OID.loinc, code.system != OID.waitingCodes {
            refuse(
                "cda.loinc", place(), "le code d'un chapitre est un code LOINC, ou un code d'attente",
                "corriger le chapitre au catalogue")
        }
        coded(code, place())
    }
    mutating func analysis(_ code: AnalysisCode, _ place: @autoclosure () -> String) {
        text(code.label, place() + ", libellé")
        if let loinc = code.loinc { self.loinc(loinc, place()) }
        for translation in code.translations { coded(translation, place()) }
        if code.loinc == nil, code.translations.isEmpty {
            refuse(
                "cda.analysis.code", place(), "l'analyse n'a ni code LOINC ni code local",
                "coder l'analyse au catalogue (LOINC, code d'attente ou code du laboratoire)")
        }
    }

    /// xs:decimal without exponent: `4.20`, `-0.5`.
    mutating func decimal(_ text: String, _ place: @autoclosure () -> String) {
        if DecimalForm.fits(text) { return }
        refuse("cda.number", place(), "« \(text) » n'est pas un nombre décimal", "écrire par exemple 4.20")
    }

    /// UCUM uses graphic ASCII characters only (UCUM section 1, §1); a unit outside it is a printed form.
    mutating func unit(_ unit: Unit, _ place: @autoclosure () -> String) {
        let fits = !unit.ucum.isEmpty && unit.ucum.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        if fits, !ValueSets.knowsUnit(unit.ucum) {
            refuse(
                "cda.unit", place(), "« \(unit.ucum) » n'est pas une unité connue des comptes rendus",
                "choisir l'unité UCUM usuelle de l'analyse au catalogue, ou faire ajouter celle-ci")
        }
        guard !fits else { return }
        refuse(
            "cda.unit", place(), "« \(unit.ucum) » n'est pas une unité UCUM",
            "donner à l'analyse une unité UCUM au catalogue, par exemple ug/L pour µg/L")
    }

    mutating func name(_ name: PersonName, _ place: @autoclosure () -> String) {
        text(name.family, place() + ", nom")
        if let prefix = name.prefix, !["M", "MME"].contains(prefix) {
            refuse("cda.name.prefix", place(), "« \(prefix) » n'est pas M ni MME", "choisir dans JDV_J245")
        }
        if let suffix = name.suffix, !["DR", "PR", "PC", "PG", "MC", "MG"].contains(suffix) {
            refuse("cda.name.suffix", place(), "« \(suffix) » n'est pas un titre", "choisir dans JDV_J246")
        }
    }

    /// A code of one of the lists above; `list` names it.
    mutating func member(_ code: Coded, of known: Bool, _ list: String, _ place: @autoclosure () -> String) {
        coded(code, place())
        guard !known else { return }
        refuse(
            "cda.valueset", place(), "« \(code.code) » n'est pas dans \(list)", "choisir un code de ce jeu de valeurs")
    }
    mutating func profession(_ code: Coded, _ place: @autoclosure () -> String) {
        member(code, of: code.system == OID.professions && ValueSets.knowsProfession(code.code), "JDV_J01", place())
    }

    mutating func address(_ address: Address, _ place: @autoclosure () -> String) {
        switch address {
        case .absent: break
        case .lines(_, let use?) where !ValueSets.addressUses.contains(use),
            .parts(_, let use?) where !ValueSets.addressUses.contains(use):
            refuse("cda.address", place(), "« \(use) » n'est pas un usage d'adresse", "écrire H ou WP")
        case .lines(let lines, _):
            if lines.allSatisfy({ $0.allSatisfy(\.isWhitespace) }) { missing(place(), "l'adresse") }
        case .parts(let parts, _):
            if parts == Address.PostalParts() { missing(place(), "l'adresse") }
        }
    }

    mutating func telecoms(_ telecoms: [Telecom], _ place: @autoclosure () -> String) {
        if telecoms.isEmpty { missing(place(), "un télécom (ou la raison de son absence)") }
        for telecom in telecoms {
            guard case .address(let url, let use) = telecom else { continue }
            let isURL = Checker.schemes.contains { url.utf8.starts(with: $0) && url.utf8.count > $0.count }
            if !isURL {
                refuse("cda.telecom", place(), "un télécom commence par tel:, fax:, mailto:…", "corriger le télécom")
            }
            if let use, !Checker.telecomUses.contains(use) {
                refuse("cda.telecom", place(), "« \(use) » n'est pas un usage de télécom", "écrire WP, H ou MC")
            }
        }
    }

    mutating func organization(_ organization: Organization, _ place: @autoclosure () -> String) {
        text(organization.name, place() + ", organisation")
        address(organization.address, place() + ", organisation")
        telecoms(organization.telecoms, place() + ", organisation")
        if organization.ids.isEmpty { missing(place() + ", organisation", "un identifiant") }
        for id in organization.ids { structure(id, place() + ", organisation") }
        if let sector = organization.sector {
            let known = sector.system == OID.sectors && ValueSets.sectors.contains(sector.code)
            member(sector, of: known, "JDV_J04", place() + ", organisation")
        }
    }

    mutating func structure(_ id: ObjectID, _ place: @autoclosure () -> String) {
        number(id, place())
        if id.root == OID.structures, !StructureNumber.fits(id.number ?? "") {
            refuse(
                "cda.structure", place(), "« \(id.number ?? "") » n'est pas 1 + FINESS, 2 + SIREN ou 3 + SIRET",
                "écrire par exemple 1 suivi des 9 chiffres du FINESS")
        }
    }

    mutating func professionalNumber(_ id: ObjectID, _ place: @autoclosure () -> String) {
        number(id, place())
        if id.root == OID.professionals, !ProfessionalNumber.fits(id.number ?? "") {
            refuse(
                "cda.professional", place(), "« \(id.number ?? "") » n'est pas 8 + RPPS ni 0 + ADELI",
                "écrire 8 suivi des 11 chiffres du RPPS")
        }
    }

    mutating func professional(_ who: Professional, _ place: @autoclosure () -> String) {
        professionalNumber(who.id, place())
        if let profession = who.profession { self.profession(profession, place() + ", profession") }
        name(who.name, place())
        address(who.address, place())
        telecoms(who.telecoms, place())
        if let organization = who.organization { self.organization(organization, place()) }
    }

    mutating func signature(_ signature: Signature, _ place: @autoclosure () -> String) {
        time(signature.at, place())
        professional(signature.professional, place())
    }

    mutating func performer(_ performer: Performer?, _ place: @autoclosure () -> String) {
        guard let performer else { return }
        func there() -> String { place() + ", laboratoire exécutant" }
        time(performer.at, there())
        professional(performer.director, there())
        guard let laboratory = performer.director.organization else { return missing(there(), "le laboratoire") }
        if laboratory.sector == nil { missing(there(), "le cadre d'exercice") }
    }

    /// Who drew a specimen.
    mutating func sampler(_ sampler: Performer?, _ place: @autoclosure () -> String) {
        guard let sampler else { return }
        time(sampler.at, place() + ", préleveur")
        professional(sampler.director, place() + ", préleveur")
    }

    mutating func performingLaboratory(_ laboratory: Organization?, _ place: @autoclosure () -> String) {
        guard let laboratory else { return missing(place(), "le laboratoire") }
        if laboratory.sector == nil { missing(place(), "le cadre d'exercice") }
        if case .absent = laboratory.address { missing(place(), "l'adresse du laboratoire") }
    }

    mutating func validation(_ validation: Validation, _ place: @autoclosure () -> String) {
        func there() -> String { place() + ", validation" }
        time(validation.at, there())
        professionalNumber(validation.id, there())
        name(validation.name, there())
        address(validation.address, there())
        telecoms(validation.telecoms, there())
    }

    mutating func pdf(_ bytes: [UInt8], _ id: ObjectID, _ place: @autoclosure () -> String) {
        number(id, place())
        if !bytes.starts(with: "%PDF-".utf8) {
            refuse("cda.pdf", place(), "ce n'est pas un PDF", "joindre le compte rendu imprimable")
        }
    }
}

/// ISO 9834-1: arcs of digits without leading zero, first 0…2.
enum OIDForm {
    static func fits(_ text: String) -> Bool {
        var arcs = 1, digits = 0
        var first: UInt8 = 0
        for byte in text.utf8 {
            if byte == 0x2E {
                if digits == 0 { return false }
                arcs += 1
                digits = 0
                continue
            }
            guard (0x30...0x39).contains(byte) else { return false }
            if digits == 0 { first = byte }
            digits += 1
            // No leading zero, and one digit in the first arc.
            if digits > 1, first == 0x30 || arcs == 1 { return false }
            if arcs == 1, byte > 0x32 { return false }
        }
        return arcs >= 2 && digits > 0
    }
}

/// Digits, a point and digits after it, a minus before them: what `Exact` holds, without exponent, comma or plus.
enum DecimalForm {
    static func fits(_ text: String) -> Bool {
        var digits = 0, significant = 0, scale = -1, isFirst = true
        for byte in text.utf8 {
            switch byte {
            case 0x2D where isFirst: break
            case 0x2E where scale < 0 && digits > 0: scale = 0
            case 0x30...0x39:
                digits += 1
                if significant > 0 || byte != 0x30 { significant += 1 }
                if scale >= 0 { scale += 1 }
            case _: return false
            }
            isFirst = false
        }
        return digits > 0 && scale != 0 && scale <= Exact.maximumScale && significant <= Exact.maximumDigits
    }
}

/// RFC 4122 section 3: 8-4-4-4-12 hexadecimal digits.
enum UUIDForm {
    static func fits(_ text: String) -> Bool {
        guard text.utf8.count == 36 else { return false }
        var place = 0
        for byte in text.utf8 {
            if [8, 13, 18, 23].contains(place) {
                if byte != 0x2D { return false }
            } else if !((0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)) {
                return false
            }
            place += 1
        }
        return true
    }
}

/// `n-d`, d being the LOINC check digit (mod 10, LOINC users' guide appendix).
enum LOINCForm {
    static func fits(_ code: String) -> Bool {
        var count = 0, even = 0, odd = 0, check = -1
        for byte in code.utf8 {
            if byte == 0x2D, check == -1, count > 0 {
                check = -2
                continue
            }
            guard (0x30...0x39).contains(byte), check < 0 else { return false }
            let n = Int(byte) - 48
            if check == -2 {
                check = n
                continue
            }
            count += 1
            // Doubled are the last digit, the last but two…: which ones, its number of digits says at the end.
            let doubled = (n * 2) / 10 + (n * 2) % 10
            (even, odd) = (odd + n, even + doubled)
        }
        guard (1...7).contains(count), check >= 0 else { return false }
        return (10 - odd % 10) % 10 == check
    }
}

/// Matricule INS: 13 characters (2A and 2B for Corsica), key = 97 − n mod 97 (INS sheet section 1).
enum INSKey {
    static func fits(_ matricule: String) -> Bool {
        guard matricule.utf8.count == 15, let key = Int(matricule.suffix(2)) else { return false }
        let digits = matricule.prefix(13).replacing("2A", with: "19").replacing("2B", with: "18")
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let n = Int(digits) else { return false }
        return 97 - n % 97 == key
    }
}

enum StructureNumber {
    static func fits(_ number: String) -> Bool {
        let body = number.dropFirst()
        let digits = body.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return switch number.first {
        case "0": (9...11).contains(body.count)
        case "1": body.count == 9
        case "2": body.count == 9 && digits
        case "3": body.count == 14 && digits
        case "4": !body.isEmpty
        case _: false
        }
    }
}

enum ProfessionalNumber {
    static func fits(_ number: String) -> Bool {
        let body = number.dropFirst()
        return switch number.first {
        case "8": body.count == 11 && body.utf8.allSatisfy { (0x30...0x39).contains($0) }
        case "0": body.count == 9
        case "1", "2", "3", "4", "5", "6", "7": !body.isEmpty
        case _: false
        }
    }
}

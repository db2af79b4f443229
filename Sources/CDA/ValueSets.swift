// Which codes a document of this laboratory may bear. The national value sets are larger; a code outside these lists is
// refused before it is sent, with what to do, rather than by the PFI or the DMP afterwards. Adding one is a line here.

package enum ValueSets {
    private static let healthProfessions: Set<String> = [
        "10", "21", "26", "28", "31", "32", "35", "36", "37", "38", "39", "40", "50", "60", "69", "70", "80", "81",
        "82", "83", "84", "85", "86", "91", "92", "94", "95", "96", "98",
    ]

    /// Profession and speciality of a health professional (JDV_J01): those of physicians, pharmacists, dentists,
    /// midwives, nurses and the other professions of `G15`, and of `G16`.
    package static func knowsProfession(_ code: String) -> Bool {
        let parts = code.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let profession = parts.first, parts.count <= 2 else { return false }
        let isHealth = profession.hasPrefix("G15_") && healthProfessions.contains(String(profession.dropFirst(4)))
        let isOther = ["G16_10", "G16_21", "G16_40", "G16_50"].contains(profession)
        guard parts.count == 2 else { return isHealth || isOther }
        func isIn(_ prefix: String, _ range: ClosedRange<Int>) -> Bool {
            let digits = parts[1].dropFirst(prefix.count)
            return parts[1].hasPrefix(prefix) && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
                && digits.count == (range.upperBound > 99 ? 3 : 2) && Int(digits).map(range.contains) == true
        }
        return switch profession {
        case "G15_10":
            isIn("SM", 1...95) || isIn("DSM", 200...240) || isIn("CAPA", 1...16) || isIn("DEC", 1...24)
                || oldSpecialities.contains(parts[1])
        case "G15_40": isIn("SCD", 1...3)
        case "G15_60": isIn("SI", 1...5)
        case _: false
        }
    }

    /// Qualifications of physicians before the present diplomas.
    private static let oldSpecialities = Set(
        [
            1, 3, 5, 7, 9, 10, 11, 12, 13, 15, 20, 23, 25, 27, 29, 30, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 43, 45,
            47, 51, 52, 54, 57, 58, 60, 62, 68, 69, 71, 72, 75, 76, 83,
        ].map { ($0 < 10 ? "C0" : "C") + String($0) })

    /// JDV_HL7_SpecimenType: natures of specimen that a laboratory receives.
    static let specimens: Set<String> = [
        "ABS", "AMN", "ASP", "BBL", "BIFL", "BLD", "BLDA", "BLDC", "BLDCO", "BLDV", "BON", "BRO", "CALC", "CNL", "CSF",
        "CST", "CTP", "CUR", "CVM", "CVPS", "CYST", "DIAF", "DRN", "DUFL", "EAR", "EOS", "ETA", "EXUDTE", "EYE", "FIB",
        "FLT", "FLU", "GAST", "GEN", "GENC", "GENL", "GENV", "HAR", "ISLT", "LAM", "LIQ", "MAR", "MEC", "MILK", "MLK",
        "NAIL", "NOS", "PAFL", "PLAS", "PLB", "PLC", "PLR", "PMN", "PPP", "PRP", "PUS", "RBC", "SAL", "SER", "SHU",
        "SKN", "SMN", "SNV", "SPRM", "SPT", "SPTC", "STL", "SWT", "TEAR", "THRB", "THRT", "TISS", "TUMOR", "UR", "URC",
        "URT", "URTH", "USPEC", "VITF", "VOM", "WBC", "WND",
    ]

    /// JDV_TechniqueBiologie: techniques met in the laboratories that this system serves; another is written in words.
    static let techniques: Set<String> = [
        "9AX", "9BX", "9JX", "BDB", "BDD", "BMB", "BMD", "CM", "DA", "DC", "DEG", "DEI", "DI", "DOX", "GUB", "GUF",
        "GUP", "GUR", "HPC", "HPD",
        "MA", "MFD", "MFI", "MI", "VA", "VB", "VE", "ZC",
    ]

    /// JDV_HL7_PersonalRelationshipRoleType.
    static let relationships: Set<String> = [
        "AUNT", "BRO", "CHILD", "COUSN", "DAU", "DOMPART", "EXT", "FAMMEMB", "FRND", "FTH", "GRFTH", "GRMTH", "GRPRN",
        "GRNDCHILD", "HUSB", "MTH", "NBOR", "NEPHEW", "NIECE", "PRN", "RESPRSN", "ROOM", "SIB", "SIGOTHR", "SIS", "SON",
        "SPS", "UNCLE", "WIFE",
    ]

    /// Functions of a participant (functionCode).
    static let functions: Set<String> = ["ADMPHYS", "ATTPHYS", "CORRE", "DISPHYS", "PCP", "PRELV"]
    /// JDV_J04.
    static let sectors: Set<String> = [
        "AMBULATOIRE", "DEPISTAGE", "ESSMS", "ETABLISSEMENT", "HAD", "PALLIATIF", "SAMU_SMUR",
    ]
    /// JDV_J02: kinds of place, `SA25` for a laboratory.
    static func knowsFacility(_ code: String) -> Bool {
        guard code.utf8.count == 4, code.hasPrefix("SA"), let number = Int(code.dropFirst(2)) else { return false }
        return (1...69).contains(number) && ![11, 62].contains(number)
    }
    /// CDA's PostalAddressUse, as the structuration minimale lets it through.
    static let addressUses: Set<String> = ["H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG", "BAD", "TMP"]

    /// UCUM units of results, without their annotations: what is left must be one of these.
    static func knowsUnit(_ ucum: String) -> Bool {
        let bare = withoutAnnotations(ucum)
        return bare.isEmpty || units.contains(bare)
    }

    /// Takes `{annotations}` of lower-case letters away, and only those, as the official rule does.
    private static func withoutAnnotations(_ ucum: String) -> String {
        guard ucum.utf8.contains(0x7B) else { return ucum }
        var rest = ucum[...]
        var out = ""
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { return out + rest[open...] }
            let inside = rest[rest.index(after: open)..<close]
            let isPlain = inside.count >= 2 && inside.dropFirst().dropLast().allSatisfy { ("a"..."z").contains($0) }
            if !isPlain { out += rest[open...close] }
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }

    /// Numerator, then its denominators.
    private static let ratios: [(String, String)] = [
        ("g", "L mL dL (24.h) d h m2"), ("mg", "L mL dL g mg kg (24.h) d h mmol"),
        ("ug", "L mL dL g mg kg (24.h) d h min mmol"), ("ng", "L mL dL g mg kg (24.h) d h min"), ("pg", "L mL dL mg"),
        ("mol", "L kg mL mol"), ("mmol", "L dL g kg (24.h) d h mmol mol"),
        ("umol", "L dL g kg (24.h) d h min mmol mol"), ("nmol", "L mL dL g mg (24.h) d min mmol mol"),
        ("pmol", "L mL dL (24.h) d min umol"), ("fmol", "L mL g mg"),
        ("U", "L mL dL g (24.h) d h"), ("kU", "L mL g"), ("mU", "L mL g mg"),
        ("[IU]", "L mL dL g kg (24.h)"), ("k[IU]", "L mL"), ("m[IU]", "L mL"), ("u[IU]", "L mL"),
        ("kat", "L kg"), ("meq", "L mL dL (24.h)"), ("mosm", "L kg"), ("mL", "min h (24.h) kg d"),
        ("10*3", "L mL uL"), ("10*6", "L mL uL kg"), ("10*9", "L mL uL"), ("10*12", "L"), ("mm", "h"),
        ("[arb'U]", "mL"), ("L", "min L"),
    ]
    private static let units: Set<String> = {
        var units: Set = [
            "%", "s", "min", "h", "d", "g", "mg", "ug", "ng", "pg", "fg", "kg", "L", "mL", "dL", "uL", "fL", "mm", "cm",
            "m2", "mmol", "umol", "nmol", "pmol", "mol", "U", "[IU]", "/mL", "/uL", "/L", "[pH]", "mm[Hg]", "kPa",
            "Cel",
        ]
        for (numerator, denominators) in ratios {
            for denominator in denominators.split(separator: " ") { units.insert(numerator + "/" + denominator) }
        }
        return units
    }()
}

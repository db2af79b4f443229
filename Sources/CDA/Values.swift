package import Base

// The data types of CDA R2 that the CR-BIO uses, as values.

/// A date or a time, as CDA writes it: `aaaa[mm[jj]]` or `aaaammjjhh[mm[ss]]±zzzz`. A time without its zone can be
/// held (so that `check` can refuse it), never written.
package struct Stamp: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package init(stringLiteral text: String) { self.text = text }
    package init(_ instant: Instant, in zone: CivilZone) { text = instant.hl7(in: zone) }
    package init(_ date: CivilDate) { text = date.compact }

    package var description: String { text }

    /// The form above and a date of the calendar; CR-BIO sheet section 1: no time without its zone.
    package var isWellFormed: Bool {
        var text = text
        return text.withUTF8 { Stamp.isWellFormed($0) }
    }

    private static func isWellFormed(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let digits = utf8.prefix { (0x30...0x39).contains($0) }.count
        func number(_ from: Int, _ count: Int) -> Int { utf8[from..<from + count].reduce(0) { $0 * 10 + Int($1) - 48 } }
        guard [4, 6, 8, 10, 12, 14].contains(digits) else { return false }
        if digits >= 6, !(1...12).contains(number(4, 2)) { return false }
        if digits >= 8, !(1...CivilDate.days(inMonth: number(4, 2), of: number(0, 4))).contains(number(6, 2)) {
            return false
        }
        if digits <= 8 { return utf8.count == digits }
        if number(8, 2) > 23 || (digits >= 12 && number(10, 2) > 59) || (digits == 14 && number(12, 2) > 59) {
            return false
        }
        let zone = utf8[digits...]
        return zone.count == 5 && (zone[digits] == 0x2B || zone[digits] == 0x2D)
            && zone.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    /// `10/03/2025 09:05`, `10/03/2025`, `03/2025`: for the narrative, in the wall time of the stamp itself.
    package var french: String {
        var text = text
        return text.withUTF8 { utf8 in
            let digits = utf8.prefix { (0x30...0x39).contains($0) }
            func part(_ from: Int, _ count: Int) -> Slice<UnsafeBufferPointer<UInt8>> {
                digits.dropFirst(from).prefix(count)
            }
            var out: [UInt8] = []
            out.reserveCapacity(16)
            for (from, count) in [(6, 2), (4, 2), (0, 4)] where digits.count > from {
                if !out.isEmpty { out.append(0x2F) }
                out += part(from, count)
            }
            if digits.count >= 10 {
                out.append(0x20)
                out += part(8, 2)
                out.append(0x3A)
                if digits.count >= 12 { out += part(10, 2) } else { out += "00".utf8 }
            }
            return String(decoding: out, as: UTF8.self)
        }
    }
}

/// Why a datum is absent: the values that the structuration minimale lets through.
package enum NullFlavor: String, Sendable {
    case unknown = "UNK"
    case notAsked = "NASK"
    case askedButUnknown = "ASKU"
    case notAvailable = "NAV"
    case masked = "MSK"
}

/// CDA's II: an OID, and a number within it.
package struct ObjectID: Sendable, Hashable {
    package var root: String
    package var number: String?
    package var authority: String?
    package init(root: String, number: String? = nil, authority: String? = nil) {
        self.root = root
        self.number = number
        self.authority = authority
    }
    /// `8` + RPPS, or `0` + ADELI.
    package static func professional(_ number: String) -> ObjectID { ObjectID(root: OID.professionals, number: number) }
    /// `1` + FINESS, `2` + SIREN, `3` + SIRET…
    package static func structure(_ number: String) -> ObjectID { ObjectID(root: OID.structures, number: number) }
    /// Number of the COFRAC accreditation (`8-xxxx`), second id of the responsible laboratory.
    package static func accreditation(_ number: String) -> ObjectID {
        ObjectID(root: OID.accreditations, number: number, authority: "COFRAC")
    }
}

/// CDA's CE: a code, what it means in French, and the system that defines it.
package struct Coded: Sendable, Hashable {
    package var code: String
    package var display: String
    package var system: String
    package var systemName: String?
    package init(_ code: String, _ display: String, system: String, systemName: String? = nil) {
        self.code = code
        self.display = display
        self.system = system
        self.systemName = systemName
    }
    package static func loinc(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.loinc, systemName: "LOINC")
    }
    /// Profession and specialty of a person, such as `G15_10/SM03`.
    package static func profession(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.professions)
    }
    /// NABM act number, for a sampling act.
    package static func nabm(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.nabm, systemName: "NABM")
    }
    package static func snomed(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.snomed, systemName: "SNOMED CT")
    }
    package static func ncbiTaxonomy(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.ncbiTaxonomy, systemName: "NCBI-Taxonomy")
    }
    /// A waiting code (« code d'attente ») of an analysis that LOINC does not have yet.
    package static func waiting(_ code: String, _ display: String) -> Coded {
        Coded(code, display, system: OID.waitingCodes)
    }
}

package enum Address: Sendable, Hashable {
    /// Free lines, as they would be on an envelope.
    case lines([String], use: String? = nil)
    case parts(PostalParts, use: String? = nil)
    case absent(NullFlavor)

    package struct PostalParts: Sendable, Hashable {
        package var houseNumber: String?
        package var streetName: String?
        package var unit: String?
        package var postalCode: String?
        package var city: String?
        package var country: String?
        package init(
            houseNumber: String? = nil, streetName: String? = nil, unit: String? = nil, postalCode: String? = nil,
            city: String? = nil, country: String? = nil
        ) {
            self.houseNumber = houseNumber
            self.streetName = streetName
            self.unit = unit
            self.postalCode = postalCode
            self.city = city
            self.country = country
        }
    }
}

package enum Telecom: Sendable, Hashable {
    /// A URL (`tel:`, `fax:`, `mailto:`, `http:`, `ftp:`, `mllp:`) and its use (H, HP, HV, WP, DIR, PUB, EC, MC, PG).
    case address(String, use: String? = nil)
    case absent(NullFlavor)
}

/// Name of a professional or of a relative.
package struct PersonName: Sendable, Hashable {
    package var family: String
    package var given: String?
    /// `M` or `MME` (JDV_J245).
    package var prefix: String?
    /// `DR`, `PR`, `PC`, `PG`, `MC`, `MG` (JDV_J246).
    package var suffix: String?
    package init(family: String, given: String? = nil, prefix: String? = nil, suffix: String? = nil) {
        self.family = family
        self.given = given
        self.prefix = prefix
        self.suffix = suffix
    }
}

/// A laboratory, a practice, an establishment.
package struct Organization: Sendable, Hashable {
    package var ids: [ObjectID]
    package var name: String
    package var telecoms: [Telecom]
    package var address: Address
    /// Where it practises (JDV_J04): `.ambulatory` or `.hospital`; the performing laboratory must have it.
    package var sector: Coded?
    package init(ids: [ObjectID], name: String, telecoms: [Telecom], address: Address, sector: Coded? = nil) {
        self.ids = ids
        self.name = name
        self.telecoms = telecoms
        self.address = address
        self.sector = sector
    }
    package static let ambulatory = Coded("AMBULATOIRE", "Ambulatoire", system: OID.sectors)
    package static let hospital = Coded("ETABLISSEMENT", "Etablissement de santé", system: OID.sectors)
}

/// A health professional in a role: CDA's assignedEntity and its cousins.
package struct Professional: Sendable, Hashable {
    package var id: ObjectID
    package var profession: Coded?
    package var address: Address
    package var telecoms: [Telecom]
    package var name: PersonName
    package var organization: Organization?
    package init(
        id: ObjectID, profession: Coded? = nil, address: Address, telecoms: [Telecom], name: PersonName,
        organization: Organization? = nil
    ) {
        self.id = id
        self.profession = profession
        self.address = address
        self.telecoms = telecoms
        self.name = name
        self.organization = organization
    }
}

/// Object identifiers of the CR-BIO (sheet section 2 and following).
package enum OID {
    package static let professionals = "1.2.250.1.71.4.2.1"
    package static let structures = "1.2.250.1.71.4.2.2"
    package static let accreditations = "1.2.250.1.213.6.3.1"
    package static let loinc = "2.16.840.1.113883.6.1"
    package static let snomed = "2.16.840.1.113883.6.96"
    package static let ncbiTaxonomy = "2.16.840.1.113883.3.9471"
    package static let nabm = "1.2.250.1.213.2.7"
    package static let professions = "1.2.250.1.213.1.1.4.5"
    package static let authoringDevices = "1.2.250.1.213.1.1.4.6"
    package static let sectors = "1.2.250.1.213.1.1.4.9"
    package static let waitingCodes = "1.2.250.1.213.1.1.5.130"
    package static let actCodes = "2.16.840.1.113883.5.4"
    package static let frenchActCodes = "1.2.250.1.213.1.1.4.2.291"
    package static let facilities = "1.2.250.1.71.4.2.4"
    package static let genders = "2.16.840.1.113883.5.1"
    package static let confidentiality = "2.16.840.1.113883.5.25"
    package static let interpretations = "2.16.840.1.113883.5.83"
    package static let specimens = "2.16.840.1.113883.18.311"
    package static let techniques = "1.2.250.1.213.2.3.5"
    /// Roots of the matricule INS: NIR, NIA, test NIR, demonstration NIR (INS sheet section 1).
    package static let ins: Set<String> = [
        "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11",
    ]
}

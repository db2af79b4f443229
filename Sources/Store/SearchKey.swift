/// How names are compared when a person looks for a patient: case, accents, hyphens and apostrophes do not count.
package enum SearchKey {
    /// `Lefèvre-d'Été` → `LEFEVRE D ETE`. Letters outside Latin are only put in upper case.
    package static func fold(_ text: String) -> String {
        var out = ""
        var blank = true
        for character in text.uppercased() {
            let folded = letters[character] ?? String(character)
            if folded == " " {
                if !blank { out += " " }
                blank = true
            } else {
                out += folded
                blank = false
            }
        }
        if out.last == " " { out.removeLast() }
        return out
    }

    private static let letters: [Character: String] = {
        let table: [(String, String)] = [
            ("ÀÁÂÃÄÅĀĂĄ", "A"), ("ÇĆČ", "C"), ("ĎĐ", "D"), ("ÈÉÊËĒĖĘĚ", "E"), ("Ğ", "G"), ("ÌÍÎÏĪĮİ", "I"), ("ŁĽ", "L"),
            ("ÑŃŇ", "N"), ("ÒÓÔÕÖØŌŐ", "O"), ("ŘŔ", "R"), ("ŚŠŞȘ", "S"), ("ŤŢȚ", "T"), ("ÙÚÛÜŪŮŰŲ", "U"),
            ("ÝŸ", "Y"), ("ŹŻŽ", "Z"), ("Œ", "OE"), ("Æ", "AE"), ("-'’ʼ\t\u{A0}", " "),
        ]
        var letters: [Character: String] = [:]
        for (group, plain) in table {
            for character in group { letters[character] = plain }
        }
        return letters
    }()

    /// Least text above every text that begins with `prefix`, in the order of UTF-8 bytes.
    package static func end(of prefix: String) -> String { prefix + "\u{10FFFF}" }
}

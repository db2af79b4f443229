extension StringProtocol {
    /// A reason that tells something to whoever reads it afterwards: one word at least that is more than a nod (« vu »,
    /// « ok », « ras »), of three letters or digits that are not all the same. The same for every reason that somebody
    /// gives.
    package var saysSomething: Bool {
        lowercased().split { !$0.isLetter && !$0.isNumber }.contains { word in
            word.count >= 3 && Set(word).count > 1 && !Reason.nods.contains(String(word))
        }
    }
}

extension StringProtocol {
    /// A name or a number, however short: the lot `R1`. A dot or a dash is none.
    package var namesSomething: Bool { contains { $0.isLetter || $0.isNumber } }
}

private enum Reason {
    /// Words of three letters or more that say only that somebody was there.
    static let nods: Set = [
        "vue", "vus", "vues", "oui", "non", "ras", "bon", "bonne", "bien", "fait", "faite", "rien", "idem", "okay",
        "yes", "done", "seen", "none", "néant", "neant", "motif", "raison", "reason", "aucun", "aucune",
    ]
}

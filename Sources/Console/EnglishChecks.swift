/// What the engine says of a check (`delta : valeur 6,1 ; antérieur 4,2 ; limite 1,0`), in English: the name of what
/// was looked at beside each figure. Its French words stand in `Rules/Checks/CheckWords.swift`; tests look that none is
/// left out here. What a person or an analyzer wrote is quoted as it is.
package enum EnglishChecks {
    /// Names of the checks.
    package static let names: [String: String] = [
        "moteur en marche pour l'analyse": "engine on for this analysis",
        "accord permanent du biologiste": "standing approval of the biologist",
        "approbation de la règle": "approval of the rule",
        "ligne du catalogue non signée": "unsigned line of the catalogue",
        "identité contredite": "identity contradicted", "analyse non demandée": "analysis not requested",
        "tube non conforme": "nonconforming tube",
        "analyse prévue sur un autre tube": "analysis meant for another tube",
        "tube jamais lu à la réception": "tube never read at the reception",
        "heure de prélèvement": "time of collection", "délai avant mesure trop long": "too long before measurement",
        "contrôle de qualité": "quality control", "étalonnage échu": "calibration out of date",
        "lot de réactif périmé": "reagent lot out of date", "drapeau de l'automate": "flag of the analyzer",
        "résultat non définitif pour l'automate": "not final for the analyzer",
        "indice du sérum manquant": "serum index missing", "unité": "unit", "valeur illisible": "unreadable value",
        "domaine de mesure": "measuring range", "dilution": "dilution",
        "accord avec le premier passage": "agreement with the first run", "interférence": "interference",
        "hémoglobine libre": "free hemoglobin", "valeur absurde": "absurd value",
        "plage d'autovérification": "range of autoverification", "delta": "delta",
        "sang d'un autre patient dans le tube ?": "blood of another patient in the tube?",
        "valeur d'alerte": "alert value", "valeur critique à téléphoner": "critical value to be telephoned",
        "cohérence entre analyses": "consistency between analyses",
        "analyse rendue avec une autre, retenue": "released with another analysis, which is held",
        "entrées du calcul retenues": "what it is calculated from is held",
        "premier résultat positif": "first positive result", "analyse exclue du moteur": "analysis left to people",
        "saisie ou modification par une personne": "typed or changed by a person",
        "rendu seulement dans un contexte": "given in one context only",
        "intervalle de référence du patient": "reference interval of the patient",
        "place dans l'intervalle": "place in the interval",
    ]

    /// Why a check came to what it came to, and words that say all.
    package static let notes: [String: String] = [
        "aucune limite au catalogue": "no limit in the catalogue", "valeur non numérique": "not a number",
        "aucun antérieur comparable": "no comparable earlier value", "sans delta, par choix": "no delta, on purpose",
        "suspendu par le contexte": "suspended by the context", "non approuvé": "not approved",
        "une donnée manque": "a datum is missing", "analyse non calculée": "not a calculated analysis",
        "aucun seuil d'indice pour l'analyse": "no index limit for this analysis",
        "indice non mesuré": "index not measured", "valeur non rendue": "value not given",
        "non dilué": "not diluted", "premier passage": "first run",
        "état connu, déjà téléphoné": "known state, telephoned already",
        "valeur non rendue hors de son contexte : vérifier qu'il n'a pas été oublié à la demande":
            "value not given outside its context: see whether the request forgot to tell it",
        "sous le domaine : rendu « < »": "below the range: given as <", "aucun calcul connu": "no known calculation",
        "non mesuré sur ce tube": "not measured on this tube", "commentaire joint": "comment attached",
        "antérieur nul : limite absolue": "earlier value of zero: absolute limit",
        "valeur décisionnelle : ni H ni L": "decision limit: neither H nor L",
        "sexe inconnu : les deux intervalles": "sex unknown: both intervals", "illisible": "unreadable",
        "hors de la liste": "not on the list", "non requis": "not needed",
        "seuil non saisi": "limit not entered", "après la mesure": "after the measurement",
        "plusieurs analyses stables changent ensemble": "several stable analyses change together",
        "groupe sanguin discordant": "blood groups differ", "saisie manuelle": "typed by hand",
        "la politique des règles attend l'approbation d'un biologiste":
            "the policy of the rules waits for the approval of a biologist",
        "la durée de validité est passée": "its validity has passed",
        "méthode inconnue, et des intervalles seulement par méthode": "method unknown, and intervals by method only",
        "aucun intervalle pour cette méthode": "no interval for this method",
        "intervalle sans méthode": "interval without a method",
        "antérieurs d'une autre méthode seulement": "earlier values of another method only",
        "aucun intervalle ne s'applique": "no interval applies",
    ]

    /// What stands before a figure.
    package static let labels: [String: String] = [
        "valeur": "value", "valeur arrondie": "rounded value", "antérieur": "prior", "antérieur du": "prior of",
        "écart": "difference", "jours entre les deux": "days between them", "borne basse": "low limit",
        "borne haute": "high limit", "limite": "limit", "limite absolue": "absolute limit",
        "dilution au": "dilution factor", "indice": "index", "commentaire au-dessus de": "comment above",
        "non rendu au-dessus de": "not given above", "hémoglobine libre (g/L)": "free hemoglobin (g/L)",
        "délai admis (h)": "delay allowed (h)", "le": "at", "jusqu'au": "until", "drapeau": "flag",
        "analyse": "analysis", "nombre": "count", "connu": "known", "pas": "step",
        "CV analytique (%)": "analytical CV (%)", "différence :": "difference:", "contexte :": "context:",
        "sexe": "sex", "méthode": "method", "âge au prélèvement": "age at collection", "condition :": "condition:",
        "formule": "formula", "avant arrondi": "before rounding",
    ]

    /// States and ways of counting.
    package static let states: [String: String] = [
        "saisie": "typed", "automate": "analyzer", "calcul": "calculation", "coupé": "off", "mode A": "mode A",
        "mode B": "mode B", "rejeté": "rejected", "échu": "out of date", "conforme": "conforming",
        "sans objet": "not applicable", "le nom": "the name", "la date de naissance": "the birth date",
        "le sexe": "the sex", "écart absolu": "absolute difference", "écart en %": "difference in %",
        "écart absolu par jour": "absolute difference a day", "écart en % par jour": "difference in % a day",
        "sans changement admis": "no change allowed", "l'identifiant": "the identifier", "le tube": "the tube",
        "la demande": "the request", "surestimé": "overestimated", "sous-estimé": "underestimated",
    ]

    private static let longestFirst = labels.sorted { $0.key.count > $1.key.count }

    /// The whole sentence.
    package static func words(_ french: String) -> String {
        if let control = EnglishControls.words(french) { return control }
        if let known = notes[french] { return known }
        guard let (name, note, facts) = parts(french) else { return EnglishServer.figures(french).trimmed }
        var text = name
        if let note { text += " – " + (notes[note] ?? quoted(note)) }
        return facts.isEmpty ? text : text + ": " + facts.map(fact).joined(separator: "; ")
    }

    /// What goes behind the words of a hold: `: value 6,1; limit 1,0`, else its bare figures.
    package static func tail(_ french: String) -> String {
        if let control = EnglishControls.words(french) { return ": " + control }
        guard let (_, note, facts) = parts(french) else { return EnglishServer.figures(french) }
        let told = note.map { " – " + (notes[$0] ?? quoted($0)) } ?? ""
        return told + (facts.isEmpty ? "" : ": " + facts.map(fact).joined(separator: "; "))
    }

    /// Nil for what is no sentence of the engine.
    private static func parts(_ french: String) -> (name: String, note: String?, facts: [String])? {
        func begins(_ name: String) -> Bool {
            french == name || french.hasPrefix(name + " : ") || french.hasPrefix(name + " – ")
        }
        for (name, english) in names where begins(name) {
            var rest = french.dropFirst(name.count)
            var note: String?
            if rest.hasPrefix(" – ") {
                rest = rest.dropFirst(3)
                // A note may hold a colon: the longest known beginning counts.
                note = notes.keys.filter { rest == $0 || rest.hasPrefix($0 + " : ") }.max { $0.count < $1.count }
                guard let note else { return nil }
                rest = rest.dropFirst(note.count)
            }
            if rest.hasPrefix(" : ") { rest = rest.dropFirst(3) }
            return (english, note, rest.isEmpty ? [] : rest.split(separator: " ; ").map(String.init))
        }
        return nil
    }

    private static func fact(_ french: String) -> String {
        if let state = states[french] { return state }
        for (label, english) in longestFirst where french.hasPrefix(label + " ") {
            let value = String(french.dropFirst(label.count + 1))
            // A sentence may begin as a label does.
            let words = value.split(separator: " ").count { $0.count > 1 && $0.contains(where: \.isLowercase) }
            if words > 1, states[value] == nil, !label.hasSuffix(":") { continue }
            return english + " " + (states[value] ?? value)
        }
        // A code, a number; else words of a person, an analyzer or a rule of the laboratory.
        return french.contains { $0.isLowercase } ? quoted(french) : french
    }
    private static func quoted(_ words: String) -> String { "\"\(words)\"" }
}

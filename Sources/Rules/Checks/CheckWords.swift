package import Base
import Laboratory

// French, made from the record when somebody reads it: an evaluation makes no sentence. Instants are said as the clock
// of the laboratory shows them.
extension CheckRecord {
    /// One sentence for a hold or for a line of `paillasse why`: `delta : valeur 6,1 ; antérieur 4,2 ; …`.
    package func words(in zone: CivilZone) -> String {
        if let said { return said }
        var text = check.frenchName
        if let note { text += " – " + note.french }
        let facts = (inputs + thresholds).map { $0.french(in: zone) }.filter { !$0.isEmpty }
        if !facts.isEmpty { text += " : " + facts.joined(separator: " ; ") }
        return text
    }

    /// Words of its own, where they say all.
    private var said: String? {
        func text(_ name: CheckFact.Name) -> String? {
            for fact in inputs where fact.name == name {
                if case .text(let text) = fact.value, !text.isEmpty { return text }
            }
            return nil
        }
        switch check {
        case .control: return code == nil ? nil : text(.words)
        case .ruleApproval:
            return rule == RulePack.policyReference && note == .notApproved
                ? "la politique des règles attend l'approbation d'un biologiste" : nil
        case .manualEdit: return code != nil && text(.state) == "manual" ? "saisie manuelle" : nil
        case _: return nil
        }
    }

    /// A line of `paillasse why`: step, rule, outcome, code, words.
    package func line(in zone: CivilZone) -> String {
        let code = code.map { " [\($0.rawValue)]" } ?? ""
        return "\(step) \(rule) : \(outcome.french)\(code) – \(words(in: zone))"
    }

    /// How the words on a value that is not given begin.
    package static let withheld = "non rendu : "
    /// Of the sentences of a result, those that say why it is not given.
    package static func reasonsWithheld(_ comments: [String]) -> [String] {
        comments.filter { $0.hasPrefix(withheld) }
    }

    /// What the report says of an interference, and of a value that is not given; nil for any other check. `name`: of
    /// the analysis, French.
    package func comment(name: String) -> String? {
        if check == .onlyInContext, outcome == .yes, let context = thresholds.first {
            return "\(CheckRecord.withheld)rendu seulement sous \(context.value.text)"
        }
        guard check == .interference || check == .freeHemoglobin, let code else { return nil }
        let index = inputs.first { $0.name == .index }.flatMap { fact -> HILIndex? in
            if case .text(let letter) = fact.value { HILIndex(rawValue: letter) } else { nil }
        }
        if code == .interference {
            return "\(CheckRecord.withheld)échantillon \((index ?? .hemolysis).adjective) ; prélèvement à refaire"
        }
        guard code == .interferenceBias, let index, let direction = inputs.first(where: { $0.name == .words }) else {
            return nil
        }
        return "\(index.word) : \(name) \(direction.value.text) ; nouveau prélèvement conseillé"
    }
}

extension CheckOutcome {
    package var french: String {
        switch self {
        case .yes: "oui"
        case .no: "non"
        case .unknown: "indécidable"
        case .notApplicable: "sans objet"
        }
    }
}

extension CheckFact {
    func french(in zone: CivilZone) -> String {
        var text = value.french(in: zone)
        if text.isEmpty { return "" }
        if name == .state || name == .contradiction { text = CheckFact.words[text] ?? text }
        // Of a rule over several analyses: `K = 6.1`.
        if name == .value, case .text = value { text = text.replacing(".", with: ",") }
        let label = name.french
        return label.isEmpty ? text : label + " " + text
    }
}

extension CheckFact {
    /// Names of the program that people read.
    private static let words = [
        "manual": "saisie", "analyzer": "automate", "calculated": "calcul", "off": "coupé", "sort": "mode A",
        "release": "mode B", "rejected": "rejeté", "expired": "échu", "conforming": "conforme",
        "notNeeded": "sans objet", "name": "le nom", "birthDate": "la date de naissance", "sex": "le sexe",
        "abs": "écart absolu", "pct": "écart en %", "abs_j": "écart absolu par jour", "pct_j": "écart en % par jour",
        "exact": "sans changement admis", "patientIdentifier": "l'identifiant", "tube": "le tube",
        "request": "la demande",
    ]
}

extension CheckFact.Value {
    package func french(in zone: CivilZone) -> String {
        switch self {
        case .measured(let value): value.frenchText
        case .number(let number): number.text.replacing(".", with: ",")
        case .instant(let instant): instant.french(in: zone)
        case .count(let count): String(count)
        case .text(let text): text
        }
    }
    /// Of what is a text; empty for the rest.
    var text: String {
        if case .text(let text) = self { text } else { "" }
    }
}

extension CheckFact.Name {
    var french: String {
        switch self {
        case .value: "valeur"
        case .rounded: "valeur arrondie"
        case .previous: "antérieur"
        case .previousAt: "antérieur du"
        case .difference: "écart"
        case .daysBetween: "jours entre les deux"
        case .low: "borne basse"
        case .high: "borne haute"
        case .limit: "limite"
        case .absoluteLimit: "limite absolue"
        case .factor: "dilution au"
        case .index: "indice"
        case .commentAbove: "commentaire au-dessus de"
        case .suppressAbove: "non rendu au-dessus de"
        case .freeHemoglobin: "hémoglobine libre (g/L)"
        case .hours: "délai admis (h)"
        case .at: "le"
        case .until: "jusqu'au"
        case .words: ""
        case .flag: "drapeau"
        case .state: ""
        case .analysis: "analyse"
        case .count: "nombre"
        case .known: "connu"
        case .step: "pas"
        case .tolerance: "CV analytique (%)"
        case .contradiction: "différence :"
        case .context: "contexte :"
        case .sex: "sexe"
        case .method: "méthode"
        case .age: "âge au prélèvement"
        case .condition: "condition :"
        case .formula: "formule"
        case .unrounded: "avant arrondi"
        }
    }
}

extension Check {
    package var frenchName: String {
        switch self {
        case .engine: "moteur en marche pour l'analyse"
        case .standingApproval: "accord permanent du biologiste"
        case .ruleApproval: "approbation de la règle"
        case .catalogueLine: "ligne du catalogue non signée"
        case .identity: "identité contredite"
        case .request: "analyse non demandée"
        case .nonconformity: "tube non conforme"
        case .specimenType: "analyse prévue sur un autre tube"
        case .reception: "tube jamais lu à la réception"
        case .collectionTime: "heure de prélèvement"
        case .delay: "délai avant mesure trop long"
        case .control: "contrôle de qualité"
        case .calibration: "étalonnage échu"
        case .reagentLot: "lot de réactif périmé"
        case .instrumentFlags: "drapeau de l'automate"
        case .status: "résultat non définitif pour l'automate"
        case .indicesPresent: "indice du sérum manquant"
        case .unit: "unité"
        case .reading: "valeur illisible"
        case .measuringRange: "domaine de mesure"
        case .dilution: "dilution"
        case .rerun: "accord avec le premier passage"
        case .interference: "interférence"
        case .freeHemoglobin: "hémoglobine libre"
        case .absurd: "valeur absurde"
        case .autoverification: "plage d'autovérification"
        case .delta: "delta"
        case .wrongBlood: "sang d'un autre patient dans le tube ?"
        case .criticalAlert: "valeur d'alerte"
        case .criticalCall: "valeur critique à téléphoner"
        case .coherence: "cohérence entre analyses"
        case .dependentSet: "analyse rendue avec une autre, retenue"
        case .calculationInputs: "entrées du calcul retenues"
        case .firstPositive: "premier résultat positif"
        case .excluded: "analyse exclue du moteur"
        case .manualEdit: "saisie ou modification par une personne"
        case .onlyInContext: "rendu seulement dans un contexte"
        case .interval: "intervalle de référence du patient"
        case .intervalFlag: "place dans l'intervalle"
        }
    }
}

extension CheckNote {
    var french: String {
        switch self {
        case .noLimit: "aucune limite au catalogue"
        case .notNumeric: "valeur non numérique"
        case .noPrior: "aucun antérieur comparable"
        case .deliberatelyNone: "sans delta, par choix"
        case .suspended: "suspendu par le contexte"
        case .notApproved: "non approuvé"
        case .inputMissing: "une donnée manque"
        case .notCalculated: "analyse non calculée"
        case .noIndexRule: "aucun seuil d'indice pour l'analyse"
        case .notMeasured: "indice non mesuré"
        case .notDiluted: "non dilué"
        case .noEarlierRun: "premier passage"
        case .knownState: "état connu, déjà téléphoné"
        case .outsideContext: "valeur non rendue hors de son contexte : vérifier qu'il n'a pas été oublié à la demande"
        case .withheld: "valeur non rendue"
        case .belowRange: "sous le domaine : rendu « < »"
        case .noCalculation: "aucun calcul connu"
        case .notInstrument: "non mesuré sur ce tube"
        case .comment: "commentaire joint"
        case .percentOfZero: "antérieur nul : limite absolue"
        case .decisionLimit: "valeur décisionnelle : ni H ni L"
        case .bothSexes: "sexe inconnu : les deux intervalles"
        case .unreadable: "illisible"
        case .notOnList: "hors de la liste"
        case .notNeeded: "non requis"
        case .thresholdMissing: "seuil non saisi"
        case .afterMeasurement: "après la mesure"
        case .jumpsTogether: "plusieurs analyses stables changent ensemble"
        case .bloodGroup: "groupe sanguin discordant"
        case .methodUnknown: "méthode inconnue, et des intervalles seulement par méthode"
        case .noIntervalOfMethod: "aucun intervalle pour cette méthode"
        case .generalInterval: "intervalle sans méthode"
        case .otherMethod: "antérieurs d'une autre méthode seulement"
        case .inapplicable: "aucun intervalle ne s'applique"
        }
    }
}

package import Base
package import Catalog

// What the rules and the catalogue must say of each other before a version of both is published.
extension RulePack {
    /// A calculated analysis that nothing calculates, a formula whose result has no line: the one is never rendered,
    /// the other is a misspelt code. And every case beside a rule that its rule denies. Not looked at when a version
    /// that was already published is read again.
    package func disagreements(with catalogue: AnalysisCatalogue) -> [Refusal] {
        var found = bench().failures.map { line in
            Refusal(
                "rules.case", at: line.place,
                because: "\(line.rule) : \(line.given) donne \(line.got), et non \(line.expected)",
                remedy: "corriger la règle, ou son cas")
        }
        if !hasPolicy {
            found.append(
                Refusal(
                    "rules.policy.missing", at: "policy.json5",
                    because: "le fichier manque : aucun résultat ne serait proposé (AUTOVALID_COUPEE)",
                    remedy: "le rétablir, au moins avec format et modes"))
        }
        // A folder without a file of formulas says nothing of calculations.
        if formulas.isEmpty { return found }
        for analysis in catalogue.analyses where analysis.nature == .calculated && formula(analysis.code) == nil {
            found.append(
                Refusal(
                    "rules.formula.missing", at: "calculated.json5 : \(analysis.code)",
                    because: "« \(analysis.code) » est de nature calcul, et aucune formule ne la calcule",
                    remedy: "ajouter sa formule à calculated.json5, ou écrire la nature de ce que l'automate rend"))
        }
        for formula in formulas.sorted(by: { $0.code < $1.code }) {
            let isListed = catalogue[formula.code] != nil
            guard isListed != formula.aside.isEmpty else { continue }
            found.append(
                Refusal(
                    "rules.formula.line", at: "calculated.json5 : \(formula.code)",
                    because: isListed
                        ? "la formule se dit hors catalogue, qui a pourtant une ligne « \(formula.code) »"
                        : "le catalogue n'a pas d'analyse « \(formula.code) » : ce calcul ne serait jamais rendu",
                    remedy: isListed
                        ? "ôter « aside »"
                        : "corriger le code, ajouter la ligne à analyses.csv, ou dire dans « aside » pourquoi non"
                ))
        }
        return found
    }
}

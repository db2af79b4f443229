import ArgumentParser
import Base
import Catalog
import Laboratory
import Rules

struct CalcCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calc", abstract: "Évaluer un examen calculé, sans serveur.",
        discussion: """
            Exemples : paillasse calc DFG09 CREA=80 --sex F --age 50y
                       paillasse calc LDLC CT=2.01 "HDL=0.50 g/L" TG=1.5
            Les noms et unités de chaque formule : paillasse rules list.
            Code de sortie : 0 valeur rendue, 1 pas de valeur (le motif est dit), 2 commande mal écrite.
            """)

    @Argument(help: ArgumentHelp("Code de l'examen calculé.", valueName: "code")) var code: String
    @Argument(help: ArgumentHelp("Valeurs : NOM=VALEUR ou \"NOM=VALEUR unité\".", valueName: "nom=valeur"))
    var values: [String] = []
    @Option(help: ArgumentHelp("Sexe du patient : F ou M.", valueName: "sexe")) var sex: String?
    @Option(help: ArgumentHelp("Âge du patient : 50y, 50a, 6m, 28d, 12h.", valueName: "âge")) var age: String?
    @Option(
        help: ArgumentHelp(
            "Contexte connu, autant de fois que besoin : "
                + ClinicalContext.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "contexte"))
    var context: [String] = []
    @Flag(help: "Écrire du JSON au lieu de mots.") var json = false
    @OptionGroup var rules: RulesFolder

    func validate() throws {
        _ = try (patientSex, contexts)
    }

    func run() throws {
        let pack = try rules.pack()
        let answer = CalculationAnswer(
            code.uppercased(), words: values, sex: try patientSex, age: age, contexts: try contexts, in: pack)
        if json {
            try Output.json(answer)
        } else if let value = answer.value {
            words(answer, value)
        } else {
            Output.complain(
                Refusal(
                    answer.refusal ?? "calc", at: answer.code, because: answer.reason ?? "", remedy: answer.remedy ?? ""
                ).description)
        }
        if answer.value == nil { throw Ended(outcome: .refused) }
    }

    private func words(_ answer: CalculationAnswer, _ value: String) {
        let unit = Unit.french(answer.unit ?? "")
        Output.line("\(answer.code) = \(value.replacing(".", with: ","))\(unit.isEmpty ? "" : " " + unit)")
        Output.prose("formule : \(answer.formula ?? "") (\(answer.rule ?? ""))")
        let inputs = (answer.inputs ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        Output.prose("de : \(inputs.joined(separator: ", "))")
        Output.prose("avant arrondi : \(answer.unrounded ?? "")")
        for comment in answer.comments ?? [] { Output.prose("commentaire : \(comment)") }
    }

    private var patientSex: IntervalSex? {
        get throws {
            guard let sex else { return nil }
            guard let known = IntervalSex(rawValue: sex.uppercased()) else {
                throw ValidationError("sexe inconnu « \(sex) » : écrire F ou M")
            }
            return known
        }
    }

    private var contexts: Set<ClinicalContext> {
        get throws {
            Set(
                try context.map { word in
                    guard let known = ClinicalContext(rawValue: word) else {
                        throw ValidationError(
                            "contexte inconnu « \(word) » ; contextes : "
                                + ClinicalContext.allCases.map(\.rawValue).joined(separator: ", "))
                    }
                    return known
                })
        }
    }
}

import Console

/// The argument parser speaks English; these are its sentences in French, in order of replacement.
enum French {
    private static let sentences: [(String, String)] = [
        ("OVERVIEW: ", ""),
        ("USAGE: ", "UTILISATION : "),
        ("Usage: ", "Utilisation : "),
        ("ARGUMENTS:", "ARGUMENTS :"),
        ("OPTIONS:", "OPTIONS :"),
        ("SUBCOMMANDS:", "COMMANDES :"),
        ("<subcommand>", "<commande>"),
        ("Show help information.", "Afficher cette aide."),
        ("Show subcommand help information.", "Afficher l'aide d'une commande."),
        ("for detailed help.", "pour l'aide d'une commande."),
        ("for more information.", "pour en savoir plus."),
        ("  See '", "  Voir « "),
        ("See '", "Voir « "),
        ("Error: ", "Erreur : "),
        ("Missing expected argument ", "il manque l'argument "),
        ("Missing one of: ", "il manque l'un de : "),
        ("Missing value for ", "il manque la valeur de "),
        ("Unknown option ", "option inconnue "),
        ("Unexpected argument ", "argument inattendu "),
        (" unexpected arguments: ", " arguments inattendus : "),
        ("Did you mean ", "vouliez-vous dire "),
        ("The value ", "la valeur "), ("Please provide one of the following:", "Choisir parmi :"),
        ("Please provide one of ", "Choisir l'un de "), ("' or '", "' ou '"),
        (" is invalid for ", " ne convient pas à "),
        ("Help:  ", "Aide :  "),
        ("(default: ", "(par défaut : "),
        ("(default)", "(par défaut)"),
        ("(values: ", "(valeurs : "),
        ("; default: ", " ; par défaut : "),
        ("<reason>", "<motif>"), ("<request>", "<demande>"), ("<observation>", "<résultat>"),
        ("<observations>", "<résultats>"), ("<accession>", "<tube>"), ("<search>", "<recherche>"),
        ("<value>", "<valeur>"), ("<text>", "<mots>"), ("<display>", "<mots>"), ("<comment>", "<commentaire>"),
        ("<words>", "<mots>"), ("<uncalled>", "<mots>"), ("<name>", "<nom>"), ("<family>", "<nom>"),
        ("<given>", "<prénom>"), ("<given-names>", "<prénoms>"),
        ("<used-name>", "<nom>"), ("<used-given>", "<prénom>"), ("<prescriber-name>", "<nom>"),
        ("<prescriber-given>", "<prénom>"), ("<prescriber-rpps>", "<rpps>"), ("<prescriber-title>", "<civilité>"),
        ("<prescriber-mail>", "<adresse>"), ("<prescriber-phone>", "<téléphone>"), ("<title>", "<civilité>"),
        ("<mail>", "<adresse>"), ("<phone>", "<téléphone>"), ("<address>", "<adresse>"), ("<sex>", "<sexe>"),
        ("<birthplace>", "<insee>"), ("<ins>", "<matricule>"), ("<ins-authority>", "<autorité>"),
        ("<status>", "<statut>"), ("<attribute>", "<attribut>"), ("<guardian>", "<nom>"), ("<folder>", "<dossier>"),
        ("<folders>", "<dossiers>"), ("<file>", "<fichier>"), ("<speciality>", "<code>"),
        ("<speciality-label>", "<libellé>"), ("<nonconformity>", "<mots>"), ("<note>", "<mots>"), ("<role>", "<rôle>"),
    ]

    static func help(_ text: String) -> String {
        // These commands speak the language of the environment.
        let spoken = ["bio", "worklist"]
        if BioWords.language == .english, let name = CommandLine.arguments.dropFirst().first, spoken.contains(name) {
            return text
        }
        var out = text
        for (english, french) in sentences { out = out.replacing(english, with: french) }
        return out.replacing(" --help' ", with: " --help » ").replacing("<commande>' ", with: "<commande> » ")
    }
}

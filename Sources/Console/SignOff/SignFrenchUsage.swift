// What the commands `paillasse bio` and `paillasse worklist` refuse and offer before they ask the server.
extension SignWord {
    static let frenchUsage: [SignWord: String] = [
        .usageOneOrAll: "donner une demande, ou --proposables",
        .usageWhole: "--proposables ne signe que des dossiers complets",
        .usageDraft: "--except, --comment et --note vont avec une demande",
        .usageUncalled: "--uncalled va avec une demande",
        .usageSection: "--section va avec --proposables",
        .usageSample: "--sample va de {1} à 100",
        .usageSince: "écrire la durée 90d, 6m ou 2y",
        .usageBaseline: "--baseline, --minutes et --errors vont ensemble",
        .usageSettings: "un changement et son motif (--reason) vont ensemble",
        .usageDay: "« {1} » n'est pas un jour",
        .usageDayHow: "l'écrire AAAA-MM-JJ",
        .usageReason: "« {1} » ne dit pas pourquoi",
        .usageAmend: "une rectification a un motif",
        .usageAmendHow: "donner --reason : {1}",
        .usageNumber: "« {1} » n'est pas un de ces numéros",
        .usageAgain: "recommencer",
        .usageWord: "« {1} » n'est pas une commande de bio",
        .usageWordShow: "pour lire ce dossier : paillasse bio show {1} ; ",
        .usageWordHow: "{1}choisir parmi : {2}",
        .helpPlain: "Ligne par ligne, sans écran ni couleur (lecteur d'écran, braille, tuyau).",
        .helpCard: "Écrire la carte des touches, à imprimer.",
        .helpSigns: "Sans dessins : lettres et signes ASCII.",
        .helpAzerty: "Rangée du haut d'un clavier AZERTY : chiffres sans Maj.",
        .helpMouse: "Clics de souris.",
        .helpTheme: "sombre, clair, contraste, deuteranopie ou mono.",
        .helpKeys: "Fichier de touches : « action = touche touche ».",
        .helpWorklist: "Résultats à valider techniquement, urgents d'abord.",
        .helpWorklistMore: """
        Dans un terminal, l'écran de travail : ? montre ses touches, x les actions de la ligne. Avec --plain, le \
        même travail ligne par ligne, aussi depuis un tuyau. Ailleurs, ou avec --json ou --limit, la liste.
        """,
        .cliWorkTitles: "DEMANDE|URG|*PATIENT|ANALYSE|#RÉSULTAT|INTERVALLE|*DRAPEAU|*RETENUES|ID",
        .cliWorkNothing: "rien à valider",
        .placeName: "nom", .placeText: "texte", .placeReason: "motif", .placeFile: "fichier",
        .placeManner: "comment", .placeDay: "AAAA-MM-JJ",
    ]
}

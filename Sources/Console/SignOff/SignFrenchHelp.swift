/// What `paillasse bio … --help` says, in French.
extension SignWord {
    static let frenchHelp: [SignWord: String] = [
        .helpRequest: "Numéro de la demande.",
        .helpCode: "Code de l'analyse.",
        .helpReason: "Motif.",
        .helpAmend: "Rectifier un compte rendu signé : la nouvelle version annule et remplace.",
        .helpAmendReason: "Motif ; demandé s'il manque.",
        .helpAmendWords: "Le motif en mots, dit au lecteur.",
        .helpPartial: "Signer un compte rendu partiel.",
        .helpUncalled: "Pourquoi signer une valeur critique que personne n'a encore reçue au téléphone.",
        .helpWhy: "Pourquoi un résultat est retenu ou proposable : règle, données, seuils, version.",
        .helpAllChecks: "Aussi les contrôles sans objet.",
        .helpAllJudgements: "Tous les jugements, du plus ancien au dernier.",
        .helpCall: "L'appel d'une valeur critique : le montrer, et le noter.",
        .helpCallMore: "Dans un terminal, ce qui n'est pas donné est demandé. --show ne note rien.",
        .helpShowOnly: "Montrer seulement.",
        .helpNumber: "Numéro appelé.",
        .helpPerson: "Qui a reçu l'appel.",
        .helpRole: "Sa fonction.",
        .helpValue: "Valeur telle qu'elle a été lue.",
        .helpReadBack: "La valeur a été relue par l'autre.",
        .helpUnreachable: "Personne n'a répondu.",
        .helpBio: "Validation biologique et signature.",
        .helpScreen: "L'écran du biologiste : « bio » seul l'ouvre.",
        .helpFile: "La file des dossiers à signer, par gravité, urgents d'abord.",
        .helpUncertainty: "Dire l'incertitude de mesure (k = 2), avec celle de l'étalon, en %.",
        .cliUncertainty: "MU (k = 2) de {1} : {2}",
        .cliNoUncertainty: "MU de {1} : il manque des contrôles, ou des tours d'évaluation externe",
        .helpShow: "Le dossier tel qu'il serait signé.",
        .helpNext: "Le dossier suivant : critique, retenu, partiel, proposable ; urgent d'abord.",
        .helpSection: "Discipline du catalogue.",
        .helpHist: "Les valeurs antérieures d'une analyse du patient.",
        .helpSince: "Depuis : 90d, 6m, 2y.",
        .helpPlot: "Dessiner la courbe.",
        .helpASCII: "Signes ASCII.",
        .helpDiff: "Ce qui change entre deux versions signées, ou entre la dernière et ce qui serait signé.",
        .helpReject: "Renvoyer un résultat à la technique : un autre passage prendra sa place.",
        .helpRejectMore: """
        Se confirme par les 3 derniers chiffres du tube du résultat : demandés dans un terminal, donnés par --tube \
        ailleurs.
        """,
        .helpLastDigits: "Les 3 derniers chiffres du tube, pour confirmer.",
        .helpSettings: "Ce que le laboratoire a choisi : dossiers d'un lot lus en entier, référence de saisie.",
        .helpSetSample: "Dossiers lus en entier, sur cent.",
        .helpSetBaseline: "Comment 100 résultats étaient saisis avant.",
        .helpSetMinutes: "… en combien de minutes.",
        .helpSetErrors: "… et combien ont été retapés.",
        .helpSetReason: "Motif du changement.",
        .helpExcept: "Analyse laissée pour plus tard (répétable).",
        .helpComment: "Commentaire codé : « bio comments » les liste (répétable).",
        .helpNote: "Commentaire en mots.",
        .helpSign: "Signer un dossier, ou par exception tous ceux que rien n'arrête.",
        .helpProposables: "Tous les dossiers que rien n'arrête.",
        .helpOneSection: "Seulement cette discipline du catalogue.",
        .helpConfirm: "Nombre de dossiers que --proposables doit trouver.",
        .helpSample: """
        Dossiers du lot montrés en entier, sur cent ; au moins ce qu'a choisi le laboratoire (bio \
        settings).
        """,
        .helpComments: "Les commentaires codés du laboratoire.",
        .helpFigures: "Comment on signe : lots, cadence, retenues levées et reprises.",
        .helpFrom: "Premier jour ; aujourd'hui par défaut.",
        .helpTo: "Dernier jour ; aujourd'hui par défaut.",
        .helpEverybody: "De tout le monde, et non de soi seul.",
        .helpServer: "Adresse du serveur.",
        .helpJSON: "Écrire du JSON au lieu d'un tableau.",
        .helpLength: "Nombre de lignes au plus.",
        .helpSignMore: """
        La signature porte sur l'empreinte affichée : si le dossier change entre-temps, rien n'est \
        signé. Elle demande le code de signature de la personne, tapé dans un terminal. --except laisse \
        une analyse (et ce qui s'en calcule) pour plus tard : le compte rendu est partiel. \
        --proposables résume le lot, montre des dossiers tirés au sort et ne signe qu'avec --confirm et \
        le nombre de dossiers. Ce qui est critique, retenu, rectifié ou incomplet se signe un à un. \
        Code de sortie : 0 tout est signé, 1 refusé (en lot : au moins un dossier), 2 commande mal \
        écrite, 3 serveur injoignable.
        """,
        .helpFiguresMore: """
        LEVÉES : résultats signés malgré la retenue ; REPRISES : ceux qu'une version a remplacés. \
        Saisie : le temps des 100 premiers résultats tapés de la période, pauses de plus d'un quart \
        d'heure ôtées, et ceux d'entre eux qu'il a fallu rejeter ou retaper, à côté de la référence du \
        laboratoire (bio settings).
        """,
        .helpSettingsMore: """
        Sans option, les montre. Un biologiste les change, avec un motif ; chaque choix est tracé. \
        --sample : dossiers d'un lot lus en entier avant sa signature, sur cent (5 au moins). \
        --baseline, --minutes et --errors : comment 100 résultats étaient saisis avant (papier, autre \
        logiciel), en combien de minutes, et combien il a fallu retaper.
        """,
        .helpBioMore: """
        Seul, dans un terminal : l'écran du biologiste (? montre ses touches, x les actions) ; \
        ailleurs, la file. Signer et rectifier demandent le code de signature (account pin), au clavier \
        : un jeton n'y suffit pas.
        """,
        .helpAmendMore: """
        Corriger d'abord (résultat repassé ou saisi, identité, tube), puis rectifier : les deux \
        versions sont montrées côte à côte, avec qui a reçu la première et ce que chacun recevra. Une \
        valeur qui franchit une limite ouvre un appel. Demande le code de signature.
        """,
    ]
}

package import Base

extension Professional {
    /// Why the address cannot be this person's mailbox of MSSanté: no message could carry it, it is outside of that
    /// space, or it is a patient's. Nil when it can, or when there is none: what is sent then goes on paper.
    package var mailRefusal: Refusal? {
        guard let mail = securedMail else { return nil }
        if let defect = MailAddress.defectOfSecured(mail) {
            return Refusal(
                "mail.address", at: "\(displayName), \(mail)", because: defect,
                remedy: "écrire l'adresse MSSanté, par exemple prenom.nom@medecin.mssante.fr, ou aucune : le compte "
                    + "rendu se remet alors sur papier")
        }
        guard MailAddress.isPatients(mail) else { return nil }
        return Refusal(
            "mail.patient", at: "\(displayName), \(mail)",
            because: "c'est la boîte d'un patient (Mon espace santé), pas celle d'un professionnel",
            remedy: "donner l'adresse MSSanté du professionnel ; le patient reçoit le sien de lui-même")
    }
}

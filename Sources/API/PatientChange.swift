import Base
import Client
import Laboratory
import Workflow

extension PatientDraft {
    /// The file as it is, with what is given put over it and what is named taken out.
    init(_ old: Patient, _ body: PatientChangeBody, _ call: Call) throws(Refusal) {
        self.init(status: body.status ?? old.status, traits: old.traits)
        let gone = Set(body.remove ?? [])
        func kept<T>(_ part: PatientPart, _ given: T?, _ known: T?) throws(Refusal) -> T? {
            guard gone.contains(part) else { return given ?? known }
            if given == nil { return nil }
            throw Refusal(
                "patient.remove", at: part.rawValue, because: "cette donnée est à la fois donnée et retirée",
                remedy: "choisir l'un des deux")
        }
        if let change = body.traits { traits.put(change) }
        attributes = try kept(.attributes, body.attributes, old.attributes)
        ins = try kept(.ins, body.ins, old.ins)
        usedName = try kept(.usedName, body.usedName, old.usedName)
        usedGivenName = try kept(.usedGiven, body.usedGivenName, old.usedGivenName)
        birthTime = try kept(.birthTime, try call.instant(body.birthTime, at: "birthTime"), old.birthTime)
        address = try kept(.address, body.address?.address, old.address)
        phone = try kept(.phone, body.phone, old.phone)
        legalRepresentative = try kept(.guardian, body.legalRepresentative, old.legalRepresentative)
        opposedToDMP = body.opposedToDMP
        let said = body.administrative
        guard old.administrative != nil || said != nil else { return }
        var file = old.administrative ?? AdministrativeFile()
        file.mail = try kept(.mail, said?.mail, file.mail)
        file.familyDoctor = try kept(.doctor, try said?.familyDoctor?.professional(), file.familyDoctor)
        file.representatives =
            try kept(.representatives, said?.representatives?.map(\.representative), file.representatives) ?? []
        file.otherAddresses =
            try kept(.otherAddresses, said?.otherAddresses?.map(\.address), file.otherAddresses) ?? []
        file.familyDoctorGetsReports = said?.familyDoctorGetsReports ?? file.familyDoctorGetsReports
        file.oppositions = try (said?.oppositions ?? []).map { body throws(Refusal) in try Opposition(body, call) }
        // What proved the identity of before proves nothing of another one.
        if traits.birthplace != old.traits.birthplace { file.birthplaceName = nil }
        if traits != old.traits || ins != old.ins { (file.proof, file.insiAt) = (nil, nil) }
        administrative = file
    }
}

extension Traits {
    fileprivate mutating func put(_ change: PatientChangeBody.TraitsChange) {
        birthName = change.birthName ?? birthName
        if let first = change.firstGivenName, first != firstGivenName {
            // The list of another first name is not this one's.
            firstGivenName = first
            givenNames = first
        }
        givenNames = change.givenNames ?? givenNames
        birthDate = change.birthDate ?? birthDate
        sex = change.sex ?? sex
        birthplace = change.birthplace ?? birthplace
    }
}

extension AdministrativeBody.RepresentativeBody {
    var representative: LegalRepresentative {
        LegalRepresentative(kind: kind, family: family, given: given, phone: phone)
    }
}

extension Opposition {
    /// Recorded now, by who gives the command.
    init(_ body: AdministrativeBody.OppositionBody, _ call: Call) throws(Refusal) {
        guard !body.reason.allSatisfy(\.isWhitespace) else {
            throw Refusal(
                "patient.opposition", at: "administrative.oppositions", because: "une opposition a un motif",
                remedy: "donner le motif dit par le patient")
        }
        self.init(body.way, reason: body.reason, at: call.now, recordedBy: call.author.login)
    }
}

import Base
import HL7v2
import Laboratory
import Report
import Testing

private let doctor = "pascal.charles@medecin.test.mssante.fr"
private let copy = "copie@medecin.test.mssante.fr"
private let now = Sample.at(12)

/// One line of the truth table: what is asked, and where it goes.
private func decide(
    _ status: IdentityStatus = .qualified, minor: Bool = false, complete: Bool = true, withdrawal: Bool = false,
    holders: Set<Destination> = [], copies: [String] = [], heldBack: Set<Destination> = [],
    earlier: Visibility? = nil, settings: RoutingSettings = RoutingSettings(),
    visibility: (inout Visibility) -> Void = { _ in }, patient change: (inout Patient) -> Void = { _ in }
) throws -> Routing {
    var patient = try Sample.patient(status)
    if minor { patient.traits.birthDate = CivilDate(year: 2012, month: 3, day: 1) }
    change(&patient)
    var seen = Visibility()
    visibility(&seen)
    var request = RoutingRequest(
        patient: patient, visibility: seen, prescriber: doctor, copies: copies, complete: complete, now: now)
    request.isWithdrawal = withdrawal
    request.holders = holders
    request.heldBack = heldBack
    request.earlierVisibility = earlier
    return Routing(request, settings: settings)
}
private func sent(_ routing: Routing) -> Set<Destination> { Set(routing.errands.flatMap(\.destinations)) }
private func why(_ routing: Routing) -> Set<Routing.Withheld> { Set(routing.withheld) }
private let dmp = Destination.dmp, patient = Destination.patient, pro = Destination.professional(doctor)

struct RoutingTests {
    /// Every status × every visibility × opposition × completeness × minority: who may get it is told again here in one
    /// line each, and nothing else.
    @Test func `the whole truth table of who is sent what`() throws {
        var lines = 0
        for status in IdentityStatus.allCases {
            for confidentiality in Visibility.Confidentiality.allCases {
                for access in [
                    Visibility.PatientAccess.open, .hidden, .hiddenUntil(Sample.at(11)), .hiddenUntil(Sample.at(13)),
                ] {
                    for bits in 0..<64 {
                        func bit(_ n: Int) -> Bool { bits >> n & 1 == 1 }
                        let routing = try decide(
                            status, minor: bit(0), complete: bit(1),
                            visibility: {
                                $0.confidentiality = confidentiality
                                $0.patient = access
                                $0.secretCare = bit(4)
                                $0.hiddenFromRepresentatives = bit(5)
                            },
                            patient: {
                                $0.opposedToDMP = bit(2)
                                guard bit(3) else { return }
                                $0.administrative = AdministrativeFile()
                                $0.administrative?.oppositions = [
                                    Opposition(.patientMailbox, reason: "refus", at: now, recordedBy: "anne")
                                ]
                            })
                        let isHidden = access == .hidden || access == .hiddenUntil(Sample.at(13))
                        let isKept = bit(0) && (bit(4) || bit(5))
                        #expect(
                            sent(routing).contains(dmp)
                                == (status == .qualified && confidentiality == .normal && bit(1) && !bit(2)))
                        #expect(
                            sent(routing).contains(patient)
                                == (status == .qualified && !bit(3) && !isHidden && !isKept))
                        #expect(sent(routing).contains(pro))
                        // Nobody is forgotten: sent, or withheld with a reason.
                        #expect(sent(routing).union(routing.withheld.map(\.destination)) == [dmp, patient, pro])
                        #expect(routing.errands.count == 1 && routing.errands[0].request == .initial)
                        let flags = routing.errands[0].flags
                        #expect(flags.hiddenFromPatient == isHidden)
                        #expect(flags.secretConnection == (bit(0) && bit(4)))
                        #expect(flags.hiddenFromRepresentatives == isKept)
                        #expect(!flags.changesVisibility)
                        lines += 1
                    }
                }
            }
        }
        #expect(lines == 4 * 3 * 4 * 64)
    }

    @Test func `each reason is given by name`() throws {
        let unqualified = try decide(.validated)
        #expect(why(unqualified) == [.init(dmp, .identityNotQualified), .init(patient, .identityNotQualified)])
        #expect(try why(decide(complete: false)) == [.init(dmp, .partial)])
        #expect(try why(decide { $0.confidentiality = .veryRestricted }) == [.init(dmp, .confidential)])
        #expect(try why(decide { $0.patient = .hidden }) == [.init(patient, .hiddenFromPatient)])
        #expect(try why(decide(minor: true) { $0.secretCare = true }) == [.init(patient, .representativesWouldSee)])
        #expect(try why(decide(patient: { $0.opposedToDMP = true })) == [.init(dmp, .opposed)])
        #expect(try why(decide(heldBack: [pro])) == [.init(pro, .heldBack)])
        #expect(Set(WithheldReason.allCases.map(\.french)).count == WithheldReason.allCases.count)
    }

    @Test func `the consent of the identity feed opposes as the file does`() throws {
        for (answer, feeds) in [
            (AdministrativeFile.Consent.Answer.agreed, true), (.refused, false), (.notAsked, true),
        ] {
            let routing = try decide(patient: {
                $0.administrative = AdministrativeFile()
                $0.administrative?.feeding = .init(answer, at: now)
            })
            #expect(sent(routing).contains(dmp) == feeds)
            #expect(sent(routing).contains(pro), "the report still goes to the prescriber")
        }
    }

    @Test func `an opposition to correspondents never keeps the report from the prescriber`() throws {
        let routing = try decide(
            copies: [copy, doctor.uppercased()],
            patient: {
                $0.administrative = AdministrativeFile()
                $0.administrative?.oppositions = [
                    Opposition(.otherProfessionals, reason: "refus", at: now, recordedBy: "anne")
                ]
            })
        #expect(sent(routing) == [dmp, patient, pro])
        #expect(why(routing) == [.init(.professional(copy), .opposed)])
    }

    @Test func `each destination is told by its own history: new ones by NW, holders by RO, and copies once`() throws {
        let routing = try decide(
            holders: [pro, .professional("ancien@test.mssante.fr")], copies: [doctor.uppercased()])
        #expect(routing.errands.map(\.request) == [.initial, .replacement])
        #expect(Set(routing.errands[0].destinations) == [dmp, patient])
        #expect(Set(routing.errands[1].destinations) == [pro, .professional("ancien@test.mssante.fr")])
    }

    @Test func `a withdrawal asks those who have the document, and only them, to delete it`() throws {
        let routing = try decide(withdrawal: true, holders: [dmp, pro])
        #expect(routing.errands.map(\.request) == [.deletion])
        #expect(sent(routing) == [dmp, pro])
        // Opposed, confidential or hidden since: what is there is deleted all the same.
        let since = try decide(
            withdrawal: true, holders: [dmp, patient],
            visibility: {
                $0.confidentiality = .restricted
                $0.patient = .hidden
            }, patient: { $0.opposedToDMP = true })
        #expect(sent(since) == [dmp, patient])
        #expect(try decide(withdrawal: true).errands.isEmpty)
    }

    @Test func `a holder who may not be told any more is stranded: a person must act`() throws {
        let opposed = try decide(holders: [dmp], patient: { $0.opposedToDMP = true })
        #expect(opposed.stranded == [.init(dmp, .opposed)])
        let unqualified = try decide(.provisional, withdrawal: true, holders: [dmp, pro])
        #expect(unqualified.stranded == [.init(dmp, .identityNotQualified)])
        #expect(sent(unqualified) == [pro])
        #expect(try decide().stranded.isEmpty)
    }

    @Test func `hiding, a release by hand and the end of a date are each a change of visibility`() throws {
        var hidden = Visibility(), dated = Visibility(), over = Visibility()
        hidden.patient = .hidden
        dated.patient = .hiddenUntil(Sample.at(13))
        over.patient = .hiddenUntil(Sample.at(11))
        func changes(_ earlier: Visibility, _ later: Visibility) throws -> Bool? {
            try decide(holders: [dmp], earlier: earlier) { $0 = later }.errands
                .first { $0.request == .replacement }?.flags.changesVisibility
        }
        #expect(try changes(.open, hidden) == true)
        #expect(try changes(hidden, .open) == true)
        #expect(try changes(dated, over) == true, "the announcement visit is over")
        #expect(try changes(.open, .open) == false)
        #expect(try changes(hidden, hidden) == false)
        #expect(try changes(hidden, dated) == false)
        var masked = Visibility()
        masked.hiddenFromProfessionals = true
        #expect(try changes(.open, masked) == true)
        // The DMP has no restricted document: the mailboxes are told of the change.
        for (earlier, later) in [
            (Visibility.Confidentiality.normal, Visibility.Confidentiality.restricted), (.restricted, .normal),
        ] {
            var before = Visibility()
            before.confidentiality = earlier
            let told = try decide(holders: [pro], earlier: before) { $0.confidentiality = later }.errands
                .first { $0.request == .replacement }
            #expect(told?.flags.changesVisibility == true, "\(earlier) → \(later)")
        }
    }

    @Test func `in strict mode every errand stands in the table of the volet, and what cannot is withheld by name`()
        throws
    {
        var strict = RoutingSettings()
        strict.rules = .strict
        // Row 1, row 2, row 3.
        #expect(try decide(settings: strict).errands.count == 1)
        #expect(try sent(decide(settings: strict) { $0.patient = .hidden }) == [dmp, pro])
        // A mask goes to the DMP alone, and to the patient alone without the DMP.
        let masked = try decide(settings: strict) { $0.hiddenFromProfessionals = true }
        #expect(sent(masked) == [dmp, patient])
        #expect(masked.errands.map { Set($0.destinations) } == [[dmp], [patient]])
        #expect(why(masked) == [.init(pro, .combination)])
        for bits in 0..<32 {
            func bit(_ n: Int) -> Bool { bits >> n & 1 == 1 }
            for rules in [CombinationRules.strict, .tolerant] {
                var settings = strict
                settings.rules = rules
                let routing = try decide(minor: bit(0), settings: settings) {
                    $0.hiddenFromProfessionals = bit(1)
                    $0.hiddenFromRepresentatives = bit(2)
                    $0.secretCare = bit(3)
                    $0.patient = bit(4) ? .hidden : .open
                }
                for errand in routing.errands {
                    #expect(errand.isAllowed(by: rules))
                    #expect(!(errand.flags.hiddenFromPatient && errand.toPatient))
                }
                #expect(sent(routing).union(routing.withheld.map(\.destination)) == [dmp, patient, pro])
            }
        }
    }

    @Test func `a prescriber without MSSanté address is told as such`() throws {
        let request = RoutingRequest(patient: try Sample.patient(), prescriber: nil, now: now)
        let routing = Routing(request)
        #expect(sent(routing) == [dmp, patient])
        #expect(routing.withheld.map(\.reason) == [.noAddress])
    }

    /// As a database of before such addresses were refused has it: the file can be signed, and a person is told.
    @Test func `an address outside MSSanté is sent nothing, and holds nothing else back`() throws {
        let outside = Destination.professional("zoe@gmail.com")
        var request = RoutingRequest(patient: try Sample.patient(), prescriber: "Zoe@gmail.com", now: now)
        #expect(sent(Routing(request)) == [dmp, patient])
        #expect(Routing(request).withheld == [Routing.Withheld(outside, .outsideSpace)])
        // Who has an earlier version waits for a person; what came there is taken back.
        request.holders = [outside]
        #expect(Routing(request).stranded == [Routing.Withheld(outside, .outsideSpace)])
        request.isWithdrawal = true
        #expect(sent(Routing(request)) == [outside])
    }

    @Test func `a switch of a PFI turns a whole way off`() throws {
        var settings = RoutingSettings()
        settings.feedsDMP = false
        settings.writesToPatients = false
        #expect(try sent(decide(settings: settings)) == [pro])
        settings = RoutingSettings()
        settings.partialToDMP = true
        #expect(try sent(decide(complete: false, settings: settings)).contains(dmp))
    }
}

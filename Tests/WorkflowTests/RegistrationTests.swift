import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Registering` {
    let bench: Bench
    init() throws { bench = try Bench() }

    @Test func `a patient gets a number of the laboratory, and a change is a new version`() async throws {
        let first = try await bench.patient("UN")
        let second = try await bench.patient("DEUX")
        #expect(first.ipp == "P0000001" && second.ipp == "P0000002")
        var draft = Bench.draft("UN")
        draft.usedName = "AUTRE"
        let changed = try await bench.desk.updatePatient(first.id, draft, by: Bench.secretary)
        #expect(changed.version == 2 && changed.ipp == first.ipp)
        let same = try await bench.desk.updatePatient(first.id, draft, by: Bench.secretary)
        #expect(same == changed, "what changes nothing makes no version")
        #expect(try await bench.store.patientVersions(first.id).map(\.usedName) == [nil, "AUTRE"])
        #expect(try await bench.trail.map(\.action) == ["patient.register", "patient.register", "patient.update"])
        #expect(try await bench.soundTrail())
    }

    @Test func `two people who open the same patient number conflict, and nothing of the second is kept`() async throws
    {
        var draft = Bench.draft()
        draft.ipp = "P42"
        let kept = draft
        _ = try await bench.desk.registerPatient(kept, by: Bench.secretary)
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.registerPatient(kept, by: Bench.secretary)
        }
        #expect(code == "conflict")
        #expect(try await bench.store.counts(site: nil).patients == 1)
    }

    @Test func `a request makes one tube a kind, numbered from the day`() async throws {
        let made = try await bench.received(["NA", "K", "HBA1C", "GLU"])
        #expect(made.request.number == "261122-0001")
        #expect(made.specimens.map(\.accession) == ["26112200011", "26112200012", "26112200013"])
        #expect(made.specimens[0].analyses == ["NA", "K"])
        let next = try await bench.received(["NA"])
        #expect(next.request.number == "261122-0002")
        bench.clock.advance(.seconds(86_400))
        #expect(try await bench.received(["NA"]).request.number == "261123-0001")
    }

    @Test func `a panel is asked as its members, and remembered as asked`() async throws {
        let made = try await bench.received(["IONO"])
        #expect(Set(made.request.lines.map(\.analysis)).isSuperset(of: ["NA", "K", "CL"]))
        #expect(made.request.lines.allSatisfy { $0.panel == "IONO" })
    }

    @Test(arguments: [
        ([], "request.codes"), (["RIEN_DE_TEL"], "catalogue.unknown"),
    ])
    func `a request without a known analysis is refused`(_ codes: [String], _ expected: String) async throws {
        let patient = try await bench.patient()
        let draft = RequestDraft(patientID: patient.id, codes: codes, prescriber: Bench.biologistIdentity)
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        }
        #expect(code?.split(separator: ".").first == expected.split(separator: ".").first)
        #expect(try await bench.store.counts(site: nil).requests == 0)
    }

    @Test func `reception keeps its first hour, and a collection in the future is refused`() async throws {
        let made = try await bench.received(["NA"])
        let tube = made.specimens[0].accession
        let first = try await bench.store.specimen(tube)?.receivedAt
        bench.clock.advance(.seconds(600))
        let again = try await bench.desk.receive(
            tube, collectedAt: nil, nonconformity: "hémolysé", by: Bench.technician)
        #expect(again.receivedAt == first && again.version == 3 && again.nonconformity == "hémolysé")
        let future = bench.clock.now.advanced(by: .seconds(60))
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.receive(tube, collectedAt: future, nonconformity: nil, by: Bench.technician)
        }
        #expect(code == "specimen.collected")
    }

    @Test func `each role does only what the table allows`() async throws {
        let made = try await bench.ready()
        let number = made.request.number
        let id = try await bench.observation("K", made).id
        let desk = bench.desk
        let commands: [(Permission, @Sendable (Author) async throws(CommandFailure) -> Void)] = [
            (
                .register,
                { author throws(CommandFailure) in _ = try await desk.registerPatient(Bench.draft(), by: author) }
            ),
            (
                .receive,
                { author throws(CommandFailure) in
                    _ = try await desk.receive("0", collectedAt: nil, nonconformity: nil, by: author)
                }
            ),
            (
                .validateTechnically,
                { author throws(CommandFailure) in
                    _ = try await desk.validate([id], of: number, reason: nil, by: author)
                }
            ),
            (
                .enterResult,
                { author throws(CommandFailure) in
                    _ = try await desk.enter(.text("x"), analysis: "NA", of: number, comment: nil, by: author)
                }
            ),
            (
                .sign,
                { author throws(CommandFailure) in
                    _ = try await desk.sign(number, contentHash: "", allowPartial: false, by: author)
                }
            ),
            (
                .resolveTriage,
                { author throws(CommandFailure) in try await desk.dismiss("0", reason: "motif d'essai", by: author) }
            ),
        ]
        for author in [Bench.secretary, Bench.technician, Bench.biologist, Bench.administrator] {
            for (permission, command) in commands {
                let code = await refusal { () throws(CommandFailure) in try await command(author) }
                let isForbidden = code == "auth.permission"
                #expect(isForbidden != author.role.permissions.contains(permission), "\(author.role) \(permission)")
            }
        }
    }

    @Test func `a failed write at any moment leaves all of a command or nothing of it`() async throws {
        let fresh = try Bench()
        let made = try await fresh.received(["NA", "K"])
        let writes = await fresh.store.writes
        for fault in MemoryStore.Fault.allCases {
            for n in 1...writes {
                let bench = try Bench()
                await bench.store.fail(write: n, fault: fault)
                do { _ = try await bench.received(["NA", "K"]) } catch is CommandFailure {}
                let counts = try await bench.store.counts(site: nil)
                let specimens = try await bench.store.specimen(made.specimens[0].accession)
                #expect((counts.requests == 1) == (specimens != nil), "write \(n), \(fault)")
                #expect(try await bench.soundTrail())
            }
        }
    }
}

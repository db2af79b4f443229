import Laboratory
import Testing

@Suite struct `Before a signature` {
    @Test func `reasons are grouped, the gravest first, each with what answers it`() {
        let groups = HoldGroup.groups(of: [
            ("NA", [Hold(.noQualityControl, "aucun contrôle"), Hold(.delta, "variation")]),
            ("K", [Hold(.interference, "H 2,1"), Hold(.noQualityControl, "aucun contrôle")]),
            ("ASAT", [Hold(.interference, "H 2,1"), Hold(.criticalCall, "appeler")]),
        ])
        #expect(groups.map(\.title) == ["CRITIQUE_APPEL", "HIL_RCV × 2", "DELTA", "CQ_ABSENT × 2"])
        #expect(groups.map(\.remedy) == [.call, .reject, .read, .read])
        #expect(groups[1].analyses == ["K", "ASAT"])
    }

    @Test func `a long or a hasty session is told to stop`() {
        #expect(SignPace.advice(after: 1, all: 5, alone: 5, seconds: 1) == nil)
        #expect(SignPace.advice(after: 1, all: 20, alone: 20, seconds: SignPace.hasty - 1) == .slower)
        #expect(SignPace.advice(after: 1, all: 20, alone: 20, seconds: SignPace.hasty) == nil)
        // Each hundred, whether they were signed alone or together.
        let long = SignPace.longSession
        #expect(SignPace.advice(after: 1, all: long, alone: long, seconds: 60) == .pause)
        #expect(SignPace.advice(after: 1, all: long + 1, alone: long + 1, seconds: 60) == nil)
        #expect(SignPace.advice(after: 125, all: long + 46, alone: 8, seconds: 60) == .pause)
    }

    @Test func `held files stand by the gravity of their reasons, behind what is urgent`() {
        func rank(_ lane: SignLane, _ codes: [Hold.Code] = [], urgent: Bool = false) -> SignRank {
            SignRank(lane, isUrgent: urgent, reasons: codes.map { SignObstacle(.hold, ["K"], code: $0) })
        }
        let order = [
            rank(.critical), rank(.held, [.noQualityControl], urgent: true), rank(.held, [.interference]),
            rank(.held, [.noQualityControl, .specimenNonconform]), rank(.held, [.noQualityControl]), rank(.partial),
        ]
        for (place, one) in order.enumerated() {
            for other in order.dropFirst(place + 1) { #expect(one < other && !(other < one)) }
        }
        let changed = SignRank(.held, isUrgent: false, reasons: [SignObstacle(.amends, version: 1)])
        #expect(changed < rank(.held, [.delta]) && !(changed < changed))
    }

    @Test func `an amendment says why in words`() {
        #expect(Amendment(.identity).frenchText == "erreur d'identité")
        #expect(Amendment(.result, words: " repassé \n deux fois ").frenchText == "résultat erroné : repassé deux fois")
        #expect(!Amendment(.other).saysWhy && !Amendment(.other, words: "  ").saysWhy)
        #expect(Amendment(.other, words: "changement de méthode").frenchText == "changement de méthode")
    }

    @Test func `every hold but a known bias keeps a result out of a lot`() {
        #expect(Hold.Code.allCases.filter { !$0.stopsLot } == [.interferenceBias])
    }
}

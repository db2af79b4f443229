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
        #expect(SignPace.advice(alone: 5, seconds: 1) == nil)
        #expect(SignPace.advice(alone: 20, seconds: SignPace.hasty - 1) == .slower)
        #expect(SignPace.advice(alone: 20, seconds: SignPace.hasty) == nil)
        #expect(SignPace.advice(alone: SignPace.longSession, seconds: 60) == .pause)
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

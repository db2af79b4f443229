import Base
import Testing

@Suite struct ReasonTests {
    @Test(arguments: [
        "hémolyse", "tube coagulé", "Confirmé par un second tube", "rappel à 10:20", "CQ 2 repassé",
        "essai d'une heure",
        "vu avec le service", "NC-2026-014", "caillot", "redemandé",
    ]) func `a reason says something with one word that is more than a nod`(_ text: String) {
        #expect(text.saysSomething)
    }

    @Test func `a name may be short, and a dash is none`() {
        #expect("R1".namesSomething && "7".namesSomething && !"–".namesSomething && !" ".namesSomething)
    }

    @Test(arguments: [
        "", " ", ".", "–", "vu", "VU", "Vu.", "ok", "O.K.", "ras", "R A S", "oui", "lu et vu", "bon", "fait", "idem",
        "x",
        "xxx", "1111", "a b c d", "motif", "néant", "n/a", "\t\n",
    ]) func `a nod is no reason`(_ text: String) {
        #expect(!text.saysSomething)
    }
}

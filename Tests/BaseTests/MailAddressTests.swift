import Base
import Testing

@Suite struct `An address` {
    @Test(arguments: [
        "pascal.charles@medecin.mssante.fr", "279035121518989@patient.mssante.fr", "o'neil+labo_1@a-b.mssante.fr",
    ]) func `is taken as people have them`(_ address: String) {
        #expect(MailAddress.defect(in: address) == nil)
    }

    @Test(arguments: [
        "", "pascal", "a b@medecin.mssante.fr", "zoe@medecin.mssante.fr|x", "zoe@medecin.mssante.fr~eve@x.fr",
        "zoé@médecin.mssante.fr", "zoe@medecin", "zoe@.mssante.fr", "zoe.@medecin.mssante.fr", "@medecin.mssante.fr",
        "<zoe@medecin.mssante.fr>", "zoe@medecin.mssante.fr\n", "a@b@c.fr", "zoe^x@c.fr", "zoe&x@c.fr", "zoe\\x@c.fr",
        String(repeating: "a", count: 65) + "@medecin.mssante.fr",
    ]) func `is refused with a reason when no message could carry it, or no server would know it`(_ address: String) {
        #expect(MailAddress.defect(in: address)?.isEmpty == false)
    }

    @Test func `stands in MSSanté or not, and is the patient's own or not`() {
        #expect(MailAddress.defectOfSecured("Zoe@Medecin.MSSante.fr") == nil)
        for outside in ["zoe@gmail.com", "zoe@mssante.fr.example.com", "zoe@notmssante.fr", "zoe@mssante.fr"] {
            #expect(MailAddress.defectOfSecured(outside)?.contains("hors de l'espace MSSanté") == true, "\(outside)")
        }
        #expect(MailAddress.defectOfSecured("a b@medecin.mssante.fr")?.contains("blanc") == true)
        #expect(MailAddress.isPatients("279035121518989@PATIENT.mssante.fr"))
        #expect(!MailAddress.isPatients("zoe@medecin.mssante.fr"))
    }
}

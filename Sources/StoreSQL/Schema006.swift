/// What a patient's choice kept from somebody: few among all that registers tell, and asked at each change of a file.
enum Schema006 {
    static let isKept =
        "(register = 'withheld' AND body LIKE '%OPPOSITION%') OR (register = 'release' AND body LIKE '%setAside%')"
    static let text = """
        CREATE INDEX register_entry_kept ON register_entry (site, subject) WHERE \(isKept);
        """
}

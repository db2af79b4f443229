/// What people typed before typed values had a control: `observation_of_analyzer` knows it as well, under the word
/// `saisie` (`Observation.controlledOn`: a number, a code or a titre). The origin of what was typed begins with its
/// author; a titre is one in so many, of six figures at most.
enum Schema007 {
    private static let titres = [":", "/"].flatMap { sign in
        (1...6).map { "body LIKE '%\"kind\":\"text\",\"value\":\"1\(sign)\(String(repeating: "_", count: $0))\"}%'" }
    }
    static let text = """
        INSERT INTO observation_of_analyzer (observation_id, analyzer, analysis, observed_at)
        SELECT id, 'saisie', analysis, observed_at FROM observation
        WHERE message_id IS NULL AND body LIKE '%"origin":_"author":%'
        AND (body LIKE '%"kind":"measured"%' OR body LIKE '%"kind":"coded"%'
            OR \(titres.joined(separator: "\n    OR ")))
        AND id NOT IN (SELECT observation_id FROM observation_of_analyzer);
        """
}

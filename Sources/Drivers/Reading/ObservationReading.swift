import Base
import LIS2
import Laboratory

extension Driver {
    /// One R record or OBX segment as a laboratory value; each of `comments` is the context of one comment below it.
    func observation(
        _ context: RecordContext, comments: [RecordContext], ordinal: Int, zone: CivilZone
    ) -> IncomingObservation {
        let paths = description.paths
        let code = paths.code.text(context)
        let meaning = description.codes[code]
        var observation = IncomingObservation(
            ordinal: ordinal, accession: paths.specimen.text(context), instrumentCode: code,
            analysis: meaning?.analysis, value: nil, rawText: paths.value.text(context),
            rawUnit: paths.unit.text(context))
        let measured = paths.measured?.text(context) ?? observation.rawText
        observation.value = value(measured, plainNumber(context), unit: observation.rawUnit, meaning)
        let status = paths.status.text(context)
        observation.status = description.statuses[status] ?? (status.isEmpty ? "F" : status)
        observation.observedAt =
            instant(paths.completed.text(context), zone) ?? instant(paths.started.text(context), zone)
        var flags = flagTexts(context)
        if observation.value == nil, let flag = flags.first(where: { description.flags.values[$0] != nil }),
            let coded = description.flags.values[flag]
        {
            observation.value = .coded(coded.code, display: coded.display)
            flags.removeAll { $0 == flag }
        }
        flags += description.suspects.filter { $0.holds(context) }.map { $0.path.text(context) }
        sort(flags, into: &observation)
        let dilution = paths.dilution.text(context)
        if !dilution.isEmpty {
            observation.comments.append("Dilution : \(dilution)")
            observation.dilution = SentDilution(
                text: dilution, factor: Driver.factor(dilution), isMultiplied: paths.isMultiplied)
        }
        for context in comments {
            if let flags = description.flags.comments, flags.conditions.allSatisfy({ $0.holds(context) }) {
                sort(split(flags.path.text(context), flags.separator), into: &observation)
                continue
            }
            let text = paths.comment.text(context)
            // Roche pads empty comments with component delimiters and blanks.
            if text.contains(where: { $0.isLetter || $0.isNumber }) { observation.comments.append(text) }
        }
        return observation
    }

    /// The value read in place, where it stands at R.4 as a plain number.
    private func plainNumber(_ context: RecordContext) -> Measured? {
        guard let typed = context.typed, description.paths.measured == nil, description.values.thousands == nil,
            description.paths.value == Driver.usualValue
        else { return nil }
        return typed.message.plainNumber(typed.result.value)
    }
    private static let usualValue = FieldChoice("R.4")

    func split(_ text: String, _ separator: String?) -> [String] {
        guard let separator else { return text.isEmpty ? [] : [text] }
        return text.split(separator: separator).map { trimmed($0) }.filter { !$0.isEmpty }
    }

    /// `5`, `1/5`, `1:5`, `x5`; nil for words (`dec`), which name no factor: the result is then held.
    static func factor(_ text: String) -> Exact? {
        let parts = text.split { $0 == "/" || $0 == ":" }
        let last = parts.last.map { $0.drop { $0 == "x" || $0 == "X" || $0 == " " } } ?? ""
        guard parts.count == 1 || (parts.count == 2 && parts[0] == "1"), let factor = Exact(last), factor >= Exact(1)
        else { return nil }
        return factor
    }

    /// Takes the indices of the serum out of the results, and tells them to all results of their tube. A driver that
    /// names indices reads an analyzer that measures them: a tube without is one where they are missing. Indices that
    /// come without any result of their tube are told by themselves: they are facts of the tube all the same.
    func tellingIndices(_ reading: Reading) -> Reading {
        guard !description.indices.isEmpty else { return reading }
        var told = reading
        var found: [String: SentIndices] = [:]
        var first: [String: IncomingObservation] = [:]
        told.observations.removeAll { observation in
            guard let index = description.indices[observation.instrumentCode] else { return false }
            guard let value = Measured(observation.rawText), value.comparator == .equal else { return false }
            var indices = found[observation.accession] ?? SentIndices()
            switch index {
            case "H": indices.hemolysis = value.number
            case "I": indices.icterus = value.number
            case "Hb": indices.freeHemoglobin = value.number
            case _: indices.lipemia = value.number
            }
            found[observation.accession] = indices
            if first[observation.accession] == nil { first[observation.accession] = observation }
            return true
        }
        let withResults = Set(told.observations.map(\.accession))
        for place in told.observations.indices {
            told.observations[place].indices = found[told.observations[place].accession] ?? SentIndices()
        }
        for one in first.values.sorted(by: { $0.ordinal < $1.ordinal }) where !withResults.contains(one.accession) {
            told.observations.append(alone(one, found[one.accession] ?? SentIndices()))
        }
        return told
    }

    private func alone(_ first: IncomingObservation, _ indices: SentIndices) -> IncomingObservation {
        IncomingObservation(
            ordinal: first.ordinal, accession: first.accession, instrumentCode: first.instrumentCode, analysis: nil,
            value: nil, rawText: indices.words, observedAt: first.observedAt, claimed: first.claimed,
            indices: indices, bringsIndicesAlone: true)
    }

    /// R.7 and OBX-8 may repeat: each repeat is a flag (LIS2-A2 section 9.7, HL7 v2.5 section 7.4.2.8).
    func flagTexts(_ context: RecordContext) -> [String] {
        let paths = description.paths.flags
        if paths.alternatives.count == 1, paths.alternatives[0].paths.count == 1,
            let path = paths.alternatives[0].paths.first, path.repeats
        {
            return path.texts(context)
        }
        let text = paths.text(context)
        return text.isEmpty ? [] : [text]
    }

    func sort(_ flags: [String], into observation: inout IncomingObservation) {
        // `""` is HL7's "nothing here" (v2.5 section 2.5.3).
        for flag in flags where !description.flags.harmless.contains(flag) && flag != "\"\"" {
            if let name = description.flags.rules[flag] { observation.instrumentFlags.append(name) }
            if let meaning = description.flags.known[flag] {
                observation.instrumentFlags.append(flag)
                observation.comments.append("\(flag) : \(meaning)")
            } else {
                observation.instrumentFlags.append(flag)
                observation.unknownFlags.append(flag)
            }
        }
    }

    /// Nil for what cannot be read: the result is then held, never guessed.
    /// `number` is what `text` says, where that is known already.
    private func value(
        _ text: String, _ number: Measured?, unit: String, _ meaning: CodeMeaning?
    ) -> ObservationValue? {
        let word = text.lowercased()
        if text.isEmpty || description.values.noResult.contains(word) { return nil }
        if let coded = meaning?.qualitative[word] ?? description.values.qualitative[word] {
            return .coded(coded.code, display: coded.display)
        }
        if let meaning, meaning.isText { return .text(text) }
        let plain = description.values.thousands.map { text.replacing($0, with: "") } ?? text
        guard let measured = number ?? Measured(plain) else { return nil }
        let known = meaning?.units[unit] ?? description.values.units[unit]
        guard let known else {
            if unit.isEmpty, let assumed = meaning?.assumedUnit { return .measured(measured, unit: assumed) }
            return .measured(measured, unit: Driver.unknownUnit(unit))
        }
        var product = measured.number
        if let factor = known.factor {
            guard let converted = product.multiplied(by: factor) else { return nil }
            product = converted
        }
        let number = known.places.map { product.rounded(to: $0) } ?? product
        return .measured(measured.with(number), unit: known.unit)
    }

    /// A unit that the driver does not know, as a UCUM annotation, `{?mg/dl}`: it can equal no unit of a catalogue, so
    /// the value is held (HOUSE invariant 7).
    package static func unknownUnit(_ text: String) -> String { "{?\(text)}" }

    /// Zero dates (`00000000000000`, `18991230`) are sent for "no date".
    private func instant(_ text: String, _ zone: CivilZone) -> Instant? {
        guard let instant = Instant(text, in: zone), instant >= Driver.earliestResult else { return nil }
        return instant
    }
    /// 1990-01-01: no result on the line is older than the standard (ASTM E1394-91).
    private static let earliestResult = Instant(seconds: 631_152_000)
}

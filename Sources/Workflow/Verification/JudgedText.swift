import Base
import Catalog
import Laboratory
import Rules

// A judgement as it is kept: a day writes thousands of them, so each member is written by hand, in the order of its
// name. What reads it is the general decoder; a test holds the two against each other, member by member.

extension JudgedRecord {
    var text: [UInt8] {
        var json = JSONBytes(capacity: 6144)
        json.object { json in
            if let borrowed {
                json.name("borrowed")
                json.array(borrowed) { $0.text($1.rawValue) }
            }
            json.name("catalogueVersion")
            json.object { $0.member("text", catalogueVersion.text) }
            json.name("contradictions")
            json.array(contradictions) { $0.text($1.rawValue) }
            json.member("engineVersion", engineVersion)
            json.name("facts")
            facts.write(to: &json)
            json.name("holds")
            json.array(holds) { $1.write(to: &$0) }
            if let isCalled { json.member("isCalled", isCalled) }
            json.name("lead")
            json.object { json in
                json.member("observation", lead.observation)
                json.member("ordinal", lead.ordinal)
            }
            json.member("own", own)
            json.member("packVersion", packVersion)
            json.name("result")
            result.write(to: &json)
            if let scene {
                // One a judgement, however many results.
                json.name("scene")
                json.raw(RegisterText.encode(scene))
            }
            if let shown {
                json.name("shown")
                shown.write(to: &json)
            }
        }
        return json.bytes
    }
}

extension ShownResult {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("catalogueVersion", catalogueVersion)
            json.member("comment", comment)
            json.name("flags")
            json.array(flags) { $0.text($1.rawValue) }
            if let interval {
                json.name("interval")
                interval.write(to: &json)
            }
            json.name("value")
            value.write(to: &json)
        }
    }
}

extension ResultFacts {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("analysis", analysis)
            json.member("analyzer", analyzer)
            json.member("calibrationUntil", calibrationUntil)
            json.member("components", components)
            json.name("control")
            json.object { json in
                json.member("state", control.state.rawValue)
                json.member("words", control.words)
            }
            json.name("dilution")
            dilution.write(to: &json)
            json.name("earlierRuns")
            json.array(earlierRuns) { $1.write(to: &$0) }
            json.member("edited", edited)
            json.name("flags")
            json.texts(flags)
            json.member("hasFreeComment", hasFreeComment)
            json.name("history")
            json.array(history) { $1.write(to: &$0) }
            json.member("id", id)
            json.name("indices")
            indices.write(to: &json)
            if let lastCall {
                json.name("lastCall")
                json.object { json in
                    json.member("at", lastCall.at)
                    json.member("value", lastCall.value.text)
                }
            }
            writeRest(to: &json)
        }
    }

    private func writeRest(to json: inout JSONBytes) {
        json.member("lineApproved", lineApproved)
        json.member("method", method)
        json.member("mode", mode.rawValue)
        json.member("observedAt", observedAt)
        json.member("origin", origin.rawValue)
        json.member("rawText", rawText)
        json.member("reagentUntil", reagentUntil)
        json.member("requested", requested)
        json.member("status", status)
        json.name("unknownFlags")
        json.texts(unknownFlags)
        if let value {
            json.name("value")
            value.write(to: &json)
        }
    }
}

extension DilutionFacts {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            switch self {
            case .none:
                json.name("none")
                json.object { _ in }
            case .made(let factor, let multiplied):
                json.name("made")
                json.object { json in
                    json.member("factor", factor.text)
                    json.member("multiplied", multiplied)
                }
            case .unknownFactor:
                json.name("unknownFactor")
                json.object { _ in }
            }
        }
    }
}

extension SerumIndices {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("freeHemoglobin", freeHemoglobin?.text)
            json.member("hemolysis", hemolysis?.text)
            json.member("icterus", icterus?.text)
            json.member("lipemia", lipemia?.text)
            json.member("measured", measured)
        }
    }
}

extension PriorResult {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("at", at)
            json.member("cancelled", cancelled)
            json.member("comparability", comparability)
            json.member("components", components)
            json.member("family", family)
            json.member("specimenKind", specimenKind)
            json.member("technicallyValidated", technicallyValidated)
            json.name("value")
            value.write(to: &json)
        }
    }
}

extension ResultEvaluation {
    fileprivate func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("analysis", analysis)
            json.name("checks")
            json.array(checks) { $0.text($1.stored) }
            json.name("flags")
            json.array(flags) { $0.text($1.rawValue) }
            json.member("id", id)
            if let interval {
                json.name("interval")
                interval.write(to: &json)
            }
            json.member("intervalKind", intervalKind?.rawValue)
            json.name("intervals")
            json.array(intervals) { $1.write(to: &$0) }
            json.member("isReleasable", isReleasable)
            json.member("isSuppressed", isSuppressed)
            json.member("outcome", outcome.rawValue)
            json.member("proposedDilution", proposedDilution?.text)
            json.name("value")
            value.write(to: &json)
        }
    }
}

extension DriverDescription {
    /// Every path of the description, with the key it is written under.
    var choices: [(key: String, choice: FieldChoice)] {
        var all: [(key: String, choice: FieldChoice)] = [
            ("specimen", paths.specimen), ("code", paths.code), ("value", paths.value), ("unit", paths.unit),
            ("flagsAt", paths.flags), ("status", paths.status), ("completed", paths.completed),
            ("started", paths.started), ("comment", paths.comment), ("dilution", paths.dilution),
            ("measure", paths.measured ?? .none), ("identity.patientID", identity.patientID),
            ("identity.family", identity.family), ("identity.given", identity.given),
            ("identity.birthDate", identity.birthDate), ("identity.sex", identity.sex),
        ]
        if dialect == .hl7 {
            all.append(("sub", paths.subIdentifier))
            all.append(("query.at", query.specimen))
        }
        if let comments = flags.comments {
            all.append(("flags.comments.at", comments.path))
            all += DriverDescription.choices(comments.conditions, "flags.comments.where")
        }
        all += DriverDescription.choices(controls, "controls") + DriverDescription.choices(ignored, "ignored")
        all += DriverDescription.choices(orderFlags, "orderFlags") + DriverDescription.choices(suspects, "suspects")
        return all
    }

    private static func choices(_ conditions: [FieldCondition], _ key: String) -> [(key: String, choice: FieldChoice)] {
        conditions.flatMap { [(key: key, choice: $0.path)] + choices($0.also, key) }
    }
}

// How the data types and the entities stand in the XML. Orders of children are those of the CDA schema.

extension XMLWriter {
    mutating func template(_ root: StaticString) { rooted("templateId", root) }

    mutating func id(_ id: ObjectID) {
        element(
            "id", ("root", id.root), ("extension", id.number), ("assigningAuthorityName", id.authority))
    }

    mutating func coded(_ name: StaticString, _ code: Coded) {
        element(
            name, ("code", code.code), ("displayName", code.display), ("codeSystem", code.system),
            ("codeSystemName", code.systemName))
    }

    /// A code that the narrative shows: `originalText/reference`, then the translations.
    mutating func coded(_ name: StaticString, _ code: Coded?, shownAt id: String, translations: [Coded] = []) {
        element(
            name, ("code", code?.code), ("displayName", code?.display), ("codeSystem", code?.system),
            ("codeSystemName", code?.systemName)
        ) { w in
            w.originalText(id)
            for translation in translations { w.coded("translation", translation) }
        }
    }
    mutating func originalText(_ id: String) {
        element("originalText") { $0.element("reference", ("value", "#" + id)) }
    }

    mutating func time(_ name: StaticString, _ stamp: Stamp) { element(name, ("value", stamp.text)) }

    mutating func period(_ name: StaticString, low: Stamp? = nil, high: Stamp?, type: String? = nil) {
        element(name, ("xsi:type", type)) { w in
            if let low { w.time("low", low) }
            if let high { w.time("high", high) }
        }
    }

    mutating func address(_ address: Address) {
        switch address {
        case .absent(let why): element("addr", ("nullFlavor", why.rawValue))
        case .lines(let lines, let use):
            element("addr", ("use", use)) { w in
                for line in lines { w.element("streetAddressLine", text: line) }
            }
        case .parts(let parts, let use):
            element("addr", ("use", use)) { w in
                if let text = parts.houseNumber { w.element("houseNumber", text: text) }
                if let text = parts.streetName { w.element("streetName", text: text) }
                if let text = parts.unit { w.element("unitID", text: text) }
                if let text = parts.postalCode { w.element("postalCode", text: text) }
                if let text = parts.city { w.element("city", text: text) }
                if let text = parts.country { w.element("country", text: text) }
            }
        }
    }

    mutating func telecoms(_ telecoms: [Telecom]) {
        for telecom in telecoms {
            switch telecom {
            case .absent(let why): element("telecom", ("nullFlavor", why.rawValue))
            case .address(let url, let use): element("telecom", ("value", url), ("use", use))
            }
        }
    }

    mutating func name(_ name: PersonName) {
        element("name") { w in
            if let prefix = name.prefix { w.element("prefix", text: prefix) }
            if let given = name.given { w.element("given", text: given) }
            w.element("family", text: name.family)
            if let suffix = name.suffix { w.element("suffix", text: suffix) }
        }
    }

    mutating func organization(_ tag: StaticString, _ organization: Organization) {
        element(tag) { w in
            for id in organization.ids { w.id(id) }
            w.element("name", text: organization.name)
            w.telecoms(organization.telecoms)
            w.address(organization.address)
            if let sector = organization.sector { w.coded("standardIndustryClassCode", sector) }
        }
    }

    /// The children common to assignedEntity, assignedAuthor and associatedEntity.
    mutating func professional(
        _ tag: StaticString, _ who: Professional, person: StaticString = "assignedPerson",
        organization: StaticString = "representedOrganization", classCode: String? = nil
    ) {
        element(tag, ("classCode", classCode)) { w in
            w.id(who.id)
            if let profession = who.profession { w.coded("code", profession) }
            w.address(who.address)
            w.telecoms(who.telecoms)
            w.element(person) { $0.name(who.name) }
            if let its = who.organization { w.organization(organization, its) }
        }
    }
}

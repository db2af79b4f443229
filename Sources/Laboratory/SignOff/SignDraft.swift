import Base

/// Why something that was signed is replaced.
package struct Amendment: Codable, Sendable, Hashable {
    package enum Reason: String, Codable, Sendable, CaseIterable {
        case identity = "ERREUR_IDENTITE"
        case result = "ERREUR_RESULTAT"
        case specimen = "ERREUR_PRELEVEMENT"
        case entry = "ERREUR_SAISIE"
        case interpretation = "ERREUR_INTERPRETATION"
        case other = "AUTRE"

        /// As the report says it.
        package var frenchText: String {
            switch self {
            case .identity: "erreur d'identité"
            case .result: "résultat erroné"
            case .specimen: "erreur de prélèvement"
            case .entry: "erreur de saisie"
            case .interpretation: "interprétation corrigée"
            case .other: "autre motif"
            }
        }
    }
    package var reason: Reason
    /// More of it in words; `other` needs them.
    package var words: String?
    package init(_ reason: Reason, words: String? = nil) {
        self.reason = reason
        self.words = words
    }

    package var frenchText: String {
        let more = (words ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if reason == .other { return more }
        return reason.frenchText + (more.isEmpty ? "" : " : " + more)
    }
    /// Whether the reader of the report learns why.
    package var saysWhy: Bool { reason != .other || frenchText.saysSomething }

    /// Title of the paragraph that tells it on the report.
    package static let title = "Rectification"
}

/// What a biologist wants of a signature beside the results as they stand.
package struct SignDraft: Codable, Sendable, Hashable {
    /// Analyses left for another signature.
    package var except: [String]
    /// Codes of the catalogue's comments.
    package var comments: [String]
    /// A comment in free words.
    package var note: String?
    package var amendment: Amendment?
    package init(
        except: [String] = [], comments: [String] = [], note: String? = nil, amendment: Amendment? = nil
    ) {
        self.except = except
        self.comments = comments
        self.note = note
        self.amendment = amendment
    }
}

/// Where a file stands in the biologist's queue, the gravest first.
package enum SignLane: String, Codable, Sendable, CaseIterable {
    case critical = "critique"
    case held = "retenu"
    case partial = "partiel"
    /// Nothing stops it: it may be signed with others.
    case proposable
}

extension Hold.Code {
    /// Whether it keeps a result out of a signature by lot. Any hold does; a known bias is only a comment (RULES
    /// section 1.2).
    package var stopsLot: Bool { self != .interferenceBias }
}

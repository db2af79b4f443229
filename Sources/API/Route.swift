package import Laboratory

/// Who may use a route.
package enum Access: Sendable, Hashable {
    /// Anybody with an account.
    case signedIn
    case needs(Permission)
}

/// One route of the API: the table of them is the whole of what can be asked.
package struct Route: Sendable {
    package var method: String
    /// Segments; those that begin with `:` are parameters.
    package var path: [String]
    package var access: Access
    /// Names that the query may hold; any other is refused.
    package var query: Set<String>
    package var handle: @Sendable (Call) async throws -> Answer

    init(
        _ method: String, _ path: String, _ access: Access, query: Set<String> = [],
        handle: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path.split(separator: "/").map { String($0) }
        self.access = access
        self.query = query
        self.handle = handle
    }

    /// Nil when the path is another's.
    func parameters(of segments: [String]) -> [String: String]? {
        guard segments.count == path.count else { return nil }
        var found = [String: String]()
        for (pattern, segment) in zip(path, segments) {
            if pattern.hasPrefix(":") {
                found[String(pattern.dropFirst())] = segment
            } else if pattern != segment {
                return nil
            }
        }
        return found
    }
}

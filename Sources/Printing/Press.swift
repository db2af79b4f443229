import Base
import CPango
import Synchronization

/// Pango's font map, made once (it costs as much as a page) and used by one task at a time: it belongs to no thread,
/// but Pango does not lock it.
enum Press {
    private struct State: @unchecked Sendable {
        var setter: Typesetter?
    }
    private static let state = Mutex(State())

    /// Runs `body` with the typesetter made ready for a new document. Refusals: `printing.pango`, `printing.font`, and
    /// those of `body`.
    static func use(_ body: (Typesetter) throws(Refusal) -> [UInt8]) throws(Refusal) -> [UInt8] {
        try state.withLock { state throws(Refusal) in
            let setter = try setter(of: &state)
            setter.begin()
            return try body(setter)
        }
    }

    /// Why a text cannot be printed as it is written.
    static func defect(in text: String) throws(Refusal) -> Refusal? {
        try state.withLock { state throws(Refusal) in try setter(of: &state).defect(in: text) }
    }

    private static func setter(of state: inout State) throws(Refusal) -> Typesetter {
        if let setter = state.setter { return setter }
        guard let fontMap = pango_cairo_font_map_new() else {
            throw Refusal("printing.pango", because: "Pango ne répond pas", remedy: "réinstaller libpangocairo-1.0-0")
        }
        // The context keeps the map.
        defer { g_object_unref(UnsafeMutableRawPointer(fontMap)) }
        let setter = try Typesetter(fontMap)
        state.setter = setter
        return setter
    }
}

/// The minimal lower layer protocol: `0x0B` message `0x1C 0x0D` (HL7 v2 implementation guide, appendix C).
package enum MLLP {
    package static let startBlock: UInt8 = 0x0B
    package static let endBlock: UInt8 = 0x1C
    package static let carriageReturn: UInt8 = 0x0D
    /// Bytes of one message that are accepted by default: a CDA with its PDF makes 0.3 to 1 MB (PFI sheet section 7),
    /// mailboxes refuse above 25 MB.
    package static let defaultLimit = 32 * 1024 * 1024

    package static let blockStart = [startBlock]
    package static let blockEnd = [endBlock, carriageReturn]

    package static func frame(_ message: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(message.count + 3)
        out.append(startBlock)
        out += message
        out.append(endBlock)
        out.append(carriageReturn)
        return out
    }
}

/// Cuts a stream of bytes into MLLP blocks. Bytes in by `push`, whole messages out; what the peer does wrong is
/// counted.
package struct MLLPFramer: Sendable {
    package enum Event: Sendable, Equatable {
        /// A whole block, without its framing.
        case message([UInt8])
        /// A block that passed the limit; it is skipped up to its end, and so many bytes were thrown away.
        case oversize(Int)
        /// A new block began, or the line closed, in the middle of one: so many bytes were lost.
        case halfMessage(Int)
    }
    private enum State { case outside, inside, skipping, afterEnd }

    package let limit: Int
    /// Bytes met between blocks, other than CR and LF.
    package private(set) var junk = 0
    /// Ends of block that no carriage return followed.
    package private(set) var missingReturns = 0
    private var state = State.outside
    private var block: [UInt8] = []
    private var skipped = 0

    package init(limit: Int = MLLP.defaultLimit) { self.limit = limit }

    /// A block is open: the peer owes us its end.
    package var isInsideBlock: Bool { state == .inside || state == .skipping }
    /// The open block has passed the limit.
    package var isOversize: Bool { state == .skipping }

    package mutating func push(_ bytes: [UInt8]) -> [Event] { push(bytes[...]) }

    package mutating func push(_ bytes: ArraySlice<UInt8>) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        while let byte = rest.first {
            switch state {
            case .inside:
                let run = rest.prefix { $0 != MLLP.endBlock && $0 != MLLP.startBlock }
                guard block.count + run.count <= limit else {
                    skipped = block.count
                    block = []
                    state = .skipping
                    continue
                }
                block += run
                rest = rest.dropFirst(run.count)
                guard let mark = rest.first else { break }
                // A start mark inside a block: the peer gave up the first message and began again.
                events.append(mark == MLLP.endBlock ? .message(block) : .halfMessage(block.count))
                block = []
                state = mark == MLLP.endBlock ? .afterEnd : .inside
                rest = rest.dropFirst()
            case .skipping:
                let run = rest.prefix { $0 != MLLP.endBlock && $0 != MLLP.startBlock }
                skipped += run.count
                rest = rest.dropFirst(run.count)
                guard let mark = rest.first else { break }
                events.append(.oversize(skipped))
                skipped = 0
                state = mark == MLLP.endBlock ? .afterEnd : .inside
                rest = rest.dropFirst()
            case .afterEnd:
                // Delivered at the end mark: a peer that forgets the return must not wait for our answer.
                state = .outside
                if byte == MLLP.carriageReturn { rest = rest.dropFirst() } else { missingReturns += 1 }
            case .outside:
                if byte == MLLP.startBlock {
                    state = .inside
                } else if byte != 0x0D && byte != 0x0A {
                    junk += 1
                }
                rest = rest.dropFirst()
            }
        }
        return events
    }

    /// The line closed.
    package mutating func finish() -> [Event] {
        defer {
            state = .outside
            block = []
            skipped = 0
        }
        switch state {
        case .inside: return [.halfMessage(block.count)]
        case .skipping: return [.oversize(skipped)]
        case .outside, .afterEnd: return []
        }
    }
}

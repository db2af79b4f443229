package import Base

/// Where the receiver stands (LIS01-A2 sections 6.2 to 6.5, and the receiver's state table of the standard).
///
///     neutral ──ENQ/ACK──▶ waiting ──good frame──▶ storing ──stored/ACK──▶ waiting
///        ▲                 │  ▲ └──bad frame/NAK──┐
///        └─EOT, 30 s───────┘  └───────────────────┘
package enum ReceiverState: Sendable, Equatable, CustomStringConvertible {
    case neutral
    /// In a session; the next frame has this number.
    case waiting(next: Int)
    /// A good frame of this number is being made durable; nothing is answered meanwhile.
    case storing(number: Int)

    package var description: String {
        switch self {
        case .neutral: "neutral"
        case .waiting(let next): "waiting for frame \(next)"
        case .storing(let number): "storing frame \(number)"
        }
    }
}

/// The receiving half of a link. Handlers append what to do to `actions`; time is an argument.
package struct Receiver: Sendable {
    package private(set) var state = ReceiverState.neutral
    package let settings: LinkSettings
    /// How often each deviation was met.
    package private(set) var deviations: [Deviation: Int] = [:]
    /// Answer the next enquiry with NAK: we cannot receive (LIS01-A2 section 6.2.6).
    package var isBusy = false
    /// Acknowledge good frames without waiting for `stored(at:)`: for recordings and measurements only.
    package let acknowledgesAtOnce: Bool

    private var reader: FrameReader
    private var assembler = MessageAssembler()
    /// The last accepted frame of this session, to know it when it comes again.
    private var last: ReceivedFrame?
    /// `settings.timers.frame` in milliseconds, counted once: 128-bit durations are slow.
    private let frameTimer: Int64
    private let plainLimit: Int
    private var framesInSession = 0
    private var wantsInterrupt = false
    private var stored: ReceivedFrame?
    /// Bytes that came while a frame was being stored.
    private var pending: [UInt8] = []
    private var pendingStart = 0
    private var frameDue: Instant?
    private var tailDue: Instant?

    /// What may wait behind a frame that is being stored: two of the longest.
    package static let pendingLimit = 2 * Framing.frameLimit

    package init(settings: LinkSettings, acknowledgesAtOnce: Bool = false) {
        self.settings = settings
        self.acknowledgesAtOnce = acknowledgesAtOnce
        reader = FrameReader(settings: settings)
        plainLimit = FrameReader.plainLimit(settings)
        let start = Instant(milliseconds: 0)
        frameTimer = start.advanced(by: settings.timers.frame).milliseconds
    }

    private mutating func expectFrame(after now: Instant) {
        frameDue = Instant(milliseconds: now.milliseconds + frameTimer)
    }

    /// When `timeReached(at:)` must be called, if nothing comes before.
    package var deadline: Instant? {
        guard let frameDue, let tailDue else { return frameDue ?? tailDue }
        return min(frameDue, tailDue)
    }

    // MARK: handlers

    package mutating func received(
        _ bytes: UnsafeBufferPointer<UInt8>, at now: Instant, into actions: inout [LinkAction]
    ) {
        if case .storing = state {
            keepForLater(bytes)
            return
        }
        // A clock that runs late must not make one of a frame and of what came long after it.
        if let due = tailDue, due <= now { fallSilent(at: now, into: &actions) }
        if case .storing = state {
            keepForLater(bytes)
            return
        }
        var piece = Piece()
        process(bytes, &piece, at: now, into: &actions)
        guard piece.position < bytes.count else { return }
        let rest = bytes.count - piece.position
        if let kept = piece.kept, pending.isEmpty, rest <= Receiver.pendingLimit {
            pending = kept
            pendingStart = piece.position
        } else {
            keepForLater(UnsafeBufferPointer(rebasing: bytes[piece.position...]))
        }
    }

    /// The frame of the last `.store` is durable: acknowledge it and go on.
    package mutating func stored(at now: Instant, into actions: inout [LinkAction]) {
        guard case .storing = state, let frame = stored else { return }
        stored = nil
        accept(frame, at: now, into: &actions)
        processPending(at: now, into: &actions)
    }

    /// The frame of the last `.store` could not be made durable: it is refused, and the sender will send it again.
    package mutating func notStored(at now: Instant, into actions: inout [LinkAction]) {
        guard case .storing(let number) = state else { return }
        stored = nil
        state = .waiting(next: number)
        expectFrame(after: now)
        actions.append(.reply([Control.nak]))
        processPending(at: now, into: &actions)
    }

    package mutating func timeReached(at now: Instant, into actions: inout [LinkAction]) {
        if let due = tailDue, due <= now { fallSilent(at: now, into: &actions) }
        if let due = frameDue, due <= now { endSession(.timedOut, into: &actions) }
    }

    private mutating func fallSilent(at now: Instant, into actions: inout [LinkAction]) {
        tailDue = nil
        switch reader.fallSilent() {
        case .frame: frameEnded(at: now, into: &actions)
        case .control(let byte): control(byte, at: now, into: &actions)
        case nil: break
        }
    }

    /// Ask the sender for the line: the next good frame is answered with EOT (LIS01-A2 section 6.3.5).
    package mutating func interrupt() { wantsInterrupt = true }

    /// The line is gone: nothing that was waiting will be answered.
    package mutating func lineLost(into actions: inout [LinkAction]) {
        stored = nil
        pending = []
        pendingStart = 0
        if state != .neutral { endSession(.lineLost, into: &actions) }
    }

    /// An enquiry seen by the link while it was sending is answered here.
    mutating func enquired(at now: Instant, into actions: inout [LinkAction]) {
        control(Control.enq, at: now, into: &actions)
    }

    mutating func count(_ deviation: Deviation, into actions: inout [LinkAction]) {
        deviations[deviation, default: 0] += 1
        actions.append(.deviation(deviation))
    }

    // MARK: bytes

    private mutating func keepForLater(_ bytes: UnsafeBufferPointer<UInt8>) {
        pending.removeFirst(pendingStart)
        pendingStart = 0
        let room = Receiver.pendingLimit - pending.count
        if bytes.count > room { deviations[.overrun, default: 0] += 1 }
        pending += bytes.prefix(max(0, room))
    }

    private mutating func processPending(at now: Instant, into actions: inout [LinkAction]) {
        guard pendingStart < pending.count else { return }
        let waiting = pending
        pending = []
        var piece = Piece(position: pendingStart, kept: waiting)
        waiting.withUnsafeBufferPointer { process($0, &piece, at: now, into: &actions) }
        pendingStart = piece.position
        if piece.position < waiting.count { pending = waiting } else { pendingStart = 0 }
    }

    /// How far a piece of the line's bytes has been read, and the copy of it that its frames share, once one needs it.
    private struct Piece {
        var position = 0
        var kept: [UInt8]?
        mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
            if let kept { return kept }
            let copy = Array(bytes)
            kept = copy
            return copy
        }
    }

    private mutating func process(
        _ bytes: UnsafeBufferPointer<UInt8>, _ piece: inout Piece, at now: Instant, into actions: inout [LinkAction]
    ) {
        while piece.position < bytes.count {
            switch state {
            case .storing: return
            case .neutral:
                skipJunk(bytes, &piece.position, into: &actions)
                if piece.position < bytes.count {
                    piece.position += 1
                    control(Control.enq, at: now, into: &actions)
                    skipEcho(bytes, &piece.position, into: &actions)
                }
            case .waiting:
                if !reader.isInFrame,
                    let plain = FrameReader.plainFrame(bytes, at: piece.position, limit: plainLimit)
                {
                    piece.position = plain.place.upperBound
                    tailDue = nil
                    expectFrame(after: now)
                    let frame = ReceivedFrame(
                        storage: piece.keep(bytes), place: plain.place, textEnd: plain.textEnd, number: plain.number,
                        isEnd: plain.isEnd)
                    judge(frame, at: now, into: &actions)
                    continue
                }
                let event = reader.next(bytes, &piece.position)
                switch event {
                case .frame: frameEnded(at: now, into: &actions)
                case .control(let byte):
                    control(byte, at: now, into: &actions)
                    if byte == Control.enq {
                        skipEcho(bytes, &piece.position, into: &actions)
                    } else if byte != Control.eot {
                        skipStray(bytes, &piece.position)
                    }
                case nil: break
                }
            }
        }
        if case .waiting = state {
            if reader.isInFrame { expectFrame(after: now) }
            tailDue = reader.isWaitingForTail ? now.advanced(by: settings.timers.tail) : nil
        }
    }

    /// In the neutral state only ENQ means something (section 6.2).
    private mutating func skipJunk(
        _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int, into actions: inout [LinkAction]
    ) {
        let start = position
        while position < bytes.count, bytes[position] != Control.enq { position += 1 }
        if position > start { count(.bytesInNeutralState, into: &actions) }
    }

    /// An enquiry doubled by the line is answered once: the sender would take a second acknowledgement for that of its
    /// first frame, and if that frame is lost, report as delivered what nobody has.
    private mutating func skipEcho(
        _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int, into actions: inout [LinkAction]
    ) {
        while position < bytes.count, bytes[position] == Control.enq {
            position += 1
            count(.enquiryDuringTransfer, into: &actions)
        }
    }

    /// Between frames a run of meaningless bytes is one deviation.
    private func skipStray(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) {
        while position < bytes.count, bytes[position] != Control.stx, bytes[position] != Control.enq,
            bytes[position] != Control.eot
        {
            position += 1
        }
    }

    private mutating func control(_ byte: UInt8, at now: Instant, into actions: inout [LinkAction]) {
        switch (byte, state) {
        case (Control.enq, .neutral): establish(at: now, into: &actions)
        case (Control.enq, _):
            count(.enquiryDuringTransfer, into: &actions)
            if settings.enquiryDuringTransfer == .restart {
                endSession(.restarted, into: &actions)
                establish(at: now, into: &actions)
            } else {
                expectFrame(after: now)
                actions.append(.reply([Control.nak]))
            }
        case (Control.eot, .waiting): endSession(.ended, into: &actions)
        case (_, .neutral): count(.bytesInNeutralState, into: &actions)
        case (_, _):
            // Line ends between frames are the rest of an odd tail; not worth an action each.
            if byte == Control.cr || byte == Control.lf {
                deviations[.strayBytes, default: 0] += 1
            } else {
                count(.strayBytes, into: &actions)
            }
        }
    }

    // MARK: session

    private mutating func establish(at now: Instant, into actions: inout [LinkAction]) {
        guard !isBusy else {
            actions.append(.reply([Control.nak]))
            return
        }
        state = .waiting(next: 1)
        last = nil
        framesInSession = 0
        wantsInterrupt = false
        reader.abandon()
        expectFrame(after: now)
        actions.append(.sessionBegan)
        actions.append(.reply([Control.ack]))
    }

    private mutating func endSession(_ reason: SessionEnd, into actions: inout [LinkAction]) {
        if reader.isInFrame {
            reader.abandon()
            count(.frameUnended, into: &actions)
        }
        deliver(assembler.flush(), into: &actions)
        if framesInSession == 0, reason == .ended { count(.emptySession, into: &actions) }
        state = .neutral
        last = nil
        frameDue = nil
        tailDue = nil
        actions.append(.sessionEnded(reason))
    }

    private mutating func frameEnded(at now: Instant, into actions: inout [LinkAction]) {
        guard case .waiting = state else { return }
        for deviation in reader.tolerated { count(deviation, into: &actions) }
        tailDue = nil
        expectFrame(after: now)
        if let fault = reader.fault { return refuse(fault, reader.frame, into: &actions) }
        guard let number = reader.number else { return refuse(.frameNumberMissing, reader.frame, into: &actions) }
        judge(
            ReceivedFrame(raw: reader.frame, textRange: 2..<reader.textEnd, number: number, isEnd: reader.isEnd),
            at: now, into: &actions)
    }

    /// Is this well-formed frame the one that should come now?
    private mutating func judge(_ frame: consuming ReceivedFrame, at now: Instant, into actions: inout [LinkAction]) {
        guard case .waiting(let next) = state else { return }
        if frame.number == last?.number, settings.frameNumber != .strict {
            if let last, frame.body.elementsEqual(last.body) {
                count(.frameRepeated, into: &actions)
                actions.append(.reply([Control.ack]))
                return
            }
            if settings.frameNumber == .repeatOk { return refuse(.frameNumberReused, frame.raw, into: &actions) }
        }
        if frame.number != next {
            if settings.frameNumber != .ignore { return refuse(.frameNumberUnexpected, frame.raw, into: &actions) }
            count(.frameNumberUnexpected, into: &actions)
        }
        if frame.isEnd, let end = frame.lastOfText, end != Control.cr, end != Control.lf {
            count(.recordEndMissing, into: &actions)
        }
        actions.append(.store(copy frame))
        if acknowledgesAtOnce {
            accept(frame, at: now, into: &actions)
        } else {
            state = .storing(number: frame.number)
            stored = frame
            frameDue = nil
        }
    }

    private mutating func refuse(_ reason: Deviation, _ raw: [UInt8], into actions: inout [LinkAction]) {
        count(reason, into: &actions)
        actions.append(.refused(raw, reason))
        actions.append(.reply([Control.nak]))
    }

    private mutating func accept(_ frame: consuming ReceivedFrame, at now: Instant, into actions: inout [LinkAction]) {
        state = .waiting(next: (frame.number + 1) % 8)
        framesInSession += 1
        expectFrame(after: now)
        actions.append(wantsInterrupt ? .reply([Control.eot]) : .reply([Control.ack]))
        wantsInterrupt = false
        let isEnd = frame.isEnd
        deliver(frame.withText { assembler.add($0, isEnd: isEnd) }, into: &actions)
        last = frame
    }

    private mutating func deliver(
        _ messages: [(text: [UInt8], isComplete: Bool)], into actions: inout [LinkAction]
    ) {
        for message in messages {
            if !message.isComplete { count(.messageIncomplete, into: &actions) }
            actions.append(.message(message.text, isComplete: message.isComplete))
        }
    }
}

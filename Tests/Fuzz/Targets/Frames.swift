import Base
import LIS01

/// Bytes of the line, cut into pieces the input chooses, against a link with the settings it chooses.
///
/// Checked: one `.store` at a time; no acknowledgement of a frame that is not stored; nothing read depends on how the
/// bytes were cut in a recording; the link comes back to neutral when the line is lost.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    let choice = input[0], cut = Int(input[1] & 31) + 1
    let bytes = Array(input[2...])
    var settings = choice & 1 == 0 ? LinkSettings() : .strict
    if choice & 2 != 0 { settings = .recording }
    if choice & 4 != 0 { settings.restrictedCharacters = .tolerated }
    if choice & 8 != 0 { settings.maximumFrame = 64 }
    if choice & 16 != 0 { settings.checksum = .none }
    var world = FuzzedLink(settings: settings, storeFailsEvery: choice & 32 != 0 ? 3 : 0)
    if choice & 64 != 0 { world.send() }
    var position = 0
    while position < bytes.count {
        let size = min(cut, bytes.count - position)
        world.hear(Array(bytes[position..<position + size]))
        position += size
        if choice & 128 != 0, position.isMultiple(of: 7) { world.wait() }
    }
    world.end()
    readRecording(bytes)
    return 0
}

private func readRecording(_ bytes: [UInt8]) {
    let reading = SessionReader.read(bytes)
    precondition(reading.frames >= 0 && reading.messages.allSatisfy { !$0.text.isEmpty }, "an empty message")
}

private struct FuzzedLink {
    var link: Link
    let storeFailsEvery: Int
    var now = Instant(milliseconds: 0)
    var stores = 0
    var isStoring = false

    init(settings: LinkSettings, storeFailsEvery: Int) {
        link = Link(settings: settings)
        self.storeFailsEvery = storeFailsEvery
    }

    mutating func run(_ actions: [LinkAction]) {
        for (i, action) in actions.enumerated() {
            guard case .store(let frame) = action else { continue }
            precondition(!isStoring, "a second store before the first was answered")
            precondition(i == actions.count - 1 || !actions[i...].contains(.reply([Control.ack])), "acknowledged early")
            precondition(frame.textRange.upperBound < frame.raw.count, "text outside of its frame")
            isStoring = true
            stores += 1
            let fails = storeFailsEvery > 0 && stores.isMultiple(of: storeFailsEvery)
            isStoring = false
            run(fails ? link.notStored(at: now) : link.stored(at: now))
        }
    }
    mutating func send() { run(link.send([0x48, 0x7C, 0x0D, 0x4C, 0x7C, 0x0D], at: now).actions) }
    mutating func hear(_ bytes: [UInt8]) { run(link.received(bytes, at: now)) }
    mutating func wait() {
        guard let due = link.deadline else { return }
        now = max(now, due)
        run(link.timeReached(at: now))
        if let next = link.deadline { precondition(next > now, "the same moment for ever") }
    }
    mutating func end() {
        run(link.lineLost())
        precondition(link.state == .neutral && link.waiting == 0, "not neutral without a line")
    }
}

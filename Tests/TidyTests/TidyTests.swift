import Testing

@Suite struct `The house is tidy` {
    private func expectNone(_ findings: [Finding], _ location: SourceLocation = #_sourceLocation) {
        let list = findings.map { "  \($0)" }.joined(separator: "\n")
        guard !findings.isEmpty else { return }
        Testing.Issue.record("\(findings.count) untidy places:\n\(list)", sourceLocation: location)
    }

    @Test func `the sources are found`() throws {
        #expect(House.sources.count > 20)
        #expect(try House.manifest().rooms.filter { $0.kind == .room }.count >= 8)
    }

    @Test func `lines have 120 characters or fewer`() {
        expectNone(House.sources.flatMap { Check.lineLengths($0.path, $0.text) })
    }

    @Test func `functions have 70 lines or fewer`() {
        expectNone(House.sources.flatMap { Check.functionLengths($0.path, $0.text) })
    }

    @Test func `files have 600 lines or fewer, unless listed`() {
        expectNone(House.sources.flatMap { Check.fileLength($0.path, $0.text, listed: House.longFiles) })
        for path in House.longFiles.keys { #expect(House.exists(path), "\(path) is listed and gone") }
    }

    @Test func `pure rooms import what the manifest lets them`() throws {
        let manifest = try House.manifest()
        expectNone(
            House.sources.flatMap { source -> [Finding] in
                guard let room = manifest.room(of: source.path), room.kind == .room else { return [] }
                let decodes = House.decodingRooms.contains(room.name)
                return Check.imports(source.path, room: room, source.text, decodes: decodes)
            })
    }

    @Test func `pure rooms depend on pure rooms only`() throws {
        let rooms = try House.manifest().rooms
        for room in rooms where room.kind == .room {
            for name in room.imports {
                let kind = rooms.first { $0.name == name }?.kind
                #expect(kind == .room || kind == .c, "Package.swift: room \(room.name) imports the shell \(name)")
            }
        }
    }

    @Test func `nothing of the ban list is written`() throws {
        let manifest = try House.manifest()
        expectNone(
            House.sources.flatMap { source in
                let isPure = manifest.room(of: source.path)?.kind == .room
                return Check.bans(source.path, isPure: isPure, source.text, bans: House.bans)
            })
    }

    @Test func `links in documents lead somewhere`() throws {
        let documents = House.files.filter { $0.hasSuffix(".md") }
        expectNone(try documents.flatMap { Check.links($0, try House.text($0), exists: House.exists) })
    }

    @Test func `the top of the repository holds the known names only`() {
        let names = Set(House.files.compactMap { $0.split(separator: "/").first.map { String($0) } })
        for name in names.subtracting(House.topLevel).sorted() {
            Testing.Issue.record("\(name) → move it into a known folder, or add its name to House.topLevel")
        }
    }

    @Test func `every folder of sources is a room of the manifest`() throws {
        let paths = try House.manifest().rooms.map(\.path)
        for source in House.sources where source.path.hasPrefix("Sources/") || source.path.hasPrefix("Simulators/") {
            #expect(
                paths.contains { source.path.hasPrefix($0 + "/") },
                "\(source.path) is in no room → declare its room in Package.swift")
        }
    }
}

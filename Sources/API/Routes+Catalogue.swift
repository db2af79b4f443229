import Base
import Catalog
import Client
import Laboratory
import Quality
import Rules
import Workflow

/// Versions of the catalogue, and what biologists stand for.
extension LaboratoryAPI {
    var catalogueRoutes: [Route] {
        [
            Route("GET", "/v1/catalogue/versions", .needs(.read)) { call in
                try .json(try await desk.catalogueVersions().map { CatalogueVersionView($0, call) })
            },
            Route("POST", "/v1/catalogue/versions", .needs(.publishCatalogue)) { call in
                let body = try call.decoded(PublishBody.self)
                try await checkAnalyzers(of: body.files.map(\.file))
                let made = try await desk.publish(body.files.map(\.file), reason: body.reason, by: call.author)
                let mappings = MappedCode.read(body.files.map(\.file))
                var view = CatalogueVersionView(made, call)
                if !mappings.isEmpty {
                    view.mappings = mappings.count
                    view.mappingsTaken = try await control?.take(mappings, by: call.author) ?? 0
                }
                return try .json(view, status: 201)
            },
            Route("GET", "/v1/catalogue/files", .needs(.read), query: ["version", "settled"]) { call in
                if call.query["settled"] == "true" {
                    let files = try await desk.exportedFiles()
                    return try .json(
                        MappedCode.add(await control?.mappings() ?? [], to: files).map { CatalogueFileBody($0) })
                }
                let number = try call.number("version", in: 1...Int.max)
                return try .json(try await desk.catalogueFiles(number: number).map { CatalogueFileBody($0) })
            },
            Route("GET", "/v1/catalogue/approvals", .needs(.read)) { call in
                let days = desk.shelf.pack.policy.warnDays
                return try .json(
                    try await desk.approvals(of: approvable).map { approval in
                        var view = ApprovalView(approval, call)
                        view.daysLeft = approval.daysLeft(at: call.now).flatMap { $0 < days ? $0 : nil }
                        return view
                    })
            },
            Route("POST", "/v1/catalogue/approvals", .needs(.sign)) { call in
                try .json(try await approve(try call.decoded(ApproveBody.self), call))
            },
            Route("GET", "/v1/catalogue/single-biologist", .needs(.read)) { call in
                try .json(ApprovalView(try await desk.singleBiologistApproval(), call))
            },
            Route("POST", "/v1/catalogue/single-biologist", .needs(.sign)) { call in
                let body = try call.decoded(SingleBiologistBody.self)
                let made = try await desk.declareSingleBiologist(
                    body.withdraw != true, reason: body.reason, by: call.author)
                return try .json(ApprovalView(made, call))
            },
        ]
    }

    /// A name that no analyzer bears is a slip: its line would serve nobody, and the results of the one that was meant
    /// would have no method, or no threshold of interference.
    private func checkAnalyzers(of files: [CatalogFile]) async throws {
        let known = Set(await live.analyzers().map(\.name))
        guard let stranger = try desk.analyzersNamed(in: files).first(where: { !known.contains($0.name) }) else {
            return
        }
        throw Refusal(
            "analyzer.unknown", at: "\(stranger.place) : \(stranger.name)",
            because: "aucun automate ne porte ce nom",
            remedy: known.isEmpty
                ? "aucun automate n'est configuré ici : l'ajouter à la configuration, puis analyzers reload"
                : "employer : " + known.sorted().joined(separator: ", "))
    }

    /// Everything that can be approved now.
    private var approvable: [ApprovalSubject] {
        get throws(CommandFailure) {
            var subjects = [ApprovalSubject]()
            for analysis in desk.catalogue.analyses {
                subjects.append(try desk.approvalSubject(analysis: analysis.code))
            }
            return subjects + rules + desk.shelf.tables.controlSubjects.map { ApprovalSubject($0) }
        }
    }

    private var rules: [ApprovalSubject] { desk.shelf.pack.approvable.map { ApprovalSubject($0) } }

    private func approve(_ body: ApproveBody, _ call: Call) async throws -> [ApprovalView] {
        var subjects = [ApprovalSubject]()
        if body.all == true {
            guard body.withdraw != true, body.analyses == nil, body.rules == nil, body.controls == nil else {
                throw Refusal(
                    "body.choice", at: "all",
                    because: "« all » ne se combine ni avec « analyses », « rules », « controls », ni avec un retrait",
                    remedy: "nommer les lignes")
            }
            // Rules are among them when the end that they need is given; the standing approval of mode B never is, nor
            // that of no control at all.
            let standing = ApprovalSubject.name(of: RulePack.standingReference)
            let all = try approvable.filter {
                !$0.isExemption && (!$0.isRule || (body.until != nil && $0.name != standing))
            }
            for (subject, state) in zip(all, try await desk.approvals(of: all)) where state.state != .approved {
                subjects.append(subject)
            }
        }
        for rule in body.rules ?? [] { subjects.append(try desk.approvalSubject(rule: rule)) }
        for control in body.controls ?? [] {
            subjects.append(
                try await desk.approvalSubject(control: control, withdrawing: body.withdraw == true))
        }
        for code in body.analyses ?? [] { subjects.append(try desk.approvalSubject(analysis: code)) }
        guard !subjects.isEmpty else {
            guard body.all == true else {
                throw Refusal(
                    "catalogue.approve.nothing", because: "aucune ligne à approuver",
                    remedy: "nommer des analyses ; « catalogue coverage » montre ce qui reste à l'état brouillon")
            }
            let all = try approvable
            let left = ApprovalsLeft(try await desk.approvals(of: all).map { ApprovalView($0, call) })
            throw Refusal(
                "catalogue.approve.nothing",
                because: (["tout ce que --all approuve l'est déjà"] + left.words).joined(separator: " ; "),
                remedy: left.remedies.isEmpty
                    ? "rien à faire : « catalogue approvals --lines » dit qui en répond"
                    : left.remedies.joined(separator: " ; "))
        }
        if body.withdraw == true {
            try await desk.withdrawApproval(subjects, reason: body.reason, by: call.author)
        } else {
            try await desk.approve(
                subjects, reason: body.reason, until: try call.instant(body.until, at: "until"), by: call.author)
        }
        var views = try await desk.approvals(of: subjects).map { ApprovalView($0, call) }
        if body.withdraw == true {
            let waiting = try await desk.resultsWaiting(under: subjects)
            for (place, count) in waiting.enumerated() { views[place].waiting = count }
        }
        return views
    }
}

extension CatalogueVersionView {
    init(_ publication: CataloguePublication, _ call: Call) {
        self.init(
            number: publication.number, version: publication.version, author: publication.author,
            at: call.moment(publication.at), reason: publication.reason, analyses: publication.analyses,
            changes: publication.changes)
    }
}
extension ApprovalView {
    init(_ approval: CatalogueApproval, _ call: Call) {
        self.init(
            subject: approval.subject, state: approval.state.rawValue, author: approval.author,
            at: approval.at.map { call.moment($0) }, until: approval.until.map { call.moment($0) })
    }
}

// `annexes/rattachements.csv`: what `triage map` taught the drivers, for the laboratory that takes the catalogue over.
extension MappedCode {
    private static let file = "annexes/rattachements.csv"
    private static let columns = [
        "automate", "code", "analyse", "unite_recue", "unite", "facteur", "par", "le", "motif",
    ]
    private var cells: [String] { [analyzer, code, analysis, sentUnit, unit, factor, author, at, reason] }

    /// With those of the version in force, each once; no table when there is none.
    static func add(_ mappings: [MappedCode], to files: [CatalogFile]) -> [CatalogFile] {
        var lines = read(files).map(\.cells)
        let known = Set(lines)
        let added = mappings.map(\.cells).filter { !known.contains($0) }
        if added.isEmpty { return files }
        lines += added
        let table = CatalogueTables.Table(name: file, columns: columns, lines: lines)
        return files.filter { $0.name != file } + [CatalogFile(name: file, bytes: Array(table.csv.utf8))]
    }

    static func read(_ files: [CatalogFile]) -> [MappedCode] {
        guard let annex = files.first(where: { $0.name == file }), let table = CatalogueTables([annex])[file] else {
            return []
        }
        return table.rows.map { row in
            MappedCode(
                analyzer: table.cell(row, "automate"), code: table.cell(row, "code"),
                analysis: table.cell(row, "analyse"), sentUnit: table.cell(row, "unite_recue"),
                unit: table.cell(row, "unite"), factor: table.cell(row, "facteur"), author: table.cell(row, "par"),
                at: table.cell(row, "le"), reason: table.cell(row, "motif"))
        }
    }
}

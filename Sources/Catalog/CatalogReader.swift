import Base

/// The values of the files, before anybody may use them.
struct CatalogueContent {
    var sections: [Section] = []
    var specimens: [SpecimenKind] = []
    var tubes: [Tube] = []
    var analyses: [Analysis] = []
    var intervals: [ReferenceInterval] = []
    var panels: [Panel] = []
}

/// Reads the files and collects every finding on the way.
struct CatalogReader {
    private(set) var findings: [CatalogFinding] = []
    init(files: [CatalogFile]) {}
    mutating func read() -> CatalogueContent { CatalogueContent() }
    var sortedFindings: [CatalogFinding] { findings }
}

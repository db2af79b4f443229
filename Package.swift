// swift-tools-version: 6.3
import PackageDescription

// The manifest is the architecture: a *room* is pure (values in, values out), a *shell* touches the world.
// Each line says what a room may import; `--explicit-target-dependency-import-check error` makes that a law.
// Set PAILLASSE_ROOMS=pure (no external package), nio, store, exchange (nio, store and the way out) or all (default)
// to build a part of the house.

let parts = Context.environment["PAILLASSE_ROOMS"] ?? "all"
let withNIO = ["nio", "exchange", "all"].contains(parts)
let withStore = ["store", "exchange", "all"].contains(parts)
let withExchange = ["exchange", "all"].contains(parts)
let withServer = parts == "all"

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, at path: String? = nil, imports: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: imports, path: path ?? "Sources/\(name)", swiftSettings: settings)
}
func shell(_ name: String, at path: String? = nil, imports: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: imports, path: path ?? "Sources/\(name)", swiftSettings: settings)
}
func program(_ name: String, at path: String, imports: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: imports, path: path, swiftSettings: settings)
}
func c(_ name: String, cSettings: [CSetting] = [], linker: [LinkerSetting] = []) -> Target {
    .target(name: name, path: "Sources/\(name)", cSettings: cSettings, linkerSettings: linker)
}
func tests(_ name: String, at path: String? = nil, imports: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: imports, path: path ?? "Tests/\(name)", swiftSettings: settings)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

var packages: [Package.Dependency] = []
var targets: [Target] = [
    room("Base", imports: ["CScan"]),
    c("CScan", cSettings: [.unsafeFlags(["-O3"])]),
    room("JSON5", imports: ["Base"]),
    room("LIS01", imports: ["Base", "CScan"]),
    room("LIS2", imports: ["Base", "CScan"]),
    room("HL7v2", imports: ["Base"]),
    room("CDA", imports: ["Base"]),
    room("Catalog", imports: ["Base"]),
    room("Laboratory", imports: ["Base", "Catalog"]),
    room("Quality", imports: ["Base", "Catalog"]),
    room("Rules", imports: ["Base", "JSON5", "Catalog", "Laboratory"]),
    room("Drivers", imports: ["Base", "JSON5", "LIS01", "LIS2", "HL7v2", "Catalog", "Laboratory"]),
    room("Report", imports: ["Base", "Catalog", "Laboratory", "CDA", "HL7v2"]),
    room("Console", imports: ["Base", "Laboratory"]),
    .systemLibrary(name: "CPango", path: "Sources/CPango", pkgConfig: "pangocairo"),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
    shell("Printing", imports: ["Base", "Quality", "Report", "CPango", "CZlib"]),
    room(
        "AnalyzerSimulator", at: "Simulators/Analyzer",
        imports: ["Base", "JSON5", "LIS01", "LIS2", "HL7v2", "Catalog", "Laboratory", "Drivers"]),

    // Children of the tests: see its comment before using Foundation's `Process`.
    .target(name: "TestSupport", dependencies: ["Base"], path: "Tests/Support/Children", swiftSettings: settings),
    // The official judges, in processes of their own.
    shell("Judges", at: "Tests/Support/Judges", imports: ["TestSupport"]),
    // Signed reports from a seed, every case and pair of cases.
    room("ReportSamples", at: "Tests/ReportSamples", imports: ["Base", "Catalog", "Laboratory"]),
    tests("BaseTests", imports: ["Base", "CScan"]),
    tests("LIS01Tests", imports: ["Base", "LIS01"]),
    tests("LIS2Tests", imports: ["Base", "CScan", "LIS2"]),
    tests("HL7v2Tests", imports: ["Base", "HL7v2", "Judges"]),
    tests("CDATests", imports: ["Base", "CDA", "Judges"]),
    tests("CatalogTests", imports: ["Base", "Catalog"]),
    tests("LaboratoryTests", imports: ["Base", "Catalog", "Laboratory"]),
    tests("QualityTests", imports: ["Base", "Catalog", "Quality"]),
    tests("RulesTests", imports: ["Base", "JSON5", "Catalog", "Laboratory", "Rules"]),
    tests("DriversTests", imports: ["Base", "JSON5", "LIS01", "LIS2", "Catalog", "Laboratory", "Drivers"]),
    tests("ConsoleTests", imports: ["Base", "Laboratory", "Console"]),
    tests(
        "ReportTests",
        imports: ["Base", "Catalog", "Laboratory", "CDA", "HL7v2", "Report", "Printing", "ReportSamples", "Judges"]),
    tests("PrintingTests", imports: ["Base", "Quality", "Report", "Printing", "CPango", "Judges", "TestSupport"]),
    tests("SimulationTests", at: "Tests/Simulation", imports: ["Base", "JSON5", "LIS01"]),
    tests(
        "InstrumentTests",
        imports: ["Base", "LIS01", "LIS2", "HL7v2", "Catalog", "Laboratory", "Drivers", "AnalyzerSimulator"]),
    // Counts what a program asks of the allocator.
    .target(name: "MallocCount", path: "Tests/MallocCount"),
    tests("AllocationTests", imports: ["Base", "LIS01", "LIS2", "MallocCount"]),
    tests("TidyTests", imports: ["TestSupport"]),
]

if withNIO {
    packages += [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")]
    targets += [
        c("CSerial"),
        shell("Lines", imports: ["Base", "CSerial", nioCore, nioPosix]),
        shell(
            "Neighbours", at: "Simulators/Neighbours",
            imports: [
                "Base", "JSON5", "HL7v2", "LIS01", "LIS2", "Catalog", "Laboratory", "Drivers", "Lines",
                "AnalyzerSimulator",
            ]),
        tests("LinesTests", imports: ["Base", "Lines"]),
        tests("CrossPlayTests", imports: ["Base", "LIS01", "Lines", "TestSupport"]),
        tests(
            "SimulatorsTests",
            imports: ["Base", "LIS01", "HL7v2", "Laboratory", "Drivers", "Lines", "AnalyzerSimulator", "Neighbours"]),
    ]
}

if withStore {
    packages += [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ]
    targets += [
        shell("Store", imports: ["Base", "Catalog", "Laboratory", crypto]),
        shell("Workflow", imports: ["Base", "Catalog", "Laboratory", "Quality", "Rules", "Store"]),
        shell("StoreSQL", imports: ["Base", "Catalog", "Laboratory", "Store"]),
        shell("SQLiteEngine", imports: ["Base", "Store", "StoreSQL", grdb, sqlite]),
        .systemLibrary(name: "CPostgreSQL", path: "Sources/CPostgreSQL", pkgConfig: "libpq"),
        shell("PostgreSQLEngine", imports: ["Base", "Store", "StoreSQL", "CPostgreSQL"]),
        tests(
            "WorkflowTests",
            imports: [
                "Base", "Catalog", "Laboratory", "Quality", "Rules", "Report", "Printing", "Store", "Workflow",
                "Judges", "TestSupport",
            ]),
        tests(
            "StoreTests",
            imports: [
                "Base", "Catalog", "Laboratory", "Store", "StoreSQL", "SQLiteEngine", "PostgreSQLEngine", "TestSupport",
            ]),
    ]
}

if withExchange {
    packages += [.package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6")]
    targets += [
        shell("SecureLines", imports: ["Base", "Lines", nioCore, nioTLS, nioSSL]),
        shell(
            "Exchange",
            imports: [
                "Base", "Catalog", "Laboratory", "HL7v2", "CDA", "Report", "Printing", "Store", "Workflow", "Lines",
            ]),
        tests(
            "ExchangeTests",
            imports: [
                "Base", "Catalog", "Laboratory", "HL7v2", "Report", "Printing", "Store", "Workflow", "Lines",
                "SecureLines", "Exchange", "Neighbours", "Judges",
            ]),
    ]
}

if withServer {
    packages += [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ]
    targets += [
        shell(
            "Analyzers",
            imports: [
                "Base", "LIS01", "LIS2", "HL7v2", "Catalog", "Laboratory", "Drivers", "Store", "Workflow", "Lines",
            ]),
        shell(
            "API",
            imports: [
                "Base", "Catalog", "Laboratory", "Quality", "Rules", "Printing", "Store", "Workflow", "Client",
                hummingbird, crypto, cryptoExtras,
            ]),
        shell("Client", imports: ["Base", "Catalog", "Laboratory"]),
        c("CCurses", linker: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        shell("Terminal", imports: ["Base", "Catalog", "Laboratory", "Client", "Console", "CCurses", crypto]),
        shell(
            "Server",
            imports: [
                "Base", "JSON5", "LIS01", "HL7v2", "Catalog", "Laboratory", "Drivers", "Report", "Printing", "Store",
                "Workflow", "StoreSQL", "SQLiteEngine", "PostgreSQLEngine", "Lines", "SecureLines", "Analyzers",
                "Exchange", "API", "Client",
            ]),
        program(
            "paillasse", at: "Sources/paillasse",
            imports: [
                "Base", "Catalog", "Laboratory", "Quality", "Rules", "LIS01", "LIS2", "Drivers", "Client", "Server",
                "Console", "Terminal", arguments,
            ]),
        program(
            "simulate", at: "Simulators/simulate",
            imports: [
                "Base", "LIS01", "LIS2", "HL7v2", "Laboratory", "Drivers", "AnalyzerSimulator", "Neighbours", "Lines",
                "SecureLines", arguments,
            ]),
        program(
            "bench", at: "Tests/Bench",
            imports: [
                "Base", "CScan", "LIS01", "LIS2", "Catalog", "Laboratory", "Quality", "Rules", "Drivers", "CDA",
                "Report",
                "Printing", "HL7v2", "Store", "StoreSQL", "SQLiteEngine", "Workflow", "Lines", "Exchange", "API",
                "Client", "Console", "Terminal", sqlite,
            ]),
        tests(
            "ServerTests",
            imports: [
                "Base", "Catalog", "Laboratory", "Rules", "LIS01", "HL7v2", "Drivers", "Report", "Store", "Workflow",
                "Lines", "SecureLines", "Analyzers", "Exchange", "API", "Client", "Server", "AnalyzerSimulator",
                "Neighbours",
                "paillasse", "SQLiteEngine", "PostgreSQLEngine", "Console", "Terminal", "TestSupport",
            ]),
    ]
}

// PAILLASSE_TESTS=StoreTests,ServerTests builds the tests of these targets only.
if let named = Context.environment["PAILLASSE_TESTS"]?.split(separator: ",").map(String.init) {
    targets.removeAll { $0.type == .test && !named.contains($0.name) }
}

let package = Package(name: "paillasse", dependencies: packages, targets: targets)

package import Base
package import Drivers
package import LIS01
package import Lines
package import Workflow

/// One analyzer of the laboratory: its name in the configuration, the driver that reads it, the line to it.
package struct AnalyzerConfiguration: Sendable {
    package var name: String
    package var site: String
    package var driver: Driver
    package var line: LineDescription
    package var link: LinkSettings
    /// The site's: analyzers send wall-clock times.
    package var zone: CivilZone
    package var orders: OrderMode
    /// The first wait after an order that did not get through; each next one is twice as long, up to five minutes.
    package var orderRetry: Duration = .seconds(5)
    package var options: LineOptions
    /// Made of `options.tls`.
    package var armour: (any LineArmour)?

    package init(
        name: String, site: String, driver: Driver, line: LineDescription, link: LinkSettings, zone: CivilZone,
        orders: OrderMode = .automatic, options: LineOptions = LineOptions(), armour: (any LineArmour)? = nil
    ) {
        self.name = name
        self.site = site
        self.driver = driver
        self.line = line
        self.link = link
        self.zone = zone
        self.orders = orders
        self.options = options
        self.armour = armour
    }

    /// It is told its work unasked.
    package var isDownloading: Bool {
        guard let writing = driver.description.orders, writing.isDownloading else { return false }
        switch orders {
        case .automatic: return !writing.isAnswering
        case .download: return true
        case .query: return false
        }
    }

    /// Nil when the analyzer is not told its work unasked.
    package var orderRoute: OrderRoute? {
        isDownloading ? OrderRoute(analyzer: name, site: site, analyses: driver.orderedAnalyses) : nil
    }
}

/// How an analyzer learns its work.
package enum OrderMode: String, Sendable, Hashable, CaseIterable {
    /// It asks, if the model can; else it is told.
    case automatic
    /// It is told, though it may ask as well.
    case download
    /// It asks, or has no work.
    case query
}

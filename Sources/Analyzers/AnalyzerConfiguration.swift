package import Base
package import Drivers
package import LIS01
package import Lines

/// One analyzer of the laboratory: its name in the configuration, the driver that reads it, the line to it.
package struct AnalyzerConfiguration: Sendable {
    package var name: String
    package var site: String
    package var driver: Driver
    package var line: LineDescription
    package var link: LinkSettings
    /// The site's: analyzers send wall-clock times.
    package var zone: CivilZone

    package init(
        name: String, site: String, driver: Driver, line: LineDescription, link: LinkSettings, zone: CivilZone
    ) {
        self.name = name
        self.site = site
        self.driver = driver
        self.line = line
        self.link = link
        self.zone = zone
    }
}
